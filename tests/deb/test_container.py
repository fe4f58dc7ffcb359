# SPDX-License-Identifier: MIT
"""What etc/container promises of the image, without a program for containers: the package on a base
system whose first process is vipd, with the rights of compose.yaml, a root that cannot be written, and
no service manager."""

import re
import signal
import subprocess

from agents import ROOT as TREE
from agents import VIP, router, vipd_config
from debian import base, package
from generations import OWN, absent
from lab import wait_until

# $1: directory, $2: capabilities for setpriv, $3: environment. The shell becomes vipd, the first process.
CONTAINER = r"""
set -e
mount --make-rprivate /
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=@BASE@,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
cp "$1"/vipd_*.deb tmp/vipd.deb
chroot . env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	/tmp/vipd.deb
install -d -o "$(chroot . id -u vipd)" -m 750 var/lib/vipd
cp "$1/vipd.conf" etc/vipd/
mkdir "$1/state"
for volume in run/vipd var/lib/vipd; do
	mkdir -p "$volume" "$1/state/$volume"
	chown --reference="$volume" "$1/state/$volume"
	mount --bind "$1/state/$volume" "$volume"
done
mount --rbind . .
cd .
mount -o remount,bind,ro "$1/root"
exec chroot "$1/root" env "$3" setpriv --no-new-privs --bounding-set="$2" /usr/sbin/vipd
"""


def capabilities():
    """What compose.yaml leaves of them, in setpriv's words."""
    with open(f"{TREE}/etc/container/compose.yaml", encoding="utf-8") as file:
        text = file.read()
    assert "cap_drop: [ ALL ]" in text
    names = re.search(r"cap_add: \[ (.*?) \]", text).group(1).lower().split(", ")
    return ",".join(["-all", *(f"+{name}" for name in names)])


def environment():
    """What the image has."""
    with open(f"{TREE}/etc/container/Containerfile", encoding="utf-8") as file:
        [setting] = re.findall(r"^ENV (\S+=\S+)$", file.read(), re.M)
    return setting


class Container:
    """On a host of the lab; ends with the lab, which kills what is in its namespace."""

    def __init__(self, lab, host, conf):
        self.host, directory = host, lab.path("container")
        subprocess.run(["mkdir", directory], check=True)
        subprocess.run(["cp", package(), directory], check=True)
        with open(f"{directory}/vipd.conf", "w", encoding="utf-8") as file:
            file.write(conf)
        self.log = f"{directory}/log"
        with open(self.log, "wb") as log:
            self.outer = host.popen("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                                    CONTAINER.replace("@BASE@", base()), "sh", directory,
                                    capabilities(), environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        lab.at_close(self.kill)

    @property
    def pid(self):
        """Of vipd, by our counting."""
        path = f"/proc/{self.outer.pid}/task/{self.outer.pid}/children"
        with open(path, encoding="ascii") as file:
            return int(file.read().split()[0])

    def run(self, *argv):
        """A command in there, as `docker exec`."""
        return subprocess.run(["nsenter", "-t", str(self.pid), "--mount", "--pid", "--net", "--root",
                               *argv], capture_output=True, text=True, timeout=30, check=False)

    def said(self, _=None):
        """Its log."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        """At the latest with the lab."""
        if self.outer.poll() is None:
            self.outer.kill()
        self.outer.wait(10)


def test_image_needs_no_more_than_it_is_given(lab):
    """It serves, reloads without a gap, and leaves without one when the container is stopped."""
    other = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100)])
    other.wait_state("lan", "active")
    ping = lab.ping(lab.host("client", "192.0.2.100/24"), VIP.split("/")[0])
    ping.wait_answer(since=lab.now())
    host, mark = lab.host("gw1", OWN), lab.now()
    host.runs_vipd = True
    container = Container(lab, host, vipd_config([router(150)], {"node": "gw1"}))
    wait_until(lambda: not absent(host) or container.outer.poll() is not None, 60, container.said)
    assert container.outer.poll() is None, container.said()
    status = container.run("grep", "Cap", "/proc/1/status").stdout
    assert "CapBnd:\t00000000008070e1\n" in status, status
    done = container.run("vipctl", "reload")
    assert (done.returncode, done.stdout) == (0, "reloaded\n"), done.stderr
    assert container.run("touch", "/etc/vipd/there").returncode != 0, "the root can be written"
    wait_until(lambda: container.run("test", "-e", "/var/lib/vipd/vipd.db").returncode == 0, 10, "a history")
    subprocess.run(["kill", f"-{signal.SIGTERM.value}", str(container.pid)], check=True)
    assert container.outer.wait(20) == 0, container.said()
    assert host.addresses() == [OWN] and "handed_over=1" in container.said()
    lost = [1 for _, answered in ping.fates(since=mark) if not answered]
    print(f"{len(ping.fates(since=mark))} pings, {len(lost)} lost")
    assert not lost
