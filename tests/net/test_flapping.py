# SPDX-License-Identifier: MIT
"""What a router does again and again has a bounded number of lines in the log, and the last of
them is true; the journal has all of it."""

import re
import time

import pytest

from frames import Probe
from generations import reload, start
from lab import router, wait_until
from test_events import events

LINES_MAX = 30                   # of one stretch of flapping, of whatever kind
FLAPS = 20
SECONDS = 4


def changes(agent):
    """All changes of state that the journal has."""
    return [it for it in events(agent) if it["kind"] == "state"]


def paced(times, seconds=SECONDS):
    """That many rounds, evenly spread."""
    begin = time.monotonic()
    for i in range(times):
        wait_until(lambda: time.monotonic() >= begin + i * seconds / times, every=0.001)
        yield i


def assert_bounded(agent, before, known):
    """The lines since `before` are few, and end with the router's state; all changes but the
    `known` first ones are told or counted. Return: how many."""
    agent.wait_log(r"flapped=\d+", skip=before)
    lines = [line for line in agent.log[before:] if "router=lan" in line]
    told = [line for line in lines if "state=" in line and "->" in line]
    (flapped,) = (line for line in lines if "flapped=" in line)
    assert len(lines) <= LINES_MAX, "\n".join(lines)
    assert sum("flapping=yes" in line for line in lines) == 1
    assert flapped == lines[-1] and "vipctl events" in flapped
    assert f" state={agent.router()['state']} " in flapped
    happened = len(changes(agent)) - known
    assert len(told) + int(re.search(r"flapped=(\d+)", flapped)[1]) == happened
    return happened


def flap(agent, ours):
    """Its interface flaps, at our end of the cable or at the other. Return: the changes of it."""
    port = agent.host.ports["eth0"]
    before, known = len(agent.log), len(changes(agent))
    for _ in paced(FLAPS, SECONDS if ours else 10):   # of a carrier the kernel tells once a second
        if ours:
            agent.host.ip("link set eth0 down", "link set eth0 up")
        else:
            agent.host.lab.switch.ip(f"link set {port.name} down", f"link set {port.name} up")
    agent.wait_state("lan", "active")
    return assert_bounded(agent, before, known)


@pytest.mark.long
def test_flapping_of_our_end_of_the_cable(lab):
    assert flap(start(lab), ours=True) >= 2 * FLAPS


@pytest.mark.long
def test_flapping_of_the_other_end_of_the_cable(lab):
    assert flap(start(lab), ours=False) >= FLAPS


@pytest.mark.long
def test_flapping_of_a_peer_that_preempts(lab):
    agent = start(lab, router(200))
    other = Probe(lab.host("other"))
    before, known = len(agent.log), len(changes(agent))
    for i in paced(60):
        other.advert(priority=0 if i % 2 else 250, interval=10)
    agent.wait_state("lan", "active")
    assert assert_bounded(agent, before, known) >= FLAPS


@pytest.mark.long
def test_flapping_ends_in_the_log_of_the_next_process(lab):
    """A reload in the midst of it loses neither the state nor the count."""
    agent = start(lab, router(200))
    other = Probe(lab.host("other"))
    before, known = len(agent.log), len(changes(agent))
    for i in paced(60):
        other.advert(priority=0 if i % 2 else 250, interval=10)
    reload(agent)
    agent.wait_state("lan", "active")
    assert_bounded(agent, before, known)
