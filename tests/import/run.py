#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Golden tests of vipctl import.

Each NN-name.conf beside this file is a keepalived.conf. What vipctl makes of it is NN-name.vipd, if it
is good, and what it reports is NN-name.report; a good result must pass `vipd -t`, and no report may
have a secret in it. Where Debian's keepalived is installed, it must accept what is in CHECKED, so that
these files are real. A first line "# options: --ah hmac" adds options. After a change of messages: run
with --update and read the difference.
"""

import argparse
import glob
import difflib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EX_CONFIG = 78
TIMEOUT_S = 60
SECRET = re.compile(r"s3cr3t|S3CR3T")
# Each makes a network namespace, with the interfaces that the files name.
KEEPALIVED = """set -e
ip link set lo up
for i in 0 1 2; do
    ip link add eth$i type veth peer name far$i
    ip link set eth$i up; ip link set far$i up
    ip address add 192.0.2.$((i + 101))/24 dev eth$i
done
exec timeout 20 keepalived -t -n -l -i gw1 -f "$0"
"""
REFUSES = re.compile(r"Unknown keyword|Unexpected|Missing|Extra|Unmatched|invalid|not valid")
# What a host lacks is up to the host.
HOST = re.compile(r"^vipctl: warning: vipd refuses the result on this host .*\n", re.M)
# What the report says is to be copied there, and a program that is.
MAIL = "/usr/share/vipd/notify.d/mail", "/usr/bin/true"


class Failed(Exception):
    """The reason why a case failed."""


def run(argv, cwd):
    """Run with a deadline."""
    try:
        return subprocess.run(argv, cwd=cwd, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", errors="surrogateescape",
                              check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"no end after {TIMEOUT_S} s") from None


def options_of(conf):
    """What the first line adds."""
    first = conf.read_text(encoding="utf-8", errors="surrogateescape").split("\n", 1)[0]
    return first.removeprefix("# options: ").split() if first.startswith("# options: ") else []


def expect(what, golden, got, update):
    """Compare with a file, or write it."""
    if update:
        golden.write_text(got, encoding="utf-8", errors="surrogateescape")
        return
    expected = golden.read_text(encoding="utf-8", errors="surrogateescape") \
        if golden.exists() else ""
    if expected != got:
        lines = difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "got",
                                     lineterm="", n=1)
        raise Failed(f"{what}:\n      " + "\n      ".join(lines))


def check_secrets(tmp, result):
    """Files of their own, for their owner alone; nowhere else."""
    if SECRET.search(result.stdout + result.stderr):
        raise Failed("a secret was printed")
    for path in tmp.iterdir():
        if path.name == "vipd.conf":
            if SECRET.search(path.read_text(encoding="utf-8")):
                raise Failed("a secret in vipd.conf")
        elif stat.S_IMODE(path.stat().st_mode) != 0o600:
            raise Failed(f"{path.name} may be read by others")


def run_golden(tools, conf, update):
    """One file."""
    with tempfile.TemporaryDirectory() as name:
        tmp = Path(name)
        out = tmp / "vipd.conf"
        result = run([tools.vipctl, "import", "--node", "gw1", "-o", str(out), *options_of(conf),
                      conf.name], HERE)
        report = HOST.sub("", result.stderr).replace(str(tmp), "TMP")
        golden = conf.with_suffix(".vipd")
        if result.returncode not in (0, EX_CONFIG):
            raise Failed(f"exit status {result.returncode}: {result.stderr}")
        expect("report", conf.with_suffix(".report"), report, update)
        check_secrets(tmp, result)
        if result.returncode:
            if list(tmp.iterdir()):
                raise Failed("something was written")
            if golden.exists():
                raise Failed("was refused, and has a .vipd")
            return
        expect("vipd.conf", golden, out.read_text(encoding="utf-8").replace(str(tmp), "TMP"),
               update)
        out.write_text(out.read_text(encoding="utf-8").replace(*MAIL), encoding="utf-8")
        tested = run([tools.vipd, "-t", "-c", str(out)], tmp)
        if tested.returncode:
            raise Failed(f"vipd -t: {tested.stderr}")


def run_keepalived(conf):
    """Whether keepalived knows each word of it."""
    with tempfile.TemporaryDirectory() as name:
        for part in HERE.iterdir():
            if part.suffix in (".conf", ".part"):
                shutil.copy(part, name)
        result = run(["unshare", "-n", "sh", "-c", KEEPALIVED, conf.name], name)
    text = result.stdout + result.stderr
    if REFUSES.search(text):
        raise Failed(f"keepalived refuses it:\n{text}")


def case_stdout(tools, tmp):
    """Without -o the file goes to standard output, and secrets beside it."""
    shutil.copy(HERE / "01-plain-pair.conf", tmp / "k.conf")
    result = run([tools.vipctl, "import", "--node", "gw1", "k.conf"], tmp)
    (tmp / "out.conf").write_text(result.stdout, encoding="utf-8")
    if result.returncode or not (tmp / "vipd.conf.password").exists():
        raise Failed(f"exit status {result.returncode}: {result.stderr}")
    if run([tools.vipd, "-t", "-c", "out.conf"], tmp).returncode:
        raise Failed("vipd -t refuses standard output")


def case_old_output_stays(tools, tmp):
    """What is refused does not touch what is there."""
    (tmp / "vipd.conf").write_text("old", encoding="utf-8")
    (tmp / "k.conf").write_text("vrrp_instance A {\n", encoding="utf-8")
    result = run([tools.vipctl, "import", "-o", "vipd.conf", "k.conf"], tmp)
    if result.returncode != EX_CONFIG or (tmp / "vipd.conf").read_text() != "old":
        raise Failed("the output was touched")


def case_output_that_cannot_be_written(tools, tmp):
    """A directory that is not there, or in its place; a device. No secret is left behind."""
    shutil.copy(HERE / "01-plain-pair.conf", tmp / "k.conf")
    for path in ("none/vipd.conf", "/dev/full", "."):
        result = run([tools.vipctl, "import", "--node", "gw1", "-o", path, "k.conf"], tmp)
        if result.returncode != 1:
            raise Failed(f"{path}: exit status {result.returncode}: {result.stderr}")
        if os.listdir(tmp) != ["k.conf"] or glob.glob("/dev/full.*"):
            raise Failed(f"{path}: leaves {os.listdir(tmp)}")


def case_output_that_is_read(tools, tmp):
    """By any name: the file itself, one that it includes, a link to it, the file of a password, or a
    key's. Each stays as it is, and nothing is written beside it."""
    text = (HERE / "01-plain-pair.conf").read_text(encoding="utf-8")
    part = "global_defs {\n}\n"
    key = "vrrp_instance H {\n interface eth1\n virtual_router_id 9\n virtual_ipaddress {\n" \
        " 192.0.2.9/24\n }\n version 3\n auth_hmac {\n key 1 file:key\n active_key 1\n }\n}\n"
    cases = {"k.conf": (text, part), "./k.conf": (text, part), "part": ("include part\n" + text, part),
             "symbolic": (text, part), "hard": (text, part),
             "out": ("include out.password\n" + text, part), "key": (text + key, part)}
    for path, (conf, included) in cases.items():
        with tempfile.TemporaryDirectory(dir=tmp) as name:
            place = Path(name)
            files = {"k.conf": conf, "part": included, "out.password": included, "key": "k" * 32}
            for file, content in files.items():
                (place / file).write_text(content, encoding="utf-8")
            (place / "symbolic").symlink_to("k.conf")
            (place / "hard").hardlink_to(place / "k.conf")
            before = {it.name: (it.read_text(encoding="utf-8"), it.is_symlink())
                      for it in place.iterdir()}
            result = run([tools.vipctl, "import", "--node", "gw1", "-o", path, "k.conf"], place)
            last = result.stderr.splitlines()[-1]
            if result.returncode != 1 or "is one of the files that are imported" not in last:
                raise Failed(f"{path}: exit status {result.returncode}: {result.stderr}")
            if before != {it.name: (it.read_text(encoding="utf-8"), it.is_symlink())
                          for it in place.iterdir()}:
                raise Failed(f"{path}: something was written")


def case_what_this_host_lacks(tools, tmp):
    """A user, and a program, that are not here: vipd -t refuses the result, and import has said so in
    the same words. It is written all the same: it may be for another host."""
    (tmp / "k.conf").write_text("""vrrp_script one {
 script /nonexistent/one
}
vrrp_script two {
 script /bin/true
 user nosuchuser
}
vrrp_instance A {
 interface eth1
 virtual_router_id 9
 virtual_ipaddress {
  192.0.2.9/24
 }
 track_script {
  one
  two
 }
}
""", encoding="utf-8")
    result = run([tools.vipctl, "import", "--node", "gw1", "-o", "v.conf", "k.conf"], tmp)
    said = HOST.findall(result.stderr)
    tested = run([tools.vipd, "-t", "-c", "v.conf"], tmp)
    refused = [it.split(": ", 1)[1] for it in tested.stderr.splitlines()]
    if result.returncode or tested.returncode != EX_CONFIG or len(refused) != 2:
        raise Failed(f"exit status {result.returncode}: {result.stderr}{tested.stderr}")
    for words, line in zip(refused, said, strict=True):
        if not line.endswith(f"{words}\n") or " k.conf:" not in line:
            raise Failed(f"{line!r} for {words!r}")


def case_secrets_elsewhere(tools, tmp):
    """--secrets names a directory."""
    shutil.copy(HERE / "01-plain-pair.conf", tmp / "k.conf")
    (tmp / "keep").mkdir()
    result = run([tools.vipctl, "import", "--node", "gw1", "-o", "v.conf", "--secrets", "keep",
                  "k.conf"], tmp)
    if result.returncode or os.listdir(tmp / "keep") != ["v.conf.password"]:
        raise Failed(f"exit status {result.returncode}: {result.stderr}")
    if run([tools.vipd, "-t", "-c", "v.conf"], tmp).returncode:
        raise Failed("vipd -t refuses it")


def case_ah_hmac(tools, tmp):
    """A new key, which a second run, or that of another host with its copy, leaves as it is."""
    shutil.copy(HERE / "38-ah.conf", tmp / "k.conf")
    argv = [tools.vipctl, "import", "--node", "gw1", "--ah", "hmac", "-o", "v.conf", "k.conf"]
    keys = []
    for _ in range(2):
        result = run(argv, tmp)
        if result.returncode:
            raise Failed(f"exit status {result.returncode}: {result.stderr}")
        keys.append((tmp / "v.conf.keys").read_text(encoding="utf-8"))
    if keys[0] != keys[1] or not re.fullmatch(r"1 hmac-sha256 [0-9a-f]{64}\n", keys[0]):
        raise Failed("the file of keys")
    if keys[0].split()[2] in result.stderr + (tmp / "v.conf").read_text(encoding="utf-8"):
        raise Failed("the key is shown")
    tested = run([tools.vipd, "-t", "-c", "v.conf"], tmp)
    if tested.returncode:
        raise Failed(f"vipd -t: {tested.stderr}")


def case_thousands(tools, tmp):
    """As many routers as there may be, by one line; and one more."""
    text = ("$V= \\\nvrrp_instance V_${A}_$B { \\\n interface eth$A \\\n virtual_router_id $B \\\n"
            " virtual_ipaddress { \\\n 10.1.${A}.$B \\\n } \\\n}\n\n~SEQ(A,1,32) ~SEQ(B,1,255) $V\n")
    (tmp / "k.conf").write_text(text, encoding="utf-8")
    result = run([tools.vipctl, "import", "--node", "gw1", "-o", "v.conf", "k.conf"], tmp)
    if result.returncode:
        raise Failed(f"exit status {result.returncode}: {result.stderr[-500:]}")
    if "8160 routers" not in run([tools.vipd, "-t", "-c", "v.conf"], tmp).stdout:
        raise Failed("vipd -t")
    (tmp / "k.conf").write_text(text.replace("1,32", "1,34"), encoding="utf-8")
    result = run([tools.vipctl, "import", "--node", "gw1", "-o", "w.conf", "k.conf"], tmp)
    if result.returncode != EX_CONFIG or "is one more than 8160" not in result.stderr:
        raise Failed(f"exit status {result.returncode}: {result.stderr[-500:]}")


def case_bad_files(tools, tmp):
    """No text, too much of it, itself, nothing."""
    (tmp / "zero").write_bytes(b"vrrp_instance\0")
    with open(tmp / "big", "wb") as file:
        file.truncate(100 << 20)
    (tmp / "loop").write_text("include loop\n", encoding="utf-8")
    (tmp / "empty").write_text("", encoding="utf-8")
    for name in ("zero", "big", "loop", "empty", "none", "."):
        result = run([tools.vipctl, "import", "-o", "v.conf", name], tmp)
        if result.returncode != EX_CONFIG or (tmp / "v.conf").exists():
            raise Failed(f"{name}: exit status {result.returncode}: {result.stderr}")


def case_usage(tools, tmp):
    """Options that are wrong."""
    for argv in ([], ["--ah", "maybe", "k.conf"], ["--node", "a b", "k.conf"], ["a", "b"]):
        if run([tools.vipctl, "import", *argv], tmp).returncode != 64:
            raise Failed(f"{argv}")


def main():
    """Run all and print the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vipd", default=ROOT / "build/vipd", type=Path)
    parser.add_argument("--vipctl", default=ROOT / "build/vipctl", type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("-k", default="", help="only those with this in their name")
    tools = parser.parse_args()
    tools.vipd, tools.vipctl = tools.vipd.resolve(), tools.vipctl.resolve()
    checked = set((HERE / "checked").read_text(encoding="utf-8").split())
    can_check = os.geteuid() == 0 and shutil.which("keepalived")
    counts = {"passed": 0, "failed": 0, "skipped": 0}

    def judge(name, test, *args):
        if tools.k not in name:
            return
        try:
            test(*args)
        except Failed as reason:
            counts["failed"] += 1
            print(f"FAIL {name}: {reason}")
        else:
            counts["passed"] += 1

    for conf in sorted(HERE.glob("[0-9]*.conf")):
        judge(conf.stem, run_golden, tools, conf, tools.update)
        if conf.stem in checked and can_check:
            judge(f"keepalived {conf.stem}", run_keepalived, conf)
        elif conf.stem in checked:
            counts["skipped"] += 1
    for name, test in sorted(globals().items()):
        if name.startswith("case_"):
            with tempfile.TemporaryDirectory() as tmp:
                judge(name, test, tools, Path(tmp))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
