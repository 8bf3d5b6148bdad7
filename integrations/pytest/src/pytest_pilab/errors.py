"""What can go wrong, apart by who is to blame: the lab, a command on a board, or what was expected."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .exchange import ExchangeResult
    from .lab import CommandResult

# How pilab tells an error where it prints no JSON: at the end of its standard error.
TOLD = re.compile(r"^pilab: (?P<message>.*)(?:\n  hint: (?P<hint>.*))?\s*\Z", re.MULTILINE)


class PilabError(Exception):
    """pilab could not do it.

    `code` is pilab's name of the error; None where the command prints no JSON. `exit` is its exit status.
    """

    def __init__(self, message: str, *, exit: int, code: str | None = None,
                 hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exit = exit
        self.code = code
        self.hint = hint

    def __str__(self) -> str:
        first, *rest = self.message.splitlines()
        code = [f"{first} ({self.code})" if self.code else first]
        return "\n".join(code + rest + ([f"  hint: {self.hint}"] if self.hint else []))

    @classmethod
    def read(cls, exit: int, stdout: str, stderr: str) -> PilabError:
        """From what a pilab that failed has printed."""
        try:
            document = json.loads(stdout)
        except ValueError:
            document = None
        if isinstance(document, dict) and isinstance(document.get("error"), dict):
            return cls.of(document["error"], exit)
        told = TOLD.search(stderr)
        if told:
            return cls(told["message"], exit=exit, hint=told["hint"])
        return cls(stderr.strip() or f"pilab ended with status {exit}", exit=exit)

    @classmethod
    def of(cls, error: dict[str, Any], exit: int) -> PilabError:
        """From pilab's JSON; what is wrong with a manifest is told with its places."""
        lines = [str(error.get("message") or "unknown error")]
        for wrong in error.get("diagnostics") or []:
            lines.append(f"{wrong.get('file')}:{wrong.get('line')}:{wrong.get('column')}: "
                         f"{wrong.get('message')}")
            if wrong.get("hint"):
                lines.append(f"  hint: {wrong['hint']}")
        return cls("\n".join(lines), exit=exit, code=error.get("code"), hint=error.get("hint"))


class Inconclusive(PilabError):
    """It was tried, and what happened proves nothing: a fault was not reached, say."""


class CommandFailed(Exception):
    """A command on a board ended with another status than 0."""

    def __init__(self, board: str, words: tuple[str, ...], result: CommandResult) -> None:
        super().__init__(f"board '{board}': {' '.join(words)}: exit status {result.exit}"
                         f"{output(result.stdout, result.stderr)}")
        self.result = result


class CommandTimeout(Exception):
    """A command on a board did not end in time, and was ended."""

    def __init__(self, board: str, words: tuple[str, ...], seconds: float, stdout: str,
                 stderr: str) -> None:
        super().__init__(f"board '{board}': {' '.join(words)}: not ended within {seconds:g} s"
                         f"{output(stdout, stderr)}")
        self.stdout = stdout
        self.stderr = stderr


class ExpectationFailed(AssertionError):
    """An exchange ended otherwise than expected."""

    def __init__(self, findings: list[str], result: ExchangeResult) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings
        self.result = result


def output(stdout: str, stderr: str) -> str:
    """What a command has printed, for a message."""
    parts = [("standard output", stdout), ("standard error", stderr)]
    return "".join(f"\n{name}:\n{text.rstrip()}" for name, text in parts if text.strip())
