import LabValues

//  A backend's settings and records are types of its own: the core carries them as values that it does not look into.

extension CarriedValue {
  /// - Parameter what: it is of a backend: `settings`, `record`.
  /// - Throws: `internal` where another backend, or another version, made it.
  package func read<Value: Decodable>(
    as type: Value.Type, _ what: String
  ) throws(LabError) -> Value {
    do { return try decoded(as: type) } catch {
      throw LabError(
        .internal, "the \(what) are not this backend's", step: "find", cause: "\(error)")
    }
  }
}

extension LabPlan {
  /// - Parameter usual: where the manifest says nothing to the backend.
  package func settings<Settings: Decodable>(
    else usual: Settings
  ) throws(LabError) -> Settings {
    try settings?.read(as: Settings.self, "settings") ?? usual
  }
}

extension LabRecord {
  /// - Throws: `.broken` where it is no record of the backend's.
  package func details<Details: Decodable>(as type: Details.Type) throws(LabError) -> Details {
    do { return try details.decoded(as: type) } catch {
      throw LabError(
        .broken, "what is written down of lab '\(lab)' is damaged", step: "find",
        hint: "take the lab down and make it anew", cause: "\(error)")
    }
  }
}

/// Numbers in records of backends, which earlier versions wrote as texts.
package enum RecordNumber {
  package static func decode<Key: CodingKey>(
    _ values: KeyedDecodingContainer<Key>, _ key: Key
  ) throws -> Int {
    guard let text = try? values.decode(String.self, forKey: key) else {
      return try values.decode(Int.self, forKey: key)
    }
    guard let number = Int(text) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values, debugDescription: "'\(text)' is no number")
    }
    return number
  }
}
