import LabCore
import LabManifest
import LabResults
import PiExchange

//  A board that goes away during a run fails its exchange, as a program does that fails on the board. What is left is
//  still brought home, and told of in the report.

/// How far a program had come, as its events tell.
struct ProgramProgress: Sendable, Equatable {
  private(set) var step: Step
  private var bytes: UInt64?
  private var total: UInt64?

  init(_ role: Role) { step = role == .sender ? .listen : .connect }

  mutating func advance(_ event: BoardEvent) {
    switch event {
    case .listening: step = .connect
    case .connected: step = .hello
    case .confirmed: step = .image
    // The next one may be the receiver.
    case .refused: step = .connect
    case .progress(let bytes, let total): (step, self.bytes, self.total) = (.image, bytes, total)
    }
  }

  /// What the program had done of the image, and is lost.
  var words: String {
    guard step == .image else { return "before the image" }
    guard let bytes, let total else { return "at the beginning of the image" }
    return "after \(Human.bytes(bytes)) of \(Human.bytes(total))"
  }
}

extension LabError {
  /// The program was on a board that is not there any more.
  static func lost(_ error: LabError, _ progress: ProgramProgress) -> LabError {
    LabError(
      codeOfLoss(error), "the board was lost \(progress.words): \(error.told)",
      step: progress.step.rawValue, hint: error.hint)
  }

  /// A board was lost outside the programs' work.
  static func lost(_ error: LabError, _ message: String) -> LabError {
    LabError(
      codeOfLoss(error), "\(message): \(error.told)", board: error.board, step: error.step,
      hint: error.hint)
  }

  /// What programs call `connection_lost` is the connection between them.
  private static func codeOfLoss(_ error: LabError) -> Code {
    error.code == .switchedOff ? .switchedOff : .boardLost
  }
}

extension LabError.Code {
  /// A board went away in the middle of a run.
  static let boardLost = Self("board_lost", .labUnavailable)
}

extension ExchangeResult {
  /// As it is when the exchange begins.
  init(blank exchange: Exchange) {
    let group = exchange.group.described
    self.init(
      name: exchange.name, sender: exchange.sender, receiver: exchange.receiver,
      profile: exchange.profile.name, group: group.name, groupBits: group.bits,
      cipher: exchange.cipher.name, authentication: exchange.authentication.name,
      image: ImageReport(
        name: ImageName.last(of: exchange.image), bytes: FileStatus(exchange.image)?.bytes ?? 0))
    set = exchange.set
  }
}

extension ExchangeResult {
  /// One that could not begin.
  init(_ exchange: Exchange, preventedBy error: LabError) {
    self.init(blank: exchange)
    failure =
      error.isLossOfBoard ? .lost(error, "the board was lost before the exchange") : error
    if error.isLossOfBoard || error.step == nil { failure?.step = "prepare" }
    judge()
  }
}

extension GroupChoice {
  /// Name and bits as configured, for the report of an exchange that gave no result.
  fileprivate var described: (name: String, bits: Int) {
    if let group = try? group() { return (group.name, group.bits) }
    if case .named(let name) = self { return (name, 0) }
    return ("custom", 0)
  }
}
