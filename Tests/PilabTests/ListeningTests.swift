import Foundation
import LabCore
import LabResults
import Testing

/// Exchanges whose sender never listens: the report says that, and what the sender said of it.
struct ListeningTests {
  private static let silent = "#!/bin/sh\nexec sleep 60\n"
  private static let broken = "#!/bin/sh\necho trouble >&2; exit 3\n"
  private static let killed = "#!/bin/sh\nkill -9 $$\n"

  private func run(
    _ sender: String?, _ lines: String..., in fixture: PilabFixture
  ) async throws -> LabError? {
    try fixture.write(Data(count: 1000), to: "image.bin")
    let more = lines.map { ", \($0)" }.joined()
    try fixture.write(
      """
      version: 1
      name: lab
      mode: loopback
      boards: { alice: {}, bob: {} }
      exchanges:
        only: { sender: alice, receiver: bob, image: image.bin\(more) }
      """, to: "lab.yaml")
    var arguments = ["run", "--quiet"]
    if let sender {
      try FileManager.default.createDirectory(
        atPath: "\(fixture.folder)/programs", withIntermediateDirectories: true)
      try fixture.write(sender, to: "programs/pi-sender")
      chmod("\(fixture.folder)/programs/pi-sender", 0o755)
      try FileManager.default.createSymbolicLink(
        atPath: "\(fixture.folder)/programs/pi-receiver",
        withDestinationPath: "\(PilabFixture.programs)/pi-receiver")
      arguments += ["--board-programs", "programs"]
    }
    let run = try await fixture.start(arguments).end()
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.output.contains("did not listen") || run.output.contains("before it listened"))
    let exchange = try fixture.report().exchanges[0]
    #expect(exchange.verdict == .failed)
    return exchange.failure
  }

  @Test(arguments: [(silent, "within"), (broken, "no_result"), (killed, "killed")])
  func senderThatNeverListens(_ sender: String, _ words: String) async throws {
    try await PilabFixture.with { fixture in
      let failure = try await run(sender, in: fixture)
      #expect(failure?.code.name == "not_listening")
      #expect(failure?.board == "alice")
      #expect(failure?.message.contains(words) == true)
    }
  }

  @Test func portThatIsTaken() async throws {
    try await PilabFixture.with { fixture in
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      // On every address of this machine, so that the board's is taken too.
      withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          #expect(bind(listener, $0, length) == 0 && listen(listener, 1) == 0)
          #expect(getsockname(listener, $0, &length) == 0)
        }
      }
      let port = UInt16(bigEndian: address.sin_port)
      let failure = try await run(nil, "port: \(port)", in: fixture)
      #expect(failure?.code.name == "not_listening")
      #expect(failure?.message.contains("in use") == true)
    }
  }
}
