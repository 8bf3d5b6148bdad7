import LabCore
import LabResults

/// Sentences that more than one rendering uses.
enum Wording {
  static func headline(_ report: RunResult) -> String {
    if let tests = report.tests { return headline(tests) }
    let count = report.exchanges.count
    let bad = report.exchanges.filter { $0.verdict != .identical }
    if let sweep = report.sweep { return headline(sweep, report) }
    if count == 0 { return "Failed: no exchange was run." }
    if bad.isEmpty {
      if let contradiction = contradiction(report) { return contradiction }
      switch count {
      case 1: return "Identical: the image arrived exactly as it was sent."
      case 2: return "Identical: in both exchanges the image arrived exactly as it was sent."
      default:
        return "Identical: in all \(count) exchanges the image arrived exactly as it was sent."
      }
    }
    if bad.count == 1, let exchange = bad.first {
      let outcome =
        switch (exchange.verdict, exchange.check(.imageIdentical)?.verdict) {
        case (.different, .refuted): "delivered an image that differs from the original"
        case (.different, _): "is not what it claims, though its image arrived"
        default: "ended with an error"
        }
      return "Failed: exchange \(exchange.name) \(outcome)."
    }
    return "Failed: \(bad.count) of \(count) exchanges did not deliver their image."
  }

  private static func headline(_ tests: TestResult) -> String {
    let counts = TestSummary.counts(tests)
    if !tests.isJudged { return "Nothing was judged: \(counts)." }
    return "\(tests.succeeded ? "As expected" : "Not as expected"): \(counts)."
  }

  /// Nil unless a capture refutes what the boards say.
  private static func contradiction(_ report: RunResult) -> String? {
    for exchange in report.exchanges {
      let claims = exchange.capture?.evidence.claims ?? []
      guard let claim = claims.first(where: { $0.verdict == .refuted }) else { continue }
      return "Failed: the capture of exchange \(exchange.name) refutes a claim: \(claim.claim)"
    }
    return nil
  }

  private static func headline(_ sweep: SweepResult, _ report: RunResult) -> String {
    let exchanges = report.exchanges
    let all = sweep.sampleCount + exchanges.count
    let bad = sweep.failedCount + exchanges.filter { $0.verdict != .identical }.count
    if exchanges.isEmpty || !sweep.isComplete {
      let reason = sweep.failure.map { ": \(place($0)): \($0.message)" } ?? ""
      return "Failed: the sweep is not complete\(Human.printable(reason))."
    }
    guard bad > 0 else {
      if let contradiction = contradiction(report) { return contradiction }
      if let check = sweep.regression, check.verdict == .refuted {
        return "Failed: \(check.finding)."
      }
      let measured =
        sweep.sampleCount == 1
        ? "in the sweep's 1 measurement"
        : "in all \(Human.counted(sweep.sampleCount, "measurement")) of the sweep's "
          + Human.counted(sweep.points.count, "point")
      let others = exchanges.count == 1 ? "the exchange" : "the \(exchanges.count) exchanges"
      return
        "Identical: \(measured), and in \(others) before it, the image arrived exactly as it was sent."
    }
    return "Failed: \(bad) of \(Human.count(UInt64(all))) exchanges did not deliver their image."
  }

  /// What was found of the image, or of what else keeps an exchange from being what it claims.
  static func verdict(_ exchange: ExchangeResult) -> String {
    let image = exchange.check(.imageIdentical)
    guard exchange.verdict == .different, image?.verdict != .refuted else {
      return image?.finding ?? ""
    }
    let refuted = exchange.checks.filter { $0.verdict == .refuted && !$0.isPart }
    return "The image arrived, but not as claimed: "
      + refuted.map { "\($0.claim): \($0.finding)" }.joined(separator: "; ") + "."
  }

  static func size(_ image: ImageReport) -> String {
    let short = Human.bytes(image.bytes)
    if image.bytes < 1024 { return short }
    return "\(short) (\(Human.count(image.bytes)) bytes)"
  }

  static func authentication(_ exchange: ExchangeResult) -> String {
    exchange.authentication == "psk" ? "pre-shared key" : exchange.authentication
  }

  static func identity(_ exchange: ExchangeResult) -> String {
    if exchange.hasProvenPeers { return "authenticated by a pre-shared key" }
    return exchange.authentication == "psk"
      ? "pre-shared key, not confirmed by both boards"
      : "not authenticated; a man in the middle can sit between"
  }

  /// The step and the board where an exchange failed: "step confirm on bob".
  /// With a capital, and an end.
  static func sentence(_ text: String) -> String {
    let text = text.prefix(1).uppercased() + text.dropFirst()
    return text.last.map { ".!?…".contains($0) } ?? true ? text : text + "."
  }

  static func place(_ failure: LabError) -> String {
    (failure.step.map { "step \($0)" } ?? "") + (failure.board.map { " on \($0)" } ?? "")
  }

  static func blocks(_ statistics: BlockStatistics, original: BlockStatistics?) -> String {
    let whole = statistics.examined
    guard let percent = Human.percent(statistics.repeated, of: whole) else {
      return "The encrypted file has no whole block of 16 bytes."
    }
    let of = statistics.isSampled ? "sampled ciphertext blocks" : "ciphertext blocks"
    var text =
      statistics.repeated == 0
      ? "None of the \(Human.count(whole)) \(of) repeats an earlier one"
      : "\(percent) of the \(Human.count(whole)) \(of) "
        + "(\(Human.count(statistics.repeated))) repeat an earlier one"
    if let original, let share = Human.percent(original.repeated, of: original.examined) {
      switch (statistics.repeated, original.repeated) {
      case (0, 0): text += "; none of the original's does either"
      case (_, 0): text += "; none of the original's does"
      case (0, let of) where of * 20 < original.examined: text += "; \(share) of the original's do"
      case (0, _): text += ", though \(share) of the original's do"
      default: text += ", as \(share) of the original's do"
      }
    }
    text += "."
    if statistics.isSampled {
      text += " The file has \(Human.count(statistics.blocks)) blocks; 64 evenly spread stretches,"
      text += " 64 MiB together, were compared, so there may be more repeats."
    }
    return text
  }
}

extension ExchangeResult {
  /// SHA-256 of the encrypted image, the receiver's copy first: it is what crossed the wire.
  var encryptedHash: String? { sha256["receiverEncrypted"] ?? sha256["senderEncrypted"] }

  /// Whether both boards proved that they hold the pre-shared key.
  var hasProvenPeers: Bool {
    authentication == "psk" && check(.keyConfirmed)?.verdict == .proved
  }

  /// What the boards flagged, each flag once.
  var insecure: Set<String> { Set(results.flatMap(\.insecure)) }
}
