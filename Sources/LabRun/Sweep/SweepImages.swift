import Foundation
import HostKit
import LabCore

/// The images of a sweep, with their hashes.
enum SweepImages {
  /// - Parameters:
  ///   - sizes: of pictures to make.
  ///   - files: taken where there are no sizes.
  static func make(
    _ sizes: [UInt64], else files: [String], in folder: String
  ) throws(LabError) -> [SweepImage] {
    var images: [SweepImage] = []
    if sizes.isEmpty {
      for file in files where !images.contains(where: { $0.path == file }) {
        images.append(try image(file, name: ImageName.last(of: file)))
      }
      return images
    }
    do throws(SystemFault) { try Folder.make(folder) } catch {
      throw LabError(
        .pictureFailed, "cannot make \(folder)", error, step: "prepare")
    }
    for size in sizes.sorted() {
      let path = "\(folder)/\(size).ppm"
      try PictureGenerator(size: Int(size)).write(to: path)
      images.append(try image(path, name: ""))
    }
    return images
  }

  private static func image(_ path: String, name: String) throws(LabError) -> SweepImage {
    SweepImage(
      path: path, name: name, bytes: FileStatus(path)?.bytes ?? 0,
      sha256: try Evidence.sha256(of: path))
  }
}
