"""What the tests share: manifests, and a pilab whose labs are looked for afterwards.

All tests run the real pilab: $PILAB, or the one of $PILAB_PROGRAMS. The plugin is the installed one.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]

HEAD = """\
version: 1
name: lab
mode: loopback
boards: { alice: {}, bob: {}, mallory: { role: attacker } }
exchanges:
  classic: { sender: alice, receiver: bob, image: image.bin }
  sealed: { sender: alice, receiver: bob, image: image.bin, profile: sealed }
  hasty:
    sender: alice
    receiver: bob
    image: image.bin
    profile: sealed
    timeouts: { handshake: 1s, idle: 1s }
"""


class Project:
    """A folder with a manifest and tests, in which pytest is run."""

    def __init__(self, pytester: pytest.Pytester, pilab: str) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.command = pilab
        (self.path / "image.bin").write_bytes(bytes(range(256)) * 400)
        pytester.makeini("[pytest]\n")

    def manifest(self, scenarios: str = "", name: str = "lab.yaml", head: str = HEAD) -> Path:
        """Two boards, mallory, and these scenarios."""
        text = textwrap.indent(textwrap.dedent(scenarios).strip("\n"), "  ")
        path = self.path / name
        path.write_text(head + (f"scenarios:\n{text}\n" if scenarios else ""))
        return path

    def run(self, *words: str) -> pytest.RunResult:
        """Runs pytest there."""
        return self.pytester.runpytest_inprocess("-rA", "-p", "no:cacheprovider", *words)

    def pilab(self, *words: str) -> Any:
        """What a command of pilab says in JSON."""
        done = subprocess.run([self.command, *words, "--format", "json"], cwd=self.path, check=True,
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def tried(self) -> list[tuple[str, list[int]]]:
        """Scenarios of the last run, and the numbers of their cells."""
        scenarios = self.pilab("report", "--lab", "lab")["tests"]["scenarios"]
        return [(scenario["name"], [cell["number"] for cell in scenario["cells"]])
                for scenario in scenarios]

    def runs(self) -> int:
        """How many there were."""
        return len(self.pilab("runs"))

    def left(self) -> list[str]:
        """Labs that are up, files of ours, and processes that work in the folder."""
        labs = [lab["lab"] for lab in self.pilab("list") if lab["condition"] != "down"]
        files = [path.name for path in self.path.glob(".pytest-*")]
        numbers = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
        return labs + files + [f"process {number}" for number in numbers if self.has_process(number)]

    def has_process(self, number: str) -> bool:
        """Whether a process, other than this one, has its working folder here."""
        try:
            folder = os.readlink(f"/proc/{number}/cwd")
        except OSError:
            return False
        return int(number) != os.getpid() and Path(folder).is_relative_to(self.path)


@pytest.fixture(scope="session")
def pilab() -> str:
    """The real program."""
    programs = os.environ.get("PILAB_PROGRAMS")
    found = f"{programs}/pilab" if programs else os.environ.get("PILAB")
    if not found:
        pytest.exit("set PILAB or PILAB_PROGRAMS: these tests run the real pilab", returncode=64)
    return os.path.abspath(found)


@pytest.fixture
def project(pytester: pytest.Pytester, pilab: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Nothing may be left of its labs, whatever the test does."""
    monkeypatch.setenv("PILAB", pilab)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    found = Project(pytester, pilab)
    yield found
    left = found.left()
    subprocess.run([pilab, "down", "--all"], cwd=found.path, check=False, capture_output=True)
    assert left == []


@pytest.fixture(scope="session")
def modes(pilab: str) -> set[str]:
    """Those that can work here, as pilab's doctor says. In CI none of them may be missing."""
    done = subprocess.run([pilab, "doctor", "--format", "json"], check=False, stdout=subprocess.PIPE)
    found = {entry["name"].removeprefix("mode ") for entry in json.loads(done.stdout)
             if entry["state"] == "ok"}
    return found | {"namespace"} if os.environ.get("CI") == "true" else found


@pytest.fixture(params=["loopback", "namespace"])
def mode(request: pytest.FixtureRequest, modes: set[str]) -> str:
    """One of those that need no machine."""
    mode = str(request.param)
    if mode not in modes:
        pytest.skip(f"mode {mode} cannot work here")
    return mode
