import LabResults
import PiCrypto
import PiExchange

/// Follows a key agreement with numbers.
public struct NumberMaker: Sendable {
  /// What is known of one side.
  public struct Side: Sendable {
    public var board: String
    /// As the manifest writes it; nil where it was drawn.
    public var exponent: String?
    /// Big-endian; nil where the exponent gives it.
    public var publicValue: [UInt8]?

    public init(board: String, exponent: String?, publicValue: [UInt8]? = nil) {
      self.board = board
      self.exponent = exponent
      self.publicValue = publicValue
    }
  }

  private let group: DHGroup

  public init(_ group: DHGroup) { self.group = group }

  /// - Throws: `GroupError` for an exponent that the group does not have.
  public func numbers(
    _ sender: Side, _ receiver: Side, profile: Profile
  ) throws(GroupError) -> KeyAgreementNumbers {
    var numbers = KeyAgreementNumbers(
      group: group.name, bits: group.bits, prime: number(group.prime),
      generator: number(group.generator), sender: try side(sender), receiver: try side(receiver))
    guard group.isTextbook else {
      if group.flaws.contains(.breakable) { numbers.isBreakable = true }
      numbers.withheld = secrecy(isGiven: sender.exponent != nil || receiver.exponent != nil)
      return numbers
    }
    numbers.orderFactorBits = group.orderFactorBits
    search(&numbers)
    share(&numbers, profile)
    if numbers.shared == nil, numbers.sender.publicValue != nil,
      numbers.receiver.publicValue != nil
    {
      numbers.withheld =
        "The private exponents were drawn by the boards and wiped; the group is too large to find them here."
    }
    return numbers
  }

  /// Of a group that hides them.
  private func secrecy(isGiven: Bool) -> String {
    let what =
      "a, b, Z of \(group.bits) bits, its hash, and the AES key of \(AES128.keySize * 8) bits"
    return isGiven
      ? "\(what): in a group of this size they protect something, whoever has set a or b."
      : "\(what). They are secret: the boards made them, used them and wiped them, and pilab never had them."
  }

  private func number(_ bytes: [UInt8]) -> KeyAgreementNumbers.Number {
    let digits = Hex.encode(bytes).drop { $0 == "0" }
    return KeyAgreementNumbers.Number(
      decimal: group.isTextbook ? BigEndian.decimal(bytes) : nil,
      hex: digits.isEmpty ? "0" : String(digits))
  }

  private func side(_ side: Side) throws(GroupError) -> KeyAgreementNumbers.Side {
    var value = side.publicValue
    if value == nil, let exponent = side.exponent {
      value = try KeyPair(fixed: exponent, in: group).publicValue.bytes
    }
    let exponent = group.isTextbook ? side.exponent.flatMap { BigEndian.parse($0) } : nil
    return KeyAgreementNumbers.Side(
      board: side.board, exponent: exponent.map(number),
      source: exponent == nil ? nil : .given, publicValue: value.map(number))
  }

  /// What an attacker does, and with it the exponents that nobody has told.
  private func search(_ numbers: inout KeyAgreementNumbers) {
    guard let prime = numbers.prime.small, let generator = numbers.generator.small else { return }
    func find(_ side: inout KeyAgreementNumbers.Side) -> ExponentSearch? {
      guard let value = side.publicValue?.small,
        let found = ExponentSearch(value, generator: generator, prime: prime)
      else { return nil }
      if side.exponent == nil {
        side.exponent = KeyAgreementNumbers.Number(
          decimal: "\(found.exponent)", hex: String(found.exponent, radix: 16))
        side.source = .found
      }
      return found
    }
    numbers.search = find(&numbers.sender)
    // The other side's, where it is of use.
    guard numbers.search == nil || numbers.receiver.exponent == nil else { return }
    let other = find(&numbers.receiver)
    numbers.search = numbers.search ?? other
  }

  private func share(_ numbers: inout KeyAgreementNumbers, _ profile: Profile) {
    let sides = [(numbers.sender, numbers.receiver), (numbers.receiver, numbers.sender)]
    let secrets = sides.lazy.compactMap { own, peer -> [UInt8]? in
      guard let exponent = own.exponent?.decimal, let value = peer.publicValue else { return nil }
      return secret(exponent, bytes(value))
    }
    guard let secret = secrets.first else { return }
    let digest = SHA256.digest(secret)
    numbers.shared = KeyAgreementNumbers.Shared(
      secret: number(secret), secretBytes: Hex.encode(secret), sha256: Hex.encode(digest),
      key: profile == .classic ? Hex.encode(digest.prefix(AES128.keySize)) : nil)
  }

  /// Z in the length of P; nil where a board would refuse the numbers.
  private func secret(_ exponent: String, _ value: [UInt8]) -> [UInt8]? {
    let padded = [UInt8](repeating: 0, count: max(0, group.byteCount - value.count)) + value
    do {
      let peer = try PublicValue(validating: padded, in: group)
      return try KeyPair(fixed: exponent, in: group).sharedSecret(with: peer).bytes
        .withUnsafeBytes { Array($0) }
    } catch { return nil }
  }

  private func bytes(_ number: KeyAgreementNumbers.Number) -> [UInt8] {
    Hex.decode(number.hex.count % 2 == 0 ? number.hex : "0" + number.hex) ?? []
  }
}
