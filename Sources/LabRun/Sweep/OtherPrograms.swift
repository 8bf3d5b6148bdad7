import Foundation
import HostKit
import LabCore
import LabResults

/// Board programs that a sweep's own are compared with, in one random order.
public struct OtherPrograms: Sendable {
  /// As the user named them.
  let name: String
  let programs: BoardPrograms
  let hashes: AgainstResult.ProgramHashes
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
    name = text
    self.limit = limit
    programs = try BoardPrograms(folder: try Self.place(text, store), environment: [:])
    hashes = try programs.hashes()
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

  private static func place(_ text: String, _ store: RunStore) throws(LabError) -> String {
    let path = URL(fileURLWithPath: text).path
    if FileStatus("\(path)/pi-sender") != nil { return path }
    if let status = FileStatus(path), status.isRegular, access(path, X_OK) == 0 {
      return (path as NSString).deletingLastPathComponent
    }
    let run: String
    do throws(LabError) { run = try store.find(text) } catch {
      // A folder is no name of a run.
      guard FileStatus(path) != nil else { throw error }
      throw LabError(
        .boardProgramsMissing, "\(text) is neither a folder of board programs nor a run",
        step: "prepare", hint: "name a folder that has pi-sender and pi-receiver")
    }
    guard FileStatus("\(run)/\(folder)/pi-sender") != nil else {
      throw LabError(
        .boardProgramsMissing, "the run \(text) has not kept its board programs", step: "prepare",
        hint: "runs with a finished sweep keep them; or name a folder of board programs")
    }
    return "\(run)/\(folder)"
  }
}

extension BoardPrograms {
  func hashes() throws(LabError) -> AgainstResult.ProgramHashes {
    .init(sender: try Evidence.sha256(of: sender), receiver: try Evidence.sha256(of: receiver))
  }

  /// Keeps them with a run, so that later ones can be compared with them. While they stay the same they take room once.
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
        // A copy, because builds may write into the file.
        try output.copy(program, as: "\(folder)/\(name)", permissions: 0o755)
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
