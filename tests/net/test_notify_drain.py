# SPDX-License-Identifier: MIT
"""Commands that run before a drain: the address stays until they have ended, and never longer than
their timeout and a second."""

import json
import os
import signal

import pytest

from agents import router
from generations import OWN, crash, reload
from lab import wait_until
from test_groups import GROUP, member, states, wait_all
from test_groups import host as host_of_groups
from test_notify import Recorder, entry, home, rows  # pylint: disable=unused-import

VIP = "192.0.2.1/24"
TIMES = """begun=$(date +%s.%N)
echo "$begun" >>BEGUN
until [ -e GATE ]; do sleep 0.02; done"""


class Hook(Recorder):
    """A command before drains, that waits for a gate to be opened and writes down when it began."""

    def __init__(self, lab, name="hook", end="exit 0"):
        self.gate, self.begun = lab.path(f"{name}.gate"), lab.path(f"{name}.begun")
        super().__init__(lab, name, TIMES.replace("BEGUN", self.begun).replace("GATE", self.gate),
                         "date +%s.%N >>" + lab.path(f"{name}.ended") + f"\n{end}")
        self.ended = lab.path(f"{name}.ended")
        for path in (self.begun, self.ended):
            with open(path, "w", encoding="ascii"):
                pass

    def open(self):
        with open(self.gate, "w", encoding="ascii"):
            pass

    @staticmethod
    def _times(path):
        with open(path, encoding="ascii") as file:
            return [float(line) for line in file if line.endswith("\n")]

    def wait_begun(self, times=1):
        """Waits until it has begun so often. Return: when."""
        return wait_until(lambda: len(found := self._times(self.begun)) == times and found,
                          what=lambda _: f"{times} runs, not {self._times(self.begun)}")

    @property
    def begun_times(self):
        return self._times(self.begun)

    @property
    def ended_times(self):
        return self._times(self.ended)


def before(hook, **keys):
    return {"command": [hook.path], "before": "drain", **keys}


def pair(lab, home, *hooks, priority=150, **keys):
    """An Active gw1 with hooks, and a Backup gw2 that would preempt it."""
    one = lab.vipd(lab.host("gw1", OWN), [router(priority, **keys)], state_dir=home, user="root",
                   notify=list(hooks))
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100, **keys)])
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    return one, two


def begin(agent, *args):
    """vipctl drain, that waits. Return: its process."""
    return agent.host.popen(*agent.ctl_argv("drain", *args), stdout=-1, stderr=-1, text=True)


def end(command, status=0):
    """What it said."""
    out, err = command.communicate(timeout=15)
    assert command.returncode == status, (out, err)
    return out + err


def drains(agent):
    """What the journal has of drains: [(word, time), ...]."""
    events = map(json.loads, agent.ctl("events", "--json").stdout.splitlines())
    return [(it["drain"], it["time"]) for it in events if it["kind"] in ("drain", "drained")]


def words(agent):
    return [word for word, _ in drains(agent)]


def seconds_of(time):
    """Of an event, as seconds since 1970."""
    from datetime import datetime
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


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


# ---- who dies meanwhile ----

def test_notifier_killed_while_it_waits_runs_the_hook_again_marked(lab, home):
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="20s"))
    command = begin(one, "lan")
    hook.wait_begun()
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
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="30s"))
    command = begin(one, "lan")
    hook.wait_begun()
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
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="30s"))
    command = begin(one, "lan")
    hook.wait_begun()
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
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout="30s"))
    command = begin(one, "lan")
    hook.wait_begun()
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
    names = ("host", "lan", "wan", "group")
    hooks = {name: Hook(lab, f"{name}-hook") for name in names}
    routers = [member(name, 200, notify=[before(hooks[name])]) for name in ("lan", "wan")]
    one = lab.vipd(host_of_groups(lab, "gw1", 2), routers, state_dir=home, user="root",
                   notify=[before(hooks["host"])],
                   groups=[{**GROUP, "notify": [before(hooks["group"])]}])
    wait_all(one, "active")
    two = lab.vipd(host_of_groups(lab, "gw2", 3), [member(it, 100) for it in ("lan", "wan")],
                   groups=[GROUP])
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]), what="a Backup")
    command = begin(one, "gateway")
    for name in ("lan", "wan", "group"):
        hooks[name].wait_begun()
    hooks["host"].wait_begun(2)
    for name in ("host", "lan", "wan"):
        hooks[name].open()
    one.host.wait_adverts(20, since=lab.now())
    assert set(states(one).values()) == {"active"}, "one is missing"
    hooks["group"].open()
    end(command)
    wait_all(two, "active")
    assert words(one) == ["begins", "waits", "ready"]
    runs = {name: [(it["scope"], it["router"]) for *_, it in hooks[name].runs] for name in names}
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
