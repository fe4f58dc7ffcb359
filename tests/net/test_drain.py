# SPDX-License-Identifier: MIT
"""vipctl drain: another host serves, if one can; and resume."""

import json

import pytest

from agents import router
from generations import crash, reload, start, start_pair
from lab import wait_until
from test_events import events
from test_generations import Manager
from test_groups import GROUP, became, host, members, states, wait_all
from test_groups import pair as pair_of_groups

VIP = "192.0.2.1/24"


def drain(agent, *args, status=0):
    """vipctl drain. Return: what it said."""
    done = agent.ctl("drain", *args, check=False)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_drain_hands_over_to_a_peer_that_preempts(lab):
    one, two = start_pair(lab)
    mark = lab.now()
    assert drain(one, "lan").splitlines() == ["lan: drained, active",
                                              "lan: backup now, 192.0.2.3 is Active"]
    assert " 1/150 " in one.ctl("show").stdout
    assert one.router()["state"] == "backup" and two.router()["state"] == "active"
    said = {it.priority for it in lab.capture.adverts(host=one.host, since=mark)}
    assert said <= {150, 1} and 1 in said, "never 0: the peer came by itself"
    shown = one.router()
    assert shown["drained"] and shown["effective_priority"] == 1 and shown["drained_until"] is None
    assert one.ctl("check", check=False).returncode == 1
    one.wait_log("router=lan family=4 drain=begins uid=0 pid=")
    one.ctl("resume", "lan")
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    assert not one.router()["drained"] and one.ctl("check").returncode == 0
    one.wait_log("router=lan family=4 drain=resumed uid=0")


def test_drain_offers_to_leave_to_a_peer_that_does_not_preempt(lab):
    one, two = start_pair(lab, preempt=False)
    mark = lab.now()
    drain(one)
    assert two.router()["state"] == "active"
    one.wait_log("router=lan family=4 drain=offers")
    assert 0 in {it.priority for it in lab.capture.adverts(host=one.host, since=mark)}
    two.host.wait_adverts(20, since=lab.now())
    assert one.router()["state"] == "backup"


def test_drain_of_one_after_the_other_hands_over_each_time(lab):
    """Whoever was drained before is heard to be so, and not to be resumed: it does not preempt."""
    one, two = start_pair(lab, preempt=False)
    for here, there in ((one, two), (two, one)):
        drain(here)
        there.wait_state("lan", "active")
        here.ctl("resume", "lan")
        here.wait_state("lan", "backup")


def test_drain_without_a_peer_goes_on_serving_and_says_so(lab):
    one = start(lab)
    assert "no other host has taken over" in drain(one, status=1)
    assert one.router()["state"] == "active" and one.router()["drained"]
    assert VIP in one.host.addresses()
    offers = [it for it in one.log if "drain=offers" in it]
    assert len(offers) == 1
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100)])
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")


def test_drain_once_more_offers_to_a_peer_that_has_come_since(lab):
    """One that does not preempt, so nothing else would make it take over."""
    one = start(lab, router(150, preempt=False))
    drain(one, status=1)
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100, preempt=False)])
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    drain(one)
    assert two.router()["state"] == "active" and one.router()["state"] == "backup"
    assert len([it for it in one.log if "drain=offers" in it]) == 2


def test_drain_where_the_peer_is_drained_too_leaves_one_active(lab):
    one, two = start_pair(lab)
    drain(two)
    drain(one)
    two.host.wait_adverts(50, since=lab.now())
    assert (one.router()["state"], two.router()["state"]) == ("backup", "active")
    assert [it.router()["counters"]["became_active"] for it in (one, two)] == [1, 1]
    assert one.router()["counters"]["noticed"]["equal_priority"], "which is as it was asked for:"
    assert not [it for it in (one, two) if "equal_priority" in it.router()["warnings"]]


def test_drain_ends_by_itself(lab):
    one, two = start_pair(lab)
    assert "drained until 20" in drain(one, "--for", "4s", "lan")
    assert one.router()["drained_until"] and two.router()["state"] == "active"
    one.wait_log("drain=over")
    one.wait_state("lan", "active")
    assert not one.router()["drained"]


def test_drain_that_is_over_while_it_is_waited_for_is_none(lab):
    """Whoever begins the work behind it has to know that this host serves on."""
    one = start(lab, router(150, interval="1s"))
    said = drain(one, "--for", "1s", status=1)
    assert "it is drained no more: somebody has resumed it, or its time has passed" in said
    assert one.router()["state"] == "active" and not one.router()["drained"]


def test_drain_lasts_until_nothing_is_served_here(lab):
    """Its successor announces for a second, and clients are served here until then."""
    extra = [f"192.0.2.{number}/32" for number in range(10, 30)]
    one, _ = start_pair(lab, extra_addresses=extra, announce={"pace": "50ms"})
    drain(one)
    assert not set(extra) & set(one.host.addresses())
    assert one.router()["state"] == "backup"


def test_equal_that_a_drain_made_is_none_behind_it(lab):
    one, two = start_pair(lab)
    drain(one)
    two.wait_state("lan", "active")
    two.ctl("drain", "lan", check=False)
    wait_until(lambda: one.router()["counters"]["noticed"]["equal_priority"],
               what="an advert of the same priority")
    one.ctl("resume", "lan")
    one.wait_state("lan", "active")
    assert "equal_priority" not in one.router()["warnings"]
    two.ctl("resume", "lan")
    assert "equal_priority" not in two.router()["warnings"]


def test_drain_survives_reload_and_crash(lab):
    one, two = start_pair(lab)
    drain(one, "lan")
    reload(one)
    crash(one)
    mark = lab.now()
    two.host.wait_adverts(20, since=mark)
    assert one.router()["drained"] and one.router()["state"] == "backup"
    assert not lab.capture.adverts(host=one.host, since=mark)
    drain(one, "--for", "1h")
    crash(one)
    assert one.router()["drained_until"]
    one.ctl("resume")
    one.wait_state("lan", "active")


def test_drained_active_stays_so_over_a_reload(lab):
    one = start(lab)
    drain(one, status=1)
    mark = lab.now()
    reload(one)
    one.host.wait_adverts(10, since=mark)
    assert one.router()["state"] == "active" and one.router()["effective_priority"] == 1
    assert not [it for it in one.log if "resort=" in it]
    one.ctl("resume")
    assert one.router()["effective_priority"] == 150


@pytest.mark.parametrize("restart", [reload, crash])
def test_drain_offers_to_leave_though_another_process_goes_on(lab, restart):
    """One that began before its offer was due."""
    one, two = start_pair(lab, preempt=False, interval="400ms")
    command = one.host.popen(*one.ctl_argv("drain", "lan"))
    one.wait_log("drain=begins")
    restart(one)
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    assert command.wait(timeout=10) == 0
    assert len([it for it in one.log if "drain=offers" in it]) == 1
    restart(one)
    two.host.wait_adverts(10, since=lab.now())
    assert len([it for it in one.log if "drain=offers" in it]) == 1


def test_drain_of_a_member_is_one_of_its_group(lab):
    one, two = pair_of_groups(lab)
    said = drain(one, "wan").splitlines()
    assert said[:2] == ["lan: drained, active", "wan: drained, active"], "it says who moves"
    assert [line.split(",")[0] for line in said[2:]] == ["lan: backup now", "wan: backup now"]
    wait_all(two, "active")
    wait_all(one, "backup")
    assert {it["effective_priority"] for it in one.show()["routers"]} == {1}
    resumed = one.ctl("resume", "gateway").stdout
    assert resumed == "lan: resumed, backup\nwan: resumed, backup\n"
    wait_all(one, "active")
    again = one.ctl("resume", "wan").stdout
    assert again == "lan: was not drained, active\nwan: was not drained, active\n"
    answers = json.loads(one.ctl("resume", "--json", "lan").stdout)["routers"]
    assert [(it["name"], it["group"], it["not_drained"]) for it in answers] == [
        ("lan", "gateway", True), ("wan", "gateway", True)]
    drain(one, "gateway")
    assert set(states(two).values()) == {"active"}
    assert became(one) == 4


def test_drain_of_a_group_is_told_of_each_router(lab):
    """Whoever looks for one by its name finds who drained it, in the log and in what is kept."""
    one, _ = pair_of_groups(lab)
    drain(one, "wan")
    one.ctl("resume", "wan")
    wait_all(one, "active")
    for what in ("begins", "offers", "resumed"):
        assert len([it for it in one.log if f"drain={what}" in it]) in (0, 2), one.log
    for what in ("begins", "resumed"):
        one.wait_log(f"router=lan family=4 drain={what} .*uid=0")
        one.wait_log(f'router=wan family=4 with=lan drain={what} note="a group has one fate')
    shared = [it for it in events(one) if it["kind"] == "shared"]
    assert [(it["router"], it["interface"], it["with"], it["drain"]) for it in shared] == [
        ("wan", "eth1", "lan", "begins"), ("wan", "eth1", "lan", "resumed")], shared
    assert "with=lan drain=begins" in one.ctl("why", "wan").stdout


def test_drain_of_two_families_tells_them_apart(lab):
    both = {"addresses": ["192.0.2.1/24", "2001:db8::1/64"]}
    one = lab.vipd(lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True),
                   [router(150, **both)])
    wait_all(one, "active")
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24", "2001:db8::3/64", ipv6=True),
                   [router(100, **both)])
    wait_until(lambda: all(it["active_address"] for it in two.show()["routers"]),
               what="a Backup that hears both")
    said = drain(one, "lan").splitlines()
    assert said[:2] == ["lan (IPv4): drained, active", "lan (IPv6): drained, active"]
    assert said[2] == "lan (IPv4): backup now, 192.0.2.3 is Active"
    assert said[3].startswith("lan (IPv6): backup now, fe80:")
    assert one.ctl("resume", "lan").stdout.splitlines() == ["lan (IPv4): resumed, backup",
                                                            "lan (IPv6): resumed, backup"]


def test_drain_of_a_name_that_is_none_names_routers_and_groups(lab):
    one, _ = pair_of_groups(lab)
    for command, name in (("drain", "gatewa"), ("resume", "gatewa"), ("drain", ""), ("resume", "")):
        done = one.ctl(command, name, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == ("vipctl: there is no router of that name; there are: lan, wan"
                               + ("; groups: gateway\n" if name else "\n"))
    assert set(states(one).values()) == {"active"}
    assert not any(it["drained"] for it in one.show()["routers"])


def test_drain_of_a_group_for_a_time_begins_and_ends_once(lab):
    """Of more members than are answered in one turn."""
    names = [f"r{vrid}" for vrid in range(1, 61)]
    routers = [router(150, name=name, vrid=vrid, addresses=[f"192.0.2.{100 + vrid}/24"])
               for vrid, name in enumerate(names, 1)]
    one = lab.vipd(lab.host("gw1", "192.0.2.2/24"), routers,
                   groups=[{"name": "gateway", "routers": names}])
    wait_all(one, "active")
    answers = json.loads(one.ctl("drain", "gateway", "--for", "2s", "--json", check=False).stdout)
    one.wait_log("drain=over")
    assert len(answers["routers"]) == len(names)
    assert len({it["drained_until"] for it in answers["routers"]}) == 1
    for what in ("begins", "over"):
        told = [it for it in one.log if f"drain={what}" in it]
        assert len([it for it in told if "router=r1 " in it and "with=" not in it]) == 1
        assert sorted(it.split("router=")[1].split()[0] for it in told) == sorted(names)


def test_drain_of_one_member_with_a_peer_that_is_active_in_none(lab):
    agent = lab.vipd(host(lab, "gw1", 2), members(200), groups=[GROUP])
    wait_all(agent, "active")
    drain(agent, "lan", status=1)
    assert set(states(agent).values()) == {"active"}
    agent.wait_log("drain=offers")
    agent.host.wait_adverts(20, since=lab.now())
    assert set(states(agent).values()) == {"active"} and became(agent) == 2


def test_drain_of_a_backup_keeps_it_the_last_resort(lab):
    one, two = start_pair(lab)
    assert "lan: drained, backup" in drain(two)
    assert two.router()["effective_priority"] == 1
    one.kill()
    two.wait_state("lan", "active")


def test_drain_of_a_backup_that_knows_nobody_waits_for_who_serves(lab):
    """It has just begun: whether anybody serves but itself is to be seen."""
    one = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(100)])
    assert "lan is still Active here" in drain(one, status=1)
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(150)])
    two.wait_state("lan", "active")
    again = lab.vipd(lab.host("gw3", "192.0.2.4/24"), [router(120)])
    assert drain(again).splitlines()[-1] == "lan: backup now, 192.0.2.3 is Active"


def test_drain_of_one_that_has_not_begun_says_so(lab):
    one = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(100, start_delay="1m")])
    assert "initialize now: it has not begun to listen" in drain(one)


def test_drain_of_an_owner_is_refused_with_the_reason(lab):
    owner = lab.host("gw1", VIP)
    agent = lab.vipd(owner, [router("owner")])
    agent.wait_state("lan", "active")
    said = drain(agent, status=1)
    assert "an owner has priority 255" in said and "lan is still Active here: an owner is" in said
    shown = json.loads(agent.ctl("drain", "--json", check=False).stdout)["routers"]
    assert shown[0]["owner"] and shown[0]["drained_until"] is None and shown[0]["wait_ms"] == 0
    assert agent.router()["effective_priority"] == 255 and not agent.router()["drained"]


@pytest.mark.parametrize("args, status, said", [
    (["nobody"], 1, "there is no router of that name; there are: lan"),
    (["--for", "0s"], 64, "expected a duration from 1s to 366 days"),
    (["--for", "1.5s"], 64, "expected a duration from 1s to 366 days in whole seconds"),
    (["--for", "10y"], 64, "expected a duration from 1s to 366 days"),
    (["--for", "9000h"], 64, "expected a duration from 1s to 366 days"),
    (["--for"], 64, "--for needs a value"),
    (["lan", "wan"], 64, "takes one router at most")])
def test_drain_of_what_is_none_changes_nothing(lab, args, status, said):
    agent = start(lab)
    assert said in drain(agent, *args, status=status)
    assert not agent.router()["drained"] and agent.router()["effective_priority"] == 150


def test_drain_is_in_the_status_line(lab):
    """Of the service manager; the number of families, as the others."""
    manager = Manager(lab)
    agent = start(lab, env={"NOTIFY_SOCKET": manager.path})
    manager.wait("STATUS=1 active, 0 backup, 0 initialize, 0 fault")
    drain(agent, status=1)
    drained = manager.wait("STATUS=1 active, 0 backup, 0 initialize, 0 fault, 1 drained")
    agent.ctl("resume")
    manager.wait("STATUS=1 active, 0 backup, 0 initialize, 0 fault",
                 skip=manager.messages.index(drained))


def test_drain_as_json(lab):
    one, two = start_pair(lab)
    shown = json.loads(one.ctl("drain", "--json", "--for", "1h").stdout)["routers"]
    assert [it["name"] for it in shown] == ["lan"] and shown[0]["state"] == "active"
    assert shown[0]["drained_until"] and two.router()["state"] == "active"


# ---- over a restart ----

def restart(lab, agent, *routers):
    """Stops it in order, and starts it again with the same file, or other routers."""
    assert agent.term() == 0
    return lab.vipd(agent.host, list(routers) or [router(150)])


def test_drain_survives_a_restart_and_ends_with_resume(lab):
    one, two = start_pair(lab)
    drain(one, "lan")
    one = restart(lab, one)
    assert "until=" not in one.wait_log("router=lan family=4 drain=kept")
    wait_until(lambda: one.router()["active_address"] == "192.0.2.3", what="a Backup that hears")
    shown = one.router()
    assert shown["drained"] and shown["drained_until"] is None and shown["effective_priority"] == 1
    two.host.wait_adverts(10, since=lab.now())
    assert one.router()["state"] == "backup" and two.router()["state"] == "active"
    one.ctl("resume", "lan")
    one.wait_state("lan", "active")
    one = restart(lab, one)
    one.wait_state("lan", "active")
    assert not one.router()["drained"], "what was resumed stays so"
    assert not any("drain=" in it for it in one.log), one.log


def test_drain_of_a_router_that_is_not_there_after_a_restart_is_told(lab):
    gw = lab.host("gw1", "192.0.2.2/24")
    one = lab.vipd(gw, [router(150)])
    one.wait_state("lan", "active")
    one.ctl("drain", "lan", check=False)
    one = restart(lab, one, router(150, name="other", vrid=52, addresses=["192.0.2.9/24"]))
    one.wait_log("router=lan family=4 drain=void")
    one.wait_state("other", "active")
    assert [(it["router"], it["drain"]) for it in events(one)
            if it["kind"] == "drained"][-1:] == [("lan", "void")]


def test_drain_for_a_time_ends_after_a_restart(lab):
    one, _ = start_pair(lab)
    drain(one, "lan", "--for", "6s")
    one = restart(lab, one)
    assert one.router()["drained"] and one.router()["drained_until"]
    until = one.router()["drained_until"][:18]
    assert until in one.wait_log("router=lan family=4 drain=kept until=")
    assert [it["until"][:18] for it in events(one) if it["kind"] == "drained"
            and it["drain"] == "kept"] == [until]
    one.wait_state("lan", "active", timeout=15)
    assert not one.router()["drained"]


def test_drain_ends_with_a_restart_as_an_owner(lab):
    """Which cannot be drained, whatever it was before."""
    gw = lab.host("gw1", "192.0.2.2/24")
    one = lab.vipd(gw, [router(150)])
    one.wait_state("lan", "active")
    one.ctl("drain", "lan", check=False)
    one = restart(lab, one, router("owner", addresses=["192.0.2.2/24"]))
    one.wait_state("lan", "active")
    shown = one.router()
    assert not shown["drained"] and shown["effective_priority"] == 255
    one.wait_log("drain=void")


def test_drain_is_forgotten_when_everything_was_killed(lab):
    """Nobody was left to keep it; that is the time to look after the host."""
    one, _ = start_pair(lab)
    drain(one, "lan")
    one.kill()
    one = lab.vipd(one.host, [router(150)])
    one.wait_state("lan", "active")
    assert not one.router()["drained"]
