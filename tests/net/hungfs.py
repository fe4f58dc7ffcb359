#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A file system that hangs, as that of a server which is gone: whoever goes there waits in the kernel.

Run as a program: hungfs.py DIRECTORY SWITCH ""|stubborn COMMAND... mounts it on a directory, in a mount namespace of
its own, and becomes the command. It has files of every name with nothing in them, and hangs while SWITCH
is there. It needs no library: a FUSE server answers requests of <linux/fuse.h>.
"""

import ctypes
import os
import select
import signal
import struct
import sys
import time

LOOKUP, FORGET, GETATTR, OPEN, READ, INIT, FLUSH, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 26, 25, 36, 42
WITHOUT_ANSWER = (FORGET, INTERRUPT, BATCH_FORGET)
ENOSYS = 38
MS_REC, MS_PRIVATE, CLONE_NEWNS, PR_SET_PDEATHSIG = 16384, 1 << 18, 0x20000, 1
ROOT = 1


def words(directory, switch, stubborn=False):
    """What a command is begun with to have it."""
    return ("/usr/bin/python3", os.path.abspath(__file__), directory, switch, "stubborn" if stubborn else "")


def _must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _attributes(node):
    mode = 0o40755 if node == ROOT else 0o100644
    return struct.pack("=6Q10I", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def _answer(opcode, node):
    """Nothing is remembered by the kernel: each time it asks again. None: there is no such request."""
    if opcode == INIT:
        return struct.pack("=4I2H2I2H8I", 7, 31, 0, 0, 0, 0, 65536, 1, 0, 0, *([0] * 8))
    if opcode == LOOKUP:
        return struct.pack("=4Q2I", 2, 0, 0, 0, 0, 0) + _attributes(2)
    if opcode == GETATTR:
        return struct.pack("=Q2I", 0, 0, 0) + _attributes(node)
    if opcode == OPEN:
        return struct.pack("=Q2I", 0, 0, 0)
    return b"" if opcode in (READ, FLUSH) else None


def wait_while(switch):
    while os.path.exists(switch):
        time.sleep(0.02)  # to keep others waiting is what it is for


def serve(fuse, switch, stubborn):
    """Requests one after the other, until it is unmounted. What was not read yet can be killed, as on NFS;
    stubborn: what was read cannot, as on a disk that does not answer."""
    while True:
        select.select([fuse], [], [])
        if not stubborn:
            wait_while(switch)
        try:
            request = os.read(fuse, 1 << 17)
        except OSError:
            return
        _, opcode, unique, node = struct.unpack_from("=2I2Q", request)
        if opcode != INIT:
            wait_while(switch)
        if opcode in WITHOUT_ANSWER:
            continue
        answer = _answer(opcode, node)
        try:
            os.write(fuse, struct.pack("=IiQ", 16 + len(answer or b""), -ENOSYS if answer is None else 0, unique)
                     + (answer or b""))
        except OSError:
            pass  # who asked was killed


def main(directory, switch, stubborn, *command):
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.unshare(CLONE_NEWNS))
    _must(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    fuse = os.open("/dev/fuse", os.O_RDWR)
    _must(libc.mount(b"hung", directory.encode(), b"fuse", 0,
                     f"fd={fuse},rootmode=40000,user_id=0,group_id=0,allow_other".encode()))
    parent = os.getpid()
    if os.fork() == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.closerange(3, fuse)
        os.closerange(fuse + 1, 1024)
        if os.getppid() == parent:
            serve(fuse, switch, stubborn)
        os._exit(0)
    os.close(fuse)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
