/* SPDX-License-Identifier: MIT */
#include "turn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/event_log.h"
#include "agent/life_timer.h"
#include "agent/loop.h"
#include "agent/realtime.h"
#include "agent/signals.h"
#include "names.h"

/* A sign of life is due once a second, in a turn that comes a little before that or after. */
#define ALIVE_NS       INT64_C(1000000000)
#define ALIVE_EARLY_NS INT64_C(100000000)
#define ALIVE_LATE_NS  INT64_C(500000000)

/* A reload waits no longer for one that hands over, */
#define ROOM_NS INT64_C(30000000000)

/* nor at all for a router that it removes, if nobody may come to that for longer: the slowest of
 * version 3 has time, and of version 2 one with adverts 40 s apart. */
#define GONE_PATIENCE_NS INT64_C(200000000000)

/* Who leaves asks for no more time at once, and for more with each sign of life. */
#define LEAVING_AHEAD_NS INT64_C(5000000000)

#define RETRY_NS     INT64_C(1000000000)  /* after a line of the log that nobody takes */
#define PUT_PAUSE_NS INT64_C(10000000000) /* from the states of all in the journal to the next */

/* Behind the states: whatever it is in. */
#define COUNT_DRAINED VRRP_STATE_COUNT
#define COUNTS_N      (COUNT_DRAINED + 1)

struct turn {
	struct loop *loop; /* owned */
	int signal_fd;
	int channel_fd, news_fd;   /* borrowed; the latter -1: none */
	struct state *state;       /* borrowed */
	struct routers *routers;   /* borrowed */
	struct control *control;   /* borrowed */
	struct events *events;     /* borrowed */
	struct event_log *log;     /* owned */
	unsigned gaps_n;           /* of the log, that are made up for, or about to be */
	unsigned told_n;           /* routers whose states of now were looked at for that */
	unsigned shown_n;          /* routers whose states of now were told to who asked for all */
	unsigned put_n;            /* likewise, that are in the journal for who missed events */
	bool put_asked;            /* once more, */
	int64_t put_due_ns;        /* but not before then */
	int64_t log_ns;            /* when it goes on */
	int64_t freeze_ns;         /* the next generation is ready, whose reload began then; or 0 */
	int64_t room_ns;           /* until then it waits for hand-overs; LOOP_NEVER: no more */
	int64_t alive_ns;          /* when a sign of life is due next */
	unsigned counts[COUNTS_N]; /* of routers by state, and of drained ones, as the keeper knows
				    * them */
	bool counts_said;          /* it does */
	bool asked[2];             /* to leave: by somebody, by the keeper */
	bool leaving;              /* some of them did, */
	bool left;                 /* and the routers know it */
	int64_t read_real_ns;      /* what arrived until then was read; CLOCK_REALTIME */
	bool stop;
	struct channel_message message; /* the one that is being read */
};

int turn_open(int channel_fd, int news_fd, struct turn **ret_turn)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	struct turn *turn = calloc(1, sizeof(*turn));
	int err;

	if (!turn)
		return -ENOMEM;
	turn->channel_fd = channel_fd;
	turn->news_fd = news_fd;
	turn->signal_fd = -1;
	turn->room_ns = LOOP_NEVER;
	turn->log = event_log_new();
	err = turn->log ? loop_open(&turn->loop) : -ENOMEM;
	if (err == 0)
		err = signals_open(signals, &turn->signal_fd);
	if (err < 0) {
		turn_close(turn);
		return err;
	}
	*ret_turn = turn;
	return 0;
}

void turn_close(struct turn *turn)
{
	if (!turn)
		return;
	if (turn->signal_fd >= 0)
		close(turn->signal_fd);
	loop_close(turn->loop);
	/* What is left when nobody is in a hurry any more. */
	while (turn->log &&
	       event_log_tell(turn->log, turn->events, EVENT_LOG_END, EVENT_LOG_TURN_MAX))
		;
	event_log_free(turn->log);
	free(turn);
}

/* ---- first: the routers ---- */

/* What does not get through now is asked for with the next turn. */
static void ask_for_settings(struct turn *turn)
{
	const struct conf_router *conf;
	char names[2 * CONF_LINK_SIZE];

	while ((conf = routers_unset(turn->routers))) {
		strcat(strcat(strcpy(names, conf->mac.name), " "), conf->interface);
		if (channel_send(turn->channel_fd, CHANNEL_MADE, conf->vrrp.family, names) < 0)
			return;
		routers_note_set(turn->routers);
	}
}

static void run_routers(void *self, const struct clocks *now, unsigned readable)
{
	struct turn *turn = self;

	turn->read_real_ns = now->real_ns;
	routers_turn(turn->routers, now, readable);
	ask_for_settings(turn);
	if (routers_want_checker(turn->routers))
		(void)channel_send(turn->channel_fd, CHANNEL_CHECKER_LATE, 0, NULL);
}

static int64_t routers_next(const void *self)
{
	return routers_deadline(((const struct turn *)self)->routers);
}

/* ---- then: who asks ---- */

static void tell_control(struct turn *turn, const struct clocks *now)
{
	struct event event;
	int error;

	if (!control_news(turn->control, &error))
		return;
	event = event_fact(EVENT_CONTROL, error, control_path(turn->control));
	events_put(turn->events, now, &event);
}

/* The keeper takes none on any more: nobody waits for that, or for what it has taken on. */
static void refuse_reloads(struct turn *turn, const struct clocks *now)
{
	control_reload_done(turn->control, now->mono_ns, "vipd was told to stop");
}

static void run_control(void *self, const struct clocks *now, unsigned readable)
{
	struct turn *turn = self;

	if (!readable && now->mono_ns < control_opportunity(turn->control))
		return;
	control_dispatch(turn->control, now);
	tell_control(turn, now);
	if (!control_reload_asked(turn->control))
		return;
	if (turn->asked[true])
		refuse_reloads(turn, now);
	else
		(void)channel_send(turn->channel_fd, CHANNEL_RELOAD,
				   now->mono_ns + CONTROL_RELOAD_END_NS, NULL);
}

static int64_t control_next(const void *self)
{
	return control_deadline(((const struct turn *)self)->control);
}

/* ---- then: the log ---- */

static struct event state_of(const struct turn *turn, enum event_kind kind,
			     const struct router *router)
{
	return journal_state_event(kind, router->conf, &router->vr, routers_facts(turn->routers),
				   names_of_mate(router, router->vr.election.reason.by));
}

static bool tell_state(const struct turn *turn, enum event_kind kind, const struct router *router,
		       const struct clocks *now)
{
	struct event event = state_of(turn, kind, router);
	char line[EVENT_LINE_SIZE];

	return log_line(event_level(&event), now->real_ns, event_line(&event, line));
}

/*
 * The states that routers are in since what was not told, a bounded piece: whoever reads nothing
 * but the log ends with the truth. Return: when to go on.
 */
static int64_t make_up(struct turn *turn, const struct clocks *now)
{
	unsigned lines_n = 0;

	if (event_log_gaps(turn->log) == turn->gaps_n &&
	    turn->told_n == routers_count(turn->routers))
		return LOOP_NEVER;
	if (event_log_gaps(turn->log) != turn->gaps_n)
		turn->told_n = 0;
	turn->gaps_n = event_log_gaps(turn->log);
	for (; turn->told_n < routers_count(turn->routers); turn->told_n++) {
		const struct router *router = routers_get(turn->routers, turn->told_n);

		if (!event_log_missed(turn->log, router->vr.election.since_ns))
			continue;
		if (lines_n++ == EVENT_LOG_TURN_MAX)
			return now->mono_ns;
		if (!log_is_writable() || !tell_state(turn, EVENT_STATE_NOW, router, now))
			return now->mono_ns + RETRY_NS;
	}
	event_log_caught_up(turn->log);
	return LOOP_NEVER;
}

/* The states of all, for who asked; likewise a bounded piece. Return: when to go on. */
static int64_t show_all(struct turn *turn, const struct clocks *now)
{
	for (unsigned lines_n = 0; turn->shown_n < routers_count(turn->routers); turn->shown_n++) {
		const struct router *router = routers_get(turn->routers, turn->shown_n);

		if (lines_n++ == EVENT_LOG_TURN_MAX)
			return now->mono_ns;
		if (!log_is_writable() || !tell_state(turn, EVENT_STATE_ASKED, router, now))
			return now->mono_ns + RETRY_NS;
	}
	return LOOP_NEVER;
}

/* Whoever is too slow for the journal fills it no faster than this, however often it asks. */
static void begin_to_put(struct turn *turn, const struct clocks *now)
{
	if (!turn->put_asked || now->mono_ns < turn->put_due_ns ||
	    turn->put_n < routers_count(turn->routers))
		return;
	turn->put_asked = false;
	turn->put_n = 0;
	turn->put_due_ns = now->mono_ns + PUT_PAUSE_NS;
}

/* The states of all, into the journal, for a reader that it was too fast for; likewise a bounded
 * piece. Return: when to go on. */
static int64_t put_all(struct turn *turn, const struct clocks *now)
{
	begin_to_put(turn, now);
	for (unsigned n = 0; turn->put_n < routers_count(turn->routers); turn->put_n++, n++) {
		const struct router *router = routers_get(turn->routers, turn->put_n);
		struct event event = state_of(turn, EVENT_STATE_NOW, router);

		if (n == EVENT_LOG_TURN_MAX)
			return now->mono_ns;
		events_put(turn->events, now, &event);
	}
	return turn->put_asked ? turn->put_due_ns : LOOP_NEVER;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A bounded piece per turn: no advert waits for the reader of the log. */
static void run_log(void *self, const struct clocks *now, unsigned readable)
{
	struct turn *turn = self;
	int64_t put_ns = turn->events ? put_all(turn, now) : LOOP_NEVER;
	bool fresh = turn->events && events_fresh(turn->events);

	(void)readable;
	if (fresh && turn->news_fd >= 0)
		(void)eventfd_write(turn->news_fd, 1);
	if (!turn->events)
		turn->log_ns = LOOP_NEVER;
	if (!turn->events || (!fresh && now->mono_ns < turn->log_ns))
		return;
	if (event_log_tell(turn->log, turn->events, now->mono_ns, EVENT_LOG_TURN_MAX))
		turn->log_ns = now->mono_ns;
	else
		turn->log_ns = earlier(earlier(make_up(turn, now), show_all(turn, now)),
				       earlier(event_log_deadline(turn->log), put_ns));
}

static int64_t log_next(const void *self)
{
	return ((const struct turn *)self)->log_ns;
}

/* ---- last: who is to be obeyed ---- */

/* Where they come from, in the order of the part's descriptors. */
enum orders_readable {
	ORDERS_SIGNAL = 1 << 0,
	ORDERS_KEEPER = 1 << 1,
};

static void tell(const struct turn *turn, const struct clocks *now, const struct event *event)
{
	if (turn->events)
		events_put(turn->events, now, event);
}

static void tell_signal(const struct turn *turn, const struct clocks *now,
			const struct signalfd_siginfo *info, enum event_signal what)
{
	struct event event = event_fact(EVENT_SIGNAL, 0, NULL);

	event.fact.number[0] = info->ssi_signo;
	event.fact.number[1] = info->ssi_pid;
	event.fact.word = (uint8_t)what;
	tell(turn, now, &event);
}

static void read_signals(struct turn *turn, const struct clocks *now)
{
	struct signalfd_siginfo info;
	bool by_keeper;

	while (read(turn->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) /* meant for the keeper */
			continue;
		by_keeper = (pid_t)info.ssi_pid == getppid();
		/* The keeper says for itself who asked. */
		if (!by_keeper)
			tell_signal(turn, now, &info,
				    turn->asked[by_keeper] ? EVENT_SIGNAL_HURRIES
							   : EVENT_SIGNAL_LEAVES);
		/* Who asks twice has no time for a successor to come. One Ctrl-C reaches both this
		 * process and the keeper, which then asks for the first time. */
		turn->stop |= turn->asked[by_keeper];
		turn->asked[by_keeper] = turn->leaving = true;
		if (by_keeper)
			routers_note_stop(turn->routers);
	}
}

/* Whoever asks while all states are being told gets what is left of them. */
static void begin_to_show(struct turn *turn, const struct clocks *now)
{
	if (turn->shown_n < routers_count(turn->routers))
		return;
	turn->shown_n = 0;
	turn->log_ns = now->mono_ns;
}

/* Of the keeper, its manager, and who has asked for a reload: what is needed by now, but not all at
 * once, so that one that hangs meanwhile is found soon. */
static void ask_for_time(const struct turn *turn, const struct clocks *now)
{
	int64_t until_ns = routers_leave_end(turn->routers, now);

	if (turn->room_ns != LOOP_NEVER && turn->room_ns > until_ns)
		until_ns = turn->room_ns;
	if (until_ns <= now->mono_ns)
		return;
	(void)channel_send(turn->channel_fd, CHANNEL_LEAVING,
			   earlier(until_ns, now->mono_ns + LEAVING_AHEAD_NS), NULL);
	control_reload_waits(turn->control, until_ns);
}

/* Routers that nobody continues leave before the others are handed over, and who has yielded hands
 * its addresses over. */
static void begin_to_freeze(struct turn *turn, const struct clocks *now, int64_t began_ns)
{
	turn->freeze_ns = began_ns;
	if (turn->leaving)
		return;
	routers_leave_gone(turn->routers, now, GONE_PATIENCE_NS);
	if (routers_hand_overs_end(turn->routers, now) > now->mono_ns)
		turn->room_ns = now->mono_ns + ROOM_NS;
	ask_for_time(turn, now);
}

/* Whoever was to take over has died: nobody leaves for it. That one makes room is too late to
 * change: the standby goes on. */
static void take_refusal(struct turn *turn, const struct clocks *now)
{
	if (turn->freeze_ns && turn->freeze_ns == turn->message.ns && !turn->leaving)
		routers_stay(turn->routers, now);
	control_reload_done(turn->control, turn->message.ns, turn->message.text);
}

/* Of a helper's; of what else they say nothing is for the routers. */
static void take_event(struct turn *turn, const struct clocks *now)
{
	struct event event;

	channel_event(&turn->message, &event);
	if (event.kind == EVENT_DRAINED)
		routers_release(turn->routers, now, &event);
	if (event.kind == EVENT_JOURNAL_LOST) {
		turn->put_asked = true;
		turn->log_ns = now->mono_ns;
	}
}

static void read_keeper(struct turn *turn, const struct clocks *now)
{
	struct event event;
	struct channel_message *message = &turn->message;
	int got;

	while ((got = channel_receive(turn->channel_fd, message)) > 0) {
		if (message->type == CHANNEL_FREEZE)
			begin_to_freeze(turn, now, message->ns);
		else if (message->type == CHANNEL_GONE)
			routers_note_gone(turn->routers, message->text);
		else if (message->type == CHANNEL_REFUSED)
			take_refusal(turn, now);
		else if (message->type == CHANNEL_TAKEN)
			control_reload_taken(turn->control, message->ns);
		else if (message->type == CHANNEL_TELL)
			begin_to_show(turn, now);
		else if (message->type == CHANNEL_EVENT)
			take_event(turn, now);
	}
	if (got < 0 && !turn->stop) {
		event = event_fact(EVENT_KEEPER_GONE, 0, NULL);
		tell(turn, now, &event);
		turn->stop = true;
	}
}

/* How we are, for the service manager: the keeper is woken up for what is new. */
static void say_status(struct turn *turn)
{
	const struct routers *routers = turn->routers;
	unsigned counts[COUNTS_N] = { 0 };
	char text[96], drained[24] = "";

	for (unsigned i = 0; i < routers_count(routers); i++) {
		const struct router *router = routers_get(routers, i);

		counts[router->vr.election.state]++;
		counts[COUNT_DRAINED] += drain_is_on(&router->drain);
	}
	if (turn->counts_said && memcmp(counts, turn->counts, sizeof(counts)) == 0)
		return;
	memcpy(turn->counts, counts, sizeof(counts));
	if (counts[COUNT_DRAINED])
		snprintf(drained, sizeof(drained), ", %u drained", counts[COUNT_DRAINED]);
	snprintf(text, sizeof(text), "%u active, %u backup, %u initialize, %u fault%s",
		 counts[VRRP_STATE_ACTIVE], counts[VRRP_STATE_BACKUP],
		 counts[VRRP_STATE_INITIALIZE], counts[VRRP_STATE_FAULT], drained);
	turn->counts_said = channel_send(turn->channel_fd, CHANNEL_ALIVE, 0, text) == 0;
}

/* A sign of life, where the keeper looks for it. */
static void say_alive(struct turn *turn, const struct clocks *now)
{
	struct event event;

	if (now->mono_ns < turn->alive_ns - ALIVE_EARLY_NS)
		return;
	turn->alive_ns = now->mono_ns + ALIVE_NS;
	state_alive(turn->state, now->mono_ns);
	life_timer_set(CHANNEL_FD_LIFE, now->mono_ns + LIFE_PATIENCE_NS);
	say_status(turn);
	ask_for_time(turn, now);
	if (realtime_watch(now->mono_ns)) {
		event = event_fact(EVENT_REALTIME_LOST, 0, NULL);
		tell(turn, now, &event);
	}
}

/* Make room without a word on the wire: nothing is closed in order, everything just stays. */
static void freeze(struct turn *turn, const struct clocks *now)
{
	routers_save(turn->routers, now);
	if (channel_send(turn->channel_fd, CHANNEL_FROZEN, turn->read_real_ns, NULL) < 0)
		return;
	control_reload_done(turn->control, turn->freeze_ns, NULL);
	_exit(EXIT_SUCCESS);
}

/* When all up to now is decided, executed and in the state memory. */
static void make_room(struct turn *turn, const struct clocks *now)
{
	if (now->mono_ns >= turn->room_ns)
		turn->room_ns = LOOP_NEVER;
	if (routers_have_left(turn->routers) &&
	    (turn->room_ns == LOOP_NEVER ||
	     routers_hand_overs_end(turn->routers, now) <= now->mono_ns))
		freeze(turn, now);
}

/* Who is Active serves until somebody comes; the keeper, and its manager, shall have patience. */
static void leave(struct turn *turn, const struct clocks *now)
{
	if (turn->left)
		return;
	turn->left = true;
	turn->room_ns = LOOP_NEVER;
	if (turn->asked[true])
		refuse_reloads(turn, now);
	routers_leave(turn->routers, now);
	ask_for_time(turn, now);
}

static void run_orders(void *self, const struct clocks *now, unsigned readable)
{
	struct turn *turn = self;

	say_alive(turn, now);
	if (readable & ORDERS_SIGNAL)
		read_signals(turn, now);
	if (readable & ORDERS_KEEPER)
		read_keeper(turn, now);
	if (turn->leaving && !turn->stop) {
		leave(turn, now);
		turn->stop = routers_have_left(turn->routers);
	}
	if (turn->stop)
		loop_stop(turn->loop);
	else if (turn->freeze_ns && !turn->leaving)
		make_room(turn, now);
	if (readable) /* who reads the journal need not wait for the next turn */
		turn->log_ns = now->mono_ns;
}

static int64_t orders_next(const void *self)
{
	const struct turn *turn = self;

	return earlier(turn->alive_ns + ALIVE_LATE_NS, turn->room_ns);
}

static int add_parts(struct turn *turn)
{
	struct loop_part parts[] = {
		{ { -1, -1, -1, -1, -1, -1 }, turn, run_routers, routers_next },
		{ { control_fd(turn->control), -1, -1, -1, -1, -1 },
		  turn,
		  run_control,
		  control_next },
		{ { -1, -1, -1, -1, -1, -1 }, turn, run_log, log_next },
		{ { turn->signal_fd, turn->channel_fd, -1, -1, -1, -1 },
		  turn,
		  run_orders,
		  orders_next },
	};
	int err = 0;

	routers_fds(turn->routers, parts[0].fds);
	for (unsigned i = 0; err == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = loop_add(turn->loop, &parts[i]);
	return err;
}

int turn_run(struct turn *turn, struct state *state, struct routers *routers,
	     struct control *control, struct events *events)
{
	struct clocks now;
	int err;

	turn->state = state;
	turn->routers = routers;
	turn->control = control;
	turn->events = events;
	turn->told_n = turn->shown_n = turn->put_n = routers_count(routers);
	err = add_parts(turn);
	if (err == 0)
		err = loop_run(turn->loop);
	now = clocks_now();
	routers_stop(routers, &now);
	return err;
}
