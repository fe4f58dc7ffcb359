# SPDX-License-Identifier: MIT
"""Faults between vipd and its kernel: lost events, stolen addresses, links that come and go."""

import os

import pytest

from agents import binary, is_sanitized, seconds
from faults.dut import (DUAL, GROUP, HMAC, IPV6, KEEPALIVED, LATE_S, MARK, MATE, OTHER, OWN, PLAIN,
                        QUICK_MS, ROUTED, SOON_MS, UNICAST, VIP, WIDER, Gateway, forms,
                        measure_silence, pair, ping_vip, single)
from lab import router, wait_until
from processes import lost_events
from seldom import seldom
from rtnetlink import Rtnetlink
from timing import EARLY, GAP_MS, down, longest_gap_ms, wait_moment

NEW = "192.0.2.22/24"            # in the place of OWN
NO_SOURCE = "interface eth0 has no IPv4 address of its own"
NO_LINK_LOCAL = "interface eth0 has no link-local address of its own"


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


@forms(PLAIN, IPV6, DUAL, GROUP, HMAC, ROUTED)
@pytest.mark.fault("F55", "address removed by somebody", "back and announced within 5 ms",
                   keepalived=True)
def test_f55_address_removed(lab, fault, form):
    """Announced: from before the removal to the announcement, which follows the restoration."""
    vips = form.vips(7 // len(form.families))
    own = [vip for vip in vips if vip != MATE]
    one = single(lab, *form.routers(150, 2, addresses=own), form=form)
    wait_until(lambda: set(vips) <= set(one.host.addresses()), what="all addresses")
    thief, back_ms, told_ms = Rtnetlink(one.host), [], []
    for vip in vips:
        mark = lab.now()
        thief.remove(vip)
        told = one.wait_announced(vip, mark, 3)
        told_ms.append((told.ns - mark) / 1e6)
        back_ms.append(one.events.longest_absence_ms(mark, vip))
        wait_until(lambda it=vip: one.holds(it), what=f"{vip} to be back")
        assert KEEPALIVED or ":" in vip or thief.marks()[plain(vip)] == MARK
    fault.measure("away", back_ms, "ms", 5, SOON_MS)
    fault.measure("announced", told_ms, "ms", 5, SOON_MS if KEEPALIVED else 5)
    one.check_counters(became_active=1, addresses_restored=len(own) // len(form.families))
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


def measure_takeover(fault, one, took_over):
    """The peer's first advert against the last one of gw1, which may have said farewell."""
    last = [it for it in one.lab.capture.adverts(host=one.host) if it.ns < took_over.ns][-1]
    what, after = ("the skew time", one.form.skew_ms) if last.priority == 0 else (
        "Active_Down", one.form.down_ms)
    fault.measure(f"peer behind {what}", (took_over.ns - last.ns) / 1e6 - after, "ms", 5, SOON_MS)


def fail_and_return(lab, fault, one, two, fail, restore, reason):
    """gw1 fails, for which vipd has a word, and comes back; a client is served by one."""
    ping = ping_vip(lab, form=one.form)
    mark = lab.now()
    fail()
    one.wait_fault(reason)
    took_over = two.wait_active(mark)
    measure_takeover(fault, one, took_over)
    ping.wait_answer(since=took_over.ns)
    fault.measure("no answer", ping.longest_outage(since=mark) * 1000, "ms", 1000, 2000)
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
@forms(PLAIN, IPV6, DUAL, UNICAST, *WIDER)
@pytest.mark.fault("F60", "interface down and up, or its carrier gone and back", "address gone "
                   "within 10 ms, peer Active in time, and back", keepalived=True)
def test_f60_interface_down_and_up(lab, fault, form, how):
    one, two = pair(lab, form=form)

    def fail():
        mark = lab.now()
        if how == "down":
            one.host.ip("link set eth0 down")
        else:
            lab.cut(one.host, silent=False)
        gone = one.wait_gone(mark)
        fault.measure("address gone", (gone - mark) / 1e6, "ms", 10, SOON_MS)
        if form.routes:
            wait_until(lambda: not one.routed(), 1, "its routes and rules to go, too")

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

def source(gateway):
    """The address that its adverts come from, with its prefix length."""
    src = gateway.lab.capture.adverts(host=gateway.host)[-1].src
    return next(it for it in gateway.host.addresses() if plain(it) == src)


@forms(PLAIN, IPV6, UNICAST)
@pytest.mark.fault("F59", "the host's own address removed, and added again", "half a second later "
                   "in fault and address gone, peer Active in time, and back", keepalived=True)
def test_f59_own_address_removed(lab, fault, form):
    """Of IPv6 the link-local one. What replaces it within half a second is no fault: see above."""
    one, two = pair(lab, form=form)
    own, begun = source(one), lab.now()
    one.host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 1)

    def fail():
        mark = lab.now()
        one.host.ip(f"address delete {own} dev eth0")
        gone = one.wait_gone(mark)
        fault.measure("address gone", (gone - mark) / 1e6, "ms", 520, 600 + SOON_MS)

    fail_and_return(lab, fault, one, two, fail,
                    lambda: one.host.ip(f"address add {own} dev eth0"),
                    NO_LINK_LOCAL if form is IPV6 else NO_SOURCE)
    gone, took_over = one.wait_gone(begun), lab.capture.wait_advert(host=two.host, since=begun).ns
    fault.measure("held by both", max(0, gone - took_over) / 1e6, "ms", 250, 250 + SOON_MS)


@forms(IPV6)
@pytest.mark.fault("F67", "IPv6 switched off on the interface (disable_ipv6), and on again",
                   "address gone within 10 ms, peer Active half a second and its skew time later, "
                   "and back", keepalived=True)
def test_f67_ipv6_switched_off(lab, fault, form):
    one, two = pair(lab, form=form)

    def fail():
        mark = lab.now()
        one.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
        fault.measure("address gone", (one.wait_gone(mark) - mark) / 1e6, "ms", 10, SOON_MS)

    fail_and_return(lab, fault, one, two, fail,
                    lambda: one.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 0), NO_LINK_LOCAL)


def lose_ipv6(lab, fault, fail, restore):
    """A dual-stack Active cannot speak over IPv6 for a while. Return: it, and both times."""
    one, two = pair(lab, form=DUAL)
    ping, failed = ping_vip(lab), lab.now()        # of its IPv4
    fail(one.host)
    one.agent.wait_log("router=lan family=6 interface=eth0 mute=yes")
    one.host.wait_adverts(10, lab.now(), src=plain(OWN))       # longer than a Backup waits
    fault.measure("longest gap over IPv4", longest_gap_ms(one.host, failed), "ms", 110, GAP_MS)
    restored = lab.now()
    restore(one.host)
    again = lab.capture.wait_frame(lambda frame: frame.vrrp and ":" in frame.vrrp.src,
                                   host=one.host, since=restored, what="an advert over IPv6")
    fault.measure("IPv6 speaks again", (again.ns - restored) / 1e6, "ms", 120, 120 + SOON_MS)
    one.wait_active(restored)
    one.wait_adverts(5, lab.now())
    fault.measure("pings lost", ping.lost(since=failed))
    measure_silence(fault, two, failed)
    one.check_counters(became_active=1)
    return one, failed, restored


@forms(DUAL)
@pytest.mark.fault("F59", "link-local address removed, and added again", "IPv4 goes on, addresses "
                   "of IPv6 stay, peer notices nothing; an interval later IPv6 speaks again")
def test_f59_link_local_address_removed(lab, fault, form):
    own = "fe80::ff:fe00:100/64"                   # of gw1, by its MAC
    one, failed, _ = lose_ipv6(lab, fault, lambda host: host.ip(f"address delete {own} dev eth0"),
                               lambda host: host.ip(f"address add {own} dev eth0 nodad"))
    fault.measure("address of IPv6 away", one.events.longest_absence_ms(failed, form.vips()[1]),
                  "ms", 1, QUICK_MS)


@forms(DUAL)
@pytest.mark.fault("F67", "IPv6 switched off on the interface (disable_ipv6), and on again",
                   "IPv4 goes on, peer notices nothing; address of IPv6 back and announced within "
                   "10 ms")
def test_f67_ipv6_of_two_families_switched_off(lab, fault, form):
    def switch(value):
        return lambda host: host.sysctl("net.ipv6.conf.eth0.disable_ipv6", value)

    one, _, restored = lose_ipv6(lab, fault, switch(1), switch(0))
    vip = form.vips()[1]
    back = one.events.wait(True, vip, restored)
    fault.measure("back", (back - restored) / 1e6, "ms", 10, SOON_MS)
    told = one.wait_announced(vip, restored)
    fault.measure("announced", (told.ns - restored) / 1e6, "ms", 10, SOON_MS)


@forms(UNICAST)
@pytest.mark.fault("F52", "route to the only peer blackholed, and back", "not fatal: peer Active "
                   "in time, address gone after 3.2 s at the latest; back with the next advert",
                   keepalived=True)
def test_f52_route_to_the_peer_blackholed(lab, fault, form):
    """Nothing that it sends leaves, so nothing pays for its lease."""
    if KEEPALIVED:
        pytest.skip("its adverts leave all the same, whatever the route says")
    one, two = pair(lab, form=form)
    ping, mark = ping_vip(lab), lab.now()
    one.host.ip("route add blackhole 192.0.2.3/32")
    measure_takeover(fault, one, two.wait_active(mark))
    gone = one.wait_gone(mark, 3.2 + LATE_S)
    fault.measure("address gone", (gone - mark) / 1e9, "s", 3.2, 3.2 + LATE_S)
    ping.wait_answer(since=gone)
    assert "unreachable_peer" in one.agent.router()["warnings"]
    restored = lab.now()
    one.host.ip("route delete blackhole 192.0.2.3/32")
    back = lab.capture.wait_advert(host=one.host, since=restored)
    fault.measure("advert again", (back.ns - restored) / 1e6, "ms", 110, 110 + SOON_MS)
    wait_until(lambda: one.holds() and not two.holds(), what="one holder, the first one")
    one.host.wait_adverts(5, lab.now())
    mark = lab.now()
    one.host.wait_adverts(5, mark)
    fault.measure("pings lost later", ping.lost(since=mark))


@pytest.mark.parametrize("how", ["no route", "no neighbour"])
@forms(UNICAST)
@pytest.mark.fault("F52", "one of two peers unreachable", "the other one has its copies in time "
                   "and notices nothing; addresses stay")
def test_f52_one_of_two_peers_unreachable(lab, fault, form, how):
    third = lab.host("gw3", "192.0.2.4/24")
    one, two = pair(lab, form=form, unicast={"peers": ["192.0.2.2", "192.0.2.3", "192.0.2.4"]})
    lab.capture.wait_advert(host=one.host, dst="192.0.2.4")
    ping, mark = ping_vip(lab), lab.now()
    if how == "no route":
        one.host.ip("route add unreachable 192.0.2.4/32")
    else:
        lab.cut(third)
        one.host.ip("neighbour flush to 192.0.2.4 dev eth0")
    one.host.wait_adverts(40, mark, dst="192.0.2.3")           # longer than a lease
    times = [advert.ns for advert in lab.capture.adverts(host=one.host, dst="192.0.2.3")]
    gaps = [(after - before) / 1e6 for before, after in zip(times, times[1:]) if after > mark]
    fault.measure("longest gap to the other one", max(gaps), "ms", 110, GAP_MS)
    fault.measure("pings lost", ping.lost(since=mark))
    measure_silence(fault, two, mark)
    one.check_counters(became_active=1)
    lost = [it for it in lab.capture.adverts(host=one.host, dst="192.0.2.4") if it.ns > mark]
    assert not lost[2:], f"it was reached: {lost}"


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
                         [("1s", "available", 6.2), seldom("3s", "safe", 8.2)])
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


@forms(PLAIN, *WIDER)
@pytest.mark.fault("F36", "Active not heard any more (lost one way), and heard again", "peer "
                   "Active in time, as it cannot know better; one holder half a second after it "
                   "hears again")
def test_f36_active_not_heard(lab, fault, form):
    """The Active hears that its peer is Active, too: it goes on, and has the last word.

    Whoever yields to its better keeps the address until that one announces it, for half a second.
    """
    one, two = pair(lab, form=form)
    lab.mute(one.host)
    muted = lab.now()
    came = two.wait_active(muted)
    last = [it for it in lab.capture.adverts(host=one.host) if not it.lost][-1]
    fault.measure("peer behind Active_Down", (came.ns - last.ns) / 1e6 - form.down_ms, "ms", 5,
                  SOON_MS)
    two.host.wait_adverts(10, lab.now())
    assert one.holds(), "the better one goes on, whatever it hears"
    healed = lab.now()
    lab.heal(one.host)
    gone = two.wait_gone(healed)
    heard = one.host.wait_adverts(1, healed, lost=False)[0]
    fault.measure("held by both, once heard", (gone - heard.ns) / 1e6, "ms", 500, 500 + SOON_MS)
    ping_vip(lab, form=form)
    assert one.holds() and (not form.routes or (one.routed(), two.routed()) == (3, 0))
    two.check_counters(became_active=1)
    one.check_counters(became_active=1)


@forms(PLAIN, *WIDER)
@pytest.mark.fault("F37", "Active hears nothing any more (lost one way), and hears again",
                   "nothing happens: adverts in time, peer notices nothing")
def test_f37_active_hears_nothing(lab, fault, form):
    one, two = pair(lab, form=form)
    mark = lab.now()
    lab.deafen(one.host)
    one.wait_adverts(10, lab.now())
    lab.heal(one.host)
    one.wait_adverts(10, lab.now())
    fault.measure("longest gap", longest_gap_ms(one.host, mark), "ms", 110, GAP_MS)
    measure_silence(fault, two, mark)
    one.check_counters(became_active=1)


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers want to be loaded first")
@forms(PLAIN, GROUP, HMAC, ROUTED)
@pytest.mark.fault("F125", "better one comes, and its kernel refuses its addresses", "it gives all "
                   "up after 3 s, and says so; the other one serves; back to it when that has left")
def test_f125_addresses_refused(lab, fault, form):
    """Of a group also what it could hold: members have one fate."""
    refusal = lab.path("refusal")
    one = single(lab, form=form)
    ping, mark = ping_vip(lab, form=form), lab.now()
    with open(refusal, "w", encoding="utf-8"):
        pass
    library = os.path.join(os.path.dirname(binary("vipd")), "tests/net/refusal.so")
    better = Gateway(form.host(lab, "gw2", 3), form.routers(200, 3), form=form,
                     env={"LD_PRELOAD": library, "REFUSAL": refusal})
    better.agent.wait_log("error: .*news=failed")
    better.agent.wait_log("resort=begins")
    better.agent.wait_state("lan", "backup")
    back = lab.now()
    one.wait_active(back)
    ping.wait_answer(since=back)
    fault.measure("no answer", ping.longest_outage(since=mark) * 1000, "ms", 3000 + 500, 5000)
    assert not better.holds()
    if form.routes:
        wait_until(lambda: not better.routed(), 1, "its routes and rules to go, too")
    assert not any(it["counters"]["rejected"].get("hmac_bad") for it in
                   better.agent.show()["routers"])
    os.unlink(refusal)
    assert one.agent.term() == 0
    better.wait_active(back)
