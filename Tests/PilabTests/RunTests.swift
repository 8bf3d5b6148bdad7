import Foundation
import LabResults
import Testing

/// `pilab run` where it works.
struct RunTests {
  @Test func initAndRunWorkAtOnce() async throws {
    try await PilabFixture.with { fixture in
      let first = try await fixture.pilab("init")
      #expect(first.status == 0)
      #expect(first.output.contains("pilab run"))
      let run = try await fixture.pilab("run")
      #expect(run.status == 0)
      #expect(run.output.hasPrefix("Identical"))
      #expect(run.errors.contains("classic: identical"))
      let report = try fixture.report()
      #expect(report.verdict == .identical)
      #expect(report.exchanges.map(\.name) == ["classic", "sealed"])
      for exchange in report.exchanges {
        #expect(Set(exchange.sha256.keys) == Set(exchange.files.keys))
        #expect(exchange.sha256.count == 4)
        #expect(exchange.sha256["original"] == exchange.sha256["receiverDecrypted"])
        #expect(exchange.sha256["original"] != exchange.sha256["senderEncrypted"])
        for path in exchange.files.values {
          #expect(fixture.exists(".pilab/lab/runs/latest/\(path)"))
        }
      }
      let original = try fixture.read("sample.ppm")
      #expect(try fixture.read(".pilab/lab/runs/latest/sealed/bob/decrypted.ppm") == original)
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
      #expect(fixture.names(in: ".pilab/lab") == ["lock", "psk", "runs"])
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 16384, 1_000_003])
  func imagesOfAnySize(_ count: Int) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(
        Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13) }), to: "image.bin")
      for profile in ["classic", "sealed"] {
        try fixture.writeManifest("profile: \(profile)")
        #expect(try await fixture.pilab("run", "--quiet").status == 0)
        let decrypted = try fixture.read(".pilab/lab/runs/latest/only/bob/decrypted.bin")
        #expect(try decrypted == fixture.read("image.bin"))
        #expect(try fixture.report().exchanges[0].image.bytes == UInt64(count))
      }
    }
  }

  @Test func outputFolderOfOnesOwn() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest()
      let run = try await fixture.pilab("run", "--output", "results/one")
      #expect(run.status == 0)
      #expect(run.output.contains("results/one/report.html"))
      #expect(fixture.names(in: "results") == ["one"])
      #expect(fixture.names(in: "results/one") == ["only", "report.html", "report.json"])
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
    }
  }

  @Test func jsonIsTheReport() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest()
      let run = try await fixture.pilab("run", "--format", "json", "--quiet")
      #expect(run.status == 0)
      #expect(run.errors.isEmpty)
      #expect(Data(run.output.utf8) == (try fixture.read(".pilab/lab/runs/latest/report.json")))
    }
  }

  @Test func namedExchangesAndAnotherImage() async throws {
    try await PilabFixture.with { fixture in
      #expect(try await fixture.pilab("init").status == 0)
      try fixture.write(Data("not a picture".utf8), to: "other.txt")
      let run = try await fixture.pilab("run", "--exchange", "sealed", "--image", "other.txt")
      #expect(run.status == 0)
      let report = try fixture.report()
      #expect(report.exchanges.map(\.name) == ["sealed"])
      #expect(report.exchanges[0].image.name == "other.txt")
    }
  }

  @Test func nothingKeptIsStillProved() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 100_000), to: "image.bin")
      try fixture.writeManifest("profile: sealed", "store: []")
      #expect(try await fixture.pilab("run").status == 0)
      let exchange = try fixture.report().exchanges[0]
      #expect(exchange.verdict == .identical)
      #expect(Array(exchange.files.keys) == ["original"])
      #expect(exchange.receiverResult?.sha256["plaintext"] == exchange.sha256["original"])
    }
  }

  @Test func textbookGroupIsWarnedOf() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest(
        "group: { prime: 23, generator: 5 }", "privateExponents: { alice: 4, bob: 3 }")
      let run = try await fixture.pilab("run")
      #expect(run.status == 0)
      let exchange = try fixture.report().exchanges[0]
      // 5^4 mod 23 and 5^3 mod 23.
      #expect(exchange.senderResult?.publicValue == "04")
      #expect(exchange.receiverResult?.publicValue == "0a")
      #expect(exchange.warnings.contains { $0.contains("5 bits") })
      #expect(exchange.warnings.contains { $0.contains("'alice' used a fixed private exponent") })
    }
  }

  @Test func keyIsMadeOnceForALab() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest("profile: sealed")
      #expect(try await fixture.pilab("run").status == 0)
      let key = try fixture.read(".pilab/lab/psk")
      #expect(try await fixture.pilab("run").status == 0)
      #expect(try fixture.read(".pilab/lab/psk") == key)
      let report = try fixture.read(".pilab/lab/runs/latest/report.json")
      let hex = key.map { String(format: "%02x", $0) }.joined()
      #expect(!String(decoding: report, as: UTF8.self).contains(hex))
    }
  }
}
