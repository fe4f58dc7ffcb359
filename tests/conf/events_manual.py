# SPDX-License-Identifier: MIT
"""Compare the kinds of events, as build/tests/conf/events prints them, with vipd-events(7): every
kind with its fields, every field, and every word that one may have; and nothing that there is not."""

import re

COMMON = ["seq", "time", "kind", "router", "interface", "family", "level", "text"]


def plain(arguments):
    """Words of a macro, without the macros among them."""
    return [word for word in arguments.split() if word not in ("Cm", "Ic", "Li", ",", ".", ":")]


def parts(page):
    """[(.Sh, .Ss or "", its lines)]."""
    found, title = [], ""
    for line in page.splitlines():
        if line.startswith(".Sh "):
            title = line[4:]
            found.append((title, "", []))
        elif line.startswith(".Ss "):
            found.append((title, line[4:], []))
        elif found:
            found[-1][2].append(line)
    return found


def items(lines, macro):
    """Of a list: [(the words behind .It MACRO, how much text there is)]."""
    found = []
    for line in lines:
        if line.startswith(f".It {macro} "):
            found.append([plain(line[4 + len(macro):]), 0])
        elif found and not line.startswith((".El", ".Bl", ".Pp")):
            found[-1][1] += len(line)
    return found


def described(page, section, macro, subsection=None):
    """All items of a section; what has no text is none."""
    return [words for title, below, lines in parts(page) if title == section
            and subsection in (None, below) for words, text in items(lines, macro) if text]


def tables(rows):
    """{kind: [field]} and {(kind, field): {word}}."""
    kinds, words = {}, {}
    for what, kind, *more in rows:
        if what == "kind":
            kinds[kind] = []
        elif what == "field":
            kinds[kind].append(more[0])
        else:
            words.setdefault((kind, more[0]), set()).add(more[1])
    return kinds, words


def told_words(page):
    """{(kind, field): {word}}, as the sections of WORDS say: "Field to of state, flapped."."""
    found = {}
    for title, below, lines in parts(page):
        if title != "WORDS" or not below:
            continue
        about = "\n".join(lines[:lines.index(".Bl -tag -width Ds")])
        told = {words[0] for words, text in items(lines, "Li") if text}
        for field, kinds in re.findall(r"Field\n\.Cm (\S+)\nof\n\.Ic (.*) \.", about):
            found.update({(kind, field): told for kind in plain(kinds)})
    return found


def differences(what, right, told):
    """Sentences about what one of two sets lacks."""
    yield from (f"{what} {it} is missing" for it in sorted(right - told))
    yield from (f"there is no {what} {it}" for it in sorted(told - right))


def faults(rows, page):
    """What is wrong with the page."""
    kinds, words = tables(rows)
    told = {it[0]: it[1:] for it in described(page, "KINDS", "Ic")}
    yield from differences("kind", set(kinds), set(told))
    for kind in sorted(set(kinds) & set(told)):
        if kinds[kind] != told[kind]:
            yield f"kind {kind} has {kinds[kind]}, not {told[kind]}"
    fields = {field for of_kind in kinds.values() for field in of_kind} - set(COMMON)
    yield from differences("field", fields, {it[0] for it in described(page, "FIELDS", "Cm")})
    common = [it[0] for it in described(page, "DESCRIPTION", "Cm", "What all events have")]
    yield from differences("common field", set(COMMON), set(common))
    told = told_words(page)
    yield from differences("field with words", {f"{field} of {kind}" for kind, field in words},
                           {f"{field} of {kind}" for kind, field in told})
    for place in sorted(set(words) & set(told)):
        # Some of one kind's may be another one's, which stand in one list.
        if not words[place] <= told[place]:
            yield f"{place[1]} of {place[0]} lacks {sorted(words[place] - told[place])}"
        shared = set.union(*(words[it] for it in words if told.get(it) == told[place]))
        yield from (f"{place[1]} of {place[0]} is never {word}"
                    for word in sorted(told[place] - shared))


def wrong(rows, page):
    """Pairs of rows and page that do not agree, each with what is wrong: the comparison finds it."""
    kind = next(row for row in rows if row[0] == "kind")
    field = next(row for row in rows if row[0] == "field")
    word = next(row for row in rows if row[0] == "word" and row[2] == "reason_code")
    yield "another kind", rows + [["kind", "unheard"]], page
    yield "a kind less", [row for row in rows if row[1] != kind[1]], page
    yield "another field", rows + [["field", field[1], "unheard"]], page
    yield "another word", rows + [["word", word[1], word[2], "unheard"]], page
    yield "a word less", [row for row in rows if row[0] != "word" or row[3] != word[3]], page
    yield "a word without a text", rows, re.sub(r"(\.It Li silence\n)(?:[^.].*\n|\.Q.*\n)+", r"\1",
                                                page)
    yield "another word in the page", rows, page.replace(".It Li silence", ".It Li quiet")
    yield "another kind in the page", rows, page.replace(".It Ic deaf\n", ".It Ic dumb\n")
