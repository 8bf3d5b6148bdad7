import Foundation
import LabCore
import LabManifest
import LabRun
import LabValues

/// Finds the manifest that a command is about.
enum ManifestPath {
  /// Looked for in the current folder where none is named, in this order.
  static let defaults = ["lab.yaml", "pilab.yaml"]

  /// The named manifest, else the current folder's.
  /// - Throws: `manifest_missing`.
  static func resolve(_ named: String?) throws(LabError) -> String {
    if let named {
      guard named != "-" else {
        throw LabError(
          .usage, "only 'pilab validate' reads a manifest from standard input",
          hint:
            "write it to a file, which is kept with the lab's state; a file of that name is ./-")
      }
      guard exists(named) else {
        throw LabError(
          .manifestMissing, "there is no manifest \(named)",
          hint: hint(for: named))
      }
      return named
    }
    guard let found = defaults.first(where: exists) else {
      throw LabError(
        .manifestMissing,
        "there is no manifest here: neither \(defaults.joined(separator: " nor "))",
        hint: "name its file, or write one to begin with: pilab init")
    }
    return found
  }

  /// A file of the same folder that has nearly this name, else how to write one.
  private static func hint(for named: String) -> String {
    let url = URL(fileURLWithPath: named)
    let folder = url.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let manifests = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    if let near = Suggestion.nearest(to: url.lastPathComponent, among: manifests) {
      return
        "did you mean '\((named as NSString).deletingLastPathComponent.isEmpty ? near : folder.path + "/" + near)'?"
    }
    return "'pilab init \(named)' writes one to begin with"
  }

  /// Whether the current folder has a manifest of a name that need not be said.
  static var isHere: Bool { defaults.contains(where: exists) }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }
}
