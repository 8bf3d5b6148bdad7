#!/usr/bin/env python3
"""Switches a virtual machine off while its image is under way; the run must end with a report of the failed exchange.

    libvirt_loss_test.py PROGRAMS
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LAB = f"loss-{os.getpid()}"
URI = "qemu:///system" if os.getuid() == 0 else "qemu:///session"
MANIFEST = f"""\
version: 1
name: {LAB}
mode: libvirt
libvirt: {{ engine: tcg }}
boards: {{ alice: {{}}, bob: {{}} }}
exchanges:
  slow: {{ sender: alice, receiver: bob, image: image.bin, rate: 1Mbit }}
  next: {{ sender: alice, receiver: bob, image: image.bin }}
"""


def virsh(*words: str) -> str:
    return subprocess.run(["virsh", "-q", "-c", URI, *words], check=True, capture_output=True, text=True).stdout


def must(holds: bool, what: object) -> None:
    if not holds:
        raise SystemExit(f"FAILED: {what}")


def lose(pilab: str, folder: Path, board: str, by: str) -> str:
    """What `pilab run` says when the board's machine ends during the transfer."""
    with open(folder / "errors", "w+") as errors:
        run = subprocess.Popen([pilab, "run"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=errors, text=True)
        try:
            end = time.monotonic() + 180
            while "key confirmed" not in (folder / "errors").read_text():
                must(run.poll() is None and time.monotonic() < end, (folder / "errors").read_text())
                time.sleep(0.1)
            time.sleep(2)
            if by == "pilab":
                subprocess.run([pilab, "kill", board], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            else:
                names = virsh("list", "--name").split()
                virsh("destroy", next(name for name in names if f"-{LAB}-{board}-" in name))
            output = run.communicate(timeout=120)[0]
        finally:
            run.kill()
            run.wait()
    must(run.returncode == 1, (run.returncode, (folder / "errors").read_text()))
    return output


def main() -> None:
    pilab = str(Path(sys.argv[1]).resolve() / "pilab")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "lab.yaml").write_text(MANIFEST)
        (folder / "image.bin").write_bytes(bytes(4 << 20))
        for board, by in (("bob", "pilab"), ("alice", "virsh")):
            output = lose(pilab, folder, board, by)
            run = folder / ".pilab" / LAB / "runs" / "latest"
            report = json.loads((run / "report.json").read_text())
            slow, later = report["exchanges"]
            must((run / "report.html").exists(), "there is no report.html")
            must(report["verdict"] == "failed" and slow["verdict"] == later["verdict"] == "failed", report["verdict"])
            failure = slow["failure"]
            must(failure["board"] == board and failure["code"] == "board_switched_off" and failure["step"] == "image"
                 and " of 4.0 MiB" in failure["message"], failure)
            must(later["failure"]["board"] == board and later["failure"]["step"] == "prepare"
                 and later["failure"]["code"] == "board_switched_off", later["failure"])
            must("board was lost" in " ".join(output.split()), output)
            # The picture is the run's own copy, whichever board is lost.
            must((run / slow["files"]["original"]).read_bytes() == bytes(4 << 20), slow["files"])
            must(not (folder / ".pilab" / LAB / "state.json").exists(), "the lab is still there")
            must(LAB not in virsh("list", "--all", "--name"), "a machine is still there")
        subprocess.run([pilab, "down"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    print("both runs lost a machine and have their reports")


if __name__ == "__main__":
    main()
