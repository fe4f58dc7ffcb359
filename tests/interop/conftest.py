# SPDX-License-Identifier: MIT
"""Finds the labs, the agents and the packets of the other suites, and records each row."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, "conformance"), os.path.join(TESTS, "net")]

import records  # noqa: E402  (found by the line above)
from fixtures import recorded_lab  # noqa: E402,F401  pylint: disable=unused-import


def pytest_configure(config):
    """The rows that `make check` has."""
    config.addinivalue_line("markers", "sample: a row that make check has, too")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes how each phase ended, and writes the row after the last one."""
    report = (yield).get_result()
    item.outcome = records.outcome(report, call, *filter(None, [getattr(item, "outcome", None)]))
    if call.when == "teardown":
        (result, why), given = item.outcome, item.callspec.params
        records.write([{"row": str(given["row"]), "role": given["role"], "result": result,
                        "why": why or getattr(item, "notes", ""), "test": item.nodeid}])
