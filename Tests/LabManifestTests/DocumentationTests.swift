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

  private static func blocks(_ name: String = "manifest") throws -> [Block] {
    try page(name).components(separatedBy: "\n```").dropFirst().enumerated()
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

  /// Those of scenarios are parts of a manifest, which is completed here.
  @Test func examplesOfScenarios() throws {
    let blocks = try Self.blocks("scenarios").filter { $0.language == "yaml" }
    #expect(blocks.count >= 6)
    for block in blocks where !block.text.hasPrefix("boards:") {
      let scenarios = block.text.hasPrefix("scenarios:") ? block.text : "scenarios:\n\(block.text)"
      let text = """
        version: 1
        name: lab
        boards: { alice: {}, bob: {}, mallory: { role: attacker } }
        exchanges:
          classic: { sender: alice, receiver: bob, image: images/horse.ppm }
          sealed: { sender: alice, receiver: bob, profile: sealed, image: images/horse.ppm }
        \(scenarios)
        """
      let lab = try Samples.grammar.parse(text, path: Samples.labFolder + "/x.yaml")
      #expect(lab.scenarios.count == 1)
      #expect(lab.warnings.isEmpty, "\(lab.warnings)")
    }
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
