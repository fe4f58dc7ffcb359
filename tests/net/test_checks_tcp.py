# SPDX-License-Identifier: MIT
"""Checks by a connection: tcp = "host:port"."""

import socket

import pytest
from checker import Checker
from processes import children
from services import postgresql
from witness import wait_until


@pytest.fixture
def host(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    host.ip("link set lo up")
    return host


def listen(host, address="127.0.0.1", port=7001):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = host.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(64)
    return server


def check(text, name="web", interval="20ms", more=""):
    return f'{{ name = "{name}"; tcp = "{text}"; interval = "{interval}"; {more} }}'


def test_a_service_that_listens_is_up_and_down_when_it_is_gone(host):
    server = listen(host)
    checker = Checker(host, check("127.0.0.1:7001", more="fall = 3;"))
    try:
        checker.wait("web", value="up", error="")
        server.close()
        down = checker.wait("web", value="down")
        assert down.error == "connect: Connection refused" and down.in_row >= 3
        server = listen(host)
        up = checker.wait("web", value="up")
        assert up.error == "" and up.bad >= 3
        server.close()
    finally:
        assert checker.close() == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]", "localhost"])
def test_a_connection_to_itself_is_nobody_that_listens(host, address):
    """Among the ports that the kernel gives to who connects it may be the one that is asked."""
    host.sysctl("net.ipv6.conf.lo.disable_ipv6", 0)
    host.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
    checker = Checker(host, check(f"{address}:40000"))
    try:
        wait_until(lambda: checker.fact("web").answers >= 20, what="answers")
        fact = checker.fact("web")
        assert (fact.value, fact.error, fact.bad) == ("down", "connect: Connection refused", fact.answers)
        server = listen(host, "::1" if address == "[::1]" else "127.0.0.1", 40000)
        checker.wait("web", value="up", error="")
        server.close()
    finally:
        assert checker.close() == 0


def test_without_descriptors_all_are_down_and_say_why_and_recover(host):
    """The table of files is full: nothing is up that could not be asked, and nothing is left behind."""
    server = listen(host)
    silent = ", ".join(check("127.0.0.1:7001", f"t{i}") for i in range(5))
    checker = Checker(host, f'{silent}, {{ name = "run"; command = [ "/bin/true" ]; interval = "50ms"; timeout = "10s"; }}')

    def descriptors(soft):
        """As the checker's own user may limit them."""
        with open(f"/proc/{checker.pid}/limits", encoding="ascii") as limits:
            hard = next(line.split()[4] for line in limits if line.startswith("Max open files"))
        host.run("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "prlimit", "-p", str(checker.pid),
                 f"--nofile={soft or hard}:")

    try:
        for name in ("t0", "run"):
            checker.wait(name, value="up")
        descriptors(3)
        checker.wait("t0", value="down", error="Too many open files")
        checker.wait("run", value="down", error="Too many open files")
        answers = checker.fact("run").answers
        wait_until(lambda: checker.fact("run").answers >= answers + 20, what="it is tried again and again")
        descriptors(None)
        for name in ("t0", "run"):
            checker.wait(name, value="up", error="")
        wait_until(lambda: len(children(checker.pid)) <= 1, what="the end of what was started in vain")
    finally:
        assert checker.close() == 0
        server.close()


def test_one_that_nobody_answers_for_is_down_by_its_time_out(host):
    host.ip("route add 198.51.100.0/24 dev eth0", "neigh add 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0",
            "neigh add 198.51.100.1 lladdr 02:00:00:00:00:99 dev eth0")
    checker = Checker(host, check("198.51.100.1:80", interval="50ms", more='timeout = "30ms";'))
    try:
        down = checker.wait("web", value="down", error="no answer")
        assert down.timed_out >= 1 and down.took >= 30e6
        wait_until(lambda: checker.fact("web").timed_out >= 3, what="it is asked again and again")
    finally:
        assert checker.close() == 0


def test_checks_made_of_others(host):
    servers = [listen(host, port=port) for port in (7001, 7002, 7003)]
    checks = ", ".join(check(f"127.0.0.1:{port}", name) for name, port in (("a", 7001), ("b", 7002), ("c", 7003)))
    checker = Checker(host, checks + ', { name = "every"; all = [ "a", "b", "c" ]; }, '
                      '{ name = "some"; any = [ "a", "b", "c" ]; }, '
                      '{ name = "two"; at_least = { n = 2; checks = [ "a", "b", "c" ]; }; }, '
                      '{ name = "both"; all = [ "two", "some" ]; }')
    try:
        for name in ("every", "some", "two", "both"):
            checker.wait(name, value="up", error="")
        servers[1].close()
        assert checker.wait("every", value="down").error == "2 of 3 are up, not b"
        assert checker.fact("two").value == "up"
        servers[2].close()
        checker.wait("two", value="down")
        checker.wait("both", value="down", error="not two")
        assert checker.fact("some").value == "up"
        servers[0].close()
        checker.wait("some", value="down", error="0 of 3 are up, not a b c")
    finally:
        assert checker.close() == 0


def test_another_checker_goes_on_where_one_was_killed(host):
    server = listen(host)
    text = check("127.0.0.1:7001", interval="500ms")
    checker = Checker(host, text)
    first = checker.wait("web", value="up")
    wait_until(lambda: checker.fact("web").answers >= 2, what="two answers")
    before = checker.fact("web")
    checker.close(kill=True)
    again = Checker(host, text, board=checker.board)
    try:
        assert again.fact("web").value == "up" and again.fact("web").since == first.since
        wait_until(lambda: again.fact("web").answers > before.answers, what="one more answer")
        after = again.fact("web")
        assert after.in_row == before.in_row + after.answers - before.answers
        assert (after.next - before.next) % 500_000_000 == 0, "it keeps its time of the interval"
        server.close()
    finally:
        assert again.close() == 0


def test_hundreds_are_spread_over_their_interval(host):
    server = listen(host)
    checker = Checker(host, ", ".join(check("127.0.0.1:7001", f"c{i}", "1s") for i in range(200)))
    try:
        wait_until(lambda: sum(fact.answers >= 2 for fact in checker.facts().values()) == 200, 10,
                   what="answers of all")
        phases = sorted(fact.next % 1_000_000_000 for fact in checker.facts().values())
        gaps = [b - a for a, b in zip(phases, phases[1:] + [phases[0] + 1_000_000_000])]
        assert len(phases) == 200 and max(gaps) < 4 * 1_000_000_000 / 200, max(gaps)
        server.close()
    finally:
        assert checker.close() == 0


def test_a_database_is_asked_without_harm_and_noticed_when_it_dies(lab, host):
    """PostgreSQL starts a process for each connection, of which it allows four here."""
    service = postgresql(lab, host, 5433)
    checker = Checker(host, check("127.0.0.1:5433", name="db"))
    try:
        wait_until(lambda: checker.fact("db").answers >= 100, what="answers")
        fact = checker.fact("db")
        assert (fact.value, fact.bad) == ("up", 0)
        ready = host.run("/usr/bin/pg_isready", "-h", "127.0.0.1", "-p", "5433", "-U", "postgres", "-d", "postgres",
                         check=False)
        assert ready.returncode == 0, "it has connections left for others"
        service.stop()
        checker.wait("db", value="down", error="connect: Connection refused")
        service.start()
        checker.wait("db", value="up", error="")
    finally:
        assert checker.close() == 0
    with open(service.log.name, encoding="utf-8") as log:
        text = log.read()
    assert "FATAL" not in text.replace("FATAL:  the database system is starting up", ""), text
    assert "Connection reset by peer" in text, "as the manual says"
