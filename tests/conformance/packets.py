# SPDX-License-Identifier: MIT
"""VRRP of both versions over both families, ARP and Neighbour Discovery: built, and read.

A Variant is what a requirement is tested for: a version over a family, with the addresses of all
who take part. Nothing here shares code with an agent.
"""

import functools
import ipaddress
import socket
import struct
from dataclasses import dataclass

import frames

ETH_P_IPV6, IPPROTO_ICMPV6, IPPROTO_VRRP = 0x86DD, 58, 112
NS, NA, RS, RA = 135, 136, 133, 134
ALL_NODES, ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"
VRID = 51


@dataclass(frozen=True)
class Variant:
    """A version over a family, and its addresses: low and high are peers below and above real."""
    name: str
    version: int
    family: int
    real: str                    # the primary address of the host under test
    low: str
    high: str
    client: str
    others: tuple                # virtual addresses
    group: str
    group_mac: str
    interval: float              # seconds: the shortest that is comfortable
    prefix: int

    vip = property(lambda self: self.others[0])
    size = property(lambda self: 4 if self.family == 4 else 16)

    def __str__(self):
        return self.name

    def raw(self, seconds):
        """An interval in the unit of the field."""
        return round(seconds) if self.version == 2 else round(seconds * 100)

    def skew(self, priority, interval):
        """Skew_Time in seconds; in version 2 it does not depend on the interval."""
        return (256 - priority) / 256 * (1 if self.version == 2 else interval)

    def down(self, priority, interval):
        """Active_Down_Interval in seconds."""
        return 3 * interval + self.skew(priority, interval)

    def listed(self, vrid=VRID, number=1):
        """What an advert lists: IPv6 begins with the virtual link-local address."""
        first = (f"fe80::200:5eff:fe00:2{vrid:02x}",) if self.family == 6 else ()
        return (*first, *self.others[:number])


_IPV4 = {"family": 4, "real": "192.0.2.50", "low": "192.0.2.9", "high": "192.0.2.200",
         "client": "192.0.2.100", "others": ("192.0.2.1", "192.0.2.7", "192.0.2.3"),
         "group": "224.0.0.18", "group_mac": "01:00:5e:00:00:12", "prefix": 24}
V2 = Variant("v2/IPv4", version=2, interval=1.0, **_IPV4)
V3 = Variant("v3/IPv4", version=3, interval=0.3, **_IPV4)
# The first host of a lab has this address by its MAC.
V6 = Variant("v3/IPv6", version=3, interval=0.3, family=6, real="fe80::ff:fe00:100",
             low="fe80::1", high="fe80::ff00:0:0:1", client="2001:db8::100",
             others=("2001:db8::1", "2001:db8::7", "2001:db8::3"), group="ff02::12",
             group_mac="33:33:00:00:00:12", prefix=64)


def packed(address):
    """An address of either family as bytes."""
    return ipaddress.ip_address(address).packed


def pseudo_header(src, dst, length, proto=IPPROTO_VRRP):
    """What a transport checksum covers beside the message."""
    head = packed(src) + packed(dst)
    if len(head) == 8:
        return head + struct.pack("!BBH", 0, proto, length)
    return head + struct.pack("!II", length, proto)


# Building

def message(variant, priority=100, *, src, dst, vrid=VRID, version=None, type=1, count=None,
            addresses=None, interval=None, reserve=0, auth_type=0, auth=bytes(8), trailing=b"",
            length=None, checksum="rfc9568", sign=None):
    """A VRRP message; each field may be wrong on purpose.

    interval: the raw field. length cuts the message short or fills it up, before the checksum.
    checksum: "rfc9568" or "rfc5798" (they differ over IPv4 in version 3 only), "bad", "bare"
    (without pseudo-header) or a number. sign: makes a trailer of the message.
    """
    version = variant.version if version is None else version
    listed = variant.listed(vrid) if addresses is None else addresses
    count = len(listed) if count is None else count
    interval = variant.raw(variant.interval) if interval is None else interval
    if version == 2:
        field, trailing = auth_type << 8 | interval, auth + trailing
    else:
        field = reserve << 12 | interval
    raw = struct.pack("!BBBBHH", version << 4 | type, vrid, priority, count, field, 0)
    raw += b"".join(map(packed, listed)) + trailing
    if length is not None:
        raw = raw[:length].ljust(length, b"\0")
    trailer = sign(raw) if sign else b""
    if variant.family == 6:  # whose checksum covers the trailer
        return _with_checksum(variant, raw + trailer, checksum, src, dst)
    return _with_checksum(variant, raw, checksum, src, dst) + trailer


def _with_checksum(variant, raw, checksum, src, dst):
    if len(raw) < 8:
        return raw
    bare = frames.internet_checksum(raw)
    full = frames.internet_checksum(pseudo_header(src, dst, len(raw)) + raw)
    right = full if variant.family == 6 or checksum == "rfc5798" else bare
    if checksum == "bad":
        checksum = next(value for value in (right ^ 1, right ^ 2) if value not in (bare, full))
    elif checksum == "bare":
        checksum = bare
    elif not isinstance(checksum, int):
        checksum = bare if variant.version == 2 else right
    return raw[:6] + struct.pack("!H", checksum) + raw[8:]


def ipv6(payload, src, dst, *, ttl=255, proto=IPPROTO_VRRP, payload_length=None):
    """An IPv6 packet."""
    length = len(payload) if payload_length is None else payload_length
    return struct.pack("!IHBB", 6 << 28, length, proto, ttl) + packed(src) + packed(dst) + payload


def advert(variant, src=None, dst=None, *, src_mac, dst_mac=None, pad=60, ttl=255, options=b"",
           **fields):
    """A whole frame with a VRRP message, see message()."""
    src, dst = src or variant.high, dst or variant.group
    body = message(variant, src=src, dst=dst, **fields)
    if variant.family == 4:
        packet, ethertype = frames.ipv4(body, src, dst, ttl=ttl, options=options), frames.ETH_P_IP
    else:
        packet, ethertype = ipv6(body, src, dst, ttl=ttl), ETH_P_IPV6
    return frames.ether(packet, src_mac, dst_mac or variant.group_mac, ethertype=ethertype, pad=pad)


def solicited_node(address):
    """The solicited-node group of an IPv6 address, and its MAC."""
    tail = packed(address)[-3:]
    group = ipaddress.ip_address(packed("ff02::1:ff00:0")[:13] + tail)
    return str(group), "33:33:ff:" + tail.hex(":")


def icmpv6(kind, body, src, dst, src_mac, dst_mac, ttl=255):
    """A frame with an ICMPv6 message; body follows the checksum."""
    raw = struct.pack("!BBH", kind, 0, 0) + body
    checksum = frames.internet_checksum(pseudo_header(src, dst, len(raw), IPPROTO_ICMPV6) + raw)
    raw = raw[:2] + struct.pack("!H", checksum) + raw[4:]
    return frames.ether(ipv6(raw, src, dst, ttl=ttl, proto=IPPROTO_ICMPV6), src_mac, dst_mac,
                        ethertype=ETH_P_IPV6)


def solicitation(target, src, src_mac, ttl=255, dst=None, dst_mac=None):
    """A neighbour solicitation, to the solicited-node group unless told otherwise."""
    group, group_mac = solicited_node(target)
    body = bytes(4) + packed(target) + b"\x01\x01" + frames.mac_bytes(src_mac)
    return icmpv6(NS, body, src, dst or group, src_mac, dst_mac or group_mac, ttl)


# Reading

@dataclass(frozen=True)
class Ip:
    """The IP header of either family, and the payload."""
    src: str
    dst: str
    ttl: int
    proto: int
    payload: bytes
    options: bytes = b""


def ip_of(frame):
    """The IP packet in a frame, or None."""
    if frame.ip:
        it = frame.ip
        return Ip(it.src, it.dst, it.ttl, it.proto, it.payload, it.options)
    raw = frame.data[14:]
    if frame.ethertype != ETH_P_IPV6 or len(raw) < 40:
        return None
    length, proto, ttl = struct.unpack("!HBB", raw[4:8])
    src, dst = (socket.inet_ntop(socket.AF_INET6, raw[i:i + 16]) for i in (8, 24))
    return Ip(src, dst, ttl, proto, raw[40:40 + length])


@dataclass(frozen=True)
class Vrrp(frames.Seen):
    """A VRRP message that was seen; interval is the raw field."""
    frame: frames.Frame
    ip: Ip
    version: int
    type: int
    vrid: int
    priority: int
    count: int
    reserve: int
    auth_type: int
    interval: int
    checksum: int
    addresses: tuple
    trailing: bytes              # what follows the addresses

    src = property(lambda self: self.ip.src)
    dst = property(lambda self: self.ip.dst)
    ttl = property(lambda self: self.ip.ttl)
    message = property(lambda self: self.ip.payload)
    family = property(lambda self: 6 if ":" in self.ip.src else 4)

    @functools.cached_property
    def form(self):
        """Which checksum it carries: "message", "pseudo-header" or "bad"."""
        for body in (self.message, self.message[:-frames.HMAC_LENGTH]):
            if frames.internet_checksum(body) == 0:
                return "message"
            if frames.internet_checksum(pseudo_header(self.src, self.dst, len(body)) + body) == 0:
                return "pseudo-header"
        return "bad"

    def __str__(self):
        return (f"VRRPv{self.version} type {self.type} vrid {self.vrid} priority {self.priority} "
                f"{self.src} > {self.dst} ttl {self.ttl} interval {self.interval} "
                f"{list(self.addresses)}")


def vrrp_of(frame):
    """The VRRP message in a frame, or None."""
    ip = ip_of(frame)
    if not ip or ip.proto != IPPROTO_VRRP or len(ip.payload) < 8:
        return None
    raw, size = ip.payload, 16 if ":" in ip.src else 4
    first, vrid, priority, count, field, checksum = struct.unpack("!BBBBHH", raw[:8])
    end = min(8 + count * size, 8 + (len(raw) - 8) // size * size)
    addresses = tuple(str(ipaddress.ip_address(raw[i:i + size])) for i in range(8, end, size))
    old = first >> 4 == 2
    return Vrrp(frame, ip, first >> 4, first & 15, vrid, priority, count,
                0 if old else field >> 12, field >> 8 if old else 0,
                field & (0xFF if old else 0xFFF), checksum, addresses, raw[end:])


@dataclass(frozen=True)
class Nd(frames.Seen):
    """A neighbour solicitation or advertisement, or a router's."""
    frame: frames.Frame
    ip: Ip
    type: int
    flags: int
    target: str
    lladdr: str                  # of the option; "" without one
    checksum_ok: bool

    router = property(lambda self: bool(self.flags & 0x80))
    solicited = property(lambda self: bool(self.flags & 0x40))
    override = property(lambda self: bool(self.flags & 0x20))
    src = property(lambda self: self.ip.src)
    dst = property(lambda self: self.ip.dst)


def nd_of(frame):
    """The Neighbour Discovery message in a frame, or None."""
    ip = ip_of(frame)
    if not ip or ip.proto != IPPROTO_ICMPV6 or len(ip.payload) < 8:
        return None
    raw = ip.payload
    if raw[0] in (RS, RA):
        return Nd(frame, ip, raw[0], 0, "", "", True)
    if raw[0] not in (NS, NA) or len(raw) < 24:
        return None
    mac = frames.mac_text(raw[26:32]) if len(raw) >= 32 and raw[24] in (1, 2) else ""
    covered = pseudo_header(ip.src, ip.dst, len(raw), IPPROTO_ICMPV6) + raw
    return Nd(frame, ip, raw[0], raw[4], str(ipaddress.ip_address(raw[8:24])), mac,
              frames.internet_checksum(covered) == 0)
