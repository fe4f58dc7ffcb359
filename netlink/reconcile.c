/* SPDX-License-Identifier: MIT */
#include "wants_private.h"

#include <assert.h>
#include <errno.h>

#define NS_PER_S INT64_C(1000000000)

/* The kernel ends a lease a little early: by 20 ms, and the rounding of its clock. */
#define LEASE_EARLY_NS INT64_C(100000000)

/* Of a pass: kinds released, the last one first, then kinds claimed. */
#define PHASES (2 * KERN_KIND_COUNT)

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

/* The renewal had to wait in the kernel, beside the end of the lease: whichever came first there,
 * the kernel may have removed the address, and what it told of that has just been read. */
static bool was_renewed_too_late(const struct kern_wants *w, const struct want *want,
				 int64_t lease_ns)
{
	return want->before_ns && want->leased_ns == w->turn_ns &&
	       w->turn_end_ns - want->before_ns >= lease_ns;
}

/*
 * The kernel does not say who had it remove an object: what an old tool removes (ioctl) looks like
 * a lease that has ended, or that went along with one. One that cannot have ended yet was stolen.
 */
static void judge_removal(const struct kern_wants *w, struct want *want, int64_t now_ns)
{
	int64_t lease_ns = want->spec.lease_s * NS_PER_S - LEASE_EARLY_NS;

	if (!want->expired || !want->leased_ns || now_ns - want->leased_ns >= lease_ns)
		return;
	if (was_renewed_too_late(w, want, lease_ns)) {
		want->renew = true;
		return;
	}
	want->expired = false;
	want->stolen = true;
}

/* Look at a refused change again, but not in every turn. */
static void wait_until(struct kern_wants *w, struct want *want, int64_t retry_ns)
{
	want->retry_ns = retry_ns;
	if (retry_ns < w->retry_ns)
		w->retry_ns = retry_ns;
	kern_wants_look_at(w, want);
}

static void abandon(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	want->pause_ns = want->abandoned ? 2 * want->pause_ns : KERN_PAUSE_NS;
	if (want->pause_ns > KERN_PAUSE_MAX_NS)
		want->pause_ns = KERN_PAUSE_MAX_NS;
	want->abandoned = true;
	want->paused_ns = now_ns + want->pause_ns;
	tell(w, want, KERN_WANT_ABANDONED, 0);
}

/*
 * After too many thefts in a row it waits; one that then stayed long enough begins anew. Whoever
 * flushes an interface goes on until nothing is left: two restorations are at once.
 */
static void count_theft(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	if (want->abandoned && now_ns - want->added_ns >= KERN_HELD_NS)
		want->abandoned = false;
	if (now_ns - want->restored_since >= KERN_RESTORE_WINDOW_NS) {
		want->restored_since = now_ns;
		want->restored_n = 0;
	}
	if (want->abandoned || want->restored_n >= KERN_RESTORE_MAX)
		abandon(w, want, now_ns);
	else if (want->restored_n > 1 && now_ns < want->added_ns + KERN_RESTORE_GAP_NS)
		want->paused_ns = want->added_ns + KERN_RESTORE_GAP_NS;
}

/* Whether a stolen object may come back now. */
static bool may_restore(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	if (!want->paused_ns)
		count_theft(w, want, now_ns);
	if (now_ns < want->paused_ns)
		wait_until(w, want, want->paused_ns);
	return now_ns >= want->paused_ns;
}

/* The kernel's refusals are not repeated in every turn. */
static bool may_try(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	if (now_ns < want->retry_ns)
		wait_until(w, want, want->retry_ns);
	return now_ns >= want->retry_ns;
}

/* Something of others' that would fall with it. */
static bool plan_behind(struct kern_wants *w, struct want *want, int64_t now_ns,
			struct kern_change *change)
{
	if (!want->leading || !may_try(w, want, now_ns))
		return false;
	change->add = change->behind = true;
	change->lifetime_s = want->spec.lease_s;
	return true;
}

/* A lease that is due, or one that the configuration has changed into none, or the reverse. */
static bool plan_renewal(struct kern_wants *w, struct want *want, int64_t now_ns,
			 struct kern_change *change)
{
	if (!want->renew && want->leased == (want->spec.lease_s != 0))
		return false;
	if (!may_try(w, want, now_ns))
		return false;
	want->renew = false;
	change->add = change->renew = true;
	change->lifetime_s = want->spec.lease_s;
	return true;
}

static bool plan_wanted(struct kern_wants *w, struct want *want, int64_t now_ns,
			struct kern_change *change)
{
	/* That it is there the kernel says late, but it is news all the same. */
	if (want->unanswered && want->ours)
		tell(w, want, want->stolen ? KERN_WANT_RESTORED : KERN_WANT_ADDED, 0);
	/* Nor is it known how old its lease is. */
	if (want->unanswered && want->ours) {
		want->renew = true;
		want->retry_ns = 0;
		want->added_ns = now_ns;
		want->paused_ns = 0;
	}
	want->unanswered = false;
	want->stolen = false;
	if (!want->ours)
		tell_once(w, want, KERN_WANT_FOREIGN, 0);
	return want->ours &&
	       (plan_behind(w, want, now_ns, change) || plan_renewal(w, want, now_ns, change));
}

static bool is_ours(const struct kern_wants *w, uint32_t number)
{
	return w->all[number - 1].present && w->all[number - 1].ours;
}

/* Whether a change waits for one of another want, which the kernel has refused. */
static bool is_held_up(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	int64_t retry_ns = now_ns + KERN_RETRY_NS;

	if (want->wanted ? !want->needs || w->all[want->needs - 1].present
			 : !want->needed_by || !is_ours(w, want->needed_by))
		return false;
	if (want->wanted && want->refused_ns == KERN_NEVER)
		want->refused_ns = now_ns;
	wait_until(w, want, retry_ns);
	return true;
}

/* What is to be done for one want. Return: whether @change, zeros so far, was filled. */
static bool plan(struct kern_wants *w, struct want *want, int64_t now_ns,
		 struct kern_change *change)
{
	if (want->doubled)
		tell_once(w, want, KERN_WANT_DOUBLE, 0);
	if (want->present && want->wanted)
		return plan_wanted(w, want, now_ns, change);
	if (want->present && !want->ours) {
		tell_once(w, want, KERN_WANT_KEPT, 0);
		return false;
	}
	if (!want->present && !want->wanted)
		return false;
	if (!want->present && want->hosts) {
		tell_once(w, want, KERN_WANT_LACKING, 0);
		return false;
	}
	judge_removal(w, want, now_ns);
	/* The kernel took it since nobody renewed it, or together with one that nobody renewed. */
	if (!want->present && want->expired && !want->renew) {
		tell_once(w, want, KERN_WANT_ENDED, 0);
		return false;
	}
	if (kern_want_interface(w, want)->ifindex == 0)
		return false;
	if (!may_try(w, want, now_ns))
		return false;
	if (is_held_up(w, want, now_ns))
		return false;
	if (want->wanted && want->stolen && !may_restore(w, want, now_ns))
		return false;
	change->add = want->wanted;
	change->lifetime_s = want->spec.lease_s;
	return true;
}

/*
 * What takes the kernel some 10 ms must not keep addresses and their announcements waiting, nor
 * wait for them for ever. Return: whether it is for the next pass.
 */
static bool must_wait(const struct pass *pass, struct want *want, const struct kern_change *change)
{
	if (!kern_want_ops(want)->is_slow || !kern_want_ops(want)->is_slow(change))
		return false;
	if (pass->slow_n == 0 && (pass->changes_n == 0 || want->let_pass))
		return false;
	want->let_pass = true;
	return true;
}

/* What cannot be done in this pass is for the next one. */
static void consider(struct kern_wants *w, uint32_t number, int64_t now_ns)
{
	struct kern_change change = { 0 };
	struct want *want = &w->all[number];

	if (w->pass.changes_n == KERN_CHANGES_MAX) {
		w->pass.cut = true;
		wait_until(w, want, now_ns);
		return;
	}
	kern_wants_make_sure(w, want);
	if (!plan(w, want, now_ns, &change))
		return;
	if (must_wait(&w->pass, want, &change)) {
		wait_until(w, want, now_ns);
		return;
	}
	w->pass.slow_n += kern_want_ops(want)->is_slow && kern_want_ops(want)->is_slow(&change);
	want->let_pass = false;
	if ((!change.add || change.behind) && kern_want_ops(want)->falls_with)
		change.promote = !kern_wants_promotes(w, want);
	change.kind = want->spec.kind;
	change.entry = want->spec.entry;
	w->changes[w->changes_n] = change;
	w->changing[w->changes_n++] = number;
	w->pass.changes_n++;
}

/* Whether what becomes of the batch may decide about a change of a kind; or is to be announced, and
 * need not wait for routes. */
static bool must_know(const struct kern_wants *w, enum kern_kind kind)
{
	const struct kern_ops *next = kern_kinds[kind], *last;

	if (w->changes_n == 0)
		return false;
	last = kern_kinds[w->changes[w->changes_n - 1].kind];
	return last->protocol != next->protocol || last->of_host != next->of_host;
}

/* Walk on until the batch is full, or the news might be: of one want there are three at most,
 * the answer to its change included. */
static void fill_batch(struct kern_wants *w, int64_t now_ns)
{
	struct pass *pass = &w->pass;

	for (; pass->phase < PHASES; pass->phase++, pass->at = 0) {
		bool wanted = pass->phase >= KERN_KIND_COUNT;
		unsigned place =
			wanted ? pass->phase - KERN_KIND_COUNT : KERN_KIND_COUNT - 1 - pass->phase;
		enum kern_kind kind = kern_kinds_order[place];

		for (; pass->at < pass->list.n; pass->at++) {
			/* Last ones go first: a subnet's first address takes the others along. */
			unsigned i = wanted ? pass->at : pass->list.n - 1 - pass->at;
			uint32_t number = pass->list.numbers[i];

			if (w->changes_n == KERN_BATCH_MAX ||
			    w->news_n + w->changes_n + 3 > KERN_NEWS_MAX)
				return;
			if (w->all[number].wanted != wanted || w->all[number].spec.kind != kind)
				continue;
			if (must_know(w, kind))
				return;
			consider(w, number, now_ns);
		}
	}
}

/* ---- what became of it ---- */

static void added(struct kern_wants *w, struct want *want, int64_t now_ns)
{
	/* What our own removal of a subnet's first address took along was not stolen. */
	enum kern_want_news what = want->stolen    ? KERN_WANT_RESTORED
				   : want->expired ? KERN_WANT_EXPIRED
						   : KERN_WANT_ADDED;

	want->restored_n += want->stolen;
	want->added_ns = now_ns;
	want->paused_ns = 0;
	want->refused_ns = KERN_NEVER;
	want->present = want->ours = true;
	want->placed = false;
	want->leased = want->spec.lease_s != 0;
	want->stolen = want->expired = want->renew = want->unanswered = false;
	want->told &= TOLD_FOR_GOOD;
	tell(w, want, what, 0);
}

static void note_success(struct kern_wants *w, struct want *want, const struct kern_change *change,
			 int64_t now_ns)
{
	w->marks[want->spec.kind] |= change->marked;
	if (change->renew) {
		want->leased = want->spec.lease_s != 0;
	} else if (change->behind) {
		want->leased = want->spec.lease_s != 0;
		want->placed = want->leading = want->renew = false;
		tell(w, want, KERN_WANT_BEHIND, 0);
	} else if (change->add) {
		added(w, want, now_ns);
	} else {
		want->present = want->ours = false;
		tell(w, want, KERN_WANT_REMOVED, 0);
	}
}

static void note_result(struct kern_wants *w, struct want *want, const struct kern_change *change,
			int64_t now_ns)
{
	if (change->result == 0) {
		if (change->add) {
			want->before_ns = change->renew ? want->leased_ns : 0;
			want->leased_ns = now_ns;
		}
		note_success(w, want, change, now_ns);
		return;
	}
	if (kern_want_ops(want)->contradicts(change)) {
		kern_wants_look_at(w, want); /* the dump may fail, or come too late */
		w->pass.contradicted = w->doubt = true;
		return;
	}
	want->renew |= change->renew;
	tell_once(w, want, KERN_WANT_FAILED, -change->result);
	wait_until(w, want, now_ns + KERN_RETRY_NS);
	/* Nothing may count on one that is perhaps gone; to add it again is no error. */
	if (change->result == -EINPROGRESS && !change->add && want->needed_by)
		want->present = want->ours = false;
	if (change->result != -EINPROGRESS) {
		if (change->add && !want->present && want->refused_ns == KERN_NEVER)
			want->refused_ns = now_ns;
		return;
	}
	want->unanswered |= change->add && !want->present;
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

void kern_reconcile_end(struct kern_wants *wants, int64_t now_ns, int64_t end_ns)
{
	wants->turn_ns = now_ns;
	wants->turn_end_ns = end_ns;
}

bool kern_reconcile_is_cut(const struct kern_wants *wants)
{
	return wants->pass.cut;
}

int kern_reconcile(struct kern_wants *wants, int64_t now_ns, struct kern_news *ret_news)
{
	if (!kern_wants_pending(wants))
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
