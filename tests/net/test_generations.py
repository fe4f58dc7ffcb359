# SPDX-License-Identifier: MIT
"""Keeper and router process: crashes, reloads, upgrades, the last will, and leases.

What is promised: a new router process goes on where the last one stopped, and nobody outside
notices; when none can go on, the others learn it at once, and the address goes away with vipd.
"""

import contextlib
import os
import signal
import socket
import stat

import pytest

from generations import (OTHER, OWN, VIP, absent, crash, lifetime, reload, replace, start,
                         start_pair, write)
from lab import router, wait_until
from processes import sleeps_in_poll
from rtnetlink import AddressEvents
from timing import GAP_MS, keeps_rhythm

FOREVER = 2**32 - 1              # a lifetime
SOON_NS = 250_000_000            # for what takes milliseconds on a quiet machine
LATE_S = 1.0                     # a busy machine's allowance on top of a promised time


# ---- crashes ----

def test_crash_of_a_backup_changes_nothing(lab):
    one, two = start_pair(lab)
    before = two.router()
    mark = lab.now()
    crash(two)
    one.host.wait_adverts(10, mark)
    after = two.router()
    assert (after["state"], after["reason"]) == ("backup", before["reason"])
    assert after["counters"]["adverts_received"] > before["counters"]["adverts_received"] + 8
    assert not lab.capture.adverts(host=two.host)
    assert one.router()["counters"]["became_active"] == 1


def test_crash_recovers_with_the_last_good_configuration(lab):
    agent = start(lab)
    with open(agent.config, "w", encoding="utf-8") as file:
        file.write("routers = nonsense")
    keeps_rhythm(agent.host, lambda: crash(agent), attempts=2)
    assert agent.router()["counters"]["became_active"] == 1 and VIP in agent.host.addresses()
    assert agent.reload().returncode == 1, "the file is still broken"


def test_crash_does_not_undo_a_reload(lab):
    agent = start(lab)
    agent.configure([router(123)])
    reload(agent)
    crash(agent)
    assert agent.router()["priority"] == 123


def test_router_process_that_was_asked_to_leave_is_replaced(lab):
    """Stopping vipd is the keeper's business; a signal to its child is just another end."""
    agent = start(lab)
    mark, old = lab.now(), agent.kill_router(signal.SIGTERM)
    lab.capture.wait_advert(host=agent.host, since=mark, priority=0)
    agent.wait_log(f"router_pid={old} end=")
    agent.wait_state("lan", "active")
    wait_until(lambda: not absent(agent.host), what="the address to be back")


# ---- the keeper's end ----

@pytest.mark.parametrize("busy", range(3))
def test_terminated_during_a_reload(lab, busy):
    """At any moment of it: two processes, and none of them may leave an address behind."""
    host = lab.host("gw1", OWN)
    for delay_ms in range(busy, 15, 3):
        agent = lab.vipd(host, [router(254, interval="10ms")])
        agent.wait_state("lan", "active")
        agent.process.send_signal(signal.SIGHUP)
        until = lab.now() + delay_ms * 1_000_000
        wait_until(lambda: lab.now() >= until, every=0)
        mark = lab.now()
        assert agent.term() == 0, agent.story("it left in another way")
        assert host.addresses() == [OWN], agent.story(f"left behind after {delay_ms} ms")
        last = lab.capture.adverts(host=host, since=mark)
        assert last and last[-1].priority == 0, agent.story(f"no farewell after {delay_ms} ms")


def test_terminated_between_two_generations(lab):
    """The old one has already gone without a word, the new one has not begun: nobody is left."""
    agent = start(lab, router(254, interval="1s"))
    old = agent.kill_router(signal.SIGSTOP)
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(pids := agent.router_pids) == 2 and sleeps_in_poll(max(pids))
               and sleeps_in_poll(agent.pid), every=0.001, what="the new one to be ready")
    agent.kill_keeper(signal.SIGSTOP)
    os.kill(old, signal.SIGCONT)
    wait_until(lambda: old not in agent.router_pids, what="the old one to make room")
    mark = lab.now()
    agent.process.send_signal(signal.SIGTERM)
    agent.process.send_signal(signal.SIGCONT)
    agent.process.wait(10)
    assert agent.host.addresses() == [OWN], agent.story("left behind")
    assert lab.capture.wait_advert(timeout=1, host=agent.host, since=mark).priority == 0


# ---- reloads ----

def test_reload_in_backup_is_not_noticed(lab):
    one, two = start_pair(lab)
    before = two.router()
    mark = lab.now()
    reload(two)
    one.host.wait_adverts(10, mark)
    after = two.router()
    assert (after["state"], after["reason"]) == ("backup", before["reason"])
    assert after["counters"]["adverts_received"] > before["counters"]["adverts_received"] + 8
    assert not lab.capture.adverts(host=two.host)


def test_reload_answers_questions_all_the_time(lab):
    """The control socket is there, before, after and in between."""
    agent = start(lab)
    for _ in range(8):
        agent.process.send_signal(signal.SIGHUP)
        lines = len(agent.log)
        while not any("reload=done" in line for line in agent.log[lines:]):
            assert agent.router()["state"] == "active"


def test_reload_moves_the_control_socket(lab):
    """Nothing is left where it was; and clients that were let in stay in."""
    agent = start(lab)
    before = agent.control
    os.chmod(before, 0o666)
    agent.control = lab.path("moved.sock")
    agent.configure([router(150)])
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_ready()
    wait_until(lambda: not os.path.exists(before), what="the old socket to go")
    assert stat.S_IMODE(os.stat(agent.control).st_mode) == 0o666
    assert agent.router()["counters"]["became_active"] == 1


def test_control_socket_may_have_the_longest_path(lab):
    """And a reload and a crash are the same there as elsewhere."""
    longest = lab.path("s" * (103 - len(lab.path(""))))
    agent = lab.vipd(lab.host("gw1", OWN), [router(150)], wait=False, control=longest)
    agent.control = longest
    agent.wait_state("lan", "active")
    reload(agent)
    crash(agent)
    assert len(longest) == 103 and agent.router()["counters"]["became_active"] == 1


def test_reload_adds_an_address(lab):
    agent = start(lab, router(150, lease="off"))
    events = AddressEvents(agent.host)
    agent.configure([router(150, lease="off", addresses=[VIP, OTHER])])
    mark = lab.now()
    keeps_rhythm(agent.host, lambda: reload(agent), attempts=1, limit=1000)
    lab.capture.wait_arp(host=agent.host, gratuitous=True, spa="192.0.2.11")
    assert [event[1:] for event in events.seen(mark)] == [(True, OTHER)]
    assert lab.capture.wait_advert(host=agent.host, since=lab.now()).addresses == (
        "192.0.2.1", "192.0.2.11")
    assert agent.router()["counters"]["became_active"] == 1


def test_reload_removes_an_address(lab):
    agent = start(lab, router(150, lease="off", addresses=[OTHER, VIP]))
    events = AddressEvents(agent.host)
    agent.configure([router(150, lease="off")])
    mark = lab.now()
    keeps_rhythm(agent.host, lambda: reload(agent), attempts=1, limit=1000)
    assert [event[1:] for event in events.seen(mark)] == [(False, OTHER)]
    assert agent.host.addresses() == [OWN, VIP]
    assert lab.capture.wait_advert(host=agent.host,
                                   since=lab.now()).addresses == ("192.0.2.1",)


def second(**keys):
    """Another virtual router on the same interface."""
    return router(120, name="two", vrid=52, addresses=[OTHER], **keys)


def test_reload_adds_a_router(lab):
    """It starts as at a start: by listening first."""
    agent = start(lab)
    agent.configure([second(), router(150)])
    mark = lab.now()
    keeps_rhythm(agent.host, lambda: reload(agent), attempts=1)
    agent.wait_state("two", "active")
    assert lab.capture.adverts(host=agent.host, vrid=52)[0].ns - mark > 300_000_000
    assert agent.router()["counters"]["became_active"] == 1


@pytest.mark.parametrize("keys, field, value", [
    ({"priority": 120}, "priority", 120),
    ({"interval": "500ms"}, "interval_ms", 500),
    ({"checksum": "rfc5798"}, "checksum_form", "rfc5798"),
])
def test_reload_changes_what_adverts_say_at_once(lab, keys, field, value):
    """The next one comes at once, which with this interval would not be its turn."""
    one, two = start_pair(lab, interval="2s")
    one.configure([{**router(150, interval="2s"), **keys}])
    mark = reload(one)
    changed = lab.capture.wait_advert(host=one.host, since=mark, **{field: value})
    assert changed.ns - mark < 1_500_000_000
    assert changed is lab.capture.adverts(host=one.host, since=mark, **{field: value})[0]
    assert one.router()["state"] == "active" and two.router()["state"] == "backup"


def test_reload_of_a_backup_with_a_higher_priority_takes_over(lab):
    one, two = start_pair(lab)
    two.configure([router(200)])
    reload(two)
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    wait_until(lambda: absent(one.host) and not absent(two.host), what="the address to move")


# ---- another binary ----

@pytest.mark.parametrize("script, words, attempts", [
    ("exit 7", "exited with 7", 3),
    ("exec sleep 60", "not ready within 5 s", 1),
], ids=["exits", "hangs"])
def test_binary_that_does_not_start_is_refused(lab, own_binary, script, words, attempts):
    agent = start(lab)
    pid, answers = agent.router_pid, []
    replace(own_binary, script)
    keeps_rhythm(agent.host, lambda: answers.append(agent.reload()), attempts=attempts,
                 limit=GAP_MS if attempts > 1 else 350)
    assert answers[-1].returncode == 1 and words in answers[-1].stderr
    assert agent.router_pid == pid and agent.router()["counters"]["became_active"] == 1


# ---- storms ----

def test_storm_of_hangups_does_not_let_the_lease_end(lab):
    """Each generation must renew in time what the one before it had not renewed yet."""
    agent = start(lab, router(254, interval="1s"))
    events, until = AddressEvents(agent.host), lab.now() + 6_500_000_000
    while lab.now() < until:
        agent.process.send_signal(signal.SIGHUP)
        wait_until(lambda since=lab.now(): lab.now() > since + 100_000_000)
    assert not events.lost()
    assert not absent(agent.host)


# ---- leases ----

@pytest.mark.parametrize("lease, seconds", [("safe", 4), ("available", 9)])
def test_lease_is_as_long_as_asked_for(lab, lease, seconds):
    """Safe: it ends before a Backup's six seconds. Available: behind them."""
    owner = router("owner", interval="2s", lease=lease, extra_addresses=[OTHER])
    agent = start(lab, owner)
    wait_until(lambda: not absent(agent.host, OTHER), what=OTHER)
    assert seconds - 3 <= lifetime(agent.host, OTHER) <= seconds


def test_lease_that_is_off_never_ends(lab):
    """What it left is swept by the next one that starts."""
    agent = start(lab, router(254, lease="off"))
    assert lifetime(agent.host) == FOREVER
    agent.kill()
    assert lifetime(agent.host) == FOREVER
    agent = lab.vipd(agent.host, [router(1, interval="10s", addresses=[OTHER])])
    assert agent.host.addresses() == [OWN]
    assert "swept=yes" in agent.wait_log(VIP)


def test_lease_is_renewed(lab):
    """Longer than it lasts the address has never been away; and few adverts renew it."""
    agent = start(lab)
    events, mark = AddressEvents(agent.host), lab.now()
    agent.host.wait_adverts(55, mark)              # 5.5 s; a lease has 2 s, and up to 1.2 more
    assert 2 <= len(events.seen(mark)) <= 8 and not events.lost()
    assert 0 < lifetime(agent.host) <= 2


def test_lease_is_changed_by_a_reload(lab):
    agent = start(lab)
    for lease, longest in (("off", FOREVER), ("available", 2)):
        agent.configure([router(150, lease=lease)])
        reload(agent)
        wait_until(lambda most=longest: lifetime(agent.host) in (most, most - 1),
                   what=f"the lease to be {lease}")
    assert agent.router()["counters"]["became_active"] == 1


# ---- the service manager ----

class Manager:
    """A service manager: the messages that come to its socket."""

    def __init__(self, lab):
        self.path, self.messages = lab.path("notify"), []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)
        lab.at_close(self._socket.close)

    def read(self):
        """Takes what has come, into .messages."""
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self._socket.recv(4096).decode()
                self.messages.append(dict(line.split("=", 1) for line in text.splitlines()))

    def wait(self, word, skip=0):
        """Waits for a message with this assignment, after so many. Return: it, as a dictionary."""
        def arrived():
            self.read()
            name, value = word.split("=")
            return next((it for it in self.messages[skip:] if it.get(name) == value), None)

        return wait_until(arrived, what=lambda _: f"{word} in {self.messages}")


@pytest.mark.long
def test_service_manager_sees_that_there_is_no_standby(lab):
    manager = Manager(lab)
    agent = start(lab, env={"NOTIFY_SOCKET": manager.path})
    os.kill(agent.standby_pid, signal.SIGKILL)
    without = manager.wait("STATUS=1 active, 0 backup, 0 initialize, 0 fault, no standby")
    assert agent.standby_pid
    manager.wait("STATUS=1 active, 0 backup, 0 initialize, 0 fault",
                 skip=manager.messages.index(without))


def slow_leaver(lab, manager):
    """A vipd that was told to stop, and waits for a successor for longer than its unit would."""
    far = router(254, name="far", vrid=52, addresses=[OTHER], interval="40s", down_intervals=1)
    agent = start(lab, router(150), far, env={"NOTIFY_SOCKET": manager.path})
    agent.expected_to_live = False
    agent.process.terminate()
    manager.wait("STOPPING=1")
    return agent


def extensions(manager):
    """How long the manager was asked to wait, each time: seconds."""
    manager.read()
    return [int(it["EXTEND_TIMEOUT_USEC"]) / 1e6 for it in manager.messages
            if "EXTEND_TIMEOUT_USEC" in it]


def test_service_manager_is_asked_for_the_time_that_the_longest_interval_takes(lab):
    """A stop waits for a successor as long as one may need: with 40 s between adverts that is more
    than the half minute of the unit. It asks for a little each time, long before that has passed,
    and its watchdog is content."""
    manager = Manager(lab)
    agent = slow_leaver(lab, manager)
    wait_until(lambda: len(extensions(manager)) >= 1, what="the first one")
    asked = monotonic()
    wait_until(lambda: len(extensions(manager)) >= 5, timeout=20, what=lambda _: manager.messages)
    assert (monotonic() - asked) / 4 < min(extensions(manager)), manager.messages
    assert max(extensions(manager)) < 10, manager.messages
    assert all(it["WATCHDOG"] == "1" for it in manager.messages if "EXTEND_TIMEOUT_USEC" in it)
    agent.process.terminate()                      # who asks twice waits for nobody
    assert agent.wait_exit() == 0


@pytest.mark.long
def test_router_process_that_hangs_while_it_leaves_is_not_waited_for(lab):
    manager = Manager(lab)
    agent = slow_leaver(lab, manager)
    wait_until(lambda: extensions(manager), what="the time that it takes")
    os.kill(agent.router_pid, signal.SIGSTOP)
    assert agent.wait_exit(timeout=20) == 0
    agent.wait_log("last_will")
    assert VIP not in agent.host.addresses()


def test_service_manager_need_not_wait_longer_where_adverts_are_frequent(lab):
    manager = Manager(lab)
    agent = start(lab, env={"NOTIFY_SOCKET": manager.path})
    assert agent.term() == 0
    assert extensions(manager) and max(extensions(manager)) < 10, manager.messages


def test_service_manager_is_told(lab):
    manager = Manager(lab)
    agent = start(lab, env={"NOTIFY_SOCKET": manager.path})
    manager.wait("READY=1")
    assert [it for it in manager.messages if "READY" in it] == [{"READY": "1"}]
    manager.wait("STATUS=1 active, 0 backup, 0 initialize, 0 fault")
    assert all(("WATCHDOG" in it) == ("STATUS" in it) for it in manager.messages)
    for spoil in (lambda: None, lambda: write(agent.config, "")):
        spoil()
        told = len(manager.messages)
        agent.reload()
        reloading = manager.wait("RELOADING=1", skip=told)
        assert abs(int(reloading["MONOTONIC_USEC"]) / 1e6 - monotonic()) < 5
        manager.wait("READY=1", skip=manager.messages.index(reloading))
    told = len(manager.messages)
    manager.wait("WATCHDOG=1", skip=told)
    assert agent.term() == 0
    manager.wait("STOPPING=1")


def monotonic():
    """The clock of MONOTONIC_USEC in seconds."""
    with open("/proc/uptime", encoding="ascii") as uptime:
        return float(uptime.read().split()[0])
