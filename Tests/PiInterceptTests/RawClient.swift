import Glibc
import Testing

@testable import PiTransfer

/// A connection without a protocol; it ends with its owner.
final class RawClient {
  let descriptor: Int32

  init(_ address: SocketAddress) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let descriptor = descriptor
    try #require(address.withSocketAddress { connect(descriptor, $0, $1) } == 0)
  }

  deinit { close(descriptor) }

  /// Says all of it, and waits for the end of what it is told.
  func say(_ bytes: [UInt8]) throws {
    send(bytes)
    shutdown(descriptor, Int32(SHUT_WR))
    drain()
  }

  func send(_ bytes: [UInt8]) {
    #expect(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
  }

  /// All that comes until the end, or a reset.
  @discardableResult
  func drain() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var bytes: [UInt8] = []
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }
}
