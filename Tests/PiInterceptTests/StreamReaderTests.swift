import PiCrypto
import Testing

@testable import PiExchange
@testable import PiIntercept

/// Streams as a sender and a receiver write them; nobody checks their codes here.
struct SampleStream {
  var role: Role
  var bytes: [UInt8]
  /// Parts and their bytes.
  var parts: [(part: StreamPart, count: Int)]

  init(_ role: Role, _ cipher: Cipher, imageBytes: Int = 100) throws {
    self.role = role
    let hello = Hello(
      role: role, profile: cipher == .cobblestone128 ? .sealed : .classic, authentication: .none,
      cipher: cipher, group: .ffdhe2048, nonce: [UInt8](repeating: 7, count: 32),
      name: try #require(BoardName("alice")),
      publicValue: try PublicValue(
        validating: [UInt8](repeating: 0, count: 255) + [4], in: .ffdhe2048))
    let code = [UInt8](repeating: 9, count: 32)
    let length = UInt64(imageBytes).bigEndianBytes
    let layout = ImageLayout(cipher: cipher, plaintextBytes: UInt64(imageBytes))
    var all: [(StreamPart, [UInt8])] = [
      (.preamble, Wire.preamble), (.hello, hello.frame.encoded),
      (.confirm, Frame(.confirm, code).encoded),
    ]
    if role == .sender {
      all.append((.header, Frame(.header, length + code).encoded))
      all.append((.image, [UInt8](repeating: 0x5A, count: Int(layout.ciphertextBytes))))
      if cipher != .cobblestone128 { all.append((.trailer, Frame(.trailer, code + code).encoded)) }
    } else {
      all.append((.receipt, Frame(.receipt, length + code).encoded))
    }
    bytes = all.flatMap(\.1)
    parts = all.map { ($0.0, $0.1.count) }
  }
}

/// What a reader makes of pieces, the image's joined.
private struct Reading: Equatable {
  var parts: [String] = []
  var bytes: [UInt8] = []
  var unparsed = 0

  init(_ pieces: [ArraySlice<UInt8>], from role: Role) {
    var reader = StreamReader(from: role)
    for piece in pieces {
      Array(piece).withUnsafeBytes { raw in
        var rest = raw
        while !rest.isEmpty {
          let (element, consumed) = reader.read(rest)
          precondition(consumed > 0 || element != nil, "no progress")
          let taken = Array(rest[..<consumed])
          rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
          take(element, taken)
        }
      }
    }
    let rest = reader.finish()
    unparsed += rest.count
    bytes += rest
  }

  private mutating func take(_ element: StreamReader.Element?, _ taken: [UInt8]) {
    switch element {
    case nil: break
    case .preamble(let bytes):
      parts.append("PREAMBLE")
      self.bytes += bytes
    case .frame(let frame):
      parts.append(StreamPart(frame.type).rawValue)
      bytes += frame.encoded
    case .image(let offset, _):
      if offset == 0 { parts.append("IMAGE") }
      bytes += taken
    case .unparsed(let bytes):
      unparsed += bytes.count
      self.bytes += bytes
    }
  }
}

@Suite struct StreamReaderTests {
  static let samples: [(Role, Cipher)] = [
    (.sender, .aes128ECB), (.sender, .aes128CTR), (.sender, .cobblestone128),
    (.receiver, .aes128ECB),
  ]

  @Test(arguments: samples)
  func readsAStreamHoweverItIsCut(_ role: Role, _ cipher: Cipher) throws {
    let sample = try SampleStream(role, cipher)
    for cut in 0...sample.bytes.count {
      let read = Reading([sample.bytes[..<cut], sample.bytes[cut...]], from: role)
      #expect(read.parts == sample.parts.map(\.part.rawValue), "cut at \(cut)")
      #expect(read.bytes == sample.bytes && read.unparsed == 0, "cut at \(cut)")
    }
    let single = Reading(sample.bytes.indices.map { sample.bytes[$0...$0] }, from: role)
    #expect(single.parts == sample.parts.map(\.part.rawValue) && single.bytes == sample.bytes)
  }

  @Test(arguments: samples)
  func aStreamThatEndsEarlyLosesNothing(_ role: Role, _ cipher: Cipher) throws {
    let sample = try SampleStream(role, cipher)
    for end in 0..<sample.bytes.count {
      #expect(Reading([sample.bytes[..<end]], from: role).bytes == Array(sample.bytes[..<end]))
    }
  }

  @Test(arguments: samples)
  func aStreamThatIsChangedLosesNothing(_ role: Role, _ cipher: Cipher) throws {
    let sample = try SampleStream(role, cipher)
    var random = SeededRandom(seed: 5, stream: 1)
    for _ in 0..<3000 {
      var bytes = sample.bytes
      for _ in 0...(random.next() % 4) {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
      }
      let cut = Int(random.next() % UInt64(bytes.count))
      #expect(Reading([bytes[..<cut], bytes[cut...]], from: role).bytes == bytes)
    }
  }

  @Test func alertEndsAStreamAnywhere() throws {
    let sample = try SampleStream(.sender, .aes128ECB)
    var end = 0
    let alert = Frame.alert(.mismatch).encoded
    for (part, count) in sample.parts where part != .image {
      if end > 0, part != .trailer {
        let read = Reading([sample.bytes[..<end] + alert + [1]], from: .sender)
        #expect(read.parts.last == "ALERT" && read.unparsed == 1, "before \(part)")
      }
      end += count
    }
  }

  @Test func whatComesInNoOrderIsNotParsed() throws {
    let sample = try SampleStream(.sender, .aes128ECB)
    let receipt = Frame(.receipt, [UInt8](repeating: 0, count: 40)).encoded
    let read = Reading([Wire.preamble[...], receipt[...], sample.bytes[8...]], from: .sender)
    #expect(read.parts == ["PREAMBLE"])
    #expect(read.unparsed == receipt.count + sample.bytes.count - 8)
    let http = Array("GET / HTTP/1.1\r\n\r\n".utf8)
    #expect(Reading([http[...]], from: .sender).unparsed == http.count)
    #expect(Reading([http[..<4]], from: .sender).unparsed == 4)
  }

  /// A HEADER whose length nobody can send is passed on, and what follows it is not taken for an image.
  @Test func anImageOfImpossibleLengthIsNotParsed() throws {
    let sample = try SampleStream(.sender, .aes128ECB)
    let header = sample.parts[..<3].reduce(0) { $0 + $1.count }
    var bytes = sample.bytes
    bytes[header + 5] = 0xFF
    let read = Reading([bytes[...]], from: .sender)
    #expect(read.parts == ["PREAMBLE", "HELLO", "CONFIRM", "HEADER"] && read.bytes == bytes)
  }
}
