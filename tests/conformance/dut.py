# SPDX-License-Identifier: MIT
"""The agent under test: what it is told, what it refuses, what it says of itself.

Settings are vipd's, by the names of its manual; keepalived gets the same in its words. What an
agent refuses to be configured for is not supported: it is asked each time, nothing is listed here.
"""

import os
import re
import signal

from agents import run_vipd, seconds, vipd_config
from lab import wait_until

KIND = os.environ.get("DUT") or "vipd"
# Its own limit of time on a processor, 10 ms, has a busy machine kill it.
REALTIME = "vrrp_rt_priority 20\nvrrp_rlimit_rttime 2000000"


def first_refusal(output):
    """The line with which an agent refuses a configuration, without what changes every time."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    line = next((line for line in lines if re.search(r"(?i)unknown|invalid|not |error", line)),
                lines[0] if lines else "it says nothing")
    return re.sub(r"^\S*?\S+\.conf:\d+: |^\(?\S+\.conf: Line \d+\)? |^.*?: \(Line \d+\) ", "", line)


class VipdUnderTest:
    """A vipd. forms: the checksum over IPv4 that it sends unless told otherwise."""

    name, form = "vipd", "rfc9568"

    def __init__(self, lab, host):
        self.lab, self.host, self.agent = lab, host, None

    def refusal(self, routers, **settings):
        """The line with which it refuses this configuration; "" if it takes it."""
        path = self.lab.path("try.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(vipd_config(routers, {"control": self.lab.path("try.sock"), **settings}))
        done = run_vipd(self.host, "-t", "-c", path)
        return first_refusal(done.stderr + done.stdout) if done.returncode else ""

    def start(self, routers):
        """Starts it, and waits until it takes part."""
        self.agent = self.lab.vipd(self.host, routers)

    def reload(self, routers):
        """Gives it another configuration."""
        self.agent.configure(routers)
        done = self.agent.reload()
        assert done.returncode == 0, done.stderr

    def state(self, family):
        """initialize, backup, active or fault."""
        return next((it["state"] for it in self.agent.show()["routers"] if it["family"] == family),
                    "initialize")

    def counters(self):
        """{path: number} of all that it counts."""
        shown, found = self.agent.show(), {}
        _flatten("agent.rejected", shown["rejected"], found)
        for it in shown["routers"]:
            _flatten(f"{it['name']}/{it['family']}", it["counters"], found)
        return found

    def secrets_shown(self, secret):
        """Whether it shows a secret anywhere."""
        texts = [*self.agent.log, self.agent.ctl("show", "--json").stdout,
                 self.agent.ctl("events").stdout]
        return any(secret in text for text in texts)


def _flatten(path, value, found):
    for key, item in value.items():
        if isinstance(item, dict):
            _flatten(f"{path}.{key}", item, found)
        elif isinstance(item, int):
            found[f"{path}.{key}"] = item


class KeepalivedUnderTest:
    """Debian's keepalived. It counts nothing that a test could ask for without its SIGUSR2 file."""

    name, form = "keepalived", "rfc5798"

    def __init__(self, lab, host):
        self.lab, self.host, self.agent = lab, host, None
        self.path = lab.path(f"{host.name}-keepalived.conf")

    def refusal(self, routers, **_):
        """As of vipd."""
        if unknown := [key for it in routers for key in it if key in ("auth_hmac", "families")]:
            return f"there is no such thing as {unknown[0]}"
        path = self.lab.path("try.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(keepalived_text(routers))
        done = self.host.run("keepalived", "-t", "-l", "-f", path, check=False)
        return first_refusal(done.stderr + done.stdout) if done.returncode else ""

    def start(self, routers):
        """Starts it, and waits until it takes part."""
        self.agent = self.lab.keepalived(self.host, text=keepalived_text(routers))
        self.agent.wait_log("Entering (BACKUP|MASTER) STATE|Entering FAULT")

    def reload(self, routers):
        """Gives it another configuration."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(keepalived_text(routers))
        lines = len(self.agent.log)
        self.agent.process.send_signal(signal.SIGHUP)
        self.agent.wait_log("(?i)reload finished|Reloading", skip=lines)

    def state(self, family):
        """By its log."""
        words = {"MASTER": "active", "BACKUP": "backup", "FAULT": "fault"}
        name = "lan6" if family == 6 and any("(lan6)" in line for line in self.agent.log) else "lan"
        entered = [word for line in self.agent.log for word in
                   re.findall(rf"\({name}\) Entering (\w+) STATE", line)]
        return words[entered[-1]] if entered else "initialize"

    def counters(self):
        """None: an empty answer has nothing that rises."""
        return {}

    def secrets_shown(self, secret):
        """Whether its log has it."""
        return any(secret in line for line in self.agent.log)


def keepalived_text(routers):
    """The routers in keepalived's words."""
    head = f"global_defs {{\n  vrrp_version 3\n{REALTIME}\n}}\n"
    return head + "".join(map(_instance, routers))


def _instance(it):
    owner = it.get("priority") == "owner"
    lines = [f"state {'MASTER' if owner else 'BACKUP'}", f"interface {it['interface']}",
             f"version {it.get('version', 3)}"]
    if "vrid" in it:
        lines.append(f"virtual_router_id {it['vrid']}")
    if "priority" in it:
        lines.append(f"priority {255 if owner else it['priority']}")
    if "interval" in it:
        lines.append(f"advert_int {seconds(it['interval']):g}")
    switches = {"nopreempt": not it.get("preempt", True), "no_accept": not it.get("accept", True),
                "v3_checksum_as_v2": it.get("checksum") == "rfc9568",
                "use_vmac": it.get("mac") == "virtual"}
    lines += [word for word, wanted in switches.items() if wanted]
    if "down_intervals" in it:
        lines.append(f"down_timer_adverts {it['down_intervals']}")
    if auth := it.get("auth"):
        lines += ["authentication {", "auth_type PASS", f"auth_pass {auth['password']}", "}"]
    if unicast := it.get("unicast"):
        lines += [f"unicast_src_ip {unicast['source']}" if "source" in unicast else "",
                  "unicast_ttl 255", "check_unicast_src", "unicast_peer {", *unicast["peers"], "}"]
    lines += ["virtual_ipaddress {", *it["addresses"], "}"]
    return f"vrrp_instance {it['name']} {{\n  " + "\n  ".join(lines) + "\n}\n"


def wait_state(dut, family, state, timeout=10):
    """Waits until it is in this state."""
    wait_until(lambda: dut.state(family) == state, timeout,
               lambda _: dut.agent.story(f"the state {state}, not {dut.state(family)}"))


def of(kind=KIND):
    """The class of the agent under test."""
    return {"vipd": VipdUnderTest, "keepalived": KeepalivedUnderTest}[kind]
