import Glibc
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
}
