# SPDX-License-Identifier: MIT
"""vipctl reload --dry-run says what has to be the same on all hosts, and what members of a group
bring along. Each case is reloaded after it, on one host of two, and what was said comes true."""

import pytest

from lab import router, wait_until
from test_auth import KEY, keys_file
from test_dry_run import MEMBERS, ON_ALL, OWN, TWO_ACTIVE, dry_run, groups_of

OTHER = "192.0.2.3/24"
V2 = {"version": 2, "interval": "1s"}
ANNOTATED = "; the way without that is "
PEERS = {"unicast": {"peers": ["192.0.2.2", "192.0.2.3"]}}
DMZ = {"name": "dmz", "vrid": 53, "addresses": ["192.0.2.13/24"]}


def hosts(lab, before, other=None):
    """An Active and a Backup that has heard it."""
    keys_file(lab, KEY)
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **before)])
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", OTHER), [router(100, **(before if other is None else other))])
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    return one, two


def hmac(lab, mode):
    return {"auth": {"type": "hmac", "mode": mode, "keys": lab.path("keys"), "active": 1,
                     "window": "5s"}} if mode else {}


def password(word):
    return {**V2, "auth": {"type": "password", "password": word}}


def said(one, after):
    """Return: the lines of the dry run that have to be made on all hosts, and the sum."""
    one.configure([router(150, **after)])
    status, lines, _ = dry_run(one)
    assert status == 0
    return [line for line in lines[:-1] if "both may be active at a time" in line], lines[-1]


def assert_both_are_active(one, two):
    assert one.reload().returncode == 0
    two.wait_state("lan", "active")
    assert one.router()["state"] == "active"


@pytest.mark.parametrize("before, after, line", [
    ({"interval": "1s"}, V2, "version 3 -> 2"),
    ({}, {"group_address": "224.0.0.99"}, "group_address 224.0.0.18 -> 224.0.0.99"),
    (V2, {"version": 2, "interval": "2s"}, "interval 1s -> 2s"),
    ({}, {"addresses": []}, "address 192.0.2.1/24 goes"),
    (password("one"), password("two"), "auth.password (secret) -> (secret)"),
    (password("one"), V2, "auth.type password -> -"),
    ({}, PEERS, "unicast.ttl 0 -> 255"),
    (PEERS, {}, "unicast.ttl 255 -> 0")], ids=lambda it: it if isinstance(it, str) else "")
def test_dry_run_says_that_two_may_be_active(lab, before, after, line):
    one, two = hosts(lab, before)
    told, sum_ = said(one, after)
    assert told == [f"router lan: {line}{TWO_ACTIVE}"] and sum_.endswith(ON_ALL)
    assert_both_are_active(one, two)


def test_dry_run_says_that_a_vrid_is_that_of_all_hosts(lab):
    one, two = hosts(lab, {})
    told, sum_ = said(one, {"vrid": 61})
    assert told[0].endswith(TWO_ACTIVE) and sum_.endswith(ON_ALL)
    assert one.reload().returncode == 0
    two.wait_state("lan", "active")
    one.wait_state("lan", "active")


@pytest.mark.parametrize("before, after, way", [
    ("", "enforce", "receive-only on all hosts, then permissive on all, then enforce on all"),
    ("receive-only", "enforce",
     "receive-only on all hosts, then permissive on all, then enforce on all"),
    ("enforce", "", "permissive on all hosts, then receive-only on all, then none"),
    ("enforce", "receive-only", "permissive on all hosts, then receive-only on all, then none")])
def test_dry_run_names_the_way_to_hmac_and_from_it(lab, before, after, way):
    one, two = hosts(lab, hmac(lab, before))
    told, sum_ = said(one, hmac(lab, after))
    assert len(told) == 1 and "router lan: auth." in told[0] and sum_.endswith(ON_ALL)
    assert told[0].endswith(TWO_ACTIVE + ANNOTATED + way)
    if before != "receive-only":
        assert_both_are_active(one, two)
        return
    two.configure([router(100, **hmac(lab, after))])           # the one that would not hear
    assert two.reload().returncode == 0
    two.wait_state("lan", "active")
    assert one.router()["state"] == "active"


def test_that_way_gives_nothing_up_and_is_told_so(lab):
    """There and back, a host at a time."""
    one, two = hosts(lab, {})
    for mode in ("receive-only", "permissive", "enforce", "permissive", "receive-only", ""):
        for agent, priority in ((one, 150), (two, 100)):
            agent.configure([router(priority, **hmac(lab, mode))])
            _, lines, _ = dry_run(agent)
            assert lines[-1].endswith("this host gives nothing up"), lines
            assert agent.reload().returncode == 0
            one.host.wait_adverts(4, lab.now())
    assert [it.router()["counters"]["became_active"] for it in (one, two)] == [1, 0]


def test_dry_run_says_that_a_peer_is_not_heard_any_more(lab):
    peers = {"unicast": {"peers": ["192.0.2.3", "192.0.2.4"]}}
    one, two = hosts(lab, peers, {"unicast": {"peers": ["192.0.2.2", "192.0.2.4"]}})
    told, sum_ = said(one, {"unicast": {"peers": ["192.0.2.4"]}})
    assert told == [f"router lan: peer {{ address = \"192.0.2.3\"; min_ttl = 255; }} goes; that host is not heard any more, nor spoken to: "
                    "as long as it has this router, both may be active at a time"]
    assert sum_.endswith(ON_ALL)
    assert_both_are_active(one, two)
    told, sum_ = said(one, peers)
    assert told == [f"router lan: peer {{ address = \"192.0.2.3\"; min_ttl = 255; }} comes; until that host, and all others, have their "
                    "peers so, too, both may be active at a time"] and sum_.endswith(ON_ALL)
    assert one.reload().returncode == 0
    two.wait_state("lan", "backup")


@pytest.mark.parametrize("before, after", [
    ({"interval": "1s"}, {"interval": "2s"}),                  # of version 3, which says its own
    ({}, {"group_address": "224.0.0.18"}),                     # as before, now in words
    (PEERS, {"unicast": {"peers": ["192.0.2.2", {"address": "192.0.2.3", "min_ttl": 255}]}}),
    (PEERS, {"unicast": {"peers": PEERS["unicast"]["peers"][::-1]}}),
    ({}, {"addresses": [{"address": "192.0.2.1/24", "label": "eth0:1"}]}),
    ({"addresses": ["192.0.2.1/24", "2001:db8::1/64"]},
     {"addresses": ["192.0.2.1/24", "2001:db8::1/64"], "group_address": "ff02::12"})])
def test_dry_run_does_not_cry_wolf_of_all_hosts(lab, before, after):
    one, two = hosts(lab, before)
    told, sum_ = said(one, after)
    assert not told and "ALL HOSTS" not in sum_
    assert one.reload().returncode == 0
    one.host.wait_adverts(2, lab.now())
    assert two.router()["state"] == "backup" and one.router()["state"] == "active"


def test_dry_run_says_who_else_reads_another_form_of_the_checksum(lab):
    """vipd takes both."""
    one, two = hosts(lab, {})
    told, sum_ = said(one, {"checksum": "rfc5798"})
    assert "vipd takes either form" in told[0] and sum_.endswith(ON_ALL)
    assert one.reload().returncode == 0
    one.host.wait_adverts(4, lab.now())
    assert two.router()["state"] == "backup"


# ---- company ----

TAKES_OVER = "so is it then, and yields to any other host that takes over"


def test_dry_run_says_that_a_drained_member_drains_all(lab):
    """And no more when it has left them again: they stay drained."""
    one = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **DMZ)])
    one.wait_state("lan", "active")
    one.wait_state("dmz", "active")
    two = lab.vipd(lab.host("gw2", OTHER), [router(100)])
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    one.ctl("drain", "dmz", check=False)
    one.configure([router(150), router(150, **DMZ)], groups=groups_of("lan", "dmz"))
    _, lines, _ = dry_run(one)
    assert lines == [
        f"group gateway: is new{MEMBERS}",
        "router lan: it is active here, and comes to share the fate of router dmz, which is "
        f"drained: {TAKES_OVER}",
        f"{one.config}: 1 change; this host MAY YIELD 1 active router to a host of a higher "
        f"priority{ON_ALL}"]
    assert one.reload().returncode == 0
    two.wait_state("lan", "active")
    assert one.router()["effective_priority"] == 1
    one.configure([router(150), router(150, **DMZ)])
    assert "gives nothing up" in dry_run(one)[1][-1]


def test_dry_run_says_that_a_backup_among_the_members_may_end_all(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **DMZ)])
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", OTHER), [router(100), router(200, **DMZ)])
    two.wait_state("dmz", "active")
    one.wait_state("dmz", "backup")
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    one.configure([router(150), router(150, **DMZ)], groups=groups_of("lan", "dmz"))
    _, lines, _ = dry_run(one)
    assert lines[1] == ("router lan: it is active here, and comes to share the fate of router dmz, "
                        "which is backup here: it yields if who is active there has a higher "
                        "priority")
    assert "MAY YIELD 1 active router" in lines[-1]
    assert one.reload().returncode == 0
    one.wait_state("lan", "backup")
    two.wait_state("lan", "active")


def test_dry_run_says_that_families_come_to_share_their_fate(lab):
    """IPv4 is Active here, IPv6 on the other host, which is better at that alone."""
    four, six = {"addresses": ["192.0.2.1/24"]}, {"addresses": ["2001:db8::1/64"]}
    both = {"addresses": four["addresses"] + six["addresses"]}
    one = lab.vipd(lab.host("gw1", OWN, ipv6=True), [router(150, **both, families="apart")])
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", OTHER, ipv6=True),
                   [router(100, **four), router(200, **six, name="six")])
    one.wait_state("lan", "backup", family=6)
    two.wait_state("lan", "backup")
    one.configure([router(150, **both)])
    _, lines, _ = dry_run(one)
    assert lines[:2] == [
        "router lan: families apart -> together; until the other hosts have it, too, a family that "
        "has a fault on one of them may be served by nobody",
        "router lan: it is active here, and comes to share the fate of its other family, which is "
        "backup here: it yields if who is active there has a higher priority"]
    assert "MAY YIELD 1 active router" in lines[-1] and lines[-1].endswith(ON_ALL)
    assert one.reload().returncode == 0
    two.wait_state("lan", "active")


def test_dry_run_knows_a_group_and_its_members_by_another_name(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **DMZ)],
                   groups=groups_of("lan", "dmz"))
    one.wait_state("dmz", "active")
    one.configure([router(150), router(150, **DMZ)],
                  groups=[{**groups_of("lan", "dmz")[0], "name": "gate"}])
    assert dry_run(one)[1] == ["group gateway: is gone", "group gate: is new",
                               f"{one.config}: 2 changes; this host gives nothing up"]
    one.configure([router(150, name="inside"), router(150, **DMZ)],
                  groups=groups_of("inside", "dmz"))
    _, lines, _ = dry_run(one)
    assert "group gateway: router inside comes" in lines and lines[-1].endswith("nothing up"), lines


def test_dry_run_says_what_a_swap_of_names_changes(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **DMZ)])
    one.wait_state("lan", "active")
    one.wait_state("dmz", "active")
    one.configure([router(150, **{**DMZ, "name": "lan"}),
                   router(90, name="dmz", addresses=["192.0.2.9/24"])])
    _, lines, _ = dry_run(one)
    assert ("router dmz: priority 150 -> 90; it is active here, and yields if another host has a "
            "higher one") in lines
    assert lines[-1].startswith(f"{one.config}: 5 changes; this host GIVES UP 0 active routers and 1 "
                                "address, and MAY YIELD 1 active router")


# ---- the members of a group, a host after the other ----

def gateway(priority, names):
    """lan on eth0, dmz on eth1."""
    routers = [router(priority), router(priority, **DMZ, interface="eth1")]
    return {"routers": routers, **({"groups": groups_of(*names)} if names else {})}


def start_gateways(lab, names):
    """gw1 is the better one, and has no link to the dmz."""
    agents = []
    for number, priority in ((1, 150), (2, 100)):
        host = lab.host(f"gw{number}", f"192.0.2.{number + 1}/24")
        host.attach("dmz", f"198.51.100.{number + 1}/24")
        agents.append(host)
    lab.cut(agents[0], silent=False, dev="eth1")
    one, two = [lab.vipd(host, **gateway(priority, names))
                for host, priority in zip(agents, (150, 100))]
    two.wait_state("dmz", "active")
    one.wait_state("dmz", "fault")
    return one, two


def set_members(agent, priority, names):
    agent.configure(**gateway(priority, names))
    _, lines, _ = dry_run(agent)
    assert lines[-1].endswith(ON_ALL) and MEMBERS in "".join(lines)
    assert agent.reload().returncode == 0


def test_a_member_is_taken_out_first_where_it_is_active(lab):
    one, two = start_gateways(lab, ("lan", "dmz"))
    two.wait_state("lan", "active")
    set_members(two, 100, ())
    set_members(one, 150, ())
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    assert two.router("dmz")["state"] == "active" and one.router("dmz")["state"] == "fault"
    assert two.router("dmz")["counters"]["became_active"] == 1


def test_a_member_that_is_taken_out_first_elsewhere_is_served_by_nobody(lab):
    one, two = start_gateways(lab, ("lan", "dmz"))
    two.wait_state("lan", "active")
    set_members(one, 150, ())
    one.wait_state("lan", "active")
    two.wait_state("dmz", "backup")


def test_a_member_is_put_in_last_where_it_is_active(lab):
    one, two = start_gateways(lab, ())
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    set_members(one, 150, ("lan", "dmz"))
    two.wait_state("lan", "active")
    set_members(two, 100, ("lan", "dmz"))
    two.host.wait_adverts(4, lab.now())
    assert {it["state"] for it in two.show()["routers"]} == {"active"}
    assert two.router("dmz")["counters"]["became_active"] == 1
