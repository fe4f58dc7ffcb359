# SPDX-License-Identifier: MIT
"""Faults of the world around vipd, each with the promise that it must keep; see conftest.py."""
