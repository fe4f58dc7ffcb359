# SPDX-License-Identifier: MIT
"""vipctl history and show --notify: the notifier's database, with and without a vipd."""

import json
import os
import pwd
import re
import shutil
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from agents import binary, is_sanitized, run_vipctl
from frames import Probe
from generations import crash, reload
from lab import router, wait_until
from test_notify import FAST, Recorder, entry, home, rows, start  # pylint: disable=unused-import

HOUR_NS = 3600 * 10**9
EPOCH_NS = 1_700_000_000 * 10**9                   # 2023-11-14T22:13:20Z


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
    one.host.wait_adverts(10, since=lab.now())     # who has just taken over hears no contest
    Probe(lab.host("probe")).advert("192.0.2.50", vrid=52, priority=50, interval=10,
                                    addresses=["192.0.2.9"])
    one.ctl("drain", "lan", check=False)
    one.ctl("resume", "lan")
    reload(one)
    crash(one)
    one.host.ip("link set eth0 down")
    one.wait_state("two", "fault")
    for what in ("router=two .*notice=other_active source=192.0.2.50", "drain=begins uid=0",
                 "drain=resumed", "reload=done", "router_pid=.* lost=",
                 "router=two .*active->fault reason=\"interface eth0 is down"):
        wait_until(lambda it=what: any(re.search(it, line) for line in texts(one.ctl("history"))),
                   what=what)
    said = texts(one.ctl("history"))
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
    assert sorted(os.listdir(home)) == ["drains", "lock", "vipd.db"]


def test_history_of_a_group_is_that_of_its_routers(lab, home):
    """And a drain of one of them is found at each, by its name."""
    one = start(lab, home, router(150, **FAST),
                router(150, name="wan", vrid=52, addresses=["192.0.2.9/24"], **FAST),
                router(150, name="dmz", vrid=53, addresses=["192.0.2.10/24"], **FAST),
                groups=[{"name": "gateway", "routers": ["lan", "wan"]}])
    for name in ("lan", "wan", "dmz"):
        one.wait_state(name, "active")
    one.ctl("drain", "wan", check=False)
    one.ctl("resume", "wan")
    one.wait_log("drain=resumed")
    wait_until(lambda: len(rows(home, "SELECT id FROM events WHERE json LIKE '%drain=resumed%'")) == 2,
               what="both in there")
    for name in ("lan", "wan"):
        said = texts(one.ctl("history", name))
        assert all(f"router={name} " in it for it in said)
        for what in ("drain=begins", "drain=resumed"):
            assert len([it for it in said if what in it]) == 1, said
    assert not any("drain=" in it for it in texts(one.ctl("history", "dmz")))
    of_group = texts(one.ctl("history", "gateway"))
    assert {it.split("router=")[1].split()[0] for it in of_group} == {"lan", "wan"}
    assert len(of_group) == len(texts(one.ctl("history", "lan"))) + len(texts(one.ctl("history", "wan")))
    last = texts(one.ctl("history", "gateway", "-n", "2"))
    assert last == of_group[-2:]
    assert one.term() == 0
    away = run_vipctl(one.host, "history", "--state-dir", home, "gateway")
    assert away.returncode == 1 and 'nothing is known of a router "gateway"' in away.stderr, away


def test_history_says_what_is_wrong(lab, home):
    host = lab.host("gw1", "192.0.2.2/24")
    for words, said, code in ((["--state-dir", "/nonexistent"], "no history is kept there", 1),
                              *((["--state-dir", home, "--since", it],
                                 f'--since is a time like 2h, 3d, 2026-11-27 or 2026-11-27T04:05:06Z, '
                                 f'not "{it}"', 64)
                                for it in ("soon", "", "2", "-1h", "2h ", "2026-02-30", "2026-13-01",
                                           "2026-11-27T25:00", "2026-11-27Q", "4000d")),
                              *((["--state-dir", home, "-n", it],
                                 f'-n is a number from 1 to 1000000, not "{it}"', 64)
                                for it in ("0", "-1", "1000001", "many", "", "2x",
                                           "99999999999999999999"))):
        done = run_vipctl(host, "history", *words)
        assert done.returncode == code and said in done.stderr, done.stderr
    one = lab.vipd(host, [router(150, **FAST)])
    done = run_vipctl(host, "-s", one.control, "history")
    assert done.returncode == 1 and "keeps no history" in done.stderr
    with open(f"{home}/vipd.db", "wb") as file:
        file.write(b"no database at all, " * 1000)
    done = run_vipctl(host, "history", "--state-dir", home)
    assert done.returncode == 1 and "not a database" in done.stderr


# ---- what is in there, without a vipd ----

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE events (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, boot TEXT NOT NULL,
    ring INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, level INTEGER NOT NULL,
    router TEXT, family INTEGER, json TEXT NOT NULL);
CREATE INDEX events_time ON events (time);
PRAGMA user_version = 2;
"""


def open_store(home, events):
    """The notifier's tables with events, each (router, text), an hour apart. Return: a connection."""
    db = sqlite3.connect(f"{home}/vipd.db", isolation_level=None)
    db.executescript(TABLES)
    db.execute("BEGIN")
    db.executemany("INSERT INTO events VALUES (?, ?, 'boot', 1, ?, 1, 2, ?, 4, ?)", (
        (i + 1, EPOCH_NS + i * HOUR_NS, i + 1, router, json.dumps({"seq": i + 1, "text": text}))
        for i, (router, text) in enumerate(events)))
    db.execute("COMMIT")
    return db


def ask(host, home, *words):
    return run_vipctl(host, "history", "--state-dir", home, *words)


def files(home):
    """What is there, whose, and when it was written."""
    return {it.name: (it.stat().st_size, it.stat().st_mtime_ns, it.stat().st_uid, it.stat().st_mode)
            for it in os.scandir(home)}


@pytest.fixture
def gw(lab):
    return lab.host("gw1", "192.0.2.2/24")


def test_history_is_asked_for_by_time_and_number(gw, home):
    open_store(home, [("lan", f"event {i}") for i in range(48)]).close()
    for since, first in (("2023-11-16", 26), ("2023-11-14T23:13:20Z", 1), ("2023-11-14 23:13:21", 2),
                         ("2023-11-14T23:13", 1), ("2023-11-14T23:13:20.000000Z", 1),
                         ("2023-11-14T23:13:20.000001Z", 2), ("1969-01-01", 0), ("3660d", 0)):
        said = texts(ask(gw, home, "--since", since))
        assert said == [f"info: event {i}" for i in range(first, 48)], since
    for since in ("1h", "9999-12-31T23:59:59Z", "2300-01-01"):
        assert texts(ask(gw, home, "--since", since)) == []
    for n, first in (("1", 47), ("48", 0), ("49", 0), ("1000000", 0)):
        assert texts(ask(gw, home, "-n", n))[0] == f"info: event {first}"
    both = ask(gw, home, "--since", "2023-11-16", "-n", "3")
    assert texts(both) == [f"info: event {i}" for i in (45, 46, 47)]
    assert both.stdout.startswith("2023-11-16T19:13:20.000000Z info: ")


def test_history_is_in_the_order_of_events_whatever_the_clock_says(gw, home):
    """It was three hours ahead for the first two events, and was set."""
    db = open_store(home, [("lan", f"event {i}") for i in range(6)])
    db.execute("UPDATE events SET time = time + ? WHERE id <= 2", (3 * HOUR_NS + HOUR_NS // 2,))
    db.close()
    everything = [f"info: event {i}" for i in range(6)]
    assert texts(ask(gw, home)) == everything
    assert texts(ask(gw, home, "-n", "2")) == everything[4:]
    # Event 2 alone is older than that, by what the clock said.
    assert texts(ask(gw, home, "--since", "2023-11-15T01:13:20Z")) == [
        it for it in everything if not it.endswith("2")]
    assert texts(ask(gw, home, "--since", "2023-11-15T01:13:20Z", "-n", "4")) == everything[1:2] + everything[3:]


def test_history_of_a_router_that_there_is_not(gw, home):
    open_store(home, [("lan", "one"), (None, "of the host"), ("wan", "two")]).close()
    done = ask(gw, home, "lann")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ('vipctl: nothing is known of a router "lann"; there is something of: '
                           'lan, wan\n')
    assert texts(ask(gw, home, "wan")) == ["info: two"]
    quiet = ask(gw, home, "--since", "1h", "wan")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_control_characters_are_shown_and_obeyed_by_nobody(gw, home):
    open_store(home, [("lan", "a\x1b[2Jb\x07\x7f\u009bc\tä\n")]).close()
    assert texts(ask(gw, home)) == ["info: a\\x1b[2Jb\\x07\\x7f\\xc2\\x9bc\\x09ä\\x0a"]
    assert json.loads(ask(gw, home, "--json").stdout)["text"] == "a\x1b[2Jb\x07\x7f\u009bc\tä\n"
    with sqlite3.connect(f"{home}/vipd.db") as db:
        db.execute("UPDATE events SET json = ?", ('{"text": "a\x1b]0;x\x07\u009b\nä"}',))
    raw = ask(gw, home, "--json").stdout
    assert raw == '{"text": "a\\u001b]0;x\\u0007\\u009b\\u000aä"}\n'


@pytest.mark.parametrize("name", ("vipd.db", "vipd.db-wal", "vipd.db-journal"))
def test_reader_waits_for_no_fifo(gw, home, name):
    """The directory is another user's than that of who reads."""
    if name != "vipd.db":
        open_store(home, [("lan", "one")]).close()
    if os.path.exists(f"{home}/{name}"):
        os.unlink(f"{home}/{name}")
    os.mkfifo(f"{home}/{name}")
    assert ask(gw, home).returncode in (0, 1)


def test_history_of_100000_events_is_there_at_once(gw, home):
    open_store(home, [(f"r{i % 100}", f"event {i}") for i in range(100_000)]).close()
    patience = 20 if is_sanitized() else 5
    for words, n in ((["-n", "10"], 10), (["-n", "5", "r7"], 5), (["r8"], 1000), ([], 100_000)):
        began = time.monotonic()
        done = ask(gw, home, *words)
        assert len(done.stdout.splitlines()) == n and time.monotonic() - began < patience, words
    assert texts(done)[-1] == "info: event 99999"


def test_slow_reader_keeps_nobodys_log(gw, home):
    db = open_store(home, [("lan", "x" * 500)] * 20_000)
    reader = gw.popen(binary("vipctl"), "history", "--state-dir", home, stdout=subprocess.PIPE,
                      text=True)
    try:
        assert reader.stdout.readline()            # and no more: the pipe is full
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        def write():
            db.execute("INSERT INTO events SELECT NULL, time, boot, ring, seq, kind, level, router, "
                       "family, json FROM events WHERE id = 1")
            return db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        wait_until(write, what="a log that can be begun anew")
        assert os.stat(f"{home}/vipd.db-wal").st_size == 0
        # What came meanwhile was not asked for.
        assert sum(1 for _ in reader.stdout) == 20_000 - 1
        assert reader.wait(10) == 0
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()
        db.close()


# ---- without a trace ----

def test_reading_leaves_no_trace_while_somebody_writes(gw, home):
    db = open_store(home, [("lan", f"event {i}") for i in range(3000)])
    db.execute("SELECT count(*) FROM events").fetchall()
    before = files(home)
    assert set(before) == {"vipd.db", "vipd.db-wal", "vipd.db-shm"}
    assert len(texts(ask(gw, home))) == 3000
    assert files(home) == before
    db.close()


def kill_writer(home):
    """As if who wrote it was killed: its log stays."""
    aside = f"{home}-copy"
    shutil.copytree(home, aside)
    return aside


@pytest.mark.parametrize("left", ["all", "the log", "nothing"])
@pytest.mark.parametrize("writable", [True, False])
def test_reading_leaves_no_trace_when_nobody_writes(lab, gw, home, left, writable):
    db = open_store(home, [("lan", f"event {i}") for i in range(3000)])
    if left == "nothing":
        db.close()
    copy = kill_writer(home)
    if left != "nothing":
        db.close()
    if left == "the log":
        os.unlink(f"{copy}/vipd.db-shm")
    if not writable:
        gw.run("mount", "--bind", copy, copy)
        lab.at_close(lambda: gw.run("umount", "-l", copy))
        gw.run("mount", "-o", "remount,bind,ro", copy)
    before = files(copy)
    assert set(before) == {"all": {"vipd.db", "vipd.db-wal", "vipd.db-shm"},
                           "the log": {"vipd.db", "vipd.db-wal"}, "nothing": {"vipd.db"}}[left]
    assert texts(ask(gw, copy))[-1] == "info: event 2999"
    assert run_vipctl(gw, "history", "--state-dir", copy, "-n", "1").returncode == 0
    assert files(copy) == before


COME_AND_GO = """
import sqlite3, sys, time
end = time.monotonic() + 60
n = int(sys.argv[2])
while time.monotonic() < end:
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    for _ in range(n % 7):
        n += 1
        db.execute("INSERT INTO events VALUES (?, ?, 'boot', 1, 1, 1, 2, 'lan', 4, ?)",
                   (n, n * 10**9, '{"text": "event"}'))
        db.execute("SELECT max(id) FROM events").fetchall()
    n += 1
    db.close()
"""


def test_writers_that_come_and_go_make_no_reader_fail(gw, home):
    open_store(home, [("lan", "event")] * 2000).close()
    writer = gw.popen("/usr/bin/python3", "-c", COME_AND_GO, f"{home}/vipd.db", "2000")
    counts = []
    try:
        for _ in range(40):
            said = texts(ask(gw, home))
            assert set(said) == {"info: event"}
            counts.append(len(said))
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    assert counts == sorted(counts) and counts[-1] > 2000
    assert all(it.stat().st_uid == os.geteuid() for it in os.scandir(home))


def as_nobody(host, group, home, *words):
    nobody = pwd.getpwnam("nobody").pw_uid
    return host.run("setpriv", f"--reuid={nobody}", f"--regid={group}", "--clear-groups",
                    binary("vipctl"), "-s", "/nonexistent", "history", "--state-dir", home, *words,
                    check=False)


GROUP = 54321


@pytest.mark.parametrize("command", [["history"], ["history", "--json", "lan"], ["show", "--notify"]])
def test_history_of_a_vipd_that_does_not_answer_is_not_that_of_another(lab, home, command):
    """Who may not ask it, or is hung up on, is not shown what lies in the default directory. Only where
    nobody listens is that read, and named."""
    one = start(lab, home)
    one.wait_state("lan", "active")
    os.chmod(os.path.dirname(one.control), 0o755)  # the socket is what he may not
    nobody = pwd.getpwnam("nobody").pw_uid
    asked = one.host.run("setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups",
                         binary("vipctl"), "-s", one.control, *command, check=False)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "Permission denied" in asked.stderr and "--state-dir" in asked.stderr
    assert "/var/lib/vipd" not in asked.stderr
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as rude:
        rude.bind(lab.path("rude.sock"))
        rude.listen(64)
        threading.Thread(target=hang_up, args=[rude], daemon=True).start()
        hung = run_vipctl(one.host, "-s", lab.path("rude.sock"), *command)
        rude.shutdown(socket.SHUT_RDWR)
    assert (hung.returncode, hung.stdout) == (1, "") and "hung up" in hung.stderr
    assert "/var/lib/vipd" not in hung.stderr
    none = run_vipctl(one.host, "-s", lab.path("none.sock"), *command)
    assert none.stderr.startswith(f"vipctl: nobody listens at {lab.path('none.sock')}: "
                                  "this is the database in /var/lib/vipd\n")


def hang_up(listener):
    """On everybody, until it is shut down."""
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return


def test_who_may_not_know_whether_it_is_written_down_is_told_so(lab, home):
    for path in (home, os.path.dirname(home)):
        os.chmod(path, 0o755)
    os.chown(home, 0, GROUP)
    os.chmod(home, 0o2750)
    one = start(lab, home)
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT 1 FROM events"), what="events in there")
    os.chmod(f"{home}/lock", 0o600)
    nobody = pwd.getpwnam("nobody").pw_uid
    done = one.host.run("setpriv", f"--reuid={nobody}", f"--regid={GROUP}", "--clear-groups",
                        binary("vipctl"), "show", "--notify", "--state-dir", home, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot be known without the right" in done.stdout and "does not run" not in done.stdout


@pytest.mark.parametrize("running", [True, False])
def test_history_is_for_the_group_of_a_directory_that_has_one(lab, home, running):
    for path in (home, os.path.dirname(home)):     # whoever may pass the lab's may pass
        os.chmod(path, 0o755)
    os.chown(home, 0, GROUP)
    os.chmod(home, 0o2750)
    one = start(lab, home)
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT 1 FROM events WHERE json LIKE '%backup->active%'"),
               what="it in there")
    if not running:
        assert one.term() == 0
    before = files(home)
    done = as_nobody(one.host, GROUP, home)
    assert any("state=backup->active" in it for it in texts(done))
    if not running:
        assert files(home) == before
    others = as_nobody(one.host, GROUP + 1, home)
    assert others.returncode == 1 and "Permission denied: reading it needs root" in others.stderr


def test_events_in_json_have_the_same_names_as_ever(lab, home):
    one = start(lab, home)
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT 1 FROM events WHERE json LIKE '%backup->active%'"),
               what="it in there")
    from_history = [json.loads(it) for it in one.ctl("history", "--json", "lan").stdout.splitlines()]
    from_journal = [json.loads(it) for it in one.ctl("events", "--json").stdout.splitlines()]
    assert from_history == [it for it in from_journal if it.get("router") == "lan"]
    active = next(it for it in from_history if it.get("to") == "active")
    assert {"seq", "time", "kind", "router", "family", "level", "text", "from", "to", "reason",
            "reason_code", "priority"} <= set(active)


# ---- what waits ----

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
