# SPDX-License-Identifier: MIT
"""Owners: a virtual router whose addresses are the host's own, over IPv6 and in version 2.

What is promised: the host's own addresses stay the host's, whatever the owner's state; an address
that cannot be used is none; and two owners settle it by erratum 8298 instead of fighting. IPv4 of
version 3 is in test_kernel.py, test_strangers.py and test_election.py.
"""

import pytest

from agents import router
from generations import crash, lifetime, reload
from lab import wait_until
from test_ipv6 import VIRTUAL, host6, router6, wait_fault

OWN6, OWN4 = "2001:db8::2/64", "192.0.2.2/24"
LACKING = "interface eth0 does not have the owner's address 2001:db8::2"
FOR_EVER = 2**32 - 1


def owner6(**keys):
    """The owner of the address of a lab's first host of IPv6."""
    return router6("owner", addresses=[OWN6], **keys)


def start6(lab, **keys):
    """An owner of IPv6 that is Active."""
    agent = lab.vipd(host6(lab, "gw1"), [owner6(**keys)])
    agent.wait_state("lan", "active", family=6)
    return agent


def is_hosts(host):
    """Whether the address is there as the host made it."""
    return OWN6 in host.addresses() and lifetime(host, OWN6) == FOR_EVER


# ---- IPv6: what is whose ----

def test_owner_of_ipv6_is_active_at_once_and_leaves_the_address_to_the_host(lab):
    mark = lab.now()
    agent = start6(lab)
    advert = lab.capture.wait_advert(host=agent.host, since=mark)
    assert (advert.priority, advert.src) == (255, "fe80::ff:fe00:100")
    assert advert.addresses == (VIRTUAL.split("/", maxsplit=1)[0], "2001:db8::2")
    assert agent.router(family=6)["reason"] == "owner of the addresses"
    wait_until(lambda: VIRTUAL in agent.host.addresses(), what="the virtual link-local address")
    agent.host.wait_adverts(10, since=mark)
    assert is_hosts(agent.host), "no lease is given to it"
    assert agent.term() == 0
    assert is_hosts(agent.host) and VIRTUAL not in agent.host.addresses()
    assert not any("news=" in line for line in agent.log)


def test_owner_of_ipv6_without_the_link_local_address_of_the_virtual_router(lab):
    agent = start6(lab, link_local="none")
    advert = lab.capture.wait_advert(host=agent.host, priority=255)
    assert advert.addresses == ("2001:db8::2",)
    assert not any(address.startswith("fe80::200:5e") for address in agent.host.addresses())


def test_owner_of_a_link_local_address_speaks_from_it(lab):
    own = "fe80::ff:fe00:100/64"
    agent = lab.vipd(host6(lab, "gw1"), [router6("owner", addresses=[own, OWN6])])
    agent.wait_state("lan", "active", family=6)
    advert = lab.capture.wait_advert(host=agent.host, priority=255)
    assert (advert.src, advert.addresses) == ("fe80::ff:fe00:100",
                                              ("fe80::ff:fe00:100", "2001:db8::2"))
    assert agent.term() == 0
    assert own in agent.host.addresses() and is_hosts(agent.host)


@pytest.mark.parametrize("how", ["reload", "crash"])
def test_owner_of_ipv6_that_is_adopted_touches_nothing(lab, how):
    agent = start6(lab)
    mark = lab.now()
    reload(agent) if how == "reload" else crash(agent)
    agent.host.wait_adverts(5, since=mark)
    assert {advert.priority for advert in lab.capture.adverts(host=agent.host, since=mark)} == {255}
    assert agent.router(family=6)["counters"]["became_active"] == 1 and is_hosts(agent.host)


def test_owner_of_ipv6_that_becomes_none_keeps_its_address(lab):
    agent = start6(lab)
    for priority in (100, "owner"):
        agent.configure([router6(priority, addresses=[OWN6])])
        reload(agent)
        agent.wait_state("lan", "active", family=6)
        assert is_hosts(agent.host)
    assert agent.term() == 0
    assert is_hosts(agent.host)


# ---- IPv6: an address that cannot be used is none ----

def test_owner_of_ipv6_that_loses_its_address_is_in_fault_until_it_is_back(lab):
    agent = start6(lab)
    agent.host.ip(f"address delete {OWN6} dev eth0")
    wait_fault(agent, LACKING)
    assert OWN6 not in agent.host.addresses()
    agent.host.ip(f"address add {OWN6} dev eth0 nodad")
    agent.wait_state("lan", "active", family=6)
    assert is_hosts(agent.host)


def test_owner_of_ipv6_waits_for_the_end_of_duplicate_detection(lab):
    """It takes a second, in which nobody answers for the address."""
    host = lab.host("gw1", ipv6=True)
    host.sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    host.ip(f"address add {OWN6} dev eth0")
    mark = lab.now()
    agent = lab.vipd(host, [owner6()])
    wait_fault(agent, LACKING)
    assert not lab.capture.adverts(host=host, since=mark)
    agent.wait_state("lan", "active", family=6)
    assert is_hosts(host) and "tentative" not in host.run("ip", "addr", "show", "eth0").stdout


def test_owner_of_ipv6_whose_address_another_host_has_does_not_take_over(lab):
    """The Backup serves its address when the owner boots: the kernel finds a duplicate."""
    peer = lab.vipd(host6(lab, "gw2", 3), [router6(100, addresses=[OWN6])])
    peer.wait_state("lan", "active", family=6)
    wait_until(lambda: OWN6 in peer.host.addresses(), what="the address at the Backup")
    host = lab.host("gw1", ipv6=True)
    host.sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    host.ip(f"address add {OWN6} dev eth0")
    wait_until(lambda: "dadfailed" in host.run("ip", "addr", "show", "eth0").stdout,
               what="the end of duplicate detection")
    mark = lab.now()
    agent = lab.vipd(host, [owner6()])
    wait_fault(agent, LACKING)
    peer.host.wait_adverts(5, since=mark)
    assert not lab.capture.adverts(host=host, since=mark)
    assert peer.router(family=6)["state"] == "active"
    host.ip(f"address delete {OWN6} dev eth0", f"address add {OWN6} dev eth0 nodad")
    agent.wait_state("lan", "active", family=6)
    peer.wait_state("lan", "backup", family=6)


# ---- two owners, erratum 8298 ----

@pytest.mark.requirement("R-041", "R-124")
def test_two_owners_of_ipv6_settle_it_by_the_higher_address(lab):
    lower = start6(lab)
    higher = lab.vipd(host6(lab, "gw2", 3), [owner6()])
    higher.wait_state("lan", "active", family=6)
    shown = lower.wait_state("lan", "backup", family=6)
    assert shown["reason"] == "fe80::ff:fe00:200 has the same priority 255 and the higher address"
    assert shown["counters"]["noticed"]["owner"] > 0
    assert is_hosts(lower.host), "the host's own address is not vipd's to remove"
    assert higher.term() == 0
    lower.wait_state("lan", "active", family=6)


@pytest.mark.requirement("R-041")
def test_two_owners_in_version_2_settle_it_by_the_higher_address(lab):
    one, two = (lab.host(name, own) for name, own in (("gw1", OWN4), ("gw2", "192.0.2.3/24")))
    keys = {"version": 2, "interval": "1s", "addresses": [OWN4]}
    lower = lab.vipd(one, [router("owner", **keys)])
    lower.wait_state("lan", "active")
    assert lab.capture.wait_advert(host=one, priority=255).version == 2
    higher = lab.vipd(two, [router("owner", **keys)])
    higher.wait_state("lan", "active")
    shown = lower.wait_state("lan", "backup")
    assert shown["reason"] == "192.0.2.3 has the same priority 255 and the higher address"
    assert OWN4 in one.addresses() and lifetime(one, OWN4) == FOR_EVER
    assert higher.term() == 0
    lower.wait_state("lan", "active")
    assert lower.term() == 0 and one.addresses() == [OWN4]


def test_owner_in_version_2_keeps_its_address_over_a_crash_and_the_end(lab):
    host = lab.host("gw1", OWN4)
    agent = lab.vipd(host, [router("owner", version=2, interval="1s", addresses=[OWN4])])
    agent.wait_state("lan", "active")
    crash(agent)
    reload(agent)
    assert agent.router()["counters"]["became_active"] == 1
    assert agent.term() == 0
    assert host.addresses() == [OWN4] and lifetime(host, OWN4) == FOR_EVER
    assert lab.capture.adverts(host=host)[-1].priority == 0
