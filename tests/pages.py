#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kill vipd between a change and its delivery, a thousand times, and see that no page is lost and
no action is run for a state that is not (`make pages N=1000`).

The kills are made in worlds of 25, each with a number: SEED, SEED + 1 and so on. What is drawn
depends on that number alone, so N=25 SEED=... makes a world again; what a busy machine makes of the
same kills differs. tests/net/pages.py says what happens in a world, pages_judge.py what must hold.

Exit status 0 if nothing was lost.
"""

import argparse
import concurrent.futures
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "net"))

from lab import Lab, LabError  # noqa: E402  (found by the line above)
from pages import SETTLE_S, World  # noqa: E402

WORLD = 25                       # kills in one


def play(seed, kills, patience_s):
    """One world. Return: (kills, seconds, pages, actions, what was wrong or "")."""
    began, world, wrong, told = time.monotonic(), None, "", (0, 0)
    try:
        with Lab(f"pages {seed}") as lab:
            world = World(lab, seed, patience_s)
            try:
                world.play(kills)
            finally:
                told = world.counts()
    except (LabError, OSError) as error:
        wrong = str(error)
    return world.kills if world else 0, time.monotonic() - began, *told, wrong


def play_all(options):
    """All of them, or until the first one that goes wrong. Return: how many did; kills."""
    sizes = [min(WORLD, options.n - done) for done in range(0, options.n, WORLD)]
    failed, made = 0, 0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        running = {pool.submit(play, options.seed + i, size, options.patience): options.seed + i
                   for i, size in enumerate(sizes)}
        for future in concurrent.futures.as_completed(running):
            done, seconds, pages, actions, wrong = future.result()
            made += done
            failed += bool(wrong)
            print(f"world {running[future]:9}: {'FAILS' if wrong else 'ok':5} {done:3} kills, "
                  f"{pages:5} pages, {actions:4} actions, {seconds:5.1f} s", flush=True)
            if wrong:
                print(f"  SEED={running[future]} N={WORLD}: {wrong}", flush=True)
            if wrong and options.first:
                pool.shutdown(cancel_futures=True)
                break
    return failed, made


def main():
    """Arguments, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("-n", type=int, default=1000, help="kills")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--patience", type=float, default=SETTLE_S,
                        help="seconds until all has to be told (default: %(default)s)")
    parser.add_argument("--first", action="store_true", help="end with the first failure")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worlds at a time")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the worlds are network namespaces: they need root (sudo make pages)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"SEED={options.seed} N={options.n}", flush=True)
    began = time.monotonic()
    failed, made = play_all(options)
    print(f"{made} kills in {time.monotonic() - began:.0f} s")
    print(f"{-(-options.n // WORLD) - failed} passed, {failed} failed, 0 skipped")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
