"""A transcript as a value: read, run, compared, and written anew."""

import dataclasses
import difflib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

SECONDS_A_COMMAND = 120
ANYTHING = "…"
NO_NEWLINE = " (no newline)"


class Malformed(Exception):
    """A transcript that cannot be read."""


class Skipped(Exception):
    """A transcript that needs what is not here."""


@dataclasses.dataclass
class Block:
    """A command, and what is expected of it."""

    line: int
    command: list[str]
    output: list[str] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)
    status: int | None = None
    absent: list[str] = dataclasses.field(default_factory=list)
    present: list[str] = dataclasses.field(default_factory=list)
    # Comments and empty lines below it.
    trailer: list[str] = dataclasses.field(default_factory=list)

    def text(self):
        lines = [("$ " if index == 0 else "> ") + line for index, line in enumerate(self.command)]
        # An empty line of output keeps its two blanks, which tell it from none.
        lines += ["  " + line for line in self.output] + ["! " + line for line in self.errors]
        lines.append(f"= {self.status}")
        lines += ["- " + path for path in self.absent] + ["+ " + path for path in self.present]
        return [line.rstrip() if line[0] in "$>!" else line for line in lines]


@dataclasses.dataclass
class Transcript:
    path: pathlib.Path
    head: list[str]
    blocks: list[Block]
    needs: list[str]
    modes: list[str]
    masks: list[tuple[str, str]]

    @staticmethod
    def read(path):
        transcript = Transcript(pathlib.Path(path), [], [], [], [], [])
        for number, line in enumerate(transcript.path.read_text().splitlines(), 1):
            try:
                transcript._take(number, line)
            except (ValueError, IndexError, AttributeError) as error:
                raise Malformed(f"{path}:{number}: not understood: {line!r}") from error
        if not transcript.blocks:
            raise Malformed(f"{path}: it runs nothing")
        for block in transcript.blocks:
            if block.status is None:
                raise Malformed(f"{path}:{block.line}: no exit status ('= 0')")
        return transcript

    def _take(self, number, line):
        mark, rest = line[:2], line[2:]
        block = self.blocks[-1] if self.blocks else None
        if mark == "$ ":
            self.blocks.append(Block(number, [rest]))
        elif line == "" or line.startswith("#"):
            (block.trailer if block else self.head).append(line)
        elif line.startswith("@"):
            self.head.append(line)
            name, value = line[1:].split(" ", 1)
            if block:
                raise ValueError
            if name == "needs":
                self.needs += value.split()
            elif name == "modes":
                self.modes += value.split()
            elif name == "mask":
                pattern, replacement = value.split(" => ")
                self.masks.append((re.compile(pattern), replacement))
            else:
                raise ValueError
        elif block is None or block.trailer:
            raise ValueError
        elif mark in (">", "> "):
            block.command.append(rest)
        elif mark == "  ":
            block.output.append(rest)
        elif mark in ("!", "! "):
            block.errors.append(rest)
        elif mark == "= ":
            block.status = int(rest)
        elif mark == "- ":
            block.absent.append(rest)
        elif mark == "+ ":
            block.present.append(rest)
        else:
            raise ValueError

    def text(self):
        lines = list(self.head)
        for block in self.blocks:
            lines += block.text() + block.trailer
        return "\n".join(lines) + "\n"


# What differs from one run to the next, wherever it stands.
MASKS = [
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(-\d+)?"), "<run>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?UTC|Z)"), "<time>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<hash>"),
    (re.compile(r"\b((?:10|127)\.77\.\d+\.\d+):\d+\b"), r"\1:<port>"),
    (re.compile(r"\b(process|pid) \d+\b"), r"\1 <number>"),
    (re.compile(r"\b\d+(\.\d+)? (ns|µs|ms|s|min)\b(?!-)"), "<duration>"),
    (re.compile(r"\b\d+(\.\d+)? ?([KMGT]i?)?(B|bit)/s"), "<rate>"),
    # Columns are as wide as what stands in them.
    (re.compile(r"(?<=\S) {2,}"), "  "),
]


def matches(expected, actual):
    """Whether lines are as expected: '…' in a line stands for any text, and as a line for any lines."""
    if not expected:
        return not actual
    first, rest = expected[0], expected[1:]
    if first == ANYTHING:
        return any(matches(rest, actual[index:]) for index in range(len(actual) + 1))
    if not actual:
        return False
    pattern = ".*".join(re.escape(part) for part in first.split(ANYTHING))
    return re.fullmatch(pattern, actual[0]) is not None and matches(rest, actual[1:])


def requirement(name):
    """Why what a transcript needs is not here; None where it is."""
    if name == "root":
        return None if os.geteuid() == 0 else "it needs root"
    if name == "namespace":
        probe = subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True)
        return None if probe.returncode == 0 or os.geteuid() == 0 else "network namespaces are not to be had"
    return None if shutil.which(name) else f"there is no program {name}"


class Place:
    """The folder of one transcript, and all that its commands leave behind."""

    def __init__(self, transcript, programs, mode):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="pilab-t-")).resolve()
        self.transcript, self.programs, self.mode = transcript, programs, mode
        self.work = self.base / "work"
        for name in ("work", "home", "cache", "config", "data", "state", "tmp", "logs"):
            (self.base / name).mkdir()
        (self.base / "run").mkdir(mode=0o700)
        # Marks of labs are the machine's, so that two transcripts with one name would see each other.
        self.lab = f"lab-{uuid.uuid4().hex[:8]}"
        tools = pathlib.Path(__file__).parent.resolve() / "bin"
        self.environment = {
            "PATH": f"{programs}:{tools}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.base / "home"), "XDG_CACHE_HOME": str(self.base / "cache"),
            "XDG_CONFIG_HOME": str(self.base / "config"), "XDG_DATA_HOME": str(self.base / "data"),
            "XDG_STATE_HOME": str(self.base / "state"), "XDG_RUNTIME_DIR": str(self.base / "run"),
            "TMPDIR": str(self.base / "tmp"), "LC_ALL": "C.UTF-8", "TERM": "dumb", "LAB": self.lab,
            "PROGRAMS": str(programs), "MODE": mode or "", "COLUMNS": "80",
        }

    def run(self, command):
        """Runs a command; its output goes to files, which a process that stays cannot hold open."""
        out, err = self.base / "logs" / "out", self.base / "logs" / "err"
        with open(out, "wb") as output, open(err, "wb") as errors:
            process = subprocess.Popen(
                ["bash", "-o", "pipefail", "-c", command], cwd=self.work, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True)
            try:
                status = process.wait(timeout=SECONDS_A_COMMAND)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                status = f"none within {SECONDS_A_COMMAND} s; killed: {process.wait()}"
        return status, self.lines(out), self.lines(err)

    def lines(self, path):
        text = path.read_bytes().decode("utf-8", "backslashreplace")
        if not text:
            return []
        text = self.masked(text)
        lines = text.split("\n")
        if lines[-1] == "":
            return lines[:-1]
        return lines[:-1] + [lines[-1] + NO_NEWLINE]

    def masked(self, text):
        for value, name in ((str(self.work), "<folder>"), (str(self.base), "<base>"),
                            (str(self.programs), "<programs>"), (self.lab, "<lab>")):
            text = text.replace(value, name)
        for pattern, replacement in self.transcript.masks + MASKS:
            text = pattern.sub(replacement, text)
        if self.mode:
            text = re.sub(rf"\b{self.mode}\b", "<mode>", text)
        return text

    def processes(self):
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.base).encode() in text:
                found.append(int(entry.name))
        return found

    def end(self):
        """Takes everything away. Returns what a transcript should have taken away itself."""
        left = []
        status, output, errors = self.run("pilab down --all; test ! -e .pilab || pilab list")
        if any(line.endswith("is down") for line in output) or status != 0:
            left.append("labs: " + "; ".join(output + errors))
        deadline = time.monotonic() + 5
        while (running := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        if running:
            left.append(f"processes: {running}")
            for number in running:
                try:
                    os.kill(number, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        subprocess.run(["chmod", "-R", "u+rwX", str(self.base)], capture_output=True)
        shutil.rmtree(self.base)
        return left


def difference(title, expected, actual):
    lines = difflib.unified_diff(expected, actual, "expected", "actual", lineterm="", n=2)
    return [title] + ["    " + line for line in list(lines)[2:]]


def check(block, place):
    """Runs a block. Returns what differs, and the block as it was."""
    status, output, errors = place.run("\n".join(block.command))
    wrong, actual = [], dataclasses.replace(block, status=status)
    if status != block.status:
        wrong.append(f"  exit status {status}, not {block.status}")
    for name, found in (("output", output), ("errors", errors)):
        if not matches(getattr(block, name), found):
            wrong += difference(f"  standard {name}:", getattr(block, name), found)
            setattr(actual, name, found)
    wrong += [f"  it is there: {path}" for path in block.absent if os.path.lexists(place.work / path)]
    wrong += [f"  it is missing: {path}" for path in block.present if not os.path.lexists(place.work / path)]
    return wrong, actual


def run(transcript, programs, mode, update=False):
    """Runs a transcript. Returns what differs, as lines; with `update` its text is written anew."""
    for need in transcript.needs:
        if reason := requirement(need):
            raise Skipped(reason)
    if mode == "namespace" and (reason := requirement("namespace")):
        raise Skipped(reason)
    place, wrong, blocks = Place(transcript, programs, mode), [], []
    try:
        for block in transcript.blocks:
            differs, actual = check(block, place)
            if differs:
                shown = block.command[0] + (" …" if len(block.command) > 1 else "")
                wrong += [f"{transcript.path.name}:{block.line}: $ {shown}"] + differs
            blocks.append(actual if isinstance(actual.status, int) else block)
    finally:
        left = place.end()
    if left:
        wrong += [f"{transcript.path.name}: it leaves {'; '.join(left)}"]
    if update and blocks != transcript.blocks:
        transcript.blocks = blocks
        transcript.path.write_text(transcript.text())
    return wrong
