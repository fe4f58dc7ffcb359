# SPDX-License-Identifier: MIT
"""The journal: what has happened can be read whatever became of the processes that did it."""

import json
import signal

import pytest

from lab import router, wait_until


def events(agent, *args):
    """The events as objects, the oldest first."""
    return [json.loads(line) for line in agent.ctl("events", "--json", *args).stdout.splitlines()]


def states(agent, name="lan"):
    """What the journal says of a router's states: [("backup", "active"), ...]."""
    return [(it["from"], it["to"]) for it in events(agent)
            if it["kind"] == "state" and it["router"] == name]


@pytest.fixture(name="agent")
def agent_fixture(lab):
    """A vipd alone on its LAN, Active."""
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(interval="100ms", priority=150)])
    agent.wait_state("lan", "active")
    return agent


def test_events_have_the_lines_of_the_log(agent):
    lines = [line.split(": ", 1)[1] for line in agent.log]
    told = [it["text"] for it in events(agent)]
    assert [text for text in told if text in lines] == told
    shown = agent.ctl("events").stdout.splitlines()
    assert [line for line in shown if "state=backup->active" in line]
    one = next(it for it in events(agent) if it["kind"] == "state" and it["to"] == "active")
    assert one["router"] == "lan" and one["interface"] == "eth0" and one["family"] == 4
    assert one["reason"].startswith("no advert for") and one["level"] == "info"


def test_events_outlive_reload_crash_and_death(lab, agent):
    before = states(agent)
    assert before == [("initialize", "backup"), ("backup", "active")]
    assert agent.reload().returncode == 0
    agent.wait_log("reload=done")
    agent.kill_router()
    agent.wait_log("another router process goes on")
    agent.wait_state("lan", "active")
    assert states(agent) == before, "neither a reload nor a crash is a transition"
    last = max(it["seq"] for it in events(agent) if it["kind"] == "state")
    agent.kill(signal.SIGKILL)                     # all of its processes
    assert states(agent) == before, "readable although nobody runs"
    again = lab.vipd(agent.host, [router(interval="100ms", priority=150)])
    again.wait_state("lan", "active")
    assert states(again) == 2 * before
    assert [it["seq"] > last for it in events(again) if it["kind"] == "state"] == [False] * 2 + \
        [True] * 2, "numbers go on"


def test_events_can_be_followed(agent, lab):
    seen = lab.path("followed")
    with open(seen, "w", encoding="utf-8") as out:
        follower = agent.host.popen(*agent.ctl_argv("events", "--follow", "--json"), stdout=out)
    lab.at_close(follower.kill)
    agent.host.ip("link set eth0 down")

    def told():
        with open(seen, encoding="utf-8") as lines:
            return any(it["kind"] == "state" and it["to"] == "fault"
                       for it in map(json.loads, filter(lambda line: line.endswith("\n"), lines)))
    wait_until(told, 5, "the fault among the events that are followed")
    follower.terminate()


def test_events_without_a_vipd_say_so(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(vrid=300)], wait=False)
    agent.expected_to_live = False
    agent.process.wait(5)
    shown = agent.ctl("events", check=False)
    if shown.returncode:                           # no process got so far as to have a journal
        assert "no vipd has run" in shown.stderr


def test_final_state_of_a_thousand_routers_is_there(lab):
    """More transitions at once than the log tells in a turn, or an ordinary ring holds per router."""
    host = lab.host("gw1")
    names = [f"r{number}" for number in range(1020)]
    for dev in range(3):
        host.attach("lan")
    host.ip(*(f"address add 192.0.2.{dev + 2}/24 dev eth{dev}" for dev in range(4)))
    agent = lab.vipd(host, [
        router(name=name, interface=f"eth{number // 255}", vrid=number % 255 + 1, interval="500ms",
               addresses=[f"198.18.{number // 250}.{number % 250 + 1}/32"])
        for number, name in enumerate(names)])
    wait_until(lambda: all(it["state"] == "active" for it in agent.show()["routers"]), 10,
               "all routers to be active")
    wait_until(lambda: sum("backup->active" in line for line in agent.log) == len(names), 10,
               "the log to have told all of it")
    final = {it["router"]: it["to"] for it in events(agent) if it["kind"] == "state"}
    assert final == dict.fromkeys(names, "active")
