import LabCore
import LabResults

extension JUnitReport {
  /// A case a check; what is a part of another is in its finding.
  func cases(_ exchange: ExchangeResult) -> [Case] {
    let total = exchange.receiverResult?.nanoseconds["total"].map { Double($0) } ?? 0
    let own = exchange.checks.filter { !$0.isPart }.map { check in
      let isImage = check.id == .imageIdentical
      return Case(
        name: check.claim, seconds: isImage ? total : 0,
        outcome: isImage ? arrival(check, exchange) : outcome(check, type: "check"))
    }
    let claims = exchange.capture?.evidence.claims ?? []
    return own
      + claims.map { Case(name: $0.claim, seconds: 0, outcome: outcome($0, type: "refuted")) }
  }

  private func outcome(_ check: Check, type: String, text: String? = nil) -> Outcome {
    switch check.verdict {
    case .proved: .passed
    case .refuted:
      .failed(Finding(type: type, message: check.finding, text: text ?? check.finding))
    case .notProvable: .skipped(check.finding)
    }
  }

  /// With what is known of a failure, else with the hashes.
  private func arrival(_ check: Check, _ exchange: ExchangeResult) -> Outcome {
    guard let failure = exchange.failure else {
      let hashes = exchange.sha256.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      return outcome(
        check, type: exchange.verdict.rawValue, text: hashes.joined(separator: "\n"))
    }
    return outcome(
      check, type: failure.code.name,
      text: "\(Wording.place(failure)): \(failure.told)"
        + (failure.hint.map { "\n\($0)" } ?? ""))
  }

  /// - Parameter end: why the sweep ended early.
  func pointCase(_ point: SweepPoint, _ end: LabError?) -> Case {
    let median = point.distribution(.exchange)?.median ?? 0
    let first = point.failures.first
    let unmeasured =
      point.samples.isEmpty ? end.map { ["\(Wording.place($0)): \($0.message)"] } : nil
    let failures =
      (unmeasured ?? [])
      + point.failures.map { sample in
        sample.failure.map { "\(Wording.place($0)): \($0.message)" } ?? "the images differ"
      }
    return Case(
      name: point.name, seconds: median,
      outcome: outcome(
        point.check, type: first?.failure?.code.name ?? first?.verdict.rawValue ?? "missing",
        text: failures.joined(separator: "\n")))
  }

  /// Nil where nobody asked whether the programs are slower than others.
  func regressionCase(_ sweep: SweepResult) -> Case? {
    sweep.regression.map { check in
      Case(
        name: check.claim, seconds: 0,
        outcome: outcome(check, type: "slower", text: check.finding))
    }
  }
}
