# SPDX-License-Identifier: MIT
"""What users of keepalived have reported of groups, weights, delays, routes and rules, in other
combinations than elsewhere: a reload, a fault or a key that meets something which is under way.
"""

import pytest

from agents import router
from frames import Key
from generations import OWN, crash, reload
from lab import wait_until
from test_auth import KEY, keys_file, rejected, signing
from test_groups import DMZ, GROUP, LAN, PLACES, WAN, became, held, host, members, wait_all
from test_groups import pair as group_pair
from test_routes import configured, gateway, routes, rules, shown, wait_routes, wait_rules
from test_tracking import down, priority_of, tracking, wait_priority
from test_tracking import host as tracking_host
from test_tracking import pair as tracking_pair

MOVED = {"to": "10.9.0.0/16", "via": "198.51.100.1", "interface": "eth0", "table": 100}


# ---- routes and rules ----

def test_reload_that_replaces_the_network_of_a_gateway_keeps_the_route(lab):
    """The kernel takes the route away with the address, and says nothing of it."""
    old, new = "198.51.100.4/24", "198.51.100.5/24"
    agent = gateway(lab, MOVED, addresses=[old])
    wait_routes(agent.host, 1)
    for address in (new, old):
        agent.configure([configured([MOVED], addresses=[address])])
        reload(agent)
        wait_until(lambda it=address: it in agent.host.addresses(), what="the other address")
        wait_routes(agent.host, 1, dst="10.9.0.0/16", gateway="198.51.100.1")
    assert not {new} & set(agent.host.addresses())
    assert agent.router()["state"] == "active" and became(agent) == 1


def test_route_that_had_no_interface_at_the_takeover_is_there_once(lab):
    """Reloaded in between, while the interface is down and when it is back."""
    agent = gateway(lab, {**MOVED, "via": "203.0.113.1", "interface": "eth1", "required": False},
                    rules=[{"from": "192.0.2.0/24", "table": 100, "priority": 1000}], wait=False)
    agent.host.ip("link set eth1 down")
    agent.wait_state("lan", "active")
    wait_routes(agent.host, 0)
    reload(agent)
    agent.host.ip("link set eth1 up")
    wait_routes(agent.host, 1)
    reload(agent)
    crash(agent)
    assert len(wait_routes(agent.host, 1)) == len(rules(agent.host)) == 1


def test_reload_that_removes_all_there_is_but_the_router(lab):
    agent = gateway(lab, MOVED, rules=[{"from": "192.0.2.0/24", "table": 100, "priority": 1000}],
                    addresses=["192.0.2.1/24", "198.51.100.4/24"],
                    extra_addresses=["192.0.2.77/32"])
    wait_routes(agent.host, 1)
    old = agent.host.addresses()
    agent.configure([router(200)])
    reload(agent)
    wait_until(lambda: sorted(agent.host.addresses()) == sorted([OWN, "192.0.2.1/24"]),
               what=lambda _: agent.story(f"the rest of {old} to go"))
    assert (routes(agent.host), rules(agent.host)) == ([], [])
    pid = agent.router_pid
    agent.configure([configured([MOVED], addresses=["192.0.2.1/24", "198.51.100.4/24"])])
    reload(agent)
    wait_routes(agent.host, 1)
    assert became(agent) == 1 and agent.router_pid != pid
    assert not any("lost=" in line for line in agent.log)


def test_rule_of_somebody_else_with_the_same_words_stays(lab):
    """It differs by its protocol alone."""
    words = "from 192.0.2.0/24 table 100 priority 1000"
    made = lab.host("gw1", OWN)
    made.ip(f"rule add {words} protocol 201")
    agent = lab.vipd(made, [configured([], [{"from": "192.0.2.0/24", "table": 100,
                                             "priority": 1000}])])
    agent.wait_state("lan", "active")
    wait_rules(made, 1, src="192.0.2.0")
    crash(agent)
    reload(agent)
    assert len(rules(made)) == 1
    agent.term()
    wait_rules(made, 0)
    [left] = [it for it in shown(made, "rule") if it.get("src") == "192.0.2.0"]
    assert str(left["protocol"]) == "201"


# ---- groups ----

def test_group_comes_back_however_its_interfaces_blink(lab):
    """keepalived's groups stayed in FAULT for good."""
    agent = lab.vipd(host(lab, "gw1", 2), members(200), groups=[GROUP])
    wait_all(agent, "active")
    for order in (("eth0", "eth1"), ("eth1", "eth0")):
        for dev in order:
            lab.cut(agent.host, silent=False, dev=dev)
        wait_all(agent, "fault")
        for dev in order:
            lab.heal(agent.host, dev=dev)
            lab.cut(agent.host, silent=False, dev=dev)
            lab.heal(agent.host, dev=dev)
        wait_all(agent, "active")
        wait_until(lambda: held(agent) == {LAN, WAN}, what="the addresses")


def test_member_that_joins_an_active_group_is_active_whatever_its_delays(lab):
    """Nor is it without an announcement, though somebody else had that address meanwhile."""
    keys = {"preempt_delay": "60s", "start_delay": "60s"}
    other = lab.vipd(host(lab, "gw2", 3), [members(100, "dmz")[0]])
    other.wait_state("dmz", "active")
    one = lab.vipd(host(lab, "gw1", 2), members(200), groups=[GROUP])
    wait_all(one, "active")
    mark = lab.now()
    one.configure(members(200, *PLACES, **keys), groups=[{**GROUP, "routers": list(PLACES)}])
    reload(one)
    wait_until(lambda: held(one) == {LAN, WAN, DMZ}, what=lambda _: one.story("all addresses"))
    wait_all(one, "active")
    other.wait_state("dmz", "backup")
    lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa=DMZ.split("/", 1)[0])
    assert one.router("lan")["counters"]["became_active"] == 1


def test_group_with_a_weight_is_handed_over_as_one_and_back(lab):
    """The weight of a member that is not the first, beside no_preempt of the other host."""
    one, two = group_pair(lab)
    heavy = members(200)
    heavy[1]["track"] = [{"interface": "eth2", "weight": -150}]
    one.configure(heavy, groups=[GROUP])
    reload(one)
    lab.cut(one.host, silent=False, dev="eth2")
    wait_all(two, "active")
    wait_all(one, "backup")
    assert {it["effective_priority"] for it in one.show()["routers"]} == {50}
    two.configure(members(100, preempt=False), groups=[GROUP])
    reload(two)
    lab.heal(one.host, dev="eth2")
    wait_all(one, "active")                        # it preempts: what the other one does not
    wait_all(two, "backup")
    assert became(one) == 4 and became(two) == 2


def test_member_goes_from_one_active_group_to_another(lab):
    """On both hosts, one after the other; and on one alone, whose groups are other ones then."""
    plain = members(200, *PLACES) + [{**members(200, "lan")[0], "name": "two", "vrid": 77,
                                      "addresses": ["192.0.2.9/24"]}]

    def conf(**groups):
        return {"groups": [{"name": it, "routers": list(of)} for it, of in groups.items()]}

    first = conf(a=("lan", "wan"), b=("dmz", "two"))
    one = lab.vipd(host(lab, "gw1", 2), plain, **first)
    two = lab.vipd(host(lab, "gw2", 3), [{**it, "priority": 100} for it in plain], **first)
    wait_all(one, "active")
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]),
               what="a Backup that hears all")
    for groups in (conf(a=("lan",), b=("dmz", "two", "wan")), conf(b=("dmz", "two", "wan", "lan")),
                   conf(a=("wan", "two"), b=("dmz", "lan")), conf(b=("wan", "two"), a=("lan", "dmz")),
                   {}):
        for agent, priority in ((one, 200), (two, 100)):
            agent.configure([{**it, "priority": priority} for it in plain], **groups)
            reload(agent)
        one.host.wait_adverts(6, since=lab.now())
    one.configure(plain, **conf(all=("lan", "wan", "dmz", "two")))
    reload(one)
    one.host.wait_adverts(20, since=lab.now())
    wait_all(one, "active")
    assert (became(one), became(two)) == (4, 0)


def test_group_follows_a_tracked_port_in_and_out_of_its_bridge(lab):
    """The members were in different states when the port had left while another one was down."""
    routers = members(200)
    routers[0]["track"] = [{"interface": "port"}]
    agent = lab.vipd(host(lab, "gw1", 2), routers, groups=[GROUP])
    here = agent.host
    here.ip("link add br0 type bridge", "link set br0 up", "link add port type veth peer name far",
            "link set far up", "link set port up master br0")
    wait_all(agent, "active")
    for _ in range(2):
        here.ip("link set eth0 down")
        wait_all(agent, "fault")
        here.ip("link set port nomaster", "link set eth0 up", f"address replace {OWN} dev eth0")
        wait_all(agent, "active")
        here.ip("link set port master br0")
    for gone in ("link set port down", "link delete port"):
        here.ip(gone)
        wait_all(agent, "fault")
    assert held(agent) == set()


def test_group_comes_back_when_its_interface_has_its_name_again(lab):
    agent = lab.vipd(host(lab, "gw1", 2), members(200), groups=[GROUP])
    wait_all(agent, "active")
    for old, new, state in (("eth0", "new0", "fault"), ("new0", "eth0", "active")):
        agent.host.ip(f"link set {old} down", f"link set {old} name {new}", f"link set {new} up")
        wait_all(agent, state)
    wait_until(lambda: held(agent) == {LAN, WAN}, what="the addresses")


def test_group_preempts_when_all_of_it_would(lab):
    """One member has preempt = false, or waits; whoever is gone is taken over from all the same."""
    two = lab.vipd(host(lab, "gw2", 3), members(100), groups=[GROUP])
    wait_all(two, "active")
    mixed = members(200)
    mixed[1]["preempt"] = False
    one = lab.vipd(host(lab, "gw1", 2), mixed, groups=[GROUP])
    assert any("and so preempt nobody" in line for line in one.log)
    wait_until(lambda: all(it["active_address"] or it["name"] == "lan"
                           for it in one.show()["routers"]), what="a Backup that hears")
    two.host.wait_adverts(30, since=lab.now())
    wait_all(one, "backup")
    mixed[1] |= {"preempt": True, "preempt_delay": "1500ms"}
    one.configure(mixed, groups=[GROUP])
    mark = reload(one)
    wait_all(one, "active")
    first = lab.capture.adverts(host=one.host, since=mark)[0].ns
    assert (first - mark) / 1e9 > 1.4 and became(one) == 2
    wait_all(two, "backup")


def test_member_that_leaves_a_group_in_fault_serves(lab):
    agent = lab.vipd(host(lab, "gw1", 2), members(200), groups=[GROUP])
    wait_all(agent, "active")
    lab.cut(agent.host, silent=False, dev="eth1")
    wait_all(agent, "fault")
    agent.configure(members(200))
    reload(agent)
    agent.wait_state("lan", "active")
    agent.wait_state("wan", "fault")
    agent.configure(members(200), groups=[GROUP])
    reload(agent)
    wait_all(agent, "fault")


def test_member_that_comes_to_a_drained_group_is_drained(lab):
    """Drained in a fault, too; all are Backups until they are resumed."""
    one, two = group_pair(lab)
    lab.cut(one.host, silent=False, dev="eth1")
    wait_all(two, "active")
    one.ctl("drain", "gateway")
    lab.heal(one.host, dev="eth1")
    wait_all(one, "backup")
    one.configure(members(200, *PLACES), groups=[{**GROUP, "routers": list(PLACES)}])
    reload(one)
    two.host.wait_adverts(20, since=lab.now())
    assert {it["state"] for it in one.show()["routers"]} == {"backup"}
    assert {it["effective_priority"] for it in one.show()["routers"]} == {1}
    assert all(it["drained"] for it in one.show()["routers"])
    one.ctl("resume", "gateway")
    wait_all(one, "active")


# ---- priorities and delays ----

def test_no_preempt_keeps_a_weight_from_moving_anything_but_not_a_fault(lab):
    one, two = tracking_pair(lab, -90, preempt=False)
    down(lab, one)
    wait_priority(one, 60)
    one.host.wait_adverts(10, since=lab.now())
    assert (one.router()["state"], two.router()["state"]) == ("active", "backup")
    one.configure([tracking(150, {"interface": "eth1"}, preempt=False)])
    reload(one)
    two.wait_state("lan", "active")
    one.wait_state("lan", "fault")


def test_reload_that_stops_tracking_what_is_down_gives_the_priority_back_once(lab):
    one, two = tracking_pair(lab, -90)
    down(lab, one)
    two.wait_state("lan", "active")
    one.configure([router(150)])
    reload(one)
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    assert priority_of(one) == 150 and (became(one), became(two)) == (2, 1)


def test_preempt_delay_begins_anew_when_a_weight_has_come_and_gone(lab):
    """As long as ours is the lower one nobody is tolerated: that one is our better."""
    interval, delay = 0.1, 1.5
    fast = {"interval": "100ms"}
    two = lab.vipd(tracking_host(lab, "gw2", 3), [router(100, **fast)])
    two.wait_state("lan", "active")
    one = lab.vipd(tracking_host(lab, "gw1", 2), [tracking(200, -150, preempt_delay="1500ms",
                                                           **fast)])
    two.host.wait_adverts(int(delay / 2 / interval), since=lab.now())
    down(lab, one)
    wait_priority(one, 50)
    two.host.wait_adverts(3, since=lab.now())
    mark = lab.now()
    lab.heal(one.host, dev="eth1")
    took = (lab.capture.wait_advert(10, host=one.host, since=mark).ns - mark) / 1e9
    assert delay < took < delay + 2.5, took


def test_weight_that_changes_in_a_fault_counts_when_it_is_over(lab):
    """Both ways: what was heard of while the router took no part is not lost, nor counted twice."""
    here = host(lab, "gw1", 2)
    agent = lab.vipd(here, [router(200, track=[{"interface": "eth1"},
                                               {"interface": "eth2", "weight": -150}])])
    agent.wait_state("lan", "active")
    for change, priority in ((lab.cut, 50), (lab.heal, 200)):
        lab.cut(here, silent=False, dev="eth1")
        agent.wait_state("lan", "fault")
        change(here, dev="eth2", **({"silent": False} if change == lab.cut else {}))
        wait_priority(agent, priority)
        lab.heal(here, dev="eth1")
        agent.wait_state("lan", "active")
        assert priority_of(agent) == priority


# ---- keys ----

def test_peer_with_another_key_disturbs_nobody_else(lab):
    """One of three hosts was forgotten when the keys changed: told with its address, and alone."""
    numbers, gateways = (2, 3, 4), []
    keys_file(lab, KEY)
    keys_file(lab, Key(1, bytes(range(1, 33))), name="old")
    for number in numbers:
        peers = [f"192.0.2.{it}" for it in numbers if it != number]
        gateways.append(lab.vipd(
            lab.host(f"gw{number}", f"192.0.2.{number}/24"),
            [signing(lab, 250 - 50 * number if number < 4 else 200, unicast={"peers": peers},
                     file="old" if number == 4 else "keys")]))
        if number == 2:
            gateways[0].wait_state("lan", "active")
    one, two, forgotten = gateways
    forgotten.wait_state("lan", "active")          # it hears nobody whom it believes
    wait_until(lambda: all(rejected(it).get("hmac_bad", 0) > 3 for it in (one, two)),
               what=lambda _: f"rejects, not {[rejected(it) for it in gateways]}")
    assert (one.router()["state"], two.router()["state"]) == ("active", "backup")
    assert two.router()["active_address"] == "192.0.2.2"
    for agent in (one, two):
        [line] = [line for line in agent.log if "rejected=hmac" in line]
        assert "source=192.0.2.4" in line
        assert {it["source"] for it in agent.router()["rejected_sources"]} == {"192.0.2.4"}


# ---- a reload that changes one key alone ----

ROUTE = {"to": "10.9.0.0/16", "via": "203.0.113.1", "interface": "eth1", "table": 100}
HOPS = [{"via": "203.0.113.1", "interface": "eth1"}, {"via": "192.0.2.9", "interface": "eth0"}]
SPREAD = {"to": "10.9.0.0/16", "table": 100}
# What the kernel shows of the route then, where it is not what it shows of ROUTE.
ROUTE_CHANGES = {
    "source": ({**ROUTE, "source": "203.0.113.2"}, {"prefsrc": "203.0.113.2"}),
    "another source": ({**ROUTE, "source": "198.51.100.4"}, {"prefsrc": "198.51.100.4"}),
    "interface": ({**ROUTE, "via": "192.0.2.9", "interface": "eth0"},
                  {"gateway": "192.0.2.9", "dev": "eth0"}),
    "table": ({**ROUTE, "table": 101}, {"table": "101"}),
    "metric": ({**ROUTE, "metric": 7}, {"metric": 7}),
    "to": ({**ROUTE, "to": "10.9.0.0/17"}, {"dst": "10.9.0.0/17"}),
    "onlink": ({**ROUTE, "onlink": True}, {"flags": ["onlink"]}),
    "no gateway": ({"to": "10.9.0.0/16", "interface": "eth1", "table": 100},
                   {"gateway": None, "scope": "link"}),
    "scope": ({"to": "10.9.0.0/16", "interface": "eth1", "table": 100, "scope": "site"},
              {"gateway": None, "scope": "site"}),
    "gateway of IPv6": ({**ROUTE, "via": "2001:db8:1::9"},
                        {"gateway": None, "via": {"family": "inet6", "host": "2001:db8:1::9"}}),
    "type": ({"to": "10.9.0.0/16", "type": "unreachable", "table": 100},
             {"type": "unreachable", "gateway": None, "dev": None}),
    "nexthops": ({**SPREAD, "nexthops": HOPS}, {"weights": [1, 1]}),
    "weight of a nexthop": ({**SPREAD, "nexthops": [{**HOPS[0], "weight": 3}, HOPS[1]]},
                            {"weights": [1, 3]}),
    "fewer nexthops": ({**SPREAD, "nexthops": HOPS[:1]}, {}),
}
LIKE_ROUTE = {"dst": "10.9.0.0/16", "gateway": "203.0.113.1", "dev": "eth1", "table": "100",
              "metric": None, "prefsrc": None, "type": "unicast", "flags": [], "via": None,
              "weights": None, "scope": "global"}
RULE = {"from": "192.0.2.0/24", "table": 100, "priority": 1000}
LIKE_RULE = {"src": "192.0.2.0", "srclen": 24, "dst": None, "table": "100", "priority": 1000,
             "iif": None, "oif": None, "fwmark": None, "fwmask": None, "action": None}
RULE_CHANGES = {
    "to": ({**RULE, "to": "10.9.0.0/16"}, {"dst": "10.9.0.0"}),
    "iif": ({**RULE, "iif": "eth1"}, {"iif": "eth1"}),
    "another iif": ({**RULE, "iif": "nowhere"}, {"iif": "nowhere"}),
    "oif": ({**RULE, "oif": "eth1"}, {"oif": "eth1"}),
    "fwmark": ({**RULE, "fwmark": 16}, {"fwmark": "0x10"}),
    "mask of the mark": ({**RULE, "fwmark": "0x10/0xff"}, {"fwmark": "0x10", "fwmask": "0xff"}),
    "another mask": ({**RULE, "fwmark": "0x10/0xf0"}, {"fwmark": "0x10", "fwmask": "0xf0"}),
    "table": ({**RULE, "table": 101}, {"table": "101"}),
    "priority": ({**RULE, "priority": 1001}, {"priority": 1001}),
    "prefix": ({**RULE, "from": "192.0.2.0/25"}, {"srclen": 25}),
    "type": ({"from": "192.0.2.0/24", "type": "prohibit", "priority": 1000},
             {"action": "prohibit", "table": None}),
}


def there_and_back(changes, first):
    """Yields each change of the first one, and that again; then each as a change of the one before."""
    for name, (now, differs) in changes.items():
        yield name, now, first[1] | differs
        yield f"not any more: {name}", *first
    for name, (now, differs) in changes.items():
        yield f"next: {name}", now, first[1] | differs


def seen_route(it):
    """A route as LIKE_ROUTE has it."""
    hops = [hop["weight"] for hop in it.get("nexthops", ())]
    seen = {key: it.get(key) for key in LIKE_ROUTE} | {"weights": sorted(hops) or None}
    if hops:
        seen |= {"gateway": LIKE_ROUTE["gateway"], "dev": LIKE_ROUTE["dev"]}
    return seen | {"flags": [flag for flag in it.get("flags", ()) if flag == "onlink"]}


def wait_exactly(shown_now, seen, wanted, name):
    """Waits until there is this one, and no other one."""
    wait_until(lambda: [seen(it) for it in shown_now()] == [wanted],
               what=lambda _: f"{name}: {wanted}, not {[seen(it) for it in shown_now()]}")


@pytest.mark.long
def test_reload_that_changes_one_key_of_a_route_leaves_nothing_old(lab):
    """keepalived kept a route of which the source alone was another one."""
    agent = gateway(lab, ROUTE, ipv6=True, extra_addresses=["198.51.100.4/32"])
    [old] = wait_routes(agent.host, 1)
    assert seen_route(old) == LIKE_ROUTE
    for name, now, wanted in there_and_back(ROUTE_CHANGES, (ROUTE, LIKE_ROUTE)):
        agent.configure([configured([now], extra_addresses=["198.51.100.4/32"])])
        reload(agent)
        wait_exactly(lambda: routes(agent.host), seen_route, wanted, name)
    assert became(agent) == 1 and not any("news=failed" in line for line in agent.log)


@pytest.mark.campaign
def test_reload_that_changes_one_key_of_a_rule_leaves_nothing_old(lab):
    agent = gateway(lab, rules=[RULE])
    def seen(it):
        return {key: it.get(key) for key in LIKE_RULE}
    wait_exactly(lambda: rules(agent.host), seen, LIKE_RULE, "the first one")
    for name, now, wanted in there_and_back(RULE_CHANGES, (RULE, LIKE_RULE)):
        agent.configure([configured([], [now])])
        reload(agent)
        wait_exactly(lambda: rules(agent.host), seen, wanted, name)
    assert became(agent) == 1 and not any("news=failed" in line for line in agent.log)


# ---- routes and rules of several, and of what is not there ----

def test_route_that_two_routers_have_stays_with_the_one_that_is_active(lab):
    """It was removed with the first one that left, though the other one served by it. The metric
    tells both apart."""
    here = lab.host("gw1", OWN)
    here.attach("wan", "203.0.113.2/24")
    two = {"name": "two", "vrid": 52, "addresses": ["192.0.2.5/24"]}
    agent = lab.vipd(here, [router(200, routes=[ROUTE]),
                            router(100, **two, routes=[{**ROUTE, "metric": 1}])])
    wait_all(agent, "active")
    wait_routes(here, 2)
    other = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(150, **two)])
    agent.wait_state("two", "backup")
    wait_routes(here, 1, gateway="203.0.113.1")
    other.term()
    agent.wait_state("two", "active")
    wait_routes(here, 2)


def test_rules_stay_whatever_becomes_of_the_interfaces_that_they_name(lab):
    here = lab.host("gw1", OWN)
    here.ip("link add br7 type bridge", "link set br7 up")
    four = [{**RULE, "iif": "br7"}, {"to": "10.9.0.0/16", "oif": "nowhere", "table": 100,
                                     "priority": 999},
            {"fwmark": "0x10/0xff", "table": 100, "priority": 5},
            {"from": "10.0.0.0/8", "type": "prohibit", "priority": 6}]
    agent = lab.vipd(here, [configured([], four)])
    agent.wait_state("lan", "active")
    wait_rules(here, 4)
    here.ip("link delete br7")
    agent.host.wait_adverts(3, since=lab.now())
    assert len(rules(here)) == 4
    here.ip("link add br7 type bridge")
    crash(agent)
    for now in (four, four[2:], [], four):         # a reload without addresses and rules, too
        agent.configure([configured([], now, addresses=["192.0.2.1/24"] if now else [])])
        reload(agent)
        wait_rules(here, len(now))
    agent.term()
    wait_rules(here, 0)
