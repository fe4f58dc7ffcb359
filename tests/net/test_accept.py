# SPDX-License-Identifier: MIT
"""accept = false: nobody is served at a virtual address, and all that is forwarded passes.

What is promised: from before the address is there until after it is gone no packet to it is
delivered, whatever becomes of vipd's processes, programs and configuration, and of the host's own
nftables; and nothing is left when vipd is.
"""

import os
import re
import signal
import socket
import subprocess

import pytest

from agents import VIP, binary, is_sanitized
from generations import OWN, absent, crash, reload, replace, start, start_pair
from lab import router, wait_until
from rtnetlink import AddressEvents
from test_ipv6 import VIRTUAL, host6, router6

CLIENT, ADDRESS, ADDRESS6 = "192.0.2.100/24", "192.0.2.1", "2001:db8::1"
TABLE = "inet vipd_filter"
PRELOADED = os.path.join(os.path.dirname(binary("vipd")), "tests/net/claims.so")
OWN_RULES = "table inet mine {\n\tchain input {\n\t\ttype filter hook input priority filter; " \
            "policy accept;\n\t\ttcp dport 9 drop\n\t}\n}\n"


def deaf(priority=150, **keys):
    """A virtual router that does not accept."""
    return router(priority, **{"accept": False, **keys})


def connects(host, address, port=80, patience=0.4):
    """Whether a connection is answered, by a refusal mostly."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with host.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(patience)
        scope = host.link()["ifindex"] if address.startswith("fe80") else 0
        target = (address, port, 0, scope) if ":" in address else (address, port)
        try:
            sock.connect(target)
        except ConnectionRefusedError:
            return True
        except OSError:            # in time, or for want of a MAC
            return False
        return True


def resolves(host, address):
    """Whether a host knows a MAC for an address."""
    shown = host.run("ip", "neigh", "show", address).stdout
    return "lladdr" in shown


def elements(host):
    """The text of vipd's table; empty: there is none. Its owner's process has one name or another."""
    text = host.run("nft", "list", "table", *TABLE.split(), check=False).stdout
    return re.sub(r" # progname .*", "", text)


def tables(host):
    """The names of all tables."""
    return host.run("nft", "list", "tables").stdout.splitlines()


def with_client(lab):
    """A client, and a ping of the address by it that begins before vipd does."""
    client = lab.host("client", CLIENT)
    return client, lab.ping(client, ADDRESS)


def assert_unheard(ping, mark=0):
    """Nothing was answered; many were sent."""
    count = len(ping.sent)
    wait_until(lambda: len(ping.sent) > count + 20, what="more pings")
    assert not ping.answered(mark)


# What it does

def test_packets_to_the_address_are_dropped(lab):
    client, ping = with_client(lab)
    agent = start(lab, deaf())
    assert VIP in agent.host.addresses() and agent.router()["accept"] is False
    assert not connects(client, ADDRESS)
    assert resolves(client, ADDRESS), "ARP is answered"
    assert_unheard(ping)
    assert connects(client, "192.0.2.2"), "another address is another matter"
    assert not connects(agent.host, ADDRESS), "the host itself is no exception"
    agent.term()
    assert TABLE not in "\n".join(tables(agent.host)), "nothing is left"


def test_packets_to_an_address_of_ipv6_are_dropped(lab):
    client = host6(lab, "client", 100)
    agent = lab.vipd(host6(lab, "gw1"), [router6(200, accept=False,
                                                 extra_addresses=["2001:db8::9/64"])])
    agent.wait_state("lan", "active", family=6)
    wait_until(lambda: ADDRESS6 + "/64" in agent.host.addresses(), what="the address")
    for address in (ADDRESS6, "2001:db8::9", VIRTUAL.split("/", maxsplit=1)[0]):
        assert not connects(client, address)
        assert resolves(client, address), "Neighbour Discovery is answered"
    assert connects(client, "2001:db8::2")


def test_what_is_forwarded_passes_and_no_interface_is_a_way_round(lab):
    client = lab.host("client", CLIENT)
    far = lab.host("far", "198.51.100.100/24", segment="far")
    host = lab.host("gw1", OWN)
    host.attach("far", "198.51.100.1/24")
    host.sysctl("net.ipv4.ip_forward", 1)
    client.ip(f"route add default via {ADDRESS}")
    far.ip("route add 192.0.2.0/24 via 198.51.100.1")
    agent = lab.vipd(host, [deaf()])
    agent.wait_state("lan", "active")
    wait_until(lambda: VIP in host.addresses(), what="the address")
    assert connects(client, "198.51.100.100"), "through the address"
    assert connects(far, "192.0.2.100"), "and back"
    assert not connects(far, ADDRESS), "by another interface"
    # A connection that leaves from the address, as NAT has it, comes back to it.
    host.run("nft", "-f", "-", input="table ip nat {\nchain out {\ntype nat hook postrouting "
             "priority srcnat\nip saddr 198.51.100.0/24 snat to 192.0.2.1\n}\n}\n")
    assert connects(far, "192.0.2.100")
    assert not connects(client, ADDRESS)


def test_backup_drops_nothing_and_an_active_that_yields_no_more(lab):
    one, two = start_pair(lab, accept=False)
    assert ADDRESS in elements(one.host) and ADDRESS not in elements(two.host)
    two.configure([deaf(200)])
    reload(two)
    two.wait_state("lan", "active")
    wait_until(lambda: absent(one.host) and ADDRESS not in elements(one.host),
               what="gw1 to be rid of both")
    assert ADDRESS in elements(two.host)


# Whatever becomes of vipd

def test_crashes_and_reloads_let_nothing_through(lab):
    _, ping = with_client(lab)
    agent = start(lab, deaf())
    before = elements(agent.host)
    assert ADDRESS in before
    crash(agent)
    reload(agent)
    os.kill(agent.standby_pid, signal.SIGKILL)
    crash(agent)
    assert_unheard(ping)
    assert VIP in agent.host.addresses() and elements(agent.host) == before


def test_keeper_that_is_replaced_keeps_the_table(lab, own_binary):
    _, ping = with_client(lab)
    agent = start(lab, deaf())
    before, standby = elements(agent.host), agent.standby_pid
    replace(own_binary)
    reload(agent)
    agent.wait_log("upgrade=done")
    wait_until(lambda: agent.standby_pid != standby, what="a standby of the new program")
    crash(agent)
    assert elements(agent.host) == before
    assert_unheard(ping)


def test_death_of_all_leaves_nothing_and_a_cold_start_begins_anew(lab):
    client, ping = with_client(lab)
    agent = start(lab, deaf(lease="off"))
    agent.kill()
    wait_until(lambda: not elements(agent.host), what="the table to go with its processes")
    assert VIP in agent.host.addresses(), "left behind"
    assert connects(client, ADDRESS)
    again = lab.vipd(agent.host, [deaf(lease="off")])
    again.wait_state("lan", "active")
    wait_until(lambda: ADDRESS in elements(again.host), what="the filter")
    wait_until(lambda: not connects(client, ADDRESS), what="silence")
    mark = lab.now()
    assert_unheard(ping, mark)
    again.term()
    assert absent(again.host) and not elements(again.host)


def test_death_of_the_keeper_lets_the_router_leave_before_the_table_goes(lab):
    _, ping = with_client(lab)
    agent = start(lab, deaf())
    agent.kill_keeper()
    wait_until(lambda: absent(agent.host), what="the address to go")
    wait_until(lambda: not elements(agent.host), what="the table to go")
    assert not ping.answered()


def test_reload_switches_it_without_touching_the_address(lab):
    client = lab.host("client", CLIENT)
    agent = start(lab, router(150))
    assert connects(client, ADDRESS) and not elements(agent.host)
    events = AddressEvents(agent.host)
    for accept in (False, True, False):
        lines, mark = len(agent.log), lab.now()
        agent.configure([router(150, accept=accept)])
        reload(agent)
        wait_until(lambda: connects(client, ADDRESS) is accept, what=f"accept = {accept}")
        assert (ADDRESS in elements(agent.host)) is not accept
        assert not events.lost(mark, VIP)
        agent.wait_log(f"router=lan accept=.*->{str(accept).lower()}", skip=lines)


# Whatever becomes of the host's nftables

def test_flush_of_the_ruleset_passes_it_over(lab):
    _, ping = with_client(lab)
    host = lab.host("gw1", OWN)
    host.run("nft", "-f", "-", input=OWN_RULES)
    before = host.run("nft", "list", "table", "inet", "mine").stdout
    agent = lab.vipd(host, [deaf()])
    agent.wait_state("lan", "active")
    wait_until(lambda: ADDRESS in elements(host), what="the filter")
    reload(agent)
    assert host.run("nft", "list", "table", "inet", "mine").stdout == before
    host.run("nft", "flush", "ruleset")
    host.run("nft", "-f", "-", input=OWN_RULES)
    assert ADDRESS in elements(host)
    assert host.run("nft", "delete", "table", *TABLE.split(), check=False).returncode != 0
    assert_unheard(ping)
    agent.term()
    assert host.run("nft", "list", "ruleset").stdout == OWN_RULES


def test_restored_table_of_nobody_is_replaced(lab):
    client = lab.host("client", CLIENT)
    host = lab.host("gw1", OWN)
    restored = f"table {TABLE} {{\n set addresses {{ type ipv4_addr; elements = {{ {ADDRESS} }}; }}\n" \
               "chain input { type filter hook input priority 0; ip daddr @addresses drop; }\n}\n"
    host.run("nft", "-f", "-", input=restored)
    agent = lab.vipd(host, [router(150)])
    agent.wait_state("lan", "active")
    wait_until(lambda: connects(client, ADDRESS), what="an Active that accepts")
    agent.configure([deaf()])
    reload(agent)
    wait_until(lambda: not connects(client, ADDRESS), what="an Active that does not")
    assert host.run("nft", "delete", "table", *TABLE.split(), check=False).returncode != 0


def test_address_is_not_added_while_nftables_refuse_it(lab):
    host = lab.host("gw1", OWN)
    holder = host.popen("nft", "-i", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    lab.at_close(holder.kill)
    holder.stdin.write(f"add table {TABLE} {{ flags owner; }}\n")
    holder.stdin.flush()
    wait_until(lambda: elements(host), what="a table of somebody else")
    agent = lab.vipd(host, [deaf()])
    agent.wait_state("lan", "active")
    said = agent.wait_log("news=unfiltered")
    assert said.startswith("<3>") or "error:" in said, said
    assert f"address={VIP}" in said and "accept = false" in said
    agent.wait_log("last resort", 6)
    assert absent(host)
    assert agent.router()["missing_addresses"] == [VIP]
    holder.stdin.close()
    wait_until(lambda: VIP in host.addresses(), 3, "the address, when its filter can be had")
    assert ADDRESS in elements(host)


@pytest.mark.skipif(is_sanitized(), reason="the sanitizers want to be loaded first")
def test_without_nftables_it_is_refused_by_name(lab):
    host = lab.host("gw1", OWN)
    env = {"LD_PRELOAD": PRELOADED, "CLAIMS": "socket"}
    agent = lab.vipd(host, [router(150)], env=env)
    agent.wait_state("lan", "active")
    agent.configure([deaf()])
    done = agent.reload()
    assert done.returncode == 1 and "nftables for accept = false" in done.stderr, done.stderr
    assert agent.router()["accept"] is True and VIP in host.addresses(), "what runs stays"

