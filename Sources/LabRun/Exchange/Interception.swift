import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults

//  receiver ──▶ pi-interceptor ──▶ sender
//                 │ held at a place: `held` ──▶ deed on the lab ──▶ a file, and the stream goes on

/// A board between the two of an exchange.
struct Interception: Sendable {
  let board: any RunningBoard
  /// But for where to listen and to connect.
  let arguments: [String]
  let lab: LabInUse
  /// What is done to the lab while the stream is held, by the number of the fault.
  let deeds: [Int: FaultAction]
  /// On the board: the stream goes on when the fault's number is there.
  let release: BoardPath
  let log = ProgramLog()
  private let isDismissed = SharedValue(false)

  init(
    board: any RunningBoard, arguments: [String], lab: LabInUse, deeds: [Int: FaultAction],
    release: BoardPath
  ) {
    self.board = board
    self.arguments = arguments
    self.lab = lab
    self.deeds = deeds
    self.release = release
  }

  /// Time to print the result when told to end.
  private static let grace = Duration.seconds(5)

  /// Tells it that the exchange is over; it ends by itself then.
  func dismiss() async throws(LabError) {
    isDismissed.update { $0 = true }
    try await say("end")
  }

  /// Anything of this machine that is not a folder will do.
  private func say(_ name: String) async throws(LabError) {
    try await board.put(
      "/proc/self/cmdline", to: ExchangePlan.boardPath("\(release)/\(name)"), access: .data)
  }

  /// Relays until it is dismissed, or the calling task is cancelled.
  /// - Parameter onListening: called with the port, once.
  func run(
    to address: String, port: UInt16, onListening: @escaping @Sendable (UInt16) -> Void
  ) async throws(LabError) {
    let (held, isHeld) = AsyncStream.makeStream(of: Int.self)
    let result = await withTaskGroup(of: Result<Void, LabError>.self) { group in
      group.addTask {
        defer { isHeld.finish() }
        return await outcome { () throws(LabError) in
          try await relay(address, port, onListening) { isHeld.yield($0) }
        }
      }
      group.addTask {
        await outcome { () throws(LabError) in
          for await fault in held { try await act(fault) }
        }
      }
      var failure: LabError?
      for await end in group {
        if case .failure(let error) = end, !error.isCancellation {
          failure = failure ?? error
          group.cancelAll()
        }
      }
      return failure
    }
    if let result { throw result }
  }

  private func outcome(
    _ body: () async throws(LabError) -> Void
  ) async -> Result<Void, LabError> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  private func relay(
    _ address: String, _ port: UInt16, _ onListening: @escaping @Sendable (UInt16) -> Void,
    _ onHeld: @escaping @Sendable (Int) -> Void
  ) async throws(LabError) {
    let command = BoardCommand(
      program: ExchangePlan.interceptorProgram,
      arguments: ["--listen", "\(board.address):0", "--connect", "\(address):\(port)"]
        + ["--release", "\(release)", "--events"] + arguments,
      gracePeriod: Self.grace)
    let status = try await board.run(command) { line in
      log.append(line)
      guard line.stream == .standardError,
        let event = try? JSONDecoder().decode(Event.self, from: Data(line.text.utf8))
      else { return }
      if event.event == "listening", let port = event.port { onListening(port) }
      if event.event == "held", let fault = event.fault { onHeld(fault) }
    }
    guard !isDismissed.value || status != .exited(0) else { return }
    // By itself it ends only where something is wrong.
    throw failure(status)
  }

  private struct Event: Decodable {
    var event: String
    var port: UInt16?
    var fault: Int?
  }

  private func act(_ fault: Int) async throws(LabError) {
    if let deed = deeds[fault] { try await lab.perform(deed) }
    try await say("\(fault)")
  }

  private func failure(_ status: CommandStatus) -> LabError {
    let told = ProgramEnd.Outcome(
      program: "pi-interceptor", status: status, output: log.standardOutput)
    if case .failed(let error) = told {
      return LabError(
        .attackerFailed, "pi-interceptor ended: \(error.message)", board: board.name,
        step: error.step, hint: error.hint)
    }
    return LabError(
      .attackerFailed, "pi-interceptor ended before the exchange did", board: board.name,
      step: "run")
  }

  /// What it has told at its end; nil where it told nothing that can be read.
  var facts: AttackerFacts? {
    // A program that was killed has told nothing; whoever needs it says what is missing.
    try? JSONDecoder().decode(AttackerFacts.self, from: Data(log.standardOutput.utf8))
  }
}
