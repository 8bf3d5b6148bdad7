import CLibvirt
import Glibc
import HostKit
import LabCore

/// Files to and from a pool, by way of the daemon, so that nobody else has to be let into either folder.
extension LibvirtVolume {
  private static let pieceSize = 256 << 10

  /// Fills the volume from its beginning with the files, one after the other.
  func upload(_ files: [String]) throws(LibvirtError) {
    var stream = try LibvirtStream(pool.connection)
    try checked(virStorageVolUpload(pointer, stream.pointer, 0, 0, 0))
    for file in files {
      let descriptor = open(file, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .file(file) }
      defer { close(descriptor) }
      try stream.send(descriptor, of: file, Self.pieceSize)
    }
    try stream.finish()
  }

  /// At most `limit` bytes from `offset` on.
  func download(from offset: UInt64 = 0, limit: UInt64) throws(LibvirtError) -> [UInt8] {
    var stream = try LibvirtStream(pool.connection)
    try checked(virStorageVolDownload(pointer, stream.pointer, offset, limit, 0))
    let bytes = try stream.receive(limit: Int(limit))
    try stream.finish()
    return bytes
  }

  /// Bytes that the file has.
  func size() throws(LibvirtError) -> UInt64 {
    var info = virStorageVolInfo()
    try checked(virStorageVolGetInfo(pointer, &info))
    return info.capacity
  }
}

/// A stream of bytes between this process and the daemon.
struct LibvirtStream: ~Copyable {
  let pointer: virStreamPtr
  private var isFinished = false

  init(_ connection: LibvirtConnection) throws(LibvirtError) {
    pointer = try checked(virStreamNew(connection.pointer, 0))
  }

  deinit {
    if !isFinished { virStreamAbort(pointer) }
    virStreamFree(pointer)
  }

  mutating func finish() throws(LibvirtError) {
    isFinished = true
    try checked(virStreamFinish(pointer))
  }

  func send(_ descriptor: Int32, of file: String, _ pieceSize: Int) throws(LibvirtError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count == 0 { return }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .file(file) }
      try send(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws(LibvirtError) {
    var sent = 0
    while sent < bytes.count {
      let rest = bytes[sent...]
      let count = try checked(
        virStreamSend(
          pointer,
          UnsafeRawBufferPointer(rebasing: rest).assumingMemoryBound(to: CChar.self)
            .baseAddress, rest.count))
      sent += Int(count)
    }
  }

  func receive(limit: Int) throws(LibvirtError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [CChar](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = try checked(
        virStreamRecv(pointer, &buffer, min(buffer.count, limit - bytes.count)))
      if count == 0 { break }
      bytes += buffer[..<Int(count)].map { UInt8(bitPattern: $0) }
    }
    return bytes
  }
}

extension LibvirtError {
  /// A file of this machine that cannot be read.
  static func file(_ path: String) -> LibvirtError {
    LibvirtError(code: VIR_ERR_OPERATION_FAILED, description: "\(path): \(SystemError.last)")
  }
}
