/* SPDX-License-Identifier: MIT */
/*
 * A process of the agent: a generation of the router, with the product's own code in it. Here is
 * what a process has besides that code: a clock, sockets, a configuration, memory that outlives it,
 * and ways to die. Which processes there are and what they are told is decided in sim_keeper.c.
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "agent/conf/conf.h"
#include "agent/keeper/succession.h"
#include "agent/router/routers.h"
#include "netlink/receive.h"
#include "netlink/send.h"
#include "netlink/watch.h"
#include "sim_checker.h"
#include "sim_companion.h"
#include "sim_kernel.h"
#include "sim_peers.h"

#define SIM_PROCESSES_MAX 6
#define SIM_QUEUE_MAX     256
#define SIM_FRAMES_MAX    64
#define SIM_SAID_MAX      64
#define SIM_FRAME_SIZE    412

/* A configuration of a router, as the operator wrote it. */
struct sim_conf {
	struct vrrp_config vrrp;
	enum conf_lease lease;
	bool absent;       /* the configuration does not have the router */
	bool sans_carrier; /* it goes on without a carrier */
	struct conf_damping damping;
	struct sim_checks checks;
	int64_t hook_ns;   /* the time-out of a command that runs before drains; 0: there is none */
	int64_t hooked_ns; /* it ends so long after its begin; VRRP_NEVER: never, or nobody says so
			    */
};

/* ---- what the kernel's handles are here ---- */

struct kern_changer {
	struct sim_process *process;
};

struct kern_prepared {
	struct sim_process *process;
};

struct kern_dump {
	struct sim_process *process;
};

struct kern_monitor {
	struct sim_process *process;
};

struct kern_receiver {
	struct sim_process *process;
	bool open;

	struct kern_vrids vrids;
	uint32_t dropped; /* since the last look */
	unsigned first, n;
	struct {
		uint16_t slot;
		int ifindex;
		int64_t at_ns; /* local time of arrival */
	} queue[SIM_QUEUE_MAX];
};

struct kern_watch {
	struct sim_process *process;
	bool open;
	unsigned first, n;
	struct {
		uint16_t slot;
		int ifindex;
	} queue[SIM_SAID_MAX];
};

struct sim_frame {
	int ifindex;
	size_t len;
	uint8_t bytes[SIM_FRAME_SIZE];
};

struct kern_sender {
	struct sim_process *process;
	unsigned n;
	struct sim_frame frames[SIM_FRAMES_MAX];
	struct kern_sent sent[SIM_FRAMES_MAX];
};

/* ---- a process ---- */

/* What a process does that does not speak. */
enum sim_step {
	SIM_STEP_START,
	SIM_STEP_READY,
	SIM_STEP_GO,
	SIM_STEP_FROZEN, /* it has made room, and its last message is on its way */
	SIM_STEP_END,    /* it was killed */
};

struct sim_process {
	struct sim *sim;
	unsigned router; /* on whose host it is */
	bool exists;
	bool opened;   /* it listens */
	bool speaks;   /* it was told to go on, and does */
	bool licensed; /* it was told to go on, and neither ended nor asked to make room */
	bool killed;   /* runs no more; its end is to come */
	bool frozen;   /* has made room, which nobody has heard yet */
	bool hung;
	int64_t woken_ns; /* its host runs again since then, and it was not late before; or 0 */
	bool told_to_freeze, told_to_leave;
	int64_t freeze_ns;     /* it knows that it is to freeze since then; 0: no. Local time, */
	int64_t room_ns;       /* too: it waits until then for hand-overs; VRRP_NEVER: no more */
	bool stops;            /* it leaves */
	bool leaves;           /* its routers were told to leave, */
	bool told_gone;        /* the next one does not have its router */
	bool leaves_gone;      /* which was told to leave therefore */
	bool told_again;       /* and now at once */
	bool asked_to_forget;  /* a client waits for that, */
	bool asked_to_drain;   /* or for that: */
	int64_t drain_span_ns; /* so long; VRRP_NEVER: without an end; 0: not any more */
	bool by_reload;        /* it is what a reload brought */
	bool said_ready;
	bool went;        /* it has gone on, and left that in its memory */
	bool was_alive;   /* it gave a sign of life */
	int64_t hung_ns;  /* since when it hangs; global time */
	int64_t told_ns;  /* when it was told to go on */
	int64_t alive_ns; /* when it gives the next one; local time */
	enum succession_kind kind;
	enum sim_step step;     /* what it does next that does not speak, */
	int64_t step_ns;        /* and when; or VRRP_NEVER */
	struct sim_conf conf;   /* what it runs */
	int64_t opened_ns;      /* when it looked at the host */
	int64_t wake_ns;        /* when the next wake-up is, or VRRP_NEVER */
	int64_t wall_ns;        /* so far its wall clock was set, while it runs at a moment */
	bool turned;            /* it has done with what its predecessor had read */
	int64_t read_real_ns;   /* CLOCK_REALTIME up to which it has read packets */
	int64_t frozen_real_ns; /* and its predecessor; 0: that has died */
	bool follows_absent;    /* whose configuration did not have the router */
	bool mortal;            /* runs code in which it may die */
	bool doomed_put;        /* dies in the middle of writing its election down */
	unsigned doom;          /* dies at the so manieth call of its kernel; 0: it does not */

	/* The product's. */
	struct conf product;
	struct conf_notify hook;                              /* part of it */
	struct conf_router router_confs[2];                   /* the second one is the companion */
	struct conf_address addresses[SIM_ADDRESSES_MAX + 1]; /* and a guest */
	struct conf_route route;
	struct check_config check_confs[SIM_CHECKS_MAX];
	struct conf_track tracks[SIM_CHECKS_MAX]; /* the router's, and its group's behind them */
	struct conf_group team;
	struct conf_address companions[SIM_COMPANION_ADDRESSES];
	struct conf_peer peers[SIM_PEERS_MAX];
	struct state *state; /* its memory, which outlives it; NULL: it has not begun */
	struct routers *routers;
	const struct state_strays *strays;

	/* Its kernel's. */
	struct kern_changer changer;
	struct kern_prepared prepared;
	struct kern_dump dump;
	struct sim_monitor monitor;
	struct kern_monitor monitor_handle;
	struct kern_receiver receivers[2][2]; /* by family and kind */
	struct kern_sender sender;
	struct kern_watch watches[2]; /* by family */
	bool unanswered;    /* does not hear whether the changes that it asks for were made */
	uint32_t unseen;    /* a bit per address: an event of it was lost since it was shown last */
	bool sweeping;      /* it looks for what is marked, and at nothing else */
	int64_t refused_ns; /* when the kernel refused to show its addresses last */
	uint32_t lacks; /* a bit per address: the host's own, gone while this listened as owner; */
	uint32_t may_lack; /* or it may know of that */
};

/**
 * process_running() - whose code runs at the moment.
 *
 * Return: NULL when it is nobody's.
 */
struct sim_process *process_running(void);

/**
 * process_enter() - let the code of a process run until process_leave().
 */
void process_enter(struct sim_process *process);
void process_leave(void);

/**
 * process_clocks() - what a process reads when it reads the clocks.
 */
struct clocks process_clocks(const struct sim_process *process);

/**
 * process_spawn() - a process is there, and has done nothing yet.
 */
void process_spawn(struct sim *sim, struct sim_process *process, unsigned router);

/**
 * process_start() - it begins: memory, and what asks the kernel.
 * @conf: copied.
 * @state_fd: where it leaves its elections; of the keeper.
 */
void process_start(struct sim_process *process, const struct sim_conf *conf, int state_fd);

/**
 * process_open() - it listens, and looks at the host; it changes nothing.
 *
 * Return: whether it could.
 */
bool process_open(struct sim_process *process);

/**
 * process_has_left() - whether there is something in a state memory to go on with.
 * @state_fd: -1: none.
 */
bool process_has_left(int state_fd);

/**
 * process_go() - it goes on with what a predecessor left.
 * @old_fd: the state memory of the predecessor; -1: none.
 * @frozen_real_ns: up to which the predecessor had read; 0: it died.
 *
 * Return: false when it died of it.
 */
bool process_go(struct sim_process *process, int old_fd, int64_t frozen_real_ns);

/**
 * process_turn() - a turn of its loop.
 *
 * Return: false when it died in it.
 */
bool process_turn(struct sim_process *process);

/**
 * process_forget() - what a client has asked for: its router forgets its Active.
 */
void process_forget(struct sim_process *process);

/**
 * process_drain() - likewise: its router is drained.
 * @until_ns: on its clock; VRRP_NEVER: without an end; 0: it is resumed.
 */
void process_drain(struct sim_process *process, int64_t until_ns);

/**
 * process_release() - likewise: the command that its drain waits for until then has ended.
 */
void process_release(struct sim_process *process, int64_t hold_ns);

/**
 * process_leave_routers() - its routers leave, as soon as somebody serves.
 * @ret_until_ns: when they are out at the latest, on its clock.
 *
 * Return: false when it died doing so.
 */
bool process_leave_routers(struct sim_process *process, int64_t *ret_until_ns);

/**
 * process_leave_gone() - likewise, those of its routers that the next process does not have.
 */
bool process_leave_gone(struct sim_process *process, int64_t *ret_until_ns);

/**
 * process_room_ns() - until when it makes room, as agent/router/turn.c has it.
 * @left_ns: of process_leave_gone().
 */
int64_t process_room_ns(struct sim_process *process, int64_t left_ns);

/**
 * process_stop() - it leaves gracefully.
 *
 * Return: false when it died doing so.
 */
bool process_stop(struct sim_process *process);

/**
 * process_freeze() - it makes room: its last words are in the state memory.
 */
void process_freeze(struct sim_process *process);

/**
 * process_end() - it is no more; its state memory stays.
 */
void process_end(struct sim_process *process);

/**
 * process_wake() - there is something for it to read.
 */
void process_wake(struct sim *sim, struct sim_process *process);

/**
 * process_may_die() - called by its kernel: the moment may have come that it is doomed for. Does
 * not return then.
 */
void process_may_die(struct sim_process *process);

/**
 * process_router() - the product's router, to look at.
 *
 * Return: NULL when the configuration does not have it.
 */
const struct router *process_router(const struct sim_process *process);

/**
 * process_lease_s() - the length of a lease, 0 for none.
 */
uint32_t process_lease_s(const struct sim_conf *conf);

#endif
