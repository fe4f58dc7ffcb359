# SPDX-License-Identifier: MIT
"""One file for all hosts: the node of the command line holds for every process that ever follows,
and a host that is no node any more keeps what runs."""

from agents import own_binaries
from generations import OWN, crash, reload, replace, write
from lab import wait_until
from processes import children

TEXT = """control = "@CONTROL@";
nodes = ( { name = "one"; }, { name = "two"; } );
routers = ( { name = "lan"; interface = "eth0"; vrid = 51; interval = "100ms";
  priority = { one = 150; two = 120; }; addresses = [ "192.0.2.1/24" ]; } );
"""


def start(lab, **settings):
    """This host's name is none of the nodes: only the command line says which one it is."""
    agent = lab.vipd(lab.host("gw1", OWN), text=TEXT, args=("-n", "two"), **settings)
    agent.wait_state("lan", "active")
    return agent


def edit(agent, old, new):
    """Changes a text in the configuration."""
    with open(agent.config, encoding="utf-8") as file:
        text = file.read()
    assert old in text
    write(agent.config, text.replace(old, new))


def is_two(agent, priority):
    """Whether it is that node, with its priority."""
    return (agent.show()["node"], agent.router()["priority"]) == ("two", priority)


def test_node_of_the_command_line_holds_after_reload_crash_and_upgrade(lab, monkeypatch):
    programs = own_binaries(lab)
    for name, path in programs.items():
        monkeypatch.setenv(name, path)
    agent = start(lab)
    assert is_two(agent, 120)
    edit(agent, "two = 120", "two = 121")
    reload(agent)
    assert is_two(agent, 121)
    assert agent.standby_pid
    crash(agent)
    assert is_two(agent, 121)
    before = agent.standby_pid
    edit(agent, "two = 121", "two = 122")
    replace(programs["VIPD"])
    reload(agent)
    wait_until(lambda: agent.standby_pid != before and agent.standby_pid in children(agent.pid),
               what="a standby of the new program")
    assert is_two(agent, 122)
    assert any("upgrade=done" in line for line in agent.log)


def test_node_that_is_gone_leaves_what_runs(lab):
    agent = start(lab)
    edit(agent, '{ name = "two"; }', '{ name = "three"; }')
    done = agent.reload()
    assert done.returncode != 0
    assert "-n two is none of the nodes: one, three" in done.stderr
    assert agent.router()["state"] == "active" and is_two(agent, 120)
    assert agent.standby_pid
    crash(agent)
    assert is_two(agent, 120)


def test_dry_run_is_that_of_the_node_that_runs(lab):
    agent = start(lab)
    edit(agent, "one = 150; two = 120", "one = 151; two = 121")
    done = agent.ctl("reload", "--dry-run", check=False)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "priority" in line] == [
        "router lan: priority 120 -> 121"]
