import ArgumentParser
import LabValues

/// A mode on the command line.
struct ModeOption: ExpressibleByArgument {
  var mode: LabMode

  init?(argument: String) {
    guard let mode = LabMode(rawValue: argument) else { return nil }
    self.mode = mode
  }

  static var allValueStrings: [String] { LabMode.allCases.map(\.rawValue) }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
