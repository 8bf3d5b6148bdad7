import Glibc
import PiExchange
import PiTransfer
import Synchronization

/// A receiver's connection, the one to the sender that belongs to it, and what both directions know of each other.
final class InterceptedSession: Sendable {
  let number: Int
  let options: InterceptorOptions
  let journal: Journal
  let seed: UInt64
  /// Ends all that the session waits for.
  let stop: Cancellation
  private let state = Mutex(State())
  private let recorder: Recorder?
  /// What is written to a side is written by one thread at a time.
  private let senderLock = Mutex(())
  private let receiverLock = Mutex(())

  private struct State: Sendable {
    var publicValues: [Role: [UInt8]] = [:]
    /// Directions that pass nothing on any more, by who sends.
    var over: Set<Role> = []
    /// Frames that go back to who sent them.
    var reflections: [StreamPart: [UInt8]] = [:]
    var isReset = false
  }

  init(
    _ number: Int, _ options: InterceptorOptions, _ journal: Journal, seed: UInt64,
    recorder: Recorder?, stop: Cancellation
  ) {
    self.number = number
    self.options = options
    self.journal = journal
    self.seed = seed
    self.recorder = recorder
    self.stop = stop
  }

  // MARK: What the directions tell each other

  func saw(_ frame: Frame, from: Role) {
    if frame.type == .header { recorder?.confirm() }
    guard frame.type == .hello else { return }
    do {
      let hello = try Hello(decoding: frame.payload)
      journal.saw(hello, from: from, session: number)
      state.withLock { $0.publicValues[from] = hello.publicValue }
    } catch {
      // Malformed: it is passed on like any other, and its receiver says so.
      return
    }
  }

  func received(_ bytes: UnsafeRawBufferPointer, from: Role) {
    journal.received(bytes.count, from: from)
    recorder?.take(bytes, from: from)
  }

  /// The public value that `role` has sent; waits for it. nil where none will come.
  func publicValue(of role: Role) throws(LaneEnd) -> [UInt8]? {
    try wait { self.state.withLock { $0.publicValues[role] != nil || $0.over.contains(role) } }
    return state.withLock { $0.publicValues[role] }
  }

  func offer(reflection bytes: [UInt8], of part: StreamPart) {
    state.withLock { $0.reflections[part] = bytes }
  }

  /// The frame that `role` gets back in place of its peer's; waits for it. nil where none will come.
  func reflection(of part: StreamPart, by role: Role) throws(LaneEnd) -> [UInt8]? {
    try wait { self.state.withLock { $0.reflections[part] != nil || $0.over.contains(role) } }
    return state.withLock { $0.reflections[part] }
  }

  /// Nothing that `role` sends is passed on any more.
  func isOver(from role: Role) { state.withLock { _ = $0.over.insert(role) } }

  func hasEnded(from role: Role) -> Bool { state.withLock { $0.over.contains(role) } }

  /// Both connections end with a reset.
  func reset() {
    state.withLock { $0.isReset = true }
    stop.cancel(signal: SIGTERM)
  }

  /// Both connections end with a reset once the other direction has ended too.
  func resetAtEnd() { state.withLock { $0.isReset = true } }

  var isReset: Bool { state.withLock { $0.isReset } }

  // MARK: Waiting

  static let lookingInterval: Duration = .milliseconds(2)

  /// Until `condition` holds or the longest pause is over; whether it holds.
  @discardableResult
  func wait(until condition: () -> Bool) throws(LaneEnd) -> Bool {
    let end = Deadline(after: options.holdTimeout)
    while !condition() {
      guard end.remaining != nil else { return false }
      try rest(Self.lookingInterval)
    }
    return true
  }

  func rest(_ duration: Duration) throws(LaneEnd) {
    if case .signalled = Poll.wait(-1, 0, duration, stop) { throw .stopped }
  }

  /// Writes all of it to a side.
  func write(
    _ bytes: UnsafeRawBufferPointer, to role: Role, _ descriptor: Int32
  ) throws(LaneEnd) {
    let lock = { (body: () throws(LaneEnd) -> Void) throws(LaneEnd) in
      if role == .sender {
        try self.senderLock.withLock { _ throws(LaneEnd) in try body() }
      } else {
        try self.receiverLock.withLock { _ throws(LaneEnd) in try body() }
      }
    }
    try lock { () throws(LaneEnd) in try self.writeAll(bytes, descriptor) }
    journal.passed(bytes.count, to: role)
  }

  private func writeAll(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: Int32
  ) throws(LaneEnd) {
    var sent = 0
    while sent < bytes.count {
      let count = Glibc.send(
        descriptor, bytes.baseAddress! + sent, bytes.count - sent,
        Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        if case .signalled = Poll.wait(descriptor, POLLOUT, .seconds(3600), stop) {
          throw .stopped
        }
      } else if errno != EINTR {
        throw .destinationGone
      }
    }
  }
}

/// Why a direction ends before its stream does.
enum LaneEnd: Error {
  /// The program or the session is to end.
  case stopped
  /// Both connections are to be reset: it was asked for, or the side that sends has reset its own.
  case reset
  /// The side that gets the stream has closed or reset its connection.
  case destinationGone
}
