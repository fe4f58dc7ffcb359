# SPDX-License-Identifier: MIT
"""Leaving on purpose without a gap: whoever is Active serves until a successor has announced each
address. Clients ping every millisecond, and lose none."""

import os
import re
import signal

import pytest

import frames
import rtnetlink
from agents import router, seconds
from lab import wait_until
from seldom import crossed, seldom

INTERVAL = "1s"


def settings(priority, ipv6=False, **keys):
    """A virtual router with adverts every second: the skew time of its Backup is 0.6 s."""
    return [router(priority, **{"interval": INTERVAL,
                                "addresses": ["2001:db8::1/64" if ipv6 else "192.0.2.1/24"],
                                **({"link_local": "none"} if ipv6 else {}), **keys})]


def host(lab, name, number, ipv6):
    return lab.host(name, f"2001:db8::{number}/64" if ipv6 else f"192.0.2.{number}/24", ipv6=ipv6)


def pair(lab, successor="vipd", ipv6=False, garp_interval=None, **keys):
    """An Active gw1 and a Backup gw2 that has heard it. Return: the two agents.

    garp_interval: s, between two announcements of a keepalived."""
    family = 6 if ipv6 else 4
    if successor == "keepalived" and not ipv6:
        keys["checksum"] = "rfc5798"
    conf = settings(150, ipv6, **keys)
    one = lab.vipd(host(lab, "gw1", 2, ipv6), conf)
    if not ipv6:
        lab.leave_to(*conf)                        # who has a second to wait waits for less
    one.wait_state("lan", "active", timeout=10, family=family)
    gw2 = host(lab, "gw2", 3, ipv6)
    if successor == "vipd":
        two = lab.vipd(gw2, settings(100, ipv6, **keys))
        wait_until(lambda: two.router(family=family)["active_address"], what="a Backup that hears")
    else:
        extra = (f"  vrrp_garp_interval {garp_interval}\n  vrrp_gna_interval {garp_interval}\n"
                 if garp_interval else "")
        two = lab.keepalived(gw2, settings(100, ipv6, **keys), extra=extra,
                             detailed=not garp_interval)
        two.wait_log("Entering BACKUP STATE")
        one.host.wait_adverts(3, since=lab.now())
    return one, two


def client(lab, ipv6):
    ping = lab.ping(host(lab, "client", 100, ipv6), "2001:db8::1" if ipv6 else "192.0.2.1",
                    interval=0.001)
    ping.wait_answer()
    return ping


def lost(ping, since):
    return [sent for sent, fate in ping.fates(since) if not fate]


def handed_over(agent):
    """What its log says of addresses that were handed over: [(announced, unannounced, us)]."""
    found = (re.search(r" handed_over=(\d+)(?: unannounced=(\d+))? after_us=(\d+)$", line)
             for line in agent.log)
    return [(int(it[1]), int(it[2] or 0), int(it[3])) for it in found if it]


def claimed(host, vip, since, to_all=True):
    """When a host has told all, or one that asked, that an address is its own."""
    return [it.ns for it in host.lab.capture.frames(since, host) if it.claim == (vip, to_all)]


BOTH = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
SUCCESSORS = pytest.mark.parametrize("successor", ["vipd", "keepalived"])
EACH = crossed(successor={"keepalived": "keepalived", "vipd": "vipd"},
               ipv6={"IPv4": False, "IPv6": True})


def is_active(agent):
    """Whether a vipd or a keepalived serves."""
    return VIPS & set(agent.host.addresses())


VIPS = {"192.0.2.1/24", "2001:db8::1/64"}


# ---- a stop ----

@EACH
def test_stop_loses_no_ping(lab, successor, ipv6):
    one, two = pair(lab, successor, ipv6)
    ping = client(lab, ipv6)
    mark = lab.now()
    assert one.term() == 0
    two.host.wait_adverts(2, since=mark)
    if successor == "keepalived" and ipv6:
        # It announces before its kernel answers for a new IPv6 address: that is its own affair.
        assert set(lost(ping, mark)) <= set(ping.lost_from(two.host)), one.log
        assert len(lost(ping, mark)) < 50
    else:
        assert lost(ping, mark) == [], one.log
    [(announced, unannounced, _)] = handed_over(one)
    assert (announced, unannounced) == (1, 0)
    assert not is_active(one)
    assert {it.priority for it in lab.capture.adverts(host=one.host, since=mark)} <= {150, 0, 1}


@SUCCESSORS
def test_last_word_makes_the_successor_announce_once_more(lab, successor):
    """Clients that have resolved while both answered may have the leaver's MAC address."""
    one, two = pair(lab, successor)
    mark = lab.now()
    assert one.term() == 0
    *_, word = [it for it in lab.capture.adverts(host=one.host, since=mark)]
    assert word.priority == 1

    wait_until(lambda: lab.capture.arps(since=word.ns, host=two.host, gratuitous=True), 1,
               what="an announcement behind the last word (a keepalived's next one comes after 5 s)")


@pytest.mark.parametrize("nopreempt", [seldom(False), True])
def test_last_word_leaves_a_third_keepalived_a_backup(lab, nopreempt):
    """It has the priority of a last resort, and ends no reign: not of the host that it is for, nor
    by a Backup that would preempt one. And whoever leaves next is relieved all the same."""
    one, two = pair(lab, checksum="rfc5798")
    third = lab.keepalived(host(lab, "gw3", 4, False), settings(90, checksum="rfc5798",
                                                                preempt=not nopreempt))
    third.wait_log("Entering BACKUP STATE")
    ping = client(lab, False)
    mark = lab.now()
    assert one.term() == 0
    [*_, word] = lab.capture.adverts(host=one.host, since=mark)
    assert word.priority == 1
    # Longer than it would wait for one that it takes for its Active.
    two.host.wait_adverts(5, since=word.ns, timeout=10)
    assert lab.capture.adverts(host=third.host, since=mark) == [], third.log
    assert two.term() == 0
    third.host.wait_adverts(2, since=mark)
    assert lost(ping, mark) == [], (one.log, two.log)


@pytest.mark.parametrize("way", ["stop", "drain"])
@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_leave_to_a_unicast_peer_loses_no_ping(lab, ipv6, way):
    """What is awaited is announced to all, whoever is told of elections."""
    agents = []
    for number, priority in ((2, 150), (3, 100)):
        peer = f"2001:db8::{5 - number}" if ipv6 else f"192.0.2.{5 - number}"
        own = f"2001:db8::{number}" if ipv6 else f"192.0.2.{number}"
        conf = settings(priority, ipv6, source=own, unicast={"peers": [peer]})
        agents.append(lab.vipd(host(lab, f"gw{number - 1}", number, ipv6), conf))
    one, two = agents
    family = 6 if ipv6 else 4
    one.wait_state("lan", "active", timeout=10, family=family)
    wait_until(lambda: two.router(family=family)["active_address"], what="a Backup that hears")
    ping = client(lab, ipv6)
    mark = lab.now()
    assert one.term() == 0 if way == "stop" else one.ctl("drain")
    two.wait_state("lan", "active", family=family)
    two.host.wait_adverts(2, since=mark)
    assert lost(ping, mark) == [] and [it[:2] for it in handed_over(one)] == [(1, 0)], one.log


@EACH
def test_stop_with_a_virtual_mac_loses_no_ping(lab, successor, ipv6):
    """A keepalived's adverts call the switch some milliseconds before it has the address, and it
    answers some more after it has announced it: those alone are its own affair."""
    one, two = pair(lab, successor, ipv6, mac="virtual")
    ping = client(lab, ipv6)
    mark = lab.now()
    assert one.term() == 0
    two.host.wait_adverts(2, since=mark)
    [called, *_] = lab.capture.adverts(host=two.host, since=mark)
    [announced, *_] = claimed(two.host, ping.target, mark)
    if successor == "keepalived":
        before = [it for it in lost(ping, mark) if it < announced]
        # What was under way when its advert called the switch; ours call it back at once.
        assert len(before) <= 3 and all(it > called.ns - 5_000_000 for it in before), one.log
    else:
        assert lost(ping, mark) == [], one.log
    assert len(lost(ping, mark)) < 50
    *_, word = lab.capture.adverts(host=one.host, since=mark)
    # By the virtual MAC address it would call the switch away from the successor.
    assert (word.priority, word.src_mac) == (1, one.host.mac())


@pytest.mark.campaign
def test_stop_with_a_virtual_mac_before_a_slow_successor_loses_no_ping(lab):
    """It announces one by one, and from the first one on nobody calls the switch back, which sends
    what is for any of them by their one MAC address."""
    extra = [f"192.0.3.{n + 1}/32" for n in range(199)]
    one, two = pair(lab, mac="virtual", announce={"pace": "10ms"}, extra_addresses=extra)
    watcher = lab.host("client", "192.0.2.100/24")
    watcher.ip("route add 192.0.3.0/24 dev eth0")
    pings = [lab.ping(watcher, it, interval=0.001) for it in ("192.0.2.1", "192.0.3.199")]
    for ping in pings:
        ping.wait_answer()
    mark = lab.now()
    assert one.term(timeout=20) == 0
    two.host.wait_adverts(2, since=mark)
    assert [it[:2] for it in handed_over(one)] == [(200, 0)], one.log
    assert [lost(ping, mark) for ping in pings] == [[], []], one.log


def test_stop_without_a_successor_serves_for_a_while_and_leaves(lab):
    one = lab.vipd(host(lab, "gw1", 2, False), settings(150, interval="100ms"))
    one.wait_state("lan", "active")
    ping = client(lab, False)
    mark = lab.now()
    assert one.term() == 0
    ended = (lab.now() - mark) / 1e9
    assert ended >= 0.34 and not is_active(one)
    assert not handed_over(one)
    [first, *_] = lost(ping, mark)
    assert (first - mark) / 1e9 >= 0.34, "it served until then"
    assert any("warning: router=lan family=4 leave=alone before=stop" in it for it in one.log)
    assert [it.priority for it in lab.capture.adverts(host=one.host, since=mark)][-2:] == [0, 0]


def test_stop_asked_for_twice_waits_for_nobody(lab):
    conf = settings(150, interval="5s", down_intervals=1)
    one = lab.vipd(host(lab, "gw1", 2, False), conf)
    lab.leave_to(*conf, interval=500)
    one.wait_state("lan", "active", timeout=15)
    mark = lab.now()
    one.process.terminate()
    one.wait_log("signal=TERM")
    one.host.wait_adverts(1, since=mark, priority=0)
    assert one.term() == 0
    assert (lab.now() - mark) / 1e9 < 4 and not is_active(one)
    first, again = [line for line in one.log if "signal=TERM" in line]
    assert "leaving gracefully" in first and "and waits for no successor" in again


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_stop_of_the_whole_process_group_is_one_stop(lab, which):
    """A Ctrl-C reaches the router process, too, and then the keeper asks it."""
    one, two = pair(lab)
    ping = client(lab, False)
    mark = lab.now()
    one.expected_to_live = False
    os.killpg(one.pid, which)
    assert one.process.wait(10) == 0
    two.host.wait_adverts(2, since=mark)
    assert lost(ping, mark) == [], one.log


def test_second_stop_of_the_whole_process_group_waits_for_nobody(lab):
    conf = settings(150, interval="5s", down_intervals=1)
    one = lab.vipd(host(lab, "gw1", 2, False), conf)
    lab.leave_to(*conf, interval=500)
    one.wait_state("lan", "active", timeout=15)
    mark = lab.now()
    one.expected_to_live = False
    os.killpg(one.pid, signal.SIGINT)
    one.host.wait_adverts(1, since=mark, priority=0)
    os.killpg(one.pid, signal.SIGINT)
    assert one.process.wait(10) == 0
    assert (lab.now() - mark) / 1e9 < 4 and not is_active(one)


@pytest.mark.long
def test_router_that_has_left_does_not_come_back(lab):
    """The other one serves for its down interval, and meanwhile an interface fails and recovers."""
    gw = host(lab, "gw1", 2, False)
    gw.attach("far", "198.51.100.2/24")
    slow = settings(150, name="slow", interval="4s", down_intervals=1, interface="eth1",
                    vrid=52, addresses=["198.51.100.1/24"])
    one = lab.vipd(gw, settings(150, interval="100ms") + slow)
    one.wait_state("lan", "active")
    lab.leave_to(*slow, segment="far", interval=400)
    one.wait_state("slow", "active", timeout=20)
    one.expected_to_live = False
    one.process.terminate()
    one.wait_state("lan", "initialize")
    mark = lab.now()
    gw.ip("link set eth0 down")
    gw.ip("link set eth0 up")
    assert one.process.wait(30) == 0
    assert lab.capture.adverts(since=mark, vrid=51) == [], one.log
    assert not is_active(one), one.log


def test_stop_within_a_long_hand_over_has_the_time_for_it(lab):
    """Its better is there, and has not announced the address yet: an interval is the limit."""
    conf = settings(150, interval="6s")
    one = lab.vipd(host(lab, "gw1", 2, False), conf)
    lab.leave_to(*conf, interval=600)
    one.wait_state("lan", "active", timeout=20)
    better = frames.Probe(lab.host("stranger"))
    better.advert("192.0.2.9", vrid=51, priority=200, addresses=["192.0.2.1"], interval=600)
    one.wait_state("lan", "backup")
    assert one.term(timeout=20) == 0
    assert not any("error:" in line for line in one.log), one.log
    [(announced, unannounced, after_us)] = handed_over(one)
    assert (announced, unannounced) == (0, 1) and after_us >= 6_000_000
    assert not is_active(one)


def test_stop_with_a_gap_removes_the_address_first(lab):
    one, two = pair(lab, leave="gap")
    mark = lab.now()
    assert one.term() == 0
    assert (lab.now() - mark) / 1e9 < 0.5 and not is_active(one) and not handed_over(one)
    two.host.wait_adverts(1, since=mark)


# ---- many addresses ----

# Alone: hosts that end beside them, with as many addresses, hold the kernel's lock for seconds, and
# with it a keepalived that is about to announce.
GARP_INTERVAL = 0.003            # s: so a thousand take three intervals


class Many:
    """A pair with a thousand addresses, and clients of the first, a middle and the last one that
    its successor announces, which does that one by one if it is a keepalived."""

    def __init__(self, lab, successor, **keys):
        self.extra = extra = [f"192.0.{n // 250 + 3}.{n % 250 + 1}/32" for n in range(999)]
        self.one, self.two = pair(lab, successor, garp_interval=GARP_INTERVAL,
                                  extra_addresses=extra, **keys)
        watcher = lab.host("client", "192.0.2.100/24")
        watcher.ip("route add 192.0.0.0/21 dev eth0")
        self.pings = [lab.ping(watcher, it.split("/")[0], interval=0.001)
                      for it in ("192.0.2.1", extra[499], extra[-1])]
        for ping in self.pings:
            ping.wait_answer()
        self.mark = lab.now()

    def judge(self):
        """All were handed over, and no client has lost anything."""
        self.two.host.wait_adverts(2, since=self.mark)
        wait_until(lambda: handed_over(self.one), 25, "the addresses to be handed over")
        assert [it[:2] for it in handed_over(self.one)] == [(1000, 0)], self.one.log
        assert [lost(ping, self.mark) for ping in self.pings] == [[], [], []], self.one.log

    def stop(self):
        """SIGTERM."""
        assert self.one.term(timeout=30) == 0

    def drain(self):
        """vipctl drain."""
        self.one.ctl("drain", "lan")

    def lower_priority(self):
        """By a reload."""
        conf = settings(50, extra_addresses=self.extra, checksum="rfc5798")
        self.one.configure(conf)
        assert self.one.reload().returncode == 0

    def removal(self):
        """By a reload, which waits for it."""
        self.one.configure(settings(150, name="other", vrid=52, addresses=["192.0.2.9/24"]))
        done = self.one.reload()
        assert done.returncode == 0, done.stderr
        assert [it["name"] for it in self.one.show()["routers"]] == ["other"]


@pytest.mark.alone
@pytest.mark.parametrize("way, successor", [
    ("stop", "vipd"), ("stop", "keepalived"), seldom("drain", "keepalived"),
    seldom("removal", "keepalived"), seldom("lower_priority", "keepalived")])
def test_leaving_with_many_addresses_loses_no_ping(lab, way, successor):
    many = Many(lab, successor)
    getattr(many, way)()
    many.judge()


@pytest.mark.alone
def test_stop_of_many_addresses_with_short_intervals_loses_no_ping(lab):
    """Far longer than an Active_Down_Interval, before a weaker one: it does not come back."""
    many = Many(lab, "keepalived", interval="100ms")
    many.stop()
    many.judge()
    assert not [line for line in many.one.log if "state=backup->active" in line][1:], many.one.log


@pytest.mark.alone
@pytest.mark.campaign
def test_stop_of_many_ipv6_addresses_awaits_each(lab):
    """A keepalived announces before its kernel answers for a new IPv6 address: that is its own
    affair."""
    extra = [f"2001:db8::1:{n + 1:x}/128" for n in range(199)]
    one, two = pair(lab, "keepalived", True, garp_interval=0.01, extra_addresses=extra)
    ping = lab.ping(host(lab, "client", 100, True), extra[-1].split("/")[0], interval=0.001)
    ping.wait_answer()
    mark = lab.now()
    assert one.term(timeout=30) == 0
    two.host.wait_adverts(2, since=mark)
    assert [it[:2] for it in handed_over(one)] == [(200, 0)], one.log
    assert set(lost(ping, mark)) <= set(ping.lost_from(two.host)), one.log


def announced_one_by_one(lab, addresses, known, every, **keys):
    """A gw1 that has yielded to a better one, which announces some of its addresses, the known
    ones. Return: the agent, what it hears of its kernel, and the flood of announcements."""
    conf = settings(150, extra_addresses=[f"198.51.100.{n + 1}/32" for n in range(addresses - 1)],
                    **keys)
    one = lab.vipd(host(lab, "gw1", 2, False), conf)
    lab.leave_to(*conf, interval=100)
    one.wait_state("lan", "active", timeout=10)
    better = frames.Probe(lab.host("stranger"))
    events = rtnetlink.AddressEvents(one.host)
    better.speak("192.0.2.9", every=1, vrid=51, priority=200, addresses=["192.0.2.1"])
    one.wait_state("lan", "backup")
    vips = ["192.0.2.1", *(it.split("/")[0] for it in conf[0]["extra_addresses"])][:known]
    flood = better.flood([frames.arp(1, better.mac, it, it, src_mac=better.mac) for it in vips],
                         1 / every, (known + 0.5) * every)
    return one, events, flood


def test_rest_goes_an_interval_after_the_last_announcement(lab):
    """Three of five are announced: those put the end off, and no more comes."""
    mark = lab.now()
    one, events, flood = announced_one_by_one(lab, addresses=5, known=3, every=0.7)
    flood.wait()
    *_, last = lab.capture.arps(since=mark, gratuitous=True, spa="198.51.100.2")
    gone = [events.wait(False, f"198.51.100.{n}/32", since=mark) for n in (3, 4)]
    assert [it[:2] for it in handed_over(one)] == [(3, 2)], one.log
    assert all(1 <= (it - last.ns) / 1e9 < 1.5 for it in gone)


def test_routes_go_with_the_last_address_or_the_one_that_they_need(lab):
    """Clients of the other addresses are still routed."""
    to = {"interface": "eth0", "table": 100}
    routes = [{"to": "203.0.113.0/24", **to}, {"to": "203.0.112.0/24", **to, "source": "192.0.2.1"},
              {"to": "203.0.111.0/24", **to, "source": "198.51.100.1"},
              {"to": "203.0.110.0/24", **to, "via": "192.0.2.254"}]
    one, _, flood = announced_one_by_one(lab, addresses=3, known=1, every=0.3, routes=routes,
                                              rules=[{"from": "10.0.0.0/8", "table": 100,
                                                      "priority": 1000}])

    def left():
        shown = one.host.run("ip", "route", "show", "table", "100", check=False).stdout
        return re.findall(r"^203\.0\.(\d+)", shown, re.M), "lookup 100" in one.host.run(
            "ip", "rule").stdout
    wait_until(lambda: "192.0.2.1/24" not in one.host.addresses(), what="the first one to go")
    kept = left()
    assert "198.51.100.1/32" in one.host.addresses(), "read before it goes, an interval later"
    assert kept == (["111", "113"], True)
    wait_until(lambda: left() == ([], False), what="no route, and no rule")
    flood.wait()
    assert not any("route=" in line for line in one.log), one.log


@pytest.mark.campaign
def test_announcements_hold_a_leaver_for_so_long_and_no_longer(lab):
    """One each 0.4 s, of more than there are in 20 s."""
    one, _, _ = announced_one_by_one(lab, addresses=80, known=80, every=0.4)
    mark = lab.now()
    assert one.term(timeout=30) == 0
    assert 18 < (lab.now() - mark) / 1e9 < 21, one.log
    [(announced, unannounced, after_us)] = handed_over(one)
    assert 20_000_000 <= after_us < 21_000_000 and 40 < announced and 20 < unannounced
    assert not any("error:" in line for line in one.log), one.log


# ---- with routes ----

FAR = {4: "198.51.100.1", 6: "2001:db8:f::1"}
WAN = {4: "203.0.113.{}", 6: "2001:db8:1::{}"}


def gateways(lab, family, **keys):
    """A pair whose routes, the last one of which is used, lead to a host behind it; and a client
    that reaches that by the virtual address. Return: the two agents, and pings of the client."""
    ipv6, wan, far = family == 6, WAN[family], FAR[family]
    length, option = (64, "-6") if ipv6 else (24, "-4")
    nets = [f"2001:db8:e:{i:x}::/64" if ipv6 else f"10.0.{i}.0/24" for i in range(200)]
    routes = [{"to": net, "via": wan.format(1), "interface": "eth1", "table": 100}
              for net in [*nets, f"{far[:-1]}0/{length}" if not ipv6 else "2001:db8:f::/64"]]
    lan = "2001:db8::/64" if ipv6 else "192.0.2.0/24"
    keys = {"interval": "200ms", "routes": routes,
            "rules": [{"from": lan, "table": 100, "priority": 1000}], **keys}
    agents = []
    for name, number, priority in (("gw1", 2, 150), ("gw2", 3, 100)):
        gateway = host(lab, name, number, ipv6)
        gateway.attach("wan", f"{wan.format(number)}/{length}")
        gateway.sysctl("net.ipv6.conf.all.forwarding" if ipv6 else "net.ipv4.ip_forward", 1)
        agents.append(lab.vipd(gateway, settings(priority, ipv6, **keys)))
        if number == 2:
            agents[0].wait_state("lan", "active", timeout=10, family=family)
    wait_until(lambda: agents[1].router(family=family)["active_address"],
               what="a Backup that hears")
    beyond = lab.host("far", f"{wan.format(1)}/{length}", segment="wan", ipv6=ipv6)
    beyond.run("ip", "address", "add", f"{far}/{128 if ipv6 else 32}", "dev", "lo",
               *(["nodad"] if ipv6 else []))
    beyond.run("ip", option, "route", "add", lan, "via", wan.format(2))
    user = host(lab, "client", 100, ipv6)
    user.run("ip", option, "route", "add", far, "via", "2001:db8::1" if ipv6 else "192.0.2.1")
    ping = lab.ping(user, far, interval=0.0005)
    ping.wait_answer()
    return (*agents, ping)


@pytest.mark.alone               # 2,000 pings in a second
@pytest.mark.parametrize("family, mac", [(4, None), seldom(6, None), seldom(4, "virtual"),
                                         (6, "virtual")])
def test_what_is_routed_for_clients_is_not_lost(lab, family, mac):
    """Whoever comes has its routes before clients are told to come, and whoever leaves has its own
    for as long as they may not know."""
    one, two, ping = gateways(lab, family, **({"mac": mac} if mac else {}))
    mark = lab.now()
    for _ in range(3):
        one.ctl("drain", "lan")
        wait_until(lambda: not is_active(one), what="the address to be handed over")
        one.ctl("resume", "lan")
        one.wait_state("lan", "active", family=family)
        wait_until(lambda: not is_active(two), what="the other one to give it up")
    gone = [(sent - mark) / 1e9 for sent in lost(ping, mark)]
    assert not gone, (gone, one.log, two.log)


# ---- other ways out ----

@pytest.mark.long
@pytest.mark.parametrize("successor", [seldom("vipd"), "keepalived"])
def test_drain_and_resume_lose_no_ping(lab, successor):
    one, two = pair(lab, successor)
    ping = client(lab, False)
    mark = lab.now()
    one.ctl("drain", "lan")
    assert one.router()["state"] == "backup"
    wait_until(lambda: not is_active(one), what="the address to be handed over")
    one.ctl("resume", "lan")
    one.wait_state("lan", "active")
    wait_until(lambda: not is_active(two), what="the other one to give it up")
    assert lost(ping, mark) == [], (one.log, two.log)
    assert handed_over(one)[0][:2] == (1, 0)


@pytest.mark.long
@pytest.mark.parametrize("successor", [seldom("vipd"), "keepalived"])
def test_lower_priority_by_a_reload_loses_no_ping(lab, successor):
    one, two = pair(lab, successor)
    ping = client(lab, False)
    mark = lab.now()
    keys = {"checksum": "rfc5798"} if successor == "keepalived" else {}
    one.configure(settings(50, **keys))
    one.reload()
    one.wait_state("lan", "backup")
    two.host.wait_adverts(2, since=lab.now())
    assert lost(ping, mark) == [], (one.log, two.log)


@pytest.mark.parametrize("successor, interval", [("vipd", "1s"), ("keepalived", "1s"),
                                                 seldom("vipd", "2s"), seldom("vipd", "8s")])
def test_router_that_a_reload_removes_loses_no_ping(lab, successor, interval):
    one, two = pair(lab, successor, interval=interval)
    other = settings(150, name="other", vrid=52, addresses=["192.0.2.9/24"])
    ping = client(lab, False)
    mark = lab.now()
    one.configure(other)
    one.reload()
    two.host.wait_adverts(2, since=mark, timeout=2 * seconds(interval) + 5)
    assert lost(ping, mark) == [], (one.log, two.log)
    assert [it["name"] for it in one.show()["routers"]] == ["other"]
    assert handed_over(one) == [(1, 0, handed_over(one)[0][2])] and not is_active(one)


def test_reload_that_waits_for_a_successor_says_so(lab):
    """Nobody is there: it serves for its Active_Down_Interval, of 6.8 s, and is gone then."""
    conf = settings(150, interval="2s")
    one = lab.vipd(host(lab, "gw1", 2, False), conf)
    lab.leave_to(*conf)
    one.wait_state("lan", "active")
    ping = client(lab, False)
    mark = lab.now()
    one.configure(settings(150, name="other", vrid=52, addresses=["192.0.2.9/24"]))
    done = one.reload()
    assert re.fullmatch(r"lan: serves until another host takes over, \d\.\d s at most\nreloaded\n",
                        done.stdout), done
    left = (lab.now() - mark) / 1e9
    assert 6.5 < left < 12 and not is_active(one)
    assert all(it > mark + 6.5e9 for it in lost(ping, mark)), one.log


@pytest.mark.parametrize("interval, waits", [("3s", 3), seldom("35s", 30)])
def test_reload_waits_for_a_hand_over_but_not_for_ever(lab, interval, waits):
    """Its better is there, and does not announce the address."""
    conf, cs = settings(150, interval=interval, down_intervals=1), round(seconds(interval) * 100)
    one = lab.vipd(host(lab, "gw1", 2, False), conf)
    lab.leave_to(*conf, interval=cs)
    one.wait_state("lan", "active", timeout=60)
    better = frames.Probe(lab.host("stranger"))
    mark = lab.now()
    better.advert("192.0.2.9", vrid=51, priority=200, addresses=["192.0.2.1"], interval=cs)
    one.wait_state("lan", "backup")
    assert one.reload().returncode == 0
    assert waits <= (lab.now() - mark) / 1e9 < waits + 2
    wait_until(lambda: not is_active(one), what="the address to go")
    assert [it[:2] for it in handed_over(one)] == ([(0, 1)] if waits == 3 else [])
    assert not any("error: router_pid" in line for line in one.log), one.log


def test_stop_while_a_reload_lets_routers_leave_is_no_error(lab):
    one = lab.vipd(host(lab, "gw1", 2, False), settings(150))
    one.wait_state("lan", "active", timeout=10)
    mark = lab.now()
    one.configure(settings(150, name="other", vrid=52, addresses=["192.0.2.9/24"]))
    os.kill(one.pid, signal.SIGHUP)
    one.host.wait_adverts(1, since=mark, priority=0, vrid=51)
    assert one.term() == 0
    assert not any("last_will" in line or "error:" in line for line in one.log), one.log
    assert not is_active(one)


def test_router_that_was_to_be_removed_goes_on_when_the_reload_fails(lab):
    """Its successor as a process is killed while it waits for another host to come."""
    one = lab.vipd(host(lab, "gw1", 2, False), settings(150))
    one.wait_state("lan", "active", timeout=10)
    assert one.standby_pid
    ping = client(lab, False)
    before, mark = one.router_pid, lab.now()
    one.configure(settings(150, name="other", vrid=52, addresses=["192.0.2.9/24"]))
    os.kill(one.pid, signal.SIGHUP)
    one.host.wait_adverts(1, since=mark, priority=0, vrid=51)
    [successor] = set(one.router_pids) - {before}
    os.kill(successor, signal.SIGKILL)
    one.wait_log("reload=refused")
    wait_until(lambda: one.router_pid != before, what="the standby to go on")
    one.wait_state("lan", "active")
    one.host.wait_adverts(3, since=lab.now(), priority=150)
    assert lost(ping, mark) == [], one.log


def test_restart_loses_no_ping(lab):
    """As for an upgrade: away, and back by preemption."""
    one, two = pair(lab)
    ping = client(lab, False)
    mark = lab.now()
    assert one.term() == 0
    one = lab.vipd(one.host, settings(150))
    one.wait_state("lan", "active", timeout=15)
    two.wait_state("lan", "backup")
    assert lost(ping, mark) == [], (one.log, two.log)
    assert handed_over(two)[0][:2] == (1, 0)


# ---- what must not be waited for ----

def test_fault_waits_for_no_successor(lab):
    one, two = pair(lab, interval="100ms")
    mark = lab.now()
    one.host.ip("link set eth0 down")
    two.wait_state("lan", "active")
    assert not handed_over(one)
    one.host.ip("link set eth0 up")
    one.wait_state("lan", "active")


def test_announcement_of_a_stranger_takes_nothing_from_an_active(lab):
    """Only who has found its better gives an address up for it."""
    one = lab.vipd(host(lab, "gw1", 2, False), settings(150, interval="100ms"))
    one.wait_state("lan", "active")
    stranger = frames.Probe(lab.host("stranger"))
    mark = lab.now()
    stranger.send(frames.arp(1, stranger.mac, "192.0.2.1", "192.0.2.1", src_mac=stranger.mac))
    one.host.wait_adverts(5, since=mark)
    assert is_active(one) and one.router()["state"] == "active"
