import Foundation
import LabManifest
import Testing

@testable import LabBackends

struct LoopbackLabTests {
  @Test func addressKeepsTheLower24Bits() async throws {
    try await LoopbackFixture.with { #expect($0.board.address == "127.77.0.1") }
  }

  @Test func boardsThatWouldShareAnAddressAreRefused() async throws {
    let boards = [0x0A00_0001, 0x0B00_0001].enumerated().map { index, value in
      LabPlan.BoardPlan(name: "board\(index)", address: IPv4Address(value: UInt32(value)))
    }
    let plan = LabPlan(
      lab: "test", subnet: LabNetwork.defaultSubnet, boards: boards, folder: NSTemporaryDirectory())
    await #expect { _ = try await LoopbackBackend().create(plan) } throws: { error in
      guard let error = error as? BackendError else { return false }
      return error.code == .boardNotCreated && error.message.contains("127.0.0.1")
    }
  }

  @Test func unknownBoardIsAnError() async throws {
    try await LoopbackFixture.with { fixture in
      #expect { _ = try fixture.lab.board("mallory") } throws: {
        ($0 as? BackendError)?.code == .noSuchBoard
      }
    }
  }

  @Test func createClearsWhatAKilledRunLeftBehind() async throws {
    try await LoopbackFixture.with { fixture in
      let leftover = "\(fixture.folder)/boards/alice/leftover"
      try Data([1]).write(to: URL(fileURLWithPath: leftover))
      let plan = LabPlan(
        lab: "test", subnet: LabNetwork.defaultSubnet,
        boards: [.init(name: "alice", address: IPv4Address(value: 0x0A4D_0001))],
        folder: fixture.folder)
      _ = try await LoopbackBackend().create(plan)
      #expect(!FileManager.default.fileExists(atPath: leftover))
    }
  }

  @Test func destroyRemovesEverythingAndMayBeRepeated() async throws {
    try await LoopbackFixture.with { fixture in
      try await fixture.lab.destroy()
      try await fixture.lab.destroy()
      #expect(!FileManager.default.fileExists(atPath: "\(fixture.folder)/boards"))
    }
  }

  @Test func filesGoThereAndBackWithTheirModes() async throws {
    try await LoopbackFixture.with { fixture in
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

  @Test func getDoesNotOverwrite() async throws {
    try await LoopbackFixture.with { fixture in
      let script = try await fixture.script("true")
      let taken = "\(fixture.folder)/taken"
      try Data([9]).write(to: URL(fileURLWithPath: taken))
      await #expect { try await fixture.board.get(script, to: taken) } throws: {
        ($0 as? BackendError)?.code == .fileNotCopied
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: taken)) == Data([9]))
    }
  }

  @Test(arguments: ["/nonexistent", "/", "/dev/null"])
  func onlyRegularFilesArePut(_ file: String) async throws {
    try await LoopbackFixture.with { fixture in
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
    #expect(try await BackendCatalog().backend(for: .auto).mode == .loopback)
    #expect(try await BackendCatalog().backend(for: .loopback).mode == .loopback)
  }

  @Test(arguments: [LabMode.namespace, .libvirt, .virtualbox])
  func modesOfLaterVersionsAreNamedPlainly(_ mode: LabMode) async throws {
    await #expect { _ = try await BackendCatalog().backend(for: mode) } throws: { error in
      (error as? BackendError)?.message
        == "mode '\(mode.rawValue)' is not available in this version; available: loopback"
    }
    #expect(BackendCatalog().missingModes.contains(mode))
  }
}
