import LabCore
import LabResults

/// What the templates show: names are the templates' variables, texts are final but not escaped.
struct PageView {
  var lab: String
  /// Of the window, behind the lab's name.
  var outcome: String
  /// What was done: `run` or `test`.
  var command: String
  var verdict: String
  var headline: String
  /// What is to be learnt from it; nil where that is more than a sentence.
  var lesson: String?
  var meta: String
  var hasOverview: Bool
  var exchanges: [ExchangeView]
  /// The pictures of all exchanges stand together, not each with its exchange.
  var hasGallery: Bool
  var gallery: [GalleryView]
  /// Nil for a run without all pairs.
  var pairs: PairsView?
  var sweep: SweepView?
  /// Nil for a run that tried no scenarios.
  var tests: ScenariosView?
  /// Nil where all links were good, and nothing was done to them.
  var conditions: ConditionsView?
  var environment: [FactView]
  var version: String
}

/// What was in force on the boards' links, and what was done to the lab.
struct ConditionsView {
  var hasLinks: Bool
  var links: [String]
  var hasDuring: Bool
  var during: [String]
  var hasBefore: Bool
  var before: [String]

  init?(_ report: RunResult) {
    func shown(_ words: [String]) -> [String] { words.map { Human.unbroken(Human.printable($0)) } }
    links = shown(report.linkWords)
    during = shown(report.changesDuring.words(limit: 50))
    before = shown(report.changesBefore.words(limit: 50))
    (hasLinks, hasDuring, hasBefore) = (!links.isEmpty, !during.isEmpty, !before.isEmpty)
    guard hasLinks || hasDuring || hasBefore else { return nil }
  }
}

struct FactView {
  var name: String
  var value: String

  init(_ name: String, _ value: String) {
    self.name = name
    self.value = Human.unbroken(Human.printable(value))
  }
}

struct FailureView {
  var board: String?
  var step: String
  var code: String
  var message: String
  var hint: String?

  init(_ failure: LabError) {
    board = failure.board.map(Human.printable)
    step = Human.printable(failure.step ?? "run")
    code = Human.printable(failure.code.name)
    message = Human.printable(Wording.sentence(failure.told))
    hint = failure.hint.map { Human.printable(Wording.sentence($0)) }
  }
}

struct FigureView {
  struct Image {
    var uri: String
    /// Nil where the size is unknown.
    var width: Int?
    var height: Int?
  }

  var title: String
  var alt: String
  var caption: String
  var image: Image?

  init(_ figure: ReportFigure, title: String, alt: String) {
    self.title = title
    self.alt = Human.printable(alt)
    caption = Human.unbroken(Human.printable(figure.caption))
    if case .image(let uri, let width, let height) = figure.content {
      image = Image(
        uri: uri, width: width > 0 ? width : nil, height: height > 0 ? height : nil)
    }
  }
}

/// A long hexadecimal value and a remark on what it equals.
struct HashView {
  enum Kind: String {
    case equal, differs
  }

  var name: String
  var path: String?
  var hash: String
  var note: String?
  /// Class of the remark.
  var kind: String?

  init(
    _ name: String, _ hash: String, path: String? = nil, note: String? = nil, kind: Kind? = nil
  ) {
    self.name = Human.printable(name)
    self.path = path.map(Human.printable)
    self.hash = Human.printable(hash)
    self.note = note
    self.kind = kind?.rawValue
  }

  /// With a remark on what a check says of it; without a check there is none.
  init(
    _ name: String, _ hash: String, path: String? = nil, check: Check?, called what: String
  ) {
    let (note, kind): (String?, Kind?) =
      switch check?.verdict {
      case .proved: ("equal to \(what)", .equal)
      case .refuted: ("differs from \(what)", .differs)
      case .notProvable, nil: (nil, nil)
      }
    self.init(name, hash, path: path, note: note, kind: kind)
  }
}
