import Foundation
import LabCore
import LabManifest
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import LabRun

struct RunRequestTests {
  /// A folder with an image and stand-ins for the programs' files, which these tests never run.
  private func with(
    _ body: (LabManifest, BoardPrograms, String) throws -> Void
  ) async throws {
    try withTemporaryFolder { folder in
      let image = "\(folder)/image"
      try Data(count: 1000).write(to: URL(fileURLWithPath: image))
      for name in ["pi-sender", "pi-receiver"] {
        let created = FileManager.default.createFile(
          atPath: "\(folder)/\(name)", contents: Data(), attributes: [.posixPermissions: 0o755])
        #expect(created)
      }
      var second = Exchange.sample(image: image)
      second.name = "second"
      second.store = []
      let boards = [1, 2].map {
        Board(
          name: ["alice", "bob"][$0 - 1], address: IPv4Address(value: 0x0A4D_0000 + UInt32($0)))
      }
      let manifest = LabManifest(
        name: "test", mode: .auto, network: LabNetwork(), boards: boards,
        exchanges: [.sample(image: image), second])
      try body(manifest, try BoardPrograms(folder: folder, environment: [:]), folder)
    }
  }

  @Test func allExchangesUnlessSomeAreNamed() async throws {
    try await with { manifest, programs, folder in
      let all = try RunRequest(manifest: manifest, root: folder, programs: programs)
      #expect(all.exchanges.map(\.name) == ["first", "second"])
      #expect(all.bytesNeeded == 1000 + 3 * 1000)
      let one = try RunRequest(
        manifest: manifest, exchanges: ["second"], root: folder, programs: programs)
      #expect(one.exchanges.map(\.name) == ["second"])
      #expect {
        _ = try RunRequest(
          manifest: manifest, exchanges: ["third"], root: folder, programs: programs)
      } throws: { error in
        (error as? LabError)?.code.status == .usage
          && (error as? LabError)?.hint?.contains("first, second") == true
      }
    }
  }

  @Test func modeAndImageOfTheCommandLinePrevail() async throws {
    try await with { manifest, programs, folder in
      let other = "\(folder)/other"
      try Data(count: 5).write(to: URL(fileURLWithPath: other))
      let request = try RunRequest(
        manifest: manifest, mode: .fake, image: other, root: folder, programs: programs)
      #expect(request.mode == .fake)
      #expect(request.exchanges.allSatisfy { $0.image == other })
    }
  }

  @Test(arguments: ["/nonexistent.ppm", "/"])
  func imageThatCannotBeSent(_ image: String) async throws {
    try await with { manifest, programs, folder in
      #expect {
        _ = try RunRequest(manifest: manifest, image: image, root: folder, programs: programs)
      } throws: { error in
        (error as? LabError)?.code.status == .inputMissing && "\(error)".contains(image)
      }
    }
  }

  @Test func programsAreLookedForWhereTheUserSays() async throws {
    try await with { _, programs, folder in
      let variable = [BoardPrograms.variable: folder]
      #expect(try BoardPrograms(folder: nil, environment: variable) == programs)
      #expect { _ = try BoardPrograms(folder: "/nonexistent", environment: variable) } throws: {
        ($0 as? LabError)?.code.name == "board_programs_missing"
      }
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o644], ofItemAtPath: "\(folder)/pi-receiver")
      #expect { _ = try BoardPrograms(folder: folder, environment: [:]) } throws: {
        "\($0)".contains("pi-receiver is not executable")
      }
    }
  }
}

struct ExitStatusTests {
  /// The numbers are an interface; this list is its only other copy.
  @Test func numbersStayAsTheyAre() {
    #expect(
      ExitStatus.allCases.map(\.rawValue) == [
        0, 1, 2, 3, 64, 65, 66, 69, 70, 73, 75, 127, 129, 130, 143, 152,
      ])
    #expect(ExitStatus.table.split(separator: "\n").count == ExitStatus.allCases.count)
  }
}
