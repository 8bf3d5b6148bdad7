"""Checks a drawing by a parser that shares no code with what wrote it.

Reads SVG on standard input; prints {"errors": [...], "width": "85mm", "height": "70.1mm", "texts": [...]}.
"""

import json
import re
import sys
import xml.etree.ElementTree as tree

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
KNOWN = {"svg", "title", "desc", "style", "defs", "marker", "g", "path", "line", "rect", "text", "image"}

source = sys.stdin.read()
root = tree.fromstring(source.encode())
errors, classes = [], set()
for element in root.iter():
    if element.tag.removeprefix(SVG) not in KNOWN:
        errors.append(f"<{element.tag}>")
    classes.update(element.get("class", "").split())
    for name, value in element.attrib.items():
        if name == LINK:
            if not re.fullmatch(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/]+=*", value):
                errors.append("an image is not embedded")
        elif re.search(r"(https?:|//|url\((?!#))", value) or name.startswith("on"):
            errors.append(f"{name}={value!r}")
ids = [element.get("id") for element in root.iter() if element.get("id")]
if len(ids) != len(set(ids)):
    errors.append("an id is used twice")
for reference in re.findall(r"url\(#([^)]*)\)", source):
    if reference not in ids:
        errors.append(f"nothing is {reference}")
style = root.find(f"{SVG}style").text
for name in classes - set(re.findall(r"\.([a-z0-9]+)", style)):
    errors.append(f"class {name} has no style")
for name in ("var(", "@import", "url("):
    if name in style:
        errors.append(f"{name} in the style")
ground = root.find(f"{SVG}rect")
if ground.get("fill") != "#ffffff":
    errors.append("the ground is not white")
box = [float(part) for part in root.get("viewBox").split()]
for side, length in zip(("width", "height"), box[2:]):
    if abs(float(root.get(side).removesuffix("mm")) / 85 * 360 - length) > 0.1 * length:
        errors.append(f"{side} is not that of the drawing")
json.dump({"errors": errors, "width": root.get("width"), "height": root.get("height"),
           "texts": [text.text or "" for text in root.iter(f"{SVG}text")]}, sys.stdout)
