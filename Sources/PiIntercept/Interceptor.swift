import Glibc
import PiCrypto
import PiExchange
import PiTransfer
import Synchronization

/// The attacker's board: the receiver takes it for the sender, and it connects on to the sender.
public enum Interceptor {
  /// Sessions at once; a connection more waits until one has ended.
  static let capacity = 64
  private static let lookingInterval: Duration = .milliseconds(50)
  /// How often a file is looked for that says that it is to end.
  private static let endInterval: Duration = .milliseconds(5)

  /// Serves connections until SIGTERM or SIGINT, or until the file `end` is in the folder of `--release`: all are regular
  /// ends.
  public static func run(
    _ options: InterceptorOptions, cancellation: Cancellation,
    onEvent: @escaping @Sendable (InterceptorEvent) -> Void
  ) throws(ExchangeError) -> InterceptorResult {
    try options.check()
    if let path = options.storeImage { _ = try AtomicFile(path: path).device }
    let listener = try Listener(options.listen)
    let seed = options.seed ?? SystemRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    let journal = Journal(options, seed: seed, onEvent: onEvent)
    let service = Service(options, journal, seed: seed)
    onEvent(.listening(listener.address))
    let interval = options.release == nil ? Duration.seconds(3600) : endInterval
    while cancellation.signal == nil, !isToldToEnd(options) {
      guard service.hasRoom else {
        _ = Poll.wait(-1, 0, lookingInterval, cancellation)
        continue
      }
      guard case .ready = Poll.wait(listener.descriptor, POLLIN, interval, cancellation)
      else { continue }
      switch try listener.accept() {
      case .connection(let descriptor): try service.begin(descriptor)
      case .exhausted: _ = Poll.wait(-1, 0, lookingInterval, cancellation)
      case .none: break
      }
    }
    service.end()
    if let signal = cancellation.signal, signal != SIGTERM, signal != SIGINT {
      throw .interrupted(by: signal, at: .program)
    }
    if let failure = service.failure { throw failure }
    return journal.result
  }

  private static func isToldToEnd(_ options: InterceptorOptions) -> Bool {
    options.release.map { access("\($0)/end", F_OK) == 0 } ?? false
  }
}

/// The sessions that are there, each on threads of its own.
final class Service: Sendable {
  private let options: InterceptorOptions
  private let journal: Journal
  private let seed: UInt64
  private let nuisance: Nuisance
  private let state = Mutex(State())

  private struct State: Sendable {
    var live: [Int: Cancellation] = [:]
    /// A recording of a session with a confirmed key is there: no other replaces it.
    var hasConfirmedRecording = false
    var failure: ExchangeError?
  }

  init(_ options: InterceptorOptions, _ journal: Journal, seed: UInt64) {
    self.options = options
    self.journal = journal
    self.seed = seed
    nuisance = Nuisance(options, seed: seed)
  }

  var hasRoom: Bool { state.withLock { $0.live.count < Interceptor.capacity } }

  /// What could not be stored.
  var failure: ExchangeError? { state.withLock { $0.failure } }

  /// Takes the receiver's connection over.
  func begin(_ descriptor: Int32) throws(ExchangeError) {
    let stop = Cancellation()
    let number = journal.beginSession()
    let receiver = Socket(descriptor, stop)
    journal.tell(
      .connected(session: number, SocketAddress(of: descriptor, getpeername)))
    var recorder: Recorder?
    if let path = options.recordingPath {
      recorder = try Recorder(path: path, limit: options.recordLimit)
    }
    let session = InterceptedSession(
      number, options, journal, seed: seed, recorder: recorder, stop: stop)
    state.withLock { $0.live[number] = stop }
    let handover = Handover(receiver)
    Worker.detach { [recorder] in
      self.serve(session, handover.socket, recorder)
      self.keep(recorder, session)
      self.state.withLock { _ = $0.live.removeValue(forKey: number) }
    }
  }

  /// Tells all sessions to end, and waits for them.
  func end() {
    nuisance.cancel()
    for stop in state.withLock({ Array($0.live.values) }) { stop.cancel(signal: SIGTERM) }
    while !state.withLock({ $0.live.isEmpty }) { usleep(1000) }
    nuisance.end()
  }

  private func serve(_ session: InterceptedSession, _ receiver: Socket, _ recorder: Recorder?) {
    do throws(ExchangeError) {
      try nuisance.precede()
      try nuisance.accompany()
      var connector = Connector(
        to: options.connect, Deadline(after: options.connectTimeout), session.stop)
      let sender = try connector.connect()
      run(session, sender: sender, receiver: receiver)
      if options.attack == .discreteLog, let recorder, recorder.isConfirmed {
        CodeBreaker(options, journal).run(recorder)
      }
      if session.isReset { for socket in [sender, receiver] { socket.resetAtClose() } }
    } catch {
      if session.stop.signal == nil {
        journal.tell(.unconnected(session: session.number, error))
      }
    }
  }

  private func run(_ session: InterceptedSession, sender: Socket, receiver: Socket) {
    switch options.attack {
    case .manInTheMiddle:
      ManInTheMiddle(session, sender: sender, receiver: receiver).run()
    case .reflection:
      Lanes(
        session, (.sender, sender.descriptor, sender.descriptor, .sender),
        (.receiver, receiver.descriptor, receiver.descriptor, .receiver)
      ).run()
    default:
      var recording: String?
      if case .replay(let path) = options.attack { recording = path }
      Lanes(
        session, (.sender, sender.descriptor, receiver.descriptor, .receiver),
        (.receiver, receiver.descriptor, sender.descriptor, .sender), replaying: recording
      ).run()
    }
  }

  /// The first session that got to a confirmed key stays, else the last one.
  private func keep(_ recorder: Recorder?, _ session: InterceptedSession) {
    guard let recorder, options.record != nil else { return }
    state.withLock { state in
      guard !state.hasConfirmedRecording else { return }
      state.hasConfirmedRecording = recorder.isConfirmed
      do throws(ExchangeError) {
        journal.recorded(try recorder.publish(session: session.number))
      } catch { state.failure = error }
    }
  }
}

/// Both directions of a session, each on a thread.
struct Lanes {
  typealias Way = (from: Role, source: Int32, destination: Int32, to: Role)

  private let session: InterceptedSession
  private let one: Way
  private let other: Way
  private let recording: String?

  init(_ session: InterceptedSession, _ one: Way, _ other: Way, replaying recording: String? = nil)
  {
    self.session = session
    self.one = one
    self.other = other
    self.recording = recording
  }

  func run() {
    let (session, other, recording) = (session, other, recording)
    let worker = Worker {
      Lane(
        session, from: other.from, to: other.to, source: other.source,
        destination: other.destination
      ).run(replaying: recording)
    }
    Lane(
      session, from: one.from, to: one.to, source: one.source, destination: one.destination
    ).run(replaying: recording)
    worker.join()
  }
}

/// Carries a socket to the thread that is its only one from then on.
struct Handover: @unchecked Sendable {
  let socket: Socket

  init(_ socket: Socket) { self.socket = socket }
}
