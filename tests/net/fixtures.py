# SPDX-License-Identifier: MIT
"""A lab for each test, for the conftest.py of every suite that has labs."""

import contextlib
import os

import pytest

import records
from lab import Lab


@contextlib.contextmanager
def _lab_of(request, failed):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with Lab(request.node.nodeid) as made:
        yield made
        made.failed = failed(request.node)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets the fixture know how its test ended: a failed test's files are kept."""
    outcome = yield
    if call.when == "call":
        item.passed = not outcome.get_result().failed


@pytest.fixture
def lab(request):
    """A Lab for one test; its close also fails the test, see Lab.close()."""
    with _lab_of(request, lambda node: not getattr(node, "passed", False)) as made:
        yield made


@pytest.fixture(name="lab")
def recorded_lab(request):
    """Likewise for one whose outcome is recorded; what a failed one of vipd leaves is kept."""
    with _lab_of(request, lambda node: records.failed(node)
                 and os.environ.get("DUT") != "keepalived") as made:
        yield made
