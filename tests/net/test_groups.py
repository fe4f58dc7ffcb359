# SPDX-License-Identifier: MIT
"""Routers of a group have one fate: Active in all of them, or in none."""

import signal

import pytest

from agents import keepalived_config, router
from generations import crash, reload
from lab import wait_until

LAN, WAN, DMZ = "192.0.2.1/24", "198.51.100.1/24", "203.0.113.1/24"
PLACES = {"lan": ("eth0", LAN), "wan": ("eth1", WAN), "dmz": ("eth2", DMZ)}
GROUP = {"name": "gateway", "routers": ["lan", "wan"]}


def member(name, priority, **keys):
    """A router of that name, where its address belongs."""
    interface, address = PLACES[name]
    return router(priority, name=name, interface=interface, vrid=51 + list(PLACES).index(name),
                  **{"addresses": [address], **keys})


def members(priority, *names, **keys):
    """Routers of these names, of one priority."""
    return [member(name, priority, **keys) for name in names or ("lan", "wan")]


def host(lab, name, number, numbers=None):
    """A host on three segments. numbers: of its addresses there, where they differ."""
    numbers = numbers or [number] * 3
    made = lab.host(name, f"192.0.2.{numbers[0]}/24", segment="lan")
    made.attach("wan", f"198.51.100.{numbers[1]}/24")
    made.attach("dmz", f"203.0.113.{numbers[2]}/24")
    return made


def states(agent):
    """The states of all routers."""
    return {it["name"]: it["state"] for it in agent.show()["routers"]}


def wait_all(agent, state):
    """Waits until all routers are in that state."""
    wait_until(lambda: set(states(agent).values()) == {state},
               what=lambda _: agent.story(f"all to be {state}, not {states(agent)}"))


def became(agent):
    """How often any of the routers became Active."""
    return sum(it["counters"]["became_active"] for it in agent.show()["routers"])


def held(gateway):
    """Which of the virtual addresses a host has."""
    return {address for _, address in PLACES.values()
            if any(address in gateway.host.addresses(dev) for dev in gateway.host.ports)}


def pair(lab, priorities=(200, 100), **keys):
    """An Active group on gw1 and a Backup on gw2 that hears it everywhere."""
    one = lab.vipd(host(lab, "gw1", 2), members(priorities[0], **keys), groups=[GROUP])
    wait_all(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), members(priorities[1], **keys), groups=[GROUP])
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]),
               what="a Backup that hears both")
    return one, two


def test_pair_moves_all_routers_at_once(lab):
    one, two = pair(lab)
    assert {it["group"] for it in one.show()["routers"]} == {"gateway"}
    mark = lab.now()
    one.kill()
    wait_all(two, "active")
    wait_until(lambda: held(two) == {LAN, WAN}, what="the addresses")
    first = [min(it.ns for it in lab.capture.adverts(host=two.host, since=mark, vrid=vrid))
             for vrid in (51, 52)]
    assert abs(first[0] - first[1]) < 20_000_000, "one turn"
    reasons = {it["reason_code"]: it["name"] for it in two.show()["routers"]}
    assert sorted(reasons) == ["group", "silence"], two.show()
    follower, first = reasons["group"], reasons["silence"]
    two.wait_log(f"router={follower} .* reason=\"together with its group\" cause=silence by={first}")


def test_fault_of_one_is_a_fault_of_all(lab):
    one, two = pair(lab)
    lab.cut(one.host, silent=False, dev="eth1")
    wait_all(two, "active")
    wait_all(one, "fault")
    assert one.router("wan")["reason"] == "interface eth1 has no carrier"
    assert one.router("lan")["reason"] == ("another member of its group has a fault, "
                                           "on interface eth1")
    one.wait_log("router=lan .*->fault .* cause=no_carrier by=wan$")
    assert not held(one)
    lab.heal(one.host, dev="eth1")
    wait_all(one, "active")
    wait_all(two, "backup")
    one.wait_log("router=lan .* reason=\"together with its group\" cause=recovered by=wan$")
    wait_until(lambda: held(one) == {LAN, WAN} and not held(two), what="the addresses")
    assert became(one) == 4 and became(two) == 2


def test_member_without_its_interface_keeps_all_from_beginning(lab):
    gateway = host(lab, "gw1", 2)
    gateway.ip("link set eth1 down")
    agent = lab.vipd(gateway, members(200), groups=[GROUP])
    wait_all(agent, "fault")
    gateway.ip("link set eth1 up")
    wait_all(agent, "active")
    assert held(agent) == {LAN, WAN}


def test_member_that_begins_later_keeps_all_waiting(lab):
    routers = [member("lan", 200), member("wan", 200, start_delay="3s")]
    agent = lab.vipd(host(lab, "gw1", 2), routers, groups=[GROUP])
    wait_until(lambda: states(agent) == {"lan": "backup", "wan": "initialize"}, what="the delay")
    wait_all(agent, "active")
    first = [min(it.ns for it in lab.capture.adverts(vrid=vrid)) for vrid in (51, 52)]
    assert abs(first[0] - first[1]) < 20_000_000, "one turn"


def test_deaf_member_is_told_and_moves_nothing(lab):
    one, two = pair(lab)
    lab.deafen(two.host, dev="eth1")
    two.wait_log("router=wan family=4 interface=eth1 deaf=yes")
    assert two.router("wan")["deaf"] and not two.router("lan")["deaf"]
    mark = lab.now()
    one.host.wait_adverts(20, since=mark)
    assert set(states(two).values()) == {"backup"} and became(two) == 0
    assert not lab.capture.adverts(host=two.host)
    lab.heal(two.host, dev="eth1")
    two.wait_log("router=wan family=4 interface=eth1 deaf=no")
    one.kill()
    wait_all(two, "active")


@pytest.mark.parametrize("priorities", [(100, 100), (100, 200)], ids=["tie", "priorities"])
def test_partition_that_heals_leaves_one_active(lab, priorities):
    """Equal priorities, gw1 has the higher address on one LAN and gw2 on the other one."""
    one = lab.vipd(host(lab, "gw1", 2, (9, 2, 2)), members(priorities[0]), groups=[GROUP])
    two = lab.vipd(host(lab, "gw2", 3), members(priorities[1]), groups=[GROUP])
    for dev in ("eth0", "eth1"):
        lab.cut(two.host, dev=dev)
    wait_all(one, "active")
    wait_all(two, "active")
    for dev in ("eth1", "eth0"):
        lab.heal(two.host, dev=dev)
    winner, loser = (two, one) if priorities[1] > priorities[0] else (one, two)
    wait_all(loser, "backup")
    before = became(one) + became(two)
    winner.host.wait_adverts(40, since=lab.now())
    assert set(states(winner).values()) == {"active"} and became(one) + became(two) == before


def test_reload_adds_moves_and_removes_members_without_a_failover(lab):
    one, two = pair(lab)
    larger = [{"name": "gateway", "routers": list(PLACES)}]
    for agent, priority in ((two, 100), (one, 200)):
        agent.configure(members(priority, *PLACES), groups=larger)
        reload(agent)
    wait_all(one, "active")
    wait_until(lambda: held(one) == {LAN, WAN, DMZ}, what="the addresses")
    apart = [{"name": "gateway", "routers": ["wan", "dmz"]}]
    for agent, priority in ((one, 200), (two, 100)):
        agent.configure(members(priority, *PLACES), groups=apart)
        reload(agent)
    one.wait_log("reload=changed group=gateway routers=lan->")
    for agent, priority in ((one, 200), (two, 100)):
        agent.configure(members(priority))
        reload(agent)
    one.host.wait_adverts(20, since=lab.now())
    wait_all(one, "active")
    assert became(one) == 2 and became(two) == 0 and held(one) == {LAN, WAN}
    assert not any("group" in it for it in one.show()["routers"])


def test_group_of_one_is_warned_of_once_per_configuration(lab):
    alone = [{"name": "gateway", "routers": ["lan"]}]
    agent = lab.vipd(host(lab, "gw1", 2), members(200, "lan"), groups=alone)
    wait_all(agent, "active")
    crash(agent)
    told = [it for it in agent.log if "a group of one router changes nothing" in it]
    assert len(told) == 1 and " warning: " in told[0], told
    reload(agent)
    agent.wait_log("a group of one router changes nothing", skip=agent.log.index(told[0]) + 1)


def test_group_of_which_one_was_silent_for_long_goes_on_whole(lab):
    """Of several intervals, one has been silent for longer than may be missed, the other not: that
    one is heard by the peer, which takes over from none of them."""
    def made(priority):
        return [member("lan", priority, interval="100ms"), member("wan", priority, interval="3s")]

    one = lab.vipd(host(lab, "gw1", 2), made(200), groups=[GROUP])
    wait_all(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), made(100), groups=[GROUP])
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]),
               what="a Backup that hears both")
    lines = len(one.log)
    one.kill_keeper(signal.SIGSTOP)
    one.kill_router()
    two.wait_log("router=lan .* deaf=yes")
    one.kill_keeper(signal.SIGCONT)
    one.wait_log("adopted=2 started=0", skip=lines)
    one.host.wait_adverts(5, since=lab.now(), vrid=51)
    assert set(states(one).values()) == {"active"} and became(one) == 2
    assert set(states(two).values()) == {"backup"} and became(two) == 0
    assert held(one) == {LAN, WAN} and not held(two)


def test_group_that_is_active_goes_on_after_a_crash(lab):
    one, two = pair(lab)
    crash(one)
    one.host.wait_adverts(20, since=lab.now())
    wait_all(one, "active")
    assert became(one) == 2 and became(two) == 0


def test_group_of_both_families(lab):
    """A dual-stack router in a group: its IPv6 that cannot speak follows, as without a group."""
    gateway = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", segment="lan", ipv6=True)
    gateway.attach("wan", "198.51.100.2/24")
    gateway.ip("link set eth0 addrgenmode none", "address flush dev eth0 scope link")
    routers = [member("lan", 200, addresses=[LAN, "2001:db8::1/64"]), member("wan", 200)]
    agent = lab.vipd(gateway, routers, groups=[GROUP])
    wait_all(agent, "active")
    assert agent.router(family=6)["mute"]
    wait_until(lambda: "2001:db8::1/64" in gateway.addresses(), what="the address of IPv6")


def test_second_router_of_both_families_in_a_group(lab):
    """Its IPv6 that cannot speak follows as that of the first one, and it tracks once."""
    gateway = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", segment="lan", ipv6=True)
    gateway.attach("wan", "198.51.100.2/24", "2001:db8:1::2/64")
    gateway.attach("dmz", "203.0.113.2/24")
    gateway.ip("link set eth1 addrgenmode none", "address flush dev eth1 scope link")
    track = [{"interface": "eth2", "weight": -30}]
    routers = [member("lan", 200, addresses=[LAN, "2001:db8::1/64"]),
               member("wan", 200, addresses=[WAN, "2001:db8:1::1/64"], track=track)]
    agent = lab.vipd(gateway, routers, groups=[GROUP])
    wait_all(agent, "active")
    assert agent.router("wan", family=6)["mute"]
    wait_until(lambda: "2001:db8:1::1/64" in gateway.addresses("eth1"), what="its IPv6 address")
    lab.cut(gateway, silent=False, dev="eth2")
    agent.wait_log("track=eth2")
    assert {it["effective_priority"] for it in agent.show()["routers"]} == {170}


@pytest.mark.parametrize("required", [
    {"routes": [{"to": "10.9.0.0/16", "via": "203.0.113.9", "interface": "eth2",
                 "required": True}]},
    {"extra_addresses": [{"address": "203.0.113.1/24", "interface": "eth2", "required": True}]},
    {"track": [{"interface": "eth2"}]}], ids=["route", "address", "track"])
def test_fault_of_an_interface_elsewhere_names_that_to_all(lab, required):
    agent = lab.vipd(host(lab, "gw1", 2), [member("lan", 200), member("wan", 200, **required)],
                     groups=[GROUP])
    wait_all(agent, "active")
    lab.cut(agent.host, silent=False, dev="eth2")
    wait_all(agent, "fault")
    assert "eth2" in agent.router("wan")["reason"]
    assert agent.router("lan")["reason"].endswith("has a fault, on interface eth2")


def mixed(priority, **keys):
    """A member of version 3, and one of version 2, which knows but whole seconds."""
    return [member("lan", priority, **keys),
            member("wan", priority, version=2, interval="1s", down_intervals=1)]


def versions(lab, gateway, since):
    """{VRID: the versions of VRRP that a host has spoken for it since then}."""
    said = lab.capture.adverts(host=gateway, since=since)
    return {vrid: {it.version for it in said if it.vrid == vrid} for vrid in (51, 52)}


def test_members_of_both_versions_have_one_fate(lab):
    """Alone: by death, by a fault of either interface, and by a reload that swaps the versions."""
    both = {51: {3}, 52: {2}}
    one = lab.vipd(host(lab, "gw1", 2), mixed(200), groups=[GROUP])
    wait_all(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), mixed(100), groups=[GROUP])
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]),
               what="a Backup that hears both")
    assert versions(lab, one.host, 0) == both
    assert {it["version"] for it in one.show()["routers"]} == {2, 3}
    for dev in ("eth0", "eth1"):
        mark = lab.now()
        lab.cut(one.host, silent=False, dev=dev)
        wait_all(two, "active")
        wait_all(one, "fault")
        wait_until(lambda: held(two) == {LAN, WAN} and not held(one), what="the addresses")
        assert versions(lab, two.host, mark) == both
        first = [min(it.ns for it in lab.capture.adverts(host=two.host, since=mark, vrid=vrid))
                 for vrid in (51, 52)]
        assert abs(first[0] - first[1]) < 20_000_000, "one turn"
        lab.heal(one.host, dev=dev)
        wait_all(one, "active")
        wait_all(two, "backup")
    before = became(one)
    one.configure([{**it, "version": 5 - it.get("version", 3), "interval": "1s"}
                   for it in mixed(200)], groups=[GROUP])
    mark = reload(one)
    wait_until(lambda: versions(lab, one.host, mark) == {51: {2}, 52: {3}}, what="the swap")
    assert became(one) == before and set(states(one).values()) == {"active"}


def keepalived_group(routers):
    """The same group in keepalived's words."""
    return (keepalived_config(routers) +
            "vrrp_sync_group gateway {\n  group {\n    lan\n    wan\n  }\n}\n")


@pytest.mark.parametrize("made", [members, mixed], ids=["version-3", "versions-3-and-2"])
@pytest.mark.parametrize("ours", [200, 100], ids=["we-are-active", "we-are-backup"])
def test_keepalived_group_as_the_peer(lab, ours, made):
    theirs = 300 - ours
    agent = lab.vipd(host(lab, "gw1", 2), made(ours, checksum="rfc5798"), groups=[GROUP])
    other = host(lab, "gw2", 3)
    peer = lab.keepalived(other, text=keepalived_group(made(theirs)))
    if ours < theirs:
        wait_until(lambda: LAN in other.addresses("eth0") and WAN in other.addresses("eth1"),
                   what="keepalived's group")
        wait_all(agent, "backup")
        lab.cut(other, silent=False, dev="eth1")
        wait_all(agent, "active")
        wait_until(lambda: LAN not in other.addresses("eth0"), what="all of it to leave")
        lab.heal(other, dev="eth1")
        wait_all(agent, "backup")
        peer.term()
        wait_all(agent, "active")
    else:
        wait_all(agent, "active")
        other.lab.capture.wait_advert(host=agent.host, since=lab.now())
        lab.cut(agent.host, silent=False, dev="eth1")
        wait_until(lambda: LAN in other.addresses("eth0") and WAN in other.addresses("eth1"),
                   what="keepalived's group")
        assert not held(agent)
        lab.heal(agent.host, dev="eth1")
        wait_all(agent, "active")
        wait_until(lambda: LAN not in other.addresses("eth0"), what="keepalived to yield")
    wait_until(lambda: held(agent) == {LAN, WAN}, what="the addresses")
