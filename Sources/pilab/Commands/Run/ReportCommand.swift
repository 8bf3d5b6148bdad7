import ArgumentParser
import Foundation
import HostKit
import LabCore
import LabReport
import LabResults
import LabRun

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Print the report of a run in another form, or open it.",
    discussion: """
      A run is named by its folder, or by its name as 'pilab runs' lists it; without a name it is the newest. The forms are \
      described in docs/report.md; the JSON Schema of report.json is printed by 'pilab schema report'.

      Examples:
        pilab report --open
        pilab report --format markdown >> "$GITHUB_STEP_SUMMARY"
        pilab report latest --format junit --output junit.xml
        pilab report --format pdf --output report.pdf
        pilab report --format svg --figure pictures --output pictures.svg
        pilab report --format svg --figure throughput --output throughput.svg
        pilab report two-boards/2026-11-23T22-42-33Z --format csv
      """)

  @Argument(
    help: ArgumentHelp("A folder, a name, LAB/NAME, or latest.", valueName: "run"),
    completion: Known.runs)
  var which: String?

  @Option(
    name: LabName.option,
    help: ArgumentHelp("Look only among the runs of this lab.", valueName: "name"),
    completion: Known.labs)
  var lab: LabName?

  @Option(help: "The form; pdf needs an installed Chromium.")
  var format: PrintedForm = .form(.text)

  @Option(help: "Write it to this file instead of standard output (-).", completion: .file())
  var output: String?

  @Flag(
    name: .shortAndLong,
    help: "With form text, all of each exchange: hashes, keys, and the time of each step.")
  var verbose = false

  @OptionGroup var figures: FigureOptions

  @Flag(help: "Open report.html in the browser, and print no other form.")
  var open = false

  func validate() throws {
    if let option = figures.given, format != .svg {
      throw ValidationError("\(option) goes with --format svg")
    }
    if open, format != .form(.text) || output != nil || verbose {
      throw ValidationError(
        "--open shows report.html: --format, --output and --verbose do not go with it")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: format == .form(.json) ? .json : .text) {
      let folder = try RunStore(root: LabRoot.path).find(which, lab: lab?.text)
      let page = "\(folder)/report.html"
      if open { return try Browser.open(page) }
      switch format {
      case .pdf: try await printPage(page)
      case .svg:
        try Self.deliver(figures.render(RunStore.report(in: folder), folder: folder), to: output)
      case .form(.text):
        let summary = TerminalSummary(
          try RunStore.report(in: folder), location: page, isVerbose: verbose)
        try Self.deliver(
          summary.render(
            color: output == nil && Console.hasColor(STDOUT_FILENO),
            width: Console.width(STDOUT_FILENO)), to: output)
      case .form(let form):
        try Self.deliver(form.render(RunStore.report(in: folder), folder: folder), to: output)
      }
    }
  }

  private func printPage(_ page: String) async throws {
    try Browser.requirePage(page)
    if output == nil || output == "-", Console.isTerminal(STDOUT_FILENO) {
      throw LabError(
        .usage, "a PDF cannot be shown on a terminal", hint: "name a file: --output report.pdf")
    }
    let interruption = Interruption()
    let outcome = await interruption.run { () throws(LabError) in
      try await PrintedReport(page: page).render()
    }
    switch outcome {
    case .failure(let error): throw interruption.told(error)
    case .success(let data): try Self.deliver(data, to: output)
    }
  }

  private static func deliver(_ data: Data, to output: String?) throws(LabError) {
    guard let output, output != "-" else { return try Console.print(data) }
    do { try data.write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
      throw LabError(
        .outputFailed, "cannot write \(output)", SystemFault(error, path: output, .write),
        hint: "name another file with --output")
    }
  }

  /// To a file by atomic rename, or to standard output.
  static func deliver(_ text: String, to output: String?) throws(LabError) {
    guard let output, output != "-" else { return try Console.print(text) }
    let path = URL(fileURLWithPath: output).path + (output.hasSuffix("/") ? "/" : "")
    do { try ReportFile.write(text, to: path) } catch {
      throw LabError(
        .outputFailed, "cannot write \(output)", SystemFault(error, path: output, .write),
        hint: "name another file with --output")
    }
  }
}

/// The user's browser.
enum Browser {
  /// Tried in this order; $BROWSER first, as other programs do.
  private static let openers = ["xdg-open", "sensible-browser", "www-browser", "open"]

  /// - Throws: `no_browser`; the file's name is printed in any case, so that it can be opened by hand.
  static func open(_ path: String) throws(LabError) {
    try requirePage(path)
    try Console.print("\(path)\n")
    let chosen = ProcessInfo.processInfo.environment["BROWSER"].flatMap { $0.isEmpty ? nil : $0 }
    for opener in [chosen].compactMap(\.self) + openers where run(opener, path) { return }
    throw LabError(
      .noBrowser, "found no program that opens \(path)",
      hint: "set BROWSER to your browser, or open the file by hand")
  }

  /// - Throws: `report_missing`.
  static func requirePage(_ path: String) throws(LabError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw LabError(
        .reportMissing, "there is no \(path)",
        hint: "write it again: pilab report --format html --output \(path)")
    }
  }

  private static func run(_ opener: String, _ path: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [opener, path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    // One that cannot be started is passed over for the next.
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
