import LabCore
import LabResults
import Testing

struct JudgementTests {
  private func report() -> ExchangeResult {
    ExchangeResult(
      name: "first", sender: "alice", receiver: "bob", profile: "classic", group: "ffdhe2048",
      groupBits: 2048, cipher: "aes-128-ecb", authentication: "none",
      image: ImageReport(name: "horse.ppm", bytes: 3), failure: nil,
      sha256: ["original": "aa", "senderEncrypted": "cc", "receiverEncrypted": "cc"], files: [:],
      senderResult: result("sender"), receiverResult: result("receiver"), warnings: [])
  }

  private func result(_ role: String) -> BoardResult {
    let (board, peer) = role == "sender" ? ("alice", "bob") : ("bob", "alice")
    return BoardResult(
      program: "pi-\(role)", version: "0.1.0", role: role, board: board, peer: peer,
      profile: "classic", group: "ffdhe2048", groupBits: 2048, cipher: "aes-128-ecb",
      authentication: "none", plaintextBytes: 3, ciphertextBytes: 16,
      sha256: ["plaintext": "aa"], keyConfirmed: true, transcript: "tt",
      publicValue: role == "sender" ? "01" : "02", peerPublicValue: role == "sender" ? "02" : "01",
      insecure: [], nanoseconds: ["total": 1], marks: ["start": 1], peakResidentBytes: 1)
  }

  private func verdict(_ report: ExchangeResult, decryptedIsOriginal: Bool?) -> Outcome {
    var report = report
    report.judge(decryptedIsOriginal: decryptedIsOriginal)
    return report.verdict
  }

  @Test func identicalNeedsTheComparison() {
    #expect(verdict(report(), decryptedIsOriginal: true) == .identical)
    #expect(verdict(report(), decryptedIsOriginal: false) == .different)
  }

  @Test func withoutAKeptImageTheReceiversHashDecides() {
    var report = report()
    #expect(verdict(report, decryptedIsOriginal: nil) == .identical)
    report.receiverResult?.sha256["plaintext"] = "bb"
    #expect(verdict(report, decryptedIsOriginal: nil) == .different)
    report.receiverResult?.sha256 = [:]
    #expect(verdict(report, decryptedIsOriginal: nil) == .different)
    report.sha256 = [:]
    #expect(verdict(report, decryptedIsOriginal: nil) == .different)
  }

  @Test func unconfirmedKeyOtherTranscriptOrOtherCiphertextIsDifferent() {
    var unconfirmed = report()
    unconfirmed.senderResult?.keyConfirmed = false
    #expect(verdict(unconfirmed, decryptedIsOriginal: true) == .different)
    var other = report()
    other.receiverResult?.transcript = "uu"
    #expect(verdict(other, decryptedIsOriginal: true) == .different)
    var changed = report()
    changed.sha256["receiverEncrypted"] = "dd"
    #expect(verdict(changed, decryptedIsOriginal: true) == .different)
  }

  @Test func failureOrMissingResultIsFailed() {
    var failed = report()
    failed.failure = LabError(
      .init("mismatch"), "mismatch", board: "bob", step: "run")
    #expect(verdict(failed, decryptedIsOriginal: true) == .failed)
    var silent = report()
    silent.receiverResult = nil
    #expect(verdict(silent, decryptedIsOriginal: true) == .failed)
  }
}
