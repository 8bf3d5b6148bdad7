import LabCore
import LabManifest
import LabResults
import PiExchange

//  sender: start ── listening(port) ──────────── progress … ── result
//                         └──▶ receiver: start ── progress … ── result

/// Runs both programs of one exchange to their end and leaves none behind.
struct ExchangeRunner: Sendable {
  struct Limits: Sendable {
    /// Start of the sender to its `listening` event.
    var listen: Duration = .seconds(10)
    /// A program may take this long to end after its peer has failed.
    var grace: Duration = .seconds(2)
    /// Who sits between may take this long to tell what it has seen.
    var dismissal: Duration = .seconds(10)
    /// How long both programs may print nothing beyond their own time-outs, and how slow they may be at an image that they
    /// tell nothing of while it crosses.
    var silence: Duration = .seconds(10)
    var bytesPerSecond: UInt64 = 64 << 10
    /// The same for a sender that has confirmed no key: it only waits for another receiver.
    var idleGrace: Duration = .milliseconds(500)
  }

  let plan: ExchangePlan
  let sender: any RunningBoard
  let receiver: any RunningBoard
  /// Nil where the receiver connects to the sender itself.
  var interception: Interception?
  let senderLog = ProgramLog()
  let receiverLog = ProgramLog()
  private let isConfirmed = SharedValue(false)
  let observer: RunObserver
  var limits = Limits()
  private let isListening = SharedValue(false)
  private let isConnected = SharedValue(false)
  /// When either program printed something last.
  private let lastSign = SharedValue(SuspendingClock.now)

  private enum Step: Sendable {
    case ended(ProgramEnd)
    /// Whoever sits between has done its work.
    case released
    case listenDeadline
    case silent
    case endDeadline
  }

  /// Both ends, in the order in which they came.
  /// - Throws: `.cancelled`, and what a board cannot do at all; a program's own failure is an end, and so is the loss of
  ///   its board.
  func run() async throws(LabError) -> [ProgramEnd] {
    let (ports, portKnown) = AsyncStream.makeStream(of: UInt16.self)
    let (places, placeKnown) = AsyncStream.makeStream(of: Place.self)
    let result: Result<[ProgramEnd], LabError> = await withTaskGroup(
      of: Result<Step, LabError>.self
    ) { group in
      group.addTask { await step { () throws(LabError) in try await runSender(portKnown) } }
      group.addTask { await between(ports, placeKnown) }
      group.addTask { await step { () throws(LabError) in try await runReceiver(places) } }
      group.addTask { await deadline(limits.listen, .listenDeadline) }
      group.addTask { await silence() }
      let ends = await collect(from: &group, portKnown)
      if case .success = ends, let failure = await dismiss(from: &group) {
        return .failure(failure)
      }
      group.cancelAll()
      return ends
    }
    if Task.isCancelled { throw .cancelled }
    return try result.get()
  }

  private func collect(
    from group: inout TaskGroup<Result<Step, LabError>>,
    _ portKnown: AsyncStream<UInt16>.Continuation
  ) async -> Result<[ProgramEnd], LabError> {
    var ends: [ProgramEnd] = []
    var timeout = limits.grace
    var isSilent = false
    while ends.count < 2, let next = await group.next() {
      switch next {
      case .failure(let error): return .failure(error)
      case .success(.listenDeadline):
        if !isListening.value { group.cancelAll() }
      case .success(.silent):
        isSilent = isListening.value
        group.cancelAll()
      case .success(.endDeadline): group.cancelAll()
      case .success(.released): continue
      case .success(.ended(let end)):
        ends.append(isSilent ? silenced(end) : judged(end, after: ends.first, timeout: timeout))
        guard ends.count == 1 else { continue }
        timeout = self.timeout(after: end)
        group.addTask { [timeout] in await deadline(timeout, .endDeadline) }
      }
    }
    return .success(ends)
  }

  /// Lets who sits between tell what it has seen, and end.
  private func dismiss(
    from group: inout TaskGroup<Result<Step, LabError>>
  ) async -> LabError? {
    guard let interception, isListening.value, !Task.isCancelled else { return nil }
    do { try await interception.dismiss() } catch { return error }
    group.addTask { await deadline(limits.dismissal, .endDeadline) }
    while let next = await group.next() {
      switch next {
      case .failure(let error): return error
      case .success(.released), .success(.endDeadline):
        group.cancelAll()
        return nil
      case .success: continue
      }
    }
    return nil
  }

  /// A program whose peer succeeded has its own time-outs; only one that ignores these is ended.
  private func timeout(after end: ProgramEnd) -> Duration {
    if end.role == .receiver, end.result == nil, !isConfirmed.value { return limits.idleGrace }
    return end.result == nil ? limits.grace : plan.exchange.timeouts.idle + limits.grace
  }

  /// One that had to be ended although its peer succeeded has failed by that.
  private func judged(
    _ end: ProgramEnd, after first: ProgramEnd?, timeout: Duration
  ) -> ProgramEnd {
    if end.role == .sender, !isListening.value { return neverListened(end) }
    guard end.outcome == .stopped, first?.result != nil else { return end }
    var end = end
    end.outcome = .failed(.notEnded(programName(end.role), after: timeout))
    return end
  }

  /// A sender that nobody has connected to has only waited.
  private func silenced(_ end: ProgramEnd) -> ProgramEnd {
    guard end.outcome == .stopped, end.role == .receiver || isConnected.value else { return end }
    var end = end
    end.outcome = .failed(.silent(programName(end.role), for: patience))
    return end
  }

  /// How long both may print nothing. Programs have time-outs of their own; this one ends those that ignore them.
  private var patience: Duration {
    let (times, bytes) = (plan.exchange.timeouts, FileStatus(plan.exchange.image)?.bytes ?? 0)
    return times.connect + times.handshake + times.idle + limits.silence
      + .seconds(Int64(clamping: bytes / limits.bytesPerSecond))
  }

  private func silence() async -> Result<Step, LabError> {
    let patience = patience
    while true {
      let left = patience - (SuspendingClock.now - lastSign.value)
      guard left > .zero else { return .success(.silent) }
      do {
        try await Task.sleep(for: left, clock: .suspending)
        // A machine that was too busy to look has what they printed meanwhile still before it.
        try await Task.sleep(for: limits.grace)
      } catch {
        // Cancelled because both have ended: nobody looks at this any more.
        return .success(.released)
      }
    }
  }

  /// Whatever became of a sender before it listened, it is why there was no exchange.
  private func neverListened(_ end: ProgramEnd) -> ProgramEnd {
    var end = end
    switch end.outcome {
    case .failed(let failure):
      end.outcome = .failed(.neverListened(programName(.sender), failure))
    case .stopped:
      end.outcome = .failed(.notListening(programName(.sender), after: limits.listen))
    case .done, .lost, .notStarted: break
    }
    return end
  }

  private func runSender(
    _ portKnown: AsyncStream<UInt16>.Continuation
  ) async throws(LabError) -> ProgramEnd {
    defer { portKnown.finish() }
    let arguments = plan.senderArguments(listen: sender.address)
    let refusal = SharedValue<LabError?>(nil)
    var end = try await run(
      .sender, on: sender, plan.programs.sender, arguments
    ) { event in
      switch event {
      case .listening(let port):
        isListening.update { $0 = true }
        portKnown.yield(port)
      case .confirmed: isConfirmed.update { $0 = true }
      case .refused(let failure): refusal.update { $0 = failure }
      default: break
      }
    }
    end.refusal = refusal.value
    return end
  }

  /// Where the receiver connects to.
  private struct Place: Sendable {
    var address: String
    var port: UInt16
  }

  /// Tells the receiver the sender's place, or that of who sits between.
  private func between(
    _ ports: AsyncStream<UInt16>, _ known: AsyncStream<Place>.Continuation
  ) async -> Result<Step, LabError> {
    defer { known.finish() }
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else { return .success(.released) }
    guard let interception else {
      known.yield(Place(address: sender.address, port: port))
      return .success(.released)
    }
    do {
      try await interception.run(to: sender.address, port: port) {
        known.yield(Place(address: interception.board.address, port: $0))
      }
      return .success(.released)
    } catch { return .failure(error) }
  }

  private func runReceiver(_ places: AsyncStream<Place>) async throws(LabError) -> ProgramEnd {
    var iterator = places.makeAsyncIterator()
    guard let place = await iterator.next() else {
      return ProgramEnd(role: .receiver, board: receiver.name, outcome: .notStarted)
    }
    let arguments = plan.receiverArguments(connect: place.address, port: place.port)
    return try await run(.receiver, on: receiver, plan.programs.receiver, arguments) { _ in }
  }

  private func run(
    _ role: Role, on board: any RunningBoard, _ program: BoardPath, _ arguments: [String],
    onEvent: @escaping @Sendable (BoardEvent) -> Void
  ) async throws(LabError) -> ProgramEnd {
    let log = role == .sender ? senderLog : receiverLog
    let progress = SharedValue(ProgramProgress(role))
    var end = ProgramEnd(role: role, board: board.name, outcome: .stopped)
    do {
      let command = BoardCommand(
        program: program, arguments: arguments, gracePeriod: limits.grace)
      let status = try await board.run(command) { line in
        log.append(line)
        lastSign.update { $0 = .now }
        guard line.stream == .standardError, let event = BoardEvent(line: line.text) else { return }
        onEvent(event)
        progress.update { $0.advance(event) }
        report(event, of: role, on: board.name)
      }
      end.outcome = ProgramEnd.Outcome(
        program: programName(role), status: status, output: log.standardOutput)
    } catch  where error.code == .cancelled {
      // Ended by pilab; whether the run as a whole is cancelled is asked once both have ended.
    } catch  where error.isLossOfBoard {
      end.outcome = .lost(.lost(error, progress.value))
    }
    return end
  }

  private func report(_ event: BoardEvent, of role: Role, on board: String) {
    let name = plan.exchange.name
    switch event {
    case .progress(let bytes, let total):
      observer(.progress(exchange: name, board: board, bytes: bytes, total: total))
    case .connected where role == .receiver:
      isConnected.update { $0 = true }
      observer(.connected(exchange: name))
    case .confirmed where role == .receiver: observer(.keyConfirmed(exchange: name))
    default: break
    }
  }

  private func programName(_ role: Role) -> String { "pi-\(role.name)" }

  private func step(
    _ body: () async throws(LabError) -> ProgramEnd
  ) async -> Result<Step, LabError> {
    do { return .success(.ended(try await body())) } catch { return .failure(error) }
  }

  private func deadline(_ duration: Duration, _ step: Step) async -> Result<Step, LabError> {
    do { try await Task.sleep(for: duration) } catch {
      // Cancelled because both have ended: nobody looks at this any more.
    }
    return .success(step)
  }
}
