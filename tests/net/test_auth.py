# SPDX-License-Identifier: MIT
"""HMAC over the life of real processes: farewells, crashes, reloads, keys that change, files that are
unusable, clocks that jump. What a signed frame looks like, and each reason to discard one, is in
tests/conformance; the arithmetic in tests/unit/test_vrrp_hmac.c.
"""

import os
import struct
import time

import pytest

from agents import VIP, binary, is_sanitized, run_vipd, write_config
from frames import Key
from generations import OWN, crash, reload, replace
from lab import router, wait_until
from seldom import seldom

KEY, NEXT = Key(1, bytes(range(32))), Key(2, b"the second key of this very test")
OTHER = "192.0.2.3/24"
FAST = {"interval": "300ms"}
DOWN_S = 1.1                     # at most, of that interval
YEARS_10 = 10 * 365 * 86400

families = pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])


def keys_file(lab, *keys, name="keys", mode=0o600):
    """A file with these keys. Return: its path."""
    path = lab.path(name)
    with open(path + ".new", "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write("".join(key.line() for key in keys))
    os.chmod(path + ".new", mode)
    os.replace(path + ".new", path)
    return path


def signing(lab, priority, *, active=1, mode="enforce", file="keys", **keys):
    """A router that signs."""
    return router(priority, **FAST, **keys,
                  auth={"type": "hmac", "mode": mode, "keys": lab.path(file), "active": active,
                        "window": "5s"})


def pair(lab, unicast=False, **keys):
    """An Active and a Backup that know each other by the first key."""
    keys_file(lab, KEY)
    peers = [{"unicast": {"peers": [ip]}} if unicast else {} for ip in ("192.0.2.3", "192.0.2.2")]
    one = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150, **peers[0])], **keys)
    two = lab.vipd(lab.host("gw2", OTHER), [signing(lab, 100, **peers[1])], **keys)
    one.wait_state("lan", "active")
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    return one, two


def rejected(agent):
    """What it has discarded, by reason."""
    return {word: n for word, n in agent.router()["counters"]["rejected"].items() if n}


def became_active(*agents):
    """How often each of them did."""
    return [agent.router()["counters"]["became_active"] for agent in agents]


# ---- farewells ----

@families
def test_leaving_is_believed(lab, unicast):
    one, two = pair(lab, unicast)
    assert one.term() == 0
    one.expected_to_live = False
    two.wait_state("lan", "active")
    assert two.router()["reason_code"] == "left" and not rejected(two)


@families
def test_last_will_is_believed(lab, unicast):
    """Nobody is left to sign it: it was signed with the last advert, one number behind."""
    one, two = pair(lab, unicast)
    for _ in range(2):
        crash(one)
    one.host.wait_adverts(2, lab.now())
    one.kill_router()
    assert "farewells_sent=1" in one.wait_log("last_will=executed")
    one.expected_to_live = False
    two.wait_state("lan", "active")
    assert two.router()["reason_code"] == "left" and not rejected(two)


def test_farewell_of_a_removed_router_is_believed(lab):
    one, two = pair(lab)
    one.configure([router(100, name="other", vrid=99, addresses=["192.0.2.99/24"], **FAST)])
    reload(one)
    two.wait_state("lan", "active")
    assert two.router()["reason_code"] == "left" and not rejected(two)


# ---- processes ----

def test_crash_and_reload_are_no_news(lab):
    one, two = pair(lab)
    for agent in (one, two):
        crash(agent)
        reload(agent)
    mark = lab.now()
    one.host.wait_adverts(4, mark)
    assert became_active(one, two) == [1, 0] and not rejected(one) and not rejected(two)
    sequences = [advert.message[-24:-16] for advert in lab.capture.adverts(host=one.host)]
    assert sequences == sorted(set(sequences))


def test_upgrade_goes_on_without_the_file(lab, probe, own_binary):
    """Another program is the keeper, and its processes sign on, and believe nothing twice."""
    one, two = pair(lab)
    heard = one.host.wait_adverts(2)[-1]
    os.remove(lab.path("keys"))
    replace(own_binary)
    for agent in (two, one):
        reload(agent)
        agent.wait_log("upgrade=done")
        agent.wait_log("keys=kept")
    probe.send(heard.frame.data)
    wait_until(lambda: rejected(two) == {"hmac_replay": 1}, what=lambda _: two.story("a replay"))
    one.host.wait_adverts(4, lab.now())
    assert became_active(one, two) == [1, 0] and not rejected(one)


@pytest.mark.parametrize("again", [crash, reload], ids=["crash", "reload"])
def test_heard_before_a_crash_or_reload_is_not_believed_after(lab, probe, again):
    """R-176: the marks of senders outlive the process."""
    one, two = pair(lab)
    heard = one.host.wait_adverts(2)[-2]           # two may die before it has read the last one
    again(two)
    probe.send(heard.frame.data)
    wait_until(lambda: rejected(two) == {"hmac_replay": 1}, what=lambda _: two.story("a replay"))
    assert became_active(one, two) == [1, 0]


def test_heard_before_a_restart_is_not_believed_after(lab, probe):
    """The marks of senders are kept for the next start; within the window nothing else tells."""
    one, two = pair(lab)
    heard = one.host.wait_adverts(2)[-2]
    lab.cut(one.host)                              # else a later one is heard first
    assert two.term() == 0
    two = lab.vipd(two.host, [signing(lab, 100)])
    probe.send(heard.frame.data)
    wait_until(lambda: rejected(two) == {"hmac_replay": 1}, what=lambda _: two.story("a replay"))


# ---- keys ----

def test_keys_are_changed_without_a_gap(lab):
    """R-179: a new one on all hosts, then it signs on all, then the old one goes."""
    one, two = pair(lab)
    for keys, active in (((KEY, NEXT), 1), ((KEY, NEXT), 2), ((NEXT,), 2)):
        keys_file(lab, *keys)
        for agent, priority in ((two, 100), (one, 150)):
            agent.configure([signing(lab, priority, active=active)])
            reload(agent)
            one.host.wait_adverts(2, lab.now())
    assert became_active(one, two) == [1, 0] and not rejected(one) and not rejected(two)
    assert one.host.wait_adverts(2)[-1].message[-27] == NEXT.id
    one.wait_log('keys=taken numbers=2 file="')


def test_hmac_comes_to_hosts_that_run(lab):
    """All hosts to receive-only, then to permissive, then to enforce: nobody notices."""
    keys_file(lab, KEY)
    one = lab.vipd(lab.host("gw1", OWN), [router(150, **FAST)])
    two = lab.vipd(lab.host("gw2", OTHER), [router(100, **FAST)])
    one.wait_state("lan", "active")
    for mode in ("receive-only", "permissive", "enforce"):
        for agent, priority in ((one, 150), (two, 100)):
            agent.configure([signing(lab, priority, mode=mode)])
            reload(agent)
            length = len(one.host.wait_adverts(4, lab.now())[-1].message)
            assert agent.router()["auth"] == mode
        assert length == (12 if mode == "receive-only" else 40)
    assert became_active(one, two) == [1, 0] and not rejected(one) and not rejected(two)


def test_version_2_is_signed_on_demand(lab):
    keys_file(lab, KEY)
    auth = {"type": "hmac", "keys": lab.path("keys"), "active": 1, "version2": True}
    one, two = (lab.vipd(lab.host(f"gw{n}", own), [router(priority, version=2, interval="1s",
                                                          auth=auth)])
                for n, own, priority in ((1, OWN, 150), (2, OTHER, 100)))
    one.wait_state("lan", "active")
    assert {len(it.message) for it in one.host.wait_adverts(2)} == {8 + 4 + 8 + 28}
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    assert one.term() == 0
    one.expected_to_live = False
    two.wait_state("lan", "active")
    assert two.router()["reason_code"] == "left" and not rejected(two)


def spoil(lab, how):
    """The file with the keys as it must not be."""
    path = lab.path("keys")
    if how == "gone":
        os.remove(path)
    elif how == "readable":
        keys_file(lab, KEY, NEXT, mode=0o644)
    else:
        with open(path, "w", encoding="ascii") as file:
            file.write({"empty": "", "half-written": KEY.line() + NEXT.line()[:40],
                        "nonsense": "1 hmac-md5 00\n"}[how])


@pytest.mark.parametrize("how, why", [
    ("gone", "No such file"), ("readable", "others can use it, mode 0644: chmod 600"),
    ("empty", "it is empty"), ("half-written", "its last line does not end"),
    ("nonsense", "line 1: the algorithm, hmac-sha256, comes second")])
def test_unusable_file_leaves_the_old_keys(lab, how, why):
    """Also to whoever takes over after a crash, and to the next reload."""
    one, two = pair(lab)
    spoil(lab, how)
    reload(one)
    line = one.wait_log("keys=kept numbers=1 file=")
    assert why in line and "the keys of before are used on" in line
    crash(one)
    assert "old_keys" in one.ctl("check", check=False).stdout     # who took over has not looked
    reload(one)
    one.host.wait_adverts(3, lab.now())
    assert became_active(one, two) == [1, 0] and not rejected(two)
    done = one.reload()
    said = "its keys are those of before, since their file is unusable: "
    assert done.returncode == 0 and f"vipctl: warning: router lan: {said}" in done.stderr
    check = one.ctl("check", check=False)
    assert why in done.stderr and check.returncode == 1
    assert f"old_keys: {said}" in check.stdout and why in check.stdout
    keys_file(lab, KEY)
    assert "keys" not in one.reload().stderr and "old_keys" not in one.ctl("check", check=False).stdout
    shown = "".join(one.log)
    assert KEY.secret.hex() not in shown and NEXT.secret.hex()[:20] not in shown


def test_without_keys_a_router_is_in_fault_and_silent(lab):
    agent = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150), router(
        150, name="free", vrid=9, addresses=["192.0.2.99/24"], **FAST)])
    agent.wait_fault("there is no usable HMAC key 1: see the keys of auth")
    assert agent.router()["reason_code"] == "no_key"
    assert "keys=none" in "".join(agent.log)
    agent.wait_state("free", "active")
    assert not lab.capture.adverts(host=agent.host, vrid=51) and VIP not in agent.host.addresses()
    keys_file(lab, KEY)
    reload(agent)
    agent.wait_state("lan", "active")
    assert not agent.term()
    agent.expected_to_live = False


def test_check_tells_of_unusable_keys(lab):
    """The file itself is right, wherever it is checked."""
    host, path = lab.host("gw1", OWN), lab.path("keys")
    config = write_config(lab, routers=[signing(lab, 150)])
    keys_file(lab, KEY)
    good = run_vipd(host, "-t", "-c", config)
    keys_file(lab, KEY, mode=0o640)
    bad = run_vipd(host, "-t", "-c", config)
    assert good.returncode == bad.returncode == 0 and not good.stderr and bad.stdout == good.stdout
    with open(config, encoding="utf-8") as file:
        line = next(i for i, text in enumerate(file, 1) if path in text)
    assert bad.stderr == (f"{config}:{line}: warning: lan: auth.keys: {path}: unusable here, which "
                          "would be a fault: others can use it, mode 0640: chmod 600\n")


@pytest.mark.parametrize("keys, why", [
    ({"active": 2}, "router lan needs key 2 of {}: it does not have that key"),
    ({"file": "other"}, "router lan needs key 1 of {}: it cannot be read: No such file")],
    ids=["key", "file"])
def test_reload_without_the_key_that_is_to_sign_is_refused(lab, keys, why):
    one, two = pair(lab)
    one.configure([signing(lab, 150, **keys)])
    done = one.reload()
    assert done.returncode == 1
    assert why.format(lab.path(keys.get("file", "keys"))) in done.stderr
    one.host.wait_adverts(3, lab.now())
    assert became_active(one, two) == [1, 0] and not rejected(two)


def test_secrets_are_shown_nowhere(lab):
    one, _ = pair(lab)
    crash(one)
    reload(one)
    dump = run_vipd(one.host, "-t", "-t", "-c", one.config).stdout
    assert lab.path("keys") in dump, "the path is no secret"
    texts = [*one.log, dump, one.ctl("show", "--json").stdout, one.ctl("show").stdout,
             one.ctl("events").stdout, one.ctl("reload", "--dry-run").stdout]
    for pid in (one.pid, one.router_pid, one.standby_pid):
        for file in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{file}", "rb") as shown:
                texts.append(shown.read().decode("latin-1"))
    for text in texts:
        assert KEY.secret.hex() not in text.lower()
        assert KEY.secret.decode("latin-1") not in text
    assert not_dumped(one.router_pid), "the state memory is left out of cores"


def not_dumped(pid):
    """Whether each mapping of a state memory has the flag of madvise(MADV_DONTDUMP)."""
    with open(f"/proc/{pid}/smaps", encoding="ascii") as smaps:
        parts = smaps.read().split("VmFlags:")
    flags = [after.splitlines()[0].split() for before, after in zip(parts, parts[1:])
             if any("memfd" in line and "state" in line for line in before.splitlines())]
    return flags and all("dd" in words for words in flags)


# ---- clocks ----

class Clock:
    """The wall clock as one vipd sees it: tests/net/wallclock.c."""

    LIBRARY = os.path.join(os.path.dirname(binary("vipd")), "tests/net/wallclock.so")

    def __init__(self, lab, name, ahead=0):
        path = lab.path(name)
        self._file = open(path, "w+b", buffering=0)
        lab.at_close(self._file.close)
        self.set(ahead)
        self.env = {"LD_PRELOAD": self.LIBRARY, "WALLCLOCK": path}

    def set(self, ahead):
        """Puts it so many seconds ahead of the real one, or behind."""
        self._file.seek(0)
        self._file.write(struct.pack("q", ahead * 10**9))


unsanitized = pytest.mark.skipif(is_sanitized(), reason="sanitizers want to be loaded first")


@pytest.mark.long
@unsanitized
@pytest.mark.parametrize("whose", [pytest.param(0, id="of the Active"),
                                   seldom(1, id="of the Backup")])
def test_clock_that_is_set_while_it_runs_changes_nothing(lab, whose):
    """R-180, by a second, an hour, ten years, either way; a reload and a crash after each."""
    clock = Clock(lab, "clock")
    keys_file(lab, KEY)
    envs = [None, None]
    envs[whose] = clock.env
    one = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150)], env=envs[0])
    two = lab.vipd(lab.host("gw2", OTHER), [signing(lab, 100)], env=envs[1])
    one.wait_state("lan", "active")
    wait_until(lambda: two.router()["active_address"] == "192.0.2.2", what="a Backup that hears")
    stepped = (one, two)[whose]
    for ahead in (1, -1, 3600, -3600, YEARS_10, -YEARS_10, 0):
        clock.set(ahead)
        one.host.wait_adverts(2, lab.now())
        reload(stepped)
        one.host.wait_adverts(5, lab.now())     # longer than a Backup waits
    crash(stepped)
    one.host.wait_adverts(5, lab.now())
    assert became_active(one, two) == [1, 0] and not rejected(one) and not rejected(two)


@unsanitized
@pytest.mark.parametrize("ahead", [-YEARS_10, -3600, 3600])
def test_host_that_boots_with_a_wrong_clock_waits_until_it_is_set(lab, ahead):
    """Nobody hears two Actives: it waits for longer than a Backup does, takes the clock that is set,
    and preempts."""
    clock = Clock(lab, "clock", ahead)
    keys_file(lab, KEY)
    one = lab.vipd(lab.host("gw1", OWN), [signing(lab, 100)])
    one.wait_state("lan", "active")
    two = lab.vipd(lab.host("gw2", OTHER), [signing(lab, 150)], env=clock.env)
    two.wait_log("clock=differs source=192.0.2.2 ahead_s=")
    one.host.wait_adverts(10, lab.now())        # almost three times as long as a Backup waits
    assert became_active(one, two) == [1, 0] and set(rejected(two)) == {"hmac_stale"}
    clock.set(0)
    two.wait_state("lan", "active")
    one.wait_state("lan", "backup")
    assert not rejected(one) and became_active(one, two) == [1, 1]


@unsanitized
def test_clock_that_fell_behind_moves_to_one_that_agrees(lab, probe):
    """A host that slept, or was alone when it booted with a wrong clock: it was Active, and its
    clock is right by now."""
    clock = Clock(lab, "clock", -3600)
    keys_file(lab, KEY)
    agent = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150)], env=clock.env)
    agent.wait_state("lan", "active")
    probe.advert("192.0.2.9", priority=200, interval=30, sign=KEY.sign)
    agent.wait_log("clock=differs source=192.0.2.9 ahead_s=36")
    assert agent.router()["state"] == "active"
    clock.set(0)
    probe.advert("192.0.2.9", priority=200, interval=30, sign=KEY.sign)
    agent.wait_log("clock=moved source=192.0.2.9")
    agent.wait_log("state=active->backup")
    agent.wait_state("lan", "active")
    seconds = agent.host.wait_adverts(1, lab.now())[-1].message[-24:-20]
    assert abs(int.from_bytes(seconds, "big") - time.time()) < 5


@unsanitized
def test_clock_moves_back_for_nobody(lab, probe):
    """Adverts of old times can be recordings; of times to come there are none."""
    clock = Clock(lab, "clock")
    keys_file(lab, KEY)
    agent = lab.vipd(lab.host("gw1", OWN), [signing(lab, 150)], env=clock.env)
    agent.wait_state("lan", "active")
    clock.set(-3600)
    for _ in range(3):
        probe.advert("192.0.2.9", priority=200, interval=30,
                     sign=lambda src, raw: KEY.sign(src, raw, ahead=-3600))
    wait_until(lambda: rejected(agent) == {"hmac_stale": 3}, what="three adverts")
    assert agent.router()["state"] == "active"
    assert not [line for line in agent.log if "clock=moved" in line]
