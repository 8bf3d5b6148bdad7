import Glibc
import LabCore

/// What a hypervisor keeps of a board beside its machine, for whoever finds it later.
package struct MachineMark<Engine: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
  /// The lab's id.
  package var lab: String
  /// Nil in marks of older versions.
  package var labName: String?
  /// Of the lab, on pilab's machine.
  package var folder: String
  /// Nil for what is no board: an appliance that boards are clones of.
  package var board: String?
  /// On 127.0.0.1, forwarded to the board's port 22.
  package var port: UInt16
  package var engine: Engine
  package var user: String
  /// The board is of a disk of the user's, and not of the lab's image.
  package var hasUserDisk: Bool
  /// Who made it; nil in marks of older versions.
  package var owner: uid_t?

  /// As JSON.
  private enum CodingKeys: String, CodingKey {
    case lab, labName, folder, board, port, engine, user, owner
    case hasUserDisk = "hasOwnDisk"
  }

  package init(
    lab: String, labName: String?, folder: String, board: String?, port: UInt16, engine: Engine,
    user: String, hasUserDisk: Bool, owner: uid_t? = geteuid()
  ) {
    self.lab = lab
    self.labName = labName
    self.folder = folder
    self.board = board
    self.port = port
    self.engine = engine
    self.user = user
    self.hasUserDisk = hasUserDisk
    self.owner = owner
  }

  package init(
    _ board: LabPlan.BoardPlan, of record: LabRecord, port: UInt16, engine: Engine
  ) {
    self.init(
      lab: record.id, labName: record.lab, folder: record.folder, board: board.name, port: port,
      engine: engine, user: board.machine.disk?.user ?? "root",
      hasUserDisk: board.machine.disk != nil)
  }

  /// Where programs and pictures lie on the board.
  package var folderOnBoard: String { hasUserDisk ? "/var/tmp/pilab-\(lab)" : "/work" }
}
