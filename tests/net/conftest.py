# SPDX-License-Identifier: MIT
"""What the tests of real binaries share: the `lab` fixture, and the last word of a second decoder.

Every frame that a host with vipd sent in any test is decoded by tshark at the end of the session,
by the worker that captured it.
A malformed packet or an error mark there fails the run, whatever the tests themselves looked at.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zlib

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import frames  # noqa: E402  (found by the line above)
from agents import own_binaries  # noqa: E402
from fixtures import lab, pytest_runtest_makereport  # noqa: E402,F401  pylint: disable=unused-import

FIELDS = ("frame.interface_name", "frame.number", "frame.protocols", "_ws.malformed",
          "ip.checksum.status", "_ws.expert.severity", "_ws.expert.message")
SEVERITY_ERROR = 0x00800000
BAD = "0"                        # of a checksum's status
COMPLAINTS = 64                  # exit status: none of pytest's own, and no second run excuses it


def pytest_configure(config):
    """The controller of a session, or a session without workers, owns the directory of captures."""
    config.addinivalue_line("markers", "alone: promises milliseconds, and is measured by itself")
    config.addinivalue_line("markers", "long: lasts longer than most, and begins before them")
    config.addinivalue_line("markers", "campaign: a row that only a target of its own makes")
    config.addinivalue_line("markers", "requirement(*ids): the R-... rules that the test proves")
    if not hasattr(config, "workerinput"):
        config.wire_dir = os.environ["WIRE_DIR"] = tempfile.mkdtemp(prefix="vipd-wire-")
        config.wire_complaints = []


def pytest_unconfigure(config):
    """Removes the captures, unless they are evidence."""
    if hasattr(config, "wire_dir"):
        os.environ.pop("WIRE_DIR", None)
        if not getattr(config, "wire_complaints", None):
            shutil.rmtree(config.wire_dir, ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    """Mixes the tests of a worker. The long ones begin first, so that none is left to the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (item.get_closest_marker("long") is None,
                                     "faults" not in item.path.parts,
                                     zlib.crc32(item.nodeid.encode())))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Gives a worker two tests at a time: else the first one would get all that are long."""
    from xdist.scheduler import LoadScheduling  # pylint: disable=import-outside-toplevel

    class InOrder(LoadScheduling):
        """Hands out tests in their order."""
        def _send_tests(self, node, num):
            super()._send_tests(node, min(num, 2))

    return InOrder(config, log)


@pytest.fixture
def probe(lab):
    """A hand on the wire; its host has no address, so its kernel is silent."""
    return frames.Probe(lab.host("probe"))


@pytest.fixture
def own_binary(lab, monkeypatch):
    """The path of a copy of vipd that the lab's vipd runs from."""
    for name, path in own_binaries(lab).items():
        monkeypatch.setenv(name, path)
    return lab.path("vipd")


def pytest_sessionfinish(session):
    """Decodes the captures of this process, and in the end what a worker that died has left."""
    config = session.config
    if hasattr(config, "workerinput"):
        config.workeroutput["complaints"] = decode(os.environ["WIRE_DIR"], f"vipd-{os.getpid()}-")
    elif hasattr(config, "wire_dir"):
        config.wire_complaints += decode(config.wire_dir, "vipd-")
        if config.wire_complaints:
            session.exitstatus = COMPLAINTS


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Takes what a worker complains about."""
    node.config.wire_complaints += getattr(node, "workeroutput", {}).get("complaints", [])


def pytest_terminal_summary(terminalreporter, config):
    """Says what tshark did not like, and where to look."""
    if complaints := getattr(config, "wire_complaints", None):
        terminalreporter.section("frames of vipd that tshark complains about", red=True)
        for complaint in complaints[:20]:
            terminalreporter.line(complaint)
        terminalreporter.line(f"{len(complaints)} in all; the captures are in {config.wire_dir}")


def decode(directory, prefix):
    """One run of tshark over the captures in there whose names begin so; one file with all of them
    takes their place. Return: a line for each frame that is wrong."""
    files = sorted(os.path.join(directory, name) for name in os.listdir(directory)
                   if name.startswith(prefix))
    if not files:
        return []
    for tool in ("mergecap", "tshark"):
        if not shutil.which(tool):
            return [f"{tool} is not installed: {len(files)} captures were not checked"]
    merged = os.path.join(directory, f"all-{prefix}.pcapng")
    subprocess.run(["mergecap", "-a", "-I", "none", "-w", merged, *files], check=True)
    for file in files:
        os.unlink(file)
    fields = [argument for field in FIELDS for argument in ("-e", field)]
    shown = subprocess.run(
        ["tshark", "-n", "-r", merged, "-o", "ip.check_checksum:TRUE",
         "-Y", f"_ws.malformed || _ws.expert.severity >= {SEVERITY_ERROR}",
         "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;", *fields],
        capture_output=True, text=True, check=True)
    return [f"{merged}: {line}" for line in map(_complaint, shown.stdout.splitlines()) if line]


def _complaint(line):
    """A line of tshark as a complaint, or None if all it marks is what is right after all.

    tshark expects the pseudo-header in every VRRPv3 checksum over IPv4, which RFC 9568 does not
    have: that mark says nothing. The lab itself checks the sum against both forms.
    """
    port, number, protocols, malformed, ip_checksum, severities, messages = line.split("\t")
    vrrp_over_ipv4 = protocols.endswith(":ip:vrrp") and ip_checksum != BAD
    errors = [message for severity, message in zip(severities.split(";"), messages.split(";"))
              if severity and int(severity) >= SEVERITY_ERROR
              and not (vrrp_over_ipv4 and message.startswith("Bad checksum"))]
    if not malformed and not errors:
        return None
    return f"{port}, frame {number} ({protocols}): {'; '.join(errors) or malformed}"
