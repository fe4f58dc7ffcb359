# SPDX-License-Identifier: MIT
"""The programs under test and their peers: how they are configured, started, asked and ended."""

import json
import os
import re
import select
import shutil
import signal
import subprocess

import glance
from processes import children, name_of, sleeps_in_poll
from witness import TIMEOUT, LabError, wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIP = "192.0.2.1/24"             # of router()


def router(priority=100, **keys):
    """A virtual router's settings by vipd's names, as lab.vipd() and lab.keepalived() take them."""
    return {"name": "lan", "interface": "eth0", "vrid": 51, "priority": priority,
            "interval": "100ms", "addresses": [VIP], **keys}


class Agent:
    """A running program on a host; what it prints goes to a file of the lab."""

    def __init__(self, host, kind, argv, env=None):
        self.host = host
        self.log_path = host.lab.path(f"{host.name}-{kind}-{next(host.lab.numbers)}.log")
        self.expected_to_live = True
        environment = {**os.environ, **(env or {})}
        environment.pop("JOURNAL_STREAM", None)    # else it would speak in the journal's way
        with open(self.log_path, "wb") as log:
            self.process = host.popen(*argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      env=environment)

    pid = property(lambda self: self.process.pid)
    alive = property(lambda self: self.process.poll() is None)

    @property
    def log(self):
        """The lines it has printed so far."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def wait_log(self, pattern, timeout=TIMEOUT, skip=0):
        """The first line, after `skip` lines, in which the regular expression is found."""
        return wait_until(lambda: next((line for line in self.log[skip:]
                                        if re.search(pattern, line)), None), timeout,
                          lambda _: self.story(f"the log line {pattern!r}"))

    def story(self, what):
        """`what`, with what a reader of a failure wants to see next."""
        state = "alive" if self.alive else f"ended with {self.process.returncode}"
        return "\n  ".join([f"{what} on {self.host} ({state}); its log:", *self.log[-15:]])

    def term(self, timeout=TIMEOUT):
        """Asks it to leave (SIGTERM). Return: its exit code, -N if signal N ended it."""
        self.expected_to_live = False
        self.process.terminate()
        return self.wait_exit(timeout)

    def has_ended(self, timeout):
        """Waits for its end at most so long, and sees it at once: Popen.wait(timeout) looks each
        50 ms."""
        if self.process.returncode is None:
            with os.fdopen(os.pidfd_open(self.pid)) as end:
                return bool(select.select([end], [], [], timeout)[0])
        return True

    def wait_exit(self, timeout=TIMEOUT):
        """Waits for its end. Return: its exit code."""
        if not self.has_ended(timeout):
            raise LabError(self.story(f"no end within {timeout:g} s"))
        return self.process.wait()

    def kill(self, signal_number=signal.SIGKILL):
        """Sends a signal; after SIGKILL also waits. From now on it may be dead, or stopped."""
        self.expected_to_live = False
        self.process.send_signal(signal_number)
        if signal_number == signal.SIGKILL:
            self.process.wait(TIMEOUT)

    def complaints(self):
        """Ends it at the close of the lab. Return: what was wrong with how it lived and ended."""
        return []


class Vipd(Agent):
    """A vipd, and its vipctl.

    It is three processes: the keeper, which was started (.pid), and its children: the router
    process (.router_pid), which does the work and is another one after a crash or a reload, and the
    standby (.standby_pid), which is that other one after a crash.
    """

    def __init__(self, host, config, control, args=(), env=None, before=()):
        self.config, self.control = config, control
        host.runs_vipd = True
        super().__init__(host, "vipd", [*before, binary("vipd"), "-c", config, *args], env)

    def _children(self, name):
        """The living children of the keeper that go by this name."""
        return [pid for pid in children(self.pid) if name_of(pid) == name]

    @property
    def router_pids(self):
        """The router processes of this moment: two while one takes over from the other."""
        return self._children("vipd-router")

    @property
    def notifier_pids(self):
        """Who tells; none, or two for a moment."""
        return self._children("vipd-notifier")

    @property
    def standby_pid(self):
        """The standby; waits until there is one and it waits, too."""
        return wait_until(lambda: next(filter(sleeps_in_poll, self._children("vipd-standby")), 0),
                          TIMEOUT, lambda _: self.story("a standby"), every=0.001)

    @property
    def router_pid(self):
        """The router process; waits until there is one and no other."""
        return wait_until(lambda: (pids := self.router_pids) and len(pids) == 1 and pids[0],
                          TIMEOUT, lambda _: self.story("a router process"), every=0.001)

    def kill(self, signal_number=signal.SIGKILL):
        """As Agent.kill(); what nobody can refuse (KILL, STOP, CONT) reaches both processes."""
        if signal_number in (signal.SIGKILL, signal.SIGSTOP):
            self.process.send_signal(signal.SIGSTOP)           # else it would start another one
        if signal_number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT):
            for pid in self.router_pids:
                os.kill(pid, signal_number)
        super().kill(signal_number)
        self.expected_to_live = signal_number == signal.SIGCONT

    def kill_router(self, signal_number=signal.SIGKILL):
        """Sends a signal to the router process alone. Return: its pid."""
        pid = self.router_pid
        os.kill(pid, signal_number)
        return pid

    def kill_keeper(self, signal_number=signal.SIGKILL):
        """Sends a signal to the keeper alone; after SIGKILL also waits for its end."""
        super().kill(signal_number)

    def configure(self, routers, **settings):
        """Writes another configuration; it counts from the next reload on."""
        text = vipd_config(routers, {"node": self.host.name, "control": self.control, **settings})
        with open(self.config + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.config + ".new", self.config)

    def reload(self):
        """`vipctl reload`, whatever comes of it, as long as it waits: .returncode, .stderr."""
        return self.ctl("reload", check=False, timeout=75)

    def ctl(self, *args, check=True, timeout=30):
        """Runs vipctl on its socket: .stdout, .stderr, .returncode."""
        return self.host.run(*self.ctl_argv(*args), check=check, timeout=timeout)

    def ctl_argv(self, *args):
        """The command line of vipctl on its socket."""
        return [binary("vipctl"), "-s", self.control, *args]

    def show(self):
        """What `vipctl show --json` says."""
        return json.loads(self.ctl("show", "--json").stdout)

    def router(self, name="lan", family=4):
        """One virtual router of show()."""
        for entry in self.show()["routers"]:
            if (entry["name"], entry["family"]) == (name, family):
                return entry
        raise LabError(self.story(f"no router {name} of family {family} is shown"))

    def _is_elsewhere(self, name, state, family):
        """Whether a glance shows another state: vipctl need not be asked."""
        seen = dict(glance.routers(self.control, name, "family", "state") or ())
        return seen.get(family, state) != state

    def wait_state(self, name, state, timeout=TIMEOUT, family=4):
        """Waits until the router is in this state. Return: how it is then shown."""
        def reached():
            if self._is_elsewhere(name, state, family):
                return None
            shown = self.router(name, family)
            return shown if shown["state"] == state else None

        return wait_until(reached, timeout, lambda _: self.story(
            f"{name} to be {state}, it is {self.router(name, family)}"), every=0.01)

    def wait_fault(self, reason, name="lan", family=4):
        """Waits until the router is out of service for this reason."""
        def is_so():
            if self._is_elsewhere(name, "fault", family):
                return False
            it = self.router(name, family)
            return (it["state"], it["reason"]) == ("fault", reason)

        wait_until(is_so, what=lambda _: self.story(
            f"the fault {reason!r}, not {self.router(name, family)}"))

    def wait_ready(self):
        """Waits until it answers its control socket."""
        def ready():
            if not self.alive:
                raise LabError(self.story("vipd did not start"))
            return self.ctl("show", "--json", check=False).returncode == 0

        wait_until(ready, TIMEOUT, lambda _: self.story("vipd to answer its control socket"))

    def leave_at_once(self):
        """Asks it to leave until it does: who is asked twice waits for no successor. Return: its
        exit code."""
        self.expected_to_live = False
        def left():
            self.process.terminate()
            return self.has_ended(0.01) and not self.alive
        wait_until(left, TIMEOUT, lambda _: self.story("vipd to leave"), every=0)
        return self.process.returncode

    def complaints(self):
        found = []
        if self.expected_to_live:
            if not self.alive:
                found.append(self.story("vipd ended by itself"))
            elif self.leave_at_once() != 0:
                found.append(self.story("vipd did not leave with 0"))
        if any("Sanitizer" in line or "runtime error:" in line for line in self.log):
            found.append(self.story("a sanitizer spoke"))
        return found


class Keepalived(Agent):
    """A keepalived, as a peer or for comparison. detailed: it logs each announcement, and waits for
    whoever reads its log: with a thousand addresses for seconds."""

    def __init__(self, host, config, args=(), detailed=True):
        stem = host.lab.path(f"{host.name}-keepalived-{next(host.lab.numbers)}")
        super().__init__(host, "keepalived", [
            "keepalived", "-n", "-l", *(["-D"] if detailed else []), "-P", "-f", config,
            "-p", stem + ".pid", "-r", stem + "-vrrp.pid", *args])


def binary(name):
    """The path of vipd or vipctl: from the environment (VIPD, VIPCTL) or the build."""
    beside = os.path.dirname(os.environ.get("VIPD", "")) or f"{ROOT}/build"
    path = os.path.abspath(os.environ.get(name.upper(), f"{beside}/{name}"))
    if not os.access(path, os.X_OK):
        raise LabError(f"{path} is not there: build first (make)")
    return path


def own_binaries(lab):
    """Copies of the programs in the lab. Return: {environment variable: path of the copy}."""
    return {name.upper(): shutil.copy(binary(name), lab.path(name))
            for name in ("vipd", "vipd-checker", "vipd-notifier", "vipctl")}


def run_vipd(host, *args, before=()):
    """Runs vipd where it must end by itself, behind the words of another program."""
    return host.run(*before, binary("vipd"), *args, check=False, timeout=10)


def run_vipctl(host, *args, before=()):
    """Runs vipctl, whatever comes of it."""
    return host.run(*before, binary("vipctl"), *args, check=False, timeout=10)


def is_sanitized():
    """Whether vipd was built with sanitizers, which watch memory in the place of others."""
    with open(binary("vipd"), "rb") as file:
        return b"libasan" in file.read()


def libconfig(value):
    """A Python value in libconfig's words: a dictionary is a group, a list of them a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + " ".join(f"{key} = {libconfig(item)};" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        items = ", ".join(map(libconfig, value))
        return f"( {items} )" if any(isinstance(item, dict) for item in value) else f"[ {items} ]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def vipd_config(routers, settings):
    """A configuration of vipd, a line for each router."""
    lines = [f"{key} = {libconfig(value)};" for key, value in settings.items()]
    entries = ",\n".join(f"  {libconfig(it)}" for it in routers or ())
    return "\n".join(lines) + f"\nrouters = (\n{entries}\n);\n"


def write_config(lab, name="own.conf", routers=None, **settings):
    """A configuration of vipd in the lab, its control socket own.sock. Return: its path."""
    path = lab.path(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(vipd_config(routers or [router()], {"control": lab.path("own.sock"),
                                                       **settings}))
    return path


def keepalived_config(routers, extra=""):
    """The same routers in keepalived's words; a router's own `extra` goes into its instance."""
    instances = (_instance(it) for it in routers)
    return f"global_defs {{\n  vrrp_version 3\n{extra}\n}}\n" + "".join(instances)


def _instance(it):
    owner = it["priority"] == "owner"
    lines = [f"state {'MASTER' if owner else 'BACKUP'}", f"interface {it['interface']}",
             f"virtual_router_id {it['vrid']}", f"priority {255 if owner else it['priority']}",
             f"advert_int {seconds(it['interval']):g}", f"version {it.get('version', 3)}"]
    if not it.get("preempt", True):
        lines.append("nopreempt")
    if "preempt_delay" in it:
        lines.append(f"preempt_delay {seconds(it['preempt_delay']):g}")
    if it.get("checksum") == "rfc9568":            # unknown to keepalived before 2.2.8
        lines.append("v3_checksum_as_v2")
    if it.get("mac") == "virtual":
        lines.append("use_vmac")
    if "down_intervals" in it:
        lines.append(f"down_timer_adverts {it['down_intervals']}")
    if auth := it.get("auth"):
        lines += ["authentication {", "auth_type PASS", f"auth_pass {auth['password']}", "}"]
    lines += ["virtual_ipaddress {", *it["addresses"], "}"]
    if it.get("extra_addresses"):
        lines += ["virtual_ipaddress_excluded {", *it["extra_addresses"], "}"]
    lines.append(it.get("extra", ""))
    return f"vrrp_instance {it['name']} {{\n  " + "\n  ".join(lines) + "\n}\n"


def seconds(duration):
    """"100ms", "1.5s" or "2m" in seconds."""
    number, unit = re.fullmatch(r"([0-9.]+)(ms|s|m)", duration).groups()
    return float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def is_slow(it):
    """Whether a router's adverts are far apart: a test need not wait for several of them."""
    return seconds(it["interval"]) > 0.5
