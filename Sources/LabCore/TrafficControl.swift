import LabValues

/// tc's words, wherever it runs.
package enum TrafficControl {
  /// The root qdisc for an impairment on a board whose kernel has the qdiscs `abilities` (`netem`, `tbf`).
  /// - Throws: `.unsupported`, naming what the kernel lacks.
  package static func plan(
    _ impairment: LinkImpairment, abilities: Set<String>, board: String
  ) throws(LabError) -> [String] {
    if abilities.contains("netem") { return ["netem"] + impairment.netem }
    if abilities.contains("none") {
      throw LabError(
        .unsupported, "the board has no tc", board: board, step: "link",
        hint: "install tc on the board: its package is called iproute2, or iproute-tc")
    }
    let hasTBF = abilities.contains("tbf")
    let beyond = impairment.kinds.subtracting(hasTBF ? [.rate] : [])
    if beyond.isEmpty, let rate = impairment.rate { return tbf(rate.bitsPerSecond) }
    throw LabError(
      .unsupported,
      "no \(beyond.map(\.rawValue).sorted().joined(separator: ", ")) here: the kernel of the board has no \(hasTBF ? "sch_netem" : "sch_netem and no sch_tbf")",
      board: board, step: "link",
      hint: hasTBF ? "without it only rate can be set" : "use a kernel with these modules")
  }

  /// A rate limit in bits a second, without netem.
  package static func tbf(_ rate: UInt64) -> [String] {
    ["tbf", "rate", "\(rate)bit", "burst", "\(burst(rate))b", "latency", "100ms"]
  }

  /// Bytes that may pass at once; below 10 ms of the rate or one large segment nothing would pass at all.
  package static func burst(_ rate: UInt64) -> UInt64 { max(rate / 8 / 100, 70_000) }

  /// tc's words when there is no qdisc of ours to delete.
  package static func hadNothing(_ errors: String) -> Bool {
    errors.contains("handle of zero") || errors.contains("No such file or directory")
  }
}

extension LinkImpairment {
  /// The value in tc's words. All of it at once: netem replaces what it was told before.
  package var netem: [String] {
    func microseconds(_ time: Duration) -> String { "\(Int64(time / .microseconds(1)))us" }
    var arguments: [String] = []
    if let rate { arguments += ["rate", "\(rate.bitsPerSecond)bit"] }
    if let delay, delay > .zero {
      arguments += ["delay", microseconds(delay)]
      if let jitter, jitter > .zero { arguments.append(microseconds(jitter)) }
    }
    for (name, share) in [
      ("loss", loss), ("duplicate", duplicate), ("corrupt", corrupt), ("reorder", reorder),
    ] {
      guard let share, share.partsPerMillion > 0 else { continue }
      arguments += [name, "\(Double(share.partsPerMillion) / 10_000)%"]
    }
    return arguments
  }
}
