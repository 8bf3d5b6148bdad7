import PiCrypto
import Testing

@testable import PiExchange

@Suite struct TransferTests {
  static let sizes = [
    0, 1, 15, 16, 17, 16383, 16384, 16385, 524_287, 524_288, 524_289, 524_304, 1_048_576, 1_300_001,
  ]

  struct Sent {
    var header: [UInt8]
    var image: [UInt8]
    var trailer: [UInt8]
    var layout: ImageLayout
  }

  func sessions(_ cipher: Cipher) throws -> Pair {
    let pair = try Pair(cipher: cipher, group: .ffdhe2048)
    try pair.agree()
    return pair
  }

  func send(_ message: [UInt8], _ transfer: borrowing SenderTransfer) -> Sent {
    var encryptor = transfer.makeEncryptor()
    let layout = transfer.layout
    var image = encryptor.prefix
    var room = [UInt8](repeating: 0, count: ImageLayout.pieceCapacity)
    for index in 0..<layout.pieceCount {
      let start = index * ImageLayout.pieceSize
      let piece = message[start..<(start + layout.plaintextBytes(ofPiece: index))]
      let written = Array(piece).withUnsafeBytes { piece in
        room.withUnsafeMutableBytes {
          encryptor.encrypt(piece, isLast: layout.isLast(index), into: $0)
        }
      }
      #expect(written == layout.ciphertextBytes(ofPiece: index))
      image += room.prefix(written)
    }
    return Sent(
      header: transfer.header, image: image,
      trailer: transfer.trailer(digest: SHA256.digest(message)), layout: layout)
  }

  func receive(
    _ sent: Sent, _ session: consuming Session, limit: UInt64 = .max
  ) throws(ExchangeError) -> (message: [UInt8], receipt: [UInt8]) {
    var transfer = ReceiverTransfer(session)
    let layout = try transfer.accept(
      header: Frame(.header, Array(sent.header.dropFirst(5))), limit: limit)
    var decryptor = try transfer.makeDecryptor(
      prefix: Array(sent.image.prefix(layout.prefixBytes)))
    var rest = sent.image.dropFirst(layout.prefixBytes)
    var message: [UInt8] = []
    var room = [UInt8](repeating: 0, count: ImageLayout.pieceCapacity)
    for index in 0..<layout.pieceCount {
      let piece = Array(rest.prefix(layout.ciphertextBytes(ofPiece: index)))
      rest = rest.dropFirst(piece.count)
      let written = try piece.withUnsafeBytes { piece in
        room.withUnsafeMutableBytes { room in
          Result { () throws(ExchangeError) in
            try decryptor.decrypt(piece, isLast: layout.isLast(index), into: room)
          }
        }
      }.get()
      message += room.prefix(written)
    }
    if transfer.finishImage() {
      try transfer.accept(
        trailer: Frame(.trailer, Array(sent.trailer.dropFirst(5))),
        digest: SHA256.digest(message))
    }
    return (message, transfer.endOfStream())
  }

  @Test(arguments: Cipher.allCases, sizes)
  func roundTrip(cipher: Cipher, size: Int) throws {
    let pair = try sessions(cipher)
    let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    let transfer = SenderTransfer(try pair.sender.finish(), plaintextBytes: UInt64(size))
    let sent = send(message, transfer)
    #expect(UInt64(sent.image.count) == sent.layout.ciphertextBytes)
    let received = try receive(sent, try pair.receiver.finish())
    #expect(received.message == message)
    try transfer.verify(receipt: Frame(.receipt, Array(received.receipt.dropFirst(5))))
    var forged = Array(received.receipt.dropFirst(5))
    forged[39] ^= 1
    #expect(code { try transfer.verify(receipt: Frame(.receipt, forged)) } == .integrityFailure)
  }

  /// One bit of a small image, everywhere it matters: header, image, trailer.
  @Test(arguments: Cipher.allCases) func everyBitCounts(cipher: Cipher) throws {
    let message = Array("a picture".utf8)
    let length = try {
      let pair = try sessions(cipher)
      let sent = send(message, SenderTransfer(try pair.sender.finish(), plaintextBytes: 9))
      return (header: 40, image: sent.image.count, trailer: cipher == .cobblestone128 ? 0 : 64)
    }()
    for bit in 0..<((length.header + length.image + length.trailer) * 8) {
      let pair = try Pair(cipher: cipher, group: .ffdhe2048)
      try pair.agree()
      var sent = send(message, SenderTransfer(try pair.sender.finish(), plaintextBytes: 9))
      let mask = UInt8(1) << UInt8(bit % 8)
      switch bit / 8 {
      case ..<length.header: sent.header[5 + bit / 8] ^= mask
      case ..<(length.header + length.image): sent.image[bit / 8 - length.header] ^= mask
      default: sent.trailer[5 + bit / 8 - length.header - length.image] ^= mask
      }
      let session = try pair.receiver.finish()
      do {
        _ = try receive(sent, session)
        Issue.record("bit \(bit) of \(cipher.name) went unnoticed")
      } catch {
        #expect(error.code == .integrityFailure, "bit \(bit)")
      }
    }
  }

  @Test func headerOverTheLimit() throws {
    let pair = try sessions(.aes128ECB)
    let sent = send(
      [UInt8](repeating: 0, count: 100),
      SenderTransfer(try pair.sender.finish(), plaintextBytes: 100))
    let session = try pair.receiver.finish()
    do {
      _ = try receive(sent, session, limit: 99)
      Issue.record("an image over the limit was accepted")
    } catch {
      #expect(error.code == .imageTooLarge)
    }
  }

  @Test(arguments: Cipher.allCases) func layoutsAddUp(cipher: Cipher) {
    let piece = UInt64(ImageLayout.pieceSize)
    for bytes in [0, 1, piece - 1, piece, piece + 1, 3 * piece, 1 << 30, 1 << 36] {
      let layout = ImageLayout(cipher: cipher, plaintextBytes: bytes)
      let last = layout.pieceCount - 1
      let plaintext = UInt64(last) * piece + UInt64(layout.plaintextBytes(ofPiece: last))
      #expect(plaintext == bytes)
      let ciphertext =
        UInt64(layout.prefixBytes)
        + UInt64(last) * UInt64(last > 0 ? layout.ciphertextBytes(ofPiece: 0) : 0)
        + UInt64(layout.ciphertextBytes(ofPiece: last))
      #expect(ciphertext == layout.ciphertextBytes)
      #expect(layout.ciphertextBytes(ofPiece: last) <= ImageLayout.pieceCapacity)
    }
  }

  /// Exactly the bytes that HEADER leaves for it, whatever length the padding claims for itself.
  @Test func paddingIsChecked() {
    func isPadded(_ bytes: [UInt8], _ count: Int) -> Bool {
      bytes.withUnsafeBytes { PKCS7.isPadding(count, atEndOf: $0) }
    }
    for count in 0..<16 {
      let rest = [UInt8](repeating: 99, count: count)
      let block = rest.withUnsafeBytes { PKCS7.lastBlock(of: $0) }
      #expect(block.count == 16)
      for padding in 0...17 { #expect(isPadded(block, padding) == (padding == 16 - count)) }
    }
    #expect(!isPadded([], 1))
    #expect(!isPadded([UInt8](repeating: 17, count: 32), 17))
    #expect(!isPadded([UInt8](repeating: 1, count: 14) + [3, 2], 2))
  }
}
