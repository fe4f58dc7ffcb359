# SPDX-License-Identifier: MIT
"""Version 2 in real frames, the way from one version to the other, and how many adverts may be
missed. What a frame of version 2 must look like, and which are discarded, is in tests/conformance.
"""

import pytest

from generations import OWN, VIP, crash, reload
from lab import router, wait_until
from timing import GAP_MS, assert_elapsed, down, wait_moment

PEER = "192.0.2.9"
PASSWORD = {"auth": {"type": "password", "password": "tell me"}}
ON_WIRE = {"auth_type": 1, "auth": b"tell me"}
V2 = {"version": 2, "interval": "1s"}
SAID = {"version": 2, "interval": 1}


def active(lab, *, fields=None, **keys):
    """A vipd that is Active at once, as its predecessor of the same dialect left."""
    agent = lab.vipd(lab.host("gw1", OWN), [router(150, **keys)])
    lab.leave_to(router(), **(fields or {}))
    agent.wait_state("lan", "active")
    return agent


# ---- the way from one version to the other ----

@pytest.mark.parametrize("before, said, after, version", [
    ({"interval": "1s"}, {}, {**V2, **PASSWORD}, 2),
    ({**V2, **PASSWORD}, {**SAID, **ON_WIRE}, {"interval": "1s"}, 3)])
def test_reload_of_an_active_changes_the_version_and_nothing_else(lab, before, said, after, version):
    """Its first advert of the other version is out before the next of the old one was due."""
    agent = active(lab, fields=said, **before)
    last = agent.host.wait_adverts(2)[-1]
    agent.configure([router(150, **after)])
    mark = reload(agent)
    first = lab.capture.wait_advert(host=agent.host, since=mark)
    assert (first.version, first.priority) == (version, 150)
    assert (first.ns - last.ns) / 1e6 < 1000 + GAP_MS
    assert first.trailing == (b"tell me\0" if version == 2 else b"")
    shown = agent.router()
    assert (shown["state"], shown["version"]) == ("active", version)
    assert shown["counters"]["became_active"] == 1 and VIP in agent.host.addresses()
    assert not lab.capture.adverts(host=agent.host, priority=0)


def test_reload_of_a_backup_to_version_2_waits_anew(lab, probe):
    """Whom it heard speaks what it understands no more; so it begins as if nobody had been."""
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, interval="1s")])
    probe.advert(PEER, priority=200, interval=100)
    heard = lab.capture.wait_advert(host=probe.host)
    agent.configure([router(100, **V2)])
    wait_moment(lab, heard.ns + 1_000_000_000)
    assert agent.router()["active_address"] == PEER
    mark = reload(agent)
    assert agent.router()["active_address"] is None
    with probe.speak(PEER, every=0.2, priority=200, interval=100):
        wait_until(lambda: agent.router()["counters"]["rejected"]["version"] > 1, what="rejects")
        assert agent.router()["state"] == "backup"
        agent.wait_log("rejected=version")
        first = lab.capture.wait_advert(host=agent.host, since=mark, timeout=10)
        assert_elapsed(mark, first, down(100, 1))
        assert first.version == 2


def test_pair_goes_from_version_3_to_2_one_after_the_other(lab):
    """In between both are Active, which both say; then the higher priority alone."""
    one = lab.vipd(lab.host("gw1", OWN), [router(150, interval="1s")])
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24"), [router(100, interval="1s")])
    lab.leave_to(router())
    one.wait_state("lan", "active")
    for agent, priority in ((one, 150), (two, 100)):
        agent.configure([router(priority, **V2)])
        reload(agent)
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", 10, "the Backup to hear")
    two.wait_state("lan", "backup")
    assert one.router()["counters"]["became_active"] == 1 and VIP in one.host.addresses()


# ---- version 2 ----

def test_last_will_is_of_the_version(lab):
    """Nobody is left to write the farewell: it has long been prepared, password and all."""
    agent = active(lab, fields={**SAID, **ON_WIRE}, **V2, **PASSWORD)
    crash(agent)
    crash(agent)
    assert agent.standby_pid
    mark = lab.now()
    agent.expected_to_live = False
    agent.kill_router()
    farewell = lab.capture.wait_advert(host=agent.host, since=mark, priority=0)
    assert (farewell.version, farewell.trailing) == (2, b"tell me\0")
    assert agent.process.wait(10) == 1 and agent.host.addresses() == [OWN]


def test_stop_says_so_in_version_2(lab):
    agent = active(lab, fields=SAID, **V2)
    mark = lab.now()
    assert agent.term() == 0
    farewell = lab.capture.wait_advert(host=agent.host, since=mark, priority=0)
    assert (farewell.version, farewell.interval_ms, farewell.trailing) == (2, 1000, bytes(8))


def test_another_interval_is_told_once_and_discarded(lab, probe):
    agent = active(lab, fields=SAID, **V2)
    for _ in range(3):
        probe.advert(PEER, version=2, interval=3, priority=200)
    line = agent.wait_log("notice=interval")
    assert "theirs_ms=3000 ours_ms=1000" in line and "discarded" in line and "down_ms" not in line
    wait_until(lambda: agent.router()["counters"]["rejected"]["interval_differs"] == 3,
               what="three rejects")
    assert agent.router()["state"] == "active"
    assert sum("notice=interval" in it for it in agent.log) == 1
    assert lab


@pytest.mark.parametrize("fields", [{}, {"auth_type": 1, "auth": b"another"}])
def test_address_of_ours_in_a_stray_advert_of_version_2(active_3, probe, fields):
    """Whatever version ours is, and whatever password theirs has."""
    probe.advert(PEER, version=2, vrid=77, **fields)
    wait_until(lambda: active_3.router()["conflicts"], what="a conflict")
    assert active_3.router()["conflicts"] == [{"vrid": 77, "source": PEER, "address": "192.0.2.1"}]


@pytest.fixture
def active_3(lab):
    """An Active of version 3."""
    return active(lab)


def test_password_is_in_no_log_and_no_difference(lab):
    agent = active(lab, fields=SAID, **V2)
    agent.configure([router(150, **V2, **PASSWORD)])
    told = agent.ctl("reload", "--dry-run", check=False)
    reload(agent)
    agent.configure([router(150, **V2, auth={"type": "password", "password": "xyzzy"})])
    reload(agent)
    agent.configure([router(150, **V2, auth={"type": "password", "password": "frobozz-is-long"})])
    refused = agent.reload()
    assert refused.returncode == 1 and "auth.password: expected 1..8" in refused.stderr
    changed = [line for line in agent.log if "auth.password" in line]
    assert len(changed) >= 2 and all("(secret)" in line for line in changed[:2])
    texts = [*agent.log, told.stdout, told.stderr, refused.stdout, refused.stderr,
             agent.ctl("show", "--json").stdout, agent.ctl("events", "--json").stdout]
    assert "auth.password" in told.stdout
    assert not [text for text in texts for word in ("tell me", "xyzzy", "frobozz") if word in text]


# ---- adverts that may be missed ----

@pytest.mark.parametrize("number, interval", [(1, 0.5), (2, 0.3), (10, 0.1)])
def test_takeover_after_as_many_missed_adverts_as_are_configured(lab, probe, number, interval):
    keys = {"interval": f"{interval * 1000:.0f}ms", "down_intervals": number}
    agent = lab.vipd(lab.host("gw1", OWN), [router(100, **keys)])
    assert agent.router()["down_intervals"] == number
    mark = lab.now()
    probe.advert(PEER, priority=200, interval=round(interval * 100))
    heard = lab.capture.wait_advert(host=probe.host, since=mark)
    first = lab.capture.wait_advert(host=agent.host, since=mark)
    assert_elapsed(heard.ns, first, down(100, interval) + (number - 3) * interval)


def test_lease_goes_by_the_number_of_missed_adverts(lab):
    """11 intervals of a second, and one second more; renewed before less than 11 are left."""
    agent = active(lab, interval="1s", down_intervals=10)
    info = next(it for it in agent.host.address_info() if it["local"] == "192.0.2.1")
    assert 9 < info["valid_life_time"] <= 12
    agent.configure([router(150, interval="1s", down_intervals=3)])
    reload(agent)
    wait_until(lambda: next(it for it in agent.host.address_info()
                            if it["local"] == "192.0.2.1")["valid_life_time"] <= 5,
               what="the shorter lease")
    assert agent.router()["state"] == "active"
