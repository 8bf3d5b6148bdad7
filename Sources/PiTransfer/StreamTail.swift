import PiExchange

/// The last bytes of a stream: a sender that gives up inside the image ends it with ALERT, which only the end of the
/// stream tells from the image's own bytes.
struct StreamTail {
  private static let count = Frame.alert(.internal).encoded.count
  private var bytes: [UInt8] = []

  mutating func append(_ new: UnsafeRawBufferPointer) {
    bytes = (bytes + new.suffix(Self.count)).suffix(Self.count)
  }

  /// The peer's ALERT, nil where the stream ends in anything else.
  func alert(at step: Step) -> ExchangeError? {
    var reader = FrameReader(expecting: .alert)
    let header = reader.bytesNeeded
    guard bytes.count == Self.count else { return nil }
    do throws(ExchangeError) {
      _ = try reader.receive(Array(bytes[..<header]))
      _ = try reader.receive(Array(bytes[header...]))
    } catch {
      if error.code == .peerAlert { return ExchangeError(.peerAlert, at: step, error.message) }
    }
    return nil
  }
}
