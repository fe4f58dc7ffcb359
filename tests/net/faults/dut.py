# SPDX-License-Identifier: MIT
"""The gateways of the fault suite, by what vipd and keepalived have in common, and its witnesses.

All that a test asks is asked from outside: frames at the switch, a client's pings, the kernel's
addresses and what it says about them.
"""

import contextlib
import itertools
import os
import re
import select
import signal
import socket
import struct
import threading
import time
from datetime import datetime, timezone

from agents import keepalived_config
from lab import router, wait_until
from rtnetlink import RTM_DELADDR, RTM_NEWADDR

KEEPALIVED = os.environ.get("DUT") == "keepalived"
VIP, OTHER, OWN, PEER = "192.0.2.1/24", "192.0.2.11/24", "192.0.2.2/24", "192.0.2.3/24"
SOON_MS = 250                    # a busy machine's allowance for what takes milliseconds
QUICK_MS = 50                    # likewise, where it is measured alone
LATE_S = 2                       # and for what takes seconds
GAP_MS = 200                     # two intervals of 100 ms; a Backup waits for more than three
DOWN_MS = 100 * (3 + 156 / 256)  # Active_Down_Interval at 100 ms and priority 100
SKEW_MS = 100 * 156 / 256


class Gateway:
    """A host, and the program under test on it."""

    def __init__(self, lab, name, address, routers, **settings):
        self.lab, self.routers, self.settings = lab, routers, settings
        self.host = lab.host(name, address)
        self.events = AddressEvents(self.host)
        self.start()

    def start(self):
        """Starts the program (again), and waits until it takes part."""
        if KEEPALIVED:
            self.agent = self.lab.keepalived(self.host, self.routers)
            self.agent.wait_log("Entering BACKUP STATE")
        else:
            self.agent = self.lab.vipd(self.host, self.routers, **self.settings)

    @property
    def worker(self):
        """The process that speaks VRRP."""
        if not KEEPALIVED:
            return self.agent.router_pid
        return wait_until(lambda: _children(self.agent.pid), what="a VRRP process")[0]

    @property
    def pids(self):
        """All processes of the program, the first one first."""
        return [self.agent.pid, *_children(self.agent.pid)]

    def kill_worker(self, number=signal.SIGKILL):
        """Sends a signal to the process that speaks VRRP. Return: the time before."""
        pid, mark = self.worker, self.lab.now()
        os.kill(pid, number)
        return mark

    def kill_first(self):
        """Ends the process that users start, alone. Return: the time before."""
        self.agent.expected_to_live = False
        mark = self.lab.now()
        os.kill(self.agent.pid, signal.SIGKILL)
        self.agent.process.wait(10)
        return mark

    def kill_all(self, number=signal.SIGKILL):
        """Sends what nobody can refuse (KILL, STOP, CONT) to all processes. Return: the time."""
        mark = self.lab.now()
        if number == signal.SIGKILL:
            os.kill(self.agent.pid, signal.SIGSTOP)            # else it would start another one
        first, *others = self.pids
        for pid in [first, *others] if number == signal.SIGSTOP else [*others, first]:
            os.kill(pid, number)                   # nobody may see that another one is gone
        self.agent.expected_to_live = number == signal.SIGCONT
        if number == signal.SIGKILL:
            self.agent.process.wait(10)
        return mark

    @contextlib.contextmanager
    def paused(self):
        """Everything of it stands still in this block."""
        self.kill_all(signal.SIGSTOP)
        try:
            yield
        finally:
            self.kill_all(signal.SIGCONT)

    @contextlib.contextmanager
    def frozen(self):
        """Everything of it is frozen in this block, as containers and virtual machines are."""
        group = self.lab.cgroup(self.host.name)
        for pid in self.pids:
            _write(f"{group}/cgroup.procs", pid)
        _write(f"{group}/cgroup.freeze", 1)
        wait_until(lambda: "frozen 1" in _read(f"{group}/cgroup.events"), what="the freeze")
        try:
            yield
        finally:
            _write(f"{group}/cgroup.freeze", 0)

    def configure(self, routers):
        """Writes another configuration for the next reload."""
        self.routers = routers
        if not KEEPALIVED:
            self.agent.configure(routers, **self.settings)
            return
        with open(self.lab.path(f"{self.host.name}-keepalived.conf"), "w", encoding="utf-8") as out:
            out.write(keepalived_config(routers))

    def reload(self):
        """Has it read its configuration. Return: the time before."""
        mark, lines = self.lab.now(), len(self.agent.log)
        if KEEPALIVED:
            self.agent.process.send_signal(signal.SIGHUP)
            self.agent.wait_log("Reloading|Configuration file", skip=lines)
        else:
            done = self.agent.reload()
            assert done.returncode == 0, done.stderr
        return mark

    def holds(self, address=VIP, dev="eth0"):
        """Whether the kernel has the address."""
        return address in self.host.addresses(dev)

    def wait_active(self, since=0):
        """Waits until it holds the address and says so. Return: its first advert."""
        wait_until(self.holds, 15, f"{self.host} to hold {VIP}")
        return self.lab.capture.wait_advert(host=self.host, since=since)


def _write(path, value):
    """A value into a file of the kernel's."""
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def _read(path):
    """A file of the kernel's."""
    with open(path, encoding="ascii") as file:
        return file.read()


def _children(pid):
    """The living children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return [child for child in map(int, children.read().split()) if _lives(child)]
    except OSError:
        return []


def _lives(pid):
    """Whether there is such a process, and it is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_end(pid):
    """Waits until a process is gone."""
    wait_until(lambda: not _lives(pid), what=f"the end of {pid}")


def single(lab, *routers, name="gw1", **settings):
    """One gateway, Active."""
    one = Gateway(lab, name, OWN, list(routers) or [router(150)], **settings)
    one.wait_active()
    return one


def pair(lab, env=None, **keys):
    """gw1 of priority 150, Active, and gw2 of priority 100, its Backup, which hears it."""
    settings = {"env": env} if env else {}
    one = single(lab, router(150, **keys), **settings)
    two = Gateway(lab, "gw2", PEER, [router(100, **keys)], **settings)
    wait_adverts(one, 3, lab.now())
    return one, two


def ping_vip(lab):
    """A client that pings the address every millisecond, and is answered."""
    ping = lab.ping(lab.host("client", "192.0.2.100/24"), "192.0.2.1", interval=0.001)
    ping.wait_answer()
    return ping


def wait_adverts(gateway, number, since, **fields):
    """Waits until it sent so many adverts since then. Return: them."""
    capture, host = gateway.lab.capture, gateway.host
    wait_until(lambda: len(capture.adverts(host=host, since=since, **fields)) >= number, 20,
               f"{number} adverts of {host}")
    return capture.adverts(host=host, since=since, **fields)


def longest_gap_ms(gateway, since, vrid=51):
    """The longest time between two adverts, from the last one before since on."""
    seen = gateway.lab.capture.adverts(host=gateway.host, vrid=vrid)
    first = max([i for i, advert in enumerate(seen) if advert.ns < since], default=0)
    return max((after.ns - before.ns) / 1e6 for before, after in itertools.pairwise(seen[first:]))


def measure_rhythm(fault, gateway, disturb, adverts=10, attempts=3):
    """Adverts stay in time and say no farewell while disturb() runs and for so many more.

    A busy machine may hold up everything now and then, a fault does so each time: the best of a few
    attempts counts.
    """
    gaps = []
    for _ in range(attempts):
        mark = gateway.lab.now()
        disturb()
        seen = wait_adverts(gateway, adverts, gateway.lab.now(), vrid=51)
        assert 0 not in {advert.priority for advert in seen}
        gaps.append(longest_gap_ms(gateway, mark))
        if gaps[-1] <= GAP_MS:
            break
    fault.measure("longest gap", min(gaps), "ms", 110, GAP_MS)


def measure_silence(fault, gateway, since):
    """The Backup has never been anything else."""
    fault.measure("peer's adverts", len(gateway.lab.capture.adverts(host=gateway.host,
                                                                    since=since)))
    assert not gateway.holds(), f"{gateway.host} holds {VIP}"


def wait_moment(lab, ns):
    """Waits until this time of the lab's clock: for faults that last."""
    wait_until(lambda: lab.now() >= ns, max(1, (ns - lab.now()) / 1e9 + 5), "a moment",
               every=0.001)


def log_ns(line):
    """The time of a line of vipd's log."""
    stamp = datetime.strptime(line.split()[0], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc)
    return int(stamp.timestamp()) * 10**9 + stamp.microsecond * 1000


def open_files(pid):
    """How many descriptors a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_ticks(pid):
    """The processor time of a process, in hundredths of a second."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return sum(map(int, re.split(r"\) ", stat.read())[1].split()[11:13]))


class AddressEvents:
    """What the kernel says about a host's IPv4 addresses, with times."""

    GROUP = 0x10                 # RTMGRP_IPV4_IFADDR

    def __init__(self, host):
        self._seen = []                            # (ns, present, address)
        self._socket = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, self.GROUP))
        self._socket.setblocking(False)
        self._wake = os.eventfd(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        host.lab.at_close(self._close)

    def _run(self):
        while True:
            readable, _, _ = select.select([self._socket, self._wake], [], [])
            if self._wake in readable:
                return
            ns, raw = time.time_ns(), self._socket.recv(1 << 20)
            while len(raw) >= 24:
                length, kind = struct.unpack_from("IH", raw)
                if kind in (RTM_NEWADDR, RTM_DELADDR):
                    self._seen.append((ns, kind == RTM_NEWADDR, _address(raw[16:length])))
                raw = raw[(length + 3) & ~3:]

    def seen(self, since=0, address=None):
        """[(ns, whether it is there now, address), ...] since then; a renewal is one, too."""
        return [event for event in list(self._seen)
                if event[0] >= since and address in (None, event[2])]

    def wait(self, present, address=VIP, since=0, timeout=10):
        """Waits until the address comes (or is renewed) or goes. Return: when, in ns."""
        return wait_until(lambda: next((ns for ns, there, _ in self.seen(since, address)
                                        if there == present), None), timeout,
                          f"{address} to {'come' if present else 'go'}", every=0.002)

    def longest_absence_ms(self, since, address=VIP):
        """From a removal to the next addition; for one that stays away, until now."""
        longest, gone = 0, None
        for ns, there, _ in self.seen(since, address):
            if there and gone:
                longest = max(longest, ns - gone)
            gone = None if there else gone or ns
        return max(longest, time.time_ns() - gone if gone else 0) / 1e6

    def _close(self):
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)
        self._socket.close()


def _address(body):
    """The address and prefix length of an ifaddrmsg and its attributes."""
    length, rest = body[1], body[8:]
    while len(rest) >= 4:
        size, kind = struct.unpack_from("HH", rest)
        if kind == 2:                              # IFA_LOCAL
            return f"{socket.inet_ntoa(rest[4:8])}/{length}"
        rest = rest[(size + 3) & ~3:]
    return ""
