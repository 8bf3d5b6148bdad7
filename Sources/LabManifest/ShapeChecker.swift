import LabValues

/// Checks a tree against a shape: keys, types and formats; nothing that takes two values to see.
struct ShapeChecker {
  var diagnostics: Diagnostics

  /// The tree, with `.invalid` in place of all that was wrong.
  ///
  /// - Parameter owner: where the value's key stands; a missing key is reported there.
  mutating func check(_ value: Value, _ shape: Shape, key: String, owner: Place) -> Value {
    if value.isInvalid { return value }
    switch shape {
    case .scalar(let format):
      return check(value, format, key: key)
    case .object(let keys):
      guard let fields = fields(of: value, nullable: shape.acceptsNull) else {
        return wrongType(value, key: key, expected: "a map")
      }
      return object(fields, keys, place: value.place, owner: owner)
    case .map(let entryShape, let entry, let minimum, let also):
      guard let fields = fields(of: value, nullable: true) else {
        return wrongType(value, key: key, expected: "a map of names")
      }
      guard fields.count >= minimum else {
        let plural = fields.count == 1 ? entry : entry + "s"
        return invalid(
          owner, "'\(key)' holds \(fields.count) \(plural), at least \(minimum) must be there")
      }
      return map(fields, entryShape, entry: entry, also: also, place: value.place)
    case .list(let format):
      guard case .list(let elements) = value.content else {
        return wrongType(value, key: key, expected: "a list", hint: format.listExample)
      }
      return list(elements, format, key: key, place: value.place)
    case .either(let format, let keys):
      if let fields = fields(of: value, nullable: false) {
        return object(fields, keys, place: value.place, owner: owner)
      }
      guard value.text != nil else {
        return wrongType(value, key: key, expected: "\(format.expectation) or a map")
      }
      return check(value, format, key: key)
    case .sequence(let shape, let entry, let minimum):
      guard case .list(let elements) = value.content else {
        return wrongType(value, key: key, expected: "a list")
      }
      guard elements.count >= minimum else {
        return invalid(
          value.place, "'\(key)' is an empty list, at least one \(entry) must be there")
      }
      return Value(
        place: value.place,
        content: .list(elements.map { check($0, shape, key: entry, owner: $0.place) }))
    case .pairs(let format, let shape, let entry):
      guard let fields = fields(of: value, nullable: false) else {
        return wrongType(value, key: key, expected: "a map")
      }
      return pairs(fields, format, shape, entry: entry, place: value.place)
    case .byKind(let scalar, let list, let map):
      return byKind(value, scalar, list, map, key: key, owner: owner)
    }
  }

  private mutating func byKind(
    _ value: Value, _ scalar: Format?, _ list: Shape?, _ map: Shape?, key: String, owner: Place
  ) -> Value {
    switch value.content {
    case .invalid: return value
    case .object: if let map { return check(value, map, key: key, owner: owner) }
    case .list: if let list { return check(value, list, key: key, owner: owner) }
    case .scalar: if let scalar { return check(value, scalar, key: key) }
    }
    let expected = [scalar?.expectation, list.map { _ in "a list" }, map.map { _ in "a map" }]
      .compactMap(\.self)
    return wrongType(value, key: key, expected: expected.joined(separator: " or "))
  }

  private mutating func pairs(
    _ fields: [Value.Field], _ format: Format, _ shape: Shape, entry: String, place: Place
  ) -> Value {
    var checked: [Value.Field] = []
    for var field in distinct(fields, what: entry) {
      do throws(FormatError) { try format.check(field.key, .text, key: entry) } catch {
        diagnostics.report(field.keyPlace, error.message, hint: error.hint)
      }
      field.value = check(field.value, shape, key: field.key, owner: field.keyPlace)
      checked.append(field)
    }
    return Value(place: place, content: .object(checked))
  }

  private mutating func check(_ value: Value, _ format: Format, key: String) -> Value {
    if value.isInvalid { return value }
    guard case .scalar(let text, let type) = value.content else {
      return wrongType(value, key: key, expected: format.expectation)
    }
    do throws(FormatError) {
      try format.check(text, type, key: key)
      return value
    } catch {
      return invalid(value.place, error.message, hint: error.hint)
    }
  }

  private mutating func object(
    _ fields: [Value.Field], _ keys: [Key], place: Place, owner: Place
  ) -> Value {
    var checked: [Value.Field] = []
    for var field in distinct(fields, what: "key") {
      guard let key = keys.first(where: { $0.name == field.key }) else {
        reportUnknown(field, among: keys.filter { $0.newName == nil }.map(\.name))
        continue
      }
      guard !isRepeated(field, key, in: fields) else { continue }
      field.value = check(field.value, key.shape, key: key.name, owner: field.keyPlace)
      checked.append(field)
    }
    for key in keys where key.isRequired && !checked.contains(where: { $0.key == key.name }) {
      diagnostics.report(
        owner, "missing key '\(key.name)'", hint: "\(key.name): \(key.meaning)")
    }
    return Value(place: place, content: .object(checked))
  }

  /// An old name beside the new one is an error, and alone a warning.
  private mutating func isRepeated(
    _ field: Value.Field, _ key: Key, in fields: [Value.Field]
  ) -> Bool {
    guard let name = key.newName else { return false }
    guard let other = fields.first(where: { $0.key == name }) else {
      diagnostics.warn(
        field.keyPlace, "the key '\(key.name)' is called '\(name)' now",
        hint: "write '\(name):' in its place")
      return false
    }
    diagnostics.report(
      field.keyPlace, "'\(key.name)' is the older name of '\(name)', which is there too",
      hint: "'\(name)' is in line \(other.keyPlace.line); leave '\(key.name)' out")
    return true
  }

  private mutating func map(
    _ fields: [Value.Field], _ entryShape: Shape, entry: String, also: [Key], place: Place
  ) -> Value {
    var checked: [Value.Field] = []
    for var field in distinct(fields, what: entry) {
      let shape = also.first { $0.name == field.key }?.shape ?? entryShape
      do throws(FormatError) {
        try Format.checkName(field.key)
      } catch {
        diagnostics.report(field.keyPlace, error.message, hint: error.hint)
      }
      field.value = check(field.value, shape, key: field.key, owner: field.keyPlace)
      checked.append(field)
    }
    return Value(place: place, content: .object(checked))
  }

  private mutating func list(
    _ elements: [Value], _ format: Format, key: String, place: Place
  ) -> Value {
    var seen: Set<String> = []
    var checked: [Value] = []
    for element in elements {
      let value = check(element, format, key: key)
      if let text = value.text, !seen.insert(text).inserted {
        checked.append(invalid(value.place, "'\(text)' is listed twice"))
      } else {
        checked.append(value)
      }
    }
    return Value(place: place, content: .list(checked))
  }

  private func fields(of value: Value, nullable: Bool) -> [Value.Field]? {
    switch value.content {
    case .object(let fields): fields
    case .scalar(_, .null) where nullable: []
    default: nil
    }
  }

  private mutating func distinct(_ fields: [Value.Field], what: String) -> [Value.Field] {
    var first: [String: Place] = [:]
    return fields.filter { field in
      guard let place = first[field.key] else {
        first[field.key] = field.keyPlace
        return true
      }
      diagnostics.report(
        field.keyPlace, "duplicate \(what) '\(field.key.prefix(80))'",
        hint: "it is given first in line \(place.line)")
      return false
    }
  }

  private mutating func reportUnknown(_ field: Value.Field, among keys: [String]) {
    let near = Suggestion.nearest(to: field.key, among: keys)
    diagnostics.report(
      field.keyPlace, "unknown key '\(field.key.prefix(80))'",
      hint: near.map { "did you mean '\($0)'?" } ?? "keys here: \(keys.joined(separator: ", "))")
  }

  private mutating func wrongType(
    _ value: Value, key: String, expected: String, hint: String? = nil
  ) -> Value {
    invalid(value.place, "'\(key)' must be \(expected), not \(value.kind)", hint: hint)
  }

  private mutating func invalid(_ place: Place, _ message: String, hint: String? = nil) -> Value {
    diagnostics.report(place, message, hint: hint)
    return .invalid(at: place)
  }
}

extension Shape {
  /// `network:` with everything under it commented out is a map without keys.
  var acceptsNull: Bool {
    switch self {
    case .object(let keys): !keys.contains { $0.isRequired }
    case .map(_, _, let minimum, _): minimum == 0
    case .scalar, .list, .either, .sequence, .pairs: false
    case .byKind(_, _, let map): map?.acceptsNull ?? false
    }
  }
}

extension Format {
  fileprivate var listExample: String? {
    guard case .choice(_, let words) = self else { return nil }
    return "write [\(words.joined(separator: ", "))], or fewer of them"
  }
}
