# SPDX-License-Identifier: MIT
"""What the kernel says about processes."""

import os
import re

from witness import wait_until


def children(pid):
    """The children of a process, zombies included; none if it is gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def name_of(pid):
    """The name that a process goes by; None if it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            _, name, rest = re.split(r"[()]", stat.read(), maxsplit=2)
    except OSError:
        return None
    return name if rest.split()[0] not in "ZX" else None


def wait_end(pid):
    """Waits until a process is gone."""
    wait_until(lambda: name_of(pid) is None, what=f"the end of {pid}")


def _write_to(group, file, number):
    with open(f"{group}/{file}", "w", encoding="ascii") as out:
        out.write(str(number))


def freeze(lab, pid):
    """Has a process stand still: unlike SIGSTOP, the death of its parent does not continue it.
    Return: its control group, for thaw()."""
    group = lab.cgroup("frozen")
    _write_to(group, "cgroup.procs", pid)
    _write_to(group, "cgroup.freeze", 1)
    return group


def thaw(group):
    """Has what freeze() stopped go on."""
    _write_to(group, "cgroup.freeze", 0)


def sleeps_in_poll(pid):
    """Whether a process waits for somebody, who may be a keeper that says GO."""
    try:
        with open(f"/proc/{pid}/wchan", encoding="ascii") as wchan:
            return "poll" in wchan.read()
    except OSError:
        return False


def open_files(pid):
    """How many descriptors a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_ticks(pid):
    """The processor time of a process, in hundredths of a second."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return sum(map(int, re.split(r"\) ", stat.read())[1].split()[11:13]))


def lost_events(agent):
    """How many events the kernel could not queue for vipd (the Drops of its event socket)."""
    with open(f"/proc/{agent.router_pid}/net/netlink", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(int(row[8]) for row in rows if row[1] == "0" and int(row[3], 16) & 0x11 == 0x11)
