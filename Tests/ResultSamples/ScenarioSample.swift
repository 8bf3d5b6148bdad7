import LabCore
import LabResults

/// Scenarios with a cell of every verdict, for the tests.
public enum ScenarioSample {
  public static func report(_ tests: TestResult) -> RunResult {
    var report = Sample.report([])
    report.lab = "attacks"
    report.boards.append(BoardReport(name: "mallory", address: "10.20.0.3"))
    report.tests = tests
    return report
  }

  /// Every verdict; an exchange with a fault on the way, a man in the middle who got the picture, commands, random
  /// faults that were made fewer.
  public static func everything() -> TestResult {
    var tests = TestResult(
      seed: 4711,
      scenarios: [
        ScenarioResult(
          name: "bit-flip", about: "One bit of the image is turned on the way.",
          cells: (1...4).map { flipped($0, .passed) } + [flipped(5, .failed)]),
        ScenarioResult(
          name: "man-in-the-middle",
          about: "Mallory agrees on a key with each side and passes the picture on.",
          cells: [knownFailure(1), refused(2)]),
        ScenarioResult(name: "own-programs", cells: [commands(1)]),
        ScenarioResult(name: "power-cut", cells: [skipped(1), inconclusive(2)]),
        ScenarioResult(name: "rough-link", cells: [flaky(1), unexpectedPass(2)]),
        ScenarioResult(
          name: "three-at-random", about: "Whatever happens, no broken picture is delivered.",
          cells: [shrunk(1)]),
      ])
    tests.leftOut = LeftOut(cells: 3, of: 17, scenarios: ["replayed"])
    tests.programs = TestedPrograms(
      folder: "../mine",
      sha256: [
        "pi-sender": String(repeating: "5e", count: 32),
        "pi-receiver": String(repeating: "0c", count: 32),
      ])
    return tests
  }

  public static func cell(
    _ number: Int, of scenario: String, exchange: String? = "classic", faults: [String] = [],
    _ verdict: CellVerdict, reason: String? = nil, attempts: [AttemptResult] = []
  ) -> CellResult {
    CellResult(
      number: number, exchange: exchange, mode: "namespace", faults: faults, seed: 4711,
      verdict: verdict, reason: reason, attempts: attempts,
      replay: "pilab test attacks.yaml --scenario \(scenario) --cell \(number) --seed 4711")
  }

  public static func attempt(
    _ verdict: CellVerdict, seed: UInt64 = 4711, faults: [String] = [], _ steps: [StepResult] = [],
    _ mismatches: [Mismatch] = [], reason: String? = nil
  ) -> AttemptResult {
    AttemptResult(
      seed: seed, verdict: verdict, nanoseconds: 184_500_000, faults: faults, steps: steps,
      mismatches: mismatches, reason: reason)
  }

  public static func step(_ facts: ExchangeFacts, _ text: String) -> StepResult {
    var step = StepResult(number: 1, text: "exchange \(facts.exchange), \(text) by mallory")
    step.nanoseconds = 170_000_000
    step.exchange = facts
    return step
  }
}

// MARK: - Cells

extension ScenarioSample {
  static let flip = "flip 1 bit at byte 100000 of the image"

  /// Where it failed, the receiver took the image for good.
  public static func flipped(_ number: Int, _ verdict: CellVerdict) -> CellResult {
    let isBad = verdict == .failed
    var facts = facts(verdict: isBad ? .different : .failed)
    facts.sender = side("alice", isBad ? SideFacts.done : "peer_alert", step: "receipt")
    facts.receiver = side("bob", isBad ? SideFacts.done : "integrity_failure", step: "image")
    facts.files = [
      "receiver-decrypted": isBad ? FileFacts(.other, sha256: Sample.hex(5)) : FileFacts(.absent)
    ]
    facts.claims = [
      Check(
        id: .plaintextAbsent, claim: "The plaintext did not cross the wire.", verdict: .proved,
        finding: "Nothing of it was found.")
    ]
    var attacker = relay()
    attacker.faults = [
      AttackerFacts.Fault(
        fault: 0, spec: "sender@byte:100000:before=flip:1", fired: 1, from: "sender",
        position: "byte 100000", passed: 100_427)
    ]
    attacker.faults[0].words = flip
    facts.attacker = attacker
    let mismatches = [
      Mismatch(step: 1, "verdict", expected: "refused", found: "different"),
      Mismatch(step: 1, "receiver", expected: "integrity_failure", found: "done"),
      Mismatch(step: 1, "files.receiver-decrypted", expected: "absent", found: "other"),
    ]
    return cell(
      number, of: "bit-flip", faults: [flip], verdict,
      attempts: [
        attempt(verdict, faults: [flip], [step(facts, "faults")], isBad ? mismatches : [])
      ])
  }

  private static func knownFailure(_ number: Int) -> CellResult {
    cell(
      number, of: "man-in-the-middle", .knownFailure,
      reason: "Diffie-Hellman alone authenticates nobody",
      attempts: [attempt(.knownFailure, [step(intercepted(), "man-in-the-middle")])])
  }

  private static func refused(_ number: Int) -> CellResult {
    var facts = facts("sealed", verdict: .failed)
    facts.sender = side("alice", "key_confirmation_failed", step: "confirm")
    facts.receiver = side("bob", "key_confirmation_failed", step: "confirm")
    facts.attacker = middle(confirmed: false)
    return cell(
      number, of: "man-in-the-middle", exchange: "sealed", .passed,
      attempts: [attempt(.passed, [step(facts, "man-in-the-middle")])])
  }

  private static func commands(_ number: Int) -> CellResult {
    var listing = StepResult(number: 1, name: "listing", text: "exec on bob: ls -l")
    listing.command = CommandFacts(
      exit: 0, signal: nil, output: "total 0\n", errors: "")
    var reading = StepResult(number: 2, text: "exec on bob: cat <missing> & echo")
    reading.command = CommandFacts(
      exit: 1, signal: nil, output: "", errors: "cat: missing: No such file or directory\n",
      cut: [.errors])
    var both = StepResult(number: 3, text: "at once: kill bob; wait for 2s")
    var killing = StepResult(number: 3, text: "kill bob")
    killing.failure = LabError(
      .init("unsupported"), "mode 'namespace' cannot pull a board's plug", board: "bob",
      step: "kill", hint: "use mode 'libvirt'")
    both.parallel = [killing, StepResult(number: 3, text: "wait for 2s")]
    return cell(
      number, of: "own-programs", exchange: nil, .failed,
      attempts: [
        attempt(
          .failed, [listing, reading, both],
          [
            Mismatch(step: 2, "exit", expected: "0", found: "1"),
            Mismatch(step: nil, "always.plaintext", expected: "hidden", found: "seen: 4 | 5"),
          ])
      ])
  }

  private static func skipped(_ number: Int) -> CellResult {
    cell(
      number, of: "power-cut", exchange: "sealed", faults: ["kill bob at byte 200000 of the image"],
      .skipped, reason: "mode 'namespace' cannot pull a board's plug")
  }

  private static func inconclusive(_ number: Int) -> CellResult {
    let reason = "a fault was not reached: cut at the sender's TRAILER"
    return cell(
      number, of: "power-cut", exchange: "sealed", faults: ["cut at the sender's TRAILER"],
      .inconclusive, reason: reason,
      attempts: [
        attempt(
          .inconclusive, [step(facts("sealed", verdict: .identical), "faults")], reason: reason)
      ])
  }

  private static func flaky(_ number: Int) -> CellResult {
    let mismatch = Mismatch(step: 1, "within", expected: "5s", found: "6.2 s")
    return cell(
      number, of: "rough-link", .flaky,
      attempts: [
        attempt(.passed), attempt(.failed, seed: 4712, [], [mismatch]),
        attempt(.inconclusive, seed: 4713, reason: "the lab was not in order"),
      ])
  }

  private static func unexpectedPass(_ number: Int) -> CellResult {
    cell(
      number, of: "rough-link", exchange: "sealed", .unexpectedPass, reason: "the link is too slow",
      attempts: [attempt(.unexpectedPass), attempt(.unexpectedPass, seed: 4712)])
  }

  private static func shrunk(_ number: Int) -> CellResult {
    var cell = flipped(number, .failed)
    let faults = [
      "append 7 bytes at byte 311 of the image", flip, "hold for 250ms at the receiver's RECEIPT",
    ]
    cell.faults = faults
    cell.attempts[0].faults = faults
    cell.shrunk = [flip]
    cell.replay = "pilab test attacks.yaml --scenario three-at-random --cell 1 --seed 4711"
    return cell
  }
}

// MARK: - Exchanges

extension ScenarioSample {
  public static func facts(_ exchange: String = "classic", verdict: Outcome) -> ExchangeFacts {
    ExchangeFacts(
      exchange: exchange, profile: exchange == "sealed" ? "sealed" : "classic", verdict: verdict,
      sender: side("alice", SideFacts.done), receiver: side("bob", SideFacts.done),
      nanoseconds: 160_000_000)
  }

  static func side(_ board: String, _ code: String, step: String? = nil) -> SideFacts {
    var side = SideFacts(board: board, code: code)
    side.publicValue = board == "alice" ? alice : bob
    side.nonce = Sample.hex(board == "alice" ? 51 : 52)
    if code == SideFacts.done {
      side.transcript = Sample.hex(9)
    } else {
      (side.step, side.message) = (step, "what \(board) says of \(code)")
    }
    return side
  }

  /// Both done, each with a key that it shares with mallory.
  public static func intercepted() -> ExchangeFacts {
    var facts = facts(verdict: .identical)
    facts.sender.transcript = Sample.hex(61)
    facts.receiver.transcript = Sample.hex(62)
    facts.files = ["receiver-decrypted": FileFacts(.original, sha256: Sample.hex(1))]
    var attacker = middle(confirmed: true)
    attacker.obtained = AttackerFacts.Obtained(
      bytes: 393_615, sha256: Sample.hex(1), file: "attack-image")
    attacker.hasOriginal = true
    attacker.picture = "obtained.ppm"
    facts.attacker = attacker
    facts.folder = "man-in-the-middle/namespace-1-1/1-classic"
    return facts
  }

  private static func middle(confirmed: Bool) -> AttackerFacts {
    var attacker = AttackerFacts(
      board: "mallory", attack: "man-in-the-middle", sessions: 1,
      frames: confirmed
        ? frames.suffix(4).map { frame in
          var frame = frame
          frame.changed = true
          return frame
        } : [], hellos: hellos,
      bytes: ["fromSender": 393_730, "toReceiver": 393_730, "fromReceiver": 45, "toSender": 45])
    attacker.legs = [
      AttackerFacts.Leg(
        with: "sender", publicValue: Sample.hex(71) + Sample.hex(72), peerPublicValue: alice,
        transcript: Sample.hex(61), confirmed: confirmed),
      AttackerFacts.Leg(
        with: "receiver", publicValue: Sample.hex(81) + Sample.hex(82), peerPublicValue: bob,
        transcript: Sample.hex(62), confirmed: confirmed),
    ]
    return attacker
  }

  public static func relay() -> AttackerFacts {
    AttackerFacts(
      board: "mallory", sessions: 1, frames: frames, hellos: hellos,
      bytes: [
        "fromSender": 394_112, "toReceiver": 394_112, "fromReceiver": 425, "toSender": 425,
      ])
  }

  private static let alice = Sample.hex(21) + Sample.hex(22)
  private static let bob = Sample.hex(31) + Sample.hex(32)

  private static let hellos = [
    AttackerFacts.Hello(
      session: 1, from: "sender", name: "alice", profile: "classic", nonce: Sample.hex(51),
      publicValue: alice),
    AttackerFacts.Hello(
      session: 1, from: "receiver", name: "bob", profile: "classic", nonce: Sample.hex(52),
      publicValue: bob),
  ]

  /// Of a whole exchange in classic; the image was changed.
  private static let frames: [AttackerFacts.Frame] = [
    ("receiver", "PREAMBLE", 8), ("receiver", "HELLO", 335), ("sender", "PREAMBLE", 8),
    ("sender", "HELLO", 337), ("receiver", "CONFIRM", 37), ("sender", "CONFIRM", 37),
    ("sender", "HEADER", 45), ("sender", "IMAGE", 393_616), ("sender", "TRAILER", 69),
    ("receiver", "RECEIPT", 45),
  ].enumerated().map { index, frame in
    AttackerFacts.Frame(
      session: 1, from: frame.0, type: frame.1, bytes: UInt64(frame.2),
      nanoseconds: 3_559_000_000_000 + UInt64(index) * 1_000_000, changed: frame.1 == "IMAGE")
  }
}
