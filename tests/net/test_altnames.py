# SPDX-License-Identifier: MIT
"""A router on an interface that is called by one of its alternative names."""

from agents import VIP, router
from generations import OWN, crash


def start(lab):
    """Active on eth0, which is called lan0 in the configuration."""
    host = lab.host("gw1", OWN)
    host.run("ip", "link", "property", "add", "dev", "eth0", "altname", "lan0")
    agent = lab.vipd(host, [router(150, interface="lan0")])
    agent.wait_state("lan", "active")
    return agent


def test_interface_by_an_alternative_name(lab):
    agent = start(lab)
    assert VIP in agent.host.addresses()
    assert agent.router()["interface"] == "lan0"
    agent.host.wait_adverts(3, vrid=51)
    assert agent.standby_pid
    crash(agent)
    agent.wait_state("lan", "active")
    assert VIP in agent.host.addresses()


def test_interface_that_loses_the_alternative_name_is_missing_until_it_is_back(lab):
    agent = start(lab)
    agent.host.run("ip", "link", "property", "del", "dev", "eth0", "altname", "lan0")
    agent.wait_state("lan", "fault")
    agent.host.run("ip", "link", "property", "add", "dev", "eth0", "altname", "lan0")
    agent.wait_state("lan", "active")
    assert VIP in agent.host.addresses()
