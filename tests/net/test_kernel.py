# SPDX-License-Identifier: MIT
"""The kernel changes under vipd's feet: addresses, links, lost events, leftovers of a crash.

Whatever somebody does to the host, two things must hold: an Active router has its addresses, and
nobody else's address is ever touched.
"""

import fcntl
import os
import socket
import struct

import pytest

import frames
from agents import VIP, is_sanitized
from lab import router, wait_until
from rtnetlink import Rtnetlink

OWN = "192.0.2.2/24"
SIOCSIFADDR = 0x8916             # <linux/sockios.h>
MARK = 112                       # IFA_PROTO of vipd's addresses
SLACK_NS = 50_000_000            # what a busy machine may add to something that takes microseconds


def start(lab, priority=150, name="gw1", address=OWN, **keys):
    """A host with a vipd on it."""
    return lab.vipd(lab.host(name, address), [router(priority, **keys)])


def start_active(lab, *args, **keys):
    """The same, and its router has become Active."""
    agent = start(lab, *args, **keys)
    agent.wait_state("lan", "active")
    return agent


def start_pair(lab, **keys):
    """An Active of priority 150 on gw1, and its Backup on gw2."""
    one = start_active(lab, **keys)
    two = start(lab, 100, "gw2", "192.0.2.3/24", **keys)
    return one, two


def wait_present(host, address, dev="eth0"):
    """Waits until an address is on the interface."""
    wait_until(lambda: address in host.addresses(dev), what=f"{address} to be on {host}")


def wait_absent(host, address, dev="eth0"):
    """Waits until an address is gone from the interface."""
    wait_until(lambda: address not in host.addresses(dev), what=f"{address} to leave {host}")


def set_address(host, address, dev="eth0"):
    """As ifconfig does it: the first address of the interface becomes another one."""
    packed = struct.pack("16sHH4s8x", dev.encode(), socket.AF_INET, 0,
                         socket.inet_aton(address.split("/")[0]))
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFADDR, packed)


# ---- addresses that others remove ----

def steal_to_exhaustion(agent, vip):
    """Removes an address once more than vipd restores it."""
    thief = Rtnetlink(agent.host)
    for _ in range(5):
        thief.remove(vip)
        wait_present(agent.host, vip)
    thief.remove(vip)
    agent.wait_log(f" error: .*address={vip} .*news=abandoned")


def test_address_stolen_too_often_is_left_alone_for_a_pause(lab):
    other = "192.0.2.11/24"
    agent = start_active(lab, addresses=[VIP, other])
    steal_to_exhaustion(agent, VIP)
    shown = agent.router()
    assert shown["state"] == "active" and shown["missing_addresses"] == [VIP]
    assert shown["counters"]["addresses_restored"] == 5
    assert agent.host.addresses() == [OWN, other], "left alone, and the other one kept"
    assert "1 MISSING" in agent.ctl("show").stdout
    wait_present(agent.host, VIP)
    assert agent.router()["counters"]["addresses_restored"] == 6


def test_abandoned_address_is_claimed_by_the_next_takeover(lab):
    agent = start_active(lab, interval="50ms")
    probe = frames.Probe(lab.host("probe"))
    steal_to_exhaustion(agent, VIP)
    with probe.speak(every=0.05, priority=200):
        agent.wait_state("lan", "backup")
    agent.wait_state("lan", "active")
    wait_present(agent.host, VIP)
    assert agent.router()["missing_addresses"] == []


def test_flushed_interface_whose_own_address_comes_back_is_no_failover(lab):
    one, two = start_pair(lab)
    one.host.run("sh", "-c", f"ip address flush dev eth0; ip address add {OWN} dev eth0")
    wait_until(lambda: sorted(one.host.addresses()) == [VIP, OWN], what="both addresses")
    one.host.wait_adverts(20, lab.now())
    assert [agent.router()["state"] for agent in (one, two)] == ["active", "backup"]
    assert one.router()["effective_priority"] == 150
    assert not any("resort=" in line for line in one.log)
    assert one.router()["counters"]["became_active"] == 1


def test_flushed_interface_is_a_fault_until_an_address_comes_back(lab):
    one, two = start_pair(lab)
    mark = lab.now()
    one.host.run("ip", "address", "flush", "dev", "eth0")
    one.wait_fault("interface eth0 has no IPv4 address of its own")
    two.wait_state("lan", "active")
    assert one.host.addresses() == []
    assert not lab.capture.adverts(host=one.host, since=mark, src="0.0.0.0")
    mark = lab.now()
    one.host.ip(f"address add {OWN} dev eth0")
    one.wait_state("lan", "active")
    assert one.router()["counters"]["became_active"] == 2
    lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa="192.0.2.1")
    assert sorted(one.host.addresses()) == [VIP, OWN]
    wait_absent(two.host, VIP)


def test_secondaries_come_back_when_the_first_address_goes(lab):
    """promote_secondaries = 0: with a subnet's first address the kernel removes all its others."""
    other = "198.51.100.2/24"
    host = lab.host("gw1", OWN, other)
    assert host.sysctl("net.ipv4.conf.eth0.promote_secondaries", 0) == "0"
    assert host.sysctl("net.ipv4.conf.all.promote_secondaries", 0) == "0"
    vips = [VIP, "192.0.2.11/24", "192.0.2.12/24"]
    agent = lab.vipd(host, [router(addresses=vips[:2], extra_addresses=vips[2:])])
    agent.wait_state("lan", "active")
    mark = lab.now()
    Rtnetlink(host).remove(OWN)
    for vip in vips:
        lab.capture.wait_arp(host=host, since=mark, gratuitous=True, spa=vip.split("/")[0])
    assert sorted(host.addresses()) == sorted([other, *vips])
    advert = host.wait_adverts(3, lab.now())[-1]
    assert advert.src == "198.51.100.2"
    assert agent.router()["counters"]["addresses_restored"] == 3
    assert agent.router()["counters"]["became_active"] == 1


def test_address_that_an_old_tool_takes_along_is_back_at_once(lab):
    """ifconfig eth0 ADDRESS (ioctl): the kernel shows it as it shows the end of a lease."""
    other = "192.0.2.12/24"
    agent = start_active(lab, interval="1s")
    agent.host.wait_adverts(3, lab.now(), timeout=10)    # a lease that has been renewed, too
    mark = lab.now()
    set_address(agent.host, other)
    told = lab.capture.wait_arp(host=agent.host, since=mark, gratuitous=True, spa="192.0.2.1")
    assert told.ns - mark < SLACK_NS
    assert sorted(agent.host.addresses()) == sorted([other, VIP])
    agent.wait_log(f" warning: .*address={VIP} .*news=restored")
    assert not any("news=ended" in line or "news=expired" in line for line in agent.log)
    assert agent.router()["counters"]["addresses_restored"] == 1


# ---- addresses of others ----

def test_virtual_address_of_another_prefix_length_is_no_source(lab):
    """As a keepalived that died leaves it: /32, while the configuration says /24."""
    host = lab.host("gw1", "192.0.2.1/32", OWN)
    agent = lab.vipd(host, [router()])
    agent.wait_state("lan", "active")
    host.wait_adverts(3, 0)
    assert {advert.src for advert in lab.capture.adverts(host=host)} == {"192.0.2.2"}
    assert agent.term() == 0
    assert host.addresses() == ["192.0.2.1/32", OWN]


@pytest.mark.parametrize("when", ["before", "after"])
def test_backup_keeps_the_address_that_somebody_added(lab, when):
    host = lab.host("gw1", OWN, *([VIP] if when == "before" else []))
    with frames.Probe(lab.host("probe")).speak(priority=200):
        agent = lab.vipd(host, [router()])
        agent.wait_state("lan", "backup")
        if when == "after":
            host.ip(f"address add {VIP} dev eth0")
        assert " warning: " in agent.wait_log(f"address={VIP} .*news=kept")
        wait_until(lambda: agent.router()["counters"]["adverts_received"] >= 5, what="adverts")
        assert agent.router()["state"] == "backup"
        assert host.addresses() == [OWN, VIP]
        assert agent.term() == 0
        assert host.addresses() == [OWN, VIP]


def test_owner_uses_its_address_as_source_and_keeps_it(lab):
    host = lab.host("gw1", VIP)
    agent = lab.vipd(host, [router("owner")])
    agent.wait_state("lan", "active")
    assert lab.capture.wait_advert(host=host).src == "192.0.2.1"
    assert agent.term() == 0
    assert host.addresses() == [VIP] and not any("news=" in line for line in agent.log)


def test_owner_whose_address_is_missing_says_so(lab):
    agent = start(lab, "owner", addresses=[VIP, "192.0.2.11/24"], extra_addresses=["192.0.2.12/24"])
    agent.wait_state("lan", "active")
    for address in VIP, "192.0.2.11/24":
        agent.wait_log(f" warning: .*address={address} .*news=not_own .*ip address replace")
    agent.host.wait_adverts(3, lab.now())
    assert sum("news=" in line for line in agent.log) == 2
    assert agent.router()["warnings"] == ["not_own_address"]
    done = agent.ctl("check", check=False)
    assert done.returncode == 1 and "vipd added it" in done.stdout
    assert agent.term() == 0
    assert agent.host.addresses() == [OWN]
    agent = start(lab, "owner", name="gw2", address=VIP)
    agent.wait_state("lan", "active")
    assert agent.router()["warnings"] == [] and not any("news=" in line for line in agent.log)


# ---- what a dead predecessor left ----

def test_more_leftovers_than_one_pass_of_the_sweep_takes(lab):
    host = lab.host("gw1", OWN)
    extra = [f"10.9.{n // 250}.{n % 250 + 1}/32" for n in range(600)]
    first = lab.vipd(host, [router(254, extra_addresses=extra)])
    first.wait_state("lan", "active")
    wait_present(host, extra[-1])
    first.kill()
    lab.vipd(host, [router(1, interval="10s")])
    assert host.addresses() == [OWN]


# ---- links that come and go ----

def test_interface_missing_at_start_is_a_fault_that_ends(lab):
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(interface="eth1", addresses=["198.51.100.1/24"])])
    agent.wait_fault("there is no interface eth1")
    assert " error: " in agent.wait_log('state=initialize->fault reason="there is no interface')
    host.attach("wan", "198.51.100.2/24")
    agent.wait_state("lan", "active")
    wait_present(host, "198.51.100.1/24", "eth1")
    assert lab.capture.wait_advert(host=host).src == "198.51.100.2"
    assert agent.term() == 0
    assert host.addresses("eth1") == ["198.51.100.2/24"]


def test_interface_made_anew_hears_adverts_again(lab):
    """The group must be joined anew, or this Backup would become a second Active."""
    agent = start(lab, 100)
    with frames.Probe(lab.host("probe")).speak(priority=200):
        agent.wait_state("lan", "backup")
        agent.host.ip("link delete eth0")
        agent.wait_fault("there is no interface eth0")
        agent.host.replug(OWN)
        agent.wait_state("lan", "backup")
        heard = agent.router()["counters"]["adverts_received"]
        mark = lab.now()
        wait_until(lambda: agent.router()["counters"]["adverts_received"] >= heard + 10
                   or agent.router()["state"] != "backup", what="adverts to be heard again")
        assert agent.router()["state"] == "backup"
        assert not lab.capture.adverts(host=agent.host, since=mark)


def test_interface_renamed_while_up_leaves_nothing_behind(lab):
    """Kernels since 6.2 rename an interface that is up: no other event comes to the rescue."""
    agent = start_active(lab)
    done = agent.host.run("ip", "link", "set", "eth0", "name", "old0", check=False)
    if done.returncode != 0:
        pytest.skip(f"this kernel renames no interface that is up: {done.stderr}")
    agent.wait_fault("there is no interface eth0")
    wait_absent(agent.host, VIP, "old0")
    assert agent.host.addresses("old0") == [OWN]


def test_interface_moved_to_another_namespace_and_back(lab):
    agent = start_active(lab)
    other = lab.host("other")
    agent.host.run("ip", "link", "set", "eth0", "netns", other.netns, "name", "guest0")
    agent.wait_fault("there is no interface eth0")
    assert other.addresses("guest0") == []
    other.run("ip", "link", "set", "guest0", "netns", agent.host.netns, "name", "eth0")
    agent.host.ip(f"address add {OWN} dev eth0", "link set eth0 up")
    agent.wait_state("lan", "active")
    wait_present(agent.host, VIP)


# ---- what adverts are sent with ----

def test_changed_mac_is_used_and_announced(lab):
    agent = start_active(lab, interval="20ms")
    new = "02:00:00:00:77:01"
    mark = lab.now()
    agent.host.ip(f"link set eth0 address {new}")
    changed = lab.now()
    arp = lab.capture.wait_arp(timeout=0.7, host=agent.host, since=mark, gratuitous=True,
                               spa="192.0.2.1", sha=new)
    assert arp.src_mac == new
    adverts = agent.host.wait_adverts(20, changed + SLACK_NS)
    assert {advert.src_mac for advert in adverts} == {new}
    assert {arp.sha for arp in lab.capture.arps(host=agent.host, since=changed + SLACK_NS)} <= {new}
    assert agent.router()["counters"]["became_active"] == 1


# ---- many addresses, and what the others may see of them ----

def test_hundreds_of_addresses_come_and_go_together(lab):
    """The most that an advert holds, and a thousand more: announced each, and once."""
    listed = [f"10.8.0.{n}/16" for n in range(1, 256)]
    extra = [f"10.9.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]
    agent = start(lab, 254, addresses=listed, extra_addresses=extra,
                  announce={"after": ["1s"]})
    agent.wait_state("lan", "active")
    advert = lab.capture.wait_advert(host=agent.host)
    assert list(advert.addresses) == [address.split("/")[0] for address in listed]

    def announced():
        return [arp.spa for arp in lab.capture.arps(host=agent.host, gratuitous=True)
                if arp.ns < advert.ns + 900_000_000]    # the first repetition is after a second

    wait_until(lambda: len(announced()) >= 1255, what=lambda _: f"1255, not {len(announced())}")
    assert sorted(announced()) == sorted(it.split("/")[0] for it in listed + extra)
    marks = Rtnetlink(agent.host).marks()
    assert len(agent.host.addresses()) == 1256
    assert [address for address, mark in marks.items() if mark != MARK] == ["127.0.0.1",
                                                                            "192.0.2.2"]
    assert agent.router()["missing_addresses"] == []
    assert agent.term() == 0
    assert agent.host.addresses() == [OWN]


def test_address_is_answered_by_the_active_only(lab):
    """The Backup has been Active before, so there is something that it could have forgotten."""
    two = start_active(lab, 100, "gw2", "192.0.2.3/24")
    probe = frames.Probe(lab.host("probe"))
    [reply] = probe.who_has("192.0.2.1")
    assert reply.host is two.host and reply.sha == two.host.mac()
    one = start_active(lab)
    two.wait_state("lan", "backup")
    wait_absent(two.host, VIP)
    mark = lab.now()
    for _ in range(5):
        assert probe.who_has("192.0.2.1")
    one.host.wait_adverts(2, lab.now())      # time for another answer
    replies = lab.capture.arps(since=mark, op=2, spa="192.0.2.1")
    assert [reply.host for reply in replies] == [one.host] * 5
    assert {reply.sha for reply in replies} == {one.host.mac()}


# ---- the steady state ----

MEMUSAGE = "/usr/lib/x86_64-linux-gnu/libmemusage.so"


def heap_calls(pid, path):
    """How many calls of the allocator glibc's own witness has written down for a process."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{fd}") == path:
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                return int(info.readline().split()[1]) // 24
    return 0


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers have an allocator of their own")
def test_steady_state_allocates_nothing(lab):
    """Adverts both ways, rejects, strays, restorations, questions: no malloc, no descriptor."""
    if not os.path.exists(MEMUSAGE):
        pytest.skip(f"{MEMUSAGE}, which counts allocations, is not here")
    trace = lab.path("memusage")
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(150, interval="20ms"), router(100, name="two", vrid=52,
                                                                 addresses=["192.0.2.11/24"])],
                     env={"LD_PRELOAD": MEMUSAGE, "MEMUSAGE_OUTPUT": trace,
                          "MEMUSAGE_BUFFER_SIZE": "1", "MEMUSAGE_NO_TIMER": "1"})
    probe = frames.Probe(lab.host("probe"))
    probe.speak(priority=200, vrid=52)
    agent.wait_state("lan", "active")
    agent.wait_state("two", "backup")

    def life():
        mark = lab.now()
        probe.advert(vrid=52, checksum="bad")
        probe.advert(vrid=99)
        probe.advert(vrid=51, priority=1)
        for _ in range(5):
            agent.show()
        Rtnetlink(host).remove(VIP)
        wait_present(host, VIP)
        host.wait_adverts(60, mark)          # more than a second: housekeeping, too

    life()                                         # what is done for the first time may cost
    if heap_calls(agent.router_pid, trace) == 0:
        pytest.skip("the allocator cannot be watched in this build")
    before = heap_calls(agent.router_pid, trace), len(os.listdir(f"/proc/{agent.router_pid}/fd"))
    life()
    after = heap_calls(agent.router_pid, trace), len(os.listdir(f"/proc/{agent.router_pid}/fd"))
    assert after == before
