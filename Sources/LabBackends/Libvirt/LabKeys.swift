import Foundation
import Glibc
import LabImage
import LabManifest

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
    _ plan: LabPlan, _ record: LabRecord
  ) throws(BackendError) -> [String: String] {
    var files: [String: String] = [:]
    for (index, board) in plan.boards.enumerated() {
      guard let hostKey = hostKeys[board.name] else { continue }
      let file = "\(MachineFolder(record).path)/identity-\(index + 1)"
      do {
        let identity = try Self.identity(
          board, index + 1, plan, LibvirtNames(record), hostKey: hostKey, login: login)
        try SecretFile.write(try identity.archive(), to: file)
      } catch {
        throw BackendError(
          .boardNotCreated, "cannot make its identity", board: board.name, step: "create",
          cause: "\(error)")
      }
      files[board.name] = file
    }
    return files
  }

  private static func identity(
    _ board: LabPlan.BoardPlan, _ number: Int, _ plan: LabPlan, _ names: LibvirtNames,
    hostKey: SSHKeyPair, login: SSHKeyPair
  ) throws -> BoardIdentity {
    // A host name does not end with a hyphen; the names of a lab may.
    let name = String(board.name.reversed().drop { $0 == "-" }.reversed())
    return BoardIdentity(
      name: name, address: board.address, prefixLength: plan.subnet.prefixLength,
      mac: names.mac(.lab, number),
      management: .init(
        mac: names.mac(.management, number), address: DomainPlan.managementAddress,
        prefixLength: DomainPlan.managementPrefixLength),
      hostKey: try String(contentsOfFile: hostKey.privateFile, encoding: .utf8),
      authorizedKeys: [login.publicLine])
  }

  func prepare(_ board: LibvirtBoard) throws(BackendError) {
    try board.ssh.connection.target.prepare(
      privateKey: logins[board.name] ?? login.privateFile,
      hostKey: hostKeys[board.name]?.publicLine)
  }
}

/// A file for this user's eyes alone.
enum SecretFile {
  /// The file must not exist.
  static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw .last }
      rest = rest.dropFirst(count)
    }
  }
}
