import Glibc
import PiCrypto
import PiExchange
import Synchronization
import TestSupport
import Testing

@testable import PiTransfer

/// A sender and a receiver on threads of one process, each with a folder of its own, and a relay between them.
struct TransferFixture {
  /// How both ended.
  struct Outcome {
    var sender: Result<TransferResult, ExchangeError>
    var receiver: Result<TransferResult, ExchangeError>
    var toReceiver: [UInt8]
    var toSender: [UInt8]
  }

  let folder: String
  let profile: Profile
  var cipher: Cipher
  var senderLimit = Duration.seconds(20)
  var receiverLimit = Duration.seconds(20)
  var connectTimeout = Duration.seconds(20)
  var maximumBytes = Wire.maximumImageBytes
  var receiverKey = "key"
  var decrypted = "decrypted"
  var senderDurability: Durability?
  var receiverDurability: Durability?

  static func with(_ profile: Profile, _ body: (inout TransferFixture) throws -> Void) throws {
    try withTemporaryFolder { folder in
      var fixture = TransferFixture(folder: folder, profile: profile, cipher: profile.ciphers[0])
      for side in ["alice", "bob"] { try #require(mkdir("\(folder)/\(side)", 0o700) == 0) }
      fixture.write((1...32).map { UInt8($0) }, to: "key")
      fixture.write((2...33).map { UInt8($0) }, to: "other-key")
      try body(&fixture)
    }
  }

  // MARK: Files

  func write(_ bytes: [UInt8], to name: String) {
    let descriptor = open("\(folder)/\(name)", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  func read(_ name: String) throws -> [UInt8] {
    let descriptor = open("\(folder)/\(name)", O_RDONLY)
    try #require(descriptor >= 0, "\(name)")
    defer { close(descriptor) }
    var status = stat()
    #expect(fstat(descriptor, &status) == 0)
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    #expect(Glibc.read(descriptor, &bytes, bytes.count) == bytes.count)
    return bytes
  }

  /// What a folder holds, files that nobody was told of too.
  func names(_ name: String) -> [String] {
    guard let stream = opendir("\(folder)/\(name)") else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  // MARK: The exchange

  private func common(
    _ role: Role, _ name: String, _ limit: Duration, key: String
  ) throws -> CommonOptions {
    let configuration = ExchangeConfiguration(
      role: role, name: try #require(BoardName(name)), peer: nil, profile: profile,
      authentication: profile == .sealed ? .preSharedKey : .none, cipher: cipher,
      group: profile == .sealed ? .ffdhe3072 : .ffdhe2048)
    var options = CommonOptions(configuration: configuration, connectTimeout: connectTimeout)
    if profile == .sealed { options.preSharedKeyFile = "\(folder)/\(key)" }
    options.handshakeTimeout = limit
    options.idleTimeout = limit
    options.digests = [.plaintext, .ciphertext]
    return options
  }

  /// Runs both sides to their ends; what `meanwhile` does, it does when the sender listens.
  func run(_ plan: Relay.Plan? = nil, meanwhile: () throws -> Void = {}) throws -> Outcome {
    var sending = SenderOptions(
      common: try common(.sender, "alice", senderLimit, key: "key"),
      listen: try #require(SocketAddress("127.0.0.1:0")), image: "\(folder)/image")
    sending.storeEncrypted = "\(folder)/alice/encrypted"
    sending.attempts = 1
    sending.common.durability = senderDurability
    let sender = Side()
    let (options, cancellation) = (sending, Cancellation())
    let senderThread = Worker {
      sender.end { () throws(ExchangeError) in
        try Sender.run(options, cancellation: cancellation) { event in
          if case .listening(let address) = event { sender.listens(at: address) }
        }
      }
    }
    let relay = try Relay(to: try #require(sender.address()), plan)
    let relayThread = Worker { relay.run() }
    try meanwhile()
    var receiving = ReceiverOptions(
      common: try common(.receiver, "bob", receiverLimit, key: receiverKey),
      connect: relay.address)
    receiving.storeEncrypted = "\(folder)/bob/encrypted"
    receiving.storeDecrypted = "\(folder)/bob/\(decrypted)"
    receiving.maximumBytes = maximumBytes
    receiving.common.durability = receiverDurability
    let receiver = Side()
    let receiverOptions = receiving
    Worker {
      receiver.end { () throws(ExchangeError) in
        try Receiver.run(receiverOptions, cancellation: Cancellation()) { _ in }
      }
    }.join()
    // One whose receiver never came waits for another.
    if !relay.isUsed { cancellation.cancel(signal: SIGTERM) }
    senderThread.join()
    relay.stop()
    relayThread.join()
    return Outcome(
      sender: try #require(sender.outcome), receiver: try #require(receiver.outcome),
      toReceiver: relay.bytes(.toReceiver), toSender: relay.bytes(.toSender))
  }
}

/// A board program's end, and the sender's address before it.
private final class Side: Sendable {
  private struct State {
    var address: SocketAddress?
    var outcome: Result<TransferResult, ExchangeError>?
  }

  private let state = Mutex(State())

  var outcome: Result<TransferResult, ExchangeError>? { state.withLock { $0.outcome } }

  func listens(at address: SocketAddress) { state.withLock { $0.address = address } }

  func end(_ body: () throws(ExchangeError) -> TransferResult) {
    let outcome = Result { () throws(ExchangeError) in try body() }
    state.withLock { $0.outcome = outcome }
  }

  /// Waits until it is known; nil where the sender has ended before.
  func address() -> SocketAddress? {
    while true {
      let now = state.withLock { ($0.address, $0.outcome != nil) }
      if now.0 != nil || now.1 { return now.0 }
      usleep(1000)
    }
  }
}

extension Result where Failure == ExchangeError {
  var error: ExchangeError? {
    if case .failure(let error) = self { error } else { nil }
  }
}
