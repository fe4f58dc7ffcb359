# SPDX-License-Identifier: MIT
"""What is written down, and where it cannot be: pages are told all the same, and somebody hears of
it, in the log and from vipctl; when there is room again, nobody has to do anything."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import stat

from agents import run_vipctl
from generations import OWN, crash, reload
from lab import router, wait_until
from test_notify import (FAST, Recorder, entry, home, rows, start,  # pylint: disable=unused-import
                         start_on)


def small_home(lab, gw):
    """A state directory on a small file system of its own."""
    path = lab.path("small")
    os.mkdir(path)
    gw.run("mount", "-t", "tmpfs", "-o", "size=1m", "none", path)
    lab.at_close(lambda: gw.run("umount", "-l", path))
    return path


def problems(agent):
    """(the exit status of vipctl check, which problems are of the host)."""
    done = agent.ctl("check", "--json", check=False)
    return done.returncode, [it["problem"] for it in json.loads(done.stdout)["problems"]
                             if it["router"] is None]


def wait_problems(agent, *words, timeout=10):
    return wait_until(lambda: problems(agent) == (int(bool(words)), list(words)), timeout,
                      lambda _: f"{list(words)}; there are {problems(agent)}")


def history(agent):
    """From which state to which, of all routers."""
    done = agent.ctl("history", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [(it["from"], it["to"]) for it in events
            if it["kind"] == "state" and it["from"] != it["to"]]   # not for another reason alone


ROUND = [("initialize", "backup"), ("backup", "active"), ("active", "fault")]


# ---- damaged, or not ours ----

def test_damaged_database_is_moved_aside(lab, home):
    with open(f"{home}/vipd.db", "wb") as file:
        file.write(b"no database at all, " * 1000)
    command = Recorder(lab)
    one = start(lab, home, notify=[entry(command)])
    one.wait_log("is damaged, and is")
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    aside, = [it for it in os.listdir(home) if ".damaged-" in it]
    with open(f"{home}/{aside}", "rb") as file:
        assert file.read(8) == b"no datab"
    wait_problems(one)


def test_database_that_is_damaged_inside_is_moved_aside_by_whom_it_stops(lab, home):
    command = Recorder(lab)
    one = start(lab, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    assert one.term() == 0
    with contextlib.closing(sqlite3.connect(f"{home}/vipd.db")) as db:   # where the next event goes to
        page, = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
        size, = db.execute("PRAGMA page_size").fetchone()
        db.execute("PRAGMA journal_mode = DELETE")
    with open(f"{home}/vipd.db", "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"x" * size)
    two = start_on(lab, one.host, home, notify=[entry(command)])
    two.wait_state("lan", "active")
    command.wait("backup", "active", "stop", "backup", "active")
    assert "malformed" in two.wait_log("in memory alone")
    two.wait_log("is damaged, and is", timeout=20)
    two.wait_log("notify=stored")
    wait_problems(two)
    assert ROUND[:2] == history(two)[-2:]


def test_database_of_a_later_version_is_left_alone(lab, home):
    path, command = f"{home}/vipd.db", Recorder(lab)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE events (all_is_different); PRAGMA user_version = 99")
    os.chmod(path, 0o644)
    with open(path, "rb") as file:
        before = file.read(), os.stat(path).st_mtime_ns
    one = start(lab, home, notify=[entry(command)])
    said = one.wait_log("in memory alone")
    assert "is of version 99, and this vipd knows 2: start the vipd that wrote it, or move it" in said
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    wait_problems(one, "not_stored")
    done = one.ctl("history", check=False)
    assert done.returncode == 1 and "is of version 99, and this vipctl knows 2" in done.stderr
    assert one.term() == 0
    with open(path, "rb") as file:
        assert (file.read(), os.stat(path).st_mtime_ns) == before
    assert set(os.listdir(home)) <= {"vipd.db", "lock", "drains"}


# ---- no room, and room again ----

def test_full_disk_stops_no_page(lab):
    gw = lab.host("gw1", OWN)
    home, command = small_home(lab, gw), Recorder(lab)
    one = start_on(lab, gw, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    wait_problems(one)
    gw.run("sh", "-c", f"head -c 2M /dev/zero >{home}/fill", check=False)

    def ask():                                     # what it had taken is used up first
        one.ctl("notify", "drop", "4711", check=False)
        return next((it for it in one.log if "in memory alone" in it), None)
    assert "No space left" in wait_until(ask, 30, "no room for another event")
    gw.ip("link set eth0 down")
    command.wait("backup", "active", "fault")
    code, words = problems(one)
    assert (code, words) == (2, ["not_stored"])    # critical is the fault
    shown = one.ctl("show", "--notify").stdout
    assert shown.startswith("nobody writes this down now: ")
    assert json.loads(one.ctl("show", "--notify", "--json").stdout)["stored"] is False
    gw.run("rm", "-f", f"{home}/fill")
    one.wait_log("notify=stored", timeout=20)
    gw.ip("link set eth0 up")
    command.wait("backup", "active", "fault", "backup", "active")
    one.wait_state("lan", "active")
    wait_problems(one)
    assert json.loads(one.ctl("show", "--notify", "--json").stdout)["stored"] is True
    wait_until(lambda: history(one) == [*ROUND, ("fault", "backup"), ("backup", "active")],
               what=lambda _: f"all that was meanwhile, once: {history(one)}")


def test_pages_wait_in_memory_for_a_full_disk_and_their_command(lab):
    gw, gate = lab.host("gw1", OWN), lab.path("gate")
    home, command = small_home(lab, gw), Recorder(lab, body=f"[ -e {gate} ] || exit 1")
    gw.run("sh", "-c", f"head -c 2M /dev/zero >{home}/fill", check=False)
    one = start_on(lab, gw, home, notify=[entry(command)])
    assert "No space left" in one.wait_log("in memory alone")
    one.wait_state("lan", "active")
    gw.run("rm", "-f", f"{home}/fill")
    one.wait_log("notify=stored", timeout=20)
    assert rows(home, "SELECT word FROM deliveries ORDER BY id") == [("backup",), ("active",)]
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    with open(gate, "w", encoding="utf-8"):
        pass
    wait_until(lambda: command.told == ["backup", "active"], 20, lambda _: f"both: {command.told}")


def test_directory_that_cannot_be_written_stops_no_page_and_is_tried_again(lab):
    gw = lab.host("gw1", OWN)
    home, command = small_home(lab, gw), Recorder(lab)
    gw.run("mount", "-o", "remount,ro", home)
    one = start_on(lab, gw, home, notify=[entry(command)])
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    assert "Read-only file system" in one.wait_log("in memory alone")
    wait_problems(one, "not_stored")
    done = one.ctl("show", "--notify", check=False)
    assert done.returncode == 1 and "vipd-notifier cannot write there" in done.stderr
    gw.run("mount", "-o", "remount,rw", home)
    one.wait_log("notify=stored", timeout=20)
    wait_problems(one)
    assert history(one) == ROUND[:2]
    gw.ip("link set eth0 down")
    command.wait("backup", "active", "fault")
    wait_until(lambda: history(one) == ROUND, what="what came then")


def test_files_that_are_removed_are_made_anew_and_a_directory_is_missed(lab, home):
    gate = lab.path("gate")
    command = Recorder(lab, body=f"[ -e {gate} ] || exit 1")
    one = start(lab, home, notify=[entry(command, retries=100)])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT 1 FROM deliveries WHERE attempts > 0"), what="an attempt")
    for name in os.listdir(home):
        os.unlink(f"{home}/{name}")
    one.host.ip("link set eth0 down")
    assert "whose files were removed" in one.wait_log("in memory alone")
    one.wait_log("notify=stored")
    words = [it for it, in rows(home, "SELECT word FROM deliveries ORDER BY id")]
    assert words == ["backup", "active", "fault"], "what waits is there"
    shutil.rmtree(home)
    lines = len(one.log)
    one.host.ip("link set eth0 up")
    one.wait_state("lan", "active")
    assert "whose files were removed" in one.wait_log("in memory alone", skip=lines)
    wait_problems(one, "not_stored")
    with open(gate, "w", encoding="utf-8"):
        pass
    wait_until(lambda: command.told[:3] == words and command.told[-1] == "active", 20,
               lambda _: f"all: {command.told}")


FULL_RUN = 'mount -t tmpfs -o mode=755,size={} none /run/vipd && exec "$@"'


def start_in(lab, home, size, command):
    """A vipd whose /run/vipd is a file system of that size."""
    return start(lab, home, notify=[entry(command)],
                 before=("unshare", "--mount", "sh", "-c", FULL_RUN.format(size), "sh"))


def test_no_room_for_the_journal_stops_no_page(lab, home):
    command = Recorder(lab)
    one = start_in(lab, home, "4k", command)
    assert "No space left" in one.wait_log("making the journal in /run/vipd")
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    for pid in one.notifier_pids:
        os.kill(pid, signal.SIGKILL)
    one.host.ip("link set eth0 down")
    command.wait("backup", "active", "fault")


def test_run_directory_that_fills_up_takes_no_room_from_the_journal(lab, home):
    command = Recorder(lab)
    one = start_in(lab, home, "8m", command)
    one.wait_state("lan", "active")
    one.host.run("nsenter", "-t", str(one.pid), "-m", "sh", "-c",
                 "head -c 20M /dev/zero >/run/vipd/fill", check=False)
    reload(one)
    crash(one)
    one.host.ip("link set eth0 down")
    command.wait("backup", "active", "fault")
    one.host.ip("link set eth0 up")
    one.wait_state("lan", "active")
    command.wait("backup", "active", "fault", "backup", "active")


# ---- who may ----

def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_directory_behind_a_link_is_as_good(lab, home):
    link = lab.path("link")
    os.symlink(home, link)
    command = Recorder(lab)
    one = start(lab, link, notify=[entry(command)])
    one.wait_state("lan", "active")
    command.wait("backup", "active")
    wait_problems(one)
    assert history(one) == ROUND[:2]
    assert not any("in memory alone" in line for line in one.log)


def test_history_is_its_users_alone(lab, home):
    one = start(lab, home)
    one.wait_state("lan", "active")
    wait_problems(one)
    files = [f"{home}/vipd.db{it}" for it in ("", "-wal", "-shm")]
    assert [mode(it) for it in files] == [0o600] * 3
    os.chmod(home, 0o2750)
    one.term()
    two = start_on(lab, one.host, home)
    two.wait_state("lan", "active")
    wait_problems(two)
    assert [mode(it) for it in files] == [0o640] * 3


# ---- what vipctl check says ----

def test_notifier_that_does_not_run_is_a_problem(lab, home):
    one = start(lab, home)
    one.wait_state("lan", "active")
    wait_problems(one)

    def kill():                                    # it is started later and later
        for pid in one.notifier_pids:
            os.kill(pid, signal.SIGKILL)
        return problems(one) == (1, ["no_notifier"])
    wait_until(kill, 30, lambda _: f"it to be missed: {problems(one)}")
    wait_problems(one, timeout=60)


def test_dead_letter_is_a_problem(lab, home):
    command = Recorder(lab, body="exit 3")
    one = start(lab, home, notify=[entry(command, on=["active", "fault"], retries=0)])
    one.wait_state("lan", "active")
    wait_problems(one, "dead_letter")
    lines = one.ctl("check", check=False).stdout.splitlines()
    assert lines[0] == ("VIPD WARNING - dead_letter: 1 delivery has failed too often and waits for "
                        "somebody to decide: vipctl show --notify")
    assert "dead_letter" in one.ctl("doctor", check=False).stdout
    assert one.ctl("notify", "drop", "all").stdout == "1 delivery: dead, and given up\n"
    wait_problems(one)
    assert "dead_letter" not in one.ctl("doctor", check=False).stdout


def test_nobody_to_be_told_is_no_problem(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)])
    one.wait_state("lan", "active")
    wait_problems(one)
    assert run_vipctl(one.host, "-s", one.control, "check").stdout.startswith("VIPD OK")
