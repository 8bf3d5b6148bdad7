import LabCore
import VMKit

extension LibvirtBoard: FileProgress {
  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(LabError) {
    try await put(file, to: path, access: access) { _, _ in }
  }

  func put(
    _ file: String, to path: BoardPath, access: FileAccess,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws(LabError) {
    do throws(LabError) {
      guard try await !has(file, at: path, access: access) else { return }
      try await ssh.files.put(file, to: path, access: access) { done, total in
        progress(UInt64(max(0, done)), UInt64(max(0, total)))
      }
    } catch { throw await explained(error) }
  }
}

extension LibvirtBoard {
  func roomForDisks() async throws(LabError) -> UInt64 {
    let (host, names) = (host, names)
    return try await libvirt(.commandFailed, "cannot ask libvirt for its storage", step: "space") {
      () throws(LibvirtError) in
      guard let pool = try host.connection.pool(named: names.pool) else { return 0 }
      return try pool.available()
    }
  }
}
