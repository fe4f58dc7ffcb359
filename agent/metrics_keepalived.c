/* SPDX-License-Identifier: MIT */
/* The names, labels and numbers of the exporter for keepalived that most dashboards are made for.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "metrics_private.h"
#include "vrrp/names.h"

static void put_labels(FILE *out, const struct figures_router *router, const char *interface)
{
	metrics_put_label(out, "iname", router->name);
	putc(',', out);
	metrics_put_label(out, "intf", interface);
	fprintf(out, ",vrid=\"%u\"", router->vrid);
}

static uint64_t rejected(const struct figures_router *router, enum vrrp_reject reject)
{
	return router->rejected[reject];
}

/* ---- counters ---- */

#define VALUE(name, expression)                                                                    \
	static uint64_t name(const struct figures_router *of)                                      \
	{                                                                                          \
		return expression;                                                                 \
	}

VALUE(received, of->adverts_received)
VALUE(sent, of->adverts_sent)
VALUE(became, of->became_active)
VALUE(released, of->became_active - (of->became_active && of->state == VRRP_STATE_ACTIVE))
VALUE(length_errors, rejected(of, VRRP_REJECT_LENGTH))
VALUE(interval_errors, rejected(of, VRRP_REJECT_INTERVAL) +
			       rejected(of, VRRP_REJECT_INTERVAL_DIFFERS) +
			       of->noticed[VRRP_NOTICE_INTERVAL])
VALUE(ttl_errors, rejected(of, VRRP_REJECT_TTL))
VALUE(type_errors, rejected(of, VRRP_REJECT_TYPE))
VALUE(list_errors, rejected(of, VRRP_REJECT_EMPTY_LIST) + of->noticed[VRRP_NOTICE_ADDRESS_LIST])
VALUE(auth_invalid, rejected(of, VRRP_REJECT_AUTH_TYPE) + rejected(of, VRRP_REJECT_AUTH_AH))
VALUE(auth_mismatch,
      rejected(of, VRRP_REJECT_AUTH_MISMATCH) + rejected(of, VRRP_REJECT_HMAC_MISSING))
VALUE(auth_failed,
      rejected(of, VRRP_REJECT_AUTH_FAILED) + rejected(of, VRRP_REJECT_HMAC_MALFORMED) +
	      rejected(of, VRRP_REJECT_HMAC_STALE) + rejected(of, VRRP_REJECT_HMAC_UNKNOWN_KEY) +
	      rejected(of, VRRP_REJECT_HMAC_BAD) + rejected(of, VRRP_REJECT_HMAC_REPLAY))
VALUE(zero_received, of->priority_zero_received)
VALUE(zero_sent, of->priority_zero_sent)
VALUE(announced, of->announced_s)

#undef VALUE

static const struct {
	const char *name, *help;
	uint64_t (*of)(const struct figures_router *router);
	bool same; /* in both families: no sum of them */
} rows[] = {
	{ "keepalived_advertisements_received_total", "Advertisements received", received, false },
	{ "keepalived_advertisements_sent_total", "Advertisements sent", sent, false },
	{ "keepalived_become_master_total", "Transitions to master", became, false },
	{ "keepalived_release_master_total", "Transitions from master", released, false },
	{ "keepalived_packet_length_errors_total", "Packets of a wrong length", length_errors,
	  false },
	{ "keepalived_advertisements_interval_errors_total", "Packets of another interval",
	  interval_errors, false },
	{ "keepalived_ip_ttl_errors_total", "Packets with a wrong TTL", ttl_errors, false },
	{ "keepalived_invalid_type_received_total", "Packets of a wrong type", type_errors, false },
	{ "keepalived_address_list_errors_total", "Packets with other addresses", list_errors,
	  false },
	{ "keepalived_authentication_invalid_total", "Packets of an unknown authentication",
	  auth_invalid, false },
	{ "keepalived_authentication_mismatch_total", "Packets of another authentication",
	  auth_mismatch, false },
	{ "keepalived_authentication_failure_total", "Packets that are not authentic", auth_failed,
	  false },
	{ "keepalived_priority_zero_received_total", "Packets with priority 0 received",
	  zero_received, false },
	{ "keepalived_priority_zero_sent_total", "Packets with priority 0 sent", zero_sent, false },
	/* No count at all, but so it is called there. */
	{ "keepalived_gratuitous_arp_delay_total",
	  "Seconds from a takeover to its last announcement", announced, true },
};

/* A router that speaks two families is one there. */
static bool is_same(const struct figures_router *a, const struct figures_router *b)
{
	return a->vrid == b->vrid && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->interface, b->interface) == 0;
}

static bool is_told(const struct metrics_router *routers, unsigned i)
{
	return i && is_same(&routers[i - 1].router, &routers[i].router);
}

static uint64_t sum_of(const struct metrics_router *routers, unsigned n,
		       uint64_t (*of)(const struct figures_router *router))
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n && is_same(&routers[0].router, &routers[i].router); i++)
		sum += of(&routers[i].router);
	return sum;
}

static void put_counters(FILE *out, const struct metrics_router *routers, unsigned n)
{
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		metrics_put_head(out, rows[row].name, "counter", rows[row].help);
		for (unsigned i = 0; i < n; i++) {
			if (is_told(routers, i))
				continue;
			fprintf(out, "%s{", rows[row].name);
			put_labels(out, &routers[i].router, routers[i].router.interface);
			fprintf(out, "} %" PRIu64 "\n",
				sum_of(&routers[i], rows[row].same ? 1 : n - i, rows[row].of));
		}
	}
}

/* ---- states, one series per address ---- */

/* As keepalived writes it: without the prefix length of a host. */
static void put_address_label(FILE *out, const struct figures_address *address)
{
	int family = address->family == 6 ? AF_INET6 : AF_INET;
	unsigned host_len = address->family == 6 ? 128 : 32;
	char ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];

	inet_ntop(family, address->bytes, ip, sizeof(ip));
	if (address->prefix_len == host_len)
		snprintf(text, sizeof(text), "%s", ip);
	else
		snprintf(text, sizeof(text), "%s/%u", ip, address->prefix_len);
	metrics_put_label(out, "ip_address", text);
}

/* The interface is the address's: one may be on several. */
static void put_state(FILE *out, const char *name, const struct figures *figures,
		      const struct figures_router *router, bool extra)
{
	struct figures_address address;
	bool has_none = !extra;

	for (unsigned i = 0; i < router->addresses; i++) {
		if (!figures_get_address(figures, router->first_address + i, &address) ||
		    (address.extra != 0) != extra)
			continue;
		has_none = false;
		fprintf(out, "%s{", name);
		put_labels(out, router, address.interface);
		putc(',', out);
		put_address_label(out, &address);
		fprintf(out, "} %u\n", router->state);
	}
	if (has_none) {
		fprintf(out, "%s{", name);
		put_labels(out, router, router->interface);
		fprintf(out, ",ip_address=\"\"} %u\n", router->state);
	}
}

static void put_states(FILE *out, const struct metrics *metrics,
		       const struct metrics_router *routers, unsigned n)
{
	static const struct {
		const char *name;
		bool extra;
	} of[] = { { "keepalived_vrrp_state", false }, { "keepalived_vrrp_excluded_state", true } };

	for (size_t k = 0; k < sizeof(of) / sizeof(of[0]); k++) {
		metrics_put_head(out, of[k].name, "gauge", "0 init, 1 backup, 2 master, 3 fault");
		for (unsigned i = 0; i < n; i++)
			put_state(out, of[k].name, metrics->figures, &routers[i].router,
				  of[k].extra);
	}
}

/* ---- checks, which are scripts there ---- */

static unsigned status_of(const struct figures_check *check)
{
	return check->value == BOARD_UP;
}

/* "Forcing termination" there is what is left of a script that does not end. That one runs for some
 * milliseconds of a second is of no use to anybody. */
static unsigned work_of(const struct figures_check *check)
{
	return check->overdue ? 3 : 0;
}

static void put_checks(FILE *out, const struct figures *figures)
{
	static const struct {
		const char *name, *help;
		unsigned (*of)(const struct figures_check *check);
	} of[] = {
		{ "keepalived_script_status", "1: good, 0: bad", status_of },
		{ "keepalived_script_state", "0: idle, 3: it does not end", work_of },
	};
	unsigned n = figures_checks_count(figures);
	struct figures_check check;

	for (size_t k = 0; n && k < sizeof(of) / sizeof(of[0]); k++) {
		metrics_put_head(out, of[k].name, "gauge", of[k].help);
		for (unsigned i = 0; i < n; i++) {
			figures_get_check(figures, i, &check);
			fprintf(out, "%s{", of[k].name);
			metrics_put_label(out, "name", check.name);
			fprintf(out, "} %u\n", of[k].of(&check));
		}
	}
}

void metrics_put_keepalived(FILE *out, const struct metrics *metrics,
			    const struct metrics_router *routers, unsigned n, bool up)
{
	metrics_put_head(out, "keepalived_up", "gauge", "1: it runs");
	fprintf(out, "keepalived_up %u\n", up);
	if (!up)
		return;
	put_states(out, metrics, routers, n);
	put_counters(out, routers, n);
	put_checks(out, metrics->figures);
}
