#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plant defects in the product, one after another, and see that the simulator finds each (`make
defects`).

A defect is a text in the code and what it becomes. Runs of white space count as one, and the text
must be there exactly once in all files of its pattern, so it may move between them. The simulator
is built in a copy of the tree, where only the changed file is compiled anew, and runs seeds until
the first one fails; when none does, the scenarios.

    defects.py [--only NAME]... [--seeds N] [--jobs J] [--list | --check]

Exit status 0 if the healthy code holds and each defect was found; 1 if one was not, or if its text
is not there exactly once any more. --check looks for the texts alone, which takes no time (`make
check`).
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import defects_units

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("agent", "checks", "netlink", "vrrp", "tests/sim")
FILES = ("Makefile", "debian/changelog")
TIMEOUT_S = 120                  # of one defect; then the simulator hangs, which is found, too
FAILS = re.compile(r"^seed (\d+) FAILS ?([^:\n]*):? ?(.*)$", re.M)
ASSERTION = re.compile(r"Assertion `(.*)' failed")
SCENARIO = re.compile(r"^\S*/([^/\s]+)\.txt: FAILS (\w+): (.*)$", re.M)


class Defect(NamedTuple):
    """What is planted: `old`, which is there once in the files of `where`, becomes `new`."""

    name: str
    harm: str                    # what would happen to users
    where: str
    old: str
    new: str


class Found(NamedTuple):
    """The first seed that fails, or the number of a scenario."""

    prop: str
    seed: str
    message: str


DEFECTS = [
    # ---- checks ----
    Defect("check-is-read-when-due-alone",
           "A service that is down is noticed when its next answer is late.",
           "agent/router/routers.c",
           "if ((readable & ROUTERS_FACTS) || now->mono_ns >= facts_deadline(&routers->facts))",
           "if (now->mono_ns >= facts_deadline(&routers->facts))"),
    Defect("check-silence-wakes-nobody",
           "A checker that is stuck is noticed whenever something else happens.",
           "agent/router/routers.c",
           "if (facts_deadline(&routers->facts) < deadline_ns)"
           " deadline_ns = facts_deadline(&routers->facts);", ""),
    Defect("check-silence-is-never-down",
           "What is to count as down when nobody answers counts as up for good.",
           "agent/router/facts.c",
           "check->config->unknown == CHECK_UNKNOWN_DOWN && check->overdue", "false"),
    Defect("check-silence-forgets",
           "A checker that dies takes all that was known with it.",
           "agent/router/facts.c",
           "return check->found != BOARD_UNKNOWN ? check->found : check->value;",
           "return check->overdue ? BOARD_UNKNOWN : check->found;"),
    Defect("check-silence-asks-for-nobody",
           "A checker that hangs does so until somebody notices.",
           "agent/router/facts.c", "facts->wants_checker = true;", ";"),
    Defect("check-end-of-silence-is-not-seen",
           "A check that answers again as before counts as silent until it changes.",
           "agent/router/facts.c", "next_ns = now_ns;", ";"),
    Defect("check-pause-is-silence",
           "A host that was suspended takes all its services for down when it wakes up.",
           "agent/router/facts.c", "return late ? facts->looked_ns : now_ns;",
           "return late ? now_ns : now_ns;"),
    Defect("check-short-pause-is-silence",
           "Likewise, if it stood still for a second or two.",
           "agent/router/facts.c", "now_ns - facts->look_ns > LATE_NS;",
           "now_ns - facts->look_ns > GRACE_NS;"),
    Defect("check-waits-with-its-weight-in-a-fault",
           "A router comes out of a fault with the priority of before.",
           "agent/router/step.c", "track_hurry(routers, router);", ";"),
    Defect("check-is-not-waited-for",
           "A host that has just booted serves before it knows whether it can.",
           "agent/router/worth.c", "are_checks_awaited(routers, router)) return;", "false) return;"),
    Defect("check-is-waited-for-for-good",
           "A check that never answers keeps a host from serving, also as the last one.",
           "agent/router/facts.c",
           "return check->value == BOARD_UNKNOWN && !check->overdue;",
           "return check->value == BOARD_UNKNOWN;"),
    Defect("check-unknown-is-no-last-resort",
           "A host whose services nobody has looked at takes over from one that is well.",
           "agent/router/track.c", "track->lacking = track->unknown && !track->presumed;",
           "track->lacking = false;"),
    Defect("check-last-resort-for-good",
           "A host that began before its checks had answered keeps the lowest priority.",
           "agent/router/track.c", "track->lacking &= track->unknown;", ";"),
    Defect("check-last-resort-without-weight",
           "Likewise, if what has answered since has no weight.",
           "agent/router/worth.c", "(track->conf->weight || lacked)", "track->conf->weight"),
    Defect("check-last-resort-ends-with-a-crash",
           "A crash lets a host serve whose services nobody has looked at.",
           "agent/router/adopt.c", "state_resort(old, (unsigned)entry) & STATE_RESORT_LACKING",
           "false"),
    Defect("check-weight-is-a-last-resort-after-a-crash",
           "A host whose service was down when vipd crashed keeps the lowest priority.",
           "agent/router/adopt.c",
           "may |= entry >= 0 && state_resort(old, (unsigned)entry) & STATE_RESORT_LAST;",
           "may = true;"),
    Defect("check-fault-hidden-by-a-family",
           "A host whose service is down serves on when one family cannot speak.",
           "agent/router/worth.c", "!(router->unit && is_of_family(home.code))", "true"),
    Defect("check-after-a-fault-is-known",
           "A host whose cable was bad at boot serves before it knows whether it can.",
           "agent/router/worth.c", "if (event.type == VRRP_EVENT_STARTUP) router_note_lacking",
           "if (event.type == VRRP_EVENT_STARTUP &&"
           " election->state == VRRP_STATE_INITIALIZE) router_note_lacking"),
    Defect("check-reverse-is-ignored",
           "A file that says that a host shall not serve makes it serve.",
           "agent/router/track.c", "track->presumed || track->down == track->conf->reverse;",
           "track->presumed || !track->down;"),
    Defect("check-renamed-demotes",
           "A reload that renames a check lets another host take over, and back.",
           "agent/router/adopt.c", "presume(routers, old);", ";"),
    Defect("check-renamed-is-well-for-good",
           "A check that never answers counts as if all were well.",
           "agent/router/track.c",
           "track->presumed &= facts_is_awaited(&routers->facts, track->source);", ";"),
    Defect("check-renamed-lets-a-backup-take-over",
           "A Backup whose services nobody has looked at takes over from one that is well.",
           "agent/router/adopt.c",
           "active |= vr.election.state == VRRP_STATE_ACTIVE;", "active = true;"),
    Defect("check-silent-is-well-after-a-crash",
           "A crash makes a check that does not answer count as if all were well.",
           "agent/router/step.c",
           "(track_is_unanswered(routers, router) ? STATE_RESORT_UNANSWERED : 0)", "0"),
    Defect("check-renamed-is-well-after-a-fault",
           "A host whose cable was bad comes back before it knows whether it can serve.",
           "agent/router/track.c", "track->presumed &= active;", ";"),
    Defect("check-weights-of-one-alone",
           "Of several services one that is down counts.",
           "agent/router/track.c", "sum += track_weight(&routers->facts, track_get(",
           "sum = track_weight(&routers->facts, track_get("),
    Defect("check-unknown-counts-as-down",
           "A reload that adds a check makes a host that serves leave.",
           "agent/router/track.c", "if (track->unknown && !track->presumed) return false; return track->conf->weight > 0",
           "return track->conf->weight > 0"),
    Defect("check-of-a-group-is-nobodys",
           "What a group tracks moves nobody.",
           "agent/router/track.c", "if (first && conf->team)", "if (false)"),
    Defect("check-priority-of-an-owner",
           "A weight makes an owner of the addresses yield to others.",
           "agent/router/effective.c", "if (facts->base == VRRP_PRIORITY_OWNER)", "if (false)"),
    Defect("check-first-of-several",
           "A host begins with the first answer that it reads, whatever the others say.",
           "agent/router/worth.c", "take_track(routers, &tracks->all[i - 1]);",
           "{ take_track(routers, &tracks->all[i - 1]);"
           " look_if_due(routers, &routers->all[tracks->all[i - 1].router]); }"),
    Defect("check-fault-is-told-late",
           "A service that goes down is a fault when something else happens.",
           "agent/router/worth.c",
           "if (!first && (track->conf->weight == 0 || track->conf->check[0]))",
           "if (!first && track->conf->weight)"),
    # ---- overlap ----
    Defect("overlap-lets-go-at-once",
           "A planned stop leaves clients a gap until the successor is Active.",
           "agent/router/hand_over.c", "said->gone_ns = VRRP_NEVER;",
           "said->gone_ns = 0, router->hand_over.due_ns = 0;"),
    Defect("overlap-another-address-is-enough",
           "An address is given up that the successor may not have yet.",
           "agent/router/said.c", "hand_over_announced(routers, router, want);",
           "hand_over_announced(routers, router, router->want);"),
    Defect("overlap-word-before-removal",
           "The successor announces while the leaver still answers, and nobody corrects that.",
           "agent/router/hand_over.c", "if (!hand_over_is_on(router)) { say(",
           "if (router) { say("),
    Defect("overlap-word-of-a-leaver",
           "Whoever leaves takes one that has left for its successor.",
           "agent/router/hand_over.c",
           "router->leaving && !is_there ? VRRP_PRIORITY_LEAVE : priority);", "priority);"),
    Defect("overlap-last-word-calls-the-switch",
           "What is for the successor goes to the leaver's port until the successor speaks again.",
           "agent/router/execute.c", "if (frame && router->hand_over.is_complete)",
           "if (frame && !router)"),
    Defect("overlap-believes-a-last-word",
           "Of two that leave at one time the second takes the first for its successor, and is gone "
           "before anybody else has come.",
           "vrrp/*.c", "if (doubts && vr->election.ceding) {", "if (doubts && false) {"),
    Defect("overlap-says-what-may-be-a-claim",
           "The last word of one that yields has its own priority, which is that of a claim to whoever "
           "is lower by then.",
           "vrrp/*.c", "if (code == VRRP_REASON_HIGHER || code == VRRP_REASON_TIE) "
           "return VRRP_PRIORITY_LOWEST;",
           "if (code == VRRP_REASON_HIGHER || code == VRRP_REASON_TIE) return vr->election.priority;"),
    Defect("overlap-believes-a-loser",
           "What one has sent that has just lost is taken for a claim.",
           "vrrp/*.c", "vr->election.state == VRRP_STATE_ACTIVE && matters(vr, advert)",
           "false && matters(vr, advert)"),
    Defect("overlap-believes-what-was-under-way",
           "Two adverts of one that has just lost are under way to one that leaves, which takes "
           "the second one for a successor's.",
           "vrrp/*.c", "if (fsm_is_overtaken(vr, advert, now_ns)) return;", ""),
    Defect("overlap-deaf-after-an-offer",
           "A successor is not believed as long as another one might have come sooner.",
           "vrrp/*.c", "- fsm_offer_ns(vr)) < waits_ns / 2;", "- fsm_offer_ns(vr)) < 4 * waits_ns;"),
    Defect("overlap-doubts-its-better",
           "One that leaves, and has just had a rival, waits though somebody better comes.",
           "vrrp/*.c", "&& !fsm_is_better(vr, advert, best);", "&& best;"),
    Defect("overlap-yields-to-a-last-word",
           "What one has sent that has yielded is a claim when our priority has fallen meanwhile.",
           "vrrp/*.c", "if (!doubts || !defend(vr, now_ns, out))", "if (!doubts || doubts)"),
    Defect("overlap-forgets-its-fall",
           "Who yields to one whose priority falls at that moment is taken for its better.",
           "vrrp/*.c", "fsm_fall(vr, priority, now_ns); vr->election.priority = priority;",
           "vr->election.priority = priority;"),
    Defect("overlap-forgets-its-fall-at-a-reload",
           "Likewise where another process goes on.",
           "agent/state.c", ".fell_ns = e->fell_ns,", ""),
    Defect("overlap-has-fallen-for-good",
           "Whoever comes after a priority has fallen is not believed.",
           "vrrp/*.c", "now_ns < vr->election.fell_ns + lately_ns;", "lately_ns && now_ns;"),
    Defect("overlap-ignores-who-is-not-answered",
           "A claim that may be none is ignored where a contest has had all its answers.",
           "vrrp/*.c", "if (!doubts || !defend(vr, now_ns, out))",
           "if (doubts) (void)defend(vr, now_ns, out); else"),
    Defect("overlap-asks-only-once",
           "A successor that has spoken once, and was not believed, is not asked again.",
           "vrrp/*.c",
           "/* It serves no longer. But one that has come nevertheless answers this. */ "
           "fsm_act_advert(out, VRRP_PRIORITY_LEAVE);", ""),
    Defect("overlap-takes-what-it-has-not-asked",
           "What one has said before this router leaves is its answer to that.",
           "vrrp/*.c", "fsm_doubt_anew(vr); vr->election.ceding = true;",
           "vr->election.ceding = true;"),
    Defect("overlap-backup-believes-a-last-word",
           "A Backup waits for one that has left, while the last one that serves leaves.",
           "vrrp/*.c", "if (fsm_doubts(vr, advert, now_ns)) return;",
           "(void)fsm_doubts(vr, advert, now_ns);"),
    Defect("overlap-never-believes-again",
           "A last resort is never taken for an Active.",
           "vrrp/*.c", "return i < VRRP_DOUBTS_MAX && vr->election.doubts[i].priority == advert->priority;",
           "return i > VRRP_DOUBTS_MAX;"),
    Defect("overlap-forgets-whom-it-doubts",
           "A process that goes on asks once more whoever has answered.",
           "agent/state.c", "*r = (struct doubt_record){ .priority = doubt->priority };",
           "*r = (struct doubt_record){ .priority = 0 };"),
    Defect("overlap-doubts-one-alone",
           "Of two that go at one time only the last one is remembered.",
           "vrrp/*.c", "memmove(doubts + 1, doubts, i * sizeof(*doubts));", ""),
    Defect("drain-takes-a-last-word-for-a-last-resort",
           "A drain offers nothing, since somebody has handed over to it.",
           "agent/router/routers.c", "if (!advert.is_last_word) for (unsigned i", "for (unsigned i"),
    Defect("overlap-comes-back-for-what-is-there",
           "Who is Active again before its hand-over ends lacks what a lease took meanwhile.",
           "agent/router/hand_over.c", "forget(routers, router); want_back(routers, router);",
           "forget(routers, router);"),
    Defect("overlap-second-stop-is-ignored",
           "Who asks twice waits all the same.",
           "agent/keeper/succession.c", "ask_to_leave(step, true);", "(void)step;"),
    Defect("overlap-never-ends",
           "Who has yielded answers beside its successor for good.",
           "agent/router/hand_over.c",
           "(!router->hand_over.left_n || now_ns >= router->hand_over.until_ns)", "false"),
    Defect("overlap-is-not-woken",
           "Addresses stay beside the successor's until something else wakes the process.",
           "agent/router/step.c",
           "if (hand_over_deadline(router) < deadline_ns) deadline_ns = hand_over_deadline(router);",
           ";"),
    Defect("overlap-takes-twice-the-time",
           "What a successor never announces stays for longer than the manual says.",
           "agent/router/hand_over.c", "until_ns = now_ns + span_ns;",
           "until_ns = now_ns + 2 * span_ns;"),
    Defect("overlap-is-never-put-off",
           "Who announces slowly is given an interval for all addresses: the rest has a gap.",
           "agent/router/hand_over.c",
           "if (until_ns > hand_over->until_ns) hand_over->until_ns = until_ns;", ""),
    Defect("overlap-is-put-off-for-ever",
           "Who announces one address after the other holds the leaver for as long as it likes.",
           "agent/router/hand_over.c",
           "if (until_ns > hand_over->began_ns + HAND_OVER_LONGEST_NS)", "if (false)"),
    Defect("overlap-is-put-off-by-what-is-gone",
           "Repeated announcements keep the leaver, though no other address follows.",
           "agent/router/hand_over.c",
           "put_off_end(routers, router); }",
           "} if (hand_over_is_on(router)) put_off_end(routers, router);"),
    Defect("overlap-leases-end",
           "What a slow successor has not announced yet goes with its lease.",
           "agent/router/hand_over.c", "if (now_ns >= hand_over->renew_ns)", "if (false)"),
    Defect("overlap-leaver-comes-back",
           "A leaver takes over again from its weaker successor, and lets all go at once.",
           "agent/router/hand_over.c", "if (router->leaving) return VRRP_NEVER;", ""),
    Defect("overlap-busy-is-dead",
           "Whoever announces and does not advertise is taken for dead: both are Active.",
           "agent/router/hand_over.c",
           "if ((mate == router || !router_is_mute(mate)) && silent_ns(mate) > holds_ns)",
           "if (false)"),
    Defect("overlap-lives-for-ever",
           "Announcements alone, of whoever it may be, keep a Backup from taking over.",
           "agent/router/hand_over.c",
           "routers->now->mono_ns < hand_over->began_ns + HAND_OVER_LONGEST_NS", "true"),
    Defect("overlap-hears-itself",
           "A switch that sends frames back makes a leaver give up what nobody else has.",
           "agent/router/said.c", "!interfaces_has_mac(routers->interfaces, said->mac);",
           "true;"),
    Defect("overlap-outlives-a-fault",
           "A host whose interface fails keeps its addresses beside the successor's.",
           "agent/router/step.c",
           "if (router->vr.election.state != VRRP_STATE_BACKUP) hand_over_end(routers, router);",
           ";"),
    Defect("overlap-keeps-routes",
           "Traffic of a Backup leaves by the route of the Active.",
           "agent/router/hand_over.c",
           "router_want_routes(routers, router, false);", ";"),
    Defect("overlap-brings-back",
           "An address comes back beside the successor that has announced it.",
           "agent/router/hand_over.c",
           "if (!kern_wants_has(routers->wants, want)) router_want_address(",
           "if (false) router_want_address("),
    Defect("overlap-believes-old-news",
           "What somebody announced long ago is given up before the successor has it.",
           "agent/router/hand_over.c",
           "return heard_ns > router->hand_over.claimed_ns && "
           "routers->now->mono_ns - heard_ns < LATELY_NS;",
           "return heard_ns != 0;"),
    Defect("overlap-without-grace",
           "Packets that are under way when the successor announces are lost.",
           "agent/router/hand_over.c", "heard_ns + HAND_OVER_GRACE_NS", "heard_ns"),
    Defect("overlap-calls-no-switch-back",
           "Frames for a virtual MAC go to a successor that may not have the addresses yet.",
           "agent/router/hand_over.c", "router_owe_recall(routers, router);", ";"),
    Defect("overlap-calls-back-what-is-announced",
           "Switches send what is for the successor to the leaver, between two announcements.",
           "agent/router/execute.c", " || hand_over_heard_any(router)", ""),
    # ---- drains ----
    Defect("drain-without-offer",
           "A host that is drained serves on: its peers do not preempt.",
           "agent/router/drain.c", "return can && !hopeless;", "return false && !hopeless;"),
    Defect("drain-offers-at-once",
           "A peer that does not preempt takes over before one that does could.",
           "agent/router/drain.c", "offers ? now_ns + silence_ns : VRRP_NEVER",
           "offers ? now_ns + 0 * silence_ns : VRRP_NEVER"),
    Defect("drain-offers-again",
           "A host that nobody relieves is silent again and again.",
           "agent/router/drains.c",
           "drain_rest(&router_mate(router, i)->drain); return true;",
           "router_mate(router, i)->drain.offer_ns = now_ns + router_silence_ns(router); return true;"),
    Defect("drain-offers-to-equals",
           "Two hosts that are drained hand the addresses to and fro.",
           "agent/router/drain.c", "return can && !hopeless;", "(void)hopeless; return can;"),
    Defect("drain-remembers-what-was",
           "Of two hosts that do not preempt the second cannot be drained in the hour behind the "
           "first, which is back.",
           "agent/router/drain.c", "equal_ns && equal_ns >= drain->since_ns;", "equal_ns != 0;"),
    Defect("drain-offers-by-leaving",
           "A drain is an outage where nobody has come to take over.",
           "agent/router/drains.c",
           "journal_drained(&journal, EVENT_DRAIN_OFFERS); router_cede(routers, router);",
           "journal_drained(&journal, EVENT_DRAIN_OFFERS);"
           " router_step(routers, router, &(struct vrrp_event){ .type = VRRP_EVENT_SHUTDOWN,"
           " .now_ns = routers->now->mono_ns });"),
    Defect("drain-gives-its-addresses-up",
           "A drain is an outage until a peer has noticed.",
           "agent/router/drains.c",
           "router_weigh(routers, router); for (unsigned i = 0;",
           "router_weigh(routers, router);"
           " if (until_ns) router_want_addresses(routers, router, false);"
           " for (unsigned i = 0;"),
    Defect("drain-is-never-over",
           "A host that is drained for an hour stays so for good.",
           "agent/router/drain.c", "drain->until_ns = until_ns; if",
           "drain->until_ns = until_ns ? VRRP_NEVER : 0; if"),
    Defect("drain-is-not-woken",
           "A drain ends when something else wakes the process.",
           "agent/router/step.c",
           "if (drain_deadline(&router->drain) < deadline_ns)"
           " deadline_ns = drain_deadline(&router->drain);", ""),
    Defect("drain-weighs-nothing",
           "A host that is drained keeps its priority.",
           "agent/router/priority.c",
           "(drain_is_on(&mate->drain) && !mate->hold.waits);", "false;"),
    Defect("drain-forgotten-by-successors",
           "A crash or a reload ends a drain.",
           "agent/router/adopt.c", "router_resume_drain(routers, &routers->all[i], state_drain(old, (unsigned)entry),"
           " &hold);",
           ";"),
    Defect("drain-offer-forgotten-by-successors",
           "After a reload a host that is drained makes no offer.",
           "agent/router/adopt.c",
           "drain_resume(&router->drain, state_offer(old, (unsigned)entry));", ";"),
    Defect("drain-takes-a-leave-back",
           "Whoever drains a host that stops makes it stop without a successor.",
           "agent/router/priority.c",
           "event.priority != router->vr.election.priority &&"
           " (!router->leaving || hold_is_on(&router->hold))",
           "event.priority != router->vr.election.priority"),
    Defect("drain-asks-one-family-who-is-equal",
           "Of two hosts that are drained one offers to leave in the family that heard nobody.",
           "agent/router/routers.c",
           "for (unsigned i = 0; i < router_mates_n(router); i++) /* it is so in all families */"
           " resort_hear(&router_mate(router, i)->resort,",
           "resort_hear(&router->resort,"),
    Defect("drain-waits-for-good",
           "A hook that never ends, or that nobody runs, keeps a host from being drained.",
           "agent/router/drains.c",
           "routers->now->mono_ns + hooks_ns(router) + HOOKS_SPARE_NS",
           "routers->now->mono_ns + 3600 * hooks_ns(router)"),
    Defect("drain-waits-as-a-backup",
           "A host that lost its addresses while a hook ran keeps its priority, and takes them back.",
           "agent/router/step.c",
           "if (!active && hold_is_on(&router->hold) && !router_is_led(router))"
           " deadline_ns = routers->now->mono_ns;", ""),
    Defect("drain-waits-for-nobody",
           "A peer takes over while the hook of the host that is drained still runs.",
           "agent/router/drains.c",
           "set_hold(routers, router, hold_of_now(routers, router, before, base)); return true;",
           "(void)before; (void)base; return false;"),
    Defect("drain-weighs-while-it-waits",
           "A host that is drained has the lowest priority at once, whatever hooks there are.",
           "agent/router/priority.c",
           "(drain_is_on(&mate->drain) && !mate->hold.waits);",
           "drain_is_on(&mate->drain);"),
    Defect("drain-offers-while-it-waits",
           "A host that waits for a hook leaves to a peer that does not preempt.",
           "agent/router/drains.c",
           "!router_is_mute(mate) && !hold_is_on(&mate->hold);", "!router_is_mute(mate);"),
    Defect("drain-wait-forgotten-by-successors",
           "After a crash a host is drained before its hook has ended.",
           "agent/router/adopt.c",
           "hold = state_hold(old, (unsigned)entry);", "hold = hold_none();"),
    Defect("drain-wait-begins-anew",
           "With each crash a hook that hangs holds a drain for longer.",
           "agent/router/drains.c",
           "set_hold(routers, router, *hold);",
           "set_hold(routers, router, hold_of_now(routers, router, hold->before, hold->base));"),
    Defect("drain-wait-is-not-woken",
           "A drain whose hook is late goes on when something else wakes the process.",
           "agent/router/step.c",
           "if (router->hold.until_ns < deadline_ns) deadline_ns = router->hold.until_ns;", ""),
    Defect("drain-hears-of-no-end",
           "Each drain takes as long as a hook may take, however soon it has ended.",
           "agent/router/drains.c",
           "named[i]->hold.until_ns == event->fact.number[1])",
           "named[i]->hold.until_ns == event->fact.number[1] + 1)"),
    # ---- commands before other leaves ----
    Defect("hook-of-a-stop-is-not-waited-for",
           "A peer takes over while the hook of the host that stops still runs.",
           "agent/router/drains.c",
           "if (!begin_hold(routers, router, before, base)) offer_to_leave(routers, router);",
           "if (!begin_hold(routers, router, before, base) || router->leaving)"
           " offer_to_leave(routers, router);"),
    Defect("hook-of-a-stop-is-cut-off",
           "A host that stops is gone while its hook still runs.",
           "agent/router/routers.c",
           "if (hold_is_on(&mate->hold) || hand_over_is_on(mate)", "if (hand_over_is_on(mate)"),
    Defect("hook-of-a-stop-is-never-behind",
           "A host whose hook has ended serves on, and is never stopped.",
           "agent/router/drains.c",
           "if (router_mate(router, i)->leaving) offer_to_leave(routers, router_mate(router, i));",
           ";"),
    Defect("hook-has-the-last-word",
           "What a host says when its hook has ended leaves with the next timer.",
           "agent/router/drains.c", "routers->unsaid = true;", ""),
    Defect("hook-of-a-lower-priority-never-runs",
           "A reload that lowers a priority cedes the addresses while the host still serves.",
           "agent/router/adopt.c",
           "hold_is_on(&hold)) && was_led(routers, &routers->all[i], old))",
           "hold_is_on(&hold)) && !routers && was_led(routers, &routers->all[i], old))"),
    Defect("hook-keeps-no-priority",
           "A reload that lowers a priority cedes the addresses while the hook runs.",
           "agent/router/hold.c", "hold_is_on(hold) && before > configured ? before : configured",
           "hold_is_on(hold) && before > 255 ? before : configured"),
    Defect("hook-makes-an-owner",
           "Who was the owner has the priority of one while its hook runs.",
           "agent/router/hold.c", "hold->base < PRIORITY_MAX ? hold->base : PRIORITY_MAX",
           "hold->base <= PRIORITY_MAX + 1 ? hold->base : PRIORITY_MAX"),
    Defect("hook-of-a-lower-priority-begins-anew",
           "With each reload a hook that hangs holds a lower priority for longer.",
           "agent/router/drains.c", "if (waits) resume_hold(routers, router, hold);",
           "if (waits && !routers) resume_hold(routers, router, hold);"),
    Defect("hook-of-a-drain-counts-for-a-stop",
           "Who resumes a host that was told to stop meanwhile has it gone without its hook.",
           "agent/router/drains.c",
           "if (waited) begin_anew(routers, router, hold.base);",
           "if (waited && !routers) begin_anew(routers, router, hold.base);"
           " for (unsigned i = 0; i < router_mates_n(router); i++)"
           " if (router_mate(router, i)->leaving)"
           " offer_to_leave(routers, router_mate(router, i));"),
    Defect("hook-hides-a-check",
           "A host whose service dies while it waits to be stopped keeps its priority.",
           "agent/router/priority.c",
           "(!router->leaving || hold_is_on(&router->hold))", "!router->leaving"),
    # ---- routes ----
    Defect("route-never-suspected",
           "A route that the kernel removes with its source stays away for good.",
           "agent/router/*.c",
           "if (routers->routes.suspect) kern_wants_suspect(routers->wants, routers->routes.host);",
           ";"),
    Defect("route-stays-with-a-backup",
           "Traffic of a Backup leaves by the route of the Active.",
           "agent/router/*.c",
           "kern_wants_want(routers->wants, router->route + i, wanted && can_come);",
           "if (wanted) kern_wants_want(routers->wants, router->route + i, can_come);"),
    Defect("route-leads-over-the-interface-that-was",
           "After its interface was made anew a route never comes back.",
           "agent/router/*.c",
           "ways[n].ifindex = interfaces_get(routers->interfaces, (unsigned)place)->ifindex;",
           "ways[n].ifindex = 2;"),
    Defect("route-of-whom-nobody-knows",
           "A route stays for good when the process that a reload brings dies at once.",
           "agent/router/leftovers.c",
           "!state_was_alive(old) || has_left(",
           "has_left("),
    Defect("route-of-a-predecessor-unknown",
           "What a reload or a crash leaves of routes is taken for an interface's, and stays.",
           "agent/router/*.c",
           "if (ops->of_host) return (int)routers->routes.host;",
           ";"),
    # ---- accept = false ----
    Defect("accept-never-filters",
           "Packets are served at an address that shall not accept any.",
           "agent/router/*.c",
           "if (!router->conf->accept) kern_wants_want(routers->wants, router->filter + address",
           "if (!router->conf->accept && !wanted) kern_wants_want(routers->wants, router->filter + "
           "address"),
    Defect("accept-filter-after-address",
           "Each takeover serves packets for a moment.",
           "netlink/kind.c",
           "KERN_KIND_FILTER, KERN_KIND_ADDRESS,",
           "KERN_KIND_ADDRESS, KERN_KIND_FILTER,"),
    Defect("accept-address-without-filter",
           "Where nftables refuse, an address is served that shall not be.",
           "netlink/*.c",
           "if (is_held_up(w, want, now_ns)) return false;",
           "(void)is_held_up;"),
    Defect("accept-batch-of-both",
           "An address is refused, or added, before it is known what became of its filter.",
           "netlink/*.c",
           "if (must_know(w, kind)) return;",
           "(void)must_know;"),
    Defect("accept-filter-left-by-reload",
           "A reload to accept = true goes on dropping.",
           "netlink/*.c",
           "ops->of_host != of_host || ops->asks_one) continue;",
           "ops->of_host != of_host || ops->asks_one || pass->kind == KERN_KIND_FILTER) "
           "continue;"),
    Defect("accept-filter-unseen-after-crash",
           "A successor takes filters that are there for missing, or leaves them behind.",
           "agent/router/*.c",
           "kind == KERN_KIND_ADDRESS || kern_wants_has_kind(routers->wants, kind)",
           "kind == KERN_KIND_ADDRESS"),

    Defect("accept-leftover-filter-not-tried-again",
           "A reload to accept = true goes on dropping when nftables were busy at that moment.",
           "agent/router/routers.c",
           "routers_sweep_again(routers);",
           "(void)routers_sweep_again;"),
    Defect("accept-filter-unseen-at-go",
           "After a reload a Backup drops packets to an address that somebody else may have.",
           "agent/router/leftovers.c",
           "if (kern_kinds[kind]->protocol == NETLINK_NETFILTER)",
           "if (0)"),
    Defect("accept-filter-gone-unseen-at-go",
           "Packets are let in at a takeover, after a reload while the kernel was in trouble.",
           "agent/router/leftovers.c",
           "kern_wants_unsee(routers->wants, KERN_KIND_FILTER);",
           ";"),
    Defect("accept-filter-of-replaced-interface",
           "Packets are let in for a moment after a crash, or dropped for good.",
           "netlink/filter.c",
           "return !kern_filter_sets[set_of(&entry->filter)].by_interface;",
           "(void)entry; return false;"),

    # ---- a turn, and what leaves in it ----
    Defect("farewell-before-removal",
           "Two hosts have the address at once while one of them leaves.",
           "agent/router/*.c",
           "routers_flush(routers); reconcile(routers);",
           "routers_say_farewells(routers); reconcile(routers);"),
    Defect("addresses-before-adverts",
           "Whoever holds the kernel's lock delays adverts, and a Backup takes over for nothing.",
           "agent/router/*.c",
           "queue_adverts(routers, false); queue_announcements(routers);",
           "reconcile(routers); queue_adverts(routers, false); queue_announcements(routers);"),
    Defect("announcement-of-nothing",
           "Hosts are sent to a router that does not answer for the address.",
           "agent/router/*.c",
           "if (!serves || !kern_wants_has(routers->wants, want) || routers->said[want].fresh)",
           "if ((void)kern_wants_has, !serves)"),
    Defect("restored-not-announced",
           "An address that comes back after a theft stays in the caches of others.",
           "agent/router/*.c",
           "if (!back && news->what != KERN_WANT_ADDED)",
           "if (news->what != KERN_WANT_ADDED)"),
    Defect("farewell-not-prepared",
           "A withdrawn router, or one whose vipd has died, leaves without a word: 3 s of silence.",
           "agent/router/*.c",
           "if (router->vr.election.source[0] != 0 && !auth_lacks_key(router)) "
           "add_farewells(routers, router);",
           "(void)add_farewells;"),
    Defect("advert-for-each-contest",
           "A paused Active answers a queue of weak adverts with as many of its own.",
           "agent/router/*.c",
           "before = router->vr.election; router_step(routers, router, &event);",
           "before = router->vr.election; router_step(routers, router, &event);"
           " if (router->outbox.advert_due) routers_execute(routers, routers->now);"),
    # ---- signatures ----
    Defect("signed-time-follows-the-clock",
           "A clock that is set while vipd runs makes two Actives.",
           "agent/router/*.c",
           "(kept->begun ? kept->clock_ns : clock_now_ns(routers)) + mono_ns",
           "clock_now_ns(routers) + mono_ns"),
    Defect("signed-time-not-adopted",
           "After a reload or a crash a clock that was set before makes two Actives.",
           "agent/router/*.c",
           "state_get_auth(old, entry, auth->kept);",
           "(void)state_get_auth;"),
    Defect("marks-not-adopted",
           "An advert that was recorded is believed after a reload or a crash.",
           "agent/router/*.c",
           "vrrp_hmac_mark(auth->marks, auth->rules.marks_n, mark.source, mark.sequence);",
           "(void)vrrp_hmac_mark;"),
    Defect("marks-not-kept",
           "An advert is believed as often as somebody sends it again.",
           "agent/router/*.c",
           "vrrp_hmac_mark(auth->marks, auth->rules.marks_n, advert->source, advert->sequence);",
           "(void)vrrp_hmac_mark;"),
    Defect("signed-by-time-of-reading",
           "A host that was stopped discards the adverts that waited, and takes over.",
           "agent/router/*.c",
           "auth->rules.now = time_at(routers, router, arrival_ns);",
           "auth->rules.now = time_at(routers, router, routers->now->mono_ns); (void)arrival_ns;"),
    Defect("events-out-of-order",
           "What is heard of the kernel is forgotten for an advert that came before it.",
           "agent/router/step.c",
           "if (in_order.now_ns < router->last_ns)",
           "if (false)"),
    Defect("signed-farewell-tells-the-time",
           "A host that hung says goodbye, and its peers complain of a wrong clock, and wait.",
           "agent/router/auth.c",
           "!is_farewell(rx) && !is_near(",
           "(!is_farewell(rx) || rx->payload_len) && !is_near("),
    # ---- leases ----
    Defect("lease-without-evidence",
           "A host whose adverts do not leave keeps the address beside its successor.",
           "agent/router/lease.c",
           "lease->starved = lease_is_starved(lease, now_ns);",
           "lease->starved = false;"),
    Defect("lease-on-advert-without-evidence",
           "A host whose adverts do not leave keeps the address beside its successor.",
           "agent/router/*.c",
           "if (sent->error) { counters->send_errors++;",
           "if (sent->error) { counters->send_errors++;"
           " if (router->vr.election.state == VRRP_STATE_ACTIVE &&"
           " lease_on_advert(&router->lease, routers->now->mono_ns))"
           " router_renew_leases(routers, router);"),
    Defect("lease-renewed-late",
           "All of vipd dies, and the address is gone before any Backup takes over.",
           "agent/router/lease.c",
           "return length_ns(lease) - ((lease->down_intervals + 1) * interval_ns - interval_ns / 256);",
           "return length_ns(lease) - ((lease->down_intervals + 1) * interval_ns - interval_ns / 256)"
           " + NS_PER_S;"),
    Defect("lease-renewed-for-three-missed",
           "With more adverts to be missed, the address is gone before any Backup takes over.",
           "agent/router/lease.c",
           "return length_ns(lease) - ((lease->down_intervals + 1) * interval_ns - interval_ns / 256);",
           "return length_ns(lease) - (4 * interval_ns - interval_ns / 256);"),
    Defect("lease-for-three-missed",
           "With more adverts to be missed, the address is gone before any Backup takes over.",
           "agent/conf/value.c",
           "(int)((down_intervals + 1) * interval_cs + 99)",
           "(int)(4 * interval_cs + 99)"),
    Defect("safe-lease-for-three-missed",
           "With fewer adverts to be missed, two hosts have the address.",
           "agent/conf/value.c",
           "((int)((down_intervals - 1) * interval_cs) - LATE_CS)",
           "((int)(2 * interval_cs) - LATE_CS)"),
    Defect("lease-never-renewed",
           "An Active that is well loses its addresses.",
           "agent/router/lease.c",
           "lease->renewed_ns = now_ns; lease->renew_ns = now_ns + period_ns(lease); return true;",
           "lease->renewed_ns = now_ns; lease->renew_ns = now_ns + period_ns(lease); return false;"),
    Defect("safe-lease-too-seldom",
           "An Active that is well loses its addresses.",
           "agent/router/lease.c",
           "return length_ns(lease) / 3;", "return length_ns(lease) + NS_PER_S;"),
    Defect("due-renewal-forgotten",
           "An Active that yields and claims at once loses its addresses a little later.",
           "agent/router/*.c",
           "hand_over_cancel(routers, router); router_want_addresses(routers, router, true);",
           "hand_over_cancel(routers, router); router_want_addresses(routers, router, true);"
           " (void)lease_on_advert(&router->lease, routers->now->mono_ns);"),
    # ---- one process after another ----
    Defect("crash-without-missed",
           "A Backup takes over by the silence of its own death.",
           "agent/router/*.c",
           "vrrp_step(&router->vr, &missed, &out); /* moves",
           "(void)missed, (void)out; /* moves"),
    Defect("crash-without-announcement",
           "Who died between an address and its announcement leaves hosts with the old router.",
           "agent/router/*.c",
           "router->vr.election.announce_ns = routers->now->mono_ns; else",
           "; else"),
    Defect("changed-lease-not-renewed",
           "A reload shortens the lease, and the kernel keeps the longer one.",
           "agent/router/*.c",
           "if (!same_lease) router_renew_leases(routers, router);",
           ""),
    Defect("changed-lease-keeps-its-time",
           "A reload changes the lease, and the address goes before it is renewed.",
           "agent/router/lease.c",
           "same_length ? renew_ns : now_ns + period_ns(lease)",
           "renew_ns"),
    Defect("renewal-of-the-dead-believed",
           "A process dies between noting a renewal and making it: the address goes.",
           "agent/router/*.c",
           "if (routers->read_real_ns == 0) router->lease.renew_ns = 0;",
           ""),
    Defect("withdrawn-without-farewell",
           "A router that a reload removes leaves without a word: 3 s of silence.",
           "agent/router/*.c",
           "send_farewell(routers, old, i);",
           "(void)send_farewell;"),
    Defect("withdrawn-backup-says-farewell",
           "A Backup that a reload removes makes its peers take over from a healthy Active.",
           "agent/router/*.c",
           "while (will.armed && state_will_next(&will, &entry))",
           "while (state_will_next(&will, &entry))"),
    Defect("leftovers-not-swept",
           "Addresses of a vipd that died, or of an earlier configuration, stay for ever.",
           "agent/router/*.c",
           "err = routers_sweep(routers, old);",
           "err = 0; (void)routers_sweep;"),
    Defect("kernel-not-heard-at-first",
           "What others did while a process was getting ready is undone by its first changes.",
           "agent/router/*.c",
           "routers_hear(routers); /* nothing is touched",
           "/* nothing is touched"),
    Defect("source-not-adopted",
           "A reload changes the address that adverts come from, and with it who wins a tie.",
           "agent/router/*.c",
           "vrrp_adopt(&router->vr, &vr, last ? RESORT_PRIORITY : router->vr.election.priority,"
           " now_ns);",
           "vrrp_adopt(&router->vr, &vr, last ? RESORT_PRIORITY : router->vr.election.priority,"
           " now_ns);"
           " memset(router->vr.election.source, 0, sizeof(router->vr.election.source));"),
    Defect("history-adopted",
           "vipd goes on as Active, long after its peer has taken over.",
           "agent/router/*.c",
           "|| is_history(routers, router, old, &vr))",
           ")"),
    Defect("farewell-not-inherited",
           "Who dies right after a handover leaves without a word.",
           "agent/router/*.c",
           "router_write_will(routers, router); if (vr.election.state == VRRP_STATE_FAULT",
           "if (vr.election.state == VRRP_STATE_FAULT"),
    Defect("packets-read-twice",
           "A reload judges adverts for a second time that its predecessor had read.",
           "agent/router/*.c",
           "if (packet->arrival_ns && packet->arrival_ns <= routers->read_real_ns) return;",
           ""),
    Defect("election-not-saved",
           "A crash makes a new election of what the process knew.",
           "agent/router/*.c",
           "router_schedule(routers, router);"
           " state_put(routers->state, (unsigned)(router - routers->all), &router->vr);",
           "router_schedule(routers, router);"),
    Defect("lease-not-saved",
           "A reload moves the renewal of a lease, and the address goes.",
           "agent/router/*.c",
           "state_put_lease(routers->state, (unsigned)(router - routers->all),"
           " router->lease.renew_ns);",
           ""),
    # ---- what is heard ----
    Defect("timer-before-packets",
           "A paused Backup takes over from an Active whose adverts wait in its queue.",
           "agent/router/*.c",
           "routers_read(routers, now, readable); routers_fire(routers, now);",
           "routers_fire(routers, now); routers_read(routers, now, readable);"),
    Defect("arrival-not-asked",
           "A Backup counts silence from when it read an advert: a late failover.",
           "agent/router/*.c",
           "return mono_ns < since_ns ? since_ns : mono_ns;",
           "return routers->now->mono_ns;"),
    Defect("overflow-not-told",
           "A flood fills the queue, and a Backup takes the lost adverts for silence.",
           "agent/router/*.c",
           "if (n < 0 || dropped) miss_adverts",
           "if (n < 0) miss_adverts"),
    Defect("dump-forgotten",
           "A theft whose event is lost is never seen: the address stays away.",
           "agent/router/*.c",
           "kern_wants_doubt(routers->wants); routers->dump_due = true;",
           "kern_wants_doubt(routers->wants);"),
    Defect("failed-dump-not-repeated",
           "A dump that the kernel refuses is not repeated: a theft is never seen.",
           "agent/router/*.c",
           "routers->dump_due = true; routers->dump_ns = routers->now->mono_ns + HOUSEKEEPING_NS;",
           "routers->dump_due = false;"),
    Defect("source-not-kept",
           "Another address of the interface changes who wins a tie.",
           "agent/router/*.c",
           "if (kept && is_global(lan, kept) == global)",
           "if (false)"),
    Defect("carrier-not-seen",
           "An unplugged Active goes on: the address is on two hosts.",
           "agent/router/*.c",
           "if (!interface->carrier && !(way & LAN_SANS_CARRIER))",
           "if (!interface->ethernet)"),
    Defect("carrier-always-required",
           "A router that needs no carrier is in fault without one.",
           "agent/router/worth.c",
           "(router->conf->link.required ? 0u : LAN_SANS_CARRIER)",
           "(router->conf->link.required ? 0u : 0u)"),
    Defect("nobody-to-hear-is-no-evidence",
           "A router that goes on without a carrier loses its addresses with their leases.",
           "agent/router/execute.c",
           "if (router_speaks_to_nobody(routers, router))",
           "if (false)"),
    Defect("replaced-interface-not-seen",
           "An interface that is made anew stays without its addresses.",
           "agent/router/*.c",
           "int named = object->gone ? -1 : find_any_name(interfaces, seen);",
           "int named = find_any_name(interfaces, seen);"),
    # ---- the kernel's objects ----
    Defect("stolen-not-restored",
           "An address that somebody removes stays away.",
           "netlink/reconcile.c",
           "if (want->wanted && want->stolen && !may_restore(w, want, now_ns))",
           "(void)may_restore; if (want->wanted && want->stolen)"),
    Defect("restored-for-ever",
           "Two programs that disagree about an address fight without end.",
           "netlink/reconcile.c",
           "if (want->abandoned || want->restored_n >= KERN_RESTORE_MAX)",
           "if (want->abandoned || want->restored_n > KERN_RESTORE_MAX * 2)"),
    Defect("pauses-do-not-grow",
           "Two programs that disagree about an address fight every two seconds for good.",
           "netlink/reconcile.c",
           "want->pause_ns = want->abandoned ? 2 * want->pause_ns : KERN_PAUSE_NS;",
           "want->pause_ns = KERN_PAUSE_NS;"),
    Defect("abandoned-for-good",
           "An address that was stolen too often never comes back, although the thief is gone.",
           "netlink/reconcile.c",
           "return now_ns >= want->paused_ns;",
           "return want->paused_ns == 0;"),
    Defect("foreign-removed",
           "vipd removes an address that an administrator has added.",
           "netlink/reconcile.c",
           "tell_once(w, want, KERN_WANT_KEPT, 0); return false;",
           "tell_once(w, want, KERN_WANT_KEPT, 0);"),
    Defect("foreign-leased",
           "An address that an administrator has added goes with vipd's next death.",
           "netlink/reconcile.c",
           "return want->ours && (plan_behind(w, want, now_ns, change) || plan_renewal(w, want,"
           " now_ns, change));",
           "return plan_renewal(w, want, now_ns, change);"),
    Defect("ended-lease-never-restored",
           "An address whose lease ended in silence stays away, though adverts leave again.",
           "netlink/wants.c",
           "if (fresh || (want->present ? !want->ours : !want->expired)) return;",
           "if (!want->present || !want->ours) return;"),
    Defect("taken-along-and-not-due",
           "Addresses that went with another one's lease are away until they would be renewed.",
           "agent/router/*.c",
           "if (news->what == KERN_WANT_ENDED) {",
           "if (false) {"),
    Defect("refusal-ignored",
           "A change that the kernel refuses is taken for done.",
           "netlink/reconcile.c",
           "if (change->result == 0) {",
           "if (change->result != -EEXIST) {"),
    Defect("refused-not-repeated",
           "A change that the kernel refuses is never tried again.",
           "netlink/reconcile.c",
           "wait_until(w, want, now_ns + KERN_RETRY_NS);",
           ""),
    Defect("ended-lease-restored",
           "The kernel takes an address of a silent host, and vipd puts it back.",
           "netlink/reconcile.c",
           "if (!want->present && want->expired && !want->renew)",
           "if (false)"),
    Defect("secondaries-not-promoted",
           "Removing a virtual address takes the host's others in its subnet along.",
           "netlink/reconcile.c",
           "change.promote = !kern_wants_promotes(w, want);",
           "(void)kern_wants_promotes;"),
    Defect("doubt-ignored",
           "Events are lost, and vipd removes what an administrator has put in the place of its own.",
           "netlink/reconcile.c",
           "kern_wants_make_sure(w, want);",
           ""),
    Defect("dump-shows-no-absence",
           "A theft whose event is lost is never seen: the address stays away.",
           "netlink/wants.c",
           "if (!want->present || want->shown >= w->begun) return;",
           "return;"),
    Defect("replaced-stays-ours",
           "vipd removes what an administrator has put in the place of its own.",
           "netlink/wants.c",
           "if (w->marks[want->spec.kind]) return false;",
           ""),
    Defect("owners-own-added",
           "An owner's own address that somebody removes becomes vipd's, and goes with it.",
           "netlink/wants.c",
           "want->hosts = want->spec.is_hosts && !want->ours;",
           "want->hosts = false;"),
    Defect("owner-without-its-own-serves",
           "An owner that lacks one of its addresses keeps those from taking over who have it.",
           "agent/router/*.c",
           "if (kern_wants_lacks(routers->wants, router->want + i)) return &conf->addresses[i];",
           "(void)kern_wants_lacks;"),
    Defect("all-addresses-lent",
           "After a reload in that fault it does not end when the address is back.",
           "agent/router/*.c",
           "if (memcmp(router->conf->addresses[i].bytes, lacking, 16) == 0)"
           " kern_wants_lend(routers->wants, router->want + i);",
           "(void)lacking, kern_wants_lend(routers->wants, router->want + i);"),
    Defect("sweep-takes-others-along",
           "A sweep removes an administrator's addresses of the same subnet.",
           "netlink/sweep.c",
           "pass->changes[i].promote = !object->link.promotes;",
           ";"),
    # ---- the keeper ----
    Defect("go-without-frozen",
           "A reload lets two processes speak at once.",
           "agent/keeper/*.[ch]",
           "life_of(step, SUCCESSION_CURRENT) == SUCCESSION_READY) freeze_current(step);",
           "life_of(step, SUCCESSION_CURRENT) == SUCCESSION_READY)"
           " (void)freeze_current, succession_hand_over_to_next(step, 0);"),
    Defect("go-to-two",
           "The standby speaks beside the process of a reload.",
           "agent/keeper/*.[ch]",
           "hand_over_to_next(step, 0); else if (standby_is_ready && !s->on_trial)",
           "hand_over_to_next(step, 0); if (standby_is_ready)"),
    Defect("crash-window-short",
           "A router that crashes every ten seconds does so for ever.",
           "agent/keeper/*.[ch]",
           "CRASH_WINDOW_NS (60 * NS_PER_S)",
           "CRASH_WINDOW_NS (6 * NS_PER_S)"),
    Defect("crash-window-long",
           "vipd gives up over crashes that are hours apart.",
           "agent/keeper/*.[ch]",
           "CRASH_WINDOW_NS (60 * NS_PER_S)",
           "CRASH_WINDOW_NS (3600 * NS_PER_S)"),
    Defect("hung-not-killed",
           "A process that hangs stays, and the standby waits for ever.",
           "agent/keeper/*.[ch]",
           "act(step, SUCCESSION_KILL, role); set_life(step, role, SUCCESSION_KILLED",
           "set_life(step, role, SUCCESSION_KILLED"),
    Defect("killed-without-a-last-moment",
           "A host that was paused kills its router process for being late.",
           "agent/keeper/*.[ch]",
           "if (child->late) return true;",
           "return true;"),
    Defect("standby-does-not-go",
           "A router process crashes, and the ready one waits.",
           "agent/keeper/*.[ch]",
           "else if (standby_is_ready && !s->on_trial)",
           "else if (standby_is_ready && !s->on_trial) return; else if (false)"),
    Defect("no-standby",
           "After the first crash the next process has to be started first.",
           "agent/keeper/*.[ch]",
           "s->standby_ns = step->event->now_ns; serve",
           "; serve"),
    Defect("crash-undoes-reload",
           "A crash right after a reload brings the old configuration back.",
           "agent/keeper/*.[ch]",
           "else if (standby_is_ready && !s->on_trial)",
           "else if (standby_is_ready)"),
    Defect("bad-reload-not-undone",
           "A reload whose process dies at once ends vipd, though the old one would run.",
           "agent/keeper/*.[ch]",
           "else if (standby_is_ready && s->died_early_n > 1) undo_reload(step);",
           "else if (standby_is_ready && s->died_early_n > 99) undo_reload(step);"),
    Defect("stop-lost-in-reload",
           "vipd does not stop when it is told to during a reload.",
           "agent/keeper/*.[ch]",
           "on_stop_again(step); return; } tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);"
           " serve(step, SUCCESSION_SERVICE_STOPPING, 0);",
           "on_stop_again(step); return; } if (s->phase == SUCCESSION_FREEZING) return;"
           " tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);"
           " serve(step, SUCCESSION_SERVICE_STOPPING, 0);"),
    Defect("reload-lost-in-reload",
           "A second reload during the first is forgotten: the file is not what runs.",
           "agent/keeper/*.[ch]",
           "if (is_ending(step->s) || step->s->reload_due) return;",
           "if (is_ending(step->s) || !can_reload(step->s)) return;"),
    Defect("backoff-never-ends",
           "After some early deaths nobody is started any more.",
           "agent/keeper/*.[ch]",
           "s->phase == SUCCESSION_GAP && step->event->now_ns >= s->retry_ns",
           "false"),
    Defect("early-deaths-never-forgiven",
           "vipd gives up over early deaths that are days apart.",
           "agent/keeper/*.[ch]",
           "s->died_early_n = 0;",
           ""),
    Defect("unpublished-counts",
           "Two crashes in a row lose the election, and with it the Active.",
           "agent/keeper/*.[ch]",
           "return step->event->published || life_of(step, SUCCESSION_PREVIOUS)"
           " == SUCCESSION_NONE;",
           "(void)step; return true;"),
    Defect("no-will",
           "vipd gives up and leaves its addresses behind.",
           "agent/keeper/*.[ch]",
           "if (hopeless) finish_with_will(step, 1);",
           "if (hopeless) finish(step, 1);"),
    # ---- stops, at any moment ----
    Defect("stop-ignored-at-first",
           "vipd does not stop while its first process starts.",
           "agent/keeper/*.[ch]",
           "on_stop_again(step); return; } tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);"
           " serve(step, SUCCESSION_SERVICE_STOPPING, 0);",
           "on_stop_again(step); return; } if (s->phase == SUCCESSION_FIRST) return;"
           " tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);"
           " serve(step, SUCCESSION_SERVICE_STOPPING, 0);"),
    Defect("stop-ignored-in-gap",
           "vipd does not stop while one process follows another that died.",
           "agent/keeper/*.[ch]",
           "on_stop_again(step); return; } tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);"
           " serve(step, SUCCESSION_SERVICE_STOPPING, 0);",
           "on_stop_again(step); return; } if (s->phase == SUCCESSION_GAP) return;"
           " tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);"
           " serve(step, SUCCESSION_SERVICE_STOPPING, 0);"),
    Defect("stop-in-gap-without-will",
           "vipd stops while nobody speaks, and leaves the addresses of the dead behind.",
           "agent/keeper/*.[ch]",
           "if (s->phase == SUCCESSION_FIRST || s->phase == SUCCESSION_GAP) {"
           " finish_with_will(step, 0);",
           "if (s->phase == SUCCESSION_FIRST || s->phase == SUCCESSION_GAP) { finish(step, 0);"),
    Defect("stop-not-passed-on",
           "Each stop takes five seconds, and ends without a word: 3 s of silence.",
           "agent/keeper/*.[ch]",
           "act(step, SUCCESSION_LEAVE, SUCCESSION_CURRENT);",
           ""),
    Defect("stop-waits-for-ever",
           "A process that hangs keeps vipd from stopping.",
           "agent/keeper/*.[ch]",
           "set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY, LEAVE_TIMEOUT_NS);",
           "set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY, SUCCESSION_NEVER);"),
    Defect("stop-takes-death-for-leaving",
           "A process that dies while it leaves leaves addresses behind.",
           "agent/keeper/*.[ch]",
           "if (has_left(step))",
           "if (true)"),
    Defect("fresh-though-given-up",
           "A router that gave up a new address of IPv6 at once waits for it in each turn.",
           "agent/router/*.c",
           "if (!wanted || !can_come)",
           "if (false)"),
    Defect("reload-ends-hand-overs",
           "A reload just behind a takeover by a better one costs packets.",
           "agent/router/*.c",
           "if (routers->all[i].hand_over.until_ns > end_ns)",
           "if (false)"),
    Defect("stop-mistrusts-who-has-left",
           "Each stop in the middle of a reload is an error in the log, and a last will of nothing.",
           "agent/keeper/*.[ch]",
           "step->event->exit_status == CHANNEL_EXIT_LEFT ||",
           "(step->event->exit_status == CHANNEL_EXIT_LEFT"
           " && step->s->phase == SUCCESSION_LEAVING) ||"),
    Defect("stop-takes-making-room-for-leaving",
           "A stop in the middle of a reload leaves addresses behind, and says no farewell.",
           "agent/keeper/*.[ch]",
           "s->phase = s->phase == SUCCESSION_FREEZING ? SUCCESSION_LEAVING_FROZEN"
           " : SUCCESSION_LEAVING;",
           "s->phase = SUCCESSION_LEAVING;"),
    Defect("will-of-the-unpublished",
           "The will of one that died before it spoke is empty: 3 s of silence.",
           "agent/keeper/*.[ch]",
           "current_counts(step) ? SUCCESSION_CURRENT : SUCCESSION_PREVIOUS);",
           "SUCCESSION_CURRENT);"),
    Defect("stop-leaves-addresses",
           "Two hosts have the address at once after each stop.",
           "agent/router/*.c",
           "do routers_execute(routers, now); while (kern_wants_deadline(routers->wants)"
           " <= now->mono_ns && rounds++ < routers->wants_n / KERN_CHANGES_MAX);",
           "(void)rounds;"),
    Defect("stop-without-farewell",
           "vipd leaves without a word: 3 s of silence.",
           "vrrp/*.c",
           "fsm_stop(vr, VRRP_STATE_INITIALIZE, stopped, now_ns, out);",
           "fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_RELEASE });"
           " fsm_set_state(vr, VRRP_STATE_INITIALIZE, stopped, now_ns, out);"),
    Defect("stop-leaves-a-living-election",
           "vipd is started again and takes itself for the Active that it was.",
           "agent/router/*.c",
           "router_step(routers, &routers->all[i], &event); /* As often",
           "router_want_addresses(routers, &routers->all[i], false); /* As often"),
    # ---- the memory ----
    Defect("sum-not-checked",
           "A process dies in the middle of a write, and the next one believes half of it.",
           "agent/state.c",
           "if (!record.seq || record.sum != sum_of(record_at(state, TAG_ELECTION, number),"
           " place->record_size))",
           "if (!record.seq)"),
    Defect("older-copy-taken",
           "A reload or crash goes on with the election before the last one.",
           "agent/state.c",
           "*ret_vr = vr[seq[1] > seq[0]];",
           "*ret_vr = vr[seq[1] < seq[0] && seq[1]];"),
    Defect("written-over-the-newer-copy",
           "A process dies in the middle of a write, and no election is left.",
           "agent/state.c",
           "*slot = &slots[!newer];",
           "*slot = &slots[newer];"),
    # ---- the protocol ----
    Defect("tie-the-wrong-way",
           "Two Actives of equal priority both yield, or neither does.",
           "vrrp/*.c",
           "memcmp(advert->source, vr->election.source, address_len) > 0",
           "memcmp(advert->source, vr->election.source, address_len) < 0"),
    Defect("no-skew-time",
           "All Backups take over at once, and the lowest may win for a while.",
           "vrrp/*.c",
           "return down_intervals * vrrp_interval_ns(interval_cs) +"
           " vrrp_skew_ns(version, priority, interval_cs);",
           "return down_intervals * vrrp_interval_ns(interval_cs) +"
           " 0 * vrrp_skew_ns(version, priority, interval_cs);"),
    Defect("preempt-ignored",
           "A router that was told not to preempt makes a failover when it comes back.",
           "vrrp/*.c",
           "if (!vr->config.preempt) return true;",
           ""),
    Defect("preempt-delay-ignored",
           "A router preempts before it may.",
           "vrrp/*.c",
           "return held_off || now_ns < vr->election.preempt_ns;",
           "return held_off;"),
    Defect("damping-ignored",
           "A router that flaps goes on moving the addresses.",
           "vrrp/*.c",
           "bool held_off = now_ns < vr->config.preempt_not_before_ns;",
           "bool held_off = false;"),
    Defect("damping-forgotten-by-successors",
           "A reload or a crash lets a router that flaps preempt at once.",
           "agent/router/*.c",
           "router->damping = damping; router_damp(routers, router);",
           "router_damp(routers, router);"),
    Defect("damping-for-ever",
           "A better router never returns.",
           "agent/router/*.c",
           "return damping->on ? change_ns(damping, 0) + rule->hold_ns : 0;",
           "return damping->on ? VRRP_NEVER : 0;"),
    Defect("interval-not-learned",
           "A Backup with a shorter interval takes over from a healthy Active.",
           "vrrp/*.c",
           "if (vr->config.version == 3) vr->election.active_interval_cs",
           "if (vr->config.version == 2) vr->election.active_interval_cs"),
    Defect("nothing-forgotten",
           "An operator lets a Backup forget a false Active, and it waits on for minutes.",
           "vrrp/*.c",
           "fsm_forget_active(vr); if (vr->election.down_ns > now_ns + fsm_down_interval(vr))",
           "if (vr->election.down_ns > now_ns + fsm_down_interval(vr))"),
    Defect("forgetting-puts-off",
           "Whoever lets a Backup forget again and again keeps it from ever taking over.",
           "vrrp/*.c",
           "if (vr->election.down_ns > now_ns + fsm_down_interval(vr)) fsm_restart_down(vr, now_ns);",
           "fsm_restart_down(vr, now_ns);"),
    Defect("forgotten-but-asleep",
           "A Backup has forgotten a false Active, and wakes up when it would have before.",
           "agent/router/routers.c",
           "routers->now = now; router_step(routers, router, &event); *ret_forgotten",
           "struct vrrp_output out = { 0 }; routers->now = now;"
           " vrrp_step(&router->vr, &event, &out); *ret_forgotten"),
    Defect("late-timer-believed",
           "A paused Backup takes over from a healthy Active.",
           "vrrp/*.c",
           "vr->election.late_granted = true; vr->counters.late_timers++;"
           " vr->election.down_ns = until_ns;",
           "(void)until_ns;"),
    Defect("late-timer-never-believed",
           "Whoever can delay a Backup keeps it from ever taking over.",
           "vrrp/*.c",
           "if (vr->election.late_granted || vr->election.down_ns >= until_ns)",
           "if (vr->election.down_ns >= until_ns)"),
    Defect("preemption-called-silence",
           "The log says that an Active was silent which was heard all the time.",
           "vrrp/*.c",
           "if (vr->election.lower_heard) {",
           "if (false) {"),
    Defect("rhythm-drifts",
           "Adverts come later and later on a busy host.",
           "vrrp/*.c",
           "vr->election.advert_ns += interval_ns;",
           "vr->election.advert_ns = now_ns + interval_ns;"),
    Defect("contest-without-bound",
           "A storm of weak adverts makes another storm.",
           "vrrp/*.c",
           "if (vr->election.contested_n >= CONTEST_ANSWERS_MAX) {",
           "if (vr->election.contested_n >= 5 * CONTEST_ANSWERS_MAX) {"),
    Defect("contest-not-announced",
           "After a contest hosts go on sending to the router that has yielded.",
           "vrrp/*.c",
           "vr->election.announced_n = 0; fsm_announce(vr, now_ns, out); return true;",
           "return true;"),
    Defect("yields-without-a-word",
           "Hosts go on sending to a router that has yielded.",
           "vrrp/*.c",
           "fsm_act_advert(out, last_word(vr, code, advert));",
           "(void)last_word;"),
    # ---- IPv6 ----
    Defect("fresh-for-ever",
           "What the kernel says of a new address is lost, and its lease ends while it serves.",
           "agent/router/wanted.c",
           "said->fresh && routers->now->mono_ns - said->fresh_ns < FRESH_MAX_NS;",
           "said->fresh;"),
    Defect("tentative-source",
           "Adverts leave from an address that may be another host's.",
           "agent/router/hear.c",
           "source.gone |= !kern_address_is_usable(&object->address);",
           ""),
    Defect("source-not-link-local",
           "Adverts leave from a global address, and all peers discard them.",
           "agent/router/hear.c",
           "return address->family == 4 || kern_address_is_link_local(address);",
           "return address->family == 4 || !address->deprecated;"),
    Defect("source-gone-unnoticed",
           "A router without an address of its own speaks on, from one that is somebody else's.",
           "agent/router/lan.c",
           "if (source) forget(lan, source); return lan->sources_overflow;",
           "return lan->sources_overflow;"),
    Defect("added-with-detection",
           "A new Active does not answer for its addresses for a second, or never.",
           "netlink/address.c",
           ".len = 16, .flags = IFA_F_NODAD },",
           ".len = 16, .flags = 0 },"),
    Defect("removed-by-prefix",
           "An address that somebody added with another prefix length is added again and again.",
           "netlink/address.c",
           "if (a->address.family == 6) return true;",
           ""),
    Defect("ends-whatever-is-left",
           "A stolen address does not come back before the next renewal.",
           "netlink/address.c",
           "return entry->address.family == 4 || entry->address.ending;",
           "return entry != NULL;"),
    Defect("prefers-without-a-network",
           "Connections of the host's own break when a virtual address moves.",
           "netlink/address.c",
           ".ifa_prefered = change->address.deprecated ? 0 : lifetime_s,",
           ".ifa_prefered = lifetime_s,"),
    Defect("first-address-forgotten",
           "After a failover the gateway of all hosts, the virtual link-local address, is elsewhere.",
           "agent/router/execute.c",
           "(void)round_take(round); queue_announcement(routers, router, want);",
           "(void)round_take(round); if (router->vr.config.family == 4 || want != router->want)"
           " queue_announcement(routers, router, want);"),
    Defect("na-without-override",
           "After a failover hosts send to the old router until they notice by themselves.",
           "agent/router/execute.c",
           ".override = true };",
           ".override = false };"),
    Defect("na-from-a-host",
           "Hosts drop the gateway that an announcement says is none.",
           "agent/router/execute.c",
           ".router = interface->forwards6,",
           ".router = false,"),
    Defect("na-from-nowhere",
           "Announcements come from an address that nobody has.",
           "agent/router/execute.c",
           ".source = address->bytes, .address = address->bytes,",
           ".source = (const uint8_t[16]){ 0 }, .address = address->bytes,"),
    Defect("change-before-go-not-announced",
           "Hosts drop the gateway that began to route while a reload was under way.",
           "agent/router/open.c",
           "(void)lan_assess(router_lan(routers, &routers->all[i]));",
           "(void)lan_assess;"),
    Defect("doubt-forgotten-by-a-reload",
           "Hosts drop the gateway whose vipd was told nothing before it made room.",
           "agent/router/routers.c",
           "return fresh || router->round.left || routers->dump_due;",
           "return fresh || router->round.left;"),
    Defect("routing-not-announced",
           "A host begins to route, and its neighbours go on taking it for no router.",
           "agent/router/lan.c",
           ".mac = (other_mac || other_router) && !first,",
           ".mac = other_mac && !first,"),
    Defect("routing-not-heard",
           "Likewise, when the kernel says so.",
           "agent/router/hear.c",
           "routers_doubt(routers, routers_lan(routers, (unsigned)interface,"
           " object->forwarding.family));",
           "(void)interface;"),
    Defect("routing-not-seen",
           "A host that routes says that it does not.",
           "agent/router/interfaces.c",
           "interface->forwards6 = seen->forwards6;",
           ""),
    Defect("member-of-nothing",
           "After the MTU was too small for a moment a Backup hears nobody: two Actives.",
           "agent/router/lan.c",
           "if (is_too_narrow(lan))",
           "if (is_too_narrow(lan) && lan->family == 4)"),
    Defect("tie-by-half-an-address",
           "Two Actives of equal priority never find out who is the better one.",
           "vrrp/*.c",
           "size_t address_len = vrrp_address_len(vr->config.family);",
           "size_t address_len = 4;"),
    Defect("global-source-accepted",
           "Adverts that came over a router are believed.",
           "vrrp/packet.c",
           "return VRRP_REJECT_NOT_LINK_LOCAL;",
           "return VRRP_ACCEPT;"),
    Defect("sum-without-addresses",
           "No other implementation accepts an advert.",
           "vrrp/packet.c",
           "{ 3, 6, 0, PSEUDO_HEADER_ALWAYS, read3, write3 },",
           "{ 3, 6, 0, PSEUDO_HEADER_NEVER, read3, write3 },"),
    Defect("member-of-what-was-forgotten",
           "A Backup is deaf for good after lost events in which the MTU was too small.",
           "agent/router/lan.c",
           "if (lan->family == 6)",
           "if (lan->family == 0)"),
    Defect("announced-for-ever",
           "All hosts of a LAN are disturbed once a minute, against RFC 4861.",
           "vrrp/announce.c",
           "int64_t gap_ms = announce->refresh_ms;",
           "int64_t gap_ms = announce->refresh_ms ? announce->refresh_ms : 60000;"),
    # ---- two families on one host ----
    Defect("one-family-heard",
           "Routers of IPv6 hear nobody: all of them are Active.",
           "agent/router/routers.c",
           "read_adverts(routers, 6);",
           "read_adverts(routers, 4);"),
    Defect("one-family-dumped",
           "After lost events a router of IPv6 believes in what was.",
           "agent/router/hear.c",
           "for (unsigned family = 4; family <= 6; family += 2) {"
           " for (unsigned i = 0; i < interfaces_count(routers->interfaces); i++) {",
           "for (unsigned family = 4; family <= 4; family += 2) {"
           " for (unsigned i = 0; i < interfaces_count(routers->interfaces); i++) {"),
    Defect("one-family-follows",
           "A link that goes down is a fault of one family, and the other speaks on.",
           "agent/router/hear.c",
           "for (unsigned family = 4; family <= 6; family += 2) {"
           " lan = routers_lan(routers, interface, family);",
           "for (unsigned family = 4; family <= 4; family += 2) {"
           " lan = routers_lan(routers, interface, family);"),
    Defect("sources-of-all-families",
           "IPv4 stops because IPv6 is switched off, or speaks from an address of IPv6.",
           "agent/router/hear.c",
           "lan = routers_lan(routers, (unsigned)interface, object->address.family);",
           "lan = routers_lan(routers, (unsigned)interface, 4);"),
    # ---- the last resort ----
    Defect("holds-what-it-cannot",
           "An Active without its address stays Active beside a healthy Backup.",
           "agent/router/priority.c",
           "journal_resort(&journal, EVENT_RESORT_BEGINS, address); router_weigh(routers, router);",
           ""),
    Defect("last-resort-for-good",
           "A router whose addresses are all back keeps priority 1.",
           "agent/router/priority.c",
           "journal_resort(&journal, EVENT_RESORT_ENDS, NULL); router_weigh(routers, router);",
           ""),
    Defect("last-resort-ends-too-early",
           "An address that was just away brings the traffic back to the host that lacked it.",
           "agent/router/resort.c",
           "void resort_lacked(struct resort *resort) { resort->kept_ns = VRRP_NEVER; }",
           "void resort_lacked(struct resort *resort) { (void)resort; }"),
    Defect("last-resort-after-a-fault",
           "A host whose interface was flushed and made anew does not take its addresses back.",
           "agent/router/priority.c",
           "resort_end(&router->resort); journal_resort(&journal, EVENT_RESORT_RESET, NULL);"
           " router_weigh(routers, router);",
           "(void)journal;"),
    Defect("last-resort-after-one-refusal",
           "A vipd that was stopped after one refusal leaves its addresses to a weaker peer.",
           "agent/router/priority.c",
           "kern_wants_is_overdue(routers->wants, want, now_ns))",
           "false)"),
    Defect("cedes-again-and-again",
           "A router that nobody relieves falls silent again and again.",
           "agent/router/resort.c",
           "resort->cede_ns = now_ns + resort->pause_ns;",
           "resort->cede_ns = now_ns + 2 * silence_ns;"),
    Defect("never-cedes",
           "An Active without its address stays Active beside a Backup that does not preempt.",
           "agent/router/resort.c",
           "if (now_ns < resort->cede_ns) return false;",
           "if (now_ns < resort->cede_ns || can) { resort->cede_ns = VRRP_NEVER; return false; }"),
    Defect("cedes-to-its-like",
           "Two hosts that cannot hold an address hand it to and fro.",
           "agent/router/resort.c",
           "if (priority == RESORT_PRIORITY) resort->equal_ns = now_ns;",
           "(void)priority; (void)now_ns;"),
    Defect("crash-restores-the-priority",
           "A crash brings an address back to the host that cannot hold it.",
           "agent/router/adopt.c",
           "state_drain(old, (unsigned)entry) == 0 && vr->election.priority == RESORT_PRIORITY &&",
           "false &&"),
    Defect("cedes-and-speaks-on",
           "A router says that it would leave, and speaks on before anybody can take over.",
           "vrrp/*.c",
           "vr->election.advert_ns = now_ns + fsm_offer_ns(vr);",
           "vr->election.advert_ns = now_ns;"),
    Defect("cedes-for-three-missed",
           "A router that offers to leave is silent for as long as three adverts may be missed.",
           "vrrp/*.c",
           "vr->election.priority, vr->config.interval_cs, vrrp_down_intervals(&vr->config));",
           "vr->election.priority, vr->config.interval_cs, 3);"),
    # ---- the last will ----
    Defect("will-of-backups",
           "The last will of a host makes its peers take over from a healthy Active.",
           "agent/keeper/will.c",
           "if (!armed) return; if (entry->kind == STATE_ENTRY_FRAME)",
           "(void)armed; if (entry->kind == STATE_ENTRY_FRAME)"),
    Defect("will-removes-nothing",
           "vipd gives up and leaves its addresses behind.",
           "agent/keeper/will.c",
           "sum = kern_prepared_flush(will->prepared);"
           " swept = kern_sweep(will->dump, will->changer, NULL, on_swept, teller);",
           "(void)on_swept, (void)teller; swept = 0;"),
    Defect("will-without-farewells",
           "vipd gives up without a word: 3 s of silence.",
           "agent/keeper/will.c",
           "walk(will, state, send_farewell);",
           "(void)send_farewell;"),
    Defect("will-farewell-first",
           "Two hosts have the address at once while one of them gives up.",
           "agent/keeper/will.c",
           "sum = kern_prepared_flush(will->prepared);"
           " swept = kern_sweep(will->dump, will->changer, NULL, on_swept, teller);"
           " if (state) walk(will, state, send_farewell); flush(will);",
           "walk(will, state, send_farewell); flush(will);"
           " if (state) sum = kern_prepared_flush(will->prepared);"
           " swept = kern_sweep(will->dump, will->changer, NULL, on_swept, teller);"),
] + [Defect(*row) for row in defects_units.DEFECTS]


class Misplaced(Exception):
    """The text of a defect is not there exactly once."""


def plant(tree, defect):
    """Return the file that has the text of `defect`, and what it is to become."""
    text = re.compile(r"\s+".join(re.escape(word) for word in defect.old.split()))
    places = [(path, match) for path in sorted(tree.glob(defect.where))
              for match in text.finditer(path.read_text(encoding="utf-8"))]
    if len(places) != 1:
        where = ", ".join(str(path.relative_to(tree)) for path, _ in places) or defect.where
        raise Misplaced(f"its text is there {len(places)} times, not once ({where}):\n"
                        f"    {' '.join(defect.old.split())}")
    path, match = places[0]
    whole = match.string
    return path, whole[:match.start()] + defect.new + whole[match.end():]


def copy_tree(build):
    """A copy of what the simulator is made of. Return where."""
    tree = build.resolve() / "defects"
    shutil.rmtree(tree, ignore_errors=True)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tree / folder)
    for file in FILES:
        (tree / file).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / file, tree / file)
    return tree


def make(tree, jobs):
    """Build the simulator. Return what the compiler says if it cannot be built."""
    made = subprocess.run(["make", "-s", "--no-print-directory", f"-j{jobs}", "build/sim"],
                          cwd=tree, capture_output=True, text=True, check=False)
    return made.stderr if made.returncode else None


def simulate(tree, *arguments):
    return subprocess.run(["build/sim", *arguments], cwd=tree, capture_output=True, text=True,
                          errors="replace", timeout=TIMEOUT_S, check=False)


def run_seeds(tree, seeds, jobs):
    """Return what was found, or None."""
    ran = simulate(tree, "--seeds", str(seeds), "--jobs", str(jobs), "--first")
    failed = FAILS.findall(ran.stdout)
    if not failed:
        return None if ran.returncode == 0 else Found("crash", "?", ran.stderr.strip())
    seed, prop, message = min(failed, key=lambda found: int(found[0]))
    assertion = ASSERTION.search(ran.stderr)
    if not prop and assertion:
        return Found("assertion", seed, assertion.group(1))
    return Found(prop or "crash", seed, message)


def run_scenarios(tree):
    """Return what was found, or None. That a story is told in other words is not enough."""
    failed = SCENARIO.search(simulate(tree, "--scenarios").stdout)
    return failed and Found(failed.group(2), failed.group(1).split("-")[0] + ".txt",
                            failed.group(3))


def run(tree, options):
    """Run the simulator. Return what was found, or None."""
    try:
        return run_seeds(tree, options.seeds, options.jobs) or run_scenarios(tree)
    except subprocess.TimeoutExpired:
        return Found("hangs", "?", f"more than {TIMEOUT_S} s")


def hunt(tree, defect, options):
    """Plant one defect and look for it. Return what was found, or None, or a text: an error."""
    try:
        path, text = plant(tree, defect)
    except Misplaced as error:
        return str(error)
    healthy = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    try:
        error = make(tree, options.jobs)
        return f"it does not compile:\n{error}" if error else run(tree, options)
    finally:
        path.write_text(healthy, encoding="utf-8")


def row(name, prop, seed, seconds):
    print(f"{name:<32} | {prop:<9} | {seed:>6} | {seconds:>7}", flush=True)


def hunt_all(tree, defects, options):
    """Return the names of those that were not found."""
    missed = []
    row("defect", "violated", "seed", "seconds")
    for defect in defects:
        began = time.monotonic()
        found = hunt(tree, defect, options)
        seconds = f"{time.monotonic() - began:.1f}"
        if isinstance(found, Found):
            row(defect.name, found.prop, found.seed, seconds)
            if options.verbose:
                print(f"    {found.message}", flush=True)
            continue
        missed.append(defect.name)
        row(defect.name, "ERROR" if found else "NOT FOUND", "-", seconds)
        print(f"    {found or defect.harm}", flush=True)
    return missed


def check_all(defects):
    """Whether each text is where it shall be, in the tree itself. Print those that are not."""
    names = [defect.name for defect in defects]
    errors = [f"{name}: there are two of that name" for name in sorted(set(names))
              if names.count(name) > 1]
    for defect in defects:
        try:
            plant(ROOT, defect)
        except Misplaced as error:
            errors.append(f"{defect.name}: {error}")
    for error in errors:
        print(error)
    print(f"{len(defects) - len(errors)} passed, {len(errors)} failed, 0 skipped")
    return not errors


def arguments(text):
    """A parser of what every program that plants defects understands; text: its description."""
    parser = argparse.ArgumentParser(description=text.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--only", action="append", help="a name of a defect, or its begin")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--list", action="store_true", help="what each defect would do to users")
    parser.add_argument("--check", action="store_true", help="only whether the texts are there")
    return parser


def chosen(options, defects):
    """Those that are to be planted. Where none is, as they are listed or checked, it exits."""
    found = [defect for defect in defects
             if not options.only or any(defect.name.startswith(name) for name in options.only)]
    if options.list:
        for defect in found:
            print(f"{defect.name}: {defect.harm}")
        sys.exit(0)
    if options.check:
        sys.exit(0 if check_all(found) else 1)
    return found


def main():
    parser = arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=10000)
    parser.add_argument("--verbose", action="store_true", help="what the simulator says")
    options = parser.parse_args()
    defects = chosen(options, DEFECTS)
    tree = copy_tree(options.build)
    error = make(tree, options.jobs)
    if error:
        sys.exit(f"the healthy code does not compile:\n{error}")
    began = time.monotonic()
    found = run(tree, options)
    if found:
        sys.exit(f"the healthy code fails {found.prop} with seed {found.seed}: {found.message}")
    print(f"the healthy code holds: {options.seeds} seeds in {time.monotonic() - began:.1f} s")
    missed = hunt_all(tree, defects, options)
    print(f"{len(defects) - len(missed)} of {len(defects)} defects found"
          f" in {time.monotonic() - began:.0f} s")
    print(f"{int(not missed)} passed, {int(bool(missed))} failed, 0 skipped")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
