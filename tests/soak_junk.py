# SPDX-License-Identifier: MIT
"""The soak's faults that come in floods: questions to the control socket, junk on the wire."""

import contextlib
import socket
import threading

import frames

JUNK_MAX_S = 4.0                 # a flood ends by itself, whatever becomes of the soak


def _ask(gateway, stop):
    """Asks, and connects without asking, until told to stop."""
    while not stop.is_set():
        gateway.agent.ctl("show", "--json", check=False)
        for word in (b"", b"\xff" * 100, b"\0" * 4):
            with contextlib.suppress(OSError), \
                    socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
                client.settimeout(0.5)
                client.connect(gateway.agent.control)
                if word:
                    client.send(word)
        stop.wait(0.01)


@contextlib.contextmanager
def questions(_scene, gateway, _rng):
    """Three that ask without an end, and talk nonsense in between."""
    stop = threading.Event()
    askers = [threading.Thread(target=_ask, args=(gateway, stop), daemon=True) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        yield "3 at a time"
    finally:
        stop.set()
        for asker in askers:
            asker.join()


def junk_frames(rng):
    """What every receiver must discard; believed, each of it would be a takeover."""
    broken = [{"ttl": 254}, {"ttl": 1}, {"checksum": "bad"}, {"version": 2}, {"version": 4},
              {"type": 2}, {"vrid": 99}, {"count": 9}, {"addresses": ()}, {"interval": 0},
              {"ip_checksum": 1}, {"total_length": 2000}, {"proto": 111}, {"fragment": 0x2000},
              {"fragment": 3}, {"src": "224.0.0.5"}, {"src": "127.0.0.1"}, {"src": "0.0.0.0"},
              {"version": 15, "type": 15}, {"ttl": 2, "options": bytes(40)}]
    broken += [{"length": length} for length in range(12)]
    found = [frames.advert(**{"src": "192.0.2.9", "vrid": rng.choice([51, 52]), "priority": 254,
                              **fields}) for fields in broken]
    for size in (0, 1, 7, 8, 60, 1400):
        raw = bytes([0x31, 51, 254]) + rng.randbytes(size)
        packet = frames.ipv4(raw[:-2] if size else raw, "192.0.2.9", total_length=20 + len(raw))
        found.append(frames.ether(packet, frames.mac_of_address("192.0.2.9")))
        found.append(frames.ether(rng.randbytes(size), "02:00:00:00:00:99", ethertype=0x0806))
    return rng.sample(found, len(found))


@contextlib.contextmanager
def junk(scene, _gateway, rng):
    """Packets that nobody may believe."""
    rate = rng.choice([50, 300, 1000])
    flood = frames.Probe(scene.stranger).flood(junk_frames(rng), rate, JUNK_MAX_S)
    yield f"{rate}/s"
    flood.stop()
