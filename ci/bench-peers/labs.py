"""How long labs of network namespaces take to come and go: pilab beside Mininet and iproute2 by itself.

Each contestant is timed as whole processes, interpreter and all. Mininet makes the same lab: hosts on
one Linux bridge, without a controller. `ip -batch` makes namespaces, a bridge and addressed links by
two processes, one to make and one to remove them, and is the floor that nothing with a state file, a
lock and boards' folders can reach.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

TIMEOUT = 120.0

MININET = """
import sys
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo
net = Mininet(topo=SingleSwitchTopo(k=int(sys.argv[1])), switch=LinuxBridge, controller=None, waitConnected=False)
net.start()
net.stop()
"""


@dataclass
class Times:
    """Wall times of one contestant with one number of boards, in seconds."""

    contestant: str
    boards: int
    walls: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.walls)


def run(*command: str | Path, cwd: Path, stdin: str | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, input=stdin, text=True, timeout=TIMEOUT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed with {done.returncode}:\n{done.stdout}")


def write_manifest(folder: Path, boards: int, image: Path | None = None) -> None:
    folder.mkdir(exist_ok=True)
    names = ", ".join(f"b{number}: {{}}" for number in range(1, boards + 1))
    image = image or Path(folder, "image")
    if not image.exists():
        image.write_bytes(b"x")
    Path(folder, "lab.yaml").write_text(
        f"version: 1\nname: bench\nmode: namespace\nnetwork: {{ subnet: 10.77.0.0/16 }}\n"
        f"boards: {{ {names} }}\n"
        f"exchanges:\n  classic: {{ sender: b1, receiver: b2, image: {image} }}\n")


class Labs:
    def __init__(self, programs: Path, scratch: Path) -> None:
        self.pilab, self.scratch = programs / "pilab", scratch
        os.environ["PILAB_PROGRAMS"] = str(programs)

    def pilab_up_down(self, boards: int) -> None:
        folder = self.scratch / f"lab{boards}"
        run(self.pilab, "up", cwd=folder)
        run(self.pilab, "down", cwd=folder)

    def mininet(self, boards: int) -> None:
        run("/usr/bin/python3", "-c", MININET, str(boards), cwd=self.scratch)

    def iproute2(self, boards: int) -> None:
        """In a mount namespace of its own, as /run/netns may not be ours."""
        make, remove = ["link add benchbr type bridge", "link set benchbr up"], ["link del benchbr"]
        for number in range(1, boards + 1):
            make += [f"netns add n{number}",
                     f"link add v{number} master benchbr type veth peer name eth0 netns n{number}",
                     f"link set v{number} up"]
            remove.append(f"netns del n{number}")
        run("ip", "-batch", "-", cwd=self.scratch, stdin="\n".join(make) + "\n")
        run("ip", "-batch", "-", cwd=self.scratch, stdin="\n".join(remove) + "\n")


def measure(labs: Labs, repeats: int, has_mininet: bool) -> list[Times]:
    contestants: list[tuple[str, Callable[[int], None], list[int]]] = [
        ("pilab up, down", labs.pilab_up_down, [2, 10, 50, 100, 200]),
        ("ip -batch", labs.iproute2, [2, 100])]
    if has_mininet:
        contestants.append(("Mininet", labs.mininet, [2, 100]))
    for boards in (2, 10, 50, 100, 200):
        write_manifest(labs.scratch / f"lab{boards}", boards)
    series = {(name, boards): Times(name, boards)
              for name, _, sizes in contestants for boards in sizes}
    # Interleaved, so that whatever else the machine does meets all alike; the first round warms up.
    for turn, boards in itertools.product(range(repeats + 1), (2, 10, 50, 100, 200)):
        for name, body, sizes in contestants:
            if boards not in sizes:
                continue
            start = time.monotonic()
            body(boards)
            if turn > 0:
                series[name, boards].walls.append(time.monotonic() - start)
            # The kernel frees namespaces in the background, which the next one must not pay for.
            time.sleep(0.3 + boards / 100)
    return list(series.values())


def measure_run(labs: Labs, repeats: int) -> Times:
    """`pilab run` of one image of 1 MiB, from nothing to the report and down again."""
    folder = labs.scratch / "run"
    folder.mkdir()
    image = folder / "image.bin"
    image.write_bytes(os.urandom(1 << 20))
    write_manifest(folder, 2, image)
    times = Times("pilab run, 1 MiB", 2)
    for turn in range(repeats + 1):
        start = time.monotonic()
        run(labs.pilab, "run", "--quiet", cwd=folder)
        if turn > 0:
            times.walls.append(time.monotonic() - start)
    return times


def table(results: list[Times]) -> str:
    lines = [f"{'contestant':<20}{'boards':>7}  median ms (min-max)"]
    for one in results:
        low, high = 1000 * min(one.walls), 1000 * max(one.walls)
        lines.append(f"{one.contestant:<20}{one.boards:>7}  {1000 * one.median:.0f} ({low:.0f}-{high:.0f})")
    return "\n".join(lines)


def ratios(results: list[Times]) -> dict[str, float]:
    by = {(one.contestant, one.boards): one.median for one in results}
    found = {}
    for boards in (2, 100):
        for other in ("Mininet", "ip -batch"):
            if (other, boards) in by:
                found[f"{boards} boards, pilab / {other}"] = (
                    by["pilab up, down", boards] / by[other, boards])
    found["200 boards / 10 boards (linear: 20)"] = (
        by["pilab up, down", 200] / by["pilab up, down", 10])
    return found


def bench(programs: Path, scratch: Path, repeats: int, output: Path | None) -> int:
    labs = Labs(programs, scratch)
    has_mininet = shutil.which("mnexec") is not None and os.getuid() == 0
    if not has_mininet:
        print("left out: Mininet is not installed (ci/bootstrap bench), or this is not root",
              file=sys.stderr)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    results = measure(labs, repeats, has_mininet) + [measure_run(labs, repeats)]
    print(table(results))
    print()
    found = ratios(results)
    for name, value in found.items():
        print(f"{name}: {value:.2f}")
    if output:
        document = {
            "results": [{"contestant": one.contestant, "boards": one.boards, "seconds": one.walls}
                        for one in results], "ratios": found}
        output.write_text(json.dumps(document, indent=2) + "\n")
    return 0
