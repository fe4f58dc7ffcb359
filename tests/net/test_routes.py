# SPDX-License-Identifier: MIT
"""Routes and rules that move with a router: what the kernel has, whatever happens to the router, to
the interfaces, and to what others have there."""

import contextlib
import json
import os
import random
import signal

import pytest

from agents import VIP, router, run_vipd
from generations import OWN, crash, reload
from lab import wait_until
from test_check import checked
from test_upgrade import upgrade

MARK = "112"
WAN = "203.0.113.2/24"
DEFAULT = {"to": "default", "via": "203.0.113.1", "interface": "eth1", "table": 100}
RULE = {"from": "192.0.2.0/24", "table": 100, "priority": 1000}
TEXT = "default via 203.0.113.1 dev eth1 table 100"


def gateway(lab, *routes, rules=(), ipv6=False, wait=True, **keys):
    """An Active on gw1 with these routes, whose eth1 is on another segment."""
    own = [OWN, "2001:db8::2/64"] if ipv6 else [OWN]
    host = lab.host("gw1", *own, ipv6=ipv6)
    host.attach("wan", WAN, *(["2001:db8:1::2/64"] if ipv6 else []))
    agent = lab.vipd(host, [configured(routes, rules, **keys)])
    if wait:
        agent.wait_state("lan", "active")
    return agent


def configured(routes=(), rules=(), **keys):
    """The router, with what there is of both."""
    lists = {"routes": list(routes), "rules": list(rules)}
    return router(200, **{key: value for key, value in lists.items() if value}, **keys)


def shown(host, what, *words):
    """What the kernel has, as ip(8) shows it in JSON."""
    found = []
    for family in ("-4", "-6"):
        done = host.run("ip", family, "-json", "-details", what, "show", *words, check=False)
        found += json.loads(done.stdout or "[]")
    return [it for it in found if it]


def routes(host, **fields):
    """vipd's routes of all tables that have these fields."""
    return [it for it in shown(host, "route", "table", "all", "proto", MARK)
            if all(it.get(key) == value for key, value in fields.items())]


def rules(host, **fields):
    """vipd's rules that have these fields."""
    return [it for it in shown(host, "rule") if str(it.get("protocol")) == MARK
            and all(it.get(key) == value for key, value in fields.items())]


def wait_routes(host, number, **fields):
    """Waits until there are so many. Return: them."""
    return wait_until(lambda: (found := routes(host, **fields)) and len(found) == number and found
                      if number else not routes(host, **fields),
                      what=lambda _: f"{number} routes {fields}, not {routes(host)}")


def wait_rules(host, number, **fields):
    """Waits until there are so many."""
    wait_until(lambda: len(rules(host, **fields)) == number,
               what=lambda _: f"{number} rules {fields}, not {rules(host)}")


def foreign(host):
    """All routes and rules of others."""
    return ([it for it in shown(host, "route", "table", "all") if it.get("protocol") != MARK
             and it.get("protocol") != "kernel" and "cache" not in it],
            [it for it in shown(host, "rule") if str(it.get("protocol")) != MARK])


def monitor(host):
    """Lets ip(8) note what the kernel tells. Return: a function that gives its lines so far."""
    path = host.lab.path("monitor")
    with open(path, "wb") as out:
        process = host.popen("ip", "monitor", "address", "route", "rule", stdout=out)
    host.lab.at_close(lambda: (process.send_signal(signal.SIGTERM), process.wait()))

    def lines():
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()

    return lines


def become_backup(lab, agent, name="gw2"):
    """A better host takes over."""
    other = lab.vipd(lab.host(name, "192.0.2.3/24"), [router(250)])
    other.wait_state("lan", "active")
    agent.wait_state("lan", "backup")
    return other


# ---- what the kernel has ----

def test_routes_and_rules_come_and_go_with_the_state(lab):
    agent = gateway(lab, {**DEFAULT, "metric": 10, "source": "192.0.2.1"},
                    {"to": "198.51.100.0/24", "type": "blackhole", "metric": 1000},
                    {"to": "198.51.101.0/24", "interface": "eth1"}, rules=[RULE])
    host = agent.host
    before = foreign(host)
    [route] = wait_routes(host, 1, table="100")
    assert (route["dst"], route["gateway"], route["dev"], route["metric"], route["prefsrc"]) == \
        ("default", "203.0.113.1", "eth1", 10, "192.0.2.1")
    assert routes(host, type="blackhole")[0]["metric"] == 1000
    assert routes(host, dst="198.51.101.0/24")[0]["scope"] == "link"
    [rule] = rules(host)
    assert (rule["priority"], rule["src"], rule["srclen"], rule["table"]) == \
        (1000, "192.0.2.0", 24, "100")
    other = become_backup(lab, agent)
    wait_routes(host, 0)
    wait_rules(host, 0)
    assert other.term() == 0
    agent.wait_state("lan", "active")
    wait_routes(host, 3)
    wait_rules(host, 1)
    assert agent.term() == 0
    assert (routes(host), rules(host), foreign(host)) == ([], [], before)


def test_rules_go_before_routes_and_these_before_their_source(lab):
    agent = gateway(lab, {**DEFAULT, "source": "192.0.2.1"}, rules=[RULE])
    events = monitor(agent.host)
    ours = {"rule": "1000:", "route": "default via 203.0.113.1", "address": VIP}

    def order(gone):
        found = {}
        for number, line in enumerate(events()):
            for what, words in ours.items():
                if words in line and line.startswith("Deleted ") == gone:
                    found.setdefault(what, number)
        return sorted(found, key=found.get) if len(found) == 3 else None

    wait_routes(agent.host, 1)
    other = become_backup(lab, agent)
    assert wait_until(lambda: order(gone=True), what="all gone") == ["rule", "route", "address"]
    assert other.term() == 0
    agent.wait_state("lan", "active")
    assert wait_until(lambda: order(gone=False), what="all back") == ["address", "route", "rule"]
    assert not any("news=" in line for line in agent.log)


def test_routes_of_both_families_come_with_the_router_of_both(lab):
    agent = gateway(lab, {"to": "default", "interface": "eth1", "table": 200},
                    {"to": "2001:db8:7::/48", "via": "2001:db8:1::1"},
                    {"to": "198.51.100.0/24", "via": "fe80::1", "interface": "eth1"},
                    rules=[{"fwmark": "0x10/0xff", "table": 200, "priority": 2000}],
                    ipv6=True, addresses=[VIP, "2001:db8::1/64"])
    assert len(wait_routes(agent.host, 2, table="200")) == 2
    assert [it["gateway"] for it in wait_routes(agent.host, 1, dst="2001:db8:7::/48")] == \
        ["2001:db8:1::1"]
    assert routes(agent.host, dst="198.51.100.0/24")[0]["via"] == {"family": "inet6",
                                                                   "host": "fe80::1"}
    wait_rules(agent.host, 2, priority=2000, fwmark="0x10", fwmask="0xff")
    assert agent.term() == 0
    assert (routes(agent.host), rules(agent.host)) == ([], [])


def test_nexthops_are_those_whose_interface_is_up(lab):
    hops = [{"via": "203.0.113.1", "interface": "eth1", "weight": 2},
            {"via": "192.0.2.77", "interface": "eth0"}]
    agent = gateway(lab, {"to": "default", "table": 100, "nexthops": hops})
    host = agent.host

    def ways():
        found = routes(host, table="100")
        return sorted((it["dev"], it["weight"]) for it in found[0].get("nexthops", [])) or \
            [it["dev"] for it in found] if found else None

    wait_until(lambda: ways() == [("eth0", 1), ("eth1", 2)], what="both ways")
    host.ip("link set eth1 down")
    wait_until(lambda: ways() == ["eth0"], what=lambda _: f"one way, not {ways()}")
    assert agent.router()["state"] == "active"
    host.ip("link set eth1 up")
    wait_until(lambda: ways() == [("eth0", 1), ("eth1", 2)], what="both ways again")


def test_router_with_a_virtual_mac_has_routes_over_its_macvlan(lab):
    agent = gateway(lab, {"to": "198.51.100.0/24", "interface": "vrrp.51.eth0",
                          "source": "192.0.2.1"},
                    mac="virtual")
    assert wait_routes(agent.host, 1)[0]["dev"] == "vrrp.51.eth0"
    become_backup(lab, agent)
    wait_routes(agent.host, 0)


# ---- what others have ----

def test_default_route_of_the_host_is_never_touched(lab):
    host = lab.host("gw1", OWN)
    host.attach("wan", WAN)
    host.ip("route add default via 203.0.113.77", "route add 198.51.100.0/24 dev eth1",
            "rule add from 192.0.2.0/24 table 100 pref 1000")
    before = foreign(host)
    agent = lab.vipd(host, [configured(
        [{**DEFAULT, "table": 254}, {"to": "198.51.100.0/24", "type": "blackhole"},
         {**DEFAULT, "table": 254, "metric": 50}], [RULE])])
    agent.wait_state("lan", "active")
    agent.wait_log(r'route="default via 203.0.113.1 dev eth1" news=failed error="File exists"')
    agent.wait_log(r'route="blackhole 198.51.100.0/24" news=failed error="File exists"')
    assert [it["metric"] for it in wait_routes(host, 1)] == [50]
    told = agent.router()
    assert told["missing_routes"] == ["default via 203.0.113.1 dev eth1",
                                      "blackhole 198.51.100.0/24"]
    status, lines = checked(agent)
    assert status == 1 and any("missing_route: it is Active without its route default via" in line
                               for line in lines)
    crash(agent)
    agent.wait_state("lan", "active")
    reload(agent)
    assert foreign(host) == before
    host.ip("route del 198.51.100.0/24 dev eth1")
    wait_routes(host, 1, type="blackhole")         # as soon as there is room, within a second
    become_backup(lab, agent)
    wait_routes(host, 0)
    wait_rules(host, 0)
    left, of_rules = foreign(host)
    assert left == [it for it in before[0] if it["dst"] == "default"] and of_rules == before[1]


@pytest.mark.parametrize("how", ["route del default table 100",
                                 "route replace default via 203.0.113.77 table 100"])
def test_stolen_route_comes_back_and_is_told(lab, how):
    agent = gateway(lab, DEFAULT)
    wait_routes(agent.host, 1)
    agent.host.ip(how)
    if "replace" in how:
        agent.wait_log(f'route="{TEXT}" news=failed error="File exists"')
        assert not routes(agent.host)
        agent.host.ip("route del default via 203.0.113.77 table 100")
    wait_routes(agent.host, 1)
    agent.wait_log(f'route="{TEXT}" news=restored')
    wait_until(lambda: not agent.router()["missing_routes"], what="nothing missing")


def test_route_that_is_stolen_again_and_again_is_left_alone_for_a_pause(lab):
    agent = gateway(lab, DEFAULT, rules=[RULE])
    for _ in range(20):
        if any("news=abandoned" in line for line in agent.log):
            break
        wait_routes(agent.host, 1)
        agent.host.ip("route del default table 100")
    agent.wait_log(f'route="{TEXT}" news=abandoned')
    assert agent.router()["state"] == "active"     # whatever becomes of it
    assert agent.router()["priority"] == agent.router()["effective_priority"]
    wait_routes(agent.host, 1)
    assert sum("news=restored" in line for line in agent.log) <= 7


def test_stolen_rule_comes_back_once(lab):
    agent = gateway(lab, rules=[RULE])
    for number in range(3):
        wait_rules(agent.host, 1)
        agent.host.ip("rule del pref 1000")
        agent.wait_log('rule="priority 1000 from 192.0.2.0/24 table 100" news=restored',
                       skip=0 if not number else len(agent.log) - 1)
    wait_rules(agent.host, 1)


# ---- interfaces ----

def test_route_that_goes_with_its_interface_comes_back_with_it(lab):
    agent = gateway(lab, {**DEFAULT, "required": False},
                    {"to": "198.51.100.0/24", "via": "203.0.113.1"})
    host = agent.host
    wait_routes(host, 2)
    host.ip("link set eth1 down")
    wait_routes(host, 0)
    agent.wait_log(f'route="{TEXT}" news=no_place')
    assert agent.router()["state"] == "active"
    host.ip("link set eth1 up")
    wait_routes(host, 2)                           # also that of which the kernel chose the way
    host.ip("link set eth1 name away")
    wait_routes(host, 1, dev="away")
    host.ip("link set away down", "link set away name eth1", "link set eth1 up")
    wait_routes(host, 2, dev="eth1")


def test_route_that_goes_with_its_source_comes_back_with_it(lab):
    agent = gateway(lab, {**DEFAULT, "source": "192.0.2.1"})
    wait_routes(agent.host, 1)
    agent.host.ip(f"address del {VIP} dev eth0")
    wait_until(lambda: VIP in agent.host.addresses(), what="the address back")
    wait_routes(agent.host, 1, prefsrc="192.0.2.1")
    agent.host.ip("address flush dev eth1")        # and with it, silently, the route
    wait_routes(agent.host, 0)
    agent.wait_log(f'route="{TEXT}" news=failed error="Network is unreachable" note="no network')
    agent.host.ip(f"address add {WAN} dev eth1")
    wait_routes(agent.host, 1)


def test_interface_of_a_required_route_is_one_of_the_router(lab):
    agent = gateway(lab, DEFAULT)
    wait_routes(agent.host, 1)
    agent.host.ip("link set eth1 down")
    agent.wait_fault("interface eth1, which a route leads over, is down")
    assert VIP not in agent.host.addresses()
    agent.host.ip("link set eth1 up")
    agent.wait_state("lan", "active")
    wait_routes(agent.host, 1)


@pytest.mark.parametrize("addresses", [[VIP], ["2001:db8::1/64"], [VIP, "2001:db8::1/64"]],
                         ids=["of IPv4", "of IPv6", "of both"])
@pytest.mark.parametrize("route", [
    {"to": "198.51.100.0/24", "via": "203.0.113.1"}, {"to": "2001:db8:7::/64", "via": "2001:db8:1::1"}],
    ids=["IPv4", "IPv6"])
def test_required_route_of_either_family_goes_and_comes_with_its_interface(lab, addresses, route):
    route = {**route, "interface": "eth1", "required": True}
    agent = gateway(lab, route, ipv6=True, wait=False, addresses=addresses)

    def wait_states(state):
        wait_until(lambda: {it["state"] for it in agent.show()["routers"]} == {state},
                   what=lambda _: agent.story(f"all to be {state}"))

    wait_states("active")
    wait_routes(agent.host, 1, dst=route["to"], dev="eth1")
    lab.cut(agent.host, silent=False, dev="eth1")
    wait_states("fault")
    wait_routes(agent.host, 0)
    assert not set(addresses) & set(agent.host.addresses())
    lab.heal(agent.host, dev="eth1")
    wait_states("active")
    wait_routes(agent.host, 1, dst=route["to"], dev="eth1")


def test_router_whose_route_has_no_interface_begins_in_fault(lab):
    agent = gateway(lab, {**DEFAULT, "interface": "ppp0"}, wait=False)
    agent.wait_fault("there is no interface ppp0 for a route to lead over")


# ---- generations ----

def test_crash_and_reload_touch_nothing_that_stays(lab):
    agent = gateway(lab, DEFAULT, {"to": "198.51.100.0/24", "type": "prohibit"},
                    {"to": "198.51.101.0/24", "via": "203.0.113.1"}, rules=[RULE])
    host = agent.host
    wait_routes(host, 3)
    events = monitor(host)

    def has_come(network):                         # the one before would have come as well
        host.ip(f"route add {network} dev eth1", f"route del {network} dev eth1")
        return any(network in line for line in events())

    wait_until(lambda: has_come("198.51.102.0/24"), what="a monitor")
    crash(agent)
    reload(agent)
    crash(agent)
    agent.configure([configured([DEFAULT, {"to": "198.51.100.0/24", "type": "prohibit"},
                                 {"to": "198.51.101.0/24", "via": "203.0.113.1"}], [RULE],
                                interval="200ms")])
    reload(agent)
    agent.wait_state("lan", "active")
    wait_until(lambda: has_come("198.51.103.0/24"), what="a monitor")
    ours = [line for line in events() if "proto 112" in line or "1000:" in line or
            "198.51.100" in line or "198.51.101" in line or "203.0.113.1 " in line]
    assert ours == [] and len(routes(host)) == 3 and len(rules(host)) == 1


def test_reload_that_changes_a_route_does_it_the_first_time(lab):
    agent = gateway(lab, DEFAULT, {"to": "198.51.100.0/24", "via": "203.0.113.1"},
                    {"to": "198.51.101.0/24", "via": "203.0.113.1"}, rules=[RULE])
    wait_routes(agent.host, 3)
    agent.configure([configured(
        [{**DEFAULT, "via": "203.0.113.3"}, {"to": "198.51.100.0/24", "type": "blackhole"},
         {"to": "198.51.101.0/24", "via": "203.0.113.1", "metric": 5}],
        [{**RULE, "from": "198.51.100.0/24"}])])
    reload(agent)
    found = {(it["dst"], it.get("type"), it.get("gateway"), it.get("metric"))
             for it in wait_routes(agent.host, 3)}
    assert found == {("default", "unicast", "203.0.113.3", None),
                     ("198.51.100.0/24", "blackhole", None, None),
                     ("198.51.101.0/24", "unicast", "203.0.113.1", 5)}
    assert [it["src"] for it in rules(agent.host)] == ["198.51.100.0"]
    assert not any("news=failed" in line for line in agent.log)
    agent.configure([configured()])
    reload(agent)
    assert (routes(agent.host), rules(agent.host)) == ([], [])
    agent.configure([configured([DEFAULT], [RULE])])
    reload(agent)
    wait_routes(agent.host, 1)
    wait_rules(agent.host, 1)


def test_rule_is_there_exactly_once_through_all_changes(lab):
    agent = gateway(lab, DEFAULT, rules=[RULE, {**RULE, "from": "198.51.100.0/24",
                                                "priority": 1001}])
    host = agent.host
    other = {**RULE, "from": "198.51.100.0/24", "priority": 1001}

    def become_backup_and_active(name):
        better = become_backup(lab, agent, name)
        wait_rules(host, 0)
        assert better.term() == 0
        agent.wait_state("lan", "active")

    def change(**keys):
        agent.configure([configured([DEFAULT], [other, RULE], **keys)])
        reload(agent)

    for happens in (lambda: become_backup_and_active("gw2"), lambda: crash(agent),
                    lambda: change(interval="90ms"), lambda: reload(agent),
                    lambda: host.ip("rule del pref 1001"), lambda: change(preempt=False),
                    lambda: become_backup_and_active("gw3")):
        happens()
        wait_rules(host, 1, priority=1000)
        wait_rules(host, 1, priority=1001)
        wait_routes(host, 1)
    assert len(rules(host)) == 2


# Of each line one may be there: they differ from one another in as little as there is.
SOME_RULES = [[{**RULE, **keys} for keys in variants] for variants in (
    ({}, {"from": "192.0.2.0/25"}, {"fwmark": 7}, {"iif": "eth1"}),
    ({"priority": 1001}, {"priority": 1001, "from": "192.0.2.0/25"}), ({"table": 101},))]
SOME_ROUTES = [[{"to": "10.9.0.0/16", "via": "203.0.113.1", "interface": "eth1", **keys}
                for keys in variants] for variants in (
    ({}, {"via": "203.0.113.7"}), ({"metric": 10}, {"metric": 10, "via": "203.0.113.7"}),
    ({"table": 100},), ({"to": "10.9.0.0/17"},))]


def exactly(host):
    """What vipd has in the kernel, each as often as it is there."""
    return (sorted((it["priority"], it["src"], it.get("srclen", 32), it["table"],
                    it.get("fwmark", "-"), it.get("iif", "-")) for it in rules(host)),
            sorted((it["dst"], it["gateway"], it.get("table", "main"), it.get("metric", 0))
                   for it in routes(host)))


def expected(some_rules, some_routes):
    """Likewise, as it is configured."""
    return (sorted((it["priority"], it["from"].split("/")[0], int(it["from"].split("/")[1]),
                    str(it["table"]), hex(it["fwmark"]) if "fwmark" in it else "-",
                    it.get("iif", "-")) for it in some_rules),
            sorted((it["to"], it["via"], str(it.get("table", "main")), it.get("metric", 0))
                   for it in some_routes))


@pytest.mark.parametrize("seed", [1, 2])
def test_rules_and_routes_are_those_configured_through_days_of_changes(lab, seed):
    """Reloads that change, exchange and remove them, crashes, and others who remove some: after
    each there is exactly one of each, nothing old, and what is the host's stays."""
    draw = random.Random(seed)
    now = [[variants[0] for variants in it] for it in (SOME_RULES, SOME_ROUTES)]
    agent = gateway(lab, *now[1], rules=now[0])
    host = agent.host
    host.ip("rule add from 192.0.2.0/24 table 100 pref 999", "route add 10.9.0.0/16 via "
            "203.0.113.9 metric 99")
    before = foreign(host)

    def change():
        found = [[draw.choice(variants) for variants in draw.sample(it, draw.randint(0, len(it)))]
                 for it in (SOME_RULES, SOME_ROUTES)]
        agent.configure([configured(found[1], found[0])])
        reload(agent)
        return found

    def remove():
        """One of each, if there is one; a pause would follow if it was always the same."""
        for it in draw.sample(now[0], min(1, len(now[0]))):
            host.ip(f"rule del pref {it['priority']} from {it['from']} table {it['table']}"
                    + (f" fwmark {it['fwmark']}" if "fwmark" in it else "")
                    + (f" iif {it['iif']}" if "iif" in it else ""))
        for it in draw.sample(now[1], min(1, len(now[1]))):
            host.ip(f"route del {it['to']} via {it['via']} proto {MARK}"
                    f" table {it.get('table', 'main')} metric {it.get('metric', 0)}")

    days = ["change", "change", "remove", "change", "reload"] * 3
    for crashes in (3, 11):                        # the third one within a minute is the last
        days.insert(crashes, "crash")
    for step, happens in enumerate(days):
        if happens == "change":
            now = change()
        elif happens == "remove":
            remove()
        else:
            {"crash": crash, "reload": reload}[happens](agent)
        wait_until(lambda: exactly(host) == expected(*now), what=lambda _: agent.story(
            f"step {step}, {happens}, seed {seed}: {exactly(host)} to be {expected(*now)}"))
    assert foreign(host) == before
    assert agent.router()["counters"]["became_active"] == 1
    assert agent.term() == 0
    assert exactly(host) == ([], []) and foreign(host) == before


def test_upgrade_touches_nothing(lab, own_binary):
    agent = gateway(lab, DEFAULT, rules=[RULE])
    wait_routes(agent.host, 1)
    events = monitor(agent.host)
    wait_until(lambda: (agent.host.ip("rule add pref 5 table 5", "rule del pref 5 table 5"),
                        any(line.startswith("5:") for line in events())), what="a monitor")
    mark = len(events())
    upgrade(agent, own_binary)
    assert len(routes(agent.host)) == 1 and len(rules(agent.host)) == 1
    assert not [line for line in events()[mark:] if "203.0.113.1" in line or "1000:" in line]


def test_router_that_a_reload_removes_takes_its_routes_along(lab):
    host = lab.host("gw1", OWN)
    host.attach("wan", WAN)
    two = configured([{**DEFAULT, "table": 200}], [{**RULE, "priority": 2000}], name="two", vrid=52)
    two["addresses"] = ["192.0.2.12/24"]
    agent = lab.vipd(host, [configured([DEFAULT], [RULE]), two])
    agent.wait_state("two", "active")
    agent.wait_state("lan", "active")
    wait_routes(host, 2)
    agent.configure([configured([DEFAULT], [RULE])])
    reload(agent)
    assert [it["table"] for it in routes(host)] == ["100"]
    assert [it["priority"] for it in rules(host)] == [1000]


def test_last_will_leaves_nothing(lab):
    agent = gateway(lab, DEFAULT, {"to": "198.51.100.0/24", "type": "blackhole"}, rules=[RULE])
    host = agent.host
    wait_routes(host, 2)
    before = foreign(host)
    agent.expected_to_live = False
    killed = set()

    def gives_up():                                # after one death too many
        for pid in set(agent.router_pids) - killed:
            killed.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return any("last_will=executed" in line for line in agent.log)

    wait_until(gives_up, what=lambda _: agent.story("the last will"))
    assert (routes(host), rules(host), foreign(host)) == ([], [], before)


def test_sweep_leaves_nothing(lab):
    agent = gateway(lab, DEFAULT, {"to": "198.51.100.0/24", "type": "blackhole"}, rules=[RULE])
    host = agent.host
    wait_routes(host, 2)
    before = foreign(host)
    agent.kill()                                   # nobody is left
    assert len(routes(host)) == 2 and len(rules(host)) == 1
    assert run_vipd(host, "-S").returncode == 0
    assert (routes(host), rules(host), foreign(host)) == ([], [], before)


def test_start_removes_what_a_dead_one_left(lab):
    agent = gateway(lab, DEFAULT, rules=[RULE])
    wait_routes(agent.host, 1)
    agent.kill()
    another = lab.vipd(agent.host, [configured(vrid=52)])
    wait_routes(agent.host, 0)
    wait_rules(agent.host, 0)
    another.wait_state("lan", "active")


# ---- what the kernel does not take ----

def test_table_that_nobody_knows_is_made_and_goes_again(lab):
    agent = gateway(lab, {**DEFAULT, "table": 3999}, rules=[{**RULE, "table": 3998}])
    host = agent.host
    wait_routes(host, 1, table="3999")
    wait_rules(host, 1, table="3998")              # which has no route: the next rule is asked
    ping = lab.ping(lab.host("client", "192.0.2.100/24"), "192.0.2.1")
    ping.wait_answer()
    crash(agent)
    wait_routes(host, 1, table="3999")
    become_backup(lab, agent)
    wait_routes(host, 0)
    wait_rules(host, 0)
    assert not any("news=" in line for line in agent.log)


def test_route_over_an_unreachable_gateway_is_told_and_tried_again(lab):
    agent = gateway(lab, {"to": "198.51.100.0/24", "via": "198.18.0.1", "interface": "eth1"},
                    {"to": "198.51.101.0/24", "via": "198.18.0.1", "interface": "eth1",
                     "onlink": True},
                    {"to": "198.51.102.0/24", "interface": "eth1", "source": "198.18.0.9"})
    agent.wait_log(r'route="198.51.100.0/24 via 198.18.0.1 dev eth1" news=failed '
                   r'error="Network is unreachable" note="no network of this host has its gateway')
    agent.wait_log(r'route="198.51.102.0/24 dev eth1" news=failed error="Invalid argument"')
    wait_routes(agent.host, 1, dst="198.51.101.0/24")
    assert agent.router()["state"] == "active"
    agent.host.ip("address add 198.18.0.2/24 dev eth1", "address add 198.18.0.9/32 dev lo")
    wait_routes(agent.host, 3)
    assert sum("news=failed" in line for line in agent.log) == 2
