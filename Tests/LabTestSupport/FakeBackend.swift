import Foundation
import HostKit
import LabCore
import LabValues
import Synchronization

extension LabMode {
  /// That of `FakeBackend`.
  package static let fake = LabMode(rawValue: "fake")
}

/// A backend without processes and networks: files lie in memory, programs are closures, and faults come where a test
/// wants them.
package final class FakeBackend: LabBackend {
  /// What is about to be done, and on which board; nil is the lab as a whole.
  package struct Step: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable {
      case create, attach, destroy, board, run, exec, put, get
      case impair, link, kill, reboot
    }

    package var kind: Kind
    package var board: String?
    /// The board's path, or the program; of a link, how it shall be.
    package var path: String?

    package init(_ kind: Kind, board: String? = nil, path: String? = nil) {
      self.kind = kind
      self.board = board
      self.path = path
    }

    package var description: String {
      [kind.rawValue, board, path].compactMap(\.self).joined(separator: " ")
    }
  }

  /// A program of a board, by the name of its file.
  package typealias Program =
    @Sendable (
      _ board: FakeBoard, _ arguments: [String], _ onLine: @escaping @Sendable (OutputLine) -> Void
    ) async throws(LabError) -> CommandStatus

  package let mode: LabMode
  package let abilities: Set<Ability>
  private let answer: BackendProbe
  let programs: [String: Program]
  /// The error that a step ends with instead of being done.
  let fault: @Sendable (Step) -> LabError?
  private let labs = Mutex<[String: FakeLab]>([:])
  private let history = Mutex<[Step]>([])

  /// - Parameter machines: boards have links of their own, which can be impaired and pulled, and plugs.
  package init(
    mode: LabMode = .fake, ownKernel: Bool = false, machines: Bool = false,
    probe answer: BackendProbe = .available,
    programs: [String: Program] = [:],
    fault: @escaping @Sendable (Step) -> LabError? = { _ in nil }
  ) {
    self.mode = mode
    self.answer = answer
    self.programs = programs
    self.fault = fault
    abilities = Set(
      (ownKernel ? [.ownKernel] : [])
        + (machines ? [.ownNetwork, .linkControl, .impairment, .power] : []))
  }

  /// All that was asked for, in order.
  package var steps: [Step] { history.withLock { $0 } }

  func take(_ step: Step) throws(LabError) {
    history.withLock { $0.append(step) }
    if let error = fault(step) { throw error }
  }

  package func probe() async -> BackendProbe { answer }

  package func record(for plan: LabPlan) throws(LabError) -> LabRecord {
    LabRecord(
      mode: mode, lab: plan.lab, folder: plan.folder,
      boards: plan.boards.map { .init(name: $0.name, address: "\($0.address)") })
  }

  package func create(
    _ plan: LabPlan, record: LabRecord
  ) async throws(LabError) -> any RunningLab {
    try take(Step(.create))
    let lab = FakeLab(record: record, backend: self)
    try await lab.impair(plan.links(all: .thisMachine))
    labs.withLock { $0[record.id] = lab }
    return lab
  }

  package func attach(_ record: LabRecord) async throws(LabError) -> any RunningLab {
    try take(Step(.attach))
    guard let lab = labs.withLock({ $0[record.id] }) else {
      throw LabError(.broken, "lab '\(record.lab)' is not there any more", step: "attach")
    }
    return lab
  }

  package func destroy(_ record: LabRecord) async throws(LabError) {
    try take(Step(.destroy))
    labs.withLock { _ = $0.removeValue(forKey: record.id) }
  }

  package func status(_ record: LabRecord) async -> [BoardStatus] {
    let isThere = labs.withLock { $0[record.id] != nil }
    return record.boards.map {
      BoardStatus(name: $0.name, address: $0.address, state: isThere ? .running : .absent)
    }
  }

  /// Identifiers of the labs that there are.
  package var there: [String] { labs.withLock { $0.keys.sorted() } }

  package func traces() async -> LabTraces { LabTraces() }

  package func erase(_ trace: LabTrace) async throws(LabError) {}
}

package final class FakeLab: RunningLab {
  package let record: LabRecord
  private let backend: FakeBackend
  private let boards: [String: FakeBoard]

  init(record: LabRecord, backend: FakeBackend) {
    self.record = record
    self.backend = backend
    boards = Dictionary(
      uniqueKeysWithValues: record.boards.map { ($0.name, FakeBoard($0, backend)) })
  }

  package func board(_ name: String) throws(LabError) -> any RunningBoard {
    try backend.take(.init(.board, board: name))
    _ = try record.board(name)
    guard let board = boards[name] else { preconditionFailure("each board of the record is made") }
    return backend.abilities.contains(.power) ? FakeMachine(board: board) : board
  }
}

package final class FakeBoard: RunningBoard {
  package let name: String
  package let address: String
  fileprivate let backend: FakeBackend
  private let contents = Mutex<[String: [UInt8]]>([:])

  init(_ board: LabRecord.Board, _ backend: FakeBackend) {
    (name, address) = (board.name, board.address)
    self.backend = backend
  }

  /// The files of its working folder by path.
  package var files: [String: [UInt8]] { contents.withLock { $0 } }

  package func write(_ bytes: [UInt8], to path: String) {
    contents.withLock { $0[path] = bytes }
  }

  package func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try backend.take(.init(.run, board: name, path: "\(command.program)"))
    let file = String(command.program.description.split(separator: "/").last ?? "")
    guard let program = backend.programs[file] else {
      throw LabError(
        .commandFailed, "there is no executable \(file) on the board", board: name, step: "run")
    }
    let status = try await program(self, command.arguments, onLine)
    if Task.isCancelled {
      throw LabError(.cancelled, "told to stop", board: name, step: "run")
    }
    return status
  }

  package func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus {
    try await execute(command) { _ in }
  }

  package func output(
    of command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput {
    let heads = Mutex((output: OutputHead(limit: limit), errors: OutputHead(limit: limit)))
    let status = try await execute(command) { line in
      heads.withLock { heads in
        switch line.stream {
        case .standardOutput: heads.output.add((line.text + "\n").utf8)
        case .standardError: heads.errors.add((line.text + "\n").utf8)
        }
      }
    }
    if Task.isCancelled {
      throw LabError(.cancelled, "told to stop", board: name, step: "exec")
    }
    return heads.withLock { CommandOutput(status: status, $0.output, $0.errors) }
  }

  private func execute(
    _ command: ExecCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try backend.take(.init(.exec, board: name, path: command.program))
    guard let program = backend.programs[command.program] else {
      throw LabError(
        .commandFailed, "there is no program '\(command.program)' on the board", board: name,
        step: "exec")
    }
    return try await program(self, command.arguments, onLine)
  }

  package func stop(detached process: Int32, signal: String) async throws(LabError) {
    throw LabError(.unsupported, "nothing runs on by itself", board: name, step: "stop")
  }

  package func detach(_ command: ExecCommand) async throws(LabError) -> Int32 {
    throw LabError(.unsupported, "nothing runs on by itself", board: name, step: "exec")
  }

  package func detached() async throws(LabError) -> [DetachedCommand] { [] }

  package func put(
    _ file: String, to path: BoardPath, access: FileAccess
  ) async throws(LabError) {
    try backend.take(.init(.put, board: name, path: "\(path)"))
    do { write([UInt8](try Data(contentsOf: URL(filePath: file))), to: "\(path)") } catch {
      throw LabError(
        .fileNotCopied, "cannot put \(file) on the board as \(path)", board: name, step: "put",
        cause: "\(error)")
    }
  }

  package func get(_ path: BoardPath, to destination: String) async throws(LabError) {
    try backend.take(.init(.get, board: name, path: "\(path)"))
    guard let bytes = files["\(path)"] else {
      throw LabError(
        .fileNotCopied, "cannot copy \(path) from the board to \(destination)", board: name,
        step: "get", cause: "No such file or directory")
    }
    do { try Data(bytes).write(to: URL(filePath: destination), options: .withoutOverwriting) } catch
    {
      throw LabError(
        .fileNotCopied, "cannot copy \(path) from the board to \(destination)", board: name,
        step: "get", cause: "\(error)")
    }
  }
}

/// A board with a link and a plug of its own. What is done to these is a step of the backend, and nothing else.
package struct FakeMachine: Impairing, LinkControl, PowerControl {
  package let board: FakeBoard

  package var name: String { board.name }
  package var address: String { board.address }

  package func possibleImpairments() async throws(LabError) -> Set<LinkImpairment.Kind> {
    Set(LinkImpairment.Kind.allCases)
  }

  package func impair(_ impairment: LinkImpairment) async throws(LabError) {
    let kinds = impairment.kinds.map(\.rawValue).sorted().joined(separator: ",")
    try board.backend.take(.init(.impair, board: name, path: kinds))
  }

  package func clearImpairment() async throws(LabError) {
    try board.backend.take(.init(.impair, board: name, path: "clear"))
  }

  package func setLink(up: Bool) async throws(LabError) {
    try board.backend.take(.init(.link, board: name, path: up ? "up" : "down"))
  }

  package func kill() async throws(LabError) { try board.backend.take(.init(.kill, board: name)) }

  package func reboot() async throws(LabError) {
    try board.backend.take(.init(.reboot, board: name))
  }

  package func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try await board.run(command, onLine: onLine)
  }

  package func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus {
    try await board.exec(command)
  }

  package func output(
    of command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput {
    try await board.output(of: command, limit: limit)
  }

  package func detach(_ command: ExecCommand) async throws(LabError) -> Int32 {
    try await board.detach(command)
  }

  package func stop(detached process: Int32, signal: String) async throws(LabError) {
    try await board.stop(detached: process, signal: signal)
  }

  package func detached() async throws(LabError) -> [DetachedCommand] {
    try await board.detached()
  }

  package func put(
    _ file: String, to path: BoardPath, access: FileAccess
  ) async throws(LabError) {
    try await board.put(file, to: path, access: access)
  }

  package func get(_ path: BoardPath, to destination: String) async throws(LabError) {
    try await board.get(path, to: destination)
  }
}
