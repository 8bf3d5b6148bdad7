import Glibc
import LabManifest

/// Boards as folders and processes of this machine, each with an address of its own in 127.0.0.0/8.
///
/// Needs nothing and isolates nothing: for trying an exchange, for tests, and for measuring without a
/// network in between.
public struct LoopbackBackend: LabBackend {
  public init() {}

  public var mode: LabMode { .loopback }

  public var capabilities: BackendCapabilities {
    BackendCapabilities(
      ownKernel: false, ownNetwork: false, linkImpairment: false, unprivileged: true)
  }

  /// Loopback is there on every Linux unless its interface is down, so that is what is tried.
  public func probe() async -> BackendProbe {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      return .unavailable(reason: "no IPv4 socket: \(SystemError.last)", remedy: nil)
    }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = LoopbackAddress.probe.value.bigEndian
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0 else {
      return .unavailable(
        reason: "cannot bind \(LoopbackAddress.probe): \(SystemError.last)",
        remedy: "sudo ip link set lo up")
    }
    return .available
  }

  public func create(_ plan: LabPlan) async throws(BackendError) -> any RunningLab {
    let addresses = try LoopbackAddress.addresses(of: plan.boards)
    let lab = LoopbackLab(
      folder: "\(plan.folder)/boards",
      boards: plan.boards.map { board in
        LoopbackBoard(
          name: board.name, address: addresses[board.name, default: ""],
          folder: "\(plan.folder)/boards/\(board.name)")
      })
    // A run that was killed leaves its boards behind; the caller holds the lab's lock, so they are nobody's.
    try await lab.destroy()
    do {
      try lab.makeFolders()
    } catch {
      try await lab.destroy()
      throw error
    }
    return lab
  }
}
