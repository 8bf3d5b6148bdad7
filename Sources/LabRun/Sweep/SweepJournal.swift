import Foundation
import HostKit
import LabCore
import LabResults
import Synchronization

/// What a sweep has measured so far, a line for each measurement, on the disk before the next begins. Lies beside
/// the runs as `.sweep-TIME.jsonl` until its run is finished, whatever becomes of pilab in between.
final class SweepJournal: Sendable {
  struct Entry: Codable, Sendable, Equatable {
    var mode: String
    /// Index among the points of the mode.
    var point: Int
    var sample: SweepSample
  }

  /// The first line.
  struct Header: Codable, Sendable, Equatable {
    var version = 1
    /// What the measurements are of; only with the same may they be put together.
    var settings: SweepSettings
    var seed: UInt64
  }

  /// A line for each time that pilab went on with it, the first included.
  private struct Session: Codable {
    var session: String
  }

  private struct State: Sendable {
    var entries: [Entry] = []
    var sessions: [String] = []
  }

  let path: String
  let header: Header
  private let descriptor: Int32
  private let state: Mutex<State>

  private static let prefix = ".sweep-"
  private static let suffix = ".jsonl"

  private init(path: String, header: Header, descriptor: Int32, state: State) {
    self.path = path
    self.header = header
    self.descriptor = descriptor
    self.state = Mutex(state)
  }

  deinit { close(descriptor) }

  var entries: [Entry] { state.withLock { $0.entries } }
  var sessions: [String] { state.withLock { $0.sessions } }

  /// A new one in the folder of the runs.
  static func begin(_ header: Header, in folder: String, start: String) throws(LabError)
    -> SweepJournal
  {
    let name = "\(prefix)\(start.replacingOccurrences(of: ":", with: "-"))"
    let path =
      ["", "-2", "-3", "-\(getpid())"].map { "\(folder)/\(name)\($0)\(suffix)" }
      .first { FileStatus($0) == nil } ?? "\(folder)/\(name)-\(getpid())\(suffix)"
    let descriptor: Int32
    do throws(SystemFault) { descriptor = try NewFile(path, flags: O_APPEND).release() } catch {
      throw failure(path, "cannot be made", error)
    }
    let journal = SweepJournal(path: path, header: header, descriptor: descriptor, state: State())
    try journal.write(header)
    try journal.beginSession(start)
    do throws(SystemFault) { try Folder.sync(folder) } catch {
      throw failure(path, "cannot be stored", error)
    }
    return journal
  }

  /// The newest that has the same settings.
  /// - Throws: `nothing_to_resume`, `sweep_changed`.
  static func resume(
    _ settings: SweepSettings, in folder: String, start: String
  ) throws(LabError) -> SweepJournal {
    let paths = unfinished(in: folder)
    guard !paths.isEmpty else {
      throw LabError(
        .nothingToResume, "there is no interrupted sweep of this lab", step: "prepare",
        hint: "start one: pilab run")
    }
    for path in paths.reversed() {
      let journal = try open(path)
      guard journal.header.settings == settings else { continue }
      try journal.beginSession(start)
      return journal
    }
    throw LabError(
      .sweepChanged, "the interrupted sweep \(paths[paths.count - 1]) measured something else",
      step: "prepare",
      hint:
        "go on with the manifest, images, links, board programs, pilab and machine it was begun with, or start "
        + "again without --resume")
  }

  /// Journals of a folder, the oldest first.
  static func unfinished(in folder: String) -> [String] {
    // The lab's lock is held, so the folder can be looked into.
    unfinished((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [], in: folder)
  }

  /// Those among a folder's names that are regular files.
  static func unfinished(_ names: [String], in folder: String) -> [String] {
    names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
      .map { "\(folder)/\($0)" }
      .filter { FileStatus($0, followsLinks: false)?.isRegular == true }
  }

  func append(_ entry: Entry) throws(LabError) {
    try write(entry)
    state.withLock { $0.entries.append(entry) }
  }

  /// Removes it, once its run is finished.
  func remove() { unlink(path) }
}

// MARK: - Lines

extension SweepJournal {
  private func beginSession(_ start: String) throws(LabError) {
    try write(Session(session: start))
    state.withLock { $0.sessions.append(start) }
  }

  private func write(_ line: some Encodable) throws(LabError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data: Data
    do { data = try encoder.encode(line) } catch {
      throw Self.failure(path, "cannot be written", error)
    }
    do throws(SystemError) { try Descriptor.write(Array(data) + [10], to: descriptor) } catch {
      throw Self.failure(path, "cannot be written", error)
    }
    guard fsync(descriptor) == 0 else { throw Self.failure(path, "cannot be written") }
  }

  /// Reads what is whole of it: a last line that was cut off by a crash is cut off here too.
  private static func open(_ path: String) throws(LabError) -> SweepJournal {
    let descriptor = Foundation.open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
    do throws(LabError) {
      let (header, state) = try read(path, descriptor)
      return SweepJournal(path: path, header: header, descriptor: descriptor, state: state)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func read(
    _ path: String, _ descriptor: Int32
  ) throws(LabError) -> (Header, State) {
    let data: Data
    do {
      data = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd() ?? Data()
    } catch { throw failure(path, "cannot be read", error) }
    let end = data.lastIndex(of: 10).map { $0 + 1 } ?? 0
    guard end == data.count || ftruncate(descriptor, off_t(end)) == 0 else {
      throw failure(path, "cannot be cut")
    }
    var lines = data[..<end].split(separator: 10)[...]
    let decoder = JSONDecoder()
    guard let first = lines.popFirst(),
      let header = try? decoder.decode(Header.self, from: Data(first)), header.version == 1
    else { throw damaged(path, line: 1) }
    var state = State()
    for (number, line) in lines.enumerated() {
      if let entry = try? decoder.decode(Entry.self, from: Data(line)) {
        state.entries.append(entry)
      } else if let session = try? decoder.decode(Session.self, from: Data(line)) {
        state.sessions.append(session.session)
      } else {
        throw damaged(path, line: number + 2)
      }
    }
    return (header, state)
  }

  private static func damaged(_ path: String, line: Int) -> LabError {
    LabError(
      .journalDamaged, "the interrupted sweep \(path) is damaged in line \(line)", step: "prepare",
      hint: "start again without --resume, or remove that line")
  }

  private static func failure(
    _ path: String, _ what: String, _ error: (any Error)? = nil
  ) -> LabError {
    LabError(
      .journalFailed, "the sweep's journal \(path) \(what)",
      error.map { SystemFault($0, path: path, .write) } ?? SystemFault(path: path, .write),
      step: "prepare")
  }
}

/// Everything that measurements depend on and pilab knows.
struct SweepSettings: Codable, Sendable, Equatable {
  var pilab: String
  var kernel: String
  var processor: String
  /// Wanted, in order; of a run in whatever mode works, `auto`.
  var modes: [String]
  var repeats: Int
  var warmups: Int
  /// Of each point: cipher, group, boards, rate, and the image's SHA-256.
  var points: [String]
  /// Of each board whose link is not good.
  var links: [String]?
  /// The sweep's own and those that it is compared with; nil in journals of older versions.
  var programs: [AgainstResult.ProgramHashes]?
}
