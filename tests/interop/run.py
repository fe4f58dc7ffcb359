#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pair the agent with those of others in every dialect that they share (`make interop`).

Each row runs twice: the agent under test has the higher priority, or the lower one. Results go to
build/interop.json, too. DUT=keepalived puts Debian's keepalived in vipd's place.

Exit status 1 if a row of vipd failed that it supports and that is not the peer's fault.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "net")]

import records  # noqa: E402  (found by the line above)

TIMEOUT_S = 900


def table(rows):
    """A line per row and role."""
    width = max(map(len, records.RANK))
    yield f"{'PEER, VERSION, DELIVERY':45} {'PRIORITY':8} {'RESULT':{width}} WHY"
    for row in sorted(rows, key=lambda row: (row["row"], row["role"])):
        yield f"{row['row']:45} {row['role']:8} {row['result']:{width}} {row['why']}".rstrip()


def main():
    """Run, print, write."""
    args = records.arguments(__doc__, workers=6, of="rows")
    build = ROOT / args.build
    rows, ran = records.run(HERE, build, build / f"interop-{args.dut}.log", dut=args.dut,
                            workers=args.workers, select=args.select, timeout=TIMEOUT_S)
    if not args.select:
        (build / "interop.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(rows)))
    print(f"\n{args.dut}: {records.summary(rows)}")
    print("no rows: version 2 over IPv6 does not exist; FRR has no unicast, and the virtual MAC only")
    failed = args.dut == "vipd" and any(row["result"] == records.FAIL for row in rows)
    return 1 if not rows or not ran or failed else 0


if __name__ == "__main__":
    sys.exit(main())
