# SPDX-License-Identifier: MIT
"""Metrics: the page that Prometheus reads, and vipctl metrics, which says the same."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess

import pytest

from agents import ROOT, run_vipctl
from frames import Probe
from generations import reload
from lab import router, wait_until
from timing import wait_moment
from test_notify import FAST, home, start    # pylint: disable=unused-import

PORT = 9165
METRICS = f"127.0.0.1:{PORT}"
CLIENTS_MAX = 32                 # who are served at a time
SECRET = "hunter22"
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$')


def parse(text):
    """A page. Return: a value by name and labels; what the format forbids fails."""
    values, types, last = {}, {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            last = line.split()[2]
            assert last not in types, f"{last} comes twice"
        elif line.startswith("# TYPE "):
            assert line.split()[2] == last
            types[last] = line.split()[3]
        else:
            name, labels, value = SAMPLE.match(line).groups()
            base = re.sub("_(bucket|sum|count)$", "", name) if types[last] == "histogram" else name
            assert base == last, f"{name} stands under {last}"
            key = (name, labels or "")
            assert key not in values, f"{key} comes twice"
            values[key] = float(value)
    return values


def get(host, path="/metrics", method="GET", address="127.0.0.1", port=PORT, timeout=10):
    """Return: status, type and text of an answer."""
    with host.inside():
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
        connection.connect()
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), body


def page(host):
    status, kind, text = get(host)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return parse(text)


def of(values, name, **labels):
    """The one sample of that name that has these labels."""
    found = [value for (is_name, is_labels), value in values.items() if is_name == name and
             all(f'{label}="{text}"' in is_labels for label, text in labels.items())]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def served(host):
    """The page, when it is served."""
    def try_it():
        try:
            return page(host)
        except OSError:
            return None
    return wait_until(try_it, what="the page of metrics")


def descriptors(agent):
    """How many the notifier has."""
    [notifier] = agent.notifier_pids
    return len(os.listdir(f"/proc/{notifier}/fd"))


def test_the_page_tells_states_counters_and_times(lab, home):
    one = start(lab, home, router(150, **FAST), metrics=METRICS)
    os.mkdir(home + "2")
    two = start(lab, home + "2", router(100, **FAST), name="gw2", address="192.0.2.3/24",
                metrics=METRICS)
    one.wait_state("lan", "active")
    two.wait_state("lan", "backup")
    wait_until(lambda: of(served(two.host), "vipd_router_adverts_received_total") > 5,
               what="adverts")
    mine, theirs = page(one.host), page(two.host)
    labels = 'router="lan",interface="eth0",vrid="51",family="ipv4"'
    assert mine["vipd_router_state", labels] == 2 and theirs["vipd_router_state", labels] == 1
    assert of(mine, "vipd_up") == 1 and of(mine, "vipd_build_info", node="gw1") == 1
    assert (mine["vipd_router_priority", labels], mine["vipd_router_advert_interval_seconds",
                                                       labels]) == (150, 0.1)
    assert (mine["vipd_router_addresses", labels], mine["vipd_router_addresses_missing",
                                                        labels]) == (1, 0)
    assert mine["vipd_router_became_active_total", labels] == 1
    # Three intervals and the skew time, less what an advert is late.
    assert 0 < theirs["vipd_router_takeover_margin_seconds", labels] <= 0.4
    assert ("vipd_router_takeover_margin_seconds", labels) not in mine
    assert mine["vipd_takeover_seconds_count", ""] == 1
    assert mine["vipd_takeover_seconds_bucket", 'le="+Inf"'] == 1
    late = mine["vipd_advert_lateness_seconds_count", ""]
    assert 3 < late <= mine["vipd_router_adverts_sent_total", labels]
    assert 0 < mine["vipd_advert_lateness_seconds_sum", ""] < late
    assert of(mine, "vipd_rejected_total", reason="checksum") == 0
    # Who is Active renews leases, and nobody else.
    wait_until(lambda: of(page(one.host), "vipd_lease_renewals_total") > 0, what="a renewal")
    assert of(page(two.host), "vipd_lease_renewals_total") == 0
    assert one.term() == 0
    two.wait_state("lan", "active")
    after = wait_until(lambda: (lambda it: it if of(it, "vipd_takeover_seconds_count") == 1
                                else None)(page(two.host)), what="the takeover")
    assert after["vipd_router_state", labels] == 2
    assert after["vipd_router_priority_zero_received_total", labels] == 1
    # One series per router, and no new one at a transition, but that a Backup alone has a margin.
    assert {key for key in after if "takeover_margin" not in key[0]} == \
           {key for key in theirs if "takeover_margin" not in key[0]}


def test_advert_that_is_no_timers_is_not_late(lab, home):
    """What nobody could hear for want of a carrier was due, and is not what a rival is answered."""
    host = lab.host("gw1", "192.0.2.2/24")
    keys = {"interval": "2s", "link": {"required": False}}
    agent = lab.vipd(host, [router(200, **keys)], state_dir=home, metrics=f"127.0.0.1:{PORT}")
    lab.leave_to(router(200, **keys))
    agent.wait_state("lan", "active")
    host.wait_adverts(2)
    last = lab.capture.adverts(host=host)[-1].ns
    lab.cut(host, silent=False)
    agent.wait_log("caveat=no_carrier")
    wait_moment(lab, last + 3 * 10**9)
    lab.heal(host)
    rival = Probe(lab.host("rival"))
    wait_until(lambda: rival.advert(vrid=51, priority=50) or agent.router()["counters"]["noticed"]["other_active"],
               what="it to hear a rival")
    shown = page(host)
    assert shown["vipd_advert_lateness_seconds_sum", ""] < 0.5
    assert shown["vipd_advert_lateness_seconds_count", ""] >= 1


def test_adverts_that_are_lost_leave_a_smaller_margin(lab, home):
    """For more than a minute, and whoever has read it meanwhile. That both began at the same time, and
    one was a little faster, is none of it."""
    patient = {**FAST, "down_intervals": 20}
    one = lab.vipd(lab.host("gw1", "192.0.2.2/24"), [router(150, **patient)])
    two = start(lab, home, router(100, **patient), name="gw2", address="192.0.2.3/24", metrics=METRICS)
    one.wait_state("lan", "active")

    def margin():
        return {value for (name, _), value in served(two.host).items() if name.endswith("takeover_margin_seconds")}
    assert min(wait_until(margin, what="adverts")) > 1.5
    lab.mute(one.host)
    left_ms = wait_until(lambda: (lambda it: it if it < 1000 else None)(two.router()["takeover_in_ms"]),
                         what="a second that is left")
    lab.heal(one.host)
    wait_until(lambda: two.router()["takeover_in_ms"] > 1500, what="the next advert")
    for _ in range(3):
        [least] = margin()
        assert 0 < least <= left_ms / 1000
    assert two.router()["counters"]["became_active"] == 0


def test_a_queue_of_pages_is_told(lab, home):
    flag = lab.path("flag")
    waits = lab.path("command")
    with open(waits, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nuntil [ -e {flag} ]; do sleep 0.1; done\n")
    os.chmod(waits, 0o755)
    one = start(lab, home, router(150, **FAST), metrics=METRICS,
                notify=[{"command": [waits], "on": ["active", "backup"], "deliver": "all",
                         "timeout": "60s", "user": "root"}])
    one.wait_state("lan", "active")
    def queue(told):
        return tuple(of(told, f"vipd_notify_{it}") for it in ("waiting", "running", "dead", "delivered_total"))
    waiting = wait_until(lambda: (lambda it: it if it[0] and it[1] else None)(queue(served(one.host))), what="a queue")
    assert waiting == (1, 1, 0, 0)             # that it is Backup is told; that it is Active waits
    assert queue(parse(one.ctl("metrics").stdout)) == queue(page(one.host))
    with open(flag, "w", encoding="utf-8"):
        pass
    wait_until(lambda: queue(page(one.host))[:2] == (0, 0), what="all of them delivered")
    assert queue(page(one.host)) == (0, 0, 0, 2)


def test_vipctl_says_the_same(lab, home):
    flag = lab.path("flag")
    checks = [{"name": "flag", "file": flag, "interval": "100ms"},
              {"name": "both", "all": ["flag"]}]
    one = start(lab, home, router(150, track=[{"check": "flag", "weight": -10},
                                              {"check": "both", "weight": -5}], **FAST),
                router(120, name="two", vrid=52, addresses=["192.0.2.9/24"], version=2, interval="1s",
                       auth={"type": "password", "password": SECRET}, track=[{"check": "flag", "weight": -20}]),
                checks=checks, metrics=METRICS)
    one.wait_state("lan", "active")
    wait_until(lambda: of(served(one.host), "vipd_check_state", check="flag") == 2,
               what="the check")
    served_by_it, told = page(one.host), parse(one.ctl("metrics").stdout)
    assert set(served_by_it) == set(told)
    assert SECRET not in get(one.host)[2] + one.ctl("metrics", "--keepalived").stdout
    moving = ("seconds", "total", "lateness", "running", "waiting", "delivered")
    assert {key: value for key, value in served_by_it.items()
            if not any(word in key[0] for word in moving)} == \
           {key: value for key, value in told.items()
            if not any(word in key[0] for word in moving)}
    # A check that two routers track is one; their priorities tell what it costs each.
    assert of(told, "vipd_check_state", check="both") == 2
    assert (of(told, "vipd_router_effective_priority", router="lan"),
            of(told, "vipd_router_effective_priority", router="two")) == (135, 100)
    assert of(told, "vipd_check_bad_answers_total", check="flag") >= 1


# What the exporter has: names and, behind the series of a router, its own labels.
OF_A_ROUTER = """advertisements_received advertisements_sent become_master release_master packet_length_errors
    advertisements_interval_errors ip_ttl_errors invalid_type_received address_list_errors
    authentication_invalid authentication_mismatch authentication_failure priority_zero_received
    priority_zero_sent gratuitous_arp_delay""".split()
EXPORTER = {"keepalived_up": (), "keepalived_vrrp_state": ("iname", "intf", "vrid", "ip_address"),
            "keepalived_vrrp_excluded_state": ("iname", "intf", "vrid", "ip_address"),
            "keepalived_script_status": ("name",), "keepalived_script_state": ("name",),
            **{f"keepalived_{it}_total": ("iname", "intf", "vrid") for it in OF_A_ROUTER}}


def lint(text):
    """What promtool says of a page."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                          check=False, timeout=60)
    return (done.stdout + done.stderr).splitlines()


def test_names_of_keepaliveds_exporter(lab, home):
    host = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True)
    for segment in ("left", "right"):
        host.attach(segment)
    flag = lab.path("flag")
    # An address may be on several interfaces; and a router may have none.
    extra = ["198.51.100.7/32", *({"address": "fe80::99/64", "interface": it} for it in ("eth1", "eth2"))]
    one = lab.vipd(host, [router(150, addresses=["192.0.2.1/24", "2001:db8::1/64"], extra_addresses=extra,
                                 track=[{"check": "flag", "weight": -10}], **FAST),
                          router(150, name="two", vrid=52, addresses=["192.0.2.9/24"],
                                 announce={"after": ["100ms", "4600ms"]}, **FAST),
                          router(150, name="three", vrid=53, addresses=[], **FAST)],
                   state_dir=home, user="root",
                   checks=[{"name": "flag", "file": flag, "interval": "100ms"}])
    for name in ("two", "three"):
        one.wait_state(name, "active")

    def asked():
        text = one.ctl("metrics", "--keepalived").stdout
        told = parse(text)
        return (told, text) if of(told, "keepalived_vrrp_state", ip_address="2001:db8::1/64") == 2 else None
    told, text = wait_until(asked, what="both families")
    assert {(name, tuple(re.findall('([a-z_]+)="', labels))) for name, labels in told} == set(EXPORTER.items())
    assert not lint(text)
    assert of(told, "keepalived_up") == 1
    assert told["keepalived_vrrp_state",
                'iname="lan",intf="eth0",vrid="51",ip_address="192.0.2.1/24"'] == 2
    assert told["keepalived_vrrp_state", 'iname="three",intf="eth0",vrid="53",ip_address=""'] == 2
    assert told["keepalived_vrrp_excluded_state",
                'iname="lan",intf="eth0",vrid="51",ip_address="198.51.100.7"'] == 2
    for interface in ("eth1", "eth2"):
        assert told["keepalived_vrrp_excluded_state",
                    f'iname="lan",intf="{interface}",vrid="51",ip_address="fe80::99/64"'] == 2
    # Both families of a router are one there.
    assert told["keepalived_become_master_total", 'iname="lan",intf="eth0",vrid="51"'] == 2
    assert told["keepalived_release_master_total", 'iname="two",intf="eth0",vrid="52"'] == 0
    assert of(told, "keepalived_advertisements_sent_total", iname="two") > 0
    assert [of(told, "keepalived_gratuitous_arp_delay_total", iname=it) for it in ("lan", "two")] == [16, 5]
    assert told["keepalived_script_state", 'name="flag"'] == told["keepalived_script_status", 'name="flag"'] == 0
    with open(flag, "w", encoding="utf-8"):
        pass
    wait_until(lambda: asked()[0]["keepalived_script_status", 'name="flag"'] == 1, what="the check")


def test_nothing_stays_of_an_agent_that_is_stopped(lab, home):
    one = start(lab, home, metrics=METRICS)
    one.wait_state("lan", "active")
    served(one.host)
    one.kill(signal.SIGSTOP)       # all but who serves the page
    gone = wait_until(lambda: (lambda it: it if of(it, "vipd_up") == 0 else None)(page(one.host)),
                      timeout=20, what="a router process that is stopped")
    assert not [key for key in gone if key[0].startswith("vipd_router")]
    one.kill(signal.SIGCONT)
    wait_until(lambda: of(page(one.host), "vipd_up") == 1, what="it goes on")
    assert one.term() == 0
    with pytest.raises(OSError):
        get(one.host)
    done = run_vipctl(one.host, "-s", one.control, "metrics")
    assert done.returncode == 1 and parse(done.stdout) == {("vipd_up", ""): 0}
    assert "vipd does not run" in done.stderr
    done = run_vipctl(one.host, "-s", one.control, "metrics", "--keepalived")
    assert of(parse(done.stdout), "keepalived_up") == 0


# What no client of ours would send; and whether it may be answered with the page all the same.
GARBAGE = (
    (b"\x16\x03\x01\x02\x00\x01\x00garbage\r\n\r\n", False), (b"\x00" * 5000, False), (b"\r\n" * 5000, False),
    (b"GET\r\n\r\n", False), (b"GET /metrics\r\n\r\n", False), (b"GET /metrics HTTP/9.9\r\n\r\n", True),
    (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", False),
    (b"GET /%00%2e%2e/metrics HTTP/1.1\r\nHost: x\r\n\r\n", False),
    (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n", False),
    (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", False),
    (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", False),
    (b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", False),
    (b"POST /metrics HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", False),
    (b"GET /metrics HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n" * 50, True))


def test_what_is_asked_for_wrongly(lab, home):
    one = start(lab, home, metrics=METRICS)
    one.wait_state("lan", "active")
    served(one.host)
    notifiers, places = one.notifier_pids, descriptors(one)
    assert get(one.host, "/")[0] == 404 and "/metrics" in get(one.host, "/")[2]
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "GETTING"):
        assert get(one.host, method=method)[0] == 405
    assert get(one.host, method="HEAD")[::2] == (200, "")
    assert get(one.host, "/metrics?collect=all")[0] == 200
    clients = []
    for sent, _ in GARBAGE:
        with one.host.inside():
            clients.append(socket.create_connection(("127.0.0.1", PORT), timeout=10))
        with contextlib.suppress(OSError):     # who sends such things is hung up on
            clients[-1].sendall(sent)
            clients[-1].shutdown(socket.SHUT_WR)
        assert of(page(one.host), "vipd_up") == 1, sent[:80]
    for client, (sent, may_work) in zip(clients, GARBAGE):
        client.settimeout(0.05)                # who waits for the rest has not answered
        with client, contextlib.suppress(OSError):
            assert may_work or b" 200 OK" not in client.recv(4096), sent[:80]
    assert one.notifier_pids == notifiers
    wait_until(lambda: descriptors(one) <= places, timeout=20, what="nobody to be there")


def test_a_thousand_connections_and_slow_readers_keep_nobody_from_reading(lab, home):
    many = [router(150, name=f"r{i}", vrid=i + 1, addresses=[f"192.0.2.{i + 50}/24"], **FAST)
            for i in range(150)]
    one = start(lab, home, *many, metrics=METRICS)
    one.wait_state("r149", "active")
    served(one.host)
    places, slow = descriptors(one), []
    with one.host.inside():
        for _ in range(1000):
            client = socket.socket()
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect_ex(("127.0.0.1", PORT))
            slow.append(client)
    for client in slow[:100]:
        try:
            client.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        except OSError:
            pass
    # They have a few seconds, and nobody else a place; the routers do not notice.
    before = one.router("r0")["counters"]["adverts_sent"]
    wait_until(lambda: one.router("r0")["counters"]["adverts_sent"] > before + 10, what="adverts")
    assert one.router("r0")["counters"]["late_timers"] == 0
    assert descriptors(one) <= places + CLIENTS_MAX
    for client in slow[:950]:
        client.close()
    def one_reads():
        try:
            return page(one.host)
        except (OSError, AssertionError, http.client.HTTPException):
            return None
    assert of(wait_until(one_reads, timeout=40, what="a place for one who reads"), "vipd_up") == 1
    for client in slow:
        client.close()


def crowd(agent, sent):
    """Clients who send that, have time, and all places."""
    clients, before = [], descriptors(agent)
    with agent.host.inside():
        for _ in range(CLIENTS_MAX + 3):
            client = socket.socket()
            client.settimeout(10)
            client.connect(("127.0.0.1", PORT))
            client.sendall(sent)
            client.setblocking(False)
            clients.append(client)
    wait_until(lambda: descriptors(agent) >= before + CLIENTS_MAX - 1, what="all places to be taken")
    return clients


def one_is_served(host, keep_busy):
    """Whether there is a place; all others do a little meanwhile."""
    keep_busy()
    try:
        return parse(get(host, timeout=1)[2])
    except (OSError, AssertionError, http.client.HTTPException):
        return None


def say_a_little(clients):
    for client in clients:
        with contextlib.suppress(OSError):
            client.send(b"a")


def test_who_asks_a_byte_at_a_time_is_hung_up_on(lab, home):
    one = start(lab, home, metrics=METRICS)
    one.wait_state("lan", "active")
    served(one.host)
    slow = crowd(one, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: ")
    page_of = wait_until(lambda: one_is_served(one.host, lambda: say_a_little(slow)),
                         timeout=30, what="a place for one who asks")
    assert of(page_of, "vipd_up") == 1


def test_a_reload_takes_the_page_elsewhere_and_away(lab, home):
    host = lab.host("gw1", "192.0.2.2/24", "2001:db8::2/64", ipv6=True)
    one = lab.vipd(host, [router(150, **FAST)], state_dir=home, user="root", metrics=METRICS)
    one.wait_state("lan", "active")
    before = of(served(host), "vipd_router_adverts_sent_total")

    def page_at(address, port):
        try:
            return parse(get(host, address=address, port=port)[2])
        except OSError:
            return None

    places = [("127.0.0.1", PORT)]
    for text, *place in (("127.0.0.2:9166", "127.0.0.2", 9166), ("[::1]:9165", "::1", 9165), (None,),
                         ("[::]:9167", "2001:db8::2", 9167)):
        one.configure([router(150, **FAST)], state_dir=home, user="root", **({"metrics": text} if text else {}))
        reload(one)
        if place:
            # Counters go on over the reload, and nothing became Active anew.
            values = wait_until(lambda it=place: page_at(*it), what=f"the page at {text}")
            assert of(values, "vipd_router_adverts_sent_total") > before
            assert of(values, "vipd_takeover_seconds_count") == 1
            before = of(values, "vipd_router_adverts_sent_total")
            places.append(tuple(place))
        wait_until(lambda it=place: [page_at(*old) for old in places if old != tuple(it)] ==
                   [None] * (len(places) - bool(it)), what=f"no other page, by {text}")
    # What is none is refused, and the page stays.
    one.configure([router(150, **FAST)], state_dir=home, user="root", metrics="[::]:99999")
    refused = one.ctl("reload", check=False)
    assert refused.returncode == 1 and '"[::1]:9165", got "[::]:99999"' in refused.stderr
    assert page_at(*places[-1])


def test_a_place_that_is_taken_is_told_and_tried_again(lab, home):
    host = lab.host("gw1", "192.0.2.2/24")
    with host.inside():
        other = socket.create_server(("127.0.0.1", PORT))
    one = lab.vipd(host, [router(150, **FAST)], metrics=METRICS, state_dir=home, user="root")
    one.wait_log(f'error="Address already in use" doing="serving metrics at {METRICS}"')
    one.wait_state("lan", "active")
    other.close()
    assert of(served(one.host), "vipd_up") == 1
    assert sum("serving metrics" in line for line in one.log) == 1


# ---- what is made of them ----

def test_dashboard_and_alerts_name_metrics_that_exist(lab, home):
    one = start(lab, home, router(150, track=[{"check": "flag", "weight": -1}], **FAST),
                checks=[{"name": "flag", "file": lab.path("flag"), "interval": "100ms"}],
                metrics=METRICS)
    names = {re.sub("_bucket$", "", name) for name, _ in served(one.host)}
    assert not lint(get(one.host)[2])
    names |= {"vipd_router_takeover_margin_seconds"}           # of a Backup
    for path in ("alerts.yml", "dashboard.json"):
        with open(f"{ROOT}/etc/prometheus/{path}", encoding="utf-8") as file:
            used = set(re.findall(r"\bvipd_[a-z_]+", file.read()))
        assert used and {re.sub("_bucket$", "", it) for it in used} <= names, used - names
    # And the manual has each of them, and no other.
    with open(f"{ROOT}/etc/vipd-metrics.7", encoding="utf-8") as file:
        told = set(re.findall(r"\bvipd_[a-z_]+", file.read()))
    names = {re.sub("_(bucket|sum|count)$", "", it) if "lateness" in it or "takeover_seconds" in it
             else it for it in names}
    assert told == names, told ^ names
