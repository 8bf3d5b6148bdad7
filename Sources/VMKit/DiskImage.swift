import Foundation
import HostKit
import LabCore

/// A disk image of the user's: its format and size, as its first bytes tell.
package struct DiskImage: Sendable, Equatable {
  /// How a disk image's bytes are laid out.
  package enum Format: String, Sendable {
    case qcow2, vdi, raw
    /// A CD that is booted from.
    case iso
  }

  package var path: String
  package var format: Format
  /// Bytes that the machine sees.
  package var size: UInt64

  /// - Throws: `.boardNotCreated`: missing, unreadable, or no disk image.
  package static func examine(_ path: String, board: String) throws(LabError) -> DiskImage {
    let file = try opened(path, board: board)
    let head: [UInt8]
    do throws(RegularFile.Problem) { head = try file.bytes(headLength) } catch {
      throw refused(path, error, board)
    }
    guard let image = DiskImage(path: path, head: head, bytes: UInt64(file.size)) else {
      throw LabError(
        .boardNotCreated, "the disk image \(path) is empty, damaged, or depends on another file",
        board: board, step: "create",
        hint: "look at it with: qemu-img info '\(path)'; "
          + "make one that stands alone with: qemu-img convert -O qcow2 '\(path)' NEW.qcow2")
    }
    return image
  }

  /// - Throws: `.boardNotCreated`: missing, unreadable, or no regular file.
  package static func opened(_ path: String, board: String) throws(LabError) -> RegularFile {
    do throws(RegularFile.Problem) { return try RegularFile(path) } catch {
      throw refused(path, error, board)
    }
  }

  /// What is said of a file that cannot be read.
  package static func refused(
    _ path: String, _ problem: RegularFile.Problem, _ board: String
  ) -> LabError {
    var what = "cannot be read"
    var cause: String? = problem.description
    switch problem {
    case .missing: what = "cannot be found"
    case .folder, .special: (what, cause) = ("is not a regular file", nil)
    case .unreadable, .larger: break
    }
    return LabError(
      .boardNotCreated, "the disk image \(path) \(what)", board: board, step: "create", cause: cause
    )
  }

  /// Up to and with the first volume descriptor of ISO 9660.
  private static let headLength = 32_768 + 2048
  private static let sector: UInt64 = 512

  /// Nil for what cannot be a disk that stands by itself.
  package init?(path: String, head: [UInt8], bytes: UInt64) {
    self.path = path
    if head.starts(with: [0x51, 0x46, 0x49, 0xFB]) {
      // docs/interop/qcow2.txt of QEMU: version at 4, backing file at 8, size at 24; big-endian.
      guard bytes >= 72, [2, 3].contains(Self.big(head, 4, 4)), Self.big(head, 8, 8) == 0 else {
        return nil
      }
      (format, size) = (.qcow2, Self.big(head, 24, 8))
    } else if Self.little(head, 0x40, 4) == 0xBEDA_107F {
      // VirtualBox's VDICore: type at 0x4C, where 1 and 2 stand alone; size at 0x170; little-endian.
      guard [1, 2].contains(Self.little(head, 0x4C, 4)) else { return nil }
      (format, size) = (.vdi, Self.little(head, 0x170, 8))
    } else if head.count > 32_774, head[32_769..<32_774].elementsEqual("CD001".utf8),
      !(head[510] == 0x55 && head[511] == 0xAA)
    {
      (format, size) = (.iso, bytes)
    } else {
      (format, size) = (.raw, bytes / Self.sector * Self.sector)
    }
    guard size >= Self.sector else { return nil }
  }

  private static func big(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    guard bytes.count >= offset + count else { return .max }
    return bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func little(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    guard bytes.count >= offset + count else { return .max }
    return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension DiskImage {
  /// What keeps another user from reading the file: the first part of its path that only some may pass.
  package var obstacle: String? {
    var url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    var need: mode_t = S_IROTH
    while true {
      var status = stat()
      guard stat(url.path, &status) == 0, status.st_mode & need == need else { return url.path }
      guard url.path != "/" else { return nil }
      url.deleteLastPathComponent()
      need = S_IXOTH
    }
  }
}
