import HostKit
import PiExchange

extension Exchange {
  /// What the image has on the wire; nil where its file cannot be looked at.
  public var ciphertextBytes: UInt64? {
    // Whoever needs the image says what is wrong with it.
    guard let file = try? RegularFile(image) else { return nil }
    let bytes = UInt64(max(0, file.size))
    guard bytes <= Wire.maximumImageBytes else { return nil }
    return ImageLayout(cipher: cipher, plaintextBytes: bytes).ciphertextBytes
  }
}
