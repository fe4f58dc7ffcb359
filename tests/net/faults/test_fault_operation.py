# SPDX-License-Identifier: MIT
"""Faults of those who operate it: broken configurations, reloads at bad moments, missing rights."""

import functools
import os
import re
import signal

import pytest

from agents import run_vipd, vipd_config, write_config
from faults.dut import (DOWN_MS, KEEPALIVED, OTHER, OWN, SOON_MS, VIP, measure_rhythm,
                        measure_silence, pair, ping_vip, single)
from lab import router, wait_until
from processes import open_files
from timing import gaps_ms, wait_moment

THIRD = "192.0.2.12/24"
BROKEN = [                       # text, and what the errors say in some line
    ("routers = (\n{ name = ; }\n);\n", [r":2: name = has no value"]),
    ('node = "a";\nnonsense = 1;\nrouters = ( { vrid = 256; } );\n',
     [r":2: .*nonsense", r":3: .*256"]),
    ('routers = (\n{ name = "a";\n interface = "eth0";\n vrid = 256;\n'
     ' addresses = [ "192.0.2.1/24" ]; }\n);\n', [r":4: .*256"]),
    ("routers = (\n{ name = ; }", []), ("", []), ("\0" * 100, []), ("\xff" * 100, []),
    ("{" * 10000, [])]


def write(path, text):
    """Another text in the place of the configuration, or of what is there instead of it."""
    if os.path.isdir(path):
        os.rmdir(path)
    with open(path, "w", encoding="latin-1") as file:
        file.write(text)


def make_directory(path):
    """A directory instead of the configuration."""
    os.unlink(path)
    os.mkdir(path)


def make_huge(path):
    """A hundred megabytes of spaces, none of them on the disk."""
    with open(path, "r+b") as file:
        file.truncate(100 << 20)


def check_errors(path, errors, words):
    """Each error names the file, and says what is wrong with it."""
    for word in [path, *(re.escape(path) + it for it in words)]:
        assert re.search(word, errors, re.MULTILINE), (word, errors)


@pytest.mark.fault("F84", "broken configuration at the start", "exit 78 with file and line, "
                   "nothing sent")
def test_f84_broken_at_start(lab, fault):
    host, path = lab.host("gw1", OWN), lab.path("own.conf")
    for text, words in BROKEN:
        write(path, text)
        done = run_vipd(host, "-c", path)
        assert done.returncode == 78, (text[:40], done)
        check_errors(path, done.stderr, words)
    fault.measure("frames sent", len(lab.capture.frames(host=host)))
    fault.saw(f"{len(BROKEN)} files: exit 78")


@pytest.mark.fault("F85", "broken configuration at a reload", "refused with an error, all goes on "
                   "as it was", keepalived=True)
def test_f85_broken_at_reload(lab, fault):
    one, two = pair(lab)
    ping, mark, worker = ping_vip(lab), lab.now(), one.worker

    def reload_all():
        if KEEPALIVED:
            write(lab.path("gw1-keepalived.conf"), "vrrp_instance lan {\n  interface nonsense0\n")
            one.reload()
            return
        path = one.agent.config
        spoils = [(functools.partial(write, text=text), words) for text, words in BROKEN]
        for spoil, words in [*spoils, (make_huge, []), (make_directory, []),
                             (lambda it: write(it, "") or os.unlink(it), [".*No such file"])]:
            spoil(path)
            done = one.agent.reload()
            assert (done.returncode, done.stdout) == (1, ""), (words, done)
            check_errors(path, done.stderr, words)

    measure_rhythm(fault, one, reload_all)
    fault.measure("pings lost", ping.lost(since=mark))
    measure_silence(fault, two, mark)
    if not KEEPALIVED:
        assert one.worker == worker and one.agent.wait_log("reload=refused")
        one.check_counters(became_active=1)
        assert one.host.addresses() == [OWN, VIP]


@pytest.mark.fault("F86", "reload of the same", "nothing happens: not in the kernel, not on the "
                   "wire", keepalived=True)
def test_f86_reload_of_the_same(lab, fault):
    settings = {} if KEEPALIVED else {"lease": "off"}          # its renewals are events, too
    one = single(lab, router(150, **settings))
    told = lab.capture.wait_arp(host=one.host, gratuitous=True).ns
    wait_moment(lab, told + 1_200_000_000)         # behind the third announcement
    ping, mark = ping_vip(lab), lab.now()
    worker, before = one.worker, None if KEEPALIVED else one.agent.router()
    measure_rhythm(fault, one, one.reload)
    fault.measure("address events", len(one.events.seen(mark)))
    arps = [arp for arp in lab.capture.arps(host=one.host, since=mark, gratuitous=True)
            if arp.ns < told + 3_900_000_000]      # the fourth announcement
    fault.measure("announcements", len(arps))
    fault.measure("pings lost", ping.lost(since=mark))
    if not KEEPALIVED:
        assert one.worker != worker
        assert min(gaps_ms(one.host, mark)) > 40, "no advert out of turn"
        after, sent = one.agent.router(), len(lab.capture.adverts(host=one.host))
        assert [after[key] for key in ("state", "reason")] == ["active", before["reason"]]
        assert after["since"][:22] == before["since"][:22]
        assert abs(after["counters"]["adverts_sent"] - sent) <= 1
        one.check_counters(became_active=1)


@pytest.mark.fault("F87", "reload that moves an address to another router", "never away for more "
                   "than 2 ms", keepalived=True)
def test_f87_reload_moves_an_address(lab, fault):
    before = [router(150, addresses=[VIP, OTHER]), router(150, name="two", vrid=52,
                                                          addresses=[THIRD])]
    after = [router(150, addresses=[OTHER]), router(150, name="two", vrid=52,
                                                    addresses=[THIRD, VIP])]
    one = single(lab, *before)
    wait_until(lambda: one.holds(THIRD), what=THIRD)
    ping, away_ms, mark = ping_vip(lab), [], lab.now()
    for routers, vrid in ((after, 52), (before, 51)):
        one.configure(routers)
        begun = one.reload()
        wait_until(lambda it=vrid: "192.0.2.1" in lab.capture.wait_advert(
            host=one.host, since=lab.now(), vrid=it).addresses, 5, "adverts that say so")
        wait_until(one.holds, 3, f"{VIP} to be held")
        away_ms.append(one.events.longest_absence_ms(begun))
    fault.measure("away", away_ms, "ms", 2, SOON_MS)
    fault.measure("pings lost", ping.lost(since=mark), "", 2, SOON_MS)


@pytest.mark.fault("F88", "reload that removes a router", "its priority 0 and its address gone; "
                   "the others untouched", keepalived=True)
def test_f88_reload_removes_a_router(lab, fault):
    settings = {} if KEEPALIVED else {"lease": "off"}
    lan = router(150, **settings)
    one = single(lab, lan, router(150, name="two", vrid=52, addresses=[OTHER], **settings))
    wait_until(lambda: one.holds(OTHER), what=OTHER)
    lab.capture.wait_advert(host=one.host, vrid=52)
    one.configure([lan])
    ping, mark = ping_vip(lab), lab.now()
    measure_rhythm(fault, one, one.reload, attempts=1)
    wait_until(lambda: not one.holds(OTHER), what=f"{OTHER} to go")
    assert lab.capture.adverts(host=one.host, since=mark, vrid=52)[-1].priority == 0
    fault.measure("events of the other address", len(one.events.seen(mark, VIP)))
    fault.measure("pings lost", ping.lost(since=mark))
    assert one.host.addresses() == [OWN, VIP]
    assert KEEPALIVED or [it["name"] for it in one.agent.show()["routers"]] == ["lan"]


@pytest.mark.parametrize("offset_ms", [0, 150, 335, 350])
@pytest.mark.fault("F89", "reload of the Backup during an election", "takes over as if there had "
                   "been none: Active_Down plus 5 ms")
def test_f89_reload_during_an_election(lab, fault, offset_ms):
    one, two = pair(lab)
    lab.capture.wait_advert(host=one.host, since=lab.now())
    lab.cut(one.host)
    last = [advert for advert in lab.capture.adverts(host=one.host) if not advert.lost][-1]
    wait_moment(lab, last.ns + offset_ms * 1_000_000)
    two.reload()
    took_over = two.wait_active()
    fault.measure("behind Active_Down", (took_over.ns - last.ns) / 1e6 - DOWN_MS, "ms", 5, 500)
    lab.capture.wait_arp(host=two.host, gratuitous=True, spa="192.0.2.1")
    two.host.wait_adverts(5, lab.now())
    assert two.agent.router()["counters"]["became_active"] == 1


@pytest.mark.fault("F90", "reloads 10 times a second, changing, for 4 s", "adverts in time, no "
                   "leak, peer notices nothing")
def test_f90_storm_of_reloads(lab, fault):
    one, two = pair(lab)

    def files():
        """Of both processes, once the one before is gone."""
        return open_files(one.worker), one.agent.standby_pid and open_files(one.agent.pid)

    one.reload()
    one.host.wait_adverts(3, lab.now())
    before = files()
    mark = lab.now()

    def storm():
        for n in range(40):
            one.configure([router(150 + n % 2, addresses=[VIP, OTHER][:1 + n % 2])])
            one.agent.process.send_signal(signal.SIGHUP)
            wait_moment(lab, lab.now() + 100_000_000)

    measure_rhythm(fault, one, storm, attempts=2)
    measure_silence(fault, two, mark)
    one.reload()
    wait_until(lambda: files() == before, 5,
               lambda _: f"as many descriptors as before: {before}, not {files()}")
    fault.saw(f"{before[0]} and {before[1]} descriptors, before and after")


@pytest.mark.fault("F91", "half-written configuration at a reload", "refused; the whole one is "
                   "taken")
def test_f91_half_written(lab, fault):
    one = single(lab, router(150, addresses=[VIP, OTHER]))
    whole = vipd_config([router(150)], {"node": "gw1", "control": one.agent.control})
    cuts = range(0, len(whole) - 5, len(whole) // 12)

    def reload_all():
        for length in cuts:
            write(one.agent.config, whole[:length])
            done = one.agent.reload()
            assert done.returncode == 1, f"taken: {whole[:length]!r}"

    measure_rhythm(fault, one, reload_all, attempts=2)
    assert one.holds(OTHER)
    write(one.agent.config, whole)
    one.reload()
    wait_until(lambda: not one.holds(OTHER), what=f"{OTHER} to go")
    assert one.holds()
    fault.saw(f"{len(cuts)} lengths refused")


@pytest.mark.fault("F100", "rights missing", "exit 1 with one line that names them, nothing sent")
def test_f100_rights_missing(lab, fault):
    host, path = lab.host("gw1", OWN), write_config(lab)
    for before in (["setpriv", "--bounding-set", "-net_admin,-net_raw"],
                   ["setpriv", "--bounding-set", "-net_admin"],
                   ["setpriv", "--bounding-set", "-net_raw"],
                   ["unshare", "--user", "--map-root-user"]):
        done = run_vipd(host, "-c", path, before=before)
        assert done.returncode == 1, (before, done)
        [line] = done.stderr.splitlines()
        assert " error: " in line and "CAP_NET_ADMIN and CAP_NET_RAW" in line, (before, line)
    fault.measure("frames sent", len(lab.capture.frames(host=host)))
    assert host.addresses() == [OWN] and not os.path.exists(lab.path("own.sock"))
    fault.saw("exit 1, 4 ways")
