# SPDX-License-Identifier: MIT
"""Commands that run before a drain: the address stays until they have ended, and never longer than
their timeout and a second."""

import os
import signal

import pytest

from agents import router
from generations import OWN, crash, reload
from hooks import Hook, HooksOfGroup, before, begin, draining, drains, end, pair, seconds_of, words
from lab import wait_until
from test_groups import GROUP, members, states, wait_all
from test_groups import host as host_of_groups
from test_notify import Recorder, entry, home, kill_everything, rows  # pylint: disable=unused-import


# ---- to its end ----

def test_hook_runs_to_its_end_before_the_address_is_ceded(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="20s"))
    ping = lab.ping(lab.host("client", "192.0.2.100/24"), "192.0.2.1", interval=0.001)
    ping.wait_answer()
    mark = lab.now()
    command = begin(one, "lan")
    hook.wait_begun()
    one.host.wait_adverts(20, since=lab.now())         # many intervals: nobody takes over
    assert one.router()["state"] == "active" and one.router()["effective_priority"] == 150
    assert one.router()["drained"] and one.router()["drain_held_until"]
    assert {it.priority for it in lab.capture.adverts(host=one.host, since=mark)} == {150}
    assert "keeps its priority until the commands" in one.ctl("check", check=False).stdout
    hook.open()
    said = end(command).splitlines()
    assert said[0] == "lan: drained, active"
    assert said[1].startswith("lan: waits for the commands before a drain, 21.0 s at most") or \
        said[1].startswith("lan: waits for the commands before a drain, 20.")
    assert said[2:] == ["the wait for the commands before the drain is over: another host may come; "
                        "vipctl events says how they ended",
                        "lan: backup now, 192.0.2.3 is Active"]
    assert two.router()["state"] == "active"
    two.host.wait_adverts(5, since=lab.now())
    ping.stop()
    assert not [sent for sent, fate in ping.fates(mark) if not fate], "no packet is lost"
    told = drains(one)
    assert [word for word, _ in told] == ["begins", "waits", "ready"]
    begun, [ended] = hook.begun_times[0], hook.ended_times
    times = [seconds_of(time) for _, time in told]
    assert times[1] <= begun <= ended <= times[2]
    assert one.router()["drain_held_until"] is None and one.router()["effective_priority"] == 1
    [(_, on, repeat, event)] = hook.runs
    assert (on, repeat) == ("drain", False)
    assert (event["before"], event["drain"], event["router"]) == ("drain", "waits", "lan")
    assert rows(home, "SELECT count(*) FROM deliveries") == [(0,)]


def test_drain_goes_on_when_the_time_of_a_hook_has_passed(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="1s"))
    said = end(begin(one, "lan"))
    assert "vipctl events says how they ended" in said
    assert two.router()["state"] == "active"
    assert words(one) == ["begins", "waits", "hook_failed"]
    assert "notify=hook_failed" in (line := one.wait_log("notify=hook_failed"))
    assert "no end within 1000 ms, killed: the drain goes on all the same" in line
    assert "of=drain/lan" in line and not hook.ended_times
    one.wait_log("router=lan family=4 drain=hook_failed")


def test_hook_that_fails_or_cannot_be_run_is_told_and_the_drain_goes_on(lab, home):
    failing, missing = Hook(lab, "failing", "echo quorum is lost >&2; exit 3"), Hook(lab, "missing")
    failing.open()
    one, two = pair(lab, home, before(failing), before(missing))
    os.unlink(missing.path)
    end(begin(one, "lan"))
    assert two.router()["state"] == "active"
    assert "exit status 3: quorum is lost: the drain goes on" in one.wait_log("quorum is lost")
    assert "No such file" in one.wait_log(f"note=\"{missing.path}")
    assert words(one) == ["begins", "waits", "hook_failed"]
    assert rows(home, "SELECT count(*) FROM deliveries") == [(0,)], "it is no dead letter"
    assert len(failing.begun_times) == 1, "it is not tried again"


def test_hook_that_failed_once_is_not_told_of_later_waits(lab, home):
    """Neither by the same notifier, nor by another one that reads the same store."""
    flag = lab.path("flag")
    hook = Hook(lab, end=f"[ -e {flag} ]")
    hook.open()
    one, two = pair(lab, home, before(hook))

    def drain(result):
        mark = len(words(one))
        end(begin(one, "lan"))
        assert words(one)[mark:] == ["begins", "waits", result]
        one.ctl("resume", "lan")
        one.wait_state("lan", "active")
    drain("hook_failed")
    with open(flag, "w", encoding="ascii"):
        pass
    drain("ready")
    os.unlink(flag)
    drain("hook_failed")
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    with open(flag, "w", encoding="ascii"):
        pass
    drain("ready")
    assert len([line for line in one.log if "notify=hook_failed" in line]) == 2
    assert one.term() == 0
    one.wait_log("leave=ready before=stop")
    two.wait_state("lan", "active")


def test_hook_that_a_second_stop_cut_is_not_told_of_the_next_start(lab, home):
    """Of a group, whose first member has the wait."""
    hook = Hook(lab)
    settings = {"state_dir": home, "user": "root",
                "groups": [{**GROUP, "notify": [before(hook, timeout="20s")]}]}
    one = lab.vipd(host_of_groups(lab, "gw1", 2), members(200), **settings)
    wait_all(one, "active")
    one.expected_to_live = False
    one.process.terminate()
    hook.wait_begun()
    one.process.terminate()
    assert one.wait_exit(timeout=15) == 0
    hook.open()
    two = lab.vipd(one.host, members(200), **settings)
    wait_all(two, "active")
    mark = len(words(two))
    two.ctl("drain", "gateway", check=False)           # nobody else is there
    assert words(two)[mark:][:3] == ["begins", "waits", "ready"]
    assert two.term() == 0 and "hook_failed" not in "\n".join(two.log)


# ---- who dies meanwhile ----

def test_notifier_killed_while_it_waits_runs_the_hook_again_marked(lab, home):
    hook, one, two, command = draining(lab, home)
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    hook.wait_begun(2)
    assert one.router()["state"] == "active", "the drain still waits"
    hook.open()
    end(command)
    assert two.router()["state"] == "active"
    assert [repeat for _, _, repeat, _ in hook.runs][-1:] == [True]
    assert words(one) == ["begins", "waits", "ready"]


def test_notifier_that_stands_still_holds_nobody_for_longer(lab, home):
    hook = Hook(lab)
    hook.open()
    one, two = pair(lab, home, before(hook, timeout="1s"))
    [notifier] = one.notifier_pids
    os.kill(notifier, signal.SIGSTOP)
    mark = lab.now()
    try:
        end(begin(one, "lan"))
    finally:
        os.kill(notifier, signal.SIGCONT)
    assert 1.9e9 < lab.now() - mark < 10e9, "its timeout and a second"
    assert two.router()["state"] == "active"
    assert words(one) == ["begins", "waits", "hook_late"]
    two.host.wait_adverts(20, since=lab.now())
    assert not hook.begun_times, "nobody waits for it any more"


@pytest.mark.parametrize("again", [crash, reload])
def test_drain_waits_on_when_another_router_process_goes_on(lab, home, again):
    hook, one, two, command = draining(lab, home, "30s")
    deadline = one.router()["drain_held_until"]
    again(one)
    one.host.wait_adverts(20, since=lab.now())
    shown = one.router()
    assert shown["state"] == "active" and shown["effective_priority"] == 150
    assert abs(seconds_of(shown["drain_held_until"]) - seconds_of(deadline)) < 0.1
    hook.open()
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    assert command.wait(timeout=15) == 0
    assert words(one) == ["begins", "waits", "waits", "ready"]
    assert len(hook.begun_times) == 1, "once"


def test_answer_that_nobody_heard_is_given_again(lab, home):
    """The hook ends while there is no router process that could hear of it."""
    hook, one, two, command = draining(lab, home, "30s")
    old = one.router_pid
    os.kill(old, signal.SIGSTOP)
    hook.open()
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="its end")
    os.kill(old, signal.SIGKILL)
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    assert command.wait(timeout=15) == 0
    assert words(one) == ["begins", "waits", "waits", "ready"]
    assert len(hook.begun_times) == 1


def test_reload_with_another_configuration_runs_no_hook_twice(lab, home):
    hook, page = Hook(lab), Recorder(lab, "page")
    one, two = pair(lab, home, before(hook, timeout="30s"))
    command = begin(one, "lan")
    hook.wait_begun()
    one.configure([router(150)], state_dir=home, user="root",
                  notify=[before(hook, timeout="30s"), entry(page)])
    reload(one)
    assert one.router()["drain_held_until"]
    hook.open()
    two.wait_state("lan", "active")
    assert command.wait(timeout=15) == 0
    assert len(hook.begun_times) == len(hook.ended_times) == 1
    assert words(one)[-1] == "ready"


def test_reload_that_shortens_the_time_of_a_hook_runs_it_once(lab, home):
    hook, one, two, command = draining(lab, home, "30s")
    until = one.router()["drain_held_until"]
    one.configure([router(150)], state_dir=home, user="root", notify=[before(hook, timeout="5s")])
    reload(one)
    assert abs(seconds_of(one.router()["drain_held_until"]) - seconds_of(until)) < 0.1
    hook.open()
    two.wait_state("lan", "active")
    assert command.wait(timeout=15) == 0
    assert len(hook.begun_times) == len(hook.ended_times) == 1


# ---- what ends it ----

def test_resume_ends_the_hook_and_the_wait(lab, home):
    hook = Hook(lab)
    after = Recorder(lab, "after")
    one, _ = pair(lab, home, before(hook, timeout="20s"), entry(after, on=["drain"]))
    command = begin(one, "lan")
    hook.wait_begun()
    one.ctl("resume", "lan")
    assert "drained no more: somebody has resumed it" in end(command, status=1)
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 5, "the hook's end")
    hook.open()
    one.host.wait_adverts(20, since=lab.now())
    shown = one.router()
    assert (shown["state"], shown["drained"], shown["drain_held_until"]) == ("active", False, None)
    assert words(one) == ["begins", "waits", "resumed"] and not hook.ended_times
    assert not [line for line in one.log if "notify=hook_failed" in line]
    assert [event["drain"] for *_, event in after.runs] == ["begins", "waits", "resumed"]
    end(begin(one, "lan"))                             # the next drain runs it anew
    assert len(hook.begun_times) == 2 and len(hook.ended_times) == 1
    assert words(one)[3:] == ["begins", "waits", "ready"]


def test_fault_while_it_waits_ends_the_wait(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="20s"))
    begin(one, "lan")
    hook.wait_begun()
    one.host.ip("link set eth0 down")
    two.wait_state("lan", "active")
    one.wait_log("drain=hook_useless")
    one.host.ip("link set eth0 up")
    one.wait_state("lan", "backup")
    assert one.router()["effective_priority"] == 1
    kill_everything(one)                           # nobody waits for that command


def test_drain_for_a_time_is_over_though_the_hook_is_not(lab, home):
    hook = Hook(lab)
    one, _ = pair(lab, home, before(hook, timeout="20s"))
    first = begin(one, "lan")
    hook.wait_begun()
    assert "its time has passed" in end(begin(one, "--for", "1s", "lan"), status=1)
    end(first, status=1)
    assert words(one) == ["begins", "waits", "begins", "over"]
    assert not any("its priority is 1" in line for line in one.log), "it waits all the same"
    assert one.router()["state"] == "active" and one.router()["effective_priority"] == 150
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 5, "the hook's end")


# ---- for whom ----

def test_backup_is_drained_without_a_hook(lab, home):
    hook = Hook(lab)
    hook.open()
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(200)])
    two.wait_state("lan", "active")
    one = lab.vipd(lab.host("gw1", OWN), [router(150)], state_dir=home, user="root",
                   notify=[before(hook)])
    wait_until(lambda: one.router()["active_address"], what="a Backup that hears")
    assert end(begin(one, "lan")).splitlines()[0] == "lan: drained, backup"
    assert one.router()["effective_priority"] == 1 and words(one) == ["begins"]
    two.host.wait_adverts(10, since=lab.now())
    assert not hook.begun_times


def test_group_waits_for_its_hook_and_those_of_its_members_once_each(lab, home):
    hooks = HooksOfGroup(lab)
    one = hooks.start(lab, home)
    command = begin(one, "gateway")
    hooks.open_all_but_one()
    one.host.wait_adverts(20, since=lab.now())
    assert set(states(one).values()) == {"active"}, "one is missing"
    hooks.open()
    end(command)
    wait_all(hooks.two, "active")
    assert words(one) == ["begins", "waits", "ready"]
    runs = {name: [(it["scope"], it["router"]) for *_, it in hooks[name].runs]
            for name in hooks.begun()}
    assert runs["lan"] == [("router", "lan")] and runs["wan"] == [("router", "wan")]
    assert [scope for scope, _ in runs["group"]] == ["group"]
    assert sorted(runs["host"]) == [("router", "lan"), ("router", "wan")]


def test_hooks_have_places_of_their_own(lab, home):
    """However many pages hang."""
    hung, hook = Hook(lab, "hung"), Hook(lab)
    hook.open()
    many = [router(150, name=f"r{i}", vrid=i, addresses=[f"192.0.2.{100 + i}/24"])
            for i in range(1, 41)]
    one = lab.vipd(lab.host("gw1", OWN), many, state_dir=home, user="root",
                   notify=[entry(hung, timeout="1m"), before(hook, timeout="10s")])
    wait_all(one, "active")
    wait_until(lambda: os.path.exists(f"{home}/vipd.db") and
               rows(home, "SELECT count(*) FROM deliveries WHERE state = 1") == [(32,)],
               what="no place for another page")
    one.ctl("drain", "r7", check=False)
    assert words(one)[:3] == ["begins", "waits", "ready"] and len(hook.ended_times) == 1
    hung.open()
