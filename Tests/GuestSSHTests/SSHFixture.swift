import Foundation
import Glibc
import HostKit
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import GuestSSH
@testable import LabCore

/// SSH servers as boards have them, and the shells and tools that come with them.
enum Server: String, CaseIterable, Sendable {
  /// Debian: OpenSSH, dash, gawk or mawk; no busybox.
  case openssh
  /// A system whose sh is bash.
  case opensshWithBash
  /// A small board: dropbear, and busybox for everything.
  case dropbear

  /// Where all must be tried it is tried, and fails.
  static var canStart: Bool {
    geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true"
  }
  static let needsRoot: Comment = "a server with a file system view of its own needs root"
}

/// A board without a machine: a real SSH server on 127.0.0.1 with keys, tools and home of its own, by a mount
/// namespace. Its working folder is below the fixture's, so tests can look into it.
struct SSHFixture {
  let folder: String
  let board: SSHBoard
  let server: ServerProcess

  var connection: SSHConnection { board.connection }
  var place: String { board.folder }

  /// - Parameters:
  ///   - prelude: commands of the server's mount namespace, before the tools are changed.
  ///   - beforeStart: such commands, after.
  ///   - user: root, or `pi`, whom the fixture makes.
  static func with(
    _ kind: Server, name: String = "alice", user: String = "root", deep: String = "",
    prelude: String = "", beforeStart: String = "", opens: Bool = true,
    _ body: (SSHFixture) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let fixture = try await make(
        kind, in: folder, name: name, user: user, ssh: folder + deep + "/ssh", prelude: prelude,
        beforeStart: beforeStart)
      let connection = fixture.connection
      let result: Result<Void, any Error>
      do {
        if opens { try await connection.waitUntilReady(.now + .seconds(20)) }
        try await body(fixture)
        result = .success(())
      } catch { result = .failure(error) }
      await connection.close()
      await fixture.server.end()
      let over = try await eventually { LabProcesses.all(of: connection.target.lab).isEmpty }
      #expect(over, "nothing of the lab runs on")
      if case .failure = result {
        let log = try String(contentsOfFile: "\(folder)/server.log", encoding: .utf8)
        print("the server's log:\n\(log.suffix(2000))")
      }
      try result.get()
    }
  }

  private static func make(
    _ kind: Server, in folder: String, name: String, user: String, ssh: String, prelude: String,
    beforeStart: String
  ) async throws -> SSHFixture {
    let tools = Tool(searchPath: Tool.standardSearchPath)
    try FileManager.default.createDirectory(atPath: ssh, withIntermediateDirectories: true)
    let key = try await SSHKeyPair.make(at: "\(ssh)/key", comment: "test", tools: tools)
    let host = try await SSHKeyPair.make(at: "\(ssh)/host", comment: "host", tools: tools)
    let record = LabRecord(
      mode: LabMode(rawValue: "ssh"), lab: "test", folder: folder,
      boards: [.init(name: name, address: "10.77.0.1")]
    )
    let port = try freePort()
    let target = SSHTarget(board: name, lab: record.id, port: port, user: user, folder: ssh)
    try target.prepare(privateKey: key.privateFile, hostKey: host.publicLine)
    // A folder that user pi may enter.
    let place = "\(folder)/board"
    mkdir(place, 0o777)
    for folder in [folder, place] { chmod(folder, folder == place ? 0o777 : 0o755) }
    let timing = SSHTiming(connect: 5, aliveInterval: 1, aliveCount: 3, idle: 60)
    let connection = try SSHConnection(target, timing: timing, tools: tools)
    let server = try await start(
      kind, in: folder, port: port, host: host, authorized: key.publicLine, prelude: prelude,
      beforeStart: beforeStart)
    return SSHFixture(
      folder: folder, board: SSHBoard(record.boards[0], connection: connection, folder: place),
      server: server)
  }

  /// Ends the processes of the connections; the server listens on.
  func killSessions() {
    for process in ProcessTree.children(of: server.pid) { kill(process, SIGKILL) }
  }

  func shell(_ text: String, _ arguments: [String] = []) async throws -> (
    status: CommandStatus, lines: Lines
  ) {
    let lines = Lines()
    let status = try await board.run(try command(text, arguments)) { lines.append($0) }
    return (status, lines)
  }

  /// A shell script on the board. Written there directly: putting has tests of its own.
  func command(
    _ text: String, _ arguments: [String] = [], grace: Duration = .seconds(60)
  ) throws -> BoardCommand {
    let file = "\(place)/script"
    try ("#!/bin/sh\n" + text + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    chmod(file, 0o755)
    return BoardCommand(
      program: try #require(BoardPath("script")), arguments: arguments, gracePeriod: grace)
  }

  /// Processes of the lab on the board, which carry its mark as those here do.
  var programs: [pid_t] {
    LabProcesses.all(of: connection.target.lab).filter { $0.board != nil }.map(\.pid)
  }

  /// What programs left in the working folder.
  var leftovers: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    return names.filter { $0.hasPrefix(".pilab-") || $0.hasSuffix(".part") }
  }

  static func freePort() throws -> UInt16 {
    let (descriptor, port) = try listen()
    close(descriptor)
    return port
  }

  /// A socket that listens on 127.0.0.1.
  static func listen() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, size) == 0 && Glibc.listen(descriptor, 8) == 0
          && getsockname(descriptor, pointer, &size) == 0
      }
    }
    try #require(result)
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}
