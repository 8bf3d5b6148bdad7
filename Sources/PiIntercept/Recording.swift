import Glibc
import PiExchange
import PiTransfer
import Synchronization

/// What both sides sent, in the order in which it came.
///
/// ```
/// "pilab recording 1\n"  then for each piece  u8 role ‖ u32 count ‖ count bytes
/// ```
enum Recording {
  static let magic = Array("pilab recording 1\n".utf8)
  static let headerBytes = 5
  static let largestPiece = 1 << 20
}

/// Keeps what the sides of one session send.
final class Recorder: Sendable {
  private struct State: ~Copyable {
    var file: AtomicFile?
    var bytes: UInt64 = 0
    var isComplete = true
    var isConfirmed = false
  }

  private let path: String
  private let limit: UInt64
  private let state: Mutex<State>

  init(path: String, limit: UInt64) throws(ExchangeError) {
    self.path = path
    self.limit = limit
    let file = try AtomicFile(path: path)
    try Self.write(Recording.magic, to: file)
    state = Mutex(State(file: file))
  }

  /// Both sides have the key: the sender has begun with the image.
  func confirm() { state.withLock { $0.isConfirmed = true } }

  var isConfirmed: Bool { state.withLock { $0.isConfirmed } }

  func take(_ bytes: UnsafeRawBufferPointer, from role: Role) {
    state.withLock { state in
      guard state.isComplete else { return }
      let room = limit - min(limit, state.bytes)
      let kept = UnsafeRawBufferPointer(rebasing: bytes.prefix(Int(clamping: room)))
      state.isComplete = kept.count == bytes.count
      do throws(ExchangeError) {
        try Self.append(kept, from: role, to: &state.file)
        state.bytes += UInt64(kept.count)
      } catch { state.isComplete = false }
    }
  }

  private static func append(
    _ bytes: UnsafeRawBufferPointer, from role: Role, to file: inout AtomicFile?
  ) throws(ExchangeError) {
    for start in stride(from: 0, to: bytes.count, by: Recording.largestPiece) {
      let end = min(start + Recording.largestPiece, bytes.count)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      let header = [role.rawValue] + UInt32(piece.count).bigEndianBytes
      try header.lend { raw throws(ExchangeError) in try file?.write(raw) }
      try file?.write(piece)
    }
  }

  private static func write(
    _ bytes: [UInt8], to file: borrowing AtomicFile
  ) throws(ExchangeError) {
    try bytes.lend { raw throws(ExchangeError) in try file.write(raw) }
  }

  /// Where it can be read before it is published; nil where not all of it was kept.
  var readingPath: String? {
    state.withLock { state in
      guard state.isComplete else { return nil }
      return state.file?.readingPath
    }
  }

  /// The file gets its name.
  func publish(session: Int) throws(ExchangeError) -> InterceptorResult.Recorded {
    try state.withLock { state throws(ExchangeError) in
      try state.file?.publish()
      state.file = nil
      return InterceptorResult.Recorded(
        session: session, bytes: state.bytes, isComplete: state.isComplete, file: path)
    }
  }
}

/// Reads a recording, of one direction, piece by piece.
struct RecordingReader: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(path: String) throws(ExchangeError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(path, systemMessage()) }
    var status = stat()
    var magic = [UInt8](repeating: 0, count: Recording.magic.count)
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      Glibc.read(descriptor, &magic, magic.count) == magic.count, magic == Recording.magic
    else {
      close(descriptor)
      throw Self.failure(path, "it is not a recording of pi-interceptor")
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// The next bytes that `role` sent; nil at the end.
  mutating func next(from role: Role) throws(ExchangeError) -> [UInt8]? {
    while let header = try read(Recording.headerBytes) {
      let count = Int(UInt32(bigEndianBytes: header[1...]))
      guard Role(rawValue: header[0]) != nil, count <= Recording.largestPiece else {
        throw Self.failure(path, "it is damaged")
      }
      guard let bytes = try read(count) else { throw Self.failure(path, "it is cut short") }
      if header[0] == role.rawValue { return bytes }
    }
    return nil
  }

  /// Exactly so many bytes; nil where the file ends first.
  private func read(_ count: Int) throws(ExchangeError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + done, count - done)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw Self.failure(path, systemMessage()) }
      guard got > 0 else { return nil }
      done += got
    }
    return bytes
  }

  private static func failure(_ path: String, _ message: String) -> ExchangeError {
    ExchangeError(.usage, at: .arguments, "cannot replay \(path): \(message)")
  }
}

/// Finds a position in a recorded direction.
struct RecordingSeeker {
  private var reader: StreamReader
  private let position: Fault.Position
  private let isAfter: Bool
  private(set) var isFound: Bool

  init(from role: Role, position: Fault.Position, isAfter: Bool) {
    reader = StreamReader(from: role)
    self.position = position
    self.isAfter = isAfter
    isFound = position == .part(.preamble) && !isAfter
  }

  /// Those of the next bytes that lie behind the position.
  mutating func take(_ bytes: [UInt8]) -> [UInt8] {
    guard !isFound else { return bytes }
    return bytes.withUnsafeBytes { raw in
      var rest = raw
      while !rest.isEmpty {
        let (element, consumed) = reader.read(rest)
        if let element, let found = found(in: element, Array(rest[..<consumed])) {
          isFound = true
          return found + rest[consumed...]
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
      }
      return []
    }
  }

  /// What of the element lies behind the position, nil where that comes later.
  private func found(in element: StreamReader.Element, _ taken: [UInt8]) -> [UInt8]? {
    switch element {
    case .preamble: return position == .part(.preamble) ? [] : nil
    case .frame(let frame):
      guard position == .part(StreamPart(frame.type)) else { return nil }
      return isAfter ? [] : frame.encoded
    case .image(let offset, let total):
      let end = offset + UInt64(taken.count)
      let place: UInt64
      switch position {
      case .byte(let number): place = number + (isAfter ? 1 : 0)
      case .part(.image): place = isAfter ? total : 0
      case .part: return nil
      }
      // Behind the last byte comes nothing of this element.
      guard place < end || place == end && place == total else { return nil }
      return Array(taken[Int(place - offset)...])
    case .unparsed: return nil
    }
  }
}
