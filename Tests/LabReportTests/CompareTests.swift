import Foundation
import ResultSamples
import TestSupport
import Testing

@testable import LabReport
@testable import LabResults

@Suite struct CompareTests {
  static func pair(factor: Double = 1.3) -> (RunResult, RunResult) {
    var before = Sample.report([Sample.exchange("classic")])
    var after = before
    before.sweep = SweepFixture.report(repeats: 8)
    after.startedAt = "2026-03-15T09:26:53Z"
    var sweep = SweepFixture.report(repeats: 8)
    // One slower, one faster, one without measurements that worked, one under another name.
    for (index, scale) in [(0, factor), (4, 1 / factor)] {
      sweep.points[index].samples = sweep.points[index].samples.map { sample in
        SweepFixture.sample(sample.position, Double(sample.nanoseconds["exchange"]!) * scale)
      }
    }
    sweep.points[7].samples = [SweepFixture.failed]
    sweep.points[8].group = "ffdhe3072"
    after.sweep = sweep
    return (before, after)
  }

  @Test func eachPointGetsItsVerdict() {
    let (before, after) = Self.pair()
    let comparison = Comparison(before, after)
    let verdicts = comparison.points.map(\.verdict)
    // The exchange first, which was timed once.
    #expect(
      verdicts == [.unknown, .slower, .same, .same, .same, .faster, .same, .same, .unknown])
    #expect(comparison.onlyBefore.count == 1 && comparison.onlyAfter.count == 1)
    #expect(comparison.regressions(beyond: 0.1).count == 1)
    #expect(comparison.regressions(beyond: 0.5).isEmpty)
  }

  @Test func theGateIsMadeOfChecks() {
    let (before, after) = Self.pair()
    let comparison = Comparison(before, after)
    func verdicts(_ share: Double) -> [Verdict] {
      comparison.checks(slowerBy: share, called: "so much").map(\.verdict)
    }
    // One point has a measurement that failed, which makes the second run fail; whether it is slower nothing says.
    #expect(verdicts(0.1) == [.proved, .proved, .refuted, .refuted])
    #expect(verdicts(0.5) == [.proved, .proved, .refuted, .refuted])
    let findings = comparison.checks(slowerBy: 0.1, called: "10%").map(\.finding)
    #expect(findings[2] == "The second run failed: its sweep.")
    #expect(
      findings[3]
        == "1 of 9 points slower by more than 10%: loopback/aes-128-ecb/ffdhe2048/1 KiB, and 1 of 9 points measured too few times to tell: loopback/cobblestone-128/ffdhe2048/1 MiB"
    )
    #expect(comparison.hasBadNews)
    let same = Comparison(before, before)
    #expect(same.checks(slowerBy: 0, called: "0%").allSatisfy { $0.verdict == .proved })
    #expect(!same.hasBadNews && same.failures.isEmpty)
    let nothing = Comparison(before, Sample.report([]))
    #expect(
      nothing.checks(slowerBy: 0, called: "0%").map(\.verdict)
        == [.proved, .refuted, .refuted, .refuted])
  }

  @Test func unlikeRunsAreNotCompared() {
    var (before, after) = Self.pair()
    after.environment.processor = "another"
    let refused = Comparison(before, after)
    #expect(refused.isRefused && refused.hasBadNews)
    #expect(refused.points.allSatisfy { $0.verdict == .refused && $0.probability == nil })
    #expect(refused.checks(slowerBy: 0.5, called: "50%").first?.verdict == .refuted)
    #expect(ComparisonText(refused).terminal().hasPrefix("Not comparable: "))
    let told = Comparison(before, after, despiteDifferences: true)
    #expect(told.count(.slower) == 1 && told.differences == refused.differences)
    #expect(ComparisonText(told).terminal().contains("The processor differs: "))
    // What one may want to compare.
    after.environment.processor = before.environment.processor
    after.environment.kernel = "another"
    before.pilabVersion = "another"
    #expect(!Comparison(before, after).isRefused)
  }

  @Test func noiseAloneIsNoDifference() {
    var (before, after) = (Sample.report([]), Sample.report([]))
    before.sweep = SweepFixture.report(repeats: 10, noise: 0.5)
    after.sweep = SweepFixture.report(repeats: 10, noise: 0.5, factor: 1.01)
    let comparison = Comparison(before, after)
    #expect(comparison.points.count == 9)
    #expect(comparison.points.allSatisfy { $0.verdict == .same })
  }

  /// Beside the count of every arrangement.
  @Test func exactProbabilityIsThatOfAllArrangements() {
    for (a, b) in [
      ([1.0, 2, 3, 4], [5.0, 6, 7, 8]), ([1, 5, 6, 9], [2, 3, 4, 7, 8]), ([1, 4], [2, 3, 5]),
      ([3], [1, 2, 4]),
    ] {
      #expect(abs(RankTest.probability(a, b) - Self.enumerated(a, b)) < 1e-12)
      #expect(abs(RankTest.probability(b, a) - Self.enumerated(a, b)) < 1e-12)
    }
    #expect(abs(RankTest.least(4, 4) - 2 / 70) < 1e-12)
    #expect(RankTest.probability([], [1]) == 1)
    #expect(RankTest.probability([2, 2, 2, 2], [2, 2, 2, 2]) == 1)
  }

  private static func enumerated(_ a: [Double], _ b: [Double]) -> Double {
    let all = a + b
    func u(_ chosen: [Double], _ others: [Double]) -> Int {
      chosen.reduce(0) { sum, x in sum + others.count { $0 < x } }
    }
    let pairs = a.count * b.count
    let own = min(u(a, b), pairs - u(a, b))
    var (extreme, total) = (0, 0)
    for mask in 0..<(1 << all.count) where mask.nonzeroBitCount == a.count {
      let chosen = all.indices.filter { mask >> $0 & 1 == 1 }.map { all[$0] }
      let others = all.indices.filter { mask >> $0 & 1 == 0 }.map { all[$0] }
      total += 1
      extreme += u(chosen, others) <= own ? 1 : 0
    }
    return min(1, 2 * Double(extreme) / Double(total))
  }

  /// Exact and approximate nearly agree where both can be had.
  @Test func approximationIsNear() {
    let a = (0..<20).map { Double($0 * 37 % 101) }
    let b = (0..<20).map { Double($0 * 53 % 97) + 20.5 }
    let exact = RankTest.probability(a, b)
    // Ties make it approximate.
    let tied = RankTest.probability(a + [200, 200], b + [200, 200])
    #expect(exact > 0.0001 && exact < 0.5)
    #expect(abs(exact - tied) < 0.1)
  }

  /// The example of Benjamini and Hochberg's paper, section 3.2: four of the fifteen are real.
  @Test func falseDiscoveriesAreBounded() {
    let paper = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
      0.5719, 0.6528, 0.7590, 1.0000,
    ]
    let adjusted = FalseDiscovery.adjusted(paper.reversed())
    #expect(adjusted.count { $0 <= 0.05 } == 4)
    #expect(FalseDiscovery.adjusted([]) == [])
  }

  @Test func thePageIsSound() throws {
    let folder = try TemporaryFolder()
    var (before, after) = Self.pair()
    before.lab = "<script>"
    after.environment.kernel = "\" onload=x"
    let html = try ComparisonPage(Comparison(before, after)).render()
    let output = try run(["python3", Fixture.checker], input: html, in: folder)
    #expect(output.contains("\"errors\": []"))
    #expect(html.contains("too few measurements"))
  }
}
