# SPDX-License-Identifier: MIT
"""Virtual routers of IPv6: sources that are link-local, announcements that are Neighbor
Advertisements, and all that must be as it is with IPv4. The rules of the protocol on the wire are
tests/conformance's, pairs with other agents tests/interop's."""

import pytest

from agents import router
from frames import mac_text
from generations import crash, lifetime, reload
from lab import wait_until

VIP, VIRTUAL = "2001:db8::1/64", "fe80::200:5eff:fe00:233/128"
ADDRESSES = {VIP, VIRTUAL}
OWN = "fe80::ff:fe00:100"        # of a lab's first host, by its MAC
NONE = "interface eth0 has no link-local address of its own"
ICMP6, ADVERTISEMENT = 58, 136
HOP_BY_HOP = 0                   # what reports of multicast listeners begin with


def router6(priority=200, **keys):
    """A virtual router of IPv6."""
    return router(priority, **{"addresses": [VIP], **keys})


def host6(lab, name, number=2):
    """A host with IPv6; its link-local address is made of its MAC, at once."""
    return lab.host(name, f"2001:db8::{number}/64", ipv6=True)


def bare_host(lab, name="gw1"):
    """One without a link-local address."""
    host = lab.host(name, ipv6=True)
    host.ip("link set eth0 addrgenmode none", "address flush dev eth0 scope link")
    return host


def active(lab, host=None, **keys):
    """An Active on gw1."""
    agent = lab.vipd(host or host6(lab, "gw1"), [router6(**{"priority": 200, **keys})])
    agent.wait_state("lan", "active", family=6)
    return agent


def pair(lab):
    """An Active on gw1 and a Backup on gw2 that hears it."""
    one = active(lab)
    two = lab.vipd(host6(lab, "gw2", 3), [router6(100)])
    wait_until(lambda: two.router(family=6)["active_address"] == OWN, what="a Backup that hears")
    return one, two


def client_ping(lab):
    """A client that pings the address, and is answered."""
    ping = lab.ping(host6(lab, "client", 100), "2001:db8::1")
    ping.wait_answer()
    return ping


def wait_fault(agent, reason=NONE):
    """Waits until the router is out of service for this reason."""
    def is_so():
        it = agent.router(family=6)
        return (it["state"], it["reason"]) == ("fault", reason)

    wait_until(is_so, what=lambda _: agent.story(f"the fault {reason!r}"))


def announcements(lab, host, since=0):
    """[(target, flags, MAC), ...] of a host's unsolicited Neighbor Advertisements."""
    def is_one(ip):
        return ip and ip.proto == ICMP6 and ip.payload[0] == ADVERTISEMENT and ip.dst == "ff02::1"

    return [(frame.ip.payload[8:24], frame.ip.payload[4], mac_text(frame.ip.payload[26:32]))
            for frame in lab.capture.frames(since, host) if is_one(frame.ip)]


def is_member(host):
    """Whether the interface is in VRRP's group."""
    lines = host.run("cat", "/proc/net/igmp6").stdout.splitlines()
    return any("eth0" in line and "ff020000000000000000000000000012" in line for line in lines)


def held(host):
    """Which of the router's addresses the host has."""
    return ADDRESSES & set(host.addresses())


# ---- a pair ----

def test_pair_fails_over_when_the_active_falls_silent(lab):
    one, two = pair(lab)
    ping = client_ping(lab)
    mark = lab.now()
    one.kill()
    two.wait_state("lan", "active", family=6)
    ping.wait_answer(since=mark)
    assert ping.longest_outage(mark) < 0.6, "3 intervals, the skew time and some"
    wait_until(lambda: held(two.host) == ADDRESSES, what="the addresses")
    shown = ping.host.run("ip", "-6", "neigh", "show", "2001:db8::1").stdout
    assert two.host.mac() in shown, shown
    # Whoever is dead leaves its leases to the kernel.
    wait_until(lambda: not held(one.host), 10, "the kernel to end the leases")


def test_pair_hands_over_when_the_active_leaves_and_when_it_comes_back(lab):
    one, two = pair(lab)
    ping = client_ping(lab)
    mark = lab.now()
    assert one.term() == 0
    two.wait_state("lan", "active", family=6)
    ping.wait_answer(since=mark)
    assert ping.longest_outage(mark) < 0.3, "the skew time and some"
    assert not held(one.host) and not is_member(one.host)
    assert 0 in {it.priority for it in lab.capture.adverts(host=one.host, since=mark)}
    again = lab.vipd(one.host, [router6()])
    again.wait_state("lan", "active", family=6)
    two.wait_state("lan", "backup", family=6)
    wait_until(lambda: not held(two.host), what="the Backup to let go")
    ping.wait_answer(since=lab.now())


def test_both_families_share_a_vrid_and_an_interface(lab):
    host = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True)
    agent = lab.vipd(host, [router(200, name="lan4"), router6(name="lan6")])
    agent.wait_state("lan4", "active")
    agent.wait_state("lan6", "active", family=6)
    assert {it.src for it in lab.capture.adverts(host=host)} == {"192.0.2.2", OWN}
    mark = lab.now()
    agent.configure([router(200, name="lan4")])
    reload(agent)
    agent.wait_log('router=lan6 family=6 withdrawn=yes note="gone from the configuration')
    wait_until(lambda: not held(host), what="the other family to go")
    assert 0 in {it.priority for it in lab.capture.adverts(host=host, since=mark, src=OWN)}
    assert agent.router("lan4")["counters"]["became_active"] == 1
    host.wait_adverts(3, since=lab.now(), src="192.0.2.2")


# ---- the source ----

def test_source_that_is_tentative_is_waited_for(lab):
    host = bare_host(lab)
    host.sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    host.sysctl("net.ipv6.neigh.eth0.retrans_time_ms", 2500)
    host.ip("address add fe80::42/64 dev eth0")
    agent = lab.vipd(host, [router6()])
    wait_fault(agent)
    assert any(it.get("tentative") for it in host.address_info()), "the test came too late"
    agent.wait_state("lan", "active", family=6)
    assert not any(it.get("tentative") for it in host.address_info())
    assert {it.src for it in lab.capture.adverts(host=host)} == {"fe80::42"}


def test_source_that_another_host_has_is_none(lab):
    bare_host(lab, "other").ip("address add fe80::42/64 dev eth0 nodad")
    host = bare_host(lab)
    host.sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    host.ip("address add fe80::42/64 dev eth0")
    wait_until(lambda: any(it.get("dadfailed") for it in host.address_info()),
               what="the duplicate to be found")
    agent = lab.vipd(host, [router6()])
    wait_fault(agent)
    host.ip("address add fe80::43/64 dev eth0 nodad")
    agent.wait_state("lan", "active", family=6)
    assert {it.src for it in lab.capture.adverts(host=host)} == {"fe80::43"}


def test_source_that_goes_is_a_fault_until_one_comes(lab):
    agent = active(lab)
    agent.host.ip(f"address delete {OWN}/64 dev eth0")
    wait_fault(agent)
    wait_until(lambda: not held(agent.host), what="the addresses to go")
    mark = lab.now()
    agent.host.ip("address add fe80::42/64 dev eth0 nodad")
    agent.wait_state("lan", "active", family=6)
    assert {it.src for it in lab.capture.adverts(host=agent.host, since=mark)} == {"fe80::42"}


def test_source_that_is_replaced_at_once_is_no_fault(lab):
    agent = active(lab)
    lines, mark = len(agent.log), lab.now()
    agent.host.ip(f"address delete {OWN}/64 dev eth0", "address add fe80::42/64 dev eth0 nodad")
    agent.host.wait_adverts(5, since=mark, src="fe80::42")
    assert "state=" not in "\n".join(agent.log[lines:])
    assert held(agent.host) == ADDRESSES


def test_source_that_is_configured_is_the_only_one(lab):
    agent = lab.vipd(host6(lab, "gw1"), [router6(source="fe80::42")])
    wait_fault(agent, "interface eth0 does not have its source fe80::42")
    agent.host.ip("address add fe80::42/64 dev eth0 nodad")
    agent.wait_state("lan", "active", family=6)
    assert {it.src for it in lab.capture.adverts(host=agent.host)} == {"fe80::42"}


def test_ipv6_that_is_switched_off_is_a_fault_until_it_is_on(lab):
    """Switching it off takes away all addresses, and with an MTU below 1280 memberships, too."""
    agent = active(lab)
    agent.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
    wait_fault(agent)
    agent.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 0)
    agent.wait_state("lan", "active", family=6)
    agent.host.ip("link set eth0 mtu 1200")
    wait_until(lambda: agent.router(family=6)["state"] == "fault", what="a fault")
    agent.host.ip("link set eth0 mtu 1500")
    agent.wait_state("lan", "active", family=6)
    assert is_member(agent.host) and held(agent.host) == ADDRESSES


# ---- the wire ----

def test_announcement_overrides_and_says_whether_the_host_routes(lab):
    host = host6(lab, "gw1")
    host.sysctl("net.ipv6.conf.all.forwarding", 0)
    agent = active(lab, host)
    wait_until(lambda: len(announcements(lab, host)) >= 2, what="announcements")
    assert {flags for _, flags, _ in announcements(lab, host)} == {0x20}
    assert {mac for _, _, mac in announcements(lab, host)} == {host.mac()}
    assert len({target for target, _, _ in announcements(lab, host)}) == 2
    mark = lab.now()
    host.sysctl("net.ipv6.conf.all.forwarding", 1)
    wait_until(lambda: len({it for it in announcements(lab, host, mark) if it[1] == 0xA0}) == 2,
               0.9, "announcements as a router, before the schedule has them")
    assert agent.router(family=6)["counters"]["became_active"] == 1


def test_addresses_are_leased_added_without_detection_and_found_again(lab):
    agent = active(lab)
    found = {f"{it['local']}/{it['prefixlen']}": it for it in agent.host.address_info()}
    for address in ADDRESSES:
        assert 0 < lifetime(agent.host, address) <= 5
        assert found[address].get("nodad") and not found[address].get("tentative")
    assert found[VIRTUAL].get("deprecated") and not found[VIP].get("deprecated")
    mark = lab.now()
    agent.host.ip(f"address delete {VIP} dev eth0")
    wait_until(lambda: held(agent.host) == ADDRESSES, what="the address to be back")
    assert announcements(lab, agent.host, mark)


@pytest.mark.parametrize("field, reason", [({"ttl": 254}, "ttl"),
                                           ({"src": "2001:db8::9"}, "not_link_local"),
                                           ({"checksum": 1}, "checksum")])
def test_advert_that_breaks_a_rule_is_counted(lab, probe, field, reason):
    agent = active(lab)
    fields = {"src": "fe80::9", "priority": 250, "addresses": ["fe80::200:5eff:fe00:233"], **field}
    probe.advert(**fields)
    total = lambda: (agent.show()["rejected"].get(reason, 0) +  # noqa: E731
                     agent.router(family=6)["counters"]["rejected"].get(reason, 0))
    wait_until(lambda: total() == 1, what=f"{reason} to be counted")
    assert agent.router(family=6)["state"] == "active"


def test_vrid_of_nobody_is_told_of_with_its_family(lab, probe):
    agent = active(lab)
    probe.advert("fe80::9", vrid=52, addresses=["2001:db8::1"])
    agent.wait_log("fe80::9.*vrid=52|vrid=52.*fe80::9")


def test_most_addresses_need_a_longer_frame_than_most_networks_have(lab):
    host = host6(lab, "gw1")
    agent = lab.vipd(host, [router6(addresses=[f"2001:db8:1::{i:x}/128" for i in range(1, 255)])])
    wait_fault(agent, "an advert of 4128 bytes does not fit into the MTU of interface eth0, 1500")
    lab.switch.ip(f"link set {host.ports['eth0'].name} mtu 9000")
    host.ip("link set eth0 mtu 9000")
    agent.wait_state("lan", "active", family=6)
    wait_until(lambda: len(host.addresses()) == 257, what="all addresses")
    counters = agent.router(family=6)["counters"]
    assert counters["adverts_sent"] and not counters["send_errors"], counters
    assert agent.term() == 0
    assert len(host.addresses()) == 2


def test_owner_is_not_told_that_it_lacks_the_address_of_the_virtual_router(lab):
    host = host6(lab, "gw1")
    host.ip("address add 2001:db8::9/64 dev eth0 nodad")
    agent = active(lab, host, priority="owner", addresses=["2001:db8::9/64", "2001:db8::8/64"])
    agent.wait_log("address=2001:db8::8/64.*the owner's")
    assert not any("the owner's" in line and "fe80:" in line for line in agent.log)
    assert agent.term() == 0
    assert "2001:db8::9/64" in host.addresses() and "2001:db8::8/64" not in host.addresses()


# ---- processes ----

def test_reload_that_changes_nothing_sends_nothing_but_adverts(lab):
    agent = active(lab)
    wait_until(lambda: len(announcements(lab, agent.host)) >= 6, 8, "the last announcement")
    mark = reload(agent)
    agent.host.wait_adverts(5, since=mark)
    # The kernel reports its memberships with each renewal of a lease.
    others = [it for it in lab.capture.frames(mark, agent.host)
              if not it.vrrp and not (it.ip and it.ip.proto == HOP_BY_HOP)]
    assert not others, [(it, it.data.hex()) for it in others]
    assert {it.priority for it in lab.capture.adverts(host=agent.host, since=mark)} == {200}
    assert agent.router(family=6)["counters"]["became_active"] == 1


def test_crash_is_adopted(lab):
    one, two = pair(lab)
    ping = client_ping(lab)
    mark = lab.now()
    crash(one)
    one.host.wait_adverts(5, since=lab.now())
    assert not ping.lost(mark) and held(one.host) == ADDRESSES
    assert one.router(family=6)["counters"]["became_active"] == 1
    assert two.router(family=6)["counters"]["became_active"] == 0


def test_last_will_gives_the_addresses_up_and_says_so(lab):
    one, two = pair(lab)
    mark = lab.now()
    for _ in range(2):
        crash(one)
    one.kill_router()
    said = one.wait_log("last_will=executed addresses_removed=2")
    assert "farewells_sent=1" in said
    one.expected_to_live = False
    assert not held(one.host)
    assert 0 in {it.priority for it in lab.capture.adverts(host=one.host, since=mark)}
    two.wait_state("lan", "active", family=6)


def test_ipv4_router_costs_no_socket_of_ipv6(lab):
    """Without a router of IPv6 there is no socket of it, and no membership."""
    host = lab.host("gw1", "192.0.2.2/24", ipv6=True)
    agent = lab.vipd(host, [router(200)])
    agent.wait_state("lan", "active")
    assert len(host.run("cat", "/proc/net/raw6").stdout.splitlines()) == 1
    assert not is_member(host)
    agent.configure([router(200), router6(name="lan6")])
    reload(agent)
    agent.wait_state("lan6", "active", family=6)
    assert len(host.run("cat", "/proc/net/raw6").stdout.splitlines()) == 4    # and a heading
    assert is_member(host)
