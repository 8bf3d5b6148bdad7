"""Hostile peers and odd files against the programs: deadlines, strays, signals, resets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import harness
import numbers_and_keys as nk
import peer
import wire
from exchange import Exchange
from harness import REAL, SLOWNESS, Board, Ending, InteropTest, Scratch, needs_own_memory, needs_programs
from wire import Connection, Deadline, Dump

ASKED = 2.0  # seconds; a time-out may take 10 % more, and a busy machine a little
SLACK = 0.35
SMALL, LARGE = 1000, 64 << 20  # the latter is more than both kernels' buffers hold


@dataclass(frozen=True)
class Late:
    """Where a peer stops or drips, and the error that this must end in."""

    role: str  # the hostile side
    where: str
    drips: bool
    code: str

    def __str__(self) -> str:
        return f"{self.role} that {'drips' if self.drips else 'stalls'} at {self.where}"


LATE = [
    Late(role, where, drips, "handshake_timeout")
    for role in ("sender", "receiver") for where in ("preamble", "hello", "confirm")
    for drips in (False, True)
] + [
    Late("sender", where, drips, "idle_timeout")
    for where in ("header", "trailer") for drips in (False, True)
] + [
    Late("sender", "image", False, "idle_timeout"), Late("sender", "end", False, "idle_timeout"),
    Late("receiver", "image", False, "idle_timeout"),
    Late("receiver", "receipt", False, "idle_timeout"),
    Late("receiver", "receipt", True, "idle_timeout"),
]


class Slow(Exchange):
    """Keeps to the protocol up to one place, where it goes silent or drips a byte at a time."""

    def __init__(self, options: list[str], link: socket.socket, late: Late) -> None:
        parser = peer.Parser()
        peer.add_options(parser)
        where = ["--listen", "127.0.0.1:0", "--connect", "127.0.0.1:1", "--name", "mallory"]
        settings = peer.settings_of(parser.parse_args([late.role, *where, *options]))
        super().__init__(settings, Connection(link, Deadline(60), Dump(None)))
        self.late, self.since = late, 0.0

    def slowly(self, where: str, data: bytes) -> None:
        link = self.connection.link
        if where != self.late.where:
            link.sendall(data)
            return
        self.since = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in data if self.late.drips else b"":
                link.sendall(bytes([byte]))
                time.sleep(0.1)
            link.recv(1) if self.late.drips else time.sleep(ASKED * 2)

    def run(self, image: bytes) -> None:
        with contextlib.suppress(OSError, wire.ExchangeError):
            self.slowly("preamble", wire.PREAMBLE)
            self.slowly("hello", wire.frame(wire.HELLO, self.hello.encode()))
            self.connection.receive_preamble()
            self.theirs = wire.Hello.decode(self.connection.receive_frame(wire.HELLO))
            self.derive_keys()
            mine = self.keys.mac(self.my.role, b"confirm")
            self.slowly("confirm", wire.frame(wire.CONFIRM, mine))
            self.connection.receive_frame(wire.CONFIRM)
            n = nk.u64(len(image))
            if self.my.role == nk.SENDER:
                self.as_sender(image, n)
            else:
                self.as_receiver(n)

    def as_sender(self, image: bytes, n: bytes) -> None:
        header = n + self.keys.mac(nk.SENDER, b"header", n)
        self.slowly("header", wire.frame(wire.HEADER, header))
        self.slowly("image", self.ciphertext(image))
        digest = hashlib.sha256(image).digest()
        trailer = digest + self.keys.mac(nk.SENDER, b"trailer", n + digest)
        self.slowly("trailer", wire.frame(wire.TRAILER, trailer))
        self.slowly("end", b"")

    def as_receiver(self, n: bytes) -> None:
        self.connection.receive_frame(wire.HEADER)
        if self.late.where == "image":
            self.slowly("image", b"")
            return
        while self.connection.receive(wire.BLOCK):
            pass
        receipt = n + self.keys.mac(nk.RECEIVER, b"receipt", n)
        self.slowly("receipt", wire.frame(wire.RECEIPT, receipt))


def reset(link: socket.socket) -> None:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


@needs_programs
class HostileTests(InteropTest):
    def setUp(self) -> None:
        self.scratch = Scratch(self)
        self.output = self.scratch.output()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def sender(self, *options: str, size: int = SMALL) -> Board:
        assert REAL is not None
        return self.stack.enter_context(Board([
            *REAL.sender, "--listen", "127.0.0.1:0", "--events", "--name", "alice", "--image",
            str(self.scratch.image(size)), "--store-encrypted", str(self.output / "sent"),
            *options]))

    def receiver(self, port: int, *options: str) -> Board:
        assert REAL is not None
        return self.stack.enter_context(Board([
            *REAL.receiver, "--connect", f"127.0.0.1:{port}", "--events", "--name", "bob",
            "--store-decrypted", str(self.output / "received"), *options]))

    def dial(self, port: int) -> socket.socket:
        return self.stack.enter_context(socket.create_connection(("127.0.0.1", port)))

    def left(self) -> list[str]:
        return [path.name for path in self.output.iterdir()]

    def assert_both_succeed(self, sender: Board, receiver: Board) -> Ending:
        """How the sender ended."""
        for ending in (receiver.finish(), sender.finish()):
            self.assertEqual(ending.status, 0, str(ending))
        self.assertEqual(
            (self.output / "received").read_bytes(), self.scratch.image(SMALL).read_bytes())
        return ending

    # Deadlines

    def test_deadlines_hold_against_slow_peers(self) -> None:
        self.scratch.image(SMALL)
        self.scratch.image(LARGE)
        self.assert_none_fails(LATE, self.check_late)

    def check_late(self, late: Late) -> list[str]:
        limits = ["--handshake-timeout", "2s", "--idle-timeout", "2s"]
        size = LARGE if (late.role, late.where) == ("receiver", "image") else SMALL
        image = self.scratch.image(size)
        with contextlib.ExitStack() as stack:
            if late.role == "sender":
                listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                assert REAL is not None
                victim = stack.enter_context(Board([
                    *REAL.receiver, "--connect", f"127.0.0.1:{listener.getsockname()[1]}",
                    "--name", "bob", *limits]))
                link, _ = listener.accept()
            else:
                victim = self.sender(*limits, "--attempts", "1", size=size)
                link = socket.create_connection(("127.0.0.1", victim.port()))
            begin = time.monotonic()
            stack.enter_context(link)
            slow = Slow(["--image", str(image)], link, late)
            thread = threading.Thread(target=slow.run, args=(image.read_bytes(),), daemon=True)
            thread.start()
            ending = victim.finish()
            ended = time.monotonic()
            if late.code == "handshake_timeout":
                took = ended - begin
            else:
                took = ended - slow.since
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            thread.join(5)
        wrong = [] if ending.code == late.code else [f"expected {late.code}: {ending}"]
        if not ASKED * 0.9 <= took <= ASKED * 1.1 + SLACK * SLOWNESS:
            wrong.append(f"took {took:.2f} s where {ASKED} s were asked for")
        if os.environ.get("PILAB_MEASURE"):
            print(f"{late}: asked {ASKED} s, took {took:.2f} s")
        return wrong

    # Strays

    def strays(self, port: int) -> None:
        self.dial(port).close()
        reset(self.dial(port))
        self.dial(port).sendall(b"GET / HTTP/1.1\r\nHost: alice\r\n\r\n")
        self.dial(port)  # silent for as long as the test lasts
        self.dial(port).sendall(wire.PREAMBLE + b"\x01\xff\xff\xff\xff")

    def test_strays_do_not_end_an_exchange(self) -> None:
        for profile in ("classic", "sealed"):
            security = self.scratch.security(profile)
            sender = self.sender(*security)
            port = sender.port()
            self.strays(port)
            self.assert_both_succeed(sender, self.receiver(port, *security))

    def test_a_receiver_with_another_key_does_not_keep_the_right_one_out(self) -> None:
        other = self.scratch.path / "other"
        other.touch(mode=0o600)
        other.write_bytes(bytes(range(1, 33)))
        security = self.scratch.security("sealed")
        sender = self.sender(*security)
        port = sender.port()
        wrong = self.receiver(port, *security[:-1], str(other)).finish()
        self.assertEqual(wrong.code, "key_confirmation_failed", str(wrong))
        self.assert_both_succeed(sender, self.receiver(port, *security))
        refused = self.receiver(port, *security, "--connect-timeout", "100ms").finish()
        self.assertEqual(refused.code, "connect_failed", str(refused))

    @needs_own_memory
    def test_silent_connections_do_not_starve_the_receiver(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
        peaks = []
        for strays in (0, 1000):
            sender = self.sender()
            port = sender.port()
            silent = [self.dial(port) for _ in range(strays)]
            ending = self.assert_both_succeed(sender, self.receiver(port))
            peaks.append(ending.output["peakResidentBytes"])
            for link in silent:
                link.close()
        if os.environ.get("PILAB_MEASURE"):
            print(f"peak memory of the sender: {peaks[0]}, with 1000 strays {peaks[1]} bytes")
        self.assertLess(peaks[1] - peaks[0], 2 << 20)

    def test_what_ends_the_wait_is_told(self) -> None:
        """Strays alone: the most telling error; nobody at all: `connect_failed`."""
        sender = self.sender("--connect-timeout", "500ms")
        self.dial(sender.port()).sendall(b"GET / HTTP/1.1\r\nHost: alice\r\n\r\n")
        ending = sender.finish()
        self.assertEqual((ending.code, ending.status), ("bad_magic", 6), str(ending))
        self.assertIn('"event":"refused"', ending.errors)
        self.assertIn('"code":"bad_magic"', ending.errors)
        nobody = self.sender("--connect-timeout", "100ms").finish()
        self.assertEqual((nobody.code, nobody.status), ("connect_failed", 5), str(nobody))

    def test_the_receiver_tries_again_before_hello(self) -> None:
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listener.getsockname()[1]
        receiver = self.receiver(port)
        for close in (lambda link: link.close(), reset):
            close(listener.accept()[0])
        listener.close()
        assert REAL is not None
        sender = self.stack.enter_context(Board([
            *REAL.sender, "--listen", f"127.0.0.1:{port}", "--name", "alice", "--image",
            str(self.scratch.image(SMALL))]))
        self.assert_both_succeed(sender, receiver)

    # RECEIPT, ALERT, the end of the stream

    def handshaken(self, role: str, link: socket.socket) -> Slow:
        late = Late(role, "nowhere", False, "")
        slow = Slow(["--image", str(self.scratch.image(SMALL))], link, late)
        slow.handshake()
        return slow

    def test_a_receipt_before_the_image_is_refused(self) -> None:
        for size, after in ((SMALL, "confirm"), (LARGE, "header")):
            sender = self.sender("--attempts", "1", size=size)
            late = Late("receiver", "nowhere", False, "")
            slow = Slow(["--image", ""], self.dial(sender.port()), late)
            connection = slow.connection
            connection.send_preamble()
            connection.send_frame(wire.HELLO, slow.hello.encode())
            connection.receive_preamble()
            slow.theirs = wire.Hello.decode(connection.receive_frame(wire.HELLO))
            slow.derive_keys()
            n = nk.u64(size)
            confirm = wire.frame(wire.CONFIRM, slow.keys.mac(nk.RECEIVER, b"confirm"))
            receipt = wire.frame(wire.RECEIPT, n + slow.keys.mac(nk.RECEIVER, b"receipt", n))
            # Together, so that the sender cannot have sent a short image in between.
            connection.send(confirm + receipt if after == "confirm" else confirm)
            with contextlib.suppress(wire.ExchangeError):
                connection.receive_frame(wire.CONFIRM)
                if after == "header":
                    connection.receive_frame(wire.HEADER)
                    connection.send(receipt)
                while connection.receive(wire.BLOCK):
                    pass
            ending = sender.finish()
            self.assertEqual((ending.code, ending.status), ("bad_frame", 6), str(ending))
            self.assertEqual(self.left(), [])

    def test_a_signal_tells_the_peer(self) -> None:
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            for phase in ("handshake", "image"):
                sender = self.sender(size=LARGE)
                link = self.dial(sender.port())
                link.settimeout(10)
                sender.await_event("connected")
                if phase == "image":
                    self.handshaken("receiver", link).connection.receive_frame(wire.HEADER)
                time.sleep(0.1)
                sender.process.send_signal(number)
                rest = b""
                with contextlib.suppress(OSError):
                    while part := link.recv(wire.BLOCK):
                        rest = (rest + part)[-6:]
                link.close()
                ending = sender.finish()
                self.assertEqual((ending.code, ending.status), ("interrupted", status))
                self.assertEqual(rest, wire.frame(wire.ALERT, b"\x0d"), phase)

    def test_an_alert_inside_the_image_is_heard(self) -> None:
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        receiver = self.receiver(listener.getsockname()[1])
        slow = self.handshaken("sender", listener.accept()[0])
        n = nk.u64(SMALL)
        header = wire.frame(wire.HEADER, n + slow.keys.mac(nk.SENDER, b"header", n))
        slow.connection.send(header + bytes(500) + wire.frame(wire.ALERT, b"\x63"))
        slow.connection.finish()
        ending = receiver.finish()
        self.assertEqual((ending.code, ending.status), ("peer_alert", 13), str(ending))
        self.assertIn("unknown reason 99", ending.output["error"]["message"])

    def test_status_and_files_agree_at_the_end_of_the_stream(self) -> None:
        """A reset after the end of the stream: stored and 0; one instead of it: neither."""
        image = self.scratch.image(SMALL).read_bytes()
        for end in ("finish", "reset", "SIGTERM"):
            listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            receiver = self.receiver(listener.getsockname()[1])
            link, _ = listener.accept()
            slow = self.handshaken("sender", link)
            slow.as_sender(image, nk.u64(SMALL))
            if end == "SIGTERM":
                time.sleep(0.3)
                receiver.process.send_signal(signal.SIGTERM)
            elif end == "finish":
                slow.connection.finish()
                while link.recv(1):
                    pass
            if end != "SIGTERM":
                reset(link)
            ending = receiver.finish()
            expected = {"finish": (0, ["received"]), "reset": (5, []), "SIGTERM": (143, [])}[end]
            self.assertEqual((ending.status, self.left()), expected, str(ending))
            for path in self.output.iterdir():
                path.unlink()

    def test_a_receipt_counts_whatever_follows(self) -> None:
        for how in ("reset", "silence"):
            sender = self.sender()
            link = self.dial(sender.port())
            slow = self.handshaken("receiver", link)
            plaintext, _ = slow.take()
            slow.acknowledge(len(plaintext))
            if how == "reset":
                time.sleep(0.1)
                reset(link)
            ending = sender.finish()
            self.assertEqual((ending.status, self.left()), (0, ["sent"]), str(ending))

    # Files

    def odd_files(self) -> Iterator[Path]:
        fifo, node = self.output / "fifo", self.output / "socket"
        os.mkfifo(fifo, 0o600)
        server = self.stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(str(node))
        yield from (fifo, node, self.output)

    def test_what_is_no_file_is_refused_at_once(self) -> None:
        assert REAL is not None
        for path in self.odd_files():
            for option, code, status in (
                    ("--image", "image_unreadable", 3), ("--psk-file", "usage", 64)):
                image = path if option == "--image" else self.scratch.image(SMALL)
                key = ["--profile", "sealed", "--psk-file", str(path)]
                with Board([*REAL.sender, "--listen", "127.0.0.1:0", "--name", "alice", "--image",
                            str(image), *(key if option == "--psk-file" else [])]) as board:
                    ending = board.finish()
                self.assertEqual((ending.code, ending.status), (code, status), str(ending))

    def test_names_of_outputs_are_checked_before_the_connection(self) -> None:
        assert REAL is not None
        long, deep = self.output / ("ä" * 128), Path("/".join([str(self.output), *["d"] * 2100]))
        (self.output / "dangling").symlink_to(self.output / "nowhere" / "file")
        bad = [long, deep, self.output, f"{self.output}/none/", self.output / "dangling",
               self.output / "a" / "b"]
        for name in map(str, bad):
            with Board([*REAL.receiver, "--connect", "127.0.0.1:1", "--connect-timeout", "100ms",
                        "--name", "bob", "--store-decrypted", name]) as board:
                ending = board.finish()
            self.assertEqual((ending.code, ending.status), ("storage_failed", 11), str(ending))

    def test_the_longest_name_and_a_link_work(self) -> None:
        (self.output / "link").symlink_to(self.output / "target")
        (self.output / "target").write_text("older")
        for name in ("ä" * 127, "link"):
            sender = self.sender()
            receiver = self.receiver(sender.port(), "--store-encrypted", str(self.output / name))
            self.assert_both_succeed(sender, receiver)
        self.assertTrue((self.output / "link").is_symlink())
        self.assertEqual(
            (self.output / "target").read_bytes(), (self.output / "sent").read_bytes())


if __name__ == "__main__":
    harness.unittest.main()
