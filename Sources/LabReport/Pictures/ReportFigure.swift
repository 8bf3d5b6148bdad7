import Foundation
import HostKit
import LabResults
import Pictures

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
    let png = try picture.png()
    // A photo takes a fifth of that as a JPEG; what is transparent stays as it is.
    let isJPEG = png.count > plentyOfBytes && picture.channels != .rgba
    let uri = try isJPEG ? dataURI("image/jpeg", picture.jpeg()) : dataURI("image/png", png)
    return ReportFigure(
      content: .image(dataURI: uri, width: picture.width, height: picture.height),
      caption: isJPEG ? caption + " Drawn as a JPEG, which keeps this page small." : caption)
  }

  /// Encrypted bytes as pixels: what cannot be compressed gets fewer colours, which leaves equal pixels equal.
  static func bytes(_ picture: Picture, caption: String) throws(PictureError) -> ReportFigure {
    let png = try picture.png()
    guard png.count > plentyOfBytes else {
      return ReportFigure(
        content: .image(
          dataURI: dataURI("image/png", png), width: picture.width, height: picture.height),
        caption: caption)
    }
    let coarse = try picture.inFourLevels()
    return ReportFigure(
      content: .image(
        dataURI: dataURI("image/png", try coarse.png()), width: coarse.width,
        height: coarse.height),
      caption: caption + " Only the two upper bits of each byte, which keeps this page small.")
  }

  /// Of a PNG; two of that size with two ciphertexts leave the page below 1 MB.
  private static let plentyOfBytes = 160 << 10

  static func dataURI(_ type: String, _ bytes: [UInt8]) -> String {
    "data:\(type);base64,\(Data(bytes).base64EncodedString())"
  }
}

/// Turns the files of one exchange into figures. What cannot be drawn becomes a sentence: a report
/// of a failed run must still be written.
struct FigureMaker {
  /// Pixels of the largest picture, and what is tried where those are too many.
  static let areaLimits = [640 * 480, 400 * 330, 320 * 240, 200 * 150, 128 * 96, 64 * 48]
  /// A file of up to this is embedded as it is.
  static let embedLimit = 1 << 20
  let limits: PictureLimits

  init(areaLimit: Int = FigureMaker.areaLimits[0]) { limits = PictureLimits(area: areaLimit) }

  static let noiseSide = 256

  /// A file that should be a picture in the clear: the original or the decrypted image.
  func clear(path: String) -> ReportFigure {
    attempt {
      let file = try FileBytes(path)
      if let layout = try layout(of: file) { return try clear(file, layout: layout) }
      let magic = try file.read(at: 0, count: 8)
      if let format = CompressedFormat(magic) { return try compressed(file, format) }
      if PlainNetpbm.isOne(magic) { return try plain(file) }
      return .absent("No picture: the file is not a PBM, PGM, PPM, BMP, PNG or JPEG.")
    }
  }

  /// An encrypted file. Where the original is a file of plain pixels, the encrypted bytes are drawn
  /// at the very places of the pixels they replace; else as grey noise.
  func encrypted(path: String, originalPath: String?) -> ReportFigure {
    attempt {
      let file = try FileBytes(path)
      if let originalPath, let layout = readableLayout(of: originalPath), layout.end <= file.size {
        return try inPlace(file, layout: layout)
      }
      return try noise(file)
    }
  }

  private func attempt(_ make: () throws -> ReportFigure) -> ReportFigure {
    do {
      return try make()
    } catch let error as FileBytesError {
      return .absent("No picture: the file cannot be read (\(error.reason)).")
    } catch {
      return .absent("No picture. \(error)")
    }
  }

  private func clear(
    _ file: borrowing FileBytes, layout: PixelLayout
  ) throws -> ReportFigure {
    let factor = limits.factor(layout.width, layout.height)
    let picture = try PixelFile.scaledDown(file, layout: layout, factor: factor)
    let size = "\(layout.width) × \(layout.height) pixels"
    return try .image(
      picture, caption: "\(layout.format.rawValue), \(size)\(Self.scale(factor)).")
  }

  private static func scale(_ factor: Int) -> String {
    factor == 1 ? "" : ", drawn at 1/\(factor) of its size"
  }

  private func inPlace(
    _ file: borrowing FileBytes, layout: PixelLayout
  ) throws -> ReportFigure {
    let window = PixelWindow.middle(of: layout, limits)
    let picture = try PixelFile.crop(file, layout: layout, window: window)
    var caption = "The encrypted bytes, drawn where the original has its pixels."
    if window.width < layout.width || window.height < layout.height {
      caption += " Only the middle \(window.width) × \(window.height) of \(layout.width) × "
      caption += "\(layout.height) pixels, at full size: scaling down would hide a pattern."
    }
    return try .bytes(picture, caption: caption)
  }

  private func noise(_ file: borrowing FileBytes) throws -> ReportFigure {
    guard file.size > 0 else { return .absent("No picture: the file is empty.") }
    let width = min(Self.noiseSide, Int(Double(file.size).squareRoot()))
    let height = min(Self.noiseSide, file.size / width)
    let bytes = try file.read(at: 0, count: width * height)
    let picture = try Picture(width: width, height: height, channels: .grey, pixels: bytes)
    let shown = Human.count(UInt64(bytes.count))
    let all = Human.count(UInt64(file.size))
    let part = bytes.count < file.size ? "The first \(shown) of \(all)" : "All \(all)"
    return try .image(picture, caption: "\(part) encrypted bytes, one grey pixel each.")
  }

  private func compressed(
    _ file: borrowing FileBytes, _ format: CompressedFormat
  ) throws -> ReportFigure {
    let size = Human.bytes(UInt64(file.size))
    guard file.size <= PictureFile.decodeLimit else { return Self.tooLarge(format.name, size) }
    let bytes = try file.read(at: 0, count: file.size)
    // Decoded once, so that the page never shows a broken picture without a word.
    let decoded = try format.decode(bytes)
    let (stored, orientation) = (decoded.picture, decoded.orientation)
    let (width, height) =
      orientation.swapsSides ? (decoded.height, decoded.width) : (decoded.width, decoded.height)
    let pixels = "\(width) × \(height) pixels"
    if decoded.isForBrowsers, orientation == .upright, limits.allow(width, height),
      file.size <= Self.embedLimit
    {
      return ReportFigure(
        content: .image(
          dataURI: ReportFigure.dataURI(format.type, bytes), width: width, height: height),
        caption: "\(format.name), \(size), \(pixels).")
    }
    // Made small before it is turned, which costs the less.
    let limits = orientation.swapsSides ? limits.turned : limits
    let smaller = try stored.reduced(limits)
    let factor = limits.factor(stored.width, stored.height) * decoded.divisor
    return try .image(
      smaller.seen(orientation),
      caption: "\(format.name), \(size), \(pixels)\(Self.scale(factor)).")
  }

  private func plain(_ file: borrowing FileBytes) throws -> ReportFigure {
    let size = Human.bytes(UInt64(file.size))
    guard file.size <= PictureFile.decodeLimit else { return Self.tooLarge("plain Netpbm", size) }
    let plain = try PlainNetpbm(file.read(at: 0, count: file.size))
    let factor = limits.factor(plain.width, plain.height)
    let pixels = "\(plain.width) × \(plain.height) pixels"
    return try .image(
      plain.scaledDown(factor: factor),
      caption: "Plain \(plain.format.rawValue), \(size), \(pixels)\(Self.scale(factor)).")
  }

  private static func tooLarge(_ name: String, _ size: String) -> ReportFigure {
    .absent("No picture: the \(name) file has \(size), more than is drawn (64 MiB).")
  }

  private func layout(of file: borrowing FileBytes) throws -> PixelLayout? {
    let header = try file.read(at: 0, count: PixelLayout.headerLimit)
    return try PixelLayout.parse(header: header, fileSize: file.size)
  }

  /// Nil where the original gives no layout; its own figure says why.
  private func readableLayout(of path: String) -> PixelLayout? {
    do {
      return try layout(of: FileBytes(path))
    } catch {
      return nil
    }
  }
}
