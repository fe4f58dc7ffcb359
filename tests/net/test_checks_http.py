# SPDX-License-Identifier: MIT
"""Checks by a request: http = "http://...", asked of nginx, and of servers that misbehave."""

import os
import socket
import struct
import time

import pytest
from agents import binary, router, vipd_config
from checker import Checker
from services import Authority, Crooked, nginx
from witness import wait_until

PLAIN = """
  server { listen 127.0.0.1:8001; listen [::1]:8001;
    location /ok { return 200 "all is OK here\\n"; }
    location /empty { return 204; }
    location /away { return 301 http://127.0.0.1:8001/ok; }
    location /busy { return 503; }
    location /only-post { if ($request_method != POST) { return 405; } return 200 "posted"; }
    location /head { if ($request_method != HEAD) { return 405; } return 200 "x"; }
    location /name { if ($http_host != "www.example.com") { return 404; } return 200 "$http_host"; }
    location /kept { if ($http_connection != "close") { return 400; } return 200 "$connection_requests"; }
    location /cookie { add_header Set-Cookie "a=b"; if ($http_cookie) { return 400; } return 200 "none"; }
  }
"""
TLS = """
  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; {more}
    location / {{ return 200 "$ssl_server_name $ssl_client_verify"; }} }}
"""


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24", ipv6=True)


@pytest.fixture
def web(lab, host):
    return nginx(lab, host, PLAIN, 8001)


def check(name, url, keys="", interval="50ms", more='timeout = "2s";'):
    return f'{{ name = "{name}"; http = {{ url = "{url}"; {keys} }}; interval = "{interval}"; {more} }}'


def run(host, *checks):
    return Checker(host, ", ".join(checks))


def expect(host, rows):
    """Checks of (name, path or URL, keys, value, error), all at once."""
    rows = [(name, url if "://" in url else "http://127.0.0.1:8001" + url, *rest) for name, url, *rest in rows]
    checker = run(host, *(check(name, url, keys) for name, url, keys, *_ in rows))
    try:
        for name, _url, _keys, value, error in rows:
            fact = checker.wait(name, value=value)
            assert fact.error == error, (name, fact.error)
        for name, *_ in rows:
            before = checker.fact(name).answers
            wait_until(lambda name=name, before=before: checker.fact(name).answers > before + 1,
                       what=f"{name} is asked again and again")
        for name, _url, _keys, value, error in rows:
            assert (checker.fact(name).value, checker.fact(name).error) == (value, error), name
    finally:
        assert checker.close() == 0


def test_statuses_bodies_methods_and_hosts(host, web):
    expect(host, [
        ("plain", "/ok", "", "up", ""),
        ("of-ipv6", "http://[::1]:8001/ok", "", "up", ""),
        ("busy", "/busy", "", "down", "status 503, expected 2xx"),
        ("listed", "/busy", 'status = "200,500-503";', "up", ""),
        ("redirect", "/away", "", "down", "status 301, expected 2xx"),
        ("redirect-meant", "/away", 'status = "3xx";', "up", ""),
        ("body", "/ok", 'body = "is OK";', "up", ""),
        ("body-missing", "/ok", 'body = "KO";', "down", 'body: "KO" is not in its 15 bytes'),
        ("empty", "/empty", "", "up", ""),
        ("empty-body", "/empty", 'body = "OK";', "down", 'body: "OK" is not in its 0 bytes'),
        ("get", "/only-post", "", "down", "status 405, expected 2xx"),
        ("post", "/only-post", 'method = "POST"; body = "posted";', "up", ""),
        ("head", "/head", 'method = "HEAD";', "up", ""),
        ("host", "/name", 'host = "www.example.com"; body = "www.example.com";', "up", ""),
        ("other-host", "/name", "", "down", "status 404, expected 2xx"),
        ("new-connection", "/kept", 'body = "1";', "up", ""),
        ("no-cookies", "/cookie", "", "up", ""),
        ("by-name", "http://localhost:8001/ok", "", "up", ""),
        ("refused", "http://127.0.0.1:8009/", "", "down", "connect: Connection refused"),
        ("name-refused", "http://localhost:8009/", "", "down", "connect: Connection refused"),
    ])


def test_each_ask_is_a_new_connection_without_a_trace(host, web):
    strays = [os.dup2(0, number) for number in range(100, 120)]     # that this process has, and would hand down
    checker = run(host, check("web", "http://127.0.0.1:8001/ok", interval="10ms"))
    for number in strays:
        os.close(number)
    try:
        checker.wait("web", value="up")
        wait_until(lambda: checker.fact("web").answers > 50, 30, what=lambda _: f"fifty answers: {checker.fact('web')}")
        sockets = [line for line in host.run("ss", "-Htanp", "state", "time-wait").stdout.splitlines() if ":8001" in line]
        assert not sockets, "something waits for packets of old"
        descriptors = host.run("ls", f"/proc/{checker.pid}/fd").stdout.split()
        assert len(descriptors) < 20, descriptors
    finally:
        assert checker.close() == 0


def test_no_proxy_is_taken_from_the_environment(host, web, monkeypatch):
    real = host.popen
    monkeypatch.setattr(host, "popen", lambda *argv, env=None, **options: real(
        *argv, env=dict(env or {}, http_proxy="http://127.0.0.1:8009", ALL_PROXY="http://127.0.0.1:8009"),
        **options))
    expect(host, [("plain", "/ok", "", "up", "")])


def test_certificates(lab, host):
    ours, theirs = Authority(lab), Authority(lab, "others")
    parts = {"good": ours.issue("good", "127.0.0.1"), "named": ours.issue("named", "www.example.com"),
             "expired": ours.issue("expired", "127.0.0.1", days=-1), "foreign": theirs.issue("foreign", "127.0.0.1")}
    client = ours.issue("client", "gw1", use="clientAuth")
    ports = {name: 8440 + i for i, name in enumerate([*parts, "asks"])}
    asks = f"ssl_client_certificate {ours.ca}; ssl_verify_client on;"
    blocks = [TLS.format(port=ports[name], cert=cert, key=key, more="") for name, (cert, key) in parts.items()]
    nginx(lab, host, "".join(blocks) + TLS.format(port=ports["asks"], cert=parts["good"][0], key=parts["good"][1],
                                                 more=asks), ports["asks"])
    ca = f'ca = "{ours.ca}";'
    def url(name, at="127.0.0.1"):
        return f"https://{at}:{ports[name]}/"
    expect(host, [
        ("good", url("good"), ca, "up", ""),
        ("system", url("good"), "", "down", "TLS: unable to get local issuer certificate"),
        ("expired", url("expired"), ca, "down", "TLS: certificate has expired"),
        ("foreign", url("foreign"), ca, "down", "TLS: unable to get local issuer certificate"),
        ("unverified", url("foreign"), "verify = false;", "up", ""),
        ("wrong-name", url("named"), ca, "down",
         "TLS: no alternative certificate subject name matches target host name '127.0.0.1'"),
        ("right-name", url("named"), ca + ' host = "www.example.com"; body = "www.example.com ";', "up", ""),
        ("right-name-by-name", url("named", "localhost"), ca + ' host = "www.example.com";', "up", ""),
        ("other-name", url("named"), ca + ' host = "other.example.com";', "down",
         "TLS: no alternative certificate subject name matches target host name 'other.example.com'"),
        ("no-client", url("asks"), ca, "down", "status 400, expected 2xx"),
        ("client", url("asks"), ca + f' cert = "{client[0]}"; key = "{client[1]}"; body = "SUCCESS";', "up", ""),
        ("wrong-key", url("asks"), ca + f' cert = "{client[0]}"; key = "{ours.path("good.key")}";', "down",
         f"TLS: unable to set private key file: '{ours.path('good.key')}' type PEM"[:127]),
    ])


def test_a_file_of_authorities_that_is_not_there(lab, host):
    ours = Authority(lab)
    cert, key = ours.issue("good", "127.0.0.1")
    nginx(lab, host, TLS.format(port=8440, cert=cert, key=key, more=""), 8440)
    checker = run(host, check("web", "https://127.0.0.1:8440/", 'ca = "/no/such.pem";'))
    try:
        assert checker.wait("web", value="down").error == "ca: /no/such.pem: No such file or directory"
    finally:
        assert checker.close() == 0


def test_tls_where_none_is_spoken(host, web):
    checker = run(host, check("web", "https://127.0.0.1:8001/"))
    try:
        checker.wait("web", value="down", error="TLS: ")
    finally:
        assert checker.close() == 0


def test_nginx_killed_and_started_again(host, web):
    checker = run(host, check("web", "http://127.0.0.1:8001/ok", interval="20ms"))
    try:
        checker.wait("web", value="up")
        web.stop()
        checker.wait("web", value="down", error="connect: Connection refused")
        web.start()
        checker.wait("web", value="up", error="")
    finally:
        assert checker.close() == 0


# ---- servers that misbehave ----

def until_gone(conn):
    """Says nothing, and waits for the other side to go."""
    conn.settimeout(10)
    while conn.recv(4096):
        pass


def without_end(head):
    def serve(conn):
        conn.recv(4096)
        conn.sendall(head)
        while True:
            conn.sendall(b"x" * 4096)
    return serve


def reset(conn):
    conn.recv(4096)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(text):
    def serve(conn):
        conn.recv(4096)
        conn.sendall(text)
    return serve


def says_and_waits(text):
    def serve(conn):
        conn.recv(4096)
        conn.sendall(text)
        until_gone(conn)
    return serve


def slow(conn):
    """A byte at a time, for ever."""
    conn.settimeout(0.02)
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100000:
        conn.sendall(bytes([byte]))
        time.sleep(0.01)


@pytest.mark.parametrize(("serve", "keys", "error", "timed_out"), [
    (until_gone, "", "response: no answer", True),
    (slow, "", "response: no end", True),
    (says_and_waits(b"HTTP/1.1 200 OK\r\n\r\nK"), 'body = "OK";', "body: no end", True),
    (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), 'body = "KO";',
     "response: transfer closed with 4 bytes remaining to read", False),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "", "response: Received HTTP/0.9 when not allowed", False),
    (says(bytes(range(256)) * 16), "", "response: Received HTTP/0.9 when not allowed", False),
    (says(b""), "", "response: Empty reply from server", False),
    (reset, "", "receive: Connection reset by peer", False),
    (without_end(b"HTTP/1.1 200 OK\r\n\r\n"), 'body = "OK";', 'body: "OK" is not in the first 64 KiB', False),
    (without_end(b"HTTP/1.1 200 OK\r\nX: "), "", "response: ", False),
    (says(b"HTTP/1.1 200 OK\r\n" * 3 + b"\r\n"), "", "response: Header without colon", False),
])
def test_a_server_that_misbehaves(lab, host, serve, keys, error, timed_out):
    server = Crooked(lab, host, 8002, serve)
    timeout = "300ms" if timed_out else "10s"
    checker = run(host, check("web", "http://127.0.0.1:8002/", keys, more=f'timeout = "{timeout}";'))
    try:
        down = checker.wait("web", value="down", error=error)
        assert bool(down.timed_out) == timed_out
        wait_until(lambda: server.connections >= 3, what="it is asked again and again")
    finally:
        assert checker.close() == 0


def test_what_is_good_at_once_is_not_waited_for_to_its_end(lab, host):
    def found(conn):
        conn.recv(4096)
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n.... O")
        conn.sendall(b"K")
        until_gone(conn)

    Crooked(lab, host, 8002, found)
    Crooked(lab, host, 8003, says_and_waits(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"))
    Crooked(lab, host, 8004, without_end(b"HTTP/1.1 200 OK\r\n\r\n"))
    expect(host, [("found", "http://127.0.0.1:8002/", 'body = "OK";', "up", ""),
                  ("headers", "http://127.0.0.1:8003/", "", "up", ""),
                  ("endless", "http://127.0.0.1:8004/", "", "up", "")])


def test_a_text_across_pieces_of_a_body(lab, host):
    def serve(conn):
        conn.recv(4096)
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for piece in (b"ababa", b"bab", b"abac"):
            conn.sendall(piece)
            time.sleep(0.02)

    Crooked(lab, host, 8002, serve)
    expect(host, [("web", "http://127.0.0.1:8002/", 'body = "abababac";', "up", "")])


def test_a_silent_host_is_given_up_at_connect_and_at_tls(lab, host):
    host.ip("route add 198.51.100.0/24 dev eth0", "neigh add 198.51.100.1 lladdr 02:00:00:00:00:99 dev eth0")
    Crooked(lab, host, 8002, until_gone)
    more = 'timeout = "100ms";'
    checker = run(host, check("away", "http://198.51.100.1/", more=more),
                  check("tls", "https://127.0.0.1:8002/", more=more))
    try:
        assert checker.wait("away", value="down", error="connect: no answer").timed_out
        assert checker.wait("tls", value="down", error="TLS: no answer").timed_out
        wait_until(lambda: checker.fact("away").timed_out > 3 and checker.fact("tls").timed_out > 3,
                   what="both are asked again and again")
    finally:
        assert checker.close() == 0


def test_a_certificate_that_the_checker_cannot_read_is_an_error_when_the_file_is_read(lab, host):
    config = lab.path("vipd.conf")
    for path, status in (("/etc/shadow", 78), ("/etc/passwd", 0)):
        with open(config, "w", encoding="ascii") as file:
            file.write(vipd_config([router()], {"user": "nobody", "checks": [
                {"name": "web", "http": {"url": "https://127.0.0.1/", "ca": path}}]}))
        done = host.run(binary("vipd"), "-t", "-c", config, check=False)
        assert done.returncode == status, done.stderr
        assert status == 0 or "web: http.ca: /etc/shadow: Permission denied, to the user nobody" in done.stderr
