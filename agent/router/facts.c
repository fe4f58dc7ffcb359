/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define NS_PER_S   INT64_C(1000000000)
#define LOOK_NS    (NS_PER_S / 4)  /* what is overdue is noticed this much later at most */
#define LATE_NS    (NS_PER_S / 10) /* who looks so much later than he should stood still */
#define GRACE_NS   NS_PER_S        /* for the checker, after this host stood still */
#define RESTART_NS (10 * NS_PER_S)
#define TELL_NS    NS_PER_S         /* so long a process needs at most to tell what has changed */
#define REST_NS    INT64_C(5000000) /* from one look to the next, while news keep coming */

/* So many changes are told in a row, and then one each time that so much has passed. */
#define TOLD_MAX 10
#define TOLD_NS  (5 * NS_PER_S)

/* ---- by name ---- */

/* Twice as many buckets as checks, and some are always empty. Return: that of a check of that name,
 * or an empty one. */
static uint32_t *bucket_of(const struct facts *facts, const char *name)
{
	uint32_t i = facts_key(name) % facts->buckets_n;

	while (facts->buckets[i] &&
	       strcmp(facts->all[facts->buckets[i] - 1].config->name, name) != 0)
		i = (i + 1) % facts->buckets_n;
	return &facts->buckets[i];
}

/* Return: NULL when nobody has such a check. */
static struct facts_check *find(const struct facts *facts, const char *name)
{
	uint32_t number = *bucket_of(facts, name);

	return number ? &facts->all[number - 1] : NULL;
}

/* Those that have no place yet: each place is looked at once, however many there are. */
static void find_places(struct facts *facts)
{
	struct facts_check *check;
	struct fact fact;

	for (uint32_t place = 0; place < board_count(facts->board); place++) {
		uint32_t number = board_number(facts->board, place);

		if (number == facts->scanned[place] || !board_get(facts->board, place, &fact))
			continue;
		facts->scanned[place] = number;
		check = find(facts, fact.name);
		if (check && check->place == BOARD_NONE)
			check->place = place;
	}
}

/* ---- making and unmaking ---- */

/* What is made of others is known after the last one of them. */
static int64_t set_first(struct facts *facts, unsigned number)
{
	struct facts_check *check = &facts->all[number];
	const struct check_several *parts = check_several_of(check->config);
	int64_t latest_ns = 0, ns;

	for (unsigned i = 0; parts && !check->first_ns && i < parts->checks_n; i++) {
		ns = set_first(facts, parts->checks[i].number);
		latest_ns = ns > latest_ns ? ns : latest_ns;
	}
	if (!check->first_ns)
		check->first_ns = latest_ns + check_first_ns(check->config);
	return check->first_ns;
}

int facts_open(struct facts *facts, const struct conf *conf)
{
	*facts = (struct facts){ .n = conf->checks_n,
				 .buckets_n = 2 * conf->checks_n,
				 .board_fd = -1,
				 .event_fd = -1,
				 .watch_fd = -1,
				 .look_ns = INT64_MAX };
	if (facts->n == 0)
		return 0;
	facts->all = calloc(facts->n, sizeof(*facts->all));
	facts->news = calloc(facts->n, sizeof(*facts->news));
	facts->buckets = calloc(facts->buckets_n, sizeof(*facts->buckets));
	facts->scanned = calloc(BOARD_FACTS_MAX, sizeof(*facts->scanned));
	if (!facts->all || !facts->news || !facts->buckets || !facts->scanned)
		return -ENOMEM;
	for (unsigned i = 0; i < facts->n; i++) {
		facts->all[i] =
			(struct facts_check){ .config = &conf->checks[i], .place = BOARD_NONE };
		*bucket_of(facts, conf->checks[i].name) = i + 1;
	}
	for (unsigned i = 0; i < facts->n; i++)
		(void)set_first(facts, i);
	return 0;
}

static int watch(struct facts *facts)
{
	struct epoll_event event = { .events = EPOLLIN };

	facts->watch_fd = epoll_create1(EPOLL_CLOEXEC);
	if (facts->watch_fd < 0 ||
	    epoll_ctl(facts->watch_fd, EPOLL_CTL_ADD, facts->event_fd, &event) < 0)
		return -errno;
	return 0;
}

int facts_attach(struct facts *facts, int board_fd, int event_fd)
{
	int err = board_open(board_fd, -1, false, &facts->board);

	if (err < 0)
		return err;
	facts->board_fd = board_fd;
	facts->event_fd = event_fd;
	facts->is_missing = true;
	return watch(facts);
}

void facts_close(struct facts *facts)
{
	/* Of what is zero it is somebody else's. */
	if (facts->board && facts->watch_fd >= 0)
		close(facts->watch_fd);
	board_close(facts->board);
	free(facts->all);
	free(facts->news);
	free(facts->buckets);
	free(facts->scanned);
}

int facts_fd(const struct facts *facts)
{
	return facts->watch_fd;
}

void facts_begin(struct facts *facts, const struct clocks *now)
{
	facts->began_ns = facts->looked_ns = now->mono_ns;
	facts->look_ns = facts->n ? now->mono_ns : INT64_MAX;
}

int64_t facts_deadline(const struct facts *facts)
{
	return facts->look_ns;
}

/* ---- one check ---- */

/* Nobody has answered in times to come, whatever the board says. */
static int64_t past(int64_t ns, int64_t now_ns)
{
	return ns < 0 ? 0 : ns > now_ns ? now_ns : ns;
}

/* Its place is somebody else's by now, or nobody's. */
static void lose_place(struct facts *facts, struct facts_check *check)
{
	facts->scanned[check->place] = 0;
	facts->is_missing = true;
	check->place = BOARD_NONE;
	check->seen = 0;
}

static void read_fact(struct facts *facts, struct facts_check *check, int64_t now_ns)
{
	uint32_t number;
	struct fact fact;

	if (check->place == BOARD_NONE) {
		facts->is_missing = facts->board != NULL;
		return;
	}
	number = board_number(facts->board, check->place);
	if (number == check->seen)
		return;
	if (!board_get(facts->board, check->place, &fact) ||
	    strcmp(fact.name, check->config->name) != 0) {
		lose_place(facts, check);
		return;
	}
	check->seen = number;
	check->found = fact.value;
	check->excused = fact.excused;
	check->number = fact.number;
	check->answered_ns = past(fact.answered_ns, now_ns);
	check->since_ns = past(fact.since_ns, now_ns);
	/* What is made of others counts no answers. */
	check->anew = fact.value && !fact.in_row && !check_several_of(check->config);
}

/* Until when it has time to answer. With this process, whoever asks may have begun, too. */
static int64_t due_ns(const struct facts *facts, const struct facts_check *check)
{
	int64_t first_ns = facts->began_ns + check->first_ns;
	int64_t stale_ns = check->answered_ns + check_stale_ns(check->config);
	bool is_of_before = check->answered_ns < facts->began_ns;

	/* It was no answer then: it is asked in another way since, and may have to wait for that.
	 */
	if (check->anew && check->answered_ns + check->first_ns > stale_ns)
		stale_ns = check->answered_ns + check->first_ns;
	return !check->answered_ns || (is_of_before && first_ns > stale_ns) ? first_ns : stale_ns;
}

/* When to look: what has answered since this process began is due earlier, and an answer like the
 * last one is no news to who writes it. */
static int64_t wake_ns(const struct facts *facts, const struct facts_check *check)
{
	return check->answered_ns ? check->answered_ns + check_stale_ns(check->config)
				  : due_ns(facts, check);
}

static enum board_value value_of(const struct facts_check *check)
{
	bool known = check->found != BOARD_UNKNOWN && !check->overdue;

	if (known)
		return check->found;
	if (check->config->unknown == CHECK_UNKNOWN_DOWN && check->overdue)
		return BOARD_DOWN;
	/* What was known last holds, as a successor of this process finds it on the board. */
	return check->found != BOARD_UNKNOWN ? check->found : check->value;
}

/* Whether there is something left of the stock; it is used then. */
static bool may_tell(struct facts_check *check, int64_t now_ns)
{
	if (check->spent_ns > now_ns + (TOLD_MAX - 1) * TOLD_NS)
		return false;
	check->spent_ns = (check->spent_ns > now_ns ? check->spent_ns : now_ns) + TOLD_NS;
	return true;
}

/* When there is again; of one with changes that were not told. */
static int64_t telling_ns(const struct facts_check *check)
{
	return check->untold_n ? check->spent_ns - (TOLD_MAX - 1) * TOLD_NS : INT64_MAX;
}

/* A first answer that all is well, in time. */
static bool is_as_expected(const struct facts_check *check)
{
	return check->told == BOARD_UNKNOWN && check->value == BOARD_UP && !check->untold_n;
}

/* A predecessor has told it, unless that was in its last moment. */
static bool is_told_before(const struct facts *facts, const struct facts_check *check)
{
	return check->told == BOARD_UNKNOWN && !check->untold_n && check->since_ns &&
	       check->since_ns + TELL_NS <= facts->began_ns;
}

static void add_news(struct facts *facts, unsigned number, bool changed, int64_t now_ns)
{
	struct facts_check *check = &facts->all[number];
	struct facts_news *news = &facts->news[facts->news_n++];

	*news = (struct facts_news){ .check = number,
				     .before = check->told,
				     .overdue = check->overdue,
				     .excused = check->overdue && check->excused,
				     .again = check->told_overdue && !check->overdue };
	if ((is_as_expected(check) || is_told_before(facts, check)) && !check->told_overdue &&
	    !check->overdue) {
		check->told = check->value;
		return;
	}
	news->tells = may_tell(check, now_ns);
	check->untold_n += changed && !news->tells;
	if (!news->tells)
		return;
	news->changes_n = check->untold_n;
	check->untold_n = 0;
	check->told = check->value;
	check->told_overdue = check->overdue;
}

/* @patient_ns: before that it was to answer. */
static void look_at(struct facts *facts, unsigned number, int64_t patient_ns, int64_t now_ns)
{
	struct facts_check *check = &facts->all[number];
	enum board_value before = check->value;
	int32_t number_before = check->number;
	bool overdue_before = check->overdue;

	read_fact(facts, check, now_ns);
	check->overdue = patient_ns >= due_ns(facts, check);
	check->value = (uint8_t)value_of(check);
	if (check->value != before || check->number != number_before ||
	    check->overdue != overdue_before)
		add_news(facts, number, true, now_ns);
	else if (now_ns >= telling_ns(check))
		add_news(facts, number, false, now_ns);
}

/* ---- all of them ---- */

/* Whoever stood still has not heard what the checker, which may have stood still as well, will say
 * in a moment: nothing is overdue that was not before. */
static int64_t patient_of(const struct facts *facts, int64_t now_ns)
{
	bool late = now_ns > facts->look_ns && now_ns - facts->look_ns > LATE_NS;

	return late ? facts->looked_ns : now_ns;
}

/* Return: whether there was news. */
static bool drain_event(const struct facts *facts)
{
	uint64_t n;

	return facts->event_fd >= 0 && read(facts->event_fd, &n, sizeof(n)) > 0;
}

static void listen_to(struct facts *facts, bool wanted)
{
	struct epoll_event event = { .events = wanted ? EPOLLIN : 0 };

	/* Cannot fail: it is there. */
	(void)epoll_ctl(facts->watch_fd, EPOLL_CTL_MOD, facts->event_fd, &event);
	facts->rests = !wanted;
}

/* Whoever has so much to say, as a checker gone mad, does not keep the routers from their work:
 * what comes within a rest is seen at its end. */
static void rest_or_listen(struct facts *facts, bool any, int64_t now_ns)
{
	bool soon = now_ns - facts->event_ns < REST_NS;

	if (any && !facts->rests && soon)
		listen_to(facts, false);
	else if (!any && facts->rests)
		listen_to(facts, true);
	if (any)
		facts->event_ns = now_ns;
}

/* Whether nothing but another checker helps: one that was asked for has its time, too. */
static bool is_stuck(const struct facts *facts, const struct facts_check *check, int64_t now_ns)
{
	int64_t patience_ns = check->first_ns > RESTART_NS ? check->first_ns : RESTART_NS;

	return check->overdue && (!facts->asked_ns || now_ns >= facts->asked_ns + patience_ns);
}

static void ask_for_checker(struct facts *facts, int64_t now_ns)
{
	facts->wants_checker = true;
	facts->asked_ns = now_ns;
}

unsigned facts_look(struct facts *facts, const struct clocks *now)
{
	int64_t now_ns = now->mono_ns, patient_ns = patient_of(facts, now_ns);
	int64_t next_ns = INT64_MAX, ns;
	bool any_overdue = false, any_stuck = false;

	rest_or_listen(facts, drain_event(facts), now_ns);
	facts->looked_ns = now_ns;
	facts->news_n = 0;
	if (facts->is_missing)
		find_places(facts);
	facts->is_missing = false;
	for (unsigned i = 0; i < facts->n; i++) {
		look_at(facts, i, patient_ns, now_ns);
		any_overdue |= facts->all[i].overdue;
		any_stuck |= is_stuck(facts, &facts->all[i], now_ns);
		ns = wake_ns(facts, &facts->all[i]);
		if (!facts->all[i].overdue && ns < next_ns)
			next_ns = ns;
		if (telling_ns(&facts->all[i]) < next_ns)
			next_ns = telling_ns(&facts->all[i]);
	}
	if (any_stuck)
		ask_for_checker(facts, now_ns);
	/* An answer like the last one is no news to who writes it; and a place may have been found
	 * by nobody yet. */
	if (any_overdue || facts->is_missing)
		next_ns = now_ns;
	if (patient_ns < now_ns) /* once more, then */
		next_ns = now_ns + GRACE_NS;
	else if (next_ns != INT64_MAX && next_ns < now_ns + LOOK_NS)
		next_ns = now_ns + LOOK_NS;
	if (facts->rests)
		next_ns = now_ns + REST_NS;
	facts->look_ns = facts->n ? next_ns : INT64_MAX;
	return facts->news_n;
}

bool facts_is_awaited(const struct facts *facts, unsigned number)
{
	const struct facts_check *check = &facts->all[number];

	return check->value == BOARD_UNKNOWN && !check->overdue;
}

bool facts_is_told(const struct facts *facts, unsigned number)
{
	return facts->all[number].untold_n == 0;
}

/* ---- in words ---- */

uint32_t facts_key(const char *name)
{
	uint32_t key = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		key = (key ^ (uint8_t)*name) * 16777619u;
	return key ? key : 1;
}

bool facts_get(const struct facts *facts, unsigned number, struct fact *ret_fact)
{
	const struct facts_check *check = &facts->all[number];

	return check->place != BOARD_NONE && facts->board &&
	       board_get(facts->board, check->place, ret_fact) &&
	       strcmp(ret_fact->name, check->config->name) == 0;
}

/* How many answers it took: of a check that needs but one there is nothing to say. */
static void append_count(const struct facts_check *check, const struct fact *fact, char *buf)
{
	unsigned needed = fact->good ? check->config->rise : check->config->fall;
	size_t len = strlen(buf);
	unsigned n = fact->in_row < needed ? fact->in_row : needed;

	if (needed > 1)
		snprintf(buf + len, FACTS_TEXT_SIZE - len, " (%u of %u%s)", n, needed,
			 fact->good ? " good" : "");
}

static void describe(const struct facts *facts, unsigned number, char *buf)
{
	static const char *const words[BOARD_VALUES_COUNT] = { "unknown", "up", "down" };
	const struct facts_check *check = &facts->all[number];
	const char *name = check->config->name, *word = words[check->value];
	struct fact fact;

	if (check->overdue && check->excused && facts_get(facts, number, &fact))
		snprintf(buf, FACTS_TEXT_SIZE, "%s is %s: %.100s", name, word, fact.error);
	else if (check->overdue)
		snprintf(buf, FACTS_TEXT_SIZE, "%s is %s: it does not answer", name, word);
	else if (!facts_get(facts, number, &fact))
		snprintf(buf, FACTS_TEXT_SIZE, "%s is %s", name, word);
	else if (!fact.error[0]) {
		snprintf(buf, FACTS_TEXT_SIZE, "%s is %s", name, word);
		if (fact.good && check->value == BOARD_DOWN)
			append_count(check, &fact, buf);
	} else {
		snprintf(buf, FACTS_TEXT_SIZE, "%s is %s: %.100s", name, word, fact.error);
		append_count(check, &fact, buf);
	}
}

const char *facts_describe(const struct facts *facts, uint32_t key, char *buf)
{
	buf[0] = '\0';
	for (unsigned i = 0; i < facts->n; i++)
		if (facts_key(facts->all[i].config->name) == key) {
			describe(facts, i, buf);
			break;
		}
	return buf;
}
