import LabCore
import LabValues

/// Maps the lab's addresses into 127.0.0.0/8: 10.77.0.1 becomes 127.77.0.1.
enum LoopbackAddress {
  /// An address that no lab is likely to use: 127.255.255.254.
  static let probe = IPv4Address(value: 0x7FFF_FFFE)

  static func mapped(_ address: IPv4Address) -> IPv4Address {
    IPv4Address(value: 0x7F00_0000 | (address.value & 0x00FF_FFFF))
  }

  /// - Throws: `.boardNotCreated` where two boards of a subnet wider than /8 would get the same address.
  static func links(_ plan: LabPlan) throws(LabError) -> [LinkEndpoint] {
    let links = plan.links(all: .thisMachine, address: mapped)
    var owners: [IPv4Address: String] = [:]
    for link in links {
      if let owner = owners.updateValue(link.board, forKey: link.address) {
        throw LabError(
          .boardNotCreated,
          "'\(owner)' and '\(link.board)' would both get \(link.address) on loopback",
          board: link.board, step: "create",
          hint: "give the boards addresses that differ in their last three numbers")
      }
    }
    return links
  }
}
