# SPDX-License-Identifier: MIT
"""Who is Active, since when, and whose announcement is the last: RFC 9568 §6.4 on the wire.

The rules themselves are proven by the tests of vrrp/ and by the simulator; here is what takes a
real clock, real frames and a real client.

A Backup takes over within its skew time once its predecessor left, whatever the interval: most
tests start that way (reign()).
"""

import re
import signal

import pytest

import frames
from generations import assert_settled
from lab import router, wait_until
from timing import assert_elapsed, down, shown_since, skew

VIP, REAL = "192.0.2.1", "192.0.2.50"
HIGHER, LOWER = "192.0.2.90", "192.0.2.9"     # peers of the gateway, to break ties
SLOW = {"interval": "10s"}       # nothing periodic disturbs the test
SLOW_FIELD = 1000


@pytest.fixture
def gw(lab):
    """The gateway under test."""
    return lab.host("gw", f"{REAL}/24")


def say(lab, probe, src=LOWER, **fields):
    """Sends an advert. Return: it, as captured."""
    mark = lab.now()
    probe.advert(src, **fields)
    return lab.capture.wait_advert(host=probe.host, since=mark)


def reign(lab, host, probe, priority=250, **settings):
    """Makes a vipd Active: its predecessor left. Nothing is due for 10 s then.

    Return: vipd, and its first advert.
    """
    vipd = lab.vipd(host, [router(priority, **{**SLOW, **settings})])
    say(lab, probe, priority=255, interval=SLOW_FIELD)
    say(lab, probe, priority=0, interval=SLOW_FIELD)
    first = lab.capture.wait_advert(host=host)
    vipd.wait_state("lan", "active")
    return vipd, first


# Start

@pytest.mark.requirement("R-057", "R-065")
@pytest.mark.parametrize("priority, interval", [(1, 0.6), (254, 0.8)])
def test_start_is_backup_for_three_intervals_and_the_skew_time(lab, gw, priority, interval):
    vipd = lab.vipd(gw, [router(priority, interval=f"{interval * 1000:.0f}ms")])
    shown = vipd.router()
    assert (shown["state"], shown["reason"]) == ("backup", "started")
    first = lab.capture.wait_advert(host=gw)
    assert_elapsed(shown_since(shown), first, down(priority, interval))
    assert first.priority == priority
    assert vipd.wait_state("lan", "active")["reason"].startswith("no advert for ")


@pytest.mark.requirement("R-058")
def test_start_delay_is_silent_and_deaf(lab, gw, probe):
    """Adverts teach nothing, and neither make it start nor wait."""
    vipd = lab.vipd(gw, [router(start_delay="2s")])
    shown = vipd.router()
    assert (shown["state"], shown["reason"]) == ("initialize", "start delay of 2.000 s")
    for priority in (255, 0, 50):
        probe.advert(LOWER, priority=priority, interval=4095)
    first = lab.capture.wait_advert(host=gw)
    assert_elapsed(shown_since(shown), first, 2 + down(100, 0.1))


# Backup

@pytest.mark.requirement("R-069", "R-070")
def test_skew_time_uses_the_learned_interval(lab, gw, probe):
    """All twelve bits of it, and that of the Active, not of the advert with priority 0."""
    lab.vipd(gw, [router(100, interval="1s")])
    say(lab, probe, priority=200, interval=257)
    left = say(lab, probe, priority=0, interval=10)
    assert_elapsed(left.ns, lab.capture.wait_advert(host=gw), skew(100, 2.57))


@pytest.mark.requirement("R-071")
def test_down_interval_uses_the_last_learned_interval(lab, gw, probe):
    lab.vipd(gw, [router(100, interval="10s")])
    for interval in (4095, 120, 20):
        last = say(lab, probe, priority=200, interval=interval)
    assert_elapsed(last.ns, lab.capture.wait_advert(host=gw), down(100, 0.2))


@pytest.mark.requirement("R-074", "R-075")
@pytest.mark.parametrize("interval", [1, 4095])
def test_preempting_it_takes_over_as_if_the_lower_were_not_there(lab, gw, probe, interval):
    """A discarded advert restarts no timer and teaches no interval; it is only named."""
    vipd = lab.vipd(gw, [router(200, interval="600ms")])
    shown = vipd.router()
    assert shown["state"] == "backup"
    with probe.speak(LOWER, every=0.02, priority=50, interval=interval):
        first = lab.capture.wait_advert(host=gw)
    assert_elapsed(shown_since(shown), first, down(200, 0.6))
    reason = vipd.wait_state("lan", "active")["reason"]
    assert reason == f"{LOWER} has the lower priority 50, ours is 200"


def test_preempt_delay_leaves_the_lower_in_peace_for_that_long(lab, gw, probe):
    """And then takes over three intervals and a skew time after the last advert it respected."""
    vipd = lab.vipd(gw, [router(200, interval="300ms", preempt_delay="1s")])
    with probe.speak(LOWER, every=0.02, priority=50, interval=50):
        first = lab.capture.wait_advert(host=gw)
    peace = lab.capture.adverts(host=probe.host)[0].ns + 10**9
    last = max(advert.ns for advert in lab.capture.adverts(host=probe.host) if advert.ns < peace)
    assert_elapsed(last, first, down(200, 0.5))
    assert "lower priority 50" in vipd.wait_state("lan", "active")["reason"]


@pytest.mark.requirement("R-064")
def test_backup_leaves_without_a_word(lab, gw, probe):
    vipd = lab.vipd(gw, [router(100, interval="1s")])
    say(lab, probe, priority=200, interval=4095)
    wait_until(lambda: vipd.router()["active_address"] == LOWER)
    assert vipd.term() == 0
    say(lab, probe, priority=42)
    assert not lab.capture.adverts(host=gw) and not lab.capture.arps(host=gw)
    assert gw.addresses() == [f"{REAL}/24"]


# Active

ADDRESSES = [                    # lower, higher: as unsigned numbers in network byte order
    ("10.0.0.200", "10.0.1.9"),
    ("126.255.255.254", "128.0.0.1"),
]


@pytest.mark.requirement("R-089", "R-090")
@pytest.mark.parametrize("ours, theirs", ADDRESSES)
def test_tie_is_lost_to_the_higher_address(lab, probe, ours, theirs):
    gw = lab.host("gw", f"{ours}/8")
    vipd, _ = reign(lab, gw, probe)
    beaten = say(lab, probe, theirs, priority=250, interval=SLOW_FIELD)
    reason = vipd.wait_state("lan", "backup")["reason"]
    assert reason == f"{theirs} has the same priority 250 and the higher address"
    assert len(lab.capture.adverts(host=gw, since=beaten.ns)) == 1, "the last word"


@pytest.mark.requirement("R-090", "R-091")
@pytest.mark.parametrize("theirs, ours", ADDRESSES)
def test_tie_is_won_against_the_lower_address(lab, probe, theirs, ours):
    """By an immediate advert and another announcement."""
    gw = lab.host("gw", f"{ours}/8")
    assert_answered(lab, gw, probe, theirs, priority=250)


@pytest.mark.requirement("R-092")
@pytest.mark.parametrize("priority", [1, 249])
def test_lower_priority_is_answered_at_once_whatever_the_address(lab, gw, probe, priority):
    """New in RFC 9568; and whoever was Active too may have announced."""
    assert_answered(lab, gw, probe, HIGHER, priority=priority)


def assert_answered(lab, gw, probe, src, priority):
    """An Active stays that, and answers with an advert, then an announcement. Learns nothing.

    Asked between the announcements of its own accord, e.g. 1 s and 4 s after the takeover.
    """
    vipd, first = reign(lab, gw, probe)
    lab.capture.wait_arp(host=gw, since=first.ns + 5 * 10**8, gratuitous=True)
    asked = say(lab, probe, src, priority=priority, interval=1)
    announced = lab.capture.wait_arp(host=gw, since=asked.ns, gratuitous=True, timeout=2)
    [answer] = lab.capture.adverts(host=gw, since=asked.ns)
    assert answer.frame.data == first.frame.data and answer.ns < announced.ns
    assert_elapsed(asked.ns, announced, 0)
    shown = vipd.router()
    assert (shown["state"], shown["counters"]["became_active"]) == ("active", 1)


@pytest.mark.requirement("R-085")
def test_leaving_active_removes_its_addresses_and_then_says_so(lab, gw, probe):
    """Its successor never meets an address that is still there."""
    vipd, _ = reign(lab, gw, probe, extra_addresses=["192.0.2.7/24"], leave="gap")
    with probe.flood(frames.arp(1, probe.mac, "0.0.0.0", VIP), 2000, 5):
        lab.capture.wait_arp(host=gw, op=2, spa=VIP)
        assert vipd.term() == 0
    farewell = lab.capture.wait_advert(host=gw, priority=0)
    assert lab.capture.arps(host=gw, op=2, spa=VIP)[-1].ns < farewell.ns
    assert len(lab.capture.adverts(host=gw, priority=0)) == 1
    assert lab.capture.adverts(host=gw)[-1] is farewell
    assert gw.addresses() == [f"{REAL}/24"]


@pytest.mark.requirement("R-041", "R-124")
def test_two_owners_are_told_and_the_higher_address_stays(lab, gw, probe):
    """Erratum 8298: an owner does not discard adverts."""
    vipd = lab.vipd(gw, [router("owner", addresses=[f"{REAL}/24"], **SLOW)])
    first = lab.capture.wait_advert(host=gw)
    asked = say(lab, probe, LOWER, priority=255, addresses=[REAL], interval=SLOW_FIELD)
    answer = lab.capture.wait_advert(host=gw, since=asked.ns)
    assert answer.frame.data == first.frame.data
    say(lab, probe, HIGHER, priority=255, addresses=[REAL], interval=SLOW_FIELD)
    shown = vipd.wait_state("lan", "backup")
    assert shown["reason"] == f"{HIGHER} has the same priority 255 and the higher address"
    assert shown["counters"]["noticed"]["owner"] == 2
    assert len([line for line in vipd.log if "error: router=lan" in line and "owner" in line]) == 1
    assert f"{REAL}/24" in gw.addresses(), "vipd did not add it and does not remove it"


@pytest.mark.requirement("R-098")
def test_same_vrid_on_two_interfaces_is_two_virtual_routers(lab, gw, probe):
    gw.attach("wan", "198.51.100.2/24")
    vipd = lab.vipd(gw, [router(), router(name="wan", interface="eth1",
                                          addresses=["198.51.100.1/24"])])
    for name in ("lan", "wan"):
        vipd.wait_state(name, "active")
    say(lab, probe, priority=200, interval=4095)
    vipd.wait_state("lan", "backup")
    shown = vipd.router("wan")
    assert (shown["state"], shown["counters"]["adverts_received"]) == ("active", 0)
    assert "198.51.100.1/24" in gw.addresses("eth1")


# Sleep

def sleep_while_spoken_to(lab, vipd, probe_host, count):
    """Stops the process until so many adverts more were sent. Return: when it woke up."""
    vipd.kill(signal.SIGSTOP)
    mark = lab.now()
    probe_host.wait_adverts(count, since=mark)
    woken = lab.now()
    vipd.kill(signal.SIGCONT)
    return woken


@pytest.mark.requirement("R-100")
def test_backup_that_slept_through_everything_listens_once_more(lab, gw, probe):
    """The queue may have been lost, too: an interval and the skew time more, and then it acts."""
    vipd = lab.vipd(gw, [router(100, interval="400ms")])
    lab.deafen(gw)
    woken = sleep_while_spoken_to_nobody(lab, vipd, probe)
    first = lab.capture.wait_advert(host=gw)
    assert_elapsed(woken, first, 0.4 + skew(100, 0.4))
    assert vipd.router()["counters"]["late_timers"] == 1


def sleep_while_spoken_to_nobody(lab, vipd, probe):
    """As sleep_while_spoken_to(), but nothing reaches it: well over four intervals and a half."""
    with probe.speak(HIGHER, every=0.1, priority=200, interval=40):
        return sleep_while_spoken_to(lab, vipd, probe.host, 25)


# Announcements after a contest

def pair_with_client(lab, one_priority=150, two_priority=100):
    """Two gateways of which the first is Active, and a client."""
    gw1, gw2 = lab.host("gw1", "192.0.2.2/24"), lab.host("gw2", "192.0.2.3/24")
    client = lab.host("client", "192.0.2.100/24")
    one = lab.vipd(gw1, [router(one_priority, interval="200ms")])
    two = lab.vipd(gw2, [router(two_priority, interval="200ms")])
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    return one, two, client


@pytest.mark.requirement("R-092")
@pytest.mark.parametrize("fault", ["deafen two", "cut one"])
def test_a_false_active_does_not_have_the_last_word(lab, fault):
    """It announced while it heard nothing; once it hears, the true Active announces again."""
    one, two, client = pair_with_client(lab)
    ping = lab.ping(client, VIP)
    ping.wait_answer()
    verb, whom = fault.split()
    host = {"one": one, "two": two}[whom].host
    getattr(lab, verb)(host)
    two.wait_state("lan", "active")
    mark = lab.now()
    two.host.wait_adverts(5, since=mark)
    lab.heal(host)
    assert_settled(one.host, two.host, ping)
    assert one.router()["counters"]["became_active"] == 1


@pytest.mark.requirement("R-092")
def test_loser_speaks_once_more_and_the_winner_announces_again(lab, gw, probe):
    """The debt by itself: the last advert of the false Active comes after its announcement, and
    before its address is missed."""
    vipd, _ = reign(lab, gw, probe, leave="gap")
    debt = lab.capture.wait_arp(host=gw, gratuitous=True)
    winning = say(lab, probe, HIGHER, priority=251, interval=SLOW_FIELD)
    vipd.wait_state("lan", "backup")
    [last_word] = lab.capture.adverts(host=gw, since=winning.ns)
    assert last_word.priority == 1, "less than whoever wins may have by then"
    assert lab.capture.arps(host=gw, gratuitous=True)[-1].ns < last_word.ns
    assert debt.ns < winning.ns


# Two gateways

@pytest.mark.requirement("R-072", "R-089", "R-091")
def test_equals_agree_on_the_higher_address_after_a_split(lab):
    """The one that was Active first has the lower address, and stays Active until the split."""
    one, two, client = pair_with_client(lab, 100, 100)
    assert two.router()["active_address"] == "192.0.2.2"
    ping = lab.ping(client, VIP)
    ping.wait_answer()
    lab.cut(one.host)
    two.wait_state("lan", "active")
    lab.heal(one.host)
    one.wait_state("lan", "backup")
    assert_settled(two.host, one.host, ping)


def test_three_gateways_have_one_successor(lab):
    """The better of two Backups, by its shorter skew time: 12 ms and 498 ms."""
    hosts = [lab.host(f"gw{i}", f"192.0.2.{i + 1}/24") for i in (1, 2, 3)]
    one, two, three = (lab.vipd(host, [router(priority, interval="500ms")])
                       for host, priority in zip(hosts, (254, 250, 1)))
    lab.leave_to(router(interval="500ms"))         # to the best of them
    one.wait_state("lan", "active")
    for backup in (two, three):
        wait_until(lambda: backup.router()["active_address"] == "192.0.2.2")
    one.kill()
    assert re.match(r"no advert for [1-9]", two.wait_state("lan", "active")["reason"])
    two.host.wait_adverts(3)
    assert three.router()["counters"]["became_active"] == 0
    assert not lab.capture.adverts(host=three.host)
    assert three.router()["active_address"] == "192.0.2.3"
