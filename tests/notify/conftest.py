# SPDX-License-Identifier: MIT
"""What the tests of the commands share."""

import shutil

import pytest

from scripts import SHELLS, Place


@pytest.fixture(params=SHELLS)
def place(request):
    """A Place, once for each shell that there is."""
    if not shutil.which(SHELLS[request.param][0]):
        pytest.skip(f"{request.param} is not installed")
    made = Place(request.param)
    yield made
    made.close()
