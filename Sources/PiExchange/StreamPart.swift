/// What a direction of the exchange is made of, as docs/protocol.md names it.
public enum StreamPart: String, Sendable, CaseIterable {
  case preamble = "PREAMBLE"
  case hello = "HELLO"
  case confirm = "CONFIRM"
  case header = "HEADER"
  case image = "IMAGE"
  case trailer = "TRAILER"
  case receipt = "RECEIPT"
  case alert = "ALERT"
  /// The end of the stream.
  case end = "END"

  /// Where faults can be: ALERT has no place of its own.
  public static let positions = allCases.filter { $0 != .alert }

  /// Those that a side sends in an exchange of the profile, in their order.
  public static func parts(from role: Role, _ profile: Profile) -> [StreamPart] {
    switch (role, profile) {
    case (.sender, .classic): [.preamble, .hello, .confirm, .header, .image, .trailer, .end]
    case (.sender, .sealed): [.preamble, .hello, .confirm, .header, .image, .end]
    case (.receiver, _): [.preamble, .hello, .confirm, .receipt, .end]
    }
  }

  /// In their order.
  public var fields: [StreamField] {
    switch self {
    case .preamble: [.magic, .version]
    case .hello:
      [.type, .length, .role, .profile, .authentication, .cipher, .group, .nonce, .name]
        + [.publicValue]
    case .confirm: [.type, .length, .mac]
    case .header, .receipt: [.type, .length, .imageLength, .mac]
    case .trailer: [.type, .length, .digest, .mac]
    case .image, .alert, .end: []
    }
  }
}

/// A field of a frame or of PREAMBLE, as docs/protocol.md names it.
public enum StreamField: String, Sendable, CaseIterable {
  case magic, version
  case type, length
  case role, profile, authentication, cipher, group, nonce, name
  case publicValue = "public-value"
  case mac
  case imageLength = "image-length"
  case digest

  /// Bytes; nil where the frame says how many.
  public var width: Int? {
    switch self {
    case .version, .type, .role, .profile, .authentication, .cipher: 1
    case .length: 4
    case .magic: Wire.magic.count
    case .imageLength: 8
    case .group, .nonce, .mac, .digest: 32
    case .name, .publicValue: nil
    }
  }
}
