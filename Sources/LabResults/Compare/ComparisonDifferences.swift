extension Comparison {
  /// What makes the times of two runs tell of something else than of the programs, but for the links. The kernel and the
  /// version of pilab are not among it, because they are what one may want to compare.
  static func machineDifferences(_ before: Side, _ after: Side) -> [String] {
    var sentences: [String] = []
    for (what, old, new) in [
      ("processor", before.processor, after.processor),
      ("number of processors", "\(before.processors)", "\(after.processors)"),
      ("maker of the boards", before.maker, after.maker),
    ] where old != new {
      sentences.append("The \(what) differs: \(old), then \(new).")
    }
    return sentences
  }

  /// Nil where the links were the same all the time.
  static func linkDifference(_ before: Side, _ after: Side) -> String? {
    let boards = Set(before.links.keys).union(after.links.keys).sorted()
    var parts = boards.filter { before.link(of: $0) != after.link(of: $0) }
      .map { "\($0): \(before.link(of: $0)), then \(after.link(of: $0))" }
    for (run, changes) in [("first", before.changes), ("second", after.changes)]
    where !changes.isEmpty {
      let more = changes.count > 3 ? "… " : ""
      parts.append(
        "changed during the \(run) run: \(more)\(changes.suffix(3).joined(separator: ", "))")
    }
    return parts.isEmpty ? nil : "The links differ. \(parts.joined(separator: "; "))."
  }

  /// By how much the means of the machine's pace may differ without a word.
  private static let paceTolerance = 1.05

  /// Nil where the machine was equally fast, or where that was not asked often enough. Load shows in the slowest times
  /// first, hence means.
  static func loadDifference(_ before: [Double], _ after: [Double]) -> String? {
    guard RankTest.least(before.count, after.count) <= 0.01 else { return nil }
    let means = [before, after].map { $0.reduce(0, +) / Double($0.count) }
    let isReal = RankTest.probability(before, after) <= 0.01
    guard isReal, means[0] > 0, means[1] > 0,
      max(means[1] / means[0], means[0] / means[1]) > paceTolerance
    else { return nil }
    return
      "The machine's load differs: the same piece of work took \(Human.time(means[0])) on average, then "
      + "\(Human.time(means[1]))."
  }
}
