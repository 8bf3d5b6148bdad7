import COpenSSL
import Glibc

/// Bytes that are overwritten when they die: keys, shared secrets, private exponents.
///
/// There is no description and no comparison with `==`, so that a secret does not reach a log or a timing by accident.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Sendable: the buffer is owned by this value alone and is not written after `init`.
  private let buffer: UnsafeMutableRawBufferPointer

  /// `count` bytes as `fill` leaves them; zeros before.
  public init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    buffer = UnsafeMutableRawBufferPointer(start: SecretMemory.allocate(count), count: count)
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    try fill(buffer)
  }

  /// A copy of `bytes`; wiping the original is the caller's part.
  public init(copying bytes: UnsafeRawBufferPointer) {
    self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
  }

  deinit {
    SecretMemory.free(buffer.baseAddress, buffer.count)
  }

  public var count: Int { buffer.count }

  /// Lends the bytes; what `body` copies is its own to wipe.
  public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(buffer))
  }
}

/// Compares in time that depends on the lengths alone.
public func constantTimeEqual(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for (x, y) in zip(a, b) { difference |= x ^ y }
  return difference == 0
}

/// The kernel's random source: getentropy(3), which is getrandom(2) in pieces of at most 256 bytes.
public enum SystemRandom {
  private static let largestPiece = 256

  /// Fills all of the buffer; stops the program where the kernel has no randomness.
  public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    for start in stride(from: 0, to: buffer.count, by: largestPiece) {
      let piece = min(largestPiece, buffer.count - start)
      // Without randomness there is no safe way on.
      guard getentropy(buffer.baseAddress! + start, piece) == 0 else {
        InternalFailure.stop("getentropy: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Fresh bytes that are no secret, as of a nonce: the array is not wiped.
  public static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { fill($0) }
    return bytes
  }
}
