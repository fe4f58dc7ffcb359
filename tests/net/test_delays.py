# SPDX-License-Identifier: MIT
"""preempt_delay and start_delay mean what they mean to keepalived, after a fault and after a reload,
too: the same happens to a vipd and to a keepalived, and the same is seen on the wire.

A preempt delay begins with the first advert of a lower priority that a Backup hears. Until it is
over that one is left in peace; then it is not deferred to any more, and an Active_Down_Interval
later the Backup takes over.
"""

import os
import shutil
import signal

import pytest

from agents import keepalived_config, router, seconds
from lab import wait_until
from seldom import crossed

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not here")
PROGRAMS = pytest.mark.parametrize("kind", ["vipd", "keepalived"])

INTERVAL = 0.3
DOWN = 3 * INTERVAL + (256 - 200) / 256 * INTERVAL
DELAY = "2s"
BUSY = 0.7                       # s: what this machine may add


class Program:
    """A vipd or a keepalived of the higher priority on gw1."""

    def __init__(self, lab, kind, start_delay="0s", **keys):
        self.lab, self.kind, self.start_delay = lab, kind, start_delay
        self.host = lab.host("gw1", "192.0.2.2/24")
        self.agent, self.keys = None, keys
        self.start()

    def _routers(self, **keys):
        own = {"start_delay": self.start_delay} if self.kind == "vipd" else {}
        return [router(200, interval=f"{INTERVAL * 1000:g}ms", checksum="rfc5798", **own,
                       **{**self.keys, **keys})]

    def _extra(self):
        return f"  vrrp_startup_delay {seconds(self.start_delay):g}"

    def start(self):
        if self.kind == "vipd":
            self.agent = self.lab.vipd(self.host, self._routers())
        else:
            self.agent = self.lab.keepalived(self.host, self._routers(), extra=self._extra())

    def reload(self, **keys):
        """With these settings besides, or the same. Return: when it was asked."""
        mark, lines = self.lab.now(), len(self.agent.log)
        if self.kind == "vipd":
            self.agent.configure(self._routers(**keys))
            assert self.agent.reload().returncode == 0
            return mark
        path = self.lab.path(f"{self.host.name}-keepalived.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(keepalived_config(self._routers(**keys), self._extra()))
        os.kill(self.agent.pid, signal.SIGHUP)
        self.agent.wait_log("(?i)reload finished|Reloading", skip=lines)
        return mark

    def first_advert(self, since, timeout=15):
        return self.lab.capture.wait_advert(timeout, host=self.host, since=since).ns


def lower(lab):
    """A vipd of the lower priority that serves."""
    agent = lab.vipd(lab.host("gw2", "192.0.2.3/24"),
                     [router(100, interval=f"{INTERVAL * 1000:g}ms", checksum="rfc5798")])
    agent.wait_state("lan", "active")
    return agent


def assert_takes_over(program, since, delay):
    """Its first advert is that of a delay from then on, and of an Active_Down_Interval behind the
    last advert that was deferred to."""
    took = (program.first_advert(since) - since) / 1e9
    assert delay + DOWN - INTERVAL < took < delay + DOWN + INTERVAL + BUSY, took


@PROGRAMS
def test_preempt_delay_begins_anew_behind_a_fault(lab, kind):
    one = Program(lab, kind, preempt_delay=DELAY)
    one.first_advert(0)
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"),
                   [router(100, interval=f"{INTERVAL * 1000:g}ms", checksum="rfc5798")])
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    lab.cut(one.host, silent=False)
    two.wait_state("lan", "active")
    lab.heal(one.host)
    assert_takes_over(one, lab.now(), seconds(DELAY))


@PROGRAMS
def test_preempt_delay_does_not_delay_a_failover(lab, kind):
    two = lower(lab)
    one = Program(lab, kind, preempt_delay="60s")
    since = lab.now()
    two.host.wait_adverts(4, since=since)
    assert not lab.capture.adverts(host=one.host)
    two.kill()
    dead = lab.now()
    took = (one.first_advert(dead) - dead) / 1e9
    assert DOWN - INTERVAL < took < DOWN + BUSY, took


@crossed(new={"5s": "5s", "3s": "3s", "1s": "1s", "0s": "0s"},
         kind={"keepalived": "keepalived", "vipd": "vipd"})
def test_preempt_delay_of_a_reload_counts_for_the_one_that_runs(lab, kind, new):
    """From where it began. A keepalived begins anew at each reload; to a vipd none is a reason to
    wait longer."""
    two = lower(lab)
    one = Program(lab, kind, preempt_delay="3s")
    since = lab.now()
    two.host.wait_adverts(int(1.5 / INTERVAL) + 1, since=since)
    mark = one.reload(preempt_delay=new)
    took = one.first_advert(since)
    begun = mark if kind == "keepalived" or new in ("1s", "0s") else since
    due = max(seconds(new), (mark - since) / 1e9 if begun == since else 0)
    if new in ("1s", "0s") and kind == "vipd":
        due = 0                                    # it has been over for some time
    assert due + DOWN - INTERVAL < (took - begun) / 1e9 < due + DOWN + INTERVAL + BUSY, took


@PROGRAMS
def test_start_delay_is_one_of_the_start(lab, kind):
    since = lab.now()
    one = Program(lab, kind, start_delay=DELAY)
    took = (one.first_advert(since) - since) / 1e9
    assert seconds(DELAY) + DOWN - INTERVAL < took < seconds(DELAY) + DOWN + INTERVAL + BUSY, took
    mark = one.reload()
    one.host.wait_adverts(5, since=mark)
    times = [it.ns for it in lab.capture.adverts(host=one.host)]
    gaps = [(b - a) / 1e9 for a, b in zip(times, times[1:])]
    assert max(gaps) < seconds(DELAY), "a reload is no start"


@PROGRAMS
def test_start_delay_behind_a_fault(lab, kind):
    """It is over by then."""
    one = Program(lab, kind, start_delay=DELAY)
    mark = one.first_advert(0)
    lab.cut(one.host, silent=False)
    if kind == "vipd":
        one.agent.wait_state("lan", "fault")
    else:
        one.agent.wait_log("Entering FAULT STATE")
    lab.heal(one.host)
    healed = lab.now()
    took = (one.first_advert(healed) - healed) / 1e9
    assert mark < healed and DOWN - INTERVAL < took < DOWN + INTERVAL + BUSY, took
