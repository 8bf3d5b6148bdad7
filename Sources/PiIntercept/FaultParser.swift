import PiCrypto
import PiExchange
import PiTransfer

/// Reads `FROM@POSITION[:before|:after]=ACTION` (docs/board-programs.md).
package struct FaultParser: Sendable {
  static let mostBits = 8192
  static let mostBytes = 1 << 30
  /// What swap and duplicate may keep in memory.
  static let mostKept = 64 << 20

  /// For the public values P, P-1 and so on.
  let group: DHGroup

  package init(group: DHGroup) { self.group = group }

  package func parse(_ spec: String, number: Int) throws(ExchangeError) -> Fault {
    do throws(SpecError) {
      return try fault(spec, number)
    } catch {
      throw ExchangeError(
        .usage, at: .arguments, "--fault '\(spec.prefix(200))': \(error.message)",
        hint: "FROM@POSITION[:before|:after]=ACTION, such as sender@byte:1000=flip:1; see --help")
    }
  }

  struct SpecError: Error { let message: String }

  private func fault(_ spec: String, _ number: Int) throws(SpecError) -> Fault {
    let halves = spec.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2 else { throw SpecError(message: "it has no '=ACTION'") }
    let place = halves[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard place.count == 2 else { throw SpecError(message: "it has no 'FROM@POSITION'") }
    guard let from = Role(word: String(place[0])) else {
      throw SpecError(message: "'\(place[0])' is not sender or receiver")
    }
    let (position, isAfter) = try self.position(place[1], from)
    let action = try self.action(String(halves[1]), position, isAfter)
    return Fault(
      number: number, spec: spec, from: from, position: position, isAfter: isAfter, action: action)
  }

  private func position(
    _ text: Substring, _ from: Role
  ) throws(SpecError) -> (Fault.Position, isAfter: Bool) {
    var words = text.split(separator: ":", omittingEmptySubsequences: false)[...]
    let name = String(words.removeFirst())
    let position: Fault.Position
    if name == "byte" {
      guard from == .sender else { throw SpecError(message: "the receiver sends no image") }
      guard let digits = words.popFirst(), digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = UInt64(digits), number < Wire.maximumImageBytes * 2
      else { throw SpecError(message: "'byte' needs a number, as in byte:1000") }
      position = .byte(number)
    } else {
      guard let part = StreamPart(rawValue: name), StreamPart.positions.contains(part) else {
        let known = StreamPart.positions.map { $0.rawValue }.joined(separator: ", ")
        throw SpecError(message: "'\(name)' is not one of \(known), byte:N")
      }
      let others: [StreamPart] = from == .sender ? [.receipt] : [.header, .image, .trailer]
      guard !others.contains(part) else {
        throw SpecError(message: "the \(from.name) sends no \(name)")
      }
      position = .part(part)
    }
    guard let side = words.popFirst() else { return (position, false) }
    guard words.isEmpty, side == "before" || side == "after" else {
      throw SpecError(message: "'\(side)' is not before or after")
    }
    return (position, side == "after")
  }

  private func action(
    _ text: String, _ position: Fault.Position, _ isAfter: Bool
  ) throws(SpecError) -> Fault.Action {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let word = String(parts[0])
    let value = parts.count == 2 ? String(parts[1]) : nil
    if let action = try plain(word, value) { return action }
    guard position != .part(.end) || !Self.bytesWords.contains(word) else {
      throw SpecError(message: "there are no bytes at the end of the stream for '\(word)'")
    }
    switch word {
    case "reflect":
      guard value == nil else { throw SpecError(message: "'reflect' takes no value") }
      try requireFrame(word, position, isAfter)
      return .reflect
    case "flip":
      guard let value, !value.isEmpty else { throw SpecError(message: "'flip' needs a value") }
      if value.utf8.allSatisfy({ (48...57).contains($0) }) {
        return .flipBits(try count(word, value, Self.mostBits))
      }
      return .flipField(try field(value, position, isAfter))
    case "set":
      let words = (value ?? "").split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2 else { throw SpecError(message: "'set' needs FIELD:VALUE") }
      let field = try field(String(words[0]), position, isAfter)
      return .set(field, try self.value(String(words[1]), of: field))
    case "drop":
      return .drop(try bytes(word, value, Self.mostBytes, position, isAfter))
    case "swap":
      return .swap(try bytes(word, value, Self.mostKept, position, isAfter))
    case "duplicate":
      return .duplicate(try bytes(word, value, Self.mostKept, position, isAfter))
    default: throw SpecError(message: "'\(word)' is not an action")
    }
  }

  private static let bytesWords = ["flip", "set", "drop", "swap", "duplicate", "reflect"]

  /// Actions that are the same everywhere.
  private func plain(_ word: String, _ value: String?) throws(SpecError) -> Fault.Action? {
    switch (word, value) {
    case ("cut", nil): return .cut
    case ("reset", nil): return .reset
    case ("pause", nil): return .pause
    case ("cut", _), ("reset", _), ("pause", _):
      throw SpecError(message: "'\(word)' takes no value")
    case ("append", let value): return .append(try count(word, value ?? "", Self.mostBytes))
    case ("hold", let value): return .hold(try duration(word, value))
    case ("drip", let value): return .drip(try duration(word, value))
    case ("replay", let value):
      guard let value, !value.isEmpty else { throw SpecError(message: "'replay' needs a file") }
      return .replay(value)
    default: return nil
    }
  }

  private func duration(_ word: String, _ value: String?) throws(SpecError) -> Duration {
    guard let duration = Units.duration(value ?? ""), duration <= .seconds(86400) else {
      throw SpecError(message: "'\(word)' needs a duration of at most a day, such as 250ms")
    }
    return duration
  }

  private func count(_ word: String, _ value: String, _ most: Int) throws(SpecError) -> Int {
    guard let number = Int(value), (1...most).contains(number) else {
      throw SpecError(message: "'\(word)' needs a number from 1 to \(most)")
    }
    return number
  }

  /// nil for a whole frame.
  private func bytes(
    _ word: String, _ value: String?, _ most: Int, _ position: Fault.Position, _ isAfter: Bool
  ) throws(SpecError) -> Int? {
    if let value { return try count(word, value, most) }
    if case .byte = position { return 1 }
    // An image need not be kept to be left out.
    if position == .part(.image), !isAfter, word == "drop" { return nil }
    guard !isAfter, position.part.isWhole else {
      throw SpecError(message: "'\(word)' needs a number of bytes there")
    }
    return nil
  }

  private func requireFrame(
    _ word: String, _ position: Fault.Position, _ isAfter: Bool
  ) throws(SpecError) {
    guard !isAfter, position.part.isWhole else {
      throw SpecError(message: "'\(word)' needs a frame, and not the place behind it")
    }
  }

  private func field(
    _ name: String, _ position: Fault.Position, _ isAfter: Bool
  ) throws(SpecError) -> StreamField {
    let fields = position.part.fields
    guard let field = StreamField(rawValue: name), fields.contains(field) else {
      let known = fields.map { $0.rawValue }.joined(separator: ", ")
      throw SpecError(
        message: "\(position) has no field '\(name)'"
          + (known.isEmpty ? "" : ": it has \(known)"))
    }
    try requireFrame("\(name)", position, isAfter)
    return field
  }
}

extension Role {
  init?(word: String) {
    switch word {
    case Role.sender.name: self = .sender
    case Role.receiver.name: self = .receiver
    default: return nil
    }
  }
}
