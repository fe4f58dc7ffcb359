# SPDX-License-Identifier: MIT
"""The checker alone, in a namespace: what it finds is read from its board, as the router process does."""

import fcntl
import os
import signal
import socket
import struct

from agents import binary
from witness import wait_until

HEAD, PLACE, OUTPUTS, OUTPUT = 4096, 512, 4096 + 8192 * 512, 4096
SIZE = OUTPUTS + 8192 * OUTPUT
MAGIC = 0x56495042
TRIES = 1000                     # to read one fact, while it is written
#: name, value, good, definition, number, in_row, since, answered, next, took, answers, bad, timed out,
#: output_len, error (agent/board.h)
FACT = struct.Struct("=33sBB5xQiIqqqqQQQII128s")
VALUES = ("unknown", "up", "down")
F_ADD_SEALS, F_SEAL_SHRINK = 1033, 2



class Fact(dict):
    """A fact of the board, by name: fact["value"]."""

    __getattr__ = dict.__getitem__


class Descriptor(int):
    """Closed with the last one who knows it: checkers hand a board on to each other."""

    def __del__(self):
        os.close(self)


class Checker:
    """vipd-checker with a configuration of checks; ended by close()."""

    def __init__(self, host, checks, settings="", board=None, *, processes=None, prefix=(), env=None):
        """processes: the proc connector; prefix: words of a command that becomes the checker."""
        self.host = host
        self.board = board if board is not None else _new_board()
        conf = os.memfd_create("conf")
        os.write(conf, (settings + "\nrouters = ( { name = \"lan\"; interface = \"lo\"; vrid = 1; "
                        "addresses = [ \"192.0.2.1/32\" ]; } );\nchecks = ( " + checks + " );\n").encode())
        self.news = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = [theirs.fileno(), conf, self.board, self.news]
        if processes is not None:
            fds.append(processes)

        def hand_down():
            for place, fd in enumerate(fds):
                os.dup2(fd, 500 + place)
            for place in range(len(fds)):
                os.dup2(500 + place, 3 + place)
                os.close(500 + place)
            os.closerange(3 + len(fds), 1 << 20)

        self.process = host.popen(*prefix, binary("vipd-checker"), close_fds=False, preexec_fn=hand_down,
                                  env={"VIPD_HELPER": "1", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})})
        theirs.close()
        os.close(conf)

    @property
    def pid(self):
        return self.process.pid

    def facts(self):
        """All facts by name, but for one that a checker died while it wrote."""
        found = {}
        for place in range(struct.unpack("=III", os.pread(self.board, 12, 0))[2]):
            for _ in range(TRIES):
                if fact := self._fact_at(place):
                    break
            if fact and fact["name"]:
                found[fact["name"]] = fact
        return found

    def _fact_at(self, place):
        """Whole, as its number says: what is read at once is not read in one step. None: try again."""
        at = HEAD + place * PLACE
        raw = os.pread(self.board, 8 + FACT.size, at)
        number, = struct.unpack_from("=I", raw)
        row = FACT.unpack_from(raw, 8)
        fact = Fact(name=_text(row[0]), value=VALUES[row[1]], good=bool(row[2]), definition=row[3],
                    number=row[4], in_row=row[5], since=row[6], answered=row[7], next=row[8],
                    took=row[9], answers=row[10], bad=row[11], timed_out=row[12], error=_text(row[15]),
                    output=os.pread(self.board, row[13], OUTPUTS + place * OUTPUT))
        after, = struct.unpack("=I", os.pread(self.board, 4, at))
        return fact if number == after and not number & 1 else None

    def fact(self, name):
        """A fact, once nobody is just writing it."""
        return self.wait(name)

    def wait(self, name, timeout=10, **fields):
        """Waits until a fact has these values, or an error with such a text; returns the fact."""
        def there():
            fact = self.facts().get(name)
            return fact if fact and all(
                value in fact[key] if key == "error" and value else fact[key] == value
                for key, value in fields.items()) else None
        wait_until(there, timeout, what=lambda _last: f"{name} with {fields}: {self.facts().get(name)}, "
                   f"exit status {self.process.poll()}, told {self.events()}")
        return there() or self.fact(name)

    def events(self):
        """What it told its keeper since: raw messages."""
        told = []
        try:
            while message := self.channel.recv(8192, socket.MSG_DONTWAIT):
                told.append(message)
        except BlockingIOError:
            pass
        return told

    def close(self, kill=False):
        """Ends it; returns its exit status."""
        self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        status = self.process.wait(10)
        self.channel.close()
        os.close(self.news)
        return status


def _text(raw):
    return raw.split(b"\0")[0].decode(errors="replace")


def _new_board():
    board = Descriptor(os.memfd_create("board", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC))
    os.ftruncate(board, SIZE)
    os.pwrite(board, struct.pack("=III", MAGIC, PLACE, 0), 0)
    fcntl.fcntl(board, F_ADD_SEALS, F_SEAL_SHRINK)
    return board
