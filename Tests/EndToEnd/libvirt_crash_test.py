#!/usr/bin/env python3
"""Kills the real pilab at random moments of a lab of virtual machines, and looks for what `pilab down` leaves.

    libvirt_crash_test.py PROGRAMS [--kills N] [--seed N]

It counts what carries the name of its own lab, so others may use the same libvirt meanwhile.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path

LAB = f"crash-{os.getpid()}"

MANIFEST = f"""\
version: 1
name: {LAB}
mode: libvirt
libvirt: {{ engine: tcg }}
boards: {{ alice: {{}}, bob: {{}} }}
exchanges:
  classic: {{ sender: alice, receiver: bob, image: image.bin }}
"""


def virsh(*words: str) -> str:
    uri = "qemu:///system" if os.getuid() == 0 else "qemu:///session"
    return subprocess.run(["virsh", "-q", "-c", uri, *words], check=True, capture_output=True,
                          text=True).stdout


def processes() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"pilab-{LAB}-" in command or f"/{LAB}/" in command:
            found.append(f"process {entry.name} {command[:100]}")
    return found


def left(folder: Path) -> list[str]:
    """All that there is of the lab."""
    names = [line for kind in ("list", "net-list", "pool-list")
             for line in virsh(kind, "--all", "--name").split() if LAB in line]
    pools = [str(path) for path in Path("/var/lib/libvirt/images").glob(f"*{LAB}*")
             ] if os.getuid() == 0 else []
    state = [str(path) for path in (folder / ".pilab").rglob("*") if "runs" not in path.parts]
    files = [path for path in state if not path.endswith(f"/.pilab/{LAB}")]
    return names + pools + files + processes()


class Test:
    def __init__(self, programs: Path, folder: Path, seed: int) -> None:
        self.pilab = str(programs / "pilab")
        self.folder = folder
        self.random = random.Random(seed)
        (folder / "lab.yaml").write_text(MANIFEST)
        (folder / "image.bin").write_bytes(bytes(100_000))

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([self.pilab, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def must(self, *words: str) -> float:
        began = time.monotonic()
        process = self.start(*words)
        errors = process.communicate(timeout=180)[1].decode(errors="replace")
        if process.returncode != 0:
            raise SystemExit(f"FAILED: pilab {' '.join(words)}: {process.returncode}: {errors}")
        return time.monotonic() - began

    def nothing_left(self, after: str) -> None:
        end = time.monotonic() + 10
        while (rest := left(self.folder)) and time.monotonic() < end:
            time.sleep(0.2)
        if rest:
            raise SystemExit(f"FAILED: after {after} there is still\n  " + "\n  ".join(rest))

    def kill(self, words: list[str], seconds: float) -> bool:
        process = self.start(*words)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode != 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path, help="folder of the built programs")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        test = Test(arguments.programs.resolve(), Path(name), arguments.seed)
        began = time.monotonic()
        up = test.must("up")
        if len(left(test.folder)) < 6:
            raise SystemExit(f"FAILED: of a lab that is up only {left(test.folder)} are seen")
        down = test.must("down")
        test.nothing_left("down")
        hits = 0
        for number in range(4 * arguments.kills):
            words, course = [(["up"], up), (["run", "--quiet"], up * 1.5), (["down"], down)][number % 3]
            if words == ["down"]:
                test.must("up")
            moment = test.random.uniform(0, course)
            hits += test.kill(words, moment)
            test.must("down")
            test.nothing_left(f"SIGKILL of {words} after {moment:.3f} s and pilab down")
            if hits == arguments.kills:
                break
        else:
            raise SystemExit(f"FAILED: only {hits} kills came before the end")
        print(f"{hits} pilabs killed, nothing left behind, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
