# SPDX-License-Identifier: MIT
"""Files of checks on a file system whose server is gone: whoever goes there waits in the kernel."""

import json
import os
import re
import struct
import time

import hungfs
import pytest
from agents import binary, router, write_config
from checker import Checker
from processes import children, name_of
from seldom import seldom
from test_checks_file import place  # noqa: F401 - a fixture
from witness import wait_until

KINDS = {
    "file": 'file = "{dir}/flag";',
    "ca": 'http = {{ url = "https://127.0.0.1:1/"; ca = "{dir}/ca.pem"; }};',
    "key": 'http = {{ url = "https://127.0.0.1:1/"; cert = "/etc/hostname"; key = "{dir}/key.pem"; }};',
    "process": 'process = "{dir}/program";',
}


@pytest.fixture
def host(lab):
    made = lab.host("gw1", "192.0.2.2/24")
    made.ip("link set lo up")
    return made


class Disk:
    """A directory that hangs or not, for those who were begun with words()."""

    def __init__(self, directory):
        self.directory, self.switch = f"{directory}/disk", f"{directory}/hangs"
        os.mkdir(self.directory)

    def words(self, stubborn=False):
        return hungfs.words(self.directory, self.switch, stubborn)

    def hang(self):
        with open(self.switch, "w", encoding="ascii"):
            pass

    def recover(self):
        os.unlink(self.switch)


@pytest.fixture
def disk(place):  # noqa: F811
    return Disk(place)


def check(disk, kind="file", name="disk", interval="100ms"):
    return f'{{ name = "{name}"; {KINDS[kind].format(dir=disk.directory)} interval = "{interval}"; }}'


def other(interval="100ms"):
    return f'{{ name = "other"; file = "/etc/hostname"; interval = "{interval}"; }}'


def touching(pid):
    return [child for child in children(pid) if name_of(child) == "vipd-touch"]


def wait_blocked(checker):
    """Until it has been at a check for longer than half a second (agent/board.c)."""
    def is_blocked():
        at_work, _, _, turn = struct.unpack("=IIIq", os.pread(checker.board, 20, 12))
        return at_work and time.monotonic_ns() - turn > 550_000_000
    wait_until(is_blocked, what="it waits in the kernel")


@pytest.mark.parametrize("kind", KINDS)
def test_what_blocked_the_checker_is_left_aside_by_the_next_one_until_it_recovers(host, disk, kind):
    checks = f"{check(disk, kind)}, {other()}"
    first = Checker(host, checks, prefix=disk.words())
    first.wait("other", value="up")
    wait_until(lambda: first.fact("disk").answers >= 2, what="answers")
    value = first.fact("disk").value
    assert value != "unknown"
    disk.hang()
    wait_blocked(first)
    first.close(kill=True)
    second = Checker(host, checks, prefix=disk.words(), board=first.board)
    try:
        aside = second.wait("disk", error="a file of it hangs in the kernel since")
        answers, alive = aside.answers, second.fact("other").answers
        wait_until(lambda: second.fact("other").answers >= alive + 10, what="the other check is asked")
        aside = second.fact("disk")
        assert (aside.value, aside.answers) == (value, answers), "it is not asked, and not down"
        assert len(touching(second.pid)) == 1 and second.fact("other").bad == 0
        assert any(b"asking check disk" in message for message in second.events())
        disk.recover()
        wait_until(lambda: second.fact("disk").answers >= answers + 5, what="answers again")
        disk.hang()
        second.wait("disk", error="a file of it hangs in the kernel since")
        alive = second.fact("other").answers
        wait_until(lambda: second.fact("other").answers >= alive + 5, what="it does not block again")
    finally:
        if os.path.exists(disk.switch):
            disk.recover()
        assert second.close() == 0


def test_all_others_on_it_are_found_without_blocking_once_more(host, disk):
    checks = ", ".join([check(disk, name=f"d{i}") for i in range(20)] + [other()])
    first = Checker(host, checks, prefix=disk.words())
    wait_until(lambda: len(first.facts()) == 21 and all(fact.answers for fact in first.facts().values()), what="answers")
    disk.hang()
    wait_blocked(first)
    first.close(kill=True)
    second = Checker(host, checks, prefix=disk.words(), board=first.board)
    try:
        for i in range(20):
            second.wait(f"d{i}", value="up", error="a file of it hangs in the kernel since")
        alive = second.fact("other").answers
        wait_until(lambda: second.fact("other").answers >= alive + 5, what="the other check is asked")
        disk.recover()
        for i in range(20):
            second.wait(f"d{i}", value="up", error="")
    finally:
        if os.path.exists(disk.switch):
            disk.recover()
        assert second.close() == 0


def checker_of(agent):
    return wait_until(lambda: next((pid for pid in reversed(children(agent.pid)) if name_of(pid) == "vipd-checker"), None),
                      what=lambda _: agent.story("a checker"))


@pytest.mark.parametrize("stubborn", [seldom(False), True])
def test_a_keeper_replaces_its_checker_once_and_the_routers_know_what_is_unknown(lab, disk, host, stubborn):
    """The others are blind for three intervals, and not again; also if not even SIGKILL ends the first one."""
    checks = [{"name": "disk", "file": f"{disk.directory}/flag", "interval": "100ms"},
              {"name": "other", "file": "/etc/hostname", "interval": "100ms"}]
    tracks = [{"check": "disk", "weight": -10}, {"check": "other", "weight": -20}]
    agent = lab.vipd(host, [router(150, track=tracks)], checks=checks, before=disk.words(stubborn))
    agent.wait_state("lan", "active")
    blocked = checker_of(agent)
    disk.hang()
    try:
        wait_until(lambda: checker_of(agent) != blocked, what="another checker")
        second = checker_of(agent)
        agent.wait_log(r'doing="asking check disk" note="it blocked all in the kernel')

        def shown():
            return {it["name"]: it for it in json.loads(agent.ctl("show", "--checks", "--json").stdout)}

        def hangs_since(seconds):
            disk = shown()["disk"]
            since = re.search(r"hangs in the kernel since (\d+) s", disk.get("error", ""))
            return disk["overdue"] and since and int(since[1]) >= seconds
        seconds = 1 if stubborn else 12                # once is enough: the router process asks for another one every 10 s
        wait_until(lambda: hangs_since(seconds), 30, what=f"{seconds} s")
        assert checker_of(agent) == second
        facts = shown()
        assert facts["disk"]["overdue"] and facts["disk"]["value"] == "up" and not facts["other"]["overdue"]
        assert facts["disk"]["excused"] and not facts["other"]["excused"]
        done = agent.ctl("check", check=False)
        assert done.returncode == 1 and "the check disk, which it tracks, does not answer any more" in done.stdout
        assert agent.router()["effective_priority"] == 150
    finally:
        disk.recover()
    wait_until(lambda: not shown()["disk"]["overdue"], what="it answers")
    assert checker_of(agent) == second and not shown()["disk"]["excused"]
    skip = len(agent.log)
    disk.hang()                                        # it does not block again: it is not asked, and says so
    try:
        line = agent.wait_log("error: check=disk is=up .*no other checker could ask it", skip=skip)
        assert "hangs in the kernel" in line and "checker is started" not in "".join(agent.log[skip:])
        assert "not asked" in agent.ctl("show", "--checks").stdout
    finally:
        disk.recover()
    wait_until(lambda: not shown()["disk"]["overdue"], what="it answers again")
    assert checker_of(agent) == second
    wait_until(lambda: blocked not in children(agent.pid), what="the end of the first checker")
    assert not [line for line in agent.log if f"pid={blocked}" in line], agent.log


@pytest.mark.parametrize("word", ["ca", "cert", "key"])
def test_a_pipe_in_the_place_of_a_certificate_is_no_regular_file(host, place, word):  # noqa: F811
    pipe = f"{place}/pipe"
    os.mkfifo(pipe)
    files = {"cert": "/etc/hostname", "key": "/etc/hostname"} if word != "ca" else {}
    words = " ".join(f'{key} = "{path}";' for key, path in {**files, word: pipe}.items())
    checker = Checker(host, f'{{ name = "web"; http = {{ url = "https://127.0.0.1:1/"; {words} }}; interval = "100ms"; }}, '
                      + other())
    assert checker.wait("web", value="down").error == f"{word}: {pipe}: is no regular file"
    wait_until(lambda: checker.fact("web").answers >= 5 and checker.fact("other").answers >= 5, what="answers")
    assert checker.close() == 0


def on_disk(disk):
    """Checks that need files of it, one kind of need each, and one that needs none."""
    made = [{"name": "web", "http": {"url": "https://127.0.0.1:1/", "ca": f"{disk.directory}/ca.pem"}},
            {"name": "db", "command": [f"{disk.directory}/program"]},
            {"name": "other", "file": "/etc/hostname"}]
    return [{**it, "interval": "100ms"} for it in made]


NO_ANSWER = "its file system does not answer, so it is not looked at before it is needed"


def test_a_reload_waits_for_no_file_of_a_check_and_adverts_go_on(lab, disk, host):
    agent = lab.vipd(host, [router(150, interval="100ms")], before=disk.words())
    agent.wait_state("lan", "active")
    disk.hang()
    try:
        agent.configure([router(150, interval="100ms", track=[{"check": "other", "weight": -20}])], checks=on_disk(disk))
        mark = lab.now()
        done = agent.reload()
        assert (done.returncode, done.stdout) == (0, "reloaded\n"), done.stderr
        for name in ("ca.pem", "program"):
            agent.wait_log(f"{disk.directory}/{name}: {NO_ANSWER}")
        host.wait_adverts(10, since=lab.now())
        sent = [advert.ns for advert in lab.capture.adverts(since=mark, host=host)]
        assert max(b - a for a, b in zip(sent, sent[1:])) < 300e6, "whoever reads the file sends no adverts"
        assert agent.router()["state"] == "active" and not lab.capture.adverts(since=mark, host=host, priority=0)
        wait_until(lambda: not touching(agent.router_pid), what="nobody is left there")
    finally:
        disk.recover()


def test_a_start_waits_for_no_file_of_a_check(lab, disk, host):
    disk.hang()
    try:
        agent = lab.vipd(host, [router(150, interval="100ms")], checks=on_disk(disk), before=disk.words())
        agent.wait_state("lan", "active")
        agent.wait_log(f"{disk.directory}/ca.pem: {NO_ANSWER}")
    finally:
        disk.recover()


def test_who_looks_at_a_configuration_says_that_a_file_does_not_answer(lab, disk, host):
    disk.hang()
    try:
        config = write_config(lab, checks=on_disk(disk), routers=[router(150)])
        begin = time.monotonic()
        done = host.run(*disk.words(), binary("vipd"), "-t", "-c", config, check=False)
        assert done.returncode == 0 and done.stderr.count(NO_ANSWER) == 2, done.stderr
        assert time.monotonic() - begin < 10
    finally:
        disk.recover()
