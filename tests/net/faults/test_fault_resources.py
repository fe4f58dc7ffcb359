# SPDX-License-Identifier: MIT
"""Faults of the host: no processor time, no memory, no descriptors, nobody who reads the log."""

import contextlib
import fcntl
import json
import os
import random
import re
import resource
import select
import struct
import subprocess

import pytest

from agents import binary, is_sanitized, run_vipctl, write_config
from faults.dut import DOWN_MS, OWN, VIP, measure_rhythm, measure_silence, pair, ping_vip, single
from lab import router, wait_until
from processes import cpu_ticks
from rtnetlink import Rtnetlink
from timing import GAP_MS, disturbed_gaps_ms, longest_gap_ms

SPINNERS, BUSY_S = 8, 2          # 4 for each of two processors


@pytest.mark.fault("F16", "8 processes that spin for 2 s", "no takeover, adverts in time",
                   keepalived=True)
def test_f16_processors_saturated(lab, fault):
    one, two = pair(lab)
    mark = lab.now()
    spinners = [one.host.popen("timeout", str(BUSY_S), "sh", "-c", "while :; do :; done")
                for _ in range(SPINNERS)]
    for spinner in spinners:
        lab.at_close(spinner.kill)
    for spinner in spinners:
        spinner.wait(30)
    fault.measure("longest gap", longest_gap_ms(one.host, mark), "ms", 110, 300)
    measure_silence(fault, two, mark)


def limit(pid, what, number):
    """Sets a soft limit of a process, and keeps the hard one. Return: the soft one before."""
    soft, hard = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (number, hard))
    return soft


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers reserve more memory than a limit allows")
@pytest.mark.fault("F21", "no memory for a reload", "refused with a reason, all goes on as it was; "
                   "works when there is memory again")
def test_f21_no_memory_for_a_reload(lab, fault):
    one = single(lab)
    worker, keeper, refused = one.worker, one.agent.pid, []

    def reload_without_memory():
        for megabytes in (1, 2, 4):
            before = limit(keeper, resource.RLIMIT_AS, megabytes << 20)
            try:
                refused.append(one.agent.reload())
            finally:
                limit(keeper, resource.RLIMIT_AS, before)

    measure_rhythm(fault, one, reload_without_memory)
    assert all(done.returncode == 1 and done.stderr for done in refused[:2]), refused
    fault.saw(f"refused: {refused[0].stderr.strip()}")
    if all(done.returncode for done in refused):
        assert one.worker == worker
    one.reload()
    assert one.worker != worker and one.holds()


@pytest.mark.fault("F22", "no descriptor left", "adverts and addresses go on, without spinning; "
                   "questions are answered again later")
def test_f22_no_descriptor_left(lab, fault):
    one = single(lab)
    worker, thief = one.worker, Rtnetlink(one.host)
    pids = {pid: limit(pid, resource.RLIMIT_NOFILE, 3) for pid in (one.agent.pid, worker)}
    ticks = cpu_ticks(worker)

    def exhaust():
        mark = lab.now()
        assert one.agent.ctl("show", check=False).returncode == 1
        thief.remove(VIP)
        lab.capture.wait_arp(host=one.host, since=mark, gratuitous=True, spa="192.0.2.1")
        # The announcement may be a repeated one, of the last time that it came back.
        wait_until(one.holds, what="the address to be back")
        one.host.wait_adverts(10, mark)

    begun = lab.now()
    measure_rhythm(fault, one, exhaust)
    busy = (cpu_ticks(worker) - ticks) / 100 / ((lab.now() - begun) / 1e9)
    for pid, soft in pids.items():
        limit(pid, resource.RLIMIT_NOFILE, soft)
    fault.measure("processor time", busy * 100, "%", 5, 25)
    assert one.worker == worker
    wait_until(lambda: one.agent.ctl("show", check=False).returncode == 0, what="an answer")


@pytest.mark.fault("F23", "log on a full disk", "adverts in time; no other file is written while "
                   "it runs")
def test_f23_disk_full(lab, fault):
    host, control = lab.host("gw1", OWN), lab.path("own.sock")
    path = write_config(lab, routers=[router(150)], control=control)
    with open("/dev/full", "wb", buffering=0) as full:
        process = host.popen(binary("vipd"), "-c", path, stdout=full, stderr=full)
    lab.at_close(process.kill)
    lab.capture.wait_arp(host=host, gratuitous=True, spa="192.0.2.1")
    mark = lab.now()
    done = host.run(binary("vipctl"), "-s", control, "reload", check=False)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(lab.capture.adverts(host=host, since=mark)) >= 10, what="adverts")
    times = [advert.ns for advert in lab.capture.adverts(host=host)]
    gaps = [(after - before) / 1e6 for before, after in zip(times, times[1:])]
    fault.measure("longest gap", max(gaps), "ms", 110, 300)
    process.terminate()
    assert process.wait(10) == 0 and host.addresses() == [OWN]


LINES = 80                       # of 100 bytes each: more than the pipe takes


class Piped:
    """A vipd whose log goes into a small pipe that the test reads, or does not."""

    def __init__(self, lab):
        self.host, self.control = lab.host("gw1", OWN), lab.path("own.sock")
        self.reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 8192)
        self.host.attach("other", "198.51.100.2/24")
        self.host.sysctl("net.ipv4.ip_forward", 1)     # else that is told, too
        path = write_config(lab, routers=[router(150, interval="20ms"), *(
            router(1, name=f"r{i}", interface="eth1", vrid=i, interval="40s",
                   addresses=[f"198.51.100.{i}/32"]) for i in range(101, 101 + LINES // 2))])
        self.process = self.host.popen(binary("vipd"), "-c", path, stderr=writer)
        os.close(writer)
        os.set_blocking(self.reader, False)
        lab.capture.wait_arp(host=self.host, gratuitous=True, spa="192.0.2.1")

    def read(self):
        """What is in the pipe."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.reader, 1 << 20).decode()
        return ""

    def provoke(self, lab, what):
        """Has it write a line for each router of eth1, by taking that "down" or "up"."""
        self.host.ip(f"link set eth1 {what}")
        states = {"down": "fault", "up": "backup"}
        wait_until(lambda: self.process.poll() is not None or all(
            it["state"] == states[what] for it in self.routers()[1:]), what=states[what])
        assert self.process.poll() is None, "vipd is dead"

    def routers(self):
        """As `vipctl show --json` has them."""
        shown = run_vipctl(self.host, "-s", self.control, "show", "--json").stdout
        return json.loads(shown)["routers"]

    def end(self):
        """Asks it to leave. Return: its exit code."""
        self.process.terminate()
        return self.process.wait(10)


@pytest.mark.fault("F24", "reader of the log stopped", "adverts in time; what was lost is counted")
def test_f24_log_blocked(lab, fault):
    """Lines that find no room are counted, and told when there is room again."""
    agent = Piped(lab)                             # adverts every 20 ms
    assert agent.read().count("router=r") == LINES // 2

    def fill():
        for what in ("down", "up", "down", "up"):
            agent.provoke(lab, what)

    gaps = disturbed_gaps_ms(agent.host, fill, limit=60)
    fault.measure("longest gap", min(gaps), "ms", 25, 60)
    before = agent.read()
    written = before.count("router=r")
    assert 0 < written < LINES and before.endswith("\n"), "no line is cut short"
    agent.provoke(lab, "down")
    after = agent.read()
    lost = int(re.search(r"lines lost=(\d+)\n", after)[1])
    # All routers tell each change together, whatever changes there were in that time.
    assert (lost + written) % (LINES // 2) == 0 and "router=r" in after
    fault.saw("lines lost= in the log")
    fcntl.fcntl(agent.reader, fcntl.F_SETPIPE_SZ, 1 << 20)     # states that were lost follow, too
    assert agent.end() == 0 and agent.host.addresses() == [OWN]
    assert "stopped" in agent.read()
    os.close(agent.reader)


@pytest.mark.fault("F24", "reader of the log gone", "a broken pipe is no reason to drop an address")
def test_f24_log_broken(lab, fault):
    agent = Piped(lab)
    select.select([agent.reader], [], [], 10)
    os.close(agent.reader)
    gaps = disturbed_gaps_ms(agent.host, lambda: agent.provoke(lab, "down"), limit=60)
    fault.measure("longest gap", min(gaps), "ms", 25, 60)
    assert agent.host.addresses() == [OWN, VIP]
    assert agent.end() == 0 and agent.host.addresses() == [OWN]


class WallClock:
    """The wall clock as vipd sees it: tests/net/wallclock.c. Nobody but vipd jumps with it."""

    YEARS_10 = 10 * 365 * 86400
    LIBRARY = os.path.join(os.path.dirname(binary("vipd")), "tests/net/wallclock.so")

    def __init__(self, lab):
        path = lab.path("wallclock")
        self._file = open(path, "w+b", buffering=0)
        lab.at_close(self._file.close)
        self.step(0)
        self.env = {"LD_PRELOAD": self.LIBRARY, "WALLCLOCK": path}

    def step(self, seconds):
        """Puts it so far ahead of the real one, or behind."""
        self._file.seek(0)
        self._file.write(struct.pack("q", seconds * 10**9))


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers want to be loaded first")
@pytest.mark.fault("F25", "clock jumps by 1 s to 10 years, a reload after each", "no change of "
                   "state, adverts in time, takeover in time afterwards")
def test_f25_clock_jumps(lab, fault):
    clock = WallClock(lab)
    one, two = pair(lab, env=clock.env)
    ping, mark = ping_vip(lab), lab.now()
    for seconds in (1, -1, 3600, -3600, WallClock.YEARS_10, -WallClock.YEARS_10, 0):
        clock.step(seconds)
        for gateway in (one, two):
            gateway.reload()
        one.host.wait_adverts(5, lab.now())            # longer than a Backup waits
    assert any(line.startswith("2036") for line in two.agent.log), "its clock did jump"
    fault.measure("longest gap", longest_gap_ms(one.host, mark), "ms", 110, GAP_MS)
    fault.measure("pings lost", ping.lost(since=mark))
    measure_silence(fault, two, mark)
    clock.step(-3600)
    lab.cut(one.host)
    last = [advert for advert in lab.capture.adverts(host=one.host) if not advert.lost][-1]
    took_over = two.wait_active(last.ns)
    fault.measure("behind Active_Down", (took_over.ns - last.ns) / 1e6 - DOWN_MS, "ms", 5, 500)


@pytest.mark.fault("F26", "clocks drift by up to 500 ppm", "no effect: the simulator's properties "
                   "hold, every other seed has clocks that drift")
def test_f26_clocks_drift(fault):
    # Others each time when all faults are measured; where a failure stops a change, the same.
    seeds, seed0 = (5000, random.randrange(10**9)) if "DUT" in os.environ else (1000, 40_000_001)
    done = subprocess.run([os.path.join(os.path.dirname(binary("vipd")), "sim"), "--seeds",
                           str(seeds), "--seed0", str(seed0)], check=False, capture_output=True,
                          text=True)
    assert done.returncode == 0, re.findall("seed [0-9]+ FAILS.*", done.stdout) or done.stdout[-4000:]
    assert f"{seeds} of {seeds} hold" in done.stdout
    fault.saw(f"{seeds} of {seeds} seeds from {seed0} on hold")


def vm_size(gateway):
    """The address space of its router process, in bytes."""
    with open(f"/proc/{gateway.worker}/status", encoding="ascii") as status:
        [size] = [line.split()[1] for line in status if line.startswith("VmSize:")]
    assert gateway.agent.term() == 0
    return int(size) << 10


@pytest.mark.parametrize("spare", [None, pytest.param(200 << 10, marks=pytest.mark.skipif(
    is_sanitized(), reason="the sanitizers reserve more memory than can be locked"))])
@pytest.mark.fault("F32", "real-time priority refused, and locked memory, or all but what it has",
                   "runs all the same, with one warning; also after a crash")
def test_f32_realtime_refused(lab, fault, monkeypatch, spare):
    memlock = 0 if spare is None else vm_size(single(lab, name="gw0")) + spare
    wrapper = lab.path("vipd-poor")
    with open(wrapper, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec prlimit --rtprio=0 --memlock={memlock} setpriv --bounding-set "
                   f'-sys_nice,-ipc_lock,-sys_resource "{binary("vipd")}" "$@"\n')
    os.chmod(wrapper, 0o755)
    monkeypatch.setenv("VIPCTL", binary("vipctl"))
    monkeypatch.setenv("VIPD", wrapper)
    one = single(lab)
    warnings = [line for line in one.agent.log if "realtime=no" in line]
    fault.measure("warnings", len(warnings), "", 1)
    assert warnings, one.agent.log

    def crash():
        assert one.agent.standby_pid
        lines = len(one.agent.log)
        one.kill_worker()
        assert "adopted=1" in one.agent.wait_log("adopted=", skip=lines)

    measure_rhythm(fault, one, crash, attempts=2)
