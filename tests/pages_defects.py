#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plant defects in who tells, one after another, and see that the kills of `make pages` find each
(`make page-defects`).

As tests/sim/defects.py does, in a copy of the tree; what is run are worlds of tests/pages.py, until
the first one fails. What only harms who is late for seconds, or runs for so long, no world would find:
that is a test's of its own, BY_TEST.

    pages_defects.py [--only NAME]... [-n KILLS] [--jobs J] [--list | --check]

Exit status 0 if the healthy code holds and each defect was found; 1 if one was not, or if its text
is not there exactly once any more. --check looks for the texts alone (`make check`).
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/sim"))

from defects import Defect, Misplaced, arguments, chosen, plant  # noqa: E402  (found by the line above)

FOLDERS = ("agent", "checks", "netlink", "vrrp")
FILES = ("Makefile", "debian/changelog")
BUILT = (*FOLDERS, "tests/net")
PROGRAMS = ("vipd", "vipctl", "vipd-checker", "vipd-notifier")
TIMEOUT_S = 600
FAILS = re.compile(r"^  SEED=(\d+) N=\d+: (.*)$", re.M)
WRONG = re.compile(r"^E +(.*)$", re.M)

DEFECTS = [
    # ---- what is written down, and when ----
    Defect("page-is-begun-before-it-is-written-down",
           "A page that is told twice, since vipd was killed, says that it was not told before.",
           "agent/notify/notifier.c",
           "notifier_begin_with(notifier, n); for (unsigned i = 0; i < n; i++)",
           "for (unsigned i = 0; i < n; i++)"),
    Defect("page-is-in-memory-alone",
           "A kill loses all that waits.",
           "agent/notify/keep.c",
           "if (notifier->store) store_put(notifier->store, delivery,",
           "if (false) store_put(notifier->store, delivery,"),
    Defect("page-that-was-told-stays",
           "All pages of before are sent again after a kill.",
           "agent/notify/keep.c",
           "if (notifier->store) store_remove(notifier->store, delivery->id);", "(void)delivery;"),
    Defect("page-is-not-on-the-disk",
           "A power cut loses pages that a command was begun for.",
           "agent/notify/store.c", "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"),
    Defect("page-that-was-begun-is-not-marked",
           "A repetition after a kill does not say that it is one.",
           "agent/notify/queue.c",
           "delivery->attempts++; put(queue, delivery);", "delivery->attempts++;"),
    Defect("page-of-a-lost-disk-is-not-marked",
           "Pages that are told once more, since the state directory was lost, do not say so.",
           "agent/notify/repeat.c",
           "return begun_has(&notifier->begun, ring, reader_id(notifier->reader, ring), seq);",
           "return false;"),
    # ---- the journal ----
    Defect("journal-is-read-from-its-end",
           "What happens while nobody reads the journal is told to nobody.",
           "agent/notify/reader.c",
           "of->cursor = (struct events_cursor){ 0, seq + 1 };",
           "of->cursor = (struct events_cursor){ 0, seq + 1 }; struct event skipped;"
           " uint64_t gone; while (events_next(of->events, &of->cursor, &skipped, &gone))"
           " of->seq = skipped.seq;"),
    Defect("journal-is-read-from-its-beginning",
           "All that the journal has is told again after a kill.",
           "agent/notify/reader.c",
           "if (!of->events || seq == 0 || events_id(of->events) != id)", "if (true)"),
    # ---- order ----
    Defect("order-is-lost-by-a-kill",
           "What waited is told the other way round after a kill.",
           "agent/notify/keep.c", "if (queue_load(notifier->queue, delivery) < 0)",
           "delivery->id = -delivery->id; if (queue_load(notifier->queue, delivery) < 0)"),
    Defect("order-two-at-once",
           "Two commands for one router run at one time.",
           "agent/notify/queue.c",
           "return !lane->busy && delivery_is_hook(lane->first) == hook",
           "return delivery_is_hook(lane->first) == hook"),
    Defect("order-command-outlives-its-notifier",
           "After a kill of the notifier its command runs beside the next one.",
           "checks/warden.c", "|| getppid() != warden->parent;", ";"),
    Defect("order-command-outlives-its-warden",
           "A command of root's goes on beside its next attempt.",
           "agent/notify/runner.c", "|| !end_orphans(runner);", "|| true;"),
    Defect("order-command-outlives-its-vipd",
           "The next vipd runs a command beside one of a dead vipd, which is about to begin.",
           "agent/notify/notifier.c", "notifier->home_fd, notifier->now_ns);",
           "-1, notifier->now_ns);"),
    Defect("order-two-notifiers-at-once",
           "Two notifiers tell of the same router.",
           "agent/**/home*.c", "flock(fd, LOCK_EX | LOCK_NB) < 0", "false"),
    # ---- what is told ----
    Defect("tell-failed-is-delivered",
           "A page whose command was killed counts as told.",
           "agent/notify/runner.c", "ended(arg, delivery, error[0] ? error : NULL);",
           "ended(arg, delivery, NULL);"),
    Defect("tell-merged-without-a-word",
           "Pages are left out and nobody learns how many.",
           "agent/notify/queue.c", "delivery->merged += last->merged + 1;", ";"),
    # ---- actions ----
    Defect("action-of-a-dead-vipd",
           "An address in a cloud is moved to a host that was Active before it was killed.",
           "agent/notify/tell.c", "return event->mono_ns < notifier->life_ns;", "return false;"),
    Defect("action-of-another-life",
           "Likewise, if the action had been tried before the kill.",
           "agent/notify/keep.c", "strcmp(life, notifier->setting.life) != 0", "false"),
    Defect("action-behind-the-last-will",
           "What a router did as Active is not undone when vipd gives up.",
           "agent/notify/notifier.c",
           "if (event->kind == EVENT_LAST_WILL && !is_earlier)", "if (false)"),
    Defect("action-that-is-no-longer-true",
           "Actions are taken for each state that was, one after the other.",
           "agent/notify/queue.c",
           "for (struct delivery *it = lane->first; it != newest; it = next)",
           "for (struct delivery *it = lane->first; false; it = next)"),
    Defect("action-of-the-next-vipd-by-the-last-one",
           "What the next vipd has to do is done by the notifier of a dead one, or by nobody.",
           "agent/notify/notifier.c", "notifier->succeeded = notifier->orphaned;", ";"),
    Defect("action-of-the-next-vipd-by-one-that-is-late",
           "Likewise, by one that has begun only now.",
           "agent/notify/notifier.c",
           "if (setting->is_orphan && setting->is_orphan(setting->keeper))", "if (false)"),
]

BY_TEST = {
    "order-command-outlives-its-notifier":
        "test_pages.py::test_next_vipd_has_no_command_beside_one_of_a_dead_vipd",
    "order-command-outlives-its-warden":
        "test_pages.py::test_killed_warden_leaves_nobody_beside_the_next_attempt",
    "order-command-outlives-its-vipd":
        "test_notify_late.py::"
        "test_warden_that_is_late_runs_nothing_beside_a_command_of_the_next_vipd",
    "action-of-the-next-vipd-by-the-last-one":
        "test_pages.py::test_next_vipd_waits_for_no_notifier_of_a_dead_keeper",
    "action-of-the-next-vipd-by-one-that-is-late":
        "test_notify_late.py::test_notifier_that_is_late_leaves_all_to_that_of_the_next_vipd",
}


def copy_tree(build):
    """A copy of what the programs are made of, and of what is made. Return where."""
    tree = build.resolve() / "page-defects"
    shutil.rmtree(tree, ignore_errors=True)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tree / folder)
    for folder in BUILT:
        shutil.copytree(build / folder, tree / "build" / folder)
    for program in PROGRAMS:
        shutil.copy2(build / program, tree / "build")
    for file in FILES:
        (tree / file).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / file, tree / file)
    return tree


def was_built(tree, path):
    """Whether what is run has this source in it."""
    built = (tree / "build" / path.relative_to(tree)).with_suffix(".o")
    return built.stat().st_mtime_ns >= path.stat().st_mtime_ns


def make(tree):
    """Build the programs. Return what the compiler says if they cannot be built."""
    made = subprocess.run(["make", "-s", "--no-print-directory", "all"], cwd=tree,
                          capture_output=True, text=True, check=False)
    return made.stderr if made.returncode else None


def programs(tree):
    """The environment in which these programs are run."""
    return {**os.environ, "VIPD": str(tree / "build/vipd"), "VIPCTL": str(tree / "build/vipctl")}


def test(tree, name):
    """One test with these programs. Return: (its name, what is wrong), or None."""
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/net/{name}"],
            cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
            env=programs(tree))
    except subprocess.TimeoutExpired:
        return name, "it hangs"
    if not ran.returncode:
        return None
    found = WRONG.search(ran.stdout)
    return name.partition("::")[2], found[1] if found else f"{ran.stdout}{ran.stderr}".strip()


def kill(tree, options):
    """Worlds with these programs. Return: (seed, what is wrong), or None."""
    try:
        ran = subprocess.run(
            [sys.executable, ROOT / "tests/pages.py", "-n", str(options.n), "--first",
             "--patience", "25", "--seed", str(options.seed), "--jobs", str(options.jobs)],
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=programs(tree))
    except subprocess.TimeoutExpired:
        return "?", "it hangs"
    if found := FAILS.search(ran.stdout):
        return found.groups()
    return ("?", ran.stderr.strip()) if ran.returncode else None


def hunt(tree, defect, options):
    """Plant one defect and look for it. Return: as kill(), or a text: an error."""
    try:
        path, text = plant(tree, defect)
    except Misplaced as error:
        return str(error)
    healthy = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    try:
        if error := make(tree):
            return error
        if not was_built(tree, path):
            return "it was not built"
        return test(tree, BY_TEST[defect.name]) if defect.name in BY_TEST else kill(tree, options)
    finally:
        path.write_text(healthy, encoding="utf-8")


def hunt_all(tree, defects, options):
    """Return: the names of those that were not found."""
    missed = []
    for defect in defects:
        began = time.monotonic()
        found = hunt(tree, defect, options)
        if isinstance(found, tuple):
            seed, what = found
            print(f"{defect.name:44} found by {seed}: {what:.100}", end="")
        else:
            missed.append(defect.name)
            print(f"{defect.name:44} {found or 'NOT FOUND'}", end="")
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    return missed


def main():
    """Arguments, and the sum."""
    parser = arguments(__doc__)
    parser.add_argument("-n", type=int, default=200, help="kills for each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    defects = chosen(options, DEFECTS)
    tree = copy_tree(options.build)
    if error := make(tree):
        sys.exit(f"the healthy code does not compile:\n{error}")
    if found := kill(tree, options):
        sys.exit(f"the healthy code fails with seed {found[0]}: {found[1]}")
    for name in (BY_TEST[defect.name] for defect in defects if defect.name in BY_TEST):
        if found := test(tree, name):
            sys.exit(f"the healthy code fails in {name}: {found[1]}")
    print(f"the healthy code holds: {options.n} kills", flush=True)
    missed = hunt_all(tree, defects, options)
    print(f"{len(defects) - len(missed)} of {len(defects)} defects found")
    print(f"{int(not missed)} passed, {int(bool(missed))} failed, 0 skipped")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
