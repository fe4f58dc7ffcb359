# SPDX-License-Identifier: MIT
"""Where virtual routers live: the interface, the address that they speak from, its troubles."""

import json
import re

import pytest

import frames
from agents import VIP, router
from generations import crash, lifetime, reload
from lab import wait_until
from test_dual_stack import host as host_of_both
from timing import wait_moment

OWN = "192.0.2.2/24"


def active(lab, *own, **keys):
    """An Active with these addresses of its own."""
    agent = lab.vipd(lab.host("gw1", *(own or (OWN,))), [router(200, **keys)])
    agent.wait_state("lan", "active")
    return agent


def sources(agent, since):
    """Where adverts have come from since then."""
    return {advert.src for advert in agent.host.lab.capture.adverts(host=agent.host, since=since)}


def stays_active(agent, do):
    """Lets something happen, and a second of adverts: no word of a fault, no change of state."""
    lines, mark = len(agent.log), agent.host.lab.now()
    do()
    agent.host.wait_adverts(10, since=mark)
    said = "\n".join(agent.log[lines:])
    assert "state=" not in said, said
    assert 0 not in {it.priority for it in agent.host.lab.capture.adverts(since=mark)}


# ---- the source ----

def test_source_is_an_address_of_the_subnet_of_the_virtual_one(lab):
    agent = active(lab, "169.254.7.7/16", "198.51.100.2/24", OWN)
    assert sources(agent, 0) == {"192.0.2.2"}


def test_source_is_the_first_address_when_no_subnet_fits(lab):
    agent = active(lab, "198.51.100.2/24", "203.0.113.2/24")
    assert sources(agent, 0) == {"198.51.100.2"}


def test_source_stays_when_a_better_one_comes_and_over_a_reload(lab):
    agent = active(lab, "198.51.100.2/24")
    mark = lab.now()
    agent.host.ip(f"address add {OWN} dev eth0")
    agent.reload()
    agent.host.wait_adverts(5, since=mark)
    assert sources(agent, mark) == {"198.51.100.2"}


def test_source_is_never_the_virtual_address_of_another_router(lab):
    host = lab.host("gw1", "198.51.100.2/24")
    agent = lab.vipd(host, [router(200), router(200, name="two", vrid=52, interval="500ms",
                                                addresses=["192.0.2.9/24"])])
    agent.wait_state("two", "active")
    assert sources(agent, 0) == {"198.51.100.2"}


def test_source_that_is_configured_is_the_only_one(lab):
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(200, source="192.0.2.7")])
    agent.wait_fault("interface eth0 does not have its source 192.0.2.7")
    host.ip("address add 192.0.2.7/24 dev eth0")
    agent.wait_state("lan", "active")
    assert sources(agent, 0) == {"192.0.2.7"}
    host.ip("address delete 192.0.2.7/24 dev eth0")
    agent.wait_fault("interface eth0 does not have its source 192.0.2.7")


def test_source_is_found_among_more_addresses_than_are_remembered(lab):
    own = [f"192.0.2.{i}/24" for i in range(10, 30)]
    agent = active(lab, *own, source="192.0.2.29")
    assert sources(agent, 0) == {"192.0.2.29"}
    agent.reload()
    assert agent.router()["state"] == "active"


@pytest.mark.parametrize("lines", [
    ["address add 192.0.2.2/25 dev eth0", "address delete 192.0.2.2/24 dev eth0"],
    ["address delete 192.0.2.2/24 dev eth0", "address add 192.0.2.2/24 dev eth0"],
    ["address delete 192.0.2.2/24 dev eth0", "address add 192.0.2.2/28 dev eth0"],
    ["address delete 192.0.2.2/24 dev eth0", "address add 192.0.2.3/24 dev eth0"],
    ["address delete 192.0.2.2/24 dev eth0", "address add 192.0.2.2 peer 192.0.2.77 dev eth0"],
], ids=["another-prefix", "again", "removed-first", "another-address", "peer"])
def test_own_address_that_is_corrected_is_no_fault(lab, lines):
    agent = active(lab)
    stays_active(agent, lambda: agent.host.ip(*lines))
    agent.reload()
    stays_active(agent, lambda: None)


def test_own_address_that_is_gone_is_a_fault_all_the_same(lab):
    agent = active(lab)
    agent.host.ip("address delete 192.0.2.2/24 dev eth0")
    agent.wait_fault("interface eth0 has no IPv4 address of its own")


def test_virtual_address_is_no_source(lab):
    """Another host that has it drops what comes from there, and both are Active."""
    only = "interface eth0 has no IPv4 address but the virtual 192.0.2.1: add one of its own"
    host = lab.host("gw1", VIP)
    agent = lab.vipd(host, [router(150)])
    agent.wait_fault(only)
    assert agent.router()["reason_code"] == "only_virtual"
    host.ip(f"address del {VIP} dev eth0", f"address add {VIP} dev eth0",
            "address add 192.0.2.2/24 dev eth0")
    agent.wait_state("lan", "active")
    assert {advert.src for advert in host.wait_adverts(2)} == {"192.0.2.2"}
    host.ip("address del 192.0.2.2/24 dev eth0")
    agent.wait_fault(only)
    host.ip(f"address del {VIP} dev eth0")
    agent.wait_fault("interface eth0 has no IPv4 address of its own")
    host.ip(f"address add {VIP} dev eth0")
    agent.wait_fault(only)


# ---- the interface ----

def test_port_of_a_bridge_is_a_fault_while_it_is_one(lab):
    """Its packets go to the bridge: deaf, it would become a second Active."""
    agent = active(lab)
    host = agent.host
    host.ip("link add br0 type bridge", "link set br0 up", "link set eth0 master br0")
    agent.wait_fault("interface eth0 is a port of br0")
    assert lab.capture.wait_advert(host=host, priority=0)
    assert VIP not in host.addresses()
    agent.reload()
    agent.wait_fault("interface eth0 is a port of br0")
    host.ip("link set eth0 nomaster")
    agent.wait_state("lan", "active")


def test_port_of_a_bridge_at_start_is_a_fault(lab):
    host = lab.host("gw1", OWN)
    host.ip("link add br0 type bridge", "link set br0 up", "link set eth0 master br0")
    agent = lab.vipd(host, [router(200)])
    agent.wait_fault("interface eth0 is a port of br0")
    assert "reason=\"interface eth0 is a port of br0\"" in "\n".join(agent.log)
    host.ip("address add 192.0.2.2/24 dev br0")
    agent.configure([router(200, interface="br0")])
    agent.reload()
    agent.wait_state("lan", "active")
    assert VIP in host.addresses("br0")


def test_advert_that_is_longer_than_the_mtu_is_a_fault_with_both_sizes(lab):
    vips = [f"192.0.2.{i}/24" for i in range(100, 240)]
    host = lab.host("gw1", OWN)
    host.ip("link set eth0 mtu 500")
    agent = lab.vipd(host, [router(200, addresses=vips)])
    reason = "an advert of 588 bytes does not fit into the MTU of interface eth0, 500"
    agent.wait_fault(reason)
    assert not any("too long" in line for line in agent.log)
    host.ip("link set eth0 mtu 588")
    agent.wait_state("lan", "active")
    host.ip("link set eth0 mtu 587")
    agent.wait_fault(reason.replace("500", "587"))


@pytest.mark.long
def test_carrier_that_blinks_is_no_fault_with_a_delay(lab):
    agent = active(lab, interval="1s", link={"delay": "2s"})

    def blink():
        lab.cut(agent.host, silent=False)
        wait_until(lambda: "LOWER_UP" not in agent.host.link()["flags"], what="no carrier")
        lab.heal(agent.host)

    stays_active(agent, blink)


def test_carrier_that_stays_away_is_a_fault_after_the_delay(lab):
    agent = active(lab, link={"delay": "300ms"})
    mark = lab.now()
    lab.cut(agent.host, silent=False)
    agent.wait_fault("interface eth0 has no carrier")
    assert lab.now() - mark >= 0.3e9
    lab.heal(agent.host)
    agent.wait_state("lan", "active")


def test_carrier_that_is_lost_for_three_intervals_is_a_fault_whatever_the_delay(lab):
    """Without a carrier a Backup must not take over from an Active that it cannot hear."""
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, interval="500ms", link={"delay": "30s"})])
    with frames.Probe(lab.host("probe")).speak(every=0.5, priority=200, interval=50):
        agent.wait_state("lan", "backup")
        lab.cut(agent.host, silent=False)
        agent.wait_fault("interface eth0 has no carrier")
        lab.heal(agent.host)
        agent.wait_state("lan", "backup")
    assert agent.router()["counters"]["became_active"] == 0


def test_delay_of_the_link_excuses_no_missed_advert(lab):
    """The Backup's own carrier blinks while the Active dies: it takes over in time."""
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, interval="500ms", link={"delay": "10s"})])
    with frames.Probe(lab.host("probe")).speak(every=0.5, priority=200, interval=50):
        agent.wait_state("lan", "backup")
        heard = agent.router()["counters"]["adverts_received"]
        wait_until(lambda: agent.router()["counters"]["adverts_received"] > heard, what="an advert")
    mark = lab.now()
    lab.cut(agent.host, silent=False)
    lab.heal(agent.host)
    agent.wait_state("lan", "active")
    assert lab.now() - mark < 3e9


# ---- a cable between two hosts ----

CROSSED = {"link": {"required": False}, "interface": "eth1",
           "addresses": [{"address": "192.0.2.1/24", "interface": "eth0"}]}


def crossed(lab):
    """A pair whose adverts have a cable of their own, and whose clients are elsewhere."""
    one, two = (lab.host(name, own) for name, own in (("gw1", OWN), ("gw2", "192.0.2.3/24")))
    for n, host in enumerate((one, two), 1):
        host.attach("cable", f"198.51.100.{n}/30")
    agents = [lab.vipd(host, [router(priority, **CROSSED)])
              for host, priority in ((one, 200), (two, 100))]
    agents[0].wait_state("lan", "active")
    wait_until(lambda: agents[1].router()["active_address"] == "198.51.100.1", what="a Backup that hears")
    return agents


def unplug(lab, *hosts):
    """Takes the cable out."""
    for host in hosts:
        lab.cut(host, silent=False, dev="eth1")
    for host in hosts:
        wait_until(lambda it=host: "LOWER_UP" not in it.link("eth1")["flags"], what="no carrier")


def test_host_that_loses_the_other_one_with_the_carrier_serves_all_the_same(lab):
    """As keepalived with dont_track_primary, and for longer than any lease."""
    one, two = crossed(lab)
    client = lab.host("client", "192.0.2.100/24")
    ping = lab.ping(client, "192.0.2.1")
    one.kill()
    unplug(lab, one.host, two.host)
    two.wait_state("lan", "active")
    two.wait_log("caveat=no_carrier")
    ping.wait_answer(since=lab.now())
    assert "no_carrier: " in two.ctl("check", check=False).stdout
    assert "as the interface here has no carrier" in two.ctl("why", "lan").stdout
    assert "the router goes on" in two.ctl("doctor", check=False).stdout
    mark = lab.now()
    wait_moment(lab, mark + (lifetime(two.host, VIP) + 1) * 10**9)
    assert "192.0.2.1/24" in two.host.addresses()
    assert not [1 for _, answered in ping.fates(since=mark) if not answered]
    assert two.router()["counters"]["send_errors"] == 0
    mark = lab.now()
    lab.heal(two.host, dev="eth1")
    wait_until(lambda: lab.capture.arps(since=mark, host=two.host, gratuitous=True),
               what="it to be announced again")
    assert two.router()["counters"]["became_active"] == 1
    wait_until(lambda: "no_carrier" not in two.ctl("check", check=False).stdout, what="all to be well")


def test_active_without_a_carrier_is_no_fault_and_ends_with_its_peer(lab):
    """The cable alone: both are Active, as the manual says, and one of them when it is back."""
    one, two = crossed(lab)
    unplug(lab, one.host, two.host)
    two.wait_state("lan", "active")
    assert one.router()["counters"]["became_active"] == 1 and not any("->fault" in it for it in one.log)
    check, why, doctor = (one.ctl(word, check=False) for word in ("check", "why", "doctor"))
    assert check.returncode == 1 and "no_carrier" in check.stdout
    assert "do: Look at the cable" in why.stdout and one.router()["warnings"] == ["no_carrier"]
    assert "the interface has no carrier" in doctor.stdout and "takes no part" not in doctor.stdout
    for host in (one.host, two.host):
        lab.heal(host, dev="eth1")
    two.wait_state("lan", "backup")
    assert one.router()["state"] == "active" and "192.0.2.1/24" not in two.host.addresses()
    assert "no_carrier" not in one.router()["warnings"]


def test_interface_that_is_set_down_is_a_fault_though_no_carrier_is_required(lab):
    one, two = crossed(lab)
    one.host.ip("link set eth1 down")
    one.wait_fault("interface eth1 is down")
    two.wait_state("lan", "active")


@pytest.mark.parametrize("mac", ("interface", "virtual"))
@pytest.mark.parametrize("begin", (None, crash, reload))
def test_process_that_begins_without_a_carrier_announces_when_it_has_one(lab, begin, mac):
    """What was announced before that nobody has heard."""
    host = lab.host("gw1", OWN)
    if not begin:
        lab.cut(host, silent=False)
    agent = lab.vipd(host, [router(200, mac=mac, link={"required": False},
                                   announce={"after": [], "refresh": "0s"})])
    agent.wait_state("lan", "active")
    wait_until(lambda: not agent.router()["missing_addresses"], what="the address")
    if begin:
        lab.cut(host, silent=False)
        agent.wait_log("caveat=no_carrier")
        begin(agent)
    mark = lab.now()
    lab.heal(host)
    wait_until(lambda: lab.capture.arps(since=mark, host=host, gratuitous=True),
               what="it to be announced")
    assert agent.router()["counters"]["became_active"] == 1


def test_host_that_begins_without_a_carrier_serves_both_families_by_ipv4(lab):
    """The kernel gives an interface no link-local address before it has had a carrier."""
    host = host_of_both(lab, "gw1", 2)
    host.ip("link set eth0 down")
    lab.cut(host, silent=False)
    host.ip("link set eth0 up")
    agent = lab.vipd(host, [router(200, addresses=[VIP, "2001:db8::1/64"], link={"required": False})])
    for family in 4, 6:
        agent.wait_state("lan", "active", family=family)
    wait_until(lambda: {VIP, "2001:db8::1/64"} <= set(host.addresses()), what="both addresses")
    wait_moment(lab, lab.now() + (lifetime(host, VIP) + 1) * 10**9)
    assert {VIP, "2001:db8::1/64"} <= set(host.addresses())
    assert agent.router(family=6)["mute"]


# ---- what only the running host can know ----

def caveats(agent):
    """What the log says of LANs where routers may be useless: [(interface, family, word)]."""
    found = (re.search(r" warning: interface=(\S+) family=(\d) caveat=(\S+) note=", line)
             for line in agent.log)
    return [it.groups() for it in found if it]


def test_host_that_does_not_route_is_told_of_once_per_family(lab):
    host = lab.host("gw1", OWN, "2001:db8::2/64", ipv6=True)
    host.sysctl("net.ipv4.ip_forward", 0)
    host.sysctl("net.ipv6.conf.all.forwarding", 1)
    both = router(200, addresses=[VIP, "2001:db8::1/64"])
    agent = lab.vipd(host, [both, dict(both, name="two", vrid=52, addresses=["192.0.2.9/24"])])
    agent.wait_state("lan", "active", family=6)
    agent.wait_state("two", "active")
    assert caveats(agent) == [("eth0", "4", "not_forwarding")]
    host.sysctl("net.ipv6.conf.all.forwarding", 0)
    wait_until(lambda: ("eth0", "6", "not_forwarding") in caveats(agent), what="IPv6 to be told of")
    host.sysctl("net.ipv4.ip_forward", 1)
    host.ip("link set eth0 down", "link set eth0 up")
    agent.wait_state("lan", "active")
    events = [json.loads(line) for line in agent.ctl("events", "--json").stdout.splitlines()]
    assert [it["caveat"] for it in events if it["kind"] == "caveat"] == ["not_forwarding"] * 2
    assert len(caveats(agent)) == 2


@pytest.mark.parametrize("settings, told", [("mcast_snooping 1", True),
                                            ("mcast_snooping 1 mcast_querier 1", False),
                                            ("mcast_snooping 0", False)])
def test_bridge_that_snoops_is_told_of_where_it_may_prune(lab, settings, told):
    host = lab.host("gw1", ipv6=True)
    host.sysctl("net.ipv4.ip_forward", 1)
    host.sysctl("net.ipv6.conf.all.forwarding", 1)
    host.ip(f"link add br0 type bridge {settings}", "link set eth0 master br0",
            f"address add {OWN} dev br0", "address add 2001:db8::2/64 dev br0", "link set br0 up")
    agent = lab.vipd(host, [router(200, interface="br0", addresses=[VIP, "2001:db8::1/64"])])
    agent.wait_state("lan", "active", family=6)
    assert caveats(agent) == [("br0", "6", "snooping")] * told
