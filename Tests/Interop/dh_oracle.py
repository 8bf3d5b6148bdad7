#!/usr/bin/python3
"""Diffie-Hellman by Python's `pow`, for differential tests.

Reads lines `p g a b` (hexadecimal) and writes, for each, `g^a mod p`, `g^b mod p` and the secret
`g^(ab) mod p` (hexadecimal, no leading zeros) on one line. Stops with exit code 1 where the two
sides would not agree and 2 on a malformed line.
"""

from __future__ import annotations

import sys


def answer(line: str) -> str:
    p, g, a, b = (int(word, 16) for word in line.split())
    x, y = pow(g, a, p), pow(g, b, p)
    secret = pow(y, a, p)
    if secret != pow(x, b, p):
        raise ArithmeticError("the two sides differ")
    return f"{x:x} {y:x} {secret:x}"


def main() -> int:
    for number, line in enumerate(sys.stdin, start=1):
        try:
            print(answer(line))
        except ValueError as error:
            print(f"line {number}: expected four hexadecimal numbers: {error}", file=sys.stderr)
            return 2
        except ArithmeticError as error:
            print(f"line {number}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
