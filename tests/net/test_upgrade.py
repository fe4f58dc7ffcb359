# SPDX-License-Identifier: MIT
"""The keeper itself is replaced, by a newer or an older program, in the middle of its life.

What is promised: nobody outside notices, nothing of what the keeper knew is lost, and a program
that cannot take over is refused, with a reason, before anything was touched.
"""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import threading

import pytest

from agents import VIP
from generations import OWN, absent, crash, reload, replace, start, start_pair, write
from lab import router, wait_until
from processes import children, cpu_ticks, name_of, open_files, wait_end
from rtnetlink import AddressEvents
from test_checks import checker_of
from test_operation import run_vipd, write_config
from timing import keeps_rhythm

SOON_NS = 250_000_000            # for what takes milliseconds on a quiet machine
REHEARSES = 'case "$VIPD_KEEPER" in *rehearsal)'   # the beginning of a shell's condition


def program_of(pid):
    """The inode of what a process runs."""
    return os.stat(f"/proc/{pid}/exe").st_ino


def keeper_version(agent):
    """The version that the keeper said it is at its last upgrade."""
    said = [line for line in agent.log if "upgrade=done" in line]
    return re.search(r"vipd ([0-9.]+)", said[-1]).group(1)


def install_version(path, version):
    """Puts another version of vipd in the place of one: only the number differs, as long as it."""
    with open(path, "rb") as file:
        program = file.read()
    old = re.search(rb"vipd ([0-9]+\.[0-9]+\.[0-9]+)", program).group(1)
    assert len(old) == len(version)
    with open(path + ".new", "wb") as file:
        file.write(program.replace(old, version.encode()))
    os.chmod(path + ".new", 0o700)
    os.replace(path + ".new", path)


def upgrade(agent, path):
    """Puts the same program there as another file, reloads, and waits until all of it is over."""
    before = agent.standby_pid
    replace(path)
    reload(agent)
    wait_until(lambda: agent.standby_pid != before, what="a standby of the new program")


def rehearsal(path, script):
    """A program that rehearses by a shell's commands, and is otherwise the one that was there."""
    if not os.path.exists(path + ".real"):
        shutil.copy(path, path + ".real")
    replace(path, f'{REHEARSES} {script};; esac\nexec "{path}.real" "$@"')


def restore(path):
    """Puts the program back that was there before rehearsal()."""
    shutil.copy(path + ".real", path + ".new")
    os.replace(path + ".new", path)


def edit(expression):
    """Shell commands by which a rehearsing script changes the image with sed."""
    image = "/proc/self/fd/${VIPD_KEEPER% *}"
    return f'sed "{expression}" <{image} >"$0.image"; cat "$0.image" >{image}'


def start_reload(agent):
    """Another thread reloads. Return: waits for its answer."""
    answers, lines = [], len(agent.log)
    thread = threading.Thread(target=lambda: answers.append(agent.reload()))
    thread.start()
    agent.wait_log("reload=started", skip=lines)

    def end():
        thread.join()
        return answers[0]

    return end


def rehearsing_pid(agent, name="sleep"):
    """The child that rehearses, by the name that it has given itself."""
    return wait_until(lambda: next((pid for pid in children(agent.pid) if name_of(pid) == name), 0),
                      what=f"a child called {name}", every=0.001)


def hang(agent, path):
    """A reload whose rehearsal does not end has begun. Return: the child."""
    rehearsal(path, "exec sleep 60")
    agent.process.send_signal(signal.SIGHUP)
    return rehearsing_pid(agent)


def assert_untouched(agent, pid, program):
    """Keeper, router process and router are what they were."""
    assert agent.router_pid == pid and program_of(agent.pid) == program
    assert agent.router()["counters"]["became_active"] == 1
    assert agent.host.addresses() == [OWN, VIP]


# ---- another program ----

def test_upgrade_of_the_keeper_is_not_noticed(lab, own_binary):
    one, two = start_pair(lab)
    events, keeper, mark = AddressEvents(one.host), one.pid, lab.now()

    def disturb():
        replace(own_binary)
        reload(one)
        assert program_of(one.pid) == os.stat(own_binary).st_ino == program_of(one.router_pid)

    held = open_files(one.pid)
    keeps_rhythm(one.host, disturb)
    assert one.pid == keeper and one.alive
    wait_until(lambda: one.standby_pid and open_files(one.pid) == held, what="no more descriptors")
    assert not events.lost(since=mark) and not lab.capture.adverts(host=two.host)
    assert one.router()["counters"]["became_active"] == 1
    assert "upgrade=rehearsed" in "\n".join(one.log) and one.term() == 0
    assert one.host.addresses() == [OWN]


def test_upgrade_and_downgrade_run_what_is_installed(lab, own_binary):
    """Upwards and downwards are one path; a crash after it goes on with the same program."""
    agent = start(lab)
    first = agent.show()["version"]
    for version in ("9.9.9", "0.0.1", first):
        install_version(own_binary, version)
        keeps_rhythm(agent.host, lambda: reload(agent), attempts=1, limit=300)
        assert agent.show()["version"] == keeper_version(agent) == version
        assert agent.standby_pid
    crash(agent)
    assert agent.show()["version"] == first
    assert agent.router()["counters"]["became_active"] == 1


def test_reload_of_the_same_program_leaves_the_keeper_alone(lab, own_binary):
    agent = start(lab)
    reload(agent)
    replace(own_binary)
    reload(agent)
    reload(agent)
    assert sum("upgrade=" in line for line in agent.log) == 2


def test_program_behind_a_script_becomes_the_keeper_once(lab, own_binary):
    """What is looked at is the file by that name, not what a script in its place executes."""
    agent = start(lab)
    shutil.copy(own_binary, own_binary + ".real")
    replace(own_binary, f'exec "{own_binary}.real" "$@"')
    for _ in range(2):
        reload(agent)
    assert sum("upgrade=done" in line for line in agent.log) == 1
    assert program_of(agent.pid) == os.stat(own_binary + ".real").st_ino


def test_storm_of_hangups_is_one_upgrade(lab, own_binary):
    agent = start(lab)
    replace(own_binary)

    def storm():
        until = lab.now() + 1_000_000_000
        while lab.now() < until:
            agent.process.send_signal(signal.SIGHUP)
            wait_until(lambda since=lab.now(): lab.now() > since + 5_000_000, every=0.001)

    keeps_rhythm(agent.host, storm, attempts=1, limit=300)
    assert sum("upgrade=done" in line for line in agent.log) == 1
    assert agent.router()["counters"]["became_active"] == 1


# ---- what a keeper knows ----

def test_upgrade_does_not_forget_crashes(lab, own_binary):
    """The third within a minute is the last, whichever program has counted the others."""
    agent = start(lab)
    for _ in range(2):
        assert agent.standby_pid
        crash(agent)
        upgrade(agent, own_binary)
    agent.expected_to_live = False
    mark, _ = lab.now(), agent.kill_router()
    assert lab.capture.wait_advert(host=agent.host, since=mark, priority=0).ns - mark < SOON_NS
    assert agent.process.wait(10) == 1 and agent.host.addresses() == [OWN]


def test_upgrade_keeps_the_claim(lab, own_binary):
    """There is no moment at which another one could be started, and none after the end."""
    agent = start(lab)
    path = write_config(lab, routers=[router(name="b", vrid=99)])
    replace(own_binary)
    reload(agent)
    done = run_vipd(agent.host, "-c", path)
    assert done.returncode == 1 and f"pid={agent.pid}" in done.stderr
    assert "another vipd" in done.stderr
    assert agent.term() == 0
    again = lab.vipd(agent.host, [router(150)])
    again.wait_state("lan", "active")


def test_upgrade_passes_no_descriptor_on(lab, own_binary):
    """However often: the keeper has as many as before, and nobody else has one of its."""
    agent = start(lab)
    counts = []
    for _ in range(5):
        upgrade(agent, own_binary)
        counts.append([len(os.listdir(f"/proc/{pid}/fd"))
                       for pid in (agent.pid, agent.router_pid, agent.standby_pid)])
    # One may be counted before the last descriptor is there: hence the higher number of two.
    first, last = ([max(both) for both in zip(*two)] for two in (counts[:2], counts[-2:]))
    assert first == last, counts
    mark = lab.now()
    agent.kill_keeper()
    assert lab.capture.wait_advert(host=agent.host, since=mark, priority=0).ns - mark < SOON_NS
    wait_until(lambda: absent(agent.host), what="the router process to leave")


def test_signals_that_come_meanwhile_are_obeyed(lab, own_binary):
    """At any moment of an upgrade: a stop is a stop."""
    host = lab.host("gw1", OWN)
    for delay_ms in range(0, 21, 2):
        agent = lab.vipd(host, [router(254, interval="10ms")])
        agent.wait_state("lan", "active")
        replace(own_binary)
        agent.process.send_signal(signal.SIGHUP)
        until = lab.now() + delay_ms * 1_000_000
        wait_until(lambda t=until: lab.now() >= t, every=0)
        mark = lab.now()
        assert agent.term() == 0, agent.story("it left in another way")
        assert host.addresses() == [OWN], agent.story(f"left behind after {delay_ms} ms")
        last = lab.capture.adverts(host=host, since=mark)
        assert last and last[-1].priority == 0, agent.story(f"no farewell after {delay_ms} ms")


@pytest.mark.long
def test_crash_at_any_moment_of_an_upgrade_leaves_one_speaker(lab, own_binary):
    for delay_ms in range(0, 15, 5):
        agent = start(lab, router(150, interval="1s"), name=f"gw{delay_ms}", segment=f"s{delay_ms}")
        assert agent.standby_pid
        replace(own_binary)
        agent.process.send_signal(signal.SIGHUP)
        until = lab.now() + delay_ms * 1_000_000
        wait_until(lambda t=until: lab.now() >= t, every=0)
        os.kill(agent.router_pids[0], signal.SIGKILL)
        agent.wait_log("upgrade=done")
        wait_until(lambda it=agent: it.ctl("show", check=False).returncode == 0, what="an answer")
        assert agent.host.addresses() == [OWN, VIP] and agent.router_pid != agent.standby_pid
        assert agent.term() == 0


def test_service_manager_is_told_by_both_keepers(lab, own_binary):
    path = lab.path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(5)
        agent = start(lab, env={"NOTIFY_SOCKET": path})

        def told(word):
            wait_until(lambda: word in manager.recv(4096), what=word, every=0)

        told(b"READY=1")
        replace(own_binary)
        reload(agent)
        for word in (b"RELOADING=1", b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"):
            told(word)
        assert agent.term() == 0
        told(b"STOPPING=1")


def test_journal_in_memory_outlives_the_upgrade(lab, own_binary):
    """Where /run/vipd takes no files the keeper's journal has no name, and goes on all the same."""
    os.rename(own_binary, own_binary + ".real")
    replace(own_binary, f'''[ -n "$VIPD_GENERATION$VIPD_KEEPER" ] && exec "{own_binary}.real" "$@"
exec unshare --mount --propagation private sh -c \\
    'mkdir -p /run/vipd; mount -t tmpfs -o ro none /run/vipd; exec "$@"' sh "{own_binary}.real" "$@"''')
    agent = start(lab)
    [said] = [line for line in agent.log if "making the journal" in line and "ends with vipd" in line]
    assert "Read-only file system" in said

    def is_written(fd):
        """Whether it is its own journal: what it has for the notifier is for reading."""
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/{agent.pid}/fdinfo/{fd}", encoding="ascii") as file:
                flags = int(dict(line.split(":", 1) for line in file)["flags"], 8)
            return flags & os.O_ACCMODE == os.O_RDWR and \
                "vipd-events" in os.readlink(f"/proc/{agent.pid}/fd/{fd}")
        return False

    def journal():
        """What the keeper has mapped: its events, and how many it has had."""
        fds = os.listdir(f"/proc/{agent.pid}/fd")
        [path] = [f"/proc/{agent.pid}/fd/{fd}" for fd in fds if is_written(fd)]
        with open(path, "rb") as file:
            header = file.read(64)
        return os.stat(path).st_ino, int.from_bytes(header[40:48], "little")

    inode, seq = journal()
    for _ in range(2):
        upgrade(agent, own_binary + ".real")
    agent.wait_log("upgrade=done")
    again, later = journal()
    assert again == inode and later > seq
    assert sum("making the journal" in line and "ends with vipd" in line for line in agent.log) == 1


class Tracer:
    """Keeps the end of a process from its parent: a tracer hears of it first."""

    SEIZE, WALL = 0x4206, 0x40000000

    def __init__(self, pid):
        self.pid = pid
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(ctypes.c_long(self.SEIZE), ctypes.c_long(pid), None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def let_go(self):
        """Waits for the end, and from then on the parent can hear of it."""
        assert os.waitpid(self.pid, self.WALL)[0] == self.pid


def test_end_of_a_dismissed_process_is_no_news_to_the_next_keeper(lab, own_binary):
    """A standby that was dismissed by one keeper ends when the other one is there."""
    agent = start(lab)
    old = agent.standby_pid
    tracer = Tracer(old)
    reload(agent)
    wait_until(lambda: agent.standby_pid != old, what="another standby")
    upgrade(agent, own_binary)
    agent.wait_log("upgrade=done")
    assert old in children(agent.pid), "its end is to come"
    tracer.let_go()
    wait_until(lambda: old not in children(agent.pid), what="the keeper to have heard of it")
    upgrade(agent, own_binary)
    assert not [line for line in agent.log if f"_pid={old} " in line]


# ---- programs that cannot be the keeper ----

@pytest.mark.parametrize("script, words", [
    ("exit 7", "exited with 7"),
    ("kill -SEGV $$", "killed by SIGSEGV"),
    ("unset VIPD_KEEPER", "exited with 64"),       # as a version does that knows no rehearsal
    (edit("1a!colour green"), "exited with 1"),
    (edit("s/^current.version .*/current.version 2/"), "another version: restart vipd to upgrade"),
    (edit("/^current.pid /d"), "lacks a router process"),
    (edit("s/^sender_fd .*/sender_fd 0/"), "not what they should be"),
    (edit("s/^current.deadline_ns .*/current.deadline_ns 9223372036854775807/"), "under way"),
], ids=["exits", "crashes", "ignorant", "demands", "version", "pid", "descriptor", "moment"])
def test_program_that_fails_its_rehearsal_is_refused(lab, own_binary, script, words):
    one, two = start_pair(lab)
    pid, program, answers = one.router_pid, program_of(one.pid), []
    held = open_files(one.pid)
    rehearsal(own_binary, script)
    keeps_rhythm(one.host, lambda: answers.append(one.reload()))
    for answer in answers:
        assert answer.returncode == 1
        assert "cannot take over as the keeper" in answer.stderr and words in answer.stderr
    assert words in one.wait_log("upgrade=refused") and one.wait_log("reload=refused")
    assert_untouched(one, pid, program)
    wait_until(lambda: open_files(one.pid) == held, what="no more descriptors")
    assert not lab.capture.adverts(host=two.host)
    restore(own_binary)                            # and then a good one
    reload(one)
    assert program_of(one.pid) == os.stat(own_binary).st_ino


def test_program_that_cannot_be_executed_is_refused(lab, own_binary):
    agent = start(lab)
    pid, program = agent.router_pid, program_of(agent.pid)
    write(own_binary + ".new", "no program\n")
    os.replace(own_binary + ".new", own_binary)
    done = agent.reload()
    assert done.returncode == 1 and own_binary in done.stderr
    assert "Permission denied" in done.stderr
    assert_untouched(agent, pid, program)


def spoil(path, how):
    """Puts a program that cannot be loaded in the place of one."""
    with open(path, "rb") as file:
        program = bytearray(file.read())
    if how == "architecture":
        program[18:20] = b"\xb7\x00" if program[18] != 0xb7 else b"\x3e\x00"    # e_machine
    if how == "library":
        program = program.replace(b"libmnl.so.0", b"libxyz.so.0")
    with open(path + ".new", "wb") as file:
        file.write(program)
    os.chmod(path + ".new", 0o644 if how == "mode" else 0o755)
    os.replace(path + ".new", path)


@pytest.mark.parametrize("how, words", [
    ("mode", "Permission denied"), ("architecture", "Exec format error"),
    ("library", "exited with 127: .*libxyz.so.0"),
])
def test_program_that_cannot_be_loaded_is_refused_by_its_path(lab, own_binary, how, words):
    agent = start(lab)
    pid, program = agent.router_pid, program_of(agent.pid)
    spoil(own_binary, how)
    done = agent.reload()
    words = f"{re.escape(own_binary)} cannot take over as the keeper: {words}"
    assert done.returncode == 1 and re.search(words, done.stderr), done.stderr
    agent.wait_log(f"upgrade=refused.*{words}")
    agent.wait_log(f"reload=refused.*{words}")
    assert_untouched(agent, pid, program)


def test_program_that_lost_a_library_is_refused_by_its_path(lab, own_binary, monkeypatch):
    """The same program, so that nobody rehearses: a package that it needs is broken."""
    library = lab.path("libnl-3.so.200")
    monkeypatch.setenv("LD_LIBRARY_PATH", os.path.dirname(library))
    agent = start(lab)
    monkeypatch.delenv("LD_LIBRARY_PATH")
    pid, program = agent.router_pid, program_of(agent.pid)
    write(library, "no library")
    done = agent.reload()
    assert done.returncode == 1 and f"{own_binary}: exited with 127" in done.stderr, done.stderr
    agent.wait_log(f"reload=refused.*{re.escape(own_binary)}: exited with 127")
    os.unlink(library)
    assert_untouched(agent, pid, program)


def test_program_that_hangs_in_its_rehearsal_is_given_up_with_all_it_started(lab, own_binary):
    agent = start(lab)
    pid, program = agent.router_pid, program_of(agent.pid)
    rehearsal(own_binary, "sleep 61 & wait")
    answer = start_reload(agent)
    ticks = cpu_ticks(agent.pid)
    done = answer()
    assert done.returncode == 1 and "not ready within 5 s" in done.stderr
    assert cpu_ticks(agent.pid) - ticks < 20       # of 500
    assert_untouched(agent, pid, program)
    wait_until(lambda: len(children(agent.pid)) == 2, what="no more children")
    assert not lab_processes(["sleep", "61"])


def lab_processes(argv):
    """The processes of this command line."""
    wanted = "\0".join([*argv, ""])
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                found += [pid] if file.read() == wanted else []
        except OSError:
            continue
    return found


def test_program_that_is_replaced_while_it_rehearses_is_refused(lab, own_binary):
    agent = start(lab)
    pid, program = agent.router_pid, program_of(agent.pid)
    rehearsal(own_binary, f'while [ ! -e "{own_binary}.go" ]; do sleep 0.01; done')
    answer = start_reload(agent)
    rehearsing_pid(agent, "vipd")
    restore(own_binary)
    write(own_binary + ".go", "")
    done = answer()
    assert done.returncode == 1 and "cannot take over as the keeper" in done.stderr
    assert_untouched(agent, pid, program)
    reload(agent)
    assert program_of(agent.pid) == os.stat(own_binary).st_ino


# ---- while a rehearsal hangs ----

def test_rehearsing_program_that_is_killed_is_refused(lab, own_binary):
    agent = start(lab)
    pid, program = agent.router_pid, program_of(agent.pid)
    os.kill(hang(agent, own_binary), signal.SIGKILL)
    assert "killed by SIGKILL" in agent.wait_log("upgrade=refused")
    agent.wait_log("reload=refused")
    assert_untouched(agent, pid, program)


def test_crash_during_a_rehearsal_is_not_noticed(lab, own_binary):
    """And the keeper does not spin, although another process holds its end of a conversation."""
    one, two = start_pair(lab)
    assert one.standby_pid
    hang(one, own_binary)
    mark, ticks = lab.now(), cpu_ticks(one.pid)
    crash(one)
    one.host.wait_adverts(10, lab.now())
    assert not lab.capture.adverts(host=two.host, since=mark)
    assert cpu_ticks(one.pid) - ticks < 50         # of 100 and more
    one.wait_log("reload=refused")
    assert one.router()["counters"]["became_active"] == 1


def test_stop_during_a_rehearsal_does_not_wait_for_it(lab, own_binary):
    agent = start(lab)
    child = hang(agent, own_binary)
    mark = lab.now()
    assert agent.term(3) == 0
    assert lab.capture.adverts(host=agent.host, since=mark)[-1].priority == 0
    wait_end(child)
    assert agent.host.addresses() == [OWN]


def test_keeper_killed_during_a_rehearsal_is_missed_at_once(lab, own_binary):
    """Its ends of the conversations die with it, although the child has them, too."""
    agent = start(lab)
    child = hang(agent, own_binary)
    mark = lab.now()
    agent.kill_keeper()
    assert lab.capture.wait_advert(host=agent.host, since=mark, priority=0).ns - mark < SOON_NS
    wait_end(child)
    wait_until(lambda: absent(agent.host), what="the router process to leave")


def test_hangups_during_a_rehearsal_are_one_more_reload(lab, own_binary):
    agent = start(lab)
    rehearsal(own_binary, f'while [ ! -e "{own_binary}.go" ]; do sleep 0.01; done')
    answer = start_reload(agent)
    agent.configure([router(123)])
    for _ in range(50):
        agent.process.send_signal(signal.SIGHUP)
    write(own_binary + ".go", "")
    assert answer().returncode == 0
    wait_until(lambda: agent.router()["priority"] == 123, what="the other reload")
    wait_until(lambda: sum("reload=done" in line for line in agent.log) == 2, what="both")
    assert sum("upgrade=done" in line for line in agent.log) == 1


def test_a_checker_that_hangs_is_replaced_with_its_keeper(lab, own_binary):
    """It is hung up on, and somebody has stopped it: there are never two of them for long."""
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(150, track=[{"check": "web", "weight": -60}])],
                     checks=[{"name": "web", "tcp": "127.0.0.1:7001", "interval": "5s"}])
    agent.wait_state("lan", "active")
    checker = checker_of(agent)
    os.kill(checker, signal.SIGSTOP)
    upgrade(agent, own_binary)
    wait_end(checker)
    assert checker_of(agent) != checker
    assert agent.router()["counters"]["became_active"] == 1


# ---- the contract ----

# A process that can be asked to leave: what the keeper starts has other signals blocked than it.
UNBLOCKED = ("import signal, time; signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM]);"
             " time.sleep(60)")


def test_what_a_later_keeper_leaves_and_nobody_knows_is_put_away(lab, own_binary):
    """A script in between adds what a later version might: a fact, a descriptor, a process."""
    agent = start(lab)
    shutil.copy(own_binary, own_binary + ".real")
    replace(own_binary, f'''case "$VIPD_KEEPER" in
""|*rehearsal) ;;
*)  /usr/bin/python3 -S -c "{UNBLOCKED}" & child=$!
    echo $child >"{own_binary}.child"
    exec {{place}}</dev/null
    {{ echo "colour green"; echo "facts_fd $place"; echo "checker.pid $child"; }} \\
        >>/proc/self/fd/$VIPD_KEEPER ;;
esac
exec "{own_binary}.real" "$@"''')
    reload(agent)
    with open(own_binary + ".child", encoding="ascii") as file:
        wait_end(int(file.read()))
    links = set()
    for fd in os.listdir(f"/proc/{agent.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):    # a pipe of its own, closed meanwhile
            links |= {os.readlink(f"/proc/{agent.pid}/fd/{fd}")} if int(fd) > 13 else set()
    assert links and "/dev/null" not in links
    assert agent.router()["counters"]["became_active"] == 1 and agent.standby_pid
