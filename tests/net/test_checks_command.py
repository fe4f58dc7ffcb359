# SPDX-License-Identifier: MIT
"""Checks by a program: command = [ "/path", "argument" ]."""

import contextlib
import grp
import os
import pwd
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import pytest
from agents import binary, router, vipd_config
from checker import Checker
from witness import wait_until

LIBC_S_OWN = 3 << 31                               # signals 32 and 33, which nobody else can set
NOBODY = pwd.getpwnam("nobody").pw_uid
OUTPUT = 4096


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24")


class Folder:
    """Programs that the user nobody can run, and a directory that it can write to."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="vipd-command-")
        os.chmod(self.path, 0o755)
        self.notes = f"{self.path}/notes"
        os.mkdir(self.notes)
        os.chown(self.notes, NOBODY, -1)

    def script(self, text, name="check", mode=0o755):
        """A script of the shell, put into its place in one step; returns its path."""
        path = f"{self.path}/{name}"
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def note(self, name):
        """What a program has written to a file of notes; "" before it has."""
        try:
            with open(f"{self.notes}/{name}", encoding="ascii") as file:
                return file.read().strip()
        except FileNotFoundError:
            return ""

    def pids(self, name="pids"):
        """Numbers of processes that a program has noted."""
        return [int(word) for word in self.note(name).split()]


@pytest.fixture
def folder():
    made = Folder()
    yield made
    shutil.rmtree(made.path)


@contextlib.contextmanager
def checkers(host):
    """Starts checkers; each must end by itself, and nothing of what they ran may stay."""
    running = []

    def start(checks, **more):
        running.append(Checker(host, checks, **more))
        return running[-1]
    yield start
    for checker in running:
        if checker.process.poll() is None:
            assert checker.close() == 0
    wait_until(lambda: not processes_of(host), what=lambda _last: f"no process left: {processes_of(host)}")


@pytest.fixture
def started(host):
    with checkers(host) as start:
        yield start


def check(*argv, name="db", interval="100ms", more="", env=()):
    """With all the time that a loaded machine may take, unless the test is about that."""
    if "timeout" not in more:
        more += ' timeout = "30s";'
    words = ", ".join(f'"{word}"' for word in argv)
    env = "env = [ " + ", ".join(f'"{word}"' for word in env) + " ]; " if env else ""
    return (f'{{ name = "{name}"; command = {{ argv = [ {words} ]; {env} }}; interval = "{interval}"; '
            f'{more} }}')


def processes_of(host):
    """Whatever runs in a host's namespace: number and command line."""
    with host.inside():
        ours = os.stat("/proc/thread-self/ns/net").st_ino
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}/ns/net").st_ino == ours and int(pid) != os.getpid():
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found[int(pid)] = file.read()
        except OSError:
            pass
    return found


def is_there(pid):
    """Whether a process is there, and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_gone(pids, timeout=10):
    wait_until(lambda: not any(map(is_there, pids)), timeout,
               what=lambda _last: f"the end of {list(filter(is_there, pids))}")


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


# ---- what an end says ----

def test_exit_status_0_is_good_and_another_one_is_told_with_the_first_line(started, folder):
    path = folder.script("exec 2>&1; echo; echo the database is full; echo again; exit 3")
    checker = started(check("/bin/true", name="good") + ", " + check("/bin/false", name="bad") + ", "
                      + check(path))
    assert checker.wait("good", value="up", error="").output == b""
    assert checker.wait("bad", value="down").error == "exit status 1"
    fact = checker.wait("db", value="down")
    assert fact.error == "exit status 3: the database is full"
    assert fact.output == b"\nthe database is full\nagain\n"
    folder.script("echo fine")
    up = checker.wait("db", value="up", error="")
    assert up.output == b"fine\n"


def test_a_long_first_line_is_cut_and_nothing_that_a_terminal_obeys_is_told(started, folder):
    path = folder.script("printf '\\033[31mred\\a\\303\\244%0200d' 0; exit 1")
    fact = started(check(path)).wait("db", value="down")
    assert fact.error.startswith("exit status 1: ?[31mred???000") and len(fact.error) == 127
    assert fact.error.endswith("0..."), "that it was cut is seen"


@pytest.mark.parametrize("name, text", [("SEGV", "killed by SIGSEGV: last words"), ("KILL", "killed by SIGKILL: last words"),
                                        ("40", "killed by signal 40: last words")])
def test_a_death_by_a_signal_says_which(started, folder, name, text):
    fact = started(check(folder.script(f"echo last words; kill -{name} $$"))).wait("db", value="down")
    assert fact.error == text and fact.timed_out == 0


def test_arguments_are_handed_over_as_they_are_and_a_script_finds_itself(started, folder):
    path = folder.script('echo "$0 $# <$1> <$2>"')
    fact = started(check(path, "a b;c", "$HOME|*")).wait("db", value="up")
    assert fact.output.decode() == f"{path} 2 <a b;c> <$HOME|*>\n"


# ---- F73: it hangs ----

@pytest.mark.parametrize("text", ["exec sleep 1000", "sleep 1000", "trap '' TERM INT HUP; while :; do sleep 1000; done",
                                  "kill -STOP $$"])
def test_one_that_hangs_is_killed_at_its_time_out_and_asked_again_on_time(started, folder, text):
    path = folder.script(f"echo $$ >>{folder.notes}/pids; echo looking; {text}")
    checker = started(check(path, interval="200ms", more='timeout = "100ms";'))
    fact = checker.wait("db", value="down", error="no end within 100 ms, killed: looking")
    assert fact.timed_out >= 1
    first = fact.next
    wait_until(lambda: len(folder.pids()) >= 4, what="it is run again and again")
    fact = checker.wait("db", error="no end within")
    assert (fact.next - first) % 200_000_000 == 0 and fact.answers == fact.timed_out
    checker.close()
    wait_gone(folder.pids())


def test_one_that_hangs_almost_for_its_interval_runs_at_every_interval(started, folder):
    path = folder.script(f"date +%s%N >>{folder.notes}/times; exec sleep 1000")
    checker = started(check(path, interval="200ms", more='timeout = "180ms";'))

    def gaps():
        """Between the last runs, in ns."""
        times = [int(word) for word in folder.note("times").split()][-6:]
        return [b - a for a, b in zip(times, times[1:])]

    wait_until(lambda: len(gaps()) == 5 and statistics.median(gaps()) < 300e6, 30,
               what=lambda _: f"runs of which none is left out: {gaps()}")
    assert checker.fact("db").error == "no end within 180 ms, killed"


TRACER = """
import ctypes, sys
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
print(ptrace(0x4206, int(sys.argv[1]), 0, 0), flush=True)      # PTRACE_SEIZE
sys.stdin.read()
"""


def test_the_next_run_waits_for_one_that_cannot_be_killed(started, folder):
    # What is traced stays after its death, until the tracer has gone.
    path = folder.script(f"echo $$ >>{folder.notes}/pids; exec sleep 1000")
    checker = started(check(path, interval="500ms", more='timeout = "400ms";') + ", "
                      + check("/bin/true", name="other", interval="50ms"))
    wait_until(folder.pids, what="a run")
    checker.process.send_signal(signal.SIGSTOP)
    tracer = subprocess.Popen([sys.executable, "-c", TRACER, str(folder.pids()[-1])], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    assert tracer.stdout.readline() == b"0\n"
    checker.process.send_signal(signal.SIGCONT)
    runs = len(folder.pids())
    fact = checker.wait("db", value="down", error="s ago, and is still there")
    assert fact.timed_out == fact.answers and len(folder.pids()) == runs
    assert checker.wait("other").bad == 0
    tracer.communicate()
    wait_until(lambda: len(folder.pids()) > runs, what="another run")
    checker.wait("db", error="no end within 400 ms, killed")


HANGING_OPEN = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.fanotify_init(0x5, os.O_RDONLY)                      # FAN_CLASS_CONTENT, FAN_CLOEXEC
done = libc.fanotify_mark(fd, 1, ctypes.c_uint64(0x40000), -100, sys.argv[1].encode())     # FAN_OPEN_EXEC_PERM
print(done, flush=True)
sys.stdin.read()
"""


def test_a_program_whose_file_system_hangs_is_given_up_and_nobody_waits_for_it(started, folder):
    path = folder.script(f"echo $$ >>{folder.notes}/pids")
    other = check("/bin/true", name="other", interval="50ms")
    holder = subprocess.Popen([sys.executable, "-c", HANGING_OPEN, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if holder.stdout.readline() != b"0\n":
            pytest.skip("this kernel lets nobody hold an exec back")
        checker = started(check(path, interval="200ms", more='timeout = "100ms";') + ", " + other)
        checker.wait("db", value="down", error="no end within 100 ms, killed")
        wait_until(lambda: checker.fact("db").in_row >= 4, what="it is tried again and again")
        assert checker.wait("other").bad == 0 and not folder.pids()
        assert checker.fact("db").error == "no end within 100 ms, killed", "none is left from before"
    finally:
        holder.communicate()
    checker.wait("db", value="up")


# ---- F74: it leaves processes behind ----

ESCAPE = """
import os, sys, time
def note():
    os.write(os.open(sys.argv[1] + "/pids", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), b"%d\\n" % os.getpid())
def escape(depth):
    if os.fork() == 0:
        os.setsid()
        note()
        if depth:
            escape(depth - 1)
        if depth % 2:
            os._exit(0)
        for fd in range(3):
            os.close(fd)
        time.sleep(1000)
note()
for _ in range(3):
    escape(3)
while sys.argv[2] == "hang" or open(sys.argv[1] + "/pids").read().count("\\n") < 13:
    time.sleep(0.001)
"""


@pytest.mark.parametrize("way", ["hang", "end"])
def test_what_escaped_by_setsid_and_double_fork_ends_with_the_run(started, folder, way):
    with open(f"{folder.path}/escape.py", "w", encoding="ascii") as file:
        file.write(ESCAPE)
    checker = started(check("/usr/bin/python3", "-I", f"{folder.path}/escape.py", folder.notes, way,
                            interval="3s", more='timeout = "700ms";' if way == "hang" else ""))
    wait_until(lambda: len(folder.pids()) >= 13, 20, what="all of them")
    checker.wait("db", value="down" if way == "hang" else "up")
    wait_gone(folder.pids())
    wait_until(lambda: not children_of(checker.pid), what="the end of all children")


def test_a_thousand_children_end_with_it(started, folder):
    path = folder.script(f"""i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i + 1)); done
                         echo $i >{folder.notes}/n; wait""")
    checker = started(check(path, interval="60s", more='timeout = "60s";') + ", "
                      + check("/bin/true", name="other", interval="50ms"))
    wait_until(lambda: folder.note("n") == "1000", 60, what="a thousand children")
    before = checker.fact("other")
    assert checker.close() == 0
    assert before.value == "up" and before.bad == 0
    wait_until(lambda: not processes_of(checker.host), what="the end of all of them")


BOMB = """
import os, resource, sys, time
resource.setrlimit(resource.RLIMIT_NPROC, (400, 400))
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        os.close(os.open(sys.argv[1] + "/full", os.O_WRONLY | os.O_CREAT, 0o644))
        time.sleep(0.01)
"""


# Likewise, each by a thread that is not the first one of its process.
THREADED = BOMB.replace("resource,", "resource, threading,").replace("while True:", """def fork():
  while True:""", 1).replace("\n    ", "\n      ").replace("os.setsid()", """os.setsid()
              threading.Thread(target=fork).start()
              time.sleep(60)""") + "threading.Thread(target=fork).start()\n"


@pytest.mark.parametrize("bomb", (BOMB, THREADED), ids=("processes", "threads"))
def test_processes_that_fork_without_end_are_gone_after_the_time_out(started, folder, bomb):
    with open(f"{folder.path}/bomb.py", "w", encoding="ascii") as file:
        file.write(bomb)
    checker = started(check("/usr/bin/python3", "-I", f"{folder.path}/bomb.py", folder.notes,
                            interval="5s", more='timeout = "500ms";') + ", "
                      + check("/bin/true", name="other", interval="100ms", more='user = "daemon";'))
    wait_until(lambda: os.path.exists(f"{folder.notes}/full"), 20, what="as many as there can be")
    checker.wait("db", value="down", error="no end within")
    wait_until(lambda: len(processes_of(checker.host)) <= 4, what="the end of all of them")
    answers = checker.fact("other").answers
    wait_until(lambda: checker.fact("other").answers > answers + 2, what="others are asked")
    assert checker.fact("other").bad == 0


def test_processes_that_fork_without_end_and_have_killed_their_warden_are_gone_too(started, folder):
    """Nobody is left who knew of them but the checker, whose children they have become."""
    with open(f"{folder.path}/bomb.py", "w", encoding="ascii") as file:
        file.write(BOMB.replace("while True:", "os.setsid() if os.fork() == 0 else os.kill(os.getppid(), 9)\nwhile True:", 1))
    checker = started(check("/usr/bin/python3", "-I", f"{folder.path}/bomb.py", folder.notes,
                            interval="60s", more='timeout = "5s";') + ", "
                      + check("/bin/true", name="other", interval="100ms", more='user = "daemon";'))
    checker.wait("db", value="down", error="somebody has killed the process that watched it")
    wait_until(lambda: len(processes_of(checker.host)) <= 4, what="the end of all of them")
    answers = checker.fact("other").answers
    wait_until(lambda: checker.fact("other").answers > answers + 2, what="others are asked")
    assert checker.fact("other").bad == 0


def test_whatever_a_killed_checker_ran_goes_with_it(started, folder):
    path = folder.script(f"""(setsid sh -c 'echo $$ >>{folder.notes}/pids; exec sleep 1000' &)
                         echo $$ >>{folder.notes}/pids; sleep 1000""")
    checker = started(check(path, interval="60s", more='timeout = "60s";'))
    wait_until(lambda: len(folder.pids()) == 2, what="two processes")
    checker.close(kill=True)
    wait_gone(folder.pids())
    wait_until(lambda: not processes_of(checker.host), what="none of the checker's are left")


def test_one_that_kills_its_warden_ends_and_is_told(started, folder):
    path = folder.script(f"""(setsid sh -c 'echo $$ >>{folder.notes}/pids; exec sleep 1000' &)
                         while ! grep -q . {folder.notes}/pids; do :; done 2>/dev/null
                         echo $$ >>{folder.notes}/pids; kill -KILL $PPID; exec sleep 1000""")
    checker = started(check(path, interval="10s"))
    fact = checker.wait("db", value="down")
    assert fact.error == "somebody has killed the process that watched it"
    wait_gone(folder.pids())
    wait_until(lambda: not children_of(checker.pid), what="the end of all children")


def test_one_that_stops_its_warden_is_run_again(started, folder):
    path = folder.script(f"""echo $$ >>{folder.notes}/pids; kill -STOP $PPID; exec sleep 1000""")
    checker = started(check(path, interval="200ms", more='timeout = "100ms";'))
    checker.wait("db", value="down", error="no end within 100 ms, killed")
    wait_until(lambda: len(folder.pids()) >= 3, what="more runs")
    checker.close(kill=True)
    wait_gone(folder.pids())


# ---- F75: it floods ----

def test_of_a_flood_the_last_4_kib_are_kept(started, folder):
    path = folder.script("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; echo the end; exit 2")
    fact = started(check(path, interval="5s")).wait("db", value="down")
    text = fact.output.decode()
    assert len(text) == OUTPUT and text.endswith("line 19999\nthe end\n")
    assert fact.error == "exit status 2: line 0"


def test_a_flood_without_an_end_costs_the_checker_nothing(started):
    checker = started(", ".join(check("/usr/bin/yes", "flood", name=f"f{i}", interval="1s", more='timeout = "800ms";')
                                for i in range(4)) + ", " + check("/bin/true", name="other", interval="50ms",
                                                                  more='timeout = "2s";'))
    checker.wait("other", value="up")
    before = _usage(checker.pid)
    for i in range(4):
        fact = checker.wait(f"f{i}", value="down", error="killed: flood")
        assert fact.output[-6:] == b"flood\n" and len(fact.output) == OUTPUT
    after = _usage(checker.pid)
    assert after["kib"] - before["kib"] < 1024, "its memory does not grow"
    assert after["cpu"] - before["cpu"] < 0.4, "it does not read it"
    assert checker.fact("other").bad == 0


def _usage(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        ticks = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        rss = next(int(line.split()[1]) for line in file if line.startswith("RssAnon:"))
    return {"cpu": ticks / os.sysconf("SC_CLK_TCK"), "kib": rss}


# ---- F76: the file ----

def test_a_program_that_is_no_more_is_down_and_up_when_it_is_back(started, folder):
    path = folder.script("exit 0")
    checker = started(check(path))
    checker.wait("db", value="up")
    os.unlink(path)
    assert checker.wait("db", value="down").error == f"{path}: No such file or directory"
    folder.script("exit 0", mode=0o644)
    checker.wait("db", error=f"{path}: its user may not execute it, mode 0644")
    os.chmod(path, 0o777)
    checker.wait("db", error=f"{path}: others may write to it, mode 0777")
    os.chmod(path, 0o755)
    checker.wait("db", value="up", error="")
    os.chmod(folder.path, 0o777)
    checker.wait("db", value="down", error=f"{folder.path}: others may write to it, mode 0777")
    os.chmod(folder.path, 0o755)
    checker.wait("db", value="up", error="")
    os.chown(path, 12345, -1)
    checker.wait("db", value="down", error=f"{path}: it belongs to another user, 12345")
    os.chown(path, NOBODY, -1)
    checker.wait("db", value="up", error="")


def test_files_that_are_no_programs_say_so(started, folder):
    os.mkdir(f"{folder.path}/directory")
    with open(f"{folder.path}/text", "w", encoding="ascii") as file:
        file.write("no program\n")
    os.chmod(f"{folder.path}/text", 0o755)
    with open(f"{folder.path}/strange", "w", encoding="ascii") as file:
        file.write("#!/usr/bin/none\n")
    os.chmod(f"{folder.path}/strange", 0o755)
    os.symlink(f"{folder.path}/loop", f"{folder.path}/loop")
    why = {"directory": "it is no regular file", "text": "Exec format error", "none": "No such file or directory",
           "strange": "its interpreter is missing", "loop": "Too many levels of symbolic links",
           "text/below": "Not a directory"}
    checker = started(", ".join(check(f"{folder.path}/{name}", name=name.replace("/", "-"),
                                      more='timeout = "5s";') for name in why))
    for name, text in why.items():
        assert checker.wait(name.replace("/", "-"), value="down").error.endswith(text)


def test_replaced_while_it_runs_and_by_links_it_is_always_one_or_the_other(started, folder):
    for number in range(2):
        folder.script(f"echo {number}", f"v{number}")
    os.symlink("v0", f"{folder.path}/current")
    checker = started(check(f"{folder.path}/current", interval="10ms", more='timeout = "2s";'))
    checker.wait("db", value="up")
    deadline = time.monotonic() + 20
    turn = 0
    seen = set()
    while time.monotonic() < deadline and (turn < 500 or checker.fact("db").answers < 60 or len(seen) < 2):
        turn += 1
        os.symlink(f"v{turn % 2}", f"{folder.path}/new")
        os.rename(f"{folder.path}/new", f"{folder.path}/current")
        seen.add(checker.fact("db").output)
    fact = checker.fact("db")
    assert fact.bad == 0 and seen == {b"0\n", b"1\n"}, (fact, seen, turn)


def test_a_link_to_where_others_write_is_refused_whoever_owns_the_link(started, folder):
    os.mkdir(f"{folder.path}/open")
    os.chmod(f"{folder.path}/open", 0o777)
    folder.script("exit 0", "open/check")
    os.symlink("open/../open/check", f"{folder.path}/link")
    fact = started(check(f"{folder.path}/link")).wait("db", value="down")
    assert fact.error == f"{folder.path}/open: others may write to it, mode 0777"


# ---- what it is born with ----

def test_nothing_of_the_checker_is_handed_down(started, folder):
    path = folder.script("""
        for fd in /proc/$$/fd/*; do printf "fd ${fd##*/} "; readlink $fd || echo gone; done
        sed 's/^/status /' /proc/self/status; echo cwd $(pwd); echo umask $(umask); echo stat $(cat /proc/$$/stat)
        tr '\\0' '\\n' </proc/$$/environ | sed 's/^/env /'; echo core $(ulimit -c); echo files $(ulimit -n)
        [ -t 0 ] || echo read "<$(cat)>"; echo oom $(cat /proc/self/oom_score_adj); echo nice $(nice)
        awk '/realtime priority|nice priority|locked memory/ { print $1, $2, $(NF - 1), $NF }' /proc/self/limits""")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    checker = started(check(path, env=("PGHOST=/run", "VIPD_CHECK=lie")))
    lines = checker.wait("db", value="up").output.decode().splitlines()
    status = dict(line[7:].split(":\t", 1) for line in lines if line.startswith("status "))
    assert status["Uid"].split() == [str(NOBODY)] * 4
    for key in ("CapInh", "CapPrm", "CapEff", "CapAmb", "SigBlk", "SigIgn", "ShdPnd"):
        assert int(status[key], 16) & ~LIBC_S_OWN == 0, key
    assert status["NoNewPrivs"] == "1" and status["VmLck"].split()[0] == "0"
    pid, fields = _stat(lines)
    assert fields[2] == fields[3] == pid, "it leads its group and its session"
    assert fields[37] == "0" and fields[38] == "0" and fields[16] == "0", "SCHED_OTHER, nice 0"
    fds = {line.split()[1]: line.split()[2] for line in lines
           if line.startswith("fd ") and not line.endswith("gone")}
    assert fds.pop("10") == path, "the shell's own"
    assert fds.pop("0") == "/dev/null" and fds["1"].startswith("pipe:") and fds == {"1": fds["1"], "2": fds["1"]}
    env = sorted(line[4:] for line in lines if line.startswith("env "))
    assert [word for word in env if word.split("=")[0] not in ("PWD", "OLDPWD", "_", "SHLVL")] == [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PGHOST=/run", "VIPD_CHECK=db"]
    assert {"cwd /", "umask 0022", "core 0", "files 1024", "read <>", "oom 0", "nice 0"} <= set(lines)
    limits = [line.split() for line in lines if line.startswith("Max ")]
    assert len(limits) == 3 and all("0" in words for words in limits), limits


def _stat(lines):
    """The number of a process, and the fields of its stat from the state on."""
    words = next(line[5:] for line in lines if line.startswith("stat "))
    return words.split()[0], words.rpartition(")")[2].split()


def test_a_binary_has_no_descriptor_of_itself(started):
    fact = started(check("/bin/ls", "/proc/self/fd")).wait("db", value="up")
    assert fact.output == b"0\n1\n2\n3\n", "3 is of the directory that it lists"


def test_a_user_of_its_own_with_its_groups_and_no_rights(started, folder):
    path = folder.script("id -u; id -g; id -G; grep Cap[IPE] /proc/self/status; grep NoNew /proc/self/status")
    user = pwd.getpwnam("games")
    checker = started(check(path, more='user = "games";') + ", " + check(path, name="own") + ", "
                      + check(path, name="root", more='user = "root";'))
    lines = checker.wait("db", value="up").output.decode().splitlines()
    groups = " ".join(map(str, os.getgrouplist("games", user.pw_gid)))
    assert lines[:3] == [str(user.pw_uid), str(user.pw_gid), groups]
    assert all(int(line.split()[1], 16) == 0 for line in lines[3:6]) and lines[6].split()[1] == "1"
    own = checker.wait("own", value="up").output.decode().splitlines()
    assert own[0] == str(NOBODY) and all(int(line.split()[1], 16) == 0 for line in own[3:6])
    root = checker.wait("root", value="up").output.decode().splitlines()
    assert root[0] == "0" and int(root[4].split()[1], 16) != 0 and root[6].split()[1] == "0"


def test_a_program_of_a_user_may_be_that_users_and_is_hidden_from_others(started, folder):
    home = f"{folder.path}/home"
    os.mkdir(home, 0o700)
    path = folder.script("exec sleep 1000", "home/check", 0o700)
    for name in (home, path):
        os.chown(name, pwd.getpwnam("games").pw_uid, -1)
    checker = started(check(path, interval="200ms", more='user = "games"; timeout = "100ms";') + ", "
                      + check(path, name="own"))
    assert checker.wait("db", value="down").error == "no end within 100 ms, killed"
    assert "belongs to another user" in checker.wait("own", value="down").error
    wait_until(lambda: checker.fact("db").answers >= 3, what="it can be killed, and is run again")


def test_a_user_that_does_not_exist_is_told(started):
    assert started(check("/bin/true", more='user = "no-one";')).wait("db", value="down").error == \
        'there is no user "no-one"'


# ---- many at once ----

PLACES = 128                                       # checks/command.c


def stat_of(pid):
    """Fields of /proc/PID/stat, from the state on."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()


def parent_of(pid):
    return int(stat_of(pid)[1])


def begun_ms(pid):
    """When the kernel made it, to 10 ms."""
    return int(stat_of(pid)[19]) * 1000 // os.sysconf("SC_CLK_TCK")


def hung(folder, count, interval="1s", timeout="900ms"):
    """So many checks that sleep until their time-out; their numbers are noted."""
    path = folder.script(f"echo $$ >>{folder.notes}/pids; exec sleep 1000", "hung")
    return ", ".join(check(path, name=f"h{i}", interval=interval, more=f'timeout = "{timeout}";') for i in range(count))


def test_of_40_at_once_32_begin_and_the_others_when_these_have_settled(started, folder):
    started(hung(folder, 40, "60s", "60s"))
    wait_until(lambda: len(folder.pids()) == 40, 20, what="all run")
    begun = sorted(begun_ms(parent_of(pid)) for pid in folder.pids())
    assert begun[32] - begun[0] >= 240, begun


def test_40_that_hang_keep_nobody_waiting(started, folder):
    """They all begin at the same time, and go on hanging."""
    checker = started(hung(folder, 40) + ", " + ", ".join(
        check("/bin/true", name=f"c{i}", interval="200ms", more='timeout = "2s";') for i in range(5)))
    healthy = [f"c{i}" for i in range(5)]
    wait_until(lambda: all(checker.fact(name).answers >= 25 for name in healthy), 20, what="25 answers")
    facts = checker.facts()
    assert all(facts[name].value == "up" and facts[name].bad == 0 for name in healthy), facts
    assert all(facts[f"h{i}"].value == "down" and facts[f"h{i}"].timed_out >= 3 for i in range(40))
    assert sum(fact.answers for name, fact in facts.items() if name in healthy) < 5 * 40, "as often as the interval says"


def test_one_that_waits_for_a_place_is_not_down_and_says_so(started, folder):
    """Each of them hangs for the first time: they fill the room of those that end."""
    checker = started(hung(folder, PLACES + 4, "1h", "1h") + ", "
                      + check("/bin/true", name="late", interval="300ms", more='delay = "3s"; timeout = "100ms";'))
    wait_until(lambda: len(folder.pids()) == PLACES, 20, what="all places are taken")
    late = checker.wait("late", 20, error=f"waits since 1 s for one of {PLACES} places")
    assert (late.value, late.answers, late.bad, late.timed_out) == ("unknown", 0, 0, 0)
    for pid in folder.pids():
        os.kill(pid, signal.SIGKILL)
    late = checker.wait("late", value="up", error="")
    assert late.bad == 0


@pytest.mark.alone
def test_those_that_hang_again_leave_the_others_their_places(started, folder):
    checker = started(hung(folder, PLACES + 20, "2s", "1900ms"))
    wait_until(lambda: sum(fact.timed_out for fact in checker.facts().values()) > 2 * PLACES, 30, what="they hang again")
    assert all(fact.bad == fact.timed_out for fact in checker.facts().values())
    board = checker.board
    assert checker.close() == 0
    checker = started(hung(folder, PLACES + 20, "2s", "1900ms") + ", " + check("/bin/true", name="new"), board=board)
    wait_until(lambda: sum(fact.timed_out for fact in checker.facts().values()) > 4 * PLACES, 30, what="they hang again")
    before = checker.fact("new")
    after = wait_until(lambda: (fact := checker.fact("new")).answers >= before.answers + 10 and fact, what="answers")
    assert after.bad == 0 and after.value == "up"


def test_hundreds_a_second_leave_nothing_behind(started):
    checker = started(", ".join(check("/bin/true", name=f"c{i}", interval="500ms") for i in range(100)))
    wait_until(lambda: sum(fact.answers >= 3 for fact in checker.facts().values()) == 100, 20, what="three answers of all")
    assert all(fact.bad == 0 for fact in checker.facts().values())
    assert len(os.listdir(f"/proc/{checker.pid}/fd")) < 16 + 100
    assert checker.close() == 0


def test_sigterm_ends_the_checker_and_what_it_runs(started, folder):
    path = folder.script(f"trap '' TERM; echo $$ >>{folder.notes}/pids; while :; do sleep 1000; done")
    checker = started(check(path, interval="60s"))
    wait_until(folder.pids, what="a run")
    checker.process.send_signal(signal.SIGTERM)
    assert checker.process.wait(5) == 0
    wait_gone(folder.pids())


# ---- when a configuration is read ----

def test_what_cannot_be_run_is_an_error_at_the_start_and_a_reload_is_refused(lab, folder):
    path = folder.script("exit 0")
    checks = [{"name": "db", "command": [path]}]
    routers = [router(150)]
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), routers, checks=checks)
    agent.wait_state("lan", "active")
    os.chmod(folder.path, 0o777)
    agent.configure([router(140)], checks=checks)
    done = agent.reload()
    assert done.returncode == 1, done
    assert f"db: command: {folder.path}: others may write to it, mode 0777" in done.stderr
    assert agent.router()["priority"] == 150, "it runs on"
    dry = agent.ctl("reload", "--dry-run", check=False)
    assert dry.returncode and "others may write to it" in dry.stderr + dry.stdout
    tried = agent.host.run(binary("vipd"), "-t", "-c", agent.config, check=False)
    assert tried.returncode == 78 and tried.stderr.startswith(agent.config + ":")
    os.chmod(folder.path, 0o755)
    assert agent.reload().returncode == 0


def test_a_program_for_a_group_alone_is_one_for_its_members(lab, folder):
    path = folder.script("exit 0", mode=0o750)
    members = [(entry.gr_mem[0], entry.gr_gid) for entry in grp.getgrall() if set(entry.gr_mem) - {"root"}]
    if not members:
        pytest.skip("no group of this host has a member")
    name, group = members[0]
    os.chown(path, 0, group)
    host = lab.host("gw1", "192.0.2.2/24")
    for user, status in ((name, 0), ("nobody", 78)):
        with open(f"{folder.path}/vipd.conf", "w", encoding="ascii") as file:
            file.write(vipd_config([router()], {"checks": [{"name": "db", "command": [path], "user": user}]}))
        done = host.run(binary("vipd"), "-t", "-c", f"{folder.path}/vipd.conf", check=False)
        assert done.returncode == status, done.stderr


def test_what_may_not_be_looked_at_is_a_warning_to_whoever_asks(lab, folder):
    os.mkdir(f"{folder.path}/home", 0o700)
    path = folder.script("exit 0", "home/check")
    with open(f"{folder.path}/vipd.conf", "w", encoding="ascii") as file:
        file.write(vipd_config([router()], {"checks": [{"name": "db", "command": [path], "user": "root"}]}))
    done = lab.host("gw1", "192.0.2.2/24").run("setpriv", "--reuid", str(NOBODY), "--clear-groups", binary("vipd"), "-t",
                                               "-c", f"{folder.path}/vipd.conf")
    assert f"warning: db: command: cannot be looked at from here: {path}: Permission denied" in done.stderr


def test_a_standby_goes_on_whatever_has_become_of_a_program(lab, folder):
    path = folder.script("exit 0")
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(150)],
                     checks=[{"name": "db", "command": [path]}])
    agent.wait_state("lan", "active")
    os.unlink(path)
    for _ in range(2):
        pid = agent.router_pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: agent.router_pid not in (None, 0, pid), what="another router process")
        agent.wait_state("lan", "active")
