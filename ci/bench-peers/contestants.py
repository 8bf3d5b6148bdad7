"""What ci/bench compares: the commands of both sides of each contestant."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from network import Ends

HERE = Path(__file__).resolve().parent
BLOCK = 262144


@dataclass(frozen=True)
class Setting:
    """Where everything is: programs, keys, the two ends."""

    ends: Ends
    folder: Path
    programs: Path | None

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def command(self, *words: object) -> list[str]:
        return [str(word) for word in words]


@dataclass(frozen=True)
class Run:
    """One run's files and port."""

    image: Path
    output: Path
    port: int

    @property
    def decrypted(self) -> Path:
        return self.output / "decrypted"


@dataclass(frozen=True)
class Commands:
    """Both sides. `listens`: the side to start first and wait for; None: both start at once."""

    sender: list[str]
    receiver: list[str]
    listens: str | None = None


@dataclass(frozen=True)
class Contestant:
    """`kind`: ours; authenticated (a peer whose receiver knows whom the bytes are from, and that none was changed);
    unauthenticated (one that encrypts and knows neither); network (the limit); python (the yardstick)."""

    name: str
    kind: str
    commands: Callable[[Setting, Run], Commands]
    copies: int  # files of the image's size that a run keeps, in memory or in process
    makes_file: bool = True
    persistent: bool = False  # the listening side outlives the run


def shell(pipeline: str) -> list[str]:
    return ["sh", "-c", pipeline]


def ours(profile: str, cipher: str, digest: bool, all_files: bool) -> Callable[..., Commands]:
    def commands(setting: Setting, run: Run) -> Commands:
        assert setting.programs is not None
        options = ["--profile", profile, "--cipher", cipher]
        if profile == "sealed":
            options += ["--psk-file", str(setting.keys / "psk")]
        if digest:
            options += ["--digest", "plaintext"]
        where = f"{setting.ends.sender_address}:{run.port}"
        sender = setting.command(
            setting.programs / "pi-sender", "--listen", where, "--image", run.image,
            "--name", "alice", *options)
        receiver = setting.command(
            setting.programs / "pi-receiver", "--connect", where, "--name", "bob",
            "--store-decrypted", run.decrypted, *options)
        if all_files:
            sender += ["--store-encrypted", str(run.output / "sender.enc")]
            receiver += ["--store-encrypted", str(run.output / "receiver.enc")]
        return Commands(sender, receiver)

    return commands


def python(setting: Setting, run: Run) -> Commands:
    program, address = HERE / "classic.py", setting.ends.sender_address
    start = setting.command(sys.executable, program)
    return Commands(
        [*start, "sender", address, str(run.port), str(run.image), str(run.output / "sender.enc")],
        [*start, "receiver", address, str(run.port), str(run.output / "receiver.enc"),
         str(run.decrypted)])


def iperf3(setting: Setting, run: Run) -> Commands:
    address, size = setting.ends.receiver_address, run.image.stat().st_size
    return Commands(
        setting.command("iperf3", "-c", address, "-p", run.port, "-n", size, "-l", "128K", "-J"),
        setting.command("iperf3", "-s", "-1", "-B", address, "-p", run.port),
        "receiver")


def openssl_tls(setting: Setting, run: Run) -> Commands:
    """The client sends: s_client with a file as its input is faster than s_server."""
    where, keys = f"{setting.ends.receiver_address}:{run.port}", setting.keys
    # Each shows the certificate that the other takes for the authority.
    proof = f"-cert {keys}/tls.crt -key {keys}/tls.key -CAfile {keys}/tls.crt -verify_return_error"
    tls = f"-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256 -quiet {proof}"
    # s_server also ends when its own input does, hence the pipe from a `cat` that reads nothing.
    server = (f"exec openssl s_server -accept {where} {tls} -Verify 1 -naccept 1 "
              f"-read_buf {BLOCK} > {shlex.quote(str(run.decrypted))}")
    client = (f"exec openssl s_client -connect {where} {tls} -nocommands -no_ign_eof "
              f"< {shlex.quote(str(run.image))} > /dev/null 2>&1")
    return Commands(shell(client), shell(server), "receiver")


def socat_tls(setting: Setting, run: Run) -> Commands:
    address, keys = setting.ends.receiver_address, setting.keys
    # Each shows the certificate that the other takes for the authority.
    proof = (f"cert={keys}/tls.crt,key={keys}/tls.key,cafile={keys}/tls.crt,verify=1,"
             "openssl-min-proto-version=TLS1.3")
    listen = f"OPENSSL-LISTEN:{run.port},bind={address},reuseaddr,{proof}"
    connect = f"OPENSSL:{address}:{run.port},commonname=pilab-bench,{proof}"
    configuration = f"OPENSSL_CONF={keys}/openssl.cnf"
    socat = ["env", configuration, "socat", "-u", "-b", str(BLOCK)]
    return Commands(
        [*socat, f"OPEN:{run.image}", connect], [*socat, listen, f"CREATE:{run.decrypted}"],
        "receiver")


def openssl_enc(setting: Setting, run: Run) -> Commands:
    address, key = setting.ends.receiver_address, (setting.keys / "enc").read_text()
    cipher = f"openssl enc -aes-128-ecb -K {key} -bufsize {BLOCK}"
    return Commands(
        shell(f"{cipher} -in {shlex.quote(str(run.image))} | "
              f"socat -u -b {BLOCK} STDIN TCP:{address}:{run.port}"),
        shell(f"socat -u -b {BLOCK} TCP-LISTEN:{run.port},bind={address},reuseaddr STDOUT | "
              f"{cipher} -d -out {shlex.quote(str(run.decrypted))}"),
        "receiver")


def scp(setting: Setting, run: Run) -> Commands:
    """sshd at the sender keeps running; the receiver fetches."""
    keys, user = setting.keys, pwd.getpwuid(setting.ends.user).pw_name
    client = setting.command(
        "scp", "-F", "none", "-q", "-P", run.port, "-i", keys / "ssh_user",
        "-c", "aes128-gcm@openssh.com", "-o", "StrictHostKeyChecking=yes",
        "-o", f"UserKnownHostsFile={keys}/known_hosts", "-o", "IdentitiesOnly=yes",
        "-o", "BatchMode=yes",
        f"{user}@{setting.ends.sender_address}:{run.image}", run.decrypted)
    write_sshd_configuration(setting, run.port)
    server = setting.command("/usr/sbin/sshd", "-D", "-e", "-f", keys / "sshd_config")
    if setting.ends.user != os.getuid():
        # As root of a user namespace sshd wants users that are not mapped there; as oneself not.
        server = ["unshare", "--user", f"--map-user={setting.ends.user}", *server]
    return Commands(server, client, "sender")


def write_sshd_configuration(setting: Setting, port: int) -> None:
    keys = setting.keys
    (keys / "sshd_config").write_text(f"""\
ListenAddress {setting.ends.sender_address}:{port}
HostKey {keys}/ssh_host
AuthorizedKeysFile {keys}/ssh_user.pub
Ciphers aes128-gcm@openssh.com
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
LogLevel ERROR
Subsystem sftp internal-sftp
""")
    host_key = (keys / "ssh_host.pub").read_text()
    known = f"[{setting.ends.sender_address}]:{port} {host_key}"
    (keys / "known_hosts").write_text(known)


CONTESTANTS = [
    Contestant("iperf3", "network", iperf3, 1, makes_file=False),
    Contestant("sealed", "ours", ours("sealed", "cobblestone-128", False, False), 2),
    Contestant("sealed-digest", "ours", ours("sealed", "cobblestone-128", True, False), 2),
    Contestant("classic-ecb", "ours", ours("classic", "aes-128-ecb", True, True), 4),
    Contestant("classic-ctr", "ours", ours("classic", "aes-128-ctr", True, True), 4),
    Contestant("openssl-tls", "authenticated", openssl_tls, 2),
    Contestant("socat-tls", "authenticated", socat_tls, 2),
    Contestant("scp", "authenticated", scp, 2, persistent=True),
    Contestant("openssl-enc-ecb", "unauthenticated", openssl_enc, 2),
    Contestant("python-classic", "python", python, 12),
]


def make_keys(keys: Path) -> None:
    """Everything secret of one benchmark, in its scratch folder."""
    keys.mkdir(mode=0o700)
    (keys / "psk").touch(mode=0o600)
    (keys / "psk").write_bytes(os.urandom(32))
    (keys / "enc").write_text(os.urandom(16).hex())
    (keys / "openssl.cnf").write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
        "[c]\nCiphersuites = TLS_AES_128_GCM_SHA256\n")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", f"{keys}/tls.key", "-out", f"{keys}/tls.crt", "-days", "2",
         "-subj", "/CN=pilab-bench"], **quiet)
    for name in ("ssh_host", "ssh_user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{keys}/{name}"], **quiet)
