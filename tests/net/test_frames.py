# SPDX-License-Identifier: MIT
"""Adverts of all versions and families by three hands: the codec of the product, the builder of
the tests, and the decoder of Wireshark. No two of them share a line of code."""

import functools
import os
import subprocess

import pytest

import frames
from agents import binary

ENCODE = os.path.join(os.path.dirname(binary("vipd")), "tests/net/encode")
SRC4, SRC6 = "198.51.100.10", "fe80::10"
LIST4 = ["192.0.2.100", "255.255.255.255", "10.0.0.1"]
LIST6 = ["fe80::100", "2001:db8::100", "ff02::ffff:ffff"]
MANY4 = [f"10.1.{i // 250}.{i % 250 + 1}" for i in range(255)]
MANY6 = ["fe80::1"] + [f"2001:db8::{i:x}" for i in range(1, 255)]
GOOD = "1"                       # of tshark's checksums

# What an advert can say: as frames.advert() takes it.
ADVERTS = {
    "v2": {"src": SRC4, "version": 2, "addresses": LIST4[:1]},
    "v2 three addresses": {"src": SRC4, "version": 2, "addresses": LIST4, "interval": 3},
    "v2 extremes": {"src": "223.255.255.254", "version": 2, "vrid": 255, "priority": 255,
                    "interval": 255, "addresses": MANY4},
    "v2 leaves": {"src": SRC4, "version": 2, "priority": 0, "addresses": LIST4[:1]},
    "v2 password": {"src": SRC4, "version": 2, "addresses": LIST4[:1], "auth_type": 1,
                    "auth": b"secret"},
    "v2 password of eight": {"src": SRC4, "version": 2, "addresses": LIST4, "auth_type": 1,
                             "auth": b"12345678"},
    "v3 over IPv4": {"src": SRC4, "addresses": LIST4[:1]},
    "v3 over IPv4, pseudo-header": {"src": SRC4, "addresses": LIST4, "checksum": "rfc5798"},
    "v3 over IPv4, unicast": {"src": SRC4, "dst": "192.0.2.10", "addresses": LIST4[:1],
                              "checksum": "rfc5798", "dst_mac": "02:00:c0:00:02:0a"},
    "v3 over IPv4, extremes": {"src": SRC4, "vrid": 255, "priority": 255, "interval": 4095,
                               "addresses": MANY4, "checksum": "rfc5798"},
    "v3 over IPv6": {"src": SRC6, "addresses": LIST6[:1]},
    "v3 over IPv6, three addresses": {"src": SRC6, "addresses": LIST6, "interval": 1},
    "v3 over IPv6, leaves": {"src": SRC6, "priority": 0, "addresses": LIST6[:1]},
    "v3 over IPv6, unicast": {"src": "2001:db8::10", "dst": "2001:db8::20", "addresses": LIST6[:2],
                              "dst_mac": "02:00:00:00:00:20"},
    "v3 over IPv6, as long as a frame": {"src": SRC6, "vrid": 255, "priority": 255,
                                         "interval": 4095, "addresses": MANY6[:90]},
    "v3 over IPv6, extremes": {"src": SRC6, "vrid": 1, "priority": 1, "addresses": MANY6},
}
each_advert = pytest.mark.parametrize("name", ADVERTS)


def interval_cs(advert):
    """The raw field of an advert in centiseconds."""
    seconds = advert.get("version") == 2
    return advert.get("interval", 1 if seconds else 100) * (100 if seconds else 1)


@functools.cache
def by_codec(name):
    """The message as the product writes it."""
    advert = ADVERTS[name]
    argv = [advert.get("version", 3), advert.get("vrid", 51), advert.get("priority", 100),
            interval_cs(advert), advert.get("checksum", "rfc9568"),
            advert.get("auth", b"").decode(), advert["src"],
            advert.get("dst", frames.group_of(advert["src"])), *advert["addresses"]]
    run = subprocess.run([ENCODE, *map(str, argv)], capture_output=True, text=True, check=True)
    return bytes.fromhex(run.stdout)


def framed(name):
    """The frame that carries the message of the product."""
    advert = ADVERTS[name]
    src, dst = advert["src"], advert.get("dst", frames.group_of(advert["src"]))
    ether = {"dst_mac": advert.get("dst_mac", frames.VRRP_GROUP_MAC)}
    if frames.is_ipv6(src):
        ether = {"dst_mac": advert.get("dst_mac", frames.VRRP_GROUP6_MAC),
                 "ethertype": frames.ETH_P_IPV6}
    packet = (frames.ipv6 if frames.is_ipv6(src) else frames.ipv4)(by_codec(name), src, dst)
    return frames.ether(packet, frames.mac_of_address(src), **ether)


@pytest.mark.requirement("R-017", "R-018", "R-020", "R-021", "R-023", "R-136")
@each_advert
def test_codec_and_builder_write_the_same_bytes(name):
    built = frames.Frame(0, 0.0, None, frames.advert(**ADVERTS[name]))
    assert by_codec(name) == built.ip.payload
    assert framed(name) == built.data


@each_advert
def test_builder_reads_what_the_codec_writes(name):
    advert, seen = ADVERTS[name], frames.Frame(0, 0.0, None, framed(name)).vrrp
    assert (seen.version, seen.type) == (advert.get("version", 3), 1)
    assert (seen.vrid, seen.priority) == (advert.get("vrid", 51), advert.get("priority", 100))
    assert seen.interval_ms == interval_cs(advert) * 10
    assert list(seen.addresses) == advert["addresses"] and seen.count == len(advert["addresses"])
    assert seen.checksum_form == advert.get("checksum", "rfc9568") and seen.reserve == 0
    assert seen.trailing == (advert.get("auth", b"").ljust(8, b"\0") if seen.version == 2 else b"")
    assert (seen.src, seen.ttl) == (advert["src"], 255)


# Wireshark

FIELDS = ("_ws.malformed", "_ws.expert.message", "vrrp.version", "vrrp.type", "vrrp.virt_rtr_id",
          "vrrp.prio", "vrrp.addr_count", "vrrp.adver_int", "vrrp.short_adver_int",
          "vrrp.auth_type", "vrrp.auth_string", "vrrp.checksum.status", "vrrp.ip_addr",
          "vrrp.ipv6_addr", "ip.checksum.status", "ip.ttl", "ipv6.hlim", "frame.protocols")


def dissected(tmp_path, datas):
    """What tshark makes of each frame: {field: text}, all values of a field with commas."""
    capture = str(tmp_path / "frames.pcapng")
    frames.write_pcapng(capture, [frames.Frame(n, 0.0, "test", data)
                                  for n, data in enumerate(datas)])
    shown = subprocess.run(
        ["tshark", "-n", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T", "fields",
         "-E", "separator=/t", *(argument for field in FIELDS for argument in ("-e", field))],
        capture_output=True, text=True, check=True)
    rows = [dict(zip(FIELDS, line.split("\t"))) for line in shown.stdout.splitlines()]
    assert len(rows) == len(datas)
    return rows


def numbers(text):
    """"0x33" or "51": tshark has both."""
    return int(text, 0)


def expect(name, row):
    """Nothing is malformed, all sums are right, every field says what was meant."""
    advert = ADVERTS[name]
    version, over_ipv6 = advert.get("version", 3), frames.is_ipv6(advert["src"])
    # It knows no sum of version 3 over IPv4 but that with a pseudo-header.
    foreign = version == 3 and not over_ipv6 and advert.get("checksum") != "rfc5798"
    assert row["_ws.malformed"] == ""
    assert row["_ws.expert.message"].startswith("Bad checksum" if foreign else "") and (
        foreign or row["_ws.expert.message"] == "")
    assert (row["vrrp.checksum.status"] == GOOD) != foreign
    assert row["frame.protocols"].endswith("ipv6:vrrp" if over_ipv6 else "ip:vrrp")
    assert over_ipv6 or row["ip.checksum.status"] == GOOD
    assert row["ipv6.hlim" if over_ipv6 else "ip.ttl"] == "255"
    assert (numbers(row["vrrp.version"]), numbers(row["vrrp.type"])) == (version, 1)
    assert numbers(row["vrrp.virt_rtr_id"]) == advert.get("vrid", 51)
    assert numbers(row["vrrp.prio"]) == advert.get("priority", 100)
    assert numbers(row["vrrp.addr_count"]) == len(advert["addresses"])
    interval = row["vrrp.adver_int" if version == 2 else "vrrp.short_adver_int"]
    assert numbers(interval) * (100 if version == 2 else 1) == interval_cs(advert)
    shown = row["vrrp.ipv6_addr" if over_ipv6 else "vrrp.ip_addr"].split(",")
    assert shown == advert["addresses"]
    if version == 2:
        assert numbers(row["vrrp.auth_type"]) == advert.get("auth_type", 0)
        assert row["vrrp.auth_string"] == advert.get("auth", b"").decode()


@pytest.fixture(scope="module")
def wireshark(tmp_path_factory):
    """{name: what tshark makes of the frame}, all decoded at once."""
    rows = dissected(tmp_path_factory.mktemp("wire"), [framed(name) for name in ADVERTS])
    return dict(zip(ADVERTS, rows))


@each_advert
def test_wireshark_reads_what_the_codec_writes(wireshark, name):
    expect(name, wireshark[name])


def test_wireshark_sees_what_is_broken(tmp_path):
    """Or what it says above would mean nothing."""
    breaks = [{"src": SRC4, "version": 2, "checksum": "bad"},
              {"src": SRC4, "checksum": "bad"},
              {"src": SRC6, "checksum": "bad"},
              {"src": SRC6, "checksum": "message"},
              {"src": SRC4, "version": 2, "length": 10, "pad": 0},
              {"src": SRC6, "length": 20, "pad": 0}]
    for fields, row in zip(breaks, dissected(tmp_path, [frames.advert(**it) for it in breaks])):
        wrong = row["_ws.malformed"] or row["_ws.expert.message"] or \
            row["vrrp.checksum.status"] != GOOD
        assert wrong, fields


# The builder alone

def test_builder_matches_the_reference_vectors():
    """Of version 2 and IPv6; those of version 3 over IPv4 are in test_lab.py."""
    assert frames.vrrp(51, 200, ["fe80::100"], src="fe80::10").hex() == \
        "3133c801006408b8" "fe800000000000000000000000000100"
    assert frames.vrrp(51, 200, LIST6[:2], src="fe80::10").hex()[:16] == "3133c8020064d9ed"
    assert frames.vrrp(51, 100, LIST4[:1], version=2, auth_type=1, auth=b"secret").hex() == \
        "2133640101017b19c00002647365637265740000"


@pytest.mark.parametrize("fields, expected", [
    ({}, {"checksum_form": "rfc9568", "addresses": ("fe80::1",), "interval_ms": 1000,
          "dst": "ff02::12", "ttl": 255, "dst_mac": "33:33:00:00:00:12"}),
    ({"checksum": "message"}, {"checksum_form": "message"}),
    ({"checksum": "bad"}, {"checksum_form": "bad"}),
    ({"ttl": 64, "tos": 1}, {"ttl": 64, "tos": 1}),
    ({"dst": "fe80::20"}, {"dst": "fe80::20", "checksum_form": "rfc9568"}),
    ({"count": 9}, {"count": 9, "addresses": ("fe80::1",)}),
    ({"addresses": []}, {"count": 0, "addresses": ()}),
    ({"trailing": b"xyz"}, {"trailing": b"xyz", "checksum_form": "rfc9568"}),
    ({"length": 17, "pad": 0}, {"addresses": (), "count": 1}),
    ({"version": 2, "reserve": 1}, {"version": 2}),
])
def test_builder_reads_what_it_builds_over_ipv6(fields, expected):
    seen = frames.Frame(0, 0.0, None, frames.advert("fe80::9", **fields)).vrrp
    assert {name: getattr(seen, name) for name in expected} == expected


@pytest.mark.parametrize("damage", [
    lambda packet: packet[:39], lambda packet: b"\x40" + packet[1:],
    lambda packet: packet[:4] + b"\xff\xff" + packet[6:]])
def test_builder_reads_no_impossible_ipv6_packet(damage):
    packet = damage(frames.ipv6(frames.vrrp(src="fe80::9"), "fe80::9"))
    frame = frames.Frame(0, 0.0, None, frames.ether(packet, "02:00:00:00:00:09",
                                                    ethertype=frames.ETH_P_IPV6, pad=0))
    assert frame.ip is None and frame.vrrp is None
