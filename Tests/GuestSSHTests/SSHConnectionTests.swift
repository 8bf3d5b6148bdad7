import Foundation
import Glibc
import HostKit
import LabTestSupport
import Testing

@testable import GuestSSH
@testable import LabCore

/// Boards that are there, that are not yet, and that are others.
@Suite(.serialized, .enabled(if: Server.canStart, Server.needsRoot))
struct SSHConnectionTests {
  private let tools = Tool(searchPath: Tool.standardSearchPath)

  private func failure(_ body: () async throws(LabError) -> Void) async -> LabError? {
    do {
      try await body()
      return nil
    } catch { return error }
  }

  private func connection(_ fixture: SSHFixture, _ change: (inout SSHTarget) -> Void) throws
    -> SSHConnection
  {
    var target = fixture.connection.target
    target.folder += "-other"
    change(&target)
    return try SSHConnection(target, timing: fixture.connection.timing, tools: tools)
  }

  @Test(arguments: Server.allCases) func keysThatAreRefusedAreTold(_ server: Server) async throws {
    try await SSHFixture.with(server, opens: false) { fixture in
      let host = try SSHKeyPair.load("\(fixture.connection.target.folder)/host")
      let other = try await SSHKeyPair.make(
        at: "\(fixture.folder)/other", comment: "other", tools: tools)
      let connection = try connection(fixture) { _ in }
      try connection.target.prepare(
        privateKey: other.privateFile, hostKey: host.publicLine)
      let error = await failure { () throws(LabError) in
        try await connection.waitUntilReady(.now + .seconds(20))
      }
      #expect(error?.code == .sshKeyRefused)
      #expect(error?.hint?.contains("authorized_keys") == true)
      #expect(!connection.isOpen)
    }
  }

  @Test(arguments: Server.allCases) func anotherHostKeyIsAnotherBoard(_ server: Server) async throws
  {
    try await SSHFixture.with(server, opens: false) { fixture in
      let key = try SSHKeyPair.load("\(fixture.connection.target.folder)/key")
      let connection = try connection(fixture) { _ in }
      try connection.target.prepare(privateKey: key.privateFile, hostKey: key.publicLine)
      let error = await failure { () throws(LabError) in
        try await connection.waitUntilReady(.now + .seconds(20))
      }
      #expect(error?.code == .hostKeyChanged)
      #expect(!connection.isOpen)
    }
  }

  @Test func theKeyOfTheFirstContactIsKept() async throws {
    try await SSHFixture.with(.openssh, opens: false) { fixture in
      let key = try SSHKeyPair.load("\(fixture.connection.target.folder)/key")
      let connection = try connection(fixture) { _ in }
      try connection.target.prepare(privateKey: key.privateFile, hostKey: nil)
      try await connection.waitUntilReady(.now + .seconds(20))
      await connection.close()
      let pin = "\(connection.target.folder)/\(connection.target.knownHosts)"
      let text = try String(contentsOfFile: pin, encoding: .utf8)
      #expect(text.contains(connection.target.alias))
      try (text.prefix { $0 != "\n" } + "\n\(connection.target.alias) \(key.publicLine)\n").write(
        toFile: pin, atomically: true, encoding: .utf8)
      let changed = await failure { () throws(LabError) in
        try await connection.open(step: "run")
      }
      #expect(changed?.code == .hostKeyChanged)
      try FileManager.default.removeItem(atPath: pin)
      let unknown = await failure { () throws(LabError) in
        try await connection.open(step: "run")
      }
      #expect(unknown?.code == .hostKeyChanged)
    }
  }

  @Test func nobodyListensOrNobodySpeaks() async throws {
    try await SSHFixture.with(.openssh, opens: false) { fixture in
      let (silent, silentPort) = try SSHFixture.listen()
      defer { close(silent) }
      for (port, words) in [
        (try SSHFixture.freePort(), "Connection refused"), (silentPort, "says nothing"),
      ] {
        let connection = try connection(fixture) { $0.port = port }
        let error = await failure { () throws(LabError) in
          try await connection.waitUntilReady(.now + .milliseconds(700))
        }
        #expect(error?.code == .boardUnreachable)
        #expect(error?.cause?.contains(words) == true)
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
      }
    }
  }

  @Test func anotherServiceIsNoBoard() async throws {
    try await SSHFixture.with(.openssh, opens: false) { fixture in
      let port = try SSHFixture.freePort()
      let log = "\(fixture.folder)/other.log"
      let other = try await ServerProcess.start(
        [
          "/usr/bin/python3", "-c",
          """
          import socket
          s = socket.create_server(("127.0.0.1", \(port)))
          while True: s.accept()[0].sendall(b"220 mail.example\\r\\n" * 400)
          """,
        ], log: log)
      let connection = try connection(fixture) { $0.port = port }
      let error = await failure { () throws(LabError) in
        try await connection.waitUntilReady(.now + .seconds(2))
      }
      await other.end()
      #expect(error?.code == .boardUnreachable)
      #expect(error?.cause?.contains("not an SSH server") == true)
    }
  }

  /// As QEMU's user network is while the guest starts: connections that lead nowhere, or end at once.
  @Test(arguments: Server.allCases) func aForwardThatIsThereBeforeTheBoardIsNoBoard(
    _ server: Server
  ) async throws {
    try await SSHFixture.with(server, opens: false) { fixture in
      let port = try SSHFixture.freePort()
      let forward = try await ServerProcess.start(
        ["/usr/bin/python3", "-c", Self.forward, "\(port)", "\(fixture.connection.target.port)"],
        log: "\(fixture.folder)/forward.log")
      let key = try SSHKeyPair.load("\(fixture.connection.target.folder)/key")
      let host = try SSHKeyPair.load("\(fixture.connection.target.folder)/host")
      let connection = try connection(fixture) { $0.port = port }
      try connection.target.prepare(privateKey: key.privateFile, hostKey: host.publicLine)
      let error = await failure { () throws(LabError) in
        try await connection.waitUntilReady(.now + .seconds(20))
      }
      #expect(error == nil, "\(error.map(String.init(describing:)) ?? "")")
      #expect(connection.isOpen)
      await connection.close()
      await forward.end()
    }
  }

  /// Keeps the first connections without a word, ends the next at once, and leads the others on.
  private static let forward = """
    import socket, sys, threading
    server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    def copy(a, b):
        try:
            while data := a.recv(65536): b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError: pass
    kept = []
    while True:
        near = server.accept()[0]
        kept.append(near)
        if len(kept) <= 3: continue
        if len(kept) <= 6:
            near.close()
            continue
        far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
        for pair in (near, far), (far, near): threading.Thread(target=copy, args=pair).start()
    """

  @Test func waitingCanBeCancelled() async throws {
    try await SSHFixture.with(.openssh, opens: false) { fixture in
      let connection = try connection(fixture) { $0.port = 1 }
      let task = Task { try await connection.waitUntilReady(.now + .seconds(600)) }
      try await Task.sleep(for: .milliseconds(50))
      task.cancel()
      await #expect { try await task.value } throws: { ($0 as? LabError)?.code == .cancelled }
    }
  }

  /// Longer than a socket's address may be, with all that ssh would expand or split at.
  @Test(arguments: Server.allCases) func labsMayLieAnywhere(_ server: Server) async throws {
    let deep = "/" + String(repeating: "deep", count: 50) + "/100% ${HOME} \"quoted\" 'lab' ~ \\"
    try await SSHFixture.with(server, name: "bo%h b/ob", deep: deep) { fixture in
      #expect(fixture.connection.isOpen)
      let status = try await fixture.shell("exit 3").status
      #expect(status == .exited(3))
    }
  }

  @Test func oneConnectionServesAllAtOnce() async throws {
    try await SSHFixture.with(.openssh) { fixture in
      let command = try fixture.command("echo $PPID")
      let board = fixture.board
      try await withThrowingTaskGroup(of: CommandStatus.self) { group in
        for _ in 0..<6 { group.addTask { try await board.run(command) { _ in } } }
        for try await status in group { #expect(status == .exited(0)) }
      }
      let log = try String(contentsOfFile: "\(fixture.folder)/server.log", encoding: .utf8)
      #expect(log.split(separator: "\n").filter { $0.contains("Accepted publickey") }.count == 1)
    }
  }

  @Test func twoWhoConnectAtOnceShareOneConnection() async throws {
    try await SSHFixture.with(.openssh) { fixture in
      await fixture.connection.close()
      #expect(!fixture.connection.isOpen)
      let connection = fixture.connection
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { try await connection.open(step: "run") } }
        try await group.waitForAll()
      }
      let masters = LabProcesses.all(of: connection.target.lab)
      #expect(masters.count == 1)
      // Killed, it leaves a socket that nobody listens at.
      kill(try #require(masters.first).pid, SIGKILL)
      #expect(try await eventually { !connection.isOpen })
      let status = try await fixture.shell("exit 3").status
      #expect(status == .exited(3))
    }
  }

  @Test func twoBoardsAreTwo() async throws {
    try await SSHFixture.with(.dropbear, name: "alice") { alice in
      try await SSHFixture.with(.openssh, name: "bob") { bob in
        async let first = alice.shell("echo $PILAB_BOARD; sleep 0.2")
        async let second = bob.shell("echo $PILAB_BOARD; sleep 0.2")
        let names = try await [first.lines, second.lines].map { $0.texts(.standardOutput) }
        #expect(names == [["alice"], ["bob"]])
      }
    }
  }

  /// A board that hangs, its connection still there: told in the time of the keep-alive questions.
  @Test func aBoardThatHangsIsNoticed() async throws {
    try await SSHFixture.with(.openssh) { fixture in
      let command = try fixture.command("echo ready; exec sleep 600")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(command) { lines.append($0) } }
      #expect(try await lines.first() == "ready")
      let hung = ProcessTree.members(of: fixture.server.pid).dropFirst()
      for process in hung { kill(process, SIGSTOP) }
      await #expect { try await task.value } throws: {
        ($0 as? LabError)?.code == .connectionLost
      }
      for process in hung { kill(process, SIGCONT) }
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test func aTargetSurvivesTheRecord() throws {
    let target = SSHTarget(
      board: "alice", lab: "0123456789abcdef", port: 2222, user: "root", folder: "/lab/ssh")
    let data = try JSONEncoder().encode(target)
    #expect(try JSONDecoder().decode(SSHTarget.self, from: data) == target)
  }
}
