# SPDX-License-Identifier: MIT
"""A second decoder on all kinds of frames that vipd sends. At the end of a session it looks at every
frame of every test (conftest.py); here is what makes sure that each kind is among them.
"""

import os
import shutil
import subprocess

import pytest

import frames
from conftest import decode
from lab import router, wait_until

FIELDS = ("frame.protocols", "vrrp.version", "vrrp.prio", "vrrp.auth_type", "arp.isgratuitous",
          "icmpv6.type", "icmpv6.nd.na.flag.o", "vrrp.checksum.status",
          "icmpv6.checksum.status", "ip.checksum.status")
NEIGHBOR_ADVERTISEMENT, MLD2_REPORT = "136", "143"
GOOD = "1"                       # of a checksum's status
V2 = {"version": 2, "interval": "1s"}
PASSWORD = {"auth": {"type": "password", "password": "tell me"}}
WIRES = {
    "v3": ("ip:vrrp", "3", {}),
    "v3 rfc5798": ("ip:vrrp", "3", {"checksum": "rfc5798"}),
    "v3 of many": ("ip:vrrp", "3", {"addresses": [f"198.51.100.{n}/32" for n in range(1, 256)]}),
    "v2": ("ip:vrrp", "2", V2),
    "v2 password": ("ip:vrrp", "2", {**V2, **PASSWORD}),
    "v3 IPv6": ("ipv6:vrrp", "3", {"addresses": ["2001:db8::1/64", "2001:db8::7/64"]}),
    "v3 IPv6 of many": ("ipv6:vrrp", "3",
                        {"addresses": [f"2001:db8::1:{n:x}/128" for n in range(1, 64)]}),
}


def decoded(path):
    """What tshark makes of a capture: a dictionary of fields per frame."""
    wanted = [argument for field in FIELDS for argument in ("-e", field)]
    shown = subprocess.run(["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE",
                            "-T", "fields", "-E", "separator=/t", *wanted],
                           capture_output=True, text=True, check=True)
    return [dict(zip(FIELDS, line.split("\t"))) for line in shown.stdout.splitlines()]


def life(lab, family, keys):
    """vipd from the takeover, by its announcements and adverts, to its farewell. Return: the
    directory with the capture of its frames, and the capture."""
    gw = lab.host("gw", "192.0.2.2/24", "2001:db8::2/64", ipv6=True)
    agent = lab.vipd(gw, [router(254, **keys)])
    agent.wait_state("lan", "active", family=family, timeout=15)
    gw.wait_adverts(2)
    wait_until(lambda: agent.router(family=family)["counters"]["announcements_sent"], 5,
               "an announcement")
    assert agent.term() == 0
    wait_until(lambda: lab.capture.adverts(host=gw, priority=0), 5, "the farewell")
    directory = lab.path("sent")
    os.mkdir(directory)
    path = os.path.join(directory, "gw.pcapng")
    frames.write_pcapng(path, lab.capture.frames(host=gw), "gw ")
    return directory, path


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("protocol, version, keys", WIRES.values(), ids=WIRES)
def test_every_kind_of_frame_is_what_a_decoder_takes_it_for(lab, protocol, version, keys):
    family = 6 if protocol == "ipv6:vrrp" else 4
    directory, path = life(lab, family, keys)
    seen = decoded(path)
    assert decode(directory, "gw") == []
    adverts = [it for it in seen if it["frame.protocols"].endswith(protocol)]
    assert {it["vrrp.version"] for it in adverts} == {version}
    assert {it["vrrp.prio"] for it in adverts} == {"254", "0"}
    if family == 4:
        assert any(it["arp.isgratuitous"] in ("1", "True") for it in seen)
        assert {it["ip.checksum.status"] for it in adverts} == {GOOD}
        assert {it["vrrp.auth_type"] for it in adverts} <= {"1" if "auth" in keys else "0", ""}
    else:
        told = [it for it in seen if it["icmpv6.type"] == NEIGHBOR_ADVERTISEMENT]
        assert any(it["icmpv6.nd.na.flag.o"] in ("1", "True") for it in told)
        assert any(it["icmpv6.type"] == MLD2_REPORT for it in seen), "it joins VRRP's group"
        assert {it["icmpv6.checksum.status"] for it in told} == {GOOD}
    if family == 6 or version == "2" or keys.get("checksum"):
        assert {it["vrrp.checksum.status"] for it in adverts} == {GOOD}
