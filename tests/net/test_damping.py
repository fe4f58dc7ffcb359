# SPDX-License-Identifier: MIT
"""A router that flaps preempts nobody until it has been quiet for a while."""

import datetime
import json

import pytest

from agents import router
from generations import crash, reload, start, start_pair
from lab import wait_until
from test_groups import GROUP, host, members, states, wait_all
from test_upgrade import upgrade

RULE = {"changes": 4, "within": "1m", "hold": "6s"}
LONG = {**RULE, "hold": "5m"}


def flap(lab, one, two):
    """The link of an Active that preempts is lost twice: with its start, four changes of it."""
    for times in (1, 2):
        lab.cut(one.host, silent=False)
        two.wait_state("lan", "active")
        one.wait_state("lan", "fault")
        lab.heal(one.host)
        if times == 1:
            one.wait_state("lan", "active")
            two.wait_state("lan", "backup")
    wait_until(lambda: one.router()["active_address"] == "192.0.2.3", what="a Backup that hears")


def told(agent, word):
    """How often it was told."""
    return len([it for it in agent.log if f"damped={word}" in it])


def test_router_that_flaps_waits_until_it_has_been_quiet(lab):
    one, two = start_pair(lab, damping=RULE)
    assert one.router()["damped_until"] is None and "damped" not in one.router()["warnings"]
    flap(lab, one, two)
    mark = lab.now()
    one.wait_log(r"warning: router=lan family=4 damped=begins changes=4 within_s=60 until=\S+Z note=")
    shown = one.router()
    assert shown["state"] == "backup" and shown["damped_until"] and "damped" in shown["warnings"]
    assert two.router()["damped_until"] is None, "three changes are not four"
    assert one.ctl("check", check=False).returncode == 1
    assert "damped" in one.ctl("show").stdout
    [event] = [it for it in map(json.loads, one.ctl("events", "--json").stdout.splitlines())
               if it["kind"] == "damped"]
    assert (event["damped"], event["changes"], event["within_s"]) == ("begins", 4, 60)
    # Both are computed from a time of another clock, against which the wall clock is slewed.
    until, as_shown = (datetime.datetime.fromisoformat(text.rstrip("Z"))
                       for text in (event["until"], shown["damped_until"]))
    assert abs(until - as_shown) < datetime.timedelta(milliseconds=100)
    assert event["router"] == "lan"
    one.wait_log("damped=ends", timeout=15)
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    since = [it.ns for it in lab.capture.adverts(host=one.host, since=mark)]
    assert since[0] - mark > 4_000_000_000, "it has not spoken before"
    assert one.router()["damped_until"] is None and one.ctl("check").returncode == 0
    assert (told(one, "begins"), told(one, "ends")) == (1, 1)


@pytest.mark.parametrize("end", ["silence", "priority 0"])
def test_damped_router_takes_over_from_who_is_gone_as_ever(lab, end):
    one, two = start_pair(lab, damping=LONG)
    flap(lab, one, two)
    until = one.router()["damped_until"]
    assert until
    if end == "silence":
        two.kill()
    else:
        assert two.leave_at_once() == 0
    shown = one.wait_state("lan", "active", timeout=5)
    assert shown["reason_code"] == ("silence" if end == "silence" else "left")
    assert shown["damped_until"] > until, "that was one more change"
    assert told(one, "begins") == 1


def test_damping_outlives_crash_and_reload_until_one_removes_it(lab):
    one, two = start_pair(lab, damping=LONG)
    flap(lab, one, two)
    until = one.router()["damped_until"]
    crash(one)
    assert one.router()["damped_until"][:21] == until[:21]
    reload(one)
    assert one.router()["damped_until"][:21] == until[:21]
    two.host.wait_adverts(20, since=lab.now())
    assert one.router()["state"] == "backup" and told(one, "begins") == 1
    one.configure([router(150, damping={**LONG, "hold": "10m"})])
    reload(one)
    assert one.router()["damped_until"] > until and one.router()["state"] == "backup"
    one.configure([router(150)])
    reload(one)
    one.wait_log("info: router=lan family=4 damped=removed note=")
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    assert one.router()["damped_until"] is None


def test_damping_is_one_for_both_families(lab):
    both = ["192.0.2.1/24", "2001:db8::1/64"]
    made = [lab.host(f"gw{i}", f"192.0.2.{i + 1}/24", f"2001:db8::{i + 1}/64", ipv6=True)
            for i in (1, 2)]
    one, two = [lab.vipd(it, [router(priority, addresses=both, damping={**LONG, "changes": 2})])
                for it, priority in zip(made, (200, 100))]
    one.wait_state("lan", "active")
    lab.cut(one.host, silent=False)
    two.wait_state("lan", "active")
    two.wait_state("lan", "active", family=6)
    lab.heal(one.host)
    for family in (4, 6):
        one.wait_state("lan", "backup", family=family)
    two.host.wait_adverts(20, since=lab.now())
    assert {it["state"] for it in one.show()["routers"]} == {"backup"}
    untils = {it["damped_until"] for it in one.show()["routers"]}
    assert len(untils) == 1 and None not in untils
    assert told(one, "begins") == 1


def test_damping_of_a_group_is_one_for_all_members(lab):
    groups = [{**GROUP, "damping": {**LONG, "changes": 2}}]
    one = lab.vipd(host(lab, "gw1", 2), members(200), groups=groups)
    wait_all(one, "active")
    two = lab.vipd(host(lab, "gw2", 3), members(100), groups=[GROUP])
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]),
               what="a Backup that hears both")
    lab.cut(one.host, silent=False, dev="eth1")
    wait_all(two, "active")
    wait_all(one, "fault")
    lab.heal(one.host, dev="eth1")
    wait_all(one, "backup")
    crash(one)
    two.host.wait_adverts(20, since=lab.now())
    assert set(states(one).values()) == {"backup"} and set(states(two).values()) == {"active"}
    assert len({it["damped_until"] for it in one.show()["routers"]}) == 1
    begun = [it for it in one.log if "damped=begins" in it]
    assert one.router("wan")["damped_until"] and len(begun) == 2, begun
    assert [("router=lan " in it, "with=lan " in it) for it in begun] == [(True, False),
                                                                         (False, True)], begun
    two.kill()
    wait_all(one, "active")


def test_damping_outlives_an_upgrade(lab, own_binary):
    one, two = start_pair(lab, damping=LONG)
    flap(lab, one, two)
    until = one.router()["damped_until"]
    upgrade(one, own_binary)
    assert one.router()["damped_until"][:21] == until[:21]
    two.host.wait_adverts(20, since=lab.now())
    assert one.router()["state"] == "backup" and told(one, "begins") == 1


def test_stop_is_no_change_that_damps(lab):
    one = start(lab, router(150, damping={**LONG, "changes": 2}))
    assert one.term() == 0 and not told(one, "begins")


def test_active_that_is_damped_goes_on(lab):
    one = start(lab, router(150, damping={**RULE, "changes": 2}))
    lab.cut(one.host, silent=False)
    one.wait_state("lan", "fault")
    lab.heal(one.host)
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100)])
    two.host.lab.capture.wait_frame(lambda frame: frame.host is one.host, since=lab.now())
    assert one.router()["damped_until"] and one.router()["state"] == "active"
    one.wait_log("damped=ends", timeout=15)
    assert one.router()["state"] == "active" and two.router()["state"] == "backup"
