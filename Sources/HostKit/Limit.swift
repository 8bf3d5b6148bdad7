import Glibc

/// The limits that a process is started with: ulimit(1), setrlimit(2).
enum Limit: Sendable {
  case openFiles, fileSize, addressSpace, processes, stack

  private var resource: __rlimit_resource_t {
    let resource =
      switch self {
      case .openFiles: RLIMIT_NOFILE
      case .fileSize: RLIMIT_FSIZE
      case .addressSpace: RLIMIT_AS
      case .processes: __RLIMIT_NPROC
      case .stack: RLIMIT_STACK
      }
    return __rlimit_resource_t(resource.rawValue)
  }

  /// What holds, and up to where this process may raise it; nil where there is no limit.
  var value: (soft: UInt64?, hard: UInt64?) {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return (nil, nil) }
    return (Self.finite(limit.rlim_cur), Self.finite(limit.rlim_max))
  }

  /// - Returns: whether this process has at least so much now.
  func raise(to wanted: UInt64) -> Bool {
    let (soft, hard) = value
    guard let soft, soft < wanted else { return true }
    guard hard.map({ $0 >= wanted }) ?? true else { return false }
    var limit = rlimit(rlim_cur: rlim_t(wanted), rlim_max: hard.map { rlim_t($0) } ?? rlim_t.max)
    return setrlimit(resource, &limit) == 0
  }

  static func isSet(_ limit: Limit) -> Bool { limit.value.soft != nil }

  static func text(_ limit: Limit) -> String { limit.value.soft.map { "\($0)" } ?? "any number of" }

  /// RLIM_INFINITY is all ones.
  private static func finite(_ value: rlim_t) -> UInt64? { value == .max ? nil : UInt64(value) }
}
