import Glibc
import PiCrypto
import PiExchange
import Testing

@testable import PiIntercept
@testable import PiTransfer

@Suite(.serialized) struct AttackTests {
  @Test(arguments: Profile.allCases, [0, 1, 16384, 1_200_000])
  func aManInTheMiddleGetsWhatNobodyAuthenticates(_ profile: Profile, _ count: Int) throws {
    try InterceptFixture.with(profile, authentication: Authentication.none) { fixture in
      fixture.image = Array(InterceptFixture.picture.prefix(count))
      let path = "\(fixture.folder)/mallory/image"
      fixture.change = {
        $0.attack = .manInTheMiddle
        $0.storeImage = path
      }
      let outcome = try fixture.run()
      #expect(outcome.words == ["done", "done"], "\(outcome)")
      #expect(fixture.read("bob/decrypted") == fixture.image)
      #expect(fixture.read("mallory/image") == fixture.image)
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let result = outcome.interceptor
      #expect(result.obtained?.bytes == UInt64(count) && result.obtained?.file == path)
      #expect(result.legs.map(\.isConfirmed) == [true, true])
      let (sent, received) = (try outcome.sender.get(), try outcome.receiver.get())
      #expect(sent.transcript != received.transcript)
      #expect(result.legs.map(\.transcript) == [sent.transcript, received.transcript])
      // Each side believes in the other's name.
      #expect(sent.peer.text == "bob" && received.peer.text == "alice")
    }
  }

  @Test func aManInTheMiddleWithoutTheKeyIsRefused() throws {
    try InterceptFixture.with(.sealed) { fixture in
      let path = "\(fixture.folder)/mallory/image"
      fixture.change = {
        $0.attack = .manInTheMiddle
        $0.storeImage = path
      }
      let outcome = try fixture.run()
      #expect(
        outcome.words == ["key_confirmation_failed/confirm", "key_confirmation_failed/confirm"])
      #expect(outcome.interceptor.obtained == nil)
      #expect(outcome.interceptor.legs.map(\.isConfirmed) == [false, false])
      #expect(fixture.read("mallory/image") == nil && fixture.read("bob/decrypted") == nil)
    }
  }

  @Test func bothSidesNoticeTheirOwnWords() throws {
    for profile in Profile.allCases {
      try InterceptFixture.with(profile) { fixture in
        fixture.change = { $0.attack = .reflection }
        let outcome = try fixture.run()
        #expect(outcome.words == ["reflected/hello", "reflected/hello"])
      }
    }
  }

  @Test func junkDoesNotKeepTheReceiverOut() throws {
    try InterceptFixture.with(.sealed) { fixture in
      fixture.change = { $0.attack = .junk(5) }
      let outcome = try fixture.run(attempts: nil)
      #expect(outcome.words == ["done", "done"])
      let refused = outcome.senderEvents.compactMap { event in
        if case .refused(_, let error) = event { error.code } else { nil }
      }
      #expect(refused.count == 5)
      #expect(refused.allSatisfy { [.badMagic, .truncated].contains($0) }, "\(refused)")
      #expect(fixture.read("bob/decrypted") == fixture.image)
    }
  }

  @Test func silenceDoesNotKeepTheReceiverOut() throws {
    try InterceptFixture.with(.sealed) { fixture in
      fixture.change = { $0.attack = .halfOpen(4) }
      let outcome = try fixture.run(attempts: nil)
      #expect(outcome.words == ["done", "done"])
      let connected = outcome.senderEvents.filter {
        if case .connected = $0 { true } else { false }
      }
      #expect(connected.count == 5)
    }
  }

  @Test func dripsDoNotKeepTheReceiverOut() throws {
    try InterceptFixture.with(.sealed) { fixture in
      fixture.change = { $0.attack = .drip(.milliseconds(1)) }
      let outcome = try fixture.run(attempts: nil)
      #expect(outcome.words == ["done", "done"])
      let connected = outcome.senderEvents.filter {
        if case .connected = $0 { true } else { false }
      }
      #expect(connected.count == 2)
    }
  }

  /// Small enough, or with small factors only: 2^61 - 1 less one is 2 · 3^2 · 5^2 · 7 · 11 · 13 · 31 · 41 · 61 · 151 ·
  /// 331 · 1321.
  @Test(arguments: [
    ("23", "5"), ("1099511627339", "2"), ("2305843009213693951", "37"),
  ])
  func aWeakGroupGivesTheImageAway(_ prime: String, _ generator: String) throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.group = try DHGroup.custom(prime: prime, generator: generator)
      let path = "\(fixture.folder)/mallory/image"
      fixture.change = {
        $0.attack = .discreteLog
        $0.storeImage = path
      }
      let outcome = try fixture.run()
      #expect(outcome.words == ["done", "done"])
      #expect(outcome.interceptor.withheld == nil)
      #expect(fixture.read("mallory/image") == fixture.image)
      #expect(outcome.interceptor.obtained?.bytes == UInt64(fixture.image.count))
      #expect(outcome.interceptor.frames.allSatisfy { !$0.isChanged })
    }
  }

  @Test func aStrongGroupDoesNot() throws {
    try InterceptFixture.with(.classic) { fixture in
      let path = "\(fixture.folder)/mallory/image"
      fixture.change = {
        $0.attack = .discreteLog
        $0.storeImage = path
      }
      let outcome = try fixture.run()
      #expect(outcome.words == ["done", "done"])
      #expect(outcome.interceptor.obtained == nil)
      #expect(outcome.interceptor.withheld?.contains("too strong") == true)
      #expect(fixture.read("mallory/image") == nil)
    }
  }

  @Test func aManInTheMiddleEndsAsASideMadeIt() throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.maximumBytes = 1000
      let path = "\(fixture.folder)/mallory/image"
      fixture.change = {
        $0.attack = .manInTheMiddle
        $0.storeImage = path
      }
      let outcome = try fixture.run()
      #expect(outcome.receiver.error?.code == .imageTooLarge)
      #expect(outcome.sender.error?.code == .peerAlert)
      // The sender hears what the receiver has said.
      #expect(outcome.sender.error?.message.contains(Alert.limit.meaning) == true)
      #expect(outcome.interceptor.legs.last?.error?.code == .peerAlert)
    }
  }
}
