/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <string.h>

#include "agent/conf/needs.h"

/* What is told of for many routers is told once. */
struct place {
	const char *use, *interface;
	struct place *next;
};

/* Interfaces that a configuration names besides those where its routers live. */
struct places {
	const struct doctor_view *view;
	struct doctor_findings *findings;
	struct place *told;
};

/* Who uses one, for what, and what comes of it while it is not there. */
struct use {
	const char *noun, *of; /* "router", its name */
	const char *as;        /* "tracked interface" */
	const char *interface;
	bool is_fault; /* the router takes no part without */
	const char *why;
};

static bool is_told(struct places *places, const struct use *use)
{
	struct place *place;

	for (place = places->told; place; place = place->next)
		if (strcmp(place->use, use->as) == 0 &&
		    strcmp(place->interface, use->interface) == 0)
			return true;
	place = arena_alloc(places->findings->arena, sizeof(*place));
	*place = (struct place){ use->as, use->interface, places->told };
	places->told = place;
	return false;
}

/* A macvlan of vipd's is there when a router needs it. */
static bool is_made(const struct conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->routers_n; i++)
		if (conf->routers[i].mac.type == CONF_MAC_VIRTUAL &&
		    strcmp(conf->routers[i].mac.name, name) == 0)
			return true;
	return false;
}

static enum conf_link_seen look(const struct doctor_view *view, const char *name)
{
	const struct doctor_interface *interface = doctor_interface(view, name);

	if (!name[0] || is_made(view->conf, name))
		return CONF_LINK_USABLE;
	return !interface                 ? CONF_LINK_MISSING
	       : !interface->link.up      ? CONF_LINK_DOWN
	       : !interface->link.carrier ? CONF_LINK_NO_CARRIER
					  : CONF_LINK_USABLE;
}

/* That it is down now matters where it is a fault: else it is what tracks are for. */
static void judge(struct places *places, const struct use *use)
{
	enum conf_link_seen seen = look(places->view, use->interface);
	struct doctor_finding finding = {
		.severity = use->is_fault ? DOCTOR_ERROR : DOCTOR_WARNING,
		.why = use->why,
	};

	if (seen == CONF_LINK_USABLE || (seen != CONF_LINK_MISSING && !use->is_fault) ||
	    is_told(places, use))
		return;
	finding.subject = doctor_text(places->findings, "%s %s, %s %s", use->noun, use->of, use->as,
				      use->interface);
	if (seen == CONF_LINK_MISSING) {
		finding.seen = "there is no interface of that name";
		finding.advice = "make it, or correct the name; \"ip -brief link\" shows those "
				 "that there are";
	} else if (seen == CONF_LINK_DOWN) {
		finding.seen = "the interface is down";
		finding.mend = doctor_text(places->findings, "ip link set dev %s up",
					   doctor_word(places->findings, use->interface));
	} else {
		finding.severity = DOCTOR_WARNING;
		finding.seen = "the interface has no carrier";
		finding.advice = "look at the cable, the port of the switch, or the virtual switch "
				 "of this host";
	}
	doctor_find(places->findings, &finding);
}

/* ---- who names one ---- */

static void judge_tracks(struct places *places, const char *noun, const char *of,
			 const struct conf_track *tracks, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct conf_track *track = &tracks[i];
		struct use use = { .noun = noun,
				   .of = of,
				   .as = "tracked interface",
				   .interface = track->interface };

		if (!track->interface[0])
			continue;
		use.is_fault = track->weight == 0 && !track->reverse;
		use.why = use.is_fault ? "it counts as down: the router takes no part until it is "
					 "there, and up"
				       : "it counts as down, which decides with what priority the "
					 "router goes, or whether it takes part";
		judge(places, &use);
	}
}

static void judge_addresses(struct places *places, const struct conf_router *router)
{
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++) {
		const struct conf_address *address = &router->addresses[i];
		struct use use = { .noun = "router",
				   .of = router->name,
				   .as = "an address on",
				   .interface = address->interface };

		use.is_fault = address->required != CONF_NO;
		use.why = use.is_fault
				  ? "the router takes no part until it can have the address there"
				  : "the router goes on without the address";
		judge(places, &use);
	}
}

/* One of several ways is enough. */
static bool has_a_way(const struct places *places, const struct conf_route *route)
{
	for (unsigned way = 0; way < conf_route_ways(route); way++)
		if (look(places->view, conf_route_interface(route, way)) == CONF_LINK_USABLE)
			return true;
	return false;
}

static void judge_routes(struct places *places, const struct conf_router *router)
{
	for (unsigned i = 0; i < router->routes_n; i++) {
		const struct conf_route *route = &router->routes[i];
		bool has_one = has_a_way(places, route);

		for (unsigned way = 0; way < conf_route_ways(route); way++) {
			struct use use = { .noun = "router",
					   .of = router->name,
					   .as = "a route over",
					   .interface = conf_route_interface(route, way) };

			use.is_fault = route->required != CONF_NO && !has_one;
			use.why = use.is_fault
					  ? "the router takes no part until the route has a way"
				  : has_one ? "the route goes without this way"
					    : "the router goes on without the route";
			judge(places, &use);
		}
	}
}

static void judge_rules(struct places *places, const struct conf_router *router)
{
	for (unsigned i = 0; i < router->rules_n; i++) {
		const char *const names[] = { router->rules[i].iif, router->rules[i].oif };

		for (unsigned k = 0; k < 2; k++) {
			const struct use use = { .noun = "router",
						 .of = router->name,
						 .as = "a rule of",
						 .interface = names[k],
						 .why = "the rule selects nothing without it" };

			judge(places, &use);
		}
	}
}

static void judge_check(struct places *places, const struct check_config *check)
{
	const struct use use = { .noun = "check",
				 .of = check->name,
				 .as = "interface",
				 .interface = check->ping    ? check->ping->interface
					      : check->route ? check->route->interface
							     : "",
				 .why = "the check is down as long as it is not there" };

	judge(places, &use);
}

void doctor_judge_places(const struct doctor_view *view, struct doctor_findings *findings)
{
	struct places places = { view, findings, NULL };
	const struct conf *conf = view->conf;

	for (unsigned i = 0; i < conf->written_n; i++) {
		const struct conf_router *router = &conf->written[i];

		judge_tracks(&places, "router", router->name, router->tracks, router->tracks_n);
		judge_addresses(&places, router);
		judge_routes(&places, router);
		judge_rules(&places, router);
	}
	for (unsigned i = 0; i < conf->groups_n; i++)
		judge_tracks(&places, "group", conf->groups[i].name, conf->groups[i].tracks,
			     conf->groups[i].tracks_n);
	for (unsigned i = 0; i < conf->checks_n; i++)
		judge_check(&places, &conf->checks[i]);
}
