import Foundation
import Glibc
import HostKit
import LabCore
import LabManifest
import LabValues

/// A file that a board got when its lab came up.
public struct PlacedFile: Codable, Sendable, Equatable {
  /// On the board, relative to its working folder.
  public var path: String
  public var sha256: String
  public var executable: Bool

  /// - Throws: `file_unreadable`.
  init(_ file: BoardFile) throws(LabError) {
    path = file.path
    sha256 = try Evidence.sha256(of: file.source)
    executable = access(file.source, X_OK) == 0
  }
}

/// Makes boards ready as the manifest says: files first, then commands, in order.
struct Provisioning: Sendable {
  let observer: RunObserver

  /// Bytes of a command's output that are kept.
  private static let outputLimit = 1 << 20
  /// Characters of it, and of a command, that an error tells.
  private static let told = 1000
  private static let toldCommand = 200

  /// - Returns: by board, what was put there.
  /// - Throws: `provision_failed`; what putting a file throws; `.cancelled`.
  func run(
    _ manifest: LabManifest, on lab: any RunningLab
  ) async throws(LabError) -> [String: [PlacedFile]] {
    var placed: [String: [PlacedFile]] = [:]
    for plan in manifest.boards where plan.setup != BoardSetup() {
      let board = try lab.board(plan.name)
      for file in plan.setup.files {
        let known = try PlacedFile(file)
        guard let path = BoardPath(file.path) else {
          throw LabError(.internal, "'\(file.path)' is not a path on a board", board: plan.name)
        }
        try await board.put(file.source, to: path, access: known.executable ? .program : .data)
        placed[plan.name, default: []].append(known)
      }
      for (index, words) in plan.setup.commands.enumerated() {
        observer(
          .note("board '\(plan.name)': command \(index + 1) of \(plan.setup.commands.count)"))
        try await run(words, plan.setup.timeout, on: board)
      }
    }
    return placed
  }

  private func run(
    _ words: [String], _ timeout: Duration, on board: any RunningBoard
  ) async throws(LabError) {
    let command = ExecCommand(program: words[0], arguments: Array(words.dropFirst()))
    let name = Self.name(of: words)
    let output: CommandOutput
    do throws(LabError) {
      output = try await TimeLimit.run(timeout, "'\(name)'") { () throws(LabError) in
        try await board.output(of: command, limit: Self.outputLimit)
      }
    } catch {
      guard error.code == .timedOut || error.code == .commandFailed else { throw error }
      let isLate = error.code == .timedOut
      throw LabError(
        .provisionFailed, error.message, board: board.name, step: "provision",
        hint: isLate
          ? "give it more with 'provisionTimeout'; what it leaves running must let go of its output"
          : error.hint,
        cause: error.cause)
    }
    guard output.status != .exited(0) else { return }
    let end =
      switch output.status {
      case .exited(let code): "ended with status \(code)"
      case .signalled(let signal): "was ended by signal \(signal)"
      }
    let words = (output.errors.isEmpty ? output.outputEnd : output.errorsEnd).suffix(Self.told)
    throw LabError(
      .provisionFailed, "the command '\(name)' \(end)", board: board.name, step: "provision",
      cause: words.isEmpty ? nil : words.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// As the manifest has it.
  private static func name(of words: [String]) -> String {
    let isText = words.count == 3 && words.starts(with: ["sh", "-c"])
    let name = isText ? words[2] : words.joined(separator: " ")
    return name.count > toldCommand ? "\(name.prefix(toldCommand))…" : name
  }
}

extension LabState {
  /// Why the boards are not as that manifest would make them ready; nil where they are.
  /// - Throws: `file_unreadable`.
  func setupDifference(from manifest: LabManifest) throws(LabError) -> String? {
    for board in manifest.boards {
      let known = files?[board.name] ?? []
      guard known.map(\.path) == board.setup.files.map(\.path) else {
        let paths = known.map(\.path).listed
        return "board '\(board.name)' has \(paths.isEmpty ? "no files" : "the files \(paths)")"
      }
      for (file, placed) in zip(board.setup.files, known) where try PlacedFile(file) != placed {
        return "\(file.source) has changed since board '\(board.name)' got it"
      }
      guard commands?[board.name] ?? [] == board.setup.commands else {
        return "board '\(board.name)' was provisioned with other commands"
      }
    }
    return nil
  }
}

extension LabError.Code {
  static let provisionFailed = Self("provision_failed")
}
