/// What takes the bytes of one direction of a conversation. Bytes are valid during the call.
protocol StreamConsumer {
  /// The next bytes of the stream, at their offset from its first byte.
  mutating func receive(_ bytes: UnsafeRawBufferPointer, at offset: UInt64)
  /// The stream goes on after bytes that the capture does not hold.
  mutating func gap(at offset: UInt64, count: UInt64)
  /// A segment that is no part of the stream's order: it was seen before, or lies far outside.
  mutating func aside(_ bytes: UnsafeRawBufferPointer)
}

/// Puts the segments of one direction in order (RFC 9293, sequence numbers modulo 2^32).
///
/// The first copy of a byte counts; later ones go to `aside`, whole segments, so that nobody can
/// hide bytes in a retransmission. Segments that come too early wait; where more than the limits
/// wait, what is before them is declared missing.
struct StreamAssembler {
  struct Limits {
    var bytes = 16 << 20
    var segments = 16384
  }

  struct Counts {
    var payloadBytes: UInt64 = 0
    var retransmittedSegments: UInt64 = 0
    var retransmittedBytes: UInt64 = 0
    var outOfOrderSegments: UInt64 = 0
    var missingBytes: UInt64 = 0
    var gaps: UInt64 = 0
    var strayedSegments: UInt64 = 0
  }

  /// What waits in all streams of a capture together.
  final class Budget {
    let limit: Int
    fileprivate(set) var used = 0
    init(limit: Int = 64 << 20) { self.limit = limit }
  }

  private struct Waiting {
    /// Memory that a segment takes beside its bytes.
    static let overhead = 96
    var offset: UInt64
    var bytes: [UInt8]
    /// On the wire; more than `bytes` where the packet was cut by the capture.
    var length: Int
    var cost: Int { bytes.count + Self.overhead }
  }

  private(set) var counts = Counts()
  private(set) var sawSYN = false
  var sawFIN: Bool { finOffset != nil }
  private let limits: Limits
  private let budget: Budget
  /// Sequence number of the stream's first byte.
  private var base: UInt32?
  /// Offset of the next byte that is due.
  private var next: UInt64 = 0
  private var waiting: [Waiting] = []
  private var waitingBytes = 0
  private var finOffset: UInt64?
  private var acknowledged: UInt64 = 0

  /// The largest TCP window: nothing further ahead, or behind, belongs to the stream.
  private static let reach: Int32 = 1 << 30

  init(limits: Limits = Limits(), budget: Budget = Budget()) {
    self.limits = limits
    self.budget = budget
  }

  /// Whether this SYN opens another connection between the same ports.
  func isOpenedAnew(by segment: TCPSegment) -> Bool {
    guard segment.flags.contains(.syn), let base else { return false }
    return segment.sequence &+ 1 != base
  }

  func isExpected(_ sequence: UInt32) -> Bool { base.map { $0 &+ low(next) == sequence } ?? false }

  mutating func receive(_ segment: TCPSegment, into consumer: inout some StreamConsumer) {
    var sequence = segment.sequence
    if segment.flags.contains(.syn) {
      // SYN takes a sequence number of its own.
      sequence &+= 1
      if base == nil || base == sequence { sawSYN = true }
    }
    if base == nil { base = sequence }
    guard let distance = distance(to: sequence) else {
      if segment.payloadLength > 0 {
        counts.strayedSegments += 1
        consumer.aside(segment.payload)
      }
      return
    }
    if segment.flags.contains(.fin) { noteFIN(distance + Int64(segment.payloadLength)) }
    if segment.payloadLength > 0 { place(segment, distance: distance, into: &consumer) }
  }

  /// The other direction acknowledged everything before this sequence number.
  mutating func acknowledge(_ acknowledgment: UInt32) {
    guard let distance = distance(to: acknowledgment), distance > 0 else { return }
    acknowledged = max(acknowledged, next + UInt64(distance))
  }

  /// The capture has ended: hands on what waits and counts what never came.
  mutating func finish(into consumer: inout some StreamConsumer) {
    flush(into: &consumer)
    var end = max(acknowledged, finOffset ?? 0)
    // FIN takes a sequence number too.
    if let finOffset, end == finOffset + 1 { end = finOffset }
    if end > next { skip(to: end, into: &consumer) }
  }

  private func low(_ offset: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: offset) }

  /// From the byte that is due; nil outside the reach.
  private func distance(to sequence: UInt32) -> Int64? {
    guard let base else { return nil }
    let distance = Int32(bitPattern: sequence &- (base &+ low(next)))
    return (-Self.reach...Self.reach).contains(distance) ? Int64(distance) : nil
  }

  private mutating func noteFIN(_ distance: Int64) {
    let offset = Int64(next) + distance
    if finOffset == nil, offset >= 0 { finOffset = UInt64(offset) }
  }

  private mutating func place(
    _ segment: TCPSegment, distance: Int64, into consumer: inout some StreamConsumer
  ) {
    if distance > 0 {
      wait(
        Waiting(
          offset: next + UInt64(distance), bytes: Array(segment.payload),
          length: segment.payloadLength), into: &consumer)
    } else {
      deliver(
        segment.payload, length: segment.payloadLength, seen: UInt64(-distance), into: &consumer)
      drain(into: &consumer)
    }
  }

  /// Hands on a segment of which the first `seen` bytes were there before.
  private mutating func deliver(
    _ bytes: UnsafeRawBufferPointer, length: Int, seen: UInt64,
    into consumer: inout some StreamConsumer
  ) {
    if seen > 0 {
      counts.retransmittedSegments += 1
      counts.retransmittedBytes += min(seen, UInt64(length))
      consumer.aside(bytes)
    }
    guard seen < UInt64(length) else { return }
    let new = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Int(seen)))
    let end = next + UInt64(length) - seen
    if !new.isEmpty {
      consumer.receive(new, at: next)
      counts.payloadBytes += UInt64(new.count)
      next += UInt64(new.count)
    }
    if next < end { skip(to: end, into: &consumer) }
  }

  private mutating func skip(to offset: UInt64, into consumer: inout some StreamConsumer) {
    consumer.gap(at: next, count: offset - next)
    counts.gaps += 1
    counts.missingBytes += offset - next
    next = offset
  }
}

// MARK: - Segments that came too early

extension StreamAssembler {
  private mutating func wait(_ segment: Waiting, into consumer: inout some StreamConsumer) {
    let index = place(of: segment.offset)
    if index < waiting.count, waiting[index].offset == segment.offset,
      waiting[index].length >= segment.length
    {
      counts.retransmittedSegments += 1
      counts.retransmittedBytes += UInt64(segment.length)
      segment.bytes.withUnsafeBytes { consumer.aside($0) }
      return
    }
    counts.outOfOrderSegments += 1
    waiting.insert(segment, at: index)
    waitingBytes += segment.bytes.count
    budget.used += segment.cost
    let isFull = waitingBytes > limits.bytes || waiting.count > limits.segments
    if isFull || budget.used > budget.limit { flush(into: &consumer) }
  }

  /// Where a segment of this offset stands, or is to be inserted.
  private func place(of offset: UInt64) -> Int {
    var (low, high) = (0, waiting.count)
    while low < high {
      let middle = (low + high) / 2
      if waiting[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Hands on what has become due.
  private mutating func drain(into consumer: inout some StreamConsumer) {
    guard let first = waiting.first, first.offset <= next else { return }
    var done = 0
    while done < waiting.count, waiting[done].offset <= next {
      hand(waiting[done], to: &consumer)
      done += 1
    }
    waiting.removeFirst(done)
  }

  private mutating func flush(into consumer: inout some StreamConsumer) {
    let all = waiting
    waiting = []
    for segment in all {
      if segment.offset > next { skip(to: segment.offset, into: &consumer) }
      hand(segment, to: &consumer)
    }
  }

  private mutating func hand(_ segment: Waiting, to consumer: inout some StreamConsumer) {
    waitingBytes -= segment.bytes.count
    budget.used -= segment.cost
    segment.bytes.withUnsafeBytes {
      deliver($0, length: segment.length, seen: next - segment.offset, into: &consumer)
    }
  }
}
