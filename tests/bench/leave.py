# SPDX-License-Identifier: MIT
"""Planned work: what clients lose when the Active is stopped, comes back, and gives way to a Backup
that has become better (`vipctl drain`; keepalived has no such command, so it is told a lower
priority by a reload, as its users do).

Adverts are a second apart and the successor has the default priority 100: so its skew time is
0.6 s, which is what a leave costs whoever removes its address first. One client pings every
millisecond and knows the gateway's MAC address; another one forgets it every 5 ms, and asks again.
"""

import time

from agents import keepalived_config, router
from failover import BACKUP_PRIORITY, Unmeasured, network
from forgetful import Forgetful
from lab import wait_until

VIP = "192.0.2.1"
LIMIT = 12.0                     # s
CALM = 1.5                       # s: after each of the three


def settings(priority, ours):
    """A virtual router with adverts every second."""
    return [router(priority, interval="1s", checksum="rfc9568" if ours else "rfc5798")]


class Planned:
    """Two gateways with the same program; gw1 is Active, and two clients ping."""

    def __init__(self, lab, contender):
        self.lab, self.contender = lab, contender
        self.gw1, self.gw2 = (lab.host(f"gw{number - 1}", f"192.0.2.{number}/24")
                              for number in (2, 3))
        self.one = self.start(self.gw1, 150)
        wait_until(lambda: self.holds(self.gw1), LIMIT, "gw1 to be Active")
        self.start(self.gw2, BACKUP_PRIORITY)
        self.pings = [lab.ping(lab.host(f"client{i}", f"192.0.2.{100 + i}/24"), VIP,
                               interval=0.001) for i in range(2)]
        for ping in self.pings:
            ping.wait_answer()
        forgetful = Forgetful(self.pings[1].host, VIP)
        lab.at_close(forgetful.stop)
        time.sleep(CALM)
        if self.holds(self.gw2):
            raise Unmeasured("gw2 became Active by itself")

    def start(self, host, priority):
        """Starts the program on a host."""
        return self.contender.start(host, settings(priority, bool(self.contender.vipd)))

    @staticmethod
    def holds(host):
        """Whether the address is there."""
        return f"{VIP}/24" in host.addresses()

    def handed_over(self, do, to, other):
        """Lets something happen that moves the address. Return: {quantity: value}."""
        mark = self.lab.now()
        do()
        wait_until(lambda: self.holds(to) and not self.holds(other), LIMIT, f"{to} alone")
        time.sleep(CALM)
        values = {}
        for ping, who in zip(self.pings, ("", " of a client that resolves anew")):
            values[f"pings lost{who}"] = ping.lost(mark)
            values[f"longest gap{who}, ms"] = ping.longest_outage(mark) * 1e3
        return values

    def stop(self):
        """The Active is asked to leave."""
        return self.handed_over(self.one.term, self.gw2, self.gw1)

    def back(self):
        """It is started again, and preempts."""
        def do():
            self.one = self.start(self.gw1, 150)
        return self.handed_over(do, self.gw1, self.gw2)

    def drain(self):
        """It is to serve no more."""
        def lower():
            with open(self.gw1.lab.path(f"{self.gw1.name}-keepalived.conf"), "w",
                      encoding="ascii") as file:
                file.write(keepalived_config(settings(50, False), self.contender.extra))
            self.one.process.send_signal(1)        # SIGHUP
        do = (lambda: self.one.ctl("drain")) if self.contender.vipd else lower
        return self.handed_over(do, self.gw2, self.gw1)


def play_planned(contender, _count):
    """One of each. Return: {scenario: {quantity: value}}."""
    with network(f"{contender.title}, planned") as lab:
        pair = Planned(lab, contender)
        return {"planned stop": pair.stop(), "planned return": pair.back(),
                "planned drain": pair.drain()}
