import HostKit
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
        .internal, "the \(what) are not this backend's", step: "find",
        cause: ErrorWords.words(of: error))
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
  /// - Throws: `.stateDamaged` where it is no record of the backend's.
  package func details<Details: Decodable>(as type: Details.Type) throws(LabError) -> Details {
    do { return try details.decoded(as: type) } catch {
      throw damaged(
        "what mode '\(mode)' wrote down is not a record of that mode",
        cause: ErrorWords.words(of: error))
    }
  }

  /// The error of whoever cannot use what is written down of the lab, with the way out.
  package func damaged(_ what: String, cause: String? = nil) -> LabError {
    LabError(
      .stateDamaged, "the state of lab '\(lab)' cannot be trusted: \(what)", step: "state",
      hint: "remove the file, then what the lab still has: rm '\(folder)/state.json' "
        + "&& pilab down --leftovers --lab \(lab)", cause: cause)
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
        forKey: key, in: values, debugDescription: "'\(text)' is not a number")
    }
    return number
  }
}
