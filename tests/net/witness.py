# SPDX-License-Identifier: MIT
"""What a lab sees: all frames at the switch's ports, and whether an address answers a client.

Times are the kernel's, in nanoseconds of CLOCK_REALTIME: that a test's own thread came late, or
that Python paused, changes no measurement.
"""

import bisect
import contextlib
import ctypes
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

import frames as wire

TIMEOUT = 10.0                   # for what takes milliseconds on a quiet machine
SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 26, 33, 35     # asm-generic/socket.h
SOL_PACKET, PACKET_STATISTICS, ETH_P_ALL = 263, 6, 3


class LabError(AssertionError):
    """The lab saw what must not happen, or waited in vain."""


PAUSES = 0.01, 0.05              # s: the shortest and the longest, where nothing else is asked for


def wait_until(check, timeout=TIMEOUT, what=None, every=None):
    """Calls check() until it returns something true, and returns that.

    what: words for the message, or a function that makes them from the last value. every: s; else
    the longer it waits the longer it pauses, since many a check starts a program.
    """
    began = time.monotonic()
    while not (value := check()):
        if (waited := time.monotonic() - began) > timeout:
            text = what(value) if callable(what) else f"{what or check}; last value: {value!r}"
            raise LabError(f"waited {timeout:g} s for {text}")
        time.sleep(sorted((*PAUSES, waited / 16))[1] if every is None else every)
    return value


def _only_incoming(sock, elections_only):
    """Drops the bridge's copies on their way out: each frame is seen once, where it came in.

    elections_only: keeps ARP and VRRP over IPv4, of a lab whose hosts have much else to say.
    """
    filter_ = ((0x20, 0, 0, 0xFFFFF004),           # ld pkttype
               (0x15, 0, 1, socket.PACKET_OUTGOING),
               (0x06, 0, 0, 0),                    # drop
               *(((0x28, 0, 0, 12),                # ldh the Ethernet type
                  (0x15, 4, 0, wire.ETH_P_ARP),
                  (0x15, 0, 2, wire.ETH_P_IP),
                  (0x30, 0, 0, 23),                # ldb the protocol
                  (0x15, 1, 0, wire.IPPROTO_VRRP),
                  (0x06, 0, 0, 0)) if elections_only else ()),
               (0x06, 0, 0, 1 << 18))              # keep
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in filter_))
    program = struct.pack("HP", len(filter_), ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def _kernel_time(ancillary):
    """The SO_TIMESTAMPNS of a received message, in ns."""
    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
    return seconds * 10**9 + nanoseconds


class Capture:
    """Every frame that came in at a switch port, with the kernel's time of arrival.

    A question about the past is exact: who asks first takes what the kernel still holds. Frames
    from a port that is cut are captured, too, and marked as lost.

    The filters of adverts() and arps(): host (a Host), since (a time of lab.now()), and any field
    of the message by name: adverts(host=gw1, since=mark, vrid=51, priority=0).
    """

    BUFFER = 128 << 20
    DISORDER = 10**8             # ns: frames of different ports may be slightly out of order

    def __init__(self, lab, elections_only=False):
        self._lab, self._frames, self._dropped = lab, [], 0
        self._more, self._wake = threading.Condition(), os.eventfd(0)
        self._buffer = bytearray(1 << 16)
        self._socket = lab.switch.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                         socket.htons(ETH_P_ALL))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, self.BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        _only_incoming(self._socket, elections_only)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        readable = select.poll()
        readable.register(self._socket, select.POLLIN)
        readable.register(self._wake, select.POLLIN)
        while all(fd != self._wake for fd, _ in readable.poll()):
            with self._more:
                self._drain()

    def _drain(self):
        """Takes all that the kernel has; the caller holds the lock."""
        while True:
            try:
                size, ancillary, _, sender = self._socket.recvmsg_into([self._buffer], 64)
            except BlockingIOError:
                break
            except OSError:                        # an interface went away, or we are closed
                if self._socket.fileno() < 0:
                    break
                continue
            port = self._lab.ports.get(sender[0])
            if port and ancillary:
                ns = _kernel_time(ancillary)
                self._frames.append(wire.Frame(ns, self._lab.t(ns), port,
                                               bytes(self._buffer[:size]), port.loses(ns)))
        self._more.notify_all()

    def frames(self, since=0, host=None):
        """The frames since then, of all hosts or one."""
        return self._all(lambda frame: frame, since, host)

    def adverts(self, since=0, host=None, **fields):
        """The VRRP messages that match."""
        return self._all(_picker("vrrp", fields), since, host)

    def arps(self, since=0, host=None, **fields):
        """The ARP messages that match; gratuitous=True for announcements."""
        return self._all(_picker("arp", fields), since, host)

    def wait_advert(self, timeout=TIMEOUT, since=0, host=None, **fields):
        """The first VRRP message that matches, as soon as it is there."""
        return self._first(_picker("vrrp", fields), since, host, timeout, f"an advert {fields}")

    def wait_arp(self, timeout=TIMEOUT, since=0, host=None, **fields):
        """The first ARP message that matches, as soon as it is there."""
        return self._first(_picker("arp", fields), since, host, timeout, f"an ARP {fields}")

    def wait_frame(self, predicate, timeout=TIMEOUT, since=0, host=None, what="a frame"):
        """The first frame for which predicate(frame) is true, as soon as it is there."""
        return self._first(lambda frame: frame if predicate(frame) else None, since, host,
                           timeout, what)

    def _all(self, pick, since, host):
        with self._more:
            self._drain()
            found = self._frames[self._position(since):]
        return list(_picked(pick, found, since, host))

    def _first(self, pick, since, host, timeout, what):
        """Looks at each frame once, however often it wakes up."""
        deadline = time.monotonic() + timeout
        with self._more:
            position = self._position(since)
            while True:
                self._drain()
                for message in _picked(pick, self._frames[position:], since, host):
                    return message
                position = len(self._frames)
                if (left := deadline - time.monotonic()) <= 0:
                    raise LabError(f"waited {timeout:g} s for {what} from {host or 'anybody'}; "
                                   f"the last frames since then: {self.frames(since)[-8:]}")
                self._more.wait(left)

    def _position(self, since):
        """Where to begin to look for frames since then."""
        return bisect.bisect_left(self._frames, since - self.DISORDER, key=lambda f: f.ns)

    def forget(self, before):
        """Lets go of frames from before that time: a long life has no room for all."""
        with self._more:
            del self._frames[:self._position(before)]

    def write(self, path):
        """Writes all frames so far as pcapng, each port an interface of its name."""
        wire.write_pcapng(path, self.frames())

    def dropped(self):
        """How many frames the kernel could not keep for us: after that, silence is no proof."""
        with self._more:
            self._drain()
            self._dropped += struct.unpack("II", self._socket.getsockopt(
                SOL_PACKET, PACKET_STATISTICS, 8))[1]
            return self._dropped

    def close(self):
        """Ends the capture; what was seen stays readable."""
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)
        with self._more:
            self._drain()
            self._socket.close()


def _picker(kind, fields):
    """Takes a frame's message of that kind, if all fields have these values."""
    def pick(frame):
        message = getattr(frame, kind)
        if message and all(getattr(message, name) == value for name, value in fields.items()):
            return message
        return None

    return pick


def _picked(pick, frames, since, host):
    """What pick takes of the frames of that host since then."""
    for frame in frames:
        if frame.ns >= since and (host is None or frame.host is host):
            if message := pick(frame):
                yield message


@dataclass(frozen=True)
class Outage:
    """No answer from the first unanswered request on, until the next one that was answered."""
    start: int                   # ns
    end: int                     # ns, or now if it lasts

    seconds = property(lambda self: (self.end - self.start) / 1e9)


class Pinger:
    """Pings an address regularly, with the client's real ARP table, and keeps each request's fate.

    A reply later than `patience` counts as lost: the kernel keeps requests for an address it
    cannot resolve, and sends them when it can; the address was away meanwhile.
    """

    def __init__(self, host, target, interval, patience):
        self.host, self.target = host, target
        self.interval, self.patience = interval, patience
        self.ident = next(host.lab.numbers)
        self.sent = []                             # ns by sequence number
        self.replied = []                          # ns or None by sequence number
        self._read_until = 0                       # ns: no reply from before then is unread
        self._old = ":" not in target              # IPv4: the kernel hands over its header, too
        self._request, self._reply = (8, 0) if self._old else (128, 129)
        self._socket = host.socket(*(
            (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) if self._old else
            (socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        due = time.monotonic()
        while not self._stop.is_set():
            self._send()
            due = max(due + self.interval, time.monotonic())
            self._receive(due)
        self._receive(time.monotonic() + self.patience + self.interval)

    def _send(self):
        body = struct.pack("!BBHHHI", self._request, 0, 0, self.ident, len(self.sent) & 0xFFFF,
                           len(self.sent))         # over IPv6 the kernel makes the checksum
        body = body[:2] + struct.pack("!H", wire.internet_checksum(body)) + body[4:]
        self.replied.append(None)
        self.sent.append(time.time_ns())
        with contextlib.suppress(OSError):         # unreachable is an answer not got
            self._socket.sendto(body, (self.target, 0))

    def _receive(self, until):
        while True:
            now = time.time_ns()
            with contextlib.suppress(OSError):
                while True:
                    self._take(*self._socket.recvmsg(2048, 64, socket.MSG_DONTWAIT))
            self._read_until = now
            if (left := until - time.monotonic()) <= 0:
                break
            select.select([self._socket], [], [], left)

    def _take(self, packet, ancillary, _flags, sender):
        raw = packet[(packet[0] & 15) * 4:] if self._old else packet
        if len(raw) != 12 or sender[0] != self.target or not ancillary:
            return
        kind, _, _, ident, _, sequence = struct.unpack("!BBHHHI", raw)
        if kind == self._reply and ident == self.ident and sequence < len(self.sent):
            self.replied[sequence] = self.replied[sequence] or _kernel_time(ancillary)

    def fates(self, since=0):
        """[(sent ns, replied in time), ...]; waits until the last of them is certain."""
        pending = [i for i in range(len(self.sent)) if self._fate(i) is None]
        wait_until(lambda: all(self._fate(i) is not None for i in pending), TIMEOUT,
                   "the fate of a ping", every=0.002)
        return self._fates_now(since)

    def lost_from(self, host):
        """[sent ns, ...] of the requests that went to that host's MAC address without an answer."""
        mac = host.mac()
        asked = {frame.echo[2] for frame in host.lab.capture.frames(host=self.host)
                 if frame.echo and frame.echo[:2] == (self._request, self.ident)
                 and frame.dst_mac == mac}
        return [sent for i, sent in enumerate(self.sent)
                if i & 0xFFFF in asked and self._fate(i) is False]

    def _fates_now(self, since):
        fates = ((sent, self._fate(i)) for i, sent in enumerate(self.sent) if sent >= since)
        return [(sent, fate) for sent, fate in fates if fate is not None]

    def _fate(self, i):
        """Whether request i was answered in time; None while it may still be."""
        limit = self.sent[i] + int(self.patience * 1e9)
        if self.replied[i]:
            return self.replied[i] <= limit
        return False if self._read_until > limit else None

    def outages(self, since=0):
        """All outages of requests sent since then, in order."""
        found, start = [], None
        for sent, ok in self.fates(since):
            if ok and start:
                found.append(Outage(start, sent))
                start = None
            elif not ok:
                start = start or sent
        return found + ([Outage(start, time.time_ns())] if start else [])

    def longest_outage(self, since=0):
        """In seconds; 0.0 if there was none."""
        return max((outage.seconds for outage in self.outages(since)), default=0.0)

    def lost(self, since=0):
        """The number of requests that were not answered in time."""
        return sum(not ok for _, ok in self.fates(since))

    def answered(self, since=0):
        """The number of requests known to be answered in time; does not wait for more."""
        return sum(ok for _, ok in self._fates_now(since))

    def wait_answer(self, timeout=TIMEOUT, since=0):
        """Waits until a request sent since then was answered."""
        wait_until(lambda: self.answered(since), timeout, f"{self.target} to answer {self.host}")

    def wait_silence(self, timeout=TIMEOUT, since=0):
        """Waits until a request sent since then was lost."""
        wait_until(lambda: not all(ok for _, ok in self._fates_now(since)), timeout,
                   f"{self.target} to fail for {self.host}")

    def stop(self):
        """Ends it, once the last requests had their time."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._socket.close()
