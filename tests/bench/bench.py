# SPDX-License-Identifier: MIT
"""vipd side by side with Debian's keepalived, on this machine, in one run (`make bench`).

Two gateways that run the same program on one switch; adverts every 100 ms. The Active one dies
silently, is repaired, and leaves gracefully; programs take turns, round by round, so that whatever
else the machine does hits them alike. Told is how long after the moment that the protocol allows
the successor's adverts and gratuitous ARPs were at the switch, by the kernel's clock there.

vipd runs as it is installed: with real-time priority. keepalived runs as Debian ships it, without,
and in a second column with it. Then comes planned work, and what clients lose of pings by it; 255
dual-stack routers fail over together, and with --scale 4,080 virtual routers of IPv4. A thousand
checks a second, what a dead service costs, and how soon a command of notify is run come before the steady
state.

Absolute figures move from machine to machine: compare within a run. Samples, medians and ratios
go to build/bench.json. Exit status 0 if all could be measured, however slow it was.
"""

import argparse
import itertools
import json
import os
import platform
import shutil
import signal
import statistics
import sys
import time

from contenders import contenders        # makes those importable that others need
from checks import (CHECKS, COUNTS, FALLS, FEW, INTERVAL_MS, KINDS, SCRIPTS, WEIGHT, play_death,
                    play_load, play_memory, play_pages)
from dual import ADDRESSES, VRIDS, play_dual
from failover import Unmeasured, play
from forms import FORMS
from lab import LabError
from leave import play_planned
from notify import ROUNDS, play_notify
from scale import ROUTERS, play_scale
from steady import SCENES, WINDOW, WINDOWS, play_steady

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUDGET = 180                     # s: no trial of a failover begins later
FORM_TRIALS = 5
PLANNED_TRIALS, PLANNED_BUDGET = 5, 240     # of 16 s for each program
DUAL_TRIALS, DUAL_BUDGET = 3, 78     # of 9 s for each program
CHECK_TRIALS, CHECK_BUDGET = 3, 900
NOTIFY_TRIALS, NOTIFY_BUDGET = 5, 120
FORM_VIPS = {"IPv6": (1, 1000), "virtual MAC": (1,), "unicast": (1,)}
VIPS = (1, 1000)
TITLES = {"silent death": "Active dies silently: ms behind Active_Down_Interval",
          "graceful leave": "Active leaves: ms behind priority 0 and the skew time",
          **{form.named(scenario): f"{form.key}: {title}" for form in FORMS for scenario, title in
             (("silent death", "Active dies silently, ms"), ("graceful leave", "Active leaves, ms"))},
          **{f"steady, {interval}": f"Steady state, adverts every {interval}"
            for _, interval in SCENES},
          "planned stop": "Active is stopped, adverts every second: what clients lose",
          "planned return": "It comes back and preempts",
          "planned drain": "It is drained (keepalived: told a lower priority)",
          "dual": f"{len(VRIDS)} dual-stack routers, adverts every second: Active dies silently",
          **{f"checks, {kind}": f"{count:,} checks a second: {kind} (keepalived: {SCRIPTS} scripts)"
             for kind, count in COUNTS.items()},
          **{f"death, fall {fall}": f"A service dies, asked every {INTERVAL_MS} ms (keepalived: 1 s), "
             f"fall {fall}: ms until" for fall in FALLS},
          **{f"pages, weight {weight}": f"nginx of the Active dies, weight {weight}: pages of a client"
             for weight in (0, WEIGHT)},
          "notify": "A router becomes Active: ms from its first advert to the start of a command",
          "scale": f"{ROUTERS:,} virtual routers, adverts every second"}

# What vipd means to reach: at most so much, or so many times what keepalived as shipped needs.
TARGETS = {**{(form.named("silent death"), 2 if form.family == 6 else 1, "first announcement"):
              (0.5, "x") for form in FORMS},
           ("silent death", 1, "first announcement"): (0.5, "x"),
           ("silent death", 1000, "last announcement"): (4, "ms"),
           ("graceful leave", 1, "first announcement"): (0.5, "x"),
           ("graceful leave", 1000, "last announcement"): (0.5, "x"),
           ("steady, 100ms", 1, "CPU as Active, %"): (1, "x"),
           ("steady, 100ms", 1, "CPU as Backup, %"): (1, "x"),
           ("steady, 1s", 1, "CPU as Active, %"): (1, "x"),
           ("steady, 1s", 1, "CPU as Backup, %"): (1, "x"),
           ("steady, 100ms", 1000, "CPU as Active, %"): (2, "x"),
           ("steady, 100ms", 1000, "CPU as Backup, %"): (2, "x"),
           **{(f"planned {what}", 1, "pings lost"): (0, "")
              for what in ("stop", "return", "drain")},
           ("dual", ADDRESSES, "announcement behind, p99, ms"): (100, "ms"),
           ("dual", ADDRESSES, "families of a router apart, max, ms"): (20, "ms"),
           ("dual", ADDRESSES, "addresses not announced"): (0, ""),
           ("dual", ADDRESSES, "CPU of the failover, ms"): (0.3, "x"),
           **{(f"checks, {kind}", count, quantity): target for kind, count in COUNTS.items()
              for quantity, target in (
                  # A command is a process for either of them, most of whose cost is its own
                  # start; vipd's has another one that watches it, and ends what it leaves.
                  ("CPU per check, us", (1.15 if kind == "command" else 0.2, "x")),
                  ("adverts off, p99, with less without, ms", (0.2, "ms")))},
           **{(f"checks, {kind}", FEW, "private memory of the checker, MiB"): (4, "MiB")
              for kind in KINDS},
           **{(f"death, fall {fall}", 1, "priority 0, max, ms"): (INTERVAL_MS * fall + 5, "ms")
              for fall in FALLS},
           **{(f"pages, weight {weight}", 1, "behind that, ms"): (5, "ms")
              for weight in (0, WEIGHT)},
           ("notify", 1, "command behind the advert"): (50, "ms"),
           ("notify", 200, "commands behind their adverts, last"): (2000, "ms"),
           ("scale", ROUTERS, "start to all Active, s"): (4, "s"),
           ("scale", ROUTERS, "CPU as Active, %"): (0.35, "x"),
           ("scale", ROUTERS, "CPU as Backup, %"): (0.4, "x"),
           ("scale", ROUTERS, "adverts off their second, p99, ms"): (1, "ms"),
           ("scale", ROUTERS, "memory as Active, MiB"): (10, "MiB"),
           ("scale", ROUTERS, "announcement behind, p99, ms"): (60, "ms"),
           ("scale", ROUTERS, "announcement behind, max, ms"): (100, "ms"),
           ("scale", ROUTERS, "CPU of the failover, ms"): (120, "ms")}


class Results:
    """Samples by (scenario, addresses, quantity) and contender; what could not be measured."""

    def __init__(self, who):
        self.who, self.samples, self.failures = who, {}, []
        self.tried, self.done = set(), set()       # (what, addresses, contender)

    def add(self, scenario, vips, contender, values):
        """Takes the values of one round."""
        for quantity, value in values.items():
            row = self.samples.setdefault((scenario, vips, quantity), {})
            row.setdefault(contender.key, []).append(value)

    def fail(self, contender, vips, error):
        """A round that came to nothing."""
        text = str(error).splitlines()[0]
        self.failures.append({"contender": contender.key, "addresses": vips, "why": text})
        print(f"not measured: {contender.title}, {vips:,} VIPs: {text}", file=sys.stderr)

    def median(self, row, contender):
        """Of one cell, or None if it is empty."""
        values = self.samples[row].get(contender.key)
        return statistics.median(values) if values else None

    def ratio(self, row, other):
        """vipd's median as a multiple of the other's, or None."""
        ours, theirs = self.median(row, self.who[0]), self.median(row, other)
        return ours / theirs if ours is not None and theirs else None

    def complete(self):
        """Whether everything was measured at least once."""
        return self.done >= self.tried


def attempt(results, contender, vips, function, *args, must=True):
    """Plays one round, and notes what came of it.

    must: a contender that never can be measured is a failure of the run.
    """
    what = (function.__name__, *args, vips, contender.key)
    if must:
        results.tried.add(what)
    try:
        for scenario, values in function(contender, vips, *args).items():
            results.add(scenario, vips, contender, values)
        results.done.add(what)
    except (Unmeasured, LabError) as error:
        results.fail(contender, vips, error)


def measure_failover(results, trials):
    """All contenders in turn, trial by trial; every second trial with 1,000 addresses as well."""
    end = time.monotonic() + BUDGET
    for trial in range(trials):
        for vips, contender in itertools.product(VIPS[:2 - trial % 2], results.who):
            if time.monotonic() > end:
                return
            progress(f"trial {trial + 1} of {trials}: {contender.title}, {vips:,} VIPs")
            attempt(results, contender, vips, play)


def measure_forms(results, trials):
    """The same in other forms: an IPv6 router has a link-local address besides."""
    end = time.monotonic() + BUDGET
    for trial, form in itertools.product(range(trials), FORMS):
        for vips, contender in itertools.product(FORM_VIPS[form.key], results.who):
            if time.monotonic() > end:
                return
            progress(f"{form.key}, trial {trial + 1} of {trials}: {contender.title}, {vips:,} VIPs")
            attempt(results, contender, vips + (form.family == 6), play, form)


def measure_planned(results, trials):
    """Planned work, in turn."""
    end = time.monotonic() + PLANNED_BUDGET
    for trial, contender in itertools.product(range(trials), results.who):
        if time.monotonic() > end:
            return
        progress(f"planned work, trial {trial + 1} of {trials}: {contender.title}")
        attempt(results, contender, 1, play_planned)


def measure_dual(results, trials):
    """Routers of both families, in turn. That keepalived cannot is told, and no failure."""
    end = time.monotonic() + DUAL_BUDGET
    for trial, contender in itertools.product(range(trials), results.who):
        if time.monotonic() > end:
            return
        progress(f"dual-stack, trial {trial + 1} of {trials}: {contender.title}")
        attempt(results, contender, ADDRESSES, play_dual, must=bool(contender.vipd))


def measure_checks(results, trials, asked):
    """What checks cost and find, in turn."""
    end = time.monotonic() + CHECK_BUDGET
    for trial, contender in itertools.product(range(trials), results.who):
        if time.monotonic() > end:
            return
        progress(f"checks, trial {trial + 1} of {trials}: {contender.title}")
        for count in sorted({COUNTS[kind] for kind in asked}):
            kinds = [kind for kind in asked if COUNTS[kind] == count]
            for some in [[kind] for kind in kinds] if contender.vipd else [kinds]:
                attempt(results, contender, count, play_load, *some)
        for kind in asked if contender.vipd and trial == 0 else ():
            attempt(results, contender, FEW, play_memory, kind)
        for fall in FALLS if trial == 0 else ():
            attempt(results, contender, 1, play_death, fall)
        for weight in (0, WEIGHT):
            attempt(results, contender, 1, play_pages, weight)


def measure_notify(results, trials):
    """How soon somebody is told, in turn."""
    end = time.monotonic() + NOTIFY_BUDGET
    for trial, count, contender in itertools.product(range(trials), ROUNDS, results.who):
        if time.monotonic() > end:
            return
        progress(f"commands, trial {trial + 1} of {trials}: {contender.title}, {count} routers")
        what = ("notify", count, contender.key)
        results.tried.add(what)
        try:
            for values in play_notify(contender, count):
                results.add("notify", count, contender, values)
            results.done.add(what)
        except (Unmeasured, LabError) as error:
            results.fail(contender, count, error)


def measure_steady(results, windows):
    """What doing nothing costs: all contenders in the same seconds."""
    for vips, interval in SCENES:
        progress(f"steady state: {vips:,} VIPs, {interval}")
        what = {("steady", interval, vips, it.key) for it in results.who}
        results.tried |= what
        try:
            for contender, rows in play_steady(results.who, vips, interval, windows).items():
                for quantity, values in rows.items():
                    for value in values:
                        results.add(f"steady, {interval}", vips, contender, {quantity: value})
            results.done |= what
        except (Unmeasured, LabError) as error:
            for contender in results.who:
                results.fail(contender, vips, error)


def measure_scale(results):
    """Thousands of virtual routers, once each."""
    for contender in results.who:
        progress(f"{ROUTERS:,} routers: {contender.title}")
        attempt(results, contender, ROUTERS, play_scale)


def progress(text):
    """A line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r  {text:70.70}", end="\r", file=sys.stderr, flush=True)


def number(value):
    """Three digits or so, whatever its size."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def cell(values):
    """Median and range of the samples."""
    if not values:
        return "-"
    median = number(statistics.median(values))
    if len(values) < 2:
        return median
    return f"{median} ({number(min(values))}..{number(max(values))})"


def verdict(results, row, versus):
    """The target of a row, and whether it is met."""
    if row not in TARGETS:
        return ""
    limit, unit = TARGETS[row]
    value = results.ratio(row, versus) if unit == "x" else results.median(row, results.who[0])
    if value is None:
        return ""
    bound = f"{limit:g} {unit}".rstrip()
    return f"<= {bound}: {'met' if value <= limit else 'missed'}"


def counted(scenario, number_of):
    """What a row is about."""
    if scenario == "notify":
        return f"{number_of:,} router{'s' * (number_of > 1)}"
    noun = "check" if scenario.startswith(("checks", "death", "pages")) else "VIP"
    return f"{number_of:,} {noun}{'s' * (number_of > 1)}"


def table(results, rows, title):
    """One table: a row per quantity, a column per contender, the ratios to keepalived."""
    versus = [it for it in results.who if not it.vipd]
    head = [title, *(it.title for it in results.who),
            *(f"vipd / {it.key}" for it in versus), "target"]
    lines = [head]
    for row in rows:
        lines.append([f"  {counted(*row[:2])}: {row[2]}",
                      *(cell(results.samples[row].get(it.key)) for it in results.who),
                      *(number(results.ratio(row, it)) for it in versus),
                      verdict(results, row, versus[0])])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0]),
                         *(text.rjust(width) for text, width in zip(line[1:-1], widths[1:-1])),
                         line[-1]]).rstrip())
    print()


def show(results, machine):
    """All tables."""
    print(f"\n{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
          f"load {machine['load']:.2f}")
    for contender in results.who:
        print(f"  {contender.title}: {machine['versions'][contender.key]}")
    print("vipd with its default real-time priority; keepalived as shipped (none), and with "
          "vrrp_rt_priority.\nMedian (least..most).\n")
    for scenario, title in TITLES.items():
        if rows := sorted((row for row in results.samples if row[0] == scenario),
                          key=lambda row: row[1]):
            table(results, rows, title)
    if results.failures:
        print(f"Rounds that could not be measured: {len(results.failures)}")


def describe(who):
    """The machine and the programs."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load": os.getloadavg()[0],
            "versions": {it.key: it.version() for it in who}}


def save(results, machine, path):
    """Everything, for later comparison."""
    versus = [it for it in results.who if not it.vipd]
    rows = [{"scenario": row[0], "addresses": row[1], "quantity": row[2],
             "samples": results.samples[row],
             "medians": {it.key: results.median(row, it) for it in results.who},
             "ratios": {f"vipd/{it.key}": results.ratio(row, it) for it in versus}}
            for row in results.samples]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"machine": machine, "rows": rows, "not_measured": results.failures}, file,
                  indent=1)
    print(f"Samples: {os.path.relpath(path)}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=15,
                        help="with one address (default 15); with 1,000 half as many")
    parser.add_argument("--scale", action="store_true", help=f"also {ROUTERS:,} virtual routers")
    parser.add_argument("--only-scale", action="store_true", help="nothing else")
    parser.add_argument("--only-steady", action="store_true", help="nothing but the steady state")
    parser.add_argument("--only-forms", action="store_true",
                        help="nothing but failovers over IPv6, with virtual MACs, by unicast")
    parser.add_argument("--only-planned", action="store_true",
                        help="nothing but a stop, a return and a drain")
    parser.add_argument("--only-dual", action="store_true",
                        help=f"nothing but {len(VRIDS)} dual-stack routers")
    parser.add_argument("--only-checks", action="store_true",
                        help=f"nothing but {CHECKS:,} checks a second, and services that die")
    parser.add_argument("--only-notify", action="store_true",
                        help="nothing but how soon a command is run")
    parser.add_argument("--kinds", default=",".join(KINDS), type=lambda text: text.split(","),
                        help="of checks, with commas between them (default: %(default)s)")
    parser.add_argument("--windows", type=int, default=WINDOWS,
                        help=f"of {WINDOW:g} s for the steady state (default {WINDOWS})")
    parser.add_argument("--vipd", action="append", default=[], metavar="PATH",
                        help="another build of vipd to compare; may be repeated")
    parser.add_argument("--without-rt", action="store_true",
                        help="leave out keepalived with real-time priority")
    return parser.parse_args()


def main():
    """Measures, shows, saves."""
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("the benchmark makes network namespaces: it needs root (sudo make bench)")
    if not shutil.which("keepalived"):
        sys.exit("keepalived is not installed: apt-get install keepalived")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    who = contenders(options.vipd)
    if options.without_rt:
        who = [it for it in who if it.key != "keepalived-rt"]
    results, machine = Results(who), describe(who)
    only = (options.only_scale or options.only_steady or options.only_forms
            or options.only_dual or options.only_planned or options.only_checks
            or options.only_notify)
    if not only:
        measure_failover(results, options.trials)
    if not only or options.only_forms:
        measure_forms(results, min(options.trials, FORM_TRIALS))
    if not only or options.only_planned:
        measure_planned(results, min(options.trials, PLANNED_TRIALS))
    if not only or options.only_dual:
        measure_dual(results, min(options.trials, DUAL_TRIALS))
    if not only or options.only_checks:
        measure_checks(results, min(options.trials, CHECK_TRIALS), options.kinds)
    if not only or options.only_notify:
        measure_notify(results, min(options.trials, NOTIFY_TRIALS))
    if not only or options.only_steady:
        measure_steady(results, options.windows)
    if options.scale or options.only_scale:
        measure_scale(results)
    progress("")
    show(results, machine)
    save(results, machine, os.path.join(ROOT, "build", "bench.json"))
    if not results.complete():
        sys.exit("not everything could be measured")


if __name__ == "__main__":
    main()
