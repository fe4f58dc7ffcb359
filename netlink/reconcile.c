/* SPDX-License-Identifier: MIT */
#include "reconcile.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_NS INT64_C(1000000000)

/* Of a pass: kinds released, the last one first, then kinds claimed. */
#define PHASES (2 * KERN_KIND_COUNT)

/* What a new claim does not make untrue. */
#define TOLD_FOR_GOOD (1u << KERN_WANT_DOUBLE)

struct want {
	struct kern_want spec; /* its entry has the ifindex of its interface */
	uint32_t next;         /* of its interface: number + 1; 0: the last one */
	bool wanted;
	bool renew;   /* the lease shall start anew */
	bool present; /* as the kernel shows it, like the next two */
	bool leased;
	bool doubled;           /* the same object with other attributes is there: not ours */
	bool ours;              /* present because vipd added it, in this life or an earlier one */
	bool stolen;            /* by somebody else, since the last reconcile */
	bool expired;           /* its lease ended, since the last reconcile */
	bool abandoned;         /* until it is wanted anew */
	bool listed;            /* in the list of those to look at */
	uint16_t told;          /* 1 << news: was told and still holds */
	uint32_t shown;         /* the last dump that showed it */
	uint32_t shown_doubled; /* likewise, with other attributes */
	uint8_t restored_n;     /* in the window */
	int64_t restored_since; /* start of the window */
	int64_t retry_ns;       /* not before; the kernel refused the last change */
};

struct interface {
	uint32_t first, last; /* of its wants: number + 1; or 0 */
	int ifindex;          /* 0: there is none */
	bool promotes;        /* see struct kern_change */
	uint32_t looked;      /* the last pass that looked at it in doubt */
};

/* Wants to look at, in the order in which they came. */
struct list {
	unsigned n;
	uint32_t *numbers;
};

/* One walk over the list that had gathered when it began. */
struct pass {
	bool running;
	uint32_t number;    /* counts passes, from 1 on */
	unsigned phase, at; /* the next one to look at */
	unsigned changes_n; /* so far */
	bool contradicted;  /* by the kernel's answers */
	struct list list;
};

struct kern_wants {
	struct kern_changer *changer; /* borrowed */
	struct kern_dump *dump;       /* borrowed */
	unsigned wants_n, wants_max, interfaces_max;
	struct want *all; /* owned, as all below */
	struct interface *interfaces;
	uint32_t *table; /* by interface, kind and object: number + 1; a power of two of them */
	uint32_t table_mask;
	unsigned kinds_n[KERN_KIND_COUNT]; /* wants of each */
	bool marks[KERN_KIND_COUNT];       /* the kernel has shown one, so it keeps them */
	bool doubt;                        /* events or answers were lost */
	uint32_t dumps;                    /* so far: the number of the one that runs */
	int64_t retry_ns;                  /* the earliest of theirs */
	struct list list;                  /* for the next pass */
	struct pass pass;

	/* The batch that is being made. */
	unsigned changes_n, news_n;
	struct kern_news *news; /* the caller's, during a call */
	struct kern_change changes[KERN_BATCH_MAX];
	uint32_t changing[KERN_BATCH_MAX]; /* the want of each */
};

int kern_wants_new(unsigned wants_max, unsigned interfaces_max, struct kern_changer *changer,
		   struct kern_dump *dump, struct kern_wants **ret_wants)
{
	struct kern_wants *w = calloc(1, sizeof(*w));
	uint32_t table_n = 16;

	if (!w)
		return -ENOMEM;
	while (table_n < wants_max * 2)
		table_n *= 2;
	w->changer = changer;
	w->dump = dump;
	w->wants_max = wants_max;
	w->interfaces_max = interfaces_max;
	w->all = calloc(wants_max + 1, sizeof(*w->all));
	w->interfaces = calloc(interfaces_max + 1, sizeof(*w->interfaces));
	w->table = calloc(table_n, sizeof(*w->table));
	w->table_mask = table_n - 1;
	w->list.numbers = calloc(wants_max + 1, sizeof(uint32_t));
	w->pass.list.numbers = calloc(wants_max + 1, sizeof(uint32_t));
	w->retry_ns = KERN_NEVER;
	if (!w->all || !w->interfaces || !w->table || !w->list.numbers || !w->pass.list.numbers) {
		kern_wants_free(w);
		return -ENOMEM;
	}
	*ret_wants = w;
	return 0;
}

void kern_wants_free(struct kern_wants *wants)
{
	if (!wants)
		return;
	free(wants->all);
	free(wants->interfaces);
	free(wants->table);
	free(wants->list.numbers);
	free(wants->pass.list.numbers);
	free(wants);
}

static const struct kern_ops *ops_of(const struct want *want)
{
	return kern_kinds[want->spec.kind];
}

static struct interface *interface_of(const struct kern_wants *w, const struct want *want)
{
	return &w->interfaces[want->spec.interface];
}

/* The slot of a want, or the empty one where it would be. */
static uint32_t *slot_of(const struct kern_wants *w, unsigned interface, enum kern_kind kind,
			 const union kern_entry *entry)
{
	uint32_t i = kern_kinds[kind]->hash(entry);
	const struct want *want;

	i = (i ^ interface ^ (uint32_t)kind << 24) * 16777619u;
	i ^= i >> 15;
	for (;; i++) {
		i &= w->table_mask;
		if (!w->table[i])
			return &w->table[i];
		want = &w->all[w->table[i] - 1];
		if (want->spec.interface == interface && want->spec.kind == kind &&
		    kern_kinds[kind]->same(&want->spec.entry, entry))
			return &w->table[i];
	}
}

unsigned kern_wants_add(struct kern_wants *wants, const struct kern_want *want)
{
	uint32_t *slot = slot_of(wants, want->interface, want->kind, &want->entry);
	struct interface *interface = &wants->interfaces[want->interface];
	unsigned i = wants->wants_n++;

	assert(i < wants->wants_max && want->interface < wants->interfaces_max);
	assert(!*slot && interface->ifindex == 0);
	*slot = i + 1;
	wants->all[i] = (struct want){ .spec = *want };
	kern_kinds[want->kind]->set_ifindex(&wants->all[i].spec.entry, 0);
	wants->kinds_n[want->kind]++;
	if (interface->last)
		wants->all[interface->last - 1].next = i + 1;
	else
		interface->first = i + 1;
	interface->last = i + 1;
	return i;
}

const struct kern_want *kern_wants_get(const struct kern_wants *wants, unsigned i)
{
	assert(i < wants->wants_n);
	return &wants->all[i].spec;
}

/* ---- what the kernel has ---- */

static void look_at(struct kern_wants *w, struct want *want)
{
	if (want->listed)
		return;
	want->listed = true;
	w->list.numbers[w->list.n++] = (uint32_t)(want - w->all);
}

static void set_absent(struct kern_wants *w, struct want *want)
{
	want->present = false;
	want->renew = false;
	want->ours = false;
	want->told &= TOLD_FOR_GOOD;
	want->retry_ns = 0;
	look_at(w, want);
}

/* The same object with other attributes. With our mark, it is of another configuration of ours, and
 * goes by itself. */
static void see_double(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	bool before = want->doubled;

	want->doubled = !object->gone && !ops_of(want)->is_marked(&object->entry);
	if (want->doubled)
		want->shown_doubled = w->dumps;
	if (object->gone)
		want->told &= (uint16_t) ~(1u << KERN_WANT_DOUBLE);
	if (want->doubled != before)
		look_at(w, want);
}

static void see_gone(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	/* Our own removal of a subnet's first address may take its others along. */
	if (want->present && object->by_kernel && want->leased)
		want->expired = true;
	else if (want->present && !object->by_us)
		want->stolen = true;
	set_absent(w, want);
}

static void see_there(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	bool marked = ops_of(want)->is_marked(&object->entry);
	bool present = want->present, ours = want->ours, leased = want->leased;

	w->marks[want->spec.kind] |= marked;
	/* A kernel without marks shows ours unmarked: what was ours stays ours. */
	if (marked || object->by_us)
		want->ours = true;
	else if (w->marks[want->spec.kind])
		want->ours = false;
	want->present = true;
	want->expired = false;
	want->leased = ops_of(want)->is_leased(&object->entry);
	want->shown = w->dumps;
	if (present != want->present || ours != want->ours || leased != want->leased)
		look_at(w, want);
}

int kern_wants_see(struct kern_wants *wants, unsigned interface, const struct kern_object *object)
{
	uint32_t number = *slot_of(wants, interface, object->kind, &object->entry);
	struct want *want;

	if (!number)
		return -1;
	want = &wants->all[number - 1];
	if (!ops_of(want)->equal(&object->entry, &want->spec.entry))
		see_double(wants, want, object);
	else if (object->gone)
		see_gone(wants, want, object);
	else
		see_there(wants, want, object);
	return (int)number - 1;
}

int kern_wants_find(const struct kern_wants *wants, unsigned interface, enum kern_kind kind,
		    const union kern_entry *entry)
{
	uint32_t number = *slot_of(wants, interface, kind, entry);

	if (!number || !kern_kinds[kind]->equal(&wants->all[number - 1].spec.entry, entry))
		return -1;
	return (int)number - 1;
}

void kern_wants_dump_begin(struct kern_wants *wants)
{
	wants->dumps++;
}

static void end_dump_of(struct kern_wants *w, struct want *want)
{
	if (want->doubled && want->shown_doubled != w->dumps)
		want->doubled = false;
	if (!want->present || want->shown == w->dumps)
		return;
	want->stolen = true;
	set_absent(w, want);
}

void kern_wants_dump_end(struct kern_wants *wants, int interface)
{
	uint32_t number;

	if (interface == KERN_EVERY_INTERFACE) {
		for (unsigned i = 0; i < wants->wants_n; i++)
			end_dump_of(wants, &wants->all[i]);
		wants->doubt = false;
		return;
	}
	for (number = wants->interfaces[interface].first; number;
	     number = wants->all[number - 1].next)
		end_dump_of(wants, &wants->all[number - 1]);
}

/* ---- doubt ---- */

void kern_wants_doubt(struct kern_wants *wants)
{
	wants->doubt = true;
}

struct look {
	struct kern_wants *wants;
	unsigned interface;
};

static void on_object(const struct kern_object *object, void *arg)
{
	const struct look *look = arg;

	(void)kern_wants_see(look->wants, look->interface, object);
}

/* What the kernel shows is true, also when it then breaks off; what it does not show is unknown. */
static void look_at_interface(struct kern_wants *w, unsigned interface)
{
	struct look look = { w, interface };
	int ifindex = w->interfaces[interface].ifindex;
	int err = 0;

	kern_wants_dump_begin(w);
	for (unsigned kind = 0; kind < KERN_KIND_COUNT && err == 0; kind++)
		if (w->kinds_n[kind])
			err = kern_dump_interface(w->dump, (enum kern_kind)kind, ifindex, on_object,
						  &look);
	if (err == 0)
		kern_wants_dump_end(w, (int)interface);
}

/* Before ours is touched in doubt. Once in a pass, which is some milliseconds long. */
static void make_sure(struct kern_wants *w, const struct want *want)
{
	struct interface *interface = interface_of(w, want);

	if (!w->doubt || !want->present || !want->ours || interface->ifindex == 0 ||
	    interface->looked == w->pass.number)
		return;
	interface->looked = w->pass.number;
	look_at_interface(w, want->spec.interface);
}

/* ---- what is wanted ---- */

/* What is ours on an interface that is renamed away would stay there for good. */
static void drop_all(struct kern_wants *w, struct interface *interface)
{
	unsigned n = 0;

	for (uint32_t number = interface->first; number; number = w->all[number - 1].next) {
		const struct want *want = &w->all[number - 1];

		if (want->present && want->ours)
			w->changes[n++] = (struct kern_change){ .kind = want->spec.kind,
								.promote = !interface->promotes,
								.entry = want->spec.entry };
		if (n < KERN_BATCH_MAX && want->next)
			continue;
		/* When the interface is gone, so are its objects, and the kernel says -ENODEV. */
		(void)kern_changer_apply(w->changer, w->changes, n);
		n = 0;
	}
}

void kern_wants_interface(struct kern_wants *wants, unsigned i, int ifindex, bool promotes)
{
	struct interface *interface = &wants->interfaces[i];

	if (interface->ifindex != ifindex && interface->ifindex) {
		if (wants->doubt)
			look_at_interface(wants, i);
		drop_all(wants, interface);
	}
	interface->promotes = promotes;
	if (interface->ifindex == ifindex)
		return;
	interface->ifindex = ifindex;
	interface->looked = 0;
	for (uint32_t number = interface->first; number; number = wants->all[number - 1].next) {
		struct want *want = &wants->all[number - 1];

		ops_of(want)->set_ifindex(&want->spec.entry, ifindex);
		want->stolen = want->expired = false; /* it went with its interface */
		want->doubled = false;
		set_absent(wants, want);
	}
}

void kern_wants_want(struct kern_wants *wants, unsigned i, bool wanted)
{
	struct want *want = &wants->all[i];

	if (want->wanted == wanted)
		return;
	want->wanted = wanted;
	want->stolen = want->expired = false;
	want->renew &= wanted; /* given up and claimed at once, it may be due all the same */
	want->abandoned = false;
	want->restored_n = 0;
	want->told &= TOLD_FOR_GOOD;
	want->retry_ns = 0;
	look_at(wants, want);
}

void kern_wants_renew(struct kern_wants *wants, unsigned i)
{
	struct want *want = &wants->all[i];

	if (want->present ? !want->ours : !want->expired)
		return;
	want->renew = true;
	look_at(wants, want);
}

/* ---- planning ---- */

static void tell(struct kern_wants *w, const struct want *want, enum kern_want_news what, int error)
{
	assert(w->news_n < KERN_NEWS_MAX);
	w->news[w->news_n++] = (struct kern_news){ (unsigned)(want - w->all), what, error };
}

static void tell_once(struct kern_wants *w, struct want *want, enum kern_want_news what, int error)
{
	if (want->told >> what & 1)
		return;
	want->told |= (uint16_t)(1u << what);
	tell(w, want, what, error);
}

/* Whether a stolen object may come back once more; after too many times in a row it may not. */
static bool may_restore(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	if (now_ns - want->restored_since >= KERN_RESTORE_WINDOW_NS) {
		want->restored_since = now_ns;
		want->restored_n = 0;
	}
	if (want->restored_n < KERN_RESTORE_MAX)
		return true;
	want->abandoned = true;
	tell(w, want, KERN_WANT_ABANDONED, 0);
	return false;
}

/* Look at a refused change again, but not in every turn. */
static void wait_until(struct kern_wants *w, struct want *want, int64_t retry_ns)
{
	want->retry_ns = retry_ns;
	if (retry_ns < w->retry_ns)
		w->retry_ns = retry_ns;
	look_at(w, want);
}

/* A lease that is due, or one that the configuration has changed into none, or the reverse. */
static bool plan_renewal(struct want *want, struct kern_change *change)
{
	if (!want->renew && want->leased == (want->spec.lease_s != 0))
		return false;
	want->renew = false;
	change->add = change->renew = true;
	change->lifetime_s = want->spec.lease_s;
	return true;
}

static bool plan_wanted(struct kern_wants *w, struct want *want, struct kern_change *change)
{
	want->stolen = false;
	want->abandoned = false;
	if (!want->ours)
		tell_once(w, want, KERN_WANT_FOREIGN, 0);
	return want->ours && plan_renewal(want, change);
}

/* What is to be done for one want. Return: whether @change, zeros so far, was filled. */
static bool plan(struct kern_wants *w, struct want *want, int64_t now_ns,
		 struct kern_change *change)
{
	if (want->doubled)
		tell_once(w, want, KERN_WANT_DOUBLE, 0);
	if (want->present && want->wanted)
		return plan_wanted(w, want, change);
	if (want->present && !want->ours)
		tell_once(w, want, KERN_WANT_KEPT, 0);
	if (want->present ? !want->ours : !want->wanted)
		return false;
	/* The kernel took it since nobody renewed it. */
	if (!want->present && want->expired && !want->renew) {
		tell_once(w, want, KERN_WANT_ENDED, 0);
		return false;
	}
	if (interface_of(w, want)->ifindex == 0 || want->abandoned)
		return false;
	if (now_ns < want->retry_ns) {
		wait_until(w, want, want->retry_ns);
		return false;
	}
	if (want->wanted && want->stolen && !may_restore(w, want, now_ns))
		return false;
	change->add = want->wanted;
	change->promote = !interface_of(w, want)->promotes;
	change->lifetime_s = want->spec.lease_s;
	return true;
}

/* What cannot be done in this pass is for the next one. */
static void consider(struct kern_wants *w, uint32_t number, int64_t now_ns)
{
	struct kern_change change = { 0 };
	struct want *want = &w->all[number];

	if (w->pass.changes_n == KERN_CHANGES_MAX) {
		wait_until(w, want, now_ns);
		return;
	}
	make_sure(w, want);
	if (!plan(w, want, now_ns, &change))
		return;
	change.kind = want->spec.kind;
	change.entry = want->spec.entry;
	w->changes[w->changes_n] = change;
	w->changing[w->changes_n++] = number;
	w->pass.changes_n++;
}

/* Walk on until the batch is full, or the news might be: of one want there are two at most, the
 * answer to its change included. */
static void fill_batch(struct kern_wants *w, int64_t now_ns)
{
	struct pass *pass = &w->pass;

	for (; pass->phase < PHASES; pass->phase++, pass->at = 0) {
		bool wanted = pass->phase >= KERN_KIND_COUNT;
		unsigned kind =
			wanted ? pass->phase - KERN_KIND_COUNT : KERN_KIND_COUNT - 1 - pass->phase;

		for (; pass->at < pass->list.n; pass->at++) {
			/* Last ones go first: a subnet's first address takes the others along. */
			unsigned i = wanted ? pass->at : pass->list.n - 1 - pass->at;
			uint32_t number = pass->list.numbers[i];

			if (w->changes_n == KERN_BATCH_MAX ||
			    w->news_n + w->changes_n + 2 > KERN_NEWS_MAX)
				return;
			if (w->all[number].wanted == wanted && w->all[number].spec.kind == kind)
				consider(w, number, now_ns);
		}
	}
}

/* ---- what became of it ---- */

static void added(struct kern_wants *w, struct want *want)
{
	/* What our own removal of a subnet's first address took along was not stolen. */
	enum kern_want_news what = want->stolen    ? KERN_WANT_RESTORED
				   : want->expired ? KERN_WANT_EXPIRED
						   : KERN_WANT_ADDED;

	want->restored_n += want->stolen;
	want->present = want->ours = true;
	want->leased = want->spec.lease_s != 0;
	want->stolen = want->expired = want->renew = false;
	want->told &= TOLD_FOR_GOOD;
	tell(w, want, what, 0);
}

static void note_success(struct kern_wants *w, struct want *want, const struct kern_change *change)
{
	w->marks[want->spec.kind] |= change->marked;
	if (change->renew) {
		want->leased = want->spec.lease_s != 0;
	} else if (change->add) {
		added(w, want);
	} else {
		want->present = want->ours = false;
		tell(w, want, KERN_WANT_REMOVED, 0);
	}
}

static void note_result(struct kern_wants *w, struct want *want, const struct kern_change *change,
			int64_t now_ns)
{
	if (change->result == 0) {
		note_success(w, want, change);
		return;
	}
	if (change->add ? change->result == -EEXIST : change->result == -EADDRNOTAVAIL) {
		look_at(w, want); /* the dump may fail, or come too late */
		w->pass.contradicted = w->doubt = true;
		return;
	}
	want->renew |= change->renew;
	tell_once(w, want, KERN_WANT_FAILED, -change->result);
	wait_until(w, want, now_ns + RETRY_NS);
	if (change->result == -EINPROGRESS)
		w->pass.contradicted = w->doubt = true;
}

static void begin_pass(struct kern_wants *w)
{
	struct list empty = { 0, w->pass.list.numbers };

	w->pass = (struct pass){ .running = true, .number = w->pass.number + 1, .list = w->list };
	w->list = empty;
	w->retry_ns = KERN_NEVER;
	for (unsigned i = 0; i < w->pass.list.n; i++)
		w->all[w->pass.list.numbers[i]].listed = false;
}

/* Return: whether there was any change to make. */
static bool do_batch(struct kern_wants *w, int64_t now_ns)
{
	w->changes_n = 0;
	fill_batch(w, now_ns);
	if (w->changes_n == 0)
		return false;
	/* A broken exchange shows in the results. */
	(void)kern_changer_apply(w->changer, w->changes, w->changes_n);
	for (unsigned i = 0; i < w->changes_n; i++)
		note_result(w, &w->all[w->changing[i]], &w->changes[i], now_ns);
	return true;
}

int kern_reconcile(struct kern_wants *wants, int64_t now_ns, struct kern_news *ret_news)
{
	if (!wants->pass.running && wants->list.n == 0)
		return 0;
	if (!wants->pass.running)
		begin_pass(wants);
	wants->news = ret_news;
	wants->news_n = 0;
	while (do_batch(wants, now_ns) && wants->news_n == 0)
		;
	if (wants->news_n)
		return (int)wants->news_n;
	wants->pass.running = false;
	return wants->pass.contradicted ? -EAGAIN : 0;
}

int64_t kern_wants_deadline(const struct kern_wants *wants)
{
	return wants->retry_ns;
}

bool kern_wants_has(const struct kern_wants *wants, unsigned want)
{
	return wants->all[want].present;
}
