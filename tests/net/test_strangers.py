# SPDX-License-Identifier: MIT
"""What people do to a host that nobody wrote a requirement for: owners, lifetimes, forgers, pauses,
other names."""

import signal

import frames
from agents import VIP, router
from lab import wait_until

OWN = "192.0.2.2/24"


def wait_present(host, address, dev="eth0"):
    wait_until(lambda: address in host.addresses(dev), what=f"{address} to be on {host}")


def lease_of(host, address, dev="eth0"):
    """The lifetime that the kernel shows of an address, in seconds."""
    local, _, length = address.partition("/")
    info, = (it for it in host.address_info(dev)
             if it["local"] == local and it["prefixlen"] == int(length))
    return info["valid_life_time"]


FOR_EVER = 2**32 - 1


# ---- whose address it is ----

def test_owners_own_address_is_never_vipds_to_take(lab):
    """A network tool removes it and puts it back: it stays the host's, with no mark and no lease."""
    host = lab.host("gw1", VIP)
    agent = lab.vipd(host, [router("owner")])
    agent.wait_state("lan", "active")
    host.ip(f"address delete {VIP} dev eth0", f"address add {VIP} dev eth0")
    mark = lab.now()
    host.wait_adverts(10, since=mark)
    assert agent.router()["state"] == "active"
    assert lease_of(host, VIP) == FOR_EVER
    assert agent.term() == 0
    assert host.addresses() == [VIP]


def test_owner_without_its_address_is_a_fault_until_it_is_back(lab):
    host = lab.host("gw1", VIP, "198.51.100.7/24")
    agent = lab.vipd(host, [router("owner")])
    agent.wait_state("lan", "active")
    host.ip(f"address delete {VIP} dev eth0")
    agent.wait_fault("interface eth0 does not have the owner's address 192.0.2.1")
    assert " error: " in agent.wait_log("address=192.0.2.1/24 .*news=lacking")
    assert VIP not in host.addresses()
    host.ip(f"address add {VIP} dev eth0")
    agent.wait_state("lan", "active")
    assert lease_of(host, VIP) == FOR_EVER


def test_owner_without_its_address_stays_a_fault_over_a_reload_and_a_crash(lab):
    """Whoever goes on knows what its predecessor has seen."""
    host = lab.host("gw1", VIP, "198.51.100.7/24")
    agent = lab.vipd(host, [router("owner")])
    agent.wait_state("lan", "active")
    host.ip(f"address delete {VIP} dev eth0")
    reason = "interface eth0 does not have the owner's address 192.0.2.1"
    agent.wait_fault(reason)
    agent.reload()
    agent.wait_fault(reason)
    lines = len(agent.log)
    agent.kill_router()
    agent.wait_log("adopted=1", skip=lines)
    agent.wait_fault(reason)
    assert VIP not in host.addresses()


def test_owner_gets_from_vipd_what_the_host_never_had_also_after_a_reload_in_the_fault(lab):
    """Whoever goes on waits for the address that is gone alone."""
    other = "192.0.2.3/24"
    host = lab.host("gw1", VIP, "198.51.100.7/24")
    agent = lab.vipd(host, [router("owner", addresses=[other, VIP])])
    agent.wait_state("lan", "active")
    wait_present(host, other)
    host.ip(f"address delete {VIP} dev eth0")
    agent.wait_fault("interface eth0 does not have the owner's address 192.0.2.1")
    agent.reload()
    assert agent.router()["reason"] == "interface eth0 does not have the owner's address 192.0.2.1"
    host.ip(f"address add {VIP} dev eth0")
    agent.wait_state("lan", "active")
    wait_present(host, other)


def test_foreign_lifetime_that_ends_under_the_active_is_made_good_at_once(lab):
    host = lab.host("gw1", OWN)
    host.ip(f"address add {VIP} dev eth0 valid_lft 4 preferred_lft 4")
    agent = lab.vipd(host, [router(200, interval="500ms", lease="off")])
    agent.wait_state("lan", "active")
    assert "it is back" in agent.wait_log("news=restored")
    wait_present(host, VIP)
    assert lease_of(host, VIP) == FOR_EVER
    assert not any("no advert left" in line for line in agent.log)


# ---- who may say what ----

def test_backup_lets_nobody_leave_who_was_never_active(lab):
    """A forger sends priority 0 from hosts that never were."""
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, interval="1s")])
    forger = frames.Probe(lab.host("forger"))
    with frames.Probe(lab.host("active")).speak(src="192.0.2.3", every=0.3, priority=200,
                                                interval=100):
        agent.wait_state("lan", "backup")
        wait_until(lambda: agent.router()["active_address"] == "192.0.2.3", what="the Active")
        forger.flood([frames.advert(src=f"192.0.2.{i}", priority=0) for i in range(50, 60)],
                     200, 2.0).wait()
        assert agent.router()["counters"]["became_active"] == 0
    assert agent.router()["counters"]["priority_zero_received"] == 400


def test_backup_lets_the_active_leave(lab):
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, interval="10s")])
    with frames.Probe(lab.host("active")).speak(src="192.0.2.3", every=0.3, priority=200,
                                                interval=100) as speaker:
        wait_until(lambda: agent.router()["active_address"] == "192.0.2.3", what="the Active")
        mark = lab.now()
        speaker.update(priority=0)
        agent.wait_state("lan", "active")
    assert lab.now() - mark < 3e9


# ---- a host that stood still ----

def pair_without_preemption(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(200, preempt=False)])
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100, preempt=False)])
    two.wait_state("lan", "backup")
    return one, two


def test_paused_host_without_preemption_leaves_the_address_where_it_is(lab):
    one, two = pair_without_preemption(lab)
    one.kill(signal.SIGSTOP)
    two.wait_state("lan", "active")
    two.host.wait_adverts(10)
    mark = lab.now()
    one.kill(signal.SIGCONT)
    one.wait_state("lan", "backup")
    assert one.router()["reason"] == "this host stood still, and 192.0.2.3 with priority 100 took over"
    two.host.wait_adverts(10, since=mark)
    assert two.router()["counters"]["became_active"] == 1
    assert two.router()["state"] == "active"


def test_paused_host_that_is_alone_goes_on(lab):
    agent = lab.vipd(lab.host("gw1", OWN), [router(200, preempt=False)])
    agent.wait_state("lan", "active")
    agent.kill(signal.SIGSTOP)
    wait_until(lambda: VIP not in agent.host.addresses(), 10, "the lease to end")
    agent.kill(signal.SIGCONT)
    wait_present(agent.host, VIP)
    assert agent.router()["state"] == "active"
    assert agent.router()["counters"]["became_active"] == 1


# ---- other names ----

def test_router_with_another_name_goes_on(lab):
    """The name is for people."""
    host = lab.host("gw1", OWN)
    agent = lab.vipd(host, [router(200)])
    agent.wait_state("lan", "active")
    since, mark = agent.router()["since"], lab.now()
    agent.configure([router(200, name="office")])
    agent.reload()
    shown = agent.router("office")
    assert shown["state"] == "active" and shown["since"] == since
    assert shown["counters"]["became_active"] == 1
    host.wait_adverts(5, since=mark)
    assert 0 not in {it.priority for it in lab.capture.adverts(host=host, since=mark)}


def test_routers_that_swap_names_go_on(lab):
    host = lab.host("gw1", OWN)
    other = {"vrid": 52, "addresses": ["192.0.2.9/24"]}
    agent = lab.vipd(host, [router(200), router(100, name="two", **other)])
    agent.wait_state("lan", "active")
    agent.wait_state("two", "active")
    mark = lab.now()
    agent.configure([router(200, name="two"), router(100, name="lan", **other)])
    agent.reload()
    assert agent.router("two")["vrid"] == 51 and agent.router("lan")["vrid"] == 52
    host.wait_adverts(10, since=mark)
    assert 0 not in {it.priority for it in lab.capture.adverts(host=host, since=mark)}


def test_interface_with_another_name_says_goodbye(lab):
    one = lab.vipd(lab.host("gw1", OWN), [router(200, interval="1s")])
    one.wait_state("lan", "active")
    mark = lab.now()
    if one.host.run("ip", "link", "set", "eth0", "name", "lan0", check=False).returncode:
        one.host.ip("link set eth0 down", "link set eth0 name lan0", "link set lan0 up")
    one.wait_fault("there is no interface eth0")
    assert lab.capture.wait_advert(host=one.host, since=mark, priority=0)
    wait_until(lambda: VIP not in one.host.addresses("lan0"), what="the address to go")
    assert not any("notice=send" in line or " sending " in line for line in one.log)
