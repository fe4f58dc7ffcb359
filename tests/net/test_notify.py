# SPDX-License-Identifier: MIT
"""Who is told of events: commands and FIFOs, in order, at least once, and never of what is no longer
true. A command here writes what it was told into a file, a line for each run."""

import contextlib
import json
import os
import pwd
import re
import signal
import sqlite3
import stat

import pytest

from agents import run_vipd, write_config
from frames import Probe
from generations import OWN, crash, reload, replace
from lab import router, wait_until
from pages import forget_rings
from processes import children, name_of

ETC = os.path.join(os.path.dirname(__file__), "../../etc")
FAST = {"interval": "100ms"}
CRASHES_MAX = 3                  # of router processes in a minute; the last of them ends vipd

RECORD = """#!/bin/sh
# One line per run, whole: the words, and what was on standard input.
text=$(cat)
printf '%s\\t%s\\t%s\\t%s\\n' "$*" "${VIPD_ON-}" "${VIPD_REPEAT-}" "$text" >>OUT
"""


class Recorder:
    """A command that writes down what it is told; `body` comes before, `end` behind that."""

    def __init__(self, lab, name="record", body="", end="exit 0"):
        self.out, self.path = lab.path(f"{name}.out"), lab.path(name)
        with open(self.out, "w", encoding="utf-8"):
            pass
        os.chmod(self.out, 0o666)
        self.write(RECORD.replace("OUT", self.out).replace("text=$(cat)", f"text=$(cat)\n{body}") + end)

    def write(self, text):
        """Another program in its place."""
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.chmod(self.path + ".new", 0o755)
        os.replace(self.path + ".new", self.path)

    @property
    def runs(self):
        """[(words, on, whether it is a repetition, event), ...]"""
        with open(self.out, encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file if line.endswith("\n")]
        return [(words, on, repeat == "1", json.loads(text) if text else None)
                for words, on, repeat, text in lines]

    @property
    def told(self):
        """What it was told of, in order."""
        return [on for _, on, _, _ in self.runs]

    def wait(self, *told):
        """Waits until that is what it was told."""
        return wait_until(lambda: self.told == list(told) and self.runs,
                          what=lambda _: f"{list(told)}; it was told {self.told}")


@pytest.fixture
def home(lab):
    """A state directory."""
    path = lab.path("state")
    os.mkdir(path, 0o755)
    return path


def entry(recorder, **keys):
    """A notify entry."""
    return {"command": [recorder.path], **keys}


def start_on(lab, host, home, *routers, **settings):
    """A vipd, which may be the next one there."""
    return lab.vipd(host, list(routers) or [router(150, **FAST)], state_dir=home, user="root", **settings)


def start(lab, home, *routers, name="gw1", address=OWN, **settings):
    return start_on(lab, lab.host(name, address), home, *routers, **settings)


def rows(home, query):
    """Of the database, as a reader sees it; none before the notifier has made it."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{home}/vipd.db?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error) and "unable to open" not in str(error):
            raise
        return []


# ---- what is told ----

def test_transitions_are_told_in_order_with_all_that_is_known(lab, home):
    command = Recorder(lab)
    one = start(lab, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    _, active = [event for *_, event in command.runs]
    assert active["router"] == "lan" and active["node"] == "gw1" and active["kind"] == "state"
    assert (active["from"], active["to"], active["state"]) == ("backup", "active", "active")
    assert active["vrid"] == 51 and active["interface"] == "eth0" and active["priority"] == 150
    assert active["key"] == "51/4/192.0.2.1" and active["incident"].startswith("51/4/192.0.2.1@20")
    assert "no advert for" in active["reason"] and active["reason_code"] == "silence"
    assert (active["attempt"], active["repeat"], active["merged"]) == (1, False, 0)
    one.host.ip("link set eth0 down")
    command.wait("backup", "active", "fault")
    one.host.ip("link set eth0 up")
    command.wait("backup", "active", "fault", "backup", "active")
    assert one.term() == 0
    assert command.told == ["backup", "active", "fault", "backup", "active", "stop"]
    assert not any(repeat for _, _, repeat, _ in command.runs)
    assert rows(home, "SELECT count(*) FROM deliveries") == [(0,)]
    assert rows(home, "SELECT count(*) FROM events WHERE router = 'lan'")[0][0] >= 6


ALL_WORDS = ["active", "backup", "fault", "stop", "start", "deleted", "priority", "lower_advert", "check",
             "conflict", "deaf", "drain", "reload", "last_will", "lost"]


def test_each_word_is_told_for_what_it_stands_for(lab, home):
    """Those of states, reloads and ends have tests of their own; the others are here."""
    command, flag = Recorder(lab), lab.path("flag")
    with open(flag, "w", encoding="utf-8"):
        pass
    gw, probe = lab.host("gw1", OWN, ipv6=True), Probe(lab.host("probe"))
    gw.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
    one = lab.vipd(gw, [router(150, **FAST, addresses=["192.0.2.1/24", "2001:db8::1/64"],
                               track=[{"check": "flag", "weight": -10}])],
                   state_dir=home, user="root", notify=[entry(command, on=ALL_WORDS)],
                   checks=[{"name": "flag", "file": flag, "interval": "50ms", "rise": 1, "fall": 1}])

    def told(word, what):
        return wait_until(lambda: [event for _, on, _, event in command.runs if on == word],
                          what=lambda _: f"{word} for {what}: {command.told}")
    one.wait_state("lan", "active")
    assert [it["kind"] for it in told("deaf", "a family that cannot speak")] == ["mute"]
    os.unlink(flag)
    [changed] = told("priority", "a check with a weight")
    assert (changed["configured_priority"], changed["priority"], changed["priority_parts"]) == (
        150, 140, {"flag": -10})
    assert told("check", "a check")[0]["error"] == "No such file or directory"
    probe.advert("192.0.2.9", vrid=51, priority=50, interval=10, addresses=["192.0.2.1"])
    assert told("lower_advert", "another Active")[0]["source"] == "192.0.2.9"
    # Until it is believed: it might have yielded to the priority of before.
    with probe.speak("192.0.2.9", vrid=51, priority=140, addresses=["192.0.2.1"]):
        wait_until(lambda: "equal_priority" in [it.get("notice") for it in
                                                told("conflict", "a rival")],
                   what="one with the same priority")
        one.wait_state("lan", "backup")
    one.wait_state("lan", "active")
    one.ctl("drain", "lan", check=False)
    assert told("drain", "a drain")[0]["drain"] == "begins"
    one.ctl("resume", "lan")
    wait_until(lambda: command.told.count("drain") >= 2, what="its end")
    assert not {"fault", "stop", "deleted", "reload", "last_will", "lost"} & set(command.told)
    yields = next(event for *_, event in command.runs if event["on"] == "backup" and
                  event["from"] == "active")
    assert yields["peer"] == "192.0.2.9", "who made it yield"
    assert {name for *_, event in command.runs for name in event} - members_in_manual() == set()


def members_in_manual():
    """What the manual pages say that events have."""
    found = set()
    for page in ("vipd-events.7", "vipd-notify.7"):
        with open(f"{ETC}/{page}", encoding="utf-8") as file:
            lists = re.findall(r"^\.It Cm (.*)|^\.Cm (\S+)$", file.read(), re.MULTILINE)
        found |= {word for words in lists for it in words for word in re.findall(r"[a-z_]+", it)}
    return found


def test_command_has_the_rights_of_its_own_user(lab):
    """Beside others of the notifier's: each as whom its entry names."""
    commands = {name: Recorder(lab, name, body='text="{\\"user\\": \\"$(id -un) $(id -gn)\\"}"')
                for name in ("nobody", "games", "root")}
    notify = [entry(commands["nobody"])] + [entry(commands[name], user=name)
                                            for name in ("games", "root")]
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)], state_dir=lab.path("made"),
                   user="nobody", notify=notify)
    one.wait_state("lan", "active")
    for name, group in (("nobody", "nogroup"), ("games", "games"), ("root", "root")):
        wait_until(lambda it=commands[name]: it.told == ["backup", "active"], what=f"{name}'s")
        assert {event["user"] for *_, event in commands[name].runs} == {f"{name} {group}"}


def test_words_choose_what_is_told(lab, home):
    some, others = Recorder(lab, "some"), Recorder(lab, "others")
    one = start(lab, home, router(150, **FAST, notify=[entry(some, on=["fault", "start"])]),
                router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST,
                       notify=[entry(others, on=["active", "deleted"])]))
    one.wait_state("lan", "active")
    one.wait_state("two", "active")
    others.wait("active")
    one.configure([router(150, **FAST, notify=[entry(some, on=["fault", "start"])])],
                  state_dir=home, user="root")
    reload(one)
    one.host.ip("link set eth0 down")
    some.wait("start", "fault")
    others.wait("active", "deleted")


def test_removed_router_is_told_to_the_host(lab, home):
    command = Recorder(lab)
    two = router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST)
    settings = {"notify": [entry(command, on=["active", "deleted"])]}
    one = start(lab, home, router(150, **FAST), two, **settings)
    one.wait_state("lan", "active")
    one.wait_state("two", "active")
    wait_until(lambda: command.told == ["active"] * 2, what="both")
    one.configure([router(150, **FAST)], state_dir=home, user="root", **settings)
    reload(one)
    command.wait("active", "active", "deleted")
    assert command.runs[-1][3]["router"] == "two"


def test_reload_is_told(lab, home):
    command = Recorder(lab)
    one = start(lab, home, notify=[entry(command, on=["reload"])])
    one.wait_state("lan", "active")
    reload(one)
    command.wait("reload")
    assert command.runs[0][3]["reload"] == "done"


def test_both_families_are_one_and_two_apart(lab, home):
    command = Recorder(lab)
    both = {"addresses": ["192.0.2.1/24", "2001:db8::1/64"]}
    gw = lab.host("gw1", OWN, ipv6=True)
    one = lab.vipd(gw, [router(150, **FAST, **both)], state_dir=home, user="root",
                   notify=[entry(command)])
    for family in (4, 6):
        one.wait_state("lan", "active", family=family)
    command.wait("backup", "active")
    one.configure([router(150, **FAST, **both, families="apart")], state_dir=home, user="root",
                  notify=[entry(command)])
    reload(one)
    gw.ip("link set eth0 down")
    wait_until(lambda: command.told.count("fault") == 2, what="each family")
    assert {event["family"] for *_, event in command.runs if event["on"] == "fault"} == {4, 6}


# ---- keepalived's style ----

def test_keepalived_style_has_its_words(lab, home):
    command = Recorder(lab)
    routers = [router(150, **FAST, notify=[entry(command, style="keepalived", deliver="all")]),
               router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST)]
    groups = [{"name": "gate", "routers": ["lan", "two"],
               "notify": [{"command": [command.path, "own"], "style": "keepalived",
                           "deliver": "all"}]}]
    one = start(lab, home, *routers, groups=groups)
    one.wait_state("lan", "active")
    wait_until(lambda: len(command.runs) == 4, what=lambda _: f"four: {command.runs}")
    assert one.term() == 0
    words = [words for words, *_ in command.runs]
    assert [it for it in words if "INSTANCE" in it] == [
        "INSTANCE lan BACKUP 150", "INSTANCE lan MASTER 150", "INSTANCE lan STOP 150"]
    assert [it for it in words if "GROUP" in it] == [
        "own GROUP gate BACKUP 0", "own GROUP gate MASTER 0", "own GROUP gate STOP 0"]
    assert all(event is None and not on for _, on, _, event in command.runs)


def test_fifo_has_keepaliveds_lines(lab, home):
    path = lab.path("fifo")
    groups = [{"name": "gate", "routers": ["lan", "two"]}]
    one = start(lab, home, router(150, **FAST),
                router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST),
                groups=groups, notify=[{"fifo": path, "deliver": "all"}])
    wait_until(lambda: os.path.exists(path), what="the FIFO")
    assert stat.S_ISFIFO(os.stat(path).st_mode) and os.stat(path).st_mode & 0o777 == 0o600
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    lines = []

    def read():
        try:
            lines.extend(os.read(reader, 4096).decode().splitlines())
        except BlockingIOError:
            pass
        return len(lines) >= 6 and lines
    wait_until(read, what=lambda _: f"six lines: {lines}")
    os.close(reader)
    assert sorted(lines) == sorted([
        'INSTANCE "lan" BACKUP 150', 'INSTANCE "two" BACKUP 150', 'GROUP "gate" BACKUP 0',
        'INSTANCE "lan" MASTER 150', 'INSTANCE "two" MASTER 150', 'GROUP "gate" MASTER 0'])
    assert one.term() == 0


def test_fifo_that_is_removed_or_made_anew_is_followed(lab, home):
    """Readers do that when they begin: what is written into one without a name nobody hears."""
    path = lab.path("fifo")
    one = start(lab, home, notify=[{"fifo": path, "deliver": "all"}])
    wait_until(lambda: os.path.exists(path), what="the FIFO")
    one.wait_state("lan", "active")
    reader, read = os.open(path, os.O_RDWR | os.O_NONBLOCK), []

    def lines():
        with contextlib.suppress(BlockingIOError):
            return os.read(reader, 4096).decode().splitlines()
        return []
    wait_until(lambda: read.extend(lines()) or len(read) == 2, what="two lines")
    os.close(reader)
    os.unlink(path)
    os.mkfifo(path, 0o600)
    reader = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    one.host.ip("link set eth0 down")
    assert wait_until(lines, what="a line") == ['INSTANCE "lan" FAULT 150']
    os.unlink(path)
    with open(path, "w", encoding="utf-8"):        # a mistake of somebody's
        pass
    one.host.ip("link set eth0 up")
    wait_until(lambda: ("something else has its name",) in
               rows(home, "SELECT error FROM deliveries WHERE word = 'backup'"), what="its error")
    os.unlink(path)
    os.close(reader)
    wait_until(lambda: os.path.exists(path), what="another one")
    reader, read = os.open(path, os.O_RDWR | os.O_NONBLOCK), []
    wait_until(lambda: read.extend(lines()) or len(read) == 2, what="two lines")
    assert read == ['INSTANCE "lan" BACKUP 150', 'INSTANCE "lan" MASTER 150']
    os.close(reader)


# ---- order, slowness, failure ----

def test_hung_command_delays_nobody_else(lab, home):
    hung = Recorder(lab, "hung", body="sleep 1000")
    quick = Recorder(lab, "quick")
    one = start(lab, home, router(150, **FAST, notify=[entry(hung, retries=0, timeout="1s"),
                                                       entry(quick)]),
                router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST,
                       notify=[entry(quick)]))
    one.wait_state("lan", "active")
    wait_until(lambda: sorted(quick.told) == ["active"] * 2 + ["backup"] * 2, 3, "all others")
    one.wait_log("notify=dead", timeout=10)
    assert "no end within 1000 ms, killed" in one.wait_log("notify=dead")
    assert hung.told == []


def test_failed_one_is_tried_again_and_those_behind_it_wait(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || {{ echo the pager is away >&2; exit 3; }}")
    one = start(lab, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT error FROM deliveries WHERE attempts > 0"),
               what="a failed attempt")
    assert command.told == []
    wait_until(lambda: rows(home, "SELECT error FROM deliveries WHERE word = 'backup'") ==
               [("exit status 3: the pager is away",)], what="its error")
    with open(gate, "w", encoding="utf-8"):
        pass
    command.wait("backup", "active")
    assert [repeat for _, _, repeat, _ in command.runs] == [True, False]


def test_dead_letter_is_seen_and_tried_again_or_dropped(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 3")
    one = start(lab, home, notify=[entry(command, retries=0)])
    one.wait_state("lan", "active")
    wait_until(lambda: len([it for it in one.log if "notify=dead" in it]) == 2, what="two of them")
    dead = wait_until(lambda: len(found := rows(home, "SELECT id, word, attempts, error FROM "
                                                "deliveries WHERE state = 2 ORDER BY id")) == 2 and
                      found, what="both in the store")
    assert [it[1:] for it in dead] == [("backup", 1, "exit status 3"), ("active", 1, "exit status 3")]
    with open(gate, "w", encoding="utf-8"):
        pass
    one.ctl("notify", "retry", str(dead[1][0]))
    command.wait("active")
    assert command.runs[0][2], "it may have been told before"
    os.remove(gate)
    one.host.ip("link set eth0 down")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries WHERE state = 2") == [(2,)],
               what="another one")
    with open(gate, "w", encoding="utf-8"):
        pass
    done = one.ctl("notify", "retry", "all")
    assert (done.stdout, done.stderr) == ("2 deliveries: tried again\n", "")
    command.wait("active", "backup", "fault")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="the end of all")
    done = one.ctl("notify", "retry", "4711", check=False)
    assert done.returncode == 1 and "4711: no delivery with this id" in done.stderr
    one.wait_log("notify=unknown id=4711")
    assert one.ctl("notify", "drop", "all").stdout == "0 deliveries: dead, and given up\n"
    assert command.told == ["active", "backup", "fault"]


def test_one_that_waits_for_its_pause_is_tried_now(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 3")
    one = start(lab, home, notify=[entry(command, on=["active", "fault"])])
    one.wait_state("lan", "active")
    one.host.ip("link set eth0 down")
    first, second = wait_until(                    # the pause behind the fourth attempt: 8 s
        lambda: (found := rows(home, "SELECT id, attempts, state FROM deliveries ORDER BY id")) and
        len(found) == 2 and found[0][1:] == (4, 0) and found, 20, "the fourth attempt to fail")
    with open(gate, "w", encoding="utf-8"):
        pass
    done = one.ctl("notify", "retry", str(second[0]))      # which waits for the first
    assert (done.stdout, done.stderr) == (f"{second[0]}: is tried again\n", "")
    wait_until(lambda: command.told == ["active", "fault"], 4, lambda _: f"both: {command.told}")
    assert f"id={second[0]} of=fault/lan" in one.wait_log("notify=retry .*note=")
    assert first[0] < second[0]


def test_where_nobody_is_told_nothing_is_retried(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)])
    one.wait_state("lan", "active")
    for what in ("retry", "drop"):
        done = one.ctl("notify", what, "3", check=False)
        assert done.returncode == 1 and "no notifier runs: nobody is configured" in done.stderr


def test_action_that_is_true_no_more_is_not_retried(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 3")
    one = start(lab, home, notify=[entry(command, on=["active"], deliver="current", retries=0)])
    one.wait_state("lan", "active")
    dead = wait_until(lambda: rows(home, "SELECT id FROM deliveries WHERE state = 2"), what="its death")
    one.host.ip("link set eth0 down")
    one.wait_state("lan", "fault")
    with open(gate, "w", encoding="utf-8"):
        pass
    ask = str(dead[0][0])
    done = one.ctl("notify", "retry", ask, check=False)
    assert done.returncode == 1 and f"delivery {ask}: its state is true no more" in done.stderr
    assert "true no more" in one.wait_log(f"notify=unknown id={ask} of=active/lan")
    assert "0 deliveries: tried again; those stay dead whose state is true no more" in one.ctl(
        "notify", "retry", "all").stdout
    assert rows(home, "SELECT state FROM deliveries") == [(2,)]
    assert one.ctl("notify", "drop", ask).stdout == f"{ask}: is dropped\n"
    assert one.ctl("notify", "drop", ask, check=False).returncode == 1
    assert command.told == []


def test_action_ends_with_a_state_that_its_entry_is_not_told_of(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 3")
    one = start(lab, home, notify=[entry(command, on=["active"], deliver="current", retries=100)])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT 1 FROM deliveries WHERE attempts > 0"), what="an attempt")
    one.host.ip("link set eth0 down")
    one.wait_state("lan", "fault")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="its end")
    with open(gate, "w", encoding="utf-8"):
        pass
    one.host.ip("link set eth0 up")
    one.wait_state("lan", "active")
    command.wait("active")                         # that of now, at once


def test_action_that_was_begun_is_not_gone_on_with_when_it_is_true_no_more(lab, home):
    gate, begun = lab.path("gate"), lab.path("begun")
    os.mkdir(begun)
    os.chmod(begun, 0o777)                         # the command is not root's
    command = Recorder(lab, body=f"[ -e {gate} ] || {{ : >{begun}/it; sleep 100; }}")
    one = start(lab, home, notify=[entry(command, on=["active"], deliver="current", timeout="60s")])
    one.wait_state("lan", "active")
    wait_until(lambda: os.path.exists(f"{begun}/it"), what="a run that has seen no gate")
    one.host.ip("link set eth0 down")
    one.wait_state("lan", "fault")
    wait_until(lambda: rows(home, "SELECT state FROM states WHERE router = 'lan'") == [(3,)],
               what="the fault in the store")
    with open(gate, "w", encoding="utf-8"):
        pass
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="its end")
    assert command.told == []


def test_group_and_router_of_one_name_are_told_apart(lab, home):
    command = Recorder(lab, body="sleep 0.3")
    one = start(lab, home, router(150, **FAST),
                router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST),
                groups=[{"name": "lan", "routers": ["lan", "two"]}],
                notify=[entry(command, style="keepalived", deliver="current")])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)] and
               any("GROUP lan MASTER" in it for it, *_ in command.runs), what="the end of all")
    assert {"INSTANCE lan MASTER 150", "GROUP lan MASTER 0", "INSTANCE two MASTER 150"} <= {
        words for words, *_ in command.runs}


def test_slow_command_is_told_merged_states_and_never_loses_the_last(lab, home):
    command = Recorder(lab, body="sleep 1")
    one = start(lab, home, notify=[entry(command, on=["fault", "backup", "active"])])
    one.wait_state("lan", "active")
    for _ in range(12):
        one.host.ip("link set eth0 down")
        one.wait_state("lan", "fault")
        one.host.ip("link set eth0 up")
        one.wait_state("lan", "backup")
    one.wait_state("lan", "active")
    wait_until(lambda: command.told[-1:] == ["active"] and
               rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 30, "the last of them")
    merged = sum(event["merged"] for *_, event in command.runs)
    states = [json.loads(it) for it, in rows(home, "SELECT json FROM events WHERE kind = 1")]
    assert merged > 10
    assert len(command.runs) + merged == len([it for it in states if it["from"] != it["to"]])
    assert "notify=merged" in one.wait_log("notify=merged")


def test_current_is_never_told_what_is_no_longer_true(lab, home):
    command = Recorder(lab, body="sleep 1")
    one = start(lab, home, notify=[entry(command, deliver="current")])
    one.wait_state("lan", "active")
    for _ in range(5):
        one.host.ip("link set eth0 down")
        one.wait_state("lan", "fault")
        one.host.ip("link set eth0 up")
        one.wait_state("lan", "backup")
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], 10, "the end of all")
    assert command.told[-1] == "active" and len(command.told) <= 6
    assert all(event["merged"] == 0 for *_, event in command.runs)


def test_changed_action_is_told_the_state_of_now_and_a_page_is_not(lab, home):
    action, page = Recorder(lab, "action"), Recorder(lab, "page")
    one = start(lab, home)
    one.wait_state("lan", "active")
    one.configure([router(150, **FAST)], state_dir=home, user="root",
                  notify=[entry(action, deliver="current"), entry(page)])
    reload(one)
    action.wait("active")
    one.host.ip("link set eth0 down")
    action.wait("active", "fault")
    page.wait("fault")


def test_changed_action_of_a_router_and_of_a_group_is_told_and_the_others_are_not(lab, home):
    names = ("host", "lan", "two", "gate")
    actions = {name: Recorder(lab, name) for name in names}

    def settings(*changed):
        def told(name):
            return {"notify": [{"command": [actions[name].path, *(["new"] if name in changed else [])],
                                "deliver": "current"}]}
        return [router(150, **FAST, **told("lan")),
                router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST, **told("two"))], {
                    "groups": [{"name": "gate", "routers": ["lan", "two"], **told("gate")}],
                    "state_dir": home, "user": "root", **told("host")}
    routers, others = settings()
    one = lab.vipd(lab.host("gw1", OWN), routers, **others)
    one.wait_state("lan", "active")
    one.wait_state("two", "active")

    def words_of(name):
        return [words for words, *_ in actions[name].runs][before[name]:]
    for name in names:
        wait_until(lambda name=name: actions[name].told[-1:] == ["active"], what=name)
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="the end of all")
    before = {name: len(actions[name].told) for name in names}
    routers, others = settings("two", "gate")
    one.configure(routers, **others)
    reload(one)
    for name in ("two", "gate"):
        wait_until(lambda name=name: words_of(name), what=name)
    one.host.ip("link set eth0 down")              # what comes next is the next for all
    for name in names:
        wait_until(lambda name=name: actions[name].told[-1:] == ["fault"], what=name)
    for name in ("two", "gate"):
        assert actions[name].told[before[name]:] == ["active", "fault"]
        assert words_of(name) == ["new", "new"]
    assert actions["lan"].told[before["lan"]:] == ["fault"]
    assert set(actions["host"].told[before["host"]:]) == {"fault"}


# ---- ends and beginnings ----

def kill_at_once(agent):
    """The keeper and its children: none has a last word, and what a notifier has run may live on."""
    agent.expected_to_live = False
    pids = [agent.pid, *children(agent.pid)]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            os.kill(pid, number)
    agent.process.wait()


def kill_everything(agent):
    """All processes of a vipd at once: none has a last word. What it ran is ended by then, too."""
    pids = [agent.pid, *agent.router_pids, *agent.notifier_pids]
    agent.expected_to_live = False
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    wardens = [it for pid in agent.notifier_pids for it in children(pid)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    agent.process.wait()
    wait_until(lambda: not any(name_of(pid) for pid in wardens), what="the end of what it ran")


def test_reload_and_crash_tell_nothing_again(lab, home):
    command = Recorder(lab)
    one = start(lab, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    reload(one)
    crash(one)
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    one.wait_log("notifier=")
    one.host.ip("link set eth0 down")
    command.wait("backup", "active", "fault")


def knows_its_entries(home):
    """Whether it is written down that somebody is to be told: before, an entry may be a new one."""
    with contextlib.suppress(sqlite3.OperationalError):
        return rows(home, "SELECT count(*) FROM entries") != [(0,)]
    return False


def test_kill_of_everything_loses_no_page(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 1")
    one = start(lab, home, notify=[entry(command)])
    wait_until(lambda: knows_its_entries(home), what="an entry")
    one.wait_state("lan", "active")
    kill_everything(one)
    with open(gate, "w", encoding="utf-8"):
        pass
    two = start_on(lab, one.host, home, notify=[entry(command)])
    two.wait_state("lan", "active")
    command.wait("backup", "active", "backup", "active")


def test_kill_of_everything_before_anybody_has_read_loses_no_page(lab, home, own_binary):
    command = Recorder(lab)
    notifier = own_binary + "-notifier"
    os.rename(notifier, notifier + ".real")
    with open(notifier, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexec sleep 60\n")             # it never comes so far
    os.chmod(notifier, 0o755)
    host = lab.host("gw1", OWN)
    settings = {"state_dir": home, "user": "root", "notify": [entry(command)]}
    one = lab.vipd(host, [router(150, **FAST)], **settings)
    one.wait_state("lan", "active")
    sleeper = next(pid for pid in children(one.pid) if name_of(pid) in ("sleep", "vipd-notifier"))
    kill_everything(one)
    with contextlib.suppress(ProcessLookupError):
        os.kill(sleeper, signal.SIGKILL)
    os.rename(notifier + ".real", notifier)
    two = lab.vipd(host, [router(150, **FAST)], **settings)
    two.wait_state("lan", "active")
    command.wait("backup", "active", "backup", "active")


def give_up(agent):
    """Kills router processes until the keeper executes the last will. Return: its exit status."""
    for _ in range(CRASHES_MAX - 1):
        crash(agent)
    agent.expected_to_live = False
    agent.kill_router()
    return agent.wait_exit()


def test_last_will_is_a_page_and_ends_what_is_done_as_active(lab, home):
    """As Active an action is tried in vain; what is true behind the last will is that it stopped."""
    page, action = Recorder(lab, "page"), Recorder(lab, "action", body='[ "$VIPD_ON" = stop ] || exit 1')
    silent = Recorder(lab, "silent", body="exit 1")
    one = start(lab, home, notify=[
        entry(page, on=["last_will", "stop"]), entry(action, deliver="current", retries=100),
        entry(silent, deliver="current", on=["active"], retries=100)])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries WHERE attempts > 0 AND "
                            "word = 'active'") == [(2,)], what="an attempt of each")
    assert give_up(one) == 1
    assert page.told == ["last_will"] * (CRASHES_MAX + 1)
    assert [event["kind"] for *_, event in page.runs] == [*["process_lost"] * CRASHES_MAX, "last_will"]
    assert action.told == ["stop"]
    [(*_, stop)] = action.runs
    assert (stop["router"], stop["to"], stop["state"]) == ("lan", "initialize", "initialize")
    assert silent.told == []
    assert rows(home, "SELECT count(*) FROM deliveries") == [(0,)]


@pytest.mark.parametrize("will", [False, True], ids=["stopped", "given-up"])
def test_end_is_told_though_the_notifier_was_down(lab, home, own_binary, will):
    """It waits to be started again, later and later, when vipd ends: who is to hear of that hears it
    now, and not with the next start, which may never come."""
    command, notifier = Recorder(lab), own_binary + "-notifier"
    os.rename(notifier, notifier + ".real")
    replace(notifier, "exit 1")
    one = start(lab, home, notify=[entry(command, on=["active", "stop", "last_will"])])
    one.wait_state("lan", "active")
    wait_until(lambda: len([it for it in one.log if "notifier=" in it]) >= 6, 10,
               "a pause of some seconds")
    os.replace(notifier + ".real", notifier)
    status = give_up(one) if will else one.term()
    assert status == int(will)
    assert sorted(command.told) == ["active"] + (["last_will"] * (CRASHES_MAX + 1) if will
                                                 else ["stop"])


def test_action_of_another_life_is_not_taken(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 1")
    one = start(lab, home, notify=[entry(command, deliver="current", on=["active"])])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries WHERE attempts > 0") == [(1,)],
               what="an attempt")
    kill_everything(one)
    with open(gate, "w", encoding="utf-8"):
        pass
    other = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(200, **FAST)])
    other.wait_state("lan", "active")
    two = start_on(lab, one.host, home,
                   notify=[entry(command, deliver="current", on=["active"])])
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="it to be void")
    assert command.told == []


# ---- drains, and the host's next start ----

def reboot(agent, lab, home, *routers, **settings):
    """A power cut, and another start: what is in /run is gone. Return: the next vipd."""
    kill_everything(agent)
    forget_rings(agent.host)
    return lab.vipd(agent.host, list(routers), state_dir=home, user="root", **settings)


@pytest.mark.parametrize("group", [False, True])
def test_drain_outlives_a_reboot(lab, home, group):
    routers = [router(150, **FAST), router(150, name="two", vrid=52, addresses=["192.0.2.9/24"],
                                           **FAST)]
    settings = {"groups": [{"name": "gate", "routers": ["lan", "two"]}]} if group else {}
    peer = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [dict(it, priority=100) for it in routers],
                    **settings)
    one = start(lab, home, *routers, **settings)
    one.wait_state("lan", "active")
    one.ctl("drain", "gate" if group else "lan")
    peer.wait_state("lan", "active")
    drained = {it["name"]: it["drained"] for it in one.show()["routers"]}
    assert drained == {"lan": True, "two": group}
    wait_until(lambda: os.path.exists(f"{home}/drains"), what="the file")
    two = reboot(one, lab, home, *routers, **settings)
    two.wait_log("drain=kept")
    assert {it["name"]: it["drained"] for it in two.show()["routers"]} == drained
    two.ctl("resume", "gate" if group else "lan")
    two.wait_state("lan", "active")
    wait_until(lambda: not os.stat(f"{home}/drains").st_size, what="an end of all drains")
    three = reboot(two, lab, home, *routers, **settings)
    three.wait_state("lan", "active")
    assert not any("drain=" in line for line in three.log)


def test_drain_that_is_over_is_not_gone_on_with(lab, home):
    one = start(lab, home)
    one.wait_state("lan", "active")
    with open(f"{home}/drains", "w", encoding="ascii") as file:
        file.write("drain lan 4 1000000000\ndrain nobody 4 0\nnonsense\nmark lan 4 " + "00" * 16 + " 7\n")
    two = reboot(one, lab, home, router(150, **FAST))
    two.wait_state("lan", "active")
    assert "drain=void" in two.wait_log("drain=")
    assert not two.router()["drained"]


# ---- rights ----

@pytest.mark.parametrize("there", [False, True])
def test_directory_is_made_for_the_user_or_given_to_it(lab, there):
    home, command = lab.path("made"), Recorder(lab, body='text="$text $(id -un)"')
    if there:
        os.mkdir(home, 0o750)                      # as systemd makes it
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)], state_dir=home, user="nobody",
                   notify=[entry(command)])
    one.wait_state("lan", "active")
    with open(command.out, encoding="utf-8") as file:
        wait_until(lambda: "nobody" in file.read(), what="a run as nobody")
    nobody = pwd.getpwnam("nobody").pw_uid
    assert {os.stat(it).st_uid for it in (home, f"{home}/vipd.db", f"{home}/lock")} == {nobody}
    assert os.stat(home).st_mode & 0o777 == 0o750


def test_directory_of_somebody_else_is_an_error_of_the_file(lab):
    home = lab.path("theirs")
    os.mkdir(home, 0o755)
    os.chown(home, pwd.getpwnam("games").pw_uid, -1)
    host = lab.host("gw1", OWN)
    config = write_config(lab, routers=[router(150)], state_dir=home, user="nobody")
    done = run_vipd(host, "-t", "-c", config)
    assert done.returncode == 78 and "state_dir: the user of the notifier cannot write" in done.stderr
