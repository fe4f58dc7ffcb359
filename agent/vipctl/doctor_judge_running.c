/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <string.h>

#include "doctor_running.h"

#define VIPCTL  "vipctl " /* and the words that lead to this one */
#define HOUR_NS INT64_C(3600000000000)

/* What mends a problem of vipctl check, by its word. */
static const struct remedy {
	const char *word; /* NULL: all others */
	const char *mend; /* NULL: no command does */
	const char *advice;
} remedies[] = {
	{ "drained", VIPCTL "resume", NULL },
	{ "leaving", NULL, "wait for the commands that run before: vipctl show --notify" },
	{ "long_wait", VIPCTL "forget", NULL },
	{ "last_resort", VIPCTL "reload", "mend first what vipctl events names" },
	{ "interval", NULL, "set interval to the same value on all hosts" },
	{ "address_list", NULL,
	  "make the lists of addresses the same on all hosts; another cluster may have this VRID: "
	  "then take another one" },
	{ "equal_priority", NULL,
	  "give each host another priority, so that it is decided who serves" },
	{ "checksum_form", NULL,
	  "set checksum to the form of the others; keepalived has \"rfc5798\" by default" },
	{ "other_active", NULL,
	  "the other host does not hear this one, or has a network that is cut off: let vipctl "
	  "doctor look at it there" },
	{ "not_heard", NULL,
	  "let vipctl doctor look at the other host: what this one sends does not arrive there" },
	{ "owner", NULL, "one host alone may have priority \"owner\"" },
	{ "conflict", NULL, "two virtual routers have one address: correct one of them" },
	{ "address_taken", NULL,
	  "find the host of that MAC: ip neighbour, and the switch's table" },
	{ "clock_skew", "timedatectl set-ntp true", "on both hosts" },
	{ "rejected_hmac_stale", "timedatectl set-ntp true", "on both hosts" },
	{ "rejected_own_source", NULL, "look for a loop in the network, or a clone of this host" },
	{ "rejected_auth_failed", NULL, "set the same password on all hosts" },
	{ "rejected_auth_mismatch", NULL, "set the same auth on all hosts" },
	{ "rejected_version", NULL, "set version to the same value on all hosts" },
	{ "rejected_interval_differs", NULL, "set interval to the same value on all hosts" },
	{ "rejected_checksum", NULL,
	  "ethtool -K on the sender: a broken offload; or the form of checksum of an old agent" },
	{ "rejected_not_peer", NULL, "add that host to peers, or give it another VRID" },
	{ "rejected_hmac_bad", NULL, "copy the same file of keys to all hosts" },
	{ "rejected_hmac_unknown_key", NULL, "copy the same file of keys to all hosts" },
	{ "rejected_hmac_missing", NULL,
	  "configure auth on the other hosts, or mode = \"permissive\" here until then" },
	{ "deaf", NULL,
	  "see the findings above on its firewall and, without unicast peers, on multicast" },
	{ "held_address", NULL, "ip address del, and take it out of the network configuration" },
	{ "no_notifier", NULL, "the log says why it does not start" },
	{ "not_stored", NULL, "df, and the owner and mode of state_dir: vipd's user writes there" },
	{ "dead_letter", NULL,
	  "mend the command, then vipctl notify retry ID, or vipctl notify drop ID" },
	{ NULL, NULL, "vipctl events tells more" },
};

static const struct remedy *remedy_of(const char *word)
{
	const struct remedy *remedy = remedies;

	while (remedy->word && strcmp(remedy->word, word) != 0)
		remedy++;
	return remedy;
}

static const char *mend(const struct doctor_view *view, struct doctor_findings *findings,
			const struct remedy *remedy)
{
	if (!remedy->mend || strncmp(remedy->mend, VIPCTL, strlen(VIPCTL)) != 0)
		return remedy->mend;
	return doctor_text(findings, "%s %s", view->vipctl, remedy->mend + strlen(VIPCTL));
}

static void find_problem(const struct doctor_view *view, const struct doctor_router *router,
			 const struct problem *problem, struct doctor_findings *findings)
{
	const struct remedy *remedy = remedy_of(problem->word);
	bool wrong = problem->level == PROBLEM_WRONG;

	findings->code = doctor_text(findings, "%s", problem->word);
	DOCTOR_FIND(findings, .severity = wrong ? DOCTOR_ERROR : DOCTOR_WARNING,
		    .subject =
			    doctor_text(findings, "router %s%s, interface %s", router->name,
					router->family == 6 ? " over IPv6" : "", router->interface),
		    .seen = doctor_text(findings, "%s", problem->text),
		    .why = wrong ? "this host does not do its part, or two do it at a time"
				 : "the addresses are served, but something will fail, or is not "
				   "as it is meant",
		    .mend = mend(view, findings, remedy), .advice = remedy->advice);
}

static void find_untold(const struct doctor_view *view, const struct problem *problem,
			struct doctor_findings *findings)
{
	const struct remedy *remedy = remedy_of(problem->word);

	findings->code = doctor_text(findings, "%s", problem->word);
	DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
		    .seen = doctor_text(findings, "%s", problem->text),
		    .why = "somebody is not told of what happens, or what is to be told is lost "
			   "with the process",
		    .mend = mend(view, findings, remedy), .advice = remedy->advice);
}

void doctor_judge_problems(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (const struct doctor_router *router = view->running->routers; router;
	     router = router->next)
		for (unsigned i = 0; i < router->problems->n; i++)
			find_problem(view, router, &router->problems->all[i], findings);
	for (unsigned i = 0; i < view->running->notify_n; i++)
		find_untold(view, &view->running->notify[i], findings);
}

void doctor_judge_standby(const struct doctor_view *view, struct doctor_findings *findings)
{
	if (view->running->no_standby)
		DOCTOR_FIND(findings, .severity = DOCTOR_WARNING, .seen = "no standby waits",
			    .why = "if the router process dies, the addresses are lost until "
				   "another one has started",
			    .mend = doctor_text(findings, "%s reload", view->vipctl),
			    .advice = "the log says why one does not start");
}

/* It may be the only one on purpose, or have been started first; so it is a note. */
void doctor_judge_alone(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (const struct doctor_router *router = view->running->routers; router;
	     router = router->next) {
		int64_t since_ns = view->running->now_ns - router->since_ns;

		if (!router->active || router->received || since_ns < HOUR_NS)
			continue;
		DOCTOR_FIND(findings, .severity = DOCTOR_NOTE,
			    .subject = doctor_text(
				    findings, "router %s%s, interface %s", router->name,
				    router->family == 6 ? " over IPv6" : "", router->interface),
			    .seen = doctor_text(
				    findings,
				    "it is Active for %lld h, and has never heard another host",
				    (long long)(since_ns / HOUR_NS)),
			    .why = "a Backup is silent, but if there is none, nobody takes over; "
				   "and if one does not hear this host, it is Active, too",
			    .advice = "\"vipctl show\" on the other host: it should be Backup, and "
				      "name this one");
	}
}

void doctor_judge_strangers(const struct doctor_view *view, struct doctor_findings *findings)
{
	if (view->running->foreign_vrids > 0)
		DOCTOR_FIND(findings, .severity = DOCTOR_NOTE,
			    .seen = doctor_text(
				    findings,
				    "%lld adverts were heard of VRIDs that are not this host's",
				    (long long)view->running->foreign_vrids),
			    .why = "another cluster is on the same network: nothing is wrong, "
				   "unless it was meant to be this one, with another VRID",
			    .advice = "tcpdump -n -i any ip proto 112 or ip6 proto 112");
}
