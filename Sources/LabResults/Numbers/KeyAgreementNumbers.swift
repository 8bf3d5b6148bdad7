/// The numbers of a key agreement, as one follows them with a pencil; in `report.json` under `exchanges[].numbers`.
///
/// Secrets are there for textbook groups only, which hide nothing anyway.
public struct KeyAgreementNumbers: Codable, Sendable, Equatable {
  /// A natural number in both bases.
  public struct Number: Codable, Sendable, Equatable {
    /// Nil for the numbers of real groups, of which nobody reads 617 digits.
    public var decimal: String?
    /// Lower case, without leading zeros.
    public var hex: String

    public init(decimal: String?, hex: String) {
      self.decimal = decimal
      self.hex = hex
    }

    /// The number where it is small enough for arithmetic with a pencil: below 2^32.
    public var small: UInt64? {
      decimal.flatMap { UInt64($0) }.flatMap { $0 >> 32 == 0 ? $0 : nil }
    }
  }

  /// Where a private exponent is known from.
  public enum Source: String, Codable, Sendable {
    /// The manifest, or the command line.
    case given
    /// Found by trying: the group is that small. What is found has the same public value, and leads to the same secret.
    case found
  }

  /// One side of the agreement.
  public struct Side: Codable, Sendable, Equatable {
    public var board: String
    /// Nil where it is secret.
    public var exponent: Number?
    public var source: Source?
    /// G^exponent mod P; nil where nobody has said it.
    public var publicValue: Number?

    public init(board: String, exponent: Number?, source: Source?, publicValue: Number?) {
      self.board = board
      self.exponent = exponent
      self.source = source
      self.publicValue = publicValue
    }
  }

  /// What both sides have in common; of textbook groups only.
  public struct Shared: Codable, Sendable, Equatable {
    /// Z = G^(ab) mod P.
    public var secret: Number
    /// Z as it is hashed, in the length of P; hexadecimal.
    public var secretBytes: String
    /// SHA-256 of those bytes; hexadecimal.
    public var sha256: String
    /// The AES key, the first 16 bytes of the hash; hexadecimal. Nil in profile sealed, which derives it from more than Z.
    public var key: String?

    public init(secret: Number, secretBytes: String, sha256: String, key: String?) {
      self.secret = secret
      self.secretBytes = secretBytes
      self.sha256 = sha256
      self.key = key
    }
  }

  /// The image's first 16 bytes on their way through the cipher; hexadecimal.
  public struct Block: Codable, Sendable, Equatable {
    public var cipher: String
    public var plaintext: String
    /// In counter mode what AES makes a key stream of; else nil.
    public var counter: String?
    /// The key stream, likewise.
    public var keyStream: String?
    public var ciphertext: String

    public init(
      cipher: String, plaintext: String, counter: String? = nil, keyStream: String? = nil,
      ciphertext: String
    ) {
      self.cipher = cipher
      self.plaintext = plaintext
      self.counter = counter
      self.keyStream = keyStream
      self.ciphertext = ciphertext
    }
  }

  public var group: String
  public var bits: Int
  public var prime: Number
  public var generator: Number
  public var sender: Side
  public var receiver: Side
  public var shared: Shared?
  public var block: Block?
  /// What is not shown, and why; nil where all is.
  public var withheld: String?
  /// The order of G has small prime factors only; nil where it has not, and for textbook groups.
  public var isBreakable: Bool?
  /// Bits of the largest prime factor of G's order; of textbook groups only, and nil where it is not known.
  public var orderFactorBits: Int?
  /// The search for an exponent that was made; nil for groups that are too large for it.
  public var search: ExponentSearch?

  public init(
    group: String, bits: Int, prime: Number, generator: Number, sender: Side, receiver: Side
  ) {
    self.group = group
    self.bits = bits
    self.prime = prime
    self.generator = generator
    self.sender = sender
    self.receiver = receiver
  }
}

/// An attack that was done: the powers of G one after the other, until one is the sender's public value.
public struct ExponentSearch: Codable, Sendable, Equatable {
  public var exponent: UInt64
  /// Powers that were computed.
  public var tries: UInt64
  public var nanoseconds: UInt64

  public init(exponent: UInt64, tries: UInt64, nanoseconds: UInt64) {
    self.exponent = exponent
    self.tries = tries
    self.nanoseconds = nanoseconds
  }
}
