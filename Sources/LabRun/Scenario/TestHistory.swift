import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues
import Synchronization

//  history.jsonl in the run's folder:
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

  func add(_ cell: CellResult, of scenario: String, about: String? = nil) throws(LabError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      let data = try encoder.encode(Line(scenario: scenario, about: about, cell: cell))
      observer(.history(String(decoding: data, as: UTF8.self)))
      try file.withLock { state in
        guard let file = state.file else { return state.early.append(data + Data([10])) }
        try file.write(contentsOf: data + Data([10]))
      }
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

extension TestHistory {
  /// Bytes; more is no history of ours.
  private static let longest = 1 << 30

  /// Judges the facts that a run has kept once more, by what the manifest expects now.
  /// - Throws: `run_unreadable`, `no_such_scenario`.
  public static func judged(
    folder: String, by manifest: LabManifest, seed: UInt64?
  ) throws(LabError) -> TestResult {
    var tests = TestResult(seed: seed ?? 0)
    for line in try lines(in: folder) {
      guard let scenario = manifest.scenarios.first(where: { $0.name == line.scenario }) else {
        throw LabError(
          .noSuchScenario, "the manifest has no scenario '\(line.scenario)', which the run tried",
          step: "judge", hint: "judge it by the manifest that it was run with")
      }
      tests.add(judged(line.cell, by: scenario), of: scenario.name, about: scenario.about)
    }
    return tests
  }

  private static func judged(_ cell: CellResult, by scenario: Scenario) -> CellResult {
    guard !cell.attempts.isEmpty else { return cell }
    var cell = cell
    let known = scenario.knownFailure(of: cell.exchange, in: LabMode(rawValue: cell.mode))
    let judge = ScenarioJudge(scenario: scenario, known: known)
    cell.reason = known?.why
    for index in cell.attempts.indices {
      cell.attempts[index].mismatches = []
      judge.judge(&cell.attempts[index])
    }
    cell.judgeAttempts()
    return cell
  }

  private static func lines(in folder: String) throws(LabError) -> [Line] {
    let path = "\(folder)/\(name)"
    do {
      let bytes = try RegularFile(path).contents(limit: longest)
      return try bytes.split(separator: 10).map {
        try JSONDecoder().decode(Line.self, from: Data($0))
      }
    } catch {
      throw LabError(
        .runUnreadable, "cannot read \(path)", step: "judge",
        hint: "a run of 'pilab test' keeps it", cause: ErrorWords.words(of: error))
    }
  }
}
