# SPDX-License-Identifier: MIT
"""Addresses with options: what the kernel is asked for, addresses on another interface than their
router's or of another family, routers without any, and what is left of all that."""

import shutil

import pytest

from agents import VIP, keepalived_config, router
from frames import mac_text
from generations import OWN, crash, reload
from lab import wait_until
from rtnetlink import AddressEvents

EXTRA = "203.0.113.9/28"
EXTRA6 = "2001:db8:7::1/64"
ELSEWHERE = {"address": EXTRA, "interface": "eth1"}


def gateway(lab, *extra, ipv6=False, segment="wan", **keys):
    """An Active on gw1, whose eth1 is on another segment, with these extra addresses."""
    host = lab.host("gw1", OWN, ipv6=ipv6)
    host.attach(segment, "203.0.113.2/28")
    agent = lab.vipd(host, [router(200, extra_addresses=list(extra), **keys)])
    agent.wait_state("lan", "active")
    return agent


def info(host, address, dev="eth0"):
    """What the kernel shows of one address; None: it is not there."""
    local, length = address.split("/")
    for it in host.address_info(dev):
        if (it["local"], it["prefixlen"]) == (local, int(length)):
            return it
    return None


def wait_held(host, address, dev="eth0"):
    """Waits until the address is there. Return: what the kernel shows."""
    return wait_until(lambda: info(host, address, dev), what=f"{address} on {dev}")


def wait_absent(host, address, dev="eth0"):
    """Waits until it is not."""
    wait_until(lambda: info(host, address, dev) is None, what=f"no {address} on {dev}")


def clean(host):
    """Whether nothing of vipd's is left on any interface."""
    left = [address for dev in ("eth0", "eth1") for address in host.addresses(dev)
            if address not in (OWN, "203.0.113.2/28") and not address.startswith("fe80::ff:")]
    return not left


def advertisements(lab, target, since=0):
    """[(interface, MAC that is told)] of unsolicited Neighbor Advertisements for an address."""
    found = []
    for frame in lab.capture.frames(since):
        ip = frame.ip
        if ip and ip.proto == 58 and ip.payload[0] == 136 and ip.dst == "ff02::1" \
                and ip.payload[8:24] == target:
            found.append((frame.port.dev, mac_text(ip.payload[26:32])))
    return found


# ---- what the kernel has ----

def test_options_of_ipv4_are_the_kernels(lab):
    agent = gateway(lab, {"address": EXTRA, "label": "eth0:vip", "scope": "link",
                          "broadcast": "auto", "prefix_route": False, "preferred": False},
                    {"address": "198.51.100.7/24", "broadcast": "198.51.100.127"})
    shown = wait_held(agent.host, EXTRA)
    assert (shown["label"], shown["scope"], shown["broadcast"]) == ("eth0:vip", "link",
                                                                    "203.0.113.15")
    assert shown["noprefixroute"] and shown["deprecated"]
    assert wait_held(agent.host, "198.51.100.7/24")["broadcast"] == "198.51.100.127"
    plain = wait_held(agent.host, VIP)
    assert (plain["label"], plain["scope"]) == ("eth0", "global")
    assert not {"broadcast", "noprefixroute", "deprecated"} & set(plain)
    routes = agent.host.run("ip", "route", "show", "dev", "eth0").stdout
    assert "203.0.113.0/28" not in routes and "198.51.100.0/24" in routes
    assert agent.term() == 0
    assert clean(agent.host)


def test_options_of_ipv6_are_the_kernels(lab):
    agent = gateway(lab, {"address": EXTRA6, "preferred": False, "prefix_route": False},
                    {"address": "2001:db8:8::1/128", "preferred": True}, "2001:db8:9::1/128",
                    ipv6=True)
    shown = wait_held(agent.host, EXTRA6)
    assert shown["deprecated"] and shown["noprefixroute"] and shown["nodad"]
    assert "deprecated" not in wait_held(agent.host, "2001:db8:8::1/128")
    assert wait_held(agent.host, "2001:db8:9::1/128")["deprecated"]
    assert agent.term() == 0
    assert clean(agent.host)


def test_options_stay_while_the_lease_is_renewed(lab):
    agent = gateway(lab, {"address": EXTRA, "label": "eth0:vip", "preferred": False},
                    {"address": EXTRA6, "preferred": False, "prefix_route": False}, ipv6=True)
    wait_held(agent.host, EXTRA6)
    agent.host.wait_adverts(30)                    # with 100 ms a renewal is due every 1.6 s
    shown, shown6 = info(agent.host, EXTRA), info(agent.host, EXTRA6)
    assert shown["label"] == "eth0:vip" and shown["deprecated"]
    assert shown6["deprecated"] and shown6["noprefixroute"]
    assert shown["valid_life_time"] < 10 and shown6["valid_life_time"] < 10


@pytest.mark.parametrize("before, after", [
    ({}, {"label": "eth0:vip"}),
    ({"label": "eth0:vip"}, {"label": "eth0:other", "broadcast": "auto"}),
    ({"interface": "eth1"}, {}),
    ({}, {"interface": "eth1", "label": "eth1:vip"}),
    ({"prefix_route": False}, {"preferred": False}),
], ids=["comes", "changes", "home", "away", "flags"])
def test_reload_that_changes_an_option_makes_the_address_anew_once(lab, before, after):
    agent = gateway(lab, {"address": EXTRA, **before})
    wait_held(agent.host, EXTRA, before.get("interface", "eth0"))
    events = AddressEvents(agent.host)
    agent.configure([router(200, extra_addresses=[{"address": EXTRA, **after}])])
    mark, lines = reload(agent), len(agent.log)
    dev = after.get("interface", "eth0")
    shown = wait_held(agent.host, EXTRA, dev)
    assert shown["label"] == after.get("label", dev)
    assert shown.get("deprecated", False) == ("preferred" in after)
    assert shown.get("noprefixroute", False) == ("prefix_route" in after)
    lab.capture.wait_arp(since=mark, gratuitous=True, spa="203.0.113.9")
    changes = events.seen(address=EXTRA)
    assert [there for _, there, _ in changes[:2]] == [False, True], changes
    assert len(events.lost(address=EXTRA)) == 1
    assert events.longest_absence_ms(0, EXTRA) < 50
    told = [line for line in agent.log if "extra_addresses=" in line]
    assert len(told) == 2, told
    assert not [line for line in agent.log[lines:] if "news=" in line or "state=" in line]
    assert agent.router()["state"] == "active"


def test_reload_that_says_what_is_so_by_default_changes_nothing(lab):
    once = {"announce": {"after": [], "refresh": "0s"}}
    agent = gateway(lab, EXTRA, **once)
    wait_held(agent.host, EXTRA)
    lab.capture.wait_arp(host=agent.host, gratuitous=True, spa=EXTRA.split("/")[0])
    agent.configure([router(200, extra_addresses=[
        {"address": EXTRA, "interface": "eth0", "scope": "global", "broadcast": "none",
         "prefix_route": True, "preferred": True, "required": True}], **once)])
    mark = reload(agent)
    agent.wait_log("reload=unchanged")
    agent.host.wait_adverts(3, since=mark)
    assert not lab.capture.arps(since=mark, gratuitous=True)


def test_scope_that_the_kernel_refuses_beside_another_is_told(lab):
    agent = gateway(lab, {**ELSEWHERE, "scope": "site", "required": False})
    assert "has another scope" in agent.wait_log("news=failed.*Invalid argument")
    agent.host.ip("address delete 203.0.113.2/28 dev eth1")
    assert wait_held(agent.host, EXTRA, "eth1")["scope"] == "site"


# ---- another interface ----

def test_address_elsewhere_is_held_and_announced_there_with_that_mac(lab):
    agent = gateway(lab, {**ELSEWHERE, "label": "eth1:vip"})
    assert wait_held(agent.host, EXTRA, "eth1")["label"] == "eth1:vip"
    assert info(agent.host, EXTRA) is None
    arp = lab.capture.wait_arp(host=agent.host, gratuitous=True, spa="203.0.113.9")
    assert (arp.frame.port.dev, arp.sha) == ("eth1", agent.host.mac("eth1"))
    own = lab.capture.wait_arp(host=agent.host, gratuitous=True, spa="192.0.2.1")
    assert (own.frame.port.dev, own.sha) == ("eth0", agent.host.mac())
    assert {advert.frame.port.dev for advert in lab.capture.adverts(host=agent.host)} == {"eth0"}
    assert agent.router()["extra_addresses"] == [EXTRA]
    assert agent.router()["address_interfaces"] == {EXTRA: "eth1"}
    assert agent.router()["missing_addresses"] == []
    assert agent.term() == 0
    assert clean(agent.host)


def test_advertised_address_may_be_elsewhere(lab):
    agent = gateway(lab, addresses=[VIP, ELSEWHERE])
    wait_held(agent.host, EXTRA, "eth1")
    assert lab.capture.wait_advert(host=agent.host).addresses == ("192.0.2.1", "203.0.113.9")


def test_backup_takes_over_an_address_elsewhere(lab):
    one = gateway(lab, ELSEWHERE)
    host = lab.host("gw2", "192.0.2.3/24")
    host.attach("wan", "203.0.113.3/28")
    two = lab.vipd(host, [router(100, extra_addresses=[ELSEWHERE])])
    client = lab.host("client", "203.0.113.10/28", segment="wan")
    ping = lab.ping(client, "203.0.113.9")
    ping.wait_answer()
    two.wait_state("lan", "backup")
    mark = lab.now()
    assert one.term() == 0
    two.wait_state("lan", "active")
    ping.wait_answer(since=mark)
    wait_held(host, EXTRA, "eth1")
    assert client.run("ip", "neigh", "show", "203.0.113.9").stdout.split()[4] == host.mac("eth1")


def test_crash_theft_and_lease_elsewhere(lab):
    agent = gateway(lab, ELSEWHERE)
    wait_held(agent.host, EXTRA, "eth1")
    crash(agent)
    assert info(agent.host, EXTRA, "eth1")
    assert agent.router()["counters"]["became_active"] == 1
    mark = lab.now()
    agent.host.ip(f"address delete {EXTRA} dev eth1")
    wait_held(agent.host, EXTRA, "eth1")
    assert lab.capture.wait_arp(since=mark, gratuitous=True, spa="203.0.113.9").frame.port.dev == \
        "eth1"
    said = agent.wait_log("news=restored")
    assert f"address={EXTRA}" in said and "interface=eth1" in said
    agent.kill()
    wait_until(lambda: clean(agent.host), 10, "the kernel to end the leases")


def test_sweep_and_last_will_reach_other_interfaces(lab):
    agent = gateway(lab, ELSEWHERE, lease="off")
    wait_held(agent.host, EXTRA, "eth1")
    crash(agent)
    crash(agent)
    agent.expected_to_live = False
    assert agent.standby_pid
    agent.kill_router()
    assert agent.process.wait(10) == 1
    agent.wait_log("last_will=executed addresses_removed=2")
    assert clean(agent.host)


def test_start_sweeps_what_is_left_elsewhere(lab):
    agent = gateway(lab, {**ELSEWHERE, "label": "eth1:vip"}, lease="off")
    wait_held(agent.host, EXTRA, "eth1")
    agent.kill()
    assert info(agent.host, EXTRA, "eth1") and info(agent.host, VIP)
    again = lab.vipd(agent.host, [router(200, start_delay="1m")])
    wait_until(lambda: clean(agent.host), what="the sweep")
    assert again.router()["state"] == "initialize"


# ---- an interface that is not there ----

@pytest.mark.parametrize("harm, cure, reason", [
    ("link set eth1 down", "link set eth1 up",
     "interface eth1, which an address is held on, is down"),
    ("link set eth1 name eth9", "link set eth9 name eth1",
     "there is no interface eth1 to hold an address on"),
], ids=["down", "missing"])
def test_required_interface_that_goes_is_a_fault_until_it_comes(lab, harm, cure, reason):
    agent = gateway(lab, ELSEWHERE)
    wait_held(agent.host, EXTRA, "eth1")
    mark = lab.now()
    if "name" in harm:
        agent.host.ip("link set eth1 down", harm)
    else:
        agent.host.ip(harm)
    agent.wait_fault(reason)
    assert lab.capture.wait_advert(host=agent.host, since=mark, priority=0)
    wait_until(lambda: VIP not in agent.host.addresses(), what="the addresses to go")
    agent.host.ip(cure, "link set eth1 up")
    agent.wait_state("lan", "active")
    wait_held(agent.host, EXTRA, "eth1")


@pytest.mark.parametrize("addresses", [[VIP], ["2001:db8::1/64"], [VIP, "2001:db8::1/64"]],
                         ids=["of IPv4", "of IPv6", "of both"])
@pytest.mark.parametrize("address", [EXTRA, EXTRA6], ids=["IPv4", "IPv6"])
def test_required_address_of_either_family_goes_and_comes_with_its_interface(
        lab, addresses, address):
    host = lab.host("gw1", OWN, "2001:db8::2/64", ipv6=True)
    host.attach("wan", "203.0.113.2/28")
    extra = {"address": address, "interface": "eth1", "required": True}
    agent = lab.vipd(host, [router(200, addresses=addresses, extra_addresses=[extra])])

    def wait_states(state):
        wait_until(lambda: {it["state"] for it in agent.show()["routers"]} == {state},
                   what=lambda _: agent.story(f"all to be {state}"))

    wait_states("active")
    wait_held(host, address, "eth1")
    host.ip("link set eth1 down")
    wait_states("fault")
    assert {it["reason_code"] for it in agent.show()["routers"]} == {"address_link_down"}
    wait_until(lambda: not set(addresses) & set(host.addresses()), what="the addresses to go")
    host.ip("link set eth1 up")
    wait_states("active")
    wait_held(host, address, "eth1")


def test_required_interface_without_a_carrier_is_a_fault(lab):
    agent = gateway(lab, ELSEWHERE)
    lab.cut(agent.host, silent=False, dev="eth1")
    agent.wait_fault("interface eth1, which an address is held on, has no carrier")
    lab.heal(agent.host, dev="eth1")
    agent.wait_state("lan", "active")


def test_required_interface_that_never_was_is_a_fault(lab):
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(200, extra_addresses=[ELSEWHERE])])
    agent.wait_fault("there is no interface eth1 to hold an address on")
    host.attach("wan", "203.0.113.2/28")
    agent.wait_state("lan", "active")
    wait_held(host, EXTRA, "eth1")


def test_interface_that_is_not_required_may_be_missing_and_come_later(lab):
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(200, extra_addresses=[{**ELSEWHERE, "required": False}])])
    agent.wait_state("lan", "active")
    said = agent.wait_log("news=no_place")
    assert f"address={EXTRA}" in said and "interface=eth1" in said
    host.wait_adverts(40)                          # longer than what is refused is waited for
    shown = agent.router()
    assert (shown["state"], shown["effective_priority"]) == ("active", 200)
    assert shown["missing_addresses"] == [EXTRA]
    assert len([line for line in agent.log if "no_place" in line]) == 1
    mark = lab.now()
    host.attach("wan", "203.0.113.2/28")
    wait_held(host, EXTRA, "eth1")
    assert lab.capture.wait_arp(since=mark, gratuitous=True, spa="203.0.113.9").sha == \
        host.mac("eth1")
    assert agent.router()["missing_addresses"] == []
    host.ip("link set eth1 down")
    wait_absent(host, EXTRA, "eth1")
    assert agent.router()["state"] == "active"
    host.ip("link set eth1 up")
    wait_held(host, EXTRA, "eth1")


def test_new_mac_elsewhere_is_announced(lab):
    agent = gateway(lab, ELSEWHERE)
    lab.capture.wait_arp(host=agent.host, gratuitous=True, spa="203.0.113.9")
    mark = lab.now()
    agent.host.ip("link set eth1 address 02:00:00:00:aa:01")
    arp = lab.capture.wait_arp(since=mark, gratuitous=True, spa="203.0.113.9",
                               sha="02:00:00:00:aa:01")
    assert arp.frame.port.dev == "eth1"


# ---- the other family ----

def test_extra_address_of_ipv6_beside_a_router_of_ipv4(lab):
    agent = gateway(lab, EXTRA6, {"address": "2001:db8:8::1/64", "interface": "eth1"}, ipv6=True)
    wait_held(agent.host, EXTRA6)
    wait_held(agent.host, "2001:db8:8::1/64", "eth1")
    target = bytes.fromhex("20010db8000700000000000000000001")
    wait_until(lambda: ("eth0", agent.host.mac()) in advertisements(lab, target), what="an NA")
    away = bytes.fromhex("20010db8000800000000000000000001")
    wait_until(lambda: ("eth1", agent.host.mac("eth1")) in advertisements(lab, away), what="an NA")
    crash(agent)
    assert info(agent.host, EXTRA6)
    mark = lab.now()
    agent.host.ip(f"address delete {EXTRA6} dev eth0")
    wait_held(agent.host, EXTRA6)
    wait_until(lambda: advertisements(lab, target, mark), what="an NA")
    reload(agent)
    assert info(agent.host, EXTRA6)
    assert agent.router()["extra_addresses"] == [EXTRA6, "2001:db8:8::1/64"]
    assert agent.term() == 0
    assert clean(agent.host)


def test_extra_address_of_ipv4_beside_a_router_of_ipv6(lab):
    host = lab.host("gw1", "2001:db8::2/64", ipv6=True)
    agent = lab.vipd(host, [router(200, addresses=["2001:db8::1/64"],
                                   extra_addresses=["198.51.100.7/24"])])
    agent.wait_state("lan", "active", family=6)
    wait_held(host, "198.51.100.7/24")
    arp = lab.capture.wait_arp(host=host, gratuitous=True, spa="198.51.100.7")
    assert arp.sha == host.mac()
    agent.kill()
    wait_until(lambda: not info(host, "198.51.100.7/24") and not info(host, "2001:db8::1/64"),
               10, "the kernel to end the leases")


@pytest.mark.parametrize("required", [True, False])
def test_extra_address_of_ipv6_where_it_is_switched_off(lab, required):
    """A router that needs it is the last resort; another one goes on as ever."""
    agent = gateway(lab, {"address": EXTRA6, "required": required})
    assert "IPv6 is switched off" in agent.wait_log("news=failed")
    agent.host.wait_adverts(40)                    # what is refused for 3 s cannot be held
    shown = agent.router()
    assert shown["state"] == "active" and shown["missing_addresses"] == [EXTRA6]
    assert shown["last_resort"] == required
    agent.host.sysctl("net.ipv6.conf.eth0.disable_ipv6", 0)
    wait_held(agent.host, EXTRA6)


# ---- the other end of a link ----

def test_point_to_point_address_has_its_peer(lab):
    agent = gateway(lab, {"address": "198.51.100.1/32", "interface": "tun0",
                          "peer": "198.51.100.2", "required": False})
    agent.host.ip("tuntap add dev tun0 mode tun", "link set tun0 up")
    shown = wait_until(lambda: next((it for it in agent.host.address_info("tun0")
                                     if it["local"] == "198.51.100.1"), None),
                       what="the address on tun0")
    assert (shown["address"], shown["prefixlen"]) == ("198.51.100.2", 32)
    assert "198.51.100.2" in agent.host.run("ip", "route", "show", "dev", "tun0").stdout
    assert not lab.capture.arps(spa="198.51.100.1")
    crash(agent)
    agent.reload()
    assert [it["local"] for it in agent.host.address_info("tun0")
            if "." in it["local"]] == ["198.51.100.1"]
    assert agent.term() == 0
    assert not [it for it in agent.host.address_info("tun0") if it["local"] == "198.51.100.1"]


def test_peer_over_ethernet(lab):
    agent = gateway(lab, {"address": "198.51.100.1/32", "peer": "198.51.100.2"},
                    {"address": "2001:db8:7::1/128", "peer": "2001:db8:7::2"}, ipv6=True)
    shown = wait_until(lambda: {it["local"]: it["address"] for it in agent.host.address_info()
                                if "address" in it and it["local"] != it["address"]},
                       what="peers")
    assert shown["198.51.100.1"] == "198.51.100.2"
    wait_until(lambda: any(it["local"] == "2001:db8:7::1" and it.get("address") == "2001:db8:7::2"
                           for it in agent.host.address_info()), what="the peer of IPv6")
    assert lab.capture.wait_arp(host=agent.host, gratuitous=True, spa="198.51.100.1")
    assert agent.term() == 0
    assert clean(agent.host)


# ---- no addresses at all ----

@pytest.mark.parametrize("version", [2, 3])
def test_routers_without_addresses_elect_one(lab, version):
    """Adverts with a count of 0, which only those accept that have none, either."""
    keys = {"addresses": [], "version": version, "interval": "1s" if version == 2 else "100ms"}
    one = lab.vipd(lab.host("gw1", OWN), [router(200, **keys)])
    one.wait_state("lan", "active")
    host = lab.host("gw2", "192.0.2.3/24")
    two = lab.vipd(host, [router(100, **keys)])
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    sent = lab.capture.adverts(host=one.host)
    assert {it.addresses for it in sent} == {()}
    crash(one)
    assert one.router()["state"] == "active"
    assert one.router()["addresses"] == [] and one.router()["missing_addresses"] == []
    assert " - " in one.ctl("show").stdout
    assert one.term() == 0
    two.wait_state("lan", "active")
    assert host.addresses() == ["192.0.2.3/24"]
    assert not lab.capture.adverts(host=host, priority=0)


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not here")
def test_keepalived_without_addresses_is_a_peer(lab):
    """In both roles: its Active is heard, and it hears ours. Debian's demands addresses in
    version 3, and warns in version 2."""
    keys = {"addresses": [], "version": 2, "interval": "1s"}
    text = keepalived_config([router(150, **keys)]).replace("virtual_ipaddress {\n  }", "")
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, **keys)])
    lab.keepalived(lab.host("gw2", "192.0.2.3/24"), text=text)
    wait_until(lambda: agent.router()["active_address"] == "192.0.2.3"
               and agent.router()["state"] == "backup", what="a Backup that hears")
    assert not any(agent.router()["counters"]["rejected"].values())
    agent.configure([router(200, **keys)])
    reload(agent)
    agent.wait_state("lan", "active")
    mark = lab.now()
    agent.host.wait_adverts(4, since=mark)
    sent = lab.capture.adverts(since=mark)
    assert {it.frame.host for it in sent[1:]} == {agent.host}, sent
    assert {it.addresses for it in sent} == {()}


def test_router_with_addresses_discards_an_empty_list(lab, probe):
    agent = gateway(lab)
    with probe.speak("192.0.2.77", priority=250, addresses=[]):
        wait_until(lambda: agent.router()["counters"]["rejected"].get("empty_list", 0) > 3,
                   what="rejected adverts")
    assert agent.router()["state"] == "active"


def test_router_without_addresses_holds_extra_ones_and_begins_to_advertise(lab):
    agent = gateway(lab, EXTRA, addresses=[])
    wait_held(agent.host, EXTRA)
    agent.configure([router(200, extra_addresses=[EXTRA])])
    mark = reload(agent)
    wait_held(agent.host, VIP)
    assert lab.capture.wait_advert(since=mark, addresses=("192.0.2.1",))
    assert agent.router()["counters"]["became_active"] == 1


# ---- another group ----

GROUP = "239.1.2.3"


def groups(host, dev="eth0"):
    """The IPv4 groups of an interface."""
    shown = host.run("ip", "-4", "maddress", "show", "dev", dev).stdout
    return {line.split()[1] for line in shown.splitlines() if "inet " in line}


def test_group_of_ones_own_is_joined_sent_to_and_the_only_one_heard(lab, probe):
    agent = gateway(lab, group_address=GROUP)
    sent = lab.capture.adverts(host=agent.host)
    assert {(it.frame.ip.dst, it.frame.dst_mac) for it in sent} == {(GROUP, "01:00:5e:01:02:03")}
    assert GROUP in groups(agent.host) and "224.0.0.18" not in groups(agent.host)
    with probe.speak("192.0.2.77", priority=250, addresses=["192.0.2.1"]):
        agent.host.wait_adverts(5, since=lab.now())
    assert agent.router()["state"] == "active"
    with probe.speak("192.0.2.77", priority=250, addresses=["192.0.2.1"], dst=GROUP,
                     dst_mac="01:00:5e:01:02:03"):
        agent.wait_state("lan", "backup")


def test_routers_of_one_interface_may_have_other_groups(lab):
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(200), router(200, name="two", vrid=52, group_address=GROUP,
                                                addresses=["192.0.2.9/24"])])
    agent.wait_state("lan", "active")
    agent.wait_state("two", "active")
    assert {GROUP, "224.0.0.18"} <= groups(host)
    assert {(it.vrid, it.frame.ip.dst) for it in lab.capture.adverts(host=host)} == \
        {(51, "224.0.0.18"), (52, GROUP)}
    agent.configure([router(200), router(200, name="two", vrid=52,
                                         addresses=["192.0.2.9/24"])])
    reload(agent)
    wait_until(lambda: GROUP not in groups(host), what="the group to be left")
    assert "group_address=" in agent.wait_log("group_address")


def test_group_of_ipv6(lab):
    host = lab.host("gw1", "2001:db8::2/64", ipv6=True)
    keys = {"addresses": ["2001:db8::1/64"], "group_address": "ff02::1:12"}
    agent = lab.vipd(host, [router(200, **keys)])
    agent.wait_state("lan", "active", family=6)
    sent = lab.capture.adverts(host=host)
    assert {(it.frame.ip.dst, it.frame.dst_mac) for it in sent} == {("ff02::1:12",
                                                                     "33:33:00:01:00:12")}
    two = lab.vipd(lab.host("gw2", "2001:db8::3/64", ipv6=True), [router(100, **keys)])
    wait_until(lambda: two.router(family=6)["active_address"], what="a Backup that hears")


# ---- somebody else's ----

def warnings(agent):
    """The words of what is wrong with the router."""
    return {it["kind"] if isinstance(it, dict) else it for it in agent.router()["warnings"]}


@pytest.mark.parametrize("dev", ["lo", "eth1"])
def test_address_that_is_on_another_interface_too_is_told_and_left_alone(lab, dev):
    host = lab.host("gw1", OWN)
    host.attach("wan", "203.0.113.2/28")
    host.ip(f"address add 192.0.2.1/32 dev {dev}")
    agent = lab.vipd(host, [router(200)])
    agent.wait_state("lan", "active")
    said = agent.wait_log("news=twin")
    assert f"elsewhere={dev}" in said and f"address={VIP}" in said and "interface=eth0" in said
    wait_held(host, VIP)
    assert "twin_address" in agent.ctl("show").stdout
    assert len([line for line in agent.log if "news=twin" in line]) == 1
    assert agent.ctl("check", check=False).returncode == 1
    host.ip(f"address delete 192.0.2.1/32 dev {dev}")
    wait_until(lambda: "twin_address" not in agent.ctl("show").stdout, what="no more warning")
    lines = len(agent.log)
    host.ip(f"address add 192.0.2.1/32 dev {dev}")
    agent.wait_log("news=twin", skip=lines)
    assert agent.term() == 0
    assert info(host, "192.0.2.1/32", dev) and info(host, VIP) is None


def test_address_elsewhere_that_somebody_has_put_there_is_told_and_not_taken(lab):
    host = lab.host("gw1", OWN)
    host.attach("wan", "203.0.113.2/28")
    host.ip(f"address add {EXTRA} dev eth1")
    agent = lab.vipd(host, [router(200, extra_addresses=[ELSEWHERE])])
    agent.wait_state("lan", "active")
    said = agent.wait_log("news=foreign")
    assert f"address={EXTRA}" in said and "interface=eth1" in said
    assert agent.term() == 0
    assert info(host, EXTRA, "eth1")


def test_same_address_on_two_interfaces_of_the_configuration_is_no_twin(lab):
    agent = gateway(lab, {"address": VIP, "interface": "eth1"})
    wait_held(agent.host, VIP, "eth1")
    crash(agent)
    agent.host.wait_adverts(5, since=lab.now())
    assert not [line for line in agent.log if "news=" in line]


def test_conflict_is_found_whatever_the_options(lab, probe):
    agent = gateway(lab, {"address": "192.0.2.9/24", "label": "eth0:vip", "scope": "global",
                          "broadcast": "auto"})
    with probe.speak("192.0.2.77", vrid=77, addresses=["192.0.2.9"]):
        agent.wait_log("conflict=192.0.2.9")
    assert agent.router()["conflicts"][0]["address"] == "192.0.2.9"
