# SPDX-License-Identifier: MIT
"""One vipd per network namespace, whatever becomes of files, of /run, and of the ruleset.

A second one, or a sweep beside the first, would remove addresses that are in use: so nothing here
may cost the first one an address or an advert.
"""

import contextlib
import fcntl
import glob
import os
import re
import shutil
import stat

import pytest

from agents import VIP, binary, is_sanitized, run_vipd, write_config
from generations import OWN, reload, replace, start
from lab import router, wait_until
from processes import wait_end
from rtnetlink import AddressEvents

NOBODY = 65534
TABLE = "vipd_claim"
AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
OWN_RUN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh"]
PRELOADED = os.path.join(os.path.dirname(binary("vipd")), "tests/net/claims.so")
preloads = pytest.mark.skipif(is_sanitized(), reason="the sanitizers want to be loaded first")

SQUATTER = f"""
import socket, sys, time
taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
taken.bind(bytes(1) + b"{TABLE}")
taken.listen()
print("taken", flush=True)
time.sleep(60)
"""
FULL_QUEUE = SQUATTER.replace("taken.listen()", f"""taken.listen(0)
asks = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(4)]
for ask in asks:
    ask.setblocking(False)
    try:
        ask.connect(bytes(1) + b"{TABLE}")
    except BlockingIOError:
        pass""")
LOCKER = """
import fcntl, sys, time
file = open(sys.argv[1], "rb")
fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("taken", flush=True)
time.sleep(60)
"""


def without(claims):
    """The environment of a vipd to which a kernel offers no more than this to claim with."""
    return {"LD_PRELOAD": PRELOADED, "CLAIMS": claims}


def wrap(lab, monkeypatch, *before):
    """vipd is started behind these words from now on."""
    real, path = binary("vipd"), lab.path("wrapped")
    monkeypatch.setenv("VIPCTL", binary("vipctl"))
    quoted = " ".join("'" + word + "'" for word in before)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {quoted} "{real}" "$@"\n')
    os.chmod(path, 0o755)
    monkeypatch.setenv("VIPD", path)
    return real


def run_files(host):
    """What there is in /run/vipd of the host's namespace."""
    return glob.glob(f"/run/vipd/netns-{os.stat(f'/run/netns/{host.netns}').st_ino}.*")


def lock_path(host):
    """The file that is locked for the host's namespace."""
    return f"/run/vipd/netns-{os.stat(f'/run/netns/{host.netns}').st_ino}.lock"


def tables(host):
    """The nftables tables of a host, as nft lists them."""
    return host.run("nft", "list", "tables").stdout.split("\n")[:-1]


def is_claimed(host):
    """Whether the host's namespace has the table, and that has an owner."""
    shown = host.run("nft", "list", "ruleset").stdout
    return re.search(rf"table inet {TABLE} {{[^}}]*flags owner", shown) is not None


def start_holder(lab, host, script, *args, before=()):
    """Starts a Python script that takes something and keeps it. Return: its process, or None."""
    path = lab.path("taken")
    with open(path, "wb") as out:
        process = host.popen(*before, "/usr/bin/python3", "-S", "-c", script, *args, stdout=out,
                             stderr=out)
    lab.at_close(process.wait)
    lab.at_close(process.kill)
    wait_until(lambda: os.path.getsize(path), what="a word of it")
    with open(path, encoding="utf-8") as file:
        return process if file.read() == "taken\n" else None


@contextlib.contextmanager
def left_alone(agent):
    """In this block the Active agent loses neither an address nor its state."""
    events = AddressEvents(agent.host)
    yield
    agent.host.wait_adverts(5, agent.host.lab.now())
    assert not events.lost() and VIP in agent.host.addresses()
    assert agent.router()["counters"]["became_active"] == 1


def assert_refused(agent, *before, pid=True, env=None):
    """Neither a second vipd nor a sweep gets past the first one. Return: what they say."""
    path = write_config(agent.host.lab, "second.conf", [router(name="b", vrid=99)])
    words = [f"{key}={value}" for key, value in (env or {}).items()]
    said = ""
    with left_alone(agent):
        for args in (["-c", path], ["-S"]):
            done = run_vipd(agent.host, *args, before=[*before, "env", *words])
            assert done.returncode == 1 and "another vipd runs" in done.stderr, done.stderr
            assert not pid or f"pid={agent.pid} " in done.stderr, done.stderr
            said += done.stderr
    return said


# ---- the guard does not depend on files ----

def test_second_vipd_and_sweep_are_refused_and_told_what_to_do(lab):
    assert "stop it first, or give this one a network namespace" in assert_refused(start(lab))


def test_removed_lock_file_is_no_licence(lab):
    agent = start(lab)
    for path in run_files(agent.host):
        os.unlink(path)
    assert_refused(agent)


def test_own_run_directory_is_no_licence(lab):
    """As two containers have it that share the host's network."""
    assert_refused(start(lab), *OWN_RUN)


def test_own_processes_and_run_directory_are_no_licence(lab):
    """The pid is one that means nothing there: it is not told."""
    agent = start(lab)
    said = assert_refused(agent, "unshare", "--mount", "--pid", "--fork", "sh", "-c",
                          "mount -t proc none /proc && mount -t tmpfs none /run && exec \"$@\"",
                          "sh", pid=False)
    assert "pid=" not in said


def test_sweep_of_a_read_only_system_is_refused(lab):
    assert_refused(start(lab), "unshare", "--mount", "sh", "-c",
                   'mount -t tmpfs -o ro none /run && exec "$@"', "sh")


# ---- nor on the ruleset ----

RELOAD = """
flush ruleset
table inet firewall { chain input { type filter hook input priority 0; policy accept; }; }
"""


def test_claim_survives_what_is_done_to_the_ruleset(lab):
    agent = start(lab)
    assert f"table inet {TABLE}" in tables(agent.host)
    with left_alone(agent):
        for _ in range(2):
            agent.host.run("nft", "-f", "-", input=RELOAD)
        for words in (f"delete table inet {TABLE}", f"add chain inet {TABLE} mine",
                      f"add table inet {TABLE} {{ flags dormant; }}"):
            done = agent.host.run("nft", words, check=False)
            assert done.returncode and "Operation not permitted" in done.stderr
        agent.host.run("nft", "flush", "ruleset")
        agent.host.run("iptables-nft-restore", input="*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p "
                       "112 -j ACCEPT\nCOMMIT\n")
        agent.host.run("iptables-nft", "-F")
    assert f"table inet {TABLE}" in tables(agent.host)
    assert_refused(agent, *OWN_RUN)


def test_restored_ruleset_is_no_claim(lab):
    """A ruleset that was saved while vipd ran has the table, which then is nobody's."""
    host = lab.host("gw1", OWN)
    host.run("nft", "add", "table", "inet", TABLE)
    agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
    assert is_claimed(host)
    assert not any("claiming" in line for line in agent.log)


def test_table_of_somebody_else_is_not_touched(lab):
    """Then the abstract socket is the claim, also when that table goes."""
    host = lab.host("gw1", OWN)
    host.run("nft", "-f", "-", input=f"table inet {TABLE} {{ chain mine {{ }}; }}")
    agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
    assert "chain mine" in host.run("nft", "list", "ruleset").stdout
    assert_refused(agent, *OWN_RUN)
    host.run("nft", "flush", "ruleset")            # a second one could have the table now
    assert_refused(agent, *OWN_RUN)


def test_claim_goes_with_its_holder(lab):
    agent = start(lab)
    assert agent.term() == 0
    assert not tables(agent.host) and not os.path.exists(lock_path(agent.host))


def test_claim_goes_when_all_are_killed_and_the_next_one_starts_at_once(lab):
    agent = start(lab)
    agent.kill()
    assert VIP in agent.host.addresses()
    mark = lab.now()
    again = lab.vipd(agent.host, [router(1, interval="10s")])
    assert lab.now() - mark < 1_000_000_000 and agent.host.addresses() == [OWN]
    assert f"table inet {TABLE}" in tables(again.host)


def test_sweep_after_all_are_killed_is_done_at_once(lab):
    agent = start(lab)
    agent.kill()
    mark = lab.now()
    done = run_vipd(agent.host, "-S")
    assert done.returncode == 0 and agent.host.addresses() == [OWN]
    assert lab.now() - mark < 1_000_000_000


# ---- nor on good will ----

def test_user_who_opened_the_lock_file_cannot_hold_it(lab):
    """Also not when an earlier version had made it for all to read."""
    host = lab.host("gw1", OWN)
    with open(lock_path(host), "w", encoding="ascii"):
        os.chmod(lock_path(host), 0o644)
    reader = os.open(lock_path(host), os.O_RDONLY)
    lab.at_close(lambda: os.close(reader))
    agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
    agent.kill()
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(reader, fcntl.LOCK_EX | fcntl.LOCK_NB)     # of one that was there before
    assert not start_holder(lab, host, LOCKER, lock_path(host), before=AS_NOBODY)
    lab.vipd(host, [router(150)]).wait_state("lan", "active")
    status = os.stat(lock_path(host))
    assert stat.S_IMODE(status.st_mode) == 0o600 and status.st_uid == 0


def test_user_with_a_namespace_of_users_cannot_make_the_table(lab):
    host = lab.host("gw1", OWN)
    done = host.run(*AS_NOBODY, "unshare", "--user", "--map-root-user", "nft", "add", "table",
                    "inet", TABLE, check=False)
    assert done.returncode
    lab.vipd(host, [router(150)]).wait_state("lan", "active")


@pytest.mark.parametrize("prepare", ["chmod 777 /run/vipd", "chown 65534 /run/vipd"])
def test_lock_in_a_directory_of_others_does_not_count(lab, monkeypatch, prepare):
    wrap(lab, monkeypatch, "unshare", "--mount", "sh", "-c",
         f'mount -t tmpfs none /run && mkdir /run/vipd && {prepare} && exec "$@"', "sh")
    agent = start(lab)
    line = agent.wait_log(" warning: error=")
    assert "locking a file in /run/vipd: /run/vipd is of uid " in line and "chmod 755" in line
    assert_refused(agent)


def test_lock_that_is_a_link_is_not_followed(lab, monkeypatch):
    victim = lab.path("victim")
    with open(victim, "w", encoding="ascii") as file:
        file.write("precious")
    host = lab.host("gw1", OWN)
    wrap(lab, monkeypatch, "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run && "
         f'mkdir /run/vipd && ln -s {victim} {lock_path(host)} && exec "$@"', "sh")
    agent = lab.vipd(host, [router(150)])
    assert "Too many levels of symbolic links" in agent.wait_log("locking a file in /run/vipd")
    with open(victim, encoding="ascii") as file:
        assert file.read() == "precious"


# ---- without nftables ----

@preloads
def test_without_nftables_an_abstract_socket_is_the_claim(lab, monkeypatch):
    env = without("socket")
    agent = start(lab, env=env)
    assert not tables(agent.host) and not any(" warning: " in line and "claim" in line
                                              for line in agent.log)
    wrap(lab, monkeypatch, *OWN_RUN)
    assert_refused(agent, env=env)
    agent.kill()
    assert run_vipd(agent.host, "-S", before=["env", *(f"{k}={v}" for k, v in env.items())]
                    ).returncode == 0
    assert agent.host.addresses() == [OWN]


@preloads
def test_without_nftables_a_user_cannot_keep_vipd_away(lab):
    host = lab.host("gw1", OWN)
    squatter = start_holder(lab, host, SQUATTER, before=AS_NOBODY)
    agent = lab.vipd(host, [router(150)], env=without("socket"))
    agent.wait_state("lan", "active")
    said = agent.wait_log("claiming the network namespace")
    assert f"process {squatter.pid} of user {NOBODY}" in said and " warning: " in said
    assert_refused(agent, env=without("socket"))   # by the lock


def test_a_user_with_a_full_queue_cannot_keep_vipd_away(lab):
    """Then the kernel names nobody who listens: that is no proof of a vipd."""
    host = lab.host("gw1", OWN)
    start_holder(lab, host, FULL_QUEUE, before=AS_NOBODY)
    agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
    assert_refused(agent)


# ---- earlier versions ----

def test_lock_of_an_earlier_version_is_respected(lab):
    host = lab.host("gw1", OWN)
    with open(lock_path(host), "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run_vipd(host, "-c", write_config(lab))
        assert done.returncode == 1 and "another vipd runs" in done.stderr
        assert f"if there is none, remove {lock_path(host)}" in done.stderr
        assert not tables(host)
    lab.vipd(host, [router(150)]).wait_state("lan", "active")


@preloads
def test_vipd_without_any_claim_is_known_by_its_renewals(lab, monkeypatch):
    """What runs has locked a file that nobody sees, as one whose file was removed."""
    real = wrap(lab, monkeypatch, *OWN_RUN)
    agent = start(lab, env=without("none"))
    monkeypatch.setenv("VIPD", real)
    assert "renews leases" in assert_refused(agent, pid=False)
    agent.kill()
    mark = lab.now()
    assert run_vipd(agent.host, "-S").returncode == 0
    assert agent.host.addresses() == [OWN] and lab.now() - mark < 1_000_000_000


def test_leftovers_beside_another_receiver_of_vrrp_go_with_their_leases(lab):
    """A keepalived, say: nobody renews, so there is nobody to spare."""
    agent = start(lab)
    agent.kill()
    receiver = agent.host.socket(*map(int, (2, 3, 112)))       # AF_INET, SOCK_RAW
    lab.at_close(receiver.close)
    done = run_vipd(agent.host, "-S")
    assert done.returncode == 0 and agent.host.addresses() == [OWN]
    assert "waiting until one is renewed" in done.stderr


# ---- upgrades ----

@pytest.fixture(name="own_binary")
def fixture_own_binary(lab, monkeypatch):
    """A vipd that can be replaced."""
    monkeypatch.setenv("VIPCTL", binary("vipctl"))
    path = shutil.copy(binary("vipd"), lab.path("vipd"))
    monkeypatch.setenv("VIPD", path)
    return path


# Between two programs: the image and the descriptors as a version leaves them that has only a lock.
EARLIER = """case "$VIPD_KEEPER" in ""|*rehearsal) ;; *)
image=/proc/self/fd/$VIPD_KEEPER
fd=$(sed -n "s/^namespace_fd //p" $image)
sed /^namespace_fd/d $image >"$0.image"; cat "$0.image" >$image
eval "exec $fd>&-";;
esac
"""


def test_claim_survives_upgrades(lab, own_binary):
    agent = start(lab)
    for _ in range(3):
        replace(own_binary)
        reload(agent)
        assert is_claimed(agent.host)
    assert_refused(agent, *OWN_RUN)


def test_keeper_after_an_earlier_version_claims_at_once(lab, own_binary):
    """Its lock was for all to read: it is made anew, and still is one for an earlier version."""
    agent = start(lab)
    os.chmod(lock_path(agent.host), 0o644)
    before = os.stat(lock_path(agent.host)).st_ino
    shutil.copy(own_binary, own_binary + ".real")
    replace(own_binary, EARLIER + f'exec "{own_binary}.real" "$@"')
    reload(agent)
    assert is_claimed(agent.host)
    assert_refused(agent, *OWN_RUN)
    status = os.stat(lock_path(agent.host))
    assert stat.S_IMODE(status.st_mode) == 0o600 and status.st_ino != before
    with open(lock_path(agent.host), "rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_killed_in_a_rehearsal_the_claim_is_free_at_once(lab, own_binary):
    agent = start(lab)
    replace(own_binary, 'case "$VIPD_KEEPER" in *rehearsal) exec sleep 60;; esac')
    agent.process.send_signal(1)
    agent.wait_log("reload=started")
    children = [int(pid) for pid in agent.host.run("pgrep", "-P", str(agent.pid)).stdout.split()]
    agent.kill()
    for pid in children:
        wait_end(pid)
    assert not tables(agent.host)


# ---- namespaces that share /run/vipd ----

def test_namespaces_with_one_run_directory_are_told_apart(lab):
    """By their numbers, but for the control socket, which is one path: it needs another one."""
    one, other = start(lab), lab.host("gw2", "192.0.2.3/24")
    done = run_vipd(other, "-c", write_config(lab, control=one.control))
    assert done.returncode == 1 and one.control in done.stderr
    assert "another process listens there: set control to another path" in done.stderr
    two = lab.vipd(other, [router(100)])
    two.wait_state("lan", "backup")
    assert lock_path(one.host) != lock_path(other)
    assert f"table inet {TABLE}" in tables(one.host) and f"table inet {TABLE}" in tables(other)
    assert one.router()["state"] == "active"
