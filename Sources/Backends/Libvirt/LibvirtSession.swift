import LabCore
import VMKit

//  What goes by SSH, with the reason that only libvirt knows where it fails: the machine is off, or out of memory.

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

  /// How much of the console is looked through, in bytes.
  private static let recentConsole = 8 << 10

  func explained(_ error: LabError) async -> LabError {
    guard [.boardUnreachable, .connectionLost].contains(error.code) else { return error }
    do throws(LabError) {
      let off = try await soon { () throws(LabError) -> LabError? in
        try await isOn(step: error.step ?? "run") ? nil : switchedOff(step: error.step ?? "run")
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
  ) async throws(LabError) -> UInt64 {
    do { return try await spaceInside(folder, replacing: files) } catch {
      throw await explained(error)
    }
  }

  func diskFolder() async throws(LabError) -> BoardPath? {
    guard !entry.mark.hasUserDisk else { return nil }
    do { return try await imageDiskFolder() } catch { throw await explained(error) }
  }

  func roomForDisks() async throws(LabError) -> UInt64 {
    let (host, names) = (host, names)
    return try await libvirt(.commandFailed, "cannot ask libvirt for its storage", step: "space") {
      () throws(LibvirtError) in
      guard let pool = try host.connection.pool(named: names.pool) else { return 0 }
      return try pool.available()
    }
  }
}
