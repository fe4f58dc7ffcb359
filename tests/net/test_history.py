# SPDX-License-Identifier: MIT
"""vipctl history and show --notify: the notifier's database, with and without a vipd."""

import json
import os

from agents import run_vipctl
from lab import router, wait_until
from test_notify import FAST, Recorder, entry, home, rows, start  # pylint: disable=unused-import


def texts(done):
    """What each line says, without its time."""
    assert done.returncode == 0, done.stderr
    return [line.split(" ", 1)[1] for line in done.stdout.splitlines()]


def test_history_has_all_also_when_nobody_runs(lab, home):
    one = start(lab, home, router(150, **FAST),
                router(150, name="two", vrid=52, addresses=["192.0.2.9/24"], **FAST))
    one.wait_state("lan", "active")
    one.wait_state("two", "active")
    wait_until(lambda: len(rows(home, "SELECT id FROM events WHERE json LIKE '%backup->active%'")) == 2,
               what="both in there")
    said = texts(one.ctl("history"))
    assert any('router=two family=4 state=backup->active reason="no advert' in it for it in said)
    assert all("router=lan" in it for it in texts(one.ctl("history", "lan")))
    assert one.term() == 0
    away = run_vipctl(one.host, "-s", one.control, "history", "--state-dir", home)
    assert texts(away)[-1].endswith("stopped") and len(texts(away)) > len(said)
    assert away.stderr == ""
    last = run_vipctl(one.host, "history", "--state-dir", home, "-n", "2", "--json", "lan")
    events = [json.loads(line) for line in last.stdout.splitlines()]
    assert [it["to"] for it in events if it["kind"] == "state"][-1] == "initialize"
    assert len(events) == 2
    since = run_vipctl(one.host, "history", "--state-dir", home, "--since", "1h")
    assert texts(since) == texts(away)
    none = run_vipctl(one.host, "history", "--state-dir", home, "--since", "2099-01-01T00:00:00Z")
    assert (none.returncode, none.stdout) == (0, "")
    assert sorted(os.listdir(home)) == sorted({"lock", "vipd.db"} | set(os.listdir(home)) &
                                              {"vipd.db-wal", "vipd.db-shm"})


def test_history_says_what_is_wrong(lab, home):
    host = lab.host("gw1", "192.0.2.2/24")
    for words, said, code in ((["--state-dir", "/nonexistent"], "no history is kept there", 1),
                              (["--state-dir", home, "--since", "soon"], "--since is a time", 64),
                              (["--state-dir", home, "-n", "0"], "-n is a number", 64)):
        done = run_vipctl(host, "history", *words)
        assert done.returncode == code and said in done.stderr, done.stderr
    one = lab.vipd(host, [router(150, **FAST)])
    done = run_vipctl(host, "-s", one.control, "history")
    assert done.returncode == 1 and "keeps no history" in done.stderr
    with open(f"{home}/vipd.db", "wb") as file:
        file.write(b"no database at all, " * 1000)
    done = run_vipctl(host, "history", "--state-dir", home)
    assert done.returncode == 1 and "not a database" in done.stderr


def test_what_waits_and_what_is_dead_is_shown(lab, home):
    command = Recorder(lab, body="exit 3")
    one = start(lab, home, notify=[entry(command, retries=0)])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries WHERE state = 2") == [(2,)],
               what="two dead letters")
    table = one.ctl("show", "--notify").stdout.splitlines()
    assert table[0].split()[:5] == ["ID", "IS", "ABOUT", "FOR", "TRIES"]
    assert "dead backup lan" in " ".join(table[1].split()) and "exit status 3" in table[1]
    shown = json.loads(one.ctl("show", "--notify", "--json").stdout)
    assert [(it["is"], it["on"], it["attempts"]) for it in shown["deliveries"]] == [
        ("dead", "backup", 1), ("dead", "active", 1)]
    assert shown["counters"]["dead"] == 2 and shown["counters"]["delivered"] == 0
    for it in shown["deliveries"]:
        one.ctl("notify", "drop", str(it["id"]))
    wait_until(lambda: one.ctl("show", "--notify").stdout.startswith("nothing waits"), what="none")
