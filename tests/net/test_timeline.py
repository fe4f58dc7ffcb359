# SPDX-License-Identifier: MIT
"""vipctl timeline: what the histories of several hosts tell, as one page; and how it is drawn by a
real browser. PICTURE=etc/doc/timeline.svg writes the picture of the documentation."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree
from datetime import datetime, timedelta, timezone

import pytest

import browser
from agents import binary, is_sanitized, router
from generations import reload
from lab import wait_until

GONE = "2023-11-14T22:13:20"
ADDRESS_SPACE = 80_000_000          # what vipctl has at most, its libraries included
FORM = "%Y-%m-%dT%H:%M:%S.%fZ"
FIRST_FIELDS = ("time", "kind", "router", "family", "text", "from", "to", "reason", "reason_code", "node",
                "last_heard")


def timeline(*words, **options):
    return subprocess.run([binary("vipctl"), "timeline", *words], capture_output=True, text=True,
                          check=False, timeout=120, **options)


def draw(*words):
    """A page, drawn without a complaint."""
    done = timeline(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# ---- a pair, and what befalls it ----

def changes(agent, command):
    """The changes of state that it tells of."""
    told = map(json.loads, agent.ctl(command, "--json").stdout.splitlines())
    return {(it["time"], it["router"], it["to"]) for it in told if it["kind"] == "state"}


def story(lab, interval="100ms"):
    """Failover, drain, reload, partition, power cut. Return: a history and a database per node."""
    homes, agents = [lab.path("gw1.state"), lab.path("gw2.state")], []
    for home in homes:
        os.mkdir(home)

    def start(name, address, home, lan, wan):
        return lab.vipd(lab.host(name, address) if name not in hosts else hosts[name],
                        [router(lan, interval=interval),
                         router(wan, name="wan", vrid=52, addresses=["192.0.2.9/24"],
                                interval=interval)], state_dir=home, user="root")

    hosts = {}
    one, two = agents = [start("gw1", "192.0.2.2/24", homes[0], 150, 100),
                         start("gw2", "192.0.2.3/24", homes[1], 100, 150)]
    hosts = {it.host.name: it.host for it in agents}

    def settle():
        for agent, lan, wan in ((one, "active", "backup"), (two, "backup", "active")):
            agent.wait_state("lan", lan)
            agent.wait_state("wan", wan)
        one.host.wait_adverts(8, since=lab.now(), vrid=51)

    settle()
    one.host.ip("link set eth0 down")
    two.wait_state("lan", "active")
    two.host.wait_adverts(6, since=lab.now(), vrid=51)
    one.host.ip("link set eth0 up")
    settle()
    one.ctl("drain", "lan")
    two.wait_state("lan", "active")
    two.host.wait_adverts(6, since=lab.now(), vrid=51)
    one.ctl("resume", "lan")
    settle()
    reload(two)
    lab.cut(two.host)
    two.wait_state("lan", "active")
    one.wait_state("wan", "active")
    one.host.wait_adverts(6, since=lab.now(), vrid=51)
    lab.heal(two.host)
    settle()
    one.kill()
    two.wait_state("lan", "active")
    two.host.wait_adverts(6, since=lab.now(), vrid=51)
    one = start("gw1", "192.0.2.2/24", homes[0], 150, 100)
    settle()
    said = []
    for agent in (one, two):
        wait_until(lambda it=agent: changes(it, "events") <= changes(it, "history"),
                   what="a history that has all")
        path = lab.path(f"{agent.host.name}.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(agent.ctl("history", "--json").stdout)
        said.append(path)
    return said, homes


def events(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    return str(path)


def shifted(path, seconds):
    """What a host would have told whose clock is ahead by so much."""
    moved = events(path)
    for it in moved:
        it["time"] = (datetime.strptime(it["time"], FORM) + timedelta(seconds=seconds)).strftime(FORM)
    return write(path + ".shifted", moved)


def findings(page):
    """[(router, what, from), ...] of the table."""
    return re.findall(r'<tr><td><b>(\w+)</b> IPv4</td><td class="red">([\w, ]+)</td>'
                      r'<td class="num red">[^<]*</td><td class="num">([^<]*)</td>', page)


def ago(one, other):
    return abs((datetime.strptime(one, "%Y-%m-%d %H:%M:%S.%f") -
                datetime.strptime(other, FORM)).total_seconds())


def change(told, name, old, new, code):
    """When the router changed so for the first time."""
    return next(it["time"] for it in told if it["kind"] == "state" and it["router"] == name and
                (it["from"], it["to"], it["reason_code"]) == (old, new, code))


@pytest.mark.long
def test_timeline_of_a_pair_has_its_gaps_and_overlaps(lab):
    (one, two), homes = story(lab)
    page = draw(one, two)
    found = findings(page)
    fault = change(events(one), "lan", "active", "fault", "link_down")
    assert any((name, what) == ("lan", "gap") and ago(begin, fault) < 0.05
               for name, what, begin in found), found
    assert {(name, what) for name, what, _ in found} >= {("lan", "gap"), ("lan", "overlap"),
                                                         ("wan", "overlap")}, found
    for word in ("drain=begins", "reload=done", "interface eth0 is down", ": no vipd, ",
                 "last_heard=192.0.2.2"):
        assert word in page, word
    # Its addresses may have gone with their leases before it was started again.
    assert ("swept=yes" in page) == any("swept=yes" in it["text"] for it in events(one))
    assert "pairs of events, one the cause of the other" in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)|<link|@import|<img", page)
    assert lab.path("gw1.json") in page and page.endswith("</html>\n")

    # The same by the databases themselves, by names that are given, and from a pipe.
    assert findings(draw(*homes)) == found
    assert findings(draw(f"{homes[0]}/vipd.db", two)) == found
    with open(one, encoding="utf-8") as file:
        piped = timeline("left=/dev/stdin", f"right={two}", stdin=file)
    assert piped.returncode == 0 and findings(piped.stdout) == found and ">left<" in piped.stdout

    # Clocks that are hours apart are told, and nothing else changes.
    far = draw(one, shifted(two, 3 * 3600 + 1.5))
    assert re.search(r"3 h \(1080[01]\.\d{3} s\) ahead of gw1, give or take", far)
    assert [it[:2] for it in findings(far)] == [it[:2] for it in found]

    # A router that is called otherwise on one host is the same by its VRID.
    called = write(two + ".called", [{**it, "router": "uplink"} if it.get("router") == "wan" else it
                                     for it in events(two)])
    assert findings(draw(one, called)) == found

    # What a version did not tell yet, or tells only some day, changes nothing of it.
    for name, change_it in (("older", lambda it: {key: value for key, value in it.items() if key in FIRST_FIELDS}),
                            ("newer", lambda it: {**it, "moon": {"full": [1, None]}})):
        other = write(f"{two}.{name}", map(change_it, events(two)))
        assert [it[:2] for it in findings(draw(one, other))] == [it[:2] for it in found], name

    # A database that was copied with its host is of the same node; by another name it is another one.
    copied = shutil.copytree(homes[1], lab.path("copied.state"))
    done = timeline(one, homes[1], copied)
    assert done.returncode == 1 and f'{homes[1]} and {copied} are both of node "gw2": ' in done.stderr
    assert timeline(one, homes[1], f"gw3={copied}").returncode == 0

    # A third node that was a Backup all the time changes nothing; by what its clock differs nothing says.
    third = write(lab.path("gw3.json"), [
        {**it, **({"node": "gw3"} if it["kind"] == "started" else {})} for it in events(one)[:4]])
    beside = timeline(one, two, third)
    assert beside.returncode == 0 and "how far the clock of gw3 is" in beside.stderr
    assert set(findings(beside.stdout)) == set(found) and beside.stdout.count(">gw3<") >= 3

    # Lines in another order are told.
    backward = timeline(one, write(two + ".backward", events(two)[::-1]))
    assert backward.returncode == 0
    assert re.search(r"\.backward:\d+: an event of an earlier time than the one before it: ", backward.stderr)
    assert backward.stderr.count("earlier") == 1

    # A part of the time, and one node alone.
    begins = datetime.strptime(fault, FORM)
    part = draw("--since", (begins - timedelta(seconds=0.1)).strftime(FORM), "--until",
                (begins + timedelta(seconds=0.05)).strftime(FORM), one, two)
    assert [it[:2] for it in findings(part)] == [("lan", "gap")]
    assert "what one node tells" in draw(one) and not findings(draw(one))


# ---- files of all kinds ----

def event(seconds, **keys):
    at = datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    return {"seq": 1, "time": at.strftime(FORM), "kind": "reload", "level": "info", "text": "x", **keys}


def state(seconds, old, new, name="lan", family=4, **keys):
    return event(seconds, kind="state", router=name, interface="eth0", family=family,
                 **{"from": old, "to": new, "reason": "r", "reason_code": "started", **keys})


def node(name):
    return [event(0, kind="started", node=name), state(1, "initialize", "backup"),
            state(4, "backup", "active")]


def foreign(path):
    """A database of another program."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE events (what)")
        db.commit()
    return str(path)


def database(path, told, number="INTEGER PRIMARY KEY", numbers=None):
    """A database of these events, in their order."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"CREATE TABLE events (id {number}, time INTEGER, json TEXT)")
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", [
            (numbers or at, round(datetime.strptime(it["time"], FORM).replace(tzinfo=timezone.utc)
                                  .timestamp() * 1e9), json.dumps(it))
            for at, it in enumerate(told, 1)])
        db.execute("PRAGMA user_version = 2")
        db.commit()
    return str(path)


def endless(path):
    """A database whose events have numbers that are none, so that nothing comes behind them."""
    return database(path, [event(n) for n in range(1000)], "TEXT", "x")


def test_timeline_says_what_is_wrong(tmp_path):
    good = write(tmp_path / "good.json", node("gw1"))
    output = str(tmp_path / "page.html")
    write(output, ["before\n"])
    rows = (
        ([], "timeline needs what vipctl history --json says", 64),
        ([good] * 9, "timeline takes 8 files at most, one per node, not 9", 64),
        (["--since", "soon", good], '--since is a time like 2h, 3d, 2026-11-27', 64),
        (["--until", "-1h", good], '--until is a time like 2h', 64),
        (["--since", "1h", "--until", "2h", good], "--since must be before --until", 64),
        (["--from", "1h", good], 'timeline has no option "--from"', 64),
        ([str(tmp_path / "none.json")], "none.json: No such file or directory", 1),
        ([str(tmp_path)], "vipd.db: No such file or directory", 1),
        ([good, good], 'are both of node "gw1": give one file per node', 1),
        (["--since", "2030-01-01", good], "nothing to draw in that time: events are from "
         f"{GONE.replace('T', ' ')} to", 1),
        ([write(tmp_path / "empty", [])], "empty: there is no event in it", 1),
        ([write(tmp_path / "log", ["Nov 27 vipd: started\n", "more\n"])],
         "log:1: not an event as vipctl history --json", 1),
        ([write(tmp_path / "half", [*node("gw1"), "[1, 2]\n"])],
         "half:4: not an event as vipctl history --json or vipctl events --json has it: no object", 1),
        ([write(tmp_path / "list", [json.dumps(node("gw1")) + "\n"])], "list:1: not an event", 1),
        ([write(tmp_path / "damaged", ["SQLite format 3\0" + "\0" * 100_000])], "damaged: ", 1),
        ([foreign(tmp_path / "foreign.db")], "foreign.db is empty: vipd-notifier has not written it yet, or it "
         "is another program's", 1),
        ([endless(tmp_path / "endless.db")], "endless.db: its events have no order", 1),
        ([write(tmp_path / "timeless", [{"kind": "state"}])], "timeless:1: the event has no time", 1),
        ([write(tmp_path / "when", [event(0, time="yesterday")])], "but yesterday", 1),
        ([write(tmp_path / "late", [*node("gw1"), event(0, time="9999-12-31T23:59:59Z")])],
         "late:4: the event is of a time behind 2099", 1),
        ([write(tmp_path / "long", ["{" + " " * 70000 + "}\n"])], "long:1: a line of more than", 1),
        ([write(tmp_path / "base", ["SQLite format 3\0, and no more"])], "base: ", 1),
    )
    for words, said, code in rows:
        done = timeline("-o", output, *words)
        assert (done.returncode, done.stdout) == (code, ""), words
        assert said in done.stderr, (words, done.stderr)
        with open(output, encoding="utf-8") as file:
            assert file.read() == "before\n"
    assert sorted(it.name for it in tmp_path.iterdir() if it.name.startswith("page")) == ["page.html"]
    assert (timeline("-o", output, good).returncode, timeline("-o", "/proc/x", good).returncode) == (0, 1)
    with open(output, encoding="utf-8") as file:
        assert file.read().startswith("<!DOCTYPE html>")


def test_names_in_files_of_others_steer_no_terminal(tmp_path):
    """Whatever a file says its node is called: with what is said of it no terminal is told anything."""
    strange = write(tmp_path / "a", [event(0, kind="started", node="a\x1b]0;x\x07"),
                                     event(1, kind="started", node="b\x9b31m")])
    done = timeline(strange, write(tmp_path / "b", node("gw2")))
    assert done.returncode == 0 and "is of one node" in done.stderr and "cannot be estimated" in done.stderr
    assert r'"b\xc2\x9b31m"' in done.stderr and r'"a\x1b]0;x\x07"' in done.stderr
    assert not [it for it in done.stderr if not it.isprintable() and it != "\n"]
    timeless = timeline(write(tmp_path / "c", [{"kind": "state", "time": "\x1b[2J"}]))
    assert timeless.returncode == 1 and r"but \x1b[2J" in timeless.stderr


def test_database_is_told_as_it_happened_where_the_clock_was_set_back(tmp_path):
    """As the lines of vipctl history are, and not by a clock that was wrong."""
    told = [*node("gw1"), state(3600, "active", "fault"), state(61, "fault", "backup"),
            state(65, "backup", "active"), state(70, "active", "backup")]
    until = ("--until", event(100)["time"])
    by_database = timeline(*until, database(tmp_path / "a.db", told))
    by_lines = timeline(*until, write(tmp_path / "a.json", told))
    assert by_database.returncode == by_lines.returncode == 0
    assert by_database.stdout.replace("a.db", "a.json") == by_lines.stdout
    assert "ACTIVE, 2023-11-14 22:14:25.000000 to 2023-11-14 22:14:30.000000 UTC, 5.00 s" in by_lines.stdout
    assert "as last told, 2023-11-14 22:14:25" not in by_lines.stdout
    for done, line, why in ((by_database, "a.db:5", "set back; "), (by_lines, "a.json:5", "set back, or the ")):
        assert f"{line}: an event of an earlier time than the one before it: the clock was {why}" in done.stderr
        assert done.stderr.count("earlier") == 1


def test_timeline_draws_what_it_can(tmp_path):
    whole = write(tmp_path / "a", node("gw1"))
    cut = timeline(whole, write(tmp_path / "b", [*node("gw2"), '{ "seq": 9, "ti']))
    assert cut.returncode == 0 and "b:4: the last line is cut off, and left out" in cut.stderr
    assert "cannot be estimated" in cut.stderr and "cannot be estimated" in cut.stdout
    empty = timeline(whole, write(tmp_path / "c", []))
    assert empty.returncode == 0 and "c: there is no event in it" in empty.stderr
    assert "nothing is told" in empty.stdout
    strange = draw(write(tmp_path / "d", [
        *node("gw1"), "\n", state(6, "active", "asleep", moon="full"),
        event(7, kind="eclipse", router="lan", family=4, text='<b>&"x" \u0007\u2028</b>'),
        {"time": event(8)["time"]}]))
    assert "&lt;b&gt;&amp;&quot;x&quot; ?" in strange and "<b>&" not in strange
    assert ": other" in strange
    # Names as nobody should have them, of a router, a host and a file; and a state of no family.
    name = '</text><script>&"x\''
    told = [event(0, kind="started", node=name), *(state(at, *it, name=name, family=family)
            for family in (4, 0) for at, it in ((1, ("initialize", "backup")), (4, ("backup", "active")),
                                                (9, ("active", "fault"))))]
    other = [event(0, kind="started", node="gw2"), *(state(at, *it, name=name, family=family)
             for family in (4, 0) for at, it in ((1, ("initialize", "backup")), (9.3, ("backup", "active"))))]
    named = timeline(write(tmp_path / "<i>&\".json", sorted(told, key=lambda it: it["time"])),
                     write(tmp_path / "e", sorted(other, key=lambda it: it["time"]))).stdout
    assert "<script" not in named and "<i>" not in named and "IPv0" not in named and "&lt;script&gt;" in named
    assert len(re.findall('class="red">gap<', named)) == 2
    for svg in re.findall("<svg .*?</svg>", named, re.DOTALL):
        xml.etree.ElementTree.fromstring(svg)
    quiet = draw("--since", f"{GONE}.5Z", "--until", f"{GONE[:-2]}20.9Z", whole)
    assert "vipd timeline" in quiet


def test_timeline_of_very_many_events_is_bounded(tmp_path):
    told, states = [event(0, kind="started", node="gw1")], ("backup", "active")
    for i in range(150_000):
        told.append(event(i / 7, kind="reject", router=f"r{i % 20}", family=4, level="warning",
                          text=f"router=r{i % 20} rejected {i}") if i % 3 else
                    state(i / 7, states[i // 60 % 2], states[i // 60 % 2 - 1], f"r{i % 20}"))
    path = write(tmp_path / "big.json", told)
    limit = [] if is_sanitized() else ["prlimit", f"--as={ADDRESS_SPACE}"]
    done = subprocess.run([*limit, binary("vipctl"), "timeline", path], capture_output=True, text=True,
                          check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    page = done.stdout
    assert len(page) < 2_000_000 and "99+" in page and "those beside one another are one mark" in page
    counts = [int(it) for it in re.findall(r">gw1: (\d+) events", page)]
    singles = len(re.findall(r'class="letter on-warning"[^>]*>[A-Zi]<', page))
    assert sum(counts) + singles >= 100_000


# ---- in a browser ----

def assert_apart(boxes, what):
    boxes = sorted(boxes, key=lambda it: (it.svg, it.x))
    for i, one in enumerate(boxes):
        for other in boxes[i + 1:]:
            if other.svg != one.svg or other.x > one.right:
                break
            assert not one.overlaps(other), f"{what}: {one} and {other}"


def is_red(colour):
    red, green, blue = colour
    return red > 180 and green < 90 and blue < 90


@pytest.mark.long
def test_timeline_is_drawn_by_a_browser(lab):
    if not browser.find():
        pytest.skip("no browser is installed: make browser-check installs one, and runs this")
    picture = os.environ.get("PICTURE")
    (one, two), _ = story(lab, "1s" if picture else "100ms")
    page = lab.path("page.html")
    assert timeline("-o", page, one, two).returncode == 0
    host = lab.host("desk", segment="nowhere")
    boxes = browser.measure(host, lab.path(""), page)
    legend, overview = 0, 1

    def of(svg, *classes):
        return [it for it in boxes if it.svg == svg and set(classes) <= set(it.classes)]

    # Each change is a bar, none of them outside of its place, and each word is inside of its bar.
    bars = of(overview, "bar")
    expected = len({(path, it["router"], it["time"]) for path in (one, two) for it in events(path)
                    if it["kind"] == "state" and it["from"] != it["to"]})
    merged = sum(int(it) - 1 for bar in bars for it in re.findall(r": (\d+) changes", bar.title))
    extra = len([it for it in bars if "as last told" in it.title or "no vipd" in it.title or
                 it.title.split(": ")[1].startswith("initialize")])
    assert expected <= len(bars) + merged <= expected + extra + 4
    assert_apart(bars, "bars")
    for word in of(overview, "word"):
        assert any(bar.holds(word) for bar in bars), word
    assert all(149.5 <= bar.x and bar.right <= 1184.5 for bar in bars)

    # No text stands on another one, nor outside; badges and findings stand apart.
    for svg in {it.svg for it in boxes}:
        texts = [it for it in boxes if it.svg == svg and it.tag == "text"]
        assert texts and all(it.x >= 0 and it.right <= 1200 for it in texts)
        assert_apart(texts, "texts")
        assert_apart(of(svg, "mark"), "badges")
        reds = of(svg, "gap") + of(svg, "overlap")
        for red in of(svg, "red"):
            assert svg == legend or not any(red.overlaps(it) for it in reds), red
        for letter in of(svg, "letter"):
            assert any(mark.holds(letter, 2) for mark in of(svg, "mark")), letter

    # What happened, and why, is told where the pointer rests: of all that is a bar, a mark or a finding.
    told = [it for kind in ("bar", "mark", "gap", "overlap") for it in of(overview, kind)]
    assert all(it.title for it in told), [it for it in told if not it.title]
    assert {it.tag for it in told} == {"rect"}
    said = " ".join(it.title for it in told)
    assert "interface eth0 is down" in said and "no advert for 0." in said

    # The gap of the failover is where the fault begins, and red; so is the overlap.
    gaps, overlaps = of(overview, "gap"), of(overview, "overlap")
    assert gaps and overlaps
    faults = [it for it in bars if "fault" in it.classes and "gw1 · lan" in it.title]
    assert any(abs(gap.x - fault.x) < 2 for gap in gaps for fault in faults), (gaps, faults)
    seen = browser.screenshot(host, lab.path(""), page, 1240, 900)
    red = sum(is_red(it) for row in seen for it in row)
    assert red > 200, f"{red} red pixels"
    grey = {round(0.3 * r + 0.59 * g + 0.11 * b) // 24 for row in seen for r, g, b in row}
    assert len(grey) > 5, "states differ in brightness, too"
    if picture:
        with open(page, encoding="utf-8") as file, open(picture, "w", encoding="utf-8") as to:
            to.write(re.findall(r"<svg .*?</svg>\n", file.read(), re.DOTALL)[overview])
