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
    if up { try await settle() }
  }

  /// Waits until the board has stopped asking for neighbours that could not answer: whoever connects while it does is
  /// told in the end that there is no route, though there is one again (arp(7), mcast_solicit).
  private func settle() async throws(LabError) {
    let end = ContinuousClock.now + Self.longestAsking
    while true {
      let outcome = try await tool(
        ["ip", "-4", "neigh", "show", "nud", "incomplete"], in: holder.network(number),
        step: "link")
      guard outcome.succeeded else {
        throw linkError("cannot see the link's neighbours", outcome.errors)
      }
      if outcome.output.allSatisfy(\.isWhitespace) || ContinuousClock.now > end { return }
      do { try await Task.sleep(for: .milliseconds(50)) } catch {
        throw LabError(.cancelled, "told to stop", board: name, step: "link")
      }
    }
  }

  /// Three questions, a second each.
  private static let longestAsking = Duration.seconds(3)

  var farEnd: String { NamespaceScript.labInterface(number) }

  func linkError(_ message: String, _ cause: String, hint: String? = nil) -> LabError {
    LabError(.notImpaired, message, board: name, step: "link", hint: hint, cause: cause)
  }
}
