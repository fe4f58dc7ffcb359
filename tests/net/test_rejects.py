# SPDX-License-Identifier: MIT
"""Every reason to discard a packet, in every version and family: a thousand packets in a second
raise its counter, and nothing else changes.

A table of packets per reason; a reason that vipd counts and the table lacks is a failure. Single
packets, their times and mixed floods are in test_receive.py and tests/conformance.
"""

from dataclasses import dataclass, field

import pytest

import frames
from lab import router, wait_until
from seldom import seldom

NUMBER = 1000                    # packets of each reason
RATE = 1000                      # of them in a second
OURS = 200                       # the priority of one that is Active
LINES = 2                        # of the log that a flood may cost
PASSWORD = {"auth_type": 1, "auth": b"tell me"}
SIGNED = "routers with HMAC count it: tests/conformance/test_unicast.py"
ELSEWHERE = {"not_peer": "unicast routers count it: tests/conformance/test_unicast.py",
             **{f"hmac_{word}": SIGNED for word in (
                 "missing", "malformed", "stale", "unknown_key", "bad", "replay")}}


@dataclass(frozen=True)
class Wire:
    """A version over a family: our own host, a peer, our router, and what a good advert has."""
    own: str
    real: str                    # what adverts are sent from
    peer: str
    vip: str
    interval: float              # s
    raw: int                     # the same in the unit of the field
    keys: dict = field(default_factory=dict)
    good: dict = field(default_factory=dict)
    spoiled: dict = field(default_factory=dict)

    family = property(lambda self: 6 if ":" in self.peer else 4)


EVERYWHERE = {
    "ttl": {"ttl": 254},
    "version": {"version": 5},
    "type": {"type": 2},
    "length": {"trailing": b"\0"},
    "empty_list": {"addresses": []},
    "checksum": {"checksum": "bad"},
    "interval": {"interval": 0},
}
IPV4 = {"own": "192.0.2.2/24", "real": "192.0.2.2", "peer": "192.0.2.9", "vip": "192.0.2.1"}
# A stray with our own addresses would be told as a conflict, by right.
OF_IPV4 = {
    "vrid": {"vrid": 52, "addresses": ["192.0.2.77"]},
    "source": {"src": "0.0.0.0"},
    "own_source": {"src": IPV4["real"]},
    "destination": {"dst": IPV4["real"], "dst_mac": "02:00:00:00:01:00"},
}
REAL6 = "fe80::ff:fe00:100"      # of the first host of a lab
WIRES = {
    "v3 IPv4": Wire(**IPV4, interval=0.1, raw=10, keys={"interval": "100ms"},
                    good={"addresses": ["192.0.2.1"]}, spoiled={**EVERYWHERE, **OF_IPV4}),
    "v2 IPv4": Wire(**IPV4, interval=1, raw=1,
                    keys={"version": 2, "interval": "1s",
                          "auth": {"type": "password", "password": "tell me"}},
                    good={"version": 2, "addresses": ["192.0.2.1"], **PASSWORD},
                    spoiled={**EVERYWHERE, **OF_IPV4,
                             "auth_type": {"auth_type": 3},
                             "auth_ah": {"auth_type": 2},
                             "auth_mismatch": {"auth_type": 0, "auth": b""},
                             "auth_failed": {"auth": b"tell us"},
                             "interval_differs": {"interval": 3}}),
    "v3 IPv6": Wire("2001:db8::2/64", REAL6, "fe80::9", "2001:db8::1", interval=0.1, raw=10,
                    keys={"interval": "100ms", "addresses": ["2001:db8::1/64"]},
                    good={"addresses": ["fe80::200:5eff:fe00:233", "2001:db8::1"]},
                    spoiled={**EVERYWHERE,
                             "vrid": {"vrid": 52, "addresses": ["fe80::77"]},
                             "source": {"src": "::"},
                             "own_source": {"src": REAL6},
                             "not_link_local": {"src": "2001:db8::9"},
                             "destination": {"dst": REAL6, "dst_mac": "02:00:00:00:01:00"}}),
}
each_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
some_wires = pytest.mark.parametrize("wire", [        # its interval is a second and takes long
    (seldom if name == "v2 IPv4" else pytest.param)(wire, id=name) for name, wire in WIRES.items()])


@pytest.fixture
def gw(lab, wire):
    """The host under test, the first one. Its kernel lets packets of its own source in."""
    host = lab.host("gw", wire.own, ipv6=wire.family == 6)
    assert host.mac() == "02:00:00:00:01:00"
    host.sysctl("net.ipv4.conf.eth0.accept_local", 1)
    return host


def built(probe, wire, **fields):
    """A frame of the peer, good but for these fields."""
    fields = {"src_mac": probe.mac, "interval": wire.raw, **wire.good, **fields}
    return frames.advert(fields.pop("src", wire.peer), fields.pop("dst", None), **fields)


def totals(shown, wire):
    """{reason: how many}, of the router and of the agent together, and those that it lost aloud."""
    [it] = [it for it in shown["routers"] if it["family"] == wire.family]
    sums = {name: number + shown["rejected"].get(name, 0)
            for name, number in it["counters"]["rejected"].items()}
    return {**sums, "unread": shown["unread"], "dropped": shown["dropped"]}


def rises(before, after):
    """What of that has risen, and by how much."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def constant(shown, wire):
    """What of a router nothing may change; an Active goes on advertising, a Backup hearing."""
    [it] = [dict(it) for it in shown["routers"] if it["family"] == wire.family]
    counters = {name: value for name, value in it.pop("counters").items()
                if name not in ("adverts_sent", "adverts_received", "announcements_sent",
                                "rejected")}
    for name in ("last_heard", "takeover_in_ms", "rejected_sources"):
        it.pop(name)
    it["warnings"] = [word for word in it["warnings"] if not word.startswith("rejected_")]
    return {**it, **counters}


def flood(probe, vipd, wire, reason):
    """So many packets of a reason, that would depose an Active or hasten a Backup. Return: what
    rose. What a full queue lost the kernel tells with the next packet that gets in: one more."""
    before = totals(vipd.show(), wire)
    wrong = [built(probe, wire, **{"priority": priority, **wire.spoiled[reason]})
             for priority in (255, 0)]
    assert probe.flood(wrong, RATE, NUMBER / RATE).wait() == NUMBER
    vipd.show()
    probe.send(built(probe, wire, ttl=33))

    def risen():
        return rises(before, totals(vipd.show(), wire))

    wait_until(lambda: sum(risen().values()) > NUMBER,
               what=lambda _: f"{NUMBER} of {reason} to be counted, not {risen()}")
    return risen()


def check_reason(probe, vipd, wire, reason):
    """One counter rises, at most two lines are told, and all else is as it was."""
    before, lines, held = vipd.show(), len(vipd.log), vipd.host.addresses()
    mark = vipd.host.lab.now()
    risen = flood(probe, vipd, wire, reason)
    risen["ttl"] -= 1
    lost = risen.pop("unread", 0) + risen.pop("dropped", 0)
    assert risen.pop(reason) == NUMBER - lost, (reason, lost)
    assert lost < NUMBER and not any(risen.values()), (reason, risen)
    assert constant(vipd.show(), wire) == constant(before, wire), reason
    assert vipd.host.addresses() == held, reason
    assert len(vipd.log) - lines <= LINES, (reason, vipd.log[lines:])
    return mark


@each_wire
def test_table_has_every_reason_that_is_counted(lab, gw, wire):
    """Of some wire at least: not all reasons exist in all of them."""
    vipd = lab.vipd(gw, [router(OURS, **wire.keys)])
    known = set(vipd.router(family=wire.family)["counters"]["rejected"])
    assert known == {reason for it in WIRES.values() for reason in it.spoiled} | set(ELSEWHERE)


@pytest.mark.long
@pytest.mark.requirement("R-047", "R-048")
@some_wires
def test_active_discards_a_thousand_of_each(lab, gw, probe, wire):
    """It goes on at its own pace: neither silenced nor made to answer."""
    vipd = lab.vipd(gw, [router(OURS, **wire.keys)])
    for priority in (255, 0):
        probe.send(built(probe, wire, priority=priority))
    vipd.wait_state("lan", "active", family=wire.family)
    for reason in wire.spoiled:
        mark = check_reason(probe, vipd, wire, reason)
        due = (lab.now() - mark) / 1e9 / wire.interval
        sent = [it for it in lab.capture.adverts(since=mark, host=vipd.host)]
        assert 0.5 * due - 1 <= len(sent) <= due + 1, reason
        assert {it.priority for it in sent} <= {OURS}, reason


@pytest.mark.long
@pytest.mark.requirement("R-047", "R-048")
@each_wire
def test_backup_discards_a_thousand_of_each(lab, gw, probe, wire):
    """Nor is a Backup that hears its Active hastened, delayed or taught."""
    vipd = lab.vipd(gw, [router(100, **wire.keys)])
    fields = {"priority": OURS, "interval": wire.raw, **wire.good}
    with probe.speak(wire.peer, every=wire.interval, **fields):
        wait_until(lambda: vipd.router(family=wire.family)["active_address"] == wire.peer,
                   what="the Active to be heard")
        for reason in wire.spoiled:
            mark = check_reason(probe, vipd, wire, reason)
            assert not lab.capture.adverts(since=mark, host=vipd.host), reason


def test_wrong_password_now_and_then_changes_nothing(lab, probe):
    """One host of several was forgotten when the password changed; the others are right."""
    wire, forgotten = WIRES["v2 IPv4"], "192.0.2.66"
    host = lab.host("gw", wire.own)
    agent = lab.vipd(host, [router(100, **wire.keys)])
    fields = {**wire.good, "interval": wire.raw, "priority": 250}
    with probe.speak(wire.peer, every=0.2, **fields) as right:
        wait_until(lambda: agent.router()["active_address"] == wire.peer,
                   what="a Backup that hears")
        before = constant(agent.show(), wire)
        for number in range(1, 9):
            probe.send(built(probe, wire, src=forgotten, auth=b"old one",
                             priority=254 * (number % 2)))
            sent = right.sent
            wait_until(lambda it=sent: right.sent > it, what="a right one in between")
        wait_until(lambda: agent.router()["counters"]["rejected"]["auth_failed"] == 8,
                   what=lambda _: agent.story("eight rejected"))
        assert constant(agent.show(), wire) == before
    rejected = agent.router()["counters"]["rejected"]
    assert {word: n for word, n in rejected.items() if n} == {"auth_failed": 8}
    [source] = agent.router()["rejected_sources"]
    assert source.pop("last") and source == {"source": forgotten, "reason": "auth_failed",
                                             "packets": 8}
    [line] = [line for line in agent.log if "rejected=" in line]
    assert f"rejected=auth_failed source={forgotten} interface=eth0" in line
    assert "state=" not in "".join(agent.log[agent.log.index(line):])
