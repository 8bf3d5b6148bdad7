/// What is done to stretches of a stream, in its original offsets, whatever frames they lie in.
///
/// Each edit is given the pieces that the one before it leaves; a piece keeps its original offset wherever it goes.
struct SpanEdits: Sendable {
  struct Piece: Sendable, Equatable {
    var offset: UInt64
    var bytes: [UInt8]
    var end: UInt64 { offset + UInt64(bytes.count) }
  }

  enum Kind: Sendable, Equatable {
    case flip, drop, duplicate, swap
  }

  fileprivate struct Edit: Sendable {
    let kind: Kind
    let start: UInt64
    /// Bits of flip, bytes of the others.
    let count: UInt64
    /// Of swap: bytes that come first; nil until the next element shows how many.
    var second: UInt64?
    /// Whose it is, for `unmade`.
    var fault: Int?
    var kept: [Piece] = []
    /// Bytes that it was done to; of swap those that came first because of it.
    var done: UInt64 = 0

    /// Bytes that it is to be done to.
    var wanted: UInt64 { kind == .swap ? second ?? 0 : end - start }

    var end: UInt64 { start + (kind == .flip ? (count + 7) / 8 : count) }
    /// Behind the last byte that it has to do with.
    var reach: UInt64 { kind == .swap ? second.map { end + $0 } ?? .max : end }
  }

  private var edits: [Edit] = []
  /// What was not done, or not whole: the stream ended before.
  private(set) var unmade: [Unmade] = []

  /// An edit without its bytes, or without some of them; of swap, those behind that come first.
  struct Unmade: Sendable, Equatable {
    let fault: Int
    let done: UInt64
    let wanted: UInt64
  }

  /// Nothing is changed or kept any more.
  var isIdle: Bool { edits.isEmpty }

  /// - Parameter second: bytes that a swap puts first; nil for the next element, see `elementBegins`.
  mutating func add(
    _ kind: Kind, at start: UInt64, count: UInt64, second: UInt64? = nil, fault: Int? = nil
  ) {
    edits.append(Edit(kind: kind, start: start, count: count, second: second, fault: fault))
  }

  func touches(_ range: Range<UInt64>) -> Bool {
    edits.contains { $0.start < range.upperBound && range.lowerBound < $0.reach }
  }

  /// A swap of frames that waits for the frame behind it learns its length.
  mutating func elementBegins(at offset: UInt64, count: UInt64) {
    for index in edits.indices
    where edits[index].kind == .swap && edits[index].second == nil && edits[index].end == offset {
      edits[index].second = count
    }
  }

  /// What becomes of the bytes, in order.
  mutating func apply(_ bytes: [UInt8], at offset: UInt64) -> [[UInt8]] {
    var pieces = [Piece(offset: offset, bytes: bytes)]
    for index in edits.indices { pieces = pieces.flatMap { edits[index].take($0) } }
    let end = offset + UInt64(bytes.count)
    // One that is done may still be given what an earlier one keeps.
    while let first = edits.first, first.reach <= end, first.kept.isEmpty {
      note(first)
      edits.removeFirst()
    }
    return pieces.map { $0.bytes }
  }

  /// The stream ends: what is still kept, in the order in which it would have come.
  mutating func finish() -> [[UInt8]] {
    var pieces: [Piece] = []
    for index in edits.indices {
      pieces = pieces.flatMap { edits[index].take($0) } + edits[index].release()
    }
    for edit in edits { note(edit) }
    edits = []
    return pieces.map { $0.bytes }
  }

  private mutating func note(_ edit: Edit) {
    guard let fault = edit.fault, edit.done == 0 || edit.done < edit.wanted else { return }
    unmade.append(Unmade(fault: fault, done: edit.done, wanted: edit.wanted))
  }
}

extension SpanEdits.Piece {
  /// The parts in front of, in and behind a range; those that are empty are left out.
  fileprivate func cut(_ range: Range<UInt64>) -> [(piece: Self, isInside: Bool)] {
    let lower = min(max(range.lowerBound, offset), end)
    let upper = min(max(range.upperBound, lower), end)
    return [(offset, lower, false), (lower, upper, true), (upper, end, false)]
      .filter { $0.0 < $0.1 }
      .map { from, to, isInside in
        let slice = bytes[Int(from - offset)..<Int(to - offset)]
        return (Self(offset: from, bytes: Array(slice)), isInside)
      }
  }
}

extension SpanEdits.Edit {
  fileprivate mutating func take(_ piece: SpanEdits.Piece) -> [SpanEdits.Piece] {
    if piece.offset >= reach { return release() + [piece] }
    var result: [SpanEdits.Piece] = []
    for (part, isInside) in piece.cut(start..<end) {
      guard isInside else {
        result += behind(part)
        continue
      }
      if kind != .swap { done += UInt64(part.bytes.count) }
      switch kind {
      case .flip: result.append(flipped(part))
      case .drop: break
      case .duplicate:
        result.append(part)
        kept.append(part)
        if part.end == end { result += release() }
      case .swap: kept.append(part)
      }
    }
    return result
  }

  /// Of a swap: when the second stretch is whole, the first follows it.
  private mutating func behind(_ part: SpanEdits.Piece) -> [SpanEdits.Piece] {
    guard kind == .swap, part.offset >= end else {
      return part.offset >= end ? release() + [part] : [part]
    }
    let parts = part.cut(end..<reach)
    return parts.flatMap { piece, isInside -> [SpanEdits.Piece] in
      guard isInside else { return release() + [piece] }
      done += UInt64(piece.bytes.count)
      return piece.end == reach ? [piece] + release() : [piece]
    }
  }

  fileprivate mutating func release() -> [SpanEdits.Piece] {
    defer { kept = [] }
    return kept
  }

  private func flipped(_ piece: SpanEdits.Piece) -> SpanEdits.Piece {
    var piece = piece
    for index in piece.bytes.indices {
      let bit = (piece.offset + UInt64(index) - start) * 8
      let bits = min(8, count - bit)
      piece.bytes[index] ^= UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }
    return piece
  }
}
