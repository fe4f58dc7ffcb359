# SPDX-License-Identifier: MIT
"""Requirements as marks of tests, and a record of what came of each.

    @rule("R-069", MUST, "priority 0 leaves the skew time", V3, V6)
    @rule("R-149", MUST, "skew time does not depend on the interval", V2)
    def test_farewell(scene): ...

runs the test for each variant of its rules, and records a row per rule and variant.
"""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "net")]

import records  # noqa: E402  (found by the line above)
import rules  # noqa: E402
from fixtures import recorded_lab  # noqa: E402,F401  pylint: disable=unused-import
from scene import Scene  # noqa: E402


def pytest_generate_tests(metafunc):
    """One test for each variant that a rule of it names."""
    if "variant" in metafunc.fixturenames:
        variants = rules.variants_of(metafunc.function)
        metafunc.parametrize("variant", variants, ids=str)


@pytest.fixture
def scene(lab, variant):
    """A Scene of the variant; nothing is started yet."""
    return Scene(lab, variant)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes how each phase ended, and writes the rows after the last one."""
    report = (yield).get_result()
    item.outcome = records.outcome(report, call, *filter(None, [getattr(item, "outcome", None)]))
    if call.when == "teardown" and hasattr(item, "callspec"):
        result, why = item.outcome
        variant = item.callspec.params["variant"]
        records.write({"rule": rule.number, "level": rule.level, "text": rule.text,
                       "variant": str(variant), "result": result, "why": why, "test": item.nodeid}
                      for rule in rules.rules_of(item.function, variant))
