"""The programs of Embedded Swift beside the usual ones: the same words, and exchanges of one with the other.

PILAB_PROGRAMS names the folder of the former (and PILAB_RUNNER what runs them), PILAB_USUAL that of the latter.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import unittest
from collections.abc import Iterator
from itertools import product, zip_longest
from pathlib import Path
from typing import Any

import harness
from embedded_cases import ATTACKS, BASES, CASES, FAULTS
from harness import REAL, Board, Ending, InteropTest, Programs, Scratch
from test_transfers import security_variants

USUAL = harness.programs_in("PILAB_USUAL")
IMAGE_BYTES = 20000
# What no two runs have in common.
SCRUBBED = re.compile(r'"peakResidentBytes":\d+|(?<=127\.0\.0\.1:)\d{5}')


def furnish(folder: Path) -> None:
    """The files that the cases name."""
    (folder / "image").write_bytes(bytes(n * n % 251 for n in range(IMAGE_BYTES)))
    (folder / "junk").write_bytes(b"junk")
    (folder / "end").touch()
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("image")
    os.mkfifo(folder / "pipe")
    for name, mode, key in (
        ("key", 0o600, bytes(range(32))), ("short", 0o600, bytes(range(31))),
        ("open", 0o644, bytes(range(32))), ("zeros", 0o600, bytes(32)),
    ):
        (folder / name).touch(mode=mode)
        (folder / name).write_bytes(key)


def cases() -> Iterator[tuple[str, str]]:
    """A program and a case of it."""
    return ((program, line) for program, lines in CASES.items() for line in lines.strip().splitlines())


def words(program: str, case: str) -> list[str]:
    own = shlex.split(case.removeprefix("="))
    base = [] if case.startswith("=") else shlex.split(BASES[program])
    given = zip(base[::2], base[1::2])
    return [word for option in given if option[0] not in own for word in option] + own


@unittest.skipIf(USUAL is None or REAL is None, "PILAB_USUAL=DIR is not set")
class EmbeddedTests(InteropTest):
    def setUp(self) -> None:
        assert REAL is not None and USUAL is not None
        self.embedded, self.usual = REAL, USUAL
        self.scratch = Scratch(self)

    def folder(self) -> Path:
        folder = self.scratch.output()
        furnish(folder)
        return folder

    def test_the_same_words_and_the_same_status(self) -> None:
        self.assertGreater(len(list(cases())), 200)
        self.assert_none_fails(cases(), self.differences)

    def differences(self, case: tuple[str, str]) -> list[str]:
        usual, embedded = (self.outcome(programs, *case) for programs in (self.usual, self.embedded))
        return [f"{one} and {other}" for one, other in zip_longest(usual, embedded) if one != other]

    def outcome(self, programs: Programs, program: str, case: str) -> list[str]:
        """Exit status, what was printed line by line, and the files there are afterwards."""
        folder = self.folder()
        done = subprocess.run(
            [*getattr(programs, program), *words(program, case)], cwd=folder, timeout=harness.TIMEOUT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        files = sorted(path.name for path in folder.iterdir())
        printed = SCRUBBED.sub("", f"{done.stdout}\nerrors: {done.stderr}")
        return [f"status {done.returncode}", f"files {files}", *printed.splitlines()]

    def test_exchanges_with_the_usual_programs(self) -> None:
        image = self.scratch.image(IMAGE_BYTES)
        pairs = [(self.usual, self.embedded), (self.embedded, self.usual)]

        def run(case: tuple[tuple[Programs, Programs], list[str]]) -> list[str]:
            output = self.scratch.output()
            endings = harness.transfer(*case[0], image, output, case[1])
            wrong = harness.transfer_faults(image, output, *endings)
            if list(endings[0].output) != list(endings[1].output):
                wrong.append(f"different members: {list(endings[0].output)}, {list(endings[1].output)}")
            return wrong

        self.assert_none_fails(product(pairs, security_variants(self.scratch.psk)), run)

    def test_every_fault_of_the_interceptor(self) -> None:
        self.assert_none_fails([("--fault " + fault, "") for fault in FAULTS], self.relay_differences)

    def test_every_attack_of_the_interceptor(self) -> None:
        attacks = [(f"--attack {name} {own}", boards) for name, own, boards in ATTACKS]
        self.assert_none_fails(attacks, self.relay_differences)

    def relay_differences(self, case: tuple[str, str]) -> list[str]:
        usual, embedded = (self.relayed(programs, *case) for programs in (self.usual, self.embedded))
        return [f"{name}: {usual[name]} and {embedded[name]}" for name in usual if usual[name] != embedded[name]]

    def relayed(self, programs: Programs, options: str, boards: str) -> dict[str, Any]:
        """How all three ended, and what the interceptor says of it."""
        folder = self.folder()
        if "replay" in options:
            self.relay(programs, folder, ["--record", "recording"], [])
        return self.relay(programs, folder, shlex.split(options), shlex.split(boards))

    def relay(
        self, programs: Programs, folder: Path, options: list[str], boards: list[str]
    ) -> dict[str, Any]:
        at = ("env", "-C", str(folder))
        boards += ["--group", "ffdhe2048"] if "--prime" not in boards else []
        group = [word for word in boards if word not in ("--psk-file", "key")]
        common = [*boards, "--handshake-timeout", "3s", "--idle-timeout", "3s", "--connect-timeout", "3s"]
        with Board([
            *programs.sender, "--listen", "127.0.0.1:0", "--image", "image", "--name", "alice",
            "--events", "--attempts", "9" if "junk:5" in options else "1", *common,
        ], at) as sender, Board([
            *programs.interceptor, "--listen", "127.0.0.1:0", "--connect", f"127.0.0.1:{sender.port()}",
            "--name", "mallory", "--seed", "7", "--events", *options, *group,
        ], at) as interceptor, Board([
            *programs.receiver, "--connect", f"127.0.0.1:{interceptor.port()}", "--name", "bob",
            "--store-decrypted", "copy", *common,
        ], at) as receiver:
            endings = [board.finish() for board in (receiver, sender)]
            interceptor.process.send_signal(signal.SIGTERM)
            return self.told(folder, *endings, interceptor.finish())

    def told(
        self, folder: Path, receiver: Ending, sender: Ending, interceptor: Ending
    ) -> dict[str, Any]:
        said = interceptor.output
        # Which of the two gives up first, and whether the other hears why, is a matter of moments.
        return {
            "receiver": (receiver.status, receiver.output.get("error")),
            "sender succeeds": sender.status == 0,
            "interceptor": interceptor.status,
            "members": list(said),
            "faults": [
                [fault["fired"] > 0, *(fault.get(key) for key in ("spec", "session", "position", "passed", "detail"))]
                for fault in said.get("faults", ())],
            "obtained": said.get("obtained"),
            "withheld": said.get("withheld"),
            "hellos": sorted(
                [hello[key] for key in ("from", "name", "role", "profile", "cipher", "groupIdentifier")]
                for hello in said.get("hellos", ()) if hello["session"] == 1),
            "files": sorted(path.name for path in folder.iterdir()),
        }
