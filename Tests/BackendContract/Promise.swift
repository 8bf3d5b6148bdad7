import Foundation
import Glibc
import HostKit
import LabTestSupport
import LabValues
import Testing

@testable import LabCore

/// What every backend promises of boards, as far as it can be seen from the boards alone, wherever they are. None of them
/// ends the lab, or leaves it otherwise than it was.
struct Promise: Sendable, CustomTestStringConvertible {
  let name: String
  let check: @Sendable (LabFixture) async throws -> Void

  var testDescription: String { name }

  static let all = commands + outputs + stops + files + lives

  private static let commands = [
    Promise(name: "exit codes are the program's own") { fixture in
      for code in [0, 1, 7, 126, 255] as [Int32] {
        let run = try await fixture.run("exit \(code)").status
        #expect(run == .exited(code))
        let executed = try await fixture.board.exec(shell("exit \(code)"))
        #expect(executed == .exited(code))
      }
    },
    Promise(name: "deaths by signal are told apart") { fixture in
      let run = try await fixture.run("kill -SEGV $$").status
      #expect(run == .signalled(SIGSEGV))
      let executed = try await fixture.board.exec(shell("kill -USR1 $$"))
      #expect(executed == .signalled(SIGUSR1))
    },
    Promise(name: "streams are separate and in order") { fixture in
      let (_, lines) = try await fixture.run(
        "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'no line feed'")
      let out = lines.filter { $0.stream == .standardOutput }.map(\.text)
      let err = lines.filter { $0.stream == .standardError }.map(\.text)
      #expect(out == ["out 1", "out 2", "out 3", "no line feed"])
      #expect(err == ["err 1", "err 2", "err 3"])
    },
    Promise(name: "arguments arrive as they are") { fixture in
      let arguments = ["", "two words", "$HOME `id` \"'", "--", "ü"]
      let (_, lines) = try await fixture.run(#"printf '<%s>\n' "$@""#, arguments)
      #expect(lines.map(\.text) == arguments.map { "<\($0)>" })
    },
    Promise(name: "missing programs are named") { fixture in
      for program in ["nothing-of-this-name", "bin/nothing", "/nonexistent"] {
        await #expect { _ = try await fixture.board.exec(ExecCommand(program: program)) } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .commandFailed && error.message.contains(program)
        }
      }
    },
    Promise(name: "cancellation lets a program tidy up") { fixture in
      let program = try await fixture.script(
        "trap 'echo tidying; exit 0' TERM; echo started; while :; do sleep 0.05; done")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(BoardCommand(program: program)) { lines.append($0) } }
      #expect(try await lines.first() == "started")
      task.cancel()
      await #expect { _ = try await task.value } throws: { ($0 as? LabError)?.code == .cancelled }
      #expect(lines.texts(.standardOutput) == ["started", "tidying"])
    },
  ]

  private static let files = [
    Promise(name: "files go there and back") { fixture in
      let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
      let (local, back) = ("\(fixture.folder)/local", "\(fixture.folder)/back")
      defer { for file in [local, back] { unlink(file) } }
      try bytes.write(to: URL(fileURLWithPath: local))
      let path = try #require(BoardPath("deep/down/file"))
      for _ in 1...2 { try await fixture.board.put(local, to: path, access: .data) }
      try await fixture.board.get(path, to: back)
      #expect(try Data(contentsOf: URL(fileURLWithPath: back)) == bytes)
      // What is here is not overwritten.
      await #expect { try await fixture.board.get(path, to: back) } throws: {
        ($0 as? LabError)?.code == .fileNotCopied
      }
    },
    Promise(name: "only regular files are put") { fixture in
      let path = try #require(BoardPath("irregular"))
      for file in ["/nonexistent", "/", "/dev/null"] {
        await #expect { try await fixture.board.put(file, to: path, access: .data) } throws: {
          ($0 as? LabError)?.code == .fileNotCopied
        }
      }
      let status = try await fixture.board.exec(shell("[ ! -e irregular ]"))
      #expect(status == .exited(0))
    },
  ]

  private static let lives = [
    Promise(name: "an unknown board is an error") { fixture in
      var code: LabError.Code?
      do throws(LabError) { _ = try fixture.lab.board("mallory") } catch { code = error.code }
      #expect(code == .noSuchBoard)
    },
    Promise(name: "boards can what is said") { fixture in
      let (board, abilities) = (fixture.board, fixture.backend.abilities)
      #expect((board.find(.linkControl) != nil) == abilities.contains(.linkControl))
      #expect((board.find(.impairing) != nil) == abilities.contains(.impairment))
      #expect((board.find(.capturing) != nil) == abilities.contains(.capture))
      #expect((board.find(.power) != nil) == abilities.contains(.power))
      #expect((board.find(.console) != nil) == abilities.contains(.console))
      #expect((fixture.lab.find(.snapshots) != nil) == abilities.contains(.snapshots))
    },
    Promise(name: "a lab is found again by its record") { fixture in
      let text = try JSONEncoder().encode(fixture.lab.record)
      let record = try JSONDecoder().decode(LabRecord.self, from: text)
      #expect(record == fixture.lab.record)
      let again = try await fixture.backend.attach(record)
      let status = try await again.board("alice").exec(shell("true"))
      #expect(status == .exited(0))
      #expect(await fixture.backend.status(record).allSatisfy { $0.state == .running })
    },
    Promise(name: "a detached command runs on") { fixture in
      let process = try await fixture.board.detach(shell("echo detached; exec sleep 600"))
      let again = try await fixture.backend.attach(fixture.lab.record).board("alice")
      let found = try await again.detached().first { $0.process == process }
      #expect(found?.isRunning == true && found?.text == "detached\n")
      let status = try await again.exec(shell("kill \(process)"))
      #expect(status == .exited(0))
      var isRunning = true
      for _ in 0..<100 where isRunning {
        await pauseUncancelled(for: .milliseconds(100))
        isRunning = try await again.detached().first { $0.process == process }?.isRunning == true
      }
      #expect(!isRunning)
    },
    Promise(name: "links are impaired and made good") { fixture in
      guard let link = fixture.board.find(.impairing) else { return }
      try #require(try await link.possibleImpairments().contains(.rate))
      for impairment in [LinkImpairment(rate: BitRate(bitsPerSecond: 8_000_000)), nil, nil] {
        try await link.setImpairment(impairment)
      }
      await #expect { try await link.impair(LinkImpairment(jitter: .seconds(1))) } throws: {
        ($0 as? LabError)?.code == .notImpaired
      }
    },
  ]
}

/// On boards that are made in an instant, each in a lab of its own.
struct PromiseTests {
  @Test(arguments: Promise.all, Backend.allCases)
  func isKept(_ promise: Promise, _ backend: Backend) async throws {
    try await LabFixture.with(backend, boards: ["alice", "bob"]) { try await promise.check($0) }
  }
}
