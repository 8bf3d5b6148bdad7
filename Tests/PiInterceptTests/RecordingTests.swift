import Glibc
import PiExchange
import Testing

@testable import PiIntercept
@testable import PiTransfer

@Suite(.serialized) struct RecordingTests {
  /// An exchange that succeeds, recorded; what was kept of it.
  private func record(_ fixture: inout InterceptFixture, limit: UInt64 = 64 << 20) throws
    -> InterceptorResult
  {
    let path = "\(fixture.folder)/mallory/recording"
    fixture.faults = []
    fixture.change = {
      $0.record = path
      $0.recordLimit = limit
    }
    let outcome = try fixture.run()
    #expect(outcome.words == ["done", "done"])
    fixture.change = { _ in }
    return outcome.interceptor
  }

  /// All that a side sent.
  private func sent(_ role: Role, _ fixture: InterceptFixture) throws -> [UInt8] {
    var reader = try RecordingReader(path: "\(fixture.folder)/mallory/recording")
    var bytes: [UInt8] = []
    while let next = try reader.next(from: role) { bytes += next }
    return bytes
  }

  @Test func keepsWhatBothSidesSent() throws {
    try InterceptFixture.with(.classic) { fixture in
      let result = try record(&fixture)
      let (sender, receiver) = (try sent(.sender, fixture), try sent(.receiver, fixture))
      #expect(UInt64(sender.count) == result.traffic.fromSender)
      #expect(UInt64(receiver.count) == result.traffic.fromReceiver)
      #expect(result.recorded?.bytes == UInt64(sender.count + receiver.count))
      #expect(result.recorded?.isComplete == true && result.recorded?.session == 1)
      #expect(sender.starts(with: Wire.preamble) && receiver.starts(with: Wire.preamble))
    }
  }

  @Test func keepsNoMoreThanItMay() throws {
    try InterceptFixture.with(.classic) { fixture in
      let result = try record(&fixture, limit: 1000)
      #expect(result.recorded?.bytes == 1000 && result.recorded?.isComplete == false)
      #expect(try sent(.sender, fixture).count + sent(.receiver, fixture).count == 1000)
    }
  }

  @Test(arguments: Profile.allCases)
  func anEarlierStreamIsRefused(_ profile: Profile) throws {
    try InterceptFixture.with(profile) { fixture in
      _ = try record(&fixture)
      unlink("\(fixture.folder)/bob/decrypted")
      let path = "\(fixture.folder)/mallory/recording"
      let rows: [(String, [String])] = [
        (
          "sender@PREAMBLE=replay:\(path)",
          ["key_confirmation_failed/confirm", "key_confirmation_failed/confirm"]
        ),
        (
          "sender@CONFIRM:before=replay:\(path)",
          ["peer_alert/receipt", "key_confirmation_failed/confirm"]
        ),
        (
          "sender@CONFIRM:after=replay:\(path)", ["peer_alert/receipt", "integrity_failure/header"]
        ),
        ("sender@byte:70000=replay:\(path)", ["peer_alert/receipt", "integrity_failure/image"]),
        ("receiver@RECEIPT=replay:\(path)", ["integrity_failure/receipt", "done"]),
      ]
      for (spec, words) in rows {
        fixture.faults = [spec]
        let outcome = try fixture.run()
        #expect(FaultTests.matches(outcome.words, words), "\(spec): \(outcome.words)")
        #expect(outcome.interceptor.faults.allSatisfy { $0.fired == 1 && $0.detail == nil })
        #expect((fixture.read("bob/decrypted") == nil) == (words[1] != "done"), "\(spec)")
      }
      fixture.faults = []
      fixture.change = { $0.attack = .replay(path) }
      let outcome = try fixture.run()
      #expect(
        outcome.words == ["key_confirmation_failed/confirm", "key_confirmation_failed/confirm"])
      #expect(Set(outcome.interceptor.hellos.map(\.name.text)) == ["alice", "bob"])
    }
  }

  @Test func theFirstSessionWithAKeyIsKept() throws {
    try InterceptFixture.with(.classic) { fixture in
      let path = "\(fixture.folder)/mallory/recording"
      fixture.change = { $0.record = path }
      let outcome = try fixture.run(
        attempts: nil,
        beforehand: { address in
          // A stranger first: its session gets to no key.
          try RawClient(address).say([1, 2, 3])
        })
      #expect(outcome.receiver.error == nil)
      #expect(outcome.interceptor.recorded?.session == 2)
      #expect(outcome.interceptor.sessions == 2)
    }
  }

  @Test func whatIsNoRecordingIsRefusedAtOnce() throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.write([1, 2, 3], to: "mallory/recording")
      for name in ["mallory/recording", "mallory", "nowhere"] {
        fixture.faults = ["sender@PREAMBLE=replay:\(fixture.folder)/\(name)"]
        let options = try fixture.interceptorOptions(to: try #require(SocketAddress("127.0.0.1:1")))
        let error = #expect(throws: ExchangeError.self) { try options.check() }
        #expect(error?.code == .usage && error?.message.contains(name) == true)
      }
    }
  }

  @Test func aRecordingThatIsDamagedIsTold() throws {
    try InterceptFixture.with(.classic) { fixture in
      for bytes in [[9, 0, 0, 0, 1, 1], [1, 0xFF, 0, 0, 0], [1, 0, 0, 0, 5, 1]] as [[UInt8]] {
        fixture.write(Recording.magic + bytes, to: "recording")
        var reader = try RecordingReader(path: "\(fixture.folder)/recording")
        do throws(ExchangeError) {
          _ = try reader.next(from: .sender)
          Issue.record("\(bytes) was read")
        } catch { #expect(error.message.contains("it is")) }
      }
    }
  }
}
