import Foundation
import LabCore
import LabResults

//  report.json ── report.html ── what experiments kept ── the user's place, else the lab's runs

/// Keeps a run that is done, whatever the disks say to it.
struct RunStorage {
  let output: RunFolder
  let target: RunTarget?
  let troubles: Troubles
  let writer: ReportWriter

  /// - Parameter experiments: add what belongs to the run's files.
  func keep(_ report: RunResult, of experiments: [any Experiment]) -> LabRunner.Finished {
    attempt { () throws(LabError) in try output.releaseReserve() }
    let (isWritten, refuge) = keepValues(report)
    attempt { () throws(LabError) in try writer.writePage(report, to: output.work) }
    for experiment in experiments {
      attempt { () throws(LabError) in try experiment.keep(in: output, isReported: isWritten) }
    }
    let folder = place()
    return LabRunner.Finished(
      report: report, folder: refuge ?? folder, troubles: troubles.all)
  }

  private func attempt(_ body: () throws(LabError) -> Void) {
    do throws(LabError) { try body() } catch { troubles.add(error) }
  }

  /// - Returns: whether it is with its run, and where it lies alone if not.
  private func keepValues(_ report: RunResult) -> (isWritten: Bool, refuge: String?) {
    do throws(LabError) { try writer.writeValues(report, to: output.work) } catch {
      var error = error
      // What TMPDIR names may not be there.
      let refuge = [NSTemporaryDirectory(), "/tmp/", "/var/tmp/"].lazy
        .compactMap { Self.keep(report, in: $0) }.first
      if let refuge { error.hint = "the report is kept as \(refuge)/report.json" }
      troubles.add(error)
      return (false, refuge)
    }
    return (true, nil)
  }

  /// - Returns: a new folder that holds it; nil where none can be made.
  private static func keep(_ report: RunResult, in folder: String) -> String? {
    let number = UInt32.random(in: 0 ... .max)
    let refuge = "\(folder)pilab-\(report.lab)-\(getpid())-\(number)"
    guard mkdir(refuge, 0o700) == 0 else { return nil }
    guard (try? ReportFile.write(report, to: "\(refuge)/report.json")) != nil else {
      rmdir(refuge)
      return nil
    }
    return refuge
  }

  /// - Returns: where the run is.
  private func place() -> String {
    if let target {
      do throws(LabError) {
        try target.fill(from: output.work)
        return target.named
      } catch { troubles.add(kept(error)) }
    }
    do throws(LabError) { try output.publish() } catch {
      var error = error
      if let place = output.publishBeside() {
        error.hint = "it is kept as \(place)"
        troubles.add(error)
        return place
      }
      error.hint = "it stays as \(output.work), until the lab's next run; copy it"
      troubles.add(error)
      return output.work
    }
    attempt { () throws(LabError) in try output.markLatest() }
    return output.destination
  }

  private func kept(_ error: LabError) -> LabError {
    var error = error
    error.code = .init("kept_elsewhere", error.code.status)
    error.message = "the run is kept as \(output.destination): \(error.message)"
    error.hint = "copy it where you want it: cp -r '\(output.destination)' DIR"
    return error
  }
}
