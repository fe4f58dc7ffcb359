# SPDX-License-Identifier: MIT
"""Pages and kill -9: a vipd whose processes are killed between a change of state and its delivery.

A host has three routers, an entry with deliver = "all" and one with "current"; a peer's adverts, a
cable, and a file that is tracked change the routers' states. At a random moment after such a change
one process dies, or all do, and vipd is started again; in a reboot the rings are gone, too, and of
the database there is what was synchronised (tests/net/powercut.c); or the database is gone, and the
rings are there. Router processes may die so
often that vipd gives up and ends by itself, which is told, too. After one to three such kills all
has to be told as pages_judge.py says.

    World(lab, seed).play(kills)
"""

import contextlib
import glob
import json
import os
import random
import shutil
import signal
import sqlite3
import threading
import time
import uuid

import reaper
from agents import binary, is_sanitized, router
from frames import Probe
from lab import LabError, wait_until
from pages_judge import (SLACK_NS, Truth, judge_actions, judge_end, judge_pages, judge_will,
                         read_runs)
from processes import children, name_of

JUDGE_S = 1.0
SETTLE_S = 45                    # all is told by then: locks, retries and pauses of restarts included
MOMENT_S = 0.12                  # a kill comes at most so long after a change
STATES = ("active", "backup", "fault", "initialize")
BUILD = os.path.dirname(binary("vipd"))
LAST_EVENTS = """SELECT json FROM events WHERE id IN (SELECT max(id) FROM events
                 WHERE json_extract(json, '$.kind') IN ('state', 'process_lost', 'last_will')
                 GROUP BY router)"""
REBOOT = """mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@\""""

# Weights: what keeps the keeper alive makes the next start of a helper come later each time.
KILLS = {"keeper": 3, "router": 2, "standby": 1, "checker": 1, "notifier": 5, "command": 3,
         "warden": 2, "will": 2, "all": 5, "everything": 3, "reboot": 4, "disk": 2}
OF_ALL = ("all", "everything", "reboot", "disk")
TELLERS = ("notifier", "command", "warden")


def helper_program(name):
    """A program of the tests, as it was built beside vipd or in this tree."""
    beside = os.path.join(BUILD, "tests/net", name)
    return beside if os.path.exists(beside) else os.path.join(
        os.path.dirname(binary("vipctl")), "tests/net", name)


def forget_rings(host):
    """Removes what a vipd that is dead has in /run, as a reboot does."""
    inode = os.stat(f"/run/netns/{host.netns}").st_ino
    for path in glob.glob(f"/run/vipd/netns-{inode}.*"):
        with contextlib.suppress(FileNotFoundError):           # any vipd may have removed it
            os.unlink(path)


class Stall:
    """The longest time for which the machine has let nobody go on, as far as one can tell."""

    EVERY_S = 0.01

    def __init__(self, lab):
        self.longest_ns, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        lab.at_close(self.stop)

    def _run(self):
        before = time.monotonic_ns()
        while not self._stop.wait(self.EVERY_S):
            now = time.monotonic_ns()
            self.longest_ns = max(self.longest_ns, now - before - int(self.EVERY_S * 1e9))
            before = now

    def stop(self):
        """Ends it."""
        self._stop.set()
        self._thread.join()


class Broken(LabError):
    """A world in which something was not as it has to be."""


class World:
    """A host, its vipd, and who is told."""

    def __init__(self, lab, seed, patience_s=SETTLE_S):
        self.lab, self.rng, self.seed = lab, random.Random(seed), seed
        self.patience_s = patience_s
        self.truth, self.story, self.stall = Truth(), [], Stall(lab)
        self.kills, self.agent, self.judged = 0, None, 0.0
        self.teller_died = False                   # of this vipd
        self.disk_lost = False                     # and not all was read again since
        slow = self.rng.random() < 0.3
        self.home, self.image = lab.path("state"), lab.path("image")
        self.pages, self.actions = lab.path("pages.out"), lab.path("actions.out")
        self.flag, self.boot = lab.path("flag"), lab.path("boot_id")
        for path in (self.home, self.image):
            os.mkdir(path, 0o755)
        self.host = lab.host("gw1", "192.0.2.2/24")
        self.host.attach("other", "198.51.100.2/24")
        self.peers = {dev: Probe(lab.host(f"peer-{dev}", segment=segment))
                      for dev, segment in (("eth0", "lan"), ("eth1", "other"))}
        self._raise_flag()
        self._new_boot()
        self.settings = self._settings(250 if slow else 40)
        self.routers = self._routers()

    # ---- the host ----

    def _settings(self, longest_ms):
        def entry(path, deliver, *words):
            return {"command": [helper_program("pager"), path, str(longest_ms)], "deliver": deliver,
                    "retries": 20, "on": ["active", "backup", "fault", "stop", *words]}
        return {"state_dir": self.home, "user": "root",
                "checks": [{"name": "flag", "file": {"path": self.flag}, "interval": "100ms",
                            "rise": 1, "fall": 1}],
                "notify": [entry(self.pages, "all", "last_will"), entry(self.actions, "current")]}

    @staticmethod
    def _routers():
        def one(name, vrid, address, dev="eth0", **keys):
            return router(150, name=name, vrid=vrid, interface=dev, interval="10ms",
                          addresses=[address], **keys)
        return [one("a", 51, "192.0.2.1/24"),
                one("b", 52, "192.0.2.9/24", track=[{"check": "flag"}]),
                one("c", 53, "198.51.100.1/24", "eth1")]

    def _raise_flag(self):
        with open(self.flag, "w", encoding="ascii"):
            pass

    def _new_boot(self):
        with open(self.boot, "w", encoding="ascii") as file:
            file.write(f"{uuid.UUID(int=self.rng.getrandbits(128), version=4)}\n")

    def start(self):
        """Starts vipd, again and again as a service manager does, while it will not."""
        self.truth.begin_life(time.time_ns())
        self.teller_died = False
        env = {} if is_sanitized() else {"LD_PRELOAD": helper_program("powercut.so"),
                                         "POWERCUT": self.image}

        def started():
            agent = self.lab.vipd(self.host, self.routers, wait=False, env=env, before=(
                "unshare", "-m", "sh", "-c", REBOOT, self.boot), **self.settings)
            with contextlib.suppress(LabError):
                agent.wait_ready()
                return agent
            agent.expected_to_live = False
            return None
        self.agent = wait_until(started, SETTLE_S, "vipd to start")

    # ---- what the peer, the cable and the file do ----

    def advert(self):
        """A better router speaks once, and falls silent."""
        it = self.rng.choice(self.routers)
        self.story.append(f"advert for {it['name']}")
        address = it["addresses"][0].split("/")[0]
        net = address.rsplit(".", 1)[0]
        self.peers[it["interface"]].advert(f"{net}.200", vrid=it["vrid"], priority=200, interval=1,
                                           addresses=[address])

    def cable(self):
        """A link goes down and comes back."""
        dev = self.rng.choice(["eth0", "eth1"])
        self.story.append(f"cable of {dev}")
        address = {"eth0": "192.0.2.2/24", "eth1": "198.51.100.2/24"}[dev]
        self.host.ip(f"link set {dev} down")
        self._pause(0.02)
        self.host.ip(f"link set {dev} up", f"address replace {address} dev {dev}")

    def file(self):
        """A tracked file goes and comes back."""
        self.story.append("file")
        os.unlink(self.flag)
        self._pause(0.05)
        self._raise_flag()

    def reload(self):
        """Another configuration, so that helpers are replaced; nobody waits for it."""
        if not self.agent.alive:
            return
        self.story.append("reload")
        self.settings["history"] = f"{self.rng.randint(2, 99)}d"
        self.agent.configure(self.routers, **self.settings)
        self.host.popen(*self.agent.ctl_argv("reload"), stdout=-3, stderr=-3)

    def disturb(self):
        """One or two changes, quickly."""
        for what in self.rng.choices((self.advert, self.cable, self.file, self.reload),
                                     weights=(6, 3, 2, 1), k=self.rng.choice((1, 1, 2))):
            what()

    def _pause(self, longest):
        """The random moment, which is the point of it all."""
        time.sleep(self.rng.random() * longest)

    # ---- kill -9 ----

    def _pids(self, kind):
        """Who lives of that kind."""
        notifiers = self.agent.notifier_pids
        wardens = [pid for it in notifiers for pid in children(it)]
        named = {"router": self.agent.router_pids, "notifier": notifiers, "warden": wardens,
                 "command": [pid for it in wardens for pid in children(it)]}
        if kind in named:
            return [pid for pid in named[kind] if name_of(pid)]
        return [pid for pid in children(self.agent.pid) if name_of(pid) == f"vipd-{kind}"]

    def _victims(self):
        """{kind of kill: who may be the one that dies; empty: several, or the keeper}"""
        several = dict.fromkeys(OF_ALL, [])
        if self.disk_lost:                         # what is in memory alone a reboot takes for good
            del several["reboot"]
        if not self.agent.alive:                   # it has given up
            return several
        several |= {"keeper": [], "will": []}
        one_of = {kind: self._pids(kind) for kind in KILLS if kind not in several}
        return several | {kind: it for kind, it in one_of.items() if it}

    def _kill_all_of(self, pids):
        """At once: none has a last word."""
        self.rng.shuffle(pids)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def kill(self):
        """Somebody dies; vipd is started again if nobody else would."""
        victims = self._victims()
        kind = self.rng.choices(list(victims), weights=[KILLS[it] for it in victims])[0]
        self.kills += 1
        self.story.append(f"kill {self.kills}: {kind}")
        self.teller_died |= kind in TELLERS
        if kind in OF_ALL:
            self._kill_vipd(kind)
        elif kind == "will":
            self._have_it_give_up()
        elif kind == "keeper":
            self.agent.kill_keeper()
            wait_until(lambda: not self._alive("vipd-router", "vipd-standby"), SETTLE_S,
                       "the router process to leave")
            self.take_journal()
            self.start()
        else:
            self._kill_all_of([self.rng.choice(victims[kind])])

    def _have_it_give_up(self):
        """Kills each router process that comes, until the keeper executes the last will; in half of
        all cases the notifier, too, which then says its last word in the next life, or anew."""
        def has_given_up():
            self._kill_all_of(self.agent.router_pids)
            return not self.agent.alive or self._gives_up()
        wait_until(has_given_up, SETTLE_S, "vipd to give up", every=0.01)
        if self.rng.random() < 0.5:
            self.teller_died = True
            self._kill_all_of(self.agent.notifier_pids)

    def _gives_up(self):
        """Whether this vipd has executed its last will: it ends."""
        self.take_journal()
        return self.truth.wills.get(len(self.truth.lives) - 1)

    def _see_to_it(self):
        """As a service manager: starts it again when it has ended by itself."""
        if self.agent.alive:
            return
        if not self._gives_up():
            raise Broken(self._told(f"vipd has ended by itself, with {self.agent.process.poll()}"))
        self.agent.expected_to_live = False
        self.story.append("given up")
        self.truth.end_life(time.time_ns())
        found = [] if self.teller_died else judge_will(self.truth, read_runs(self.actions),
                                                       len(self.truth.lives) - 1)
        if found:
            raise Broken(self._told("; ".join(found)))
        self.start()

    def _alive(self, *names):
        return [pid for pid in reaper.processes([self.host.netns])
                if not names or name_of(pid) in names]

    def _stop_keeper(self):
        """It starts nobody any more, who would outlive it."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.agent.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, self.agent.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def _kill_vipd(self, kind):
        if self.agent.alive:
            self._stop_keeper()
        own = [self.agent.pid, *children(self.agent.pid)] if self.agent.alive else []
        self.agent.expected_to_live = False
        # Orphans of a keeper that died before are somebody's, too.
        own += [pid for pid in self._alive("vipd-notifier", "vipd-checker") if pid not in own]
        self._kill_all_of(own if kind == "all" else self._alive())
        self.agent.process.wait()
        if kind != "all":
            wait_until(lambda: self._kill_all_of(self._alive()) or not self._alive(), SETTLE_S,
                       "the end of all processes")
        self.truth.end_life(time.time_ns())
        self.take_journal()
        if kind == "disk":
            self._lose_store()
        if kind == "reboot":
            self._reboot()
        elif self.rng.random() < 0.2:
            self.disturb()                         # nobody sees it
        self.start()

    def _lose_store(self):
        for directory in (self.home, self.image):
            for name in os.listdir(directory):
                os.unlink(f"{directory}/{name}")
        self.truth.lose_store(time.time_ns())
        self.disk_lost = True

    def _reboot(self):
        """Rings are gone, and what was not synchronised; what was committed is there."""
        if not is_sanitized():
            shutil.rmtree(self.home)
            shutil.copytree(self.image, self.home)
        committed = self._committed(self.home)
        begun = [run for path in (self.pages, self.actions) for run in read_runs(path)]
        since = self.truth.losses[-1][0] if self.truth.losses else 0
        if lost := [run for run in begun if run.began > since and (run.event["seq"], run.event["time"]) not in committed]:
            raise Broken(self._told(f"begun, and not on the disk: {', '.join(map(str, lost))}"))
        forget_rings(self.host)
        self.truth.lose_rings(committed)
        self._new_boot()

    def _committed(self, directory):
        """{(seq, time), ...} of the events in a store that nobody has open; it stays as it is."""
        copy = self.lab.path("look")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(directory, copy)
        if not os.path.exists(f"{copy}/vipd.db"):
            return set()
        with contextlib.closing(sqlite3.connect(f"{copy}/vipd.db")) as db:
            try:
                rows = db.execute("SELECT json FROM events").fetchall()
            except sqlite3.OperationalError:       # killed before it had any table
                return set()
        return {(it["seq"], it["time"]) for it in map(json.loads, (row for row, in rows))}

    # ---- and what came of it ----

    def take_journal(self):
        """Reads the rings."""
        shown = self.host.run(binary("vipctl"), "events", "--json", check=False).stdout
        self.truth.take([json.loads(line) for line in shown.splitlines()])

    def _store(self):
        """({(seq, time), ...} of what was read last of each router and the host, deliveries that
        wait)"""
        with contextlib.closing(sqlite3.connect(f"file:{self.home}/vipd.db?mode=ro", uri=True,
                                                timeout=0.2)) as db:
            rows = db.execute(LAST_EVENTS).fetchall()
            waiting = db.execute("SELECT router, word, deliver, state, attempts FROM deliveries "
                                 "ORDER BY id").fetchall()
        return {(it["seq"], it["time"]) for it in map(json.loads, (row for row, in rows))}, waiting

    def _is_settled(self):
        self._see_to_it()
        if time.monotonic() > self.judged + JUDGE_S:
            self._judge()
        with contextlib.suppress(sqlite3.Error):
            self.take_journal()
            last = {it.router: it for it in self.truth.changes}
            known = self.truth.changes[self.truth.losses[-1][1] if self.truth.losses else 0:]
            read, waiting = self._store()
            if waiting or not {(it.seq, it.time) for it in last.values() if it in known} <= read:
                return False
            shown = self.agent.ctl("show", "--json", check=False)
            if shown.returncode:
                return False
            states = {it["name"]: it["state"] for it in json.loads(shown.stdout)["routers"]}
            return (set(states.values()) == {"active"}
                    and states == {it.router: it.state for it in last.values() if it.router})
        return False

    def settle(self):
        """Waits until all is told, and judges."""
        self.judged = time.monotonic()
        try:
            wait_until(lambda: self._is_settled() and self._judge(end=True), self.patience_s,
                       "all to be told", every=0.02)
        except Broken:
            raise
        except LabError as error:
            raise Broken(self._told(f"{error}; these wait: {self._store()[1]}; "
                                    f"{self.complaints(end=True)}")) from error
        self.disk_lost = False

    def _judge(self, end=False):
        """What is wrong now will not be mended. Return: whether nothing has happened since it was
        settled: a death is in the journal a moment after it."""
        known = len(self.truth.changes)
        found = self.complaints(end)
        if end and len(self.truth.changes) > known:
            return False
        if found:
            raise Broken(self._told("; ".join(found)))
        self.judged = time.monotonic()
        return True

    def counts(self):
        """(runs for pages, runs for actions)"""
        return len(read_runs(self.pages)), len(read_runs(self.actions))

    def complaints(self, end=False):
        """[complaint, ...]"""
        pages, actions = read_runs(self.pages), read_runs(self.actions)
        self.take_journal()                        # later: it has all that they were told of
        found = judge_pages(self.truth, pages) + judge_actions(self.truth, actions,
                                                                SLACK_NS + self.stall.longest_ns)
        if end:
            found += judge_end(self.truth, pages, "page") + judge_end(self.truth, actions, "action")
        return found

    def _told(self, what):
        return (f"{what}\n  this happened: {' | '.join(self.story[-12:])}\n  seed {self.seed}, "
                f"kill {self.kills}; the log:\n  " + "\n  ".join(self.agent.log[-15:]))

    def play(self, kills):
        """Up to so many kills; raises Broken when something is wrong."""
        if not self.agent:
            self.start()
            self.settle()
        end = self.kills + kills
        while self.kills < end:
            for _ in range(min(self.rng.choice((1, 1, 1, 2, 3)), end - self.kills)):
                self.disturb()
                self._pause(self.rng.choice((MOMENT_S, MOMENT_S / 4)))
                self.kill()
            self.settle()
            self.lab.capture.forget(self.lab.now())
