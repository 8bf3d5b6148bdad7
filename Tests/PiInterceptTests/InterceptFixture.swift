import Glibc
import PiCrypto
import PiExchange
import Synchronization
import TestSupport
import Testing

@testable import PiIntercept
@testable import PiTransfer

/// A sender, an interceptor and a receiver on threads of one process, over 127.0.0.1.
struct InterceptFixture {
  struct Outcome {
    var sender: Result<TransferResult, ExchangeError>
    var receiver: Result<TransferResult, ExchangeError>
    var interceptor: InterceptorResult
    var events: [InterceptorEvent]
    var senderEvents: [TransferEvent]

    /// `code/step` of both sides, or `done`.
    var words: [String] {
      [sender, receiver].map { side in
        side.error.map { "\($0.code.name)/\($0.step.rawValue)" } ?? "done"
      }
    }
  }

  let folder: String
  let profile: Profile
  var authentication: Authentication
  var group: DHGroup
  var image: [UInt8]
  /// Of the receiver.
  var connectTimeout = Duration.seconds(20)
  var handshakeTimeout = Duration.seconds(20)
  /// Microseconds that the sender comes later than the others; its port is taken before.
  var senderDelay: UInt32 = 0
  var maximumBytes = Wire.maximumImageBytes
  var faults: [String] = []
  var seed: UInt64 = 1
  var change: @Sendable (inout InterceptorOptions) -> Void = { _ in }

  /// On the wire more than what the table of faults needs, and some pieces.
  static let picture = (0..<1_200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  static func with(
    _ profile: Profile, authentication: Authentication? = nil,
    _ body: (inout InterceptFixture) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var fixture = InterceptFixture(
        folder: folder, profile: profile,
        authentication: authentication ?? (profile == .sealed ? .preSharedKey : .none),
        group: .ffdhe2048, image: picture)
      for name in ["alice", "bob", "mallory"] {
        try #require(mkdir("\(folder)/\(name)", 0o700) == 0)
      }
      fixture.write((1...32).map { UInt8($0) }, to: "key")
      try body(&fixture)
    }
  }

  // MARK: Files

  func write(_ bytes: [UInt8], to name: String) {
    let descriptor = open("\(folder)/\(name)", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  /// nil where there is no such file.
  func read(_ name: String) -> [UInt8]? {
    let descriptor = open("\(folder)/\(name)", O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    #expect(fstat(descriptor, &status) == 0)
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    #expect(Glibc.read(descriptor, &bytes, bytes.count) == bytes.count)
    return bytes
  }

  // MARK: The exchange

  func common(_ role: Role, _ name: String) throws -> CommonOptions {
    let configuration = ExchangeConfiguration(
      role: role, name: try #require(BoardName(name)), peer: nil, profile: profile,
      authentication: authentication, cipher: profile.ciphers[0], group: group)
    var options = CommonOptions(
      configuration: configuration,
      connectTimeout: role == .receiver ? connectTimeout : .seconds(60))
    if authentication == .preSharedKey { options.preSharedKeyFile = "\(folder)/key" }
    options.handshakeTimeout = handshakeTimeout
    options.idleTimeout = .seconds(20)
    return options
  }

  func interceptorOptions(to sender: SocketAddress) throws -> InterceptorOptions {
    var options = InterceptorOptions(
      name: try #require(BoardName("mallory")), listen: try #require(SocketAddress("127.0.0.1:0")),
      connect: sender, profile: profile, authentication: authentication,
      cipher: profile.ciphers[0], group: group)
    options.seed = seed
    options.release = "\(folder)/mallory"
    for spec in faults { try options.add(fault: spec) }
    change(&options)
    return options
  }

  /// All three to their ends; `onEvent` hears the interceptor, on its threads.
  func run(
    attempts: Int? = 1, beforehand: ((SocketAddress) throws -> Void)? = nil,
    onEvent: @escaping @Sendable (InterceptorEvent) -> Void = { _ in }
  ) throws -> Outcome {
    write(image, to: "image")
    let sender = Side<TransferResult, TransferEvent>()
    var address = try #require(SocketAddress("127.0.0.1:0"))
    if senderDelay > 0 { address = try Listener(address).address }
    var sending = SenderOptions(
      common: try common(.sender, "alice"), listen: address, image: "\(folder)/image")
    sending.attempts = attempts
    let (senderOptions, senderStop) = (sending, Cancellation())
    let delay = senderDelay
    let senderThread = Worker {
      usleep(delay)
      sender.end { () throws(ExchangeError) in
        try Sender.run(senderOptions, cancellation: senderStop) { sender.hear($0) }
      }
    }
    if delay == 0 {
      guard case .listening(let actual) = sender.heard({ true }).first else { throw Missing() }
      address = actual
    }
    let mallory = Side<InterceptorResult, InterceptorEvent>()
    let (options, stop) = (try interceptorOptions(to: address), Cancellation())
    let malloryThread = Worker {
      mallory.end { () throws(ExchangeError) in
        try Interceptor.run(options, cancellation: stop) { event in
          mallory.hear(event)
          onEvent(event)
        }
      }
    }
    let front = try listeningAddress(mallory)
    try beforehand?(front)
    var receiving = ReceiverOptions(common: try common(.receiver, "bob"), connect: front)
    receiving.storeDecrypted = "\(folder)/bob/decrypted"
    receiving.maximumBytes = maximumBytes
    let receiverOptions = receiving
    let receiver = Result { () throws(ExchangeError) in
      try Receiver.run(receiverOptions, cancellation: Cancellation()) { _ in }
    }
    if case .failure = receiver, attempts == nil { senderStop.cancel(signal: SIGTERM) }
    senderThread.join()
    stop.cancel(signal: SIGTERM)
    malloryThread.join()
    return Outcome(
      sender: try #require(sender.outcome), receiver: receiver,
      interceptor: try #require(mallory.outcome).get(), events: mallory.heard { false },
      senderEvents: sender.heard { false })
  }

  func listeningAddress(
    _ side: Side<InterceptorResult, InterceptorEvent>
  ) throws -> SocketAddress {
    guard case .listening(let address) = side.heard({ true }).first else {
      _ = try side.outcome?.get()
      throw Missing()
    }
    return address
  }

  struct Missing: Error {}
}

/// A program's end, and what it says before.
final class Side<Value: Sendable, Word: Sendable>: Sendable {
  private struct State: Sendable {
    var words: [Word] = []
    var outcome: Result<Value, ExchangeError>?
  }

  private let state = Mutex(State())

  var outcome: Result<Value, ExchangeError>? { state.withLock { $0.outcome } }

  func hear(_ word: Word) { state.withLock { $0.words.append(word) } }

  func end(_ body: () throws(ExchangeError) -> Value) {
    let outcome = Result { () throws(ExchangeError) in try body() }
    state.withLock { $0.outcome = outcome }
  }

  /// What it has said; where `waits`, not before there is something or it has ended.
  func heard(_ waits: () -> Bool) -> [Word] {
    while true {
      let now = state.withLock { ($0.words, $0.outcome != nil) }
      if !waits() || !now.0.isEmpty || now.1 { return now.0 }
      usleep(1000)
    }
  }
}

extension Result where Failure == ExchangeError {
  var error: ExchangeError? {
    if case .failure(let error) = self { error } else { nil }
  }
}
