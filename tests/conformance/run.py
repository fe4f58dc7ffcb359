#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Show requirement by requirement what the agent does on the wire (`make conformance`).

Prints a row for each requirement and variant; DUT=keepalived asks Debian's keepalived. All results
go to build/conformance.json, those of each agent by its name, and the table shows what is there.

Exit status 1 if vipd supports something and misses a MUST of it, or if a test could not run.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "net")]

import records  # noqa: E402  (found by the line above)
from records import DECIDED, FAIL, PASS, UNSEEN, UNSUPPORTED  # noqa: E402
from unseen import DECISIONS, EVERY, UNSEEN as UNSEEN_RULES  # noqa: E402

TIMEOUT_S = 1800


def key_of(row):
    """What makes a row of the table."""
    return row["rule"], row["variant"], row["text"]


def with_decision(dut, row):
    """The row, unless the agent's makers decided that it does not do this."""
    decided = DECISIONS.get((dut, row["rule"]))
    return row | {"result": DECIDED, "why": decided} if decided and row["result"] != PASS else row


def unseen_rows():
    """Rows of what no test shows."""
    for rule, why in UNSEEN_RULES:
        for variant in rule.variants:
            yield {"rule": rule.number, "level": rule.level, "text": rule.text,
                   "variant": str(variant), "result": UNSEEN, "why": why, "test": ""}


def load(path):
    """The results of former runs, by agent."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def table(results, dut):
    """A line per row of the agent that ran, with a column for each agent that has results."""
    agents = sorted(results, reverse=True)         # vipd first
    by_key = {agent: {key_of(row): row["result"] for row in results[agent]} for agent in agents}
    width = max(map(len, records.RANK))
    yield f"{'':5}  {'VARIANT':8} {'LEVEL':6} " + " ".join(
        f"{agent.upper():{width}}" for agent in agents) + " REQUIREMENT"
    for row in sorted(results[dut], key=lambda row: (row["rule"], row["variant"])):
        cells = (by_key[agent].get(key_of(row), "-") for agent in agents)
        yield f"{row['rule']:5}  {row['variant']:8} {row['level']:6} " + " ".join(
            f"{cell:{width}}" for cell in cells) + f" {row['text']}"


def reasons(rows):
    """Why a row is not a pass: each failure, and the others by their reasons."""
    for result in (UNSUPPORTED, UNSEEN, DECIDED):
        grouped = {}
        for row in rows:
            if row["result"] == result:
                why = re.sub(r'"[0-9a-f:./]+"', '"..."', row["why"])     # whichever address it was
                grouped.setdefault(why, set()).add(row["rule"])
        if grouped:
            yield f"\n{result}:"
        for why, numbers in sorted(grouped.items()):
            yield f"  {why}: {' '.join(sorted(numbers))}"
    failed = [row for row in rows if row["result"] == FAIL]
    if failed:
        yield f"\n{FAIL}:"
    for row in sorted(failed, key=key_of):
        yield f"  {row['rule']} {row['variant']} {row['level']}: {row['text']}: {row['why']}"


def main():
    """Run, print, write."""
    args = records.arguments(__doc__, workers=8)
    build = ROOT / args.build
    found, ran = records.run(HERE, build, build / f"conformance-{args.dut}.log", dut=args.dut,
                             workers=args.workers, select=args.select, timeout=TIMEOUT_S)
    if not args.select:
        found += unseen_rows()
    rows = records.worst((with_decision(args.dut, row) for row in found), key_of)
    path = build / "conformance.json"
    results = load(path) | {args.dut: rows}
    if not args.select:
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print("\n".join([*table(results, args.dut), *reasons(rows)]))
    musts = sum(row["result"] == FAIL and row["level"] == "MUST" for row in rows)
    print(f"\n{args.dut}: {records.summary(rows)}; {musts} MUST failed")
    missing = sorted(set(EVERY) - {row["rule"] for row in rows}) if not args.select else []
    if missing:
        print(f"without a row: {' '.join(missing)}")
    return 1 if not rows or not ran or missing or (musts and args.dut == "vipd") else 0


if __name__ == "__main__":
    sys.exit(main())
