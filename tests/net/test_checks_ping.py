# SPDX-License-Identifier: MIT
"""Checks by ICMP echo: ping = [ "address" ], quorum, interface."""

import socket
import struct

import pytest
from checker import Checker
from witness import wait_until

PEER, PEER6, LINK6 = "192.0.2.9", "2001:db8::9", "fe80::9"


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", "fe80::2/64", ipv6=True)


@pytest.fixture
def peer(lab):
    return lab.host("peer", f"{PEER}/24", f"{PEER6}/64", f"{LINK6}/64", ipv6=True)


def check(*addresses, name="p", interval="50ms", quorum=1, interface=None, more=""):
    listed = ", ".join(f'"{address}"' for address in addresses)
    over = f' interface = "{interface}";' if interface else ""
    return (f'{{ name = "{name}"; ping = {{ addresses = [ {listed} ]; quorum = {quorum};{over} }}; '
            f'interval = "{interval}"; {more} }}')


def silence(peer, silent=True):
    """Whether the peer's kernel answers; of hosts that do not, nobody says that they are not there."""
    peer.sysctl("net.ipv4.icmp_echo_ignore_all", int(silent))
    peer.sysctl("net.ipv6.icmp.echo_ignore_all", int(silent))


@pytest.mark.parametrize("address, interface", [(PEER, None), (PEER, "eth0"), (PEER6, None), (PEER6, "eth0"),
                                                (LINK6, "eth0")])
def test_a_host_that_answers_is_up(host, peer, address, interface):
    checker = Checker(host, check(address, interface=interface))
    try:
        checker.wait("p", value="up", error="")
        silence(peer)
        down = checker.wait("p", value="down")
        assert down.error == f"0 of 1 answer, 1 needed; {address}: no answer" and down.timed_out >= 1
        silence(peer, False)
        checker.wait("p", value="up", error="")
    finally:
        assert checker.close() == 0


@pytest.mark.parametrize("address", ["192.0.2.2", "2001:db8::2"])
def test_this_host_answers_itself(host, address):
    checker = Checker(host, check(address))
    try:
        assert checker.wait("p", value="up", error="").took < 1e9
    finally:
        assert checker.close() == 0


def test_a_quorum_of_addresses(host, peer):
    addresses = [PEER, PEER6, "192.0.2.8"]
    host.ip("neigh add 192.0.2.8 lladdr 02:00:00:00:00:99 dev eth0")
    checker = Checker(host, ", ".join(check(*addresses, name=f"q{n}", quorum=n) for n in (1, 2, 3)))
    try:
        checker.wait("q1", value="up")
        checker.wait("q2", value="up")
        assert checker.wait("q3", value="down").error == "2 of 3 answer, 3 needed; 192.0.2.8: no answer"
        peer.sysctl("net.ipv6.icmp.echo_ignore_all", 1)
        assert checker.wait("q2", value="down").error == f"1 of 3 answer, 2 needed; {PEER6}: no answer"
        assert checker.fact("q1").value == "up"
    finally:
        assert checker.close() == 0


def test_what_cannot_be_reached_is_down_at_once(host, peer):
    """Said by our kernel, or by a router on the way: the time-out is not waited for."""
    for family, net, via in (("-4", "198.51.100.0/24", PEER), ("-6", "2001:db8:1::/64", PEER6)):
        host.run("ip", family, "route", "add", net, "via", via)
        peer.run("ip", family, "route", "add", "unreachable", net)
    host.ip("route add unreachable 203.0.113.1")
    peer.sysctl("net.ipv4.ip_forward", 1)
    peer.sysctl("net.ipv6.conf.all.forwarding", 1)
    checks = {"here": ("203.0.113.1", "No route to host"), "there": ("198.51.100.7", "host unreachable"),
              "there6": ("2001:db8:1::7", "network unreachable"),
              "none": ("203.0.113.2", "Network is unreachable")}
    checker = Checker(host, ", ".join(check(address, name=name, interval="10s", more='delay = "100ms";')
                                      for name, (address, _) in checks.items()))
    try:
        for name, (address, fault) in checks.items():
            fact = checker.wait(name, value="down", error=f"0 of 1 answer, 1 needed; {address}: {fault}")
            assert fact.timed_out == 0 and fact.took < 1e9
    finally:
        assert checker.close() == 0


def test_an_interface_that_is_not_there(host, peer):
    checker = Checker(host, check(PEER, interface="eth1"))
    try:
        assert checker.wait("p", value="down").error == "eth1: No such device"
        host.ip("link add eth1 type veth peer name eth2")  # it is there, and leads elsewhere
        checker.wait("p", value="down", error="Network is unreachable")
        host.ip("link del eth1", "link set eth0 down", "link set eth0 name eth1",
                "link set eth1 up")
        checker.wait("p", value="up")
        host.ip("link set eth1 down", "link set eth1 name eth0", "link set eth0 up")
    finally:
        assert checker.close() == 0
    assert peer.addresses()


class Answerer:
    """Answers echo requests by hand, in the place of the peer's kernel."""

    def __init__(self, peer):
        silence(peer)
        self.socket = peer.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.settimeout(5)
        self.other = peer.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.other.bind(("192.0.2.10", 0))

    def request(self):
        """The next echo request: from its ICMP header on."""
        while True:
            packet = self.socket.recv(2048)
            icmp = packet[(packet[0] & 15) * 4:]
            if icmp[0] == 8:
                return icmp

    def answer(self, request, sock=None, **changes):
        """A reply, with other bytes at some places: at4=0x1234."""
        reply = bytearray(request)
        reply[0] = 0
        for place, value in changes.items():
            reply[int(place[2:])] = value
        reply[2:4] = b"\0\0"
        total = sum(struct.unpack(f"!{len(reply) // 2}H", reply))
        total = (total & 0xFFFF) + (total >> 16)
        reply[2:4] = struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)
        (sock or self.socket).sendto(reply, ("192.0.2.2", 0))

    def close(self):
        self.socket.close()
        self.other.close()


def test_answers_that_are_not_to_the_question_do_not_count(host, peer):
    peer.ip("address add 192.0.2.10/24 dev eth0")
    answerer = Answerer(peer)
    checker = Checker(host, check(PEER, interval="100ms"))
    try:
        late = answerer.request()
        checker.wait("p", value="down", error="no answer")
        for _ in range(2):
            now = answerer.request()
            assert now[4:6] == late[4:6] and now[6:8] != late[6:8] and now[12:20] != late[12:20]
            answerer.answer(late)                  # of an earlier one
            answerer.answer(late, at6=now[6], at7=now[7])
            answerer.answer(now, at5=now[5] ^ 1)   # of another program
            answerer.answer(now, at7=now[7] ^ 1)
            answerer.answer(now, at19=now[19] ^ 1)
            answerer.answer(now, answerer.other)   # by somebody else
            answerer.answer(now[:16])
            before = checker.fact("p").timed_out
            wait_until(lambda n=before: checker.fact("p").timed_out > n, what="it is timed out")
            assert checker.fact("p").value == "down"
        answerer.answer(answerer.request())
        checker.wait("p", value="up", error="")
    finally:
        answerer.close()
        assert checker.close() == 0


def test_echoes_of_others_do_not_wake_it(host, peer):
    checker = Checker(host, check(PEER, interval="1h", more='timeout = "1s";'))
    pinger = host.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    try:
        checker.wait("p", value="up")
        pinger.settimeout(5)
        before = wakeups(checker.pid)
        for number in range(1000):
            body = struct.pack("!BBHHH", 8, 0, 0, 77, number)
            total = 0x0800 + 77 + number
            pinger.sendto(body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:], (PEER, 0))
            pinger.recv(2048)
        assert wakeups(checker.pid) - before < 20
    finally:
        pinger.close()
        assert checker.close() == 0
    assert peer.addresses()


def wakeups(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))


def test_five_hundred_checks_share_two_sockets(host, peer):
    assert peer.addresses()
    checker = Checker(host, ", ".join(check(PEER, PEER6, name=f"p{i}", interval="1s", quorum=2) for i in range(500)))
    try:
        wait_until(lambda: sum(fact.value == "up" and fact.answers >= 2 for fact in checker.facts().values()) == 500,
                   what=lambda _: f"all are up: {[fact for fact in checker.facts().values() if fact.value != 'up'][:3]}")
        with host.inside(), open("/proc/thread-self/net/raw", encoding="ascii") as raw:
            assert len(raw.readlines()) == 2       # the head, and one socket
        assert sum(fact.bad for fact in checker.facts().values()) == 0
    finally:
        assert checker.close() == 0
