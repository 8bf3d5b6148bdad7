import LabCore
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
    /// The same without its reason.
    var most: String
    var share: String
    /// Of the bar, in hundredths of the limit; nil without one.
    var bar: String?
  }

  var size: String
  var rows: [Row]
  /// Nil where no link has a limit.
  var plot: LinksPlot?
  /// Over rate, delay and loss, where links differ in one of them alone.
  var curves: [PlotView]
  var hasCurves: Bool

  /// Nil where the sweep left the links alone.
  init?(_ sweep: SweepResult, frame: PlotFrame = .column) {
    let points = sweep.points.filter { $0.link != nil }
    // The largest image: small ones measure the handshake.
    guard let bytes = points.map(\.image.bytes).max() else { return nil }
    size = Human.exactBytes(bytes)
    let largest = points.filter { $0.image.bytes == bytes }
    let links = largest.map(\.link).reduce(into: [SweepLink?]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    // The series of each link together.
    rows = links.flatMap { link in largest.filter { $0.link == link } }.compactMap(Self.row)
    plot = LinksPlot(rows, size: size)
    curves = LinkCurves.plots(sweep, frame: frame)
    hasCurves = !curves.isEmpty
  }

  /// Bytes a second; nil where the link has no limit, or its limiter lets the whole image pass at once.
  static func most(_ link: SweepLink, bytes: UInt64) -> Double? {
    guard let most = link.mostBytesPerSecond else { return nil }
    guard link.limit == "rate", let rate = link.impairment?.rate else { return most }
    let held = Double(bytes) - Double(TrafficControl.burst(rate.bitsPerSecond))
    return held > 0 ? most * Double(bytes) / held : nil
  }

  private static func row(_ point: SweepPoint) -> Row? {
    guard let link = point.link else { return nil }
    let most = Self.most(link, bytes: point.image.bytes)
    let share = most.flatMap { most in point.bytesPerSecond.map { $0 / most * 100 } }
    let bound = most.map(Human.rate(bytesPerSecond:)) ?? "–"
    let limit = most.map { _ in "\(bound) (\(link.limit ?? ""))" }
    return Row(
      link: Human.printable(link.name),
      words: Human.unbroken(link.impairment?.description ?? "good"),
      series: Human.printable("\(point.mode), \(point.cipher), \(point.group)"),
      throughput: Human.unbroken(point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? "–"),
      limit: Human.unbroken(limit ?? "–"), most: Human.unbroken(bound),
      share: share.map { Human.unbroken("\(Int($0.rounded())) %") } ?? "–",
      bar: share.map { "\(Int(min(100, $0).rounded()))" })
  }
}
