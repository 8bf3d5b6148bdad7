import PiExchange
import PiTransfer
import Synchronization

/// What all sessions see and do, written down once, and told as it happens.
final class Journal: Sendable {
  /// Of each kind of entry, so that no peer fills the memory.
  private static let mostEntries = 200

  private let state: Mutex<State>
  private let onEvent: @Sendable (InterceptorEvent) -> Void

  private struct State: Sendable {
    var result: InterceptorResult
    var paused: Set<Int> = []
  }

  init(
    _ options: InterceptorOptions, seed: UInt64,
    onEvent: @escaping @Sendable (InterceptorEvent) -> Void
  ) {
    state = Mutex(State(result: InterceptorResult(options, seed: seed)))
    self.onEvent = onEvent
  }

  var result: InterceptorResult { state.withLock { $0.result } }

  func tell(_ event: InterceptorEvent) { onEvent(event) }

  func beginSession() -> Int {
    state.withLock {
      $0.result.sessions += 1
      return $0.result.sessions
    }
  }

  /// The entry's number, for `markChanged`; nil where there are too many.
  func saw(_ part: StreamPart, bytes: UInt64, from: Role, session: Int) -> Int? {
    let frame = InterceptorResult.SeenFrame(
      session: session, from: from, type: part.rawValue, bytes: bytes,
      nanoseconds: Monotonic.now)
    onEvent(.frame(session: session, from: from, type: part.rawValue, bytes: bytes))
    return state.withLock {
      guard $0.result.frames.count < Self.mostEntries else {
        $0.result.framesLeftOut += 1
        return nil
      }
      $0.result.frames.append(frame)
      return $0.result.frames.count - 1
    }
  }

  func markChanged(_ entry: Int?) {
    if let entry { state.withLock { $0.result.frames[entry].isChanged = true } }
  }

  func saw(_ hello: Hello, from: Role, session: Int) {
    let entry = InterceptorResult.SeenHello(
      session: session, from: from, name: hello.name, role: hello.role, profile: hello.profile,
      authentication: hello.authentication, cipher: hello.cipher,
      groupIdentifier: hello.groupIdentifier, nonce: hello.nonce, publicValue: hello.publicValue)
    state.withLock { Self.append(entry, to: &$0.result.hellos) }
  }

  func sawUnparsed(at offset: UInt64, from: Role, session: Int) {
    let entry = InterceptorResult.Unparsed(session: session, from: from, at: offset)
    state.withLock { Self.append(entry, to: &$0.result.unparsed) }
  }

  func ended(_ leg: InterceptorResult.Leg) {
    state.withLock { Self.append(leg, to: &$0.result.legs) }
  }

  private static func append<Entry>(_ entry: Entry, to list: inout [Entry]) {
    if list.count < mostEntries { list.append(entry) }
  }

  func obtained(_ image: InterceptorResult.Obtained) {
    state.withLock { $0.result.obtained = image }
  }

  /// Why the image was not obtained.
  func withheld(_ reason: String) { state.withLock { $0.result.withheld = reason } }

  func recorded(_ recording: InterceptorResult.Recorded) {
    state.withLock { $0.result.recorded = recording }
  }

  func received(_ count: Int, from: Role) {
    state.withLock {
      if from == .sender {
        $0.result.traffic.fromSender += UInt64(count)
      } else {
        $0.result.traffic.fromReceiver += UInt64(count)
      }
    }
  }

  func passed(_ count: Int, to: Role) {
    state.withLock {
      if to == .sender {
        $0.result.traffic.toSender += UInt64(count)
      } else {
        $0.result.traffic.toReceiver += UInt64(count)
      }
    }
  }

  func fired(_ fault: Fault, session: Int, passed: UInt64) {
    let now = Monotonic.now
    state.withLock {
      $0.result.faults[fault.number].fired += 1
      guard $0.result.faults[fault.number].session == nil else { return }
      $0.result.faults[fault.number].session = session
      $0.result.faults[fault.number].passed = passed
      $0.result.faults[fault.number].nanoseconds = now
    }
    onEvent(
      .fault(
        fault.number, session: session, from: fault.from, position: fault.position.description,
        passed: passed, nanoseconds: now))
  }

  func note(_ detail: String, of fault: Fault) {
    state.withLock { $0.result.faults[fault.number].detail = detail }
  }

  /// Whether this is the first session that comes to a pause: each is once.
  func claims(_ fault: Fault) -> Bool {
    state.withLock { $0.paused.insert(fault.number).inserted }
  }
}
