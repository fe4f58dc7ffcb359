# SPDX-License-Identifier: MIT
"""etc/notify.d/conntrackd: what it asks for, of one that writes it down, and of real ones."""

import os
import shutil
import subprocess
import uuid

import pytest

from scripts import event, wait_until

FAKE = """#!/bin/sh
printf '%s\\n' "$*" >>{out}
echo "[warning] something of old"
[ "$1" != "{bad}" ] || {{ echo "[ERROR] can't connect: is conntrackd running?" >&2; exit 1; }}
"""
ACTIVE = ["-c", "-f internal", "-f external", "-R", "-B"]
CONF = """
Sync {{
	Mode FTFW {{
		PurgeTimeout 60
	}}
	UDP {{
		IPv4_address 10.9.0.{own}
		IPv4_Destination_Address 10.9.0.{peer}
		Port 3780
		Interface sync0
	}}
}}
General {{
	HashSize 1024
	HashLimit 4096
	LogFile {path}/log
	LockFile {path}/lock
	UNIX {{
		Path {path}/sock
	}}
	Filter From Userspace {{
		Protocol Accept {{
			TCP
		}}
	}}
}}
"""
CONNECTION = ["-p", "tcp", "-s", "192.0.2.50", "-d", "198.51.100.7", "--sport", "1000", "--dport", "80"]


class Fake:
    """A conntrackd that fails at one of its options."""

    def __init__(self, place, bad="none"):
        self.out = place.path / "asked"
        self.out.touch()
        self.out.chmod(0o666)
        self.path = str(place.program(place.path / "fake", FAKE.format(out=self.out, bad=bad)))

    @property
    def asked(self):
        """Its arguments of each run since the last look."""
        text = self.out.read_text(encoding="utf-8")
        self.out.write_text("", encoding="utf-8")
        return text.splitlines()


@pytest.mark.parametrize("on, asked", [
    ("active", ACTIVE), ("backup", ["-t", "-n"]), ("fault", ["-t"]), ("stop", ["-t"]), ("deleted", ["-t"]),
    ("start", []), ("check", []), ("drain", [])])
def test_each_event_asks_for_what_it_needs(place, on, asked):
    fake = Fake(place)
    for _ in range(2):
        place.good("conntrackd", event(on), CONNTRACKD=fake.path)
        assert fake.asked == asked, "the same again when it is repeated"


def test_words_of_other_scripts_and_another_file_will_do(place):
    fake = Fake(place)
    place.good("conntrackd", None, "primary", CONNTRACKD=fake.path, CONNTRACKD_CONF="/etc/two.conf")
    assert fake.asked == [f"{words} -C /etc/two.conf" for words in ACTIVE]
    place.good("conntrackd", None, "fault", CONNTRACKD=fake.path)
    assert fake.asked == ["-t"]
    assert place.bad("conntrackd", None, CONNTRACKD=fake.path) == \
        "conntrackd: usage: conntrackd active|backup|fault"
    assert place.bad("conntrackd", None, "x", CONNTRACKD=fake.path) == \
        "conntrackd: usage: conntrackd active|backup|fault"


def test_style_keepalived_is_understood(place):
    fake = Fake(place)
    for word, asked in (("MASTER", ACTIVE), ("BACKUP", ["-t", "-n"]), ("FAULT", ["-t"]), ("STOP", ["-t"])):
        place.good("conntrackd", None, "GROUP", "gateway", word, "0", CONNTRACKD=fake.path)
        assert fake.asked == asked


@pytest.mark.parametrize("n", range(len(ACTIVE)))
def test_first_that_fails_is_the_last(place, n):
    bad = ACTIVE[n].split()[0]
    fake = Fake(place, bad)
    assert place.bad("conntrackd", event("active"), CONNTRACKD=fake.path) == \
        f"conntrackd: {bad}: exit status 1: [ERROR] can't connect: is conntrackd running?"
    assert fake.asked == ACTIVE[:[words.split()[0] for words in ACTIVE].index(bad) + 1]


def test_missing_conntrackd_is_said(place):
    assert place.bad("conntrackd", event("active"), CONNTRACKD="/nowhere").startswith(
        "conntrackd: -c: exit status 127: ")


class Firewall:
    """A namespace with a real conntrackd."""

    def __init__(self, place, own, peer):
        self.name = f"ct{own}-{uuid.uuid4().hex[:8]}"
        self.path = place.path / f"firewall{own}"
        self.path.mkdir()
        self.conf = self.path / "conf"
        self.conf.write_text(CONF.format(own=own, peer=peer, path=self.path), encoding="utf-8")
        self.process = None
        subprocess.run(["ip", "netns", "add", self.name], check=True)

    def run(self, *argv):
        return subprocess.run(["ip", "netns", "exec", self.name, *argv], capture_output=True, text=True, check=False)

    def start(self, own):
        """Starts it. Return: None, or why it does not run here."""
        self.run("ip", "address", "add", f"10.9.0.{own}/24", "dev", "sync0")
        self.run("ip", "link", "set", "sync0", "up")
        with open(self.path / "output", "wb") as out:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.name, "conntrackd", "-C", self.conf],
                                            stdout=out, stderr=out)
        wait_until(lambda: self.process.poll() is not None or (self.path / "sock").exists(), "its socket")
        if self.process.poll() is None:
            return None
        return (self.path / "output").read_text(encoding="utf-8").strip().split("\n")[-1]

    @property
    def kernel(self):
        """The connections in the kernel that somebody else's are not."""
        return [line for line in self.run("conntrack", "-L", "-p", "tcp").stdout.splitlines() if "192.0.2.50" in line]

    def cache(self, option):
        return self.run("conntrackd", option, "-C", str(self.conf)).stdout.splitlines()

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
        subprocess.run(["ip", "netns", "del", self.name], check=False)


@pytest.fixture
def pair(place):
    """Two with a cable between them."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    for tool in ("conntrackd", "conntrack"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    one, two = made = Firewall(place, 1, 2), Firewall(place, 2, 1)
    try:
        subprocess.run(["ip", "-n", one.name, "link", "add", "sync0", "type", "veth",
                        "peer", "name", "sync0", "netns", two.name], check=True)
        for firewall, own in ((one, 1), (two, 2)):
            if why := firewall.start(own):
                pytest.skip(f"conntrackd does not run here: {why}")
        if "been created" not in (answer := one.run("conntrack", "-I", *CONNECTION, "--state", "ESTABLISHED", "-t",
                                                    "300", "-u", "ASSURED,SEEN_REPLY")).stderr:
            pytest.skip(f"no connection can be made in the kernel: {answer.stderr.strip()}")
        yield made
    finally:
        one.close()
        two.close()


def tell(place, firewall, on):
    """Runs the command there, as root, as its entry says."""
    env = {"PATH": os.environ["PATH"], "VIPD_ON": on, "CONNTRACKD_CONF": str(firewall.conf)}
    done = subprocess.run(["ip", "netns", "exec", firewall.name, *place.shell, place.commands / "conntrackd"],
                          env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done


def test_real_one_takes_the_connections_over(place, pair):
    one, two = pair
    tell(place, one, "active")
    tell(place, two, "backup")
    wait_until(lambda: two.cache("-e"), "the connection in the other's external cache")
    assert not two.kernel
    tell(place, one, "fault")
    tell(place, two, "active")
    assert len(two.kernel) == 1 and "ESTABLISHED" in two.kernel[0]
    wait_until(lambda: two.cache("-i"), "the connection as its own")
    tell(place, two, "active")
    assert len(two.kernel) == 1, "once more changes nothing"
    tell(place, one, "backup")
    tell(place, one, "active")
    tell(place, two, "backup")
    assert len(one.kernel) == 1, "and back; what -t has scheduled is called off by -c"
