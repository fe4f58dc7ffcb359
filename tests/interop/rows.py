# SPDX-License-Identifier: MIT
"""The rows of the matrix: a peer, and how it is spoken to. Version 2 knows IPv4 alone."""

import itertools
from dataclasses import dataclass

import packets
from packets import V2, V3, V6

FIRST_HOST = 2                   # the last part of the first gateway's address


@dataclass(frozen=True)
class Row:
    """A way for two agents to be a pair."""
    peer: str
    variant: packets.Variant
    unicast: bool = False
    virtual_mac: bool = False    # of both; FRR knows nothing else for itself
    password: bool = False       # of version 2: keepalived's auth_type PASS

    def __str__(self):
        words = [self.peer, str(self.variant), "unicast" if self.unicast else "multicast"]
        options = {"virtual-MAC": self.virtual_mac, "password": self.password}
        return " ".join([*words, *(word for word, wanted in options.items() if wanted)])

    @property
    def interval(self):
        """The shortest that both can do, and a busy machine can bear."""
        return "1s" if self.variant.version == 2 else "200ms"

    @property
    def client(self):
        """The client's address."""
        return f"{self.variant.client}/{self.variant.prefix}"

    def address(self, number):
        """What the gateway of this number has on its interface."""
        return f"192.0.2.{number + FIRST_HOST}/24" if self.variant.family == 4 else \
            f"2001:db8::{number + FIRST_HOST}/64"

    def source(self, number):
        """What it sends from; over IPv6 that is made of the MAC of a lab's host."""
        return self.address(number).partition("/")[0] if self.variant.family == 4 else \
            f"fe80::ff:fe00:{number + 1}00"


def rows():
    """All of them."""
    switches = itertools.product((V2, V3, V6), (False, True), (False, True))
    return [*(Row("keepalived", *it) for it in switches),
            *(Row("keepalived", V2, unicast, password=True) for unicast in (False, True)),
            *(Row("frr", variant) for variant in (V2, V3, V6))]
