/// Why a text is no size, rate or duration.
public struct QuantityError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of mistake.
  public enum Reason: Sendable, Equatable {
    case malformed
    case missingUnit
    case unknownUnit(String)
    case outOfRange
  }

  public var reason: Reason
  public var message: String
  public var hint: String

  public var description: String { message }
}

/// A whole number and its unit: the grammar that sizes, rates and durations share.
package struct Quantity: Sendable {
  /// A unit's name, and how many of the smallest it is.
  package struct Unit: Sendable {
    var name: String
    var factor: UInt64
  }

  /// `size`, `rate`, `duration`.
  package var what: String
  var examples: [String]
  /// Largest first, as formatting tries them.
  package var units: [Unit]
  var ignoresCase: Bool
  /// May follow the unit: `/s`.
  package var suffix: String = ""
  /// The unit of a bare number; nil where a unit is demanded.
  var bareUnit: String?
  /// Wrong units in lower case, and the unit that was probably meant.
  var typos: [String: String] = [:]
  /// In the smallest unit.
  package var range: ClosedRange<UInt64>

  /// The quantity in the smallest unit.
  package func parse(_ text: String) throws(QuantityError) -> UInt64 {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let written = String(text.dropFirst(digits.count))
    guard !digits.isEmpty else { throw malformed(text) }
    guard let factor = try factor(of: written, after: digits, in: text) else {
      throw malformed(text)
    }
    guard let number = UInt64(digits) else { throw outOfRange(text) }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow, range.contains(product) else { throw outOfRange(text) }
    return product
  }

  /// The largest unit that needs no fraction.
  package func format(_ value: UInt64) -> String {
    for unit in units where value % unit.factor == 0 && value >= unit.factor {
      return "\(value / unit.factor)\(unit.name)"
    }
    return "\(value)\(units.last?.name ?? "")"
  }

  /// As a regular expression (ECMA 262) for the JSON Schema.
  package var pattern: String {
    let names = units.map { ignoresCase ? Self.anyCase($0.name) : $0.name }
    let unit = "(\(names.joined(separator: "|")))"
    let tail = suffix.isEmpty ? "" : "(\(ignoresCase ? Self.anyCase(suffix) : suffix))?"
    return "^[0-9]+\(bareUnit == nil ? "\(unit)\(tail)" : "(\(unit)\(tail))?")$"
  }

  private static func anyCase(_ name: String) -> String {
    name.map { $0.isLetter ? "[\($0.lowercased())\($0.uppercased())]" : "\($0)" }.joined()
  }

  private func factor(
    of written: String, after digits: Substring, in text: String
  ) throws(QuantityError) -> UInt64? {
    if written.isEmpty {
      guard let bareUnit else { throw missingUnit(text, digits) }
      return unit(bareUnit)
    }
    if let factor = unit(written) { return factor }
    guard written.allSatisfy({ $0.isLetter || $0 == "/" }) else { return nil }
    throw unknownUnit(written, digits, text)
  }

  private func unit(_ written: String) -> UInt64? {
    func folded(_ name: String) -> String { ignoresCase ? name.lowercased() : name }
    var name = folded(written)
    if !suffix.isEmpty, name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    return units.first { folded($0.name) == name }?.factor
  }

  private var exampleList: String { "examples: " + examples.joined(separator: ", ") }

  private func malformed(_ text: String) -> QuantityError {
    QuantityError(
      reason: .malformed,
      message: "'\(text.prefix(40))' is not a \(what): a whole number and its unit are needed",
      hint: exampleList)
  }

  private func missingUnit(_ text: String, _ digits: Substring) -> QuantityError {
    QuantityError(
      reason: .missingUnit, message: "'\(text.prefix(40))' is not a \(what): it has no unit",
      hint: exampleList)
  }

  private func unknownUnit(
    _ written: String, _ digits: Substring, _ text: String
  ) -> QuantityError {
    let lower = written.lowercased()
    let meant = typos[lower] ?? units.first { $0.name.lowercased() == lower }?.name
    let question = meant.map { "did you mean '\(digits.prefix(20))\($0)'? " } ?? ""
    return QuantityError(
      reason: .unknownUnit(written),
      message: "'\(text.prefix(40))' is not a \(what): there is no unit '\(written.prefix(20))'",
      hint: question + exampleList)
  }

  private func outOfRange(_ text: String) -> QuantityError {
    QuantityError(
      reason: .outOfRange, message: "'\(text.prefix(40))' is out of range",
      hint: "a \(what) goes from \(format(range.lowerBound)) to \(format(range.upperBound))")
  }
}
