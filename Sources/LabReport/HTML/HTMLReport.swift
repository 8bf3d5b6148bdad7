import Foundation
import LabResults

/// The run as one self-contained HTML file: no scripts, nothing loaded, pictures as data URIs.
public struct HTMLReport: Sendable {
  let report: RunResult
  /// Folder that the report's file paths are relative to.
  let folder: String

  public init(report: RunResult, folder: String) {
    self.report = report
    self.folder = folder
  }

  /// Reads the exchanges' files for pictures and block counts; a file that cannot be read becomes
  /// a sentence on the page.
  /// - Throws: Only where a built-in template is broken, which is a bug.
  public func render() throws -> String {
    try Markup.page(page(), "report")
  }

  private func page() -> PageView {
    let exchanges = exchangeViews()
    let gallery = exchanges.count > 1 ? GalleryView.all(report.shownExchanges, exchanges) : []
    let duration = Human.duration(nanoseconds: report.durationNanoseconds)
    return PageView(
      lab: Human.printable(report.lab),
      outcome: report.tests == nil
        ? report.verdict.rawValue : report.hasSucceeded ? "as expected" : "not as expected",
      command: report.tests == nil ? "run" : "test",
      verdict: report.hasSucceeded ? Outcome.identical.rawValue : Outcome.failed.rawValue,
      headline: headline,
      lesson: lesson(exchanges),
      meta: Human.unbroken(
        Human.printable("\(report.startedAt) · \(report.maker) · took \(duration)")),
      hasOverview: exchanges.count > 1, exchanges: exchanges,
      hasGallery: !gallery.isEmpty, gallery: gallery,
      pairs: PairsView(report),
      sweep: report.sweep.map { SweepView($0) }, tests: report.tests.map(scenarios),
      conditions: ConditionsView(report),
      environment: environment(),
      version: Human.printable(report.pilabVersion))
  }

  /// Of what worked what is to be learnt from it, of what failed the first reason.
  private func lesson(_ views: [ExchangeView]) -> String? {
    guard report.tests == nil, report.sweep == nil else { return nil }
    let shown = report.shownExchanges
    if let failure = shown.lazy.compactMap(\.failure).first {
      let board = failure.board.map { "\($0), " } ?? ""
      return Human.printable(
        "\(board)\(failure.step ?? "run"): \(failure.code.name). \(Wording.sentence(failure.told))")
    }
    guard report.hasSucceeded else { return nil }
    return Lesson(shown, shares: views.map(\.repeatShare)).sentence
  }

  /// Pictures get smaller where they would make the page too large.
  private func exchangeViews() -> [ExchangeView] {
    var views: [ExchangeView] = []
    let exchanges = report.shownExchanges
    for areaLimit in FigureMaker.areaLimits {
      views = exchanges.enumerated().map { index, exchange in
        ExchangeView(
          exchange, files: ExchangeFiles(exchange, folder: folder), id: "exchange-\(index + 1)",
          sharedClock: report.boardsShareClock, showsFigures: exchanges.count == 1,
          areaLimit: areaLimit)
      }
      let figures =
        views.count > 1
        ? GalleryView.all(exchanges, views).flatMap(\.figures) : views.flatMap(\.figures)
      let size = figures.reduce(0) { $0 + ($1.image?.uri.utf8.count ?? 0) }
      if exchanges.count <= 2 && report.sweep == nil || size <= Self.pictureLimit { break }
    }
    return views
  }

  /// Counts stay beside what they count.
  private var headline: String {
    let text = Human.printable(Wording.headline(report))
    guard report.tests != nil else { return text }
    return text.replacing(/([0-9])\x20/) { "\($0.1)\u{A0}" }
  }

  /// Pictures get smaller as those of exchanges do.
  private func scenarios(_ tests: TestResult) -> ScenariosView {
    var view = ScenariosView(tests, folder: folder, areaLimit: FigureMaker.areaLimits[0])
    for areaLimit in FigureMaker.areaLimits.dropFirst() {
      let size = view.figures.reduce(0) { $0 + ($1.image?.uri.utf8.count ?? 0) }
      if size <= Self.pictureLimit { break }
      view = ScenariosView(tests, folder: folder, areaLimit: areaLimit)
    }
    return view
  }

  /// Of all pictures together, where there are many or a sweep stands beside them.
  private static let pictureLimit = 1_400_000

  private var links: String {
    let words = report.linkWords
    if !words.isEmpty { return words.joined(separator: "; ") }
    return report.boards.contains { $0.link != nil } ? "all good" : "boards have none of their own"
  }

  private func environment() -> [FactView] {
    let machine = report.environment
    let boards = report.boards.map { "\($0.name) \($0.address)" }.joined(separator: ", ")
    return [
      FactView("Boards made by", report.maker),
      FactView("Boards", boards.isEmpty ? "none" : boards),
      FactView("Links", links),
      FactView("Operating system", machine.operatingSystem),
      FactView("Kernel", machine.kernel),
      FactView("Processor", "\(machine.processor), \(machine.processors) logical"),
      FactView("Memory", Human.bytes(machine.memoryBytes)),
      FactView("pilab", report.pilabVersion),
    ]
  }
}

/// A page that cannot be made.
enum HTMLReportError: Error, Equatable, CustomStringConvertible {
  case templateMissing

  var description: String {
    "The report's template is missing from this build of pilab. This is a bug; please report it."
  }
}

/// Absolute paths of an exchange's files; nil where none was stored.
struct ExchangeFiles {
  /// The run's folder.
  let folder: String
  var original: String?
  var encrypted: String?
  var decrypted: String?

  init(_ exchange: ExchangeResult, folder: String) {
    self.folder = folder
    func path(_ key: String) -> String? {
      exchange.files[key].map { URL(filePath: folder).appending(path: $0).path }
    }
    original = path("original")
    encrypted = path("receiverEncrypted") ?? path("senderEncrypted")
    decrypted = path("receiverDecrypted")
  }
}
