# SPDX-License-Identifier: MIT
"""A vipctl and a vipd of other versions: what is frozen in the control protocol stays as it is.

The bytes are written down here a second time: they are those of the first release, and of every
one after it. A reload is how users upgrade, so it works between all of them.
"""

import socket
import struct

import pytest

from agents import binary
from lab import router

MAGIC, SHOW, RELOAD = 0x76697064, 1, 2
VERSION_RELOAD = 2
RESULT = struct.Struct("=IHH3000s")                # magic, version, failed, text


@pytest.fixture(name="agent")
def agent_fixture(lab):
    host = lab.host("gw1", "192.0.2.2/24")
    agent = lab.vipd(host, [router(interval="1s")])
    agent.wait_state("lan", "backup")
    return agent


def ask(agent, version, command, tail=b""):
    """One request in raw bytes. Return: the first answer; b"" when vipd hung up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(10)
        client.connect(agent.control)
        client.send(struct.pack("=IHH", MAGIC, version, command) + tail)
        try:
            return client.recv(65536)
        except ConnectionResetError:
            return b""


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


def test_show_of_another_version_learns_ours(agent):
    answer = ask(agent, 9, SHOW)
    assert struct.unpack_from("=IH", answer)[0] == MAGIC
    assert ask(agent, 2, 77) == b"", "a command that there is not"
    assert ask(agent, 9, SHOW)[:6] == answer[:6]
    assert agent.router()["state"] == "backup", "and nothing has come of it"


def test_vipctl_reloads_a_vipd_of_the_first_version(lab):
    """What it sends is what the first release understood, to the byte."""
    host = lab.host("gw1", "192.0.2.2/24")
    path = lab.path("old.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(path)
        server.listen(1)
        server.settimeout(10)
        agent = host.popen(*agent_argv(path), text=True, stdout=-1)
        client, _ = server.accept()
        with client:
            assert client.recv(4096) == struct.pack("=IHH", MAGIC, VERSION_RELOAD, RELOAD)
            client.send(RESULT.pack(MAGIC, VERSION_RELOAD, 0, b""))
            assert agent.communicate(timeout=10)[0] == "reloaded\n" and agent.returncode == 0


def agent_argv(path):
    """vipctl reload on a socket."""
    return [binary("vipctl"), "-s", path, "reload"]
