# SPDX-License-Identifier: MIT
"""vipctl why names the true cause on both nodes of a pair: a row per cause, with what is injected and
what is said on each. Causes that can follow each other share a running pair, a scene.

What a node cannot see is part of the table, too: there it says what it knows, or that it guesses.
"""

import contextlib
import json
import os
import re
import signal
from dataclasses import dataclass, field

import pytest

import test_auth
import test_dual_stack
import test_groups
from agents import VIP, is_sanitized, router
from frames import Probe
from generations import reload
from lab import wait_until
from test_last_resort import steal
from test_notify import home  # pylint: disable=unused-import
from test_operation import NOBODY, as_user

ONE, TWO, JUNK = "192.0.2.2", "192.0.2.3", "192.0.2.9"
PATIENCE = 15                    # s: for what takes a while to be noticed


@dataclass(frozen=True)
class Says:
    """What vipctl why has to say of a router: only what is given here is looked at."""
    state: str = None
    reason: str = None           # reason_code
    cause: str = None
    by: str = None
    election: str = None         # its code
    findings: tuple = ()         # codes, among others
    first: str = None            # the code of the finding that comes first
    words: tuple = ()            # regular expressions, in the text
    never: tuple = ()            # likewise, and not there
    fine: bool = False           # there are no findings, and it is short
    router: str = "lan"
    family: int = 4
    end: str = None              # vipd does not run, and ended so

    def lacks(self, agent):
        """What of that it does not say; empty: nothing."""
        done = agent.ctl("why", "--json", self.router, check=False)
        if self.end:
            return self._lacks_end(agent, done)
        if done.returncode:
            return [done.stderr]
        it = next(it for it in json.loads(done.stdout)["routers"]
                  if (it["name"], it["family"]) == (self.router, self.family))
        told = {"state": it["state"], "reason": it["reason_code"], "cause": it["cause"],
                "by": it["by"], "election": it["election"]["code"]}
        lacks = [f"{key} {getattr(self, key)}, not {value}" for key, value in told.items()
                 if getattr(self, key) not in (None, value)]
        codes = [finding["code"] for finding in it["findings"]]
        lacks += [f"finding {code}, there are {codes}" for code in self.findings
                  if code not in codes]
        if self.first and codes[:1] != [self.first]:
            lacks.append(f"{self.first} as the first finding, there are {codes}")
        text = agent.ctl("why", self.router).stdout
        lacks += [f"/{word}/" for word in self.words if not re.search(word, text)]
        lacks += [f"silence about /{word}/" for word in self.never if re.search(word, text)]
        if self.fine and (codes or len(text.splitlines()) > 10):
            lacks.append(f"peace and shortness: {codes}")
        return lacks

    def _lacks_end(self, agent, done):
        if not done.stdout:
            return [done.stderr]
        said, text = json.loads(done.stdout), agent.ctl("why", check=False)
        right = (text.returncode, said["running"], said["end"]) == (1, False, self.end)
        return ([] if right else [done.stdout]) + [
            f"/{word}/" for word in self.words if not re.search(word, text.stderr)]

    def wait(self, agent, what):
        """Waits until it says so."""
        def describe(lacks):
            return (f"{what} on {agent.host}: lacks {lacks}\n"
                    f"{agent.ctl('why', check=False).stdout}\n{agent.story('its log')}")
        wait_until(lambda: not self.lacks(agent), PATIENCE,
                   lambda _: describe(self.lacks(agent)), every=0.05)


@dataclass
class Pair:
    """Two hosts with vipd, and a hand on the wire."""
    lab: object
    one: object
    two: object
    keys: tuple = (150, 100)     # priorities
    probe: object = None

    def settle(self, one="active", two="backup"):
        """Waits until both are as before, and the Backup hears the Active."""
        self.one.wait_state("lan", one, timeout=PATIENCE)
        self.two.wait_state("lan", two, timeout=PATIENCE)
        backup = self.one if one == "backup" else self.two
        if "backup" in (one, two):
            wait_until(lambda: backup.router()["active_address"], what="a Backup that hears")

    def configure(self, agent, *args, **keys):
        """Reloads another router."""
        agent.configure([router(*args, **keys)])
        reload(agent)


# ---- how to inject ----

@contextlib.contextmanager
def nothing(_pair):
    """All is well."""
    yield


def heard(**fields):
    """A third host sends adverts with these fields."""
    @contextlib.contextmanager
    def inject(pair):
        with pair.probe.speak(JUNK, every=0.1, **{"vrid": 51, "priority": 200,
                                                  "addresses": ["192.0.2.1"], **fields}):
            yield
        pair.settle()
    return inject


@contextlib.contextmanager
def link_down(pair):
    """The interface of the Active is set down."""
    pair.one.host.ip("link set eth0 down")
    yield
    pair.one.host.ip("link set eth0 up")
    pair.settle()


@contextlib.contextmanager
def no_carrier(pair):
    """Its cable is pulled, so that it knows."""
    pair.lab.cut(pair.one.host, silent=False)
    yield
    pair.lab.heal(pair.one.host)
    pair.settle()


@contextlib.contextmanager
def cut(pair):
    """A switch between both forwards nothing, and neither sees it."""
    pair.lab.cut(pair.two.host)
    yield
    pair.lab.heal(pair.two.host)
    pair.settle()


@contextlib.contextmanager
def one_way(pair):
    """The Active is not heard any more, but hears."""
    pair.lab.mute(pair.one.host)
    yield
    pair.lab.heal(pair.one.host)
    pair.settle()


@contextlib.contextmanager
def firewall(pair):
    """The Backup's host drops IP protocol 112."""
    test_dual_stack.block(pair.two, 4)
    yield
    test_dual_stack.unblock(pair.two)
    pair.settle()


@contextlib.contextmanager
def drained(pair):
    """Somebody drains the Active."""
    pair.one.ctl("drain", "lan")
    yield
    pair.one.ctl("resume", "lan")
    pair.settle()


@contextlib.contextmanager
def reloaded(pair):
    """A reload gives the Active a lower priority."""
    pair.configure(pair.one, 50)
    yield
    pair.configure(pair.one, 150)
    pair.settle()


@contextlib.contextmanager
def crashed(pair):
    """The router process of the Active is killed, and another one goes on."""
    pid = pair.one.kill_router()
    pair.one.wait_log(f"router_pid={pid} lost=")
    yield
    pair.settle()


@contextlib.contextmanager
def stalled(pair):
    """Its router process stands still, as on a CPU that hangs; the keeper finds that out."""
    pid = pair.one.kill_router(signal.SIGSTOP)
    pair.one.wait_log(f"router_pid={pid} .*sign of life", timeout=PATIENCE)
    yield
    pair.settle()


@contextlib.contextmanager
def left(pair):
    """The Active is stopped."""
    assert pair.one.term() == 0
    yield
    again(pair)


@contextlib.contextmanager
def died(pair):
    """All processes of the Active are killed."""
    pair.one.kill()
    yield
    again(pair)


def again(pair):
    """The Active is started anew."""
    pair.one = pair.lab.vipd(pair.one.host, [router(150)])
    pair.settle()


@contextlib.contextmanager
def preempted(pair):
    """The Backup is given a higher priority."""
    pair.configure(pair.two, 200)
    yield
    pair.configure(pair.two, 100)
    pair.settle()


@contextlib.contextmanager
def held_by_delay(pair):
    """The Backup is given a higher priority, but has to wait with it."""
    pair.configure(pair.two, 200, preempt_delay="2m")
    yield
    pair.configure(pair.two, 100)
    pair.settle()


@contextlib.contextmanager
def held_by_no_preempt(pair):
    """Likewise, but must not preempt."""
    pair.configure(pair.two, 200, preempt=False)
    yield
    pair.configure(pair.two, 100)
    pair.settle()


@contextlib.contextmanager
def equal(pair):
    """Both have one priority; for a moment nothing passes between them, so that both are Active. The
    one that will win hears the other one first: that yields without a word that is sure to arrive."""
    pair.lab.cut(pair.two.host)
    pair.two.wait_state("lan", "active")
    pair.configure(pair.two, 150)
    pair.lab.mute(pair.two.host)
    wait_until(lambda: "equal_priority" in pair.two.router()["warnings"], what="the other one heard")
    pair.lab.heal(pair.two.host)
    yield
    pair.configure(pair.two, 100)
    pair.settle()


@contextlib.contextmanager
def stolen(pair):
    """Somebody on its host removes the address of the Active again and again."""
    steal(pair.one)
    yield
    assert pair.one.reload().returncode == 0
    pair.settle()


@contextlib.contextmanager
def paused(pair):
    """All processes of the Active stand still, and go on."""
    pair.one.kill(signal.SIGSTOP)
    pair.two.wait_state("lan", "active")
    pair.one.kill(signal.SIGCONT)
    yield


@contextlib.contextmanager
def paused_and_back(pair):
    """Likewise, of one that preempts: it goes on as Active."""
    with paused(pair):
        pair.settle()
        yield


@contextlib.contextmanager
def without_source(pair):
    """The interface of the Active loses its address."""
    pair.one.host.ip(f"address del {ONE}/24 dev eth0")
    yield
    pair.one.host.ip(f"address add {ONE}/24 dev eth0")
    pair.settle()


@contextlib.contextmanager
def without_group(pair):
    """The kernel lets its interface join no multicast group."""
    pair.one.host.sysctl("net.ipv4.igmp_max_memberships", 0)
    pair.one.host.ip("link del eth0")
    pair.one.wait_state("lan", "fault")
    pair.one.host.replug(f"{ONE}/24")
    yield
    pair.one.host.sysctl("net.ipv4.igmp_max_memberships", 20)
    pair.settle()


# ---- checks ----

def service(pair):
    """The file whose presence is the health of the service."""
    return pair.lab.path("service")


@contextlib.contextmanager
def service_gone(pair):
    """What the check looks at is gone."""
    os.remove(service(pair))
    yield
    open(service(pair), "w", encoding="ascii").close()
    pair.settle()


def tracking(pair, **track):
    """Reloads the first one with what it tracks."""
    pair.one.configure([router(150, track=[{"check": "web", **track}])], checks=[CHECK(pair.lab)])
    reload(pair.one)
    wait_until(lambda: pair.one.router()["effective_priority"] == 150, what="its priority")


def CHECK(lab):                                    # pylint: disable=invalid-name
    """A check of that file."""
    return {"name": "web", "file": lab.path("service"), "interval": "50ms", "rise": 1, "fall": 1}


@contextlib.contextmanager
def weight_counts(pair):
    """The same, of a check with a weight."""
    tracking(pair, weight=-60)
    with service_gone(pair):
        yield


@contextlib.contextmanager
def unanswered(pair):
    """The first one begins while a check has yet to answer."""
    assert pair.one.term() == 0
    pair.one = pair.lab.vipd(
        pair.one.host, [router(150, track=[{"check": "slow"}])],
        checks=[{"name": "slow", "command": {"argv": ["/bin/sleep", "50"]}, "interval": "60s",
                 "timeout": "55s"}])
    yield


# ---- pairs ----

def plain(lab, one=None, two=None, settled=True, **keys):
    """An Active and a Backup, with these keys for one or both."""
    first = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(**{"priority": 150, **keys,
                                                              **(one or {})})])
    second = lab.vipd(lab.host("gw2", f"{TWO}/24"), [router(**{"priority": 100, **keys,
                                                               **(two or {})})])
    pair = Pair(lab, first, second, probe=Probe(lab.host("probe")))
    if settled:
        pair.settle()
    return pair


def checked(lab):
    """The same, where the Active tracks a check."""
    open(lab.path("service"), "w", encoding="ascii").close()
    one = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(150, track=[{"check": "web"}])],
                   checks=[CHECK(lab)])
    two = lab.vipd(lab.host("gw2", f"{TWO}/24"), [router(100)])
    pair = Pair(lab, one, two)
    pair.settle()
    return pair


def apart(**keys):
    """Two that understand each other in nothing: they begin, and both are Active soon."""
    def make(lab):
        pair = plain(lab, settled=False, **keys)
        pair.settle("active", "active")
        return pair
    return make


def signed(lab, two_keys, env=None):
    """Likewise, with HMAC, the second one by a file of its own."""
    test_auth.keys_file(lab, test_auth.KEY)
    test_auth.keys_file(lab, *two_keys, name="others")
    one = lab.vipd(lab.host("gw1", f"{ONE}/24"), [test_auth.signing(lab, 150)])
    two = lab.vipd(lab.host("gw2", f"{TWO}/24"), [test_auth.signing(lab, 100, file="others")],
                   env=env)
    return Pair(lab, one, two)


def other_secret(lab):
    """One number, two secrets."""
    pair = signed(lab, [test_auth.Key(1, b"quite another secret of 32 bytes")])
    pair.settle("active", "active")
    return pair


def wrong_clock(lab):
    """The second one has the wrong time, and heard nobody while it could have learned of that."""
    pair = signed(lab, [test_auth.KEY], env=test_auth.Clock(lab, "clock", -3600).env)
    return pair


def dual(lab):
    """A router of both families on each."""
    one, two = test_dual_stack.pair(lab)
    return Pair(lab, one, two)


@contextlib.contextmanager
def deaf_family(pair):
    """No advert of IPv6 arrives at the Backup."""
    test_dual_stack.block(pair.two, 6)
    yield


def grouped(lab):
    """Two routers with one fate on each."""
    one, two = test_groups.pair(lab)
    return Pair(lab, one, two)


@contextlib.contextmanager
def member_fails(pair):
    """The cable of one of them is pulled."""
    pair.lab.cut(pair.one.host, silent=False, dev="eth1")
    yield


# ---- the table ----

@dataclass(frozen=True)
class Row:
    """A cause."""
    cause: str
    inject: object
    one: Says
    two: Says


@dataclass(frozen=True)
class Scene:
    """A pair, and what befalls it."""
    make: object
    rows: list = field(default_factory=list)


BETTER = Says("backup", election="higher", words=(f"{ONE} is Active with priority 150, higher",))
SERVES = Says("active", election="alone")
GUESS = (f"{ONE} was Active until it fell silent", "perhaps ", "\n +or ")
BOTH_ACTIVE = "both hosts may be active|until both|is discarded|are discarded"

SCENES = {
    "silence": Scene(plain, [
        Row("all is well", nothing, Says("active", "silence", election="alone", fine=True),
            Says("backup", "started", election="higher", fine=True,
                 words=(r"heard 0\.\d s ago, takeover in 0\.\d s",))),
        Row("cut cable that is seen", no_carrier,
            Says("fault", "no_carrier", election="out", findings=("fault",),
                 words=("interface eth0 has no carrier", "do: Look at the cable")),
            Says("active", "silence", findings=("silence",), words=GUESS + ("its cable",))),
        Row("cut cable that nobody sees", cut, SERVES,
            Says("active", "silence", election="alone", findings=("silence",), words=GUESS)),
        Row("after the cut", nothing, SERVES,
            Says("backup", "higher", election="higher",
                 words=("state=backup->active reason=\"no advert", ))),
        Row("one-way loss", one_way,
            Says("active", election="rival", findings=("not_heard", "other_active"),
                 words=(f"{TWO} is heard as Active, too, .* lower priority 100",
                        "does not hear this one", "or packets are lost in one direction",
                        "do: .*112")),
            Says("active", "silence", findings=("silence",),
                 words=GUESS + ("loses packets in one direction",))),
        Row("firewall that drops protocol 112 on input", firewall,
            Says("active", election="rival", findings=("not_heard",),
                 words=("perhaps a firewall there drops IP protocol 112",)),
            Says("active", "silence", findings=("silence",),
                 words=("perhaps ", "a firewall of this host drops IP protocol 112"))),
        Row("silence by death", died,
            Says(end="killed", words=("does not run", "without a word")),
            Says("active", "silence", findings=("silence",),
                 words=GUESS + ("the host or its vipd died",))),
    ]),
    "hosts": Scene(plain, [
        Row("link down", link_down,
            Says("fault", "link_down", findings=("fault",),
                 words=("interface eth0 is down", "do: Set it up: ip link set eth0 up")),
            Says("active", "silence", findings=("silence",),
                 words=GUESS + ("its interface went down",))),
        Row("drain", drained,
            Says("backup", "higher", election="higher", findings=("drained",),
                 words=("1 = 150 as configured, as it is drained", "do: .*vipctl resume",
                        "drain=begins")),
            Says("active", "preempt", words=(f"{ONE} has the lower priority 1, ours is 100",))),
        Row("reload", reloaded,
            Says("backup", "higher", words=("reload=changed .*priority=150->50",
                                            "50 = 50 as configured")),
            Says("active", "preempt", words=("lower priority 50",))),
        Row("crash", crashed,
            Says("active", findings=("process_lost",), words=("another one went on",)),
            BETTER),
        Row("CPU stall", stalled,
            Says(findings=("process_stalled",), words=("no sign of life", "perhaps a CPU that hangs",
                                                       "another one went on")),
            Says(words=("state=backup->active reason=\"no advert for",))),
        Row("pause of an Active that preempts", paused_and_back,
            Says("active", findings=("other_active",), words=("perhaps this host stood still",)),
            Says("backup", "higher", words=("state=backup->active reason=\"no advert for",))),
        Row("no source address", without_source,
            Says("fault", "no_source", findings=("fault",),
                 words=("has no IPv4 address of its own", "do: Give the interface an address")),
            Says("active", words=("no advert for|left with priority 0",))),
        Row("no group membership", without_group,
            Says("fault", "no_group", findings=("fault",),
                 words=("cannot join the multicast group", "do: .*igmp_max_memberships")),
            Says("active", "silence", findings=("silence",), words=GUESS)),
        Row("peer left", left,
            Says(end="stopped", words=("does not run", "it was stopped, by signal TERM")),
            Says("active", "left", findings=("left",),
                 words=(f"{ONE} left the addresses to others, by an advert", "its vipd or keepalived was stopped"))),
    ]),
    "elections": Scene(plain, [
        Row("preempted", preempted,
            Says("backup", "higher", election="higher",
                 words=(f"{TWO} has the higher priority 200, ours is 150",)),
            Says("active", "preempt", words=(f"{ONE} has the lower priority 150, ours is 200",))),
        Row("preemption held back by preempt_delay", held_by_delay, SERVES,
            Says("backup", election="preempt_delay",
                 words=("lower than ours, 200: preempt_delay leaves it in peace for ",))),
        Row("preempt = false", held_by_no_preempt, SERVES,
            Says("backup", election="no_preempt",
                 words=("lower than ours, 200: preempt = false leaves it in peace",))),
        Row("equal priority", equal,
            Says("backup", "tie", election="equal", findings=("equal_priority",),
                 words=("the same priority 150 and the higher address", "do: .*distinct")),
            Says("active", findings=("equal_priority",), words=("do: .*distinct",))),
        Row("address stolen", stolen,
            Says("backup", "higher", findings=("stolen_address", "last_resort"),
                 words=(f"{VIP} was removed by somebody on this host", "perhaps ",
                        "cannot hold an address: the last resort",
                        "do: .*ip monitor address, and what manages eth0 beside")),
            Says("active", "preempt", words=("lower priority 1, ours is 100",))),
    ]),
    "adverts": Scene(plain, [
        Row("junk: wrong checksum", heard(checksum="bad"),
            Says("active", findings=("rejected_checksum",), words=(f"from {JUNK}", "do: ")),
            Says("backup", election="higher", findings=("rejected_checksum",),
                 words=(f"from {JUNK}",))),
        Row("junk: TTL", heard(ttl=254),
            Says("active", findings=("rejected_ttl",), words=(f"from {JUNK}", "do: .*router")),
            Says("backup", findings=("rejected_ttl",), words=(f"from {JUNK}",))),
        Row("VRID clash", heard(priority=50, addresses=["192.0.2.77"]),
            Says("active", election="rival", findings=("address_list", "other_active"),
                 words=("other addresses", f"from {JUNK}", "do: .*vrid")),
            Says("backup", findings=("address_list",), words=(f"from {JUNK}",))),
        Row("interval mismatch", heard(priority=60, interval=70),
            Says("active", findings=("interval",),
                 words=(f"{JUNK} sends every 0.70 s, this host every 0.10 s", "do: .*interval")),
            Says("backup", findings=("interval",), words=("every 0.70 s",))),
        Row("wrong checksum form", heard(priority=60, checksum="rfc5798"),
            Says("active", findings=("checksum_form",), words=("do: Set checksum",)),
            Says("backup", findings=("checksum_form",), words=("do: Set checksum",))),
    ]),
    "checks": Scene(checked, [
        Row("check up", nothing,
            Says("active", fine=True, words=("check web is up",)), BETTER),
        Row("check down", service_gone,
            Says("fault", "check_down", findings=("fault",),
                 words=("check web is down", "it says: .*No such file", "do: Mend what it checks: vipctl show --checks web")),
            Says("active", "left", findings=("left",), words=("it has a fault",))),
        Row("weight", weight_counts,
            Says("backup", "higher", election="higher", findings=("track",),
                 words=("90 = 150 as configured - 60 of check web", "check web is down: -60 to the priority",
                        "track=web is=down")),
            Says("active", "preempt", words=(f"{ONE} has the lower priority 90, ours is 100",))),
        Row("check unknown", unanswered,
            Says("initialize", election="awaits", findings=("unknown",),
                 words=("it begins when check slow has answered for the first time",)),
            Says("active", "left")),
    ]),
    "pause": Scene(lambda lab: plain(lab, preempt=False), [
        Row("pause of the host's processes", paused,
            Says("backup", "away", election="no_preempt", findings=("away",),
                 words=("this host stood still", "perhaps a virtual machine was paused")),
            Says("active", "silence")),
    ]),
    "owners": Scene(lambda lab: plain(lab, settled=False, priority="owner"), [
        Row("duplicate owner", nothing,
            Says("backup", "tie", election="owner", findings=("owner",),
                 words=("the same priority 255 and the higher address", "do: Leave priority")),
            Says("active", "owner", findings=("owner",), words=("do: Leave priority",))),
    ]),
    "versions": Scene(apart(one={"version": 2, "interval": "1s"}, two={"interval": "1s"}), [
        Row("wrong version", nothing,
            Says("active", findings=("rejected_version",), words=(f"from {TWO}", "do: .*version")),
            Says("active", "silence", findings=("rejected_version", "silence"),
                 words=(f"from {ONE}", f"because adverts of {ONE} were discarded here"))),
    ]),
    "passwords": Scene(apart(one={"auth": {"type": "password", "password": "tell me"}},
                             two={"auth": {"type": "password", "password": "tell us"}},
                             version=2, interval="1s"), [
        Row("password mismatch", nothing,
            Says("active", findings=("rejected_auth_failed",), words=(f"from {TWO}", "password")),
            Says("active", findings=("rejected_auth_failed",), words=(f"from {ONE}", "password"))),
    ]),
    "intervals": Scene(apart(one={"interval": "1s"}, two={"interval": "2s"}, version=2), [
        Row("interval mismatch in version 2", nothing,
            Says("active", findings=("rejected_interval_differs",), words=("every 2.00 s",)),
            Says("active", findings=("rejected_interval_differs",), words=("every 1.00 s",))),
    ]),
    "peers": Scene(apart(one={"unicast": {"peers": ["192.0.2.3"]}},
                         two={"unicast": {"peers": ["192.0.2.99"]}}), [
        Row("a peer that is mistyped", nothing,
            Says("active", findings=("address_taken",),
                 words=("perhaps the other host of this router, Active as well", "peers")),
            Says("active", "silence", findings=("rejected_not_peer", "silence"),
                 words=(f"from {ONE}", "do: Name that host in unicast.peers",
                        f"because adverts of {ONE} were discarded here"))),
    ]),
    "keys": Scene(other_secret, [
        Row("HMAC key mismatch", nothing,
            Says("active", findings=("rejected_hmac_bad",), words=(f"from {TWO}", "do: .*keys")),
            Says("active", findings=("rejected_hmac_bad",), words=(f"from {ONE}", "do: .*keys"))),
    ]),
    "clocks": Scene(wrong_clock, [
        Row("stale HMAC clock", nothing, SERVES,
            Says("backup", "started", election="nobody", findings=("rejected_hmac_stale",),
                 words=(f"from {ONE}", "clock=differs", "do: Set the clocks"))),
    ]),
    "families": Scene(dual, [
        Row("deaf family", deaf_family, SERVES,
            Says("backup", election="higher", findings=("deaf",), family=6,
                 words=("its IPv6 is deaf: no advert arrives there", "deaf=yes",
                        "do: .*look for a filter of this family"))),
    ]),
    "group": Scene(grouped, [
        Row("group member in fault", member_fails,
            Says("fault", "member", cause="no_carrier", by="wan", findings=("fault",),
                 words=("wan has a fault", "wan is in fault: interface eth1 has no carrier",
                        "do: Look at the cable")),
            Says("active", words=("one of 2 of the group gateway", "left|silence"))),
    ]),
}
UNSANITIZED = {"clocks"}         # sanitizers want to be loaded before another clock


@pytest.mark.parametrize("scene", SCENES)
def test_why_names_the_true_cause_on_both_nodes(lab, scene):
    if scene in UNSANITIZED and is_sanitized():
        pytest.skip("sanitizers want to be loaded first, before the clock of this scene")
    pair = SCENES[scene].make(lab)
    for row in SCENES[scene].rows:
        with row.inject(pair):
            row.one.wait(pair.one, row.cause)
            row.two.wait(pair.two, row.cause)


def test_group_that_took_over_says_who_was_first(lab):
    one, two = test_groups.pair(lab)
    one.kill()
    test_groups.wait_all(two, "active")
    first = next(it["name"] for it in two.show()["routers"] if it["reason_code"] == "silence")
    [follower] = {"lan", "wan"} - {first}
    silent = {"lan": ONE, "wan": "198.51.100.2"}[first]
    Says("active", "group", cause="silence", by=first, router=follower, findings=("silence",),
         words=(f"{first} was the first", f"{silent} was Active until it fell silent")).wait(
             two, "a takeover")


def test_why_of_a_group_and_of_all(lab):
    agent, _ = test_groups.pair(lab)

    def names(*args):
        return [it["name"] for it in json.loads(agent.ctl("why", "--json", *args).stdout)["routers"]]

    assert names() == names("gateway") == ["lan", "wan"] and names("wan") == ["wan"]
    done = agent.ctl("why", "nobody", check=False)
    assert done.returncode == 1 and "there is no router of that name; there are: lan, wan" in done.stderr


def test_why_has_what_the_journal_lacks_from_the_history(lab, home):  # pylint: disable=redefined-outer-name
    """Somebody has removed the ring: a reload makes another one, which has no states yet."""
    agent = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(150)], state_dir=home, user="root")
    agent.wait_state("lan", "active")
    wait_until(lambda: "backup->active" in agent.ctl("history", check=False).stdout,
               what="it in the history")
    namespace = agent.host.run("stat", "-L", "-c", "%i", "/proc/self/ns/net").stdout.strip()
    os.remove(f"/run/vipd/netns-{namespace}.router.events")
    reload(agent)
    Says("active", "silence", words=("history .*state=initialize->backup", ".*backup->active reason="
                                     "\"no advert")).wait(agent, "history")
    [it] = json.loads(agent.ctl("why", "--json").stdout)["routers"]
    assert [event["to"] for event in it["events"]] == ["backup", "active"]


def test_output_of_a_check_steers_no_terminal(lab):
    """What a command writes is anybody's: neither ASCII's controls, nor those of C1, nor no text."""
    writes = lab.path("writes")
    with open(writes, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nprintf 'a\\033[2J\\302\\2331m\\233x'\n")
    os.chmod(writes, 0o755)
    agent = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(150, track=[{"check": "web"}])],
                     checks=[{"name": "web", "command": [writes], "user": "root"}])
    agent.wait_state("lan", "active")
    Says("active", words=(r"it says: a\\x1b\[2J\\xc2\\x9b1m\\x9bx\n",)).wait(agent, "output")
    [it] = json.loads(agent.ctl("why", "--json").stdout)["routers"]
    assert [track["says"] for track in it["priority"]["tracks"]] == [r"a\x1b[2J\xc2\x9b1m\x9bx"]


def test_why_without_the_journal_says_so(lab):
    """As for somebody who may ask the control socket, but not read the rings."""
    agent = lab.vipd(lab.host("gw1", f"{ONE}/24"), [router(150)])
    agent.wait_state("lan", "active")
    os.chown(agent.control, 0, NOBODY)
    done = agent.host.run(*as_user(NOBODY, NOBODY), *agent.ctl_argv("why"))
    assert "election " in done.stdout and "reading the journal needs root" in done.stdout
    assert done.stderr == ""
