extension Picture {
  /// Of three channels, with at most that many colours: each the mean of the colours it stands for (Heckbert's median
  /// cut). Without dithering, which would turn plain areas into noise; and where colours were merged, without specks,
  /// which would break the rows of equal pixels that make equal blocks.
  func reduced(toColours most: Int) throws(PictureError) -> Picture {
    var shades = [Shade](repeating: Shade(), count: Shade.count)
    for pixel in stride(from: 0, to: pixels.count, by: 3) {
      shades[Shade.index(pixels, pixel)].add(pixels, pixel)
    }
    let used = shades.indices.filter { shades[$0].pixels > 0 }
    var boxes = [ShadeBox(used, shades)]
    while boxes.count < most {
      let widest = boxes.indices.filter { boxes[$0].members.count > 1 }
        .max { boxes[$0].importance < boxes[$1].importance }
      guard let widest else { break }
      boxes += boxes.remove(at: widest).halves(shades)
    }
    var places = [UInt8](repeating: 0, count: Shade.count)
    for (place, box) in boxes.enumerated() {
      for member in box.members { places[member] = UInt8(place) }
    }
    var map = IndexedPixels(
      width: width, height: height,
      values: stride(from: 0, to: pixels.count, by: 3).map { places[Shade.index(pixels, $0)] })
    if used.count > most { map = map.withoutSpecks() }
    let colours = boxes.map { $0.mean(shades) }
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count)
    for value in map.values { result += colours[Int(value)] }
    return try Picture(width: width, height: height, channels: .rgb, pixels: result)
  }
}

/// Colours that agree in the five upper bits of each channel, and how many pixels have them.
private struct Shade {
  static let count = 1 << 15

  var pixels = 0
  private(set) var sums = SIMD4<Int>()

  static func index(_ pixels: [UInt8], _ at: Int) -> Int {
    Int(pixels[at] >> 3) << 10 | Int(pixels[at + 1] >> 3) << 5 | Int(pixels[at + 2] >> 3)
  }

  /// Of the shade with that index, 0 to 31.
  static func level(_ index: Int, _ channel: Int) -> Int { index >> (10 - 5 * channel) & 31 }

  mutating func add(_ bytes: [UInt8], _ at: Int) {
    pixels += 1
    sums &+= SIMD4(Int(bytes[at]), Int(bytes[at + 1]), Int(bytes[at + 2]), 0)
  }
}

/// Shades that become one colour.
private struct ShadeBox {
  let members: [Int]
  /// Pixels that have them, times how far they lie apart.
  let importance: Int
  /// In which they lie furthest apart.
  private let channel: Int
  private let pixels: Int

  init(_ members: [Int], _ shades: [Shade]) {
    self.members = members
    let spans = (0..<3).map { channel in
      let levels = members.map { Shade.level($0, channel) }
      return (levels.max() ?? 0) - (levels.min() ?? 0)
    }
    let span = spans.max() ?? 0
    channel = spans.firstIndex(of: span) ?? 0
    pixels = members.reduce(0) { $0 + shades[$1].pixels }
    importance = pixels * span
  }

  /// Cut so that both have about as many pixels, and none is empty.
  func halves(_ shades: [Shade]) -> [ShadeBox] {
    let sorted = members.sorted {
      (Shade.level($0, channel), $0) < (Shade.level($1, channel), $1)
    }
    var (cut, before) = (0, 0)
    while cut < sorted.count - 1, before * 2 < pixels || cut == 0 {
      before += shades[sorted[cut]].pixels
      cut += 1
    }
    return [ShadeBox(Array(sorted[..<cut]), shades), ShadeBox(Array(sorted[cut...]), shades)]
  }

  func mean(_ shades: [Shade]) -> [UInt8] {
    let sums = members.reduce(SIMD4<Int>()) { $0 &+ shades[$1].sums }
    return (0..<3).map { UInt8((sums[$0] + pixels / 2) / pixels) }
  }
}
