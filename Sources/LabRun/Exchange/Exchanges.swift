import LabCore
import LabManifest
import LabResults

/// The exchanges that a run was asked for, one after the other.
struct Exchanges: Experiment {
  let exchanges: [Exchange]
  /// Records each on the wire.
  let captures: Bool

  let name = "the exchanges"

  init(_ start: RunStart) {
    exchanges = start.request.exchanges
    captures = start.request.captures
  }

  var needsPreSharedKey: Bool { exchanges.contains { $0.authentication == .preSharedKey } }

  /// Those that could not begin have their place in the result, unless nothing has been done yet.
  func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError) {
    for exchange in exchanges {
      var report: ExchangeResult
      do throws(LabError) { report = try await run(exchange, on: lab) } catch {
        guard error.isLossOfBoard || !result.exchanges.isEmpty && !error.isCancellation else {
          throw error
        }
        report = ExchangeResult(exchange, preventedBy: error)
      }
      report.failure = report.failure?.explained(
        FailureHint(lab.conditions, boards: [exchange.sender, exchange.receiver]))
      result.exchanges.append(report)
      lab.observer(.exchangeEnded(name: report.name, verdict: report.verdict))
    }
  }

  private func run(
    _ exchange: Exchange, on lab: LabInUse
  ) async throws(LabError) -> ExchangeResult {
    let recorder =
      captures ? try WireRecorder(exchange, on: lab.running, folder: lab.output.work) : nil
    let plan = try await lab.deployment.prepare(exchange)
    return try await ExchangeSession(
      plan: plan, lab: lab.running, output: lab.output, recorder: recorder,
      observer: lab.observer, troubles: lab.troubles
    ).run()
  }
}
