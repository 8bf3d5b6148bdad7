import LabCore

/// One measurement: times of one exchange, which left no file behind.
public struct SweepSample: Codable, Sendable, Equatable {
  /// Place in the order of all measurements of its mode, from 0.
  public var position: Int
  public var verdict: Outcome
  /// Busy and elapsed times by `SweepQuantity`; empty where it failed.
  public var nanoseconds: [String: UInt64]
  public var failure: LabError?
  /// Nanoseconds that this machine took for a fixed piece of work just before; nil where that was not asked.
  public var pace: UInt64?

  public init(
    position: Int, verdict: Outcome, nanoseconds: [String: UInt64], failure: LabError? = nil
  ) {
    self.position = position
    self.verdict = verdict
    self.nanoseconds = nanoseconds
    self.failure = failure
  }
}

/// What is timed in a sweep.
public enum SweepQuantity: String, CaseIterable, Sendable {
  /// At the receiver, from the connection to the verified image.
  case exchange
  /// At the receiver, from the connection to the confirmed key.
  case keyAgreement
  /// At the receiver, from the image's first to its last byte.
  case transfer
  /// Busy time of the sender.
  case encrypt
  /// Busy time of the receiver.
  case decrypt

  public var label: String {
    switch self {
    case .exchange: "whole exchange"
    case .keyAgreement: "key agreement"
    case .transfer: "image on the wire"
    case .encrypt: "encrypt"
    case .decrypt: "decrypt"
    }
  }
}

extension SweepSample {
  /// The times of the quantities that the boards' results tell.
  public static func times(
    sender: BoardResult, receiver: BoardResult
  ) -> [String: UInt64] {
    func span(_ from: String, _ to: String) -> UInt64? {
      Phase(from: from, to: to, name: "").range(in: receiver)
        .map { $0.upperBound - $0.lowerBound }
    }
    let times: [SweepQuantity: UInt64?] = [
      .exchange: span("connected", "end"), .keyAgreement: span("connected", "confirmed"),
      .transfer: span("firstByte", "lastByte"), .encrypt: sender.nanoseconds["encrypt"],
      .decrypt: receiver.nanoseconds["decrypt"],
    ]
    return times.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
  }
}
