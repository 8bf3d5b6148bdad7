import Foundation
import HostKit
import LabCore
import PiCrypto

/// Pictures of exactly the size that is asked for: binary PPM (P6), its left half large plain areas, its right
/// half detail that no block of it repeats. The same size gives the same bytes.
struct PictureGenerator {
  /// Bytes of the file.
  let size: Int
  let width: Int
  let height: Int
  private let header: [UInt8]

  /// A header and one pixel.
  static let least = 14
  /// Comments beyond it make some programs refuse the file.
  private static let longestPadding = 3000
  private static let bytesPerPixel = 3

  /// - Parameter size: bytes, `least` or more.
  init(size: Int) {
    precondition(size >= Self.least)
    self.size = size
    (width, height) = Self.dimensions(size)
    header = Self.header(width, height, total: size - width * height * Self.bytesPerPixel)
  }

  /// Near four to three, with as little left over as can be had.
  private static func dimensions(_ size: Int) -> (width: Int, height: Int) {
    // The header has at most this, with a width and a height of five digits each.
    let pixels = max(1, (size - 22) / bytesPerPixel)
    let ideal = max(1, Int((Double(pixels) * 4 / 3).squareRoot()))
    var best = (width: ideal, rest: pixels % ideal)
    for width in ideal..<(ideal + ideal / 4 + 1) where pixels % width < best.rest {
      best = (width, pixels % width)
    }
    return (best.width, max(1, pixels / best.width))
  }

  /// White space and a comment fill it up to `total` bytes.
  private static func header(_ width: Int, _ height: Int, total: Int) -> [UInt8] {
    let plain = "P6\n\(width) \(height)\n255\n"
    let padding = total - plain.utf8.count
    precondition(padding >= 0 && padding <= longestPadding, "no picture of this size")
    // Before the width, where the format allows any number of blanks and comments.
    let filler =
      padding < 2
      ? String(repeating: " ", count: padding)
      : "#" + String(repeating: "-", count: padding - 2) + "\n"
    return Array("P6\n\(filler)\(width) \(height)\n255\n".utf8)
  }

  /// Writes the file; it must not exist.
  func write(to path: String) throws(LabError) {
    let file: NewFile
    do throws(SystemFault) { file = try NewFile(path) } catch { throw Self.failure(path, error) }
    try Self.append(header, to: file)
    var rows: [UInt8] = []
    let rowBytes = width * Self.bytesPerPixel
    rows.reserveCapacity((1 << 20) + rowBytes)
    var random = SeededRandom(seed: UInt64(size))
    for y in 0..<height {
      if Task.isCancelled { throw .cancelled }
      appendRow(y, to: &rows, &random)
      guard rows.count >= 1 << 20 || y == height - 1 else { continue }
      try Self.append(rows, to: file)
      rows.removeAll(keepingCapacity: true)
    }
  }

  private static let colors: [(UInt8, UInt8, UInt8)] = [
    (158, 206, 240), (255, 205, 60), (86, 152, 72), (168, 62, 48), (240, 224, 190), (44, 62, 92),
  ]

  private func appendRow(_ y: Int, to rows: inout [UInt8], _ random: inout SeededRandom) {
    let plain = width / 2
    let band = y * 4 / height
    for field in 0..<3 {
      let color = Self.colors[(band * 2 + field) % Self.colors.count]
      for _ in (plain * field / 3)..<(plain * (field + 1) / 3) {
        rows.append(color.0)
        rows.append(color.1)
        rows.append(color.2)
      }
    }
    var bytes = (width - plain) * Self.bytesPerPixel
    while bytes >= 8 {
      withUnsafeBytes(of: random.next()) { rows.append(contentsOf: $0) }
      bytes -= 8
    }
    if bytes > 0 {
      withUnsafeBytes(of: random.next()) { rows.append(contentsOf: $0.prefix(bytes)) }
    }
  }

  private static func append(
    _ bytes: [UInt8], to file: borrowing NewFile
  ) throws(LabError) {
    do throws(SystemFault) { try file.write(bytes) } catch { throw failure(file.path, error) }
  }

  private static func failure(_ path: String, _ fault: SystemFault) -> LabError {
    LabError(
      .pictureFailed, "cannot write the picture \(path)", step: "prepare",
      hint: fault.hint ?? "is the disk full?", cause: fault.description)
  }
}
