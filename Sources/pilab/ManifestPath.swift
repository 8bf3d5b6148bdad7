import Foundation
import LabRun

/// Finds the manifest that a command is about.
enum ManifestPath {
  /// Looked for in the current folder where none is named, in this order.
  static let defaults = ["lab.yaml", "pilab.yaml"]

  /// The named manifest, else the current folder's.
  /// - Throws: `manifest_missing`.
  static func resolve(_ named: String?) throws(RunError) -> String {
    if let named {
      guard exists(named) else {
        throw RunError(
          "manifest_missing", "there is no manifest \(named)",
          hint: "'pilab init \(named)' writes one to begin with", status: .inputMissing)
      }
      return named
    }
    guard let found = defaults.first(where: exists) else {
      throw RunError(
        "manifest_missing",
        "there is no manifest here: neither \(defaults.joined(separator: " nor "))",
        hint: "name one (pilab run FILE), or write one to begin with: pilab init",
        status: .inputMissing)
    }
    return found
  }

  /// Whether the current folder has a manifest of a name that need not be said.
  static var isHere: Bool { defaults.contains(where: exists) }

  private static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }
}
