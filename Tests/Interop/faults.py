"""What an attacker can do wrong, and the error that its victim must end with.

Codes are those of docs/board-programs.md. `{role}` is the attacker's role.
"""

from __future__ import annotations

from dataclasses import dataclass

BOTH, SENDER, RECEIVER = ("sender", "receiver"), ("sender",), ("receiver",)
ANY, CLASSIC, SEALED = ("classic", "sealed"), ("classic",), ("sealed",)
FRAME, MISMATCH = ("bad_frame",), ("mismatch",)
VALUE, CONFIRM = ("bad_public_value",), ("key_confirmation_failed",)
INTEGRITY, REFLECTED = ("integrity_failure",), ("reflected",)
VALUES = ("0", "1", "p-1", "p", "p+5", "largest", "nonresidue")


@dataclass(frozen=True)
class Fault:
    """One way to misbehave: who can, in which profiles, and what the victim must say."""

    expected: tuple[str, ...]
    meaning: str
    roles: tuple[str, ...] = BOTH
    profiles: tuple[str, ...] = ANY


FAULTS: dict[str, Fault] = {
    "none": Fault((), "an honest peer: the control"),
    # Preamble and frames
    "magic": Fault(("bad_magic",), "another protocol's first bytes"),
    "version": Fault(("bad_version",), "preamble of version 2"),
    "unknown-type": Fault(FRAME, "a frame of type 0x42 instead of CONFIRM"),
    "second-hello": Fault(FRAME, "HELLO again instead of CONFIRM"),
    "skip-confirm": Fault(FRAME, "HEADER instead of CONFIRM"),
    "oversize:hello": Fault(FRAME, "a HELLO of 2^32-1 bytes"),
    "oversize:confirm": Fault(FRAME, "a CONFIRM of 2^32-1 bytes"),
    "oversize:header": Fault(FRAME, "a HEADER of 2^32-1 bytes", SENDER),
    "oversize:trailer": Fault(FRAME, "a TRAILER of 2^32-1 bytes", SENDER, CLASSIC),
    "oversize:receipt": Fault(FRAME, "a RECEIPT of 2^32-1 bytes", RECEIVER),
    "undersize:hello": Fault(FRAME, "a HELLO of 72 bytes"),
    "undersize:confirm": Fault(FRAME, "a CONFIRM of 31 bytes"),
    "undersize:header": Fault(FRAME, "a HEADER of 39 bytes", SENDER),
    "undersize:receipt": Fault(FRAME, "a RECEIPT of 39 bytes", RECEIVER),
    "alert-first": Fault(("peer_alert",), "ALERT instead of HELLO"),
    "alert": Fault(("peer_alert",), "ALERT instead of CONFIRM"),
    # HELLO
    "hello-longer": Fault(FRAME, "a byte after the public value"),
    "name-illegal": Fault(FRAME, "an upper-case letter in the name"),
    "unknown-role": Fault(FRAME, "role 3"),
    "unknown-profile": Fault(FRAME, "profile 0"),
    "unknown-cipher": Fault(FRAME, "cipher 4"),
    "unknown-authentication": Fault(FRAME, "authentication 2"),
    "value-short": Fault(VALUE, "a public value of one byte less than P"),
    "value-long": Fault(VALUE, "a public value with a zero more in front"),
    "reflect-hello": Fault(REFLECTED, "the victim's own HELLO"),
    "reflect-nonce": Fault(REFLECTED, "the victim's own nonce"),
    "reflect-value": Fault(REFLECTED, "the victim's own public value"),
    "name": Fault(MISMATCH, "another name than the victim was told"),
    "profile": Fault(MISMATCH, "the other profile"),
    "authentication": Fault(MISMATCH, "the other authentication"),
    "cipher": Fault(MISMATCH, "another cipher"),
    "group": Fault(MISMATCH, "ffdhe4096 and a public value of it"),
    "group-identifier": Fault(MISMATCH, "an unknown group of the same length"),
    "classic-cobblestone": Fault(MISMATCH, "classic with cobblestone-128", BOTH, CLASSIC),
    "classic-psk": Fault(MISMATCH, "classic with a pre-shared key", BOTH, CLASSIC),
    "downgrade": Fault(MISMATCH, "classic, no authentication, aes-128-ecb", BOTH, SEALED),
    **{f"value:{which}": Fault(VALUE, f"public value {which}") for which in VALUES},
    # CONFIRM
    "psk": Fault(CONFIRM, "another pre-shared key", BOTH, SEALED),
    "strip-psk": Fault(CONFIRM, "announces the key, derives without it", BOTH, SEALED),
    "confirm": Fault(CONFIRM, "one bit of CONFIRM's MAC"),
    "confirm-reflect": Fault(CONFIRM, "the victim's own CONFIRM"),
    # HEADER, image, TRAILER
    "header-mac": Fault(INTEGRITY, "one bit of HEADER's MAC", SENDER),
    "header-huge": Fault(("image_too_large",), "an image of 2^36+1 bytes", SENDER),
    "header-longer": Fault(("truncated",), "a byte more announced than sent", SENDER, SEALED),
    "header-shorter": Fault(
        ("integrity_failure", "trailing_data"), "a byte less announced than sent", SENDER, SEALED),
    "image-first": Fault(INTEGRITY, "one bit in the ciphertext's first byte", SENDER),
    "image-middle": Fault(INTEGRITY, "one bit in the ciphertext's middle", SENDER),
    "image-last": Fault(INTEGRITY, "one bit in the ciphertext's last byte", SENDER),
    "commitment": Fault(INTEGRITY, "one bit of the commitment", SENDER, SEALED),
    "chunk-swap": Fault(INTEGRITY, "the first two chunks exchanged", SENDER, SEALED),
    "chunk-missing": Fault(
        ("truncated",), "everything but the short last chunk", SENDER, SEALED),
    "trailer-mac": Fault(INTEGRITY, "one bit of TRAILER's MAC", SENDER, CLASSIC),
    "trailer-digest": Fault(INTEGRITY, "another digest, well authenticated", SENDER, CLASSIC),
    "trailer-missing": Fault(("truncated",), "no TRAILER", SENDER, CLASSIC),
    "stall-image": Fault(("idle_timeout",), "half of the image, then silence", SENDER),
    # RECEIPT and the end
    "receipt-mac": Fault(INTEGRITY, "one bit of RECEIPT's MAC", RECEIVER),
    "receipt-n": Fault(INTEGRITY, "another length, well authenticated", RECEIVER),
    "receipt-missing": Fault(("truncated",), "no RECEIPT", RECEIVER),
    "stall-receipt": Fault(("idle_timeout",), "silence instead of RECEIPT", RECEIVER),
    "garbage": Fault(("trailing_data",), "one byte after the end"),
    "silent": Fault(("handshake_timeout",), "nothing at all after the connection"),
}

# With an argument: `close:K`, `reset:K` and `stall:K` stop after K bytes, `flip:K.B` changes bit B
# (0 the lowest) of byte K of everything that the attacker sends.
SWEEPS = ("close", "reset", "stall", "flip")


def is_known(fault: str) -> bool:
    name, _, argument = fault.partition(":")
    if name == "flip":
        byte, _, bit = argument.partition(".")
        return byte.isdigit() and bit in tuple("01234567")
    return fault in FAULTS or (name in SWEEPS and argument.isdigit())
