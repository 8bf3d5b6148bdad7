"""Files: no room, no permission, no image, a signal in the middle; never half a file."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import unittest
from pathlib import Path

from harness import PEER, REAL, Board, Ending, InteropTest, Programs, Scratch, needs_programs

# Runs a command with a small file system of its own at $1, lists at its end what is left there.
ON_SMALL_DISK = (
    'folder=$1 list=$2; shift 2; mount -t tmpfs -o size=512k none "$folder" || exit 99\n'
    '"$@"; status=$?; ls -A "$folder" > "$list"; exit $status'
)
NAMESPACE = ("unshare", "--map-root-user", "--mount")


def can_mount() -> bool:
    command = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(
        command, stderr=subprocess.DEVNULL).returncode == 0


class FileTests(InteropTest):
    programs: Programs = PEER

    def setUp(self) -> None:
        self.scratch = Scratch(self)
        self.output = self.scratch.output()

    def exchange(
        self, image: Path, of_sender: list[str], of_receiver: list[str],
        disk_of: str | None = None,
    ) -> tuple[Ending, Ending, list[str]]:
        """How both ended and what is left on the small disk of one of them."""
        listing = self.scratch.path / "listing"
        disk = [*NAMESPACE, "sh", "-c", ON_SMALL_DISK, "sh", str(self.output), str(listing)]
        prefix = {role: disk if role == disk_of else [] for role in ("sender", "receiver")}
        with Board([
            *prefix["sender"], *self.programs.sender, "--listen", "127.0.0.1:0", "--events",
            "--name", "alice", "--image", str(image), *of_sender,
        ]) as sender, Board([
            *prefix["receiver"], *self.programs.receiver, "--name", "bob",
            "--connect", f"127.0.0.1:{sender.port()}", *of_receiver,
        ]) as receiver:
            endings = sender.finish(), receiver.finish()
        return *endings, listing.read_text().split() if disk_of else []

    def assert_code(self, ending: Ending, code: str, status: int) -> None:
        self.assertEqual((ending.code, ending.status), (code, status), str(ending))

    @unittest.skipUnless(can_mount(), "no user namespace to mount a small disk in")
    def test_receivers_disk_is_full(self) -> None:
        for option in ("--store-decrypted", "--store-encrypted"):
            for security in ("classic", "sealed"):
                options = self.scratch.security(security)
                sender, receiver, left = self.exchange(
                    self.scratch.image(4 << 20), options,
                    [*options, option, str(self.output / "file")], "receiver")
                self.assert_code(receiver, "storage_failed", 11)
                self.assertIn(sender.code, ("peer_alert", "connection_lost"), str(sender))
                self.assertEqual(left, [])

    @unittest.skipUnless(can_mount(), "no user namespace to mount a small disk in")
    def test_senders_disk_is_full(self) -> None:
        sender, _, left = self.exchange(
            self.scratch.image(4 << 20), ["--store-encrypted", str(self.output / "file")],
            ["--connect-timeout", "500ms"], "sender")
        self.assert_code(sender, "storage_failed", 11)
        self.assertEqual(left, [])

    def test_no_such_folder(self) -> None:
        where = str(self.output / "none" / "file")
        with Board([
            *self.programs.sender, "--listen", "127.0.0.1:0", "--events", "--name", "alice",
            "--image", str(self.scratch.image(20)),
        ]) as sender, Board([
            *self.programs.receiver, "--connect", f"127.0.0.1:{sender.port()}", "--name", "bob",
            "--store-decrypted", where,
        ]) as receiver:  # which may end before it connects, so that the sender still waits
            self.assert_code(receiver.finish(), "storage_failed", 11)

    def test_an_older_file_survives_a_failed_transfer(self) -> None:
        target = self.output / "file"
        target.write_text("older")
        _, receiver, _ = self.exchange(
            self.scratch.image(100), [],
            ["--store-decrypted", str(target), "--max-bytes", "99"])
        self.assert_code(receiver, "image_too_large", 11)
        self.assertEqual([path.read_text() for path in self.output.iterdir()], ["older"])

    def test_an_older_file_is_replaced(self) -> None:
        target, image = self.output / "file", self.scratch.image(100)
        target.write_text("older")
        _, receiver, _ = self.exchange(image, [], ["--store-decrypted", str(target)])
        self.assertEqual(receiver.status, 0, str(receiver))
        self.assertEqual(target.read_bytes(), image.read_bytes())

    def test_unreadable_images(self) -> None:
        for image in (self.output / "missing", self.output):
            with Board([
                *self.programs.sender, "--listen", "127.0.0.1:0", "--name", "alice",
                "--image", str(image),
            ]) as sender:
                self.assert_code(sender.finish(), "image_unreadable", 3)

    def test_wrong_arguments(self) -> None:
        readable = self.scratch.path / "readable"
        readable.write_bytes(bytes(32))
        readable.chmod(0o644)
        short = self.scratch.path / "short"
        short.touch(mode=0o600)
        sealed = ["--profile", "sealed"]
        cases = [
            ["--name", "Alice"], ["--name", "-a"], ["--name", "a" * 64], ["--nonsense"],
            ["--profile", "open"], ["--group", "ffdhe1024"], ["--cipher", "cobblestone-128"],
            ["--prime", "23"], ["--prime", "21", "--generator", "2"],
            ["--prime", "23", "--generator", "22"], ["--prime", "23", "--generator", "1"],
            ["--private-exponent", "0"], ["--handshake-timeout", "soon"], sealed,
            [*sealed, "--psk-file", str(readable)], [*sealed, "--psk-file", str(short)],
            [*sealed, "--psk-file", str(self.scratch.psk), "--cipher", "aes-128-ecb"],
            [*sealed, "--no-authentication", "--prime", "23", "--generator", "5"],
        ]

        def run(case: list[str]) -> list[str]:
            command = [*self.programs.receiver, "--connect", "127.0.0.1:1",
                       "--connect-timeout", "100ms", "--name", "bob", *case]
            with Board(command) as board:
                ending = board.finish()
            return [] if (ending.status, ending.code) == (64, "usage") else [str(ending)]

        self.assert_none_fails(cases, run)

    def test_addresses_that_cannot_be_had(self) -> None:
        image = str(self.scratch.image(20))
        with Board([*self.programs.sender, "--listen", "127.0.0.1:0", "--events", "--name",
                    "alice", "--image", image]) as first:
            where = f"127.0.0.1:{first.port()}"
            with Board([*self.programs.sender, "--listen", where, "--name", "alice", "--image",
                        image]) as second:
                self.assert_code(second.finish(), "listen_failed", 4)
        with Board([*self.programs.receiver, "--connect", where, "--name", "bob",
                    "--connect-timeout", "200ms"]) as receiver:
            self.assert_code(receiver.finish(), "connect_failed", 5)

    def test_signals_leave_nothing_behind(self) -> None:
        for number, status in (
            (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGXCPU, 152),
        ):
            for role in ("sender", "receiver"):
                with self.subTest(role, signal=number):
                    self.check_signal(role, number, status)

    def check_signal(self, role: str, number: int, status: int) -> None:
        """The other side is a real one that goes on; the transfer is slowed by a stopped peer."""
        image = str(self.scratch.image(16 << 20))
        with Board([
            *self.programs.sender, "--listen", "127.0.0.1:0", "--events", "--name", "alice",
            "--attempts", "1", "--image", image, "--store-encrypted", str(self.output / "sender"),
        ]) as sender, Board([
            *self.programs.receiver, "--connect", f"127.0.0.1:{sender.port()}", "--name", "bob",
            "--events", "--store-decrypted", str(self.output / "receiver"),
        ]) as receiver:
            target, other = (sender, receiver) if role == "sender" else (receiver, sender)
            target.await_event("connected")
            other.process.send_signal(signal.SIGSTOP)
            target.process.send_signal(number)
            ending = target.finish()
            other.process.send_signal(signal.SIGCONT)
            other.finish()
        self.assert_code(ending, "interrupted", status)
        self.assertEqual(list(self.output.iterdir()), [])


@needs_programs
class ProgramFileTests(FileTests):
    programs = REAL or PEER

    def store(self, where: Path, *prefix: str) -> Ending:
        """How a receiver that stores there ends; it need not connect to refuse."""
        with Board([
            *self.programs.sender, "--listen", "127.0.0.1:0", "--events", "--name", "alice",
            "--image", str(self.scratch.image(100)), "--connect-timeout", "3s",
        ]) as sender, Board([
            *prefix, *self.programs.receiver, "--connect", f"127.0.0.1:{sender.port()}",
            "--name", "bob", "--store-decrypted", str(where),
        ]) as receiver:
            return receiver.finish()

    def test_links_are_followed_and_stay(self) -> None:
        image = self.scratch.image(100).read_bytes()
        (self.output / "there").write_text("older")
        (self.output / "deep").mkdir()
        for link, target, file in (
            ("to-file", "there", "there"), ("to-nothing", "deep/new", "deep/new"),
            ("to-other", "deep/other", "deep/other"), ("to-link", "to-other", "deep/other"),
            ("absolute", str(self.output / "far"), "far"),
        ):
            (self.output / link).symlink_to(target)
            ending = self.store(self.output / link)
            self.assertEqual(ending.status, 0, f"{link}: {ending}")
            self.assertTrue((self.output / link).is_symlink())
            self.assertFalse((self.output / file).is_symlink())
            self.assertEqual((self.output / file).read_bytes(), image)
            (self.output / file).unlink()
        (self.output / "circle").symlink_to("circle")
        (self.output / "astray").symlink_to("none/file")
        for link in ("circle", "astray"):
            self.assert_code(self.store(self.output / link), "storage_failed", 11)
            self.assertTrue((self.output / link).is_symlink())

    def test_nothing_but_a_regular_file_is_replaced(self) -> None:
        os.mkfifo(self.output / "fifo")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.output / "socket"))
        (self.output / "folder").mkdir()
        names = ["fifo", "socket", "folder"]
        if os.geteuid() == 0:
            os.mknod(self.output / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            names.append("null")
        for name in names:
            where = self.output / name
            before = where.lstat()
            (self.output / f"link-{name}").symlink_to(name)
            for path in (where, self.output / f"link-{name}"):
                self.assert_code(self.store(path), "storage_failed", 11)
                after = where.lstat()
                self.assertEqual((before.st_ino, before.st_mode), (after.st_ino, after.st_mode))
        self.assertEqual(
            sorted(path.name for path in self.output.iterdir()),
            sorted([*names, *(f"link-{name}" for name in names)]))

    @unittest.skipUnless(can_mount(), "no mounting here")
    def test_a_file_that_is_mounted_is_not_replaced(self) -> None:
        """Of the same file system, so that the number of the device does not tell."""
        mounted, behind = self.output / "mounted", self.output / "behind"
        for file in (mounted, behind):
            file.write_text(file.name)
        ending = self.store(
            mounted, *NAMESPACE, "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
            str(behind), str(mounted))
        self.assert_code(ending, "storage_failed", 11)
        self.assertIn("mount point", ending.output["error"]["message"])
        self.assertEqual((mounted.read_text(), behind.read_text()), ("mounted", "behind"))
        self.assertEqual(len(list(self.output.iterdir())), 2)

    def test_a_key_is_no_output(self) -> None:
        key = self.scratch.psk.read_bytes()
        for options in (
            [*self.programs.sender, "--listen", "127.0.0.1:0", "--image", str(self.scratch.image(9)),
             "--store-encrypted", str(self.scratch.psk)],
            [*self.programs.receiver, "--connect", "127.0.0.1:1", "--store-decrypted",
             str(self.scratch.psk)],
        ):
            with Board([*options, *self.scratch.security("sealed"), "--name", "alice"]) as board:
                self.assert_code(board.finish(), "usage", 64)
        self.assertEqual(self.scratch.psk.read_bytes(), key)

    def test_standard_output_is_no_output(self) -> None:
        where = self.output / "result"
        for path in (str(where), "/dev/stdout", "/proc/self/fd/1"):
            with where.open("w") as result:
                status = subprocess.run(
                    [*self.programs.receiver, "--connect", "127.0.0.1:1", "--connect-timeout", "1s",
                     "--name", "bob", "--store-decrypted", path], stdout=result, check=False,
                    timeout=30).returncode
            self.assertEqual(status, 64, path)
            self.assertIn("the same file", json.loads(where.read_text())["error"]["message"])

    @unittest.skipUnless(os.geteuid() == 0, "chattr wants root")
    def test_what_nobody_may_change_is_found_before_the_exchange(self) -> None:
        fixed, growing = self.output / "fixed", self.output / "growing"
        fixed.write_text("older")
        growing.mkdir()
        for path, flag, where in ((fixed, "i", fixed), (growing, "a", growing / "new")):
            if subprocess.run(["chattr", f"+{flag}", str(path)], check=False).returncode != 0:
                self.skipTest("this file system has no such attributes")
            try:
                with Board([*self.programs.receiver, "--connect", "127.0.0.1:1", "--connect-timeout",
                            "1s", "--name", "bob", "--store-decrypted", str(where)]) as receiver:
                    ending = receiver.finish()
            finally:
                subprocess.run(["chattr", f"-{flag}", str(path)], check=True)
            self.assert_code(ending, "storage_failed", 11)
            self.assertIn("chattr", ending.output["error"]["message"])
        self.assertEqual((fixed.read_text(), list(growing.iterdir())), ("older", []))

    def test_processor_time_that_is_up(self) -> None:
        """The kernel's own SIGXCPU: a private exponent of 8192 bits takes longer than a second in many handshakes."""
        with Board([
            "prlimit", "--cpu=1:20", *self.programs.sender, "--listen", "127.0.0.1:0", "--events",
            "--name", "alice", "--image", str(self.scratch.image(100)), "--connect-timeout", "100s",
            "--store-encrypted", str(self.output / "sender"), "--group", "ffdhe4096",
        ]) as sender:
            port = sender.port()
            while sender.process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    pass
            ending = sender.finish()
        self.assert_code(ending, "interrupted", 152)
        self.assertIn("SIGXCPU", ending.output["error"]["message"])
        self.assertEqual(list(self.output.iterdir()), [])

    def test_durable_files_arrive(self) -> None:
        for security in ("classic", "sealed"):
            options = [*self.scratch.security(security), "--durable"]
            image, target = self.scratch.image(100), self.output / security
            sender, receiver, _ = self.exchange(
                image, [*options, "--store-encrypted", str(self.output / "sent")],
                [*options, "--store-decrypted", str(target)])
            self.assertEqual((sender.status, receiver.status), (0, 0), f"{sender} {receiver}")
            self.assertEqual(target.read_bytes(), image.read_bytes())

    def test_files_that_may_not_grow(self) -> None:
        """SIGXFSZ is an error of the file, found before the exchange."""
        where = self.output / "file"
        ending = self.store_large(where, "prlimit", "--fsize=65536")
        self.assert_code(ending, "storage_failed", 11)
        self.assertEqual(list(self.output.iterdir()), [])

    def store_large(self, where: Path, *prefix: str) -> Ending:
        with Board([
            *self.programs.sender, "--listen", "127.0.0.1:0", "--events", "--name", "alice",
            "--image", str(self.scratch.image(1 << 20)),
        ]) as sender, Board([
            *prefix, *self.programs.receiver, "--connect", f"127.0.0.1:{sender.port()}",
            "--name", "bob", "--store-decrypted", str(where),
        ]) as receiver:
            return receiver.finish()


if __name__ == "__main__":
    unittest.main()
