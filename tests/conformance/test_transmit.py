# SPDX-License-Identifier: MIT
"""What the agent sends: the envelope, every field of an advert, what it may not be told to send."""

import functools
import itertools
import statistics

import pytest

import frames
import packets
from lab import Lab
from packets import V2, V3, V6, VRID
from rules import MAY, MUST, SHOULD, rule
from scene import LATE, MINE, Scene, elapsed

BOTH, ALL = (V3, V6), (V2, V3, V6)


class Life:
    """A whole life of the agent alone on a segment, recorded once: start, adverts, end."""

    def __init__(self, variant):
        with Lab(f"life {variant}") as lab:
            scene = Scene(lab, variant)
            scene.start()
            scene.wait_adverts(6, timeout=20)
            self.stopped = scene.stop()
            self.started, self.interval = scene.started, scene.interval
            self.adverts = scene.adverts()
            self.frames = lab.capture.frames(host=scene.gw)
            self.first_announcement = scene.wait_announcement()

    @property
    def living(self):
        """The adverts before it was asked to leave."""
        return [it for it in self.adverts if it.ns < self.stopped]


@functools.cache
def life_of(variant):
    """The recorded life: the tests of a worker share it."""
    return Life(variant)


@pytest.fixture
def life(variant):
    """A recorded life of the agent."""
    return life_of(variant)


# ---- the envelope ----

@rule("R-001", MUST, "source: the interface's own IPv4 address, no virtual one", V3)
@rule("R-005", MUST, "source: the interface's link-local address", V6)
@rule("R-134", MUST, "source: the interface's own address", V2)
def test_source(life, variant):
    assert {it.src for it in life.adverts} == {variant.real}


@rule("R-002", MUST, "sent to 224.0.0.18 and its MAC", V3)
@rule("R-006", MUST, "sent to ff02::12 and its MAC", V6)
@rule("R-134", MUST, "sent to 224.0.0.18 and its MAC", V2)
@rule("R-185", MUST, "multicast unless peers are configured", V3, V6)
def test_destination(life, variant):
    assert {(it.dst, it.dst_mac) for it in life.adverts} == {(variant.group, variant.group_mac)}


@rule("R-003", MUST, "TTL 255, in the last advert, too", V3)
@rule("R-007", MUST, "hop limit 255", V6)
@rule("R-134", MUST, "TTL 255", V2)
def test_ttl(life):
    assert {it.ttl for it in life.adverts} == {255} and life.adverts[-1].priority == 0


@rule("R-004", MUST, "protocol 112", V3)
@rule("R-008", MUST, "next header 112, no extension header", V6)
@rule("R-134", MUST, "protocol 112", V2)
def test_protocol(life, variant):
    assert {it.ip.proto for it in life.adverts} == {112}
    assert {len(it.message) for it in life.adverts} == \
        {8 + variant.size * len(variant.listed()) + (8 if variant.version == 2 else 0)}


@rule("R-011", MUST, "version 3, type 1", V3, V6)
def test_version(life, variant):
    assert {(it.version, it.type) for it in life.adverts} == {(variant.version, 1)}


@rule("R-015", MUST, "priority 0 only when it leaves", V2, V3, V6)
@rule("R-085", MUST, "leaving: priority 0, then silence", V2, V3, V6)
def test_farewell(life):
    assert {it.priority for it in life.living} == {MINE}
    last = [it.priority for it in life.adverts[len(life.living):]]
    assert last and last[-1] == 0 and last.count(0) <= 3


@rule("R-016", MUST, "count is the number of addresses listed", V3, V6)
@rule("R-026", SHOULD, "addresses in the configured order", V3, V6)
def test_list(scene, variant):
    scene.active(addresses=scene.configured(3))
    seen = scene.wait_advert()
    assert seen.count == len(seen.addresses) and seen.addresses == variant.listed(number=3)


@rule("R-016", MUST, "at least one address is listed", V3, V6)
def test_no_list(scene):
    assert scene.dut.refusal([scene.router(addresses=[])]), "no address is accepted"


@rule("R-022", MUST, "checksum is right in every advert", V2, V3, V6)
def test_checksum_is_right(life):
    assert "bad" not in {it.form for it in life.adverts}


@rule("R-024", MUST, "first address listed is the virtual link-local", V6)
def test_first_address(life, variant):
    assert {it.addresses[0] for it in life.adverts} == {variant.listed()[0]}


@rule("R-028", MUST, "source MAC is the virtual MAC", V3, V6)
@rule("R-029", MUST, "virtual MAC of the family, VRID 1 and 255", V3, V6)
@rule("R-134", MUST, "source MAC is the virtual MAC", V2)
@pytest.mark.parametrize("vrid", [1, 255])
def test_virtual_mac(scene, variant, vrid):
    scene.start(mac="virtual", vrid=vrid, addresses=scene.configured(vrid=vrid))
    seen = scene.wait_advert(timeout=15)
    assert seen.src_mac == frames.virtual_mac(vrid, variant.family) and seen.vrid == vrid


@rule("R-030", MUST, "virtual MAC makes no interface identifier of a source", V6)
def test_no_identifier_of_virtual_mac(scene, variant):
    scene.active(mac="virtual")
    assert scene.wait_advert().src != variant.listed()[0]


@rule("R-009", MUST, "224.0.0.18 is not forwarded", V3)
@rule("R-010", MUST, "ff02::12 is not forwarded", V6)
@rule("R-135", MUST, "224.0.0.18 is not forwarded", V2)
def test_group_is_not_forwarded(scene, variant, lab):
    scene.gw.attach("far", "198.51.100.1/24" if variant.family == 4 else "2001:db8:1::1/64")
    scene.backup()
    mark = lab.now()
    for _ in range(5):
        scene.speak_once()
    scene.speak_once(0)                            # it takes over: all before that was read
    scene.wait_advert(mark)
    far = [packets.vrrp_of(it) for it in lab.capture.frames(mark, scene.gw)
           if it.port.dev == "eth1"]
    assert not any(far)


# ---- fields ----

@rule("R-012", MUST, "VRID: 1 to 255, no default; sent as configured", *ALL)
def test_vrid(scene, life):
    assert {it.vrid for it in life.adverts} == {VRID}
    scene.need(scene.router())
    for wrong in (None, 0, 256):
        assert scene.dut.refusal([scene.router(vrid=wrong)]), f"VRID {wrong} is accepted"


@rule("R-013", MUST, "an owner sends 255", *ALL)
@rule("R-055", MUST, "owner starts: advert, announcement, Active", V2, V3)
@rule("R-056", MUST, "owner starts: advert, then neighbour advertisement R O", V6)
@rule("R-155", MUST, "gratuitous ARP request for each address", V2)
def test_owner(scene, variant):
    scene.owner()
    first, second = scene.wait_adverts(2)[:2]
    assert {first.priority, second.priority} == {255}
    elapsed(scene.started, first, 0)
    seen = scene.wait_announcement(scene.own)
    assert first.ns < seen.ns
    assert (second.ns - first.ns) / 1e9 > 0.5 * scene.interval
    if variant.family == 4:
        assert seen.op == 1
    else:
        assert (seen.router, seen.solicited, seen.override) == (True, False, True)


@rule("R-014", MUST, "priority: 100 by default", *ALL)
@rule("R-018", MUST, "interval: one second by default", V3, V6)
def test_defaults(scene, variant):
    scene.start(priority=None, interval=None)
    scene.succeed()
    seen = scene.wait_advert(timeout=15)
    assert (seen.priority, seen.interval) == (100, variant.raw(1))


@rule("R-014", MUST, "priority 0 and, unless it is an owner, 255: refused", *ALL)
def test_priority_range(scene):
    scene.need(scene.router())
    for wrong in (0, 255):
        assert scene.dut.refusal([scene.router(priority=wrong)]), f"priority {wrong} is accepted"


@rule("R-017", MUST, "reserved bits are zero", V3, V6)
@rule("R-018", MUST, "interval: twelve bits of centiseconds", V3, V6)
def test_longest_interval(scene):
    scene.active(250, interval="40.95s")
    seen = scene.wait_advert()
    assert (seen.reserve, seen.interval) == (0, 4095)


@rule("R-019", MUST, "interval: 10 ms to 40.95 s", V3, V6)
@rule("R-158", MUST, "interval: whole seconds, 1 to 255", V2)
def test_interval_range(scene, variant):
    scene.need(scene.router())
    for wrong in ("0s", "0.5s", "256s") if variant.version == 2 else ("0ms", "40.96s"):
        assert scene.dut.refusal([scene.router(interval=wrong)]), f"interval {wrong} is accepted"


def check_checksum(scene, variant, covered, **keys):
    """An advert is, byte by byte, what another program makes of its fields."""
    scene.active(250, **keys)
    seen = scene.wait_advert()
    fields = {"src": variant.real, "dst": variant.group, "interval": seen.interval}
    assert seen.message == packets.message(variant, 250, checksum=covered, **fields)


@rule("R-020", MUST, "checksum covers the message alone", V3)
def test_checksum(scene, variant):
    check_checksum(scene, variant, "rfc9568", checksum="rfc9568")


@rule("R-023", MAY, "checksum with pseudo-header on request", V3)
def test_checksum_with_pseudo_header(scene, variant):
    check_checksum(scene, variant, "rfc5798", checksum="rfc5798")


@rule("R-021", MUST, "checksum covers the IPv6 pseudo-header", V6)
def test_checksum_over_ipv6(scene, variant):
    check_checksum(scene, variant, "rfc9568")


@rule("R-025", MUST, "one stream of adverts per family", V3)
@rule("R-097", MUST, "same VRID in two families: two elections", V3)
def test_two_families(scene, lab):
    six = Scene.__new__(Scene)
    six.__dict__ = {**scene.__dict__, "variant": V6}
    scene.gw.sysctl("net.ipv6.conf.eth0.disable_ipv6", 0)
    if scene.dut.name == "vipd":
        scene.start(addresses=[*scene.configured(), *six.configured()], families="apart")
    else:
        scene.start(scene.router(), six.router(name="lan6"))
    six.routers = scene.routers
    scene.wait_adverts(2, timeout=15)
    six.wait_adverts(2, timeout=15)
    scene.speak(200)
    scene.speak_once()
    mark = lab.now() + int(LATE * 1e9)
    assert six.wait_adverts(3, mark) and not scene.adverts(mark)


@rule("R-027", MUST, "a changed configuration shows in the next advert", *ALL)
def test_reload(scene, lab):
    scene.active()
    mark = lab.now()
    scene.routers[0]["priority"] = MINE + 20
    scene.dut.reload(scene.routers)
    scene.wait_advert(mark, timeout=15, priority=MINE + 20)


@rule("R-031", MUST, "advertised interval is its own, not the learned one", V3, V6)
@rule("R-095", MUST, "its own interval sets the rhythm, too", V3, V6)
def test_own_interval_after_learning(scene, variant):
    scene.active(250, learned=variant.interval * 8)
    seen = scene.wait_adverts(4)[:4]
    assert {it.interval for it in seen} == {variant.raw(variant.interval)}
    gaps = [(b.ns - a.ns) / 1e9 for a, b in itertools.pairwise(seen)]
    assert min(gaps) < 2 * variant.interval, gaps


@rule("R-086", MUST, "an advert each interval, without drift", *ALL)
def test_rhythm(scene, variant):
    scene.active()
    number = 5 if variant.version == 2 else 20
    seen = scene.wait_adverts(number + 1)[:number + 1]
    gaps = [(b.ns - a.ns) / 1e9 for a, b in itertools.pairwise(seen)]
    assert abs(statistics.median(gaps) - scene.interval) < 0.05 * scene.interval, gaps


@rule("R-136", SHOULD, "eight zero bytes behind the addresses", V2)
def test_authentication_data(life):
    assert {(it.auth_type, it.trailing) for it in life.adverts} == {(0, bytes(8))}


@rule("R-057", MUST, "start of a non-owner: silent for the whole Active_Down_Interval", *ALL)
def test_first_advert(life, variant):
    elapsed(life.started, life.adverts[0], variant.down(MINE, life.interval))


@rule("R-065", MUST, "promotion: advert, announcement, then the next advert", *ALL)
def test_order_of_promotion(life):
    first, second = life.adverts[:2]
    assert first.ns < life.first_announcement.ns
    assert (second.ns - first.ns) / 1e9 > 0.5 * life.interval
