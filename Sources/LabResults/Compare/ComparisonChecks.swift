extension Comparison {
  /// What a gate asks of the second run.
  /// - Parameters:
  ///   - share: of its former median, by which a point may be slower.
  ///   - words: the share as the user wrote it: `10%`.
  public func checks(slowerBy share: Double, called words: String) -> [Check] {
    [areComparable, haveCommonPoints, secondRunSucceeded, noneIsSlower(share, words)]
  }

  /// What the reader of a comparison must not overlook: a point became slower, or the links were others.
  public var hasBadNews: Bool { count(.slower) > 0 || linksDiffer || isRefused }

  /// Sentences on the runs that failed. Such a run has no times, and so would not be seen among them.
  public var failures: [String] {
    [before.failure(called: "first"), after.failure(called: "second")].compactMap(\.self)
  }

  private var areComparable: Check {
    Check(
      id: .comparable, claim: "the runs are comparable", verdict: isRefused ? .refuted : .proved,
      finding: isRefused
        ? "the runs are not comparable: \(differences.joined(separator: " "))"
        : "the runs are compared")
  }

  private var haveCommonPoints: Check {
    Check(
      id: .pointsInCommon, claim: "the runs have a point in common",
      verdict: points.isEmpty ? .refuted : .proved,
      finding: points.isEmpty
        ? "the runs have no point in common, so nothing says that none is slower"
        : "\(points.count) points are compared",
      counts: ["points": UInt64(points.count)])
  }

  private var secondRunSucceeded: Check {
    let failure = after.failure(called: "second")
    return Check(
      id: .secondRunSucceeded, claim: "the second run succeeded",
      verdict: failure == nil ? .proved : .refuted,
      finding: failure ?? "no check of the second run is refuted")
  }

  private func noneIsSlower(_ share: Double, _ words: String) -> Check {
    .noneSlower(regressions(beyond: share), of: points.count, by: words)
  }
}

extension SweepResult {
  /// Its own programs are nowhere slower than those that it was compared with.
  public func noneSlower(by share: Double, called words: String) -> Check {
    let points = againstPoints
    guard points.contains(where: { $0.verdict != .unknown }) else {
      return Check(
        id: .noneSlower, claim: "no point is slower by more than \(words)", verdict: .refuted,
        finding:
          "no point was measured often enough on both sides, so nothing says that none is slower")
    }
    return .noneSlower(points.slower(beyond: share), of: points.count, by: words)
  }
}

extension Check {
  fileprivate static func noneSlower(
    _ slower: [ComparedPoint], of count: Int, by words: String
  ) -> Check {
    let names = slower.prefix(5).map(\.name).joined(separator: "; ")
    let measured = "\(slower.count) of \(count) points slower by more than \(words)"
    return Check(
      id: .noneSlower, claim: "no point is slower by more than \(words)",
      verdict: slower.isEmpty ? .proved : .refuted,
      finding: slower.isEmpty ? measured : "\(measured): \(names)\(slower.count > 5 ? "; …" : "")",
      counts: ["slower": UInt64(slower.count), "points": UInt64(count)])
  }
}

extension Comparison.Side {
  /// Nil for a run that succeeded.
  fileprivate func failure(called run: String) -> String? {
    guard verdict != .identical else { return nil }
    let names = failed.isEmpty ? "its sweep" : failed.joined(separator: ", ")
    return "The \(run) run \(verdict == .failed ? "failed" : "delivered other images"): \(names)."
  }
}

extension Check.ID {
  /// Those of a comparison.
  static let comparable = Self(rawValue: "comparable")
  static let pointsInCommon = Self(rawValue: "pointsInCommon")
  static let secondRunSucceeded = Self(rawValue: "secondRunSucceeded")
  static let noneSlower = Self(rawValue: "noneSlower")
}
