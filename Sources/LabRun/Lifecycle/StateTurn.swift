import Foundation
import HostKit
import LabCore

/// The turn to change a lab's state file. Held for as long as reading and writing it takes, and let go of by the kernel
/// when the holder dies. The lab's folder itself is locked, so that no file more lies in it.
struct StateTurn: ~Copyable {
  private let lock: FileLock

  private static let timeout = Duration.seconds(10)

  /// - Throws: `state_unwritable` where it does not come in time.
  init(_ folder: String) throws(LabError) {
    do throws(SystemError) {
      lock = try FileLock.wait(for: .folder(folder), timeout: Self.timeout)
    } catch {
      let isHeld = error.number == EWOULDBLOCK
      throw LabError(
        .stateUnwritable, "cannot lock the lab's folder \(folder)",
        step: "state",
        hint: isHeld
          ? "another pilab has held it for \(Self.timeout): see: fuser -v '\(folder)'"
          : SystemFault(error, path: folder, .read).hint, cause: error.description)
    }
  }
}
