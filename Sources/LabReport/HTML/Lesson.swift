import LabResults

/// What a reader should take from the exchanges that worked, in one sentence.
struct Lesson {
  /// What is said of one exchange; the same of several is said once.
  private struct Finding: Equatable {
    var names: [String]
    var words: String
  }

  private var findings: [Finding] = []

  /// - Parameter shares: of each exchange, how much of its ciphertext repeats, as the page shows it.
  init(_ exchanges: [ExchangeResult], shares: [String]) {
    for (exchange, share) in zip(exchanges, shares) where exchange.verdict == .identical {
      let words = Self.words(exchange, share)
      if let known = findings.firstIndex(where: { $0.words == words }) {
        findings[known].names.append(exchange.name)
      } else {
        findings.append(Finding(names: [exchange.name], words: words))
      }
    }
  }

  /// Nil where nothing worked, or more is to be said than a sentence holds.
  var sentence: String? {
    guard (1...3).contains(findings.count) else { return nil }
    let clauses = findings.map { finding in
      findings.count == 1
        ? finding.words : "in \(finding.names.joined(separator: " and ")) \(finding.words)"
    }
    let text = clauses.joined(separator: "; ")
    return Human.printable(text.prefix(1).uppercased() + text.dropFirst() + ".")
  }

  private static func words(_ exchange: ExchangeResult, _ share: String) -> String {
    let insecure = Set(exchange.results.flatMap(\.insecure))
    if insecure.contains("textbook-group") {
      return "anybody who listens can compute the key, because P has only "
        + "\(exchange.groupBits) bits"
    }
    let picture =
      switch (exchange.usesECB, share) {
      case (true, "none"): "ECB left no pattern, because no block of this file comes twice"
      case (true, let share) where share.hasPrefix("under"):
        "ECB left hardly a pattern, because hardly a block of this file comes twice"
      case (true, "–"): "ECB was used, which leaves equal blocks equal"
      case (true, _): "ECB shows the picture"
      default: "the picture is hidden"
      }
    let peers =
      exchange.hasProvenPeers
      ? "both boards proved that they hold the same key" : "nobody proved who they were"
    return "\(picture), and \(peers)"
  }
}
