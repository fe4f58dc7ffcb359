# SPDX-License-Identifier: MIT
"""Checks by a query: dns = "name", asked of dnsmasq and of servers that misbehave; and names of tcp."""

import os
import socket
import struct

import pytest
from checker import Checker
from services import Crooked, Dns, dnsmasq
from witness import wait_until

RECORDS = ("host-record=www.example.test,192.0.2.9,2001:db8::9",
           "cname=web.example.test,www.example.test", "mx-host=example.test,mail.example.test,10",
           "txt-record=example.test,v=spf1 -all", "txt-record=long.example.test," + ",".join(["x" * 200] * 6),
           "ptr-record=9.2.0.192.in-addr.arpa,www.example.test", "local=/test/")
ZONE = ("auth-server=ns.example.test,lo", "auth-zone=zone.test",
        "auth-soa=2026112701,hostmaster.example.test,3600,600,86400")


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24", ipv6=True)


AT_ZONE = 'server = "127.0.0.1:5356"; name = "zone.test";'


def check(name, keys, interval="50ms", more='timeout = "2s";', server="127.0.0.1:5353"):
    at = f'server = "{server}";' if server and "server" not in keys else ""
    return f'{{ name = "{name}"; dns = {{ {at} {keys} }}; interval = "{interval}"; {more} }}'


def tcp(name, target, interval="50ms", more='timeout = "2s";'):
    return f'{{ name = "{name}"; tcp = "{target}"; interval = "{interval}"; {more} }}'


def listen(host, port, address="127.0.0.1"):
    server = host.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(64)
    return server


def expect(host, rows):
    """Checks of (name, keys, value, error), all at once."""
    checker = Checker(host, ", ".join(check(name, keys) for name, keys, *_ in rows))
    try:
        for name, _keys, value, error in rows:
            fact = checker.wait(name, value=value)
            assert fact.error == error, (name, fact.error)
        for name, *_ in rows:
            wait_until(lambda name=name: checker.fact(name).in_row > 2, what=f"{name} is asked again and again")
        for name, _keys, value, error in rows:
            assert (checker.fact(name).value, checker.fact(name).error) == (value, error), name
    finally:
        assert checker.close() == 0


def test_records_of_each_type(lab, host):
    dnsmasq(lab, host, *RECORDS, "listen-address=::1")
    dnsmasq(lab, host, *ZONE, port=5356)
    rows = [
        ("a", 'name = "www.example.test";', "up", ""),
        ("a-right", 'name = "www.example.test"; answer = "192.0.2.9";', "up", ""),
        ("a-wrong", 'name = "www.example.test"; answer = "192.0.2.7";', "down",
         "answers 192.0.2.9, expected 192.0.2.7"),
        ("a-by-cname", 'name = "web.example.test"; answer = "192.0.2.9";', "up", ""),
        ("aaaa", 'name = "www.example.test"; type = "AAAA"; answer = "2001:DB8:0::9";', "up", ""),
        ("aaaa-wrong", 'name = "www.example.test"; type = "AAAA"; answer = "2001:db8::1";', "down",
         "answers 2001:db8::9, expected 2001:db8::1"),
        ("of-ipv6", 'name = "www.example.test"; server = "[::1]:5353";', "up", ""),
        ("cname", 'name = "web.example.test"; type = "CNAME"; answer = "WWW.example.test.";', "up", ""),
        ("mx", 'name = "example.test"; type = "MX"; answer = "mail.example.test";', "up", ""),
        ("mx-whole", 'name = "example.test"; type = "MX"; answer = "10 mail.example.test";', "up", ""),
        ("mx-wrong", 'name = "example.test"; type = "MX"; answer = "20 mail.example.test";', "down",
         "answers 10 mail.example.test, expected 20 mail.example.test"),
        ("txt", 'name = "example.test"; type = "TXT"; answer = "v=spf1 -all";', "up", ""),
        ("txt-over-tcp", 'name = "long.example.test"; type = "TXT";', "up", ""),
        ("ptr", 'name = "9.2.0.192.in-addr.arpa"; type = "PTR"; answer = "www.example.test";', "up", ""),
        ("ns", AT_ZONE + 'type = "NS"; answer = "ns.example.test";', "up", ""),
        ("soa", AT_ZONE + 'type = "SOA"; answer = "ns.example.test";', "up", ""),
        ("soa-wrong", AT_ZONE + 'type = "SOA"; answer = "n";', "down",
         "answers ns.example.test hostmaster.example.test 20261127, expected n"),
        ("none", 'name = "nobody.example.test";', "down", "NXDOMAIN"),
        ("no-such-type", 'name = "www.example.test"; type = "MX";', "down", "no record of type MX"),
        ("not-ours", 'name = "www.example.com";', "down", "REFUSED"),
        ("no-search", 'name = "www";', "down", "REFUSED"),
    ]
    expect(host, rows)


def test_a_server_killed_and_started_again(lab, host):
    server = dnsmasq(lab, host, *RECORDS)
    checker = Checker(host, check("name", 'name = "www.example.test";'))
    try:
        checker.wait("name", value="up")
        server.stop()
        checker.wait("name", value="down", error="no server: Connection refused")
        server.start()
        checker.wait("name", value="up", error="")
    finally:
        assert checker.close() == 0


# ---- servers that misbehave ----

def answer(query, rcode=0, records=(), flags=0x8180, count=None):
    """A message that answers a query; records are (type, data) of the name that was asked."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    question = query[12:end + 5]
    out = query[:2] + struct.pack("!HHHHH", flags | rcode, 1, count or len(records), 0, 0) + question
    for kind, data in records:
        out += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
    return out


@pytest.mark.parametrize(("make", "keys", "error"), [
    (lambda query: answer(query, rcode=2), "", "SERVFAIL"),
    (lambda query: answer(query, rcode=4), "", "NOTIMP"),
    (lambda query: answer(query, rcode=5), "", "REFUSED"),
    (lambda query: answer(query), "", "no record of type A"),
    (lambda query: answer(query, records=[(28, bytes(16))]), "", "no record of type A"),
    (lambda query: answer(query, records=[(1, b"\xc0\x00\x02")]), "", "an answer that is none"),
    (lambda query: answer(query, records=[(1, bytes(4))], count=9), 'answer = "192.0.2.1";',
     "an answer that is none"),
    (lambda query: answer(query, records=[(5, b"\xc0\xff")]), 'type = "CNAME";', "an answer that is none"),
    (lambda query: answer(query, records=[(5, b"\xc0\x2e")]), 'type = "CNAME"; answer = "x";',
     "an answer that is none"),
    (lambda query: answer(query, records=[(15, b"\0")]), 'type = "MX";', "an answer that is none"),
    (lambda query: answer(query, records=[(6, b"\0\0" + bytes(19))]), 'type = "SOA";', "an answer that is none"),
    (lambda query: answer(query, records=[(16, b"\x05ab")]), 'type = "TXT";', "an answer that is none"),
    (lambda query: answer(query, records=[(16, b"\x03a\n\xff")]), 'type = "TXT"; answer = "x";',
     "answers a??, expected x"),
    (lambda query: query, "", "no record of type A"),
    (lambda query: b"\0" * 3, "", "timed out"),
    (lambda query: bytes([query[0] ^ 1]) + answer(query, records=[(1, bytes(4))])[1:], "", "timed out"),
    (lambda query: None, "", "timed out"),
])
def test_a_server_that_misbehaves(lab, host, make, keys, error):
    server = Dns(lab, host, 5354, make)
    checker = Checker(host, check("name", f'name = "www.example.test"; {keys}', server="127.0.0.1:5354",
                                  more=f'timeout = "{"100ms" if error == "timed out" else "10s"}";'))
    try:
        down = checker.wait("name", value="down", error=error)
        assert bool(down.timed_out) == (error == "timed out")
        wait_until(lambda: checker.fact("name").in_row >= 3, what="it is asked again and again")
        asked = checker.fact("name").answers
        assert server.queries <= asked + 1, "one query per ask"
    finally:
        assert checker.close() == 0


def test_a_slow_answer_is_for_nobody_but_who_asked(lab, host):
    """An answer that comes after its check was given up is not the next one's."""
    held = []

    def make(query):
        held.append(query)
        return answer(held.pop(0), records=[(1, bytes((192, 0, 2, 1)))]) if len(held) > 1 else None

    Dns(lab, host, 5354, make)
    checker = Checker(host, check("name", 'name = "www.example.test";', server="127.0.0.1:5354",
                                  more='timeout = "100ms";', interval="200ms"))
    try:
        wait_until(lambda: len(held) and checker.facts().get("name", {}).get("answers", 0) >= 4, what="four answers")
        assert checker.fact("name").value == "down" and checker.fact("name").error == "timed out"
    finally:
        assert checker.close() == 0


def test_answers_that_never_reach_one_socket(lab, host):
    """As when a firewall has lost its state: with queries that overlap, the socket stays for ever."""
    server = Dns(lab, host, 5354, lambda query: None if server.ports[-1] == server.ports[0] else
                 answer(query, records=[(1, bytes((192, 0, 2, 1)))]))
    names = [f"name{i}" for i in range(8)]
    checker = Checker(host, ", ".join(check(name, 'name = "www.example.test";', server="127.0.0.1:5354",
                                            interval="100ms", more='timeout = "95ms";') for name in names))
    try:
        checker.wait("name0", value="down", error="timed out")
        for name in names:
            checker.wait(name, value="up", timeout=3)
    finally:
        assert checker.close() == 0


# ---- the host's resolvers, and names of tcp ----

@pytest.fixture
def resolver(lab, host):
    """dnsmasq at the address that /etc/resolv.conf names, in this namespace alone."""
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        named = [line.split()[1] for line in file if line.startswith("nameserver")] or ["127.0.0.1"]
    for address in named:
        length = 128 if ":" in address else 32
        if not address.startswith("127.") and address != "::1":
            host.ip(f"addr add {address}/{length} dev lo")
    return [dnsmasq(lab, host, *RECORDS, "local=/#/", "host-record=two.example.test,192.0.2.2",
                    "host-record=two.example.test,127.0.0.1", address=address, port=53)
            for address in named if ":" not in address]


def test_the_resolvers_of_the_host(host, resolver):
    assert resolver
    checker = Checker(host, ", ".join([check("there", 'name = "www.example.test"; answer = "192.0.2.9";', server=""),
                                       check("none", 'name = "nobody.example.test";', server="")]))
    try:
        checker.wait("there", value="up")
        checker.wait("none", value="down", error="NXDOMAIN")
    finally:
        assert checker.close() == 0


def says(conn):
    conn.recv(4096)
    conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def test_names_of_tcp_and_http(lab, host, resolver):
    Crooked(lab, host, 7005, says)
    servers = [listen(host, 7001), listen(host, 7002, "192.0.2.2"), listen(host, 7003)]
    checker = Checker(host, ", ".join([
        tcp("hosts", "localhost:7001"), tcp("first", "two.example.test:7002"), tcp("second", "two.example.test:7003"),
        tcp("neither", "two.example.test:7004"), tcp("none", "nobody.example.test:7001"),
        '{ name = "web"; http = "http://two.example.test:7005/"; interval = "50ms"; timeout = "2s"; }',
        '{ name = "no-web"; http = "http://nobody.example.test/"; interval = "50ms"; timeout = "2s"; }']))
    try:
        for name in ("hosts", "first", "second", "web"):
            checker.wait(name, value="up", error="")
        assert len(os.listdir(f"/proc/{checker.pid}/task")) == 1, "no thread looks up anything"
        assert checker.wait("no-web", value="down").error == "resolve: no such name"
        checker.wait("neither", value="down", error="connect: Connection refused")
        assert checker.wait("none", value="down").error == "resolve: no such name"
        for server in servers:
            server.close()
        for name in ("hosts", "first", "second"):
            checker.wait(name, value="down", error="connect: Connection refused")
        wait_until(lambda: all(fact.in_row > 3 for fact in checker.facts().values()), what="all are asked again")
    finally:
        assert checker.close() == 0


@pytest.fixture
def resolv_conf(lab, host, monkeypatch):
    """A file that checkers have in the place of /etc/resolv.conf."""
    path, real = lab.path("resolv.conf"), host.popen
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    monkeypatch.setattr(host, "popen", lambda *argv, **options: real(
        *(("unshare", "-m", "sh", "-c", script, path) if "checker" in argv[0] else ()), *argv, **options))

    def write(*addresses):
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"nameserver {address}\n" for address in addresses))
    return write


def test_resolvers_that_change_while_checks_are_asked(lab, host, resolv_conf):
    dnsmasq(lab, host, "host-record=www.example.test,127.0.0.7", "local=/#/", address="127.0.0.1", port=53)
    dnsmasq(lab, host, "host-record=www.example.test,127.0.0.8", "local=/#/", address="127.0.0.2", port=53)
    server = listen(host, 7001, "127.0.0.7")
    resolv_conf("127.0.0.1")
    checker = Checker(host, ", ".join([
        check("name", 'name = "www.example.test"; answer = "127.0.0.7";', server=""),
        tcp("service", "www.example.test:7001")]))
    try:
        checker.wait("name", value="up")
        checker.wait("service", value="up")
        resolv_conf("127.0.0.2")
        checker.wait("name", value="down", error="answers 127.0.0.8, expected 127.0.0.7")
        checker.wait("service", value="down", error="connect: Connection refused")
        resolv_conf("127.0.0.1", "127.0.0.2")
        checker.wait("name", value="up")
        checker.wait("service", value="up")
        server.close()
    finally:
        assert checker.close() == 0


def test_resolvers_of_which_the_first_is_silent(lab, host, resolv_conf):
    dnsmasq(lab, host, *RECORDS, address="127.0.0.2", port=53)
    silent = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 53))
    resolv_conf("127.0.0.1", "127.0.0.2")
    checker = Checker(host, check("name", 'name = "www.example.test";', server="", more='timeout = "800ms";'))
    try:
        up = checker.wait("name", value="up")
        assert 400e6 <= up.took < 800e6, "each has its half of the time"
        silent.close()
    finally:
        assert checker.close() == 0


def test_a_resolver_that_is_gone_and_comes_back(host, resolver):
    server = listen(host, 7001)
    checker = Checker(host, tcp("name", "two.example.test:7001", more='timeout = "200ms";'))
    try:
        checker.wait("name", value="up")
        for one in resolver:
            one.stop()
        checker.wait("name", value="down", error="resolve: ")
        for one in resolver:
            one.start()
        checker.wait("name", value="up", error="")
        server.close()
    finally:
        assert checker.close() == 0


def test_a_resolver_that_says_nothing(lab, host):
    """Time for the name is the check's; its end is told as what it is."""
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        named = next((line.split()[1] for line in file if line.startswith("nameserver")), "127.0.0.1")
    if named.startswith("127."):
        pytest.skip("a resolver of the host itself cannot be silent here")
    host.ip(f"route add {named}/32 dev eth0", f"neigh add {named} lladdr 02:00:00:00:00:99 dev eth0")
    checker = Checker(host, tcp("name", "two.example.test:7001", more='timeout = "100ms";'))
    try:
        down = checker.wait("name", value="down", error="resolve: no answer")
        assert down.timed_out and down.took >= 100e6
        wait_until(lambda: checker.fact("name").timed_out >= 4, what="it is asked again and again")
    finally:
        assert checker.close() == 0
