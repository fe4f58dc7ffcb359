# SPDX-License-Identifier: MIT
"""Checks of a route: route = "default", route = { to = ...; via, interface, table }."""

import os
import signal

import pytest
from checker import Checker
from witness import wait_until

SOON = 10                        # s, of an interval of an hour: the kernel tells it
NONE, OTHER = "there is none", "it leads another way, or nowhere"


@pytest.fixture
def host(lab):
    host = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True)
    host.attach("wan", "203.0.113.2/24", "2001:db8:1::2/64")
    return host


def check(to, name="r", interval="1h", **more):
    keys = "".join(f' {key} = {value if isinstance(value, int) else chr(34) + value + chr(34)};'
                   for key, value in more.items())
    return f'{{ name = "{name}"; route = {{ to = "{to}";{keys} }}; interval = "{interval}"; timeout = "5s"; }}'


def first(host, *checks):
    """A checker all of whose checks have answered."""
    checker = Checker(host, ", ".join(checks))
    wait_until(lambda: checker.facts() and all(fact.answers for fact in checker.facts().values()),
               what=lambda _: f"answers: {checker.facts()}")
    return checker


@pytest.mark.parametrize("to, family, via, wrong, dev", [
    ("198.51.100.0/24", "-4", "192.0.2.254", "192.0.2.253", "eth0"),
    ("198.51.100.7/32", "-4", "203.0.113.1", "192.0.2.253", "eth1"),
    ("default", "-4", "192.0.2.254", "203.0.113.1", "eth0"),
    ("2001:db8:7::/48", "-6", "2001:db8::254", "2001:db8::253", "eth0"),
    ("default", "-6", "2001:db8:1::1", "2001:db8::253", "eth1")])
def test_a_route_comes_and_goes_at_once(host, to, family, via, wrong, dev):
    checks = {"any": check(to, "any"), "via": check(to, "via", via=via), "wrong": check(to, "wrong", via=wrong),
              "dev": check(to, "dev", interface=dev), "both": check(to, "both", via=via, interface=dev),
              "table": check(to, "table", table=77)}
    checker = first(host, *checks.values())
    there = {"any", "via", "dev", "both"}

    def expect(up):
        for name in checks:
            checker.wait(name, SOON, value="up" if name in up else "down")

    try:
        expect(set())
        assert {fact.error for fact in checker.facts().values()} == {NONE}
        for _ in range(3):
            host.run("ip", family, "route", "add", to, "via", via)
            expect(there)
            host.run("ip", family, "route", "del", to)
            expect(set())
        host.run("ip", family, "route", "add", to, "via", via, "table", "77")
        expect({"table"})
        host.run("ip", family, "route", "add", to, "via", via)
        expect(there | {"table"})
        host.run("ip", family, "route", "replace", to, "via", wrong)
        expect({"any", "wrong", "table"} | ({"dev"} if wrong.startswith(via[:9]) and dev == "eth0" else set()))
        assert checker.fact("via").error == OTHER
    finally:
        assert checker.close() == 0


def test_several_routes_of_a_prefix(host):
    """As long as one is left that is meant, it is there."""
    checker = first(host, check("198.51.100.0/24", via="192.0.2.254"), check("198.51.100.0/24", "any"))
    try:
        host.ip("route add 198.51.100.0/24 via 192.0.2.254 metric 10",
                "route add 198.51.100.0/24 via 192.0.2.254 metric 20",
                "route add 198.51.100.0/24 via 203.0.113.1 metric 5")
        checker.wait("r", SOON, value="up")
        host.ip("route del 198.51.100.0/24 metric 10")
        host.ip("route del 198.51.100.0/24 metric 20")
        checker.wait("r", SOON, value="down", error=OTHER)
        assert checker.fact("any").value == "up"
        host.ip("route replace 198.51.100.0/24 metric 5 nexthop via 203.0.113.1 nexthop via 192.0.2.254")
        checker.wait("r", SOON, value="up")
        host.ip("route replace 198.51.100.0/24 metric 5 nexthop via 203.0.113.1 nexthop via 192.0.2.253")
        checker.wait("r", SOON, value="down", error=OTHER)
        host.ip("route del 198.51.100.0/24 metric 5")
        checker.wait("any", SOON, value="down", error=NONE)
    finally:
        assert checker.close() == 0


@pytest.mark.parametrize("kind", ["blackhole", "unreachable", "prohibit", "throw"])
def test_one_that_leads_nowhere_is_none(host, kind):
    checker = first(host, check("198.51.100.0/24"))
    try:
        host.ip(f"route add {kind} 198.51.100.0/24")
        host.ip("route add 198.51.100.0/24 via 192.0.2.254 metric 10")
        checker.wait("r", SOON, value="up")
        host.ip("route del 198.51.100.0/24 metric 10")
        checker.wait("r", SOON, value="down", error=OTHER)
    finally:
        assert checker.close() == 0


def test_a_default_route_of_either_family(host):
    checker = first(host, check("default"), check("default", "six", via="2001:db8::254"),
                    check("0.0.0.0/0", "four"))
    try:
        host.run("ip", "-6", "route", "add", "default", "via", "2001:db8::254")
        checker.wait("r", SOON, value="up")
        checker.wait("six", SOON, value="up")
        host.ip("route add default via 192.0.2.254")
        checker.wait("four", SOON, value="up")
        host.run("ip", "-6", "route", "del", "default")
        checker.wait("six", SOON, value="down", error=NONE)
        assert checker.fact("r").value == "up"
        host.ip("route del default")
        checker.wait("r", SOON, value="down", error=NONE)
    finally:
        assert checker.close() == 0


@pytest.mark.parametrize("how", ["link", "address"])
def test_routes_that_go_without_a_word(host, how):
    """Routes of IPv4 go with their interface or source address, and nobody is told."""
    host.ip("address add 203.0.113.77/24 dev eth1", "route add 198.51.100.0/24 via 203.0.113.1 src 203.0.113.77")
    checker = first(host, check("198.51.100.0/24"), check("203.0.113.0/24", "connected", interface="eth1"))
    try:
        checker.wait("r", value="up")
        host.ip("link set eth1 down" if how == "link" else "address del 203.0.113.77/24 dev eth1")
        checker.wait("r", SOON, value="down", error=NONE)
        checker.wait("connected", SOON, value="down" if how == "link" else "up")
        host.ip("link set eth1 up")
        checker.wait("connected", SOON, value="up")
    finally:
        assert checker.close() == 0


def test_an_interface_that_is_not_there(host):
    checker = first(host, check("192.0.2.0/24", interface="eth7"))
    try:
        assert checker.fact("r").error == OTHER
    finally:
        assert checker.close() == 0


def routes(number, via="192.0.2.254", verb="add"):
    """Lines of ip for so many routes."""
    return (f"route {verb} 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}/32 via {via}" for i in range(number))


def test_lost_events_lead_to_a_dump(host):
    checker = first(host, check("198.51.100.0/24"))
    try:
        host.ip("route add 198.51.100.0/24 via 192.0.2.254")
        checker.wait("r", SOON, value="up")
        os.kill(checker.pid, signal.SIGSTOP)
        host.ip(*routes(5000))
        host.ip("route del 198.51.100.0/24")
        host.ip(*routes(5000, verb="del"))
        os.kill(checker.pid, signal.SIGCONT)
        checker.wait("r", SOON, value="down", error=NONE)
    finally:
        assert checker.close() == 0


def cpu(pid):
    """Milliseconds of processor time of a process."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e6


def test_a_large_table_is_not_read_each_time(host):
    host.ip(*routes(100_000))
    host.ip("route add 198.51.100.0/24 via 192.0.2.254")
    checker = first(host, check("198.51.100.0/24", interval="20ms"), check("198.51.101.0/24", "other", "20ms"),
                    check("198.51.100.0/24", "told"))
    try:
        checker.wait("r", value="up")
        before, asked = cpu(checker.pid), checker.fact("r").answers
        wait_until(lambda: checker.fact("r").answers >= asked + 50, what="fifty answers")
        assert cpu(checker.pid) - before < 60      # one dump alone takes as long
        host.ip("route del 198.51.100.0/24")
        checker.wait("told", SOON, value="down")
        host.ip("route add 198.51.100.0/24 via 192.0.2.254")
        checker.wait("told", SOON, value="up")
        host.ip("link set eth1 down")
        checker.wait("r", value="up")
    finally:
        assert checker.close() == 0


def test_what_a_dump_of_ipv6_passes_over_is_not_gone(host):
    """When routes before it go during a dump, the kernel passes over some: they are there all the same."""
    def change(verb, net, numbers):
        host.run("ip", "-6", "-batch", "-", input="\n".join(
            f"route {verb} 2001:db8:{net}:{i:x}::/64 via 2001:db8::254" for i in numbers) + "\n")

    def all_answer(more):
        before = {name: fact.answers for name, fact in checker.facts().items()}
        wait_until(lambda: all(checker.facts()[name].answers >= before[name] + more for name in before),
                   what="answers of all")

    moved, number = 250, 30_000                    # what is moved is passed over; a check within each so many
    change("add", "2", range(number))
    host.ip("link add busy0 type veth peer name busy1", "link set busy0 up")
    checker = first(host, *(check(f"2001:db8:2:{i:x}::/64", f"r{i}", "50ms") for i in range(moved, number, 200)))
    try:
        for turn in range(4):
            host.ip("link set busy0 down")         # a doubt: a dump begins, and takes some 10 ms
            os.kill(checker.pid, signal.SIGSTOP)
            change("del", "2", range(moved))
            change("add", "1f", [turn])
            os.kill(checker.pid, signal.SIGCONT)
            all_answer(4)
            assert not [fact for fact in checker.facts().values() if fact.bad]
            change("add", "2", range(moved))
            host.ip("link set busy0 up")
            all_answer(4)
        change("del", "2", [moved])
        checker.wait(f"r{moved}", SOON, value="down", error=NONE)
    finally:
        assert checker.close() == 0
