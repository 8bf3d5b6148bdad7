import LabValues
import PiExchange

// What must come of a step.
extension StepReader {
  private static let ofCommands = ["exit", "stdout", "stderr"]

  mutating func expectation(_ value: Value?, of action: StepAction) -> StepExpectation? {
    guard let value, !value.isInvalid else { return nil }
    switch action {
    case .exec: return .command(commandExpectation(value))
    case .service:
      for field in value.fields where field.key != "exit" {
        diagnostics.report(
          field.keyPlace, "a service is asked for its 'exit' only",
          hint: "what it prints is waited for by 'ready: { stdout: … }'")
      }
      return .command(commandExpectation(value))
    default:
      diagnostics.report(
        value.place, "'\(action.word)' takes no 'expect'",
        hint: "exec, service and exchange do; what they must do is said in their own steps")
      return nil
    }
  }

  mutating func commandExpectation(_ value: Value?) -> CommandExpectation {
    var expectation = CommandExpectation()
    guard let value, !value.isInvalid else { return expectation }
    for field in value.fields where !Self.ofCommands.contains(field.key) {
      diagnostics.report(
        field.keyPlace, "'\(field.key)' is for exchanges",
        hint: "for a command there are: \(Self.ofCommands.joined(separator: ", "))")
    }
    if let exit = value["exit"] {
      if let status = exit.text.flatMap({ Int32($0) }) { expectation.exit = .is(status) }
      if let status = exit["not"]?.text.flatMap({ Int32($0) }) { expectation.exit = .isNot(status) }
    }
    expectation.output = texts(value["stdout"])
    expectation.errors = texts(value["stderr"])
    return expectation
  }

  private mutating func texts(_ value: Value?) -> [TextExpectation] {
    guard let value, !value.isInvalid else { return [] }
    var found: [TextExpectation] = []
    for field in value.fields {
      let text = field.value.text ?? ""
      switch field.key {
      case "is": found.append(.is(text))
      case "contains": found.append(.contains(text))
      case "matches":
        if let pattern = try? RegularExpression(text) { found.append(.matches(pattern)) }
      case "empty": found.append(.empty(text.lowercased() == "true"))
      default: found += field.value.fields.compactMap { json($0) }
      }
    }
    let isEmpty = found.contains(.empty(true))
    let hasText = found.contains { if case .empty = $0 { false } else { true } }
    if isEmpty, hasText {
      diagnostics.report(
        value.place,
        "the expectations contradict each other: it is to be empty and to hold something",
        hint: "leave one out")
    }
    return found
  }

  private mutating func json(_ field: Value.Field) -> TextExpectation? {
    guard field.key.isEmpty || field.key.hasPrefix("/") else {
      diagnostics.report(
        field.keyPlace, "'\(field.key)' is not a JSON pointer",
        hint: "a pointer begins with a slash: /items/0/name")
      return nil
    }
    if case .scalar(let text, let type) = field.value.content {
      return .json(pointer: field.key, .is(JSONValue(text, type)))
    }
    func bound(_ key: String) -> Double? { field.value[key]?.text.flatMap { Double($0) } }
    let (least, most) = (bound("min"), bound("max"))
    if least == nil, most == nil {
      diagnostics.report(field.value.place, "the range has neither 'min' nor 'max'", hint: nil)
    } else if let least, let most, least > most {
      diagnostics.report(
        field.value.place, "no number is at least \(least) and at most \(most)", hint: nil)
    }
    return .json(pointer: field.key, .between(least, most))
  }

  /// - Parameter exchanges: that it is of; nil where it is of a scenario's last one.
  mutating func exchangeExpectation(
    _ value: Value, for exchanges: [Exchange]?
  ) -> ExchangeExpectation {
    var expectation = ExchangeExpectation()
    guard !value.isInvalid else { return expectation }
    for field in value.fields where Self.ofCommands.contains(field.key) {
      diagnostics.report(
        field.keyPlace, "'\(field.key)' is for commands",
        hint:
          "for an exchange there are: verdict, sender, receiver, within, files, claims, attacker, differs"
      )
    }
    expectation.verdicts = Self.words(value["verdict"])
      .compactMap(ExchangeExpectation.ExchangeVerdict.init(rawValue:))
    expectation.sender = Self.words(value["sender"])
    expectation.receiver = Self.words(value["receiver"])
    expectation.within = duration(value["within"])
    for field in value["files"]?.fields ?? [] {
      guard let file = StoredFile(rawValue: field.key) else { continue }
      expectation.files[file] = Self.words(field.value)
        .compactMap(ExchangeExpectation.FileState.init(rawValue:))
      checkStored(file, expectation.files[file] ?? [], exchanges ?? [], field)
    }
    for field in value["claims"]?.fields ?? [] {
      expectation.claims[field.key] = field.value.text
    }
    expectation.attackerHasImage = (value["attacker"]?["image"]?.text).map { $0 == "obtained" }
    expectation.differs = difference(value["differs"])
    if let problem = expectation.contradiction {
      diagnostics.report(
        value.place, "the expectations contradict each other: \(problem)", hint: nil)
    }
    return expectation
  }

  private static func words(_ value: Value?) -> [String] {
    guard let value else { return [] }
    return value.text.map { [$0] } ?? value.elements.compactMap(\.text)
  }

  /// A file that an exchange does not keep is never there.
  private mutating func checkStored(
    _ file: StoredFile, _ states: [ExchangeExpectation.FileState], _ exchanges: [Exchange],
    _ field: Value.Field
  ) {
    guard !states.contains(.absent) else { return }
    for exchange in exchanges where !exchange.store.contains(file) {
      diagnostics.report(
        field.keyPlace, "exchange '\(exchange.name)' does not keep '\(file.rawValue)'",
        hint: "add it to the exchange's 'store'")
    }
  }

  private mutating func difference(_ value: Value?) -> ExchangeExpectation.Difference? {
    guard let value, !value.isInvalid,
      let step = earlier(value["from"], "an exchange", { $0.isExchange })
    else { return nil }
    let values = Self.words(value["in"])
      .compactMap(ExchangeExpectation.Difference.Value.init(rawValue:))
    return ExchangeExpectation.Difference(step: step, values: values)
  }
}

extension ExchangeExpectation {
  /// Why no exchange can be so, in words.
  var contradiction: String? {
    let done = [ExchangeExpectation.done]
    if verdicts == [.identical] {
      if !sender.isEmpty, !sender.contains(Self.done) {
        return "an identical image, and a sender that ends with an error"
      }
      if !receiver.isEmpty, !receiver.contains(Self.done) {
        return "an identical image, and a receiver that ends with an error"
      }
      if let states = files[.receiverDecrypted], !states.contains(.original) {
        return "an identical image, and a decrypted file that is not the original"
      }
    }
    let isRefused = !verdicts.isEmpty && verdicts.allSatisfy { [.refused, .timeout].contains($0) }
    if isRefused, sender == done, receiver == done {
      return "a refusal, and two sides that end without error"
    }
    if verdicts == [.different], files[.receiverDecrypted] == [.original] {
      return "a different image, and a decrypted file that is the original"
    }
    return nil
  }
}

extension JSONValue {
  /// A scalar of YAML.
  init(_ text: String, _ type: ScalarType) {
    switch type {
    case .null: self = .null
    case .boolean: self = .boolean(text.lowercased() == "true")
    case .integer: self = Int(text).map(JSONValue.integer) ?? .string(text)
    case .number: self = Double(text).map(JSONValue.number) ?? .string(text)
    case .text: self = .string(text)
    }
  }
}
