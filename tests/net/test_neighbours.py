# SPDX-License-Identifier: MIT
"""What vipd leaves alone: addresses of others in the subnet of a virtual one, and the settings that
decide over them. The kernel would take them along with the first address of their subnet."""

import signal

import pytest

from lab import router, wait_until

OWN = "10.9.0.2/24"
VIP = "192.0.2.1/24"
OTHERS = ["192.0.2.77/24", "192.0.2.78/24"]
SETTING = "net.ipv4.conf.eth0.promote_secondaries"


def active_beside_others(lab, promotes):
    """An Active whose address is the first of its subnet, with addresses of others behind it."""
    host = lab.host("gw1", OWN)
    host.sysctl(SETTING, promotes)
    agent = lab.vipd(host, [router()])
    wait_until(lambda: VIP in host.addresses(), what="the virtual address")
    host.ip(*(f"address add {other} dev eth0" for other in OTHERS))
    assert host.addresses() == [OWN, VIP, *OTHERS]
    return host, agent


@pytest.mark.parametrize("promotes", [0, 1])
def test_addresses_of_others_survive_a_release(lab, promotes):
    host, agent = active_beside_others(lab, promotes)
    assert agent.term() == 0
    assert host.addresses() == [OWN, *OTHERS]
    assert int(host.sysctl(SETTING)) == promotes


@pytest.mark.parametrize("promotes", [0, 1])
def test_addresses_of_others_survive_a_sweep(lab, promotes):
    host, agent = active_beside_others(lab, promotes)
    agent.kill(signal.SIGKILL)
    lab.vipd(host, [router(start_delay="1h")])
    assert host.addresses() == [OWN, *OTHERS]
    assert int(host.sysctl(SETTING)) == promotes


def test_routers_of_one_subnet_do_not_disturb_each_other(lab):
    """Two routers share a subnet that nobody else is in: one yields, the other one keeps its own."""
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(150), router(150, name="two", vrid=52,
                                                addresses=["192.0.2.2/24"])])
    agent.wait_state("two", "active")
    agent.wait_state("lan", "active")
    strong = lab.vipd(lab.host("gw2", "10.9.0.3/24"), [router(200)])
    strong.wait_state("lan", "active")
    agent.wait_state("lan", "backup")
    wait_until(lambda: VIP not in host.addresses(), what="the release")
    assert "192.0.2.2/24" in host.addresses()
    two = agent.router("two")
    assert two["state"] == "active" and two["counters"]["addresses_restored"] == 0
