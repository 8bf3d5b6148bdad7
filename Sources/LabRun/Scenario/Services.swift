import Foundation
import HostKit
import LabCore
import LabManifest
import LabValues

// Commands that run beside the steps, and files.
extension StepWork {
  private static let defaultReadiness = Duration.seconds(10)
  private static let longestPause = Duration.milliseconds(200)

  func start(
    _ command: CommandStep, _ ready: Readiness?, _ step: ScenarioStep
  ) async throws(LabError) {
    let board = try lab.running.board(command.board)
    let process = try await board.detach(
      ExecCommand(program: command.words[0], arguments: Array(command.words.dropFirst())))
    // Its number is known only now; one that is started and not written down ends with the lab.
    try lab.live.note(.service(board: command.board, process: process))
    if let name = step.name {
      await state.add(AttemptState.Service(board: command.board, process: process), named: name)
    }
    guard let ready else { return }
    let limit = step.within ?? Self.defaultReadiness
    let end = ContinuousClock.now + limit
    var pause = Duration.milliseconds(5)
    while try await !isReady(ready, process, on: board) {
      guard ContinuousClock.now < end else {
        throw LabError(
          .notReady,
          "the service was not ready within \(DurationText.format(limit)): \(ready.words)",
          board: command.board, step: "service", cause: try await words(of: process, on: board))
      }
      do { try await Task.sleep(for: pause) } catch { throw .cancelled }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  private func isReady(
    _ ready: Readiness, _ process: Int32, on board: any RunningBoard
  ) async throws(LabError) -> Bool {
    let service = try await board.detached().last { $0.process == process }
    guard let service else { return false }
    let isThere: Bool =
      switch ready {
      case .output(let pattern): pattern.matches(service.text)
      case .port(let port): try await listens(port, on: board)
      case .file(let path):
        try await succeeds(["test", "-e", path], on: board)
      }
    guard !isThere, !service.isRunning else { return isThere }
    throw LabError(
      .notReady, "the service ended before it was ready", board: board.name, step: "service",
      cause: Self.end(of: service.text))
  }

  private func succeeds(
    _ words: [String], on board: any RunningBoard
  ) async throws(LabError) -> Bool {
    try await board.output(
      of: ExecCommand(program: words[0], arguments: Array(words.dropFirst())), limit: 1024
    ).status == .exited(0)
  }

  /// By the kernel's tables of sockets, so that nothing connects to it.
  private func listens(_ port: UInt16, on board: any RunningBoard) async throws(LabError) -> Bool {
    let outcome = try await board.output(
      of: ExecCommand(program: "cat", arguments: ["/proc/net/tcp", "/proc/net/tcp6"]),
      limit: Self.outputLimit)
    let digits = String(port, radix: 16, uppercase: true)
    let wanted = ":" + String(repeating: "0", count: 4 - digits.count) + digits
    return outcome.output.split(separator: "\n").contains { line in
      // Number, local address, remote address, state; 0A is LISTEN (proc(5)).
      let fields = line.split(separator: " ")
      return fields.count > 3 && fields[1].hasSuffix(wanted) && fields[3] == "0A"
    }
  }

  private func words(of process: Int32, on board: any RunningBoard) async throws(LabError)
    -> String?
  {
    try await board.detached().last { $0.process == process }.flatMap { Self.end(of: $0.text) }
  }

  private static func end(of text: String) -> String? {
    let end = text.suffix(500).trimmingCharacters(in: .whitespacesAndNewlines)
    return end.isEmpty ? nil : end
  }

  func stop(_ name: String, _ signal: String) async throws(LabError) {
    guard let service = await state.service(name) else {
      throw LabError(.notReady, "the service '\(name)' does not run", step: "stop")
    }
    try await lab.running.board(service.board).stop(detached: service.process, signal: signal)
  }

  func copy(_ from: FilePlace, _ to: FilePlace) async throws(LabError) {
    switch (from, to) {
    case (.local(let path), .board(let board, let place)): try await put(path, board, place)
    case (.board(let board, let place), .local(let path)):
      let partial = "\(path).partial-\(getpid())"
      try await get(board, place, to: partial)
      guard rename(partial, path) == 0 else {
        throw LabError(
          .fileNotCopied, "cannot write \(path)", SystemFault(path: path, .make), step: "get")
      }
    case (.board(let source, let place), .board(let target, let other)):
      let home = try lab.output.makeFolder(folder)
      let passing = "\(home)/copy-\(source)"
      try await get(source, place, to: passing)
      try await put(passing, target, other)
      guard unlink(passing) == 0 else {
        throw LabError(
          .fileNotCopied, "cannot remove \(passing)", SystemFault(path: passing, .make), step: "put"
        )
      }
    case (.local, .local): preconditionFailure("the manifest names a board")
    }
  }

  private func put(_ file: String, _ board: String, _ place: String) async throws(LabError) {
    let access: FileAccess = Glibc.access(file, X_OK) == 0 ? .program : .data
    try await lab.running.board(board).put(file, to: ExchangePlan.boardPath(place), access: access)
  }

  private func get(_ board: String, _ place: String, to file: String) async throws(LabError) {
    try await lab.running.board(board).get(ExchangePlan.boardPath(place), to: file)
  }
}

extension Readiness {
  fileprivate var words: String {
    switch self {
    case .output(let pattern): "no line of its output matches '\(pattern.text)'"
    case .port(let port): "nothing listens on port \(port)"
    case .file(let path): "there is no file \(path)"
    }
  }
}
