# SPDX-License-Identifier: MIT
"""From a router's becoming Active to the start of the command that tells somebody: vipd's notify,
keepalived's notify_master.

The routers of one host hear a better one once, and then nobody. Each is Active a moment later: its
first advert at the switch is when, by the kernel's clock there; its command says when it was begun
(tests/net/pager.c). vipd has written down by then, on the disk, what is to be told to whom.
"""

import os

from agents import router
from failover import ACTIVE_DOWN, INTERVAL, LIMIT, Unmeasured, network
from frames import Probe
from lab import wait_until
from pages import helper_program
from pages_judge import read_runs

ROUNDS = {1: 5, 200: 1}          # changes in a trial, by the number of routers


def name(i):
    """Of a router."""
    return f"r{i + 1}"


def address(i):
    """Its virtual address."""
    return f"192.0.2.{i + 10}"


class Pagers:
    """A host whose routers tell somebody, each into a file of its own."""

    def __init__(self, lab, contender, count):
        self.lab, self.count, self.capture = lab, count, lab.capture
        self.checksum = "rfc9568" if contender.vipd else "rfc5798"
        self.host, self.peer = lab.host("gw1", "192.0.2.2/24"), Probe(lab.host("peer"))
        program, more, settings = helper_program("pager"), "", {}
        if contender.vipd:
            os.mkdir(lab.path("state"), 0o755)
            settings = {"state_dir": lab.path("state"), "user": "root"}
            keys = [{"notify": [{"command": [program, self.path(i), "0"], "on": ["active"]}]}
                    for i in range(count)]
        else:
            more = "global_defs {\n  script_user root\n}\n"
            keys = [{"extra": f'notify_master "{program} {self.path(i)} 0"'}
                    for i in range(count)]
        # Debian's keepalived knows the other form of a checksum alone.
        contender.start(self.host, [
            router(name=name(i), vrid=i + 1, interval=f"{INTERVAL * 1000:g}ms",
                   addresses=[f"{address(i)}/24"], **keys[i]) for i in range(count)],
                        more, **settings)
        self.wait_told(1, 3 * LIMIT)

    def path(self, i):
        """What the command of a router writes."""
        return self.lab.path(f"pages-{name(i)}")

    def wait_told(self, times, limit):
        """Waits until the command of each has been run so often."""
        wait_until(lambda: all(len(read_runs(self.path(i))) == times for i in range(self.count)),
                   limit, "a page for each", every=0.05)

    def change(self, times):
        """All become Backup, and Active again: for the times-th time. Return: {quantity: value}."""
        mark = self.lab.now()
        for i in range(self.count):
            self.peer.advert("192.0.2.254", vrid=i + 1, priority=200, interval=int(INTERVAL * 100),
                             addresses=[address(i)], checksum=self.checksum)
        self.wait_told(times, LIMIT + ACTIVE_DOWN)
        if lost := self.capture.dropped():
            raise Unmeasured(f"the capture lost {lost} frames")
        behind = []
        for i in range(self.count):
            heard = self.capture.adverts(mark, self.host, vrid=i + 1)
            advert = next((it for it in heard if it.ns > mark + INTERVAL * 1e9), None)
            if advert is None:
                raise Unmeasured(f"no advert of {name(i)}")
            behind.append((read_runs(self.path(i))[-1].began - advert.ns) / 1e6)
        behind.sort()
        if self.count == 1:
            return {"command behind the advert": behind[0]}
        return {"commands behind their adverts, median": behind[self.count // 2],
                "commands behind their adverts, last": behind[-1]}


def play_notify(contender, count):
    """A trial. Return: [{quantity: ms}, ...], one for each change."""
    with network(f"{contender.title}, commands of {count}") as lab:
        pagers = Pagers(lab, contender, count)
        return [pagers.change(times + 2) for times in range(ROUNDS[count])]
