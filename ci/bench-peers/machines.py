"""How long labs of virtual machines take: `pilab up --mode libvirt` beside two plain QEMU processes.

The plain machines boot the same kernel and initramfs with the same memory, processor and network cards,
side by side, and are timed until both have answered a command by SSH. pilab is timed as a whole process.
Both emulate (TCG), so that the figures can be compared between machines with and without KVM.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

TIMEOUT = 300.0
BOARDS = ("alice", "bob")
MANIFEST = """\
version: 1
name: bench
mode: libvirt
libvirt: { engine: tcg }
boards: { alice: {}, bob: {} }
exchanges:
  classic: { sender: alice, receiver: bob, image: image }
"""


@dataclass
class Board:
    """What a plain QEMU needs to be the same board."""

    name: str
    arguments: list[str]
    port: int = 0


@dataclass
class Times:
    what: str
    walls: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.walls)


class Machines:
    def __init__(self, programs: Path, folder: Path) -> None:
        self.pilab, self.folder = programs / "pilab", folder
        os.environ["PILAB_PROGRAMS"] = str(programs)
        (folder / "lab.yaml").write_text(MANIFEST)
        (folder / "image").write_bytes(b"x")
        self.boards: list[Board] = []

    def run(self, *words: str, cache: Path | None = None) -> None:
        environment = os.environ | ({"XDG_CACHE_HOME": str(cache)} if cache else {})
        done = subprocess.run(
            [self.pilab, *words], cwd=self.folder, text=True, timeout=TIMEOUT, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise SystemExit(f"pilab {' '.join(words)} failed with {done.returncode}:\n{done.stdout}")

    def timed(self, *words: str, cache: Path | None = None) -> float:
        start = time.monotonic()
        self.run(*words, cache=cache)
        return time.monotonic() - start

    def copy_boards(self) -> None:
        """From a lab that is up: kernel, initramfs with the board's identity, addresses, key."""
        shutil.copy(self.folder / ".pilab/bench/machines/login", self.folder / "login")
        for name in BOARDS:
            words = command_line(f"guest=pilab-bench-{name}-")
            files = {}
            for option in ("-kernel", "-initrd"):
                files[option] = self.folder / f"{name}{option}"
                shutil.copy(words[words.index(option) + 1], files[option])
            management = next(
                part.removeprefix("mac=") for word in words if "netdev=management" in word
                for part in word.split(",") if part.startswith("mac="))
            cards = [json.loads(word) for word in words if word.startswith("{") and '"mac"' in word]
            lab = cards[0]["mac"]
            self.boards.append(Board(name, [
                "qemu-system-x86_64", "-machine", "pc,usb=off", "-accel", "tcg", "-cpu", "max",
                "-m", words[words.index("-m") + 1].removesuffix("k"), "-nodefaults", "-display", "none",
                "-no-user-config", "-serial", f"file:{self.folder}/{name}.serial",
                "-kernel", str(files["-kernel"]), "-initrd", str(files["-initrd"]),
                "-append", words[words.index("-append") + 1],
                "-object", "rng-random,id=rng0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng0",
                "-device", f"virtio-net-pci,netdev=lab,mac={lab},romfile=",
                "-device", f"virtio-net-pci,netdev=management,mac={management},romfile="]))

    def plain(self) -> float:
        """Both machines side by side, until both have answered."""
        ends = [free_port(socket.SOCK_DGRAM) for _ in BOARDS]
        processes: list[subprocess.Popen[bytes]] = []
        try:
            start = time.monotonic()
            for number, board in enumerate(self.boards):
                board.port = free_port(socket.SOCK_STREAM)
                processes.append(subprocess.Popen([
                    *board.arguments, "-netdev",
                    f"socket,id=lab,udp=127.0.0.1:{ends[1 - number]},localaddr=127.0.0.1:{ends[number]}",
                    "-netdev",
                    f"user,id=management,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:{board.port}-:22"]))
            for board in self.boards:
                self.wait_for(board)
            return time.monotonic() - start
        finally:
            for process in processes:
                process.kill()
                process.wait()

    def wait_for(self, board: Board) -> None:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            if speaks_ssh(board.port) and subprocess.run(
                ["ssh", "-F", "none", "-i", str(self.folder / "login"), "-p", str(board.port),
                 "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
                 "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "root@127.0.0.1", "true"],
                stdin=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.02)
        raise SystemExit(f"the plain machine '{board.name}' does not answer")


def command_line(mark: str) -> list[str]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except (OSError, UnicodeDecodeError):
                continue
            if any(word.startswith(mark) for word in words):
                return words
    raise SystemExit(f"no machine runs with {mark}")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as end:
        end.bind(("127.0.0.1", 0))
        return end.getsockname()[1]


def speaks_ssh(port: int) -> bool:
    """QEMU takes the connection before there is anybody in the machine to answer it."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as end:
            end.settimeout(1)
            return end.recv(4) == b"SSH-"
    except OSError:
        return False


def image_builds(machines: Machines) -> list[Times]:
    """With downloads; from downloaded packages; when there is nothing to do."""
    cache = machines.folder / "cache"

    def build(what: str) -> Times:
        return Times(f"image build, {what}", [machines.timed("image", "build", cache=cache)])

    first = build("with downloads")
    for path in (cache / "pilab" / "images").iterdir():
        if path.is_dir() and (path / "vmlinuz").exists():
            shutil.rmtree(path)
    return [first, build("packages at hand"), build("nothing to do")]


def measure(machines: Machines, repeats: int) -> list[Times]:
    results = image_builds(machines)
    machines.run("up")
    machines.copy_boards()
    machines.run("down")
    plain, up, down = Times("two plain QEMU"), Times("pilab up"), Times("pilab down")
    restore, snapshot = Times("pilab restore"), Times("pilab snapshot")
    for _ in range(repeats):
        plain.walls.append(machines.plain())
        up.walls.append(machines.timed("up"))
        snapshot.walls.append(machines.timed("snapshot", "warm"))
        restore.walls.append(machines.timed("restore", "warm"))
        down.walls.append(machines.timed("down"))
    return [*results, plain, up, snapshot, restore, down]


def bench(programs: Path, scratch: Path, repeats: int, output: Path | None) -> int:
    machines = Machines(programs, scratch)
    try:
        results = measure(machines, repeats)
    finally:
        machines.run("down")
    for one in results:
        print(f"{one.what:<32}{one.median:7.2f} s ({min(one.walls):.2f}-{max(one.walls):.2f})")
    by = {one.what: one.median for one in results}
    found = {"pilab up / two plain QEMU": by["pilab up"] / by["two plain QEMU"],
             "pilab restore / pilab up": by["pilab restore"] / by["pilab up"]}
    print()
    for name, value in found.items():
        print(f"{name}: {value:.2f}")
    if output:
        document = {"results": [{"what": one.what, "seconds": one.walls} for one in results],
                    "ratios": found}
        output.write_text(json.dumps(document, indent=2) + "\n")
    return 0
