/// What one `pilab run` did and found; `report.json` is its encoding, every other form is rendered from it.
public struct RunReport: Codable, Sendable, Equatable {
  public var schemaVersion = 1
  public var pilabVersion: String
  public var lab: String
  /// Backend that made the boards: loopback, namespace, libvirt or virtualbox.
  public var mode: String
  /// ISO 8601, UTC.
  public var startedAt: String
  public var durationNanoseconds: UInt64
  public var environment: RunEnvironment
  public var boards: [BoardReport]
  public var exchanges: [ExchangeReport]

  public var verdict: Verdict {
    exchanges.allSatisfy { $0.verdict == .identical } ? .identical : .failed
  }
}

public enum Verdict: String, Codable, Sendable {
  /// The decrypted image equals the original, byte for byte, and both sides confirmed the key.
  case identical
  /// The exchange ended without error, yet the images differ.
  case different
  /// The exchange ended with an error.
  case failed
}

public struct RunEnvironment: Codable, Sendable, Equatable {
  public var operatingSystem: String
  public var kernel: String
  public var processor: String
  public var processors: Int
  public var memoryBytes: UInt64
}

public struct BoardReport: Codable, Sendable, Equatable {
  public var name: String
  /// The address on the lab's network, as the board used it.
  public var address: String
}

/// One exchange of the run.
public struct ExchangeReport: Codable, Sendable, Equatable {
  public var name: String
  public var sender: String
  public var receiver: String
  public var profile: String
  public var group: String
  public var groupBits: Int
  public var cipher: String
  public var authentication: String
  public var image: ImageReport
  public var verdict: Verdict
  public var failure: FailureReport?
  /// SHA-256, lower-case hexadecimal, taken from the files after the timed exchange. Keys: `original`,
  /// `senderEncrypted`, `receiverEncrypted`, `receiverDecrypted`.
  public var sha256: [String: String]
  /// Paths relative to the report's folder, same keys.
  public var files: [String: String]
  /// What the two programs printed; nil where a program ended with an error.
  public var senderResult: BoardResult?
  public var receiverResult: BoardResult?
  /// Plain sentences that the reader must see (textbook group, fixed exponent, ...).
  public var warnings: [String]
}

public struct ImageReport: Codable, Sendable, Equatable {
  public var name: String
  public var bytes: UInt64
}

public struct FailureReport: Codable, Sendable, Equatable {
  public var board: String?
  public var step: String
  public var code: String
  public var message: String
  public var hint: String?
}

/// The JSON result of a board program; see docs/board-programs.md.
public struct BoardResult: Codable, Sendable, Equatable {
  public var program: String
  public var version: String
  public var role: String
  public var board: String
  public var peer: String
  public var profile: String
  public var group: String
  public var groupBits: Int
  public var cipher: String
  public var authentication: String
  public var plaintextBytes: UInt64
  public var ciphertextBytes: UInt64
  public var sha256: [String: String]
  public var keyConfirmed: Bool
  public var transcript: String
  public var publicValue: String
  public var peerPublicValue: String
  public var insecure: [String]
  public var nanoseconds: [String: UInt64]
  public var marks: [String: UInt64]
  public var peakResidentBytes: UInt64
}
