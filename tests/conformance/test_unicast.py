# SPDX-License-Identifier: MIT
"""Routers that speak to configured peers, and adverts that carry an HMAC."""

import socket
import struct
import time

import pytest

import dut
from frames import Key
from lab import wait_until
from packets import V3, V6
from rules import MUST, SHOULD, rule
from test_receive import Reason, active_ignores, spoiled

BOTH = V3, V6
KEY = Key(1, bytes(range(32)))


def to_peers(scene, number=1):
    """Settings of a router whose peers are played by the probe: a neighbour entry has its MAC."""
    variant = scene.variant
    peers = [variant.high, variant.low][:number]
    for peer in peers:
        scene.gw.run("ip", "neigh", "replace", peer, "lladdr", scene.hand.mac, "dev", "eth0",
                     "nud", "permanent")
    return {"unicast": {"peers": peers}}


def speak_to(scene):
    """How an advert is addressed to the agent alone."""
    return {"dst": scene.variant.real, "dst_mac": scene.mac}


def active(scene, number=1):
    """An Active that was elected by unicast."""
    scene.start(**to_peers(scene, number))
    for priority in (255, 0):
        scene.speak_once(priority, **speak_to(scene))
        time.sleep(0.02)
    scene.wait_advert(scene.started, timeout=15)
    wait_until(lambda: scene.holds(scene.variant.vip), 5, "the address to be there")


@rule("R-186", MUST, "with peers, nothing is sent to the group", *BOTH)
@rule("R-190", MUST, "TTL 255 to peers, too", *BOTH)
def test_nothing_to_the_group(scene, variant):
    active(scene)
    assert {(it.dst, it.ttl) for it in scene.wait_adverts(3)} == {(variant.high, 255)}


@rule("R-187", MUST, "each peer gets the same advert", *BOTH)
def test_copies(scene, variant):
    active(scene, 2)
    seen = scene.wait_adverts(6)
    assert {it.dst for it in seen} == {variant.high, variant.low}
    assert len({(it.priority, it.interval, it.addresses) for it in seen}) == 1
    assert "bad" not in {it.form for it in seen}


@rule("R-188", MUST, "at least one peer, and never itself alone", *BOTH)
def test_peers_are_needed(scene):
    scene.need(scene.router(**to_peers(scene)))
    assert scene.dut.refusal([scene.router(unicast={"peers": []})]), "no peer is accepted"


@rule("R-189", MUST, "IPv6 peers are link-local", V6)
def test_peers_are_link_local(scene):
    scene.need(scene.router(**to_peers(scene)))
    assert scene.dut.refusal([scene.router(unicast={"peers": ["2001:db8::77"]})]), \
        "a global peer is accepted"


@rule("R-190", MUST, "another TTL than 255 from a peer: discarded", *BOTH)
def test_ttl(scene):
    active(scene)
    active_ignores(scene, Reason("ttl"), spoiled(scene, [{"ttl": 64, **speak_to(scene)}]))


@rule("R-191", MUST, "from a stranger: discarded", *BOTH)
@rule("R-177", MUST, "from a stranger: discarded", *BOTH)
def test_stranger(scene, variant):
    active(scene)
    active_ignores(scene, Reason("source", "peer"),
                   spoiled(scene, [{"src": variant.low, **speak_to(scene)}]))


def join_group(scene):
    """Another program of the host makes it a member: the agent need not be one."""
    ifindex, group = scene.gw.link()["ifindex"], scene.variant.group
    if scene.variant.family == 4:
        sock = scene.gw.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        socket.inet_aton(group) + bytes(4) + struct.pack("i", ifindex))
    else:
        sock = scene.gw.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        socket.inet_pton(socket.AF_INET6, group) + struct.pack("i", ifindex))
    scene.lab.at_close(sock.close)


@rule("R-192", MUST, "with peers, the group is not listened to", *BOTH)
def test_group_is_ignored(scene):
    active(scene)
    join_group(scene)
    active_ignores(scene, Reason("destination"), spoiled(scene, [{}]))


@rule("R-193", MUST, "hosts see the same as with multicast", *BOTH)
def test_hosts(scene, variant):
    active(scene)
    assert scene.resolve(wait=2) and scene.echoed(wait=3) and scene.announcements()
    scene.speak_once(200, **speak_to(scene))
    wait_until(lambda: not scene.holds(variant.vip), 5, "the address to go")
    assert not scene.resolve(wait=0.3)


# ---- HMAC ----

def signed(scene, src=None, **trailer):
    """Fields of an advert with a right trailer, unless told otherwise."""
    src = src or scene.variant.high
    now = trailer.pop("seconds", int(time.time()))
    subseconds = int(time.time() % 1 * 65536)
    return {"src": src, "sign": lambda raw: KEY.trailer(src, raw, now, **{"subseconds": subseconds,
                                                                        **trailer})}


def start_signed(scene, mode="enforce", **router):
    """An Active that signs."""
    keys = scene.lab.path("keys")
    with open(keys, "w", encoding="ascii") as file:
        file.write(KEY.line())
    scene.gw.run("chmod", "600", keys)
    auth = {"type": "hmac", "mode": mode, "keys": keys, "active": 1, "window": "5s"}
    scene.start(auth=auth, **router,
                **({"auth_hmac": True} if scene.dut.name == "keepalived" else {}))
    scene.wait_advert(timeout=15)


@rule("R-164", MUST, "trailer of 28 bytes that verifies", *BOTH)
@rule("R-165", MUST, "as computed by another program", *BOTH)
@rule("R-168", MUST, "VRRP checksum: without the trailer over IPv4, with it over IPv6", *BOTH)
@rule("R-169", MUST, "sequence grows from advert to advert", *BOTH)
def test_signature(scene, variant):
    start_signed(scene)
    sequences = []
    for seen in scene.wait_adverts(5):
        message, trailer = seen.message[:-28], seen.message[-28:]
        seconds, subseconds = int.from_bytes(trailer[4:8], "big"), int.from_bytes(
            trailer[8:10], "big")
        if trailer[10:12] == b"\0\0":
            assert trailer == KEY.trailer(seen.src, message, seconds, subseconds=subseconds)
        assert abs(seconds - time.time()) < 5 and "bad" != seen.form
        sequences.append(int.from_bytes(trailer[4:12], "big"))
    assert sequences == sorted(set(sequences))


@rule("R-171", MUST, "enforced: without a trailer, discarded", *BOTH)
def test_unsigned(scene):
    start_signed(scene)
    active_ignores(scene, Reason("missing", "unsigned"), spoiled(scene, [{}]))


BAD = {"unknown_key": {"sign": lambda raw: bytes((1, 9)) + bytes(26)},
       "malformed": {"sign": lambda raw: bytes((2, 1)) + bytes(26)}}


@rule("R-174", MUST, "unknown key, bad HMAC, malformed, stale: counted apart", *BOTH)
@rule("R-167", MUST, "bound to its source", *BOTH)
@pytest.mark.parametrize("reason", ["unknown_key", "malformed", "bad_hmac", "stale"])
def test_bad_trailer(scene, variant, reason):
    start_signed(scene)
    fields = BAD.get(reason) or {
        "bad_hmac": {**signed(scene), "src": variant.low},
        "stale": signed(scene, seconds=int(time.time()) - 3600)}[reason]
    if reason == "unknown_key":
        fields = {"sign": lambda raw: Key(9, KEY.secret).trailer(
            variant.high, raw, int(time.time()))}
    active_ignores(scene, Reason(reason, reason.partition("_")[0]), spoiled(scene, [fields]))


@rule("R-176", MUST, "the same packet twice: discarded", *BOTH)
def test_replay(scene, variant):
    start_signed(scene)
    frame = scene.hand.built(priority=1, interval=variant.raw(scene.interval), **signed(scene))
    scene.hand.send(frame)
    active_ignores(scene, Reason("replay"), [frame])


@rule("R-172", MUST, "permissive: without a trailer, taken", *BOTH)
def test_permissive(scene, variant):
    start_signed(scene, "permissive")
    scene.speak_once(200)
    dut.wait_state(scene.dut, variant.family, "backup")


@rule("R-173", MUST, "receive-only: never signs", *BOTH)
def test_receive_only(scene, variant):
    start_signed(scene, "receive-only")
    assert {len(it.message) for it in scene.wait_adverts(3)} == \
        {8 + variant.size * len(variant.listed())}


@rule("R-170", MUST, "the same trailer to each peer", *BOTH)
def test_signed_copies(scene, variant):
    start_signed(scene, **to_peers(scene, 2))
    seen = scene.wait_adverts(8)[:8]
    trailers = {peer: [it.message[-28:] for it in seen if it.dst == peer]
                for peer in (variant.high, variant.low)}
    assert trailers[variant.high] == trailers[variant.low] and len(trailers[variant.low]) == 4


def forged(scene, ahead=0):
    """Fields of an advert by somebody who has another key, of a time that is so far ahead."""
    key = Key(KEY.id, bytes(range(1, 33)))
    return {"sign": lambda raw: key.trailer(scene.variant.high, raw, int(time.time()) + ahead)}


@rule("R-175", MUST, "a forged time does not lock the sender out", *BOTH)
def test_forged_time(scene, variant):
    start_signed(scene)
    active_ignores(scene, Reason("bad"), spoiled(scene, [forged(scene, ahead=4)]))
    scene.speak_once(200, **signed(scene))
    dut.wait_state(scene.dut, variant.family, "backup")


def sources(variant, number):
    """So many neighbours that there are not."""
    if variant.family == 4:
        return [f"192.0.2.{100 + i % 100}" for i in range(number)]
    return [f"fe80::ffff:{i:x}" for i in range(number)]


@rule("R-178", SHOULD, "forged sources displace nobody", *BOTH)
def test_forged_sources(scene, variant):
    start_signed(scene)
    heard = scene.hand.built(priority=1, interval=variant.raw(scene.interval), **signed(scene))
    scene.hand.send(heard)
    for src in sources(variant, 1000):
        scene.hand.send(scene.hand.built(src=src, priority=200, **forged(scene)))
    active_ignores(scene, Reason("replay"), [heard])


@rule("R-183", SHOULD, "a skewed clock is warned of", *BOTH)
def test_skewed_clock(scene):
    start_signed(scene)
    before = scene.dut.counters()
    for ahead in (-1, 4):
        scene.speak_once(1, **signed(scene, seconds=int(time.time()) + ahead))
    risen = {name for name, n in scene.dut.counters().items() if n > before[name]}
    assert [name for name in risen if "skew" in name], f"only {risen}"


@rule("R-184", SHOULD, "the list leaves room for the trailer", V3)
def test_room_for_trailer(scene, variant):
    """43 addresses are an IPv4 packet of 200 bytes, to which the trailer does not add."""
    scene.gw.run("ip", "link", "set", "eth0", "mtu", "200")
    addresses = [f"198.51.100.{i}/32" for i in range(1, 44)]
    keys = scene.lab.path("keys")
    scene.start(addresses=addresses)
    scene.wait_advert(timeout=15)
    scene.need(scene.router(auth={"type": "hmac", "keys": keys, "active": 1}))
    with open(keys, "w", encoding="ascii") as file:
        file.write(KEY.line())
    scene.gw.run("chmod", "600", keys)
    scene.dut.agent.configure([scene.router(addresses=addresses,
                                            auth={"type": "hmac", "keys": keys, "active": 1})])
    scene.dut.agent.reload()
    dut.wait_state(scene.dut, variant.family, "fault")


NEXT = Key(2, b"the second key, of another day!!")


@rule("R-179", MUST, "keys are changed at run time without a gap", *BOTH)
def test_keys_are_changed(scene, variant):
    """Both are known, then the new one signs, then the old one is known no more."""
    start_signed(scene)
    mark, auth = scene.lab.now(), scene.routers[0]["auth"]
    for keys, number in (((KEY, NEXT), 1), ((KEY, NEXT), 2), ((NEXT,), 2)):
        with open(auth["keys"], "w", encoding="ascii") as file:
            file.write("".join(key.line() for key in keys))
        scene.dut.reload([{**scene.routers[0], "auth": {**auth, "active": number}}])
        last = scene.wait_adverts(2, scene.lab.now())[-1]
        assert last.message[-27] == number, "the key that signs"
    assert not scene.adverts(mark, priority=0)
    old = spoiled(scene, [signed(scene)])
    active_ignores(scene, Reason("unknown_key", "unknown"), old)
    sign = {"sign": lambda raw: NEXT.trailer(variant.high, raw, int(time.time()))}
    scene.speak_once(200, **sign)
    dut.wait_state(scene.dut, variant.family, "backup")
