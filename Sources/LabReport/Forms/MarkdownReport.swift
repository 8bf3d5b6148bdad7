import LabResults

/// The run as Markdown, for a CI system's step summary: the verdict, then tables.
struct MarkdownReport {
  let report: RunResult

  /// That the report's file paths are relative to; nil where its files are not to be looked at.
  let folder: String?

  init(_ report: RunResult, folder: String? = nil) {
    self.report = report
    self.folder = folder
  }

  /// Points beyond it are summed up in a sentence: step summaries are bounded in size.
  static let pointLimit = 200

  func render() -> String {
    var lines = [
      "## \(mark(report.hasSucceeded)) pilab: \(text(report.lab))", "",
      text(Wording.headline(report)),
      "",
    ]
    lines += conditions()
    if let tests = report.tests { lines += cells(tests) }
    lines += exchanges() + pairs() + numbers()
    if let sweep = report.sweep { lines += self.sweep(sweep) }
    lines += environment()
    return lines.joined(separator: "\n") + "\n"
  }

  private func conditions() -> [String] {
    [
      ("Links", report.linkWords), ("Changed during the run", report.changesDuring.words()),
      ("Done to the lab before the run", report.changesBefore.words()),
    ].filter { !$0.1.isEmpty }.flatMap { name, words in
      ["**\(name)**: \(words.map(text).joined(separator: "; "))", ""]
    }
  }

  private func exchanges() -> [String] {
    let shown = report.shownExchanges
    guard !shown.isEmpty else { return [] }
    var lines = [
      "| exchange | result | profile | cipher | group | image | peers authenticated | time |",
      "|---|---|---|---|---|---:|---|---:|",
    ]
    for exchange in shown {
      let time = exchange.receiverResult?.nanoseconds["total"].map {
        Human.duration(nanoseconds: $0)
      }
      lines.append(
        row([
          exchange.name, "\(mark(exchange.verdict == .identical)) \(exchange.verdict.rawValue)",
          exchange.profile, exchange.cipher, exchange.group, Human.bytes(exchange.image.bytes),
          exchange.hasProvenPeers ? "yes" : "no", time ?? "–",
        ]))
    }
    for exchange in shown { lines += remarks(exchange) }
    if let folder, let pixels = SentPixels.suggestion(report, folder: folder) {
      lines += ["", text(pixels)]
    }
    return lines + [""]
  }

  private func remarks(_ exchange: ExchangeResult) -> [String] {
    var lines: [String] = []
    if let failure = exchange.failure {
      lines.append(
        "**\(exchange.name)** failed in \(Wording.place(failure)): "
          + [failure.told, failure.hint].compactMap(\.self).map(Wording.sentence)
          .joined(separator: " "))
    }
    for claim in exchange.capture?.evidence.claims ?? [] where claim.verdict == .refuted {
      lines.append("**\(exchange.name)**: the capture refutes: \(claim.claim) \(claim.finding)")
    }
    lines += exchange.warnings.map { "**\(exchange.name)**: \($0)" }
    return lines.flatMap { ["", text($0).replacing("\\*\\*", with: "**")] }
  }

  private func environment() -> [String] {
    let machine = report.environment
    let facts = [
      "pilab \(report.pilabVersion)", report.maker,
      "\(machine.processor), \(machine.processors) logical", "kernel \(machine.kernel)",
      report.startedAt, "took \(Human.duration(nanoseconds: report.durationNanoseconds))",
    ]
    return ["<sub>\(text(facts.joined(separator: " · ")))</sub>"]
  }

  func row(_ cells: [String]) -> String {
    "| \(cells.map(text).joined(separator: " | ")) |"
  }

  func mark(_ isGood: Bool) -> String { isGood ? "✅" : "❌" }

  func text(_ raw: String) -> String { Self.escaped(raw) }

  /// Nothing in it is Markdown or HTML.
  static func escaped(_ raw: String) -> String {
    var result = ""
    for character in Human.printable(raw).unicodeScalars {
      switch character {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "$", "#", "!":
        result += "\\\(character)"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
