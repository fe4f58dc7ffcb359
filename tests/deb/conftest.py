# SPDX-License-Identifier: MIT
"""Finds the labs and the agents of tests/net."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "net")]

import debian  # noqa: E402  (found by the line above)
from fixtures import lab, pytest_runtest_makereport  # noqa: E402,F401  pylint: disable=unused-import


@pytest.fixture(scope="session", autouse=True)
def base_system():
    """Made before any lab, since it may take minutes."""
    if os.geteuid() == 0:
        debian.base()
