import ArgumentParser
import LabRun

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the labs of this folder: those that are up, and those that have kept runs.",
    discussion: """
      With --all it also shows those of other folders, found by what they have on this machine: processes, libvirt's machines, \
      networks and pools, VirtualBox's machines. What is left of a lab whose folder was deleted or moved is \
      'left over'; 'pilab down --leftovers' removes it.

      Examples:
        pilab list --format json | jq -r '.[] | select(.condition == "up").lab'
        pilab list --all
      """)

  @Flag(
    help: "Labs of other folders of this user too, and what is left of labs whose folder is gone.")
  var all = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let keeper = LabRoot.keeper()
      let labs = try keeper.index.list()
      let others = all ? await others(than: labs, keeper) : []
      switch format {
      case .json:
        let entries =
          labs.map { Entry.here(LabStatus($0)) } + others.map { Entry.found(FoundView($0)) }
        try Console.print(entries.encoded())
      case .text where all && labs.isEmpty && others.isEmpty:
        try Console.print("no labs of this user on this machine\n")
      case .text:
        if !labs.isEmpty || others.isEmpty { try Console.print(Self.text(labs)) }
        if !others.isEmpty {
          try Console.print((labs.isEmpty ? "" : "\n") + FoundView.text(others))
        }
      }
    }
  }

  private func others(than labs: [LabSummary], _ keeper: LabKeeper) async -> [FoundLab] {
    let found = await keeper.found()
    for words in found.unseen { Console.tell("not looked at: \(words)\n") }
    let ids = labs.compactMap { $0.state?.record.id }
    return found.labs.filter { $0.condition != .present || !ids.contains($0.trace.id) }
  }

  private enum Entry: Encodable {
    case here(LabStatus)
    case found(FoundView)

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .here(let status): try status.encode(to: encoder)
      case .found(let view): try view.encode(to: encoder)
      }
    }
  }

  private static func text(_ labs: [LabSummary]) -> String {
    guard !labs.isEmpty else { return "no labs here; bring one up: pilab up\n" }
    let rows = labs.map { lab in
      let state = lab.state
      return [
        lab.lab, lab.condition.rawValue, state?.record.mode.rawValue ?? "-",
        state?.record.boards.map(\.name).joined(separator: ",") ?? "-", "\(lab.runs)",
        lab.reason ?? state?.manifest?.path ?? "",
      ]
    }
    return TextTable.render([["lab", "condition", "mode", "boards", "runs", "manifest"]] + rows)
  }
}
