#!/usr/bin/python3
"""Writes the section "One whole exchange, byte by byte" of docs/protocol.md.

    make_dump.py           rewrites the section
    make_dump.py --check   compares it and exits with 1 where the page shows something else

The bytes are those that two sides of exchange.py really send each other over loopback.
"""

from __future__ import annotations

import hashlib
import io
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numbers_and_keys as nk
from exchange import Exchange, Settings
from wire import Connection, Deadline, Dump, dump_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
BEGIN, END = "<!-- make_dump.py: begin -->", "<!-- make_dump.py: end -->"
IMAGE = b"twenty bytes exactly"
ALICE_NONCE, BOB_NONCE = bytes(range(0x20, 0x40)), bytes(range(0x40, 0x60))
SALT = bytes(range(0x60, 0x78))
PSK = bytes(range(32))


def settings(
    role: int, profile: int, cipher: int, group: nk.Group, exponent: int, psk: bytes | None
) -> Settings:
    name, nonce = ("alice", ALICE_NONCE) if role == nk.SENDER else ("bob", BOB_NONCE)
    return Settings(
        role, name, None, profile, cipher, group, psk, exponent, True, nonce,
        SALT if cipher == nk.COBBLESTONE else None, nk.LARGEST_IMAGE)


def run(alice: Settings, bob: Settings) -> tuple[str, Exchange]:
    """The dump of alice's side and her exchange, after both sides verified everything."""
    dump = io.StringIO()
    with (socket.create_server(("127.0.0.1", 0)) as listener,
          socket.create_connection(listener.getsockname()) as theirs,
          listener.accept()[0] as mine):
        sender = Exchange(alice, Connection(mine, Deadline(10), Dump(dump, "alice", "bob")))
        receiver = Exchange(bob, Connection(theirs, Deadline(10), Dump(None)))

        def receive() -> bytes:
            plaintext, _ = receiver.receive()
            receiver.acknowledge(len(plaintext))
            receiver.connection.finish()
            return plaintext

        with ThreadPoolExecutor(1) as pool:
            received = pool.submit(receive)
            sender.send(IMAGE)
            if received.result() != IMAGE:
                raise AssertionError("the image arrived changed")
    return dump.getvalue(), sender


def number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def values(sender: Exchange, b: int) -> str:
    """What both sides compute, in the page's names."""
    my, keys = sender.my, sender.keys
    rows = [
        ("G", number(my.group.g)), ("a", number(my.exponent)), ("b", number(b)),
        ("x = G^a mod P", sender.hello.value), ("y = G^b mod P", sender.theirs.value),
        ("Z", keys.z), ("th", keys.th), ("psk", my.psk or bytes(32)), ("PRK", keys.prk),
        ("Ks", keys.ks), ("Kr", keys.kr),
    ]
    if my.profile == nk.CLASSIC:
        rows.insert(0, ("P", number(my.group.p)))
        rows += [("SHA-256(Z)", hashlib.sha256(keys.z).digest()),
                 ("image key", keys.classic_image_key)]
    else:
        stream = nk.Cobblestone(keys.transfer, SALT, keys.th)
        rows += [("input key", keys.transfer), ("salt", SALT), ("chunk key", stream.key),
                 ("base nonce", stream.base_nonce), ("commitment", stream.commitment)]
    return "\n".join(line for label, value in rows for line in dump_rows(label, value))


def example(title: str, profile: int, cipher: int, group: nk.Group, a: int, b: int,
            psk: bytes | None) -> str:
    alice = settings(nk.SENDER, profile, cipher, group, a, psk)
    bob = settings(nk.RECEIVER, profile, cipher, group, b, psk)
    dump, sender = run(alice, bob)
    computed = values(sender, b)
    return f"### {title}\n\nComputed by both:\n```\n{computed}\n```\n" \
        f"On the wire, as alice sees it:\n```\n{dump}```\n"


def section() -> str:
    classroom = example(
        "Classic, textbook group P = 23, G = 5, a = 6, b = 15", nk.CLASSIC, nk.ECB,
        nk.Group.custom(23, 5), 6, 15, None)
    sealed = example(
        "Sealed, ffdhe2048, pre-shared key", nk.SEALED, nk.COBBLESTONE,
        nk.Group.named("ffdhe2048"), (1 << 224) + 0xA11CE, (1 << 224) + 0xB0B, PSK)
    return f"{BEGIN}\n{classroom}\n{sealed}{END}"


def main() -> int:
    page = PAGE.read_text()
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"{PAGE.name} has no {BEGIN} … {END}", file=sys.stderr)
        return 1
    wanted = before + section() + after
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted)
    elif wanted != page:
        print(f"{PAGE.name} shows other bytes than make_dump.py generates: run it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
