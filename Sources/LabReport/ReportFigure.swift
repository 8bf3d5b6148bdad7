import Foundation

/// A picture for the report, or the sentence that stands in its place.
struct ReportFigure: Equatable {
  var content: Content
  /// A sentence on what is drawn and how.
  var caption: String

  enum Content: Equatable {
    /// Pixels on the page; zero where they are unknown (JPEG).
    case image(dataURI: String, width: Int, height: Int)
    case absent
  }

  static func absent(_ reason: String) -> ReportFigure {
    ReportFigure(content: .absent, caption: reason)
  }

  static func image(_ picture: Picture, caption: String) throws(PictureError) -> ReportFigure {
    let uri = try dataURI("image/png", picture.png())
    return ReportFigure(
      content: .image(dataURI: uri, width: picture.width, height: picture.height),
      caption: caption)
  }

  static func dataURI(_ type: String, _ bytes: [UInt8]) -> String {
    "data:\(type);base64,\(Data(bytes).base64EncodedString())"
  }
}

/// Turns the files of one exchange into figures. What cannot be drawn becomes a sentence: a report
/// of a failed run must still be written.
enum FigureMaker {
  static let widthLimit = 640
  static let areaLimit = 640 * 480
  static let embedLimit = 1 << 20
  static let noiseSide = 256

  /// A file that should be a picture in the clear: the original or the decrypted image.
  static func clear(path: String) -> ReportFigure {
    attempt {
      let file = try FileBytes(path)
      if let layout = try layout(of: file) { return try clear(file, layout: layout) }
      let magic = try file.read(at: 0, count: 8)
      if magic.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
        return try embedded(file, type: "image/png", name: "PNG")
      }
      if magic.starts(with: [0xFF, 0xD8, 0xFF]) {
        return try embedded(file, type: "image/jpeg", name: "JPEG")
      }
      return .absent("No picture: the file is none of PPM, PGM, BMP, PNG and JPEG.")
    }
  }

  /// An encrypted file. Where the original is a file of plain pixels, the encrypted bytes are drawn
  /// at the very places of the pixels they replace; else as grey noise.
  static func encrypted(path: String, originalPath: String?) -> ReportFigure {
    attempt {
      let file = try FileBytes(path)
      if let originalPath, let layout = readableLayout(of: originalPath), layout.end <= file.size {
        return try inPlace(file, layout: layout)
      }
      return try noise(file)
    }
  }

  private static func attempt(_ make: () throws -> ReportFigure) -> ReportFigure {
    do {
      return try make()
    } catch let error as FileBytesError {
      return .absent("No picture: the file cannot be read (\(error.reason)).")
    } catch {
      return .absent("No picture. \(error)")
    }
  }

  private static func clear(
    _ file: borrowing FileBytes, layout: PixelLayout
  ) throws -> ReportFigure {
    let factor = PixelFile.factor(for: layout, widthLimit: widthLimit, areaLimit: areaLimit)
    let picture = try PixelFile.scaledDown(file, layout: layout, factor: factor)
    let size = "\(layout.width) × \(layout.height) pixels"
    let scale = factor == 1 ? "" : ", drawn at 1/\(factor) of its size"
    return try .image(picture, caption: "\(layout.format.rawValue), \(size)\(scale).")
  }

  private static func inPlace(
    _ file: borrowing FileBytes, layout: PixelLayout
  ) throws -> ReportFigure {
    let window = PixelWindow.middle(of: layout, widthLimit: widthLimit, areaLimit: areaLimit)
    let picture = try PixelFile.crop(file, layout: layout, window: window)
    var caption = "The encrypted bytes, drawn where the original has its pixels."
    if window.width < layout.width || window.height < layout.height {
      caption += " Only the middle \(window.width) × \(window.height) of \(layout.width) × "
      caption += "\(layout.height) pixels, at full size: scaling down would hide a pattern."
    }
    return try .image(picture, caption: caption)
  }

  private static func noise(_ file: borrowing FileBytes) throws -> ReportFigure {
    guard file.size > 0 else { return .absent("No picture: the file is empty.") }
    let width = min(noiseSide, Int(Double(file.size).squareRoot()))
    let height = min(noiseSide, file.size / width)
    let bytes = try file.read(at: 0, count: width * height)
    let picture = try Picture(width: width, height: height, channels: .grey, pixels: bytes)
    let shown = Human.count(UInt64(bytes.count))
    let all = Human.count(UInt64(file.size))
    let part = bytes.count < file.size ? "The first \(shown) of \(all)" : "All \(all)"
    return try .image(picture, caption: "\(part) encrypted bytes, one grey pixel each.")
  }

  private static func embedded(
    _ file: borrowing FileBytes, type: String, name: String
  ) throws -> ReportFigure {
    let size = Human.bytes(UInt64(file.size))
    guard file.size <= embedLimit else {
      return .absent("No picture: the \(name) file has \(size), more than is embedded (1 MiB).")
    }
    let bytes = try file.read(at: 0, count: file.size)
    // Decoded once, so that the page never shows a broken picture without a word.
    let picture = name == "PNG" ? try Picture(png: bytes) : nil
    let pixels = picture.map { ", \($0.width) × \($0.height) pixels" } ?? ""
    return ReportFigure(
      content: .image(
        dataURI: ReportFigure.dataURI(type, bytes), width: picture?.width ?? 0,
        height: picture?.height ?? 0),
      caption: "\(name), \(size)\(pixels).")
  }

  private static func layout(of file: borrowing FileBytes) throws -> PixelLayout? {
    let header = try file.read(at: 0, count: PixelLayout.headerLimit)
    return try PixelLayout.parse(header: header, fileSize: file.size)
  }

  /// Nil where the original gives no layout; its own figure says why.
  private static func readableLayout(of path: String) -> PixelLayout? {
    do {
      return try layout(of: FileBytes(path))
    } catch {
      return nil
    }
  }
}
