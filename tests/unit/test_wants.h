/* SPDX-License-Identifier: MIT */
/*
 * Wants on a kernel made of a table: kern_changer_apply() and kern_dump_interface() are replaced
 * (Makefile, WRAP). Addresses are 10.0.0.N, which is want N - 1 in most tests; changes and news are
 * compared as text.
 */
#ifndef TESTS_UNIT_TEST_WANTS_H
#define TESTS_UNIT_TEST_WANTS_H

#include "test.h"

#include <errno.h>
#include <stdarg.h>

#include "netlink/reconcile.h"

#define T0       (1000 * SECOND)
#define IFINDEX  7
#define LEASE_S  4
#define MANY     4000
#define FOREIGN  0 /* a mark */
#define OURS     KERN_ADDRESS_MARK
#define TEXT_MAX 4096

static struct {
	struct kern_wants *wants;
	int64_t now_ns;

	/* The kernel. */
	struct kern_address there[MANY];
	unsigned there_n;
	bool has_marks;
	int refuses;       /* an errno for each change, or 0 */
	unsigned breaks_n; /* so many exchanges still lose all their answers */
	bool hides;        /* breaks off when it is to show an interface, */
	unsigned shows_n;  /* after so many addresses */
	unsigned looks_n;  /* how often it was asked for one */
	bool shows_link, promotes;
	unsigned asked_n; /* how often it was asked for a link */

	unsigned batches_n, changes_n, batch_max;
	char changes[TEXT_MAX]; /* "+1 -2 =3 ^4": added, removed, renewed, put behind; "-2~":
				   sparing others; "|" between batches */
	char news[TEXT_MAX];    /* "added 1, removed 2" */
} t;

static inline void append(char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline void append(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, TEXT_MAX - len, format, args);
	va_end(args);
}

/* ---- the kernel ---- */

static inline struct kern_address address(unsigned n)
{
	struct kern_address a = { .ifindex = IFINDEX, .family = 4, .prefix_len = 24 };

	a.bytes[0] = 10;
	a.bytes[2] = (uint8_t)(n >> 8);
	a.bytes[3] = (uint8_t)n;
	return a;
}

static inline unsigned number_of(const struct kern_address *a)
{
	return (unsigned)(a->bytes[2] << 8 | a->bytes[3]);
}

static inline struct kern_address *find_there(const struct kern_address *a)
{
	for (unsigned i = 0; i < t.there_n; i++)
		if (t.there[i].ifindex == a->ifindex && t.there[i].prefix_len == a->prefix_len &&
		    memcmp(t.there[i].bytes, a->bytes, sizeof(a->bytes)) == 0)
			return &t.there[i];
	return NULL;
}

static inline void put_there(unsigned n, uint8_t mark)
{
	t.there[t.there_n] = address(n);
	t.there[t.there_n++].mark = mark;
}

static inline void take_away(unsigned n)
{
	struct kern_address a = address(n), *there = find_there(&a);

	assert_non_null(there);
	*there = t.there[--t.there_n];
}

static inline int carry_out(struct kern_change *change)
{
	struct kern_address *there = find_there(&change->address);

	if (t.refuses)
		return -t.refuses;
	if (!change->add && !there)
		return -EADDRNOTAVAIL;
	if (change->behind && !there)
		return -EADDRNOTAVAIL;
	if (change->add && !change->renew && !change->behind && there)
		return -EEXIST;
	if (!change->add) {
		*there = t.there[--t.there_n];
		return 0;
	}
	if (!there)
		there = &t.there[t.there_n++];
	*there = change->address;
	there->mark = t.has_marks ? OURS : FOREIGN;
	there->leased = change->lifetime_s != 0;
	change->marked = t.has_marks;
	return 0;
}

int __wrap_kern_changer_apply(struct kern_changer *changer, struct kern_change *changes,
			      unsigned n);
int __wrap_kern_dump_interface(struct kern_dump *dump, enum kern_kind kind, int ifindex,
			       kern_object_fn each, void *arg);

int __wrap_kern_changer_apply(struct kern_changer *changer, struct kern_change *changes, unsigned n)
{
	bool broken = t.breaks_n > 0;

	(void)changer;
	assert_true(n <= KERN_BATCH_MAX);
	if (n == 0)
		return 0;
	t.breaks_n -= broken;
	t.batch_max = n > t.batch_max ? n : t.batch_max;
	t.changes_n += n;
	if (t.batches_n++)
		append(t.changes, " |");
	for (unsigned i = 0; i < n; i++) {
		append(t.changes, "%s%c%u%s", t.changes[0] ? " " : "",
		       changes[i].renew    ? '='
		       : changes[i].behind ? '^'
		       : changes[i].add    ? '+'
					   : '-',
		       number_of(&changes[i].address), changes[i].promote ? "~" : "");
		changes[i].result = carry_out(&changes[i]);
		if (broken)
			changes[i].result = -EINPROGRESS;
	}
	return broken ? -ENOBUFS : 0;
}

int __wrap_kern_dump_link(struct kern_dump *dump, int ifindex, kern_object_fn each, void *arg);

/* Unless a test has another link to show, what it was said to be counts. */
int __wrap_kern_dump_link(struct kern_dump *dump, int ifindex, kern_object_fn each, void *arg)
{
	struct kern_object object = { .type = KERN_OBJECT_LINK };

	(void)dump;
	t.asked_n++;
	if (!t.shows_link)
		return -ENOBUFS;
	object.link = (struct kern_link){ .ifindex = ifindex, .promotes = t.promotes };
	each(&object, arg);
	return 0;
}

static inline struct kern_object shown(const struct kern_address *a)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_ADDRESS };

	object.address = *a;
	return object;
}

int __wrap_kern_dump_interface(struct kern_dump *dump, enum kern_kind kind, int ifindex,
			       kern_object_fn each, void *arg)
{
	(void)dump;
	assert_int_equal(kind, KERN_KIND_ADDRESS);
	t.looks_n++;
	for (unsigned i = 0; i < t.there_n; i++) {
		struct kern_object object = shown(&t.there[i]);

		if (t.hides && i == t.shows_n)
			return -ENOBUFS;
		if (t.there[i].ifindex == ifindex)
			each(&object, arg);
	}
	return t.hides ? -ENOBUFS : 0;
}

/* ---- the agent ---- */

/* @n wants like @model on interface 0, which has an index. */
static inline void begin_with(struct kern_want model, unsigned n)
{
	kern_wants_free(t.wants);
	memset(&t, 0, sizeof(t));
	t.now_ns = T0;
	t.has_marks = true;
	assert_int_equal(kern_wants_new(n, 2, NULL, NULL, &t.wants), 0);
	for (unsigned i = 0; i < n; i++) {
		model.owner = 100 + i;
		model.address = address(1 + i);
		assert_int_equal(kern_wants_add(t.wants, &model), i);
	}
	kern_wants_interface(t.wants, 0, IFINDEX, true);
}

static inline void begin(unsigned n, uint32_t lease_s)
{
	begin_with((struct kern_want){ .lease_s = lease_s }, n);
}

static inline void want(unsigned n, bool wanted)
{
	kern_wants_want(t.wants, n - 1, wanted);
}

static inline const char *word_of(enum kern_want_news what)
{
	static const char *const words[KERN_WANT_COUNT] = {
		[KERN_WANT_ADDED] = "added",     [KERN_WANT_RESTORED] = "restored",
		[KERN_WANT_EXPIRED] = "expired", [KERN_WANT_ENDED] = "ended",
		[KERN_WANT_LACKING] = "lacking", [KERN_WANT_REMOVED] = "removed",
		[KERN_WANT_FOREIGN] = "foreign", [KERN_WANT_KEPT] = "kept",
		[KERN_WANT_DOUBLE] = "double",   [KERN_WANT_ABANDONED] = "abandoned",
		[KERN_WANT_FAILED] = "failed",   [KERN_WANT_BEHIND] = "behind",
	};

	return words[what];
}

/* In a turn after the one in which it was added. */
static inline void renew(unsigned i)
{
	t.now_ns++;
	kern_wants_renew(t.wants, i, t.now_ns);
}

/* One pass. Return: what it ended with. */
static inline int run(void)
{
	static struct kern_news news[KERN_NEWS_MAX];
	int n;

	t.changes[0] = t.news[0] = 0;
	t.batches_n = t.changes_n = t.batch_max = 0;
	while ((n = kern_reconcile(t.wants, t.now_ns, news)) > 0) {
		assert_true(n <= KERN_NEWS_MAX);
		for (int i = 0; i < n; i++) {
			append(t.news, "%s%s %u", t.news[0] ? ", " : "", word_of(news[i].what),
			       news[i].want + 1);
			if (news[i].error)
				append(t.news, " (%d)", news[i].error);
			assert_int_equal(news[i].error != 0, news[i].what == KERN_WANT_FAILED);
		}
	}
	return n;
}

static inline void assert_pass(const char *changes, const char *news)
{
	assert_int_equal(run(), 0);
	assert_string_equal(t.changes, changes);
	assert_string_equal(t.news, news);
}

static inline void assert_contradicted(const char *changes, const char *news)
{
	assert_int_equal(run(), -EAGAIN);
	assert_string_equal(t.changes, changes);
	assert_string_equal(t.news, news);
}

static inline void see(struct kern_object object)
{
	assert_int_equal(kern_wants_see(t.wants, 0, &object), number_of(&object.address) - 1);
}

/* Somebody removes one, and we hear of it. */
static inline void steal(unsigned n)
{
	struct kern_address a = address(n);
	struct kern_object object = shown(&a);

	take_away(n);
	object.gone = true;
	see(object);
}

/* The kernel takes it, for whatever reason. */
static inline void vanish(unsigned n)
{
	struct kern_address a = address(n);
	struct kern_object object = shown(&a);

	take_away(n);
	object.gone = object.by_kernel = true;
	see(object);
}

/* Its lease ends, and it is time for that. */
static inline void expire(unsigned n)
{
	t.now_ns += LEASE_S * SECOND;
	vanish(n);
}

/* Somebody adds one, and we hear of it. */
static inline void squat(unsigned n)
{
	put_there(n, FOREIGN);
	see(shown(&t.there[t.there_n - 1]));
}

static inline void dump(void)
{
	kern_wants_dump_begin(t.wants);
	for (unsigned i = 0; i < t.there_n; i++) {
		struct kern_object object = shown(&t.there[i]);

		(void)kern_wants_see(t.wants, 0, &object);
	}
	kern_wants_dump_end(t.wants, KERN_EVERY_INTERFACE);
}

static inline int end(void **state)
{
	(void)state;
	kern_wants_free(t.wants);
	t.wants = NULL;
	return 0;
}

#endif
