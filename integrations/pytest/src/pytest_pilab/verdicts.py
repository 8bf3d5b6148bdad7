"""What pilab says of a cell, and how pytest is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# From the best to the worst: a scenario is as bad as its worst cell.
VERDICTS = ("passed", "knownFailure", "skipped", "inconclusive", "flaky", "unexpectedPass", "failed")
WORDS = {"knownFailure": "known failure", "unexpectedPass": "unexpected pass"}


@dataclass(frozen=True)
class Ended:
    """A cell that has ended, as a line of pilab's history and its report have it."""

    scenario: str
    data: dict[str, Any]

    @property
    def number(self) -> int:
        """From 1, within the scenario."""
        return int(self.data["number"])

    @property
    def exchange(self) -> str | None:
        """Of the matrix."""
        return self.data.get("exchange")

    @property
    def mode(self) -> str:
        """What its boards were made with."""
        return str(self.data["mode"])

    @property
    def verdict(self) -> str:
        """One of VERDICTS."""
        return str(self.data["verdict"])

    @property
    def severity(self) -> int:
        """A verdict of a later pilab is worse than any."""
        return VERDICTS.index(self.verdict) if self.verdict in VERDICTS else len(VERDICTS)

    @property
    def reason(self) -> str:
        """Why it was skipped, is inconclusive, or why its failure is known."""
        return str(self.data.get("reason") or "")

    @property
    def findings(self) -> list[str]:
        """What was found otherwise than expected, in the first attempt that did not pass."""
        attempts = self.data.get("attempts") or []
        failed = [attempt for attempt in attempts if attempt["verdict"] != "passed"]
        return findings(failed[0]) if failed else []

    def text(self) -> str:
        """The failure as pilab prints it."""
        label = ",".join([f"exchange={self.exchange}"] * bool(self.exchange) + [f"mode={self.mode}"])
        faults = "; ".join(self.data.get("faults") or [])
        verdict = WORDS.get(self.verdict, self.verdict)
        lines = [f"{verdict}: {self.scenario} {self.number}  [{label}]" + f"  {faults}" * bool(faults)]
        if self.verdict == "unexpectedPass":
            lines.append("passed, though known to fail" + f": {self.reason}" * bool(self.reason))
        elif self.reason:
            lines.append(self.reason)
        lines += self.findings
        if self.data.get("shrunk"):
            lines.append(f"the same with: {'; '.join(self.data['shrunk'])}")
        return "\n    ".join([*lines, f"again: {self.data['replay']}"])


def findings(attempt: dict[str, Any]) -> list[str]:
    """A sentence each; a step is named where there are several."""
    steps = {step["number"]: step["text"] for step in attempt.get("steps") or []}
    found = []
    for wrong in attempt.get("mismatches") or []:
        number = f"step {wrong['step']}" if len(steps) > 1 and wrong.get("step") else None
        # What was not done at all says what it was, because nothing else does.
        text = steps.get(wrong.get("step")) if wrong["subject"] == "step" else None
        found.append(": ".join(word for word in (number, text, sentence(wrong)) if word))
    return found


def sentence(wrong: dict[str, Any]) -> str:
    """What was not done at all has the subject `step`."""
    subject = wrong["subject"]
    if subject == "step" or subject.endswith(": step"):
        return f"{subject.removesuffix('step')}{wrong['found']}"
    return f"{subject} is {wrong['found']}, expected {wrong['expected']}"
