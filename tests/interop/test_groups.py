# SPDX-License-Identifier: MIT
"""A group of vipd's beside a sync group of keepalived's: whatever happens to either, all members
end on one side, and stay there; and what leaves on purpose loses no packet of either network.

Debian's keepalived (2.2.7, 2.2.8) knows no HMAC, so no row has one: the vectors of tests/unit and
the frames of tests/conformance stand for it.
"""

import itertools
import os
import shutil
import signal

import pytest

from agents import keepalived_config, router, seconds
from lab import wait_until
from processes import children
from test_interop import REALTIME

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not here")

SLACK = 0.5                      # s: what a busy machine may add to anything
CALM = 10                        # intervals for which nothing may change any more
PLACES = {51: ("lan", "eth0", "192.0.2.1/24"), 52: ("wan", "eth1", "198.51.100.1/24")}
GROUP = {"name": "gateway", "routers": ["lan", "wan"]}
TRACKED, WEIGHT = "eth2", -120   # an interface that only counts
PASSWORD = {"version": 2, "auth": {"type": "password", "password": "secret"}}


class Side:
    """One of the two groups, on a host of three segments."""

    def __init__(self, lab, kind, number, priority, **keys):
        self.lab, self.kind, self.keys = lab, kind, keys
        self.host = lab.host(f"gw{number}", f"192.0.2.{number + 1}/24", segment="lan")
        self.host.attach("wan", f"198.51.100.{number + 1}/24")
        self.host.attach("dmz", f"203.0.113.{number + 1}/24")
        self.priorities, self.agent = {51: priority, 52: priority}, None
        self.all_track = False                     # or only the second one

    def _routers(self):
        found = [router(self.priorities[vrid], name=name, interface=dev, vrid=vrid,
                        addresses=[address], **self.keys)
                 for vrid, (name, dev, address) in PLACES.items()]
        for it in found if self.all_track else found[1:]:
            it |= ({"extra": f"track_interface {{\n {TRACKED} weight {WEIGHT}\n }}"}
                   if self.kind == "keepalived" else
                   {"track": [{"interface": TRACKED, "weight": WEIGHT}]})
        return found

    def _text(self):
        return (keepalived_config(self._routers(), REALTIME) +
                "vrrp_sync_group gateway {\n group {\n  lan\n  wan\n }\n"
                " sync_group_tracking_weight\n}\n")

    def start(self):
        """Starts it, or starts it again."""
        if self.kind == "vipd":
            self.agent = self.lab.vipd(self.host, self._routers(), groups=[GROUP])
        else:
            self.agent = self.lab.keepalived(self.host, text=self._text())
            for name in GROUP["routers"]:
                self.agent.wait_log(rf"\({name}\) Entering BACKUP STATE")

    def stop(self):
        """Stops it as an operator does."""
        assert self.agent.term() == 0

    def die(self):
        """All of its processes at once."""
        self.agent.expected_to_live = False
        pids = [self.agent.pid, *children(self.agent.pid)]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                os.kill(pid, number)
        self.agent.process.wait(10)

    def reload(self, **priorities):
        """With these priorities, or the same file."""
        self.priorities |= {51: priorities.get("lan", self.priorities[51]),
                            52: priorities.get("wan", self.priorities[52])}
        if self.kind == "vipd":
            self.agent.configure(self._routers(), groups=[GROUP])
            done = self.agent.reload()
            assert done.returncode == 0, done.stderr
            return
        with open(self.lab.path(f"{self.host.name}-keepalived.conf"), "w", encoding="utf-8") as out:
            out.write(self._text())
        lines = len(self.agent.log)
        self.agent.process.send_signal(signal.SIGHUP)
        self.agent.wait_log("(?i)reload finished|Reloading", skip=lines)

    def holds(self):
        """How many of the addresses it has."""
        return sum(address in self.host.addresses(dev) for _, dev, address in PLACES.values())


class Groups:
    """high has the higher priority, and the lower addresses: priority alone must decide."""

    def __init__(self, lab, role, *, interval="200ms", low_keys=None, all_track=False, **keys):
        kinds = ("vipd", "keepalived") if role == "higher" else ("keepalived", "vipd")
        keys = {"interval": interval, **({} if "version" in keys else {"checksum": "rfc5798"}),
                **keys}
        self.lab, self.interval = lab, seconds(interval)
        self.high = Side(lab, kinds[0], 1, 200, **keys)
        self.low = Side(lab, kinds[1], 2, 100, **{**keys, **(low_keys or {})})
        self.sides = self.high, self.low
        self.ours = self.sides[kinds.index("vipd")]
        for it in self.sides:
            it.all_track = all_track
            it.start()
        self.settle(self.high)
        clients = [lab.host("client1", "192.0.2.100/24"),
                   lab.host("client2", "198.51.100.100/24", segment="wan")]
        self.pings = [lab.ping(client, address.partition("/")[0], interval=0.005)
                      for client, (_, _, address) in zip(clients, PLACES.values())]
        for ping in self.pings:
            ping.wait_answer()

    def speakers(self, since):
        """{VRID: the hosts that sent adverts, farewells apart, in their order}."""
        found = {vrid: [] for vrid in PLACES}
        for it in self.lab.capture.adverts(since=since):
            if it.priority and not it.lost and it.vrid in found:
                found[it.vrid].append(it.host)
        return found

    def settle(self, winner):
        """Waits until the winner alone has spoken for both for some time, and has the addresses."""
        begun = self.lab.now()

        def alone():
            now = self.lab.now() - int(CALM * self.interval * 1e9)
            return now >= begun and all(set(it) == {winner.host} and len(it) >= CALM - 2
                                        for it in self.speakers(now).values())

        wait_until(alone, 15 + 4 * CALM * self.interval, lambda _: "\n".join(
            side.agent.story(f"{winner.host} alone to speak for all members")
            for side in self.sides))
        wait_until(lambda: winner.holds() == len(PLACES), what="all of its addresses")
        states = {it["state"] for it in self.ours.agent.show()["routers"]} \
            if self.ours.agent.alive else set()
        assert len(states) <= 1 and (winner is self.ours) == (states == {"active"}), states

    def moves(self, winner, what, *args, loser=None, **keys):
        """What is done makes all members the winner's, and none is passed to and fro."""
        mark = self.lab.now()
        what(*args, **keys)
        self.settle(winner)
        for vrid, hosts in self.speakers(mark).items():
            changes = sum(a is not b for a, b in itertools.pairwise(hosts))
            # Both may speak for a moment: the last advert of the loser, and one that crossed it.
            assert changes <= 5, f"VRID {vrid}: {hosts}"
        if loser:
            wait_until(lambda: not loser.holds(), what=f"{loser.host} to let go of all")

    def stays(self, what, *args, **keys):
        """What is done changes nothing: not a ping is lost, and nobody else speaks."""
        mark = self.lab.now()
        what(*args, **keys)
        self.settle(self.high)
        assert {host for it in self.speakers(mark).values() for host in it} == {self.high.host}
        assert self.lost(mark) == [], self.ours.agent.log

    def lost(self, since):
        """The requests without an answer, of both clients."""
        return [sent for ping in self.pings for sent, fate in ping.fates(since) if not fate]


def rows(*names, roles=("higher", "lower")):
    """The rows of a test: of the matrix, and in which roles vipd plays them."""
    return pytest.mark.parametrize("row, role", [
        pytest.param(f"keepalived sync group: {name}", role, id=f"{name}-{role}")
        for name in names for role in roles])


@rows("death of the Active, and its return")
def test_death(lab, row, role):
    it = Groups(lab, role)
    it.moves(it.low, it.high.die)
    it.moves(it.high, it.high.start, loser=it.low)


@rows("stop, start and restart of the Active")
def test_stop(lab, row, role):
    it = Groups(lab, role)
    it.moves(it.low, it.high.stop, loser=it.high)
    it.moves(it.high, it.high.start, loser=it.low)
    it.high.stop()
    it.moves(it.high, it.high.start, loser=it.low)


@rows("stop, death and restart of the Backup")
def test_backup_goes_and_comes(lab, row, role):
    it = Groups(lab, role)
    for what in (it.low.stop, it.low.start, it.low.die, it.low.start):
        mark = lab.now()
        what()
        it.high.host.wait_adverts(2 * CALM, since=mark)
        assert {host for hosts in it.speakers(mark).values() for host in hosts} == {it.high.host}
        assert it.lost(mark) == []
    it.settle(it.high)


@rows("reload of the same, of either")
def test_reload_of_the_same(lab, row, role):
    it = Groups(lab, role)
    it.stays(it.low.reload)
    if it.high is it.ours:
        it.stays(it.high.reload)
    else:                                          # it may leave and come back, as a whole
        it.moves(it.high, it.high.reload, loser=it.low)


@rows("priority changed by a reload, and back")
def test_reload_of_the_priority(lab, row, role):
    it = Groups(lab, role)
    it.moves(it.low, it.high.reload, lan=50, wan=50, loser=it.high)
    it.moves(it.high, it.high.reload, lan=200, wan=200, loser=it.low)
    it.moves(it.low, it.low.reload, lan=250, wan=250, loser=it.high)


@rows("weight of one member, and back", "weight of all members, and back")
def test_weight(lab, row, role):
    """A weight of one counts for all of vipd's. Of keepalived's it leaves the other one better, and
    so all of them where they are: nobody claims half a group."""
    all_track = "all" in row
    it = Groups(lab, role, all_track=all_track)
    if role == "higher" or all_track:
        it.moves(it.low, lab.cut, it.high.host, silent=False, dev=TRACKED, loser=it.high)
        it.moves(it.high, lab.heal, it.high.host, dev=TRACKED, loser=it.low)
    else:
        it.stays(lab.cut, it.high.host, silent=False, dev=TRACKED)
        it.stays(lab.heal, it.high.host, dev=TRACKED)
        assert not [line for line in it.ours.agent.log if "deaf=" in line], "it hears that half"


@rows("priority of one of keepalived's members changed, and of the other")
def test_priorities_that_differ(lab, row, role):
    it = Groups(lab, role)
    if role == "higher":
        it.stays(it.low.reload, lan=250)
        it.moves(it.low, it.low.reload, wan=250, loser=it.high)
        it.moves(it.high, it.low.reload, lan=100, wan=100, loser=it.low)
    else:                                          # its reload begins anew, as a Backup
        it.moves(it.low, it.high.reload, lan=50, loser=it.high)
        it.moves(it.low, it.high.reload, wan=50, loser=it.high)
        it.moves(it.high, it.high.reload, lan=200, wan=200, loser=it.low)


@rows("interface of one member down, and up")
def test_interface_of_a_member(lab, row, role):
    it = Groups(lab, role)
    for dev in ("eth1", "eth0"):
        it.moves(it.low, lab.cut, it.high.host, silent=False, dev=dev, loser=it.high)
        it.moves(it.high, lab.heal, it.high.host, dev=dev, loser=it.low)
    lab.cut(it.low.host, silent=False, dev="eth1")
    mark = lab.now()
    it.settle(it.high)
    lab.heal(it.low.host, dev="eth1")
    it.settle(it.high)
    assert it.lost(mark) == []


@rows("leaving with overlap", "leaving with overlap, version 2 with a password", roles=["higher"])
def test_leave_loses_no_packet(lab, row, role):
    it = Groups(lab, role, **({"interval": "1s", **PASSWORD} if "password" in row else {}))
    mark = lab.now()
    it.moves(it.low, it.high.stop, loser=it.high)
    assert it.lost(mark) == [], it.ours.agent.log


@rows("drain and resume", "drain and resume, version 2 with a password",
      "drain and resume, keepalived with nopreempt", roles=["higher"])
def test_drain_and_resume(lab, row, role):
    """Who does not preempt is offered priority 0; both lose no packet."""
    it = Groups(lab, role, **({"interval": "1s", **PASSWORD} if "password" in row else {}),
                low_keys={"preempt": False} if "nopreempt" in row else {})
    mark = lab.now()
    it.moves(it.low, it.ours.agent.ctl, "drain", "gateway", loser=it.high)
    said = {advert.priority for advert in lab.capture.adverts(host=it.high.host, since=mark)}
    # Members of a sync group wait for each other, for longer than a router does: it may need both.
    assert 1 in said and (0 in said or "nopreempt" not in row), said
    it.moves(it.high, it.ours.agent.ctl, "resume", "gateway", loser=it.low)
    assert it.lost(mark) == [], it.ours.agent.log


@rows("drained as the Backup: the last resort", roles=["lower"])
def test_drained_backup_is_the_last_resort(lab, row, role):
    it = Groups(lab, role)
    it.stays(it.ours.agent.ctl, "drain", "gateway")
    it.moves(it.low, it.high.die)
    it.moves(it.high, it.high.start, loser=it.low)
    it.stays(it.ours.agent.ctl, "resume", "gateway")
