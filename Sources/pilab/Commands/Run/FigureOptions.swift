import ArgumentParser
import LabCore
import LabReport
import LabResults

extension DrawingSize: ExpressibleByArgument {}

/// Which drawing of a report `--format svg` writes, and how wide.
struct FigureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With form svg, the plot, diagram or 'pictures' to draw; without it, those that the run has are listed.",
      valueName: "name"))
  var figure: String?

  @Option(
    help: ArgumentHelp(
      "With form svg, its width, as in a journal: 85 mm, unless told otherwise, or 170 mm.",
      valueName: "width"))
  var size: DrawingSize?

  /// Which of them was given.
  var given: String? { figure != nil ? "--figure" : size != nil ? "--size" : nil }

  /// - Throws: `no_such_figure`.
  func render(_ report: RunResult, folder: String) throws -> String {
    let drawings = ReportDrawings(report, folder: folder, size: size ?? .column)
    let names = drawings.names.joined(separator: ", ")
    guard !names.isEmpty else {
      throw LabError(
        .noSuchFigure, "this run has no figure",
        hint: "figures are of exchanges that ended on both boards, of sweeps, and of attackers")
    }
    guard let figure else {
      throw LabError(
        .noSuchFigure, "form svg is one figure of the report, and --figure names none",
        hint: "its figures: \(names)")
    }
    guard let text = try drawings.render(figure) else {
      throw LabError(
        .noSuchFigure, "this run has no figure '\(figure)'", hint: "its figures: \(names)")
    }
    return text
  }
}

extension LabError.Code {
  fileprivate static let noSuchFigure = Self("no_such_figure", .usage)
}
