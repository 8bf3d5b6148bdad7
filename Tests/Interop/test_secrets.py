"""Secrets: what the real programs' memory holds at each wait, and what may not reach them from outside."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import socket
import subprocess
import time
import unittest
from collections.abc import Iterator
from contextlib import contextmanager

import numbers_and_keys as nk
import wire
from harness import (
    PEER, REAL, Board, InteropTest, Scratch, needs_own_memory, needs_programs, smooth_prime, transfer,
    transfer_faults,
)

EXPONENT = 0x1F3C5A79B2D4E68F0A1B2C3D4E5F60718293A4B5C6D7E8F90123456789
PEERS_EXPONENT = 0x1A2B3C4D5E6F708192A3B4C5D6E7F8091A2B3C4D5E6F7081920B0B0B
WAIT = 30.0


def forms(secret: bytes) -> dict[str, bytes]:
    """A secret as it may lie in memory; whole pieces, so that no leading zeros are asked for."""
    return {
        "big-endian": secret[-24:], "little-endian words": secret[::-1][:24],
        "little-endian head": secret[::-1][-32:-8] or secret[::-1],
        "hexadecimal": secret.hex().encode()[-40:], "decimal": str(int.from_bytes(secret, "big")).encode()[:40],
        "head": secret[:24],
    }


def memory(pid: int) -> Iterator[bytes]:
    """All writable mappings of a process: stacks, heap, data."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            extent, mode = line.split()[:2]
            if "w" not in mode:
                continue
            start, end = (int(number, 16) for number in extent.split("-"))
            for at in range(start, end, 1 << 24):
                try:
                    mem.seek(at)
                    yield mem.read(min(1 << 24, end - at) + 64)
                except OSError:  # reserved, without pages
                    continue


def found(pid: int, secrets: dict[str, bytes]) -> set[str]:
    """Names of the secrets that the process's memory holds in any form."""
    names = set()
    for block in memory(pid):
        for name, secret in secrets.items():
            if any(form in block for form in forms(secret).values()):
                names.add(name)
    return names


def can_read_memory() -> bool:
    return os.geteuid() == 0


class Peer:
    """The other side, one step at a time."""

    def __init__(self, role: int, sealed: bool, psk: bytes | None) -> None:
        self.role, self.psk = role, psk
        self.group = nk.Group.named("ffdhe2048")
        value = self.group.public_value(PEERS_EXPONENT).to_bytes(self.group.length, "big")
        self.hello = wire.Hello(
            role, nk.SEALED if sealed else nk.CLASSIC, int(psk is not None),
            nk.COBBLESTONE if sealed else nk.ECB, self.group.identifier, os.urandom(32), b"mallory",
            value)

    def opening(self) -> bytes:
        return wire.PREAMBLE + wire.frame(wire.HELLO, self.hello.encode())

    def read_hello(self, link: socket.socket) -> None:
        exactly(link, len(wire.PREAMBLE))
        payload = read_frame(link)
        theirs = wire.frame(wire.HELLO, payload)
        value = int.from_bytes(wire.Hello.decode(payload).value, "big")
        z = self.group.shared_secret(value, PEERS_EXPONENT)
        assert z is not None
        sides = [self.opening(), wire.PREAMBLE + theirs]
        transcript = b"".join(sides if self.role == nk.SENDER else sides[::-1])
        self.keys = nk.Keys.derive(z, self.psk, hashlib.sha256(transcript).digest())

    def secrets(self) -> dict[str, bytes]:
        exponent = EXPONENT.to_bytes(29, "big")
        secrets = {"exponent": exponent, "Z": self.keys.z, "PRK": self.keys.prk}
        return secrets | ({"PSK": self.psk} if self.psk else {})

    def confirm(self) -> bytes:
        return wire.frame(wire.CONFIRM, self.keys.mac(self.role, b"confirm"))


def exactly(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        assert part, "the program ended the connection"
        data += part
    return data


def read_frame(link: socket.socket) -> bytes:
    return exactly(link, int.from_bytes(exactly(link, 5)[1:], "big"))


@needs_programs
@needs_own_memory
@unittest.skipUnless(can_read_memory(), "only root may read the memory of these programs")
class MemoryTests(InteropTest):
    def setUp(self) -> None:
        self.scratch = Scratch(self)
        self.psk = os.urandom(32)
        self.scratch.psk.write_bytes(self.psk)

    def options(self, sealed: bool) -> list[str]:
        security = self.scratch.security("sealed" if sealed else "classic")
        return [*security, "--private-exponent", hex(EXPONENT), "--name", "victim",
                "--idle-timeout", "60s", "--handshake-timeout", "60s"]

    def expect(self, board: Board, peer: Peer, wait: str, allowed: set[str] = frozenset()) -> None:
        time.sleep(0.3)  # until it waits
        self.assertIsNone(board.process.poll(), f"{wait}: {board.process.poll()}")
        self.assertEqual(found(board.process.pid, peer.secrets()), set(allowed), wait)

    def test_sender(self) -> None:
        for sealed in (False, True):
            with self.subTest(sealed=sealed):
                self.sender(Peer(nk.RECEIVER, sealed, self.psk if sealed else None), sealed)

    def sender(self, peer: Peer, sealed: bool) -> None:
        image = self.scratch.image(64 << 20)
        with Board([
            *REAL.sender, "--listen", "127.0.0.1:0", "--image", str(image), "--events",
            *self.options(sealed),
        ]) as board:
            port = board.port()
            # What will be derived is known beforehand: the exponents are.
            with self.connected(port) as link:
                peer.read_hello(link)
                # So that the search is seen to find: nobody has said hello yet.
                self.expect(board, peer, "HELLO", {"exponent"})
                link.sendall(peer.opening())
                read_frame(link)
                self.expect(board, peer, "CONFIRM")
                link.sendall(peer.confirm())
                read_frame(link)
                self.expect(board, peer, "image")
                n = 64 << 20
                exactly_nothing_kept(link, nk.ciphertext_length(nk.COBBLESTONE if sealed else nk.ECB, n))
                if not sealed:
                    read_frame(link)
                self.expect(board, peer, "RECEIPT")

    def test_sender_that_nobody_connects_to(self) -> None:
        peer = Peer(nk.RECEIVER, True, self.psk)
        peer.keys = nk.Keys.derive(os.urandom(256), self.psk, bytes(32))
        with Board([
            *REAL.sender, "--listen", "127.0.0.1:0", "--image", str(self.scratch.image(20)),
            "--events", *self.options(True),
        ]) as board:
            board.port()
            self.expect(board, peer, "connection")

    def test_receiver_that_reaches_nobody(self) -> None:
        peer = Peer(nk.SENDER, True, self.psk)
        peer.keys = nk.Keys.derive(os.urandom(256), self.psk, bytes(32))
        # Bound and not listening: nobody else gets the port meanwhile.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            with Board([
                *REAL.receiver, "--connect", "127.0.0.1:%d" % taken.getsockname()[1],
                "--connect-timeout", "60s", *self.options(True),
            ]) as board:
                self.expect(board, peer, "connection")

    def test_receiver(self) -> None:
        for sealed in (False, True):
            with self.subTest(sealed=sealed):
                self.receiver(Peer(nk.SENDER, sealed, self.psk if sealed else None), sealed)

    def receiver(self, peer: Peer, sealed: bool) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, Board([
            *REAL.receiver, "--connect", "127.0.0.1:%d" % listener.getsockname()[1],
            *self.options(sealed),
        ]) as board:
            listener.settimeout(WAIT)
            link, _ = listener.accept()
            with link:
                link.settimeout(WAIT)
                peer.read_hello(link)
                self.expect(board, peer, "HELLO", {"exponent"})
                link.sendall(peer.opening())
                read_frame(link)
                self.expect(board, peer, "CONFIRM")
                link.sendall(peer.confirm())
                self.expect(board, peer, "HEADER")
                n = nk.u64(4 << 20)
                link.sendall(wire.frame(wire.HEADER, n + peer.keys.mac(nk.SENDER, b"header", n)))
                self.expect(board, peer, "image")

    @contextmanager
    def connected(self, port: int) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.settimeout(WAIT)
            yield link


def exactly_nothing_kept(link: socket.socket, count: int) -> None:
    while count:
        count -= len(link.recv(min(count, 1 << 20)))


@needs_programs
class SurroundingsTests(InteropTest):
    def setUp(self) -> None:
        self.scratch = Scratch(self)

    def test_closed_standard_descriptors(self) -> None:
        """Whatever is closed, no event and no result gets into a file, and the exit code is that of the exchange."""
        image = self.scratch.image(100_000)
        for closed in itertools.chain.from_iterable(
                itertools.combinations((0, 1, 2), count) for count in (1, 2, 3)):
            output = self.scratch.output()
            words = " ".join(f"{number}{'<' if number == 0 else '>'}&-" for number in closed)
            with Board([
                *REAL.sender, "--listen", "127.0.0.1:0", "--image", str(image), "--events",
                "--name", "alice",
            ]) as sender:
                status = subprocess.run([
                    "sh", "-c", f'exec "$@" {words}', "sh", *REAL.receiver, "--name", "bob",
                    "--connect", f"127.0.0.1:{sender.port()}", "--events",
                    "--store-decrypted", str(output / "dec"),
                    "--store-encrypted", str(output / "enc"),
                ], capture_output=True).returncode
                ending = sender.finish()
            self.assertEqual((status, ending.status), (0, 0), f"{closed}: {ending}")
            self.assertEqual((output / "dec").read_bytes(), image.read_bytes(), closed)
            self.assertEqual((output / "enc").stat().st_size, 100_000 // 16 * 16 + 16, closed)

    def test_no_configuration_of_openssl(self) -> None:
        hostile = self.scratch.path / "openssl.cnf"
        hostile.write_text(
            "config_diagnostics = 1\nopenssl_conf = start\n[start]\nproviders = list\n"
            "alg_section = algorithms\n[list]\nfips = fips\n[fips]\nactivate = 1\n"
            "module = /nowhere/fips.so\n[algorithms]\ndefault_properties = fips=yes\n")
        os.environ["OPENSSL_CONF"] = str(hostile)
        self.addCleanup(os.environ.pop, "OPENSSL_CONF")
        image = self.scratch.image(50_000)
        for security in ("classic", "sealed"):
            output = self.scratch.output()
            endings = transfer(REAL, REAL, image, output, self.scratch.security(security))
            self.assertEqual(transfer_faults(image, output, *endings), [])

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("unshare"), "no mount namespace")
    def test_without_proc(self) -> None:
        image, output = self.scratch.image(50_000), self.scratch.output()
        without = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
        with Board([
            *without, *REAL.sender, "--listen", "127.0.0.1:0", "--image", str(image),
            "--events", "--name", "alice", "--store-encrypted", str(output / "sender.enc"),
        ]) as sender, Board([
            *without, *REAL.receiver, "--connect", f"127.0.0.1:{sender.port()}", "--name", "bob",
            "--store-decrypted", str(output / "receiver.dec"),
            "--store-encrypted", str(output / "receiver.enc"),
        ]) as receiver:
            endings = sender.finish(), receiver.finish()
        self.assertEqual(transfer_faults(image, output, *endings), [])
        self.assertEqual(len(list(output.iterdir())), 3)

    def test_key_of_zeros(self) -> None:
        self.scratch.psk.write_bytes(bytes(32))
        with Board([
            *REAL.receiver, "--connect", "127.0.0.1:9", "--name", "bob",
            *self.scratch.security("sealed"),
        ]) as board:
            ending = board.finish()
        self.assertEqual((ending.code, ending.status), ("usage", 64), str(ending))
        self.assertIn("zero", ending.output["error"]["message"])

    def test_a_fault_of_the_program_is_internal(self) -> None:
        import signal
        for number in (signal.SIGABRT, signal.SIGILL, signal.SIGSEGV):
            with Board([
                *REAL.sender, "--listen", "127.0.0.1:0", "--image", str(self.scratch.image(20)),
                "--events", "--name", "alice",
            ]) as board:
                board.port()
                board.process.send_signal(number)
                ending = board.finish()
            self.assertEqual((ending.code, ending.status), ("internal", 70), str(ending))

    def test_groups_that_are_large_and_broken(self) -> None:
        smooth, generator = smooth_prime(2048)
        for p, g, flags in (
            (smooth, generator, ["unchecked-subgroup", "breakable-generator"]),
            (nk.Group.named("ffdhe2048").p, 5, None),
        ):
            own = ["--prime", hex(p), "--generator", hex(g)]
            if flags is None:  # 5 may be a square modulo P
                flags = [] if pow(g, (p - 1) // 2, p) == 1 else ["unchecked-subgroup"]
            image = self.scratch.image(1000)
            for sender, receiver in ((REAL, REAL), (REAL, PEER), (PEER, REAL)):
                output = self.scratch.output()
                endings = transfer(sender, receiver, image, output, own)
                self.assertEqual(transfer_faults(image, output, *endings), [])
                for ending in endings:
                    self.assertEqual(ending.output["insecure"], [*flags, "no-authentication"])
            if not flags:
                continue
            for programs in (REAL, PEER):
                with Board([
                    *programs.receiver, "--connect", "127.0.0.1:9", "--name", "bob",
                    "--profile", "sealed", "--no-authentication", *own,
                ]) as board:
                    ending = board.finish()
                self.assertEqual((ending.code, ending.status), ("usage", 64), str(ending))


if __name__ == "__main__":
    unittest.main()
