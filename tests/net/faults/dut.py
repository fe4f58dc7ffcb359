# SPDX-License-Identifier: MIT
"""The gateways of the fault suite, by what vipd and keepalived have in common, and its witnesses.

All that a test measures is seen from outside: frames at the switch, a client's pings, the kernel's
addresses and what it says about them. What vipd says of itself is asked of vipd alone.
"""

import atexit
import contextlib
import dataclasses
import functools
import itertools
import json
import os
import signal
import socket
import tempfile
from datetime import datetime, timezone

import pytest

from agents import VIP, is_slow, keepalived_config
from frames import Key
from lab import router, wait_until
from processes import children, name_of, wait_end
from rtnetlink import AddressEvents
from timing import GAP_MS, disturbed_gaps_ms

ICMP6, ADVERTISEMENT = 58, 136
KEEPALIVED = os.environ.get("DUT") == "keepalived"
OTHER, OWN, PEER = "192.0.2.11/24", "192.0.2.2/24", "192.0.2.3/24"
MARK = 112                       # IFA_PROTO of vipd's addresses
SOON_MS = 250                    # a busy machine's allowance for what takes milliseconds
QUICK_MS = 50                    # likewise, where it is measured alone
LATE_S = 2                       # and for what takes seconds
DOWN_MS = 100 * (3 + 156 / 256)  # Active_Down_Interval at 100 ms and priority 100
SKEW_MS = 100 * 156 / 256
MATE = "192.0.2.61/24"           # of the second router of a group
ROUTES = {"routes": [{"to": "198.51.100.0/24", "type": "blackhole"},
                     {"to": "default", "via": "192.0.2.77", "interface": "eth0", "table": 100}],
          "rules": [{"from": "203.0.113.0/24", "table": 100, "priority": 1000}]}


@dataclasses.dataclass(frozen=True)
class Form:
    """In which families a router has addresses, whom it speaks to, whether it accepts.

    group: it shares its fate with a second router. drained: the peer of pair() is. hmac: both sign,
    and believe nothing else. routes: ROUTES go where the address goes.
    """
    key: str
    families: tuple = (4,)
    unicast: bool = False
    accept: bool = True
    group: bool = False
    drained: bool = False
    hmac: bool = False
    routes: bool = False

    @property
    def skew_ms(self):
        """The skew time of the peer of pair()."""
        return 100 * 255 / 256 if self.drained else SKEW_MS

    @property
    def down_ms(self):
        """Its Active_Down_Interval."""
        return DOWN_MS - SKEW_MS + self.skew_ms

    @property
    def elections(self):
        """How many routers there are, each family counted."""
        return len(self.families) + self.group

    @property
    def settings(self):
        """What belongs to no router."""
        return {"groups": [{"name": "gateway", "routers": ["lan", "mate"]}]} if self.group else {}

    def own(self, number):
        """The addresses of a host of this number; of IPv6 it has a link-local one besides."""
        return [{4: f"192.0.2.{number}/24", 6: f"2001:db8::{number}/64"}[it]
                for it in self.families]

    def vips(self, count=1):
        """So many virtual addresses of each family; of a group that of the second router, too."""
        return [{4: f"192.0.2.{n}/24", 6: f"2001:db8::{n}/64"}[it] for it in self.families
                for n in (1, *range(101, 100 + count))] + [MATE] * self.group

    def routers(self, priority, number, **keys):
        """The settings of all routers on the host of this number."""
        mate = {"name": "mate", "vrid": 52, "addresses": [MATE]}
        return [self.router(priority, number, **{**keys, **more})
                for more in ({}, mate)[:1 + self.group]]

    def router(self, priority, number, **keys):
        """The settings of a router on the host of this number; of two, the other is its peer."""
        keys = {"addresses": [it for it in self.vips() if it != MATE], **keys}
        if KEEPALIVED:
            return router(priority, **self._of_keepalived(number, keys))
        if self.unicast:
            keys.setdefault("unicast", {"peers": [f"192.0.2.{5 - number}"]})
        if not self.accept:
            keys["accept"] = False
        if self.hmac:
            keys["auth"] = {"type": "hmac", "mode": "enforce", "keys": key_file(), "active": 1}
        if self.routes:
            keys |= ROUTES
        return router(priority, **keys)

    def _of_keepalived(self, number, keys):
        """The same in its words, or aloud that there are none."""
        if len(self.families) > 1:
            pytest.skip("keepalived has no router of both families")
        if self.group or self.drained or self.hmac or self.routes:
            pytest.skip("not made with keepalived")
        if self.families == (6,):
            keys["addresses"] = [VIRTUAL6, *keys["addresses"]]
        if self.unicast:
            keys["extra"] = (f"unicast_src_ip 192.0.2.{number}\n  unicast_peer {{\n"
                             f"    192.0.2.{5 - number}\n  }}")
        if not self.accept:
            keys["extra"] = "no_accept"
        return keys

    def host(self, lab, name, number):
        """A host of this number."""
        return lab.host(name, *self.own(number), ipv6=6 in self.families)

    def client(self, lab, segment="lan"):
        """A host that is served."""
        return lab.host(f"at-{segment}", *self.own(100), segment=segment, ipv6=6 in self.families)


VIRTUAL6 = "fe80::200:5eff:fe00:233/128"         # of VRID 51
PLAIN = Form("IPv4")
IPV6 = Form("IPv6", families=(6,))
DUAL = Form("dual", families=(4, 6))
UNICAST = Form("unicast", unicast=True)
DEAF = Form("accept=false", accept=False)
DEAF6 = Form("IPv6 accept=false", families=(6,), accept=False)
GROUP = Form("group", group=True)
DRAINED = Form("drained peer", drained=True)
HMAC = Form("HMAC", hmac=True)
ROUTED = Form("routes", routes=True)
WIDER = GROUP, DRAINED, HMAC, ROUTED
_turn = itertools.count()        # of sampled()


@functools.cache
def key_file():
    """A file with a key, for as long as this program runs. Return: its path."""
    descriptor, path = tempfile.mkstemp(prefix="vipd-faults-")
    atexit.register(os.unlink, path)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(Key(1, bytes(range(32))).line())
    return path


def sampled(*which):
    """[(form, marks), ...]: `make check` makes the first one and, in turn, one of the others; those
    that only `make faults` makes are marked."""
    others = which[1:]
    drawn = which[:1] + (others[next(_turn) % len(others)],) if others else which
    return [(form, [] if form in drawn else [pytest.mark.campaign]) for form in which]


def forms(*which):
    """The test is made in each of these forms; a row's title has their keys."""
    return pytest.mark.parametrize("form", [pytest.param(form, marks=marks, id=form.key)
                                            for form, marks in sampled(*which)])


class Gateway:
    """A host, and the program under test on it. A form says what its first router is like."""

    def __init__(self, host, routers, *, form=PLAIN, **settings):
        self.lab, self.host, self.form = host.lab, host, form
        self.routers, self.settings = routers, {**form.settings, **settings}
        self.events = AddressEvents(host)
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

    @property
    def vips(self):
        """The virtual address of each family."""
        return self.form.vips()

    def holds(self, address=None, dev="eth0"):
        """Whether the kernel has the address, or any virtual one."""
        wanted = [address] if address else self.vips
        return not set(wanted).isdisjoint(self.host.addresses(dev))

    def routed(self):
        """How many of ROUTES the kernel has: its routes and rules with vipd's mark."""
        found = []
        for what in (["route", "show", "table", "all"], ["rule", "show"]):
            found += json.loads(self.host.run("ip", "-json", "-details", *what).stdout or "[]")
        return sum(str(it.get("protocol")) == str(MARK) for it in found)

    def wait_active(self, since=0):
        """Waits until it holds the addresses and says so. Return: its first advert."""
        wait_until(lambda: set(self.vips) <= set(self.host.addresses()), 15,
                   f"{self.host} to hold {self.vips}")
        if self.form.routes:
            wait_until(lambda: self.routed() == 3, what=f"{self.host} to have its routes, once")
        return self.lab.capture.wait_advert(host=self.host, since=since)

    def wait_gone(self, since, timeout=10):
        """Waits until the last one of its virtual addresses goes. Return: when, in ns."""
        return max(self.events.wait(False, vip, since, timeout) for vip in self.vips)

    def wait_announced(self, address, since, timeout=10):
        """Waits for a gratuitous ARP or an unsolicited Neighbor Advertisement. Return: it."""
        ip = address.split("/", maxsplit=1)[0]
        if ":" not in ip:
            return self.lab.capture.wait_arp(timeout, since, self.host, gratuitous=True, spa=ip)
        return self.lab.capture.wait_frame(lambda frame: announces(frame, ip), timeout, since,
                                           self.host, f"an announcement of {ip}")

    def wait_adverts(self, number, since):
        """Waits until it sent so many in each family."""
        for family in self.form.families:
            wait_until(lambda it=family: sum((":" in advert.src) == (it == 6) for advert in
                                             self.lab.capture.adverts(since, self.host)) >= number,
                       20, f"{number} adverts of {self.host} over IPv{family}")

    def check_counters(self, **expected):
        """What vipd has counted of its router "lan", in each family; signatures were believed."""
        for family in () if KEEPALIVED else self.form.families:
            shown = self.agent.router(family=family)
            assert shown["missing_addresses"] == []
            assert not self.form.hmac or not any(shown["counters"]["rejected"].values()), shown
            assert {name: shown["counters"][name] for name in expected} == expected

    @property
    def sent(self):
        """How many adverts of its router "lan" left; as vipd has counted them."""
        if KEEPALIVED:
            return len(self.lab.capture.adverts(host=self.host))
        return self.agent.router(family=self.form.families[0])["counters"]["adverts_sent"]

    def wait_fault(self, reason):
        """Waits until vipd's router "lan" is out of service for this reason."""
        for family in () if KEEPALIVED else self.form.families:
            self.agent.wait_fault(reason, family=family)


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


def announces(frame, ip):
    """Whether it is an unsolicited Neighbor Advertisement of that address."""
    return (frame.ip and frame.ip.proto == ICMP6 and frame.ip.payload[0] == ADVERTISEMENT
            and frame.ip.dst == "ff02::1"
            and socket.inet_ntop(socket.AF_INET6, frame.ip.payload[8:24]) == ip)


def crash(gateway, number=signal.SIGKILL):
    """Ends the process that speaks VRRP. Return: after how many ms the next one went on."""
    assert KEEPALIVED or gateway.agent.standby_pid
    lines = len(gateway.agent.log)
    old, mark = gateway.worker, gateway.kill_worker(number)
    if KEEPALIVED:
        wait_end(old)
        gateway.host.wait_adverts(1, gateway.lab.now())
        return 0
    return (log_ns(gateway.agent.wait_log("started version=", skip=lines)) - mark) / 1e6


def single(lab, *routers, name="gw1", second=None, form=PLAIN, **settings):
    """One gateway, Active. second: the address of its eth1, on another segment."""
    host = form.host(lab, name, 2)
    if second:
        host.attach("other", second)
    return active(Gateway(host, list(routers) or form.routers(150, 2), form=form, **settings))


def active(one):
    """Waits until it is. With long intervals its predecessor leaves, so that it soon is."""
    if is_slow(one.routers[0]):
        one.lab.leave_to(*one.routers, checksum="rfc5798" if KEEPALIVED else "rfc9568")
    one.wait_active()
    return one


def pair(lab, env=None, form=PLAIN, **keys):
    """gw1 of priority 150, Active, and gw2 of priority 100, its Backup, which hears it."""
    settings = {"form": form, **({"env": env} if env else {})}
    hosts = [form.host(lab, name, number) for name, number in (("gw1", 2), ("gw2", 3))]
    one = active(Gateway(hosts[0], form.routers(150, 2, **keys), **settings))
    two = Gateway(hosts[1], form.routers(100, 3, **keys), **settings)
    if form.drained:
        two.agent.ctl("drain")
    one.wait_adverts(1 if is_slow(one.routers[0]) else 3, lab.now())
    return one, two


class Pings:
    """Several pings, asked as one is."""

    def __init__(self, pings):
        self._pings, self.first = pings, pings[0]

    def wait_answer(self, **keys):
        """Waits until each of them is answered."""
        for ping in self._pings:
            ping.wait_answer(**keys)

    def lost(self, since=0):
        """The requests that were not answered in time."""
        return sum(ping.lost(since) for ping in self._pings)

    def longest_outage(self, since=0):
        """The longest of all, in seconds."""
        return max(ping.longest_outage(since) for ping in self._pings)


def ping_vip(lab, segment="lan", form=PLAIN):
    """A client that pings the address every millisecond, each of several, and is answered."""
    client = form.client(lab, segment)
    pings = [lab.ping(client, vip.split("/", maxsplit=1)[0], interval=0.001)
             for vip in form.vips()]
    for ping in pings:
        ping.wait_answer()
    return pings[0] if len(pings) == 1 else Pings(pings)


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
    assert not gateway.holds(), f"{gateway.host} holds {gateway.vips}"


def log_ns(line):
    """The time of a line of vipd's log."""
    stamp = datetime.strptime(line.split()[0], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc)
    return int(stamp.timestamp()) * 10**9 + stamp.microsecond * 1000

