# SPDX-License-Identifier: MIT
"""What one command does to others: those that are one action, each told of other states, are run one
after the other; one that hangs for each of many routers leaves places; and a contest that goes on for
long is a page once, while its winner acts again now and then, and once more when it is over."""

import json
import os
import time

import pytest

from agents import router
from frames import Probe
from generations import OWN
from lab import wait_until
from test_groups import wait_all
from test_notify import FAST, Recorder, entry, home, rows  # pylint: disable=unused-import
from test_notify_real import many

ACTED = """echo "begins $VIPD_ON" >>LOG
sleep 1
echo "ends $VIPD_ON" >>LOG"""


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def test_commands_for_other_states_are_one_action_and_never_run_at_once(lab, home):
    """As keepalived's notify_master and notify_fault are written: an entry each."""
    log = lab.path("log")
    commands = [Recorder(lab, name, body=ACTED.replace("LOG", log)) for name in ("master", "fault")]
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST, notify=[
        entry(commands[0], on=["active"], deliver="current"),
        entry(commands[1], on=["fault"], deliver="current")])], state_dir=home, user="root")
    wait_until(lambda: rows(home, "SELECT 1 FROM deliveries WHERE state = 1 AND word = 'active'"),
               what="the first to run")
    one.host.ip("link set eth0 down")
    one.wait_state("lan", "fault")
    commands[1].wait("fault")
    assert lines_of(log) == ["begins active", "ends active", "begins fault", "ends fault"]
    one.host.ip("link set eth0 up")
    one.wait_state("lan", "active")
    commands[0].wait("active", "active")
    assert rows(home, "SELECT count(*) FROM deliveries WHERE word = 'fault'") == [(0,)]


def test_command_that_hangs_for_each_of_many_routers_leaves_places_for_others(lab, home):
    count = 70
    hung, quick = Recorder(lab, "hung", body="sleep 1000"), Recorder(lab, "quick")
    one = lab.vipd(lab.host("gw1", OWN), many(150, count), state_dir=home, user="root",
                   notify=[entry(hung, on=["active"], timeout="10m"), entry(quick, on=["active"])])
    wait_all(one, "active")
    wait_until(lambda: len(quick.told) == count, 30, lambda _: f"all: {len(quick.told)}")
    assert not hung.told
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries WHERE state = 1") == [(32,)],
               what="half of the places to be taken")
    one.kill()


def heard_of(agent):
    """How often the journal has another Active."""
    events = map(json.loads, agent.ctl("events", "--json").stdout.splitlines())
    return len([it for it in events if it.get("notice") == "other_active"])


def times(command):
    """When it was told to be Active again, in seconds of the journal."""
    return [event["time"] for *_, event in command.runs if event.get("again")]


@pytest.mark.long
def test_contest_that_goes_on_is_one_page_and_its_winner_acts_again(lab, home):
    action, page = Recorder(lab, "action"), Recorder(lab, "page")
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)], state_dir=home, user="root",
                   notify=[entry(action, deliver="current", on=["active"]),
                           entry(page, on=["lower_advert", "conflict"])])
    one.wait_state("lan", "active")
    action.wait("active")
    probe = Probe(lab.host("probe"))
    with probe.speak("192.0.2.9", every=0.1, vrid=51, priority=100, addresses=["192.0.2.1"]):
        wait_until(lambda: len(times(action)) == 1, 45, "it to act while the contest goes on")
        heard = heard_of(one)
        assert heard > 10
        wait_until(lambda: heard_of(one) > heard, what="more of it")
    begun = time.monotonic()
    wait_until(lambda: len(times(action)) == 2, 15, "it to act when the contest is over")
    assert time.monotonic() - begun < 10
    assert [event["notice"] for *_, event in page.runs] == ["other_active", "not_heard"]


def test_contest_of_one_member_is_that_of_its_group(lab, home):
    """Who was Active for one of them beside us was for all."""
    commands = {name: Recorder(lab, name) for name in ("lan", "wan", "gate")}
    act = {name: {"notify": [entry(it, deliver="current", on=["active"])]}
           for name, it in commands.items()}
    gw = lab.host("gw1", OWN)
    gw.attach("wan", "198.51.100.2/24")
    one = lab.vipd(gw, [router(150, **FAST, **act["lan"]),
                        router(150, name="wan", vrid=52, interface="eth1",
                               addresses=["198.51.100.1/24"], **FAST, **act["wan"])],
                   groups=[{"name": "gate", "routers": ["lan", "wan"], **act["gate"]}],
                   state_dir=home, user="root")
    wait_all(one, "active")
    for it in commands.values():
        it.wait("active")
    one.host.wait_adverts(10, since=lab.now())     # who has just taken over hears no contest
    Probe(lab.host("probe", segment="wan")).advert("198.51.100.9", vrid=52, priority=50, interval=10,
                                                   addresses=["198.51.100.1"])
    for it in commands.values():
        it.wait("active", "active")
        assert it.runs[-1][3]["again"] is True
    assert [commands[it].runs[-1][3]["router"] for it in ("lan", "wan", "gate")] == [
        "lan", "wan", "lan"]


@pytest.mark.long
def test_checks_that_go_down_together_are_told_each(lab, home):
    """More of them than wait of one kind, for a page that is slow."""
    names = [f"c{i}" for i in range(10)]
    paths = {name: lab.path(name) for name in names}
    for path in paths.values():
        with open(path, "w", encoding="ascii"):
            pass
    page = Recorder(lab, "page", body="sleep 0.5")
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)], state_dir=home, user="root",
                   notify=[entry(page, on=["check"])],
                   checks=[{"name": name, "file": path, "interval": "50ms", "rise": 1, "fall": 1}
                           for name, path in paths.items()])
    one.wait_state("lan", "active")
    for word, change in (("down", os.unlink), ("up", lambda path: open(path, "x").close())):
        for path in paths.values():
            change(path)
        wait_until(lambda word=word: {event["check"] for *_, event in page.runs
                                      if event["is"] == word} == set(names), 20,
                   lambda _: f"all {word}: {[(it['check'], it['is']) for *_, it in page.runs]}")
