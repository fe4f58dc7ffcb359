# SPDX-License-Identifier: MIT
"""Faults while an Active leaves and still serves: it has said priority 0, and its successor, which
waits for its skew time, has not announced the address yet."""

import signal

import pytest

from faults.dut import (GROUP, HMAC, LATE_S, PLAIN, QUICK_MS, ROUTED, SOON_MS, forms, log_ns,
                        pair, ping_vip)
from lab import wait_until
from rtnetlink import Rtnetlink
from timing import down, wait_moment

LEAVING = PLAIN, GROUP, HMAC, ROUTED
INTERVAL_MS = 1000               # a skew time of 0.6 s is enough to make any fault in


def leave(lab, form):
    """Both of a pair, the first one stops. Return: them, a client, the time of its priority 0."""
    one, two = pair(lab, form=form, interval=f"{INTERVAL_MS}ms")
    ping, mark = ping_vip(lab, form=form), lab.now()
    one.agent.expected_to_live = False
    one.agent.process.terminate()
    farewell = lab.capture.wait_advert(host=one.host, since=mark, priority=0).ns
    assert one.holds() and not two.holds()
    return one, two, ping, farewell


def measure_successor(fault, two, farewell):
    """It comes when it would have come without the fault."""
    came = two.lab.capture.wait_advert(host=two.host, since=farewell).ns
    skew_ms = two.form.skew_ms * INTERVAL_MS / 100
    fault.measure("peer behind the skew time", (came - farewell) / 1e6 - skew_ms, "ms", 5, SOON_MS)
    two.wait_active(farewell)
    return came


def measure_exit(fault, one, since, name):
    """vipd has done all there is to do within 50 ms, and its processes end. That is the kernel's
    time: whoever closes a packet socket waits until no processor can have it in hand any more
    (synchronize_net()), some 10 ms for each of two processes, one after the other, and ten times as
    long on processors that have no rest."""
    assert one.agent.wait_exit(10) == 0
    ended = one.host.lab.now()
    stopped = log_ns(one.agent.wait_log(" info: stopped$"))
    fault.measure(name, (stopped - since) / 1e6, "ms", 50, 1000)
    fault.measure("processes", (ended - stopped) / 1e6, "ms", 300, 2000)


def check_nothing_left(one):
    """The host has none of the addresses, and nothing that moves with them."""
    assert not one.holds() and (not one.form.routes or not one.routed())


@forms(*LEAVING)
@pytest.mark.fault("F118", "successor dies while it is awaited", "served on for one "
                   "Active_Down_Interval, then the stop goes on: address gone, exit 0")
def test_f118_successor_dies(lab, fault, form):
    one, two, ping, farewell = leave(lab, form)
    two.kill_all()
    assert one.agent.wait_exit(10) == 0
    ended = lab.now()
    check_nothing_left(one)
    [first, *_] = [sent for sent, fate in _fates(ping, farewell) if not fate]
    own_ms = down(150, INTERVAL_MS / 1000) * 1000
    assert (first - farewell) / 1e6 >= own_ms - QUICK_MS, "it served until then"
    fault.measure("exit behind Active_Down", (ended - farewell) / 1e6 - own_ms, "ms", 50, 1000)
    two.start()
    two.wait_active(ended)


def _fates(ping, since):
    """Of several pings those of the first one."""
    return getattr(ping, "first", ping).fates(since)


@forms(*LEAVING)
@pytest.mark.fault("F118", "only Backup dies while a drain offers to it", "serves on, drained; no "
                   "ping lost; whoever comes later takes over")
def test_f118_successor_of_a_drain_dies(lab, fault, form):
    one, two = pair(lab, form=form, interval=f"{INTERVAL_MS}ms")
    ping, mark = ping_vip(lab, form=form), lab.now()
    command = one.host.popen(*one.agent.ctl_argv("drain", "lan"))
    lab.capture.wait_advert(host=one.host, since=mark, priority=1)
    two.kill_all()
    assert command.wait(timeout=20) == 1
    assert one.holds() and one.agent.router()["drained"]
    fault.measure("pings lost", ping.lost(since=mark))
    two.start()
    two.wait_active(mark)
    wait_until(lambda: not one.holds(), what="gw1 to hand over")
    fault.measure("pings lost later", ping.lost(since=mark))
    check_nothing_left(one)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=["killed", "crashes"])
@forms(*LEAVING)
@pytest.mark.fault("F119", "leaver's router process killed behind its priority 0", "nobody goes on "
                   "to serve: address gone within 10 ms; peer Active its skew time after that "
                   "priority 0")
def test_f119_leaver_killed(lab, fault, form, number):
    one, two, ping, farewell = leave(lab, form)
    killed = one.kill_worker(number)
    gone = one.wait_gone(killed)
    fault.measure("address gone", (gone - killed) / 1e6, "ms", 10, SOON_MS)
    one.agent.wait_exit(10)
    came = measure_successor(fault, two, farewell)
    check_nothing_left(one)
    ping.wait_answer(since=came)
    said = {it.priority for it in lab.capture.adverts(host=one.host, since=farewell)}
    assert said == {0}, "it has left, and stands for nothing any more"


@forms(*LEAVING)
@pytest.mark.fault("F120", "leaver's keeper killed behind the priority 0", "address gone within "
                   "10 ms, peer Active its skew time after the priority 0")
def test_f120_keeper_killed(lab, fault, form):
    one, two, ping, farewell = leave(lab, form)
    killed = one.kill_first()
    gone = one.wait_gone(killed)
    fault.measure("address gone", (gone - killed) / 1e6, "ms", 10, SOON_MS)
    ping.wait_answer(since=measure_successor(fault, two, farewell))
    check_nothing_left(one)


@forms(*LEAVING)
@pytest.mark.fault("F121", "all of the leaver killed behind the priority 0", "address gone 6.2 s "
                   "later; peer Active its skew time after the priority 0")
def test_f121_everything_killed(lab, fault, form):
    one, two, _, farewell = leave(lab, form)
    killed = one.kill_all()
    measure_successor(fault, two, farewell)
    gone = one.wait_gone(killed, 6.2 + LATE_S)
    fault.measure("address gone", (gone - killed) / 1e9, "s", 6.2, 6.2 + LATE_S)


@pytest.mark.parametrize("how", ["down", "no carrier"])
@forms(*LEAVING)
@pytest.mark.fault("F122", "leaver's link lost behind the priority 0", "address gone within 10 ms, "
                   "exit 0 without waiting; peer Active its skew time after the priority 0")
def test_f122_link_lost(lab, fault, form, how):
    one, two, ping, farewell = leave(lab, form)
    port = one.host.ports["eth0"]
    link = Rtnetlink(one.host) if how == "down" else Rtnetlink(lab.switch, port.name, lab)
    lost = lab.now()
    link.set_down()
    gone = one.wait_gone(lost)
    fault.measure("address gone", (gone - lost) / 1e6, "ms", 10, SOON_MS)
    measure_exit(fault, one, lost, "stopped")
    ping.wait_answer(since=measure_successor(fault, two, farewell))
    check_nothing_left(one)


@forms(*LEAVING)
@pytest.mark.fault("F123", "leaver frozen behind its priority 0, until the peer serves", "it lets "
                   "go within 10 ms of the thaw, and says no more than farewell; exit 0")
def test_f123_frozen(lab, fault, form):
    one, two, ping, farewell = leave(lab, form)
    with one.paused():
        came = measure_successor(fault, two, farewell)
        wait_moment(lab, came + 300_000_000)
        thaw = lab.now()
    gone = one.wait_gone(farewell)
    fault.measure("held by both after the thaw", max(0, gone - thaw) / 1e6, "ms", 10, SOON_MS)
    assert one.agent.wait_exit(10) == 0
    one.agent.expected_to_live = False
    check_nothing_left(one)
    said = {it.priority for it in lab.capture.adverts(host=one.host, since=farewell)}
    assert said <= {0, 1}, said
    ping.wait_answer(since=lab.now())


@forms(*LEAVING)
@pytest.mark.fault("F124", "successor hears the leaver no more, and is not heard (cut both ways)",
                   "one Active_Down_Interval later the leaver is gone; the peer serves its side")
def test_f124_cut(lab, fault, form):
    one, two, _, farewell = leave(lab, form)
    lab.cut(one.host)
    measure_successor(fault, two, farewell)
    own_ms = down(150, INTERVAL_MS / 1000) * 1000
    measure_exit(fault, one, farewell + int(own_ms * 1e6), "stopped behind Active_Down")
    check_nothing_left(one)
