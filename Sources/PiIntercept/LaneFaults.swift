import Glibc
import PiCrypto
import PiExchange
import PiTransfer

// What faults do.
extension Lane {
  private static let longestSettling: Duration = .seconds(5)
  private static let pieceBytes = 65536

  /// At a place without a frame: inside the image, behind a frame, at the end.
  func fire(_ fault: Fault) throws(LaneEnd) {
    var nothing = FrameEdit(fault.position.part, [])
    try fire(fault, on: &nothing)
  }

  /// At a frame that is about to be passed on.
  func fire(_ fault: Fault, on edit: inout FrameEdit) throws(LaneEnd) {
    guard !isMuted, fault.action != .pause || session.journal.claims(fault) else { return }
    session.journal.fired(fault, session: session.number, passed: passed)
    switch fault.action {
    case .flipBits, .drop, .swap, .duplicate: addSpan(fault, edit)
    case .flipField(let field): note(edit.flip(field), fault)
    case .set(let field, let value): try set(field, value, fault, &edit)
    case .cut: mute()
    case .reset: throw .reset
    case .reflect: try reflect(edit)
    case .append(let count): try append(count, fault)
    case .replay(let path):
      try replay(path, from: fault.position, isAfter: fault.isAfter, of: fault)
    case .hold(let duration): try session.rest(duration)
    case .drip(let interval): dripInterval = interval
    case .pause: try pause(fault)
    }
  }

  private func note(_ isDone: Bool, _ fault: Fault) {
    if !isDone { session.journal.note("the frame does not have the field", of: fault) }
  }

  private func addSpan(_ fault: Fault, _ edit: FrameEdit) {
    let whole = edit.bytes.isEmpty ? reader.imageBytes : UInt64(edit.bytes.count)
    let number = fault.number
    switch fault.action {
    case .flipBits(let count):
      let isFrame = !edit.bytes.isEmpty
      let header = UInt64(isFrame ? edit.part.headerBytes : 0)
      spans.add(.flip, at: offset + header, count: UInt64(count), fault: number)
    case .drop(let count):
      spans.add(.drop, at: offset, count: count.map { UInt64($0) } ?? whole, fault: number)
    case .duplicate(let count):
      spans.add(.duplicate, at: offset, count: count.map { UInt64($0) } ?? whole, fault: number)
    case .swap(let count):
      let bytes = count.map { UInt64($0) }
      spans.add(.swap, at: offset, count: bytes ?? whole, second: bytes, fault: number)
    default: break
    }
  }

  /// What has not changed the stream as it should was not done.
  func noteUnmade() {
    for unmade in spans.unmade {
      guard let fault = session.options.faults.first(where: { $0.number == unmade.fault }) else {
        continue
      }
      session.journal.note(
        unmade.done == 0
          ? "there were no bytes there to do it to"
          : "only \(unmade.done) of its \(unmade.wanted) bytes were there", of: fault)
    }
  }

  // MARK: Fields

  private func set(
    _ field: StreamField, _ value: FieldValue, _ fault: Fault, _ edit: inout FrameEdit
  ) throws(LaneEnd) {
    guard let now = edit.value(of: field) else { return note(false, fault) }
    var random = random(for: fault)
    switch value {
    case .bytes(let bytes): note(edit.set(field, to: bytes), fault)
    case .random:
      let bytes = field == .name ? random.letters(now.count) : random.bytes(now.count)
      note(edit.set(field, to: bytes), fault)
    case .longer: note(edit.set(field, to: [0] + now), fault)
    case .shorter: note(edit.set(field, to: Array(now.dropFirst())), fault)
    case .own:
      guard let own = try session.publicValue(of: to) else {
        return session.journal.note("the other side has sent no public value", of: fault)
      }
      note(edit.set(field, to: own), fault)
    }
    if edit.value(of: field) == now {
      session.journal.note("the field has that value already", of: fault)
    }
  }

  // MARK: The stream

  private func random(for fault: Fault) -> SeededRandom {
    SeededRandom(
      seed: session.seed, stream: UInt64(fault.number), UInt64(session.number))
  }

  private func append(_ count: Int, _ fault: Fault) throws(LaneEnd) {
    var random = random(for: fault)
    var left = count
    while left > 0 {
      let piece = min(left, Self.pieceBytes)
      try pass(random.bytes(piece))
      left -= piece
    }
  }

  private func pause(_ fault: Fault) throws(LaneEnd) {
    settle(within: Self.longestSettling)
    session.journal.tell(.held(fault: fault.number))
    let path = "\(session.options.release ?? ".")/\(fault.number)"
    let isReleased = try session.wait { access(path, F_OK) == 0 }
    if !isReleased { session.journal.note("the longest pause was over", of: fault) }
    session.journal.tell(.released(fault: fault.number))
  }

  /// The frame goes back to who sent it, in place of the peer's own where that has one, and this direction ends.
  private func reflect(_ edit: FrameEdit) throws(LaneEnd) {
    session.offer(reflection: edit.bytes, of: edit.part)
    // Who has sent its last frame may be gone.
    if !edit.part.isMutual, let end = endOfReturning(edit.bytes), end != .destinationGone {
      throw end
    }
    mute()
  }

  /// From here on the recording is what this direction has, and then its end.
  func replay(
    _ path: String, from position: Fault.Position, isAfter: Bool, of fault: Fault?
  ) throws(LaneEnd) {
    var seeker = RecordingSeeker(from: from, position: position, isAfter: isAfter)
    let outcome = Result { () throws(ExchangeError) in
      var recording = try RecordingReader(path: path)
      while let bytes = try recording.next(from: from) {
        if let end = endOfPassing(seeker.take(bytes)) { return LaneEnd?.some(end) }
      }
      return nil
    }
    switch outcome {
    // Who gets the recording may well refuse it before it is over.
    case .success(.destinationGone): break
    case .success(let end?): throw end
    case .success(nil):
      if !seeker.isFound { note("the recording does not get there", of: fault) }
    case .failure(let error): note(error.message, of: fault)
    }
    mute()
  }

  private func note(_ detail: String, of fault: Fault?) {
    if let fault { session.journal.note(detail, of: fault) }
  }

  private func endOfReturning(_ bytes: [UInt8]) -> LaneEnd? {
    do throws(LaneEnd) {
      try bytes.lend { raw throws(LaneEnd) in try session.write(raw, to: from, source) }
      return nil
    } catch { return error }
  }

  private func endOfPassing(_ bytes: [UInt8]) -> LaneEnd? {
    do throws(LaneEnd) {
      try pass(bytes)
      return nil
    } catch { return error }
  }
}
