import Testing

@testable import PiIntercept

@Suite struct SpanEditsTests {
  private static let stream = Array("abcdefghij".utf8)

  /// What becomes of the stream, cut in two at every place.
  private func outcomes(_ edits: [(SpanEdits.Kind, UInt64, UInt64, UInt64?)]) -> Set<String> {
    var found: Set<String> = []
    for cut in 0...Self.stream.count {
      var spans = SpanEdits()
      for (kind, at, count, second) in edits {
        spans.add(kind, at: at, count: count, second: second)
      }
      var bytes: [UInt8] = []
      if cut > 0 { bytes += spans.apply(Array(Self.stream[..<cut]), at: 0).joined() }
      if cut < Self.stream.count {
        bytes += spans.apply(Array(Self.stream[cut...]), at: UInt64(cut)).joined()
      }
      bytes += spans.finish().joined()
      #expect(spans.isIdle)
      found.insert(String(decoding: bytes, as: UTF8.self))
    }
    return found
  }

  @Test func dropsDuplicatesAndSwaps() {
    #expect(outcomes([(.drop, 2, 3, nil)]) == ["abfghij"])
    #expect(outcomes([(.drop, 8, 30, nil)]) == ["abcdefgh"])
    #expect(outcomes([(.duplicate, 2, 3, nil)]) == ["abcdecdefghij"])
    #expect(outcomes([(.duplicate, 8, 3, nil)]) == ["abcdefghijij"])
    #expect(outcomes([(.swap, 1, 2, 2)]) == ["adebcfghij"])
    #expect(outcomes([(.swap, 6, 3, 3)]) == ["abcdefjghi"])
    #expect(outcomes([(.swap, 0, 5, 5)]) == ["fghijabcde"])
    #expect(outcomes([(.swap, 1, 1, 3)]) == ["acdebfghij"])
  }

  @Test func flipsBitsFromTheMostSignificantOn() {
    // a = 61, b = 62 in hexadecimal: three bits of a make 81, and so on.
    var spans = SpanEdits()
    spans.add(.flip, at: 0, count: 11)
    #expect(spans.apply([0, 0, 0], at: 0) == [[0xFF, 0xE0], [0]])
    #expect(spans.isIdle)
  }

  @Test func onesThatOverlapAreDoneInTheirOrder() {
    #expect(outcomes([(.drop, 2, 2, nil), (.duplicate, 1, 4, nil)]) == ["abebefghij"])
    #expect(outcomes([(.swap, 0, 2, 2), (.drop, 0, 1, nil)]) == ["cdbefghij"])
  }

  /// Where nothing was changed, whose edit it was is told.
  @Test func thoseThatComeToNothingAreTold() {
    func unmade(_ edits: [(SpanEdits.Kind, UInt64, UInt64, UInt64?)]) -> [Int] {
      var spans = SpanEdits()
      for (number, edit) in edits.enumerated() {
        spans.add(edit.0, at: edit.1, count: edit.2, second: edit.3, fault: number)
      }
      _ = spans.apply(Self.stream, at: 0)
      _ = spans.finish()
      return spans.unmade.map(\.fault)
    }
    #expect(unmade([(.swap, 5, 100, 100)]) == [0])
    #expect(unmade([(.swap, 5, 3, 3)]) == [0])
    #expect(unmade([(.swap, 9, 1, nil)]) == [0])
    #expect(unmade([(.swap, 4, 3, 3)]).isEmpty)
    #expect(unmade([(.drop, 10, 1, nil), (.flip, 9, 8, nil), (.duplicate, 5, 5, nil)]) == [0])
    // What is left out cannot be flipped as well.
    #expect(unmade([(.drop, 2, 4, nil), (.flip, 3, 1, nil)]) == [1])
  }

  /// Where the stream ends too early, how much of it was done.
  @Test func thoseThatAreDoneInPartAreTold() {
    func done(_ kind: SpanEdits.Kind, _ start: UInt64, _ count: UInt64) -> [SpanEdits.Unmade] {
      var spans = SpanEdits()
      spans.add(kind, at: start, count: count, fault: 7)
      _ = spans.apply(Array(Self.stream.prefix(6)), at: 0)
      _ = spans.apply(Array(Self.stream.dropFirst(6)), at: 6)
      _ = spans.finish()
      return spans.unmade
    }
    #expect(done(.drop, 4, 7) == [.init(fault: 7, done: 6, wanted: 7)])
    #expect(done(.duplicate, 9, 5) == [.init(fault: 7, done: 1, wanted: 5)])
    #expect(done(.flip, 9, 9) == [.init(fault: 7, done: 1, wanted: 2)])
    for kind in [SpanEdits.Kind.drop, .duplicate] { #expect(done(kind, 4, 6).isEmpty) }
    #expect(done(.flip, 4, 48).isEmpty)
  }

  @Test func aFrameThatIsSwappedWaitsForTheNext() {
    var spans = SpanEdits()
    spans.add(.swap, at: 0, count: 2)
    #expect(spans.apply(Array("ab".utf8), at: 0).isEmpty)
    spans.elementBegins(at: 2, count: 3)
    #expect(spans.apply(Array("cde".utf8), at: 2) == [Array("cde".utf8), Array("ab".utf8)])
    #expect(spans.isIdle)
    spans.add(.swap, at: 5, count: 1)
    #expect(spans.apply(Array("f".utf8), at: 5).isEmpty)
    #expect(spans.finish() == [Array("f".utf8)])
  }
}
