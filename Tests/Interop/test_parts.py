"""The peer's own parts against published vectors and properties."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import unittest
import zlib
from pathlib import Path

import numbers_and_keys as nk
from harness import HERE, smooth_prime

# Wycheproof, testvectors_v1; not part of the project.
VECTORS = HERE.parents[2] / "shared/vectors/c2sp_chunked_encryption_aes_128_gcm_test.json"


class GroupTests(unittest.TestCase):
    def test_rfc7919_primes_are_safe_primes_with_generator_two(self) -> None:
        # The low 128 bits as RFC 7919 prints them: FFFFFFFF FFFFFFFF after these.
        ends = {2048: 0x886B423861285C97, 3072: 0x25E41D2B66C62E37, 4096: 0xC68A007E5E655F6A}
        for bits, end in ends.items():
            group = nk.Group.named(f"ffdhe{bits}")
            self.assertEqual(group.bits, bits)
            self.assertEqual(group.p % (1 << 128), (end << 64) | 0xFFFFFFFFFFFFFFFF)
            # By Pocklington's criterion P is prime with it: q is larger than its root, and 2^2-1 = 3 divides it not.
            self.assertTrue(nk.is_prime((group.p - 1) // 2))
            self.assertEqual(pow(2, (group.p - 1) // 2, group.p), 1)
            self.assertNotEqual(group.p % 3, 0)

    def test_classroom_exchange(self) -> None:
        group = nk.Group.custom(23, 5)
        self.assertEqual((group.public_value(6), group.public_value(15)), (8, 19))
        self.assertEqual(group.shared_secret(19, 6), b"\x02")
        self.assertEqual(group.shared_secret(8, 15), b"\x02")
        self.assertIsNone(group.prime_order)  # 5 generates all of 1 to 22

    def test_public_values_out_of_range_or_subgroup_are_refused(self) -> None:
        group = nk.Group.named("ffdhe2048")
        p = group.p
        nonresidue = next(v for v in range(3, 100) if pow(v, (p - 1) // 2, p) != 1)
        for value in (0, 1, p - 1, p, p + 5, nonresidue):
            self.assertFalse(group.accepts_public_value(value))
        self.assertTrue(group.accepts_public_value(group.public_value(group.draw_exponent())))

    def test_custom_groups_must_be_primes_with_a_fitting_generator(self) -> None:
        for p, g in ((21, 2), (22, 5), (23, 1), (23, 22), (561, 2), ((1 << 8193) - 1, 2)):
            with self.assertRaises(ValueError, msg=f"{p} {g}"):
                nk.Group.custom(p, g)

    def test_groups_that_are_large_and_broken(self) -> None:
        good = nk.Group.named("ffdhe2048")
        nonresidue = next(v for v in range(3, 100) if pow(v, (good.p - 1) // 2, good.p) != 1)
        smooth, generator = smooth_prime(2048)
        for group, unchecked, breakable in (
            (good, False, False), (nk.Group.custom(23, 5), False, False),
            (nk.Group.custom(good.p, nonresidue), True, False),
            (nk.Group.custom(smooth, generator), True, True),
        ):
            self.assertEqual((group.is_unchecked, group.is_breakable), (unchecked, breakable))

    def test_exponent_lengths(self) -> None:
        for name, bits in (("ffdhe2048", 225), ("ffdhe3072", 275), ("ffdhe4096", 325)):
            self.assertEqual(nk.Group.named(name).draw_exponent().bit_length(), bits)


class CipherTests(unittest.TestCase):
    @unittest.skipUnless(VECTORS.exists(), "the Wycheproof vectors are not there")
    def test_cobblestone_vectors(self) -> None:
        groups = json.loads(VECTORS.read_text())["testGroups"]
        cases = [case for group in groups for case in group["tests"]]
        self.assertEqual(len(cases), 35)
        for case in cases:
            with self.subTest(case["tcId"], comment=case["comment"]):
                self.check_cobblestone(case)

    def check_cobblestone(self, case: dict[str, str]) -> None:
        key, context = bytes.fromhex(case["key"]), bytes.fromhex(case["ctx"])
        ciphertext = zlib.decompress(bytes.fromhex(case["ct"]))
        if case["result"] != "valid":
            with self.assertRaises(nk.IntegrityError):
                nk.Cobblestone.decrypt(key, context, ciphertext)
            return
        plaintext = nk.Cobblestone.decrypt(key, context, ciphertext)
        self.assertEqual(hashlib.sha512(plaintext).hexdigest(), case["msgSha512"])
        again = nk.Cobblestone.encrypt(key, context, plaintext, ciphertext[:24])
        self.assertEqual(again, ciphertext)

    def test_ecb_and_ctr_vectors_of_sp_800_38a(self) -> None:
        key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
        block = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
        ecb = bytes.fromhex("3ad77bb40d7a3660a89ecaf32466ef97")
        self.assertEqual(nk.ecb_encrypt(key, block)[:16], ecb)
        self.assertEqual(nk.ecb_decrypt(key, nk.ecb_encrypt(key, block)), block)

    def test_padding_errors_are_found(self) -> None:
        key = bytes(16)
        for last in (0, 17, 2):
            bad = nk.ecb_encrypt(key, bytes(15) + bytes([last]))[:16]
            with self.assertRaises(nk.IntegrityError):
                nk.ecb_decrypt(key, bad)

    def test_lengths_and_round_trips(self) -> None:
        keys = nk.Keys.derive(b"\x02", None, bytes(32))
        for size in (0, 1, 15, 16, 17, 16383, 16384, 16385, 40000):
            plaintext = bytes(range(256)) * 157
            for cipher in (nk.ECB, nk.CTR, nk.COBBLESTONE):
                ciphertext = nk.encrypt_image(cipher, keys, plaintext[:size])
                self.assertEqual(len(ciphertext), nk.ciphertext_length(cipher, size))
                self.assertEqual(nk.decrypt_image(cipher, keys, ciphertext), plaintext[:size])


class ScriptTests(unittest.TestCase):
    def run_script(self, name: str, *arguments: str, text: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, str(HERE / name), *arguments], input=text, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def test_dh_oracle(self) -> None:
        self.assertEqual(self.run_script("dh_oracle.py", text="17 5 6 f\n"), (0, "8 13 2\n"))
        self.assertEqual(self.run_script("dh_oracle.py", text="17 5 6\n")[0], 2)

    def test_the_page_shows_what_the_peer_does(self) -> None:
        status, output = self.run_script("make_dump.py", "--check")
        self.assertEqual(status, 0, output)


if __name__ == "__main__":
    unittest.main()
