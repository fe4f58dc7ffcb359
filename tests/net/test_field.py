# SPDX-License-Identifier: MIT
"""What users of keepalived have reported of groups, weights, delays, routes and rules, in other
combinations than elsewhere: a reload, a fault or a key that meets something which is under way.
"""

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
