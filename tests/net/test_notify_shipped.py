# SPDX-License-Identifier: MIT
"""The commands of etc/notify.d as vipd runs them: what a service refuses is told again until it is
taken. What each of them says to its service: tests/notify/."""

import json
import os
import shutil
from pathlib import Path

from agents import router
from generations import OWN
from lab import wait_until
from test_notify import FAST, home, rows  # pylint: disable=unused-import

SOURCE = Path(__file__).resolve().parent.parent.parent / "etc/notify.d"
URL = "http://127.0.0.1:8080"
# One request per line; the answers are the statuses of its arguments, and then 202.
SERVICE = """
import http.server, json, sys
answers = [int(it) for it in sys.argv[2:]]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = answers.pop(0) if answers else 202
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            file.write(json.dumps([status, body]) + "\\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 8080), Handler)
print("ready", flush=True)
server.serve_forever()
"""


class Service:
    """An HTTP server on the loopback of a host."""

    def __init__(self, lab, host, *answers):
        self.out = lab.path("requests")
        with open(self.out, "w", encoding="utf-8"):
            pass
        process = host.popen("/usr/bin/python3", "-c", SERVICE, self.out, *map(str, answers), stdout=-1)
        lab.at_close(process.stdout.close)
        lab.at_close(process.wait)
        lab.at_close(process.kill)
        assert process.stdout.readline().strip() in ("ready", b"ready")

    @property
    def requests(self):
        """[[status, body], ...]"""
        with open(self.out, encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def pager(lab, *words, **env):
    """A shipped command, its secret, and its environment."""
    commands, secret = lab.path("notify.d"), lab.path("secret")
    shutil.copytree(SOURCE, commands)
    with open(secret, "w", encoding="ascii") as file:
        file.write("K3Y\n")
    os.chmod(secret, 0o600)
    argv = [f"{commands}/{words[0]}", *(secret if it == "SECRET" else it for it in words[1:])]
    return {"command": {"argv": argv, "env": [f"{name}={value}" for name, value in env.items()]}}


def test_page_that_its_service_refuses_is_told_until_it_is_taken(lab, home):
    host = lab.host("gw1", OWN)
    service = Service(lab, host, 500, 429)
    one = lab.vipd(host, [router(150, **FAST)], state_dir=home, user="root", notify=[
        {**pager(lab, "pagerduty", "SECRET", PAGERDUTY_URL=URL), "on": ["active"]}])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT error FROM deliveries") == [
        ("exit status 1: PagerDuty: status 500",)], what="the first error")
    wait_until(lambda: [status for status, _ in service.requests] == [500, 429, 202], 20,
               lambda _: f"three attempts: {service.requests}")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="its end")
    bodies = [body for _, body in service.requests]
    assert {it["dedup_key"] for it in bodies} == {"51/4/192.0.2.1"}
    details = [it["payload"]["custom_details"] for it in bodies]
    assert [it["attempt"] for it in details] == [1, 2, 3]
    assert [it["repeat"] for it in details] == [False, True, True]
    assert len({it["seq"] for it in details}) == 1


def test_page_of_a_service_that_is_down_arrives_when_it_is_back(lab, home):
    host = lab.host("gw1", OWN)
    one = lab.vipd(host, [router(150, **FAST)], state_dir=home, user="root", notify=[
        {**pager(lab, "alertmanager", URL, ALERT_HOURS=1), "on": ["active"]}])
    one.wait_state("lan", "active")
    wait_until(lambda: rows(home, "SELECT error FROM deliveries") == [
        ("exit status 1: Alertmanager: cannot connect",)], what="an attempt that failed")
    service = Service(lab, host)
    wait_until(lambda: service.requests, 20, "the page")
    [(status, [alert])] = service.requests
    assert (status, alert["labels"]["router"]) == (202, "lan")
    wait_until(lambda: rows(home, "SELECT count(*) FROM deliveries") == [(0,)], what="its end")
