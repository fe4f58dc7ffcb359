# SPDX-License-Identifier: MIT
"""Checks: what a thousand of them cost, and how soon a dead service is handed over.

A check of keepalived is a script, so its figures stand beside each kind of vipd's: it starts
/bin/true, and fewer times, since a thousand processes a second are more than two cores can. It
starts each once a second at most: `interval` is a whole number.
"""

import contextlib
import dataclasses
import os
import random
import re
import socket
import time

from agents import router
from failover import LIMIT, Unmeasured, network, quiet
from lab import wait_until
from nginx import Nginx, Pages
from processes import children, name_of
from rtnetlink import AddressEvents
from scale import quantile

CHECKS, SCRIPTS = 1000, 200      # those without a process, those with one; once a second each
FEW = 100                        # for the memory of the checker
KINDS = {"tcp": {"tcp": "127.0.0.1:80"}, "http": {"http": "http://127.0.0.1/"},
         "command": {"command": ["/bin/true"]}}
COUNTS = {kind: SCRIPTS if kind == "command" else CHECKS for kind in KINDS}
TRACKS = 64                      # the most that a router of vipd has
VIP = "192.0.2.1"
ADVERTS_MS = 100
LOAD_ADVERTS_MS = 20             # so many that one in a hundred is more than one or two of a window
CALM, WINDOW = 3.0, 12.0         # s
FALLS, INTERVAL_MS, TRIALS = (1, 3), 50, 30
OF_KEEPALIVED = {1: 10, 3: 5}    # trials; of seconds each
KEEPALIVED_USER = "\n  enable_script_security\n  script_user root"
PORT = 7001
WEIGHT = -60
SKEW_MS, DOWN_MS = ADVERTS_MS * 156 / 256, ADVERTS_MS * (3 + 156 / 256)


@dataclasses.dataclass(frozen=True)
class Watch:
    """What a router watches: as vipd has it, checks and tracks, and as keepalived has it, a script
    that is started so many times a second."""
    checks: tuple = ()
    tracks: tuple = ()
    script: str = ""
    scripts_n: int = 1
    keys: tuple = ()                 # of the scripts

    def for_vipd(self):
        """(keys of a router, global settings)."""
        if not self.checks:
            return {}, {}
        return {"track": list(self.tracks)}, {"checks": list(self.checks)}

    def for_keepalived(self):
        """(lines of an instance, lines of the file)."""
        if not self.script:
            return "", ""
        names, more = range(self.scripts_n), "".join(f"  {key} {it}\n" for key, it in self.keys)
        return ("track_script {\n" + "".join(f"    s{i}\n" for i in names) + "  }",
                "".join(f"vrrp_script s{i} {{\n  script \"{self.script}\"\n  interval 1\n{more}}}\n"
                        for i in names))


def many(number, kind):
    """So many checks at a second each; a router tracks the first of them."""
    return Watch(
        tuple({"name": f"c{i}", "interval": "1s", **KINDS[kind]} for i in range(number)),
        tuple({"check": f"c{i}", "weight": 1} for i in range(min(number, TRACKS))),
        "/bin/true", min(number, SCRIPTS), (("weight", 1),))


def one(port, fall, weight=0):
    """One that asks whether somebody listens."""
    return Watch(
        ({"name": "web", "tcp": f"127.0.0.1:{port}", "interval": f"{INTERVAL_MS}ms", "fall": fall},),
        ({"check": "web", "weight": weight},),
        f"/bin/bash -c '</dev/tcp/127.0.0.1/{port}'", 1, (("fall", fall), ("weight", weight)))


def start(contender, host, watch, priority=150, adverts_ms=ADVERTS_MS):
    """A router that watches."""
    interval = f"{adverts_ms}ms"
    if contender.vipd:
        keys, settings = watch.for_vipd()
        return contender.start(host, [router(priority, interval=interval, **keys)], **settings)
    tracked, text = watch.for_keepalived()
    with_user = dataclasses.replace(contender, extra=contender.extra + KEEPALIVED_USER)
    return with_user.start(host, [router(priority, interval=interval, extra=tracked)], text)


def wait_active(host):
    """Until it holds the address."""
    wait_until(lambda: f"{VIP}/24" in host.addresses(), LIMIT, f"{host} to be Active")


def checker_of(agent):
    """The pid of vipd's checker."""
    return wait_until(lambda: next((pid for pid in children(agent.pid)
                                    if name_of(pid) == "vipd-checker"), None), LIMIT, "a checker")


# ---- what they cost ----

class Meter:
    """What all processes of a program spend from now on, those that come and end included."""

    def __init__(self, lab, host, agent):
        self._group = lab.cgroup(host.name)
        members = os.open(f"{self._group}/cgroup.procs", os.O_WRONLY)
        for pid in family(agent.pid):
            with contextlib.suppress(ProcessLookupError):      # a command that has ended
                os.write(members, str(pid).encode())
        os.close(members)

    def ns(self):
        """So far."""
        with open(f"{self._group}/cpu.stat", encoding="ascii") as file:
            return int(re.search(r"^usage_usec (\d+)", file.read(), re.M)[1]) * 1000


def family(pid):
    """A process and all that come of it, those that make others first."""
    return [pid, *(it for child in children(pid) for it in family(child))]


def asked(contender, agent, began):
    """How many checks were answered so far; of keepalived as many as there were at most."""
    if contender.vipd:
        return sum(it["answers"] for it in agent.show()["checks"])
    return SCRIPTS * (time.monotonic() - began)


def rhythm(lab, host):
    """By how many ms the time between two adverts was off, for some seconds."""
    mark = lab.now()
    time.sleep(WINDOW)
    times = [it.ns for it in lab.capture.adverts(mark, host)]
    if len(times) < 0.5 * WINDOW / LOAD_ADVERTS_MS * 1e3:
        raise Unmeasured(f"{host} sent {len(times)} adverts in {WINDOW:g} s")
    return [abs((after - ns) / 1e6 - LOAD_ADVERTS_MS) for ns, after in zip(times, times[1:])]


def undisturbed(lab, host, contender):
    """How regular adverts are without a check."""
    agent = start(contender, host, Watch(), adverts_ms=LOAD_ADVERTS_MS)
    wait_active(host)
    with quiet(lab.capture):
        time.sleep(CALM)
        off = rhythm(lab, host)
    agent.term()
    wait_until(lambda: f"{VIP}/24" not in host.addresses(), LIMIT, "the end of it")
    return off


def play_load(contender, number, kind, *others):
    """Without checks, and with so many. Return: {scenario: {quantity: value}}.

    others: kinds beside which the figures stand as well.
    """
    with network(f"{contender.title}, {number} checks, {kind}") as lab:
        host = lab.host("gw1", "192.0.2.2/24")
        Nginx(host)
        off_without = undisturbed(lab, host, contender)
        agent = start(contender, host, many(number, kind), adverts_ms=LOAD_ADVERTS_MS)
        wait_active(host)
        meter = Meter(lab, host, agent)
        with quiet(lab.capture):
            time.sleep(CALM)
            began = time.monotonic()
            before, spent = asked(contender, agent, began), meter.ns()
            off = rhythm(lab, host)
            spent, answers = meter.ns() - spent, asked(contender, agent, began) - before
            seconds = time.monotonic() - began
        if contender.vipd and any(it["value"] != "up" for it in agent.show()["checks"]):
            raise Unmeasured(f"checks of {kind} are not up")
    values = {"checks asked, 1/s": answers / seconds,
              "CPU, % of a core": spent / seconds / 1e7,
              "CPU per check, us": spent / 1e3 / answers}
    for share, word in ((0.5, "p50"), (0.99, "p99"), (1, "max")):
        values[f"adverts off their time, {word}, ms"] = quantile(off, share)
        values[f"... without checks, {word}, ms"] = quantile(off_without, share)
    values["adverts off, p99, with less without, ms"] = (
        quantile(off, 0.99) - quantile(off_without, 0.99))
    return {f"checks, {it}": values for it in (kind, *others)}


def play_memory(contender, number, kind):
    """The checker's own pages. Return: {scenario: {quantity: value}}."""
    with network(f"{contender.title}, memory, {kind}") as lab:
        host = lab.host("gw1", "192.0.2.2/24")
        Nginx(host)
        agent = start(contender, host, many(number, kind))
        wait_until(lambda: all(it["answers"] >= 2 for it in agent.show()["checks"]), LIMIT,
                   "answers of all")
        with open(f"/proc/{checker_of(agent)}/smaps_rollup", encoding="ascii") as file:
            private = sum(map(int, re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB", file.read(),
                                              re.M)))
    return {f"checks, {kind}": {"private memory of the checker, MiB": private / 1024}}


# ---- how soon a dead service is handed over ----

class Service:
    """A socket that listens, until it does not."""

    def __init__(self, host):
        self._host, self._socket = host, None

    def start(self):
        """From now on it listens."""
        self._socket = self._host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", PORT))
        self._socket.listen(4096)                  # what connects in its life need not be taken

    def stop(self):
        """Return: the time before."""
        mark = time.time_ns()
        self._socket.close()
        return mark


def play_death(contender, _count, fall):
    """One host, again and again. Return: {scenario: {quantity: value}}.

    keepalived does not always say priority 0, but its address goes.
    """
    gone, farewells, trials = [], [], TRIALS if contender.vipd else OF_KEEPALIVED[fall]
    with network(f"{contender.title}, death, fall {fall}") as lab:
        host = lab.host("gw1", "192.0.2.2/24")
        service, events = Service(host), AddressEvents(host)
        service.start()
        start(contender, host, one(PORT, fall))
        for _ in range(trials):
            wait_active(host)
            time.sleep(random.uniform(0.1, 0.1 + INTERVAL_MS / 1e3 if contender.vipd else 1.1))
            mark = service.stop()
            gone.append((events.wait(False, since=mark) - mark) / 1e6)
            farewells += [(it.ns - mark) / 1e6 for it in
                          lab.capture.adverts(mark, host, priority=0)[:1]]
            service.start()
    if contender.vipd and len(farewells) != trials:
        raise Unmeasured(f"{trials} deaths, {len(farewells)} adverts with priority 0")
    return {f"death, fall {fall}": {f"{what}, {word}, ms": quantile(values, share)
            for what, values in (("priority 0", farewells), ("address gone", gone)) if values
            for word, share in (("p50", 0.5), ("max", 1))}}


def play_pages(contender, _count, weight):
    """A pair in front of nginx. Return: {scenario: {quantity: value}}."""
    with network(f"{contender.title}, pages, weight {weight}") as lab:
        hosts = [lab.host(name, f"192.0.2.{number}/24") for number, name in ((2, "gw1"), (3, "gw2"))]
        services = [Nginx(host) for host in hosts]
        for host, priority in zip(hosts, (150, 100)):
            start(contender, host, one(80, 1, weight), priority)
            if priority == 150:
                wait_active(host)
        pages = Pages(lab.host("client", "192.0.2.100/24"), VIP)
        pages.wait_from("gw1")
        time.sleep(random.uniform(1.5, 2.5))
        mark = services[0].die()
        pages.wait_from("gw2", since=mark)
        outage = pages.longest_outage(since=mark - 10**8) * 1e3
    bound = (INTERVAL_MS if contender.vipd else 1000) + (DOWN_MS if weight else SKEW_MS)
    return {f"pages, weight {weight}": {"nothing answered, ms": outage,
                                        "... of which the protocol and the check may take, ms": bound,
                                        "behind that, ms": outage - bound}}
