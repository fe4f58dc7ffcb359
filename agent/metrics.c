/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_private.h"
#include "vrrp/names.h"

#define NS_PER_S INT64_C(1000000000)

static void put_one(FILE *out, const char *name, const char *type, const char *help,
		    enum metrics_unit unit, int64_t value)
{
	metrics_put_head(out, name, type, help);
	fprintf(out, "%s ", name);
	metrics_put_value(out, unit, value);
}

/* ---- routers ---- */

static int64_t sum_of(const uint32_t *counts, unsigned n)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += counts[i];
	return sum;
}

#define VALUE(name, expression)                                                                    \
	static int64_t name(const struct metrics_router *of)                                       \
	{                                                                                          \
		return (int64_t)(expression);                                                      \
	}

VALUE(state_of, of->router.state)
VALUE(since_of, of->router.since_ns + of->mono_to_real_ns)
VALUE(priority_of, of->router.priority)
VALUE(effective_of, of->router.effective_priority)
VALUE(interval_of, of->router.interval_cs *(NS_PER_S / 100))
VALUE(addresses_of, of->router.addresses)
VALUE(missing_of, of->router.missing)
VALUE(drained_of, of->router.drained)
VALUE(last_resort_of, of->router.last_resort)
VALUE(mute_of, of->router.mute)
VALUE(deaf_of, of->router.deaf)
VALUE(heard_of, of->router.heard_ns ? of->router.heard_ns + of->mono_to_real_ns : 0)
VALUE(margin_of, of->margin_ns)
VALUE(became_active_of, of->router.became_active)
VALUE(sent_of, of->router.adverts_sent)
VALUE(received_of, of->router.adverts_received)
VALUE(zero_sent_of, of->router.priority_zero_sent)
VALUE(zero_received_of, of->router.priority_zero_received)
VALUE(rejected_of, sum_of(of->router.rejected, VRRP_REJECT_COUNT))
VALUE(noticed_of, sum_of(of->router.noticed, VRRP_NOTICE_COUNT))
VALUE(other_active_of, of->router.noticed[VRRP_NOTICE_OTHER_ACTIVE])
VALUE(not_heard_of, of->router.noticed[VRRP_NOTICE_NOT_HEARD])
VALUE(taken_of, of->router.noticed[VRRP_NOTICE_ADDRESS_TAKEN])
VALUE(late_of, of->router.late_timers)
VALUE(announced_of, of->router.announcements_sent)
VALUE(restored_of, of->router.addresses_restored)
VALUE(send_errors_of, of->router.send_errors)

#undef VALUE

static const struct {
	const char *name, *type, *help;
	int64_t (*of)(const struct metrics_router *of);
	enum metrics_unit unit;
	bool sometimes; /* no sample where it is below 0 */
} router_rows[] = {
	{ "vipd_router_state", "gauge", "0 initialize, 1 backup, 2 active, 3 fault.", state_of, 0,
	  0 },
	{ "vipd_router_state_change_timestamp_seconds", "gauge", "When that state began.", since_of,
	  METRICS_SECONDS, 0 },
	{ "vipd_router_priority", "gauge", "Configured priority; 255 of an owner.", priority_of, 0,
	  0 },
	{ "vipd_router_effective_priority", "gauge",
	  "Priority with all that is tracked, drains and the last resort.", effective_of, 0, 0 },
	{ "vipd_router_advert_interval_seconds", "gauge", "Configured advertisement interval.",
	  interval_of, METRICS_SECONDS, 0 },
	{ "vipd_router_addresses", "gauge", "Addresses that it holds while it is Active.",
	  addresses_of, 0, 0 },
	{ "vipd_router_addresses_missing", "gauge",
	  "Addresses that it should hold as Active, and does not.", missing_of, 0, 0 },
	{ "vipd_router_drained", "gauge", "1: an operator has drained it.", drained_of, 0, 0 },
	{ "vipd_router_last_resort", "gauge",
	  "1: it could not hold its addresses, and serves only where nobody else does.",
	  last_resort_of, 0, 0 },
	{ "vipd_router_mute", "gauge", "1: it cannot speak in its family.", mute_of, 0, 0 },
	{ "vipd_router_deaf", "gauge",
	  "1: it hears nobody, while another one with its fate hears an Active.", deaf_of, 0, 0 },
	{ "vipd_router_last_advert_timestamp_seconds", "gauge",
	  "When the last advert was accepted; 0: none was.", heard_of, METRICS_SECONDS, 0 },
	{ "vipd_router_takeover_margin_seconds", "gauge",
	  "As Backup, the smallest time to a takeover in the last minute when an advert came; none "
	  "where none came.",
	  margin_of, METRICS_SECONDS, 1 },
	{ "vipd_router_became_active_total", "counter", "Transitions to Active.", became_active_of,
	  0, 0 },
	{ "vipd_router_adverts_sent_total", "counter", "Adverts sent.", sent_of, 0, 0 },
	{ "vipd_router_adverts_received_total", "counter", "Adverts accepted.", received_of, 0, 0 },
	{ "vipd_router_priority_zero_sent_total", "counter", "Adverts sent with priority 0.",
	  zero_sent_of, 0, 0 },
	{ "vipd_router_priority_zero_received_total", "counter",
	  "Adverts accepted with priority 0.", zero_received_of, 0, 0 },
	{ "vipd_router_rejected_total", "counter",
	  "Packets discarded, for whatever reason; vipd_rejected_total has the reasons.",
	  rejected_of, 0, 0 },
	{ "vipd_router_noticed_total", "counter",
	  "Remarkable adverts that were accepted; vipd_noticed_total says what was.", noticed_of, 0,
	  0 },
	{ "vipd_router_other_active_total", "counter",
	  "Adverts of another Active, heard as Active.", other_active_of, 0, 0 },
	{ "vipd_router_not_heard_total", "counter",
	  "Times that another Active did not hear this one.", not_heard_of, 0, 0 },
	{ "vipd_router_address_taken_total", "counter",
	  "Times that another host said to have an address.", taken_of, 0, 0 },
	{ "vipd_router_late_timers_total", "counter",
	  "Expiries that were not believed at once, since this host may have missed adverts.",
	  late_of, 0, 0 },
	{ "vipd_router_announcements_sent_total", "counter", "Gratuitous ARP and unsolicited NA.",
	  announced_of, 0, 0 },
	{ "vipd_router_addresses_restored_total", "counter",
	  "Addresses that somebody else had removed.", restored_of, 0, 0 },
	{ "vipd_router_send_errors_total", "counter", "Frames that the kernel did not send.",
	  send_errors_of, 0, 0 },
};

static void put_router_labels(FILE *out, const struct figures_router *router)
{
	putc('{', out);
	metrics_put_label(out, "router", router->name);
	putc(',', out);
	metrics_put_label(out, "interface", router->interface);
	fprintf(out, ",vrid=\"%u\",family=\"ipv%u\"} ", router->vrid, router->family);
}

static void put_routers(FILE *out, const struct metrics_router *routers, unsigned n)
{
	for (size_t row = 0; row < sizeof(router_rows) / sizeof(router_rows[0]); row++) {
		metrics_put_head(out, router_rows[row].name, router_rows[row].type,
				 router_rows[row].help);
		for (unsigned i = 0; i < n; i++) {
			int64_t value = router_rows[row].of(&routers[i]);

			if (value < 0 && router_rows[row].sometimes)
				continue;
			fputs(router_rows[row].name, out);
			put_router_labels(out, &routers[i].router);
			metrics_put_value(out, router_rows[row].unit, value);
		}
	}
}

/* ---- the host ---- */

static void put_histogram(FILE *out, const char *name, const char *help,
			  const struct figures_histogram *histogram)
{
	uint64_t count = 0;

	metrics_put_head(out, name, "histogram", help);
	for (unsigned i = 0; i < FIGURES_BOUNDS; i++) {
		count += histogram->counts[i];
		fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			(double)figures_bounds_ns[i] / (double)NS_PER_S, count);
	}
	count += histogram->counts[FIGURES_BOUNDS];
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, count, name);
	metrics_put_value(out, METRICS_SECONDS, (int64_t)histogram->sum_ns);
	fprintf(out, "%s_count %" PRIu64 "\n", name, count);
}

static void put_reasons(FILE *out, const struct metrics_router *routers, unsigned n,
			const struct state_strays *strays)
{
	metrics_put_head(out, "vipd_rejected_total", "counter",
			 "Packets discarded by all routers, or for none, by reason.");
	for (unsigned reason = VRRP_ACCEPT + 1; reason < VRRP_REJECT_COUNT; reason++) {
		uint64_t sum = strays->rejected[reason];

		for (unsigned i = 0; i < n; i++)
			sum += routers[i].router.rejected[reason];
		fprintf(out, "vipd_rejected_total{reason=\"%s\"} %" PRIu64 "\n",
			vrrp_reject_words[reason], sum);
	}
	metrics_put_head(out, "vipd_noticed_total", "counter",
			 "Remarkable adverts that were accepted, by what was.");
	for (unsigned notice = 0; notice < VRRP_NOTICE_COUNT; notice++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < n; i++)
			sum += routers[i].router.noticed[notice];
		fprintf(out, "vipd_noticed_total{notice=\"%s\"} %" PRIu64 "\n",
			vrrp_notice_words[notice], sum);
	}
}

static void put_host(FILE *out, const struct metrics *metrics, const struct metrics_router *routers,
		     unsigned n)
{
	struct figures_host host;

	figures_get_host(metrics->figures, &host);
	put_reasons(out, routers, n, &host.strays);
	put_one(out, "vipd_unread_packets_total", "counter",
		"Packets for nobody, dropped before a reason was found.", 0,
		(int64_t)host.strays.unread);
	put_one(out, "vipd_dropped_packets_total", "counter",
		"Packets that may have been adverts, dropped by a full queue.", 0,
		(int64_t)host.strays.dropped);
	put_one(out, "vipd_lease_renewals_total", "counter",
		"Times that the leases of a router's addresses were renewed.", 0,
		(int64_t)host.lease_renewals);
	put_histogram(out, "vipd_advert_lateness_seconds",
		      "How far behind its moment an advert of ours has left.", &host.lateness);
	put_histogram(out, "vipd_takeover_seconds",
		      "From the decision to take over until all addresses were announced.",
		      &host.takeover);
}

/* ---- checks, and who is told ---- */

static void put_check_name(FILE *out, const char *name, const struct figures_check *check)
{
	fprintf(out, "%s{", name);
	metrics_put_label(out, "check", check->name);
	fputs("} ", out);
}

/* What the routers know of checks. */
static void put_facts(FILE *out, const struct figures *figures)
{
	static const struct {
		const char *name, *help;
		size_t offset;
	} rows[] = {
		{ "vipd_check_state", "0 unknown, 1 up, 2 down.",
		  offsetof(struct figures_check, value) },
		{ "vipd_check_overdue", "1: it does not answer any more.",
		  offsetof(struct figures_check, overdue) },
	};
	unsigned n = figures_checks_count(figures);
	struct figures_check check;

	for (size_t row = 0; n && row < sizeof(rows) / sizeof(rows[0]); row++) {
		metrics_put_head(out, rows[row].name, "gauge", rows[row].help);
		for (unsigned i = 0; i < n; i++) {
			figures_get_check(figures, i, &check);
			put_check_name(out, rows[row].name, &check);
			fprintf(out, "%u\n", *((const uint8_t *)&check + rows[row].offset));
		}
	}
}

/* And what the checker does. */
static void put_checks(FILE *out, const struct metrics *metrics)
{
	static const struct {
		const char *name, *type, *help;
		size_t offset;
		enum metrics_unit unit;
	} rows[] = {
		{ "vipd_check_answers_total", "counter", "Answers, good and bad.",
		  offsetof(struct metrics_check, answers), 0 },
		{ "vipd_check_bad_answers_total", "counter", "Bad ones, timeouts included.",
		  offsetof(struct metrics_check, bad), 0 },
		{ "vipd_check_timeouts_total", "counter", "Those that took too long.",
		  offsetof(struct metrics_check, timed_out), 0 },
		{ "vipd_check_duration_seconds", "gauge", "How long the last answer took.",
		  offsetof(struct metrics_check, took_ns), METRICS_SECONDS },
		{ "vipd_check_last_answer_timestamp_seconds", "gauge",
		  "When it answered last; 0: never.",
		  offsetof(struct metrics_check, answered_real_ns), METRICS_SECONDS },
	};
	unsigned n = figures_checks_count(metrics->figures);
	struct figures_check check;

	if (n > metrics->checks_n)
		n = metrics->checks_n;
	for (size_t row = 0; n && row < sizeof(rows) / sizeof(rows[0]); row++) {
		metrics_put_head(out, rows[row].name, rows[row].type, rows[row].help);
		for (unsigned i = 0; i < n; i++) {
			int64_t value;

			memcpy(&value, (const char *)&metrics->checks[i] + rows[row].offset,
			       sizeof(value));
			figures_get_check(metrics->figures, i, &check);
			put_check_name(out, rows[row].name, &check);
			metrics_put_value(out, rows[row].unit, value);
		}
	}
}

static void put_notify(FILE *out, const struct metrics_notify *notify)
{
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
		{ "vipd_notify_waiting", "gauge", "Deliveries that wait, also for another try.",
		  notify->waiting },
		{ "vipd_notify_running", "gauge", "Commands that run.", notify->running },
		{ "vipd_notify_dead", "gauge",
		  "Deliveries that were given up: vipctl notify retry, or drop.", notify->dead },
		{ "vipd_notify_delivered_total", "counter", "Commands that succeeded.",
		  notify->delivered },
		{ "vipd_notify_failed_total", "counter", "Tries that failed.", notify->failed },
		{ "vipd_notify_merged_total", "counter",
		  "Events that were merged into later ones, as commands were slower.",
		  notify->merged },
		{ "vipd_notify_superseded_total", "counter",
		  "States that were not told since they were true no more.", notify->superseded },
		{ "vipd_notify_died_total", "counter", "Deliveries that were given up.",
		  notify->died },
		{ "vipd_notify_dropped_total", "counter",
		  "Those that an operator has dropped, that a drain no longer waits for, or dead "
		  "ones that were too many.",
		  notify->dropped },
	};

	for (size_t i = 0; notify->known && i < sizeof(rows) / sizeof(rows[0]); i++)
		put_one(out, rows[i].name, rows[i].type, rows[i].help, 0, (int64_t)rows[i].value);
}

/* ---- the page ---- */

static unsigned read_routers(const struct metrics *metrics, struct metrics_router *routers,
			     unsigned n)
{
	unsigned read_n = 0;

	for (unsigned i = 0; i < n; i++) {
		struct metrics_router *router = &routers[read_n];

		router->mono_to_real_ns = metrics->now.real_ns - metrics->now.mono_ns;
		if (figures_get(metrics->figures, i, metrics->now.mono_ns, &router->router,
				&router->margin_ns) &&
		    router->router.state < VRRP_STATE_COUNT)
			read_n++;
	}
	return read_n;
}

static void put_build(FILE *out, const struct metrics *metrics)
{
	metrics_put_head(out, "vipd_build_info", "gauge", "1, with the version and the node.");
	fputs("vipd_build_info{", out);
	metrics_put_label(out, "version", metrics->version);
	putc(',', out);
	metrics_put_label(out, "node", metrics->node);
	fputs("} 1\n", out);
}

static void put_own(FILE *out, const struct metrics *metrics, const struct metrics_router *routers,
		    unsigned n, bool up)
{
	if (metrics->node[0])
		put_build(out, metrics);
	put_one(out, "vipd_up", "gauge", "1: the router process runs; 0: nothing is known.", 0, up);
	if (up) {
		put_routers(out, routers, n);
		put_host(out, metrics, routers, n);
		put_facts(out, metrics->figures);
		put_checks(out, metrics);
	}
	put_notify(out, &metrics->notify);
}

int metrics_write(FILE *out, const struct metrics *metrics, enum metrics_names names)
{
	bool up = metrics->figures && figures_is_alive(metrics->figures, metrics->now.mono_ns);
	unsigned n = up ? figures_count(metrics->figures) : 0;
	struct metrics_router *routers = calloc(n + 1, sizeof(*routers));

	if (!routers)
		return -ENOMEM;
	n = read_routers(metrics, routers, n);
	if (names == METRICS_OWN)
		put_own(out, metrics, routers, n, up);
	else
		metrics_put_keepalived(out, metrics, routers, n, up);
	free(routers);
	return 0;
}
