# SPDX-License-Identifier: MIT
"""vipctl reload --dry-run says what the reload then does to routers that are Active here: each case
is reloaded after it."""

import os

import pytest

from lab import router
from test_auth import KEY, keys_file
from test_dry_run import MEMBERS, ON_ALL, OWN, TWO, dry_run, groups_of, start

LOST = "1 change; this host GIVES UP 1 active router and 0 addresses"


def one(lab, **keys):
    agent = lab.vipd(lab.host("gw1", OWN), [router(150, **keys)])
    agent.wait_state("lan", "active")
    return agent


@pytest.mark.parametrize("change, why", [
    ({"routes": [{"to": "11.0.0.0/8", "via": "198.51.100.4", "interface": "wam"}]},
     "there is no interface wam for a route to lead over"),
    ({"routes": [{"to": "11.0.0.0/8", "nexthops": [
        {"via": "198.51.100.4", "interface": "wam"}, {"via": "198.51.100.5", "interface": "lo1"}]}]},
     "there is no interface wam for a route to lead over"),
    ({"extra_addresses": [{"address": "203.0.113.9/32", "interface": "eth9"}]},
     "there is no interface eth9 to hold an address on"),
    ({"source": "198.51.100.222"}, "interface eth0 does not have its source 198.51.100.222")])
def test_dry_run_knows_what_the_new_configuration_lacks(lab, change, why):
    agent = one(lab)
    agent.configure([router(150, **change)])
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines[-2] == f"router lan: it is active here, and {why}, which is a fault"
    assert lines[-1] == f"{agent.config}: {LOST}"
    assert agent.reload().returncode == 0
    agent.wait_fault(why)


@pytest.mark.parametrize("change", [
    {"routes": [{"to": "11.0.0.0/8", "via": "192.0.2.4", "interface": "wam", "required": False}]},
    {"routes": [{"to": "11.0.0.0/8", "via": "192.0.2.4"}]},
    {"routes": [{"to": "11.0.0.0/8", "nexthops": [
        {"via": "198.51.100.4", "interface": "wam"}, {"via": "192.0.2.4", "interface": "eth0"}]}]},
    {"extra_addresses": [{"address": "203.0.113.9/32", "interface": "eth9", "required": False}]},
    {"source": "192.0.2.2"}])
def test_dry_run_does_not_cry_wolf(lab, change):
    agent = one(lab)
    agent.configure([router(150, **change)])
    _, lines, _ = dry_run(agent)
    assert lines[-1] == f"{agent.config}: 1 change; this host gives nothing up", lines
    assert agent.reload().returncode == 0
    assert agent.router()["state"] == "active"


@pytest.mark.parametrize("change, why", [
    ({"unicast": {"peers": ["192.0.2.2"]}}, "all its unicast peers are addresses of this host"),
    ({"source": "192.0.2.99"}, "no interface of this host has its source 192.0.2.99")])
def test_dry_run_knows_what_a_router_with_peers_lacks(lab, change, why):
    peers = {"unicast": {"peers": ["192.0.2.3"]}}
    agent = one(lab, **peers)
    agent.configure([router(150, **{**peers, **change})])
    _, lines, _ = dry_run(agent)
    assert lines[-2] == f"router lan: it is active here, and {why}, which is a fault"
    assert "GIVES UP 1 active router" in lines[-1]
    assert agent.reload().returncode == 0
    agent.wait_fault(why)


def test_dry_run_knows_that_no_family_has_its_source(lab):
    both = {"addresses": ["192.0.2.1/24", "2001:db8::1/64"]}
    agent = one(lab, **both)
    agent.configure([router(150, **both, source=["198.51.100.222", "fe80::77"])])
    _, lines, _ = dry_run(agent)
    assert "does not have its source" in lines[-2] and "GIVES UP 1 active router" in lines[-1]
    assert agent.reload().returncode == 0
    agent.wait_state("lan", "fault")


def test_dry_run_says_that_all_go_with_one_that_lacks_something(lab):
    agent = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **TWO)],
                     groups=groups_of("lan", "two"))
    agent.wait_state("two", "active")
    agent.configure([router(150), router(150, **TWO, source="192.0.2.99")],
                    groups=groups_of("lan", "two"))
    _, lines, _ = dry_run(agent)
    why = "interface eth0 does not have its source 192.0.2.99"
    assert lines[1:3] == [f"router two: it is active here, and {why}, which is a fault",
                          f"group gateway: router two is in it: {why}, which is a fault of all, and "
                          "1 of them is active here"]
    assert "GIVES UP 2 active routers" in lines[-1]
    assert agent.reload().returncode == 0
    agent.wait_state("lan", "fault")


@pytest.mark.parametrize("weight, said, sum_", [
    (-60, "all that it and its group track gives it 60 less: it is active here, and yields if another "
     "host has a higher priority", "MAY YIELD 2 active routers to a host of a higher priority"),
    (0, "it is active here, and interface eth9 is down, which is a fault",
     "GIVES UP 2 active routers and 0 addresses")])
def test_dry_run_weighs_what_a_new_group_tracks(lab, weight, said, sum_):
    agent = start(lab)
    track = [{"interface": "eth9", **({"weight": weight} if weight else {})}]
    agent.configure([router(150), router(150, **TWO)],
                    groups=[{**groups_of("lan", "two")[0], "track": track}])
    _, lines, _ = dry_run(agent)
    assert lines == [f"group gateway: is new{MEMBERS}", f"router lan: {said}", f"router two: {said}",
                     f"{agent.config}: 1 change; this host {sum_}{ON_ALL}"]
    assert agent.reload().returncode == 0
    if weight:
        assert agent.router("two")["effective_priority"] == 90
    else:
        agent.wait_state("two", "fault")


@pytest.mark.parametrize("active, why", [(1, "No such file"), (2, "it does not have that key")])
def test_dry_run_says_that_a_reload_is_refused(lab, active, why):
    agent = one(lab)
    if active == 2:
        keys_file(lab, KEY)
    agent.configure([router(150, auth={"type": "hmac", "keys": lab.path("keys"), "active": active})])
    status, lines, _ = dry_run(agent)
    refusal = f"router lan needs key {active} of {lab.path('keys')}: "
    assert status == 1 and f"the reload is REFUSED: {refusal}" in lines[-1] and why in lines[-1]
    assert "gives nothing up" not in lines[-1]
    done = agent.reload()
    assert done.returncode == 1 and refusal in done.stderr


def test_dry_run_and_reload_go_on_with_one_that_is_called_otherwise(lab):
    agent = start(lab)
    since = agent.router("lan")["since"]
    agent.configure([router(140, name="lan2"), router(150, **TWO)])
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines == [
        "router lan: is called lan2, and goes on as it is",
        "router lan2: priority 150 -> 140; it is active here, and yields if another host has a "
        "higher one",
        f"{agent.config}: 2 changes; this host MAY YIELD 1 active router to a host of a higher "
        "priority"]
    assert agent.reload().returncode == 0
    assert agent.router("lan2")["state"] == "active" and agent.router("lan2")["since"] == since
    agent.wait_log("adopted=2")
    told = [line.split(": ", 1)[1] for line in agent.log if "reload=changed" in line]
    assert told == ["reload=changed router=lan2 name=lan->lan2 change=renamed",
                    "reload=changed router=lan2 priority=150->140"]


def test_dry_run_says_that_a_swap_of_names_gives_nothing_up(lab):
    agent = start(lab)
    agent.configure([router(150, **{**TWO, "name": "lan"}), router(150, name="two")])
    _, lines, _ = dry_run(agent)
    same = "has its interface, VRID and family, and goes on as it is"
    assert lines == [f"router lan: router two {same}", f"router two: router lan {same}",
                     f"{agent.config}: 2 changes; this host gives nothing up"]
    assert agent.reload().returncode == 0
    agent.wait_log("adopted=2")
    assert {it["state"] for it in agent.show()["routers"]} == {"active"}


def test_dry_run_knows_that_a_member_is_removed_without_its_commands(lab):
    """The others of the group go on; with the last of them the commands run."""
    ran = lab.path("ran")
    keys = {"state_dir": lab.path("state"), "user": "root", "notify": [
        {"command": ["/usr/bin/touch", ran], "before": "drain", "timeout": "7s"}]}
    agent = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **TWO)],
                     groups=groups_of("lan", "two"), **keys)
    agent.wait_state("two", "active")
    said = "it is active here: its addresses go and priority 0 is sent"
    waits = ", when the commands before that have ended, within 7 s"
    agent.configure([router(150, name="other", vrid=60, addresses=["192.0.2.60/24"])], **keys)
    assert f"router two: is gone; {said}{waits}" in dry_run(agent)[1]
    agent.configure([router(150)], groups=groups_of("lan"), **keys)
    assert f"router two: is gone; {said}" in dry_run(agent)[1]
    assert agent.reload().returncode == 0
    assert not os.path.exists(ran)
