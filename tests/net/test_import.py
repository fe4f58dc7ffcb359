# SPDX-License-Identifier: MIT
"""What vipctl import makes of a keepalived.conf, beside a keepalived that runs the file itself.

See pairs.py for how, import_cases.py for which files. The same host must win, with the same
addresses on the same interfaces, the same routes and rules, and its adverts must be the same, octet by
octet, with the same TTL and TOS to the same destination, but for what the report names; what is
tracked must count for the same, and scripts must have been called with the same arguments.
"""

import os
import shutil

import pytest

from import_cases import CASES, SAMPLE
from lab import Lab
from pairs import Pairs
from seldom import seldom

pytestmark = [pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not here"),
              pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")]


@pytest.mark.long
@pytest.mark.parametrize("name", [
    name if name in SAMPLE else seldom(name) for name in CASES])
def test_import_beside_keepalived_in_both_roles(request, name):
    """The same winner, kernel, adverts, tracking and arguments."""
    with Lab(request.node.nodeid) as lab:
        lab.failed = True
        Pairs(lab, CASES[name]).run()
        lab.failed = False
