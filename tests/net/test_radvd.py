# SPDX-License-Identifier: MIT
"""R-080: router advertisements come from the Active, by Debian's radvd and etc/examples/radvd.conf.

vipd sends none itself. What couples both is the virtual router's link-local address.
"""

import os
import shutil

import pytest

from agents import ROOT, Agent
from generations import reload
from lab import router, wait_until
from test_ipv6 import ICMP6, host6

ADVERTISEMENT = 134
LINK_LOCAL = "fe80::200:5eff:fe00:233"
EXAMPLE = os.path.join(ROOT, "etc", "examples", "radvd.conf")
RADVD = shutil.which("radvd")

pytestmark = pytest.mark.skipif(not RADVD, reason="radvd is not installed (Debian: radvd)")


def gateway(lab, name, number, priority):
    """A host with vipd and radvd. Return: vipd."""
    host = host6(lab, name, number)
    host.sysctl("net.ipv6.conf.all.forwarding", 1)
    agent = lab.vipd(host, [router(priority, addresses=["2001:db8::1/64"])])
    argv = [RADVD, "--nodaemon", "--logmethod", "stderr", "--config", EXAMPLE,
            "--pidfile", lab.path(f"{name}-radvd.pid")]
    lab.agents.append(Agent(host, "radvd", argv))
    return agent


def advertisements(lab, host, since):
    """The sources of a host's router advertisements."""
    return [frame.ip.src for frame in lab.capture.frames(since, host)
            if frame.ip and frame.ip.proto == ICMP6 and frame.ip.payload[0] == ADVERTISEMENT]


def wait_advertised(lab, host, since):
    """Waits for router advertisements of a host; they are the virtual router's."""
    seen = wait_until(lambda: advertisements(lab, host, since), 20, f"router advertisements of {host}")
    assert set(seen) == {LINK_LOCAL}


@pytest.mark.requirement("R-080")
def test_router_advertisements_come_from_the_active(lab):
    one, two = gateway(lab, "gw1", 2, 200), gateway(lab, "gw2", 3, 100)
    one.wait_state("lan", "active", family=6)
    two.wait_state("lan", "backup", family=6)
    mark = lab.now()
    wait_advertised(lab, one.host, mark)
    assert not advertisements(lab, two.host, mark)
    assert one.term() == 0
    two.wait_state("lan", "active", family=6)
    mark = lab.now()
    wait_advertised(lab, two.host, mark)
    assert not advertisements(lab, one.host, mark)


@pytest.mark.requirement("R-080")
def test_reload_keeps_router_advertisements(lab):
    agent = gateway(lab, "gw1", 2, 200)
    agent.wait_state("lan", "active", family=6)
    wait_advertised(lab, agent.host, reload(agent))
