# SPDX-License-Identifier: MIT
"""Who is told of events, beside a real keepalived, and where it gets rough: hosts that were apart,
hundreds of routers at once, a journal that ran over, and states that change faster than anybody can
be told."""

import json
import os
import signal
import time
from datetime import datetime, timedelta

import pytest

from agents import keepalived_config, router
from frames import Probe
from generations import OWN, reload
from lab import wait_until
from seldom import seldom
from test_groups import wait_all
from test_notify import FAST, Recorder, entry, home, rows  # pylint: disable=unused-import

VECTOR = """#!/bin/sh
# One line per run, whole: each argument in brackets.
line=
for word; do line="$line[$word]"; done
printf '%s\\n' "$line" >>OUT
"""


class Vectors(Recorder):
    """A command that writes down its arguments, and reads nothing."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.write(VECTOR.replace("OUT", self.out))

    @property
    def lines(self):
        with open(self.out, encoding="utf-8") as file:
            return file.read().splitlines()


class Fifo:
    """What comes out of one."""

    def __init__(self, path):
        wait_until(lambda: os.path.exists(path), what=f"{path} to be made")
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.text = ""

    @property
    def lines(self):
        try:
            while more := os.read(self.fd, 65536):
                self.text += more.decode()
        except BlockingIOError:
            pass
        return self.text.splitlines()


# ---- beside a real keepalived ----

MEMBERS = [{"name": "lan", "vrid": 51, "interface": "eth0", "addresses": ["192.0.2.1/24"]},
           {"name": "wan", "vrid": 52, "interface": "eth1",
            "addresses": ["198.51.100.1/24"]},
           {"name": "solo", "vrid": 53, "interface": "eth0", "addresses": ["192.0.2.53/24"]}]
WORDS = ["first", "two words"]


def own_members(names=("lan", "wan", "solo"), **keys):
    return [router(150, **it, **FAST, **keys) for it in MEMBERS if it["name"] in names]


def keepaliveds(command, fifo, names=("lan", "wan", "solo")):
    """keepalived's configuration, each instance and the group with the command."""
    hook = f'notify "{command.path} {WORDS[0]} \'{WORDS[1]}\'"'
    members = [{**it, "extra": hook + "\nnotify_deleted"} for it in own_members(names)]
    return keepalived_config(members, "script_user root\nenable_script_security\n"
                             f"vrrp_notify_fifo {fifo}") + \
        f"vrrp_sync_group gate {{\n  group {{\n    lan\n    wan\n  }}\n  {hook}\n}}\n"


def gateway(lab, name, segments):
    made = lab.host(name, OWN, segment=segments[0])
    made.attach(segments[1], "198.51.100.2/24")
    return made


class Story:
    """What somebody was told: by its command, and by its FIFO, up to some event."""

    def __init__(self, command, fifo):
        self.command, self.fifo = command, fifo
        self.vectors_n = self.lines_n = 0

    def wait(self, vectors_n, lines_n):
        """Waits for so many more. Return: both, in an order that does not depend on who of several
        runs first: of each one that they are about."""
        enough = lambda: (len(self.command.lines) >= self.vectors_n + vectors_n and
                          len(self.fifo.lines) >= self.lines_n + lines_n)
        wait_until(enough, what=lambda _: f"{vectors_n} vectors and {lines_n} lines: "
                   f"{self.command.lines[self.vectors_n:]}, {self.fifo.lines[self.lines_n:]}")
        vectors, lines = self.command.lines[self.vectors_n:], self.fifo.lines[self.lines_n:]
        self.vectors_n, self.lines_n = self.vectors_n + len(vectors), self.lines_n + len(lines)
        return by_subject(vectors, "]["), by_subject(lines, " ")


def by_subject(lines, between):
    """What was told of each, in order."""
    told = {}
    for line in lines:
        at = line.find("GROUP") if "GROUP" in line else line.find("INSTANCE")
        told.setdefault(tuple(line[at:].split(between)[:2]), []).append(line)
    return told


def test_keepaliveds_words_are_those_of_a_keepalived(lab, home):
    """The same routers, apart, and the same happens to both: each is told the same."""
    theirs, ours = Vectors(lab, "theirs"), Vectors(lab, "ours")
    paths = [lab.path("theirs.fifo"), lab.path("ours.fifo")]
    os.mkfifo(paths[0])
    command = {"argv": [ours.path, *WORDS]}
    notify = [{"command": command, "style": "keepalived", "deliver": "all",
               "on": ["active", "backup", "fault", "stop", "deleted"]},
              {"fifo": paths[1], "deliver": "all"}]
    groups = [{"name": "gate", "routers": ["lan", "wan"]}]
    settings = {"state_dir": home, "user": "root", "notify": notify, "groups": groups}
    hosts = [gateway(lab, "ka", ("lan", "wan")), gateway(lab, "vi", ("other", "another"))]
    fifos = [Fifo(paths[0])]
    keepalived = lab.keepalived(hosts[0], text=keepaliveds(theirs, paths[0]))
    vipd = lab.vipd(hosts[1], own_members(), **settings)
    fifos.append(Fifo(paths[1]))
    stories = [Story(theirs, fifos[0]), Story(ours, fifos[1])]

    def same(vectors_n, lines_n):
        told = [story.wait(vectors_n, lines_n) for story in stories]
        assert told[0] == told[1], told
        return told[1]

    vectors, _ = same(8, 8)
    assert vectors[("GROUP", "gate")] == [f"[{WORDS[0]}][{WORDS[1]}][GROUP][gate][{it}][0]"
                                          for it in ("BACKUP", "MASTER")]
    assert vectors[("INSTANCE", "lan")] == [f"[{WORDS[0]}][{WORDS[1]}][INSTANCE][lan][{it}][150]"
                                            for it in ("BACKUP", "MASTER")]
    for gw in hosts:
        gw.ip("link set eth1 down")
    vectors, _ = same(3, 3)
    assert {subject for _, subject in vectors} == {"lan", "wan", "gate"}
    for gw in hosts:
        gw.ip("link set eth1 up")
    same(6, 6)
    with open(lab.path("ka-keepalived.conf"), "w", encoding="utf-8") as file:
        file.write(keepaliveds(theirs, paths[0], ("lan", "wan")))
    keepalived.process.send_signal(signal.SIGHUP)
    vipd.configure(own_members(("lan", "wan")), **settings)
    reload(vipd)
    vectors, lines = same(1, 1)
    assert lines == {("INSTANCE", '"solo"'): ['INSTANCE "solo" DELETED 150']}
    assert [it.split("][")[-2:] for it in vectors[("INSTANCE", "solo")]] == [["DELETED", "150]"]]
    keepalived.wait_log("Reload complete")
    keepalived.term()
    assert vipd.term() == 0
    vectors, _ = same(3, 3)
    assert {it.split("][")[-2] for told in vectors.values() for it in told} == {"STOP"}


def test_lines_that_are_no_states_are_keepaliveds(lab, home):
    """Of a priority that changes, and of one that advertises a lower one to an Active."""
    paths = [lab.path("theirs.fifo"), lab.path("ours.fifo")]
    os.mkfifo(paths[0])
    hosts = [gateway(lab, name, (segment, "other"))
             for name, segment in (("ka", "lan"), ("vi", "another"))]
    probes = [Probe(lab.host(f"probe-{it.name}", segment=segment))
              for it, segment in zip(hosts, ("lan", "another"))]
    fifos = [Fifo(paths[0])]
    lab.keepalived(hosts[0], text=keepalived_config(
        [{**own_members(["lan"])[0], "extra": "track_interface {\n eth1 weight -10\n }"}],
        f"vrrp_notify_fifo {paths[0]}\nvrrp_notify_priority_changes yes"))
    lab.vipd(hosts[1], own_members(["lan"], track=[{"interface": "eth1", "weight": -10}]),
             state_dir=home, user="root",
             notify=[{"fifo": paths[1], "deliver": "all",
                      "on": ["active", "backup", "priority", "lower_advert"]}])
    fifos.append(Fifo(paths[1]))

    def wait(*lines):
        for it in fifos:
            wait_until(lambda it=it: it.lines == [f'INSTANCE "lan" {line}' for line in lines],
                       what=lambda _: f"{lines}; there are {[it.lines for it in fifos]}")
    wait("BACKUP 150", "MASTER 150")
    for it in hosts:
        it.ip("link set eth1 down")
    wait("BACKUP 150", "MASTER 150", "MASTER_PRIORITY 140")
    # Of two intervals behind a takeover it tells nothing: whom it has replaced may not know yet.
    hosts[1].wait_adverts(3, since=lab.now())
    for probe, checksum in zip(probes, ("rfc5798", "rfc9568")):
        probe.advert("192.0.2.9", vrid=51, priority=50, interval=10, addresses=["192.0.2.1"],
                     checksum=checksum)
    wait("BACKUP 150", "MASTER 150", "MASTER_PRIORITY 140", "MASTER_RX_LOWER_PRI 140")


# ---- what is true ----

def test_winner_of_a_conflict_takes_its_action_again_and_the_loser_undoes_his(lab, home):
    """Two are Active while a cable is cut: what the loser has done last must not stay."""
    log = lab.path("actions")
    actions = [Recorder(lab, name, body=f'echo "{name} $VIPD_ON ${{VIPD_AGAIN-0}}" >>{log}')
               for name in ("one", "two")]
    agents = []
    for number, (action, priority) in enumerate(zip(actions, (150, 100)), 2):
        own = lab.path(f"home{number}")
        os.mkdir(own)
        gw = lab.host(f"gw{number - 1}", f"192.0.2.{number}/24")
        agents.append(lab.vipd(gw, [router(priority, **FAST)], state_dir=own, user="root",
                               notify=[entry(action, deliver="current")]))
        agents[0].wait_state("lan", "active")
    one, two = agents
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    lab.cut(two.host)
    two.wait_state("lan", "active")
    wait_until(lambda: actions[1].told[-1:] == ["active"], what="the action of the other one")
    lab.heal(two.host)
    two.wait_state("lan", "backup")
    wait_until(lambda: [it["again"] for *_, it in actions[0].runs if it.get("again")],
               what="the action once more")
    wait_until(lambda: actions[1].told[-1:] == ["backup"], what="its end")
    assert actions[0].told[-2:] == ["active", "active"]
    with open(log, encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines[-1] == "one active 1", "the winner has the last word"
    assert {it["key"] for action in actions for *_, it in action.runs} == {"51/4/192.0.2.1"}
    begun = [datetime.fromisoformat(it["incident"].split("@")[1].rstrip("Z"))
             for action in actions for *_, it in action.runs]
    assert max(begun) - min(begun) <= timedelta(minutes=1), "one incident, seen by two clocks"
    assert "two backup 0" in lines


def test_action_of_a_conflict_is_not_taken_by_who_has_lost_the_address_since(lab, home):
    action = Recorder(lab)
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)], state_dir=home, user="root",
                   notify=[entry(action, deliver="current")])
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100, **FAST)])
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    lab.cut(two.host)
    two.wait_state("lan", "active")
    wait_until(lambda: action.told[-1:] == ["active"], what="the action of the one")
    before = action.told                           # of a state that was short perhaps nothing
    lab.heal(two.host)
    two.wait_state("lan", "backup")
    wait_until(lambda: rows(home, "SELECT word FROM deliveries") == [("active",)], 1.5,
               "it to be due soon")
    one.host.ip("link set eth0 down")
    action.wait(*before, "fault")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="nothing left")
    assert action.told == [*before, "fault"]


# ---- many ----

def many(priority, count, **keys):
    return [router(priority, name=f"r{i}", vrid=i, addresses=[f"192.0.{2 + i // 200}.{20 + i % 200}/24"],
                   interval="1s", **keys) for i in range(1, count + 1)]


@pytest.mark.long
def test_two_hundred_at_once_are_told_each_once_and_delay_no_advert(lab, home):
    count = 200
    commands = [Recorder(lab, f"c{i}") for i in range(1, count + 1)]
    routers = [{**it, "notify": [entry(command, timeout="1m")]}
               for it, command in zip(many(100, count), commands)]
    peer = lab.vipd(lab.host("gw2", "192.0.2.3/24"), many(150, count))
    wait_all(peer, "active")
    one = lab.vipd(lab.host("gw1", OWN), routers, state_dir=home, user="root")
    wait_until(lambda: all(it["active_address"] for it in one.show()["routers"]), 20,
               "Backups that hear")
    wait_until(lambda: all(it.told == ["backup"] for it in commands), 60, "the first of all")
    mark = lab.now()
    peer.kill()
    wait_all(one, "active")
    wait_until(lambda: all(it.told == ["backup", "active"] for it in commands), 60,
               lambda _: f"all: {[it.told for it in commands if len(it.told) != 2][:5]}")
    one.host.wait_adverts(3 * count, since=mark)
    for number, command in enumerate(commands, 1):
        assert [event["router"] for *_, event in command.runs] == [f"r{number}"] * 2
        assert not any(repeat for _, _, repeat, _ in command.runs)
    adverts = {}
    for advert in lab.capture.adverts(host=one.host, since=mark):
        adverts.setdefault(advert.vrid, []).append(advert.ns)
    assert len(adverts) == count
    gaps = sorted(b - a for times in adverts.values() for a, b in zip(times, times[1:]))
    assert gaps and gaps[-1] < 1.5e9, "no advert is late"
    assert rows(home, "SELECT count(*) FROM deliveries") == [(0,)]


# ---- a journal that ran over ----

def overrun(agent, gw):
    """More events than a ring has room for: routers of eth0 go down and come up until all that was
    there is overwritten."""
    last = seqs(agent)[-1]
    while seqs(agent)[0] <= last:
        for _ in range(5):
            gw.ip("link set eth0 down")
            wait_until(lambda: all(it["state"] == "fault" for it in agent.show()["routers"]),
                       what="all in fault")
            gw.ip("link set eth0 up")
            wait_until(lambda: all(it["state"] == "active" for it in agent.show()["routers"]
                                   if it["interface"] == "eth0"), what="all active")


def seqs(agent):
    """Of what is in the ring of the routers."""
    events = map(json.loads, agent.ctl("events", "--json").stdout.splitlines())
    return [it["seq"] for it in events if it.get("router")]


def last_told(command):
    """Of each router what it was told last."""
    return {event["router"]: on for _, on, _, event in command.runs if event.get("router")}


@pytest.mark.long
@pytest.mark.parametrize("dead", [seldom(False, id="stopped"),
                                  pytest.param(True, id="killed")])
def test_overrun_is_a_page_and_final_states_follow(lab, home, dead):
    page = Recorder(lab, "page")
    gw = lab.host("gw1", OWN)
    gw.attach("wan", "198.51.100.2/24")
    routers = [router(150, name=f"r{i}", vrid=i, addresses=[f"192.0.2.{20 + i}/24"], **FAST)
               for i in range(1, 101)]
    quiet = router(150, name="quiet", vrid=200, interface="eth1", addresses=["198.51.100.1/24"],
                   **FAST)
    one = lab.vipd(gw, [*routers, quiet], state_dir=home, user="root",
                   notify=[entry(page, timeout="1m", on=["active", "fault"])])
    wait_all(one, "active")
    wait_until(lambda: page.told.count("active") == 101, 60, "all to be told")
    [notifier] = one.notifier_pids
    os.kill(notifier, signal.SIGSTOP)
    try:
        gw.ip("link set eth1 down")
        one.wait_state("quiet", "fault")
        overrun(one, gw)
    finally:
        os.kill(notifier, signal.SIGKILL if dead else signal.SIGCONT)
    final = {f"r{i}": "active" for i in range(1, 101)} | {"quiet": "fault"}
    wait_until(lambda: last_told(page) == final and
               rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 90,
               lambda _: f"the final states; wrong: "
               f"{ {name: on for name, on in last_told(page).items() if final[name] != on} }")
    lost = [event for _, on, _, event in page.runs if on == "lost"]
    assert len(lost) == 1 and lost[0]["lost"] > 0 and lost[0]["kind"] == "journal_lost"
    wait_until(lambda: last_told(page) == final, what="them to stay")


# ---- faster than anybody can be told ----

@pytest.mark.long
def test_flapping_ten_times_a_second_with_a_slow_command_ends_with_the_truth(lab, home):
    """2 s per run, for 4 s of flapping: what was merged is told, and the last is what is so."""
    page = Recorder(lab, "page", body="sleep 2")
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)], state_dir=home, user="root",
                   notify=[entry(page)])
    one.wait_state("lan", "active")
    begun = time.monotonic()
    for n in range(80):                                # a change of the link each 50 ms
        one.host.ip(f"link set eth0 {'up' if n % 2 else 'down'}")
        time.sleep(max(0, begun + (n + 1) * 0.05 - time.monotonic()))
    one.wait_state("lan", "active")
    wait_until(lambda: page.told[-1:] == ["active"] and
               rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 40, "the last of them")
    states = [json.loads(it) for it, in rows(home, "SELECT json FROM events WHERE kind = 1")]
    changes = [it for it in states if it["from"] != it["to"]]
    merged = sum(event["merged"] for *_, event in page.runs)
    assert len(changes) >= 60 and len(page.runs) <= 12, "it is slower by far"
    assert len(page.runs) + merged == len(changes), "what was merged is counted"
    seqs = [event["seq"] for *_, event in page.runs]
    assert seqs == sorted(set(seqs)), "in order, and once"
    assert {(it["seq"], it["to"]) for it in changes} >= \
        {(event["seq"], event["to"]) for *_, event in page.runs}, "nothing that was not"
    assert "merged into this one" in one.wait_log("notify=merged")
