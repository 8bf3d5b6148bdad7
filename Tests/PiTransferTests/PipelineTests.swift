import PiCrypto
import PiExchange
import Testing

@testable import PiTransfer

/// The two pipelines over 127.0.0.1. One after the other: they wait in system calls.
@Suite(.serialized) struct PipelineTests {
  private static let image = (0..<1_200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  // MARK: Success

  @Test(arguments: [Cipher.aes128ECB, .aes128CTR, .cobblestone128])
  func everySizeArrivesAsItWasSent(_ cipher: Cipher) throws {
    let piece = ImageLayout.pieceCapacity
    for size in [0, 1, 15, 16, 17, piece - 1, piece, piece + 1, 1_200_000] {
      try TransferFixture.with(cipher == .cobblestone128 ? .sealed : .classic) { fixture in
        fixture.cipher = cipher
        let image = Array(Self.image.prefix(size))
        fixture.write(image, to: "image")
        let outcome = try fixture.run()
        let (sent, received) = (try outcome.sender.get(), try outcome.receiver.get())
        #expect(sent.plaintextBytes == UInt64(size) && received.plaintextBytes == UInt64(size))
        #expect(sent.transcript == received.transcript && !sent.transcript.isEmpty)
        #expect(sent.publicValue == received.peerPublicValue)
        #expect(sent.peer.text == "bob" && received.peer.text == "alice")
        #expect(sent.digests == received.digests && sent.digests.count == 2)
        #expect(try fixture.read("bob/decrypted") == image)
        let encrypted = try fixture.read("bob/encrypted")
        #expect(try encrypted == fixture.read("alice/encrypted"))
        #expect(encrypted.count == Int(sent.ciphertextBytes))
        #expect(fixture.names("alice") == ["encrypted"])
        #expect(fixture.names("bob") == ["decrypted", "encrypted"])
      }
    }
  }

  @Test(arguments: Profile.allCases)
  func nothingIsThereBeforeTheEnd(_ profile: Profile) throws {
    try TransferFixture.with(profile) { fixture in
      fixture.write(Self.image, to: "image")
      fixture.write([1], to: "bob/decrypted")
      let outcome = try fixture.run {
        #expect(fixture.names("alice").allSatisfy { $0.hasPrefix(".pilab-") })
      }
      _ = try outcome.receiver.get()
      // What had the name before has given way at once.
      #expect(try fixture.read("bob/decrypted") == Self.image)
    }
  }

  // MARK: A peer that breaks

  /// A place in a stream: the frame, and where in it.
  private struct Place: CustomStringConvertible {
    var name: String
    var offset: Int
    var description: String { "\(name) at \(offset)" }
  }

  /// Where the frames of a whole stream begin, and their middles.
  private static func places(_ stream: [UInt8], imageBytes: Int) throws -> [Place] {
    var places = [Place(name: "preamble", offset: 0)]
    var at = Wire.preambleSize
    while at < stream.count {
      let type = try #require(FrameType(rawValue: stream[at]))
      let length = stream[(at + 1)..<(at + 5)].reduce(0) { $0 << 8 | Int($1) } + 5
      places += [0, length / 2, length - 1].map { Place(name: "\(type)", offset: at + $0) }
      at += length
      guard type == .header else { continue }
      places += [0, imageBytes / 2, imageBytes - 1].map { Place(name: "image", offset: at + $0) }
      at += imageBytes
    }
    #expect(at == stream.count)
    return places
  }

  private func places(
    _ profile: Profile
  ) throws -> [(direction: Relay.Direction, place: Place)] {
    var found: [(direction: Relay.Direction, place: Place)] = []
    try TransferFixture.with(profile) { fixture in
      fixture.write(Self.image, to: "image")
      let whole = try fixture.run()
      let bytes = Int(try whole.sender.get().ciphertextBytes)
      found =
        try Self.places(whole.toReceiver, imageBytes: bytes).map { (.toReceiver, $0) }
        + Self.places(whole.toSender, imageBytes: bytes).map { (.toSender, $0) }
    }
    let names = Set(found.map(\.place.name))
    let trailer: Set = profile == .classic ? ["trailer"] : []
    #expect(names == trailer.union(["preamble", "hello", "confirm", "header", "image", "receipt"]))
    return found
  }

  /// The receiver has the image and says so; that the sender does not hear it takes nothing away.
  private func expectOnly(
    _ outcome: TransferFixture.Outcome, _ place: Place, in fixture: TransferFixture
  ) throws {
    #expect(outcome.sender.error != nil, "\(place)")
    #expect(fixture.names("alice").isEmpty, "\(place)")
    if place.name == "receipt" {
      #expect(outcome.receiver.error == nil, "\(place)")
      #expect(outcome.sender.error?.step == .receipt, "\(place)")
      #expect(fixture.names("bob") == ["decrypted", "encrypted"], "\(place)")
      #expect(try fixture.read("bob/decrypted") == Self.image, "\(place)")
    } else {
      #expect(outcome.receiver.error != nil, "\(place)")
      #expect(fixture.names("bob") == ["decrypted"], "\(place)")
      #expect(try fixture.read("bob/decrypted") == [1], "\(place)")
    }
  }

  @Test(arguments: Profile.allCases)
  func aConnectionThatIsCutLeavesNothing(_ profile: Profile) throws {
    for (direction, place) in try places(profile) {
      try TransferFixture.with(profile) { fixture in
        fixture.write(Self.image, to: "image")
        fixture.write([1], to: "bob/decrypted")
        fixture.connectTimeout = .milliseconds(1500)
        let plan = Relay.Plan(direction: direction, offset: place.offset, fault: .cut)
        let outcome = try fixture.run(plan)
        try expectOnly(outcome, place, in: fixture)
        let step = Step(rawValue: place.name)
        if direction == .toReceiver, let step, step != .hello {
          #expect(outcome.receiver.error?.step == step, "\(place)")
        }
      }
    }
  }

  @Test(arguments: Profile.allCases)
  func silenceEndsByItsDeadline(_ profile: Profile) throws {
    var seen: Set<String> = []
    for (direction, place) in try places(profile)
    where seen.insert("\(direction) \(place.name)").inserted {
      try TransferFixture.with(profile) { fixture in
        fixture.write(Self.image, to: "image")
        fixture.write([1], to: "bob/decrypted")
        (fixture.senderLimit, fixture.receiverLimit) = (.milliseconds(500), .milliseconds(500))
        fixture.connectTimeout = .seconds(3)
        let plan = Relay.Plan(direction: direction, offset: place.offset, fault: .silence)
        let start = ContinuousClock.now
        let outcome = try fixture.run(plan)
        #expect(ContinuousClock.now - start < .seconds(30), "\(place)")
        try expectOnly(outcome, place, in: fixture)
        #expect(outcome.sender.error?.code.exitCode == 12, "\(place): \(outcome.sender)")
      }
    }
  }

  @Test(arguments: Profile.allCases)
  func anImageThatWasChangedIsNotStored(_ profile: Profile) throws {
    for (direction, place) in try places(profile) where place.name == "image" {
      try TransferFixture.with(profile) { fixture in
        fixture.write(Self.image, to: "image")
        fixture.write([1], to: "bob/decrypted")
        let plan = Relay.Plan(direction: direction, offset: place.offset, fault: .flip)
        let outcome = try fixture.run(plan)
        try expectOnly(outcome, place, in: fixture)
        #expect(outcome.receiver.error?.code == .integrityFailure, "\(place)")
        #expect(outcome.sender.error?.code == .peerAlert, "\(place)")
      }
    }
  }

  // MARK: What one side refuses

  @Test func anotherKeyIsNotConfirmed() throws {
    try TransferFixture.with(.sealed) { fixture in
      fixture.write(Self.image, to: "image")
      fixture.receiverKey = "other-key"
      fixture.connectTimeout = .seconds(3)
      let outcome = try fixture.run()
      #expect(outcome.receiver.error?.code == .keyConfirmationFailed)
      #expect(outcome.sender.error != nil)
      #expect(fixture.names("alice").isEmpty && fixture.names("bob").isEmpty)
    }
  }

  @Test(arguments: Profile.allCases)
  func anImageThatIsTooLargeIsRefusedByItsHeader(_ profile: Profile) throws {
    try TransferFixture.with(profile) { fixture in
      fixture.write(Self.image, to: "image")
      fixture.maximumBytes = UInt64(Self.image.count - 1)
      let outcome = try fixture.run()
      #expect(outcome.receiver.error?.code == .imageTooLarge)
      #expect(outcome.receiver.error?.step == .header)
      #expect(outcome.sender.error != nil)
      #expect(fixture.names("alice").isEmpty && fixture.names("bob").isEmpty)
    }
  }

  @Test func aPlaceThatIsNoneIsRefusedBeforeAnybodyIsCalled() throws {
    try TransferFixture.with(.classic) { fixture in
      fixture.write(Self.image, to: "image")
      fixture.decrypted = "nowhere/decrypted"
      let outcome = try fixture.run()
      #expect(outcome.receiver.error?.code == .storageFailed)
      #expect(outcome.toReceiver.isEmpty && outcome.toSender.isEmpty)
      #expect(outcome.sender.error?.code == .interrupted(by: 15))
      #expect(fixture.names("alice").isEmpty && fixture.names("bob").isEmpty)
    }
  }
}
