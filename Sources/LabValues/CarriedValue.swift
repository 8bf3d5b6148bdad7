import Foundation

/// A value of a type that only its backend knows. Everybody else carries it, keeps it and compares it, and cannot look
/// into it.
public struct CarriedValue: Codable, Equatable, Sendable {
  private let json: JSONValue

  /// - Parameter value: of a type that JSON has a form for.
  public init(_ value: some Encodable) {
    do {
      json = try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(value))
    } catch {
      preconditionFailure("a type that is carried has a form in JSON: \(error)")
    }
  }

  public init(from decoder: any Decoder) throws { json = try JSONValue(from: decoder) }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// - Throws: `DecodingError` where it is of another type.
  public func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: try JSONEncoder().encode(json))
  }
}

/// What a manifest says to one backend, as that backend understands it.
public struct BackendSettings: Equatable, Sendable {
  public let value: CarriedValue
  /// For people who ask in what a lab differs from its manifest.
  public let summary: String

  public init(_ value: some Encodable, summary: String) {
    self.value = CarriedValue(value)
    self.summary = summary
  }
}
