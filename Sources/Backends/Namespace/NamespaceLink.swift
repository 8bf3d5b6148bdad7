import LabCore

/// The board's link: an interface of the board, its other end a port of the lab's bridge.
extension NamespaceBoard: LinkControl {
  /// Takes the far end down, as a pulled cable does: the board keeps its address and loses its carrier.
  func setLink(up: Bool) async throws(LabError) {
    let outcome = try await tool(
      ["ip", "link", "set", farEnd, up ? "up" : "down"], in: holder.labNetwork, step: "link")
    guard outcome.succeeded else {
      throw linkError("cannot take the link \(up ? "up" : "down")", outcome.errors)
    }
  }

  var farEnd: String { NamespaceScript.labInterface(number) }

  func linkError(_ message: String, _ cause: String, hint: String? = nil) -> LabError {
    LabError(.notImpaired, message, board: name, step: "link", hint: hint, cause: cause)
  }
}
