import LabCore
import LabRun

/// `pilab down --leftovers`.
struct Leftovers {
  private let keeper: LabKeeper
  private let lab: String?
  private let format: OutputFormat

  /// - Parameter lab: nil for labs of all names.
  init(_ keeper: LabKeeper, lab: String?, _ format: OutputFormat) {
    self.keeper = keeper
    self.lab = lab
    self.format = format
  }

  private struct Outcome: Encodable {
    var lab: FoundView
    var removed: Bool
    /// Why it could not be.
    var error: String?
  }

  /// Goes on past what cannot be removed.
  func remove(_ dryRun: Bool) async throws {
    let found = await keeper.found()
    for words in found.unseen { Console.tell("not looked at: \(words)\n") }
    let labs = found.labs.filter { $0.condition == .leftOver && (lab == nil || $0.lab == lab) }
    var outcomes: [Outcome] = []
    var failure: LabError?
    for lab in labs {
      var outcome = Outcome(lab: FoundView(lab), removed: false)
      if format == .text { try Console.print(FoundView.text([lab])) }
      if !dryRun {
        do throws(LabError) {
          // Half a removal helps nobody, so a signal is heeded at the end.
          try await Interruption.guarding(heedsAtEnd: true) { [keeper] () throws(LabError) in
            try await keeper.removeLeftover(lab)
          }
          outcome.removed = true
        } catch {
          outcome.error = "\(error)"
          failure = failure ?? error
        }
      }
      if format == .text, outcome.removed { try Console.print("  removed\n") }
      outcomes.append(outcome)
    }
    switch format {
    case .json: try Console.print(outcomes.encoded())
    case .text where labs.isEmpty: try Console.print("nothing is left over\n")
    case .text: break
    }
    guard let failure else { return }
    if format == .text { throw failure }
    throw failure.code.status.exitCode
  }
}
