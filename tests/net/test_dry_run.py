# SPDX-License-Identifier: MIT
"""vipctl reload --dry-run: it says what a reload would change, and changes nothing."""

import os

import pytest

from lab import router, wait_until

OWN = "192.0.2.2/24"
TWO = {"name": "two", "vrid": 52, "addresses": ["192.0.2.11/24"]}

# What has to be the same on all hosts: what follows, and the end of the sum.
TWO_ACTIVE = "; until the other hosts have it, too, both may be active at a time"
MEMBERS = "; until the other hosts have the same members, one that has a fault on a host, or is not " \
    "there, may be served by nobody"
ON_ALL = "; 1 change HAS TO BE MADE ON ALL HOSTS"


def start(lab):
    """Two Active routers."""
    agent = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **TWO)])
    agent.wait_state("lan", "active")
    agent.wait_state("two", "active")
    return agent


def dry_run(agent):
    """Return: exit code, lines, errors. Whatever it says, nothing was done."""
    before = agent.show(), agent.host.addresses(), agent.router_pid
    done = agent.ctl("reload", "--dry-run", check=False)
    states = [it["since"] for it in agent.show()["routers"]]
    assert states == [it["since"] for it in before[0]["routers"]]
    assert (agent.host.addresses(), agent.router_pid) == before[1:]
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_dry_run_of_the_same_says_so(lab):
    agent = start(lab)
    assert dry_run(agent) == (0, [f"{agent.config}: nothing changes"], "")


def test_dry_run_names_every_change(lab):
    agent = start(lab)
    agent.configure([router(120, interval="200ms", addresses=["192.0.2.1/24", "192.0.2.9/24"],
                            lease="off"),
                     router(150, **TWO, extra_addresses=["192.0.2.12/32"]),
                     router(100, name="new", vrid=53, addresses=["192.0.2.13/24"])])
    status, lines, _ = dry_run(agent)
    assert status == 0 and sorted(lines[:-1]) == sorted([
        "router lan: priority 150 -> 120; it is active here, and yields if another host has a "
        "higher one",
        "router lan: interval 100ms -> 200ms", "router lan: lease available -> off",
        "router lan: address 192.0.2.9/24 comes; until the other hosts have it, too, nobody has it "
        "while one of them is active",
        "router two: address 192.0.2.12/32 comes (not advertised)", "router new: is new"])
    assert lines[-1] == (f"{agent.config}: 6 changes; this host MAY YIELD 1 active router to a "
                         "host of a higher priority" + ON_ALL)


def test_dry_run_says_what_would_be_lost(lab):
    agent = start(lab)
    agent.configure([router(150, vrid=60)])
    status, lines, _ = dry_run(agent)
    loss = "it is active here: its addresses go and priority 0 is sent"
    assert status == 0 and lines == [
        f"router lan: gets another interface, VRID or family, and so starts anew; {loss}{TWO_ACTIVE}",
        f"router two: is gone; {loss}",
        f"{agent.config}: 2 changes; this host GIVES UP 2 active routers and 0 addresses{ON_ALL}"]


def test_dry_run_says_what_would_be_lost_and_what_may_be(lab):
    agent = start(lab)
    agent.configure([router(120)])
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines[-1] == (
        f"{agent.config}: 2 changes; this host GIVES UP 1 active router and 0 addresses, and MAY "
        "YIELD 1 active router to a host of a higher priority")


def test_dry_run_says_that_commands_run_before(lab):
    """Those of the configuration that runs before a removal, and of the new one before a priority."""
    def hook(seconds):
        return [{"command": ["/bin/true"], "before": "drain", "timeout": seconds}]
    keys = {"state_dir": lab.path("state"), "user": "root"}
    agent = lab.vipd(lab.host("gw1", OWN), [router(150), router(150, **TWO, notify=hook("7s"))],
                     notify=hook("5s"), **keys)
    agent.wait_state("lan", "active")
    agent.wait_state("two", "active")
    agent.configure([router(120)], notify=hook("1500ms"), **keys)
    _, lines, _ = dry_run(agent)
    said = "when the commands before that have ended, within"
    assert [line for line in lines if "is gone" in line][0].endswith(f", {said} 7 s")
    assert [line for line in lines if "priority 150 -> 120" in line][0].endswith(f", {said} 1.5 s")
    agent.configure([router(120)], **keys)
    assert said in dry_run(agent)[1][1] + dry_run(agent)[1][2]
    assert not any(said in line for line in dry_run(agent)[1] if "150 -> 120" in line)


def test_dry_run_knows_a_check_from_the_router_of_its_name(lab):
    checks = [{"name": "lan", "file": lab.path("flag")}]
    agent = lab.vipd(lab.host("gw1", OWN), [router(150)], checks=checks)
    agent.wait_state("lan", "active")
    agent.configure([router(150)])
    assert dry_run(agent)[1] == ["check lan: is gone",
                                 f"{agent.config}: 1 change; this host gives nothing up"]


@pytest.mark.parametrize("relative", [False, True])
def test_dry_run_follows_a_symbolic_link_that_was_switched(lab, relative):
    """It reads what a reload would read: the target of now, not the one of the start."""
    host, link = lab.host("gw1", OWN), lab.path("current.conf")
    os.symlink(lab.path("gw1.conf"), link)
    given = os.path.relpath(link) if relative else link
    agent = lab.vipd(host, [router(150)], args=("-c", given))
    agent.wait_state("lan", "active")
    agent.config = lab.path("second.conf")
    agent.configure([router(150, interval="200ms")])
    os.symlink(agent.config, link + ".new")
    os.replace(link + ".new", link)
    status, lines, _ = dry_run(agent)
    named = os.path.join(os.getcwd(), given)
    assert (status, lines) == (0, ["router lan: interval 100ms -> 200ms",
                                   f"{named}: 1 change; this host gives nothing up"])
    assert agent.reload().returncode == 0
    assert agent.router()["interval_ms"] == 200


def test_dry_run_says_which_addresses_would_go(lab):

    agent = start(lab)
    agent.configure([router(150, addresses=["192.0.2.9/24"]), router(150, **TWO)])
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines[-1] == (
        f"{agent.config}: 2 changes; this host GIVES UP 0 active routers and 1 address; 2 "
        "changes HAVE TO BE MADE ON ALL HOSTS")


def test_dry_run_sees_what_is_no_routers(lab):
    agent = start(lab)
    agent.configure([router(150), router(150, **TWO)], node="other", realtime=False,
                    control=lab.path("other.sock"))
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines == [
        "node gw1 -> other", f"control {agent.control} -> {lab.path('other.sock')}",
        "realtime true -> false", f"{agent.config}: 3 changes; this host gives nothing up"]


def test_dry_run_of_a_broken_file_shows_its_errors(lab):
    agent = start(lab)
    agent.configure([router(150, vrid=0)])
    status, lines, errors = dry_run(agent)
    assert status == 78 and lines == []
    assert "vrid: expected a whole number from 1 to 255, got 0" in errors
    os.unlink(agent.config)
    status, lines, errors = dry_run(agent)
    assert status == 78 and "cannot be read" in errors


def tracked(*tracks):
    return router(100, track=list(tracks)) if tracks else router(100)


def tracking(lab, *tracks, checks):
    """An Active router that tracks these."""
    host = lab.host("gw1", OWN)
    host.ip("link set lo up")
    agent = lab.vipd(host, [tracked(*tracks)], checks=checks)
    agent.wait_state("lan", "active")
    return agent


def refused(name="web"):
    """Nobody listens there."""
    return {"name": name, "tcp": "127.0.0.1:7001", "interval": "50ms"}


def groups_of(*names):
    return [{"name": "gateway", "routers": list(names)}]


def make_unusable(lab, gateway, how):
    """eth1 is not there, is down, or has no carrier."""
    if how == "is not there":
        gateway.ip("link delete eth1")
    elif how == "is down":
        gateway.ip("link set eth1 down")
    else:
        lab.cut(gateway, silent=False, dev="eth1")


UNUSABLE = pytest.mark.parametrize("how", ["is not there", "is down", "has no carrier"])


@UNUSABLE
def test_dry_run_says_that_a_new_member_without_its_interface_is_a_fault_of_all(lab, how):
    gateway = lab.host("gw1", OWN)
    gateway.attach("wan", "198.51.100.2/24")
    agent = lab.vipd(gateway, [router(150), router(150, **TWO)], groups=groups_of("lan", "two"))
    agent.wait_state("lan", "active")
    agent.wait_state("two", "active")
    far = router(150, name="far", vrid=53, interface="eth1", addresses=["198.51.100.1/24"])
    agent.configure([router(150), router(150, **TWO), far], groups=groups_of("lan", "two", "far"))
    comes = sorted(["router far: is new", f"group gateway: router far comes{MEMBERS}"])
    status, lines, _ = dry_run(agent)
    assert status == 0 and sorted(lines[:-1]) == comes and "gives nothing up" in lines[-1]
    make_unusable(lab, gateway, how)
    status, lines, _ = dry_run(agent)
    assert status == 0 and sorted(lines[:2]) == comes
    assert lines[2:] == [
        f"group gateway: router far is in it: its interface {how}, which is a fault of all, and 2 "
        "of them are active here",
        f"{agent.config}: 2 changes; this host GIVES UP 2 active routers and 0 addresses{ON_ALL}"]
    assert agent.reload().returncode == 0
    agent.wait_state("lan", "fault")


def test_dry_run_says_that_a_member_in_fault_is_a_fault_of_all(lab):
    gateway = lab.host("gw1", OWN)
    gateway.attach("wan", "198.51.100.2/24")
    far = router(150, name="far", vrid=53, interface="eth1", addresses=["198.51.100.1/24"])
    make_unusable(lab, gateway, "is down")
    agent = lab.vipd(gateway, [router(150), far])
    agent.wait_state("lan", "active")
    agent.wait_state("far", "fault")
    agent.configure([router(150), far], groups=groups_of("lan", "far"))
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines == [
        f"group gateway: is new{MEMBERS}",
        "group gateway: router far is in it: it is in fault, which is a fault of all, and 1 of them "
        "is active here",
        f"{agent.config}: 1 change; this host GIVES UP 1 active router and 0 addresses{ON_ALL}"]


@UNUSABLE
def test_dry_run_says_what_an_interface_that_is_tracked_costs(lab, how):
    gateway = lab.host("gw1", OWN)
    gateway.attach("wan", "198.51.100.2/24")
    agent = lab.vipd(gateway, [router(150)])
    agent.wait_state("lan", "active")
    agent.configure([router(150, track=[{"interface": "eth1"}])])
    assert "gives nothing up" in dry_run(agent)[1][-1]
    make_unusable(lab, gateway, how)
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines[0].endswith(
        "comes; it is active here, and interface eth1 is down, which is a fault")
    assert lines[-1] == f"{agent.config}: 1 change; this host GIVES UP 1 active router and 0 addresses"
    agent.configure([router(150, track=[{"interface": "eth1", "weight": -30}])])
    status, lines, _ = dry_run(agent)
    assert "gives it 30 less" in lines[0] and "MAY YIELD 1 active router" in lines[-1]


def fine(name="web"):
    return {"name": name, "command": ["/bin/true"], "interval": "100ms"}


def wait_known(agent):
    wait_until(lambda: all(it["answers"] for it in agent.show()["checks"]), what="answers")


def test_dry_run_of_a_check_with_another_name_gives_nothing_up(lab):
    """As it is done: the weight stays until the new check says otherwise."""
    agent = tracking(lab, {"check": "web", "weight": 50}, checks=[fine()])
    wait_known(agent)
    agent.configure([router(100, track=[{"check": "www", "weight": 50}])], checks=[fine("www")])
    status, lines, _ = dry_run(agent)
    assert status == 0 and sorted(lines[:-1]) == sorted([
        'router lan: track { check = "web"; weight = 50; reverse = false; delay = "0s"; } goes',
        'router lan: track { check = "www"; weight = 50; reverse = false; delay = "0s"; } comes',
        "check web: is gone",
        "check www: is new: until it answers, who is active here takes it for well"]), lines
    assert lines[-1] == f"{agent.config}: 4 changes; this host gives nothing up"
    assert agent.reload().returncode == 0
    assert agent.router()["effective_priority"] == 150


@pytest.mark.parametrize("before, after, less", [
    ([{"check": "web", "weight": 50}], [], 50),
    ([], [{"check": "db", "weight": -30}], 30),
    ([{"check": "web", "weight": 50}], [{"check": "web", "weight": 50, "reverse": True}], 50)])
def test_dry_run_says_what_another_weight_may_cost(lab, before, after, less):
    """By what is known of the checks now: web is up, db is down."""
    checks = [fine(), refused("db")]
    agent = tracking(lab, *before, checks=checks)
    wait_known(agent)
    priority = agent.router()["effective_priority"]
    agent.configure([tracked(*after)], checks=checks)
    status, lines, _ = dry_run(agent)
    assert status == 0 and f"all that it tracks gives it {less} less: it is active here, and " \
        "yields if another host has a higher priority" in lines[0], lines
    assert lines[-1].endswith("MAY YIELD 1 active router to a host of a higher priority"), lines
    assert agent.reload().returncode == 0
    assert agent.router()["effective_priority"] == priority - less


def test_dry_run_says_that_a_check_that_is_down_is_a_fault(lab):
    agent = tracking(lab, checks=[refused()])
    wait_known(agent)
    agent.configure([router(100, track=[{"check": "web"}])], checks=[refused()])
    status, lines, _ = dry_run(agent)
    assert status == 0 and lines == [
        'router lan: track { check = "web"; weight = 0; reverse = false; delay = "0s"; } comes; it '
        "is active here, and check web is down, which is a fault", f"{agent.config}: 1 change; this host GIVES UP 1 active router and 0 addresses"]
