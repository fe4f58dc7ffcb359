# SPDX-License-Identifier: MIT
"""Checks that count processes: process = "name", process = { command = "/path"; user, min, max }."""

import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys

import pytest
from checker import Checker
from witness import wait_until

SOON = 10                        # s, of an interval of an hour: the connector tells it
AS_NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}  # as the checker
NETLINK_CONNECTOR, CN_IDX_PROC, LISTEN = 11, 1, 1


def proc_connector():
    """As the keeper opens it: in the initial namespaces, bound, and told to listen. None: not here."""
    try:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, NETLINK_CONNECTOR)
        sock.bind((0, CN_IDX_PROC))
        body = struct.pack("=IIIIHHI", CN_IDX_PROC, 1, 0, 0, 4, 0, LISTEN)
        sock.send(struct.pack("=IHHII", 16 + len(body), 3, 0, 0, 0) + body)
        subprocess.run(["true"], check=True)
        heard = select.select([sock], [], [], 1)[0]
    except OSError:
        return None
    return sock if heard else None


@pytest.fixture(params=["events", "scans"])
def connector(request):
    """A descriptor of the connector, or None: it is scanned."""
    if request.param == "scans":
        yield None
        return
    sock = proc_connector()
    if not sock:
        pytest.skip("the proc connector tells nothing here: not the initial namespaces?")
    yield sock.fileno()
    sock.close()


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24")


@pytest.fixture
def program(lab):
    """A program with a name that nobody else has, in a directory that anybody may look into."""
    above = os.path.dirname(lab.path("x"))
    while above != "/":
        os.chmod(above, os.stat(above).st_mode | 0o011)
        above = os.path.dirname(above)
    path = lab.path(f"vp{os.getpid()}")
    shutil.copy("/bin/sleep", path)
    started = []

    def start(argv0=None, executable=path, **options):
        argv = [argv0 or executable, "600"]
        started.append(subprocess.Popen(argv, executable=executable, stdin=subprocess.DEVNULL, **options))
        return started[-1]

    start.path, start.name = path, os.path.basename(path)
    yield start
    for process in started:
        process.kill()
        process.wait()


def check(command, connector, name="p", more=""):
    interval = "100ms" if connector is None else "1h"
    return (f'{{ name = "{name}"; process = {{ command = "{command}"; {more} }}; interval = "{interval}"; '
            f'timeout = "10s"; }}')


def first(host, checks, connector, **options):
    """A checker all of whose checks have answered."""
    checker = Checker(host, ", ".join(checks), processes=connector, **options)
    wait_until(lambda: checker.facts() and all(fact.answers for fact in checker.facts().values()),
               what=lambda _: f"answers: {checker.facts()}")
    return checker


def end(process):
    process.kill()
    process.wait()


@pytest.mark.parametrize("by", ["name", "path"])
def test_processes_are_counted(host, program, connector, by):
    command = getattr(program, by)
    checks = [check(command, connector), check(command, connector, "two", "min = 2;"),
              check(command, connector, "few", "min = 0; max = 1;")]
    checker = first(host, checks, connector)

    def expect(name, value, error=""):
        checker.wait(name, SOON, value=value, error=error)

    try:
        expect("p", "down", "0 run, 1 needed")
        one = program()
        expect("p", "up")
        two = program()
        expect("two", "up")
        expect("few", "down", "2 run, 1 allowed")
        end(one)
        expect("few", "up")
        expect("two", "down", "1 run, 2 needed")
        end(two)
        expect("p", "down", "0 run, 1 needed")
    finally:
        assert checker.close() == 0


class Here:
    """A host that is this one, in the initial namespaces, where the checker does nothing but read /proc."""

    popen = staticmethod(lambda *argv, **options: subprocess.Popen(argv, **options))


def test_in_the_initial_namespaces_the_checker_opens_the_connector_itself(program):
    """As root, before it gives that up."""
    if not (sock := proc_connector()):
        pytest.skip("the proc connector tells nothing here: not the initial namespaces?")
    sock.close()
    checker = first(Here(), [check(program.name, True)], None)
    try:
        checker.wait("p", value="down", error="0 run, 1 needed")
        process = program()
        checker.wait("p", SOON, value="up")
        end(process)
        checker.wait("p", SOON, value="down")
        assert not [message for message in checker.events() if b"hearing of processes" in message]
    finally:
        assert checker.close() == 0


def test_one_that_is_stopped_counts_and_a_zombie_does_not(host, program, connector):
    process = program()
    checker = first(host, [check(program.name, connector)], connector)
    try:
        process.send_signal(signal.SIGSTOP)
        answers = checker.wait("p", value="up").answers
        if connector is None:
            wait_until(lambda: checker.fact("p").answers > answers + 15, what="a scan")
        assert checker.fact("p").value == "up"
        process.send_signal(signal.SIGCONT)
        process.kill()
        checker.wait("p", SOON, value="down")
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
            assert stat.read().split()[2] == "Z"
    finally:
        assert checker.close() == 0


def test_what_others_run_is_believed_by_the_first_argument(host, program, connector):
    """The checker is nobody, and may not see what processes of root run."""
    checker = first(host, [check(program.path, connector)], connector)
    try:
        one = program("other-name")
        if connector is None:
            checker.wait("p", SOON, error="0 run, 1 needed; what others of that name run cannot be seen")
        assert checker.fact("p").value == "down"
        two = program("other-name", **AS_NOBODY)
        checker.wait("p", SOON, value="up")
        end(two)
        checker.wait("p", SOON, value="down", error="what others of that name run cannot be seen")
        program()
        checker.wait("p", SOON, value="up")
        end(one)
    finally:
        assert checker.close() == 0


def test_a_link_and_a_file_that_was_replaced(host, program, connector):
    link = program.path + ".link"
    os.symlink(program.path, link)
    checker = first(host, [check(link, connector)], connector)
    try:
        process = program("x", **AS_NOBODY)
        checker.wait("p", SOON, value="up")
        shutil.copy("/bin/sleep", program.path + ".new")
        os.rename(program.path + ".new", program.path)
        assert os.readlink(f"/proc/{process.pid}/exe").endswith("(deleted)")
        again = first(host, [check(link, connector)], connector)
        assert again.fact("p").value == "up"
        again.close()
    finally:
        assert checker.close() == 0


def test_the_user_counts(host, program, connector):
    checks = [check(program.name, connector, user, f'user = "{user}";') for user in ("root", "nobody", "no-one")]
    checker = first(host, checks, connector)
    try:
        process = program(**AS_NOBODY)
        checker.wait("nobody", SOON, value="up")
        assert checker.fact("root").value == "down"
        program()
        checker.wait("root", SOON, value="up")
        assert checker.fact("no-one").error == "0 run, 1 needed; there is no such user"
        end(process)
        checker.wait("nobody", SOON, value="down", error="0 run, 1 needed")
    finally:
        assert checker.close() == 0


NAMES_ITSELF = """
import os, sys, threading, time
def name(text): open("/proc/self/task/%d/comm" % threading.get_native_id(), "w").write(text)
for _ in range(3): threading.Thread(target=lambda: (name(sys.argv[1]), time.sleep(600)), daemon=True).start()
for line in sys.stdin: name(line.strip()); print("done", flush=True)
"""


def test_threads_are_none_and_a_new_name_counts(host, program, connector):
    checker = first(host, [check(program.name, connector, more="max = 1;")], connector)
    process = subprocess.Popen([sys.executable, "-c", NAMES_ITSELF, program.name], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)

    def name(text):
        process.stdin.write(text + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    try:
        name("something")
        assert checker.fact("p").error == "0 run, 1 needed"
        name(program.name)
        checker.wait("p", SOON, value="up")
        name("a) R (b")
        checker.wait("p", SOON, value="down", error="0 run")
        name(program.name)
        checker.wait("p", SOON, value="up")
    finally:
        process.kill()
        process.communicate()
        assert checker.close() == 0


@pytest.mark.parametrize("connector", ["events"], indirect=True)
def test_lost_events_lead_to_a_scan(host, program, connector):
    gone = program()
    checker = first(host, [check(program.name, connector, more="max = 1;")], connector)
    try:
        checker.wait("p", value="up")
        os.kill(checker.pid, signal.SIGSTOP)
        subprocess.run(["sh", "-c", "for i in $(seq 1500); do (:); done"], check=True)
        end(gone)
        program()
        program()
        os.kill(checker.pid, signal.SIGCONT)
        checker.wait("p", SOON, value="down", error="2 run, 1 allowed")
    finally:
        assert checker.close() == 0


def test_where_others_are_not_shown_it_says_so(host, program):
    program()
    mount = ("unshare", "-m", "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh")
    checker = first(host, [check(program.name, None)], None, prefix=mount)
    try:
        checker.wait("p", value="down", error="0 run, 1 needed; /proc does not show those of others")
        program(**AS_NOBODY)
        checker.wait("p", SOON, value="up")
    finally:
        assert checker.close() == 0


def test_forks_of_a_name_are_followed(host, program, connector):
    """What forks without an exec has the name of its parent."""
    shell = program.path + ".sh"
    with open(shell, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexec 3<&0\nread -r line\n(read -r line <&3) &\nwait\nread -r line\n")
    os.chmod(shell, 0o755)
    name = os.path.basename(shell)[:15]
    checker = first(host, [check(name, connector, more="max = 1;")], connector)
    process = subprocess.Popen([shell], stdin=subprocess.PIPE)
    try:
        checker.wait("p", SOON, value="up")
        process.stdin.write(b"\n")
        process.stdin.flush()
        checker.wait("p", SOON, value="down", error="2 run, 1 allowed")
        process.stdin.write(b"\n")
        process.stdin.flush()
        checker.wait("p", SOON, value="up")
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.wait(5)
        checker.wait("p", SOON, value="down", error="0 run, 1 needed")
    finally:
        process.kill()
        process.communicate()
        assert checker.close() == 0
