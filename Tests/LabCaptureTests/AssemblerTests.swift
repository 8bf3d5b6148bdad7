import Testing

@testable import LabCapture

@Suite struct AssemblerTests {
  private let stream = Fixture.noise(5000)

  /// Feeds segments of the stream, given as ranges, and finishes.
  private func assemble(
    _ ranges: [Range<Int>], first: UInt32 = 100, syn: Bool = true,
    limits: StreamAssembler.Limits = .init(), acknowledged: Int? = nil
  ) -> (recorder: Recorder, assembler: StreamAssembler) {
    var assembler = StreamAssembler(limits: limits)
    var recorder = Recorder()
    if syn { assembler.receive(Made(sequence: first &- 1, flags: 2).segment, into: &recorder) }
    for range in ranges {
      let made = Made(
        sequence: first &+ UInt32(range.lowerBound), payload: Array(stream[range]))
      assembler.receive(made.segment, into: &recorder)
    }
    if let acknowledged { assembler.acknowledge(first &+ UInt32(acknowledged)) }
    assembler.finish(into: &recorder)
    #expect(recorder.misplaced == 0)
    return (recorder, assembler)
  }

  @Test(arguments: [100, 0, UInt32.max, UInt32.max - 2500] as [UInt32])
  func orderAndWraparound(first: UInt32) {
    let (recorder, assembler) = assemble(
      [0..<1000, 1000..<1001, 1001..<4000, 4000..<5000], first: first)
    #expect(recorder.stream == stream)
    #expect(recorder.asides.isEmpty)
    #expect(assembler.counts.payloadBytes == 5000)
    #expect(assembler.sawSYN)
  }

  @Test(arguments: [100, UInt32.max - 1500] as [UInt32])
  func segmentsInAnyOrder(first: UInt32) {
    let (recorder, assembler) = assemble(
      [4000..<5000, 1000..<2000, 3000..<4000, 0..<1000, 2000..<3000], first: first)
    #expect(recorder.stream == stream)
    #expect(recorder.gaps.isEmpty)
    #expect(assembler.counts.outOfOrderSegments == 3)
    #expect(assembler.counts.retransmittedSegments == 0)
  }

  @Test func retransmissionsAndOverlapsAreCountedAndLookedAt() {
    let (recorder, assembler) = assemble(
      [0..<1000, 0..<1000, 500..<1500, 3000..<5000, 3000..<4000, 1500..<3500])
    #expect(recorder.stream == stream)
    #expect(assembler.counts.payloadBytes == 5000)
    // Whole; half of the next; the waiting one's double; 500 of the waiting one by the last.
    #expect(assembler.counts.retransmittedBytes == 1000 + 500 + 1000 + 500)
    #expect(assembler.counts.retransmittedSegments == 4)
    #expect(recorder.asides.map(\.count) == [1000, 1000, 1000, 2000])
  }

  @Test func gapsAreReportedWhereTheyAre() {
    let (recorder, assembler) = assemble([0..<1000, 1500..<2000, 2600..<5000])
    #expect(recorder.gaps == [.init(offset: 1000, count: 500), .init(offset: 2000, count: 600)])
    #expect(recorder.stream[1500..<2000] == stream[1500..<2000])
    #expect(recorder.stream[2600...] == stream[2600...])
    #expect(assembler.counts.missingBytes == 1100)
    #expect(assembler.counts.payloadBytes == 3900)
  }

  @Test func acknowledgedBytesThatNeverCameAreMissing() {
    #expect(assemble([0..<1000], acknowledged: 1000).assembler.counts.missingBytes == 0)
    let (recorder, assembler) = assemble([0..<1000], acknowledged: 1300)
    #expect(recorder.gaps == [.init(offset: 1000, count: 300)])
    #expect(assembler.counts.missingBytes == 300)
  }

  @Test func waitingIsBounded() {
    let tight = StreamAssembler.Limits(bytes: 1500, segments: 100)
    let (recorder, _) = assemble([0..<1000, 2000..<3000, 3000..<4000, 1000..<2000], limits: tight)
    // The third made it flush; the late one is no longer part of the stream, but looked at.
    #expect(recorder.gaps == [.init(offset: 1000, count: 1000)])
    #expect(recorder.asides == [Array(stream[1000..<2000])])
    let few = StreamAssembler.Limits(bytes: 1 << 20, segments: 1)
    #expect(assemble([0..<10, 20..<30, 40..<50], limits: few).recorder.gaps.count == 2)
  }

  @Test func allStreamsTogetherAreBounded() {
    let budget = StreamAssembler.Budget(limit: 4000)
    var first = StreamAssembler(budget: budget)
    var second = StreamAssembler(budget: budget)
    var recorders = [Recorder(), Recorder()]
    first.receive(Made(sequence: 99, flags: 2).segment, into: &recorders[0])
    second.receive(Made(sequence: 99, flags: 2).segment, into: &recorders[1])
    let early = Made(sequence: 600, payload: Array(repeating: 1, count: 3000)).segment
    first.receive(early, into: &recorders[0])
    #expect(recorders[0].gaps.isEmpty)
    second.receive(early, into: &recorders[1])
    #expect(recorders[1].gaps == [.init(offset: 0, count: 500)])
    #expect(budget.used > 0)
    first.finish(into: &recorders[0])
    #expect(budget.used == 0)
  }

  @Test func cutPacketsLeaveGaps() {
    var assembler = StreamAssembler()
    var recorder = Recorder()
    var cut = Made(sequence: 100, payload: Array(stream[..<60])).segment
    cut.payloadLength = 1000
    assembler.receive(Made(sequence: 99, flags: 2).segment, into: &recorder)
    assembler.receive(cut, into: &recorder)
    let next = Made(sequence: 1100, payload: Array(stream[1000..<2000])).segment
    assembler.receive(next, into: &recorder)
    #expect(recorder.gaps == [.init(offset: 60, count: 940)])
    #expect(Array(recorder.stream[1000...]) == Array(stream[1000..<2000]))
  }

  @Test func segmentsFarOutsideAreNoPartOfTheStream() {
    var assembler = StreamAssembler()
    var recorder = Recorder()
    assembler.receive(Made(sequence: 99, flags: 2).segment, into: &recorder)
    let far = Made(sequence: 100 + (1 << 31), payload: [1, 2, 3]).segment
    assembler.receive(far, into: &recorder)
    assembler.finish(into: &recorder)
    #expect(assembler.counts.strayedSegments == 1)
    #expect(recorder.asides == [[1, 2, 3]])
    #expect(recorder.stream.isEmpty && recorder.gaps.isEmpty)
  }

  @Test func streamsOverFourGibibytesGoOn() {
    var assembler = StreamAssembler()
    var recorder = Recorder()
    assembler.receive(Made(sequence: 0, flags: 2).segment, into: &recorder)
    // Jumps of 1 GiB, each a gap: the offsets pass 2^32 twice.
    for step in 1...9 {
      let sequence = 1 &+ UInt32(truncatingIfNeeded: step << 30) &- 1
      assembler.receive(Made(sequence: sequence, payload: [UInt8(step)]).segment, into: &recorder)
      assembler.finish(into: &recorder)
    }
    #expect(assembler.counts.payloadBytes == 9)
    #expect(assembler.counts.missingBytes == (9 << 30) - 9)
    #expect(recorder.gaps.count == 9)
  }
}
