# SPDX-License-Identifier: MIT
"""Interfaces that count for a router's priority, or are a fault of it, wherever it lives."""

import json

import pytest

from agents import router
from generations import crash, reload
from lab import wait_until

VIP = "192.0.2.1/24"


def host(lab, name, number, ipv6=False):
    """A host whose eth1 is where nobody speaks VRRP."""
    addresses = [f"192.0.2.{number}/24"] + ([f"2001:db8::{number}/64"] if ipv6 else [])
    made = lab.host(name, *addresses, ipv6=ipv6)
    made.attach("other", f"198.51.100.{number}/24")
    return made


def tracking(priority, *tracks, **keys):
    """A router that tracks something; a number stands for the weight of eth1."""
    return router(priority, track=[{"interface": "eth1", "weight": it} if isinstance(it, int)
                                   else it for it in tracks], **keys)


def priority_of(agent, name="lan"):
    """The effective one, in all families."""
    found = {it["effective_priority"] for it in agent.show()["routers"] if it["name"] == name}
    assert len(found) == 1, found
    return found.pop()


def wait_priority(agent, priority, name="lan"):
    """Waits until it is that."""
    wait_until(lambda: priority_of(agent, name) == priority,
               what=lambda _: agent.story(f"priority {priority}, not {priority_of(agent, name)}"))


def down(lab, agent, dev="eth1"):
    """The interface loses its carrier."""
    lab.cut(agent.host, silent=False, dev=dev)


def pair(lab, *tracks, priorities=(150, 100), **keys):
    """An Active that tracks, and a Backup that hears it."""
    one = lab.vipd(host(lab, "gw1", 2), [tracking(priorities[0], *tracks, **keys)])
    one.wait_state("lan", "active")
    two = lab.vipd(host(lab, "gw2", 3), [router(priorities[1], **keys)])
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    return one, two


def test_interface_without_a_weight_is_a_fault(lab):
    one, two = pair(lab, {"interface": "eth1"})
    down(lab, one)
    one.wait_fault("interface eth1, which is tracked, is down")
    two.wait_state("lan", "active")
    lab.heal(one.host, dev="eth1")
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")


def test_weight_lets_the_better_one_take_over_and_return(lab):
    one, two = pair(lab, -60)
    shown = one.router()["tracks"]
    assert shown == [{"interface": "eth1", "weight": -60, "reverse": False, "up": True,
                      "unknown": False, "counts": False, "adds": 0, "overdue": False, "missing": False}]
    down(lab, one)
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    one.wait_log("router=lan family=4 track=eth1 is=down weight=-60 priority=150->90")
    assert priority_of(one) == 90 and one.router()["priority"] == 150
    assert one.router()["tracks"][0]["counts"]
    checked = one.ctl("check", "--json", check=False)
    assert "which it tracks, is down: its priority is 60 less" in checked.stdout
    assert checked.returncode == 1, json.loads(checked.stdout)
    lab.heal(one.host, dev="eth1")
    one.wait_state("lan", "active")
    one.wait_log("router=lan family=4 track=eth1 is=up weight=-60 priority=90->150")
    assert one.ctl("check").returncode == 0


@pytest.mark.parametrize("track, up, is_down", [
    ({"interface": "eth1", "weight": 60}, 160, 100),
    ({"interface": "eth1", "weight": -60}, 100, 40),
    ({"interface": "eth1", "weight": 60, "reverse": True}, 100, 160),
    ({"interface": "eth1", "weight": -60, "reverse": True}, 40, 100),
    ({"interface": "eth1", "weight": -253}, 100, 1),
    ({"interface": "eth1", "weight": 253}, 254, 100)])
def test_weights_count_as_their_signs_say(lab, track, up, is_down):
    agent = lab.vipd(host(lab, "gw1", 2), [tracking(100, track)])
    agent.wait_state("lan", "active")
    assert priority_of(agent) == up
    down(lab, agent)
    wait_priority(agent, is_down)
    lab.heal(agent.host, dev="eth1")
    wait_priority(agent, up)
    assert agent.router()["counters"]["became_active"] == 1


# ---- the same trouble on all hosts ----

def both(lab, weights, priorities=(150, 100)):
    """Two hosts that track, one of them Active."""
    agents = [lab.vipd(host(lab, f"gw{i + 1}", i + 2), [tracking(priority, weight)])
              for i, (priority, weight) in enumerate(zip(priorities, weights))]
    agents[0].wait_state("lan", "active")
    wait_until(lambda: agents[1].router()["active_address"], what="a Backup that hears")
    return agents


def assert_only(lab, winner, loser):
    """One of them serves, and goes on with it."""
    winner.wait_state("lan", "active")
    loser.wait_state("lan", "backup")
    wait_until(lambda: VIP not in loser.host.addresses(), what="the loser to let go")
    mark = lab.now()
    winner.host.wait_adverts(20, since=mark)
    assert not lab.capture.adverts(host=loser.host, since=mark)
    assert VIP in winner.host.addresses() and VIP not in loser.host.addresses()


@pytest.mark.parametrize("weights, left", [
    ((-60, -60), (90, 40)), ((-60, -20), (90, 80)), ((-253, -20), (1, 80)), ((60, 60), (150, 100))])
def test_weights_that_count_everywhere_leave_the_higher_priority_active(lab, weights, left):
    agents = both(lab, weights)
    for agent, priority in zip(agents, left):
        down(lab, agent)
        wait_priority(agent, priority)
    assert_only(lab, *(agents if left[0] > left[1] else agents[::-1]))


@pytest.mark.parametrize("weights, left", [((-60, -10), 90), ((-253, -253), 1)])
def test_weights_that_make_all_equal_leave_who_is_active_and_then_the_higher_address(
        lab, weights, left):
    one, two = agents = both(lab, weights)
    for agent in agents[::-1]:                     # so that nobody ever is the better Backup
        down(lab, agent)
    for agent in agents:
        wait_priority(agent, left)
    assert_only(lab, one, two)
    lab.cut(two.host)
    two.wait_state("lan", "active")
    lab.heal(two.host)
    assert_only(lab, two, one)


def test_faults_of_all_leave_nobody_active_until_one_is_mended(lab):
    one, two = both(lab, [{"interface": "eth1"}] * 2)
    for agent in (one, two):
        down(lab, agent)
    for agent in (one, two):
        agent.wait_fault("interface eth1, which is tracked, is down")
        wait_until(lambda agent=agent: VIP not in agent.host.addresses(), what="no address")
        assert agent.ctl("check", check=False).returncode == 2
    lab.heal(two.host, dev="eth1")
    two.wait_state("lan", "active")
    assert one.router()["state"] == "fault"


def test_weight_of_the_active_among_equals(lab):
    """The effective priority decides, then who is there: a Backup takes nothing from its equal."""
    one, two = pair(lab, -60, priorities=(100, 100))
    down(lab, one)
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    lab.heal(one.host, dev="eth1")
    wait_priority(one, 100)
    mark = lab.now()
    two.host.wait_adverts(10, since=mark)
    assert not lab.capture.adverts(host=one.host, since=mark)
    assert [it.router()["counters"]["became_active"] for it in (one, two)] == [1, 1]


def test_weight_that_makes_equals_leaves_the_active_one_in_peace(lab):
    """Also the one of the lower address; both Active, the higher address would stay."""
    one, two = pair(lab, -50)
    down(lab, one)
    wait_priority(one, 100)
    mark = lab.now()
    one.host.wait_adverts(10, since=mark)
    assert not lab.capture.adverts(host=two.host, since=mark)
    lab.cut(one.host)
    two.wait_state("lan", "active")
    lab.heal(one.host)
    one.wait_state("lan", "backup")
    two.host.wait_adverts(10, since=lab.now())
    assert two.router()["state"] == "active"


def test_interface_tracked_in_reverse_is_a_fault_while_it_is_up(lab):
    agent = lab.vipd(host(lab, "gw1", 2), [tracking(100, {"interface": "eth1", "reverse": True})])
    agent.wait_fault("interface eth1, which is tracked in reverse, is up")
    agent.host.ip("link set eth1 down")
    agent.wait_state("lan", "active")


def test_delay_lets_a_carrier_blink(lab):
    one, two = pair(lab, {"interface": "eth1", "weight": -60, "delay": "2s"})
    down(lab, one)
    one.host.wait_adverts(5, since=lab.now())
    lab.heal(one.host, dev="eth1")
    one.host.wait_adverts(25, since=lab.now())
    assert priority_of(one) == 150 and not [it for it in one.log if "track=" in it]
    down(lab, one)
    begun = lab.now()
    wait_priority(one, 90)
    assert lab.now() - begun > 1_500_000_000
    two.wait_state("lan", "active")


def test_delay_that_ends_while_a_change_waits(lab):
    made = host(lab, "gw1", 2)
    made.attach("third", "203.0.113.2/24")
    agent = lab.vipd(made, [tracking(150, -60, {"interface": "eth2", "weight": -30,
                                                "delay": "300ms"}, interval="1s")])
    agent.wait_state("lan", "active")
    down(lab, agent)
    wait_priority(agent, 90)
    # Both wait for the next advert. The second one is down from 300 ms behind that, which is a
    # change that waits in turn.
    lab.heal(made, dev="eth1")
    down(lab, agent, dev="eth2")
    wait_priority(agent, 120)
    assert not [it for it in agent.log if "lost=" in it], agent.story()
    assert agent.router()["counters"]["became_active"] == 1


def test_interface_that_is_not_there_yet(lab):
    agent = lab.vipd(host(lab, "gw1", 2), [tracking(150, {"interface": "tun7", "weight": -60},
                                                    {"interface": "eth1", "weight": -20})])
    agent.wait_state("lan", "active")
    assert priority_of(agent) == 90
    agent.wait_log("track=tun7 is=down weight=-60 priority=150->90")
    agent.host.ip("tuntap add tun7 mode tap", "link add tun8 type veth peer name tun9",
                  "link delete tun7", "link set tun9 up", "link set tun8 name tun7 up")
    wait_priority(agent, 150)
    agent.host.ip("link delete tun7")
    wait_priority(agent, 90)
    assert agent.router()["counters"]["became_active"] == 1


def test_reload_that_changes_priority_and_weight_while_it_is_down(lab):
    one, two = pair(lab, -20)
    down(lab, one)
    wait_priority(one, 130)
    lines = len(one.log)
    one.configure([tracking(200, -90)])
    mark = reload(one)
    assert priority_of(one) == 110
    one.host.wait_adverts(10, since=mark)
    seen = [it.priority for it in lab.capture.adverts(host=one.host, since=mark)]
    assert set(seen[2:]) == {110} and set(seen) <= {130, 110}, seen
    assert not [it for it in one.log[lines:] if " is=" in it]
    assert two.router()["state"] == "backup"


def test_crash_keeps_the_priority(lab):
    one, two = pair(lab, -20)
    down(lab, one)
    wait_priority(one, 130)
    mark = lab.now()
    crash(one)
    one.host.wait_adverts(10, since=mark)
    assert {it.priority for it in lab.capture.adverts(host=one.host, since=mark)} == {130}
    assert one.router()["state"] == "active" and two.router()["state"] == "backup"


def test_families_of_a_router_track_once(lab):
    agent = lab.vipd(host(lab, "gw1", 2, ipv6=True),
                     [tracking(150, -60, addresses=[VIP, "2001:db8::1/64"])])
    for family in (4, 6):
        agent.wait_state("lan", "active", family=family)
    down(lab, agent)
    wait_until(lambda: {it["effective_priority"] for it in agent.show()["routers"]} == {90},
               what="one weight, once")
    assert len([it for it in agent.log if "track=" in it]) == 1


def test_what_one_member_or_the_group_tracks_weighs_for_all(lab):
    gateway = host(lab, "gw1", 2)
    gateway.attach("third", "203.0.113.2/24")
    routers = [router(150), tracking(150, -20, name="wan", interface="eth2", vrid=52,
                                     addresses=["203.0.113.1/24"])]
    group = {"name": "gateway", "routers": ["lan", "wan"],
             "track": [{"interface": "eth1", "weight": -30}]}
    agent = lab.vipd(gateway, routers, groups=[group])
    for name in ("lan", "wan"):
        agent.wait_state(name, "active")
    down(lab, agent)
    for name in ("lan", "wan"):
        wait_priority(agent, 100, name)
    lab.heal(gateway, dev="eth1")
    for name in ("lan", "wan"):
        wait_priority(agent, 150, name)
