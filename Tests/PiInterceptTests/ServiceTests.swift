import Glibc
import PiCrypto
import PiExchange
import Testing

@testable import PiIntercept
@testable import PiTransfer

/// Sessions that come and go, and the end of the program.
@Suite(.serialized) struct ServiceTests {
  /// An interceptor alone, in front of a sender that the test plays.
  private final class Alone {
    let side = Side<InterceptorResult, InterceptorEvent>()
    let stop = Cancellation()
    let sender: Listener
    private var worker: Worker?

    init(
      _ fixture: InterceptFixture,
      onEvent: @escaping @Sendable (InterceptorEvent) -> Void = { _ in }
    ) throws {
      sender = try Listener(try #require(SocketAddress("127.0.0.1:0")))
      let (options, side, stop) = (
        try fixture.interceptorOptions(to: sender.address), side, stop
      )
      worker = Worker {
        side.end { () throws(ExchangeError) in
          try Interceptor.run(options, cancellation: stop) { event in
            side.hear(event)
            onEvent(event)
          }
        }
      }
    }

    /// Its end by a signal.
    func end(_ signal: Int32 = SIGTERM) throws -> InterceptorResult {
      stop.cancel(signal: signal)
      return try result()
    }

    /// What it ends with by itself.
    func result() throws -> InterceptorResult {
      worker.take()?.join()
      return try #require(side.outcome).get()
    }

    /// The sender's end of the next connection.
    func accept() throws -> Int32 {
      while true {
        if case .connection(let descriptor) = try sender.accept() { return descriptor }
        usleep(1000)
      }
    }

    func wait(for condition: (InterceptorEvent) -> Bool) {
      while !side.heard({ false }).contains(where: condition) { usleep(1000) }
    }
  }

  @Test func endsWhileNobodyIsThere() throws {
    try InterceptFixture.with(.classic) { fixture in
      for signal in [SIGTERM, SIGINT] {
        let alone = try Alone(fixture)
        _ = try fixture.listeningAddress(alone.side)
        #expect(try alone.end(signal).sessions == 0)
      }
    }
  }

  @Test func anotherSignalIsNoRegularEnd() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      _ = try fixture.listeningAddress(alone.side)
      let error = #expect(throws: ExchangeError.self) { try alone.end(SIGHUP) }
      #expect(error?.code == .interrupted(by: SIGHUP))
    }
  }

  @Test func endsWhileTheSenderCannotBeReached() throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.change = { $0.connect = SocketAddress(host: "127.0.0.1", port: 1) }
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      alone.wait { if case .connected = $0 { true } else { false } }
      #expect(try alone.end().sessions == 1)
      client.drain()
    }
  }

  @Test(arguments: [nil, Attack.manInTheMiddle, .reflection, .halfOpen(3), .drip(.milliseconds(5))])
  func endsWhileBothSidesAreSilent(_ attack: Attack?) throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.change = { $0.attack = attack }
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      defer { close(sender) }
      #expect(try alone.end().sessions == 1)
      client.drain()
    }
  }

  @Test(arguments: ["hold:1h", "pause", "drip:1s", "set:public-value:own", "reflect"])
  func endsInTheMiddleOfAFault(_ action: String) throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.faults = ["sender@HELLO=\(action)"]
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      defer { close(sender) }
      let stream = try SampleStream(.sender, .aes128ECB).bytes
      #expect(Glibc.send(sender, stream, stream.count, 0) == stream.count)
      alone.wait { if case .fault = $0 { true } else { false } }
      let result = try alone.end()
      #expect(result.faults.map(\.fired) == [1])
      client.drain()
    }
  }

  /// The receiver does not read: the interceptor is stuck in the middle of the image.
  @Test func endsWhileNobodyReads() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      defer { close(sender) }
      let stream = try SampleStream(.sender, .aes128ECB, imageBytes: 64 << 20).bytes
      var sent = 0
      while true {
        let count = stream[sent...].withUnsafeBytes {
          Glibc.send(sender, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        if count < 0 {
          var polled = pollfd(fd: sender, events: Int16(POLLOUT), revents: 0)
          if poll(&polled, 1, 300) == 0 { break }
          continue
        }
        sent += count
      }
      #expect(sent < stream.count)
      let result = try alone.end()
      #expect(result.traffic.toReceiver < result.traffic.fromSender)
      client.drain()
    }
  }

  @Test func aResetIsPassedOn() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(sender, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      client.send([1])
      close(sender)
      var byte: UInt8 = 0
      #expect(recv(client.descriptor, &byte, 1, 0) == -1 && errno == ECONNRESET)
      _ = try alone.end()
    }
  }

  @Test func anOrderlyEndIsPassedOn() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      defer { close(sender) }
      shutdown(sender, Int32(SHUT_WR))
      var byte: UInt8 = 0
      #expect(recv(client.descriptor, &byte, 1, 0) == 0)
      // The other direction goes on.
      client.send([7])
      #expect(recv(sender, &byte, 1, 0) == 1 && byte == 7)
      _ = try alone.end()
    }
  }

  @Test func sessionsAreServedAtOnce() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      let address = try fixture.listeningAddress(alone.side)
      var clients: [RawClient] = []
      var senders: [Int32] = []
      for number in 0..<(Interceptor.capacity) {
        let client = try RawClient(address)
        client.send([UInt8(number)])
        senders.append(try alone.accept())
        clients.append(client)
      }
      // One more waits until another has gone.
      let late = try RawClient(address)
      late.send([99])
      usleep(100_000)
      if case .connection = try alone.sender.accept() { Issue.record("it did not wait") }
      close(senders.removeFirst())
      clients.removeFirst()
      senders.append(try alone.accept())
      #expect(try alone.end().sessions == Interceptor.capacity + 1)
      for sender in senders { close(sender) }
    }
  }

  @Test func aFileEndsItToo() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      defer { close(sender) }
      fixture.write([], to: "mallory/end")
      client.drain()
      #expect(try alone.result().sessions == 1)
    }
  }

  /// The receiver is there before its sender: what it is connected to ends, and it comes again.
  @Test func aReceiverThatComesAgainIsServed() throws {
    try InterceptFixture.with(.sealed) { fixture in
      fixture.change = { $0.connectTimeout = .milliseconds(20) }
      fixture.senderDelay = 300_000
      let outcome = try fixture.run()
      #expect(outcome.words == ["done", "done"])
      #expect(outcome.interceptor.sessions > 1)
      #expect(fixture.read("bob/decrypted") == fixture.image)
      let isTold = outcome.events.contains { if case .unconnected = $0 { true } else { false } }
      #expect(isTold)
    }
  }

  /// A fault is in every session.
  @Test func aFaultActsOnEveryConnection() throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.connectTimeout = .milliseconds(1500)
      fixture.faults = ["sender@HELLO=cut"]
      let outcome = try fixture.run(attempts: nil)
      #expect(outcome.receiver.error?.code == .truncated)
      let fired = try #require(outcome.interceptor.faults.first?.fired)
      #expect(fired > 1 && fired == outcome.interceptor.sessions)
    }
  }

  @Test func theSameSeedMakesTheSameBytes() throws {
    let stream = try SampleStream(.sender, .aes128ECB).bytes
    var seen: [[UInt8]] = []
    for seed in [7, 7, 8] as [UInt64] {
      try InterceptFixture.with(.classic) { fixture in
        fixture.seed = seed
        fixture.faults = ["sender@HELLO=set:nonce:random", "sender@END=append:70000"]
        let alone = try Alone(fixture)
        let client = try RawClient(fixture.listeningAddress(alone.side))
        let sender = try alone.accept()
        #expect(Glibc.send(sender, stream, stream.count, 0) == stream.count)
        shutdown(sender, Int32(SHUT_WR))
        seen.append(client.drain())
        close(sender)
        _ = try alone.end()
      }
    }
    #expect(seen.allSatisfy { $0.count == stream.count + 70000 })
    #expect(seen[0] == seen[1] && seen[0] != seen[2])
    // PREAMBLE and what is in front of the nonce are as they were.
    #expect(seen[0].prefix(49) == stream.prefix(49) && seen[0][49..<81] != stream[49..<81])
  }

  /// What is no exchange goes through as it is, both ways.
  @Test func anythingIsPassedOn() throws {
    try InterceptFixture.with(.classic) { fixture in
      let alone = try Alone(fixture)
      let client = try RawClient(fixture.listeningAddress(alone.side))
      let sender = try alone.accept()
      var random = SeededRandom(seed: 3, stream: 0)
      let (one, other) = (random.bytes(50_000), Wire.preamble + random.bytes(50_000))
      #expect(Glibc.send(sender, one, one.count, 0) == one.count)
      shutdown(sender, Int32(SHUT_WR))
      #expect(client.drain() == one)
      client.send(other)
      shutdown(client.descriptor, Int32(SHUT_WR))
      var got = [UInt8](repeating: 0, count: other.count)
      #expect(recv(sender, &got, got.count, Int32(MSG_WAITALL)) == other.count)
      #expect(got == other)
      close(sender)
      let unparsed = try alone.end().unparsed
      #expect(unparsed.first { $0.from == .sender }?.at == 0)
      #expect(unparsed.first { $0.from == .receiver }?.at == 8)
    }
  }
}
