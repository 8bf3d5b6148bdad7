import PiCrypto
import Testing

@testable import PiExchange

@Suite struct HandshakeTests {
  @Test(arguments: Cipher.allCases, DHGroup.allNames)
  func sidesAgree(cipher: Cipher, group: String) throws {
    let key = SystemRandom.bytes(32)
    let isSealed = cipher == .cobblestone128
    let pair = try Pair(
      cipher: cipher, authentication: isSealed ? .preSharedKey : .none,
      group: try #require(DHGroup.named(group)), keys: isSealed ? (key, key) : nil)
    try pair.agree()
    let sender = try pair.sender.finish()
    let receiver = try pair.receiver.finish()
    #expect(sender.transcript == receiver.transcript)
    #expect(sender.publicValue == receiver.peerPublicValue)
    #expect(sender.peer.text == "bob" && receiver.peer.text == "alice")
  }

  @Test func everyExchangeHasItsOwnTranscript() throws {
    let first = try Pair()
    let second = try Pair()
    try first.agree()
    try second.agree()
    #expect(try first.sender.finish().transcript != second.sender.finish().transcript)
  }

  @Test func wrongPreSharedKey() throws {
    let pair = try Pair(
      cipher: .cobblestone128, authentication: .preSharedKey,
      keys: ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)))
    let fromSender = try pair.sender.take(pair.receiver.opening)
    let fromReceiver = try pair.receiver.take(pair.sender.opening)
    #expect(code { try pair.sender.take(fromReceiver) } == .keyConfirmationFailed)
    #expect(code { try pair.receiver.take(fromSender) } == .keyConfirmationFailed)
  }

  /// Each configuration of the sender against a receiver of aes-128-ecb in ffdhe2048.
  @Test func nothingIsNegotiated() throws {
    let other: [ExchangeConfiguration] = [
      try .test(.sender, cipher: .aes128CTR),
      try .test(.sender, cipher: .cobblestone128),
      try .test(.sender, group: .ffdhe3072),
      try .test(.sender, group: try DHGroup.custom(prime: "23", generator: "5")),
    ]
    for configuration in other {
      let sender = try Side(configuration)
      let receiver = try Side(.test(.receiver))
      #expect(code { try receiver.take(sender.opening) } == .mismatch)
      #expect(code { try sender.take(receiver.opening) } == .mismatch)
    }
  }

  @Test func authenticationIsNotNegotiatedDown() throws {
    let without = try Side(.test(.sender, cipher: .cobblestone128))
    let with = try Side(
      .test(.receiver, cipher: .cobblestone128, authentication: .preSharedKey),
      key: [UInt8](repeating: 9, count: 32))
    #expect(code { try with.take(without.opening) } == .mismatch)
    #expect(code { try without.take(with.opening) } == .mismatch)
  }

  @Test func peerOfAnotherName() throws {
    let sender = try Side(.test(.sender, name: "mallory"))
    let receiver = try Side(.test(.receiver, peer: "alice"))
    #expect(code { try receiver.take(sender.opening) } == .mismatch)
    let expected = try Side(.test(.receiver, peer: "mallory"))
    #expect(throws: Never.self) { try expected.take(sender.opening) }
  }

  /// Every bit of the identifier is compared, not the few that a message shows.
  @Test func groupIdentifierIsComparedWhole() throws {
    for index in 0..<32 {
      let sender = try Side(.test(.sender))
      var opening = sender.opening
      opening[roleOffset + 4 + index] ^= 1
      let receiver = try Side(.test(.receiver))
      #expect(code { try receiver.take(opening) } == .mismatch, "byte \(index)")
    }
  }

  @Test func reflectedMessages() throws {
    let sender = try Side(.test(.sender))
    #expect(code { try sender.take(sender.opening) } == .reflected)
    // The same nonce in the other role.
    let another = try Side(.test(.sender))
    var turned = another.opening
    turned[roleOffset] = Role.receiver.rawValue
    #expect(code { try another.take(turned) } == .reflected)
    // Our public value under another nonce and the other role.
    let third = try Side(.test(.sender, name: "bob"))
    var copied = third.opening
    copied[roleOffset] = Role.receiver.rawValue
    copied[nonceOffset] ^= 1
    #expect(code { try third.take(copied) } == .reflected)
  }

  @Test func reflectedConfirmation() throws {
    let pair = try Pair()
    let fromSender = try pair.sender.take(pair.receiver.opening)
    #expect(code { try pair.sender.take(fromSender) } == .keyConfirmationFailed)
  }

  @Test func badMagicAndVersion() throws {
    let receiver = { try Side(.test(.receiver)) }
    let sender = try Side(.test(.sender))
    for index in 0..<7 {
      var opening = sender.opening
      opening[index] ^= 0x20
      let side = try receiver()
      #expect(code { try side.take(opening) } == .badMagic)
    }
    var opening = sender.opening
    opening[7] = 2
    let side = try receiver()
    #expect(code { try side.take(opening) } == .badVersion)
    let http = try receiver()
    #expect(code { try http.take(Array("GET / HTTP/1.1\r\n".utf8)) } == .badMagic)
  }

  @Test(arguments: [0, 1, -1, -2, -3])
  func badPublicValue(offset: Int) throws {
    let group = DHGroup.ffdhe2048
    var value = [UInt8](repeating: 0, count: group.byteCount)
    switch offset {
    case 0, 1: value[group.byteCount - 1] = UInt8(offset)
    default:
      value = group.prime
      // P ends in ff: P-1, P and P+1 need no carry but the last.
      if offset == -1 { value[group.byteCount - 1] -= 1 }
      if offset == -3 { value = [UInt8](repeating: 0xFF, count: group.byteCount) }
    }
    let sender = try Side(.test(.sender))
    let opening = Array(sender.opening.dropLast(group.byteCount)) + value
    let receiver = try Side(.test(.receiver))
    #expect(code { try receiver.take(opening) } == .badPublicValue)
  }

  /// A bit changed anywhere in a HELLO is an error, at the latest in the key confirmation.
  @Test func everyBitOfHelloCounts() throws {
    let group = try DHGroup.custom(prime: "23", generator: "5")
    let length = try Side(.test(.sender, group: group)).opening.count
    for bit in 0..<(length * 8) {
      let pair = try Pair(group: group)
      var opening = pair.sender.opening
      opening[bit / 8] ^= 1 << UInt8(bit % 8)
      let error = #expect(throws: (any Error).self, "bit \(bit)") {
        let fromSender = try pair.sender.take(pair.receiver.opening)
        let fromReceiver = try pair.receiver.take(opening)
        _ = try pair.sender.take(fromReceiver)
        _ = try pair.receiver.take(fromSender)
        // A longer length leaves it waiting for bytes that never come.
        guard pair.receiver.isConfirmed else { throw Side.Unfinished() }
      }
      #expect(error != nil)
    }
  }

  @Test func malformedHello() throws {
    let receiver = { try Side(.test(.receiver)) }
    let opening = try Side(.test(.sender)).opening
    let nameLength = roleOffset + 68
    for (offset, value) in [
      (roleOffset, UInt8(3)), (roleOffset + 1, 0), (roleOffset + 2, 7), (roleOffset + 3, 9),
      (nameLength, 0), (nameLength, 64), (nameLength, 255), (nameLength + 1, UInt8(ascii: "A")),
      (nameLength + 1, UInt8(ascii: "-")), (nameLength + 1, 0xC3), (nameLength + 6, 0xFF),
    ] {
      var changed = opening
      changed[offset] = value
      let side = try receiver()
      #expect(code { try side.take(changed) } == .badFrame, "offset \(offset) value \(value)")
    }
  }

  private let roleOffset = 8 + 5
  private var nonceOffset: Int { roleOffset + 36 }
}

/// The code of the error that `body` throws; nil where it throws none.
func code(_ body: () throws -> some Any) -> ErrorCode? {
  do {
    _ = try body()
    return nil
  } catch {
    return (error as? ExchangeError)?.code
  }
}
