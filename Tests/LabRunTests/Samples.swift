import Foundation
import LabCore
import LabManifest
import LabResults
import PiExchange
import Testing

@testable import LabRun

func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

extension Exchange {
  /// An exchange between alice and bob that is complete but for what a test changes.
  static func sample(
    profile: Profile = .classic, authentication: Authentication = .none,
    image: String = "/images/horse.ppm"
  ) -> Exchange {
    var exchange = Exchange(
      name: "first", sender: "alice", receiver: "bob", image: image, profile: profile)
    exchange.authentication = authentication
    return exchange
  }
}

extension BoardResult {
  static func sample(_ role: Role, board: String, insecure: [String] = []) -> BoardResult {
    BoardResult(
      program: "pi-\(role.name)", version: "0.1.0", role: role.name, board: board, peer: "other",
      profile: "classic", group: "ffdhe2048", groupBits: 2048, cipher: "aes-128-ecb",
      authentication: "none", plaintextBytes: 3, ciphertextBytes: 16,
      sha256: ["plaintext": "aa"], keyConfirmed: true, transcript: "tt",
      publicValue: role == .sender ? "01" : "02", peerPublicValue: role == .sender ? "02" : "01",
      insecure: insecure, nanoseconds: ["total": 1], marks: ["start": 1],
      peakResidentBytes: 1)
  }
}

extension ProgramEnd {
  static func failed(_ role: Role, _ code: String) -> ProgramEnd {
    ProgramEnd(
      role: role, board: role == .sender ? "alice" : "bob",
      outcome: .failed(LabError(.init(code), code, step: "run")))
  }

  static func done(_ role: Role) -> ProgramEnd {
    let board = role == .sender ? "alice" : "bob"
    return ProgramEnd(role: role, board: board, outcome: .done(.sample(role, board: board)))
  }
}
