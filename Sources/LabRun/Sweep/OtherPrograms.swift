import Foundation
import HostKit
import LabCore
import LabResults

/// Board programs that a sweep's own are compared with, in one random order.
public struct OtherPrograms: Sendable {
  /// As the user named them.
  let name: String
  /// Where the user has them, whatever copies are made.
  let origin: String
  var programs: BoardPrograms
  /// By which a point may be slower; nil where that does not matter.
  let limit: AgainstResult.Limit?

  /// Where a run keeps its own, below its folder.
  static let folder = "programs"

  /// - Parameters:
  ///   - text: a folder of board programs, a pilab that lies among its own, or a run that kept them.
  ///   - limit: by which a point of the sweep may be slower.
  /// - Throws: `board_programs_missing`, `no_such_run`.
  public init(
    _ text: String, store: RunStore, limit: AgainstResult.Limit? = nil
  ) throws(LabError) {
    self.limit = limit
    let place = try Self.place(text, store)
    name = place.name
    origin = place.folder
    programs = try BoardPrograms(folder: place.folder, environment: [:])
  }

  /// Whether the sweep can tell of a point that it is slower; where nobody gates on it, what it cannot is said.
  /// - Parameter points: how many are measured on either side.
  /// - Returns: what to note, nil where there is nothing.
  /// - Throws: `too_few_repeats`.
  func requireRepeats(_ repeats: Int, of points: Int) throws(LabError) -> String? {
    let enough = SweepResult.repeatsToCompare(points)
    guard repeats < enough else { return nil }
    let times = repeats == 1 ? "1 measurement" : "\(repeats) measurements"
    let all = points == 1 ? "a point" : "each of \(points) points"
    let words = "\(times) of \(all) cannot tell whether one is slower than with the other programs"
    guard limit != nil else { return "\(words); \(enough) can (repeats: \(enough))" }
    throw LabError(
      .tooFewRepeats, words, step: "prepare",
      hint: "set in the manifest's sweep: repeats: \(enough), or more")
  }

  /// Their folder, and what a report calls them.
  private static func place(
    _ text: String, _ store: RunStore
  ) throws(LabError) -> (folder: String, name: String) {
    let path = URL(fileURLWithPath: text).path
    if FileStatus("\(path)/pi-sender") != nil { return (path, text) }
    if let status = FileStatus(path), status.isRegular, access(path, X_OK) == 0 {
      return (folder(ofProgram: path), text)
    }
    let run: String
    do throws(LabError) { run = try store.find(text) } catch {
      // A folder is no name of a run.
      guard let status = FileStatus(path) else { throw error }
      if status.isFolder, access(path, R_OK | X_OK) != 0 {
        throw LabError(
          .boardProgramsMissing, "cannot look into \(text)", SystemFault(path: path, .read),
          step: "prepare")
      }
      throw LabError(
        .boardProgramsMissing, "\(text) is neither a folder of board programs nor a run",
        step: "prepare", hint: "name a folder that has pi-sender and pi-receiver")
    }
    guard FileStatus("\(run)/\(folder)/pi-sender") != nil else {
      throw LabError(
        .boardProgramsMissing, "the run \(text) has not kept its board programs", step: "prepare",
        hint: "runs with a finished sweep keep them; or name a folder of board programs")
    }
    // Tomorrow another one is the latest.
    let url = URL(fileURLWithPath: run)
    let isLatest = (text as NSString).lastPathComponent == "latest"
    return ("\(run)/\(folder)", isLatest ? url.resolvingSymlinksInPath().lastPathComponent : text)
  }

  /// Where the programs of a pilab lie: beside what a link leads to, or where its checkout has built them.
  private static func folder(ofProgram path: String) -> String {
    let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent().path
    let built = "\(real)/.build/release"
    return [real, built].first { FileStatus("\($0)/pi-sender") != nil } ?? real
  }
}

extension BoardPrograms {
  func hashes() throws(LabError) -> AgainstResult.ProgramHashes {
    .init(sender: try Evidence.sha256(of: sender), receiver: try Evidence.sha256(of: receiver))
  }

  /// Keeps them, which are the run's own copies, with it, so that later ones can be compared with them. While they stay the
  /// same they take room once.
  /// - Parameter runs: the folder of the lab's runs.
  func keep(in output: RunFolder, runs: String) throws(LabError) {
    let folder = OtherPrograms.folder
    _ = try output.makeFolder(folder)
    let former = Self.former(in: runs)
    for program in [sender, receiver] {
      let name = (program as NSString).lastPathComponent
      let kept = former.map { "\($0)/\(folder)/\(name)" }
      if let kept, FileStatus(kept)?.isRegular == true, try Evidence.areIdentical(kept, program) {
        try output.keep(kept, as: "\(folder)/\(name)")
      } else {
        try output.keep(program, as: "\(folder)/\(name)")
      }
    }
  }

  /// The newest run that kept any.
  private static func former(in runs: String) -> String? {
    // The lab's lock is held, so the folder can be looked into.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
    return names.compactMap { name in RunName(name).map { (name, $0) } }
      .sorted { $0.1 < $1.1 }.map { "\(runs)/\($0.0)" }
      .last { FileStatus("\($0)/\(OtherPrograms.folder)/pi-sender")?.isRegular == true }
  }
}
