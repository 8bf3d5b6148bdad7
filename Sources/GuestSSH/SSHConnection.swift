import Foundation
import Glibc
import HostKit
import LabCore
import Subprocess
import SystemPackage

//  pilab ──ssh -S──▶ NAME.socket ──▶ master ──one TCP connection──▶ sshd or dropbear on the board
//        ──ssh -S──▶ (a session each)

/// The one SSH connection to a board. A master process holds it, beyond this process, until nobody has used it
/// for a while, the board is gone, or `close`.
package struct SSHConnection: Sendable {
  package let target: SSHTarget
  package let timing: SSHTiming
  package let tools: Tool
  /// The program ssh.
  package let client: String

  /// - Throws: `.unavailable` where ssh is missing.
  package init(_ target: SSHTarget, timing: SSHTiming = SSHTiming(), tools: Tool)
    throws(LabError)
  {
    guard let client = tools.path(of: "ssh") else { throw SSHKeyPair.missingClient(step: "attach") }
    self.target = target
    self.timing = timing
    self.tools = tools
    self.client = client
  }

  /// Waits for the board's SSH server and logs in.
  /// - Throws: `.boardUnreachable` at the deadline; at once `.hostKeyChanged` and `.sshKeyRefused`; `.cancelled`.
  package func waitUntilReady(
    _ deadline: ContinuousClock.Instant, step: String = "create"
  ) async throws(LabError) {
    let banner = SSHBanner(host: target.host, port: target.port)
    try await translated(step: step) {
      var timing = timing
      while true {
        try await banner.wait(until: deadline)
        let left = Int(max(.seconds(1), deadline - .now).components.seconds)
        timing.connect = min(timing.connect, left)
        do { return try await openMaster(timing) } catch SSHFault.unreachable(let cause) {
          // It answered and then did not: still starting, or at the limit of its logins.
          guard ContinuousClock.now < deadline else { throw SSHFault.unreachable(cause) }
          try await Task.sleep(for: .milliseconds(50))
          // An emulated processor may need long for the key exchange.
          timing.connect *= 2
        }
      }
    }
  }

  /// Makes sure that there is a connection.
  package func open(step: String) async throws(LabError) {
    if isOpen { return }
    try await translated(step: step) { try await openMaster(timing) }
  }

  /// Ends the connection, and with it every command that runs over it. May be repeated.
  package func close() async {
    if isOpen { _ = try? await local(target.controlWords("exit")) }
    unlink("\(target.folder)/\(target.socket)")
  }

  /// Somebody listens at the control socket.
  var isOpen: Bool { (try? ControlSocket.connect(in: target.folder, target.socket)) == true }

  private func openMaster(_ timing: SSHTiming) async throws {
    // Two masters at once would leave one that nobody can reach.
    let lock = try await FileLock.acquire(.file("\(target.folder)/\(target.lock)"))
    defer { withExtendedLifetime(lock) {} }
    // Another process may have been faster.
    if isOpen { return }
    // Its master was killed; ssh would take it for one that works, and not make another.
    unlink("\(target.folder)/\(target.socket)")
    let log = "\(target.alias).master.log"
    defer { unlink("\(target.folder)/\(log)") }
    let status = try await local(["-E", log] + target.masterWords(timing))
    let said = text(of: log)
    try Task.checkCancellation()
    guard status == .exited(0) else { throw SSHFault(log: said, connecting: true) }
    guard isOpen else {
      throw SSHFault.unreachable("it does not share its connection: \(said)")
    }
  }

  /// Runs ssh here to its end, without input or output. A session of its own: Ctrl-C is not for the master.
  private func local(_ arguments: [String]) async throws -> CommandStatus {
    // The master keeps what it was started with.
    try await tools.run(
      [client] + arguments, in: target.folder, environment: marks, standing: .ownSession,
      gracePeriod: .milliseconds(500), keepsOutput: false
    ).status
  }

  /// The lab's, by which whoever destroys the lab finds the master.
  var marks: [String: String] {
    [LabProcesses.labKey: target.lab, LabProcesses.folderKey: target.labFolder]
  }

  /// For programs that `tools` cannot run.
  package var environment: [Environment.Key: String] {
    var environment: [Environment.Key: String] = ["PATH": tools.searchPath, "LANG": "C.UTF-8"]
    for (key, value) in marks { environment[Environment.Key(stringLiteral: key)] = value }
    return environment
  }

  /// What ssh wrote to a log in the folder.
  package func text(of log: String) -> String {
    let bytes = FileHandle(forReadingAtPath: "\(target.folder)/\(log)").flatMap {
      try? $0.read(upToCount: 16_384)
    }
    return String(decoding: bytes ?? Data(), as: UTF8.self)
  }

  /// What is thrown by `body`, as this backend's error.
  package func translated<Value: Sendable>(
    step: String, _ body: () async throws -> Value
  ) async throws(LabError) -> Value {
    do { return try await body() } catch let error as LabError {
      throw error
    } catch {
      if error is CancellationError || Task.isCancelled {
        throw LabError(.cancelled, "told to stop", board: target.board, step: step)
      }
      if let fault = error as? SSHFault { throw fault.error(target, step: step) }
      throw LabError(
        .commandFailed, "cannot run ssh", board: target.board, step: step,
        cause: ErrorWords.words(of: error))
    }
  }
}

/// A look at a Unix socket of any path.
enum ControlSocket {
  /// True where somebody listens at it.
  static func connect(in folder: String, _ name: String) throws -> Bool {
    let place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard place >= 0 else { throw SystemError.last }
    defer { close(place) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError.last }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The folder's own path may be too long for a socket's address.
    let path = Array("/proc/self/fd/\(place)/\(name)".utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < room else { throw SystemError(number: ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, size) == 0
      }
    }
  }
}
