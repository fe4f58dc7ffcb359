/* SPDX-License-Identifier: MIT */
#include "sim_auth.h"

#include <string.h>

#include "sim.h"

#define STEP_NS (700 * SIM_MS) /* a wall clock is set so often */
#define HOUR_S  3600
#define YEAR_S  (365 * 24 * HOUR_S)

/* An advert may be five intervals late, and clocks drift. */
static int64_t window_ns(const struct sim *sim)
{
	int64_t late_ns = 6 * sim->check.interval_max_cs * 10 * SIM_MS;

	return late_ns < 5 * SIM_S ? 5 * SIM_S : (late_ns + SIM_S - 1) / SIM_S * SIM_S;
}

void auth_configure(const struct sim *sim, struct conf_router *router)
{
	router->auth = (struct conf_auth){ .type = CONF_AUTH_HMAC,
					   .mode = CONF_AUTH_ENFORCE,
					   .active = 1,
					   .keys = "/etc/vipd/keys",
					   .window_ns = window_ns(sim),
					   .key_file = 1 };
}

void auth_give_key(struct state *state)
{
	*state_keys(state, 1) = (struct vrrp_hmac_keys){ 1, { { 1, 32, { 1, 2, 3 } } } };
}

uint64_t auth_sequence_of(const uint8_t *message, size_t len)
{
	return vrrp_hmac_sequence(message + len - VRRP_HMAC_LEN);
}

/* That of a sender; of one without it, which it takes: a free one, or else the oldest. */
static unsigned mark_of(const struct sim_mark *marks, const uint8_t *source)
{
	unsigned oldest = 0;

	for (unsigned n = 0; n < VRRP_HMAC_MARKS; n++)
		if (marks[n].sequence && family_same(marks[n].source, source))
			return n;
	for (unsigned n = 1; n < VRRP_HMAC_MARKS; n++)
		if (marks[n].sequence < marks[oldest].sequence)
			oldest = n;
	return oldest;
}

bool auth_is_overtaken(const struct sim_mark *marks, const struct sim_packet *packet)
{
	const struct sim_mark *mark = &marks[mark_of(marks, packet->source)];

	return family_same(mark->source, packet->source) && packet->sequence <= mark->sequence;
}

void auth_mark(struct sim_mark *marks, const struct sim_packet *packet)
{
	struct sim_mark *mark = &marks[mark_of(marks, packet->source)];

	memcpy(mark->source, packet->source, sizeof(mark->source));
	mark->sequence = packet->sequence;
}

/* Both in whole seconds. */
bool auth_is_stale(const struct sim *sim, const struct sim_packet *packet, int64_t arrival_ns)
{
	int64_t signed_s = (int64_t)(packet->sequence >> 32);

	return packet->priority == VRRP_PRIORITY_LEAVE &&
	       arrival_ns / SIM_S - signed_s > window_ns(sim) / SIM_S;
}

/* The same for all that happens at a moment on a host. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a * UINT64_C(0x9e3779b97f4a7c15)) ^ (b + UINT64_C(0xbf58476d1ce4e5b9));

	x = (x ^ x >> 31) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 29;
}

static int64_t drawn_ns(const struct sim_process *process)
{
	static const int64_t steps_s[] = {
		0, 1, -1, 6, -6, HOUR_S, -HOUR_S, 10L * YEAR_S, -10L * YEAR_S
	};
	uint64_t drawn = mix((uint64_t)(process->sim->now_ns / STEP_NS), process->router);

	return steps_s[drawn % (sizeof(steps_s) / sizeof(steps_s[0]))] * SIM_S;
}

/* Of a scenario, which says it; or of chance, once the clock is used. */
static int64_t wall_ns(const struct sim_process *process, bool begun)
{
	const struct sim_gateway *r = &process->sim->routers[process->router];

	if (process->sim->tidy)
		return process->sim->now_ns < r->wall_set_ns ? -r->wall_behind_ns : 0;
	return begun ? drawn_ns(process) : 0;
}

int64_t auth_wall_ns(const struct sim_process *process)
{
	const struct router *router = process->sim->signs ? process_router(process) : NULL;

	return wall_ns(process, router && router->auth.kept->begun);
}

int64_t auth_wall_left_ns(const struct sim_process *process, struct state *old)
{
	const struct state_router key = router_state(&process->router_confs[0]);
	int entry = process->sim->signs && old ? state_find(old, &key) : -1;
	struct state_auth auth = { 0 };

	if (entry >= 0 && !process->conf.absent)
		state_get_auth(old, (unsigned)entry, &auth);
	return wall_ns(process, auth.begun);
}
