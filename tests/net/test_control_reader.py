# SPDX-License-Identifier: MIT
"""vipctl at a vipd of another version, or at one that makes no sense: made up, message by message.

VIPCTL_UNDER: the words of a program that vipctl is run under, such as valgrind's.
"""

import json
import os
import random
import socket

import pytest

import control_messages as wire
from control_messages import BOOL, COUNTS, DURATION, INT, IP, TEXT, TIME, UINT, WORD, Kind, Server

UNDER = os.environ.get("VIPCTL_UNDER", "").split()
STATES = ("initialize", "backup", "active", "fault")
ADDRESS = bytes([192, 0, 2, 1]) + bytes(12)
NOBODY = bytes(16)

HOST = Kind(1, "host", {"node": (TEXT, "16s", {}), "version": (TEXT, "8s", {})})
ROUTER_FIELDS = {
    "name": (TEXT, "12s", {}), "interface": (TEXT, "8s", {}), "vrid": (UINT, "B", {}),
    "family": (UINT, "B", {}), "state": (WORD, "B", {"words": STATES}),
    "reason_code": (WORD, "B", {"words": ("none", "started")}),
    "priority": (UINT, "B", {}), "since": (TIME, "q", {}),
    "active_address": (IP, "16s", {"family": "family"}),
    "counters.adverts_sent": (UINT, "Q", {}),
    "counters.rejected": (COUNTS, "2Q", {"words": ("length", "ttl")})}
ROUTER = Kind(2, "router", ROUTER_FIELDS)
ADDRESS_KIND = Kind(3, "address", {
    "address": (IP, "16s", {"family": "family"}), "family": (UINT, "B", {}),
    "prefix_len": (UINT, "B", {}), "advertised": (BOOL, "B", {}), "present": (BOOL, "B", {})})
LAN = {"name": b"lan", "interface": b"eth0", "vrid": 51, "family": 4, "state": 2,
       "reason_code": 1, "priority": 150, "since": 1_700_000_000_123_456_789,
       "active_address": ADDRESS, "counters_adverts_sent": 12, "counters_rejected": (3, 4)}
VIP = ADDRESS_KIND.record(address=ADDRESS, family=4, prefix_len=24, advertised=1, present=1)


def whole(router=ROUTER, values=None, *, more_tables=(), more=()):
    """The messages of an answer that makes sense."""
    return [HOST.table(), wire.records(1, HOST.record(node=b"gw1", version=b"9.0")),
            router.table(), ADDRESS_KIND.table(), *more_tables,
            wire.records(2, router.record(**(values or LAN))), wire.records(3, VIP), *more,
            wire.end()]


@pytest.fixture(name="ask")
def ask_fixture(tmp_path):
    """Asks a vipd that says this. Return: how vipctl ended; it never crashes."""
    def ask(said, *args):
        path = str(tmp_path / "made-up.sock")
        with Server(path, *said):
            done = wire.vipctl(path, *args, before=UNDER)
        assert done.returncode in (0, 1), done
        assert "Sanitizer" not in done.stderr and "Invalid read" not in done.stderr, done.stderr
        return done
    return ask


def shown(ask, said, *args):
    """The document of an answer that makes sense."""
    done = ask(said, "show", "--json", *args)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def refused(ask, said, *args):
    """What vipctl says of an answer that makes none: one line, and nothing of the answer."""
    done = ask(said, *(args or ("show", "--json")))
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("vipctl: ")
    return line.removeprefix("vipctl: ")


# ---- versions ----

def test_answer_is_shown_as_it_is(ask):
    """To the byte: programs read it, and so do people."""
    assert ask(whole(), "show", "--json").stdout == """\
{
  "node": "gw1",
  "version": "9.0",
  "routers": [
    {
      "name": "lan",
      "interface": "eth0",
      "vrid": 51,
      "family": 4,
      "state": "active",
      "reason": "started",
      "reason_code": "started",
      "priority": 150,
      "since": "2023-11-14T22:13:20.123456Z",
      "active_address": "192.0.2.1",
      "addresses": [
        "192.0.2.1/24"
      ],
      "extra_addresses": [],
      "missing_addresses": [],
      "held_addresses": [],
      "address_interfaces": {},
      "conflicts": [],
      "peers": [],
      "rejected_sources": [],
      "tracks": [],
      "routes": [],
      "rules": [],
      "missing_routes": [],
      "missing_rules": [],
      "counters": {
        "adverts_sent": 12,
        "rejected": {
          "length": 3,
          "ttl": 4
        }
      },
      "warnings": []
    }
  ],
  "checks": []
}
"""
    header, lan = ask(whole(), "show").stdout.splitlines()
    assert header.split() == ["ROUTER", "INTERFACE", "VRID", "STATE", "FOR", "PRIO", "ACTIVE",
                              "IS", "TAKEOVER", "IN", "LAST", "HEARD", "ADDRESSES", "WARN",
                              "REASON"]
    assert lan.split()[:4] == ["lan", "eth0", "51", "active"]
    assert lan.split()[6:] == ["150", "192.0.2.1", "-", "-", "192.0.2.1/24", "-", "started"]


def test_order_of_fields_makes_no_difference(ask):
    turned = Kind(2, "router", dict(reversed(ROUTER_FIELDS.items())))
    assert shown(ask, whole(turned)) == shown(ask, whole())
    assert ask(whole(turned), "show").stdout == ask(whole(), "show").stdout


def test_fields_that_are_missing_are_zero_or_absent(ask):
    few = Kind(2, "router", {"name": (TEXT, "12s", {})})
    [router] = shown(ask, whole(few, {"name": b"lan"}))["routers"]
    assert router == {"name": "lan", "reason": "not started yet", "addresses": ["192.0.2.1/24"],
                      "extra_addresses": [], "missing_addresses": [], "held_addresses": [],
                      "address_interfaces": {}, "conflicts": [], "peers": [], "rejected_sources": [],
                      "tracks": [], "routes": [],
                      "rules": [], "missing_routes": [], "missing_rules": [],
                      "warnings": []}
    assert ask(whole(few, {"name": b"lan"}), "show").stdout.splitlines()[1].split()[0] == "lan"


def test_fields_that_are_unknown_are_shown_by_their_name(ask):
    more = Kind(2, "router", {
        "later": (TEXT, "8s", {}), **ROUTER_FIELDS, "drained_for": (DURATION, "I", {
            "scale": 1_000_000}), "deep.and.deeper": (INT, "h", {}), ".hidden": (UINT, "B", {})})
    [router] = shown(ask, whole(more, {**LAN, "later": b"x\"y", "drained_for": 2500,
                                       "deep_and_deeper": -7, "_hidden": 1}))["routers"]
    [known] = shown(ask, whole())["routers"]
    assert router.pop("later") == 'x"y' and router.pop("drained_for") == 2.5
    assert router.pop("deep") == {"and": {"deeper": -7}}
    assert router == known


def test_fields_of_an_unknown_type_are_skipped(ask):
    more = Kind(2, "router", {**ROUTER_FIELDS, "blob": (99, "5s", {})})
    assert shown(ask, whole(more, {**LAN, "blob": b"?"})) == shown(ask, whole())


def test_records_may_be_longer_and_shorter(ask):
    padded = Kind(2, "router", ROUTER_FIELDS, padding=100)
    assert shown(ask, whole(padded)) == shown(ask, whole())
    said = whole()
    said[4] = wire.records(2, ROUTER.record(**LAN) + b"x" * 40)
    assert shown(ask, said) == shown(ask, whole()), "longer than their table says"
    said[4] = wire.records(2, ROUTER.record(**LAN)[:-8])
    assert shown(ask, said)["routers"][0]["counters"]["rejected"] == {"length": 3, "ttl": 0}


def test_what_is_unknown_is_skipped(ask):
    other = Kind(9, "weather", {"degrees": (INT, "b", {})})
    more = [wire.records(9, other.record(degrees=-3)), wire.message(77, b"of a later version"),
            wire.message(78, b"")]
    assert shown(ask, whole(more_tables=[other.table()], more=more)) == shown(ask, whole())


def test_words_that_are_unknown_are_numbers(ask):
    [router] = shown(ask, whole(values={**LAN, "state": 7}))["routers"]
    assert router["state"] == "7"
    assert ask(whole(values={**LAN, "state": 7}), "show").stdout.splitlines()[1].split()[3] == "7"


def test_words_of_a_later_version_are_shown(ask):
    """Its table has them: states, reasons and reasons to reject that this version never heard of."""
    later = Kind(2, "router", {
        **ROUTER_FIELDS, "state": (WORD, "I", {"words": (*STATES, "yielding")}),
        "reason_code": (WORD, "B", {"words": ("",) * 200 + ("moon",)}),
        "counters.rejected": (COUNTS, "4Q", {"words": ("length", "", "ttl", "smell")})})
    values = {**LAN, "state": 4, "reason_code": 200, "counters_rejected": (1, 2, 3, 4)}
    [router] = shown(ask, whole(later, values))["routers"]
    assert (router["state"], router["reason_code"], router["reason"]) == ("yielding", "moon",
                                                                         "moon")
    assert router["counters"]["rejected"] == {"length": 1, "ttl": 3, "smell": 4}


def test_addresses_of_both_families_and_missing_ones(ask):
    six = ADDRESS_KIND.record(address=socket.inet_pton(socket.AF_INET6, "2001:db8::1"), family=6,
                              prefix_len=64, advertised=0, present=0)
    [router] = shown(ask, whole(more=[wire.records(3, VIP, six)]))["routers"]
    assert router["addresses"] == ["192.0.2.1/24"] * 2
    assert router["extra_addresses"] == router["missing_addresses"] == ["2001:db8::1/64"]
    assert "192.0.2.1/24 +2 (1 MISSING)" in ask(whole(more=[wire.records(3, VIP, six)]),
                                                "show").stdout


def test_request_is_words(ask, tmp_path):
    path = str(tmp_path / "asked.sock")
    with Server(path, *whole()) as server:
        wire.vipctl(path, "show", before=UNDER)
        wire.vipctl(path, "show", "lan", before=UNDER)
    assert server.asked == [wire.request("show"), wire.request("show", "lan")]


# ---- what is wrong is said ----

@pytest.mark.parametrize("version, words", [
    (1, "older than this vipctl: \"vipctl reload\" starts the one that is installed"),
    (2, "older than this vipctl: \"vipctl reload\" starts the one that is installed"),
    (4, "newer than this vipctl: use the vipctl that came with it")])
def test_version_of_fixed_structs_is_told_from_one_to_come(ask, version, words):
    said = [wire.message(0, os.urandom(2000), version=version)]
    assert words in refused(ask, said)
    assert words in refused(ask, said, "reload", "--dry-run")


def test_command_that_vipd_does_not_know(ask):
    said = [wire.end(38, "commands known here: show, reload")]
    assert refused(ask, said, "reload", "--dry-run") == (
        "the vipd that runs cannot do that (configuration: commands known here: show, reload): "
        "\"vipctl reload\" starts the one that is installed")


def test_end_with_an_error_says_it(ask):
    assert refused(ask, [*whole()[:-1], wire.end(2, "there is no router of that name")]) == (
        "there is no router of that name")
    assert refused(ask, [wire.end(13)]) == "Permission denied"


def test_hanging_up_in_the_middle(ask):
    for i in range(1, len(whole())):
        assert refused(ask, whole()[:i]) == "vipd hung up in the middle of its answer"


def test_configuration_without_a_descriptor(ask):
    assert refused(ask, [wire.end()], "reload", "--dry-run") == "vipd sent no configuration"


def test_configuration_of_another_version(tmp_path):
    """It has a key that this version does not know: no comparison is better than a wrong one."""
    path, kind = str(tmp_path / "newer.sock"), Kind(4, "configuration", {"path": (TEXT, "64s", {})})
    running = tmp_path / "running.conf"
    running.write_text("teleport = true;\n", encoding="utf-8")
    said = [kind.table(), wire.records(4, kind.record(path=b"/nowhere")), wire.end()]
    with open(running, encoding="utf-8") as file, Server(path, *said, attach=file.fileno()):
        done = wire.vipctl(path, "reload", "--dry-run", before=UNDER)
    assert (done.returncode, done.stdout) == (1, "")
    assert 'unknown key "teleport"' in done.stderr
    assert done.stderr.endswith("vipctl: the configuration that runs is of another version of vipd: "
                                "use the vipctl that came with it\n")


def test_something_else_listens(ask):
    for said in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0", bytes(12), b"dpiv", os.urandom(7)):
        assert refused(ask, [said]) == "what answers there is no vipd"


F = wire.field
BAD_TABLES = {
    "nothing": wire.message(wire.TABLE, b""),
    "head cut": wire.message(wire.TABLE, bytes(7)),
    "no name": wire.message(wire.TABLE, wire.TABLE_HEAD.pack(1, 0, 8)),
    "name without end": wire.message(wire.TABLE, wire.TABLE_HEAD.pack(1, 0, 8) + b"router"),
    "name of bytes": wire.table(1, "a\x1b[2J", 8),
    "size zero": wire.table(1, "router", 0),
    "size absurd": wire.table(1, "router", 0xffffffff),
    "more fields than there are": wire.message(
        wire.TABLE, wire.TABLE_HEAD.pack(1, 2, 8) + b"router\0" + F("a", UINT, 0, 1)),
    "fields absurd": wire.message(wire.TABLE, wire.TABLE_HEAD.pack(1, 65535, 8) + b"router\0"),
    "field of length zero": wire.message(wire.TABLE, wire.TABLE_HEAD.pack(1, 1, 8) + b"router\0"
                                         + bytes(16)),
    "field longer than all": wire.message(wire.TABLE, wire.TABLE_HEAD.pack(1, 1, 8) + b"router\0"
                                          + b"\xff\xff" + F("a", UINT, 0, 1)[2:]),
    "offset outside": wire.table(1, "router", 8, F("vrid", UINT, 8, 1)),
    "offset absurd": wire.table(1, "router", 8, F("vrid", UINT, 65535, 8)),
    "size outside": wire.table(1, "router", 8, F("name", TEXT, 4, 5)),
    "size of a field absurd": wire.table(1, "router", 8, F("name", TEXT, 0, 65535)),
    "size of a field zero": wire.table(1, "router", 8, F("name", TEXT, 0, 0)),
    "number of 3 bytes": wire.table(1, "router", 8, F("vrid", UINT, 0, 3)),
    "address of 4 bytes": wire.table(1, "router", 8, F("active_address", IP, 0, 4)),
    "family outside": wire.table(1, "router", 16, F("active_address", IP, 0, 16, family=16)),
    "time of 4 bytes": wire.table(1, "router", 8, F("since", TIME, 0, 4)),
    "counts without words": wire.table(1, "router", 8, F("counters", COUNTS, 0, 8)),
    "more words than there are": wire.table(1, "router", 8, F("state", WORD, 0, 1)[:10]
                                            + b"\xff\xff" + F("state", WORD, 0, 1)[12:]),
    "name of a field": wire.table(1, "router", 8, F('a": 1, "b', UINT, 0, 1)),
    "no name of a field": wire.table(1, "router", 8, F("", UINT, 0, 1)),
}


@pytest.mark.parametrize("bad", BAD_TABLES.values(), ids=BAD_TABLES)
def test_table_that_makes_no_sense(ask, bad):
    for args in (("show",), ("show", "--json"), ("reload", "--dry-run")):
        line = refused(ask, [HOST.table(), bad, *whole()[2:]], *args)
        assert line.startswith("vipd sent a table that makes no sense: ")


def test_table_that_is_cut_anywhere(ask):
    said = ROUTER.table()
    for cut in range(wire.HEADER.size, len(said), 7):
        assert refused(ask, [said[:cut], *whole()]).startswith(
            "vipd sent a table that makes no sense: ")


def test_records_that_make_no_sense(ask):
    record = ROUTER.record(**LAN)
    for bad in (wire.message(wire.RECORDS, b""), wire.message(wire.RECORDS, bytes(8)),
                wire.message(wire.RECORDS, wire.RECORDS_HEAD.pack(2, 0, 0) + record),
                wire.message(wire.RECORDS, wire.RECORDS_HEAD.pack(2, 65535, 0) + record)):
        assert refused(ask, [*whole()[:4], bad, wire.end()]) == (
            "vipd sent records that make no sense")
    assert refused(ask, [wire.records(2, record), *whole()]) == (
        "vipd sent records before their table")
    assert refused(ask, [wire.message(wire.END, b"")]) == "vipd sent an end that makes no sense"


def test_message_that_is_too_long(ask):
    assert refused(ask, [wire.message(wire.RECORDS, bytes(100_000))]) == (
        "vipd sent a message that is too long")


def test_number_that_json_does_not_have(ask):
    assert "too large for JSON" in refused(
        ask, whole(values={**LAN, "counters_adverts_sent": (1 << 64) - 1}))


def test_too_many_tables(ask):
    assert refused(ask, [Kind(i, f"k{i}", {"a": (UINT, "B", {})}).table()
                         for i in range(33)] + [wire.end()]) == "vipd sent too many tables"


def test_descriptor_that_nobody_asked_for(tmp_path):
    path = str(tmp_path / "attached.sock")
    with open("/dev/null", encoding="ascii") as attached:
        with Server(path, *whole(), attach=attached.fileno()):
            assert wire.vipctl(path, "show", before=UNDER).returncode == 0


def test_damaged_answers_never_crash(ask):
    """Bytes of an answer that makes sense, changed at random: one line, or an answer."""
    rng = random.Random(7)
    for _ in range(10 if UNDER else 150):
        said = [bytearray(it) for it in whole()]
        for _ in range(rng.randint(1, 4)):
            one = rng.choice(said)
            one[rng.randrange(8, len(one))] = rng.choice([0, 1, 0xff, rng.randrange(256)])
        done = ask([bytes(it) for it in said], *rng.choice([("show",), ("show", "--json")]))
        assert done.returncode == 0 or len(done.stderr.splitlines()) == 1, done
