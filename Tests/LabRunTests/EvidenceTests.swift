import Foundation
import LabCore
import TestSupport
import Testing

@testable import LabRun

struct EvidenceTests {
  private func file(_ folder: String, _ name: String, _ bytes: Data) throws -> String {
    let path = "\(folder)/\(name)"
    try bytes.write(to: URL(fileURLWithPath: path))
    return path
  }

  /// FIPS 180-4's examples, and the million times "a" that goes over a block's end.
  @Test(arguments: [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func sha256OfFiles(_ text: String, _ times: Int, _ digest: String) async throws {
    try withTemporaryFolder { folder in
      let path = try file(folder, "file", Data(String(repeating: text, count: times).utf8))
      #expect(try Evidence.sha256(of: path) == digest)
    }
  }

  @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func oneByteMakesTheDifference(_ count: Int) async throws {
    try withTemporaryFolder { folder in
      let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      let original = try file(folder, "a", bytes)
      #expect(try Evidence.areIdentical(original, try file(folder, "b", bytes)))
      #expect(try !Evidence.areIdentical(original, try file(folder, "c", bytes + [0])))
      guard count > 0 else { return }
      var changed = bytes
      changed[count - 1] ^= 1
      #expect(try !Evidence.areIdentical(original, try file(folder, "d", changed)))
    }
  }

  /// Nobody writes into it: opening it to read would wait for ever.
  @Test(.timeLimit(.minutes(1))) func whatIsNoFileIsAnError() async throws {
    try withTemporaryFolder { folder in
      let place = "\(folder)/fifo"
      #expect(mkfifo(place, 0o600) == 0)
      for path in [place, folder] {
        #expect { _ = try Evidence.sha256(of: path) } throws: {
          ($0 as? LabError)?.cause == "it is not a regular file"
        }
      }
    }
  }

  @Test func missingFileIsAnError() {
    #expect(throws: LabError.self) { _ = try Evidence.sha256(of: "/nonexistent") }
  }
}
