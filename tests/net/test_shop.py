# SPDX-License-Identifier: MIT
"""The shop of etc/examples/shop: what `make shop` shows, in short, and what its parts refuse.

What its files do is seen with real nginx and PostgreSQL. Its gaps have bounds with room for a
machine that has other things to do.
"""

import glob
import http.client
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest

import reaper
from agents import ROOT
from lab import Lab, wait_until
from processes import name_of

sys.path[:0] = [os.path.join(ROOT, "tests"), os.path.join(ROOT, "tests", "shop")]

from customers import Order  # noqa: E402  (found by the line above)
from machines import EXAMPLES, SHOP, Database, Web, adopt_orphans, missing_packages  # noqa: E402
import shop  # noqa: E402

SCRIPT = os.path.join(ROOT, "tests", "shop.py")
POSTGRES = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]

needs_services = pytest.mark.skipif(
    bool(missing_packages()) or os.geteuid() != 0,
    reason=f"needs root, and {', '.join(missing_packages()) or 'what is installed'}")


class Run:
    """tests/shop.py --short; what it leaves is looked for when it has ended."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, SCRIPT, "--short"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lab = f"vipd-{self.process.pid}"      # how its names begin

    @property
    def left(self):
        """Its namespaces, so the processes in them; its files, and mounts below them."""
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            return [*reaper.namespaces(self.lab), *glob.glob(reaper.directory(self.lab) + "-*"),
                    *(line for line in mounts if f"/{self.lab}-" in line)]

    def wait_nothing_left(self):
        wait_until(lambda: not self.left, 30, lambda _: f"{self.left} to be removed")


@pytest.mark.long
@needs_services
def test_shop_goes_on():
    run = Run()
    output, _ = run.process.communicate(timeout=180)
    assert run.process.returncode == 0, output
    rows = re.findall(r"^  (\S.*?) +(\d+) +(\d+) +(\d+) +(\d+) +(?:(\d+) ms +\d+ ms)?$", output, re.MULTILINE)
    names = [name for name, *_ in rows]
    assert len(names) >= 9 and "db1, the primary, loses its power" in names, output
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        shown = re.findall(r"^    (\S.*?) +\d+ +\d+ +\d+ +\d+", file.read(), re.MULTILINE)
    assert set(names) <= set(shown), "README shows another table"
    assert all(int(placed) > 0 and int(lost) == int(twice) == 0
               for _, placed, _, lost, twice, _ in rows), output
    run.wait_nothing_left()


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@needs_services
def test_shop_that_is_interrupted_leaves_nothing(number):
    moment = random.uniform(0, 12)
    run = Run()
    run.process.stdout.readline()                  # "the shop opens"
    time.sleep(moment)                             # any moment will do
    shared = [pid for pid in reaper.processes(reaper.namespaces(run.lab)) if name_of(pid) == "postgres"
              and os.readlink(f"/proc/{pid}/ns/ipc") == os.readlink("/proc/self/ns/ipc")]
    assert run.left, "what is to be removed"
    run.process.send_signal(number)
    output, _ = run.process.communicate(timeout=60)
    story = f"after {moment:.3f} s: {run.process.returncode}, {output}"
    assert not shared, f"its shared memory outlives it, {story}"
    assert run.process.returncode == (-number if number == signal.SIGKILL else 128 + number), story
    run.wait_nothing_left()


@needs_services
def test_shop_says_what_is_not_installed():
    hide = ("mount --bind /dev/null /usr/sbin/nginx && mount -t tmpfs none /usr/lib/postgresql && exec \"$@\"")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", hide, "sh", sys.executable, SCRIPT],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr == ("the shop needs nginx-light, postgresql: \"sudo tests/need.sh shop\" "
                           "installs what is missing\n")


def test_packages_that_cannot_be_installed_are_named(tmp_path):
    for name, body in (("dpkg-query", 'case $4 in nginx-light | postgresql) exit 1 ;; esac; printf "ii "'),
                       ("apt-get", "echo E: no route to the mirror; exit 100"), ("sudo", 'exec "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(["tests/need.sh", "shop"], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1
    assert "need.sh: could not install nginx-light postgresql\n" in done.stderr
    assert "no route to the mirror" in done.stderr


class Books:
    """Customers whose orders are made up, as (key, placed ms, acknowledged ms)."""

    def __init__(self, *orders):
        self.addresses = ["192.0.2.10"]
        self.orders = [Order(key, "192.0.2.10", placed * 10**6, acked * 10**6) for key, placed, acked in orders]

    placed, acknowledged = shop.Customers.placed, shop.Customers.acknowledged
    longest_gap = shop.Customers.longest_gap


@pytest.mark.parametrize("parcels, orders, complaint", [
    ({"a": 1, "b": 1, "c": 1}, [("a", 1, 2), ("b", 3, 4), ("c", 5, 0)], None),
    ({"a": 1}, [("a", 1, 2), ("b", 3, 4)], "1 acknowledged orders lost, 0 sent twice"),
    ({"a": 1, "b": 2}, [("a", 1, 2), ("b", 3, 4)], "0 acknowledged orders lost, 1 sent twice"),
    ({"a": 1, "b": 1}, [("a", 1, 2), ("b", 3, 54)], "nothing acknowledged for 52 ms"),
], ids=["all is well", "lost", "twice", "gap"])
def test_the_table_finds_what_must_not_be(monkeypatch, capsys, parcels, orders, complaint):
    scene = object.__new__(shop.Shop)
    scene.customers, scene.events = Books(*orders), [shop.Event("it", 50, 0, 100 * 10**6)]
    monkeypatch.setattr(scene, "sent", lambda: shop.collections.Counter(parcels), raising=False)
    complaints = scene.table()
    assert "longest gap" in capsys.readouterr().out
    if complaint is None:
        assert not complaints
    else:
        assert any(complaint in line for line in complaints)


def test_scripts_are_clean():
    scripts = [os.path.join(EXAMPLES, "database", name) for name in ("database", "promote", "may-serve")]
    subprocess.run(["shellcheck", *scripts], check=True)
    subprocess.run(["dash", "-n", *scripts], check=True)


def put(web, path, body):
    """Asks a worker. Return: its status."""
    with web.host.inside():
        connection = http.client.HTTPConnection("198.51.100.21", 8000, timeout=20)
        try:
            connection.request("PUT", path, body=body)
            return connection.getresponse().status
        finally:
            connection.close()


class Pair:
    """Two databases without vipd, db2 the standby of db1, and a web worker of db1."""

    def __init__(self, lab):
        self.lab = lab
        one, two = "198.51.100.31", "198.51.100.32"
        self.db1 = Database(lab, "db1", ("back", f"{one}/24"), peer=two, address=two)
        self.db2 = Database(lab, "db2", ("back", f"{two}/24"), peer=one, address=one)
        self.web = Web(lab, "web1", ("back", "198.51.100.21/24"))
        self.db1.database("first")
        self.db2.database("join")
        self.web.boot(one)

    def order(self, key):
        """Places an order. Return: the worker's status."""
        return put(self.web, f"/orders/{key}", "it")

    @staticmethod
    def script(database, name):
        """Runs a script as postgres. Return: its exit status and what it said."""
        done = database.run(*POSTGRES, f"{SHOP}/{name}", check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    @staticmethod
    def mark(database):
        """The path of what says that a host has all that was acknowledged."""
        return f"{database.tree}/run/shop/current"


@pytest.fixture
def pair(lab):
    if missing := missing_packages():
        pytest.skip(f"not installed: {', '.join(missing)}")
    return Pair(lab)


@pytest.fixture
def lab(request):                                  # pylint: disable=missing-function-docstring
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with Lab(request.node.nodeid, elections_only=True) as made:
        yield made
        made.failed = not getattr(request.node, "passed", False)


@pytest.fixture
def orphans():
    """While a test runs, daemons become its children, and can be buried."""
    adopt_orphans()
    yield
    adopt_orphans(False)


def test_what_one_database_has_alone_is_never_acknowledged(pair):
    db1, db2 = pair.db1, pair.db2
    assert pair.order("early") == 201
    assert pair.script(db1, "may-serve") == pair.script(db2, "may-serve") == (0, "")
    pair.lab.cut(db2.host)
    assert pair.order("late") == 503, "db2 cannot have it"

    # A session that crashes makes all of db1 start anew: then the order is there, and db2 has it not.
    [waiting, *_] = db1.ask("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    os.kill(int(waiting), signal.SIGKILL)
    late = "SELECT count(*) FROM orders WHERE key = 'late'"
    count = ["psql", "-XAtq", "-h", "/run/postgresql", "-d", "shop", "-c", late]
    wait_until(lambda: db1.run(*POSTGRES, *count, check=False).stdout == "1\n", 30, "db1 to have the order alone")
    assert pair.order("late") == 503, "db2 still cannot have it"

    # The old primary does not go on alone, whoever tells it that it is Active.
    assert pair.script(db1, "promote") == (0, "promote: this is a primary already")
    assert db1.ask("SHOW synchronous_standby_names") == ["db2"]

    # The standby becomes primary once, and goes on alone; not if it may lack something.
    os.rename(pair.mark(db2), pair.mark(db2) + ".not")
    status, said = pair.script(db2, "promote")
    assert status == 1 and "may lack orders" in said
    assert pair.script(db2, "may-serve")[0] == 1
    assert db2.ask("SELECT pg_is_in_recovery()") == ["t"]
    os.rename(pair.mark(db2) + ".not", pair.mark(db2))
    assert pair.script(db2, "promote") == (0, "promote: this is the primary now, and commits alone")
    assert pair.script(db2, "promote") == (0, "promote: this is a primary already")
    assert db2.ask("SHOW synchronous_standby_names") == [""]
    assert db2.ask("SELECT key FROM orders") == ["early"]
    assert pair.script(db2, "may-serve") == (0, "")


@pytest.mark.parametrize("path, body, status", [
    ("/orders/a.b", "it", 404), ("/orders/" + "k" * 65, "it", 404), ("/", "it", 404), ("/orders/", "it", 404),
    ("/orders/a", b"\xff", 400), ("/orders/a", b"\0", 400), ("/orders/a", "x" * 65537, 400),
    ("/orders/a", "it", 503)])
@needs_services
def test_a_worker_survives_what_is_no_order(lab, path, body, status):
    web = Web(lab, "web1", ("back", "198.51.100.21/24"))
    web.boot("127.0.0.1")                          # where no database is
    for _ in range(20):                            # more than it has threads
        assert put(web, path, body) == status


def test_a_database_is_given_up_for_one_that_serves_alone(pair):
    db1, db2 = pair.db1, pair.db2
    assert "is there" in db1.refuses("first")
    assert "is no primary" in db1.refuses("join"), "it would follow its own standby"
    assert os.path.exists(pair.mark(db1)), "nothing was given up"
    assert "this is no primary" in db2.refuses("alone")
    assert "this is no primary" in db2.refuses("restore", "/srv/shop/host")
    assert "was a primary" in db1.refuses("start")
    assert "was a standby" in db2.refuses("serve")
    assert "usage" in db1.refuses("jion")
    assert "usage" in db1.refuses("backup")


@pytest.mark.long
def test_after_both_lost_their_power_a_person_says_who_serves(pair, orphans):  # pylint: disable=unused-argument
    db1, db2 = pair.db1, pair.db2
    assert pair.order("before") == 201
    for database in (db1, db2):
        database.power_off()
    assert pair.order("before") == 503
    for database in (db1, db2):
        database.power_on()
        assert not os.path.exists(pair.mark(database))
    assert "was a primary" in db1.refuses("start")
    db1.database("serve")
    db2.database("start")
    assert pair.script(db2, "may-serve") == (1, "has to join first: database join")
    db2.database("follow")
    assert pair.script(db2, "may-serve") == (0, "")
    assert wait_until(lambda: pair.order("after") == 201, 30, "the worker to find its database")
    wait_until(lambda: db2.ask("SELECT key FROM orders ORDER BY placed") == ["before", "after"], 30,
               "the standby to show both orders")
