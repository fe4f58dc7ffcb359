# SPDX-License-Identifier: MIT
"""The control socket as a conversation: what vipd answers, to whom, and that it costs no advert.

What vipctl makes of answers is in test_control_reader.py, other versions in test_control_versions.py.
"""

import contextlib
import errno
import fcntl
import json
import mmap
import os
import re
import shutil
import statistics
import struct
import termios
import threading

import pytest

import control_messages as wire
import frames
import glance
from agents import VIP, binary, is_sanitized
from lab import router, wait_until
from processes import open_files
from timing import gaps_ms, keeps_rhythm

OWN = "192.0.2.2/24"
RHYTHM = {"interval": "50ms"}    # of the routers whose adverts are watched
GAP_MS = 150                     # three intervals
CLIENTS_MAX = 8
REJECTS = {"length", "ttl", "version", "type", "vrid", "source", "empty_list", "checksum",
           "interval", "own_source"}
SHOW = wire.request("show")


def as_user(lab, agent, group, *words, more="--clear-groups"):
    """vipctl, as nobody with that group. Return: exit status, what it says."""
    program = shutil.copy(binary("vipctl"), lab.path("vipctl"))
    os.chmod(os.path.dirname(program), 0o755)
    done = agent.host.run("setpriv", "--reuid=nobody", f"--regid={group}", *more.split(), program, "-s",
                          agent.control, *words, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers' vipctl writes where nobody may not")
def test_groups_may_do_what_they_are_for(lab):
    agent = start_active(lab, control_group="operator", control_read_group="games")
    for group, more in (("games", "--clear-groups"), ("nogroup", "--groups=games")):
        assert as_user(lab, agent, group, "show", more=more)[0] == 0
        assert as_user(lab, agent, group, "check", more=more)[0] == 0
        for words in (("drain", "lan"), ("reload",), ("forget",), ("reload", "--dry-run"),
                      ("notify", "drop", "all")):
            status, said = as_user(lab, agent, group, *words, more=more)
            assert status == 1 and "control_group" in said, (words, said)
    assert "drained" not in agent.ctl("show").stdout
    assert as_user(lab, agent, "nogroup", "show") == (
        1, "vipctl: vipd hung up: this user may not ask, or too many ask at once\n")
    assert as_user(lab, agent, "operator", "drain", "lan", "--for", "1h")[0] == 1
    assert "drained" in agent.ctl("show").stdout
    # A reload takes it away, and gives it to others.
    agent.configure([router(150, **RHYTHM)], control_read_group="operator")
    agent.ctl("reload")
    assert as_user(lab, agent, "games", "show")[0] == 1
    assert as_user(lab, agent, "operator", "show")[0] == 0
    assert as_user(lab, agent, "operator", "resume")[0] == 1
    agent.configure([router(150, **RHYTHM)])
    agent.ctl("reload")
    assert as_user(lab, agent, "operator", "show")[0] == 1
    assert as_user(lab, agent, "root", "show")[0] == 0


def test_a_glance_shows_what_vipctl_shows(lab):
    host = lab.host("gw1", OWN, "2001:db8::2/64", ipv6=True)
    routers = [router("owner", name="lan", addresses=[VIP.replace(".1/", ".2/"), "2001:db8::2/64"]),
               router(name="there", vrid=52, interface="eth7")]
    agent = lab.vipd(host, routers)
    agent.wait_state("lan", "active")
    agent.wait_state("lan", "active", family=6)
    agent.wait_fault("there is no interface eth7", "there")
    fields = ("name", "family", "vrid", "state", "reason_code", "drained")
    shown = [tuple(entry[field] for field in fields) for entry in agent.show()["routers"]]
    seen = [glance.routers(agent.control, name, *fields) for name in ("lan", "there")]
    assert sorted(sum(seen, [])) == sorted(shown)
    assert glance.routers(agent.control, "other", "state") == []
    assert agent.term() == 0
    assert glance.routers(agent.control, "lan", "state") is None


def start_active(lab, routers=None, **settings):
    """An Active vipd on gw1, with the router "lan" first."""
    agent = lab.vipd(lab.host("gw1", OWN), routers or [router(150, **RHYTHM)], **settings)
    agent.wait_state("lan", "active")
    return agent


def many_routers(host, number):
    """So many routers besides "lan", 250 on an interface, all waiting in Backup."""
    devices = [host.attach("other") for _ in range((number + 249) // 250)]
    return [router(1, name=f"r{i}", interface=devices[i // 250], vrid=i % 250 + 1,
                   interval="40s", addresses=[f"10.9.{i // 250}.{i % 250 + 1}/24"])
            for i in range(number)]


def wait_answer(agent):
    """Waits until vipctl is served again."""
    wait_until(lambda: agent.ctl("show", "--json", check=False).returncode == 0,
               what="vipctl to be answered again")


def wait_hang_up(made):
    """Waits until vipd has had enough of a client."""
    while wire.receive(made):
        pass


def resident(pid):
    """The memory of a process that is there, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))


# ---- commands ----

def refusal(agent, asked):
    """The one message that answers what is no request of ours: (error, text)."""
    [said] = wire.answers(agent.control, asked)
    return wire.take_end(said)


def test_requests_that_are_none_are_told_what_there_is(lab):
    agent = start_active(lab)
    known = "commands known here: show, checks, metrics, configuration, reload, forget, drain, resume, " \
        "notify-retry, notify-drop"
    for word in ("bogus", "sho", "showx", "\xff", "x" * 200):
        assert refusal(agent, wire.request(word)) == (errno.ENOSYS, known)
    assert refusal(agent, wire.request("bogus", "lan")) == (errno.ENOSYS, known)
    assert refusal(agent, wire.request(command=77)) == (errno.ENOSYS, known)
    for asked in (wire.request(), wire.request("show", "a", "b", "c"), SHOW[:-1], SHOW[:9],
                  wire.request("x" * 300), wire.request("show") + os.urandom(50) + b"x"):
        error, text = refusal(agent, asked)
        assert (error, text) == (errno.EBADMSG, "vipd does not understand the request")
    assert refusal(agent, wire.request("show", "lan", "more")) == (
        errno.EINVAL, "the command takes one router")
    assert refusal(agent, wire.request("configuration", "lan")) == (
        errno.EINVAL, "the command takes no argument")
    assert agent.router()["state"] == "active", "and nothing has come of it"


def test_reload_by_its_word_is_answered_with_an_end(lab):
    agent = start_active(lab)
    pid = agent.router_pid
    assert refusal(agent, wire.request("reload")) == (0, "")
    assert agent.router_pid != pid
    with open(agent.config, "a", encoding="utf-8") as file:
        file.write("nonsense = 1;\n")
    error, text = refusal(agent, wire.request("reload"))
    assert error == errno.ECANCELED and 'unknown key "nonsense"' in text


def test_show_of_one_router(lab):
    agent = start_active(lab, [router(150, **RHYTHM), router(
        name="lan2", vrid=52, addresses=["192.0.2.11/24", "192.0.2.12/24"])])
    everything = agent.show()
    for entry in everything["routers"]:
        alone = json.loads(agent.ctl("show", "--json", entry["name"]).stdout)
        assert [it["name"] for it in alone["routers"]] == [entry["name"]]
        assert alone["routers"][0]["addresses"] == entry["addresses"]
        assert set(alone) == set(everything)
    _, line = agent.ctl("show", "lan2").stdout.splitlines()
    assert line.split()[0] == "lan2"
    for name in ("lan3", "la", "", "x" * 33, "x" * 300):
        done = agent.ctl("show", name, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == ("vipctl: there is no router of that name"
                               + ("; there are: lan, lan2\n" if len(name) < 300 else
                                  ": the longest ones have 32 characters\n"))


def test_configuration_is_handed_out_and_cannot_be_changed(lab):
    """A client that changed it would change what a standby runs."""
    agent = start_active(lab)
    fd = wire.take_descriptor(agent.control, wire.request("configuration"))
    again = f"/proc/self/fd/{fd}"
    with open(again, encoding="utf-8") as file:
        before = file.read()
    assert '"lan"' in before

    def refuses(change):
        with pytest.raises(OSError) as raised:
            change()
        assert raised.value.errno in (errno.EPERM, errno.EBADF, errno.EACCES), raised.value

    def write_anew():
        other = os.open(again, os.O_RDWR)
        try:
            os.pwrite(other, b"x", 0)
        finally:
            os.close(other)

    refuses(lambda: os.pwrite(fd, b"x", 0))
    refuses(lambda: os.ftruncate(fd, 0))
    refuses(lambda: os.ftruncate(fd, 1 << 20))
    refuses(lambda: mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE))
    refuses(lambda: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE))
    refuses(write_anew)
    refuses(lambda: os.truncate(again, 0))
    with open(again, encoding="utf-8") as file:
        assert file.read() == before
    os.close(fd)
    # And the standby has it.
    standby = agent.standby_pid
    pid = agent.kill_router()
    agent.wait_state("lan", "active")
    assert agent.router_pid == standby != pid


def test_configuration_is_the_one_that_runs_after_reload_and_crash(lab):
    agent = start_active(lab)

    def running():
        fd = wire.take_descriptor(agent.control, wire.request("configuration"))
        with open(fd, encoding="utf-8") as file:
            file.seek(0)
            return file.read()

    first = running()
    agent.configure([router(140, **RHYTHM)])
    assert running() == first
    assert agent.reload().returncode == 0
    second = running()
    assert "priority = 140" in second and second != first
    assert agent.standby_pid
    agent.kill_router()
    wait_answer(agent)
    assert running() == second


# ---- clients that behave badly ----

def test_silent_clients_are_hung_up_on(lab):
    agent = start_active(lab)
    descriptors = open_files(agent.router_pid)

    def be_silent():
        with contextlib.ExitStack() as clients:
            silent = [clients.enter_context(wire.connect(agent.control))
                      for _ in range(CLIENTS_MAX)]
            for it in silent:
                wait_hang_up(it)

    keeps_rhythm(agent.host, be_silent, limit=GAP_MS)
    wait_answer(agent)
    assert open_files(agent.router_pid) == descriptors


def test_garbage_of_all_lengths_is_hung_up_on(lab):
    """Half a request, noise, noise behind our number: an end or a hang-up, and nothing more."""
    agent = start_active(lab)
    descriptors = open_files(agent.router_pid)
    noise = [os.urandom(length) for length in [*range(1, 300, 7), 4096, 60000]]
    behind = [wire.request() + os.urandom(length) for length in range(0, 300, 11)]
    halves = [SHOW[:length] for length in range(1, len(SHOW))]

    def talk_nonsense():
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", bytes(6), b"\xff" * 6, *noise, *behind, *halves):
            for said in wire.answers(agent.control, garbage):
                assert wire.take_end(said)[0] != 0
        for _ in range(50):
            wire.connect(agent.control).close()

    keeps_rhythm(agent.host, talk_nonsense, limit=GAP_MS)
    wait_answer(agent)
    assert open_files(agent.router_pid) == descriptors


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers have an allocator of their own")
def test_five_thousand_clients_leave_nothing_behind(lab):
    """One after the other and as many at once as there can be: no memory, no descriptor, no advert."""
    agent = start_active(lab)

    def come_and_go(number):
        for i in range(number):
            with wire.connect(agent.control) as it:
                if i % 3:
                    wire.send(it, SHOW if i % 3 == 1 else SHOW[:5])
                    wire.receive(it)

    def crowd():
        with contextlib.ExitStack() as clients:
            for _ in range(CLIENTS_MAX):
                wire.send(clients.enter_context(wire.connect(agent.control)), SHOW)
            assert len(agent.show()["routers"]) == 1

    come_and_go(50)
    crowd()
    wait_answer(agent)
    before = open_files(agent.router_pid), resident(agent.router_pid)
    keeps_rhythm(agent.host, lambda: come_and_go(5000), limit=GAP_MS)
    keeps_rhythm(agent.host, crowd, limit=GAP_MS)
    wait_answer(agent)
    assert (open_files(agent.router_pid), resident(agent.router_pid)) == before


def test_twenty_clients_at_once(lab):
    """Those that are one too many are told so; all others have their answer, whole."""
    agent = start_active(lab)
    answers = []

    def ask():
        answers.clear()
        threads = [threading.Thread(
            target=lambda: answers.append(agent.ctl("show", "--json", check=False)))
            for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    keeps_rhythm(agent.host, ask, limit=GAP_MS)
    wait_answer(agent)
    assert len(answers) == 20
    for answer in answers:
        if answer.returncode == 0:
            assert json.loads(answer.stdout)["routers"][0]["state"] == "active"
        else:
            assert answer.returncode == 1 and "too many ask at once" in answer.stderr
    assert sum(answer.returncode == 0 for answer in answers) >= 8


def test_client_that_never_reads_is_hung_up_on(lab):
    """Its answer is far more than a socket holds, and vipd must not wait for it."""
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(150, **RHYTHM), *many_routers(host, 500)])
    agent.wait_state("lan", "active")
    descriptors = open_files(agent.router_pid)

    def be_deaf():
        with contextlib.ExitStack() as clients:
            for _ in range(4):
                wire.send(clients.enter_context(wire.connect(agent.control)), SHOW)
            assert len(agent.show()["routers"]) == 501, "others are served meanwhile"
            wait_until(lambda: open_files(agent.router_pid) == descriptors,
                       what="the deaf clients to be let go")

    keeps_rhythm(host, be_deaf, limit=GAP_MS)
    assert agent.router()["counters"]["became_active"] == 1


def unread(sock):
    """How many bytes wait to be read."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, bytes(4)))[0]


def test_client_that_reads_late_gets_all(lab):
    """What did not fit at first follows when there is room: routers so large that it may be any."""
    host = lab.host("gw1", OWN)
    routers = many_routers(host, 60)
    for i, it in enumerate(routers):
        it["extra_addresses"] = [f"10.{100 + i}.{n // 250}.{n % 250 + 1}/32" for n in range(400)]
    agent = lab.vipd(host, routers)
    with wire.connect(agent.control) as it:
        it.send(SHOW)
        sizes = []

        def settled():
            sizes.append(unread(it))
            return len(sizes) > 5 and sizes[-1] == sizes[-6] > 0

        wait_until(settled, what="vipd to find no more room")
        messages = list(iter(lambda: wire.receive(it), b""))
    assert wire.take_end(messages[-1]) == (0, "")
    kinds = [struct.unpack_from("=H", it, 6)[0] for it in messages]
    # Nine tables; the host; of each router itself, and 401 addresses by 64.
    assert (kinds.count(wire.TABLE), kinds.count(wire.RECORDS)) == (9, 1 + 60 * (1 + 7))


def asks_in_a_loop(agent, busy):
    """Asks for everything as often as it can, from two places, while busy() runs."""
    stop, counted = threading.Event(), []

    def ask():
        while not stop.is_set():
            said = wire.answers(agent.control, SHOW)
            counted.append(bool(said) and wire.take_end(said[-1]) == (0, ""))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        busy()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert any(counted), "not one whole answer"


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers slow everything down")
def test_show_of_two_thousand_routers_delays_no_advert(lab):
    """The rhythm of an Active's adverts, with questions without end and without any."""
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(150, **RHYTHM), *many_routers(host, 2039)])
    agent.wait_state("lan", "active")

    def gaps(busy):
        mark = lab.now()
        busy()
        return gaps_ms(host, mark)

    def wait():
        host.wait_adverts(40, lab.now(), vrid=51)

    for _ in range(3):                             # a busy machine may hold up everything
        quiet, asked = gaps(wait), gaps(lambda: asks_in_a_loop(agent, wait))
        story = [f"{max(it):.1f} ms at most, {statistics.pstdev(it):.2f} ms of deviation"
                 for it in (quiet, asked)]
        print("without, with questions:", *story, sep="\n")
        if max(asked) <= max(max(quiet), 50) + 10:
            break
    assert max(asked) <= max(max(quiet), 50) + 10, story
    assert len(agent.show()["routers"]) == 2040


# ---- show ----

SHOWN = {"node": str, "version": str, "rejected": dict, "unread": int, "dropped": int,
         "standby": bool, "routers": list, "checks": list}
ROUTER = {"name": str, "interface": str, "vrid": int, "family": int, "version": int,
          "state": str, "reason": str, "reason_code": str, "since": str, "priority": int,
          "effective_priority": int, "last_resort": bool, "mute": bool, "deaf": bool,
          "no_carrier": bool,
          "accept": bool, "auth": str, "drained": bool, "drained_until": (str, type(None)), "drain_held_until": (str, type(None)),
          "leave_held_until": (str, type(None)), "leave_before": (str, type(None)),
          "damped_until": (str, type(None)),
          "down_intervals": int,
          "active_address": (str, type(None)), "active_priority": (int, type(None)),
          "active_interval_ms": (int, type(None)), "takeover_in_ms": (int, type(None)),
          "interval_ms": int, "addresses": list,
          "extra_addresses": list, "missing_addresses": list, "held_addresses": list,
          "address_interfaces": dict, "peers": list, "rejected_sources": list, "tracks": list, "routes": list, "rules": list,
          "missing_routes": list, "missing_rules": list,
          "conflicts": list, "last_heard": (str, type(None)), "warnings": list, "counters": dict}
COUNTERS = {name: int for name in (
    "adverts_sent", "adverts_received", "priority_zero_sent", "priority_zero_received",
    "became_active", "late_timers", "announcements_sent", "addresses_restored", "send_errors")}
COUNTERS |= {"rejected": dict, "noticed": dict}
NOTICED = {name: int for name in (
    "interval", "address_list", "owner", "equal_priority", "checksum_form",
    "other_active", "clock_skew", "not_heard", "address_taken", "fell_silent")}


def check_shape(value, shape):
    """Exactly these members, of these types (a bool is no int)."""
    assert set(value) == set(shape)
    for name, kind in shape.items():
        assert isinstance(value[name], kind) and (
            kind is bool or not isinstance(value[name], bool)), name


def check_shown(shown):
    """The whole document."""
    check_shape(shown, SHOWN)
    assert REJECTS <= set(shown["rejected"])
    for entry in shown["routers"]:
        assert re.fullmatch(r"([\da-f]{2}(:|$)){6}", entry.pop("mac", "02:00:00:00:00:01"))
        check_shape(entry, ROUTER)
        check_shape(entry["counters"], COUNTERS)
        check_shape(entry["counters"]["noticed"], NOTICED)
        assert REJECTS <= set(entry["counters"]["rejected"])
        assert all(type(n) is int and n >= 0 for n in entry["counters"]["rejected"].values())
        assert entry["state"] in ("initialize", "backup", "active", "fault")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry["since"])
        for group in ("addresses", "extra_addresses", "missing_addresses"):
            assert all(re.fullmatch(r"[\d.]+/\d+", address) for address in entry[group])


def test_show_json(lab):
    host = lab.host("gw1", OWN)
    with frames.Probe(lab.host("probe")).speak(every=0.05, vrid=52, priority=200):
        agent = lab.vipd(host, [
            router(150, extra_addresses=["198.51.100.7/32"], **RHYTHM),
            router(name="two", vrid=52, addresses=["192.0.2.11/24", "192.0.2.12/24"]),
            router("owner", name="gone", vrid=53, interface="none0", interval="40.95s",
                   addresses=["192.0.2.13/24"])], node="gateway-1")
        agent.wait_state("lan", "active")
        wait_until(lambda: agent.router("two")["counters"]["adverts_received"] > 0,
                   what="adverts")
        shown = agent.show()
    mac, absent = (shown["routers"][i].get("mac") for i in (0, 2))
    check_shown(shown)
    lan, two, gone = shown["routers"]
    assert (mac, absent) == (host.mac(), None)
    assert shown["node"] == "gateway-1"
    assert (lan["name"], lan["interface"], lan["vrid"], lan["family"], lan["version"]) == (
        "lan", "eth0", 51, 4, 3)
    assert (lan["priority"], lan["effective_priority"], lan["interval_ms"]) == (150, 150, 50)
    assert lan["reason"].startswith("no advert for ") and lan["reason_code"] == "silence"
    assert lan["active_address"] == "192.0.2.2"
    assert (lan["active_priority"], lan["active_interval_ms"], lan["takeover_in_ms"]) == (
        150, 50, None)
    assert (lan["addresses"], lan["extra_addresses"]) == ([VIP], ["198.51.100.7/32"])
    assert lan["counters"]["became_active"] == 1
    assert lan["counters"]["announcements_sent"] >= 2
    assert (two["state"], two["active_address"]) == ("backup", "192.0.2.9")
    assert (two["active_priority"], two["active_interval_ms"]) == (200, 50)
    assert 0 <= two["takeover_in_ms"] <= 3 * 50 + 31
    assert two["addresses"] == ["192.0.2.11/24", "192.0.2.12/24"] and two["priority"] == 100
    assert (gone["state"], gone["active_address"]) == ("fault", None)
    assert (gone["active_priority"], gone["active_interval_ms"], gone["takeover_in_ms"]) == (
        None, None, None)
    assert (gone["reason"], gone["reason_code"]) == ("there is no interface none0", "link_missing")
    assert (gone["priority"], gone["interval_ms"]) == (255, 40950)


def test_show_table(lab):
    agent = start_active(lab, [router(150, extra_addresses=["198.51.100.7/32"], **RHYTHM),
                               router(name="gone", vrid=53, interface="none0")])
    header, lan, gone = agent.ctl("show").stdout.splitlines()
    assert header.split() == ["ROUTER", "INTERFACE", "VRID", "STATE", "FOR", "PRIO", "ACTIVE",
                              "IS", "TAKEOVER", "IN", "LAST", "HEARD", "ADDRESSES", "WARN",
                              "REASON"]
    assert re.fullmatch(r"lan +eth0 +51 +active +\d+ s +150 +192\.0\.2\.2 +- +- +192\.0\.2\.1/24 \+1 +"
                        r"(-|no_standby) +no advert for 0\.\d{3} s", lan.rstrip()), lan
    assert re.fullmatch(r"gone +none0 +53 +fault +\d+ s +100 +- +- +- +192\.0\.2\.1/24 +fault(,no_standby)? +"
                        r"there is no interface none0", gone.rstrip()), gone


def test_show_of_a_thousand_routers_is_complete(lab):
    host = lab.host("gw1", OWN)
    routers = many_routers(host, 1000)
    agent = lab.vipd(host, routers)
    shown = agent.show()
    check_shown(shown)
    assert [entry["name"] for entry in shown["routers"]] == [it["name"] for it in routers]
    assert [entry["addresses"] for entry in shown["routers"]] == [it["addresses"]
                                                                  for it in routers]
    lines = agent.ctl("show").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [it["name"] for it in routers]


def test_show_of_the_largest_router_is_complete(lab):
    """More addresses than one message to a client might hold."""
    listed = [f"10.8.0.{n}/16" for n in range(1, 256)]
    extra = [f"10.9.{n // 250}.{n % 250 + 1}/32" for n in range(4096)]
    agent = lab.vipd(lab.host("gw1", OWN), [router(1, addresses=listed, extra_addresses=extra,
                                                   interval="10s")])
    shown = agent.router()
    assert (shown["addresses"], shown["extra_addresses"]) == (listed, extra)
    assert "+4350" in agent.ctl("show").stdout
