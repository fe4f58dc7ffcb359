# SPDX-License-Identifier: MIT
"""etc/examples: each file is right for each of its nodes, and each pair does what its file says.

The files are taken as they are, but for what belongs to the host that they are on: below /etc/vipd is
the lab, and so are a control socket, a state directory, and what an example calls by a name.
"""

import glob
import http.server
import os
import re
import shutil
import subprocess
import threading

import pytest

from agents import ROOT, binary
from generations import absent
from lab import wait_until
from services import accepts

EXAMPLES = f"{ROOT}/etc/examples"
PAIRS = sorted(os.path.basename(it)[:-5] for it in glob.glob(f"{EXAMPLES}/*.conf")
               if not it.endswith("radvd.conf"))
FAILOVER = 20                    # seconds: intervals of 1 s, and checks
KEY = "1 hmac-sha256 " + "5a" * 32


def example(name, directory, **names):
    """An example's text, with what it refers to in a directory. names: what stands for what."""
    with open(f"{EXAMPLES}/{name}.conf", encoding="utf-8") as file:
        text = file.read().replace("/etc/vipd/", f"{directory}/")
    for old, new in names.items():
        assert old in text, old
        text = text.replace(old, new)
    for command in glob.glob(f"{EXAMPLES}/*"):
        if os.path.isfile(command) and os.access(command, os.X_OK):
            shutil.copy(command, directory)
    path = os.path.join(directory, "keys")
    with open(path, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(KEY + "\n")
    return text


def nodes(text):
    """The nodes of an example, the better one first."""
    return re.findall(r'name = "(\w+)"', re.search(r"^nodes = .*", text, re.M).group())


def start(lab, host, text):
    """vipd on a host that is the node of that name."""
    head = f'control = "@CONTROL@"; state_dir = "{lab.path(host.name)}-state";\n'
    return lab.vipd(host, text=head + text, args=("-n", host.name))


def wait_states(agent, state, *names, family=4):
    """Until these routers are in a state."""
    for name in names:
        agent.wait_state(name, state, timeout=FAILOVER, family=family)


def test_all_pairs_are_here():
    assert PAIRS == ["cloud-unicast", "database", "dual-stack", "shared-load", "two-uplinks"]


@pytest.mark.parametrize("name", PAIRS)
def test_example_is_right_for_each_node(tmp_path, name):
    """By vipd -t; the nodes are two, and one of them is the better one."""
    os.chmod(tmp_path, 0o755)
    conf = tmp_path / "example.conf"
    conf.write_text(example(name, str(tmp_path)), encoding="utf-8")
    told = {}
    for node in nodes(conf.read_text(encoding="utf-8")):
        for times in (["-t"], ["-t", "-t"]):
            done = subprocess.run([binary("vipd"), "-c", str(conf), "-n", node, *times], check=False,
                                  capture_output=True, text=True, timeout=30)
            assert (done.returncode, done.stderr) == (0, ""), done.stderr
        told[node] = re.findall(r"priority = (\d+);", done.stdout)
    first, second = told.values()
    assert first != second and len(told) == 2


# ---- two uplinks ----

@pytest.mark.long
def test_two_uplinks(lab):
    """An uplink that only gw1 lacks moves all to gw2; one that both lack moves nothing."""
    text = example("two-uplinks", lab.directory)
    isp_a = lab.host("isp-a", "198.51.100.1/29", segment="a")
    lab.host("isp-b", "203.0.113.1/29", segment="b")
    client = lab.host("client", "192.0.2.100/24")
    agents = []
    for name, lan, outside in (("gw1", 2, 3), ("gw2", 3, 4)):
        host = lab.host(name, f"192.0.2.{lan}/24")
        host.attach("a", f"198.51.100.{outside}/29")
        host.attach("b", f"203.0.113.{outside}/29")
        agents.append(start(lab, host, text))
    one, two = agents
    wait_states(one, "active", "lan", "isp-a", "isp-b")
    assert one.host.addresses("eth1") == ["198.51.100.3/29", "198.51.100.2/29"]
    routes = one.host.run("ip", "route", "show", "default").stdout
    assert "via 198.51.100.1" in routes and "via 203.0.113.1" in routes
    assert not two.host.run("ip", "route", "show", "default").stdout
    ping = lab.ping(client, "192.0.2.1")
    ping.wait_answer(since=lab.now())
    lab.cut(one.host, dev="eth1")
    wait_states(two, "active", "lan", "isp-a", "isp-b")
    wait_states(one, "backup", "lan", "isp-b")
    ping.wait_answer(since=lab.now())
    assert two.host.run("ip", "route", "show", "default").stdout.count("via") == 2
    lab.heal(one.host, dev="eth1")
    wait_states(one, "active", "lan", "isp-a", "isp-b")
    wait_states(two, "backup", "lan", "isp-a", "isp-b")
    mark = lab.now()
    lab.cut(isp_a)                                 # for both
    wait_until(lambda: all(it.router("lan")["effective_priority"] == priority for it, priority
                           in zip(agents, (90, 40))), FAILOVER, "both to know")
    assert one.router("lan")["state"] == "active" and not lab.capture.adverts(host=two.host, since=mark)


# ---- both families ----

def test_dual_stack(lab):
    """Both families are with one host, before and after it has left; no ping is lost by that."""
    text = example("dual-stack", lab.directory)
    one, two = (start(lab, lab.host(name, f"192.0.2.{n}/24", f"2001:db8:1::{n}/64", ipv6=True), text)
                for name, n in (("gw1", 2), ("gw2", 3)))
    client = lab.host("client", "192.0.2.100/24", "2001:db8:1::100/64", ipv6=True)
    for family in (4, 6):
        wait_states(one, "active", "lan", family=family)
        wait_states(two, "backup", "lan", family=family)
    pings = [lab.ping(client, address) for address in ("192.0.2.1", "2001:db8:1::1")]
    for ping in pings:
        ping.wait_answer(since=lab.now())
    mark = lab.now()
    assert "fe80::200:5eff:fe00:233/64" in [it.replace("/128", "/64") for it in one.host.addresses()]
    assert one.term() == 0
    for family in (4, 6):
        wait_states(two, "active", "lan", family=family)
    assert [it for it in one.host.addresses() if it in ("192.0.2.1/24", "2001:db8:1::1/64")] == []
    for ping in pings:
        ping.wait_answer(since=lab.now())
        assert not [1 for _, answered in ping.fates(since=mark) if not answered], ping.target


# ---- shared load ----

@pytest.mark.long
def test_shared_load(lab):
    """Each serves its half; one that dies leaves its half to the other one, and gets it back."""
    text = example("shared-load", lab.directory)
    lab.host("isp", "198.51.100.1/29", segment="up")
    client, agents = lab.host("client", "192.0.2.100/24"), []
    for name, n in (("gw1", 2), ("gw2", 3)):
        host = lab.host(name, f"192.0.2.{n}/24")
        host.attach("up", f"198.51.100.{n}/29")
        agents.append(start(lab, host, text))
    one, two = agents
    wait_states(one, "active", "odd")
    wait_states(two, "active", "even")
    wait_states(one, "backup", "even")
    wait_states(two, "backup", "odd")
    pings = [lab.ping(client, address) for address in ("192.0.2.1", "192.0.2.254")]
    lab.cut(two.host)
    wait_states(one, "active", "odd", "even")
    lab.heal(two.host)
    wait_states(two, "active", "even")
    wait_states(one, "backup", "even")
    lab.cut(one.host, dev="eth1")                  # its uplink
    wait_states(two, "active", "odd", "even")
    for ping in pings:
        ping.wait_answer(since=lab.now())


# ---- a cloud ----

class Cloud:
    """An API that moves an address: whose server it is, there the cloud's router sends packets."""

    SERVERS = {101: "10.0.1.10", 102: "10.0.2.10"}

    def __init__(self, lab, host):
        self.host, self.asked = host, []
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """POST /v1/floating_ips/4711/actions/assign {"server": N}."""

            def do_POST(self):                     # noqa: N802 (its name is given)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                cloud.asked.append((self.path, self.headers["Authorization"], body))
                server = int(re.fullmatch(r'{"server":(\d+)}', body).group(1))
                host.ip(f"route replace 198.51.100.7/32 via {cloud.SERVERS[server]}")
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_):             # pylint: disable=arguments-differ
                """Says nothing."""

        with host.inside():
            self.server = http.server.HTTPServer(("0.0.0.0", 8443), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        lab.at_close(self.server.server_close)
        lab.at_close(self.server.shutdown)


def test_cloud_unicast(lab):
    """Over a router, signed: whoever becomes Active has the address moved, and serves it."""
    router = lab.host("router", "10.0.1.1/24", segment="one")
    router.attach("two", "10.0.2.1/24")
    router.attach("out", "198.18.0.1/24")
    router.sysctl("net.ipv4.ip_forward", 1)
    cloud, agents, health = Cloud(lab, router), [], []
    token = lab.path("hcloud")
    with open(token, "w", encoding="ascii") as file:
        file.write("secret\n")
    text = example("cloud-unicast", lab.directory, **{
        'env = [ "HCLOUD_API=https://api.hetzner.cloud/v1" ]':
            f'env = [ "HCLOUD_API=http://10.0.@NET@.1:8443/v1", "HCLOUD_TOKEN_FILE={token}" ]'})
    for name, net in (("app1", "1"), ("app2", "2")):
        host = lab.host(name, f"10.0.{net}.10/24", segment="one" if net == "1" else "two")
        host.ip(f"route add default via 10.0.{net}.1")
        health.append(web(lab, host))
        agents.append(start(lab, host, text.replace("@NET@", net)))
    one, two = agents
    wait_states(one, "active", "app")
    wait_states(two, "backup", "app")
    wait_until(lambda: cloud.asked, FAILOVER, "a request")
    assert cloud.asked[0] == ("/v1/floating_ips/4711/actions/assign", "Bearer secret", '{"server":101}')
    client = lab.host("client", "198.18.0.100/24", segment="out")
    client.ip("route add default via 198.18.0.1")
    ping = lab.ping(client, "198.51.100.7")
    ping.wait_answer(since=lab.now())
    health[0]()                                    # the application dies, the host does not
    wait_states(two, "active", "app")
    wait_until(lambda: cloud.asked[-1][2] == '{"server":102}', FAILOVER, "the other request")
    assert absent(one.host, "198.51.100.7/32")
    ping.wait_answer(since=lab.now())


def web(lab, host):
    """What answers 200 to anybody on port 8080. Return: its end."""
    class Handler(http.server.BaseHTTPRequestHandler):
        """GET /health."""

        def do_GET(self):                          # noqa: N802
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):                 # pylint: disable=arguments-differ
            """Says nothing."""

    with host.inside():
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended = []

    def end():
        if not ended:
            ended.append(True)
            server.shutdown()
            server.server_close()

    lab.at_close(end)
    return end


# ---- a database ----

# Shared memory of its own: that of a killed one would stay.
BECOME = ["/usr/bin/unshare", "--ipc", "/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres",
          "--init-groups"]
PROGRAMS = max(glob.glob("/usr/lib/postgresql/*/bin"), default=None)


class Database:
    """A PostgreSQL on a host: a primary of its own, or a standby of another one."""

    def __init__(self, lab, host, primary=None):
        self.host, self.directory = host, lab.path(f"{host.name}-postgres")
        os.makedirs(self.directory)
        shutil.chown(self.directory, "postgres", "postgres")
        self.data = f"{self.directory}/data"
        if primary:
            self.run("pg_basebackup", "-D", self.data, "-d", f"host={primary} user=postgres", "-R",
                     "--checkpoint=fast")
        else:
            self.run("initdb", "-D", self.data, "-A", "trust", "-N")
            with open(f"{self.data}/pg_hba.conf", "a", encoding="ascii") as file:
                file.write("host all,replication all 192.0.2.0/24 trust\n")
        self.start()
        lab.at_close(self.stop)

    def run(self, program, *args):
        """A program of PostgreSQL on the host, as postgres: its output."""
        return self.host.run(*BECOME, f"{PROGRAMS}/{program}", *args, cwd="/", timeout=60).stdout

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-l", f"{self.directory}/log", "-o",
                 f"-k {self.directory} -c listen_addresses=* -c wal_log_hints=on -c fsync=off", "start")

    def stop(self, how="immediate"):
        """At once, as when it crashes; nothing if it does not run."""
        if os.path.exists(f"{self.data}/postmaster.pid"):
            self.run("pg_ctl", "-D", self.data, "-m", how, "-w", "stop")

    def ask(self, sql, at=None):
        """One value."""
        return self.run("psql", "-X", "-A", "-t", "-d", "postgres", "-h", at or self.directory, "-c",
                        sql).strip()


@pytest.mark.long
@pytest.mark.skipif(not PROGRAMS, reason="PostgreSQL is not installed (Debian: postgresql)")
def test_database(lab):
    """The standby is promoted when the primary's database dies; of two primaries one stops."""
    hosts = [lab.host(f"db{n}", f"192.0.2.{n + 1}/24") for n in (1, 2)]
    databases = [Database(lab, hosts[0])]
    databases.append(Database(lab, hosts[1], "192.0.2.2"))
    first, second = databases
    first.ask("CREATE TABLE t AS SELECT 1 AS n")
    wait_until(lambda: second.ask("SELECT pg_last_wal_replay_lsn() >= "
                                  f"'{first.ask('SELECT pg_current_wal_lsn()')}'") == "t",
               FAILOVER, "the standby to have it")
    one, two = (start(lab, it.host, example("database", lab.directory, **{
        "/var/lib/postgresql/15/main": it.data, "/usr/lib/postgresql/15/bin": PROGRAMS,
        "/var/run/postgresql": it.directory})) for it in databases)
    wait_states(one, "active", "db")
    wait_states(two, "backup", "db")
    assert first.ask("SELECT pg_is_in_recovery()", at="192.0.2.1") == "f"
    first.stop()
    wait_states(two, "active", "db")
    wait_until(lambda: second.ask("SELECT pg_is_in_recovery()") == "f", FAILOVER, "a promotion")
    client = lab.host("client", "192.0.2.100/24")
    asked = client.run(*BECOME, f"{PROGRAMS}/psql", "-X", "-A", "-t", "-h", "192.0.2.1", "-d", "postgres",
                       "-c", "INSERT INTO t VALUES (2)", "-c", "SELECT sum(n) FROM t", cwd="/").stdout
    assert asked.split()[-1] == "3"
    first.start()                                  # as a primary, by mistake
    wait_until(lambda: not accepts(hosts[0], 5432), FAILOVER, "the old primary to be stopped")
    wait_states(one, "fault", "db")
    assert second.ask("SELECT pg_is_in_recovery()", at="192.0.2.1") == "f"
