import Foundation
import LabResults
import Testing

/// Pictures that do not stay as they are while a run uses them, and files that are none of the usual.
struct PictureTests {
  enum Change: String, CaseIterable {
    case grows, shrinks, renamed, removed, replaced, rewritten, touched, same
  }

  @Test(arguments: Change.allCases)
  func verdictIsAboutWhatWasSent(_ change: Change) async throws {
    try await PilabFixture.with { fixture in
      let picture = Data((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 >> 3) })
      try fixture.write(picture, to: "image.bin")
      try fixture.writeManifest()
      let script =
        switch change {
        case .grows: "echo more >> image.bin"
        case .shrinks: "truncate -s 1000 image.bin"
        case .renamed: "mv image.bin other.bin"
        case .removed: "rm image.bin"
        case .replaced: "head -c 1048576 /dev/urandom > .new && mv .new image.bin"
        case .rewritten: "head -c 1048576 /dev/urandom > image.bin"
        case .touched: "touch image.bin"
        case .same: "cp image.bin .new && mv .new image.bin"
        }
      let run = try await fixture.pilab(["run", "--output", "out"], meanwhile: script)
      #expect(run.status == 0, "\(run.errors)")
      let exchange = try fixture.report("out").exchanges[0]
      #expect(exchange.verdict == .identical)
      #expect(try fixture.read("out/only/alice/original.bin") == picture)
      #expect(try fixture.read("out/only/bob/decrypted.bin") == picture)
      let expected: ImageReport.SourceChange? =
        switch change {
        case .touched, .same: nil
        case .renamed, .removed: .removed
        default: .changed
        }
      #expect(exchange.image.sourceChange == expected)
      #expect(exchange.image.bytes == UInt64(picture.count))
      #expect(exchange.warnings.contains { $0.contains("image.bin was") } == (expected != nil))
      #expect(run.output.contains("while the run used it") == (expected != nil))
      #expect(fixture.names(in: ".pilab/lab/runs").allSatisfy { !$0.hasPrefix(".pictures") })
    }
  }

  /// A later exchange sends what the first did.
  @Test func laterExchangeSendsTheSamePicture() async throws {
    try await PilabFixture.with { fixture in
      let picture = Data(repeating: 7, count: 1 << 20)
      try fixture.write(picture, to: "image.bin")
      try fixture.writeManifest()
      let manifest = String(decoding: try fixture.read("lab.yaml"), as: UTF8.self)
      try fixture.write(
        manifest + "  later: { sender: bob, receiver: alice, image: image.bin }\n", to: "lab.yaml")
      let run = try await fixture.pilab(["run"], meanwhile: "rm image.bin")
      #expect(run.status == 0, "\(run.errors)")
      let report = try fixture.report()
      #expect(report.exchanges.map(\.verdict) == [.identical, .identical])
      #expect(report.exchanges.map(\.image.sourceChange) == [.removed, .removed])
      #expect(try fixture.read(".pilab/lab/runs/latest/later/alice/decrypted.bin") == picture)
    }
  }

  /// The holes of the picture are holes of what the run keeps of it; what is between them is right.
  @Test func holesStayHoles() async throws {
    try await PilabFixture.with { fixture in
      let script = """
        truncate -s 32M image.bin
        printf 'begin' | dd of=image.bin conv=notrunc bs=1 status=none
        printf 'middle' | dd of=image.bin conv=notrunc bs=1 seek=12345678 status=none
        """
      #expect(try await fixture.shell(script).status == 0)
      try fixture.writeManifest("store: []")
      let run = try await fixture.pilab("run", "--quiet", "--output", "out")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try fixture.read("out/only/alice/original.bin") == fixture.read("image.bin"))
      var status = stat()
      #expect(stat("\(fixture.folder)/out/only/alice/original.bin", &status) == 0)
      #expect(status.st_size == 32 << 20 && status.st_blocks * 512 < 1 << 20)
    }
  }
}
