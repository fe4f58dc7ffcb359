/* SPDX-License-Identifier: MIT */
/*
 * Who speaks next: the rules by which one router process follows another, as a pure function. No
 * clock, no I/O, no process, no memory but the struct: time comes in the event, the answer is a
 * short list of actions that keeper.c executes in their order. It calls nothing, so that the
 * simulator runs these rules as they are.
 *
 * At most one child speaks, and always one does, or is about to, or it is the last will. What
 * follows from what, by phase, and the phase after it; "-": the event is ignored there.
 *
 *		FIRST		STEADY		FREEZING	GAP		LEAVING(_FROZEN)
 * NEXT ready	GO ->STEADY	FREEZE		-		fill		-
 *				->FREEZING
 * STANDBY ready -		waits		waits		fill		-
 * FROZEN	-		-		GO, or fill	-		-
 * ALIVE	-		FORGET PREVIOUS, a STANDBY is	-		-
 *				started or replaced
 * CURRENT ends	-		->GAP, fill	->GAP, fill	told		EXIT if it left
 *										gracefully, else
 *										WILL, EXIT
 * NEXT ends	EXIT		REFUSE		REFUSE		fill		-
 * STANDBY ends	-		another in 10 s	another in 10 s	fill, unless	-
 *								NEXT is there
 * STANDBY stopped -		likewise, when it is not continued soon; never a heir meanwhile
 * RELOAD	noted		begins, or is	noted		noted		told
 *				noted
 * STOP		WILL, EXIT	LEAVE		LEAVE		WILL, EXIT	-
 *				->LEAVING	->LEAVING_FROZEN		LEAVE again
 * LEAVING	-		-		CURRENT is	-		likewise
 *						given the time
 *
 * Whoever is late has a last moment, and is then killed; who is killed and does not end within a
 * second counts as ended. A CURRENT that was killed for that speaks no more, but only its end lets
 * another one go. One that leaves without FROZEN being heard (LEAVING_FROZEN) may have gone without
 * a word, for a NEXT that is not there any more: only CHANNEL_EXIT_LEFT (agent/channel.h) says that
 * it left gracefully.
 *
 * fill: the first of these that can be. After a death, if it is one too many (the third crash
 * within a minute, the sixth early death in a row): WILL, EXIT. If it is the third early death in a
 * row or a later one: a moment later.
 *
 *	NEXT is ready			GO NEXT ->STEADY
 *	STANDBY is ready, and runs what CURRENT ran
 *					GO STANDBY ->STEADY
 *	STANDBY is ready, of before a reload whose child died early for the second time
 *					the reload is undone: GO STANDBY ->STEADY
 *	NEXT or such a STANDBY is there	wait for its READY, or for its end
 *	else				SPAWN what CURRENT ran
 *
 * A death is early before the first sign of life after a reload, before CURRENT has published its
 * memory, and of those who were to fill the gap.
 *
 * A reload, when CURRENT is alive and no other reload is under way, half a second after the last
 * hand-over: SPAWN REHEARSAL, of another program as keeper (the answer may be NEEDLESS: then go on
 * with SPAWN NEXT), its end with 0, EXEC of that program, RESUMED in it, SPAWN NEXT, READY, FREEZE,
 * FROZEN, GO, ALIVE. Until FROZEN it can be refused, until ALIVE undone.
 */
#ifndef SUCCESSION_H
#define SUCCESSION_H

#include <stdbool.h>
#include <stdint.h>

#define SUCCESSION_NEVER       INT64_MAX
#define SUCCESSION_ACTIONS_MAX 24
#define SUCCESSION_CRASHES_MAX 3 /* so many in CRASH_WINDOW_NS end in the last will */

/* What becomes of what: each is a slot that the keeper has descriptors for. */
enum succession_role {
	SUCCESSION_CURRENT,   /* speaks on the wire; or spoke last, when nobody does */
	SUCCESSION_NEXT,      /* is about to take over from it */
	SUCCESSION_STANDBY,   /* takes over when CURRENT dies */
	SUCCESSION_REHEARSAL, /* another program that tries whether it can be the keeper */
	SUCCESSION_PREVIOUS,  /* memory alone: of the one before CURRENT, until that is alive */
	SUCCESSION_ROLES_COUNT,
};

enum succession_life {
	SUCCESSION_NONE,     /* the slot is empty */
	SUCCESSION_SPAWNING, /* SPAWN was not answered yet */
	SUCCESSION_STARTING, /* has yet to say READY; a rehearsal: to end */
	SUCCESSION_READY,    /* waits for GO; CURRENT: speaks */
	SUCCESSION_KILLED,   /* counts no more; the end of its process is to come */
	SUCCESSION_GONE,     /* no process any more, its memory is kept */
	SUCCESSION_LIVES_COUNT,
};

enum succession_phase {
	SUCCESSION_FIRST,          /* nobody has spoken yet */
	SUCCESSION_STEADY,         /* CURRENT speaks */
	SUCCESSION_FREEZING,       /* CURRENT was asked to make room */
	SUCCESSION_GAP,            /* nobody speaks */
	SUCCESSION_LEAVING,        /* CURRENT was asked to leave */
	SUCCESSION_LEAVING_FROZEN, /* likewise; but it may go without a word, for a next one */
	SUCCESSION_OVER,
	SUCCESSION_PHASES_COUNT,
};

/* What a child is started to run. */
enum succession_kind {
	SUCCESSION_KIND_FIRST,     /* the program and the file; somebody looks on */
	SUCCESSION_KIND_NEXT,      /* the program and the file, for a reload */
	SUCCESSION_KIND_AGAIN,     /* what CURRENT runs or ran */
	SUCCESSION_KIND_REHEARSAL, /* the program, as a keeper that changes nothing */
};

enum succession_event_type {
	SUCCESSION_START,        /* once, before all others */
	SUCCESSION_RESUMED,      /* in the place of START: this program was started by EXEC */
	SUCCESSION_SPAWNED,      /* @role: SPAWN has started a process */
	SUCCESSION_SPAWN_FAILED, /* @role: it has not */
	SUCCESSION_NEEDLESS,     /* REHEARSAL: the program is the one that runs: no rehearsal */
	SUCCESSION_EXEC_FAILED,  /* EXEC has returned */
	SUCCESSION_SAYS_READY,   /* @role: NEXT or STANDBY, and its conversation goes on */
	SUCCESSION_SAYS_ALIVE,   /* CURRENT */
	SUCCESSION_SAYS_LEAVING, /* CURRENT, @ns: CLOCK_MONOTONIC when it will have left, or says so
				    again */
	SUCCESSION_SAYS_FROZEN,  /* CURRENT, @ns: CLOCK_REALTIME up to which it read packets */
	SUCCESSION_CHANNEL_END,  /* @role: its conversation is over; its process may live yet */
	SUCCESSION_ENDED,        /* @role: its process is gone, @exit_status */
	SUCCESSION_STOPPED,      /* @role: its process was stopped by a signal */
	SUCCESSION_CONTINUED,    /* @role: and goes on */
	SUCCESSION_RELOAD,       /* somebody asks for one */
	SUCCESSION_STOP,
	SUCCESSION_TIMER, /* succession_deadline() has come; harmless when it has not */
	SUCCESSION_EVENTS_COUNT,
};

struct succession_event {
	enum succession_event_type type;
	enum succession_role role;
	int64_t now_ns;  /* CLOCK_MONOTONIC; never less than that of the event before */
	int64_t ns;      /* SAYS_FROZEN, SAYS_LEAVING; SAYS_ALIVE: when it was, 0: now */
	int exit_status; /* ENDED: 0..255; -1: by a signal */
	bool published;  /* the memory of CURRENT is valid; may be false with SAYS_ALIVE */
};

enum succession_action_type {
	SUCCESSION_SPAWN,   /* @role, @kind. SPAWNED, SPAWN_FAILED or NEEDLESS is the next event */
	SUCCESSION_FREEZE,  /* ask CURRENT to make room; @ns: when the reload began */
	SUCCESSION_RETIRE,  /* what is in CURRENT becomes PREVIOUS, which is forgotten before */
	SUCCESSION_GO,      /* @role becomes CURRENT and speaks, @ns: of FROZEN or 0; see below */
	SUCCESSION_LEAVE,   /* ask CURRENT to leave (SIGTERM) */
	SUCCESSION_KILL,    /* @role; ENDED is to come */
	SUCCESSION_RELEASE, /* the process of CURRENT ends by itself, which is no news: no ENDED */
	SUCCESSION_FORGET,  /* @role: what is left; a process that lives yet is no child of a role
			       any more */
	SUCCESSION_DISMISS, /* @role: kill unless it has ended, forget; its end is no news: no ENDED
			     */
	SUCCESSION_REFUSE,  /* the reload that began at @ns: @why, for the log and CURRENT */
	SUCCESSION_EXEC,    /* replace the keeper's program; RESUMED there, or EXEC_FAILED here */
	SUCCESSION_WILL,    /* the last will, from the memory of @role */
	SUCCESSION_EXIT,    /* with @status; with 1 if WILL has failed. No event after it */
	SUCCESSION_TELL,    /* @fact, of @role */
	SUCCESSION_SERVICE, /* @service, for the service manager */
};

/* GO hands over the memory of PREVIOUS. What is in CURRENT by then was retired or forgotten. */

enum succession_why {
	SUCCESSION_WHY_SPAWN,     /* no process could be started */
	SUCCESSION_WHY_ENDED,     /* NEXT ended before it could take over */
	SUCCESSION_WHY_LATE,      /* NEXT was not ready in time */
	SUCCESSION_WHY_REHEARSAL, /* the rehearsal failed */
	SUCCESSION_WHY_REHEARSAL_LATE,
	SUCCESSION_WHY_EXEC, /* the program of the rehearsal could not be executed */
};

enum succession_fact {
	SUCCESSION_FACT_ASKED,      /* to reload or to stop */
	SUCCESSION_FACT_NO_FIRST,   /* the first child could not be started */
	SUCCESSION_FACT_LATE_READY, /* @role is killed, since it is not ready in time */
	SUCCESSION_FACT_LATE_ALIVE, /* CURRENT likewise: no sign of life */
	SUCCESSION_FACT_LATE_LEAVE, /* CURRENT likewise: it does not leave */
	SUCCESSION_FACT_END,        /* the process of @role has ended */
	SUCCESSION_FACT_LOST,       /* @role is lost, and another one goes on */
	SUCCESSION_FACT_HOPELESS,   /* @role is lost, too often */
	SUCCESSION_FACT_STANDBY,    /* the standby is lost, another one is started later */
	SUCCESSION_FACT_NO_STANDBY, /* none can be had, and it is tried on; once until AGAIN */
	SUCCESSION_FACT_RELOADING,  /* a reload has begun */
	SUCCESSION_FACT_RELOADED,   /* and was handed over to CURRENT */
	SUCCESSION_FACT_UNDONE,     /* what it brought does not live */
	SUCCESSION_FACT_RESUMED,    /* another program goes on as the keeper */
	SUCCESSION_FACT_AGAIN,      /* there is a standby again, after NO_STANDBY */
	SUCCESSION_FACT_HURRIED,    /* asked to stop a second time; once */
	SUCCESSION_FACT_UNHEARD,    /* asked to reload, and does not, since it stops */
};

enum succession_service {
	SUCCESSION_SERVICE_READY,
	SUCCESSION_SERVICE_RELOADING,
	SUCCESSION_SERVICE_ALIVE,
	SUCCESSION_SERVICE_STOPPING,
	SUCCESSION_SERVICE_LEAVING, /* which takes @ns from now on */
};

struct succession_action {
	enum succession_action_type type;
	enum succession_role role;
	union {
		enum succession_kind kind;       /* SPAWN */
		enum succession_why why;         /* REFUSE */
		enum succession_fact fact;       /* TELL */
		enum succession_service service; /* SERVICE */
		int status;                      /* EXIT */
	};
	int64_t ns; /* FREEZE, GO, REFUSE, SERVICE */
};

struct succession_output {
	unsigned actions_n;
	struct succession_action actions[SUCCESSION_ACTIONS_MAX];
};

struct succession_child {
	enum succession_life life;
	bool late;           /* it is overdue, and has a last moment */
	int64_t deadline_ns; /* what it was asked for is due; SUCCESSION_NEVER: nothing */
};

/* All times are CLOCK_MONOTONIC. */
struct succession {
	enum succession_phase phase;
	struct succession_child children[SUCCESSION_ROLES_COUNT];
	bool on_trial;            /* CURRENT came with a reload and was not alive yet */
	bool reload_due;          /* somebody asked, and it has not begun */
	bool hurried;             /* somebody asked twice to stop */
	bool rehearsed;           /* the reload that runs has a program to EXEC */
	int64_t reload_ns;        /* none begins before */
	int64_t reload_began_ns;  /* the one that runs, or the last one */
	int64_t standby_ns;       /* when a standby is started; SUCCESSION_NEVER: not now */
	int64_t retry_ns;         /* GAP: when a child is started again, likewise */
	unsigned standbys_lost_n; /* in a row, since the last one that was ready */
	unsigned died_early_n;    /* died one after the other, before they spoke or were alive */
	unsigned crashes_n;
	int64_t crashes_ns[SUCCESSION_CRASHES_MAX - 1]; /* when; a ring */
};

/**
 * succession_init() - nothing has begun.
 */
void succession_init(struct succession *s);

/**
 * succession_step() - one event.
 * @out: the actions, overwritten.
 *
 * The answers to the SPAWNs of one output are the next events, in the order of the SPAWNs. An event
 * that makes no sense in a phase is ignored: children may say what they like.
 */
void succession_step(struct succession *s, const struct succession_event *event,
		     struct succession_output *out);

/**
 * succession_deadline() - when TIMER is due, CLOCK_MONOTONIC; SUCCESSION_NEVER: not before another
 * event.
 */
int64_t succession_deadline(const struct succession *s);

/**
 * succession_life_deadline() - when the next sign of life of CURRENT is due; SUCCESSION_NEVER when
 * none is waited for, or it is late already. One of the two parts of succession_deadline(), for
 * whoever has a timer that CURRENT puts off.
 */
int64_t succession_life_deadline(const struct succession *s);

/**
 * succession_other_deadline() - the other part: all but that.
 */
int64_t succession_other_deadline(const struct succession *s);

/**
 * succession_is_sane() - whether a struct that was read from elsewhere can be gone on with by
 * RESUMED: all numbers in range, CURRENT speaks, nothing is under way but STANDBY.
 */
bool succession_is_sane(const struct succession *s);

#endif
