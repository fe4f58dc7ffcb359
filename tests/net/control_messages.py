# SPDX-License-Identifier: MIT
"""The messages of the control socket, written down a second time (agent/control_message.h).

What a vipd or a vipctl of another version says is made here, right or wrong; what ours says is
taken apart.
"""

import array
import contextlib
import os
import socket
import struct
import subprocess
import threading

from agents import binary
from glance import (BOOL, END, FIELD_HEAD, HEADER, INT, MAGIC, MESSAGE_MAX, RECORDS,  # noqa: F401
                    RECORDS_HEAD, REQUEST, TABLE, TABLE_HEAD, TEXT, UINT, VERSION, WORD, WORDS)
from witness import wait_until

SHOW, RELOAD = 1, 2                               # commands; SHOW was one of version 2
DURATION, TIME, IP, ERRNO, COUNTS = range(6, 11)
RESULT = struct.Struct("=IHH3000s")                # magic, version, failed, text


def request(*words, version=VERSION, command=WORDS):
    """A request; none of words where the command is a number."""
    return REQUEST.pack(MAGIC, version, command) + b"".join(it.encode() + b"\0" for it in words)


def message(kind, body, version=VERSION, magic=MAGIC):
    """A message of an answer."""
    return HEADER.pack(magic, version, kind) + body


def field(name, kind, offset, size, *, words=(), scale=0, family=0, appended=b""):
    """A field of a table."""
    texts = b"".join(text.encode() + b"\0" for text in (name, *words)) + appended
    return FIELD_HEAD.pack(FIELD_HEAD.size + len(texts), kind, offset, size, family, len(words),
                           scale) + texts


def table(number, name, size, *fields):
    """A table of these fields."""
    return message(TABLE, TABLE_HEAD.pack(number, len(fields), size) + name.encode() + b"\0"
                   + b"".join(fields))


def records(number, *bodies):
    """Records of one length."""
    return message(RECORDS, RECORDS_HEAD.pack(number, len(bodies), 0) + b"".join(bodies))


def end(error=0, text=""):
    """The end of an answer."""
    return message(END, struct.pack("=i", error) + text.encode())


class Kind:
    """A kind of records that a test makes up: fields in any order, of any place.

    layout: {name: (type, format of struct, options)}.
    """

    def __init__(self, number, name, layout, padding=0):
        self.number, self.name, self.layout, self.padding = number, name, layout, padding
        self.offsets, self.size = {}, 0
        for member, (_, form, _) in layout.items():
            self.offsets[member] = self.size
            self.size += struct.calcsize("=" + form)
        self.size += padding

    def table(self):
        """Its table."""
        fields = []
        for name, (kind, form, options) in self.layout.items():
            options = dict(options)
            if "family" in options:
                options["family"] = self.offsets[options["family"]]
            fields.append(field(name, kind, self.offsets[name], struct.calcsize("=" + form),
                                **options))
        return table(self.number, self.name, self.size, *fields)

    def record(self, **values):
        """One record; what is not given is zero."""
        body = b""
        for name, (_, form, _) in self.layout.items():
            size = struct.calcsize("=" + form)
            value = values.pop(name.replace(".", "_"), None)
            if value is None:
                body += bytes(size)
            elif isinstance(value, (tuple, list)):
                body += struct.pack("=" + form, *value)
            else:
                body += struct.pack("=" + form, value)
        assert not values, f"no such fields: {values}"
        return body + b"\xee" * self.padding


def connect(path):
    """A connection to a control socket; patient as vipctl is, while a generation makes room, or while
    others wait to be accepted."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    made.settimeout(10)

    def connected():
        with contextlib.suppress(ConnectionRefusedError, FileNotFoundError, BlockingIOError):
            made.connect(path)
            return True
        return False

    wait_until(connected, what=f"somebody to listen at {path}", every=0.001)
    return made


def send(sock, said):
    """Sends a message; it may find that the other side hung up, as on one who is one too many."""
    with contextlib.suppress(ConnectionError):
        sock.send(said)


def receive(sock):
    """One message; b"" when the other side hung up."""
    with contextlib.suppress(ConnectionError):
        return sock.recv(1 << 20)
    return b""


def answers(path, asked):
    """Everything that vipd answers to a request in bytes: messages."""
    with connect(path) as sock:
        send(sock, asked)
        return list(iter(lambda: receive(sock), b""))


def take_end(said):
    """Of a message that must be an end: (error, text)."""
    magic, _, kind = HEADER.unpack_from(said)
    assert (magic, kind) == (MAGIC, END), said
    return struct.unpack_from("=i", said, 8)[0], said[12:].decode()


def take_descriptor(path, asked):
    """The first descriptor that comes along with the answer."""
    with connect(path) as sock:
        sock.send(asked)
        while True:
            data, ancillary, _, _ = sock.recvmsg(1 << 20, socket.CMSG_SPACE(4))
            assert data, "an end without a descriptor"
            for level, kind, content in ancillary:
                assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
                return array.array("i", content)[0]


class Server:
    """A vipd that is made up: it listens at a path and says the same to each client.

    asked: what it was asked, in order.
    """

    def __init__(self, path, *said, attach=None):
        self.path, self.said, self.attach, self.asked = path, said, attach, []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(path)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()
        os.unlink(self.path)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    self._answer(client)

    def _answer(self, client):
        client.settimeout(10)
        self.asked.append(client.recv(4096))
        for i, said in enumerate(self.said):
            attached = []
            if self.attach is not None and i == 0:
                attached = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                             array.array("i", [self.attach]))]
            client.sendmsg([said], attached)


def vipctl(path, *args, before=()):
    """vipctl on a socket that needs no host: .returncode, .stdout, .stderr."""
    return subprocess.run([*before, binary("vipctl"), "-s", path, *args], capture_output=True,
                          text=True, timeout=60, check=False)
