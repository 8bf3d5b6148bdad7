import Foundation
import TestSupport
import Testing

@testable import LabResults

@Suite struct StatisticsTests {
  /// Beside Python's statistics module, whose "inclusive" quantiles are type 7 too.
  @Test func quartilesAreThoseOfPython() throws {
    let folder = try TemporaryFolder()
    for count in [2, 3, 4, 5, 8, 11, 100] {
      let values = (0..<count).map { Double(($0 * 7919 + 13) % 1009) / 8 }
      let script = """
        import statistics
        v = \(values)
        q = statistics.quantiles(v, n=4, method="inclusive")
        print(repr(min(v)), repr(q[0]), repr(statistics.median(v)), repr(q[2]), repr(max(v)))
        """
      let output = try run(["python3", "-c", script], in: folder)
      let wanted = output.split(whereSeparator: \.isWhitespace)
        .compactMap { Double($0) }
      let found = try #require(Distribution(values))
      #expect(
        [
          found.minimum, found.lowerQuartile, found.median, found.upperQuartile, found.maximum,
        ] == wanted)
    }
    #expect(Distribution([]) == nil)
    #expect(Distribution([3])?.interquartileRange == 0)
  }

  @Test func aLineIsFoundAgain() throws {
    let fit = try #require(
      LineFit([1.0, 2, 8, 64, 1024].map { .init(x: $0, y: 5e6 + 3e5 * $0) }))
    #expect(abs(fit.fixed - 5e6) < 1 && abs(fit.slope - 3e5) < 1e-3)
    #expect(fit.fixedError < 1 && fit.relativeResidual < 1e-9)
  }

  /// Beside exact fractions in Python, by the normal equations.
  @Test func fitAndErrorsAreThoseOfExactFractions() throws {
    let points: [(Double, Double)] = [
      (0, 1010), (0, 990), (1, 1500), (1, 1540), (16, 9000), (16, 9400), (64, 33000),
    ]
    let script = """
      from fractions import Fraction as F
      p = [(F(x), F(y)) for x, y in \(points.map { [Int($0.0), Int($0.1)] })]
      w = [1 / (y * y) for _, y in p]
      s = lambda f: sum(a * f(x, y) for a, (x, y) in zip(w, p))
      S, X, Y, XX, XY = s(lambda x, y: 1), s(lambda x, y: x), s(lambda x, y: y), s(lambda x, y: x * x), s(lambda x, y: x * y)
      D = S * XX - X * X
      b, a = (S * XY - X * Y) / D, (XX * Y - X * XY) / D
      v = s(lambda x, y: (y - a - b * x) ** 2) / (len(p) - 2)
      print(float(a), float(b), float(v * XX / D) ** .5, float(v * S / D) ** .5)
      """
    let folder = try TemporaryFolder()
    let wanted = try run(["python3", "-c", script], in: folder)
      .split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    let fit = try #require(LineFit(points.map { .init(x: $0.0, y: $0.1) }))
    for (found, wanted) in zip([fit.fixed, fit.slope, fit.fixedError, fit.slopeError], wanted) {
      #expect(abs(found / wanted - 1) < 1e-9)
    }
    #expect(wanted.count == 4)
  }

  @Test func tooLittleForALine() {
    #expect(LineFit([]) == nil)
    #expect(LineFit([.init(x: 1, y: 1), .init(x: 2, y: 2)]) == nil)
    #expect(LineFit([.init(x: 1, y: 1), .init(x: 1, y: 2), .init(x: 1, y: 3)]) == nil)
    #expect(LineFit([.init(x: 1, y: 0), .init(x: 2, y: .nan), .init(x: 3, y: 1)]) == nil)
  }
}
