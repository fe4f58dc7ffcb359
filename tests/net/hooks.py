# SPDX-License-Identifier: MIT
"""Commands that run before an Active leaves on purpose, for tests of each way to do so: hooks that
end when a test says so, a pair with them, and what is asked of it and told by it."""

import json
import os
import re
from datetime import datetime

from agents import router
from generations import OWN, reload
from lab import wait_until
from processes import children, name_of
from test_groups import GROUP, member, wait_all
from test_groups import host as host_of_groups
from test_notify import Recorder, rows
from timing import MANY

TIMES = """begun=$(date +%s.%N)
echo "$begun" >>BEGUN
until [ -e GATE ]; do sleep 0.02; done"""


class Hook(Recorder):
    """A command that waits for a gate to be opened and writes down when it began."""

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

    def shut(self):
        os.unlink(self.gate)

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


class HooksOfGroup:
    """A group that is Active on gw1, with a Backup on gw2, and hooks of the host, of its members and
    of its own."""

    def __init__(self, lab):
        self._hooks = {name: Hook(lab, f"{name}-hook") for name in ("host", "lan", "wan", "group")}
        self.two = None

    def __getitem__(self, name):
        return self._hooks[name]

    def start(self, lab, home):
        """Return: the Active."""
        one = lab.vipd(host_of_groups(lab, "gw1", 2),
                       [member(name, 200, notify=[before(self[name])]) for name in ("lan", "wan")],
                       state_dir=home, user="root", notify=[before(self["host"])],
                       groups=[{**GROUP, "notify": [before(self["group"])]}])
        wait_all(one, "active")
        self.two = lab.vipd(host_of_groups(lab, "gw2", 3),
                            [member(name, 100) for name in ("lan", "wan")], groups=[GROUP])
        wait_until(lambda: all(it["active_address"] for it in self.two.show()["routers"]),
                   what="a Backup")
        return one

    def open_all_but_one(self):
        """When all of them have begun."""
        for name in ("lan", "wan", "group"):
            self[name].wait_begun()
        self["host"].wait_begun(2)
        for name in ("host", "lan", "wan"):
            self[name].open()

    def open(self):
        self["group"].open()

    def begun(self):
        return {name: len(hook.begun_times) for name, hook in self._hooks.items()}


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
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


OTHER = router(150, name="other", vrid=52, addresses=["192.0.2.9/24"])


def told(agent):
    """What its log has of waits that are no drain's: [(word, before what), ...]."""
    found = re.findall(r"router=lan family=4 leave=(\w+) before=(\w+)", "\n".join(agent.log))
    return [it for it in found if it[0] != "alone"]        # that is told of whom nobody follows


def configure(agent, home, *routers, notify):
    agent.configure(list(routers), state_dir=home, user="root", notify=notify)


def begin_reload(agent):
    """vipctl reload, that waits. Return: its process."""
    return agent.host.popen(*agent.ctl_argv("reload"), stdout=-1, stderr=-1, text=True)


def end_reload(command, status=0):
    """What it said."""
    out, err = command.communicate(timeout=20)
    assert command.returncode == status, (out, err)
    assert status or out.endswith("reloaded\n")
    return out + err


def ask_to_stop(agent, *_):
    agent.expected_to_live = False
    agent.process.terminate()


def ask_to_remove(agent, home, notify):
    configure(agent, home, OTHER, notify=notify)
    return begin_reload(agent)


def ask_to_lower(agent, home, notify):
    configure(agent, home, router(50), notify=notify)
    reload(agent)


def see_stopped(agent, _):
    assert agent.wait_exit(timeout=20) == 0


def see_removed(agent, command):
    end_reload(command)
    assert [it["name"] for it in agent.show()["routers"]] == ["other"]


def see_lowered(agent, _):
    assert agent.wait_state("lan", "backup")["effective_priority"] == 50


ASK = {"stop": ask_to_stop, "removal": ask_to_remove, "priority": ask_to_lower}
SEE = {"stop": see_stopped, "removal": see_removed, "priority": see_lowered}


def assert_waits(agent, hook, way, times=1):
    """It serves as before for many intervals, though a hook runs. Return: until when at most."""
    hook.wait_begun(times)
    mark = agent.host.lab.now()
    agent.host.wait_adverts(MANY, since=mark, vrid=51)
    shown = agent.router()
    assert (shown["state"], shown["effective_priority"]) == ("active", 150)
    assert shown["leave_before"] == way and shown["leave_held_until"]
    assert (shown["drained"], shown["drain_held_until"]) == (False, None)
    adverts = agent.host.lab.capture.adverts(host=agent.host, since=mark, vrid=51)
    assert {it.priority for it in adverts} == {150}
    return seconds_of(shown["leave_held_until"])


def wait_delivered(home):
    """No hook waits or runs, and none is a dead letter."""
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 5,
               "the end of all hooks")


def descendants(pid):
    found = children(pid)
    return found + [it for child in found for it in descendants(child)]


def commands_of(agent):
    """What runs for its notifier."""
    return [it for pid in agent.notifier_pids for it in descendants(pid)]


def assert_gone(pids):
    wait_until(lambda: not [pid for pid in pids if name_of(pid)],
               what=lambda _: f"the end of {[name_of(pid) for pid in pids]}")


def draining(lab, home, timeout="20s"):
    """A drain that waits for its hook. Return: the hook, the pair, vipctl."""
    hook = Hook(lab)
    one, two = pair(lab, home, before(hook, timeout=timeout))
    command = begin(one, "lan")
    hook.wait_begun()
    return hook, one, two, command


def leaving(lab, home, way, timeout="20s", **keys):
    """An Active that waits for its hook. Return: the hook, the pair, what waits for the end."""
    hook = Hook(lab)
    entries = [before(hook, timeout=timeout)]
    one, two = pair(lab, home, *entries, **keys)
    asked = ASK[way](one, home, entries)
    assert_waits(one, hook, way)
    return hook, one, two, asked
