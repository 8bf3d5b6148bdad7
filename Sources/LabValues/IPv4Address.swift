/// An IPv4 address; text form is four decimal numbers, without leading zeros.
public struct IPv4Address: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The four octets, the first one highest.
  public var value: UInt32

  public init(value: UInt32) {
    self.value = value
  }

  public init(_ text: String) throws(AddressError) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { throw .malformedAddress(text) }
    var value: UInt32 = 0
    for part in parts {
      guard part.utf8.count <= 3, let octet = Self.decimal(part), octet <= 255 else {
        throw .malformedAddress(text)
      }
      // Some tools read 010 as octal 8.
      guard part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0") else {
        throw .leadingZero(text)
      }
      value = value << 8 | UInt32(octet)
    }
    self.value = value
  }

  public var description: String {
    [24, 16, 8, 0].map { String(value >> $0 & 0xff) }.joined(separator: ".")
  }

  /// In the order of the numbers.
  public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.value < b.value }

  /// Unlike Int.init, takes no sign.
  package static func decimal(_ text: Substring) -> Int? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int(text)
  }
}

/// An IPv4 network, such as 10.77.0.0/24.
public struct IPv4Subnet: Sendable, Hashable, CustomStringConvertible {
  /// The network's own address; its host bits are zero.
  public let network: IPv4Address
  /// 0 to 32.
  public let prefixLength: Int

  /// - Throws: `.prefixOutOfRange` and `.hostBitsSet`.
  public init(network: IPv4Address, prefixLength: Int) throws(AddressError) {
    guard (0...32).contains(prefixLength) else { throw .prefixOutOfRange("\(prefixLength)") }
    let base = network.value & Self.mask(prefixLength)
    guard base == network.value else {
      throw .hostBitsSet(suggestion: "\(IPv4Address(value: base))/\(prefixLength)")
    }
    self.network = network
    self.prefixLength = prefixLength
  }

  /// The network that the address lies in.
  ///
  /// - Precondition: 0 <= prefixLength <= 32.
  public init(containing address: IPv4Address, prefixLength: Int) {
    precondition((0...32).contains(prefixLength))
    network = IPv4Address(value: address.value & Self.mask(prefixLength))
    self.prefixLength = prefixLength
  }

  public init(_ text: String) throws(AddressError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { throw .malformedSubnet(text) }
    let address = try IPv4Address(String(parts[0]))
    guard let length = IPv4Address.decimal(parts[1]), length <= 32,
      parts[1].utf8.count == 1 || parts[1].utf8.first != UInt8(ascii: "0")
    else { throw .prefixOutOfRange(String(parts[1])) }
    try self.init(network: address, prefixLength: length)
  }

  public var description: String { "\(network)/\(prefixLength)" }

  /// 255.255.255.0 for a /24.
  public var netmask: IPv4Address { IPv4Address(value: Self.mask(prefixLength)) }

  /// The last address.
  public var broadcast: IPv4Address { IPv4Address(value: network.value | ~netmask.value) }

  /// Whether the address is one of the subnet's, network and broadcast address included.
  public func contains(_ address: IPv4Address) -> Bool {
    address.value & netmask.value == network.value
  }

  /// How many boards have room: network and broadcast address are not theirs.
  public var hostCount: Int { max(0, (1 << (32 - prefixLength)) - 2) }

  /// The addresses that a board may have, lowest first.
  public var hosts: some Sequence<IPv4Address> & Sendable {
    // 64 bits, because the number after 255.255.255.254 has no place in 32.
    let first = UInt64(network.value) + 1
    return (first..<first + UInt64(hostCount)).lazy.map {
      IPv4Address(value: UInt32(truncatingIfNeeded: $0))
    }
  }

  private static func mask(_ prefixLength: Int) -> UInt32 {
    prefixLength == 0 ? 0 : ~0 << UInt32(32 - prefixLength)
  }
}

/// Why a text is no IPv4 address or subnet.
public enum AddressError: Error, Sendable, Equatable, CustomStringConvertible {
  case malformedAddress(String)
  case leadingZero(String)
  case malformedSubnet(String)
  case prefixOutOfRange(String)
  case hostBitsSet(suggestion: String)

  public var description: String {
    switch self {
    case .malformedAddress(let text): "'\(text)' is not an IPv4 address"
    case .leadingZero(let text): "'\(text)' is not an IPv4 address: a number has a leading zero"
    case .malformedSubnet(let text): "'\(text)' is not a subnet"
    case .prefixOutOfRange(let text): "the prefix length '/\(text)' is out of range"
    case .hostBitsSet: "the address lies inside the subnet and is not its first one"
    }
  }

  public var hint: String {
    switch self {
    case .malformedAddress: "write four numbers from 0 to 255, for example 10.77.0.1"
    case .leadingZero: "write 10.77.0.1, not 10.77.0.01"
    case .malformedSubnet: "write its first address and the prefix length: 10.77.0.0/24"
    case .prefixOutOfRange: "prefix lengths go from 0 to 32: 10.77.0.0/24"
    case .hostBitsSet(let suggestion): "did you mean '\(suggestion)'?"
    }
  }
}
