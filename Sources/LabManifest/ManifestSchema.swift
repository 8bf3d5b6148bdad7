import Foundation
import LabValues
import PiExchange

/// The JSON Schema (draft 2020-12) of the manifest, for editors and for other programs.
///
/// It is printed from the table that the parser checks by. What takes two values to see (a prime, an address in the
/// subnet) only the parser says.
public enum ManifestSchema {
  /// Pretty JSON, keys in alphabetical order, with a newline at the end.
  public static func json(_ grammar: ManifestGrammar) -> String {
    guard case .object(var schema) = schema(of: .manifest(grammar)) else {
      preconditionFailure("the manifest is an object")
    }
    schema["$schema"] = .string("https://json-schema.org/draft/2020-12/schema")
    schema["title"] = .string("pilab manifest, version \(Format.schemaVersion)")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      let data = try encoder.encode(JSONValue.object(schema))
      return String(decoding: data, as: UTF8.self) + "\n"
    } catch {
      preconditionFailure("strings, numbers and their collections have a JSON form: \(error)")
    }
  }

  private static func schema(of shape: Shape) -> JSONValue {
    switch shape {
    case .scalar(let format):
      return .object(format.schema)
    case .object(let keys):
      return .object(object(keys, nullable: shape.acceptsNull))
    case .map(let entry, let what, let minimum, let also):
      func entrySchema(_ shape: Shape) -> JSONValue {
        guard what == "exchange", case .object(var schema) = schema(of: shape) else {
          return schema(of: shape)
        }
        schema["allOf"] = .array(Profile.allCases.map(rule))
        return .object(schema)
      }
      var map: [String: JSONValue] = [
        "type": type("object", nullable: shape.acceptsNull),
        "minProperties": .integer(minimum),
        "propertyNames": .object(Format.name.schema),
        "additionalProperties": entrySchema(entry),
      ]
      if !also.isEmpty {
        map["properties"] = .object(
          Dictionary(uniqueKeysWithValues: also.map { ($0.name, entrySchema($0.shape)) }))
      }
      return .object(map)
    case .list(let format):
      return .object([
        "type": .string("array"), "items": .object(format.schema), "uniqueItems": .boolean(true),
      ])
    case .either(let format, let keys):
      return .object(["anyOf": .array([.object(format.schema), .object(object(keys))])])
    case .sequence(let entry, _, let minimum):
      return .object([
        "type": .string("array"), "items": schema(of: entry), "minItems": .integer(minimum),
      ])
    case .pairs(let key, let entry, _):
      return .object([
        "type": .string("object"), "propertyNames": .object(key.schema),
        "additionalProperties": schema(of: entry),
      ])
    case .byKind(let scalar, let list, let map):
      let choices = [scalar.map(Shape.scalar), list, map].compactMap(\.self).map(schema)
      return choices.count == 1 ? choices[0] : .object(["anyOf": .array(choices)])
    }
  }

  private static func object(_ keys: [Key], nullable: Bool = false) -> [String: JSONValue] {
    let properties = keys.map { key in
      var schema = schema(of: key.shape)
      if case .object(var members) = schema {
        members["description"] = .string(description(of: key))
        if key.newName != nil { members["deprecated"] = .boolean(true) }
        schema = .object(members)
      }
      return (key.name, schema)
    }
    var result: [String: JSONValue] = [
      "type": type("object", nullable: nullable),
      "properties": .object(Dictionary(uniqueKeysWithValues: properties)),
      "additionalProperties": .boolean(false),
    ]
    let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { result["required"] = .array(required) }
    return result
  }

  private static func description(of key: Key) -> String {
    guard let defaultText = key.defaultText else { return key.meaning }
    return "\(key.meaning); default: \(defaultText)"
  }

  private static func type(_ name: String, nullable: Bool) -> JSONValue {
    nullable ? .array([.string(name), .string("null")]) : .string(name)
  }

  /// What a profile allows.
  private static func rule(for profile: Profile) -> JSONValue {
    var condition: [String: JSONValue] = [
      "properties": .object(["profile": .object(["const": .string(profile.name)])])
    ]
    // Where no profile is named, classic's rule holds.
    if profile != .classic { condition["required"] = .array([.string("profile")]) }
    let allowed: [String: JSONValue] = [
      "cipher": .object(["enum": .array(profile.ciphers.map { .string($0.name) })]),
      "authentication": .object([
        "enum": .array(profile.authentications.map { .string($0.name) })
      ]),
    ]
    return .object([
      "if": .object(condition), "then": .object(["properties": .object(allowed)]),
    ])
  }
}

extension Format {
  private static let octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
  private static let addressPattern = "\(octet)(\\.\(octet)){3}"

  fileprivate var schema: [String: JSONValue] {
    switch self {
    case .version: ["const": .integer(1)]
    case .name: Self.text("^[a-z0-9][a-z0-9-]{0,\(NameRule.maximumLength - 1)}$")
    case .choice(_, let words): ["enum": .array(words.map(JSONValue.string))]
    case .address: Self.text("^\(Self.addressPattern)$")
    case .subnet: Self.text("^\(Self.addressPattern)/([89]|[12][0-9]|30)$")
    case .path: Self.text("^[^\\u0000-\\u001f\\u007f]+$")
    case .port:
      [
        "anyOf": .array([
          .object(["const": .string(Self.autoPort)]),
          .object([
            "type": .string("integer"), "minimum": .integer(1), "maximum": .integer(65535),
          ]),
        ])
      ]
    case .rate: Self.text(BitRate.quantity.pattern)
    case .duration: Self.text(DurationText.quantity.pattern)
    case .percentage: Self.text(Percentage.pattern)
    case .memory: Self.text(MemorySize.quantity.pattern)
    case .count(let range): Self.count(range)
    case .size:
      // A size without a unit is a number of YAML; the range only the parser checks.
      [
        "anyOf": .array([
          .object(["type": .string("integer"), "minimum": .integer(1)]),
          .object(Self.text(ByteCount.quantity.pattern)),
        ])
      ]
    case .uri: Self.text(Self.uriPattern)
    case .user: Self.text(Self.userPattern)
    case .text, .pattern, .boardPath:
      ["type": .array(["string", "number", "boolean"].map(JSONValue.string))]
    case .literal: ["type": .array(["string", "number", "boolean", "null"].map(JSONValue.string))]
    case .truth: ["type": .string("boolean")]
    case .number: ["type": .string("number")]
    case .offset: Self.text(OffsetText.pattern)
    case .countOr(let range, _, let words):
      [
        "anyOf": .array([
          .object(Self.count(range)), .object(["enum": .array(words.map(JSONValue.string))]),
        ])
      ]
    case .natural:
      [
        "anyOf": .array([
          .object(["type": .string("integer"), "minimum": .integer(0)]),
          .object(Self.text("^([0-9]+|0[xX][0-9a-fA-F]+)$")),
        ])
      ]
    }
  }

  private static func count(_ range: ClosedRange<Int>) -> [String: JSONValue] {
    [
      "type": .string("integer"), "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound),
    ]
  }

  private static func text(_ pattern: String) -> [String: JSONValue] {
    ["type": .string("string"), "pattern": .string(pattern)]
  }
}
