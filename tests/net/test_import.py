# SPDX-License-Identifier: MIT
"""What vipctl import makes of a keepalived.conf, beside a keepalived that runs the file itself.

keepalived has one host and vipd with the imported file the other one; then they change places. The
file says by "@gw1" and "@gw2" who has the higher priority. The same one must win, with the same
addresses on the same interfaces, and its adverts must be the same, byte for byte, with the same TTL
and TOS to the same destination.
"""

import os
import shutil

import pytest

from agents import run_vipctl
from lab import Lab, wait_until

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not here")

TAKEOVER = 20                    # s: down intervals, scripts, and a busy machine
PRIORITY = "    @gw1 priority 150\n    @gw2 priority 100\n"


def instance(body="", addresses="192.0.2.1/24", name="VI", interface="eth0", vrid=51):
    """A vrrp_instance that gw1 wins."""
    return (f"vrrp_instance {name} {{\n    interface {interface}\n    virtual_router_id {vrid}\n"
            f"{PRIORITY}    advert_int 1\n{body}    virtual_ipaddress {{\n        {addresses}\n"
            "    }\n}\n")


PASS = "    authentication {\n        auth_type PASS\n        auth_pass secret-too-long\n    }\n"
PEERS = ("    @gw1 unicast_src_ip 192.0.2.2\n    @gw2 unicast_src_ip 192.0.2.3\n"
         "    unicast_peer {\n        @gw1 192.0.2.3\n        @gw2 192.0.2.2\n    }\n")
SCRIPT = "vrrp_script ok {\n    script \"/bin/true\"\n    user root\n    weight 5\n}\n"

# Of each: the file, and the addresses of whoever is Active, by interface.
CASES = {
    "plain": (instance(), {"eth0": {"192.0.2.1/24"}}),
    "password": (instance(PASS), {"eth0": {"192.0.2.1/24"}}),
    "bare-address": (instance(addresses="192.0.2.1\n192.0.2.9"),
                     {"eth0": {"192.0.2.1/32", "192.0.2.9/32"}}),
    "other-interface": (instance(addresses="198.51.100.1/24 dev eth1"),
                        {"eth1": {"198.51.100.1/24"}, "eth0": set()}),
    "version-3": (instance("    version 3\n"), {"eth0": {"192.0.2.1/24"}}),
    "version-3-fast": (instance("    version 3\n").replace("advert_int 1", "advert_int 0.3"),
                       {"eth0": {"192.0.2.1/24"}}),
    "unicast": (instance(PEERS + PASS), {"eth0": {"192.0.2.1/24"}}),
    "excluded": (instance("    virtual_ipaddress_excluded {\n        192.0.2.77/32\n    }\n"),
                 {"eth0": {"192.0.2.1/24", "192.0.2.77/32"}}),
    "fraction": (instance().replace("advert_int 1", "advert_int 1.5"),
                 {"eth0": {"192.0.2.1/24"}}),
    "macros": ("$WHERE=eth0\n$VIPS= \\\n    virtual_ipaddress { \\\n"
               "        ~SEQ(N,1,1) 192.0.2.${N}/24 \\\n    } \\\n}\n\n"
               f"vrrp_instance VI {{\n    interface $WHERE\n    virtual_router_id 51\n{PRIORITY}"
               "$VIPS\n", {"eth0": {"192.0.2.1/24"}}),
    "script": (SCRIPT + instance("    track_script {\n        ok\n    }\n"),
               {"eth0": {"192.0.2.1/24"}}),
    "sync-group": ("vrrp_sync_group VG {\n    group { VI VJ }\n}\n" + instance() + instance(
        name="VJ", interface="eth1", vrid=52, addresses="198.51.100.1/24"),
        {"eth0": {"192.0.2.1/24"}, "eth1": {"198.51.100.1/24"}}),
}


class Agent:
    """One of both, on its host."""

    def __init__(self, lab, host, kind, text):
        self.lab, self.host, self.kind = lab, host, kind
        path = lab.path(f"{host.name}-source.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        if kind == "keepalived":
            self.agent = lab.keepalived(host, text=text, args=("-i", host.name))
            return
        out = lab.path(f"{host.name}-imported.conf")
        done = run_vipctl(host, "import", "--node", host.name, "-o", out, path)
        assert done.returncode == 0, done.stderr
        assert "secret" not in done.stderr
        with open(out, encoding="utf-8") as file:
            self.agent = lab.vipd(host, text='control = "@CONTROL@";\n' + file.read())

    def virtual(self, expected):
        """What it has of these addresses, by interface."""
        own = {"192.0.2.2/24", "192.0.2.3/24", "198.51.100.2/24", "198.51.100.3/24"}
        return {dev: set(self.host.addresses(dev)) - own for dev in expected}


def spoken(lab, host, since):
    """What it advertises, by VRID: the message, and of the IP header what peers look at."""
    return {advert.vrid: (advert.message, advert.src, advert.dst, advert.ttl, advert.tos)
            for advert in lab.capture.adverts(since=since, host=host) if advert.priority}


def run_pair(lab, text, expected, kinds):
    """gw1 wins. Return: what it advertises, by VRID."""
    hosts = [lab.host(f"gw{n}", f"192.0.2.{n + 1}/24") for n in (1, 2)]
    for number, host in enumerate(hosts, 2):
        host.attach("inside", f"198.51.100.{number}/24")
    both = [Agent(lab, host, kind, text) for host, kind in zip(hosts, kinds)]
    nothing = {dev: set() for dev in expected}
    wait_until(lambda: both[0].virtual(expected) == expected and
               both[1].virtual(expected) == nothing, TAKEOVER,
               lambda _: "\n".join(it.agent.story(f"{it.host} {it.virtual(expected)}")
                                   for it in both))
    mark = lab.now()
    hosts[0].wait_adverts(3, since=mark)
    assert not spoken(lab, hosts[1], mark), "both speak"
    return spoken(lab, hosts[0], mark)


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
@pytest.mark.parametrize("name", sorted(CASES))
def test_import_beside_keepalived_in_both_roles(request, name):
    """The same winner, the same addresses, the same adverts."""
    text, expected = CASES[name]
    seen = {}
    for kinds in (("keepalived", "vipd"), ("vipd", "keepalived")):
        with Lab(f"{request.node.nodeid} {kinds[0]}") as lab:
            lab.failed = True
            seen[kinds[0]] = run_pair(lab, text, expected, kinds)
            lab.failed = False
    assert seen["keepalived"] == seen["vipd"]
