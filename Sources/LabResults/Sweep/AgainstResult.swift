/// What other board programs took for the same points, measured among a sweep's own measurements in one random order.
public struct AgainstResult: Codable, Sendable, Equatable {
  /// As the user named them: a folder, or a run.
  public var name: String
  public var programs: ProgramHashes
  /// Those of the sweep itself.
  public var ownPrograms: ProgramHashes
  /// In the order of the sweep's own.
  public var points: [SweepPoint]
  /// By which a point may be slower; nil where nobody asked.
  public var limit: Limit?

  public struct Limit: Codable, Sendable, Equatable {
    /// Of the others' median: 0.1 for 10 %.
    public var share: Double
    /// As the user wrote it: `10%`.
    public var words: String

    public init(share: Double, words: String) {
      self.share = share
      self.words = words
    }
  }

  public init(
    name: String, programs: ProgramHashes, ownPrograms: ProgramHashes, points: [SweepPoint]
  ) {
    self.name = name
    self.programs = programs
    self.ownPrograms = ownPrograms
    self.points = points
  }

  /// SHA-256 of board programs, lower-case hexadecimal.
  public struct ProgramHashes: Codable, Sendable, Equatable {
    public var sender: String
    public var receiver: String

    public init(sender: String, receiver: String) {
      self.sender = sender
      self.receiver = receiver
    }
  }

  /// Whatever differs then is noise.
  public var isSameBytes: Bool { programs == ownPrograms }

  public var failedCount: Int { points.reduce(0) { $0 + $1.failures.count } }
}

extension SweepResult {
  /// Expected share of chance among the differences that are called faster or slower. Lower than for runs at different
  /// times, because whatever else the machine did meanwhile met both sides alike.
  public static let againstLevel = 0.01

  /// Measurements of either side that can tell of a change of one point among `points`.
  public static func repeatsToCompare(_ points: Int) -> Int {
    RankTest.enough(for: points, level: againstLevel)
  }

  /// The sweep's own programs beside the others, point by point; empty where there are no others.
  public var againstPoints: [ComparedPoint] {
    guard let against else { return [] }
    return ComparedPoint.judged(
      zip(against.points, points).map { other, own in
        .init(name: own.name, before: other.times(.exchange), after: own.times(.exchange))
      }, level: Self.againstLevel)
  }
}
