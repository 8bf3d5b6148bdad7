import Foundation
import HostKit
import LabCore
import VMKit

/// A disk of the user's that a board boots from: an image, or an appliance that holds one.
enum UserDiskKind: Sendable, Equatable {
  /// VirtualBox itself reads it: VDI, VMDK, VHD.
  case disk(String)
  case cd(String)
  /// An .ova or .ovf, imported once for all boards of it.
  case appliance(String)

  /// - Throws: `.boardNotCreated`: missing, unreadable, or nothing that VirtualBox boots from.
  static func examine(_ path: String, board: String) throws(LabError) -> UserDiskKind {
    if ["ova", "ovf"].contains((path as NSString).pathExtension.lowercased()) {
      try checkReadable(path, board)
      return .appliance(path)
    }
    let head = try head(path, board)
    if head.starts(with: Array("KDMV".utf8))
      || head.starts(with: Array("# Disk DescriptorFile".utf8))
      || head.starts(with: Array("conectix".utf8))
    {
      return .disk(path)
    }
    let image = try DiskImage.examine(path, board: board)
    switch image.format {
    case .vdi: return .disk(path)
    case .iso: return .cd(path)
    case .raw where head.count > 510 && isHybridISO(path): return .cd(path)
    case .raw, .qcow2:
      throw LabError(
        .boardNotCreated,
        "VirtualBox cannot boot from \(path): it is a \(image.format.rawValue) image",
        board: board, step: "create",
        hint: "convert it: qemu-img convert -O vdi '\(path)' NEW.vdi; "
          + "or, of a raw one: VBoxManage convertfromraw '\(path)' NEW.vdi")
    }
  }

  private static func checkReadable(_ path: String, _ board: String) throws(LabError) {
    _ = try head(path, board)
  }

  private static func head(_ path: String, _ board: String) throws(LabError) -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw LabError(
        .boardNotCreated, "the disk image \(path) cannot be read", board: board, step: "create",
        cause: SystemError.last.description)
    }
    defer { try? file.close() }
    return [UInt8]((try? file.read(upToCount: 512)) ?? Data())
  }

  /// A CD that can be written to a USB stick too begins as a disk does.
  private static func isHybridISO(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    try? file.seek(toOffset: 32_769)
    return (try? file.read(upToCount: 5)) == Data("CD001".utf8)
  }
}
