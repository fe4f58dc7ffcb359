# SPDX-License-Identifier: MIT
"""What is wrong on a LAN, a row for each: one line that says what to do however often it is seen, a
counter, an event, and a field of `vipctl show --json`."""

from dataclasses import dataclass, field

import pytest

import frames
from agents import router
from lab import wait_until
from test_events import events

OWN, VIP, VIP6 = "192.0.2.2", "192.0.2.1", "2001:db8::1"
OFTEN = 8                        # adverts in which it is seen


@dataclass
class Row:
    """What is wrong. does: what the other one sends; silent: it ends that; holds: it just has the
    address."""
    word: str                    # in the line, of the counter, of the field
    remedy: str                  # words of the line
    does: dict = field(default_factory=dict)
    conf: dict = field(default_factory=dict)
    counter: str = "noticed"
    kind: str = "notice"
    silent: bool = False
    holds: str = ""
    family: int = 4

    def warning(self):
        """As `warnings` has it."""
        return f"rejected_{self.word}" if self.counter == "rejected" else self.word


OWNER = {"priority": "owner", "addresses": [f"{OWN}/24"]}
ROWS = {
    "another host answers for our address":
        Row("address_taken", "remove the address there", holds=f"{VIP}/24"),
    "another host answers for our IPv6 address":
        Row("address_taken", "remove the address there", holds=f"{VIP6}/64", family=6,
            conf={"addresses": [f"{VIP6}/64"]}),
    "two owners":
        Row("owner", "only one may have", {"priority": 255, "addresses": [OWN]}, OWNER),
    "equal priorities":
        Row("equal_priority", "give distinct priorities", {"priority": 100}),
    "the same VRID with other addresses":
        Row("address_list", "set the same addresses on both, or another vrid",
            {"addresses": ["192.0.2.77"]}),
    "another interval":
        Row("interval", "set the same on both", {"interval": 20}),
    "version 2 where we speak 3":
        Row("version", "set version to 2 in router lan, or to 3 there",
            {"version": 2, "interval": 1}, counter="rejected", kind="reject"),
    "version 3 where we speak 2":
        Row("version", "set version to 3 in router lan, or to 2 there", {"interval": 100},
            {"version": 2, "interval": "1s"}, counter="rejected", kind="reject"),
    "the other form of the checksum":
        Row("checksum_form", "set checksum to rfc5798 in router lan", {"checksum": "rfc5798"}),
    "our own adverts come back":
        Row("own_source", "find the loop", {"src": OWN}, counter="rejected", kind="reject"),
    "a lower priority that keeps advertising":
        Row("not_heard", "look for a firewall", {"priority": 50}),
    "nothing is heard where somebody used to be":
        Row("fell_silent", "a firewall, or with multicast a switch that filters it", silent=True,
            kind="suspicion"),
}


def is_line(line, row):
    """Whether a line of the log tells of it."""
    told = {"notice": f"notice={row.word} ", "reject": f"rejected={row.word} ",
            "suspicion": "interface=eth0 last_heard=192.0.2.9 "}
    return told[row.kind] in line


def is_event(event, row):
    """Whether an event does."""
    return event["kind"] == row.kind and event["router"] == "lan" and (
        row.kind == "suspicion" or event.get("notice", event.get("rejected")) == row.word)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_wrong_on_the_lan_is_told(lab, name):
    row = ROWS[name]
    gateway = lab.host("gw1", f"{OWN}/24", "2001:db8::2/64", ipv6=True)
    gateway.sysctl("net.ipv4.conf.all.accept_local", 1)       # else the kernel drops our source
    other = lab.host("other", ipv6=True)
    if row.holds:
        other.ip(f"address add {row.holds} dev eth0")
    agent = lab.vipd(gateway, [router() | row.conf])
    said = {"vrid": 51, "priority": 200, "addresses": [VIP], "src": "192.0.2.9", **row.does}
    if not row.holds:
        speaker = frames.Probe(other).speak(every=0.1, **said)
        lab.capture.wait_frame(lambda frame: frame.vrrp and speaker.sent >= OFTEN)
        if row.silent:
            speaker.stop()
    line = wait_until(lambda: next((it for it in agent.log if is_line(it, row)), None), 20,
                      lambda _: agent.story(f"a line about {name}"))
    assert row.remedy in line, line
    shown = wait_until(
        lambda: (it := agent.router(family=row.family)) and row.warning() in it["warnings"] and it,
        what=lambda _: agent.story(f"the warning {row.warning()}"))
    assert shown["counters"][row.counter][row.word] >= 1
    assert any(is_event(it, row) and row.remedy in it["text"] for it in events(agent))
    seen = shown["counters"][row.counter][row.word]
    if not row.holds and not row.silent:
        wait_until(lambda: agent.router(family=row.family)["counters"][row.counter][row.word]
                   > seen + OFTEN, what="it to be seen again and again")
    assert len([it for it in agent.log if is_line(it, row)]) == 1, agent.log


# What the Active goes on with, as its adverts are taken no more.
DISCARDED = {
    "version": ({"version": 2, "interval": 1}, "speaks another version of VRRP"),
    "checksum": ({"checksum": 0x1234}, "neither form of the checksum fits"),
    "auth_mismatch": ({"version": 2, "interval": 1, "auth_type": 1, "auth": b"secret"},
                      "do not authenticate in the same way"),
    "destination": ({"dst": OWN, "dst_mac": frames.mac_of_address(OWN)},
                    "by unicast where it uses multicast"),
}


def suspicion(agent):
    """The line that comes with a takeover by silence."""
    return wait_until(lambda: next((it for it in agent.log if "last_heard=192.0.2.9 " in it
                                    and "note=" in it), None), 20,
                      lambda _: agent.story("a line about a suspicion"))


@pytest.mark.parametrize("reason", DISCARDED)
def test_suspicion_names_why_adverts_of_the_active_are_discarded(lab, reason):
    """vipd knows that they arrive: no firewall is to be looked for."""
    does, remedy = DISCARDED[reason]
    gateway = lab.host("gw1", f"{OWN}/24")
    if "dst_mac" in does:
        does = {**does, "dst_mac": gateway.mac("eth0")}
    other = frames.Probe(lab.host("other"))
    version = {"version": 2, "interval": "1s"} if "auth_type" in does else {}
    agent = lab.vipd(gateway, [router() | version])
    said = {"vrid": 51, "priority": 200, "addresses": [VIP], "every": 0.1}
    if version:
        said |= {"version": 2, "interval": 1}
    speaker = other.speak(**said)
    wait_until(lambda: agent.router()["active_address"] == "192.0.2.9",
               what=lambda _: agent.story("the Active to be heard"))
    speaker.stop()
    other.speak(**said | does)
    line = suspicion(agent)
    assert f"last_heard=192.0.2.9 rejected={reason} " in line, line
    assert "are discarded here" in line and remedy in line and "firewall" not in line, line
    event = next(it for it in events(agent) if it["kind"] == "suspicion")
    assert (event["last_heard"], event["rejected"]) == ("192.0.2.9", reason), event
    assert remedy in event["note"], event


def test_suspicion_leaves_out_what_another_host_sends(lab):
    """Adverts of a third host that are discarded say nothing of the Active that fell silent."""
    agent = lab.vipd(lab.host("gw1", f"{OWN}/24"), [router()])
    other = frames.Probe(lab.host("other"))
    said = {"vrid": 51, "priority": 200, "addresses": [VIP]}
    speaker = other.speak(every=0.1, **said)
    other.speak(src="192.0.2.8", every=0.1, **said | {"version": 2, "interval": 1})
    wait_until(lambda: agent.router()["counters"]["rejected"]["version"] > 2
               and agent.router()["active_address"] == "192.0.2.9",
               what=lambda _: agent.story("both to be heard"))
    speaker.stop()
    line = suspicion(agent)
    assert "rejected=" not in line and "a firewall" in line, line
