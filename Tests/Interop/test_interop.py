#!/usr/bin/python3
"""All interoperation tests: `test_interop.py [-v] [PATTERN]`.

Tests peer.py against its own kind, and where PILAB_PROGRAMS names the folder of pi-sender and
pi-receiver these too: against each other, against peer.py and against attack.py. Where they are of another
processor, PILAB_RUNNER says what runs them (qemu-aarch64), PILAB_USUAL the folder of those of this one, which they
are compared with, and PILAB_SWEEP=N has each Nth case alone of every byte and every bit.
"""

from __future__ import annotations

import sys
import unittest

from harness import HERE, REAL


def main() -> int:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{word}*" for word in words] or None
    suite = unittest.TestSuite(
        loader.discover(str(HERE), pattern=f"test_{part}.py")
        for part in ("parts", "transfers", "files", "faults", "hostile", "secrets", "embedded"))
    if suite.countTestCases() == 0:
        print(f"no test matches {' '.join(words)}", file=sys.stderr)
        return 64
    if REAL is None:
        print("PILAB_PROGRAMS=DIR is not set: pi-sender and pi-receiver are not tested")
    verbosity = 2 if "-v" in sys.argv[1:] else 1
    return 0 if unittest.TextTestRunner(verbosity=verbosity).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
