import ArgumentParser
import Foundation
import LabCore
import LabManifest
import LabReport
import LabResults
import LabRun

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Say of each point of two runs whether it got faster or slower beyond noise.",
    discussion: """
      The measurements of each point are compared by the Mann-Whitney test, corrected for the number of points \
      (Benjamini and Hochberg, 5 %). That needs four measurements of a point on either side; ten tell more. \
      Runs are named as for 'pilab report'.

      With --fail-on-regression a point that became slower beyond noise by more than that makes the exit status 1. \
      So does a second run that failed, and so do runs that have no point in common: nothing was compared then.

      Runs of other processors, boards or links are not comparable: no point is called faster or slower, and \
      --fail-on-regression fails. --despite-differences compares them all the same.

      Examples:
        pilab compare before latest
        pilab compare main/report.json latest --fail-on-regression 10%
        pilab compare before latest --format html --output compare.html
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text, json, markdown, html
  }

  @Argument(help: "The run to compare with.", completion: Known.runs)
  var before: String

  @Argument(help: "The run in question.", completion: Known.runs)
  var after: String

  @Option(help: ArgumentHelp("Fail where a point is slower by more than this.", valueName: "10%"))
  var failOnRegression: Share?

  @Flag(help: "Compare runs of other processors, boards or links too.")
  var despiteDifferences = false

  @Option(help: "The form.")
  var format: Form = .text

  @Option(help: "Write it to this file instead of standard output (-).", completion: .file())
  var output: String?

  func run() async throws {
    try await Failure.reporting(as: format == .json ? .json : .text) {
      let store = RunStore(root: LabRoot.path)
      let (old, new) = (try store.find(before), try store.find(after))
      let comparison = Comparison(
        try RunStore.report(in: old), try RunStore.report(in: new),
        despiteDifferences: despiteDifferences)
      try ReportCommand.deliver(try render(comparison), to: output)
      try judge(comparison)
    }
  }

  private func render(_ comparison: Comparison) throws -> String {
    switch format {
    case .text: ComparisonText(comparison).terminal()
    case .markdown: ComparisonText(comparison).markdown()
    case .json: try comparison.encoded()
    case .html: try ComparisonPage(comparison).render()
    }
  }

  /// Tells of the first check of the gate that is refuted, and of what it could not look at.
  private func judge(_ comparison: Comparison) throws {
    guard let limit = failOnRegression else { return }
    let checks = comparison.checks(slowerBy: limit.value, called: limit.text)
    let refuted = checks.first { $0.verdict == .refuted }
    if !comparison.onlyBefore.isEmpty, refuted == nil || refuted == checks.last {
      Console.tell(
        "pilab: not in the second run: \(comparison.onlyBefore.joined(separator: "; "))\n")
    }
    guard let refuted else { return }
    Console.tell("pilab: \(refuted.finding)\n")
    throw ExitStatus.exchangeFailed.exitCode
  }

  /// A percentage on the command line.
  struct Share: ExpressibleByArgument {
    let text: String
    /// 0.1 for 10%.
    let value: Double

    init?(argument: String) {
      guard argument.hasSuffix("%"), let number = Double(argument.dropLast()), number.isFinite,
        number >= 0
      else { return nil }
      text = argument
      value = number / 100
    }
  }
}
