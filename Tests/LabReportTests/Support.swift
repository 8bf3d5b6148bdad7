import Foundation
import LabReport
import TestSupport

enum Fixture {
  /// The repository's 400 x 328 picture with large white areas.
  static let horse = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lab/images/horse.ppm").standardized.path

  static let checker = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_html.py").path

  static let forms = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_forms.py").path

  static func openssl(
    _ cipher: String, from input: String, to output: String, decrypt: Bool = false,
    in folder: TemporaryFolder
  ) throws {
    var command = ["openssl", "enc", "-\(cipher)", "-K", "000102030405060708090a0b0c0d0e0f"]
    if cipher != "aes-128-ecb" { command += ["-iv", "a0a1a2a3a4a5a6a7a8a9aaab00000000"] }
    command += ["-in", input, "-out", folder.path(output)]
    _ = try run(command + (decrypt ? ["-d"] : []), in: folder)
  }

  static func sha256(_ path: String, in folder: TemporaryFolder) throws -> String {
    let output = try run(["openssl", "dgst", "-sha256", "-r", path], in: folder)
    return String(output.prefix(64))
  }
}
