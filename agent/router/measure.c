/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <string.h>

#include "routers_private.h"

static unsigned number_of(const struct routers *routers, const struct router *router)
{
	return (unsigned)(router - routers->all);
}

int routers_lend_figures(struct routers *routers, int fd)
{
	struct figures_room room = { .routers = routers->n, .checks = routers->facts.n };

	for (unsigned i = 0; i < routers->n; i++)
		room.addresses += routers->all[i].conf->addresses_n + routers->all[i].conf->extra_n;
	if (room.addresses > FIGURES_ADDRESSES_MAX)
		room.addresses = FIGURES_ADDRESSES_MAX;
	return figures_open(fd, &room, &routers->figures);
}

/* ---- what is so ---- */

static void fill_counters(const struct vrrp_counters *counters, struct figures_router *figures)
{
	figures->adverts_sent = counters->adverts_sent;
	figures->adverts_received = counters->adverts_received;
	figures->priority_zero_sent = counters->priority_zero_sent;
	figures->priority_zero_received = counters->priority_zero_received;
	figures->became_active = counters->became_active;
	figures->late_timers = counters->late_timers;
	figures->announcements_sent = counters->announcements_sent;
	figures->addresses_restored = counters->addresses_restored;
	figures->send_errors = counters->send_errors;
	for (unsigned i = 0; i < VRRP_REJECT_COUNT; i++)
		figures->rejected[i] = (uint32_t)counters->rejected[i];
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		figures->noticed[i] = (uint32_t)counters->noticed[i];
}

/* When the last announcement of a takeover is due; in seconds. */
static uint16_t announced_s(const struct vrrp_announce *announce)
{
	uint32_t after_ms = announce->repeats_n ? announce->after_ms[announce->repeats_n - 1] : 0;
	uint32_t s = after_ms / 1000 + (after_ms % 1000 >= 500);

	return s < UINT16_MAX ? (uint16_t)s : UINT16_MAX;
}

void measure_router(struct routers *routers, const struct router *router)
{
	const struct vrrp_election *election = &router->vr.election;
	struct figures_router figures = {
		.vrid = router->vr.config.vrid,
		.family = router->vr.config.family,
		.version = router->vr.config.version,
		.state = (uint8_t)election->state,
		.priority = router->vr.config.priority,
		.effective_priority = election->priority,
		.drained = drain_is_on(&router->drain),
		.last_resort = router->resort.last,
		.mute = router_is_mute(router),
		.deaf = router_is_deaf(router),
		.interval_cs = router->vr.config.interval_cs,
		.announced_s = announced_s(&router->vr.config.announce),
		.addresses = router->conf->addresses_n + router->conf->extra_n,
		.missing = router->missing_n,
		.first_address = router->addresses_at,
		.since_ns = election->since_ns,
		.heard_ns = router->heard_ns,
	};

	if (!routers->figures)
		return;
	strcpy(figures.name, router->conf->name);
	strcpy(figures.interface, router->conf->interface);
	fill_counters(&router->vr.counters, &figures);
	figures_put(routers->figures, number_of(routers, router), &figures);
}

static unsigned count_missing(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n, missing_n = 0;

	if (router->vr.election.state != VRRP_STATE_ACTIVE)
		return 0;
	for (unsigned i = 0; i < n; i++)
		missing_n += !kern_wants_has(routers->wants, router->want + i);
	return missing_n;
}

static void put_check(struct routers *routers, unsigned i)
{
	const struct facts_check *check = &routers->facts.all[i];
	struct figures_check figures = { .value = check->value, .overdue = check->overdue };

	memcpy(figures.name, check->config->name, sizeof(figures.name));
	figures_put_check(routers->figures, i, &figures);
}

void measure_alive(struct routers *routers)
{
	struct figures_host *host = figures_host(routers->figures);

	if (!host)
		return;
	for (unsigned i = 0; i < routers->n; i++) {
		routers->all[i].missing_n = count_missing(routers, &routers->all[i]);
		figures_put_missing(routers->figures, i, routers->all[i].missing_n);
	}
	for (unsigned i = 0; i < routers->facts.n; i++)
		put_check(routers, i);
	host->strays = routers->strays;
	figures_alive(routers->figures, routers->now->mono_ns);
}

static void put_addresses(struct routers *routers)
{
	struct figures_address figures;
	unsigned at = 0;

	for (unsigned i = 0; i < routers->n; i++) {
		const struct conf_router *conf = routers->all[i].conf;

		routers->all[i].addresses_at = at;
		for (unsigned k = 0; k < conf->addresses_n + conf->extra_n; k++) {
			figures = (struct figures_address){ .family = conf->addresses[k].family,
							    .prefix_len =
								    conf->addresses[k].prefix_len,
							    .extra = k >= conf->addresses_n };
			memcpy(figures.bytes, conf->addresses[k].bytes, sizeof(figures.bytes));
			strcpy(figures.interface,
			       conf_address_interface(conf, &conf->addresses[k]));
			figures_put_address(routers->figures, at++, &figures);
		}
	}
}

void measure_begin(struct routers *routers)
{
	figures_begin(routers->figures, routers->n, routers->facts.n);
	put_addresses(routers);
	for (unsigned i = 0; i < routers->n; i++)
		measure_router(routers, &routers->all[i]);
	measure_alive(routers);
}

/* ---- how long it takes ---- */

/* Whether it was in time: it has put a takeover off. The first one of another Active was not sent
 * for that: where two Backups wait for the same silence to end, one comes just before the other. */
static bool is_in_time(const struct vrrp_election *before, const struct vrrp_election *after)
{
	return before->state == VRRP_STATE_BACKUP && after->state == VRRP_STATE_BACKUP &&
	       before->down_ns != VRRP_NEVER && after->down_ns > before->down_ns &&
	       memcmp(before->active_source, after->active_source, sizeof(after->active_source)) ==
		       0;
}

void measure_advert(struct routers *routers, struct router *router,
		    const struct vrrp_election *before, int64_t arrived_ns)
{
	router->heard_ns = arrived_ns;
	if (is_in_time(before, &router->vr.election))
		figures_note_margin(routers->figures, number_of(routers, router),
				    before->down_ns - arrived_ns, routers->now->mono_ns);
}

void measure_due(struct router *router, int64_t now_ns)
{
	const struct vrrp_election *election = &router->vr.election;

	if (election->state == VRRP_STATE_ACTIVE && election->advert_ns <= now_ns)
		router->due_ns = election->advert_ns;
}

void measure_sent(struct routers *routers, struct router *router, int64_t sent_ns)
{
	struct figures_host *host = figures_host(routers->figures);

	if (host && router->due_ns)
		figures_note(&host->lateness, sent_ns - router->due_ns);
	router->due_ns = 0;
}

void measure_takeover(struct router *router)
{
	router->takeover_ns = router->vr.election.since_ns;
}

static bool is_announced(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (routers->said[router->want + i].fresh)
			return false;
	return !router->round.left;
}

static void look_at_takeover(const struct routers *routers, struct router *router, int64_t *now_ns)
{
	struct figures_host *host = figures_host(routers->figures);

	if (router->vr.election.state != VRRP_STATE_ACTIVE) {
		router->takeover_ns = 0;
	} else if (is_announced(routers, router)) {
		*now_ns = *now_ns ? *now_ns : clocks_now().mono_ns;
		figures_note(&host->takeover, *now_ns - router->takeover_ns);
		router->takeover_ns = 0;
	}
}

void measure_turn(struct routers *routers)
{
	int64_t now_ns = 0;

	if (!routers->figures)
		return;
	for (unsigned i = 0; i < routers->owing_n; i++) {
		if (routers->owing[i]->takeover_ns)
			look_at_takeover(routers, routers->owing[i], &now_ns);
		/* What was due and could not leave is not what leaves next. */
		routers->owing[i]->due_ns = 0;
		measure_router(routers, routers->owing[i]);
	}
}

void measure_renewal(struct routers *routers)
{
	struct figures_host *host = figures_host(routers->figures);

	if (host)
		host->lease_renewals++;
}
