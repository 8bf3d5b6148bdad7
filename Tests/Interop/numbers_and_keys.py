"""Groups, keys and ciphers of docs/protocol.md, written from that page alone.

Big numbers are Python's own, HKDF and AES come from the `cryptography` package.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

SENDER, RECEIVER = 1, 2
CLASSIC, SEALED = 1, 2
NO_AUTHENTICATION, PRE_SHARED_KEY = 0, 1
ECB, CTR, COBBLESTONE = 1, 2, 3

CHUNK = 16384  # plaintext bytes of a full Cobblestone chunk
TAG = 16
TEXTBOOK_BELOW_BITS = 2048
SMALL_BELOW = 1 << 20  # prime factors that make an order breakable
STRICT_FROM_BITS = 512  # from here a value can no longer repeat by chance
LARGEST_IMAGE = 1 << 36

# RFC 7919 appendix A: the X of the prime's formula, the shortest private exponent in bits.
RFC7919_OFFSETS = {2048: 560316, 3072: 2625351, 4096: 5736041}
RFC7919_EXPONENT_BITS = {2048: 225, 3072: 275, 4096: 325, 6144: 375, 8192: 400}


class IntegrityError(Exception):
    """The image's bytes do not verify."""


# Groups


def euler_scaled(bits: int) -> int:
    """floor(2^bits * e), from the series of 1/k! with 64 guard bits."""
    guard = 64
    term = total = 1 << (bits + guard)
    divisor = 1
    while term:
        term //= divisor
        total += term
        divisor += 1
    return total >> guard


def rfc7919_prime(bits: int) -> int:
    """The prime of RFC 7919 by its formula (appendix A)."""
    middle = euler_scaled(bits - 130) + RFC7919_OFFSETS[bits]
    return (1 << bits) - (1 << (bits - 64)) + (middle << 64) - 1


@lru_cache(maxsize=16)
def is_prime(candidate: int) -> bool:
    """Miller-Rabin, 40 random bases: wrong with probability under 2^-80."""
    if candidate < 4 or candidate % 2 == 0:
        return candidate in (2, 3)
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(40):
        value = pow(2 + secrets.randbelow(candidate - 3), odd, candidate)
        if value in (1, candidate - 1):
            continue
        for _ in range(twos - 1):
            value = value * value % candidate
            if value == candidate - 1:
                break
        else:
            return False
    return True


@lru_cache(maxsize=1)
def small_primes() -> list[int]:
    """Those below 2^20, by the sieve."""
    is_candidate = bytearray([1]) * SMALL_BELOW
    for number in range(2, 1 << 10):
        if is_candidate[number]:
            multiples = range(number * number, SMALL_BELOW, number)
            is_candidate[number * number :: number] = bytes(len(multiples))
    return [number for number in range(2, SMALL_BELOW) if is_candidate[number]]


def to_bytes(number: int) -> bytes:
    """Big-endian without leading zeros."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@dataclass(frozen=True)
class Group:
    """P, G and what follows from them."""

    name: str
    p: int
    g: int

    @classmethod
    def named(cls, name: str) -> Group:
        """One of ffdhe2048, ffdhe3072 and ffdhe4096. Raises KeyError for any other name."""
        sizes = {f"ffdhe{bits}": bits for bits in RFC7919_OFFSETS}
        return cls(name, rfc7919_prime(sizes[name]), 2)

    @classmethod
    def custom(cls, p: int, g: int) -> Group:
        """A group of one's own. Raises ValueError where the page does not allow it."""
        if p.bit_length() > 8192 or p % 2 == 0 or not is_prime(p):
            raise ValueError("P must be an odd prime of at most 8192 bits")
        if not 2 <= g <= p - 2:
            raise ValueError("G must be from 2 to P-2")
        group = cls("custom", p, g)
        # Found now: it takes seconds, in which no peer should wait.
        _ = group.prime_order
        return group

    @property
    def bits(self) -> int:
        return self.p.bit_length()

    @property
    def length(self) -> int:
        """Bytes of P, of a public value and of the shared secret."""
        return (self.bits + 7) // 8

    @property
    def is_textbook(self) -> bool:
        return self.bits < TEXTBOOK_BELOW_BITS

    @property
    def is_strict(self) -> bool:
        return self.bits >= STRICT_FROM_BITS

    @cached_property
    def prime_order(self) -> int | None:
        """q where P = 2q+1 with q prime and G has order q, else None."""
        q = (self.p - 1) // 2
        known = self.name.startswith("ffdhe")
        return q if known or (is_prime(q) and pow(self.g, q, self.p) == 1) else None

    @property
    def is_unchecked(self) -> bool:
        """Whether it is large, and public values cannot be checked all the same."""
        return not self.is_textbook and self.prime_order is None

    @cached_property
    def is_breakable(self) -> bool:
        """Whether it is unchecked, and the small factors of P-1 alone take G to 1."""
        if not self.is_unchecked:
            return False
        power = self.g
        for prime in small_primes():
            part = self.p - 1
            while part % prime == 0:
                part //= prime
                power = pow(power, prime, self.p)
        return power == 1

    @property
    def identifier(self) -> bytes:
        p, g = to_bytes(self.p), to_bytes(self.g)
        return hashlib.sha256(b"pilab/1 group\0" + u16(len(p)) + p + u16(len(g)) + g).digest()

    def draw_exponent(self) -> int:
        """A fresh private exponent whose public value is neither 1 nor P-1."""
        while True:
            exponent = self._draw()
            if self.public_value(exponent) not in (1, self.p - 1):
                return exponent

    def _draw(self) -> int:
        if self.is_textbook:
            return 1 + secrets.randbelow(self.p - 2)
        bits = next(short for size, short in RFC7919_EXPONENT_BITS.items() if size >= self.bits)
        return (1 << (bits - 1)) | secrets.randbits(bits - 1)

    def public_value(self, exponent: int) -> int:
        return pow(self.g, exponent, self.p)

    def accepts_public_value(self, value: int) -> bool:
        """Whether a peer's public value is in range and, where that is known, in the subgroup."""
        if not 2 <= value <= self.p - 2:
            return False
        return self.prime_order is None or pow(value, self.prime_order, self.p) == 1

    def shared_secret(self, peer_value: int, exponent: int) -> bytes | None:
        """Z with the length of P, or None where its value must be refused."""
        z = pow(peer_value, exponent, self.p)
        if self.is_strict and z in (0, 1, self.p - 1):
            return None
        return z.to_bytes(self.length, "big")


# Keys


def u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def hkdf_expand(algorithm: hashes.HashAlgorithm, prk: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(algorithm=algorithm, length=length, info=info).derive(prk)


@dataclass(frozen=True)
class Keys:
    """All that both sides derive from Z, the pre-shared key and the transcript hash."""

    z: bytes
    th: bytes
    prk: bytes
    ks: bytes
    kr: bytes
    transfer: bytes

    @classmethod
    def derive(cls, z: bytes, psk: bytes | None, th: bytes) -> Keys:
        prk = hmac.digest(psk or bytes(32), z, "sha256")  # HKDF-Extract

        def derived(label: bytes, length: int) -> bytes:
            return hkdf_expand(hashes.SHA256(), prk, b"pilab/1 " + label + b"\0" + th, length)

        return cls(
            z, th, prk, derived(b"confirm sender", 32), derived(b"confirm receiver", 32),
            derived(b"transfer key", 16),
        )

    @property
    def classic_image_key(self) -> bytes:
        return hashlib.sha256(self.z).digest()[:16]

    def mac(self, role: int, label: bytes, data: bytes = b"") -> bytes:
        """The MAC that the side with this role makes."""
        key = self.ks if role == SENDER else self.kr
        return hmac.digest(key, b"pilab/1 " + label + b"\0" + self.th + data, "sha256")


# Ciphers


def ciphertext_length(cipher: int, n: int) -> int:
    """c(n) of the page."""
    if cipher == ECB:
        return 16 * (n // 16 + 1)
    if cipher == CTR:
        return 16 + n
    return 56 + n + TAG * (n // CHUNK + 1)


def _run(context: CipherContext, data: bytes) -> bytes:
    return context.update(data) + context.finalize()


def ecb_encrypt(key: bytes, plaintext: bytes) -> bytes:
    padding = 16 - len(plaintext) % 16
    padded = plaintext + bytes([padding]) * padding
    return _run(Cipher(algorithms.AES(key), modes.ECB()).encryptor(), padded)


def ecb_decrypt(key: bytes, ciphertext: bytes) -> bytes:
    padded = _run(Cipher(algorithms.AES(key), modes.ECB()).decryptor(), ciphertext)
    padding = padded[-1]
    if not 1 <= padding <= 16 or padded[-padding:] != bytes([padding]) * padding:
        raise IntegrityError("the PKCS#7 padding is wrong")
    return padded[:-padding]


def ctr_encrypt(key: bytes, plaintext: bytes, prefix: bytes | None = None) -> bytes:
    """`prefix`: the 12 random bytes of the initial counter block, drawn unless given."""
    block = (secrets.token_bytes(12) if prefix is None else prefix) + u32(0)
    return block + _run(Cipher(algorithms.AES(key), modes.CTR(block)).encryptor(), plaintext)


def ctr_decrypt(key: bytes, ciphertext: bytes) -> bytes:
    block, body = ciphertext[:16], ciphertext[16:]
    return _run(Cipher(algorithms.AES(key), modes.CTR(block)).decryptor(), body)


class Cobblestone:
    """Cobblestone-128 of c2sp.org/chunked-encryption, the whole text at once."""

    INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM\0"

    def __init__(self, input_key: bytes, salt: bytes, context: bytes) -> None:
        if len(input_key) != 16:
            raise IntegrityError("the input key does not have 16 bytes")
        okm = hkdf_expand(hashes.SHA512(), input_key, self.INFO + salt + context, 60)
        self.key, self.base_nonce, self.commitment = okm[:16], okm[16:28], okm[28:]
        self._aead = AESGCM(self.key)

    def nonce(self, index: int) -> bytes:
        return (int.from_bytes(self.base_nonce, "big") ^ index).to_bytes(12, "big")

    @classmethod
    def encrypt(
        cls, input_key: bytes, context: bytes, plaintext: bytes, salt: bytes | None = None
    ) -> bytes:
        salt = secrets.token_bytes(24) if salt is None else salt
        stream = cls(input_key, salt, context)
        chunks = [
            stream._aead.encrypt(stream.nonce(i), plaintext[i * CHUNK : (i + 1) * CHUNK], None)
            for i in range(len(plaintext) // CHUNK + 1)
        ]
        return salt + stream.commitment + b"".join(chunks)

    @classmethod
    def decrypt(cls, input_key: bytes, context: bytes, ciphertext: bytes) -> bytes:
        if len(ciphertext) < 56 + TAG:
            raise IntegrityError("the ciphertext is shorter than its header and one tag")
        salt, commitment, body = ciphertext[:24], ciphertext[24:56], ciphertext[56:]
        stream = cls(input_key, salt, context)
        if not hmac.compare_digest(commitment, stream.commitment):
            raise IntegrityError("the key commitment is wrong")
        count = len(body) // (CHUNK + TAG) + 1  # the last chunk is short, or missing
        plaintext = []
        for i in range(count):
            chunk = body[i * (CHUNK + TAG) : (i + 1) * (CHUNK + TAG)]
            if len(chunk) < TAG:
                raise IntegrityError(f"chunk {i}, the short last one, is missing or cut")
            try:
                plaintext.append(stream._aead.decrypt(stream.nonce(i), chunk, None))
            except InvalidTag:
                raise IntegrityError(f"chunk {i} does not verify") from None
        return b"".join(plaintext)


def encrypt_image(cipher: int, keys: Keys, plaintext: bytes, fixed: bytes | None = None) -> bytes:
    """`fixed`: the salt (24 bytes) or counter prefix (12 bytes), for reproducible runs only."""
    if cipher == ECB:
        return ecb_encrypt(keys.classic_image_key, plaintext)
    if cipher == CTR:
        return ctr_encrypt(keys.classic_image_key, plaintext, fixed)
    return Cobblestone.encrypt(keys.transfer, keys.th, plaintext, fixed)


def decrypt_image(cipher: int, keys: Keys, ciphertext: bytes) -> bytes:
    """Raises IntegrityError."""
    if cipher == ECB:
        return ecb_decrypt(keys.classic_image_key, ciphertext)
    if cipher == CTR:
        return ctr_decrypt(keys.classic_image_key, ciphertext)
    return Cobblestone.decrypt(keys.transfer, keys.th, ciphertext)
