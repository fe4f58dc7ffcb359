# SPDX-License-Identifier: MIT
"""What routers make of checks in cases that others got wrong: a fault that ends by another number, a carrier that comes
meanwhile, a check that many track, processes where no event tells of them."""

import os

import pytest
from generations import crash, reload, write
from test_checks import PORT, Service, _readable, check, checker_of, facts, host, priority_of, tracking, wait_priority
from witness import wait_until


def test_a_fault_by_a_number_ends_with_the_priority_of_the_number_that_follows(lab):
    """Not with that of before the fault."""
    one, path = host(lab, 2), lab.path("number")
    write(path, "0\n")
    _readable(path)
    agent = lab.vipd(one, [tracking(150, {"check": "number", "weight": -20})],
                     checks=[{"name": "number", "file": {"path": path, "good": "value"}}])
    agent.wait_state("lan", "active")
    for number, priority in (("1", 130), ("13", None), ("2", 110), ("-3", 210), ("100", None), ("0", 150)):
        write(path, number)
        if priority is None:
            agent.wait_fault(f"check number is down: value {number}")
        else:
            wait_priority(agent, priority)
            agent.wait_state("lan", "active")


@pytest.mark.parametrize("weight", [0, -60])
def test_a_carrier_that_comes_after_the_first_answers_and_a_service_that_comes_after_the_carrier(lab, weight):
    one = host(lab, 2)
    service = Service(one)
    one.ip("link set eth0 down")
    agent = lab.vipd(one, [tracking(150, {"check": "web", "weight": weight})], checks=[check()])
    wait_until(lambda: facts(agent)["web"]["value"] == "up", what="an answer without an interface")
    assert agent.router()["state"] != "active"
    one.ip("link set eth0 up")
    agent.wait_state("lan", "active")
    assert priority_of(agent) == 150
    one.ip("link set eth0 down")
    wait_until(lambda: agent.router()["state"] == "fault", what="the fault of the interface")
    service.stop()
    wait_until(lambda: facts(agent)["web"]["value"] == "down", what="another answer")
    one.ip("link set eth0 up")
    if weight:
        agent.wait_state("lan", "active")
        assert priority_of(agent) == 90
    else:
        agent.wait_fault("check web is down: connect: Connection refused")
    service.start()
    agent.wait_state("lan", "active")
    wait_priority(agent, 150)
    service.stop()


def test_two_faults_are_two_and_the_end_of_one_is_not_that_of_the_other(lab):
    one = host(lab, 2)
    web, db = Service(one), Service(one, PORT + 1)
    agent = lab.vipd(one, [tracking(150, {"check": "web"}, {"check": "db"}, {"interface": "eth0", "weight": -10})],
                     checks=[check(), check("db", port=PORT + 1)])
    agent.wait_state("lan", "active")
    for first, second in ((web, db), (db, web)):
        first.stop()
        second.stop()
        wait_until(lambda: {it["value"] for it in facts(agent).values()} == {"down"}, what="both are down")
        first.start()
        wait_until(lambda: {it["value"] for it in facts(agent).values()} == {"up", "down"}, what="one is up")
        assert agent.router()["state"] == "fault"
        second.start()
        agent.wait_state("lan", "active")
    web.stop()
    db.stop()


def test_a_check_that_many_track_is_asked_once(lab):
    one = lab.host("gw1", "192.0.2.2/24")
    service = Service(one)
    routers = [tracking(150, {"check": "web", "weight": -10}, name=f"r{i}", vrid=10 + i,
                        addresses=[f"192.0.2.{10 + i}/24"]) for i in range(8)]
    agent = lab.vipd(one, routers, checks=[check()])
    wait_until(lambda: facts(agent)["web"]["answers"] >= 20, what="answers")
    before = facts(agent)["web"]["answers"]
    assert before - 1 <= service.taken <= facts(agent)["web"]["answers"] + 1
    service.stop()
    wait_until(lambda: all(it["effective_priority"] == 140 for it in agent.show()["routers"]), what="it counts for all")
    assert len([line for line in agent.log if " check=web is=down" in line]) == 1, "and is told once"


def test_where_no_event_tells_of_processes_it_is_said_and_they_are_found(lab):
    """The kernel's proc connector is for the initial network namespace alone."""
    one = host(lab, 2)
    agent = lab.vipd(one, [tracking(150, {"check": "sleepers"})],
                     checks=[{"name": "sleepers", "process": {"command": "sleep-of-lab"}, "interval": "100ms"}])
    agent.wait_fault("check sleepers is down: 0 run, 1 needed")
    assert agent.wait_log(r'doing="hearing of processes".*note="checks of processes look at /proc once a second"')
    program = lab.path("sleep-of-lab")
    os.symlink("/bin/sleep", program)
    sleeper = one.popen(program, "1000")
    agent.wait_state("lan", "active")
    sleeper.kill()
    sleeper.wait(10)
    agent.wait_fault("check sleepers is down: 0 run, 1 needed")


def test_a_reverse_weight_survives_reload_and_crash(lab):
    """The sum is made anew each time, not corrected by what changed."""
    one = host(lab, 2)
    service = Service(one)
    track = {"check": "web", "weight": 50, "reverse": True}
    agent = lab.vipd(one, [tracking(150, track)], checks=[check()])
    agent.wait_state("lan", "active")
    wait_priority(agent, 150)
    for weight, priority in ((50, 200), (-60, 150)):     # of a service that is down, which counts as up
        service.stop()
        agent.configure([tracking(150, {**track, "weight": weight})], checks=[check()])
        reload(agent)
        wait_priority(agent, priority)
        crash(agent)
        assert priority_of(agent) == priority
        service.start()
        wait_priority(agent, priority - abs(weight))
        reload(agent)
        assert priority_of(agent) == priority - abs(weight)
    service.stop()


def test_a_checker_without_memory_for_a_command_says_so_and_it_is_down(lab):
    """No process can be started: that is no answer of the service, and no reason to believe in it."""
    one = host(lab, 2)
    agent = lab.vipd(one, [tracking(150, {"check": "db"})],
                     checks=[{"name": "db", "command": ["/bin/true"], "interval": "100ms"}])
    agent.wait_state("lan", "active")
    pid = checker_of(agent)
    with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
        soft = next(line.split()[2] for line in limits if line.startswith("Max processes"))

    def allow(processes):
        """What the checker's own user may do to it."""
        one.run("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "prlimit", "-p", str(pid),
                f"--nproc={processes}:")

    allow(0)
    agent.wait_fault("check db is down: starting a process: Resource temporarily unavailable")
    allow(soft)
    agent.wait_state("lan", "active")
    assert checker_of(agent) == pid
