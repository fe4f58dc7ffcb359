# SPDX-License-Identifier: MIT
"""Random faults on three gateways for some minutes, and what a client notices of them.

    make soak MINUTES=10 [SEED=n]

Each round draws one fault, or two at a time on different gateways, lets them last, undoes them,
and waits until the gateways have settled: one Active per router, addresses as the states say, the
client answered. The longest outage of a round must be within the bound of its faults, of two the
sum; the table is in soak_faults.py. At the end nothing may have grown or be left.

A machine that holds up the pinger itself by more than HELD_UP holds up vipd as well: what is late
in such a round is told and skipped, unless it happens too often. Wrong states never are.

The same seed draws the same faults in the same order; how many rounds fit into the time depends
on the machine. KEEP=1 keeps the files of a run that passed, too: logs, configurations, capture.
"""

import argparse
import collections
import contextlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "net"))

from lab import Lab, LabError  # noqa: E402  (found by the line above)
from soak_faults import FAULTS, pause  # noqa: E402
from soak_leaks import Leaks, stray_files  # noqa: E402
from soak_scene import PING_S, Scene  # noqa: E402

PAIRS = 0.3                      # of all rounds have two faults
PAIR = "two at a time"
CRASH_WINDOW_S = 61              # the keeper forgets crashes after 60 s
CRASHES_MAX = 2                  # in that time; the third is the last will
WARM_UP = 3                      # rounds, before it is counted what a program holds
HELD_UP = 0.05                   # s between two pings, beyond their interval
EXCUSED_MAX = 0.1                # of all rounds
END_S = 8                        # of the time are for the end


@dataclass
class Round:
    """What happened."""
    number: int
    hits: list                                     # (Fault, Gateway, its random generator)
    hold: float
    rest: float
    words: list = field(default_factory=list)      # that the faults say
    problems: list = field(default_factory=list)
    late: list = field(default_factory=list)       # problems that a busy machine may make
    outage: float = 0.0
    stall: float = 0.0
    skipped: bool = False
    began: float = 0.0

    faults = property(lambda self: [fault for fault, _, _ in self.hits])
    name = property(lambda self: PAIR if len(self.hits) > 1 else self.faults[0].name)

    @property
    def excused(self):
        """Whether it went wrong in a way that proves nothing."""
        return bool(self.late) and not self.problems and self.stall > HELD_UP

    @property
    def bound(self):
        """The longest outage allowed."""
        return sum(fault.bound + (self.hold if fault.deaf else 0) for fault in self.faults)

    def __str__(self):
        what = " + ".join(f"{fault.name} on {gateway}" for fault, gateway, _ in self.hits)
        words = ", ".join(self.words)
        if self.skipped:
            return f"{self.number:4} {self.began:8.2f} s  skip  {what}: {words}"
        result = "FAIL" if self.problems else "ok"
        result = "skip" if self.excused else result
        busy = f", machine held up {self.stall:.3f}" if self.stall > HELD_UP else ""
        return (f"{self.number:4} {self.began:8.2f} s  {result:4}  {what} ({words}): outage "
                f"{self.outage:.3f} s of {self.bound:.3f}{busy}")


class Plan:
    """Draws rounds: every fault once in random order, then anew."""

    def __init__(self, seed, gateways):
        self._rng, self._gateways = random.Random(seed), gateways
        self._bag, self._numbers = [], 0

    def _fault(self):
        if not self._bag:
            self._bag = self._rng.sample(FAULTS, len(FAULTS))
        return self._bag.pop()

    def draw(self):
        """The next round. What is drawn depends on the seed alone, but for crashes()."""
        faults = [self._fault() for _ in range(1 + (self._rng.random() < PAIRS))]
        order = self._rng.sample(self._gateways, len(self._gateways))
        dice = [random.Random(self._rng.random()) for _ in faults]
        hold = max(self._rng.uniform(*fault.hold) for fault in faults)
        self._numbers += 1
        chosen = self._choose(faults, order)
        done = Round(self._numbers, list(zip(faults, chosen or order, dice)), hold,
                     self._rng.uniform(0.2, 1))
        if not chosen:
            done.skipped, done.words = True, ["it would be the third crash within a minute"]
        return done

    @staticmethod
    def _choose(faults, order):
        """A gateway for each fault, the first in order that may crash so often. [] if none."""
        chosen = []
        for fault in faults:
            able = [gateway for gateway in order if gateway not in chosen
                    and recent_crashes(gateway) + fault.crashes <= CRASHES_MAX]
            if not able:
                return []
            chosen.append(able[0])
        return chosen


def recent_crashes(gateway):
    """How many the keeper may still remember."""
    return sum(at > time.monotonic() - CRASH_WINDOW_S for at in gateway.crashes)


class Soak:
    """A run: rounds until the time is over, then the end."""

    def __init__(self, lab, seed, minutes):
        self.lab = lab
        self.began = time.monotonic()
        self.deadline = self.began + minutes * 60
        self.rounds, self.last_words = [], []      # complaints of the end
        self.ended, self.broken = False, False
        self.scene = Scene(lab)
        self.plan = Plan(seed, self.scene.gateways)
        self.leaks = None

    def run(self):
        """All of it; what went wrong is in the rounds and in last_words."""
        self.scene.begin_round()
        self.scene.wait_settled()
        for ping in self.scene.begin_round():      # what was before counts for nothing
            ping.sent.clear()
        while time.monotonic() < self.deadline - END_S and not self.broken:
            self.play(self.plan.draw())
        self.end()

    def play(self, done):
        """One round, and its line."""
        done.began = time.monotonic() - self.began
        self.rounds.append(done)
        if not done.skipped:
            pause(done.rest)
            try:
                self.disturb(done)
                self.scene.wait_settled()
            except (AssertionError, OSError) as error:
                done.problems.append(f"{type(error).__name__}: {error}")
                self.broken = True                 # what comes after would prove nothing
            self.judge(done)
        print(done, flush=True)
        for problem in done.problems + (done.late if done.excused else []):
            print(f"       {problem}", flush=True)

    def disturb(self, done):
        """Makes the faults, lets them last, undoes them."""
        unnoticed = all(fault.unnoticed for fault in done.faults)
        before = self.became_active() if unnoticed else 0
        began = time.monotonic()
        with contextlib.ExitStack() as faults:
            for fault, gateway, rng in done.hits:
                gateway.crashes += [time.monotonic()] * fault.crashes
                done.words.append(faults.enter_context(fault.make(self.scene, gateway, rng)))
            pause(done.hold)
            hit = [gateway for fault, gateway, _ in done.hits if fault.cuts]
            if not any(fault.deaf for fault in done.faults):
                self.scene.wait_one_active([gw for gw in self.scene.gateways if gw not in hit])
            done.hold = time.monotonic() - began   # the second one may have come late
        if unnoticed and (after := self.became_active()) != before:
            done.late.append(f"{after - before} routers became Active")

    def became_active(self):
        """How often any router did."""
        return sum(gateway.became_active() for gateway in self.scene.gateways)

    def judge(self, done):
        """The outages of the round, and what it left."""
        for ping in self.scene.begin_round():
            gaps = [after - before for before, after in zip(ping.sent, ping.sent[1:])]
            done.stall = max(done.stall, max(gaps, default=0) / 1e9 - PING_S)
            done.outage = max(done.outage, ping.longest_outage())
            ping.sent.clear()
            ping.replied.clear()
        if done.outage > done.bound + done.stall:
            done.late.append(f"an outage of {done.outage:.3f} s")
        if done.stall <= HELD_UP:
            done.problems += done.late
        if not self.broken:
            done.problems += self.scene.complaints()
            self.watch_leaks()
        if done.problems:
            self.lab.capture.write(self.lab.path(f"capture-round-{done.number}.pcapng"))
        self.scene.forget()

    def watch_leaks(self):
        """Counts after the warm-up, and takes note of new keepers from then on."""
        if self.leaks:
            self.leaks.note()
        elif len(self.rounds) >= WARM_UP:
            self.leaks = Leaks(self.scene.gateways)

    def end(self):
        """Leaks, and how the agents leave."""
        if self.broken:
            self.scene.thaw()
            return
        self.last_words += self.leaks.complaints() if self.leaks else []
        self.last_words += self.scene.end()
        self.last_words += stray_files(self.lab.directory)
        excused = sum(done.excused for done in self.rounds)
        if excused > 1 + EXCUSED_MAX * len(self.rounds):
            self.last_words.append(f"{excused} rounds prove nothing: the machine is too busy")
        self.ended = True

    @property
    def failed(self):
        """Whether anything did."""
        return bool(self.last_words or self.broken or any(it.problems for it in self.rounds))


def print_table(rounds):
    """Fault | times | longest outage | bound: alone, and all pairs together."""
    rows = collections.defaultdict(list)
    paired = collections.Counter()
    for done in rounds:
        if not done.skipped:
            rows[done.name].append(done)
            paired.update(fault.name for fault in done.faults if len(done.faults) > 1)
    head = f"{'fault':30} {'alone':>6} {'paired':>6} {'longest outage':>15} {'bound':>8}"
    print(f"\n{head}\n{'-' * len(head)}")
    for name in [fault.name for fault in FAULTS] + [PAIR]:
        seen = rows[name]
        worst = max(seen, key=lambda it: it.outage - it.bound, default=None)
        figures = f"{worst.outage:13.3f} s {worst.bound:6.3f} s" if worst else ""
        flag = "  FAIL" if any(it.problems for it in seen) else ""
        flag += "  (machine held up)" if worst and worst.excused else ""
        print(f"{name:30} {len(seen):6} {paired[name]:6} {figures}{flag}")


def report(soak, lab, seed):
    """The end of the output. Return: the exit status."""
    rounds = soak.rounds
    print_table(rounds)
    if soak.leaks and soak.ended:
        grown = ", ".join(f"{who} {kb} kB" for who, kb in soak.leaks.largest_kb.items())
        print(f"\nlargest growth of memory: {grown}")
    for words in soak.last_words:
        print(f"FAIL at the end: {words}")
    if soak.failed:
        print(f"\nSEED={seed}: the failed rounds, after those before them:")
        bad = {done.number for done in rounds if done.problems}
        for done in rounds:
            if bad & {done.number, done.number + 1, done.number + 2}:
                print(done)
        print(f"logs, configurations and capture are kept in {lab.directory}")
    failed = sum(bool(done.problems) for done in rounds) + bool(soak.last_words)
    skipped = sum(done.skipped or done.excused for done in rounds)
    passed = len(rounds) + soak.ended - failed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return int(failed > 0)


def run(seed, minutes):
    """A lab, a soak, and its report. Return: the exit status."""
    print(f"SEED={seed} MINUTES={minutes:g}", flush=True)
    with Lab("soak") as lab:
        soak, interrupted = Soak(lab, seed, minutes), False
        try:
            soak.run()
        except KeyboardInterrupt:
            interrupted = True
            soak.scene.thaw()
        lab.failed = soak.failed
        try:
            lab.close()
        except LabError as error:
            soak.last_words += [] if interrupted else [str(error)]
        status = report(soak, lab, seed)
    if interrupted:
        print(f"interrupted: SEED={seed}", flush=True)
    return 128 + signal.SIGINT if interrupted else status


def main():
    """Arguments and signals."""
    parser = argparse.ArgumentParser(description="Random faults, and what a client notices.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the soak makes network namespaces: it needs root (sudo make soak)")
    signal.signal(signal.SIGINT, signal.default_int_handler)     # also if started with "&"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(run(options.seed, options.minutes))
    except LabError as error:                      # how the gateways started or ended
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
