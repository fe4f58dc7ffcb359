# SPDX-License-Identifier: MIT
"""255 dual-stack routers on each of two gateways, on one interface, failing over together.

vipd has one router of both families per VRID, whose families elect as one. keepalived has no such
router: it gets an IPv4 and an IPv6 vrrp_instance per VRID with the same addresses, and a
vrrp_sync_group around the two, which is how its users have both families move together. A virtual
router of IPv6 has a link-local address first; vipd has its own, keepalived the same one by its
configuration. So both programs hold 765 addresses, of which the 510 that clients use are looked at.

Adverts are a second apart, the default of both programs, which is kind to keepalived: with 100 ms
its sync groups follow seconds late, and say less about how long it takes to move so many.

The Active is killed, all processes of it at once and without a word: what has left it by then was
sent to the Backup, so it is certain which advert was the last one. An address is behind by the time
from the end of its router's Active_Down_Interval, counted from that advert of its family, until its
first announcement at the switch. The families of a router are apart by the time between the first
announcements of its two addresses.

Adverts of all routers of vipd leave together, so all its elections end at once, while keepalived's
are spread over a second. Much of what is measured is the kernel's: with each address of IPv6 it
goes through all multicast groups of the interface.
"""

import os
import signal
import time

import reaper
from agents import router
from contenders import cpu_ns
from failover import BACKUP_PRIORITY, Unmeasured, network, quiet
from forms import IGMP_GROUP, MLD_GROUP, by_arp, by_na
from lab import wait_until
from scale import ACTIVE_DOWN, quantile

VRIDS = range(1, 256)
ADDRESSES = 2 * len(VRIDS)
LIMIT = 8.0                      # s; what has not been announced by then is told as missing
STEADY = 2.0                     # s


def address(family, vrid):
    """The address of a virtual router that clients use."""
    return f"10.9.1.{vrid}" if family == 4 else f"fd09::1:{vrid:x}"


ROUTER_OF = {address(family, vrid): (family, vrid) for family in (4, 6) for vrid in VRIDS}


def settings(priority, ours):
    """One router per VRID for vipd, two for keepalived."""
    common = {"priority": priority, "interval": "1s"}
    if ours:
        return [router(name=f"r{vrid}", vrid=vrid, addresses=[
            f"{address(4, vrid)}/16", f"{address(6, vrid)}/64"], **common) for vrid in VRIDS]
    ipv4 = [router(name=f"r{vrid}-4", vrid=vrid, addresses=[f"{address(4, vrid)}/16"], **common)
            for vrid in VRIDS]
    return ipv4 + [router(name=f"r{vrid}-6", vrid=vrid, addresses=[
        f"fe80::200:5eff:fe00:2{vrid:02x}/128", f"{address(6, vrid)}/64"], **common)
                   for vrid in VRIDS]


def sync_groups():
    """The two vrrp_instances of each VRID move together."""
    return "".join(f"vrrp_sync_group r{vrid} {{\n  group {{\n    r{vrid}-4\n    r{vrid}-6\n"
                   "  }\n}\n" for vrid in VRIDS)


class Dual:
    """Two gateways with the same program; gw1 is Active of all when it is made."""

    def __init__(self, lab, contender):
        self.lab, self.capture, self.contender = lab, lab.capture, contender
        self.gw1, self.gw2 = (lab.host(f"gw{number - 1}", f"10.9.0.{number}/16",
                                       f"fd09::{number}/64", ipv6=True) for number in (2, 3))
        mark = lab.now()
        self.start(self.gw1, 150)
        self.all_announced(self.gw1, mark, 0.1)
        if missing := ADDRESSES - len(self.first_announcements(self.gw1, mark)):
            raise Unmeasured(f"gw1 did not announce {missing} of its addresses")
        mark = lab.now()
        self.start(self.gw2, BACKUP_PRIORITY)
        wait_until(lambda: self.listens(self.gw2), LIMIT, "gw2 to listen")
        time.sleep(STEADY)
        if self.capture.adverts(mark, self.gw2):
            raise Unmeasured("gw2 became Active by itself")

    def start(self, host, priority):
        """Starts the program there."""
        ours = bool(self.contender.vipd)
        agent = self.contender.start(host, settings(priority, ours),
                                     "" if ours else sync_groups())
        agent.expected_to_live = host is self.gw2

    @staticmethod
    def listens(host):
        """Whether a gateway hears adverts of both families."""
        groups = host.run("cat", "/proc/net/igmp", "/proc/net/igmp6").stdout
        return IGMP_GROUP in groups and MLD_GROUP in groups

    def first_announcements(self, host, since):
        """When each address was announced first since then: {(family, VRID): ns}."""
        first = {}
        for named in (by_arp, by_na):
            for text, ns in named(self.capture, since, host):
                if text in ROUTER_OF:
                    first.setdefault(ROUTER_OF[text], ns)
        return first

    def all_announced(self, host, since, every):
        """Waits until all addresses were announced, or long enough."""
        end = time.monotonic() + LIMIT
        with quiet(self.capture):
            while (len(self.first_announcements(host, since)) < ADDRESSES
                   and time.monotonic() < end):
                time.sleep(every)

    def failover(self):
        """Kills gw1. Return: {quantity: value}."""
        self.kill(self.gw1)
        mark, before = self.lab.now(), cpu_ns(self.gw2)
        with quiet(self.capture):
            time.sleep(ACTIVE_DOWN)
        self.all_announced(self.gw2, mark, 0.5)
        spent = cpu_ns(self.gw2) - before
        if lost := self.capture.dropped():
            raise Unmeasured(f"the capture lost {lost} frames")
        first, heard = self.first_announcements(self.gw2, mark), self.last_heard()
        late = [(first[it] - heard[it]) / 1e6 - ACTIVE_DOWN * 1e3 for it in first]
        apart = [abs(first[4, vrid] - first[6, vrid]) / 1e6 for vrid in VRIDS
                 if {(4, vrid), (6, vrid)} <= first.keys()]
        if not apart:
            raise Unmeasured("gw2 took over no router in both families")
        return {"announcement behind, p50, ms": quantile(late, 0.5),
                "announcement behind, p99, ms": quantile(late, 0.99),
                "families of a router apart, max, ms": max(apart),
                "addresses not announced": ADDRESSES - len(first),
                "CPU of the failover, ms": spent / 1e6}

    @staticmethod
    def kill(host):
        """Ends all processes of a host; stopped first, none of them sees another one go."""
        pids = reaper.processes([host.netns])
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                os.kill(pid, number)

    def last_heard(self):
        """The last advert of each router of gw1: {(family, VRID): ns}."""
        return {(6 if ":" in advert.src else 4, advert.vrid): advert.ns
                for advert in self.capture.adverts(host=self.gw1)}


def play_dual(contender, count):
    """One failover. Return: {scenario: {quantity: value}}."""
    assert count == ADDRESSES
    with network(f"{contender.title}, dual-stack") as lab:
        return {"dual": Dual(lab, contender).failover()}
