# SPDX-License-Identifier: MIT
"""Leaving on purpose, for clients that resolve anew: a row per way to leave, family and successor.

Who resolves while both hosts answer may learn the leaver's MAC address, which is dead the moment
after. A client that knows the gateway loses nothing; one that forgets it every 5 ms no more than
between two questions; and who asks but once hears the successor again, soon behind the leaver's
last answer.
"""

import pytest

from forgetful import Forgetful
from lab import wait_until
from seldom import seldom
from test_leave import claimed, client, host, is_active, lost, pair, settings

BRIEF = 0.05                     # s: a question each 5 ms, and whatever else this machine does
SOON = 500_000_000               # ns: what is said last makes a successor announce once more
RETRANS_TIMER = 1_000_000_000    # ns: not so to a keepalived's, which says nothing (RFC 4861 §7.2.6)


class Pair:
    """gw1 that is Active and leaves, its successor, a client that knows the gateway's MAC address
    and another one that forgets it again and again."""

    def __init__(self, lab, successor, ipv6):
        self.lab, self.ipv6 = lab, ipv6
        self.keys = {"checksum": "rfc5798"} if successor == "keepalived" and not ipv6 else {}
        self.one, self.two = pair(lab, successor, ipv6)
        self.warm = client(lab, ipv6)
        self.vip = self.warm.target
        other = host(lab, "other", 101, ipv6)
        self.cold = lab.ping(other, self.vip, interval=0.001)
        self.cold.wait_answer()
        lab.at_close(Forgetful(other, self.vip).stop)

    def _configure(self, priority, **keys):
        self.one.configure(settings(priority, self.ipv6, **self.keys, **keys))
        done = self.one.reload()
        assert done.returncode == 0, done.stderr

    def stop(self):
        """SIGTERM."""
        assert self.one.term() == 0

    def drain(self):
        """vipctl drain."""
        self.one.ctl("drain", "lan")

    def lower_priority(self):
        """By a reload."""
        self._configure(50)

    def removal(self):
        """By a reload, too."""
        self._configure(150, name="other", vrid=52,
                        addresses=["2001:db8::9/64" if self.ipv6 else "192.0.2.9/24"])

    def restart(self):
        """Away, and back by preemption: then the successor is the leaver."""
        self.stop()
        self.one = self.lab.vipd(self.one.host, settings(150, self.ipv6, **self.keys))
        self.one.wait_state("lan", "active", timeout=15, family=6 if self.ipv6 else 4)
        self.one, self.two = self.two, self.one


WAYS = ["stop", "drain", "lower_priority", "removal", "restart"]
OFTEN = ("stop", "vipd", True), ("drain", "keepalived", False), ("restart", "vipd", True)
ROWS = [(pytest.param if (way, successor, ipv6) in OFTEN else seldom)(
            way, successor, ipv6, id=f"{way}-{successor}-{'IPv6' if ipv6 else 'IPv4'}")
        for way in WAYS for successor in ("vipd", "keepalived") for ipv6 in (False, True)]


@pytest.mark.long
@pytest.mark.parametrize("way, successor, ipv6", ROWS)
def test_leave_loses_no_ping_of_clients_that_resolve_anew(lab, way, successor, ipv6):
    it = Pair(lab, successor, ipv6)
    mark = lab.now()
    getattr(it, way)()
    wait_until(lambda: is_active(it.two) and not is_active(it.one), what="the address to move")
    it.two.host.wait_adverts(2, since=lab.now())
    if successor == "keepalived" and ipv6:
        # It announces before its kernel answers for a new IPv6 address: that is its own affair.
        peer = it.one if way == "restart" else it.two
        assert set(lost(it.warm, mark)) <= set(it.warm.lost_from(peer.host))
    else:
        assert lost(it.warm, mark) == []
    assert it.cold.longest_outage(mark) < BRIEF, "it lasts until the next question at most"
    last = max(claimed(it.one.host, it.vip, mark, to_all=False))
    soon = SOON + RETRANS_TIMER * (way == "restart" and successor == "keepalived" and ipv6)
    wait_until(lambda: any(last < ns < last + soon
                           for ns in claimed(it.two.host, it.vip, mark)), 3,
               "an announcement for who has learned the leaver's MAC address last")
