# SPDX-License-Identifier: MIT
"""Faults of the processes: killed, hung, paused, upgraded, started twice, stopped."""

import contextlib
import ctypes
import os
import random
import resource
import signal
import socket
import subprocess

import pytest

import frames
import reaper
from agents import run_vipd, write_config
from faults.dut import (DOWN_MS, DUAL, IPV6, KEEPALIVED, LATE_S, MARK, OTHER, OWN, PEER, PLAIN,
                        QUICK_MS, SOON_MS, UNICAST, VIP, VIRTUAL6, WIDER, Gateway, crash, forms,
                        log_ns, measure_rhythm, measure_silence, pair, ping_vip, sampled, single)
from generations import assert_settled, lifetime, replace
from lab import router, wait_until
from processes import wait_end
from seldom import seldom
from rtnetlink import Rtnetlink
from timing import EARLY, longest_gap_ms, wait_moment


def survive_crashes(lab, fault, numbers, rounds=1, form=PLAIN):
    """The peer and a client notice nothing. A third crash within a minute would be the last."""
    one, two = pair(lab, form=form)
    ping = ping_vip(lab, form=form)
    took_ms, gaps_ms, lost, seen = [], [], 0, 0
    for this in range(rounds):
        mark, before = lab.now(), one.sent
        for number in numbers:
            took_ms.append(crash(one, number))
            one.wait_adverts(5, lab.now())
        assert one.sent > before, "counters survive"
        one.check_counters(became_active=1)
        gaps_ms.append(longest_gap_ms(one.host, mark))
        lost += ping.lost(since=mark)
        seen += len(lab.capture.adverts(host=two.host, since=mark))
        if this + 1 < rounds:                      # a keeper without a past
            assert one.agent.term() == 0
            one.start()
            one.wait_active(lab.now())
            wait_until(lambda: not two.holds(), what="gw2 to be Backup")
            ping.wait_answer(since=lab.now())
    if not KEEPALIVED:
        assert one.agent.wait_log(f'end="killed by {signal.Signals(numbers[-1]).name}"')
        fault.measure("next process", took_ms, "ms", 5, QUICK_MS)
    fault.measure("longest gap", max(gaps_ms), "ms", 110, DOWN_MS)
    fault.measure("pings lost", lost)
    fault.measure("peer's adverts", seen)


@pytest.mark.alone
@forms(PLAIN, IPV6, DUAL, UNICAST, *WIDER)
@pytest.mark.fault("F01", "router process killed", "next one within 5 ms, no ping lost, "
                   "peer notices nothing", keepalived=True)
def test_f01_router_process_killed(lab, fault, form):
    rounds = 1 if KEEPALIVED else 4 if form is PLAIN else 2
    survive_crashes(lab, fault, [signal.SIGKILL] * 2, rounds, form)


@pytest.mark.alone
@pytest.mark.fault("F01", "router process killed, adverts of 10 ms", "peer sees one transition at "
                   "the most", keepalived=True)
def test_f01_router_process_killed_at_10_ms(lab, fault):
    """36 ms are all the time there is. A busy machine may need it for itself, but not each time."""
    one, two = pair(lab, interval="10ms")
    ping, mark, transitions, outages_ms = ping_vip(lab), lab.now(), [], []
    for _ in range(2):                             # a third crash would be the last
        begun = lab.now()
        crash(one, signal.SIGKILL)
        one.host.wait_adverts(50, lab.now())
        wait_until(lambda: one.holds() and not two.holds(), what="one holder, the first one")
        episodes = [advert for advert in lab.capture.adverts(host=two.host, since=begun)]
        transitions.append(min(1, len(episodes)) if KEEPALIVED else became_active(two, transitions))
        outages_ms.append(ping.longest_outage(since=begun) * 1000)
    fault.measure("transitions of the peer", max(transitions), "", 0, 1)
    assert KEEPALIVED or min(transitions) == 0, transitions
    fault.measure("no answer", outages_ms, "ms", 2, SOON_MS)
    assert lab.capture.adverts(host=one.host, since=mark)[-1].priority == 150


def became_active(gateway, before):
    """How often it did since the last time that was asked; before has the answers."""
    return gateway.agent.router()["counters"]["became_active"] - sum(before)


def routers_of(interfaces, each, priority):
    """Virtual routers on several interfaces, with an address each."""
    return [router(priority, name=f"r{i}v{vrid}", interface=f"eth{i}", vrid=vrid, interval="1s",
                   addresses=[f"10.{i}.1.{vrid}/16"])
            for i in range(interfaces) for vrid in range(1, each + 1)]


@pytest.mark.alone
@pytest.mark.fault("F08", "1,000 routers: killed twice, and a third time", "next process within "
                   "5 ms; then the last will within 50 ms")
def test_f08_crash_loop_with_1000_routers(lab, fault):
    interfaces, each = 4, 250
    host = lab.host("gw1", "10.0.0.2/16", segment="s0")
    for i in range(1, interfaces):
        host.attach(f"s{i}", f"10.{i}.0.2/16")
    own = {f"10.{i}.0.2/16" for i in range(interfaces)}

    def held():
        return {address for i in range(interfaces) for address in host.addresses(f"eth{i}")} - own

    agent = lab.vipd(host, routers_of(interfaces, each, 150))
    wait_until(lambda: len(held()) == interfaces * each, 20, "all addresses", every=0.1)
    assert agent.standby_pid
    took_ms, mark = [], lab.now()
    for _ in range(2):
        lines, pid, begun = len(agent.log), agent.router_pid, lab.now()
        os.kill(pid, signal.SIGKILL)
        took_ms.append((log_ns(agent.wait_log("started version=", skip=lines)) - begun) / 1e6)
        assert agent.standby_pid                   # such a configuration takes it a while
        first = lab.capture.wait_advert(host=host, since=lab.now(), vrid=each)
        lab.capture.wait_advert(host=host, since=first.ns + 500_000_000, vrid=each)
    # A thousand elections are read before it says that, which takes 30 to 60 ms.
    fault.measure("next process", took_ms, "ms", 5, 3 * QUICK_MS)
    fault.measure("farewells until then",
                  len(lab.capture.adverts(host=host, since=mark, priority=0)))
    fault.measure("longest gap", max(longest_gaps_ms(lab, host, mark).values()), "ms", 1100, 3000)
    agent.expected_to_live = False
    begun = lab.now()
    agent.kill_router()
    assert agent.process.wait(10) == 1 and not held()
    assert f"farewells_sent={interfaces * each}" in agent.wait_log(
        f"last_will=executed addresses_removed={interfaces * each}")
    farewells = lab.capture.adverts(host=host, since=begun, priority=0)
    assert len({(it.port.dev, it.vrid) for it in farewells}) == interfaces * each
    fault.measure("last farewell", (farewells[-1].ns - begun) / 1e6, "ms", 50, 2 * SOON_MS)


def longest_gaps_ms(lab, host, since):
    """{(interface, VRID): the longest time between two of its adverts since then}."""
    times, gaps = {}, {}
    for advert in lab.capture.adverts(host=host, since=since):
        key = (advert.port.dev, advert.vrid)
        if key in times:
            gaps[key] = max(gaps.get(key, 0), (advert.ns - times[key]) / 1e6)
        times[key] = advert.ns
    return gaps


@pytest.mark.alone
@forms(PLAIN, IPV6, DUAL, UNICAST, *WIDER)
@pytest.mark.fault("F02", "keeper killed", "priority 0 within 10 ms, address gone, peer Active",
                   keepalived=True)
def test_f02_keeper_killed(lab, fault, form):
    one, two = pair(lab, form=form)
    before = set(one.host.addresses()) - set(form.vips()) - {VIRTUAL6}
    farewell_ms, gone_ms = [], []
    for _ in range(3):
        worker, mark = one.worker, one.kill_first()
        farewell = lab.capture.wait_advert(host=one.host, since=mark, priority=0)
        farewell_ms.append((farewell.ns - mark) / 1e6)
        gone_ms.append((one.wait_gone(mark) - mark) / 1e6)
        two.wait_active(mark)
        wait_end(worker)
        said = {(6 if ":" in it.src else 4, it.priority)
                for it in lab.capture.adverts(host=one.host, since=farewell.ns)}
        assert said == {(family, 0) for family in form.families}
        assert set(one.host.addresses()) == before
        assert not form.routes or not one.routed()
        assert KEEPALIVED or not os.path.exists(one.agent.control)
        one.start()
        one.wait_active(lab.now())
    fault.measure("priority 0", farewell_ms, "ms", 10, QUICK_MS)
    fault.measure("address gone", gone_ms, "ms", 10, QUICK_MS)


@pytest.mark.parametrize("interval, limit_s, form", [
    pytest.param("1s", 6.2, PLAIN, id="1s-IPv4"),
    *(pytest.param("100ms", 3.2, form, marks=marks, id=f"100ms-{form.key}")
      for form, marks in sampled(PLAIN, IPV6, DUAL, UNICAST, *WIDER))])
@pytest.mark.fault("F03", "all processes killed at once", "address gone 3.2 s later (adverts of "
                   "100 ms) or 6.2 s (1 s); peer Active in time", keepalived=True)
def test_f03_everything_killed(lab, fault, interval, limit_s, form):
    one, two = pair(lab, form=form, interval=interval)
    lease_s = limit_s - 1.2
    assert KEEPALIVED or all(0 < lifetime(one.host, vip) <= lease_s for vip in one.vips)
    mark = one.kill_all()
    assert one.holds(), "left behind"
    last = lab.capture.adverts(host=one.host)[-1]
    took_over = lab.capture.wait_advert(host=two.host, since=mark)
    scale = last.interval_ms / 100
    fault.measure("peer behind Active_Down", (took_over.ns - last.ns) / 1e6 - form.down_ms * scale,
                  "ms", 5, SOON_MS)
    two.wait_active(mark)
    gone = one.wait_gone(mark, limit_s + LATE_S)
    assert (gone - mark) / 1e9 > lease_s / 3
    assert not one.holds()
    fault.measure("address gone", (gone - mark) / 1e9, "s", limit_s, limit_s + LATE_S)


@pytest.mark.fault("F03", "all processes killed at once, leases safe, adverts of 2 s",
                   "address gone before the peer is Active")
def test_f03_everything_killed_with_a_safe_lease(lab, fault):
    one, two = pair(lab, interval="2s", lease="safe")
    mark = one.kill_all()
    gone = one.events.wait(False, since=mark, timeout=4 + 1.2 + LATE_S)
    took_over = two.wait_active(mark)
    fault.measure("held by both", max(0, gone - took_over.ns) / 1e6, "ms")
    fault.measure("address gone", (gone - mark) / 1e9, "s", 4 - 1.2 + 1.2, 4 + LATE_S)


@pytest.mark.fault("F04", "router process hangs", "address gone after 3.2 s at the latest, "
                   "replaced within 3 s, one holder in the end", keepalived=True)
def test_f04_router_process_hangs(lab, fault):
    one, two = pair(lab)
    old, mark = one.worker, lab.now()
    os.kill(old, signal.SIGSTOP)
    try:
        two.wait_active(mark)
        gone = one.events.wait(False, since=mark, timeout=3.2 + LATE_S)
        fault.measure("address gone", (gone - mark) / 1e9, "s", 3.2, 3.2 + LATE_S)
        wait_until(lambda: one.worker != old, 3 + LATE_S, "another router process")
        took_s = (lab.now() - mark) / 1e9
        assert took_s > 1.5
        fault.measure("replaced", took_s, "s", 3.1, 3 + LATE_S)
        one.agent.wait_log(f'router_pid={old} error="no sign of life"')
    finally:
        if KEEPALIVED:
            os.kill(old, signal.SIGCONT)
    wait_until(lambda: one.holds() and not two.holds(), what="one holder")


@pytest.mark.parametrize("pause_s", [0.5, 1.8, 5, seldom(30)])
@pytest.mark.fault("F05", "all stopped (SIGSTOP) or frozen (cgroup), and thawed",
                   "what waits is read first: the loser yields (one last advert), the winner "
                   "announces; client served", keepalived=True)
def test_f05_paused_and_thawed(lab, fault, pause_s):
    """Two pairs on segments of their own, one for each way, at the same time; the worse counts."""
    ways = {"stopped": Gateway.paused, "frozen": Gateway.frozen}
    if not reaper.cgroups():
        del ways["frozen"]
        fault.saw("not frozen: control groups of version 2 are not mounted anywhere")
    sleepers = [Sleeper(lab, how, ways[how]) for how in ways]
    with contextlib.ExitStack() as asleep:
        for it in sleepers:
            it.sleep(asleep)
        for it in sleepers:
            it.two.wait_active(it.mark)
        wait_moment(lab, sleepers[-1].mark + int(pause_s * 1e9))
        for it in sleepers:
            it.wake_up()
    if pause_s > 3.2 + LATE_S:
        fault.measure("address gone", max(it.gone_s() for it in sleepers), "s", 3.2, 3.2 + LATE_S)
    fault.measure("both hold it after the thaw", max(it.both_ms() for it in sleepers), "ms", 5,
                  SOON_MS)
    fault.measure("loser's adverts", max(it.last_words() for it in sleepers), "", 1)
    fault.measure("pings lost later", sum(it.lost_later() for it in sleepers))


class Sleeper:
    """A pair on a segment of its own, of which the Active sleeps until the other one is Active."""

    def __init__(self, lab, how, pause):
        self.lab, self.how, self._pause = lab, how, pause
        self.one = Gateway(lab.host(f"{how}1", OWN, segment=how), [router(100)])
        self.one.wait_active()
        self.two = Gateway(lab.host(f"{how}2", PEER, segment=how),
                           [router(150, preempt=False)])
        self.one.host.wait_adverts(5, lab.now())
        self.mark = self.thaw = 0

    def sleep(self, asleep):
        """Until wake_up(), or until that stack of contexts ends."""
        self.mark = self.lab.now()
        self._sleep = asleep.enter_context(contextlib.ExitStack())
        self._sleep.enter_context(self._pause(self.one))

    def wake_up(self):
        """Its host goes on."""
        self.thaw = self.lab.now()
        self._sleep.close()

    def gone_s(self):
        """After how many seconds of its sleep the kernel took the address away."""
        gone = self.one.events.wait(False, since=self.mark, timeout=0.1)
        return (gone - self.mark) / 1e9

    def both_ms(self):
        """For how long both held the address after it woke up."""
        wait_until(lambda: not self.one.holds(), what="the loser to let go")
        self.two.host.wait_adverts(5, self.lab.now())
        self.two.check_counters(became_active=1)
        return max(0, self.one.events.lost(self.mark, VIP)[-1][0] - self.thaw) / 1e6

    def last_words(self):
        """How many adverts it sent after that; the other one announces after them, it does not."""
        last = self.lab.capture.adverts(host=self.one.host, since=self.thaw)
        assert not self.lab.capture.arps(host=self.one.host, since=self.thaw, gratuitous=True)
        if last:
            self.lab.capture.wait_arp(host=self.two.host, since=last[-1].ns, gratuitous=True,
                                      spa="192.0.2.1")
        return len(last)

    def lost_later(self):
        """The pings that a client lost in the end."""
        ping = ping_vip(self.lab, self.how)
        self.two.host.wait_adverts(5, self.lab.now())
        return ping.lost()


@forms(*WIDER)
@pytest.mark.fault("F05", "all stopped (SIGSTOP) for as long as the peer needs, and thawed",
                   "the better one goes on, and announces; one holder half a second later")
def test_f05_better_one_paused_and_thawed(lab, fault, form):
    one, two = pair(lab, form=form)
    begun = lab.now()
    with one.paused():
        two.wait_active(begun)
        wait_moment(lab, lab.now() + 1_000_000_000)
        thaw = lab.now()
    gone = two.wait_gone(thaw)
    fault.measure("held by both after the thaw", (gone - thaw) / 1e6, "ms", 500, 500 + SOON_MS)
    one.wait_active(thaw)
    for vip in one.vips:
        one.wait_announced(vip, thaw)
    ping = ping_vip(lab, form=form)
    mark = lab.now()
    one.wait_adverts(5, mark)
    fault.measure("pings lost later", ping.lost(since=mark))
    assert not two.holds() and (not form.routes or (one.routed(), two.routed()) == (3, 0))
    for gateway in (one, two):                     # also what was signed before the pause
        gateway.check_counters(became_active=1)


@pytest.mark.fault("F05", "all paused for 3 s, without a peer", "the same router process goes on: "
                   "that the keeper heard nothing was its own sleep")
def test_f05_nobody_is_blamed_for_the_pause(lab, fault):
    one = single(lab)
    worker, answered_ms = one.worker, []
    for _ in range(2):
        begun = lab.now()
        with one.paused():
            wait_moment(lab, begun + 3_050_000_000)            # a sign of life is overdue
            thaw = lab.now()
            os.kill(one.agent.pid, signal.SIGCONT)             # first: the worst order
        assert one.events.lost(begun, VIP), "the lease ended"
        answered_ms.append((one.host.wait_adverts(5, thaw)[0].ns - thaw) / 1e6)
        lab.capture.wait_arp(host=one.host, since=thaw, gratuitous=True, spa="192.0.2.1")
        assert one.holds()
        assert one.worker == worker, one.agent.story("another router process")
    fault.measure("next advert", answered_ms, "ms", 5, SOON_MS)


@pytest.mark.alone
@pytest.mark.requirement("R-085", "R-069")
@forms(PLAIN, IPV6, DUAL, UNICAST, *WIDER)
@pytest.mark.fault("F06", "stopped (SIGTERM)", "peer Active its skew time plus 1 ms later, address "
                   "gone, exit 0 within that time and 40 ms", keepalived=True)
def test_f06_stopped(lab, fault, form):
    one, two = pair(lab, form=form)
    ping = ping_vip(lab, form=form)
    sources = {advert.src for advert in lab.capture.adverts(host=one.host)}
    behind_ms, exit_ms, outage_ms = [], [], []
    for _ in range(5):
        mark = lab.now()
        assert one.agent.term() == 0
        exit_ms.append((lab.now() - mark) / 1e6)
        assert not one.holds() and (not form.routes or not one.routed())
        farewell = lab.capture.wait_advert(host=one.host, since=mark, priority=0)
        advert = lab.capture.wait_advert(host=two.host, since=farewell.ns)
        behind_ms.append((advert.ns - farewell.ns) / 1e6 - form.skew_ms)
        ping.wait_answer(since=advert.ns)
        outage_ms.append(ping.longest_outage(since=mark) * 1000)
        # Of two families one says so for the other, too; and whoever leaves has the last word with
        # one less than its successor's priority, which is 0 to one that is drained. So soon behind
        # a takeover of its own the first advert may be a last word, and is asked once more.
        if len(form.families) == 1 and not form.drained and not KEEPALIVED:
            two.check_counters()
            zeros = two.agent.router(family=form.families[0])["counters"]["priority_zero_received"]
            assert len(behind_ms) <= zeros <= 2 * len(behind_ms)
        assert KEEPALIVED or {f"{source} left with priority 0" for source in sources} & {
            it["reason"] for it in two.agent.show()["routers"]}
        one.start()
        one.wait_active(lab.now())
        wait_until(lambda: not two.holds(), what="gw2 to be Backup")
    assert min(behind_ms) >= -1000 * EARLY
    fault.measure("behind the skew time", behind_ms, "ms", 1, SOON_MS)
    if KEEPALIVED:
        fault.measure("no answer", outage_ms, "ms", form.skew_ms + 10, form.skew_ms + SOON_MS)
    else:                          # it serves until the other one has announced
        fault.measure("exit", exit_ms, "ms", form.skew_ms + 40, form.skew_ms + 1000)
        fault.measure("no answer", outage_ms, "ms", 1, 20)


@contextlib.contextmanager
def cores_allowed():
    """What is started in this block may write a core, as far as it is up to its parent."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.mark.alone
@pytest.mark.fault("F07", "router process crashes (SIGSEGV, SIGABRT)", "as when killed")
def test_f07_router_process_crashes(lab, fault, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", "handle_segv=0:handle_abort=0")     # of a build with it
    with cores_allowed():
        survive_crashes(lab, fault, [signal.SIGSEGV, signal.SIGABRT], rounds=2)


@pytest.mark.alone
@forms(PLAIN, IPV6, DUAL, UNICAST, *WIDER)
@pytest.mark.fault("F08", "third crash within a minute", "last will: priority 0 and address gone "
                   "within 2 ms, exit 1, peer Active")
def test_f08_crash_loop(lab, fault, form):
    one, two = pair(lab, form=form)
    before = set(one.host.addresses()) - set(form.vips()) - {VIRTUAL6}
    for _ in range(2):
        crash(one, signal.SIGKILL)
    start = lab.now()
    assert not lab.capture.adverts(host=two.host)
    one.agent.expected_to_live = False
    mark = one.kill_worker()
    farewell = lab.capture.wait_advert(host=one.host, since=mark, priority=0)
    gone = one.wait_gone(mark)
    assert one.agent.process.wait(10) == 1 and set(one.host.addresses()) == before
    fault.measure("priority 0", (farewell.ns - mark) / 1e6, "ms", 2, QUICK_MS)
    fault.measure("address gone", (gone - mark) / 1e6, "ms", 2, QUICK_MS)
    # The link-local address besides; and each object is counted as an address.
    removed = len(form.vips()) + (6 in form.families) + 3 * form.routes
    assert not form.routes or not one.routed()
    assert f"farewells_sent={form.elections}" in one.agent.wait_log(
        f"last_will=executed addresses_removed={removed}")
    advert = lab.capture.wait_advert(host=two.host, since=start)
    fault.measure("peer behind the skew time", (advert.ns - farewell.ns) / 1e6 - form.skew_ms,
                  "ms", 2, SOON_MS)


@forms(PLAIN, IPV6, DUAL, UNICAST, *WIDER)
@pytest.mark.fault("F09", "another binary, then a reload", "no ping lost, peer notices nothing")
def test_f09_upgraded(lab, fault, own_binary, form):
    one, two = pair(lab, form=form)
    ping, mark = ping_vip(lab, form=form), lab.now()

    def upgrade():
        before = inode_of(one.worker)
        replace(own_binary)
        one.reload()
        assert inode_of(one.worker) == os.stat(own_binary).st_ino != before, "the new one runs"

    measure_rhythm(fault, one, upgrade)
    fault.measure("pings lost", ping.lost(since=mark))
    measure_silence(fault, two, mark)
    one.check_counters(became_active=1)


def inode_of(pid):
    """The file that a process runs."""
    return os.stat(f"/proc/{pid}/exe").st_ino


@pytest.mark.fault("F10", "started twice", "the second one exits with 1 and sends nothing")
def test_f10_started_twice(lab, fault):
    one = single(lab)
    path = write_config(lab, routers=[router(name="b", vrid=99)])

    def start_another():
        done = run_vipd(one.host, "-c", path)
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert f" error: pid={one.agent.pid} " in line and "another vipd" in line

    measure_rhythm(fault, one, start_another)
    fault.measure("adverts of the second", len(lab.capture.adverts(host=one.host, vrid=99)))
    assert one.host.addresses() == [OWN, VIP] and not os.path.exists(lab.path("own.sock"))
    one.check_counters(addresses_restored=0)
    fault.saw("exit 1")


@pytest.mark.fault("F11", "addresses of a dead predecessor", "gone before it takes part, also what "
                   "is configured no more; others' stay", keepalived=True)
def test_f11_stale_addresses(lab, fault):
    settings = {} if KEEPALIVED else {"lease": "off"}
    wan = router(100, name="wan", interface="eth1", vrid=52, addresses=["198.51.100.1/24"],
                 extra_addresses=["203.0.113.1/32"], **settings)
    one = single(lab, router(100, addresses=[VIP, OTHER], **settings), wan,
                 second="198.51.100.2/24")
    stale = {VIP: "eth0", OTHER: "eth0", "198.51.100.1/24": "eth1", "203.0.113.1/32": "eth1"}
    wait_until(lambda: all(one.holds(*it) for it in stale.items()), what="all addresses")
    two = Gateway(lab.host("gw2", PEER), [router(200, addresses=[VIP])])
    one.kill_all()
    two.wait_active()
    one.host.ip("address add 192.0.2.77/24 dev eth0", "address add 192.0.2.78/32 dev lo")
    Rtnetlink(one.host, "eth1").add("198.51.100.79/24", MARK + 1)
    assert all(one.holds(*it) for it in stale.items()), "left behind"
    one.routers, mark = [router(100)], lab.now()
    one.start()
    others = {"eth0": [OWN, "192.0.2.77/24"], "eth1": ["198.51.100.2/24", "198.51.100.79/24"]}
    if not KEEPALIVED:                             # before it answered anybody
        assert {dev: one.host.addresses(dev) for dev in others} == others
    for address in stale:
        gone = one.events.wait(False, address, since=mark, timeout=3)
        fault.measure(f"{address} gone after the start", (gone - mark) / 1e6, "ms", 50, 1000)
    assert {dev: one.host.addresses(dev) for dev in others} == others
    assert one.holds("192.0.2.78/32", "lo")
    fault.saw("foreign addresses kept")
    assert not lab.capture.arps(host=one.host, since=mark, spa="192.0.2.1")
    if not KEEPALIVED:
        log = one.agent.log
        swept = [line for line in log if "swept=yes" in line]
        assert len(swept) == len(stale) and all(" warning: " in line for line in swept)
        assert log.index(swept[-1]) < log.index(one.agent.wait_log("started version="))


@pytest.mark.fault("F12", "1,000 SIGHUP a second", "at most 2 reloads a second, adverts in time, "
                   "peer notices nothing", keepalived=True)
def test_f12_storm_of_hangups(lab, fault):
    one, two = pair(lab)
    lines, mark, worker = len(one.agent.log), lab.now(), one.worker

    def storm():
        until = lab.now() + 2_000_000_000
        while lab.now() < until:
            one.agent.process.send_signal(signal.SIGHUP)
            wait_moment(lab, lab.now() + 1_000_000)

    measure_rhythm(fault, one, storm)
    seconds = (lab.now() - mark) / 1e9
    measure_silence(fault, two, mark)
    if not KEEPALIVED:
        assert one.agent.wait_log("reload=done", skip=lines) and one.worker != worker
        one.check_counters(became_active=1)
        reloads = sum("reload=started" in line for line in one.agent.log[lines:])
        assert reloads >= 2
        fault.measure("reloads/s", reloads / seconds, "", 2, 2 + 2 / seconds)


@pytest.mark.fault("F13", "signals in any order", "nothing but what they stand for: adverts in "
                   "time, then a graceful leave")
def test_f13_signals_in_any_order(lab, fault):
    one, two = pair(lab)
    seed = random.randrange(10**6)
    fault.saw(f"seed {seed}")
    draw, mark = random.Random(seed), lab.now()
    harmless = [signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGCONT, signal.SIGURG,
                signal.SIGWINCH]

    def storm():
        until = lab.now() + 1_000_000_000
        while lab.now() < until:
            pid = draw.choice([one.agent.pid, one.worker])
            try:
                os.kill(pid, draw.choice(harmless))
            except ProcessLookupError:             # the old one of a reload
                continue

    measure_rhythm(fault, one, storm)
    measure_silence(fault, two, mark)
    for number in draw.sample([signal.SIGTERM, signal.SIGHUP, signal.SIGINT], 3):
        one.agent.kill(number)
    assert one.agent.process.wait(10) == 0
    assert one.host.addresses() == [OWN]
    # 99: to a successor that had come by then
    assert lab.capture.adverts(host=one.host)[-1].priority in (0, 1)
    fault.saw("exit 0")


@pytest.mark.alone                                 # a processor is busy with it, in real time
@pytest.mark.fault("F14", "endless loop in the router process", "as a hang: address gone after "
                   "3.2 s at the latest, replaced within 3 s; and the host stays usable")
def test_f14_endless_loop(lab, fault):
    one, two = pair(lab)
    worker, mark = one.worker, lab.now()
    loop_for_ever(worker, "routers_read")
    two.wait_active(mark)
    gone = one.events.wait(False, since=mark, timeout=3.2 + LATE_S)
    fault.measure("address gone", (gone - mark) / 1e9, "s", 3.2, 3.2 + LATE_S)
    wait_until(lambda: os.sched_getscheduler(worker) & ~RESET_ON_FORK == os.SCHED_OTHER,
               what="an ordinary priority")
    wait_until(lambda: one.worker != worker, 3 + LATE_S, "another router process")
    fault.measure("replaced", (lab.now() - mark) / 1e9, "s", 3.1, 3 + LATE_S)
    wait_until(lambda: one.holds() and not two.holds(), what="one holder")
    fault.saw("ordinary priority after a second")


RESET_ON_FORK = 0x40000000       # SCHED_RESET_ON_FORK


def loop_for_ever(pid, function):
    """Puts a jump to itself at the start of a function of a running program."""
    path = os.readlink(f"/proc/{pid}/exe")
    symbols = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
    [address] = [int(line.split()[0], 16) for line in symbols.splitlines()
                 if line.split()[1:] == ["T", function]]
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        base = min(int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(path))
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(base + address)
        memory.write(b"\xeb\xfe")                 # jmp to here


CONVERSATION = 1000              # its descriptor, LAST_FD of agent/router/generation.c


@pytest.mark.fault("F15", "router process talks nonsense to the keeper", "as when killed")
def test_f15_nonsense_to_the_keeper(lab, fault):
    one, two = pair(lab)
    ping, mark, worker, lines = ping_vip(lab), lab.now(), one.worker, len(one.agent.log)
    with socket.socket(fileno=copy_descriptor(worker, CONVERSATION)) as talk:
        talk.send(b"\xff" * 100)                   # nothing that it knows: of a later version
        one.host.wait_adverts(5, lab.now())
        assert one.worker == worker
        talk.send(b"\xff")                         # too short to be of any
    one.agent.wait_log(f"router_pid={worker} lost=", skip=lines)
    one.host.wait_adverts(5, lab.now())
    fault.measure("longest gap", longest_gap_ms(one.host, mark), "ms", 110, DOWN_MS)
    fault.measure("pings lost", ping.lost(since=mark))
    measure_silence(fault, two, mark)


def copy_descriptor(pid, fd):
    """A copy of a descriptor of another process."""
    pidfd_getfd = 438
    libc, pidfd = ctypes.CDLL(None, use_errno=True), os.pidfd_open(pid)
    try:
        copy = libc.syscall(pidfd_getfd, pidfd, fd, 0)
    finally:
        os.close(pidfd)
    assert copy >= 0, os.strerror(ctypes.get_errno())
    return copy


@pytest.mark.requirement("R-100")
@pytest.mark.fault("F30", "Backup paused longer than it would wait", "what waits is read first: no "
                   "takeover", keepalived=True)
def test_f30_backup_paused(lab, fault):
    one, two = pair(lab)
    ping, mark = ping_vip(lab), lab.now()
    for pause_ms in (400, 1500, 3200):             # a lease ends, and a sign of life is overdue
        with two.paused():
            wait_moment(lab, lab.now() + pause_ms * 1_000_000)
        one.host.wait_adverts(5, lab.now())
    measure_silence(fault, two, mark)
    fault.measure("pings lost", ping.lost(since=mark))
    if not KEEPALIVED:
        two.check_counters(became_active=0)
        assert len([line for line in two.agent.log if "state=" in line]) == 1, "started"


@pytest.mark.fault("F30", "Backup paused, and its queue full before the last adverts",
                   "what was lost on this host proves nothing: no takeover")
def test_f30_backup_paused_until_its_queue_overflows(lab, fault):
    one, two = pair(lab, interval="1s")
    stranger = frames.Probe(lab.host("stranger"))
    junk = frames.advert(vrid=51, priority=90, checksum="bad")
    heard = one.host.wait_adverts(1, lab.now())[0].ns
    mark = lab.now()
    with two.paused():
        stranger.flood(junk, 20_000, 1.0).wait()   # 8 MiB take half as many
        wait_moment(lab, heard + 3_900_000_000)    # too late by less than an interval
    one.host.wait_adverts(3, lab.now())
    measure_silence(fault, two, mark)
    shown = two.agent.show()
    assert shown["dropped"] > 0, f"the queue did not overflow: {shown}"
    fault.measure("timers not believed", shown["routers"][0]["counters"]["late_timers"], "", 1)
    assert shown["routers"][0]["counters"]["late_timers"] == 1


BURST_MS, GRACE_MS = (50, 150), 200


@pytest.mark.requirement("R-100")
@pytest.mark.fault("F31", "bursts of standstill", "no takeover by less than Active_Down; after a "
                   "longer one all is as before", keepalived=True)
def test_f31_bursts_of_standstill(lab, fault):
    one, two = pair(lab)
    seed = random.randrange(10**6)
    fault.saw(f"seed {seed}")
    draw, mark, longest = random.Random(seed), lab.now(), 0
    while lab.now() < mark + 3_000_000_000:
        gateway, begun = draw.choice([one, two]), lab.now()
        with gateway.paused():
            wait_moment(lab, begun + draw.randrange(*BURST_MS) * 1_000_000)
        longest = max(longest, (lab.now() - begun) / 1e6)
        one.host.wait_adverts(2, lab.now())
    fault.measure("longest burst", longest, "ms", GRACE_MS, 10_000)
    if longest <= GRACE_MS:                        # else the test itself stood still
        measure_silence(fault, two, mark)
    ping, mark = ping_vip(lab), lab.now()
    with one.paused():
        two.wait_active(mark)
        lab.capture.wait_arp(host=two.host, since=mark, gratuitous=True, spa="192.0.2.1")
    assert_settled(one.host, two.host, ping)
    mark = lab.now()
    one.host.wait_adverts(5, mark)
    fault.measure("pings lost later", ping.lost(since=mark))
