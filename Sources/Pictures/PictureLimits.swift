/// How large a picture of the page may be, in pixels.
package struct PictureLimits: Equatable {
  package var width: Int
  /// One and a half times the width: a photograph stands upright in it, a strip does not make the page longer.
  package var height: Int
  package var area: Int

  package init(width: Int = 640, height: Int = 960, area: Int) {
    (self.width, self.height, self.area) = (width, height, area)
  }

  /// The limits of a picture that is turned by a quarter before it is drawn.
  package var turned: PictureLimits { PictureLimits(width: height, height: width, area: area) }

  package func allow(_ width: Int, _ height: Int) -> Bool {
    width <= self.width && height <= self.height && width * height <= area
  }

  /// The smallest divisor of both sides that keeps the limits.
  package func factor(_ width: Int, _ height: Int) -> Int {
    var factor = max(
      1, (width + self.width - 1) / self.width, (height + self.height - 1) / self.height)
    while (width / factor) * (height / factor) > area { factor += 1 }
    return factor
  }
}

/// Makes a picture smaller as its rows arrive, each pixel the average of `factor` by `factor` (fewer at the edges).
struct RowReducer {
  private let width: Int
  private let columns: Int
  private let channels: Picture.Channels
  /// Of a sample.
  private let maximum: Int
  private let factor: Int
  private var sums: [Int]
  private var rows = 0
  private var pixels: [UInt8] = []

  package init(width: Int, channels: Picture.Channels, maximum: Int, factor: Int) {
    self.width = width
    self.channels = channels
    self.maximum = maximum
    self.factor = factor
    columns = (width + factor - 1) / factor
    sums = [Int](repeating: 0, count: columns * channels.rawValue)
  }

  /// - Parameter row: `width` pixels, channel by channel.
  package mutating func add(_ row: [UInt16]) {
    let count = channels.rawValue
    for x in 0..<width {
      let target = x / factor * count
      for channel in 0..<count { sums[target + channel] += Int(row[x * count + channel]) }
    }
    rows += 1
    if rows == factor { endRow() }
  }

  package mutating func finish() throws(PictureError) -> Picture {
    if rows > 0 { endRow() }
    return try Picture(
      width: columns, height: pixels.count / (columns * channels.rawValue), channels: channels,
      pixels: pixels)
  }

  private mutating func endRow() {
    for index in sums.indices {
      let x = index / channels.rawValue * factor
      let samples = rows * min(factor, width - x)
      pixels.append(UInt8(min(255, sums[index] * 255 / (samples * maximum))))
      sums[index] = 0
    }
    rows = 0
  }
}
