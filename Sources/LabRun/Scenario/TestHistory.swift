import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues
import Synchronization

//  history.jsonl in the run's folder:
//    {"event":"plan", cells: [{scenario, number, …}]}   first, so that a cell without a line is missed
//    {"event":"cell", scenario, number, exchange, mode, seed, verdict, attempts: [facts], …}   a line each, as it ends

/// Writes down what happens to cells, as it happens.
public final class TestHistory: Sendable {
  static let name = "history.jsonl"

  private let observer: RunObserver
  private let file = Mutex(State())

  private struct State {
    var file: FileHandle?
    /// What came before there was a file.
    var early = Data()
  }

  init(_ observer: @escaping RunObserver) { self.observer = observer }

  /// The cells that are to be tried.
  struct Plan: Codable {
    static let event = "plan"
    var event = Self.event
    var cells: [Planned]

    struct Planned: Codable {
      var scenario: String
      var number: Int
      var exchange: String?
      var mode: String
      var seed: UInt64
      var replay: String
    }

    /// - Parameters:
    ///   - mode: of cells that take the run's.
    ///   - manifest: its path, for the commands that try a cell again.
    ///   - programs: folder of the board programs, where the user named it.
    init(_ plan: TestPlan, mode: LabMode, manifest: String?, programs: String?) {
      cells = plan.cells.map {
        Planned(
          scenario: $0.scenario.name, number: $0.number, exchange: $0.exchange?.name,
          mode: ($0.mode ?? mode).rawValue, seed: $0.seed,
          replay: TestPlan.replay($0, manifest: manifest, mode: mode, programs: programs))
      }
    }
  }

  /// A cell that has ended, with its scenario.
  struct Line: Codable {
    var event = "cell"
    var scenario: String
    var about: String?
    var cell: CellResult
  }

  func open(in output: RunFolder) throws(LabError) {
    let isOpen = file.withLock { $0.file != nil }
    guard !isOpen else { return }
    let path = "\(output.work)/\(Self.name)"
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw Self.failure(SystemFault(path: path, .make)) }
    do {
      try file.withLock { state in
        try handle.write(contentsOf: state.early)
        state = State(file: handle)
      }
    } catch { throw Self.failure(SystemFault(error, path: path, .write)) }
  }

  /// The first line.
  func begin(_ plan: Plan) throws(LabError) { _ = try write(plan) }

  func add(_ cell: CellResult, of scenario: String, about: String? = nil) throws(LabError) {
    let data = try write(Line(scenario: scenario, about: about, cell: cell))
    observer(.history(String(decoding: data, as: UTF8.self)))
  }

  private func write(_ line: some Encodable) throws(LabError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      let data = try encoder.encode(line)
      try file.withLock { state in
        guard let file = state.file else { return state.early.append(data + Data([10])) }
        try file.write(contentsOf: data + Data([10]))
      }
      return data
    } catch { throw Self.failure(SystemFault(error, path: Self.name, .write)) }
  }

  func close() throws(LabError) {
    do {
      try file.withLock { state in
        try state.file?.close()
        state.file = nil
      }
    } catch { throw Self.failure(SystemFault(error, path: Self.name, .write)) }
  }

  private static func failure(_ fault: SystemFault) -> LabError {
    LabError(.journalFailed, "cannot write the history of the cells", fault, step: "test")
  }
}
