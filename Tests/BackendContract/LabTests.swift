import Backends
import Foundation
import LabTestSupport
import LabValues
import Testing

@testable import LabCore

struct LabTests {
  @Test(arguments: Backend.allCases)
  func unknownBoardIsAnError(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      #expect { _ = try fixture.lab.board("mallory") } throws: {
        ($0 as? LabError)?.code == .noSuchBoard
      }
    }
  }

  @Test(arguments: Backend.allCases)
  func createClearsWhatAKilledRunLeftBehind(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let leftover = "\(fixture.folder)/boards/alice/leftover"
      try Data([1]).write(to: URL(fileURLWithPath: leftover))
      let next = try await fixture.backend.create(fixture.plan)
      #expect(!FileManager.default.fileExists(atPath: leftover))
      #expect(LabProcesses.all(of: fixture.lab.record.id).isEmpty)
      try await fixture.backend.destroy(next.record)
    }
  }

  @Test(arguments: Backend.allCases) func destroyRemovesEverythingAndMayBeRepeated(
    _ backend: Backend
  ) async throws {
    try await LabFixture.with(backend) { fixture in
      try await fixture.backend.destroy(fixture.lab.record)
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder).isEmpty)
    }
  }

  @Test(arguments: Backend.allCases) func filesGoThereAndBackWithTheirModes(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
      let local = "\(fixture.folder)/local"
      try bytes.write(to: URL(fileURLWithPath: local))
      let path = try #require(BoardPath("deep/down/file"))
      try await fixture.board.put(local, to: path, access: .data)
      try await fixture.board.put(local, to: path, access: .data)
      let onBoard = "\(fixture.folder)/boards/alice/deep/down/file"
      let attributes = try FileManager.default.attributesOfItem(atPath: onBoard)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      let back = "\(fixture.folder)/back"
      try await fixture.board.get(path, to: back)
      #expect(try Data(contentsOf: URL(fileURLWithPath: back)) == bytes)
      // The board's file is a copy: what happens to it does not reach the original.
      try Data([0]).write(to: URL(fileURLWithPath: onBoard))
      #expect(try Data(contentsOf: URL(fileURLWithPath: local)) == bytes)
    }
  }

  @Test(arguments: Backend.allCases) func getDoesNotOverwrite(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let script = try await fixture.script("true")
      let taken = "\(fixture.folder)/taken"
      try Data([9]).write(to: URL(fileURLWithPath: taken))
      await #expect { try await fixture.board.get(script, to: taken) } throws: {
        ($0 as? LabError)?.code == .fileNotCopied
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: taken)) == Data([9]))
    }
  }

  @Test(arguments: ["/nonexistent", "/", "/dev/null"], Backend.allCases)
  func onlyRegularFilesArePut(_ file: String, _ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let path = try #require(BoardPath("file"))
      await #expect {
        try await fixture.board.put(file, to: path, access: .data)
      } throws: {
        ($0 as? LabError)?.code == .fileNotCopied
      }
      #expect(!FileManager.default.fileExists(atPath: "\(fixture.folder)/boards/alice/file"))
    }
  }

  @Test(arguments: ["", "/etc/passwd", "..", "a/../b", "a//b", "./a", "a/", "a\0b"])
  func pathsThatCouldLeaveTheBoardAreRefused(_ path: String) {
    #expect(BoardPath(path) == nil)
  }

  @Test(arguments: ["a", "a/b", "..a/b..", ".hidden"])
  func ordinaryPathsAreTaken(_ path: String) {
    #expect(BoardPath(path)?.description == path)
  }
}

struct BackendCatalogTests {
  private func catalog(_ modes: [String]) -> BackendCatalog {
    BackendCatalog(Backends.all.filter { modes.contains($0.mode.rawValue) })
  }

  @Test func autoTakesWhatWorks() async throws {
    let all = Backends.catalog
    #expect(try await all.backend(for: .auto).mode.rawValue == "namespace")
    #expect(try await catalog(["loopback"]).backend(for: .auto).mode.rawValue == "loopback")
    let loopback = LabMode(rawValue: "loopback")
    #expect(try await all.backend(for: loopback).mode == loopback)
  }

  @Test(arguments: ["libvirt", "virtualbox"].map(LabMode.init(rawValue:)))
  func modesWithoutABackendAreNamedPlainly(_ mode: LabMode) async throws {
    let catalog = catalog(["namespace", "loopback"])
    await #expect { _ = try await catalog.backend(for: mode) } throws: { error in
      (error as? LabError)?.message
        == "mode '\(mode.rawValue)' is not available in this version; available: namespace, loopback"
    }
    #expect(!catalog.modes.contains(mode) && catalog.grammar.mode(named: mode.rawValue) == nil)
    #expect(Backends.catalog.modes.contains(mode))
  }
}
