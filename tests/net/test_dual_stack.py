# SPDX-License-Identifier: MIT
"""One virtual router in two families: one election, whichever of them can be heard."""

import pytest

from agents import router
from generations import crash, reload
from lab import wait_until

IP4, IP6, VIRTUAL = "192.0.2.1/24", "2001:db8::1/64", "fe80::200:5eff:fe00:233/128"
ADDRESSES = {IP4, IP6, VIRTUAL}
FAMILIES = (4, 6)


def both(priority=200, **keys):
    """A virtual router of both families."""
    return router(priority, **{"addresses": [IP4, IP6], **keys})


def host(lab, name, number):
    """A host with both families."""
    return lab.host(name, f"192.0.2.{number}/24", f"2001:db8::{number}/64", ipv6=True)


def held(gateway):
    """Which of the router's addresses a host has."""
    return ADDRESSES & set(gateway.host.addresses())


def wait_states(agent, state):
    """Waits until both families are in this state."""
    for family in FAMILIES:
        agent.wait_state("lan", state, family=family)


def pair(lab, priorities=(200, 100), **keys):
    """An Active on gw1 and a Backup on gw2 that hears it in both families."""
    one = lab.vipd(host(lab, "gw1", 2), [both(priorities[0], **keys)])
    wait_states(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), [both(priorities[1], **keys)])
    wait_until(lambda: all(two.router(family=family)["active_address"] for family in FAMILIES),
               what="a Backup that hears both")
    wait_until(lambda: held(one) == ADDRESSES, what="the addresses")
    return one, two


def block(gateway, family):
    """No advert of a family comes in any more, as behind a firewall that forgot it."""
    match = "ip6 nexthdr 112" if family == 6 else "ip protocol 112"
    gateway.host.run("nft", "-f", "-", input="table inet cut {\nchain early {\ntype filter "
                     f"hook prerouting priority -300\n{match} drop\n}}\n}}\n")


def unblock(gateway):
    """And now they do again."""
    gateway.host.run("nft", "delete", "table", "inet", "cut")


def became(agent):
    """How often each family became Active."""
    return [agent.router(family=family)["counters"]["became_active"] for family in FAMILIES]


def test_pair_moves_both_families_at_once(lab):
    one, two = pair(lab)
    mark = lab.now()
    one.kill()
    wait_states(two, "active")
    wait_until(lambda: held(two) == ADDRESSES, what="the addresses")
    first = {family: min(it.ns for it in lab.capture.adverts(host=two.host, since=mark)
                         if (":" in it.src) == (family == 6)) for family in FAMILIES}
    assert abs(first[4] - first[6]) < 20_000_000, "one turn"
    shown = {it["family"]: it["reason"] for it in two.show()["routers"]}
    assert sorted(shown.values())[1].startswith("together with its IPv"), shown


def test_pair_hands_over_and_takes_back(lab):
    one, two = pair(lab)
    assert one.term() == 0 and not held(one)
    wait_states(two, "active")
    again = lab.vipd(one.host, [both()])
    wait_states(again, "active")
    wait_states(two, "backup")
    wait_until(lambda: not held(two) and held(again) == ADDRESSES, what="the addresses")


@pytest.mark.parametrize("family", FAMILIES)
def test_family_that_is_not_heard_is_deaf_and_no_second_active(lab, family):
    one, two = pair(lab)
    block(two, family)
    line = two.wait_log(f"router=lan family={family} interface=eth0 deaf=yes")
    assert " warning: " in line and "firewall" in line
    mark = lab.now()
    one.host.wait_adverts(10, since=mark)
    assert two.router(family=family)["deaf"] and not two.router(family=10 - family)["deaf"]
    assert became(two) == [0, 0] and not held(two)
    assert not lab.capture.adverts(host=two.host, since=mark)
    check = two.ctl("check", check=False)
    name = "lan over IPv6" if family == 6 else "lan"
    assert check.returncode == 1 and f"router {name}: deaf: " in check.stdout
    unblock(two)
    two.wait_log(f"family={family} interface=eth0 deaf=no")
    # And then the other one is silent for good: both move, though one of them heard nothing.
    block(two, family)
    one.kill()
    wait_states(two, "active")
    assert held(two) == ADDRESSES


def one_active(*agents):
    """Whether one of them is Active in both families, and the others are Backup in both."""
    states = [{agent.router(family=family)["state"] for family in FAMILIES} for agent in agents]
    return sorted(map(sorted, states)) == [["active"], ["backup"]]


@pytest.mark.parametrize("whole", [True, False], ids=["both", "IPv6 alone"])
def test_partition_heals_with_one_active_although_priorities_are_equal(lab, whole):
    """The higher address is here in one family, and there in the other one."""
    gateway = host(lab, "gw1", 2)
    gateway.ip("address add fe80::ffff:0:1/64 dev eth0 nodad")
    one = lab.vipd(gateway, [both(100, source=["192.0.2.2", "fe80::ffff:0:1"])])
    wait_states(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), [both(100)])
    wait_until(lambda: two.router(family=6)["active_address"], what="a Backup that hears")
    lab.cut(two.host)
    wait_states(two, "active")
    if not whole:
        block(one, 4)
        block(two, 4)
    lab.heal(two.host)
    wait_until(lambda: one_active(one, two), what="one Active in both families")
    sums = sum(became(one) + became(two))
    winner = two if whole else one
    winner.host.wait_adverts(20, since=lab.now())
    assert one_active(one, two) and sum(became(one) + became(two)) == sums
    assert winner.router()["state"] == "active"


def test_family_that_cannot_speak_follows_aloud_and_speaks_again(lab):
    gateway = host(lab, "gw1", 2)
    agent = lab.vipd(gateway, [both()])
    wait_states(agent, "active")
    gateway.ip("link set eth0 addrgenmode none", "address flush dev eth0 scope link")
    line = agent.wait_log("router=lan family=6 interface=eth0 mute=yes")
    assert "no link-local address" in line
    wait_until(lambda: held(agent) == ADDRESSES, what="all addresses, those of IPv6, too")
    shown = agent.router(family=6)
    assert shown["state"] == "active" and shown["mute"]
    mark = lab.now()
    gateway.wait_adverts(30, since=mark)           # longer than the leases are
    assert {":" in it.src for it in lab.capture.adverts(host=gateway, since=mark)} == {False}
    assert held(agent) == ADDRESSES
    gateway.ip("address add fe80::77/64 dev eth0 nodad")
    agent.wait_log("router=lan family=6 interface=eth0 mute=no")
    gateway.wait_adverts(3, since=lab.now(), src="fe80::77")
    assert became(agent) == [1, 1]


def test_boot_of_a_host_whose_link_local_address_is_tentative_is_no_alarm(lab):
    """IPv6 follows from the beginning, and speaks when duplicate address detection has ended."""
    gateway = host(lab, "gw1", 2)
    gateway.ip("address flush dev eth0 scope link")
    gateway.sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    gateway.ip("address add fe80::77/64 dev eth0")
    agent = lab.vipd(gateway, [both()])
    assert any(it.get("tentative") for it in gateway.address_info()), "the test came too late"
    wait_until(lambda: agent.router(family=6)["mute"], what="IPv6 that follows")
    wait_states(agent, "active")
    gateway.wait_adverts(30, since=lab.now(), src="fe80::77")
    assert not agent.router(family=6)["mute"] and held(agent) == ADDRESSES
    assert not [line for line in agent.log if "mute=" in line]


def test_family_that_cannot_speak_at_the_start_is_told_when_that_lasts(lab):
    gateway = host(lab, "gw1", 2)
    gateway.ip("link set eth0 addrgenmode none", "address flush dev eth0 scope link")
    agent = lab.vipd(gateway, [both()])
    wait_states(agent, "active")
    assert "no link-local address" in agent.wait_log("family=6 interface=eth0 mute=yes")
    assert held(agent) == ADDRESSES


def test_ipv4_goes_on_when_ipv6_is_switched_off(lab):
    one, two = pair(lab)
    mark = lab.now()
    one.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
    one.wait_log("router=lan family=6 interface=eth0 mute=yes")
    one.host.wait_adverts(30, since=mark, src="192.0.2.2")
    assert one.router()["state"] == "active" and one.router()["effective_priority"] == 200
    assert IP4 in held(one) and became(two) == [0, 0]
    two.wait_log("router=lan family=6 interface=eth0 deaf=yes")
    one.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 0)
    one.wait_log("router=lan family=6 interface=eth0 mute=no")
    wait_until(lambda: held(one) == ADDRESSES, what="the addresses of IPv6 again")
    two.wait_log("router=lan family=6 interface=eth0 deaf=no")
    assert became(one) == [1, 1] and became(two) == [0, 0]


def test_fault_of_the_interface_is_one_of_both(lab):
    one, two = pair(lab)
    one.host.ip("link set eth0 down")
    for family in FAMILIES:
        wait_until(lambda family=family: one.router(family=family)["state"] == "fault", what="fault")
    wait_states(two, "active")
    one.host.ip("link set eth0 up")
    wait_states(one, "active")
    wait_states(two, "backup")


def test_crash_and_reload_are_not_noticed(lab):
    one, two = pair(lab)
    crash(one)
    reload(one)
    one.configure([both(200, extra_addresses=["192.0.2.9/24", "2001:db8::9/64"])])
    reload(one)
    wait_until(lambda: {"192.0.2.9/24", "2001:db8::9/64"} <= set(one.host.addresses()),
               what="one more of each")
    assert became(one) == [1, 1] and became(two) == [0, 0] and held(one) == ADDRESSES


def test_reload_makes_two_families_of_one_and_one_of_two(lab):
    gateway = host(lab, "gw1", 2)
    agent = lab.vipd(gateway, [router(200)])
    agent.wait_state("lan", "active")
    agent.configure([both()])
    reload(agent)
    wait_states(agent, "active")
    assert became(agent) == [1, 1]
    changes = [line for line in agent.log if "reload=changed router=lan" in line]
    assert not any("restarted" in line for line in changes), changes
    assert any("addresses=->2001:db8::1/64" in line for line in changes), changes
    agent.configure([router(200)])
    reload(agent)
    wait_until(lambda: held(agent) == {IP4}, what="IPv6 to go")
    assert agent.router()["counters"]["became_active"] == 1


def test_apart_they_are_two_routers_of_one_name(lab):
    one, two = pair(lab, families="apart")
    block(two, 6)
    two.wait_state("lan", "active", family=6)
    assert two.router()["state"] == "backup" and one.router()["state"] == "active"


def test_last_resort_is_of_both_families(lab):
    """An address that cannot be held in one family moves both, for both have one priority."""
    one, two = pair(lab)
    thefts = 0
    while one.router(family=4)["effective_priority"] != 1:
        one.host.run("ip", "address", "delete", IP6, "dev", "eth0", check=False)
        thefts += 1
        assert thefts < 2000, one.story("the last resort")
    wait_states(two, "active")
    wait_states(one, "backup")
    wait_until(lambda: not held(one), what="all of it to be let go")


def test_owner_that_lacks_an_address_of_one_family_leaves_both(lab):
    """Whoever serves one family of two keeps everybody from taking over the other one."""
    gateway = lab.host("gw1", IP4, IP6, ipv6=True)
    one = lab.vipd(gateway, [both("owner", link_local="none")])
    wait_states(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), [both(100, link_local="none")])
    wait_until(lambda: all(two.router(family=family)["active_address"] for family in FAMILIES),
               what="a Backup that hears both")
    gateway.ip(f"address delete {IP6} dev eth0")
    wait_states(one, "fault")
    wait_states(two, "active")
    gateway.ip(f"address add {IP6} dev eth0 nodad")
    wait_states(one, "active")
    wait_states(two, "backup")


def test_most_routers_of_both_families_fail_over_together(lab):
    """255 VRIDs in two families: each of them moves once, and both families of it as one."""
    def routers(priority):
        return [both(priority, name=f"r{vrid}", vrid=vrid, interval="1s", start_delay="0s",
                     addresses=[f"198.51.100.{vrid}/32", f"2001:db8:1::{vrid:x}/128"])
                for vrid in range(1, 256)]

    def count(agent, state):
        return sum(it["state"] == state for it in agent.show()["routers"])

    one = lab.vipd(host(lab, "gw1", 2), routers(200))
    wait_until(lambda: count(one, "active") == 510, 15, "510 elections won", every=0.1)
    two = lab.vipd(host(lab, "gw2", 3), routers(100))
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]), 10,
               "510 Actives heard", every=0.1)
    one.kill()
    wait_until(lambda: count(two, "active") == 510, 15, "510 takeovers", every=0.1)
    shown = two.show()["routers"]
    assert {it["counters"]["became_active"] for it in shown} == {1}
    assert not any(it["missing_addresses"] or it["deaf"] or it["mute"] for it in shown)
    since = {(it["name"], it["family"]): it["since"] for it in shown}
    assert all(since[f"r{vrid}", 4] == since[f"r{vrid}", 6] for vrid in range(1, 256)), "one turn"


def test_each_family_has_a_last_word(lab):
    """Behind its addresses, so that its successor announces them once more; though the family that
    follows has said 0 before, which calls a successor that elects apart."""
    one, two = pair(lab)
    mark = lab.now()
    assert one.ctl("drain")
    wait_states(two, "active")
    for ipv6 in (False, True):
        *_, last = [it for it in lab.capture.adverts(host=one.host, since=mark)
                    if (":" in it.src) == ipv6]
        assert last.priority == 1
        wait_until(lambda: any((":" in it.src) == ipv6 for it in
                               lab.capture.adverts(host=two.host, since=last.ns)),
                   what="an advert behind it")
