/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <assert.h>

#define NS_PER_S       INT64_C(1000000000)
#define HOOKS_SPARE_NS NS_PER_S /* from the end of a command to its being heard of */

static bool is_active(const struct router *router)
{
	return router->vr.election.state == VRRP_STATE_ACTIVE;
}

/* ---- commands that run before ---- */

/* All wait for the commands of all. */
static void set_hold(struct routers *routers, struct router *router, struct state_hold hold)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);

		mate->hold = hold;
		router_schedule(routers, mate);
	}
}

/* Likewise. 0: there are none. */
static int64_t hooks_ns(struct router *router)
{
	int64_t longest_ns = 0;

	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (router_mate(router, i)->hooks_ns > longest_ns)
			longest_ns = router_mate(router, i)->hooks_ns;
	return longest_ns;
}

bool router_has_hooks(struct router *router)
{
	return hooks_ns(router) > 0;
}

/* By when the commands have ended, and somebody has said so. */
static struct state_hold hold_of_now(const struct routers *routers, struct router *router,
				     enum event_before before, uint8_t base)
{
	return (struct state_hold){
		.until_ns = routers->now->mono_ns + hooks_ns(router) + HOOKS_SPARE_NS,
		.before = (uint8_t)before,
		.base = base,
	};
}

/* Once: of one that is drained, and has been Active since, they may have run before that.
 * @base: the priority that it keeps. Return: whether it waits, for these or for earlier ones. */
static bool begin_hold(struct routers *routers, struct router *router, enum event_before before,
		       uint8_t base)
{
	if (hold_is_on(&router->hold))
		return true;
	if ((drain_is_on(&router->drain) && router->hold.ran) || !router_has_hooks(router) ||
	    !router_is_led(router))
		return false;
	set_hold(routers, router, hold_of_now(routers, router, before, base));
	return true;
}

static void tell_hold(struct routers *routers, struct router *router, enum event_drain what)
{
	struct journal_router journal = router_journal(routers, router);

	journal_hold(&journal, what, &router->hold);
}

/* Who waits for nobody is out with the next look at it. Either is due at once, also where that is
 * decided behind a turn, and nobody's time has come. */
static void offer_to_leave(struct routers *routers, struct router *router)
{
	if (router->vr.config.overlap && is_active(router) && !router->hasty)
		router_cede(routers, router);
	routers->unsaid = true;
}

static void begin_to_leave(struct routers *routers, struct router *router, uint8_t base)
{
	enum event_before before = router->gone ? EVENT_BEFORE_REMOVAL : EVENT_BEFORE_STOP;
	bool waits = hold_is_on(&router->hold);

	if (!begin_hold(routers, router, before, base))
		offer_to_leave(routers, router);
	else if (!waits)
		tell_hold(routers, router, EVENT_DRAIN_WAITS);
}

void router_begin_to_leave(struct routers *routers, struct router *router)
{
	begin_to_leave(routers, router, router->vr.config.priority);
}

/* ---- drains ---- */

/* A member has the same time as the others; who speaks first for them all offers. */
static void put_drain(struct routers *routers, struct router *router, int64_t until_ns)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);
		bool offers = is_active(mate) && !router_is_mute(mate) && !hold_is_on(&mate->hold);

		if (until_ns)
			drain_begin(&mate->drain, until_ns, offers, router_silence_ns(mate),
				    routers->now->mono_ns);
		else
			drain_init(&mate->drain);
		state_put_drain(routers->state, (unsigned)(mate - routers->all), until_ns);
	}
}

static void set_drain(struct routers *routers, struct router *router, int64_t until_ns)
{
	put_drain(routers, router, until_ns);
	router_weigh(routers, router);
	for (unsigned i = 0; i < router_mates_n(router); i++)
		router_schedule(routers, router_mate(router, i));
}

/* What had to wait is done now. */
static void release(struct routers *routers, struct router *router)
{
	struct state_hold over = hold_none();

	over.ran = drain_is_on(&router->drain) && router_is_led(router);
	set_hold(routers, router, over);
	set_drain(routers, router, router->drain.until_ns);
	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (router_mate(router, i)->leaving)
			offer_to_leave(routers, router_mate(router, i));
}

/* It waits for what the router waits for. */
static void let_drain_wait(struct routers *routers, struct router *router)
{
	struct state_hold hold = router->hold;

	hold.waits = true;
	set_hold(routers, router, hold);
}

void router_stay(struct routers *routers, struct router *router)
{
	const struct state_hold hold = router->hold;

	if (!hold_is_on(&hold) || hold.before != EVENT_BEFORE_REMOVAL)
		return;
	tell_hold(routers, router, EVENT_DRAIN_VOID);
	set_hold(routers, router, hold_none());
	if (!hold.waits)
		return;
	if (!begin_hold(routers, router, EVENT_BEFORE_DRAIN, hold.base)) {
		release(routers, router);
		return;
	}
	let_drain_wait(routers, router);
	tell_hold(routers, router, EVENT_DRAIN_WAITS);
}

/* The commands that a drain waited for have ended with it: who is to leave all the same, or has a
 * lower priority by now, has them run anew. */
static void begin_anew(struct routers *routers, struct router *router, uint8_t base)
{
	bool leaving = false;

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		if (router_mate(router, i)->leaving)
			begin_to_leave(routers, router_mate(router, i), base);
		leaving |= router_mate(router, i)->leaving;
	}
	if (!leaving && base > router->vr.config.priority &&
	    begin_hold(routers, router, EVENT_BEFORE_PRIORITY, base))
		tell_hold(routers, router, EVENT_DRAIN_WAITS);
}

static void end_drain(struct routers *routers, struct router *router)
{
	const struct state_hold hold = router->hold;
	bool waited = hold_is_on(&hold) && hold.before == EVENT_BEFORE_DRAIN;

	struct state_hold left = hold;

	put_drain(routers, router, 0);
	if (waited)
		left = hold_none();
	left.waits = left.ran = false;
	set_hold(routers, router, left);
	if (waited)
		begin_anew(routers, router, hold.base);
	set_drain(routers, router, 0);
}

/* What it waited for is over. */
static void go_on(struct routers *routers, struct router *router, enum event_drain why)
{
	tell_hold(routers, router, why);
	release(routers, router);
}

void routers_release(struct routers *routers, const struct clocks *now, const struct event *event)
{
	struct router *const *named;
	unsigned n;

	routers->now = now;
	named = names_find(routers, event->router, &n);
	for (unsigned i = 0; i < n; i++)
		if (named[i]->vr.config.family == event->family && hold_is_on(&named[i]->hold) &&
		    named[i]->hold.until_ns == event->fact.number[1])
			go_on(routers, named[i],
			      event->fact.word == EVENT_DRAIN_READY ? EVENT_DRAIN_READY
								    : EVENT_DRAIN_HOOK_FAILED);
}

/* One offer is for all with one fate. */
static bool offers(struct routers *routers, struct router *router)
{
	const struct vrrp_election *election = &router->vr.election;
	int64_t now_ns = routers->now->mono_ns;
	bool can = !election->listening && !election->ceding && !hold_is_on(&router->hold);

	if (!drain_offers(&router->drain, can, router->resort.equal_ns, router_silence_ns(router),
			  now_ns))
		return false;
	for (unsigned i = 0; i < router_mates_n(router); i++)
		drain_rest(&router_mate(router, i)->drain);
	return true;
}

void router_look_at_drain(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);
	int64_t now_ns = routers->now->mono_ns;
	bool led = router_is_led(router);
	bool in_vain = hold_is_in_vain(&router->hold, led, now_ns);

	if (now_ns < drain_deadline(&router->drain) && !in_vain)
		return;
	if (drain_is_over(&router->drain, now_ns)) {
		journal_drained(&journal, EVENT_DRAIN_OVER);
		end_drain(routers, router);
	} else if (in_vain) {
		go_on(routers, router, led ? EVENT_DRAIN_HOOK_LATE : EVENT_DRAIN_HOOK_USELESS);
	} else if (offers(routers, router)) {
		journal_drained(&journal, EVENT_DRAIN_OFFERS);
		router_cede(routers, router);
	}
	router_schedule(routers, router);
}

static int64_t held_ns(const struct router *router, int64_t now_ns)
{
	bool waits = drain_is_on(&router->drain) && hold_is_on(&router->hold);
	int64_t left_ns = waits ? router->hold.until_ns - now_ns : 0;

	return left_ns > 0 ? left_ns : 0;
}

/* A Backup whose Active has left, or was never heard, may be the next one. */
static bool knows_nobody(const struct router *router)
{
	const struct vrrp_election *e = &router->vr.election;

	return e->state == VRRP_STATE_BACKUP && e->active_priority == VRRP_PRIORITY_LEAVE;
}

/* The others are heard at once, or after a silence at the lowest priority; then after the offer. */
static int64_t wait_ns(const struct router *router, int64_t now_ns)
{
	unsigned silences = is_active(router) ? 2 : knows_nobody(router) ? 3 : 0;

	if (!silences || !drain_is_on(&router->drain))
		return 0;
	return held_ns(router, now_ns) + silences * router_silence_ns(router) + NS_PER_S;
}

/* Whether nothing is left to do: what is Active still may offer once more to leave. */
static bool is_drained(const struct router *router, int64_t until_ns)
{
	return router->drain.until_ns == until_ns &&
	       (!until_ns || !is_active(router) || router_is_mute(router) ||
		hold_is_on(&router->hold) || router->drain.offer_ns != VRRP_NEVER);
}

/* As it was asked for; the answer for many routers takes some turns. */
static int64_t span_ns(int64_t until_ns, int64_t now_ns)
{
	return until_ns == VRRP_NEVER ? VRRP_NEVER : until_ns - now_ns + NS_PER_S / 2;
}

/* What is Active serves as before until the commands that run first have ended. */
static void begin_drain(struct routers *routers, struct router *router, int64_t until_ns,
			const struct journal_asker *asker)
{
	struct journal_router journal = router_journal(routers, router);
	bool is_new = !drain_is_on(&router->drain), waits = hold_is_on(&router->hold);

	if (is_new && !router->leaving)
		(void)begin_hold(routers, router, EVENT_BEFORE_DRAIN, router->vr.config.priority);
	if (is_new && hold_is_on(&router->hold))
		let_drain_wait(routers, router);
	journal_drain(&journal, EVENT_DRAIN_BEGINS, span_ns(until_ns, routers->now->mono_ns),
		      router->hold.waits, asker);
	if (!waits && router->hold.waits)
		tell_hold(routers, router, EVENT_DRAIN_WAITS);
	set_drain(routers, router, until_ns);
}

static void resume(struct routers *routers, struct router *router,
		   const struct journal_asker *asker)
{
	struct journal_router journal = router_journal(routers, router);

	journal_drain(&journal, EVENT_DRAIN_RESUMED, 0, false, asker);
	end_drain(routers, router);
}

void routers_drain(struct routers *routers, unsigned i, int64_t until_ns, const struct clocks *now,
		   const struct journal_asker *asker, struct drained *ret_drained)
{
	struct router *router = &routers->all[i];

	assert(i < routers->n);
	routers->now = now;
	ret_drained->state = router->vr.election.state;
	ret_drained->owner = vrrp_is_owner(&router->vr);
	ret_drained->was_drained = drain_is_on(&router->drain);
	if (!ret_drained->owner && !is_drained(router, until_ns)) {
		if (until_ns)
			begin_drain(routers, router, until_ns, asker);
		else
			resume(routers, router, asker);
	}
	ret_drained->until_ns = router->drain.until_ns;
	ret_drained->wait_ns = wait_ns(router, now->mono_ns);
	ret_drained->held_ns = held_ns(router, now->mono_ns);
}

/* ---- of a predecessor ---- */

/* The commands are those of this configuration: it may have none. Nor does it leave any more,
 * unless it is drained, or for a lower priority. As long as it has any the end of the wait stays
 * what it was: by that the notifier knows for which one it has run them. */
static void resume_hold(struct routers *routers, struct router *router,
			const struct state_hold *hold)
{
	bool waits = hold->waits || hold->before == EVENT_BEFORE_PRIORITY;

	if ((hold_is_on(hold) && waits && router_has_hooks(router)) || hold->ran)
		set_hold(routers, router, *hold);
}

void router_resume_drain(struct routers *routers, struct router *router, int64_t until_ns,
			 const struct state_hold *hold)
{
	/* One may have become an owner since. */
	if (until_ns <= routers->now->mono_ns || drain_is_on(&router->drain) ||
	    vrrp_is_owner(&router->vr))
		return;
	resume_hold(routers, router, hold);
	set_drain(routers, router, until_ns);
}

void router_resume_priority(struct routers *routers, struct router *router,
			    const struct state_hold *hold, uint8_t before)
{
	uint8_t base = hold_base(hold, before);
	bool waits = hold_is_on(hold) && hold->before == EVENT_BEFORE_PRIORITY;

	if (drain_is_on(&router->drain) || hold_is_on(&router->hold) || !router_has_hooks(router) ||
	    base <= router->vr.config.priority || routers->now->mono_ns >= hold->until_ns)
		return;
	if (waits)
		resume_hold(routers, router, hold);
	else
		set_hold(routers, router,
			 hold_of_now(routers, router, EVENT_BEFORE_PRIORITY, base));
	router_weigh(routers, router);
}

void router_drop_hold(struct routers *routers, struct router *router, const struct state_hold *hold)
{
	struct journal_router journal = router_journal(routers, router);

	if (hold_is_on(hold) && hold->before != EVENT_BEFORE_DRAIN && !hold_is_on(&router->hold) &&
	    routers->now->mono_ns < hold->until_ns && router == router_mate(router, 0))
		journal_hold(&journal, EVENT_DRAIN_VOID, hold);
}
