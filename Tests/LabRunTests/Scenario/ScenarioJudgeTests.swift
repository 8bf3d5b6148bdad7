import LabCore
import LabManifest
import LabResults
import LabValues
import Testing

@testable import LabRun

/// Verdicts on attempts and cells.
struct ScenarioJudgeTests {
  private static func scenario(_ faults: [Fault] = []) -> Scenario {
    var step = ExchangeStep(exchange: "first")
    step.faults = faults
    step.attacker = faults.isEmpty ? nil : "mallory"
    var whole = ScenarioStep(.exchange(step))
    var expected = ExchangeExpectation()
    expected.verdicts = [.refused]
    whole.expect = .exchange(expected)
    var scenario = Scenario(name: "s")
    scenario.steps = [whole]
    return scenario
  }

  private static let cut = Fault(
    at: .one(FaultPlace(from: .sender, .part(.hello))), [.cut])

  private static func attempt(_ verdict: Outcome, fired: [Int] = []) -> AttemptResult {
    var facts = ExchangeFacts(
      exchange: "first", profile: "classic", verdict: verdict,
      sender: SideFacts(board: "alice", code: "peer_alert"),
      receiver: SideFacts(board: "bob", code: "truncated"), nanoseconds: 1)
    if !fired.isEmpty { facts.attacker = .sample(fired: fired) }
    var step = StepResult(number: 1, text: "exchange first")
    step.exchange = facts
    return AttemptResult(seed: 1, steps: [step])
  }

  private static func judged(
    _ attempt: AttemptResult, _ scenario: Scenario, known: Scenario.KnownFailure? = nil
  ) -> AttemptResult {
    var attempt = attempt
    ScenarioJudge(scenario: scenario, known: known).judge(&attempt)
    return attempt
  }

  @Test func passedAndFailed() {
    #expect(Self.judged(Self.attempt(.failed), Self.scenario()).verdict == .passed)
    let failed = Self.judged(Self.attempt(.identical), Self.scenario())
    #expect(failed.verdict == .failed)
    #expect(failed.mismatches.map(\.subject) == ["verdict"])
  }

  /// Whatever was found, a fault that was not reached proves nothing.
  @Test func unreachedFaultsProveNothing() {
    let scenario = Self.scenario([Self.cut, Self.cut])
    #expect(Self.judged(Self.attempt(.failed, fired: [1, 1]), scenario).verdict == .passed)
    #expect(Self.judged(Self.attempt(.failed, fired: [1, 0]), scenario).verdict == .inconclusive)
    #expect(
      Self.judged(Self.attempt(.identical, fired: [0, 0]), scenario).verdict == .inconclusive)
    // One that could not be done as told was not made either.
    var undone = Self.attempt(.failed, fired: [1, 1])
    undone.steps[0].exchange?.attacker?.faults[0].detail = "the frame does not have the field"
    #expect(Self.judged(undone, scenario).verdict == .inconclusive)
    // Of drawn ones, what comes behind a cut cannot be reached.
    let drawn = Self.scenario([Fault(at: .random(2), [.cut])])
    #expect(Self.judged(Self.attempt(.failed, fired: [1, 0]), drawn).verdict == .passed)
    #expect(Self.judged(Self.attempt(.failed, fired: [0, 0]), drawn).verdict == .inconclusive)
  }

  /// The attacker's facts are lost: nobody knows what was made.
  @Test func faultsOfWhichNothingIsKnownProveNothing() {
    #expect(
      Self.judged(Self.attempt(.failed), Self.scenario([Self.cut])).verdict == .inconclusive)
  }

  /// As in a history that is damaged, or of another step.
  @Test func aStepWithoutItsFactsFails() {
    var attempt = Self.attempt(.failed)
    attempt.steps[0].exchange = nil
    #expect(Self.judged(attempt, Self.scenario()).verdict == .failed)
    var scenario = Scenario(name: "s")
    scenario.steps = [ScenarioStep(.exec(CommandStep(board: "bob", words: ["ls"])))]
    #expect(Self.judged(attempt, scenario).verdict == .failed)
  }

  /// A board is lost: where the scenario takes its power that is looked at, elsewhere nothing can be said.
  @Test func onlyTheBoardThatIsSwitchedOffMayBeLost() {
    var lost = Self.attempt(.failed)
    lost.steps[0].exchange?.receiver.code = "board_lost"
    #expect(Self.judged(lost, Self.scenario()).verdict == .inconclusive)
    for (board, verdict) in [("bob", CellVerdict.passed), ("alice", .inconclusive)] {
      let kill = Fault(at: .one(FaultPlace(from: .sender, .part(.hello))), [.kill(board)])
      var attempt = lost
      attempt.steps[0].exchange?.attacker = .sample(fired: [1])
      #expect(Self.judged(attempt, Self.scenario([kill])).verdict == verdict)
    }
  }

  /// A service that ends with an error fails the cell, also one that nobody stops; not one whose board is switched off.
  @Test func servicesThatEndByThemselvesAreTold() {
    var attempt = Self.attempt(.failed)
    attempt.services = [
      ServiceFacts(step: 1, name: "web", board: "bob", exit: 3, text: "no such file")
    ]
    let judged = Self.judged(attempt, Self.scenario())
    #expect(judged.verdict == .failed)
    #expect(
      judged.mismatches.map(\.sentence) == [
        "service 'web' on bob ended with status 3 before it was stopped: no such file"
      ])
    var expecting = Self.scenario()
    var expected = CommandExpectation()
    for (exit, verdict) in [(Int32(3), CellVerdict.passed), (4, .failed)] {
      expected.exit = .is(exit)
      var web = ScenarioStep(
        .service(CommandStep(board: "bob", words: ["web"]), ready: nil), name: "web")
      web.expect = .command(expected)
      expecting.steps = Self.scenario().steps + [web]
      var found = attempt
      found.steps.append(StepResult(number: 2, name: "web", text: "service on bob: web"))
      found.services?[0].step = 2
      #expect(Self.judged(found, expecting).verdict == verdict)
    }
    var killing = Self.scenario()
    killing.steps.append(ScenarioStep(.kill("bob")))
    attempt.steps.append(StepResult(number: 2, text: "kill bob"))
    #expect(Self.judged(attempt, killing).verdict == .passed)
    attempt.services = [ServiceFacts(step: 1, name: nil, board: "bob", text: "timed out")]
    #expect(Self.judged(attempt, killing).verdict == .passed)
    #expect(Self.judged(attempt, Self.scenario()).verdict == .inconclusive)
  }

  private static func facts(_ output: String) -> CommandFacts {
    CommandFacts(exit: 0, signal: nil, output: output, errors: "")
  }

  private static func printing(_ text: String) -> CommandExpectation {
    var expected = CommandExpectation()
    expected.output = [.is(text)]
    return expected
  }

  @Test func whatIsWaitedForIsJudgedAgain() {
    let command = CommandStep(board: "bob", words: ["date"])
    var step = StepResult(number: 1, text: "wait until on bob: date")
    step.command = Self.facts("now\n")
    let attempt = AttemptResult(seed: 1, steps: [step])
    for (text, verdict) in [("now", CellVerdict.passed), ("then", .failed)] {
      var scenario = Scenario(name: "s")
      scenario.steps = [ScenarioStep(.waitUntil(command, Self.printing(text)))]
      #expect(Self.judged(attempt, scenario).verdict == verdict)
    }
  }

  /// Two that read alike, and an exchange whose name begins with another's.
  @Test func stepsAtOnceHaveTheirOwnFacts() {
    let command = CommandStep(board: "bob", words: ["date"])
    var result = StepResult(number: 1, text: "at once")
    result.parallel = ["one", "two"].map { text in
      var step = StepResult(number: 1, text: "exec on bob: date")
      step.command = Self.facts(text)
      return step
    }
    var scenario = Scenario(name: "s")
    let steps = ["one", "two"].map { text in
      var step = ScenarioStep(.exec(command))
      step.expect = .command(Self.printing(text))
      return step
    }
    scenario.steps = [ScenarioStep(.parallel(steps))]
    #expect(Self.judged(AttemptResult(seed: 1, steps: [result]), scenario).verdict == .passed)

    // The second of two that read alike failed, and ended the first: what it did is told.
    result.parallel = [result.parallel?[0]].compactMap { step in
      var step = step
      step?.place = 2
      return step
    }
    let ended = Self.judged(AttemptResult(seed: 1, steps: [result]), scenario)
    #expect(ended.mismatches.map(\.subject) == ["exec on bob: stdout"])
    #expect(ended.mismatches.map(\.found) == ["'one'"])

    result.parallel = [("first-two", Outcome.failed), ("first", .identical)].map { name, verdict in
      var step = Self.attempt(verdict).steps[0]
      step.text = "exchange \(name)"
      step.exchange?.exchange = name
      return step
    }
    scenario.steps = [
      ScenarioStep(
        .parallel(
          ["first", "first-two"].map { ScenarioStep(.exchange(ExchangeStep(exchange: $0))) }))
    ]
    guard case .parallel(var alike) = scenario.steps[0].action else { return }
    var expected = ExchangeExpectation()
    expected.verdicts = [.identical]
    alike[0].expect = .exchange(expected)
    scenario.steps = [ScenarioStep(.parallel(alike))]
    #expect(Self.judged(AttemptResult(seed: 1, steps: [result]), scenario).verdict == .passed)
  }

  @Test func aStepThatWasNotBegunFails() {
    #expect(Self.judged(AttemptResult(seed: 1), Self.scenario()).verdict == .failed)
  }

  @Test func knownFailuresAreStrict() {
    var instead = ExchangeExpectation()
    instead.verdicts = [.identical]
    let known = Scenario.KnownFailure(cells: .init(), why: "so it is", instead: instead)
    let scenario = Self.scenario()
    #expect(Self.judged(Self.attempt(.identical), scenario, known: known).verdict == .knownFailure)
    #expect(Self.judged(Self.attempt(.failed), scenario, known: known).verdict == .unexpectedPass)
    let other = Self.judged(Self.attempt(.different), scenario, known: known)
    #expect(other.verdict == .failed)
    #expect(other.mismatches.map(\.expected) == ["identical"])
    // Also where 'instead' asks for less than is expected, and has it.
    let lenient = Scenario.KnownFailure(cells: .init(), why: "so it is", instead: .init())
    #expect(Self.judged(Self.attempt(.failed), scenario, known: lenient).verdict == .unexpectedPass)
    #expect(
      Self.judged(Self.attempt(.identical), scenario, known: lenient).verdict == .knownFailure)
  }

  @Test func losingABoardUnaskedProvesNothing() {
    var attempt = Self.attempt(.failed)
    attempt.steps[0].exchange?.receiver.code = "board_lost"
    #expect(Self.judged(attempt, Self.scenario()).verdict == .inconclusive)
    var scenario = Self.scenario()
    scenario.steps.append(ScenarioStep(.kill("bob")))
    attempt.steps.append(StepResult(number: 2, text: "kill bob"))
    #expect(Self.judged(attempt, scenario).verdict == .passed)
  }

  @Test func invariantsHoldInEveryExchange() {
    var scenario = Self.scenario()
    scenario.always = [.plaintextHidden]
    func attempt(_ verdict: Verdict?, _ outcome: Outcome = .failed) -> AttemptResult {
      var attempt = Self.attempt(outcome)
      attempt.steps[0].exchange?.claims = verdict.map {
        [Check(id: .plaintextAbsent, claim: "hidden", verdict: $0, finding: "looked")]
      }
      return attempt
    }
    #expect(Self.judged(attempt(.proved), scenario).verdict == .passed)
    #expect(Self.judged(attempt(.refuted), scenario).verdict == .failed)
    #expect(Self.judged(attempt(nil), scenario).verdict == .inconclusive)
  }

  @Test func attemptsThatDifferAreFlaky() {
    var cell = CellResult(
      number: 1, exchange: nil, mode: "loopback", faults: [], seed: 1, verdict: .passed, replay: "")
    cell.attempts = [.passed, .failed, .passed].map { AttemptResult(seed: 1, verdict: $0) }
    cell.judgeAttempts()
    #expect(cell.verdict == .flaky)
    #expect(cell.reason == "of 3 attempts: 2 passed, 1 failed")
    var tests = TestResult(seed: 1, scenarios: [ScenarioResult(name: "s", cells: [cell])])
    #expect(!tests.succeeded)
    tests.allowsFlaky = true
    #expect(tests.succeeded && tests.isJudged)
  }

  /// What is inconclusive is no success, and neither is nothing at all.
  @Test func inconclusiveIsNoSuccess() {
    func tests(_ verdict: CellVerdict) -> TestResult {
      let cell = CellResult(
        number: 1, exchange: nil, mode: "loopback", faults: [], seed: 1, verdict: verdict,
        replay: "")
      return TestResult(seed: 1, scenarios: [ScenarioResult(name: "s", cells: [cell])])
    }
    #expect(!tests(.inconclusive).succeeded && !tests(.inconclusive).isJudged)
    #expect(tests(.skipped).succeeded && !tests(.skipped).isJudged)
    #expect(tests(.knownFailure).succeeded && tests(.knownFailure).isJudged)
    #expect(!tests(.unexpectedPass).succeeded)
  }
}

extension AttackerFacts {
  /// With faults that were made so often.
  static func sample(fired: [Int]) -> AttackerFacts {
    AttackerFacts(
      board: "mallory", sessions: 1,
      faults: fired.enumerated().map {
        Fault(fault: $0.offset, spec: "f\($0.offset)", fired: $0.element)
      })
  }
}
