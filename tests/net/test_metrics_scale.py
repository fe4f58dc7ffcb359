# SPDX-License-Identifier: MIT
"""As many virtual routers as there can be, and a page of metrics that is read ten times a second."""

import threading
import time

import pytest

from lab import router, wait_until
from test_metrics import METRICS, get, of, parse, served
from test_notify import home    # pylint: disable=unused-import

INTERFACES, VRIDS = 32, 255
WINDOW = 12.0                    # seconds
EVERY = 0.1


def lateness(before, after):
    """{bound in seconds: share of the adverts between two pages that were no later}"""
    name = "vipd_advert_lateness_seconds"
    grown = after[f"{name}_count", ""] - before[f"{name}_count", ""]
    assert grown > 0
    return {float(labels[4:-1]): (value - before[key]) / grown
            for key, value in after.items() for got, labels in [key]
            if got == f"{name}_bucket" and "Inf" not in labels}


def within(shares, share):
    """The smallest bound that so many are within."""
    return min((bound for bound, got in shares.items() if got >= share), default=float("inf"))


class Reader(threading.Thread):
    """Reads the page again and again."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.host, self.over, self.read_n, self.bytes = host, threading.Event(), 0, 0

    def run(self):
        while not self.over.wait(EVERY):
            status, _, text = get(self.host)
            assert status == 200
            self.read_n += 1
            self.bytes = len(text)


@pytest.mark.campaign
def test_8160_routers_are_read_ten_times_a_second_and_no_advert_is_later(lab, home):
    host = lab.host("gw1", "10.0.0.2/16", segment="s0")
    for i in range(1, INTERFACES):
        host.attach(f"s{i}", f"10.{i}.0.2/16")
    one = lab.vipd(host, [router(200, name=f"r{i}v{vrid}", interface=f"eth{i}", vrid=vrid,
                                 interval="2s", addresses=[f"10.{i}.1.{vrid}/16"])
                          for i in range(INTERFACES) for vrid in range(1, VRIDS + 1)],
                   metrics=METRICS, state_dir=home, user="root")
    def all_active():
        page = served(host)
        return sum(value == 2 for (name, _), value in page.items()
                   if name == "vipd_router_state") == INTERFACES * VRIDS and page
    before = wait_until(all_active, timeout=60, what="all of them Active", every=0.5)
    time.sleep(WINDOW)           # what is measured is a stretch of time
    between = served(host)
    reader = Reader(host)
    reader.start()
    time.sleep(WINDOW)
    reader.over.set()
    reader.join(20)
    after = served(host)
    alone, read = lateness(before, between), lateness(between, after)
    print(f"{reader.read_n} pages of {reader.bytes / 1e6:.1f} MB in {WINDOW:g} s; adverts late by at "
          f"most, p50/p99/p99.9: alone {[within(alone, it) for it in (0.5, 0.99, 0.999)]} s, "
          f"read {[within(read, it) for it in (0.5, 0.99, 0.999)]} s")
    assert reader.read_n > 0.5 * WINDOW / (EVERY + 0.3)
    # One step of the histogram is about a factor of two: what this machine adds by itself.
    assert within(read, 0.99) <= 2.5 * within(alone, 0.99) + 0.001
    late = "vipd_router_late_timers_total"
    assert sum(value for (name, _), value in after.items() if name == late) == \
           sum(value for (name, _), value in between.items() if name == late)
    assert of(parse(one.ctl("metrics").stdout), "vipd_up") == 1
