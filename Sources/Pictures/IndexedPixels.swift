/// A picture of few colours, each pixel the number of its colour.
struct IndexedPixels: Equatable {
  let width: Int
  let height: Int
  private(set) var values: [UInt8]

  init(width: Int, height: Int, values: [UInt8]) {
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// Pixels on each side that are asked: specks of up to some ten pixels go, and outlines stay where they are.
  private static let reach = 2

  /// Each pixel in the colour that most of its surroundings have; its own, where others are no more.
  func withoutSpecks() -> IndexedPixels {
    var result = self
    for y in 0..<height {
      let rows = max(0, y - Self.reach)...min(height - 1, y + Self.reach)
      var counts = [Int](repeating: 0, count: 256)
      for x in 0..<min(Self.reach, width) { change(&counts, x, rows, by: 1) }
      for x in 0..<width {
        if x + Self.reach < width { change(&counts, x + Self.reach, rows, by: 1) }
        if x > Self.reach { change(&counts, x - Self.reach - 1, rows, by: -1) }
        result.values[y * width + x] = foremost(counts, x, y, rows)
      }
    }
    return result
  }

  private func change(_ counts: inout [Int], _ x: Int, _ rows: ClosedRange<Int>, by step: Int) {
    for y in rows { counts[Int(values[y * width + x])] += step }
  }

  private func foremost(_ counts: [Int], _ x: Int, _ y: Int, _ rows: ClosedRange<Int>) -> UInt8 {
    var best = values[y * width + x]
    for row in rows {
      for column in max(0, x - Self.reach)...min(width - 1, x + Self.reach) {
        let value = values[row * width + column]
        if counts[Int(value)] > counts[Int(best)] { best = value }
      }
    }
    return best
  }
}
