# SPDX-License-Identifier: MIT
"""Hooks, and who runs them, while another program takes the place of vipd, and while another
configuration does, and at the end: a router that is to leave waits for its commands all the same."""

import contextlib
import os
import signal
import time

import pytest

from agents import router
from generations import OWN, reload, replace
from hooks import Hook, assert_gone, before, begin, begin_reload, commands_of, configure, end, \
    end_reload, pair, see_removed, see_stopped, seconds_of, told, words
from lab import wait_until
from test_generations import Manager, extensions
from test_groups import wait_all
from test_notify import entry, home, kill_everything, rows  # pylint: disable=unused-import

OTHER = {"name": "other", "vrid": 77, "addresses": ["192.0.2.77/24"]}


def replace_all(own_binary):
    """Another file in the place of each program."""
    for name in ("vipd", "vipd-checker", "vipd-notifier"):
        replace(os.path.join(os.path.dirname(own_binary), name))


def configure_in_vain(agent, home, notify):
    """A configuration that no router process can go on with: the reload is refused."""
    agent.configure([router(150)], state_dir=home, user="root", notify=notify,
                    control="/nonexistent/directory/socket")


@contextlib.contextmanager
def standing_still(pid):
    """A process does nothing meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


# ---- another program ----

def test_drain_waits_for_its_hook_over_an_upgrade(lab, home, own_binary):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="30s"))
    command = begin(one, "lan")
    hook.wait_begun()
    replace_all(own_binary)
    reload(one)
    one.wait_log("upgrade=done")
    one.host.wait_adverts(20, since=lab.now())
    assert one.router()["state"] == "active" and not hook.ended_times
    hook.open()
    two.wait_state("lan", "active")
    end(command)
    assert words(one)[-1] == "ready" and len(hook.ended_times) == 1


def test_removal_by_the_reload_that_upgrades_waits_for_its_hook(lab, home, own_binary):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="30s"))
    replace_all(own_binary)
    configure(one, home, router(150, **OTHER), notify=[before(hook, timeout="30s")])
    command = begin_reload(one)
    hook.wait_begun()
    assert one.router()["state"] == "active"
    hook.open()
    see_removed(one, command)
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "removal"), ("ready", "removal")]
    assert len(hook.begun_times) == len(hook.ended_times) == 1


def test_upgrade_whose_configuration_is_refused_keeps_a_notifier(lab, home, own_binary):
    """Also when that one dies."""
    hook, page = Hook(lab), Hook(lab, "page")
    hook.open()
    page.open()
    entries = [before(hook, timeout="30s"), entry(page, on=["reload"])]
    one, two = pair(lab, home, *entries)
    replace_all(own_binary)
    configure_in_vain(one, home, entries)
    end_reload(begin_reload(one), status=1)
    one.wait_log("upgrade=done")
    wait_until(lambda: page.runs and page.runs[-1][3]["reload"] == "refused",
               what=lambda _: page.runs)
    [notifier] = one.notifier_pids
    os.kill(notifier, signal.SIGKILL)
    wait_until(lambda: one.notifier_pids not in ([], [notifier]), what="another notifier")
    end(begin(one, "lan"))
    two.wait_state("lan", "active")
    assert words(one)[-1] == "ready" and len(hook.ended_times) == 1


def test_hook_that_outlasts_an_upgrade_is_begun_again_and_waited_for(lab, home, own_binary):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="60s"))
    command = begin(one, "lan")
    hook.wait_begun()
    until = one.router()["drain_held_until"]
    replace_all(own_binary)
    reload(one)
    wait_until(lambda: len(hook.begun_times) == 2, timeout=20, what="it begins again")
    assert one.router()["state"] == "active"
    assert abs(seconds_of(one.router()["drain_held_until"]) - seconds_of(until)) < 0.1
    hook.open()
    two.wait_state("lan", "active")
    end(command)
    assert words(one)[-1] == "ready" and [run[2] for run in hook.runs] == [True]


# ---- another configuration ----

@pytest.mark.parametrize("timeout, again", [("60s", True), ("50s", False)])
def test_hook_that_outlasts_a_reload_is_begun_again_and_waited_for(lab, home, timeout, again):
    """One that has changed by then is another one."""
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="60s"))
    command = begin(one, "lan")
    hook.wait_begun()
    configure(one, home, router(150), router(150, **OTHER), notify=[before(hook, timeout=timeout)])
    reload(one)
    wait_until(lambda: len(hook.begun_times) == 2, timeout=20, what="it begins again")
    assert one.router()["state"] == "active" and not hook.ended_times
    hook.open()
    two.wait_state("lan", "active")
    end(command)
    assert words(one)[-1] == "ready" and [run[2] for run in hook.runs] == [again]


def drain(one, *_):
    end(begin(one, "lan"))


def stop(one, *_):
    one.expected_to_live = False
    os.kill(one.pid, signal.SIGTERM)
    see_stopped(one, None)


def wait_lowered(one):
    wait_until(lambda: ("ready", "priority") in told(one), what=lambda _: told(one))


@pytest.mark.parametrize("priority, leave", [(50, wait_lowered), (150, drain), (150, stop)])
def test_command_of_before_a_reload_that_hangs_delays_no_hook(lab, home, priority, leave):
    """The notifier of before would wait for it, and the next one for that."""
    hook, hung = Hook(lab), Hook(lab, "hung")
    hook.open()
    entries = [before(hook, timeout="3s"), entry(hung, timeout="1m", on=["active"])]
    one, two = pair(lab, home, *entries)
    hung.wait_begun()
    configure(one, home, router(priority), router(150, **OTHER), notify=entries)
    reload(one)
    leave(one)
    two.wait_state("lan", "active")
    assert len(hook.begun_times) == len(hook.ended_times) == 1
    wait_until(lambda: not one.alive or len(hung.begun_times) >= 2, what="the other one again")
    hung.open()


def test_resume_after_a_reload_ends_the_hook_of_before(lab, home):
    """The notifier that runs it reads no more."""
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="60s"))
    command = begin(one, "lan")
    hook.wait_begun()
    run = commands_of(one)
    configure(one, home, router(150), router(150, **OTHER), notify=[before(hook, timeout="60s")])
    reload(one)
    mark = lab.now()
    one.ctl("resume", "lan")
    assert_gone(run)
    assert lab.now() - mark < 5e9, "not at the end of its notifier"
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="nothing to run")
    assert one.router()["state"] == "active" and two.router()["state"] == "backup"
    assert len(hook.begun_times) == 1 and not hook.ended_times
    command.communicate(timeout=15)


@pytest.mark.long
def test_interrupt_of_the_whole_process_group_lets_a_long_hook_end(lab, home):
    """It is the keeper's: the notifier does not end behind its back."""
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="40s"))
    one.expected_to_live = False
    notifiers = one.notifier_pids
    os.killpg(one.pid, signal.SIGINT)
    [begun] = hook.wait_begun()
    wait_until(lambda: time.time() > begun + 9, timeout=15, what="longer than a notifier that ends")
    assert one.notifier_pids == notifiers and one.alive
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    assert len(hook.begun_times) == len(hook.ended_times) == 1


def test_answers_that_died_with_their_notifier_are_given_again(lab, home):
    """The keeper reads a few of what a dead process has said, and there are more."""
    hook = Hook(lab)
    many = [router(150, name=f"r{i}", vrid=i, addresses=[f"192.0.2.{10 + i}/24"])
            for i in range(1, 61)]
    one = lab.vipd(lab.host("gw1", OWN), many, state_dir=home, user="root",
                   notify=[before(hook, timeout="40s")])
    wait_all(one, "active")
    one.expected_to_live = False
    os.kill(one.pid, signal.SIGTERM)
    hook.wait_begun(60)
    with standing_still(one.pid):
        hook.open()
        wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="their ends")
        for pid in one.notifier_pids:
            os.kill(pid, signal.SIGKILL)
    mark = lab.now()
    see_stopped(one, None)
    assert lab.now() - mark < 20e9, "nobody waits until the deadline"
    assert len(hook.begun_times) == 60
    assert not [line for line in one.log if "hook_late" in line]


# ---- the end ----

def test_service_manager_is_asked_for_the_time_of_a_notifier_that_stands_still(lab, home):
    page, manager = Hook(lab), Manager(lab)
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[entry(page, on=["stop"])], env={"NOTIFY_SOCKET": manager.path})
    one.wait_state("lan", "active")
    one.expected_to_live = False
    with standing_still(one.notifier_pids[0]):
        os.kill(one.pid, signal.SIGTERM)
        wait_until(lambda: max(extensions(manager), default=0) > 10,
                   what=lambda _: manager.messages)
        assert one.alive
    page.open()
    see_stopped(one, None)
