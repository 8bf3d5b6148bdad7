import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

extension SweepSession: Experiment {
  var name: String { "the sweep" }

  var needsPreSharedKey: Bool {
    plan.points.contains { $0.exchange.authentication == .preSharedKey }
  }

  var otherModes: [LabMode] { modes.filter { $0 != ownMode } }

  /// Links can be made so, and programs that nobody has tried yet can be started.
  func check(on lab: LabInUse) async throws(LabError) {
    if plan.changesLinks {
      try await SweptLinks.require(plan.impairments, of: plan.boards, lab)
    }
    guard let others, let point = plan.points.first(where: \.isOfOthers) else { return }
    let ready = try await lab.deployment.prepare(point.exchange, with: others.programs)
    for (name, program) in [
      (ready.exchange.sender, ready.programs.sender),
      (ready.exchange.receiver, ready.programs.receiver),
    ] {
      let file = (program.description as NSString).lastPathComponent
      let look = "file " + ShellWord.asNeeded("\(others.origin)/\(file)")
      let status: CommandStatus
      do throws(LabError) {
        status = try await Self.version(of: program, on: try lab.running.board(name))
      } catch {
        var error = error
        // The copy on the board is gone with its lab by then.
        if error.hint?.contains("see: file ") == true {
          error.hint = "is it built for another kind of processor? see: \(look)"
        }
        throw error
      }
      // As a shell says that it cannot start something.
      guard status == .exited(126) || status == .exited(127) else { continue }
      throw LabError(
        .boardProgramsMissing, "\(file) of \(others.name) cannot be started", board: name,
        step: "prepare",
        hint: "it may be built for another kind of processor: \(look)")
    }
  }

  /// Measures what is left to measure in the lab's mode.
  func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError) {
    let failure: LabError?
    do throws(LabError) {
      try await measure(on: lab)
      failure = nil
    } catch { failure = error }
    // What had been measured when it ended early is a result, too, be it nothing.
    if let failure, failure.isCancellation || !result.canTell(of: self) { throw failure }
    result.sweep = report(actual: lab.mode)
    result.sweep?.failure = failure
    if let failure { throw failure }
  }

  /// The journal of a sweep that is finished goes with its run; any other stays for `--resume`.
  func keep(in output: RunFolder, isReported: Bool) throws(LabError) {
    guard isComplete else { return }
    try output.keep(journal.path, as: "sweep.jsonl")
    if isReported { journal.remove() }
    try programs.keep(in: output, runs: runs)
  }

  /// Removes the pictures that were made for it. The journal of a sweep that is not finished stays, unless
  /// there is nothing in it.
  func tidy() {
    if FileStatus(journal.path) != nil {
      let done = journal.entries.count
      if done == 0 {
        journal.remove()
      } else {
        observer(
          .note(
            "\(done) of \(progress.value.total) measurements are kept; go on with: \(resumption)"
          ))
      }
    }
    do throws(LabError) { try RunFolder.removeUnfinished(pictures) } catch {
      observer(.note("\(error)"))
    }
  }
}

extension RunResult {
  /// A run that has found nothing is none.
  fileprivate func canTell(of sweep: SweepSession) -> Bool {
    sweep.hasMeasurements || !exchanges.isEmpty
  }
}
