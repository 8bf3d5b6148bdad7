import Foundation
import HostKit

/// The turn to change a lab's state file. Held for as long as reading and writing it takes, and let go of by the kernel
/// when the holder dies. The lab's folder itself is locked, so that no file more lies in it.
struct StateTurn: ~Copyable {
  private let descriptor: Int32

  private static let patience = 1000
  private static let pause: UInt32 = 10_000

  /// - Throws: `state_unwritable` where it does not come for ten seconds.
  init(_ folder: String) throws(RunError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(folder, SystemFault(path: folder, .read)) }
    for _ in 0..<Self.patience {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        self.descriptor = descriptor
        return
      }
      guard errno == EWOULDBLOCK || errno == EINTR else { break }
      usleep(Self.pause)
    }
    let fault = SystemFault(path: folder, .read)
    close(descriptor)
    throw Self.failure(folder, fault)
  }

  deinit { close(descriptor) }

  private static func failure(_ folder: String, _ fault: SystemFault) -> RunError {
    RunError(
      "state_unwritable", "cannot lock the lab's folder \(folder)", fault, step: "state",
      status: .outputRefused)
  }
}
