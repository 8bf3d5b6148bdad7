import LabResults
import LabValues

/// Throughput of a sweep's largest image over what its links differ in, beside what TCP can make of each link at most.
enum LinkCurves {
  /// Of a link, what the horizontal axis may show.
  private struct Quantity {
    var kind: PlotView.Kind
    var name: String
    var value: @Sendable (LinkImpairment) -> (x: Double, label: String)?
    /// The rest of it, which links of one plot have in common.
    var others: @Sendable (LinkImpairment) -> LinkImpairment
  }

  private static let quantities = [
    Quantity(
      kind: .byRate, name: "rate",
      value: { $0.rate.map { (Double($0.bitsPerSecond), "\($0)") } },
      others: {
        var rest = $0
        rest.rate = nil
        return rest
      }),
    Quantity(
      kind: .byDelay, name: "delay",
      value: {
        $0.delay.flatMap { $0 > .zero ? ($0 / .milliseconds(1), DurationText.format($0)) : nil }
      },
      others: {
        var rest = $0
        rest.delay = nil
        return rest
      }),
    Quantity(
      kind: .byLoss, name: "loss",
      value: {
        $0.loss.flatMap { $0.partsPerMillion > 0 ? (Double($0.partsPerMillion), "\($0)") : nil }
      },
      others: {
        var rest = $0
        rest.loss = nil
        return rest
      }),
  ]

  /// One for each quantity in which at least two links differ and nothing else.
  static func plots(_ sweep: SweepResult, frame: PlotFrame) -> [PlotView] {
    let linked = sweep.points.filter { $0.link?.impairment != nil }
    guard let bytes = linked.map(\.image.bytes).max() else { return [] }
    let points = linked.filter { $0.image.bytes == bytes }
    return quantities.compactMap { quantity in
      let groups = Dictionary(grouping: points.filter { place($0, quantity) != nil }) { point in
        point.link?.impairment.map { quantity.others($0).description } ?? ""
      }
      // The one with the most links; of several the first by name.
      let best = groups.max { (links($0.value), $1.key) < (links($1.value), $0.key) }
      guard let (rest, members) = best, links(members) > 1 else { return nil }
      return plot(quantity, members, rest, bytes, frame)
    }
  }

  private static func links(_ points: [SweepPoint]) -> Int {
    Set(points.map { $0.link?.name }).count
  }

  private static func place(
    _ point: SweepPoint, _ quantity: Quantity
  ) -> (x: Double, label: String)? {
    point.link?.impairment.flatMap(quantity.value)
  }

  private static func plot(
    _ quantity: Quantity, _ points: [SweepPoint], _ rest: String, _ bytes: UInt64,
    _ frame: PlotFrame
  ) -> PlotView? {
    let labels = Dictionary(points.compactMap { place($0, quantity) }) { first, _ in first }
    let names = points.map { "\($0.mode), \($0.cipher), \($0.group)" }
      .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    func marks(_ points: [SweepPoint], _ body: (SweepPoint) -> PlotView.Mark?) -> [PlotView.Mark] {
      points.compactMap { point in
        guard var mark = body(point), let x = place(point, quantity)?.x else { return nil }
        mark.x = x
        return mark
      }.sorted { $0.x < $1.x }
    }
    let measured = names.map { name in
      PlotView.Series(
        name: name,
        marks: marks(points.filter { "\($0.mode), \($0.cipher), \($0.group)" == name }) { point in
          SweepView.mark(point) { time, bytes in bytes / time * 1e9 }
        })
    }
    let first = points.filter { "\($0.mode), \($0.cipher), \($0.group)" == names.first }
    let most = PlotView.Series(
      name: "at most",
      marks: marks(first) { point in
        point.link.flatMap { LinksView.most($0, bytes: bytes) }.map {
          .init(x: 0, lower: $0, middle: $0, upper: $0)
        }
      })
    let common = rest == "none" ? "" : "; all links have \(rest)"
    return PlotView(
      quantity.kind, id: "link-\(quantity.name)",
      title:
        "Throughput of exchanges of \(Human.exactBytes(bytes)) over the links' \(quantity.name)",
      unit: "throughput, logarithmic",
      caption: "Throughput of exchanges of \(Human.exactBytes(bytes))\(common). Bars: quartiles."
        + (most.marks.isEmpty ? "" : " \u{201C}At most\u{201D} is what the link allows TCP."),
      series: measured + (most.marks.isEmpty ? [] : [most]), frame: frame,
      axis: .init(
        title: "\(quantity.name) of the link, logarithmic", label: { labels[$0] ?? "" }),
      ticks: { $0.binaryTicks(most: 7) { "\(Human.exactBytes(UInt64($0)))/s" } })
  }
}
