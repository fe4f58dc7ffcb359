/* SPDX-License-Identifier: MIT */
#include "lease.h"

#include "vrrp/timers.h"

#define NS_PER_S INT64_C(1000000000)

/* The kernel may end a lease so much before its time, and whoever renews it may be late. */
#define EARLY_NS (NS_PER_S / 2)

void lease_init(struct lease *lease, enum conf_lease kind, unsigned interval_cs,
		unsigned down_intervals)
{
	*lease = (struct lease){ .kind = kind,
				 .interval_cs = interval_cs,
				 .down_intervals = down_intervals };
}

void lease_end(struct lease *lease)
{
	lease_init(lease, lease->kind, lease->interval_cs, lease->down_intervals);
}

static int64_t length_ns(const struct lease *lease)
{
	return conf_lease_s(lease->kind, lease->interval_cs, lease->down_intervals) * NS_PER_S;
}

/*
 * How long they may go without renewal. A "safe" lease: a third of it. An "available" one outlives
 * every Backup's patience after an advert that does not renew it: Active_Down_Interval, which is
 * below one interval more than may be missed by at least what the highest skew time lacks to one
 * (RFC 9568 §6.1; in version 2 by as much or more). That difference is what an advert may be late.
 */
static int64_t period_ns(const struct lease *lease)
{
	int64_t interval_ns = vrrp_interval_ns(lease->interval_cs);

	if (lease->kind == CONF_LEASE_AVAILABLE)
		return length_ns(lease) -
		       ((lease->down_intervals + 1) * interval_ns - interval_ns / 256);
	return length_ns(lease) / 3;
}

int64_t lease_spare_ns(const struct lease *lease, int64_t span_ns)
{
	if (lease->kind == CONF_LEASE_AVAILABLE)
		return length_ns(lease) - span_ns - EARLY_NS;
	return lease->kind == CONF_LEASE_SAFE ? period_ns(lease) : VRRP_NEVER / 2;
}

void lease_adopt(struct lease *lease, int64_t renew_ns, bool same_length, int64_t now_ns)
{
	lease->renew_ns = same_length ? renew_ns : now_ns + period_ns(lease);
	lease->advertised_ns = now_ns;
}

bool lease_on_advert(struct lease *lease, int64_t now_ns)
{
	if (lease->kind != CONF_LEASE_AVAILABLE || now_ns <= lease->renew_ns)
		return false;
	lease->renewed_ns = now_ns;
	lease->renew_ns = now_ns + period_ns(lease);
	return true;
}

bool lease_on_sent(struct lease *lease, int64_t now_ns)
{
	bool starved = lease->starved;

	lease->advertised_ns = now_ns;
	lease->starved = false;
	if (starved)
		lease->renew_ns = now_ns;
	return starved;
}

void lease_on_offer(struct lease *lease, int64_t until_ns)
{
	(void)lease_on_sent(lease, until_ns);
	lease->renew_ns = 0;
}

void lease_on_ended(struct lease *lease)
{
	if (lease->kind == CONF_LEASE_AVAILABLE)
		lease->renew_ns = 0;
	else
		lease->starved = true;
}

/* Only a router that has advertised of late is alive, whatever its process may think. */
bool lease_is_starved(const struct lease *lease, int64_t now_ns)
{
	return lease->kind == CONF_LEASE_SAFE &&
	       now_ns - lease->advertised_ns > vrrp_interval_ns(lease->interval_cs);
}

bool lease_on_timer(struct lease *lease, int64_t now_ns)
{
	if (now_ns < lease_deadline(lease))
		return false;
	lease->renew_ns = now_ns + period_ns(lease);
	lease->starved = lease_is_starved(lease, now_ns);
	if (lease->starved)
		return false;
	lease->renewed_ns = now_ns;
	return true;
}

int64_t lease_deadline(const struct lease *lease)
{
	return lease->kind == CONF_LEASE_SAFE ? lease->renew_ns : INT64_MAX;
}
