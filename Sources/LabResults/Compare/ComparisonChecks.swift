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
    let count = points.count
    let left =
      onlyBefore.isEmpty ? "" : "; \(onlyBefore.count) of the first run are not in the second"
    return Check(
      id: .pointsInCommon, claim: "the runs have a point in common",
      verdict: points.isEmpty ? .refuted : .proved,
      finding: points.isEmpty
        ? "the runs have no point in common, so nothing says that none is slower"
        : "\(count == 1 ? "1 point is" : "\(count) points are") compared\(left)",
      counts: ["points": UInt64(count)])
  }

  private var secondRunSucceeded: Check {
    let failure = after.failure(called: "second")
    return Check(
      id: .secondRunSucceeded, claim: "the second run succeeded",
      verdict: failure == nil ? .proved : .refuted,
      finding: failure ?? "no check of the second run is refuted")
  }

  private func noneIsSlower(_ share: Double, _ words: String) -> Check {
    points.noneSlower(by: share, called: words)
  }
}

extension SweepResult {
  /// Its own programs are nowhere slower than those that it was compared with.
  public func noneSlower(by share: Double, called words: String) -> Check {
    againstPoints.noneSlower(by: share, called: words)
  }
}

extension [ComparedPoint] {
  /// A gate that cannot see does not open: what was measured too few times to tell is as good as slower. Exchanges, which are
  /// timed once, are beside the point.
  fileprivate func noneSlower(by share: Double, called words: String) -> Check {
    let slower = slower(beyond: share)
    let unknown = filter { $0.verdict == .unknown && $0.isRepeated }
    let told = count { [.faster, .slower, .same].contains($0.verdict) }
    return Check(
      id: .noneSlower, claim: "no point is slower by more than \(words)",
      verdict: slower.isEmpty && unknown.isEmpty && told > 0 ? .proved : .refuted,
      finding: finding(slower, unknown, told, words),
      counts: [
        "slower": UInt64(slower.count), "unknown": UInt64(unknown.count), "points": UInt64(count),
      ])
  }

  private func finding(_ slower: Self, _ unknown: Self, _ told: Int, _ words: String) -> String {
    if !isEmpty, allSatisfy({ $0.verdict == .refused }) {
      return "no point was judged, so nothing says that none is slower"
    }
    if told == 0 {
      return "no point was measured often enough on both sides, so nothing says that none is slower"
    }
    let all = "of \(count) \(count == 1 ? "point" : "points")"
    let parts = [
      "\(slower.count) \(all) slower by more than \(words)\(slower.firstNames)",
      unknown.isEmpty
        ? nil : "\(unknown.count) \(all) measured too few times to tell\(unknown.firstNames)",
    ]
    return parts.compactMap(\.self).joined(separator: ", and ")
  }

  /// `: one; two`, empty where there is none.
  private var firstNames: String {
    guard !isEmpty else { return "" }
    return ": " + prefix(5).map(\.name).joined(separator: "; ") + (count > 5 ? "; …" : "")
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
