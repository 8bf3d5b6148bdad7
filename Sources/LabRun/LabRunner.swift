import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults

//  lock ─ pictures, programs ─ key ─ lab up, or found ─ experiments, one after the other ─ report ─ publish ─ lab as found

/// Does one run from beginning to end; leaves its folder, and the lab as it was found.
public struct LabRunner: Sendable {
  private(set) var request: RunRequest
  private let catalog: BackendCatalog
  private let page: RunPage
  private let observer: RunObserver
  /// Done after those that the request asks for.
  var further: [any Experiment] = []

  /// - Parameter page: what report.html is to hold.
  public init(
    _ request: RunRequest, catalog: BackendCatalog, page: @escaping RunPage,
    observer: @escaping RunObserver = { _ in }
  ) {
    self.request = request
    self.catalog = catalog
    self.page = page
    self.observer = observer
  }

  /// The report, and the folder that holds it and the files of the run.
  public struct Finished: Sendable {
    public let report: RunResult
    public let folder: String
    /// What went wrong beside the exchanges: a result that is not where it was to be, evidence that could not be read.
    public let troubles: [LabError]
  }

  /// - Throws: what made the run impossible. When the calling task is cancelled the run's files are removed,
  ///   the lab is left as it was found, and `LabError.cancelled` is thrown.
  public func run() async throws(LabError) -> Finished {
    let start = Moment()
    let folder = LabFolder(of: request.manifest.name, in: request.root)
    // Before anything is made: a machine that cannot do it keeps no trace.
    let backend =
      FileStatus(folder.state.path) == nil ? try await request.lab.backend(from: catalog) : nil
    try folder.create()
    let lock = try LabLock(folder.lock, lab: folder.lab)
    defer { withExtendedLifetime(lock) {} }
    let place: Place
    let taken: TakenFiles
    do throws(LabError) {
      place = try Place(request, folder, start.date)
      try checkSpace(for: [folder.path] + (place.target.map { [$0.named] } ?? []))
      RunFolder.sweep(folder.runs)
      taken = try TakenFiles(of: request, in: folder.runs)
    } catch {
      if FileStatus(folder.state.path) == nil { folder.removeIfUnused() }
      throw error
    }
    defer { taken.remove() }
    var runner = self
    runner.request = taken.used(by: request)
    return try await runner.run(folder, on: backend, place, taken, start)
  }

  /// Where the run's folder goes.
  struct Place: Sendable {
    /// Among the lab's runs.
    let home: String
    /// Where the user wants it instead; what cannot be put there stays at home.
    let target: RunTarget?

    init(_ request: RunRequest, _ folder: LabFolder, _ start: String) throws(LabError) {
      home = RunFolder.place(in: folder.runs, start: start)
      target =
        if let output = request.output {
          try RunTarget(URL(fileURLWithPath: output).path)
        } else { nil }
    }

    /// What a pilab that is killed leaves.
    var unfinished: [String] { [RunFolder.workPath(of: home)] + (target?.hidden ?? []) }
  }

  private func run(
    _ folder: LabFolder, on backend: (any LabBackend)?, _ place: Place,
    _ taken: TakenFiles, _ start: Moment
  ) async throws(LabError) -> Finished {
    let lifecycle = LabLifecycle(folder: folder, catalog: catalog, observer: observer)
    var experiments: [any Experiment] = []
    defer { for experiment in experiments { experiment.tidy() } }
    let (work, tenancy): (RunWork, Tenancy)
    do throws(LabError) {
      try experiments.begin(
        RunStart(request: request, folder: folder, date: start.date, observer: observer))
      experiments += further
      if experiments.contains(where: \.needsPreSharedKey) {
        try PreSharedKeyFile.ensure(folder.preSharedKey)
      }
      (work, tenancy) = try await enter(lifecycle, backend, experiments, place, start)
    } catch {
      taken.remove()
      if FileStatus(folder.state.path) == nil { folder.removeIfUnused() }
      throw error
    }
    let finished: Finished
    do throws(LabError) {
      finished = try await finish(work, on: tenancy, place, taken, start)
    } catch {
      guard tenancy.isOurs else {
        try lifecycle.forgetRuns()
        throw error
      }
      try await lifecycle.removeWhateverHappens(tenancy.state, after: error)
    }
    do throws(LabError) { try await leave(tenancy, lifecycle) } catch {
      observer(.note("the run is done, and its report is \(finished.folder)/report.html"))
      throw error
    }
    return finished
  }

  private struct Moment {
    let clock = ContinuousClock.now
    let date = Date.now.ISO8601Format()
  }

  /// A lab that a run uses.
  private struct Tenancy {
    let lab: any RunningLab
    let state: LabState
    /// The run has brought it up.
    let isOurs: Bool
  }

  /// Does first what is to be done in labs of other modes.
  private func enter(
    _ lifecycle: LabLifecycle, _ backend: (any LabBackend)?, _ experiments: [any Experiment],
    _ place: Place, _ start: Moment
  ) async throws(LabError) -> (RunWork, Tenancy) {
    var work = RunWork(
      request, lifecycle, experiments, output: try RunFolder(place.home), start: start.date)
    do throws(LabError) {
      try await work.doElsewhere()
      return (work, try await enter(lifecycle, backend, unfinished: place.unfinished))
    } catch {
      work.discard()
      throw error
    }
  }

  private func enter(
    _ lifecycle: LabLifecycle, _ backend: (any LabBackend)?, unfinished: [String]
  ) async throws(LabError) -> Tenancy {
    guard var state = try await lifecycle.found() else {
      let (lab, state) = try await lifecycle.make(
        request.lab, on: backend, isTransient: !request.keepsLab, unfinishedRuns: unfinished)
      return Tenancy(lab: lab, state: state, isOurs: true)
    }
    try state.check(against: request.lab)
    let lab = try await lifecycle.attach(state)
    // What an earlier run left that was killed; nobody else runs, because we hold the lock.
    for path in state.unfinishedRuns { try RunFolder.removeUnfinished(path) }
    state.unfinishedRuns = unfinished
    state = try lifecycle.note(unfinishedRuns: unfinished) ?? state
    return Tenancy(lab: lab, state: state, isOurs: false)
  }

  /// Cancelled or not: the run is done and published.
  private func leave(_ tenancy: Tenancy, _ lifecycle: LabLifecycle) async throws(LabError) {
    guard tenancy.isOurs, !request.keepsLab else { return try lifecycle.forgetRuns() }
    var state = tenancy.state
    // The run is where it is to stay.
    state.unfinishedRuns = []
    do throws(LabError) {
      try await uncancelled { [state] () throws(LabError) in try await lifecycle.remove(state) }
    } catch { throw Task.isCancelled ? .left(tenancy.state.record.lab, error) : error }
  }

  private func finish(
    _ work: RunWork, on tenancy: Tenancy, _ place: Place, _ taken: TakenFiles,
    _ start: Moment
  ) async throws(LabError) -> Finished {
    var work = work
    do throws(LabError) {
      try await work.perform(on: tenancy.lab, tenancy.state)
      // Some may be missing, and those that ran at once ended in any order.
      for index in work.result.exchanges.indices {
        let name = work.result.exchanges[index].name
        guard let exchange = request.exchanges.first(where: { $0.name == name }) else { continue }
        work.result.exchanges[index].image.source = taken.pictures.source(of: exchange.image)
        work.result.exchanges[index].note(taken.pictures.change(of: exchange.image))
      }
      work.result.durationNanoseconds = UInt64(
        (ContinuousClock.now - start.clock) / .nanoseconds(1))
      if Task.isCancelled { throw LabError.cancelled }
    } catch {
      work.discard()
      throw error
    }
    return RunStorage(
      output: work.output, target: place.target, troubles: work.troubles,
      writer: ReportWriter(page: page)
    ).keep(work.result, of: work.experiments)
  }

  private func checkSpace(for folders: [String]) throws(LabError) {
    let needed = request.bytesNeeded
    for folder in folders {
      guard let available = DiskSpace.available(at: folder), available < needed else { continue }
      throw LabError(
        .diskFull,
        "the run needs \(Human.bytes(needed)) and \(folder) has room for \(Human.bytes(available))",
        step: "prepare",
        hint:
          "make room, name another folder with --output, or keep fewer files: `store` in the manifest"
      )
    }
  }
}
