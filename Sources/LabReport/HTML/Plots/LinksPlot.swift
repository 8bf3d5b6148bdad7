import LabResults

/// Throughput on each link as a bar, in hundredths of what TCP can make of it at most.
struct LinksPlot {
  struct Bar {
    var link: String
    var series: String
    var words: String
    /// Percent of the drawing's width.
    var share: String
    var linkY: Int
    var seriesY: Int
    var barY: Int
    var wordsY: Int
  }

  var title: String
  var height: Int
  var axisY: Int
  var bars: [Bar]

  private static let pitch = 74
  /// As many characters as a phone has room for.
  private static let characterLimit = 42

  /// Nil where no link has a limit.
  init?(_ rows: [LinksView.Row], size: String) {
    let limited = rows.filter { $0.bar != nil }
    guard !limited.isEmpty else { return nil }
    title = "Throughput of exchanges of \(size) as a share of what each link allows TCP"
    bars = limited.enumerated().map { index, row in
      let y = index * Self.pitch
      return Bar(
        link: Human.shortened(row.link, to: Self.characterLimit),
        series: Human.shortened(row.series, to: Self.characterLimit),
        words: "\(row.throughput), \(row.share) of \(row.most)", share: row.bar ?? "0",
        linkY: y + 14, seriesY: y + 31, barY: y + 37, wordsY: y + 62)
    }
    axisY = bars.count * Self.pitch + 14
    height = axisY + 6
  }
}
