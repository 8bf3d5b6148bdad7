"""Exchanges that must succeed, and sides that are configured differently."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import harness
from harness import PEER, REAL, Board, Ending, InteropTest, Programs, Scratch, needs_programs
from numbers_and_keys import CHUNK

# 1 << 19 is a whole piece of the pipelines, which has to end with padding or a short chunk.
SIZES = (0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 1 << 19, 1 << 20, (1 << 20) + 3)
CIPHERS = {"aes-128-ecb": "classic", "aes-128-ctr": "classic", "cobblestone-128": "sealed"}


def rfc3526_prime() -> int:
    """p = 2^2048 - 2^1984 - 1 + 2^64 (floor(2^1918 pi) + 124476), RFC 3526 section 3."""
    guard = 64

    def inverse_tangent(x: int) -> int:
        power = (1 << (1918 + guard)) // x
        total, n = 0, 1
        while power:
            total += power // n if n % 4 == 1 else -(power // n)
            power //= x * x
            n += 2
        return total

    pi = 4 * (4 * inverse_tangent(5) - inverse_tangent(239)) >> guard
    return (1 << 2048) - (1 << 1984) - 1 + ((pi + 124476) << 64)


def security_variants(psk: Path) -> list[list[str]]:
    """Options of both sides: every profile, group and authentication, each with its ciphers."""
    sealed, with_key = ["--profile", "sealed"], ["--psk-file", str(psk)]
    own = ["--prime", hex(rfc3526_prime()), "--generator", "2"]
    return [
        ["--profile", "classic"],
        *(["--group", f"ffdhe{bits}"] for bits in (2048, 3072, 4096)),
        ["--prime", "23", "--generator", "5"],
        ["--prime", "0x17", "--generator", "2", "--cipher", "aes-128-ctr"],
        ["--prime", "5", "--generator", "2"],
        ["--prime", str((1 << 521) - 1), "--generator", "3"],
        own, [*sealed, *own, *with_key],
        [*sealed, *with_key], [*sealed, "--no-authentication"],
        *([*sealed, "--group", f"ffdhe{bits}", *with_key] for bits in (2048, 4096)),
    ]


class TransferTest(InteropTest):
    def setUp(self) -> None:
        self.scratch = Scratch(self)

    def check(self, senders: Programs, receivers: Programs, size: int, options: list[str],
              image: Path | None = None) -> list[str]:
        image, output = image or self.scratch.image(size), self.scratch.output()
        endings = harness.transfer(senders, receivers, image, output, options)
        return harness.transfer_faults(image, output, *endings)

    def check_all_sizes(self, pairs: list[tuple[Programs, Programs]]) -> None:
        for size in SIZES:
            self.scratch.image(size)

        def run(case: tuple[tuple[Programs, Programs], str, int]) -> list[str]:
            (senders, receivers), cipher, size = case
            security = self.scratch.security(CIPHERS[cipher])
            return self.check(senders, receivers, size, [*security, "--cipher", cipher])

        self.assert_none_fails(product(pairs, CIPHERS, SIZES), run)

    def check_all_variants(self, pairs: list[tuple[Programs, Programs]]) -> None:
        self.scratch.image(20000)

        def run(case: tuple[tuple[Programs, Programs], list[str]]) -> list[str]:
            return self.check(*case[0], 20000, case[1])

        self.assert_none_fails(product(pairs, security_variants(self.scratch.psk)), run)


class PeerTransferTests(TransferTest):
    def test_every_size_and_cipher(self) -> None:
        self.check_all_sizes([(PEER, PEER)])

    def test_every_profile_group_and_authentication(self) -> None:
        self.check_all_variants([(PEER, PEER)])


@needs_programs
class ProgramTransferTests(TransferTest):
    def pairs(self) -> list[tuple[Programs, Programs]]:
        assert REAL is not None
        return [(REAL, REAL), (REAL, PEER), (PEER, REAL)]

    def test_every_size_and_cipher(self) -> None:
        self.check_all_sizes(self.pairs())

    def test_every_profile_group_and_authentication(self) -> None:
        self.check_all_variants(self.pairs())

    def test_fixed_exponents_of_the_classroom(self) -> None:
        for senders, receivers in self.pairs():
            image, output = self.scratch.image(20), self.scratch.output()
            group = ["--prime", "23", "--generator", "5"]
            endings = self.exchange(
                senders, receivers, image, output,
                ["--private-exponent", "6", *group], ["--private-exponent", "0xf", *group])
            for ending, mine, other in zip(endings, ("08", "13"), ("13", "08")):
                self.assertEqual(ending.status, 0, str(ending))
                self.assertEqual(ending.output["publicValue"], mine)
                self.assertEqual(ending.output["peerPublicValue"], other)
                self.assertEqual(
                    set(ending.output["insecure"]),
                    {"textbook-group", "fixed-private-exponent", "no-authentication"})
            self.assertEqual((output / "dec").read_bytes(), image.read_bytes())

    def exchange(
        self, senders: Programs, receivers: Programs, image: Path, output: Path,
        of_sender: list[str], of_receiver: list[str],
    ) -> tuple[Ending, Ending]:
        """One exchange of sides with options of their own."""
        with Board([
            *senders.sender, "--listen", "127.0.0.1:0", "--image", str(image), "--events",
            "--name", "alice", "--attempts", "1", *of_sender,
        ]) as sender, Board([
            *receivers.receiver, "--connect", f"127.0.0.1:{sender.port()}", "--name", "bob",
            "--store-decrypted", str(output / "dec"), *of_receiver,
        ]) as receiver:
            return sender.finish(), receiver.finish()

    def test_digests(self) -> None:
        for cipher, profile in CIPHERS.items():
            options = [*self.scratch.security(profile), "--cipher", cipher,
                       "--digest", "plaintext,ciphertext"]
            image, output = self.scratch.image(CHUNK * 3), self.scratch.output()
            assert REAL is not None
            sender, receiver = harness.transfer(REAL, REAL, image, output, options)
            self.assertEqual(harness.transfer_faults(image, output, sender, receiver), [])
            for ending in (sender, receiver):
                self.assertEqual(ending.output["sha256"], harness.digests(image, output))

    def test_different_configurations_are_refused_by_both(self) -> None:
        sealed = self.scratch.security("sealed")
        other_key = self.scratch.path / "other"
        other_key.touch(mode=0o600)
        other_key.write_bytes(bytes(range(1, 33)))
        key_2 = [*sealed[:-1], str(other_key)]
        open_ = [*sealed[:4], "--no-authentication"]
        cases = [
            ([], ["--cipher", "aes-128-ctr"], "mismatch"),
            ([], ["--group", "ffdhe3072"], "mismatch"),
            ([], sealed, "mismatch"), (open_, sealed, "mismatch"),
            (["--peer", "carol"], [], "mismatch"), (sealed, key_2, "key_confirmation_failed"),
            (["--prime", "23", "--generator", "5"], ["--prime", "23", "--generator", "7"],
             "mismatch"),
        ]
        self.assert_none_fails(product(self.pairs(), cases), self.check_refusal)

    def check_refusal(
        self, case: tuple[tuple[Programs, Programs], tuple[list[str], list[str], str]]
    ) -> list[str]:
        (senders, receivers), (of_sender, of_receiver, expected) = case
        output = self.scratch.output()
        image = self.scratch.image(16)
        endings = self.exchange(senders, receivers, image, output, of_sender, of_receiver)
        codes = {ending.code for ending in endings}
        wrong = [str(ending) for ending in endings if ending.status == 0]
        if expected not in codes or not codes <= {expected, "peer_alert"}:
            wrong.append(f"expected {expected}: {endings[0]}; {endings[1]}")
        return wrong + [f"left behind: {path.name}" for path in output.iterdir()]
