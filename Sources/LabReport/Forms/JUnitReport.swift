import LabResults

/// The run as JUnit's XML: a suite for each exchange with a test case a check, one for the sweep with a test case a
/// point, and one for each scenario with a test case a cell.
struct JUnitReport {
  /// What readers take.
  enum Dialect {
    /// Of Ant's schema, the strictest that CI systems take; it knows nothing of attempts.
    case ant
    /// Of Maven's Surefire, with elements for the attempts of a case.
    case surefire
  }

  let report: RunResult
  let dialect: Dialect

  init(_ report: RunResult, _ dialect: Dialect) {
    self.report = report
    self.dialect = dialect
  }

  /// What is told of a case that did not pass, or of an attempt of it.
  struct Finding {
    var type: String
    var message: String
    var text: String
  }

  enum Outcome {
    case passed
    case failed(Finding)
    /// Nothing was proved.
    case error(Finding)
    case skipped(String)
  }

  struct Case {
    var name: String
    var seconds: Double
    var outcome: Outcome
    /// Of its attempts, but for that in the outcome: the element's name, and what it says.
    var attempts: [(element: String, Finding)] = []
  }

  struct Suite {
    var name: String
    /// Nil for those of a whole run.
    var seconds: Double?
    var cases: [Case]
  }

  func render() -> String {
    var suites = report.exchanges.map { Suite(name: $0.name, cases: cases($0)) }
    if let sweep = report.sweep {
      suites.append(
        Suite(
          name: "sweep",
          cases: sweep.points.map { pointCase($0, sweep.failure) }
            + [regressionCase(sweep)].compactMap(\.self)))
    }
    suites += report.tests.map(self.suites) ?? []
    let body = suites.enumerated().map { index, suite in element(suite, index) }
    return
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n\(body.joined())</testsuites>\n"
  }

  private func element(_ suite: Suite, _ index: Int) -> String {
    let package = token(report.lab)
    let name = "\(package).\(token(suite.name))"
    let time = seconds(suite.seconds ?? Double(report.durationNanoseconds))
    var text: String
    switch dialect {
    case .ant:
      text = "  <testsuite id=\"\(index)\" package=\"\(package)\" name=\"\(token(suite.name))\""
      text += " timestamp=\"\(timestamp)\" hostname=\"localhost\""
    case .surefire: text = "  <testsuite name=\"\(name)\""
    }
    text += " tests=\"\(suite.cases.count)\" failures=\"\(suite.failures)\""
    text += " errors=\"\(suite.errors)\" skipped=\"\(suite.skipped)\""
    text += " time=\"\(time)\">\n    <properties>\n"
    for (key, value) in properties {
      text += "      <property name=\"\(key)\" value=\"\(escape(value))\"/>\n"
    }
    text += "    </properties>\n"
    for item in suite.cases { text += element(item, class: name) }
    if dialect == .ant { text += "    <system-out></system-out>\n    <system-err></system-err>\n" }
    return text + "  </testsuite>\n"
  }

  private func element(_ item: Case, class name: String) -> String {
    let head =
      "    <testcase classname=\"\(name)\" name=\"\(token(item.name))\" time=\"\(seconds(item.seconds))\""
    var elements: [(String, String)] = []
    switch item.outcome {
    case .passed: break
    case .failed(let finding): elements.append(("failure", element("failure", finding)))
    case .error(let finding): elements.append(("error", element("error", finding)))
    case .skipped(let reason):
      elements.append(("skipped", "      <skipped message=\"\(escape(reason))\"/>\n"))
    }
    if dialect == .surefire {
      elements += item.attempts.map { ($0.element, attempt($0.element, $0.1)) }
    }
    guard !elements.isEmpty else { return "\(head)/>\n" }
    let order = Self.order
    let sorted = order.flatMap { name in elements.filter { $0.0 == name }.map(\.1) }
    return "\(head)>\n\(sorted.joined())    </testcase>\n"
  }

  /// In which Surefire's schema wants the elements of a case.
  private static let order = [
    "failure", "rerunFailure", "flakyFailure", "skipped", "error", "rerunError", "flakyError",
  ]

  private func element(_ name: String, _ finding: Finding) -> String {
    "      <\(name) type=\"\(escape(finding.type))\" message=\"\(escape(finding.message))\">"
      + "\(escape(finding.text))</\(name)>\n"
  }

  private func attempt(_ name: String, _ finding: Finding) -> String {
    "      <\(name) type=\"\(escape(finding.type))\" message=\"\(escape(finding.message))\">"
      + "<stackTrace>\(escape(finding.text))</stackTrace></\(name)>\n"
  }

  /// Surefire's schema has room for three decimals.
  private func seconds(_ nanoseconds: Double) -> String {
    guard dialect == .surefire else { return Plain.seconds(nanoseconds: nanoseconds) }
    return Plain.seconds(nanoseconds: (nanoseconds / 1e6).rounded() * 1e6)
  }

  private var timestamp: String {
    // The schema has no room for a time zone.
    let text = report.startedAt.prefix(19)
    let isTime = text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}/) != nil
    return isTime ? String(text) : "1970-01-01T00:00:00"
  }

  private var properties: [(String, String)] {
    let links = report.linkWords.joined(separator: "; ")
    let changes = report.changesDuring.words().joined(separator: "; ")
    let seed = report.tests.map { [("seed", "\($0.seed)")] } ?? []
    return machine + seed
      + [("links", links), ("changed during the run", changes)].filter { !$0.1.isEmpty }
  }

  private var machine: [(String, String)] {
    [
      ("pilab", report.pilabVersion), ("mode", report.maker),
      ("processor", report.environment.processor), ("kernel", report.environment.kernel),
    ]
  }
}

extension JUnitReport.Suite {
  private func count(_ matches: (JUnitReport.Outcome) -> Bool) -> Int {
    cases.count { matches($0.outcome) }
  }

  fileprivate var failures: Int { count { if case .failed = $0 { true } else { false } } }
  fileprivate var errors: Int { count { if case .error = $0 { true } else { false } } }
  fileprivate var skipped: Int { count { if case .skipped = $0 { true } else { false } } }
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
