import CGMP
import COpenSSL
import Glibc

/// Where secrets lie: blocks that are overwritten when they are freed, from a region that is locked into memory
/// once a program has asked for one.
public enum SecretMemory {
  /// Room for the numbers of many handshakes at once. What does not fit is taken from the ordinary heap.
  private static let regionSize = 256 * 1024

  /// To be called at the start of a program that handles secrets, before any other use of this module.
  ///
  /// Sets up OpenSSL's secure heap: between guard pages, left out of core files, and locked into memory where
  /// RLIMIT_MEMLOCK allows it. A heap that could not be made or locked is no reason to stop.
  public static func prepare() {
    OpenSSL.readNoConfiguration()
    CRYPTO_secure_malloc_init(regionSize, 16)
  }

  static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    let size = max(count, 1)
    if let block = CRYPTO_secure_malloc(size, nil, 0) { return block }
    guard let block = malloc(size) else { InternalFailure.stop("out of memory") }
    return block
  }

  /// Overwrites and frees.
  static func free(_ block: UnsafeMutableRawPointer?, _ count: Int) {
    CRYPTO_secure_clear_free(block, count, nil, 0)
  }
}

/// GMP frees and moves limbs without wiping them, so it gets memory functions that wipe.
///
/// GMP keeps these process-wide, hence one constant that is evaluated before the first number is made.
let wipingMemoryFunctions: Void = __gmp_set_memory_functions(
  { size in SecretMemory.allocate(size) },
  { old, oldSize, newSize in
    let block = SecretMemory.allocate(newSize)
    if let old {
      memcpy(block, old, min(oldSize, newSize))
      SecretMemory.free(old, oldSize)
    }
    return block
  },
  { block, size in SecretMemory.free(block, size) })
