# SPDX-License-Identifier: MIT
"""Frames as bytes: reading what a capture saw, and building what no sane router would send.

Nothing here shares code with vipd: a test that reads an advert with the decoder of the program
under test proves nothing. Every field of a built frame can be given a wrong value on purpose.
"""

import functools
import hmac
import itertools
import socket
import struct
import threading
import time
from dataclasses import dataclass

VRRP_GROUP = "224.0.0.18"
VRRP_GROUP_MAC = "01:00:5e:00:00:12"
VRRP_GROUP6 = "ff02::12"
VRRP_GROUP6_MAC = "33:33:00:00:00:12"
BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 0x0800, 0x0806, 0x86DD
IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_VRRP = 1, 58, 112
ETH_MIN = 60                     # without the frame check sequence, which no packet socket sees
FLOOD_MAX = 1_000_000            # frames: a flood is always bounded


def internet_checksum(data):
    """RFC 1071; computed over a message that carries its own right checksum it gives 0."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_ipv6(address):
    """Whether the text is an IPv6 address."""
    return ":" in address


def address_bytes(address):
    """An address of either family, with or without a prefix length, as 4 or 16 bytes."""
    address = address.split("/")[0]
    return socket.inet_pton(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, address)


def _pseudo_header(src, dst, length):
    """RFC 8200 §8.1, or what RFC 5798 §5.2.8 makes of it for IPv4."""
    tail = struct.pack("!IHBB", length, 0, 0, IPPROTO_VRRP) if is_ipv6(src) else \
        struct.pack("!BBH", 0, IPPROTO_VRRP, length)
    return address_bytes(src) + address_bytes(dst) + tail


def mac_bytes(mac):
    """"02:00:00:00:01:00" as six bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(raw):
    """Six bytes as "02:00:00:00:01:00"."""
    return raw.hex(":")


class Frame:
    """One captured frame: the port it came in from says for certain which host sent it.

    ns is the kernel's time of arrival at the switch port (CLOCK_REALTIME, nanoseconds), t the
    same in seconds since the lab began. lost is true when the switch was told to drop frames
    from that port: nobody but the capture saw it.
    """

    def __init__(self, ns, t, port, data, lost=False):
        self.ns, self.t, self.port, self.data, self.lost = ns, t, port, data, lost

    host = property(lambda self: self.port.host)
    dst_mac = property(lambda self: mac_text(self.data[0:6]))
    src_mac = property(lambda self: mac_text(self.data[6:12]))
    ethertype = property(lambda self: int.from_bytes(self.data[12:14], "big"))

    @functools.cached_property
    def ip(self):
        """The IPv4 or IPv6 header, or None."""
        parse = {ETH_P_IP: Ip.parse, ETH_P_IPV6: Ip6.parse}.get(self.ethertype)
        return parse(self.data[14:]) if parse else None

    @functools.cached_property
    def vrrp(self):
        """The VRRP message (an Advert, whatever its type field says), or None."""
        return Advert.parse(self) if self.ip and self.ip.proto == IPPROTO_VRRP else None

    @functools.cached_property
    def arp(self):
        """The ARP message, or None."""
        return Arp.parse(self) if self.ethertype == ETH_P_ARP else None

    @property
    def echo(self):
        """(type, id, sequence) of an echo request (8; IPv6: 128) or reply (0; IPv6: 129), or None."""
        kinds = {IPPROTO_ICMP: (0, 8), IPPROTO_ICMPV6: (128, 129)}
        if not self.ip or len(self.ip.payload) < 8:
            return None
        kind, _, _, ident, seq = struct.unpack("!BBHHH", self.ip.payload[:8])
        return (kind, ident, seq) if kind in kinds.get(self.ip.proto, ()) else None

    @property
    def claim(self):
        """(address, whether all are told or one that asked) of a sender that has it, or None."""
        if self.arp:
            told = self.arp.gratuitous or self.arp.op == 2
            return (self.arp.spa, self.arp.gratuitous) if told else None
        if not self.ip or self.ip.proto != IPPROTO_ICMPV6 or self.ip.payload[:1] != b"\x88":
            return None                            # no Neighbor Advertisement
        return socket.inet_ntop(socket.AF_INET6, self.ip.payload[8:24]), self.ip.dst == "ff02::1"

    def __repr__(self):
        what = self.vrrp or self.arp or f"ethertype 0x{self.ethertype:04x} {len(self.data)} bytes"
        return f"<{self.t:.6f} {self.port}{' lost' if self.lost else ''}: {what}>"


@dataclass(frozen=True)
class Ip:
    """An IPv4 header and its payload, without Ethernet padding."""
    src: str
    dst: str
    ttl: int
    tos: int
    proto: int
    ident: int
    fragment: int
    options: bytes
    checksum_ok: bool
    payload: bytes

    @staticmethod
    def parse(raw):
        """The packet that starts at raw[0], or None if its lengths are impossible."""
        if len(raw) < 20 or raw[0] >> 4 != 4:
            return None
        header, total = (raw[0] & 15) * 4, int.from_bytes(raw[2:4], "big")
        if header < 20 or not header <= total <= len(raw):
            return None
        return Ip(socket.inet_ntoa(raw[12:16]), socket.inet_ntoa(raw[16:20]), raw[8], raw[1],
                  raw[9], int.from_bytes(raw[4:6], "big"), int.from_bytes(raw[6:8], "big"),
                  raw[20:header], internet_checksum(raw[:header]) == 0, raw[header:total])


@dataclass(frozen=True)
class Ip6:
    """An IPv6 header without extension headers, and its payload without Ethernet padding."""
    options = b""                # as Ip has them; an extension header shows in proto
    src: str
    dst: str
    ttl: int                     # the hop limit
    tos: int                     # the traffic class
    proto: int                   # the next header
    flow: int
    payload: bytes

    @staticmethod
    def parse(raw):
        """The packet that starts at raw[0], or None if its lengths are impossible."""
        if len(raw) < 40 or raw[0] >> 4 != 6:
            return None
        first, length, proto, ttl = struct.unpack("!IHBB", raw[:8])
        if 40 + length > len(raw):
            return None
        return Ip6(socket.inet_ntop(socket.AF_INET6, raw[8:24]),
                   socket.inet_ntop(socket.AF_INET6, raw[24:40]), ttl, first >> 20 & 0xFF, proto,
                   first & 0xFFFFF, raw[40:40 + length])


class Seen:
    """What a captured message knows from its frame."""
    ns = property(lambda self: self.frame.ns)
    t = property(lambda self: self.frame.t)
    host = property(lambda self: self.frame.host)
    port = property(lambda self: self.frame.port)
    src_mac = property(lambda self: self.frame.src_mac)
    dst_mac = property(lambda self: self.frame.dst_mac)
    lost = property(lambda self: self.frame.lost)


@dataclass(frozen=True)
class Advert(Seen):
    """A VRRP message of version 2 or 3; interval is the raw field, interval_ms what it means."""
    frame: Frame
    version: int
    type: int
    vrid: int
    priority: int
    count: int
    reserve: int
    interval: int
    interval_ms: int
    checksum: int
    checksum_form: str           # see _checksum_form()
    addresses: tuple
    trailing: bytes              # what follows the addresses; version 2: the authentication data

    ip = property(lambda self: self.frame.ip)
    src = property(lambda self: self.frame.ip.src)
    dst = property(lambda self: self.frame.ip.dst)
    ttl = property(lambda self: self.frame.ip.ttl)
    tos = property(lambda self: self.frame.ip.tos)
    message = property(lambda self: self.frame.ip.payload)

    @staticmethod
    def parse(frame):
        """Reads also what is broken, as far as it goes; None if shorter than the fixed part."""
        raw = frame.ip.payload
        if len(raw) < 8:
            return None
        first, vrid, priority, count, field, checksum = struct.unpack("!BBBBHH", raw[:8])
        version = first >> 4
        seconds = version == 2
        interval = field & (0xFF if seconds else 0xFFF)
        size = 16 if is_ipv6(frame.ip.src) else 4
        end = min(8 + size * count, 8 + (len(raw) - 8) // size * size)
        form = socket.AF_INET6 if size == 16 else socket.AF_INET
        return Advert(frame, version, first & 15, vrid, priority, count,
                      0 if seconds else field >> 12, interval, interval * (1000 if seconds else 10),
                      checksum, _checksum_form(frame.ip),
                      tuple(socket.inet_ntop(form, raw[i:i + size])
                            for i in range(8, end, size)), raw[end:])

    def __str__(self):
        return (f"VRRPv{self.version} vrid {self.vrid} priority {self.priority} from {self.src} "
                f"({self.src_mac}) {self.interval_ms} ms {list(self.addresses)}")

    __repr__ = __str__


HMAC_LENGTH = 28


def _summed(ip):
    """What the checksum covers: over IPv4 no HMAC trailer."""
    raw = ip.payload
    length = 8 + 4 * raw[3] + (8 if raw[0] >> 4 == 2 else 0)
    return raw[:length] if not is_ipv6(ip.src) and len(raw) == length + HMAC_LENGTH else raw


def _checksum_form(ip):
    """"rfc9568": as that says for the family. Otherwise over IPv4 "rfc5798", with a pseudo-header,
    over IPv6 "message", without one, or in both "bad"."""
    raw = _summed(ip)
    alone = internet_checksum(raw) == 0
    with_header = internet_checksum(_pseudo_header(ip.src, ip.dst, len(raw)) + raw) == 0
    if is_ipv6(ip.src):
        return "rfc9568" if with_header else "message" if alone else "bad"
    return "rfc9568" if alone else "rfc5798" if with_header else "bad"


@dataclass(frozen=True)
class Arp(Seen):
    """An ARP message for IPv4 over Ethernet."""
    frame: Frame
    op: int                      # 1 request, 2 reply
    sha: str
    spa: str
    tha: str
    tpa: str

    gratuitous = property(lambda self: self.spa == self.tpa)

    @staticmethod
    def parse(frame):
        """The message, or None if it is cut short."""
        raw = frame.data[14:42]
        if len(raw) < 28:
            return None
        return Arp(frame, int.from_bytes(raw[6:8], "big"), mac_text(raw[8:14]),
                   socket.inet_ntoa(raw[14:18]), mac_text(raw[18:24]), socket.inet_ntoa(raw[24:28]))

    def __str__(self):
        kind = {1: "request", 2: "reply"}.get(self.op, f"op {self.op}")
        return f"ARP {kind} {self.spa} is {self.sha}, target {self.tpa} {self.tha}"

    __repr__ = __str__


def write_pcapng(path, frames, label=""):
    """Writes frames for Wireshark: nanoseconds, and every port as an interface of its own name."""
    ports = {port: i for i, port in enumerate(dict.fromkeys(frame.port for frame in frames))}
    with open(path, "wb") as out:
        out.write(_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for port in ports:
            name = _option(2, f"{label}{port}".encode())
            out.write(_block(1, struct.pack("<HHI", 1, 0, 0) + name + _option(9, b"\x09")
                             + _option(0, b"")))
        for frame in frames:
            size = len(frame.data)
            head = struct.pack("<IIIII", ports[frame.port], frame.ns >> 32,
                               frame.ns & 0xFFFFFFFF, size, size)
            out.write(_block(6, head + _padded(frame.data)))


def _padded(data):
    return data + bytes(-len(data) % 4)


def _option(code, value):
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind, body):
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


@dataclass(frozen=True)
class Key:
    """What signs an advert with a 28 byte trailer."""
    id: int
    secret: bytes

    def trailer(self, src, message, seconds, *, subseconds=0, kind=1, reserved=0):
        """The trailer of this message."""
        head = struct.pack("!BBHIHH", kind, self.id, reserved, seconds, subseconds, 0)
        address = address_bytes(src)
        pseudo = struct.pack("!BBBB", 4 if len(address) == 4 else 6, message[0] >> 4, message[1],
                             0) + address.ljust(16, b"\0")
        covered = pseudo + message[:6] + bytes(2) + message[8:] + head + bytes(16)
        return head + hmac.digest(self.secret, covered, "sha256")[:16]

    def sign(self, src, message, ahead=0):
        """A trailer of now, by a clock that is so many seconds ahead."""
        now = time.time() + ahead
        return self.trailer(src, message, int(now), subseconds=int(now % 1 * 65536))

    def line(self):
        """As a file of keys has it."""
        return f"{self.id} hmac-sha256 {self.secret.hex()}\n"


def vrrp(vrid=51, priority=100, addresses=None, interval=None, *, version=3, type=1,
         count=None, reserve=0, checksum="rfc9568", src="0.0.0.0", dst=None, auth_type=0,
         auth=b"", trailing=b"", length=None, sign=None):
    """A VRRP message. interval is the raw field: centiseconds in version 3, seconds in version 2.

    An IPv6 src makes it one over IPv6. checksum: "rfc9568" (over IPv6 with a pseudo-header: give
    src, and dst if it is not the group), "rfc5798" (with one over IPv4, too), "message" (without
    one over IPv6, either), "bad" or a number; it covers trailing bytes, too. auth is filled up
    with zeros. length cuts the message short or fills it up with zeros, after the checksum was
    computed over what is left of it. sign: makes an HMAC trailer of source and message.
    """
    dst = dst or group_of(src)
    if addresses is None:
        addresses = ("fe80::1",) if is_ipv6(src) else ("192.0.2.1",)
    listed = b"".join(address_bytes(address) for address in addresses)
    count = len(addresses) if count is None else count
    if version == 2:
        field = auth_type << 8 | (1 if interval is None else interval)
        trailing = auth.ljust(8, b"\0") + trailing
    else:
        field = reserve << 12 | (100 if interval is None else interval)
    raw = struct.pack("!BBBBHH", version << 4 | type, vrid, priority, count, field, 0)
    raw += listed + trailing
    if length is not None:
        raw = raw[:length].ljust(length, b"\0")
    trailer = sign(src, raw) if sign else b""
    if is_ipv6(src):             # whose checksum covers the trailer
        return _with_checksum(raw + trailer, checksum, src, dst)
    return _with_checksum(raw, checksum, src, dst) + trailer


def _with_checksum(raw, checksum, src, dst):
    if len(raw) < 8:
        return raw
    if not isinstance(checksum, int):
        pseudo = checksum == "rfc5798" or (is_ipv6(src) and checksum != "message")
        right = internet_checksum((_pseudo_header(src, dst, len(raw)) if pseudo else b"") + raw)
        # One bit off matches neither form but by a chance of 1 in 65,536: both are looked at.
        checksum = _matching_neither(raw, src, dst, right) if checksum == "bad" else right
    return raw[:6] + struct.pack("!H", checksum) + raw[8:]


def _matching_neither(raw, src, dst, right):
    others = (internet_checksum(_pseudo_header(src, dst, len(raw)) + raw), internet_checksum(raw))
    return next(value for value in (right ^ 1, right ^ 2, right ^ 4) if value not in others)


def group_of(address):
    """The group that adverts from an address go to."""
    return VRRP_GROUP6 if is_ipv6(address) else VRRP_GROUP


def ipv4(payload, src, dst=VRRP_GROUP, *, ttl=255, proto=IPPROTO_VRRP, tos=0xC0, options=b"",
         ident=0, fragment=0, total_length=None, ip_checksum=None):
    """An IPv4 packet; options are padded to whole words."""
    options = _padded(options)
    header_length = 20 + len(options)
    if total_length is None:
        total_length = header_length + len(payload)
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | header_length // 4, tos, total_length, ident,
                         fragment, ttl, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    header += options
    if ip_checksum is None:
        ip_checksum = internet_checksum(header)
    return header[:10] + struct.pack("!H", ip_checksum) + header[12:] + payload


def ipv6(payload, src, dst=VRRP_GROUP6, *, ttl=255, proto=IPPROTO_VRRP, tos=0xC0, flow=0,
         payload_length=None):
    """An IPv6 packet; ttl is its hop limit, tos its traffic class, proto its next header."""
    length = len(payload) if payload_length is None else payload_length
    return struct.pack("!IHBB", 6 << 28 | tos << 20 | flow, length, proto, ttl) + \
        address_bytes(src) + address_bytes(dst) + payload


def ether(payload, src_mac, dst_mac=VRRP_GROUP_MAC, *, ethertype=ETH_P_IP, pad=ETH_MIN):
    """An Ethernet frame, padded with zeros to the minimum unless pad is 0."""
    head = mac_bytes(dst_mac) + mac_bytes(src_mac) + struct.pack("!H", ethertype)
    return (head + payload).ljust(pad, b"\0")


_IP_FIELDS = ("ttl", "proto", "tos", "options", "ident", "fragment", "total_length", "ip_checksum",
              "flow", "payload_length")
_ETHER_FIELDS = ("src_mac", "dst_mac", "ethertype", "pad")


def advert(src="192.0.2.9", dst=None, **fields):
    """A whole VRRP frame from address src: fields as of vrrp(), ipv4() or ipv6(), and ether().

    advert("192.0.2.9", priority=200, ttl=254, src_mac="02:00:00:00:00:99")
    advert("192.0.2.9", version=2, auth_type=1, auth=b"secret")
    advert("fe80::9", addresses=["fe80::1", "2001:db8::1"])
    """
    dst = dst or group_of(src)
    ip_fields = {name: fields.pop(name) for name in _IP_FIELDS if name in fields}
    ether_fields = {name: fields.pop(name) for name in _ETHER_FIELDS if name in fields}
    ether_fields.setdefault("src_mac", mac_of_address(src))
    if is_ipv6(src):
        ether_fields = {"dst_mac": VRRP_GROUP6_MAC, "ethertype": ETH_P_IPV6, **ether_fields}
    packet = (ipv6 if is_ipv6(src) else ipv4)(vrrp(src=src, dst=dst, **fields), src, dst,
                                              **ip_fields)
    return ether(packet, **ether_fields)


def mac_of_address(address):
    """A locally administered MAC that shows the address: 02:00:c0:00:02:09 for 192.0.2.9, or the
    last four bytes of an IPv6 address."""
    return mac_text(b"\x02\x00" + address_bytes(address)[-4:])


def virtual_mac(vrid, family=4):
    """RFC 9568 §7.3."""
    return f"00:00:5e:00:0{1 if family == 4 else 2}:{vrid:02x}"


def arp(op, sha, spa, tpa, tha="00:00:00:00:00:00", *, src_mac=None, dst_mac=BROADCAST_MAC,
        pad=ETH_MIN):
    """An ARP message: op 1 request, 2 reply; gratuitous when spa equals tpa."""
    raw = struct.pack("!HHBBH6s4s6s4s", 1, ETH_P_IP, 6, 4, op, mac_bytes(sha),
                      socket.inet_aton(spa), mac_bytes(tha), socket.inet_aton(tpa))
    return ether(raw, src_mac or sha, dst_mac, ethertype=ETH_P_ARP, pad=pad)


class Probe:
    """A test's own hand on the wire: sends frames out of an interface of a lab's host.

    The host needs no address: then its kernel stays silent, and all that comes from its port
    was made by the test.
    """

    def __init__(self, host, dev="eth0"):
        self.host, self.dev = host, dev
        self.mac = host.mac(dev)
        self._socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((dev, 0))
        host.lab.at_close(self._socket.close)

    def send(self, *frames):
        """Sends frames now, in order."""
        for frame in frames:
            self._socket.send(frame)

    def advert(self, src="192.0.2.9", **fields):
        """Sends one advert, see advert(); its source MAC is the probe's own unless given."""
        self.send(advert(src, **{"src_mac": self.mac, **fields}))

    def speak(self, src="192.0.2.9", every=0.1, **fields):
        """Is a VRRP speaker until stopped: an advert at once, then one each `every` seconds.

        The advertised interval is derived from `every` unless given.
        """
        return Speaker(self, src, every, fields)

    def flood(self, frames, rate, seconds):
        """Sends frames (one, or a list in turn) at `rate` per second for `seconds`; a Flood."""
        return Flood(self, [frames] if isinstance(frames, bytes) else frames, rate, seconds)

    def who_has(self, address, spa="0.0.0.0", timeout=1.0):
        """Asks by ARP and returns the replies seen until timeout: who really answers.

        spa 0.0.0.0 makes it an ARP probe (RFC 5227): it changes nobody's neighbour table.
        """
        since = self.host.lab.now()
        self.send(arp(1, self.mac, spa, address))
        deadline = time.monotonic() + timeout
        replies = []
        while not replies and time.monotonic() < deadline:
            time.sleep(0.005)
            replies = self.host.lab.capture.arps(since=since, op=2, spa=address, tha=self.mac)
        return replies


class _Sender:
    """A thread that sends until it is told to stop; a lab's close stops it, too."""

    def __init__(self, probe):
        self.probe, self.sent = probe, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        probe.host.lab.at_close(self.stop)

    def stop(self):
        """Stops and waits until the last frame is out."""
        self._stop.set()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Speaker(_Sender):
    """A VRRP speaker that never listens: adverts at a regular interval."""

    def __init__(self, probe, src, every, fields):
        super().__init__(probe)
        self._src, self._every, self._fields = src, every, dict(fields)
        if fields.get("version", 3) == 3:
            self._fields.setdefault("interval", max(1, round(every * 100)))
        self._thread.start()

    def update(self, **fields):
        """Changes fields of the adverts from the next one on, which is sent now."""
        self._fields = {**self._fields, **fields}
        self._advert()

    def _advert(self):
        self.probe.advert(self._src, **self._fields)
        self.sent += 1

    def _run(self):
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            self._advert()
            due = max(due + self._every, time.monotonic())


class Flood(_Sender):
    """A bounded number of frames at a steady rate, in small bursts."""

    TICK = 0.002

    def __init__(self, probe, frames, rate, seconds):
        super().__init__(probe)
        self._total = int(rate * seconds)
        assert 0 < self._total <= FLOOD_MAX, f"a flood of {self._total} frames"
        self._frames, self._rate = itertools.cycle(frames), rate
        self._thread.start()

    def wait(self):
        """Waits for the end of it. Return: the number of frames sent."""
        self._thread.join()
        return self.sent

    def _run(self):
        began = time.monotonic()
        while self.sent < self._total and not self._stop.is_set():
            due = min(self._total, int((time.monotonic() - began) * self._rate) + 1)
            while self.sent < due:
                self.probe.send(next(self._frames))
                self.sent += 1
            self._stop.wait(self.TICK)
