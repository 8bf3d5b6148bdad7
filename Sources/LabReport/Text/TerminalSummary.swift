import Foundation
import LabResults

/// The run in a few lines for the terminal.
public struct TerminalSummary: Sendable {
  let report: RunResult
  /// Where the full report lies, as the user may open it.
  let location: String?
  /// All that is known of each exchange, instead of a line for each.
  let isVerbose: Bool

  public init(_ report: RunResult, location: String? = nil, isVerbose: Bool = false) {
    self.report = report
    self.location = location
    self.isVerbose = isVerbose
  }

  /// - Parameters:
  ///   - color: False gives plain text without a single escape sequence.
  ///   - width: Columns of the terminal; running text is wrapped to it, 40 columns at least.
  /// - Returns: Lines, each ended by a newline.
  public func render(color: Bool, width: Int) -> String {
    let style = TerminalStyle(isOn: color)
    let width = max(40, width)
    let tint: TerminalStyle.Tint = report.hasSucceeded ? .good : .bad
    var lines = wrap(Human.printable(Wording.headline(report)), width: width)
      .map { style.apply(tint, $0) }
    lines += conditions(style, width)
    if isVerbose {
      for exchange in report.exchanges {
        lines.append("")
        lines += ExchangeSummary(exchange: exchange, style: style, width: width).lines()
      }
    } else {
      lines += BriefExchanges(report, style: style, width: width).lines()
    }
    if let sweep = report.sweep {
      lines += [""] + SweepSummary(sweep: sweep, style: style, width: width).lines()
    }
    if let tests = report.tests {
      lines += ScenarioLines(tests: tests, style: style, width: width).lines()
    }
    lines += pixels(width)
    if let location {
      lines += ["", "Report: \(Human.printable(location))"]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension TerminalSummary {
  /// That a compressed picture shows nothing under ECB, and how it does.
  private func pixels(_ width: Int) -> [String] {
    guard let location,
      let text = SentPixels.suggestion(
        report, folder: URL(filePath: location).deletingLastPathComponent().path)
    else { return [] }
    return [""] + wrap(Human.printable(text), width: width)
  }

  /// What was in force on the links, and what was done to the boards.
  private func conditions(_ style: TerminalStyle, _ width: Int) -> [String] {
    let groups = [
      ("Links", report.linkWords), ("During the run", report.changesDuring.words(limit: 5)),
      ("Before the run", report.changesBefore.words(limit: 3)),
    ]
    return groups.filter { !$0.1.isEmpty }.flatMap { name, words in
      wrap("\(name): " + Human.printable(words.joined(separator: "; ")), width: width)
        .map { style.apply(.warning, $0) }
    }
  }
}

/// ANSI escape sequences, or none.
struct TerminalStyle {
  enum Tint: String {
    case good = "1;32"
    case bad = "1;31"
    case warning = "33"
    case strong = "1"
    case faint = "2"
  }

  var isOn: Bool

  func apply(_ tint: Tint, _ text: String) -> String {
    isOn ? "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// All that is known of one exchange.
private struct ExchangeSummary {
  let exchange: ExchangeResult
  let style: TerminalStyle
  let width: Int

  private static let labelWidth = 14

  func lines() -> [String] {
    var lines = [title]
    lines += row("image", "\(exchange.image.name), \(Wording.size(exchange.image))")
    if let source = exchange.image.source {
      lines += row("pixels of", SentPixels.source(source))
      lines += row("sent as", SentPixels.sent(source))
    }
    lines += row(
      "profile",
      "\(exchange.profile), \(exchange.group) (\(exchange.groupBits) bits), \(exchange.cipher)")
    lines += row("peers", Wording.identity(exchange))
    lines += hashes()
    if !exchange.results.isEmpty { lines += row("key", key) }
    lines += wire()
    lines += failure()
    lines += exchange.warnings.flatMap { row("warning", $0, tint: .warning) }
    lines += table()
    return lines
  }

  private var title: String {
    let tint: TerminalStyle.Tint = exchange.verdict == .identical ? .good : .bad
    let name = style.apply(.strong, Human.printable(exchange.name))
    let path = Human.printable("\(exchange.sender) → \(exchange.receiver)")
    return "\(name)  \(path)  \(style.apply(tint, exchange.verdict.rawValue))"
  }

  private var key: String {
    let transcripts =
      switch exchange.check(.transcriptsEqual)?.verdict {
      case .proved: ", transcripts equal"
      case .refuted: ", transcripts DIFFER"
      case .notProvable, nil: ""
      }
    return exchange.keyConfirmation + transcripts
  }

  private func hashes() -> [String] {
    var lines: [String] = []
    if let original = exchange.sha256["original"] { lines += row("original", short(original)) }
    if let encrypted = exchange.encryptedHash { lines += row("encrypted", short(encrypted)) }
    if let decrypted = exchange.sha256["receiverDecrypted"] {
      let remark = exchange.check(.imageHash).map { ", \($0.finding)" } ?? ""
      lines += row("decrypted", short(decrypted) + remark)
    }
    return lines
  }

  /// The first 8 bytes; report.html has them all.
  private func short(_ hash: String) -> String { String(hash.prefix(16)) }

  private func failure() -> [String] {
    guard let failure = exchange.failure else { return [] }
    var lines = row("failed", "\(Wording.place(failure)) (\(failure.code.name))", tint: .bad)
    lines += row("", failure.told)
    if let hint = failure.hint { lines += row("what to do", hint) }
    return lines
  }

  private func wire() -> [String] {
    guard let capture = exchange.capture else { return [] }
    var lines = WireWording.exchange(capture).map { row("wire", $0) } ?? []
    guard let claim = WireWording.foremost(capture) else {
      return lines + row("evidence", WireWording.verdicts(capture))
    }
    let tint: TerminalStyle.Tint = claim.verdict == .refuted ? .bad : .warning
    lines += row("evidence", WireWording.verdicts(capture), tint: tint)
    return lines + row("", "\(claim.claim) \(claim.finding)")
  }

  private func table() -> [String] {
    let results = exchange.results
    guard !results.isEmpty else { return [] }
    let steps = TimedStep.timed(by: results)
    let names = steps.map { Human.printable($0.name) }
    let nameWidth = max(Self.labelWidth, (names.map(\.count).max() ?? 0) + 2)
    let columns = results.map { result in
      [Human.printable(result.board)]
        + steps.map { step in
          step.time(in: result).map { Human.duration(nanoseconds: $0) } ?? "–"
        }
    }
    let widths = columns.map { max(10, $0.map(\.count).max() ?? 0) }
    return [""]
      + (["step"] + names).enumerated().map { index, name in
        let cells = zip(columns, widths).map { $0[index].leftPadded(to: $1) }
        let line = "  \(name.padded(to: nameWidth))\(cells.joined(separator: "  "))"
        return index == 0 ? style.apply(.faint, line) : line
      }
  }

  /// A label and its text, wrapped under itself.
  private func row(
    _ label: String, _ text: String, tint: TerminalStyle.Tint? = nil
  ) -> [String] {
    let indent = 2 + Self.labelWidth
    let texts = wrap(Human.printable(text), width: width - indent)
    return texts.enumerated().map { index, text in
      let label = (index == 0 ? label : "").padded(to: Self.labelWidth)
      return "  \(style.apply(tint ?? .faint, label))\(text)"
    }
  }
}

/// Breaks at spaces; a word longer than the width keeps its line for itself.
package func wrap(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if line.isEmpty {
      line = String(word)
    } else if line.count + 1 + word.count <= width {
      line += " \(word)"
    } else {
      lines.append(line)
      line = String(word)
    }
  }
  return lines + [line]
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
