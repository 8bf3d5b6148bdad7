import COpenSSL

/// G^a mod P of one side, as it crosses the wire: big-endian, left-padded to the length of P.
public struct PublicValue: Sendable, Equatable {
  public let bytes: [UInt8]

  fileprivate init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// Validates a peer's value: its length is P's, 2 <= y <= P-2, and y^q = 1 where the group demands it
  /// (SP 800-56A rev. 3, section 5.6.2.3.1, by the Legendre symbol).
  public init(validating bytes: [UInt8], in group: DHGroup) throws(PublicValueError) {
    guard bytes.count == group.byteCount else { throw .wrongLength }
    let y = Natural(bigEndian: bytes)
    let p = Natural(bigEndian: group.prime)
    guard !y.isLess(than: 2), Natural.compare(y, p.subtracting(2)) <= 0 else { throw .outOfRange }
    guard !group.checksSubgroup || y.legendre(over: p) == 1 else { throw .outsideSubgroup }
    self.bytes = bytes
  }
}

/// Why a public value, or what it leads to, is refused.
public enum PublicValueError: Error, Equatable {
  case wrongLength
  case outOfRange
  case outsideSubgroup
  /// The shared secret is 0, 1 or P-1.
  case degenerateSecret
}

/// Z = y^a mod P, big-endian, left-padded to the length of P (SP 800-56A rev. 3, section 5.7.1.1).
public struct SharedSecret: ~Copyable, Sendable {
  public let bytes: SecretBytes
}

/// A private exponent and its public value.
public struct KeyPair: ~Copyable, Sendable {
  public let group: DHGroup
  public let publicValue: PublicValue
  /// Given by the user instead of drawn: insecure, and said so in results.
  public let isFixed: Bool
  private let exponent: Natural

  /// A fresh private exponent from the kernel's random source, of the length that RFC 7919 recommends.
  public init(generatingIn group: DHGroup) {
    self = onWipedStack { Self.generate(in: group) }
  }

  private static func generate(in group: DHGroup) -> KeyPair {
    while true {
      let exponent = randomExponent(in: group)
      if let value = publicValue(of: exponent, in: group) {
        return KeyPair(group: group, publicValue: value, isFixed: false, exponent: exponent)
      }
    }
  }

  /// A private exponent for teaching and for tests: decimal, or hexadecimal after `0x`, 1 <= a <= P-2.
  public init(fixed text: String, in group: DHGroup) throws(GroupError) {
    let digits = SecretBytes(count: text.utf8.count) { $0.copyBytes(from: text.utf8) }
    try self.init(fixed: digits, in: group)
  }

  /// The same of digits that no copy stays of.
  public init(fixed digits: consuming SecretBytes, in group: DHGroup) throws(GroupError) {
    let digits = digits
    self = try onWipedStack { () throws(GroupError) in try KeyPair(digits, in: group) }
  }

  private init(_ digits: borrowing SecretBytes, in group: DHGroup) throws(GroupError) {
    guard digits.count <= DHGroup.maximumBits / 3 + 2, let exponent = Natural.parse(secret: digits)
    else { throw .notANumber("private exponent", "…") }
    let p = Natural(bigEndian: group.prime)
    guard !exponent.isZero, Natural.compare(exponent, p.subtracting(2)) <= 0,
      let value = Self.publicValue(of: exponent, in: group)
    else { throw .exponentOutOfRange }
    self.init(group: group, publicValue: value, isFixed: true, exponent: exponent)
  }

  private init(
    group: DHGroup, publicValue: PublicValue, isFixed: Bool, exponent: consuming Natural
  ) {
    self.group = group
    self.publicValue = publicValue
    self.isFixed = isFixed
    self.exponent = exponent
  }

  /// The key pair that a public value comes from, found by computation; nil where the group is too strong for that.
  ///
  /// Takes seconds, and 100 MB, where the largest prime factor of G's order has 40 bits.
  package init?(breaking value: PublicValue, in group: DHGroup) {
    guard let logarithm = DiscreteLogarithm(in: group),
      let exponent = logarithm.exponent(of: Natural(bigEndian: value.bytes)), !exponent.isZero
    else { return nil }
    self.init(group: group, publicValue: value, isFixed: true, exponent: exponent)
  }

  /// The shared secret with a validated public value of the peer. Leaves traces of it on the stack: see
  /// `onWipedStack`.
  public borrowing func sharedSecret(
    with peer: PublicValue
  ) throws(PublicValueError) -> SharedSecret {
    let p = Natural(bigEndian: group.prime)
    let z = Natural(bigEndian: peer.bytes).power(secret: exponent, modulo: p)
    if group.isStrict {
      guard !z.isLess(than: 2), Natural.compare(z, p.subtracting(1)) != 0 else {
        throw .degenerateSecret
      }
    }
    return SharedSecret(bytes: SecretBytes(count: group.byteCount) { z.write(leftPadded: $0) })
  }

  /// nil where it is 1 or P-1, which a peer would refuse.
  private static func publicValue(of exponent: borrowing Natural, in group: DHGroup) -> PublicValue?
  {
    let p = Natural(bigEndian: group.prime)
    let x = Natural(bigEndian: group.generator).power(secret: exponent, modulo: p)
    guard !x.isLess(than: 2), Natural.compare(x, p.subtracting(1)) != 0 else { return nil }
    return PublicValue(trusted: x.bytes(count: group.byteCount))
  }

  /// Of exactly `exponentBits` bits, top bit set so that the time of the exponentiation is the same for all;
  /// in a textbook group uniform in [1, P-2].
  private static func randomExponent(in group: DHGroup) -> Natural {
    let p = Natural(bigEndian: group.prime)
    while true {
      let bits = group.exponentBits ?? group.bits
      let secret = SecretBytes(count: (bits + 7) / 8) { buffer in
        SystemRandom.fill(buffer)
        let unused = buffer.count * 8 - bits
        buffer[0] &= 0xFF >> UInt8(unused)
        if group.exponentBits != nil { buffer[0] |= 0x80 >> UInt8(unused) }
      }
      let exponent = secret.withUnsafeBytes { Natural(bigEndian: $0) }
      if !exponent.isZero, Natural.compare(exponent, p.subtracting(2)) <= 0 { return exponent }
    }
  }
}
