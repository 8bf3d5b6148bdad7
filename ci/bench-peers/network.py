"""Two ends that the contestants talk between: network namespaces joined by veth, else loopback.

    this namespace (unshare --net)          a child's namespace (unshare --net cat)
      sender  10.77.0.1  peer-XXXX-a  ====  peer-XXXX-b  10.77.0.2  receiver

Nothing has a name outside these namespaces, so nothing is left when the processes are gone, however
they ended. The scratch file system is mounted in the same private mount namespace.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

INSIDE = "PILAB_BENCH_INSIDE"  # the caller's user id, for the copy of ci/bench in the namespaces


@dataclass(frozen=True)
class Ends:
    """Where sender and receiver run, and the command prefix that takes a program there."""

    description: str
    sender_address: str
    receiver_address: str
    receiver_prefix: tuple[str, ...]
    receiver_proc: str
    user: int  # who called; other than os.getuid() in a user namespace

    def prefix(self, side: str) -> tuple[str, ...]:
        return self.receiver_prefix if side == "receiver" else ()

    def address(self, side: str) -> str:
        return self.receiver_address if side == "receiver" else self.sender_address

    def wait_for_listener(self, side: str, port: int, seconds: float = 10.0) -> None:
        """Returns as soon as a TCP socket listens at this side's port."""
        process = self.receiver_proc if side == "receiver" else "self"
        wanted, end = f":{port:04X}", time.monotonic() + seconds
        while time.monotonic() < end:
            for table in ("tcp", "tcp6"):
                with open(f"/proc/{process}/net/{table}") as file:
                    rows = [line.split() for line in file]
                if any(row[1].endswith(wanted) and row[3] == "0A" for row in rows[1:]):
                    return
            time.sleep(0.002)
        raise TimeoutError(f"nothing listens on port {port} of the {side}")


def enter() -> str | None:
    """Starts this program again in new namespaces. Returns only where that is not possible."""
    mapping = [] if os.getuid() == 0 else ["--map-root-user"]
    command = ["unshare", *mapping, "--mount", "--net"]
    if not shutil.which("unshare") or not shutil.which("nsenter") or not shutil.which("ip"):
        return "unshare, nsenter or ip is missing"
    probe = subprocess.run([*command, "true"], stderr=subprocess.PIPE, text=True)
    if probe.returncode != 0:
        return probe.stderr.strip()
    os.environ[INSIDE] = str(os.getuid())
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def ip(*words: str, prefix: tuple[str, ...] = ()) -> None:
    subprocess.run([*prefix, "ip", *words], check=True)


@contextlib.contextmanager
def veth() -> Iterator[Ends]:
    """The two namespaces, joined; called inside the first of them."""
    suffix = secrets.token_hex(3)
    mine, theirs = f"pl{suffix}a", f"pl{suffix}b"
    # `cat` ends with this program, however that ends, since its standard input is our pipe.
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, start_new_session=True,
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        there = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "--")
        ip("link", "set", "lo", "up")
        ip("link", "add", mine, "type", "veth", "peer", "name", theirs, "netns", str(holder.pid))
        for device, address, prefix in ((mine, "10.77.0.1", ()), (theirs, "10.77.0.2", there)):
            ip("address", "add", f"{address}/24", "dev", device, prefix=prefix)
            ip("link", "set", device, "up", prefix=prefix)
        ip("link", "set", "lo", "up", prefix=there)
        try:
            yield Ends(
                "two network namespaces joined by veth", "10.77.0.1", "10.77.0.2", there,
                str(holder.pid), int(os.environ[INSIDE]))
        finally:
            holder.stdin.close()


@contextlib.contextmanager
def ends(reason: str | None) -> Iterator[Ends]:
    """`reason`: why there are no namespaces, None inside them."""
    if reason is None:
        with veth() as joined:
            yield joined
    else:
        yield Ends(f"loopback ({reason})", "127.0.0.1", "127.0.0.1", (), "self", os.getuid())


@contextlib.contextmanager
def scratch(reason: str | None, bytes_needed: int) -> Iterator[str]:
    """A folder in memory: a tmpfs of its own in the private mount namespace, else in /dev/shm."""
    folder = f"/dev/shm/pilab-bench-{secrets.token_hex(3)}"
    os.mkdir(folder, 0o700)
    mounted = False
    try:
        if reason is None:
            options = f"size={bytes_needed},mode=0700"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
            mounted = True
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=False)
        shutil.rmtree(folder)
