import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults

/// The pictures of a run as they were when it began. These copies are what boards get and what is compared, so that
/// nobody who saves, moves or removes a picture meanwhile can make boards look wrong, or lose a run.
struct TakenPictures: Sendable {
  private struct Picture: Sendable {
    let source: String
    let copy: String
    let version: FileVersion
  }

  private let folder: String
  private var pictures: [Picture] = []

  /// - Parameter runs: the lab's folder of runs; what a killed pilab leaves there is swept.
  init(of exchanges: [Exchange], in runs: String) throws(LabError) {
    folder = RunFolder.workPath(of: "\(runs)/pictures")
    do throws(LabError) {
      for exchange in exchanges where copy(of: exchange.image) == nil {
        try take(exchange.image)
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
      exchange.image = copy(of: exchange.image) ?? exchange.image
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
    let isSame = (try? Evidence.areIdentical(picture.source, copy)) ?? false
    return isSame ? nil : .changed
  }

  func remove() {
    guard FileStatus(folder) != nil else { return }
    // What cannot be removed now is swept by the next run.
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func copy(of source: String) -> String? {
    pictures.first { $0.source == source }?.copy
  }

  /// In a folder of its own, where it keeps its name.
  private mutating func take(_ source: String) throws(LabError) {
    guard let version = FileVersion(source) else {
      throw Self.unreadable(source, SystemFault(path: source, .read))
    }
    let place = "\(folder)/\(pictures.count)"
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
    pictures.append(Picture(source: source, copy: copy, version: version))
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
    switch change {
    case .changed:
      warnings.append(
        "The file \(image.name) was changed while the run used it. "
          + "The run sent it, and judges it, as it was at the beginning.")
    case .removed:
      warnings.append(
        "The file \(image.name) was removed or renamed while the run used it. "
          + "The run sent it, and judges it, as it was at the beginning.")
    }
  }
}
