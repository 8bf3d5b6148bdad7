/// What a machine's network interface is for.
package enum NetworkRole: String, Sendable {
  /// The private network between the boards.
  case lab
  /// From this machine to the board, by the hypervisor's own NAT.
  case management
}

/// Six bytes that name a network interface.
public struct MACAddress: Sendable, Hashable {
  /// In the low 48 bits, the first byte highest.
  public let value: UInt64

  /// What comes above the 48 bits is left out.
  public init(value: UInt64) { self.value = value & 0xFFFF_FFFF_FFFF }

  /// Nil for what is not six bytes in hexadecimal, as in `52:54:00:12:34:56`; dashes may stand for colons.
  public init?(_ text: String) {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
    guard parts.count == 6,
      parts.allSatisfy({ $0.count == 2 && $0.utf8.allSatisfy(\.isHexadecimal) })
    else { return nil }
    let bytes = parts.compactMap { UInt64($0, radix: 16) }
    self.init(value: bytes.reduce(0) { $0 << 8 | $1 })
  }

  /// Chosen by whoever made the interface, and not by the vendor of a card.
  public var isLocallyAdministered: Bool { value >> 40 & 2 != 0 }

  /// Names a group of interfaces: no interface may have it.
  public var isMulticast: Bool { value >> 40 & 1 != 0 }

  /// Without colons, in upper case.
  package var plain: String { bytes.joined().uppercased() }

  private var bytes: [String] {
    (0..<6).reversed().map { index in
      let digits = String(value >> (8 * index) & 0xFF, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
  }
}

extension MACAddress: CustomStringConvertible {
  /// In lower case with colons, as Linux writes it; parses to the same value.
  public var description: String { bytes.joined(separator: ":") }
}

extension MACAddress {
  /// The first three bytes, that a hypervisor gives its machines.
  package enum Vendor: UInt64, Sendable {
    case qemu = 0x525400
    case virtualBox = 0x080027
  }

  /// An interface of a board of a lab: the same for each look at the lab.
  /// - Parameters:
  ///   - lab: the lab's id, whose last four digits tell labs apart.
  ///   - number: of the board, from 1.
  package init(_ vendor: Vendor, lab: String, _ role: NetworkRole, _ number: Int) {
    let low = UInt64(lab.suffix(4), radix: 16) ?? 0
    let side: UInt64 = role == .lab ? 0 : 0x800000
    let own = side | (low & 0x7F) << 16 | UInt64(number & 0xFFFF)
    self.init(value: vendor.rawValue << 24 | own)
  }
}

extension UInt8 {
  fileprivate var isHexadecimal: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
