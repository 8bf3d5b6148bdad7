import LabCore
import LabValues

/// Maps the lab's addresses into 127.0.0.0/8: 10.77.0.1 becomes 127.77.0.1.
enum LoopbackAddress {
  /// An address that no lab is likely to use: 127.255.255.254.
  static let probe = IPv4Address(value: 0x7FFF_FFFE)

  static func mapped(_ address: IPv4Address) -> IPv4Address {
    IPv4Address(value: 0x7F00_0000 | (address.value & 0x00FF_FFFF))
  }

  /// Board name to dotted address.
  /// - Throws: `.boardNotCreated` where two boards of a subnet wider than /8 would get the same address.
  static func addresses(of boards: [LabPlan.BoardPlan]) throws(LabError) -> [String: String] {
    var owners: [IPv4Address: String] = [:]
    var addresses: [String: String] = [:]
    for board in boards {
      let address = mapped(board.address)
      if let owner = owners.updateValue(board.name, forKey: address) {
        throw LabError(
          .boardNotCreated,
          "'\(owner)' and '\(board.name)' would both get \(address) on loopback",
          board: board.name, step: "create",
          hint: "give the boards addresses that differ in their last three numbers")
      }
      addresses[board.name] = address.description
    }
    return addresses
  }
}
