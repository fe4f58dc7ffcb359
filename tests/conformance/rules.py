# SPDX-License-Identifier: MIT
"""Requirements by number: which test shows one, or why none can."""

from dataclasses import dataclass

MUST, SHOULD, MAY = "MUST", "SHOULD", "MAY"


@dataclass(frozen=True)
class Rule:
    """A requirement, for some variants."""
    number: str
    level: str
    text: str
    variants: tuple


def rule(number, level, text, *variants):
    """Marks a test as what shows a requirement."""
    def mark(function):
        function.rules = [Rule(number, level, text, variants), *getattr(function, "rules", ())]
        return function

    return mark


def variants_of(function):
    """All variants that the rules of a test name, in their order."""
    return list(dict.fromkeys(variant for it in function.rules for variant in it.variants))


def rules_of(function, variant):
    """Those of a test's rules that concern a variant."""
    return [it for it in function.rules if variant in it.variants]
