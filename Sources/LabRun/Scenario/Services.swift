import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

// Commands that run beside the steps, and files.
extension StepWork {
  private static let defaultReadiness = Duration.seconds(10)
  private static let longestPause = Duration.milliseconds(200)

  func start(
    _ command: CommandStep, _ ready: Readiness?, _ step: ScenarioStep, _ number: Int
  ) async throws(LabError) {
    let board = try lab.running.board(command.board)
    if let ready { try await refuseEarlier(ready, on: board) }
    let process = try await board.detach(
      ExecCommand(program: command.words[0], arguments: Array(command.words.dropFirst())))
    // Its number is known only now; one that is started and not written down ends with the lab.
    try lab.live.note(.service(board: command.board, process: process))
    await state.add(
      AttemptState.Service(step: number, name: step.name, board: command.board, process: process))
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
    await state.forget(process)
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

  /// By the kernel's tables of sockets, so that nothing connects to it. Boards without a network of their own see
  /// each other's, which listen on other addresses.
  private func listens(_ port: UInt16, on board: any RunningBoard) async throws(LabError) -> Bool {
    let outcome = try await board.output(
      of: ExecCommand(program: "cat", arguments: ["/proc/net/tcp", "/proc/net/tcp6"]),
      limit: Self.outputLimit)
    let digits = String(port, radix: 16, uppercase: true)
    let wanted = ":" + String(repeating: "0", count: 4 - digits.count) + digits
    var others: [String] = []
    for other in lab.running.record.boards where other.name != board.name {
      let address = try lab.running.board(other.name).address
      if let word = Self.kernelWord(address) { others.append(word + wanted) }
    }
    return outcome.output.split(separator: "\n").contains { line in
      // Number, local address, remote address, state; 0A is LISTEN (proc(5)).
      let fields = line.split(separator: " ")
      return fields.count > 3 && fields[1].hasSuffix(wanted) && fields[3] == "0A"
        && !others.contains { $0 == fields[1] }
    }
  }

  /// An IPv4 address as the kernel's tables have it, of boards with the byte order of all that there are.
  private static func kernelWord(_ address: String) -> String? {
    let parts = address.split(separator: ".").compactMap { UInt8($0) }
    guard parts.count == 4 else { return nil }
    return parts.reversed().map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
      .joined()
  }

  private func words(of process: Int32, on board: any RunningBoard) async throws(LabError)
    -> String?
  {
    try await board.detached().last { $0.process == process }.flatMap { Self.end(of: $0.text) }
  }

  fileprivate static func end(of text: String) -> String? {
    let end = text.suffix(500).trimmingCharacters(in: .whitespacesAndNewlines)
    return end.isEmpty ? nil : end
  }

  /// What is there before the service is started would be taken for its own.
  private func refuseEarlier(
    _ ready: Readiness, on board: any RunningBoard
  ) async throws(LabError) {
    switch ready {
    case .output: break
    case .port(let port):
      guard try await listens(port, on: board) else { return }
      throw LabError(
        .notReady, "something listens on port \(port) already, before the service is started",
        board: board.name, step: "service", hint: "to see which: ss -tlnp")
    case .file(let path):
      guard try await succeeds(["test", "-e", path], on: board) else { return }
      throw LabError(
        .notReady, "there is a file \(path) already, before the service is started",
        board: board.name, step: "service",
        hint: "remove it in a step before: exec: { \(board.name): rm -rf \(path) }")
    }
  }

  func stop(_ name: String, _ signal: String) async throws(LabError) {
    guard let service = await state.takeService(name) else {
      throw LabError(.notReady, "the service '\(name)' is not running", step: "stop")
    }
    let board = try lab.running.board(service.board)
    let found = try await board.detached().last { $0.process == service.process }
    if let ended = found.flatMap({ ServiceFacts(service, $0) }) {
      return await state.add(ended: ended)
    }
    try await board.stop(detached: service.process, signal: signal)
  }

  /// Services that ended by themselves, and those that cannot be asked about; nil where there are none.
  func servicesThatEnded() async throws(LabError) -> [ServiceFacts]? {
    let all = await state.ended + (try await endedServices())
    return all.isEmpty ? nil : all.sorted { ($0.step, $0.board) < ($1.step, $1.board) }
  }

  func endedServices() async throws(LabError) -> [ServiceFacts] {
    var ended: [ServiceFacts] = []
    for (board, services) in Dictionary(grouping: await state.services, by: \.board) {
      do throws(LabError) {
        let found = try await lab.running.board(board).detached()
        ended += services.compactMap { service in
          found.last { $0.process == service.process }.flatMap { ServiceFacts(service, $0) }
        }
      } catch {
        if error.isCancellation { throw error }
        ended += services.map {
          ServiceFacts(step: $0.step, name: $0.name, board: board, text: "\(error)")
        }
      }
    }
    return ended
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

extension ServiceFacts {
  /// Nil where it runs, and where its board was lost, which ended it.
  fileprivate init?(_ service: AttemptState.Service, _ command: DetachedCommand) {
    let (exit, signal): (Int32?, Int32?)
    switch command.status {
    case nil: return nil
    case .exited(let status): (exit, signal) = (status, nil)
    case .signalled(let number): (exit, signal) = (nil, number)
    }
    self.init(
      step: service.step, name: service.name, board: service.board, exit: exit, signal: signal,
      text: StepWork.end(of: command.text))
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
