# SPDX-License-Identifier: MIT
"""Finds the labs, the agents and the packets of the other suites, and records each row."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, "conformance"), os.path.join(TESTS, "net")]

import records  # noqa: E402  (found by the line above)
from lab import Lab  # noqa: E402


def pytest_configure(config):
    """The rows that `make check` has."""
    config.addinivalue_line("markers", "sample: a row that make check has, too")


@pytest.fixture
def lab(request):
    """A Lab for one test; what a failed one of vipd leaves is kept."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with Lab(request.node.nodeid) as made:
        yield made
        made.failed = records.failed(request.node) and os.environ.get("DUT") != "keepalived"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes how each phase ended, and writes the row after the last one."""
    report = (yield).get_result()
    item.outcome = records.outcome(report, call, *filter(None, [getattr(item, "outcome", None)]))
    if call.when == "teardown":
        (result, why), given = item.outcome, item.callspec.params
        records.write([{"row": str(given["row"]), "role": given["role"], "result": result,
                        "why": why or getattr(item, "notes", ""), "test": item.nodeid}])
