import ArgumentParser
import LabCore
import LabRun

struct SnapshotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Keep the state of all boards under a name, or show and delete what is kept.",
    discussion: """
      Keeps memory, disks and running programs of every board, as of one moment. The lab keeps running. Snapshots \
      are deleted by 'pilab down'. For virtual machines.

      Examples:
        pilab snapshot warm
        pilab snapshot                     the names that are kept
        pilab snapshot --delete warm
      """)

  @Argument(help: "The snapshot's name; without one, those that are kept are shown.")
  var name: LabName?

  @Flag(help: "Delete the snapshot.")
  var delete = false

  @OptionGroup var options: LabOptions

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func validate() throws {
    if delete, name == nil { throw ValidationError("which one? pilab snapshot --delete NAME") }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      let (lab, keeper) = (try options.resolve(), LabRoot.keeper())
      if let name = name?.text {
        let delete = delete
        // Half a snapshot would be of no use, so a signal waits for its end.
        try await Interruption.guarding(heedsAtEnd: true) { () throws(LabError) in
          try await keeper.alone(with: lab) { live throws(LabError) in
            if delete { try await live.deleteSnapshot(name) } else { try await live.snapshot(name) }
          }
        }
      }
      let names = try await keeper.attach(lab).snapshots()
      switch format {
      case .json: try Console.print(SnapshotDocument(lab: lab, snapshots: names).encoded())
      case .text: try Console.print(text(lab, names))
      }
    }
  }

  private func text(_ lab: String, _ names: [String]) -> String {
    if let name = name?.text {
      return delete
        ? "snapshot '\(name)' is deleted\n"
        : "lab '\(lab)': the state is kept as '\(name)'\n  next: pilab restore \(name)\n"
    }
    return names.isEmpty
      ? "lab '\(lab)' has no snapshots; make one: pilab snapshot NAME\n"
      : names.map { $0 + "\n" }.joined()
  }
}

private struct SnapshotDocument: Encodable {
  var lab: String
  var snapshots: [String]
}
