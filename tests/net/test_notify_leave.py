# SPDX-License-Identifier: MIT
"""Commands that run before an Active leaves on purpose otherwise than by a drain: vipd is told to
stop, a reload does without the router, or gives it a lower priority. It serves as before until they
have ended, and never longer than their timeout and a second."""

import json
import os
import re
import signal

import pytest

from agents import router
from generations import OWN, absent, crash, reload
from hooks import ASK, SEE, Hook, HooksOfGroup, ask_to_lower, ask_to_remove, ask_to_stop, \
    assert_gone, assert_waits, before, begin_reload, commands_of, configure, end_reload, leaving, \
    pair, see_lowered, see_stopped, seconds_of, told, wait_delivered
from lab import wait_until
from processes import name_of
from seldom import seldom
from test_generations import Manager, extensions
from test_groups import GROUP, held, members, states, wait_all
from test_groups import host as host_of_groups
from test_leave import client, lost
from test_notify import Recorder, entry, home, rows  # pylint: disable=unused-import
from timing import MANY

WAYS = pytest.mark.parametrize("way", ASK)


# ---- to its end ----

@WAYS
def test_hook_runs_to_its_end_before_the_address_is_ceded(lab, home, way):
    environment = lab.path("environment")
    hook = Hook(lab, end=f"echo \"$VIPD_BEFORE\" >>{environment}\nexit 0")
    entries = [before(hook, timeout="20s")]
    one, two = pair(lab, home, *entries)
    ping = client(lab, False)
    mark = lab.now()
    asked = ASK[way](one, home, entries)
    assert_waits(one, hook, way)
    [waits] = [it for it in map(json.loads, one.ctl("events", "--json").stdout.splitlines())
               if it["kind"] == "leave"]
    assert (waits["leave"], waits["before"], waits["router"]) == ("waits", way, "lan")
    assert "leaving" in one.router()["warnings"]
    check = one.ctl("check", check=False).stdout
    assert "keeps its priority until the commands before that" in check
    assert ("stopping: " in check) == (way == "stop") and "no_standby" not in check
    why = one.ctl("why", "lan", check=False).stdout
    assert "waits for the commands before it" in why and "Wait for the commands, or" in why
    hook.open()
    two.wait_state("lan", "active")
    SEE[way](one, asked)
    two.host.wait_adverts(5, since=lab.now(), vrid=51)
    ping.stop()
    assert not lost(ping, mark), one.log
    assert told(one) == [("waits", way), ("ready", way)]
    [ended] = hook.ended_times
    [first, *_] = lab.capture.adverts(host=two.host, since=mark)
    assert hook.begun_times[0] <= ended <= first.ns / 1e9
    [(_, on, repeat, event)] = hook.runs
    assert (on, repeat) == ("drain", False)
    assert (event["kind"], event["leave"], event["before"]) == ("leave", "waits", way)
    assert event["router"] == "lan" and event["wait_ms"] > 19000
    with open(environment, encoding="ascii") as file:
        assert file.read().split() == [way]
    wait_delivered(home)
    leaves = "SELECT count(*) FROM events WHERE json LIKE '%\"kind\": \"leave\"%'"
    wait_until(lambda: rows(home, leaves) == [(2,)],
               what="both in the history")
    assert absent(one.host)


def test_stop_with_a_hook_loses_no_ping_to_keepalived(lab, home):
    hook = Hook(lab)
    keys = {"checksum": "rfc5798"}
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **keys)], state_dir=home, user="root",
                   notify=[before(hook, timeout="20s")])
    one.wait_state("lan", "active")
    two = lab.keepalived(lab.host("gw2", "192.0.2.3/24"), [router(100, **keys)])
    two.wait_log("Entering BACKUP STATE")
    ping = client(lab, False)
    mark = lab.now()
    ask_to_stop(one)
    assert_waits(one, hook, "stop")
    hook.open()
    see_stopped(one, None)
    two.host.wait_adverts(5, since=lab.now())
    ping.stop()
    assert not lost(ping, mark), one.log
    assert told(one) == [("waits", "stop"), ("ready", "stop")]


@pytest.mark.parametrize("way", ["stop", seldom("removal"), seldom("priority")])
def test_hook_that_fails_or_cannot_be_run_is_told_and_it_leaves(lab, home, way):
    failing, missing = Hook(lab, "failing", "echo quorum is lost >&2; exit 3"), Hook(lab, "missing")
    failing.open()
    missing.write("#!/no/such/interpreter")            # a reload refuses one that is not there
    entries = [before(failing), before(missing)]
    one, two = pair(lab, home, *entries)
    SEE[way](one, ASK[way](one, home, entries))
    two.wait_state("lan", "active")
    line = one.wait_log("quorum is lost")
    assert f"of={way}/lan" in line and "exit status 3: quorum is lost: " in line
    assert {"stop": "vipd stops", "removal": "the router is removed",
            "priority": "the priority is lowered"}[way] + " all the same" in line
    one.wait_log(f"note=\"{missing.path}: .* all the same")
    assert told(one) == [("waits", way), ("hook_failed", way)]
    assert len(failing.begun_times) == 1, "it is not tried again"
    wait_delivered(home)


@pytest.mark.parametrize("way", [seldom("stop"), "removal", "priority"])
def test_it_leaves_when_the_time_of_a_hook_has_passed(lab, home, way):
    hook = Hook(lab)
    entries = [before(hook, timeout="1s")]
    one, two = pair(lab, home, *entries)
    SEE[way](one, ASK[way](one, home, entries))
    two.wait_state("lan", "active")
    assert "no end within 1000 ms, killed" in one.wait_log("notify=hook_failed")
    assert told(one) == [("waits", way), ("hook_failed", way)], "at its timeout, not a second later"
    assert len(hook.begun_times) == 1 and not hook.ended_times


@pytest.mark.parametrize("how", ["overlap", "gap"])
def test_it_leaves_as_soon_as_the_hook_has_ended(lab, home, how):
    """Not with the next advert, or sign of life."""
    hook = Hook(lab)
    slow = router(150, interval="3s", leave=how)
    one = lab.vipd(lab.host("gw1", OWN), [slow], state_dir=home, user="root",
                   notify=[before(hook, timeout="20s")])
    lab.leave_to(slow)
    one.wait_state("lan", "active")
    ask_to_stop(one)
    hook.wait_begun()
    mark = lab.now()
    hook.open()
    ready = seconds_of(one.wait_log("leave=ready").split(" ")[0])
    farewell, *_ = one.host.wait_adverts(1, since=mark, priority=0)
    assert farewell.ns / 1e9 - ready < 0.1
    assert one.leave_at_once() == 0 and absent(one.host)


def test_hook_begins_at_once_however_rare_adverts_are(lab, home):
    """Not with the next advert."""
    hook = Hook(lab)
    slow = router(150, interval="2s")
    one = lab.vipd(lab.host("gw1", OWN), [slow], state_dir=home, user="root",
                   notify=[before(hook, timeout="20s")])
    lab.leave_to(slow)
    one.wait_state("lan", "active")
    advert = one.host.wait_adverts(1, since=lab.now(), vrid=51)[-1]
    ask_to_stop(one)
    [begun] = hook.wait_begun()
    assert begun - advert.ns / 1e9 < 1.5
    hook.open()
    one.wait_log("leave=ready")
    assert one.leave_at_once() == 0 and told(one) == [("waits", "stop"), ("ready", "stop")]


def test_gap_waits_for_the_hook_too(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="20s"), leave="gap")
    ask_to_stop(one)
    assert_waits(one, hook, "stop")
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "stop"), ("ready", "stop")] and absent(one.host)


@pytest.mark.campaign
def test_removal_that_has_no_time_for_a_successor_has_it_for_the_hook(lab, home):
    """With adverts so far apart a reload waits for nobody to come: it leaves a gap, behind the hook."""
    hook = Hook(lab)
    entries = [before(hook, timeout="20s")]
    slow = router(150, version=2, interval="60s")
    one = lab.vipd(lab.host("gw1", OWN), [slow], state_dir=home, user="root", notify=entries)
    lab.leave_to(slow, version=2, interval=60)
    one.wait_state("lan", "active")
    command = ask_to_remove(one, home, entries)
    hook.wait_begun()
    assert one.router()["leave_before"] == "removal" and not absent(one.host)
    hook.open()
    end_reload(command)
    one.wait_log("leave=ready")                        # the next process may be the one to log it
    assert told(one) == [("waits", "removal"), ("ready", "removal")] and absent(one.host)


def test_router_that_becomes_another_one_is_removed_behind_its_hook(lab, home):
    hook = Hook(lab)
    entries = [before(hook, timeout="20s")]
    one, two = pair(lab, home, *entries)
    configure(one, home, router(150, vrid=53, addresses=["192.0.2.9/24"]), notify=entries)
    command = begin_reload(one)
    assert_waits(one, hook, "removal")
    hook.open()
    end_reload(command)
    two.wait_state("lan", "active")
    one.wait_state("lan", "active")
    one.wait_log("leave=ready")
    assert told(one) == [("waits", "removal"), ("ready", "removal")] and absent(one.host)


def test_group_leaves_when_all_hooks_have_ended(lab, home):
    hooks = HooksOfGroup(lab)
    one = hooks.start(lab, home)
    ask_to_stop(one)
    hooks.open_all_but_one()
    one.host.wait_adverts(MANY, since=lab.now())
    assert {(it["state"], it["leave_before"]) for it in one.show()["routers"]} == {
        ("active", "stop")}, "one is missing"
    hooks.open()
    see_stopped(one, None)
    wait_all(hooks.two, "active")
    assert not held(one)
    assert told(one) == [("waits", "stop"), ("ready", "stop")], "one of them for all"
    assert hooks.begun() == {"host": 2, "lan": 1, "wan": 1, "group": 1}


def test_both_families_of_a_router_have_one_run(lab, home):
    hook = Hook(lab)
    keys = {"addresses": ["192.0.2.1/24", "2001:db8::1/64"]}
    gw = lab.host("gw1", OWN, "2001:db8::2/64", ipv6=True)
    one = lab.vipd(gw, [router(150, **keys)], state_dir=home, user="root",
                   notify=[before(hook, timeout="20s")])
    wait_all(one, "active")
    ask_to_stop(one)
    assert_waits(one, hook, "stop")
    assert {(it["family"], it["state"], it["leave_before"]) for it in one.show()["routers"]} == {
        (4, "active", "stop"), (6, "active", "stop")}
    hook.open()
    see_stopped(one, None)
    assert told(one) == [("waits", "stop"), ("ready", "stop")] and len(hook.begun_times) == 1


def test_stop_of_many_routers_runs_a_hook_for_each(lab, home):
    """More than there are places: those that wait for one share the time."""
    hook = Hook(lab)
    hook.open()
    many = [router(150, name=f"r{i}", vrid=i, addresses=[f"192.0.2.{100 + i}/24"])
            for i in range(1, 71)]
    one = lab.vipd(lab.host("gw1", OWN), many, state_dir=home, user="root",
                   notify=[before(hook, timeout="1m")])
    wait_all(one, "active")
    ask_to_stop(one)
    see_stopped(one, None)
    assert sorted(it["router"] for *_, it in hook.runs) == sorted(it["name"] for it in many)
    assert not [line for line in one.log if "hook_failed" in line]
    assert not [it for it in one.host.addresses() if it != OWN]


# ---- who does not wait ----

def test_backup_stops_at_once(lab, home):
    hook = Hook(lab)
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(200)])
    two.wait_state("lan", "active")
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[before(hook, timeout="1m")])
    wait_until(lambda: one.router()["active_address"], what="a Backup that hears")
    assert one.term() == 0
    assert not hook.begun_times and not told(one)


def test_fault_and_weight_run_no_hook(lab, home):
    """Nobody has planned those."""
    hook, flag = Hook(lab), lab.path("flag")
    with open(flag, "w", encoding="ascii"):
        pass
    one, two = pair(lab, home, before(hook, timeout="1m"))
    one.configure([router(150, track=[{"check": "flag", "weight": -100}])], state_dir=home,
                  user="root", notify=[before(hook, timeout="1m")],
                  checks=[{"name": "flag", "file": flag, "interval": "50ms", "rise": 1, "fall": 1}])
    reload(one)
    os.unlink(flag)
    two.wait_state("lan", "active")
    with open(flag, "w", encoding="ascii"):
        pass
    one.wait_state("lan", "active")
    one.host.ip("link set eth0 down")
    two.wait_state("lan", "active")
    assert not hook.begun_times and not told(one)


def test_router_that_is_removed_while_others_of_its_group_go_on_runs_no_hook(lab, home):
    """They serve: it gives them none of its priority, and nobody is to take over."""
    hook = Hook(lab)
    setting = {"state_dir": home, "user": "root", "notify": [before(hook, timeout="1m")]}
    one = lab.vipd(host_of_groups(lab, "gw1", 2), members(200, "lan", "wan", "dmz"),
                   groups=[{**GROUP, "routers": ["lan", "wan", "dmz"]}], **setting)
    wait_all(one, "active")
    one.configure(members(200), groups=[GROUP], **setting)
    reload(one)
    assert states(one) == {"lan": "active", "wan": "active"}
    assert len(held(one)) == 2
    one.host.wait_adverts(MANY, since=lab.now(), vrid=51)
    assert not hook.begun_times and not [line for line in one.log if "leave=" in line]


# ---- who dies meanwhile ----

@pytest.mark.parametrize("way", ["stop", seldom("removal"), "priority"])
def test_notifier_that_stands_still_holds_nobody_for_longer(lab, home, way):
    hook = Hook(lab)
    entries = [before(hook, timeout="1s")]
    one, two = pair(lab, home, *entries)
    stopped = one.notifier_pids
    if way != "priority":                              # a reload makes another notifier
        os.kill(stopped[0], signal.SIGSTOP)
    mark = lab.now()
    try:
        if way == "priority":
            configure(one, home, router(50), notify=entries)
            assert one.reload().returncode == 0
            hook.wait_begun()
            stopped = one.notifier_pids
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            asked = None
        else:
            asked = ASK[way](one, home, entries)
        one.wait_log(f"leave=hook_late before={way}")
        two.wait_state("lan", "active")
        assert lab.now() - mark > 1.9e9, "its timeout and a second"
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    SEE[way](one, asked)
    assert told(one) == [("waits", way), ("hook_late", way)]
    two.host.wait_adverts(MANY, since=lab.now())
    assert not hook.ended_times


@WAYS
def test_notifier_killed_while_it_waits_runs_the_hook_again_marked(lab, home, way):
    hook = Hook(lab)
    entries = [before(hook, timeout="20s")]
    one, two = pair(lab, home, *entries)
    asked = ASK[way](one, home, entries)
    hook.wait_begun()
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    assert_waits(one, hook, way, times=2)
    hook.open()
    SEE[way](one, asked)
    two.wait_state("lan", "active")
    assert [repeat for _, _, repeat, _ in hook.runs][-1:] == [True]
    assert told(one) == [("waits", way), ("ready", way)]


def test_router_process_killed_while_a_stop_waits_is_the_last_will(lab, home):
    hook, one, two, _ = leaving(lab, home, "stop", "1m")
    commands = commands_of(one)
    assert commands
    one.kill_router()
    two.wait_state("lan", "active")
    one.expected_to_live = False
    assert one.wait_exit(timeout=15) == 0
    one.wait_log("last_will")
    assert absent(one.host) and not hook.ended_times
    assert_gone(commands)


@pytest.mark.long
def test_keeper_killed_while_a_stop_waits_leaves_nothing(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="1m"))
    processes = [*one.router_pids, *one.notifier_pids]
    ask_to_stop(one)
    assert_waits(one, hook, "stop")
    processes += commands_of(one)
    one.kill_keeper()
    two.wait_state("lan", "active")
    assert_gone(processes)
    assert absent(one.host) and not hook.ended_times


def test_removal_whose_next_process_dies_is_off_and_a_later_one_runs_the_hook_anew(lab, home):
    """Whoever has to undo what the hook did is told."""
    hook, undo = Hook(lab), Recorder(lab, "undo")
    entries = [before(hook, timeout="20s"), entry(undo, on=["drain"], deliver="all")]
    one, two = pair(lab, home, *entries)
    old = one.router_pid
    command = ask_to_remove(one, home, entries)
    assert_waits(one, hook, "removal")
    [following] = [pid for pid in one.router_pids if pid != old]
    os.kill(following, signal.SIGKILL)
    end_reload(command, status=1)
    wait_delivered(home)
    one.host.wait_adverts(MANY, since=lab.now())
    shown = one.router()
    assert (shown["state"], shown["effective_priority"]) == ("active", 150)
    assert (shown["leave_before"], shown["leave_held_until"]) == (None, None)
    assert not hook.ended_times, "the hook was cut"
    assert told(one) == [("waits", "removal"), ("void", "removal")]
    undo.wait("drain", "drain")
    assert [(it["kind"], it["leave"], it["before"]) for *_, it in undo.runs] == [
        ("leave", "waits", "removal"), ("leave", "void", "removal")]
    hook.open()
    end_reload(begin_reload(one))
    two.wait_state("lan", "active")
    assert len(hook.begun_times) == 2 and len(hook.ended_times) == 1
    assert told(one)[2:] == [("waits", "removal"), ("ready", "removal")]


def assert_outlasts(lab, home, meanwhile, priority):
    """The hook of a lower priority goes on through what happens meanwhile, for no longer than it may,
    and is not begun again; then the router has this priority."""
    hook = Hook(lab)
    entries = [before(hook, timeout="30s")]
    one, two = pair(lab, home, *entries)
    ask_to_lower(one, home, entries)
    until = assert_waits(one, hook, "priority")
    meanwhile(one, entries)
    assert abs(assert_waits(one, hook, "priority") - until) < 0.1
    hook.open()
    assert one.wait_state("lan", "backup")["effective_priority"] == priority
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "priority")] * 2 + [("ready", "priority")]
    assert len(hook.begun_times) == len(hook.ended_times) == 1


def test_crash_while_a_lower_priority_waits_changes_nothing(lab, home):
    assert_outlasts(lab, home, lambda one, _: crash(one), 50)


def test_crash_while_a_removal_waits_lets_the_next_one_speak(lab, home):
    """Whoever is ready goes on: without that router, whose place is taken at once."""
    hook = Hook(lab)
    entries = [before(hook, timeout="30s")]
    one, two = pair(lab, home, *entries)
    old = one.router_pid
    command = ask_to_remove(one, home, entries)
    assert_waits(one, hook, "removal")
    os.kill(old, signal.SIGKILL)
    two.wait_state("lan", "active")
    command.wait(timeout=20)
    one.wait_state("other", "active")
    assert absent(one.host)
    wait_delivered(home)
    assert not hook.ended_times, "nobody waits for it"


# ---- asked twice ----

@pytest.mark.parametrize("whole_group", [False, True], ids=["TERM", "Ctrl-C"])
def test_second_stop_waits_for_nobody(lab, home, whole_group):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="1m"))

    def ask():
        one.expected_to_live = False
        if whole_group:
            os.killpg(one.pid, signal.SIGINT)
        else:
            one.process.terminate()
    ask()
    assert_waits(one, hook, "stop")
    commands = commands_of(one)
    assert commands
    ask()
    assert one.wait_exit(timeout=15) == 0
    again = [line for line in one.log if "told to stop a second time: it leaves at once" in line]
    assert len(again) == 1 + whole_group, "by the keeper, and by the router process if it heard"
    assert f"signal={'INT' if whole_group else 'TERM'} from_pid={os.getpid()} " in again[0]
    assert not [pid for pid in commands if name_of(pid)], "what it ran has ended with it"
    two.wait_state("lan", "active")
    assert absent(one.host) and not hook.ended_times
    assert told(one) == [("waits", "stop")]


def test_request_to_reload_while_a_stop_waits_is_refused_aloud(lab, home):
    hook, one, two, _ = leaving(lab, home, "stop")
    one.process.send_signal(signal.SIGHUP)
    line = one.wait_log("nothing is reloaded: it was told to stop")
    assert f" warning: signal=HUP from_pid={os.getpid()} " in line
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "stop"), ("ready", "stop")]
    assert not [line for line in one.log if "reload=" in line or "a second time" in line]


def test_interrupt_of_the_whole_process_group_is_one_stop_and_reaches_no_hook(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="20s"))
    one.expected_to_live = False
    os.killpg(one.pid, signal.SIGINT)
    assert_waits(one, hook, "stop")
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "stop"), ("ready", "stop")]
    assert len(hook.begun_times) == len(hook.ended_times) == 1


# ---- reloads while a lower priority waits ----

def test_lower_priority_for_which_nobody_takes_over_leaves_what_the_hook_did(lab, home):
    hook, undo = Hook(lab), Recorder(lab, "undo")
    hook.open()
    entries = [before(hook, timeout="20s"), entry(undo, on=["drain"], deliver="all")]
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=entries)
    one.wait_state("lan", "active")
    ask_to_lower(one, home, entries)
    one.wait_log("leave=ready")
    wait_until(lambda: one.router()["effective_priority"] == 50, what="the lower priority")
    one.host.wait_adverts(MANY, since=lab.now(), priority=50)
    assert one.router()["state"] == "active"
    wait_delivered(home)
    assert [(it["leave"], it["before"]) for *_, it in undo.runs] == [
        ("waits", "priority"), ("ready", "priority")]
    assert told(one) == [("waits", "priority"), ("ready", "priority")]


def test_priority_that_is_raised_again_ends_the_wait_and_the_hook(lab, home):
    hook, undo = Hook(lab), Recorder(lab, "undo")
    entries = [before(hook, timeout="30s"), entry(undo, on=["drain"], deliver="all")]
    one, two = pair(lab, home, *entries)
    ask_to_lower(one, home, entries)
    assert_waits(one, hook, "priority")
    configure(one, home, router(150), notify=entries)
    reload(one)
    wait_delivered(home)
    one.host.wait_adverts(MANY, since=lab.now())
    shown = one.router()
    assert (shown["state"], shown["effective_priority"]) == ("active", 150)
    assert (shown["leave_before"], shown["leave_held_until"]) == (None, None)
    assert told(one) == [("waits", "priority"), ("void", "priority")]
    undo.wait("drain", "drain")
    assert [it["leave"] for *_, it in undo.runs] == ["waits", "void"]
    assert not hook.ended_times and two.router()["state"] == "backup"


def test_priority_that_is_lowered_further_is_waited_for_no_longer(lab, home):
    def lower_further(one, entries):
        configure(one, home, router(40), notify=entries)
        reload(one)

    assert_outlasts(lab, home, lower_further, 40)


def test_hooks_are_those_of_the_configuration_that_lowers_the_priority(lab, home):
    old, new = Hook(lab, "old"), Hook(lab, "new")
    one, two = pair(lab, home, before(old, timeout="20s"))
    ask_to_lower(one, home, [before(new, timeout="20s")])
    assert_waits(one, new, "priority")
    new.open()
    see_lowered(one, None)
    two.wait_state("lan", "active")
    assert len(new.begun_times) == len(new.ended_times) == 1 and not old.begun_times
    assert told(one) == [("waits", "priority"), ("ready", "priority")]


@pytest.mark.parametrize("way", ["removal", "priority"])
def test_stop_while_a_reload_has_it_wait_runs_no_hook_twice(lab, home, way):
    hook, one, two, reloading = leaving(lab, home, way, "30s")
    ask_to_stop(one)
    assert not reloading or "vipd was told to stop" in end_reload(reloading, 1), "at once"
    assert "vipd was told to stop" in end_reload(begin_reload(one), 1), "nor is another one"
    one.host.wait_adverts(MANY, since=lab.now())
    hook.open()
    see_stopped(one, None)
    two.wait_state("lan", "active")
    assert len(hook.begun_times) == len(hook.ended_times) == 1
    assert told(one) == [("waits", way), ("ready", way)]


def test_fault_while_a_stop_waits_ends_both(lab, home):
    hook, one, two, _ = leaving(lab, home, "stop", "1m")
    one.host.ip("link set eth0 down")
    assert one.wait_exit(timeout=15) == 0
    two.wait_state("lan", "active")
    assert told(one) == [("waits", "stop"), ("hook_useless", "stop")] and not hook.ended_times


def test_better_host_that_returns_while_a_stop_waits_ends_both(lab, home):
    hook, one, _, _ = leaving(lab, home, "stop", "1m")
    three = lab.vipd(lab.host("gw3", "192.0.2.4/24"), [router(200)])
    three.wait_state("lan", "active")
    assert one.wait_exit(timeout=15) == 0
    assert told(one) == [("waits", "stop"), ("hook_useless", "stop")] and not hook.ended_times


# ---- who waits for vipd ----

def test_service_manager_is_asked_for_the_time_of_a_hook(lab, home):
    """A little each time, and its watchdog is content."""
    hook, manager = Hook(lab), Manager(lab)
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[before(hook, timeout="15s")], env={"NOTIFY_SOCKET": manager.path})
    one.wait_state("lan", "active")
    ask_to_stop(one)
    manager.wait("STOPPING=1")
    wait_until(lambda: len(extensions(manager)) >= 4, timeout=20, what=lambda _: manager.messages)
    assert max(extensions(manager)) < 12, manager.messages
    assert all(it["WATCHDOG"] == "1" for it in manager.messages if "EXTEND_TIMEOUT_USEC" in it)
    assert one.router()["state"] == "active" and len(hook.begun_times) == 1
    hook.open()
    see_stopped(one, None)


@pytest.mark.parametrize("seconds", [seldom(14), seldom(33)])
def test_reload_that_waits_for_a_hook_says_so_and_does_not_give_up(lab, home, seconds):
    """However long it takes: vipctl, which would give up after 12 s, vipd's socket, which would
    after 30 s, and the service manager."""
    hook, manager = Hook(lab), Manager(lab)
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[before(hook, timeout="50s")], env={"NOTIFY_SOCKET": manager.path})
    one.wait_state("lan", "active")
    mark = lab.now()
    command = ask_to_remove(one, home, [before(hook, timeout="50s")])
    hook.wait_begun()
    wait_until(lambda: lab.now() - mark > seconds * 1e9, timeout=60, what="longer than its patience",
               every=0.2)
    assert command.poll() is None and one.router()["leave_before"] == "removal"
    assert len(extensions(manager)) >= 5 and max(extensions(manager)) < 12, manager.messages
    hook.open()
    assert re.fullmatch(r"lan: waits for the commands before it is removed, 4\d\.\d s at most\n"
                        r"reloaded\n", end_reload(command))
