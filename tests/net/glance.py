# SPDX-License-Identifier: MIT
"""A look at routers through the control socket (agent/control_message.h), for who waits.

Whoever waits asks a hundred times, and to start vipctl each time costs more than all that is waited
for. So this says when it is worth asking; what a test judges by is what vipctl says.
"""

import contextlib
import functools
import socket
import struct

MAGIC, VERSION = 0x76697064, 3
WORDS = 0                                          # the command: words follow
TABLE, RECORDS, END = 1, 2, 3
UINT, INT, BOOL, WORD, TEXT = range(1, 6)
REQUEST = struct.Struct("=IHH")                    # magic, version, command
HEADER = struct.Struct("=IHH")                     # magic, version, type
TABLE_HEAD = struct.Struct("=HHI")                 # kind, fields, size of a record
FIELD_HEAD = struct.Struct("=HHHHHHI")             # length, type, offset, size, family, words, scale
RECORDS_HEAD = struct.Struct("=HHI")               # kind, records, reserved
MESSAGE_MAX = 65535
PATIENCE = 1.0                                     # s: longer silence is vipctl's business


def routers(path, name, *fields):
    """Of the routers of this name, a tuple of fields for each; None: nobody answers."""
    request = REQUEST.pack(MAGIC, VERSION, WORDS) + f"show\0{name}\0".encode()
    found, table = [], None
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock, contextlib.suppress(OSError):
        sock.settimeout(PATIENCE)
        sock.connect(path)
        sock.send(request)
        while said := sock.recv(MESSAGE_MAX):
            _, _, message = HEADER.unpack_from(said)
            if message == END:
                return found
            if message == TABLE:
                kind, places = _table(said)
                table = (kind, places) if kind[1] == "router" else table
            elif table and RECORDS_HEAD.unpack_from(said, HEADER.size)[0] == table[0][0]:
                found += _records(said, *table, fields)
    return None


@functools.lru_cache(maxsize=64)
def _table(said):
    """((its number, its name, the size of a record), {field: (type, offset, size, words)})."""
    number, fields_n, size = TABLE_HEAD.unpack_from(said, HEADER.size)
    at = HEADER.size + TABLE_HEAD.size
    name, at = _text(said, at)
    places = {}
    for _ in range(fields_n):
        length, kind, offset, width, _, words_n, _ = FIELD_HEAD.unpack_from(said, at)
        texts = said[at + FIELD_HEAD.size:at + length].split(b"\0")
        called, *words = (text.decode() for text in texts[:1 + words_n])
        places[called] = kind, offset, width, words
        at += length
    return (number, name, size), places


def _text(raw, at):
    """A text with a zero at its end. Return: it, and where the next thing is."""
    end = raw.index(b"\0", at)
    return raw[at:end].decode(), end + 1


def _records(said, kind, places, fields):
    _, records_n, _ = RECORDS_HEAD.unpack_from(said, HEADER.size)
    _, _, size = kind
    start = HEADER.size + RECORDS_HEAD.size
    for at in range(start, start + records_n * size, size):
        yield tuple(_value(said, at, *places[field]) for field in fields)


def _value(said, at, kind, offset, size, words):
    raw = said[at + offset:at + offset + size]
    if kind == TEXT:
        return _text(raw, 0)[0]
    number = int.from_bytes(raw, "little", signed=kind == INT)
    return words[number] if kind == WORD and number < len(words) else number
