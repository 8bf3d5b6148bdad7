import Foundation
import LabManifest
import Testing

@testable import LabBackends

struct LabTests {
  @Test func loopbackAddressKeepsTheLower24Bits() async throws {
    try await LabFixture.with(.loopback) { #expect($0.board.address == "127.77.0.1") }
  }

  @Test func loopbackRefusesBoardsThatWouldShareAnAddress() {
    let boards = [0x0A00_0001, 0x0B00_0001].enumerated().map { index, value in
      LabPlan.BoardPlan(name: "board\(index)", address: IPv4Address(value: UInt32(value)))
    }
    let plan = LabPlan(
      lab: "test", subnet: IPv4Subnet(containing: IPv4Address(value: 0), prefixLength: 0),
      boards: boards, folder: NSTemporaryDirectory())
    #expect { _ = try LoopbackBackend().record(for: plan) } throws: { error in
      guard let error = error as? BackendError else { return false }
      return error.code == .boardNotCreated && error.message.contains("127.0.0.1")
    }
  }

  @Test(arguments: Backend.allCases)
  func unknownBoardIsAnError(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      #expect { _ = try fixture.lab.board("mallory") } throws: {
        ($0 as? BackendError)?.code == .noSuchBoard
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
      try await next.destroy()
    }
  }

  @Test(arguments: Backend.allCases) func destroyRemovesEverythingAndMayBeRepeated(
    _ backend: Backend
  ) async throws {
    try await LabFixture.with(backend) { fixture in
      try await fixture.lab.destroy()
      try await fixture.lab.destroy()
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
        ($0 as? BackendError)?.code == .fileNotCopied
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
        ($0 as? BackendError)?.code == .fileNotCopied
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
  @Test func autoTakesWhatWorks() async throws {
    #expect(try await BackendCatalog().backend(for: .auto).mode == .namespace)
    #expect(try await BackendCatalog([LoopbackBackend()]).backend(for: .auto).mode == .loopback)
    #expect(try await BackendCatalog().backend(for: .loopback).mode == .loopback)
  }

  @Test(arguments: [LabMode.libvirt, .virtualbox])
  func modesWithoutABackendAreNamedPlainly(_ mode: LabMode) async throws {
    let catalog = BackendCatalog([NamespaceBackend(), LoopbackBackend()])
    await #expect { _ = try await catalog.backend(for: mode) } throws: { error in
      (error as? BackendError)?.message
        == "mode '\(mode.rawValue)' is not available in this version; available: namespace, loopback"
    }
    #expect(catalog.missingModes.contains(mode))
    #expect(BackendCatalog().missingModes.isEmpty)
  }
}
