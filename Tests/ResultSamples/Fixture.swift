import Foundation
import TestSupport

/// A picture, and what other programs make of it.
public enum Fixture {
  /// The repository's 400 x 328 picture with large white areas.
  public static let horse = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lab/images/horse.ppm").standardized.path

  public static func openssl(
    _ cipher: String, from input: String, to output: String, decrypt: Bool = false,
    in folder: TemporaryFolder
  ) throws {
    var command = ["openssl", "enc", "-\(cipher)", "-K", "000102030405060708090a0b0c0d0e0f"]
    if cipher != "aes-128-ecb" { command += ["-iv", "a0a1a2a3a4a5a6a7a8a9aaab00000000"] }
    command += ["-in", input, "-out", folder.path(output)]
    _ = try run(command + (decrypt ? ["-d"] : []), in: folder)
  }

  public static func sha256(_ path: String, in folder: TemporaryFolder) throws -> String {
    let output = try run(["openssl", "dgst", "-sha256", "-r", path], in: folder)
    return String(output.prefix(64))
  }
}
