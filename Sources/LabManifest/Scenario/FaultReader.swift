import LabValues
import PiExchange

/// Reads what is done to one exchange's stream.
struct FaultReader {
  private let exchanges: [Exchange]
  private var steps: StepReader
  var diagnostics: Diagnostics {
    get { steps.diagnostics }
    set { steps.diagnostics = newValue }
  }

  /// - Parameter exchanges: that the step may be.
  init(_ steps: StepReader, _ exchanges: [Exchange]) {
    self.steps = steps
    self.exchanges = exchanges
  }

  mutating func read(_ value: Value?) -> [Fault] {
    (value?.elements ?? []).compactMap { fault($0) }
  }

  private mutating func fault(_ value: Value) -> Fault? {
    guard !value.isInvalid, let at = value["at"], let does = value["do"], !at.isInvalid,
      !does.isInvalid, let places = places(at)
    else { return nil }
    let list: [Value]
    if case .list(let elements) = does.content { list = elements } else { list = [does] }
    let actions = list.compactMap { action($0) }
    guard actions.count == list.count else { return nil }
    if case .one(let place) = places {
      for (action, value) in zip(actions, list) { check(action, at: place, value) }
    } else {
      checkFitSomewhere(actions, does, list)
    }
    return Fault(at: places, actions)
  }

  private mutating func places(_ value: Value) -> FaultPlaces? {
    if value.text != nil { return .everyFrame }
    if let count = value["random"] {
      guard value.fields.count == 1 else {
        diagnostics.report(
          value.place, "'random' stands alone: it draws the places", hint: "at: { random: 3 }")
        return nil
      }
      return count.text.flatMap { Int($0) }.map(FaultPlaces.random)
    }
    guard let side = value["from"] else {
      diagnostics.report(
        value.place, "the place does not say whose bytes are meant",
        hint: "from: sender, or from: receiver"
      )
      return nil
    }
    guard let from = side.text.flatMap({ $0 == "sender" ? Role.sender : .receiver }) else {
      return nil
    }
    let isAfter = value["when"]?.text == "after"
    switch (value["frame"], value["byte"]) {
    case (let frame?, nil):
      guard let part = frame.text.flatMap(StreamPart.init(rawValue:)), part != .alert else {
        return nil
      }
      check(part, from: from, frame)
      return .one(FaultPlace(from: from, .part(part), isAfter: isAfter))
    case (nil, let byte?):
      guard let number = byte.text.flatMap({ UInt64($0) }) else { return nil }
      guard check(byte: number, from: from, byte) else { return nil }
      return .one(FaultPlace(from: from, .byte(number), isAfter: isAfter))
    default:
      diagnostics.report(
        value.place, "a place takes either 'frame' or 'byte'",
        hint: "for example: at: { from: sender, frame: HELLO }")
      return nil
    }
  }

  private mutating func check(_ part: StreamPart, from role: Role, _ value: Value) {
    for exchange in exchanges
    where !StreamPart.parts(from: role, exchange.profile).contains(part) {
      let parts = StreamPart.parts(from: role, exchange.profile).map(\.rawValue)
      diagnostics.report(
        value.place,
        "the \(role.name) of exchange '\(exchange.name)' sends no \(part.rawValue)",
        hint: "in profile \(exchange.profile.name) it sends: \(parts.joined(separator: ", "))")
    }
  }

  private mutating func check(byte: UInt64, from role: Role, _ value: Value) -> Bool {
    guard role == .sender else {
      diagnostics.report(
        value.place, "the receiver sends no image",
        hint: "'byte' counts the image's bytes: from: sender")
      return false
    }
    guard steps.names.checksFiles else { return true }
    for exchange in exchanges {
      // An image that is missing is told of where it is named.
      guard let count = exchange.ciphertextBytes, byte >= count else { continue }
      diagnostics.report(
        value.place,
        "byte \(byte) lies beyond the image of exchange '\(exchange.name)', "
          + "which crosses the wire as \(count) bytes",
        hint: "the last one is \(count - 1)")
    }
    return true
  }

  private mutating func action(_ value: Value) -> FaultAction? {
    if let word = value.text { return FaultAction(word: word) }
    guard !value.isInvalid else { return nil }
    let keys = value.fields.filter { $0.key != "to" }
    guard keys.count == 1, let field = keys.first else {
      diagnostics.report(
        value.place, "a fault does one thing",
        hint: "for several write a list: do: [cut, { flip: 1 }]")
      return nil
    }
    if field.key == "set" { return set(field.value, value) }
    if let to = value["to"] {
      diagnostics.report(to.place, "'to' belongs to 'set'", hint: "do: { set: nonce, to: 0 }")
    }
    return number(field) ?? labAction(field)
  }

  private mutating func number(_ field: Value.Field) -> FaultAction? {
    let count = field.value.text.flatMap { Int($0) }
    switch field.key {
    case "flip":
      return count.map(FaultAction.flipBits) ?? field.value.text.map(FaultAction.flipField)
    case "append": return count.map(FaultAction.append)
    case "drop": return .drop(count)
    case "swap": return .swap(count)
    case "duplicate": return .duplicate(count)
    case "hold": return steps.duration(field.value).map(FaultAction.hold)
    case "drip": return steps.duration(field.value).map(FaultAction.drip)
    default: return nil
    }
  }

  private mutating func labAction(_ field: Value.Field) -> FaultAction? {
    switch field.key {
    case "replay": return replayed(field.value).map { .replay(step: $0) }
    case "kill": return steps.board(field.value).map(FaultAction.kill)
    case "reboot": return steps.board(field.value).map(FaultAction.reboot)
    case "snapshot": return field.value.text.map(FaultAction.snapshot)
    case "link":
      return steps.board(field.value["on"])
        .map { .link(board: $0, isUp: field.value["state"]?.text == "up") }
    default: return nil
    }
  }

  private mutating func replayed(_ value: Value) -> String? {
    steps.earlier(value, "an exchange") { $0.isExchange }
  }

  private mutating func set(_ field: Value, _ owner: Value) -> FaultAction? {
    guard let name = field.text, let known = StreamField(rawValue: name) else { return nil }
    guard let to = owner["to"] else {
      diagnostics.report(owner.place, "'set' needs 'to'", hint: "do: { set: \(name), to: 0 }")
      return nil
    }
    guard let text = to.text else { return nil }
    do throws(FormatError) { try FieldValue.check(text, of: known) } catch {
      diagnostics.report(to.place, error.message, hint: error.hint)
      return nil
    }
    return .set(field: name, to: text)
  }

  private mutating func check(_ action: FaultAction, at place: FaultPlace, _ value: Value) {
    let part: StreamPart
    if case .part(let named) = place.position { part = named } else { part = .image }
    if action.needsBytes, part == .end {
      diagnostics.report(
        value.place, "there are no bytes at the end of the stream to do this to",
        hint: "reset, append and hold work there")
    }
    if action == .cut, part == .end {
      diagnostics.report(
        value.place, "cutting a stream where it ends changes nothing",
        hint: "name a frame, or a byte of the image")
    }
    if part != .end, !action.hasItsBytes(at: place) {
      diagnostics.report(
        value.place, "this is done to a whole frame, and there is none at this place",
        hint: "name the frame, and leave out 'when: after'; bytes have a number: do: { drop: 1 }")
      return
    }
    let field: String? =
      switch action {
      case .flipField(let name), .set(let name, _): name
      default: nil
      }
    guard let field, let known = StreamField(rawValue: field) else { return }
    let fields = part.fields
    guard !fields.contains(known) else { return }
    diagnostics.report(
      value.place, "\(part.rawValue) has no field '\(field)'",
      hint: fields.isEmpty
        ? "it has none; flip a number of bits: do: { flip: 1 }"
        : "it has: \(fields.map(\.rawValue).joined(separator: ", "))")
  }

  /// Where no place is named, each action must have one in some exchange, and each exchange one for some action.
  private mutating func checkFitSomewhere(
    _ actions: [FaultAction], _ owner: Value, _ values: [Value]
  ) {
    let hint = "a field belongs to some frames and profiles only: see docs/protocol.md"
    let fit = actions.map { action in exchanges.map { action.fitsSomewhere($0.profile) } }
    for (fits, value) in zip(fit, values) where !fits.isEmpty && !fits.contains(true) {
      diagnostics.report(value.place, "no frame has what this fault changes", hint: hint)
    }
    guard fit.allSatisfy({ $0.contains(true) }) else { return }
    for (index, exchange) in exchanges.enumerated() where !fit.contains(where: { $0[index] }) {
      diagnostics.report(
        owner.place, "no frame of exchange '\(exchange.name)' has what this fault changes",
        hint: hint)
    }
  }

  mutating func attack(_ value: Value?) -> Attack? {
    guard let value, !value.isInvalid else { return nil }
    if let word = value.text { return Attack(word: word) }
    guard value.fields.count == 1, let field = value.fields.first else {
      if !value.fields.isEmpty {
        diagnostics.report(value.place, "an exchange has one attack", hint: nil)
      }
      return nil
    }
    switch field.key {
    case "replay": return replayed(field.value).map { .replay(step: $0) }
    case "junk": return field.value.text.flatMap { Int($0) }.map(Attack.junk)
    case "half-open": return field.value.text.flatMap { Int($0) }.map(Attack.halfOpen)
    default: return steps.duration(field.value).map(Attack.drip)
    }
  }
}

extension FaultAction {
  /// One that takes no value.
  fileprivate init?(word: String) {
    switch word {
    case "cut": self = .cut
    case "reset": self = .reset
    case "drop": self = .drop(nil)
    case "swap": self = .swap(nil)
    case "duplicate": self = .duplicate(nil)
    case "reflect": self = .reflect
    default: return nil
    }
  }
}

extension Attack {
  /// One that takes no value, or its usual one.
  fileprivate init?(word: String) {
    switch word {
    case "man-in-the-middle": self = .manInTheMiddle
    case "reflection": self = .reflection
    case "junk": self = .junk(8)
    case "half-open": self = .halfOpen(8)
    case "drip": self = .drip(.milliseconds(100))
    case "discrete-log": self = .discreteLog
    default: return nil
    }
  }
}
