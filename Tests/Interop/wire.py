"""Frames, their fields and the connection of docs/protocol.md, with a dump of every byte."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from numbers_and_keys import u16, u32

MAGIC = b"pilab\r\n"
VERSION = 1
PREAMBLE = MAGIC + bytes([VERSION])

HELLO, CONFIRM, HEADER, TRAILER, RECEIPT, ALERT = 0x01, 0x02, 0x03, 0x04, 0x05, 0x7F
FRAME_NAMES = {
    HELLO: "HELLO", CONFIRM: "CONFIRM", HEADER: "HEADER", TRAILER: "TRAILER",
    RECEIPT: "RECEIPT", ALERT: "ALERT",
}
FRAME_LENGTHS = {
    HELLO: (73, 1158), CONFIRM: (32, 32), HEADER: (40, 40), TRAILER: (64, 64),
    RECEIPT: (40, 40), ALERT: (1, 1),
}
NAME = re.compile(rb"[a-z0-9][a-z0-9-]{0,62}")
BLOCK = 1 << 18

# Error code of docs/board-programs.md: its exit code, and the ALERT that tells the peer (0: none).
ERRORS = {
    "internal": (1, 13), "image_unreadable": (3, 13), "listen_failed": (4, 0),
    "connect_failed": (5, 0), "connection_lost": (5, 0),
    "bad_magic": (6, 1), "bad_version": (6, 2), "bad_frame": (6, 3), "reflected": (6, 4),
    "truncated": (6, 3), "trailing_data": (6, 12), "mismatch": (7, 5),
    "bad_public_value": (8, 6), "key_confirmation_failed": (9, 7), "integrity_failure": (10, 8),
    "image_too_large": (11, 9), "storage_failed": (11, 10), "handshake_timeout": (12, 11),
    "idle_timeout": (12, 11), "peer_alert": (13, 0), "usage": (64, 0),
}
ALERT_NAMES = {
    1: "magic", 2: "version", 3: "frame", 4: "reflected", 5: "mismatch", 6: "public-value",
    7: "confirmation", 8: "integrity", 9: "limit", 10: "storage", 11: "timeout", 12: "trailing",
    13: "internal",
}


class ExchangeError(Exception):
    """An exchange that failed: a code of docs/board-programs.md, the step, a sentence."""

    def __init__(self, code: str, step: str, message: str, hint: str = "") -> None:
        super().__init__(f"{code} at {step}: {message}")
        self.code, self.step, self.message, self.hint = code, step, message, hint
        self.exit_code, self.alert = ERRORS[code]


class PeerAlert(ExchangeError):
    """The peer sent an ALERT; `name` is the page's word for its code."""

    def __init__(self, step: str, code: int) -> None:
        self.name = ALERT_NAMES.get(code, str(code))
        super().__init__("peer_alert", step, f"the peer gave up: {self.name}")


@dataclass(frozen=True)
class Hello:
    """The HELLO's fields; `value` is the public value as it stands on the wire."""

    role: int
    profile: int
    authentication: int
    cipher: int
    group: bytes
    nonce: bytes
    name: bytes
    value: bytes

    def encode(self) -> bytes:
        settings = bytes([self.role, self.profile, self.authentication, self.cipher])
        name = bytes([len(self.name)]) + self.name
        return settings + self.group + self.nonce + name + u16(len(self.value)) + self.value

    @classmethod
    def decode(cls, payload: bytes) -> Hello:
        """Raises ExchangeError `bad_frame` where the fields do not fit the payload."""
        parts = dict(fields_of(HELLO, payload))
        length = int.from_bytes(parts.get("L", b""), "big")
        value = parts.get("public value", b"")
        if len(value) != length or not 1 <= length <= 1024 or "rest" in parts:
            raise ExchangeError("bad_frame", "hello", "the HELLO's lengths do not add up")
        if not NAME.fullmatch(parts["name"]):
            raise ExchangeError("bad_frame", "hello", "the board's name is not a legal one")
        known = (b"\1\2", b"\1\2", b"\0\1", b"\1\2\3")
        if any(byte not in values for byte, values in zip(payload, known)):
            raise ExchangeError("bad_frame", "hello", "unknown role, profile or cipher")
        return cls(
            parts["role"][0], parts["profile"][0], parts["authentication"][0],
            parts["cipher"][0], parts["group identifier"], parts["nonce"], parts["name"], value,
        )


def fields_of(kind: int, payload: bytes) -> list[tuple[str, bytes]]:
    """The payload cut into its named fields; what is left over is called `rest`."""
    layouts: dict[int, list[tuple[str, int]]] = {
        CONFIRM: [("MAC", 32)],
        HEADER: [("n", 8), ("MAC", 32)],
        TRAILER: [("d", 32), ("MAC", 32)],
        RECEIPT: [("n", 8), ("MAC", 32)],
        ALERT: [("code", 1)],
        HELLO: [
            ("role", 1), ("profile", 1), ("authentication", 1), ("cipher", 1),
            ("group identifier", 32), ("nonce", 32), ("N", 1),
        ],
    }
    layout = layouts.get(kind, [])
    if kind == HELLO:
        name = payload[68] if len(payload) > 68 else 0
        value = int.from_bytes(payload[69 + name : 71 + name], "big")
        layout += [("name", name), ("L", 2), ("public value", value)]
    fields, at = [], 0
    for label, size in layout:
        fields.append((label, payload[at : at + size]))
        at += size
    return fields + ([("rest", payload[at:])] if at < len(payload) else [])


def frame(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + u32(len(payload)) + payload


class Dump:
    """Writes every byte that crossed the wire, cut into fields, 32 bytes a line at most."""

    def __init__(self, output: TextIO | None, me: str = "", peer: str = "") -> None:
        self._output = output
        self._names = {"sent": f"{me} -> {peer}", "received": f"{peer} -> {me}"}

    def part(self, direction: str, title: str, fields: list[tuple[str, bytes]]) -> None:
        if self._output is None:
            return
        size = sum(len(value) for _, value in fields)
        unit = "byte" if size == 1 else "bytes"
        print(f"{self._names[direction]}  {title}, {size} {unit}", file=self._output)
        for label, value in fields:
            for row in dump_rows(label, value):
                print(row, file=self._output)

    def frame(self, direction: str, kind: int, payload: bytes) -> None:
        head = [("type", bytes([kind])), ("length", u32(len(payload)))]
        self.part(direction, FRAME_NAMES.get(kind, "?"), head + fields_of(kind, payload))


def dump_rows(label: str, value: bytes) -> Iterator[str]:
    """`  label   hex`, continued on further lines; names in ASCII beside their bytes."""
    note = f'   "{value.decode("ascii", "replace")}"' if label == "name" else ""
    for at in range(0, max(len(value), 1), 32):
        text = value[at : at + 32].hex() or "(empty)"
        yield f"    {label if at == 0 else '':<17} {text}{note if at == 0 else ''}"


@dataclass
class Deadline:
    """What a read or write waits for: the end of the handshake or of a frame, or `idle` seconds
    without a byte."""

    idle: float
    handshake_end: float | None = None
    step: str = field(default="hello")
    frame_end: float | None = None

    def remaining(self) -> float:
        end = self.frame_end if self.handshake_end is None else self.handshake_end
        if end is None:
            return self.idle
        left = end - time.monotonic()
        if left <= 0:
            raise self.expired()
        return left

    def expired(self) -> ExchangeError:
        code = "idle_timeout" if self.handshake_end is None else "handshake_timeout"
        return ExchangeError(code, self.step, "the peer did not answer in time")


class Connection:
    """The TCP connection as exact reads and whole writes."""

    def __init__(self, link: socket.socket, deadline: Deadline, dump: Dump) -> None:
        self.link, self.deadline, self.dump = link, deadline, dump
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self.link.settimeout(self.deadline.remaining())
            try:
                view = view[self.link.send(view[:BLOCK]) :]
            except TimeoutError:
                raise self.deadline.expired() from None
            except OSError as error:
                raise self.lost(error) from None

    def receive(self, limit: int) -> bytes:
        """Up to `limit` bytes, none at the end of the stream."""
        self.link.settimeout(self.deadline.remaining())
        try:
            return self.link.recv(min(limit, BLOCK))
        except TimeoutError:
            raise self.deadline.expired() from None
        except OSError as error:
            raise self.lost(error) from None

    def exactly(self, count: int) -> bytes:
        parts, missing = [], count
        while missing:
            part = self.receive(missing)
            if not part:
                raise ExchangeError(
                    "truncated", self.deadline.step, f"the stream ended {missing} bytes early"
                )
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def image(self, count: int) -> bytes:
        """The image's bytes. A sender that gives up inside it ends its stream with ALERT."""
        parts, missing = [], count
        while missing:
            part = self.receive(missing)
            if not part:
                rest = b"".join(parts)[-6:]
                if rest[:5] == bytes([ALERT]) + u32(1) and len(rest) == 6:
                    raise PeerAlert(self.deadline.step, rest[5])
                raise ExchangeError("truncated", self.deadline.step, "the image was cut short")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def require_silence(self) -> None:
        """While this side sends, the peer has nothing to say but ALERT."""
        if select.select([self.link], [], [], 0)[0]:
            self._receive_frame(ALERT)

    def send_frame(self, kind: int, payload: bytes) -> None:
        self.dump.frame("sent", kind, payload)
        self.send(frame(kind, payload))

    def receive_frame(self, wanted: int) -> bytes:
        """The payload of the one frame that may come now. An ALERT is raised as `peer_alert`."""
        self.deadline.frame_end = time.monotonic() + self.deadline.idle
        try:
            return self._receive_frame(wanted)
        finally:
            self.deadline.frame_end = None

    def _receive_frame(self, wanted: int) -> bytes:
        step = self.deadline.step
        head = self.exactly(5)
        kind, length = head[0], int.from_bytes(head[1:], "big")
        if kind not in (wanted, ALERT):
            name = FRAME_NAMES.get(kind, f"type 0x{kind:02x}")
            raise ExchangeError("bad_frame", step, f"{name} came instead of {FRAME_NAMES[wanted]}")
        shortest, longest = FRAME_LENGTHS[kind]
        if not shortest <= length <= longest:
            name = FRAME_NAMES[kind]
            raise ExchangeError("bad_frame", step, f"{name} cannot have {length} bytes")
        payload = self.exactly(length)
        self.dump.frame("received", kind, payload)
        if kind == ALERT:
            raise PeerAlert(step, payload[0])
        return payload

    def receive_preamble(self) -> None:
        preamble = self.exactly(len(PREAMBLE))
        self.dump.part("received", "PREAMBLE", [("magic", preamble[:7]), ("version", preamble[7:])])
        if preamble[:7] != MAGIC:
            raise ExchangeError("bad_magic", "hello", "the peer does not speak the pilab protocol")
        if preamble[7] != VERSION:
            raise ExchangeError("bad_version", "hello", f"the peer speaks version {preamble[7]}")

    def send_preamble(self, preamble: bytes = PREAMBLE) -> None:
        self.dump.part("sent", "PREAMBLE", [("magic", preamble[:7]), ("version", preamble[7:])])
        self.send(preamble)

    def finish(self) -> None:
        """Ends this side's stream; the peer's goes on."""
        try:
            self.link.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self.lost(error) from None

    def settle(self, patience: float) -> None:
        """After RECEIPT: only a byte more is an error, neither silence nor a broken connection."""
        self.link.settimeout(patience)
        try:
            more = self.link.recv(1)
        except OSError:
            return
        if more:
            raise ExchangeError("trailing_data", self.deadline.step, "bytes after the end")

    def end_of_stream(self) -> None:
        if self.receive(1):
            raise ExchangeError("trailing_data", self.deadline.step, "bytes after the end")

    def lost(self, error: OSError) -> ExchangeError:
        """A broken connection, or the ALERT that the peer sent before it closed."""
        step = self.deadline.step
        try:
            self.link.settimeout(0.2)
            rest = self.link.recv(6, socket.MSG_WAITALL)
        except OSError:
            rest = b""
        if rest[:5] == bytes([ALERT]) + u32(1) and len(rest) == 6:
            return PeerAlert(step, rest[5])
        return ExchangeError("connection_lost", step, f"the connection broke: {error.strerror}")
