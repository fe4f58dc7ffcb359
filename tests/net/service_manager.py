# SPDX-License-Identifier: MIT
"""A real systemd as the first process of a host of the lab: services run there as on a machine.

    manager = ServiceManager(host)
    manager.install("hello.service", "[Service]\\nExecStart=/bin/sleep 60\\n")
    manager.boot()
    manager.systemctl("start", "hello")
    print(manager.journal("hello")[-1]["MESSAGE"])

It has namespaces of its own for processes, mounts, host name, IPC and control groups, and the
network namespace of its host. Its root is made for it: /usr is this machine's, and cannot be
written; /etc and the units are directories of the lab; all else is new and in memory. It sees no
device, and may not load modules or set the clock.

Its end is a supervisor's business, who waits for our end of a pipe to close: it is closed when the
lab is, and also when this process is killed. What is in the network namespace is then killed by the
lab's reaper, too; the control groups are removed by the supervisor as soon as they are empty.
"""

import json
import os
import shutil
import subprocess
import uuid

import reaper
from witness import TIMEOUT, LabError, wait_until

SYSTEMD = "/lib/systemd/systemd"
UNITS = "/lib/systemd/system"
SBIN = "/usr/local/sbin"         # inside: what install_program() puts there
TARGET, BOOTED = "lab.target", "basic.target systemd-journald.service"
NEEDED = ("basic.target", "network.target", "shutdown.target", "sockets.target", "sysinit.target",
          "umount.target", "systemd-journald.service", "systemd-journald.socket")
FROM_ETC = ("group", "ld.so.cache", "nsswitch.conf", "passwd")

# $1: control group, $2: network namespace, $3: directory, $4: INIT. Reads until its owner is gone.
SUPERVISOR = r"""
mkdir "$1" || exit
unshare --pid --fork --kill-child sh -c 'echo 0 >"$1/cgroup.procs" &&
	exec nsenter --net="$2" unshare --mount --uts --ipc --cgroup sh -c "$4" init "$3"' \
	supervised "$@" </dev/null &
read -r _
kill -KILL $!
wait
tries=0
while [ -d "$1" ] && [ $((tries += 1)) -le 500 ]; do
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.02
done
"""

# Makes the root of it in $1/root.
ROOT = r"""
mount -t tmpfs -o mode=755 tmpfs "$1/root"
cd "$1/root"
mkdir -p dev etc old proc run sys tmp usr var/lib var/log var/tmp
chmod 1777 tmp var/tmp
ln -s ../run var/run
mount --rbind /usr usr
mount -o remount,bind,ro usr
for name in bin sbin lib lib32 lib64 libx32; do
	if [ -L "/$name" ]; then
		cp -P "/$name" .
	elif [ -d "/$name" ]; then
		mkdir "$name"
		mount --rbind "/$name" "$name"
	fi
done
mount --bind "$1/etc" etc
mount --bind "$1/units" usr/lib/systemd/system
mount --bind "$1/sbin" usr/local/sbin
if [ -d usr/lib/systemd/system-generators ]; then
	mount -t tmpfs -o ro tmpfs usr/lib/systemd/system-generators
fi
"""

# $1: directory. What must not be changed from inside, /proc/sys for one, is read-only.
INIT = r"""
set -e
mount --make-rprivate /
mkdir -p "$1/root"
@ROOT@
mount -t tmpfs -o mode=755 tmpfs dev
for name in full null random tty urandom zero; do
	: >"dev/$name"
	mount --bind "/dev/$name" "dev/$name"
done
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
pivot_root . old
cd /
umount -l old
exec env -i container=lab PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
	setpriv --bounding-set=-sys_boot,-sys_module,-sys_rawio,-sys_time,-syslog \
	/lib/systemd/systemd --system --unit=@TARGET@ --log-level=info --show-status=0
"""


def why_not():
    """Why no systemd can be booted here; None if one can."""
    if not os.access(SYSTEMD, os.X_OK):
        return f"systemd is not installed: there is no {SYSTEMD}"
    if not (mount := reaper.cgroups()):
        return "control groups of version 2 are not mounted anywhere"
    if not os.access(mount, os.W_OK):
        return f"control groups cannot be made: {mount} is read-only"
    return None


def _is_first(pid):
    """Whether a process is the first one of the namespace that it is in."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            return any(line.startswith("NSpid:") and line.split()[-1] == "1" for line in status)
    except OSError:
        return False


class ServiceManager:
    """See the head of this file."""

    root, target = ROOT, TARGET

    def __init__(self, host):
        self.host, self.pid, self._supervisor = host, 0, None
        self.directory = host.lab.path(f"{host.name}-systemd")
        self.cgroup = os.path.join(reaper.cgroups(), f"{host.netns}-systemd")
        os.mkdir(self.directory)
        self.prepare()

    def prepare(self):
        """Makes what is to be found inside."""
        for name in ("etc/systemd/system", "units", "sbin"):
            os.makedirs(self.path(name))
        self._write("etc/machine-id", uuid.uuid4().hex + "\n")
        for name in FROM_ETC:
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", self.path("etc", name))
        for name in NEEDED:
            shutil.copy(os.path.join(UNITS, name), self.path("units", name))
        self.install(TARGET, f"[Unit]\nRequires={BOOTED}\nAfter={BOOTED}\n")

    def path(self, *names):
        """A file below its etc, units, or sbin."""
        return os.path.join(self.directory, *names)

    def _write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.path(name + ".new"), self.path(name))

    def write_etc(self, name, text):
        """A file below /etc, at any time."""
        self._write(f"etc/{name}", text)

    def install(self, unit, text):
        """A unit, where packages put theirs."""
        self._write(f"units/{unit}", text)

    def install_program(self, path):
        """A copy of a program in SBIN, at any time, as a package's upgrade does it."""
        place = self.path("sbin", os.path.basename(path))
        shutil.copy(path, place + ".new")
        os.replace(place + ".new", place)

    def boot(self):
        """Returns when the system is up."""
        with open(self.path("boot.log"), "wb") as log:
            self._supervisor = subprocess.Popen(
                ["sh", "-c", SUPERVISOR, "supervisor", self.cgroup,
                 f"/run/netns/{self.host.netns}", self.directory,
                 INIT.replace("@ROOT@", self.root).replace("@TARGET@", self.target)],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
        self.host.lab.at_close(self.close)
        self.pid = wait_until(self._first_pid, what=self._boot_story)
        wait_until(self._is_up, what=self._boot_story, every=0.02)

    def _first_pid(self):
        """By our counting, the process that is the first one inside."""
        if self._supervisor.poll() is not None:
            raise LabError(self._boot_story("the supervisor ended"))
        return next(filter(_is_first, self.processes("init.scope")), 0)

    def _is_up(self):
        return self.systemctl("is-active", self.target).returncode == 0

    def _boot_story(self, value):
        with open(self.path("boot.log"), encoding="utf-8", errors="replace") as file:
            return f"systemd on {self.host} ({value}); it said:\n{file.read()}"

    def processes(self, cgroup):
        """By our counting, the processes of a control group inside."""
        try:
            with open(f"{self.cgroup}/{cgroup}/cgroup.procs", encoding="ascii") as procs:
                return [int(pid) for pid in procs.read().split()]
        except OSError:                            # it is gone
            return []

    def run(self, *argv, timeout=60):
        """Runs a command inside to its end: .returncode, .stdout, .stderr."""
        return subprocess.run(["nsenter", "-t", str(self.pid), "-a", *argv], capture_output=True,
                              text=True, timeout=timeout, check=False)

    def systemctl(self, *args):
        """As run()."""
        return self.run("systemctl", "--no-pager", *args)

    def journal(self, unit):
        """What the journal has of a unit, and of systemd about it: a dictionary for each line."""
        shown = self.run("journalctl", "--no-pager", "-q", "-o", "json", "-u", unit).stdout
        return [json.loads(line) for line in shown.splitlines()]

    def close(self):
        """Ends all that runs inside; returns when nothing is left."""
        if self._supervisor.poll() is None:
            if self.pid:
                self._keep_journal()
            self._supervisor.stdin.close()
            self._supervisor.wait(TIMEOUT * 2)
        if os.path.isdir(self.cgroup):
            raise LabError(f"{self.cgroup} could not be removed")

    def _keep_journal(self):
        with open(self.path("journal.log"), "w", encoding="utf-8") as file:
            file.write(self.run("journalctl", "--no-pager", "-q", "-o", "short-precise").stdout)
