"""Starts board programs, real or peer.py, and attacks on them; collects how each ended."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import attack
import numbers_and_keys as nk
import peer

HERE = Path(__file__).resolve().parent
WORKERS = 2 * (os.cpu_count() or 1)
TIMEOUT = 60.0
Case = TypeVar("Case")


@dataclass(frozen=True, repr=False)
class Programs:
    """How to start a sender, a receiver and, of the real ones, an interceptor."""

    name: str
    sender: tuple[str, ...]
    receiver: tuple[str, ...]
    interceptor: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.name


PEER = Programs(
    "peer.py",
    (sys.executable, str(HERE / "peer.py"), "sender"),
    (sys.executable, str(HERE / "peer.py"), "receiver"),
)


def programs_in(variable: str, runner: Iterable[str] = ()) -> Programs | None:
    """pi-sender, pi-receiver and pi-interceptor in a folder that the environment names; None where it does not."""
    folder = os.environ.get(variable)
    if folder is None:
        return None
    sender, receiver, interceptor = (
        (*runner, str(Path(folder, f"pi-{role}").resolve(strict=True)))
        for role in ("sender", "receiver", "interceptor"))
    return Programs(variable, sender, receiver, interceptor)


# What runs programs of another processor: PILAB_RUNNER=qemu-aarch64.
RUNNER = os.environ.get("PILAB_RUNNER", "").split()
REAL = programs_in("PILAB_PROGRAMS", RUNNER)
# How much longer than usual a program may take that is not run by the processor itself.
SLOWNESS = 3 if RUNNER else 1
# Of the sweeps over every byte and every bit, each so many-th case.
SWEEP = int(os.environ.get("PILAB_SWEEP", "1"))
needs_own_memory = unittest.skipIf(bool(RUNNER), "the memory is that of what runs the programs")
needs_programs = unittest.skipIf(REAL is None, "PILAB_PROGRAMS=DIR is not set")


@dataclass(frozen=True)
class Ending:
    """How a program ended: its exit code and its JSON object."""

    status: int
    output: dict[str, Any]
    errors: str

    @property
    def code(self) -> str | None:
        """The error's code, None after success."""
        return self.output.get("error", {}).get("code")

    def __str__(self) -> str:
        return f"exit {self.status}, {self.output.get('error', 'no error')} {self.errors[-200:]}"


class Board:
    """One running program; as a context it does not outlive a test that crashes."""

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def __init__(self, command: Iterable[str], prefix: Iterable[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def await_event(self, name: str) -> dict[str, Any]:
        """The next event of this name. Raises AssertionError where the program ends before."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if f'"{name}"' in line:
                return json.loads(line)
        raise AssertionError(f"no {name} event: {self.finish()}")

    def port(self) -> int:
        return self.await_event("listening")["port"]

    def finish(self) -> Ending:
        try:
            output, errors = self.process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return Ending(-1, {}, f"did not end within {TIMEOUT} s")
        try:
            return Ending(self.process.returncode, json.loads(output), errors)
        except json.JSONDecodeError:
            return Ending(self.process.returncode, {}, f"no JSON: {output!r} {errors}")


class Scratch:
    """A folder for one test's images, keys and outputs."""

    def __init__(self, test: unittest.TestCase) -> None:
        folder = tempfile.TemporaryDirectory(prefix="pilab-interop-")
        test.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.psk = self.path / "psk"
        self.psk.touch(mode=0o600)
        self.psk.write_bytes(bytes(range(32)))

    def image(self, size: int) -> Path:
        """`size` random bytes, the same file for the same size."""
        path = self.path / f"image-{size}"
        if not path.exists():
            new = self.output() / "image"
            new.write_bytes(os.urandom(size))
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(new, path)
        return path

    def output(self) -> Path:
        """A new, empty folder."""
        return Path(tempfile.mkdtemp(prefix="out-", dir=self.path))

    def security(self, profile: str) -> list[str]:
        """Options of a profile that work for both sides, with the smallest real group."""
        if profile == "classic":
            return ["--profile", "classic"]
        return ["--profile", "sealed", "--group", "ffdhe2048", "--psk-file", str(self.psk)]


def transfer(
    senders: Programs, receivers: Programs, image: Path, output: Path, options: Iterable[str]
) -> tuple[Ending, Ending]:
    """One exchange; stores `sender.enc`, `receiver.enc` and `receiver.dec` in `output`."""
    options = list(options)
    with Board([
        *senders.sender, "--listen", "127.0.0.1:0", "--image", str(image), "--name", "alice",
        "--events", "--store-encrypted", str(output / "sender.enc"), *options,
    ]) as sender, Board([
        *receivers.receiver, "--connect", f"127.0.0.1:{sender.port()}", "--name", "bob",
        "--store-encrypted", str(output / "receiver.enc"),
        "--store-decrypted", str(output / "receiver.dec"), *options,
    ]) as receiver:
        return sender.finish(), receiver.finish()


def transfer_faults(image: Path, output: Path, sender: Ending, receiver: Ending) -> list[str]:
    """What is wrong with an exchange that ought to have succeeded."""
    if (sender.status, receiver.status) != (0, 0):
        return [f"sender: {sender}", f"receiver: {receiver}"]
    wrong = []
    if (output / "receiver.dec").read_bytes() != image.read_bytes():
        wrong.append("the decrypted image differs from the original")
    if (output / "sender.enc").read_bytes() != (output / "receiver.enc").read_bytes():
        wrong.append("the encrypted images differ")
    for key in ("transcript", "plaintextBytes", "ciphertextBytes", "cipher", "authentication",
                "profile", "groupBits", "insecure"):
        if sender.output[key] != receiver.output[key]:
            wrong.append(f"{key} differs: {sender.output[key]} and {receiver.output[key]}")
    for mine, other in ((sender, receiver), (receiver, sender)):
        if mine.output["publicValue"] != other.output["peerPublicValue"]:
            wrong.append("the public values differ")
        if mine.output["peer"] != other.output["board"] or not mine.output["keyConfirmed"]:
            wrong.append(f"peer or key confirmation is wrong: {mine.output}")
    for name, digest in sender.output["sha256"].items():
        if receiver.output["sha256"].get(name, digest) != digest:
            wrong.append(f"the SHA-256 of the {name} differs")
    return wrong


def digests(image: Path, output: Path) -> dict[str, str]:
    files = {"plaintext": image, "ciphertext": output / "receiver.enc"}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def own_address() -> str:
    """One of loopback's for one case: who tries its port again must not meet the next case."""
    return "127." + ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))


def attacked(
    victims: Programs, role: str, fault: str, security: list[str], output: Path,
    image: Path, victim_options: Iterable[str] = (), patience: float = 15.0,
) -> tuple[Ending, dict[str, object]]:
    """One attack by `role` on the opposite program, and how both ended."""
    mine = [*security, "--name", "mallory", "--image", str(image)]
    store = ["--store-encrypted", str(output / "enc"), "--name", "victim", "--peer", "mallory",
             *security, *victim_options]
    with contextlib.ExitStack() as stack:
        if role == "sender":
            listener = stack.enter_context(socket.create_server((own_address(), 0)))
            where = "{}:{}".format(*listener.getsockname())
            command = [*victims.receiver, "--connect", where, "--connect-timeout", "100ms",
                       "--store-decrypted", str(output / "dec"), *store]
            victim = stack.enter_context(Board(command))
            listener.settimeout(TIMEOUT)
            link, _ = listener.accept()
            listener.close()  # a receiver that tries again finds nobody
        else:
            address = own_address()
            command = [*victims.sender, "--listen", f"{address}:0", "--image", str(image),
                       "--events", "--attempts", "1", *store]
            victim = stack.enter_context(Board(command))
            where = f"{address}:{victim.port()}"
            link = socket.create_connection(peer.address(where))
        stack.enter_context(link)
        options = attack.parse([
            "--as", role, "--fault", fault, "--listen", where, "--connect", where, *mine])
        options.patience = patience
        outcome = attack.commit(options, peer.settings_of(options), link, image.read_bytes())
        return victim.finish(), outcome


_shared: tuple[list[Any], Callable[[Any], list[str]]] | None = None


def _share(cases: list[Any], run: Callable[[Any], list[str]]) -> None:
    global _shared
    _shared = (cases, run)


def _failures_of_one(number: int) -> list[str]:
    assert _shared is not None
    case, run = _shared[0][number], _shared[1]
    try:
        return [f"{case}: {wrong}" for wrong in run(case)]
    except Exception as error:  # a crash of the harness is a failure of its case
        return [f"{case}: {type(error).__name__}: {error}"]


def failures_of(cases: Iterable[Case], run: Callable[[Case], list[str]]) -> list[str]:
    """Runs all cases, several at a time; what went wrong, with the case in front.

    In processes, because the attacker computes in Python, and its threads would wait for each
    other. They are forked, so that `run` need not be one that can be sent to them.
    """
    cases = list(cases)
    with multiprocessing.get_context("fork").Pool(WORKERS, _share, (cases, run)) as pool:
        found = pool.map(_failures_of_one, range(len(cases)), 1)
    return [wrong for failures in found for wrong in failures]


class InteropTest(unittest.TestCase):
    """A test of many cases that reports all that failed."""

    maxDiff = None

    def assert_none_fails(
        self, cases: Iterable[Case], run: Callable[[Case], list[str]]
    ) -> None:
        cases = list(cases)
        self.assertTrue(cases, "no cases")
        failures = failures_of(cases, run)
        if failures:
            shown = "\n".join(failures[:20])
            self.fail(f"{len(failures)} failures in {len(cases)} cases:\n{shown}")


@lru_cache(maxsize=1)
def smooth_prime(bits: int) -> tuple[int, int]:
    """P of so many bits with small factors of P-1 only, and a G; the same each time."""
    draw = random.Random(11)
    small = [n for n in range(3, 1 << 16, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
    while True:
        product = 2
        while product.bit_length() < bits - 17:
            product *= draw.choice(small)
        for factor in draw.sample(small, 400):
            p = product * factor * 2 + 1
            if p.bit_length() == bits and pow(2, p - 1, p) == 1 and nk.is_prime(p):
                return p, 3
