import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import PiCrypto
import PiExchange

/// One exchange: runs it, brings its files home, and takes the proof from them. Once the programs have ended, nothing
/// but a cancellation makes it throw: what goes wrong has its place in the report.
struct ExchangeSession: Sendable {
  let plan: ExchangePlan
  let lab: any RunningLab
  let output: RunFolder
  let recorder: WireRecorder?
  let observer: RunObserver
  let troubles: Troubles

  private var exchange: Exchange { plan.exchange }

  func run() async throws(LabError) -> ExchangeResult {
    var report = ExchangeResult(blank: exchange)
    observer(
      .exchangeStarted(
        name: exchange.name, sender: exchange.sender, receiver: exchange.receiver,
        profile: exchange.profile.name, imageBytes: report.image.bytes))
    let runner = ExchangeRunner(
      plan: plan, sender: try board(exchange.sender), receiver: try board(exchange.receiver),
      observer: observer)
    _ = try output.makeFolder(exchange.name)
    let (ends, warning) = try await recorded { () throws(LabError) in try await runner.run() }
    writeLogs(of: runner)
    fill(&report, from: ends)
    report.warnings += [warning].compactMap(\.self)
    observer(.verifying(exchange: exchange.name))
    try await collect(into: &report)
    try await verify(&report)
    prove(&report)
    return report
  }

  private func recorded(
    _ body: () async throws(LabError) -> [ProgramEnd]
  ) async throws(LabError) -> ([ProgramEnd], String?) {
    guard let recorder else { return (try await body(), nil) }
    return try await recorder.recording(body)
  }

  private func fill(_ report: inout ExchangeResult, from ends: [ProgramEnd]) {
    report.senderResult = ends.first { $0.role == .sender }?.result
    report.receiverResult = ends.first { $0.role == .receiver }?.result
    let results = [report.senderResult, report.receiverResult].compactMap(\.self)
    report.warnings = Warnings.sentences(for: results)
    if let result = results.first {
      report.group = result.group
      report.groupBits = result.groupBits
    }
    report.failure = FailureCause.select(ends)?.failure
  }

  /// Brings what there is: after a failure a program may have left none of its files.
  private func collect(into report: inout ExchangeResult) async throws(LabError) {
    for (artifact, name, path) in plan.artifacts {
      if Task.isCancelled { throw .cancelled }
      // A program that failed keeps its promise to leave no unfinished file.
      let result =
        artifact == .receiverDecrypted || artifact == .receiverEncrypted
        ? report.receiverResult : report.senderResult
      guard artifact == .original || result != nil else { continue }
      let relative = plan.reportPath(of: artifact)
      do throws(LabError) {
        try await bring(artifact, from: lab.board(name), path, to: relative)
        report.files[artifact.rawValue] = relative
      } catch {
        if error.code == .cancelled { throw error }
        if error.isLossOfBoard {
          lose(relative, of: name, error, &report)
        } else {
          miss(relative, error, &report)
        }
      }
    }
  }

  /// The original is the run's own copy, which is what the sender's board was given.
  private func bring(
    _ artifact: ExchangePlan.Artifact, from board: any RunningBoard, _ path: BoardPath,
    to relative: String
  ) async throws(LabError) {
    let place = "\(output.work)/\(relative)"
    guard artifact == .original else { return try await board.get(path, to: place) }
    do { try FileCopy.link(from: exchange.image, to: place) } catch {
      throw LabError(
        .fileNotCopied, "cannot keep \(relative)", step: "get", cause: ErrorWords.words(of: error))
    }
  }

  /// A file that could not be kept is missing in the run, and no more.
  private func miss(_ file: String, _ error: LabError, _ report: inout ExchangeResult) {
    report.warnings.append("\(file) is missing: \(error).")
    troubles.add(error)
  }

  /// Of an exchange that had succeeded the proof is lost; of one that failed, a file.
  private func lose(
    _ file: String, of board: String, _ error: LabError, _ report: inout ExchangeResult
  ) {
    guard report.failure == nil else {
      report.warnings.append("Board \(board) was lost, and \(file) with it.")
      return
    }
    report.failure = .lost(
      error, "the board was lost after the exchange, and \(file) with it")
  }

  /// Where a board was lost the capture may be, too.
  private func prove(_ report: inout ExchangeResult) {
    do throws(LabError) { report.capture = try recorder?.evidence(of: report) } catch {
      report.warnings.append("There is no evidence from the wire: \(error).")
      if report.verdict != .failed { troubles.add(error) }
    }
  }

  /// Hashes every file at once, one task each, then judges.
  private func verify(_ report: inout ExchangeResult) async throws(LabError) {
    do throws(LabError) { try await judge(&report) } catch {
      if error.isCancellation { throw error }
      var failure = report.failure ?? error
      failure.step = failure.step ?? "verify"
      report.failure = failure
      report.judge()
    }
  }

  private func judge(_ report: inout ExchangeResult) async throws(LabError) {
    var paths = report.files.mapValues { "\(output.work)/\($0)" }
    paths[ExchangePlan.Artifact.original.rawValue] = exchange.image
    let hashes = await withTaskGroup(of: (String, Result<String, LabError>).self) { group in
      for (key, path) in paths {
        group.addTask {
          (key, Self.result { () throws(LabError) in try Evidence.sha256(of: path) })
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for (key, hash) in hashes { report.sha256[key] = try hash.get() }
    let decrypted = report.files[ExchangePlan.Artifact.receiverDecrypted.rawValue]
    let isSame = try decrypted.map { path throws(LabError) in
      try Evidence.areIdentical(exchange.image, "\(output.work)/\(path)")
    }
    report.judge(decryptedIsOriginal: isSame)
    report.fillNumbers(of: exchange, in: output.work)
  }

  private static func result(
    _ body: () throws(LabError) -> String
  ) -> Result<String, LabError> {
    do { return .success(try body()) } catch { return .failure(error) }
  }

  private func writeLogs(of runner: ExchangeRunner) {
    for (board, log) in [
      (exchange.sender, runner.senderLog), (exchange.receiver, runner.receiverLog),
    ] {
      let folder = "\(exchange.name)/\(board)"
      do throws(LabError) {
        _ = try output.makeFolder(folder)
        try output.write(log.standardOutput, to: "\(folder)/stdout.log")
        try output.write(log.standardError, to: "\(folder)/stderr.log")
      } catch { troubles.add(error) }
    }
  }

  private func board(_ name: String) throws(LabError) -> any RunningBoard {
    return try lab.board(name)
  }
}
