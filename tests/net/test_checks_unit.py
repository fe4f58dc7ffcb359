# SPDX-License-Identifier: MIT
"""Checks of a unit: unit = "name.service", with a real systemd and a real bus in namespaces."""

import os
import shutil
import signal
import socket

import pytest
from agents import binary, is_sanitized
from checker import Checker
from processes import children
from service_manager import SBIN, UNITS, ServiceManager, why_not
from witness import wait_until

SOON = 10                        # s, of an interval of an hour: systemd tells it
DBUS = "/usr/bin/dbus-daemon"
BUS_UNITS = ("dbus.service", "dbus.socket")


def check(unit, name="u", interval="1h", timeout="5s"):
    return f'{{ name = "{name}"; unit = "{unit}"; interval = "{interval}"; timeout = "{timeout}"; }}'


class Inside(Checker):
    """The checker among the processes of a ServiceManager. It ends when its keeper hangs up."""

    def __init__(self, manager, *checks):
        manager.install_program(binary("vipd-checker"))
        super().__init__(manager.host, ", ".join(checks),
                         prefix=("nsenter", "-t", str(manager.pid), "-m", "-p", "sh", "-c",
                                 f"exec {SBIN}/vipd-checker", "sh"))

    def close(self, kill=False):
        self.channel.close()
        os.close(self.news)
        return self.process.wait(10)


@pytest.fixture
def manager(lab):
    if reason := why_not():
        pytest.skip(reason)
    if not os.access(DBUS, os.X_OK):
        pytest.skip(f"there is no {DBUS}")
    manager = ServiceManager(lab.host("gw1", "192.0.2.2/24"))
    for name in BUS_UNITS:
        shutil.copy(os.path.join(UNITS, name), manager.path("units", name))
    manager.install("web.service", "[Service]\nExecStart=/bin/sleep 600\n[Install]\nAlias=www.service\n")
    manager.write_etc("systemd/system/lab.target.d/refer.conf", "[Unit]\nAfter=web.service\n")
    manager.boot()
    assert manager.systemctl("start", "dbus.socket").returncode == 0
    return manager


def test_a_unit_is_followed(manager):
    manager.systemctl("enable", "web.service")
    checker = Inside(manager, check("web.service"), check("www.service", "alias"), check("lab.target", "target"),
                     check("none.service", "none"), check("web.service", "often", "100ms"))

    def does(*args):
        return manager.systemctl(*args).returncode

    def expect(value, error=""):
        for name in ("u", "alias", "often"):
            checker.wait(name, SOON, value=value, error=error)

    try:
        checker.wait("target", value="up", error="")
        checker.wait("none", value="down", error="there is no such unit")
        expect("down", "is inactive")
        assert does("start", "web") == 0
        expect("up")
        assert does("restart", "web") == 0
        expect("up")
        assert does("kill", "-s", "KILL", "web") == 0
        expect("down", "is failed (signal)")
        assert does("start", "web") == 0
        expect("up")
        manager.write_etc("systemd/system/web.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/bin/false\n")
        assert does("daemon-reload") == 0
        does("restart", "web")
        checker.wait("often", SOON, value="down", error="is failed (exit-code)")
        checker.wait("u", SOON, value="down")
        os.unlink(manager.path("etc", "systemd/system/web.service.d/x.conf"))
        does("daemon-reload")
        does("start", "web")
        expect("up")
        does("daemon-reexec")
        does("stop", "web")
        does("mask", "web")
        checker.wait("often", SOON, value="down", error="is inactive (masked)")
        checker.wait("u", SOON, value="down")
        assert checker.fact("u").answers < 30 and checker.fact("none").answers == 1
    finally:
        assert checker.close() == 0


def test_the_bus_ends_and_comes_back(manager):
    checker = Inside(manager, check("lab.target", interval="100ms", timeout="90ms"))
    try:
        checker.wait("u", SOON, value="up")
        [daemon] = manager.processes("system.slice/dbus.service")
        os.kill(daemon, signal.SIGSTOP)
        assert checker.wait("u", SOON, value="down", error="systemd: no answer").timed_out
        os.kill(daemon, signal.SIGCONT)
        checker.wait("u", SOON, value="up")
        manager.systemctl("stop", "dbus.socket", "dbus.service")
        checker.wait("u", SOON, value="down", error="no system bus: ")
        manager.systemctl("start", "dbus.socket")
        checker.wait("u", SOON, value="up", error="")
    finally:
        assert checker.close() == 0


def anonymous_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))


@pytest.mark.campaign
def test_a_bus_that_reads_nothing_for_long_costs_little_memory(manager):
    """What is said to it is not kept for ever; and when it is back, all is well."""
    if is_sanitized():
        pytest.skip("sanitizers keep what was freed")
    checker = Inside(manager, *(check("lab.target", f"u{i}", "10ms", "9ms") for i in range(20)))
    try:
        checker.wait("u0", SOON, value="up")
        [daemon], [pid] = manager.processes("system.slice/dbus.service"), children(checker.process.pid)
        before, asked = anonymous_kib(pid), checker.fact("u0").answers
        os.kill(daemon, signal.SIGSTOP)
        wait_until(lambda: checker.fact("u0").answers > asked + 2500, 60, what="many asks in vain")
        assert anonymous_kib(pid) - before < 15_000
        os.kill(daemon, signal.SIGCONT)
        checker.wait("u0", SOON, value="up")
    finally:
        assert checker.close() == 0


def test_without_a_bus_it_is_down(lab):
    host, path = lab.host("gw1", "192.0.2.2/24"), lab.path("bus")
    checker = Checker(host, check("web.service", interval="50ms", timeout="40ms"),
                      env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"})
    try:
        down = checker.wait("u", value="down", error="no system bus: ")
        assert down.error in ("no system bus: No such file or directory", "no system bus: Permission denied")
        wait_until(lambda: checker.fact("u").answers > 5, what="it is tried again")
    finally:
        assert checker.close() == 0


def test_a_bus_that_says_nothing_holds_nobody_up(lab):
    host, directory = lab.host("gw1", "192.0.2.2/24"), lab.path("bus")
    above = os.path.dirname(directory)
    while above != "/":
        os.chmod(above, os.stat(above).st_mode | 0o011)
        above = os.path.dirname(above)
    server = socket.socket(socket.AF_UNIX)
    server.bind(directory)
    os.chmod(directory, 0o777)
    server.listen(1)                               # and never accepts
    checker = Checker(host, ", ".join([check("web.service", interval="50ms", timeout="40ms"),
                                       '{ name = "f"; file = "/proc/self/stat"; interval = "10ms"; }']),
                      env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={directory}"})
    try:
        checker.wait("u", value="down", error="systemd: no answer")
        before = checker.fact("f").answers
        wait_until(lambda: checker.fact("f").answers >= before + 50, 2, what="others are asked meanwhile")
        server.close()
        checker.wait("u", value="down", error="no system bus: Connection refused")
    finally:
        assert checker.close() == 0
