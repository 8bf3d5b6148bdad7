#!/usr/bin/env python3
"""Takes the terminal away from `pilab run`, and the libvirt daemon too; `pilab down` must leave nothing.

    libvirt_hangup_test.py PROGRAMS [--rounds N] [--seed N]

For users who are not root: the daemons are their own, started here and ended by their process numbers, so nobody else's
machines are touched.
"""

from __future__ import annotations

import argparse
import os
import pty
import random
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

LAB = f"hangup-{os.getpid()}"
URI = "qemu:///session"
MANIFEST = f"""\
version: 1
name: {LAB}
mode: libvirt
libvirt: {{ engine: tcg, uri: "{URI}" }}
boards: {{ alice: {{}}, bob: {{}} }}
exchanges:
  slow: {{ sender: alice, receiver: bob, image: image.bin, rate: 100kbit }}
  quick: {{ sender: alice, receiver: bob, image: image.bin, rate: 4Mbit }}
"""


def must(holds: bool, what: object) -> None:
    if not holds:
        raise SystemExit(f"FAILED: {what}")


def wait(what: str, seconds: float, holds) -> None:
    end = time.monotonic() + seconds
    while not holds():
        must(time.monotonic() < end, f"not within {seconds} s: {what}")
        time.sleep(0.1)


def running() -> dict[int, str]:
    """Command lines of processes that belong to the lab."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"pilab-{LAB}-" in words or f"/{LAB}/" in words:
                found[int(entry.name)] = words[:100]
    return found


class Daemons:
    """This user's libvirtd and virtlogd, which no client starts by itself."""

    def __init__(self, home: Path) -> None:
        cache = os.environ.get("XDG_CACHE_HOME") or f"{os.environ['HOME']}/.cache"
        # A world of its own but for the board image, which may be made already.
        self.environment = os.environ | {
            "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": cache, "LIBVIRT_AUTOSTART": "0"}
        self.environment.pop("LIBVIRT_DEFAULT_URI", None)
        (home / "run").mkdir(mode=0o700)
        self.log = open(home / "daemons.log", "w")
        self.virtlogd = self.start("virtlogd")
        self.libvirtd: subprocess.Popen[bytes] | None = None

    def start(self, program: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([program], env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log,
                                stderr=self.log, start_new_session=True)

    def up(self) -> None:
        self.libvirtd = self.start("libvirtd")
        wait("libvirtd answers", 60, lambda: subprocess.run(
            ["virsh", "-q", "-c", URI, "version"], env=self.environment, capture_output=True).returncode == 0)

    def stop(self) -> None:
        if self.libvirtd:
            self.libvirtd.terminate()

    def down(self) -> None:
        self.stop()
        if self.libvirtd:
            try:
                self.libvirtd.wait(30)
            except subprocess.TimeoutExpired:
                self.libvirtd.kill()
                self.libvirtd.wait()
            self.libvirtd = None

    def close(self) -> None:
        self.down()
        self.virtlogd.terminate()
        self.virtlogd.wait()

    def names(self) -> list[str]:
        found = []
        for kind in ("list", "pool-list"):
            text = subprocess.run(["virsh", "-q", "-c", URI, kind, "--all", "--name"], env=self.environment,
                                  check=True, capture_output=True, text=True).stdout
            found += [name for name in text.split() if LAB in name]
        return found


class Test:
    def __init__(self, programs: Path, folder: Path) -> None:
        self.pilab, self.folder = str(programs / "pilab"), folder
        self.shell = 0
        self.daemons = Daemons(folder)
        (folder / "lab.yaml").write_text(MANIFEST)
        (folder / "image.bin").write_bytes(bytes(4 << 20))
        self.state = folder / ".pilab" / LAB / "state.json"
        self.errors = folder / "errors"

    def run(self, exchange: str = "slow") -> int:
        """`pilab run` from a shell on a terminal, as a person starts it; the terminal."""
        self.errors.write_text("")
        self.shell, terminal = pty.fork()
        if self.shell == 0:
            os.chdir(self.folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], self.daemons.environment | {"PS1": "$ "})
        # The status comes by a file: the terminal will not be there. The shell outlives it, and pilab is not to ignore it.
        os.write(terminal, f"sh -c 'trap : HUP; {self.pilab} run --exchange {exchange} 2>errors; echo $? >status'\n".encode())
        end = time.monotonic() + 180
        while "key confirmed" not in self.errors.read_text():
            if select.select([terminal], [], [], 0.1)[0]:
                os.read(terminal, 65536)
            must(time.monotonic() < end, self.errors.read_text())
        return terminal

    def status(self, terminal: int | None = None) -> int:
        """pilab's exit status; the shell ends with its terminal."""
        file = self.folder / "status"
        wait("pilab ends", 60, lambda: file.exists() and file.read_text().strip() != "")
        status = int(file.read_text())
        file.unlink()
        if terminal is not None:
            os.close(terminal)
        os.waitpid(self.shell, 0)
        return status

    def command(self, word: str) -> None:
        done = subprocess.run([self.pilab, word], cwd=self.folder, env=self.daemons.environment, timeout=180,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        must(done.returncode == 0, f"pilab {word}: {done.returncode} {done.stderr}")

    def finish(self, after: str) -> None:
        """A daemon that is there again, `pilab down`, and nothing of the lab."""
        self.daemons.up()
        self.command("down")
        self.nothing_left(after)

    def nothing_left(self, after: str) -> None:
        def rest() -> list[object]:
            files = [path for path in (self.folder / ".pilab").rglob("*")
                     if "runs" not in path.parts and path != self.folder / ".pilab" / LAB]
            return [*self.daemons.names(), *running().values(), *(path for path in files if path.name not in ("lock", "psk"))]
        end = time.monotonic() + 15
        while rest() and time.monotonic() < end:
            time.sleep(0.2)
        must(not rest(), f"after {after} there is still {rest()}")

    def terminal_alone(self) -> None:
        terminal = self.run()
        must(len(self.daemons.names()) == 3, self.daemons.names())
        os.close(terminal)
        status = self.status()
        must(status == 129, (status, self.errors.read_text()))
        must(not self.state.exists(), "the state is still there")
        self.nothing_left("the terminal's end")

    def daemon_restarted(self) -> None:
        """A lab that is up survives it, and the run does."""
        self.command("up")
        terminal = self.run("quick")
        self.daemons.down()
        self.daemons.up()
        status = self.status(terminal)
        must(status == 0, (status, self.errors.read_text()))
        must("board bob ready" in (self.state.parent / "runs/latest/console/bob.log").read_text(), "no console")
        self.command("down")
        self.nothing_left("the daemon's restart")

    def daemon_alone(self) -> None:
        """Machines of a run end with its daemon; the exchange has failed, and the lab is still defined."""
        terminal = self.run()
        self.daemons.down()
        status = self.status(terminal)
        said = self.errors.read_text()
        must(status == 2 and "cannot reach libvirt" in said and f"pilab down --lab {LAB}" in said, (status, said))
        must("report.html" in said, said)
        must(self.state.exists(), "there is no state to find the lab by")
        self.finish("the daemon's end")

    def at_once(self, seconds: float) -> int:
        """First the terminal, then the daemon; with less than nothing between them first the daemon."""
        terminal = self.run()
        if seconds < 0:
            self.daemons.stop()
        else:
            os.close(terminal)
        time.sleep(abs(seconds))
        if seconds < 0:
            os.close(terminal)
        self.daemons.down()
        status, said = self.status(), self.errors.read_text()
        if self.state.exists():
            must(status == 69 and "could not be taken away" in said and f"pilab down --lab {LAB}" in said, (status, said))
        else:
            must(status == 129, (status, said))
        self.finish(f"the terminal's end and {seconds:.2f} s later the daemon's")
        return status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path, help="folder of the built programs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    must(os.getuid() != 0, "root's libvirt is everybody's; run it as another user")
    began, moments = time.monotonic(), random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(dir=os.environ.get("HOME")) as name:
        test = Test(arguments.programs.resolve(), Path(name))
        try:
            test.daemons.up()
            test.terminal_alone()
            test.daemon_restarted()
            test.daemon_alone()
            statuses = [test.at_once(moments.uniform(-0.3, 1.2)) for _ in range(arguments.rounds)]
        finally:
            for pid in running():
                os.kill(pid, signal.SIGKILL)
            test.daemons.close()
    print(f"the terminal went away {arguments.rounds + 2} times, with the daemon or without; then {statuses}; nothing is "
          f"left, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
