# SPDX-License-Identifier: MIT
"""How a pair speaks whose failover is measured: in which family, to whom, with which MAC."""

import dataclasses
import socket

from agents import router
from lab import wait_until      # contenders has made them importable

ADVERTISED_MAX = {4: 255, 6: 80}     # more do not fit into an advert's count, or into its packet
IGMP_GROUP = "120000E0"              # 224.0.0.18 as /proc/net/igmp writes it
MLD_GROUP = "ff020000000000000000000000000012"
ICMP6, ADVERTISEMENT = 58, 136
VRRP_SOCKET = ":0070 "               # protocol 112 in /proc/net/raw


@dataclasses.dataclass(frozen=True)
class Form:
    """key names it in results, and is empty for the one that all others are compared with."""
    key: str
    family: int = 4
    unicast: bool = False
    keys: tuple = ()                 # more settings of its routers

    def named(self, scenario):
        """The scenario in this form."""
        return f"{scenario}, {self.key}" if self.key else scenario

    def own(self, number):
        """The own address of a gateway, with its prefix length."""
        return f"10.9.0.{number}/16" if self.family == 4 else f"fd09::{number}/64"

    def host(self, lab, name, number, **keys):
        """A gateway."""
        return lab.host(name, self.own(number), ipv6=self.family == 6, **keys)

    def addresses(self, count):
        """All in the gateways' own subnet, with its prefix length; of IPv6 the first one is
        link-local."""
        if self.family == 4:
            return [f"10.9.{1 + i // 250}.{i % 250}/16" for i in range(count)]
        return ["fe80::9:1/64", *(f"fd09::1:{i:x}/64" for i in range(count - 1))]

    def settings(self, priority, count, interval, ours=True, number=2):
        """One virtual router of `count` addresses; what does not fit into adverts is extra.

        ours: for vipd, or in keepalived's words. number: of its gateway; the other one is its peer.
        """
        addresses, most = self.addresses(count), ADVERTISED_MAX[self.family]
        keys = {"addresses": addresses[:most], "interval": interval, **dict(self.keys)}
        if count > most:
            keys["extra_addresses"] = addresses[most:]
        own, peer = (self.own(it).split("/")[0] for it in (number, 5 - number))
        if self.unicast and ours:
            keys["unicast"] = {"peers": [peer]}
        elif self.unicast:
            keys["extra"] = f"unicast_src_ip {own}\n  unicast_peer {{\n    {peer}\n  }}"
        return router(priority, **keys)

    def listens(self, host):
        """Whether a gateway hears adverts."""
        if self.unicast:
            return VRRP_SOCKET in host.run("cat", "/proc/net/raw").stdout
        if self.family == 4:
            return IGMP_GROUP in host.run("cat", "/proc/net/igmp").stdout
        return MLD_GROUP in host.run("cat", "/proc/net/igmp6").stdout

    def held(self, host):
        """How many virtual addresses a gateway has, wherever: a virtual MAC has them elsewhere."""
        virtual = set(self.addresses(2000))
        shown = host.run("ip", "-brief", "address", "show").stdout.split()
        return sum(text in virtual for text in shown)

    def announced(self, capture, since, host):
        """When each virtual address was announced first since then: {address: ns}."""
        first, virtual = {}, {text.split("/")[0] for text in self.addresses(2000)}
        for address, ns in (by_arp if self.family == 4 else by_na)(capture, since, host):
            if address in virtual:
                first.setdefault(address, ns)
        return first

    def wait_listens(self, host, limit):
        """Waits until it does."""
        wait_until(lambda: self.listens(host), limit, f"{host} to listen")


def by_arp(capture, since, host):
    """[(address, ns), ...] of a host's gratuitous ARPs."""
    return [(arp.spa, arp.ns) for arp in capture.arps(since, host, gratuitous=True)]


def by_na(capture, since, host):
    """[(address, ns), ...] of a host's unsolicited Neighbor Advertisements."""
    def is_one(ip):
        return ip and ip.proto == ICMP6 and ip.payload[0] == ADVERTISEMENT and ip.dst == "ff02::1"

    return [(socket.inet_ntop(socket.AF_INET6, frame.ip.payload[8:24]), frame.ns)
            for frame in capture.frames(since, host) if is_one(frame.ip)]


PLAIN = Form("")
FORMS = (Form("IPv6", family=6), Form("virtual MAC", keys=(("mac", "virtual"),)),
         Form("unicast", unicast=True))
