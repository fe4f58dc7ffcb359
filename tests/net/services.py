# SPDX-License-Identifier: MIT
"""Services that checks ask: a web server, a DNS server, and servers that misbehave."""

import glob
import os
import socket
import struct
import subprocess
import threading

from witness import wait_until

NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/error.log {level};
events {{ worker_connections 4096; }}
http {{
  access_log off; types {{ }} default_type text/plain;
  client_body_temp_path {dir}/tmp; proxy_temp_path {dir}/tmp; fastcgi_temp_path {dir}/tmp;
  uwsgi_temp_path {dir}/tmp; scgi_temp_path {dir}/tmp;
  {servers}
}}
"""


class Service:
    """A program that listens in a host's namespace; ended by stop(), or with the lab."""

    def __init__(self, lab, host, argv, is_there):
        self.host, self.argv, self._is_there = host, argv, is_there
        self.log = open(lab.path(f"{os.path.basename(argv[0])}.log"), "ab")
        self.process = None
        self.start()
        lab.at_close(self.stop)

    def start(self):
        self.process = self.host.popen(*self.argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_until(lambda: self.process.poll() is not None or self._is_there(), what=f"{self.argv[0]} listens")
        assert self.process.poll() is None, open(self.log.name, encoding="utf-8", errors="replace").read()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def accepts(host, port, address="127.0.0.1"):
    """Whether somebody accepts connections there."""
    with host.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return sock.connect_ex((address, port)) == 0


def nginx(lab, host, servers, port, level="error"):
    """nginx with these server { } blocks, in one process."""
    directory = lab.path("nginx")
    os.makedirs(directory, exist_ok=True)
    conf = os.path.join(directory, "nginx.conf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write(NGINX.format(dir=directory, servers=servers, level=level))
    return Service(lab, host, ["/usr/sbin/nginx", "-p", directory, "-c", conf,
                               "-e", os.path.join(directory, "start.log")], lambda: accepts(host, port))


def postgresql(lab, host, port):
    """PostgreSQL with a cluster of its own; it runs as postgres, as it refuses to be root."""
    directory = lab.path("postgresql")
    os.makedirs(directory)
    subprocess.run(["chown", "postgres:", directory], check=True)
    programs = max(glob.glob("/usr/lib/postgresql/*/bin"))
    # Shared memory of its own: that of a killed one would stay.
    become = ["/usr/bin/unshare", "--ipc", "/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres",
              "--init-groups"]
    subprocess.run([*become, f"{programs}/initdb", "-D", f"{directory}/data", "-A", "trust", "-N"], check=True,
                   capture_output=True, cwd="/")
    return Service(lab, host, [*become, f"{programs}/postgres", "-D", f"{directory}/data", "-p", str(port), "-k", "",
                               "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=4",
                               "-c", "superuser_reserved_connections=1", "-c", "max_wal_senders=0"],
                   lambda: accepts(host, port))


def dnsmasq(lab, host, *records, address="127.0.0.1", port=5353):
    """dnsmasq that knows these records and nobody else's."""
    argv = ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--user=root", "--pid-file=", f"--port={port}", f"--listen-address={address}", "--bind-interfaces",
            *(f"--{record}" for record in records)]
    return Service(lab, host, argv, lambda: accepts(host, port, address))


class Crooked:
    """A TCP server of Python whose connections are handed to a function, one after the other."""

    def __init__(self, lab, host, port, serve):
        self.server = host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", port))
        self.server.listen(64)
        self.connections = 0
        self._serve = serve
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        lab.at_close(self.stop)

    def _run(self):
        while True:
            try:
                conn, _ = self.server.accept()
            except OSError:
                return
            self.connections += 1
            with conn:
                try:
                    self._serve(conn)
                except OSError:
                    pass

    def stop(self):
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(10)
        self.server.close()


class Dns:
    """A UDP server of Python: each query is answered with what a function makes of it."""

    def __init__(self, lab, host, port, make):
        self.socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.queries = 0
        self.ports = []  # that queries came from
        self._make = make
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        lab.at_close(self.stop)

    def _run(self):
        self.socket.settimeout(0.1)
        while not self._ended:
            try:
                query, sender = self.socket.recvfrom(4096)
            except socket.timeout:
                continue
            self.queries += 1
            self.ports.append(sender[1])
            if answer := self._make(query):
                self.socket.sendto(answer, sender)

    def stop(self):
        self._ended = True
        self._thread.join(10)
        self.socket.close()


class Authority:
    """Certificates, made by openssl in a directory."""

    def __init__(self, lab, name="ca"):
        self.directory = lab.path(name)
        os.makedirs(self.directory, exist_ok=True)
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                  "-subj", f"/CN={name}", "-keyout", "ca.key", "-out", "ca.pem")
        self.ca = self.path("ca.pem")

    def path(self, name):
        return os.path.join(self.directory, name)

    def _run(self, *args, **options):
        done = subprocess.run(["openssl", *args], cwd=self.directory, capture_output=True, text=True, check=False,
                              **options)
        assert done.returncode == 0, done.stderr

    def issue(self, name, host, days=30, use="serverAuth"):
        """A certificate and its key, below NAME.pem and NAME.key; expired with days=-1."""
        kind = "IP" if host[0].isdigit() else "DNS"
        with open(self.path(f"{name}.ext"), "w", encoding="ascii") as file:
            file.write(f"subjectAltName={kind}:{host}\nextendedKeyUsage={use}\n")
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}",
                  "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                  "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        os.chmod(self.path(f"{name}.key"), 0o644)  # a checker is nobody
        return self.path(f"{name}.pem"), self.path(f"{name}.key")
