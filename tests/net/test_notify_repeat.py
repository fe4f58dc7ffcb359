# SPDX-License-Identifier: MIT
"""What may have been told before says so, whatever has become of what was written down: it is lost,
damaged, another one, or was never there. What is told for the first time does not say it."""

import os
import shutil
import signal

import pytest

from generations import OWN, reload
from lab import router, wait_until
from test_notify import (FAST, Recorder, entry, home, kill_everything, rows,  # pylint: disable=unused-import
                         start, start_on)
from test_notify_store import small_home


def wait_runs(command, *expected):
    """Waits until it was told of those, a repetition with a star: in the environment and the event."""
    def told():
        runs = command.runs
        assert all(event["repeat"] is repeat for _, _, repeat, event in runs)
        return [on + "*" * repeat for _, on, repeat, _ in runs]
    wait_until(lambda: told() == list(expected), 20, lambda _: f"{list(expected)}; there is {told()}")


def wait_delivered(home):
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="the end of all")


def stop_notifier(agent):
    """What it has would be written once more, else, or its loss be found. Return: its pid."""
    [pid] = agent.notifier_pids
    os.kill(pid, signal.SIGSTOP)
    return pid


def begin(lab, home, **settings):
    """(a vipd that is Active, who was told so)"""
    command = Recorder(lab)
    one = start(lab, home, notify=[entry(command)], **settings)
    one.wait_state("lan", "active")
    wait_runs(command, "backup", "active")
    wait_delivered(home)
    return one, command


def remove(home):
    for name in os.listdir(home):
        os.unlink(f"{home}/{name}")


def damage(home):
    with open(f"{home}/vipd.db", "r+b") as file:
        file.write(b"x" * 100)
    for end in ("-wal", "-shm"):
        os.unlink(f"{home}/vipd.db{end}")


@pytest.mark.parametrize("lose", [remove, damage])
def test_pages_of_a_lost_store_are_marked_when_its_notifier_is_killed(lab, home, lose):
    one, command = begin(lab, home)
    pid = stop_notifier(one)
    lose(home)
    os.kill(pid, signal.SIGKILL)
    wait_runs(command, "backup", "active", "backup*", "active*")
    one.host.ip("link set eth0 down")
    wait_runs(command, "backup", "active", "backup*", "active*", "fault")


def test_pages_of_a_vipd_that_is_dead_are_marked_when_its_store_is_lost(lab, home):
    one, command = begin(lab, home)
    kill_everything(one)
    shutil.rmtree(home)
    os.mkdir(home)
    two = start_on(lab, one.host, home, notify=[entry(command)])
    two.wait_state("lan", "active")
    wait_runs(command, "backup", "active", "backup*", "active*", "backup", "active")


def test_pages_are_marked_in_another_directory_and_not_twice_there(lab, home):
    one, command = begin(lab, home)
    other = lab.path("other")
    os.mkdir(other, 0o755)

    def move(path):
        one.configure([router(150, **FAST)], state_dir=path, user="root", notify=[entry(command)])
        reload(one)
    move(other)
    told = ["backup", "active", "backup*", "active*"]
    wait_runs(command, *told)
    one.host.ip("link set eth0 down")
    wait_runs(command, *told, "fault")
    wait_delivered(other)
    move(home)                                     # which knows nothing of the fault
    wait_runs(command, *told, "fault", "fault*")
    move(other)
    one.host.ip("link set eth0 up")
    wait_runs(command, *told, "fault", "fault*", "backup", "active")


def test_pages_that_were_told_from_memory_are_marked(lab):
    gw = lab.host("gw1", OWN)
    home, command = small_home(lab, gw), Recorder(lab)
    gw.run("mount", "-o", "remount,ro", home)
    one = start_on(lab, gw, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    wait_runs(command, "backup", "active")
    pid = stop_notifier(one)
    gw.run("mount", "-o", "remount,rw", home)
    os.kill(pid, signal.SIGKILL)
    wait_runs(command, "backup", "active", "backup*", "active*")
    one.host.ip("link set eth0 down")
    wait_runs(command, "backup", "active", "backup*", "active*", "fault")


def test_page_that_waited_while_the_store_was_away_is_marked(lab):
    """It is in the store as not begun; then it is told from memory, by one that is killed."""
    gw, gate, go = lab.host("gw1", OWN), lab.path("gate"), lab.path("go")
    home = small_home(lab, gw)
    command = Recorder(lab, body=f'[ "$VIPD_ON" != backup ] || while [ ! -e {gate} ]; do sleep 0.05; done',
                       end=f"[ -e {go} ] || sleep 1000")
    one = start_on(lab, gw, home, notify=[entry(command, timeout="10m", retries=100)])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT word, attempts FROM deliveries ORDER BY id") ==
               [("backup", 1), ("active", 0)], what="one to be begun, and one to wait")
    aside = lab.path("aside")
    shutil.copytree(home, aside)
    with open(go, "w", encoding="utf-8"), open(gate, "w", encoding="utf-8"):
        pass
    wait_runs(command, "backup", "active")
    pid = stop_notifier(one)
    remove(home)
    for name in os.listdir(aside):                 # as if nothing had been written since
        shutil.copy(f"{aside}/{name}", home)
    os.kill(pid, signal.SIGKILL)
    wait_runs(command, "backup", "active", "backup*", "active*")


def test_action_that_is_taken_again_for_a_lost_store_is_marked(lab, home):
    action = Recorder(lab)
    one = start(lab, home, notify=[entry(action, deliver="current", on=["active", "fault"])])
    one.wait_state("lan", "active")
    wait_runs(action, "active")
    pid = stop_notifier(one)
    remove(home)
    os.kill(pid, signal.SIGKILL)
    wait_runs(action, "active", "active*")
    one.host.ip("link set eth0 down")
    wait_runs(action, "active", "active*", "fault")
