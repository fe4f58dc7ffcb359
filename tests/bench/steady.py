# SPDX-License-Identifier: MIT
"""What doing nothing costs: a pair of gateways for each program, all of them in the same seconds.

Each contender has a segment of its own with an Active and a Backup. All run at once and are
measured over the same windows, so that whatever else the machine does hits them alike; a window is
a sample. Counted is the time of all processes of a host, and how often they were woken up, which
moves less than any time does.
"""

import re
import time

import reaper
from contenders import cpu_ns, keep_apart, pss_kib
from failover import LIMIT, Unmeasured, network, quiet
from forms import PLAIN
from lab import wait_until

WINDOWS, WINDOW = 5, 5.0         # s
SCENES = ((1, "100ms"), (1, "1s"), (1000, "100ms"))


def wakeups(host):
    """How often the processes of a host have given up a core by themselves so far."""
    return sum(_switches(pid) for pid in reaper.processes([host.netns]))


def _switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M).group(1))


class Couple:
    """Two gateways with the same program on a segment of their own."""

    def __init__(self, lab, contender, number, count, interval):
        self.contender = contender
        segment = f"seg{number}"
        self.active = lab.host(f"a{number}", "10.9.0.2/16", segment=segment)
        self.backup = lab.host(f"b{number}", "10.9.0.3/16", segment=segment)
        contender.start(self.active, [PLAIN.settings(150, count, interval)])
        wait_until(lambda: len(self.active.addresses()) == count + 1, LIMIT,
                   f"all addresses of {self.active}", every=0.2)
        contender.start(self.backup, [PLAIN.settings(100, count, interval)])
        PLAIN.wait_listens(self.backup, LIMIT)

    def spent(self):
        """CPU in ns and wake-ups of both roles so far."""
        return [(cpu_ns(host), wakeups(host)) for host in (self.active, self.backup)]

    def memory(self):
        """Of both roles."""
        return {"memory as Active, MiB": [pss_kib(self.active) / 1024],
                "memory as Backup, MiB": [pss_kib(self.backup) / 1024]}


def _measure(couples):
    """One window. Return: per couple, {quantity: value}."""
    before, began = [it.spent() for it in couples], time.monotonic()
    time.sleep(WINDOW)
    after, seconds = [it.spent() for it in couples], time.monotonic() - began
    rows = []
    for was, now in zip(before, after):
        row = {}
        for role, (cpu0, woken0), (cpu1, woken1) in zip(("Active", "Backup"), was, now):
            row[f"CPU as {role}, %"] = (cpu1 - cpu0) / seconds / 1e7
            row[f"wake-ups as {role}, 1/s"] = (woken1 - woken0) / seconds
        rows.append(row)
    return rows


def play_steady(who, count, interval, windows=WINDOWS):
    """All contenders at once. Return: {contender: {quantity: [value]}}."""
    with network(f"steady, {count}, {interval}") as lab:
        couples = [Couple(lab, it, i, count, interval) for i, it in enumerate(who)]
        # Behind the start lie the second announcements, five seconds later by keepalived.
        with quiet(lab.capture):
            time.sleep(8.0)
            for couple in couples:
                keep_apart(couple.active, couple.backup)
            if any(len(it.backup.addresses()) != 1 for it in couples):
                raise Unmeasured("a Backup became Active by itself")
            samples = [_measure(couples) for _ in range(windows)]
        found = {it.contender: it.memory() for it in couples}
        for window in samples:
            for couple, row in zip(couples, window):
                for quantity, value in row.items():
                    found[couple.contender].setdefault(quantity, []).append(value)
        return found
