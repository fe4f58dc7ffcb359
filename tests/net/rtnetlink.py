# SPDX-License-Identifier: MIT
"""Addresses as a program changes and sees them: no `ip` to start, so the moment is known.

Marks (IFA_PROTO) are something that `ip` of Debian 12 neither sets nor shows.
"""

import os
import socket
import struct

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR, IFA_LOCAL, IFA_PROTO = 20, 21, 22, 2, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_CREATE, NLMSG_DONE = 1, 4, 0x300, 0x400, 3


class Rtnetlink:
    """A route socket in a host's namespace; changes concern one of its interfaces."""

    def __init__(self, host, dev="eth0"):
        self._index = host.link(dev)["ifindex"]
        self._socket = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        host.lab.at_close(self._socket.close)

    def add(self, address, mark):
        """Adds "192.0.2.1/24" with a mark."""
        self._change(RTM_NEWADDR, address, struct.pack("HHBxxx", 5, IFA_PROTO, mark))

    def remove(self, address):
        """Removes an address, as a program does that knows better."""
        self._change(RTM_DELADDR, address, b"")

    def marks(self):
        """{address without its length: mark} of all interfaces."""
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
        body = struct.pack("BBBBi", socket.AF_INET, int(length), 0, 0, self._index)
        body += struct.pack("HH", 8, IFA_LOCAL) + socket.inet_aton(ip) + attribute
        self._ask(kind, NLM_F_ACK | NLM_F_CREATE, body)
        error, = struct.unpack_from("i", self._socket.recv(8192), 16)
        assert error == 0, os.strerror(-error)

    def _ask(self, kind, flags, body):
        head = struct.pack("IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, 1, 0)
        self._socket.send(head + body)


def _pieces(raw, head):
    """(type, content) of the messages or attributes in there: a length, a type, the content."""
    size = struct.calcsize(head)
    while len(raw) >= size:
        length, kind = struct.unpack_from(head, raw)[:2]
        yield kind, raw[size:length]
        raw = raw[(length + 3) & ~3:]
