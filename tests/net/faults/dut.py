# SPDX-License-Identifier: MIT
"""The gateways of the fault suite, by what vipd and keepalived have in common, and its witnesses.

All that a test measures is seen from outside: frames at the switch, a client's pings, the kernel's
addresses and what it says about them. What vipd says of itself is asked of vipd alone.
"""

import contextlib
import os
import signal
from datetime import datetime, timezone

from agents import VIP, is_slow, keepalived_config
from lab import router, wait_until
from processes import children, name_of
from rtnetlink import AddressEvents
from timing import GAP_MS, disturbed_gaps_ms

KEEPALIVED = os.environ.get("DUT") == "keepalived"
OTHER, OWN, PEER = "192.0.2.11/24", "192.0.2.2/24", "192.0.2.3/24"
MARK = 112                       # IFA_PROTO of vipd's addresses
SOON_MS = 250                    # a busy machine's allowance for what takes milliseconds
QUICK_MS = 50                    # likewise, where it is measured alone
LATE_S = 2                       # and for what takes seconds
DOWN_MS = 100 * (3 + 156 / 256)  # Active_Down_Interval at 100 ms and priority 100
SKEW_MS = 100 * 156 / 256


class Gateway:
    """A host, and the program under test on it."""

    def __init__(self, lab, name, address, routers, *, segment="lan", second=None, **settings):
        self.lab, self.routers, self.settings = lab, routers, settings
        self.host = lab.host(name, address, segment=segment)
        if second:
            self.host.attach("other", second)      # as eth1
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

    def check_counters(self, **expected):
        """What vipd has counted of its router "lan"."""
        if not KEEPALIVED:
            shown = self.agent.router()
            assert shown["missing_addresses"] == []
            assert {name: shown["counters"][name] for name in expected} == expected

    @property
    def sent(self):
        """How many adverts of its router "lan" left; as vipd has counted them."""
        if KEEPALIVED:
            return len(self.lab.capture.adverts(host=self.host))
        return self.agent.router()["counters"]["adverts_sent"]

    def wait_fault(self, reason):
        """Waits until vipd's router "lan" is out of service for this reason."""
        if not KEEPALIVED:
            self.agent.wait_fault(reason)


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
    return [child for child in children(pid) if name_of(child)]


def single(lab, *routers, name="gw1", **settings):
    """One gateway, Active. With long intervals its predecessor leaves, so that it soon is."""
    routers = list(routers) or [router(150)]
    one = Gateway(lab, name, OWN, routers, **settings)
    if is_slow(routers[0]):
        lab.leave_to(*routers, checksum="rfc5798" if KEEPALIVED else "rfc9568")
    one.wait_active()
    return one


def pair(lab, env=None, **keys):
    """gw1 of priority 150, Active, and gw2 of priority 100, its Backup, which hears it."""
    settings = {"env": env} if env else {}
    one = single(lab, router(150, **keys), **settings)
    two = Gateway(lab, "gw2", PEER, [router(100, **keys)], **settings)
    one.host.wait_adverts(1 if is_slow(one.routers[0]) else 3, lab.now())
    return one, two


def ping_vip(lab, segment="lan"):
    """A client that pings the address every millisecond, and is answered."""
    client = lab.host(f"at-{segment}", "192.0.2.100/24", segment=segment)
    ping = lab.ping(client, "192.0.2.1", interval=0.001)
    ping.wait_answer()
    return ping


def measure_rhythm(fault, gateway, disturb, adverts=10, attempts=3):
    """Adverts stay in time and say no farewell while disturb() runs and for so many more.

    A busy machine may hold up everything now and then, a fault does so each time: the best of a few
    attempts counts.
    """
    gaps = disturbed_gaps_ms(gateway.host, disturb, adverts, attempts=attempts)
    fault.measure("longest gap", min(gaps), "ms", 110, GAP_MS)


def measure_silence(fault, gateway, since):
    """The Backup has never been anything else."""
    fault.measure("peer's adverts", len(gateway.lab.capture.adverts(host=gateway.host,
                                                                    since=since)))
    assert not gateway.holds(), f"{gateway.host} holds {VIP}"


def log_ns(line):
    """The time of a line of vipd's log."""
    stamp = datetime.strptime(line.split()[0], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc)
    return int(stamp.timestamp()) * 10**9 + stamp.microsecond * 1000

