# SPDX-License-Identifier: MIT
"""What is wrong now: the column WARN of vipctl show, vipctl check, and addresses that others have."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

import control_messages as wire
from control_messages import Server
from generations import start
from lab import router, wait_until
from test_control_reader import LAN, ROUTER, ROUTER_FIELDS, UINT, whole

REAL, PEER = "192.0.2.2", "192.0.2.9"
WEAK = 100


@pytest.fixture(name="gw")
def gw_fixture(lab):
    """The host under test; it lets packets of its own source in."""
    host = lab.host("gw", f"{REAL}/24")
    host.sysctl("net.ipv4.conf.eth0.accept_local", 1)
    return host


@pytest.fixture(name="active")
def active_fixture(lab, gw):
    """A vipd that is Active, with its standby."""
    agent = lab.vipd(gw, [router(200, extra_addresses=["198.51.100.7/32"])])
    agent.wait_state("lan", "active")
    assert agent.standby_pid
    return agent


@pytest.fixture(name="backup")
def backup_fixture(lab, gw, probe):
    """A vipd that is Backup of a stronger peer."""
    agent = lab.vipd(gw, [router(WEAK)])
    with probe.speak(priority=200, interval=10):
        agent.wait_state("lan", "backup")
        wait_until(lambda: agent.router()["active_address"] == PEER, what="the peer to be heard")
        assert agent.standby_pid
        yield agent


def checked(agent, *args):
    """Of vipctl check: (exit status, lines)."""
    done = agent.ctl("check", *args, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def wait_warning(agent, *words):
    """Waits until exactly these are the warnings. Return: how the router is then shown."""
    def warned():
        shown = agent.router()
        return shown if sorted(shown["warnings"]) == sorted(words) else None

    return wait_until(warned, what=lambda _: f"{words}, not {agent.router()['warnings']}")


def heard_and_warn(agent):
    """Of the only router in the table: the cells LAST HEARD and WARN."""
    line = agent.ctl("show").stdout.splitlines()[1]
    return re.fullmatch(r"lan +eth0 .*? +(\d\.\d s|-) +192\.0\.2\.1/24(?: \+1)? +(\S+) .*",
                        line).groups()


# ---- fine ----

def test_check_of_an_active_that_is_fine(active):
    assert checked(active) == (0, ["VIPD OK - 1 router, 1 active here"])
    assert checked(active, "lan") == (0, ["VIPD OK - 1 router, 1 active here"])
    assert json.loads(active.ctl("check", "--json").stdout) == {
        "level": "ok", "routers": 1, "active": 1, "problems": []}
    shown = active.router()
    assert (shown["warnings"], shown["last_heard"], shown["held_addresses"]) == ([], None, [])
    assert heard_and_warn(active) == ("-", "-")


def test_backup_says_when_it_heard_the_active(backup):
    assert checked(backup) == (0, ["VIPD OK - 1 router, 0 active here"])
    assert backup.router()["last_heard"].endswith("Z")
    heard, warn = heard_and_warn(backup)
    assert heard.endswith(" s") and float(heard.removesuffix(" s")) < 2 and warn == "-"


# ---- degraded ----

def test_equal_priority_is_a_warning(lab, gw, probe):
    agent = lab.vipd(gw, [router(WEAK)])
    with probe.speak(priority=WEAK, interval=10):
        agent.wait_state("lan", "backup")
        wait_warning(agent, "equal_priority")
        assert agent.standby_pid
        status, lines = checked(agent)
    assert status == 1 and len(lines) == 2
    assert lines[0].startswith("VIPD WARNING - router lan: equal_priority: another host has ")
    assert lines[1].startswith("WARNING: router lan: equal_priority: ")
    assert heard_and_warn(agent)[1] == "equal_priority"


@pytest.mark.parametrize("word, fields", [
    ("interval", {"interval": 20}), ("address_list", {"addresses": ["192.0.2.1", "192.0.2.77"]}),
    ("checksum_form", {"checksum": "rfc5798"}),
    ("rejected_own_source", {"src": REAL}), ("rejected_checksum", {"checksum": "bad"}),
    ("rejected_version", {"version": 2}), ("rejected_ttl", {"ttl": 254}),
    ("rejected_empty_list", {"addresses": []})])
def test_what_is_odd_about_adverts_is_a_warning(backup, probe, word, fields):
    probe.advert(**{"priority": 200, "interval": 10, **fields})
    wait_warning(backup, word)
    status, lines = checked(backup)
    assert status == 1
    assert "adverts for it are discarded" not in lines[1], "what is odd about them is not said"


def test_missing_extra_address_is_degraded_and_a_missing_one_wrong(made_up):
    """Made up: vipd puts them back at once."""
    extra = wire.records(3, address(present=0, advertised=0))
    status, lines = made_up([extra])
    assert status == 1 and lines[1] == ("WARNING: router lan: missing_address: it is Active "
                                        "without its extra address 192.0.2.1")
    status, lines = made_up([wire.records(3, address(present=0))])
    assert status == 2 and lines[1] == ("CRITICAL: router lan: missing_address: it is Active "
                                        "without its address 192.0.2.1")


def test_lost_standby_is_degraded(active):
    """Another one is started 10 s after one that was lost."""
    os.kill(active.standby_pid, signal.SIGKILL)
    active.wait_log("standby_pid=.* lost=")
    status, lines = checked(active)
    assert status == 1 and lines[0].startswith("VIPD WARNING - no_standby: ")
    assert active.show()["standby"] is False
    assert heard_and_warn(active)[1] == "no_standby"


def said_of_host(agent):
    """What vipctl check says of none of its routers: (level, word)."""
    return [(it["level"], it["problem"]) for it in
            json.loads(agent.ctl("check", "--json", check=False).stdout)["problems"]
            if not it.get("router")]


def test_who_waits_for_a_successor_to_stop_has_no_standby_on_purpose(lab):
    """Nobody goes on here, and a reload would make none: it says that it stops, and nothing else."""
    agent = start(lab, router(254, interval="40s", down_intervals=1))
    assert agent.standby_pid and not said_of_host(agent)
    agent.expected_to_live = False
    agent.process.terminate()
    wait_until(lambda: agent.show()["standby"] is False, what="a standby that is let go")
    assert said_of_host(agent) == [("warning", "stopping")]
    words = heard_and_warn(agent)[1].split(",")
    assert "stopping" in words and "no_standby" not in words
    assert not any(it["finding"] == "no_standby" for it in
                   json.loads(agent.ctl("doctor", "--json", "-c", agent.config,
                                        check=False).stdout)["findings"])
    assert agent.leave_at_once() == 0


def test_router_process_that_alone_was_told_to_stop_has_a_standby(lab):
    """Which goes on when it has left."""
    agent = start(lab, router(254, interval="40s", down_intervals=1))
    old, standby = agent.router_pid, agent.standby_pid
    os.kill(old, signal.SIGTERM)
    agent.wait_log(f"signal=TERM from_pid={os.getpid()}")
    assert said_of_host(agent) == [] and agent.show()["standby"] is True
    os.kill(old, signal.SIGTERM)                   # who asks twice waits for nobody
    wait_until(lambda: agent.router_pids == [standby], what="the standby to go on")
    assert agent.leave_at_once() == 0


def test_check_waits_for_the_standby_after_a_reload(active):
    for _ in range(3):
        assert active.reload().returncode == 0
        assert checked(active)[0] == 0


def test_address_that_is_there_twice_is_degraded(active):
    active.host.ip("address add 192.0.2.1/32 dev eth0")
    shown = wait_warning(active, "double_address")
    assert (shown["held_addresses"], shown["missing_addresses"]) == ([], [])
    assert checked(active)[0] == 1
    active.host.ip("address del 192.0.2.1/32 dev eth0")
    wait_warning(active)


# ---- wrong ----

def test_fault_is_critical(lab):
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [
        router(200), router(name="gone", vrid=53, interface="none0",
                            addresses=["192.0.2.11/24"])])
    agent.wait_state("lan", "active")
    assert agent.standby_pid
    assert checked(agent) == (2, [
        "VIPD CRITICAL - router gone: fault: it takes no part: there is no interface none0",
        "CRITICAL: router gone: fault: it takes no part: there is no interface none0"])
    assert checked(agent, "lan")[0] == 0
    document = json.loads(agent.ctl("check", "--json", check=False).stdout)
    assert (document["level"], document["routers"], document["active"]) == ("critical", 2, 1)
    assert [it["problem"] for it in document["problems"]] == ["fault"]


def test_two_actives_are_critical(active, probe):
    before = active.router()["counters"]["adverts_sent"]
    wait_until(lambda: active.router()["counters"]["adverts_sent"] > before + 2,
               what="it to be Active for some adverts")
    probe.advert(priority=50, interval=10)
    wait_warning(active, "other_active")
    assert checked(active)[0] == 2


def test_no_vipd_is_critical(tmp_path):
    done = wire.vipctl(str(tmp_path / "none.sock"), "check")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("VIPD CRITICAL - no_answer: ")
    assert "No such file or directory: vipd does not run" in done.stdout.splitlines()[0]


def test_unknown_router_is_critical(active):
    status, lines = checked(active, "lan9")
    assert status == 2 and lines[0] == (
        "VIPD CRITICAL - no_answer: there is no router of that name; there are: lan")


def test_half_an_answer_is_critical(made_up):
    status, lines = made_up(cut=True)
    assert status == 2 and "vipd hung up in the middle" in lines[0] and len(lines) == 2


@pytest.mark.parametrize("held", ["192.0.2.1/24", "192.0.2.1/32"])
def test_address_held_by_hand_on_a_backup(backup, held):
    backup.host.ip(f"address add {held} dev eth0")
    shown = wait_warning(backup, "held_address")
    assert shown["held_addresses"] == ["192.0.2.1/24"] and shown["missing_addresses"] == []
    assert checked(backup)[0] == 2
    backup.host.ip(f"address del {held} dev eth0")
    wait_warning(backup)


# ---- another VRID ----

def test_address_of_another_vrid_is_an_error(lab, active, probe):
    with probe.speak(vrid=77, priority=100, interval=10, addresses=["192.0.2.50", "192.0.2.1"]):
        line = active.wait_log("conflict=")
        assert " error: " in line and all(it in line for it in (
            "router=lan", "conflict=192.0.2.1", "vrid=51", "other_vrid=77", f"source={PEER}"))
        shown = wait_warning(active, "conflict")
    assert shown["conflicts"] == [{"vrid": 77, "source": PEER, "address": "192.0.2.1"}]
    status, lines = checked(active)
    assert status == 2 and lines[1] == ("CRITICAL: router lan: conflict: 192.0.2.9 of VRID 77 has "
                                        "its address 192.0.2.1, too")
    assert sum("conflict=" in it for it in active.log) == 1, "an episode"
    [event, *_] = [json.loads(it) for it in active.ctl("events", "--json").stdout.splitlines()
                   if '"conflict"' in it]
    assert (event["kind"], event["vrid"], event["other_vrid"]) == ("conflict", 51, 77)
    assert lab


def test_extra_address_of_another_vrid_is_one_too(active, probe):
    probe.advert(vrid=78, addresses=["198.51.100.7"])
    assert wait_warning(active, "conflict")["conflicts"] == [
        {"vrid": 78, "source": PEER, "address": "198.51.100.7"}]


def test_other_vrids_with_other_addresses_are_nothing(active, probe):
    probe.advert(vrid=77, addresses=["192.0.2.50"])
    probe.advert(vrid=77, priority=0)              # leaves with it
    probe.advert(vrid=77, checksum="bad")
    wait_until(lambda: active.show()["rejected"]["vrid"] >= 2, what="the strays to be counted")
    assert active.router()["conflicts"] == []
    assert checked(active)[0] == 0


def test_conflicts_are_bounded(active, probe):
    for n in range(80):
        probe.advert(vrid=100 + n % 100, src=f"192.0.2.{100 + n}")
        if n % 10 == 9:
            active.show()
    wait_until(lambda: active.show()["rejected"]["vrid"] == 80, what="all to be counted")
    assert len(active.router()["conflicts"]) == 32
    status, lines = checked(active)
    assert status == 2 and len(lines) == 33 and lines[0].endswith("(and 31 more)")


# ---- counts over a hand-over ----

@pytest.mark.parametrize("how", ["reload", "crash"])
def test_counts_of_strays_outlive_a_hand_over(active, probe, how):
    for _ in range(5):
        probe.advert(vrid=77, addresses=["192.0.2.50"])
    wait_until(lambda: active.show()["rejected"]["vrid"] == 5, what="five strays")
    if how == "reload":
        assert active.reload().returncode == 0
    else:
        pid = active.kill_router()
        wait_until(lambda: active.router_pid != pid, what="another router process")
    active.wait_ready()
    assert active.show()["rejected"]["vrid"] == 5


# ---- watching ----

def test_watch_prints_a_table_per_second_until_it_is_interrupted(active, lab):
    seen = lab.path("watched")
    with open(seen, "w", encoding="utf-8") as out:
        watcher = active.host.popen(*active.ctl_argv("show", "--watch"), stdout=out,
                                    stderr=subprocess.STDOUT)

    def tables(n):
        with open(seen, encoding="utf-8") as text:
            return text.read().count("ROUTER") >= n

    lab.at_close(lambda: watcher.poll() is not None or watcher.kill())
    before = time.monotonic()
    wait_until(lambda: tables(1), what="a table")
    wait_until(lambda: tables(3), 10, "three tables")
    assert time.monotonic() - before > 1.5
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(10) == 0
    with open(seen, encoding="utf-8") as text:
        assert "\x1b" not in text.read(), "no terminal"


def test_watch_on_a_terminal_draws_in_place(active):
    ours, theirs = os.openpty()
    watcher = active.host.popen(*active.ctl_argv("show", "--watch"), stdout=theirs)
    os.close(theirs)
    seen = b""
    while seen.count(b"ROUTER") < 2:
        seen += os.read(ours, 4096)
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(10) == 0
    os.close(ours)
    assert seen.startswith(b"\x1b[H\x1b[J") and seen.count(b"\x1b[H\x1b[J") >= 2


def test_watch_ends_when_nobody_reads(active):
    reading, writing = os.pipe()
    watcher = active.host.popen(*active.ctl_argv("show", "--watch"), stdout=writing)
    os.close(writing)
    os.read(reading, 100)
    os.close(reading)
    assert watcher.wait(10) != 0


def test_watch_of_what_is_not_there_is_an_error(active):
    done = active.ctl("show", "--watch", "lan9", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vipctl: there is no router of that name; there are: lan\n"


# ---- a vipd that is made up ----

def address(**values):
    """An address of the router, as test_control_reader has it, but for these."""
    from test_control_reader import ADDRESS, ADDRESS_KIND    # pylint: disable=C0415
    return ADDRESS_KIND.record(**{"address": ADDRESS, "family": 4, "prefix_len": 24,
                                  "advertised": 1, "present": 1, **values})


@pytest.fixture(name="made_up")
def made_up_fixture(tmp_path):
    """Of vipctl check at an answer with these messages: (exit status, lines)."""
    def ask(more=(), cut=False):
        path = str(tmp_path / "made-up.sock")
        said = whole(more=more)
        with Server(path, *(said[:-1] if cut else said)):
            done = wire.vipctl(path, "check")
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()
    return ask


def test_check_of_a_vipd_that_tells_less(tmp_path):
    """Of another version: what it does not say is no problem."""
    path = str(tmp_path / "made-up.sock")
    few = type(ROUTER)(2, "router", {"name": ROUTER_FIELDS["name"], "vrid": (UINT, "B", {})})
    with Server(path, *whole(few, {"name": LAN["name"], "vrid": 51})):
        done = wire.vipctl(path, "check")
    assert (done.returncode, done.stdout) == (0, "VIPD OK - 1 router, 0 active here\n")
