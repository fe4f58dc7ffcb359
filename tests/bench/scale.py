# SPDX-License-Identifier: MIT
"""4,080 virtual routers on each of two gateways, failing over together: once, in under a minute."""

import collections
import math
import statistics
import time

from agents import router
from contenders import cpu_ns, keep_apart, pss_kib
from failover import Unmeasured, network, quiet
from lab import wait_until

INTERFACES, VRIDS = 16, 255
ROUTERS = INTERFACES * VRIDS
SKEW = (256 - 100) / 256         # s, with adverts every second
ACTIVE_DOWN = 3 + SKEW
LIMIT = 40.0                     # s, for what takes keepalived 14 s on a quiet machine
WINDOWS, WINDOW = 3, 5.0         # s
SILENCE = 6.0                    # s; keepalived announces again 5 s behind its start


def settings(priority):
    """255 routers on each interface, each with an address of the interface's own subnet."""
    return [router(priority, name=f"r{i}v{vrid}", interface=f"eth{i}", vrid=vrid, interval="1s",
                   addresses=[f"10.{i}.1.{vrid}/16"])
            for i in range(INTERFACES) for vrid in range(1, VRIDS + 1)]


def quantile(values, share):
    """The smallest value that this share of all values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def key(message):
    """The virtual router of an advert: VRIDs repeat on every interface."""
    return message.port.dev, message.vrid


def announced_key(message):
    """The virtual router of an announcement: its address tells the VRID."""
    return message.port.dev, int(message.spa.rsplit(".", 1)[1])


class Scale:
    """Two gateways on 16 switches."""

    def __init__(self, lab, contender):
        self.lab, self.capture, self.contender = lab, lab.capture, contender
        self.gw1, self.gw2 = (self._gateway(name, number)
                              for name, number in (("gw1", 2), ("gw2", 3)))

    def _gateway(self, name, number):
        host = self.lab.host(name, f"10.0.0.{number}/16", segment="s0")
        for i in range(1, INTERFACES):
            host.attach(f"s{i}", f"10.{i}.0.{number}/16")
        return host

    def first_announcements(self, host, since):
        """When each router announced first since then: {router: ns}."""
        first = {}
        for arp in self.capture.arps(since, host, gratuitous=True):
            if arp.spa.split(".")[2] == "1":
                first.setdefault(announced_key(arp), arp.ns)
        return first

    def all_announced(self, host, since, every):
        """Waits until every router has announced."""
        with quiet(self.capture):
            wait_until(lambda: len(self.first_announcements(host, since)) == ROUTERS, LIMIT,
                       f"all announcements of {host}", every=every)
            return self.first_announcements(host, since)

    def start(self):
        """Return: {quantity: value} of the start of gw1, and gw2 listens."""
        mark = self.lab.now()
        self.contender.start(self.gw1, settings(150))
        first = self.all_announced(self.gw1, mark, every=0.5)
        mark2 = self.lab.now()
        self.contender.start(self.gw2, settings(100))
        wait_until(lambda: self.gw2.run("cat", "/proc/net/igmp").stdout.count("120000E0")
                   == INTERFACES, LIMIT, "gw2 to listen")
        time.sleep(2.0)
        if self.capture.adverts(mark2, self.gw2):
            raise Unmeasured("gw2 became Active by itself")
        return {"start to all Active, s": (max(first.values()) - mark) / 1e9}

    def steady(self):
        """What 4,080 adverts/s cost sender and receiver, and how regular they are."""
        self.settle()
        keep_apart(self.gw1, self.gw2)
        mark = self.lab.now()
        with quiet(self.capture):
            shares = [self.shares() for _ in range(WINDOWS)]
            adverts = self.capture.adverts(mark, self.gw1)
        active, backup = (statistics.median(share) for share in zip(*shares))
        off = self.deviations(adverts)
        return {"CPU as Active, %": active, "CPU as Backup, %": backup,
                "CPU per advert sent, us": active * 1e4 / ROUTERS,
                "CPU per advert received, us": backup * 1e4 / ROUTERS,
                "adverts off their second, p50, ms": quantile(off, 0.5),
                "adverts off their second, p99, ms": quantile(off, 0.99),
                "memory as Active, MiB": pss_kib(self.gw1) / 1024,
                "memory as Backup, MiB": pss_kib(self.gw2) / 1024}

    def settle(self):
        """Waits until the start is over: gw1 announces nothing any more."""
        def silent():
            since = self.lab.now() - int(SILENCE * 1e9)
            return since > began and not self.first_announcements(self.gw1, since)

        began = self.lab.now()
        with quiet(self.capture):
            wait_until(silent, LIMIT, "the announcements of gw1 to end", every=1.0)

    def shares(self):
        """One window. Return: the share of a core in % of gw1 and of gw2."""
        before, began = [cpu_ns(host) for host in (self.gw1, self.gw2)], time.monotonic()
        time.sleep(WINDOW)
        spent = time.monotonic() - began
        return [(cpu_ns(host) - was) / spent / 1e7
                for host, was in zip((self.gw1, self.gw2), before)]

    @staticmethod
    def deviations(adverts):
        """By how many ms the time between two adverts of a router differs from a second."""
        last, off = {}, []
        for advert in adverts:
            if key(advert) in last:
                off.append(abs(advert.ns - last[key(advert)] - 10**9) / 1e6)
            last[key(advert)] = advert.ns
        return off

    def failover(self):
        """Cuts gw1 off on all interfaces. Return: {quantity: value}."""
        mark = self.lab.now()
        for i in range(INTERFACES):
            self.lab.cut(self.gw1, dev=f"eth{i}")
        with quiet(self.capture):
            before = cpu_ns(self.gw2)
            time.sleep(ACTIVE_DOWN)
            first = self.all_announced(self.gw2, mark, every=1.0)
            spent = cpu_ns(self.gw2) - before
        if lost := self.capture.dropped():
            raise Unmeasured(f"the capture lost {lost} frames")
        heard = self.last_heard(mark)
        late = [(first[it] - heard[it]) / 1e6 - ACTIVE_DOWN * 1e3 for it in first]
        return {"announcement behind, p50, ms": quantile(late, 0.5),
                "announcement behind, p99, ms": quantile(late, 0.99),
                "announcement behind, max, ms": max(late),
                "CPU of the failover, ms": spent / 1e6}

    def last_heard(self, mark):
        """The last advert of each router of gw1 that the switch let pass: {router: ns}."""
        heard = collections.defaultdict(int)
        for advert in self.capture.adverts(mark - 3 * 10**9, self.gw1):
            if not advert.lost:
                heard[key(advert)] = advert.ns
        return heard


def play_scale(contender, count):
    """Start, steady state, failover. Return: {scenario: {quantity: value}}."""
    assert count == ROUTERS
    with network(f"{contender.title}, {count} routers") as lab:
        scale = Scale(lab, contender)
        return {"scale": {**scale.start(), **scale.steady(), **scale.failover()}}
