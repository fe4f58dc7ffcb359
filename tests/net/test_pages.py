# SPDX-License-Identifier: MIT
"""No page is lost and no action is run for a state that is not, whoever is killed between a change
and its delivery. `make pages N=1000` makes more of the kills that are here, see pages.py."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3

import pytest

from agents import is_sanitized
from lab import router, wait_until
from pages import World, forget_rings, helper_program
from pages_judge import Run, Truth, judge_actions, judge_end, judge_pages, judge_will, read_runs
from processes import children, freeze, name_of, thaw
from test_notify import (FAST, Recorder, entry, home, kill_at_once, kill_everything, rows, start,
                         start_on)

__all__ = ["home"]               # a fixture
WORLDS, KILLS = 5, 10            # of each
unsanitized = pytest.mark.skipif(is_sanitized(), reason="sanitizers want to be loaded first")


@pytest.mark.parametrize("seed", range(1, WORLDS + 1))
def test_no_page_is_lost_whoever_is_killed(lab, seed):
    World(lab, seed).play(KILLS)


# ---- the judge of that ----

def change(seq, before, state):
    return {"kind": "state", "router": "lan", "seq": seq, "time": f"2026-01-01T00:00:{seq:02}.000000Z",
            "from": before, "to": state}


CHANGES = [change(1, "initialize", "backup"), change(2, "backup", "active"),
           change(3, "active", "fault"), change(4, "fault", "backup"), change(5, "backup", "active")]
S = 10**9
EPOCH_NS = 1767225600 * S        # 2026-01-01


def truth_of(*changes, lives=(0,)):
    truth = Truth()
    for began in lives:
        truth.begin_life(EPOCH_NS + began * S)
        until = min([it for it in lives if it > began], default=60)
        truth.take([it for it in changes if began <= it["seq"] < until])
        if until < 60:
            truth.end_life(EPOCH_NS + until * S)
    return truth


def run(seq, after=0.1, ended=True, alone=True, repeat=False, merged=0, **other):
    event = {**next(it for it in CHANGES if it["seq"] == seq), "repeat": repeat, "merged": merged,
             **other}
    at = EPOCH_NS + int((seq + after) * S)
    return Run(seq, at, at, alone, event, at + 1 if ended else 0)


ALL = [run(seq) for seq in range(1, 6)]


def test_judge_is_content_with_what_is_right():
    truth = truth_of(*CHANGES)
    for runs in (ALL, [*ALL[:4], run(4, repeat=True), ALL[4]], [*ALL[:3], run(5, merged=1)]):
        assert judge_pages(truth, runs) == judge_end(truth, runs, "page") == []
    assert judge_actions(truth, ALL) == judge_actions(truth, [ALL[0], ALL[4]]) == []


@pytest.mark.parametrize("runs, complaint", [
    ([*ALL[:2], *ALL[3:]], "lost before"),
    ([*ALL[:3], run(5, merged=2)], "lost before"),
    ([*ALL[:3], ALL[4], ALL[3]], "out of order"),
    ([*ALL[:4], run(4), ALL[4]], "not marked"),
    ([*ALL[:4], run(4, time="2026-01-01T00:00:04.000001Z"), ALL[4]], "never was"),
    ([*ALL[:4], run(5, alone=False)], "two commands at once"),
    ([*ALL[:3], run(4, ended=False), ALL[4]], "never told to its end"),
    (ALL[:4], "not of the last state"),
    ([*ALL[:4], run(5, ended=False)], "not of the last state")])
def test_judge_of_pages_sees(runs, complaint):
    truth = truth_of(*CHANGES)
    assert any(complaint in it for it in judge_pages(truth, runs) + judge_end(truth, runs, "page"))


def test_judge_of_actions_sees_what_is_no_longer_true():
    assert "no longer true" in judge_actions(truth_of(*CHANGES), [run(2, after=1.9)])[0]
    dead = truth_of(CHANGES[0], CHANGES[1], change(4, "initialize", "backup"), lives=(0, 3))
    assert "a life that is over" in judge_actions(dead, [run(2, after=1.01)])[0]
    assert judge_pages(dead, [run(1), run(2, after=1.01)]) == []


WILL = {"kind": "last_will", "seq": 3, "time": "2026-01-01T00:00:03.000000Z"}


def told_of_will(to=None):
    """A run for it; of a router that stopped by it, if there is a state."""
    event = {**WILL, "repeat": False, "merged": 0, **({"router": "lan", "to": to} if to else {})}
    at = EPOCH_NS + int(3.1 * S)
    return Run(9, at, at, True, event, at + 1)


def test_judge_knows_what_a_last_will_ends():
    """It is a page of the host, and the end of each router for who acts."""
    truth = truth_of(*CHANGES[:2], WILL, change(5, "initialize", "backup"), lives=(0, 4))
    pages = [run(1), run(2), told_of_will(), run(5, to="backup", **{"from": "initialize"})]
    assert judge_pages(truth, pages) == judge_end(truth, pages, "page") == []
    for number, complaint in ((2, "not of the last state"), (1, "lost before|not of the last state")):
        without = pages[:number] + pages[number + 1:]
        assert re.search(complaint, str(judge_pages(truth, without) +
                                        judge_end(truth, without, "page")))
    stop = told_of_will("initialize")
    assert "was told what never was" in str(judge_pages(truth, [*pages[:3], stop, pages[3]]))
    actions = [run(1), run(2), stop, pages[3]]
    assert judge_actions(truth, actions) == judge_end(truth, actions, "action") == []
    assert "no longer true" in judge_actions(truth, [run(2, after=1.9)])[0]
    assert "was told what never was" in str(judge_actions(truth, [told_of_will()]))
    assert judge_will(truth, actions, 0) == judge_will(truth, [], 1) == []
    assert "was not told that it stopped: lan" in judge_will(truth, actions[:2], 0)[0]


def told_again(*seqs, after=0.6, **other):
    """Runs behind a loss at 5.5 s, of what was before."""
    return [run(seq, after=5 - seq + after, **other) for seq in seqs]


def test_judge_knows_what_is_told_again_when_it_was_lost():
    """From the beginning of the rings, which have what came behind the last start of the host."""
    truth = truth_of(*CHANGES)
    truth.ring_at = 2
    truth.lose_store(EPOCH_NS + int(5.5 * S))
    again = told_again(3, 4, 5, repeat=True)
    for runs in ([*ALL, *again], [*ALL[:3], *told_again(3, repeat=True), *told_again(4, 5)],
                 [*ALL[:1], *told_again(3, 4, 5)], [run(1), run(2, ended=False), *again]):
        assert judge_pages(truth, runs) == judge_end(truth, runs, "page") == []
    for runs, complaint in (([*ALL, *told_again(3, 4, 5)], "not marked"),
                            ([*ALL[:3], *again[1:]], "lost before"),
                            ([*ALL, *told_again(2, repeat=True), *again], "out of order"),
                            ([*ALL[:4], *again[::-1]], "out of order"),
                            ([*ALL[:3], *told_again(3, ended=False, repeat=True), *again[1:]],
                             None),
                            ([*ALL[:2], *told_again(3, ended=False), *again[1:]], "to its end")):
        found = str(judge_pages(truth, runs))
        assert complaint in found if complaint else found == "[]", runs
    truth.lose_rings({(5, CHANGES[4]["time"])})
    assert [it.seq for it in truth.changes] == [1, 2, 5] and truth.ring_at == 3


def test_judge_knows_what_is_no_news():
    again = change(3, "active", "active")
    assert judge_pages(truth_of(*CHANGES[:2], again), ALL[:2]) == []
    anew = [*CHANGES[:1], change(2, "initialize", "backup")]
    assert "not of the last state" in judge_end(truth_of(*anew), ALL[:1], "page")[0]


# ---- what was found so ----

def test_killed_warden_leaves_nobody_beside_the_next_attempt(lab, home):
    out = lab.path("pages.out")
    one = start(lab, home, notify=[{"command": [helper_program("pager"), out, "9000"],
                                    "on": ["active"], "retries": 3}])
    one.wait_state("lan", "active")
    wait_until(lambda: read_runs(out), what="a run")
    [warden] = [pid for it in one.notifier_pids for pid in children(it)]
    [command] = children(warden)
    os.kill(warden, signal.SIGKILL)
    wait_until(lambda: len(read_runs(out)) == 2, what="the next attempt")
    assert name_of(command) is None
    assert [run.alone for run in read_runs(out)] == [True, True]
    kill_everything(one)                           # nobody waits for that command


def test_next_vipd_has_no_command_beside_one_of_a_dead_vipd(lab, home):
    """All but a warden are killed, and that one cannot go on to end what it has: it is waited for."""
    out = lab.path("pages.out")
    told = [{"command": [helper_program("pager"), out, "90000000"], "timeout": "10m", "on": ["active"],
             "retries": 3}]
    one = start(lab, home, notify=told)
    one.wait_state("lan", "active")
    wait_until(lambda: read_runs(out), what="a run")
    [warden] = [pid for it in one.notifier_pids for pid in children(it)]
    [command] = children(warden)
    group = freeze(lab, warden)
    kill_at_once(one)
    two = start_on(lab, one.host, home, notify=told)
    two.wait_state("lan", "active")
    two.host.wait_adverts(20, since=lab.now())     # a second
    assert len(read_runs(out)) == 1 and name_of(command)
    thaw(group)
    wait_until(lambda: len(read_runs(out)) >= 2, what="the next attempt")
    assert not name_of(command) and all(run.alone for run in read_runs(out))
    kill_everything(two)


def test_state_of_a_vipd_that_is_dead_is_a_page_and_no_action(lab, home):
    page, action = Recorder(lab, "page"), Recorder(lab, "action")
    told = [entry(page), entry(action, deliver="current")]
    peer = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(200, **FAST)])
    peer.wait_state("lan", "active")
    one = start(lab, home, notify=told)
    wait_until(lambda: page.told == action.told == ["backup"] and
               rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="both to be told")
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGSTOP)               # so that nobody reads what comes
    peer.kill()
    one.wait_state("lan", "active")
    kill_everything(one)
    next_peer = lab.vipd(peer.host, [router(200, **FAST)])
    next_peer.wait_state("lan", "active")
    slow = {"name": "slow", "command": {"argv": ["/bin/sleep", "30"]}, "timeout": "1s"}
    two = start_on(lab, one.host, home, router(150, **FAST, track=[{"check": "slow", "weight": -1}]),
                   notify=told, checks=[slow])
    page.wait("backup", "active")                  # while the router waits for its check
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    page.wait("backup", "active", "backup")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="the end of all")
    assert action.told == ["backup", "backup"]


def test_next_vipd_waits_for_no_notifier_of_a_dead_keeper(lab, home):
    gate = lab.path("gate")
    action = Recorder(lab, body=f"[ -e {gate} ] || exit 1")
    told = [entry(action, deliver="current", on=["active"])]
    one = start(lab, home, notify=told)
    one.wait_state("lan", "active")
    [notifier] = one.notifier_pids
    router_pid = one.router_pid
    one.kill_keeper()
    wait_until(lambda: not name_of(router_pid), what="the end of the router process")
    assert name_of(notifier), "it has time for what routers say last"
    two = start_on(lab, one.host, home, notify=told)
    two.wait_state("lan", "active")
    wait_until(lambda: not name_of(notifier), 3, "its end")
    wait_until(lambda: rows(home, "SELECT attempts > 0 FROM deliveries") == [(1,)],
               what="an attempt of the next one")
    with open(gate, "w", encoding="utf-8"):
        pass
    action.wait("active")


# ---- power cuts ----

def powercut(lab):
    """What keeps the part of a database that a power cut leaves, and where."""
    image = lab.path("image")
    os.mkdir(image)
    return {"LD_PRELOAD": helper_program("powercut.so"), "POWERCUT": image}, image


@unsanitized
def test_power_cut_before_the_delivery_leaves_the_page_and_not_the_action(lab, home):
    gate = lab.path("gate")
    page, action = (Recorder(lab, name, body=f"[ -e {gate} ] || exit 1")
                    for name in ("page", "action"))
    told = [entry(page, on=["active"]), entry(action, deliver="current", on=["active"])]
    env, image = powercut(lab)
    one = start(lab, home, notify=told, env=env)
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT min(attempts), count(*) FROM deliveries") == [(1, 2)],
               what="an attempt of both")
    kill_everything(one)
    forget_rings(one.host)
    shutil.rmtree(home)
    shutil.copytree(image, home)
    peer = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(200, **FAST)])
    peer.wait_state("lan", "active")
    with open(gate, "w", encoding="utf-8"):
        pass
    two = start_on(lab, one.host, home, notify=told)
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    page.wait("active")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="the end of all")
    assert [repeat for _, _, repeat, _ in page.runs] == [True]
    assert action.told == []


@unsanitized
def test_command_that_runs_is_on_the_disk_as_begun(lab, home):
    env, image = powercut(lab)
    copy = lab.path("copy")
    command = Recorder(lab, body=f"cp -r {image} {copy}.new && mv {copy}.new {copy}; sleep 1000")
    one = start(lab, home, notify=[entry(command, on=["active"])], env=env)
    one.wait_state("lan", "active")
    wait_until(lambda: os.path.exists(copy), what="a command that runs")
    with contextlib.closing(sqlite3.connect(f"{copy}/vipd.db")) as db:
        assert db.execute("SELECT word, state, attempts FROM deliveries").fetchall() == [
            ("active", 1, 1)]
        assert db.execute("SELECT count(*) FROM events WHERE json LIKE '%\"to\": \"active\"%'"
                          ).fetchone() == (1,)
    kill_everything(one)                           # nobody waits for that command
