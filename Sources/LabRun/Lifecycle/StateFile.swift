import Foundation
import HostKit
import LabCore

/// `state.json` of one lab. It is replaced as a whole, and is on the disk before what it names is made.
struct StateFile: Sendable {
  let path: String
  let lab: String

  static let longest = 1 << 20
  private var partial: String { "\(path).partial" }
  private var folder: String { (path as NSString).deletingLastPathComponent }

  /// nil where the lab has none: then nothing of it is there.
  /// - Throws: `state_damaged`.
  func read() throws(LabError) -> LabState? { try load(asMoved: false)?.state }

  /// As `read`, also where the lab's folder was moved while the lab was up: then the state is as if it had been made
  /// here, and `former` is the folder that it was made in.
  func readMoved() throws(LabError) -> (state: LabState, former: String?)? {
    try load(asMoved: true)
  }

  private func load(asMoved: Bool) throws(LabError) -> (state: LabState, former: String?)? {
    let (bytes, owner): ([UInt8], uid_t)
    do throws(RegularFile.Problem) {
      let file = try RegularFile(path, followsLinks: false)
      (bytes, owner) = (try file.contents(limit: Self.longest), file.owner)
    } catch {
      switch error {
      case .missing: return nil
      case .unreadable(let error) where error.number == ENOTDIR: return nil
      // A link is nothing that pilab has written.
      case .unreadable(let error) where error.number == ELOOP: throw damaged("is a link")
      case .unreadable(let error): throw unreadable(SystemFault(error, path: path, .read))
      case .folder, .special: throw damaged("is not a regular file")
      case .larger(let limit): throw damaged("is more than \(limit) bytes long")
      }
    }
    guard owner == geteuid() else { throw foreign(owner: owner) }
    return try decode(Data(bytes), asMoved: asMoved)
  }

  /// Temporary file, fsync, rename, fsync of the folder: a crash leaves the old state or the new one.
  func write(_ state: LabState) throws(LabError) {
    let turn = try StateTurn(folder)
    defer { withExtendedLifetime(turn) {} }
    try replace(state)
  }

  private func replace(_ state: LabState) throws(LabError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data: Data
    do { data = try encoder.encode(state) } catch {
      throw unwritable(SystemFault(error, path: path, .write))
    }
    do throws(SystemFault) {
      // It is the caller's turn, so a partial file is a dead pilab's.
      try NewFile.replace(path, by: partial, durably: true) { file throws(SystemFault) in
        try file.write(Array(data) + [10])
      }
    } catch { throw unwritable(error) }
  }

  /// Reads, changes and writes it, while nobody else does: commands on boards do so without the lab's lock.
  /// - Returns: what it holds then; nil where the lab has gone meanwhile.
  @discardableResult
  func change(_ body: (inout LabState) -> Void) throws(LabError) -> LabState? {
    let turn = try StateTurn(folder)
    defer { withExtendedLifetime(turn) {} }
    guard var state = try read() else { return nil }
    body(&state)
    try replace(state)
    return state
  }

  /// Only after all that it names is gone.
  func remove() throws(LabError) {
    let turn = try StateTurn(folder)
    defer { withExtendedLifetime(turn) {} }
    guard unlink(path) == 0 || errno == ENOENT else {
      throw unwritable(SystemFault(path: path, .make))
    }
    do throws(SystemFault) { try Folder.sync(folder) } catch { throw unwritable(error) }
  }

  private struct Version: Decodable {
    var schemaVersion: Int
  }

  private func decode(
    _ data: Data, asMoved: Bool
  ) throws(LabError) -> (state: LabState, former: String?) {
    var state: LabState
    do {
      let version = try JSONDecoder().decode(Version.self, from: data).schemaVersion
      guard version == LabState.currentVersion else { throw UnknownVersion(version) }
      state = try JSONDecoder().decode(LabState.self, from: data)
    } catch let error as UnknownVersion {
      throw LabError(
        .stateDamaged,
        "\(path) has version \(error.number), this pilab reads version "
          + "\(LabState.currentVersion)", step: "state",
        hint: "take the lab down with the pilab that made it")
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
  private func validate(_ state: LabState) throws(LabError) {
    guard state.record.lab == lab else {
      throw damaged("is that of lab '\(state.record.lab)'")
    }
    guard Self.resolved(state.record.folder) == Self.resolved(folder) else {
      throw LabError(
        .stateDamaged, "\(path) names the folder \(state.record.folder)",
        step: "state",
        hint:
          "if the lab's folder was moved while the lab was up, move it back, or take the lab down: pilab down --lab "
          + lab)
    }
    guard !state.record.boards.isEmpty else { throw damaged("names no boards") }
    guard state.unfinishedRuns.allSatisfy(RunFolder.isWorkPath) else {
      throw damaged("names a run's folder that pilab did not make")
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private func damaged(_ what: String, cause: String? = nil) -> LabError {
    LabError(
      .stateDamaged, "the state of lab '\(lab)' cannot be trusted: \(path) \(what)",
      step: "state",
      hint:
        "remove the file, then what the lab still has: rm '\(path)' && pilab down --leftovers --lab \(lab)",
      cause: cause)
  }

  private func unreadable(_ fault: SystemFault) -> LabError {
    LabError(
      .stateUnreadable, "cannot read the state of lab '\(lab)', \(path)", fault, step: "state")
  }

  private func foreign(owner: uid_t) -> LabError {
    LabError(
      .stateDamaged, "lab '\(lab)' belongs to user \(owner): \(path)", step: "state",
      hint: "run pilab as that user")
  }

  private func unwritable(_ fault: SystemFault) -> LabError {
    LabError(
      .stateUnwritable, "cannot write \(path)", fault, step: "state")
  }
}
