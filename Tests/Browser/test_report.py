"""Opens reports in headless Chromium: test_report.py PROGRAMS

PROGRAMS is the folder of pilab and its board programs. Reports of one exchange, of three ciphers, of a failure, of a big
sweep and of a comparison are made by pilab itself; each must be free of console messages and of requests, with every
picture decoded, nothing wider than the page at 360, 768 and 1440 pixels, and accessible: by axe-core where its package is
to be had, and by checks of our own in any case. Screenshots go to $PILAB_SCREENSHOTS where that is set.
"""

import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

from browser import Browser, Failed, Page

PROGRAMS = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(HERE, "..", "..", "lab")
SCREENSHOTS = os.environ.get("PILAB_SCREENSHOTS")
WIDTHS = (360, 768, 1440)
# It has axe-core 4 inside.
AXE_PACKAGE, AXE_FILE = "axe-playwright-python==0.1.8", "axe_playwright_python/axe.min.js"

# Elements that stick out of the page, unless they can be scrolled to.
OVERFLOW = """(() => {
  const width = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > width) found.push(`page ${document.documentElement.scrollWidth}`);
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('.scroll, defs, marker, title, desc') || element.closest('details:not([open])')) continue;
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1))
      found.push(`${element.tagName}.${element.getAttribute('class')} ${box.left} to ${box.right}`);
  }
  for (const element of document.querySelectorAll('main *, header *')) {
    if (element.closest('.scroll, svg') || element.scrollWidth <= element.clientWidth + 1) continue;
    if (getComputedStyle(element).display !== 'inline' && element.clientWidth)
      found.push(`${element.tagName}.${element.className} holds ${element.scrollWidth} in ${element.clientWidth}`);
  }
  for (const text of document.querySelectorAll('svg text')) {
    const svg = text.ownerSVGElement.getBoundingClientRect(), box = text.getBoundingClientRect();
    if (box.left < svg.left - 1 || box.right > svg.right + 1)
      found.push(`text "${text.textContent}" leaves its drawing`);
  }
  return found;
})()"""

# Tables on a phone: nothing to scroll to, the last column seen, each cell with the head of its column and its role.
TABLES = """(() => {
  const found = [], width = document.documentElement.clientWidth;
  for (const table of document.querySelectorAll('table')) {
    const [name, place] = [table.className, table.parentElement];
    if (place.scrollWidth > place.clientWidth + 1) found.push(`${name}: ${place.scrollWidth} in ${place.clientWidth}`);
    for (const row of table.tBodies[0].rows) {
      const last = row.cells[row.cells.length - 1], range = document.createRange();
      range.selectNodeContents(last);
      const box = range.getBoundingClientRect();
      if (last.textContent.trim() && !(box.width > 0 && box.left >= 0 && box.right <= width + 1))
        found.push(`${name}: "${last.textContent}" from ${box.left} to ${box.right}`);
    }
    const parts = [table, ...table.querySelectorAll('thead, tbody, tr, th, td')];
    if (!table.matches('.cards')) {
      if (table.tHead) found.push(`${name} makes no cards`);
      continue;
    }
    if (parts.some(part => !part.getAttribute('role'))) found.push(`${name}: a part without a role`);
    for (const cell of table.querySelectorAll('tbody td')) {
      const label = cell.dataset.label;
      if (!label || !getComputedStyle(cell, '::before').content.includes(label.replaceAll('"', '\\\\"')))
        found.push(`${name}: "${cell.textContent}" has no label`);
    }
  }
  return found;
})()"""

# Words of tables that go over two lines without a hyphen.
BROKEN = """(() => {
  const found = [];
  for (const cell of document.querySelectorAll('td, thead th')) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode())
      for (const word of text.data.matchAll(/[^\\s\\-\\/]+/g)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map(box => box.top)).size > 1) found.push(word[0]);
      }
  }
  return found;
})()"""

PICTURES = """(async () => {
  const found = [];
  for (const image of document.images) {
    try { await image.decode(); } catch (error) { found.push(`${image.alt}: ${error}`); }
    if (!image.naturalWidth) found.push(`${image.alt}: no pixels`);
  }
  return {count: document.images.length, found};
})()"""

# The checks of WCAG 2 that matter here, restated: names, text alternatives, headings, contrast.
ACCESSIBLE = """(() => {
  const found = [], channel = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const check = (element, color, size, weight) => {
    const [a, b] = [luminance(parse(color)), luminance(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), large = size >= 24 || size >= 18.66 && weight >= 700;
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  };
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title) found.push('no title');
  for (const image of document.images) if (!image.alt) found.push('picture without text');
  for (const svg of document.querySelectorAll('svg'))
    if (svg.getAttribute('aria-hidden') !== 'true' && !(svg.getAttribute('role') === 'img' && svg.querySelector('title')?.textContent))
      found.push('drawing without text');
  for (const node of document.querySelectorAll('[aria-labelledby]'))
    for (const id of node.getAttribute('aria-labelledby').split(' '))
      if (!document.getElementById(id)?.textContent.trim()) found.push(`no label ${id}`);
  let last = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const level = Number(heading.tagName[1]);
    if (level > last + 1) found.push(`heading ${heading.textContent} skips a level`);
    last = level;
  }
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  if (document.querySelectorAll('main').length !== 1) found.push('not one main');
  const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
  if (new Set(ids).size !== ids.length) found.push('an id is used twice');
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (!own || !box.width || element.closest('title, desc, defs')) continue;
    const isDrawn = element instanceof SVGElement;
    check(element, isDrawn ? style.fill : style.color, parseFloat(style.fontSize), Number(style.fontWeight));
  }
  return found;
})()"""


SCENARIOS = """
version: 1
name: scenarios
boards: { alice: {}, bob: {}, mallory: { role: attacker } }
exchanges:
  classic: { sender: alice, receiver: bob, image: HORSE, timeouts: { connect: 1s, handshake: 2s, idle: 2s } }
  sealed:
    { sender: alice, receiver: bob, image: HORSE, profile: sealed, timeouts: { connect: 1s, handshake: 2s, idle: 2s } }
scenarios:
  passes:
    matrix: { exchange: [classic, sealed] }
    expect: { verdict: identical }
  wrongly-expected:
    about: The bit is noticed, though nobody said that it would be.
    exchange: classic
    faults: [ { at: { from: sender, byte: 100000 }, do: { flip: 1 } } ]
    expect: { verdict: identical }
  man-in-the-middle:
    matrix: { exchange: [classic, sealed] }
    attack: man-in-the-middle
    expect: { verdict: refused, attacker: { image: hidden } }
    knownFailure:
      where: { exchange: classic }
      why: nobody says who they are
      instead: { verdict: identical, attacker: { image: obtained } }
  commands:
    steps:
      - { exec: { on: bob, sh: "echo a very long line that says much of little: $(seq -s, 1 200)" } }
      - { exec: { on: bob, sh: "echo no >&2; exit 3" } }
"""


def pilab(*arguments, folder, status=0):
    """Runs pilab; `seconds` of its result is how long it took."""
    start = time.monotonic()
    result = subprocess.run([os.path.join(PROGRAMS, "pilab"), *arguments], cwd=folder, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    if result.returncode != status:
        raise AssertionError(f"pilab {arguments}: {result.returncode}\n{result.stdout}{result.stderr}")
    result.seconds = time.monotonic() - start
    return result


def axe_source(folder):
    """axe-core's script, from a package that has it; None where no package index answers."""
    command = ["/usr/bin/python3", "-m", "pip", "download", "--quiet", "--no-deps", "--no-input",
               "--disable-pip-version-check", "--dest", folder, AXE_PACKAGE]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)
    wheels = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if result.returncode or not wheels:
        return None, result.stderr.strip()[-300:]
    import zipfile

    with zipfile.ZipFile(os.path.join(folder, wheels[0])) as wheel:
        return wheel.read(AXE_FILE).decode(), None


def big_sweep(report, points, repeats):
    """Puts a sweep of so many points into a report, with times as a line and noise give them."""
    noise = random.Random(7)
    ciphers = [("classic", "aes-128-ecb"), ("classic", "aes-128-ctr"), ("sealed", "cobblestone-128")]
    modes, groups = ["loopback", "namespace"], ["ffdhe2048", "ffdhe3072"]
    combinations = [(m, c, g) for m in modes for c in ciphers for g in groups]
    sizes = -(-points // len(combinations))
    found, position = [], 0
    for mode, (profile, cipher), group in combinations:
        for step in range(sizes):
            size = round(1024 * 2 ** (20 * step / (sizes - 1)))
            base = 4e6 + size / 2**20 * 1.5e6 * (1 + 0.2 * ciphers.index((profile, cipher)))
            samples = []
            for _ in range(repeats):
                time_ = round(base * noise.uniform(0.9, 1.3))
                samples.append({"position": position, "verdict": "identical", "nanoseconds": {
                    "exchange": time_, "keyAgreement": 2_000_000, "transfer": time_ // 2,
                    "encrypt": time_ // 9, "decrypt": time_ // 8}})
                position += 1
            found.append({
                "mode": mode, "profile": profile, "cipher": cipher, "group": group,
                "groupBits": int(group[5:]), "authentication": "psk" if profile == "sealed" else "none",
                "image": {"name": "", "bytes": size}, "imageSHA256": "0" * 64, "samples": samples})
    report["sweep"] = {"seed": 7, "warmups": 1, "repeats": repeats,
                       "sessions": [report["startedAt"]], "points": found[:points]}
    return report


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="pilab-reports-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.browser = Browser().__enter__()
        cls.addClassCleanup(cls.browser.__exit__)
        packages = tempfile.mkdtemp(dir=cls.folder)
        cls.axe, reason = axe_source(packages)
        if cls.axe is None:
            print(f"axe-core is not to be had, so only the checks of our own are made: {reason}", file=sys.stderr)

    def run_lab(self, name, *arguments, status=0):
        pilab("run", *arguments, "--mode", "loopback", "--quiet", "--output", name, folder=self.folder, status=status)
        return os.path.join(self.folder, name)

    def check(self, path, pictures=None):
        """Everything that must hold of any page, light and dark."""
        for dark in (False, True):
            for width in WIDTHS:
                with self.subTest(page=os.path.basename(path), dark=dark, width=width):
                    self.check_once(path, dark, width, pictures)

    def check_once(self, path, dark, width, pictures):
        page = Page(self.browser, path, dark=dark, width=width)
        try:
            found = page.evaluate(PICTURES)
            self.assertEqual(found["found"], [])
            if pictures is not None:
                self.assertEqual(found["count"], pictures)
            self.assertEqual(page.evaluate(OVERFLOW), [])
            self.assertEqual(page.evaluate(ACCESSIBLE), [])
            page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")
            self.assertEqual(page.evaluate(OVERFLOW), [])
            if width == 360:
                self.assertEqual(page.evaluate(TABLES), [])
            if self.axe and width == 768:
                self.check_axe(page)
            self.assertEqual(page.complaints(), [])
            self.assertEqual(page.requests(), [])
            if SCREENSHOTS:
                shade = "dark" if dark else "light"
                name = f"{os.path.basename(os.path.dirname(path))}-{width}-{shade}.png"
                page.screenshot(os.path.join(SCREENSHOTS, name))
        finally:
            page.close()

    def check_axe(self, page):
        page.evaluate(self.axe + ";0")
        found = page.evaluate("""axe.run().then(result => result.violations.map(
            violation => `${violation.id}: ${violation.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(' | ')}`))""")
        self.assertEqual(found, [])

    def test_one_exchange(self):
        folder = self.run_lab("one", os.path.join(LAB, "two-boards.yaml"), "--exchange", "sealed")
        self.check(os.path.join(folder, "report.html"), pictures=3)

    def test_three_ciphers(self):
        folder = self.run_lab("ciphers", os.path.join(LAB, "ciphers.yaml"))
        self.check(os.path.join(folder, "report.html"), pictures=5)

    def test_all_pairs(self):
        manifest = os.path.join(self.folder, "pairs.yaml")
        with open(manifest, "w", encoding="utf-8") as file:
            boards = ", ".join(f"board-{number}: {{}}" for number in range(1, 13))
            file.write(f"version: 1\nname: pairs\nboards: {{ {boards} }}\nexchanges:\n"
                       f"  all-pairs: {{ image: {LAB}/images/horse.ppm }}\n")
        folder = self.run_lab("pairs", manifest, "--parallel", "4")
        self.check(os.path.join(folder, "report.html"), pictures=0)

    def test_all_runs(self):
        for _ in range(3):
            pilab("run", os.path.join(LAB, "two-boards.yaml"), "--mode", "loopback", "--quiet", folder=self.folder)
        pilab("runs", "--html", "--lab", "two-boards", folder=self.folder)
        self.check(os.path.join(self.folder, ".pilab", "two-boards", "runs", "index.html"), pictures=0)

    def test_cards_are_tables(self):
        """For screen readers, with the head of its column before each value; and on paper they are drawn as tables."""
        folder = self.run_scenarios("spoken")
        page = Page(self.browser, os.path.join(folder, "report.html"), width=360)
        try:
            said = page.spoken("cell", "rowheader")
            for words in ("Scenario passes", "Verdict 2 passed", "Mode loopback", "Side alice (sender)"):
                self.assertIn(words, said)
            count = page.evaluate("document.querySelectorAll('tbody th, tbody td').length")
            self.assertEqual(len(said), count)
            displays = "[...new Set([...document.querySelectorAll('table, tr')].map(one => getComputedStyle(one).display))]"
            self.assertEqual(page.evaluate(displays), ["block", "grid", "table", "table-row"])
            page.call("Emulation.setEmulatedMedia", media="print")
            self.assertEqual(page.evaluate(displays), ["table", "table-row"])
        finally:
            page.close()

    def test_a_failure(self):
        manifest = os.path.join(self.folder, "bad.yaml")
        with open(manifest, "w", encoding="utf-8") as file:
            file.write("version: 1\nname: bad\nboards: { alice: {}, bob: {} }\nexchanges:\n  slow:\n    sender: alice\n"
                       f"    receiver: bob\n    rate: 1kbit\n    timeouts: {{ idle: 1ms }}\n    image: {LAB}/images/horse.ppm\n")
        folder = self.run_lab("bad", manifest, status=1)
        self.check(os.path.join(folder, "report.html"))

    def test_the_longest_names(self):
        manifest = os.path.join(self.folder, "long.yaml")
        alice, bob, name = "a" * 63, "b" * 63, "long-" * 12 + "abc"
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(f"version: 1\nname: {name}\nboards: {{ {alice}: {{}}, {bob}: {{}} }}\nexchanges:\n  {name}:\n"
                       f"    sender: {alice}\n    receiver: {bob}\n    image: {LAB}/images/horse.ppm\n"
                       "sweep: { repeats: 4 }\n")
        folder = self.run_lab("long", manifest)
        self.check(os.path.join(folder, "report.html"), pictures=4)

    def test_a_real_sweep(self):
        manifest = os.path.join(self.folder, "sweep.yaml")
        with open(os.path.join(LAB, "sweep.yaml"), encoding="utf-8") as file:
            text = file.read().replace("images/", f"{LAB}/images/").replace("repeats: 10", "repeats: 4")
        text = text.replace("4MiB, 16MiB, 64MiB]", "4MiB]")
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(text)
        folder = self.run_lab("sweep", manifest, "--against", PROGRAMS)
        page = os.path.join(folder, "report.html")
        with open(page, encoding="utf-8") as file:
            self.assertIn('class="plot intervals"', file.read())
        self.check(page, pictures=5)

    def run_sweep(self, name, points):
        """A run with so many points in place of its own: its folder, its page, and in which time that was written."""
        folder = self.run_lab(name, os.path.join(LAB, "ciphers.yaml"))
        path = os.path.join(folder, "report.json")
        with open(path, encoding="utf-8") as file:
            report = big_sweep(json.load(file), points, 5)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file)
        page = os.path.join(folder, "report.html")
        took = pilab("report", folder, "--format", "html", "--output", page, folder=self.folder).seconds
        return folder, page, took

    def printed(self, folder):
        """The report's PDF as text, and how many pages it has."""
        path = os.path.join(self.folder, "printed.pdf")
        pilab("report", folder, "--format", "pdf", "--output", path, folder=self.folder)
        text = self.text_of_pdf(path, "-layout")
        self.check_margins(path)
        self.check_paper(os.path.join(folder, "report.html"), path)
        return text, text.count("\f")

    @staticmethod
    def text_of_pdf(path, *arguments):
        command = ["pdftotext", *arguments, path, "-"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def check_margins(self, path):
        """No word reaches into a page's margins, where it would be cut."""
        margin, found = 13 / 25.4 * 72 - 1, []
        for page in self.text_of_pdf(path, "-bbox").split("<page ")[1:]:
            width = float(re.search(r'width="([\d.]+)"', page).group(1))
            for left, right, word in re.findall(r'xMin="([\d.]+)".*xMax="([\d.]+)".*>(.*)</word>', page):
                if float(left) < margin or float(right) > width - margin:
                    found.append(f"{word} from {left} to {right}")
        self.assertEqual(found, [])

    def check_paper(self, page, path):
        """Each caption stands on one page with all its words, and so does each cell of tables, the last column too."""
        # As wide as A4 between its margins.
        page = Page(self.browser, page, width=695)
        try:
            page.call("Emulation.setEmulatedMedia", media="print")
            self.assertEqual(page.evaluate(BROKEN), [])
            wanted = page.evaluate("""({captions: [...document.querySelectorAll('figcaption')].map(one => one.textContent),
                cells: [...document.querySelectorAll('td, th:last-child')].map(one => one.textContent)})""")
        finally:
            page.close()
        self.assertTrue(wanted["captions"] and wanted["cells"])
        pages = [set(text.split()) for text in self.text_of_pdf(path).split("\f")]
        for text in wanted["captions"] + wanted["cells"]:
            # Columns of a page are read one line after the other, so sentences are not in one piece; names go over lines.
            asked = {word for word in text.split() if not re.search("[-/:]", word)}
            self.assertTrue(any(asked <= words for words in pages), text)

    def test_two_exchanges_on_paper(self):
        """Nothing is cut, what is folded on the screen is open, and it is no book."""
        folder = self.run_lab("paper", os.path.join(LAB, "two-boards.yaml"))
        text, pages = self.printed(folder)
        self.assertLessEqual(pages, 6)
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
            exchanges = json.load(file)["exchanges"]
        digits = "".join(text.split())
        for exchange in exchanges:
            self.assertIn(exchange["senderResult"]["publicValue"], digits)
            self.assertIn(exchange["sha256"]["receiverDecrypted"], digits)

    def test_a_photo_on_paper(self):
        """Of two exchanges the original beside its ciphertexts, with everything that is said of them on the first page."""
        noise = random.Random(3)
        rows = [bytes([0]) + bytes(min(255, (x // 5 + y // 3) % 256 + noise.randrange(3)) for x in range(640))
                for y in range(427)]
        with open(os.path.join(self.folder, "photo.png"), "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 640, 427, 8, 0, 0, 0, 0)),
                               (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")):
                file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
        folder = self.run_lab("photo", os.path.join(LAB, "two-boards.yaml"), "--image", "photo.png", "--pixels")
        text, pages = self.printed(folder)
        self.assertLessEqual(pages, 6)
        first = text.split("\f")[0]
        for words in ("Original", "classic: aes-128-ecb", "Repeated blocks", "sealed: cobblestone-128", "sealed None", "The pixels of photo.png were encrypted"):
            self.assertIn(words, first)

    def test_scenarios_on_paper(self):
        self.printed(self.run_scenarios("paper-scenarios"))

    def test_a_sweep_on_paper(self):
        """The last column of the widest table."""
        folder, _, _ = self.run_sweep("paper-sweep", 60)
        text, _ = self.printed(folder)
        rows = [line for line in text.splitlines() if "Throughput" in line]
        self.assertTrue(rows)
        self.assertGreaterEqual(len([line for line in text.splitlines() if line.rstrip().endswith("iB/s")]), 60)

    def test_five_hundred_points(self):
        _, page, took = self.run_sweep("many", 500)
        size = os.path.getsize(page)
        print(f"500 points: written in {took:.2f} s, {size / 1e6:.2f} MB", file=sys.stderr)
        self.assertLess(size, 2_000_000)
        self.check(page, pictures=5)

    def test_a_comparison(self):
        folder = self.run_lab("before", os.path.join(LAB, "two-boards.yaml"))
        path = os.path.join(folder, "report.json")
        with open(path, encoding="utf-8") as file:
            report = big_sweep(json.load(file), 60, 8)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file)
        for sample in (s for p in report["sweep"]["points"][:20] for s in p["samples"]):
            sample["nanoseconds"]["exchange"] = sample["nanoseconds"]["exchange"] * 3 // 2
        report["environment"]["kernel"] = "another"
        os.mkdir(os.path.join(self.folder, "after"))
        with open(os.path.join(self.folder, "after", "report.json"), "w", encoding="utf-8") as file:
            json.dump(report, file)
        pilab("compare", "before", "after", "--format", "html", "--output", "after/compare.html",
              "--fail-on-regression", "10%", folder=self.folder, status=1)
        self.check(os.path.join(self.folder, "after", "compare.html"), pictures=0)

    def run_scenarios(self, name):
        """Cells of several verdicts, a fault on the way, and a man in the middle with his picture."""
        manifest = os.path.join(self.folder, f"{name}.yaml")
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(SCENARIOS.replace("HORSE", f"{LAB}/images/horse.ppm"))
        folder = os.path.join(self.folder, name)
        pilab("test", manifest, "--mode", "loopback", "--output", folder, folder=self.folder, status=1)
        return folder

    def test_scenarios(self):
        folder = self.run_scenarios("scenarios")
        self.check(os.path.join(folder, "report.html"), pictures=1)
        page = Page(self.browser, os.path.join(folder, "report.html"))
        try:
            found = page.evaluate("""({head: document.querySelector('.page-head').className,
                dead: [...document.querySelectorAll('a')].filter(link => !document.querySelector(link.hash)).length,
                faults: document.querySelectorAll('rect.fault').length,
                keys: [...document.querySelectorAll('.middle')].map(one => one.querySelectorAll('rect.agreed').length),
                lives: [...document.querySelectorAll('.middle')].map(one => one.querySelectorAll('line.life').length)})""")
        finally:
            page.close()
        self.assertIn("failed", found["head"])
        self.assertEqual(found["dead"], 0)
        self.assertEqual(found["faults"], 1)
        # In classic it has the picture; in sealed it has no key, and is shown all the same.
        self.assertEqual(found["keys"], [2, 2])
        self.assertEqual(found["lives"], [3, 3])

    def test_three_hundred_cells(self):
        folder = self.run_scenarios("cells")
        path = os.path.join(folder, "report.json")
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        for scenario in report["tests"]["scenarios"]:
            cells = scenario["cells"]
            scenario["cells"] = [dict(cells[number % len(cells)], number=number + 1) for number in range(75)]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(report, file)
        page = os.path.join(folder, "report.html")
        pilab("report", folder, "--format", "html", "--output", page, folder=self.folder)
        size = os.path.getsize(page)
        print(f"300 cells: {size / 1e6:.2f} MB", file=sys.stderr)
        self.assertLess(size, 3_000_000)
        self.check(page)

    def test_without_scripts_it_is_the_same(self):
        """Scripts are off for whoever opens it; then the page must show all that it has."""
        folder = self.run_lab("plain", os.path.join(LAB, "two-boards.yaml"))
        path = os.path.join(folder, "report.html")
        heights = []
        for scripts in (True, False):
            page = Page(self.browser, path, scripts=scripts)
            metrics = page.call("Page.getLayoutMetrics")
            heights.append(metrics["cssContentSize"]["height"])
            self.assertEqual(page.complaints(), [])
            self.assertEqual(page.requests(), [])
            page.close()
        self.assertEqual(heights[0], heights[1])
        self.assertGreater(heights[0], 1000)

    def test_the_checks_can_fail(self):
        """A page with every fault must be found out."""
        path = os.path.join(self.folder, "faulty.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write("<!DOCTYPE html><html><body><h1>x</h1><h3>y</h3><main><p style='width:3000px'>wide</p>"
                       "<p style='color:#ccc;background:#fff'>pale</p><img src='data:image/png;base64,AAAA'>"
                       "<svg width=10 height=10><rect/></svg><table class='wide'><thead><tr><th>h</th></tr></thead><tbody></tbody></table><img alt=x src='https://example.invalid/x.png'></main>"
                       "<script>console.error('no')</script></body></html>")
        page = Page(self.browser, path, width=768)
        self.assertTrue(page.evaluate(OVERFLOW))
        self.assertTrue(page.evaluate(PICTURES)["found"])
        self.assertEqual(page.evaluate(TABLES), ["wide: 3000 in 752", "wide makes no cards"])
        found = " ".join(page.evaluate(ACCESSIBLE))
        for fault in ("no language", "no title", "picture without text", "drawing without text", "skips a level", "contrast"):
            self.assertIn(fault, found)
        self.assertTrue(page.complaints())
        self.assertEqual(page.requests(), ["https://example.invalid/x.png"])
        if self.axe:
            with self.assertRaises(AssertionError):
                self.check_axe(page)
        page.close()


if __name__ == "__main__":
    if PROGRAMS is None:
        sys.exit(__doc__)
    if shutil.which("chromium") is None and os.environ.get("CI") != "true":
        print("skipped: chromium is not installed; run: ci/bootstrap test")
        sys.exit(0)
    try:
        unittest.main(verbosity=2)
    except Failed as error:
        sys.exit(f"browser: {error}")
