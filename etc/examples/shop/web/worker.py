#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A web worker of the shop: PUT /orders/KEY stores an order. Usage: worker.py ADDRESS:PORT DSN

201: the order is stored, on both databases where there are two. 503: perhaps, ask again with the
same key. It never says 201 for what only one host of a pair has, and rests on three things for that:

- An order that is there already is written once more (DO UPDATE, not DO NOTHING). What a database
  has after a crash may be on no other host; a repeated order that changes nothing would wait for no
  standby, and be acknowledged. One that changes something is acknowledged with all before it.
- No statement is ever cancelled, and there is no statement_timeout: PostgreSQL takes that as leave
  to call a commit done for which it was still waiting. Who has no patience breaks the connection.
- A warning that comes with a commit (somebody else cancelled it) is a failure.
"""

import http.server
import re
import select
import sys
import threading
import time

import psycopg2
import psycopg2.extensions

LONGEST = 65536                  # bytes of a body
PATIENCE = 1.0                   # s: for the database's answer
ORDER = """
WITH placed AS (
  INSERT INTO orders (key, item) VALUES (%s, %s)
  ON CONFLICT (key) DO UPDATE SET repeats = orders.repeats + 1
  RETURNING key, repeats)
INSERT INTO parcels (key) SELECT key FROM placed WHERE repeats = 0
"""

_local = threading.local()


def _wait(connection):
    """Waits for the server as libpq would, but not for ever."""
    wanted = {psycopg2.extensions.POLL_READ: select.POLLIN,
              psycopg2.extensions.POLL_WRITE: select.POLLOUT}
    deadline = time.monotonic() + PATIENCE
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), wanted[state])
        if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise psycopg2.OperationalError(f"no answer for {PATIENCE:g} s")


def _connection(dsn):
    """The connection of this thread: a new one if any thread found its own broken since."""
    if getattr(_local, "connection", None) and _local.since < Worker.broken:
        _drop()
    if getattr(_local, "connection", None) is None:
        _local.since = time.monotonic()
        _local.connection = psycopg2.connect(dsn)
        _local.connection.autocommit = True
    return _local.connection


def _drop():
    connection, _local.connection = getattr(_local, "connection", None), None
    if connection is not None:
        connection.close()                         # never: cancel()


def store(dsn, key, item):
    """Stores an order. psycopg2.Error: perhaps not."""
    try:
        connection = _connection(dsn)
        connection.notices.clear()
        with connection.cursor() as cursor:
            cursor.execute(ORDER, (key, item))
        if connection.notices:
            raise psycopg2.OperationalError(connection.notices[-1])
    except psycopg2.Error:
        Worker.broken = time.monotonic()
        _drop()
        raise


class Worker(http.server.BaseHTTPRequestHandler):
    """Answers requests, on one connection one after the other."""

    protocol_version = "HTTP/1.1"
    dsn = None
    broken = 0.0                                   # when a connection was found so

    def do_PUT(self):
        """An order; its body is the item."""
        root, _, key = self.path.rpartition("/")
        if root != "/orders" or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key):
            self._answer(404, "PUT /orders/KEY, which is 1 to 64 letters, digits, _ and -")
            return
        try:
            item = self._body()
        except ValueError as error:
            self.close_connection = True
            self._answer(400, str(error))
            return
        try:
            store(self.dsn, key, item)
            self._answer(201, "stored")
        except psycopg2.Error as error:
            self._answer(503, str(error).strip() or type(error).__name__)

    def _body(self):
        """The text that was sent. ValueError: it is none."""
        length = int(self.headers.get("Content-Length", 0))
        if not 0 <= length <= LONGEST:
            raise ValueError(f"expected a body of 0 to {LONGEST} bytes, got {length}")
        text = self.rfile.read(length).decode()
        if "\0" in text:
            raise ValueError("expected a text, got a NUL byte in it")
        return text

    def _answer(self, status, text):
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):          # pylint: disable=redefined-builtin
        """Nothing but errors is worth a line."""

    def log_error(self, format, *args):            # pylint: disable=redefined-builtin
        super().log_message(format, *args)


class Pool(http.server.HTTPServer):
    """Threads that live as long as the server, each with its connection to the database."""

    request_queue_size = 128
    THREADS = 16

    def work(self):
        """Serves for ever."""
        threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _serve(self):
        while True:
            try:
                request, client = self.get_request()
            except OSError:
                continue
            try:
                self.finish_request(request, client)
            except OSError as error:               # the gateway has hung up
                print(f"{client[0]}: {error}", file=sys.stderr, flush=True)
            finally:
                self.shutdown_request(request)


def main():
    """Listens for ever."""
    if len(sys.argv) != 3 or ":" not in sys.argv[1]:
        sys.exit("usage: worker.py ADDRESS:PORT DSN")
    address, _, port = sys.argv[1].rpartition(":")
    Worker.dsn = sys.argv[2]
    psycopg2.extensions.set_wait_callback(_wait)
    Pool((address, int(port)), Worker).work()


if __name__ == "__main__":
    main()
