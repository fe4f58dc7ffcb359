# SPDX-License-Identifier: MIT
"""Finds the labs and the agents of tests/net."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "net")]

import debian  # noqa: E402  (found by the line above)
from lab import Lab  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def base_system():
    """Made before any lab, since it may take minutes."""
    if os.geteuid() == 0:
        debian.base()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets the fixture know how its test ended: a failed test's files are kept."""
    outcome = yield
    if call.when == "call":
        item.passed = not outcome.get_result().failed


@pytest.fixture
def lab(request):
    """A Lab for one test."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with Lab(request.node.nodeid) as made:
        yield made
        made.failed = not getattr(request.node, "passed", False)
