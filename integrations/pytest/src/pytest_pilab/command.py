"""Runs pilab, and ends it so that it cleans up after itself."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .errors import PilabError

# First as by Ctrl-C, upon which pilab takes away what it has made; seconds that it gets for that.
ENDINGS = ((signal.SIGINT, 120.0), (signal.SIGTERM, 10.0))


@dataclass(frozen=True)
class Finished:
    """A pilab that has ended."""

    exit: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.stdout.decode(errors="replace")

    @property
    def err(self) -> str:
        """Standard error as text."""
        return self.stderr.decode(errors="replace")

    def document(self) -> Any:
        """The JSON that it printed; raises PilabError where that is none."""
        try:
            return json.loads(self.stdout)
        except ValueError:
            raise self.error() from None

    def error(self) -> PilabError:
        """What it told of its failure."""
        return PilabError.read(self.exit, self.out, self.err)


class Pilab:
    """The program, and the folder that has `.pilab` in it."""

    def __init__(self, command: str, folder: Path) -> None:
        self.words = shlex.split(command)
        self.folder = folder

    def start(self, words: list[str], *, stdin: int | IO[bytes] = subprocess.DEVNULL,
              stdout: int | IO[bytes] = subprocess.PIPE,
              stderr: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """Starts it in a session of its own: a terminal's Ctrl-C must come to it once, from here."""
        program = shutil.which(self.words[0]) if self.words else None
        if program is None:
            raise PilabError(
                f"there is no program '{self.words[0] if self.words else ''}'", exit=127,
                hint="set $PILAB or pilab_command in the configuration of pytest to the path of pilab")
        # A name with a slash is relative to where pytest was started, and not to the labs' folder.
        return subprocess.Popen(
            [os.path.abspath(program), *self.words[1:], *words], cwd=self.folder, stdin=stdin,
            stdout=stdout, stderr=stderr, start_new_session=True)

    def run(self, *words: str, stdin: bytes | IO[bytes] | None = None,
            stdout: int | IO[bytes] = subprocess.PIPE, timeout: float | None = None) -> Finished:
        """Runs it to its end.

        Raises subprocess.TimeoutExpired with what was printed until then. Whatever interrupts it ends pilab.
        """
        given = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = self.start(list(words), stdin=given if isinstance(stdin, bytes | None) else stdin,
                             stdout=stdout)
        try:
            out, err = process.communicate(stdin if isinstance(stdin, bytes) else None, timeout)
        except subprocess.TimeoutExpired as error:
            error.stdout, error.stderr = end(process)
            raise
        except BaseException:
            end(process)
            raise
        return Finished(process.returncode, out or b"", err or b"")

    def document(self, *words: str) -> Any:
        """The document that a command with `--format json` prints; raises PilabError."""
        __tracebackhide__ = True
        finished = self.run(*words, "--format", "json")
        if finished.exit:
            raise finished.error()
        return finished.document()


def end(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Ends a pilab with all that it has begun, and gives what it still printed.

    A second Ctrl-C shortens what it gets of time.
    """
    for number, patience in ENDINGS:
        if process.poll() is None:
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            out, err = process.communicate(timeout=patience)
            return out or b"", err or b""
    process.kill()
    out, err = process.communicate()
    return out or b"", err or b""
