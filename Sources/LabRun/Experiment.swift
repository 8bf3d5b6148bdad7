import LabCore
import LabResults
import LabValues

/// Something that is done with a lab that is up, and gives results. None brings labs up or takes them down: the run does.
protocol Experiment: Sendable {
  /// As sentences call it: `the sweep`.
  var name: String { get }

  /// Whether boards need the lab's pre-shared key for it.
  var needsPreSharedKey: Bool { get }

  /// Modes in which it is done before the run's own, each in a lab that the run makes for it alone.
  var otherModes: [LabMode] { get }

  /// The lab of another mode could not be made.
  /// - Returns: whether the run may go on without; what is missing is then told in the result.
  func missed(_ mode: LabMode, _ error: LabError, into result: inout RunResult) -> Bool

  /// Finds out before anything is done whether it can be done on this lab.
  /// - Throws: why it cannot.
  func check(on lab: LabInUse) async throws(LabError)

  /// Does it, and adds to the result what it finds.
  /// - Throws: a cancellation, or what kept it from being done; what it has found until then is in the result.
  func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError)

  /// The run is done and is about to get its place: adds to it what was kept beside it until now.
  /// - Parameter isReported: the run's report is written, so that nothing else is needed any more.
  func keep(in output: RunFolder, isReported: Bool) throws(LabError)

  /// Removes what it has made on this machine and nobody needs any more, however the run has ended.
  func tidy()
}

extension Experiment {
  var needsPreSharedKey: Bool { false }
  var otherModes: [LabMode] { [] }
  func missed(_ mode: LabMode, _ error: LabError, into result: inout RunResult) -> Bool { false }
  func check(on lab: LabInUse) async throws(LabError) {}
  func keep(in output: RunFolder, isReported: Bool) throws(LabError) {}
  func tidy() {}
}

/// What experiments know when a run begins, before there is a lab.
struct RunStart: Sendable {
  let request: RunRequest
  let folder: LabFolder
  /// ISO 8601, UTC.
  let date: String
  let observer: RunObserver
}

extension [any Experiment] {
  /// Makes ready what the request asks for, in the order in which it is done. Another experiment is a folder beside
  /// `Exchange` and `Sweep`, and a line here.
  mutating func begin(_ start: RunStart) throws(LabError) {
    if let scenarios = try Scenarios.begin(start) { return append(scenarios) }
    append(Exchanges(start))
    if let sweep = try SweepSession.begin(start) { append(sweep) }
  }
}
