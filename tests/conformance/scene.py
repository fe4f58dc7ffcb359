# SPDX-License-Identifier: MIT
"""A segment with the agent under test, a hand on the wire and, when asked for, a client.

The probe's host has no address: what comes from its port was made by the test. Time is given to
the agent in multiples of the interval; only LATE, what a busy machine may add, is a number.
"""

import errno
import functools
import json
import os
import socket
import struct
import time

import dut
import frames
import packets
from lab import wait_until
from packets import VRID
from records import NotSupported

EARLY, LATE = 0.02, 1.5          # s: timers are never early, and late as a busy machine is
MINE = 100                       # the priority of the agent under test
DUT_MAC = "02:00:00:00:01:00"    # of the first host of a lab


class Hand(frames.Probe):
    """A Probe that speaks the variant's dialect."""

    def __init__(self, host, variant, form):
        super().__init__(host)
        self.variant, self.form = variant, form

    def advert(self, src=None, **fields):
        """Sends one advert; see packets.advert()."""
        self.send(self.built(src, **fields))

    def built(self, src=None, **fields):
        """The frame of it."""
        fields = {"src_mac": self.mac, "checksum": self.form, **fields}
        return packets.advert(self.variant, src, **fields)


class Scene:
    """See the head of this file."""

    def __init__(self, lab, variant, kind=None):
        self.lab, self.variant, self.capture = lab, variant, lab.capture
        ours = ("2001:db8::50/64",) if variant.family == 6 else (f"{variant.real}/24",)
        self.gw = lab.host("gw", *ours, ipv6=variant.family == 6)
        assert self.gw.mac() == DUT_MAC
        for family in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
            self.gw.sysctl(f"net.{family}", 1)     # it is a gateway
        self.dut = dut.of(kind or dut.KIND)(lab, self.gw)
        self.hand = Hand(lab.host("probe"), variant, self.dut.form)
        self.routers, self.started = [], 0
        self.mac = DUT_MAC

    # The agent

    def router(self, **keys):
        """Settings of its router; a key of None is left out."""
        variant = self.variant
        settings = {"name": "lan", "interface": "eth0", "vrid": VRID, "priority": MINE,
                    "interval": f"{variant.interval * 1000:g}ms",
                    "addresses": self.configured()}
        if variant.version == 2:
            settings |= {"version": 2, "interval": f"{variant.interval:g}s"}
        return {key: value for key, value in {**settings, **keys}.items() if value is not None}

    def configured(self, number=1, vrid=VRID):
        """So many virtual addresses, as its configuration lists them."""
        own = self.variant.listed(vrid, number)
        if self.dut.name == "vipd":                # which puts the link-local one there itself
            own = own[-number:]
        return [f"{address}/{self.variant.prefix}" for address in own]

    def need(self, *routers, **settings):
        """Raises NotSupported if the agent refuses this."""
        if why := self.dut.refusal(list(routers), **settings):
            raise NotSupported(why)

    def start(self, *routers, **keys):
        """Starts it with a router of these keys, or with these routers."""
        self.routers = list(routers) or [self.router(**keys)]
        self.need(*self.routers)
        self.started = self.lab.now()
        self.dut.start(self.routers)
        return self

    def backup(self, heard=200, **keys):
        """Starts it where somebody of the priority `heard` has just spoken: it has to wait."""
        self.start(**keys)
        self.speak_once(heard)
        dut.wait_state(self.dut, self.variant.family, "backup")
        return self

    def active(self, priority=MINE, learned=None, **keys):
        """Starts it and makes it Active at once: an owner speaks, and leaves.

        learned: the interval in seconds that the owner speaks of, its own unless given.
        """
        self.start(priority=priority, **keys)
        self.succeed(learned)
        self.wait_advert(since=self.started, timeout=15)
        wait_until(lambda: self.holds(self.variant.vip), 5, "the address to be there")
        return self

    @property
    def own(self):
        """An address of the host that an owner's router has; not the one it speaks from."""
        return "192.0.2.51" if self.variant.family == 4 else "2001:db8::51"

    def owner(self, **keys):
        """Starts it as the owner of an address of its host."""
        self.gw.run("ip", "address", "replace", f"{self.own}/{self.variant.prefix}", "dev", "eth0",
                    "nodad")
        link_local = self.variant.listed()[:-1] if self.dut.name != "vipd" else ()
        return self.start(priority="owner", **keys, addresses=[
            f"{address}/{self.variant.prefix}" for address in (*link_local, self.own)])

    @property
    def owned(self):
        """What such a router lists."""
        return (*self.variant.listed()[:-1], self.own)

    def succeed(self, learned=None):
        """An owner speaks, and leaves: the skew time is all that is waited for."""
        raw = self.variant.raw(learned or self.interval)
        self.hand.advert(priority=255, interval=raw)
        time.sleep(0.02)
        self.hand.advert(priority=0, interval=raw)

    @property
    def interval(self):
        """Its configured interval in seconds."""
        text = self.routers[0].get("interval", "1s")
        return float(text[:-2]) / 1000 if text.endswith("ms") else float(text[:-1])

    def stop(self):
        """Has it leave, and waits. Return: the time before."""
        mark = self.lab.now()
        self.dut.agent.term()
        return mark

    @functools.cached_property
    def client(self):
        """A host with a kernel that talks to the virtual address."""
        host = self.lab.host("client", f"{self.variant.client}/{self.variant.prefix}",
                             ipv6=self.variant.family == 6)
        return host

    # The wire

    def speak_once(self, priority=200, src=None, **fields):
        """An advert of a peer, of the right interval unless given."""
        self.hand.advert(src, **{"priority": priority, "interval": self.variant.raw(self.interval),
                                 **fields})

    def speak(self, priority, every=None, src=None, **fields):
        """A peer that goes on speaking; see frames.Speaker."""
        every = every or self.interval
        fields = {"priority": priority, "interval": self.variant.raw(self.interval), **fields}
        return frames.Speaker(self.hand, src or self.variant.high, every, fields)

    def adverts(self, since=0, host=None, **fields):
        """What the agent sent, as packets.Vrrp."""
        seen = map(packets.vrrp_of, self.capture.frames(since, host or self.gw))
        return [it for it in seen if it and it.family == self.variant.family
                and all(getattr(it, key) == value for key, value in fields.items())]

    def wait_adverts(self, number, since=0, timeout=None, **fields):
        """Waits for so many of them."""
        limit = timeout or (number + 4) * self.interval + 4 * LATE
        wait_until(lambda: len(self.adverts(since, **fields)) >= number, limit,
                   lambda _: self.dut.agent.story(f"{number} adverts {fields}"))
        return self.adverts(since, **fields)

    def wait_advert(self, since=0, timeout=None, **fields):
        """The first one since then."""
        return self.wait_adverts(1, since, timeout, **fields)[0]

    def nds(self, since=0, host=None, **fields):
        """The Neighbour Discovery messages of the agent's host."""
        seen = map(packets.nd_of, self.capture.frames(since, host or self.gw))
        return [it for it in seen if it
                and all(getattr(it, key) == value for key, value in fields.items())]

    def announcements(self, address=None, since=0):
        """Gratuitous ARPs or unsolicited neighbour advertisements for a virtual address."""
        address = address or self.variant.vip
        if self.variant.family == 4:
            return self.capture.arps(since=since, host=self.gw, spa=address, tpa=address)
        return [it for it in self.nds(since, type=packets.NA, target=address)
                if it.dst == packets.ALL_NODES]

    def wait_announcement(self, address=None, since=0):
        """The first one since then."""
        return wait_until(lambda: self.announcements(address, since), 5,
                          f"an announcement of {address or self.variant.vip}")[0]

    def resolve(self, address=None, dst=None, wait=0.5, **fields):
        """Asks by ARP or solicitation who has the address: the answers within that time."""
        address, since = address or self.variant.vip, self.lab.now()
        if self.variant.family == 4:
            return self.hand.who_has(address, spa=self.variant.low, timeout=wait)
        asked = packets.solicitation(address, self.variant.low, self.hand.mac, dst=dst,
                                     dst_mac=self.mac if dst else None, **fields)
        deadline, found = time.monotonic() + wait, []
        while not found and time.monotonic() < deadline:
            self.hand.send(asked)                  # a kernel joins the group shortly after all else
            time.sleep(0.1)
            found = [it for it in self.nds(since, type=packets.NA, target=address)
                     if it.dst == self.variant.low]
        return found

    def resolved_mac(self, address=None):
        """The MAC that such an answer names; "" without one."""
        answers = self.resolve(address, wait=2)
        if not answers:
            return ""
        return answers[0].sha if self.variant.family == 4 else answers[0].lladdr

    # The host

    def holds(self, address):
        """Whether the agent's host has the address, on any interface."""
        shown = json.loads(self.gw.run("ip", "-json", "address", "show").stdout)
        return any(info.get("local") == address for entry in shown
                   for info in entry.get("addr_info", ()))

    def pin(self, address, mac):
        """The client knows the address by this MAC, and asks nobody."""
        self.client.run("ip", "neigh", "replace", address, "lladdr", mac, "dev", "eth0", "nud",
                        "permanent")

    def echoed(self, address=None, wait=1.0):
        """Whether an ICMP echo of the client is answered."""
        old = self.variant.family == 4
        family, proto = ((socket.AF_INET, socket.IPPROTO_ICMP) if old
                         else (socket.AF_INET6, socket.IPPROTO_ICMPV6))
        request, reply = (8, 0) if old else (128, 129)
        body = struct.pack("!BBHHH", request, 0, 0, os.getpid() & 0xFFFF, 1)
        if old:
            checksum = frames.internet_checksum(body)
            body = body[:2] + struct.pack("!H", checksum) + body[4:]
        with self.client.socket(family, socket.SOCK_RAW, proto) as sock:
            sock.settimeout(0.05)
            deadline = time.monotonic() + wait
            while time.monotonic() < deadline:
                try:
                    sock.sendto(body, (address or self.variant.vip, 0))
                    raw = sock.recv(2048)
                except OSError:
                    continue
                raw = raw[(raw[0] & 15) * 4:] if old else raw
                if raw[0] == reply and raw[4:6] == body[4:6]:
                    return True
        return False

    def refuses_connection(self, address=None, wait=1.0):
        """Whether TCP to a closed port is answered (by RST)."""
        family = socket.AF_INET if self.variant.family == 4 else socket.AF_INET6
        with self.client.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(wait)
            return sock.connect_ex((address or self.variant.vip, 9)) == errno.ECONNREFUSED


def elapsed(since, seen, expected, early=EARLY):
    """seen came that many seconds after since (ns): not early, late only as machines are."""
    waited = (seen.ns - since) / 1e9
    assert expected - early <= waited <= expected + LATE, \
        f"{waited:.3f} s instead of {expected:.3f} s"
