/* SPDX-License-Identifier: MIT */
#include "track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "routers_private.h"

/* Of a file with a number: as keepalived has it, a product so low is a fault, and none counts for
 * more. */
#define WEIGHT_MAX   253
#define WEIGHT_FAULT (-254)

/* ---- what tracks what ---- */

static unsigned put(const struct conf_track *from, unsigned n, const struct conf_track **to)
{
	for (unsigned i = 0; to && i < n; i++)
		to[i] = &from[i];
	return n;
}

unsigned tracks_of(const struct conf_router *conf, const struct conf_router *previous,
		   const struct conf_track **ret_tracks)
{
	bool first = conf->unit_n == 0 || conf->unit_at == 0;
	unsigned n;

	if (!first && conf->unit_router == previous->unit_router)
		return 0;
	n = put(conf->tracks, conf->tracks_n, ret_tracks);
	if (first && conf->team)
		n += put(conf->team->tracks, conf->team->tracks_n,
			 ret_tracks ? ret_tracks + n : NULL);
	return n;
}

void tracks_free(struct tracks *tracks)
{
	free(tracks->all);
	free(tracks->first);
	free(tracks->doubtful);
	free(tracks->is_doubtful);
}

static unsigned source_of(struct routers *routers, const struct conf_track *conf)
{
	if (conf->check[0])
		return conf->check_number;
	return routers->facts.n + interfaces_add(routers->interfaces, conf->interface);
}

void tracks_add(struct routers *routers, unsigned number, const struct conf_router *previous)
{
	const struct conf_track *confs[2 * CONF_TRACKS_MAX];
	struct router *router = &routers->all[number];
	struct tracks *tracks = &routers->tracks;

	router->track = tracks->n;
	router->tracks_n = tracks_of(router->conf, previous, confs);
	for (unsigned i = 0; i < router->tracks_n; i++)
		tracks->all[tracks->n++] = (struct track){
			.conf = confs[i],
			.router = number,
			.source = source_of(routers, confs[i]),
			.down_ns = VRRP_NEVER,
			.look_ns = VRRP_NEVER,
		};
}

static void doubt(struct tracks *tracks, unsigned source)
{
	if (!tracks->first[source] || tracks->is_doubtful[source])
		return;
	tracks->is_doubtful[source] = true;
	tracks->doubtful[tracks->doubtful_n++] = source;
}

int tracks_init(struct routers *routers)
{
	struct tracks *tracks = &routers->tracks;
	unsigned sources_n = routers->facts.n + interfaces_count(routers->interfaces);

	tracks->first = calloc(sources_n + 1, sizeof(*tracks->first));
	tracks->doubtful = calloc(sources_n + 1, sizeof(*tracks->doubtful));
	tracks->is_doubtful = calloc(sources_n + 1, sizeof(*tracks->is_doubtful));
	if (!tracks->first || !tracks->doubtful || !tracks->is_doubtful)
		return -ENOMEM;
	for (unsigned i = tracks->n; i-- > 0;) {
		struct track *track = &tracks->all[i];

		track->next = tracks->first[track->source];
		tracks->first[track->source] = i + 1;
		doubt(tracks, track->source);
	}
	return 0;
}

void tracks_doubt_interface(struct routers *routers, unsigned interface)
{
	doubt(&routers->tracks, routers->facts.n + interface);
}

void tracks_doubt_check(struct routers *routers, unsigned check)
{
	doubt(&routers->tracks, check);
}

/* ---- what has become of it ---- */

static bool is_usable(const struct interface *interface)
{
	return interface->ifindex && interface->up && interface->carrier;
}

bool track_is_missing(const struct routers *routers, const struct track *track)
{
	unsigned checks_n = routers->facts.n;

	return !track->conf->check[0] &&
	       !interfaces_get(routers->interfaces, track->source - checks_n)->ifindex;
}

/* What was down already when it was first looked at has been so for long enough. */
static void look_at_interface(struct routers *routers, struct track *track)
{
	unsigned number = track->source - routers->facts.n;
	bool usable = is_usable(interfaces_get(routers->interfaces, number));
	int64_t now_ns = routers->now->mono_ns;

	if (usable)
		track->down_ns = VRRP_NEVER;
	else if (track->down_ns == VRRP_NEVER)
		track->down_ns = track->seen ? now_ns + track->conf->delay_ns : now_ns;
	track->down = now_ns >= track->down_ns;
}

static bool is_of_number(const struct facts *facts, const struct track *track)
{
	const struct check_config *check;

	if (!track->conf->check[0])
		return false;
	check = facts->all[track->source].config;
	return check->kind == CHECK_FILE && check->file->form == CHECK_FILE_VALUE;
}

static void look_at_check(const struct routers *routers, struct track *track)
{
	const struct facts_check *check = &routers->facts.all[track->source];

	track->unknown = check->value == BOARD_UNKNOWN;
	track->down = check->value == BOARD_DOWN;
	track->number = is_of_number(&routers->facts, track) ? check->number : 1;
	track->lacking &= track->unknown;
	track->presumed &= facts_is_awaited(&routers->facts, track->source);
}

bool track_look(struct routers *routers, struct track *track)
{
	const struct track before = *track;

	if (track->conf->check[0])
		look_at_check(routers, track);
	else
		look_at_interface(routers, track);
	track->seen = true;
	return !before.seen || track->down != before.down || track->unknown != before.unknown ||
	       track->number != before.number || track->lacking != before.lacking ||
	       track->presumed != before.presumed;
}

bool track_counts(const struct track *track)
{
	bool good = track->presumed || track->down == track->conf->reverse;

	if (track->unknown && !track->presumed)
		return false;
	return track->conf->weight > 0 ? good : !good;
}

static const struct track *track_get(const struct routers *routers, const struct router *router,
				     unsigned i)
{
	return &routers->tracks.all[router->track + i];
}

bool track_is_told(const struct routers *routers, const struct track *track)
{
	return !track->conf->check[0] || facts_is_told(&routers->facts, track->source);
}

int track_weight(const struct facts *facts, const struct track *track)
{
	int64_t product = (int64_t)track->conf->weight * track->number;

	if (!is_of_number(facts, track))
		return track_counts(track) ? track->conf->weight : 0;
	if (track->unknown)
		return 0;
	if (track->conf->reverse)
		product = -product;
	return (int)(product > WEIGHT_MAX     ? WEIGHT_MAX
		     : product < WEIGHT_FAULT ? WEIGHT_FAULT
					      : product);
}

bool track_is_awaited(const struct routers *routers, const struct router *router)
{
	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);

		if (track->conf->check[0] && facts_is_awaited(&routers->facts, track->source))
			return true;
	}
	return false;
}

bool track_note_lacking(struct routers *routers, const struct router *router, bool active)
{
	bool any = false;

	for (unsigned i = 0; i < router->tracks_n; i++) {
		struct track *track = &routers->tracks.all[router->track + i];

		track->presumed &= active;
		track->lacking = track->unknown && !track->presumed;
		any |= track->lacking;
	}
	return any;
}

void track_presume(struct routers *routers, const struct router *router)
{
	for (unsigned i = 0; i < router->tracks_n; i++) {
		struct track *track = &routers->tracks.all[router->track + i];

		track->presumed =
			track->conf->check[0] && facts_is_awaited(&routers->facts, track->source);
	}
}

bool track_is_unanswered(const struct routers *routers, const struct router *router)
{
	bool any = false;

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);

		any |= track->unknown && !track->presumed;
	}
	return any;
}

bool track_is_lacking(const struct routers *routers, const struct router *router)
{
	bool any = false;

	for (unsigned i = 0; i < router->tracks_n; i++)
		any |= track_get(routers, router, i)->lacking;
	return any;
}

int track_weights(const struct routers *routers, const struct router *router)
{
	int sum = 0;

	for (unsigned i = 0; i < router->tracks_n; i++)
		sum += track_weight(&routers->facts, track_get(routers, router, i));
	return sum;
}

void track_hurry(struct routers *routers, const struct router *router)
{
	for (unsigned i = 0; i < router->tracks_n; i++) {
		struct track *track = &routers->tracks.all[router->track + i];

		if (track->look_ns != VRRP_NEVER)
			track->look_ns = routers->now->mono_ns;
	}
}

int64_t track_deadline(const struct routers *routers, const struct router *router)
{
	int64_t deadline_ns = VRRP_NEVER;

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);

		/* What has to wait does so with all of its news. */
		int64_t due_ns = track->look_ns;

		if (due_ns == VRRP_NEVER && !track->down)
			due_ns = track->down_ns;
		if (due_ns < deadline_ns)
			deadline_ns = due_ns;
	}
	return deadline_ns;
}

static bool is_fault(const struct facts *facts, const struct track *track)
{
	if (track->conf->weight == 0)
		return track_counts(track);
	return is_of_number(facts, track) && track_weight(facts, track) <= WEIGHT_FAULT;
}

struct vrrp_reason track_fault(const struct routers *routers, const struct router *router)
{
	struct vrrp_reason fault = { .code = VRRP_REASON_NONE };

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);
		const struct conf_track *conf = track->conf;

		if (!is_fault(&routers->facts, track))
			continue;
		if (conf->check[0]) {
			fault.code = track->down ? VRRP_REASON_CHECK_DOWN : VRRP_REASON_CHECK_UP;
			fault.bytes[0] = facts_key(conf->check);
		} else {
			fault.code = track->down ? VRRP_REASON_TRACK_DOWN : VRRP_REASON_TRACK_UP;
			strcpy(fault.interface, conf->interface);
		}
		break;
	}
	return fault;
}
