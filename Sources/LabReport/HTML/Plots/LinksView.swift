import LabResults
import LabValues

/// What TCP made of each link of a sweep, beside what it could have made of it at most.
struct LinksView {
  struct Row {
    var link: String
    /// What happened to the packets.
    var words: String
    var series: String
    var throughput: String
    var limit: String
    var share: String
    /// Of the bar, in hundredths of the limit; nil without one.
    var bar: String?
  }

  var size: String
  var rows: [Row]

  /// Nil where the sweep left the links alone.
  init?(_ sweep: SweepResult) {
    let points = sweep.points.filter { $0.link != nil }
    // The largest image: small ones measure the handshake.
    guard let bytes = points.map(\.image.bytes).max() else { return nil }
    size = Human.exactBytes(bytes)
    rows = points.filter { $0.image.bytes == bytes }
      .sorted { Self.place($0, in: points) < Self.place($1, in: points) }
      .compactMap(Self.row)
  }

  /// Links in their order, the series of each together.
  private static func place(_ point: SweepPoint, in points: [SweepPoint]) -> Int {
    let links = points.compactMap(\.link).reduce(into: [SweepLink]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let link = links.firstIndex { $0 == point.link } ?? 0
    return link * points.count + (points.firstIndex { $0.name == point.name } ?? 0)
  }

  private static func row(_ point: SweepPoint) -> Row? {
    guard let link = point.link else { return nil }
    let most = link.mostBytesPerSecond
    let share = most.flatMap { most in point.bytesPerSecond.map { $0 / most * 100 } }
    let limit = most.map { "\(Human.rate(bytesPerSecond: $0)) (\(link.limit ?? ""))" }
    return Row(
      link: Human.printable(link.name),
      words: Human.unbroken(link.impairment?.description ?? "good"),
      series: Human.printable("\(point.mode), \(point.cipher), \(point.group)"),
      throughput: Human.unbroken(point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? "–"),
      limit: Human.unbroken(limit ?? "–"),
      share: share.map { Human.unbroken("\(Int($0.rounded())) %") } ?? "–",
      bar: share.map { "\(Int(min(100, $0).rounded()))" })
  }
}
