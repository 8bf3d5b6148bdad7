import Foundation
import LabCore
import LabResults

/// An exchange of a scenario: how both sides ended, and what came to pass in between.
struct TestedExchangeView {
  struct Side {
    var side: String
    var code: String
    var at: String
    var message: String
  }

  /// What the attacker has got.
  struct Obtained {
    var figures: [FigureView]
    /// The sentence below them.
    var blocks: String
  }

  var id: String
  var title: String
  var ending: String
  var sides: [Side]
  var hasFiles: Bool
  var files: [FactView]
  var hasClaims: Bool
  var claims: [WireView.ClaimRow]
  var attacker: String
  var frames: FaultSequenceView?
  var middle: MiddleView?
  var obtained: Obtained?

  /// - Parameter folder: what paths are relative to.
  init(
    _ facts: ExchangeFacts, title: String, id: String, folder: String,
    maker: FigureMaker
  ) {
    self.id = id
    self.title = Human.printable(title)
    ending = Human.unbroken(Human.printable(Self.sentence(facts)))
    sides = [("sender", facts.sender), ("receiver", facts.receiver)].map { role, side in
      Side(
        side: Human.printable("\(side.board) (\(role))"), code: Human.printable(side.code),
        at: Human.printable(side.step ?? "–"), message: Human.printable(side.message ?? "–"))
    }
    files = facts.files.sorted { $0.key < $1.key }.map { FactView($0.key, $0.value.state.words) }
    hasFiles = !files.isEmpty
    claims = (facts.claims ?? []).map(WireView.ClaimRow.init)
    hasClaims = !claims.isEmpty
    attacker = Human.printable(facts.attacker?.board ?? "")
    (frames, middle) = Self.drawings(facts, id: id)
    obtained = facts.attacker.flatMap { Self.obtained($0, folder: folder, maker: maker) }
  }

  /// Of what the attacker saw one drawing, or none.
  static func drawings(
    _ facts: ExchangeFacts, id: String
  ) -> (frames: FaultSequenceView?, middle: MiddleView?) {
    guard let attacker = facts.attacker else { return (nil, nil) }
    if let middle = MiddleView(attacker, facts, id: "\(id)-middle") { return (nil, middle) }
    return (FaultSequenceView(attacker, facts, id: "\(id)-frames"), nil)
  }

  private static func sentence(_ facts: ExchangeFacts) -> String {
    let what =
      switch facts.verdict {
      case .identical: "The image arrived exactly as it was sent"
      case .different: "The exchange ended without error, but is not what it claims"
      case .failed: "The exchange was refused"
      }
    let time = Human.duration(nanoseconds: facts.nanoseconds)
    return "\(what). Exchange \(facts.exchange), profile \(facts.profile), took \(time)."
  }

  private static func obtained(
    _ attacker: AttackerFacts, folder: String, maker: FigureMaker
  ) -> Obtained? {
    guard let obtained = attacker.obtained else { return nil }
    let figure =
      attacker.picture.map {
        maker.clear(path: URL(filePath: folder).appending(path: $0).path)
      } ?? .absent("The file could not be fetched.")
    let size = Human.bytes(obtained.bytes)
    let identity =
      switch attacker.hasOriginal {
      case true?: "It is the image that was sent, byte for byte"
      case false?: "It is not the image that was sent"
      case nil: "Nobody compared it with the image that was sent"
      }
    return Obtained(
      figures: [
        FigureView(
          figure, title: "Decrypted by \(Human.printable(attacker.board))",
          alt: "The image that \(attacker.board) obtained")
      ],
      blocks: Human.unbroken(
        Human.printable("\(identity): \(size).")))
  }
}

extension FileFacts.State {
  fileprivate var words: String {
    switch self {
    case .absent: "absent"
    case .original: "there, as it must be"
    case .other: "there, but different"
    }
  }
}
