import ArgumentParser
import LabCore
import LabRun

struct DownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Take a lab's boards and network away, and keep its runs.",
    discussion: """
      May be repeated, and works after any crash: the state file names all that there may be. The lab's \
      pre-shared key is removed too; the reports below .pilab/<lab>/runs stay.

      Examples:
        pilab down
        pilab down --lab second
        pilab down --all
        pilab down --leftovers --dry-run
        pilab down --leftovers          what is left of labs whose folder was deleted or moved
      """)

  @Argument(
    help: "The lab's manifest; need not be named where one lab is up.",
    completion: .file(extensions: ["yaml", "yml"]))
  var manifest: String?

  @OptionGroup var options: LabOptions

  @Flag(help: "Every lab of this folder.")
  var all = false

  @Flag(
    help: ArgumentHelp(
      "What is left on this machine of labs of this user whose folder is gone.",
      discussion:
        "Labs whose folder is there stay as they are. With --lab, only what is left of labs of that name."
    ))
  var leftovers = false

  @Flag(help: "With --leftovers: only say what would be removed.")
  var dryRun = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func validate() throws {
    if leftovers, manifest != nil || all {
      throw ValidationError("--leftovers takes no manifest, and no --all")
    }
    if dryRun, !leftovers { throw ValidationError("--dry-run needs --leftovers") }
    if all, manifest != nil || options.lab != nil {
      throw ValidationError("--all takes every lab down, so name none")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      let keeper = LabRoot.keeper(observer: Console.note)
      if leftovers {
        return try await Leftovers(keeper, lab: options.lab?.text, format).remove(dryRun)
      }
      try LabName.tellIfMistyped(options.lab?.text)
      // Taking nothing away is no failure, however often it is asked for.
      let labs =
        all
        ? try keeper.index.list().map(\.lab)
        : try options.find(manifest: manifest).map { [$0] } ?? []
      // Half a removal helps nobody, so a signal is heeded at the end.
      let outcomes = try await Interruption.guarding(heedsAtEnd: true) { () throws(LabError) in
        await Self.takeDown(labs, keeper)
      }
      try present(outcomes)
      for outcome in outcomes { if let error = outcome.error { throw error } }
    }
  }

  /// Goes on past a lab that cannot be taken down.
  private static func takeDown(_ labs: [String], _ keeper: LabKeeper) async -> [Outcome] {
    var outcomes: [Outcome] = []
    for lab in labs {
      do throws(LabError) {
        outcomes.append(Outcome(lab: lab, removed: try await keeper.down(lab)))
      } catch {
        outcomes.append(Outcome(lab: lab, removed: false, error: error))
      }
    }
    return outcomes
  }

  private func present(_ outcomes: [Outcome]) throws {
    let done = outcomes.filter { $0.error == nil }
    switch format {
    case .json where done.count == outcomes.count: try Console.print(done.encoded())
    case .json: break
    case .text:
      if outcomes.isEmpty { try Console.print("no lab is up here\n") }
      for outcome in done {
        try Console.print("lab '\(outcome.lab)' \(outcome.removed ? "is down" : "was not up")\n")
      }
    }
  }

  private struct Outcome: Encodable, Sendable {
    var lab: String
    /// False where there was nothing to remove.
    var removed: Bool
    var error: LabError?

    enum CodingKeys: CodingKey { case lab, removed }
  }
}
