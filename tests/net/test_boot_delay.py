# SPDX-License-Identifier: MIT
"""boot_delay: no election before the host is up so long. When it was booted a time namespace says.
"""

import time

import pytest

from generations import crash, reload
from lab import router
from timing import assert_elapsed

VIP = "192.0.2.1/24"


@pytest.fixture
def gw(lab):
    """The gateway under test."""
    return lab.host("gw", "192.0.2.2/24")


def up_for(seconds):
    """What starts a program on a host that is up for so long."""
    offset = seconds - int(time.clock_gettime(time.CLOCK_BOOTTIME)) - 1
    return "unshare", "--time", "--boottime", str(offset), "--"


def start(lab, gw, up, delay, **keys):
    """vipd on a host that is up for so many seconds. Return: it, and the end of the delay."""
    agent = lab.vipd(gw, [router("owner", **keys)], boot_delay=delay, before=up_for(up))
    with open(f"/proc/{agent.pid}/timens_offsets", encoding="ascii") as file:
        offset = int(next(line.split()[1] for line in file if line.startswith("boottime")))
    booted = lab.now() - (time.clock_gettime_ns(time.CLOCK_BOOTTIME) + offset * 10**9)
    return agent, booted + int(delay[:-1]) * 10**9


def test_start_of_a_young_host_waits(lab, gw):
    """And says for how long, in the log and where it is asked."""
    agent, end = start(lab, gw, 2, "6s")
    shown = agent.router()
    assert (shown["state"], shown["reason_code"]) == ("initialize", "boot_delay")
    assert shown["reason"].startswith("boot delay, which ends in ")
    left = float(shown["reason"].split()[-2])
    agent.wait_log(f'state=initialize->initialize reason="boot delay, which ends in {left:.3f} s"')
    first = lab.capture.wait_advert(host=gw, timeout=15)
    assert_elapsed(end, first, 0, early=0.01)
    assert 1 < left <= 5 and agent.router()["state"] == "active"


def test_later_start_is_not_delayed(lab, gw):
    agent, _ = start(lab, gw, 100, "60s")
    agent.wait_state("lan", "active")
    assert agent.router()["reason_code"] == "owner"
    assert not [line for line in agent.log if "boot delay" in line]


@pytest.mark.parametrize("end", [reload, crash])
def test_next_process_waits_no_longer_and_no_shorter(lab, gw, end):
    agent, until = start(lab, gw, 2, "7s")
    end(agent)
    assert agent.router()["reason_code"] == "boot_delay"
    first = lab.capture.wait_advert(host=gw, timeout=15)
    assert_elapsed(until, first, 0, early=0.01)


@pytest.mark.parametrize("end", [reload, crash])
def test_what_has_begun_goes_on_whatever_a_reload_brings(lab, gw, end):
    agent, _ = start(lab, gw, 2, "0s")
    agent.wait_state("lan", "active")
    agent.configure([router("owner")], boot_delay="1h")
    if end is crash:
        reload(agent)
    mark = lab.now()
    end(agent)
    gw.wait_adverts(5, since=mark)
    shown = agent.router()
    assert (shown["state"], shown["counters"]["became_active"]) == ("active", 1)
    assert VIP in gw.addresses()


def test_fault_that_ends_while_the_host_is_young_waits_too(lab, gw):
    """A port that comes up late is no reason to begin earlier."""
    gw.ip("link set eth0 down")
    agent, until = start(lab, gw, 2, "7s")
    assert agent.router()["state"] == "fault"
    gw.ip("link set eth0 up")
    agent.wait_state("lan", "initialize")
    assert agent.router()["reason_code"] == "boot_delay"
    first = lab.capture.wait_advert(host=gw, timeout=15)
    assert_elapsed(until, first, 0, early=0.01)
