#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run all tests and add up what the runners say. The last line is the sum.

Network tests mostly wait, so what computes runs beside them. What measures milliseconds, or the
agents of others, runs when nothing else does.

A test that fails beside others is run once more by itself, and counts as that ends: a crowd of
networks on two processors does not keep each promise of a tenth of a second. That, and how it
failed, is printed. What fails for a reason fails again; and when more than a few fail, they have.
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
SIM_SEEDS = 1000
NET_WORKERS = 8  # these tests mostly wait: one of them takes a tenth of a processor
AGAIN_MAX = 10  # tests of a suite that are run once more; a fault fails twice, however many
BESIDE_WORKERS = 2
INTEROP_WORKERS = 4  # peers of others are late on a busy machine
LANES = (("arrows", "unit", "conf", "imports", "fuzz", "sim", "notify"), ("net",))
NICE = (10, 0)  # of a lane: who computes makes nobody late
LAST = ("interop", "alone")
SPEAKING = threading.Lock()
TESTS_FAILED = 1  # exit status of pytest, when that is all that is wrong
# A crash is the business of the tests that cause it; leaks are errors all the same.
SANITIZER_OPTIONS = "handle_segv=0:handle_abort=0:detect_leaks=1"


class Count:
    """Tests passed, failed and skipped; and the names of those that count when run once more."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.again = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.again += other.again

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(argv, log, timeout, **env):
    """Run one runner with its output in a log file. Returns its exit status and output."""
    with open(log, "w", encoding="utf-8", errors="replace") as out:
        try:
            status = subprocess.run(argv, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
                                    stdin=subprocess.DEVNULL, timeout=timeout, check=False,
                                    env=os.environ | env).returncode
        except subprocess.TimeoutExpired:
            out.write(f"\ntimed out after {timeout} s\n")
            status = -1
    return status, Path(log).read_text(encoding="utf-8", errors="replace")


def agree(count, status):
    """A runner that fails without a failed test has failed all the same."""
    if status != 0 and count.failed == 0:
        count.failed = 1
    if count.passed + count.failed + count.skipped == 0:
        count.failed = 1
    return count


def last_sum(status, output):
    """Count by the closing line of a runner of ours."""
    sums = SUM.findall(output)
    return agree(Count(*map(int, sums[-1])) if sums else Count(), status)


def by_report(report, status):
    """Count by a report of pytest's."""
    count = Count()
    if report.exists():
        suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        skipped = int(suite.get("skipped"))
        count = Count(int(suite.get("tests")) - failed - skipped, failed, skipped)
    return agree(count, status)


def failed_tests(report):
    """Their names, as pytest takes them."""
    return [f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"
            for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None]


def tap(status, output):
    """Count cmocka's lines."""
    skipped = len(re.findall(r"^ok .*# SKIP", output, re.MULTILINE))
    passed = len(re.findall(r"^ok ", output, re.MULTILINE)) - skipped
    return agree(Count(passed, len(re.findall(r"^not ok ", output, re.MULTILINE)), skipped), status)


class Suites:
    """Each suite returns (log, Count) pairs."""

    def __init__(self, build, workers):
        self.build = ROOT / build
        self.workers = workers
        self.logs = self.build / "check"
        self.logs.mkdir(parents=True, exist_ok=True)

    def command(self, name, argv, count, timeout=300, **env):
        log = self.logs / f"{name}.log"
        return log, count(*run([str(a) for a in argv], log, timeout, **env))

    def arrows(self):
        """What may use what: tests/lint.sh."""
        def one(status, _):
            return Count(passed=1) if status == 0 else Count(failed=1)
        yield self.command("arrows", ["tests/lint.sh", self.build, "arrows"], one)

    def unit(self):
        for program in sorted((self.build / "tests/unit").glob("test_*")):
            if program.suffix == "":
                yield self.command(program.name, [program], tap, CMOCKA_MESSAGE_OUTPUT="TAP")

    def conf(self):
        yield self.command("conf", ["tests/conf/run.py", "--vipd", self.build / "vipd"], last_sum)

    def imports(self):
        """Configurations of keepalived, and what vipctl makes of them."""
        yield self.command("import", ["tests/import/run.py", "--vipd", self.build / "vipd",
                                      "--vipctl", self.build / "vipctl"], last_sum)

    def sim(self):
        """The simulator, and whether the texts of its planted defects are still in the code."""
        yield self.command("sim-defects", ["tests/sim/defects.py", "--check"], last_sum)
        yield self.command("sim-scenarios", [self.build / "sim", "--scenarios"], last_sum)
        yield self.command("sim-seeds", [self.build / "sim", "--seeds", SIM_SEEDS, "--seed0", 1],
                           last_sum)

    def fuzz(self):
        """Every input of the corpus once more."""
        def replayed(status, output):
            found = re.search(r"(\d+) inputs? replayed|replayed (\d+)", output)
            n = int(next(filter(None, found.groups()))) if found else 0
            return agree(Count(passed=n), status)
        for program in sorted((self.build / "tests/fuzz").glob("replay_*")):
            if program.suffix == "":
                corpus = ROOT / "tests/fuzz/corpus" / program.name.removeprefix("replay_")
                yield self.command(program.name, [program, corpus], replayed)

    def net(self):
        """Real binaries in network namespaces. First one process has all tests compiled: else each
        worker does it, for three seconds."""
        run(self.pytest_argv("tests/net", "--collect-only"), self.logs / "collect.log", 120,
            **self.pytest_env)
        yield from self.crowd("net", ["-m", "not alone and not campaign", "-n", self.workers])

    def alone(self):
        """Those of them that measure milliseconds, by themselves."""
        yield self.by_itself("alone", ["-m", "alone and not campaign"], "tests/net")

    def notify(self):
        """The commands of etc/notify.d, against services on loopback; and whether the texts of the
        defects that `make page-defects` plants are still in the code."""
        yield self.command("page-defects", ["tests/pages_defects.py", "--check"], last_sum)
        yield from self.crowd("notify", ["-n", BESIDE_WORKERS], "tests/notify")

    def interop(self):
        """Some pairs of `make interop`."""
        yield from self.crowd("interop", ["-m", "sample", "-n", INTEROP_WORKERS], "tests/interop")

    def crowd(self, name, how, tests="tests/net"):
        """Tests beside each other; a few that fail so are run again, by themselves."""
        log, count = self.pytest(name, how, tests)
        if count.failed <= AGAIN_MAX and count.failed == len(count.again):
            count.failed = 0
        else:
            count.again = []
        yield log, count
        if count.again:
            yield self.by_itself(f"{name}-again", [], *count.again)

    def by_itself(self, name, how, *tests):
        """What fails here has failed."""
        log, count = self.pytest(name, how, *tests)
        count.again = []
        return log, count

    def pytest(self, name, how, *tests):
        """Return: its log and Count, with the names of what has failed, if that is all there is."""
        report = self.logs / f"{name}.xml"
        report.unlink(missing_ok=True)

        def count_all(status, _):
            count = by_report(report, status)
            if status == TESTS_FAILED:
                count.again = failed_tests(report)
            return count
        return self.command(name, self.pytest_argv(*tests, "-rs", f"--junit-xml={report}", *how),
                            count_all, timeout=900, **self.pytest_env)

    @staticmethod
    def pytest_argv(*more):
        """The command line of pytest."""
        return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, more)]

    @property
    def pytest_env(self):
        """What it finds in its environment; the tree stays free of what it compiles."""
        return {"VIPD": str(self.build / "vipd"), "ASAN_OPTIONS": SANITIZER_OPTIONS,
                "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.logs / "compiled")}


def show_failure(log):
    """The end of a failed runner's log, where runners say what went wrong."""
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"---- the last lines of {os.path.relpath(log)} ----")
    print("\n".join(lines[-80:]))
    print("----")


def show_skips(log):
    """A skipped test says why, aloud."""
    for line in Path(log).read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("SKIPPED") or "# SKIP" in line:
            print(f"  {line}")


def run_suite(suites, name):
    """Runs a suite and prints a line, and what is to be said. Return: its Count."""
    start, count = time.monotonic(), Count()
    logs = list(getattr(suites, name)())
    for _, part in logs:
        count.add(part)
    with SPEAKING:
        print(f"{name:8} {agree(count, 0)}  ({time.monotonic() - start:.1f} s)", flush=True)
        for log, part in logs:
            if part.failed or part.again:
                show_failure(log)
            for test in part.again:
                print(f"  {test}: failed beside others, and counts as by itself")
            if part.skipped:
                show_skips(log)
    return count


def main():
    """Run the suites, print a line each and the sum."""
    names = [name for lane in (*LANES, LAST) for name in lane]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--workers", type=int, default=NET_WORKERS,
                        help="network tests at a time")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of: {' '.join(names)}")
    args = parser.parse_args()
    if set(args.suites) - set(names):
        parser.error(f"suites are: {' '.join(names)}")
    suites, chosen = Suites(args.build, args.workers), args.suites or names

    def run_lane(lane, nice=0):
        os.nice(nice)  # of this thread, and of what it starts
        return [run_suite(suites, name) for name in lane if name in chosen]

    total = Count()
    with concurrent.futures.ThreadPoolExecutor() as lanes:
        counts = [count for lane in lanes.map(run_lane, LANES, NICE) for count in lane]
    for count in counts + run_lane(LAST):
        total.add(count)
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
