import Foundation
import HostKit
import LabCore

/// How a board is reached by SSH; goes into the lab's record.
///
/// ssh expands `%`, `${…}` and quotes in its options, and a Unix socket's path has 107 bytes at most, while a lab
/// may lie anywhere. So ssh works in `folder`, and every file there has a short plain name:
///
///     NAME.known_hosts  the pinned host key
///     NAME.identity     symbolic link to the private key
///     NAME.socket       control socket of the connection that all commands share
///     NAME.lock, NAME.*.log
package struct SSHTarget: Codable, Sendable, Equatable {
  /// The board, as the lab calls it.
  package var board: String
  /// The lab's id.
  package var lab: String
  package var host = "127.0.0.1"
  package var port: UInt16
  package var user: String
  /// Of this board alone or of several; mode 0700.
  package var folder: String

  package init(
    board: String, lab: String, host: String = "127.0.0.1", port: UInt16, user: String,
    folder: String
  ) {
    self.board = board
    self.lab = lab
    self.host = host
    self.port = port
    self.user = user
    self.folder = folder
  }

  /// Folder of a lab's SSH files.
  package static func folder(of record: LabRecord) -> String { "\(record.folder)/ssh" }

  /// The folder of the lab, where `folder` is that of its SSH files.
  package var labFolder: String { (folder as NSString).deletingLastPathComponent }

  /// The name that the host key is pinned to: ports change and are used again by other boards.
  package var alias: String { "pilab-\(lab)-\(stem)" }
  var knownHosts: String { "\(stem).known_hosts" }
  package var identity: String { "\(stem).identity" }
  package var socket: String { "\(stem).socket" }
  package var lock: String { "\(stem).lock" }

  /// The board's name in characters that mean nothing to ssh.
  private var stem: String {
    board.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        String(UnicodeScalar(byte))
      default: "_" + String(byte, radix: 16)
      }
    }.joined()
  }

  /// Makes the folder and what ssh finds in it.
  /// - Parameters:
  ///   - privateKey: absolute path of the key to log in with.
  ///   - hostKey: the board's public host key, `ssh-ed25519 AAAA…`; nil for a disk image whose key nobody knows:
  ///     the key of the first contact is believed, and never another.
  package func prepare(privateKey: String, hostKey: String?) throws(LabError) {
    do {
      let files = FileManager.default
      try files.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let link = "\(folder)/\(identity)"
      try? files.removeItem(atPath: link)
      try files.createSymbolicLink(atPath: link, withDestinationPath: privateKey)
      let pin = hostKey.map { key in
        "\(alias) \(key.split(separator: " ").prefix(2).joined(separator: " "))\n"
      }
      try (pin ?? Self.firstContact).write(
        toFile: "\(folder)/\(knownHosts)", atomically: true, encoding: .utf8)
    } catch {
      throw LabError(
        .boardNotCreated, "cannot make the SSH files in \(folder)", board: board, step: "create",
        cause: ErrorWords.words(of: error))
    }
  }

  /// A comment in the file of known hosts. A file that is missing or empty allows nobody.
  private static let firstContact = "# the key of the first contact is added below\n"

  private var pinsFirstContact: Bool {
    let known = FileManager.default.contents(atPath: "\(folder)/\(knownHosts)") ?? Data()
    return known.starts(with: Data(Self.firstContact.utf8))
  }

  /// Words for the connection that the others share.
  func masterWords(_ timing: SSHTiming) -> [String] {
    common
      + options([
        "BatchMode": "yes", "IdentitiesOnly": "yes", "IdentityAgent": "none",
        "IdentityFile": identity, "PreferredAuthentications": "publickey",
        "StrictHostKeyChecking": pinsFirstContact ? "accept-new" : "yes",
        "UserKnownHostsFile": knownHosts,
        "GlobalKnownHostsFile": "/dev/null", "HostKeyAlias": alias, "UpdateHostKeys": "no",
        "CheckHostIP": "no", "ConnectTimeout": "\(timing.connect)", "ConnectionAttempts": "1",
        "ServerAliveInterval": "\(timing.aliveInterval)",
        "ServerAliveCountMax": "\(timing.aliveCount)", "ClearAllForwardings": "yes",
        "ForwardAgent": "no", "ForwardX11": "no", "PermitLocalCommand": "no",
        "ControlPersist": "\(timing.idle)",
      ]) + ["-M", "-N", "-f", "--", host]
  }

  /// Words for a command over the shared connection. Where there is none they fail at once, instead of making
  /// a connection of their own.
  func commandWords(_ command: String, log: String, terminal: Bool = false) -> [String] {
    common + options(["ControlMaster": "no", "ProxyCommand": "false", "BatchMode": "yes"])
      + ["-E", log, terminal ? "-tt" : "-T", "-e", "none", "--", host, command]
  }

  func controlWords(_ request: String) -> [String] { common + ["-O", request, "--", host] }

  private var common: [String] {
    ["-F", "none", "-o", "LogLevel=ERROR", "-S", socket, "-p", "\(port)", "-l", user]
  }

  private func options(_ values: KeyValuePairs<String, String>) -> [String] {
    values.flatMap { ["-o", "\($0.key)=\($0.value)"] }
  }
}

/// Bounds in whole seconds, as ssh takes them.
package struct SSHTiming: Sendable, Equatable {
  /// For a connection to be made, the key exchange included.
  package var connect = 10
  /// A board that does not answer `aliveCount` questions in a row, one each interval, is taken for dead.
  package var aliveInterval = 5
  package var aliveCount = 3
  /// After this long without a command the shared connection closes; the next command makes a new one.
  package var idle = 600

  package init(connect: Int = 10, aliveInterval: Int = 5, aliveCount: Int = 3, idle: Int = 600) {
    self.connect = connect
    self.aliveInterval = aliveInterval
    self.aliveCount = aliveCount
    self.idle = idle
  }
}
