#!/usr/bin/env python3
"""The same scenarios with the same seed in several modes must end the same, frame for frame and code for code.

    same_everywhere_test.py PROGRAMS MANIFEST MODE... [--scenario NAME]... [--seed N]

What differs from one run to the next by design (times, ports, nonces, public values, hashes of ciphertexts) is left
out; the rest is compared as text.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def cells(programs: Path, manifest: Path, mode: str, words: list[str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [programs / "pilab", "test", manifest, "--quiet", "--mode", mode, "--format", "json", *words],
            cwd=folder, stdout=subprocess.PIPE, text=True, timeout=1200)
    if done.returncode not in (0, 1):
        sys.exit(f"FAILED: mode {mode}: pilab ended with {done.returncode}:\n{done.stdout[-2000:]}")
    found = json.loads(done.stdout)["tests"]["scenarios"]
    return [cell | {"scenario": one["name"]} for one in found for cell in one["cells"]]


def side(facts: dict[str, Any]) -> str:
    """Where a side learns that the other has given up depends on how far it had come meanwhile."""
    return facts["code"] if facts["code"] == "peer_alert" else f"{facts['code']}/{facts.get('step', '')}"


def frames(attacker: dict[str, Any] | None, is_refused: bool) -> list[str]:
    """What each side said, in its own order: which of the two was first is chance. So is what a side still says before
    a refusal has arrived: then it is compared up to what was changed, or to HELLO."""
    if attacker is None or attacker.get("attack"):
        return []
    lines = []
    for name in ("sender", "receiver"):
        own = [frame for frame in attacker["frames"] if frame["from"] == name and frame["session"] == 1]
        if is_refused:
            changed = next((at for at, frame in enumerate(own) if frame["changed"]), 1)
            own = own[:changed + 1]
        said = [f"{frame['type']}:{frame['bytes']}" + ("*" if frame["changed"] else "") for frame in own]
        lines.append(f"    {name}: {' '.join(said)}")
    lines += [f"    {fault.get('words', fault['spec'])}: {'made' if fault['fired'] else 'not made'}"
              for fault in attacker["faults"]]
    return lines


def normalized(cell: dict[str, Any]) -> list[str]:
    lines = [f"{cell['scenario']} {cell['number']} {cell.get('exchange', '')}: {cell['verdict']}"]
    for attempt in cell["attempts"]:
        for step in attempt["steps"]:
            if command := step.get("command"):
                lines.append(f"  exec: {command.get('exit')} {command['output']!r}")
            if facts := step.get("exchange"):
                files = " ".join(f"{name}={file['state']}" for name, file in sorted(facts["files"].items()))
                lines.append(f"  {facts['verdict']}: {side(facts['sender'])} {side(facts['receiver'])} {files}")
                lines += frames(facts.get("attacker"), facts["verdict"] == "failed")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("modes", nargs="+")
    parser.add_argument("--scenario", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ.pop("CI", None)
    words = [word for name in arguments.scenario for word in ("--scenario", name)] + ["--seed", str(arguments.seed)]
    seen = {mode: {f"{cell['scenario']} {cell['number']}": normalized(cell) for cell in
                   cells(arguments.programs.resolve(), arguments.manifest.resolve(), mode, words)
                   if cell["verdict"] != "skipped"}
            for mode in arguments.modes}
    first, *others = arguments.modes
    for mode in others:
        common = seen[first].keys() & seen[mode].keys()
        if not common:
            sys.exit(f"FAILED: modes {first} and {mode} have no cell in common")
        for name in sorted(common):
            if seen[first][name] != seen[mode][name]:
                print("\n".join(difflib.unified_diff(seen[first][name], seen[mode][name], first, mode, lineterm="")))
                sys.exit(f"FAILED: {name} ends otherwise in mode {mode} than in mode {first}")
        print(f"{len(common)} cells end the same in modes {first} and {mode}")


if __name__ == "__main__":
    main()
