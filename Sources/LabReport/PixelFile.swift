/// Part of a picture, in pixels from its top left corner.
struct PixelWindow: Equatable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int

  /// The middle of the picture, at most `widthLimit` wide and `areaLimit` pixels large.
  static func middle(
    of layout: PixelLayout, widthLimit: Int, areaLimit: Int
  ) -> PixelWindow {
    let width = min(layout.width, widthLimit)
    let height = min(layout.height, max(1, areaLimit / width))
    return PixelWindow(
      x: (layout.width - width) / 2, y: (layout.height - height) / 2, width: width,
      height: height)
  }
}

/// Draws a file's bytes as pixels: row by row, so memory stays bounded whatever the header says.
enum PixelFile {
  /// The bytes of a file drawn as pixels of a layout that need not be its own, at full size.
  static func crop(
    _ file: borrowing FileBytes, layout: PixelLayout, window: PixelWindow
  ) throws -> Picture {
    let size = layout.bytesPerPixel
    let channels = channels(of: layout)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(window.width * window.height * channels.rawValue)
    for y in window.y..<window.y + window.height {
      let offset = layout.rowOffset(y) + window.x * size
      let row = try wholeRow(file, at: offset, count: window.width * size)
      for pixel in stride(from: 0, to: row.count, by: size) {
        append(row[pixel..<pixel + size], of: layout, to: &pixels)
      }
    }
    return try Picture(
      width: window.width, height: window.height, channels: channels, pixels: pixels)
  }

  /// The whole picture, each pixel the average of `factor` by `factor` (fewer at the edges).
  static func scaledDown(
    _ file: borrowing FileBytes, layout: PixelLayout, factor: Int
  ) throws -> Picture {
    let channels = channels(of: layout)
    let width = (layout.width + factor - 1) / factor
    let height = (layout.height + factor - 1) / factor
    var pixels: [UInt8] = []
    for top in stride(from: 0, to: layout.height, by: factor) {
      let rows = min(factor, layout.height - top)
      var sums = [Int](repeating: 0, count: width * channels.rawValue)
      for y in top..<top + rows {
        let whole = PixelWindow(x: 0, y: y, width: layout.width, height: 1)
        let row = try crop(file, layout: layout, window: whole).pixels
        for index in row.indices {
          let (x, channel) = index.quotientAndRemainder(dividingBy: channels.rawValue)
          sums[x / factor * channels.rawValue + channel] += Int(row[index])
        }
      }
      for (index, sum) in sums.enumerated() {
        let x = index / channels.rawValue * factor
        let samples = rows * min(factor, layout.width - x)
        pixels.append(UInt8(min(255, sum * 255 / (samples * layout.maximum))))
      }
    }
    return try Picture(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// Smallest factor that brings the picture within both limits, in pixels.
  static func factor(for layout: PixelLayout, widthLimit: Int, areaLimit: Int) -> Int {
    var factor = max(1, (layout.width + widthLimit - 1) / widthLimit)
    while (layout.width / factor) * (layout.height / factor) > areaLimit { factor += 1 }
    return factor
  }

  private static func channels(of layout: PixelLayout) -> Picture.Channels {
    layout.bytesPerPixel == 1 ? .grey : .rgb
  }

  private static func append(
    _ pixel: ArraySlice<UInt8>, of layout: PixelLayout, to pixels: inout [UInt8]
  ) {
    if layout.format == .bmp {
      // Stored blue first; the fourth byte of 32-bit pixels has no meaning without a mask.
      pixels.append(contentsOf: pixel.prefix(3).reversed())
    } else {
      pixels.append(contentsOf: pixel)
    }
  }

  private static func wholeRow(
    _ file: borrowing FileBytes, at offset: Int, count: Int
  ) throws -> [UInt8] {
    let row = try file.read(at: offset, count: count)
    // The file may have shrunk since its size was taken.
    guard row.count == count else {
      throw PictureError.truncated(expected: offset + count, found: offset + row.count)
    }
    return row
  }
}
