# SPDX-License-Identifier: MIT
"""The unit that is installed, under a real systemd: start, reload, stop, and whatever goes wrong.

The unit is etc/vipd.service as it is; a test that would wait for long has a drop-in, too. The
configuration and the control socket are where they are by default.
"""

import glob
import os
import pwd
import signal

import pytest

from agents import ROOT, binary, is_sanitized, router, vipd_config
from generations import OWN, VIP, absent
from lab import wait_until
from processes import name_of
from service_manager import SBIN, TARGET, ServiceManager, why_not
from timing import keeps_rhythm

ACTIVE = "1 active, 0 backup, 0 initialize, 0 fault"
ERROR, WARNING, INFO = "3", "4", "6"               # PRIORITY in the journal
CONFIG = "vipd/vipd.conf"                          # below /etc
CGROUP = "system.slice/vipd.service"
LEASE_S, LATE_S = 3.2, 2
PATIENCE = 20                                      # for what takes a second or two


def read(path):
    """A file's text."""
    with open(path, encoding="utf-8") as file:
        return file.read()


class Service:
    """vipd.service on a host with a systemd of its own; it is installed, and not yet started."""

    def __init__(self, lab, *settings, routers=None):
        self.host = lab.host("gw1", OWN)
        self.host.runs_vipd = True
        self.manager = ServiceManager(self.host)
        unit = read(f"{ROOT}/etc/vipd.service").replace("@SBIN@", SBIN)
        self.manager.install("vipd.service", unit)
        # What nothing refers to is forgotten when it ends, and with it how it ended.
        self.manager.write_etc(f"systemd/system/{TARGET}.d/refer.conf",
                               "[Unit]\nAfter=vipd.service\n")
        if settings:
            text = "\n".join(["[Service]", *settings, ""])
            self.manager.write_etc("systemd/system/vipd.service.d/test.conf", text)
        self.install_programs()
        self.configure(vipd_config(routers or [router(150)], {"node": "gw1"}))
        self.manager.boot()

    def install_programs(self):
        """Installs vipd and vipctl, again if they were there; the next reload runs the new ones."""
        for name in ("vipd", "vipctl", "vipd-checker", "vipd-notifier"):
            self.manager.install_program(binary(name))

    def configure(self, text):
        """Writes a configuration, which counts from the next start or reload on."""
        self.manager.write_etc(CONFIG, text)

    def does(self, verb, *args):
        """systemctl VERB [ARG...] vipd, whatever comes of it. Return: its exit status."""
        return self.manager.systemctl(verb, *args, "vipd").returncode

    def show(self, name):
        """A property of the unit."""
        return self.manager.systemctl("show", "--value", "-p", name, "vipd").stdout.strip()

    @property
    def state(self):
        """Its ActiveState and SubState."""
        return self.show("ActiveState"), self.show("SubState")

    def processes(self, name=None):
        """Its processes, or those of a name, by our counting."""
        pids = self.manager.processes(CGROUP)
        return [pid for pid in pids if name is None or name_of(pid) == name]

    def freeze(self, frozen):
        """Freezes or thaws all its processes, as `systemctl freeze` does where there is D-Bus."""
        directory = os.path.join(self.manager.cgroup, CGROUP)
        with open(f"{directory}/cgroup.freeze", "w", encoding="ascii") as file:
            file.write(str(int(frozen)))
        wait_until(lambda: f"frozen {int(frozen)}" in read(f"{directory}/cgroup.events"))

    @property
    def router_pid(self):
        """The router process, by our counting; waits until there is one and no other."""
        return wait_until(lambda: (pids := self.processes("vipd-router")) and len(pids) == 1
                          and pids[0], PATIENCE, lambda _: self.story("a router process"))

    def lines(self, word, **fields):
        """The lines of the journal with a word in the message, and with these fields."""
        return [it for it in self.manager.journal("vipd") if word in it["MESSAGE"]
                and all(it.get(name) == value for name, value in fields.items())]

    def wait_line(self, word, **fields):
        """Waits for the first one of lines()."""
        return wait_until(lambda: self.lines(word, **fields), PATIENCE,
                          lambda _: self.story(f"a line with {word!r}, {fields}"), every=0.05)[0]

    def wait_active(self, restarts=0):
        """Waits until it was restarted so often, runs, and its router is Active."""
        def reached():
            return (self.show("NRestarts") == str(restarts) and self.show("StatusText") == ACTIVE
                    and self.state == ("active", "running") and not absent(self.host))

        wait_until(reached, PATIENCE, lambda _: self.story(f"Active after {restarts} restarts"))

    def wait_absent(self, timeout=PATIENCE):
        """Waits until the address is gone."""
        wait_until(lambda: absent(self.host), timeout, lambda _: self.story(f"the end of {VIP}"))

    def story(self, what):
        """`what`, with what a reader of a failure wants to see next."""
        lines = [it["MESSAGE"] for it in self.manager.journal("vipd")[-15:]]
        status = self.manager.systemctl("status", "-n0", "vipd").stdout
        return "\n  ".join([f"{what} on {self.host}", *status.splitlines(), *lines])


@pytest.fixture
def service(lab):
    """Makes a Service; at the end no sanitizer may have spoken."""
    if reason := why_not():
        pytest.skip(reason)
    made = []

    def make(*settings, **keys):
        made.append(Service(lab, *settings, **keys))
        return made[0]

    yield make
    for it in made:
        spoken = it.lines("Sanitizer") + it.lines("runtime error:")
        assert not spoken, it.story("a sanitizer spoke")


def start(service, *settings, **keys):
    """An Active one with a router of these keys."""
    made = service(*settings, routers=[router(150, **keys)])
    assert made.does("start") == 0, made.story("not started")
    made.wait_active()
    return made


# ---- start and stop ----

def test_start_returns_when_it_is_ready(service):
    """At that moment vipctl has its answers; the router becomes Active."""
    made = service()
    at_once = made.manager.run("sh", "-c", f"systemctl start vipd && {SBIN}/vipctl show")
    assert at_once.returncode == 0, made.story(at_once.stderr)
    assert made.state == ("active", "running")
    made.wait_active()
    assert made.host.addresses() == [OWN, VIP]
    assert made.lines("reason=", PRIORITY=INFO), made.story("no transition in the journal")
    assert not made.lines("<6>"), "systemd-journald takes the prefix off"


def test_sandbox_is_in_force_and_takes_nothing_away(service):
    """Few capabilities, filtered system calls; yet real-time scheduling and locked memory."""
    made = start(service)
    pid = made.router_pid
    status = dict(line.split(":\t") for line in read(f"/proc/{pid}/status").splitlines())
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == capabilities(12, 13, 14, 23)
    assert int(status["CapBnd"], 16) == capabilities(0, 5, 6, 7, 12, 13, 14, 23)
    assert is_read_only(f"/proc/{pid}/root/etc") and not is_read_only(f"/proc/{pid}/root/run/vipd")
    assert os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
    assert is_sanitized() or int(status["VmLck"].split()[0]) > 0
    said = made.lines("", PRIORITY=WARNING) + made.lines("", PRIORITY=ERROR)
    assert [it["MESSAGE"] for it in said if "caveat=not_forwarding" not in it["MESSAGE"]] == []


def test_checks_are_asked_without_rights(service):
    """The checker is nobody, can do nothing, and finds what it is asked for."""
    made = service(routers=[router(150)])
    made.configure(vipd_config([router(150, track=[{"check": "web", "weight": -10}])],
                               {"node": "gw1", "checks": [{"name": "web", "tcp": "127.0.0.1:1"}]}))
    assert made.does("start") == 0, made.story("not started")
    made.wait_line("check=web is=down")
    [pid] = made.processes("vipd-checker")
    status = dict(line.split(":\t") for line in read(f"/proc/{pid}/status").splitlines())
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert set(status["Uid"].split()) == {str(pwd.getpwnam("nobody").pw_uid)}
    assert os.sched_getscheduler(pid) == os.SCHED_OTHER
    made.wait_active()


def hanging(made):
    """Starts it with a check by a command that hangs."""
    made.configure(vipd_config([router(150)], {"node": "gw1", "checks": [
        {"name": "db", "command": ["/bin/sleep", "1000"], "interval": "60s", "timeout": "50s"}]}))
    assert made.does("start") == 0, made.story("not started")
    made.wait_active()


def test_commands_have_groups_where_they_are_delegated(service):
    """As vipd(8) says; with no right but what the unit leaves."""
    made = service("Delegate=yes", "ProtectControlGroups=no")
    hanging(made)
    own = os.path.join(made.manager.cgroup, CGROUP)
    [base] = wait_until(lambda: glob.glob(f"{own}/vipd-checks.*"), PATIENCE, lambda _: made.story("a group"))
    [leaf] = wait_until(lambda: glob.glob(f"{base}/[0-9]*/"), PATIENCE, lambda _: made.story("a leaf"))
    [pid] = wait_until(lambda: read(f"{leaf}/cgroup.procs").split(), PATIENCE, lambda _: made.story("a command"))
    assert wait_until(lambda: name_of(int(pid)) == "sleep", PATIENCE, lambda _: made.story("sleep"))
    assert sorted(name_of(int(pid)) for pid in read(f"{base}/cgroup.procs").split()) == ["vipd-checker", "vipd-command"]
    assert os.stat(leaf).st_uid == os.stat(base).st_uid == pwd.getpwnam("nobody").pw_uid
    assert not made.lines("was delegated")
    assert made.does("reload") == 0, made.story("not reloaded")
    for name in ("vipd-checker", "vipd-command"):
        [pid] = wait_until(lambda called=name: [pid for pid in read(f"{base}/cgroup.procs").split()
                                                if name_of(int(pid)) == called],
                           PATIENCE, lambda _: made.story("a process of checks"))
        os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: (there := glob.glob(f"{base}/[0-9]*/")) and leaf not in there, PATIENCE,
               lambda _: made.story("another leaf alone"))
    assert made.does("stop") == 0
    wait_until(lambda: not os.path.exists(own), PATIENCE, lambda _: made.story("the end of all groups"))


def test_a_group_that_is_delegated_and_read_only_is_told(service):
    """Whoever forgot half of it sees what is missing; the check is asked as ever."""
    made = service("Delegate=yes")
    hanging(made)
    made.wait_line("ProtectControlGroups=no is missing", PRIORITY=WARNING)
    own = os.path.join(made.manager.cgroup, CGROUP)
    wait_until(lambda: "vipd-command" in map(name_of, made.processes()), PATIENCE, lambda _: made.story("a command"))
    assert glob.glob(f"{own}/vipd-checks.*") == []


def test_history_is_kept_by_nobody_in_the_directory_of_the_service(service):
    """Without a word in the file: the state directory is there, so a history is."""
    made = start(service)
    [pid] = made.processes("vipd-notifier")
    nobody = pwd.getpwnam("nobody").pw_uid
    status = dict(line.split(":\t") for line in read(f"/proc/{pid}/status").splitlines())
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert set(status["Uid"].split()) == {str(nobody)}
    path = f"/proc/{pid}/root/var/lib/vipd/vipd.db"
    wait_until(lambda: os.path.exists(path), what=lambda _: made.story("a database"))
    assert os.stat(path).st_uid == nobody
    assert made.does("stop") == 0, made.story("not stopped")


def capabilities(*numbers):
    """CHOWN is 0, KILL 5, SETGID 6, SETUID 7, NET_ADMIN 12, NET_RAW 13, IPC_LOCK 14, SYS_NICE 23."""
    return sum(1 << number for number in numbers)


def is_read_only(path):
    """Whether the mount that it is in forbids writing."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def test_stop_leaves_nothing_behind(service, lab):
    """A farewell, no address, no process, no file but the journal; and it counts as a success."""
    made = start(service, lease="off")
    mark = lab.now()
    assert made.does("stop") == 0
    assert lab.capture.adverts(host=made.host, since=mark)[-1].priority == 0
    assert made.host.addresses() == [OWN]
    assert made.state == ("inactive", "dead")
    assert (made.show("Result"), made.show("ExecMainCode"), made.show("ExecMainStatus")) == (
        "success", "1", "0")                       # CLD_EXITED
    assert made.processes() == []
    left = os.listdir(f"/proc/{made.manager.pid}/root/run/vipd")
    assert sorted(name.split(".", 1)[1] for name in left) == [
        "begun.events", "keeper.events", "router.events"]


def test_broken_configuration_fails_for_good(service):
    """Exit status 78, what is wrong with file and line, and no further attempt."""
    made = service()
    made.configure("node = \"gw1\";\nnonsense = 1;\n")
    assert made.does("start") != 0
    wait_until(lambda: made.state == ("failed", "failed"), PATIENCE,
               lambda _: made.story("the unit to fail"))
    assert made.show("ExecMainStatus") == "78"
    line = made.wait_line(f"/etc/{CONFIG}:2: ")
    assert "nonsense" in line["MESSAGE"] and line["PRIORITY"] == "3"
    assert len(made.lines("", EXIT_STATUS="78")) == 1
    assert made.processes() == [] and made.host.addresses() == [OWN]


def test_start_beside_a_network_that_is_still_made(service, lab):
    """Each router waits for its own interface and address: no exit, and no claim before."""
    made = service(routers=[router(150), router(150, name="late", interface="eth1", vrid=52,
                                                addresses=["198.51.100.1/24"])])
    assert made.does("start") == 0, made.story("not started")
    made.wait_line("router=late family=4 state=initialize->fault")
    made.host.wait_adverts(1, vrid=51)
    made.host.attach("late")
    made.wait_line('router=late family=4 state=fault->fault reason="interface eth1 has no IPv4')
    mark = lab.now()
    made.host.wait_adverts(10, mark, vrid=51)
    assert made.host.addresses("eth1") == [] and not lab.capture.adverts(host=made.host, vrid=52)
    made.host.ip("address add 198.51.100.2/24 dev eth1")
    wait_until(lambda: "198.51.100.1/24" in made.host.addresses("eth1"), PATIENCE,
               lambda _: made.story("the late router"))
    assert made.show("NRestarts") == "0" and made.state == ("active", "running")


def test_nothing_configured_is_not_started(service):
    """Whoever asks is told why, nothing has failed, and nothing is tried again."""
    made = service()
    os.remove(made.manager.path("etc", CONFIG))
    assert made.does("start") == 0
    assert made.state == ("inactive", "dead")
    assert (made.show("ConditionResult"), made.show("NRestarts")) == ("no", "0")
    assert f"ConditionPathExists=/etc/{CONFIG} was not met" in made.story("not started")


# ---- reloads ----

def test_reload_is_not_noticed(service, lab):
    """Another router process, and neither a gap nor a farewell."""
    made = start(service)
    main, old, mark = made.show("MainPID"), made.router_pid, lab.now()
    keeps_rhythm(made.host, lambda: reload(made))
    assert 0 not in {it.priority for it in lab.capture.adverts(host=made.host, since=mark)}
    assert made.show("MainPID") == main and made.router_pid != old
    made.wait_active()


def reload(made):
    """Reloads with success."""
    assert made.does("reload") == 0, made.story("not reloaded")


def test_reload_runs_an_upgrade(service):
    """The sandbox does not hide what was put in the place of the program, for both processes."""
    made = start(service)
    before = os.stat(f"/proc/{made.router_pid}/exe").st_ino
    main, [keeper] = made.show("MainPID"), made.processes("vipd")
    made.install_programs()
    reload(made)
    after = os.stat(f"/proc/{made.router_pid}/exe").st_ino
    assert after == os.stat(made.manager.path("sbin", "vipd")).st_ino != before
    made.wait_active()
    assert os.stat(f"/proc/{keeper}/exe").st_ino == after
    assert made.show("MainPID") == main and made.processes("vipd") == [keeper]


def test_refused_reload_is_told_and_changes_nothing(service, lab):
    """It fails for whoever asked; the service stays as it was, until the file is right again."""
    made = start(service)
    old, right = made.router_pid, read(made.manager.path("etc", CONFIG))
    made.configure("routers = nonsense")
    mark = lab.now()
    assert made.does("reload") != 0
    made.host.wait_adverts(10, lab.now())
    assert 0 not in {it.priority for it in lab.capture.adverts(host=made.host, since=mark)}
    assert made.router_pid == old and not absent(made.host)
    made.wait_active()
    assert made.lines(f"/etc/{CONFIG}:1: ")
    made.configure(right)
    reload(made)


HOOKED = {"node": "gw1", "user": "root",
          "notify": [{"command": ["/bin/sleep", "7"], "before": "drain", "timeout": "20s"}]}


def test_stop_may_take_as_long_as_a_hook(service, lab):
    """Longer than the unit says: vipd asks for the time."""
    made = service("TimeoutStopSec=3s")
    made.configure(vipd_config([router(150)], HOOKED))
    assert made.does("start") == 0
    made.wait_active()
    mark = lab.now()
    assert made.does("stop") == 0
    assert lab.now() - mark > 6.5e9 and absent(made.host)
    assert made.lines("leave=ready before=stop") and not made.lines("timed out")
    assert made.state == ("inactive", "dead") and made.show("Result") == "success"


def test_reload_may_take_as_long_as_a_hook(service, lab):
    made = service("TimeoutStartSec=3s")
    made.configure(vipd_config([router(150)], HOOKED))
    assert made.does("start") == 0
    made.wait_active()
    other = router(150, name="other", vrid=52, addresses=["192.0.2.9/24"])
    made.configure(vipd_config([other], HOOKED))
    mark = lab.now()
    assert made.does("reload") == 0, made.story("a reload that waits")
    assert lab.now() - mark > 6.5e9 and absent(made.host)
    assert made.lines("leave=ready before=removal") and not made.lines("timed out")


# ---- what goes wrong ----

@pytest.mark.parametrize("who, swept", [("main", "swept="), ("all", "swept=1")])
def test_hung_is_ended_and_restarted(service, who, swept):
    """systemd hears nothing for too long; no address stays, although it has no lease."""
    made = start(service, "WatchdogSec=2s", lease="off")
    main = made.show("MainPID")
    assert made.does("kill", "-s", "STOP", f"--kill-who={who}") == 0
    made.wait_absent()
    made.wait_line(swept, PRIORITY=INFO)
    made.wait_active(restarts=1)
    assert made.lines("Watchdog timeout") and made.show("MainPID") != main


def test_killed_as_a_whole_is_swept_and_restarted(service):
    """Nobody is left who could remove the address, and it has no lease: ExecStopPost does."""
    made = start(service, lease="off")
    for name in ("STOP", "KILL"):                  # stopped: or one could act on another's end
        assert made.does("kill", "-s", name, "--kill-who=all") == 0
    made.wait_absent()
    made.wait_line("swept=1", PRIORITY=INFO)
    made.wait_active(restarts=1)


def test_third_crash_is_the_last(service, lab):
    """vipd says farewell, removes the address and exits with 1; systemd starts it again."""
    made = start(service, lease="off")
    for _ in range(2):
        old = made.router_pid
        os.kill(old, signal.SIGKILL)
        wait_until(lambda pid=old: made.router_pid != pid, what="another router process")
        made.host.wait_adverts(3, lab.now())
    mark = lab.now()
    os.kill(made.router_pid, signal.SIGKILL)
    lab.capture.wait_advert(host=made.host, since=mark, priority=0)
    made.wait_absent()
    made.wait_line("last_will=executed addresses_removed=1", PRIORITY=ERROR)
    made.wait_line("", EXIT_CODE="exited", EXIT_STATUS="1")
    assert len(made.lines("lost=", PRIORITY=ERROR)) == 3
    made.wait_active(restarts=1)


def test_frozen_loses_its_address_and_goes_on(service, lab):
    """The lease ends although nobody runs; once thawed, the same processes go on."""
    made = start(service, "WatchdogSec=0")
    main, old = made.show("MainPID"), made.router_pid
    made.freeze(True)
    mark = lab.now()
    made.wait_absent(LEASE_S + LATE_S)
    assert lab.capture.adverts(host=made.host)[-1].ns < mark
    made.freeze(False)
    made.wait_active()
    assert (made.show("MainPID"), made.router_pid) == (main, old)
