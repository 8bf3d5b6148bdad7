import Glibc

/// An IPv4 or IPv6 address with a port. Names are not resolved: boards have no DNS.
public struct SocketAddress: Sendable, Equatable {
  public let host: String
  public let port: UInt16

  /// `127.0.0.1:7400` or `[::1]:7400`.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    self.init(host: String(host), port: port)
    guard withSocketAddress({ _, _ in true }) == true else { return nil }
  }

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  var family: Int32 { host.contains(":") ? AF_INET6 : AF_INET }

  public var text: String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The address as the kernel takes it; nil where it is malformed.
  func withSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result? {
    if family == AF_INET {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
      return Self.call(body, address)
    }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
    return Self.call(body, address)
  }

  private static func call<Address, Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result, _ address: Address
  ) -> Result {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// What `getsockname` or `getpeername` says of a descriptor; nil where there is none.
  package init?(
    of descriptor: Int32,
    _ query: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { query(descriptor, $0, &length) }
    }
    guard result == 0 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let port: UInt16 = withUnsafePointer(to: &storage) { pointer in
      if Int32(pointer.pointee.ss_family) == AF_INET {
        return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          var address = $0.pointee.sin_addr
          inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
          return UInt16(bigEndian: $0.pointee.sin_port)
        }
      }
      return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        var address = $0.pointee.sin6_addr
        inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return UInt16(bigEndian: $0.pointee.sin6_port)
      }
    }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    self.init(host: String(decoding: bytes, as: UTF8.self), port: port)
  }
}
