# SPDX-License-Identifier: MIT
"""What vipd sends: the bytes of adverts and announcements, their order and their rhythm."""

import os
import statistics
import subprocess
import time

import pytest

import frames
from agents import ROOT, vipd_config
from lab import router, wait_until
from timing import assert_elapsed, down

VIP = "192.0.2.1"
REAL = "192.0.2.2"               # of the gateway
DONT_FRAGMENT = 0x4000


@pytest.fixture
def gw(lab):
    """The gateway under test."""
    return lab.host("gw", f"{REAL}/24")


def expected_advert(host, src=REAL, **fields):
    """The whole frame as it must be, built without vipd's code."""
    return frames.advert(src, src_mac=host.mac(), ident=0, fragment=DONT_FRAGMENT, tos=0xC0,
                         pad=0, **fields)


def expected_announcement(host, address):
    """RFC 5227 §3 and RFC 9568 §8.1.2, with the interface's MAC."""
    mac = host.mac()
    return frames.arp(1, mac, address, address, mac, pad=0)


def median_gap(adverts):
    """In seconds: what most gaps are, whatever a busy machine did to some of them."""
    return statistics.median((b.ns - a.ns) / 1e9 for a, b in zip(adverts, adverts[1:]))


# Bytes

@pytest.mark.requirement("R-001", "R-002", "R-003", "R-004", "R-011", "R-012", "R-016", "R-018",
                         "R-020", "R-022", "R-023", "R-026")
@pytest.mark.parametrize("checksum", ["rfc9568", "rfc5798"])
@pytest.mark.parametrize("vrid, priority, addresses", [
    (51, 100, [VIP]),
    (1, 254, ["192.0.2.30", "192.0.2.7", "198.51.100.1"]),
    (255, 1, [f"198.51.100.{i}" for i in range(255, 0, -1)]),
], ids=["one", "three", "255 addresses"])
def test_advert_is_exact_to_the_byte(lab, gw, checksum, vrid, priority, addresses):
    """Header, order of the list, both forms of the checksum; in the first adverts and the last."""
    vipd = lab.vipd(gw, [router(priority, vrid=vrid, checksum=checksum,
                                addresses=[f"{address}/32" for address in addresses])])
    fields = {"vrid": vrid, "addresses": addresses, "interval": 10, "checksum": checksum}
    for advert in gw.wait_adverts(3):
        assert advert.frame.data == expected_advert(gw, priority=priority, **fields)
    assert vipd.term() == 0
    last = lab.capture.wait_advert(host=gw, priority=0)
    assert last.frame.data == expected_advert(gw, priority=0, **fields)


@pytest.mark.requirement("R-013", "R-017", "R-018", "R-055")
@pytest.mark.parametrize("interval, field", [("10ms", 1), ("1s", 100), ("40.95s", 4095)])
def test_owner_starts_active_with_the_configured_interval(lab, gw, interval, field):
    """An owner waits for nobody: advert, then announcements, at once."""
    vipd = lab.vipd(gw, [router("owner", interval=interval, addresses=[f"{REAL}/24"])])
    first = lab.capture.wait_advert(host=gw, timeout=2)
    assert first.frame.data == expected_advert(gw, priority=255, addresses=[REAL], interval=field)
    assert vipd.router()["reason"] == "owner of the addresses"
    announced = lab.capture.wait_arp(host=gw, timeout=2, gratuitous=True)
    assert announced.frame.data == expected_announcement(gw, REAL)
    assert first.ns < announced.ns


@pytest.mark.requirement("R-013", "R-055", "R-068")
def test_owner_start_is_advert_announcements_advert(lab, gw):
    gw.ip("address add 192.0.2.12/24 dev eth0")
    lab.vipd(gw, [router("owner", interval="1s", addresses=[f"{REAL}/24", "192.0.2.12/24"],
                         announce={"after": ["1m"]})])
    first, second = gw.wait_adverts(2)[:2]
    between = [frame for frame in lab.capture.frames(host=gw) if frame.vrrp or frame.arp]
    between = between[between.index(first.frame) + 1:between.index(second.frame)]
    assert [frame.data for frame in between] == [expected_announcement(gw, REAL),
                                                 expected_announcement(gw, "192.0.2.12")]
    assert_elapsed(first.ns, second, 1, early=0.5)
    assert {advert.priority for advert in (first, second)} == {255}


@pytest.mark.requirement("R-001")
def test_source_is_the_first_real_address_never_a_virtual_one(lab):
    """Also when virtual addresses are lower, of the same subnet, and on the interface."""
    gw = lab.host("gw", "192.0.2.50/24", "192.0.2.20/24")
    vipd = lab.vipd(gw, [router(addresses=["192.0.2.1/24", "192.0.2.60/24"],
                                extra_addresses=["192.0.2.2/32"])])
    vipd.wait_state("lan", "active")
    assert {"192.0.2.1/24", "192.0.2.60/24", "192.0.2.2/32"} <= set(gw.addresses())
    mark = lab.now()
    assert {advert.src for advert in gw.wait_adverts(3, since=mark)} == {"192.0.2.50"}
    assert {advert.src for advert in lab.capture.adverts(host=gw)} == {"192.0.2.50"}


@pytest.mark.requirement("R-001")
def test_source_moves_on_when_its_address_is_removed(lab):
    """It stays while it can, since it breaks ties; a virtual router does not die with it."""
    gw = lab.host("gw", f"{REAL}/24", "198.51.100.2/24")
    vipd = lab.vipd(gw, [router(addresses=["203.0.113.1/24"])])
    vipd.wait_state("lan", "active")
    gw.ip("address del 192.0.2.2/24 dev eth0")
    lab.capture.wait_advert(host=gw, src="198.51.100.2")
    gw.ip("address add 192.0.2.2/24 dev eth0")
    wait_until(lambda: "192.0.2.2/24" in gw.addresses(), what="the address to be back")
    mark = lab.now()
    assert {advert.src for advert in gw.wait_adverts(3, since=mark)} == {"198.51.100.2"}
    assert vipd.router()["counters"]["became_active"] == 1


@pytest.mark.requirement("R-009")
def test_group_is_not_forwarded(lab, gw, probe):
    """A gateway that forwards everything else keeps adverts on their link."""
    gw.attach("wan", "198.51.100.2/24")
    gw.sysctl("net.ipv4.ip_forward", 1)
    lab.vipd(gw, [router(), router(name="wan", interface="eth1", vrid=52,
                                   addresses=["198.51.100.1/24"])])
    gw.wait_adverts(1, vrid=51)
    probe.advert(priority=77)
    probe.advert(priority=77, vrid=99)
    lab.capture.wait_advert(host=probe.host, vrid=99)
    lab.capture.wait_advert(host=gw, vrid=52)
    mark = lab.now()
    gw.wait_adverts(2, since=mark, vrid=52)
    assert not lab.capture.adverts(host=gw, priority=77)
    assert {(advert.vrid, advert.port.dev) for advert in lab.capture.adverts(host=gw)} == {
        (51, "eth0"), (52, "eth1")}


# Configuration that the wire cannot carry

@pytest.mark.requirement("R-012", "R-014", "R-016", "R-019")
@pytest.mark.parametrize("change", [
    {"vrid": None}, {"vrid": 0}, {"vrid": 256}, {"priority": 0}, {"priority": 255},
    {"addresses": None}, {"addresses": [f"10.0.{i // 250}.{i % 250 + 1}/32" for i in range(256)]},
    {"interval": "0s"}, {"interval": "40.96s"}, {"interval": "15ms"},
], ids=lambda change: "-".join(f"{key} {str(value)[:12]}" for key, value in change.items()))
def test_what_an_advert_cannot_say_is_refused(tmp_path, change):
    settings = {key: value for key, value in {**router(), **change}.items() if value is not None}
    config = tmp_path / "vipd.conf"
    config.write_text(vipd_config([settings], {"node": "gw"}))
    vipd = os.environ.get("VIPD", f"{ROOT}/build/vipd")
    done = subprocess.run([vipd, "-t", "-c", config], capture_output=True, text=True, timeout=10)
    assert done.returncode == 78
    assert next(iter(change)) in done.stderr


@pytest.mark.requirement("R-014", "R-018")
def test_defaults_are_priority_100_and_one_second(lab, gw):
    settings = {key: value for key, value in router().items()
                if key not in ("priority", "interval")}
    shown = lab.vipd(gw, [settings]).router()
    assert (shown["priority"], shown["interval_ms"], shown["version"]) == (100, 1000, 3)


# Takeover

@pytest.mark.requirement("R-065", "R-067", "R-068", "R-106")
def test_takeover_is_advert_announcements_advert(lab, gw, probe):
    """One announcement per address, the unadvertised ones too, nothing before the advert.

    A peer that leaves makes the takeover quick, and the second advert comes a second later.
    """
    lab.vipd(gw, [router(250, interval="1s", extra_addresses=["203.0.113.7/32"],
                         announce={"after": ["1m"]},
                         addresses=[f"{VIP}/24", "192.0.2.7/24", "198.51.100.7/32"])])
    probe.advert(priority=255)
    probe.advert(priority=0)
    first, second = gw.wait_adverts(2)[:2]
    sent = [frame for frame in lab.capture.frames(host=gw) if frame.vrrp or frame.arp]
    assert sent[0] is first.frame
    assert [frame.data for frame in sent[1:5]] == [
        expected_announcement(gw, address)
        for address in (VIP, "192.0.2.7", "198.51.100.7", "203.0.113.7")]
    assert sent[5] is second.frame
    assert_elapsed(first.ns, second, 1, early=0.5)


@pytest.mark.requirement("R-059", "R-077", "R-107")
def test_nothing_is_announced_before_it_answers(lab, gw, probe):
    """Asked 2,000 times a second: silent while Backup, and never again once it is announced."""
    lab.vipd(gw, [router()])
    asked = frames.arp(1, probe.mac, "0.0.0.0", VIP)
    with probe.flood(asked, 2000, 3):
        announced = lab.capture.wait_arp(host=gw, gratuitous=True)
        mark = lab.now()
        wait_until(lambda: len(lab.capture.arps(host=gw, since=mark, op=2)) > 10, what="answers")
    assert probe.who_has(VIP), "in order: every earlier question was answered by now, or never"
    questions = lab.capture.arps(host=probe.host, op=1)
    answers = lab.capture.arps(host=gw, op=2)
    unanswered = len(questions) - len(answers)
    assert len(answers) > 10 and {answer.sha for answer in answers} == {gw.mac()}
    assert questions[100].ns < questions[unanswered - 1].ns < announced.ns
    assert answers[0].ns > questions[unanswered - 1].ns


@pytest.mark.requirement("R-077", "R-083", "R-102")
def test_active_answers_arp_and_ping_for_every_address(lab, gw, probe):
    client = lab.host("client", "192.0.2.100/24")
    vipd = lab.vipd(gw, [router(addresses=[f"{VIP}/24", "192.0.2.7/32"],
                                extra_addresses=["192.0.2.8/32"])])
    vipd.wait_state("lan", "active")
    for address in (VIP, "192.0.2.7", "192.0.2.8"):
        assert [reply.sha for reply in probe.who_has(address)] == [gw.mac()]
        lab.ping(client, address).wait_answer()


@pytest.mark.requirement("R-059", "R-063", "R-076")
def test_backup_answers_and_sends_nothing(lab, gw, probe):
    """Nor does it answer a ping that is sent to its own MAC. A question to its real address,
    asked last, shows that all was heard."""
    vipd = lab.vipd(gw, [router()])
    with probe.speak(every=0.02, priority=200, interval=200):
        probe.host.wait_adverts(50)
        for _ in range(3):
            probe.send(frames.arp(1, probe.mac, "192.0.2.9", VIP))
            probe.send(ping_frame(probe, gw, VIP))
        probe.send(frames.arp(1, probe.mac, "192.0.2.9", REAL), ping_frame(probe, gw, REAL))
        lab.capture.wait_frame(lambda frame: frame.echo and frame.ip.src == REAL, host=gw)
        assert lab.capture.arps(host=gw, spa=REAL, op=2)
        shown = vipd.router()
    assert (shown["state"], shown["active_address"]) == ("backup", "192.0.2.9")
    assert not lab.capture.arps(host=gw, spa=VIP) and f"{VIP}/24" not in gw.addresses()
    assert not [frame for frame in lab.capture.frames(host=gw)
                if frame.ip and frame.ip.src == VIP]
    assert not lab.capture.adverts(host=gw)


def ping_frame(probe, host, address):
    """An echo request to an address of whoever, sent to that host's MAC."""
    body = b"\x08\0\0\0\0\1\0\1"
    body = body[:2] + frames.internet_checksum(body).to_bytes(2, "big") + body[4:]
    packet = frames.ipv4(body, "192.0.2.9", address, proto=frames.IPPROTO_ICMP, ttl=64)
    return frames.ether(packet, probe.mac, host.mac())


# Rhythm

@pytest.mark.requirement("R-086")
def test_adverts_do_not_drift(lab, gw):
    """Each counts from the last deadline, not from when it happened to be sent.

    Lateness comes and goes, drift stays: the best of the first adverts and the best of the last
    are compared. After a stall of an interval or more the rhythm starts anew, so only the longest
    stretch without one counts.
    """
    lab.vipd(gw, [router(254, interval="10ms")])
    deadline = time.monotonic() + 20
    late = []
    while len(late) < 60 and time.monotonic() < deadline:
        gw.wait_adverts(60, since=lab.now())
        late = lateness([advert.ns for advert in lab.capture.adverts(host=gw)], 10**7)
    if len(late) < 60:
        pytest.skip("in 20 s this machine did not go on for 0.6 s without a stall of 10 ms")
    drift = (min(late[-20:]) - min(late[:20])) / (len(late) - 20)
    assert abs(drift) < 15e3, f"{drift / 1e3:.1f} µs per advert"


def lateness(times, interval):
    """How late each advert of the longest stretch without a stall was; all in ns."""
    stalls = [i for i in range(1, len(times)) if times[i] - times[i - 1] > 1.8 * interval]
    ends = [*stalls, len(times)]
    start, end = max(zip([0, *stalls], ends), key=lambda run: run[1] - run[0])
    return [times[i] - times[start] - (i - start) * interval for i in range(start, end)]


@pytest.mark.requirement("R-031", "R-095")
def test_own_interval_is_used_and_advertised_after_learning_another(lab, gw, probe):
    vipd = lab.vipd(gw, [router(interval="100ms")])
    probe.advert(priority=200, interval=40)
    adverts = gw.wait_adverts(10)[:10]
    assert_elapsed(lab.capture.wait_advert(host=probe.host).ns, adverts[0], down(100, 0.4))
    assert {advert.interval for advert in adverts} == {10}
    assert abs(median_gap(adverts) - 0.1) < 0.02
    assert vipd.router()["interval_ms"] == 100


# What others do to a host

@pytest.mark.requirement("R-085", "R-086")
def test_firewall_output_rule_does_not_silence_it(lab, gw):
    """It sends frames, not packets; a raw socket of the same host shows that the rule works."""
    gw.run("nft", "-f", "-", input="table ip filter {\nchain output {\n"
           "type filter hook output priority 0\nip protocol 112 drop\n}\n}\n")
    vipd = lab.vipd(gw, [router()])
    gw.wait_adverts(3)
    raw = gw.socket(frames.socket.AF_INET, frames.socket.SOCK_RAW, frames.IPPROTO_VRRP)
    raw.bind((REAL, 0))
    with raw, pytest.raises(PermissionError):
        raw.sendto(frames.vrrp(priority=66), (frames.VRRP_GROUP, 0))
    assert vipd.term() == 0
    lab.capture.wait_advert(host=gw, priority=0)
    assert not lab.capture.adverts(host=gw, priority=66)


def test_no_packet_socket_receives(lab, gw):
    """A tap would cost every packet that a gateway forwards: only ARP, which it does not forward, is
    heard."""
    vipd = lab.vipd(gw, [router()])
    vipd.wait_state("lan", "active")
    head, *entries = gw.run("cat", "/proc/net/packet").stdout.splitlines()
    column = head.split().index("Proto")
    assert {entry.split()[column] for entry in entries} == {"0806"}


@pytest.mark.requirement("R-086")
def test_counters_are_what_the_wire_saw(lab, gw):
    vipd = lab.vipd(gw, [router(interval="20ms", addresses=[f"{VIP}/24", "192.0.2.7/24"],
                                announce={"after": ["1m"]})])
    gw.wait_adverts(10)
    before = len(lab.capture.adverts(host=gw))
    counters = vipd.router()["counters"]
    assert before <= counters["adverts_sent"] <= len(lab.capture.adverts(host=gw))
    assert counters["announcements_sent"] == len(lab.capture.arps(host=gw, gratuitous=True)) == 2
    assert (counters["became_active"], counters["priority_zero_sent"]) == (1, 0)
    assert counters["send_errors"] == 0
