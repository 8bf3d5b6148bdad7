import HostKit

/// A picture of any kind that is read here, upright. Memory is bounded whatever the file says.
package struct PictureFile {
  /// As people call it: "JPEG", "plain PPM".
  package let format: String
  /// Of the file, as it is seen.
  package let width: Int
  package let height: Int
  /// At half the file's size or less where the whole is too large to hold; PNG is refused then.
  package let picture: Picture

  /// Bytes of a file that has to be decoded as a whole.
  package static let decodeLimit = 64 << 20

  package init(path: String) throws(PictureError) {
    do {
      let file = try FileBytes(path)
      let header = try file.read(at: 0, count: PixelLayout.headerLimit)
      if let layout = try PixelLayout.parse(header: header, fileSize: file.size) {
        try self.init(file, layout)
      } else {
        try self.init(decoding: file, header)
      }
    } catch let error as PictureError {
      throw error
    } catch {
      throw .unreadable("\(error)")
    }
  }

  private init(_ file: borrowing FileBytes, _ layout: PixelLayout) throws {
    picture = try PixelFile.scaledDown(
      file, layout: layout, factor: Self.factor(layout.width, layout.height))
    (format, width, height) = (layout.format.rawValue, layout.width, layout.height)
  }

  private init(decoding file: borrowing FileBytes, _ header: [UInt8]) throws {
    let compressed = CompressedFormat(header)
    guard compressed != nil || PlainNetpbm.isOne(header) else { throw PictureError.unknown }
    guard file.size <= Self.decodeLimit else { throw PictureError.tooLong(bytes: file.size) }
    let bytes = try file.read(at: 0, count: file.size)
    if let compressed {
      let decoded = try compressed.decode(bytes)
      let isTurned = decoded.orientation.swapsSides
      format = compressed.name
      width = isTurned ? decoded.height : decoded.width
      height = isTurned ? decoded.width : decoded.height
      picture = try decoded.picture.seen(decoded.orientation)
    } else {
      let plain = try PlainNetpbm(bytes)
      (format, width, height) = ("plain \(plain.format.rawValue)", plain.width, plain.height)
      picture = try plain.scaledDown(factor: Self.factor(width, height))
    }
  }

  private static func factor(_ width: Int, _ height: Int) -> Int {
    var factor = 1
    while (width / factor + 1) * (height / factor + 1) > Picture.pixelLimit, factor < width {
      factor += 1
    }
    return factor == 1 || width * height <= Picture.pixelLimit ? 1 : factor
  }
}

extension CompressedFormat {
  /// Of the file at that path; nil where it has none of the two, or cannot be read.
  package init?(of path: String) {
    do { self.init(try FileBytes(path).read(at: 0, count: 8)) } catch { return nil }
  }

  /// Of a file that begins with these bytes; nil where it has none of the two.
  package init?(_ header: [UInt8]) {
    if header.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if header.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }
}
