#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Golden tests of the configuration.

Each NN-name.conf beside this file has either NN-name.ok, the normalised dump that `vipd -t -t`
writes to standard output, or NN-name.err, what `vipd -t` writes to standard error; a good one may
have NN-name.warn beside it, of which warnings there are. What no file can
show (a directory, a missing file, 100 MB of nothing) is made at run time, in the functions named
case_*. After a change of messages: run with --update and read the difference.
"""

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import events_manual
import manual

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EX_CONFIG = 78
NOT_SHOWN = '" /* not shown */'  # in a dump, in place of a secret: nobody shall run with another
TIMEOUT_S = 60
NOBODY = 65534


class Failed(Exception):
    """The reason why a case failed; shown as it is."""


class Skipped(Exception):
    """The reason why a case cannot run on this host."""


class Vipd:
    """The program under test, run with a deadline."""

    def __init__(self, path):
        self.path = path
        # libconfig 1.5 forgets the string at which it finds a syntax error, or the file's end.
        self.env = dict(os.environ, LSAN_OPTIONS="print_suppressions=0:suppressions="
                        + str(HERE / "leaks-of-libconfig"))

    def run(self, *args, cwd=HERE, prefix=(), **kwargs):
        """Run it; text that is no UTF-8 is kept as it is."""
        try:
            return subprocess.run([*prefix, self.path, *args], cwd=cwd, timeout=TIMEOUT_S,
                                  stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                                  errors="surrogateescape", check=False, env=self.env, **kwargs)
        except subprocess.TimeoutExpired:
            raise Failed(f"no end after {TIMEOUT_S} s") from None


def expect(what, expected, got):
    """Raise with the difference unless both are the same."""
    if expected == got:
        return
    if isinstance(expected, str) and "\n" in expected + got:
        lines = difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "got",
                                     lineterm="", n=1)
        raise Failed(f"{what}:\n      " + "\n      ".join(lines))
    raise Failed(f"{what}: expected {expected!r}, got {got!r}")


def expect_refused(result, *messages):
    """Exit status 78, and nothing but these lines on standard error."""
    expect("standard error", "".join(m + "\n" for m in messages), result.stderr)
    expect("standard output", "", result.stdout)
    expect("exit status", EX_CONFIG, result.returncode)


# What a file of keys is like is up to the host.
KEYS = re.compile(r"^.*: warning: .*: unusable here, which would be a fault: .*\n", re.M)


def expect_accepted(result, stdout=None, warnings=""):
    """Exit status 0, and on standard error nothing but warnings."""
    expect("standard error", warnings, result.stderr)
    expect("exit status", 0, result.returncode)
    if stdout is not None:
        expect("standard output", stdout, result.stdout)


def load_text(path):
    """A golden, byte for byte."""
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def save_text(path, text):
    """The inverse of load_text()."""
    path.write_text(text, encoding="utf-8", errors="surrogateescape")


# ---- golden files ----

def golden_of(conf):
    """The .ok or .err file beside a .conf; None when there is neither yet."""
    found = [conf.with_suffix(s) for s in (".ok", ".err") if conf.with_suffix(s).exists()]
    if len(found) > 1:
        raise Failed("has both .ok and .err")
    return found[0] if found else None


def without_keys(result):
    """Without the warnings of KEYS."""
    result.stderr = KEYS.sub("", result.stderr)
    return result


def run_golden(vipd, conf, update):
    """One file against its golden; for a good one also the short form of -t."""
    golden = golden_of(conf)
    result = without_keys(vipd.run("-t", "-t", "-c", conf.name))
    if golden is None:
        if not update:
            raise Failed("has neither .ok nor .err; run with --update")
        golden = conf.with_suffix(".ok" if result.returncode == 0 else ".err")
    good = golden.suffix == ".ok"
    expect("exit status", 0 if good else EX_CONFIG, result.returncode)
    if update:
        save_text(golden, result.stdout if good else result.stderr)
    if good:
        warn = conf.with_suffix(".warn")
        warnings = load_text(warn) if warn.exists() else ""
        if update and warnings:
            save_text(warn, result.stderr)
        expect_accepted(result, load_text(golden), warnings)
        expect_accepted(without_keys(vipd.run("-t", "-c", conf.name)), warnings=warnings)
        dump = without_keys(vipd.run("-t", "-t", "-c", golden.name))
        if NOT_SHOWN in result.stdout:
            expect("exit status without the secrets", EX_CONFIG, dump.returncode)
        else:
            expect("dump of the dump", load_text(golden), dump.stdout)
            expect("its warnings", len(warnings.splitlines()), len(dump.stderr.splitlines()))
    else:
        expect("standard error", load_text(golden), result.stderr)
        expect("standard output", "", result.stdout)


def fail_orphan():
    """A golden whose configuration was renamed or removed."""
    raise Failed("has no .conf beside it")


def run_sample(vipd, sample):
    """What is installed as an example must be right, and its dump as well."""
    result = vipd.run("-t", "-t", "-c", str(sample))
    expect_accepted(result)
    with tempfile.TemporaryDirectory() as tmp:
        dump = Path(tmp) / "dump.conf"
        save_text(dump, result.stdout)
        expect_accepted(vipd.run("-t", "-t", "-c", str(dump)), result.stdout)


# ---- cases that are made at run time ----

GOOD = ('node = "gw1";\ncontrol = "%s/made/ctl.sock";\nrouters = ( { name = "lan"; '
        'interface = "no-such-if"; vrid = 51; addresses = [ "192.0.2.1/24" ]; } );\n')


def write_good(tmp, name="good.conf"):
    """A configuration that names an interface which no host has."""
    path = tmp / name
    save_text(path, GOOD % tmp)
    return path


def case_missing_file(vipd, tmp):
    """A typo on the command line."""
    expect_refused(vipd.run("-t", "-c", "none.conf", cwd=tmp),
                   "none.conf: cannot be read: No such file or directory")


def case_missing_directory(vipd, tmp):
    """The path goes through a file."""
    write_good(tmp)
    expect_refused(vipd.run("-t", "-c", "good.conf/x.conf", cwd=tmp),
                   "good.conf/x.conf: cannot be read: Not a directory")


def case_directory(vipd, tmp):
    """The directory instead of the file in it."""
    expect_refused(vipd.run("-t", "-c", ".", cwd=tmp), ".: is not a regular file")


def case_device(vipd, tmp):
    """/dev/zero would never end."""
    expect_refused(vipd.run("-t", "-c", "/dev/zero", cwd=tmp), "/dev/zero: is not a regular file")


def case_fifo(vipd, tmp):
    """Nobody writes into it, and vipd does not wait for anybody."""
    os.mkfifo(tmp / "fifo")
    expect_refused(vipd.run("-t", "-c", "fifo", cwd=tmp), "fifo: is not a regular file")


def case_100_megabytes(vipd, tmp):
    """A disk image, say. Sparse, so that the test costs nothing."""
    with open(tmp / "big.conf", "wb") as file:
        file.truncate(100 << 20)
    expect_refused(vipd.run("-t", "-c", "big.conf", cwd=tmp),
                   "big.conf: has 104857600 bytes; more than 16777216 are no configuration")


def case_16_megabytes_of_nul(vipd, tmp):
    """The largest file that is looked into, and the worst in it."""
    with open(tmp / "nul.conf", "wb") as file:
        file.truncate(16 << 20)
    result = vipd.run("-t", "-c", "nul.conf", cwd=tmp)
    expect("exit status", EX_CONFIG, result.returncode)
    expect("start of standard error", "nul.conf:1: ", result.stderr[:12])


def case_deep_nesting(vipd, tmp):
    """A million brackets exhaust the parser's patience, not the stack."""
    for bracket in "({":
        inner = "a = " if bracket == "{" else ""
        save_text(tmp / "deep.conf", "routers = " + (bracket + inner) * 1000000)
        result = vipd.run("-t", "-c", "deep.conf", cwd=tmp)
        expect("exit status", EX_CONFIG, result.returncode)
        expect("start of standard error", "deep.conf:1: ", result.stderr[:13])


def case_long_line(vipd, tmp):
    """A string of 1 MB: refused, and not repeated in full."""
    save_text(tmp / "long.conf", 'node = "' + "x" * (1 << 20) + '";\nrouters = ( );\n')
    result = vipd.run("-t", "-c", "long.conf", cwd=tmp)
    expect("exit status", EX_CONFIG, result.returncode)
    lines = result.stderr.splitlines()
    expect("lines", ["long.conf:1", "long.conf:2"], [line[:11] for line in lines])
    if max(map(len, lines)) > 300:
        raise Failed("a line of more than 300 characters")


def many_routers(n):
    """@n routers, 255 on each interface."""
    rows = (f'{{ name = "r{i}"; interface = "eth{i // 255}"; vrid = {i % 255 + 1};'
            f' addresses = [ "10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32" ]; }}' for i in range(n))
    return 'node = "gw1";\nrouters = (\n' + ",\n".join(rows) + "\n);\n"


def case_most_routers(vipd, tmp):
    """8160 of them, and their dump is the same again."""
    save_text(tmp / "most.conf", many_routers(8160))
    expect_accepted(vipd.run("-t", "-c", "most.conf", cwd=tmp),
                    "most.conf: configuration OK, 8160 routers\n")
    dump = vipd.run("-t", "-t", "-c", "most.conf", cwd=tmp)
    save_text(tmp / "dump.conf", dump.stdout)
    expect_accepted(vipd.run("-t", "-t", "-c", "dump.conf", cwd=tmp), dump.stdout)


def case_too_many_routers(vipd, tmp):
    """One more is one too many."""
    save_text(tmp / "many.conf", many_routers(8161))
    expect_refused(vipd.run("-t", "-c", "many.conf", cwd=tmp),
                   "many.conf:2: routers: expected 1 to 8160 routers, got 8161")


def many_checks(n):
    """A file with @n checks, of which the first is tracked."""
    rows = ",\n".join(f'{{ name = "c{i}"; tcp = "127.0.0.1:80"; }}' for i in range(n))
    return ('node = "gw1";\nrouters = ( { name = "lan"; interface = "eth0"; vrid = 1; addresses = [ "192.0.2.1/24" ];'
            ' track = ( { check = "c0"; } ); } );\nchecks = (\n' + rows + ' );\n')


def case_too_many_checks(vipd, tmp):
    """One more is one too many; as many as may be are read."""
    save_text(tmp / "many.conf", many_checks(5001))
    expect_refused(vipd.run("-t", "-c", "many.conf", cwd=tmp),
                   'many.conf:2: lan: track: there is no check "c0"',
                   "many.conf:3: checks: expected 1 to 5000 checks, got 5001")
    save_text(tmp / "most.conf", many_checks(5000))
    result = vipd.run("-t", "-c", "most.conf", cwd=tmp)
    expect("exit status", 0, result.returncode)
    expect("warnings of those that nobody tracks", True, "c1: nobody tracks it" in result.stderr)


def extra_addresses(n):
    """One router with @n addresses that are not advertised."""
    rows = ",".join(f'"10.1.{i >> 8}.{i & 255}/32"' for i in range(n))
    return ('node = "gw1";\nrouters = ( { name = "lan"; interface = "eth0"; vrid = 51;\n'
            'addresses = [ "192.0.2.1/24" ];\nextra_addresses = [ ' + rows + ' ]; } );\n')


def case_extra_addresses(vipd, tmp):
    """4096 are fine, 4097 are not."""
    save_text(tmp / "extra.conf", extra_addresses(4096))
    expect_accepted(vipd.run("-t", "-c", "extra.conf", cwd=tmp),
                    "extra.conf: configuration OK, 1 router\n")
    save_text(tmp / "extra.conf", extra_addresses(4097))
    expect_refused(vipd.run("-t", "-c", "extra.conf", cwd=tmp),
                   "extra.conf:4: lan: extra_addresses: expected an array [ ... ] of 0 to 4096 "
                   "addresses, got 4097")


def case_include_from_elsewhere(vipd, tmp):
    """Included files lie beside the file that includes them, wherever vipd was started."""
    (tmp / "etc").mkdir()
    save_text(tmp / "etc" / "top.conf", '@include "rest.inc"\n')
    save_text(tmp / "etc" / "rest.inc", load_text(write_good(tmp)))
    expect_accepted(vipd.run("-t", "-c", str(tmp / "etc" / "top.conf"), cwd="/"))
    expect_accepted(vipd.run("-t", "-c", "etc/top.conf", cwd=tmp))


def case_default_node(vipd, tmp):
    """The static name of the host up to its first dot, where none is given."""
    save_text(tmp / "node.conf", load_text(write_good(tmp)).replace('node = "gw1";', ""))
    for static, kernel, node in (("gw7.example.net", "other", "gw7"), ("# x\n\ngw8\n", "y", "gw8"),
                                 ("", "gw9.example.net", "gw9"), ("a b\n", "gw9", "a")):
        result = vipd.run("-t", "-t", "-c", "node.conf", cwd=tmp,
                          prefix=host_called(tmp, static, kernel))
        expect_accepted(result)
        expect("first line", f'node = "{node}";', result.stdout.splitlines()[0])


def host_called(tmp, static, kernel):
    """What runs a command on a host of these names: in namespaces of its own."""
    if os.geteuid() != 0:
        raise Skipped("needs root to give a namespace another host name")
    save_text(tmp / "hostname", static)
    prefix = ["unshare", "--uts", "--mount", "sh", "-c", 'mount --bind "$1" /etc/hostname && '
              'hostname "$2" && shift 2 && exec "$@"', "sh", str(tmp / "hostname"), kernel]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        raise Skipped("this host allows no namespaces, or has no /etc/hostname")
    return prefix


NODES = """nodes = ( { name = "gw1"; hosts = [ "gw1.example.net", "old" ]; }, { name = "gw2"; } );
control = "%s/made/ctl.sock";
routers = ( { name = "lan"; interface = "no-such-if"; vrid = 51;
  priority = { gw1 = 150; gw2 = 120;%s };
  addresses = { gw1 = [ "192.0.2.1/24" ]; default = [ "192.0.2.1/24", "192.0.2.2/24" ]; }; } );
"""


def write_nodes(tmp, default=""):
    """One file for all hosts."""
    save_text(tmp / "nodes.conf", NODES % (tmp, default))


def case_node_by_host_name(vipd, tmp):
    """Whole or up to the first dot, whatever case, the static name before the kernel's."""
    write_nodes(tmp)
    for static, kernel, node, priority in (
            ("gw1.example.net", "x", "gw1", 150), ("GW1.Example.Net", "x", "gw1", 150),
            ("old", "x", "gw1", 150), ("old.example.net", "x", "gw1", 150),
            ("gw2", "x", "gw2", 120), ("gw2.example.org", "x", "gw2", 120),
            ("gw2", "gw1.example.net", "gw2", 120), ("x", "gw1.example.net", "gw1", 150),
            ("", "gw2", "gw2", 120)):
        result = vipd.run("-t", "-t", "-c", "nodes.conf", cwd=tmp,
                          prefix=host_called(tmp, static, kernel))
        expect_accepted(result)
        expect("node", f'node = "{node}";', result.stdout.splitlines()[0])
        expect("priority", True, f"priority = {priority};" in result.stdout)


def case_node_that_is_none(vipd, tmp):
    """A renamed host: told once, with its name and all nodes, unless there is a default."""
    write_nodes(tmp)
    expect_refused(vipd.run("-t", "-c", "nodes.conf", cwd=tmp,
                            prefix=host_called(tmp, "new.example.net", "new")),
                   "nodes.conf:4: lan: priority: there is no default, and this host, new, is none "
                   "of the nodes gw1, gw2: name it in their hosts, or start vipd with -n")
    write_nodes(tmp, " default = 90;")
    result = vipd.run("-t", "-t", "-c", "nodes.conf", cwd=tmp, prefix=host_called(tmp, "new", "new"))
    expect_accepted(result)
    expect("node", 'node = "new";', result.stdout.splitlines()[0])
    expect("priority", True, "priority = 90;" in result.stdout)
    expect("addresses", True, '"192.0.2.2/24"' in result.stdout)


def case_node_of_the_command_line(vipd, tmp):
    """-n before everything, but never against the file."""
    write_nodes(tmp)
    result = vipd.run("-t", "-t", "-n", "gw2", "-c", "nodes.conf", cwd=tmp)
    expect_accepted(result)
    expect("node", 'node = "gw2";', result.stdout.splitlines()[0])
    save_text(tmp / "dump.conf", result.stdout)
    expect_accepted(vipd.run("-t", "-t", "-c", "dump.conf", cwd=tmp), result.stdout)
    expect_accepted(vipd.run("-t", "-t", "-n", "gw2", "-c", "dump.conf", cwd=tmp), result.stdout)
    expect_refused(vipd.run("-t", "-n", "gw3", "-c", "nodes.conf", cwd=tmp),
                   "nodes.conf: -n gw3 is none of the nodes: gw1, gw2",
                   "nodes.conf:4: lan: priority: there is no default, and this host, gw3, is none "
                   "of the nodes gw1, gw2: name it in their hosts, or start vipd with -n")
    write_good(tmp)
    expect_refused(vipd.run("-t", "-n", "gw2", "-c", "good.conf", cwd=tmp),
                   'good.conf:1: node: "gw1", but the command line has -n gw2')
    expect("exit status", 64, vipd.run("-t", "-n", "a b", "-c", "good.conf", cwd=tmp).returncode)
    by_environment = vipd.run("-t", "-t", "-c", "nodes.conf", cwd=tmp,
                              prefix=["env", "VIPD_NODE=gw2"])
    expect_accepted(by_environment, result.stdout)


def write_parts(tmp):
    """A file that includes all in conf.d."""
    (tmp / "conf.d").mkdir()
    save_text(tmp / "top.conf", 'node = "gw1";\n@include "conf.d/*.conf"\n')
    return tmp / "conf.d"


def case_include_pattern(vipd, tmp):
    """In the order of names; what no pattern finds is no error, and neither is the last file's
    missing end of line, nor a comment there."""
    parts = write_parts(tmp)
    for name, text in (("b.conf", ' { name = "b"; interface = "if1"; vrid = 2;'
                        ' addresses = [ "192.0.2.2/24" ]; } ); # end'),
                       ("a.conf", 'routers = ( { name = "a"; interface = "if1"; vrid = 1;'
                        ' addresses = [ "192.0.2.1/24" ]; },'),
                       (".c.conf", "hidden"), ("d.conf~", "a copy of an editor's")):
        save_text(parts / name, text)
    result = vipd.run("-t", "-t", "-c", "top.conf", cwd=tmp)
    expect_accepted(result)
    expect("order", True, 0 < result.stdout.index('"a"') < result.stdout.index('"b"'))
    save_text(parts / "b.conf", " oops")
    expect_refused(vipd.run("-t", "-c", str(tmp / "top.conf"), cwd="/"),
                   f"{tmp}/conf.d/a.conf:1: '(' is not closed: the file ends without its ')'",
                   f'{tmp}/conf.d/b.conf:1: oops: a string needs double quotes, "oops"')


def case_include_pattern_without_a_match(vipd, tmp):
    """An empty directory is fine, one that is not there is a slip."""
    parts = write_parts(tmp)
    save_text(tmp / "top.conf", load_text(tmp / "top.conf")
              + load_text(write_good(tmp)).replace('node = "gw1";', ""))
    expect_accepted(vipd.run("-t", "-c", "top.conf", cwd=tmp))
    parts.rmdir()
    expect_refused(vipd.run("-t", "-c", "top.conf", cwd=tmp),
                   'top.conf:2: @include "conf.d/*.conf": its directory cannot be read: '
                   'No such file or directory')


def case_include_too_deep_and_too_many(vipd, tmp):
    """Bounds of what a file can make of itself."""
    for i in range(12):
        save_text(tmp / f"{i}.conf", f'@include "{i + 1}.conf"\n')
    expect_refused(vipd.run("-t", "-c", "0.conf", cwd=tmp),
                   '10.conf:1: @include "11.conf": more than 10 files include each other')
    save_text(tmp / "empty", "")
    save_text(tmp / "many.conf", '@include "empty"\n' * 4097)
    expect_refused(vipd.run("-t", "-c", "many.conf", cwd=tmp),
                   'many.conf:4097: @include "empty": more than 4096 files are included')
    with open(tmp / "big", "wb") as file:
        file.write(b" " * (6 << 20))
    save_text(tmp / "bulk.conf", '@include "big"\n' * 3)
    expect_refused(vipd.run("-t", "-c", "bulk.conf", cwd=tmp),
                   "bulk.conf:3: @include: big has 6291456 bytes; more than 16777216 in all are no "
                   "configuration")


def case_sample_shows_the_defaults(vipd, tmp):
    """What the sample calls a default is one: its dump is that of a file without optional keys."""
    sample = ROOT / "etc" / "vipd.conf.sample"
    expect_accepted(vipd.run("-t", "-t", "-c", str(sample), cwd=tmp),
                    load_text(HERE / "01-minimal.ok"))


def sample_faults(rows, sample):
    """Keys that the sample does not show, or with another default, and words in it that are no keys."""
    keys = [line.split("\t") for line in rows.splitlines()]
    words = set(re.findall(r"\b([a-z_0-9]+) = ", sample))
    for noun, key, *_, preset, _, _ in keys:
        if key not in words:
            yield f"{noun}: {key} is missing"
        if preset and noun in ("file", "router", "link", "announce", "damping") and \
                not re.search(rf"\b{key} = {re.escape(preset)}", sample):
            yield f"{noun}: {key} is not shown as {preset}"
    by_node = {"gw1", "default"}
    yield from sorted(f"{word} is no key" for word in words - {it[1] for it in keys} - by_node)


def case_sample_has_all_keys(vipd, tmp):
    """As it says; and what is there is a key."""
    del tmp
    rows, sample = rows_of_keys(vipd), load_text(ROOT / "etc" / "vipd.conf.sample")
    expect("faults", "", "\n".join(sample_faults(rows, sample)))
    for old, new in (("metrics =", "metrix ="), ("# control_group = ", "# "), ('"30d"', '"31d"')):
        if not list(sample_faults(rows, sample.replace(old, new))):
            raise Failed(f"does not see {new}")


def case_sample_examples_are_read(vipd, tmp):
    """What stands in comments for more than one line is right, too: lists that end with ");"."""
    sample = load_text(ROOT / "etc" / "vipd.conf.sample")
    bare = re.sub(r"^ *# ?", "", sample, flags=re.M)
    lists = {name: re.search(rf"^ *{name} = (\(.*?\));$", bare, re.M | re.S).group(1)
             for name in ("extra_addresses", "routes", "rules", "checks")}
    router = load_text(write_good(tmp)).replace("} );", "".join(
        f"{name} = {lists[name]}; " for name in ("extra_addresses", "routes", "rules")) + "} );")
    save_text(tmp / "all.conf", f"{router}checks = {lists['checks']};\n")
    result = vipd.run("-t", "-c", "all.conf", cwd=tmp)
    there = re.compile(r"on this host|No such file|nobody tracks it|does not exist|cannot be")
    expect("faults", "", "\n".join(it for it in result.stderr.splitlines() if not there.search(it)))


def rows_of_keys(vipd, *args):
    """The rows of the configuration."""
    return rows_of(vipd, "keys", *args)


def rows_of(vipd, name, *args):
    """The rows of a table, by the program that is built beside vipd."""
    program = Path(vipd.path).parent / "tests/conf" / name
    if not program.exists():
        raise Failed(f"{program} is missing: make test-programs")
    return subprocess.run([program, *args], capture_output=True, encoding="utf-8", check=True).stdout


def case_manual(vipd, tmp):
    """Every key stands in vipd.conf(5) with its form, range and default, and nothing else does."""
    del tmp
    found = list(manual.faults(rows_of_keys(vipd), load_text(ROOT / "etc" / "vipd.conf.5")))
    expect("faults", "", "\n".join(found))


def case_manual_of_keepalived(vipd, tmp):
    """Every word of keepalived that errors translate stands in the manual with the same text."""
    del tmp
    page = load_text(ROOT / "etc" / "vipd.conf.5")
    table = rows_of_keys(vipd, "words")
    expect("faults", "", "\n".join(manual.word_faults(table, page)))
    for wrong in (table.replace("nopreempt", "nopreemptx"), table.replace("= false", "= true", 1),
                  table[table.index("\n") + 1:]):
        if not list(manual.word_faults(wrong, page)):
            raise Failed("does not see a word that is wrong")


def case_manual_of_events(vipd, tmp):
    """vipd-events(7) has every kind of event, its fields and their words, and nothing else."""
    del tmp
    page = load_text(ROOT / "etc" / "vipd-events.7")
    rows = [line.split("\t") for line in rows_of(vipd, "events").splitlines()]
    expect("faults", "", "\n".join(events_manual.faults(rows, page)))
    for what, table, text in events_manual.wrong(rows, page):
        if not list(events_manual.faults(table, text)):
            raise Failed(f"does not see {what}")


def case_manual_that_is_wrong(vipd, tmp):
    """A manual that says anything else than the rows is not taken for right."""
    del tmp
    page = load_text(ROOT / "etc" / "vipd.conf.5")
    for what, table in manual.wrong_tables(rows_of_keys(vipd)):
        if not list(manual.faults(table, page)):
            raise Failed(f"does not see another {what}")


def case_usage(vipd, tmp):
    """Exit status 64 for what is no use of the program."""
    for args in (["-x"], ["-c"], ["-t", "surplus"]):
        result = vipd.run(*args, cwd=tmp)
        expect(f"exit status of {args}", 64, result.returncode)
        expect("standard output", "", result.stdout)


def case_help(vipd, tmp):
    """Whoever asks for the usage gets it on standard output, and no error."""
    wrong = vipd.run("-x", cwd=tmp).stderr
    for args in (["-h"], ["--help"], ["-t", "--help"]):
        expect_accepted(vipd.run(*args, cwd=tmp), wrong[wrong.index("usage: "):])


def tree(tmp):
    """Everything below a directory, with size and time of the last change."""
    return {str(p): (p.lstat().st_size, p.lstat().st_mtime_ns) for p in sorted(tmp.rglob("*"))}


def case_program_that_the_kernel_refuses(vipd, tmp):
    """Known when the file is read, and not at the first failover: a script from another system, one
    without a first line, one whose interpreter is not here."""
    scripts = {"fine": "#!  /bin/sh -e\n", "crlf": "#!/bin/sh\r\necho\r\n", "bare": "echo hello\n",
               "lost": "#!/usr/bin/no-such-thing -x\n", "empty": ""}
    for name, text in scripts.items():
        (tmp / name).write_text(text, encoding="ascii")
        (tmp / name).chmod(0o755)
    entries = ", ".join(f'{{ command = [ "{tmp / name}" ]; }}' for name in scripts)
    save_text(tmp / "x.conf", f'user = "root";\n{GOOD % tmp}notify = ( {entries} );\n')
    said = "x.conf:5: warning: notify entry {}: command: {}: {}\n".format
    expect_accepted(vipd.run("-t", "-c", "x.conf", cwd=tmp), warnings="".join((
        said(2, tmp / "crlf", "its lines end with CR and LF, so the kernel finds no interpreter"),
        said(3, tmp / "bare", "it is no program, and does not begin with #!"),
        said(4, tmp / "lost", "its interpreter /usr/bin/no-such-thing: No such file or directory"))))


def case_keys_that_cannot_be_used(vipd, tmp):
    """A warning like the others, before all is said to be well, at the line that names the file; also
    where that is included, and once for each file of keys."""
    save_text(tmp / "part", 'auth = {\n  type = "hmac"; active = 1;\n  keys = "/nonexistent/a"; };\n')
    save_text(tmp / "x.conf", GOOD % tmp + """routers = (
  { name = "a"; interface = "no-such-if"; vrid = 1; addresses = [ "192.0.2.1/24", "fe80::1/64" ];
@include "part"
  },
  { name = "b"; interface = "no-such-if"; vrid = 2; addresses = [ "192.0.2.2/24" ];
    auth = { type = "hmac"; active = 1; keys = "/nonexistent/b"; }; },
  { name = "c"; interface = "no-such-if"; vrid = 3; addresses = [ "192.0.2.3/24" ];
    auth = { type = "hmac"; active = 1; keys = "/nonexistent/b"; }; } );
""")
    text = load_text(tmp / "x.conf")
    save_text(tmp / "x.conf", "\n".join(it for it in text.split("\n") if '"lan"' not in it))
    said = "".join(f"{at}: warning: {of}: unusable here, which would be a fault: it cannot be read: No such "
                   "file or directory\n" for at, of in (("part:3", "a: auth.keys: /nonexistent/a"),
                                                        ("x.conf:8", "b: auth.keys: /nonexistent/b")))
    expect_accepted(vipd.run("-t", "-c", "x.conf", cwd=tmp),
                    "x.conf: configuration OK, 4 routers\n", said)
    expect_accepted(vipd.run("-t", "-t", "-c", "x.conf", cwd=tmp), warnings=said)


def case_keys_without_the_one_that_signs(vipd, tmp):
    """Each router that a file has no key for, whatever its families."""
    (tmp / "keys").write_text(f"1 hmac-sha256 {'0f' * 32}\n", encoding="ascii")
    (tmp / "keys").chmod(0o600)
    auth = f'auth = {{ type = "hmac"; active = %u; keys = "{tmp}/keys"; }}'
    rest = 'interface = "no-such-if"; vrid'
    save_text(tmp / "x.conf", f"""control = "{tmp}/control.sock"; node = "gw1";
routers = (
  {{ name = "a"; {rest} = 1; addresses = [ "192.0.2.1/24" ]; {auth % 1}; }},
  {{ name = "b"; {rest} = 2; addresses = [ "192.0.2.2/24", "fe80::1/64" ]; {auth % 2}; }},
  {{ name = "c"; {rest} = 3; addresses = [ "192.0.2.3/24" ]; {auth % 255}; }} );
""")
    said = "x.conf:{}: warning: {}: auth.active: {}/keys has no key {}, which would be a fault\n".format
    expect_accepted(vipd.run("-t", "-c", "x.conf", cwd=tmp), "x.conf: configuration OK, 4 routers\n",
                    said(4, "b", tmp, 2) + said(5, "c", tmp, 255))


def case_leaves_no_file(vipd, tmp):
    """-t makes nothing, not even the directory of the control socket."""
    write_good(tmp)
    before = tree(tmp)
    expect_accepted(vipd.run("-t", "-c", "good.conf", cwd=tmp))
    expect_accepted(vipd.run("-t", "-t", "-c", "good.conf", cwd=tmp))
    expect("files", before, tree(tmp))


def copy_for_all(vipd, tmp):
    """The program where everybody may run it: the tree may lie in somebody's home."""
    tmp.chmod(0o755)
    copy = tmp / "vipd"
    shutil.copy(vipd.path, copy)
    copy.chmod(0o755)
    return Vipd(str(copy))


def case_without_privileges(vipd, tmp):
    """-t is for any user, on any host: here nobody's, without any interface."""
    if os.geteuid() != 0:
        raise Skipped("needs root to become nobody in an empty network namespace")
    unshare = ["unshare", "--net", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
               "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    copy = copy_for_all(vipd, tmp)
    write_good(tmp).chmod(0o644)
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        raise Skipped("this host allows no network namespace")
    expect_accepted(copy.run("-t", "-c", "good.conf", cwd=tmp, prefix=unshare),
                    "good.conf: configuration OK, 1 router\n")


def case_unreadable(vipd, tmp):
    """A file that this user may not read."""
    path = write_good(tmp)
    path.chmod(0)
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    expect_refused(copy_for_all(vipd, tmp).run("-t", "-c", "good.conf", cwd=tmp, **who),
                   "good.conf: cannot be read: Permission denied")


def run_made(vipd, function):
    """One case_* function, in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix=f"vipd-{function.__name__}-") as tmp:
        function(vipd, Path(tmp))


# ---- all of it ----

def all_cases(vipd, update):
    """Name and thunk of every case, in the order of running."""
    for conf in sorted(HERE.glob("*.conf")):
        yield conf.stem, lambda conf=conf: run_golden(vipd, conf, update)
    for golden in sorted([*HERE.glob("*.ok"), *HERE.glob("*.err")]):
        if not golden.with_suffix(".conf").exists():
            yield golden.name, fail_orphan
    for sample in sorted((ROOT / "etc").glob("*.sample")):
        yield f"etc/{sample.name}", lambda sample=sample: run_sample(vipd, sample)
    for name, function in list(globals().items()):
        if name.startswith("case_"):
            yield name[5:].replace("_", "-"), lambda function=function: run_made(vipd, function)


def run_case(name, thunk):
    """Run one; say what failed or was skipped, and how it ended."""
    try:
        thunk()
    except Failed as failure:
        print(f"FAIL {name}: {failure}")
        return "failed"
    except Skipped as why:
        print(f"SKIP {name}: {why}")
        return "skipped"
    return "passed"


def parse_args():
    """The command line."""
    parser = argparse.ArgumentParser(description="golden tests of the configuration")
    parser.add_argument("--vipd", default=str(ROOT / "build" / "vipd"), help="program to test")
    parser.add_argument("--update", action="store_true", help="write the golden files anew")
    parser.add_argument("cases", nargs="*", help="only those whose name contains one of these")
    return parser.parse_args()


def main():
    """Run all, print the sum in the last line."""
    args = parse_args()
    vipd = Vipd(os.path.abspath(args.vipd))
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for name, thunk in all_cases(vipd, args.update):
        if not args.cases or any(word in name for word in args.cases):
            count[run_case(name, thunk)] += 1
    print(", ".join(f"{n} {what}" for what, n in count.items()))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
