import Glibc
import PiExchange

/// What has files, and their names, outlast a power failure.
public struct Durability: Sendable {
  /// Brings what a descriptor stands for to the disk; as fsync(2), -1 and errno where it cannot.
  let sync: @Sendable (Int32) -> Int32

  /// Of the kernel.
  public static let disk = Durability { fsync($0) }

  /// - Parameter path: of the file, for the error.
  func apply(to descriptor: Int32, of path: String) throws(ExchangeError) {
    while sync(descriptor) != 0 {
      guard errno == EINTR else {
        throw AtomicFile.failure(path, "cannot bring it to the disk: \(systemMessage())")
      }
    }
  }
}
