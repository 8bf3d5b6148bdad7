import Foundation
import Glibc
import HostKit
import Subprocess
import SystemPackage
import Testing

@testable import GuestSSH
@testable import LabCore

extension SSHFixture {
  /// Starts a server in a mount namespace. Its input and output are files, so it holds nothing of the tests'.
  static func start(
    _ kind: Server, in folder: String, port: UInt16, host: SSHKeyPair, authorized: String,
    prelude: String, beforeStart: String
  ) async throws -> ServerProcess {
    try authorized.write(
      toFile: "\(folder)/authorized_keys", atomically: true, encoding: .utf8)
    let (files, start) = kind == .dropbear ? (dropbearFiles, dropbear) : (opensshFiles, openssh)
    let shell = kind == .opensshWithBash ? withBash : ""
    try (common + shell + prelude + files + beforeStart + start).write(
      toFile: "\(folder)/server.sh", atomically: true, encoding: .utf8)
    try Data().write(to: URL(fileURLWithPath: "\(folder)/server.log"))
    return try await ServerProcess.start(
      [
        "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/bash",
        "\(folder)/server.sh", folder, "\(port)", host.privateFile,
      ], log: "\(folder)/server.log")
  }

  /// An own /run for sshd's folder, an own /root for dropbear's authorized_keys, and a user.
  private static let common = """
    set -e
    folder=$1 port=$2 host=$3
    busybox=$(readlink -f "$(command -v busybox)")
    cp "$busybox" "$folder/busybox"
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/sshd
    mount -t tmpfs -o mode=700 tmpfs /root
    mkdir -m 700 /root/.ssh
    install -m 600 "$folder/authorized_keys" /root/.ssh/authorized_keys
    { cat /etc/passwd; echo "pi:*:4242:4242:pi:$folder/board:/bin/sh"; } >/run/passwd
    mount --bind /run/passwd /etc/passwd

    """

  private static let withBash = """
    mount --bind /bin/bash /bin/sh
    mount --bind "$(command -v mawk)" "$(command -v awk)"

    """

  private static let opensshFiles = """
    mount --bind /dev/null "$busybox"
    install -m 600 "$host" /run/host
    cat >/run/sshd_config <<END
    Port $port
    ListenAddress 127.0.0.1
    HostKey /run/host
    AuthorizedKeysFile $folder/authorized_keys
    StrictModes no
    UsePAM no
    PidFile none
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin prohibit-password
    LogLevel VERBOSE
    END

    """

  private static let openssh = """
    exec /usr/sbin/sshd -D -e -f /run/sshd_config

    """

  /// The tools are busybox's from here on.
  private static let dropbearFiles = """
    dropbearconvert openssh dropbear "$host" "$folder/host.dropbear"
    for tool in setsid env od cat sha256sum mv chmod mkdir rm wc awk sleep dash; do
      path=$(readlink -f "$(command -v $tool)")
      [ "$path" = "$busybox" ] || mount --bind "$folder/busybox" "$path"
    done

    """

  private static let dropbear = """
    exec /usr/sbin/dropbear -F -E -s -p "127.0.0.1:$port" -r "$folder/host.dropbear" \\
      -P /run/dropbear.pid

    """
}

/// A process that holds nothing of the tests': its output goes to a file.
struct ServerProcess: Sendable {
  let pid: pid_t
  private let task: Task<Void, any Error>

  static func start(_ words: [String], log: String) async throws -> ServerProcess {
    let output = try FileDescriptor.open(
      FilePath(log), .writeOnly, options: [.create, .append, .closeOnExec],
      permissions: [.ownerReadWrite])
    let (starts, sink) = AsyncStream.makeStream(of: pid_t.self)
    let task = Task {
      defer { sink.finish() }
      defer { try? output.close() }
      _ = try await Subprocess.run(
        .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
        environment: .custom(["PATH": Tool.standardSearchPath]),
        input: .none, output: .fileDescriptor(output, closeAfterSpawningProcess: false),
        error: .fileDescriptor(output, closeAfterSpawningProcess: false)
      ) { execution in sink.yield(execution.processIdentifier.value) }
    }
    for await pid in starts { return ServerProcess(pid: pid, task: task) }
    try await task.value
    throw CancellationError()
  }

  /// Ends it and all that it started.
  func end() async {
    for process in ProcessTree.members(of: pid) { kill(process, SIGKILL) }
    _ = await task.result
  }
}
