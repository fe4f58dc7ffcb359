# SPDX-License-Identifier: MIT
"""Faults of checks: of what is asked, and of the process that asks."""

import contextlib
import os
import signal
import socket
import threading
import time

import pytest

from faults.dut import (OWN, SOON_MS, Gateway, active, measure_rhythm, measure_silence, ping_vip)
from generations import replace, write
from lab import router, wait_until
from processes import children, name_of, wait_end

PORT, WEIGHT = 7001, -60


class Service:
    """Listens on a host's loopback; notes when somebody connects."""

    def __init__(self, host, port=PORT):
        self.host, self.port, self.taken, self._socket = host, port, [], None
        host.ip("link set lo up")
        host.lab.at_close(self.stop)
        self.start()

    def start(self):
        """From now on it listens."""
        self._socket = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(self._bind, what="the port, which the last one may have for a moment")
        self._socket.listen(4096)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def _bind(self):
        with contextlib.suppress(OSError):
            self._socket.bind(("127.0.0.1", self.port))
            return True
        return False

    def _accept(self, sock):
        with contextlib.suppress(OSError):
            while True:
                sock.accept()[0].close()
                self.taken.append(time.monotonic_ns())

    def stop(self):
        """Nobody listens any more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()


def check(name="web", interval="50ms", port=PORT, **keys):
    """A check that connects."""
    return {"name": name, "tcp": f"127.0.0.1:{port}", "interval": interval, **keys}


def watched(lab, *checks, weight=WEIGHT, name="gw1", **keys):
    """A gateway whose service is asked by these, Active; its router tracks the first one."""
    host = lab.host(name, OWN)
    service = Service(host)
    checks = list(checks) or [check()]
    track = [{"check": checks[0]["name"], "weight": weight}]
    return active(Gateway(host, [router(150, track=track, **keys)], checks=checks)), service


def watched_pair(lab, *checks, weight=WEIGHT):
    """The same, and a Backup of priority 80 that hears it: less than the weight leaves."""
    one, service = watched(lab, *checks, weight=weight)
    two = Gateway(lab.host("gw2", "192.0.2.3/24"), [router(80)])
    one.wait_adverts(3, lab.now())
    wait_until(lambda: facts(one)["web"]["value"] == "up", what="an answer")
    return one, two, service


def facts(gateway):
    """The checks as vipctl shows them, by name."""
    return {it["name"]: it for it in gateway.agent.show()["checks"]}


def priority_of(gateway):
    """The effective one."""
    return gateway.agent.router()["effective_priority"]


def checker_of(gateway, other_than=0):
    """The pid of the checker, when there is another one than that."""
    return wait_until(lambda: next((pid for pid in children(gateway.agent.pid)
                                    if name_of(pid) == "vipd-checker" and pid != other_than), None),
                      15, lambda _: gateway.agent.story("a checker"), every=0.002)


def answers(gateway, name="web"):
    """How many there were."""
    return facts(gateway)[name]["answers"]


def wait_answers(gateway, more=2, name="web"):
    """Waits until there are so many more."""
    before = answers(gateway, name)
    wait_until(lambda: answers(gateway, name) >= before + more, 15,
               lambda _: gateway.agent.story(f"answers of {name}"))


def changes(gateway, since):
    """The changes of its priority that it told, from that line of its log on."""
    return [line for line in gateway.agent.log[since:] if " track=web " in line]


@pytest.mark.alone
@pytest.mark.fault("F77", "1,000 checks that are due at the same second", "spread over it: no 10 ms "
                   "have more than 40; adverts in time")
def test_f77_a_thousand_checks(lab, fault):
    one, service = watched(lab, *(check(f"c{i}", "1s") for i in range(1000)))
    wait_until(lambda: all(it["answers"] for it in facts(one).values()), 20, "answers of all")
    mark = time.monotonic_ns()
    measure_rhythm(fault, one, lambda: wait_until(
        lambda: time.monotonic_ns() > mark + 2_000_000_000, what="two seconds"))
    taken = [ns for ns in service.taken if ns >= mark]
    most = {}
    for ns in taken:
        most[ns // 10_000_000] = most.get(ns // 10_000_000, 0) + 1
    fault.measure("most in 10 ms", max(most.values()), "", 40, 400)
    seconds = (taken[-1] - taken[0]) / 1e9
    assert 900 < len(taken) / seconds < 1100, "each is asked once a second"


class Flapping:
    """A service that comes and goes fifty times a second in this block."""

    def __init__(self, service):
        self._service, self._stop = service, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.is_set():
            self._service.stop()
            self._stop.wait(0.01)
            self._service.start()
            self._stop.wait(0.01)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@pytest.mark.alone
@pytest.mark.parametrize("fall", [1, 10])
@pytest.mark.fault("F81", "check that flips 50 times a second", "at most one change per interval "
                   "is told, by an advert of its own; no takeover; with rise and fall none")
def test_f81_flapping_check(lab, fault, fall):
    one, two, service = watched_pair(lab, check(interval="10ms", rise=fall, fall=fall))
    mark = lab.now()
    with Flapping(service):
        measure_rhythm(fault, one, lambda: one.wait_adverts(20, lab.now()))
        seconds = (lab.now() - mark) / 1e9
    adverts = lab.capture.adverts(mark, one.host)
    assert {it.priority for it in adverts} <= {150, 150 + WEIGHT}
    told = sum(it.priority != after.priority for it, after in zip(adverts, adverts[1:]))
    fault.measure("changes in a second", told / seconds, "", 10.5 if fall == 1 else 0)
    fault.measure("adverts in a second", len(adverts) / seconds, "", 21 if fall == 1 else 10.5)
    assert fall == 1 or facts(one)["web"]["bad"] > 10, "it did flip"
    measure_silence(fault, two, mark)
    wait_until(lambda: priority_of(one) == 150, what="the priority of before")


@pytest.mark.fault("F81", "check without a weight that flips 50 times a second", "one takeover, and "
                   "no other until it rests")
def test_f81_flapping_fault(lab, fault):
    one, two, service = watched_pair(lab, check(interval="10ms"), weight=0)
    with Flapping(service):
        two.wait_active(lab.now() - 10**9)
        mark = lab.now()
        two.wait_adverts(20, mark)
        fault.measure("farewells since", len(lab.capture.adverts(mark, one.host, priority=0)))
        fault.measure("its adverts since", len(lab.capture.adverts(mark, one.host)), "", 0, 3)
    one.wait_active(lab.now())


@pytest.mark.fault("F82", "address that a check connects to vanishes", "down, with the reason, in "
                   "an interval; up again with it")
def test_f82_target_vanishes(lab, fault):
    one, service = watched(lab, weight=0)
    mark = lab.now()
    one.host.ip("address delete 127.0.0.1/8 dev lo")
    one.wait_fault("check web is down: connect: Network is unreachable")
    fault.measure("address gone", (one.wait_gone(mark) - mark) / 1e6, "ms", 60, 60 + SOON_MS)
    one.host.ip("address add 127.0.0.1/8 dev lo")
    one.wait_active(lab.now())
    assert service.taken


@pytest.mark.alone
@pytest.mark.fault("F130", "checker killed, three times", "another one in 200 ms, then later and "
                   "later; no priority changes, adverts in time")
def test_f130_checker_killed(lab, fault):
    one, two, _ = watched_pair(lab)
    mark, lines, took_ms = lab.now(), len(one.agent.log), []

    def kill():
        pid, begun = checker_of(one), lab.now()
        os.kill(pid, signal.SIGKILL)
        checker_of(one, pid)
        took_ms.append((lab.now() - begun) / 1e6)
        wait_answers(one)

    measure_rhythm(fault, one, lambda: [kill() for _ in range(3)], attempts=1)
    fault.measure("the next one", took_ms[0], "ms", 200, 200 + 4 * SOON_MS)
    assert took_ms[2] > took_ms[0], took_ms
    assert sum("checker_pid=" in line for line in one.agent.log) == 3
    assert not changes(one, lines)
    measure_silence(fault, two, mark)


@pytest.mark.parametrize("unknown, priority", [("hold", 150), ("down", 150 + WEIGHT)])
@pytest.mark.fault("F131", "checker stopped (SIGSTOP)", "said within 2 s, and another one within 4 s; "
                   "until then as `unknown` has it")
def test_f131_checker_stopped(lab, fault, unknown, priority):
    one, two, _ = watched_pair(lab, check(interval="100ms", unknown=unknown))
    pid, mark, lines = checker_of(one), lab.now(), len(one.agent.log)
    os.kill(pid, signal.SIGSTOP)
    one.agent.wait_log('check=web .*note="it has not answered')
    fault.measure("said", (lab.now() - mark) / 1e6, "ms", 2000, 2000 + 4 * SOON_MS)
    checker_of(one, pid)
    fault.measure("another one", (lab.now() - mark) / 1e6, "ms", 4000, 4000 + 4 * SOON_MS)
    wait_answers(one)
    assert bool(changes(one, lines)) == (priority != 150), changes(one, lines)
    wait_until(lambda: priority_of(one) == 150, what="the priority of before")
    measure_silence(fault, two, mark)


@pytest.mark.fault("F132", "checker that hangs as soon as it is started", "not believed up: the last "
                   "resort, aloud; serves all the same")
def test_f132_checker_hangs(lab, fault, own_binary):
    write(own_binary + "-checker", "#!/bin/sh\nexec sleep 1000\n")
    one, _ = watched(lab, weight=0)
    assert priority_of(one) == 1, "the last resort"
    assert facts(one)["web"]["value"] == "unknown"
    done = one.agent.ctl("check", check=False)
    assert done.returncode == 1 and "the check web" in done.stdout, done.stdout
    fault.saw(done.stdout.splitlines()[0])


@pytest.mark.fault("F133", "vipd-checker is not there", "aloud, again and again; not believed up: "
                   "the last resort")
def test_f133_no_checker(lab, fault, own_binary):
    os.unlink(own_binary + "-checker")
    one, _ = watched(lab, weight=0)
    line = one.agent.wait_log("starting the checker")
    assert "No such file" in line and "vipd-checker" in line, line
    assert priority_of(one) == 1 and facts(one)["web"]["value"] == "unknown"
    fault.saw(line.split(" ", 1)[1])
    assert one.agent.ctl("check", check=False).returncode == 1


@pytest.mark.alone
@pytest.mark.fault("F134", "another binary, then a reload, with checks", "a checker of the new one; no "
                   "fact is forgotten, no priority changes, peer notices nothing")
def test_f134_upgraded(lab, fault, own_binary):
    one, two, _ = watched_pair(lab)
    ping, mark, lines = ping_vip(lab), lab.now(), len(one.agent.log)
    pid, since = checker_of(one), facts(one)["web"]["since"]

    def upgrade():
        for path in (own_binary, own_binary + "-checker"):
            replace(path)
        one.reload()

    measure_rhythm(fault, one, upgrade, attempts=1)
    after = checker_of(one, pid)
    wait_answers(one)
    assert os.stat(f"/proc/{after}/exe").st_ino == os.stat(own_binary + "-checker").st_ino
    assert facts(one)["web"]["since"][:22] == since[:22]
    assert not changes(one, lines)
    fault.measure("pings lost", ping.lost(since=mark))
    measure_silence(fault, two, mark)


@pytest.mark.fault("F135", "reload that changes, adds and removes checks", "what was known holds until "
                   "the new one has answered; adverts in time, no takeover")
def test_f135_checks_reloaded(lab, fault):
    one, two, _ = watched_pair(lab, check(), check("gone"))
    mark, lines = lab.now(), len(one.agent.log)
    wait_answers(one, 1, "gone")

    def reload():
        one.settings["checks"] = [check(fall=2, interval="100ms"), check("new", port=7002)]
        one.configure(one.routers)
        one.reload()

    measure_rhythm(fault, one, reload, attempts=1)
    assert priority_of(one) == 150
    wait_until(lambda: facts(one)["new"]["value"] == "down", what="the new one's answer")
    assert set(facts(one)) == {"web", "new"}
    assert not changes(one, lines)
    measure_silence(fault, two, mark)


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.fault("F136", "keeper killed while its checker runs, or is stopped", "no checker is left "
                   "behind")
def test_f136_keeper_killed(lab, fault, stopped):
    one, _ = watched(lab)
    pid = checker_of(one)
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    mark = one.kill_first()
    wait_end(pid)
    fault.measure("checker gone", (lab.now() - mark) / 1e6, "ms", 100, 100 + 4 * SOON_MS)
