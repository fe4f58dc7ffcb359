# SPDX-License-Identifier: MIT
"""A vipctl and a vipd of other versions: what is frozen in the control protocol stays as it is.

The bytes are written down here a second time: they are those of the first release, and of every
one after it. A reload is how users upgrade, so it works between all of them. How vipctl reads the
answers of versions to come is in test_control_reader.py.
"""

import errno
import struct

import pytest

import control_messages as wire
from control_messages import MAGIC, RELOAD, RESULT, SHOW, Server
from lab import router

VERSION_RELOAD = 2


@pytest.fixture(name="agent")
def agent_fixture(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(interval="1s")])
    agent.wait_state("lan", "backup")
    return agent


def ask(agent, version, command, tail=b""):
    """One request in raw bytes. Return: the first answer."""
    [first, *_] = wire.answers(agent.control, struct.pack("=IHH", MAGIC, version, command) + tail)
    return first


@pytest.mark.parametrize("version, tail", [(2, b""), (1, b""), (7, b""), (65535, b"more " * 20)],
                         ids=["first", "older", "newer", "longer"])
def test_reload_is_understood_of_every_version(agent, version, tail):
    pid = agent.router_pid
    answer = ask(agent, version, RELOAD, tail)
    assert len(answer) == RESULT.size
    magic, answered, failed, text = RESULT.unpack(answer)
    assert (magic, answered, failed, text.rstrip(b"\0")) == (MAGIC, VERSION_RELOAD, 0, b"")
    agent.wait_log("reload=done")
    assert agent.router_pid != pid


def test_refused_reload_is_told_to_every_version(agent):
    with open(agent.config, "a", encoding="utf-8") as file:
        file.write("nonsense = 1;\n")
    _, _, failed, text = RESULT.unpack(ask(agent, 9, RELOAD))
    assert failed == 1 and b'unknown key "nonsense"' in text


@pytest.mark.parametrize("version", [1, 2])
def test_show_of_a_version_of_fixed_structs_learns_ours(agent, version):
    """Such a vipctl takes the first six bytes for those of a head, and says that versions differ."""
    said = ask(agent, version, SHOW)
    assert struct.unpack_from("=IH", said) == (MAGIC, 3)
    assert wire.take_end(said) == (errno.EPROTO, "vipd is newer than its client: use the vipctl "
                                                 "that came with it")
    assert agent.router()["state"] == "backup", "and nothing has come of it"


def test_show_of_versions_to_come_is_answered(agent):
    said = wire.answers(agent.control, wire.request("show", version=9))
    assert wire.take_end(said[-1]) == (0, "") and len(said) > 4


@pytest.mark.parametrize("failed, status, text", [(0, 0, ""), (1, 1, "why not\n")])
def test_vipctl_reloads_a_vipd_of_the_first_version(tmp_path, failed, status, text):
    """What it sends is what the first release understood, to the byte."""
    path = str(tmp_path / "old.sock")
    with Server(path, RESULT.pack(MAGIC, VERSION_RELOAD, failed, text.encode())) as server:
        done = wire.vipctl(path, "reload")
    # What it shows then may be beyond that release: only a warning depends on it.
    assert server.asked[0] == struct.pack("=IHH", MAGIC, VERSION_RELOAD, RELOAD)
    assert len(server.asked) <= (1 if failed else 2)
    assert done.returncode == status
    assert done.stdout == ("" if failed else "reloaded\n") and text in done.stderr


def test_vipctl_at_a_vipd_of_fixed_structs_says_what_to_do(tmp_path):
    """Its head is what the first release sent: magic, version 2, and 1.4 KB of members."""
    path = str(tmp_path / "old.sock")
    for args in (("show",), ("show", "--json"), ("reload", "--dry-run"), ("forget",)):
        with Server(path, struct.pack("=IHH", MAGIC, 2, 0) + bytes(1400), bytes(700)):
            done = wire.vipctl(path, *args)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == ("vipctl: the vipd that runs is older than this vipctl: \"vipctl "
                               "reload\" starts the one that is installed\n")


@pytest.mark.parametrize("args", [[], ["lan"], ["--json"]])
def test_vipctl_at_a_vipd_that_cannot_forget_says_what_to_do(tmp_path, args):
    """One that knows the words that there were before this one, and answers with them."""
    path = str(tmp_path / "old.sock")
    said = wire.end(errno.ENOSYS, "commands known here: show, configuration, reload")
    with Server(path, said) as server:
        done = wire.vipctl(path, "forget", *args)
    assert server.asked == [wire.request("forget", *(it for it in args if it == "lan"))]
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("vipctl: the vipd that runs cannot do that (forget: commands known "
                           "here: show, configuration, reload): \"vipctl reload\" starts the one "
                           "that is installed\n")
