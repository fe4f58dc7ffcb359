# SPDX-License-Identifier: MIT
"""The commands of etc/notify.d, run as the notifier runs them: by a descriptor, by a user without
rights, with nothing in the environment but what they are given; and a service on loopback."""

import http.server
import json
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent / "etc/notify.d"
NOBODY = 65534
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"]}
# What commands may call; of busybox all that it has.
TOOLS = ("awk", "base64", "cat", "curl", "date", "dirname", "fold", "id", "readlink", "sed", "sleep", "tail", "tr")
# Nothing in here is looked for in PATH, where it would find itself.
WRAPPER = """#!/bin/sh
{{ printf '%s\\n' "{name} $*"; /usr/bin/tr '\\0' '\\n' </proc/self/environ; }} >>{record}/{name}.$$
exec {real} "$@"
"""
KEY = "51/4/192.0.2.1"


def event(on, kind="state", node="gw1", router="lan", **fields):
    """An event of a router, or with router=None of the host, as the notifier has it."""
    made = {"seq": 7, "time": "2026-11-27T04:05:06.789012Z", "kind": kind}
    if router:
        made |= {"router": router, "interface": "eth0", "family": 4, "vrid": 51}
    made |= {"level": "info", "text": f"router={router} family=4 what=\"{on}\"" if router else f"what=\"{on}\"",
             "node": node, "on": on, "key": KEY if router else f"host/{node}",
             "incident": f"{KEY}@2026-11-27T04:05Z", "attempt": 1, "repeat": False, "merged": 0}
    return made | {name.rstrip("_"): value for name, value in fields.items()}


def environment(made):
    """VIPD_*: all members that are one value, without those that are false or empty."""
    return {f"VIPD_{name.upper()}": "1" if value is True else str(value) for name, value in made.items()
            if value is not False and value != "" and not (name == "merged" and value == 0)}


class Place:
    """A directory with a copy of the commands, secrets, and tools that write down how they are called."""

    def __init__(self, shell):
        self.path = Path(tempfile.mkdtemp(prefix="vipd-notify-"))
        self.path.chmod(0o755)
        self.shell = [shutil.which(SHELLS[shell][0]), *SHELLS[shell][1:]]
        self.commands = self.path / "notify.d"
        shutil.copytree(SOURCE, self.commands)
        self.record = self.path / "record"
        self.record.mkdir()
        self.record.chmod(0o777)
        self.bin = self.path / "bin"
        self.bin.mkdir()
        for name in TOOLS:
            real = shutil.which(name)
            if shell == "busybox" and name != "curl":
                real = f"{self.shell[0]} {name}"
            self.program(self.bin / name, WRAPPER.format(name=name, record=self.record, real=real))

    def program(self, path, text):
        """An executable file."""
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def secret(self, text, name="secret"):
        """A file of a secret, that of the group alone."""
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(path, 0, NOBODY)
        path.chmod(0o640)
        return str(path)

    @property
    def calls(self):
        """How tools were called: a text for each, its name and arguments, and its environment."""
        return [path.read_text(encoding="utf-8", errors="replace") for path in self.record.iterdir()]

    def run(self, name, made, *words, text=None, directory=None, timeout=20, **env):
        """Runs a command for an event; `made` None: with nothing on standard input."""
        if text is None:
            text = "" if made is None else json.dumps(made, ensure_ascii=False) + "\n"
        env = {"PATH": str(self.bin) + ":/usr/sbin:/usr/bin:/sbin:/bin", "RESOLVE_DELAY": "0"} | env
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        fd = os.open((directory or self.commands) / name, os.O_RDONLY)
        try:
            return subprocess.run([*self.shell, f"/dev/fd/{fd}", *words], input=text.encode(), pass_fds=[fd],
                                  env=env | (environment(made) if made else {}), cwd="/",
                                  capture_output=True, timeout=timeout, check=False, **who)
        finally:
            os.close(fd)

    def good(self, *args, **options):
        """Runs one that is to succeed without a word."""
        done = self.run(*args, **options)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done

    def bad(self, *args, **options):
        """Runs one that is to fail. Returns its line."""
        done = self.run(*args, **options)
        assert done.returncode == 1 and done.stdout == b"", done
        line = done.stderr.decode()
        assert line.endswith("\n") and line.count("\n") == 1, line
        return line.rstrip("\n")

    def close(self):
        shutil.rmtree(self.path)


class Request:
    """One that was received; what was in the process list by then."""

    def __init__(self, handler, body):
        self.method, self.path = handler.command, handler.path
        self.headers = dict(handler.headers.items())
        self.body = json.loads(body)
        self.processes = process_list()


def process_list():
    """The arguments and environments of all processes of the user without rights."""
    seen = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if path.stat().st_uid == NOBODY:
                seen.append((path / "cmdline").read_bytes() + b"\n" + (path / "environ").read_bytes())
        except OSError:
            continue
    return b"\n".join(seen).decode(errors="replace")


class Service:
    """An HTTP server that stands for the service: what it was asked, and what it answers."""

    def __init__(self, status=202, body='{"status":"success"}', headers=(), hangs=False):
        self.requests, self.status, self.reply = [], status, body
        self.release = threading.Event()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self):  # noqa: N802  (its name in http.server)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append(Request(self, body))
                if hangs:
                    service.release.wait(30)
                    return
                self.send_response(service.status)
                for name, value in headers:
                    self.send_header(name, value)
                reply = service.reply.encode()
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def one(self):
        """The request, which was the only one; it is forgotten."""
        assert len(self.requests) == 1, [request.body for request in self.requests]
        return self.requests.pop()


class MailServer:
    """The least of SMTP: takes one mail."""

    def __init__(self, refuses=False):
        self.refuses, self.recipients, self.sender, self.text = refuses, [], None, None
        self.processes = ""      # there were when it was greeted
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.socket.accept()
        with connection, connection.makefile("rwb") as file:
            def say(line):
                file.write(line.encode() + b"\r\n")
                file.flush()
            say("220 ready")
            while line := file.readline():
                self.processes = self.processes or process_list()
                word = line.strip().upper()
                if word == b"DATA":
                    say("354 go on")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += file.readline()
                    self.text = text[:-3].replace(b"\r\n..", b"\r\n.")
                elif word.startswith(b"MAIL"):
                    self.sender = line.strip().split(b":", 1)[1].decode()
                elif word.startswith(b"RCPT"):
                    if self.refuses:
                        say("550 nobody of that name")
                        continue
                    self.recipients.append(line.strip().split(b":", 1)[1].decode())
                say("221 bye" if word == b"QUIT" else "250 fine")
                if word == b"QUIT":
                    break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join(5)


def closed_port():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_until(condition, what, seconds=10):
    """Waits for it. Returns what it was."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} within {seconds} s"
        time.sleep(0.02)
    return found


def is_executable(path):
    return bool(path.stat().st_mode & stat.S_IXUSR)
