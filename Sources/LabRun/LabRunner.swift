import Foundation
import LabBackends
import LabManifest
import LabReport
import PiExchange

//  lock ─ key ─ boards up ─ deploy ─ exchange… ─ collect, verify ─ boards down ─ report ─ publish

/// Does one run from beginning to end, and leaves nothing behind but its folder.
public struct LabRunner: Sendable {
  private let request: RunRequest
  private let catalog: BackendCatalog
  private let observer: RunObserver

  public init(
    _ request: RunRequest, catalog: BackendCatalog = BackendCatalog(),
    observer: @escaping RunObserver = { _ in }
  ) {
    self.request = request
    self.catalog = catalog
    self.observer = observer
  }

  /// The report, and the folder that holds it and the files of the run.
  public struct Finished: Sendable {
    public let report: RunReport
    public let folder: String
  }

  /// - Throws: what made the run impossible. When the calling task is cancelled the boards are ended, the
  ///   run's files removed, and `RunError.cancelled` is thrown.
  public func run() async throws(RunError) -> Finished {
    let clock = ContinuousClock.now
    let start = Date.now.ISO8601Format()
    let backend: any LabBackend
    do { backend = try await catalog.backend(for: request.mode) } catch { throw RunError(error) }
    let folder = LabFolder(of: request.manifest.name, in: request.root)
    try folder.create()
    let lock = try LabLock(folder.lock, lab: request.manifest.name)
    defer { withExtendedLifetime(lock) {} }
    if request.exchanges.contains(where: { $0.authentication == .preSharedKey }) {
      try PreSharedKeyFile.ensure(folder.preSharedKey)
    }
    let output = try RunFolder(request.output ?? RunFolder.place(in: folder.runs, start: start))
    do throws(RunError) {
      try checkSpace(for: [folder.path, output.work])
      var report = emptyReport(mode: backend.mode, start: start)
      try await withBoards(of: backend, in: folder) { lab throws(RunError) in
        report.boards = try boards(of: lab)
        observer(.boardsReady(mode: report.mode, boards: report.boards))
        report.exchanges = try await exchanges(on: lab, folder, output)
      }
      report.durationNanoseconds = UInt64((ContinuousClock.now - clock) / .nanoseconds(1))
      try ReportWriter.write(report, to: output)
      if Task.isCancelled { throw RunError.cancelled }
      try output.publish()
      if request.output == nil { try output.markLatest() }
      return Finished(report: report, folder: output.destination)
    } catch {
      do { try output.discard() } catch { observer(.note("\(error)")) }
      throw error
    }
  }

  /// Takes the boards away again however `body` ends, cancellation included.
  private func withBoards(
    of backend: any LabBackend, in folder: LabFolder,
    _ body: (any RunningLab) async throws(RunError) -> Void
  ) async throws(RunError) {
    let plan = LabPlan(
      lab: request.manifest.name, subnet: request.manifest.network.subnet,
      boards: request.manifest.boards.map { .init(name: $0.name, address: $0.address) },
      folder: folder.path)
    let lab: any RunningLab
    do { lab = try await backend.create(plan) } catch { throw RunError(error) }
    var failure: RunError?
    do { try await body(lab) } catch { failure = error }
    // In a task of its own, which cancellation does not reach.
    let removal = await Task { await remove(lab) }.value
    if let first = failure ?? removal { throw first }
  }

  private func remove(_ lab: any RunningLab) async -> RunError? {
    do {
      try await lab.destroy()
      return nil
    } catch { return RunError(error) }
  }

  private func exchanges(
    on lab: any RunningLab, _ folder: LabFolder, _ output: RunFolder
  ) async throws(RunError) -> [ExchangeReport] {
    var deployment = Deployment(
      lab: lab, programs: request.programs, preSharedKey: folder.preSharedKey)
    var reports: [ExchangeReport] = []
    for exchange in request.exchanges {
      let plan = try await deployment.prepare(exchange)
      let session = ExchangeSession(plan: plan, lab: lab, output: output, observer: observer)
      let report = try await session.run()
      reports.append(report)
      observer(.exchangeEnded(name: report.name, verdict: report.verdict))
    }
    return reports
  }

  private func boards(of lab: any RunningLab) throws(RunError) -> [BoardReport] {
    var boards: [BoardReport] = []
    for board in request.manifest.boards {
      do {
        boards.append(BoardReport(name: board.name, address: try lab.board(board.name).address))
      } catch { throw RunError(error) }
    }
    return boards
  }

  private func emptyReport(mode: LabMode, start: String) -> RunReport {
    RunReport(
      pilabVersion: PiExchange.pilabVersion, lab: request.manifest.name, mode: mode.rawValue,
      startedAt: start,
      durationNanoseconds: 0, environment: .current(), boards: [], exchanges: [])
  }

  private func checkSpace(for folders: [String]) throws(RunError) {
    let needed = request.bytesNeeded
    for folder in folders {
      guard let available = DiskSpace.available(at: folder), available < needed else { continue }
      throw RunError(
        "disk_full",
        "the run needs \(Human.bytes(needed)) and \(folder) has room for \(Human.bytes(available))",
        hint:
          "make room, name another folder with --output, or keep fewer files: `store` in the manifest",
        step: "prepare", status: .environmentUnfit)
    }
  }
}
