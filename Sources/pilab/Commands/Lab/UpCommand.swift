import ArgumentParser
import LabCore
import LabManifest
import LabRun

struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Bring a lab's boards and network up, and leave them up.",
    discussion: """
      Says what it made, or that the lab was already up. What it makes is written to .pilab/<lab>/state.json first, so \
      that 'pilab down' removes all of it after any crash. Interrupted, it leaves nothing.

      Examples:
        pilab up
        pilab up lab/two-boards.yaml --mode namespace
        pilab up --lab second           the same lab once more, beside the first
      """)

  @OptionGroup var lab: ManifestOptions

  @Option(help: "What makes the boards, instead of the manifest's mode.")
  var mode: ModeOption?

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let (manifest, source) = try lab.load()
      let request = LabRequest(
        manifest: manifest, source: source, mode: mode?.mode, root: LabRoot.path)
      let keeper = LabRoot.keeper(observer: Console.note)
      let made = try await Interruption.guarding { () throws(LabError) in
        try await keeper.up(request)
      }
      let status = try await LabStatus(of: manifest.name, keeper)
      switch format {
      case .json: try Console.print(UpDocument(made: made, status: status).encoded())
      case .text: try Console.print(Self.text(made, status))
      }
    }
  }

  private static func text(_ made: Bool, _ status: LabStatus) -> String {
    let boards = status.boards.map { "\($0.name) \($0.address)" }.joined(separator: ", ")
    let what =
      "lab '\(status.lab)' \(made ? "is up" : "was up") (\(status.mode ?? "")): \(boards)\n"
    guard made, let board = status.boards.first else { return what }
    return what
      + "  next: pilab run | pilab exec \(board.name) -- COMMAND | pilab status | pilab down\n"
  }
}

private struct UpDocument: Encodable {
  var made: Bool
  var status: LabStatus
}
