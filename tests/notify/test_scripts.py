# SPDX-License-Identifier: MIT
"""etc/notify.d, each command against a service on loopback, by dash and by busybox."""

import datetime
import email
import email.policy
import json
import os
import re
import shutil
import socket
import subprocess
from urllib.parse import unquote

import pytest

from scripts import (KEY, SOURCE, MailServer, Service, closed_port, environment, event, is_executable)

SECRET = "0123456789abcdefS3CR3T!\"\\%$x"
ACTIVE = event("active", from_="backup", to="active", state="active", reason="no advert for 3.609 s",
               reason_code="silence", priority=100, group="gateway")
BACKUP = event("backup", node="gw2", from_="initialize", to="backup", state="backup", reason="started",
               reason_code="started", priority=150)
TEXTS = ["plain", 'with "quotes" and \\backslashes\\ and \\n', "tabs\tand\nlines\r\x01\x1f\x7f", "grüße 中文 🚀",
         "'$(id)' `id` ${HOME} %s %d & < > ; | * ?", "x" * 400, "ü" * 200, "-n", "\\", '"', "a\\"]


@pytest.fixture
def service():
    with Service() as made:
        yield made


class Pager:
    """The command for PagerDuty, with its service."""

    def __init__(self, place, service):
        self.place, self.service, self.file = place, service, place.secret(SECRET + "\n")

    def run(self, made, **env):
        self.place.good("pagerduty", made, self.file, PAGERDUTY_URL=self.service.url + "/v2/enqueue", **env)

    def fails(self, made=ACTIVE, url=None, **env):
        return self.place.bad("pagerduty", made, self.file,
                              **{"PAGERDUTY_URL": url or self.service.url + "/v2/enqueue"} | env)


@pytest.fixture
def pager(place, service):
    return Pager(place, service)


# ---- which alert ----

# What is told; then what is done with which alert, and of what severity. None: nothing is asked for.
TABLE = [
    (event("active", reason_code="silence"), "trigger", KEY, "error"),
    (event("active", reason_code="left"), "trigger", KEY, "warning"),
    (event("active", reason_code="together"), "trigger", KEY, "warning"),
    (event("active", kind="state_now", reason_code="group"), "trigger", KEY, "warning"),
    (event("active", reason_code="preempt"), "resolve", KEY, None),
    (event("active", reason_code="owner"), "resolve", KEY, None),
    (event("active", kind="notice", again=True), None, None, None),
    (event("backup", reason_code="started"), "resolve", KEY, None),
    (event("backup", from_="active", reason_code="higher"), "resolve", KEY, None),
    (event("fault", reason_code="no_carrier"), "trigger", KEY, "error"),
    (event("stop", reason_code="stopped"), "trigger", KEY, "warning"),
    (event("deleted", kind="withdrawn"), "resolve", KEY, None),
    (event("start"), None, None, None),
    (event("drain", kind="drain", drain="begins"), None, None, None),
    (event("conflict", kind="conflict"), "trigger", KEY + "/conflict", "critical"),
    (event("conflict", kind="address", news="foreign"), "trigger", KEY + "/conflict", "critical"),
    (event("conflict", kind="suspicion"), None, None, None),
    (event("lower_advert", kind="notice"), "trigger", KEY + "/conflict", "critical"),
    (event("deaf", kind="deaf"), "trigger", KEY + "/deaf/gw1", "warning"),
    (event("deaf", kind="hears"), "resolve", KEY + "/deaf/gw1", None),
    (event("deaf", kind="mute"), "trigger", KEY + "/mute/gw1", "warning"),
    (event("deaf", kind="speaks"), "resolve", KEY + "/mute/gw1", None),
    (event("priority", kind="track", is_="down", track="eth1"), None, None, None),
    (event("priority", kind="resort", resort="begins"), "trigger", KEY + "/resort/gw1", "error"),
    (event("priority", kind="resort", resort="cedes"), "trigger", KEY + "/resort/gw1", "error"),
    (event("priority", kind="resort", resort="ends"), "resolve", KEY + "/resort/gw1", None),
    (event("check", kind="check", router=None, check="web", is_="down"), "trigger", "host/gw1/check/web", "warning"),
    (event("check", kind="check", router=None, check="web", is_="up"), "resolve", "host/gw1/check/web", None),
    (event("check", kind="check", router=None, check="web", is_="unknown"), None, None, None),
    (event("reload", kind="reload", router=None, reload="refused"), "trigger", "host/gw1/reload", "warning"),
    (event("reload", kind="reload", router=None, reload="undone"), "trigger", "host/gw1/reload", "warning"),
    (event("reload", kind="reload", router=None, reload="done"), "resolve", "host/gw1/reload", None),
    (event("last_will", kind="process_lost", router=None), "trigger", "host/gw1/process", "warning"),
    (event("last_will", kind="last_will", router=None), "trigger", "host/gw1/process", "critical"),
    (event("lost", kind="journal_lost", router=None), "trigger", "host/gw1/lost", "warning"),
    (event("something_new"), None, None, None),
]


def test_table_of_what_begins_and_ends_an_alert(pager):
    for made, action, alert, severity in TABLE:
        pager.run(made)
        if action is None:
            assert not pager.service.requests, made
            continue
        body = pager.service.one.body
        assert (body["event_action"], body["dedup_key"]) == (action, alert), made
        assert body.get("payload", {}).get("severity") == severity, made


def test_pair_has_one_alert_which_the_other_host_ends(pager):
    pager.run(ACTIVE)
    begun = pager.service.one.body
    pager.run(BACKUP)
    ended = pager.service.one.body
    assert begun["dedup_key"] == ended["dedup_key"] == KEY
    assert (begun["event_action"], ended["event_action"]) == ("trigger", "resolve")


def test_end_told_by_who_ceases_to_be_active_waits_for_the_beginning(pager):
    def pauses():
        return [call.split("\n")[0] for call in pager.place.calls if call.startswith("sleep ")]
    pager.run(event("backup", from_="active", reason_code="higher"), RESOLVE_DELAY="0.01")
    assert pauses() == ["sleep 0.01"]
    pager.run(event("backup", from_="fault", reason_code="recovered"), RESOLVE_DELAY="30")
    pager.run(event("fault", from_="active", reason_code="link_down"), RESOLVE_DELAY="30")
    assert pauses() == ["sleep 0.01"]


# ---- each service ----

def test_pagerduty(pager):
    pager.run(ACTIVE)
    request = pager.service.one
    assert (request.method, request.path) == ("POST", "/v2/enqueue")
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == {
        "routing_key": SECRET, "event_action": "trigger", "dedup_key": KEY, "client": "vipd",
        "payload": {"summary": "gw1: lan (IPv4) is active: no advert for 3.609 s", "source": "gw1",
                    "severity": "error", "timestamp": ACTIVE["time"], "component": "lan", "group": "gateway",
                    "class": "redundancy", "custom_details": ACTIVE}}
    pager.run(BACKUP)
    assert pager.service.one.body == {"routing_key": SECRET, "event_action": "resolve", "dedup_key": KEY}


def test_opsgenie(place, service):
    file = place.secret(SECRET)
    place.good("opsgenie", ACTIVE, file, OPSGENIE_URL=service.url)
    request = service.one
    assert (request.method, request.path) == ("POST", "/v2/alerts")
    assert request.headers["Authorization"] == "GenieKey " + SECRET
    description = request.body.pop("description").split("\n")
    assert description[:2] == ["gw1: lan (IPv4) is active: no advert for 3.609 s", ACTIVE["text"]]
    assert json.loads(description[2]) == ACTIVE
    assert request.body == {
        "message": "gw1: lan (IPv4) is active: no advert for 3.609 s", "alias": KEY, "priority": "P2",
        "source": "gw1", "entity": "lan", "tags": ["vipd", "redundancy"],
        "details": {"node": "gw1", "router": "lan", "group": "gateway", "incident": ACTIVE["incident"]}}
    place.good("opsgenie", event("conflict", kind="conflict"), file, OPSGENIE_URL=service.url)
    assert service.one.body["priority"] == "P1"
    place.good("opsgenie", BACKUP | {"key": "51/6/fe80::1%x y"}, file, OPSGENIE_URL=service.url)
    request = service.one
    path, query = request.path.split("?")
    *start, alias, end = path.split("/")
    assert (start, unquote(alias), end, query) == (["", "v2", "alerts"], "51/6/fe80::1%x y", "close",
                                                   "identifierType=alias")
    assert request.body == {"source": "gw2", "note": "gw2: lan (IPv4) is backup: started"}


def ends_in(alert):
    """Seconds from now."""
    end = datetime.datetime.strptime(alert["endsAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    return (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def test_alertmanager(place, service):
    token = place.secret(SECRET)
    place.good("alertmanager", ACTIVE, service.url + "/", ALERTMANAGER_TOKEN_FILE=token)
    request = service.one
    assert (request.method, request.path) == ("POST", "/api/v2/alerts")
    assert request.headers["Authorization"] == "Bearer " + SECRET
    begun, = request.body
    assert begun["labels"] == {"alertname": "vipd_redundancy", "key": KEY, "severity": "warning", "router": "lan"}
    assert begun["startsAt"] == ACTIVE["time"] and abs(ends_in(begun) - 7 * 86400) < 60
    assert json.loads(begun["annotations"].pop("event")) == ACTIVE
    assert begun["annotations"] == {"summary": "gw1: lan (IPv4) is active: no advert for 3.609 s",
                                    "description": ACTIVE["text"], "node": "gw1", "incident": ACTIVE["incident"]}
    place.good("alertmanager", BACKUP, service.url)
    request = service.one
    ended, = request.body
    assert "Authorization" not in request.headers
    assert ended["labels"] == begun["labels"], "the other host ends the same alert"
    assert "startsAt" not in ended and -60 < ends_in(ended) <= 0
    place.good("alertmanager", event("deaf", kind="deaf"), service.url)
    assert service.one.body[0]["labels"] == {"alertname": "vipd_deaf", "key": KEY + "/deaf/gw1", "router": "lan",
                                             "severity": "warning", "node": "gw1"}
    place.good("alertmanager", event("last_will", kind="last_will", router=None), service.url)
    lost, = service.one.body
    assert lost["labels"] == {"alertname": "vipd_process", "key": "host/gw1/process", "severity": "critical",
                              "node": "gw1"}
    assert abs(ends_in(lost) - 3600) < 60, "nobody will end it"


def test_alertmanager_tells_all_of_a_cluster_and_one_will_do(place, service):
    away = f"http://127.0.0.1:{closed_port()}"
    with Service(200) as other:
        place.good("alertmanager", ACTIVE, away, service.url, other.url)
        assert service.one.body == other.one.body
    assert place.bad("alertmanager", ACTIVE, away, away) == "Alertmanager: cannot connect"
    assert place.bad("alertmanager", ACTIVE) == "Alertmanager: usage: alertmanager URL..."


def test_webhook(place, service):
    file = place.secret(service.url + "/services/T0/B0/" + "S3CR3T" + "\n")
    place.good("webhook", ACTIVE, file)
    request = service.one
    assert (request.method, request.path) == ("POST", "/services/T0/B0/S3CR3T")
    assert request.body == {"text": "gw1: lan (IPv4) is active: no advert for 3.609 s"}
    place.good("webhook", event("fault", reason="<a> & b", merged=3), file, "text")
    assert service.one.body == {"text": "gw1: lan (IPv4) has a fault: &lt;a&gt; &amp; b (and 3 before)"}
    place.good("webhook", event("conflict", kind="conflict"), file)
    assert service.one.body == {"text": 'gw1: conflict of lan (IPv4): what="conflict"'}
    place.good("webhook", event("lost", kind="journal_lost", router=None), file)
    assert service.one.body == {"text": 'gw1: lost: what="lost"'}
    place.good("webhook", ACTIVE, file, "event")
    assert service.one.body == ACTIVE
    assert "usage" in place.bad("webhook", ACTIVE, file, "other")


@pytest.mark.parametrize("text", ["S3CR3T", "S3CR3T/x", "ftp://127.0.0.1/S3CR3T", "http:///S3CR3T"])
def test_webhook_needs_a_url_and_does_not_tell_what_it_has(place, text):
    file = place.secret(text)
    assert place.bad("webhook", ACTIVE, file) == f"webhook: {file}: its first line is no URL"


def sendmail(place, end="exit 0"):
    """A program that keeps its arguments and the mail."""
    out = place.path / "mail"
    out.touch()
    out.chmod(0o666)
    return out, str(place.program(place.path / "sendmail",
                                  f'#!/bin/sh\n{{ echo "$*"; cat; }} >{out}\n{end}\n'))


def test_mail(place):
    out, program = sendmail(place)
    made = ACTIVE | {"text": "grüße \\ \"x\"", "merged": 2, "repeat": True}
    place.good("mail", made, "noc@example.net", "boss@example.net", SENDMAIL=program, MAIL_FROM="vipd@example.net")
    words, text = out.read_bytes().split(b"\n", 1)
    assert words == b"-t -i"
    mail = email.message_from_bytes(text, policy=email.policy.default)
    assert mail["To"] == "noc@example.net, boss@example.net" and mail["From"] == "vipd <vipd@example.net>"
    assert mail["Subject"] == "[vipd] gw1: lan (IPv4) is active: no advert for 3.609 s"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"].datetime
    body = mail.get_content()
    assert body.startswith("gw1: lan (IPv4) is active: no advert for 3.609 s\n\n")
    for line in ("Host       gw1", "Router     lan (IPv4)", "Group      gateway", "Interface  eth0", "VRID       51",
                 "State      backup -> active", "Priority   100", "Log        grüße \\ \"x\"",
                 "2 more before this one were not told: they came too fast.",
                 "This may be told for the second time."):
        assert line in body.split("\n"), body
    assert json.loads(body[body.index("{"):]) == made
    place.good("mail", BACKUP | {"incident": ACTIVE["incident"]}, "noc@example.net", SENDMAIL=program)
    other = email.message_from_bytes(out.read_bytes().split(b"\n", 1)[1], policy=email.policy.default)
    assert other["References"] == mail["References"], "those of an incident are a thread"
    assert other["Message-ID"] != mail["Message-ID"] and other["From"] is None


def test_mail_twice_is_the_same_mail_and_has_no_headers_of_others(place):
    out, program = sendmail(place)
    made = ACTIVE | {"reason": "x\nBcc: thief@example.com\r\n\r\nü" + "y" * 400}
    identities = set()
    for attempt in (1, 2):
        place.good("mail", made | {"attempt": attempt}, "noc@example.net", SENDMAIL=program)
        mail = email.message_from_bytes(out.read_bytes().split(b"\n", 1)[1], policy=email.policy.default)
        identities.add(mail["Message-ID"])
        assert mail["Bcc"] is None and "Bcc: thief" in mail["Subject"] and len(mail["Subject"]) < 200
        assert max(map(len, out.read_bytes().split(b"\n"))) < 998
    assert len(identities) == 1


def test_mail_that_is_not_taken(place):
    _, program = sendmail(place, end="exit 75")
    assert place.bad("mail", ACTIVE, "noc@example.net", SENDMAIL=program) == f"mail: exit status 75 of {program}"
    assert place.bad("mail", ACTIVE) == "mail: usage: mail ADDRESS..."
    assert place.bad("mail", ACTIVE, "noc@example.net", SENDMAIL="/nowhere") == \
        "mail: /nowhere: is not there: install one, or set MAIL_SMTP=smtp://HOST in env of the entry"
    for address in ("-oQ/tmp", "a b@example.net", "a@b\nBcc: c", ""):
        assert place.bad("mail", ACTIVE, address, SENDMAIL=program).startswith("mail: no mail address")


def test_mail_by_smtp(place):
    with MailServer() as server:
        place.good("mail", ACTIVE | {"text": ".\n..x"}, "noc@example.net", "boss@example.net", MAIL_SMTP=server.url)
        assert server.sender.startswith("<vipd@gw1>")
        assert server.recipients == ["<noc@example.net>", "<boss@example.net>"]
    mail = email.message_from_bytes(server.text, policy=email.policy.default)
    assert mail["Subject"] == "[vipd] gw1: lan (IPv4) is active: no advert for 3.609 s"
    assert b"\n" not in server.text.replace(b"\r\n", b"")
    assert "Log        .\r\n..x\r\n" in server.text.decode()
    with MailServer(refuses=True) as server:
        assert place.bad("mail", ACTIVE, "noc@example.net", MAIL_SMTP=server.url) == \
            "mail: the server refuses the sender, or a recipient"
    with MailServer() as server:
        assert place.bad("mail", ACTIVE, "noc@example.net", MAIL_SMTP=server.url,
                         MAIL_SMTP_LOGIN_FILE=place.secret("user:" + SECRET)) == "mail: the server offers no TLS"
    assert place.bad("mail", ACTIVE, "noc@example.net", MAIL_SMTP=f"smtp://127.0.0.1:{closed_port()}") == \
        "mail: cannot connect"
    assert place.bad("mail", ACTIVE, "noc@example.net", MAIL_SMTP="http://127.0.0.1").startswith("mail: MAIL_SMTP is")


def test_mail_server_that_says_nothing(place):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        assert place.bad("mail", ACTIVE, "noc@example.net", MAIL_SMTP=url, MAX_TIME="1") == \
            "mail: no answer within 1 s"


def test_login_of_a_mail_server_is_in_no_argument_and_no_environment(place):
    with MailServer() as server:
        place.bad("mail", ACTIVE, "noc@example.net", MAIL_SMTP=server.url,
                  MAIL_SMTP_LOGIN_FILE=place.secret("user:" + SECRET))
    assert "curl" in server.processes and "VIPD_KEY" in server.processes, "they were seen"
    assert "S3CR3T" not in server.processes
    assert not [call for call in place.calls if "S3CR3T" in call]


# ---- texts ----

def test_texts_of_all_kinds_arrive_as_they_are(place, service):
    pager = Pager(place, service)
    hook = place.secret(service.url + "/hook", "hook")
    for text in TEXTS:
        made = ACTIVE | {"reason": text, "text": text, "error": text}
        pager.run(made)
        payload = service.one.body["payload"]
        assert payload["custom_details"] == made
        assert payload["summary"] == "gw1: lan (IPv4) is active: " + text
        place.good("webhook", made, hook)
        line = service.one.body["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert line == "gw1: lan (IPv4) is active: " + text
        place.good("alertmanager", made, service.url)
        assert service.one.body[0]["annotations"]["description"] == text


def test_long_texts_are_cut_between_characters(place, service):
    file = place.secret(SECRET)
    for character in ("ü", "中", "🚀"):
        for shift in range(4):
            made = event("fault", reason="x" * shift + character * 100)
            place.good("opsgenie", made, file, OPSGENIE_URL=service.url)
            message = service.one.body["message"]
            assert ("gw1: lan (IPv4) has a fault: " + made["reason"]).startswith(message)
            assert 126 < len(message.encode()) <= 130


def test_event_in_several_lines_is_taken(pager):
    pager.place.good("pagerduty", ACTIVE, pager.file, text=json.dumps(ACTIVE, indent=2) + "\n\n",
                     PAGERDUTY_URL=pager.service.url)
    assert pager.service.one.body["payload"]["custom_details"] == ACTIVE


# ---- what goes wrong ----

@pytest.mark.parametrize("status, words", [
    (400, 'status 400 (the request is refused, and will be as long as nothing is changed): {"message":"no such key"}'),
    (401, 'status 401 (the request is refused, and will be as long as nothing is changed): {"message":"no such key"}'),
    (408, 'status 408 (too many requests, or too slow: will be tried again): {"message":"no such key"}'),
    (429, 'status 429 (too many requests, or too slow: will be tried again): {"message":"no such key"}'),
    (500, 'status 500: {"message":"no such key"}'),
    (503, 'status 503: {"message":"no such key"}')])
def test_status_that_is_no_success(place, status, words):
    with Service(status, '{"message":"no such key"}\n') as service:
        pager = Pager(place, service)
        assert pager.fails() == "PagerDuty: " + words
        assert service.one, "asked once"


def test_redirection_is_not_followed(place, service):
    with Service(302, "", [("Location", service.url + "/elsewhere")]) as first:
        assert Pager(place, first).fails() == "PagerDuty: status 302 (a redirection, which is not followed)"
    assert not service.requests


def test_answer_that_is_long_or_odd_is_cut(place):
    with Service(500, "\x1b[31m" + "x" * 100000 + "\ny") as service:
        line = Pager(place, service).fails()
        assert line.startswith("PagerDuty: status 500: ") and line.isprintable() and len(line) < 240
    with Service(500, "") as service:
        assert Pager(place, service).fails() == "PagerDuty: status 500"


def test_nobody_answers(place, service):
    assert Pager(place, service).fails(url=f"http://127.0.0.1:{closed_port()}/") == "PagerDuty: cannot connect"
    assert Pager(place, service).fails(url="ftp://127.0.0.1/").startswith("PagerDuty: the URL is none of")
    assert Pager(place, service).fails(url="http://name.invalid/") == "PagerDuty: the name of the server is not known"
    with Service(hangs=True) as slow:
        assert Pager(place, slow).fails(MAX_TIME="1") == "PagerDuty: no answer within 1 s"


def test_proxy_of_the_environment_is_used(place):
    with Service() as proxy:
        pager = Pager(place, proxy)
        pager.place.good("pagerduty", ACTIVE, pager.file, PAGERDUTY_URL="http://name.invalid/v2/enqueue",
                         http_proxy=proxy.url)
        assert proxy.one.path == "http://name.invalid/v2/enqueue"


def test_curl_reads_no_file_of_the_user(place, service):
    (place.path / ".curlrc").write_text("proxy = http://127.0.0.1:1\n", encoding="utf-8")
    Pager(place, service).run(ACTIVE, HOME=str(place.path))
    assert service.one


def test_secret_that_cannot_be_used(place):
    missing = str(place.path / "nothing")
    assert place.bad("pagerduty", ACTIVE, missing) == \
        f"PagerDuty: {missing}: is not there: its first line has to be the secret"
    others = place.secret("S3CR3T")
    os.chown(others, 0, 0)
    os.chmod(others, 0o600)
    assert place.bad("pagerduty", ACTIVE, others) == \
        f"PagerDuty: {others}: cannot be read by nobody: it should be of mode 0640, root:vipd"
    for text, words in (("", "is empty"), ("\nx", "its first line is empty"),
                        ("S3CR3T x", "a blank or what is not printable in its first line"),
                        ("S3CR3T\r\n", "a blank or what is not printable in its first line")):
        file = place.secret(text)
        assert place.bad("opsgenie", ACTIVE, file) == f"Opsgenie: {file}: {words}"
    for name in ("pagerduty", "opsgenie", "webhook"):
        assert re.search(f": /etc/vipd/secrets/{name}: (cannot be read by|is not there)",
                         place.bad(name, ACTIVE))


def test_entry_of_another_style_is_told_so(place):
    words = ': no event on standard input: the notify entry must have style = "json"'
    assert place.bad("pagerduty", None, "INSTANCE", "lan", "MASTER", "150") == "PagerDuty" + words
    assert place.bad("mail", None, "noc@example.net") == "mail" + words
    assert place.bad("pagerduty", ACTIVE | {"key": ""}) == \
        'PagerDuty: VIPD_KEY is not set: vipd sets it for style = "json"'


def test_command_that_was_copied_alone_says_what_it_lacks(place):
    alone = place.path / "alone"
    alone.mkdir()
    for name in ("pagerduty", "opsgenie", "alertmanager", "webhook", "mail"):
        shutil.copy(SOURCE / name, alone)
        assert place.bad(name, ACTIVE, directory=alone) == \
            f"{alone}/alert.sh is missing: this command needs it beside it"


# ---- secrets ----

def run_all(place, url):
    """All commands that have a secret, each once."""
    hook = place.secret(url + "/" + SECRET.replace('"', "").replace("\\", ""), "hook")
    return [place.run("pagerduty", ACTIVE, place.secret(SECRET), PAGERDUTY_URL=url),
            place.run("opsgenie", ACTIVE, place.secret(SECRET), OPSGENIE_URL=url),
            place.run("opsgenie", BACKUP, place.secret(SECRET), OPSGENIE_URL=url),
            place.run("alertmanager", ACTIVE, url, ALERTMANAGER_TOKEN_FILE=place.secret(SECRET)),
            place.run("webhook", ACTIVE, hook)]


def test_secrets_are_in_no_argument_and_no_environment(place, service):
    assert [done.returncode for done in run_all(place, service.url)] == [0] * 5
    assert len(service.requests) == 5
    for request in service.requests:
        assert "curl" in request.processes and "VIPD_KEY" in request.processes, "they were seen"
        assert "S3CR3T" not in request.processes
    calls = place.calls
    assert len(calls) > 50 and {"awk", "sed", "curl", "tail"} <= {call.split(" ")[0] for call in calls}
    assert not [call for call in calls if "S3CR3T" in call]


@pytest.mark.parametrize("status", [400, 500])
def test_secrets_are_in_no_error(place, status):
    with Service(status) as service:
        service.reply = f'no such key: {SECRET}, /{SECRET}'
        done = run_all(place, service.url)
        hook, = [item for item in done if b"webhook" in item.stderr]
        assert all(b"S3CR3T" not in item.stderr for item in done if item is not hook), done
        assert all(b": the answer repeats the secret" in item.stderr for item in done if item is not hook)
        service.reply = "POST /" + SECRET.replace('"', "").replace("\\", "")
        assert b"S3CR3T" not in run_all(place, service.url)[-1].stderr
    for item in run_all(place, f"http://127.0.0.1:{closed_port()}"):
        assert item.returncode == 1 and b"S3CR3T" not in item.stderr


# ---- all of them ----

def test_shellcheck_has_nothing_to_say():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(["shellcheck", "-x", "-s", "sh", *sorted(map(str, SOURCE.iterdir()))], cwd=SOURCE.parent.parent,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_all_commands_are_executable_and_the_shared_file_is_not():
    assert {path.name for path in SOURCE.iterdir() if is_executable(path)} == \
        {"alertmanager", "conntrackd", "mail", "opsgenie", "pagerduty", "webhook"}
    assert not is_executable(SOURCE / "alert.sh")


def test_environment_is_that_of_the_notifier():
    assert environment(event("fault", again=True, merged=0, repeat=False, empty="")) | {"x": 1} == \
        environment(event("fault")) | {"VIPD_AGAIN": "1", "x": 1}
