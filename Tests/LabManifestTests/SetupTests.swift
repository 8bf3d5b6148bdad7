import Foundation
import LabManifest
import Testing

/// What boards are made ready with, and labs without exchanges.
struct SetupTests {
  private static func board(_ lines: String) -> String {
    Samples.manifest(boards: "alice: { \(lines) }\nbob: {}")
  }

  @Test func everyKeyIsRead() throws {
    let text = Self.board(
      "files: { data/horse.ppm: images/horse.ppm }, provisionTimeout: 90s, "
        + "provision: [\"echo a | cat\", [ls, -l, 5], 7]")
    let manifest = try Samples.grammar.parse(text, path: Samples.path)
    let setup = try #require(manifest.board(named: "alice")).setup
    #expect(
      setup.files == [
        BoardFile(path: "data/horse.ppm", source: Samples.labFolder + "/images/horse.ppm")
      ])
    #expect(
      setup.commands == [["sh", "-c", "echo a | cat"], ["ls", "-l", "5"], ["sh", "-c", "7"]])
    #expect(setup.timeout == .seconds(90))
    #expect(manifest.board(named: "bob")?.setup == BoardSetup())
    #expect(BoardSetup().timeout == .seconds(600))
  }

  @Test func aLabNeedsNoExchange() throws {
    for tail in ["", "\nexchanges:", "\nexchanges: {}"] {
      let text = "version: 1\nname: x\nboards: { a: {}, b: {} }" + tail
      #expect(try Samples.grammar.parse(text, path: Samples.path).exchanges == [])
    }
  }

  @Test(arguments: [
    BadManifest(
      board("files: { /etc/hosts: images/horse.ppm }").replacing("/etc", with: "¶/etc"),
      "'/etc/hosts' is not a path on a board", hint: "begin at the board's working folder"),
    BadManifest(
      board("files: { a/../b: images/horse.ppm }").replacing("a/../", with: "¶a/../"),
      "'a/../b' is not a path on a board", hint: "working folder"),
    BadManifest(
      board("files: { a: ¶images/no.ppm }"), "the file 'images/no.ppm' does not exist",
      hint: "looked for at \(Samples.labFolder)/images/no.ppm"),
    BadManifest(board("files: { a: ¶images }"), "the file 'images' is a directory", hint: "looked"),
    BadManifest(
      board("files: { ¶psk: images/horse.ppm }"), "pilab itself puts something at 'psk'",
      hint: "another name"),
    BadManifest(
      board("files: { ¶alt: images/horse.ppm }"), "pilab itself puts something at 'alt'",
      hint: "another name"),
    BadManifest(
      board("files: { ¶alt/pi-sender: images/horse.ppm }"),
      "pilab itself puts something at 'alt/pi-sender'", hint: "another name"),
    BadManifest(
      board("files: { ¶a: images/horse.ppm, a/b: images/horse.ppm }"),
      "'a' cannot be a file and the folder of 'a/b'"),
    BadManifest(board("files: ¶[a]"), "'files' must be a map, not a list"),
    BadManifest(
      board("provision: ¶make"), "'provision' must be a list, not the text 'make'"),
    BadManifest(
      board("provision: [¶[]]"), "'command' is an empty list, at least one word must be there"),
    BadManifest(
      board("provision: ¶[" + String(repeating: "x, ", count: 101) + "]"),
      "these are 101 commands", hint: "at most 100"),
    BadManifest(
      board("provisionTimeout: ¶soon"),
      "'soon' is not a duration: a whole number and its unit are needed", hint: "10s"),
  ])
  func badOnesAreTold(_ bad: BadManifest) { bad.verify() }
}
