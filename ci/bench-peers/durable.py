"""What it costs that stored files outlast a power failure: the same exchange with --durable and without, in turn.

Over loopback, profile sealed, the decrypted image stored on the disk that holds the folder. The times are those of the
receiver: from its start to the receipt, and how much of it is storing. A first pair is not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median

SIZES = (1_000_000, 100_000_000)


def exchange(programs: Path, folder: Path, key: Path, image: Path, *options: str) -> dict[str, int]:
    """The receiver's times in nanoseconds."""
    common = ["--profile", "sealed", "--psk-file", str(key), *options]
    sender = subprocess.Popen(
        [programs / "pi-sender", "--listen", "127.0.0.1:0", "--image", str(image), "--name", "alice",
         "--events", *common], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with sender:
        assert sender.stderr is not None
        port = json.loads(sender.stderr.readline())["port"]
        receiver = subprocess.run(
            [programs / "pi-receiver", "--connect", f"127.0.0.1:{port}", "--name", "bob",
             "--store-decrypted", str(folder / "stored"), *common], stdout=subprocess.PIPE, text=True)
        sender.stderr.read()
    result = json.loads(receiver.stdout)
    if receiver.returncode or sender.returncode:
        raise SystemExit(f"bench: the exchange failed: {result}")
    return result["nanoseconds"]


def bench(programs: Path, folder: Path, repeats: int, output: Path | None) -> int:
    document = []
    with tempfile.TemporaryDirectory(prefix=".pilab-bench-", dir=folder) as scratch:
        place = Path(scratch)
        key, image = place / "key", place / "image"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(32))
        print(f"{'bytes':>10} {'':>8} {'total':>10} {'store':>10}   medians of {repeats}, ms")
        for size in SIZES:
            image.write_bytes(os.urandom(size))
            times: dict[str, list[dict[str, int]]] = {"plain": [], "durable": []}
            for number in range(repeats + 1):
                for name, options in (("plain", []), ("durable", ["--durable"])):
                    # What one leaves to be written is not the next one's matter.
                    os.sync()
                    found = exchange(programs, place, key, image, *options)
                    if number:
                        times[name].append(found)
            middle = {name: {step: median(one[step] for one in all_) for step in ("total", "store")}
                      for name, all_ in times.items()}
            for name, found in middle.items():
                print(f"{size:>10} {name:>8} {found['total'] / 1e6:>10.2f} {found['store'] / 1e6:>10.2f}")
            ratio = middle["durable"]["total"] / middle["plain"]["total"]
            print(f"{size:>10} durable takes {ratio:.2f} times as long")
            document.append({"bytes": size, "ratio": ratio, "times": times})
    if output:
        output.write_text(json.dumps(document, indent=2) + "\n")
    return 0
