import ArgumentParser
import LabCore
import LabManifest
import LabRun
import LabValues

/// Says what a mistyped word of the command line was meant to be. (Of options the parser says it itself.)
enum Mistyped {
  /// - Throws: `usage` where a word stands in a command's place and is none.
  static func check(_ arguments: [String]) throws(LabError) {
    var command: any ParsableCommand.Type = Pilab.self
    var path = "pilab"
    for word in arguments {
      let known = command.configuration.subcommands
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
      guard let next = known.first(where: { $0.configuration.commandName == word }) else {
        let names = known.compactMap { $0.configuration.commandName }
        let near = Suggestion.nearest(to: word, among: names).map { "did you mean '\($0)'? " }
        throw LabError(
          .usage, "'\(word)' is not a command of \(path)",
          hint: "\(near ?? "")all commands: \(path) --help")
      }
      command = next
      path += " \(word)"
    }
  }

  /// Of an option's value, by the parser's message, which lists those that there are.
  static func value(in message: String) -> String? {
    let pattern = /The value '([^']*)' is invalid for '[^']*'. Please provide one of (.*)/
    guard let match = message.firstMatch(of: pattern) else { return nil }
    let words = match.2.matches(of: /'([^']*)'/).map { String($0.1) }
    return Suggestion.nearest(to: String(match.1), among: words)
  }
}
