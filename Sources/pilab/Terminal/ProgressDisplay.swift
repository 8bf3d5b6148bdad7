import Foundation
import LabResults
import LabRun
import Synchronization

/// Shows a run on standard error: a bar on a terminal, plain lines elsewhere, nothing when quiet.
final class ProgressDisplay: Sendable {
  private static let redrawInterval = Duration.milliseconds(100)
  private static let plainInterval = Duration.seconds(10)

  private struct State {
    var transfer: Transfer?
    var lastShown: ContinuousClock.Instant?
    var isBarVisible = false
    var countStart: ContinuousClock.Instant?
  }

  private let isQuiet: Bool
  private let isTerminal: Bool
  private let state = Mutex(State())

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    isTerminal =
      Console.isTerminal(STDERR_FILENO) && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  func show(_ event: RunEvent) {
    guard !isQuiet else { return }
    state.withLock { update(&$0, event) }
  }

  /// Takes the bar away.
  func finish() {
    state.withLock { clear(&$0) }
  }

  private func update(_ state: inout State, _ event: RunEvent) {
    switch event {
    case .boardsReady(let mode, let boards):
      let names = boards.map { "\($0.name) \($0.address)" }.joined(separator: ", ")
      line(&state, "\(mode) boards: \(names)")
    case .exchangeStarted(let name, let sender, let receiver, let profile, let bytes):
      state.transfer = Transfer(name: name, receiver: receiver, start: .now)
      state.lastShown = nil
      line(&state, "\(name): \(sender) to \(receiver), \(profile), \(Human.bytes(bytes))")
    case .progress(let exchange, let board, let bytes, let total):
      guard state.transfer?.name == exchange, state.transfer?.receiver == board else { return }
      state.transfer?.bytes = bytes
      state.transfer?.total = total
      draw(&state)
    case .copying(let board, let bytes, let total):
      let name = "copying to \(board)"
      if state.transfer?.name != name {
        state.transfer = Transfer(name: name, receiver: board, start: .now)
        state.lastShown = nil
      }
      state.transfer?.bytes = bytes
      state.transfer?.total = total
      draw(&state)
    case .verifying(let exchange):
      if isTerminal { drawBar(&state, "\(exchange): comparing the images") }
    case .exchangeEnded(let name, let verdict):
      if state.transfer?.name == name { state.transfer = nil }
      line(&state, "\(name): \(verdict.rawValue)")
    case .setProgress(let set, let done, let total, let failed):
      draw(&state, set: set, done, of: total, failed)
    case .sweepStarted(let points, let measurements, let done):
      state.lastShown = nil
      state.countStart = .now
      let before = done > 0 ? ", \(done) of them taken before" : ""
      line(
        &state,
        "sweep: \(Human.counted(points, "point")), "
          + "\(Human.counted(measurements, "measurement"))\(before)")
    case .sweepProgress(let progress): draw(&state, progress)
    case .cellStarted(let scenario, let number, let count):
      if isTerminal { drawBar(&state, "\(scenario) \(number), of \(count) cells") }
    case .cellEnded: clear(&state)
    case .history: break
    case .note(let text): line(&state, text)
    case .keyConfirmed(let exchange): line(&state, "\(exchange): key confirmed")
    case .connected: break
    }
  }

  private func draw(_ state: inout State) {
    guard let transfer = state.transfer else { return }
    let interval = isTerminal ? Self.redrawInterval : Self.plainInterval
    let now = ContinuousClock.now
    // The first plain line waits for its interval too: a short transfer needs none.
    let since = state.lastShown ?? (isTerminal ? nil : transfer.start)
    if let since, now - since < interval { return }
    state.lastShown = now
    if isTerminal {
      drawBar(&state, transfer.bar(width: Console.width(STDERR_FILENO) - 1, now: now))
    } else {
      line(&state, "\(transfer.name): \(transfer.numbers(now: now))")
    }
  }

  /// Of a set each exchange is one step; a last line says what became of all.
  private func draw(_ state: inout State, set: String, _ done: Int, of total: Int, _ failed: Int) {
    let numbers = "\(done) of \(total) exchanges" + (failed > 0 ? ", \(failed) failed" : "")
    guard done < total else {
      (state.lastShown, state.countStart) = (nil, nil)
      return line(&state, "\(set): \(numbers)")
    }
    state.countStart = state.countStart ?? .now
    draw(&state, set, done, of: total, numbers)
  }

  private func draw(_ state: inout State, _ sweep: SweepProgress) {
    let left = sweep.remaining.map { ", \(Human.time($0)) left" } ?? ""
    draw(&state, "sweep", sweep.done, of: sweep.total, "\(sweep.done) of \(sweep.total)\(left)")
  }

  /// Something that is counted, as often as it is wanted.
  private func draw(
    _ state: inout State, _ name: String, _ done: Int, of total: Int, _ numbers: String
  ) {
    let interval = isTerminal ? Self.redrawInterval : Self.plainInterval
    let now = ContinuousClock.now
    let since = state.lastShown ?? (isTerminal ? nil : state.countStart)
    if let since, now - since < interval { return }
    state.lastShown = now
    guard isTerminal else { return line(&state, "\(name): \(numbers)") }
    let share = total == 0 ? 1 : Double(done) / Double(total)
    drawBar(
      &state,
      ProgressBar.line(name, share: share, numbers, width: Console.width(STDERR_FILENO) - 1))
  }

  private func drawBar(_ state: inout State, _ text: String) {
    Console.tell("\r\(text)\u{1B}[K")
    state.isBarVisible = true
  }

  private func line(_ state: inout State, _ text: String) {
    clear(&state)
    Console.tell(Human.printable(text) + "\n")
  }

  private func clear(_ state: inout State) {
    guard state.isBarVisible else { return }
    Console.tell("\r\u{1B}[K")
    state.isBarVisible = false
  }
}

/// A transfer that is under way.
struct Transfer {
  let name: String
  let receiver: String
  let start: ContinuousClock.Instant
  var bytes: UInt64 = 0
  var total: UInt64 = 0

  init(name: String, receiver: String, start: ContinuousClock.Instant) {
    self.name = name
    self.receiver = receiver
    self.start = start
  }

  /// Between 0 and 1; an image without bytes is there at once.
  var share: Double { total == 0 ? 1 : min(1, Double(bytes) / Double(total)) }

  /// `45 %, 12.3 MiB/s, 12 s left`
  func numbers(now: ContinuousClock.Instant) -> String {
    let elapsed = max((now - start) / .nanoseconds(1), 1)
    var parts = ["\(Int(share * 100)) %"]
    if let rate = Human.rate(bytes: bytes, nanoseconds: UInt64(elapsed)) { parts.append(rate) }
    if bytes > 0, bytes < total {
      let left = elapsed / Double(bytes) * Double(total - bytes)
      parts.append("\(Human.duration(nanoseconds: UInt64(left))) left")
    }
    return parts.joined(separator: ", ")
  }

  /// One line of at most `width` columns: `classic [#####     ] 45 %, 12.3 MiB/s, 12 s left`.
  func bar(width: Int, now: ContinuousClock.Instant) -> String {
    ProgressBar.line(name, share: share, numbers(now: now), width: width)
  }
}

enum ProgressBar {
  /// `name [####    ] numbers` in at most `width` columns; `share` lies between 0 and 1.
  static func line(_ name: String, share: Double, _ numbers: String, width: Int) -> String {
    let room = width - name.count - numbers.count - 4
    guard room >= 8 else { return String("\(name) \(numbers)".prefix(max(0, width))) }
    let cells = min(room, 40)
    let filled = Int(share * Double(cells))
    let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: cells - filled)
    return "\(name) [\(bar)] \(numbers)"
  }
}
