import Foundation
import Testing

@testable import LabManifest

/// docs/manifest.md and docs/scenarios.md say what the parser does.
struct DocumentationTests {
  private static func page(_ name: String = "manifest") throws -> String {
    try String(contentsOfFile: Samples.labFolder + "/../docs/\(name).md", encoding: .utf8)
  }

  private struct Block {
    var language: String
    var text: String
  }

  private static func blocks() throws -> [Block] {
    try page().components(separatedBy: "\n```").dropFirst().enumerated()
      .filter { $0.offset.isMultiple(of: 2) }
      .map { part in
        let lines = part.element.components(separatedBy: "\n")
        return Block(language: lines[0], text: lines.dropFirst().joined(separator: "\n"))
      }
  }

  /// An example is right, or the page shows what is printed about it.
  @Test func examplesAndTheirErrors() throws {
    let blocks = try Self.blocks()
    var shown = 0
    for (number, block) in blocks.enumerated() where block.language == "yaml" {
      var printed = ""
      do throws(ManifestError) {
        _ = try Samples.grammar.parse(block.text, path: Samples.labFolder + "/x.yaml")
      } catch {
        printed = error.description.replacing(Samples.labFolder, with: "lab")
      }
      let next = blocks.indices.contains(number + 1) ? blocks[number + 1] : nil
      let expected = next?.language == "text" ? next?.text ?? "" : ""
      #expect(printed == expected)
      shown += expected.isEmpty ? 0 : 1
    }
    #expect(shown == 3)
  }

  @Test func everyKeyWithItsDefaultAndMeaning() throws {
    let pages = try Self.page() + Self.page("scenarios")
    let rows = pages.split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map { row in
        row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      }
    for key in ManifestTables.keys(of: .manifest(Samples.grammar)) where key.newName == nil {
      let standard = key.isRequired ? "required" : key.defaultText ?? ""
      #expect(
        rows.contains {
          $0.first == "`\(key.name)`" && $0.dropFirst(2).elementsEqual([standard, key.meaning])
        }, "\(key.name) | \(standard) | \(key.meaning)")
    }
  }
}
