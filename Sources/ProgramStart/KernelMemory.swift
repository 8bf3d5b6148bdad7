import CProgramStart
import Glibc

/// Few bytes that the kernel keeps for this process outside its memory, in an anonymous file.
public final class KernelMemory: Sendable {
  private let descriptor: Int32
  public let count: Int

  /// nil where the kernel gives no such file.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    let descriptor = pilab_anonymous_file("secret")
    guard descriptor >= 0 else { return nil }
    guard write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    count = bytes.count
  }

  deinit { close(descriptor) }

  /// Copies the bytes into `buffer`, which has `count` of them; false where the kernel fails.
  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    pread(descriptor, buffer.baseAddress, count, 0) == count
  }
}
