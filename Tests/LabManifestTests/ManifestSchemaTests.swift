import Foundation
import TestSupport
import Testing

@testable import LabManifest

/// The schema against an implementation of JSON Schema that is not ours.
struct ManifestSchemaTests {
  /// `good` or `bad` for each manifest; nil where Python's packages are missing.
  private static func verdicts(_ texts: [String]) throws -> [String]? {
    try withTemporaryFolder { folder in
      let schema = folder + "/schema.json"
      try ManifestSchema.json(Samples.grammar).write(
        toFile: schema, atomically: true, encoding: .utf8)
      var paths: [String] = []
      for (number, text) in texts.enumerated() {
        let path = "\(folder)/\(number).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        paths.append(path)
      }
      let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "check_schema.py").path
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
      guard try isAvailable() else { return nil }
      process.arguments = [script, schema] + paths
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let data = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  /// Missing packages fail the tests where everything must be there, and are told where not.
  private static func isAvailable() throws -> Bool {
    let python = "/usr/bin/python3"
    var isThere = FileManager.default.isExecutableFile(atPath: python)
    if isThere {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: python)
      process.arguments = ["-c", "import jsonschema, yaml; jsonschema.Draft202012Validator"]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      isThere = process.terminationStatus == 0
    }
    guard !isThere else { return true }
    let reason = "python3-jsonschema and python3-yaml are not installed"
    if ProcessInfo.processInfo.environment["CI"] == "true" {
      Issue.record("\(reason)")
    } else {
      print("skipped: \(reason)")
    }
    return false
  }

  private static func examples() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Samples.labFolder)
      .filter { $0.hasSuffix(".yaml") }.sorted()
  }

  @Test func examplesAreGood() throws {
    let examples = try Self.examples()
    #expect(examples.contains("two-boards.yaml"))
    let texts = try examples.map {
      try String(contentsOfFile: Samples.labFolder + "/" + $0, encoding: .utf8)
    }
    guard let verdicts = try Self.verdicts(texts) else { return }
    #expect(verdicts == examples.map { _ in "good" })
  }

  @Test func goodOnesAreGood() throws {
    let texts = [
      Samples.manifest(),
      ManifestTemplate.text(name: "on", image: "images/horse.ppm", modes: Samples.grammar.modes),
      Samples.manifest(top: "network:", boards: "alice:\nbob: {}", exchange: "timeouts:"),
      Samples.manifest(exchange: "profile: sealed\nauthentication: none\ncipher: cobblestone-128"),
      Samples.manifest(top: "network: { impairment: }"),
      Samples.manifest(
        top: "network: { impairment: { delay: 1ms, loss: 0.5%, corrupt: 100%, reorder: 100.0% } }"),
      Samples.manifest(exchange: "group: { prime: \"0x17\", generator: 5 }\nrate: 1gbit/S"),
      Samples.manifest(exchange: "cipher: aes-128-ctr\nauthentication: none"),
      Samples.manifest(top: "sweep:"),
      Samples.manifest(top: "sweep: { sizes: [1KiB, 2048, 1MB, 1GiB], warmups: 0, seed: 0 }"),
      Samples.manifest(top: "sweep: { exchange: first, modes: [loopback], repeats: 1000 }"),
      Samples.manifest(exchange: "port: 1\nstore: []\ndigest: [plaintext]\nprivateExponents:"),
    ]
    for text in texts { #expect(Samples.diagnostics(text) == []) }
    guard let verdicts = try Self.verdicts(texts) else { return }
    #expect(verdicts == texts.map { _ in "good" })
  }

  /// Parser and schema refuse the same manifests.
  @Test func badOnesAreBad() throws {
    let exchanges = [
      "cypher: aes-128-ecb", "cipher: aes", "profile: sealed\ncipher: aes-128-ecb",
      "cipher: cobblestone-128", "authentication: psk", "group: ffdhe1024", "group: 14",
      "group: { prime: 23 }", "group: { prime: -23, generator: 5 }",
      "group: { prime: \"x\", generator: 5 }", "port: 0", "port: 65536", "port: \"80\"",
      "port:", "store: all", "store: [everything]", "digest: [plaintext, plaintext]", "rate: 10m",
      "durable: 1", "durable: sometimes", "rate: 100", "timeouts: { idle: 30sec }",
      "timeouts: { ilde: 30s }",
      "privateExponents: { alice: six }", "privateExponents: { Alice: 6 }",
      "sender: Alice\nreceiver: bob\nimage: images/horse.ppm",
      "sender: alice\nreceiver: bob", "sender: alice\nreceiver: bob\nimage: ''",
    ]
    let tops = [
      "nmae: x", "name: X", "name: 5", "name: " + String(repeating: "a", count: 64),
      "mode: vmware", "network: { subnet: 10.77.0.0 }", "network: { subnet: 10.77.0.0/31 }",
      "network: { subnet: 10.77.0.256/24 }", "network: { mask: 8 }",
      "network: { impairment: { loss: 0.5 } }", "network: { impairment: { loss: 101% } }",
      "network: { impairment: { loss: 0.00001% } }", "network: { impairment: { lag: 1ms } }",
      "network: { impairment: { delay: 20 } }", "network: { impairment: { rate: 100mbps } }",
      "sweep: { size: 1KiB }", "sweep: { sizes: 1KiB }", "sweep: { sizes: [1kb] }",
      "sweep: { modes: [auto] }", "sweep: { ciphers: [aes] }", "sweep: { repeats: 0 }",
      "sweep: { seed: -1 }", "sweep: { warmups: 101 }", "sweep: { groups: [modp14] }",
    ]
    var texts = exchanges.map { Samples.manifest(exchange: $0) }
    texts += tops.map { Samples.manifest(top: $0) }
    texts += [
      Samples.manifest(boards: "alice: {}"), Samples.manifest(boards: "alice: {}\nBob: {}"),
      Samples.manifest(boards: "alice: { address: 10.77.0.01 }\nbob: {}"),
      Samples.manifest().replacing("version: 1", with: "version: 2"),
      Samples.manifest().replacing("version: 1", with: ""),
      Samples.manifest(boards: "alice: { files: [x] }\nbob: {}"),
      Samples.manifest(boards: "alice: { provision: [] }\nbob: {}"),
      Samples.manifest(boards: "alice: { provision: [[]] }\nbob: {}"),
      Samples.manifest(boards: "alice: { provision: true }\nbob: {}"), "[]", "version: 1",
    ]
    for text in texts { #expect(Samples.diagnostics(text) != [], "\(text)") }
    guard let verdicts = try Self.verdicts(texts) else { return }
    let passed = zip(texts, verdicts).filter { $0.1 != "bad" }.map(\.0)
    #expect(passed == [])
    #expect(verdicts.count == texts.count)
  }

  /// What is checked by tables in the parser is in the schema under the same name.
  @Test func schemaNamesEveryKey() {
    for key in ManifestTables.keys(of: .manifest(Samples.grammar)) {
      #expect(ManifestSchema.json(Samples.grammar).contains("\"\(key.name)\" : {"), "\(key.name)")
    }
  }
}

enum ManifestTables {
  static func keys(of shape: Shape) -> [Key] {
    switch shape {
    case .object(let keys), .either(_, let keys): keys + keys.flatMap { Self.keys(of: $0.shape) }
    case .map(let entry, _, _, let also):
      keys(of: entry) + also + also.flatMap { keys(of: $0.shape) }
    case .sequence(let entry, _, _), .pairs(_, let entry, _): keys(of: entry)
    case .byKind(_, let list, let map): [list, map].compactMap(\.self).flatMap { keys(of: $0) }
    case .scalar, .list: []
    }
  }
}
