# SPDX-License-Identifier: MIT
"""When addresses are announced again, and how fast: the key announce.

Times count from the first announcement. None may come early; a busy machine may be late with any.
"""

import itertools
import signal
import statistics

import pytest

import frames
from generations import crash, reload
from lab import router, wait_until
from test_ipv6 import ADVERTISEMENT, ICMP6
from timing import assert_elapsed, shown_since, wait_moment

VIP = "192.0.2.1"
MANY = [f"192.0.2.{n}/24" for n in range(50, 90)]
PACE = 0.02                      # s, of those that have one
TICK = 0.0015                    # s: what two stamps of one clock may be apart


@pytest.fixture
def gw(lab):
    """The gateway under test."""
    return lab.host("gw", "192.0.2.2/24")


def announced(lab, host, since=0):
    """All gratuitous ARP of a host, in order."""
    return lab.capture.arps(host=host, gratuitous=True, since=since)


def wait_announced(lab, host, count, timeout=10):
    """Waits for so many of them."""
    return wait_until(lambda: (seen := announced(lab, host))[count - 1:] and seen, timeout,
                      f"{count} announcements")


def gaps(seen):
    """Seconds between each and the next."""
    return [(b.ns - a.ns) / 1e9 for a, b in itertools.pairwise(seen)]


def advertisements(lab, host, target):
    """The unsolicited Neighbor Advertisements of one address."""
    def is_one(ip):
        return ip and ip.proto == ICMP6 and ip.payload[0] == ADVERTISEMENT and ip.dst == "ff02::1"

    return [frame for frame in lab.capture.frames(host=host)
            if is_one(frame.ip) and frame.ip.payload[8:24] == target]


# ---- when ----

@pytest.mark.requirement("R-106", "R-196")
def test_announcements_are_repeated_by_default(lab, gw):
    """For hosts and switches that missed the first; all addresses each time."""
    agent = lab.vipd(gw, [router(addresses=[f"{VIP}/24", "192.0.2.7/24"])])
    rounds = wait_announced(lab, gw, 8)
    assert [arp.spa for arp in rounds[:8]] == [VIP, "192.0.2.7"] * 4
    # The first one may wait in the kernel, which adds the addresses; the others go by the takeover.
    takeover_ns = shown_since(agent.router())
    for i, after in ((2, 0.1), (4, 1), (6, 4)):
        assert_elapsed(takeover_ns, rounds[i], after, early=TICK)


def test_announcements_follow_the_configured_schedule(lab, gw):
    """Two repetitions, then a refresh again and again; nothing in between."""
    agent = lab.vipd(gw, [router(announce={"after": ["200ms", "700ms"], "refresh": "1s"})])
    seen = wait_announced(lab, gw, 5)
    # Each by its own time since the takeover: the one before may be late.
    takeover_ns = shown_since(agent.router())
    for announced_then, after in zip(seen[1:], (0.2, 0.7, 1.7, 2.7)):
        assert_elapsed(takeover_ns, announced_then, after, early=TICK)


def test_announced_once_when_nothing_else_is_asked_for(lab, gw):
    agent = lab.vipd(gw, [router(announce={"after": [], "refresh": "0s"})])
    first = wait_announced(lab, gw, 1)[0]
    wait_moment(lab, first.ns + 2_500_000_000)
    assert len(announced(lab, gw)) == 1
    assert agent.router()["counters"]["announcements_sent"] == 1


def test_reload_makes_a_refresh_sooner_and_ends_it(lab, gw):
    """The schedule of now counts: one that was never due is due, and is no more."""
    agent = lab.vipd(gw, [router(announce={"after": [], "refresh": "0s"})])
    wait_announced(lab, gw, 1)
    agent.configure([router(announce={"after": [], "refresh": "1s"})])
    mark = reload(agent)
    first = wait_until(lambda: announced(lab, gw, mark), 5, "a refresh")[0]
    assert_elapsed(mark, first, 1)
    agent.configure([router(announce={"after": [], "refresh": "0s"})])
    reload(agent)
    end = lab.now()
    wait_moment(lab, end + 2_000_000_000)
    assert not announced(lab, gw, end)


@pytest.mark.requirement("R-115")
def test_ipv6_is_announced_three_times_a_second_apart(lab):
    """RFC 4861 §7.2.6, whatever is asked for; and there is no refresh."""
    gw = lab.host("gw", "2001:db8::2/64", ipv6=True)
    schedule = {"after": ["100ms", "1s", "1500ms", "2s", "3s"], "refresh": "1s"}
    lab.vipd(gw, [router(addresses=["2001:db8::50/64"], announce=schedule)])
    target = frames.address_bytes("2001:db8::50")
    seen = wait_until(lambda: (it := advertisements(lab, gw, target))[2:] and it, 10, "three")
    assert_elapsed(seen[0].ns, seen[1], 1, early=TICK)
    assert_elapsed(seen[1].ns, seen[2], 1, early=TICK)
    wait_moment(lab, seen[2].ns + 2_500_000_000)
    assert len(advertisements(lab, gw, target)) == 3


# ---- how fast ----

def paced(**settings):
    """A router of many addresses that waits between two frames."""
    return router(addresses=MANY, announce={"after": ["2s"], "pace": "20ms", "refresh": "0s"},
                  **settings)


def test_pace_keeps_frames_apart(lab, gw):
    """Each address once per announcement, the first one at once, and adverts in between."""
    lab.vipd(gw, [paced(interval="100ms")])
    advert = lab.capture.wait_advert(host=gw)
    seen = wait_announced(lab, gw, 2 * len(MANY))
    once, again = seen[:len(MANY)], seen[len(MANY):]
    assert sorted(arp.spa for arp in once) == sorted(arp.spa for arp in again) \
        == sorted(it.split("/")[0] for it in MANY)
    assert_elapsed(advert.ns, once[0], 0)
    for whole in (once, again):    # a frame may leave late, and the next one on time
        assert statistics.median(gaps(whole)) >= PACE - TICK
        assert_elapsed(whole[0].ns, whole[-1], (len(MANY) - 1) * PACE, early=0.1)
    assert_elapsed(once[0].ns, again[0], 2, early=0.1)     # the first frame may have left late
    assert len(lab.capture.adverts(host=gw, since=once[0].ns)) >= 10


def test_hundreds_of_repetitions_are_all_of_them(lab, gw):
    """More than leave in one turn: spread over turns, and each address once a time."""
    extra = [f"10.9.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]
    lab.vipd(gw, [router(extra_addresses=extra, announce={"after": ["1s"], "refresh": "0s"})])
    seen = wait_announced(lab, gw, 2 * 1001)
    every = sorted([VIP] + [it.split("/")[0] for it in extra])
    assert sorted(arp.spa for arp in seen[:1001]) == every == sorted(arp.spa for arp in seen[1001:])
    assert seen[-1].ns - seen[1001].ns >= 2_500_000, "not all at once"


def test_pace_does_not_hold_up_a_single_address(lab, gw):
    """One that comes back after a theft is announced alone, at once."""
    agent = lab.vipd(gw, [paced()])
    wait_announced(lab, gw, 2 * len(MANY))
    mark = lab.now()
    gw.ip("address del 192.0.2.60/24 dev eth0")
    seen = wait_until(lambda: announced(lab, gw, mark), 5, "an announcement")
    wait_moment(lab, seen[0].ns + 500_000_000)
    assert [arp.spa for arp in announced(lab, gw, mark)] == ["192.0.2.60"]
    assert agent.router()["counters"]["addresses_restored"] == 1


@pytest.mark.parametrize("end", [reload, crash])
def test_pace_goes_on_in_the_next_process(lab, gw, end):
    """What one has not announced the next one does."""
    agent = lab.vipd(gw, [paced()])
    wait_announced(lab, gw, 5)
    mark = lab.now()
    end(agent)
    every = {it.split("/")[0] for it in MANY}
    wait_until(lambda: every <= {arp.spa for arp in announced(lab, gw, mark)}, 10, "all of them")


def test_pace_waits_for_one_that_listens_first(lab, gw):
    """Whoever stood still for too long hears what others say before it says anything, and then
    announces all of its addresses."""
    agent = lab.vipd(gw, [paced(interval="500ms", preempt=False, down_intervals=1)])
    wait_announced(lab, gw, 3)
    agent.kill(signal.SIGSTOP)
    stopped = lab.now()
    wait_moment(lab, stopped + 1_600_000_000)
    mark = lab.now()
    agent.kill(signal.SIGCONT)
    every = {it.split("/")[0] for it in MANY}
    seen = wait_until(lambda: (it := announced(lab, gw, mark))
                      and every <= {arp.spa for arp in it} and it, 10, "all of them")
    assert_elapsed(mark, seen[0], 0.5, early=0.05)
    assert agent.router()["counters"]["became_active"] == 1


def test_pace_ends_with_active(lab, gw, probe):
    """Whoever has given its addresses up announces none of them any more."""
    agent = lab.vipd(gw, [paced(priority=100)])
    wait_announced(lab, gw, 3)
    with probe.speak(every=0.05, priority=200, interval=5):
        agent.wait_state("lan", "backup")
        mark = lab.now()
        wait_moment(lab, mark + 600_000_000)
        assert not announced(lab, gw, mark)
    assert len(announced(lab, gw)) < len(MANY)
