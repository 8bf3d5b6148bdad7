import LabCore
import LabManifest
import LabResults
import LabValues

/// What the facts of an attempt mean: the one place that gives verdicts on cells, for a run and for one that is kept.
struct ScenarioJudge {
  let scenario: Scenario
  /// In place of the last exchange's expectation.
  let known: Scenario.KnownFailure?

  /// Fills in what follows from the attempt's facts.
  /// - Parameter isWhole: all steps were begun.
  func judge(_ attempt: inout AttemptResult) {
    let (expected, expectedReason) = outcome(of: attempt, instead: nil)
    guard let known else {
      attempt.mismatches = expected
      attempt.reason = expectedReason
      attempt.verdict =
        expectedReason != nil ? .inconclusive : expected.isEmpty ? .passed : .failed
      return
    }
    let (found, reason) = outcome(of: attempt, instead: known.instead)
    attempt.reason = reason
    if reason != nil {
      attempt.verdict = .inconclusive
    } else if expected.isEmpty {
      // Also where it is as 'instead' says: that may ask for less.
      attempt.verdict = .unexpectedPass
    } else if found.isEmpty {
      attempt.verdict = .knownFailure
    } else {
      attempt.mismatches = found
      attempt.verdict = .failed
    }
  }

  /// What is otherwise than expected, and why nothing can be said.
  private func outcome(
    of attempt: AttemptResult, instead: ExchangeExpectation?
  ) -> ([Mismatch], String?) {
    var mismatches: [Mismatch] = []
    var earlier: [String: ExchangeFacts] = [:]
    var doubt = attempt.steps.flatMap(\.all).lazy.compactMap(doubt).first
    let last = scenario.steps.lastIndex { !$0.exchanges.isEmpty }
    for (index, step) in scenario.steps.enumerated() {
      guard let result = attempt.steps.first(where: { $0.number == index + 1 }) else {
        if mismatches.isEmpty, doubt == nil {
          mismatches.append(
            Mismatch(
              step: index + 1, Mismatch.step, expected: "done", found: "not begun"))
        }
        break
      }
      var wanted = step
      if index == last, let instead { wanted.replaceExpectation(instead) }
      let judge = Judge(of: wanted, result, earlier: earlier)
      mismatches += judge.mismatches
      doubt = doubt ?? judge.doubt
      for done in result.all { if let name = done.name { earlier[name] = done.exchange } }
    }
    let (broken, unseen) = invariants(attempt)
    let (ended, unknown) = services(attempt)
    return (mismatches + broken + ended, doubt ?? unreached(attempt) ?? unseen ?? unknown)
  }

  /// Why nothing can be said after such a step.
  private func doubt(_ step: StepResult) -> String? {
    if let failure = step.failure {
      if failure.code == .attackerFailed { return failure.told }
      if failure.isLossOfBoard, !isSwitchedOff(failure.board) {
        return "a board was lost unexpectedly: \(failure)"
      }
    }
    guard let facts = step.exchange else { return nil }
    let lost = [facts.sender, facts.receiver].first {
      $0.code == "board_lost" && !isSwitchedOff($0.board)
    }
    return lost.map { "board \($0.board) was lost unexpectedly: \($0.message ?? "")" }
  }

  /// Whether the scenario takes the board's power; of a loss that names no board, that of any.
  private func isSwitchedOff(_ board: String?) -> Bool {
    let boards = scenario.switchedOff
    return board.map { boards.contains($0) } ?? !boards.isEmpty
  }

  /// Whether it may end so by itself, as the step that started it says.
  private func isExpected(_ ended: ServiceFacts) -> Bool {
    let step = scenario.allSteps(number: ended.step).first { step in
      guard case .service(let command, _) = step.action else { return false }
      return command.board == ended.board && step.name == ended.name
    }
    var expected = CommandExpectation()
    if case .command(let wanted) = step?.expect { expected = wanted }
    return expected.exit.isMet(by: ended.exit)
  }

  /// Services that ended by themselves; why nothing can be said of some.
  private func services(_ attempt: AttemptResult) -> ([Mismatch], String?) {
    // What runs on a board ends with its power.
    let found = (attempt.services ?? []).filter { !isSwitchedOff($0.board) }
    let ended = found.filter { $0.hasEnded && !isExpected($0) }.map { service in
      Mismatch(
        step: service.step, Mismatch.step, expected: "done",
        found: "service \(service.name.map { "'\($0)' " } ?? "")on \(service.board) "
          + "\(service.ending) before it was stopped\(service.text.map { ": \($0)" } ?? "")")
    }
    let unknown = found.first { !$0.hasEnded }
    return (
      ended,
      unknown.map { "a service on \($0.board) \($0.ending)\($0.text.map { ": \($0)" } ?? "")" }
    )
  }

  /// A fault that was not reached proves nothing. Of drawn ones it is enough that one was.
  private func unreached(_ attempt: AttemptResult) -> String? {
    let steps = scenario.steps.flatMap { step -> [ExchangeStep] in step.exchanges }
    let facts = attempt.steps.flatMap(\.all).compactMap(\.exchange)
    for (step, found) in zip(steps, facts) {
      guard !step.faults.isEmpty else { continue }
      guard let faults = found.attacker?.faults, !faults.isEmpty else {
        return "nothing is known of the faults in exchange \(found.exchange)"
      }
      // What could not be done as told has a detail.
      let missed = faults.filter { $0.fired == 0 || $0.detail != nil }
      let isDrawn = step.faults.contains { if case .random = $0.at { true } else { false } }
      guard !missed.isEmpty, !isDrawn || missed.count == faults.count else { continue }
      let words = missed.map { fault in
        (fault.words ?? fault.spec) + (fault.detail.map { " (\($0))" } ?? "")
      }
      return "the exchange did not reach: \(words.joined(separator: "; "))"
    }
    return nil
  }

  /// What holds during the whole cell, judged on every exchange's capture.
  private func invariants(_ attempt: AttemptResult) -> ([Mismatch], String?) {
    var mismatches: [Mismatch] = []
    var doubt: String?
    for step in attempt.steps.flatMap(\.all) {
      guard let facts = step.exchange else { continue }
      for invariant in scenario.always {
        switch invariant {
        case .plaintextHidden:
          let check = facts.claims?.first { $0.id == .plaintextAbsent }
          if check?.verdict == .refuted {
            mismatches.append(
              Mismatch(
                step: step.number, "always.plaintext", expected: "hidden",
                found: "seen: \(check?.finding ?? "")"))
          } else if check == nil || (check?.verdict == .notProvable && facts.verdict != .failed) {
            doubt =
              "the capture of step \(step.number) does not show whether the plaintext is hidden"
          }
        case .claim(let name, let verdict):
          var judge = Judge(step: step.number)
          judge.judge(facts, claim: name, verdict)
          mismatches += judge.mismatches
        }
      }
    }
    return (mismatches, doubt)
  }
}

extension ScenarioStep {
  /// Of its exchange, or of the last of those at once.
  fileprivate mutating func replaceExpectation(_ expected: ExchangeExpectation) {
    switch action {
    case .exchange: expect = .exchange(expected)
    case .parallel(var steps):
      guard let last = steps.lastIndex(where: { !$0.exchanges.isEmpty }) else { return }
      steps[last].replaceExpectation(expected)
      action = .parallel(steps)
    default: break
    }
  }
}
