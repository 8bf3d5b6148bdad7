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

  /// Measures what is left to measure in the lab's mode.
  func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError) {
    let failure: LabError?
    do throws(LabError) {
      try await measure(on: lab)
      failure = nil
    } catch { failure = error }
    // What had been measured when it ended early is a result, too.
    if hasMeasurements { result.sweep = report(actual: lab.mode) }
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
            "\(done) of \(progress.value.total) measurements are kept; go on with: pilab run --resume"
          ))
      }
    }
    do throws(LabError) { try RunFolder.removeUnfinished(pictures) } catch {
      observer(.note("\(error)"))
    }
  }
}
