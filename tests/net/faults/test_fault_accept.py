# SPDX-License-Identifier: MIT
"""Faults of a router that does not accept: what drops the packets to its address lives and dies
with it, whatever becomes of its processes and of the host's own nftables."""

import pytest

from faults.dut import (DEAF, DEAF6, KEEPALIVED, LATE_S, SOON_MS, crash, forms, measure_rhythm,
                        measure_silence, pair)
from lab import wait_until
from test_accept import OWN_RULES, TABLE, connects, elements, resolves, tables
from timing import GAP_MS, longest_gap_ms

FORGOTTEN_NS = 20_000_000        # what was sent before an announcement, the old one answers


def plain(address):
    """An address without its prefix length."""
    return address.split("/", maxsplit=1)[0]


class Stage:
    """A pair that drops what is sent to its address, and a client that tries all the time."""

    def __init__(self, lab, form):
        self.client, self.address = form.client(lab), plain(form.vips()[0])
        self.ping = lab.ping(self.client, self.address, interval=0.001)
        self.one, self.two = pair(lab, form=form)
        self.table = TABLE
        if KEEPALIVED:
            self.table = "ip6 keepalived" if form is DEAF6 else "ip keepalived"
        self.wait_tried(0)

    def wait_tried(self, since):
        """Waits until the client has sent hundreds of packets to a MAC that it knows."""
        wait_until(lambda: resolves(self.client, self.address), what=f"a MAC of {self.address}")
        wait_until(lambda: sum(sent >= since for sent in list(self.ping.sent)) > 200,
                   what="pings")

    def measure_answers(self, fault, since=0, what="packets answered"):
        """None was."""
        self.wait_tried(since)
        fault.measure(what, self.ping.answered(since))

    def filtered(self, host):
        """Whether a host drops what is sent to the address."""
        shown = host.run("nft", "list", "table", *self.table.split(), check=False).stdout
        return self.address in shown


@forms(DEAF, DEAF6)
@pytest.mark.fault("F01", "router process killed, twice", "no packet to the address is answered, "
                   "no table changes, peer notices nothing", keepalived=True)
def test_f01_router_process_killed(lab, fault, form):
    stage = Stage(lab, form)
    before, mark = elements(stage.one.host), lab.now()
    for _ in range(2):
        crash(stage.one)
        stage.one.wait_adverts(5, lab.now())
    fault.measure("longest gap", longest_gap_ms(stage.one.host, mark), "ms", 110, GAP_MS)
    stage.measure_answers(fault)
    measure_silence(fault, stage.two, mark)
    assert stage.filtered(stage.one.host) and elements(stage.one.host) == before
    assert connects(stage.client, plain(form.own(2)[0])), "another address is another matter"
    stage.one.check_counters(became_active=1)


@forms(DEAF, DEAF6)
@pytest.mark.fault("F03", "all processes killed at once", "table gone with them, address gone "
                   "3.2 s later; no packet is answered by the peer, nor by the first one when it "
                   "is back", keepalived=True)
def test_f03_everything_killed(lab, fault, form):
    stage = Stage(lab, form)
    one, two = stage.one, stage.two
    mark = one.kill_all()
    wait_until(lambda: not elements(one.host) and not stage.filtered(one.host), what="no table")
    fault.measure("table gone", (lab.now() - mark) / 1e6, "ms", 100, 100 + SOON_MS)
    two.wait_active(mark)
    told = two.wait_announced(form.vips()[0], mark)
    gone = one.wait_gone(mark, 3.2 + LATE_S)
    fault.measure("address gone", (gone - mark) / 1e9, "s", 3.2, 3.2 + LATE_S)
    assert stage.filtered(two.host)
    stage.measure_answers(fault, told.ns + FORGOTTEN_NS, "answered by the peer")
    mark = lab.now()
    one.start()
    one.wait_active(mark)
    wait_until(lambda: not two.holds() and not stage.filtered(two.host), what="gw2 to let go")
    assert stage.filtered(one.host)
    stage.measure_answers(fault, mark, "answered when it is back")


@forms(DEAF)
@pytest.mark.fault("F11", "address of a dead predecessor, without its table", "gone before it "
                   "takes part; never held without a table again", keepalived=True)
def test_f11_stale_address(lab, fault, form):
    stage = Stage(lab, form)
    one, two = stage.one, stage.two
    one.kill_all()
    wait_until(lambda: not stage.filtered(one.host), what="no table")
    assert one.holds(), "left behind"
    mark = lab.now()
    one.start()
    swept = one.wait_gone(mark, 3)
    fault.measure("gone after the start", (swept - mark) / 1e6, "ms", 50, 1000)
    one.wait_active(mark)
    wait_until(lambda: not two.holds(), what="gw2 to let go")
    assert stage.filtered(one.host) and not stage.filtered(two.host)
    stage.measure_answers(fault, swept + FORGOTTEN_NS)
    assert one.agent.term() == 0
    assert not one.holds() and stage.table not in "\n".join(tables(one.host))
    fault.saw("nothing left at the end")


@pytest.mark.parametrize("how", ["flush", "delete"])
@forms(DEAF, DEAF6)
@pytest.mark.fault("F117", "nftables of the host flushed, or the table deleted, by somebody", "no "
                   "packet to the address is answered; others' rules are others'", keepalived=True)
def test_f117_nftables_flushed(lab, fault, form, how):
    stage = Stage(lab, form)
    host, mark = stage.one.host, lab.now()
    host.run("nft", "-f", "-", input=OWN_RULES)
    before = elements(host)

    def disturb():
        if how == "flush":
            host.run("nft", "flush", "ruleset")
            assert "table inet mine" not in tables(host)
            host.run("nft", "-f", "-", input=OWN_RULES)
        else:
            done = host.run("nft", "delete", "table", *stage.table.split(), check=False)
            assert KEEPALIVED or done.returncode != 0, "it is its owner's"

    measure_rhythm(fault, stage.one, disturb)
    stage.measure_answers(fault)
    assert stage.filtered(host) and elements(host) == before
    assert host.run("nft", "list", "table", "inet", "mine").stdout == OWN_RULES
    measure_silence(fault, stage.two, mark)
    stage.one.check_counters(became_active=1)
