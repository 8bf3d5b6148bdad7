import Glibc
import PiExchange

/// What has files, and their names, outlast a power failure.
public struct Durability: Sendable {
  /// Brings what a descriptor stands for to the disk; as fsync(2), -1 and errno where it cannot.
  let sync: @Sendable (Int32) -> Int32

  /// Of the kernel.
  public static let disk = Durability { fsync($0) }

  /// Brings it to the disk that a file that had no name has one. On the disk it counts as deleted until then, whatever the
  /// folder says, where the file system has no journal.
  func applyToFirstName(of descriptor: Int32, _ path: String) throws(ExchangeError) {
    // ext4 without a journal forgets in fsync(2) that only the number of names has changed; a time reminds it.
    guard futimens(descriptor, nil) == 0 else {
      throw AtomicFile.failure(path, "cannot touch it: \(systemMessage())")
    }
    try apply(to: descriptor, of: path)
  }

  /// - Parameter path: of the file, for the error.
  func apply(to descriptor: Int32, of path: String) throws(ExchangeError) {
    while sync(descriptor) != 0 {
      guard errno == EINTR else {
        throw AtomicFile.failure(path, "cannot bring it to the disk: \(systemMessage())")
      }
    }
  }
}
