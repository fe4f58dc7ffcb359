# SPDX-License-Identifier: MIT
"""The journal's files of network namespaces without a vipd: they go, but none too early.

All of it happens in a /run/vipd of the test's own, which several hosts share.
"""

import os
import shutil
import signal
import struct
import subprocess
import time

import pytest

from generations import write
from lab import router, wait_until
from processes import children, wait_end

SINCE_AT = 8 + 4 + 4 + 8 + 6 * 8 + 8       # abandoned_ns in the header of a ring: agent/events.c
DAY_S = 24 * 3600
RINGS_MAX = 32
BEGUN = ".begun.events"                    # what goes with them: agent/begun.h


class Run:
    """A /run/vipd, seen from outside of its mount namespace."""

    def __init__(self, holder):
        self.directory = f"/proc/{holder}/root/run/vipd"

    def path(self, name):
        return os.path.join(self.directory, name)

    def rings(self, host=None):
        """The names of the rings that are there, of a host or of all."""
        start = f"netns-{inode(host)}." if host else "netns-"
        return sorted(name for name in os.listdir(self.directory)
                      if name.startswith(start) and not name.endswith((".lock", BEGUN)))

    def since_s(self, name):
        """For how long it has been known that nobody writes a ring; None: it is not."""
        with open(self.path(name), "rb") as file:
            file.seek(SINCE_AT)
            ns = struct.unpack("=q", file.read(8))[0]
        return time.monotonic() - ns / 1e9 if ns else None

    def set_since_s(self, name, seconds):
        """Says that it has been known for so long; on a young machine since before its start."""
        with open(self.path(name), "r+b") as file:
            file.seek(SINCE_AT)
            file.write(struct.pack("=q", time.monotonic_ns() - int(seconds * 1e9)))


def inode(host):
    """The number of a host's network namespace."""
    return os.stat(f"/run/netns/{host.netns}").st_ino


@pytest.fixture(name="run")
def run_fixture(lab, own_binary):
    """What the lab's vipd has as /run/vipd: a script in its place enters the mount namespace."""
    os.makedirs("/run/vipd", exist_ok=True)
    ready = lab.path("ready")
    holder = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c",
         f"mount -t tmpfs -o mode=755 none /run/vipd && touch {ready} && exec sleep 600"])
    lab.at_close(lambda: (holder.kill(), holder.wait()))
    wait_until(lambda: os.path.exists(ready), what="the mount namespace")
    shutil.move(own_binary, own_binary + ".real")
    write(own_binary, "#!/bin/sh\n"
          f'exec nsenter --mount=/proc/{holder.pid}/ns/mnt "{own_binary}.real" "$@"\n')
    os.chmod(own_binary, 0o700)
    return Run(holder.pid)


def start(lab, name):
    """An Active vipd on a segment of its own."""
    host = lab.host(name, "192.0.2.2/24", segment=name)
    agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
    return agent


def kill(agent):
    """All of its processes, and their ends."""
    pids = children(agent.pid)
    agent.kill(signal.SIGKILL)
    for pid in pids:
        wait_end(pid)


def pair(host):
    """The names of a host's rings."""
    return [f"netns-{inode(host)}.{which}.events" for which in ("keeper", "router")]


def test_rings_of_a_killed_vipd_go_after_a_day(lab, run):
    dead = start(lab, "gw1")
    kill(dead)
    start(lab, "gw2")
    wait_until(lambda: all(run.since_s(name) is not None for name in pair(dead.host)),
               what="both to be noted")
    first = [run.since_s(name) for name in pair(dead.host)]
    for name in pair(dead.host):
        run.set_since_s(name, DAY_S - 60)
    start(lab, "gw3").term()
    assert run.rings(dead.host) == pair(dead.host), "not yet a day"
    assert all(0 <= since < 60 for since in first)
    for name in pair(dead.host):
        run.set_since_s(name, DAY_S + 60)
    start(lab, "gw4")
    wait_until(lambda: not run.rings(dead.host), what="their removal")
    assert not [name for name in os.listdir(run.directory) if f"-{inode(dead.host)}." in name]


def test_rings_of_a_living_vipd_stay_whatever_is_noted(lab, run):
    """One of a version before this does not take the note back."""
    living = start(lab, "gw1")
    for name in pair(living.host):
        run.set_since_s(name, DAY_S + 60)
    start(lab, "gw2")
    wait_until(lambda: all(run.since_s(name) is None for name in pair(living.host)),
               what="the notes to go")
    assert run.rings(living.host) == pair(living.host)


def test_rings_of_ones_own_stay(lab, run):
    """They are what outlives a kill of everything; who goes on with them is there again."""
    dead = start(lab, "gw1")
    kill(dead)
    before = os.stat(run.path(pair(dead.host)[0])).st_ino
    for name in pair(dead.host):
        run.set_since_s(name, DAY_S + 60)
    again = lab.vipd(dead.host, [router(150)])
    again.wait_state("lan", "active")
    assert run.rings(dead.host) == pair(dead.host)
    assert os.stat(run.path(pair(dead.host)[0])).st_ino == before
    assert [run.since_s(name) for name in pair(dead.host)] == [None, None]


def test_rings_are_cleaned_without_what_a_vipd_has_kept_for_its_next_start(lab, run):
    one = start(lab, "gw1")
    one.ctl("drain", "lan", check=False)
    assert one.term() == 0
    kept = f"netns-{inode(one.host)}.kept.events"
    numbers = range(1, 41)
    for number in numbers:
        write(run.path(f"netns-{number}.kept.events"), "namespace 1\n")
        os.utime(run.path(f"netns-{number}.kept.events"), (number, number))
    start(lab, "gw2")
    wait_until(lambda: len([it for it in os.listdir(run.directory) if "kept" in it]) == RINGS_MAX,
               what="the removal of too many")
    assert os.path.exists(run.path(kept)) and not os.path.exists(run.path("netns-1.kept.events"))
    one = lab.vipd(one.host, [router(150)])
    one.wait_state("lan", "active")
    assert one.router()["drained"]


def test_rings_are_not_too_many(lab, run):
    """Of those that nobody writes the oldest go first, and what is no ring at once."""
    living, dead = start(lab, "gw1"), start(lab, "gw2")
    kill(dead)
    copies = [f"netns-{number}.{which}.events" for number in range(1, 41)
              for which in ("keeper", "router")]
    for number, name in enumerate(copies):
        shutil.copy(run.path(pair(dead.host)[0]), run.path(name))
        run.set_since_s(name, 3600 - number)
    write(run.path("netns-50.router.events"), "no ring\n")
    shutil.copy(run.path(pair(dead.host)[0]), run.path("netns-51.router.events.new"))
    write(run.path("netns-52.router.events.old"), "not of this program\n")
    last = start(lab, "gw3")
    stay = pair(living.host) + pair(last.host) + pair(dead.host) + copies[-RINGS_MAX + 2:] + \
        ["netns-52.router.events.old"]
    wait_until(lambda: run.rings() == sorted(stay),
               what=lambda _: f"{sorted(stay)} to stay, not {run.rings()}")
    assert sorted(name for name in os.listdir(run.directory) if name.endswith(".lock")) == sorted(
        f"netns-{inode(host)}.lock" for host in (living.host, last.host))


def test_vipd_that_starts_while_another_one_cleans_is_not_refused(lab, run):
    """The claim on a namespace may be held for a moment by a keeper of another one."""
    host = lab.host("gw1", "192.0.2.2/24")
    with subprocess.Popen(["flock", run.path(f"netns-{inode(host)}.lock"), "sh", "-c",
                           "echo; exec sleep 0.05"], stdout=subprocess.PIPE) as held:
        held.stdout.readline()
        agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
