# SPDX-License-Identifier: MIT
"""Services become facts: what is tracked by a check, in a pair of real routers."""

import contextlib
import ctypes
import datetime
import json
import os
import shutil
import signal
import socket
import struct
import threading

import pytest

from agents import own_binaries, router
from generations import crash, reload, write
from lab import wait_until
from processes import children, name_of

VIP = "192.0.2.1/24"
PORT = 7001


class Service:
    """Something that accepts connections on a host's loopback; it can be stopped and come back."""

    def __init__(self, host, port=PORT):
        self.host, self.port, self.server = host, port, None
        self.taken = 0               # connections
        host.ip("link set lo up")
        self.start()

    def start(self):
        self.server = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", self.port))
        self.server.listen(64)
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()

    def _accept(self, server):
        with contextlib.suppress(OSError):
            while True:
                server.accept()[0].close()
                self.taken += 1

    def stop(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def check(name="web", interval="50ms", port=PORT, **keys):
    return {"name": name, "tcp": f"127.0.0.1:{port}", "interval": interval, **keys}


def tracking(priority, *tracks, **keys):
    """A router at 100 ms that tracks these."""
    return router(priority, interval="100ms", track=list(tracks), **keys)


def host(lab, number, ipv6=False):
    addresses = [f"192.0.2.{number}/24"] + ([f"2001:db8::{number}/64"] if ipv6 else [])
    return lab.host(f"gw{number - 1}", *addresses, ipv6=ipv6)


def facts(agent):
    """The checks as vipctl shows them, by name."""
    return {it["name"]: it for it in agent.show()["checks"]}


def priority_of(agent):
    return agent.router()["effective_priority"]


def wait_priority(agent, priority):
    wait_until(lambda: priority_of(agent) == priority,
               what=lambda _: agent.story(f"priority {priority}, not {priority_of(agent)}"))


def checker_of(agent):
    """The pid of the checker; waits for one."""
    return wait_until(lambda: next((pid for pid in children(agent.pid)
                                    if name_of(pid) == "vipd-checker"), None),
                      what=lambda _: agent.story("a checker"))


def fd_of(pid, number):
    """A copy of another process's descriptor."""
    libc, pidfd = ctypes.CDLL(None, use_errno=True), os.pidfd_open(pid)
    fd = libc.syscall(438, pidfd, number, 0)  # pidfd_getfd()
    os.close(pidfd)
    assert fd >= 0, os.strerror(ctypes.get_errno())
    return fd


def talk(channel, enough):
    """Events of no kind (agent/channel.h), as fast as they are read."""
    message = struct.pack("=iiq", 9, 0, 64) + bytes(64)
    while not enough.is_set():
        with contextlib.suppress(BlockingIOError):
            try:
                channel.send(message, socket.MSG_NOSIGNAL)
            except (BrokenPipeError, ConnectionResetError):
                return


def test_without_a_weight_a_dead_service_is_a_fault_that_names_it(lab):
    one, two = host(lab, 2), host(lab, 3)
    service = Service(one)
    track = {"check": "web"}
    first = lab.vipd(one, [tracking(150, track)], checks=[check(fall=3)])
    first.wait_state("lan", "active")
    second = lab.vipd(two, [router(100, interval="100ms")])
    second.wait_state("lan", "backup")
    mark = lab.now()
    service.stop()
    second.wait_state("lan", "active")
    first.wait_fault("check web is down: connect: Connection refused (3 of 3)")
    first.wait_log(r'state=active->fault reason="check web is down: connect: Connection refused \(3 of 3\)"')
    farewell = one.wait_adverts(1, since=mark, priority=0)
    assert farewell, "priority 0 hands over at once"
    service.start()
    first.wait_state("lan", "active")
    first.wait_log(r"check=web is=up")
    service.stop()


def test_from_one_check_to_another_a_fault_is_an_error_that_names_the_other_one(lab):
    """A carrier that comes after the interface is up is on the way up, and a notice; a service that is down is not."""
    one = host(lab, 2)
    web, db = Service(one), Service(one, PORT + 1)
    agent = lab.vipd(one, [tracking(150, {"check": "web"}, {"check": "db"})],
                     checks=[check(), check("db", port=PORT + 1)])
    agent.wait_state("lan", "active")
    web.stop()
    agent.wait_log(r'error: router=lan .*state=active->fault reason="check web is down: connect: Connection refused"')
    db.stop()
    agent.wait_log(r"warning: check=db is=down")
    web.start()
    agent.wait_log(r'error: router=lan .*state=fault->fault reason="check db is down: connect: Connection refused"')
    agent.wait_fault("check db is down: connect: Connection refused")
    db.start()
    agent.wait_log(r'info: router=lan .*state=fault->backup')
    agent.wait_state("lan", "active")
    web.stop()
    db.stop()


def test_a_weight_moves_the_priority_and_is_explained(lab):
    one, two = host(lab, 2), host(lab, 3)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})], checks=[check()])
    first.wait_state("lan", "active")
    second = lab.vipd(two, [router(100, interval="100ms")])
    second.wait_state("lan", "backup")
    service.stop()
    second.wait_state("lan", "active")
    first.wait_state("lan", "backup")
    assert priority_of(first) == 90
    track, = first.router()["tracks"]
    assert (track["check"], track["weight"], track["up"], track["counts"], track["adds"]) == \
        ("web", -60, False, True, -60)
    first.wait_log(r"track=web is=down weight=-60 priority=150->90")
    service.start()
    wait_priority(first, 150)
    first.wait_state("lan", "active")
    service.stop()


def test_a_service_that_is_dead_at_the_start_is_waited_for(lab):
    """Nobody is Active for a moment before the first answer says that it cannot serve."""
    one = host(lab, 2)
    one.ip("link set lo up")
    first = lab.vipd(one, [tracking(150, {"check": "web"})], checks=[check()])
    first.wait_fault("check web is down: connect: Connection refused")
    assert first.router()["counters"]["became_active"] == 0
    assert not [line for line in first.log if "->active" in line or "->backup" in line], first.log


def _readable(path):
    """The user of checks can go there."""
    above = os.path.dirname(path)
    while above != "/":
        os.chmod(above, os.stat(above).st_mode | 0o011)
        above = os.path.dirname(above)
    if os.path.exists(path):
        os.chmod(path, 0o644)


@pytest.mark.parametrize("text", [None, "", "-1\n", "soon\n"], ids=["missing", "empty", "down", "garbage"])
def test_a_file_that_says_down_at_the_start_says_so_before_anything_else_and_after_a_reload(lab, text):
    """Nobody is healthy before the first look, nor for a moment when the configuration is read anew."""
    one, path = host(lab, 2), lab.path("switch")
    if text is not None:
        write(path, text)
    _readable(path)
    kind = {"path": path, "good": "exists"} if text is None else {"path": path, "good": "value"}
    weight = {} if text is None else {"weight": -20}
    checks = [{"name": "switch", "file": kind, "interval": "100ms"}]
    agent = lab.vipd(one, [tracking(150, {"check": "switch", **weight})], checks=checks)
    wait_until(lambda: facts(agent)["switch"]["value"] == "down", what=lambda _: agent.story("down"))
    if text is None:
        agent.wait_fault("check switch is down: No such file or directory")
    agent.configure([tracking(150, {"check": "switch", **weight}, down_intervals=4)], checks=checks)
    skip = len(agent.log)
    reload(agent)
    wait_until(lambda: facts(agent)["switch"]["answers"] > 2, what="it is asked again")
    assert facts(agent)["switch"]["value"] == "down"
    assert not [line for line in agent.log[skip:] if "check=switch is=up" in line], agent.log
    if text is None:
        assert agent.router()["counters"]["became_active"] == 0
        write(path, "")
        _readable(path)
        agent.wait_state("lan", "active")
        os.unlink(path)
        agent.wait_fault("check switch is down: No such file or directory")


@pytest.mark.parametrize("weight", [0, -60])
def test_who_began_without_an_answer_is_the_last_resort_until_it_comes(lab, own_binary, weight):
    one = host(lab, 2)
    service, program = Service(one), own_binary + "-checker"
    os.rename(program, program + ".real")
    write(program, "#!/bin/sh\nexec sleep 1000\n")
    os.chmod(program, 0o755)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": weight})], checks=[check()])
    first.wait_state("lan", "active")
    assert priority_of(first) == 1
    os.rename(program + ".real", program)
    os.kill(next(pid for pid in children(first.pid) if name_of(pid) == "sleep"), signal.SIGKILL)
    wait_priority(first, 150)
    service.stop()


def test_facts_outlive_reload_crash_and_a_dead_checker(lab):
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": 50})],
                     checks=[check(interval="100ms")])
    first.wait_state("lan", "active")
    wait_priority(first, 200)
    before = checker_of(first)
    service.stop()
    wait_priority(first, 150)
    first.configure([tracking(140, {"check": "web", "weight": 50})], checks=[check(interval="100ms")])
    reload(first)
    assert priority_of(first) == 140
    crash(first)
    assert priority_of(first) == 140
    wait_until(lambda: checker_of(first) != before, what="the checker of the changed text")
    before = checker_of(first)
    os.kill(before, signal.SIGKILL)
    first.wait_log(r"checker_pid=\d+ checker=")
    wait_until(lambda: checker_of(first) != before, what="another checker")
    service.start()
    wait_priority(first, 190)
    assert first.router()["counters"]["became_active"] == 1
    service.stop()


def test_an_interrupt_is_the_keepers_to_answer(lab):
    """From a terminal it reaches the checker, too, which goes on as long as it is wanted."""
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": 50})],
                     checks=[check(interval="100ms")])
    wait_priority(first, 200)
    before = checker_of(first)
    os.kill(before, signal.SIGINT)
    service.stop()
    wait_priority(first, 150)
    assert checker_of(first) == before
    assert not [line for line in first.log if "checker_pid=" in line]


def held(file):
    """A command that answers, with success, as soon as there is a file, and before its time-out."""
    return {"command": ["/bin/sh", "-c", f"until [ -e {file} ]; do sleep 0.02; done"],
            "interval": "4s", "timeout": "4s"}


@pytest.mark.parametrize("dies", [False, True])
def test_a_check_with_another_name_costs_no_failover(lab, dies):
    """Nobody knows what it finds: who is Active takes it for well, also after a crash."""
    one, two = host(lab, 2), host(lab, 3)
    service, answer = Service(one), lab.path("answer")
    first = lab.vipd(one, [tracking(100, {"check": "web", "weight": 50})], checks=[check()])
    wait_priority(first, 150)
    first.wait_state("lan", "active")
    second = lab.vipd(two, [router(120, interval="100ms")])
    second.wait_state("lan", "backup")
    first.configure([tracking(100, {"check": "www", "weight": 50})],
                    checks=[{"name": "www", **held(answer)}])
    mark = reload(first)
    if dies:
        crash(first)
    track, = first.router()["tracks"]
    assert (track["unknown"], track["counts"], track["adds"]) == (True, True, 50)
    one.wait_adverts(10, lab.now())
    write(answer, "")
    wait_until(lambda: facts(first)["www"]["value"] == "up", what="the answer")
    one.wait_adverts(5, lab.now())
    assert {it.priority for it in lab.capture.adverts(mark, one)} == {150}
    assert not lab.capture.adverts(mark, two)
    service.stop()


def test_a_check_with_another_name_that_is_down_is_found_so(lab):
    one, two = host(lab, 2), host(lab, 3)
    service = Service(one)
    first = lab.vipd(one, [tracking(100, {"check": "web", "weight": 50})], checks=[check()])
    wait_priority(first, 150)
    first.wait_state("lan", "active")
    second = lab.vipd(two, [router(120, interval="100ms")])
    second.wait_state("lan", "backup")
    first.configure([tracking(100, {"check": "www", "weight": 50})],
                    checks=[check("www", port=PORT + 1)])
    reload(first)
    first.wait_log("track=www is=down weight=50 priority=150->100")
    second.wait_state("lan", "active")
    service.stop()


def test_a_backup_takes_no_new_check_for_well(lab):
    one, two = host(lab, 2), host(lab, 3)
    service, answer = Service(two), lab.path("answer")
    first = lab.vipd(one, [router(120, interval="100ms")])
    first.wait_state("lan", "active")
    second = lab.vipd(two, [tracking(100, {"check": "web", "weight": 10})], checks=[check()])
    wait_priority(second, 110)
    second.configure([tracking(100, {"check": "www", "weight": 50})],
                     checks=[{"name": "www", **held(answer)}])
    reload(second)
    assert priority_of(second) == 100 and second.router()["state"] == "backup"
    write(answer, "")
    second.wait_state("lan", "active")
    service.stop()


def test_a_reload_does_not_tell_again_what_is_down(lab):
    """Only news is told: that it comes back is."""
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})], checks=[check()])
    first.wait_state("lan", "active")
    service.stop()
    first.wait_log("track=web is=down weight=-60 priority=150->90")
    one.wait_adverts(12, lab.now())  # it is not of the last second any more
    reload(first)
    crash(first)
    assert priority_of(first) == 90
    service.start()
    wait_priority(first, 150)
    first.wait_log("track=web is=up weight=-60 priority=90->150")
    assert [line.split("is=")[1].split()[0] for line in first.log if " check=web is=" in line] == ["down", "up"]
    service.stop()


def test_what_nobody_has_any_more_is_forgotten(lab):
    """It was down when it went. When it comes back it may be anything, and who is Active goes on."""
    one = host(lab, 2)
    service = Service(one)
    service.stop()
    first = lab.vipd(one, [tracking(150, {"check": "web"})], checks=[check()])
    first.wait_fault("check web is down: connect: Connection refused")
    checker = checker_of(first)
    first.configure([router(150, interval="100ms")])
    reload(first)
    first.wait_state("lan", "active")
    wait_until(lambda: checker not in children(first.pid), what="the end of the checker")
    service.start()
    mark = lab.now()
    first.configure([tracking(150, {"check": "web"})], checks=[check()])
    reload(first)
    wait_until(lambda: facts(first)["web"]["value"] == "up", what="an answer")
    assert not lab.capture.adverts(mark, one, priority=0)
    assert first.router()["counters"]["became_active"] == 1
    service.stop()


def test_what_is_made_of_others_has_no_answers_of_its_own(lab):
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "both"})],
                     checks=[check(), {"name": "both", "all": {"checks": ["web"]}}])
    first.wait_state("lan", "active")
    rows = {line.split()[0]: line.split() for line in first.ctl("show", "--checks").stdout.splitlines()}
    assert rows["both"][-4:] == ["-"] * 4 and rows["web"][5] != "-", rows
    service.stop()


def test_a_reload_starts_a_checker_that_was_upgraded(lab, monkeypatch):
    one = host(lab, 2)
    programs = own_binaries(lab)
    for name in ("VIPD", "VIPCTL"):
        monkeypatch.setenv(name, programs[name])
    first = lab.vipd(one, [tracking(150, {"check": "web"})], checks=[check()])
    before = checker_of(first)
    reload(first)
    assert checker_of(first) == before
    program = programs["VIPD-CHECKER"]
    shutil.copy(program, program + ".new")
    os.rename(program + ".new", program)
    reload(first)
    wait_until(lambda: checker_of(first) != before, what="another checker")
    assert not [line for line in first.log if "checker_pid=" in line]


@pytest.mark.parametrize("unknown, priority", [("hold", 150), ("down", 90)])
def test_a_checker_that_is_stopped_is_replaced_aloud(lab, unknown, priority):
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})],
                     checks=[check(interval="100ms", unknown=unknown)])
    first.wait_state("lan", "active")
    stopped = checker_of(first)
    os.kill(stopped, signal.SIGSTOP)
    first.wait_log(r"check=web is=(up|down).* note=\"it has not answered")
    if unknown == "down":
        wait_until(lambda: any("priority=150->90" in line for line in first.log), what="the loss")
    wait_until(lambda: checker_of(first) != stopped, what="another checker")
    wait_priority(first, 150)
    first.wait_log(r"check=web is=up")
    service.stop()


def test_a_checker_that_has_to_start_first_is_not_blamed(lab):
    """It takes longer than three of these intervals until it asks at all."""
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})],
                     checks=[check(interval="10ms", unknown="down")])
    first.wait_state("lan", "active")
    assert priority_of(first) == 150
    assert not [line for line in first.log if "has not answered" in line], first.log
    service.stop()


def test_what_is_made_of_others_is_unknown_with_the_checker(lab):
    one = host(lab, 2)
    service = Service(one)
    both = {"name": "both", "all": {"checks": ["web"]}, "interval": "100ms", "unknown": "down"}
    first = lab.vipd(one, [tracking(150, {"check": "both", "weight": -60})],
                     checks=[check(interval="10s"), both])
    first.wait_state("lan", "active")
    stopped = checker_of(first)
    os.kill(stopped, signal.SIGSTOP)
    first.wait_log(r"check=both is=down.* note=\"it has not answered")
    wait_until(lambda: checker_of(first) != stopped, what="another checker")
    wait_priority(first, 150)
    service.stop()


def test_what_is_made_of_others_waits_for_them(lab):
    """Not for a checker that would begin to wait anew."""
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "both"})],
                     checks=[check(interval="100ms", delay="3s"),
                             {"name": "both", "all": {"checks": ["web"]}, "interval": "100ms"}])
    checker = checker_of(first)
    first.wait_log("state=backup->active", 15)
    assert facts(first)["both"]["value"] == "up", facts(first)
    assert checker_of(first) == checker
    assert not [line for line in first.log if "has not answered" in line], first.log
    service.stop()


@pytest.mark.parametrize("kill", [False, True])
def test_a_checker_that_is_stopped_does_not_stay_behind(lab, kill):
    """Whether its keeper is stopped, or killed."""
    one = host(lab, 2)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})], checks=[check(interval="5s")])
    first.wait_state("lan", "active")
    stopped = checker_of(first)
    os.kill(stopped, signal.SIGSTOP)
    first.kill(signal.SIGKILL if kill else signal.SIGTERM)
    assert kill or first.process.wait(10) == 0
    wait_until(lambda: not os.path.exists(f"/proc/{stopped}"), what="the end of the checker")


def test_a_checker_cannot_keep_its_keeper_busy(lab):
    """It has no rights, and says more than anybody wants."""
    one = host(lab, 2)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})], checks=[check()])
    first.wait_state("lan", "active")
    channel = socket.socket(fileno=fd_of(checker_of(first), 3))
    told = threading.Event()
    talker = threading.Thread(target=talk, args=(channel, told), daemon=True)
    talker.start()
    mark = len(first.log)
    for _ in range(3):
        reload(first)
    told.set()
    talker.join()
    assert priority_of(first) == 90 and len(first.log) < mark + 30, first.log[mark:]


def test_show_tells_what_checks_have_found(lab):
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web"})], checks=[check(), check("other", port=7002)])
    first.wait_state("lan", "active")
    wait_until(lambda: facts(first)["web"]["answers"] >= 2 and facts(first)["other"]["bad"] >= 1, what="answers")
    web, other = facts(first)["web"], facts(first)["other"]
    assert (web["kind"], web["value"], web["error"] if "error" in web else "") == ("tcp", "up", "")
    assert (other["value"], other["error"]) == ("down", "connect: Connection refused")
    text = first.ctl("show", "--checks").stdout
    assert "web" in text and "Connection refused" in text
    assert json.loads(first.ctl("show", "--json").stdout)["checks"]
    service.stop()


def test_show_tells_of_one_check_alone(lab):
    one = host(lab, 2)
    first = lab.vipd(one, [tracking(150, {"check": "web"})],
                     checks=[check(), check("other", port=7002),
                             {"name": "db", "command": ["/bin/echo", "hello"]},
                             {"name": "dc", "command": ["/bin/echo", "good bye"]}])
    wait_until(lambda: facts(first)["dc"]["answers"] and facts(first)["db"]["answers"], what="answers")
    text = first.ctl("show", "--checks", "db").stdout
    assert "hello" in text and len([line for line in text.splitlines() if "command" in line]) == 1
    assert not any(word in text for word in ("web", "other", "good bye"))
    shown, = json.loads(first.ctl("show", "--checks", "--json", "db").stdout)
    assert (shown["name"], shown["output"]) == ("db", "hello\n")
    done = first.ctl("show", "--checks", "nosuch", check=False)
    assert done.returncode == 1 and "there is no such check" in done.stderr and not done.stdout


def test_a_number_and_a_file_that_is_missing_say_what_they_take(lab):
    one = host(lab, 2)
    path = lab.path("number")
    write(path, "3\n")
    _readable(path)
    first = lab.vipd(one, [tracking(150, {"check": "number", "weight": -20}, {"check": "web", "weight": 10})],
                     checks=[{"name": "number", "file": {"path": path, "good": "value"}, "interval": "50ms"}, check()])
    wait_priority(first, 90)
    first.wait_state("lan", "active")
    text = first.ctl("check", check=False).stdout
    assert "the check number, which it tracks, is down: its priority is 60 less" in text
    assert "the check web, which it tracks, is down: its weight of 10 is not added" in text
    os.unlink(path)
    wait_priority(first, 150)
    assert "the check number, which it tracks, is down: that takes nothing from its priority" in \
        first.ctl("check", check=False).stdout


def test_a_reload_without_a_checker_to_start_is_refused(lab, own_binary):
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web"})], checks=[check()])
    first.wait_state("lan", "active")
    os.rename(own_binary + "-checker", own_binary + "-gone")
    first.configure([tracking(140, {"check": "web"})], checks=[check()])
    done = first.reload()
    assert done.returncode == 1 and "vipd-checker, which asks them, does not lie beside vipd" in done.stderr
    assert first.router()["priority"] == 150 and facts(first)["web"]["value"] == "up"
    first.configure([router(140, interval="100ms")])
    assert first.reload().returncode == 0, "without checks none is needed"
    os.rename(own_binary + "-gone", own_binary + "-checker")
    first.configure([tracking(130, {"check": "web"})], checks=[check()])
    assert first.reload().returncode == 0
    wait_until(lambda: facts(first)["web"]["answers"], what="an answer")
    service.stop()


def test_a_checker_does_not_have_what_routers_authenticate_with(lab):
    one = host(lab, 2)
    service = Service(one)
    secret = {"type": "password", "password": "s3cr3t"}
    routers = [router(150, interval="1s", version=2, auth=secret, track=[{"check": "web"}])]
    first = lab.vipd(one, routers, checks=[check()])
    for _ in range(2):
        wait_until(lambda: facts(first)["web"]["answers"], what="an answer")
        with os.fdopen(fd_of(checker_of(first), 4), encoding="ascii") as file:
            file.seek(0)
            text = file.read()
        assert "127.0.0.1" in text and "s3cr3t" not in text
        with pytest.raises(PermissionError):
            os.pwrite(os.open(f"/proc/{checker_of(first)}/fd/4", os.O_RDWR), b"x", 0)
        assert secret["password"] in json.dumps(routers)
        crash(first)
    service.stop()


def test_that_there_are_no_checks_is_said(lab):
    agent = lab.vipd(host(lab, 2), [router(150)])
    assert agent.ctl("show", "--checks").stdout == "no checks are configured\n"
    assert json.loads(agent.ctl("show", "--checks", "--json").stdout) == []


def test_what_is_wrong_with_a_check_is_told_to_monitoring(lab):
    """A warning while a weight counts, critical while it is a fault."""
    one = host(lab, 2)
    service = Service(one)
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})], checks=[check()])
    wait_priority(first, 150)
    first.wait_state("lan", "active")
    assert first.ctl("check", check=False).returncode == 0, first.ctl("check", check=False).stdout
    service.stop()
    wait_priority(first, 90)
    done = first.ctl("check", check=False)
    assert done.returncode == 1
    assert "the check web, which it tracks, is down: its priority is 60 less" in done.stdout
    first.configure([tracking(150, {"check": "web"})], checks=[check()])
    reload(first)
    first.wait_fault("check web is down: connect: Connection refused")
    done = first.ctl("check", check=False)
    assert done.returncode == 2 and "check web is down: connect: Connection refused" in done.stdout


@pytest.mark.parametrize("unknown", ["hold", "down"])
def test_a_check_that_does_not_answer_is_told_to_monitoring(lab, own_binary, unknown):
    """Whatever it counts as: nobody asks the service any more."""
    one = host(lab, 2)
    service, program = Service(one), own_binary + "-checker"
    first = lab.vipd(one, [tracking(150, {"check": "web", "weight": -60})],
                     checks=[check(unknown=unknown)])
    first.wait_state("lan", "active")
    wait_until(lambda: facts(first)["web"]["answers"], what="an answer")
    os.unlink(program)
    os.kill(checker_of(first), signal.SIGKILL)
    wait_until(lambda: facts(first)["web"]["overdue"], what="it is overdue")
    done = first.ctl("check", check=False)
    assert (done.returncode, "the check web, which it tracks, does not answer any more: it counts as "
            f"{'up' if unknown == 'hold' else 'down'}" in done.stdout) == (1, True), done.stdout
    assert "no answer" in first.ctl("show", "--checks").stdout
    service.stop()


def test_what_a_command_writes_does_not_steer_a_terminal(lab):
    """U+009B begins a sequence as ESC [ does; what is no UTF-8 may be anything."""
    one = host(lab, 2)
    words = ["/usr/bin/printf", r"a\033[1mb\302\2331mc\303\274\233\n"]
    first = lab.vipd(one, [tracking(150, {"check": "web"})],
                     checks=[{"name": "web", "command": {"argv": words}}])
    first.wait_state("lan", "active")
    wait_until(lambda: "has written" in first.ctl("show", "--checks").stdout, what="the output")
    assert "\n  a?[1mb??1mc\u00fc?\n" in first.ctl("show", "--checks").stdout


def test_members_of_a_group_name_the_check_of_another(lab):
    one = lab.host("gw1", "192.0.2.2/24")
    service = Service(one)
    group = {"name": "gw", "routers": ["lan", "wan"]}
    routers = [router(150, interval="100ms"),
               tracking(150, {"check": "web"}, name="wan", vrid=52, addresses=["192.0.2.101/24"])]
    first = lab.vipd(one, routers, checks=[check()], groups=[group])
    first.wait_state("lan", "active")
    service.stop()
    first.wait_fault("another member of its group has a fault: check web is down: connect: "
                     "Connection refused")
    assert first.router()["reason_code"] == "member_check"
    service.start()
    first.wait_state("lan", "active")
    first.configure(routers, checks=[check(rise=2)], groups=[group])
    reload(first)
    first.wait_log("reload=changed check=web rise=1->2")
    service.stop()


def test_who_waits_for_a_check_does_so_since_the_start(lab):
    first = lab.vipd(host(lab, 2), [tracking(150, {"check": "web"})], checks=[check(delay="1h")])
    shown = first.router()
    assert shown["state"] == "initialize"
    since = datetime.datetime.fromisoformat(shown["since"].replace("Z", "+00:00"))
    assert abs(datetime.datetime.now(datetime.timezone.utc) - since) < datetime.timedelta(minutes=1)
