# SPDX-License-Identifier: MIT
"""The standby: a router process that waits, ready, for the one that runs to die.

What is promised: it says nothing and hears nothing until then; when it is missing, a crash is
survived all the same; and nothing that became of the files since then matters.
"""

import os
import signal
import socket
import struct

import pytest

from agents import binary
from generations import OWN, VIP, crash, replace, start, start_pair, write
from lab import router, wait_until
from timing import GAP_MS, keeps_rhythm, longest_gap_ms


def sockets(pid):
    """How many sockets a process has."""
    links = (os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    return sum(link.startswith("socket:") for link in links)


def check_unnoticed(lab, one, two, mark):
    """The Active was never late, and its Backup never anything else."""
    one.host.wait_adverts(10, lab.now())
    assert longest_gap_ms(one.host, mark) < GAP_MS
    assert not lab.capture.adverts(host=two.host)


def test_standby_takes_over_after_a_crash(lab):
    agent = start(lab)
    standby = agent.standby_pid
    crash(agent)
    assert agent.router_pid == standby, agent.story("the standby went on")
    assert agent.standby_pid != standby, "and has a standby of its own"


def test_standby_hears_nothing(lab):
    """Else its queues would fill with old news: it talks to the keeper, and may ask the kernel."""
    agent = start(lab)
    standby = agent.standby_pid
    with open(f"/proc/{standby}/net/raw", encoding="ascii") as table:
        readers = len(table.readlines()) - 1
    assert readers == 2, "those of the router process"
    assert sockets(standby) == 5 < sockets(agent.router_pid)


def test_standby_of_a_reload_runs_what_was_reloaded(lab):
    agent = start(lab)
    before = agent.standby_pid
    agent.configure([router(123)])
    assert agent.reload().returncode == 0
    wait_until(lambda: agent.standby_pid != before, what="another standby")
    crash(agent)
    assert agent.router()["priority"] == 123


@pytest.mark.long
def test_standby_that_dies_is_replaced(lab):
    agent = start(lab)
    standby, worker = agent.standby_pid, agent.router_pid
    keeps_rhythm(agent.host, lambda: os.kill(standby, signal.SIGKILL), attempts=1)
    agent.wait_log(f"standby_pid={standby} lost=")
    assert "killed by SIGKILL" in agent.wait_log(f"router_pid={standby} end=")
    wait_until(lambda: agent.standby_pid != standby, 15, "another standby")
    assert agent.router_pid == worker


def test_crash_without_a_standby_is_not_noticed(lab):
    one, two = start_pair(lab)
    mark = lab.now()
    os.kill(one.standby_pid, signal.SIGKILL)
    crash(one)
    check_unnoticed(lab, one, two, mark)


def test_standby_killed_with_the_router_process_counts_for_nothing(lab):
    """Two crashes, however many standbys die with them, are not three."""
    one, two = start_pair(lab)
    mark = lab.now()
    for _ in range(2):
        os.kill(one.standby_pid, signal.SIGKILL)
        crash(one)
    check_unnoticed(lab, one, two, mark)
    assert one.alive


def test_crash_when_the_binary_is_gone_is_not_noticed(lab, own_binary):
    """With and without a standby: both run what ran."""
    one, two = start_pair(lab)
    mark = lab.now()
    os.unlink(own_binary)
    crash(one)
    os.kill(one.standby_pid, signal.SIGKILL)
    crash(one)
    check_unnoticed(lab, one, two, mark)


def test_crash_while_a_reload_hangs_is_not_noticed(lab, own_binary):
    """The standby need not wait for the new binary to be given up."""
    one, two = start_pair(lab)
    replace(own_binary, "exec sleep 60")
    lines, mark = len(one.log), lab.now()
    one.process.send_signal(signal.SIGHUP)
    one.wait_log("reload=started", skip=lines)
    crash(one)
    check_unnoticed(lab, one, two, mark)
    one.wait_log("reload=refused", skip=lines)
    assert one.router()["counters"]["became_active"] == 1


@pytest.mark.parametrize("victim", ["oldest", "youngest", "standby"])
def test_crash_during_every_part_of_a_reload_leaves_one_speaker(lab, victim):
    """Whoever it hits: in the end there is one router process, and a standby behind it."""
    for delay_ms in range(0, 12, 2):
        agent = start(lab, router(150, interval="1s"), name=f"gw{delay_ms}", segment=f"{delay_ms}")
        assert agent.standby_pid
        agent.process.send_signal(signal.SIGHUP)
        until = lab.now() + delay_ms * 1_000_000
        wait_until(lambda t=until: lab.now() >= t, every=0)
        pids = {"oldest": agent.router_pids[:1], "youngest": agent.router_pids[-1:],
                "standby": [agent.standby_pid]}[victim]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda it=agent: it.ctl("show", check=False).returncode == 0, what="an answer")
        assert victim == "standby" or agent.router_pid != agent.standby_pid
        assert agent.host.addresses() == [OWN, VIP]


def test_keeper_of_another_version_is_refused(lab):
    """The binary that it starts says why it cannot go on from it."""
    host = lab.host("gw1", OWN)
    path = lab.path("own.conf")
    write(path, 'routers = ( { name = "a"; interface = "eth0"; vrid = 1;'
                ' addresses = [ "192.0.2.1/24" ]; } );')
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        done = host.run("env", "VIPD_GENERATION=1", "bash", "-c",
                        f'exec "{binary("vipd")}" -c "{path}" 3<&{theirs.fileno()}', check=False,
                        pass_fds=[theirs.fileno()])
        assert done.returncode == 1 and "another version: restart it" in done.stderr
        assert b"taking over" in ours.recv(4096)


# ---- the state memory ----

def state_memories(agent):
    """The keeper's descriptors of state memories, as paths that can be written."""
    fds = f"/proc/{agent.pid}/fd"
    return [f"{fds}/{fd}" for fd in os.listdir(fds)
            if os.readlink(f"{fds}/{fd}").startswith("/memfd:vipd-state")]


def damage(agent, harm):
    """Changes all state memories; of the one that counts, too, which nobody can tell from here."""
    for path in state_memories(agent):
        with open(path, "r+b", buffering=0) as memory:
            content = bytearray(memory.read())
            harm(content)
            memory.seek(0)
            memory.write(content)


def before_sections(content):
    """The word that began the memory of versions whose memory had no sections."""
    content[:8] = struct.pack("=Q", 0x7669706473746174)


def all_zero(content):
    """As if nothing had been written yet."""
    content[:] = bytes(len(content))


def all_ones(content):
    """Nothing of it is true."""
    content[:] = b"\xff" * len(content)


def elections(content):
    """Header and names are as they were, the rest is not: no sum is right."""
    begin = content.index(b"eth0") + 24            # behind the name, the interface, and numbers
    content[begin:] = b"\x5a" * (len(content) - begin)


@pytest.mark.parametrize("harm, words", [(before_sections, "of another version"),
                                         (all_zero, "damaged or was never finished"),
                                         (all_ones, "damaged"), (elections, "started=1")])
def test_damaged_state_memory_is_not_adopted(lab, harm, words):
    """The router process dies and leaves nonsense: the router starts anew, and listens first."""
    agent = start(lab)
    assert agent.standby_pid
    old = agent.kill_router(signal.SIGSTOP)
    lines, mark = len(agent.log), lab.now()
    damage(agent, harm)
    os.kill(old, signal.SIGKILL)
    assert words in agent.wait_log("adopted=", skip=lines)
    agent.wait_state("lan", "active")
    assert lab.capture.wait_advert(host=agent.host, since=mark).ns - mark > 300_000_000
    assert agent.host.addresses() == [OWN, VIP]
    assert agent.router()["counters"]["became_active"] == 1 and not agent.router()["drained"]


def test_damaged_state_memory_does_not_stop_the_last_will(lab):
    """There is no farewell that could be believed; the addresses go all the same."""
    agent = start(lab)
    crash(agent)
    crash(agent)
    agent.expected_to_live = False
    assert agent.standby_pid
    old = agent.kill_router(signal.SIGSTOP)
    damage(agent, all_ones)
    os.kill(old, signal.SIGKILL)
    assert agent.process.wait(10) == 1
    assert agent.host.addresses() == [OWN]
    assert "farewells_sent=0" in agent.wait_log("last_will=executed addresses_removed=1")


# ---- the will of another version ----

SECTION = struct.Struct("=IIIIQ")     # tag, record size, records, -, offset
WILL = struct.Struct("=QIIIB3x")      # offset, held, room, length, armed
BYTES_TAG, WILL_TAG = 9, 10
MARK = 112                            # vipd's, on whatever it adds


def removal_of_route(net):
    """RTM_DELROUTE of a /24 in the main table with vipd's mark, as a netlink message."""
    route = struct.pack("=BBBBBBBBI", socket.AF_INET, 24, 0, 0, 254, MARK, 255, 0, 0)
    message = route + struct.pack("=HH", 8, 1) + socket.inet_aton(net)
    return struct.pack("=IHHII", 16 + len(message), 25, 1, 0, 0) + message


def holding(message):
    """Puts a message in the place of the first removal of each will, and holds it."""

    def harm(content):
        head_size, sections = struct.unpack_from("=II", content, 8)
        table = [SECTION.unpack_from(content, head_size + i * SECTION.size)
                 for i in range(sections)]
        offsets = {tag: offset for tag, _, _, _, offset in table}
        at, held, _, length, _ = WILL.unpack_from(content, offsets[WILL_TAG])
        if not length:                # that of a process that waits
            return
        at += offsets[BYTES_TAG]
        kind, size = struct.unpack_from("=HxxI", content, at + held)
        assert kind == 1 and len(message) <= size
        struct.pack_into("=I", content, at + held + 4, len(message))
        content[at + held + 16:at + held + 16 + len(message)] = message
        content[at] = 1

    return harm


def test_last_will_removes_what_the_keeper_does_not_know(lab):
    """A newer router process has added a route, and an older keeper knows of none."""
    agent = start(lab)
    crash(agent)
    crash(agent)
    agent.expected_to_live = False
    assert agent.standby_pid
    agent.host.run("ip", "route", "add", "blackhole", "198.51.100.0/24", "proto", str(MARK))
    old, mark = agent.kill_router(signal.SIGSTOP), lab.now()
    damage(agent, holding(removal_of_route("198.51.100.0")))
    os.kill(old, signal.SIGKILL)
    assert agent.process.wait(10) == 1
    assert agent.host.addresses() == [OWN]
    assert not agent.host.run("ip", "route", "show", "198.51.100.0/24").stdout.strip()
    assert "farewells_sent=1" in agent.wait_log("last_will=executed addresses_removed=2")
    assert lab.capture.wait_advert(host=agent.host, since=mark, priority=0)
