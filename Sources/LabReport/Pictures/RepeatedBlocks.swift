import HostKit
import Pictures

/// Which blocks of an encrypted file have an equal, over the original: what ECB tells whoever listens.
extension FigureMaker {
  /// Bytes of the largest encrypted file that is looked at.
  private static let repeatLimit = 16 << 20

  /// Nil where no block comes twice, or the original is no file of plain pixels.
  func repeats(path: String, originalPath: String) -> ReportFigure? {
    do {
      let original = try FileBytes(originalPath)
      let header = try original.read(at: 0, count: PixelLayout.headerLimit)
      guard let layout = try PixelLayout.parse(header: header, fileSize: original.size),
        layout.bytesPerPixel > 0
      else { return nil }
      let encrypted = try FileBytes(path)
      guard encrypted.size <= Self.repeatLimit, layout.end <= encrypted.size else { return nil }
      let hasEqual = Self.blocksWithEqual(try encrypted.read(at: 0, count: encrypted.size))
      guard hasEqual.contains(true) else { return nil }
      let window = PixelWindow.middle(of: layout, limits)
      let picture = try PixelFile.crop(original, layout: layout, window: window)
      return try .image(
        Self.tinted(picture, window, layout, hasEqual),
        caption:
          "The original in grey; orange is what lies in blocks that occur more than once. The original is there to compare with: an eavesdropper sees the blocks alone."
      )
    } catch {
      // The figures of the two files say why.
      return nil
    }
  }

  private static func blocksWithEqual(_ bytes: [UInt8]) -> [Bool] {
    let size = BlockStatistics.blockSize
    let blocks = bytes.withUnsafeBytes { raw in
      (0..<raw.count / size).map { raw.loadUnaligned(fromByteOffset: $0 * size, as: UInt128.self) }
    }
    var counts: [UInt128: Int] = [:]
    for block in blocks { counts[block, default: 0] += 1 }
    return blocks.map { counts[$0, default: 0] > 1 }
  }

  private static let orange: [Int] = [255, 110, 0]

  private static func tinted(
    _ picture: Picture, _ window: PixelWindow, _ layout: PixelLayout, _ hasEqual: [Bool]
  ) throws(PictureError) -> Picture {
    let size = picture.channels.rawValue
    var pixels: [UInt8] = []
    pixels.reserveCapacity(picture.width * picture.height * 3)
    for y in 0..<picture.height {
      let row = layout.rowOffset(window.y + y) + window.x * layout.bytesPerPixel
      for x in 0..<picture.width {
        let start = (y * picture.width + x) * size
        let grey = picture.pixels[start..<start + size].reduce(0) { $0 + Int($1) } / size
        let block = (row + x * layout.bytesPerPixel) / BlockStatistics.blockSize
        let isRepeated = block < hasEqual.count && hasEqual[block]
        for tint in orange { pixels.append(UInt8(isRepeated ? (grey + 2 * tint) / 3 : grey)) }
      }
    }
    return try Picture(
      width: picture.width, height: picture.height, channels: .rgb, pixels: pixels)
  }
}
