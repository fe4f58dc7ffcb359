# SPDX-License-Identifier: MIT
"""A real browser that draws a page: where things stand in it, and what colours they have."""

import json
import shutil
import struct
import zlib

NAMES = ("chromium-headless-shell", "chromium")

# Puts the boxes of all that is drawn into the page itself, to be read from what the browser dumps.
MEASURE = """
<script>
const boxes = [];
document.querySelectorAll('svg').forEach((svg, number) => {
  svg.querySelectorAll('rect, text, line').forEach(it => {
    if (it.closest('defs')) return;
    const box = it.getBBox();
    const title = it.querySelector('title') || (it.closest('g') || it).querySelector('title');
    boxes.push({svg: number, tag: it.tagName, classes: [...it.classList], text: it.firstChild &&
      it.firstChild.nodeType === 3 ? it.firstChild.data : '', x: box.x, y: box.y, w: box.width,
      h: box.height, title: title ? title.textContent : ''});
  });
});
const out = document.createElement('pre');
out.id = 'boxes';
out.textContent = 'BOXES' + JSON.stringify(boxes) + 'SEXOB';
document.body.innerHTML = '';
document.body.appendChild(out);
</script>
"""


def find():
    """The path of a browser; None: there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Box:
    """One thing that is drawn, in the units of its SVG."""

    def __init__(self, it):
        self.svg, self.tag, self.classes = it["svg"], it["tag"], it["classes"]
        self.text, self.title = it["text"], it["title"]
        self.x, self.y, self.w, self.h = it["x"], it["y"], it["w"], it["h"]

    @property
    def right(self):
        return self.x + self.w

    def overlaps(self, other, slack=0.5):
        """Whether they share more than an edge."""
        return (self.x + slack < other.right and other.x + slack < self.right and
                self.y + slack < other.y + other.h and other.y + slack < self.y + self.h)

    def holds(self, other, slack=0.5):
        return (self.x <= other.x + slack and other.right <= self.right + slack and
                self.y <= other.y + slack and other.y + other.h <= self.y + self.h + slack)

    def __repr__(self):
        return (f"{self.tag} {' '.join(self.classes)} {self.text!r} "
                f"({self.x:.1f} {self.y:.1f} {self.w:.1f}x{self.h:.1f})")


def run(host, directory, *words):
    """The browser, in a network namespace where it reaches nobody. Return: what it prints."""
    return host.run(find(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--hide-scrollbars", f"--user-data-dir={directory}/browser", *words,
                    timeout=120).stdout


def measure(host, directory, page):
    """All that is drawn on a page: a list of Box."""
    path = f"{directory}/measured.html"
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("</body>", MEASURE + "</body>"))
    dom = run(host, directory, "--dump-dom", f"file://{path}")
    found = dom.split("BOXES")[-1].split("SEXOB")[0]
    for mark, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        found = found.replace(mark, char)
    return [Box(it) for it in json.loads(found)]


def screenshot(host, directory, page, width, height):
    """What is seen of it: rows of (red, green, blue)."""
    path = f"{directory}/seen.png"
    run(host, directory, f"--window-size={width},{height}", f"--screenshot={path}", f"file://{page}")
    return read_png(path)


def read_png(path):
    """Of 8 bits per colour, without interlacing: what browsers write."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack(">IIBB", chunk[:10])
            assert depth == 8 and colours in (2, 6)
        packed += chunk if kind == b"IDAT" else b""
        at += length + 12
    size = 3 if colours == 2 else 4
    return unfilter(zlib.decompress(packed), width, height, size)


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def unfilter(raw, width, height, size):
    """PNG (2nd edition) §9."""
    rows, before, stride = [], bytes(width * size), width * size
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride) if kind else ():
            left = line[i - size] if i >= size else 0
            corner = before[i - size] if i >= size else 0
            line[i] = (line[i] + (left, before[i], (left + before[i]) // 2,
                                  paeth(left, before[i], corner))[kind - 1]) & 255
        rows.append([tuple(line[i:i + 3]) for i in range(0, stride, size)])
        before = bytes(line)
    return rows
