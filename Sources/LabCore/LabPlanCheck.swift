import LabValues

extension LabPlan {
  /// Whether boards with a network of their own can be made of it.
  /// - Throws: `.boardNotCreated`.
  package func check(mostBoards: Int) throws(LabError) {
    let room = min(mostBoards, subnet.hostCount)
    guard boards.count <= room else {
      throw LabError(
        .boardNotCreated, "\(boards.count) boards do not fit; there is room for \(room)",
        step: "create", hint: "take a larger subnet than \(subnet), or fewer boards")
    }
    var owners: [IPv4Address: String] = [:]
    for board in boards {
      if let owner = owners.updateValue(board.name, forKey: board.address) {
        throw LabError(
          .boardNotCreated, "'\(owner)' has the address \(board.address) too", board: board.name,
          step: "create", hint: "give each board an address of its own")
      }
      guard subnet.contains(board.address), board.address != subnet.network,
        board.address != subnet.broadcast
      else {
        throw LabError(
          .boardNotCreated, "a board cannot have \(board.address) in \(subnet)",
          board: board.name, step: "create")
      }
    }
  }
}
