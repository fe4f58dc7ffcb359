/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the election of routers with one fate. The input configures one to VRRP_UNIT_MAX
 * members and then is a script: what befalls them in which turn of their caller, who does as
 * agent/router does. Adverts are read before timers are believed, those of one family behind those
 * of another one; timers are asked for again only for who was touched; a fault of one is told to
 * all; muteness is of one family of two. What must hold is in unit_check.h. When the input is at
 * its end nothing more befalls them, and then they must become Active.
 *
 * With TRACE in the environment each event is printed, with what it has led to. Of one router
 * alone, every event there is may come: there what a unit decides is the caller's.
 */
#undef NDEBUG
#include <assert.h>
#include <stddef.h>

#include "unit_check.h"

#define START      (1000 * SECOND)
#define EVENTS_MAX 1500 /* for all members */
#define TWINS_MAX  8    /* larger units are not compared with a successor */

struct input {
	const uint8_t *data;
	size_t left;
};

/* Another process that goes on with the same elections; it must do the same. */
struct twin {
	bool on;
	struct vrrp_unit unit;
	struct vrrp_member members[TWINS_MAX];
	struct vrrp vr[TWINS_MAX];
	struct vrrp_output out[TWINS_MAX];
};

static struct subject subject;
static struct twin twin;
static struct vrrp lonely; /* a unit of one member, as a router without a unit */
static bool trace;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Zeros behind its end. */
static unsigned byte_of(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

/* ---- the members ---- */

static unsigned interval_of(unsigned version, unsigned byte)
{
	static const uint16_t some_cs[] = { 100, 1, 10, 33, 50, 200, 1000, 4095 };

	if (version == 2)
		return 100 * (1 + byte % 32 * (byte & 32 ? 8 : 1));
	return some_cs[byte % 8];
}

static struct vrrp_announce announce_of(unsigned family, unsigned byte)
{
	static const int64_t after_ns[] = { 100 * MS, 1100 * MS, 4 * SECOND, 16 * SECOND };

	return vrrp_announce_of(family, after_ns, byte % 5, byte & 8 ? 60 * SECOND : 0);
}

/* How one router is configured, in one of its families. */
static struct vrrp_config config_of(struct input *in, unsigned family, unsigned priority)
{
	static const int64_t delays_ns[] = { 0, 0, 500 * MS, 5 * SECOND };
	static const uint8_t missed[] = { 0, 3, 1, 2, 10, 100, 0, 3 };
	unsigned flags = byte_of(in), delays = byte_of(in), version = 3;

	if (family == 4 && flags & 1)
		version = 2;
	return (struct vrrp_config){
		.family = (uint8_t)family,
		.version = (uint8_t)version,
		.vrid = 51,
		.priority = (uint8_t)priority,
		.interval_cs = (uint16_t)interval_of(version, byte_of(in)),
		.down_intervals = missed[flags >> 2 & 7],
		.preempt = !(flags & 2),
		.overlap = flags & 64,
		.virtual_mac = flags & 128,
		.preempt_delay_ns = delays_ns[delays & 3],
		.start_delay_ns = delays_ns[delays >> 2 & 3],
		.not_before_ns = delays & 16 ? START + 3 * SECOND : 0,
		.announce = announce_of(family, delays >> 5 | (flags >> 2 & 8)),
	};
}

static void set_source(struct vrrp *vr, unsigned host)
{
	uint8_t source[16] = { 192, 0, 2, (uint8_t)host };

	if (vr->config.family == 6)
		memcpy(source, (uint8_t[16]){ 0xfe, 0x80, [15] = (uint8_t)host }, 16);
	vrrp_source_set(vr, source);
}

/* Between announcements, one that waits for the end of a contest included. */
static int64_t gap_max_ns(const struct vrrp_config *config)
{
	int64_t gap_ns = vrrp_announce_gap_ns(&config->announce, VRRP_ANNOUNCED_ALL);

	for (unsigned i = 0; i < config->announce.repeats_n; i++)
		gap_ns = most(gap_ns, vrrp_announce_gap_ns(&config->announce, i));
	return most(gap_ns, most(SECOND, interval_ns_of(config->interval_cs) * 3 / 2));
}

static void add_member(struct subject *s, const struct vrrp_config *config, unsigned router)
{
	unsigned i = s->n++;

	vrrp_init(&s->vr[i], config);
	set_source(&s->vr[i], 128);
	s->books[i] = (struct books){ .until_ns = INT64_MIN,
				      .lower_ns = VRRP_NEVER,
				      .left_ns = VRRP_NEVER,
				      .deadline_ns = VRRP_NEVER,
				      .interval_max_cs = config->interval_cs,
				      .gap_max_ns = gap_max_ns(config) };
	s->members[i] = (struct vrrp_member){ .vr = &s->vr[i] };
	if (!s->plain)
		(void)vrrp_unit_add(&s->unit, &s->vr[i], router);
}

/* A router of one family, or of both. */
static void add_router(struct subject *s, struct input *in, unsigned router, unsigned priority)
{
	unsigned kind = byte_of(in) % 4;
	struct vrrp_config config = config_of(in, kind & 1 ? 6 : 4, priority);

	add_member(s, &config, router);
	if (kind < 2 || s->n == VRRP_UNIT_MAX || s->plain)
		return;
	/* Both speak version 3, and differ in their family alone. */
	s->vr[s->n - 1].config.version = config.version = 3;
	s->vr[s->n - 1].config.interval_cs = config.interval_cs =
		(uint16_t)interval_of(3, config.interval_cs);
	s->vr[s->n - 1].election.active_interval_cs = config.interval_cs;
	config.family = config.family == 4 ? 6 : 4;
	config.announce = announce_of(config.family, config.announce.repeats_n);
	add_member(s, &config, router);
}

/* Few mostly: many are slow, and all that there may be are for those who insist. */
static unsigned routers_of(unsigned byte, unsigned flags)
{
	if (byte == 250 && flags >> 3 == 21)
		return VRRP_UNIT_MAX;
	return byte < 250 ? 1 + byte % 4 : byte - 245;
}

static void make_subject(struct subject *s, struct input *in)
{
	unsigned kind = byte_of(in), flags = byte_of(in), priority = byte_of(in);
	unsigned routers = routers_of(kind, flags);
	struct input shared;

	s->n = 0;
	s->plain = routers == 1 && flags & 1;
	s->now_ns = s->read_ns = START;
	s->tie_ns = VRRP_NEVER;
	vrrp_unit_init(&s->unit, s->members);
	priority = flags & 2 ? VRRP_PRIORITY_OWNER : 1 + priority % 254;
	shared = *in;
	for (unsigned i = 0; i < routers && s->n < VRRP_UNIT_MAX; i++) {
		/* One configuration for all, or, of some, each its own. */
		if (i && (flags & 4 || i > 8))
			*in = shared;
		add_router(s, in, i, priority);
	}
}

/* ---- one event, and its twins ---- */

static bool same_actions(const struct vrrp_output *a, const struct vrrp_output *b)
{
	char x[VRRP_ACTIONS_MAX + 1], y[VRRP_ACTIONS_MAX + 1];

	spell(a, x);
	spell(b, y);
	for (unsigned i = 0; x[i] && y[i]; i++)
		if (a->actions[i].priority != b->actions[i].priority ||
		    a->actions[i].from != b->actions[i].from)
			return false;
	return strcmp(x, y) == 0;
}

static bool same_reason(const struct vrrp_reason *a, const struct vrrp_reason *b)
{
	return a->code == b->code && a->priority == b->priority &&
	       a->own_priority == b->own_priority && a->ns == b->ns &&
	       memcmp(a->source, b->source, sizeof(a->source)) == 0;
}

static bool same_doubt(const struct vrrp_doubt *a, const struct vrrp_doubt *b)
{
	return memcmp(a->source, b->source, sizeof(a->source)) == 0 && a->ns == b->ns;
}

/* Reasons are made anew as a whole, and have bytes between their members that mean nothing. */
static bool same_election(const struct vrrp *a, const struct vrrp *b)
{
	size_t from = offsetof(struct vrrp_election, since_ns),
	       to = offsetof(struct vrrp_election, doubts);

	for (unsigned i = 0; i < VRRP_DOUBTS_MAX; i++)
		if (!same_doubt(&a->election.doubts[i], &b->election.doubts[i]))
			return false;
	return a->election.priority == b->election.priority &&
	       a->election.state == b->election.state &&
	       same_reason(&a->election.reason, &b->election.reason) &&
	       memcmp(a->election.source, b->election.source, sizeof(a->election.source)) == 0 &&
	       memcmp((const uint8_t *)&a->election + from, (const uint8_t *)&b->election + from,
		      to - from) == 0;
}

static void step_lonely(struct subject *s, const struct vrrp_event *event)
{
	struct vrrp_event in_order = *event;
	struct vrrp_output out;

	in_order.now_ns = s->members[0].last_ns;
	vrrp_step(&lonely, &in_order, &out);
	expect(s, 0, same_actions(&s->out[0], &out) && same_election(&s->vr[0], &lonely),
	       "a unit of one is as a router without a unit");
}

static void step_twin(struct subject *s, unsigned who, const struct vrrp_event *event)
{
	for (unsigned i = 0; i < s->n; i++)
		twin.members[i].mute = s->members[i].mute;
	vrrp_unit_step(&twin.unit, who, event, twin.out);
	for (unsigned i = 0; i < s->n; i++)
		expect(s, i,
		       same_actions(&s->out[i], &twin.out[i]) &&
			       same_election(&s->vr[i], &twin.vr[i]),
		       "whoever has adopted the elections does the same");
}

/* When its timer is due is asked for who was touched. */
static void schedule(struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->plain || s->members[i].touched)
			s->books[i].deadline_ns = deadline_of(s, i);
}

static void happen(struct subject *s, unsigned who, const struct vrrp_event *event)
{
	/* One that is mute waits for nothing itself, and may come for the others. */
	bool early = event->type == VRRP_EVENT_TIMER && event->now_ns < deadline_of(s, who) &&
		     !s->members[who].mute;

	keep_before(s, who, event);
	if (s->plain)
		vrrp_step(&s->vr[who], event, s->out);
	else
		vrrp_unit_step(&s->unit, who, event, s->out);
	for (unsigned i = 0; i < s->n; i++)
		keep_actions(s, i);
	if (trace)
		print_step(s);
	check_step(s);
	for (unsigned i = 0; early && i < s->n; i++)
		expect(s, i, !s->out[i].actions_n && same_election(&s->books[i].before, &s->vr[i]),
		       "a timer that comes early does nothing");
	keep_after(s);
	schedule(s);
	if (!s->plain && s->n == 1)
		step_lonely(s, event);
	if (twin.on)
		step_twin(s, who, event);
	s->event = NULL;
}

static void tell(struct subject *s, unsigned who, enum vrrp_event_type type)
{
	happen(s, who, &(struct vrrp_event){ .type = type, .now_ns = s->now_ns });
}

/* ---- turns ---- */

static int64_t first_deadline(const struct subject *s, unsigned *ret_who)
{
	int64_t first_ns = VRRP_NEVER;

	*ret_who = 0;
	for (unsigned i = 0; i < s->n; i++) {
		if (s->books[i].deadline_ns >= first_ns)
			continue;
		first_ns = s->books[i].deadline_ns;
		*ret_who = i;
	}
	return first_ns;
}

/* Every timer once more does nothing: of all, or of some of many. */
static void repeat_timers(struct subject *s)
{
	for (unsigned i = 0; i < s->n; i += 1 + s->n / 8)
		tell(s, i, VRRP_EVENT_TIMER);
}

static void end_turn(struct subject *s)
{
	unsigned who, fired_n = 0;

	while (first_deadline(s, &who) <= s->now_ns) {
		tell(s, who, VRRP_EVENT_TIMER);
		expect(s, who, ++fired_n <= 8 * s->n + 8, "the timers of a turn come to an end");
	}
	check_turn(s);
	repeat_timers(s);
}

/* When the next turn is: by a deadline, a little before it, late, or anywhere. */
static int64_t next_turn(const struct subject *s, unsigned how, unsigned byte)
{
	unsigned who;
	int64_t due_ns = first_deadline(s, &who);

	if (due_ns == VRRP_NEVER)
		due_ns = s->now_ns + SECOND;
	switch (how) {
	case 0:
		return due_ns + byte * 1000;
	case 1:
		return due_ns - 1 - byte % 16 * 10 * MS;
	case 2:
		return due_ns + byte * 100 * MS;
	case 3:
		return s->now_ns + byte * MS;
	case 4:
		return s->now_ns + byte * 50 * MS;
	}
	return s->now_ns + byte * SECOND;
}

static void pass_time(struct subject *s, unsigned how, unsigned byte)
{
	end_turn(s);
	s->read_ns = s->now_ns;
	s->now_ns = most(s->read_ns, next_turn(s, how, byte));
}

/* ---- what befalls them ---- */

/* Adverts of the time since the last turn, as vrrp_receive() accepts them. */
static void hear(struct subject *s, struct input *in, unsigned who, enum vrrp_event_type type)
{
	static const uint8_t priorities[] = { 0, 1, 254, 255 };
	static const uint8_t hosts[] = { 1, 2, 200, 250 };
	const struct vrrp *vr = &s->vr[who];
	unsigned kind = byte_of(in), more = byte_of(in);
	struct vrrp host = *vr;
	struct vrrp_advert advert = { .family = vr->config.family,
				      .version = vr->config.version,
				      .vrid = vr->config.vrid,
				      .priority = priorities[kind & 3],
				      .interval_cs = vr->config.interval_cs };
	struct vrrp_event event = { .type = type, .advert = &advert };

	if (kind & 4)
		advert.priority = (uint8_t)(vr->election.priority + (int)(kind & 3) - 1);
	if (kind & 0x20 && advert.version == 3)
		advert.interval_cs = (uint16_t)interval_of(3, more);
	set_source(&host, hosts[kind >> 3 & 3]);
	memcpy(advert.source, host.election.source, sizeof(advert.source));
	event.now_ns = s->now_ns;
	if (kind & 0x40 && type == VRRP_EVENT_ADVERT)
		event.now_ns = most(most(vr->election.since_ns, s->read_ns),
				    s->now_ns - (more >> 3) * 10 * MS);
	/* One router's are read as they came; what else has befallen it may be later. */
	if (s->plain)
		s->read_ns = event.now_ns;
	happen(s, who, &event);
}

static bool is_fresh(const struct vrrp *vr)
{
	return is_in(vr, VRRP_STATE_INITIALIZE) && vr->election.reason.code == VRRP_REASON_NONE;
}

/* A fault of one is one of all, or it is over. */
static void change_worth(struct subject *s, unsigned who, unsigned byte)
{
	struct vrrp_event fault = { .type = VRRP_EVENT_FAULT, .now_ns = s->now_ns };

	for (unsigned i = 0; i < s->n; i++) {
		fault.fault.code = VRRP_REASON_MEMBER;
		if (s->members[i].router == s->members[who].router)
			fault.fault.code =
				byte & 2 ? VRRP_REASON_NO_CARRIER : VRRP_REASON_LINK_DOWN;
		if (byte & 1)
			happen(s, i, &fault);
		else if (is_fresh(&s->vr[i]) || is_in(&s->vr[i], VRRP_STATE_FAULT))
			tell(s, i, VRRP_EVENT_STARTUP);
	}
}

/* Whether the other family of a member's router is there and can speak. */
static bool has_voice(const struct subject *s, unsigned who)
{
	for (unsigned i = 0; i < s->n; i++)
		if (i != who && s->members[i].router == s->members[who].router &&
		    !s->members[i].mute)
			return true;
	return false;
}

/* As router/worth.c: tell_mute(). */
static void change_voice(struct subject *s, unsigned who)
{
	if (s->plain || (!s->members[who].mute && !has_voice(s, who)))
		return;
	s->members[who].mute = !s->members[who].mute;
	if (trace)
		fprintf(stderr, "%u is %smute\n", who, s->members[who].mute ? "" : "not ");
	if (!s->members[who].mute && is_in(&s->vr[who], VRRP_STATE_ACTIVE)) {
		vrrp_refresh(&s->vr[who], s->now_ns);
		twin.on = false;
	}
	s->books[who].latecomer |= is_in(&s->vr[who], VRRP_STATE_BACKUP);
	for (unsigned i = 0; i < s->n; i++)
		s->books[i].deadline_ns = deadline_of(s, i);
}

static void change_priority(struct subject *s, unsigned who, unsigned byte)
{
	struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY, .now_ns = s->now_ns };

	event.priority = (uint8_t)(1 + byte % 254);
	if (!is_owner(&s->vr[who]))
		happen(s, who, &event);
}

/* ---- to go on where another process stopped ---- */

static bool is_history(const struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (vrrp_is_history(&s->vr[i], s->now_ns))
			return true;
	return false;
}

static void begin_twin(struct subject *s)
{
	if (s->plain || s->n > TWINS_MAX || is_history(s) || s->unit.tie_ns != VRRP_NEVER)
		return;
	vrrp_unit_init(&twin.unit, twin.members);
	for (unsigned i = 0; i < s->n; i++) {
		vrrp_init(&twin.vr[i], &s->vr[i].config);
		vrrp_adopt(&twin.vr[i], &s->vr[i], s->vr[i].election.priority, s->now_ns);
		expect(s, i, same_election(&s->vr[i], &twin.vr[i]),
		       "adopted without a change every deadline stays");
		(void)vrrp_unit_add(&twin.unit, &twin.vr[i], s->members[i].router);
		/* What a process reads has come after its predecessor's last turn. */
		twin.members[i].last_ns = s->members[i].last_ns;
		/* Another process would announce once more. */
		twin.members[i].advert_ns = s->members[i].advert_ns;
	}
	twin.on = true;
}

/* Another configuration, of which some things are as before. */
static struct vrrp_config changed(const struct vrrp_config *old, struct input *in,
				  unsigned priority)
{
	struct vrrp_config config = config_of(in, old->family, priority);

	config.not_before_ns = old->not_before_ns;
	return config;
}

/* As router/adopt.c: make_up_for_death(). */
static void make_up_for_death(struct subject *s, unsigned i)
{
	const struct vrrp_event missed = { .type = VRRP_EVENT_MISSED, .now_ns = s->now_ns };
	struct vrrp_output out;

	if (is_in(&s->vr[i], VRRP_STATE_ACTIVE)) {
		s->vr[i].election.announce_ns = s->now_ns;
		s->books[i].announced_n = 0;
		return;
	}
	vrrp_step(&s->vr[i], &missed, &out);
	expect(s, i, !out.actions_n, "adverts that were missed move a deadline at most");
}

/* What was heard under another configuration forbids nothing that the books know of. */
static void adopt_member(struct subject *s, unsigned i, const struct vrrp_config *config,
			 uint8_t priority, bool crash)
{
	const struct vrrp old = s->vr[i];

	vrrp_init(&s->vr[i], config);
	vrrp_adopt(&s->vr[i], &old, priority, s->now_ns);
	expect(s, i, s->vr[i].election.state == old.election.state, "an adopted state stays");
	if (memcmp(config, &old.config, sizeof(*config))) {
		s->books[i].until_ns = INT64_MIN;
		s->books[i].lower_ns = VRRP_NEVER;
		s->books[i].adopted = true;
	}
	s->books[i].gap_max_ns = most(s->books[i].gap_max_ns, gap_max_ns(config));
	/* An owner waits for no other member. */
	s->books[i].latecomer |= is_owner(&old) && is_in(&old, VRRP_STATE_BACKUP);
	if (s->books[i].interval_max_cs < config->interval_cs)
		s->books[i].interval_max_cs = config->interval_cs;
	if (crash)
		make_up_for_death(s, i);
}

static void print_adoption(const struct subject *s, unsigned kind)
{
	fprintf(stderr, "%.9f: adopted%s%s\n", (double)s->now_ns / SECOND,
		kind & 1 ? " with another configuration" : "", kind & 2 ? " after a crash" : "");
}

/* Into a unit that knows nothing of its predecessor's; who is mute is seen before its first turn.
 */
static void adopt(struct subject *s, struct input *in)
{
	unsigned kind = byte_of(in), priority = 1 + byte_of(in) % 255;
	struct input shared = *in;

	if (is_history(s))
		return;
	twin.on = false;
	s->read_ns = s->now_ns;
	s->unit.tie_since_ns = s->unit.tie_ns = VRRP_NEVER;
	for (unsigned i = 0; i < s->n; i++) {
		struct vrrp_config config = s->vr[i].config;
		unsigned now = s->vr[i].election.priority;

		*in = shared;
		if (kind & 1) {
			config = changed(&config, in, priority);
			now = config.priority;
		}
		adopt_member(s, i, &config, (uint8_t)now, kind & 2);
		s->members[i].deaf = false;
	}
	lonely = s->vr[0];
	for (unsigned i = 0; i < s->n; i++)
		s->books[i].deadline_ns = deadline_of(s, i);
	if (trace)
		print_adoption(s, kind);
}

/* ---- the script ---- */

enum op {
	OP_PASS,
	OP_HEAR = 6, /* the six before it pass time */
	OP_HEAR_AGAIN,
	OP_WORTH,
	OP_VOICE,
	OP_PRIORITY,
	OP_CEDE,
	OP_MISSED,
	OP_FORGET,
	OP_UNDATED,
	OP_TIMER,
	OP_STARTUP,
	OP_SOURCE,
	OP_TWIN,
	OP_ADOPT,
	OP_SHUTDOWN,
	OP_UNIT, /* what a unit decides, for a router alone */
	OP_COUNT,
};

static void decide_for_one(struct subject *s, struct input *in)
{
	static const enum vrrp_event_type types[] = { VRRP_EVENT_LEAD, VRRP_EVENT_GIVE_WAY,
						      VRRP_EVENT_CONTEST, VRRP_EVENT_DEFER };
	unsigned byte = byte_of(in);
	struct vrrp_event event = { .type = types[byte % 4], .now_ns = s->now_ns };

	event.reason.code = VRRP_REASON_TOGETHER;
	event.served = event.type == VRRP_EVENT_LEAD && byte & 4;
	if (s->n > 1)
		return;
	if (event.type == VRRP_EVENT_DEFER)
		hear(s, in, 0, VRRP_EVENT_DEFER);
	else
		happen(s, 0, &event);
}

static void shut_down(struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++)
		tell(s, i, VRRP_EVENT_SHUTDOWN);
	for (unsigned i = 0; i < s->n; i++)
		expect(s, i,
		       is_in(&s->vr[i], VRRP_STATE_INITIALIZE) && !s->books[i].wanted &&
			       deadline_of(s, i) == VRRP_NEVER,
		       "nothing is left of who is told to leave");
}

static void tell_one(struct subject *s, struct input *in, enum op op, unsigned who)
{
	static const enum vrrp_event_type types[OP_COUNT] = {
		[OP_CEDE] = VRRP_EVENT_CEDE,     [OP_MISSED] = VRRP_EVENT_MISSED,
		[OP_FORGET] = VRRP_EVENT_FORGET, [OP_UNDATED] = VRRP_EVENT_UNDATED,
		[OP_TIMER] = VRRP_EVENT_TIMER,
	};

	if (op == OP_HEAR || op == OP_HEAR_AGAIN)
		hear(s, in, who, VRRP_EVENT_ADVERT);
	else if (op == OP_WORTH)
		change_worth(s, who, byte_of(in));
	else if (op == OP_VOICE)
		change_voice(s, who);
	else if (op == OP_PRIORITY)
		change_priority(s, who, byte_of(in));
	else if (op == OP_STARTUP &&
		 (is_fresh(&s->vr[who]) || is_in(&s->vr[who], VRRP_STATE_BACKUP) ||
		  is_in(&s->vr[who], VRRP_STATE_ACTIVE)))
		tell(s, who, VRRP_EVENT_STARTUP);
	else if (types[op])
		tell(s, who, types[op]);
}

/* Return: whether there is more to come. */
static bool run_op(struct subject *s, struct input *in)
{
	unsigned byte = byte_of(in), who = byte / OP_COUNT % s->n;
	enum op op = byte % OP_COUNT;

	if (op < OP_HEAR)
		pass_time(s, op, byte_of(in));
	else if (op == OP_TWIN)
		begin_twin(s);
	else if (op == OP_ADOPT)
		adopt(s, in);
	else if (op == OP_UNIT)
		decide_for_one(s, in);
	else if (op == OP_SHUTDOWN)
		shut_down(s);
	else if (op == OP_SOURCE && !twin.on)
		set_source(&s->vr[who], 100 + byte_of(in) % 32);
	else
		tell_one(s, in, op, s->n > 11 && byte & 1 ? byte_of(in) % s->n : who);
	if (op == OP_SOURCE)
		lonely = s->vr[0];
	return op != OP_SHUTDOWN;
}

/* ---- the end ---- */

/* In which each member that nothing befalls has begun, has waited, and has spoken. */
static int64_t patience_ns(const struct subject *s)
{
	int64_t start_ns = 0, down_ns = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct vrrp *vr = &s->vr[i];
		unsigned cs = vr->election.active_interval_cs;

		if (cs < vr->config.interval_cs)
			cs = vr->config.interval_cs;
		start_ns = most(start_ns, start_max_ns(s, vr) - s->now_ns);
		down_ns = most(down_ns, down_ns_of(vr, cs) + 2 * interval_ns_of(cs) + SECOND);
		if (is_in(vr, VRRP_STATE_BACKUP))
			down_ns = most(down_ns, vr->election.down_ns - s->now_ns);
	}
	return start_ns + 2 * down_ns;
}

static bool is_done(const struct subject *s, unsigned i)
{
	return is_in(&s->vr[i], VRRP_STATE_ACTIVE) && (s->books[i].spoke || s->members[i].mute);
}

/* Of those who have not done yet what they must. */
static int64_t next_progress(const struct subject *s)
{
	int64_t next_ns = VRRP_NEVER;

	for (unsigned i = 0; i < s->n; i++)
		if (!is_done(s, i))
			next_ns = least(next_ns, s->books[i].deadline_ns);
	return next_ns;
}

static void come_to_rest(struct subject *s)
{
	int64_t until_ns;
	unsigned who, turns_n = 0;

	change_worth(s, 0, 0);
	end_turn(s);
	until_ns = s->now_ns + patience_ns(s);
	for (unsigned i = 0; i < s->n; i++)
		s->books[i].spoke = false;
	for (int64_t next_ns; (next_ns = next_progress(s)) != VRRP_NEVER; end_turn(s)) {
		s->now_ns = most(s->now_ns, next_ns);
		expect(s, 0, s->now_ns <= until_ns && ++turns_n < 2048 * s->n,
		       "who hears nobody becomes Active, and adverts");
	}
	for (who = 0; who < s->n; who++)
		expect(s, who, is_done(s, who), "nobody waits for ever");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct subject *s = &subject;
	bool goes_on = true;

	trace = getenv("TRACE") != NULL;
	twin.on = false;
	make_subject(s, &in);
	lonely = s->vr[0];
	change_worth(s, 0, 0);
	for (unsigned n = 0; goes_on && in.left && n < EVENTS_MAX / s->n; n++)
		goes_on = run_op(s, &in);
	if (goes_on)
		come_to_rest(s);
	return 0;
}
