import Foundation
import Glibc
import LabCore
import LabValues

//  written down ─ done ─ … ─ healed: undone, the last first, and crossed out
//
//  Whoever finds one that is written down does not know whether it was done, so that undoing bears either.

/// Something that is done to a lab for a time, and how it is undone.
public struct Disturbance: Codable, Sendable, Equatable {
  /// What is done; the former state is what undoing brings back.
  public enum Kind: Codable, Sendable, Equatable {
    case impairment(board: String, former: LinkImpairment?)
    case link(board: String, wasDown: Bool)
    /// The board is switched off.
    case power(board: String)
    case clock(board: String)
    case snapshot(name: String)
    /// A command that runs beside others.
    case service(board: String, process: Int32)
  }

  /// From 1 on, in the order in which they were begun.
  public var number: Int
  public var kind: Kind
  /// ISO 8601, UTC.
  public var at: String
  /// The pilab that does it.
  var owner: Int32

  /// As a reader says what undoing does: `alice's link is made good again`.
  public var undoing: String {
    switch kind {
    case .impairment(let board, _): "\(board)'s link is as it was"
    case .link(let board, let wasDown): "\(board)'s link is \(wasDown ? "down" : "up") again"
    case .power(let board): "\(board) is started again"
    case .clock(let board): "\(board)'s clock is right again"
    case .snapshot(let name): "snapshot \(name) is removed"
    case .service(let board, let process): "process \(process) on \(board) is ended"
    }
  }
}

extension LabState {
  /// Those that are not undone yet, the oldest first.
  public var disturbances: [Disturbance] {
    get { openDisturbances ?? [] }
    set { openDisturbances = newValue.isEmpty ? nil : newValue }
  }
}

extension LiveLab {
  /// Writes down how it is undone, then does it.
  /// - Returns: the body's value.
  func disturb<Value: Sendable>(
    _ kind: Disturbance.Kind, _ body: () async throws(LabError) -> Value
  ) async throws(LabError) -> Value {
    try note(kind)
    return try await body()
  }

  /// Writes down what is about to be done.
  func note(_ kind: Disturbance.Kind) throws(LabError) {
    try folder.state.change { state in
      let number = (state.disturbances.last?.number ?? 0) + 1
      state.disturbances.append(
        Disturbance(number: number, kind: kind, at: Date.now.ISO8601Format(), owner: getpid()))
    }
  }

  /// Takes back what was written down and is undone.
  func cross(out kind: Disturbance.Kind) throws(LabError) {
    try folder.state.change { state in state.disturbances.removeAll { $0.kind == kind } }
  }

  /// Those that are not undone yet, the oldest first.
  func disturbances() throws(LabError) -> [Disturbance] {
    try folder.state.read()?.disturbances ?? []
  }

  /// Undoes all that is written down, the last first. One that cannot be undone stays written down, and those before it
  /// are undone all the same.
  /// - Returns: what was undone.
  /// - Throws: `not_healed`, with the first that could not be.
  @discardableResult
  func heal() async throws(LabError) -> [Disturbance] {
    var undone: [Disturbance] = []
    var failure: LabError?
    for disturbance in try disturbances().reversed() {
      do throws(LabError) {
        try await undo(disturbance.kind)
        try folder.state.change { state in
          state.disturbances.removeAll { $0.number == disturbance.number }
        }
        undone.append(disturbance)
      } catch {
        failure = failure ?? notHealed(disturbance, error)
      }
    }
    if let failure { throw failure }
    return undone
  }

  private func notHealed(_ disturbance: Disturbance, _ error: LabError) -> LabError {
    LabError(
      .notHealed, "the lab could not be healed: it is not true that \(disturbance.undoing)",
      board: error.board, step: "heal",
      hint: "take it down, and bring it up again: pilab down --lab \(name)", cause: "\(error)")
  }

  private func undo(_ kind: Disturbance.Kind) async throws(LabError) {
    switch kind {
    case .impairment(let board, let former): try await impair(board, former)
    case .link(let board, let wasDown): try await setLink(of: board, up: !wasDown)
    case .power(let board):
      guard try conditions()?.board(board).isOff != false else { return }
      try await reboot(board)
    case .clock(let board): try await setClock(of: board, ahead: .zero)
    case .snapshot(let name):
      guard try await snapshots().contains(name) else { return }
      try await deleteSnapshot(name)
    case .service(let board, let process):
      do throws(LabError) {
        let board = try self.board(board)
        // One that a restarted board knows nothing of has ended with it.
        let isKnown = try await board.detached().contains { $0.process == process }
        if isKnown { try await board.stop(detached: process, signal: "KILL") }
      } catch  where error.isLossOfBoard {
        // It has ended with its board.
      }
    }
  }
}

// What disturbs, with its undoing written down first.
extension LiveLab {
  func disturbLink(of board: String, up: Bool) async throws(LabError) {
    let wasDown = try conditions()?.board(board).isLinkDown ?? false
    try await disturb(.link(board: board, wasDown: wasDown)) { () throws(LabError) in
      try await setLink(of: board, up: up)
    }
  }

  func disturbImpairment(
    of board: String, _ impairment: LinkImpairment
  ) async throws(LabError) {
    let former = try conditions()?.board(board).impairment
    try await disturb(.impairment(board: board, former: former)) { () throws(LabError) in
      try await impair(board, impairment)
    }
  }

  func disturbPower(of board: String) async throws(LabError) {
    try await disturb(.power(board: board)) { () throws(LabError) in try await kill(board) }
  }

  func disturbClock(of board: String, ahead offset: Duration) async throws(LabError) {
    try await disturb(.clock(board: board)) { () throws(LabError) in
      try await setClock(of: board, ahead: offset)
    }
  }

  func disturbingSnapshot(_ name: String) async throws(LabError) {
    try await disturb(.snapshot(name: name)) { () throws(LabError) in try await snapshot(name) }
  }
}

extension LiveLab {
  private static let clockScript = """
    date -u -s "@$1" >/dev/null 2>&1 || sudo -n date -u -s "@$1" >/dev/null || exit 1
    date -u +%s
    """
  /// A machine that interprets takes its time between the two.
  private static let clockTolerance = 30.0

  /// Sets the clock of a board that has one of its own to this machine's and so much more, to a second or so.
  func setClock(of board: String, ahead offset: Duration) async throws(LabError) {
    let machine = try self.board(board)
    // Boards that can be switched off have kernels, and so clocks, of their own.
    guard machine.find(.power) != nil else {
      throw Ability.ownKernel.refusal(
        of: mode, to: "set the clock of one board", board: board, step: "clock")
    }
    let wanted = Date.now.timeIntervalSince1970 + offset / .seconds(1)
    let outcome = try await machine.output(
      of: ExecCommand(
        program: "sh", arguments: ["-c", Self.clockScript, "clock", "\(Int(wanted.rounded()))"]),
      limit: 4096)
    let told = outcome.output.split(separator: "\n").last.flatMap { Double($0) }
    guard outcome.status == .exited(0), let told, abs(told - wanted) < Self.clockTolerance else {
      throw LabError(
        .commandFailed, "the board's clock cannot be set", board: board, step: "clock",
        cause: outcome.errors.isEmpty ? nil : outcome.errors)
    }
  }
}
