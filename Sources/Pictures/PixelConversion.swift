/// A picture as a file of plain pixels: a PPM (netpbm.sourceforge.net/doc/ppm.html), on white where it was transparent.
package struct PixelConversion {
  package let source: PictureFile
  package let width: Int
  package let height: Int
  /// Bytes of the file.
  package let ppm: [UInt8]

  /// - Parameters:
  ///   - columns: Pixels of a row at most; a picture is never made larger.
  ///   - colours: How many are left; nil leaves all.
  package init(path: String, width columns: Int, colours: Int?) throws(PictureError) {
    source = try PictureFile(path: path)
    var picture = try source.picture.onWhite().scaled(toWidth: columns)
    if let colours { picture = try picture.reduced(toColours: colours) }
    (width, height) = (picture.width, picture.height)
    ppm = Array("P6\n\(picture.width) \(picture.height)\n255\n".utf8) + picture.pixels
  }
}

extension Picture {
  /// In three channels, with white behind what is transparent.
  func onWhite() throws(PictureError) -> Picture {
    var colours: [UInt8] = []
    colours.reserveCapacity(width * height * 3)
    switch channels {
    case .rgb: return self
    case .grey:
      for value in pixels { for _ in 0..<3 { colours.append(value) } }
    case .rgba:
      for pixel in stride(from: 0, to: pixels.count, by: 4) {
        let alpha = Int(pixels[pixel + 3])
        for channel in 0..<3 {
          let value = Int(pixels[pixel + channel]) * alpha + 255 * (255 - alpha)
          colours.append(UInt8((value + 127) / 255))
        }
      }
    }
    return try Picture(width: width, height: height, channels: .rgb, pixels: colours)
  }

  /// Each pixel the average of the area that it stands for, parts of pixels counted as such. Equal areas stay equal.
  func scaled(toWidth columns: Int) throws(PictureError) -> Picture {
    guard columns < width else { return self }
    let rows = max(1, (height * columns + width / 2) / width)
    let count = columns * channels.rawValue
    let weight = UInt64(width * height)
    var sums = [UInt64](repeating: 0, count: count)
    var result: [UInt8] = []
    result.reserveCapacity(rows * count)
    for y in 0..<height {
      let row = narrowed(y, to: columns)
      // In units of which a source row has `rows` and a target row `height`.
      var (start, end) = (y * rows, (y + 1) * rows)
      while start < end {
        let boundary = min(end, (start / height + 1) * height)
        for index in 0..<count { sums[index] += UInt64(row[index]) * UInt64(boundary - start) }
        if boundary % height == 0 {
          for index in 0..<count {
            result.append(UInt8((sums[index] + weight / 2) / weight))
            sums[index] = 0
          }
        }
        start = boundary
      }
    }
    return try Picture(width: columns, height: rows, channels: channels, pixels: result)
  }

  /// One row, each value `width` times the average.
  private func narrowed(_ y: Int, to columns: Int) -> [UInt32] {
    let size = channels.rawValue
    var row = [UInt32](repeating: 0, count: columns * size)
    for x in 0..<width {
      let source = (y * width + x) * size
      var start = x * columns
      let end = start + columns
      while start < end {
        let column = start / width
        let boundary = min(end, (column + 1) * width)
        for channel in 0..<size {
          row[column * size + channel] +=
            UInt32(pixels[source + channel]) * UInt32(boundary - start)
        }
        start = boundary
      }
    }
    return row
  }
}
