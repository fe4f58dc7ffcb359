# SPDX-License-Identifier: MIT
"""Virtual MAC addresses: the macvlan that carries one, what the LAN sees of it, and what becomes of
it when processes, configurations and interfaces change. The rules of the standard on the wire are
tests/conformance's, pairs with other agents tests/interop's."""

import collections
import contextlib
import errno
import json
import os
import signal
import socket
import threading
import time

import pytest

from agents import router
from frames import Probe
from generations import crash, reload
from lab import wait_until
from processes import lost_events
from test_dual_stack import FAMILIES, both, host as host_of_both, wait_states
from test_ipv6 import announcements, host6, is_member

MAC = {4: "00:00:5e:00:01:33", 6: "00:00:5e:00:02:33"}
NAME = {4: "vrrp.51.eth0", 6: "vrrp6.51.eth0"}
VIP = {4: "192.0.2.1/24", 6: "2001:db8::1/64"}
ONCE = {"after": [], "refresh": "0s"}  # a takeover is announced, and not again
BOTH = pytest.mark.parametrize("family", (4, 6))


def virtual(family=4, priority=200, **keys):
    """A virtual router with a virtual MAC."""
    return router(priority, **{"addresses": [VIP[family]], "mac": "virtual", **keys})


def new_host(lab, name, number, family=4):
    """A host of either family."""
    return host6(lab, name, number) if family == 6 else lab.host(name, f"192.0.2.{number}/24")


def active(lab, family=4, **keys):
    """An Active on gw1."""
    agent = lab.vipd(new_host(lab, "gw1", 2, family), [virtual(family, **keys)])
    agent.wait_state("lan", "active", family=family)
    wait_held(agent.host, family)
    return agent


def pair(lab, family=4, **keys):
    """An Active on gw1 and a Backup on gw2 that hears it."""
    one = active(lab, family, **keys)
    two = lab.vipd(new_host(lab, "gw2", 3, family), [virtual(family, 100, **keys)])
    wait_until(lambda: two.router(family=family)["active_address"], what="a Backup that hears")
    return one, two


def links(host):
    """{name: link} of all interfaces, with details."""
    return {it["ifname"]: it for it in json.loads(host.run("ip", "-json", "-d", "link").stdout)}


def macvlan(host, name=NAME[4]):
    """The interface of that name; None: there is none."""
    return links(host).get(name)


def macvlans(host):
    """All macvlans of a host, by name."""
    return [name for name, it in links(host).items()
            if it.get("linkinfo", {}).get("info_kind") == "macvlan"]


def is_up(host, name=NAME[4]):
    """Whether it is there and up."""
    return (it := macvlan(host, name)) is not None and "UP" in it["flags"]


def places(host, address):
    """The interfaces that have an address."""
    shown = json.loads(host.run("ip", "-json", "address").stdout)
    return [it["ifname"] for it in shown for info in it.get("addr_info", ())
            if f"{info['local']}/{info['prefixlen']}" == address]


def wait_held(host, family=4, name=None):
    """Waits until the macvlan, and nothing else, has the address, and is up."""
    name = name or NAME[family]
    wait_until(lambda: places(host, VIP[family]) == [name] and is_up(host, name),
               what=lambda _: f"{name} with {VIP[family]}, not {places(host, VIP[family])}")


def announced(lab, family, host=None, since=0):
    """The MACs with which the address was announced, in order."""
    if family == 6:
        vip = bytes.fromhex("20010db8000000000000000000000001")
        return [mac for target, _, mac in announcements(lab, host, since) if target == vip]
    return [arp.sha for arp in lab.capture.arps(since=since, host=host, gratuitous=True,
                                                spa="192.0.2.1")]


def port_of(lab, mac):
    """The port at which the switch saw a MAC last."""
    shown = json.loads(lab.switch.run("bridge", "-json", "fdb", "show", "br", "br-lan").stdout)
    return next((it["ifname"] for it in shown if it["mac"] == mac and it["state"] == ""), None)


# ---- what it is ----

@BOTH
def test_macvlan_is_down_but_while_its_router_is_active(lab, family):
    one, two = pair(lab, family)
    name = NAME[family]
    for agent, up in ((one, True), (two, False)):
        it = macvlan(agent.host, name)
        assert (it["address"], it["link"], it["ifalias"]) == (MAC[family], "eth0", "vipd")
        assert it["linkinfo"]["info_data"]["mode"] == "bridge"
        assert is_up(agent.host, name) == up
        shown = agent.router(family=family)
        assert (shown["mac"], shown["macvlan"]) == (MAC[family], name)
    assert not places(two.host, VIP[family])
    # No Router Advertisement makes an address of it (RFC 9568 §7.4), and it has none by itself.
    setting = f"/proc/sys/net/ipv6/conf/{name}/accept_ra"
    for host in (one.host, two.host):
        wait_until(lambda host=host: host.run("cat", setting).stdout == "0\n", what="accept_ra")
    expected = {VIP[4]} if family == 4 else {VIP[6], "fe80::200:5eff:fe00:233/128"}
    wait_until(lambda: set(one.host.addresses(name)) == expected, what="its addresses alone")
    assert one.term() == 0
    assert not macvlans(one.host)
    two.wait_state("lan", "active", family=family)
    wait_held(two.host, family)


@BOTH
@pytest.mark.parametrize("adverts", ("virtual", "interface"))
def test_adverts_have_the_mac_that_is_configured(lab, family, adverts):
    mark = lab.now()
    one = active(lab, family, mac={"type": "virtual", "adverts": adverts})
    [advert, *_] = one.host.wait_adverts(2, mark)
    own = one.host.mac()
    seen = {frame.src_mac for frame in lab.capture.frames(mark, one.host) if frame.vrrp}
    assert seen == {MAC[family] if adverts == "virtual" else own}
    assert advert.frame.ip.src == ("192.0.2.2" if family == 4 else "fe80::ff:fe00:100")
    wait_until(lambda: announced(lab, family, one.host), what="an announcement")
    assert set(announced(lab, family, one.host)) == {MAC[family]}


def test_macvlan_has_the_name_and_the_address_of_the_file(lab):
    mac = {"type": "virtual", "name": "vrrp.51", "address": "02:00:00:ab:cd:01"}
    one = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [virtual(mac=mac)])
    one.wait_state("lan", "active")
    wait_held(one.host, name="vrrp.51")
    assert macvlan(one.host, "vrrp.51")["address"] == "02:00:00:ab:cd:01"
    assert set(announced(lab, 4)) == {"02:00:00:ab:cd:01"}
    assert one.router()["mac"] == "02:00:00:ab:cd:01"


def test_macvlan_routes_what_its_interface_routes(lab):
    """On a host that routes between these two interfaces, and no others."""
    gw = lab.host("gw1", "192.0.2.2/24")
    assert gw.attach("far", "198.51.100.1/24") == "eth1"
    for dev, on in (("all", 0), ("default", 0), ("eth0", 1), ("eth1", 1)):
        gw.sysctl(f"net.ipv4.conf.{dev}.forwarding", on)
    one = lab.vipd(gw, [virtual()])
    one.wait_state("lan", "active")
    wait_held(gw)
    far = lab.host("far", "198.51.100.7/24", segment="far")
    far.ip("route add 192.0.2.0/24 via 198.51.100.1")
    client = lab.host("client", "192.0.2.100/24")
    client.ip("route add 198.51.100.0/24 via 192.0.2.1",
              f"neigh replace 192.0.2.1 lladdr {MAC[4]} dev eth0 nud permanent")
    lab.ping(client, "198.51.100.7").wait_answer()


def test_macvlan_has_ipv6_where_new_interfaces_have_none(lab):
    host = host6(lab, "gw1", 2)
    host.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    one = lab.vipd(host, [virtual(6)])
    one.wait_state("lan", "active", family=6)
    wait_held(host, 6)
    assert not [line for line in one.log if "error" in line]


# ---- what the LAN sees ----

@BOTH
def test_switch_knows_the_new_place_with_the_first_announcement(lab, family):
    one, two = pair(lab, family)
    assert port_of(lab, MAC[family]) == "gw1.eth0"
    mark = lab.now()
    one.kill()
    wait_until(lambda: announced(lab, family, two.host, mark), what="an announcement",
               every=0.001)
    assert port_of(lab, MAC[family]) == "gw2.eth0"


@BOTH
def test_client_that_never_learns_loses_no_more_than_others(lab, family):
    one, two = pair(lab, family)
    address = VIP[family].split("/")[0]
    client = new_host(lab, "client", 100, family)
    client.ip(f"neigh replace {address} lladdr {MAC[family]} dev eth0 nud permanent")
    ping = lab.ping(client, address)
    ping.wait_answer()
    mark = lab.now()
    one.kill()
    two.wait_state("lan", "active", family=family)
    ping.wait_answer(since=mark)
    assert ping.longest_outage(mark) < 0.6, "3 intervals, the skew time and some"
    mark = lab.now()
    other = lab.vipd(one.host, [virtual(family, 200)])
    other.wait_state("lan", "active", family=family)
    wait_until(lambda: port_of(lab, MAC[family]) == "gw1.eth0", what="the switch to know")
    ping.wait_answer(since=lab.now())
    assert ping.longest_outage(mark) < 0.3, "nobody is silent when the better one comes back"


SEND = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.bind(('192.0.2.1', 0)); s.sendto(b'x', ('192.0.2.%d', 9))")


def assert_names_the_virtual_mac_alone(lab, host, client, number):
    """Whoever asks for the address, and whomever the host itself has to find for packets that come
    from it: the MAC of the interface is never named with it (RFC 9568 §8.1.2)."""
    mark = lab.now()
    client.run("ip", "neigh", "flush", "dev", "eth0")
    ping = lab.ping(client, "192.0.2.1")
    ping.wait_answer()
    ping.stop()
    host.run("ip", "neigh", "flush", "all")
    host.run("/usr/bin/python3", "-c", SEND % number)
    lab.capture.wait_arp(host=client, since=mark, op=2, spa=f"192.0.2.{number}")
    wait_until(lambda: f"192.0.2.{number} dev eth0 lladdr" in host.run("ip", "neigh").stdout,
               what="the client to be found")
    named = {arp.sha for arp in lab.capture.arps(since=mark, host=host, spa="192.0.2.1")}
    assert named == {MAC[4]}
    assert MAC[4] in client.run("ip", "neigh", "show", "192.0.2.1").stdout


def test_arp_names_the_virtual_mac_alone(lab):
    one, two = pair(lab)
    client = lab.host("client", "192.0.2.100/24")
    assert_names_the_virtual_mac_alone(lab, one.host, client, 100)
    crash(one)
    assert_names_the_virtual_mac_alone(lab, one.host, client, 100)
    reload(one)
    assert_names_the_virtual_mac_alone(lab, one.host, client, 100)
    # The interface goes on to speak of its own address.
    ping = lab.ping(client, "192.0.2.2")
    ping.wait_answer()
    assert one.host.mac() in client.run("ip", "neigh", "show", "192.0.2.2").stdout
    # What a Backup, or nobody, holds is nobody's business.
    assert "192.0.2.1" not in two.host.run("nft", "list", "ruleset").stdout
    assert one.term() == 0
    assert "192.0.2.1" not in one.host.run("nft", "list", "ruleset").stdout
    two.wait_state("lan", "active")
    wait_held(two.host)
    assert_names_the_virtual_mac_alone(lab, two.host, client, 100)


ETHERTYPE, ECHO, ECHO_REPLY = {4: 0x0800, 6: 0x86dd}, {4: 1, 6: 58}, {1: 0, 58: 129}


def answer_macs(lab, host, client):
    """The MAC addresses from which a host answers to pings and connections, by IP protocol."""
    mark = lab.now()
    for vip in VIP.values():
        address = vip.split("/")[0]
        ping = lab.ping(client, address)
        ping.wait_answer()
        ping.stop()
        with client.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                           socket.SOCK_STREAM) as refused:
            assert refused.connect_ex((address, 9)) == errno.ECONNREFUSED
    found = collections.defaultdict(set)
    for frame in lab.capture.frames(mark, host):
        if frame.ip and (frame.ip.proto == socket.IPPROTO_TCP or
                         ECHO_REPLY.get(frame.ip.proto) == frame.ip.payload[0]):
            found[frame.ethertype, frame.ip.proto].add(frame.src_mac)
    return found


def test_host_sends_from_its_interface_what_that_has_a_route_for(lab):
    """A frame with the virtual MAC that waits in a queue while another host takes over would call
    switches back to the one that has just left."""
    agent = lab.vipd(host_of_both(lab, "gw1", 2), [both(200, mac="virtual")])
    wait_states(agent, "active")
    for family in FAMILIES:
        wait_held(agent.host, family)
    client = host_of_both(lab, "client", 100)
    own = agent.host.mac()
    answers = {(ETHERTYPE[family], proto): {own} for family in FAMILIES
               for proto in (ECHO[family], socket.IPPROTO_TCP)}
    assert answer_macs(lab, agent.host, client) == answers
    # Whichever of the two routes to the subnet was made last; and it has but one.
    agent.host.ip("route del 192.0.2.0/24 dev eth0", "route del 2001:db8::/64 dev eth0")
    assert answer_macs(lab, agent.host, client) == {
        (ETHERTYPE[family], proto): {MAC[family]} for family in FAMILIES
        for proto in (ECHO[family], socket.IPPROTO_TCP)}
    agent.host.ip("route append 192.0.2.0/24 dev eth0", "route append 2001:db8::/64 dev eth0")
    assert answer_macs(lab, agent.host, client) == answers


ETH_P_ALL = 3


class LateAnswers:
    """Answers of a host to pings over IPv6 come to the switch 20 ms late, as behind a long queue."""

    DELAY, HOP_LIMIT = 0.02, 14 + 7

    def __init__(self, lab, host):
        port = host.ports["eth0"].name
        lab.switch.run("nft", "-f", "-", input="table netdev late {\nchain ingress {\ntype filter "
                       f"hook ingress device \"{port}\" priority 0\nicmpv6 type echo-reply ip6 "
                       "hoplimit 64 drop\n}\n}\n")
        self.passed_n, self._queue, self._ended = 0, collections.deque(), threading.Event()
        self._in = lab.switch.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._in.bind((port, ETH_P_ALL))           # of one protocol it had what is not dropped
        self._in.settimeout(0.001)
        self._out = host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._out.bind(("eth0", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        lab.at_close(self._close)

    def _run(self):
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                frame, (_, proto, kind, *_) = self._in.recvfrom(2048)
                if kind != socket.PACKET_OUTGOING and proto == 0x86dd and frame[20] == 58 and \
                        frame[54] == 129 and frame[self.HOP_LIMIT] == 64:
                    self._queue.append((time.monotonic() + self.DELAY, bytearray(frame)))
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, frame = self._queue.popleft()
                frame[self.HOP_LIMIT] = 63
                self._out.send(frame)
                self.passed_n += 1

    def _close(self):
        self._ended.set()
        self._thread.join()
        self._in.close()
        self._out.close()


@pytest.mark.alone               # Python has each answer in time
def test_answers_that_come_late_call_no_switch_back(lab):
    """They are under way when another host has announced the address, and heard the last word."""
    one = lab.vipd(host_of_both(lab, "gw1", 2), [both(200, mac="virtual")])
    wait_states(one, "active")
    two = lab.vipd(host_of_both(lab, "gw2", 3), [both(100, mac="virtual")])
    wait_until(lambda: all(two.router(family=family)["active_address"] for family in FAMILIES),
               what="a Backup that hears both")
    late = LateAnswers(lab, one.host)
    ping = lab.ping(host_of_both(lab, "client", 100), "2001:db8::1", interval=0.002)
    ping.wait_answer()
    mark = lab.now()
    one.ctl("drain")
    wait_states(two, "active")
    two.host.wait_adverts(4, since=lab.now())
    passed_n = late.passed_n
    one.ctl("resume")
    wait_states(one, "active")
    one.host.wait_adverts(4, since=lab.now())
    lost = [(sent - mark) / 1e9 for sent, answered in ping.fates(mark) if not answered]
    assert passed_n > 10 and not lost, (passed_n, lost)


# ---- processes ----

@BOTH
def test_crash_keeps_the_macvlan_and_its_packets(lab, family):
    one = active(lab, family)
    index = macvlan(one.host, NAME[family])["ifindex"]
    ping = lab.ping(new_host(lab, "client", 100, family), VIP[family].split("/")[0])
    ping.wait_answer()
    mark = lab.now()
    crash(one)
    assert one.router(family=family)["state"] == "active"
    ping.wait_answer(since=lab.now())
    assert ping.lost(mark) == 0
    assert macvlan(one.host, NAME[family])["ifindex"] == index


def test_reload_of_an_unchanged_router_keeps_the_macvlan(lab):
    one = active(lab, announce=ONCE)
    index = macvlan(one.host)["ifindex"]
    one.configure([virtual(announce=ONCE),
                   virtual(name="two", vrid=52, addresses=["192.0.2.11/24"])])
    mark = reload(one)
    one.wait_state("two", "active")
    assert macvlan(one.host)["ifindex"] == index
    assert sorted(macvlans(one.host)) == [NAME[4], "vrrp.52.eth0"]
    one.configure([virtual(announce=ONCE)])
    reload(one)
    wait_until(lambda: macvlans(one.host) == [NAME[4]], what="the other macvlan to go")
    assert macvlan(one.host)["ifindex"] == index
    assert not announced(lab, 4, since=mark)


def test_last_will_removes_macvlans(lab):
    one = active(lab)
    one.expected_to_live = False
    for _ in range(2):
        crash(one)
    one.kill_router()
    one.process.wait(10)
    assert one.process.returncode != 0
    assert not macvlans(one.host)
    # The will holds the macvlan, with which the address goes; what keeps the interface and the kernel
    # silent about it is swept.
    one.wait_log("last_will=executed addresses_removed=3 farewells_sent=1")


def test_start_after_everything_was_killed_removes_what_is_left(lab):
    one = active(lab)
    one.kill()
    old = macvlan(one.host)["ifindex"]
    one.host.ip("link add other link eth0 address 02:00:00:00:00:77 type macvlan mode bridge")
    again = lab.vipd(one.host, [router(200)])
    again.wait_state("lan", "active")
    wait_until(lambda: macvlans(one.host) == ["other"], what="the sweep of ours alone")
    again.configure([virtual()])
    reload(again)
    wait_held(one.host)
    assert macvlan(one.host)["ifindex"] != old


def test_many_macvlans_leave_at_once(lab):
    """One by one the kernel would take 10 to 20 ms for each; half a second they wait for others."""
    many = [virtual(name=f"r{i}", vrid=i, addresses=[f"198.51.100.{i}/32"])
            for i in range(1, 101)]
    host = lab.host("gw1", "192.0.2.2/24")
    one = lab.vipd(host, many)
    wait_until(lambda: all(it["state"] == "active" and not it["missing_addresses"]
                           for it in one.show()["routers"]), 20, "all to be active")
    mark = lab.now()
    assert one.term() == 0
    last = max(advert.ns for advert in lab.capture.adverts(since=mark, priority=0))
    assert (last - mark) / 1e9 < 1
    assert not macvlans(host)


# ---- configurations ----

@BOTH
def test_reload_moves_the_address_between_interface_and_macvlan(lab, family):
    """With one announcement each way, and never on both."""
    host = new_host(lab, "gw1", 2, family)
    one = lab.vipd(host, [virtual(family, mac="interface", announce=ONCE)])
    one.wait_state("lan", "active", family=family)
    wait_until(lambda: places(host, VIP[family]) == ["eth0"], what="the address")
    client = new_host(lab, "client", 100, family)
    ping = lab.ping(client, VIP[family].split("/")[0])
    ping.wait_answer()
    for mac, place, expected in (("virtual", NAME[family], MAC[family]),
                                 ("interface", "eth0", host.mac())):
        monitor = host.popen("ip", "monitor", "address", stdout=-1, text=True)
        lab.at_close(monitor.kill)
        one.configure([virtual(family, mac=mac, announce=ONCE)])
        mark = reload(one)
        wait_until(lambda place=place: places(host, VIP[family]) == [place], what="the move")
        wait_until(lambda: announced(lab, family, host, mark), what="the announcement")
        ping.wait_answer(since=lab.now())
        assert one.router(family=family)["state"] == "active"
        assert announced(lab, family, host, mark) == [expected]
        assert ping.longest_outage(mark) < 0.2
        monitor.kill()
        told = [line for line in monitor.stdout.read().splitlines()
                if VIP[family].split("/")[0] + "/" in line]
        assert "Deleted" in told[0] and "Deleted" not in told[1], told
    assert not macvlans(host)


def test_reload_gives_the_macvlan_another_name(lab):
    one = active(lab)
    one.configure([virtual(mac={"type": "virtual", "name": "vrrp.51"})])
    said = one.ctl("reload", "--dry-run").stdout
    assert (f"mac.name {NAME[4]} -> vrrp.51; it is active here: its addresses are away for a "
            "moment") in said, said
    assert said.splitlines()[-1].endswith(
        "this host MOVES the addresses of 1 active router, which nobody has meanwhile: vipctl "
        "drain first"), said
    mark = reload(one)
    wait_held(one.host, name="vrrp.51")
    assert macvlans(one.host) == ["vrrp.51"]
    wait_until(lambda: announced(lab, 4, since=mark), what="an announcement")
    assert not [line for line in one.log if "news=restored" in line]


def test_router_moves_to_an_interface_that_is_not_there_yet(lab):
    one = active(lab)
    one.configure([virtual(interface="eth1")])
    reload(one)
    wait_until(lambda: not macvlans(one.host), what="the old macvlan to go")
    one.wait_fault("there is no interface eth1")
    assert one.host.attach("lan", "192.0.2.22/24") == "eth1"
    one.wait_state("lan", "active")
    wait_held(one.host, name="vrrp.51.eth1")
    assert macvlan(one.host, "vrrp.51.eth1")["link"] == "eth1"


# ---- who is in the way ----

def test_name_that_another_interface_has_is_a_fault_and_left_alone(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    host.ip(f"link add {NAME[4]} type veth peer name x", f"link set {NAME[4]} up")
    one = lab.vipd(host, [virtual()])
    one.wait_fault(f"interface eth0 cannot have the macvlan {NAME[4]}")
    assert one.router()["reason_code"] == "no_macvlan"
    line = one.wait_log(f"macvlan={NAME[4]} .*news=failed")
    assert "another interface has its name" in line
    assert links(host)[NAME[4]]["linkinfo"]["info_kind"] == "veth" and is_up(host)
    host.ip(f"link del {NAME[4]}")
    one.wait_state("lan", "active")
    wait_held(host)


def test_macvlan_of_somebody_else_with_the_mac_is_a_fault_and_left_alone(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    host.ip(f"link add other link eth0 address {MAC[4]} type macvlan mode private",
            "link set other up")
    one = lab.vipd(host, [virtual()])
    one.wait_fault(f"interface eth0 cannot have the macvlan {NAME[4]}")
    one.wait_log("news=foreign")
    assert macvlans(host) == ["other"] and is_up(host, "other")
    host.ip("link del other")
    one.wait_state("lan", "active")
    wait_held(host)


@BOTH
@pytest.mark.parametrize("how", ("del", "down"))
def test_macvlan_that_somebody_takes_away_comes_back(lab, family, how):
    one = active(lab, family)
    ping = lab.ping(new_host(lab, "client", 100, family), VIP[family].split("/")[0])
    ping.wait_answer()
    mark = lab.now()
    name = NAME[family]
    one.host.ip(f"link del {name}" if how == "del" else f"link set {name} down")
    one.wait_log(f"macvlan={name} .*news={'restored' if how == 'del' else 'up_restored'}")
    wait_held(one.host, family)
    wait_until(lambda: MAC[family] in announced(lab, family, one.host, mark),
               what="an announcement")
    ping.wait_answer(since=lab.now())
    assert ping.longest_outage(mark) < 0.2
    assert one.router(family=family)["state"] == "active"


def test_macvlan_that_is_taken_away_again_and_again_is_a_fault(lab):
    one, two = pair(lab)
    for _ in range(6):
        wait_until(lambda: macvlan(one.host), what="the macvlan")
        one.host.run("ip", "link", "del", NAME[4], check=False)
        wait_until(lambda: macvlan(one.host) or "abandoned" in "".join(one.log),
                   what="it to be back, or given up")
    one.wait_log("news=abandoned")
    two.wait_state("lan", "active")
    wait_held(two.host)
    one.wait_state("lan", "active")


# ---- interfaces ----

@BOTH
def test_macvlan_follows_its_interface(lab, family):
    one, two = pair(lab, family)
    name = NAME[family]
    own = "2001:db8::2/64" if family == 6 else "192.0.2.2/24"
    one.host.ip("link set eth0 down")
    two.wait_state("lan", "active", family=family)
    wait_until(lambda: not is_up(one.host, name), what="a macvlan that is down")
    assert not places(one.host, VIP[family])
    one.host.ip("link set eth0 up")
    if family == 6:
        one.host.ip(f"address replace {own} dev eth0")
    one.wait_state("lan", "active", family=family)
    wait_held(one.host, family)
    # Deleted, it takes the macvlan along.
    one.host.ip("link del eth0")
    wait_until(lambda: one.router(family=family)["reason_code"] == "link_missing", what="a fault")
    assert not macvlans(one.host)
    one.host.replug(own)
    one.wait_state("lan", "active", family=family)
    wait_held(one.host, family)
    # Renamed away, it keeps nothing of ours.
    one.host.ip("link set eth0 down", "link set eth0 name away", "link set away up")
    wait_until(lambda: not macvlans(one.host), what="the macvlan to go")
    one.host.ip("link set away down", "link set away name eth0", "link set eth0 up")
    if family == 6:
        one.host.ip(f"address replace {own} dev eth0")
    one.wait_state("lan", "active", family=family)
    wait_held(one.host, family)
    assert not [line for line in one.log if "restored" in line]


def test_interface_with_another_mtu_and_mac_keeps_the_macvlan(lab):
    one = active(lab)
    index = macvlan(one.host)["ifindex"]
    mark = lab.now()
    one.host.ip("link set eth0 mtu 1400", "link set eth0 address 02:00:00:00:00:99")
    wait_until(lambda: macvlan(one.host)["mtu"] == 1400, what="the MTU")
    one.host.wait_adverts(3, lab.now())
    assert macvlan(one.host)["ifindex"] == index
    assert set(announced(lab, 4, since=mark)) <= {MAC[4]}
    assert one.router()["state"] == "active"


def mtu_of(host, name):
    """Of an interface that is there."""
    return links(host)[name]["mtu"]


@BOTH
@pytest.mark.parametrize("narrow", (1400, 1000))
def test_macvlan_follows_the_mtu_of_its_interface_down_and_up_again(lab, family, narrow):
    """Without the MTU that IPv6 needs it is a fault of IPv6 alone, which ends by itself; and what
    the kernel then knows of the macvlan is set anew."""
    host = host_of_both(lab, "gw1", 2)
    one = lab.vipd(host, [virtual(family)])
    one.wait_state("lan", "active", family=family)
    wait_held(host, family)
    name, index = NAME[family], macvlan(host, NAME[family])["ifindex"]
    two = lab.vipd(host_of_both(lab, "gw2", 3), [virtual(family, 100)])
    wait_until(lambda: two.router(family=family)["active_address"], what="a Backup that hears")
    for it in (host, two.host):
        it.ip(f"link set eth0 mtu {narrow}")
        wait_until(lambda it=it: mtu_of(it, name) == narrow, what="the smaller MTU")
    is_fault = family == 6 and narrow < 1280
    one.wait_state("lan", "fault" if is_fault else "active", family=family)
    for it in (host, two.host):
        it.ip("link set eth0 mtu 1500")
        it.run("ip", "address", "replace", f"2001:db8::{2 if it is host else 3}/64", "dev", "eth0")
        wait_until(lambda it=it: mtu_of(it, name) == 1500, what="the MTU of before")
    one.wait_state("lan", "active", family=family)
    wait_held(host, family)
    assert macvlan(host, name)["ifindex"] == index
    for setting, value in (("addr_gen_mode", 1), ("accept_ra", 0)):
        path = f"/proc/sys/net/ipv6/conf/{name}/{setting}"
        for it in (host, two.host):
            wait_until(lambda it=it, path=path, value=value:
                       it.run("cat", path).stdout == f"{value}\n", what=f"{path}")
    expected = {VIP[4]} if family == 4 else {VIP[6], "fe80::200:5eff:fe00:233/128"}
    assert set(host.addresses(name)) == expected
    assert two.router(family=family)["state"] == "backup"
    # A Backup has it, too, when it takes over.
    one.kill()
    two.wait_state("lan", "active", family=family)
    wait_held(two.host, family)
    assert mtu_of(two.host, name) == 1500


def test_group_is_joined_again_after_each_dip_of_the_mtu(lab):
    """A kernel tells of the MTU before it forgets memberships: what is joined in between is lost,
    and a Backup that is no member hears nobody."""
    one = active(lab, 6)
    for _ in range(5):
        one.host.ip("link set eth0 mtu 1000")
        wait_until(lambda: not is_member(one.host), what="no member")
        one.host.ip("link set eth0 mtu 1500", "address replace 2001:db8::2/64 dev eth0 nodad")
        wait_until(lambda: is_member(one.host), what=lambda _: one.story("a member"))
        one.wait_state("lan", "active", family=6)


def test_family_that_follows_has_no_address_of_its_mac_when_the_mtu_is_raised(lab):
    """Without IPv6 its macvlan is up and empty, while the other family serves."""
    host = host_of_both(lab, "gw1", 2)
    one = lab.vipd(host, [both(mac="virtual")])
    wait_states(one, "active")
    for family in FAMILIES:
        wait_held(host, family)
    host.ip("link set eth0 mtu 1000")
    one.wait_log("family=6 interface=eth0 mute=yes")
    host.ip("link set eth0 mtu 1500", "address replace 2001:db8::2/64 dev eth0")
    one.wait_log("family=6 interface=eth0 mute=no")
    for family in FAMILIES:
        wait_held(host, family)
        assert mtu_of(host, NAME[family]) == 1500
    assert set(host.addresses(NAME[6])) == {VIP[6], "fe80::200:5eff:fe00:233/128"}
    assert not [line for line in one.log if "news=foreign" in line or "news=double" in line]
    assert one.router()["counters"]["became_active"] == 1


@pytest.mark.parametrize("moment", ("crash", "reload"))
def test_mtu_that_was_raised_while_nobody_looked_is_followed(lab, moment):
    one = active(lab)
    one.host.ip("link set eth0 mtu 1400")
    wait_until(lambda: mtu_of(one.host, NAME[4]) == 1400, what="the smaller MTU")
    pid = one.router_pid
    os.kill(pid, signal.SIGSTOP)
    one.host.ip("link set eth0 mtu 1500")
    if moment == "crash":
        crash(one)
    else:
        os.kill(pid, signal.SIGCONT)
        reload(one)
    wait_until(lambda: mtu_of(one.host, NAME[4]) == 1500, what="the MTU of before")
    assert one.router()["state"] == "active"


@pytest.mark.parametrize("change", ("address 02:00:00:11:22:33", "type macvlan mode private",
                                    "mtu 900"))
def test_macvlan_that_somebody_changes_is_set_right(lab, change):
    """With another MAC it would hear nothing, in another mode its interface not the other Active."""
    one = active(lab)
    before = macvlan(one.host)

    def again():
        it = macvlan(one.host)
        return all(it[key] == before[key] for key in ("ifindex", "address", "mtu")) and \
            it["linkinfo"]["info_data"]["mode"] == "bridge"

    one.host.ip(f"link set {NAME[4]} {change}")
    wait_until(again, what=lambda _: f"{before} instead of {macvlan(one.host)}")
    ping = lab.ping(lab.host("client", "192.0.2.100/24"), "192.0.2.1")
    ping.wait_answer()
    assert one.router()["counters"]["became_active"] == 1


@BOTH
@pytest.mark.parametrize("change", ("{mac} address 02:00:00:11:22:33", "{mac} down",
                                    "{mac} type macvlan mode private", "eth0 mtu 1400"))
def test_macvlan_is_set_right_although_the_events_are_lost(lab, family, change):
    """vipd stands still until its queue of events overflows; what mattered comes after that."""
    one = active(lab, family, lease="off")
    one.host.ip("link add spare0 type veth peer name spare1")
    before = macvlan(one.host, NAME[family])
    pid = one.router_pid
    one.kill_keeper(signal.SIGSTOP)                # it would miss a sign of life
    os.kill(pid, signal.SIGSTOP)
    for _ in range(20):
        one.host.ip(*(f"link set spare0 mtu {1300 + n % 200}" for n in range(2000)))
        if lost_events(one):
            break
    assert lost_events(one) > 0, "the test did not overflow the queue"
    one.host.ip(f"link set {change.format(mac=NAME[family])}", "link set eth0 mtu 1500")
    os.kill(pid, signal.SIGCONT)
    one.kill_keeper(signal.SIGCONT)
    one.expected_to_live = True

    def again():
        it = macvlan(one.host, NAME[family])
        return it["address"] == MAC[family] and it["mtu"] == 1500 and "UP" in it["flags"] and \
            it["linkinfo"]["info_data"]["mode"] == "bridge"

    wait_until(again, what=lambda _: one.story(f"{before} again"))
    wait_held(one.host, family)
    assert macvlan(one.host, NAME[family])["ifindex"] == before["ifindex"]
    assert one.router(family=family)["counters"]["became_active"] == 1


def test_macvlan_that_somebody_changed_while_it_was_down_is_set_right_when_it_is_up(lab):
    """Of a link that is down the kernel does not tell it."""
    one, two = pair(lab)
    two.host.ip(f"link set {NAME[4]} type macvlan mode private")
    one.kill()
    two.wait_state("lan", "active")
    wait_held(two.host)
    wait_until(lambda: macvlan(two.host)["linkinfo"]["info_data"]["mode"] == "bridge",
               what="the mode that it was made with")


@pytest.mark.parametrize("change", ("address 02:00:00:11:22:33", "type macvlan mode private",
                                    "name other"))
def test_macvlan_that_somebody_has_changed_goes_with_the_end(lab, change):
    one = active(lab)
    pid = one.router_pid
    os.kill(pid, signal.SIGSTOP)
    one.host.ip(f"link set {NAME[4]} {change}")
    one.process.terminate()
    os.kill(pid, signal.SIGCONT)
    assert one.term() == 0
    assert not macvlans(one.host) and not places(one.host, VIP[4])


# ---- routers of both families, peers, addresses elsewhere ----

def pair_of_both(lab, **keys):
    """An Active on gw1 and a Backup on gw2 that hears it in both families."""
    one = lab.vipd(host_of_both(lab, "gw1", 2), [both(mac="virtual", **keys)])
    wait_states(one, "active")
    for family in FAMILIES:
        wait_held(one.host, family)
    two = lab.vipd(host_of_both(lab, "gw2", 3), [both(100, mac="virtual", **keys)])
    wait_until(lambda: all(two.router(family=it)["active_address"] for it in FAMILIES),
               what="a Backup that hears both")
    return one, two


def test_both_families_move_with_their_macs(lab):
    one, two = pair_of_both(lab)
    client = host_of_both(lab, "client", 100)
    pings = [lab.ping(client, VIP[family].split("/")[0]) for family in FAMILIES]
    for ping in pings:
        ping.wait_answer()
    for agent in (one, two):
        assert sorted(macvlans(agent.host)) == sorted(NAME.values())
        shown = {it["family"]: (it["mac"], it["macvlan"]) for it in agent.show()["routers"]}
        assert shown == {family: (MAC[family], NAME[family]) for family in FAMILIES}
    assert not any(is_up(two.host, NAME[family]) for family in FAMILIES)
    mark = lab.now()
    one.kill()
    wait_states(two, "active")
    for family, ping in zip(FAMILIES, pings):
        wait_held(two.host, family)
        wait_until(lambda family=family: announced(lab, family, two.host, mark),
                   what="an announcement")
        assert set(announced(lab, family, two.host, mark)) == {MAC[family]}
        # A dead vipd leaves its kernel the addresses for a lease: that may have answered last.
        wait_until(lambda family=family: port_of(lab, MAC[family]) == "gw2.eth0",
                   what="the switch to send there")
        ping.wait_answer(since=lab.now())
    seen = {frame.src_mac for frame in lab.capture.frames(mark, two.host) if frame.vrrp}
    assert seen == set(MAC.values())
    crash(two)
    assert [two.router(family=family)["state"] for family in FAMILIES] == ["active"] * 2
    assert two.term() == 0
    assert not macvlans(two.host)


def test_macvlan_of_one_family_that_cannot_be_had_is_a_fault_of_both(lab):
    host = host_of_both(lab, "gw1", 2)
    host.ip(f"link add {NAME[6]} type veth peer name x")
    one = lab.vipd(host, [both(mac="virtual")])
    for family in FAMILIES:
        one.wait_state("lan", "fault", family=family)
    assert one.router(family=6)["reason_code"] == "no_macvlan"
    host.ip(f"link del {NAME[6]}")
    wait_states(one, "active")
    for family in FAMILIES:
        wait_held(host, family)


def test_reload_gives_both_families_their_macvlans_and_takes_them_back(lab):
    one = lab.vipd(host_of_both(lab, "gw1", 2), [both()])
    wait_states(one, "active")
    for mac, place in (("virtual", NAME), ("interface", {4: "eth0", 6: "eth0"})):
        one.configure([both(mac=mac)])
        reload(one)
        for family in FAMILIES:
            wait_until(lambda family=family, place=place:
                       places(one.host, VIP[family]) == [place[family]], what="the move")
        assert [one.router(family=family)["state"] for family in FAMILIES] == ["active"] * 2
    assert not macvlans(one.host)


def test_unicast_adverts_have_the_mac_of_the_interface_and_announcements_the_virtual_one(lab):
    mark = lab.now()
    agents = [lab.vipd(lab.host(f"gw{i}", f"192.0.2.{i + 1}/24"),
                       [virtual(priority=300 - 100 * i,
                                unicast={"peers": [f"192.0.2.{4 - i}"]})]) for i in (1, 2)]
    one, two = agents
    one.wait_state("lan", "active")
    wait_held(one.host)
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    one.kill()
    two.wait_state("lan", "active")
    wait_held(two.host)
    wait_until(lambda: announced(lab, 4, two.host), what="an announcement")
    for agent in agents:
        seen = {frame.src_mac for frame in lab.capture.frames(mark, agent.host) if frame.vrrp}
        assert seen == {agent.host.mac()}
        assert set(announced(lab, 4, agent.host, mark)) == {MAC[4]}


def test_address_on_another_interface_has_the_mac_of_that(lab):
    host = host_of_both(lab, "gw1", 2)
    assert host.attach("far", "198.51.100.1/24") == "eth1"
    extra = [{"address": "198.51.100.7/32", "interface": "eth1"}, "2001:db8::7/64"]
    one = lab.vipd(host, [virtual(extra_addresses=extra)])
    one.wait_state("lan", "active")
    wait_held(host)
    wait_until(lambda: places(host, "198.51.100.7/32") == ["eth1"]
               and places(host, "2001:db8::7/64") == ["eth0"], what="the others at their places")
    assert not one.router()["missing_addresses"]
    assert one.term() == 0
    assert not places(host, "198.51.100.7/32")


# ---- what else concerns the address ----

def test_address_beside_the_macvlan_is_told_and_no_source(lab):
    """Somebody put it on the interface, which would answer for it with its own MAC."""
    one, two = pair(lab)
    for agent in (one, two):
        agent.host.ip("address add 192.0.2.1/32 dev eth0")
        agent.wait_log("news=twin")
        wait_until(lambda agent=agent: "twin_address" in agent.router()["warnings"],
                   what=lambda _, agent=agent: f"the warning, not {agent.router()['warnings']}")
    two.host.ip("address del 192.0.2.3/24 dev eth0")
    two.wait_fault("interface eth0 has no IPv4 address but the virtual 192.0.2.1: "
                   "add one of its own")


def test_address_of_another_vrid_is_an_error(lab):
    one = active(lab)
    with Probe(lab.host("probe")).speak(vrid=77, priority=100, addresses=["192.0.2.1"]):
        one.wait_log("conflict=192.0.2.1 .*other_vrid=77")


def test_interface_that_is_a_bridge_has_macvlans(lab):
    host = lab.host("gw1")
    host.ip("link add br0 type bridge", "link set eth0 master br0", "link set br0 up",
            "address add 192.0.2.2/24 dev br0")
    one = lab.vipd(host, [virtual(interface="br0")])
    one.wait_state("lan", "active")
    wait_held(host, name="vrrp.51.br0")
    client = lab.host("client", "192.0.2.100/24")
    client.ip(f"neigh replace 192.0.2.1 lladdr {MAC[4]} dev eth0 nud permanent")
    ping = lab.ping(client, "192.0.2.1")
    ping.wait_answer()
    assert port_of(lab, MAC[4]) == "gw1.eth0"


@pytest.mark.parametrize("inside", (False, True), ids=("beside it", "from outside"))
def test_interface_that_is_a_macvlan_is_a_fault_and_has_none(lab, inside):
    """As in a container. The kernel would make it on what that stands on, and show it there: it was
    waited for without a word, and stayed when vipd left."""
    host = outer = lab.host("gw1")
    if inside:
        host = lab.host("inner", segment="spare")
    outer.ip("link add mv0 link eth0 address 02:00:00:00:55:01 type macvlan mode bridge",
             f"link set mv0 netns {host.netns}")
    host.ip("link set mv0 up", "address add 192.0.2.2/24 dev mv0")
    one = lab.vipd(host, [virtual(interface="mv0")])
    one.wait_fault("interface mv0 is a macvlan itself and can carry no virtual MAC: name what it "
                   'stands on, or use mac = "interface"')
    assert one.router()["reason_code"] == "on_macvlan"
    assert macvlans(host) == ["mv0"]
    one.configure([virtual(interface="mv0", mac="interface")])
    reload(one)
    one.wait_state("lan", "active")
    wait_until(lambda: places(host, VIP[4]) == ["mv0"], what="the address")


@BOTH
def test_packets_that_are_not_accepted_are_dropped_on_the_macvlan(lab, family):
    """accept = false: the address is found, and answers nothing else."""
    one = active(lab, family, accept=False)
    client = new_host(lab, "client", 100, family)
    address = VIP[family].split("/")[0]
    ping = lab.ping(client, address)
    ping.wait_silence()
    # Who asks in the moment in which it becomes Active is answered a second later.
    wait_until(lambda: f"lladdr {MAC[family]}" in client.run("ip", "neigh", "show", address).stdout,
               what="the address to be found")
    one.configure([virtual(family, accept=True)])
    reload(one)
    ping.wait_answer()
