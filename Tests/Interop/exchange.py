"""One side of the exchange of docs/protocol.md over a `wire.Connection`."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property

import numbers_and_keys as nk
import wire
from wire import Connection, ExchangeError, Hello

SETTLING = 1.0  # seconds that a sender waits for the end of the stream after RECEIPT


@dataclass(frozen=True)
class Settings:
    """All that one side is configured with."""

    role: int
    name: str
    peer: str | None
    profile: int
    cipher: int
    group: nk.Group
    psk: bytes | None
    exponent: int
    fixed_exponent: bool
    nonce: bytes
    salt_or_counter: bytes | None
    max_bytes: int

    @property
    def authentication(self) -> int:
        return nk.NO_AUTHENTICATION if self.psk is None else nk.PRE_SHARED_KEY

    @property
    def insecure(self) -> list[str]:
        flags = {
            "textbook-group": self.group.is_textbook,
            "unchecked-subgroup": self.group.is_unchecked,
            "breakable-generator": self.group.is_breakable,
            "fixed-private-exponent": self.fixed_exponent,
            "no-authentication": self.psk is None,
        }
        return [flag for flag, is_set in flags.items() if is_set]


class Exchange:
    """One side of one exchange. `send` or `receive` runs it; each step is a method of its own."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self.my, self.connection = settings, connection
        self.theirs: Hello
        self.keys: nk.Keys
        self.confirmed = False

    @property
    def knows_peer(self) -> bool:
        """Whether the peer's HELLO has come."""
        return hasattr(self, "theirs")

    # Handshake

    @cached_property
    def hello(self) -> Hello:
        my = self.my
        value = my.group.public_value(my.exponent).to_bytes(my.group.length, "big")
        return Hello(
            my.role, my.profile, my.authentication, my.cipher, my.group.identifier, my.nonce,
            my.name.encode(), value,
        )

    def handshake(self) -> None:
        self.connection.send_preamble()
        self.connection.send_frame(wire.HELLO, self.hello.encode())
        self.connection.receive_preamble()
        payload = self.connection.receive_frame(wire.HELLO)
        self.theirs = Hello.decode(payload)
        self.check_hello(self.theirs)
        self.derive_keys()
        self.connection.deadline.step = "confirm"
        self.connection.send_frame(wire.CONFIRM, self.keys.mac(self.my.role, b"confirm"))
        received = self.connection.receive_frame(wire.CONFIRM)
        if not hmac.compare_digest(received, self.keys.mac(self.theirs.role, b"confirm")):
            raise ExchangeError(
                "key_confirmation_failed", "confirm", "the peer did not prove the same key",
                "check that both boards have the same pre-shared key",
            )
        self.confirmed = True
        self.connection.deadline.handshake_end = None

    def check_hello(self, theirs: Hello) -> None:
        """The page's five checks in its order."""
        my, group = self.my, self.my.group
        if theirs.role != 3 - my.role or theirs.nonce == my.nonce:
            raise ExchangeError("reflected", "hello", "my own HELLO came back")
        for field in ("profile", "authentication", "cipher", "group"):
            if getattr(theirs, field) != getattr(self.hello, field):
                raise ExchangeError("mismatch", "hello", f"the peer has another {field}")
        if my.peer is not None and theirs.name != my.peer.encode():
            raise ExchangeError("mismatch", "hello", f"the peer is not {my.peer}")
        if len(theirs.value) != group.length:
            raise ExchangeError("bad_public_value", "hello", "it has not the length of P")
        value = int.from_bytes(theirs.value, "big")
        if not group.accepts_public_value(value):
            raise ExchangeError("bad_public_value", "hello", "the public value is out of range")
        if group.is_strict and theirs.value == self.hello.value:
            raise ExchangeError("reflected", "hello", "my own public value came back")

    def derive_keys(self) -> None:
        z = self.my.group.shared_secret(int.from_bytes(self.theirs.value, "big"), self.my.exponent)
        if z is None:
            raise ExchangeError("bad_public_value", "hello", "the shared secret is out of range")
        self.keys = nk.Keys.derive(z, self.my.psk, hashlib.sha256(self.transcript).digest())

    @property
    def transcript(self) -> bytes:
        hellos = sorted((self.hello, self.theirs), key=lambda hello: hello.role)
        return b"".join(
            wire.PREAMBLE + wire.frame(wire.HELLO, hello.encode()) for hello in hellos)

    # The sender's part

    def send(self, plaintext: bytes) -> bytes:
        """The whole exchange of a sender."""
        self.handshake()
        return self.transmit(plaintext)

    def transmit(self, plaintext: bytes) -> bytes:
        """Sends the image and returns its ciphertext once the receiver has confirmed it."""
        self.connection.require_silence()
        n = nk.u64(len(plaintext))
        ciphertext = self.ciphertext(plaintext)
        self.connection.deadline.step = "image"
        self.connection.send_frame(wire.HEADER, n + self.keys.mac(nk.SENDER, b"header", n))
        self.send_image(ciphertext)
        if self.my.profile == nk.CLASSIC:
            digest = hashlib.sha256(plaintext).digest()
            mac = self.keys.mac(nk.SENDER, b"trailer", n + digest)
            self.connection.send_frame(wire.TRAILER, digest + mac)
        self.connection.finish()
        self.receive_receipt(n)
        return ciphertext

    def ciphertext(self, plaintext: bytes) -> bytes:
        return nk.encrypt_image(self.my.cipher, self.keys, plaintext, self.my.salt_or_counter)

    def send_image(self, ciphertext: bytes) -> None:
        self.connection.dump.part("sent", "image", [("ciphertext", ciphertext)])
        for at in range(0, len(ciphertext), wire.BLOCK):
            self.connection.require_silence()
            self.connection.send(ciphertext[at : at + wire.BLOCK])

    def receive_receipt(self, n: bytes) -> None:
        self.connection.deadline.step = "receipt"
        receipt = self.connection.receive_frame(wire.RECEIPT)
        mac = self.keys.mac(nk.RECEIVER, b"receipt", n)
        if receipt[:8] != n or not hmac.compare_digest(receipt[8:], mac):
            raise ExchangeError("integrity_failure", "receipt", "the receipt does not verify")
        self.connection.settle(SETTLING)

    # The receiver's part

    def receive(self) -> tuple[bytes, bytes]:
        """Plaintext and ciphertext, verified; the caller stores them, then calls `acknowledge`."""
        self.handshake()
        return self.take()

    def take(self) -> tuple[bytes, bytes]:
        """What follows the handshake."""
        self.connection.deadline.step = "header"
        header = self.connection.receive_frame(wire.HEADER)
        if not hmac.compare_digest(header[8:], self.keys.mac(nk.SENDER, b"header", header[:8])):
            raise ExchangeError("integrity_failure", "header", "the header does not verify")
        n = int.from_bytes(header[:8], "big")
        if n > min(self.my.max_bytes, nk.LARGEST_IMAGE):
            raise ExchangeError("image_too_large", "header", f"{n} bytes are more than I accept")
        self.connection.deadline.step = "image"
        ciphertext = self.connection.image(nk.ciphertext_length(self.my.cipher, n))
        self.connection.dump.part("received", "image", [("ciphertext", ciphertext)])
        digest = self.receive_trailer(header[:8]) if self.my.profile == nk.CLASSIC else None
        self.connection.end_of_stream()
        return self.decrypt(ciphertext, n, digest), ciphertext

    def receive_trailer(self, n: bytes) -> bytes:
        self.connection.deadline.step = "trailer"
        trailer = self.connection.receive_frame(wire.TRAILER)
        mac = self.keys.mac(nk.SENDER, b"trailer", n + trailer[:32])
        if not hmac.compare_digest(trailer[32:], mac):
            raise ExchangeError("integrity_failure", "trailer", "the trailer does not verify")
        return trailer[:32]

    def decrypt(self, ciphertext: bytes, n: int, digest: bytes | None) -> bytes:
        try:
            plaintext = nk.decrypt_image(self.my.cipher, self.keys, ciphertext)
        except nk.IntegrityError as error:
            raise ExchangeError("integrity_failure", "image", str(error)) from None
        if len(plaintext) != n:
            raise ExchangeError("integrity_failure", "image", "the image has another length")
        if digest is not None and hashlib.sha256(plaintext).digest() != digest:
            raise ExchangeError("integrity_failure", "image", "the image has another SHA-256")
        return plaintext

    def acknowledge(self, n: int) -> None:
        length = nk.u64(n)
        receipt = length + self.keys.mac(nk.RECEIVER, b"receipt", length)
        self.connection.deadline.step = "receipt"
        self.connection.send_frame(wire.RECEIPT, receipt)
