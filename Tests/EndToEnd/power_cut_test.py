#!/usr/bin/env python3
"""Pulls the plug of the receiver's machine while it stores the picture, and looks at its disk after the reboot.

    power_cut_test.py PROGRAMS [--mode libvirt]

The receiver is kept at its first large write, at fsync, at rename, and behind rename; then its machine is killed. With
--durable what is on the disk then is to be the old file, the whole new one, or none; without it what there is is only told.
The file system has a journal, as those of machines that are to survive a power cut do: without one it may free the old
picture's blocks before the folder names the new one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
POINTS = {  # what may be on the disk afterwards, with --durable
    "write": {"old"},
    "fsync": {"old"},
    "rename": {"old"},
    "renamed": {"old", "new"},
    "done": {"new"},
}
OLD = b"o" * 300_000
HEAD = """\
version: 1
name: powercut
boards: { alice: {}, bob: {} }
exchanges:
  sealed: { sender: alice, receiver: bob, profile: sealed, image: new.ppm, timeouts: { idle: 5s } }
scenarios:
"""
SCENARIO = """\
  {name}:
    steps:
      - exchange: sealed
      - copy: {{ from: new.ppm, to: alice:new.ppm }}
      - copy: {{ from: old.ppm, to: bob:old.ppm }}
      - copy: {{ from: hold, to: bob:hold }}
      - exec:
          on: bob
          sh: "modprobe virtio_blk; mke2fs -q -F -j -J size=8 -b 4096 -i 4194304 -m 0 /dev/vda &&
               mkdir -p disk && mount -t ext4 /dev/vda disk"
      - exec: {{ on: bob, sh: "cp old.ppm disk/picture && sync" }}
      - name: sender
        service:
          on: alice
          sh: "exec bin/pi-sender --listen 0.0.0.0:7451 --image new.ppm --name alice --profile sealed --no-authentication --events"
          ready: {{ stdout: listening }}
      - name: receiver
        service:
          on: bob
          sh: "a=$(sed -n 's,[[:space:]].*alice.*,,p' /etc/hosts | head -n 1); exec {held}bin/pi-receiver --connect $a:7451
               --name bob --profile sealed --no-authentication --store-decrypted disk/picture{durable} --idle-timeout 60s"
          ready: {{ stdout: "{ready}" }}
          within: 60s
      - kill: bob
      - reboot: bob
      - name: look
        exec:
          on: bob
          sh: "modprobe virtio_blk; mkdir -p /tmp/m && mount -t ext4 -o ro /dev/vda /tmp/m &&
               if [ -e /tmp/m/picture ]; then sha256sum /tmp/m/picture; else echo none; fi; umount /tmp/m"
"""


def build(folder: Path) -> None:
    compiler = shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        sys.exit("FAILED: there is no C compiler for the program that holds the receiver")
    subprocess.run([compiler, "-static", "-O1", "-o", folder / "hold", HERE / "powercut" / "hold.c"], check=True)


def scenarios() -> str:
    text = HEAD
    for point in POINTS:
        for durable in (True, False):
            if point == "fsync" and not durable:
                continue  # there is none
            is_held = point != "done"
            text += SCENARIO.format(
                name=f"{point}-{'durable' if durable else 'plain'}",
                held=f"./hold {point} " if is_held else "",
                durable=" --durable" if durable else "",
                ready=f"^held at {point}" if is_held else "keyConfirmed")
    return text


def kind(output: str, hashes: dict[str, str]) -> str:
    first = output.split()[0] if output.split() else "nothing printed"
    return hashes.get(first, "none" if first == "none" else "other")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("--mode", default="libvirt")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new = os.urandom(2_000_000)
        (folder / "old.ppm").write_bytes(OLD)
        (folder / "new.ppm").write_bytes(new)
        build(folder)
        (folder / "lab.yaml").write_text(scenarios())
        done = subprocess.run(
            [arguments.programs.resolve() / "pilab", "test", "--quiet", "--mode", arguments.mode, "--format", "json"],
            cwd=folder, stdout=subprocess.PIPE, text=True, timeout=1800)
        hashes = {hashlib.sha256(OLD).hexdigest(): "old", hashlib.sha256(new).hexdigest(): "new"}
        verify(json.loads(done.stdout), hashes)


def verify(report: dict, hashes: dict[str, str]) -> None:
    tried = [scenario["name"] for scenario in report["tests"]["scenarios"]]
    if len(tried) != 2 * len(POINTS) - 1:
        sys.exit(f"FAILED: only these were tried: {tried}")
    wrong = []
    for scenario in report["tests"]["scenarios"]:
        point, _, how = scenario["name"].partition("-")
        cell = scenario["cells"][0]
        looks = [step for step in cell["attempts"][0]["steps"] if step.get("name") == "look" and "command" in step]
        found = kind(looks[0]["command"]["output"], hashes) if looks else "not looked at"
        print(f"{point:8} {how:8} {found}", looks[0]["command"] if looks and found == "other" else "")
        if not looks or how == "durable" and found not in POINTS[point]:
            wrong.append(f"{scenario['name']}: {found}; {[m for a in cell['attempts'] for m in a['mismatches']]}")
        if how == "plain" and found == "not looked at":
            wrong.append(scenario["name"])
    if wrong:
        sys.exit("FAILED: " + "\n".join(wrong))
    print("with --durable the disk has the old picture until all is done, and then the whole new one")


if __name__ == "__main__":
    main()
