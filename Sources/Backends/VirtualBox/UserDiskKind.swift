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
    let file = try DiskImage.opened(path, board: board)
    if ["ova", "ovf"].contains((path as NSString).pathExtension.lowercased()) {
      return .appliance(path)
    }
    let head = try bytes(of: file, 512, at: 0, board)
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
    case .raw where try isHybridISO(file, board): return .cd(path)
    case .raw, .qcow2:
      throw LabError(
        .boardNotCreated,
        "VirtualBox cannot boot from \(path): it is a \(image.format.rawValue) image",
        board: board, step: "create",
        hint: "convert it: qemu-img convert -O vdi '\(path)' NEW.vdi; "
          + "or, of a raw one: VBoxManage convertfromraw '\(path)' NEW.vdi")
    }
  }

  private static func bytes(
    of file: RegularFile, _ count: Int, at offset: Int64, _ board: String
  ) throws(LabError) -> [UInt8] {
    do throws(RegularFile.Problem) { return try file.bytes(count, at: offset) } catch {
      throw DiskImage.refused(file.path, error, board)
    }
  }

  /// A CD that can be written to a USB stick too begins as a disk does.
  private static func isHybridISO(_ file: RegularFile, _ board: String) throws(LabError) -> Bool {
    try bytes(of: file, 5, at: 32_769, board).elementsEqual("CD001".utf8)
  }
}
