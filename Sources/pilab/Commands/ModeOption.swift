import ArgumentParser
import Backends
import LabValues

/// A mode on the command line.
struct ModeOption: ExpressibleByArgument {
  var mode: LabMode

  init?(argument: String) {
    guard let mode = Backends.grammar.mode(named: argument) else { return nil }
    self.mode = mode
  }

  static var allValueStrings: [String] { Backends.grammar.modeNames }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
