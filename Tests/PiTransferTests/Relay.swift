import Glibc
import PiExchange
import Synchronization
import Testing

@testable import PiTransfer

/// A man in the middle on 127.0.0.1, for one connection: passes all on and keeps it, until the fault that it was made for.
final class Relay: Sendable {
  enum Direction: Sendable { case toReceiver, toSender }

  enum Fault: Sendable {
    /// Both connections end.
    case cut
    /// Nothing is passed on any more, and nothing ends.
    case silence
    /// One bit of the next byte is another.
    case flip
  }

  /// What happens when so many bytes have gone in a direction.
  struct Plan: Sendable {
    var direction: Direction
    var offset: Int
    var fault: Fault
  }

  let address: SocketAddress
  private let listener: Int32
  private let sender: SocketAddress
  private let plan: Plan?
  private let passed = Mutex<(toReceiver: [UInt8], toSender: [UInt8])>(([], []))
  private let used = Atomic(false)
  /// Written to at the end.
  private let bell: (reader: Int32, writer: Int32)

  init(to sender: SocketAddress, _ plan: Plan?) throws {
    (self.sender, self.plan) = (sender, plan)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let any = SocketAddress(host: "127.0.0.1", port: 0)
    let listener = listener
    try #require(any.withSocketAddress { bind(listener, $0, $1) } == 0)
    try #require(listen(listener, 1) == 0)
    address = try #require(SocketAddress(of: listener, getsockname))
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    bell = (ends[0], ends[1])
  }

  deinit { for end in [bell.reader, bell.writer] { close(end) } }

  /// All bytes that went in a direction.
  func bytes(_ direction: Direction) -> [UInt8] {
    passed.withLock { direction == .toReceiver ? $0.toReceiver : $0.toSender }
  }

  /// Whether anybody came.
  var isUsed: Bool { used.load(ordering: .acquiring) }

  func stop() {
    var byte: UInt8 = 0
    write(bell.writer, &byte, 1)
  }

  /// Serves one connection, and ends with both of its ends or when it is stopped.
  func run() {
    defer { close(listener) }
    guard isReady(listener) else { return }
    let receiver = accept(listener, nil, nil)
    used.store(true, ordering: .releasing)
    let sender = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { for end in [receiver, sender] { close(end) } }
    guard self.sender.withSocketAddress({ connect(sender, $0, $1) }) == 0 else { return }
    // Whoever comes later is refused.
    shutdown(listener, Int32(SHUT_RDWR))
    pass(between: sender, receiver)
  }

  private func isReady(_ descriptor: Int32) -> Bool {
    var polled = [descriptor, bell.reader].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    return poll(&polled, 2, -1) > 0 && polled[1].revents == 0
  }

  private func pass(between sender: Int32, _ receiver: Int32) {
    var open: [(from: Int32, to: Int32, Direction)] = [
      (sender, receiver, .toReceiver), (receiver, sender, .toSender),
    ]
    while !open.isEmpty {
      var polled = (open.map(\.from) + [bell.reader]).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&polled, nfds_t(polled.count), -1) > 0, polled.last?.revents == 0 else { return }
      for (way, state) in zip(open, polled) where state.revents != 0 {
        switch step(from: way.from, to: way.to, way.2) {
        case .goesOn: break
        case .ended: open.removeAll { $0.from == way.from }
        case .cut: return
        case .silent:
          _ = isReady(-1)
          return
        }
      }
    }
  }

  private enum Step { case goesOn, ended, cut, silent }

  private func step(from: Int32, to: Int32, _ direction: Direction) -> Step {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let before = bytes(direction).count
    let count = recv(from, &buffer, buffer.count, 0)
    guard count > 0 else {
      shutdown(to, Int32(SHUT_WR))
      return .ended
    }
    var taken = Array(buffer[..<count])
    var end = Step.goesOn
    if let plan, plan.direction == direction, plan.offset < before + count,
      plan.offset >= before || plan.fault != .flip
    {
      switch plan.fault {
      case .flip: taken[plan.offset - before] ^= 1
      case .cut, .silence:
        taken = Array(taken.prefix(max(0, plan.offset - before)))
        end = plan.fault == .cut ? .cut : .silent
      }
    }
    passed.withLock {
      if direction == .toReceiver { $0.toReceiver += taken } else { $0.toSender += taken }
    }
    var sent = 0
    while sent < taken.count {
      let count = taken[sent...].withUnsafeBytes {
        send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    return end
  }
}
