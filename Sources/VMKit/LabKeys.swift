import BootImage
import Foundation
import Glibc
import GuestSSH
import HostKit
import LabCore
import LabValues

/// The keys of a lab: one to log in with, and each board's host key, so that nobody can pose as a board.
package struct LabKeys: Sendable {
  /// Private key to log in with, by board.
  package let logins: [String: String]
  /// Of the lab's own image's boards.
  let hostKeys: [String: SSHKeyPair]
  package let login: SSHKeyPair

  /// Makes a key pair to log in with, and a host key for each board of the lab's own image.
  package static func make(
    _ record: LabRecord, _ plan: LabPlan, tools: Tool
  ) async throws(LabError) -> LabKeys {
    let folder = MachineFolder(record)
    try folder.make()
    let login = try await SSHKeyPair.make(
      at: "\(folder.path)/login", comment: "pilab \(record.lab)", tools: tools)
    var logins: [String: String] = [:]
    var hostKeys: [String: SSHKeyPair] = [:]
    for (index, board) in plan.boards.enumerated() {
      if let disk = board.machine.disk {
        logins[board.name] = disk.key
      } else {
        logins[board.name] = login.privateFile
        hostKeys[board.name] = try await SSHKeyPair.make(
          at: "\(folder.path)/host-\(index + 1)", comment: board.name, tools: tools)
      }
    }
    return LabKeys(logins: logins, hostKeys: hostKeys, login: login)
  }

  /// What each board of the lab's image is told of itself: files of this machine to be appended to its initramfs.
  package func identities(
    _ plan: LabPlan, _ record: LabRecord, mac: (NetworkRole, _ number: Int) -> MACAddress,
    management: (address: IPv4Address, prefixLength: Int)
  ) throws(LabError) -> [String: String] {
    var files: [String: String] = [:]
    for (index, board) in plan.boards.enumerated() {
      guard
        let identity = try identity(
          of: board, plan, mac: { mac($0, index + 1) }, management: management)
      else { continue }
      let file = "\(MachineFolder(record).path)/identity-\(index + 1)"
      do {
        try NewFile(file).write(identity.archive())
      } catch {
        throw LabError(
          .boardNotCreated, "cannot make its identity", SystemFault(error, path: file, .make),
          board: board.name, step: "create")
      }
      files[board.name] = file
    }
    return files
  }

  /// Nil for a board with a disk of its own.
  /// - Parameter management: what the machine's NAT gives the board.
  package func identity(
    of board: LabPlan.BoardPlan, _ plan: LabPlan, mac: (NetworkRole) -> MACAddress,
    management: (address: IPv4Address, prefixLength: Int)
  ) throws(LabError) -> BoardIdentity? {
    guard let hostKey = hostKeys[board.name] else { return nil }
    let privateKey: String
    do { privateKey = try String(contentsOfFile: hostKey.privateFile, encoding: .utf8) } catch {
      throw LabError(
        .boardNotCreated, "cannot read its host key",
        SystemFault(error, path: hostKey.privateFile, .read), board: board.name, step: "create")
    }
    let taken = Set(plan.boards.map(\.name))
    let hosts = plan.boards.map {
      BoardIdentity.Host(address: $0.address, names: HostsFile.names(of: $0.name, taken))
    }
    return BoardIdentity(
      name: HostsFile.hostName(of: board.name), address: board.address,
      prefixLength: plan.subnet.prefixLength,
      mac: "\(mac(.lab))",
      management: .init(
        mac: "\(mac(.management))", address: management.address,
        prefixLength: management.prefixLength),
      hostKey: privateKey,
      authorizedKeys: [login.publicLine], hosts: hosts)
  }

  /// Lets a board be reached: hands over the key to log in with, and the host key where it is known.
  package func prepare(_ ssh: SSHBoard) throws(LabError) {
    try ssh.connection.target.prepare(
      privateKey: logins[ssh.name] ?? login.privateFile,
      hostKey: hostKeys[ssh.name]?.publicLine)
  }
}
