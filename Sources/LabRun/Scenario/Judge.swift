import Foundation
import LabManifest
import LabResults
import LabValues

/// Compares facts with what a scenario expects of them. It looks at nothing else, so that kept facts can be judged again.
struct Judge {
  let step: Int?
  private(set) var mismatches: [Mismatch] = []
  /// Why something cannot be said.
  private(set) var doubt: String?

  init(step: Int?) { self.step = step }

  mutating func expect(_ isMet: Bool, _ subject: String, _ expected: String, found: String) {
    guard !isMet else { return }
    mismatches.append(Mismatch(step: step, subject, expected: expected, found: found))
  }

  mutating func add(_ mismatch: Mismatch) { mismatches.append(mismatch) }

  /// The first is told.
  mutating func doubt(_ reason: String) { doubt = doubt ?? reason }

  /// What a command did, where that is known.
  mutating func judge(_ facts: CommandFacts?, _ expected: CommandExpectation) {
    guard let facts else {
      return expect(false, Mismatch.step, "done", found: "no facts of a command were kept")
    }
    let found =
      facts.exit.map { "\($0)" } ?? facts.signal.map { "ended by signal \($0)" } ?? "unknown"
    expect(
      expected.exit.isMet(by: facts.exit), "exit", expected.exit.words, found: found)
    for wanted in expected.output {
      judge(facts.output, wanted, "stdout", isCut: facts.isCut(.output))
    }
    for wanted in expected.errors {
      judge(facts.errors, wanted, "stderr", isCut: facts.isCut(.errors))
    }
  }

  /// What is not in the beginning of a text may be in the rest of it.
  private mutating func judge(
    _ text: String, _ expected: TextExpectation, _ subject: String, isCut: Bool
  ) {
    var judge = Judge(step: step)
    judge.judge(text, expected, subject, mark: isCut ? " (cut)" : "")
    guard isCut, !judge.mismatches.isEmpty, expected.mayHold(ofLongerThan: text) else {
      mismatches += judge.mismatches
      return
    }
    let kept = text.utf8.count
    doubt("of \(subject) only the first \(kept) bytes were kept, which do not show it")
  }

  private mutating func judge(
    _ text: String, _ expected: TextExpectation, _ subject: String, mark: String
  ) {
    let found = Self.shortened(text) + mark
    switch expected {
    case .is(let wanted):
      // Byte by byte: texts that only look alike are not the same.
      let isSame = Self.trimmed(text).utf8.elementsEqual(Self.trimmed(wanted).utf8)
      expect(isSame, subject, "'\(wanted)'", found: found)
    case .contains(let part):
      let isIn = part.isEmpty || Data(text.utf8).range(of: Data(part.utf8)) != nil
      expect(isIn, subject, "a text with '\(part)'", found: found)
    case .matches(let pattern):
      expect(
        !text.isEmpty && pattern.matches(String(Self.trimmed(text))), subject,
        "a line that matches '\(pattern.text)'", found: found)
    case .empty(let isEmpty):
      expect(text.isEmpty == isEmpty, subject, isEmpty ? "empty" : "not empty", found: found)
    case .json(let pointer, let wanted): judgeJSON(text, pointer, wanted, subject)
    }
  }

  /// Without one line feed at its end.
  private static func trimmed(_ text: String) -> Substring {
    // A character may be a carriage return with its line feed.
    guard text.utf8.last == UInt8(ascii: "\n") else { return text[...] }
    return text[..<text.utf8.index(before: text.endIndex)]
  }

  private static let shown = 200

  private static func shortened(_ text: String) -> String {
    text.isEmpty
      ? "empty" : text.count > shown ? "'\(text.prefix(shown))…'" : "'\(trimmed(text))'"
  }

  private mutating func judgeJSON(
    _ text: String, _ pointer: String, _ wanted: JSONExpectation, _ subject: String
  ) {
    let subject = "\(subject) \(pointer)"
    let document: JSONValue
    do { document = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) } catch {
      return expect(false, subject, wanted.words, found: "not JSON: \(Self.shortened(text))")
    }
    guard let value = document.value(at: pointer) else {
      return expect(false, subject, wanted.words, found: "not there")
    }
    expect(wanted.isMet(by: value), subject, wanted.words, found: value.words)
  }
}

extension TextExpectation {
  /// Whether a text that goes on may be as expected, though its beginning is not.
  fileprivate func mayHold(ofLongerThan beginning: String) -> Bool {
    switch self {
    case .is(let wanted): wanted.utf8.starts(with: beginning.utf8)
    case .contains, .matches, .json: true
    case .empty(let isEmpty): !isEmpty
    }
  }
}

extension JSONExpectation {
  fileprivate var words: String {
    switch self {
    case .is(let value): value.words
    case .between(let least?, let most?): "from \(least) to \(most)"
    case .between(let least?, nil): "at least \(least)"
    case .between(nil, let most?): "at most \(most)"
    case .between(nil, nil): "a number"
    }
  }

  fileprivate func isMet(by value: JSONValue) -> Bool {
    switch self {
    case .is(let wanted):
      if let wanted = wanted.number, let number = value.number { return wanted == number }
      return value == wanted
    case .between(let least, let most):
      guard let number = value.number else { return false }
      return number >= least ?? -.infinity && number <= most ?? .infinity
    }
  }
}

extension JSONValue {
  fileprivate var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  fileprivate var words: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Of strings, numbers and their collections there is always a text.
    guard let data = try? encoder.encode(self) else { return "a value without a text" }
    let text = String(decoding: data, as: UTF8.self)
    return text.count > 200 ? "\(text.prefix(200))…" : text
  }

  /// RFC 6901.
  func value(at pointer: String) -> JSONValue? {
    guard !pointer.isEmpty else { return self }
    var value = self
    for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      let key = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
      switch value {
      case .object(let members):
        guard let member = members[key] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Int(key), elements.indices.contains(index), "\(index)" == key else {
          return nil
        }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }
}
