#!/usr/bin/env python3
"""Runs of the same scenarios with the same seed in several modes must end the same, frame for frame and code for code.

    same_everywhere_test.py RUN RUN...      (folders of runs)

What differs from one run to the next by design (times, ports, nonces, public values, hashes of ciphertexts) is left
out; the rest is compared as text.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path
from typing import Any


def cells(run: Path) -> tuple[str, dict[str, list[str]]]:
    """The run's mode, and its cells by name, those that were tried."""
    report = json.loads((run / "report.json").read_text())
    found = {f"{one['name']} {cell['number']}": normalized(cell | {"scenario": one["name"]})
             for one in report["tests"]["scenarios"] for cell in one["cells"] if cell["verdict"] != "skipped"}
    return f"{report['mode']}, seed {report['tests']['seed']}", found


def side(facts: dict[str, Any]) -> str:
    """Where a side learns that the other has given up depends on how far it had come meanwhile."""
    return facts["code"] if facts["code"] == "peer_alert" else f"{facts['code']}/{facts.get('step', '')}"


def sides(facts: dict[str, Any]) -> str:
    """Where one runs out of time, it is chance whether the other does so too or hears of it."""
    both = [facts["sender"], facts["receiver"]]
    if any(one["code"].endswith("_timeout") for one in both):
        both = [one | {"code": "peer_alert"} if one["code"].endswith("_timeout") else one for one in both]
    return " ".join(map(side, both))


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
                lines.append(f"  {facts['verdict']}: {sides(facts)} {files}")
                lines += frames(facts.get("attacker"), facts["verdict"] == "failed")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("others", type=Path, nargs="+")
    arguments = parser.parse_args()
    first, seen = cells(arguments.first)
    for other in arguments.others:
        mode, found = cells(other)
        common = seen.keys() & found.keys()
        if not common:
            sys.exit(f"FAILED: {first} and {mode} have no cell in common")
        different = [name for name in seen if name in common and seen[name] != found[name]]
        for name in different:
            print("\n".join(difflib.unified_diff(seen[name], found[name], first, mode, lineterm="")))
        if different:
            sys.exit(f"FAILED: {mode} ends otherwise than {first}: {', '.join(different)}")
        print(f"{len(common)} cells end the same in mode {first} and mode {mode}")


if __name__ == "__main__":
    main()
