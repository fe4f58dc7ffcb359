# SPDX-License-Identifier: MIT
"""Debian's nginx on a host of a lab, and a client that asks for pages: a service that can die."""

import contextlib
import os
import select
import signal
import socket
import threading
import time

from witness import TIMEOUT, Outage, wait_until

PORT = 80
CONFIG = """daemon off;
worker_processes 1;
pid {stem}.pid;
error_log {stem}.error crit;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path {stem}.body;
  proxy_temp_path {stem}.proxy;
  fastcgi_temp_path {stem}.fastcgi;
  uwsgi_temp_path {stem}.uwsgi;
  scgi_temp_path {stem}.scgi;
  server {{ listen {port}; location / {{ return 200 "{name}\\n"; }} }}
}}
"""


class Nginx:
    """One that listens on all addresses of a host, those that come later included."""

    def __init__(self, host, port=PORT):
        self.host, self.port = host, port
        self._stem = host.lab.path(f"{host.name}-nginx-{next(host.lab.numbers)}")
        with open(self._stem + ".conf", "w", encoding="ascii") as file:
            file.write(CONFIG.format(stem=self._stem, port=port, name=host.name))
        self.process = None
        self.start()

    def start(self):
        """Starts it, and waits until it listens."""
        with open(self._stem + ".log", "ab") as log:
            self.process = self.host.popen("/usr/sbin/nginx", "-e", self._stem + ".error", "-c",
                                           self._stem + ".conf", stdout=log, stderr=log)
        wait_until(self._listens, what=f"nginx on {self.host} to listen")

    def _listens(self):
        with self.host.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def die(self):
        """Kills master and worker together. Return: the time before."""
        mark = time.time_ns()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)
        return mark


class Pages:
    """A client that asks for a page again and again, each time by a connection of its own.

    A page that has not come within `patience` counts as none.
    """

    REQUEST = b"GET / HTTP/1.0\r\n\r\n"

    def __init__(self, host, address, interval=0.005, patience=0.1):
        self.host, self.target = host, (address, PORT)
        self.interval, self.patience = interval, patience
        self._pages = []                           # [asked ns, who answered, when] in order
        self._open = {}                            # its number and socket, by descriptor
        self._poll, self._stop = select.poll(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        with host.inside():                        # threads keep the namespace they begin in
            self._thread.start()
        host.lab.at_close(self.stop)

    def _run(self):
        due = time.monotonic()
        while not self._stop.is_set():
            self._ask()
            due = max(due + self.interval, time.monotonic())
            while (left := due - time.monotonic()) > 0:
                for fd, _ in self._poll.poll(left * 1e3):
                    self._go_on(fd)
            self._give_up()
        for fd in list(self._open):
            self._end(fd)

    def _ask(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._open[sock.fileno()] = (len(self._pages), sock)
        self._pages.append([time.time_ns(), None, None])
        with contextlib.suppress(OSError):         # in progress, or unreachable
            sock.connect(self.target)
        self._poll.register(sock, select.POLLOUT)

    def _go_on(self, fd):
        number, sock = self._open[fd]
        try:
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._end(fd)
            elif self._pages[number][2] is None:
                sock.send(self.REQUEST)
                self._pages[number][2] = 0
                self._poll.modify(fd, select.POLLIN)
            else:
                self._take(number, sock.recv(4096))
                self._end(fd)
        except OSError:
            self._end(fd)

    def _take(self, number, response):
        if response.startswith(b"HTTP/1.1 200"):
            self._pages[number][1:] = response.split()[-1].decode(), time.time_ns()

    def _give_up(self):
        limit = time.time_ns() - int(self.patience * 1e9)
        for fd, (number, _) in list(self._open.items()):
            if self._pages[number][0] < limit:
                self._end(fd)

    def _end(self, fd):
        self._poll.unregister(fd)
        self._open.pop(fd)[1].close()

    def _fates(self, since):
        """[(asked ns, who answered in time or None), ...] of those that are certain."""
        certain = time.time_ns() - int((self.patience + 0.05) * 1e9)
        limit = int(self.patience * 1e9)
        return [(asked, who if who and at - asked <= limit else None)
                for asked, who, at in list(self._pages) if since <= asked and (who or asked < certain)]

    def wait_from(self, name, since=0, timeout=TIMEOUT):
        """Waits until a host of that name has answered what was asked since then."""
        wait_until(lambda: any(who == name for _, who in self._fates(since)), timeout,
                   f"a page of {name}")

    def outages(self, since=0):
        """All times in which nothing was answered, in order: from the first question that was
        not on, until the next one that was."""
        now = time.time_ns()
        wait_until(lambda: time.time_ns() - now > (self.patience + 0.1) * 1e9, what="the last fates")
        found, start = [], None
        for asked, who in self._fates(since):
            if who and start:
                found.append(Outage(start, asked))
                start = None
            elif not who:
                start = start or asked
        return found + ([Outage(start, time.time_ns())] if start else [])

    def longest_outage(self, since=0):
        """In seconds; 0.0 if there was none."""
        return max((outage.seconds for outage in self.outages(since)), default=0.0)

    def stop(self):
        """Ends it."""
        self._stop.set()
        self._thread.join()
