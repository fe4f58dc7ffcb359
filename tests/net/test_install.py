# SPDX-License-Identifier: MIT
"""What is installed: by make into a directory, and what the package is made from. That the package
does what it should on a Debian of its own is `make deb-test`."""

import glob
import os
import re
import shutil
import stat
import subprocess

import pytest

from agents import ROOT, binary, router
from lab import wait_until

PLACES = {"of-make": ["PREFIX=/usr/local"],
          "of-debian": ["PREFIX=/usr", "UNIT_DIR=/lib/systemd/system",
                        "ZSH=/usr/share/zsh/vendor-completions"]}


def read(name):
    """A file of the tree."""
    with open(f"{ROOT}/{name}", encoding="utf-8") as file:
        return file.read()


def run(*argv, **options):
    """A command to its end."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, **options)


def make(target, directory, places):
    """make install or uninstall of the programs that are under test, and builds none."""
    done = run("make", "-s", "-o", "all", "-C", ROOT, f"BUILD={os.path.dirname(binary('vipd'))}",
               f"DESTDIR={directory}", *places, target)
    assert done.returncode == 0, done.stdout + done.stderr


def files(directory):
    """All files below a directory, by their path from there."""
    return {os.path.relpath(os.path.join(path, name), directory)
            for path, _, names in os.walk(directory) for name in names}


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_uninstall_removes_what_install_has_put(tmp_path, places):
    """And nothing else. No file has a place in it that was to be filled in."""
    (tmp_path / "kept").write_text("of somebody else", encoding="utf-8")
    make("install", tmp_path, places)
    there = files(tmp_path)
    prefix = places[0].split("=/")[1]
    for name in ("sbin/vipd", "sbin/vipctl", "sbin/vipd-checker", "sbin/vipd-notifier",
                 "share/man/man8/vipd.8", "share/man/man5/vipd.conf.5",
                 "share/bash-completion/completions/vipctl", "share/vipd/notify.d/alert.sh"):
        assert f"{prefix}/{name}" in there
    for place in places[1:]:
        assert any(name.startswith(place.split("=/")[1] + "/") for name in there), place
    for path in glob.glob(f"{ROOT}/etc/examples/**", recursive=True):
        if os.path.isfile(path) and "__pycache__" not in path:
            name = f"{prefix}/share/doc/vipd/{os.path.relpath(path, ROOT + '/etc')}"
            assert name in there
            mode = stat.S_IMODE(os.stat(tmp_path / name).st_mode)
            assert oct(mode) == oct(0o755 if os.access(path, os.X_OK) else 0o644), name
    for name in there:
        with open(tmp_path / name, "rb") as file:
            assert not re.search(rb"@(SBIN|SHARE)@", file.read()), name
    make("uninstall", tmp_path, places)
    assert files(tmp_path) == {"kept"}
    assert not (tmp_path / prefix / "share/doc/vipd").exists()


def test_unit_is_understood_and_confined(tmp_path):
    """systemd finds nothing to complain about, and knows each word of the sandbox."""
    unit = tmp_path / "vipd.service"
    unit.write_text(read("etc/vipd.service").replace("@SBIN@", os.path.dirname(binary("vipd"))),
                    encoding="utf-8")
    done = run("systemd-analyze", "verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    # Of 100, less is better; most of the rest is what it is there for: addresses, packets, time.
    done = run("systemd-analyze", "security", "--offline=yes", "--threshold=40", str(unit))
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_place_has_the_version():
    """The programs say what the first line of debian/changelog says."""
    version = re.match(r"vipd \(([0-9.]+)\) ", read("debian/changelog")).group(1)
    assert run(binary("vipd"), "-V").stdout == f"vipd {version}\n"
    assert run(binary("vipctl"), "-V").stdout == f"vipctl {version}\n"


def test_package_is_built_with_what_a_build_needs():
    """Build-Depends are the packages of tests/need.sh, but for those that each Debian build has."""
    text = re.search(r"^Build-Depends: (.*?)^\S", read("debian/control"), re.M | re.S).group(1)
    wanted = {re.split(r"[ |:(<]", it.strip())[0] for it in text.split(",")}
    group = re.search(r"build\) echo (.*?);;", read("tests/need.sh"), re.S).group(1)
    needed = set(group.replace("\\", " ").split()) - {"gcc", "libc6-dev", "make"}
    assert wanted - {"debhelper-compat", "dh-sequence-installsysusers", "libcmocka-dev"} == needed


@pytest.mark.parametrize("name", sorted(os.path.basename(it) for it in
                                        glob.glob(f"{ROOT}/debian/vipd.p*") +
                                        glob.glob(f"{ROOT}/etc/completion/*.bash")))
def test_shell_scripts_are_sound(name):
    """By shellcheck: maintainer scripts and completion."""
    [path] = glob.glob(f"{ROOT}/debian/{name}") + glob.glob(f"{ROOT}/etc/completion/{name}")
    done = run("shellcheck", path)
    assert done.returncode == 0, done.stdout


def test_needrestart_leaves_it_alone():
    """Its words are Perl, and add one row: this unit, and no other."""
    done = run("perl", "-e", 'our %nrconf = (override_rc => { qr(^dbus) => 0 }); do "./" . shift or !$@ or die $@;'
               'for my $unit (qw(vipd.service vipd-other.service dbus.service)) {'
               'print grep({ $unit =~ /$_/ } keys %{$nrconf{override_rc}}) ? 1 : 0 }',
               "debian/needrestart/vipd.conf", cwd=ROOT)
    assert (done.stdout, done.stderr) == ("101", "")


# ---- completion ----

def candidates(*words):
    """What vipctl offers for the last word, without explanations."""
    done = run(binary("vipctl"), "complete", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def commands():
    """The commands and their usage, by vipctl's own help."""
    lines = run(binary("vipctl"), "help").stdout.split("commands:\n")[1].splitlines()
    return {line.split()[0]: run(binary("vipctl"), "help", line.split()[0]).stdout.splitlines()[0]
            for line in lines if line.startswith("  ")}


def test_commands_are_those_of_the_help():
    assert candidates("") == [*commands(), "help"]
    assert candidates("help", "") == list(commands())
    assert candidates("-") == ["--socket", "--version"]


@pytest.mark.parametrize("name", sorted(commands()))
def test_options_are_those_of_the_help_and_are_taken(name):
    """What is offered, what the help shows, and what the command understands are the same."""
    usage = commands()[name].split("vipctl [-s SOCKET] ")[1]
    shown = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", usage))
    assert set(candidates(name, "-")) == shown
    for option in shown:
        others = candidates(name, option, "-")
        assert not others or option not in others
        done = run(binary("vipctl"), name, option, "--no-such-option")
        assert f"has no option \"{option}\"" not in done.stderr


@pytest.mark.parametrize("words, expected", [
    (["sh"], ["show"]), (["show", "--j"], ["--json"]), (["import", "--ah", ""], ["none", "hmac"]),
    (["import", "--ah", "none", ""], [""]), (["import", "--ah", "none", "--a"], []),
    (["import", ""], [""]), (["import", "-o", ""], [""]), (["history", "--state-dir", ""], [""]),
    (["history", "--state-dir", "/tmp", "--js"], ["--json"]), (["history", "--json", "--js"], []),
    (["notify", ""], ["retry", "drop"]), (["notify", "retry", ""], ["all"]), (["nonsense", ""], []),
    (["show", ""], []), (["drain", "--for", ""], [])])
def test_words_that_need_no_vipd(words, expected):
    """An empty line is a file; without a vipd there are no names, and no complaint."""
    assert candidates("-s", "/nonexistent/control.sock", *words) == expected


def test_words_in_front_of_a_command():
    assert candidates("-s", "") == [""] and candidates("--socket", "") == [""]
    assert candidates("-V", "sh") == ["show"] and candidates() == []


@pytest.fixture
def agent(lab):
    """A vipd with names to complete: a router of both families, one of a group, a check."""
    it = lab.vipd(lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True), [
        router(150, name="lan", addresses=["192.0.2.1/24", "2001:db8::1/64"]),
        router(150, name="wan", vrid=52, addresses=["192.0.2.9/24"],
               track=[{"check": "web", "weight": -1}])],
        groups=[{"name": "gateway", "routers": ["lan", "wan"]}],
        checks=[{"name": "web", "tcp": "127.0.0.1:1"}])
    wait_until(lambda: len(it.show()["routers"]) == 3, what="all routers")
    return it


def test_names_are_those_of_the_vipd_that_answers(agent):
    """Each once; of commands that take a group, that of the group, too."""
    front = ("-s", agent.control)
    with agent.host.inside():
        assert candidates(*front, "show", "") == ["lan", "wan", "gateway"]
        assert candidates(*front, "show", "--json", "l") == ["lan"]
        assert candidates(*front, "show", "--checks", "") == ["web"]
        assert candidates(*front, "drain", "") == ["lan", "wan", "gateway"]
        assert candidates(*front, "show", "lan", "") == []
        assert candidates(f"--socket={agent.control}", "forget", "w") == ["wan"]
        os.kill(agent.router_pid, 19)              # SIGSTOP: it does not answer
        began = agent.host.lab.now()
        assert candidates(*front, "show", "") == []
        assert agent.host.lab.now() - began < 2_500_000_000
        os.kill(agent.router_pid, 18)


def by_bash(line, program=None):
    """What bash offers behind a line, the last word being half of one."""
    name = os.path.basename(program or "vipctl")
    script = f'''. /usr/share/bash-completion/bash_completion
. {ROOT}/etc/completion/{name}.bash
compopt() {{ echo "option:$*"; }}
COMP_LINE="$1" COMP_POINT=${{#1}}
IFS=' ' read -ra COMP_WORDS <<<"$1"
[[ $1 != *' ' ]] || COMP_WORDS+=("")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_{name} "$2" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
((${{#COMPREPLY[@]}} == 0)) || printf '%s\\n' "${{COMPREPLY[@]}}"'''
    done = run("bash", "--norc", "-c", script, "bash", line, program or binary("vipctl"))
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


def by_zsh(line):
    """What zsh would describe behind a line, or that it would look for files."""
    script = f'''setopt no_global_rcs
_files() {{ print option:files }}
_describe() {{ print -rl -- ${{(P@)argv[-1]}} }}
words=("$2" ${{(s: :)1}}) PREFIX=
[[ $1 == *' ' || -z $1 ]] || {{ PREFIX=$words[-1]; words[-1]=() }}
words+=("$PREFIX") CURRENT=$#words
. {ROOT}/etc/completion/_vipctl'''
    done = run("zsh", "-f", "-c", f"complete() {{ {script}\n }}; complete \"$@\"", "zsh", line,
               binary("vipctl"))
    assert done.stderr == "", done.stderr
    return [it.replace("\\:", "\0").split(":")[0].replace("\0", ":") if "option:" not in it else it
            for it in done.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_shells_hand_on_what_vipctl_offers(agent):
    """Bash and zsh, from the first word to a name."""
    front = f"-s {agent.control} "
    with agent.host.inside():
        for line, expected in (("sh", ["show"]), (front + "show ", ["lan", "wan", "gateway"]),
                               (front + "drain g", ["gateway"]), ("show --ch", ["--checks"]),
                               ("import --ah h", ["hmac"])):
            assert by_bash("vipctl " + line) == expected
            assert by_zsh(line) == expected
    assert by_bash("vipctl import ") == ["option:-o default"] and by_zsh("import ") == ["option:files"]
    assert set(by_bash("vipctl ")) == set(candidates("")) == set(by_zsh(""))


def test_options_of_vipd_are_those_of_its_usage():
    usage = set(re.findall(r"^  (-\w)", run(binary("vipd"), "-x").stderr, re.M))
    assert set(by_bash("vipd -", binary("vipd"))) == usage
    assert set(re.findall(r"'\*?(-\w)\[", read("etc/completion/_vipd"))) == usage
