# SPDX-License-Identifier: MIT
"""The lab tells the truth: what it cuts is cut, who it names sent it, and nothing of it stays."""

import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time
import types

import pytest

import conftest
import frames
import reaper
from lab import Lab, LabError, router, wait_until

EXPERIMENTAL = 0x88B5            # an Ethernet type that no kernel answers
DEMO = os.path.join(os.path.dirname(conftest.HERE), "demo.py")
SILENCE = 0.2                    # a frame crosses the switch in microseconds


class Ear:
    """Hears the frames of the experimental type that reach a host."""

    def __init__(self, host):
        self._socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EXPERIMENTAL))
        host.lab.at_close(self._socket.close)

    def hears(self, probe):
        """Whether a frame that probe sends now arrives."""
        probe.send(frames.ether(b"hello", probe.mac, frames.BROADCAST_MAC, ethertype=EXPERIMENTAL))
        if not select.select([self._socket], [], [], SILENCE)[0]:
            return False
        return bool(self._socket.recv(2048))


@pytest.fixture
def pair(lab):
    """Two hosts with a probe and an ear each."""
    hosts = [lab.host("left", "192.0.2.2/24"), lab.host("right", "192.0.2.3/24")]
    return [types.SimpleNamespace(host=host, probe=frames.Probe(host), ear=Ear(host))
            for host in hosts]


def hearing(left, right):
    """(right hears left, left hears right)"""
    return right.ear.hears(left.probe), left.ear.hears(right.probe)


def test_cut_drops_both_directions_and_heal_restores_them(lab, pair):
    left, right = pair
    assert hearing(left, right) == (True, True)
    lab.cut(left.host)
    assert hearing(left, right) == (False, False)
    assert "LOWER_UP" in left.host.link()["flags"], "a silent cut must not be seen by the host"
    lab.heal(left.host)
    assert hearing(left, right) == (True, True)


def test_mute_and_deafen_drop_one_direction(lab, pair):
    left, right = pair
    lab.mute(left.host)
    assert hearing(left, right) == (False, True)
    lab.deafen(left.host)
    assert hearing(left, right) == (True, False)
    lab.heal(left.host)
    assert hearing(left, right) == (True, True)


def test_cut_with_carrier_is_seen_by_the_host(lab, pair):
    left, right = pair
    lab.cut(left.host, silent=False)
    wait_until(lambda: "NO-CARRIER" in left.host.link()["flags"], what="the carrier to go")
    lab.heal(left.host)
    wait_until(lambda: "LOWER_UP" in left.host.link()["flags"], what="the carrier to return")
    assert hearing(left, right) == (True, True)


def test_pinger_measures_an_outage(lab):
    client, server = lab.host("client", "192.0.2.100/24"), lab.host("server", "192.0.2.1/24")
    ping = lab.ping(client, "192.0.2.1")
    ping.wait_answer()
    assert ping.longest_outage() == 0.0
    before = lab.now()
    lab.cut(server)
    cut = lab.now()
    ping.wait_silence()
    heal = lab.now()
    lab.heal(server)
    healed = lab.now()
    ping.wait_answer(since=healed)
    after = lab.now()
    [outage] = ping.outages()
    assert before - 5e6 <= outage.start and outage.end <= after
    assert (heal - cut) / 1e9 - 4 * ping.interval <= outage.seconds
    assert 0 < ping.lost() < len(ping.sent) and ping.answered(since=healed) > 0
    assert lab.capture.wait_frame(lambda frame: frame.echo and frame.echo[0] == 0, host=server)
    lost = {sent for sent, answered in ping.fates() if not answered}
    assert set(ping.lost_from(server)) == lost and not ping.lost_from(client)


def test_capture_names_the_port_whatever_the_frame_claims(lab):
    gw, liar = lab.host("gw", "192.0.2.2/24"), lab.host("liar")
    gw.attach("wan", "198.51.100.2/24")
    other = lab.host("other", segment="wan")
    claim = frames.advert("192.0.2.2", priority=77, src_mac=gw.mac())
    frames.Probe(liar).send(claim)
    frames.Probe(gw, "eth1").send(claim)
    assert lab.capture.wait_advert(host=liar, priority=77, src="192.0.2.2").src_mac == gw.mac()
    assert lab.capture.wait_advert(host=gw).port is gw.ports["eth1"]
    assert len(lab.capture.adverts()) == 2, "each frame is seen once, where it came in"
    assert lab.capture.adverts(host=other) == []


def test_capture_marks_what_was_lost_and_keeps_the_kernels_time(lab, pair):
    left, right = pair
    before = lab.now()
    left.probe.advert()
    first = lab.capture.wait_advert(host=left.host)
    assert before <= first.ns <= lab.now() and not first.lost
    lab.cut(left.host)
    mark = lab.now()
    left.probe.advert()
    assert lab.capture.wait_advert(host=left.host, since=mark).lost
    lab.heal(left.host)
    mark = lab.now()
    left.probe.advert()
    assert not lab.capture.wait_advert(host=left.host, since=mark).lost
    assert lab.capture.dropped() == 0


def test_wait_in_vain_tells_what_was_seen(lab, pair):
    pair[0].probe.advert(priority=42)
    with pytest.raises(LabError, match="priority 42"):
        lab.capture.wait_advert(timeout=0.1, priority=43)


def test_frames_match_reference_vectors():
    """RFC 9568 §5.2.8 for the sums; the bytes of other fields by hand."""
    message = {"vrid": 51, "priority": 200, "addresses": ["192.0.2.100"]}
    assert frames.vrrp(**message).hex() == "3133c80100644402c0000264"
    with_pseudo_header = frames.vrrp(**message, checksum="rfc5798", src="198.51.100.10")
    assert with_pseudo_header.hex() == "3133c80100643935c0000264"
    assert frames.vrrp(51, 100, ["192.0.2.100"], version=2).hex() == \
        "213364010001b865c00002640000000000000000"


@pytest.mark.parametrize("fields, expected", [
    ({}, {"checksum_form": "rfc9568", "addresses": ("192.0.2.1",), "interval_ms": 1000}),
    ({"checksum": "rfc5798"}, {"checksum_form": "rfc5798"}),
    ({"checksum": "bad"}, {"checksum_form": "bad"}),
    ({"checksum": 0}, {"checksum_form": "bad", "checksum": 0}),
    ({"ttl": 254, "tos": 0}, {"ttl": 254, "tos": 0}),
    ({"version": 2, "interval": 3}, {"version": 2, "interval_ms": 3000, "trailing": bytes(8)}),
    ({"type": 2, "reserve": 15, "interval": 4095}, {"type": 2, "reserve": 15, "interval": 4095}),
    ({"count": 9}, {"count": 9, "addresses": ("192.0.2.1",)}),
    ({"addresses": []}, {"count": 0, "addresses": ()}),
    ({"trailing": b"xyz"}, {"trailing": b"xyz", "checksum_form": "rfc9568"}),
    ({"length": 9}, {"addresses": (), "message": frames.vrrp(length=9)}),
    ({"options": b"\x94\x04\0\0"}, {"addresses": ("192.0.2.1",), "checksum_form": "rfc9568"}),
])
def test_frames_read_what_they_build(fields, expected):
    frame = frames.Frame(0, 0.0, None, frames.advert(**fields))
    assert {name: getattr(frame.vrrp, name) for name in expected} == expected
    assert frame.ip.checksum_ok and len(frame.data) >= frames.ETH_MIN


def test_speaker_speaks_and_resigns(lab):
    probe = frames.Probe(lab.host("probe"))
    with probe.speak(every=0.02, priority=200) as speaker:
        wait_until(lambda: len(lab.capture.adverts(priority=200)) > 3, what="some adverts")
        speaker.update(priority=0)
        assert lab.capture.wait_advert(priority=0).interval_ms == 20
    mark = lab.now()
    assert speaker.sent == len(lab.capture.adverts())
    assert not lab.capture.adverts(since=mark)


def test_flood_is_bounded_and_seen_whole(lab):
    probe = frames.Probe(lab.host("probe"))
    began = time.monotonic()
    sent = probe.flood([frames.advert(ttl=1), frames.advert(checksum="bad")], 2000, 0.5).wait()
    assert time.monotonic() - began > 0.4
    assert sent == 1000 == len(lab.capture.adverts())
    assert len(lab.capture.adverts(ttl=1)) == 500 == len(lab.capture.adverts(checksum_form="bad"))


def test_keepalived_fails_over_in_the_lab(lab):
    if not shutil.which("keepalived"):
        pytest.skip("keepalived is not installed")
    gw1, gw2 = lab.host("gw1", "192.0.2.2/24"), lab.host("gw2", "192.0.2.3/24")
    client = lab.host("client", "192.0.2.100/24")
    asker = frames.Probe(lab.host("asker"))
    lab.keepalived(gw1, [router(150)])
    lab.capture.wait_arp(host=gw1, gratuitous=True)
    lab.keepalived(gw2, [router(100)])  # one after the other: it never finds itself alone
    ping = lab.ping(client, "192.0.2.1")
    ping.wait_answer()
    assert [reply.host for reply in asker.who_has("192.0.2.1")] == [gw1]
    mark = lab.now()
    lab.cut(gw1)
    takeover = lab.capture.wait_advert(host=gw2, since=mark, priority=100)
    ping.wait_answer(since=takeover.ns)
    assert 0.2 < ping.longest_outage() < 5
    assert "192.0.2.1/24" in gw2.addresses()


def owner_of_a_lab():
    """A process that makes a lab with a sleeper in it, names both, and waits to be killed."""
    script = (f"import sys; sys.path[:0] = {sys.path!r}\n"
              "from lab import Lab\n"
              "lab = Lab()\n"
              "sleeper = lab.host('h', '192.0.2.2/24').popen('sleep', '600')\n"
              "print(lab.name, sleeper.pid, flush=True)\n"
              "sys.stdin.read()\n")
    return subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def runs(pid):
    """Whether a process of this pid does anything but wait for its parent."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_reaper_cleans_up_after_a_killed_owner():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with owner_of_a_lab() as owner:
        name, sleeper = owner.stdout.readline().split()
        assert len(reaper.namespaces(name)) == 2 and os.path.isdir(reaper.directory(name))
        assert int(sleeper) in reaper.processes(reaper.namespaces(name))
        owner.kill()
    wait_until(lambda: not os.path.exists(reaper.directory(name)), what="the directory to go")
    assert reaper.namespaces(name) == []
    assert not runs(sleeper)


@pytest.mark.parametrize("name", ["", ".", "vipd", "vipd-1", "../etc", "vipd-1-1/.."])
def test_reaper_refuses_what_is_no_lab(name):
    with pytest.raises(ValueError):
        reaper.remove(name)


def fake(directory, vipd):
    """A vipd that does this, and a vipctl that always answers, but knows no router."""
    for name, body in (("vipd", vipd), ("vipctl", """echo '{"routers": []}'""")):
        path = directory / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    return str(directory / "vipd")


@pytest.mark.parametrize("body, complaint", [
    ("echo no such interface >&2; exit 1", "no such interface"),
    ("exec sleep 600", "vipd did not leave with 0"),
    ("trap 'exit 0' TERM; echo AddressSanitizer: oh; sleep 600 & wait", "a sanitizer spoke"),
])
def test_close_complains_about_a_bad_vipd(tmp_path, monkeypatch, capfd, body, complaint):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    monkeypatch.setenv("VIPD", fake(tmp_path, body))
    with pytest.raises(LabError, match=f"(?s){complaint}"), Lab() as lab:
        agent = lab.vipd(lab.host("gw"), [router()])
        if "echo" in body:
            agent.wait_log("oh|such")              # it has set its trap by then
    assert f"files kept in {lab.directory}" in capfd.readouterr().err
    assert reaper.namespaces(lab.name) == []
    reaper.remove(lab.name)                        # the evidence of what was meant to fail


def captured(directory, name, *raw):
    """A capture file of a host with vipd."""
    port = "gw.eth0"
    frames.write_pcapng(directory / f"{name}.pcapng",
                        [frames.Frame(1_700_000_000 * 10**9, 0.0, port, data) for data in raw])


def test_second_decoder_accepts_both_checksum_forms(tmp_path):
    captured(tmp_path, "good", frames.advert(), frames.advert(checksum="rfc5798"),
             frames.arp(1, "02:00:00:00:01:00", "192.0.2.1", "192.0.2.1"))
    assert conftest.decode(tmp_path, "") == []


@pytest.mark.parametrize("raw", [
    frames.advert(count=9), frames.advert(ip_checksum=1), frames.advert(total_length=200),
    frames.ether(b"\0\1\x08", "02:00:00:00:01:00", ethertype=frames.ETH_P_ARP, pad=0),
], ids=["count", "ip checksum", "ip length", "short arp"])
def test_second_decoder_finds_what_is_wrong(tmp_path, raw):
    captured(tmp_path, "va", frames.advert())
    captured(tmp_path, "vb", raw)
    captured(tmp_path, "other", frames.advert(count=9))
    [complaint] = conftest.decode(tmp_path, "v")
    assert complaint.startswith(f"{tmp_path}/all-v.pcapng: gw.eth0, frame ")
    assert os.path.exists(tmp_path / "other.pcapng"), "it is somebody else's"


def run_demo(**environment):
    """The demo to its end, which leaves nothing behind. Return: it, as a finished process."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with subprocess.Popen([sys.executable, DEMO, "--interval", "50ms"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **environment}) as demo:
        demo.output, _ = demo.communicate(timeout=60)
    assert reaper.namespaces(f"vipd-{demo.pid}") == []
    return demo


def test_demo_shows_a_failover():
    demo = run_demo()
    assert demo.returncode == 0, demo.output
    assert "The failover worked." in demo.output
    assert re.search(r"gw2 answers the client, which was without it for 0\.\d{3} s", demo.output)
    assert "\033" not in demo.output, "no colours but on a terminal"


def test_demo_fails_without_a_failover(tmp_path):
    demo = run_demo(VIPD=fake(tmp_path, "trap 'exit 0' TERM; sleep 600 & wait"))
    assert demo.returncode == 1
    assert "The failover did not work" in demo.output
    shutil.rmtree(re.search(r"files kept in (\S+)", demo.output)[1])
