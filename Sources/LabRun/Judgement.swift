import LabResults

/// What an exchange proved.
enum Judgement {
  /// - Parameter decryptedIsOriginal: result of the comparison byte for byte; nil where the decrypted
  ///   image was not kept, so that the receiver's own hash of it has to do.
  static func verdict(of report: ExchangeResult, decryptedIsOriginal: Bool?) -> Outcome {
    guard report.failure == nil, let sender = report.senderResult,
      let receiver = report.receiverResult
    else { return .failed }
    let isSame = decryptedIsOriginal ?? receiverSaw(report.sha256["original"], receiver)
    let isOneExchange =
      sender.keyConfirmed && receiver.keyConfirmed && sender.transcript == receiver.transcript
    return isSame && isOneExchange && ciphertextsAgree(report) ? .identical : .different
  }

  /// One measurement of a sweep, judged by the receiver's own hash of what it decrypted.
  static func sample(of ends: [ProgramEnd], imageSHA256: String, position: Int) -> SweepSample {
    if let cause = FailureCause.select(ends), let failure = cause.failure {
      return SweepSample(
        position: position, verdict: .failed, nanoseconds: [:],
        failure: FailureReport(
          board: cause.board, step: failure.step, code: failure.code, message: failure.message,
          hint: failure.hint))
    }
    guard let sender = ends.first(where: { $0.role == .sender })?.result,
      let receiver = ends.first(where: { $0.role == .receiver })?.result
    else { return SweepSample(position: position, verdict: .failed, nanoseconds: [:]) }
    let isSame =
      receiverSaw(imageSHA256, receiver) && sender.keyConfirmed && receiver.keyConfirmed
      && sender.transcript == receiver.transcript
    return SweepSample(
      position: position, verdict: isSame ? .identical : .different,
      nanoseconds: isSame ? SweepSample.times(sender: sender, receiver: receiver) : [:])
  }

  private static func receiverSaw(_ original: String?, _ receiver: BoardResult) -> Bool {
    original != nil && receiver.sha256["plaintext"] == original
  }

  private static func ciphertextsAgree(_ report: ExchangeResult) -> Bool {
    guard let sent = report.sha256["senderEncrypted"],
      let received = report.sha256["receiverEncrypted"]
    else { return true }
    return sent == received
  }
}
