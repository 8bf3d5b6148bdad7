import LabManifest
import LabResults
import LabValues

extension Judge {
  /// What an exchange did.
  /// - Parameter earlier: facts of the steps before, by name.
  mutating func judge(
    _ facts: ExchangeFacts, _ expected: ExchangeExpectation, earlier: [String: ExchangeFacts]
  ) {
    if !expected.verdicts.isEmpty {
      expect(
        expected.verdicts.contains { facts.isVerdict($0) }, "verdict",
        Self.listed(expected.verdicts.map(\.rawValue)), found: facts.verdictWords)
    }
    judge(facts.sender, expected.sender, "sender")
    judge(facts.receiver, expected.receiver, "receiver")
    if let limit = expected.within {
      let time = Duration.nanoseconds(Int64(clamping: facts.nanoseconds))
      expect(
        time <= limit, "time", "at most \(DurationText.format(limit))",
        found: DurationText.format(time))
    }
    for (file, states) in expected.files.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      judge(facts, file, states)
    }
    for (claim, verdict) in expected.claims.sorted(by: { $0.key < $1.key }) {
      judge(facts, claim: claim, verdict)
    }
    if let hasImage = expected.attackerHasImage {
      let found = facts.attacker?.hasOriginal == true
      expect(
        found == hasImage && facts.attacker != nil, "attacker.image",
        hasImage ? "obtained" : "hidden",
        found: facts.attacker == nil
          ? "unknown: there was no attacker" : found ? "obtained" : "hidden"
      )
    }
    if let difference = expected.differs { judge(facts, difference, earlier) }
  }

  static func listed(_ words: [String]) -> String { words.joined(separator: " or ") }

  private mutating func judge(_ side: SideFacts, _ expected: [String], _ subject: String) {
    guard !expected.isEmpty else { return }
    expect(expected.contains(side.code), subject, Self.listed(expected), found: side.words)
  }

  private mutating func judge(
    _ facts: ExchangeFacts, _ file: StoredFile, _ states: [ExchangeExpectation.FileState]
  ) {
    let state = facts.files[file.rawValue]?.state
    expect(
      states.contains { $0.rawValue == state?.rawValue }, "files.\(file.rawValue)",
      Self.listed(states.map(\.rawValue)),
      found: state?.rawValue ?? "unknown: its board could not be asked")
  }

  /// A claim on the exchange's capture.
  mutating func judge(_ facts: ExchangeFacts, claim: String, _ verdict: String) {
    let found = facts.claims?.first { $0.id.rawValue == claim }
    expect(
      found?.verdict.rawValue == verdict, "claims.\(claim)", verdict,
      found: found.map { "\($0.verdict.rawValue): \($0.finding)" } ?? "unknown: there is no capture"
    )
  }

  private mutating func judge(
    _ facts: ExchangeFacts, _ difference: ExchangeExpectation.Difference,
    _ earlier: [String: ExchangeFacts]
  ) {
    guard let other = earlier[difference.step] else {
      return expect(
        false, "differs", "an earlier exchange '\(difference.step)'", found: "none was run")
    }
    for (side, now, before) in [
      ("sender", facts.sender, other.sender), ("receiver", facts.receiver, other.receiver),
    ] {
      for value in difference.values {
        let (new, old) = (now.value(value), before.value(value))
        expect(
          new != nil && old != nil && new != old, "\(side).\(value.rawValue)",
          "different from '\(difference.step)'",
          found: new == nil || old == nil ? "unknown" : "the same: \(new?.prefix(32) ?? "")…")
      }
    }
  }
}

extension SideFacts {
  /// The code, and where it gave up.
  public var words: String { step.map { "\(code) at \($0)" } ?? code }

  fileprivate func value(_ value: ExchangeExpectation.Difference.Value) -> String? {
    switch value {
    case .publicValue: publicValue
    case .nonce: nonce
    case .transcript: transcript
    }
  }
}

extension ExchangeFacts {
  private static let timeouts = ["handshake_timeout", "idle_timeout"]

  fileprivate func isVerdict(_ wanted: ExchangeExpectation.ExchangeVerdict) -> Bool {
    switch wanted {
    case .identical: verdict == .identical
    case .different: verdict == .different
    case .refused: verdict == .failed
    case .timeout:
      verdict == .failed && [sender.code, receiver.code].contains { Self.timeouts.contains($0) }
    }
  }

  /// As scenarios call it, with both sides.
  public var verdictWords: String {
    switch verdict {
    case .identical: "identical"
    case .different: "different"
    case .failed: "refused (sender \(sender.words), receiver \(receiver.words))"
    }
  }
}
