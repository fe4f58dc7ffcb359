# SPDX-License-Identifier: MIT
"""A keepalived.conf run by keepalived and by vipd at once, in both roles, and what both made of it.

Two pairs of hosts, each on cables of its own, with the same addresses and MACs: in one keepalived
is gw1 and vipd with the imported file gw2, in the other they have changed places. So all that can
be seen of gw1 has a counterpart in the other pair, made by the other program: adverts, addresses,
routes, rules, macvlans, and what scripts were called with.
"""

import collections
import dataclasses
import json
import os
import re

from agents import run_vipctl
from frames import is_ipv6
from lab import Host, wait_until

ROLES = "gw1", "gw2"
KINDS = {"a": ("keepalived", "vipd"), "b": ("vipd", "keepalived")}     # of gw1 and gw2, by pair
PATIENCE = 20                    # s: down intervals, scripts, and a busy machine
MAIL = "/etc/vipd/notify.d/mail"                                       # that the importer writes
HEAD = 'control = "@CONTROL@";\nstate_dir = "@DIR@/state";\n'
RECORD = "#!/bin/sh\necho \"$*\" >> \"$0.log\"\n"


@dataclasses.dataclass
class Step:
    """Something is done to gw1's host, and who speaks then, with which priority.

    do: a function of the Side. Of both programs the same is expected.
    """
    do: object
    winner: str = "gw1"
    priority: int = 0                              # 0: what it was


@dataclasses.dataclass
class Case:
    """A file, and what it is about.

    In text, @DIR@ is a directory of the host, with a program "record" that keeps its arguments and
    a file "ok"; @PROC@ is the name of a process that nobody has. parts: other files beside it.
    """
    text: str
    steps: tuple = ()
    winner: str = "gw1"
    wins: dict = dataclasses.field(default_factory=dict)               # by VRID, if another
    priority: int = 0                              # of the winner, if tracking makes it
    routers: int = 1
    first: str = ""                                # who begins alone, and speaks; "": both at once
    ipv6: bool = False
    parts: dict = dataclasses.field(default_factory=dict)
    mail: str = ""                                 # the first recipient of mail
    holds: bool = True                             # whether whoever is Active has addresses
    stops: bool = True                             # whether the winner is stopped at the end
    reported: tuple = ()                           # what the report must say
    excused: dict = dataclasses.field(default_factory=dict)    # {what differs: the report on it}


class Side:
    """One host of a pair, its program, and what can be seen of them."""

    def __init__(self, lab, pair, role, case):
        number = ROLES.index(role) + 1
        self.lab, self.pair, self.role, self.case = lab, pair, role, case
        self.kind = KINDS[pair][number - 1]
        self.host = Host(lab, pair + role, number, case.ipv6)
        lab.hosts.append(self.host)
        addresses = {"eth0": f"192.0.2.{number + 1}/24", "eth1": f"198.51.100.{number + 1}/24",
                     "eth2": f"203.0.113.{number + 1}/24"}
        for dev, address in addresses.items():
            six = [f"2001:db8:{dev[-1]}::{number + 1}/64"] if case.ipv6 else []
            self.host.attach(f"{pair}{dev}", address, *six)
        self.directory = lab.path(self.host.name)
        self.process = f"p{os.getpid() % 10**6}{self.host.name}"
        self.report, self.agent, self.recorded_n = "", None, None
        self._furnish()
        self.before = self._kernel()

    def _furnish(self):
        """The files that configurations name."""
        os.mkdir(self.directory, 0o755)
        self.write("record", RECORD)
        os.chmod(self.path("record"), 0o755)
        self.write("record.log", "")
        os.chmod(self.path("record.log"), 0o666)   # of whatever user it is called
        self.write("ok", "0\n")

    def path(self, name):
        """A file of this host."""
        return os.path.join(self.directory, name)

    def write(self, name, text):
        """Makes one."""
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def start(self):
        """Starts its program."""
        def fill(text):
            return text.replace("@DIR@", self.directory).replace("@PROC@", self.process)

        for name, text in self.case.parts.items():
            self.write(name, fill(text))
        text = fill(self.case.text)
        self.write("keepalived.conf", text)
        if self.kind == "keepalived":
            self.agent = self.lab.keepalived(self.host, text=text, args=("-i", self.role))
        else:
            self.agent = self.lab.vipd(self.host, text=fill(HEAD) + self._import())

    def _import(self):
        """What vipctl makes of the file."""
        out = self.lab.path(f"{self.host.name}-imported.conf")     # beside what vipd will read
        done = run_vipctl(self.host, "import", "--node", self.role, "-o", out,
                          self.path("keepalived.conf"))
        assert done.returncode == 0, done.stderr
        assert "s3cr3t" not in done.stderr
        self.report = done.stderr
        for pattern in (*self.case.reported, *self.case.excused.values()):
            assert re.search(pattern, self.report), f"{pattern!r} is not in\n{self.report}"
        with open(out, encoding="utf-8") as file:
            return file.read().replace(MAIL, self.path("record"))

    # What can be seen

    def adverts(self, since):
        """What it advertises while it is Active, by VRID and family."""
        found = collections.defaultdict(list)
        for advert in self.lab.capture.adverts(since=since, host=self.host):
            if advert.priority:
                found[advert.vrid, is_ipv6(advert.src)].append(advert)
        return found

    def wire(self, since):
        """The last one of each router, as another host sees it: by field, then all octets.

        since: by VRID and family.
        """
        return {key: self._fields(adverts[-1])
                for key, adverts in self.adverts(min(since.values())).items()
                if adverts[-1].ns >= since[key]}

    def _fields(self, advert):
        own = advert.src_mac == self.host.mac(advert.port.dev)
        return {"version": advert.version, "priority": advert.priority,
                "interval": advert.interval_ms, "addresses": advert.addresses,
                "auth": advert.trailing, "checksum": advert.checksum_form, "src": advert.src,
                "dst": advert.dst, "ttl": advert.ttl, "tos": advert.tos, "on": advert.port.dev,
                "mac": "the interface's" if own else advert.src_mac, "to": advert.dst_mac,
                "octets": advert.message.hex()}

    def lines(self):
        """What the program "record" was called with, in order."""
        with open(self.path("record.log"), encoding="utf-8") as file:
            return file.read().splitlines()

    def records(self):
        """The same by the first argument, since keywords know nothing of each other.

        Of vipd without that it was Backup when it left: it hands over before it stops, and its
        report says so.
        """
        found, lines = collections.defaultdict(list), self.lines()
        for i, line in enumerate(lines):
            leaves = self.recorded_n is not None and i >= self.recorded_n
            if not (leaves and self.kind == "vipd" and re.search(r"\bBACKUP\b|^backup", line)):
                found[line.split(" ", 1)[0]].append(line)
        return dict(found)

    def kernel(self):
        """What it has added to the kernel: addresses, macvlans, routes, rules.

        An IPv6 address with a lifetime, as vipd's have, leaves its own route to the kernel, where
        it goes with that lifetime.
        """
        added = {what: sorted(set(now) - set(self.before[what]))
                 for what, now in self._kernel().items()}
        added["routes"] = [route.removesuffix(EXPIRES) for route in added["routes"]
                           if added["addresses"] or not route.endswith(EXPIRES)]
        return added

    def _kernel(self):
        return {"addresses": [_words(info, ADDRESS, entry["ifname"])
                              for entry in self._ip("address") for info in entry["addr_info"]
                              if info.get("local")],
                "macvlans": [_words(link, ("ifname", "link", "address"))
                             for link in self._ip("link", "show", "type", "macvlan")],
                "routes": [_words(route, ROUTE) + EXPIRES * ("expires" in route)
                           for family in self._families()
                           for route in self._ip(family, "route", "show", "table", "all")
                           if route.get("table") != "local" and route.get("type") != "multicast"],
                "rules": [_words(rule, RULE) for family in self._families()
                          for rule in self._ip(family, "rule")]}

    def _families(self):
        return ("-4", "-6") if self.case.ipv6 else ("-4",)

    def _ip(self, *words):
        return [entry for entry in json.loads(self.host.run("ip", "-j", *words).stdout or "[]")
                if entry]


EXPIRES = " expires"
ADDRESS = ("local", "prefixlen", "address", "broadcast", "scope", "label", "deprecated")
ROUTE = ("type", "dst", "gateway", "via", "dev", "table", "metric", "scope", "prefsrc", "nexthops")
RULE = ("priority", "src", "srclen", "dst", "dstlen", "table", "fwmark", "fwmask", "iif", "oif",
        "action")


def _words(entry, keys, *before):
    """The keys of an entry of `ip -json` as a text that can be compared and read."""
    return " ".join([*before, *(f"{key}={entry[key]}" for key in keys if key in entry)])


class Pairs:
    """Both pairs of one case."""

    def __init__(self, lab, case):
        self.lab, self.case = lab, case
        self.sides = {(pair, role): Side(lab, pair, role, case)
                      for pair in KINDS for role in ROLES}

    def start(self):
        """Starts all four, or first those of one role, until they speak."""
        order = sorted(ROLES, key=lambda role: role != self.case.first)
        for role in order:
            for pair in KINDS:
                self.sides[pair, role].start()
            if self.case.first == role:
                self.settle(role, 0, self.lab.now())

    def both(self, role):
        """The two hosts of a role: keepalived's, vipd's."""
        return sorted((self.sides[pair, role] for pair in KINDS), key=lambda it: it.kind)

    def settle(self, winner, priority, since):
        """Waits until in both pairs the winner alone speaks, of each router, twice at least.

        priority: with which; 0: any. Return: since when nobody else has spoken, by pair, and
        therein by VRID and family.
        """
        def settled():
            times = {pair: self._time_settled(pair, winner, priority, since) for pair in KINDS}
            return all(times.values()) and times

        return wait_until(settled, PATIENCE, lambda _: self.story(
            f"{winner} alone to speak, with {priority or 'its priority'}"), 0.05)

    def _time_settled(self, pair, winner, priority, since):
        spoken = {role: self.sides[pair, role].adverts(since) for role in ROLES}
        keys = set().union(*spoken.values())
        times = {key: self._time_won(spoken, key, self.case.wins.get(key[0], winner), priority)
                 for key in keys}
        return times if len(times) == self.case.routers and all(times.values()) else None

    @staticmethod
    def _time_won(spoken, key, winner, priority):
        other = ROLES[ROLES.index(winner) - 1]
        last = spoken[other][key][-1].ns if spoken[other].get(key) else 0
        since = [it for it in spoken[winner].get(key, ()) if it.ns > last][-2:]
        good = len(since) == 2 and all(not priority or it.priority == priority for it in since)
        return since[0].ns if good else 0

    def compare(self, what, look):
        """Waits until a look at both hosts of a role is the same, for both roles."""
        for role in ROLES:
            wait_until(lambda role=role: self._same(role, look), PATIENCE,
                       lambda _, role=role: self.story(f"the same {what} of {role}: " + "\n".join(
                           f"{side.kind}: {self._seen(side, look)}" for side in self.both(role))),
                       0.1)

    def _same(self, role, look):
        one, other = (self._seen(side, look) for side in self.both(role))
        return one == other

    def _seen(self, side, look):
        """A look, without what the report has named."""
        seen = look(side)
        return _without(seen, set(self.case.excused))

    def story(self, what):
        """For a failure: in a line or two, and all of it in a file of the lab, which is kept."""
        spoken = [f"{advert.host} {advert.t:.1f} s: {advert}"
                  for advert in self.lab.capture.adverts()]
        path = self.lab.path("story")
        with open(path, "w", encoding="utf-8") as file:
            agents = [side.agent.story(side.kind) for side in self.sides.values() if side.agent]
            reports = {side.report for side in self.sides.values()}
            file.write("\n".join([self.lab.label, what, *agents, *spoken, *reports]))
        return "\n".join([what, *spoken[-6:], f"more is in {path}"])

    # What is proved

    def run(self):
        """All of it."""
        case, mark = self.case, self.lab.now()
        self.start()
        self.check(case.winner, self.settle(case.winner, case.priority, mark))
        for step in case.steps:
            self.take(step)
        if case.stops:
            self.stop(case.steps[-1].winner if case.steps else case.winner)
        self.compare("arguments of scripts", Side.records)
        if case.mail:
            self._assert_mailed()

    def _assert_mailed(self):
        """The hook for mail, which keepalived has not, is called with the first recipient."""
        for side in self.sides.values():
            if side.kind == "vipd":
                assert side.lines().count(self.case.mail) >= 2, self.story(side.lines())

    def check(self, winner, since):
        """The same of all that is seen while the winner is Active, and then it has addresses."""
        self.compare("adverts", lambda side: side.wire(since[side.pair]))
        self.compare("kernel", Side.kernel)
        if self.case.holds:
            for side in self.both(winner):
                assert side.kernel()["addresses"], self.story(f"{side.kind} has no address")

    def take(self, step):
        """Does something to both gw1."""
        mark = self.lab.now()
        for side in self.both("gw1"):
            step.do(side)
        self.settle(step.winner, step.priority, mark)
        self.compare("kernel", Side.kernel)

    def stop(self, winner):
        """Stops the winners: the others take over. When they leave, too, nothing is left."""
        self.compare("arguments of scripts", Side.records)
        other, mark = ROLES[ROLES.index(winner) - 1], self.lab.now()
        for side in self.both(winner):
            side.recorded_n = len(side.lines())
        self.term(winner)
        self.check(other, self.settle(other, 0, mark))
        self.term(other)
        for side in self.sides.values():
            self._assert_clean(side)

    def term(self, role):
        """Asks both of a role to leave, and waits until they have."""
        for side in self.both(role):
            side.agent.expected_to_live = False
            side.agent.process.terminate()
        for side in self.both(role):
            assert side.agent.wait_exit(PATIENCE) == 0, side.agent.story("a bad end")

    def _assert_clean(self, side):
        left = side.kernel()
        if not self.case.excused.keys() & {"left"}:
            assert not any(left.values()), self.story(f"{side.kind} leaves {left}")


def _without(seen, names):
    """A look without the fields of these names, at any depth."""
    if isinstance(seen, dict):
        return {key: _without(value, names) for key, value in seen.items() if key not in names}
    return seen


__all__ = ["Case", "Pairs", "Side", "Step"]
