import FuzzSupport
import PiExchange
import PiIntercept

/// What stands between the two sides, fed with what either might send.
enum InterceptTargets {
  /// The first byte says who sends, the second how long the pieces are.
  static func stream(_ data: UnsafeRawBufferPointer) {
    var input = Input(data)
    let role: Role = input.byte() & 1 == 0 ? .sender : .receiver
    let pieceBytes = max(1, Int(input.byte()))
    let bytes = input.rest()
    var reader = StreamReader(from: role)
    var read: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      let piece = Array(bytes[start..<min(start + pieceBytes, bytes.count)])
      piece.withUnsafeBytes { take($0, &reader, into: &read) }
    }
    read += reader.finish()
    precondition(read == Array(bytes), "bytes were lost, made up or exchanged")
  }

  private static func take(
    _ piece: UnsafeRawBufferPointer, _ reader: inout StreamReader, into read: inout [UInt8]
  ) {
    var rest = piece
    while !rest.isEmpty {
      let (element, consumed) = reader.read(rest)
      let taken = rest[..<consumed]
      rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
      switch element {
      case nil: precondition(consumed > 0, "no progress")
      case .preamble(let bytes), .unparsed(let bytes): read += bytes
      case .frame(let frame): read += frame.encoded
      case .image: read += taken
      }
    }
  }
}
