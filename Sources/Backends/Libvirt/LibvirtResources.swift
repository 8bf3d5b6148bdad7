import CLibvirt
import FoundationXML
import Glibc
import VMKit

/// A virtual network as libvirt knows it.
final class LibvirtNetwork: @unchecked Sendable {
  let pointer: virNetworkPtr
  let connection: LibvirtConnection

  init(_ pointer: virNetworkPtr, of connection: LibvirtConnection) {
    self.pointer = pointer
    self.connection = connection
  }

  deinit { virNetworkFree(pointer) }

  var name: String { virNetworkGetName(pointer).map { String(cString: $0) } ?? "" }

  func isActive() throws(LibvirtError) -> Bool { try checked(virNetworkIsActive(pointer)) == 1 }

  func xml() throws(LibvirtError) -> String { try checkedText(virNetworkGetXMLDesc(pointer, 0)) }

  func start() throws(LibvirtError) { try checked(virNetworkCreate(pointer)) }

  /// Takes it away, running or not.
  func remove() throws(LibvirtError) {
    do throws(LibvirtError) {
      if try isActive() { try checked(virNetworkDestroy(pointer)) }
      if try checked(virNetworkIsPersistent(pointer)) == 1 {
        try checked(virNetworkUndefine(pointer))
      }
    } catch {
      if !error.isAbsence { throw error }
    }
  }
}

/// A folder of volumes that the daemon keeps, for QEMU may not be able to look into the caller's folders.
final class LibvirtPool: @unchecked Sendable {
  let pointer: virStoragePoolPtr
  let connection: LibvirtConnection

  init(_ pointer: virStoragePoolPtr, of connection: LibvirtConnection) {
    self.pointer = pointer
    self.connection = connection
  }

  deinit { virStoragePoolFree(pointer) }

  var name: String { virStoragePoolGetName(pointer).map { String(cString: $0) } ?? "" }

  /// Makes the folder.
  func start() throws(LibvirtError) {
    try checked(virStoragePoolBuild(pointer, flag(VIR_STORAGE_POOL_BUILD_NEW)))
    try checked(virStoragePoolCreate(pointer, 0))
  }

  func refresh() throws(LibvirtError) {
    try whenIdle { () throws(LibvirtError) in try checked(virStoragePoolRefresh(pointer, 0)) }
  }

  /// libvirt refuses while it still makes a volume, as for a pilab that was killed meanwhile.
  private func whenIdle(_ body: () throws(LibvirtError) -> Void) throws(LibvirtError) {
    for attempt in 1... {
      do throws(LibvirtError) { return try body() } catch {
        guard error.description.contains("asynchronous jobs running"), attempt < 100 else {
          throw error
        }
        usleep(100_000)
      }
    }
  }

  func xml() throws(LibvirtError) -> String {
    try checkedText(virStoragePoolGetXMLDesc(pointer, 0))
  }

  /// Bytes that its files can still take.
  func available() throws(LibvirtError) -> UInt64 {
    try refresh()
    var info = virStoragePoolInfo()
    try checked(virStoragePoolGetInfo(pointer, &info))
    return info.available
  }

  func make(volume xml: String) throws(LibvirtError) -> LibvirtVolume {
    LibvirtVolume(try checked(virStorageVolCreateXML(pointer, xml, 0)), of: self)
  }

  func volume(named name: String) throws(LibvirtError) -> LibvirtVolume? {
    do throws(LibvirtError) {
      return LibvirtVolume(try checked(virStorageVolLookupByName(pointer, name)), of: self)
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  func volumes() throws(LibvirtError) -> [LibvirtVolume] {
    var list: UnsafeMutablePointer<virStorageVolPtr?>?
    let count = try checked(virStoragePoolListAllVolumes(pointer, &list, 0))
    defer { free(list) }
    return (0..<Int(count)).compactMap { list?[$0].map { LibvirtVolume($0, of: self) } }
  }

  /// Its folder was removed, or moved away, behind libvirt's back.
  private func hasLostFolder() throws(LibvirtError) -> Bool {
    guard let path = try XML.description(try xml()).first("target/path")?.stringValue else {
      return false
    }
    var status = stat()
    return lstat(path, &status) != 0 && errno == ENOENT
  }

  private func forget() throws(LibvirtError) {
    if try checked(virStoragePoolIsActive(pointer)) == 1 {
      try whenIdle { () throws(LibvirtError) in try checked(virStoragePoolDestroy(pointer)) }
    }
    try checked(virStoragePoolUndefine(pointer))
  }

  /// Takes away the folder with all volumes in it, and forgets the pool.
  func remove() throws(LibvirtError) {
    do throws(LibvirtError) {
      guard try !hasLostFolder() else { return try forget() }
      // Of a pool that is not active libvirt does not look at the folder.
      if try checked(virStoragePoolIsActive(pointer)) == 0 { try start() }
      try refresh()
      for volume in try volumes() { try volume.remove() }
      try whenIdle { () throws(LibvirtError) in try checked(virStoragePoolDestroy(pointer)) }
      try checked(virStoragePoolDelete(pointer, 0))
      try checked(virStoragePoolUndefine(pointer))
    } catch {
      if !error.isAbsence { throw error }
    }
  }
}

/// A file of a pool.
final class LibvirtVolume: @unchecked Sendable {
  let pointer: virStorageVolPtr
  let pool: LibvirtPool

  init(_ pointer: virStorageVolPtr, of pool: LibvirtPool) {
    self.pointer = pointer
    self.pool = pool
  }

  deinit { virStorageVolFree(pointer) }

  /// Absolute, on the daemon's machine.
  func path() throws(LibvirtError) -> String { try checkedText(virStorageVolGetPath(pointer)) }

  func remove() throws(LibvirtError) {
    do throws(LibvirtError) { try checked(virStorageVolDelete(pointer, 0)) } catch {
      if !error.isAbsence { throw error }
    }
  }
}
