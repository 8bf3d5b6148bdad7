#!/usr/bin/env python3
"""Kills the real pilab at random moments and looks for what `pilab down` leaves behind.

    crash_test.py PROGRAMS [--mode MODE] [--kills N] [--seed N] [--only WORD]

It puts itself into process, network, mount and (for ordinary users) user namespaces of its own. What is in
these is pilab's alone, so before and after can be compared exactly, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

INSIDE = "PILAB_CRASH_TEST_INSIDE"
MARKER = "PILAB_CRASH_TEST_MARKER"
PATIENCE = 5.0  # seconds for what ends by itself, like the guards of a pilab that is gone

MANIFEST = """\
version: 1
name: crash
mode: {mode}
boards: {{ alice: {{}}, bob: {{}}, mallory: {{ role: attacker }} }}
exchanges:
  classic: {{ sender: alice, receiver: bob, image: image.bin, rate: 40Mbit }}
  sealed: {{ sender: alice, receiver: bob, image: image.bin, profile: sealed }}
scenarios:
  held:
    steps:
      - name: web
        service: {{ on: bob, sh: "echo ready; exec sleep 600", ready: {{ stdout: "^ready" }} }}
      - exchange: sealed
        faults: [ {{ at: {{ from: sender, byte: 100000 }}, do: {{ hold: 100ms }} }} ]
        expect: {{ verdict: identical }}
      - exchange: sealed
        faults: [ {{ at: {{ from: sender, frame: HEADER }}, do: cut }} ]
        expect: {{ verdict: refused }}
{disturbed}"""
# What only boards with a network of their own can do.
DISTURBED = """  disturbed:
    steps:
      - impair: { link: alice, rate: 20Mbit }
      - link: { on: bob, state: down }
      - exec: { on: bob, run: [sleep, "0.1"] }
      - heal:
      - exchange: classic
        faults: [ { at: { from: sender, byte: 50000 }, do: { link: { on: bob, state: up } } } ]
        expect: { verdict: identical }
"""


def enter_namespaces() -> None:
    """Starts this program again inside; returns only there."""
    if os.environ.get(INSIDE):
        return
    mapping = [] if os.getuid() == 0 else ["--map-root-user"]
    command = ["unshare", *mapping, "--mount", "--net", "--pid", "--fork", "--mount-proc",
               "--kill-child"]
    os.environ[INSIDE] = str(os.getuid())
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def prepare(programs: Path) -> Path:
    """Folders of its own for what programs leave in passing, a loopback that works, and a process 1."""
    ours = Path("/run/programs")
    for folder in ("/run", "/tmp", "/dev/shm"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "none", folder], check=True)
        if folder == "/run":
            # They may lie below /tmp, which is about to be hidden.
            ours.mkdir()
            for name in ("pilab", "pi-sender", "pi-receiver", "pi-interceptor"):
                shutil.copy(programs / name, ours)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    child = os.fork()
    if child == 0:
        return ours
    # Process 1 gets the orphans, and a nested process namespace ends only when its own are reaped.
    while True:
        process, status = os.wait()
        if process == child:
            os._exit(os.waitstatus_to_exitcode(status))


@dataclass(frozen=True)
class Snapshot:
    """All that a lab may be made of."""

    processes: frozenset[str]
    marked: frozenset[str]
    namespaces: frozenset[str]
    links: frozenset[str]
    mounts: frozenset[str]
    files: frozenset[str]

    def beyond(self, before: "Snapshot") -> list[str]:
        return [f"{field.name}: {item}" for field in fields(self)
                for item in sorted(getattr(self, field.name) - getattr(before, field.name))]


def output(*command: str) -> list[str]:
    """lsns fails when a process goes while it looks, so it looks again."""
    for _ in range(20):
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if result.returncode == 0:
            return result.stdout.splitlines()
        time.sleep(0.05)
    raise SystemExit(f"FAILED: {' '.join(command)} ended with {result.returncode}")


def processes() -> tuple[set[str], set[str]]:
    """Command lines of all processes but this one and process 1, and those that carry the marker."""
    all_of_them, marked = set(), set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (1, os.getpid()):
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            name = f"{entry.name} {command or (entry / 'comm').read_text().strip()}"
            all_of_them.add(name)
            environment = (entry / "environ").read_bytes()
            if MARKER.encode() in environment or b"PILAB_LAB" in environment:
                marked.add(name)
    return all_of_them, marked


def files(folder: Path) -> set[str]:
    """Everything below the folder and in the places for temporary files, finished runs excepted."""
    found = set()
    for root in (folder, Path("/tmp"), Path("/run"), Path("/dev/shm")):
        for path in root.rglob("*"):
            parts = path.parts
            is_run = "runs" in parts and not any(".partial" in part for part in parts)
            is_lab_folder = path.name in (".pilab", "crash") and path.is_dir()
            if not is_run and not (is_lab_folder and any(path.rglob("runs"))):
                found.add(str(path))
    return found


def snapshot(folder: Path) -> Snapshot:
    # Before the processes are looked at, so that these commands are not among them.
    namespaces = output("lsns", "--type", "net", "--noheadings", "--output", "NS,COMMAND")
    links = output("ip", "-oneline", "link")
    everything, marked = processes()
    return Snapshot(
        frozenset(everything), frozenset(marked),
        frozenset(line.strip() for line in namespaces if "lsns" not in line),
        frozenset(line.split(" mtu")[0] for line in links),
        frozenset(line.split(" - ")[1] + line.split()[4]
                  for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        frozenset(files(folder)))


class Test:
    def __init__(self, programs: Path, mode: str, seed: int) -> None:
        self.pilab = str(programs / "pilab")
        self.mode = mode
        self.random = random.Random(seed)
        self.folder = Path("/tmp/crash-test")
        self.folder.mkdir()
        disturbed = "" if mode == "loopback" else DISTURBED
        (self.folder / "lab.yaml").write_text(MANIFEST.format(mode=mode, disturbed=disturbed))
        (self.folder / "image.bin").write_bytes(bytes(200_000))
        self.times: dict[str, float] = {}
        self.environment = {**os.environ, MARKER: "1"}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.pilab, *arguments], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self, *arguments: str) -> tuple[int, str, float]:
        began = time.monotonic()
        process = self.start(*arguments)
        errors = process.communicate(timeout=60)[1].decode(errors="replace")
        return process.returncode, errors, time.monotonic() - began

    def must(self, *arguments: str) -> float:
        status, errors, seconds = self.finish(*arguments)
        if status != 0:
            raise SystemExit(f"FAILED: pilab {' '.join(arguments)} ended with {status}: {errors}")
        return seconds

    def rest(self, before: Snapshot) -> list[str]:
        """What is there beyond `before`, once what ends by itself has had its time."""
        end = time.monotonic() + PATIENCE
        while (found := snapshot(self.folder).beyond(before)) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def measure(self, before: Snapshot) -> dict[str, float]:
        """Seconds that each command takes when nothing disturbs it; also proves that all of them work."""
        times = {"up": self.must("up")}
        self.check_sight(snapshot(self.folder).beyond(before))
        times |= {"run on it": self.must("run", "--quiet"),
                  "test on it": self.must("test", "--quiet"), "down": self.must("down"),
                  "run": self.must("run", "--quiet"), "test": self.must("test", "--quiet")}
        self.must("down")
        return times

    def check_sight(self, seen: list[str]) -> None:
        """A lab that is up must be seen, or that nothing is seen later would prove nothing."""
        kinds = {line.split(":")[0] for line in seen}
        expected = {"files"} if self.mode == "loopback" else {"files", "processes", "namespaces"}
        if not expected <= kinds:
            raise SystemExit(f"FAILED: of a lab that is up only {sorted(kinds)} are seen")

    def kill(self, what: str, seconds: float, number: int) -> bool:
        """Lets one command run for a while and ends it; whether it was still there to be ended."""
        if what in ("run on it", "test on it", "down"):
            self.must("up")
        words = [what] if what in ("up", "down") else [what.split()[0], "--quiet"]
        process = self.start(*words)
        time.sleep(seconds)
        process.send_signal(number)
        errors = process.communicate(timeout=30)[1].decode(errors="replace")
        expected = -number if number == signal.SIGKILL else 128 + number
        # A signal that came before pilab listens ends it as it ends any program, and nothing is made yet.
        if process.returncode not in (0, expected, -number):
            raise SystemExit(f"FAILED: {what}, signal {number} after {seconds:.3f} s: status "
                             f"{process.returncode}: {errors}")
        if process.returncode == 0:
            # It was faster than measured; the next moment is chosen from a shorter course.
            self.times[what] *= 0.8
        return process.returncode != 0

    def moments(self, hits: int) -> Iterator[tuple[str, float]]:
        """Commands by turns, each at a random moment of its course; more than enough of them."""
        for name in itertools.islice(itertools.cycle(self.times), 4 * hits):
            yield name, self.random.uniform(0, self.times[name])


def kill_often(test: Test, before: Snapshot, wanted: int) -> int:
    hits = 0
    for what, seconds in test.moments(wanted):
        hits += test.kill(what, seconds, signal.SIGKILL)
        test.must("down")
        verify(test.rest(before), f"SIGKILL of '{what}' after {seconds:.3f} s and pilab down")
        if hits == wanted:
            return hits
    raise SystemExit(f"FAILED: only {hits} of {wanted} kills came before the end")


def stop_often(test: Test, before: Snapshot, wanted: int) -> int:
    """A lab that was not up is not up afterwards; its lock and its key may stay."""
    hits = 0
    for what, seconds in test.moments(wanted):
        number = (signal.SIGINT, signal.SIGTERM)[hits % 2]
        ended = test.kill(what, seconds, number)
        hits += ended
        after = f"{number.name} of '{what}' after {seconds:.3f} s"
        if what in ("up", "run", "test") and ended:
            kept = ("/lock", "/psk", "/runs")
            verify([line for line in test.rest(before) if not line.endswith(kept)], after)
        test.must("down")
        verify(test.rest(before), f"{after} and pilab down")
        if hits == wanted:
            return hits
    raise SystemExit(f"FAILED: only {hits} of {wanted} signals came before the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path, help="folder of the built programs")
    parser.add_argument("--mode", default="namespace")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", metavar="WORD", help="commands with this word alone")
    arguments = parser.parse_args()
    enter_namespaces()
    test = Test(prepare(arguments.programs.resolve()), arguments.mode, arguments.seed)
    began = time.monotonic()
    before = snapshot(test.folder)
    test.times = test.measure(before)
    verify(test.rest(before), "undisturbed")
    if arguments.only:
        test.times = {what: seconds for what, seconds in test.times.items()
                      if arguments.only in what.split()}
    killed = kill_often(test, before, arguments.kills)
    stopped = stop_often(test, before, max(4, arguments.kills // 5))
    shutil.rmtree(test.folder)
    print(f"mode {arguments.mode}, user {os.environ[INSIDE]}: {killed} pilabs killed and "
          f"{stopped} stopped, nothing left behind, {time.monotonic() - began:.0f} s")


def verify(rest: list[str], after: str) -> None:
    if rest:
        raise SystemExit(f"FAILED: after {after} there is still\n  " + "\n  ".join(rest))


if __name__ == "__main__":
    main()
