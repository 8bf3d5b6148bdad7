import HostKit
import LabCore
import LabValues

/// Where the kernel has netem it does all. Where not: tc tbf limits the rate at the board's end, and nftables
/// loses packets at the far end, after the wire.
extension NamespaceBoard: Impairing {
  /// What can be done without netem, and the program that does it.
  private static let substitutes: [(kind: LinkImpairment.Kind, program: String)] = [
    (.rate, "tc"), (.loss, "nft"),
  ]

  func possibleImpairments() async throws(LabError) -> Set<LinkImpairment.Kind> {
    if try await hasNetem() { return Set(LinkImpairment.Kind.allCases) }
    return Self.possibleWithoutNetem(tools)
  }

  static func possibleWithoutNetem(_ tools: Tool) -> Set<LinkImpairment.Kind> {
    Set(substitutes.filter { tools.path(of: $0.program) != nil }.map(\.kind))
  }

  func impair(_ impairment: LinkImpairment) async throws(LabError) {
    if let problem = impairment.problem {
      throw LabError(
        .notImpaired, "this impairment cannot be: \(problem)", board: name, step: "link",
        hint: problem.hint)
    }
    if impairment.kinds.isEmpty { return try await clearImpairment() }
    if try await hasNetem() { return try await emulate(impairment) }
    let beyond = impairment.kinds.subtracting(Self.substitutes.map(\.kind))
    guard beyond.isEmpty else {
      throw LabError(
        .unsupported,
        "no \(beyond.map(\.rawValue).sorted().joined(separator: ", ")) here: the kernel has no sch_netem",
        board: name, step: "link", hint: "without it only rate and loss can be set")
    }
    try await clearImpairment()
    do {
      if let rate = impairment.rate { try await limit(rate.bitsPerSecond) }
      if let loss = impairment.loss, loss.partsPerMillion > 0 { try await lose(loss) }
    } catch {
      // Half an impairment would be taken for the whole.
      try await clearImpairment()
      throw error
    }
  }

  func clearImpairment() async throws(LabError) {
    if tools.path(of: "tc") != nil {
      let outcome = try await atBoard(["tc", "qdisc", "del", "dev", "eth0", "root"])
      // Without a qdisc of ours there is none to delete.
      guard outcome.succeeded || TrafficControl.hadNothing(outcome.errors) else {
        throw linkError("cannot clear the impairment", outcome.errors)
      }
    }
    guard tools.path(of: "nft") != nil else { return }
    // Adding first makes deleting succeed whether it was there or not.
    try await nft(["add table netdev \(farEnd)", "delete table netdev \(farEnd)"])
  }

  /// Tried in a network of its own, because a look at the kernel's modules would not find one built in.
  private func hasNetem() async throws(LabError) -> Bool {
    guard tools.path(of: "tc") != nil else { return false }
    let outcome = try await tool(
      ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"],
      in: holder.labNetwork, step: "link")
    return outcome.succeeded
  }

  private func emulate(_ impairment: LinkImpairment) async throws(LabError) {
    let outcome = try await atBoard(
      ["tc", "qdisc", "replace", "dev", "eth0", "root", "netem"] + impairment.netem)
    guard outcome.succeeded else {
      throw linkError("cannot impair the link", outcome.errors)
    }
  }

  private func limit(_ rate: UInt64) async throws(LabError) {
    let outcome = try await atBoard(
      ["tc", "qdisc", "replace", "dev", "eth0", "root"] + TrafficControl.tbf(rate))
    guard outcome.succeeded else { throw linkError("cannot limit the rate", outcome.errors) }
  }

  private func lose(_ share: Percentage) async throws(LabError) {
    guard tools.path(of: "nft") != nil else {
      throw LabError(
        .unsupported, "no loss here: the kernel has no sch_netem, and nft is not installed",
        board: name, step: "link", hint: Remedy.install(["nft"]))
    }
    let million = share.partsPerMillion
    let verdict = million >= 1_000_000 ? "drop" : "numgen random mod 1000000 < \(million) drop"
    try await nft([
      "add table netdev \(farEnd)",
      "add chain netdev \(farEnd) loss { type filter hook ingress device \(farEnd) priority 0; }",
      "add rule netdev \(farEnd) loss \(verdict)",
    ])
  }

  private func atBoard(_ arguments: [String]) async throws(LabError) -> Tool.Outcome {
    try await tool(arguments, in: holder.network(number), step: "link")
  }

  private func nft(_ commands: [String]) async throws(LabError) {
    let outcome = try await tool(
      ["nft", commands.joined(separator: "; ")], in: holder.labNetwork, step: "link")
    guard outcome.succeeded else {
      throw linkError("cannot change the loss of the link", outcome.errors)
    }
  }
}
