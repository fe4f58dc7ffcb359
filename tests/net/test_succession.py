# SPDX-License-Identifier: MIT
"""Who speaks next, when those who should misbehave: programs that lie, reloads that overlap, a
service manager that does not listen, a control socket that cannot be.

What is promised: there is always somebody who speaks, or the last will; and what a caller of
`vipctl reload` is told is true.
"""

import os
import shutil
import signal
import socket
import threading

import pytest

from generations import OWN, VIP, crash, reload, replace, start, start_pair, write
from lab import router, wait_until
from processes import cpu_ticks
from rtnetlink import AddressEvents
from timing import wait_moment

# A program in the place of vipd that says READY as vipd does, whether it is or not. As the keeper it
# is a good one: else it would not come to that.
SAYS_READY = """#!/usr/bin/python3 -S
import os, signal, socket, struct, sys
if "VIPD_GENERATION" not in os.environ:
    os.execv(sys.argv[0] + ".real", sys.argv)
talk = socket.socket(fileno=3)
talk.setblocking(True)
talk.send(struct.pack("=IiqB", 1, -1, 0, 0))
{then}
os._exit(0)
"""
AT_GO = "talk.recv(4096); os.kill(os.getpid(), signal.SIGSEGV)"
SLOW = 'cp "{0}" "{0}.$$"; : >"{0}.seen"; sleep 0.5; exec "{1}.real" -c "{0}.$$"'
KEEPER = 'test "$VIPD_GENERATION" || exec "{0}.real" "$@"'


def install(path, text):
    """Puts a program of that text in the place of another one."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path + ".new", 0o700)
    os.replace(path + ".new", path)


def replace_generation(path, script):
    """As replace(), but the keeper is the program that was there before."""
    shutil.copy(path, path + ".real")
    replace(path, KEEPER.format(path) + "\n" + script)


def start_slow_reload(agent, path):
    """Another thread's reload has read the configuration and takes its time. Return: its answer."""
    replace_generation(path, SLOW.format(agent.config, path))
    answers, lines = [], len(agent.log)
    thread = threading.Thread(target=lambda: answers.append(agent.reload()))
    thread.start()
    agent.wait_log("reload=started", skip=lines)
    wait_until(lambda: os.path.exists(agent.config + ".seen"), what="the file to be read")

    def end():
        thread.join()
        return answers[0]

    return end


# ---- reloads that overlap ----

def test_reload_during_a_reload_is_not_lost(lab, own_binary):
    agent = start(lab)
    agent.configure([router(111)])
    first = start_slow_reload(agent, own_binary)
    agent.configure([router(122)])
    reload(agent)
    assert first().returncode == 0
    assert agent.router()["priority"] == 122
    assert agent.router()["counters"]["became_active"] == 1


def test_broken_reload_during_a_reload_gets_its_own_errors(lab, own_binary):
    agent = start(lab)
    agent.configure([router(111)])
    first = start_slow_reload(agent, own_binary)
    write(agent.config, "nonsense = 1;\n")
    second = agent.reload()
    assert first().returncode == 0
    assert second.returncode == 1 and "nonsense" in second.stderr
    assert agent.router()["priority"] == 111


def test_hangup_during_a_reload_is_not_lost(lab, own_binary):
    agent = start(lab)
    agent.configure([router(111)])
    first = start_slow_reload(agent, own_binary)
    agent.configure([router(122)])
    agent.process.send_signal(signal.SIGHUP)
    assert first().returncode == 0
    wait_until(lambda: agent.router()["priority"] == 122, what="the second reload")


# ---- programs that lie ----

@pytest.mark.parametrize("then, words", [("", "reload=(refused|undone)"), (AT_GO, "reload=undone")])
def test_program_that_dies_at_once_costs_nothing(lab, own_binary, then, words):
    """Neither the address nor the peace, however often: what ran before goes on."""
    one, two = start_pair(lab)
    mark = lab.now()
    shutil.copy(own_binary, own_binary + ".real")
    for _ in range(3):
        assert one.standby_pid
        install(own_binary, SAYS_READY.format(then=then))
        lines = len(one.log)
        one.reload()
        one.wait_log(words, skip=lines)
        one.host.wait_adverts(5, lab.now())
    assert one.host.addresses() == [OWN, VIP] and not lab.capture.adverts(host=two.host)
    assert 0 not in {advert.priority for advert in lab.capture.adverts(host=one.host, since=mark)}
    assert one.router()["counters"]["became_active"] == 1


def test_program_behind_a_script_survives_a_crash(lab, own_binary):
    """What runs is noted, not what was started: a script cannot be started by descriptor."""
    agent = start(lab)
    shutil.copy(own_binary, own_binary + ".real")
    replace(own_binary, f'exec "{own_binary}.real" "$@"')
    reload(agent)
    crash(agent)
    assert agent.router()["counters"]["became_active"] == 1


def test_program_that_closes_its_conversation_is_not_waited_for(lab, own_binary):
    agent = start(lab)
    replace_generation(own_binary, "exec 3>&-; exec sleep 60")
    done = agent.reload()
    assert done.returncode == 1 and "killed by SIGKILL" in done.stderr
    assert agent.router()["counters"]["became_active"] == 1


# ---- a bad environment ----

def test_crash_without_a_place_for_the_control_socket(lab):
    """It goes on unasked, which is better than not at all, until there is a place again."""
    os.makedirs(lab.path("a/b"))
    agent = lab.vipd(lab.host("gw1", OWN), [router(150)], wait=False, control=lab.path("a/b/c"))
    agent.control = lab.path("a/b/c")
    agent.wait_state("lan", "active")
    assert agent.standby_pid
    shutil.rmtree(lab.path("a"))
    mark = lab.now()
    crash(agent)
    assert f'control="{agent.control}"' in agent.wait_log("error=")
    assert len(agent.host.wait_adverts(10, mark)) >= 10 and agent.alive
    os.makedirs(lab.path("a/b"))
    agent.wait_ready()
    assert agent.router()["counters"]["became_active"] == 1


def test_service_manager_that_does_not_read_is_not_waited_for(lab):
    path = lab.path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        manager.bind(path)
        other.setblocking(False)
        with pytest.raises(BlockingIOError):       # its queue is full before vipd begins
            while True:
                other.sendto(b"x", path)
        agent = start(lab, env={"NOTIFY_SOCKET": path})
        crash(agent)
        reload(agent)
        manager.settimeout(5)
        wait_until(lambda: b"READY=1" in manager.recv(4096), what="what is owed", every=0)
        assert agent.term() == 0


def test_stop_is_quiet_whatever_comes_meanwhile(lab):
    """A keeper that waits for a hung router process to leave does not spin."""
    agent = start(lab)
    assert agent.standby_pid
    agent.expected_to_live = False
    agent.kill_router(signal.SIGSTOP)
    agent.process.send_signal(signal.SIGTERM)
    agent.wait_log("signal=TERM")
    agent.process.send_signal(signal.SIGHUP)
    ticks, begun = cpu_ticks(agent.pid), lab.now()
    wait_until(lambda: lab.now() > begun + 2_000_000_000, what="two seconds of it")
    assert cpu_ticks(agent.pid) - ticks < 20       # of 200
    agent.process.wait(10)
    assert agent.host.addresses() == [OWN]


# ---- what a crash leaves ----

@pytest.mark.long
def test_hung_backup_does_not_take_over_when_it_is_replaced(lab):
    """What it had not read is lost with it, and that is no silence of the Active. Whenever between
    two adverts: four pairs, each on a segment of its own."""
    pairs, hung = {}, {}
    for phase_ms in (0, 170, 340, 510):
        name = str(phase_ms)
        pairs[phase_ms] = start_pair(lab, (f"one{name}", f"two{name}"), name, interval="700ms")
    for phase_ms, (one, two) in pairs.items():
        heard = one.host.wait_adverts(1, lab.now())[-1].ns
        wait_moment(lab, heard + phase_ms * 1_000_000)
        hung[two] = two.kill_router(signal.SIGSTOP)
    for one, two in pairs.values():
        two.wait_log(f"router_pid={hung[two]} lost=")
    mark = lab.now()
    for one, two in pairs.values():
        one.host.wait_adverts(4, mark)
        assert not lab.capture.adverts(host=two.host), two.story("it took over")
        assert two.wait_log("adopted=1")


def test_reload_to_another_lease_never_loses_the_address(lab):
    """The old lease is shorter than the time to the next advert: it is renewed at once. Soon after
    an advert, and later: two vipd, each on a segment of its own."""
    agents = {}
    for delay_ms in (20, 400):
        name = str(delay_ms)
        agents[delay_ms] = agent = start(lab, router(254, interval="1590ms", lease="safe"),
                                         name=f"gw{name}", segment=name)
        agent.events = AddressEvents(agent.host)
        agent.configure([router(254, interval="1590ms", lease="available")])
    for delay_ms, agent in agents.items():
        heard = lab.capture.wait_advert(host=agent.host, since=lab.now()).ns
        wait_moment(lab, heard + delay_ms * 1_000_000)
        mark = reload(agent)
    for agent in agents.values():
        agent.host.wait_adverts(3, mark)
        assert not agent.events.lost(address=VIP)
