/* SPDX-License-Identifier: MIT */
#include "track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "routers_private.h"

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
			.interface = interfaces_add(routers->interfaces, confs[i]->interface),
			.down_ns = VRRP_NEVER,
		};
}

int tracks_init(struct routers *routers)
{
	struct tracks *tracks = &routers->tracks;
	unsigned interfaces_n = interfaces_count(routers->interfaces);

	tracks->first = calloc(interfaces_n + 1, sizeof(*tracks->first));
	tracks->doubtful = calloc(interfaces_n + 1, sizeof(*tracks->doubtful));
	tracks->is_doubtful = calloc(interfaces_n + 1, sizeof(*tracks->is_doubtful));
	if (!tracks->first || !tracks->doubtful || !tracks->is_doubtful)
		return -ENOMEM;
	for (unsigned i = tracks->n; i-- > 0;) {
		struct track *track = &tracks->all[i];

		track->next = tracks->first[track->interface];
		tracks->first[track->interface] = i + 1;
		tracks_doubt(routers, track->interface);
	}
	return 0;
}

void tracks_doubt(struct routers *routers, unsigned interface)
{
	struct tracks *tracks = &routers->tracks;

	if (!tracks->first[interface] || tracks->is_doubtful[interface])
		return;
	tracks->is_doubtful[interface] = true;
	tracks->doubtful[tracks->doubtful_n++] = interface;
}

/* ---- what has become of it ---- */

static bool is_usable(const struct interface *interface)
{
	return interface->ifindex && interface->up && interface->carrier;
}

/* What was down already when it was first looked at has been so for long enough. */
bool track_look(struct routers *routers, struct track *track)
{
	bool usable = is_usable(interfaces_get(routers->interfaces, track->interface));
	int64_t now_ns = routers->now->mono_ns;
	bool before = track->down, first = !track->seen;

	if (usable)
		track->down_ns = VRRP_NEVER;
	else if (track->down_ns == VRRP_NEVER)
		track->down_ns = first ? now_ns : now_ns + track->conf->delay_ns;
	track->down = now_ns >= track->down_ns;
	track->seen = true;
	return first || track->down != before;
}

bool track_counts(const struct track *track)
{
	bool good = track->down == track->conf->reverse;

	return track->conf->weight > 0 ? good : !good;
}

static const struct track *track_get(const struct routers *routers, const struct router *router,
				     unsigned i)
{
	return &routers->tracks.all[router->track + i];
}

int track_weights(const struct routers *routers, const struct router *router)
{
	int sum = 0;

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);

		if (track_counts(track))
			sum += track->conf->weight;
	}
	return sum;
}

int64_t track_deadline(const struct routers *routers, const struct router *router)
{
	int64_t deadline_ns = VRRP_NEVER;

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);

		if (!track->down && track->down_ns < deadline_ns)
			deadline_ns = track->down_ns;
	}
	return deadline_ns;
}

struct vrrp_reason track_fault(const struct routers *routers, const struct router *router)
{
	struct vrrp_reason fault = { .code = VRRP_REASON_NONE };

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = track_get(routers, router, i);

		if (track->conf->weight || !track_counts(track))
			continue;
		fault.code = track->down ? VRRP_REASON_TRACK_DOWN : VRRP_REASON_TRACK_UP;
		strcpy(fault.interface, track->conf->interface);
		break;
	}
	return fault;
}
