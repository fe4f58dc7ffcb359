# SPDX-License-Identifier: MIT
"""A client that resolves anew all the time: it may learn the MAC address of whoever answers last."""

import contextlib
import select
import socket
import struct
import threading

FORGETS = 0.005                  # s
NLM_F_REQUEST, RTM_DELNEIGH, NDA_DST = 1, 29, 1


class Forgetful:
    """Deletes what a host knows of an address every 5 ms, until it is stopped."""

    def __init__(self, host, address):
        self._socket = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        binary = socket.inet_pton(family, address)
        destination = struct.pack("=HH", 4 + len(binary), NDA_DST) + binary
        entry = struct.pack("=BBHiHBB", family, 0, 0, host.link()["ifindex"], 0, 0, 0)
        self._message = struct.pack("=IHHII", 16 + len(entry) + len(destination), RTM_DELNEIGH,
                                    NLM_F_REQUEST, 0, 0) + entry + destination
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(FORGETS):
            self._socket.send(self._message)
            while select.select([self._socket], [], [], 0)[0]:
                with contextlib.suppress(OSError):
                    self._socket.recv(4096)        # that there was nothing to forget

    def stop(self):
        """Ends it."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._socket.close()
