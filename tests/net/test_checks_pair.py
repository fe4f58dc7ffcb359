# SPDX-License-Identifier: MIT
"""A pair in front of a real nginx, and a client that asks for pages: what a dead service costs it.

The values are those of vipd.conf(5), "Keys of a track": where the service is dead on all hosts,
with weights one host goes on, and without one nobody does.
"""

import pytest

from agents import router
from lab import wait_until
from nginx import Nginx, Pages
from timing import LATE, down, skew

VIP = "192.0.2.1"
INTERVAL_S, CHECK_S = 0.1, 0.05
PRIORITIES = {"gw1": 150, "gw2": 100}


class Site:
    """Two gateways with nginx, and a client that is served by gw1."""

    def __init__(self, lab, track, fall=1, nginx=True):
        self.lab = lab
        self.hosts = {name: lab.host(name, f"192.0.2.{number}/24")
                      for number, name in enumerate(PRIORITIES, 2)}
        self.nginx = {name: Nginx(host) for name, host in self.hosts.items()} if nginx else {}
        checks = [{"name": "web", "tcp": "127.0.0.1:80", "interval": f"{CHECK_S * 1e3:g}ms",
                   "fall": fall}]
        self.agents = {}
        for name, priority in PRIORITIES.items():
            self.agents[name] = lab.vipd(self.hosts[name], [
                router(priority, interval="100ms", track=[track])], checks=checks)
            self.agents[name].wait_state("lan", "active" if name == "gw1" else "backup")

    def client(self):
        """One that is answered by gw1."""
        pages = Pages(self.lab.host("client", "192.0.2.100/24"), VIP)
        pages.wait_from("gw1")
        return pages

    def holders(self):
        """The hosts that have the address."""
        return [name for name, host in self.hosts.items() if f"{VIP}/24" in host.addresses()]

    def states(self):
        """As the agents show them."""
        return {name: agent.router()["state"] for name, agent in self.agents.items()}

    def wait_states(self, one, two):
        """Waits for the states of gw1 and gw2."""
        wait_until(lambda: self.states() == {"gw1": one, "gw2": two},
                   what=lambda _: f"gw1 {one} and gw2 {two}, not {self.states()}")

    def kill(self, name):
        """nginx of a host dies. Return: the time before."""
        return self.nginx[name].die()


@pytest.mark.parametrize("fall", [1, 3])
@pytest.mark.parametrize("weight", [0, -60])
def test_a_client_waits_for_the_check_and_the_election_alone(lab, weight, fall):
    """Without a weight priority 0 calls the Backup; with one it waits until the better one has
    been silent for its Active_Down_Interval, as the RFC has it discard lower adverts."""
    site = Site(lab, {"check": "web", "weight": weight}, fall)
    pages = site.client()
    mark = site.kill("gw1")
    pages.wait_from("gw2", since=mark)
    bound = CHECK_S * fall + (skew(100, INTERVAL_S) if not weight else down(100, INTERVAL_S))
    outage, = pages.outages(since=mark - 10**8)
    assert CHECK_S * (fall - 1) < outage.seconds < bound + LATE, (outage.seconds, bound)
    farewells = lab.capture.adverts(mark, site.hosts["gw1"], priority=0)
    assert bool(farewells) == (weight == 0)
    site.wait_states("fault" if not weight else "backup", "active")
    assert site.holders() == ["gw2"]


def test_it_comes_back_without_a_page_lost(lab):
    site = Site(lab, {"check": "web", "weight": -60})
    pages = site.client()
    pages.wait_from("gw2", since=site.kill("gw1"))
    site.wait_states("backup", "active")
    mark = lab.now()
    site.nginx["gw1"].start()
    pages.wait_from("gw1", since=mark)
    site.wait_states("active", "backup")
    assert pages.longest_outage(since=mark) < 0.1


def test_with_a_weight_one_goes_on_where_it_is_dead_everywhere(lab):
    """The same weight on both, greater than their difference: the order is the same as without."""
    site = Site(lab, {"check": "web", "weight": -60})
    site.kill("gw1")
    site.wait_states("backup", "active")
    site.kill("gw2")
    site.wait_states("active", "backup")
    site.lab.capture.wait_advert(since=lab.now(), host=site.hosts["gw1"], priority=90)
    mark = lab.now()
    site.hosts["gw1"].wait_adverts(10, mark)
    assert not lab.capture.adverts(mark, site.hosts["gw2"]), "one Active alone"
    assert site.holders() == ["gw1"]


def test_without_a_weight_nobody_is_left_where_it_is_dead_everywhere(lab):
    site = Site(lab, {"check": "web"})
    site.kill("gw1")
    site.wait_states("fault", "active")
    site.kill("gw2")
    site.wait_states("fault", "fault")
    assert site.holders() == []
    site.nginx["gw2"].start()
    site.wait_states("fault", "active")
    assert site.holders() == ["gw2"]
