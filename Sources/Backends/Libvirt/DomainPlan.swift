import LabCore
import LabValues
import VMKit

/// Chooses ports, and describes every board of a lab as a domain.
struct DomainPlan: Sendable {
  let plan: LabPlan
  let record: LabRecord
  let host: LibvirtHost
  let storage: LibvirtStorage
  let ports: LocalPort.Choice

  /// Of QEMU's user networking: what it gives the guest, also by DHCP.
  static let managementAddress = IPv4Address(value: 10 << 24 | 2 << 8 | 15)
  static let managementPrefixLength = 24

  private var names: LibvirtNames { LibvirtNames(record) }

  func descriptions(_ engine: Engine) throws(LabError) -> [DomainDescription] {
    let wires = try wires()
    var descriptions: [DomainDescription] = []
    for (index, board) in plan.boards.enumerated() {
      let number = index + 1
      descriptions.append(
        DomainDescription(
          name: names.domain(board.name),
          mark: BoardMark(board, of: record, port: try port(.tcp), engine: engine),
          memory: board.machine.memory, processors: board.machine.processors,
          boot: try boot(board), link: wires.links[index], labMAC: names.mac(.lab, number),
          managementMAC: names.mac(.management, number),
          overlay: storage.path(LibvirtStorage.overlay(board.name)),
          consoleLog: storage.path(LibvirtStorage.consoleLog(board.name)),
          extras: index == 0 ? wires.hub : []))
    }
    return descriptions
  }

  private func boot(_ board: LabPlan.BoardPlan) throws(LabError) -> DomainDescription.Boot {
    if let disk = board.machine.disk {
      let image = try DiskImage.examine(disk.path, board: board.name)
      return image.format == .iso
        ? .cd(path: image.path) : .disk(.init(path: image.path, format: image.format.rawValue))
    }
    guard let image = plan.image else {
      throw LabError(
        .boardNotCreated, "the lab has no board image and the board no disk of its own",
        board: board.name, step: "create")
    }
    return .kernel(
      path: storage.path(LibvirtStorage.kernel),
      initramfs: storage.path(LibvirtStorage.initramfs(board.name)),
      commandLine: image.commandLine)
  }

  // MARK: The lab's network

  private struct Wires {
    var links: [DomainDescription.LabLink]
    /// Arguments of the first board's QEMU.
    var hub: [String] = []
  }

  /// A network of this machine where the daemon may make one. Else two boards are joined by a pair of UDP ports;
  /// more are joined by a hub in the first board's QEMU, which runs also while that board is off the network.
  private func wires() throws(LabError) -> Wires {
    let count = plan.boards.count
    if host.isPrivileged {
      return Wires(links: Array(repeating: .network(names.network), count: count))
    }
    if count == 2 {
      let (a, b) = (try port(.udp), try port(.udp))
      return Wires(links: [.udp(local: a, remote: b), .udp(local: b, remote: a)])
    }
    var wires = Wires(links: [])
    for number in 1...count {
      let (board, hub) = (try port(.udp), try port(.udp))
      wires.links.append(.udp(local: board, remote: hub))
      wires.hub += [
        "-netdev", "socket,id=hub\(number),udp=127.0.0.1:\(board),localaddr=127.0.0.1:\(hub)",
        "-netdev", "hubport,id=hubport\(number),hubid=1,netdev=hub\(number)",
      ]
    }
    return wires
  }

  private func port(_ kind: LocalPort.Kind) throws(LabError) -> UInt16 {
    try LocalPort.chosen(kind, by: ports)
  }
}
