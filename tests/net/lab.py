# SPDX-License-Identifier: MIT
"""A small network in namespaces: hosts on a switch, agents on the hosts, and a witness.

    with Lab() as lab:
        gw1 = lab.host("gw1", "192.0.2.2/24")
        gw2 = lab.host("gw2", "192.0.2.3/24")
        client = lab.host("client", "192.0.2.100/24")
        one = lab.vipd(gw1, routers=[router(priority=150)])
        two = lab.vipd(gw2, routers=[router(priority=100)])
        one.wait_state("lan", "active")
        ping = lab.ping(client, "192.0.2.1")
        lab.cut(gw1)                                   # silently: the carrier stays up
        two.wait_state("lan", "active")
        print(lab.capture.adverts(host=gw2)[0], ping.longest_outage())

The switch has a namespace of its own, one bridge per segment and one port per host's interface.
What comes in at a port was sent by that host, whatever its addresses claim: the capture sits there.
All of it goes away with the Lab, or with the process that made it (see reaper.py).

Environment: VIPD and VIPCTL (binaries, default build/ of this tree), KEEP=1 (keep a lab's files),
WIRE_DIR (where each lab leaves what vipd's hosts sent, for the check in conftest.py).
"""

import contextlib
import ctypes
import fcntl
import functools
import itertools
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time

import frames as wire
import reaper
import rtnetlink
from agents import Keepalived, Vipd, keepalived_config, router, vipd_config
from witness import TIMEOUT, Capture, LabError, Pinger, wait_until

__all__ = ["Host", "Lab", "LabError", "Namespace", "TIMEOUT", "router", "wait_until"]

CLONE_NEWNET, MS_BIND = 0x40000000, 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
OURS = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(status, what):
    if status != 0:
        raise OSError(ctypes.get_errno(), what)


def _setns(fd):
    _checked(_libc.setns(fd, CLONE_NEWNET), "setns")


def _is_mounted(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return any(line.split()[4] == path for line in mounts)


def _add_namespace(name):
    """As `ip netns add` does it, which makes the machine's first one: no program to start."""
    if not _is_mounted(reaper.NETNS):
        subprocess.run(["ip", "netns", "add", name], check=True)
        return
    path, home = f"{reaper.NETNS}/{name}", os.open(OURS, os.O_RDONLY)
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0))
        _checked(_libc.unshare(CLONE_NEWNET), "unshare")
        _checked(_libc.mount(OURS.encode(), path.encode(), b"none", MS_BIND, None), path)
    finally:
        _setns(home)
        os.close(home)


class Namespace:
    """A network namespace by name. Entering is a matter of a thread, and takes microseconds."""

    def __init__(self, name, ipv6=False):
        self.netns = name
        _add_namespace(name)
        self._fd = os.open(f"{reaper.NETNS}/{name}", os.O_RDONLY)
        if os.path.isdir("/proc/sys/net/ipv6"):
            self._quieten_ipv6(ipv6)
        self._set_up("lo")

    def _quieten_ipv6(self, wanted):
        """No frames but what a test asks for: no duplicate detection, no solicitations."""
        for scope in ("all", "default"):
            self.sysctl(f"net.ipv6.conf.{scope}.accept_dad", 0)
            self.sysctl(f"net.ipv6.conf.{scope}.router_solicitations", 0)
            self.sysctl(f"net.ipv6.conf.{scope}.disable_ipv6", int(not wanted))

    def _set_up(self, dev):
        with self.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            name, flags = struct.unpack("16sH22x", fcntl.ioctl(
                sock, SIOCGIFFLAGS, struct.pack("16s24x", dev.encode())))
            fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH22x", name, flags | IFF_UP))

    @contextlib.contextmanager
    def inside(self):
        """Sockets opened and processes started in this block belong to the namespace."""
        home = os.open(OURS, os.O_RDONLY)
        try:
            _setns(self._fd)
            yield
        finally:
            _setns(home)
            os.close(home)

    def run(self, *argv, check=True, timeout=30, **options):
        """Runs a command in here to its end; its output is text in .stdout and .stderr."""
        with self.inside():
            done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, **options)
        if check and done.returncode != 0:
            raise LabError(f"{self.netns}: {argv} gave {done.returncode}: {done.stderr}")
        return done

    def popen(self, *argv, **options):
        """Starts a command in here; out of reach of the terminal's Ctrl-C, the lab ends it."""
        with self.inside():
            return subprocess.Popen(argv, start_new_session=True, **options)

    def socket(self, *args):
        """Opens a socket in here."""
        with self.inside():
            return socket.socket(*args)

    def ip(self, *lines):
        """Runs lines of `ip` commands in one batch. Each waits for a lock that all namespaces share."""
        lines = list(lines)
        self.run("ip", "-batch", "-", input="\n".join(lines) + "\n", timeout=30 + len(lines) // 50)

    def sysctl(self, key, value=None):
        """Reads, or sets and reads, a sysctl by its dotted name (an interface has no dot)."""
        path = "/proc/sys/" + key.replace(".", "/")
        with self.inside():
            if value is not None:
                with open(path, "w", encoding="ascii") as file:
                    file.write(str(value))
            with open(path, encoding="ascii") as file:
                return file.read().strip()

    def close(self):
        """Lets go of it; the reaper deletes it."""
        os.close(self._fd)


class Port:
    """A switch port, and the host's interface at the other end of its cable."""

    def __init__(self, host, dev, segment):
        self.host, self.dev, self.segment = host, dev, segment
        self.name = f"{host.name}.{dev}"           # the interface's name in the switch
        assert len(self.name) < 16, f"{self.name} is too long for an interface"
        self.muted = []                            # [since ns, until ns or None]

    def loses(self, ns):
        """Whether the switch dropped what came in at that time."""
        return any(since <= ns and (until is None or ns < until) for since, until in self.muted)

    def __repr__(self):
        return self.name


class Host(Namespace):
    """A host of the lab: a namespace with interfaces on segments of the switch."""

    def __init__(self, lab, name, number, ipv6):
        super().__init__(f"{lab.name}-{name}", ipv6)
        self.lab, self.name, self.number = lab, name, number
        self.ports = {}
        self.runs_vipd = False

    def attach(self, segment, *addresses):
        """Plugs the next interface (eth0, eth1, ...) into a segment. Return: its name."""
        dev = f"eth{len(self.ports)}"
        port = self.ports[dev] = Port(self, dev, segment)
        mac = f"02:00:00:00:{self.number:02x}:{len(self.ports) - 1:02x}"
        self.lab.plug(port, mac)
        self.ip(*(f"address add {address} dev {dev}" for address in addresses),
                f"link set {dev} up")
        self.lab.wait_link(port)
        with self.socket(*rtnetlink.SOCKET) as sock:
            wait_until(lambda: rtnetlink.is_running(sock, dev), TIMEOUT, f"a carrier at {port}",
                       every=0.002)
        return dev

    def mac(self, dev="eth0"):
        """The interface's own MAC."""
        with self.socket(*rtnetlink.SOCKET) as sock:
            return rtnetlink.mac(sock, dev)

    def link(self, dev="eth0"):
        """The interface as `ip -json link` has it: flags, operstate, ..."""
        return json.loads(self.run("ip", "-json", "link", "show", "dev", dev).stdout)[0]

    def address_info(self, dev="eth0"):
        """The interface's addresses as `ip -json address` has them: local, prefixlen, ..."""
        shown = json.loads(self.run("ip", "-json", "address", "show", "dev", dev).stdout)
        return [info for entry in shown for info in entry.get("addr_info", ())]

    def addresses(self, dev="eth0"):
        """The interface's addresses as text: ["192.0.2.2/24", ...]."""
        with self.socket(*rtnetlink.SOCKET) as sock:
            return rtnetlink.addresses(sock, dev)

    def wait_adverts(self, number, since=0, timeout=2 * TIMEOUT, **fields):
        """Waits until it sent so many VRRP messages that match. Return: them."""
        def enough():
            found = self.lab.capture.adverts(since=since, host=self, **fields)
            return found if len(found) >= number else None

        return wait_until(enough, timeout, f"{number} adverts of {self}")

    def replug(self, *addresses):
        """A new eth0 where one was deleted, on the same cable."""
        port = self.ports["eth0"]
        self.lab.plug(port, f"02:00:00:00:77:{self.number:02x}")
        self.ip(*(f"address add {address} dev eth0" for address in addresses),
                "link set eth0 up")
        self.lab.wait_link(port)

    def __repr__(self):
        return self.name


class Lab:
    """See the head of this file. label names it in what outlives it; elections_only: the capture
    has ARP and VRRP alone."""

    # Not from 1: process numbers come again, and whoever removes the labs of a dead one may be late.
    _numbers = itertools.count(random.randrange(1, 1000000))

    def __init__(self, label="", elections_only=False):
        self.label, self.failed, self.closed = label, False, False
        self.name = self._claim()
        self.directory = reaper.directory(self.name)
        self.began = time.time_ns()
        self.numbers = itertools.count(1)
        self.hosts, self.ports, self.agents = [], {}, []
        self._segments, self._past, self._closers = set(), {}, contextlib.ExitStack()
        try:
            self.switch = Namespace(f"{self.name}-switch")
            self.capture = Capture(self, elections_only)
        except BaseException:
            _reaper().remove(self.name)
            raise

    def _claim(self):
        """A name whose directory is ours alone, and which the reaper knows before it is used."""
        known = _reaper()                          # before there is a directory: it takes a while
        while True:
            name = f"vipd-{os.getpid()}-{next(self._numbers)}"
            with contextlib.suppress(FileExistsError):
                os.mkdir(reaper.directory(name), 0o755)
                known.say("add", name)
                return name

    def path(self, name):
        """A file of the lab."""
        return os.path.join(self.directory, name)

    def cgroup(self, name):
        """Makes a control group (of version 2); it goes with the lab. Return: its directory."""
        path = f"{reaper.cgroups()}/{self.name}-{name}"
        os.makedirs(path, exist_ok=True)
        return path

    @staticmethod
    def now():
        """A mark for since=: the clock of the capture's time stamps, in nanoseconds."""
        return time.time_ns()

    def t(self, ns):
        """Seconds since the lab began."""
        return (ns - self.began) / 1e9

    def at_close(self, function):
        """Calls function when the lab closes, the last one first."""
        self._closers.callback(function)

    # Hosts and cables

    def host(self, name, *addresses, segment="lan", ipv6=False):
        """A host whose eth0 is plugged into a segment; no address: its kernel stays silent."""
        host = Host(self, name, len(self.hosts) + 1, ipv6)
        self.hosts.append(host)
        host.attach(segment, *addresses)
        return host

    def plug(self, port, mac):
        """Makes the cable between a host and the switch; Host.attach() calls it."""
        bridge = f"br-{port.segment}"
        if port.segment not in self._segments:
            self.switch.ip(f"link add {bridge} type bridge mcast_snooping 0 stp_state 0",
                           f"link set {bridge} up")
            self._segments.add(port.segment)
        self.ports[port.name] = port
        self.switch.ip(f"link add {port.name} type veth peer name {port.dev} address {mac} "
                       f"netns {port.host.netns}", f"link set {port.name} master {bridge} up")

    def wait_link(self, port):
        """Waits until the switch forwards frames of this port."""
        with self.switch.socket(*rtnetlink.SOCKET) as sock:
            wait_until(lambda: rtnetlink.is_forwarding(sock, port.name), TIMEOUT,
                       f"{port} to be forwarding", every=0.002)

    def cut(self, host, silent=True, dev="eth0"):
        """Cuts a host off. silent: frames vanish at the switch, the host sees nothing of it.

        Not silent: the host's interface loses its carrier.
        """
        if silent:
            self._drop(host.ports[dev], "ingress", "egress")
        else:
            self.switch.ip(f"link set {host.ports[dev].name} down")

    def deafen(self, host, dev="eth0"):
        """The host hears nothing any more; it is still heard."""
        self._drop(host.ports[dev], "egress")

    def mute(self, host, dev="eth0"):
        """The host is not heard any more; it still hears."""
        self._drop(host.ports[dev], "ingress")

    def heal(self, host, dev="eth0"):
        """Undoes cut(), deafen() and mute()."""
        port = host.ports[dev]
        self._drop(port)
        self.switch.ip(f"link set {port.name} up")
        self.wait_link(port)

    def _drop(self, port, *hooks):
        """Drops what passes these hooks of a port, and nothing else there: in one transaction."""
        table = f"netdev cut-{port.name.replace('.', '-')}"
        chains = "".join(f"chain {hook} {{ type filter hook {hook} device \"{port.name}\" "
                         "priority 0; policy drop; }\n" for hook in hooks)
        self.switch.run("nft", "-f", "-", input=f"table {table} {{ }}\ndelete table {table}\n"
                        f"table {table} {{\n{chains}}}\n")
        if port.muted and port.muted[-1][1] is None:
            port.muted[-1][1] = self.now()
        if "ingress" in hooks:
            port.muted.append([self.now(), None])

    # What runs on hosts

    def ping(self, host, address, interval=0.005, patience=0.1):
        """Pings address from host until the lab closes or .stop(): a Pinger."""
        pinger = Pinger(host, address, interval, patience)
        self.at_close(pinger.stop)
        return pinger

    def leave_to(self, *routers, segment="lan", **fields):
        """The Active of these routers leaves: a Backup takes over within its skew time."""
        if segment not in self._past:
            self._past[segment] = wire.Probe(self.host(f"past-{segment}", segment=segment))
        for it in routers:
            self._past[segment].advert(vrid=it["vrid"], priority=0, **fields)

    def vipd(self, host, routers=None, text=None, *, wait=True, args=(), env=None, before=(),
             **settings):
        """Starts vipd with these routers and global settings, or with the configuration text.

        node and control are filled in; in text, @CONTROL@ stands for the socket's path. wait:
        until it answers there. before: a command that executes it.
        """
        config, control = self.path(f"{host.name}.conf"), self.path(f"{host.name}.sock")
        if text is None:
            text = vipd_config(routers, {"node": host.name, "control": control, **settings})
        with open(config, "w", encoding="utf-8") as file:
            file.write(text.replace("@CONTROL@", control))
        agent = Vipd(host, config, control, args, env, before)
        self.agents.append(agent)
        if wait:
            agent.wait_ready()
        return agent

    def keepalived(self, host, routers=None, text=None, *, extra="", args=(), detailed=True):
        """Starts keepalived with the same routers, or with the configuration text.

        extra: lines for its global_defs; a router may have its own for its vrrp_instance.
        detailed: see Keepalived.
        """
        config = self.path(f"{host.name}-keepalived.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text or keepalived_config(routers, extra))
        agent = Keepalived(host, config, args, detailed)
        self.agents.append(agent)
        return agent

    # The end

    def close(self, interrupted=False):
        """Ends all agents, complains about those that lived or ended badly, removes the lab.

        interrupted: who was about to start or to end has nothing to answer for.
        """
        if self.closed:
            return
        self.closed = True
        complaints = []
        try:
            complaints += self._end_all()
        except Exception as error:                 # the system must be left clean all the same
            complaints.append(f"{type(error).__name__}: {error}")
        if interrupted:
            complaints.clear()
        self.failed = self.failed or bool(complaints)
        keep = self.failed or os.environ.get("KEEP") == "1"
        if keep:
            self.capture.write(self.path("capture.pcapng"))
            print(f"{self.label or self.name}: files kept in {self.directory}", file=sys.stderr)
        self._let_go()
        _reaper().remove(self.name, keep)
        if complaints:
            raise LabError("\n".join(complaints))

    def _end_all(self):
        complaints = []
        self._closers.close()
        for agent in self.agents:
            complaints += agent.complaints()
        if dropped := self.capture.dropped():
            complaints.append(f"the capture lost {dropped} frames")
        self.capture.close()
        frames = self._from_vipd()
        if frames and (directory := os.environ.get("WIRE_DIR")):
            wire.write_pcapng(os.path.join(directory, f"{self.name}.pcapng"), frames,
                              f"{self.label} ")
        return complaints + [f"bad VRRP checksum: {frame}" for frame in frames
                             if frame.vrrp and frame.vrrp.checksum_form == "bad"]

    def _from_vipd(self):
        """What hosts with vipd sent, but for their kernels' answers to pings."""
        return [frame for frame in self.capture.frames() if frame.host.runs_vipd
                and not (frame.ip and frame.ip.proto == wire.IPPROTO_ICMP)]

    def leave(self):
        """Ends this process's part for good, but leaves hosts and agents as they are."""
        self.closed = True
        self._closers.close()
        self.capture.close()
        self.capture.write(self.path("capture.pcapng"))
        self._let_go()
        _reaper().say("done", self.name)

    def _let_go(self):
        for namespace in (*self.hosts, self.switch):
            namespace.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        if kind is None:
            self.close()
            return
        interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))
        self.failed = not interrupted
        try:
            self.close(interrupted)
        except LabError as also:
            print(f"{self.name}, at its close: {also}", file=sys.stderr)


class _Reaper:
    """The child that removes this process's labs should the process not live to do it."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-S", reaper.__file__, "--watch"], stdin=subprocess.PIPE,
            text=True, start_new_session=True)

    def say(self, verb, name):
        """Tells it that a lab is to be removed (add) or not any more (done)."""
        self._process.stdin.write(f"{verb} {name}\n")
        self._process.stdin.flush()

    def remove(self, name, keep_files=False):
        """Removes a lab in the ordinary way."""
        reaper.remove(name, keep_files)
        self.say("done", name)


@functools.cache
def _reaper():
    """One for this process and all its labs."""
    return _Reaper()
