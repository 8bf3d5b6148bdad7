import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import Pictures

/// The pictures of a run as they were when it began. These copies are what boards get and what is compared, so that
/// nobody who saves, moves or removes a picture meanwhile can make boards look wrong, or lose a run.
struct TakenPictures: Sendable {
  private struct Picture: Sendable {
    let source: String
    let settings: PixelSettings?
    /// Of the user's file, as it was.
    let taken: String
    let version: FileVersion
    /// What is sent: the same, or its pixels.
    var copy: String
    /// Of pixels.
    var origin: PictureSource?
  }

  private let folder: String
  private var pictures: [Picture] = []

  /// - Parameter runs: the lab's folder of runs; what a killed pilab leaves there is swept.
  init(of exchanges: [Exchange], in runs: String) throws(LabError) {
    folder = RunFolder.workPath(of: "\(runs)/pictures")
    do throws(LabError) {
      for exchange in exchanges where copy(for: exchange) == nil {
        var picture = try take(exchange.image, exchange.pixels)
        if let settings = exchange.pixels { try convert(&picture, settings) }
        pictures.append(picture)
      }
    } catch {
      remove()
      throw error
    }
  }

  /// The exchanges as they send the copies.
  func sending(_ exchanges: [Exchange]) -> [Exchange] {
    exchanges.map { exchange in
      var exchange = exchange
      exchange.image = copy(for: exchange) ?? exchange.image
      return exchange
    }
  }

  /// What has become of the file that a copy was taken from; nil where it is as it was.
  func change(of copy: String) -> ImageReport.SourceChange? {
    guard let picture = pictures.first(where: { $0.copy == copy }) else { return nil }
    guard let now = FileVersion(picture.source) else { return .removed }
    guard now != picture.version else { return nil }
    guard now.bytes == picture.version.bytes else { return .changed }
    // A file that cannot be read any more is not the file that was sent.
    let isSame = (try? Evidence.areIdentical(picture.source, picture.taken)) ?? false
    return isSame ? nil : .changed
  }

  /// The user's picture, where a copy is its pixels.
  func source(of copy: String) -> PictureSource? {
    pictures.first { $0.copy == copy }?.origin
  }

  func remove() {
    guard FileStatus(folder) != nil else { return }
    // What cannot be removed now is swept by the next run.
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func copy(for exchange: Exchange) -> String? {
    pictures.first { $0.source == exchange.image && $0.settings == exchange.pixels }?.copy
  }

  /// In a folder of its own, where it keeps its name.
  private func take(
    _ source: String, _ settings: PixelSettings?
  ) throws(LabError) -> Picture {
    guard let version = FileVersion(source) else {
      throw Self.unreadable(source, SystemFault(path: source, .read))
    }
    // Of pixels one deeper, because a picture may be called what its pixels are.
    let place = "\(folder)/\(pictures.count)" + (settings == nil ? "" : "/source")
    let copy = "\(place)/\(ImageName.last(of: source))"
    do {
      try FileManager.default.createDirectory(
        atPath: place, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try FileCopy.copy(from: source, to: copy, permissions: FileAccess.data.rawValue) {
        if Task.isCancelled { throw LabError.cancelled }
      }
    } catch let error as LabError { throw error } catch {
      let isReadable = access(source, R_OK) == 0
      throw Self.uncopied(
        source,
        isReadable
          ? SystemFault(error, path: copy, .make) : SystemFault(error, path: source, .read))
    }
    return Picture(
      source: source, settings: settings, taken: copy, version: version, copy: copy)
  }

  private func convert(
    _ picture: inout Picture, _ settings: PixelSettings
  ) throws(LabError) {
    let conversion: PixelConversion
    do throws(PictureError) {
      conversion = try PixelConversion(
        path: picture.taken, width: settings.width, colours: settings.colours)
    } catch { throw Self.noPicture(picture.source, error) }
    let name = ImageName.last(of: picture.source)
    let stem = name.dropLast(ImageName.suffix(of: name).count)
    picture.copy = "\(folder)/\(pictures.count)/\(stem).ppm"
    do {
      try Data(conversion.ppm).write(to: URL(filePath: picture.copy))
    } catch {
      throw Self.uncopied(picture.source, SystemFault(error, path: picture.copy, .make))
    }
    let file = conversion.source
    picture.origin = PictureSource(
      name: name, format: file.format, bytes: UInt64(picture.version.bytes),
      sha256: try Evidence.sha256(of: picture.taken), size: (file.width, file.height),
      sent: (conversion.width, conversion.height), colours: settings.colours)
  }

  private static func noPicture(_ path: String, _ error: PictureError) -> LabError {
    LabError(
      .imageNoPicture, "the image \(path) cannot be sent as pixels", step: "prepare",
      hint: hint(error), cause: error.description)
  }

  static func hint(_ error: PictureError) -> String {
    switch error {
    case .tooLarge, .tooLong:
      // It is decoded before --width can make it smaller.
      "make it smaller with another program first (convert BIG -resize 4000x4000 SMALL.png); --width then sets what "
        + "is sent of it"
    default:
      "PNG, JPEG, BMP and Netpbm can; send the file as it is without --pixels, or without "
        + "`pixels` in the manifest"
    }
  }

  private static func uncopied(_ path: String, _ fault: SystemFault) -> LabError {
    guard fault.isLackOfSpace || fault.number == EROFS else { return unreadable(path, fault) }
    return LabError(
      .diskFull, "there is no room for a copy of the image \(path)", fault, step: "prepare",
      hint: "make room, or run pilab in a folder on a larger disk")
  }

  private static func unreadable(_ path: String, _ fault: SystemFault) -> LabError {
    LabError(
      .imageUnreadable, "cannot take a copy of the image \(path)", fault, step: "prepare",
      hint: "name another with --image FILE, or change `image` in the manifest")
  }
}

/// Tells one state of a file from another, as far as the file system does.
private struct FileVersion: Equatable {
  let bytes: off_t
  private let device: dev_t
  private let inode: ino_t
  private let modified: [Int]

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (bytes, device, inode) = (status.st_size, status.st_dev, status.st_ino)
    modified =
      [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      + [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  }
}

extension ExchangeResult {
  /// Says what has become of the picture since it was taken.
  mutating func note(_ change: ImageReport.SourceChange?) {
    guard let change else { return }
    image.sourceChange = change
    let name = image.source?.name ?? image.name
    switch change {
    case .changed:
      warnings.append(
        "The file \(name) was changed while the run used it. "
          + "The run sent it, and judges it, as it was at the beginning.")
    case .removed:
      warnings.append(
        "The file \(name) was removed or renamed while the run used it. "
          + "The run sent it, and judges it, as it was at the beginning.")
    }
  }
}
