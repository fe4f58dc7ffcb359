# SPDX-License-Identifier: MIT
"""The package on a Debian of its own, under systemd: what apt does to it, and to those who depend
on an address. `make deb-test` builds it before."""

import json
import os
import pwd
import socket

import pytest

from agents import VIP, router, vipd_config
from debian import Debian, field, other_version, package
from generations import OWN, absent
from lab import wait_until
from service_manager import why_not

CONF = "/etc/vipd/vipd.conf"
CGROUP = "system.slice/vipd.service"
PATIENCE = 20


class Gateway:
    """A host with that Debian; the package is not there yet."""

    def __init__(self, lab):
        self.host = lab.host("gw1", OWN)
        self.host.runs_vipd = True
        self.debian = Debian(self.host)
        self.debian.boot()

    def configure(self, text=None):
        """Writes its configuration."""
        self.debian.write(CONF, text or vipd_config([router(150)], {"node": "gw1"}))

    def show(self, name):
        """A property of the unit."""
        return self.debian.systemctl("show", "--value", "-p", name, "vipd").stdout.strip()

    def start(self):
        """systemctl start vipd. Return: its exit status."""
        return self.debian.systemctl("start", "vipd").returncode

    def journal(self):
        """What the unit has in the journal, as one text."""
        return "\n".join(it["MESSAGE"] for it in self.debian.journal("vipd"))

    def version(self):
        """Of the router process that answers."""
        return json.loads(self.debian.run("vipctl", "show", "--json").stdout)["version"]

    def processes(self):
        """Of the unit."""
        return self.debian.processes(CGROUP)

    def wait_active(self):
        """Until its router has the address."""
        def story(_):
            return self.debian.systemctl("status", "vipd").stdout + self.journal()
        wait_until(lambda: not absent(self.host), PATIENCE, story)

    def user(self):
        """The uid of vipd; None: there is no such user."""
        lines = self.debian.read("/etc/passwd").splitlines()
        found = [line.split(":") for line in lines if line.startswith("vipd:")]
        return int(found[0][2]) if found else None


@pytest.fixture
def gateway(lab):
    """A Gateway."""
    if reason := why_not():
        pytest.skip(reason)
    return Gateway(lab)


def pair(lab, gateway):
    """The gateway is Active, another host its Backup. Return: that one, and a client's pings."""
    gateway.configure()
    gateway.debian.install(package())
    gateway.wait_active()
    other = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100)])
    wait_until(lambda: other.router()["active_address"] == OWN.split("/")[0], what="a Backup")
    ping = lab.ping(lab.host("client", "192.0.2.100/24"), VIP.split("/")[0])
    ping.wait_answer(since=lab.now())
    return other, ping


# ---- without a configuration, or with one that says nothing ----

def test_installed_without_a_configuration(gateway):
    """Not started, says why, also when it is asked to start; nothing is tried again."""
    debian = gateway.debian
    said = debian.install(package()).stdout
    assert f"vipd: not started, since there is no {CONF}" in said
    assert debian.systemctl("is-enabled", "vipd").stdout.strip() == "enabled"
    assert gateway.start() == 0
    assert (gateway.show("ActiveState"), gateway.show("Result")) == ("inactive", "success")
    assert gateway.show("ConditionResult") == "no" and gateway.show("NRestarts") == "0"
    assert f"ConditionPathExists={CONF} was not met" in debian.systemctl("status", "vipd").stdout
    assert gateway.processes() == [] and not debian.exists("/var/lib/vipd")
    assert not debian.systemctl("is-failed", "vipd").returncode == 0


@pytest.mark.parametrize("text, said", [
    ('@include "conf.d/*.conf"\n', "routers is missing: there is nothing to do"),
    ('routers = (\n@include "conf.d/*.conf"\n);\n', "expected 1 to 8160 routers, got 0")])
def test_empty_conf_d(gateway, text, said):
    """The installation goes on; the unit fails once, with what is missing, and is not restarted."""
    gateway.debian.write("/etc/vipd/conf.d/README", "Nothing here yet.\n")
    gateway.configure(text)
    done = gateway.debian.install(package())
    assert 'vipd: not started: see "systemctl status vipd"' in done.stdout
    assert gateway.show("ActiveState") == "failed"
    assert (gateway.show("ExecMainStatus"), gateway.show("NRestarts")) == ("78", "0")
    assert gateway.journal().count(said) == 1, gateway.journal()
    assert gateway.processes() == []


def test_what_is_installed_is_whole(gateway):
    """The user, manual pages, a unit that systemd finds nothing wrong with, and libraries."""
    debian = gateway.debian
    debian.install(package())
    assert 0 < gateway.user() < 1000
    checked = debian.run("systemd-analyze", "verify", "--man=no", "vipd.service")
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr
    listed = debian.run("dpkg", "-L", "vipd").stdout
    for name in ("vipd", "vipctl", "vipd-checker", "vipd-notifier"):
        assert "not found" not in debian.run("ldd", f"/usr/sbin/{name}").stdout
    assert debian.run("vipd", "-V").stdout == f"vipd {field(package(), 'Version')}\n"
    for page in ("vipd.8", "vipctl.8", "vipd.conf.5", "vipd-notify.7", "vipd-checker.8"):
        assert page + ".gz" in listed, page
    kept = debian.run("dpkg-query", "-W", "-f", "${Conffiles}", "vipd").stdout
    assert "/etc/default/vipd" in kept and "/etc/needrestart/conf.d/vipd.conf" in kept


def test_started_at_once_where_there_is_a_configuration(gateway):
    """With checks and history by the user of the package, in its directory."""
    gateway.configure(vipd_config([router(150, track=[{"check": "web", "weight": -10}])],
                                  {"node": "gw1", "checks": [{"name": "web", "tcp": "127.0.0.1:1"}]}))
    gateway.debian.install(package())
    gateway.wait_active()
    uid = gateway.user()
    assert uid != pwd.getpwnam("nobody").pw_uid
    wait_until(lambda: gateway.debian.exists("/var/lib/vipd/vipd.db"), what="a history")

    def owner(path):
        return int(gateway.debian.run("stat", "-c", "%u", path).stdout)

    assert owner("/var/lib/vipd/vipd.db") == uid
    wait_until(lambda: "check=web is=down" in gateway.journal(), what="an answer")
    helpers = [pid for pid in gateway.processes() if _uid(pid) == uid]
    assert len(helpers) == 2, "the checker and the notifier"


def test_node_of_a_shared_file_may_be_said_in_etc_default(gateway):
    """Where the name of the host says nothing, as here."""
    gateway.configure('nodes = ( { name = "a1"; }, { name = "a2"; } );\n'
                      + vipd_config([router({"a1": 150, "a2": 100})], {}))
    said = gateway.debian.install(package()).stdout
    assert "vipd: not started" in said and gateway.show("ExecMainStatus") == "78"
    gateway.debian.write("/etc/default/vipd", "VIPD_NODE=a2\n")
    assert gateway.start() == 0
    gateway.wait_active()
    assert "node=a2" in gateway.journal()


def _uid(pid):
    """Of a process, by our counting."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(next(line.split()[1] for line in file if line.startswith("Uid:")))


# ---- upgrades ----

def test_upgrade_loses_no_ping(lab, gateway):
    """And back again: the keeper, its children and the address are the same, nobody else speaks."""
    other, ping = pair(lab, gateway)
    first, main = field(package(), "Version"), gateway.show("MainPID")
    gateway.debian.write("/etc/default/vipd", "# mine\n")
    mark = lab.now()
    for version in ("9.9.9", first):
        path = package() if version == first else other_version(package(), version, lab.directory)
        gateway.debian.install(path)
        assert gateway.version() == version
        assert gateway.show("MainPID") == main and gateway.show("ActiveState") == "active"
    fates = ping.fates(since=mark)
    lost = sum(not answered for _, answered in fates)
    print(f"{len(fates)} pings, {lost} lost, in two upgrades")
    assert (lost, len(fates) > 100) == (0, True)
    assert not lab.capture.adverts(host=other.host)
    assert 0 not in {it.priority for it in lab.capture.adverts(host=gateway.host, since=mark)}
    assert gateway.journal().count("upgrade=done") == 2
    assert gateway.debian.read("/etc/default/vipd") == "# mine\n"
    assert gateway.show("NRestarts") == "0"


def test_upgrade_that_cannot_take_over_is_told_and_harmless(lab, gateway):
    """What runs goes on; the package is there, for the next restart."""
    other, ping = pair(lab, gateway)
    first, mark = gateway.version(), lab.now()
    script = ('#!/bin/sh\ncase "$VIPD_KEEPER" in *rehearsal) exit 1;; esac\n'
              'exec /usr/sbin/vipd.real "$@"\n')
    done = gateway.debian.install(other_version(package(), "9.9.9", lab.directory, script))
    assert "vipd: the version before goes on, untouched: " in done.stdout
    assert "cannot take over as the keeper" in done.stdout and "vipctl drain" in done.stdout
    assert gateway.version() == first and gateway.show("ActiveState") == "active"
    assert not [1 for _, answered in ping.fates(since=mark) if not answered]
    assert not lab.capture.adverts(host=other.host)


def test_upgrade_beside_a_broken_configuration(gateway, lab):
    """The new version would not start with it: it is told, and the old one goes on."""
    pair(lab, gateway)
    gateway.configure("nonsense = 1;\n")
    done = gateway.debian.install(other_version(package(), "9.9.9", lab.directory))
    assert f"{CONF}:1: " in done.stdout and "nonsense" in done.stdout
    assert gateway.show("ActiveState") == "active" and not absent(gateway.host)


def test_upgrade_starts_nobody_who_was_stopped(lab, gateway):
    """He may have been stopped for a reason; one that was removed is started again, though."""
    gateway.configure()
    debian = gateway.debian
    debian.install(package())
    gateway.wait_active()
    assert debian.systemctl("stop", "vipd").returncode == 0
    said = debian.install(other_version(package(), "9.9.9", lab.directory)).stdout
    assert "vipd: was not running, so it is not started" in said
    assert gateway.show("ActiveState") == "inactive" and absent(gateway.host)
    assert debian.apt("remove", "vipd").returncode == 0
    debian.install(package())
    gateway.wait_active()


def test_policy_of_the_host_is_obeyed(lab, gateway):
    """Whoever forbids actions of packages starts and reloads himself, and is told."""
    gateway.configure()
    debian, policy = gateway.debian, "/usr/sbin/policy-rc.d"
    debian.write(policy, "#!/bin/sh\nexit 101\n")
    os.chmod(debian.inside(policy), 0o755)
    debian.install(package())
    assert gateway.show("ActiveState") == "inactive" and gateway.processes() == []
    assert gateway.start() == 0
    gateway.wait_active()
    first = gateway.version()
    said = debian.install(other_version(package(), "9.9.9", lab.directory)).stdout
    assert "vipd: /usr/sbin/policy-rc.d returned 101, not running" in said
    assert gateway.version() == first
    assert debian.systemctl("reload", "vipd").returncode == 0 and gateway.version() == "9.9.9"


# ---- the end ----

def test_purge_beside_another_vipd_takes_nothing_from_it(gateway):
    """One from /usr/local, say, has the same directories."""
    debian = gateway.debian
    debian.install(package())
    for path in ("/var/lib/vipd/vipd.db", "/run/vipd/netns-1.router.events"):
        debian.write(path, "of another one")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(debian.inside("/run/vipd/control.sock"))
        done = debian.apt("purge", "vipd")
    assert done.returncode == 0 and "another vipd runs, so /var/lib/vipd and /run/vipd stay" in done.stdout
    assert debian.exists("/var/lib/vipd/vipd.db") and debian.exists("/run/vipd/netns-1.router.events")


def test_removed_and_purged(lab, gateway):
    """It leaves without a gap; what is the administrator's stays, and the user does."""
    _, ping = pair(lab, gateway)
    debian, mark = gateway.debian, lab.now()
    wait_until(lambda: debian.exists("/var/lib/vipd/vipd.db"), what="a history")
    done = debian.apt("remove", "vipd")
    assert done.returncode == 0, done.stdout + done.stderr
    assert gateway.processes() == [] and gateway.host.addresses() == [OWN]
    assert 0 in {it.priority for it in lab.capture.adverts(host=gateway.host, since=mark)}
    lost = [1 for _, answered in ping.fates(since=mark) if not answered]
    print(f"{len(ping.fates(since=mark))} pings, {len(lost)} lost, by the removal")
    assert not lost
    assert not debian.exists("/usr/sbin/vipd") and debian.exists("/etc/default/vipd")
    assert debian.exists("/var/lib/vipd/vipd.db") and debian.exists(CONF)
    uid = gateway.user()
    done = debian.apt("purge", "vipd")
    assert done.returncode == 0, done.stdout + done.stderr
    for path in ("/var/lib/vipd", "/run/vipd", "/etc/default/vipd", "/lib/systemd/system/vipd.service",
                 "/etc/needrestart/conf.d/vipd.conf", "/usr/share/vipd", "/usr/share/doc/vipd",
                 "/etc/systemd/system/multi-user.target.wants/vipd.service"):
        assert not debian.exists(path), path
    assert debian.exists(CONF) and gateway.user() == uid
    assert debian.run("dpkg-query", "-W", "vipd").returncode != 0
