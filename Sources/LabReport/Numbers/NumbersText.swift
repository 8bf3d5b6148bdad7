import LabResults

/// The numbers of a key agreement for the terminal.
public struct NumbersText: Sendable {
  private let title: String
  private let numbers: KeyAgreementNumbers

  public init(_ numbers: KeyAgreementNumbers, title: String) {
    self.numbers = numbers
    self.title = title
  }

  /// - Parameters:
  ///   - color: False gives plain text without a single escape sequence.
  ///   - width: Columns of the terminal; text is wrapped to it, 40 columns at least.
  /// - Returns: Lines, each ended by a newline.
  public func render(color: Bool, width: Int) -> String {
    let style = TerminalStyle(isOn: color)
    let rows = NumberRows(numbers).rows
    // Beside the text where there is room for both, else above it.
    let widest = rows.map { Human.printable($0.label).count }.max() ?? 0
    let isBeside = width >= widest + 50
    let indent = isBeside ? widest + 4 : 4
    let room = max(40, width) - indent
    var lines = [style.apply(.strong, Human.printable(title))]
    for row in rows {
      let label = Human.printable(row.label)
      let text = ([row.formula] + row.steps)
        .flatMap { wrap(Human.printable($0), width: room) }
        .flatMap { Self.broken($0, width: room) }
      if isBeside {
        for (index, line) in text.enumerated() {
          let head = (index == 0 ? label : "").padded(to: widest)
          lines.append("  \(style.apply(.faint, head))  \(line)")
        }
      } else {
        lines += ["  " + style.apply(.faint, label)] + text.map { "    " + $0 }
      }
    }
    return lines.map { Self.trimmed($0) + "\n" }.joined()
  }

  /// Hexadecimal digits have no spaces to break at.
  private static func broken(_ line: String, width: Int) -> [String] {
    guard line.count > width else { return [line] }
    return [String(line.prefix(width))] + broken(String(line.dropFirst(width)), width: width)
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}
