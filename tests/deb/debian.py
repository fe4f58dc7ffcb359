# SPDX-License-Identifier: MIT
"""A Debian of its own as a host of the lab: the packages of a base system under a real systemd.

    host = lab.host("gw1", "192.0.2.2/24")
    debian = Debian(host)
    debian.boot()
    print(debian.install(package()).stdout)

Its root is a base system made by mmdebstrap once, build/deb-base-*, below a layer that is the lab's.
The base has not the packages that vipd depends on, but apt has their files: no host of a lab has a
way to a mirror, so what apt would not find it could not install.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess

from agents import ROOT as TREE
from service_manager import ServiceManager

BUILD = os.path.join(TREE, "build")
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
SUITE = "bookworm"

# @BASE@: the base system. /etc/machine-id and the like are new in the upper layer.
ROOT = r"""
mkdir "$1/upper" "$1/work"
mount -t overlay overlay -o "lowerdir=@BASE@,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mkdir -p old
rm -f etc/resolv.conf
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
"""


def package():
    """The path of the package that `make deb` has built."""
    found = glob.glob(f"{BUILD}/deb/vipd_*.deb")
    if len(found) != 1:
        raise FileNotFoundError(f"one package in {BUILD}/deb, there are {found}: make deb")
    return found[0]


def field(path, name):
    """A field of a package's control file."""
    return subprocess.run(["dpkg-deb", "-f", path, name], capture_output=True, text=True,
                          check=True).stdout.strip()


def other_version(path, version, directory, script=None):
    """The same package as another version: numbers are as long, in the programs, too.

    script: what stands in the place of the program vipd, which is then vipd.real.
    """
    old, tree = field(path, "Version"), os.path.join(directory, version)
    assert re.fullmatch(r"[0-9.]+", old) and len(old) == len(version)
    subprocess.run(["dpkg-deb", "-R", path, tree], check=True)
    for name in glob.glob(f"{tree}/usr/sbin/*"):
        _substitute(name, f"{os.path.basename(name)} {old}", f"{os.path.basename(name)} {version}")
        _substitute(name, f"vipd {old}", f"vipd {version}")
        _substitute(name, f"\0{old}\0", f"\0{version}\0")
    _substitute(f"{tree}/DEBIAN/control", f"Version: {old}", f"Version: {version}")
    if script:
        os.rename(f"{tree}/usr/sbin/vipd", f"{tree}/usr/sbin/vipd.real")
        with open(f"{tree}/usr/sbin/vipd", "w", encoding="utf-8") as file:
            file.write(script)
        os.chmod(f"{tree}/usr/sbin/vipd", 0o755)
    made = os.path.join(directory, f"vipd_{version}.deb")
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, made], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return made


def _substitute(path, old, new):
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(content.replace(old.encode(), new.encode()))


def base():
    """The base system for this package, made if it is not there. Return: its directory."""
    depends = f"{SUITE} {field(package(), 'Depends')}"
    path = f"{BUILD}/deb-base-{hashlib.sha256(depends.encode()).hexdigest()[:12]}"
    os.makedirs(BUILD, exist_ok=True)
    with open(path + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(path):
            shutil.rmtree(path + ".new", ignore_errors=True)
            _make_base(path + ".new")
            os.rename(path + ".new", path)
    return path


def _make_base(path):
    """Debian's minimal system with systemd; the dependencies as files in apt's cache."""
    made = subprocess.run(
        ["mmdebstrap", "--mode=root", "--variant=minbase", "--include=systemd,iproute2",
         "--skip=cleanup/apt", f"--customize-hook=copy-in {package()} /tmp",
         '--customize-hook=chroot "$1" sh -c "apt-get install -q -y --no-install-recommends '
         '--download-only /tmp/vipd_*.deb && rm /tmp/vipd_*.deb"', SUITE, path, MIRROR],
        capture_output=True, text=True, timeout=900, check=False)
    if made.returncode != 0:
        raise RuntimeError(f"mmdebstrap gave {made.returncode}:\n{made.stderr[-3000:]}")


class Debian(ServiceManager):
    """See the head of this file."""

    target = "basic.target"

    def __init__(self, host):
        self.root = ROOT.replace("@BASE@", base())
        super().__init__(host)

    def prepare(self):
        """All is in the base."""

    def inside(self, path):
        """A path of its, by our root."""
        return f"/proc/{self.pid}/root{path}"

    def write(self, path, text):
        """A file, with its directory."""
        os.makedirs(os.path.dirname(self.inside(path)), exist_ok=True)
        with open(self.inside(path), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        """A file's text; None: there is none."""
        with contextlib.suppress(FileNotFoundError):
            with open(self.inside(path), encoding="utf-8") as file:
                return file.read()
        return None

    def exists(self, path):
        """Whether there is such a file or directory."""
        return os.path.lexists(self.inside(path))

    def apt(self, *args):
        """apt-get, as an administrator's script runs it."""
        return self.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y",
                        "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", *args,
                        timeout=120)

    def install(self, path):
        """Installs a package's file, or upgrades to it."""
        shutil.copy(path, self.inside("/tmp"))
        done = self.apt("install", "--allow-downgrades", "--reinstall",
                        f"/tmp/{os.path.basename(path)}")
        assert done.returncode == 0, done.stdout + done.stderr
        return done
