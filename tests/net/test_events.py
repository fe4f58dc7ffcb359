# SPDX-License-Identifier: MIT
"""The journal: what has happened can be read whatever became of the processes that did it."""

import contextlib
import fcntl
import json
import os
import re
import signal

import pytest

from frames import Probe
from generations import replace
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


def test_events_tell_scripts_of_a_router_that_a_reload_removes(lab, agent):
    others = [router(interval="100ms", priority=150)]
    dmz = router(150, name="dmz", vrid=52, addresses=["192.0.2.9/24"])
    agent.configure([*others, dmz])
    assert agent.reload().returncode == 0
    agent.wait_state("dmz", "active")
    agent.configure(others)
    assert agent.reload().returncode == 0
    agent.wait_log("info: router=dmz family=4 withdrawn=yes note=")
    told = [(it["kind"], it.get("change")) for it in events(agent) if it.get("router") == "dmz"]
    assert told.count(("withdrawn", None)) == 1 and told.count(("change", "removed")) == 1
    [event] = [it for it in events(agent) if it["kind"] == "withdrawn"]
    assert (event["router"], event["family"], event["level"]) == ("dmz", 4, "info")
    assert "192.0.2.9/24" not in agent.host.addresses()


def test_events_tell_scripts_of_a_lower_priority_heard_as_active(lab, agent):
    weak = Probe(lab.host("weak"))
    weak.speak("192.0.2.9", every=0.1, vrid=51, priority=50, addresses=["192.0.2.1"])
    agent.wait_log("warning: router=lan family=4 notice=other_active source=192.0.2.9 priority=50")
    event = next(it for it in events(agent) if it.get("notice") == "other_active")
    assert event["kind"] == "notice" and event["router"] == "lan" and event["level"] == "warning"
    assert (event["source"], event["priority"]) == ("192.0.2.9", 50) and event["total"] >= 1
    assert agent.router()["counters"]["noticed"]["other_active"] >= event["total"]
    assert agent.router()["state"] == "active"


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


@pytest.mark.long
def test_follower_that_was_overrun_ends_with_the_truth(lab):
    """It is stopped while more happens than the ring holds."""
    host, names = lab.host("gw1", "192.0.2.2/24"), [f"r{number}" for number in range(1, 256)]
    host.attach("lan", "198.18.0.254/16")
    agent = lab.vipd(host, [router(150)] + [
        router(name=name, interface="eth1", vrid=number, interval="50ms",
               addresses=[f"198.18.1.{number}/16"]) for number, name in enumerate(names, 1)])
    seen = lab.path("followed")
    with open(seen, "w", encoding="utf-8") as out:
        follower = agent.host.popen(*agent.ctl_argv("events", "--follow", "--json"), stdout=out)
    lab.at_close(follower.kill)

    def told():
        with open(seen, encoding="utf-8") as file:
            whole, _, _ = file.read().rpartition("\n")   # the last line may be on its way
        return [json.loads(line) for line in whole.splitlines()]

    def move(what, to):
        host.ip(f"link set eth1 {what}")
        wait_until(lambda: {it["state"] for it in agent.show()["routers"][1:]} == {to}, what=to)

    def overwritten():
        return int((re.findall(r"vipctl: (\d+) older events", agent.ctl("events").stderr) or [0])[0])

    wait_until(told, what="the first events")
    follower.send_signal(signal.SIGSTOP)
    read = max(it["seq"] for it in told()) + 255   # and what it may have in its buffer
    while overwritten() <= 2 * read + 1024:
        move("down", "fault")
        move("up", "active")
    move("down", "fault")
    follower.send_signal(signal.SIGCONT)
    wait_until(lambda: any(it["kind"] == "state_now" for it in told()), what="states of now")
    wait_until(lambda: len([it for it in told() if it["kind"] == "state_now"]) == 256,
               what="those of all")
    assert [it for it in told() if it["kind"] == "journal_lost"]
    truth = {it["name"]: it["state"] for it in agent.show()["routers"]}
    assert {it["router"]: it["to"] for it in told()
            if it["kind"] in ("state", "state_now")} == truth
    late = next(it for it in told() if it["kind"] == "state_now" and it["router"] == "r7")
    assert late["reason"] == "interface eth1 is down" and 'note="told late"' in late["text"]


def test_events_without_a_vipd_say_so(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(vrid=300)], wait=False)
    agent.expected_to_live = False
    agent.process.wait(5)
    shown = agent.ctl("events", check=False)
    if shown.returncode:                           # no process got so far as to have a journal
        assert "no vipd has run" in shown.stderr


def last_states(agent):
    """What the journal says of each router last; that nothing of it is lost is checked."""
    told = events(agent)
    assert not [it for it in told if it["kind"] == "journal_lost"]
    return {it["router"]: it["to"] for it in told if it["kind"] == "state"}


@pytest.mark.long
def test_final_states_of_4080_routers_are_there(lab):
    """They start, fail and recover together: more at once than the log tells in many turns."""
    host, interfaces, names = lab.host("gw1", "10.0.0.2/16"), 16, [f"r{n}" for n in range(4080)]
    for number in range(1, interfaces):
        host.attach("lan", f"10.{number}.0.2/16")
    agent = lab.vipd(host, [
        router(name=name, interface=f"eth{number // 255}", vrid=number % 255 + 1, interval="500ms",
               addresses=[f"10.{number // 255}.1.{number % 255 + 1}/16"])
        for number, name in enumerate(names)])

    def shown():
        return {it["name"]: it["state"] for it in agent.show()["routers"]}

    def move(to, *lines):
        host.ip(*lines)
        wait_until(lambda: set(shown().values()) == {to}, 20, f"all routers to be {to}", every=0.1)
        assert last_states(agent) == shown() == dict.fromkeys(names, to)

    devices = [f"eth{number}" for number in range(interfaces)]
    move("active")
    move("fault", *(f"link set {device} down" for device in devices))
    move("active", *(f"link set {device} up" for device in devices),
         *(f"address replace 10.{number}.0.2/16 dev eth{number}" for number in range(interfaces)))
    wait_until(lambda: sum("->active" in line for line in agent.log) == 2 * len(names), 10,
               "the log to have told all of it")


def test_log_ends_with_the_truth_whoever_reads_it(lab, own_binary):
    """A pipe that nobody reads is full soon; what was lost is made up for when there is room."""
    reader, writer = os.pipe()
    lab.at_close(lambda: (os.close(reader), os.close(writer)))
    os.set_blocking(reader, False)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 16384)
    os.rename(own_binary, own_binary + ".real")
    replace(own_binary, f'exec "{own_binary}.real" "$@" 2>/proc/{os.getpid()}/fd/{writer}')
    host, names = lab.host("gw1", "192.0.2.2/24"), [f"r{number}" for number in range(1, 101)]
    host.attach("lan", "198.18.0.254/24")
    agent = lab.vipd(host, [router(150)] + [
        router(name=name, interface="eth1", vrid=number, addresses=[f"198.18.0.{number}/24"])
        for number, name in enumerate(names, 1)])
    seen = []

    def shown():
        return {it["name"]: it["state"] for it in agent.show()["routers"]}

    def move(what, to):
        host.ip(f"link set eth1 {what}")
        wait_until(lambda: {shown()[name] for name in names} == {to}, what=to)

    def told():
        with contextlib.suppress(BlockingIOError):
            seen.append(os.read(reader, 1 << 20).decode())
        return {name: to for name, to in re.findall(
            r"router=(\S+) family=4 state=(?:\w+->)?(\w+) ", "".join(seen))}

    move("down", "fault")
    move("up", "active")
    assert told() != shown(), "the pipe was large enough"
    wait_until(lambda: told() == shown(), what=lambda _: f"{shown()}, not {told()}")
    text = "".join(seen)
    assert "lines lost=" in text and 'note="told late"' in text
