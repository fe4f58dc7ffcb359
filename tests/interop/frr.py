# SPDX-License-Identifier: MIT
"""FRR's vrrpd as one side of a pair.

It speaks from a macvlan that carries the virtual MAC and the addresses, which somebody else has to
make, and which its zebra switches on and off (protodown). zebra outlives a stop of vrrpd: its own
end would switch the macvlan on.
"""

import os
import re
import shutil

import frames
from agents import Agent, seconds
from lab import wait_until

PROGRAMS = "/usr/lib/frr"
REJECTED = r"(?i)datagram invalid|mismatch|discard|checksum"


def is_installed():
    """Whether there is one."""
    return os.access(f"{PROGRAMS}/vrrpd", os.X_OK) and os.access(f"{PROGRAMS}/zebra", os.X_OK)


class Frr:
    """See the head of this file. settings: vipd's names, as everywhere."""

    name = "frr"

    def __init__(self, lab, host):
        self.lab, self.host, self.agent = lab, host, None
        self.directory = lab.path(f"{host.name}-frr")
        os.mkdir(self.directory)
        shutil.chown(self.directory, "frr", "frr")

    def start(self, routers):
        """Starts it, or starts it again."""
        router, = routers
        if not self.agent:
            self._make_macvlan(router)
            self._run("zebra", "hostname zebra\n")
            wait_until(lambda: os.path.exists(f"{self.directory}/zserv.api"), what="zebra's socket")
        self.agent = self._run("vrrpd", _vrrpd_text(router))
        self.agent.wait_log(r"Initialize -> |'Startup' event")

    def _run(self, program, text):
        path = f"{self.directory}/{program}.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        agent = Agent(self.host, program, [
            f"{PROGRAMS}/{program}", "-f", path, "-i", f"{self.directory}/{program}.pid", "-z",
            f"{self.directory}/zserv.api", "--vty_socket", self.directory, "-P", "0", "--log",
            "stdout", "--log-level", "debug"])
        self.lab.agents.append(agent)
        return agent

    def _make_macvlan(self, router):
        family = 6 if ":" in router["addresses"][0] else 4
        dev = f"vrrp{family}"
        # Else eth0 speaks ARP for the macvlan's addresses, too, with its own MAC, Active or not.
        self.host.sysctl("net.ipv4.conf.all.arp_ignore", 1)
        self.host.sysctl("net.ipv4.conf.all.arp_announce", 2)
        self.host.ip(f"link add {dev} link eth0 address "
                     f"{frames.virtual_mac(router['vrid'], family)} type macvlan mode bridge")
        if family == 6:                            # else both sides spoke from one address
            self.host.ip(f"link set {dev} addrgenmode random")
        self.host.ip(*(f"address add {address} dev {dev}" for address in router["addresses"]),
                     f"link set {dev} up")

    def rejected(self):
        """Log lines about packets that it did not accept."""
        return [line for agent in self.lab.agents if agent.host is self.host
                for line in agent.log if re.search(REJECTED, line)]


def _vrrpd_text(it):
    """A router in FRR's words."""
    vrid = it["vrid"]
    lines = [f"vrrp {vrid} version {it.get('version', 3)}",
             f"vrrp {vrid} priority {it['priority']}",
             f"vrrp {vrid} advertisement-interval {round(seconds(it['interval']) * 1000)}"]
    lines += [f"vrrp {vrid} {'ipv6' if ':' in address else 'ip'} {address.partition('/')[0]}"
              for address in it["addresses"]]
    return "hostname vrrpd\ndebug vrrp packets\ninterface eth0\n " + "\n ".join(lines) + "\nexit\n"
