# SPDX-License-Identifier: MIT
"""Routers that speak to configured peers: on the same link or behind a router, in both families and
versions; what is sent to whom, and what happens when a peer, a source or a route is not there. The
rules of the protocol on the wire are tests/conformance's, pairs with other agents tests/interop's.
"""

from dataclasses import dataclass

import pytest

from agents import router
from frames import Probe
from generations import crash, reload
from lab import wait_until

VIP4, VIP6 = "192.0.2.100/24", "2001:db8::100/64"


@dataclass(frozen=True)
class Kind:
    """A version over a family, to peers of a scope."""
    name: str
    version: int
    own: str                     # the address that adverts come from, by number of the host
    vip: str = VIP4
    family = property(lambda self: 6 if ":" in self.own else 4)

    def address(self, number):
        """What a host's interface has, and a peer is called."""
        return self.own.format(number)

    def host(self, lab, number):
        """A host on the segment; the link-local address is made of its MAC."""
        configured = f"2001:db8::{number}/64" if self.family == 6 else f"192.0.2.{number}/24"
        return lab.host(f"gw{number}", configured, ipv6=self.family == 6)

    def router(self, number, *peers, **keys):
        """The settings of a host of this number."""
        slow = {"interval": "1s"} if self.version == 2 else {}
        return router(200 if number == 1 else 100, version=self.version, addresses=[self.vip],
                      unicast={"peers": [self.address(peer) for peer in peers]}, **slow, **keys)


V2 = Kind("v2", 2, "192.0.2.{}")
V3 = Kind("v3", 3, "192.0.2.{}")
LINK = Kind("link-local", 3, "fe80::ff:fe00:{}00", VIP6)
GLOBAL = Kind("global", 3, "2001:db8::{}", VIP6)
KINDS = [V2, V3, LINK, GLOBAL]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda it: it.name)
families = pytest.mark.parametrize("kind", [V3, LINK], ids=lambda it: it.name)


def sent(lab, host, since=0):
    """All VRRP packets of a host: [(destination, TTL, priority), ...]."""
    return [(frame.ip.dst, frame.ip.ttl, frame.ip.payload[2])
            for frame in lab.capture.frames(since, host) if frame.ip and frame.ip.proto == 112]


def start(lab, kind, number, *peers, **keys):
    """A vipd on a new host of this number."""
    return lab.vipd(kind.host(lab, number), [kind.router(number, *peers, **keys)])


def pair(lab, kind, **keys):
    """An Active on gw1 and a Backup on gw2 that hears it."""
    one = start(lab, kind, 1, 2, **keys)
    two = start(lab, kind, 2, 1, **keys)
    one.wait_state("lan", "active", family=kind.family)
    wait_until(lambda: two.router(family=kind.family)["active_address"] == kind.address(1),
               what=lambda _: two.story("a Backup that hears"))
    return one, two


def peers_of(agent, kind):
    """What is shown of its peers, by address."""
    return {it["address"]: it for it in agent.router(family=kind.family)["peers"]}


def is_fault(agent, code, family=4):
    """Waits until the router is out of service for this reason."""
    wait_until(lambda: (it := agent.router(family=family))["state"] == "fault"
               and it["reason_code"] == code,
               what=lambda _: agent.story(f"the fault {code}, not {agent.router(family=family)}"))


# ---- on one link ----

@kinds
def test_pair_elects_and_a_stop_hands_over(lab, kind):
    one, two = pair(lab, kind)
    assert {it[:2] for it in sent(lab, one.host)} == {(kind.address(2), 255)}
    assert kind.vip in one.host.addresses() and kind.vip not in two.host.addresses()
    mark = lab.now()
    assert one.term() == 0
    two.wait_state("lan", "active", family=kind.family)
    *_, offer, last_word = sent(lab, one.host, mark)
    assert (offer, last_word) == ((kind.address(2), 255, 0), (kind.address(2), 255, 1))
    assert two.router(family=kind.family)["reason_code"] == "left"
    assert not [it for it in sent(lab, two.host) if it[0] != kind.address(1)]


@kinds
def test_silent_active_is_replaced_and_preempts_when_it_is_back(lab, kind):
    one, two = pair(lab, kind)
    lab.cut(one.host)
    two.wait_state("lan", "active", family=kind.family)
    assert two.router(family=kind.family)["reason_code"] == "silence"
    lab.heal(one.host)
    two.wait_state("lan", "backup", family=kind.family)
    assert one.router(family=kind.family)["state"] == "active"


@families
def test_each_peer_has_its_copy(lab, kind):
    """The others have time: who begins a little later shall not be Active first."""
    one = start(lab, kind, 1, 2, 3)
    others = [start(lab, kind, number, 1, 5 - number, down_intervals=10) for number in (2, 3)]
    one.wait_state("lan", "active", family=kind.family)
    for it in others:
        wait_until(lambda it=it: it.router(family=kind.family)["active_address"]
                   == kind.address(1), what="a Backup that hears")
    assert {it[0] for it in sent(lab, one.host)} == {kind.address(2), kind.address(3)}
    assert not [it for agent in others for it in sent(lab, agent.host) if it[2]]
    shown = peers_of(one, kind)
    assert set(shown) == {kind.address(2), kind.address(3)}
    assert all(it["adverts_sent"] > 0 and not it["this_host"] for it in shown.values())


# ---- one file for all hosts ----

@families
def test_own_address_among_the_peers_is_skipped(lab, kind):
    one, two = start(lab, kind, 1, 1, 2), start(lab, kind, 2, 1, 2)
    one.wait_state("lan", "active", family=kind.family)
    wait_until(lambda: two.router(family=kind.family)["active_address"] == kind.address(1),
               what="a Backup that hears")
    assert {it[0] for it in sent(lab, one.host)} == {kind.address(2)}
    assert {name: it["this_host"] for name, it in peers_of(one, kind).items()} == \
        {kind.address(1): True, kind.address(2): False}


@families
def test_nobody_but_itself_is_a_fault_and_never_multicast(lab, kind):
    one = start(lab, kind, 1, 1)
    is_fault(one, "no_peer", kind.family)
    assert not sent(lab, one.host)
    if kind is V3:               # what was its own is another host's from now on
        one.host.ip("address del 192.0.2.1/24 dev eth0", "address add 192.0.2.77/24 dev eth0")
        one.wait_state("lan", "active")
        assert peers_of(one, kind)["192.0.2.1"]["adverts_sent"] > 0
        assert not sent(lab, one.host)       # nobody has told its MAC


# ---- who is listened to ----

@families
def test_stranger_and_group_change_nothing(lab, kind):
    one, _ = pair(lab, kind)
    family = kind.family
    before = one.router(family=family)
    hand = Probe(lab.host("hand", ipv6=family == 6))
    src = "192.0.2.99" if family == 4 else "fe80::99"
    for _ in range(3):
        hand.advert(src=src, dst=kind.address(1), dst_mac=one.host.mac(), priority=250,
                    addresses=one_list(kind))
        hand.advert(src=kind.address(2), priority=250, addresses=one_list(kind),
                    **({} if family == 4 else {"dst": "ff02::12"}))
    wait_until(lambda: one.router(family=family)["counters"]["rejected"]["not_peer"] == 3,
               what=lambda _: one.story("strangers that are counted"))
    after = one.router(family=family)
    assert after["state"] == "active"
    assert after["counters"]["adverts_received"] == before["counters"]["adverts_received"]
    assert "rejected_not_peer" in after["warnings"]
    one.wait_log("rejected=not_peer source=" + src)


def test_every_own_address_is_listened_to(lab):
    """A peer that was configured with our global address is heard, too: no two Actives."""
    host = lab.host("gw1", "2001:db8::1/64", ipv6=True)
    agent = lab.vipd(host, [LINK.router(2, 2)])
    hand = Probe(lab.host("hand", ipv6=True))

    def speak():
        hand.advert(src="fe80::ff:fe00:200", dst="2001:db8::1", dst_mac=host.mac(), priority=250,
                    addresses=one_list(LINK))
        return agent.router(family=6)["active_address"] == "fe80::ff:fe00:200"

    wait_until(speak, what=lambda _: agent.story("a Backup that hears"))
    assert agent.router(family=6)["state"] == "backup"


def one_list(kind):
    """The addresses that the routers advertise."""
    return ["fe80::200:5eff:fe00:233", "2001:db8::100"] if kind.family == 6 else ["192.0.2.100"]


# ---- processes ----

@kinds
def test_crash_and_reload_go_on(lab, kind):
    one, two = pair(lab, kind)
    mark = lab.now()
    crash(one)
    reload(one)
    assert one.router(family=kind.family)["state"] == "active"
    assert two.router(family=kind.family)["counters"]["became_active"] == 0
    assert 0 not in {it[2] for it in sent(lab, one.host, mark)}


@kinds
def test_last_will_is_said_to_each_peer(lab, kind):
    one, two = pair(lab, kind)
    mark = lab.now()
    for _ in range(2):
        crash(one)
    one.kill_router()
    assert "farewells_sent=1" in one.wait_log("last_will=executed addresses_removed=")
    one.expected_to_live = False
    two.wait_state("lan", "active", family=kind.family)
    assert (kind.address(2), 255, 0) in sent(lab, one.host, mark)
    assert two.router(family=kind.family)["reason_code"] == "left"
    assert kind.vip not in one.host.addresses()


@families
def test_reload_from_multicast_to_peers_and_back(lab, kind):
    one, two = pair(lab, kind)
    for agent, number in ((two, 2), (one, 1)):
        it = kind.router(number, 3 - number)
        del it["unicast"]
        agent.configure([it])
        reload(agent)
    mark = lab.now()
    group = "ff02::12" if kind.family == 6 else "224.0.0.18"
    wait_until(lambda: {it[0] for it in sent(lab, one.host, mark)} == {group},
               what="multicast alone")
    for agent, number in ((one, 1), (two, 2)):
        agent.configure([kind.router(number, 3 - number)])
        reload(agent)
    mark = lab.now()
    wait_until(lambda: {it[0] for it in sent(lab, one.host, mark)} == {kind.address(2)},
               what="unicast alone")
    assert one.router(family=kind.family)["state"] == "active"


@families
def test_removed_router_says_goodbye_to_its_peers(lab, kind):
    one, two = pair(lab, kind)
    other = router(name="other", vrid=9, addresses=["198.51.100.9/24"])
    one.configure([other])
    mark = lab.now()
    reload(one)
    two.wait_state("lan", "active", family=kind.family)
    assert sent(lab, one.host, mark) and (kind.address(2), 255, 0) in sent(lab, one.host, mark)


# ---- a router between ----

def routed(lab, ipv6=False):
    """Two segments with a router between them. Return: its host."""
    nets = ("2001:db8:a::{}/64", "2001:db8:b::{}/64") if ipv6 else \
        ("198.51.100.{}/24", "203.0.113.{}/24")
    middle = lab.host("middle", nets[0].format(254), segment="a", ipv6=ipv6)
    middle.attach("b", nets[1].format(254))
    middle.sysctl("net.ipv6.conf.all.forwarding" if ipv6 else "net.ipv4.ip_forward", 1)
    hosts = []
    for segment, net in zip("ab", nets):
        host = lab.host(f"gw-{segment}", net.format(1), segment=segment, ipv6=ipv6)
        host.ip(f"route add default via {net.format(254).partition('/')[0]}")
        hosts.append(host)
    return middle, hosts, [net.format(1).partition("/")[0] for net in nets]


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_router_without_an_interface_lives_on_lo(lab, ipv6):
    _, hosts, owns = routed(lab, ipv6)
    family = 6 if ipv6 else 4
    vip = "2001:db8:f::1/128" if ipv6 else "10.1.1.1/32"
    it = router(200, addresses=[vip], source=owns[0], unicast={"peers": [owns[1]]})
    del it["interface"]
    hosts[0].ip("link set lo up")
    agent = lab.vipd(hosts[0], [it])
    agent.wait_state("lan", "active", family=family)
    wait_until(lambda: vip in hosts[0].addresses("lo"), what="the address on lo")
    assert agent.router(family=family)["interface"] == "lo"
    assert agent.router(family=family)["counters"]["announcements_sent"] == 0
    crash(agent)
    reload(agent)
    assert vip in hosts[0].addresses("lo")
    mark = lab.now()
    assert agent.term() == 0
    assert vip not in hosts[0].addresses("lo")
    wait_until(lambda: (owns[1], 255, 0) in sent(lab, hosts[0], mark), what="a farewell")


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_router_on_lo_does_not_speak_from_a_loopback_address(lab, ipv6):
    """Nobody could answer 127.0.0.1 or ::1: without another address it is in fault."""
    family, code = (6, "no_global") if ipv6 else (4, "no_source")
    it = router(200, addresses=["2001:db8:f::1/128" if ipv6 else "10.1.1.1/32"],
                unicast={"peers": ["2001:db8::3" if ipv6 else "192.0.2.3"]})
    del it["interface"]
    host = lab.host("gw1", "192.0.2.11/24", ipv6=ipv6)
    host.ip("link set lo up")
    agent = lab.vipd(host, [it])
    is_fault(agent, code, family)
    assert agent.router(family=family)["reason"].startswith("it has no source, and interface lo ")
    own = "2001:db8:e::7" if ipv6 else "10.9.9.7"
    host.ip(f"address add {own}/{128 if ipv6 else 32} dev lo")
    agent.wait_state("lan", "active", family=family)
    assert agent.router(family=family)["active_address"] == own


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_peers_behind_a_router(lab, ipv6):
    family = 6 if ipv6 else 4
    _, hosts, owns = routed(lab, ipv6)
    vip = "2001:db8:f::1/128" if ipv6 else "192.0.2.1/32"
    agents = [lab.vipd(host, [router(200 - 100 * i, addresses=[vip], source=owns[i],
                                     unicast={"peers": [{"address": owns[1 - i],
                                                         "min_ttl": 254}]})])
              for i, host in enumerate(hosts)]
    agents[0].wait_state("lan", "active", family=family)
    wait_until(lambda: agents[1].router(family=family)["active_address"] == owns[0],
               what=lambda _: agents[1].story("a Backup that hears"))
    assert not [arp for arp in lab.capture.arps(host=hosts[0]) if arp.tpa == owns[1]]
    agents[0].term()
    agents[1].wait_state("lan", "active", family=family)
    assert agents[1].router(family=family)["reason_code"] == "left"


def test_ttl_of_a_peer_behind_a_router_is_checked(lab):
    _, hosts, owns = routed(lab)
    agents = [lab.vipd(host, [router(200 - 100 * i, addresses=["192.0.2.1/32"],
                                     unicast={"peers": [owns[1 - i]]})])
              for i, host in enumerate(hosts)]
    for agent in agents:
        agent.wait_state("lan", "active")
        wait_until(lambda it=agent: it.router()["counters"]["rejected"]["ttl"] or
                   it.show()["rejected"]["ttl"], what="a forwarded advert that is counted")


# ---- sources ----

def test_source_that_is_not_there_is_a_fault_until_it_comes(lab):
    host = lab.host("gw1", "192.0.2.11/24")
    agent = lab.vipd(host, [router(source="203.0.113.7", unicast={"peers": ["192.0.2.3"]})])
    is_fault(agent, "not_here")
    assert agent.router()["reason"] == "no interface of this host has its source 203.0.113.7"
    assert not sent(lab, host)
    host.ip("address add 203.0.113.7/32 dev lo")
    agent.wait_state("lan", "active")
    host.ip("address del 203.0.113.7/32 dev lo")
    is_fault(agent, "not_here")
    assert VIP4 not in host.addresses()
    host.ip("address add 203.0.113.7/32 dev eth0")
    agent.wait_state("lan", "active")


def test_global_source_over_ipv6_comes_late(lab):
    host = lab.host("gw1", ipv6=True)
    agent = lab.vipd(host, [router(addresses=[VIP6], unicast={"peers": ["2001:db8::3"]})])
    is_fault(agent, "no_global", 6)
    host.ip("address add 2001:db8::7/64 dev eth0 nodad")
    agent.wait_state("lan", "active", family=6)
    assert agent.router(family=6)["active_address"] == "2001:db8::7"
    host.ip("address del 2001:db8::7/64 dev eth0")
    is_fault(agent, "no_global", 6)


def test_loopback_source_with_two_uplinks_survives_one(lab):
    """No interface is named: one uplink of two dies, and nobody takes over."""
    hosts, agents = [], []
    for number in (1, 2):
        host = lab.host(f"gw{number}", f"198.51.100.{number}/24", segment="a")
        host.attach("b", f"203.0.113.{number}/24")
        host.ip("link set lo up", f"address add 10.9.9.{number}/32 dev lo",
                f"route add 10.9.9.{3 - number}/32 metric 1 via 198.51.100.{3 - number}",
                f"route add 10.9.9.{3 - number}/32 metric 2 via 203.0.113.{3 - number}")
        for dev in ("all", "eth0", "eth1"):
            host.sysctl(f"net.ipv4.conf.{dev}.rp_filter", 0)
            host.sysctl(f"net.ipv4.conf.{dev}.ignore_routes_with_linkdown", 1)
        it = router(200 if number == 1 else 100, addresses=["10.1.1.1/32"],
                    source=f"10.9.9.{number}", unicast={"peers": [f"10.9.9.{3 - number}"]})
        del it["interface"]
        hosts.append(host)
        agents.append(lab.vipd(host, [it]))
    one, two = agents
    one.wait_state("lan", "active")
    assert "10.1.1.1/32" in hosts[0].addresses("lo")
    wait_until(lambda: two.router()["active_address"] == "10.9.9.1", what="a Backup that hears")
    lab.cut(hosts[0], silent=False)
    before = two.router()["counters"]["adverts_received"]
    wait_until(lambda: two.router()["counters"]["adverts_received"] > before + 5,
               what="adverts by the other uplink")
    assert two.router()["counters"]["became_active"] == 0
    assert one.router()["state"] == "active"


# ---- what cannot be sent ----

def test_peer_without_a_route_is_told_once_and_keeps_no_other_from_its_copy(lab):
    one = lab.vipd(lab.host("gw1", "192.0.2.11/24"),
                   [router(200, unicast={"peers": ["198.51.100.9", "192.0.2.3"]})])
    one.wait_state("lan", "active")
    wait_until(lambda: peers_of(one, V3)["192.0.2.3"]["adverts_sent"] > 15,
               what="adverts to the other one")
    shown = peers_of(one, V3)
    assert shown["198.51.100.9"]["send_errors"] > 10 and not shown["192.0.2.3"]["send_errors"]
    assert shown["198.51.100.9"]["error"] == "Network is unreachable"
    assert "error" not in shown["192.0.2.3"]
    assert len([line for line in one.log if "peer=198.51.100.9" in line]) == 1
    assert "unreachable_peer" in one.router()["warnings"]
    one.host.ip("route add 198.51.100.0/24 via 192.0.2.254")
    wait_until(lambda: "unreachable_peer" not in one.router()["warnings"], what="no warning")


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("lo", ["up", "down"])
def test_peer_for_whose_adverts_there_is_no_room_is_told_and_tried_again(lab, ipv6, lo):
    """ENOBUFS, which is also the kernel's answer when its table of neighbours is full. The other
    peer runs no vipd, and says so by ICMP to each advert: that is nobody's failure."""
    near, far = ("2001:db8::{}/64", "2001:db8:1::{}/64") if ipv6 else \
        ("192.0.2.{}/24", "203.0.113.{}/24")
    family, kind = (6, GLOBAL) if ipv6 else (4, V3)
    near_peer, far_peer = near.format(3).split("/")[0], far.format(9).split("/")[0]
    host = lab.host("gw1", near.format(11), ipv6=ipv6)
    host.attach("far", far.format(1))
    lab.host("gw3", near.format(3), ipv6=ipv6)
    other = lab.host("gw9", far.format(9), segment="far", ipv6=ipv6)
    host.ip(f"link set lo {lo}", f"neigh add {far_peer} lladdr {other.mac()} dev eth1")
    host.run("tc", "qdisc", "add", "dev", "eth1", "root", "pfifo", "limit", "0")
    one = lab.vipd(host, [router(200, addresses=[VIP6 if ipv6 else VIP4],
                                 unicast={"peers": [far_peer, near_peer]})])
    one.wait_state("lan", "active", family=family)
    wait_until(lambda: peers_of(one, kind)[near_peer]["adverts_sent"] > 15,
               what="adverts to the other one")
    shown = peers_of(one, kind)
    assert shown[far_peer]["send_errors"] > 10 and not shown[near_peer]["send_errors"]
    assert not shown[far_peer]["adverts_sent"]
    assert shown[far_peer]["error"] == "No buffer space available"
    assert one.router(family=family)["counters"]["send_errors"] >= shown[far_peer]["send_errors"]
    assert len([line for line in one.log if f"peer={far_peer}" in line]) == 1
    assert "unreachable_peer" in one.router(family=family)["warnings"]
    host.run("tc", "qdisc", "del", "dev", "eth1", "root")
    wait_until(lambda: (it := peers_of(one, kind)[far_peer])["adverts_sent"] > 5
               and "error" not in it, what="adverts to it")
    assert "unreachable_peer" not in one.router(family=family)["warnings"]
    assert not peers_of(one, kind)[near_peer]["send_errors"]


@pytest.mark.parametrize("kind", [V3, GLOBAL], ids=lambda it: it.name)
def test_adverts_to_near_peers_never_leave_by_the_macvlan(lab, kind):
    """Somebody's route to the subnet leads there, and comes before that of the interface. Over IPv6
    no neighbour is found on that way: the adverts were lost, uncounted."""
    keys = {"mac": "virtual"} | ({"link_local": "none"} if kind.family == 6 else {})
    one, two = pair(lab, kind, **keys)
    host, macvlan = one.host, "vrrp6.51.eth0" if kind.family == 6 else "vrrp.51.eth0"
    wait_until(lambda: kind.vip in host.addresses(macvlan), what="the address")
    subnet = kind.address(0) + ("/64 metric 256" if kind.family == 6 else "/24")
    host.ip(f"route del {subnet} dev eth0", f"route append {subnet} dev {macvlan}",
            f"route append {subnet} dev eth0")
    route = host.run("ip", "route", "get", kind.address(2)).stdout
    assert f"dev {macvlan}" in route, route
    host.ip(f"neigh flush dev {macvlan}", "neigh flush dev eth0")
    mark = lab.now()
    host.wait_adverts(20, since=mark, priority=200)
    assert {frame.src_mac for frame in lab.capture.frames(mark, host) if frame.vrrp} == \
        {host.mac()}
    assert two.router(family=kind.family)["counters"]["became_active"] == 0
    assert one.router(family=kind.family)["state"] == "active"


def test_dry_run_tells_peers(lab):
    one = lab.vipd(lab.host("gw1", "192.0.2.11/24"),
                   [router(200, unicast={"peers": ["192.0.2.3"]})])
    one.configure([router(200, unicast={"peers": ["192.0.2.3", "192.0.2.4"], "ttl": 64})])
    said = one.ctl("reload", "--dry-run").stdout
    assert 'peer { address = "192.0.2.4"; min_ttl = 255; } comes' in said
    assert "unicast.ttl 255 -> 64" in said


def test_dry_run_takes_no_peer_for_an_address_that_is_given_up(lab):
    one = lab.vipd(lab.host("gw1", "192.0.2.11/24"),
                   [router(200, unicast={"peers": ["192.0.2.3"]})])
    one.wait_state("lan", "active")
    one.configure([router(200, unicast={"peers": ["192.0.2.3"], "min_ttl": 254})])
    said = one.ctl("reload", "--dry-run").stdout
    assert 'peer { address = "192.0.2.3"; min_ttl = 255; } goes' in said
    assert "this host gives nothing up" in said
