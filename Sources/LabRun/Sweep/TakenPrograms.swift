import Foundation
import HostKit
import LabCore

/// Board programs of a run with a sweep, and those that they are compared with, as they were when it began: whoever builds or
/// removes them meanwhile changes nothing of what is measured, and what the run keeps is what was measured.
struct TakenPrograms: Sendable {
  private let folder: String
  private var own: BoardPrograms?
  private var others: BoardPrograms?

  /// - Parameter runs: the lab's folder of runs; what a killed pilab leaves there is swept.
  init(of request: RunRequest, in runs: String) throws(LabError) {
    folder = RunFolder.workPath(of: "\(runs)/programs")
    guard request.sweep != nil else { return }
    do throws(LabError) {
      own = try take(request.programs, as: "own")
      others = try request.others.map { others throws(LabError) in
        try take(others.programs, as: "others")
      }
    } catch {
      remove()
      throw error
    }
  }

  /// The request as it uses the copies.
  func used(by request: RunRequest) -> RunRequest {
    var request = request
    if let own { request.programs = own }
    if let others { request.others?.programs = others }
    return request
  }

  func remove() {
    guard FileStatus(folder) != nil else { return }
    // What cannot be removed now is swept by the next run.
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Those that a sweep runs; the interceptor stays where it is.
  private func take(_ programs: BoardPrograms, as name: String) throws(LabError) -> BoardPrograms {
    let place = "\(folder)/\(name)"
    do {
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      for program in [programs.sender, programs.receiver] {
        let copy = "\(place)/\((program as NSString).lastPathComponent)"
        try FileCopy.copy(from: program, to: copy, permissions: 0o755)
      }
    } catch {
      throw LabError(
        .boardProgramsMissing, "cannot copy the board programs \(programs.folder)",
        SystemFault(error, path: programs.sender, .read), step: "prepare")
    }
    return programs.copied(to: place)
  }
}

/// Copies of what a run works with, made when it begins.
struct TakenFiles: Sendable {
  let pictures: TakenPictures
  private let programs: TakenPrograms

  /// - Parameter runs: the lab's folder of runs.
  init(of request: RunRequest, in runs: String) throws(LabError) {
    programs = try TakenPrograms(of: request, in: runs)
    do throws(LabError) {
      pictures = try TakenPictures(of: request.exchanges, in: runs)
    } catch {
      programs.remove()
      throw error
    }
  }

  /// The request as it uses the copies.
  func used(by request: RunRequest) -> RunRequest {
    var request = programs.used(by: request)
    request.exchanges = pictures.sending(request.exchanges)
    return request
  }

  func remove() {
    pictures.remove()
    programs.remove()
  }
}
