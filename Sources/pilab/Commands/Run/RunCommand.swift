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

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the exchanges of a manifest and write the report.",
    discussion: """
      The verdict goes to standard output, progress to standard error. The run's folder has report.html, \
      report.json, every image and the boards' logs; it appears complete or not at all. A run that is done and \
      cannot be put where --output says is kept among the lab's runs, pilab says where, and the exit status is 73.

      A lab that is up is used, and stays up. One that is not is brought up for the run alone, and taken down \
      again however the run ends; with --keep it stays up once the run is done.

      Examples:
        pilab run
        pilab run lab/two-boards.yaml --image photo.png
        pilab run --image holiday.jpg --pixels
        pilab run --exchange sealed --output results/sealed
        pilab run --format json | jq .verdict
        pilab run --keep && pilab exec bob -- ls -l
        pilab run --mode namespace --capture
        pilab run lab/sweep.yaml; pilab run lab/sweep.yaml --resume
        pilab run lab/sweep.yaml --against latest --fail-on-regression 10%
      """)

  @OptionGroup var lab: ManifestOptions

  @Option(help: "What makes the boards, instead of the manifest's mode.")
  var mode: ModeOption?

  @Option(help: "Send this file in every exchange, instead of the manifest's.", completion: .file())
  var image: String?

  @OptionGroup var pixels: PixelOptions

  @Option(
    name: .customLong("exchange"),
    help: "Run only this exchange of the manifest; may be repeated.", completion: Known.exchanges)
  var exchanges: [String] = []

  @Option(
    help: "Put the run's folder here; it must not exist or be empty.", completion: .directory)
  var output: String?

  @Flag(help: "Leave the lab up that the run has brought up.")
  var keep = false

  @Flag(
    help: ArgumentHelp(
      "Record each exchange on the wire, and prove from the recording what crossed it.",
      discussion: "Needs boards with a network of their own. See docs/capture.md."))
  var capture = false

  @Option(
    help: ArgumentHelp(
      "Run so many exchanges at once, up to 8, where they are of different boards.",
      discussion: "Their times are longer then: they share this machine's processors.",
      valueName: "n"))
  var parallel = 1

  @Flag(help: "Go on with the sweep that was interrupted; what it has measured is kept.")
  var resume = false

  @Flag(help: "Leave the manifest's sweep out.")
  var noSweep = false

  @Option(
    help: ArgumentHelp(
      "Measure the sweep with other board programs too, in one random order, and say which are faster.",
      discussion:
        "A folder of board programs, a pilab that lies among its own, or a run that kept them.",
      valueName: "folder|run"), completion: .directory)
  var against: String?

  @Option(
    help: ArgumentHelp(
      "With --against: fail where a point is slower than the others' by more than this.",
      valueName: "10%"))
  var failOnRegression: CompareCommand.Share?

  @Option(help: "Folder of pi-sender and pi-receiver.", completion: .directory)
  var boardPrograms: String?

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "All of each exchange: hashes, keys, and the time of each step.")
  var verbose = false

  func validate() throws {
    if output?.isEmpty == true {
      throw ValidationError("--output takes a folder, and '' names none")
    }
    if against?.isEmpty == true {
      throw ValidationError(
        "--against takes a folder of board programs or a run, and '' names neither")
    }
    if failOnRegression != nil, against == nil {
      throw ValidationError("--fail-on-regression needs --against: what to compare with")
    }
    guard (1...RunRequest.mostParallel).contains(parallel) else {
      throw ValidationError("--parallel takes a number from 1 to \(RunRequest.mostParallel)")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      let request = try request()
      let display = ProgressDisplay(isQuiet: quiet)
      let interruption = Interruption()
      let outcome = await interruption.run { () throws(LabError) in
        try await LabRunner(
          request, catalog: Backends.catalog,
          page: { try HTMLReport(report: $0, folder: $1).render() },
          observer: { display.show($0) }
        ).run()
      }
      display.finish()
      try finish(outcome, interruption)
    }
  }

  private func finish(
    _ outcome: Result<LabRunner.Finished, LabError>, _ interruption: Interruption
  ) throws {
    switch outcome {
    case .failure(let error): throw interruption.told(error)
    case .success(let finished):
      try present(finished)
      for trouble in finished.troubles { Failure.tell(trouble) }
      // Of a sweep that could not be finished the reason tells more than that its report is no success.
      if finished.report.sweep?.isComplete == false,
        finished.report.exchanges.allSatisfy({ $0.verdict == .identical }),
        let trouble = finished.troubles.first
      {
        throw trouble.code.status.exitCode
      }
      if let gate = finished.report.sweep?.regression, gate.verdict == .refuted {
        Console.tell("pilab: \(gate.finding)\n")
      }
      guard finished.report.verdict == .identical else { throw ExitStatus.exchangeFailed.exitCode }
      if let trouble = finished.troubles.first { throw trouble.code.status.exitCode }
    }
  }

  private func present(_ finished: LabRunner.Finished) throws {
    switch format {
    case .json:
      try Console.print(String(decoding: ReportFile.encode(finished.report), as: UTF8.self))
    case .text:
      let summary = TerminalSummary(
        finished.report, location: RunPlace.page(in: finished.folder), isVerbose: verbose)
      try Console.print(
        summary.render(color: Console.hasColor(STDOUT_FILENO), width: Console.width(STDOUT_FILENO)))
    }
  }

  private func request() throws -> RunRequest {
    let (manifest, source) = try lab.load(checksImages: image == nil)
    var request = try RunRequest(
      manifest: manifest, mode: mode?.mode,
      image: image.map { URL(fileURLWithPath: $0).path },
      pixels: pixels.settings, exchanges: exchanges, output: output,
      root: LabRoot.path,
      programs: try BoardPrograms(
        folder: boardPrograms, environment: ProcessInfo.processInfo.environment),
      source: source, keepsLab: keep, captures: capture, sweeps: !noSweep,
      resumes: resume)
    request.parallel = parallel
    request.resume(by: ["pilab"] + CommandLine.arguments.dropFirst())
    if let against {
      let limit = failOnRegression.map { AgainstResult.Limit(share: $0.value, words: $0.text) }
      try request.compare(
        with: OtherPrograms(against, store: RunStore(root: LabRoot.path), limit: limit))
    }
    return request
  }
}

/// Where a run lies, as the user may open it.
enum RunPlace {
  /// A report that could not be kept with its run has no page.
  static func page(in folder: String) -> String {
    let page = "\(folder)/report.html"
    return shortened(
      FileManager.default.fileExists(atPath: page) ? page : "\(folder)/report.json")
  }

  /// Relative to the current folder where it lies below it.
  static func shortened(_ path: String) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }
}
