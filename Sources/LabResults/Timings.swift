/// The steps that board programs time, in the order in which they happen, with their wording.
public struct TimedStep: Equatable, Sendable {
  /// Key in `BoardResult.nanoseconds`.
  public var key: String
  public var name: String

  public static let all: [TimedStep] = [
    .init(key: "keyGeneration", name: "key generation"),
    .init(key: "exchange", name: "exchange"),
    .init(key: "secret", name: "shared secret"),
    .init(key: "read", name: "read"),
    .init(key: "encrypt", name: "encrypt"),
    .init(key: "send", name: "send"),
    .init(key: "receive", name: "receive"),
    .init(key: "decrypt", name: "decrypt"),
    .init(key: "hash", name: "hash"),
    .init(key: "store", name: "store"),
    .init(key: "total", name: "total"),
  ]

  /// Nanoseconds; nil where the board did not do the step, which its result may say by a zero.
  public func time(in result: BoardResult) -> UInt64? {
    result.nanoseconds[key].flatMap { $0 > 0 ? $0 : nil }
  }

  /// Steps that at least one of the boards did; steps that this version does not know come
  /// before the total, under their own names.
  public static func timed(by results: [BoardResult]) -> [TimedStep] {
    let present = Set(results.flatMap { $0.nanoseconds.filter { $0.value > 0 }.keys })
    let unknown = present.subtracting(all.map(\.key)).sorted()
      .map { TimedStep(key: $0, name: $0) }
    let known = all.filter { present.contains($0.key) }
    return known.filter { $0.key != "total" } + unknown + known.filter { $0.key == "total" }
  }
}

/// A stretch between two marks of a board.
public struct Phase: Equatable, Sendable {
  /// Keys in `BoardResult.marks`.
  public var from: String
  public var to: String
  public var name: String

  public static let all: [Phase] = [
    .init(from: "connected", to: "hello", name: "Exchange of public values"),
    .init(from: "hello", to: "confirmed", name: "Shared secret and key confirmation"),
    .init(from: "confirmed", to: "firstByte", name: "Until the image's first byte"),
    .init(from: "firstByte", to: "lastByte", name: "Image on the wire"),
    .init(from: "lastByte", to: "end", name: "Verification, files, receipt"),
  ]

  public init(from: String, to: String, name: String) {
    self.from = from
    self.to = to
    self.name = name
  }

  /// Nanoseconds of the board's clock; nil where a mark is missing or they are out of order.
  public func range(in result: BoardResult) -> ClosedRange<UInt64>? {
    guard let start = result.marks[from], let end = result.marks[to], start <= end else {
      return nil
    }
    return start...end
  }
}

/// The phases of one or more boards on one axis that begins when the first of them was connected.
public struct Timeline: Equatable, Sendable {
  /// A phase as it is drawn.
  public struct Bar: Equatable, Sendable {
    /// Index in `Phase.all`.
    public var phase: Int
    /// Nanoseconds from the axis's beginning.
    public var start: UInt64
    public var duration: UInt64
  }

  /// The phases of one board.
  public struct Row: Equatable, Sendable {
    public var board: String
    public var bars: [Bar]
    /// Nanoseconds from the start of the program to the connection; nil where unknown.
    public var waited: UInt64?
  }

  public var rows: [Row]
  /// Nanoseconds from the first to the last mark shown; more than zero.
  public var length: UInt64

  /// One axis for both boards where they share a clock, else one for each.
  public static func make(_ results: [BoardResult], sharedClock: Bool) -> [Timeline] {
    let groups = sharedClock ? [results] : results.map { [$0] }
    return groups.compactMap(Timeline.init)
  }

  private init?(_ results: [BoardResult]) {
    let ranges = results.map { result in Phase.all.map { $0.range(in: result) } }
    let all = ranges.joined().compactMap { $0 }
    guard let begin = all.map(\.lowerBound).min(), let end = all.map(\.upperBound).max(),
      begin < end
    else { return nil }
    length = end - begin
    rows = zip(results, ranges).map { result, ranges in
      let bars = ranges.enumerated().compactMap { phase, range in
        range.map {
          Bar(
            phase: phase, start: $0.lowerBound - begin, duration: $0.upperBound - $0.lowerBound)
        }
      }
      let waiting = Phase(from: "start", to: "connected", name: "").range(in: result)
      return Row(
        board: result.board, bars: bars, waited: waiting.map { $0.upperBound - $0.lowerBound })
    }
  }
}

extension RunResult {
  /// Boards without a kernel of their own share this machine's, and so CLOCK_MONOTONIC. Reports of earlier versions tell
  /// machines by their engine.
  public var boardsShareClock: Bool { ownClocks != true && engine == nil }
}
