import LabResults

/// The run as JUnit's XML, in the dialect of Ant's schema, which is the strictest that CI systems
/// take: a suite for each exchange with a test case a check, and one for the sweep with a test case
/// a point.
struct JUnitReport {
  let report: RunResult

  init(_ report: RunResult) { self.report = report }

  private enum Outcome {
    case passed
    case failed(type: String, message: String, text: String)
    case skipped(String)
  }

  private struct Case {
    var name: String
    var seconds: String
    var outcome: Outcome
  }

  func render() -> String {
    var suites = report.exchanges.map { (name: $0.name, cases: cases($0)) }
    if let sweep = report.sweep { suites.append(("sweep", sweep.points.map(pointCase))) }
    let body = suites.enumerated().map { index, suite in
      self.suite(index, suite.name, suite.cases)
    }
    return
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n\(body.joined())</testsuites>\n"
  }

  private func suite(_ index: Int, _ name: String, _ cases: [Case]) -> String {
    var failures = 0
    var skipped = 0
    for item in cases {
      switch item.outcome {
      case .failed: failures += 1
      case .skipped: skipped += 1
      case .passed: break
      }
    }
    let package = token(report.lab)
    var text = "  <testsuite id=\"\(index)\" package=\"\(package)\" name=\"\(token(name))\""
    text += " timestamp=\"\(timestamp)\" hostname=\"localhost\" tests=\"\(cases.count)\""
    text += " failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
    text += " time=\"\(time)\">\n    <properties>\n"
    for (key, value) in properties {
      text += "      <property name=\"\(key)\" value=\"\(escape(value))\"/>\n"
    }
    text += "    </properties>\n"
    for item in cases { text += element(item, class: "\(package).\(token(name))") }
    return text + "    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n"
  }

  private func element(_ item: Case, class name: String) -> String {
    let head =
      "    <testcase classname=\"\(name)\" name=\"\(token(item.name))\" time=\"\(item.seconds)\""
    switch item.outcome {
    case .passed: return "\(head)/>\n"
    case .failed(let type, let message, let text):
      return "\(head)>\n      <failure type=\"\(escape(type))\" message=\"\(escape(message))\">"
        + "\(escape(text))</failure>\n    </testcase>\n"
    case .skipped(let reason):
      return "\(head)>\n      <skipped message=\"\(escape(reason))\"/>\n    </testcase>\n"
    }
  }

  private var timestamp: String {
    // The schema has no room for a time zone.
    let text = report.startedAt.prefix(19)
    let isTime = text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}/) != nil
    return isTime ? String(text) : "1970-01-01T00:00:00"
  }

  private var time: String { Plain.seconds(nanoseconds: Double(report.durationNanoseconds)) }

  private var properties: [(String, String)] {
    let links = report.linkWords.joined(separator: "; ")
    let changes = report.changesDuring.words().joined(separator: "; ")
    return machine
      + [("links", links), ("changed during the run", changes)].filter { !$0.1.isEmpty }
  }

  private var machine: [(String, String)] {
    [
      ("pilab", report.pilabVersion), ("mode", report.maker),
      ("processor", report.environment.processor), ("kernel", report.environment.kernel),
    ]
  }
}

// MARK: - Checks

extension JUnitReport {
  /// A case a check; what is a part of another is in its finding.
  private func cases(_ exchange: ExchangeResult) -> [Case] {
    let total = exchange.receiverResult?.nanoseconds["total"].map { Double($0) } ?? 0
    let own = exchange.checks.filter { !$0.isPart }.map { check in
      let isImage = check.id == .imageIdentical
      return Case(
        name: check.claim, seconds: isImage ? Plain.seconds(nanoseconds: total) : "0",
        outcome: isImage ? arrival(check, exchange) : outcome(check, type: "check"))
    }
    let claims = exchange.capture?.evidence.claims ?? []
    return own
      + claims.map { Case(name: $0.claim, seconds: "0", outcome: outcome($0, type: "refuted")) }
  }

  private func outcome(_ check: Check, type: String, text: String? = nil) -> Outcome {
    switch check.verdict {
    case .proved: .passed
    case .refuted: .failed(type: type, message: check.finding, text: text ?? check.finding)
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

  private func pointCase(_ point: SweepPoint) -> Case {
    let median = point.distribution(.exchange)?.median ?? 0
    let first = point.failures.first
    let failures = point.failures.map { sample in
      sample.failure.map { "\(Wording.place($0)): \($0.message)" } ?? "the images differ"
    }
    return Case(
      name: point.name, seconds: Plain.seconds(nanoseconds: median),
      outcome: outcome(
        point.check, type: first?.failure?.code.name ?? first?.verdict.rawValue ?? "missing",
        text: failures.joined(separator: "\n")))
  }
}

// MARK: - Text

extension JUnitReport {
  /// An attribute that must not begin or end with a blank, nor hold two of them, nor be empty.
  private func token(_ text: String) -> String {
    let words = Human.printable(text).split(separator: " ").joined(separator: " ")
    return words.isEmpty ? "unnamed" : escape(words)
  }

  private func escape(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Markup().escapeText(Human.printable(String($0))) }.joined(separator: "\n")
  }
}
