#!/usr/bin/python3
"""A pilab peer that misbehaves, to see what the other side makes of it.

    attack.py --as sender   --fault FAULT --listen 127.0.0.1:0 --image F --name mallory …
    attack.py --as receiver --fault FAULT --connect 127.0.0.1:PORT --name mallory …
    attack.py --list

Further options are peer.py's. Apart from its fault it keeps to docs/protocol.md, with keys that
fit what it sent, so that a victim without the check would go on. It prints one JSON object that
says how the victim took it: `completed` (the attack went unnoticed), `alert:NAME`, `closed`,
`reset`, `silent`, or empty after a reset of its own. Exit code 0: the fault was committed; 2: the
exchange ended before it was due.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import secrets
import socket
import struct
import sys
import time
from collections.abc import Callable

import faults
import numbers_and_keys as nk
import peer
import wire
from exchange import Exchange, Settings
from wire import Connection, Deadline, Dump, ExchangeError, Hello, PeerAlert

KINDS = {name.lower(): kind for kind, name in wire.FRAME_NAMES.items()}


class Committed(Exception):
    """The fault is done; the attacker says no more and watches."""


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


class FaultyConnection(Connection):
    """Commits the faults that concern bytes and frames, whatever these mean."""

    def __init__(self, link: socket.socket, deadline: Deadline, fault: str) -> None:
        super().__init__(link, deadline, Dump(None))
        self.fault, _, self.argument = fault.partition(":")
        self.sent = 0
        self.committed = fault == "none"

    def send(self, data: bytes) -> None:
        at, _, bit = self.argument.partition(".")
        left = int(at) - self.sent if self.fault in faults.SWEEPS else -1
        self.sent += len(data)
        if not 0 <= left < len(data):
            super().send(data)
        elif self.fault == "flip":
            self.committed = True
            super().send(flipped(data, left, int(bit)))
        else:
            super().send(data[:left])
            self.stop(self.fault)

    def stop(self, how: str) -> None:
        """Says no more: by the end of the stream, by a reset, or by silence."""
        self.committed = True
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.link.close()
        elif how == "close":
            with contextlib.suppress(OSError):
                self.link.shutdown(socket.SHUT_WR)
        raise Committed

    def send_frame(self, kind: int, payload: bytes) -> None:
        self.send(self.altered(kind, payload))

    def altered(self, kind: int, payload: bytes) -> bytes:
        """The frame's bytes, with the fault where this is its frame."""
        edits: dict[str, tuple[int | None, Callable[[], bytes]]] = {
            "oversize": (KINDS.get(self.argument), lambda: bytes([kind]) + b"\xff" * 4),
            "undersize": (
                KINDS.get(self.argument),
                lambda: wire.frame(kind, payload[: wire.FRAME_LENGTHS[kind][0] - 1])),
            "unknown-type": (wire.CONFIRM, lambda: wire.frame(0x42, payload)),
            "skip-confirm": (wire.CONFIRM, lambda: wire.frame(wire.HEADER, bytes(40))),
            "confirm": (wire.CONFIRM, lambda: wire.frame(kind, flipped(payload, 31))),
            "alert": (wire.CONFIRM, lambda: wire.frame(wire.ALERT, b"\x0d")),
            "alert-first": (wire.HELLO, lambda: wire.frame(wire.ALERT, b"\x0d")),
            "hello-longer": (wire.HELLO, lambda: wire.frame(kind, payload + b"\0")),
            "header-mac": (wire.HEADER, lambda: wire.frame(kind, flipped(payload, 8))),
            "trailer-mac": (wire.TRAILER, lambda: wire.frame(kind, flipped(payload, 63))),
            "receipt-mac": (wire.RECEIPT, lambda: wire.frame(kind, flipped(payload, 39))),
        }
        when, edit = edits.get(self.fault, (None, bytes))
        if when != kind:
            return wire.frame(kind, payload)
        self.committed = True
        return edit()

    def lost(self, error: OSError) -> ExchangeError:
        return ExchangeError("connection_lost", self.deadline.step, str(error))


class Attacker(Exchange):
    """Commits the faults that concern the meaning of messages; checks nothing itself."""

    connection: FaultyConnection

    def __init__(self, settings: Settings, connection: FaultyConnection, fault: str) -> None:
        super().__init__(settings, connection)
        self.fault, self.z = fault, None
        self.my_hello: Hello | None = None

    @property  # type: ignore[override]
    def hello(self) -> Hello:
        assert self.my_hello is not None
        return self.my_hello

    def is_fault(self, name: str) -> bool:
        """Whether this is the fault; being asked at its time means that it is committed."""
        self.connection.committed |= self.fault == name
        return self.fault == name

    def handshake(self) -> None:
        if self.is_fault("silent"):
            raise Committed
        self.connection.receive_preamble()
        self.theirs = Hello.decode(self.connection.receive_frame(wire.HELLO))
        preamble = {"magic": b"SSH-2.0-", "version": wire.MAGIC + b"\x02"}.get(self.fault)
        self.connection.committed |= preamble is not None
        self.connection.send_preamble(preamble or wire.PREAMBLE)
        self.my_hello = self.altered_hello(Exchange.hello.func(self))
        self.connection.send_frame(wire.HELLO, self.my_hello.encode())
        self.derive_keys()
        self.confirm()

    def confirm(self) -> None:
        if self.fault == "second-hello":
            self.connection.committed = True
            self.connection.send_frame(wire.HELLO, self.hello.encode())
        elif self.fault == "confirm-reflect":
            self.connection.committed = True
            self.connection.send_frame(wire.CONFIRM, self.connection.receive_frame(wire.CONFIRM))
        else:
            self.connection.send_frame(wire.CONFIRM, self.keys.mac(self.my.role, b"confirm"))
            if self.my.role == nk.RECEIVER:
                self.connection.receive_frame(wire.CONFIRM)

    def altered_hello(self, honest: Hello) -> Hello:
        theirs, other = self.theirs, nk.Group.named("ffdhe4096")
        changes: dict[str, dict[str, object]] = {
            "name-illegal": {"name": b"Mallory"},
            "name": {"name": b"someone-else"},
            "unknown-role": {"role": 3},
            "unknown-profile": {"profile": 0},
            "unknown-cipher": {"cipher": 4},
            "unknown-authentication": {"authentication": 2},
            "value-short": {"value": honest.value[1:]},
            "value-long": {"value": b"\0" + honest.value},
            "reflect-hello": dataclasses.asdict(theirs),
            "reflect-nonce": {"nonce": theirs.nonce},
            "reflect-value": {"value": theirs.value},
            "profile": {"profile": 3 - honest.profile},
            "authentication": {"authentication": 1 - honest.authentication},
            "cipher": {"cipher": honest.cipher % 3 + 1},
            "group-identifier": {"group": secrets.token_bytes(32)},
            "classic-cobblestone": {"cipher": nk.COBBLESTONE},
            "classic-psk": {"authentication": nk.PRE_SHARED_KEY},
            "downgrade": {"profile": nk.CLASSIC, "authentication": 0, "cipher": nk.ECB},
        }
        if self.fault == "group":
            value = other.public_value(self.my.exponent).to_bytes(512, "big")
            changes["group"] = {"group": other.identifier, "value": value}
        if self.fault.startswith("value:"):
            changes[self.fault] = {"value": self.bad_value(self.fault[6:])}
        change = changes.get(self.fault, {})
        self.connection.committed |= bool(change)
        return dataclasses.replace(honest, **change)  # type: ignore[arg-type]

    def bad_value(self, which: str) -> bytes:
        """The bad public value; notes the secret that a careless victim would come to."""
        group = self.my.group
        p, length = group.p, group.length
        nonresidue = next(v for v in range(3, p) if pow(v, (p - 1) // 2, p) == p - 1)
        values = {
            "0": (0, 0), "1": (1, 1), "p-1": (p - 1, 1), "p": (p, 0), "p+5": (p + 5, None),
            "largest": ((1 << 8 * length) - 1, None), "nonresidue": (nonresidue, None),
        }
        value, z = values[which]
        self.z = None if z is None else z.to_bytes(length, "big")
        return value.to_bytes(length, "big")

    def derive_keys(self) -> None:
        group, psk = self.my.group, self.my.psk
        value = int.from_bytes(self.theirs.value, "big")
        z = self.z or pow(value, self.my.exponent, group.p).to_bytes(group.length, "big")
        if self.is_fault("psk"):
            psk = secrets.token_bytes(32)
        if self.is_fault("strip-psk"):
            psk = None
        self.keys = nk.Keys.derive(z, psk, hashlib.sha256(self.transcript).digest())

    def mac(self, label: bytes, data: bytes) -> bytes:
        return data + self.keys.mac(self.my.role, label, data)

    # As sender

    def send(self, plaintext: bytes) -> bytes:
        self.handshake()
        n = len(plaintext)
        if self.connection.fault == "skip-confirm":
            raise Committed
        announced = {"header-huge": nk.LARGEST_IMAGE + 1, "header-longer": n + 1,
                     "header-shorter": n - 1}.get(self.fault, n)
        self.connection.committed |= announced != n
        header = self.mac(b"header", nk.u64(announced))
        self.connection.send_frame(wire.HEADER, header)
        self.send_image(self.altered_image(self.ciphertext(plaintext)))
        if self.is_fault("chunk-missing") or self.is_fault("trailer-missing"):
            self.connection.stop("close")
        if self.my.profile == nk.CLASSIC:
            self.send_trailer(nk.u64(n), hashlib.sha256(plaintext).digest())
        if self.is_fault("garbage"):
            self.connection.send(b"\0")
        self.connection.finish()
        raise Committed

    def send_trailer(self, n: bytes, digest: bytes) -> None:
        if self.is_fault("trailer-digest"):
            digest = flipped(digest, 0)
        self.connection.send_frame(wire.TRAILER, self.mac(b"trailer", n + digest)[8:])

    def send_image(self, ciphertext: bytes) -> None:
        self.connection.send(ciphertext)  # whatever the victim has said meanwhile

    def altered_image(self, ciphertext: bytes) -> bytes:
        chunk, size = nk.CHUNK + nk.TAG, len(ciphertext)
        places = {"image-first": 0, "image-middle": size // 2, "image-last": -1, "commitment": 24}
        if self.fault in places:
            self.connection.committed = True
            return flipped(ciphertext, places[self.fault])
        if self.is_fault("chunk-swap"):
            head, body = ciphertext[:56], ciphertext[56:]
            return head + body[chunk : 2 * chunk] + body[:chunk] + body[2 * chunk :]
        if self.fault == "chunk-missing":
            return ciphertext[: 56 + (size - 56) // chunk * chunk]
        if self.is_fault("stall-image"):
            self.connection.send(ciphertext[: size // 2])
            raise Committed
        return ciphertext

    # As receiver

    def acknowledge(self, n: int) -> None:
        if self.is_fault("receipt-missing"):
            self.connection.stop("close")
        if self.is_fault("stall-receipt"):
            raise Committed
        length = nk.u64(n + 1 if self.is_fault("receipt-n") else n)
        self.connection.send_frame(wire.RECEIPT, self.mac(b"receipt", length))
        if self.is_fault("garbage"):
            self.connection.send(b"\0")
        self.connection.finish()
        raise Committed


def watch(link: socket.socket, patience: float, hold: bool = False) -> tuple[bytes, str]:
    """The last that the victim says, and how it ends: `closed`, `reset` or `silent`.

    `hold`: keep this side open for all of `patience`, whatever the victim does.
    """
    rest, end = b"", time.monotonic() + patience
    try:
        while (left := end - time.monotonic()) > 0:
            link.settimeout(left)
            part = link.recv(wire.BLOCK)
            if not part:
                time.sleep(left if hold else 0)
                return rest, "closed"
            rest = (rest + part)[-256:]
    except TimeoutError:
        pass
    except OSError:
        return rest, "reset"
    return rest, "silent"


def verdict(rest: bytes, ended: str, role: str) -> str:
    """What the victim's last bytes say."""
    if rest[-6:-1] == wire.frame(wire.ALERT, b"?")[:5]:
        return f"alert:{wire.ALERT_NAMES.get(rest[-1], rest[-1])}"
    if role == "sender" and rest[-45:-40] == wire.frame(wire.RECEIPT, bytes(40))[:5]:
        return "completed"
    return ended


def commit(
    options: argparse.Namespace, settings: Settings, link: socket.socket, image: bytes
) -> dict[str, object]:
    """One attack over one connection, to its end."""
    deadline = Deadline(options.patience, time.monotonic() + options.patience)
    connection = FaultyConnection(link, deadline, options.fault)
    attacker = Attacker(settings, connection, options.fault)
    took = ""
    with link:
        try:
            if options.role == "sender":
                attacker.send(image)
            else:
                attacker.acknowledge(len(attacker.receive()[0]))
        except Committed:
            hold = options.fault.startswith("stall")
            took = "" if link.fileno() < 0 else verdict(
                *watch(link, options.patience, hold), options.role)
        except PeerAlert as alert:
            took = f"alert:{alert.name}"
        except ExchangeError as error:
            took = str(error)
            if error.code == "connection_lost":
                took = verdict(*watch(link, options.patience), options.role)
    return {"fault": options.fault, "role": options.role, "committed": connection.committed,
            "victim": took}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as", dest="role", choices=peer.ROLES, required=True)
    parser.add_argument("--fault", default="none", help="of --list, or flip:K.B, close:K …")
    parser.add_argument("--patience", type=peer.duration, default=15.0, help="with the victim")
    return parser


def parse(arguments: list[str]) -> argparse.Namespace:
    """The attacker's options, then peer.py's. Raises ExchangeError `usage`."""
    mine, rest = parser().parse_known_args(arguments)
    if not faults.is_known(mine.fault):
        raise peer.usage(f"{mine.fault} is no fault of --list")
    options = peer.Parser()
    peer.add_options(options)
    return options.parse_args([mine.role, *rest], namespace=mine)


def list_faults() -> None:
    for name, fault in faults.FAULTS.items():
        who, expected = "/".join(fault.roles), " or ".join(fault.expected) or "success"
        print(f"{name:<22} {who:<16} {expected:<34} {fault.meaning}")


def main() -> int:
    if "--list" in sys.argv[1:]:
        list_faults()
        return 0
    try:
        options = parse(sys.argv[1:])
        settings = peer.settings_of(options)
        image = peer.read_image(options.image) if options.role == "sender" else b""
        link = peer.accepted(options) if options.role == "sender" else peer.connected(options)
    except ExchangeError as error:
        return peer.failure(error.code, error.step, error.message, error.hint, error.exit_code)
    outcome = commit(options, settings, link, image)
    print(json.dumps(outcome))
    return 0 if outcome["committed"] else 2


if __name__ == "__main__":
    sys.exit(main())
