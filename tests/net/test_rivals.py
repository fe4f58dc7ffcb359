# SPDX-License-Identifier: MIT
"""What an Active finds beside itself on its LAN: another host with its address, and another Active
that does not hear it. Each is one line that says what to do, a counter and a warning."""

import pytest

import frames
from agents import router
from generations import reload
from lab import wait_until

VIPS = {4: "192.0.2.1/24", 6: "2001:db8::1/64"}


def active(lab, family=4, **keys):
    gw = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True)
    agent = lab.vipd(gw, [router(200, addresses=[VIPS[family]], **keys)])
    agent.wait_state("lan", "active", family=family)
    return agent


def lines(agent, word):
    return [line for line in agent.log if f"notice={word} " in line]


def test_questions_keep_the_pace_of_announcements(lab):
    """A switch that polices ARP may close the port at a burst."""
    extra = [f"192.0.2.{n}/24" for n in range(200, 208)]
    active(lab, extra_addresses=extra,
           announce={"pace": "20ms", "after": ["100ms"], "refresh": "0s"})

    def questions():
        return [it for it in lab.capture.arps() if it.spa == "0.0.0.0"]

    wait_until(lambda: len(questions()) >= 9, 10, "a question about each address")
    assert [it.tpa for it in questions()] == ["192.0.2.1", *(it[:-3] for it in extra)]
    gaps = [(b.ns - a.ns) / 1e6 for a, b in zip(questions(), questions()[1:])]
    assert min(gaps) > 15, gaps


def says_to_have_it(lab, probe):
    """One ARP request from the address, as of a service that is bound to it. Return: when."""
    mark = lab.now()
    probe.send(frames.arp(1, probe.mac, "192.0.2.1", "192.0.2.77", src_mac=probe.mac))
    return mark


def test_host_that_has_given_the_address_up_is_not_told(lab):
    """A keepalived does, without a word, when a LAN that was cut is whole again."""
    agent = active(lab)
    mark = says_to_have_it(lab, frames.Probe(lab.host("former")))
    question = lab.capture.wait_arp(10, since=mark, host=agent.host, spa="0.0.0.0", tpa="192.0.2.1")
    agent.host.wait_adverts(20, since=question.ns)
    assert not lines(agent, "address_taken"), agent.log


def test_host_that_says_again_to_have_the_address_is_told_though_it_answers_no_question(lab):
    agent = active(lab)
    liar = frames.Probe(lab.host("liar"))
    mark = says_to_have_it(lab, liar)
    lab.capture.wait_arp(10, since=mark, host=agent.host, spa="0.0.0.0", tpa="192.0.2.1")
    agent.host.wait_adverts(12, since=mark)
    says_to_have_it(lab, liar)
    assert liar.mac in agent.wait_log("notice=address_taken")
    assert "address_taken" in agent.router()["warnings"]
    # It has it by right when it is the better Active, and that is all there was to it.
    with liar.speak("192.0.2.77", every=0.1, priority=250):
        agent.wait_state("lan", "backup")
        assert "address_taken" not in agent.router()["warnings"]


@pytest.mark.parametrize("mac", ["interface", "virtual"])
def test_second_interface_on_the_lan_is_no_other_host(lab, mac):
    """Linux answers on it for the address of the first one, too."""
    gw = lab.host("gw1", "192.0.2.2/24")
    gw.attach("lan", "192.0.2.4/24")
    agent = lab.vipd(gw, [router(200, addresses=[VIPS[4]], mac=mac)])
    agent.wait_state("lan", "active")
    answer = lab.capture.wait_arp(10, op=2, spa="192.0.2.1", sha=gw.mac("eth1"))
    agent.host.wait_adverts(30, since=answer.ns)
    assert not lines(agent, "address_taken"), agent.log
    assert agent.router()["counters"]["noticed"]["address_taken"] == 0


@pytest.mark.parametrize("mac", ["interface", "virtual"])
@pytest.mark.parametrize("family", [4, 6])
def test_host_that_sits_there_with_the_address_is_found_and_told_once(lab, family, mac):
    squatter = lab.host("squatter", "192.0.2.66/24", "2001:db8::66/64", ipv6=True)
    squatter.ip(f"address add {VIPS[family]} dev eth0")
    agent = active(lab, family, mac=mac)
    line = agent.wait_log(r" error: router=lan .*notice=address_taken", timeout=15)
    assert squatter.mac() in line and f"source={VIPS[family].split('/')[0]} " in line
    shown = agent.router(family=family)
    assert shown["counters"]["noticed"]["address_taken"] >= 1
    assert "address_taken" in shown["warnings"] and shown["state"] == "active"
    assert agent.ctl("check", check=False).returncode == 2
    assert len(lines(agent, "address_taken")) == 1


def test_nobody_else_with_the_address_is_nothing_to_tell(lab):
    agent = active(lab)
    two = lab.vipd(lab.host("gw2", "192.0.2.3/24", "2001:db8::3/64", ipv6=True),
                   [router(100, addresses=[VIPS[4]])])
    wait_until(lambda: two.router()["active_address"], what="a Backup that hears")
    probes = [it for it in lab.capture.arps(host=agent.host) if it.spa == "0.0.0.0"]
    wait_until(lambda: [it for it in lab.capture.arps(host=agent.host) if it.spa == "0.0.0.0"], 10,
               "the question who else has it")
    assert probes == [] or {it.tpa for it in probes} == {"192.0.2.1"}
    two.configure([router(250, addresses=[VIPS[4]])])
    reload(two)
    two.wait_state("lan", "active")
    two.host.wait_adverts(30, since=lab.now())
    assert not lines(agent, "address_taken") and not lines(two, "address_taken")


@pytest.mark.parametrize("family", [4, 6])
def test_active_that_does_not_hear_us_is_told_with_what_to_do(lab, family):
    agent = active(lab, family)
    deaf = frames.Probe(lab.host("deaf"))
    src = "192.0.2.9" if family == 4 else "fe80::9"
    deaf.speak(src, every=0.1, vrid=51, priority=50, addresses=[VIPS[family].split("/")[0]])
    line = agent.wait_log(r" error: router=lan .*notice=not_heard", timeout=10)
    assert f"source={src} " in line and "firewall" in line
    shown = agent.router(family=family)
    assert {"not_heard", "other_active"} <= set(shown["warnings"])
    assert len(lines(agent, "not_heard")) == 1


def test_active_that_gives_way_is_no_rival_that_does_not_hear(lab):
    agent = active(lab)
    weak = frames.Probe(lab.host("weak"))
    speaker = weak.speak("192.0.2.9", every=0.1, vrid=51, priority=50, addresses=["192.0.2.1"])
    agent.wait_log("notice=other_active")
    speaker.stop()
    agent.host.wait_adverts(25, since=lab.now())
    assert not lines(agent, "not_heard")
