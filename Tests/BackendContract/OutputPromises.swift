import Foundation
import Glibc
import HostKit
import LabCore
import LabTestSupport
import Testing

/// What every backend promises of commands that give back what they print, and of those that are left running.
extension Promise {
  static func shell(_ text: String, grace: Duration = .seconds(2)) -> ExecCommand {
    ExecCommand(program: "sh", arguments: ["-c", text], gracePeriod: grace)
  }

  static let outputs = [
    Promise(name: "what a command prints comes home") { fixture in
      let both = try await fixture.board.output(
        of: shell("echo out; pwd; echo error >&2; cat; printf 'no line feed'; exit 3"), limit: 1000)
      #expect(both.status == .exited(3))
      let lines = both.output.split(separator: "\n")
      #expect(lines.count == 3 && lines.first == "out" && lines.last == "no line feed")
      #expect(both.errors == "error\n" && !both.isCut)
      let ended = try await fixture.board.output(of: shell("kill -USR1 $$"), limit: 1000)
      #expect(
        ended
          == CommandOutput(status: .signalled(SIGUSR1), output: "", errors: ""))
      let odd = try await fixture.board.output(of: shell(#"printf 'a\377b'"#), limit: 1000)
      #expect(odd.output == "a\u{FFFD}b")
    },
    Promise(name: "of much that a command prints the beginning is kept") { fixture in
      for (text, limit) in [("seq 1 60000; exit 4", 10), ("seq 1 60000 >&2; exit 4", 0)] {
        let output = try await fixture.board.output(of: shell(text), limit: limit)
        #expect(output.status == .exited(4) && output.isCut)
        #expect(output.output == "1\n2\n3\n4\n5\n".prefix(limit) && output.errors.isEmpty)
        let end = limit > 0 ? output.outputEnd : output.errorsEnd
        #expect(end.hasSuffix("\n59999\n60000\n") && end.utf8.count == 4096)
      }
      // Longer than any line may be.
      let zeros = try await fixture.board.output(
        of: shell("head -c 2000000 /dev/zero; exit 5"), limit: 3)
      #expect(zeros.status == .exited(5) && zeros.output == "\0\0\0" && zeros.isCut)
      let whole = try await fixture.board.output(of: shell("printf 12345"), limit: 5)
      #expect(whole.output == "12345" && !whole.isCut)
    },
    Promise(name: "programs whose output is wanted and that are missing are named") { fixture in
      for program in ["nothing-of-this-name", "bin/nothing", "/nonexistent"] {
        await #expect {
          _ = try await fixture.board.output(of: ExecCommand(program: program), limit: 10)
        } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .commandFailed && error.message.contains(program)
        }
      }
    },
    Promise(name: "cancellation ends a command whose output is wanted") { fixture in
      // What it has started is told, too; both ignore SIGTERM.
      let text = """
        trap '' TERM
        sh -c 'echo $$ >inner; while :; do sleep 0.1; done' &
        echo $$ >outer
        while :; do sleep 0.1; done
        """
      let board = fixture.board
      let clean = try await board.exec(shell("rm -f inner outer"))
      #expect(clean == .exited(0))
      let task = Task {
        try await board.output(of: shell(text, grace: .milliseconds(200)), limit: 1000)
      }
      let both = shell("[ -s inner ] && [ -s outer ]")
      let started = try await fixture.soon { try await board.exec(both) == .exited(0) }
      #expect(started)
      task.cancel()
      await #expect { _ = try await task.value } throws: { ($0 as? LabError)?.code == .cancelled }
      let isOver = shell("! kill -0 $(cat inner) && ! kill -0 $(cat outer)")
      let over = try await fixture.soon {
        try await board.output(of: isOver, limit: 0).status == .exited(0)
      }
      #expect(over)
    },
    Promise(name: "what a command leaves behind lives on") { fixture in
      let left = try await fixture.board.output(
        of: shell("sleep 600 </dev/null >/dev/null 2>&1 & echo $!"), limit: 100)
      #expect(left.status == .exited(0))
      let process = left.output.trimmingCharacters(in: .whitespacesAndNewlines)
      let killed = try await fixture.board.exec(shell("sleep 0.2; kill -KILL \(process)"))
      #expect(killed == .exited(0))
    },
  ]

  static let stops = [
    Promise(name: "a detached command is stopped, and how it ended is told") { fixture in
      // The signal is for the whole group.
      let process = try await fixture.board.detach(
        shell("sleep 600 & echo $! >child; trap 'kill -0 $! && wait $!; exit 7' TERM; wait"))
      let ready = shell("[ -s child ] && kill -0 $(cat child)")
      let started = try await fixture.soon { try await fixture.board.exec(ready) == .exited(0) }
      #expect(started)
      let again = try await fixture.backend.attach(fixture.lab.record).board("alice")
      try await again.stop(detached: process, signal: "TERM")
      let found = try await fixture.end(of: process)
      #expect(found?.isRunning == false && found?.status == .exited(7))
      let childs = try await fixture.board.output(of: shell("kill -0 $(cat child)"), limit: 0)
      #expect(childs.status != .exited(0))
      // One that has ended stays so.
      try await again.stop(detached: process, signal: "TERM")
    },
    Promise(name: "ends of detached commands are told apart") { fixture in
      for (text, status) in [
        ("exit 0", .exited(0)), ("exit 137", .exited(137)), ("kill -KILL $$", .signalled(SIGKILL)),
        ("exit 255", .exited(255)),
      ] as [(String, CommandStatus)] {
        let process = try await fixture.board.detach(shell(text))
        let found = try await fixture.end(of: process)
        #expect(found?.status == status)
      }
      let process = try await fixture.board.detach(shell("exec sleep 600"))
      try await fixture.board.stop(detached: process, signal: "KILL")
      let found = try await fixture.end(of: process)
      #expect(found?.status == .signalled(SIGKILL))
    },
    Promise(name: "only commands that run are stopped, by signals that there are") { fixture in
      await #expect { try await fixture.board.stop(detached: 1, signal: "TERM") } throws: {
        ($0 as? LabError)?.code == .commandFailed
      }
      let process = try await fixture.board.detach(shell("exec sleep 600"))
      await #expect { try await fixture.board.stop(detached: process, signal: "NOTHING") } throws: {
        ($0 as? LabError)?.code == .commandFailed
      }
      let found = try await fixture.board.detached().first { $0.process == process }
      #expect(found?.isRunning == true && found?.status == nil)
      try await fixture.board.stop(detached: process, signal: "TERM")
      let ended = try await fixture.end(of: process)
      #expect(ended?.status == .signalled(SIGTERM))
    },
  ]
}

extension LabFixture {
  /// Waits up to half a minute for something that a board says.
  fileprivate func soon(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<300 {
      if try await condition() { return true }
      await pauseUncancelled(for: .milliseconds(100))
    }
    return false
  }

  /// A detached command when it has ended.
  fileprivate func end(of process: Int32) async throws -> DetachedCommand? {
    var found: DetachedCommand?
    _ = try await soon {
      found = try await board.detached().last { $0.process == process }
      return found?.isRunning != true
    }
    return found
  }
}
