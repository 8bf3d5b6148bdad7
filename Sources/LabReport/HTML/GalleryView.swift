import LabResults

/// Pictures that stand together: of each exchange, or of all that sent the same one original beside their ciphertexts.
struct GalleryView {
  struct Finding {
    /// Nil where the heading says it.
    var name: String?
    var text: String
    var pixels: String?
  }

  var heading: String
  var isShared: Bool
  var figures: [FigureView]
  var findings: [Finding]

  /// In the order in which each original comes first.
  static func all(_ exchanges: [ExchangeResult], _ views: [ExchangeView]) -> [GalleryView] {
    let members = zip(exchanges, views).filter(\.1.hasPictures).map { (exchange: $0, view: $1) }
    return grouped(members, by: \.exchange)
      .map { $0.count == 1 ? GalleryView($0[0].view) : GalleryView($0) }
  }

  /// Those that sent the same one original together.
  static func groups(_ exchanges: [ExchangeResult]) -> [[ExchangeResult]] {
    grouped(exchanges, by: \.self)
  }

  private static func grouped<Member>(
    _ members: [Member], by exchange: (Member) -> ExchangeResult
  ) -> [[Member]] {
    members.reduce(into: []) { groups, member in
      let known = groups.firstIndex { areOne(exchange($0[0]), exchange(member)) }
      if let known { groups[known].append(member) } else { groups.append([member]) }
    }
  }

  /// Only where everything arrived; else there is more to compare than ciphertexts.
  private static func areOne(_ one: ExchangeResult, _ other: ExchangeResult) -> Bool {
    one.verdict == .identical && other.verdict == .identical
      && one.sha256["original"] != nil && one.sha256["original"] == other.sha256["original"]
  }

  private init(_ view: ExchangeView) {
    heading = "\(view.name): \(view.cipher)"
    isShared = false
    figures = view.figures
    findings = [Finding(text: view.blocks, pixels: view.pixels)]
  }

  private init(_ group: [(exchange: ExchangeResult, view: ExchangeView)]) {
    let times = Human.times(UInt64(group.count))
    heading = Human.printable("\(group[0].exchange.image.name), sent \(times)")
    isShared = true
    var original = group[0].view.figures[0]
    original.caption += " What the receivers decrypted is the same, byte for byte."
    figures =
      [original]
      + group.flatMap { _, view in
        var figure = view.figures[1]
        figure.title = "\(view.name): \(view.cipher)"
        return [figure] + view.figures.dropFirst(3)
      }
    // Said once of what was sent; a suggestion is that of the first exchange that has one.
    let pixels = group.lazy.compactMap(\.view.pixels).first
    findings = group.enumerated().map { index, member in
      Finding(
        name: member.view.name, text: member.view.blocks,
        pixels: index == group.count - 1 ? pixels : nil)
    }
  }
}
