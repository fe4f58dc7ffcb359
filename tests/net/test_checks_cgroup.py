# SPDX-License-Identifier: MIT
"""Commands of checks where a control group is delegated to vipd: each has a leaf of its own, and
what is in there ends when the kernel is told so, whoever it is a child of."""

import errno
import os
import signal

import pytest
import reaper
from agents import binary, router
from checker import Checker
from processes import children, name_of
from test_checks_file import place  # noqa: F401 - a fixture
from test_checks_hung import Disk
from test_checks_command import BOMB, NOBODY, check, checkers, folder, is_there, processes_of, stat_of, wait_gone  # noqa: F401 - a fixture
from witness import wait_until

#: What the unit leaves to root, so that no right but these helps the keeper over a directory of another user's.
BOUNDED = "-all,+net_admin,+net_raw,+sys_nice,+ipc_lock,+setuid,+setgid,+kill,+chown"


class Group:
    """A control group to start a vipd in, as a service manager has them."""

    def __init__(self, lab, name="service", delegated=True):
        self.path = lab.cgroup(name)
        if not os.path.exists(f"{self.path}/cgroup.kill"):
            pytest.skip("this kernel has no cgroup.kill: it is older than 5.14")
        if delegated:
            try:
                os.setxattr(self.path, "user.delegate", b"1")
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.EPERM):
                    raise
                os.setxattr(self.path, "trusted.delegate", b"1")

    def before(self, *words):
        """What becomes a program in there, by other words."""
        return ["sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"', self.path, *words]

    @property
    def bases(self):
        """Groups of all checks."""
        return groups_below(self.path)

    @property
    def leaves(self):
        """Groups of runs, by the number of the warden."""
        return {int(name): f"{self.path}/{base}/{name}" for base in self.bases
                for name in groups_below(f"{self.path}/{base}")}


def groups_below(path):
    try:
        return sorted(it.name for it in os.scandir(path) if it.is_dir())
    except FileNotFoundError:
        return []


def pids_in(path):
    with open(f"{path}/cgroup.procs", encoding="ascii") as file:
        return sorted(map(int, file.read().split()))


def checker_of(agent):
    """The checker of a vipd; waits until it is there."""
    return wait_until(lambda: next((pid for pid in children(agent.pid) if name_of(pid) == "vipd-checker"), None),
                      what="a checker")


@pytest.fixture(autouse=True)
def _has_groups():
    if not (mount := reaper.cgroups()):
        pytest.skip("control groups of version 2 are not mounted anywhere")
    if not os.access(mount, os.W_OK):
        pytest.skip(f"control groups cannot be made: {mount} is read-only")


@pytest.fixture
def host(lab):
    return lab.host("gw1", "192.0.2.2/24")


@pytest.fixture
def started(host):
    """Starts checkers in a group."""
    with checkers(host) as start:
        yield lambda group, checks, *words: start(checks, prefix=group.before(*words))


# ---- one run, one leaf ----

def test_each_run_has_a_leaf_that_is_gone_with_it(lab, started, folder):  # noqa: F811
    """Its warden is outside, its own children are inside, and no descriptor goes with it."""
    group = Group(lab)
    path = folder.script(f"""ls -l /proc/$$/fd >{folder.notes}/fds; echo $PPID >{folder.notes}/warden; sleep 1000 &
                         while [ ! -e {folder.notes}/go ]; do sleep 0.02; done; exit 3""")
    checker = started(group, check(path, interval="30s", more='timeout = "20s";') + ", "
                      + check("/bin/true", name="quick", interval="50ms", more='timeout = "2s";'))
    warden = wait_until(lambda: folder.pids("warden"), what="a run")[0]
    leaf = wait_until(lambda: group.leaves.get(warden), what="its leaf")
    wait_until(lambda: len(pids_in(leaf)) >= 2, what="the program, and its child")
    inside = pids_in(leaf)
    assert warden not in inside and checker.pid not in inside
    assert {warden, checker.pid} <= set(pids_in(os.path.dirname(leaf)))
    assert "cgroup" not in folder.note("fds")
    assert os.stat(leaf).st_uid == NOBODY
    with open(f"{folder.notes}/go", "w", encoding="ascii"):
        pass
    assert checker.wait("db", value="down").error == "exit status 3"
    wait_until(lambda: warden not in group.leaves, what="its leaf is gone")
    wait_gone(inside)
    wait_until(lambda: checker.fact("quick").answers >= 20, what="many runs")
    assert checker.fact("quick").bad == 0
    assert checker.events() == []
    assert checker.close() == 0
    wait_until(lambda: not group.leaves, what="no leaf is left")


def test_a_command_of_another_user_has_a_leaf_too(lab, started, folder):  # noqa: F811
    """That user cannot leave it."""
    group = Group(lab)
    path = folder.script(f"""cat /proc/self/cgroup >{folder.notes}/cgroup
                         echo 0 >{group.path}/cgroup.procs || echo kept >{folder.notes}/kept; exec sleep 1000""")
    os.chmod(folder.notes, 0o777)
    checker = started(group, check(path, interval="60s", more='timeout = "1s"; user = "daemon";'))
    checker.wait("db", value="down", error="no end within")
    assert "/vipd-checks." in folder.note("cgroup").splitlines()[-1] and folder.note("kept") == "kept"
    wait_until(lambda: not group.leaves, what="no leaf is left")


def test_what_forks_without_end_and_kills_its_warden_is_gone_with_its_leaf(lab, started, folder):  # noqa: F811
    """In sessions of their own, orphans of nobody who knows them."""
    group = Group(lab)
    with open(f"{folder.path}/bomb.py", "w", encoding="ascii") as file:
        file.write(BOMB.replace("while True:", f"open('{folder.notes}/warden', 'w').write(str(os.getppid()))\n"
                                "os.setsid() if os.fork() == 0 else os.kill(os.getppid(), 9)\nwhile True:", 1))
    checker = started(group, check("/usr/bin/python3", "-I", f"{folder.path}/bomb.py", folder.notes,
                                   interval="60s", more='timeout = "5s";') + ", "
                      + check("/bin/true", name="other", interval="100ms", more='timeout = "2s"; user = "daemon";'))
    checker.wait("db", value="down", error="somebody has killed the process that watched it")
    [warden] = folder.pids("warden")
    wait_until(lambda: warden not in group.leaves, what="the leaf is gone")
    wait_until(lambda: len(processes_of(checker.host)) <= 4, what="the end of all of them")
    answers = checker.fact("other").answers
    wait_until(lambda: checker.fact("other").answers > answers + 2, what="others are asked")
    assert checker.fact("other").bad == 0


def test_what_forks_without_end_is_gone_after_the_time_out(lab, started, folder):  # noqa: F811
    group = Group(lab)
    with open(f"{folder.path}/bomb.py", "w", encoding="ascii") as file:
        file.write(BOMB)
    checker = started(group, check("/usr/bin/python3", "-I", f"{folder.path}/bomb.py", folder.notes,
                                   interval="60s", more='timeout = "500ms";'))
    checker.wait("db", value="down", error="no end within")
    wait_until(lambda: processes_of(checker.host).keys() == {checker.pid}, what="the end of all of them")
    wait_until(lambda: not group.leaves, what="no leaf is left")


def test_groups_that_a_command_makes_go_with_it(lab, started, folder):  # noqa: F811
    """Its leaf is its user's, who may divide it."""
    group = Group(lab)
    path = folder.script(f"""d=$(find {group.path} -name $PPID); mkdir $d/a $d/a/b || exit 1
                         (echo 0 >$d/a/b/cgroup.procs; echo $d >{folder.notes}/leaf; exec sleep 1000) &
                         while [ ! -e {folder.notes}/leaf ]; do sleep 0.01; done""")
    checker = started(group, check(path, interval="60s"))
    checker.wait("db", value="up")
    wait_until(lambda: not group.leaves, what="no leaf is left")
    wait_until(lambda: processes_of(checker.host).keys() == {checker.pid}, what="nobody is left")


# ---- a checker that is gone ----

#: Once: a child in another session, which outlives its parent, stops the checker, kills its warden, and then the checker.
ESCAPE = """if [ -e {notes}/pids ]; then echo again >{notes}/again; exit 0; fi
         read -r _ _ _ checker _ </proc/$PPID/stat
         setsid sh -c 'kill -STOP $2; kill -KILL $1 $2; echo $$ >{notes}/pids.new; mv {notes}/pids.new {notes}/pids
                       exec sleep 1000' sh $PPID $checker &
         exec sleep 1000"""


@pytest.mark.parametrize("delegated", [True, False])
def test_what_has_killed_warden_and_checker_ends_with_its_group_alone(lab, folder, delegated):  # noqa: F811
    """It is a child of nobody of vipd's any more, so without a group it stays: that is what groups are for."""
    group = Group(lab, delegated=delegated)
    path = folder.script(ESCAPE.format(notes=folder.notes))
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(150)], user="nobody",
                     before=group.before("setpriv", "--bounding-set", BOUNDED),
                     checks=[{"name": "db", "command": [path], "interval": "300ms"}])
    wait_until(lambda: folder.note("again"), 20, what="another checker has run it")
    [pid] = folder.pids()
    assert len(group.bases) == delegated
    if delegated:
        wait_gone([pid])
    else:
        assert is_there(pid)
        os.kill(pid, signal.SIGKILL)
    agent.wait_state("lan", "active")
    assert agent.leave_at_once() == 0
    assert group.bases == []


def hangs(folder):  # noqa: F811
    """A command that has a child in another session."""
    return folder.script(f"(setsid sh -c 'echo $$ >>{folder.notes}/pids; exec sleep 1000' &)\nexec sleep 1000")


def command(path, timeout="20s"):
    return [{"name": "db", "command": [path], "interval": "30s", "timeout": timeout}]


def wait_runs(group, folder, n):  # noqa: F811
    """Until a command of hangs() runs for the n-th time. Return: its leaf."""
    wait_until(lambda: len(folder.pids()) == n and len(group.leaves) == 1, 20,
               lambda _last: f"run {n}: {folder.pids()}, {group.leaves}")
    return list(group.leaves.values())[0]


def test_kills_reloads_and_the_end_leave_no_group(lab, folder):  # noqa: F811
    """With no more rights than the unit leaves to root."""
    group = Group(lab)
    path = hangs(folder)
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(150)], user="nobody", checks=command(path),
                     before=group.before("setpriv", "--bounding-set", BOUNDED))
    first = wait_runs(group, folder, 1)
    checker = checker_of(agent)
    base = os.path.dirname(first)
    assert os.stat(base).st_uid == os.stat(f"{base}/cgroup.procs").st_uid == NOBODY
    os.kill(checker, signal.SIGKILL)
    second = wait_runs(group, folder, 2)
    wait_gone(folder.pids()[:1])
    assert second != first and checker_of(agent) in pids_in(base)
    agent.configure([router(150)], user="nobody", checks=command(path, "19s"))
    assert agent.reload().returncode == 0
    third = wait_runs(group, folder, 3)
    wait_gone(folder.pids()[:2])
    assert third != second and len(group.bases) == 1
    agent.configure([router(150)], user="daemon", checks=command("/bin/true"))
    assert agent.reload().returncode == 0
    wait_until(lambda: group.bases and os.stat(f"{group.path}/{group.bases[0]}").st_uid not in (0, NOBODY), 10, "the group is the other user's")
    wait_gone(folder.pids())
    agent.configure([router(150)])
    assert agent.reload().returncode == 0
    wait_until(lambda: not group.leaves, what="no leaf is left")
    agent.configure([router(150)], user="nobody", checks=command(path))
    assert agent.reload().returncode == 0
    wait_runs(group, folder, 4)
    assert agent.leave_at_once() == 0
    wait_gone(folder.pids())
    assert group.bases == []


def test_a_vipd_that_was_killed_leaves_its_group_to_the_next_one(lab, folder):  # noqa: F811
    """The next one has no checks, and removes it all the same."""
    group = Group(lab)
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(150)], user="nobody", checks=command(hangs(folder)), before=group.before())
    wait_runs(group, folder, 1)
    agent.kill()
    assert len(group.bases) == 1
    lab.vipd(host, [router(150)], before=group.before())
    wait_until(lambda: not group.bases, what="the group is gone")
    wait_gone(folder.pids())


def test_a_second_vipd_that_is_refused_touches_nothing(lab, folder):  # noqa: F811
    group = Group(lab)
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(150)], user="nobody", checks=command(hangs(folder)), before=group.before())
    leaf = wait_runs(group, folder, 1)
    done = host.run(*group.before(), binary("vipd"), "-c", agent.config, check=False)
    assert done.returncode == 1, done
    assert list(group.leaves.values()) == [leaf] and all(map(is_there, folder.pids()))


def test_one_that_hangs_in_the_kernel_keeps_its_leaf_and_stops_nobody(lab, host, place):  # noqa: F811
    """Its group cannot be removed, so the next checker uses it again; the one after that finds it empty."""
    group, disk = Group(lab), Disk(place)
    server = host.popen(*disk.words(stubborn=True), "/bin/sleep", "1000")
    wait_until(lambda: name_of(server.pid) == "sleep", what="the file system is there")
    prefix = group.before("nsenter", "-t", str(server.pid), "--mount", "setpriv", "--bounding-set", BOUNDED)
    disk.hang()
    checker = Checker(host, check("/bin/cat", f"{disk.directory}/flag", more='timeout = "50ms";'), prefix=prefix)
    checker.wait("db", value="down", error="still hangs in the kernel (D)")
    [leaf] = group.leaves.values()
    [hung] = pids_in(leaf)
    base = os.stat(os.path.dirname(leaf)).st_ino
    checker.close(kill=True)
    try:
        for _ in range(2):
            checker = Checker(host, check("/bin/true", more='timeout = "2s";'), prefix=prefix)
            checker.wait("db", value="up")
            assert pids_in(leaf) == [hung] and os.stat(os.path.dirname(leaf)).st_ino == base
            assert checker.pid in pids_in(os.path.dirname(leaf)) and checker.events() == []
            checker.close()
    finally:
        disk.recover()
    wait_gone([hung])
    checker = Checker(host, check("/bin/true", more='timeout = "2s";'), prefix=prefix)
    checker.wait("db", value="up")
    assert not os.path.exists(leaf) and len(group.bases) == 1
    assert checker.close() == 0
    server.kill()
    server.wait(10)


def test_what_hung_when_its_vipd_was_killed_is_removed_by_the_next_one_once_it_ends(lab, host, place, folder):  # noqa: F811
    """That one has no checks, and does not wait for it."""
    group, disk = Group(lab), Disk(place)
    server = host.popen(*disk.words(stubborn=True), "/bin/sleep", "1000")
    wait_until(lambda: name_of(server.pid) == "sleep", what="the file system is there")
    prefix = group.before("nsenter", "-t", str(server.pid), "--mount")
    disk.hang()
    try:
        agent = lab.vipd(host, [router(150)], user="nobody", before=prefix,
                         checks=command(folder.script(f"exec cat {disk.directory}/flag"), "1s"))
        wait_until(lambda: any(stat_of(pid)[0] == "D" for leaf in group.leaves.values() for pid in pids_in(leaf)),
                   what="a run that hangs in the kernel")
        agent.kill()
        agent = lab.vipd(host, [router(150)], before=prefix)
        agent.wait_state("lan", "active")
        assert len(group.bases) == 1
    finally:
        disk.recover()
    wait_until(lambda: not group.bases, what="the group is gone")
    assert agent.leave_at_once() == 0
    server.kill()
    server.wait(10)


# ---- where there is none, or not enough ----

def test_without_the_mark_nothing_is_made_and_nothing_is_told(lab, started, folder):  # noqa: F811
    """Root could write there all the same."""
    group = Group(lab, delegated=False)
    os.setxattr(group.path, "user.delegate", b"0")
    checker = started(group, check(hangs(folder), interval="60s", more='timeout = "300ms";'))
    checker.wait("db", value="down", error="no end within")
    wait_gone(folder.pids())
    assert group.bases == [] and checker.events() == []


def test_one_that_was_delegated_in_vain_is_told_and_costs_no_check(lab, started, folder):  # noqa: F811
    group = Group(lab)
    with open(f"{group.path}/cgroup.max.descendants", "w", encoding="ascii") as file:
        file.write("0")
    checker = started(group, check(hangs(folder), interval="60s", more='timeout = "300ms";'))
    checker.wait("db", value="down", error="no end within")
    wait_gone(folder.pids())
    [told] = checker.events()
    assert b"using the control group that was delegated" in told and group.bases == []


def test_one_that_can_have_no_leaf_is_run_all_the_same(lab, started, folder):  # noqa: F811
    group = Group(lab)
    with open(f"{group.path}/cgroup.max.descendants", "w", encoding="ascii") as file:
        file.write("1")
    checker = started(group, check(hangs(folder), interval="60s", more='timeout = "300ms";') + ", "
                      + check("/bin/true", name="good", more='timeout = "2s";'))
    checker.wait("db", value="down", error="no end within")
    checker.wait("good", value="up")
    wait_gone(folder.pids())
    assert len(group.bases) == 1 and group.leaves == {}


def test_no_check_by_a_command_needs_no_group(lab, started):
    group = Group(lab)
    checker = started(group, '{ name = "web"; tcp = "127.0.0.1:1"; interval = "100ms"; }')
    checker.wait("web", value="down")
    assert group.bases == []


def test_groups_that_a_killed_checker_has_left_are_removed(lab, started):
    """Whoever has made them."""
    group = Group(lab)
    checker = started(group, check("/bin/true", interval="100ms", more='timeout = "2s";'))
    checker.wait("db", value="up")
    assert checker.close(kill=True) != 0
    wait_until(lambda: not group.leaves, what="no leaf is left")
    base = f"{group.path}/{group.bases[0]}"
    os.mkdir(f"{base}/other")
    os.mkdir(f"{base}/other/deeper")
    os.mkdir(f"{base}/4294967296")
    checker = started(group, check("/bin/true", interval="100ms", more='timeout = "2s";'))
    checker.wait("db", value="up")
    assert not {"other", "4294967296"} & set(groups_below(base))
