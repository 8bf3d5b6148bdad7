import HostKit

/// Part of a picture, in pixels from its top left corner.
package struct PixelWindow: Equatable {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  /// The middle of the picture, as much of it as the limits allow.
  package static func middle(of layout: PixelLayout, _ limits: PictureLimits) -> PixelWindow {
    let width = min(layout.width, limits.width)
    let height = min(layout.height, limits.height, max(1, limits.area / width))
    return PixelWindow(
      x: (layout.width - width) / 2, y: (layout.height - height) / 2, width: width,
      height: height)
  }
}

/// Draws a file's bytes as pixels: row by row, so memory stays bounded whatever the header says.
package enum PixelFile {
  /// The bytes of a file drawn as pixels of a layout that need not be its own, at full size. Of a channel with two
  /// bytes the higher one is drawn.
  package static func crop(
    _ file: borrowing FileBytes, layout: PixelLayout, window: PixelWindow
  ) throws -> Picture {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(window.width * window.height * layout.channels.rawValue)
    for y in window.y..<window.y + window.height {
      let row = try samples(file, layout, y: y, x: window.x, count: window.width)
      for sample in row {
        let value =
          layout.maximum > 255 ? sample >> 8 : layout.format == .pbm ? sample * 255 : sample
        pixels.append(UInt8(value))
      }
    }
    return try Picture(
      width: window.width, height: window.height, channels: layout.channels, pixels: pixels)
  }

  /// The whole picture, each pixel the average of `factor` by `factor` (fewer at the edges).
  package static func scaledDown(
    _ file: borrowing FileBytes, layout: PixelLayout, factor: Int
  ) throws -> Picture {
    var reducer = RowReducer(
      width: layout.width, channels: layout.channels, maximum: layout.maximum, factor: factor)
    for y in 0..<layout.height {
      reducer.add(try samples(file, layout, y: y, x: 0, count: layout.width))
    }
    return try reducer.finish()
  }

  /// Part of a row, red first.
  private static func samples(
    _ file: borrowing FileBytes, _ layout: PixelLayout, y: Int, x: Int, count: Int
  ) throws -> [UInt16] {
    let start = layout.rowOffset(y)
    guard layout.format != .pbm else {
      let first = x / 8
      let row = try wholeRow(file, at: start + first, count: (x + count + 7) / 8 - first)
      // The highest bit is the leftmost pixel, and 1 is black.
      return (x..<x + count).map { 1 - UInt16(row[$0 / 8 - first] >> (7 - UInt8($0 % 8)) & 1) }
    }
    let size = layout.bytesPerPixel
    let row = try wholeRow(file, at: start + x * size, count: count * size)
    if layout.maximum > 255 {
      return stride(from: 0, to: row.count, by: 2).map {
        UInt16(row[$0]) << 8 | UInt16(row[$0 + 1])
      }
    }
    guard layout.format == .bmp else { return row.map(UInt16.init) }
    var samples: [UInt16] = []
    samples.reserveCapacity(count * 3)
    for pixel in stride(from: 0, to: row.count, by: size) {
      // Stored blue first; the fourth byte of 32-bit pixels has no meaning without a mask.
      for byte in row[pixel..<pixel + 3].reversed() { samples.append(UInt16(byte)) }
    }
    return samples
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

extension PixelLayout {
  fileprivate var channels: Picture.Channels { format == .ppm || format == .bmp ? .rgb : .grey }
}
