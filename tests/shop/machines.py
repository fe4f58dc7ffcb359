# SPDX-License-Identifier: MIT
"""Hosts of the shop: each with its own /srv, /run and /dev/shm, and a power switch.

What runs on one sees its files where the examples have them, so the files that run are those of
etc/examples/shop, byte for byte. Mounts and shared memory belong to the processes: whatever ends
these ends them.
"""

import contextlib
import ctypes
import glob
import os
import pwd
import shutil
import signal
import subprocess

import reaper
from agents import ROOT, Agent, Vipd
from services import accepts
from witness import TIMEOUT, LabError, wait_until

EXAMPLES = os.path.join(ROOT, "etc", "examples", "shop")
SHOP = "/srv/shop"
ENTER = ('mount --bind "$1/srv" /srv && mount --bind "$1/run" /run && '
         'mount -t tmpfs tmpfs /dev/shm && shift && exec "$@"')
PR_SET_CHILD_SUBREAPER = 36
LONG = 60.0                      # s: for what takes less than one on a quiet machine
DATABASE_TIMEOUT = 120.0         # s: of an initdb or a base backup on a busy machine


def adopt_orphans(yes=True):
    """Daemons of the hosts become children of this process, which then can bury them; or no more."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _exists(pid):
    """Whether there is such a process, which is buried if it is a dead child of ours."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    return os.path.exists(f"/proc/{pid}")


class Machine:
    """A host that can lose its power. plugs: (segment, address) of eth0, eth1, ..."""

    def __init__(self, lab, name, *plugs, files=()):
        self.lab, self.name, self.plugs = lab, name, plugs
        (segment, address), *others = plugs
        self.host = lab.host(name, address, segment=segment)
        for segment, address in others:
            self.host.attach(segment, address)
        self.tree = lab.path(f"tree-{name}")
        os.makedirs(f"{self.tree}{SHOP}")
        os.mkdir(f"{self.tree}/run")
        for file in files:
            shutil.copy(os.path.join(EXAMPLES, file), f"{self.tree}{SHOP}")
        self._enter = ["unshare", "--mount", "--ipc", "sh", "-c", ENTER, "sh", self.tree]
        self._running = []                         # Agents that power_off() kills

    def run(self, *argv, timeout=30, **options):
        """Runs a command to its end, as host.run() does."""
        return self.host.run(*self._enter, *argv, timeout=timeout, **options)

    def start(self, kind, *argv):
        """Starts a program that stays. Return: it."""
        self._running.append(Agent(self.host, kind, [*self._enter, *argv]))
        return self._running[-1]

    def vipd(self):
        """Starts vipd as the node of this name."""
        agent = Vipd(self.host, f"{SHOP}/vipd.conf", f"{self.tree}/run/vipd/control.sock",
                     args=["-n", self.name], before=self._enter)
        self.lab.agents.append(agent)
        self._running.append(agent)
        agent.wait_ready()
        return agent

    def power_off(self):
        """Everything ends at once, and nobody is told. What was in /run is gone."""
        for dev in self.host.ports:
            self.lab.cut(self.host, dev=dev)
        for agent in self._running:
            agent.expected_to_live = False

        killed = set()

        def all_dead():
            pids = reaper.processes([self.host.netns])
            killed.update(pids)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not pids

        wait_until(all_dead, TIMEOUT, f"all of {self.name} to be dead", every=0.001)
        for agent in self._running:
            agent.process.wait(TIMEOUT)
        self._running.clear()
        # A zombie would be a process to who finds its number in a file after the host's start.
        wait_until(lambda: not any(map(_exists, killed)), LONG, f"no zombie of {self.name}")
        for entry in os.scandir(f"{self.tree}/run"):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)

    def power_on(self):
        """The kernel is up, with its own addresses and no others."""
        for dev, (_, address) in zip(self.host.ports, self.plugs):
            self.host.ip(f"address flush dev {dev}", f"address add {address} dev {dev}")
            self.lab.heal(self.host, dev=dev)


class Gateway(Machine):
    """nginx and vipd."""

    def __init__(self, lab, name, *plugs):
        super().__init__(lab, name, *plugs, files=["gateway/vipd.conf", "gateway/nginx.conf"])
        self.agent = self.nginx = None

    def start_nginx(self):
        """Starts it, and waits until it answers."""
        self.nginx = self.start("nginx", "/usr/sbin/nginx", "-e", f"{SHOP}/nginx.error",
                                "-c", f"{SHOP}/nginx.conf", "-g", "daemon off;")
        wait_until(self._listens, LONG, lambda _: self.nginx.story("nginx to listen"))

    def _listens(self):
        if not self.nginx.alive:
            raise LabError(self.nginx.story("nginx did not start"))
        return accepts(self.host, 80)

    def kill_nginx(self):
        """Master and workers die together."""
        os.killpg(self.nginx.pid, signal.SIGKILL)
        self.nginx.process.wait(TIMEOUT)

    def boot(self):
        """What the host starts by itself."""
        self.start_nginx()
        self.agent = self.vipd()


class Web(Machine):
    """A web worker."""

    def __init__(self, lab, name, *plugs):
        super().__init__(lab, name, *plugs, files=["web/worker.py"])
        self.worker = None

    def boot(self, database):
        """What the host starts by itself. database: the address."""
        address = self.plugs[0][1].partition("/")[0]
        self.worker = self.start(
            "worker", "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
            "/usr/bin/python3", f"{SHOP}/worker.py", f"{address}:8000",
            f"host={database} dbname=shop user=shop application_name={self.name}")
        wait_until(lambda: self._listens(address), LONG,
                   lambda _: self.worker.story("a worker to listen"))

    def _listens(self, address):
        if not self.worker.alive:
            raise LabError(self.worker.story("the worker did not start"))
        return accepts(self.host, 8000, address)


class Database(Machine):
    """PostgreSQL and vipd. peer, address: of the other host, and the virtual one."""

    def __init__(self, lab, name, *plugs, peer, address):
        super().__init__(lab, name, *plugs, files=[f"database/{file}" for file in (
            "vipd.conf", "postgresql.conf", "pg_hba.conf", "shop.sql", "may-serve", "promote",
            "database")])
        self.agent = None
        with open(f"{self.tree}{SHOP}/host", "w", encoding="ascii") as file:
            file.write(f"NAME={name}\nPEER={peer}\nADDRESS={address}\n")

    def database(self, *words):
        """The script with these words."""
        return self.run(f"{SHOP}/database", *words, timeout=DATABASE_TIMEOUT)

    def refuses(self, *words):
        """What the script says that refuses these words."""
        done = self.run(f"{SHOP}/database", *words, check=False, timeout=DATABASE_TIMEOUT)
        if done.returncode == 0:
            raise LabError(f"{self.name}: database {' '.join(words)} did what it must refuse")
        return done.stderr.strip()

    def ask(self, sql, database="shop"):
        """The rows of an answer of the PostgreSQL here, fields between |."""
        return self.run("setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups",
                        max(glob.glob("/usr/lib/postgresql/*/bin/psql")), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1",
                        "-h", "/run/postgresql", "-d", database, "-c", sql).stdout.splitlines()


def missing_packages():
    """Debian's names of what is not installed and the shop needs."""
    missing = [package for package, there in (
        ("nginx-light", os.access("/usr/sbin/nginx", os.X_OK)),
        ("postgresql", _has_postgresql()),
        ("python3-psycopg2", _has_psycopg2())) if not there]
    return missing


def _has_postgresql():
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return bool(glob.glob("/usr/lib/postgresql/*/bin/postgres"))


def _has_psycopg2():
    return subprocess.run(["/usr/bin/python3", "-c", "import psycopg2"], check=False,
                          capture_output=True).returncode == 0
