import LabResults

/// The exchanges of a manifest's `all-pairs`, as a square of boards.
struct ExchangeSet {
  let exchanges: [ExchangeResult]
  /// In the order of the manifest.
  let boards: [String]
  /// Boards that send to others, and those that get something.
  let senders: [String]
  let receivers: [String]
  /// How many exchanges the manifest's set has, where only some were run; else nil.
  private let whole: Int?

  /// Nil where the run had none.
  init?(_ report: RunResult) {
    exchanges = report.exchanges.filter { $0.set != nil }
    guard !exchanges.isEmpty else { return nil }
    whole = report.pairs
    let taking = Set(exchanges.flatMap { [$0.sender, $0.receiver] })
    boards = report.boards.map(\.name).filter(taking.contains)
    senders = boards.filter(Set(exchanges.map(\.sender)).contains)
    receivers = boards.filter(Set(exchanges.map(\.receiver)).contains)
  }

  func exchange(_ sender: String, _ receiver: String) -> ExchangeResult? {
    exchanges.first { $0.sender == sender && $0.receiver == receiver }
  }

  var failed: [ExchangeResult] { exchanges.filter { $0.verdict != .identical } }

  /// What it is.
  var heading: String { whole == nil ? "All pairs" : "Chosen pairs" }

  /// `190 exchanges of 20 boards, each with each other`; `3 of the 190 exchanges of all pairs, between 4 boards`
  var title: String {
    guard let whole else {
      return Human.counted(exchanges.count, "exchange")
        + " of \(Human.counted(boards.count, "board")), each with each other"
    }
    return
      "\(exchanges.count) of the \(Human.counted(whole, "exchange")) of all pairs, between \(boards.count) boards"
  }

  /// What was sent, and how.
  var settings: String {
    guard let first = exchanges.first else { return "" }
    return
      "\(first.image.name), \(Human.bytes(first.image.bytes)), \(first.profile), \(first.cipher), \(first.group)"
  }

  /// `13.4 ms to 29.3 ms, half of them at most 17.0 ms`; nil where none has ended well.
  var times: String? {
    let times = exchanges.compactMap(Self.nanoseconds).sorted()
    guard let least = times.first, let most = times.last else { return nil }
    let words = [least, times[(times.count - 1) / 2], most]
      .map { Human.duration(nanoseconds: $0) }
    return "\(words[0]) to \(words[2]), half of them at most \(words[1])"
  }

  /// Milliseconds of the whole exchange at the receiver; the outcome where it is not as it should be.
  static func cell(_ exchange: ExchangeResult) -> String {
    guard exchange.verdict == .identical else { return exchange.verdict.rawValue }
    guard let nanoseconds = nanoseconds(exchange) else { return "–" }
    let milliseconds = Double(nanoseconds) / 1e6
    return Plain.decimal(milliseconds, places: milliseconds < 99.95 ? 1 : 0)
  }

  private static func nanoseconds(_ exchange: ExchangeResult) -> UInt64? {
    exchange.verdict == .identical ? exchange.receiverResult?.nanoseconds["total"] : nil
  }
}

extension RunResult {
  /// Exchanges that are told of one by one: those that the manifest names, and of a set the first that failed.
  var shownExchanges: [ExchangeResult] {
    var left = Self.mostFailuresOfSet
    return exchanges.filter { exchange in
      guard exchange.set != nil else { return true }
      guard exchange.verdict != .identical, left > 0 else { return false }
      left -= 1
      return true
    }
  }

  private static let mostFailuresOfSet = 10

  /// Why times are longer than those of one exchange alone; nil where they are not.
  var parallelWords: String? {
    parallel.map { "Up to \($0) exchanges ran at once and shared this machine's processors." }
  }
}
