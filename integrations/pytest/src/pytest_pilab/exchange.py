"""One exchange with its faults, as a scenario of its own, and what came of it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .command import Pilab
from .errors import ExpectationFailed, Inconclusive, PilabError
from .manifest import Manifest, has_places
from .verdicts import findings

SCENARIO = "exchange"
TIMEOUTS = ("handshake_timeout", "idle_timeout")


@dataclass(frozen=True)
class Side:
    """How the sender or the receiver ended."""

    board: str
    # `done`, or the code of its error.
    code: str
    # Of the protocol, at which it gave up.
    step: str | None
    message: str | None


@dataclass(frozen=True)
class StoredFile:
    """What there is of a file when the exchange has ended."""

    # absent, original or other.
    state: str
    sha256: str | None


@dataclass(frozen=True)
class Attacker:
    """Who sat between."""

    board: str
    attack: str | None
    # Whether it has got the image: obtained or hidden.
    image: str
    # All that it told of itself, as in report.json.
    data: dict[str, Any]


@dataclass(frozen=True)
class ExchangeResult:
    """Facts of an exchange, in the words of scenarios."""

    # identical, different, refused or timeout.
    verdict: str
    sender: Side
    receiver: Side
    # By sender-encrypted, receiver-encrypted, receiver-decrypted: those that the exchange keeps.
    files: dict[str, StoredFile]
    # None where nobody sat between.
    attacker: Attacker | None
    # What was made to go wrong, in words.
    faults: list[str]
    seconds: float
    seed: int
    # All of it, as in report.json.
    data: dict[str, Any]

    @classmethod
    def of(cls, facts: dict[str, Any], attempt: dict[str, Any]) -> ExchangeResult:
        """From report.json."""
        sender, receiver = side(facts["sender"]), side(facts["receiver"])
        verdict = str(facts["verdict"])
        if verdict == "failed":
            late = sender.code in TIMEOUTS or receiver.code in TIMEOUTS
            verdict = "timeout" if late else "refused"
        files = {name: StoredFile(file["state"], file.get("sha256"))
                 for name, file in (facts.get("files") or {}).items()}
        return cls(verdict, sender, receiver, files, attacker(facts.get("attacker")),
                   list(attempt.get("faults") or []), facts["nanoseconds"] / 1e9, attempt["seed"], facts)


def side(data: dict[str, Any]) -> Side:
    """From report.json."""
    return Side(data["board"], data["code"], data.get("step"), data.get("message"))


def attacker(data: dict[str, Any] | None) -> Attacker | None:
    """From report.json."""
    if data is None:
        return None
    image = "obtained" if data.get("hasOriginal") else "hidden"
    return Attacker(data["board"], data.get("attack"), image, data)


@dataclass(frozen=True)
class Exchange:
    """What is to be tried."""

    name: str
    faults: Sequence[Mapping[str, Any]]
    attack: str | Mapping[str, Any] | None
    expect: Mapping[str, Any] | None

    def scenario(self) -> dict[str, Any]:
        """As a manifest has it."""
        if has_places({"faults": [dict(fault) for fault in self.faults]}):
            raise ValueError("at: every frame is many exchanges; write it as a scenario of the manifest")
        found: dict[str, Any] = {"exchange": self.name}
        if self.faults:
            found["faults"] = [dict(fault) for fault in self.faults]
        if self.attack is not None:
            found["attack"] = self.attack
        if self.expect is not None:
            found["expect"] = dict(self.expect)
        return found

    def run(self, pilab: Pilab, manifest: Manifest, lab: str, words: list[str]) -> ExchangeResult:
        """On a lab that is up; raises PilabError, Inconclusive, ExpectationFailed."""
        __tracebackhide__ = True
        with written(manifest, self.scenario()) as path:
            finished = pilab.run("test", str(path), "--lab", lab, "--quiet", "--format", "json", *words)
        report = finished.document()
        if "error" in report:
            raise finished.error()
        (cell,) = report["tests"]["scenarios"][0]["cells"]
        if cell["verdict"] in ("inconclusive", "skipped") or not cell["attempts"]:
            raise Inconclusive(cell.get("reason") or "the exchange proves nothing", exit=finished.exit,
                               code=cell["verdict"])
        return judged(cell, finished.exit)


def judged(cell: dict[str, Any], exit: int) -> ExchangeResult:
    """The cell's only exchange, where it ended as expected."""
    __tracebackhide__ = True
    (attempt, *_) = cell["attempts"]
    (step, *_) = attempt["steps"]
    if "exchange" not in step:
        raise PilabError.of(step.get("failure") or {}, exit)
    result = ExchangeResult.of(step["exchange"], attempt)
    wrong = findings(attempt)
    if wrong:
        raise ExpectationFailed(wrong, result)
    if step.get("failure"):
        raise PilabError.of(step["failure"], exit)
    return result


@contextmanager
def written(manifest: Manifest, scenario: dict[str, Any]) -> Iterator[Path]:
    """The manifest with this scenario alone, beside the original, because its paths begin there."""
    data = {key: value for key, value in manifest.data.items() if key not in ("scenarios", "sweep")}
    data |= {"name": manifest.name, "scenarios": {SCENARIO: scenario}}
    descriptor, name = tempfile.mkstemp(prefix=".pytest-", suffix=".yaml", dir=manifest.path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file)  # which is YAML
        yield Path(name)
    finally:
        os.unlink(name)
