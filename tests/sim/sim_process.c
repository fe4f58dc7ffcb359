/* SPDX-License-Identifier: MIT */
#include "sim_process.h"

#include <assert.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "agent/keeper/tell.h"
#include "agent/state.h"
#include "sim.h"
#include "sim_auth.h"
#include "sim_filter.h"
#include "sim_route.h"

#define ABSENT_VRID (SIM_VRID + 100)

/* As agent/router/turn.c has it. */
#define GONE_PATIENCE_NS (200 * SIM_S)

/* Whose code runs, for what the product calls without a handle. One thread, one world. */
static struct sim_process *running;
static jmp_buf death;

struct sim_process *process_running(void)
{
	return running;
}

void process_enter(struct sim_process *process)
{
	assert(!running);
	running = process;
}

void process_leave(void)
{
	trace_host(running->sim, running->router);
	running = NULL;
}

struct clocks process_clocks(const struct sim_process *process)
{
	int64_t local = gateway_local_ns(process->sim, &process->sim->routers[process->router]);

	return (struct clocks){ local, gateway_real_at(local) + process->wall_ns };
}

uint32_t process_lease_s(const struct sim_conf *conf)
{
	int lease_s =
		conf_lease_s(conf->lease, conf->vrrp.interval_cs, vrrp_down_intervals(&conf->vrrp));

	assert(lease_s >= 0);
	return (uint32_t)lease_s;
}

/* ---- what the product's code reaches in the world without a handle ---- */

/* The keeper's journal is that of its host, too. */
void tell(struct teller *teller, const struct event *event)
{
	struct clocks now = process_clocks(running);

	(void)teller;
	events_put(trace_journal(running->sim, running->router), &now, event);
}

void tell_process(struct teller *teller, enum event_kind kind, int pid, const char *text,
		  unsigned word)
{
	struct event event = event_fact(kind, 0, text);

	event.fact.number[0] = pid;
	event.fact.word = (uint8_t)word;
	tell(teller, &event);
}

/* What a router process decides is told, whether it lives or not. */
void tell_legacy(void)
{
}

int __wrap_close(int fd);
int __real_close(int fd);

int __wrap_close(int fd)
{
	return socket_close(fd) ? 0 : __real_close(fd);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time);

/* Nobody reads a real clock here. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	struct clocks now = process_clocks(running);
	int64_t ns = clock == CLOCK_MONOTONIC ? now.mono_ns : now.real_ns;

	*ret_time = (struct timespec){ ns / SIM_S, ns % SIM_S };
	return 0;
}

/* No companion, nor what a configuration has without the router. */
static bool is_main(const struct vrrp *vr)
{
	return vr->config.vrid == SIM_VRID &&
	       vr->config.family == running->sim->routers[running->router].config.family;
}

/* The second member of a unit, as of a host with one. */
static bool is_mate(const struct vrrp *vr)
{
	return vr->config.vrid == SIM_VRID && running->sim->routers[running->router].unit.together;
}

/* A drain weighs on a router before that goes on with what was left to it. */
static bool is_early(const struct vrrp *before, const struct vrrp_event *event)
{
	return event->type == VRRP_EVENT_PRIORITY && !running->turned &&
	       before->election.state == VRRP_STATE_INITIALIZE;
}

void __real_vrrp_step(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out);
void __wrap_vrrp_step(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out);

void __wrap_vrrp_step(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	struct vrrp before = *vr;

	__real_vrrp_step(vr, event, out);
	if (is_early(&before, event))
		return;
	if (is_main(vr))
		gateway_stepped(running->sim, running->router, &before, vr, event, out);
	else if (is_mate(vr))
		companion_stepped(running->sim, running->router, &before, vr, event);
}

#define MEMORY_MAX 8192 /* a state memory is smaller */

/* Of what was written in the bytes that differ, only a first part has come to pass. */
static void tear(struct sim *sim, int fd, const uint8_t *before, const uint8_t *after, size_t size)
{
	unsigned differ_n = 0, kept_n;

	for (size_t at = 0; at < size; at++)
		differ_n += before[at] != after[at];
	if (differ_n < 2)
		return;
	kept_n = (unsigned)prng_range(&sim->prng, 1, differ_n - 1);
	for (size_t at = 0; at < size; at++)
		if (before[at] != after[at] && kept_n-- == 0) {
			ssize_t len = pwrite(fd, before + at, size - at, (off_t)at);

			assert(len == (ssize_t)(size - at));
			return;
		}
}

void __real_state_put(struct state *state, unsigned i, const struct vrrp *vr);
void __wrap_state_put(struct state *state, unsigned i, const struct vrrp *vr);

/* A process may die in the middle of it. */
void __wrap_state_put(struct state *state, unsigned i, const struct vrrp *vr)
{
	struct sim *sim = running->sim;
	int fd = sim->routers[running->router].keeper.children[SUCCESSION_CURRENT].state_fd;
	uint8_t before[MEMORY_MAX], after[MEMORY_MAX];
	ssize_t size;

	if (i != 0 || !running->doomed_put || !running->mortal ||
	    !gateway_may_tear(&sim->routers[running->router])) {
		__real_state_put(state, i, vr);
		return;
	}
	size = pread(fd, before, sizeof(before), 0);
	__real_state_put(state, i, vr);
	assert(size > 0 && size < MEMORY_MAX && pread(fd, after, sizeof(after), 0) == size);
	tear(sim, fd, before, after, (size_t)size);
	check_torn(sim, running->router);
	longjmp(death, 1);
}

enum vrrp_reject __real_vrrp_receive(struct vrrp *vr, const struct vrrp_list *own,
				     const struct vrrp_rx *rx, struct vrrp_advert *ret_advert);
enum vrrp_reject __wrap_vrrp_receive(struct vrrp *vr, const struct vrrp_list *own,
				     const struct vrrp_rx *rx, struct vrrp_advert *ret_advert);

enum vrrp_reject __wrap_vrrp_receive(struct vrrp *vr, const struct vrrp_list *own,
				     const struct vrrp_rx *rx, struct vrrp_advert *ret_advert)
{
	enum vrrp_reject reject = __real_vrrp_receive(vr, own, rx, ret_advert);

	if (running->sim->check.reading.packet)
		check_receive(running->sim, running->router, vr, reject, ret_advert);
	return reject;
}

void __real_vrrp_adopt(struct vrrp *vr, const struct vrrp *old, uint8_t priority, int64_t now_ns);
void __wrap_vrrp_adopt(struct vrrp *vr, const struct vrrp *old, uint8_t priority, int64_t now_ns);

void __wrap_vrrp_adopt(struct vrrp *vr, const struct vrrp *old, uint8_t priority, int64_t now_ns)
{
	__real_vrrp_adopt(vr, old, priority, now_ns);
	if (is_main(vr))
		gateway_adopted(running->sim, running->router, vr, old);
}

/* ---- life ---- */

/* A configuration without the router has another one, on an interface that does not exist. */
static void write_router(struct sim_process *process)
{
	const struct sim_gateway *r = &process->sim->routers[process->router];
	struct conf_router *router = &process->router_confs[0];
	bool absent = process->conf.absent;

	*router = (struct conf_router){
		.link.required = !process->conf.sans_carrier,
		.accept = filter_accepts(process->sim, &process->conf.vrrp),
		.vrrp = process->conf.vrrp,
		.lease = process->conf.lease,
		.damping = process->conf.damping,
		.addresses_n = absent ? 1 : r->addresses_n,
		.addresses = process->addresses,
	};
	router->link_local.kind = r->link_local;
	router->unit_n = r->unit.together && !absent ? 2 : 0;
	if (!absent && r->kernel.macvlans.used)
		router->mac = r->kernel.macvlans.conf;
	if (!absent)
		peers_conf(process->sim, process->router, process->peers, router);
	if (process->sim->signs && !absent)
		auth_configure(process->sim, router);
	strcpy(router->name, absent ? "other" : "lan");
	strcpy(router->interface, absent ? "eth9" : SIM_INTERFACE);
	if (absent)
		router->vrrp.vrid = ABSENT_VRID;
	else
		route_conf(process->sim, process->router, &process->route, router);
	for (unsigned k = 0; k < router->addresses_n; k++) {
		struct kern_address address = kernel_address(process->sim, process->router, k);

		process->addresses[k] = (struct conf_address){ .family = address.family,
							       .prefix_len = address.prefix_len };
		memcpy(process->addresses[k].bytes, address.bytes, SIM_ADDRESS_LEN);
	}
	if (!absent)
		guest_conf(r, &process->addresses[router->addresses_n], router);
}

static void write_conf(struct sim_process *process)
{
	const struct sim_gateway *r = &process->sim->routers[process->router];

	process->product = (struct conf){
		.control = "/run/vipd/control.sock",
		.routers_n = companion_is_conf(r, &process->conf) ? 2 : 1,
		.routers = process->router_confs,
		.key_files_n = process->sim->signs,
	};
	process->hook = (struct conf_notify){ .before = CONF_NOTIFY_BEFORE_DRAIN,
					      .timeout_ns = process->conf.hook_ns };
	process->product.notify = &process->hook;
	process->product.notify_n = process->conf.hook_ns > 0;
	strcpy(process->product.node, node_name(process->router));
	write_router(process);
	companion_conf(r, &process->conf, process->companions, &process->router_confs[1]);
	if (!process->conf.absent)
		checks_conf(process);
}

void process_spawn(struct sim *sim, struct sim_process *process, unsigned router)
{
	assert(!process->exists);
	process->sim = sim;
	process->router = router;
	process->exists = true;
	process->opened = process->speaks = process->killed = process->hung = false;
	process->frozen = false;
	process->freeze_ns = 0;
	process->room_ns = VRRP_NEVER;
	process->woken_ns = 0;
	process->told_to_freeze = process->told_to_leave = process->stops = process->turned = false;
	process->wall_ns = 0;
	process->asked_to_drain = process->told_gone = process->leaves_gone = false;
	process->asked_to_forget = process->leaves = process->told_again = false;
	process->licensed = process->doomed_put = process->mortal = false;
	process->by_reload = process->said_ready = process->went = process->was_alive = false;
	if (sim->routers[router].bare == process)
		sim->routers[router].bare = NULL;
	if (sim->routers[router].companion.bare == process)
		sim->routers[router].companion.bare = NULL;
	if (sim->routers[router].unit.by == process)
		sim->routers[router].unit.by = NULL;
	if (sim->routers[router].beliefs.by == process)
		sim->routers[router].beliefs.by = NULL;
	process->alive_ns = 0;
	process->doom = 0;
	process->wake_ns = process->step_ns = VRRP_NEVER;
	process->hung_ns = INT64_MIN / 2;
	process->sweeping = false;
	process->unseen = process->lacks = process->may_lack = 0;
	process->refused_ns = INT64_MIN;
	process->monitor.open = process->monitor.overrun = false;
	process->monitor.notices_n = 0;
	process->strays = NULL;
	process->routers = NULL;
	process->state = NULL;
	for (unsigned n = 0; n < 4; n++)
		process->receivers[n / 2][n % 2].open = false;
	process->watches[0].open = process->watches[1].open = false;
	process->watches[0].n = process->watches[1].n = 0;
}

void process_start(struct sim_process *process, const struct sim_conf *conf, int state_fd)
{
	const struct sim_checker *checker = &process->sim->routers[process->router].checker;
	struct state_router keys[2];
	const char *what;
	int err;

	process->conf = *conf;
	write_conf(process);
	for (unsigned n = 0; n < process->product.routers_n; n++)
		keys[n] = router_state(&process->router_confs[n]);
	err = state_new(state_fd, process->product.control, keys, process->product.routers_n,
			&process->state);
	assert(err == 0);
	if (process->router_confs[0].auth.key_file)
		auth_give_key(process->state);
	process_enter(process);
	err = routers_new(&process->product, process->state, &process->routers, &what);
	if (err == 0)
		err = routers_lend_board(process->routers, checker->board_fd, checker->news_fd);
	process_leave();
	assert(err == 0);
}

bool process_open(struct sim_process *process)
{
	struct clocks now = process_clocks(process);
	const char *what;
	int err;

	process->opened = true;
	process->opened_ns = process->sim->now_ns;
	process_enter(process);
	err = routers_open(process->routers, kern_sender_socket(), &now, &what);
	if (err == 0) /* while there are none to count */
		process->strays = routers_strays(process->routers, &now);
	process_leave();
	return err == 0;
}

bool process_has_left(int state_fd)
{
	struct state *state;

	if (state_fd < 0 || state_open(state_fd, &state) < 0)
		return false;
	state_close(state);
	return true;
}

bool process_go(struct sim_process *process, int old_fd, int64_t frozen_real_ns)
{
	struct clocks now;
	struct state *volatile old = NULL;
	volatile bool lives = false;
	struct state *opened;

	process->speaks = process->went = true;
	if (old_fd >= 0 && state_open(old_fd, &opened) == 0)
		old = opened;
	process->wall_ns = auth_wall_left_ns(process, old);
	now = process_clocks(process);
	process_enter(process);
	if (!setjmp(death)) {
		process->mortal = true;
		(void)routers_go(process->routers, &now, old,
				 frozen_real_ns ? frozen_real_ns + process->wall_ns : 0,
				 trace_journal(process->sim, process->router));
		routers_tell_holds(process->routers, &now);
		process->mortal = false;
		lives = true;
	}
	process_leave();
	state_close(old);
	return lives;
}

bool process_turn(struct sim_process *process)
{
	bool news = checker_has_news(process->sim, process->router);
	unsigned readable = news ? ROUTERS_ALL : ROUTERS_ALL & ~(unsigned)ROUTERS_FACTS;
	struct clocks now;

	/* What its predecessor had read it tells from the rest by that clock. */
	if (process->turned)
		process->wall_ns = auth_wall_ns(process);
	now = process_clocks(process);
	process_enter(process);
	if (setjmp(death)) {
		process_leave();
		return false;
	}
	process->read_real_ns = now.real_ns - process->wall_ns;
	process->mortal = true;
	routers_turn(process->routers, &now, readable);
	process->mortal = false;
	process->turned = true;
	process_leave();
	return true;
}

void process_forget(struct sim_process *process)
{
	const struct journal_asker asker = { 0 };
	struct clocks now = process_clocks(process);
	struct forgotten forgotten;

	process->asked_to_forget = false;
	process_enter(process);
	routers_forget(process->routers, 0, &now, &asker, &forgotten);
	process_leave();
}

void process_drain(struct sim_process *process, int64_t until_ns)
{
	const struct journal_asker asker = { 0 };
	struct clocks now = process_clocks(process);
	struct drained drained;

	process_enter(process);
	routers_drain(process->routers, 0, until_ns, &now, &asker, &drained);
	process_leave();
}

void process_release(struct sim_process *process, int64_t hold_ns)
{
	struct event event =
		event_of(EVENT_DRAINED, "lan", NULL, process_router(process)->conf->vrrp.family);
	struct clocks now = process_clocks(process);

	event.fact.word = EVENT_DRAIN_READY;
	event.fact.number[1] = hold_ns;
	process_enter(process);
	routers_release(process->routers, &now, &event);
	process_leave();
}

/* Let it do what it may die of. */
static bool leave(struct sim_process *process, bool gone_alone, int64_t *ret_until_ns)
{
	struct clocks now = process_clocks(process);

	process_enter(process);
	if (setjmp(death)) {
		process_leave();
		return false;
	}
	process->mortal = true;
	if (gone_alone)
		routers_leave_gone(process->routers, &now, GONE_PATIENCE_NS);
	else
		routers_leave(process->routers, &now);
	*ret_until_ns = routers_leave_end(process->routers, &now);
	process->mortal = false;
	process_leave();
	return true;
}

bool process_leave_routers(struct sim_process *process, int64_t *ret_until_ns)
{
	process->leaves = true;
	return leave(process, false, ret_until_ns);
}

bool process_leave_gone(struct sim_process *process, int64_t *ret_until_ns)
{
	process->leaves_gone = true;
	routers_note_gone(process->routers, "");
	if (process->told_gone)
		routers_note_gone(process->routers, process->router_confs[0].name);
	return leave(process, true, ret_until_ns);
}

int64_t process_room_ns(struct sim_process *process, int64_t left_ns)
{
	struct clocks now = process_clocks(process);
	int64_t handed_over_ns = routers_hand_overs_end(process->routers, &now);

	/* It may be put off. */
	if (handed_over_ns > now.mono_ns)
		handed_over_ns = now.mono_ns + SIM_ROOM_NS;
	return left_ns > handed_over_ns ? left_ns : handed_over_ns;
}

bool process_stop(struct sim_process *process)
{
	struct clocks now = process_clocks(process);

	process_enter(process);
	if (setjmp(death)) {
		process_leave();
		return false;
	}
	process->mortal = process->stops = true;
	routers_stop(process->routers, &now);
	process->mortal = false;
	process_leave();
	return true;
}

void process_freeze(struct sim_process *process)
{
	struct clocks now = process_clocks(process);

	process_enter(process);
	routers_save(process->routers, &now);
	process_leave();
}

void process_may_die(struct sim_process *process)
{
	if (process->mortal && process->doom && --process->doom == 0)
		longjmp(death, 1);
}

void process_end(struct sim_process *process)
{
	if (!process->exists)
		return;
	process->exists = false;
	process->wake_ns = VRRP_NEVER;
	process_enter(process);
	routers_close(process->routers);
	process_leave();
	state_close(process->state);
	process->routers = NULL;
	process->state = NULL;
}

const struct router *process_router(const struct sim_process *process)
{
	return process->conf.absent ? NULL : routers_get(process->routers, 0);
}
