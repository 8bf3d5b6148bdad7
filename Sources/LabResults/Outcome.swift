/// What became of an exchange, of a measurement, or of a whole run.
public enum Outcome: String, Codable, Sendable {
  /// The decrypted image equals the original, byte for byte, and both sides confirmed the key.
  case identical
  /// The exchange ended without error, yet the images differ.
  case different
  /// The exchange ended with an error.
  case failed
}
