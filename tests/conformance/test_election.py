# SPDX-License-Identifier: MIT
"""The state machine, seen from the segment: who speaks, when, and who gives way.

Waited times are compared with the multiples of the interval that the rule names; a wrong rule
would miss them by whole intervals.
"""

import ipaddress
import os
import signal
import time

import pytest

import dut
import packets
from lab import wait_until
from packets import V2, V3, V6
from processes import children
from rules import MUST, SHOULD, rule
from scene import LATE, MINE, elapsed

BOTH, ALL = (V3, V6), (V2, V3, V6)
AT_ONCE = 0.3                    # of an interval: an answer, and not the next advert


def down(scene, interval=None, priority=MINE):
    """The Active_Down_Interval of the agent under test."""
    return scene.variant.down(priority, interval or scene.interval)


# ---- Backup ----

@rule("R-064", MUST, "a Backup leaves in silence", *ALL)
@rule("R-076", MUST, "a Backup sends no adverts", *ALL)
def test_backup_is_silent(scene):
    scene.backup()
    with scene.speak(200):
        time.sleep(down(scene) + scene.interval)
        scene.stop()
    assert not scene.adverts()


@rule("R-069", MUST, "priority 0 leaves no more than the skew time", *BOTH)
@rule("R-149", MUST, "skew time does not depend on the interval", V2)
def test_farewell_leaves_the_skew_time(scene, variant):
    interval = 3 if variant.version == 2 else 1
    scene.backup(interval=f"{interval}s")
    mark = scene.lab.now()
    scene.speak_once(0)
    elapsed(mark, scene.wait_advert(mark), variant.skew(MINE, interval))


@rule("R-070", MUST, "skew time is that of the learned interval", *BOTH)
def test_skew_of_the_learned_interval(scene, variant):
    scene.backup()
    scene.speak_once(200, interval=variant.raw(4))
    time.sleep(0.05)
    mark = scene.lab.now()
    scene.speak_once(0, interval=variant.raw(4))
    elapsed(mark, scene.wait_advert(mark, timeout=15), variant.skew(MINE, 4))


@rule("R-071", MUST, "a higher priority teaches its interval, and restarts the timer", *BOTH)
def test_learned_interval(scene, variant):
    scene.backup()
    mark = scene.lab.now()
    scene.speak_once(200, interval=variant.raw(1))
    elapsed(mark, scene.wait_advert(mark, timeout=15), down(scene, 1))


@rule("R-150", MUST, "Active_Down_Interval is of the local interval", V2)
def test_down_interval(scene):
    scene.backup(interval="2s")
    mark = scene.lab.now()
    scene.speak_once(200)
    elapsed(mark, scene.wait_advert(mark, timeout=20), down(scene))


@rule("R-072", MUST, "equal priority keeps a Backup, whatever the address", *ALL)
@pytest.mark.parametrize("src", ["low", "high"])
def test_equal_priority_in_backup(scene, variant, src):
    scene.backup(MINE)
    with scene.speak(MINE, src=getattr(variant, src)):
        time.sleep(down(scene) + 2 * scene.interval)
        assert not scene.adverts()


@rule("R-073", MUST, "without preemption a lower priority keeps a Backup", *ALL)
def test_no_preemption(scene):
    scene.backup(50, priority=200, preempt=False)
    with scene.speak(50):
        time.sleep(down(scene, priority=200) + 2 * scene.interval)
        assert not scene.adverts()


@rule("R-074", MUST, "with preemption a lower priority delays nothing", *ALL)
@rule("R-075", MUST, "what is discarded teaches nothing", *BOTH)
def test_preemption(scene, variant):
    scene.start(priority=200)
    lesson = 4095 if variant.version == 3 else variant.raw(scene.interval)
    with scene.speak(50, interval=lesson):
        seen = scene.wait_advert(scene.started, timeout=15)
    elapsed(scene.started, seen, down(scene, priority=200))


@rule("R-100", MUST, "adverts that waited for it prevent a false takeover", *ALL)
def test_pause(scene, lab):
    scene.backup()
    pids = [scene.dut.agent.pid, *children(scene.dut.agent.pid)]
    with scene.speak(200):
        time.sleep(scene.interval)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(down(scene) + scene.interval)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
        mark = lab.now()
        time.sleep(3 * scene.interval)
        assert not scene.adverts(mark)
    assert scene.dut.agent.alive


@rule("R-058", MUST, "without its interface it sends nothing and takes nothing", *ALL)
def test_interface_down(scene, lab):
    scene.active()
    before = scene.dut.counters()
    scene.gw.ip("link set eth0 down")
    wait_until(lambda: scene.dut.state(scene.variant.family) != "active", what="the fault")
    mark = lab.now()
    for _ in range(3):
        scene.speak_once(200)
        time.sleep(scene.interval)
    assert not scene.adverts(mark)
    after = scene.dut.counters()
    taken = [path for path in after if path.endswith("adverts_received")
             and after[path] != before.get(path, 0)]
    assert not taken and scene.dut.agent.alive


# ---- Active ----

def answers(scene, since, expected=True):
    """Whether it sends an advert at once, and not the next one in its rhythm."""
    time.sleep(AT_ONCE * scene.interval)
    return len(scene.adverts(since)) > 0


def just_after_advert(scene, lab, act):
    """Does something when the next advert is far away. Return: whether that is answered."""
    for _ in range(3):                             # a busy machine may come too late for it
        last = scene.wait_adverts(1, lab.now())[0]
        mark = lab.now()
        act()
        found = answers(scene, mark)
        if (lab.now() - last.ns) / 1e9 < 0.9 * scene.interval:
            return found
    raise AssertionError("the machine is too busy to tell an answer from an advert in rhythm")


@rule("R-087", MUST, "priority 0 from another: an advert at once", *ALL)
def test_farewell_of_another(scene, lab):
    scene.active(250, interval="2s")
    assert just_after_advert(scene, lab, lambda: scene.speak_once(0)), "no advert at once"


@rule("R-092", MUST, "a lower priority: an advert at once", *BOTH)
def test_lower_priority(scene, lab):
    scene.active(250, interval="2s")
    assert just_after_advert(scene, lab, lambda: scene.speak_once(50)), "no advert at once"


@rule("R-154", MUST, "a lower priority: discarded", V2)
def test_lower_priority_of_version_2(scene, lab):
    scene.active(250, interval="2s")
    mark = lab.now()
    scene.speak_once(50)
    assert {it.priority for it in scene.wait_adverts(1, mark)} == {250}
    assert scene.dut.state(4) == "active"


@rule("R-091", MUST, "equal priority, lower address: stays, an advert at once", *BOTH)
def test_equal_priority_lower_address(scene, variant, lab):
    scene.active(250, interval="2s")
    assert just_after_advert(scene, lab, lambda: scene.speak_once(250, src=variant.low)), \
        "no advert at once"
    assert scene.dut.state(variant.family) == "active"


@rule("R-088", MUST, "a higher priority: Backup, and back after its silence", *ALL)
def test_higher_priority(scene, variant):
    scene.active()
    mark = scene.lab.now()
    scene.speak_once(MINE + 1)
    dut.wait_state(scene.dut, variant.family, "backup")
    wait_until(lambda: not scene.holds(variant.vip), what="the address to go")
    settled = scene.lab.now() + 50_000_000         # the last word may come behind it
    elapsed(mark, scene.wait_advert(settled), down(scene))


@rule("R-089", MUST, "equal priority, higher address: Backup", *ALL)
def test_equal_priority_higher_address(scene, variant):
    scene.active()
    scene.speak_once(MINE, src=variant.high)
    dut.wait_state(scene.dut, variant.family, "backup")



@rule("R-090", MUST, "addresses are compared as unsigned numbers", V2, V3)
def test_comparison(scene, variant, lab):
    """In the order of the network, as whole addresses: the last byte alone decides nothing."""
    scene.active(MINE)
    own = ipaddress.ip_address(variant.real)
    for lower in ("100.200.255.255", "127.255.255.255", str(own - 1)):
        mark = lab.now()
        scene.speak_once(MINE, src=lower)
        scene.wait_adverts(1, mark)
        assert scene.dut.state(variant.family) == "active", f"yields to {lower}"
    scene.speak_once(MINE, src="200.0.0.1")
    dut.wait_state(scene.dut, variant.family, "backup")


@rule("R-090", MUST, "addresses are compared as unsigned numbers", V6)
def test_comparison_over_ipv6(scene, variant, lab):
    scene.active(MINE)
    for lower in ("fe80::1", "fe80::fe:ffff:ffff", "fe80::ff:fe00:ff"):
        mark = lab.now()
        scene.speak_once(MINE, src=lower)
        scene.wait_adverts(1, mark)
        assert scene.dut.state(6) == "active", f"yields to {lower}"
    scene.speak_once(MINE, src="fe80::8000:0:0:0")
    dut.wait_state(scene.dut, variant.family, "backup")


@rule("R-093", MUST, "an Active yields to a higher priority also without preemption", *ALL)
def test_active_without_preemption(scene, variant):
    scene.active(preempt=False)
    scene.speak_once(200)
    dut.wait_state(scene.dut, variant.family, "backup")


@rule("R-094", MUST, "an owner takes over at once, also without preemption", *ALL)
def test_owner_preempts(scene):
    scene.routers = [scene.router()]
    with scene.speak(200, addresses=scene.owned):
        # keepalived refuses the two together: an owner needs no such word there.
        keys = {"preempt": False} if scene.dut.name == "vipd" else {}
        scene.owner(**keys)
        elapsed(scene.started, scene.wait_advert(scene.started), 0)


@rule("R-126", SHOULD, "equal priority is told of", *BOTH)
def test_equal_priority_is_logged(scene, variant):
    scene.active()
    lines = len(scene.dut.agent.log)
    scene.speak_once(MINE, src=variant.low)
    scene.dut.agent.wait_log("(?i)equal|same priority|priority", skip=lines, timeout=3)


# ---- what a reload changes ----

def changed(scene, **keys):
    """Gives the agent other settings while it runs. Return: the time before."""
    mark = scene.lab.now()
    scene.routers = [{**scene.routers[0], **keys}]
    scene.need(*scene.routers)
    scene.dut.reload(scene.routers)
    return mark


@rule("R-074", MUST, "a priority raised at run time preempts what is lower now", *ALL)
def test_priority_raised(scene, variant):
    scene.backup()
    with scene.speak(200):
        mark = changed(scene, priority=250)
        assert scene.wait_advert(mark, timeout=down(scene) + 2 * LATE).priority == 250
        dut.wait_state(scene.dut, variant.family, "active")


@rule("R-088", MUST, "a priority lowered at run time is sent, and yields to a higher one", *ALL)
def test_priority_lowered(scene, variant):
    scene.active(200)
    time.sleep(scene.interval + 1)  # lately Active, it may hear what a rival sent before it yielded
    mark = changed(scene, priority=50)
    scene.wait_advert(mark, priority=50)
    assert not scene.adverts(mark, priority=0), "it never left"
    scene.speak_once(100)
    dut.wait_state(scene.dut, variant.family, "backup")


@rule("R-073", MUST, "preemption switched off at run time: a lower priority keeps a Backup", *ALL)
def test_preemption_switched_off(scene):
    scene.start(priority=200)
    with scene.speak(210) as speaker:
        time.sleep(scene.interval / 2)
        mark = changed(scene, preempt=False)
        speaker.update(priority=50)
        time.sleep(down(scene, priority=200) + scene.interval)
        assert not scene.adverts(mark)


@rule("R-085", MUST, "a router removed at run time says priority 0", *ALL)
def test_router_removed(scene):
    scene.start(scene.router(), scene.router(name="other", vrid=99, addresses=[
        f"{scene.variant.others[2]}/{scene.variant.prefix}"]))
    scene.succeed()
    scene.wait_advert(since=scene.started, timeout=15, vrid=packets.VRID)
    mark = scene.lab.now()
    scene.dut.reload(scene.routers[1:])
    scene.wait_advert(mark, vrid=packets.VRID, priority=0)
