# SPDX-License-Identifier: MIT
"""One false advert of a long interval silences a Backup (RFC 9568 §6.1: the interval is learned).

What vipd and vipctl say about the wait, and `vipctl forget`, which ends it.
"""

import errno
import json
import os
import re
import socket

import pytest

import control_messages as wire
import frames
from lab import router, wait_until

FALSE, REAL = "192.0.2.66", "192.0.2.9"
FALSE_ADVERT = {"src": FALSE, "priority": 255, "interval": 4095}
DOWN_MS = 3 * 1000 + 156 * 1000 // 256          # Active_Down_Interval of priority 100 and 1 s
FALSE_DOWN_MS = 3 * 40950 + 156 * 40950 // 256  # and of the interval that was learned


@pytest.fixture(name="gw")
def gw_fixture(lab):
    """The host under test."""
    return lab.host("gw", "192.0.2.2/24")


def heard(agent, address, name="lan"):
    """Waits until the router knows this Active. Return: how it is then shown."""
    def known():
        shown = agent.router(name)
        return shown if shown["active_address"] == address else None

    return wait_until(known, what=f"{name} to hear {address}")


def silenced(lab, gw, probe, **settings):
    """A Backup that has heard a false advert."""
    agent = lab.vipd(gw, [router(100, **{"interval": "1s", **settings})])
    agent.wait_state("lan", "backup")
    probe.advert(**FALSE_ADVERT)
    heard(agent, FALSE)
    return agent


def events(agent, kind):
    """Of the journal."""
    lines = agent.ctl("events", "--json").stdout.splitlines()
    return [it for it in map(json.loads, lines) if it["kind"] == kind]


def test_wait_for_a_false_active_is_shown(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    shown = agent.router()
    assert (shown["active_address"], shown["active_priority"], shown["active_interval_ms"]) == (
        FALSE, 255, 40950)
    assert FALSE_DOWN_MS - 20_000 < shown["takeover_in_ms"] <= FALSE_DOWN_MS
    assert {"long_wait", "interval"} <= set(shown["warnings"])
    lan = agent.ctl("show").stdout.splitlines()[1]
    assert re.search(r" 100 +192\.0\.2\.66 +1[234]\d\.\d s ", lan), lan
    checked = agent.ctl("check", check=False)
    assert checked.returncode == 1
    assert re.search(r"long_wait: it waits 1[234]\d\.\d s more for 192\.0\.2\.66, whose interval is "
                     r"40\.95 s and not 1\.00 s: vipctl forget ends that", checked.stdout), checked


def test_notice_tells_both_intervals_and_the_wait(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    line = agent.wait_log(r"error: router=lan .*notice=interval ")
    assert f"theirs_ms=40950 ours_ms=1000 down_ms={FALSE_DOWN_MS} " in line
    assert ("adverts come every 40.95 s, ours every 1.00 s: while that host is Active, a Backup "
            f"here takes over after {FALSE_DOWN_MS / 1000:.3f} s of silence") in line
    [event] = events(agent, "notice")
    assert (event["level"], event["theirs_ms"], event["ours_ms"], event["down_ms"]) == (
        "error", 40950, 1000, FALSE_DOWN_MS)


def test_forget_lets_a_backup_take_over_within_its_own_interval(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    asked = lab.now()
    done = agent.ctl("forget")
    said = re.fullmatch(r"lan: forgot 192\.0\.2\.66, priority 255, interval 40\.95 s; takes over in "
                        r"(\d\.\d{3}) s if it hears nobody\n", done.stdout)
    assert said and done.stderr == "", done
    assert DOWN_MS - 500 < float(said.group(1)) * 1000 <= DOWN_MS
    shown = agent.router()
    assert (shown["state"], shown["active_address"], shown["active_interval_ms"]) == (
        "backup", None, None)
    assert shown["takeover_in_ms"] <= DOWN_MS and "long_wait" not in shown["warnings"]
    agent.wait_state("lan", "active")
    [first, *_] = gw.wait_adverts(1, asked, vrid=51)
    assert DOWN_MS - 20 <= (first.ns - asked) / 1e6 < DOWN_MS + 1000


def test_journal_tells_what_was_forgotten_and_who_asked(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    with gw.popen(*agent.ctl_argv("forget")) as asker:
        assert asker.wait(10) == 0
    [event] = events(agent, "forgotten")
    assert (event["router"], event["level"], event["forgotten"], event["peer_priority"],
            event["theirs_ms"], event["uid"], event["pid"]) == (
                "lan", "info", FALSE, 255, 40950, os.getuid(), asker.pid)
    line = agent.wait_log(r"info: router=lan .*forgotten=")
    assert re.search(rf"forgotten=192\.0\.2\.66 peer_priority=255 theirs_ms=40950 "
                     rf"uid={os.getuid()} pid={asker.pid} "
                     r"note=\"it would have waited 1[234]\d\.\d{3} s more; it takes over in "
                     r"3\.609 s if it hears nobody\"", line), line


def test_next_advert_of_the_real_active_is_believed_at_once(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    agent.ctl("forget", "lan")
    with probe.speak(REAL, every=1, priority=200):
        shown = heard(agent, REAL)
        assert (shown["state"], shown["active_priority"], shown["active_interval_ms"]) == (
            "backup", 200, 1000)
        wait_until(lambda: agent.router()["counters"]["adverts_received"] > 5, what="more adverts")
        assert agent.router()["state"] == "backup"
        assert agent.router()["counters"]["became_active"] == 0


def test_forget_again_and_again_puts_nothing_off(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    agent.ctl("forget")
    left = []

    def active():
        said = json.loads(agent.ctl("forget", "--json").stdout)["routers"][0]
        left.append(said["takeover_in_ms"])
        return said["state"] == "active"

    wait_until(active, what="it to be Active although it is asked all the time")
    waits = [it for it in left if it is not None]
    assert waits == sorted(waits, reverse=True) and waits[0] <= DOWN_MS and left[-1] is None
    assert len(events(agent, "forgotten")) == 1, "nothing was forgotten but once"


def test_forget_says_of_each_router_what_it_did(lab, gw, probe):
    agent = lab.vipd(gw, [
        router(200), router(100, name="two", vrid=52, interval="1s", addresses=["192.0.2.11/24"]),
        router(100, name="three", vrid=53, interval="40s", addresses=["192.0.2.12/24"]),
        router(100, name="gone", vrid=54, interface="none0", addresses=["192.0.2.13/24"]),
        router(100, name="late", vrid=55, start_delay="60s", addresses=["192.0.2.14/24"])])
    agent.wait_state("lan", "active")
    probe.advert(**FALSE_ADVERT, vrid=52, addresses=["192.0.2.11"])
    heard(agent, FALSE, "two")
    before = {it["name"]: it for it in agent.show()["routers"]}
    said = json.loads(agent.ctl("forget", "--json").stdout)["routers"]
    assert [(it["name"], it["family"], it["state"], it["forgotten_address"],
             it["forgotten_priority"], it["forgotten_interval_ms"]) for it in said] == [
                 ("lan", 4, "active", None, None, None), ("two", 4, "backup", FALSE, 255, 40950),
                 ("three", 4, "backup", None, None, None), ("gone", 4, "fault", None, None, None),
                 ("late", 4, "initialize", None, None, None)]
    assert [it["takeover_in_ms"] is None for it in said] == [True, False, False, True, True]
    assert said[2]["takeover_in_ms"] <= before["three"]["takeover_in_ms"]
    assert agent.ctl("forget", "lan").stdout == (
        "lan: nothing to forget: its state is active, so it waits for no Active\n")
    assert re.fullmatch(r"three: nothing to forget: it has heard nobody; takes over in "
                        r"1\d\d\.\d{3} s if that stays so\n", agent.ctl("forget", "three").stdout)
    after = {it["name"]: it for it in agent.show()["routers"]}
    for name in ("lan", "gone", "late"):
        assert (after[name]["state"], after[name]["since"]) == (before[name]["state"],
                                                                before[name]["since"])
    assert len(events(agent, "forgotten")) == 1


def test_forget_takes_a_group_as_show_and_check_do(lab, gw, probe):
    """The file has them in another order than the group: there they stand where its first one is."""
    agent = lab.vipd(gw, [
        router(100, name=name, vrid=51 + i, interval="1s", addresses=[f"192.0.2.{100 + i}/24"])
        for i, name in enumerate(("lan", "wan", "dmz"))],
        groups=[{"name": "gateway", "routers": ["dmz", "lan"]}])
    for i in (0, 1, 2):
        probe.advert(**FALSE_ADVERT, vrid=51 + i, addresses=[f"192.0.2.{100 + i}"])
    for name in ("lan", "wan", "dmz"):
        heard(agent, FALSE, name)
    assert [it["name"] for it in agent.show()["routers"]] == ["dmz", "lan", "wan"]
    shown = json.loads(agent.ctl("show", "--json", "gateway").stdout)["routers"]
    assert [it["name"] for it in shown] == ["dmz", "lan"]
    checked = agent.ctl("check", "gateway", check=False).stdout
    assert "dmz" in checked and "lan" in checked and "wan" not in checked, checked
    done = agent.ctl("forget", "gateway")
    assert [it.split(":")[0] for it in done.stdout.splitlines()] == ["dmz", "lan"], done
    assert agent.router("wan")["active_address"] == FALSE
    assert {it["router"] for it in events(agent, "forgotten")} == {"dmz", "lan"}
    refused = agent.ctl("forget", "gatewa", check=False)
    assert refused.returncode == 1 and refused.stderr.endswith("wan; groups: gateway\n"), refused


def test_forget_of_a_router_that_there_is_not_names_those_that_are(lab, gw, probe):
    names = [f"router-with-a-long-name-{i}" for i in range(40)]
    agent = lab.vipd(gw, [router(100, name=name, vrid=i + 1, interval="40s",
                                 addresses=[f"192.0.2.{i + 100}/24"])
                          for i, name in enumerate(names)])
    probe.advert(**FALSE_ADVERT, vrid=1, addresses=["192.0.2.100"])
    heard(agent, FALSE, names[0])
    done = agent.ctl("forget", "router", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    told = re.fullmatch(r"vipctl: there is no router of that name; there are: (.*), \.\.\.\n",
                        done.stderr).group(1).split(", ")
    assert told == names[:len(told)] and len(told) > 10
    assert agent.router(names[0])["active_address"] == FALSE, "and nothing has come of it"


def test_forget_holds_over_a_crash(lab, gw, probe):
    """What was forgotten is not remembered by the process that goes on."""
    agent = silenced(lab, gw, probe, interval="2s")
    assert agent.standby_pid
    agent.ctl("forget")
    agent.kill_router()
    wait_until(lambda: agent.ctl("show", check=False).returncode == 0, what="vipctl to be served")
    shown = agent.router()
    assert shown["active_address"] is None
    assert shown["takeover_in_ms"] <= 2 * DOWN_MS + 20


def test_slow_reader_is_told_all_that_was_forgotten(lab, gw, probe):
    """Each router forgets once, in the message before the one that says so: a message that must be
    made again, since its reader takes nothing, is the same again."""
    second = gw.attach("lan", "192.0.3.2/24")
    count = 500                            # more than the socket holds
    agent = lab.vipd(gw, [router(1, name=f"r{i}", vrid=i % 250 + 1, interval="40s",
                                 interface=second if i >= 250 else "eth0",
                                 addresses=[f"10.9.{i // 250}.{i % 250 + 1}/24"])
                          for i in range(count)])
    agent.wait_state(f"r{count - 1}", "backup")
    for i in range(250):
        probe.advert(**FALSE_ADVERT, vrid=i + 1, addresses=[f"10.9.0.{i + 1}"])
    wait_until(lambda: all(it["active_address"] for it in agent.show()["routers"]),
               what="all to hear it")
    with wire.connect(agent.control) as asker:
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        wire.send(asker, wire.request("forget"))
        asker.recv(1, socket.MSG_PEEK)
        agent.ctl("check", check=False)        # turns go by meanwhile
        said = list(iter(lambda: wire.receive(asker), b""))
    assert wire.take_end(said[-1]) == (0, "")
    assert len(said) == count + 2
    assert all(socket.inet_aton(FALSE) in it for it in said[1:-1])
    assert len(events(agent, "forgotten")) == count


def test_forget_is_refused_to_who_may_not_ask(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    done = gw.run("setpriv", "--reuid=65534", "--regid=65534",
                  "--clear-groups", *agent.ctl_argv("forget"),
                  check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied" in done.stderr, done
    assert agent.router()["active_address"] == FALSE
    assert events(agent, "forgotten") == []
    [said] = wire.answers(agent.control, wire.request("forget", "lan", "more"))
    assert wire.take_end(said)[0] == errno.EINVAL


def test_forget_is_for_the_group_of_the_socket_too(lab, gw, probe):
    agent = silenced(lab, gw, probe)
    group = os.stat(agent.control).st_gid
    done = gw.run("setpriv", "--reuid=65534", "--regid=65534", f"--groups={group}",
                  *agent.ctl_argv("forget"), check=False)
    assert (done.returncode, done.stderr) == (0, "")
    [event] = events(agent, "forgotten")
    assert (event["forgotten"], event["uid"]) == (FALSE, 65534)


def test_active_that_yielded_to_a_false_one_takes_over_again(lab, gw, probe):
    agent = lab.vipd(gw, [router(100, interval="1s")])
    agent.wait_state("lan", "active")
    probe.advert(**FALSE_ADVERT)
    agent.wait_state("lan", "backup")
    assert agent.router()["takeover_in_ms"] > FALSE_DOWN_MS - 20_000
    agent.ctl("forget", "lan")
    assert agent.router()["takeover_in_ms"] <= DOWN_MS
    agent.wait_state("lan", "active")
