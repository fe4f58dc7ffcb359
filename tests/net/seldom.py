# SPDX-License-Identifier: MIT
"""Rows of parametrized tests: which ones `make check` makes, and which ones `make campaign` alone."""

import itertools

import pytest


def seldom(*values, **kwargs):
    """A row that is of `make campaign` alone."""
    return pytest.param(*values, marks=pytest.mark.campaign, **kwargs)


def crossed(**axes):
    """Rows with all combinations of values: `make check` makes as many as show each value of each
    axis at least once, `make campaign` the other ones.

    axes: for each argument {id: value, ...}.
    """
    def often(places):
        return any(all(place == i % len(axis) for place, axis in zip(places, axes.values()))
                   for i in range(max(map(len, axes.values()))))
    rows = []
    for places in itertools.product(*(range(len(axis)) for axis in axes.values())):
        keys = [list(axis)[place] for place, axis in zip(places, axes.values())]
        values = [axis[key] for key, axis in zip(keys, axes.values())]
        name = "-".join(keys)
        rows.append(pytest.param(*values, id=name) if often(places) else seldom(*values, id=name))
    return pytest.mark.parametrize(list(axes), rows)
