"""What scenarios cost: a fault beside a plain exchange, cells by the hundred, and who sits in the path with nothing to do.

All of it in mode namespace, on labs that are up, so that only what a scenario adds is timed. Plain exchanges and
faults are cells of one run, one after the other, as `pilab test` itself times them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

TIMEOUT = 600.0
IMAGE_BYTES = 400 << 10
# Each but the first fires at a place, and the exchange ends at once.
MANIFEST = """\
version: 1
name: bench
mode: namespace
boards: {{ alice: {{}}, bob: {{}}, mallory: {{ role: attacker }} }}
exchanges:
  classic: {{ sender: alice, receiver: bob, image: {image}, timeouts: {{ connect: 300ms, handshake: 2s, idle: 2s }} }}
  sealed: {{ sender: alice, receiver: bob, image: {image}, profile: sealed, timeouts: {{ connect: 300ms, handshake: 2s, idle: 2s }} }}
  large: {{ sender: alice, receiver: bob, image: {large}, cipher: aes-128-ctr, store: [] }}
scenarios:
  plain:
    matrix: {{ exchange: [classic, sealed] }}
    repeat: {repeats}
    expect: {{ verdict: identical }}
  fault:
    matrix: {{ exchange: [classic, sealed] }}
    repeat: {repeats}
    faults: [ {{ at: {{ from: sender, byte: 100000 }}, do: {{ flip: 1 }} }} ]
    expect: {{ verdict: refused }}
  every-boundary:
    matrix: {{ exchange: [classic, sealed] }}
    faults:
      - at: every frame
        do: [ cut, reset, {{ flip: 1 }}, {{ flip: 8 }}, {{ drop: 1 }}, {{ append: 1 }}, {{ append: 16 }}, {{ hold: 10ms }},
              {{ duplicate: 1 }}, {{ swap: 1 }}, {{ flip: 64 }}, {{ append: 64 }}, {{ hold: 1ms }}, {{ append: 2 }}, {{ flip: 2 }} ]
    expect: {{ files: {{ receiver-decrypted: [absent, original] }} }}
  direct:
    repeat: {transfers}
    exchange: large
    expect: {{ verdict: identical }}
  between:
    repeat: {transfers}
    exchange: large
    attacker: mallory
    expect: {{ verdict: identical }}
"""


def run(pilab: Path, folder: Path, *words: str) -> tuple[str, float]:
    began = time.monotonic()
    done = subprocess.run([str(pilab), *words], cwd=folder, text=True, timeout=TIMEOUT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    seconds = time.monotonic() - began
    if done.returncode != 0:
        raise SystemExit(f"pilab {' '.join(words)} failed with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    return done.stdout, seconds


def cells(pilab: Path, folder: Path, *words: str) -> tuple[list[dict[str, Any]], float]:
    text, seconds = run(pilab, folder, "test", "--quiet", "--format", "json", *words)
    found = json.loads(text)["tests"]["scenarios"]
    return [cell | {"scenario": one["name"]} for one in found for cell in one["cells"]], seconds


def times(cells_: list[dict[str, Any]], scenario: str, exchange: str | None = None) -> list[float]:
    """Of the exchanges themselves for transfers, else of whole attempts, in seconds; the first attempt warms up."""
    return [attempt["nanoseconds"] / 1e9 for cell in cells_
            if cell["scenario"] == scenario and exchange in (None, cell.get("exchange"))
            for attempt in cell["attempts"][1:]]


def bench(programs: Path, scratch: Path, repeats: int, output: Path | None) -> int:
    pilab = programs / "pilab"
    os.environ["PILAB_BOARD_PROGRAMS"] = str(programs)
    folder = scratch / "scenarios"
    folder.mkdir()
    (folder / "image").write_bytes(os.urandom(IMAGE_BYTES))
    with open(folder / "large", "wb") as file:
        file.truncate(512 << 20)
    (folder / "lab.yaml").write_text(MANIFEST.format(
        image="image", large="large", repeats=8 * repeats + 1, transfers=repeats + 1))
    run(pilab, folder, "up")
    try:
        document = measure(pilab, folder)
    finally:
        run(pilab, folder, "down")
    if output:
        output.write_text(json.dumps(document, indent=2) + "\n")
    return 0


def measure(pilab: Path, folder: Path) -> dict[str, Any]:
    found, _ = cells(pilab, folder, "--scenario", "plain", "--scenario", "fault")
    document: dict[str, Any] = {}
    for exchange in ("classic", "sealed"):
        plain, fault = (median(times(found, name, exchange)) for name in ("plain", "fault"))
        document[exchange] = {"plain": plain, "fault": fault, "ratio": fault / plain}
        print(f"{exchange}: a plain exchange {plain * 1e3:.1f} ms, one with a fault {fault * 1e3:.1f} ms: "
              f"{fault / plain:.2f} times")
    every, whole = cells(pilab, folder, "--scenario", "every-boundary", "--seed", "1")
    half, part = cells(pilab, folder, "--scenario", "every-boundary", "--seed", "1", "--shard", "1/2")
    document["every-boundary"] = {"cells": len(every), "seconds": whole, "half": {"cells": len(half), "seconds": part}}
    print(f"every-boundary: {len(every)} cells in {whole:.1f} s, {len(half)} in {part:.1f} s: "
          f"{whole / len(every) / (part / len(half)):.2f} times as long a cell")
    through, _ = cells(pilab, folder, "--scenario", "direct", "--scenario", "between")
    direct, between = (median(transfers(through, name)) for name in ("direct", "between"))
    document["throughput"] = {"direct": direct, "between": between, "ratio": direct / between}
    print(f"512 MiB: direct {direct:.2f} s, through the attacker's board {between:.2f} s: "
          f"{direct / between:.2f} of the throughput")
    return document


def transfers(found: list[dict[str, Any]], scenario: str) -> list[float]:
    return [attempt["steps"][0]["exchange"]["nanoseconds"] / 1e9 for cell in found
            if cell["scenario"] == scenario for attempt in cell["attempts"][1:]]


if __name__ == "__main__":
    sys.exit("see ci/bench --scenarios")
