# SPDX-License-Identifier: MIT
"""What a program holds that runs for long: memory, descriptors, children, sockets, files.

A keeper lives as long as nobody kills it, and is compared with itself; router processes follow
one another, and are compared with an early one of their gateway: a generation must not be larger
than the one before it, nor a standby than the one before it. All are counted right after a reload,
since a router process may keep what it adopted its state from.
"""

import os
import re

from lab import LabError, wait_until
from processes import children, open_files

MEMORY_KB = 256                  # allowance: the heap's top, pages that others stopped sharing
SOCKETS = ("packet", "raw", "netlink", "unix", "udp", "icmp")
PATIENCE_S = 5.0                 # an old generation's descriptors go with it, not before
LAB_FILES = r"vipd|vipctl|gw\d\.conf|gw\d-vipd-\d+\.log|capture-round-\d+\.pcapng"


def pss_kb(pid):
    """The proportional set size of a process in kB, but for files.

    Pages of programs and libraries are shared by a number of processes that changes all the time.
    """
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(map(int, re.findall(r"^Pss_(?:Anon|Shmem):\s+(\d+)", file.read(),
                                       re.MULTILINE)))


def sockets(pid):
    """{kind: number} of the sockets in the network namespace of a process, its peers' included."""
    counts = {}
    for kind in SOCKETS:
        with open(f"/proc/{pid}/net/{kind}", encoding="ascii") as file:
            counts[kind] = len(file.readlines()) - 1
    return counts


def holding(agent):
    """All that can be counted exactly, of the processes of a vipd."""
    router, _ = agent.router_pid, agent.standby_pid
    return {"keeper descriptors": open_files(agent.pid),
            "router descriptors": open_files(router),
            "children": len(children(agent.pid)), **sockets(router)}


class Leaks:
    """What was held after the warm-up, per gateway."""

    def __init__(self, gateways):
        self._gateways = gateways
        self._reload()
        self._held = {gw: holding(gw.agent) for gw in gateways}
        self._keepers = {}                         # gateway: (keeper's pid, its kB at first)
        self._routers = {gw: pss_kb(gw.agent.router_pid) for gw in gateways}
        self._standbys = {gw: pss_kb(gw.agent.standby_pid) for gw in gateways}
        self.largest_kb = {"keeper": 0, "router": 0, "standby": 0}     # growth
        self.note()

    def note(self):
        """At the end of each round: a keeper that is new is measured from here on."""
        for gateway in self._gateways:
            if self._keepers.get(gateway, (0, 0))[0] != gateway.agent.pid:
                self._keepers[gateway] = (gateway.agent.pid, pss_kb(gateway.agent.pid))

    def _reload(self):
        for gateway in self._gateways:
            gateway.reset()
            wait_until(lambda agent=gateway.agent: agent.standby_pid
                       and len(children(agent.pid)) == 2, PATIENCE_S,
                       f"{gateway} to have a router process and a standby")

    def complaints(self):
        """What has grown since the warm-up, in words."""
        self._reload()
        return [words for gateway in self._gateways
                for words in self._held_more(gateway) + self._grown(gateway)]

    def _held_more(self, gateway):
        want = self._held[gateway]
        try:
            wait_until(lambda: holding(gateway.agent) == want, PATIENCE_S,
                       lambda _: f"{gateway} to hold {want}, it holds {holding(gateway.agent)}")
        except (LabError, OSError) as error:
            return [str(error)]
        return []

    def _grown(self, gateway):
        agent = gateway.agent
        growth = {"keeper": pss_kb(agent.pid) - self._keepers[gateway][1],
                  "router": pss_kb(agent.router_pid) - self._routers[gateway],
                  "standby": pss_kb(agent.standby_pid) - self._standbys[gateway]}
        for who, kb in growth.items():
            self.largest_kb[who] = max(self.largest_kb[who], kb)
        return [f"{gateway}: the {who} grew by {kb} kB" for who, kb in growth.items()
                if kb > MEMORY_KB]


def stray_files(directory):
    """Files of the lab's directory that nobody should have made."""
    return [f"{name} is left in the lab's directory" for name in sorted(os.listdir(directory))
            if not re.fullmatch(LAB_FILES, name)]
