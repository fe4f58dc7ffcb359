# SPDX-License-Identifier: MIT
"""What strangers do to the keeper and its processes: signals by habit, limits of the host, a keeper
that hangs, a standby that cannot be, a control socket that cannot be made."""

import contextlib
import os
import re
import resource
import signal

import pytest

from agents import binary, router, write_config
from generations import OWN, crash, replace, start
from lab import LabError, wait_until
from processes import open_files
from timing import GAP_MS, longest_gap_ms

HABITS = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE, signal.SIGQUIT,
          signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR, signal.SIGXFSZ,
          signal.SIGRTMIN, signal.SIGRTMAX]


# ---- signals ----

def test_signals_that_are_not_ours_end_nobody(lab):
    agent = start(lab)
    pids = [agent.pid, agent.router_pid, agent.standby_pid]
    for number in [*HABITS, signal.SIGHUP]:
        for pid in pids if number != signal.SIGHUP else pids[1:]:
            os.kill(pid, number)
    agent.host.wait_adverts(10, lab.now())
    assert [agent.pid, agent.router_pid, agent.standby_pid] == pids, agent.story("none ended")
    assert agent.alive and not any("lost=" in line for line in agent.log)


def test_sigusr1_tells_who_lives_and_how_the_routers_are(lab):
    agent = start(lab, *(router(150, name=f"r{n}", vrid=n, addresses=[f"192.0.2.{n}/24"])
                         for n in range(101, 141)))
    standby, lines = agent.standby_pid, len(agent.log)
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        skip = len(agent.log)
        os.kill(agent.pid, number)
        agent.wait_log(f"signal={number.name[3:]} from_pid={os.getpid()}", skip=skip)
        agent.wait_log(f"keeper_pid={agent.pid} router_pid={agent.router_pid} "
                       f"standby_pid={standby}$", skip=skip)
        for n in range(101, 141):
            agent.wait_log(f'router=r{n} family=4 state=active reason="', skip=skip)
    told = [line for line in agent.log[lines:] if re.search("router=r101 ", line)]
    assert len(told) == 2, told


def test_limit_on_the_size_of_files_is_raised_or_told(lab, monkeypatch):
    """RLIMIT_FSIZE counts for shared memory, too, and its signal ended vipd without a word."""
    limited, refused = (["prlimit", f"--fsize=0:{hard}", binary("vipd")]
                        for hard in ("unlimited", 0))
    host = lab.host("gw0", OWN)
    said = host.run("setpriv", "--bounding-set=-sys_resource", *refused, "-c",
                    write_config(lab), check=False, timeout=10)
    assert said.returncode == 1 and "File too large" in said.stderr, said
    assert "RLIMIT_FSIZE" in said.stderr, said
    monkeypatch.setenv("VIPCTL", binary("vipctl"))
    monkeypatch.setenv("VIPD", lab.path("limited"))
    replace(lab.path("limited"), f'exec {" ".join(limited)} "$@"')
    agent = start(lab)
    assert agent.standby_pid and agent.reload().returncode == 0


# ---- the standby ----

def state_of(pid):
    """As the kernel shows it: T when the process is stopped."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]



@pytest.mark.long
def test_stopped_standby_is_noticed_and_replaced(lab):
    agent = start(lab)
    stopped, speaker = agent.standby_pid, agent.router_pid
    os.kill(stopped, signal.SIGSTOP)
    agent.wait_log(f'standby_pid={stopped} lost="stopped by a signal"')
    wait_until(lambda: not os.path.exists(f"/proc/{stopped}"), what="the end of the stopped one")
    with contextlib.suppress(LabError):            # that it comes after 10 s is no failure yet
        assert agent.standby_pid != stopped
    assert agent.standby_pid != stopped
    assert agent.router_pid == speaker


def test_crash_beside_a_stopped_standby_is_survived_at_once(lab):
    agent = start(lab)
    stopped = agent.standby_pid
    os.kill(stopped, signal.SIGSTOP)
    wait_until(lambda: state_of(stopped) == "T", what="a stop")
    os.kill(agent.pid, signal.SIGUSR1)
    agent.wait_log('note="the standby was stopped by a signal"')
    mark = lab.now()
    assert crash(agent) != stopped
    agent.host.wait_adverts(10, since=mark)
    assert lab.now() - mark < 2_500_000_000, "nobody waited for signs of life of the stopped one"


@pytest.mark.long
def test_standby_that_cannot_be_is_told_once_and_that_it_is_back(lab):
    agent = start(lab)
    standby, limit = agent.standby_pid, resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (10, limit[1]))
    os.kill(standby, signal.SIGKILL)
    told = agent.wait_log("standby=none", 15)
    assert " error: " in told and "Too many open files" in told, told
    assert "the next crash would be the last will" in told
    os.kill(agent.pid, signal.SIGUSR1)
    agent.wait_log(f'router_pid={agent.router_pid} note="no standby: Too many open files"')
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, limit)
    again = agent.wait_log("standby=again", 25)
    assert f"standby_pid={agent.standby_pid}" in again
    assert sum("standby=none" in line for line in agent.log) == 1


# ---- a keeper that hangs ----

@pytest.mark.long
def test_reload_that_the_keeper_does_not_take_has_an_end_on_both_sides(lab):
    agent = start(lab)
    speaker = agent.router_pid
    agent.configure([router(123)])
    agent.kill_keeper(signal.SIGSTOP)
    mark = lab.now()
    failed = agent.reload()
    assert 9 < (lab.now() - mark) / 1e9 < 12, "the end that both sides know"
    assert failed.returncode == 1, failed
    assert f"the keeper, pid {agent.pid}, does not answer" in failed.stderr, failed.stderr
    agent.kill_keeper(signal.SIGCONT)
    agent.expected_to_live = True
    agent.wait_log('reload=refused note="the keeper read the request too late')
    agent.host.wait_adverts(10, lab.now())
    assert agent.router_pid == speaker and agent.router()["priority"] == 150
    assert not any("reload=started" in line for line in agent.log)
    assert agent.reload().returncode == 0 and agent.router()["priority"] == 123


# ---- clients that crowd ----

NOBODY = 65534


CROWD = """
import socket, sys
held = []
while True:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        made.connect(sys.argv[1])
    except OSError:
        continue
    held = [*held[-100:], made]
"""


def test_root_is_served_whatever_others_do_to_the_control_socket(lab):
    agent = start(lab)
    os.chown(agent.control, 0, NOBODY)
    before = open_files(agent.router_pid)
    crowd = [agent.host.popen("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                              "/usr/bin/python3", "-c", CROWD, agent.control) for _ in range(8)]
    mark = lab.now()
    try:
        wait_until(lambda: open_files(agent.router_pid) > before + 3, what="a crowd")
        answers = [agent.ctl("show", "--json", check=False) for _ in range(40)]
    finally:
        for process in crowd:
            process.kill()
            process.wait()
    assert [it.stderr for it in answers if it.returncode] == []
    assert longest_gap_ms(agent.host, mark) < GAP_MS
