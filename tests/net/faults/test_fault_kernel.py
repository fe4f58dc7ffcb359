# SPDX-License-Identifier: MIT
"""Faults between vipd and its kernel: lost events, stolen addresses, links that come and go."""

import pytest

from agents import seconds
from faults.dut import (DOWN_MS, KEEPALIVED, MARK, OTHER, OWN, QUICK_MS, SOON_MS, VIP, pair,
                        ping_vip, single)
from lab import router, wait_until
from processes import lost_events
from rtnetlink import Rtnetlink
from timing import EARLY, down, wait_moment

NEW = "192.0.2.22/24"            # in the place of OWN


def plain(address):
    """An address without its prefix length."""
    return address.split("/")[0]


@pytest.mark.fault("F54", "the kernel's events lost", "addresses are looked at anew, within 50 ms "
                   "after the first turn")
def test_f54_events_lost(lab, fault):
    """vipd stands still until its queue of events overflows; what mattered comes after that."""
    one = single(lab, router(150, extra_addresses=[OTHER], lease="off"))
    one.host.ip("link add spare0 type veth peer name spare1")
    assert lost_events(one.agent) == 0
    with one.paused():
        for _ in range(20):
            one.host.ip(*(f"link set spare0 mtu {1000 + n % 400}" for n in range(2000)))
            if lost_events(one.agent):
                break
        assert lost_events(one.agent) > 0, "the test did not overflow the queue"
        one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 1)
        one.host.ip(f"address delete {VIP} dev eth0", f"address add {NEW} dev eth0",
                    f"address delete {OWN} dev eth0")
        mark = lab.now()
    back = one.events.wait(True, since=mark)
    fault.measure("address back", (back - mark) / 1e6, "ms", 50, 1000)
    lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa=plain(VIP))
    assert sorted(one.host.addresses()) == [VIP, OTHER, NEW]
    assert {advert.src for advert in one.host.wait_adverts(5, lab.now())} == {plain(NEW)}
    one.check_counters(became_active=1, addresses_restored=1)


@pytest.mark.fault("F55", "address removed by somebody", "back and announced within 5 ms",
                   keepalived=True)
def test_f55_address_removed(lab, fault):
    """Announced: from before the removal to the announcement, which follows the restoration."""
    vips = [f"192.0.2.{n}/24" for n in (1, 101, 102, 103, 104, 105, 106)]
    one = single(lab, router(150, addresses=vips))
    wait_until(lambda: one.holds(vips[-1]), what=vips[-1])
    thief, back_ms, told_ms = Rtnetlink(one.host), [], []
    for vip in vips:
        mark = lab.now()
        thief.remove(vip)
        told = lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa=plain(vip),
                                    timeout=3)
        told_ms.append((told.ns - mark) / 1e6)
        back_ms.append(one.events.longest_absence_ms(mark, vip))
        wait_until(lambda it=vip: one.holds(it), what=f"{vip} to be back")
        assert KEEPALIVED or thief.marks()[plain(vip)] == MARK
    fault.measure("away", back_ms, "ms", 5, SOON_MS)
    fault.measure("announced", told_ms, "ms", 5, SOON_MS if KEEPALIVED else 5)
    one.check_counters(became_active=1, addresses_restored=len(vips))
    if not KEEPALIVED:
        assert sorted(told_ms)[-2] <= QUICK_MS, f"one may be the test's own delay: {told_ms}"
        line = one.agent.wait_log(f"address={vips[0]} .*news=restored")
        assert " warning: " in line and "router=lan" in line and "interface=eth0" in line


@pytest.mark.fault("F56", "all addresses but the host's own flushed", "all back and announced "
                   "within 5 ms", keepalived=True)
def test_f56_addresses_flushed(lab, fault):
    vips = [f"192.0.2.{n}/24" for n in (1, *range(101, 150))]
    one = single(lab, router(150, addresses=vips))
    wait_until(lambda: one.holds(vips[-1]), what=vips[-1])
    took_ms = []
    for _ in range(3):
        mark = lab.now()
        one.host.ip(*(f"address delete {vip} dev eth0" for vip in vips))
        removed = max(one.events.wait(False, vip, since=mark) for vip in vips)
        for vip in vips:
            lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa=plain(vip),
                                 timeout=3)
        wait_until(lambda: set(vips) <= set(one.host.addresses()), what="all addresses")
        last = max(ns for ns, there, address in one.events.seen(mark) if there and address in vips)
        took_ms.append(max(0, last - removed) / 1e6)
    fault.measure("last one back", took_ms, "ms", 5, SOON_MS)


@pytest.mark.fault("F57", "address was there before", "used while Active, and left there at the "
                   "end", keepalived=True)
def test_f57_address_was_there(lab, fault):
    host = lab.host("gw1", OWN, VIP)
    client = lab.host("client", "192.0.2.100/24")
    agent = (lab.keepalived if KEEPALIVED else lab.vipd)(host, [router()])
    lab.capture.wait_arp(host=host, gratuitous=True, spa=plain(VIP))
    ping = lab.ping(client, plain(VIP))
    ping.wait_answer()
    assert {advert.src for advert in lab.capture.adverts(host=host)} == {"192.0.2.2"}
    assert agent.term() == 0
    assert host.addresses() == [OWN, VIP], "left there"
    if not KEEPALIVED:
        assert " warning: " in agent.wait_log(f"address={VIP} .*news=foreign")
        assert MARK not in Rtnetlink(host).marks().values()
    fault.measure("pings lost", ping.lost())


@pytest.mark.fault("F59", "the host's own address replaced", "the next advert has the new "
                   "source, in time; no other one ever", keepalived=True)
def test_f59_own_address_replaced(lab, fault):
    one = single(lab, router(150, interval="20ms"))
    one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 1)
    one.host.ip(f"address add {NEW} dev eth0")
    kernel = Rtnetlink(one.host)
    mark = lab.now()
    kernel.remove(OWN)
    changed = lab.now()
    first = lab.capture.wait_advert(timeout=5, host=one.host, since=mark, src=plain(NEW))
    one.host.wait_adverts(10, changed)
    old = [advert.ns for advert in lab.capture.adverts(host=one.host, since=changed,
                                                      src=plain(OWN))]
    fault.measure("old source still used", (max(old, default=changed) - changed) / 1e6, "ms", 10,
                  QUICK_MS)
    # In the rhythm of adverts: when the address went in between them says nothing.
    last = [advert.ns for advert in lab.capture.adverts(host=one.host) if advert.ns < first.ns][-1]
    fault.measure("from the last advert to the new source's", (first.ns - last) / 1e6, "ms", 25,
                  SOON_MS)
    seen = {advert.src for advert in lab.capture.adverts(host=one.host)}
    assert seen == {plain(OWN), plain(NEW)} and one.holds()
    one.check_counters(became_active=1)
    assert KEEPALIVED or one.agent.router()["active_address"] == plain(NEW)


def fail_and_return(lab, fault, one, two, fail, restore, reason):
    """gw1's link goes, for which vipd has a word, and comes back; a client is served by one."""
    ping = ping_vip(lab)
    mark = lab.now()
    fail()
    one.wait_fault(reason)
    took_over = two.wait_active(mark)
    last = [advert.ns for advert in lab.capture.adverts(host=one.host) if advert.ns < took_over.ns]
    fault.measure("peer behind Active_Down", (took_over.ns - last[-1]) / 1e6 - DOWN_MS, "ms", 5,
                  SOON_MS)
    ping.wait_answer(since=took_over.ns)
    restored = lab.now()
    restore()
    back = lab.capture.wait_advert(host=one.host, since=restored)
    assert (back.ns - restored) / 1e9 >= down(150, 0.1) - EARLY, "it asks first"
    wait_until(lambda: one.holds() and not two.holds(), what="one holder, the first one")
    down_ms = 1000 * down(150, 0.1)
    fault.measure("Active again", (back.ns - restored) / 1e6, "ms", down_ms + 100,
                  down_ms + 1000)
    one.host.wait_adverts(5, lab.now())
    mark = lab.now()
    one.host.wait_adverts(5, mark)
    fault.measure("pings lost later", ping.lost(since=mark))
    one.check_counters(became_active=2)


@pytest.mark.requirement("R-058")
@pytest.mark.parametrize("how", ["down", "no carrier"])
@pytest.mark.fault("F60", "interface down and up, or its carrier gone and back", "address gone "
                   "within 10 ms, peer Active in time, and back", keepalived=True)
def test_f60_interface_down_and_up(lab, fault, how):
    one, two = pair(lab)

    def fail():
        mark = lab.now()
        if how == "down":
            one.host.ip("link set eth0 down")
        else:
            lab.cut(one.host, silent=False)
        gone = one.events.wait(False, since=mark)
        fault.measure("address gone", (gone - mark) / 1e6, "ms", 10, SOON_MS)

    def restore():
        if how == "down":
            one.host.ip("link set eth0 up")
        else:
            lab.heal(one.host)

    fail_and_return(lab, fault, one, two, fail, restore,
                    f"interface eth0 {'is down' if how == 'down' else 'has no carrier'}")
    assert KEEPALIVED or one.agent.wait_log(
        'state=fault->backup reason="the fault is over"')


@pytest.mark.fault("F61", "interface deleted and made anew", "peer Active in time; Active again "
                   "100 ms after Active_Down", keepalived=True)
def test_f61_interface_made_anew(lab, fault):
    one, two = pair(lab)
    before = one.host.link()["ifindex"], one.host.mac()
    fail_and_return(lab, fault, one, two, lambda: one.host.ip("link delete eth0"),
                    lambda: one.host.replug(OWN), "there is no interface eth0")
    assert one.host.link()["ifindex"] != before[0] and one.host.mac() != before[1]
    assert one.host.wait_adverts(1, lab.now())[0].src_mac == one.host.mac()


@pytest.mark.fault("F62", "interface renamed, and back", "address gone from it, peer Active in "
                   "time, and back", keepalived=True)
def test_f62_interface_renamed(lab, fault):
    """The name is what is configured. What was eth0 must not go on answering for the address."""
    one, two = pair(lab)

    def fail():
        one.host.ip("link set eth0 down", "link set eth0 name old0", "link set old0 up")
        wait_until(lambda: not one.holds(dev="old0"), what=f"{VIP} to leave old0")

    fail_and_return(lab, fault, one, two, fail, lambda: one.host.ip(
        "link set old0 down", "link set old0 name eth0", "link set eth0 up"),
        "there is no interface eth0")
    assert sorted(one.host.addresses()) == [VIP, OWN]
    assert one.agent.term() == 0
    assert one.host.addresses() == [OWN]


@pytest.mark.fault("F65", "macvlan of a virtual MAC removed by somebody", "back and announced "
                   "within 100 ms")
def test_f65_macvlan_removed(lab, fault):
    """Announced: from before the removal to the announcement, which follows the restoration."""
    gw = lab.host("gw1", OWN)
    agent = lab.vipd(gw, [router(150, mac="virtual")])
    wait_until(lambda: "vrrp.51.eth0" in gw.run("ip", "-o", "link").stdout and
               VIP in gw.addresses("vrrp.51.eth0"), what=VIP)
    back_ms = []
    for _ in range(3):
        gw.wait_adverts(3, lab.now())
        mark = lab.now()
        gw.ip("link delete vrrp.51.eth0")
        told = lab.capture.wait_arp(host=gw, since=mark, gratuitous=True, spa=plain(VIP))
        back_ms.append((told.ns - mark) / 1e6)
        assert VIP in gw.addresses("vrrp.51.eth0")
    fault.measure("back and announced", back_ms, "ms", 100, SOON_MS)
    assert agent.router()["counters"]["became_active"] == 1


EGRESS = """table netdev vipd_test {
  chain out {
    type filter hook egress device "eth0" priority 0; policy accept;
    ip protocol 112 drop
  }
}
"""


@pytest.mark.parametrize("interval, lease, bound_s",
                         [("1s", "available", 6.2), ("3s", "safe", 8.2)])
@pytest.mark.fault("F72", "no advert leaves the host, until the lease ends", "address gone by "
                   "then, not put back before an advert leaves; then within 5 ms and an interval")
def test_f72_no_advert_leaves(lab, fault, interval, lease, bound_s):
    """The last advert that left pays for a renewal an interval later: 1 or 3 s, and 4 + 1.2."""
    one = single(lab, router(150, interval=interval, lease=lease))
    one.host.wait_adverts(2, lab.now())
    one.host.run("nft", "-f", "-", input=EGRESS)
    mark = lab.now()
    gone = one.events.wait(False, since=mark, timeout=bound_s + 2)
    fault.measure("address gone", (gone - mark) / 1e9, "s", bound_s, bound_s + 2)
    wait_moment(lab, gone + int(1e9 * (seconds(interval) + 1)))
    wait_moment(lab, gone + 4_000_000_000)
    assert not one.holds() and not lab.capture.arps(host=one.host, since=gone, gratuitous=True)
    one.agent.wait_log("news=ended")
    one.host.run("nft", "delete", "table", "netdev", "vipd_test")
    first = lab.capture.wait_advert(host=one.host, since=lab.now())
    back = one.events.wait(True, since=first.ns - 1_000_000)
    fault.measure("back after an advert", max(0, back - first.ns) / 1e9, "s",
                  seconds(interval) + 0.005, seconds(interval) + 1)
    lab.capture.wait_arp(host=one.host, since=first.ns, gratuitous=True, spa=plain(VIP))


@pytest.mark.fault("F72", "lease ended although alive (all paused for 1.8 s)", "address back and "
                   "announced within 5 ms of the thaw")
def test_f72_lease_ended(lab, fault):
    one = single(lab)
    back_ms = []
    for _ in range(2):
        mark = lab.now()
        with one.paused():
            one.events.wait(False, since=mark)
            wait_moment(lab, mark + 1_800_000_000)
            assert not one.holds()
            thaw = lab.now()
        told = lab.capture.wait_arp(host=one.host, since=thaw, gratuitous=True, spa=plain(VIP))
        back_ms.append((told.ns - thaw) / 1e6)
        assert one.holds()
        one.host.wait_adverts(5, lab.now())
    fault.measure("back", back_ms, "ms", 5, SOON_MS)


@pytest.mark.fault("F116", "lease ended while the host's own address had come behind ours",
                   "the own address stays, and so does the router")
def test_f116_lease_ended_before_an_own_address(lab, fault):
    """Both ways to come behind: as a newcomer, and when the one before ours is removed."""
    one = single(lab)
    one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 0)
    one.host.ip(f"address add {NEW} dev eth0")
    one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 1)
    mark = lab.now()
    one.host.ip(f"address delete {OWN} dev eth0")
    one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 0)
    wait_until(lambda: one.host.addresses() == [NEW, VIP], what="the virtual one behind")
    fault.measure("away", one.events.longest_absence_ms(mark), "ms", 1, QUICK_MS)
    with one.paused():
        wait_until(lambda: not one.holds(), what="the end of the lease")
        assert one.host.addresses() == [NEW]
        thaw = lab.now()
    told = lab.capture.wait_arp(host=one.host, since=thaw, gratuitous=True, spa=plain(VIP))
    fault.measure("back", (told.ns - thaw) / 1e6, "ms", 5, SOON_MS)
    assert one.host.addresses() == [NEW, VIP]
    one.check_counters(became_active=1)
