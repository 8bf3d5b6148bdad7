"""Attacks on both programs: each must end in the right error and leave no file behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import faults
import harness
from harness import PEER, REAL, SLOWNESS, SWEEP, InteropTest, Programs, Scratch, needs_programs
from wire import ERRORS

SMALL = 20  # bytes: one short chunk, two blocks of AES
SEVERAL_CHUNKS = 40000
HOLD = 2.0 * SLOWNESS  # seconds that a stalling attacker stays: more than the victim's time-outs
# Where a time-out is what the victim must end in; elsewhere a busy machine must not cause one.
SHORT = ("--handshake-timeout", f"{700 * SLOWNESS}ms", "--idle-timeout", f"{700 * SLOWNESS}ms")
PATIENT = ("--handshake-timeout", "12s", "--idle-timeout", "12s")


@dataclass(frozen=True)
class Attack:
    """One attack and the victim's errors that are right; none: the victim must succeed."""

    victims: Programs
    role: str
    profile: str
    fault: str
    expected: tuple[str, ...]
    size: int = SMALL
    cipher: str | None = None
    patience: float = 15.0

    def __str__(self) -> str:
        return f"{self.fault} as {self.role}, {self.cipher or self.profile}"


class AttackTest(InteropTest):
    def setUp(self) -> None:
        self.scratch = Scratch(self)
        for size in (SMALL, SEVERAL_CHUNKS):
            self.scratch.image(size)

    def run_attack(self, attack: Attack) -> list[str]:
        security = self.scratch.security(attack.profile)
        security += ["--cipher", attack.cipher] if attack.cipher else []
        output, image = self.scratch.output(), self.scratch.image(attack.size)
        waits = any("timeout" in code for code in attack.expected)
        victim, outcome = harness.attacked(
            attack.victims, attack.role, attack.fault, security, output, image,
            SHORT if waits else PATIENT, attack.patience)
        wrong = [] if outcome["committed"] else [f"was not committed: {outcome}"]
        if attack.expected and victim.code not in attack.expected:
            wrong.append(f"expected {' or '.join(attack.expected)}: {victim}")
        elif not attack.expected and victim.status != 0:
            wrong.append(f"expected success: {victim}")
        elif attack.expected and victim.status != ERRORS[victim.code][0]:
            wrong.append(f"wrong exit code for {victim.code}: {victim}")
        return wrong + (self.left_behind(output) if attack.expected else [])

    def left_behind(self, output: Path) -> list[str]:
        return [f"left behind: {path.name}" for path in output.iterdir()]

    def every_fault(self, victims: Programs) -> Iterator[Attack]:
        for name, fault in faults.FAULTS.items():
            for role in fault.roles:
                for profile in fault.profiles:
                    size = SEVERAL_CHUNKS if name.startswith("chunk") else SMALL
                    patience = HOLD if name.startswith("stall") else 15.0
                    yield Attack(
                        victims, role, profile, name, fault.expected, size, None, patience)
        for name in ("image-first", "image-middle", "image-last"):
            expected = faults.FAULTS[name].expected
            yield Attack(victims, "sender", "classic", name, expected, cipher="aes-128-ctr")

    def stream_length(self, victims: Programs, role: str, profile: str) -> tuple[int, int]:
        """Bytes that the attacker of this role sends: to the end of CONFIRM, and in all."""
        hello = 8 + 5 + 71 + len("mallory") + 256
        handshake = hello + 5 + 32
        if role == "receiver":
            return handshake, handshake + 45
        image = 56 + SMALL + 16 if profile == "sealed" else 32 + 69
        return handshake, handshake + 45 + image


class PeerFaultTests(AttackTest):
    def test_every_fault(self) -> None:
        self.assert_none_fails(self.every_fault(PEER), self.run_attack)


@needs_programs
class ProgramFaultTests(AttackTest):
    """The sweeps: every byte and every bit that an attacker sends."""

    def setUp(self) -> None:
        super().setUp()
        assert REAL is not None
        self.victims = REAL

    def assert_none_of_sweep_fails(self, attacks: Iterable[Attack]) -> None:
        self.assert_none_fails(islice(attacks, 0, None, SWEEP), self.run_attack)

    def roles(self) -> Iterable[str]:
        return ("sender", "receiver")

    def test_every_fault(self) -> None:
        self.assert_none_fails(self.every_fault(REAL), self.run_attack)

    def cuts(self, how: str, role: str, expected: tuple[str, ...]) -> Iterator[Attack]:
        _, end = self.stream_length(self.victims, role, "sealed")
        base = Attack(self.victims, role, "sealed", "", expected)
        for at in range(end):
            yield replace(base, fault=f"{how}:{at}")

    def test_end_of_stream_after_every_byte(self) -> None:
        for role in self.roles():
            with self.subTest(role):
                self.assert_none_of_sweep_fails(self.cuts("close", role, ("truncated",)))

    def test_reset_after_every_byte(self) -> None:
        for role in self.roles():
            with self.subTest(role):
                cuts = self.cuts("reset", role, ("connection_lost",))
                self.assert_none_of_sweep_fails(cuts)

    def test_silence_after_many_bytes(self) -> None:
        for role in self.roles():
            handshake, end = self.stream_length(self.victims, role, "sealed")
            base = Attack(self.victims, role, "sealed", "", ("handshake_timeout",), patience=HOLD)
            cases = [replace(base, fault=f"stall:{at}") for at in range(0, handshake, 16)]
            base = replace(base, expected=("idle_timeout",))
            cases += [replace(base, fault=f"stall:{at}") for at in range(handshake, end, 8)]
            with self.subTest(role):
                self.assert_none_of_sweep_fails(cases)

    def test_every_single_bit_of_a_sealed_exchange(self) -> None:
        every_error = tuple(code for code in ERRORS if code not in ("internal", "usage"))
        for role in self.roles():
            _, end = self.stream_length(self.victims, role, "sealed")
            base = Attack(self.victims, role, "sealed", "", every_error, patience=0.5 * SLOWNESS)
            cases = (
                replace(base, fault=f"flip:{at}.{bit}") for at in range(end) for bit in range(8))
            with self.subTest(role):
                self.assert_none_of_sweep_fails(cases)

    def test_every_single_bit_of_a_classic_image(self) -> None:
        handshake, _ = self.stream_length(self.victims, "sender", "classic")
        base = Attack(self.victims, "sender", "classic", "", ("integrity_failure",))
        for cipher, size in (("aes-128-ecb", 32), ("aes-128-ctr", 16 + SMALL)):
            cases = (
                replace(base, cipher=cipher, fault=f"flip:{handshake + 45 + at}.{bit}")
                for at in range(size) for bit in range(8))
            with self.subTest(cipher):
                self.assert_none_of_sweep_fails(cases)
