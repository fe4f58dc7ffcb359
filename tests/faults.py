#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Put vipd through its faults, and print what was promised and what came of it (`make faults`).

The tests are those of tests/net/faults. A result is "kept" when all figures are as promised, "late"
when some were beyond that, yet within what a busy machine may add, "broken" when the test failed.
All figures and samples go to build/faults.json.

DUT=keepalived puts Debian's keepalived through those that apply, for a column of its own beside
vipd's, which are taken from the last run of vipd. A promise that it breaks is a result there, not a
failure of the run.

Exit status 0 if every test of vipd held, or if keepalived could be measured.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/net"))

from records import arguments  # noqa: E402  (found by the line above)

PYTHON = "/usr/bin/python3"      # the one that Debian's pytest belongs to
TIMEOUT_S = 600
PYTEST_RAN = (0, 1)              # all passed, some failed; anything else is no result
PYTEST_EMPTY = 5                 # nothing was selected
WIDTHS = (18, 30, 44, 46)        # fault, its name, promise, measured
PARAMETER = re.compile(r"\[(.*)\]$")


def worst(statuses):
    """Of pytest's exit statuses; that nothing was selected in one of two runs is none."""
    return max(status if status != PYTEST_EMPTY else 0 for status in statuses)


def run(build, dut, workers, select):
    """Run the tests, those that measure milliseconds by themselves and last.

    Returns pytest's exit status and the records.
    """
    with tempfile.TemporaryDirectory(prefix="vipd-faults-") as records:
        env = os.environ | {"FAULT_RECORDS": records, "DUT": dut, "PYTHONDONTWRITEBYTECODE": "1"}
        env.setdefault("VIPD", str(build / "vipd"))
        log = build / f"faults-{dut}.log"
        with open(log, "w", encoding="utf-8") as out:
            status = worst(subprocess.run(
                [PYTHON, "-m", "pytest", "tests/net/faults", "-q", "-p", "no:cacheprovider",
                 "-m", marks, *how, *(["-k", select] if select else [])],
                cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                timeout=TIMEOUT_S, check=False).returncode for marks, how in (
                    ("not alone", ["-n", str(workers)]), ("alone", [])))
        found = [json.loads(line) for path in Path(records).iterdir()
                 for line in path.read_text(encoding="utf-8").splitlines()]
    if status not in PYTEST_RAN or (status == 1 and not found):
        sys.stderr.write(log.read_text(encoding="utf-8")[-4000:])
    return status, sorted(found, key=lambda it: (int(it["fault"][1:]), it["test"]))


def figures(record):
    """What was measured, in words."""
    if record["result"] == "skipped":
        return f"not made: {record['why']}"
    texts = [f"{it['what']} {it['value']:.4g}{' ' * (it['unit'] not in ('', '%'))}{it['unit']}"
             for it in record["values"]] + record["facts"]
    if record["result"] == "broken":
        texts.append(f"BROKEN: {record['why']}")
    return "; ".join(texts) or "as promised"


def title(record):
    """The fault's number, and the parameter of its test."""
    parameter = PARAMETER.search(record["test"])
    return f"{record['fault']} {parameter[1]}" if parameter else record["fault"]


def row(cells, result, widths):
    """A row of the table; long cells go on below."""
    columns = [textwrap.wrap(cell, width - 2) or [""] for cell, width in zip(cells, widths)]
    for n in range(max(map(len, columns))):
        line = "".join(f"{column[n] if n < len(column) else '':{width}}"
                       for column, width in zip(columns, widths))
        yield (line + (result if n == 0 else "")).rstrip()


def table(records):
    """Fault, promise, measured, result."""
    yield from row(("FAULT", "", "PROMISE", "MEASURED"), "RESULT", WIDTHS)
    for it in records:
        yield from row((title(it), it["name"], it["promise"], figures(it)), it["result"], WIDTHS)


def cell(record):
    """Result and figures in one."""
    return f"{record['result']}: {figures(record)}" if record else "-"


def comparison(ours, theirs):
    """Fault, promise, vipd, keepalived."""
    widths = (18, 36, 44, 44)
    by_test = {it["test"]: it for it in ours}
    yield from row(("FAULT", "PROMISE", "VIPD", "KEEPALIVED"), "", widths)
    for it in theirs:
        yield from row((title(it), f"{it['name']}: {it['promise']}",
                        cell(by_test.get(it["test"])), cell(it)), "", widths)


def load(path):
    """The results of former runs, by program; none if there are none to be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def summary(records):
    """How many of each result."""
    counts = {result: sum(it["result"] == result for it in records)
              for result in ("kept", "late", "broken", "skipped")}
    return ", ".join(f"{number} {result}" for result, number in counts.items())


def main():
    """Run, print, write."""
    args = arguments(__doc__, workers=6)
    build = ROOT / args.build
    status, records = run(build, args.dut, args.workers, args.select)
    path = build / "faults.json"
    results = load(path) | {args.dut: records}
    if not args.select:
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    lines = (table(records) if args.dut == "vipd"
             else comparison(results.get("vipd", []), records))
    print("\n".join(lines))
    print(f"{args.dut}: {summary(records)}")
    if args.dut == "keepalived":
        return 0 if records and status in PYTEST_RAN else 1
    return 0 if records and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
