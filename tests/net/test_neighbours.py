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
    """An Active whose address was the first of its subnet when addresses of others came."""
    host = lab.host("gw1", OWN)
    host.sysctl(SETTING, promotes)
    agent = lab.vipd(host, [router()])
    wait_until(lambda: VIP in host.addresses(), what="the virtual address")
    host.ip(*(f"address add {other} dev eth0" for other in OTHERS))
    first = VIP if promotes else OTHERS[0]
    wait_until(lambda: host.addresses()[1] == first and len(host.addresses()) == 4,
               what="the order")
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


def test_addresses_of_others_survive_the_end_of_a_lease(lab):
    """Who comes into the subnet of a virtual address soon leads it, so that nothing goes with it."""
    host, agent = active_beside_others(lab, 0)
    agent.wait_log(f" info: .*address={VIP} .*news=behind")
    agent.kill(signal.SIGSTOP)
    wait_until(lambda: VIP not in host.addresses(), what="the end of the lease")
    assert host.addresses() == [OWN, *OTHERS]
    agent.kill(signal.SIGCONT)
    wait_until(lambda: VIP in host.addresses(), what="the virtual address again")
    assert agent.router()["state"] == "active"


def test_own_address_replaced_leads_its_subnet_again(lab):
    """It would be the source of nothing that the host itself sends, and would go with ours."""
    host = lab.host("gw1", "192.0.2.2/24")
    host.sysctl(SETTING, 0)
    vips = [VIP, "192.0.2.9/24"]
    agent = lab.vipd(host, [router(addresses=vips)])
    wait_until(lambda: host.addresses() == ["192.0.2.2/24", *vips], what="the virtual addresses")
    host.ip("address add 192.0.2.22/24 dev eth0")
    host.sysctl(SETTING, 1)
    host.ip("address delete 192.0.2.2/24 dev eth0")
    host.sysctl(SETTING, 0)
    wait_until(lambda: host.addresses() == ["192.0.2.22/24", *vips], what="the order")
    shown = host.run("ip", "route", "get", "192.0.2.77").stdout
    assert "src 192.0.2.22 " in shown, shown
    assert agent.router()["counters"]["became_active"] == 1


@pytest.mark.parametrize("promotes", [0, 1])
def test_setting_that_somebody_changes_meanwhile_stays_his(lab, promotes):
    """No event tells of it, and whoever goes by what he knew would set it back, or take others
    along."""
    host, agent = active_beside_others(lab, 1 - promotes)
    host.sysctl(SETTING, promotes)
    assert agent.term() == 0
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
