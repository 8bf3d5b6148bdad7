import CLibvirt
import Foundation

/// One virtual machine of a lab. What happens inside of it goes by SSH; the rest is libvirt's.
struct LibvirtBoard: SSHReached {
  let ssh: SSHBoard
  /// From 1, in the order of the record.
  let number: Int
  let record: LabRecord
  let host: LibvirtHost
  let entry: LibvirtInventory.Domain

  var domain: LibvirtDomain { entry.domain }
  var names: LibvirtNames { LibvirtNames(record) }

  init(
    _ board: LabRecord.Board, number: Int, record: LabRecord, host: LibvirtHost,
    entry: LibvirtInventory.Domain, tools: Tool
  ) throws(BackendError) {
    self.number = number
    self.record = record
    self.host = host
    self.entry = entry
    let target = SSHTarget(
      board: board.name, lab: record.id, port: entry.mark.port, user: entry.mark.user,
      folder: SSHTarget.folder(of: record))
    ssh = SSHBoard(
      board, connection: try SSHConnection(target, tools: tools), folder: entry.mark.folderOnBoard,
      macAddress: LibvirtNames(record).mac(.lab, number))
  }

  /// A call of libvirt about this board.
  func libvirt<Value: Sendable>(
    _ code: BackendError.Code, _ message: String, step: String,
    _ body: @escaping @Sendable () throws(LibvirtError) -> Value
  ) async throws(BackendError) -> Value {
    do { return try await LibvirtConnection.blocking(body) } catch {
      throw BackendError(
        code, message, board: name, step: step, hint: error.hint(for: host),
        cause: error.description)
    }
  }

  // MARK: Start

  /// Waits for the board's SSH server.
  /// - Throws: `.bootFailed` with the last lines of the serial console.
  func waitUntilReady(
    _ deadline: ContinuousClock.Instant, timeout: Duration, step: String
  ) async throws(BackendError) {
    let result = await withTaskGroup(of: Result<Void, BackendError>.self) { group in
      group.addTask {
        do throws(BackendError) {
          try await ssh.connection.waitUntilReady(deadline, step: step)
          return .success(())
        } catch { return .failure(error) }
      }
      group.addTask { .failure(await whenOff(step: step)) }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    guard case .failure(let error) = result else { return try await allowRestarts(step: step) }
    guard [.boardUnreachable, .bootFailed].contains(error.code), !Task.isCancelled else {
      throw error
    }
    throw await bootFailure(error, timeout: timeout, step: step)
  }

  private func allowRestarts(step: String) async throws(BackendError) {
    let domain = domain
    try await libvirt(.bootFailed, "cannot let it restart by itself", step: step) {
      () throws(LibvirtError) in try domain.allowRestarts()
    }
  }

  /// Returns when the machine is off, or the task is cancelled.
  private func whenOff(step: String) async -> BackendError {
    let domain = domain
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .milliseconds(500))
        guard
          try await LibvirtConnection.blocking({ () throws(LibvirtError) in
            try domain.condition().isOn
          })
        else { break }
      } catch {
        break
      }
    }
    return BackendError(
      .bootFailed, "the board has switched itself off", board: name, step: step)
  }

  private func bootFailure(
    _ reason: BackendError, timeout: Duration, step: String
  ) async -> BackendError {
    let log: String
    do { log = try await consoleLog(limit: 16 << 10) } catch { return error.following(reason) }
    let last = ConsoleText.lastLines(of: log, 6)
    var failure = BackendError(
      .bootFailed,
      reason.code == .bootFailed ? reason.message : "the board did not answer in \(timeout)",
      board: name, step: step, cause: reason.cause)
    let told =
      last.isEmpty
      ? "its serial console shows nothing: can it be booted from, and does it use the serial port?"
      : "the last lines of its serial console:\n    "
        + last.joined(separator: "\n    ")
    failure.cause = [reason.cause, told].compactMap(\.self).joined(separator: "; ")
    failure.hint =
      ConsoleText.saysOutOfMemory(log)
      ? "it ran out of memory: give it more with 'memory:' in the manifest"
      : "more time: 'bootTimeout:' below 'libvirt:' in the manifest"
    return failure
  }

  /// Gives a board of the user's own disk its address; boards of our image have theirs from the start.
  func configure(prefixLength: Int) async throws(BackendError) {
    guard entry.mark.hasOwnDisk else { return }
    try await ssh.files.makeFolder()
    try await ssh.assignAddress("\(address)/\(prefixLength)", mac: names.mac(.lab, number))
  }
}

/// What a serial console shows.
enum ConsoleText {
  /// The last lines that hold anything, without what only moves the cursor.
  static func lastLines(of text: String, _ count: Int) -> [String] {
    let plain = text.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]|\u{1B}[()][A-Z0-9]|\u{1B}c/, with: "")
    let lines = plain.split(whereSeparator: \.isNewline).map { line in
      String(
        line.filter {
          $0 == "\t" || !($0.unicodeScalars.first?.properties.generalCategory == .control)
        }
      )
      .trimmingCharacters(in: .whitespaces)
    }
    let all = lines.filter { !$0.isEmpty }.map { String($0.prefix(200)) }
    // A kernel says why it panics, and then where it was, which is longer.
    let panic = all.dropLast(count).last { $0.contains("Kernel panic") }
    return (panic.map { [$0] } ?? []) + all.suffix(count)
  }

  static func saysOutOfMemory(_ text: String) -> Bool {
    ["Out of memory", "out of memory", "System is deadlocked on memory", "too little memory"]
      .contains { text.contains($0) }
  }
}
