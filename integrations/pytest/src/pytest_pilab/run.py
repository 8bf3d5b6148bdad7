"""One `pilab test` for the cells of a file, and the lines that it prints as they end."""

from __future__ import annotations

import datetime
import json
import queue
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import IO, Any

from .command import Pilab, end
from .errors import PilabError
from .manifest import Cell, Manifest
from .verdicts import Ended

# Of `pilab test`: all went well, a cell failed, nothing was judged.
JUDGED = (0, 1, 3)


@dataclass
class ScenarioRun:
    """It has been started when it is there; what it has to say comes when it is asked for."""

    pilab: Pilab
    manifest: Manifest
    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    begun: datetime.datetime
    ended: list[Ended] = field(default_factory=list)
    # Why cells without a line have none.
    error: PilabError | None = None
    is_over: bool = False
    is_interrupted: bool = False
    rest: list[bytes] = field(default_factory=list)
    pending: queue.SimpleQueue[bytes | None] = field(default_factory=queue.SimpleQueue)

    @classmethod
    def start(cls, pilab: Pilab, manifest: Manifest, words: list[str]) -> ScenarioRun:
        """Raises PilabError where there is no pilab."""
        errors = tempfile.TemporaryFile()
        begun = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        process = pilab.start(["test", str(manifest.path), "--format", "jsonl", "--quiet", *words],
                              stderr=errors)
        run = cls(pilab, manifest, process, errors, begun)
        # pilab must not wait until somebody wants its lines.
        threading.Thread(target=run._read, daemon=True).start()
        return run

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.pending.put(line)
        self.pending.put(None)

    def cells(self, cell: Cell) -> list[Ended]:
        """What became of the cell, or of all cells of its scenario; waits for it."""
        while not self.is_over:
            found = self._of(cell)
            if found and cell.number and not self.manifest.names_modes:
                return found
            # All of a scenario are there when pilab is through, and one mode comes after the other.
            self._next()
        return self._of(cell)

    def _of(self, cell: Cell) -> list[Ended]:
        return [ended for ended in self.ended if ended.scenario == cell.scenario
                and cell.number in (None, ended.number)]

    def _next(self) -> None:
        try:
            line = self.pending.get()
        except BaseException:
            self.interrupt()
            raise
        if line is None:
            self._finish()
            return
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or "event" not in entry:
            # An error is one document of several lines.
            self.rest.append(line)
        elif entry["event"] == "cell":
            self.ended.append(Ended(entry["scenario"], entry["cell"]))

    def _finish(self) -> None:
        self.process.wait()
        self.is_over = True
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.seek(0)
        stderr = self.errors.read().decode(errors="replace")
        self.errors.close()
        stdout = b"".join(self.rest).decode(errors="replace")
        if stdout.strip() or self.process.returncode not in JUDGED:
            self.error = PilabError.read(self.process.returncode, stdout, stderr)
        elif self.manifest.names_modes and not self.is_interrupted:
            self._take_missing()

    def _take_missing(self) -> None:
        """Cells of a mode that cannot work here have no line, and are in the report."""
        known = {(ended.scenario, ended.number) for ended in self.ended}
        try:
            report = self.pilab.document("report", "--lab", self.manifest.name)
        except PilabError as error:
            self.error = error
            return
        if datetime.datetime.fromisoformat(report["startedAt"]) < self.begun:
            return  # another's; its cells are not ours
        tests: dict[str, Any] = report.get("tests") or {}
        for scenario in tests.get("scenarios") or []:
            for data in scenario["cells"]:
                if (scenario["name"], data["number"]) not in known:
                    self.ended.append(Ended(scenario["name"], data))

    def wait(self) -> None:
        """Until it has ended."""
        while not self.is_over:
            self._next()

    def interrupt(self) -> None:
        """Ends it as Ctrl-C does, upon which it takes its lab away."""
        if self.is_over or self.is_interrupted:
            return
        self.is_interrupted = True
        if self.process.poll() is None:
            stop(self.process)
        while self.pending.get() is not None:
            pass
        self._finish()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Its output has another reader."""
    stream, process.stdout = process.stdout, None
    end(process)
    process.stdout = stream
