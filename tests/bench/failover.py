# SPDX-License-Identifier: MIT
"""One round: two gateways that run the same program, a silent death, a repair, a graceful leave.

Every round has a network and processes of its own, so that nothing that one program still has to
do (both announce again, seconds later) runs while another is measured. All times are the kernel's
at the switch port where a frame came in. They are told relative to the moment at which the
protocol would have the Backup act: what remains is the program's.
"""

import contextlib
import signal
import time

from forms import PLAIN
from lab import Lab, wait_until

INTERVAL = 0.1                   # s
BACKUP_PRIORITY = 100
SKEW = (256 - BACKUP_PRIORITY) * INTERVAL / 256        # RFC 9568 §6.1
ACTIVE_DOWN = 3 * INTERVAL + SKEW
LIMIT = 6.0                      # s: any failover is over, whoever measures beside us


class Unmeasured(Exception):
    """The round says nothing about the program: frames were lost, or the cut fell badly."""


class Pair:
    """Two gateways with the same program; gw1 is Active when settle() returns."""

    def __init__(self, lab, contender, count, form):
        self.lab, self.capture, self.count, self.form = lab, lab.capture, count, form
        self.gw1, self.gw2 = form.host(lab, "gw1", 2), form.host(lab, "gw2", 3)
        interval, ours, mark = f"{INTERVAL * 1000:g}ms", bool(contender.vipd), lab.now()
        self.active = contender.start(self.gw1, [form.settings(150, count, interval, ours, 2)])
        wait_until(lambda: len(self.first_announcements(self.gw1, mark)) == count, LIMIT,
                   "all announcements of gw1", every=0.05)
        self.backup = contender.start(self.gw2, [
            form.settings(BACKUP_PRIORITY, count, interval, ours, 3)])
        form.wait_listens(self.gw2, LIMIT)

    def settle(self):
        """Waits until gw1 alone holds the addresses, and half a second more."""
        wait_until(lambda: not self.form.held(self.gw2), LIMIT, "gw2 to hold its own address")
        mark = self.lab.now()
        wait_until(lambda: len(self.capture.adverts(mark, self.gw1)) >= 5, LIMIT,
                   "adverts of gw1", every=INTERVAL)
        if self.capture.adverts(mark, self.gw2):
            raise Unmeasured("gw2 became Active by itself")

    def first_announcements(self, host, since):
        """When each virtual address was announced first since then: {address: ns}."""
        return self.form.announced(self.capture, since, host)

    def silent_death(self):
        """Cuts gw1 off between two of its adverts. Return: {quantity: ms behind the interval}."""
        before = self.capture.wait_advert(since=self.lab.now(), host=self.gw1)
        self.lab.cut(self.gw1)
        heard = self.capture.adverts(before.ns, self.gw1)
        if len(heard) != 1:
            raise Unmeasured("the cut fell on an advert")
        return self.takeover(before.ns, ACTIVE_DOWN)

    def leave(self):
        """Asks gw1 to leave. Return: {quantity: ms behind the skew time}."""
        mark = self.lab.now()
        with quiet(self.capture):
            self.active.kill(signal.SIGTERM)
            time.sleep(SKEW)
            wait_until(lambda: self.capture.adverts(mark, self.gw1, priority=0), LIMIT,
                       "an advert of priority 0", every=SKEW)
        farewell = self.capture.adverts(mark, self.gw1, priority=0)[0]
        times = self.takeover(farewell.ns, SKEW)
        last = "last announcement" if self.count > 1 else "first announcement"
        times["all of it, from SIGTERM on"] = (
            times[last] + SKEW * 1e3 + (farewell.ns - mark) / 1e6)
        return times

    def takeover(self, since, protocol):
        """Waits until gw2 announced all. Return: {quantity: ms behind since + protocol}."""
        origin = since + int(protocol * 1e9)
        with quiet(self.capture):
            self.sleep_until(origin + 30 * 10**6)
            wait_until(lambda: len(self.first_announcements(self.gw2, since)) == self.count,
                       LIMIT, "all announcements of gw2", every=0.05)
            announced = sorted(self.first_announcements(self.gw2, since).values())
            advert = self.capture.adverts(since, self.gw2)[0]
        self.no_loss()
        times = {"first advert": (advert.ns - origin) / 1e6,
                 "first announcement": (announced[0] - origin) / 1e6}
        if self.count > 1:
            times["half of the announcements"] = (announced[self.count // 2] - origin) / 1e6
            times["last announcement"] = (announced[-1] - origin) / 1e6
        return times

    def sleep_until(self, ns):
        """Leaves both cores to the gateways while the protocol's own time runs."""
        time.sleep(max(0, ns - self.lab.now()) / 1e9)

    def no_loss(self):
        """A frame that the capture lost could be the one that mattered."""
        if lost := self.capture.dropped():
            raise Unmeasured(f"the capture lost {lost} frames")


@contextlib.contextmanager
def quiet(capture):
    """Nobody reads the capture in this block but questions asked inside: the kernel keeps it all.

    The capture's own thread would wake up at the first of a thousand announcements, and compete
    for a core with the program that sends them. No wait_*() of the capture in here.
    """
    with capture._more:                            # pylint: disable=protected-access
        yield


@contextlib.contextmanager
def network(label):
    """A lab whose files are not kept just because a round could not be measured."""
    unmeasured = None
    with Lab(label) as lab:
        try:
            yield lab
        except Unmeasured as error:
            unmeasured = error
    if unmeasured:
        raise unmeasured


def play(contender, count, form=PLAIN):
    """One failover, one repair, one leave. Return: {scenario: {quantity: ms}}."""
    with network(f"{contender.title}, {count}") as lab:
        pair = Pair(lab, contender, count, form)
        pair.settle()
        death = pair.silent_death()
        lab.heal(pair.gw1)
        pair.settle()
        return {form.named("silent death"): death, form.named("graceful leave"): pair.leave()}
