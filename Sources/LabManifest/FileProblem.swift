import HostKit
import LabValues

extension RegularFile.Problem {
  /// Completes `the image …`.
  var message: String {
    switch self {
    case .missing: "does not exist"
    case .folder: "is a directory"
    case .special: "is not a regular file"
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .larger(let limit): "is larger than \(ByteCount(bytes: UInt64(limit)))"
    }
  }
}
