import Foundation

/// The keys of a lab: one to log in with, and each board's host key, so that nobody can pose as a board.
struct LabKeys: Sendable {
  /// Private key to log in with, by board.
  let logins: [String: String]
  /// Of the lab's own image's boards.
  let hostKeys: [String: SSHKeyPair]
  let login: SSHKeyPair

  static func make(
    _ record: LabRecord, _ plan: LabPlan, tools: Tool
  ) async throws(BackendError) -> LabKeys {
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
  func identities(
    _ plan: LabPlan, _ names: LibvirtNames
  ) throws(BackendError) -> [String: String] {
    [:]
  }

  func prepare(_ board: LibvirtBoard) throws(BackendError) {
    try board.ssh.connection.target.prepare(
      privateKey: logins[board.name] ?? login.privateFile,
      hostKey: hostKeys[board.name]?.publicLine)
  }
}
