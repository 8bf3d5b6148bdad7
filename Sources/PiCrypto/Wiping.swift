import CGMP
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
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
    self.buffer = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count])
    self.buffer.initializeMemory(as: UInt8.self, repeating: 0)
    try fill(self.buffer)
  }

  /// A copy of `bytes`; wiping the original is the caller's part.
  public init(copying bytes: UnsafeRawBufferPointer) {
    self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
  }

  deinit {
    OPENSSL_cleanse(buffer.baseAddress, buffer.count)
    buffer.deallocate()
  }

  public var count: Int { buffer.count }

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

/// Overwrites what earlier calls left on this thread's stack: GMP and OpenSSL keep intermediate values there.
@inline(never)
func wipeStack() {
  withUnsafeTemporaryAllocation(byteCount: 96 * 1024, alignment: 16) { scratch in
    OPENSSL_cleanse(scratch.baseAddress, scratch.count)
  }
}

/// GMP frees and moves limbs without wiping them, so it gets memory functions that wipe.
///
/// GMP keeps these process-wide, hence one constant that is evaluated before the first number is made.
let wipingMemoryFunctions: Void = __gmp_set_memory_functions(
  { size in
    guard let block = malloc(size) else { fatalError("out of memory") }
    return block
  },
  { old, oldSize, newSize in
    guard let block = malloc(newSize) else { fatalError("out of memory") }
    if let old {
      memcpy(block, old, min(oldSize, newSize))
      OPENSSL_cleanse(old, oldSize)
      free(old)
    }
    return block
  },
  { block, size in
    OPENSSL_cleanse(block, size)
    free(block)
  })

/// The kernel's random source: getentropy(3), which is getrandom(2) in pieces of at most 256 bytes.
public enum SystemRandom {
  private static let largestPiece = 256

  public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    for start in stride(from: 0, to: buffer.count, by: largestPiece) {
      let piece = min(largestPiece, buffer.count - start)
      // Without randomness there is no safe way on.
      guard getentropy(buffer.baseAddress! + start, piece) == 0 else {
        fatalError("getentropy: \(String(cString: strerror(errno)))")
      }
    }
  }

  public static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { fill($0) }
    return bytes
  }
}
