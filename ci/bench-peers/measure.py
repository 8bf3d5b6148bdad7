"""Runs one contestant once and takes its time, its memory and the proof that it worked."""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contestants import Commands, Contestant, Run, Setting

TIMEOUT = 300.0


class RunFailed(Exception):
    """A contestant did not do its work; the message says how."""


@dataclass
class Series:
    """All runs of one contestant with one size."""

    contestant: str
    kind: str
    size: int  # bytes
    walls: list[float] = field(default_factory=list)  # seconds
    sender_rss: list[int] = field(default_factory=list)  # bytes
    receiver_rss: list[int] = field(default_factory=list)


class Runner:
    """Starts programs at both ends; on leaving it ends those that still run."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.running: list[subprocess.Popen[bytes]] = []
        self.persistent: dict[str, int] = {}
        self.port = 20000
        self.log = open(setting.folder / "log", "w+b")

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running:
            stop(process)
        self.log.close()

    def start(self, side: str, command: list[str], rss: Path | None) -> subprocess.Popen[bytes]:
        # /usr/bin/time, because ru_maxrss counts what a process had before exec, and this one is
        # larger than the programs it measures. stdin is a pipe that stays open: see openssl_tls.
        meter = ["/usr/bin/time", "-f", "%M", "-o", str(rss)] if rss else []
        process = subprocess.Popen(
            [*self.setting.ends.prefix(side), *meter, *command], stdin=subprocess.PIPE,
            stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        self.running.append(process)
        return process

    def next_port(self) -> int:
        self.port += 1
        return self.port

    def run(self, contestant: Contestant, image: Path, proves: bool) -> tuple[float, int, int]:
        """Wall time in seconds, peak resident bytes of sender and receiver.

        A run that proves compares what arrived and takes the memory, and is not for the clock: the
        memory's meter starts a program more at each end.
        """
        output = self.setting.folder / "output"
        output.mkdir()
        self.log.seek(0)
        self.log.truncate()
        try:
            port = self.persistent.get(contestant.name) or self.next_port()
            run = Run(image, output, port)
            commands = contestant.commands(self.setting, run)
            wall = self.time(contestant, commands, run, meter=proves)
            if not contestant.makes_file:
                wall = self.reported_seconds()
            elif proves and not filecmp.cmp(image, run.decrypted, shallow=False):
                raise RunFailed("the file that arrived differs from the original")
            return wall, *(peak(output / f"{side}.rss") for side in ("sender", "receiver"))
        except (OSError, TimeoutError, RunFailed) as error:
            raise RunFailed(f"{contestant.name}: {error}\n{self.log_text()}") from None
        finally:
            shutil.rmtree(output)

    def time(
        self, contestant: Contestant, commands: Commands, run: Run, meter: bool
    ) -> float:
        sides = {"sender": commands.sender, "receiver": commands.receiver}
        processes: list[subprocess.Popen[bytes]] = []
        meter = meter and contestant.kind in ("ours", "python")

        def start(side: str) -> None:
            rss = run.output / f"{side}.rss" if meter else None
            processes.append(self.start(side, sides[side], rss))

        first = commands.listens
        if first is not None:
            if contestant.name not in self.persistent:
                start(first)
                self.setting.ends.wait_for_listener(first, run.port)
            if contestant.persistent:
                self.persistent[contestant.name] = run.port
                processes.clear()
        began = time.monotonic()
        for side in sides:
            if side != first:
                start(side)
        self.finish(processes, began + TIMEOUT)
        return time.monotonic() - began

    def finish(self, processes: list[subprocess.Popen[bytes]], end: float) -> None:
        """Waits for all, in whatever order they end; one that fails ends the wait."""
        for process in reversed(processes):
            if not ended(process, end):
                raise RunFailed(f"{process.args} did not end within {TIMEOUT:.0f} s")
            status = process.wait()
            if status != 0:
                raise RunFailed(f"{process.args} ended with {status}")
            assert process.stdin is not None
            process.stdin.close()
            self.running.remove(process)

    def reported_seconds(self) -> float:
        """iperf3's own measurement, without its start-up."""
        text = self.log_text()
        report = json.JSONDecoder().raw_decode(text[text.index("{"):])[0]
        return report["end"]["sum_received"]["seconds"]

    def log_text(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")[-20000:]


def ended(process: subprocess.Popen[bytes], end: float) -> bool:
    """Waits without polling: Popen.wait with a time-out sleeps up to 50 ms at a time."""
    descriptor = os.pidfd_open(process.pid)
    try:
        waiter = select.poll()
        waiter.register(descriptor, select.POLLIN)
        return bool(waiter.poll(1000 * max(0.1, end - time.monotonic())))
    finally:
        os.close(descriptor)


def peak(file: Path) -> int:
    return int(file.read_text().split()[-1]) * 1024 if file.exists() else 0


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program of ours with all that it started (it leads a session of its own)."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def rounds(contestants: list[Contestant], repeats: int) -> Iterator[tuple[int, Contestant]]:
    """Every contestant once a round, each round beginning with another, so that noise hits all.

    Round 0 proves and warms up; `repeats` rounds for the clock follow.
    """
    for number in range(repeats + 1):
        shift = number % len(contestants)
        for contestant in contestants[shift:] + contestants[:shift]:
            yield number, contestant
