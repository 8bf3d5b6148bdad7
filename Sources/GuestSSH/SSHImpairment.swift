import HostKit
import LabCore
import LabValues

/// By tc on the board. Where its kernel has no netem there is only the rate, by tbf.
extension SSHBoard: Impairing {
  /// What a board's kernel can do; `lo`, which nothing of a lab uses, is for trying.
  private static let tryScript = """
    tool tc || { echo none; exit 0; }
    try() { "$t" qdisc add dev lo root "$@" >/dev/null 2>&1 && "$t" qdisc del dev lo root; }
    try netem && echo netem
    try tbf rate 1mbit burst 70000b latency 100ms && echo tbf
    exit 0
    """

  package func possibleImpairments() async throws(LabError) -> Set<LinkImpairment.Kind> {
    let abilities = try await abilities()
    if abilities.contains("netem") { return Set(LinkImpairment.Kind.allCases) }
    return abilities.contains("tbf") ? [.rate] : []
  }

  package func impair(_ impairment: LinkImpairment) async throws(LabError) {
    if let problem = impairment.problem {
      throw LabError(
        .notImpaired, "this impairment cannot be: \(problem)", board: name, step: "link",
        hint: problem.hint)
    }
    if impairment.kinds.isEmpty { return try await clearImpairment() }
    let arguments = try TrafficControl.plan(impairment, abilities: await abilities(), board: name)
    let outcome = try await atInterface(
      "tool tc && \"$t\" qdisc replace dev \"$i\" root \"$@\"", arguments)
    guard outcome.succeeded else { throw linkError("cannot impair the link", outcome.errors) }
  }

  package func clearImpairment() async throws(LabError) {
    let outcome = try await atInterface(
      "tool tc || exit 0\n\"$t\" qdisc del dev \"$i\" root", [])
    guard outcome.succeeded || TrafficControl.hadNothing(outcome.errors) else {
      throw linkError("cannot clear the impairment", outcome.errors)
    }
  }

  private func abilities() async throws(LabError) -> Set<String> {
    let outcome = try await tool(Self.tryScript, step: "link")
    return Set(outcome.output.split(whereSeparator: \.isWhitespace).map(String.init))
  }

  private func atInterface(
    _ script: String, _ arguments: [String]
  ) async throws(LabError) -> Tool.Outcome {
    try await tool(
      LabInterface.script + script, LabInterface.arguments(of: self) + arguments, step: "link")
  }

  private func linkError(_ message: String, _ cause: String) -> LabError {
    LabError(.notImpaired, message, board: name, step: "link", cause: cause)
  }
}

/// The board's interface on the lab's network: names of interfaces depend on the board's system.
enum LabInterface {
  /// Takes two arguments, MAC address (perhaps empty) and IPv4 address, and sets `i` to the interface's name.
  static let script = """
    m=$1 a=$2; shift 2
    i=
    if [ -n "$m" ]; then
      for d in /sys/class/net/*; do
        read -r x <"$d/address" && [ "$x" = "$m" ] && i=${d##*/}
      done
    else
      tool ip
      i=$("$t" -o -4 addr show | while read -r n x f y r; do
        [ "${y%%/*}" = "$a" ] && echo "$x" && break
      done)
    fi
    [ -n "$i" ] || { echo "no interface has the address ${m:-$a}" >&2; exit 35; }

    """

  static func arguments(of board: SSHBoard) -> [String] {
    [board.macAddress?.lowercased() ?? "", board.address]
  }
}
