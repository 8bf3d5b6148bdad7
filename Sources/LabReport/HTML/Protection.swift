import LabResults

/// What an exchange protects and what it does not, in plain words; the facts are docs/protocol.md's.
struct Protection: Equatable {
  struct Point: Equatable {
    var subject: String
    var text: String

    init(_ subject: String, _ text: String) {
      self.subject = subject
      self.text = text
    }
  }

  var protected: [Point]
  var notProtected: [Point]

  init(_ exchange: ExchangeResult) {
    let isSealed = exchange.profile == "sealed"
    let isAuthenticated = exchange.authentication == "psk"
    let isTextbook = exchange.insecure.contains("textbook-group")
    let isFixed = exchange.insecure.contains("fixed-private-exponent")

    let isUnchecked = exchange.insecure.contains("unchecked-subgroup")
    let isBreakable = exchange.insecure.contains("breakable-generator")
    let isWeak = isTextbook || isUnchecked || isBreakable

    // Whoever can compute the key of a textbook group can also forge what is made with it.
    protected = isWeak ? [] : Self.secrecy(cipher: exchange.cipher, isFixed: isFixed)
    if !isWeak { protected.append(isSealed ? Self.chunks : Self.trailer) }
    if isAuthenticated { protected.append(Self.identity) }

    notProtected = [isAuthenticated ? Self.sharedIdentity : Self.manInTheMiddle]
    if isTextbook { notProtected.append(Self.textbook(bits: exchange.groupBits)) }
    if isUnchecked { notProtected.append(Self.unchecked(isFixed: isFixed)) }
    if isBreakable { notProtected.append(Self.breakable) }
    if isFixed { notProtected.append(Self.fixedExponent(isAuthenticated: isAuthenticated)) }
    notProtected += Self.cipherDoesNot(exchange.cipher)
    if !isSealed { notProtected.append(Self.activeAttacker) }
    if (2048..<3072).contains(exchange.groupBits) {
      notProtected.append(Self.strength(bits: exchange.groupBits))
    }
    notProtected += Self.neverProtected
  }
}

// MARK: - What is protected

extension Protection {
  private static func secrecy(cipher: String, isFixed: Bool) -> [Point] {
    // In Electronic Codebook mode even a listener sees something of the content.
    let what = cipher == "aes-128-ecb" ? "The image's key" : "The image's content"
    let listener = Point(
      what,
      "against someone who only listens. The private exponents never cross the wire, and without"
        + " one of them the key cannot be computed in practice.")
    let forward = Point(
      "Forward secrecy.",
      "Both private exponents were drawn afresh for this exchange and are wiped. Whoever records the"
        + " traffic now and takes over a board later still cannot decrypt the recording.")
    return isFixed ? [listener] : [listener, forward]
  }

  private static let trailer = Point(
    "The image against changes",
    "by someone who had no part in the key exchange. Its SHA-256 travels behind it under the"
      + " confirmation key and is checked before the decrypted file gets its name.")

  private static let chunks = Point(
    "Every chunk of the image.",
    "A changed, moved, missing or added chunk is refused (AES-128-GCM in Cobblestone-128), as far"
      + " as the key is shared with the right peer.")

  private static let identity = Point(
    "The peer's identity.",
    "Only a holder of the pre-shared key can confirm the key, so nobody without it can sit in"
      + " between.")
}

// MARK: - What is not

extension Protection {
  private static let manInTheMiddle = Point(
    "Identity.",
    "Nobody is authenticated. A man in the middle can agree on one key with each board, read and"
      + " change the image, and both boards would still report a confirmed key. Key confirmation"
      + " proves that the two ends of one connection hold the same key, not who they are.")

  private static let sharedIdentity = Point(
    "Holders of the pre-shared key against each other.",
    "Each of them can pose as any other. The key must be 32 random bytes: whoever poses as a peer"
      + " once can try guesses offline.")

  private static func textbook(bits: Int) -> Point {
    Point(
      "Secrecy.",
      "The group is a textbook group of \(bits) bits: whoever listens can compute the key from"
        + " the public values.")
  }

  private static func unchecked(isFixed: Bool) -> Point {
    let reuse =
      isFixed
      ? " The fixed exponent leaks a part with each such value, and what is learned of it opens every"
        + " exchange that uses it." : ""
    return Point(
      "Secrecy.",
      "P is not 2q+1 with a prime q, or G does not have order q. A public value may lie in a small"
        + " subgroup and show the other side's exponent modulo its order, and where P-1 has small"
        + " factors only, whoever listens can compute the exponents." + reuse)
  }

  private static let breakable = Point(
    "The private exponents.",
    "The order of G has prime factors below 2^20 only: whoever listens can compute the exponents"
      + " from the public values, and with them the key.")

  private static func fixedExponent(isAuthenticated: Bool) -> Point {
    let secret = isAuthenticated ? "it and the pre-shared key" : "it"
    return Point(
      "Other exchanges, past and future.",
      "A private exponent was fixed by configuration. Whoever learns \(secret) can decrypt every"
        + " exchange that used it, recorded ones too: there is no forward secrecy.")
  }

  private static func cipherDoesNot(_ cipher: String) -> [Point] {
    switch cipher {
    case "aes-128-ecb":
      [
        Point(
          "Equal blocks.",
          "Electronic Codebook mode encrypts equal 16-byte blocks to equal blocks, so the outlines"
            + " of a picture with plain areas stay visible without any key.")
      ]
    case "aes-128-ctr":
      [
        Point(
          "Single bits.",
          "In counter mode a flipped ciphertext bit flips the same bit of the image; only the hash"
            + " at the end reveals it.")
      ]
    default: []
    }
  }

  private static let activeAttacker = Point(
    "The image against an active attacker.",
    "Whoever sat in between during the key exchange holds the confirmation keys of both sides and can"
      + " put a valid hash under any image. The hash reveals changes by others only.")

  private static func strength(bits: Int) -> Point {
    Point(
      "The full strength of AES-128.",
      "A group of \(bits) bits gives about 112 bits of strength (NIST SP 800-57), the cipher 128.")
  }

  private static let neverProtected = [
    Point(
      "What anyone on the path sees.",
      "The fact of the transfer, its time, the image's exact length, the boards' names, the"
        + " profile and the group."),
    Point("Delivery.", "Anyone on the path can break the connection off."),
    Point(
      "The files on the boards.", "The original and the decrypted image lie there unencrypted."),
  ]
}
