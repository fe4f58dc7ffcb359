# SPDX-License-Identifier: MIT
"""Commands that run before an Active leaves, where it is drained and leaves otherwise, too: once for
each time that it is to leave, however many have asked."""

import itertools
import os
import signal

import pytest

from agents import router
from generations import OWN, crash, reload
from hooks import Hook, ask_to_lower, ask_to_remove, ask_to_stop, assert_waits, before, begin, \
    draining, drains, end, end_reload, leaving, pair, see_lowered, see_stopped, told, words
from lab import wait_until
from seldom import seldom
from test_notify import home  # pylint: disable=unused-import

STOPPED = [("waits", "stop"), ("ready", "stop")]


# ---- asked for both ----

def test_drain_that_is_asked_while_a_stop_waits_runs_no_hook_twice(lab, home):
    hook, one, two, _ = leaving(lab, home, "stop")
    command = begin(one, "lan")
    wait_until(lambda: one.router()["drained"], what="the drain")
    one.host.wait_adverts(20, since=lab.now(), priority=150)
    assert not any("its priority is 1" in line for line in one.log), "it waits all the same"
    assert {"drained", "leaving"} <= set(one.router()["warnings"])
    assert "it is drained, and keeps its priority as long as" in one.ctl("check", check=False).stdout
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    command.communicate(timeout=20)
    assert len(hook.begun_times) == 1
    assert told(one) == [("waits", "stop"), ("ready", "stop")]


def test_stop_while_a_drain_waits_runs_no_hook_twice(lab, home):
    hook, one, two, command = draining(lab, home)
    ask_to_stop(one)
    one.host.wait_adverts(20, since=lab.now(), priority=150)
    assert words(one) == ["begins", "waits"]
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    command.communicate(timeout=20)
    assert len(hook.begun_times) == 1 and not told(one)
    one.wait_log("drain=ready")


def turns(agent):
    """What it has of drains, where the next process says what the one before said."""
    return [word for word, _ in itertools.groupby(words(agent))]


@pytest.mark.parametrize("preempt", [
    seldom(True, id="preempt"), pytest.param(False, id="no-preempt")])
def test_drain_that_is_asked_while_a_removal_waits_has_its_hook_when_that_is_off(lab, home, preempt):
    """The one before the removal was cut. Then the drain goes on: where no peer preempts, by an offer
    to leave."""
    hook = Hook(lab)
    entries = [before(hook, timeout="20s")]
    one, two = pair(lab, home, *entries, preempt=preempt)
    old = one.router_pid
    removal = ask_to_remove(one, home, entries)
    assert_waits(one, hook, "removal")
    drain = begin(one, "lan")
    wait_until(lambda: one.router()["drained"], what="the drain")
    one.host.wait_adverts(20, since=lab.now(), priority=150)
    assert len(hook.begun_times) == 1 and words(one) == ["begins"]
    [following] = [pid for pid in one.router_pids if pid != old]
    os.kill(following, signal.SIGKILL)
    end_reload(removal, status=1)
    hook.wait_begun(2)
    assert not hook.ended_times
    mark = lab.now()
    one.host.wait_adverts(20, since=mark)
    assert {it.priority for it in lab.capture.adverts(host=one.host, since=mark)} == {150}
    shown = one.router()
    assert (shown["state"], shown["drained"], shown["leave_before"]) == ("active", True, None)
    assert shown["drain_held_until"] and turns(one) == ["begins", "waits"]
    void, waits = one.wait_log("leave=void"), one.wait_log("drain=waits")
    assert one.log.index(void) < one.log.index(waits)
    hook.open()
    two.wait_state("lan", "active")
    assert drain.wait(timeout=20) == 0
    assert one.wait_state("lan", "backup")["effective_priority"] == 1
    assert told(one) == [("waits", "removal"), ("void", "removal")]
    assert turns(one) == ["begins", "waits", "ready"] + ["offers"] * (not preempt)
    assert len(hook.begun_times) == 2 and len(hook.ended_times) == 1


# ---- told to stop when it is drained ----

@pytest.mark.parametrize("between", [None, reload, seldom(crash)])
def test_drained_router_stops_without_a_second_run(lab, home, between):
    """Though nobody has relieved it: what was to be done before it leaves is done."""
    hook = Hook(lab)
    hook.open()
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[before(hook, timeout="1m")])
    one.wait_state("lan", "active")
    assert "no other host has taken over" in one.ctl("drain", "lan", check=False).stderr
    if between:
        between(one)
        assert one.wait_state("lan", "active")["effective_priority"] == 1
    assert one.term() == 0
    assert len(hook.begun_times) == 1 and not told(one)


@pytest.mark.parametrize("way", ["removal", "priority", seldom("drain")])
def test_drained_router_does_without_a_second_run_whatever_is_asked(lab, home, way):
    hook = Hook(lab)
    hook.open()
    entries = [before(hook, timeout="1m")]
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=entries)
    one.wait_state("lan", "active")
    one.ctl("drain", "lan", check=False)
    if way == "removal":
        end_reload(ask_to_remove(one, home, entries))
    elif way == "priority":
        ask_to_lower(one, home, entries)
    else:
        one.ctl("drain", "--for", "1m", "lan", check=False)
    if way != "removal":
        one.host.wait_adverts(20, since=lab.now(), priority=1)
        shown = one.router()
        assert (shown["state"], shown["drained"], shown["leave_before"]) == ("active", True, None)
    assert len(hook.begun_times) == 1 and not told(one)


def drained_as_backup(lab, home, hook):
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(200)])
    two.wait_state("lan", "active")
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[before(hook, timeout="20s")])
    wait_until(lambda: one.router()["active_address"], what="a Backup that hears")
    assert end(begin(one, "lan")).startswith("lan: drained, backup\n")
    assert not hook.begun_times and words(one) == ["begins"]
    return one, two


def drained_as_active(lab, home, hook):
    hook.open()
    one, two = pair(lab, home, before(hook, timeout="20s"))
    end(begin(one, "lan"))
    two.wait_state("lan", "active")
    assert len(hook.begun_times) == 1
    hook.shut()
    return one, two


@pytest.mark.parametrize("between", [None, seldom(reload), seldom(crash)])
@pytest.mark.parametrize("drained", [drained_as_backup, drained_as_active])
def test_drained_router_that_has_become_active_runs_its_hook_before_a_stop(lab, home, drained,
                                                                           between):
    """Nothing has run since it serves: what it does is to be done anew. It is the last resort
    meanwhile, as before."""
    hook = Hook(lab)
    one, two = drained(lab, home, hook)
    if between:
        between(one)
    runs = len(hook.begun_times)
    mark = lab.now()
    two.kill()
    one.wait_state("lan", "active")
    ask_to_stop(one)
    hook.wait_begun(runs + 1)
    one.host.wait_adverts(20, since=lab.now())
    shown = one.router()
    assert (shown["state"], shown["drained"], shown["leave_before"]) == ("active", True, "stop")
    assert shown["effective_priority"] == 1 and len(hook.ended_times) == runs
    hook.open()
    see_stopped(one, None)
    assert len(hook.begun_times) == len(hook.ended_times) == runs + 1
    said = [it.priority for it in lab.capture.adverts(host=one.host, since=mark)
            if it.ns / 1e9 < hook.ended_times[-1]]
    assert len(said) > 20 and set(said) == {1}
    assert told(one) == STOPPED


# ---- resumed ----

def test_resume_takes_no_stop_back(lab, home):
    hook, one, two, _ = leaving(lab, home, "stop")
    one.ctl("resume", "lan")
    assert_waits(one, hook, "stop")
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "stop"), ("ready", "stop")] and not drains(one)


def test_stop_waits_anew_when_the_drain_is_resumed_whose_hook_it_had(lab, home):
    """That one was cut: what was to be done before it leaves is not done."""
    hook, one, two, command = draining(lab, home)
    ask_to_stop(one)
    one.host.wait_adverts(5, since=lab.now(), priority=150)
    one.ctl("resume", "lan")
    assert_waits(one, hook, "stop", times=2)
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    command.communicate(timeout=20)
    assert len(hook.ended_times) == 1 and told(one) == [("waits", "stop"), ("ready", "stop")]


def test_resume_of_a_router_that_waits_for_a_lower_priority_changes_nothing(lab, home):
    hook, one, two, _ = leaving(lab, home, "priority", "30s")
    until = one.router()["leave_held_until"]
    done = one.ctl("resume", "lan")
    assert (done.stdout, done.stderr) == ("lan: was not drained, active\n", "")
    assert_waits(one, hook, "priority")
    assert one.router()["leave_held_until"] == until
    hook.open()
    see_lowered(one, None)
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "priority"), ("ready", "priority")] and not drains(one)
    assert len(hook.begun_times) == len(hook.ended_times) == 1
