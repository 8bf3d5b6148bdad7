/// What a build is doing, in order.
public enum ImageProgress: Sendable, Equatable {
  /// Another process builds; this one takes what that makes.
  case waiting
  case resolving
  /// Bytes of the packages that are not at hand yet.
  case downloading(packages: Int, bytes: UInt64)
  case unpacking(packages: Int)
  case assembling
  case compressing(bytes: UInt64)
  case makingISO

  public var description: String {
    switch self {
    case .waiting: "waiting for another build"
    case .resolving: "asking apt for the packages"
    case .downloading(let packages, let bytes):
      "downloading \(packages) packages, \((bytes + 1_048_575) / 1_048_576) MiB"
    case .unpacking(let packages): "unpacking \(packages) packages"
    case .assembling: "putting the board's root together"
    case .compressing(let bytes): "compressing \((bytes + 1_048_575) / 1_048_576) MiB"
    case .makingISO: "making the ISO"
    }
  }
}
