import Glibc
import PiExchange
import PiTransfer

/// One direction of a session.
///
/// ```
///   source ── recv ──▶ StreamReader ── elements ──▶ faults ──▶ SpanEdits ── send ──▶ destination
/// ```
/// Faults count in the original stream, so that one does not move the place of another.
final class Lane {
  static let bufferSize = 256 * 1024

  let session: InterceptedSession
  let from: Role
  /// Who gets what is passed on.
  let to: Role
  let source: Int32
  let destination: Int32
  var reader: StreamReader
  var spans = SpanEdits()
  var schedule: FaultSchedule
  /// Of the original stream: the element that is at hand, or the next one.
  var offset: UInt64 = 0
  var passed: UInt64 = 0
  /// Nothing is passed on any more; what comes is still read, and written down.
  var isMuted = false
  var dripInterval: Duration?
  private var imageEntry: Int?
  private var hasUnparsed = false

  init(_ session: InterceptedSession, from: Role, to: Role, source: Int32, destination: Int32) {
    self.session = session
    self.from = from
    self.to = to
    self.source = source
    self.destination = destination
    reader = StreamReader(from: from)
    schedule = FaultSchedule(session.options.faults, from: from)
  }

  /// Until the end of the stream or of the session. With a recording that is all that is passed on.
  func run(replaying path: String? = nil) {
    defer {
      noteUnmade()
      session.isOver(from: from)
    }
    do throws(LaneEnd) {
      if let path { try replay(path, from: .part(.preamble), isAfter: false, of: nil) }
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Self.bufferSize, alignment: 4096)
      defer { buffer.deallocate() }
      while let bytes = try receive(buffer) { try take(bytes) }
      try finish()
    } catch {
      switch error {
      case .stopped: break
      case .reset:
        settle(within: .seconds(1))
        session.reset()
      case .destinationGone: session.resetAtEnd()
      }
    }
  }

  // MARK: Reading

  /// What is there, at least one byte; nil at the end of the stream.
  private func receive(
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(LaneEnd) -> UnsafeRawBufferPointer? {
    while true {
      if session.stop.signal != nil { throw .stopped }
      let count = recv(source, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        session.received(bytes, from: from)
        return bytes
      }
      if count == 0 {
        // The kernel tells a reset once only, and it may have told the other direction. An end that both sides have
        // sent closes the connection, too.
        if !isMuted, isClosed(source), session.isReset || !session.hasEnded(from: to) {
          throw .reset
        }
        return nil
      }
      switch errno {
      case EAGAIN:
        if case .signalled = Poll.wait(source, POLLIN, .seconds(3600), session.stop) {
          throw .stopped
        }
      case EINTR: continue
      default:
        // What a side does that has been cut off concerns the other no more.
        guard !isMuted else { return nil }
        throw .reset
      }
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) throws(LaneEnd) {
    var rest = bytes
    while !rest.isEmpty {
      let (element, consumed) = reader.read(rest)
      let taken = UnsafeRawBufferPointer(rebasing: rest[..<consumed])
      rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
      switch element {
      case nil: break
      case .preamble(let bytes): try whole(.preamble, bytes)
      case .frame(let frame):
        session.saw(frame, from: from)
        try whole(StreamPart(frame.type), frame.encoded)
      case .image(let place, let total): try image(taken, at: place, of: total)
      case .unparsed(let bytes): try unparsed(bytes)
      }
    }
  }

  private func unparsed(_ bytes: [UInt8]) throws(LaneEnd) {
    if !hasUnparsed { session.journal.sawUnparsed(at: offset, from: from, session: session.number) }
    hasUnparsed = true
    try emit(bytes)
  }

  private func finish() throws(LaneEnd) {
    let rest = reader.finish()
    if !rest.isEmpty { try unparsed(rest) }
    for bytes in spans.finish() { try pass(bytes) }
    for fault in schedule.at(.end, isAfter: false) + schedule.at(.end, isAfter: true) {
      try fire(fault)
    }
    if !isMuted { shutdown(destination, Int32(SHUT_WR)) }
  }

  // MARK: Elements

  /// PREAMBLE or a frame.
  private func whole(_ part: StreamPart, _ bytes: [UInt8]) throws(LaneEnd) {
    let count = UInt64(bytes.count)
    let entry = session.journal.saw(part, bytes: count, from: from, session: session.number)
    spans.elementBegins(at: offset, count: count)
    var edit = FrameEdit(part, bytes)
    for fault in schedule.at(part, isAfter: false) { try fire(fault, on: &edit) }
    if let other = try reflected(part) { edit = FrameEdit(part, other) }
    let isTouched = spans.touches(offset..<(offset + count))
    if edit.bytes != bytes || isTouched || isMuted { session.journal.markChanged(entry) }
    try emit(edit.bytes, covering: count)
    for fault in schedule.at(part, isAfter: true) { try fire(fault) }
  }

  /// What the other side sent and gets back here, in place of this side's.
  private func reflected(_ part: StreamPart) throws(LaneEnd) -> [UInt8]? {
    guard part.isMutual, !isMuted, schedule.isReflected(part) else { return nil }
    return try session.reflection(of: part, by: from.opposite)
  }

  /// Bytes of the image, the first one being number `place`.
  private func image(
    _ bytes: UnsafeRawBufferPointer, at place: UInt64, of total: UInt64
  ) throws(LaneEnd) {
    if place == 0 {
      imageEntry = session.journal.saw(
        .image, bytes: total, from: from, session: session.number)
      spans.elementBegins(at: offset, count: total)
    }
    var rest = bytes
    var place = place
    while !rest.isEmpty {
      while let fault = schedule.nextInImage(at: place, total: total) { try fire(fault) }
      let upTo = schedule.nextPlaceInImage(after: place, total: total)
      let count = min(rest.count, Int(clamping: upTo - place))
      let part = UnsafeRawBufferPointer(rebasing: rest[..<count])
      if !spans.isIdle || isMuted { session.journal.markChanged(imageEntry) }
      if spans.isIdle {
        try pass(part)
        offset += UInt64(count)
      } else {
        try emit(Array(part))
      }
      place += UInt64(count)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      while let fault = schedule.nextBehindImageByte(at: place, total: total) { try fire(fault) }
    }
  }

  // MARK: Passing on

  /// The next bytes of the stream, as they are to be passed on, in place of `covering` original ones.
  private func emit(_ bytes: [UInt8], covering count: UInt64? = nil) throws(LaneEnd) {
    let begin = offset
    offset += count ?? UInt64(bytes.count)
    if spans.isIdle { return try pass(bytes) }
    for piece in spans.apply(bytes, at: begin) { try pass(piece) }
  }

  func pass(_ bytes: [UInt8]) throws(LaneEnd) {
    try bytes.lend { raw throws(LaneEnd) in try pass(raw) }
  }

  func pass(_ bytes: UnsafeRawBufferPointer) throws(LaneEnd) {
    guard !isMuted, !bytes.isEmpty else { return }
    guard let dripInterval else {
      try session.write(bytes, to: to, destination)
      passed += UInt64(bytes.count)
      return
    }
    for index in bytes.indices {
      try session.write(
        UnsafeRawBufferPointer(rebasing: bytes[index...index]), to: to, destination)
      passed += 1
      try session.rest(dripInterval)
    }
  }

  /// This direction ends; what still comes is read, and dropped.
  func mute() {
    guard !isMuted else { return }
    shutdown(destination, Int32(SHUT_WR))
    isMuted = true
    session.isOver(from: from)
  }

  /// Waits until the destination's machine has acknowledged all that was passed on, or the time is over.
  func settle(within limit: Duration) {
    let end = Deadline(after: limit)
    var count: Int32 = 0
    while ioctl(destination, UInt(TIOCOUTQ), &count) == 0, count > 0, end.remaining != nil,
      session.stop.signal == nil, !isClosed(destination)
    {
      _ = Poll.wait(-1, 0, InterceptedSession.lookingInterval, session.stop)
    }
  }

  /// Whether the connection is gone, as by a reset.
  private func isClosed(_ descriptor: Int32) -> Bool {
    var info = tcp_info()
    var size = socklen_t(MemoryLayout<tcp_info>.size)
    return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0
      && info.tcpi_state == 7  // TCP_CLOSE of <netinet/tcp.h>
  }
}
