import CLibvirt
import Foundation
import GuestSSH
import HostKit
import LabCore
import LabValues
import VMKit

/// One virtual machine of a lab. What happens inside of it goes by SSH; the rest is libvirt's.
struct LibvirtBoard: GuestMachine {
  let ssh: SSHBoard
  /// From 1, in the order of the record.
  let number: Int
  let record: LabRecord
  private(set) var host: LibvirtHost
  private(set) var entry: LibvirtInventory.Domain

  var domain: LibvirtDomain { entry.domain }
  var names: LibvirtNames { LibvirtNames(record) }

  init(
    _ board: LabRecord.Board, number: Int, record: LabRecord, host: LibvirtHost,
    entry: LibvirtInventory.Domain, tools: Tool
  ) throws(LabError) {
    self.number = number
    self.record = record
    self.host = host
    self.entry = entry
    let target = SSHTarget(
      board: board.name, lab: record.id, port: entry.mark.port, user: entry.mark.user,
      folder: SSHTarget.folder(of: record))
    ssh = SSHBoard(
      board, connection: try SSHConnection(target, tools: tools), folder: entry.mark.folderOnBoard,
      macAddress: "\(LibvirtNames(record).mac(.lab, number))")
  }

  /// A call of libvirt about this board.
  func libvirt<Value: Sendable>(
    _ code: LabError.Code, _ message: String, step: String,
    _ body: @escaping @Sendable () throws(LibvirtError) -> Value
  ) async throws(LabError) -> Value {
    do { return try await LibvirtConnection.blocking(body) } catch {
      throw LabError(
        code, message, board: name, step: step, hint: error.hint(for: host),
        cause: error.description)
    }
  }

  /// The same for what VMKit asks of any machine.
  func libvirt(
    _ deed: MachineDeed, _ body: @escaping @Sendable (LibvirtDomain) throws(LibvirtError) -> Void
  ) async throws(LabError) {
    let domain = domain
    try await libvirt(deed.code, deed.message, step: deed.step) { () throws(LibvirtError) in
      try body(domain)
    }
  }

  /// Asks once more where the daemon was restarted since the connection was made: a run may take hours.
  func reliably<Value: Sendable>(
    step: String, _ body: (LibvirtBoard) async throws(LabError) -> Value
  ) async throws(LabError) -> Value {
    do { return try await body(self) } catch {
      guard !host.connection.isAlive else { throw error }
    }
    return try await body(try await reconnected(step: step))
  }

  private func reconnected(step: String) async throws(LabError) -> LibvirtBoard {
    var board = self
    board.host = try await LibvirtHost.open(host.uri)
    let (host, id) = (board.host, record.id)
    let inventory = try await libvirt(.unavailable, "cannot ask libvirt for it", step: step) {
      () throws(LibvirtError) in try LibvirtInventory.domains(of: id, on: host)
    }
    guard let entry = inventory.first(where: { $0.mark.board == name }) else {
      throw LabError(.broken, "its virtual machine is missing", board: name, step: step)
    }
    board.entry = entry
    return board
  }

  // MARK: What GuestMachine asks

  var hasUserDisk: Bool { entry.mark.hasUserDisk }
  var labMAC: MACAddress { names.mac(.lab, number) }
  var settingsKey: String { "libvirt" }

  var prefixLength: Int {
    get throws(LabError) { try record.libvirt.prefixLength }
  }

  func end() async throws -> String? {
    let domain = domain
    let isOn = try await LibvirtConnection.blocking { () throws(LibvirtError) in
      try domain.condition().isOn
    }
    return isOn ? nil : "the board has switched itself off"
  }

  func trouble(step: String) async throws(LabError) -> MachineTrouble? {
    try await isOn(step: step) ? nil : MachineTrouble()
  }

  func didBoot(step: String) async throws(LabError) {
    let domain = domain
    try await libvirt(.bootFailed, "cannot let it restart by itself", step: step) {
      () throws(LibvirtError) in try domain.allowRestarts()
    }
  }
}
