import ArgumentParser
import Backends
import Foundation
import HostKit
import LabCore
import LabManifest
import LabReport
import LabResults
import LabRun
import LabValues

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Try the scenarios of a manifest, and give a verdict on each cell.",
    discussion: """
      A scenario says what must happen, or must be refused, when something goes wrong; see docs/scenarios.md. \
      Each combination of its matrix is a cell. A line for each goes to standard output as it ends, with what \
      differed from what was expected and the command that tries it again. As with a run there are report.html and \
      report.json, and history.jsonl with all that was seen.

      Exit status: 0 where every cell passed, is a known failure or was skipped, 1 where one failed, \
      2 where the lab could not be made, 3 where nothing was judged.

      A lab that is up is used, and stays up, healed. Otherwise one is brought up for the cells of each mode.

      Examples:
        pilab test lab/attacks.yaml
        pilab test lab/attacks.yaml --list
        pilab test lab/attacks.yaml --mode namespace --scenario bit-flip
        pilab test lab/attacks.yaml --scenario every-boundary --cell 17 --seed 7
        pilab test lab/attacks.yaml --shard 2/4 --format jsonl
        pilab test lab/attacks.yaml --pause-on-failure
        pilab test lab/attacks.yaml --judge latest
      """)

  @OptionGroup var lab: ManifestOptions

  @Option(help: "What makes the boards; cells of other modes are left out.")
  var mode: ModeOption?

  @Option(
    name: .customLong("scenario"), help: "Try only this scenario; may be repeated.",
    completion: Known.scenarios)
  var scenarios: [String] = []

  @Option(help: "Try only the cell of this number; needs one --scenario.")
  var cell: Int?

  @Option(help: "Seed of everything random, instead of the manifest's.")
  var seed: UInt64?

  @Option(help: ArgumentHelp("Try every Nth cell, from the Kth on.", valueName: "K/N"))
  var shard: String?

  @Flag(help: "Print the cells that would be tried, and try nothing.")
  var list = false

  @Flag(help: "Leave the lab as it is at the first failure, and try nothing more.")
  var keepOnFailure = false

  @Flag(help: "At a failure leave the lab as it is, and open a prompt to look around in it.")
  var pauseOnFailure = false

  @Flag(help: "Cells whose attempts end differently do not count as failed.")
  var allowFlaky = false

  @Option(help: "Judge the facts of a kept run again, by the present manifest; tries nothing.")
  var judge: String?

  @Option(
    help: "Put the run's folder here; it must not exist or be empty.", completion: .directory)
  var output: String?

  @Option(help: "Folder of the board programs.", completion: .directory)
  var boardPrograms: String?

  @Option(
    help: "What standard output gets: lines, one JSON document, or the history as it happens.")
  var format: TestFormat = .text

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  func validate() throws {
    if cell != nil, scenarios.count != 1 {
      throw ValidationError("--cell needs one --scenario: cells are numbered within each")
    }
    if pauseOnFailure, !Console.isTerminal(STDIN_FILENO) {
      throw ValidationError("--pause-on-failure needs a terminal")
    }
    if keepOnFailure, pauseOnFailure {
      throw ValidationError("--keep-on-failure and --pause-on-failure cannot be used together")
    }
    if list, judge != nil { throw ValidationError("--list and --judge cannot be used together") }
    _ = try shards()
  }

  func run() async throws {
    try await Failure.reporting(as: format.errors) {
      let (manifest, source) = try lab.load(checksImages: judge == nil)
      if list { return try show(TestListing(choice(), of: manifest, mode: mode?.mode)) }
      if let judge { return try self.judge(judge, manifest) }
      let display = TestDisplay(format, isQuiet: quiet)
      let request = try await request(manifest, source, display)
      let interruption = Interruption()
      let outcome = await interruption.run { () throws(LabError) in
        try await LabRunner(
          request, catalog: Backends.catalog,
          page: { try HTMLReport(report: $0, folder: $1).render() },
          observer: { display.show($0) }
        ).run()
      }
      display.finish()
      switch outcome {
      case .failure(let error): throw interruption.told(error)
      case .success(let finished): try finish(finished)
      }
    }
  }

  /// Which cells are meant.
  private func choice() -> TestRequest {
    var tests = TestRequest()
    tests.scenarios = scenarios
    tests.cell = cell
    tests.seed = seed
    if let (own, all) = (try? shards()) ?? nil { (tests.shard, tests.shards) = (own, all) }
    return tests
  }

  private func request(
    _ manifest: LabManifest, _ source: ManifestSource, _ display: TestDisplay
  ) async throws(LabError) -> RunRequest {
    var tests = choice()
    tests.allowsFlaky = allowFlaky
    tests.programs = boardPrograms
    tests.keepsOnFailure = keepOnFailure
    let environment = ProcessInfo.processInfo.environment
    let named = boardPrograms ?? environment[BoardPrograms.variable] ?? ""
    tests.programsNamed = named.isEmpty ? nil : named
    tests.isStrict = environment["CI"] == "true"
    if pauseOnFailure { tests.pause = { await PausePrompt(display).ask($0) } }
    return try await RunRequest(
      testing: manifest, tests, mode: mode?.mode, output: output, root: LabRoot.path,
      programs: try BoardPrograms(folder: boardPrograms, environment: environment),
      source: source, catalog: Backends.catalog)
  }

  private func show(_ listing: TestListing) throws {
    switch format {
    case .json: try Console.print(listing.encoded())
    case .jsonl:
      for cell in listing.cells { try Console.print(cell.encoded(onOneLine: true)) }
    case .text:
      let lines = listing.cells.map { Human.printable($0.words) }
      let count = lines.count == 1 ? "1 cell" : "\(lines.count) cells"
      try Console.print((lines + [count]).joined(separator: "\n") + "\n")
    }
  }

  private func shards() throws -> (Int, Int)? {
    guard let shard else { return nil }
    let parts = shard.split(separator: "/").map { Int($0) }
    guard parts.count == 2, let own = parts[0], let all = parts[1], own >= 1, all >= own else {
      throw ValidationError("--shard takes K/N, for example 2/4: the second of four parts")
    }
    return (own, all)
  }

  private func finish(_ finished: LabRunner.Finished) throws {
    let page = RunPlace.page(in: finished.folder)
    try conclude(finished.report, page)
    for trouble in finished.troubles { Failure.tell(trouble) }
    try leave(finished.report)
    if let trouble = finished.troubles.first { throw trouble.code.status.exitCode }
  }

  private func conclude(_ report: RunResult, _ page: String?) throws {
    switch format {
    case .json: try Console.print(String(decoding: ReportFile.encode(report), as: UTF8.self))
    case .jsonl: break
    case .text:
      guard let tests = report.tests else { return }
      try Console.print(
        TestSummary(tests, nanoseconds: report.durationNanoseconds, location: page)
          .render(
            color: Console.hasColor(STDOUT_FILENO),
            width: isatty(STDOUT_FILENO) == 1 ? Console.width(STDOUT_FILENO) : nil))
    }
  }

  private func leave(_ report: RunResult) throws {
    guard let tests = report.tests, tests.isJudged else { throw ExitStatus.nothingJudged.exitCode }
    guard tests.succeeded else { throw ExitStatus.exchangeFailed.exitCode }
  }

  private func judge(_ run: String, _ manifest: LabManifest) throws {
    let folder = try RunStore(root: LabRoot.path).find(run, lab: manifest.name)
    var report = try RunStore.report(in: folder)
    let tried = report.tests
    report.tests = try TestHistory.judged(folder: folder, by: manifest, seed: tried?.seed)
    report.tests?.leftOut = tried?.leftOut
    report.tests?.programs = tried?.programs
    if !scenarios.isEmpty, var tests = report.tests {
      let chosen = try TestListing(choice(), of: manifest, mode: nil).cells
      for index in tests.scenarios.indices {
        let name = tests.scenarios[index].name
        tests.scenarios[index].cells.removeAll { cell in
          !chosen.contains { $0.scenario == name && $0.number == cell.number }
        }
      }
      tests.scenarios.removeAll(where: \.cells.isEmpty)
      report.tests = tests
    }
    let display = TestDisplay(format, isQuiet: true)
    for scenario in report.tests?.scenarios ?? [] {
      for cell in scenario.cells { display.show(.cellEnded(scenario: scenario.name, cell)) }
    }
    try conclude(report, nil)
    try leave(report)
  }
}

/// How the results of scenarios are printed.
enum TestFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, jsonl

  /// Of a command that fails.
  var errors: OutputFormat { self == .text ? .text : .json }
}
