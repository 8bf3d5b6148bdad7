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
    let links = try links()
    var descriptions: [DomainDescription] = []
    for (board, link) in zip(plan.boards, links) {
      descriptions.append(
        DomainDescription(
          name: names.domain(board.name),
          mark: BoardMark(
            board, of: record, port: try LocalPort.chosen(.tcp, by: ports), engine: engine),
          memory: board.machine.memory, processors: board.machine.processors,
          boot: try boot(board), link: link,
          managementMAC: names.mac(.management, link.number),
          overlay: storage.path(LibvirtStorage.overlay(board.name)),
          consoleLog: storage.path(LibvirtStorage.consoleLog(board.name)),
          extras: link.number == 1 ? Self.hub(links) : []))
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

  /// A network of this machine where the daemon may make one, else ports of 127.0.0.1.
  private func links() throws(LabError) -> [LinkEndpoint] {
    let mac = { names.mac(.lab, $0) }
    if host.isPrivileged { return plan.links(all: .network(names.network), mac: mac) }
    return plan.links(try UDPCarriers.make(boards: plan.boards.count, ports: ports), mac: mac)
  }

  /// Arguments of the first board's QEMU, which runs the hub also while that board is off the network.
  private static func hub(_ links: [LinkEndpoint]) -> [String] {
    links.flatMap { link -> [String] in
      guard case .hub(let board, let hub) = link.carrier else { return [] }
      let number = link.number
      return [
        "-netdev", "socket,id=hub\(number),udp=127.0.0.1:\(board),localaddr=127.0.0.1:\(hub)",
        "-netdev", "hubport,id=hubport\(number),hubid=1,netdev=hub\(number)",
      ]
    }
  }
}
