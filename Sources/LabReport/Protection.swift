/// What an exchange protects and what it does not, in plain words; the facts are docs/protocol.md's.
struct Protection: Equatable {
  var protected: [String]
  var notProtected: [String]

  init(_ exchange: ExchangeReport) {
    let sealed = exchange.profile == "sealed"
    let authenticated = exchange.authentication == "psk"
    let textbook = exchange.insecure.contains("textbook-group")
    let fixed = exchange.insecure.contains("fixed-private-exponent")
    protected = Self.secrecy(
      // In Electronic Codebook mode even a listener sees something of the content.
      of: exchange.cipher == "aes-128-ecb" ? "key" : "content", textbook: textbook, fixed: fixed)
    protected += sealed ? Self.sealedProtects : Self.classicProtects
    if authenticated { protected.append(Self.identity) }

    notProtected = Self.weaknesses(
      textbook: textbook, fixed: fixed, groupBits: exchange.groupBits)
    notProtected.append(authenticated ? Self.sharedIdentity : Self.manInTheMiddle)
    if !sealed { notProtected += Self.classicDoesNot(cipher: exchange.cipher) }
    notProtected += Self.neverProtected
  }

  private static func secrecy(of what: String, textbook: Bool, fixed: Bool) -> [String] {
    if textbook { return [] }
    let eavesdropper =
      "The image's \(what) against someone who only listens: the private exponents never cross"
      + " the wire, and without one of them the key cannot be computed in practice."
    let forward =
      "Forward secrecy: both private exponents were drawn afresh for this exchange and are"
      + " wiped. Who records the traffic and takes over a board later still cannot decrypt it."
    return fixed ? [eavesdropper] : [eavesdropper, forward]
  }

  private static let classicProtects = [
    "The image against changes on the way by someone who had no part in the key exchange: its"
      + " SHA-256, under the confirmation key, travels behind it and is checked before the"
      + " decrypted file gets its name."
  ]

  private static let sealedProtects = [
    "Every chunk of the image: a changed, moved, missing or added chunk is refused before any of"
      + " it is used (AES-128-GCM in Cobblestone-128), as far as the key is shared with the right"
      + " peer."
  ]

  private static let identity =
    "The peer's identity: only a board that holds the pre-shared key can confirm the key, so"
    + " nobody without it can sit in between."

  private static let sharedIdentity =
    "The two boards against each other, or against whoever else holds the pre-shared key: each"
    + " of them can pose as any other. The key must be 32 random bytes, for who poses as a peer"
    + " once can try guesses offline."

  private static let manInTheMiddle =
    "Identity: nobody is authenticated. A man in the middle can agree on one key with each board,"
    + " read and change the image, and both boards would still report a confirmed key. Key"
    + " confirmation proves that the two ends of one connection hold the same key, not who they"
    + " are."

  private static func weaknesses(textbook: Bool, fixed: Bool, groupBits: Int) -> [String] {
    var list: [String] = []
    if textbook {
      list.append(
        "Secrecy: the group has \(groupBits) bits. It is a textbook group, and whoever listened"
          + " can compute the key from the public values.")
    }
    if fixed {
      list.append(
        "Past and future exchanges: a private exponent was fixed by configuration. Who learns it"
          + " can decrypt every exchange that used it, also recorded ones: no forward secrecy.")
    }
    if !textbook, (2048..<3072).contains(groupBits) {
      list.append(
        "The full strength of AES-128: a group of \(groupBits) bits gives about 112 bits of"
          + " strength (NIST SP 800-57), the cipher 128.")
    }
    return list
  }

  private static func classicDoesNot(cipher: String) -> [String] {
    let integrity =
      "The image against an active attacker: who sat in between during the key exchange holds"
      + " both confirmation keys and can put a valid hash under any image. The hash catches"
      + " changes only by attackers who did not."
    if cipher == "aes-128-ecb" {
      return [
        "Equal blocks: Electronic Codebook mode encrypts equal 16-byte blocks to equal blocks, so"
          + " the outlines of a picture with plain areas stay visible without any key.",
        integrity,
      ]
    }
    if cipher == "aes-128-ctr" {
      return [
        "Single bits: in counter mode a flipped ciphertext bit flips the same bit of the image;"
          + " only the hash at the end reveals it.",
        integrity,
      ]
    }
    return [integrity]
  }

  private static let neverProtected = [
    "The fact of the transfer, its time, the image's exact length, the boards' names, the profile"
      + " and the group: anyone on the path can see them.",
    "Delivery: anyone on the path can break the connection off.",
    "The files on the boards: the original and the decrypted image lie there unencrypted.",
  ]
}
