# SPDX-License-Identifier: MIT
"""Which groups of IPv6 the kernel of a host reports from a virtual MAC (MLD), and which vipd does.

What is promised: no report of the kernel's tells switches that the virtual router is on a host that
has not its addresses yet, or not any more; a switch that snoops learns with the announcements where
they are listened for, and is answered when it asks; and no filter stays behind."""

import json
import re
import socket
from collections import namedtuple

import pytest

from agents import router
from generations import crash, reload
from lab import wait_until
from test_dual_stack import both, host as host_of_both, wait_states
from test_ipv6 import ADVERTISEMENT, HOP_BY_HOP, ICMP6, host6, router6

MAC = {4: "00:00:5e:00:01:33", 6: "00:00:5e:00:02:33"}
NAME = {4: "vrrp.51.eth0", 6: "vrrp6.51.eth0"}
REPORT, IS_EXCLUDE, TO_EXCLUDE = 143, 2, 4     # RFC 3810 §5.2, §5.2.12
GROUPS = ["ff02::1:ff00:1", "ff02::1:ff00:233"]  # of 2001:db8::1, and of the link-local address

Report = namedtuple("Report", "ns host mac src dst ttl kind groups")


def reports(lab, since=0, host=None, mac=None):
    """The reports of version 2, with the kinds of their records."""
    found = []
    for frame in lab.capture.frames(since, host):
        ip = frame.ip if frame.ethertype == 0x86dd else None
        if not ip or ip.proto != HOP_BY_HOP or ip.payload[8] != REPORT or \
                mac not in (None, frame.src_mac):
            continue
        number = int.from_bytes(ip.payload[14:16], "big")
        kinds = {ip.payload[16 + 20 * i] for i in range(number)}
        groups = [socket.inet_ntop(socket.AF_INET6, ip.payload[20 + 20 * i:36 + 20 * i])
                  for i in range(number)]
        found.append(Report(frame.ns, frame.host, frame.src_mac, ip.src, ip.dst, ip.ttl, kinds,
                            sorted(groups)))
    return found


def changes(lab, since=0, family=None):
    """Those from a virtual MAC, of one family or any, that tell of a change."""
    return [it for it in reports(lab, since) if max(it.kind) > IS_EXCLUDE and
            it.mac in ([MAC[family]] if family else MAC.values())]


def first_announced(lab, host, since=0):
    """When a host announced an address of IPv6 first."""
    return min(frame.ns for frame in lab.capture.frames(since, host)
               if frame.ip and frame.ip.proto == ICMP6 and frame.ip.payload[0] == ADVERTISEMENT
               and frame.ip.dst == "ff02::1")


def hushed(host):
    """The macvlans on which the kernel reports no changes; None: there is no table."""
    text = host.run("nft", "list", "table", "ip6", "vipd_filter", check=False).stdout
    return sorted(re.findall(r'"(.*?)"', text)) if text else None


def pair(lab, **keys):
    """An Active of both families on gw1, and a Backup on gw2 that hears it."""
    keys = {"mac": "virtual", **keys}
    one = lab.vipd(host_of_both(lab, "gw1", 2), [both(200, **keys)])
    wait_states(one, "active")
    two = lab.vipd(host_of_both(lab, "gw2", 3), [both(100, **keys)])
    wait_until(lambda: all(two.router(family=family)["active_address"] for family in (4, 6)),
               what="a Backup that hears both")
    return one, two


def move(one, two):
    """One after the other leaves."""
    one.ctl("drain")
    wait_states(two, "active")
    one.ctl("resume")
    wait_states(one, "active")


# ---- what is sent ----

@pytest.mark.alone               # the kernel says when an address answers as soon as it may run
def test_no_ping_is_lost_while_addresses_go_to_and_fro(lab):
    """Both addresses are there when one is announced: they have one MAC address."""
    one, two = pair(lab)
    ping = lab.ping(host_of_both(lab, "client", 100), "2001:db8::1", interval=0.001)
    ping.wait_answer()
    mark = lab.now()
    for _ in range(3):
        move(one, two)
    lost = [sent - mark for sent, answered in ping.fates(mark) if not answered]
    assert not lost, lost


def test_reports_of_changes_come_with_announcements_alone(lab):
    """On both macvlans; that of IPv4 has no address of IPv6, and would report as well."""
    mark = lab.now()
    one, two = pair(lab)
    move(one, two)
    one.host.wait_adverts(12, lab.now())           # a kernel says it again, for a second
    assert not changes(lab, mark, 4)
    found = changes(lab, mark, 6)
    assert {it.host for it in found} == {one.host, two.host}
    for it in found:
        assert it.kind == {TO_EXCLUDE}, it
        assert (it.dst, it.ttl) == ("ff02::16", 1)
        assert it.groups and set(it.groups) <= set(GROUPS)
        assert it.ns > first_announced(lab, it.host, mark)
        assert it.src in ("fe80::200:5eff:fe00:233", "::")
    assert any(it.groups == GROUPS and it.src != "::" for it in found), "many groups in a frame"


def test_nothing_is_reported_without_a_virtual_mac(lab):
    host = host_of_both(lab, "gw1", 2)
    host.run("nft", "-f", "-", input="table ip6 kernel {\nchain output {\ntype filter hook output "
             f"priority 0\nicmpv6 type {REPORT} drop\n}}\n}}\n")
    mark = lab.now()
    agent = lab.vipd(host, [both(200)])
    wait_states(agent, "active")
    wait_until(lambda: "2001:db8::1/64" in host.addresses(), what="the address")
    host.wait_adverts(12, lab.now())
    assert first_announced(lab, host, mark) and not reports(lab, mark, host)
    assert hushed(host) is None


# ---- a switch that snoops ----

def snoop(lab):
    """The switch snoops, and asks: it has an address for that, and waits for answers a second."""
    lab.switch.sysctl("net.ipv6.conf.br-lan.disable_ipv6", 0)
    lab.switch.ip("link set br-lan type bridge mcast_snooping 1 mcast_mld_version 2 "
                  "mcast_query_response_interval 100")
    wait_until(lambda: "fe80" in lab.switch.run("ip", "-6", "address", "show", "br-lan").stdout,
               what="an address of the switch")


def ask(lab):
    """A general query, at once."""
    lab.switch.ip("link set br-lan type bridge mcast_querier 0",
                  "link set br-lan type bridge mcast_querier 1")


def members(lab, group):
    """The hosts at whose ports the switch knows a listener of a group."""
    shown = json.loads(lab.switch.run("bridge", "-json", "mdb", "show", "dev", "br-lan").stdout)
    ports = {it["port"] for entry in shown for it in entry.get("mdb", ()) if it["grp"] == group}
    return {host.name for host in lab.hosts if host.ports["eth0"].name in ports}


def test_switch_that_snoops_learns_at_a_takeover_where_addresses_are_listened_for(lab):
    one = lab.vipd(host6(lab, "gw1"), [router6(200, mac="virtual")])
    snoop(lab)
    ask(lab)
    one.wait_state("lan", "active", family=6)
    two = lab.vipd(host6(lab, "gw2", 3), [router6(100, mac="virtual")])
    wait_until(lambda: two.router(family=6)["active_address"], what="a Backup that hears")
    assert not any("gw2" in members(lab, group) for group in GROUPS)
    mark = lab.now()
    one.kill()
    two.wait_state("lan", "active", family=6)
    wait_until(lambda: all("gw2" in members(lab, group) for group in GROUPS),
               what=lambda _: f"a listener: {[members(lab, group) for group in GROUPS]}")
    assert not [it for it in reports(lab, mark, two.host, MAC[6]) if it.kind == {IS_EXCLUDE}], \
        "the switch did not have to ask"


def test_switch_that_asks_is_answered_from_the_virtual_mac(lab):
    one = lab.vipd(host6(lab, "gw1"), [router6(200, mac="virtual")])
    one.wait_state("lan", "active", family=6)
    wait_until(lambda: "2001:db8::1/64" in one.host.addresses(NAME[6]), what="the address")
    snoop(lab)
    mark = lab.now()
    ask(lab)

    def answered():
        return {group for it in reports(lab, mark, one.host, MAC[6]) if it.kind == {IS_EXCLUDE}
                for group in it.groups}

    wait_until(lambda: set(GROUPS) <= answered(), 10, "an answer")
    wait_until(lambda: all("gw1" in members(lab, group) for group in GROUPS), what="members")


# ---- the filter ----

def test_filter_is_there_as_long_as_its_macvlan(lab):
    one, two = pair(lab)
    for agent in (one, two):
        wait_until(lambda agent=agent: hushed(agent.host) == sorted(NAME.values()),
                   what=lambda _: f"both macvlans, not {hushed(agent.host)}")
    mark = lab.now()
    crash(one)
    reload(one)
    assert hushed(one.host) == sorted(NAME.values())
    one.configure([router(200, mac="virtual")])    # without IPv6
    reload(one)
    wait_until(lambda: hushed(one.host) == [NAME[4]], what="its end with the macvlan")
    assert one.term() == 0 and two.term() == 0
    for agent in (one, two):
        assert not agent.host.run("nft", "list", "tables").stdout
    wrong = [it for it in changes(lab, mark) if it.kind != {TO_EXCLUDE}]
    assert not wrong, wrong


def test_filter_follows_a_macvlan_that_somebody_has_removed(lab):
    one = lab.vipd(host6(lab, "gw1"), [router6(200, mac="virtual")])
    one.wait_state("lan", "active", family=6)
    wait_until(lambda: hushed(one.host) == [NAME[6]], what="the filter")
    mark = lab.now()
    one.host.ip(f"link delete {NAME[6]}")
    wait_until(lambda: NAME[6] in one.host.run("ip", "link").stdout and
               "2001:db8::1/64" in one.host.addresses(NAME[6]), what="the macvlan again")
    assert hushed(one.host) == [NAME[6]]
    wait_until(lambda: changes(lab, mark, 6), what="a report")
    assert all(it.kind == {TO_EXCLUDE} and set(it.groups) <= set(GROUPS)
               for it in changes(lab, mark, 6))


def test_kernel_without_that_filter_is_told_of_once_and_moves_nothing(lab):
    """As where somebody else has the name."""
    host = host6(lab, "gw1")
    holder = host.popen("nft", "-i", stdin=-1, stdout=-3, text=True)
    lab.at_close(holder.kill)
    holder.stdin.write("add table ip6 vipd_filter { flags owner; }\n")
    holder.stdin.flush()
    wait_until(lambda: "ip6 vipd_filter" in host.run("nft", "list", "tables").stdout,
               what="a table")
    one = lab.vipd(host, [router6(200, mac="virtual")])
    one.wait_state("lan", "active", family=6)
    wait_until(lambda: "2001:db8::1/64" in host.addresses(NAME[6]), what="the address")
    one.wait_log("MLD reports from virtual MACs")
    host.wait_adverts(12, lab.now())               # and it is tried again
    assert len([line for line in one.log if "MLD reports" in line]) == 1
    assert one.router(family=6)["state"] == "active"
