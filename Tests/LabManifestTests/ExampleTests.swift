import Foundation
import PiCrypto
import TestSupport
import Testing

@testable import LabManifest

/// The files that come with pilab.
struct ExampleTests {
  private func load(_ name: String) throws -> LabManifest {
    try Samples.grammar.load(contentsOf: Samples.labFolder + "/" + name)
  }

  @Test func twoBoards() throws {
    let lab = try load("two-boards.yaml")
    #expect(lab.name == "two-boards")
    #expect(lab.exchanges.map(\.name) == ["classic", "sealed"])
    #expect(lab.exchanges.map(\.cipher) == [.aes128ECB, .cobblestone128])
    #expect(lab.exchanges.map(\.authentication) == [.none, .preSharedKey])
    #expect(lab.exchanges.allSatisfy { $0.image.hasSuffix("/images/horse.ppm") })
  }

  /// The numbers in its comment are true.
  @Test func textbook() throws {
    let exchange = try #require(try load("textbook.yaml").exchanges.first)
    let group = try exchange.group.group()
    #expect(group.isTextbook)
    let alice = try KeyPair(fixed: try #require(exchange.privateExponents["alice"]), in: group)
    let bob = try KeyPair(fixed: try #require(exchange.privateExponents["bob"]), in: group)
    #expect(alice.publicValue.bytes == [8])
    #expect(bob.publicValue.bytes == [19])
  }

  @Test func ciphers() throws {
    #expect(
      try load("ciphers.yaml").exchanges.map(\.cipher) == [.aes128ECB, .aes128CTR, .cobblestone128])
  }

  @Test func everyExampleParses() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Samples.labFolder)
    for name in names where name.hasSuffix(".yaml") { _ = try load(name) }
  }

  @Test(arguments: [
    ("images/horse.ppm", "two-boards"), ("image with blanks: it's.ppm", "null"),
    ("true", "0x10"), ("#5.ppm", "1e3"), ("1.5", "a-b"), ("zwölf.png", "x"), ("\"q\".ppm", "no"),
  ])
  func template(_ image: String, _ name: String) throws {
    try withTemporaryFolder { folder in
      let url = URL(fileURLWithPath: folder).appending(path: image)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("P6 1 1 255 rgb".utf8).write(to: url)
      let text = ManifestTemplate.text(name: name, image: image, modes: Samples.grammar.modes)
      let lab = try Samples.grammar.parse(text, path: folder + "/pilab.yaml")
      #expect(lab.name == name)
      #expect(lab.exchanges.map(\.image) == [folder + "/" + image, folder + "/" + image])
      #expect(lab.exchanges.map(\.profile) == [.classic, .sealed])
    }
  }
}
