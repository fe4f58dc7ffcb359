/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- of one router ---- */

int peers_new(const struct conf_router *conf, struct peers *ret_peers)
{
	const struct conf_unicast *unicast = &conf->unicast;
	size_t len = vrrp_address_len(conf->vrrp.family);
	unsigned n = unicast->peers_n;

	if (n == 0)
		return 0;
	ret_peers->all = calloc(n, sizeof(struct peer) + len + 1);
	if (!ret_peers->all)
		return -ENOMEM;
	ret_peers->n = ret_peers->away_n = n;
	ret_peers->bytes = (uint8_t *)(ret_peers->all + n);
	ret_peers->min_ttls = ret_peers->bytes + n * len;
	for (unsigned i = 0; i < n; i++) {
		memcpy(ret_peers->bytes + i * len, unicast->peers[i].bytes, len);
		ret_peers->min_ttls[i] = unicast->peers[i].min_ttl;
	}
	return 0;
}

void peers_free(struct peers *peers)
{
	free(peers->all);
}

static uint8_t least(const uint8_t *ttls, unsigned n)
{
	uint8_t ttl = 255;

	for (unsigned i = 0; i < n; i++)
		if (ttls[i] < ttl)
			ttl = ttls[i];
	return ttl;
}

void peers_set_rules(const struct peers *peers, const struct conf_router *conf,
		     struct vrrp_rules *rules)
{
	rules->may_be_empty = conf->addresses_n == 0;
	if (peers->n == 0) {
		rules->destinations = conf_group(conf);
		rules->destinations_n = 1;
		rules->min_ttl = VRRP_TTL;
		return;
	}
	rules->peers = peers->bytes;
	rules->peers_n = peers->n;
	rules->peer_min_ttls = peers->min_ttls;
	rules->min_ttl = least(peers->min_ttls, peers->n);
}

bool peers_find_here(struct peers *peers, const struct conf_router *conf, const struct own *own,
		     unsigned interface)
{
	bool changed = false;

	peers->away_n = 0;
	for (unsigned i = 0; i < peers->n; i++) {
		bool here = own_where(own, conf->vrrp.family, conf->unicast.peers[i].bytes,
				      interface) != 0;

		changed |= here != peers->all[i].here;
		peers->all[i].here = here;
		peers->away_n += !here;
	}
	return changed;
}

/* ---- of all ---- */

static struct peers_entry entry_of(unsigned family, unsigned vrid, const uint8_t *bytes,
				   int interface)
{
	struct peers_entry entry = { .family = (uint8_t)family, .vrid = (uint8_t)vrid };

	memcpy(entry.bytes, bytes, sizeof(entry.bytes));
	if (vrrp_is_link_local(family, bytes))
		entry.interface = (unsigned)(interface + 1);
	return entry;
}

static int compare(const void *a, const void *b)
{
	const struct peers_entry *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	if (order)
		return order;
	if (x->family != y->family)
		return x->family - y->family;
	if (x->vrid != y->vrid)
		return x->vrid - y->vrid;
	return (x->interface > y->interface) - (x->interface < y->interface);
}

void peers_index_add(struct peers_index *index, const struct conf_router *conf, unsigned interface,
		     unsigned router)
{
	const struct vrrp_config *c = &conf->vrrp;

	for (unsigned i = 0; i < conf->unicast.peers_n; i++) {
		struct peers_entry *entry = &index->all[index->n++];

		*entry = entry_of(c->family, c->vrid, conf->unicast.peers[i].bytes, (int)interface);
		entry->router = router;
	}
	if (conf->unicast.peers_n)
		index->by_vrid[c->family == 6][c->vrid] = (uint16_t)(router + 1);
}

void peers_index_sort(struct peers_index *index)
{
	if (index->n)
		qsort(index->all, index->n, sizeof(*index->all), compare);
}

unsigned peers_index_find(const struct peers_index *index, unsigned family, unsigned vrid,
			  const uint8_t *source, int interface)
{
	struct peers_entry key = entry_of(family, vrid, source, interface);
	const struct peers_entry *found =
		index->n ? bsearch(&key, index->all, index->n, sizeof(key), compare) : NULL;

	return found ? found->router + 1 : 0;
}
