#!/usr/bin/python3
"""A pilab peer written from docs/protocol.md alone: both roles, both profiles, all ciphers.

    peer.py sender   --listen 127.0.0.1:0 --image F --name alice --events
    peer.py receiver --connect 127.0.0.1:PORT --name bob --store-decrypted F

Options, result and exit codes are those of docs/board-programs.md. It keeps the whole image in
memory and its numbers are not wiped: a reference to test against, not a program to rely on.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import os
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numbers_and_keys as nk
import reception
import wire
from exchange import Exchange, Settings
from reception import emit, give_up
from wire import Connection, Deadline, Dump, ExchangeError

PROFILES = {"classic": nk.CLASSIC, "sealed": nk.SEALED}
CIPHERS = {"aes-128-ecb": nk.ECB, "aes-128-ctr": nk.CTR, "cobblestone-128": nk.COBBLESTONE}
ROLES = {"sender": nk.SENDER, "receiver": nk.RECEIVER}


STOPPED = ExchangeError("internal", "stop", "told to stop, or a bug")


# Files


def store(path: str, data: bytes) -> str:
    """Writes beside `path` under a temporary name and returns that."""
    folder, name = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".partial", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError:
        os.unlink(temporary)
        raise
    return temporary


def store_all(files: list[tuple[str, bytes]]) -> None:
    """All of them under their final names, or none. Raises ExchangeError `storage_failed`."""
    waiting: list[tuple[str, str]] = []
    try:
        for path, data in files:
            waiting.append((store(path, data), path))
        while waiting:
            os.replace(*waiting[0])
            waiting.pop(0)
    except OSError as error:
        raise ExchangeError("storage_failed", "store", str(error)) from None
    finally:
        for temporary, _ in waiting:
            os.unlink(temporary)


# The command line


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ExchangeError("usage", "arguments", message, "see --help")


def duration(text: str) -> float:
    match = re.fullmatch(r"(\d+)(ms|s|m)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text} is no duration such as 250ms, 10s or 2m")
    return int(match[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[match[2]]


def size(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG]iB)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 4096 or 64MiB")
    return int(match[1]) << {None: 0, "KiB": 10, "MiB": 20, "GiB": 30}[match[2]]


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not ADDR:PORT")
    return host, int(port)


def integer(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not decimal or 0x…") from None


def board_name(text: str) -> str:
    if not wire.NAME.fullmatch(text.encode()):
        raise argparse.ArgumentTypeError(f"{text} is not [a-z0-9][a-z0-9-]*, up to 63 characters")
    return text


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of docs/board-programs.md and, for reproducible runs, the `--fixed-` ones."""
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("--listen", type=address, metavar="ADDR:PORT")
    parser.add_argument("--connect", type=address, metavar="ADDR:PORT")
    parser.add_argument("--image", metavar="FILE")
    parser.add_argument("--store-encrypted", metavar="FILE")
    parser.add_argument("--store-decrypted", metavar="FILE")
    parser.add_argument("--name", type=board_name, required=True)
    parser.add_argument("--peer", type=board_name)
    parser.add_argument("--profile", choices=PROFILES, default="classic")
    parser.add_argument("--cipher", choices=CIPHERS)
    parser.add_argument("--group")
    parser.add_argument("--prime", type=integer)
    parser.add_argument("--generator", type=integer)
    parser.add_argument("--psk-file", metavar="FILE")
    parser.add_argument("--no-authentication", action="store_true")
    parser.add_argument("--private-exponent", type=integer)
    parser.add_argument("--max-bytes", type=size, default=nk.LARGEST_IMAGE)
    parser.add_argument("--connect-timeout", type=duration, default=10.0)
    parser.add_argument("--attempts", type=int, help="sender: refused connections at most")
    parser.add_argument("--handshake-timeout", type=duration, default=10.0)
    parser.add_argument("--idle-timeout", type=duration, default=30.0)
    parser.add_argument("--events", action="store_true")
    parser.add_argument("--digest", help="taken for the sake of order: both are always hashed")
    parser.add_argument("--fixed-nonce", type=bytes.fromhex, help="32 bytes, hexadecimal")
    parser.add_argument("--fixed-salt", type=bytes.fromhex, help="24 bytes, for cobblestone-128")
    parser.add_argument("--fixed-counter", type=bytes.fromhex, help="12 bytes, for aes-128-ctr")
    parser.add_argument("--dump", metavar="FILE", help="every byte sent and received, annotated")


def usage(message: str) -> ExchangeError:
    return ExchangeError("usage", "arguments", message, "see --help")


def group_of(options: argparse.Namespace) -> nk.Group:
    if (options.prime is None) != (options.generator is None):
        raise usage("--prime and --generator go together")
    if options.prime is not None:
        if options.group is not None:
            raise usage("--group or --prime, not both")
        try:
            return nk.Group.custom(options.prime, options.generator)
        except ValueError as error:
            raise usage(str(error)) from None
    default = "ffdhe2048" if options.profile == "classic" else "ffdhe3072"
    try:
        return nk.Group.named(options.group or default)
    except KeyError:
        raise usage(f"{options.group} is not an RFC 7919 group of this program") from None


def psk_of(options: argparse.Namespace) -> bytes | None:
    if options.profile == "classic" or options.no_authentication:
        if options.psk_file is not None:
            raise usage("--psk-file is for profile sealed with authentication")
        return None
    if options.psk_file is None:
        raise usage("profile sealed needs --psk-file or --no-authentication")
    try:
        psk = Path(options.psk_file).read_bytes()
        mode = os.stat(options.psk_file).st_mode
    except OSError as error:
        raise usage(str(error)) from None
    if len(psk) != 32 or mode & 0o077:
        raise usage("the pre-shared key's file needs 32 raw bytes and mode 0600")
    return psk


def settings_of(options: argparse.Namespace) -> Settings:
    """Raises ExchangeError `usage` for what does not go together."""
    needed = ("listen", "image") if options.role == "sender" else ("connect",)
    for option in needed:
        if getattr(options, option) is None:
            raise usage(f"{options.role} needs --{option}")
    group = group_of(options)
    classic, sealed = ("aes-128-ecb", "aes-128-ctr"), ("cobblestone-128",)
    ciphers = classic if options.profile == "classic" else sealed
    cipher = options.cipher or ciphers[0]
    if cipher not in ciphers:
        raise usage(f"{cipher} is not a cipher of profile {options.profile}")
    if options.profile == "sealed" and group.is_textbook:
        raise usage("profile sealed needs a group of 2048 bits or more")
    if options.profile == "sealed" and group.is_unchecked:
        raise usage("profile sealed needs P = 2q+1 with a prime q, and G of order q")
    exponent = options.private_exponent
    if exponent is None:
        exponent = group.draw_exponent()
    elif not 1 <= exponent <= group.p - 2 or group.public_value(exponent) in (1, group.p - 1):
        raise usage("the private exponent must be in [1, P-2], its public value not 1 or P-1")
    nonce = options.fixed_nonce or secrets.token_bytes(32)
    fixed = {"aes-128-ctr": options.fixed_counter, "cobblestone-128": options.fixed_salt}
    return Settings(
        ROLES[options.role], options.name, options.peer, PROFILES[options.profile],
        CIPHERS[cipher], group, psk_of(options), exponent, options.private_exponent is not None,
        nonce, fixed.get(cipher), options.max_bytes,
    )


def accepted(options: argparse.Namespace) -> socket.socket:
    try:
        listener = socket.create_server(options.listen, backlog=1)
    except OSError as error:
        raise ExchangeError("listen_failed", "listen", str(error)) from None
    with listener:
        emit(options, "listening", listener.getsockname())
        link, where = listener.accept()
        emit(options, "connected", where)
        return link


def connected(options: argparse.Namespace, end: float | None = None) -> socket.socket:
    end = time.monotonic() + options.connect_timeout if end is None else end
    while True:
        try:
            left = max(0.01, end - time.monotonic())
            link = socket.create_connection(options.connect, timeout=left)
            emit(options, "connected", options.connect)
            return link
        except OSError as error:
            if time.monotonic() >= end:
                raise ExchangeError("connect_failed", "connect", str(error)) from None
            time.sleep(0.02)


def connect(
    options: argparse.Namespace, settings: Settings, dump: Dump, exchange_type: type[Exchange]
) -> Exchange:
    """An exchange with a confirmed key. Raises ExchangeError."""
    def begin(link: socket.socket) -> Exchange:
        end = time.monotonic() + options.handshake_timeout
        fresh = settings if options.fixed_nonce else dataclasses.replace(
            settings, nonce=secrets.token_bytes(32), exponent=settings.exponent
            if settings.fixed_exponent else settings.group.draw_exponent())
        return exchange_type(fresh, Connection(link, Deadline(options.idle_timeout, end), dump))

    return reception.winner(options, begin) if options.role == "sender" else calling(options, begin)


def calling(
    options: argparse.Namespace, begin: Callable[[socket.socket], Exchange]
) -> Exchange:
    """The receiver's way: again where a connection ends before the sender's HELLO."""
    end = time.monotonic() + options.connect_timeout
    earlier: ExchangeError | None = None
    while True:
        try:
            link = connected(options, end)
        except ExchangeError as error:
            raise earlier or error from None
        exchange = begin(link)
        try:
            exchange.handshake()
            return exchange
        except ExchangeError as error:
            give_up(exchange.connection, error)
            link.close()
            again = error.code in ("truncated", "connection_lost") and not exchange.knows_peer
            if not again or time.monotonic() >= end:
                raise
            earlier = error
        except BaseException:
            give_up(exchange.connection, STOPPED)
            raise
        time.sleep(0.02)


# The two roles


def run_sender(
    options: argparse.Namespace, exchange: Exchange, image: bytes
) -> tuple[bytes, bytes]:
    ciphertext = exchange.transmit(image)
    if options.store_encrypted:
        store_all([(options.store_encrypted, ciphertext)])
    return image, ciphertext


def run_receiver(options: argparse.Namespace, exchange: Exchange) -> tuple[bytes, bytes]:
    plaintext, ciphertext = exchange.take()
    wanted = [(options.store_encrypted, ciphertext), (options.store_decrypted, plaintext)]
    store_all([(path, data) for path, data in wanted if path])
    # The image is stored, whether the sender hears of it or not.
    with contextlib.suppress(ExchangeError):
        exchange.acknowledge(len(plaintext))
    return plaintext, ciphertext


def run(options: argparse.Namespace, exchange_type: type[Exchange] = Exchange) -> dict[str, object]:
    """One whole exchange, and its result. Raises ExchangeError."""
    settings = settings_of(options)
    image = read_image(options.image) if options.role == "sender" else b""
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(open(options.dump, "w")) if options.dump else None
        other = "receiver" if options.role == "sender" else "sender"
        exchange = connect(options, settings, Dump(output, options.role, other), exchange_type)
        connection = exchange.connection
        stack.enter_context(connection.link)
        try:
            if options.role == "sender":
                plaintext, ciphertext = run_sender(options, exchange, image)
            else:
                plaintext, ciphertext = run_receiver(options, exchange)
        except ExchangeError as error:
            give_up(connection, error)
            raise
        except BaseException:
            give_up(connection, STOPPED)
            raise
    return result(options, exchange, plaintext, ciphertext)


def read_image(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ExchangeError("image_unreadable", "image", str(error)) from None


def result(
    options: argparse.Namespace, exchange: Exchange, plaintext: bytes, ciphertext: bytes
) -> dict[str, object]:
    my = exchange.my
    return {
        "program": "peer.py", "version": "0.1.0", "role": options.role, "board": my.name,
        "peer": exchange.theirs.name.decode(), "profile": options.profile,
        "group": my.group.name, "groupBits": my.group.bits,
        "cipher": next(name for name, code in CIPHERS.items() if code == my.cipher),
        "authentication": "none" if my.psk is None else "psk",
        "plaintextBytes": len(plaintext), "ciphertextBytes": len(ciphertext),
        "sha256": {
            "plaintext": hashlib.sha256(plaintext).hexdigest(),
            "ciphertext": hashlib.sha256(ciphertext).hexdigest(),
        },
        "keyConfirmed": exchange.confirmed, "transcript": exchange.keys.th.hex(),
        "publicValue": exchange.hello.value.hex(), "peerPublicValue": exchange.theirs.value.hex(),
        "nonce": exchange.hello.nonce.hex(),
        "insecure": my.insecure,
    }


class Interrupted(Exception):
    """A signal that asks to end; its argument is the signal's number."""


def interrupt(number: int, _: object) -> NoReturn:
    raise Interrupted(number)


def failure(code: str, step: str, message: str, hint: str, status: int) -> int:
    error = {"code": code, "step": step, "message": message, "hint": hint}
    print(json.dumps(
        {"program": "peer.py", "version": "0.1.0", "error": error, "exitCode": status}))
    return status


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
        signal.signal(number, interrupt)
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    try:
        print(json.dumps(run(parser.parse_args())))
        return 0
    except ExchangeError as error:
        return failure(error.code, error.step, error.message, error.hint, error.exit_code)
    except Interrupted as signal_number:
        number = int(signal_number.args[0])
        return failure("interrupted", "stop", f"signal {number}", "", 128 + number)


if __name__ == "__main__":
    sys.exit(main())
