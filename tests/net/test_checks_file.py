# SPDX-License-Identifier: MIT
"""Checks of a file: file = "/path", file = { path = ...; good = "exists", "absent" or "value"; }."""

import os

import pytest
from checker import Checker
from witness import wait_until

SOON = 10                        # s, of an interval of an hour: inotify tells it


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24")


@pytest.fixture
def place(lab):
    """A directory that anybody may read, as the checker is nobody in particular."""
    path = lab.path("files")
    os.makedirs(path)
    os.chmod(path, 0o755)
    above = os.path.dirname(path)
    while above != "/":
        os.chmod(above, os.stat(above).st_mode | 0o011)
        above = os.path.dirname(above)
    return path


def check(path, good="value", name="f", interval="1h", more=""):
    return (f'{{ name = "{name}"; file = {{ path = "{path}"; good = "{good}"; }}; interval = "{interval}"; '
            f'timeout = "1s"; {more} }}')


def write(path, text):
    """As a shell does it: truncated, written, closed."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def replace(path, text):
    write(path + ".new", text)
    os.rename(path + ".new", path)


def first(host, checks):
    """A checker all of whose checks have answered. They are asked once, and then in an hour."""
    checker = Checker(host, ", ".join(checks))
    wait_until(lambda: checker.facts() and all(fact.answers for fact in checker.facts().values()),
               what=lambda _: f"answers: {checker.facts()}")
    return checker


@pytest.mark.parametrize("good, there, gone", [("exists", "up", "down"), ("absent", "down", "up")])
def test_a_file_comes_and_goes_at_once(host, place, good, there, gone):
    path = f"{place}/flag"
    checker = first(host, [check(path, good)])
    try:
        assert checker.fact("f").value == gone
        for _ in range(3):
            write(path, "")
            checker.wait("f", value=there, timeout=SOON)
            os.unlink(path)
            checker.wait("f", value=gone, timeout=SOON)
        wrong = checker.fact("f").error if good == "exists" else None
        assert wrong in (None, "No such file or directory")
        os.mkdir(path)                             # whatever it is
        assert checker.wait("f", value=there, timeout=SOON).error == ("" if good == "exists" else "is there")
    finally:
        assert checker.close() == 0


def test_a_value_counts_as_soon_as_it_is_written(host, place):
    path = f"{place}/value"
    write(path, "0\n")
    checker = first(host, [check(path)])
    try:
        checker.wait("f", value="up", number=0, error="")
        for text, number in (("5\n", 5), ("-7", -7), ("0x1F\n", 31), ("010\n", 8), ("  +12 of 20\n", 12),
                             ("2147483647", 2147483647), ("-2147483648", -2147483648)):
            write(path, text)
            fact = checker.wait("f", value="down", number=number, timeout=SOON)
            assert fact.error == f"value {number}"
        replace(path, "0")
        checker.wait("f", value="up", number=0, error="", timeout=SOON)
        os.link(path, path + ".zero")
        write(path + ".five", "5")
        os.unlink(path)
        checker.wait("f", value="down", error="No such file or directory", number=0, timeout=SOON)
        os.link(path + ".five", path)
        checker.wait("f", value="down", error="value 5", timeout=SOON)
        os.rename(path + ".zero", path)
        checker.wait("f", value="up", timeout=SOON)
    finally:
        assert checker.close() == 0


@pytest.mark.parametrize("text, fault", [
    ("", "is empty"), ("up\n", "begins with no number"), ("08", "begins with no number"),
    ("1.5", "begins with no number"), ("0x", "begins with no number"), ("- 1", "begins with no number"),
    (" " * 200 + "1", "begins with no number"),
    ("2147483648", "has a number of more than 32 bits"), ("-2147483649", "has a number of more than 32 bits"),
    ("9" * 100, "has a number of more than 32 bits")])
def test_garbage_is_no_zero(host, place, text, fault):
    path = f"{place}/value"
    write(path, "7")
    checker = first(host, [check(path, interval="50ms")])
    try:
        checker.wait("f", value="down", number=7)
        write(path, text)
        checker.wait("f", value="down", number=0, error=fault)
    finally:
        assert checker.close() == 0


def test_a_missing_file_has_no_value(host, place):
    checker = first(host, [check(f"{place}/value")])
    try:
        fact = checker.fact("f")
        assert (fact.value, fact.number, fact.error) == ("down", 0, "No such file or directory")
        write(f"{place}/value", "0")
        checker.wait("f", value="up", timeout=SOON)
    finally:
        assert checker.close() == 0


def test_created_and_not_yet_written_is_no_news(host, place):
    path = f"{place}/value"
    checker = first(host, [check(path), check(f"{place}/other", "exists", "other")])
    try:
        before = checker.fact("f").answers
        with open(path, "w", encoding="utf-8") as file:
            write(f"{place}/other", "")            # in the same directory: events come in order
            checker.wait("other", value="up", timeout=SOON)
            assert checker.fact("f").answers == before
            file.write("0")
        checker.wait("f", value="up", timeout=SOON)
        assert checker.fact("f").answers == before + 1
        write(path, "")
        checker.wait("f", value="down", error="is empty", timeout=SOON)
    finally:
        assert checker.close() == 0


def test_directories_come_and_go(host, place):
    deep = f"{place}/a/b/c"
    checker = first(host, [check(f"{deep}/value"), check(f"{deep}/flag", "exists", "flag")])
    try:
        for _ in range(3):
            os.makedirs(deep)
            write(f"{deep}/value", "0")
            checker.wait("f", value="up", timeout=SOON)
            assert checker.fact("flag").value == "down"
            os.rename(deep, f"{place}/a/b/moved")
            checker.wait("f", value="down", number=0, timeout=SOON)
            os.rename(f"{place}/a/b/moved", deep)
            checker.wait("f", value="up", timeout=SOON)
            write(f"{deep}/flag", "")
            checker.wait("flag", value="up", timeout=SOON)
            os.unlink(f"{deep}/flag")
            os.unlink(f"{deep}/value")
            os.removedirs(deep)                    # place, too
            checker.wait("f", value="down", timeout=SOON)
            os.makedirs(place)
    finally:
        assert checker.close() == 0


def test_what_could_wait_is_not_read(host, place):
    os.mkfifo(f"{place}/pipe")
    os.mkdir(f"{place}/directory")
    write(f"{place}/private", "0")
    os.chmod(f"{place}/private", 0)
    os.symlink(f"{place}/target", f"{place}/link")
    paths = {"pipe": f"{place}/pipe", "dir": f"{place}/directory", "device": "/dev/zero",
             "private": f"{place}/private", "link": f"{place}/link", "under": f"{place}/private/x"}
    checker = first(host, [check(path, name=name, interval="100ms") for name, path in paths.items()])
    try:
        errors = {name: fact.error for name, fact in checker.facts().items()}
        assert errors == {"pipe": "is no regular file", "dir": "is no regular file",
                          "device": "is no regular file", "private": "Permission denied",
                          "link": "No such file or directory", "under": "Not a directory"}
        assert all(fact.value == "down" and fact.took < 50e6 for fact in checker.facts().values())
        write(f"{place}/target", "0")              # where nothing is watched the interval finds it
        checker.wait("link", value="up")
        os.unlink(f"{place}/pipe")
        replace(f"{place}/pipe", "0")
        checker.wait("pipe", value="up")
    finally:
        assert checker.close() == 0


def test_a_busy_directory_and_lost_events(host, place):
    """More events than the kernel keeps: all are looked at again."""
    write(f"{place}/value", "0")
    checker = first(host, [check(f"{place}/value")])
    try:
        os.kill(checker.pid, 19)                   # SIGSTOP
        with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
            limit = int(file.read())
        for _ in range(limit // 2 + 100):          # open and closed: two of them
            os.close(os.open(f"{place}/noise", os.O_CREAT | os.O_WRONLY))
            os.unlink(f"{place}/noise")
        write(f"{place}/value", "3")
        os.kill(checker.pid, 18)
        checker.wait("f", value="down", number=3, timeout=SOON)
    finally:
        assert checker.close() == 0


def test_many_files_share_one_watch(host, place):
    checker = first(host, [check(f"{place}/f{i}", "exists", f"f{i}") for i in range(500)])
    try:
        for i in range(500):
            write(f"{place}/f{i}", "")
        wait_until(lambda: all(fact.value == "up" for fact in checker.facts().values()), what="all are up")
        with open(f"/proc/{checker.pid}/fdinfo/{inotify_fd(checker.pid)}", encoding="ascii") as file:
            assert file.read().count("inotify wd:") == 1
    finally:
        assert checker.close() == 0


def inotify_fd(pid):
    """The one descriptor of inotify that a process has."""
    fds = [fd for fd in os.listdir(f"/proc/{pid}/fd") if "inotify" in os.readlink(f"/proc/{pid}/fd/{fd}")]
    assert len(fds) == 1
    return fds[0]


def test_as_many_as_there_may_be_have_room_when_all_are_renamed(host):
    """The board has not twice as many places: what nobody has any more makes room first."""
    def checks(name):
        return ", ".join(f'{{ name = "{name}-{i}"; file = "/etc/passwd"; }}' for i in range(5000))

    def all_are_up(checker, name):
        facts = checker.facts()
        return len(facts) == 5000 and all(
            fact.value == "up" and fact.name.startswith(name) for fact in facts.values())

    first = Checker(host, checks("old"))
    try:
        wait_until(lambda: all_are_up(first, "old"), 20, what="5000 facts")
    finally:
        assert first.close() == 0
    second = Checker(host, checks("new"), board=first.board)
    try:
        wait_until(lambda: all_are_up(second, "new"), 20, what="5000 others")
    finally:
        assert second.close() == 0
