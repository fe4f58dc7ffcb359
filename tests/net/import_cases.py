# SPDX-License-Identifier: MIT
"""The configurations that keepalived and vipd are both given, written after what people have.

The file says by "@gw1" and "@gw2" who has which priority. Names of cases are those of keywords.
"""

import os

from frames import Probe
from pairs import Case, Step

PRIORITY = "    @gw1 priority 150\n    @gw2 priority 100\n"
V4, V6 = "192.0.2.1/24", "2001:db8:0::1/64"


def block(word, *lines):
    """Lines between braces."""
    return f"    {word} {{\n" + "".join(f"        {line}\n" for line in lines) + "    }\n"


def vi(*body, vips=(V4,), name="VI_1", dev="eth0", vrid=51, every="1", priority=PRIORITY):
    """A vrrp_instance."""
    return (f"vrrp_instance {name} {{\n    interface {dev}\n    virtual_router_id {vrid}\n"
            f"{priority}    advert_int {every}\n" +
            "".join(it if it.endswith("\n") else f"    {it}\n" for it in body) +
            (block("virtual_ipaddress", *vips) if vips else "") + "}\n")


def fast(*body, **keys):
    """One of version 3, ten adverts in a second: what is tracked need not wait for seconds."""
    return vi("version 3", *body, **{"every": "0.2", **keys})


def second(*body, **keys):
    """Another one, on eth1."""
    return vi(*body, **{"name": "VI_2", "dev": "eth1", "vrid": 52, "vips": ("198.51.100.1/24",),
                        **keys})


def glob(*lines):
    """global_defs."""
    return "global_defs {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def script(name="chk", command="/usr/bin/test -e @DIR@/ok", *lines):
    """A vrrp_script that is asked each second."""
    return (f"vrrp_script {name} {{\n    script \"{command}\"\n    interval 1\n    user root\n" +
            "".join(f"    {line}\n" for line in lines) + "}\n")


def passes(word):
    """A password."""
    return f"    authentication {{\n        auth_type PASS\n        auth_pass {word}\n    }}\n"


def peers(one="192.0.2.2", other="192.0.2.3", rest="", source=True):
    """Each the other's only peer."""
    text = f"    @gw1 unicast_src_ip {one}\n    @gw2 unicast_src_ip {other}\n" if source else ""
    return text + block("unicast_peer", f"@gw1 {other}{rest}", f"@gw2 {one}{rest}")


def group(*lines, members=("VI_1", "VI_2")):
    """vrrp_sync_group."""
    return ("vrrp_sync_group VG {\n" + block("group", *members) +
            "".join(it if it.endswith("\n") else f"    {it}\n" for it in lines) + "}\n")


def link(dev, state):
    """Sets a link of the host."""
    return lambda side: side.host.ip(f"link set {dev} {state}")


def put(name, text):
    """Writes a file of the host."""
    return lambda side: side.write(name, text)


def remove(name):
    """Removes one."""
    return lambda side: os.remove(side.path(name))


def contest(side):
    """One more host of that network takes itself for Active, for one advert."""
    probe = Probe(side.lab.host(f"{side.pair}probe", segment=f"{side.pair}eth0"))
    probe.advert(priority=50, interval=20, checksum="rfc5798")


def lost_and_back(do, undo, winner="gw2", priority=0):
    """Something is lost, and comes back."""
    return Step(do, winner, priority), Step(undo, "gw1", 0)


ALL_NOTIFY = ("notify_master \"@DIR@/record master VI\"", "notify_backup \"@DIR@/record backup\"",
              "notify_fault @DIR@/record", "notify_stop \"@DIR@/record stop 'a b'\"",
              "notify \"@DIR@/record any\"")
DOWN_UP = lost_and_back(link("eth1", "down"), link("eth1", "up"))
NO_OK = lost_and_back(remove("ok"), put("ok", "0\n"))
TRACKS = block("track_script", "chk")
ROUTES = block("virtual_routes", "203.0.113.128/25 via 192.0.2.254 dev eth0 table 100 metric 5",
               "blackhole 198.18.0.0/15", "198.19.1.9 src 192.0.2.1 via 192.0.2.253 dev eth0",
               "198.20.0.0/16 nexthop via 192.0.2.30 dev eth0 weight 2 nexthop via 192.0.2.40 "
               "dev eth0")
RULES = block("virtual_rules", "from 192.0.2.0/24 table 100 priority 1000",
              "to 198.51.100.0/24 lookup main priority 1001",
              "fwmark 3/7 iif eth1 table 100 preference 1002", "from 10.0.0.0/8 table 101")

CASES = {
    # ---- election ----
    "plain": Case(vi()),
    "state-master": Case(vi("@gw1 state MASTER", "@gw2 state BACKUP", passes("1111"))),
    # Of two that are equal whoever speaks goes on, though the other one has the higher address.
    "tie": Case(vi(priority="    priority 100\n"), first="gw1"),
    "default-priority": Case(vi(priority="    @gw1 priority 101\n"), winner="gw1"),
    "nopreempt": Case(vi("state BACKUP", "nopreempt"), winner="gw2", first="gw2"),
    "preempt": Case(fast(), first="gw2"),
    "preempt-delay": Case(vi("state BACKUP", "preempt_delay 3"), first="gw2"),
    "owner": Case(vi("@gw1 state MASTER",
                     priority="    @gw1 priority 255\n    @gw2 priority 100\n")),
    "down-timer-adverts": Case(fast("down_timer_adverts 5")),
    "lower-prio": Case(glob("vrrp_lower_prio_no_advert", "vrrp_higher_prio_send_advert") + fast()),
    "shared-load": Case(vi() + second(
        dev="eth0", vips=("192.0.2.9/24",),
        priority="    @gw1 priority 100\n    @gw2 priority 150\n"), routers=2, wins={52: "gw2"},
        stops=False),
    # ---- adverts ----
    "password": Case(vi(passes("s3cr3t-too-long"))),
    "password-with-bang": Case(vi(passes("s3cr3t!x"))),
    "version-3": Case(vi("version 3")),
    "version-3-fast": Case(vi("version 3", every="0.3")),
    "version-3-global": Case(glob("vrrp_version 3", "router_id x") + vi(every="0.5")),
    "fraction-of-version-2": Case(vi(every="1.5")),
    "unicast": Case(vi(peers(), passes("s3cr3t"))),
    "unicast-version-3": Case(fast(peers())),
    "unicast-ttl": Case(fast(peers(rest=" min_ttl 254 max_ttl 255"), "unicast_ttl 255")),
    "unicast-without-source": Case(vi(peers(source=False))),
    "unicast-source-alone": Case(vi("@gw1 unicast_src_ip 192.0.2.2",
                                    "@gw2 unicast_src_ip 192.0.2.3")),
    "check-unicast-src": Case(fast(peers(), "check_unicast_src")),
    "mcast-src-ip": Case(vi("@gw1 mcast_src_ip 192.0.2.2", "@gw2 mcast_src_ip 192.0.2.3")),
    "mcast-group4": Case(glob("vrrp_mcast_group4 224.0.0.101") + vi()),
    # ---- addresses ----
    "bare-address": Case(vi(vips=("192.0.2.1", "192.0.2.9"))),
    "many-addresses": Case(fast(vips=[f"192.0.2.{n}/24" for n in range(60, 80)])),
    "other-interface": Case(fast(vips=("198.51.100.1/24 dev eth1",))),
    "address-options": Case(fast(vips=("192.0.2.1/24 dev eth0 label eth0:vip",
                                       "198.18.0.1/24 brd 198.18.0.255 scope link",
                                       "198.18.1.1/32 broadcast - scope host",
                                       "198.18.2.1/24 brd +"))),
    "excluded": Case(fast(block("virtual_ipaddress_excluded", "192.0.2.77/32",
                              "203.0.113.9/24 dev eth2"))),
    "excluded-of-ipv6": Case(fast(block("virtual_ipaddress_excluded", V6)), ipv6=True),
    "promote-secondaries": Case(fast("promote_secondaries", vips=("198.18.0.1/24",
                                                                "198.18.0.2/24"))),
    "no-accept": Case(fast("no_accept")),
    "accept": Case(fast("accept")),
    "strict": Case(glob("vrrp_strict") + fast()),
    "ipv6": Case(vi(vips=("fe80::1", V6)), ipv6=True),
    "ipv6-version-3": Case(fast(vips=("fe80::1/64", V6)), ipv6=True),
    "unicast-ipv6": Case(vi(peers("2001:db8:0::2", "2001:db8:0::3"), vips=(V6,)), ipv6=True),
    "both-families": Case(group() + fast() + second(
        "version 3", dev="eth0", every="0.2", vips=("fe80::1", V6)), routers=2, ipv6=True),
    "vmac": Case(fast("use_vmac")),
    "vmac-xmit-base": Case(fast("use_vmac vip0", "vmac_xmit_base")),
    "routes": Case(fast(ROUTES)),
    "rules": Case(fast(RULES)),
    "routes-and-rules": Case(fast(ROUTES, RULES)),
    # ---- tracking ----
    "interface": Case(fast(), lost_and_back(link("eth0", "down"), link("eth0", "up"))),
    "track-interface": Case(fast(block("track_interface", "eth1")), DOWN_UP),
    "track-interface-weight": Case(fast(block("track_interface", "eth1 weight -60")), DOWN_UP),
    "track-interface-weight-kept": Case(fast(block("track_interface", "eth1 weight 20")),
                                        lost_and_back(link("eth1", "down"), link("eth1", "up"),
                                                      "gw1", 150), priority=170),
    "track-script": Case(script() + fast(TRACKS), NO_OK),
    "track-script-weight": Case(script("chk", "/usr/bin/test -e @DIR@/ok", "weight -60") +
                                fast(TRACKS), NO_OK),
    "track-script-weight-up": Case(script("chk", "/usr/bin/test -e @DIR@/ok", "weight 5") +
                                   fast(TRACKS), lost_and_back(
                                       remove("ok"), put("ok", ""), "gw1", 150), priority=155),
    "track-interface-reverse": Case(fast(block("track_interface", "eth1 weight 20 reverse")),
                                    lost_and_back(link("eth1", "down"), link("eth1", "up"),
                                                  "gw1", 150), priority=130),
    "track-script-reverse": Case(script() + fast(block("track_script", "chk weight 7 reverse")),
                                 lost_and_back(remove("ok"), put("ok", ""), "gw1", 150),
                                 priority=143),
    "track-script-rise-fall": Case(script("chk", "/usr/bin/test -e @DIR@/ok", "rise 2", "fall 3",
                                          "timeout 1", "init_fail") + fast(TRACKS), NO_OK),
    "track-file": Case("vrrp_track_file f {\n    file @DIR@/ok\n    weight 1\n}\n" +
                       fast(block("track_file", "f weight -3")),
                       lost_and_back(put("ok", "30\n"), put("ok", "0\n"), "gw2"), priority=150),
    "track-file-kept": Case("track_file f {\n    file @DIR@/ok\n}\n" +
                            fast(block("track_file", "f weight 2")),
                            lost_and_back(put("ok", "7\n"), put("ok", "0\n"), "gw1", 164),
                            priority=150),
    "track-file-fault": Case("vrrp_track_file f {\n    file @DIR@/ok\n    weight 0\n}\n" +
                             fast(block("track_file", "f weight 0")),
                             lost_and_back(put("ok", "1\n"), put("ok", "0\n"))),
    # Of processes keepalived sees none outside of the first network namespace, so none runs here.
    "track-process": Case("vrrp_track_process p {\n    process @PROC@\n    weight 10\n}\n" +
                          fast(block("track_process", "p")), priority=150),
    "track-process-quorum": Case("vrrp_track_process p {\n    process @PROC@\n    weight -20\n"
                                 "    quorum 2\n}\n" + fast(block("track_process", "p")),
                                 priority=130),
    # ---- groups ----
    "sync-group": Case(group() + fast() + second("version 3", every="0.2"), DOWN_UP, routers=2),
    "sync-group-notify": Case(group(*ALL_NOTIFY) + fast() + second("version 3", every="0.2"),
                              DOWN_UP, routers=2, first="gw1"),
    "sync-group-track": Case(script() + group(TRACKS) + fast() + second(
        "version 3", every="0.2"), NO_OK, routers=2),
    "sync-group-weight": Case(script("chk", "/usr/bin/test -e @DIR@/ok", "weight -60") +
                              group("global_tracking", TRACKS) + fast() + second(
                                  "version 3", every="0.2"), NO_OK, routers=2),
    "sync-group-one-line": Case("vrrp_sync_group VG { group { VI_1 VI_2 } }\n" + vi() + second(),
                                routers=2),
    # ---- who is told; gw1 begins, so that nobody is Active for a moment while all start ----
    "notify": Case(fast(*ALL_NOTIFY), first="gw1",
                   reported=("an Active that is stopped is Backup first",)),
    "notify-fault": Case(fast(*ALL_NOTIFY, block("track_interface", "eth1")), DOWN_UP,
                         first="gw1"),
    "notify-script-user": Case(glob("script_user root", "enable_script_security") + fast(
        "notify_master @DIR@/record", "notify_backup \"@DIR@/record backup\""), first="gw1"),
    # No stop: vipd offers to leave with a low priority, which is a contest for keepalived's script.
    "lower-priority": Case(fast("notify_master_rx_lower_pri \"@DIR@/record lower\"",
                                "notify_master \"@DIR@/record master\""), (Step(contest),),
                           first="gw1", stops=False, reported=("is run when a contest begins",)),
    # ---- the file ----
    "macros": Case("$WHERE=eth0\n$VIPS= \\\n    virtual_ipaddress { \\\n"
                   "        ~SEQ(N,1,1) 192.0.2.${N}/24 \\\n    } \\\n}\n\n"
                   "vrrp_instance VI {\n    interface $WHERE\n    virtual_router_id 51\n"
                   f"{PRIORITY}"
                   "$VIPS\n"),
    "seq-and-lst": Case("$V= \\\nvrrp_instance V_${N} { \\\n    interface eth0 \\\n"
                        "    virtual_router_id $N \\\n    @gw1 priority 150 \\\n"
                        "    @^gw1 priority 100 \\\n    virtual_ipaddress { \\\n"
                        "        ~LST(K,3,5) 10.0.${N}.${K}/24 \\\n    } \\\n}\n\n~SEQ(N,7,8) $V\n",
                        routers=2),
    "include": Case("include @DIR@/part-*.conf\n", parts={"part-1.conf": glob("vrrp_version 3"),
                                                    "part-2.conf": vi(every="0.5")}),
    "crlf": Case((glob("router_id x") + vi(passes("1111"))).replace("\n", "\r\n").rstrip()),
    "comments": Case("! a comment\n" + fast("state BACKUP # why").replace(
        "{\n    interface", "{ ! here\n    interface") + "# no end"),
    "globals": Case(glob("enable_snmp_vrrp", "vrrp_rt_priority 20", "dynamic_interfaces",
                         "vrrp_min_garp", "vrrp_skip_check_adv_addr", "script_user root",
                         "vrrp_garp_master_refresh 60", "max_auto_priority 50") + fast()),
    "garp": Case(fast("garp_master_delay 2", "garp_master_repeat 3", "garp_master_refresh 1",
                    "garp_master_refresh_repeat 2", "garp_lower_prio_delay 5",
                    "garp_lower_prio_repeat 2")),
    "smtp-alert": Case(glob("notification_email {\n        ops@example.net\n    }",
                            "notification_email_from gw@example.net", "smtp_server 127.0.0.1",
                            "smtp_connect_timeout 1") + fast("smtp_alert"),
                       mail="ops@example.net",
                       excused={"ops@example.net": "smtp_alert: a command sends it"}),
    "load-balancing": Case(fast() + "virtual_server 192.0.2.1 80 {\n    delay_loop 6\n"
                           "    lb_algo rr\n    lb_kind DR\n    protocol TCP\n"
                           "    real_server 192.0.2.50 80 {\n"
                           "        TCP_CHECK {\n            connect_timeout 3\n        }\n"
                           "    }\n}\n"),
    "dont-track-primary": Case(fast("dont_track_primary"),
                               reported=("changed: dont_track_primary: a lost carrier is no fault",)),
    "linkbeat": Case("linkbeat_use_polling\n" + fast("linkbeat_use_polling")),
    "deprecated": Case(fast("debug 2", "lower_prio_no_advert", "garp_lower_prio_delay 5")),
}

# What `make check` runs: some of each kind.
SAMPLE = {"plain", "password", "unicast", "address-options", "ipv6", "track-script-weight",
          "sync-group", "notify-fault"}
