# SPDX-License-Identifier: MIT
"""Processes that come to life when those who started them are dead, and others are in their place:
between their fork and their first look anything may happen. tests/net/late.c makes them wait there."""

import os
import signal

import pytest

from agents import is_sanitized
from lab import wait_until
from pages import helper_program
from pages_judge import read_runs
from processes import children, freeze, name_of, thaw
from test_notify import (Recorder, entry, home, kill_at_once, rows, start,  # pylint: disable=unused-import
                         start_on)

pytestmark = pytest.mark.skipif(is_sanitized(), reason="sanitizers want to be loaded first")


def write(path, what):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(what))


def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


class Late:
    """Who stops at the first look; `env` is for a vipd."""

    def __init__(self, lab, who, when):
        self.path = lab.path("late")
        self.env = {"LD_PRELOAD": helper_program("late.so"), "LATE": self.path}
        write(self.path, f"{who} {when}")

    def wait(self, pids):
        """Waits for one of those to stop. pids: a function. Return: it."""
        def stopped():
            found = [pid for pid in pids() if is_stopped(pid)]
            return found and found[0]
        return wait_until(stopped, what="one that stops at its first look")

    def end(self):
        """From here on nobody stops."""
        os.unlink(self.path)


def test_notifier_that_is_late_leaves_all_to_that_of_the_next_vipd(lab, home):
    """Its keeper was alive when it looked first, and is dead; the journal is another vipd's."""
    gate, late = lab.path("gate"), Late(lab, "vipd-notifier", "after")
    action = Recorder(lab, body=f"[ -e {gate} ] || exit 1")
    told = [entry(action, deliver="current", on=["active"], retries=100)]
    one = start(lab, home, notify=told, env=late.env)
    one.wait_state("lan", "active")
    of_one = late.wait(lambda: one.notifier_pids)
    router_pid = one.router_pid
    one.kill_keeper()
    wait_until(lambda: not name_of(router_pid), what="the end of the router process")
    two = start_on(lab, one.host, home, notify=told, env=late.env)
    two.wait_state("lan", "active")
    of_two = late.wait(lambda: two.notifier_pids)
    late.end()
    os.kill(of_one, signal.SIGCONT)
    wait_until(lambda: not name_of(of_one), 20, "the end of the first one")
    assert rows(home, "SELECT 1 FROM deliveries") == []
    os.kill(of_two, signal.SIGCONT)
    wait_until(lambda: rows(home, "SELECT attempts > 0 FROM deliveries") == [(1,)],
               what="an attempt of the second one")
    write(gate, "")
    action.wait("active")


@pytest.mark.parametrize("when", ["before", "after"])
def test_warden_that_is_late_runs_nothing_beside_a_command_of_the_next_vipd(lab, home, when):
    """One that has yet to look sees that its parent is dead. One that has looked may begin with its
    command, as if it had done so in time: the next vipd waits for the end of that."""
    out, late = lab.path("pages.out"), Late(lab, "vipd-command", when)
    told = [{"command": [helper_program("pager"), out, "2000"], "on": ["active"], "retries": 3}]
    one = start(lab, home, notify=told, env=late.env)
    one.wait_state("lan", "active")
    warden = late.wait(lambda: [it for pid in one.notifier_pids for it in children(pid)])
    group = freeze(lab, warden)
    late.end()
    kill_at_once(one)
    two = start_on(lab, one.host, home, notify=told)
    two.wait_state("lan", "active")
    two.host.wait_adverts(20, since=lab.now())     # a second
    assert read_runs(out) == [] and name_of(warden)
    thaw(group)
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 30, "the end of all")
    assert not name_of(warden)
    *late_runs, again, of_two = read_runs(out)
    assert (again.event["repeat"], of_two.event["repeat"]) == (True, False) and again.ended
    assert all(when == "after" and run.key == again.key for run in late_runs)   # if it came so far
    assert all(run.alone for run in (*late_runs, again, of_two))
