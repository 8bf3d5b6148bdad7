import LabManifest
import LabResults

// What one step showed.
extension Judge {
  /// - Parameter earlier: facts of the steps before, by name.
  init(of step: ScenarioStep, _ result: StepResult, earlier: [String: ExchangeFacts]) {
    self.init(step: result.number)
    judge(step, result, earlier: earlier)
  }

  private mutating func judge(
    _ step: ScenarioStep, _ result: StepResult, earlier: [String: ExchangeFacts]
  ) {
    if let failure = result.failure {
      return expect(false, Mismatch.step, "done", found: "\(failure.code.name): \(failure)")
    }
    switch step.action {
    case .exec:
      var expected = CommandExpectation()
      if case .command(let wanted) = step.expect { expected = wanted }
      judge(result.command, expected)
    case .waitUntil(_, let expected): judge(result.command, expected)
    case .exchange:
      guard let facts = result.exchange else {
        return expect(false, Mismatch.step, "done", found: "no facts of an exchange were kept")
      }
      if case .exchange(let expected) = step.expect { judge(facts, expected, earlier: earlier) }
    case .parallel(let steps): judge(steps, result, earlier: earlier)
    default: break
    }
  }

  /// Whether all is known to be as expected.
  var isMet: Bool { mismatches.isEmpty && doubt == nil }

  /// Steps that are done at once. Those that were ended because another failed are told only where none says why.
  private mutating func judge(
    _ steps: [ScenarioStep], _ result: StepResult, earlier: [String: ExchangeFacts]
  ) {
    var results = result.parallel ?? []
    var undone: [Mismatch] = []
    for (place, step) in steps.enumerated() {
      let label = step.name ?? step.action.label
      let index = results.firstIndex { found in
        found.isOf(step) && (found.place ?? place + 1) == place + 1
      }
      guard let index else {
        undone.append(
          Mismatch(
            step: result.number, "\(label): \(Mismatch.step)", expected: "done", found: "not done"))
        continue
      }
      // They are in the steps' order; those of two that read alike are one each.
      add(Judge(of: step, results.remove(at: index), earlier: earlier), label: label)
    }
    if isMet { for mismatch in undone { add(mismatch) } }
  }

  private mutating func add(_ other: Judge, label: String) {
    for mismatch in other.mismatches {
      var told = mismatch
      told.subject = "\(label): \(mismatch.subject)"
      add(told)
    }
    if let doubt = other.doubt { self.doubt("\(label): \(doubt)") }
  }
}

extension StepResult {
  /// Whether it is what came of that step, of those that were done at once.
  fileprivate func isOf(_ step: ScenarioStep) -> Bool {
    if let name = step.name { return name == self.name }
    guard case .exchange(let wanted) = step.action, self.name == nil else {
      return self.name == nil && text == step.words(nil)
    }
    guard let name = wanted.exchange else { return text.hasPrefix("exchange ") }
    return text == "exchange \(name)" || text.hasPrefix("exchange \(name),")
  }
}
