import LabCore

/// What an exchange proved, by what its two programs told and the files that they left.
struct ExchangeJudgement {
  let failure: LabError?
  let sender: BoardResult?
  let receiver: BoardResult?
  /// As `ExchangeResult.sha256`.
  let sha256: [String: String]
  /// Of the comparison byte for byte; nil where the decrypted image was not kept, so that hashes have to do.
  let decryptedIsOriginal: Bool?

  /// In the order in which a reader wants them, each before its parts.
  var checks: [Check] {
    [image, imageHash, key, transcripts].compactMap(\.self) + publicValues
      + [ciphertext].compactMap(\.self)
  }

  /// What follows from the checks.
  var outcome: Outcome {
    guard failure == nil, sender != nil, receiver != nil else { return .failed }
    return checks.worst == .refuted ? .different : .identical
  }

  private static let tooEarly = "the exchange did not come that far"

  private var image: Check {
    let claim = "the image arrives identical"
    guard failure == nil, sender != nil, receiver != nil else {
      return Check(
        id: .imageIdentical, claim: claim, verdict: .refuted,
        finding: failure?.told ?? "The exchange ended with an error.")
    }
    return decryptedIsOriginal ?? hashSaysOriginal
      ? Check(
        id: .imageIdentical, claim: claim, verdict: .proved,
        finding: "The decrypted image equals the original, byte for byte.")
      : Check(
        id: .imageIdentical, claim: claim, verdict: .refuted,
        finding: "The decrypted image differs from the original.")
  }

  /// By the hash of the file that was kept, else by the receiver's own of what it decrypted.
  private var hashSaysOriginal: Bool {
    guard let original = sha256["original"] else { return false }
    return (sha256["receiverDecrypted"] ?? receiver?.sha256["plaintext"]) == original
  }

  /// Nil where there are not both files.
  private var imageHash: Check? {
    guard let original = sha256["original"], let decrypted = sha256["receiverDecrypted"] else {
      return nil
    }
    return equality(
      .imageHash, "the decrypted file has the original's hash", decrypted == original,
      equal: "equal to the original", different: "differs from the original")
  }

  private var key: Check {
    let results = [sender, receiver].compactMap(\.self)
    let confirming = results.filter(\.keyConfirmed)
    let finding = results.count < 2 ? Self.tooEarly : Self.confirmation(by: results)
    let verdict: Verdict =
      results.count < 2 ? .notProvable : confirming.count == 2 ? .proved : .refuted
    return Check(
      id: .keyConfirmed, claim: "both boards confirm the key", verdict: verdict, finding: finding,
      counts: ["confirming": UInt64(confirming.count)])
  }

  static func confirmation(by results: [BoardResult]) -> String {
    let confirming = results.filter(\.keyConfirmed)
    return switch confirming.count {
    case 2: "confirmed by both boards"
    case 1: "confirmed by \(confirming[0].board) only"
    default: "not confirmed"
    }
  }

  private var transcripts: Check {
    let claim = "both boards saw the same key exchange"
    guard let sender, let receiver else {
      return Check(
        id: .transcriptsEqual, claim: claim, verdict: .notProvable, finding: Self.tooEarly)
    }
    return equality(
      .transcriptsEqual, claim,
      !sender.transcript.isEmpty && sender.transcript == receiver.transcript,
      equal: "the transcripts are equal", different: "the transcripts differ")
  }

  private var publicValues: [Check] {
    guard let sender, let receiver else { return [] }
    return [
      (Check.ID.publicValueX, "x", sender, receiver), (.publicValueY, "y", receiver, sender),
    ].map { id, name, from, to in
      equality(
        id, "\(to.board) receives the \(name) that \(from.board) sent",
        from.publicValue == to.peerPublicValue,
        equal: "equal to what \(to.board) received",
        different: "differs from what \(to.board) received")
    }
  }

  /// Nil where there are not both files.
  private var ciphertext: Check? {
    guard let sent = sha256["senderEncrypted"], let received = sha256["receiverEncrypted"] else {
      return nil
    }
    return equality(
      .ciphertextArrived, "the ciphertext arrives as it was sent", sent == received,
      equal: "both files have SHA-256 \(sent)",
      different: "the sender's has \(sent), the receiver's \(received)")
  }

  private func equality(
    _ id: Check.ID, _ claim: String, _ isEqual: Bool, equal: String, different: String
  ) -> Check {
    Check(
      id: id, claim: claim, verdict: isEqual ? .proved : .refuted,
      finding: isEqual ? equal : different)
  }
}

extension ExchangeResult {
  /// Judges the exchange by what it holds: makes its checks, and the verdict that follows from them.
  /// - Parameter decryptedIsOriginal: result of the comparison byte for byte; nil where the decrypted
  ///   image was not kept, so that hashes of it have to do.
  public mutating func judge(decryptedIsOriginal: Bool? = nil) {
    let judgement = judgement(decryptedIsOriginal)
    checks = judgement.checks
    verdict = judgement.outcome
  }

  /// - Parameter verdict: of an earlier version, which kept no checks.
  mutating func recoverChecks(from verdict: Outcome) {
    checks = judgement(verdict == .identical ? true : nil).checks
  }

  private func judgement(_ decryptedIsOriginal: Bool?) -> ExchangeJudgement {
    ExchangeJudgement(
      failure: failure, sender: senderResult, receiver: receiverResult, sha256: sha256,
      decryptedIsOriginal: decryptedIsOriginal)
  }

  /// Which boards confirmed the key, in words; of an exchange that did not come that far, too.
  public var keyConfirmation: String { ExchangeJudgement.confirmation(by: results) }

  /// The exchange's own checks, then those of its capture.
  var allChecks: [Check] { checks + (capture?.evidence.claims ?? []) }

  /// One of its own checks; nil where there was nothing to judge.
  public func check(_ id: Check.ID) -> Check? { checks.first { $0.id == id } }
}

extension SweepSample {
  /// A measurement, judged by the receiver's own hash of what it decrypted.
  public init(
    position: Int, failure: LabError?, sender: BoardResult?, receiver: BoardResult?,
    imageSHA256: String
  ) {
    let outcome = ExchangeJudgement(
      failure: failure, sender: sender, receiver: receiver, sha256: ["original": imageSHA256],
      decryptedIsOriginal: nil
    ).outcome
    var times: [String: UInt64] = [:]
    if outcome == .identical, let sender, let receiver {
      times = Self.times(sender: sender, receiver: receiver)
    }
    self.init(position: position, verdict: outcome, nanoseconds: times, failure: failure)
  }
}
