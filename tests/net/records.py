# SPDX-License-Identifier: MIT
"""What came of each test, as one JSON line per row that it proves: for programs that make tables.

RECORDS names a directory; each worker of pytest appends there to a file of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PYTHON = "/usr/bin/python3"      # the one that Debian's pytest belongs to
PASS, UNSUPPORTED, UNSEEN = "pass", "not supported by this build", "not visible"
DECIDED, PEER, FAIL = "by decision", "the peer's fault", "FAIL"
RANK = (UNSUPPORTED, PASS, UNSEEN, DECIDED, PEER, FAIL)       # of two, the later one is told


class NotSupported(pytest.skip.Exception):
    """An agent refuses the configuration, and says why: this build cannot do it."""


class PeerFault(pytest.skip.Exception):
    """The test saw that the peer, and not the agent under test, misbehaves."""


def outcome(report, call, former=(PASS, "")):
    """(result, why) of a test after one of its phases; former: after the phase before."""
    if report.skipped:
        kinds = {NotSupported: UNSUPPORTED, PeerFault: PEER}
        kind = next((kinds[it] for it in kinds if call.excinfo.errisinstance(it)), UNSEEN)
        return kind, call.excinfo.value.msg
    if report.failed:
        text = str(call.excinfo.value) or call.excinfo.typename
        return FAIL, text.splitlines()[0].removeprefix("AssertionError: ")[:160]
    return former


def failed(item):
    """Whether a test has failed so far, if its outcome() is kept as item.outcome."""
    return getattr(item, "outcome", (PASS, ""))[0] == FAIL


def write(rows):
    """Appends rows, dictionaries, if somebody wants them."""
    directory = os.environ.get("RECORDS")
    if not directory:
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with open(os.path.join(directory, f"{worker}.jsonl"), "a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def arguments(text, workers, of="tests"):
    """What was asked for of a program that makes a table; text: its description. Root runs it."""
    parser = argparse.ArgumentParser(description=text.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--dut", default=os.environ.get("DUT") or "vipd",
                        choices=["vipd", "keepalived"])
    parser.add_argument("--workers", type=int, default=workers,
                        help="tests at a time; they mostly wait")
    parser.add_argument("-k", dest="select", help=f"some {of} only, as pytest's -k")
    args = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("network namespaces need root")
    return args


def run(tests, build, log, *, dut, workers, select="", timeout):
    """Runs the tests of a directory. Return: their rows, whether pytest could run them all.

    log: the file for what pytest says; its end is shown if it could not.
    """
    root = Path(tests).resolve().parent.parent
    with tempfile.TemporaryDirectory(prefix="vipd-records-") as records:
        env = os.environ | {"RECORDS": records, "DUT": dut, "PYTHONDONTWRITEBYTECODE": "1"}
        env.setdefault("VIPD", str(build / "vipd"))
        with open(log, "w", encoding="utf-8") as out:
            status = subprocess.run(
                [PYTHON, "-m", "pytest", str(tests), "-q", "-p", "no:cacheprovider", "-n",
                 str(workers), "--tb=short", *(["-k", select] if select else [])],
                cwd=root, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                timeout=timeout, check=False).returncode
        found = [json.loads(line) for path in Path(records).iterdir()
                 for line in path.read_text(encoding="utf-8").splitlines()]
    if status not in (0, 1):
        sys.stderr.write(log.read_text(encoding="utf-8")[-4000:])
    return found, status in (0, 1)


def worst(rows, key):
    """Of rows with the same key(row), the one with the worst result."""
    found = {}
    for row in rows:
        if key(row) not in found or RANK.index(row["result"]) > RANK.index(
                found[key(row)]["result"]):
            found[key(row)] = row
    return list(found.values())


def summary(rows):
    """How many there are of each result."""
    counts = {result: sum(row["result"] == result for row in rows) for result in RANK}
    return ", ".join(f"{number} {result}" for result, number in counts.items() if number)
