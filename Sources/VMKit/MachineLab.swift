import LabCore

/// A lab of virtual machines of one hypervisor.
package protocol MachineLab: VirtualLab, Snapshotting {
  associatedtype Board: GuestMachine

  /// Nil where its virtual machine is missing.
  /// - Parameter number: from 1, in the order of the record.
  func machine(_ board: LabRecord.Board, number: Int) throws(LabError) -> Board?

  /// The hypervisor takes orders about several machines at once.
  var takesOrdersAtOnce: Bool { get }
}

extension MachineLab {
  package func board(_ name: String) throws(LabError) -> any RunningBoard { try machine(name) }

  package func machine(_ name: String) throws(LabError) -> Board {
    let board = try record.board(name)
    let number = (record.boards.firstIndex(of: board) ?? 0) + 1
    if let machine = try machine(board, number: number) { return machine }
    throw LabError(
      .broken, "its virtual machine is missing", board: name, step: "find",
      hint: "take the lab down and bring it up again")
  }

  /// In the order of the record.
  package func machines() throws(LabError) -> [Board] {
    try record.boards.map { board throws(LabError) in try machine(board.name) }
  }

  /// First contact: the board's SSH server answers, is the one that it should be, and the board knows its place.
  /// - Parameter timeout: from now to the answer of each.
  package func connect(_ keys: LabKeys, timeout: Duration) async throws(LabError) {
    let deadline = ContinuousClock.now + timeout
    try await concurrentForEach(try machines()) { machine throws(LabError) in
      try keys.prepare(machine.ssh)
      try await machine.waitUntilReady(until: deadline, timeout: timeout, step: "create")
      try await machine.configure()
    }
  }

  private func fleet() throws(LabError) -> Fleet<Board> {
    Fleet(try machines(), atOnce: takesOrdersAtOnce)
  }

  package func snapshot(_ name: String) async throws(LabError) { try await fleet().keep(name) }

  package func restore(_ name: String) async throws(LabError) { try await fleet().restore(name) }

  package func snapshots() async throws(LabError) -> [String] { try await fleet().names() }

  package func deleteSnapshot(_ name: String) async throws(LabError) {
    try await fleet().delete(name)
  }
}
