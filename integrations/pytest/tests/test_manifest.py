"""What is read of manifests without pilab."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import Project

from pytest_pilab.manifest import Cell, Malformed, Manifest, cells


def read(folder: Path, text: str) -> Manifest:
    """A manifest of this text."""
    path = folder / "lab.yaml"
    path.write_text(text)
    return Manifest.read(path)


def test_words_are_words(tmp_path: Path) -> None:
    """Of YAML 1.2, which pilab reads; in YAML 1.1 some are truth values, numbers or dates."""
    text = "{on: off, yes: no, a: 1:30, b: 010, c: 2026-11-27, d: nullify, e: truest, f: 1e3}"
    data = read(tmp_path, text).data
    assert data == {"on": "off", "yes": "no", "a": "1:30", "b": "010", "c": "2026-11-27", "d": "nullify",
                    "e": "truest", "f": "1e3"}


def test_values(tmp_path: Path) -> None:
    """These are none."""
    data = read(tmp_path, "a: 17\nb: 0x17\nc: true\nd:\ne: null\nf: -3\ng: '17'\n").data
    assert data == {"a": 17, "b": 23, "c": True, "d": None, "e": None, "f": -3, "g": "17"}


@pytest.mark.parametrize("text", ["- 1\n", "", "a: [\n", "a: *b\n"])
def test_malformed(tmp_path: Path, text: str) -> None:
    """Not a map, or no YAML."""
    with pytest.raises(Malformed, match=r"lab\.yaml"):
        read(tmp_path, text)


def test_names(tmp_path: Path) -> None:
    """Of labs, and the lines of scenarios."""
    manifest = read(tmp_path, "scenarios:\n  a: {}\n\n  'b': {}\n")
    assert (manifest.name, manifest.lines) == ("lab", {"a": 1, "b": 3})
    assert read(tmp_path, "name: other\n").name == "other"


@pytest.mark.parametrize(("scenario", "names"), [
    ({}, ["s 1"]),
    (None, ["s 1"]),
    ({"matrix": {"exchange": ["a", "b"]}}, ["s[exchange=a] 1", "s[exchange=b] 2"]),
    ({"matrix": {"exchange": ["a", "b"], "mode": ["m", "n"], "except": [{"exchange": "a", "mode": "n"}]}},
     ["s[exchange=a,mode=m] 1", "s[exchange=b,mode=m] 2", "s[exchange=b,mode=n] 3"]),
    ({"matrix": {"exchange": ["a", "b"], "except": [{"exchange": "a"}]}}, ["s[exchange=b] 1"]),
    ({"matrix": {"exchange": ["a"]}, "faults": [{"at": "every frame", "do": "cut"}]}, ["s"]),
    ({"steps": [{"parallel": [{"exchange": "a", "faults": [{"at": "every frame", "do": "cut"}]}]}]}, ["s"]),
])
def test_cells(scenario: object, names: list[str]) -> None:
    """As their tests are called."""
    assert [cell.name(None) for cell in cells("s", scenario)] == names


def test_mode_of_the_run() -> None:
    """It is in the name where it is known."""
    assert Cell("s", 1).name("loopback") == "s[mode=loopback] 1"
    assert Cell("s", 1, "a", "namespace").name("namespace") == "s[exchange=a,mode=namespace] 1"


def test_numbers_are_those_of_pilab(project: Project) -> None:
    """Of the scenarios that come with pilab, and without trying them: pilab says how many cells there are."""
    lab = Path(__file__).parents[3] / "lab"
    for name in ("attacks", "faults"):
        manifest = Manifest.read(lab / f"{name}.yaml")
        numbered = {cell.scenario: cell.number for cell in manifest.cells(None) if cell.number}
        assert numbered
        for scenario, number in numbered.items():
            words = ["test", str(manifest.path), "--scenario", scenario, "--cell", "99999"]
            done = subprocess.run([project.command, *words], cwd=project.path, check=False,
                                  capture_output=True, text=True)
            assert done.stderr.endswith(f"hint: its cells are 1 to {number}\n"), scenario
