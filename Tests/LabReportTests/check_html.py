"""Checks report.html by a parser that shares no code with what wrote it.

Reads HTML on standard input; prints {"errors": [...], "pngs": [[width, height], ...], "cards": 2, "text": "..."}.
"""

import base64
import json
import re
import struct
import sys
import zlib
from html.parser import HTMLParser

VOID = {"meta", "img", "link", "br", "hr", "input", "base"}
FORBIDDEN = {"script", "link", "base", "iframe", "object", "embed", "form"}
EXTERNAL = re.compile(r"(^|[\s,'\"(])(https?:|//|javascript:|file:)", re.IGNORECASE)


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.errors, self.stack, self.ids, self.references = [], [], set(), set()
        self.headings, self.pngs, self.text, self.style = [], [], [], []
        self.lang = self.title = False
        self.cards, self.links = set(), set()

    def handle_decl(self, declaration):
        if declaration.lower() != "doctype html":
            self.errors.append(f"doctype {declaration!r}")

    def handle_starttag(self, tag, attributes):
        self.open(tag, attributes)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.open(tag, attributes)

    def open(self, tag, attributes):
        names = [name for name, _ in attributes]
        values = {name: value or "" for name, value in attributes}
        if len(names) != len(set(names)):
            self.errors.append(f"<{tag}> repeats an attribute")
        if tag in FORBIDDEN:
            self.errors.append(f"<{tag}> is not allowed")
        for name, value in values.items():
            self.attribute(tag, name, value)
        if tag == "section" and "cell" in values.get("class", "").split():
            self.cards.add(values.get("aria-labelledby"))
        if tag == "a":
            self.links.add(values.get("href", "")[1:])
        if tag == "html":
            self.lang = bool(values.get("lang"))
        if tag == "img" and not values.get("alt"):
            self.errors.append("<img> without alt text")
        if tag == "th" and values.get("scope") not in ("row", "col"):
            self.errors.append("<th> without scope")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def attribute(self, tag, name, value):
        where = f"<{tag} {name}={value[:60]!r}>"
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z-]*|[xy][12]", name) or name.startswith("on"):
            self.errors.append(f"attribute not allowed: {where}")
        if name == "id":
            if value in self.ids or not value or " " in value:
                self.errors.append(f"id not unique or malformed: {where}")
            self.ids.add(value)
        elif name in ("aria-labelledby", "aria-describedby", "for"):
            self.references.update(value.split())
        elif name in ("href", "xlink:href"):
            self.references.add(value[1:])
            if not value.startswith("#"):
                self.errors.append(f"not a reference into the page: {where}")
        elif name == "src":
            self.source(value, where)
        elif name not in ("alt", "content", "aria-label") and EXTERNAL.search(value):
            self.errors.append(f"external reference: {where}")

    def source(self, value, where):
        match = re.fullmatch(r"data:image/(png|jpeg);base64,([A-Za-z0-9+/]+=*)", value)
        if not match:
            self.errors.append(f"not an embedded picture: {where}")
        elif match[1] == "png":
            try:
                self.pngs.append(png_size(base64.b64decode(match[2], validate=True)))
            except Exception as error:
                self.errors.append(f"PNG does not decode: {error!r}")

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.errors.append(f"</{tag}> closes {self.stack[-1:]} at {self.getpos()}")
        else:
            self.stack.pop()

    def handle_data(self, data):
        (self.style if self.stack[-1:] == ["style"] else self.text).append(data)

    def finish(self):
        if self.stack:
            self.errors.append(f"never closed: {self.stack}")
        if not self.lang:
            self.errors.append("no language")
        if self.headings.count(1) != 1 or self.headings[:1] != [1]:
            self.errors.append(f"headings do not begin with the only h1: {self.headings}")
        for before, after in zip(self.headings, self.headings[1:]):
            if after > before + 1:
                self.errors.append(f"heading h{after} after h{before}")
        for missing in sorted(self.references - self.ids):
            self.errors.append(f"reference to missing id {missing!r}")
        for card in sorted(self.cards - self.links):
            self.errors.append(f"no link leads to the card {card!r}")
        style = "".join(self.style)
        for bad in re.findall(r"@import|url\((?!['\"]?data:)|https?:|//", style):
            self.errors.append(f"external reference in the style: {bad}")


def png_size(data):
    """Width and height, once every checksum and the length of the pixels have proved right."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "signature"
    position, compressed, header = 8, b"", None
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack(">I", data[position + 8 + length : position + 12 + length])
        assert zlib.crc32(kind + body) == checksum, f"checksum of {kind}"
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            compressed += body
        position += 12 + length
    width, height, depth, colour = header[:4]
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * channels * depth + 7) // 8
    assert len(zlib.decompress(compressed)) == row * height, "length of the pixels"
    return [width, height]


page = Page()
page.feed(sys.stdin.buffer.read().decode("utf-8"))
page.close()
page.finish()
json.dump({"errors": page.errors, "pngs": page.pngs, "cards": len(page.cards), "text": "".join(page.text)}, sys.stdout)
