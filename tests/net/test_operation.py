# SPDX-License-Identifier: MIT
"""vipd as its operators meet it: start, stop, refusals, rights, the socket as a file, the log.

Nothing that asks vipd or reads from it may disturb the adverts: several tests watch their rhythm.
"""

import json
import os
import re
import signal
import stat
import subprocess

import pytest

from agents import (VIP, binary, is_sanitized, run_vipctl, run_vipd, vipd_config,
                    write_config)
from lab import router, wait_until
from timing import keeps_rhythm

OWN = "192.0.2.2/24"
EX_USAGE, EX_CONFIG = 64, 78
NOBODY = 65534
GROUP = 54321                    # of nobody and nothing else
RHYTHM = {"interval": "50ms"}    # of the routers whose adverts are watched
GAP_MS = 150                     # three intervals


def start_active(lab, routers=None, **settings):
    """An Active vipd on gw1, with the router "lan" first."""
    agent = lab.vipd(lab.host("gw1", OWN), routers or [router(150, **RHYTHM)], **settings)
    agent.wait_state("lan", "active")
    return agent


def as_user(uid, gid, *groups):
    """The words that run a program as somebody else."""
    others = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", str(uid), "--regid", str(gid), *others]


# ---- how it ends ----

@pytest.mark.requirement("R-015", "R-085")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_leaves_gracefully(lab, name):
    agent = start_active(lab, [router(150, **RHYTHM),
                               router(100, name="two", vrid=52, addresses=["192.0.2.11/24"])])
    agent.wait_state("two", "active")
    agent.host.wait_adverts(20, vrid=51)
    agent.kill(getattr(signal, name))
    assert agent.process.wait(10) == 0
    assert agent.host.addresses() == [OWN]
    assert not os.path.exists(agent.control)
    for vrid, priority in ((51, 150), (52, 100)):
        *before, last = (it.priority for it in lab.capture.adverts(host=agent.host, vrid=vrid))
        *before, offer = before
        assert set(before) == {priority} and (offer, last) == (0, 0), "an offer, and the last word"
    assert agent.wait_log(f"signal={name.removeprefix('SIG')} from_pid={os.getpid()} ")
    assert agent.log[-1].endswith(" info: stopped")


def test_log_has_the_signal_before_what_it_led_to(lab):
    """A Backup leaves at once, so that its router process could be faster than its keeper."""
    one = lab.vipd(lab.host("gw1", OWN), [router(150)])
    one.wait_state("lan", "active")
    two = lab.host("gw2", "192.0.2.3/24")
    for _ in range(8):
        agent = lab.vipd(two, [router(100)])
        agent.wait_state("lan", "backup")
        assert agent.term() == 0
        kinds = [next((it for it in ("signal=TERM", "->initialize", "info: stopped") if it in line),
                      None) for line in agent.log]
        assert list(filter(None, kinds)) == ["signal=TERM", "->initialize", "info: stopped"], \
            agent.story("another order")


# ---- exit codes and refusals ----

@pytest.mark.parametrize("args", [["-x"], ["-c"], ["extra"], ["-t", "extra"]])
def test_wrong_usage(lab, args):
    done = run_vipd(lab.host("gw1", OWN), *args)
    assert done.returncode == EX_USAGE
    assert "usage: vipd " in done.stderr and done.stdout == ""


def test_missing_configuration(lab):
    done = run_vipd(lab.host("gw1", OWN), "-c", lab.path("none.conf"))
    assert done.returncode == EX_CONFIG
    assert done.stderr.startswith(lab.path("none.conf")) and "No such file" in done.stderr


def test_version_and_check_need_no_rights_and_no_interface(lab):
    host = lab.host("gw1", OWN)
    path = write_config(lab, routers=[router(interface="none0"),
                                      router(name="b", interface="none1")])
    shown = run_vipd(host, "-V", before=as_user(NOBODY, NOBODY))
    assert shown.returncode == 0 and re.fullmatch(r"vipd \d+\.\d+\.\d+\n", shown.stdout)
    checked = run_vipd(host, "-t", "-c", path, before=as_user(NOBODY, NOBODY))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == f"{path}: configuration OK, 2 routers\n"
    assert not os.path.exists(lab.path("own.sock"))


RIGHTS = ["--bounding-set", "-all,+net_admin,+net_raw"]


@pytest.mark.parametrize("user, before", [
    (0, ["setpriv", *RIGHTS]),
    (NOBODY, as_user(NOBODY, NOBODY) + ["--inh-caps", "+net_admin,+net_raw", "--ambient-caps",
                                        "+net_admin,+net_raw", *RIGHTS]),
], ids=["root", "nobody"])
def test_the_two_rights_are_enough(lab, user, before):
    """Without real-time scheduling and locked memory: one warning that names the way out."""
    host = lab.host("gw1", OWN)
    os.mkdir(lab.path("run"))
    os.chown(lab.path("run"), user, user)
    control, path = lab.path("run/vipd.sock"), lab.path("stderr")
    with open(path, "wb") as log:
        process = host.popen(*before, binary("vipd"), "-c", write_config(lab, control=control),
                             stderr=log)
    lab.capture.wait_arp(host=host, gratuitous=True, spa="192.0.2.1")
    assert host.addresses() == [OWN, VIP]
    assert run_vipctl(host, "-s", control, "show").returncode == 0
    process.terminate()
    assert process.wait(10) == 0 and host.addresses() == [OWN]
    with open(path, encoding="utf-8") as log:
        warnings = [line for line in log if " warning: " in line or " error: " in line]
    # Who may not write to /run/vipd cannot lock the namespace, and is told.
    [warning, last] = [line for line in warnings
                       if "/run/vipd" not in line and "caveat=" not in line]
    assert "leave=alone" in last, "there is no other host"
    assert "realtime=no" in warning and "realtime = false silences this" in warning


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers keep memory from being locked")
def test_realtime_and_locked_memory(lab):
    agent = start_active(lab)
    if any("realtime=no" in line for line in agent.log):
        pytest.skip("real-time scheduling is not allowed here")
    policy = os.sched_getscheduler(agent.router_pid)
    assert policy & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
    assert os.sched_getparam(agent.router_pid).sched_priority == 20
    assert locked_kib(agent.router_pid) > 500


def locked_kib(pid):
    """How much memory of a process can never be paged out."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmLck:\s*(\d+) kB", status.read())[1])


def test_realtime_can_be_turned_off(lab):
    agent = start_active(lab, realtime=False)
    assert os.sched_getscheduler(agent.router_pid) == os.SCHED_OTHER
    assert locked_kib(agent.router_pid) == 0
    assert not any("realtime" in line for line in agent.log)


# ---- two of them ----

def test_second_vipd_at_the_same_control_socket_is_refused(lab):
    agent = start_active(lab)
    other = lab.host("gw2", "192.0.2.3/24")
    path = write_config(lab, control=agent.control)

    def start_another():
        done = run_vipd(other, "-c", path)
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert agent.control in line and "another process listens" in line

    keeps_rhythm(agent.host, start_another, limit=GAP_MS)
    assert other.addresses() == ["192.0.2.3/24"] and not lab.capture.adverts(host=other)
    assert agent.router()["state"] == "active"


def test_namespaces_are_apart(lab):
    """Each network namespace may have its vipd, also at the same time."""
    one = start_active(lab)
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100, **RHYTHM)])
    assert two.wait_state("lan", "backup") and one.router()["state"] == "active"


# ---- the control socket as a file ----

def test_stale_control_socket_is_replaced(lab):
    agent = start_active(lab)
    agent.kill()
    assert stat.S_ISSOCK(os.lstat(agent.control).st_mode), "left behind"
    again = lab.vipd(agent.host, [router(150, **RHYTHM)])
    assert again.control == agent.control
    again.wait_state("lan", "active")


def runs_without(lab, control):
    """Starts vipd with a control socket that cannot be. Return: it, and what it says of that."""
    agent = lab.vipd(lab.host("gw1", OWN), text=vipd_config([router()], {"control": control}),
                     wait=False)
    agent.control = control
    line = agent.wait_log("control=")
    assert " error: " in line and control in line and "going on without" in line
    wait_until(lambda: VIP in agent.host.addresses(), what="the address to be up all the same")
    return agent, line


def test_file_in_the_place_of_the_control_socket_is_untouched(lab):
    path = lab.path("precious")
    with open(path, "w", encoding="utf-8") as file:
        file.write("not yours")
    assert "Socket operation on non-socket" in runs_without(lab, path)[1]
    with open(path, encoding="utf-8") as file:
        assert file.read() == "not yours"


def test_control_socket_two_missing_directories_deep(lab):
    agent, line = runs_without(lab, lab.path("a/b/vipd.sock"))
    assert "No such file or directory" in line and not os.path.exists(lab.path("a"))
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_log("reload=done")
    os.mkdir(lab.path("a"))
    agent.wait_ready()
    agent.wait_log("info: control=.*served again")
    assert sum(" error: control=" in it for it in agent.log) == 2, "once per router process"


def test_removed_control_socket_is_made_again(lab):
    agent = start_active(lab)
    router_pid = agent.router_pid
    os.unlink(agent.control)
    done = agent.ctl("show", check=False)
    if done.returncode:          # else it was made again while vipctl waited for it
        assert "if somebody removed this one, vipd makes it again within 7 s" in done.stderr
    agent.wait_ready()
    assert stat.S_IMODE(os.stat(agent.control).st_mode) == 0o660
    agent.wait_log("info: control=.*served again")
    assert agent.router_pid == router_pid


def test_reload_to_a_control_socket_that_cannot_be_is_refused(lab):
    """Who has just given it another place is better told; where it was it goes on."""
    agent = start_active(lab)
    agent.configure([router(150, **RHYTHM)], control=lab.path("a/b/vipd.sock"))
    done = agent.reload()
    assert done.returncode == 1 and "a/b/vipd.sock" in done.stderr, done
    assert agent.router()["state"] == "active"


def test_directory_of_the_control_socket_is_made(lab):
    agent = lab.vipd(lab.host("gw1", OWN), text=vipd_config(
        [router()], {"control": lab.path("run/vipd.sock")}), wait=False)
    agent.control = lab.path("run/vipd.sock")
    agent.wait_ready()
    assert stat.S_IMODE(os.stat(lab.path("run")).st_mode) == 0o755


def test_control_socket_is_for_root_and_its_group(lab):
    agent = start_active(lab)
    status = os.stat(agent.control)
    assert stat.S_IMODE(status.st_mode) == 0o660 and status.st_uid == 0
    done = run_vipctl(agent.host, "-s", agent.control, "show", before=as_user(NOBODY, NOBODY))
    assert done.returncode == 1 and done.stdout == ""
    assert agent.control in done.stderr and "Permission denied" in done.stderr


@pytest.mark.parametrize("user", [as_user(NOBODY, GROUP), as_user(NOBODY, NOBODY, GROUP)],
                         ids=["primary", "supplementary"])
@pytest.mark.parametrize("how", ["directory", "chgrp"])
def test_group_of_the_control_socket_may_ask(lab, user, how):
    """The group is the directory's (set-group-ID), or is given to the socket that is there."""
    directory, control = lab.path("run"), lab.path("run/vipd.sock")
    os.mkdir(directory)
    if how == "directory":
        os.chown(directory, 0, GROUP)
        os.chmod(directory, 0o2755)
    agent = lab.vipd(lab.host("gw1", OWN), text=vipd_config([router()], {"control": control}),
                     wait=False)
    agent.control = control
    agent.wait_ready()
    if how == "chgrp":
        os.chown(control, 0, GROUP)
    done = run_vipctl(agent.host, "-s", control, "show", "--json", before=user)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["routers"][0]["name"] == "lan"


def test_world_writable_control_socket_lets_nobody_in(lab):
    """Somebody was careless with chmod; the question who asks is the kernel's to answer."""
    agent = start_active(lab)
    os.chmod(agent.control, 0o666)
    done = run_vipctl(agent.host, "-s", agent.control, "show", before=as_user(NOBODY, NOBODY))
    assert done.returncode == 1 and "may not ask" in done.stderr


# ---- vipctl ----

@pytest.mark.parametrize("name, words", [
    ("none.sock", "No such file or directory: vipd does not run, or uses another control socket; "
                  "if somebody removed this one, vipd makes it again within 7 s"),
    ("x" * 200, "File name too long"),
])
def test_vipctl_without_vipd(lab, name, words):
    done = run_vipctl(lab.host("gw1", OWN), "-s", lab.path(name), "show")
    assert done.returncode == 1 and done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith(f"vipctl: {lab.path(name)}: ") and words in line


def test_vipctl_at_a_dead_socket(lab):
    agent = start_active(lab)
    agent.kill()
    done = agent.ctl("show", check=False)
    assert done.returncode == 1 and "Connection refused: vipd does not run" in done.stderr


def test_vipctl_at_a_vipd_that_stands_still(lab):
    agent = start_active(lab)
    agent.kill(signal.SIGSTOP)
    try:
        done, router = agent.ctl("show", check=False), agent.router_pids[0]
    finally:
        agent.kill(signal.SIGCONT)
    assert (done.returncode, done.stderr) == (
        1, f"vipctl: vipd does not answer: somebody has stopped its process {router} (SIGSTOP, a debugger): "
        f"kill -CONT {router} lets it go on\n")
