"""README.md shows what works."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from conftest import Project

README = Path(__file__).parents[1] / "README.md"


def block(language: str) -> str:
    """The only one of README.md in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def test_example(project: Project, mode: str) -> None:
    """The manifest, what is printed of it, and the tests."""
    subprocess.run([project.command, "init"], cwd=project.path, check=True, stdout=subprocess.DEVNULL)
    (project.path / "lab.yaml").write_text(block("yaml"))
    (project.path / "test_example.py").write_text(block("python"))
    result = project.run("-v", "lab.yaml")
    shown = [re.sub(r" +(\(.*\) +)?\[ *\d+%\]$", "", line) for line in result.outlines
             if re.match(r"lab\.yaml::.*%\]$", line)]
    assert shown == block("text").splitlines()
    result = project.run("--pilab-mode", mode, "test_example.py")
    result.assert_outcomes(passed=4)
