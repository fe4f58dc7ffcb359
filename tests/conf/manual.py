# SPDX-License-Identifier: MIT
"""Compare the rows of the configuration, as build/tests/conf/keys prints them, with vipd.conf(5):
every key with its form, range and default, and nothing that is no key."""

import re

SECTIONS = {"file": "Keys of the host", "router": "Keys of a virtual router",
            "auth": "Keys of auth", "address": "Keys of an address", "unicast": "Keys of unicast",
            "announce": "Keys of announce", "mac": "Keys of mac", "damping": "Keys of damping",
            "check list of checks": "Keys of all and any in a check"}
COLUMNS = "noun key kind min max expected preset required refused".split()
FORMS = {"text": "text", "boolean": "boolean", "number": "number", "word": "word", "path": "path",
         "duration": "duration", "list": "list of groups", "array": "array of ",
         "address": "address", "network": "network", "mark": "mark", "group": "group",
         "password": "password"}
ORDINALS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"]
# Macros of mdoc(7) that say how a word looks, and nothing else.
LOOKS = {"Ic", "Ar", "Cm", "Ql", "Dv", "Pa", "Em", "Nm", "Xr", "No", "Sy", "Li", "Ns", "Pq"}


class Row(dict):
    """One line of the program's output."""

    def __init__(self, line):
        super().__init__(zip(COLUMNS, line.split("\t")))
        self.is_later = self["kind"] == "later"
        self.preset = self["preset"].strip('"')

    def words(self):
        """Of a choice those that are not refused, in their order."""
        return [w for w in re.findall(r'"([^"]*)"', self["expected"])
                if f'"{w}"' != self["refused"]]

    def range(self):
        """How the manual says what is allowed; None where there is nothing to say."""
        low, high = self["min"], self["max"]
        if self["kind"] == "path":
            return f"at most {high} characters"
        if self["kind"] == "word":
            return f"{low} to {high} characters"
        if self["kind"] in ("number", "list", "array"):
            return f": {low}." if low == high else f"{low} to {high}"
        if self["kind"] == "password":
            return f"{low} to {high} printable ASCII characters"
        return None

    def ranges(self):
        """All of them: a duration may have another one in another version."""
        if self["kind"] == "duration":
            return re.findall(r'"[^"]*" to "[^"]*"', self["expected"])
        return [self.range()] if self.range() else []


def plain(line):
    """A line of mdoc(7) without its macros; what it sets in quotes has quotes."""
    if not line.startswith("."):
        return line.replace("\\(dq", '"').replace("\\&", "").replace("\\-", "-")
    out, quote = [], 0
    for token in line[1:].split():
        if token == "Do":
            quote = 2
        elif token == "Qq":
            quote = 1
        elif token in LOOKS or token == "Dc":
            quote = 0
        else:
            out.append(f'"{token}"' if quote else token)
            quote = 0 if quote == 1 else quote
    text = " ".join(out).replace("\\(dq", '"').replace("\\&", "")
    return re.sub(r" ([.,;:)])", r"\1", text)


def section(page, title):
    """The lines of one .Ss."""
    lines = page.splitlines()
    start = lines.index(f".Ss {title}") + 1
    end = next(i for i in range(start, len(lines)) if re.match(r"\.S[sh] ", lines[i]))
    return lines[start:end]


def title(noun):
    """Of the section with the keys of something."""
    if noun in SECTIONS:
        return SECTIONS[noun]
    kind = noun.removeprefix("check ")
    return f"Keys of a {noun}" if kind == noun else f"Keys of {kind} in a check"


def items(lines):
    """What a list of keys says: {key: (form, text)}, and the text around the list."""
    found, around, key = {}, [], None
    for line in lines:
        if line.startswith(".It Ic "):
            key, _, form = plain("." + line[4:]).partition(" = ")
            found[key] = [form, ""]
        elif line.startswith(".El"):
            key = None
        elif line.startswith((".Bl", ".Pp")):
            continue
        elif key:
            found[key][1] += plain(line) + " "
        else:
            around.append(plain(line))
    return found, " ".join(around)


def form_is_right(row, form):
    """Whether the line of the key says what kind of value it takes."""
    if row["kind"] == "choice":
        return form.split(" | ") == [f'"{word}"' for word in row.words()]
    named = re.findall(r', or ("[^"]*")', row["expected"])
    first, *others = form.split(" | ")
    return first.startswith(FORMS[row["kind"]]) and others == named


def default_is_right(row, text):
    """Whether the text says what is taken when the key is not there."""
    said = re.search(r"Default: (.*?)[.] ", text + " ")
    if row["required"]:
        return not said
    if row["kind"] == "group" and not row.preset:
        return not said  # each of its keys has one
    return bool(said) and (not row.preset or said[1].strip('"') == row.preset)


def key_faults(row, form, text):
    """What is wrong with one key of the manual."""
    if not form_is_right(row, form):
        yield f"its form is {form!r}, of kind {row['kind']}: {row['expected']}"
    for allowed in row.ranges():
        if allowed not in text:
            yield f"does not say {allowed!r}"
    if row["kind"] in ("text", "array"):
        for example in re.findall(r'"[^"]*"', row["expected"]):
            if example not in f"{form} {text}":
                yield f"does not say {example}"
    if row["kind"] == "word" and f"{row['min']}..{row['max']}" not in row["expected"]:
        yield f"the error says {row['expected']!r}, not {row['min']}..{row['max']}"
    if not default_is_right(row, text):
        yield f"wrong about its default {row['preset']!r}: {text!r}"


def required_faults(rows, found, around):
    """What must be there comes first, and is counted; a single one says so itself."""
    required = [row["key"] for row in rows if row["required"]]
    said = re.search(r"The first (\w+) are required[.]", around)
    if said:
        if list(found)[:ORDINALS.index(said[1])] != [k for k in found if k in required]:
            yield f"the first {said[1]} are not {required}"
    else:
        for key in found:
            if ("Required." in found[key][1]) != (key in required):
                yield f"{key}: required or not?"


def later_faults(rows, page):
    """The paragraph of what is known and refused."""
    text = re.search(r"known, and refused for good:\n(.*?)\n\.S[hs]", page, re.DOTALL)[1]
    lines = [plain(line) for line in text.splitlines() if line.startswith(".Ic ")]
    said = {what for line in lines
            for what in re.findall(r"([a-z_]+(?: = [^ ,]+)?)(?:[,.]|$)", line)}
    meant = {row["key"] if row.is_later else f"{row['key']} = {row['refused']}"
             for row in rows if row["refused"]}
    for what in sorted(said ^ meant):
        yield f"{what}: {'not refused' if what in said else 'not among what is refused'}"


def faults(table, page):
    """All differences, as sentences."""
    rows = [Row(line) for line in table.splitlines()]
    for noun in dict.fromkeys(row["noun"] for row in rows):
        here = [row for row in rows if row["noun"] == noun and not row.is_later]
        found, around = items(section(page, title(noun)))
        for row in here:
            if row["key"] not in found:
                yield f"{row['key']}: is not in the manual"
                continue
            for fault in key_faults(row, *found[row["key"]]):
                yield f"{row['key']}: {fault}"
        for key in set(found) - {row["key"] for row in here}:
            yield f"{key}: in the manual, but no key"
        yield from required_faults(here, found, around)
    yield from later_faults(rows, page)


def word_faults(table, page):
    """keepalived's words and what is written here instead: the same words, with the same text."""
    meant = dict(line.split("\t") for line in table.splitlines())
    said, _ = items(section(page, "Coming from keepalived"))
    for word in meant.keys() | said.keys():
        text = said.get(word, ["", ""])[1].strip()
        if text != meant.get(word):
            yield f"{word}: the manual says {text!r}, the error {meant.get(word)!r}"


def wrong_row(row, column):
    """A copy with another value in a column; None where the manual does not speak of it."""
    other = {"key": row["key"] + "x",
             "kind": "number" if row["kind"] == "boolean" else "boolean",
             "min": row["min"] if row["kind"] == "path" else row["min"] + "1",
             "max": row["max"] + "1",
             "expected": row["expected"].replace('"', '"x', row["kind"] not in ("address", "network", "mark")),
             "preset": row["preset"] and "other",
             "required": "" if row["required"] else "required",
             "refused": "" if row["refused"] else '"other"'}[column]
    if row.is_later and column not in ("key", "refused"):
        return None
    if column in ("min", "max") and not row.range():
        return None  # a duration's limits are read from what is expected
    if other == row[column]:
        return None
    return "\t".join({**row, column: other}[name] for name in COLUMNS)


def wrong_tables(table):
    """All tables in which one value is another, each with what it is."""
    lines = table.splitlines()
    for i, line in enumerate(lines):
        for column in COLUMNS[1:]:
            wrong = wrong_row(Row(line), column)
            if wrong:
                yield (f"{column} of {Row(line)['key']}",
                       "\n".join([*lines[:i], wrong, *lines[i + 1:]]))
