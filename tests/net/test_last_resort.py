# SPDX-License-Identifier: MIT
"""An address that cannot be held: whoever can hold it shall have it, and nobody bounces.

Somebody takes it away again and again, or the kernel refuses it. Either makes the router the last
resort: priority 1, then one offer to leave for a peer that does not preempt.
"""

import contextlib
import os
import threading

import pytest

from agents import VIP, binary, is_sanitized, router
from rtnetlink import Rtnetlink
from witness import wait_until

REFUSAL = os.path.join(os.path.dirname(binary("vipd")), "tests/net/refusal.so")
preloads = pytest.mark.skipif(is_sanitized(), reason="the sanitizers want to be loaded first")


def start(lab, name, host, priority, env=None, **keys):
    """A vipd with one router, with adverts ten times a second."""
    return lab.vipd(lab.host(name, f"192.0.2.{host}/24"), [router(priority, **keys)], env=env)


def start_pair(lab, env=None, **keys):
    """gw1 is Active with priority 150, gw2 is its Backup."""
    one = start(lab, "gw1", 2, 150, env, **keys)
    one.wait_state("lan", "active")
    two = start(lab, "gw2", 3, 100, env, **keys)
    two.wait_state("lan", "backup")
    return one, two


def steal(agent, times=12, address=VIP):
    """`ip address del`, as often as it is there."""
    thief = Rtnetlink(agent.host)
    for _ in range(times):
        if wait_until(lambda: address in agent.host.addresses() or is_abandoned(agent),
                      what="the address or the end of it") and is_abandoned(agent):
            return
        with contextlib.suppress(AssertionError):
            thief.remove(address)


def is_abandoned(agent):
    """Whether it has said that it leaves an address alone."""
    return any("news=abandoned" in line for line in agent.log)


@contextlib.contextmanager
def stealing(*agents):
    """Somebody takes the address away wherever and whenever it appears."""
    ended = threading.Event()

    def run(thief):
        while not ended.wait(0.002):
            with contextlib.suppress(AssertionError):
                thief.remove(VIP)

    threads = [threading.Thread(target=run, args=(Rtnetlink(agent.host),)) for agent in agents]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def wait_served_by(agent):
    """Its router is Active and has its address."""
    agent.wait_state("lan", "active")
    wait_until(lambda: VIP in agent.host.addresses(), what=f"{VIP} on {agent.host}")


@pytest.mark.parametrize("preempt", [True, False], ids=["preempting", "patient"])
def test_stolen_address_is_served_by_the_peer(lab, preempt):
    one, two = start_pair(lab, preempt=preempt)
    steal(one)
    line = one.wait_log("error: .*resort=begins")
    assert f"address={VIP}" in line and "priority 1" in line
    wait_served_by(two)
    one.wait_state("lan", "backup")
    assert VIP not in one.host.addresses()
    assert one.router()["effective_priority"] == 1 and one.router()["priority"] == 150
    code = "higher" if preempt else "ceded"
    assert one.router()["reason_code"] == code, one.router()["reason"]
    assert any("resort=cedes" in line for line in one.log) != preempt
    check = one.ctl("check", "lan", check=False)
    assert check.returncode == 1 and "last_resort" in check.stdout
    assert "last_resort" in one.ctl("show").stdout
    # It stays so, until somebody says that the cause is mended.
    mark = lab.now()
    two.host.wait_adverts(20, mark)
    assert two.router()["state"] == "active"
    assert not lab.capture.adverts(host=one.host, since=mark)
    one.reload()
    assert one.router()["effective_priority"] == 150
    if preempt:
        wait_served_by(one)


def test_stolen_address_of_a_lone_router_comes_back_after_a_pause(lab):
    other = "192.0.2.11/24"
    one = start(lab, "gw1", 2, 150, addresses=[VIP, other])
    one.wait_state("lan", "active")
    steal(one)
    assert one.router()["state"] == "active" and one.router()["missing_addresses"] == [VIP]
    one.wait_log("warning: .*resort=cedes")
    assert other in one.host.addresses(), "it holds what it can"
    mark = lab.now()
    wait_served_by(one)
    lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa=VIP.split("/")[0])
    one.host.wait_adverts(2, lab.now(), priority=1)
    assert one.router()["counters"]["became_active"] == 1, "nobody came, so nothing changed"


def test_stolen_on_both_hosts_is_not_handed_to_and_fro(lab):
    one, two = start_pair(lab)
    with stealing(one, two):
        one.wait_log("resort=begins")
        two.wait_log("resort=begins")
        mark = lab.now()
        two.host.wait_adverts(40, mark, priority=1)
        assert [agent.router()["state"] for agent in (one, two)] == ["backup", "active"]
        assert [agent.router()["effective_priority"] for agent in (one, two)] == [1, 1]
        assert [agent.router()["counters"]["became_active"] for agent in (one, two)] == [1, 1]
        assert not any("resort=cedes" in line for line in two.log)
    wait_served_by(two)


@preloads
def test_refused_address_is_served_by_the_peer(lab):
    refusal = lab.path("refusal")
    one, two = start_pair(lab)
    one.term()
    wait_served_by(two)
    with open(refusal, "w", encoding="utf-8"):
        pass
    three = start(lab, "gw3", 4, 200, {"LD_PRELOAD": REFUSAL, "REFUSAL": refusal})
    three.wait_log("error: .*news=failed")
    three.wait_log("resort=begins")
    wait_served_by(two)
    three.wait_state("lan", "backup")
    assert three.router()["reason_code"] == "higher"
    two.term()
    three.wait_state("lan", "active")
    assert three.router()["missing_addresses"] == [VIP]
    os.unlink(refusal)
    wait_served_by(three)
    assert three.router()["effective_priority"] == 1, "for a minute"


def test_last_resort_survives_a_crash_and_ends_with_a_reload(lab):
    one, two = start_pair(lab)
    steal(one)
    one.wait_log("resort=begins")
    wait_served_by(two)
    one.wait_state("lan", "backup")
    one.kill_router()
    one.wait_log("another router process goes on")
    wait_until(lambda: one.router()["state"] == "backup", what="a Backup again")
    assert one.router()["effective_priority"] == 1
    two.host.wait_adverts(20, lab.now())
    assert two.router()["state"] == "active"
    one.reload()
    wait_served_by(one)
    assert one.router()["effective_priority"] == 150


def test_offer_to_leave_is_made_after_a_crash_too(lab):
    one, two = start_pair(lab, preempt=False, interval="500ms")
    steal(one)
    one.wait_log("resort=begins")
    one.kill_router()
    one.wait_log("another router process goes on")
    steal(one, 1)
    with stealing(one):
        one.wait_log("resort=cedes")
        wait_served_by(two)
    one.wait_state("lan", "backup")
    assert one.router()["reason_code"] == "ceded"


def test_offer_is_made_to_a_peer_that_has_only_left(lab):
    one, two = start_pair(lab, preempt=False)
    one.term()                                     # the healthy host is started anew
    wait_served_by(two)
    with stealing(two):
        one = lab.vipd(one.host, [router(150, preempt=False)])
        two.wait_log("resort=cedes")
        wait_served_by(one)
    two.wait_state("lan", "backup")
    assert two.router()["reason_code"] == "ceded"
