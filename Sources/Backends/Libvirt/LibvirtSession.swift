import LabCore
import VMKit

//  What goes by SSH, with the reason that only libvirt knows where it fails: the machine is off, or out of memory.

extension LibvirtBoard: FileProgress {
  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(BackendError) {
    try await put(file, to: path, access: access) { _, _ in }
  }

  func put(
    _ file: String, to path: BoardPath, access: FileAccess,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws(BackendError) {
    do throws(BackendError) {
      guard try await !has(file, at: path, access: access) else { return }
      try await ssh.files.put(file, to: path, access: access) { done, total in
        progress(UInt64(max(0, done)), UInt64(max(0, total)))
      }
    } catch { throw await explained(error) }
  }

  /// How much of the console is looked through, in bytes.
  private static let recentConsole = 8 << 10

  func explained(_ error: BackendError) async -> BackendError {
    guard [.boardUnreachable, .connectionLost].contains(error.code) else { return error }
    do throws(BackendError) {
      let off = try await soon { () throws(BackendError) -> BackendError? in
        try await isOn(step: error.step) ? nil : switchedOff(step: error.step)
      }
      if var off {
        off.cause = error.cause
        return off
      }
      let log = try await consoleLog(limit: Self.recentConsole)
      guard ConsoleText.saysOutOfMemory(log) else { return error }
      var failure = error
      failure.message = "the board ran out of memory"
      failure.hint = "give it more with 'memory:' in the manifest"
      return failure
    } catch let other {
      return error.code == other.code ? error : other.following(error)
    }
  }
}

extension LibvirtBoard: DiskBacked {
  func freeSpace(
    in folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(BackendError) -> UInt64 {
    do { return try await spaceInside(folder, replacing: files) } catch {
      throw await explained(error)
    }
  }

  func diskFolder() async throws(BackendError) -> BoardPath? {
    guard !entry.mark.hasOwnDisk else { return nil }
    do { return try await imageDiskFolder() } catch { throw await explained(error) }
  }

  func roomForDisks() async throws(BackendError) -> UInt64 {
    let (host, names) = (host, names)
    return try await libvirt(.commandFailed, "cannot ask libvirt for its storage", step: "space") {
      () throws(LibvirtError) in
      guard let pool = try host.connection.pool(named: names.pool) else { return 0 }
      return try pool.available()
    }
  }
}
