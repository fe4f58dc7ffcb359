# SPDX-License-Identifier: MIT
"""vipd beside keepalived, in both roles: one of them has the address, always.

"Always" is looked at through the whole run: a thread watches which host holds the address, and the
capture knows who sent adverts and who answered the client.

keepalived before 2.2.8 knows one form of the VRRPv3 checksum over IPv4, the one with the
pseudo-header, and discards the other: vipd must be told to send it (checksum = "rfc5798").
"""

import contextlib
import itertools
import os
import re
import shutil
import threading

import pytest

from agents import keepalived_config, seconds
from lab import router, wait_until
from seldom import crossed, seldom
from rtnetlink import Rtnetlink

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not here")

VIP = "192.0.2.1"
# Its own limit of time on a processor, 10 ms, has a busy machine kill it.
REALTIME = "vrrp_rt_priority 20\nvrrp_rlimit_rttime 2000000"
SLACK = 0.5                      # seconds that a busy machine may add to anything
FIRST = 20                       # nobody had it before, and nobody is in a hurry to start


class Watch:
    """Who of two hosts holds the address, looked at all the time."""

    def __init__(self, lab, hosts):
        self._lab, self._eyes = lab, {host: Rtnetlink(host) for host in hosts}
        self._seen = []                            # (ns, hosts), a line for each change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        lab.at_close(self.stop)

    def _run(self):
        with contextlib.suppress(PermissionError):  # a glance must not be torn by a busy machine
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
        while not self._stop.wait(0.003):
            now = self._look()
            # Two glances alike: what changed in between did not make up a holder or two.
            if now == self._look() and (not self._seen or self._seen[-1][1] != now):
                self._seen.append((self._lab.now(), now))

    def _look(self):
        return frozenset(host for host, eye in self._eyes.items() if VIP in eye.marks())

    def stop(self):
        """Ends it."""
        self._stop.set()
        self._thread.join()

    @property
    def holders(self):
        """The hosts that hold the address now."""
        return self._seen[-1][1] if self._seen else frozenset()

    def _spans(self, since, until):
        """(seconds, hosts) of what was seen in that time, in order."""
        begins = [max(since, ns) for ns, _ in self._seen] + [until]
        for (_, hosts), begin, end in zip(self._seen, begins, begins[1:]):
            if end > begin:
                yield (min(end, until) - begin) / 1e9, hosts

    def check(self, since, *, none, both, among):
        """Nobody held the address for at most `none` seconds, both for at most `both`.

        Only the hosts of `among` count: a host that is cut off cannot know better.
        """
        spans = [(length, hosts & among) for length, hosts in self._spans(since, self._lab.now())]
        without = sum(length for length, hosts in spans if not hosts)
        twice = sum(length for length, hosts in spans if len(hosts) > 1)
        assert without <= none, f"{without:.3f} s without a holder: {spans}"
        assert twice <= both, f"{twice:.3f} s with two holders: {spans}"


class Side:
    """One of the two: an agent of some kind on a host of its own."""

    def __init__(self, lab, kind, number, priority, interval, **keys):
        self.lab, self.kind, self.agent = lab, kind, None
        self.host = lab.host(kind, f"192.0.2.{number}/24")
        self.settings = router(priority, interval=interval, **keys)

    def start(self):
        """Starts it, or starts it again."""
        if self.kind == "vipd":
            self.agent = self.lab.vipd(self.host, [self.settings])
        else:                                      # as vipd does it by itself
            self.agent = self.lab.keepalived(self.host, [self.settings],
                                             extra=REALTIME)

    def stop(self):
        """Stops it as an operator does."""
        assert self.agent.term() == 0


class Rivals:
    """Two sides, a client that pings the address, and what must hold between them."""

    def __init__(self, lab, higher, interval, **keys):
        self.lab, self.interval = lab, seconds(interval)
        lower = {"vipd": "keepalived", "keepalived": "vipd"}[higher]
        # The higher priority has the lower address: priority alone must decide.
        self.high = Side(lab, higher, 2, 150, interval, **keys)
        self.low = Side(lab, lower, 3, 100, interval, **keys)
        self.hosts = frozenset([self.high.host, self.low.host])
        self.watch = Watch(lab, self.hosts)
        self.ping = lab.ping(lab.host("client", "192.0.2.100/24"), VIP, interval=0.02)

    @contextlib.contextmanager
    def handover(self, winner, *, none, both=SLACK, among=None):
        """What happens in this block makes `winner` the one Active, with no more than this gap."""
        among = among or self.hosts
        mark = self.lab.now()
        yield
        wait_until(lambda: self.watch.holders & among == {winner.host},
                   what=lambda _: f"{winner.host} to hold it, not {self.watch.holders}")
        self.stable(winner, among)
        self.watch.check(mark, none=none, both=both, among=among)
        assert self.silence(mark) <= none + 1.5 * self.interval + 0.1

    def silence(self, mark):
        """The longest time without an advert that the segment has seen since then, in seconds.

        The time of each is the kernel's: no busy machine makes this longer than it was.
        """
        times = [it.ns for it in self.lab.capture.adverts() if it.priority and not it.lost]
        before = [ns for ns in times if ns < mark][-1:]
        times = before + [ns for ns in times if ns >= mark]
        return max((b - a for a, b in itertools.pairwise(times)), default=0) / 1e9

    def stable(self, winner, among):
        """For some adverts the winner alone speaks, holds the address and answers the client."""
        first = self.lab.capture.wait_advert(host=winner.host, since=self.lab.now())
        mark, number = first.ns + 1, round(1 / self.interval)

        def adverts():
            return [it for it in self.lab.capture.adverts(since=mark) if it.host in among]

        wait_until(lambda: len(adverts()) >= number, what="adverts")
        assert {advert.host for advert in adverts()} == {winner.host}
        self.watch.check(mark, none=0, both=0, among=among)
        self.lab.capture.wait_frame(
            lambda frame: frame.echo and frame.echo[0] == 0 and frame.ip.src == VIP,
            since=mark, host=winner.host, what="an answer to the client")
        self.ping.wait_answer(since=mark)


@pytest.mark.parametrize("interval", ["100ms", seldom("500ms")])
@pytest.mark.parametrize("higher", ["vipd", "keepalived"])
def test_failover_and_return(lab, higher, interval):
    """By a cable that goes dead silently, by a stop, and back again each time."""
    two = Rivals(lab, higher, interval, checksum="rfc5798")
    high, low, t = two.high, two.low, two.interval
    with two.handover(high, none=FIRST):
        low.start()
        high.start()
    with two.handover(low, none=4 * t + SLACK, among=frozenset([low.host])):
        lab.cut(high.host)
    with two.handover(high, none=SLACK, both=2 * t + SLACK):
        lab.heal(high.host)
    with two.handover(low, none=t + SLACK):        # the skew time, not the down interval
        high.stop()
    with two.handover(high, none=SLACK):
        high.start()
    assert only_vipd(two).router()["counters"]["noticed"]["checksum_form"] == 0


@pytest.mark.long
@crossed(higher={"vipd": "vipd", "keepalived": "keepalived"}, keys={
    "plain": {}, "password": {"auth": {"type": "password", "password": "secret"}, "down_intervals": 2}})
def test_failover_and_return_in_version_2(lab, higher, keys):
    """As above, with the shortest interval that there is."""
    two = Rivals(lab, higher, "1s", version=2, **keys)
    high, low, t = two.high, two.low, two.interval
    missed = keys.get("down_intervals", 3)
    with two.handover(high, none=FIRST):
        low.start()
        high.start()
    with two.handover(low, none=(missed + 1) * t + SLACK, among=frozenset([low.host])):
        lab.cut(high.host)
    with two.handover(high, none=SLACK, both=2 * t + SLACK):
        lab.heal(high.host)
    with two.handover(low, none=t + SLACK):
        high.stop()
    with two.handover(high, none=SLACK):
        high.start()
    shown = only_vipd(two).router()
    assert shown["version"] == 2 and not any(shown["counters"]["rejected"].values())


def only_vipd(two):
    """The one of them that vipctl can ask."""
    return next(side.agent for side in (two.high, two.low) if side.kind == "vipd")


@pytest.mark.parametrize("higher", ["vipd", "keepalived"])
def test_preemption_of_one_that_was_alone(lab, higher):
    two = Rivals(lab, higher, "100ms", checksum="rfc5798")
    with two.handover(two.low, none=FIRST):
        two.low.start()
    with two.handover(two.high, none=SLACK):
        two.high.start()


def test_without_preemption_the_lower_priority_keeps_it(lab):
    """Both orders of start: whoever is Active stays, until it leaves."""
    two = Rivals(lab, "vipd", "100ms", checksum="rfc5798", preempt=False)
    with two.handover(two.low, none=FIRST):
        two.low.start()
    with two.handover(two.low, none=0, both=0):
        two.high.start()
    with two.handover(two.high, none=two.interval + SLACK):
        two.low.stop()


# ---- the form of the checksum ----

WARNING = r"warning: router=lan .*notice=checksum_form source=\S+ note=.*set checksum to rfc5798"


def warnings(agent):
    """The log lines about the other form of the checksum."""
    return [line for line in agent.log if re.search(WARNING, line)]


def test_other_form_of_the_checksum_is_understood_and_told_once(lab):
    two = Rivals(lab, "keepalived", "100ms")       # vipd sends RFC 9568's form
    with two.handover(two.high, none=FIRST):
        two.high.start()
    with two.handover(two.high, none=0, both=0):
        two.low.start()
    vipd = only_vipd(two)
    wait_until(lambda: vipd.router()["counters"]["noticed"]["checksum_form"] >= 10, what="adverts")
    assert vipd.router()["state"] == "backup" and len(warnings(vipd)) == 1
    assert "source=192.0.2.2 " in warnings(vipd)[0]


def test_keepalived_that_discards_our_checksum_is_a_second_active(lab):
    """What a wrong form leads to: keepalived does not hear vipd. vipd names what mends it.

    Which of them had the address first, or has the higher priority, does not help: each advert
    that keepalived discards also puts off its own, so that vipd soon hears it no more.
    """
    two = Rivals(lab, "vipd", "100ms")
    two.low.start()
    two.high.start()
    wait_until(lambda: two.watch.holders == two.hosts, what="both to hold the address")
    two.low.agent.wait_log(r"\(lan\) Invalid VRRPv3 checksum")
    assert two.high.agent.wait_log(WARNING) and len(warnings(two.high.agent)) == 1
    assert two.high.agent.router()["state"] == "active"

    # And it does mend it.
    two.high.stop()
    two.high.settings["checksum"] = "rfc5798"
    with two.handover(two.high, none=SLACK):
        two.high.start()


@pytest.mark.parametrize("higher", ["vipd", "keepalived"])
def test_keepalived_told_to_use_the_checksum_of_rfc_9568(lab, higher):
    two = Rivals(lab, higher, "100ms", checksum="rfc9568")
    config = lab.path("try.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(keepalived_config([two.low.settings]))
    tried = two.low.host.run("keepalived", "-t", "-l", "-f", config, check=False)
    if "v3_checksum_as_v2" in tried.stdout + tried.stderr:
        pytest.skip("this keepalived has no v3_checksum_as_v2 (2.2.8 has)")
    with two.handover(two.low, none=FIRST):
        two.low.start()
    with two.handover(two.high, none=SLACK):
        two.high.start()
    with two.handover(two.low, none=two.interval + SLACK):
        two.high.stop()
    assert {advert.checksum_form for advert in lab.capture.adverts()} == {"rfc9568"}
