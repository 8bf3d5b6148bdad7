"""A lab that is up, for tests."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .command import Finished, Pilab
from .errors import TOLD, CommandFailed, CommandTimeout, PilabError
from .exchange import Exchange, ExchangeResult
from .manifest import Manifest

KINDS = ("rate", "delay", "jitter", "loss", "duplicate", "corrupt", "reorder")
# Statuses with which `pilab exec` ends for reasons of its own; commands may end with them too.
OWN_STATUSES = (2, 64, 65, 66, 69, 70, 73, 75, 127)


@dataclass(frozen=True)
class CommandResult:
    """How a command on a board ended."""

    # 128 and the signal's number where a signal ended it.
    exit: int
    stdout: str
    stderr: str


class Lab:
    """Boards by their names. What cannot be done raises PilabError."""

    def __init__(self, pilab: Pilab, manifest: Manifest, name: str, seed_words: list[str]) -> None:
        self.name = name
        self.mode = ""
        # Addresses by the boards' names.
        self.addresses: dict[str, str] = {}
        self._pilab = pilab
        self._manifest = manifest
        self._seed_words = seed_words
        # What has been in force, by board: the manifest's at first, the newest last.
        self._impairments: dict[str, list[dict[str, str]]] = {}

    # The lab's life; for the fixture.

    def is_there(self) -> bool:
        """Whether anything of the lab is up already."""
        return any(lab["lab"] == self.name and lab["condition"] != "down"
                   for lab in self._pilab.document("list"))

    def up(self, words: list[str]) -> None:
        """Brings it up, or takes it as it is."""
        status = self._pilab.document("up", str(self._manifest.path), "--lab", self.name, *words)["status"]
        self.mode = status["mode"]
        self.addresses = {board["name"]: board["address"] for board in status["boards"]}

    def down(self) -> None:
        """Takes it away, whatever there is of it."""
        self._pilab.document("down", "--lab", self.name)

    # Commands and files.

    def exec(self, board: str, *words: str, check: bool = True, timeout: float | None = None,
             input: str | bytes | None = None) -> CommandResult:
        """Runs a command on a board to its end, at most so many seconds.

        Raises CommandFailed with `check` where it does not end with 0, and CommandTimeout.
        """
        __tracebackhide__ = True
        given = input.encode() if isinstance(input, str) else input
        try:
            finished = self._exec(board, words, stdin=given, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise CommandTimeout(board, words, late.timeout, text(late.stdout),
                                 TOLD.sub("", text(late.stderr))) from None
        result = CommandResult(finished.exit, finished.out, finished.err)
        if check and result.exit:
            raise CommandFailed(board, words, result)
        return result

    def put(self, local: str | os.PathLike[str], board: str, path: str) -> None:
        """Copies a file of this machine to a board; it is there when it is complete."""
        __tracebackhide__ = True
        script = 'cat >"$1.part" && mv -f -- "$1.part" "$1"'
        with open(local, "rb") as file:
            self._copied(board, path, self._exec(board, ("sh", "-c", script, "sh", path), stdin=file))

    def get(self, board: str, path: str, local: str | os.PathLike[str]) -> None:
        """Copies a file of a board to this machine; it is there when it is complete."""
        __tracebackhide__ = True
        local = Path(local)
        with tempfile.NamedTemporaryFile(dir=local.parent, delete=False) as file:
            try:
                words = ("sh", "-c", 'exec cat <"$1"', "sh", path)
                self._copied(board, path, self._exec(board, words, stdout=file))
                os.replace(file.name, local)
            except BaseException:
                os.unlink(file.name)
                raise

    def _exec(self, board: str, words: tuple[str, ...], *, stdin: Any = None,
              stdout: Any = subprocess.PIPE, timeout: float | None = None) -> Finished:
        __tracebackhide__ = True
        finished = self._pilab.run("exec", board, "--lab", self.name, "--", *words, stdin=stdin,
                                   stdout=stdout, timeout=timeout)
        if finished.exit in OWN_STATUSES and TOLD.search(finished.err):
            raise finished.error()
        return finished

    def _copied(self, board: str, path: str, finished: Finished) -> None:
        __tracebackhide__ = True
        if finished.exit:
            result = CommandResult(finished.exit, "", finished.err)
            raise CommandFailed(board, ("cat", path), result)

    # Exchanges.

    def exchange(self, name: str, faults: Sequence[Mapping[str, Any]] = (),
                 attack: str | Mapping[str, Any] | None = None,
                 expect: Mapping[str, Any] | None = None) -> ExchangeResult:
        """Runs an exchange of the manifest, with faults or an attack as scenarios have them.

        Raises ExpectationFailed where it ends otherwise than `expect` says, and Inconclusive where a fault
        was not reached. Without `expect` every end is good.
        """
        __tracebackhide__ = True
        wanted = Exchange(name, faults, attack, expect)
        return wanted.run(self._pilab, self._manifest, self.name, self._seed_words)

    # Disturbances.

    @contextmanager
    def impair(self, board: str, **kinds: str) -> Iterator[None]:
        """Makes what a board sends slow, late or lossy: `rate="1Mbit", loss="1%"`; then it is as before."""
        __tracebackhide__ = True
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown or not kinds:
            raise TypeError(f"an impairment has {', '.join(KINDS)}; not: {', '.join(unknown) or 'nothing'}")
        earlier = self._impairments.setdefault(board, [self._manifest.impairment])
        try:
            self._impair(board, kinds)
        except BaseException:
            # It may have been done in part.
            with suppress(PilabError):
                self._impair(board, earlier[-1])
            raise
        earlier.append(dict(kinds))
        try:
            yield
        finally:
            earlier.pop()
            self._impair(board, earlier[-1])

    def _impair(self, board: str, kinds: Mapping[str, str]) -> None:
        __tracebackhide__ = True
        words = [word for kind, value in kinds.items() for word in (f"--{kind}", value)]
        self._do("impair", board, *(words or ["--clear"]))

    def link(self, board: str, up: bool) -> None:
        """Plugs a board's cable in, or pulls it."""
        __tracebackhide__ = True
        self._do("link", board, "up" if up else "down")

    def kill(self, board: str) -> None:
        """Pulls a board's plug."""
        __tracebackhide__ = True
        self._do("kill", board)

    def reboot(self, board: str) -> None:
        """Starts a board anew, and waits until it answers."""
        __tracebackhide__ = True
        self._do("reboot", board)

    def snapshot(self, name: str) -> None:
        """Keeps how all boards are."""
        self._pilab.document("snapshot", name, "--lab", self.name)

    def restore(self, name: str) -> None:
        """Brings all boards back to a snapshot."""
        __tracebackhide__ = True
        self._do("restore", name)

    def _do(self, *words: str) -> None:
        __tracebackhide__ = True
        finished = self._pilab.run(*words, "--lab", self.name)
        if finished.exit:
            raise finished.error()


def text(output: bytes | str | None) -> str:
    """Of a command that was ended."""
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
