# SPDX-License-Identifier: MIT
"""vipctl doctor: it finds each thing that is made wrong on a host, before vipd runs and while it
does; what it prints to mend it does; and on a healthy pair it finds nothing."""

import json
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field

import pytest

from agents import is_sanitized, own_binaries, router, run_vipctl, write_config
from lab import wait_until

OWN, PEER = "192.0.2.2/24", "192.0.2.3/24"
SIX = {"name": "six", "vrid": 52, "addresses": ["fe80::7/64"]}
WORSE = ("error", "warning")


@dataclass
class Host:
    """A host to look at, with a vipd or without one."""
    lab: object
    host: object
    config: str
    control: str
    before: tuple = ()           # words in front of every command
    programs: dict = field(default_factory=dict)

    def doctor(self, *args, before=()):
        """Return: exit status, and the document."""
        program = self.programs.get("VIPCTL")
        argv = ["-s", self.control, "doctor", "--json", "-c", self.config, *args]
        before = (*self.before, *before)
        done = (self.host.run(*before, program, *argv, check=False) if program
                else run_vipctl(self.host, *argv, before=before))
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)
        wrong = [it for it in found["findings"] if it["severity"] in WORSE]
        assert done.returncode == bool(wrong) == bool(found["errors"] + found["warnings"])
        assert all(it["seen"] and it["why"] and (it["mend"] or it["advice"])
                   for it in found["findings"])
        if is_sanitized():                         # then no memory is locked, whatever is allowed
            found["findings"] = [it for it in found["findings"] if "not locked" not in it["seen"]]
        return found

    def found(self, code, *args):
        """The findings of one check."""
        return [it for it in self.doctor(*args)["findings"] if it["finding"] == code]

    def do(self, command):
        """Runs a command as somebody would type it here, who has this vipctl in his path."""
        path = os.pathsep.join([os.path.dirname(os.path.abspath(
            os.environ.get("VIPD", "build/vipd"))), os.environ["PATH"]])
        self.host.run(*self.before, "sh", "-c", command, env={**os.environ, "PATH": path})

    def worse(self):
        """What is found that is worse than a note."""
        return [it for it in self.doctor()["findings"] if it["severity"] in WORSE]


def prepare(lab, name="gw1", own=OWN, **keys):
    """A host that is fine: with a gateway's sysctls and a second interface."""
    host = lab.host(name, own, **keys)
    host.attach("wan")
    for family in (4, 6) if keys.get("ipv6") else (4,):
        host.sysctl(f"net.ipv{family}.conf.all.forwarding", 1)
    if keys.get("ipv6"):
        wait_until(lambda: any(it.startswith("fe80:") for it in host.addresses()))
    return host


def idle(lab, routers, host=None, **settings):
    """A host on which no vipd runs yet."""
    host = host or prepare(lab)
    return Host(lab, host, write_config(lab, f"{host.name}.conf", routers, node=host.name,
                                        control=lab.path(f"{host.name}.sock"), **settings),
                lab.path(f"{host.name}.sock"))


def running(lab, routers, host=None, **settings):
    """A host with a vipd, Active unless another one is; its standby is there, too."""
    host = host or prepare(lab)
    agent = lab.vipd(host, routers, **settings)
    for it in routers:
        family = 6 if ":" in it["addresses"][0] else 4
        wait_until(lambda it=it, family=family: agent.router(it["name"], family)["state"]
                   in ("active", "backup"))
    assert agent.standby_pid
    return Host(lab, host, agent.config, agent.control)


# ---- what is healthy ----

def test_healthy_host_before_the_first_start(lab):
    it = idle(lab, [router(150)])
    found = it.doctor()
    assert it.worse() == [] and not found["running"], found
    assert found["not_seen"] == [] and found["checks_not_made"] == 0


def test_healthy_pair(lab):
    """Also over IPv6, with a virtual MAC, by unicast, and with a filter that lets it through; and
    what is tried stays on the host, and counts nowhere."""
    routers = [router(150), router(150, **SIX),
               router(150, name="mac", vrid=53, addresses=["192.0.2.5/24"], mac="virtual"),
               router(150, name="peers", vrid=54, addresses=["192.0.2.6/24"],
                      unicast={"peers": ["192.0.2.2", "192.0.2.3"]}),
               router(150, name="out", vrid=55, addresses=["192.0.2.7/24"], accept=False)]
    one = prepare(lab, ipv6=True)
    one.run("nft", "-f", "-", input="""table inet f { chain input {
        type filter hook input priority 0; policy drop;
        iif "lo" accept
        ct state established,related accept
        meta l4proto { icmp, ipv6-icmp, igmp } accept
        ip saddr 192.0.2.0/24 ip protocol 112 ip ttl 255 accept
        ip6 saddr fe80::/10 ip6 nexthdr 112 accept
    }
    }""")
    one = running(lab, routers, one)
    two = running(lab, [{**it, "priority": 100} for it in routers],
                  prepare(lab, "gw2", PEER, ipv6=True))
    for it in (one, two):
        found = it.doctor()
        assert it.worse() == [] and found["running"], found
        assert found["not_seen"] == [] and found["checks_not_made"] == 0
    strays = [agent.show() for agent in lab.agents]
    assert not any(count for shown in strays for it in shown["routers"]
                   for count in it["counters"]["rejected"].values())
    assert not any("rejected" in line for agent in lab.agents for line in agent.log)
    adverts = lab.capture.adverts()
    assert adverts and all(advert.ttl == 255 for advert in adverts)


# ---- what is wrong, and mended by what is printed ----

VIRTUAL = router(150, mac="virtual")
GUEST = router(150, extra_addresses=[{"address": "203.0.113.9/28", "interface": "eth1"}])
LONG = router(150, addresses=[f"192.0.2.{number}/24" for number in range(10, 30)])
NFT = "nft add table inet f; nft add chain inet f input '{ type filter hook input priority 0; }'; "
PEERED = router(150, unicast={"peers": ["192.0.2.2", "192.0.2.3"]})

INJURIES = {
    "nft rule": ("firewall", "error", NFT + "nft add rule inet f input ip protocol 112 drop"),
    "nft policy": ("firewall", "error", "nft add table ip f; nft add chain ip f in "
                   "'{ type filter hook input priority 5; policy drop; }'; "
                   "nft add rule ip f in iif lo accept; nft add rule ip f in icmp type "
                   "echo-request accept"),
    "nft group in a set": ("firewall", "error", NFT + "nft add set inet f s "
                           "'{ type ipv4_addr; elements = { 224.0.0.18 }; }'; "
                           "nft add rule inet f input ip daddr @s drop"),
    "nft another chain": ("firewall", "error", NFT + "nft add chain inet f sub; "
                          "nft add rule inet f sub meta l4proto 112 reject; "
                          "nft add rule inet f input iifname vmap '{ eth0 : jump sub }'"),
    "nft prerouting": ("firewall", "error", "nft add table ip r; nft add chain ip r pre "
                       "'{ type filter hook prerouting priority -300; }'; "
                       "nft add rule ip r pre meta pkttype multicast drop"),
    "iptables rule": ("firewall", "error", "iptables -A INPUT -p 112 -j DROP"),
    "iptables policy": ("firewall", "error", "iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT "
                        "-m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -P INPUT DROP"),
    "iptables chain": ("firewall", "error", "iptables -N own; iptables -A own -d 224.0.0.18 -j "
                       "REJECT; iptables -A INPUT -i eth+ -j own"),
    "forwarding": ("forwarding", "warning", "sysctl -w net.ipv4.conf.eth0.forwarding=0"),
    "arp_ignore": ("arp_ignore", "error", "sysctl -w net.ipv4.conf.eth0.arp_ignore=8"),
    "arp_ignore of all": ("arp_ignore", "error", "sysctl -w net.ipv4.conf.all.arp_ignore=8"),
    "allmulti": ("interface", "note", "ip link set dev eth0 allmulticast on"),
    "multicast off": ("interface", "error", "ip link set dev eth0 multicast off"),
}

# What a vipd that runs would make something else of, or is of another configuration.
IDLE = {
    **{what: (*it, [router(150)]) for what, it in INJURIES.items()},
    "arp_filter": ("arp_filter", "error", "sysctl -w net.ipv4.conf.all.arp_filter=1", [VIRTUAL]),
    "rp_filter": ("rp_filter", "warning", "sysctl -w net.ipv4.conf.all.rp_filter=1", [GUEST]),
    "down": ("interface", "error", "ip link set dev eth0 down", [router(150)]),
    "mtu": ("mtu", "error", "ip link set dev eth0 mtu 100", [LONG]),
    "address": ("foreign_address", "error", "ip address add 192.0.2.1/24 dev eth0", [router(150)]),
    "address elsewhere": ("foreign_address", "error", "ip address add 192.0.2.1/32 dev eth1",
                          [router(150)]),
    "output to peers": ("firewall", "error", "iptables -A OUTPUT -p 112 -j DROP", [PEERED]),
    "input of peers": ("firewall", "error", NFT + "nft add rule inet f input ip saddr 192.0.2.3 "
                       "drop", [PEERED]),
}


def assert_mended(it, code, severity, words=""):
    """It is found, and gone when what is printed was done: for each finding of one run."""
    found = it.found(code)
    assert found and {one["severity"] for one in found} == {severity}, it.doctor()
    assert all(words in one["seen"] for one in found)
    for one in found:
        assert one["mend"], one
        it.do(one["mend"])
    wait_until(lambda: not it.found(code), what=lambda _: f"{code} to be mended: {it.found(code)}",
               every=0.2)


@pytest.mark.parametrize("what", IDLE)
def test_found_and_mended_before_the_first_start(lab, what):
    code, severity, command, routers = IDLE[what]
    it = idle(lab, routers)
    assert not it.found(code)
    it.do(command)
    assert_mended(it, code, severity, "read: " if code == "firewall" else "")


@pytest.mark.parametrize("what", INJURIES)
def test_found_and_mended_while_vipd_runs(lab, what):
    code, severity, command = INJURIES[what]
    it = running(lab, [router(150)])
    assert it.worse() == []
    it.do(command)
    assert_mended(it, code, severity, "read: " if code == "firewall" else "")
    assert it.worse() == []


IPV6 = {
    "rule": ("firewall", "error", NFT + "nft add rule inet f input ip6 nexthdr 112 drop"),
    "ip6tables": ("firewall", "error", "ip6tables -A INPUT -i lo -j ACCEPT; ip6tables -P INPUT "
                  "DROP"),
    "solicitations": ("firewall", "error", NFT + "nft add rule inet f input icmpv6 type "
                      "nd-neighbor-solicit drop"),
    "disabled": ("ipv6", "error", "sysctl -w net.ipv6.conf.eth0.disable_ipv6=1"),
    "accept_ra": ("accept_ra", "note", "sysctl -w net.ipv6.conf.eth0.accept_ra=1"),
}


@pytest.mark.parametrize("what", IPV6)
def test_found_and_mended_over_ipv6(lab, what):
    code, severity, command = IPV6[what]
    host = prepare(lab, ipv6=True)
    host.sysctl("net.ipv6.conf.eth0.accept_ra", 0)
    it = idle(lab, [router(150, **SIX)], host)
    assert not it.found(code)
    it.do(command)
    assert_mended(it, code, severity)


def test_vipd_of_another_network_namespace_is_not_judged_by_this_one(lab):
    """Nothing of its interfaces and rules can be seen from here: that is said, and counted."""
    one = running(lab, [router(150)])
    two = running(lab, [router(100)], prepare(lab, "gw2", PEER))
    assert two.doctor()["not_seen"] == []
    there = Host(lab, lab.host("elsewhere"), one.config, one.control)
    there.host.ip("link set eth0 down")
    found = there.doctor()
    assert found["running"] and there.worse() == [], found
    assert "another network namespace" in found["not_seen"][0]["why"]
    assert found["checks_not_made"] > 10


def test_interface_with_a_dot_in_its_name(lab):
    """Which is a slash to sysctl, and no blank to a shell."""
    host = prepare(lab)
    host.ip("link add v.lan type veth peer name v.other", "link set v.lan up",
            "link set v.other up", "address add 198.51.100.2/24 dev v.lan")
    host.sysctl("net.ipv4.conf.all.forwarding", 1)
    it = idle(lab, [router(150, interface="v.lan", addresses=["198.51.100.1/24"])], host)
    assert not it.found("arp_ignore")
    it.do("sysctl -w net.ipv4.conf.v/lan.arp_ignore=8")
    assert_mended(it, "arp_ignore", "error")


def test_bridge_that_snoops_without_a_querier(lab):
    host = prepare(lab, ipv6=True)
    host.ip("link add br0 type bridge mcast_snooping 1 mcast_querier 0", "link set br0 up",
            "link set eth1 master br0", "address add fe80::99/64 dev br0")
    it = idle(lab, [router(150, **{**SIX, "interface": "br0"})], host)
    assert_mended(it, "snooping", "warning")


# ---- what was tried ----

HIDE = ("unshare", "--mount", "sh", "-c", "for tool in nft iptables-save ip6tables-save; do "
        "mount --bind /dev/null $(command -v $tool); done; exec \"$@\"", "sh")


def test_tried_where_rules_cannot_be_read(lab):
    """Nobody tells of a rule, but a packet to the group does not come in."""
    it = running(lab, [router(150)])
    it.do(NFT + "nft add rule inet f input iif eth0 ip protocol 112 drop")
    found = it.doctor(before=HIDE)
    assert any("nft is not installed" in one["why"] for one in found["not_seen"])
    found = [one for one in found["findings"] if one["finding"] == "firewall"]
    assert [one["severity"] for one in found] == ["error"], found
    assert found[0]["seen"].startswith("tried: ") and not found[0]["mend"]
    it.do("nft flush ruleset")
    assert it.doctor(before=HIDE)["errors"] == 0


def test_tried_on_a_chain_of_an_interface_that_nft_does_not_tell(lab):
    it = running(lab, [router(150)])
    it.do("nft add table netdev n; nft add chain netdev n in '{ type filter hook ingress device "
          "eth0 priority 0; }'; nft add rule netdev n in ip protocol 112 drop")
    assert_mended(it, "firewall", "error", "did not come through")


def test_tried_makes_sure_of_what_was_read(lab):
    it = running(lab, [router(150)])
    it.do("iptables -A INPUT -i eth0 -p 112 -m statistic --mode nth --every 1 --packet 0 -j DROP")
    found = it.found("firewall")
    assert found and "did not come through" in found[0]["seen"], found
    assert found[0]["severity"] == "error"
    it.do("iptables -F; iptables -A INPUT -p 112 -m statistic --mode nth --every 1000 "
          "--packet 999 -j DROP")
    assert it.found("firewall") == [], "one came through"


# ---- what it says would happen does ----

@pytest.mark.parametrize("command, code, it", [
    ("sysctl -w net.ipv4.conf.all.arp_filter=1", "arp_filter", VIRTUAL),
    ("sysctl -w net.ipv4.conf.eth0.arp_ignore=8", "arp_ignore", router(150))])
def test_nobody_finds_an_address_until_it_is_mended(lab, command, code, it):
    it = running(lab, [it])
    lab.agents[0].wait_state("lan", "active")
    client = lab.host("client", "192.0.2.100/24")

    def finds():
        """Whether ARP is answered; the kernel asks three times, a second apart."""
        client.ip("neighbour flush dev eth0")
        with client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", ("192.0.2.1", 9))

        def known():
            shown = json.loads(client.run("ip", "-json", "neighbour", "show", "192.0.2.1",
                                          "dev", "eth0").stdout)
            return shown and shown[0]["state"][0] in ("REACHABLE", "FAILED") and shown[0]["state"]
        return wait_until(known) == ["REACHABLE"]

    wait_until(finds)
    it.do(command)
    assert not finds()
    assert_mended(it, code, "error")
    wait_until(finds)


def test_router_that_hears_nobody_until_it_is_mended(lab):
    """Two are Active, as is said; and one is, when the command was typed."""
    one = running(lab, [router(150)])
    two = prepare(lab, "gw2", PEER)
    two.run("iptables", "-P", "INPUT", "DROP")
    two = running(lab, [router(100)], two)
    lab.agents[1].wait_state("lan", "active")
    wait_until(lambda: {"other_active", "not_heard"} & {it["finding"] for it in one.worse()})
    assert_mended(two, "firewall", "error", "did not come through")
    lab.agents[1].wait_state("lan", "backup")


def test_vipd_without_the_rights_to_be_in_time(lab):
    host = prepare(lab)
    agent = lab.vipd(host, [router(150)], before=(
        "prlimit", "--memlock=0", "--rtprio=0", "setpriv", "--bounding-set", "-sys_nice,-ipc_lock",
        "--"))
    it = Host(lab, host, agent.config, agent.control)
    seen = [one["seen"] for one in it.found("realtime")]
    assert "vipd runs without real-time priority" in seen
    assert is_sanitized() or "the memory of vipd is not locked" in seen
    agent.configure([router(150)], realtime=False)
    assert it.found("realtime") == []


# ---- what vipd says ----

def test_membership_that_is_missing(lab):
    """By a file that wants another group: what runs has not joined it."""
    it = running(lab, [router(150)])
    agent = lab.agents[0]
    agent.configure([router(150, group_address="239.1.2.3")])
    assert_mended(it, "membership", "error")


def test_vipd_has_problems_in_the_words_of_check(lab):
    one = running(lab, [router(150)])
    two = running(lab, [router(150, interval="200ms", addresses=["192.0.2.1/24", "192.0.2.9/24"])],
                  prepare(lab, "gw2", PEER))
    found = wait_until(lambda: (found := {it["finding"] for it in one.worse() + two.worse()})
                       >= {"interval", "address_list", "equal_priority"} and found)
    assert "other_active" not in found
    lab.agents[0].ctl("drain", "lan", check=False)
    assert_mended(one, "drained", "warning")


def test_keys_that_differ(lab):
    """Each thinks that it is alone: the log of neither says more than that it discards."""
    hosts = []
    for number, (name, own) in enumerate((("gw1", OWN), ("gw2", PEER))):
        keys = lab.path(f"{name}.keys")
        with open(keys, "w", encoding="ascii", opener=lambda *args: os.open(*args, 0o600)) as file:
            file.write(f"1 hmac-sha256 {number}{number}" + "0" * 62 + "\n")
        auth = {"type": "hmac", "mode": "enforce", "keys": keys, "active": 1}
        hosts.append(running(lab, [router(150 - number, auth=auth)], prepare(lab, name, own)))
    for it in hosts:
        wait_until(lambda it=it: it.found("rejected_hmac_bad"))


def test_neighbour_with_another_vrid_is_a_note(lab):
    it = running(lab, [router(150)])
    running(lab, [router(150, name="else", vrid=99, addresses=["192.0.2.50/24"])],
            prepare(lab, "gw2", PEER))
    found = wait_until(lambda: it.found("strangers"))
    assert found[0]["severity"] == "note" and it.worse() == []


def test_standby_that_is_missing(lab):
    """Another one is started 10 s after one that was lost; a reload makes one at once."""
    it = running(lab, [router(150)])
    os.kill(lab.agents[0].standby_pid, signal.SIGKILL)
    lab.agents[0].wait_log("standby_pid=.* lost=")
    assert_mended(it, "no_standby", "warning")


def test_vipd_that_does_not_answer_is_not_seen(lab):
    it = running(lab, [router(150)])
    pid = lab.agents[0].router_pid
    lab.agents[0].process.send_signal(signal.SIGSTOP)
    os.kill(pid, signal.SIGSTOP)
    try:
        found = it.doctor()
    finally:
        os.kill(pid, signal.SIGCONT)
        lab.agents[0].process.send_signal(signal.SIGCONT)
    assert found["running"] and found["checks_not_made"]
    assert any("does not answer" in one["why"] for one in found["not_seen"])
    assert not any(one["finding"] == "foreign_address" for one in found["findings"])


# ---- files ----

def script(lab, name, mode):
    """A program for checks and notify."""
    path = lab.path(name)
    with open(path, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 0\n")
    os.chmod(path, mode)
    return path


@pytest.mark.parametrize("mode, words", [(0o644, "may not execute it"),
                                         (0o777, "others may write to it")])
@pytest.mark.parametrize("kind", ["notify", "check"])
def test_program_that_is_not_run(lab, kind, mode, words):
    path = script(lab, "told", mode)
    settings = ({"checks": [{"name": "web", "command": {"argv": [path]}}]} if kind == "check"
                else {"notify": [{"command": [path]}], "state_dir": lab.path("state")})
    it = idle(lab, [router(150, **({"track": [{"check": "web"}]} if kind == "check" else {}))],
              user="nobody", **settings)
    assert_mended(it, "program", "error", words)
    assert it.worse() == []


def test_program_that_is_missing(lab):
    it = idle(lab, [router(150)], notify=[{"command": [lab.path("missing")]}], user="nobody",
              state_dir=lab.path("state"))
    assert "No such file" in it.found("program")[0]["seen"]
    script(lab, "missing", 0o755)
    assert it.worse() == []


def test_user_that_is_missing(lab):
    it = idle(lab, [router(150)], notify=[{"command": ["/bin/true"]}], user="nobody-of-that-name")
    found = it.found("user")
    assert len(found) == 1 and found[0]["mend"].endswith("nologin nobody-of-that-name")


def test_state_dir_of_another_user(lab):
    os.mkdir(lab.path("state"), 0o700)
    with open(lab.path("state/vipd.db"), "w", encoding="ascii"):
        pass
    it = idle(lab, [router(150)], user="nobody", state_dir=lab.path("state"))
    assert_mended(it, "state_dir", "error")
    assert it.worse() == []


def test_keys_that_others_can_read(lab):
    keys = lab.path("keys")
    with open(keys, "w", encoding="ascii") as file:
        file.write("1 hmac-sha256 " + "00" * 32 + "\n")
    os.chmod(keys, 0o644)
    it = idle(lab, [router(150, auth={"type": "hmac", "keys": keys, "active": 1})])
    assert_mended(it, "keys", "error")
    it = idle(lab, [router(150, auth={"type": "hmac", "keys": keys, "active": 2})], it.host)
    assert "key 2" in it.found("keys")[0]["seen"]


def test_configuration_that_others_can_write(lab):
    it = idle(lab, [router(150)])
    os.chmod(it.config, 0o666)
    assert_mended(it, "secrets", "error")


def test_directory_of_the_control_socket_that_others_can_write(lab):
    os.mkdir(lab.path("run"))
    os.chmod(lab.path("run"), 0o777)
    it = idle(lab, [router(150)])
    it = Host(lab, it.host, write_config(lab, "open.conf", [router(150)],
                                         control=lab.path("run/own.sock")), it.control)
    assert_mended(it, "control", "error")


def test_configuration_with_errors(lab):
    it = idle(lab, [router(300, vrids=3)])
    found = it.found("configuration")
    assert len(found) == 2 and all(one["seen"].startswith(it.config + ":") for one in found)
    os.unlink(it.config)
    found = it.doctor()
    assert [one["finding"] for one in found["findings"]] == ["configuration"]
    assert "import" in found["findings"][0]["advice"]


def test_node_decides_as_it_does_for_vipd(lab):
    host = prepare(lab)
    config = lab.path("nodes.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write('nodes = ( { name = "gw1"; }, { name = "gw2"; } );\nrouters = ( { name = "lan"; '
                   'interface = { gw1 = "eth0"; gw2 = "eth9"; }; vrid = 51; '
                   'addresses = [ "192.0.2.1/24" ]; } );\n')
    it = Host(lab, host, config, lab.path("own.sock"))
    assert it.found("configuration"), "it is none of the nodes"
    assert not it.doctor("--node", "gw1")["errors"]
    assert it.found("interface", "--node", "gw2")
    done = run_vipctl(host, "doctor", "--node", "a b")
    assert done.returncode == 64 and '"a b" cannot be the name of a node' in done.stderr


def test_interface_and_source_that_are_missing(lab):
    it = idle(lab, [router(150, interface="eth9"),
                    router(150, name="two", vrid=52, source="192.0.2.77")])
    assert len(it.found("interface")) == 1 and len(it.found("source")) == 1
    it = idle(lab, [router(150, name="far", addresses=["198.51.100.1/32"])], it.host)
    assert it.found("subnet")[0]["severity"] == "warning"


def test_interface_that_is_only_tracked_and_missing(lab):
    """A reload that adds it is a fault, as doctor says before."""
    agent = running(lab, [router(150)])
    tracking = router(150, track=[{"interface": "ens99"}])
    it = idle(lab, [tracking], agent.host)
    found = it.found("interface")
    assert [(one["severity"], one["subject"]) for one in found] == [
        ("error", "router lan, tracked interface ens99")], found
    agent.host.ip("link add ens99 type veth peer name ens98")
    found = it.found("interface")
    assert [one["mend"] for one in found] == ["ip link set dev ens99 up"], found
    agent.host.ip("link set ens99 up", "link set ens98 up")
    assert not it.found("interface")


def test_address_that_another_host_has(lab):
    """The kernel finds that out, as on a network with a clone."""
    hosts = [prepare(lab, ipv6=True), lab.host("gw2", ipv6=True)]
    hosts[0].ip("address add 2001:db8::2/64 dev eth0 nodad")
    hosts[1].sysctl("net.ipv6.conf.eth0.accept_dad", 1)
    hosts[1].ip("address add 2001:db8::2/64 dev eth0")
    wait_until(lambda: any(one.get("dadfailed") for one in hosts[1].address_info()))
    hosts[1].ip("address add 192.0.2.3/24 dev eth0")
    it = idle(lab, [router(150)], hosts[1])
    hosts[0].ip("address del 2001:db8::2/64 dev eth0")
    assert_mended(it, "duplicate_address", "error", "2001:db8::2")


def test_peer_without_a_route(lab):
    it = idle(lab, [router(150, unicast={"peers": ["192.0.2.2", "203.0.113.77"]})])
    assert "203.0.113.77" in it.found("peer_route")[0]["seen"]
    it.do("ip route add 203.0.113.0/24 via 192.0.2.254")
    assert it.worse() == []


# ---- who else is there ----

def test_keepalived_on_the_same_host(lab):
    it = idle(lab, [router(150)])
    other = lab.keepalived(it.host, [router(100, vrid=60, addresses=["192.0.2.60/24"])])
    found = wait_until(lambda: it.found("other_daemon"))
    assert found[0]["severity"] == "warning" and "keepalived" in found[0]["seen"]
    other.term()
    assert it.found("other_daemon") == []


def test_keepalived_on_another_host_is_no_concern(lab):
    it = idle(lab, [router(150)])
    lab.keepalived(lab.host("gw2", PEER), [router(100)]).wait_log("MASTER STATE")
    assert it.found("other_daemon") == []


def test_socket_of_somebody_else(lab):
    it = idle(lab, [router(150)])
    code = ("import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112); "
            "print('open', flush=True); sys.stdin.read()")
    with it.host.popen("/usr/bin/python3", "-c", code, stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE) as speaker:
        speaker.stdout.readline()
        found = it.found("other_daemon")
        assert len(found) == 1 and f"pid {speaker.pid}" in found[0]["seen"]
    assert it.found("other_daemon") == []


def with_manager(lab, it, name, folders):
    """The host with a process of that name, and directories of the lab in the place of its own."""
    binds = []
    for folder in folders:
        os.makedirs(lab.path("root" + folder), exist_ok=True)
        binds.append(f"mkdir -p {folder} && mount --bind {lab.path('root' + folder)} {folder}")
    for tool in ("networkctl", "systemctl", "nmcli"):
        binds.append(f"if [ -e /usr/bin/{tool} ]; then mount --bind /bin/true /usr/bin/{tool}; fi")
    script_ = " && ".join(["mount -t tmpfs none /run", *binds]) + ' && exec "$@"'
    it.before = ("unshare", "--mount", "sh", "-c", script_, "sh")
    shutil.copy("/bin/sleep", lab.path(name))
    process = it.host.popen(lab.path(name), "600")
    lab.at_close(process.wait)
    lab.at_close(process.kill)
    wait_until(lambda: os.readlink(f"/proc/{process.pid}/exe") == os.path.realpath(lab.path(name)))


def write(path, text):
    """A file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def test_networkd_that_would_remove_addresses_and_routes(lab):
    it = idle(lab, [router(150, routes=[{"to": "203.0.113.0/24", "via": "192.0.2.254"}])])
    index = it.host.link()["ifindex"]
    with_manager(lab, it, "systemd-networkd",
                 ["/run/systemd/netif/links", "/etc/systemd/network",
                  "/etc/systemd/networkd.conf.d"])
    assert it.worse() == []
    write(lab.path(f"root/run/systemd/netif/links/{index}"),
          "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-lan.network\n")
    write(lab.path("root/etc/systemd/network/10-lan.network"), "[Match]\nName=eth0\n")
    assert len(it.found("network_manager")) == 2
    assert_mended(it, "network_manager", "warning", "systemd-networkd")
    assert it.worse() == []
    write(lab.path(f"root/run/systemd/netif/links/{index}"), "ADMIN_STATE=unmanaged\n")
    shutil.rmtree(lab.path("root/etc/systemd/network/10-lan.network.d"))
    assert it.worse() == []


def test_unit_that_is_not_enabled(lab):
    it = idle(lab, [router(150)])
    with_manager(lab, it, "sleep", ["/run/systemd/system", "/etc/systemd/system"])
    assert it.found("boot") == []
    write(lab.path("root/etc/systemd/system/vipd.service"), "[Service]\n")
    assert it.found("boot")[0]["mend"] == "systemctl enable vipd"
    wants = lab.path("root/etc/systemd/system/multi-user.target.wants")
    os.mkdir(wants)
    os.symlink("/lib/systemd/system/vipd.service", f"{wants}/vipd.service")
    assert it.found("boot") == []


def test_network_manager_is_a_note(lab):
    it = idle(lab, [router(150)])
    with_manager(lab, it, "NetworkManager", ["/run/NetworkManager/devices"])
    write(lab.path(f"root/run/NetworkManager/devices/{it.host.link()['ifindex']}"),
          "[device]\nmanaged=true\n")
    found = it.found("network_manager")
    assert [one["severity"] for one in found] == ["note"]


# ---- who looks ----

def test_user_without_rights_says_what_he_could_not_see(lab):
    it = running(lab, [router(150)])
    it.do(NFT + "nft add rule inet f input ip protocol 112 drop")
    assert it.found("firewall")
    it.programs = own_binaries(lab)
    os.chmod(it.config, 0o644)
    found = it.doctor(before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    assert not any(one["finding"] == "firewall" for one in found["findings"])
    unseen = " ".join(f"{one['what']}: {one['why']}" for one in found["not_seen"])
    for words in ("rules of nftables", "protocol 112 comes through", "vipd that runs"):
        assert words in unseen, unseen
    assert found["running"] and found["checks_not_made"] >= 5
    os.chmod(it.config, 0o600)
    found = it.doctor(before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    assert any(it.config in one["what"] for one in found["not_seen"])
    # Who may not see the namespaces of others may find a keepalived that is none of this host's.
    assert [one["finding"] for one in found["findings"] if one["finding"] != "other_daemon"] == []


def test_lines_for_people(lab):
    it = idle(lab, [router(150)])
    it.do("sysctl -w net.ipv4.conf.eth0.arp_ignore=8")
    done = run_vipctl(it.host, "-s", it.control, "doctor", "-c", it.config)
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and done.stderr == ""
    assert lines[0] == "error: arp_ignore: router lan, interface eth0: arp_ignore is 8"
    assert [line.split(":")[0] for line in lines[1:4]] == ["  why", "  mend", "  also"]
    assert lines[-1] == "vipd does not run: 1 error, 0 warnings, 0 notes"


def test_lines_of_many_alike_are_few(lab):
    it = idle(lab, [router(150, name=f"r{number}", vrid=number, interface=f"eth{number}",
                           addresses=[f"192.0.2.{number}/24"]) for number in range(10, 35)])
    done = run_vipctl(it.host, "-s", it.control, "doctor", "-c", it.config)
    lines = [line for line in done.stdout.splitlines() if line.startswith("error: interface: ")]
    assert len(lines) == 21 and lines[-1] == "error: interface: and 5 more, which --json shows"
    assert len(it.found("interface")) == 25


def test_socket_of_the_configuration(lab):
    """Without -s that of the file is asked, where nobody listens at the usual place."""
    it = running(lab, [router(150)])
    done = run_vipctl(it.host, "doctor", "--json", "-c", it.config, before=(
        "unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh"))
    assert json.loads(done.stdout)["running"]


def test_same_file_as_the_vipd_that_runs(lab):
    """Without -c the file of the vipd that answers is read."""
    it = running(lab, [router(150)])
    done = it.host.run(*lab.agents[0].ctl_argv("doctor", "--json"), check=False)
    assert json.loads(done.stdout)["configuration"] == it.config
