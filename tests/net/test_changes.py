# SPDX-License-Identifier: MIT
"""What a reload changed is in the journal, and nothing else is said to have changed."""

import os
import shutil
import signal

from frames import Probe
from generations import crash, reload, replace, start
from lab import router, wait_until
from processes import sleeps_in_poll
from test_events import events

TWO = {"name": "two", "vrid": 52, "addresses": ["192.0.2.11/24"]}


def changes(agent, skip=0):
    """The lines about what reloads changed; those of the log are the same."""
    def told():
        journal = events(agent)
        kinds = [it["kind"] for it in journal]
        followed = sum("reload=done" in line or "another router process goes on" in line
                       for line in agent.log)
        if kinds.count("adopted") < followed:
            return None                            # the next one has not begun
        if "adopted" in kinds and "started" not in kinds[::-1][:kinds[::-1].index("adopted")]:
            return None                            # it comes behind the changes
        texts = [it["text"] for it in journal if it["kind"] in ("change", "changes")][skip:]
        log = [line.split(": ", 1)[1] for line in agent.log
               if "reload=changed" in line or "reload=un" in line][skip:]
        return [texts] if texts == log else None

    return wait_until(told, what=lambda _: agent.story("the same in the journal"))[0]


def test_changes_of_a_reload_are_told(lab):
    agent = start(lab, router(150), router(150, **TWO))
    agent.configure([router(120, interval="200ms", addresses=["192.0.2.1/24", "192.0.2.9/24"]),
                     router(100, name="new", vrid=53, addresses=["192.0.2.13/24"])])
    reload(agent)
    assert changes(agent) == [
        "reload=changed router=lan priority=150->120",
        "reload=changed router=lan interval=100ms->200ms",
        "reload=changed router=lan addresses=->192.0.2.9/24",
        "reload=changed router=two change=removed",
        "reload=changed router=new change=added"]
    one = next(it for it in events(agent) if it["kind"] == "change")
    assert (one["router"], one["interface"], one["key"], one["old"], one["new"], one["level"]) == \
        ("lan", "eth0", "priority", "150", "120", "info")
    agent.configure([router(120, vrid=60)], realtime=False)
    reload(agent)
    assert changes(agent, skip=5) == [
        "reload=changed realtime=true->false",
        "reload=changed router=lan vrid=51->60 change=restarted",
        "reload=changed router=new change=removed"]


def test_reload_without_hundreds_of_routers_lets_each_leave(lab):
    """Each of them is named to the process that speaks, which may be slow to read that: more than
    the kernel takes for it."""
    host = lab.host("gw1", "10.0.0.2/16", segment="s0")
    host.attach("s1", "10.1.0.2/16")
    many = [router(200, name=f"r{i}v{vrid}", interface=f"eth{i}", vrid=vrid, interval="1s",
                   leave="gap", addresses=[f"10.{i}.1.{vrid}/16"])
            for i in range(2) for vrid in range(1, 251)]
    agent = lab.vipd(host, many)
    wait_until(lambda: all(it["state"] == "active" for it in agent.show()["routers"]), 30)
    agent.configure(many[:1])
    mark, current = lab.now(), agent.router_pid
    os.kill(current, signal.SIGSTOP)
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: any(map(sleeps_in_poll, set(agent.router_pids) - {current})),
               what="a next one that waits", every=0.001)
    os.kill(current, signal.SIGCONT)
    agent.wait_log("reload=done")
    left = [it["router"] for it in events(agent) if it["kind"] == "state" and it["to"] == "initialize"]
    assert sorted(left) == sorted(it["name"] for it in many[1:])
    assert len({(it.src, it.vrid) for it in lab.capture.adverts(since=mark, priority=0)}) == 499


def test_changes_of_a_reload_that_changes_nothing_are_none(lab):
    agent = start(lab)
    reload(agent)
    assert changes(agent) == [
        'reload=unchanged note="the configuration says what it said before"']


def test_changes_are_those_from_what_runs(lab):
    """Not from what a refused reload wanted; and neither a crash nor a start changes anything."""
    agent = start(lab)
    agent.configure([router(300)])
    assert agent.reload().returncode == 1
    assert not changes(agent)
    assert agent.standby_pid
    crash(agent)
    assert not changes(agent)
    agent.configure([router(140)])
    reload(agent)
    assert changes(agent) == ["reload=changed router=lan priority=150->140"]
    assert agent.standby_pid
    crash(agent)                                   # a standby has it from whom it stands by for
    agent.configure([router(130)])
    reload(agent)
    assert changes(agent, skip=1) == ["reload=changed router=lan priority=140->130"]


def test_changes_by_a_reload_during_a_reload_are_all_told(lab):
    """Each successor is compared with the one before it, so all of them add up."""
    agent = start(lab)
    for priority in range(151, 171):
        agent.configure([router(priority)])
        agent.process.send_signal(1)
    reload(agent)
    wait_until(lambda: agent.router()["priority"] == 170, what="the last of them")
    last = 150
    for text in changes(agent):
        if text.startswith("reload=unchanged"):
            continue
        old, new = map(int, text.removeprefix("reload=changed router=lan priority=").split("->"))
        assert old == last, "each goes on where the one before ended"
        last = new
    assert last == 170


def test_changes_that_are_too_many_are_counted(lab):
    names = [(f"r{number}", number) for number in range(1, 101)]
    agent = start(lab, router(150), realtime=False)
    agent.configure([router(150)] + [
        router(name=name, vrid=100 + number, addresses=[f"198.18.0.{number}/32"])
        for name, number in names], realtime=False)
    reload(agent)
    told = changes(agent)
    assert told[:64] == [f"reload=changed router={name} change=added" for name, _ in names[:64]]
    assert told[64:] == ['reload=changed more=36 note="these changes are not told one by one"']


def test_changes_across_an_upgrade_are_told(lab, own_binary):
    """The keeper is another one by then: what the old generation left went through both."""
    agent = start(lab)
    replace(own_binary)
    agent.configure([router(149)])
    reload(agent)
    agent.wait_log("upgrade=done")
    assert changes(agent) == ["reload=changed router=lan priority=150->149"]


def test_changes_from_what_cannot_be_read_are_said_to_be_unknown(lab, own_binary):
    """A predecessor of a later version leaves keys that nobody here knows: a script adds one."""
    agent = start(lab)
    shutil.copy(own_binary, own_binary + ".real")
    replace(own_binary, f'''case "$VIPD_GENERATION" in
*successor)
    cat /proc/self/fd/7 >"$0.conf"
    echo "colour = 7;" >>"$0.conf"
    exec 7<"$0.conf" ;;
esac
exec "{own_binary}.real" "$@"''')
    agent.configure([router(149)])
    reload(agent)
    [told] = changes(agent)
    assert told.startswith('reload=uncompared error="') and "colour" in told
    assert agent.router()["priority"] == 149
    assert agent.router()["counters"]["became_active"] == 1


def test_changes_of_a_priority_leave_old_reasons_as_they_were(lab):
    """A reason has the numbers of its time, whatever priority the router has by now."""
    agent = start(lab, router(150))
    other = Probe(lab.host("other"))
    said = "192.0.2.9 has the higher priority 200, ours is 150"
    with other.speak(priority=200, every=0.05):
        assert agent.wait_state("lan", "backup")["reason"] == said
        agent.configure([router(90)])
        reload(agent)
        shown = agent.router()
        assert (shown["effective_priority"], shown["reason"]) == (90, said)
        crash(agent)
        assert agent.router()["reason"] == said
