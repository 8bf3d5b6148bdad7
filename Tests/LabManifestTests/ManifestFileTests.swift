import Foundation
import TestSupport
import Testing

@testable import LabManifest

/// What can be wrong with the manifest's file and the image's, and the odd corners of YAML.
struct ManifestFileTests {
  private func failure(_ path: String) -> Diagnostic? {
    do throws(ManifestError) {
      _ = try Samples.grammar.load(contentsOf: path)
      return nil
    } catch {
      #expect(error.diagnostics.count == 1)
      return error.diagnostics.first
    }
  }

  @Test func missing() {
    let found = failure("/nonexistent/lab.yaml")
    #expect(
      found?.description
        == "/nonexistent/lab.yaml: the manifest does not exist\n  hint: 'pilab init' writes one to begin with"
    )
    #expect(found.map { [$0.line, $0.column] } == [0, 0])
  }

  @Test func directory() throws {
    try withTemporaryFolder { folder in
      #expect(failure(folder)?.message == "the manifest is a directory")
    }
  }

  /// A link to itself: unreadable for root too.
  @Test func unreadable() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lab.yaml"
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
      let message = try #require(failure(path)?.message)
      #expect(message == "the manifest cannot be read: Too many levels of symbolic links")
    }
  }

  /// Opening a pipe that nobody writes to would wait for ever.
  @Test func pipe() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lab.yaml"
      #expect(mkfifo(path, 0o600) == 0)
      #expect(failure(path)?.message == "the manifest is not a regular file")
    }
  }

  @Test func notUTF8() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lab.yaml"
      try Data("version: 1\nname: zwö".utf8 + [0xFF] + "lf\n".utf8).write(to: URL(filePath: path))
      let found = failure(path)
      #expect(found?.message == "the manifest is not UTF-8 text")
      #expect(found.map { [$0.line, $0.column] } == [2, 10])
    }
  }

  @Test func sizeLimit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lab.yaml"
      let image = Samples.labFolder + "/images/horse.ppm"
      let manifest = Samples.manifest().replacing("images/horse.ppm", with: image) + "\n#"
      let full = manifest + String(repeating: "x", count: (1 << 20) - manifest.utf8.count)
      try full.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try Samples.grammar.load(contentsOf: path).name == "lab")
      try (full + "x").write(toFile: path, atomically: true, encoding: .utf8)
      #expect(failure(path)?.message == "the manifest is larger than 1MiB")
      #expect(
        Samples.diagnostics(full + "x").map(\.message) == ["the manifest is larger than 1MiB"])
    }
  }

  @Test func fileNameThatIsNoName() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/My Lab.yaml"
      let image = Samples.labFolder + "/images/horse.ppm"
      let manifest = "# note\n" + Samples.manifest().replacing("images/horse.ppm", with: image)
      try manifest.write(toFile: path, atomically: true, encoding: .utf8)
      let found = failure(path)
      #expect(found?.message == "missing key 'name': the file's name 'My Lab' cannot stand in")
      #expect(found.map { [$0.line, $0.column] } == [2, 1])
    }
  }

  // MARK: Images

  private static func image(_ path: String) -> String {
    "sender: alice\nreceiver: bob\nimage: ¶\(path)"
  }

  @Test(arguments: [
    BadManifest.exchange(
      image("images/hrose.ppm"), "the image 'images/hrose.ppm' does not exist",
      hint: "the manifest's folder: \(Samples.labFolder)/images/hrose.ppm"),
    .exchange(image("images"), "the image 'images' is a directory", hint: "manifest's folder"),
    .exchange(image("/nonexistent"), "the image '/nonexistent' does not exist"),
    .exchange(image("/dev/null"), "the image '/dev/null' is not a regular file"),
    .exchange(
      image("images/README.md/x"), "the image 'images/README.md/x' cannot be read: Not a directory",
      hint: "manifest's folder"),
    .exchange(image("\"\""), "the path is empty"),
    .exchange(image("\"a\\0b\""), "the path holds a control character"),
    .exchange(image("5"), "'image' must be a path, not the number 5", hint: "quote it"),
  ])
  func badImage(_ bad: BadManifest) { bad.verify() }

  @Test func emptyImageIsValid() throws {
    try withTemporaryFolder { folder in
      let image = folder + "/empty"
      #expect(FileManager.default.createFile(atPath: image, contents: Data()))
      let text = Samples.manifest().replacing("images/horse.ppm", with: "empty")
      let manifest = try Samples.grammar.parse(text, path: folder + "/lab.yaml")
      #expect(manifest.exchanges.first?.image == image)
    }
  }

  // MARK: YAML

  @Test(arguments: [
    BadManifest(
      Samples.manifest(boards: "alice: &a {}\nbob: ¶*a"), "the alias '*a' is not supported",
      hint: "write the value out"),
    BadManifest(
      Samples.manifest(boards: "alice: {}\nbob: {}\n¶*a : {}"), "the alias '*a' is not supported",
      hint: "write the value out"),
    .exchange("? ¶[a]\n: 1", "a key must be text, not a map or a list"),
    .exchange(
      "port: ¶!!int 5000", "the tag 'tag:yaml.org,2002:int' is not supported",
      hint: "leave the tag out"),
    .exchange("store: ¶!reset []", "the tag '!reset' is not supported", hint: "leave the tag out"),
    .exchange(
      "store: ¶!!seq []", "the tag 'tag:yaml.org,2002:seq' is not supported",
      hint: "leave the tag out"),
    .exchange(
      "timeouts: ¶!include { idle: 1s }", "the tag '!include' is not supported",
      hint: "leave the tag out"),
    .exchange("¶!key port: 5000", "the tag '!key' is not supported", hint: "leave the tag out"),
  ])
  func unsupported(_ bad: BadManifest) { bad.verify() }

  /// 2^60 nodes if anything expanded them, also as keys, which a library hashes.
  @Test(arguments: ["", "? *l59\n: 1\n"])
  func aliasBomb(_ end: String) {
    var text = "l0: &l0 [x, x]\n"
    for level in 1..<60 { text += "l\(level): &l\(level) [*l\(level - 1), *l\(level - 1)]\n" }
    let clock = ContinuousClock()
    let elapsed = clock.measure {
      #expect(
        Samples.diagnostics(text + end).contains {
          $0.message == "the alias '*l0' is not supported"
        })
    }
    #expect(elapsed < .seconds(10))
  }

  @Test func deepNesting() {
    let found = Samples.diagnostics(String(repeating: "[", count: 100_000))
    #expect(found.count == 1)
    #expect(found.first?.message.hasPrefix("not YAML: ") == true)
  }

  @Test func asterisksInTextStay() throws {
    let found = Samples.diagnostics(Samples.manifest(top: "name: \"a*b\" # *c"))
    #expect(found.map(\.message) == ["'a*b' is not a name"])
  }

  @Test func privateUseCharactersStay() {
    let found = Samples.diagnostics(Samples.manifest(top: "name: '\u{F8FF}\u{F8FE}*'"))
    #expect(found.map(\.message) == ["'\u{F8FF}\u{F8FE}*' is not a name"])
  }

  @Test func byteOrderMarkAndCarriageReturns() throws {
    let text = Samples.manifest().replacing("\n", with: "\r\n")
    #expect(try Samples.grammar.parse("\u{FEFF}" + text, path: Samples.path).boards.count == 2)
    let found = Samples.diagnostics("\u{FEFF}nmae: x\r\n" + text)
    #expect(found.map { [$0.line, $0.column] } == [[1, 1]])
  }

  @Test func duplicatesBehindCarriageReturns() {
    let text = Samples.manifest().replacing("\n", with: "\r\n") + "\r\nversion: 1\r\n"
    #expect(Samples.diagnostics(text).map { [$0.line, $0.column] } == [[11, 1]])
  }

  // MARK: All at once

  @Test func everythingInOneGo() {
    let text = """
      version: 1
      nmae: x
      mode: libvrit
      network: { subnet: 10.77.0.0/24 }
      boards:
        alice: { address: 10.77.0.1 }
        bob: { address: 10.77.0.1 }
      exchanges:
        first:
          sender: alice
          receiver: alice
          cypher: aes-128-ecb
          group: { prime: 21, generator: 5 }
          image: images/horse.ppm
          rate: 10m
        second:
          sender: alice
          image: images
      """
    let found = Samples.diagnostics(text)
    #expect(
      found.map { [$0.line, $0.column] } == [
        [2, 1], [3, 7], [7, 19], [11, 15], [12, 5], [13, 21], [15, 11], [16, 3], [18, 12],
      ])
    #expect(
      ManifestError(found).description.hasPrefix(
        """
        \(Samples.path):2:1: unknown key 'nmae'
          hint: did you mean 'name'?
        \(Samples.path):3:7: unknown mode 'libvrit'
          hint: did you mean 'libvirt'? there are: auto, loopback, namespace, libvirt, virtualbox
        \(Samples.path):7:19: board 'alice' has the address 10.77.0.1 already

        """))
  }

  @Test func longListsAreCut() {
    let one = Diagnostic(file: "x.yaml", line: 1, column: 1, message: "wrong")
    let text = ManifestError(Array(repeating: one, count: 103)).description
    #expect(text.hasSuffix("wrong\nand 3 more"))
    #expect(text.split(separator: "\n").count == 101)
  }
}
