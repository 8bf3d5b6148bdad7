import ArgumentParser

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json

  /// Of a command that cannot be begun.
  static func wanted(_ arguments: [String]) -> OutputFormat {
    let asked = arguments.prefix { $0 != "--" }
    return asked.contains("--format=json")
      || zip(asked, asked.dropFirst()).contains { $0 == ("--format", "json") } ? .json : .text
  }
}
