/* SPDX-License-Identifier: MIT */
#include "dry_run_judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/event.h"
#include "dry_run_company.h"
#include "dry_run_faults.h"
#include "dry_run_interfaces.h"

/* ---- one router ---- */

/* Return: @buf, EVENT_REASON_SIZE; empty: nothing, or nobody can know. */
static const char *fault_here(const struct dry_run_fates *fates, const struct dry_run_host *host,
			      const struct conf_router *router, char *buf)
{
	buf[0] = '\0';
	return fates->running->facts.sees_interfaces ? dry_run_fault_of(host, router, buf) : buf;
}

/* What its new configuration needs and the host has not; what it lacks already is no change. */
static void judge_needs(struct dry_run_fates *fates, const struct dry_run_host *host,
			const struct conf_router *old, const struct conf_router *new)
{
	char before[EVENT_REASON_SIZE], after[EVENT_REASON_SIZE];

	if (dry_run_fate(fates, old->name) == DRY_RUN_LOST ||
	    !fault_here(fates, host, new, after)[0] || fault_here(fates, host, old, before)[0])
		return;
	dry_run_set_fate(fates, old->name, DRY_RUN_LOST);
	printf("router %s: it is active here, and %s, which is a fault\n", new->name, after);
}

/* ---- what is tracked ---- */

static struct dry_run_tracks of_router(const struct conf *conf, const struct conf_router *router)
{
	return (struct dry_run_tracks){ conf, router->tracks, router->tracks_n };
}

static struct dry_run_tracks of_group(const struct conf *conf, const struct conf_group *group)
{
	return (struct dry_run_tracks){ conf, group->tracks, group->tracks_n };
}

/* What all that have one fate with a router track weighs for each of them. */
static long weights_of(const struct dry_run_facts *facts, const struct conf *conf,
		       const struct conf_router *router)
{
	struct dry_run_tracks tracks = of_router(conf, router);
	const struct conf_group *group = router->team;
	long sum = 0;

	if (!group)
		return dry_run_weights(facts, &tracks);
	for (unsigned i = 0; i < group->routers_n; i++) {
		const struct conf_router *mate = dry_run_find(conf, group->routers[i].router);

		tracks = of_router(conf, mate ? mate : router);
		sum += mate ? dry_run_weights(facts, &tracks) : 0;
	}
	tracks = of_group(conf, group);
	return sum + dry_run_weights(facts, &tracks);
}

/* Likewise what is a fault of all of them. */
static const struct conf_track *fault_of(const struct dry_run_facts *facts, const struct conf *conf,
					 const struct conf_router *router)
{
	struct dry_run_tracks tracks = of_router(conf, router);
	const struct conf_group *group = router->team;
	const struct conf_track *fault = dry_run_fault(facts, &tracks);

	for (unsigned i = 0; group && i < group->routers_n && !fault; i++) {
		const struct conf_router *mate = dry_run_find(conf, group->routers[i].router);

		tracks = of_router(conf, mate ? mate : router);
		fault = dry_run_fault(facts, &tracks);
	}
	if (!group || fault)
		return fault;
	tracks = of_group(conf, group);
	return dry_run_fault(facts, &tracks);
}

/* Of a group that is new, or that it comes into, or in which it has new company, too. */
static void judge_tracks(struct dry_run_fates *fates, const struct conf_router *old,
			 const struct conf_router *new)
{
	const struct dry_run_facts *facts = &fates->running->facts;
	const struct conf *before = fates->running->conf;
	const struct conf_track *fault = fault_of(facts, fates->conf, new);
	long less = weights_of(facts, before, old) - weights_of(facts, fates->conf, new);

	if (dry_run_fate(fates, old->name) == DRY_RUN_LOST)
		return;
	if (fault && !fault_of(facts, before, old)) {
		dry_run_set_fate(fates, old->name, DRY_RUN_LOST);
		printf("router %s: it is active here, and %s %s is %s, which is a fault\n",
		       new->name, fault->check[0] ? "check" : "interface",
		       fault->check[0] ? fault->check : fault->interface,
		       fault->reverse ? "up" : "down");
	} else if (less > 0 && dry_run_fate(fates, old->name) == DRY_RUN_STAYS &&
		   new->vrrp.priority != VRRP_PRIORITY_OWNER) {
		dry_run_set_fate(fates, old->name, DRY_RUN_YIELDS);
		printf("router %s: all that it and its group track gives it %ld less: it is active "
		       "here, and yields if another host has a higher priority\n",
		       new->name, less);
	}
}

/* ---- what has one fate ---- */

/* Why a router will be in fault, by what vipd says of it, or if it begins by its interface.
 * @buf: EVENT_REASON_SIZE. Return: "" when nothing is known of that. */
static const char *fault_in(const struct dry_run_fates *fates, const struct dry_run_host *host,
			    const struct conf_router *new, char *buf)
{
	const struct conf_router *old = dry_run_before(fates, new->name);
	const char *fault = "";

	if (old && dry_run_has_name(&fates->running->faulty, old->name))
		return "it is in fault";
	if (!old && fates->running->facts.sees_interfaces)
		fault = dry_run_interface_fault(new->interface, new->link.required);
	return fault[0] ? fault : fault_here(fates, host, new, buf);
}

static bool stays_active(const struct dry_run_fates *fates, const char *new_name)
{
	const struct conf_router *old = dry_run_before(fates, new_name);

	return old && dry_run_is_active(fates, old->name) &&
	       dry_run_fate(fates, old->name) != DRY_RUN_LOST;
}

static unsigned active_in(const struct dry_run_fates *fates, const struct conf_group *group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < group->routers_n; i++)
		n += stays_active(fates, group->routers[i].router);
	return n;
}

static void lose(struct dry_run_fates *fates, const struct conf_group *group)
{
	for (unsigned i = 0; i < group->routers_n; i++) {
		const struct conf_router *old = dry_run_before(fates, group->routers[i].router);

		if (old)
			dry_run_set_fate(fates, old->name, DRY_RUN_LOST);
	}
}

/* A fault of one is one of all: of those that are Active now, who gets such a mate? */
static void judge_group(struct dry_run_fates *fates, const struct dry_run_host *host,
			const struct conf_group *group)
{
	unsigned active_n = active_in(fates, group);
	char buf[EVENT_REASON_SIZE];

	for (unsigned i = 0; active_n && i < group->routers_n; i++) {
		const struct conf_router *router =
			dry_run_find(fates->conf, group->routers[i].router);
		const char *fault = router ? fault_in(fates, host, router, buf) : "";

		if (!fault[0] || stays_active(fates, router->name))
			continue;
		lose(fates, group);
		printf("group %s: router %s is in it: %s, which is a fault of all, and %u of them "
		       "%s active here\n",
		       group->name, router->name, fault, active_n, active_n == 1 ? "is" : "are");
		return;
	}
}

int dry_run_judge(struct dry_run_fates *fates)
{
	const struct conf *before = fates->running->conf;
	struct dry_run_host host = { 0 };

	if (fates->running->facts.sees_interfaces)
		dry_run_host_look(&host);
	for (unsigned i = 0; i < before->written_n; i++) {
		const struct conf_router *old = &before->written[i], *new = fates->next[i];

		if (!new || !dry_run_is_active(fates, old->name))
			continue;
		judge_needs(fates, &host, old, new);
		judge_tracks(fates, old, new);
	}
	for (unsigned i = 0; i < fates->conf->groups_n; i++)
		judge_group(fates, &host, &fates->conf->groups[i]);
	dry_run_company(fates);
	dry_run_host_free(&host);
	return host.err == -ENOMEM ? host.err : 0;
}
