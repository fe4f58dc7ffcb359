# SPDX-License-Identifier: MIT
"""Who is measured: how each program is started, and what its processes cost."""

import contextlib
import dataclasses
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "net"))

import reaper  # noqa: E402  (found by the line above)
from agents import Agent, binary, keepalived_config  # noqa: E402

# What an administrator turns on who wants keepalived to be like vipd in this respect. The limit
# that comes with it (10 ms) would have it killed in the middle of taking 1,000 addresses.
KEEPALIVED_REALTIME = "  vrrp_rt_priority 20\n  vrrp_rlimit_rttime 2000000\n  vrrp_no_swap"


@dataclasses.dataclass(frozen=True)
class Contender:
    """A program with its settings. key names it in files, title says it to readers."""
    key: str
    title: str
    vipd: str = ""               # path of a vipd; empty: keepalived
    extra: str = ""              # lines for keepalived's global_defs

    def start(self, host, routers, more="", **settings):
        """Starts it on a host of a lab; vipd answers its control socket when this returns.

        more: lines before keepalived's routers. settings: global ones of vipd's.
        """
        if not self.vipd:
            return _Keepalived(host, more + keepalived_config(routers, self.extra))
        with _environment(VIPD=self.vipd, VIPCTL=beside(self.vipd, "vipctl")):
            return host.lab.vipd(host, routers, **settings)

    def version(self):
        """As the program itself says it."""
        argv = [self.vipd, "-V"] if self.vipd else ["keepalived", "--version"]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return (done.stdout + done.stderr).splitlines()[0]


class _Keepalived(Agent):
    """keepalived as its service file runs it, but in the foreground, logging to a file.

    lab.keepalived() has it log every packet, which no service does and which costs time.
    """

    def __init__(self, host, config):
        stem = host.lab.path(f"{host.name}-keepalived")
        with open(stem + ".conf", "w", encoding="ascii") as file:
            file.write(config)
        super().__init__(host, "keepalived", [
            "keepalived", "--dont-fork", "--log-console", "--vrrp", "-f", stem + ".conf",
            "-p", stem + ".pid", "-r", stem + "-vrrp.pid"])
        host.lab.agents.append(self)


@contextlib.contextmanager
def _environment(**settings):
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def beside(path, name):
    """The program of that name in the same directory, or in the build if there is none."""
    there = os.path.join(os.path.dirname(path), name)
    return there if os.access(there, os.X_OK) else binary(name)


def contenders(more=()):
    """vipd, further builds of it, keepalived as it is shipped and with real-time priority."""
    others = [Contender(f"vipd-{i}", f"vipd ({path})", os.path.abspath(path))
              for i, path in enumerate(more, 2)]
    return [Contender("vipd", "vipd", binary("vipd")), *others,
            Contender("keepalived", "keepalived"),
            Contender("keepalived-rt", "keepalived, real-time", extra=KEEPALIVED_REALTIME)]


def cpu_ns(host):
    """What all processes of a host have run so far, in ns: sum again later and subtract."""
    return sum(_schedstat(pid) for pid in reaper.processes([host.netns]))


def _schedstat(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def keep_apart(active, backup):
    """Gives each of two hosts a core, as if they were two machines.

    Else the kernel may let a Backup without real-time priority run where its Active has just
    filled the caches with the same code, which halves its cost and never happens to a real one.
    """
    cores = sorted(os.sched_getaffinity(0))
    for host, core in ((active, cores[0]), (backup, cores[-1])):
        for pid in reaper.processes([host.netns]):
            for task in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(task), {core})


def pss_kib(host):
    """Memory of all processes of a host in KiB; a page that others share counts in part."""
    total = 0
    for pid in reaper.processes([host.netns]):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.M).group(1))
    return total
