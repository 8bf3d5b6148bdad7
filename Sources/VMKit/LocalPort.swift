import Glibc
import HostKit
import LabCore

/// Ports of 127.0.0.1 that nobody uses.
package enum LocalPort {
  /// What listens on it.
  package enum Kind: Sendable { case tcp, udp }

  package typealias Choice = @Sendable (Kind) throws(SystemError) -> UInt16

  /// Free now; whoever is quicker may still take it, so its user must be ready to take another.
  package static func free(_ kind: Kind) throws(SystemError) -> UInt16 {
    let type = kind == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let descriptor = socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    return try bind(descriptor)
  }

  /// The same for a lab that is being made.
  package static func chosen(
    _ kind: Kind, by choice: Choice
  ) throws(LabError) -> UInt16 {
    do { return try choice(kind) } catch {
      throw LabError(
        .boardNotCreated, "no port of 127.0.0.1 is free", step: "create",
        cause: ErrorWords.words(of: error))
    }
  }

  /// Binds to a free port of 127.0.0.1, and says which.
  package static func bind(_ descriptor: Int32) throws(SystemError) -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(descriptor, address, length) == 0
          ? getsockname(descriptor, address, &length) : -1
      }
    }
    guard result == 0 else { throw .last }
    return UInt16(bigEndian: address.sin_port)
  }
}
