# SPDX-License-Identifier: MIT
"""Addresses as a program changes and sees them: no `ip` to start, so the moment is known.

Marks (IFA_PROTO) are something that `ip` of Debian 12 neither sets nor shows.
"""

import json
import os
import select
import socket
import struct
import threading
import time

from agents import VIP
from witness import LabError, wait_until

SOCKET = socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE
RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 16, 18, 20, 21, 22
IFF_UP, IFF_RUNNING = 1, 0x40
IFLA_ADDRESS, IFLA_IFNAME, IFLA_LINKINFO = 1, 3, 18
IFLA_INFO_SLAVE_DATA, IFLA_BRPORT_STATE = 5, 1
BR_STATE_FORWARDING = 3
NESTED = 0x8000                  # a flag of an attribute's type
IFA_ADDRESS, IFA_LOCAL, IFA_PROTO = 1, 2, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_CREATE, NLMSG_DONE = 1, 4, 0x300, 0x400, 3
NLM_F_DUMP_INTR = 0x10


class Rtnetlink:
    """A route socket in a host's namespace; changes concern one of its interfaces. Of the switch,
    give the lab, too."""

    def __init__(self, host, dev="eth0", lab=None):
        shown = host.run("ip", "-json", "link", "show", "dev", dev).stdout
        self._index = json.loads(shown)[0]["ifindex"]
        self._socket = host.socket(*SOCKET)
        (lab or host.lab).at_close(self._socket.close)

    def add(self, address, mark):
        """Adds "192.0.2.1/24" with a mark."""
        self._change(RTM_NEWADDR, address, struct.pack("HHBxxx", 5, IFA_PROTO, mark))

    def remove(self, address):
        """Removes an address, as a program does that knows better."""
        self._change(RTM_DELADDR, address, b"")

    def set_down(self):
        """Sets the interface down."""
        self._ask(RTM_NEWLINK, NLM_F_ACK, struct.pack("BxHiII", 0, 0, self._index, 0, IFF_UP))
        self._check()

    def marks(self):
        """{IPv4 address without its length: mark} of all interfaces."""
        self._ask(RTM_GETADDR, NLM_F_DUMP, struct.pack("BBBBi", socket.AF_INET, 0, 0, 0, 0))
        found = {}
        while True:
            for kind, body in _pieces(self._socket.recv(1 << 20), "IHHII"):
                if kind == NLMSG_DONE:
                    return found
                attributes = dict(_pieces(body[8:], "HH"))
                found[socket.inet_ntoa(attributes[IFA_LOCAL])] = attributes.get(IFA_PROTO,
                                                                               b"\0")[0]

    def _change(self, kind, address, attribute):
        ip, length = address.split("/")
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        raw = socket.inet_pton(family, ip)
        body = struct.pack("BBBBi", family, int(length), 0, 0, self._index)
        body += struct.pack("HH", 4 + len(raw), IFA_LOCAL) + raw + attribute
        self._ask(kind, NLM_F_ACK | NLM_F_CREATE, body)
        self._check()

    def _check(self):
        error, = struct.unpack_from("i", self._socket.recv(8192), 16)
        assert error == 0, os.strerror(-error)

    def _ask(self, kind, flags, body):
        _send(self._socket, kind, flags, body)


def _send(sock, kind, flags, body):
    sock.send(struct.pack("IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, 1, 0) + body)


def _pieces(raw, head):
    """(type, content) of the messages or attributes in there: a length, a type, the content."""
    size = struct.calcsize(head)
    while len(raw) >= size:
        length, kind = struct.unpack_from(head, raw)[:2]
        yield kind & ~NESTED, raw[size:length]
        raw = raw[(length + 3) & ~3:]


def _link_message(sock, name):
    """What the kernel says of an interface."""
    raw = name.encode() + b"\0"
    _send(sock, RTM_GETLINK, 0, bytes(16) + struct.pack("HH", 4 + len(raw), IFLA_IFNAME) + raw)
    (kind, body), = _pieces(sock.recv(1 << 16), "IHHII")
    if kind != RTM_NEWLINK:
        raise LabError(f"there is no interface {name}")
    return body


def _link(sock, name):
    """{type: content} of the attributes of an interface."""
    return dict(_pieces(_link_message(sock, name)[16:], "HH"))


def mac(sock, name):
    """The MAC of an interface, as text."""
    return _link(sock, name)[IFLA_ADDRESS].hex(":")


def addresses(sock, name):
    """["192.0.2.2/24", ...] of an interface, in the kernel's order."""
    index = _link_message(sock, name)[4:8]
    return [_address(body) for body in _dumped(sock, RTM_GETADDR) if body[4:8] == index]


def _dumped(sock, kind):
    """The contents of all messages of a dump; anew if something changed while it was made."""
    while True:
        _send(sock, kind, NLM_F_DUMP, bytes(8))
        found, flags, done = [], 0, False
        while not done:
            for head, body in _messages(sock.recv(1 << 20)):
                flags |= head[2]
                done = head[1] == NLMSG_DONE
                found += [] if done else [body]
        if not flags & NLM_F_DUMP_INTR:
            return found


def _messages(raw):
    """(head, content) of the messages in there."""
    while raw:
        head = struct.unpack_from("IHHII", raw)
        yield head, raw[16:head[0]]
        raw = raw[(head[0] + 3) & ~3:]


def is_running(sock, name):
    """Whether an interface is up and has a carrier, and the kernel has told of it."""
    flags, = struct.unpack_from("I", _link_message(sock, name), 8)
    return bool(flags & IFF_RUNNING)


def is_forwarding(sock, port):
    """Whether the bridge that this interface is a port of forwards its frames."""
    about = dict(_pieces(_link(sock, port)[IFLA_LINKINFO], "HH"))
    of_port = dict(_pieces(about.get(IFLA_INFO_SLAVE_DATA, b""), "HH"))
    return of_port.get(IFLA_BRPORT_STATE) == bytes([BR_STATE_FORWARDING])


class AddressEvents:
    """What the kernel says about a host's addresses, with times; lo's do not count.

    A question about the past is complete: who asks first takes what the kernel still holds.
    """

    GROUPS = 0x110               # RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR

    def __init__(self, host):
        self._seen = []                            # (ns, present, address)
        self._lock, self._wake = threading.Lock(), os.eventfd(0)
        self._socket = host.socket(*SOCKET)
        self._socket.bind((0, self.GROUPS))
        self._socket.setblocking(False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        host.lab.at_close(self._close)

    def _run(self):
        while self._wake not in select.select([self._socket, self._wake], [], [])[0]:
            self._drain()

    def _drain(self):
        with self._lock:
            while True:
                try:
                    raw = self._socket.recv(1 << 20)
                except BlockingIOError:
                    return
                ns = time.time_ns()
                self._seen += [(ns, kind == RTM_NEWADDR, _address(body))
                               for kind, body in _pieces(raw, "IHHII") if _index(body) != LO]

    def seen(self, since=0, address=None):
        """[(ns, whether it is there now, address), ...] since then; a renewal is one, too."""
        self._drain()
        return [event for event in list(self._seen)
                if event[0] >= since and address in (None, event[2])]

    def lost(self, since=0, address=None):
        """The removals among them."""
        return [event for event in self.seen(since, address) if not event[1]]

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


LO = 1


def _index(body):
    """The interface of an ifaddrmsg."""
    return struct.unpack_from("I", body, 4)[0]


def _address(body):
    """The address and prefix length of an ifaddrmsg and its attributes."""
    attributes = dict(_pieces(body[8:], "HH"))     # of IPv6 there is mostly no IFA_LOCAL
    local = attributes.get(IFA_LOCAL) or attributes[IFA_ADDRESS]
    return f"{socket.inet_ntop(body[0], local)}/{body[1]}"
