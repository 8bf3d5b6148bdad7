import Foundation
import HostKit

/// `state.json` of one lab. It is replaced as a whole, and is on the disk before what it names is made.
struct StateFile: Sendable {
  let path: String
  let lab: String

  static let longest = 1 << 20
  private var partial: String { "\(path).partial" }
  private var folder: String { (path as NSString).deletingLastPathComponent }

  /// nil where the lab has none: then nothing of it is there.
  /// - Throws: `state_damaged`.
  func read() throws(RunError) -> LabState? { try load(asMoved: false)?.state }

  /// As `read`, also where the lab's folder was moved while the lab was up: then the state is as if it had been made
  /// here, and `former` is the folder that it was made in.
  func readMoved() throws(RunError) -> (state: LabState, former: String?)? {
    try load(asMoved: true)
  }

  private func load(asMoved: Bool) throws(RunError) -> (state: LabState, former: String?)? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      // O_NOFOLLOW: a link is nothing that pilab has written.
      if errno == ELOOP { throw damaged("is a link") }
      throw unreadable(SystemFault(path: path, .read))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, FileStatus(status).isRegular else {
      throw damaged("is not a regular file")
    }
    guard status.st_uid == geteuid() else { throw foreign(owner: status.st_uid) }
    guard status.st_size <= Self.longest else { throw damaged("is \(status.st_size) bytes long") }
    let data: Data
    do {
      let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
      data = try file.readToEnd() ?? Data()
    } catch { throw unreadable(SystemFault(error, path: path, .read)) }
    return try decode(data, asMoved: asMoved)
  }

  /// Temporary file, fsync, rename, fsync of the folder: a crash leaves the old state or the new one.
  func write(_ state: LabState) throws(RunError) {
    let turn = try StateTurn(folder)
    defer { withExtendedLifetime(turn) {} }
    try replace(state)
  }

  private func replace(_ state: LabState) throws(RunError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data: Data
    do { data = try encoder.encode(state) } catch {
      throw unwritable(SystemFault(error, path: path, .write))
    }
    // It is the caller's turn, so a partial file is a dead pilab's.
    unlink(partial)
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw unwritable() }
    defer { close(descriptor) }
    let bytes = Array(data) + [10]
    guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
      rename(partial, path) == 0
    else {
      let fault = SystemFault(path: path, .write)
      unlink(partial)
      throw unwritable(fault)
    }
    try syncFolder()
  }

  /// Reads, changes and writes it, while nobody else does: commands on boards do so without the lab's lock.
  /// - Returns: what it holds then; nil where the lab has gone meanwhile.
  @discardableResult
  func change(_ body: (inout LabState) -> Void) throws(RunError) -> LabState? {
    let turn = try StateTurn(folder)
    defer { withExtendedLifetime(turn) {} }
    guard var state = try read() else { return nil }
    body(&state)
    try replace(state)
    return state
  }

  /// Only after all that it names is gone.
  func remove() throws(RunError) {
    let turn = try StateTurn(folder)
    defer { withExtendedLifetime(turn) {} }
    guard unlink(path) == 0 || errno == ENOENT else {
      throw unwritable(SystemFault(path: path, .make))
    }
    try syncFolder()
  }

  private func syncFolder() throws(RunError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable() }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw unwritable() }
  }

  private struct Version: Decodable {
    var schemaVersion: Int
  }

  private func decode(
    _ data: Data, asMoved: Bool
  ) throws(RunError) -> (state: LabState, former: String?) {
    var state: LabState
    do {
      let version = try JSONDecoder().decode(Version.self, from: data).schemaVersion
      guard version == LabState.currentVersion else { throw UnknownVersion(version) }
      state = try JSONDecoder().decode(LabState.self, from: data)
    } catch let error as UnknownVersion {
      throw RunError(
        "state_damaged",
        "\(path) has version \(error.number), this pilab reads version "
          + "\(LabState.currentVersion)",
        hint: "take the lab down with the pilab that made it", step: "state",
        status: .labUnavailable)
    } catch {
      throw damaged("is damaged", cause: ErrorWords.words(of: error))
    }
    let former = asMoved ? state.move(to: folder) : nil
    try validate(state)
    return (state, former)
  }

  private struct UnknownVersion: Error {
    var number: Int
    init(_ number: Int) { self.number = number }
  }

  /// What it names is removed one day, so it must name this lab and nothing outside its folders.
  private func validate(_ state: LabState) throws(RunError) {
    guard state.record.lab == lab else {
      throw damaged("is that of lab '\(state.record.lab)'")
    }
    guard Self.resolved(state.record.folder) == Self.resolved(folder) else {
      throw RunError(
        "state_damaged", "\(path) names the folder \(state.record.folder)",
        hint:
          "if the lab's folder was moved while the lab was up, move it back, or take the lab down: pilab down --lab "
          + lab,
        step: "state", status: .labUnavailable)
    }
    guard !state.record.boards.isEmpty else { throw damaged("names no boards") }
    guard state.unfinishedRuns.allSatisfy(RunFolder.isWorkPath) else {
      throw damaged("names a run's folder that pilab did not make")
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private func damaged(_ what: String, cause: String? = nil) -> RunError {
    RunError(
      "state_damaged", "the state of lab '\(lab)' cannot be trusted: \(path) \(what)",
      hint:
        "remove the file, then what the lab still has: rm '\(path)' && pilab down --leftovers --lab \(lab)",
      step: "state", cause: cause, status: .labUnavailable)
  }

  private func unreadable(_ fault: SystemFault) -> RunError {
    RunError(
      "state_unreadable", "cannot read the state of lab '\(lab)', \(path)", fault, step: "state",
      status: .labUnavailable)
  }

  private func foreign(owner: uid_t) -> RunError {
    RunError(
      "state_damaged", "lab '\(lab)' belongs to user \(owner): \(path)",
      hint: "run pilab as that user", step: "state", status: .labUnavailable)
  }

  private func unwritable(_ fault: SystemFault? = nil) -> RunError {
    RunError(
      "state_unwritable", "cannot write \(path)", fault ?? SystemFault(path: path, .make),
      step: "state", status: .outputRefused)
  }
}
