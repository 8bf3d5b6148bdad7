#!/usr/bin/python3
"""The classroom exchange as one would write it in Python: the yardstick for ci/bench.

    classic.py sender   ADDRESS PORT IMAGE ENCRYPTED
    classic.py receiver ADDRESS PORT ENCRYPTED DECRYPTED

Diffie-Hellman in ffdhe2048, AES-128-ECB with the first half of the secret's SHA-256, the whole file
in memory. The sender sends the image's SHA-256 along, and the receiver checks it. No authentication.
"""

import hashlib
import secrets
import socket
import struct
import sys
import time

from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad, unpad

BITS = 2048
LENGTH = BITS // 8
G = 2


def ffdhe2048() -> int:
    """RFC 7919, appendix A.1: the prime by its formula."""
    term = e = 1 << (BITS - 130 + 64)
    k = 1
    while term:
        term //= k
        e += term
        k += 1
    return (1 << BITS) - (1 << (BITS - 64)) + (((e >> 64) + 560316) << 64) - 1


def receive_exactly(link: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        received = link.recv_into(view)
        if received == 0:
            raise ConnectionError("the peer closed too early")
        view = view[received:]
    return data


def agree_on_key(link: socket.socket) -> bytes:
    p = ffdhe2048()
    private = 2 + secrets.randbits(256)
    link.sendall(pow(G, private, p).to_bytes(LENGTH, "big"))
    public = int.from_bytes(receive_exactly(link, LENGTH), "big")
    if not 2 <= public <= p - 2:
        raise ValueError("the peer's public value is out of range")
    secret = pow(public, private, p).to_bytes(LENGTH, "big")
    return hashlib.sha256(secret).digest()[:16]


def send(address: str, port: int, image: str, encrypted: str) -> None:
    with socket.create_server((address, port)) as listener:
        link, _ = listener.accept()
    with link:
        key = agree_on_key(link)
        with open(image, "rb") as file:
            plaintext = file.read()
        ciphertext = AES.new(key, AES.MODE_ECB).encrypt(pad(plaintext, AES.block_size))
        with open(encrypted, "wb") as file:
            file.write(ciphertext)
        link.sendall(struct.pack(">Q", len(ciphertext)))
        link.sendall(ciphertext)
        link.sendall(hashlib.sha256(plaintext).digest())


def connect(address: str, port: int) -> socket.socket:
    end = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection((address, port))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def receive(address: str, port: int, encrypted: str, decrypted: str) -> None:
    with connect(address, port) as link:
        key = agree_on_key(link)
        (size,) = struct.unpack(">Q", receive_exactly(link, 8))
        ciphertext = receive_exactly(link, size)
        digest = receive_exactly(link, 32)
    with open(encrypted, "wb") as file:
        file.write(ciphertext)
    plaintext = unpad(AES.new(key, AES.MODE_ECB).decrypt(ciphertext), AES.block_size)
    if hashlib.sha256(plaintext).digest() != digest:
        raise ValueError("the image was changed on its way")
    with open(decrypted, "wb") as file:
        file.write(plaintext)


if __name__ == "__main__":
    role, address, port, first, second = sys.argv[1:]
    (send if role == "sender" else receive)(address, int(port), first, second)
