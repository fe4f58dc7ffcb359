# SPDX-License-Identifier: MIT
"""What hosts on the segment see: ARP and Neighbour Discovery, packets to the virtual address and to
the virtual MAC."""

import time

import pytest

import frames
import packets
from lab import wait_until
from packets import NA, V2, V3, V6, VRID
from rules import MAY, MUST, SHOULD, rule
from scene import LATE

BOTH, ALL = (V3, V6), (V2, V3, V6)


def virtual(scene):
    """The virtual MAC of the router under test."""
    return frames.virtual_mac(VRID, scene.variant.family)


def quiet_backup(scene, **keys):
    """A Backup that stays one: the peer speaks on."""
    scene.backup(**keys)
    return scene.speak(200)


MACS = pytest.mark.parametrize("mac", ["interface", "virtual"])


# ---- a Backup ----

@rule("R-059", MUST, "a Backup answers no ARP", V3)
@rule("R-060", MUST, "a Backup answers no solicitation", V6)
@rule("R-151", MUST, "a Backup answers no ARP", V2)
@MACS
def test_backup_does_not_resolve(scene, mac):
    with quiet_backup(scene, mac=mac):
        assert not scene.resolve(wait=0.7)


@rule("R-060", MUST, "nor one to its own MAC", V6)
def test_backup_does_not_resolve_unicast(scene, variant):
    with quiet_backup(scene):
        assert not scene.resolve(dst=variant.vip, wait=0.7)


@rule("R-061", MUST, "a Backup sends no router advertisement", V6)
def test_backup_sends_no_router_advertisement(scene, variant, lab):
    with quiet_backup(scene):
        mark = lab.now()
        scene.hand.send(packets.icmpv6(packets.RS, bytes(4), variant.low, "ff02::2",
                                       scene.hand.mac, "33:33:00:00:00:02"))
        time.sleep(1)
        assert not scene.nds(mark, type=packets.RA)


@rule("R-063", MUST, "a Backup takes no packet to the virtual address", *BOTH)
@rule("R-151", MUST, "a Backup takes no packet to the virtual address", V2)
@MACS
def test_backup_does_not_accept(scene, variant, mac):
    with quiet_backup(scene, mac=mac):
        for target in (scene.mac, virtual(scene)):
            scene.pin(variant.vip, target)
            assert not scene.echoed(wait=0.4) and not scene.refuses_connection(wait=0.4)


def forwarding(scene, variant):
    """A far network behind the gateway. Return: (packet for it as frame to a MAC, a test of
    whether it came out there)."""
    far = "198.51.100.1" if variant.family == 4 else "2001:db8:1::1"
    goal, length = (("198.51.100.9", 24) if variant.family == 4 else ("2001:db8:1::9", 64))
    scene.gw.attach("far", f"{far}/{length}")
    scene.gw.run("ip", "neigh", "replace", goal, "lladdr", "02:00:00:00:99:99", "dev", "eth1",
                 "nud", "permanent")
    body = b"forwarded?" * 4

    def frame(mac, dst=goal):
        if variant.family == 4:
            packet = frames.ipv4(body, variant.client, dst, ttl=9, proto=253)
            return frames.ether(packet, scene.hand.mac, mac)
        packet = packets.ipv6(body, variant.client, dst, ttl=9, proto=253)
        return frames.ether(packet, scene.hand.mac, mac, ethertype=packets.ETH_P_IPV6)

    def arrived(since):
        return [it for it in scene.capture.frames(since, scene.gw)
                if it.port.dev == "eth1" and body in it.data]

    return frame, arrived


@rule("R-062", MUST, "a Backup drops frames to the virtual MAC", *BOTH)
@rule("R-151", MUST, "a Backup drops frames to the virtual MAC", V2)
def test_backup_does_not_forward(scene, variant, lab):
    frame, arrived = forwarding(scene, variant)
    with quiet_backup(scene, mac="virtual"):
        mark = lab.now()
        scene.hand.send(frame(virtual(scene)))
        scene.hand.send(frame(scene.mac))          # the host itself forwards: this one arrives
        wait_until(lambda: arrived(mark), what="a forwarded packet")
        time.sleep(0.2)
        assert len(arrived(mark)) == 1, "the frame to the virtual MAC was forwarded"


# ---- an Active ----

@rule("R-077", MUST, "an Active answers ARP for each address", V2, V3)
@rule("R-079", MUST, "an Active answers solicitations, as a router", V6)
def test_active_resolves(scene, variant):
    scene.active(addresses=scene.configured(3))
    for address in variant.others:
        answers = scene.resolve(address, wait=2)
        assert answers, f"nobody has {address}"
        if variant.family == 6:
            assert answers[0].router and answers[0].checksum_ok, "the R flag is not set"


@rule("R-102", MUST, "answers name the virtual MAC", V3)
@rule("R-103", MUST, "never the physical one", V3)
@rule("R-104", MAY, "frame source of such an answer: either MAC", V3)
@rule("R-111", MUST, "answers name the virtual MAC", V6)
@rule("R-112", MUST, "never the physical one", V6)
@rule("R-156", MUST, "answers name the virtual MAC, never the physical one", V2)
def test_active_resolves_to_the_virtual_mac(scene, variant):
    scene.active(mac="virtual")
    assert scene.resolved_mac() == virtual(scene)
    if variant.family == 4:
        named = {it.sha for it in scene.capture.arps(host=scene.gw, spa=variant.vip)}
    else:
        named = {it.lladdr for it in scene.nds(type=NA, target=variant.vip)}
    assert named == {virtual(scene)}


@rule("R-066", MUST, "joins the solicited-node groups with the addresses", V6)
@rule("R-078", MUST, "is a member of them while it is Active", V6)
def test_solicited_node_groups(scene, variant, lab):
    scene.active()
    wanted = {packets.solicited_node(address)[0] for address in variant.listed()}

    def missing():
        return wanted - set(scene.gw.run("ip", "maddress", "show").stdout.split())

    wait_until(lambda: not missing(), 3, lambda _: f"membership in {missing()}")


@rule("R-081", MUST, "accept = false leaves solicitations alone", V6)
def test_solicitation_without_accept(scene):
    scene.active(accept=False)
    assert scene.resolve(wait=2)


@rule("R-082", MUST, "an Active forwards what comes to the virtual MAC", *BOTH)
def test_active_forwards(scene, variant, lab):
    frame, arrived = forwarding(scene, variant)
    scene.active(mac="virtual")
    mark = lab.now()

    def sent():
        scene.hand.send(frame(virtual(scene)))
        return arrived(mark)

    wait_until(sent, 3, "a forwarded packet", every=0.1)


@rule("R-083", MUST, "an Active that accepts answers packets to the address", *BOTH)
@MACS
def test_active_accepts(scene, mac):
    scene.active(mac=mac)
    assert scene.echoed(wait=3) and scene.refuses_connection()


@rule("R-153", MUST, "an owner answers packets to the address", V2)
@rule("R-083", MUST, "an owner answers packets to the address", *BOTH)
def test_owner_accepts(scene):
    scene.owner()
    scene.wait_announcement(scene.own)
    assert scene.echoed(scene.own, wait=3) and scene.refuses_connection(scene.own)


@rule("R-084", MUST, "accept = false: no answer to echo nor TCP", *BOTH)
@rule("R-152", MUST, "accept = false: no answer to echo nor TCP", V2)
def test_active_does_not_accept(scene, variant):
    scene.active(accept=False)
    scene.pin(variant.vip, scene.resolved_mac() or scene.mac)
    assert not scene.echoed(wait=0.5) and not scene.refuses_connection(wait=0.5)


@rule("R-122", SHOULD, "packets to the virtual address are not forwarded", *BOTH)
@rule("R-157", SHOULD, "packets to the virtual address are not forwarded", V2)
def test_address_is_not_forwarded(scene, variant, lab):
    frame, arrived = forwarding(scene, variant)
    scene.active(accept=False)
    mark = lab.now()
    scene.hand.send(frame(scene.mac, variant.vip))
    time.sleep(0.3)
    assert not arrived(mark)


@rule("R-085", MUST, "when it has left, the address does not answer", *ALL)
def test_address_goes(scene, variant):
    scene.active()
    assert scene.echoed(wait=3)
    scene.stop()
    assert not scene.holds(variant.vip)
    assert not scene.echoed(wait=0.5)


# ---- announcements ----

@rule("R-067", MUST, "gratuitous ARP: address twice, virtual MAC", V3)
@rule("R-107", MUST, "not before address and MAC are there", V3)
def test_announcement_of_virtual_mac(scene, variant):
    scene.active(mac="virtual")
    seen = scene.wait_announcement()
    assert (seen.spa, seen.tpa) == (variant.vip, variant.vip)
    assert {seen.sha, seen.src_mac} == {virtual(scene)}
    assert {it.sha for it in scene.announcements()} == {virtual(scene)}


@rule("R-117", MUST, "neighbour advertisements wait for address and MAC", V6)
def test_neighbour_advertisement_of_virtual_mac(scene):
    scene.active(mac="virtual")
    seen = scene.wait_announcement()
    assert seen.lladdr == virtual(scene) and packets.packed(seen.src) != bytes(16)
    assert {it.lladdr for it in scene.announcements()} == {virtual(scene)}


@rule("R-068", MUST, "an announcement for each address", *ALL)
def test_announcement_of_each(scene, variant):
    scene.active(addresses=scene.configured(3))
    for address in variant.others:
        scene.wait_announcement(address)


@rule("R-195", MUST, "announcement: request, sender and target alike, broadcast", V2, V3)
def test_announcement_bytes(scene, variant):
    scene.active()
    seen = scene.wait_announcement()
    assert (seen.op, seen.spa, seen.tpa) == (1, variant.vip, variant.vip)
    assert seen.dst_mac == frames.BROADCAST_MAC and seen.sha == seen.src_mac == scene.mac


@rule("R-196", SHOULD, "announced more than once", V2, V3)
def test_announcement_is_repeated(scene):
    scene.active()
    wait_until(lambda: len(scene.announcements()) >= 2, 12, "a second announcement")


@rule("R-198", MUST, "unsolicited neighbour advertisement: not S, own source, MAC option", V6)
def test_neighbour_advertisement_bytes(scene):
    scene.active()
    seen = scene.wait_announcement()
    assert (seen.solicited, seen.override, seen.router) == (False, True, True)
    assert seen.lladdr == seen.src_mac and seen.ip.ttl == 255 and seen.checksum_ok
    assert scene.holds(seen.src), f"{seen.src} is no address of it"


@rule("R-199", MUST, "no more than three of them, a second apart", V6)
def test_neighbour_advertisement_pace(scene):
    scene.active()
    scene.wait_announcement()
    time.sleep(4)
    times = [it.ns for it in scene.announcements()]
    gaps = [(b - a) / 1e9 for a, b in zip(times, times[1:])]
    assert len(times) <= 3 and min(gaps, default=1) > 0.9, [round(gap, 3) for gap in gaps]


@rule("R-197", MUST, "solicitations with another hop limit than 255 are ignored", V6)
def test_forwarded_solicitation(scene):
    scene.active()
    assert not scene.resolve(wait=0.5, ttl=64)


@rule("R-118", MAY, "no pause for duplicate detection at a takeover", V6)
def test_no_duplicate_detection(scene, variant):
    scene.gw.sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    scene.active()
    mark = scene.wait_advert().ns
    assert scene.echoed(wait=3)
    assert (scene.wait_announcement().ns - mark) / 1e9 < LATE


@rule("R-105", SHOULD, "an owner's start names no physical MAC in ARP", V3)
@rule("R-115", SHOULD, "an owner's start names no physical MAC in ND", V6)
def test_owner_start(scene):
    scene.owner(mac="virtual")
    scene.wait_announcement(scene.own)
    named = scene.resolved_mac(scene.own)
    assert named == virtual(scene), f"{named} is named"


@rule("R-106", SHOULD, "an address added at run time is announced", V2, V3)
@rule("R-116", SHOULD, "an address added at run time is announced", V6)
def test_added_address(scene, variant, lab):
    scene.active()
    mark = lab.now()
    scene.routers[0]["addresses"] = scene.configured(2)
    scene.dut.reload(scene.routers)
    scene.wait_announcement(variant.others[1], mark)


@rule("R-113", MUST, "own solicitations name the virtual MAC", V6)
@rule("R-114", MUST, "never the physical one, for the virtual address", V6)
def test_own_solicitations(scene, variant, lab):
    scene.active(mac="virtual")
    mark = lab.now()
    scene.gw.run("timeout", "1", "/usr/bin/python3", "-c", "import socket; s = socket.socket("
                 "socket.AF_INET6, socket.SOCK_DGRAM); "
                 f"s.bind(('{variant.vip}', 0)); s.sendto(b'x', ('{variant.client}', 9))",
                 check=False)
    asked = wait_until(lambda: scene.nds(mark, type=packets.NS, target=variant.client), 3,
                       "a solicitation")
    ours = [it for it in asked if it.src in variant.listed()]
    if not ours:
        pytest.skip("it asks from an address of the host's own")
    assert {it.lladdr for it in ours} == {virtual(scene)}


@rule("R-121", SHOULD, "unsolicited neighbour advertisements of others are believed", V6)
@pytest.mark.parametrize("state", ["backup", "active"])
def test_neighbour_advertisement_of_another(scene, variant, state):
    getattr(scene, state)()
    peer, other = "2001:db8::77", "02:00:00:00:77:77"
    scene.gw.run("ip", "neigh", "replace", peer, "lladdr", "02:00:00:00:66:66", "dev", "eth0",
                 "nud", "reachable")
    body = b"\x20\0\0\0" + packets.packed(peer) + b"\x02\x01" + frames.mac_bytes(other)
    scene.hand.send(packets.icmpv6(NA, body, variant.low, packets.ALL_NODES, scene.hand.mac,
                                   packets.ALL_NODES_MAC))
    wait_until(lambda: other in scene.gw.run("ip", "-6", "neigh").stdout, 3, "a changed neighbour")
