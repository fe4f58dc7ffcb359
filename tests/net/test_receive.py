# SPDX-License-Identifier: MIT
"""What vipd makes of what it hears: RFC 9568 §7.1 packet by packet, and floods of each kind.

A packet that is discarded moves one counter and nothing else: no timer, no learned value, no
answer. A Backup and an Active are asked separately, since they would do different harm.
"""

import random
import re
import signal
import statistics

import pytest

import frames
from lab import router, wait_until
from timing import LATE, assert_elapsed, down

VIP, REAL = "192.0.2.1", "192.0.2.2"
PEER = "192.0.2.9"               # whom the probe plays
OURS = 250                       # the priority of one that is Active
INTERVAL = 0.1                   # of router()
GLOBAL = "the agent"             # counts what concerns no router


def junk(reason, name, counted="lan", **fields):
    """A packet that must be discarded for that reason; fields break a good advert."""
    return pytest.param(reason, counted, fields, id=f"{reason}-{name}")


LONGEST_OPTIONS = b"\1" * 40     # a header of 60 bytes
JUNK = [
    *(junk("ttl", str(ttl), ttl=ttl) for ttl in (254, 1, 0)),
    *(junk("version", str(version), version=version) for version in (0, 1, 2, 4, 15)),
    *(junk("type", str(kind), type=kind) for kind in (0, 2, 15)),
    *(junk("length", f"{length} bytes", counted="lan" if length > 1 else GLOBAL, length=length)
      for length in (0, 1, 2, 7, 8, 11)),
    junk("length", "255 addresses in the space of one", count=255),
    junk("length", "one byte of surplus", trailing=b"\0"),
    junk("length", "an address of surplus", count=1, addresses=[VIP, "192.0.2.7"]),
    junk("length", "16 bytes per address", count=1, addresses=[VIP] * 4),
    junk("length", "shorter behind options", options=LONGEST_OPTIONS, length=11),
    junk("vrid", "52", counted=GLOBAL, vrid=52),
    junk("vrid", "0", counted=GLOBAL, vrid=0),
    junk("empty_list", "count 0", addresses=[]),
    junk("checksum", "bad", checksum="bad"),
    junk("checksum", "zero", checksum=0),
    junk("interval", "zero", interval=0),
    junk("source", "0.0.0.0", src="0.0.0.0"),
    junk("source", "240.0.0.1", src="240.0.0.1"),
    junk("destination", "unicast", dst=REAL, dst_mac="02:00:00:00:01:00"),
    junk("destination", "broadcast", dst="255.255.255.255", dst_mac=frames.BROADCAST_MAC),
    junk("own_source", "replayed", src=REAL),
]
each_junk = pytest.mark.parametrize("reason, counted, fields", JUNK)
JUNK_RULES = pytest.mark.requirement("R-032", "R-034", "R-035", "R-036", "R-037", "R-039", "R-042",
                                     "R-043", "R-046", "R-047", "R-099")


@pytest.fixture
def gw(lab):
    """The gateway under test. Its kernel is told to let packets of its own source in: vipd must
    not depend on the kernel for that."""
    host = lab.host("gw", f"{REAL}/24")
    host.sysctl("net.ipv4.conf.eth0.accept_local", 1)
    assert host.mac() == "02:00:00:00:01:00"
    return host


@pytest.fixture
def active(lab, gw, probe):
    """A vipd that is Active and has nothing to send for 10 s: what it does send is an answer.

    It took over at once because its predecessor left: 234 ms of skew time.
    """
    vipd = lab.vipd(gw, [router(OURS, interval="10s", leave="gap")])
    for priority in (255, 0):
        probe.advert(priority=priority, interval=1000)
    vipd.wait_state("lan", "active")
    return vipd


def built(probe, fields):
    """A frame as Probe.advert() would send it."""
    return frames.advert(**{"src": PEER, "src_mac": probe.mac, "interval": 10, **fields})


def ask_active(lab, gw, probe):
    """An Active answers the weaker: all that was sent before this was read by then."""
    mark = lab.now()
    probe.advert(priority=1, interval=1000)
    return lab.capture.wait_advert(host=gw, since=mark, priority=OURS)


def rejected(shown):
    """{(who counted, reason): number} of all that was discarded."""
    counters = {GLOBAL: shown["rejected"]}
    counters.update({it["name"]: it["counters"]["rejected"] for it in shown["routers"]})
    return {(who, reason): number for who, reasons in counters.items()
            for reason, number in reasons.items() if number}


def accepted(shown):
    """How many adverts a router accepted."""
    return shown["counters"]["adverts_received"]


def wait_received(vipd, count):
    """The router's counters, as soon as it accepted so many adverts."""
    wait_until(lambda: accepted(vipd.router()) >= count, what=f"{count} accepted adverts")
    assert accepted(vipd.router()) == count
    return vipd.router()["counters"]


def lines_of(vipd, pattern):
    """The lines of its log in which the regular expression is found."""
    return [line for line in vipd.log if re.search(pattern, line)]


# One packet at a time

@JUNK_RULES
@each_junk
def test_active_ignores(lab, gw, probe, active, reason, counted, fields):
    """Neither is it beaten by 255, nor does it answer a leaving peer, nor one that is weaker."""
    before = active.router()
    mark = lab.now()
    for priority in (255, 0, 50):
        probe.send(built(probe, {"priority": priority, **fields}))
    answer = ask_active(lab, gw, probe)
    assert lab.capture.adverts(since=mark, host=gw) == [answer]
    wait_until(lambda: sum(rejected(active.show()).values()) >= 3, what="three rejects")
    assert rejected(active.show()) == {(counted, reason): 3}
    after = active.router()
    assert (after["state"], after["counters"]["became_active"]) == ("active", 1)
    assert accepted(after) == accepted(before) + 1, "the question alone"


@JUNK_RULES
@each_junk
def test_backup_ignores(lab, gw, probe, reason, counted, fields):
    """Nothing delays, hastens or teaches: it takes over three intervals and a skew time after the
    last good advert, and says so."""
    vipd = lab.vipd(gw, [router(interval="1s")])
    probe.advert(priority=200, interval=10)
    sent = probe.flood([built(probe, {"interval": 400, "priority": priority, **fields})
                        for priority in (200, 0)], 200, 0.25).wait()
    first = lab.capture.wait_advert(host=gw)
    assert_elapsed(lab.capture.adverts()[0].ns, first, down(100, INTERVAL))
    shown = vipd.wait_state("lan", "active")
    silence = re.fullmatch(r"no advert for (\d+\.\d{3}) s", shown["reason"])
    assert INTERVAL * 3.6 <= float(silence[1]) <= INTERVAL * 3.6 + LATE
    wait_until(lambda: sum(rejected(vipd.show()).values()) >= sent, what=f"{sent} rejects")
    assert rejected(vipd.show()) == {(counted, reason): sent}
    assert accepted(vipd.router()) == 1
    assert len(lines_of(vipd, f"rejected={reason} source=")) == 1


@pytest.mark.requirement("R-037")
@pytest.mark.parametrize("checksum", ["rfc9568", "rfc5798"])
def test_every_flipped_bit_is_noticed(lab, gw, probe, active, checksum):
    """Whatever check finds it first, no message with a wrong bit is accepted, in either form."""
    before = accepted(active.router())
    good = built(probe, {"checksum": checksum, "priority": 255})
    start = 14 + 20
    for bit in range(12 * 8):
        broken = bytearray(good)
        broken[start + bit // 8] ^= 1 << bit % 8
        probe.send(bytes(broken))
    ask_active(lab, gw, probe)
    wait_until(lambda: sum(rejected(active.show()).values()) >= 96, what="96 rejects")
    shown = active.show()
    assert sum(rejected(shown).values()) == 96
    assert rejected(shown)["lan", "checksum"] >= 7 * 8, "what has no check of its own"
    assert accepted(active.router()) == before + 1, "the question alone"


@pytest.mark.requirement("R-039", "R-098")
def test_vrid_of_another_interface_is_not_ours(lab, gw, probe):
    gw.attach("wan", "198.51.100.2/24")
    wan = frames.Probe(lab.host("wanprobe", segment="wan"))
    wan_router = {"name": "wan", "interface": "eth1", "vrid": 52}
    vipd = lab.vipd(gw, [router(), router(addresses=["198.51.100.1/24"], **wan_router)])
    for vrid, ear in ((51, wan), (52, probe)):
        ear.advert(priority=200, vrid=vrid)
    wait_until(lambda: sum(rejected(vipd.show()).values()) >= 2, what="two rejects")
    assert rejected(vipd.show()) == {(GLOBAL, "vrid"): 2}
    assert [accepted(it) for it in vipd.show()["routers"]] == [0, 0]
    for name in ("lan", "wan"):
        vipd.wait_state(name, "active")


@pytest.mark.requirement("R-099")
@pytest.mark.parametrize("accept_local", [0, 1])
def test_own_adverts_that_come_back_are_harmless(lab, gw, probe, active, accept_local):
    """A loop in the network: whether the kernel drops them or vipd does, nothing is answered."""
    gw.sysctl("net.ipv4.conf.eth0.accept_local", accept_local)
    own = lab.capture.wait_advert(host=gw)
    mark = lab.now()
    assert probe.flood(own.frame.data, 500, 0.5).wait() == 250
    answer = ask_active(lab, gw, probe)
    assert lab.capture.adverts(since=mark, host=gw) == [answer]
    assert rejected(active.show()) == ({("lan", "own_source"): 250} if accept_local else {})
    assert len(lines_of(active, "rejected=own_source ")) == accept_local
    assert active.router()["state"] == "active"


@pytest.mark.requirement("R-054")
def test_noise_of_all_lengths_is_survived_and_accounted_for(lab, gw, probe, active):
    """Random messages of 0 to 1,477 bytes: what was received is accepted or counted as rejected.

    Those with a right checksum get past the first checks. No priority beats ours.
    """
    before = accepted(active.router())
    noise = random.Random(9568)
    for length in range(0, 1477, 4):
        message = bytearray(noise.randbytes(length))
        if length >= 8:
            message[0:4] = bytes([0x31, 51, noise.randrange(100), noise.choice(
                [(length - 8) // 4 & 255, noise.randrange(256)])])
            message[6:8] = b"\0\0"
            message[6:8] = frames.internet_checksum(bytes(message)).to_bytes(2, "big")
        probe.send(frames.ether(frames.ipv4(bytes(message), PEER), probe.mac),
                   frames.ether(frames.ipv4(noise.randbytes(length + 1), PEER), probe.mac))
    sent = 2 * len(range(0, 1477, 4))
    probe.advert(ttl=1)

    def total():
        shown = active.show()
        return (sum(rejected(shown).values()) + shown["unread"]
                + accepted(shown["routers"][0]) - before)

    wait_until(lambda: total() > sent, what=lambda _: f"{sent + 1}, not {total()}")
    assert total() == sent + 1
    shown = active.router()
    assert (shown["state"], shown["counters"]["became_active"]) == ("active", 1)
    assert shown["counters"]["rejected"]["length"] > 100
    assert accepted(shown) - before > 50


# What must be accepted

ACCEPTED = [
    pytest.param({}, id="plain"),
    pytest.param({"checksum": "rfc5798"}, id="pseudo-header"),
    pytest.param({"reserve": 15}, id="reserve"),
    pytest.param({"pad": 60}, id="padded"),
    pytest.param({"pad": 1514}, id="padded to the full"),
    pytest.param({"pad": 0}, id="not padded"),
    pytest.param({"options": b"\x94\x04\0\0"}, id="router alert"),
    pytest.param({"options": LONGEST_OPTIONS}, id="longest header"),
    pytest.param({"tos": 0}, id="tos 0"),
    pytest.param({"ident": 4711, "fragment": 0x4000}, id="ident and DF"),
    pytest.param({"src_mac": frames.virtual_mac(51)}, id="virtual mac"),
    pytest.param({"src": "203.0.113.99"}, id="source of another subnet"),
    pytest.param({"addresses": [f"10.0.0.{i}" for i in range(1, 256)]}, id="255 addresses"),
]


@pytest.mark.requirement("R-020", "R-023", "R-045", "R-052", "R-053", "R-071", "R-088")
@pytest.mark.parametrize("fields", ACCEPTED)
def test_active_yields_to(lab, gw, probe, active, fields):
    """And learns its interval of 200 ms, to the right offset. The last word of the beaten one is
    an advert, so that the winner announces again; then it keeps silent."""
    mark = lab.now()
    probe.send(built(probe, {"priority": 255, "interval": 20, **fields}))
    beaten = lab.capture.wait_advert(host=probe.host, since=mark)
    shown = active.wait_state("lan", "backup")
    source = fields.get("src", PEER)
    assert shown["reason"] == f"{source} has the higher priority 255, ours is {OURS}"
    assert shown["active_address"] == source
    assert f"{VIP}/24" not in gw.addresses()
    active.wait_state("lan", "active")
    last_word, again = lab.capture.adverts(since=beaten.ns, host=gw)
    assert_elapsed(beaten.ns, last_word, 0)
    assert_elapsed(beaten.ns, again, down(OURS, 0.2))
    assert rejected(active.show()) == {}


@pytest.mark.requirement("R-020", "R-023")
@pytest.mark.parametrize("ours", ["rfc9568", "rfc5798"])
@pytest.mark.parametrize("theirs", ["rfc9568", "rfc5798"])
def test_both_checksum_forms_are_understood_and_the_other_is_named(lab, gw, probe, ours, theirs):
    vipd = lab.vipd(gw, [router(interval="2s", checksum=ours)])
    for _ in range(20):
        probe.advert(priority=200, interval=200, checksum=theirs)
    counters = wait_received(vipd, 20)
    assert counters["noticed"]["checksum_form"] == (0 if ours == theirs else 20)
    assert rejected(vipd.show()) == {}
    lines = lines_of(vipd, "notice=checksum_form")
    assert len(lines) == (ours != theirs)
    assert all(f"set checksum to {theirs} " in line for line in lines)


@pytest.mark.requirement("R-048", "R-050", "R-051", "R-124", "R-126")
@pytest.mark.parametrize("notice, fields", [
    ("interval", {"interval": 250}),
    ("address_list", {"addresses": ["192.0.2.77"]}),
    ("address_list", {"addresses": [VIP, "192.0.2.77"]}),
    ("equal_priority", {"priority": 100}),
    ("checksum_form", {"checksum": "rfc5798"}),
], ids=["interval", "other address", "more addresses", "priority", "checksum"])
def test_remarkable_adverts_are_accepted_counted_and_told_once(lab, gw, probe, notice, fields):
    vipd = lab.vipd(gw, [router(interval="2s")])
    for _ in range(30):
        probe.send(built(probe, {"priority": 200, "interval": 200, **fields}))
    counters = wait_received(vipd, 30)
    assert {name: n for name, n in counters["noticed"].items() if n} == {notice: 30}
    assert len(lines_of(vipd, f"notice={notice} ")) == 1
    assert rejected(vipd.show()) == {}
    assert vipd.router()["active_address"] == PEER


@pytest.mark.requirement("R-051")
def test_order_of_addresses_is_not_remarkable(lab, gw, probe):
    vipd = lab.vipd(gw, [router(interval="2s", addresses=[f"{VIP}/24", "192.0.2.7/24"])])
    probe.advert(priority=200, interval=200, addresses=["192.0.2.7", VIP])
    counters = wait_received(vipd, 1)
    assert not any(counters["noticed"].values())


# Floods

FLOODS = [
    pytest.param([{"ttl": 254}], id="ttl"),
    pytest.param([{"version": 2, "interval": 1}], id="version"),
    pytest.param([{"type": 2}], id="type"),
    pytest.param([{"length": 11}], id="length"),
    pytest.param([{"length": 1}], id="no vrid"),
    pytest.param([{"vrid": 52}], id="vrid"),
    pytest.param([{"addresses": []}], id="empty_list"),
    pytest.param([{"checksum": "bad"}], id="checksum"),
    pytest.param([{"interval": 0}], id="interval"),
    pytest.param([{"src": "0.0.0.0"}], id="source"),
    pytest.param([{"dst": REAL, "dst_mac": "02:00:00:00:01:00"}], id="destination"),
    pytest.param([{"src": REAL}], id="own_source"),
    pytest.param([fields for fields in ({"ttl": 1}, {"version": 9}, {"vrid": 9}, {"type": 9},
                                        {"checksum": "bad"}, {"length": 9})], id="all at once"),
]
RATE = 1000


@pytest.fixture
def quick(lab, gw):
    """A vipd that is Active and sends an advert each 100 ms."""
    vipd = lab.vipd(gw, [router()])
    vipd.wait_state("lan", "active")
    return vipd


def flood_of(probe, kinds, seconds):
    """Starts a flood of these kinds, of priority 200 and 0 in turn."""
    return probe.flood([built(probe, {"priority": priority, **fields})
                        for fields in kinds for priority in (200, 0)], RATE, seconds)


def during(lab, gw, probe, mark):
    """The adverts of gw in a flood that is over, and how many were due in that time."""
    flood = lab.capture.frames(since=mark, host=probe.host)
    adverts = [advert for advert in lab.capture.adverts(since=flood[0].ns, host=gw)
               if advert.ns <= flood[-1].ns]
    return adverts, (flood[-1].ns - flood[0].ns) / 1e9 / INTERVAL


def counted(vipd):
    """All that vipd discarded. unread: the small queue of strays had no room for them."""
    shown = vipd.show()
    return sum(rejected(shown).values()) + shown["unread"]


def assert_accounted(vipd, probe, sent):
    """The kernel tells what a full queue lost with the next packet that gets in: so one more,
    when the queue was emptied by asking."""
    counted(vipd)
    probe.advert(ttl=33)
    wait_until(lambda: counted(vipd) > sent, what=lambda _: f"{sent + 1}, not {counted(vipd)}")
    assert counted(vipd) == sent + 1


@pytest.mark.requirement("R-047", "R-048")
@pytest.mark.parametrize("kinds", FLOODS)
def test_active_keeps_its_rhythm_under_a_flood_of(lab, gw, probe, quick, kinds):
    mark = lab.now()
    sent = flood_of(probe, kinds, 1).wait()
    adverts, due = during(lab, gw, probe, mark)
    assert sent == RATE and 0.6 * due <= len(adverts) <= due + 1
    gaps = [(b.ns - a.ns) / 1e9 for a, b in zip(adverts, adverts[1:])]
    assert abs(statistics.median(gaps) - INTERVAL) < 0.1 * INTERVAL
    assert_accounted(quick, probe, sent)
    shown = quick.router()
    assert (shown["state"], shown["counters"]["became_active"], accepted(shown)) == ("active", 1, 0)
    assert len(lines_of(quick, "rejected=.* source=")) <= len(kinds) + 1, "one for each reason"


@pytest.mark.requirement("R-047", "R-048")
@pytest.mark.parametrize("kinds", FLOODS)
def test_backup_fails_over_in_time_under_a_flood_of(lab, gw, probe, kinds):
    """Long before the flood is over."""
    vipd = lab.vipd(gw, [router(interval="1s")])
    flood = flood_of(probe, kinds, 5)
    probe.advert(PEER, priority=200, interval=20, tos=0)
    good = lab.capture.wait_advert(host=probe.host, tos=0)
    first = lab.capture.wait_advert(host=gw)
    flood.stop()
    assert flood.sent < 5 * RATE, "it went on until then"
    assert_elapsed(good.ns, first, down(100, 0.2))
    shown = vipd.wait_state("lan", "active")
    assert (shown["counters"]["became_active"], accepted(shown)) == (1, 1)
    assert_accounted(vipd, probe, flood.sent)
    assert len(lines_of(vipd, "rejected=.* source=")) <= len(kinds) + 1


@pytest.mark.requirement("R-048")
def test_what_the_queue_of_strays_cannot_hold_is_counted_as_unread(lab, gw, probe, active):
    """8,000 packets while vipd sleeps: the reason of some is lost, their number is not."""
    active.kill(signal.SIGSTOP)
    sent = probe.flood(built(probe, {"ttl": 254}), 20_000, 0.4).wait()
    active.kill(signal.SIGCONT)
    assert_accounted(active, probe, sent)
    shown = active.show()
    assert shown["unread"] > 1000
    assert rejected(shown) == {("lan", "ttl"): sent + 1 - shown["unread"]}
    ask_active(lab, gw, probe)


@pytest.mark.requirement("R-047", "R-092", "R-099")
@pytest.mark.parametrize("priority", [0, 1, 100])
def test_active_answers_a_flood_of_the_weaker_but_not_in_kind(lab, gw, probe, quick, priority):
    """Five answers a second, besides the adverts that are due; it is not silenced either. The
    last announcement is its own."""
    weaker = built(probe, {"src": "192.0.2.1", "priority": priority})
    mark = lab.now()
    sent = probe.flood(weaker, RATE, 1.5).wait()
    end = lab.now()
    adverts, due = during(lab, gw, probe, mark)
    answers_max = 5 * (due * INTERVAL + 2)
    assert 0.6 * due <= len(adverts) <= due + 1 + answers_max
    announced = lab.capture.arps(since=mark, host=gw, gratuitous=True)
    assert 5 <= len(announced) <= answers_max + 3
    assert lab.capture.wait_arp(host=gw, since=end, gratuitous=True, timeout=5).spa == VIP
    wait_received(quick, sent)
    assert quick.router()["state"] == "active"
    assert len(quick.log) < 10
