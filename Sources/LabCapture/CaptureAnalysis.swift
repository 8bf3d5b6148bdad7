import Foundation
import LabResults
import PiCrypto

/// Proves from a capture of the lab's traffic what crossed the wire in one exchange.
///
/// Reads the capture once, packet by packet; memory does not grow with it. docs/capture.md says
/// what each claim rests on.
public struct CaptureAnalysis: Sendable {
  let capture: String
  let exchange: ExchangeResult
  let folder: String

  /// - Parameters:
  ///   - capture: a pcap or pcapng file that holds the exchange from its SYN to its end.
  ///   - exchange: what the programs reported; its claims are tried on the capture.
  ///   - folder: the run's folder, which the exchange's file paths are relative to.
  public init(capture: String, exchange: ExchangeResult, folder: String) {
    self.capture = capture
    self.exchange = exchange
    self.folder = folder
  }

  /// What the capture shows. What cannot be told from it is `notProvable`, with the reason; files
  /// of the run that are missing are such reasons and no errors.
  /// - Throws: `CaptureError` where there is no capture to read.
  public func evidence() throws(CaptureError) -> CaptureResult {
    try evidence(limits: CaptureReading.Limits())
  }

  func evidence(limits: CaptureReading.Limits) throws(CaptureError) -> CaptureResult {
    let files = RunFiles(
      original: path("original"), encrypted: path("senderEncrypted") ?? path("receiverEncrypted"))
    let recognition = ExchangeRecognition(exchange)
    let (index, indexFailure) = plaintextIndex(files.original)
    var reading = CaptureReading(
      files: files, findings: index.map(PlaintextFindings.init), limits: limits,
      isWanted: recognition.isSender)
    try reading.read(capture)
    let found = ExchangeStreams.find(in: reading.conversations, by: recognition)
    let summaries = reading.conversations.prefix(CaptureResult.conversationLimit).map(\.summary)
    var place: Int?
    if case .one(let streams) = found, streams.index < summaries.count { place = streams.index }
    return CaptureResult(
      file: URL(filePath: capture).lastPathComponent, linkType: reading.linkType,
      traffic: reading.traffic, conversations: summaries, exchangeConversation: place,
      evidence: CaptureEvidence(
        plaintextAbsent: PlaintextClaim(
          reading: reading, indexFailure: indexFailure, found: found
        ).judged(),
        ciphertextIdentical: CiphertextClaim(found: found).judged(),
        protocolAgrees: ProtocolClaim(found: found, exchange: exchange).judged(),
        blockPattern: BlockClaim(found: found, cipher: exchange.cipher).judged()))
  }

  private func plaintextIndex(_ path: String?) -> (PlaintextIndex?, failure: String?) {
    guard let path else { return (nil, "the original image is not among the run's files") }
    do {
      return (try PlaintextIndex(path: path), nil)
    } catch {
      return (nil, error.sentence)
    }
  }

  private func path(_ key: String) -> String? {
    exchange.files[key].map { URL(filePath: folder).appending(path: $0).path }
  }
}

/// A claim in the making: its name and sentence, and what one can say to it.
protocol Claim {
  static var id: Check.ID { get }
  static var sentence: String { get }
}

extension Claim {
  func claim(
    _ verdict: Verdict, _ finding: String, _ counts: [String: UInt64] = [:]
  ) -> Check {
    Check(
      id: Self.id, claim: Self.sentence, verdict: verdict, finding: finding, counts: counts)
  }

  func notProvable(_ reason: String, _ counts: [String: UInt64] = [:]) -> Check {
    claim(.notProvable, "Not provable: \(reason).", counts)
  }
}

extension ExchangeStreams.Found {
  /// The exchange's conversation, or why there is none.
  var streams: Result<ExchangeStreams, NotFound> {
    switch self {
    case .one(let streams): .success(streams)
    case .none(0): .failure(NotFound(reason: "the exchange is not in the capture"))
    case .none:
      .failure(
        NotFound(reason: "no conversation in the capture has the sender's public value"))
    case .several(let count):
      .failure(NotFound(reason: "\(count) conversations in the capture fit the exchange"))
    }
  }

  struct NotFound: Error { var reason: String }
}
