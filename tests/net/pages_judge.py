# SPDX-License-Identifier: MIT
"""What was to be told and what was told, compared: the journal of a host, and what the commands of
its entries have written down (tests/net/pager.c). Nothing here looks at a process or a clock.

An entry with deliver = "all" is told of each change of a router's state, in their order, at least
once, and never of anything else; what may be a repetition says so; what is left out is as many as
the next one says were merged into it. One with deliver = "current" is told of states that are true
when its command is chosen, and in the end of the last one. Neither has two commands at once for one
router. What befalls the host, its processes and its last will, is told to the first one alone, which
is told of no router that it stopped with the will; the other one is told of that alone.

When what was written down is lost, the first one is told once more of all that the rings still have,
from their beginning, and of nothing else that was before; what it was told of says so.
"""

import collections
import itertools
import json
from dataclasses import dataclass
from datetime import datetime, timezone

OF_HOST = ("process_lost", "last_will")
SLACK_NS = 500_000_000           # from reading the last event to the fork of a command, on a busy host
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def ns_of(text):
    """The time of an event as JSON has it, in nanoseconds."""
    since = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z") - EPOCH
    return ((since.days * 86400 + since.seconds) * 10**6 + since.microseconds) * 1000


@dataclass(frozen=True)
class Change:
    """A change of a router's state, as the journal has it."""
    router: str                  # "": of the host
    before: str
    state: str                   # of the host: the kind of event
    seq: int
    time: str
    life: int                    # of vipd, in which it happened
    by_will: bool = False        # it follows from the last will, and no router tells it

    key = property(lambda self: (self.router, self.seq, self.time))
    ns = property(lambda self: ns_of(self.time))

    def __str__(self):
        return (f"{self.router or 'host'} {self.state} ({self.seq}, {self.time[11:-1]}, "
                f"life {self.life})")


@dataclass
class Run:
    """One run of a command."""
    pid: int
    began: int                   # ns, CLOCK_REALTIME
    chosen: int                  # likewise: when its warden was forked
    alone: bool
    event: dict
    ended: int = 0               # 0: it was killed, or still runs

    router = property(lambda self: self.event.get("router", ""))
    key = property(lambda self: (self.router, self.event["seq"], self.event["time"]))

    def __str__(self):
        repeat = ", repeat" * self.event["repeat"]
        what = self.event.get("to", self.event["kind"])
        return (f"{self.router or 'host'} {what} ({self.event['seq']}, "
                f"{self.event['time'][11:-1]}{repeat}, pid {self.pid})")


def read_runs(path):
    """[Run, ...] in the order in which they began."""
    runs, open_ = [], {}
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        if not line.endswith("\t."):
            continue                               # it was killed while it wrote that
        kind, pid, *rest = line.removesuffix("\t.").split("\t")
        if kind == "S":
            began, chosen, alone, event = rest
            runs.append(Run(int(pid), int(began), int(chosen), alone == "1",
                            json.loads(event or "{}")))
            open_[pid] = runs[-1]
        else:
            if run := open_.pop(pid, None):
                run.ended = int(rest[0])
    return runs


class Truth:
    """The journal so far: what happened, and which lives vipd has had."""

    def __init__(self):
        self.changes, self.last_seq, self.last_host_seq = [], 0, 0
        self.lives = []          # [ns, ...]: when each began
        self.wills = {}          # life: the last will that ended it
        self.ends = {}           # life: ns when all of it was dead at once
        self.ring_at = 0         # in changes: the first one that the rings have
        self.losses = []         # [(ns when what was written down was lost, ring_at then), ...]

    def begin_life(self, ns):
        """vipd is about to be started."""
        self.lives.append(ns)

    def end_life(self, ns):
        """All of it has been killed."""
        self.ends[len(self.lives) - 1] = ns

    def take(self, events):
        """What the rings have, of now; what was taken before is passed over."""
        for event in events:
            if event["kind"] == "journal_lost":
                raise AssertionError("the journal was read too late, which proves nothing")
            if event["kind"] == "state" and event["seq"] > self.last_seq:
                self.last_seq = event["seq"]
                self._add(event, event["router"], event["from"], event["to"])
            elif event["kind"] in OF_HOST and event["seq"] > self.last_host_seq:
                self.last_host_seq = event["seq"]
                self._add(event, "", "", event["kind"])
                if event["kind"] == "last_will":
                    self._end_by_will(event)

    def _add(self, event, router, before, state, **more):
        self.changes.append(Change(router, before, state, event["seq"], event["time"],
                                   len(self.lives) - 1, **more))

    def _end_by_will(self, event):
        """All routers stop with it, though none can say so."""
        life = len(self.lives) - 1
        self.wills[life] = event
        last = {it.router: it for it in self.changes if it.router and it.life == life}
        for it in last.values():
            if it.state != "initialize":
                self._add(event, it.router, it.state, "initialize", by_will=True)

    def lose_rings(self, committed):
        """The rings are gone, and with them what nobody had written down.

        committed: {(seq, time), ...} of what is in the store, which was made anew if it was lost.
        """
        before = self.losses[-1][1] if self.losses else 0
        self.changes = self.changes[:before] + [it for it in self.changes[before:]
                                                if (it.seq, it.time) in committed]
        self.ring_at = len(self.changes)
        self.last_seq = self.last_host_seq = 0

    def lose_store(self, ns):
        """What was written down is gone while nobody lives, and the rings are there."""
        self.losses.append((ns, self.ring_at))

    def begins_again(self, news, loss):
        """Which of a router's news is told first after a loss."""
        known = set(self.changes[loss[1]:])
        return next((i for i, it in enumerate(news) if it in known), len(news))

    def news(self, actions=False):
        """{router: [Change, ...]}: what there is to tell, by an entry for pages, or for actions. What
        was told before is no news when its reason alone is another one; a router that begins anew
        is."""
        found, known = collections.defaultdict(list), {}
        for it in self.changes:
            if not it.router and not actions:
                found[it.router].append(it)
            if not it.router or it.by_will and not actions:
                continue
            same = known.get(it.router) == (it.life, it.state)
            if it.before != it.state and (it.before == "initialize" or not same):
                found[it.router].append(it)
            known[it.router] = (it.life, it.state)
        return found

    def end_of(self, news, i):
        """When the i-th of a router's news was no longer true, in ns; None: it still is."""
        it, after = news[i], news[i + 1] if i + 1 < len(news) else None
        ends = [ns for ns in (after and after.ns, self.ends.get(it.life)) if ns]
        return min(ends, default=None)


def _by_subject(runs, news):
    """(subject, its news, its runs, {key: place of a piece of news})

    A router's states are one subject; of the host each kind is: no other takes its place.
    """
    told, heard = collections.defaultdict(list), collections.defaultdict(list)
    for run in runs:
        told[run.router or f"host {run.event['kind']}"].append(run)
    for it in itertools.chain(*news.values()):
        heard[it.router or f"host {it.state}"].append(it)
    for subject in sorted({*told, *heard}):
        yield (subject, heard[subject], told[subject],
               {it.key: i for i, it in enumerate(heard[subject])})


def _common(run, places):
    """What is wrong with a run by itself."""
    if not run.alone:
        yield f"two commands at once: {run}"
    if run.key not in places:
        yield f"was told what never was: {run}"


def judge_pages(truth, runs):
    """Of deliver = "all". Return: [complaint, ...]; that all is over is for judge_end()."""
    found = []
    for subject, news, told, places in _by_subject(runs, truth.news()):
        last, seen, first, losses = -1, set(), 0, list(truth.losses)
        begun = set()                              # as far as somebody knows: else it may be merged
        for run in told:
            while losses and run.began > losses[0][0]:
                first = truth.begins_again(news, losses.pop(0))
                last, begun = first - 1, set()
            found += _common(run, places)
            place = places.get(run.key)
            if place is None:
                continue
            if place < max(last, first):
                found.append(f"out of order: {run} behind {news[last]}")
            if run.key in seen and not run.event["repeat"]:
                found.append(f"a repetition that is not marked: {run}")
            left_out = place - last - 1
            if place > last and left_out != run.event["merged"]:
                lost = ", ".join(map(str, news[last + 1:place]))
                found.append(f"lost before {run}, which says that {run.event['merged']} were "
                             f"merged: {lost or 'nothing'}")
            seen.add(run.key)
            begun.add(run.key)
            last = max(last, place)
        ended = {run.key for run in told if run.ended}
        found += [f"was never told to its end: {subject} {key}" for key in begun - ended
                  if places.get(key, last) < last]
    return found


def judge_actions(truth, runs, slack_ns=SLACK_NS):
    """Of deliver = "current". Return: [complaint, ...]."""
    found = []
    for _, news, told, places in _by_subject(runs, truth.news(actions=True)):
        last, seen = -1, set()
        for run in told:
            found += _common(run, places)
            place = places.get(run.key)
            if place is None:
                continue
            if place < last:
                found.append(f"out of order: {run} behind {news[last]}")
            if run.key in seen and not run.event["repeat"]:
                found.append(f"a repetition that is not marked: {run}")
            found += _untrue(truth, news, place, run, slack_ns)
            seen.add(run.key)
            last = max(last, place)
    return found


def _untrue(truth, news, place, run, slack_ns):
    end, life = truth.end_of(news, place), news[place].life
    if end and run.chosen > end + slack_ns:
        yield f"was {(run.chosen - end) / 1e6:.0f} ms no longer true: {run}"
    if life in truth.ends and life + 1 < len(truth.lives) and run.chosen > truth.lives[life + 1]:
        yield f"is of a life that is over: {run}"


def judge_will(truth, runs, life):
    """Of deliver = "current", of a life that ended by itself, and in which nobody who tells was
    killed: of each router it was told that it stopped."""
    ended = {run.key for run in runs if run.ended}
    return [f"was not told that it stopped: {it}" for it in truth.changes
            if it.by_will and it.life == life and it.key not in ended]


def judge_end(truth, runs, kind):
    """When all has been told: the last of each router is the last that happened, to its end."""
    found = []
    for _, news, told, _ in _by_subject(runs, truth.news(actions=kind == "action")):
        ended = {run.key for run in told if run.ended}
        if news and (not told or told[-1].key != news[-1].key or news[-1].key not in ended):
            found.append(f"the last {kind} is not of the last state: "
                         f"{told[-1] if told else 'none'}, not {news[-1]}")
    return found
