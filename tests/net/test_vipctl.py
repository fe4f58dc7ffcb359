# SPDX-License-Identifier: MIT
"""What vipctl says to people and to scripts: words that it does not know, help, and an output that
cannot be written. Most of it needs no vipd, or one that is made up."""

import os
import subprocess

import pytest

import control_messages as wire
from agents import binary
from control_messages import Server
from lab import router
from test_control_reader import whole

EX_USAGE = 64
COMMANDS = ("show", "check", "doctor", "events", "reload", "forget")


def run(*args, program="vipctl", **options):
    """A program without a control socket: .returncode, .stdout, .stderr."""
    return subprocess.run([binary(program), *args], stdout=options.pop("stdout", subprocess.PIPE),
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False, **options)


# ---- words ----

@pytest.mark.parametrize("args, words", [
    (["status"], 'there is no command "status": use "vipctl show"'),
    (["stats"], 'there is no command "stats": use "vipctl show --json"'),
    (["restart"], '"systemctl restart vipd"'),
    (["stop"], 'there is no command "stop": use "systemctl stop vipd"'),
    (["logs"], 'there is no command "logs": use "vipctl events"'),
    (["showw"], 'there is no command "showw": did you mean "show"?'),
    (["relaod"], 'did you mean "reload"?'),
    (["forgt"], 'did you mean "forget"?'),
    (["diagnose"], 'there is no command "diagnose": use "vipctl doctor"'),
    (["doctr"], 'did you mean "doctor"?'),
    (["doctor", "lan"], 'doctor takes no "lan"'),
    (["doctor", "-c"], "-c needs a value: -c /etc/vipd/vipd.conf"),
    (["undrain", "lan"], 'there is no command "undrain": use "vipctl resume"'),
    (["failover"], 'there is no command "failover": use "vipctl drain"'),
    (["clear"], 'there is no command "clear": use "vipctl forget"'),
    (["forget", "lan", "extra"], 'forget takes one router at most: "extra" is one too many'),
    (["forget", "--jso"], 'forget has no option "--jso": did you mean "--json"?'),
    (["xyzzy"], 'there is no command "xyzzy"'),
    (["help", "showw"], 'did you mean "show"?'),
    (["reload", "--dryrun"], 'reload has no option "--dryrun": did you mean "--dry-run"?'),
    (["reload", "now"], 'reload takes no "now"'),
    (["drain", "--json=yes"], 'drain has no option "--json=yes": did you mean "--json"?'),
    (["drain", "--fro=1m"], 'drain has no option "--fro=1m": did you mean "--for"?'),
    (["show", "--jsn"], 'show has no option "--jsn": did you mean "--json"?'),
    (["show", "lan", "extra"], 'show takes one router at most: "extra" is one too many'),
    (["show", "-s", "/run/a.sock"], '"-s" belongs in front of the command'),
    (["show", "-s/run/a.sock"], '"-s/run/a.sock" belongs in front of the command'),
    (["show", "--socket=/run/a.sock"], "belongs in front of the command: vipctl -s SOCKET show"),
    (["check", "--version"], '"--version" belongs in front of the command: vipctl -V check'),
    (["check", "--verbose"], 'check has no option "--verbose"'),
    (["check", "-v"], 'check has no option "-v"'),
    (["history", "-since", "2h"], 'history has no option "-since": did you mean "--since"?'),
    (["events", "--bogus"], 'events has no option "--bogus"'),
    (["-x", "show"], 'there is no option "-x"'),
    (["--sockte=/run/a.sock", "show"], 'did you mean "--socket"?'),
    (["-s"], "-s needs the path of a control socket")])
def test_word_that_is_unknown_is_named(args, words):
    done = run(*args)
    assert (done.returncode, done.stdout) == (EX_USAGE, "")
    first, *others = done.stderr.splitlines()
    assert first.startswith("vipctl: ") and words in first and len(others) == 1


@pytest.mark.parametrize("args", [["--for", "10y"], ["--for=10y"]])
def test_value_of_an_option_may_be_attached(args):
    done = run("drain", *args)
    assert (done.returncode, done.stdout) == (EX_USAGE, "")
    assert done.stderr.endswith('behind --for, such as 30m or 1h30m, got "10y"\n')


@pytest.mark.parametrize("word", [
    "un-drain", "undrains", "unforget", "unload", "remove", "release", "read", "detail", "domain",
    "main", "trail", "retain", "remain", "format", "target", "reboot", "rename", "require",
    "results"])
def test_word_of_another_sense_suggests_nothing_that_changes(word):
    done = run(word)
    assert done.returncode == EX_USAGE and f'no command "{word}"' in done.stderr
    assert not any(f'"{it}"' in done.stderr for it in ("drain", "forget", "reload", "resume",
                                                       "notify")), done.stderr


@pytest.mark.parametrize("word,meant", [
    ("drian", "drain"), ("dran", "drain"), ("drains", "drain"), ("forgte", "forget"),
    ("relod", "reload"), ("resum", "resume"), ("notifiy", "notify")])
def test_slip_of_the_finger_suggests_what_was_meant(word, meant):
    assert f'did you mean "{meant}"?' in run(word).stderr


def test_time_of_a_drain_may_be_a_sum(tmp_path):
    done = run("-s", str(tmp_path / "none"), "drain", "--for", "1h30m")
    assert done.returncode == 1 and "--for" not in done.stderr, done.stderr


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["help"]])
def test_help_has_a_line_for_each_command(args):
    done = run(*args)
    assert (done.returncode, done.stderr) == (0, "")
    for name in COMMANDS:
        assert len([it for it in done.stdout.splitlines() if it.startswith(f"  {name} ")]) == 1


@pytest.mark.parametrize("args", [["help", "reload"], ["reload", "--help"], ["reload", "-h"]])
def test_help_of_one_command(args):
    done = run(*args)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: vipctl [-s SOCKET] reload [--dry-run]\n")


def test_no_command_at_all_shows_all():
    done = run()
    assert (done.returncode, done.stdout) == (EX_USAGE, "")
    assert all(f"\n  {name} " in done.stderr for name in COMMANDS)


# ---- an output that takes nothing ----

def full(*args, **options):
    """A program whose standard output is a disk that is full."""
    with open("/dev/full", "w", encoding="ascii") as disk:
        return run(*args, stdout=disk, **options)


COMPLAINT = "not all could be written to standard output: No space left on device\n"


@pytest.mark.parametrize("args", [["show"], ["show", "--json"], ["show", "lan"], ["show", "--watch"],
                                  ["check"], ["check", "--json"]])
def test_full_disk_is_an_error_of_show(tmp_path, args):
    path = str(tmp_path / "made-up.sock")
    with Server(path, *whole()):
        done = full("-s", path, *args)
    assert (done.returncode, done.stderr) == (1, "vipctl: " + COMPLAINT)


@pytest.mark.parametrize("args", [["help"], ["-V"], ["show", "--help"]])
def test_full_disk_is_an_error_of_what_needs_no_vipd(args):
    done = full(*args)
    assert (done.returncode, done.stderr) == (1, "vipctl: " + COMPLAINT)


@pytest.mark.parametrize("args", [["-t"], ["-t", "-t"], ["-V"]])
def test_full_disk_is_an_error_of_vipd(tmp_path, args):
    conf = tmp_path / "vipd.conf"
    conf.write_text('routers = ( { name = "lan"; interface = "eth0"; vrid = 51; priority = 100; '
                    'addresses = [ "192.0.2.1/24" ]; } );\n', encoding="utf-8")
    assert run("-c", str(conf), *args, program="vipd").returncode == 0
    done = full("-c", str(conf), *args, program="vipd")
    assert (done.returncode, done.stderr) == (1, "vipd: " + COMPLAINT)


def test_full_disk_is_an_error_of_a_vipd_that_runs(lab):
    agent = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router()])
    agent.wait_state("lan", "active")
    for args in (["events"], ["events", "--json"], ["reload", "--dry-run"], ["reload"],
                 ["events", "--follow"]):
        with agent.host.inside():
            done = full("-s", agent.control, *args)
        assert (done.returncode, done.stderr) == (1, "vipctl: " + COMPLAINT), args


def test_closed_output_is_an_error_and_never_the_control_socket(tmp_path):
    path = str(tmp_path / "made-up.sock")
    with Server(path, *whole()) as server:
        done = subprocess.run(["sh", "-c", f"exec {binary('vipctl')} -s {path} show >&-"],
                              capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stderr.startswith("vipctl: not all could be written")
    assert server.asked == [wire.request("show")]


def test_reader_that_went_away_is_quiet(tmp_path):
    """Where SIGPIPE is ignored, as below systemd; elsewhere it ends vipctl."""
    path = str(tmp_path / "made-up.sock")
    reading, writing = os.pipe()
    os.close(reading)
    with Server(path, *whole()), os.fdopen(writing, "w") as pipe:
        done = run("-s", path, "show", stdout=pipe, restore_signals=False)
    assert (done.returncode, done.stderr) == (1, "")
