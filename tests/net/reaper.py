# SPDX-License-Identifier: MIT
"""Removes labs: also those whose owner was killed before it could clean up.

As a child of a lab's owner it reads that owner's pipe on standard input: "add NAME" before a lab
makes its first namespace, "done NAME" when it is gone or shall stay. The pipe ends when the owner
does, even by SIGKILL; what was added and not done is then removed.

By hand:  python3 tests/net/reaper.py NAME...
"""

import contextlib
import ctypes
import glob
import os
import re
import shutil
import signal
import sys
import tempfile
import time

NETNS = "/run/netns"
LAB_NAME = r"vipd-\d+-\d+"
MNT_DETACH = 2


def namespaces(name):
    """The network namespaces of lab `name`."""
    try:
        return sorted(entry for entry in os.listdir(NETNS) if entry.startswith(name + "-"))
    except FileNotFoundError:
        return []


def directory(name):
    """Where the files of lab `name` are."""
    return os.path.join(tempfile.gettempdir(), name)


def cgroups():
    """Where this machine has its control groups of version 2 mounted, or None."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            mount, _, source = line.partition(" - ")
            if source.startswith("cgroup2 "):
                return mount.split()[4]
    return None


def _remove_cgroups(name, timeout=2.0):
    """Removes the lab's control groups; who lived in them is dead, or about to be."""
    deadline = time.monotonic() + timeout
    for group in os.scandir(cgroups()) if cgroups() else ():
        if not group.name.startswith(name + "-"):
            continue
        for path, _, _ in os.walk(group.path, topdown=False):
            while error := _rmdir(path):
                if time.monotonic() > deadline:
                    print(f"{path}: {error}", file=sys.stderr)
                    break
                time.sleep(0.002)


def _rmdir(path):
    """Removes an empty directory. Return: the error, if there is one."""
    try:
        os.rmdir(path)
    except OSError as error:
        return error
    return None


def remove(name, keep_files=False):
    """Kills every process inside the lab's namespaces, deletes these and the lab's files.

    What to kill is asked of the kernel, not of a list of pids: nothing that was started in a lab
    can be missed, and no recycled pid can be hit.
    """
    if not re.fullmatch(LAB_NAME, name):
        raise ValueError(f"{name!r} is not the name of a lab")
    found = namespaces(name)
    _kill_inside(found)
    _remove_cgroups(name)
    _remove_run_files(found)
    for namespace in found:
        _delete(os.path.join(NETNS, namespace))
    if not keep_files:
        shutil.rmtree(directory(name), ignore_errors=True)


def _delete(path):
    """As `ip netns delete` does it; nothing may be mounted there by somebody who was killed."""
    ctypes.CDLL(None).umount2(path.encode(), MNT_DETACH)
    os.unlink(path)


def _remove_run_files(found):
    """Removes what vipd leaves in /run for whoever asks later: it is named after the namespace."""
    for namespace in found:
        inode = os.stat(os.path.join(NETNS, namespace)).st_ino
        for path in glob.glob(f"/run/vipd/netns-{inode}.*"):
            with contextlib.suppress(FileNotFoundError):       # any vipd may have removed it
                os.unlink(path)


def _kill_inside(found, timeout=5.0):
    """Kills again and again, since a dying process may just have forked."""
    deadline = time.monotonic() + timeout
    while (pids := processes(found)) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.002)


def processes(found):
    """Pids of the processes, but for this one, that live in one of these namespaces."""
    inodes = {os.stat(os.path.join(NETNS, namespace)).st_ino for namespace in found}
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")) if inodes else ():
        try:
            inside = os.stat(f"/proc/{pid}/ns/net").st_ino in inodes
        except OSError:          # gone meanwhile, or a zombie: it has no namespace any more
            continue
        if inside and int(pid) != os.getpid():
            pids.append(int(pid))
    return pids


def watch(pipe):
    """Reads the owner's words until it is gone, then removes what it left behind."""
    open_labs = []
    for line in pipe:
        verb, name = line.split()
        if verb == "add":
            open_labs.append(name)
        elif name in open_labs:
            open_labs.remove(name)
    for name in open_labs:
        remove(name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--watch"]:
        watch(sys.stdin)
    else:
        for argument in sys.argv[1:]:
            remove(argument)
