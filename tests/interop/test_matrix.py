# SPDX-License-Identifier: MIT
"""A pair with each peer in each dialect: one of them is Active, always, and has the address."""

import os
import shutil

import pytest

import frr
from pair import FIRST, SLACK, Pair
from packets import V3
from records import NotSupported, PeerFault
from rows import Row, rows

DUT = os.environ.get("DUT") or "vipd"
SAMPLE = Row("keepalived", V3), Row("frr", V3)
INSTALLED = {"keepalived": lambda: shutil.which("keepalived"), "frr": frr.is_installed}


@pytest.mark.parametrize("role", ["higher", "lower"])
@pytest.mark.parametrize("row", [pytest.param(row, id=str(row), marks=[pytest.mark.sample]
                                              if row in SAMPLE else []) for row in rows()])
def test_pair(request, lab, row, role):
    if not INSTALLED[row.peer]():
        pytest.skip(f"{row.peer} is not installed")
    kinds = (DUT, row.peer) if role == "higher" else (row.peer, DUT)
    pair = Pair(lab, row, *kinds)
    ours = pair.sides[kinds.index(DUT)]
    if why := ours.agent.refusal([ours.settings]):
        raise NotSupported(why)
    try:
        fail_over_and_return(lab, pair)
    except AssertionError:
        if fault := pair.fault_of(row.peer):
            raise PeerFault(fault) from None
        raise
    request.node.notes = "; ".join(pair.notes)


def fail_over_and_return(lab, pair):
    """By a cable that goes dead silently, by a stop, and back again each time.

    After a stop the skew time is all that is waited for.
    """
    high, low, t = pair.high, pair.low, pair.interval
    with pair.handover("start", high, none=FIRST, both=2 * t + SLACK):
        low.start()
        high.start()
    with pair.handover("cut", low, none=4 * t, both=0, excuse=pair.slow(low)):
        lab.cut(high.host)
    with pair.handover("heal", high, none=0, both=2 * t + SLACK, excuse=pair.silent_heal()):
        lab.heal(high.host)
    with pair.handover("stop", low, none=t, both=SLACK, excuse=pair.slow(low)):
        high.stop()
    with pair.handover("return", high, none=0, both=2 * t + SLACK, excuse=pair.slow(high)):
        high.start()
    pair.check_nothing_rejected()
