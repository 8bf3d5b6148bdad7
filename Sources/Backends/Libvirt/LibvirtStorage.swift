import Foundation
import LabCore
import VMKit

/// The files of a lab's machines, in a pool of their own.
struct LibvirtStorage: Sendable {
  let pool: LibvirtPool
  /// Absolute, on this machine.
  let folder: String

  static let kernel = "kernel"
  static func initramfs(_ board: String) -> String { "\(board).initramfs" }
  static func overlay(_ board: String) -> String { "\(board).qcow2" }
  static func consoleLog(_ board: String) -> String { "\(board).console.log" }
  /// Of an overlay without a disk below: it has room for snapshots, which lie beyond its size, and for files that a
  /// board's memory has no room for. It takes from this machine what is written to it.
  static let emptySize: UInt64 = 64 << 30

  func path(_ volume: String) -> String { "\(folder)/\(volume)" }

  /// - Parameter folder: must not exist.
  static func make(
    named name: String, folder: String, mark: PoolMark, on host: LibvirtHost
  ) throws(LibvirtError) -> LibvirtStorage {
    let xml = StorageDescription.pool(named: name, folder: folder, mark: mark)
    let pool = try host.connection.define(pool: xml)
    try pool.start()
    return LibvirtStorage(pool: pool, folder: folder)
  }

  static func find(
    _ record: LabRecord, on host: LibvirtHost
  ) throws(LibvirtError) -> LibvirtStorage? {
    let names = LibvirtNames(record)
    guard let pool = try host.connection.pool(named: names.pool) else { return nil }
    return LibvirtStorage(pool: pool, folder: host.poolFolder(names, in: record))
  }

  /// A volume of the files, one after the other.
  func store(_ files: [String], as name: String) throws(LibvirtError) {
    var bytes: UInt64 = 0
    for file in files {
      var status = stat()
      guard stat(file, &status) == 0 else { throw .file(file) }
      bytes += UInt64(status.st_size)
    }
    try pool.make(volume: StorageDescription.rawVolume(named: name, bytes: bytes)).upload(files)
  }

  func makeOverlay(_ board: String, on disk: DiskImage?) throws(LibvirtError) {
    let backing = disk.map {
      DomainDescription.BackingFile(path: $0.path, format: $0.format.rawValue)
    }
    _ = try pool.make(
      volume: StorageDescription.overlay(
        named: Self.overlay(board), bytes: disk?.size ?? Self.emptySize, backing: backing))
  }

  /// The last bytes of what a board has written to its serial console.
  func consoleLog(_ board: String, limit: UInt64) throws(LibvirtError) -> String {
    // virtlogd has made the file behind the pool's back.
    try pool.refresh()
    guard let volume = try pool.volume(named: Self.consoleLog(board)) else { return "" }
    let size = try volume.size()
    let offset = size > limit ? size - limit : 0
    guard size > offset else { return "" }
    return String(decoding: try volume.download(from: offset, limit: size - offset), as: UTF8.self)
  }
}
