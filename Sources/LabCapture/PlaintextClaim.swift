import LabResults

/// No 32 bytes of the original image crossed the wire.
struct PlaintextClaim: Claim {
  static let id = Check.ID.plaintextAbsent
  static let sentence = "The plaintext image did not cross the wire."

  let reading: CaptureReading
  let indexFailure: String?
  let found: ExchangeStreams.Found

  func judged() -> Check {
    guard let findings = reading.findings else {
      return notProvable(indexFailure ?? "the original image was not read")
    }
    let counts = counts(findings)
    // One occurrence refutes, however incomplete the capture is.
    if let first = findings.first { return claim(.refuted, refutation(findings, first), counts) }
    if let failure = findings.failure { return notProvable(failure.sentence, counts) }
    if findings.index.isEmpty {
      return notProvable(
        "the image has no aligned piece of 32 bytes that are not all the same", counts)
    }
    if let lack = lack { return notProvable(lack, counts) }
    return claim(.proved, proof(findings), counts)
  }

  private func counts(_ findings: PlaintextFindings) -> [String: UInt64] {
    [
      "windows": findings.index.windows, "constantWindows": findings.index.constantWindows,
      "windowStep": UInt64(findings.index.step), "searchedBytes": findings.searched,
      "matches": findings.matches,
    ]
  }

  private func refutation(
    _ findings: PlaintextFindings, _ first: PlaintextFindings.First
  ) -> String {
    let more = findings.matches >= PlaintextFindings.limit ? " or more" : ""
    let place =
      first.streamOffset.map { "at byte \(Human.count($0)) of what \(first.place) sent" }
      ?? "in \(first.place), outside the order of a stream"
    return "Pieces of 32 bytes of the image crossed the wire \(Human.times(findings.matches))"
      + "\(more); the first, from byte \(Human.count(first.imageOffset)) of the image, \(place)."
  }

  private func proof(_ findings: PlaintextFindings) -> String {
    let index = findings.index
    let taken =
      index.step == PlaintextIndex.windowSize
      ? "None of the image's \(Human.count(index.windows)) pieces of 32 bytes occurs"
      : "None of \(Human.count(index.windows)) pieces of 32 bytes, one in each"
        + " \(Human.count(UInt64(index.step))) bytes of the image, occurs"
    let left =
      index.constantWindows == 0
      ? ""
      : " \(Human.count(index.constantWindows)) pieces of one repeated byte were not looked for."
    return
      "\(taken) at any place in the \(Human.count(findings.searched)) bytes that were searched:"
      + " both directions of every conversation, across packets, and each other packet by itself."
      + left
  }

  /// Why something may have crossed the wire unseen; nil where the capture is complete.
  private var lack: String? {
    let traffic = reading.traffic
    switch found.streams {
    case .failure(let notFound): return notFound.reason
    case .success(let streams):
      if let lack = streams.lack { return lack }
    }
    if let reason = traffic.cutShort { return "the capture breaks off (\(reason))" }
    if traffic.truncatedPackets > 0 {
      return "\(Human.count(traffic.truncatedPackets)) packets were captured in part only"
    }
    if traffic.fragments > 0 {
      return "\(Human.count(traffic.fragments)) fragments of IP packets were not put together"
    }
    if traffic.unfollowedPackets > 0 {
      return
        "there are more conversations than the \(reading.conversations.count) that are followed"
    }
    let broken = reading.conversations.lazy.map(\.summary)
      .filter { !$0.client.isWhole || !$0.server.isWhole }.count
    return broken == 0
      ? nil : "the capture lacks bytes of \(broken) of \(reading.conversations.count) conversations"
  }
}
