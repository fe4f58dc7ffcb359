# SPDX-License-Identifier: MIT
"""The fault suite: what each test promises, what it measured, and the records of both.

    @pytest.mark.fault("F55", "address removed by somebody", "back within 5 ms", keepalived=True)
    def test_f55_address_removed(lab, fault):
        ...
        fault.measure("back", samples, "ms", promised=5, allowed=100)

FAULT_RECORDS names a directory: each worker appends there one JSON line per test to a file of its
own. DUT=keepalived runs the tests that apply to it, against Debian's keepalived.
"""

import json
import os
import statistics

import pytest

from faults.dut import KEEPALIVED

RANK = {"kept": 0, "late": 1, "skipped": 2, "broken": 3}


class Fault:
    """A fault's promise, and what came of it."""

    def __init__(self, number, name, promise, keepalived=False):
        self.number, self.name, self.promise = number, name, promise
        self.keepalived = keepalived
        self.result, self.why, self.values, self.facts = "kept", "", [], []

    def measure(self, what, value, unit="", promised=0, allowed=None):
        """Keeps a figure, of several samples the median, and fails if it is out of bounds.

        promised: what holds on a quiet machine. allowed: the most that a busy one may make of it;
        what no load excuses has none, and must be as promised.
        """
        samples = list(value) if isinstance(value, (list, tuple)) else [value]
        assert samples, f"nothing measured: {what}"
        middle = statistics.median(samples)
        limit = promised if allowed is None else allowed
        self.values.append({"what": what, "value": round(middle, 3), "unit": unit,
                            "samples": [round(sample, 3) for sample in samples],
                            "promised": promised, "allowed": limit})
        if middle > promised:
            self.worsen("late")
        assert middle <= limit, f"{what}: {samples} {unit}, promised {promised}, allowed {limit}"

    def saw(self, fact):
        """Keeps in words what was seen to be as promised."""
        self.facts.append(fact)

    def worsen(self, result):
        """The result is at least this bad."""
        self.result = max(self.result, result, key=RANK.get)

    def record(self, test):
        """All of it, for faults.py."""
        return {"fault": self.number, "name": self.name, "promise": self.promise, "test": test,
                "result": self.result, "why": self.why, "values": self.values,
                "facts": self.facts}


def pytest_configure(config):
    """The mark that every test in here carries."""
    config.addinivalue_line(
        "markers", "fault(number, name, promise, keepalived=False): the fault that is made")
    config.addinivalue_line("markers", "campaign: a form that `make faults` alone makes")


def pytest_collection_modifyitems(config, items):
    """Leaves out what keepalived has no answer to, when it is the one under test."""
    def applies(item):
        mark = item.get_closest_marker("fault")
        return not (KEEPALIVED and mark and not mark.kwargs.get("keepalived"))

    config.hook.pytest_deselected(items=[item for item in items if not applies(item)])
    items[:] = [item for item in items if applies(item)]


def _fault_of(item):
    """The Fault of a test, made when first asked for; None for a test of another kind."""
    if not hasattr(item, "fault"):
        mark = item.get_closest_marker("fault")
        item.fault = Fault(*mark.args, **mark.kwargs) if mark else None
    return item.fault


@pytest.fixture
def fault(request):
    """The Fault of this test."""
    return _fault_of(request.node)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes how each phase of a test ended, and writes the record after the last one."""
    report = (yield).get_result()
    found = _fault_of(item)
    if found is None:
        return
    if report.failed:
        found.worsen("broken")
        found.why = found.why or f"{call.excinfo.value!s}\n".splitlines()[0] or repr(
            call.excinfo.value)
        if KEEPALIVED:
            item.passed = True                     # a result, and no reason to keep files
    elif report.skipped:
        found.worsen("skipped")
        found.why = call.excinfo.value.msg
    if call.when == "teardown" and (directory := os.environ.get("FAULT_RECORDS")):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        with open(os.path.join(directory, f"{worker}.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(found.record(item.nodeid)) + "\n")
