/// What a side of the exchange may be.
public enum Role: UInt8, Sendable {
  case sender = 1
  case receiver = 2

  public var opposite: Role { self == .sender ? .receiver : .sender }

  public var name: String { self == .sender ? "sender" : "receiver" }
}

/// How much an exchange protects; see docs/security.md.
public enum Profile: UInt8, Sendable, CaseIterable {
  case classic = 1
  case sealed = 2

  public var name: String { self == .classic ? "classic" : "sealed" }

  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  /// Ciphers that the profile allows, its default first.
  public var ciphers: [Cipher] {
    self == .classic ? [.aes128ECB, .aes128CTR] : [.cobblestone128]
  }

  /// Name of the RFC 7919 group that is used where none is named.
  public var defaultGroupName: String { self == .classic ? "ffdhe2048" : "ffdhe3072" }
}

/// How the image is encrypted.
public enum Cipher: UInt8, Sendable, CaseIterable {
  case aes128ECB = 1
  case aes128CTR = 2
  case cobblestone128 = 3

  public var name: String {
    switch self {
    case .aes128ECB: "aes-128-ecb"
    case .aes128CTR: "aes-128-ctr"
    case .cobblestone128: "cobblestone-128"
    }
  }

  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// Whether the boards prove to each other that they hold the same pre-shared key.
public enum Authentication: UInt8, Sendable, CaseIterable {
  case none = 0
  case preSharedKey = 1

  /// The manifest's and the results' word for it.
  public var name: String { self == .none ? "none" : "psk" }

  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// Version of pilab and of its board programs (semantic versioning); the protocol's own is `Wire.version`.
public let pilabVersion = "0.1.0"
