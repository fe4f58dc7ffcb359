# SPDX-License-Identifier: MIT
"""Alerts: what a real Prometheus makes of a real pair by the rules that come with vipd.

The rules are the shipped ones, in a world that is faster: see prometheus.hurry().
"""

import json
import os

import pytest

from agents import ROOT, router
from prometheus import RULES, Prometheus, hurry
from test_dual_stack import block, both, unblock
from test_metrics import PORT
from test_notify import FAST, home, start    # pylint: disable=unused-import

FACTOR = 30
SILENT = ("vipd_check_state", "sum by (instance, reason) (rate(vipd_rejected_total")
QUIET = 12                       # scrapes: longer than what any rule waits for, but drains


def dashboard():
    """What the panels of the dashboard ask for."""
    with open(f"{ROOT}/etc/prometheus/dashboard.json", encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    assert len(panels) > 5 and all(it["targets"] for it in panels)
    return [target["expr"] for it in panels for target in it["targets"]]


@pytest.mark.long
def test_prometheus_scrapes_a_pair_through_a_failover(lab, home):
    os.mkdir(home + "2")
    one = start(lab, home, router(150, **FAST), metrics=f"192.0.2.2:{PORT}",
                notify=[{"command": ["/bin/false"], "on": ["active"], "deliver": "all",
                         "retries": 0, "user": "root"}])
    two = start(lab, home + "2", router(100, **FAST), name="gw2", address="192.0.2.3/24",
                metrics=f"192.0.2.3:{PORT}")
    monitor = lab.host("monitor", "192.0.2.200/24")
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    prometheus = Prometheus(lab, monitor, f"192.0.2.2:{PORT}", f"192.0.2.3:{PORT}")
    # The page about "active" reached nobody: and that is all that is wrong.
    fired = prometheus.wait("the page", lambda it: set(it) == {"VipdPageUndelivered"})
    assert fired["VipdPageUndelivered"]["instance"] == f"192.0.2.2:{PORT}"
    delivery = json.loads(one.ctl("show", "--notify", "--json", "--state-dir", home).stdout)
    one.ctl("notify", "drop", str(delivery["deliveries"][0]["id"]))
    prometheus.wait("that all is well", lambda it: not it)
    # The Active dies with all it has.
    one.kill()
    two.wait_state("lan", "active")
    fired = prometheus.wait("the death", lambda it: {"VipdDown", "VipdNoBackup"} <= set(it) and
                            not {"VipdNoActive", "VipdTwoActives"} & set(it))
    assert fired["VipdDown"]["instance"] == f"192.0.2.2:{PORT}"
    # And nothing was there without its own series: each target has as many as it had.
    assert [it["value"] for it in prometheus.query("count(vipd_router_state)")] == [1]
    # What the dashboard asks for is answered: with nothing, where there are no checks and nothing is wrong.
    for question in dashboard():
        question = question.replace('"$router"', '"lan"')
        assert bool(prometheus.query(question)) != question.startswith(SILENT), question


# ---- all of them ----

REFUSES = """#!/bin/sh
[ ! -e FLAG ]
"""


class Pair:
    """Two gateways with a router of both families, who are watched by an interface of their own."""

    def __init__(self, lab, home):
        self.lab = lab
        self.flag, command = lab.path("flag"), lab.path("command")
        with open(command, "w", encoding="utf-8") as file:
            file.write(REFUSES.replace("FLAG", self.flag))
        os.chmod(command, 0o755)
        notify = [{"command": [command], "on": ["active"], "deliver": "all", "retries": 0, "user": "root"}]
        self.one = self.gateway("gw1", 2, 150, home, notify=notify)
        self.two = self.gateway("gw2", 3, 100, home + "2")
        self.home = home
        self.settle()
        self.prometheus = Prometheus(lab, lab.host("monitor", "198.51.100.200/24", segment="watch"),
                                     *(f"198.51.100.{n}:{PORT}" for n in (2, 3)), factor=FACTOR)

    def gateway(self, name, number, priority, state_dir, **settings):
        os.makedirs(state_dir, exist_ok=True)
        host = self.lab.host(name, f"192.0.2.{number}/24", f"2001:db8::{number}/64", ipv6=True)
        host.attach("watch", f"198.51.100.{number}/24")
        return self.lab.vipd(host, [both(priority, **FAST)], state_dir=state_dir, user="root",
                             metrics=f"198.51.100.{number}:{PORT}", **settings)

    def settle(self):
        """As it shall be."""
        self.wait_active(self.one, self.two)

    @staticmethod
    def wait_active(active, backup):
        for family in (4, 6):
            active.wait_state("lan", "active", family=family)
            backup.wait_state("lan", "backup", family=family)

    def move_and_back(self):
        """A drain, and its end."""
        self.one.ctl("drain")
        self.wait_active(self.two, self.one)
        self.one.ctl("resume")
        self.settle()

    def drop_dead_letters(self):
        told = json.loads(self.one.ctl("show", "--notify", "--json", "--state-dir", self.home).stdout)
        for delivery in told["deliveries"]:
            self.one.ctl("notify", "drop", str(delivery["id"]))


@pytest.mark.campaign
def test_each_alert_fires_when_it_should_and_not_in_a_failover(lab, home):
    pair = Pair(lab, home)
    one, two, prometheus = pair.one, pair.two, pair.prometheus

    # A quiet pair, and one clean failover with its way back: nothing has fired, nor for a moment.
    prometheus.wait_scrapes(QUIET)
    assert prometheus.firing() == {} and not prometheus.ever_fired()
    one.ctl("drain")
    pair.wait_active(two, one)
    prometheus.wait_scrapes(QUIET)
    one.ctl("resume")
    pair.settle()
    prometheus.wait_scrapes(QUIET)
    assert prometheus.firing() == {} and not prometheus.ever_fired()
    assert {it["value"] for it in prometheus.query("vipd_router_became_active_total")} == {2, 1}

    # One family is not heard.
    block(two, 6)
    fired = prometheus.wait("deaf", lambda it: set(it) == {"VipdDeaf"})
    assert (fired["VipdDeaf"]["instance"], fired["VipdDeaf"]["family"]) == (f"198.51.100.3:{PORT}", "ipv6")
    unblock(two)
    prometheus.wait("that it hears", lambda it: not it)

    # They do not hear each other. That one is not heard it is told when the other one is.
    lab.cut(two.host)
    prometheus.wait("two Actives", lambda it: {"VipdTwoActives", "VipdNoBackup"} == set(it))
    lab.heal(two.host)
    pair.settle()
    prometheus.wait("one Active", lambda it: not {"VipdTwoActives", "VipdNoBackup"} & set(it))

    # It moves to and fro, and those who should be told are not.
    with open(pair.flag, "w", encoding="utf-8"):
        pass
    for _ in range(3):
        pair.move_and_back()
    fired = prometheus.wait("flapping, and a page", lambda it: {"VipdFlapping", "VipdPageUndelivered"} <=
                            set(it) <= {"VipdFlapping", "VipdPageUndelivered", "VipdNotHeard"})
    assert fired["VipdPageUndelivered"]["instance"] == f"198.51.100.2:{PORT}"
    assert fired["VipdFlapping"]["router"] == "lan" and "instance" not in fired["VipdFlapping"]
    os.unlink(pair.flag)
    pair.drop_dead_letters()
    prometheus.wait("that all is well again", lambda it: not it, timeout=60)

    # The last Backup is gone; and then the last Active.
    two.kill()
    fired = prometheus.wait("no Backup", lambda it: set(it) == {"VipdDown", "VipdNoBackup"})
    assert fired["VipdDown"]["instance"] == f"198.51.100.3:{PORT}"
    one.host.ip("link set eth0 down")
    fired = prometheus.wait("no Active", lambda it: set(it) == {"VipdDown", "VipdNoBackup", "VipdNoActive",
                                                                 "VipdFault"})
    assert fired["VipdFault"]["instance"] == f"198.51.100.2:{PORT}"
    one.host.ip("link set eth0 up")
    prometheus.wait("an Active", lambda it: set(it) == {"VipdDown", "VipdNoBackup"})


# ---- the rules ----

def test_alerts_say_what_they_should(lab):
    done = lab.host("monitor").run("promtool", "test", "rules", f"{ROOT}/tests/prometheus/alerts_test.yml",
                                   f"{ROOT}/tests/prometheus/failover_test.yml", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_are_hurried_and_nothing_else():
    with open(RULES, encoding="utf-8") as file:
        before = file.read()
    after = hurry(before, 30)
    changed = [pair for pair in zip(before.splitlines(), after.splitlines()) if pair[0] != pair[1]]
    assert ("        for: 1m", "        for: 2000ms") in changed
    assert all("for:" in line or "[" in line for line, _ in changed)
    assert len(before.splitlines()) == len(after.splitlines())
