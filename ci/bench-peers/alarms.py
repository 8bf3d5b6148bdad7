"""How often the same programs are called faster or slower than themselves: `pilab run --against`, every other time under
load that comes and goes, and `pilab compare` of each run with the one before it.

Boards of loopback, three ciphers, pictures of 16 KiB, 1 MiB and 4 MiB, ten measurements of each on either side. The load are
two processes that compute without end: during the whole of a run, or from its third second on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

MANIFEST = """version: 1
name: alarms
boards: { alice: {}, bob: {} }
exchanges:
  first: { sender: alice, receiver: bob, image: image.bin }
sweep:
  sizes: [16KiB, 1MiB, 4MiB]
  ciphers: [aes-128-ecb, aes-128-ctr, cobblestone-128]
  repeats: 10
"""
BUSY = "while True: pass"


class Load:
    """Processes that compute; they end with it."""

    def __init__(self, count: int):
        self.processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def verdicts(points: list[dict]) -> list[str]:
    return [f"{point['name']} {point['verdict']} {point['ratio']:.2f}" for point in points
            if point["verdict"] in ("faster", "slower")]


def run(programs: Path, folder: Path, number: int, delay: float | None) -> dict:
    """One run's report; the load begins `delay` seconds after it."""
    process = subprocess.Popen(
        [programs / "pilab", "run", "--quiet", "--mode", "loopback",
         "--against", str(programs), "--output", str(folder / str(number)), "lab.yaml"],
        cwd=folder, stdout=subprocess.DEVNULL)
    load = None
    if delay is not None:
        time.sleep(delay)
        load = Load(os.cpu_count() or 2)
    try:
        if process.wait() != 0:
            raise SystemExit(f"bench: run {number} failed")
    finally:
        if load:
            load.end()
    return json.loads((folder / str(number) / "report.json").read_text())


def compared(programs: Path, folder: Path, number: int, *options: str) -> dict:
    """`pilab compare` of a run with the one before it."""
    found = subprocess.run(
        [programs / "pilab", "compare", str(number - 1), str(number), "--format", "json", *options],
        cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(found.stdout)


def bench(programs: Path, folder: Path, repeats: int, output: Path | None) -> int:
    (folder / "lab.yaml").write_text(MANIFEST)
    (folder / "image.bin").write_bytes(os.urandom(1000))
    rows = []
    for number in range(repeats):
        delay = None if number % 2 == 0 else 0.0 if number % 4 == 1 else 3.0
        report = run(programs, folder, number, delay)
        row: dict = {"load": delay is not None, "against": verdicts(report["sweep"]["comparison"])}
        words = f"{number + 1:>3} {'load' if row['load'] else 'idle'}  --against: {len(row['against'])} of 9"
        if number:
            plain = compared(programs, folder, number, "--despite-differences")
            row["compare"] = verdicts(plain["points"])
            row["refused"] = compared(programs, folder, number)["isRefused"]
            words += (f"   compare: {len(row['compare'])} of 9"
                      f"{', refused because of the load' if row['refused'] else ''}")
        print(words, *row["against"], sep="   ", flush=True)
        rows.append(row)
    alarms = sum(bool(row["against"]) for row in rows)
    later = [row for row in rows if "compare" in row]
    naive = sum(bool(row["compare"]) for row in later)
    told = sum(bool(row["compare"]) and not row["refused"] for row in later)
    print(f"\nfalse alarms: {alarms} of {repeats} runs with --against; {naive} of {len(later)} comparisons of two runs, "
          f"{told} where unlike loads are refused")
    if output:
        output.write_text(json.dumps(rows, indent=2) + "\n")
    return 0
