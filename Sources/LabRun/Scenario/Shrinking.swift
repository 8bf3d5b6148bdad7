import LabCore
import LabManifest
import LabResults

//  drawn faults that failed ─ one alone ─ one fewer, each in turn ─ nearer to a frame's boundary ─ shorter holds
//
//  What has the same end is taken, and tried to be made smaller again.

/// Finds fewer and simpler faults that have the same end.
struct Shrinking: Sendable {
  let runner: AttemptRunner
  /// Attempts in all.
  private static let most = 60
  private static let shortestHold = Duration.milliseconds(10)

  /// - Returns: the smallest faults found, in words; nil where none smaller have the same end.
  func shrink(_ attempt: AttemptResult) async throws(LabError) -> [String]? {
    var best = runner.faults ?? runner.cell.placed(seed: attempt.seed, runner.manifest)
    let first = best
    let end = Fingerprint(attempt)
    var left = Self.most
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for candidate in Self.candidates(best) {
        guard left > 0 else { return Self.words(best, unless: first) }
        left -= 1
        var trial = runner
        trial.faults = candidate
        trial.onFailure = { _ in true }
        let (again, trouble) = try await trial.run()
        if trouble != nil { return Self.words(best, unless: first) }
        guard Fingerprint(again) == end else { continue }
        best = candidate
        isSmaller = true
        break
      }
    }
    return Self.words(best, unless: first)
  }

  private static func words(
    _ faults: [[PlacedFault]], unless first: [[PlacedFault]]
  ) -> [String]? {
    faults == first ? nil : faults.flatMap { $0 }.map(\.words)
  }

  /// Each a step smaller, those with fewer faults first.
  static func candidates(_ faults: [[PlacedFault]]) -> [[[PlacedFault]]] {
    var alone: [[[PlacedFault]]] = []
    var fewer: [[[PlacedFault]]] = []
    var nearer: [[[PlacedFault]]] = []
    var shorter: [[[PlacedFault]]] = []
    let count = faults.reduce(0) { $0 + $1.count }
    for (step, list) in faults.enumerated() {
      for (index, fault) in list.enumerated() {
        if count > 2 {
          alone.append(faults.indices.map { $0 == step ? [fault] : [] })
        }
        if count > 1 {
          var changed = faults
          changed[step].remove(at: index)
          fewer.append(changed)
        }
        if let place = fault.place.boundary, fault.action.fits(.image, of: fault.place.from) {
          var changed = faults
          changed[step][index].place = place
          nearer.append(changed)
        }
        if case .hold(let time) = fault.action, time > shortestHold * 2 {
          var changed = faults
          changed[step][index].action = .hold(time / 2)
          shorter.append(changed)
        }
      }
    }
    return alone + fewer + nearer + shorter
  }

  /// What makes two failures the same: the verdict, and both sides' codes in every exchange.
  struct Fingerprint: Equatable {
    private let verdict: CellVerdict
    private let ends: [String]

    init(_ attempt: AttemptResult) {
      verdict = attempt.verdict
      ends = attempt.steps.flatMap(\.all).map { step in
        guard let facts = step.exchange else { return step.failure?.code.name ?? "" }
        return "\(facts.verdict.rawValue) \(facts.sender.code) \(facts.receiver.code)"
      }
    }
  }
}
