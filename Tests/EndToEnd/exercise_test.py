#!/usr/bin/env python3
"""docs/teaching.md does what it says: exercise_test.py PROGRAMS [--mode MODE]

Its commands work, the beginning of the exercise passes the one check that it says, and a receiver that was written from
the protocol's page passes all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEER = ("peer", "exchange", "numbers_and_keys", "reception", "wire")
START = """\
import sys
import peer
sys.argv.insert(1, "receiver")
sys.exit(peer.main())
"""


def commands(page: str) -> list[str]:
    """The lines with a prompt of the page's console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def fail(message: str) -> None:
    raise SystemExit(f"FAILED: {message}")


class Class:
    def __init__(self, programs: Path, mode: str, folder: Path) -> None:
        self.programs, self.mode, self.folder = programs, mode, folder
        self.environment = {
            **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "CI": "true",
            "PILAB_BOARD_PROGRAMS": str(programs)}
        (folder / "lab").symlink_to(ROOT / "lab")
        (folder / ".build").mkdir()
        (folder / ".build/release").symlink_to(programs)

    def run_page(self) -> int:
        lines = commands((ROOT / "docs/teaching.md").read_text())
        for line in lines:
            mode = f" --mode {self.mode}" if re.match(r"pilab (run|test)", line) else ""
            result = subprocess.run(
                ["bash", "-c", line + mode], cwd=self.folder, env=self.environment, timeout=120,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if result.returncode != 0:
                fail(f"{line} ended with {result.returncode}: {result.stdout}")
        return len(lines)

    def cells(self, programs: Path) -> dict[str, str]:
        """The verdict on each check."""
        result = subprocess.run(
            [self.programs / "pilab", "test", "lab/exercise.yaml", "--mode", self.mode, "--format", "json",
             "--quiet", "--board-programs", programs], cwd=self.folder, env=self.environment, timeout=300,
            stdout=subprocess.PIPE, text=True)
        report = json.loads(result.stdout)
        return {f"{scenario['name']} {cell['number']}": cell["verdict"]
                for scenario in report["tests"]["scenarios"] for cell in scenario["cells"]}

    def folder_with(self, receiver: Path) -> Path:
        folder = self.folder / f"with-{receiver.parent.name}"
        folder.mkdir()
        for name in ("pi-sender", "pi-interceptor"):
            shutil.copy(self.programs / name, folder)
        shutil.copy(receiver, folder / "pi-receiver")
        return folder

    def solution(self) -> Path:
        """The interop tests' peer as one file."""
        source = self.folder / "solution"
        (source / "app").mkdir(parents=True)
        for name in PEER:
            shutil.copy(ROOT / f"Tests/Interop/{name}.py", source / "app")
        (source / "app/__main__.py").write_text(START)
        program = source / "pi-receiver"
        zipapp.create_archive(source / "app", program, "/usr/bin/env python3")
        program.chmod(0o755)
        return program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path, help="folder of the built programs")
    parser.add_argument("--mode", default="namespace")
    arguments = parser.parse_args()
    lesson = Class(arguments.programs.resolve(), arguments.mode, Path.cwd())
    count = lesson.run_page()
    solved = lesson.cells(lesson.folder_with(lesson.solution()))
    if len(solved) != 15 or set(solved.values()) != {"passed"}:
        fail(f"the interop tests' peer does not pass: {solved}")
    begun = lesson.cells(lesson.folder_with(ROOT / "lab/exercise/pi-receiver"))
    if begun["arrives 1"] != "failed" or "passed" in begun.values():
        fail(f"the beginning passes what it should not: {begun}")
    print(f"{count} commands of docs/teaching.md work; a receiver from the protocol's page passes {len(solved)} checks")


if __name__ == "__main__":
    main()
