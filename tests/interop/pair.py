# SPDX-License-Identifier: MIT
"""Two agents of different makers, a client that pings their address, and what must hold.

All is seen on the wire: who sends adverts, who answers the client. So it is the same for an agent
that moves addresses between interfaces and one that switches an interface on.
"""

import contextlib
import itertools
import re

import dut
import packets
from frr import Frr
from agents import seconds
from lab import wait_until

SLACK = 0.5                      # s: what a busy machine may add to anything
FIRST = 20                       # s: nobody had it before, and nobody is in a hurry to start
CLIENT = 10                      # s: its kernel gives a silent neighbour up, and asks again
KINDS = {"vipd": dut.VipdUnderTest, "keepalived": dut.KeepalivedUnderTest, "frr": Frr}
KEEPALIVED_REJECTED = (r"(?i)\((lan|Line)\b.*(invalid|checksum|mismatch|ignor|incorrect)"
                       "|bogus")


class Side:
    """One of the two, on a host of its own."""

    def __init__(self, lab, row, kind, number, priority):
        self.lab, self.row = lab, row
        self.host = lab.host(f"gw{number + 1}", row.address(number), ipv6=row.variant.family == 6)
        self.agent = KINDS[kind](lab, self.host)
        self.settings = self._settings(number, priority)
        self._rejected = []

    def _settings(self, number, priority):
        """Of its router; it differs from the other's in its priority and its peer alone."""
        row, variant = self.row, self.row.variant
        own = variant.listed()                     # vipd puts the link-local address there itself
        addresses = own[-1:] if self.agent.name == "vipd" else own
        found = {"name": "lan", "interface": "eth0", "vrid": packets.VRID, "priority": priority,
                 "interval": row.interval,
                 "addresses": [f"{address}/{variant.prefix}" for address in addresses]}
        if variant.version == 2:
            found["version"] = 2
        elif variant.family == 4:                  # the form that these peers know
            found["checksum"] = "rfc5798"
        if row.unicast:
            found["unicast"] = {"peers": [row.source(1 - number)]}
        if row.virtual_mac:
            found["mac"] = "virtual"
        if row.password:
            found["auth"] = {"type": "password", "password": "secret"}
        return found

    def start(self):
        """Starts it, or starts it again."""
        self.agent.start([self.settings])

    def stop(self):
        """Stops it as an operator does."""
        self._rejected += self._counted()
        self.agent.agent.term()

    def _counted(self):
        """What a vipd has counted since its start."""
        if self.agent.name != "vipd":
            return []
        return [f"{path} = {number}" for path, number in self.agent.counters().items()
                if number and ("rejected" in path or path.endswith("noticed.checksum_form"))]

    def rejected(self):
        """What it did not accept in all its lives."""
        if self.agent.name == "frr":
            return self.agent.rejected()
        if self.agent.name == "vipd":
            return self._rejected + self._counted()
        return [line for agent in self.lab.agents if agent.host is self.host for line in agent.log
                if re.search(KEEPALIVED_REJECTED, line)]


class Pair:
    """high has the higher priority and the lower address: priority alone must decide."""

    def __init__(self, lab, row, high, low):
        self.lab, self.row, self.interval = lab, row, seconds(row.interval)
        self.high, self.low = Side(lab, row, high, 0, 150), Side(lab, row, low, 1, 100)
        self.sides = self.high, self.low
        self.client = lab.host("client", row.client, ipv6=row.variant.family == 6)
        family = f"ipv{row.variant.family}"        # it believes what it has heard for seconds only
        for key, value in (("base_reachable_time_ms", 1000), ("delay_first_probe_time", 1)):
            self.client.sysctl(f"net.{family}.neigh.eth0.{key}", value)
        self.ping, self.notes = None, []

    def adverts(self, since=0, host=None):
        """What reached the segment, farewells apart."""
        hosts = [host] if host else [side.host for side in self.sides]
        seen = (packets.vrrp_of(frame) for frame in self.lab.capture.frames(since)
                if frame.host in hosts and not frame.lost)
        return [it for it in seen if it and it.priority]

    @contextlib.contextmanager
    def handover(self, what, winner, *, none, both, excuse=""):
        """What happens in this block makes `winner` the one Active.

        what: a word for it. none: s for which nobody may speak or answer behind the interval.
        both: s for which the other one may go on to speak. excuse: why a client may have to find
        out by itself.
        """
        mark = self.lab.now()
        yield
        self.settle(winner)
        seen = self.adverts(mark)
        first = next(it.ns for it in seen if it.host is winner.host)
        overlap = max((it.ns - first for it in seen if it.host is not winner.host), default=0) / 1e9
        assert overlap <= both, f"{what}: both were Active for {overlap:.3f} s"
        silence = self.silence(mark)
        assert silence <= none + self.interval + SLACK, f"{what}: nobody spoke for {silence:.3f} s"
        outage = self.ping.longest_outage(mark)
        if excuse and none + SLACK < outage <= CLIENT:
            self.note(f"{what}: no answer for {outage:.1f} s: {excuse}")
        else:
            assert outage <= none + SLACK, f"{what}: no answer for {outage:.3f} s"

    def settle(self, winner):
        """Waits until the winner alone speaks, and sees that it alone answers the client."""
        def alone():
            mark = self.lab.now() - int(4 * self.interval * 1e9)
            return {it.host for it in self.adverts(mark)} == {winner.host} and len(
                self.adverts(mark)) >= 3

        wait_until(alone, 15 + 8 * self.interval, lambda _: winner.agent.agent.story(
            f"{winner.host} alone to speak, of {self.adverts(self.lab.now() - 2 * 10**9)}"))
        mark = self.lab.now()
        if not self.ping:
            self.ping = self.lab.ping(self.client, self.row.variant.vip, interval=0.02)
        wait_until(lambda: len(self.adverts(mark)) >= 3, 10, "adverts")
        self.ping.wait_answer(2 * CLIENT, since=mark)
        speak, answer = {it.host for it in self.adverts(mark)}, self.answering(mark)
        if any(side.agent.name == "frr" and side.host in answer - {winner.host}
               for side in self.sides):
            self.note("frr answers packets to the address as a Backup, too")
            answer = {winner.host}
        assert speak == answer == {winner.host}, \
            f"{speak} speak, {answer} answer, not {winner.host}"

    def note(self, text):
        """What a peer does, and the row shall tell."""
        if text not in self.notes:
            self.notes.append(text)

    def answering(self, since):
        """The hosts that answered the client."""
        vip = self.row.variant.vip
        seen = ((frame.host, packets.ip_of(frame)) for frame in self.lab.capture.frames(since))
        return {host for host, ip in seen if ip and ip.src == vip and ip.payload
                and (ip.proto, ip.payload[0]) in ((1, 0), (packets.IPPROTO_ICMPV6, 129))}

    def silence(self, since):
        """The longest time without an advert, counted from the last one before."""
        times = [it.ns for it in self.adverts()]
        times = [ns for ns in times if ns < since][-1:] + [ns for ns in times if ns >= since]
        return max((b - a for a, b in itertools.pairwise(times)), default=0) / 1e9

    def check_nothing_rejected(self):
        """Neither side has discarded a packet of the other."""
        found = {str(side.host): side.rejected() for side in self.sides}
        assert not any(found.values()), f"rejected: {found}"

    def slow(self, winner):
        """Why clients may wait for this one although it speaks; "" if they need not."""
        if winner.agent.name == "frr":
            return "frr's interface takes a second to come up"
        loser = next(side for side in self.sides if side is not winner)
        if self.row.virtual_mac and loser.agent.name == "keepalived":
            return ("keepalived answers its successor's announcement: the switch has the MAC at "
                    "the wrong port until the next advert")
        return ""

    def silent_heal(self):
        """Why clients may go on to ask the one that yields after a cut; "" if they are told."""
        high, low = (side.agent.name for side in self.sides)
        if low != "vipd":
            return f"{low} yields without a word, so nobody knows that it has announced"
        return "frr announces only when it becomes Active" if high == "frr" else ""

    def fault_of(self, kind):
        """What an agent was seen to do wrong on the wire, whatever the other does; or ""."""
        hosts = [side.host for side in self.sides if side.agent.name == kind]
        bad = [it for host in hosts for it in self.adverts(host=host) if it.form == "bad"]
        return f"{kind} sends a wrong checksum" if bad else ""
