import ArgumentParser
import Backends
import Foundation
import LabManifest
import LabRun

/// What a shell completes: names that exist here. A completion never fails; where nothing can be read it offers nothing.
enum Known {
  static let labs = CompletionKind.custom { _, _, _ in summaries().map(\.lab) }

  /// Of the labs that are up, else of the manifest.
  static let boards = CompletionKind.custom { arguments, _, _ in
    let up = labsUp(arguments).flatMap { $0.state?.record.boards.map(\.name) ?? [] }
    return unique(up.isEmpty ? manifest(arguments)?.boards.map(\.name) ?? [] : up)
  }

  static let exchanges = CompletionKind.custom { arguments, _, _ in
    manifest(arguments)?.exchanges.map(\.name) ?? []
  }

  static let scenarios = CompletionKind.custom { arguments, _, _ in
    manifest(arguments)?.scenarios.map(\.name) ?? []
  }

  /// Names, names with their lab, and folders beside that are runs.
  static let runs = CompletionKind.custom { arguments, _, _ in
    let store = RunStore(root: LabRoot.path)
    guard let runs = try? store.runs(of: lab(in: arguments)) else { return [] }
    let latest = runs.contains(where: \.isLatest) ? ["latest"] : []
    return unique(
      latest + runs.map(\.name) + runs.map { "\($0.lab)/\($0.name)" } + foldersOfRuns())
  }

  private static func foldersOfRuns() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: ".")) ?? []
    return names.filter { FileManager.default.fileExists(atPath: "\($0)/report.json") }.sorted()
  }

  private static func summaries() -> [LabSummary] { (try? LabRoot.index.list()) ?? [] }

  private static func labsUp(_ arguments: [String]) -> [LabSummary] {
    let name = lab(in: arguments)
    return summaries().filter { $0.condition == .up && (name == nil || $0.lab == name) }
  }

  /// What `--lab NAME` or `--lab=NAME` says.
  private static func lab(in arguments: [String]) -> String? {
    for option in ["--lab", "--name"] {
      if let index = arguments.firstIndex(of: option), index + 1 < arguments.count {
        return arguments[index + 1]
      }
      if let word = arguments.first(where: { $0.hasPrefix("\(option)=") }) {
        return String(word.dropFirst(option.count + 1))
      }
    }
    return nil
  }

  /// The one on the command line, of the lab that is meant, or of this folder.
  private static func manifest(_ arguments: [String]) -> LabManifest? {
    let named = arguments.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    let ofLab = labsUp(arguments).compactMap { $0.state?.manifest?.path }
    let candidates =
      named
      + (lab(in: arguments) != nil ? ofLab + ManifestPath.defaults : ManifestPath.defaults + ofLab)
    return candidates.lazy.compactMap { try? Backends.grammar.load(contentsOf: $0) }.first
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
