import LabResults

/// A man in the middle: three parties, and two keys where two parties were to have one.
struct MiddleView {
  struct Row {
    var isMessage: Bool
    var isImage: Bool
    /// Class of the agreement, `leg0` with the sender, `leg1` with the receiver.
    var leg: String
    /// Percent of the drawing's width.
    var x1: Int
    var x2: Int
    var labelX: Int
    var y: Int
    var boxY: Int
    var nameY: Int
    var detailY: Int
    var name: String
    var detail: String
  }

  var id: String
  /// What came of the attack.
  var heading: String
  var title: String
  var steps: String
  var height: Int
  var lineEnd: Int
  var sender: String
  var attacker: String
  var receiver: String
  /// Both names have room over their lifelines.
  var areShort: Bool
  var rows: [Row]
  var caption: String
  var keys: [HashView]
  var values: [HashView]

  fileprivate static let pitch = 52
  private static let frameLimit = 20

  /// Nil where it agreed on nothing with anybody.
  init?(_ attacker: AttackerFacts, _ facts: ExchangeFacts, id: String) {
    let legs = [Leg(.sender, attacker, facts), Leg(.receiver, attacker, facts)].compactMap(\.self)
    guard !legs.isEmpty else { return nil }
    self.id = id
    let names = [facts.sender.board, attacker.board, facts.receiver.board].map(Human.printable)
    (sender, receiver) = (Human.shortened(names[0], to: 9), Human.shortened(names[2], to: 9))
    areShort = SequenceView.areShort(sender, receiver)
    self.attacker = Human.shortened(names[1], to: 9)
    heading = Self.heading(names[1], legs, facts)
    title = "\(names[1]) between \(names[0]) and \(names[2]), from top to bottom"
    var rows = legs.flatMap { $0.agreement(from: 72) }
    var y = 72 + 3 * Self.pitch
    let passed = attacker.frames.filter { !Self.agreeing.contains($0.type) }
    for frame in passed.prefix(Self.frameLimit) {
      rows += Self.passing(frame, y)
      y += Self.pitch
    }
    self.rows = rows
    height = y - 32
    lineEnd = height - 8
    steps = (legs.map(\.sentence) + [Self.sentence(passed)]).joined(separator: " ")
    caption = Human.printable(Self.caption(attacker, legs, facts))
    keys = Self.keys(legs)
    values = legs.flatMap(\.values)
  }

  /// A frame that came from one side and went on to the other.
  private static func passing(_ frame: AttackerFacts.Frame, _ y: Int) -> [Row] {
    let isFromSender = frame.from == "sender"
    return [Side.sender, .receiver].map { side in
      Row(
        side, y: y, isToAttacker: (side == .sender) == isFromSender,
        Human.printable(Human.shortened(frame.type, to: 10)), frame.size,
        isImage: frame.type == "IMAGE")
    }
  }

  /// Frames that each agreement has for itself; the others are passed on.
  private static let agreeing: Set<String> = ["PREAMBLE", "HELLO", "CONFIRM"]

  private static func sentence(_ passed: [AttackerFacts.Frame]) -> String {
    let frames = passed.map { "\($0.type) from the \($0.from)" }
    if frames.isEmpty { return "Nothing was passed on." }
    return "Passed on, encrypted again: \(Human.printable(frames.joined(separator: ", ")))."
  }

  private static func caption(
    _ attacker: AttackerFacts, _ legs: [Leg], _ facts: ExchangeFacts
  ) -> String {
    let lacking = legs.filter { !$0.isConfirmed }.map(\.board)
    guard lacking.isEmpty else {
      return "\(attacker.board) gave each side a public value of its own, but came to no confirmed"
        + " key with \(lacking.joined(separator: " nor with "))."
    }
    let isUnnoticed = facts.sender.code == SideFacts.done && facts.receiver.code == SideFacts.done
    return "Two agreements, so two keys: what one side encrypts, \(attacker.board) decrypts, keeps,"
      + " and encrypts again for the other." + (isUnnoticed ? " Neither side noticed." : "")
  }

  private static func heading(
    _ attacker: String, _ legs: [Leg], _ facts: ExchangeFacts
  ) -> String {
    if facts.verdict == .failed, legs.contains(where: { !$0.isConfirmed }) {
      return "\(attacker) in the middle was found out"
    }
    return "\(attacker) in the middle"
  }

  /// A key itself is in no report.
  private static func keys(_ legs: [Leg]) -> [HashView] {
    legs.enumerated().map { index, leg in
      let differs = index == 1 && leg.transcript != legs[0].transcript
      return HashView(
        "Hash of the messages from which \(leg.key) comes", leg.transcript ?? "–",
        note: differs ? "differs from the other's" : nil, kind: differs ? .differs : nil)
    }
  }
}

extension MiddleView {
  enum Side {
    case sender, receiver
  }

  /// The attacker's agreement with one side.
  struct Leg {
    var side: Side
    var board: String
    var attacker: String
    var isConfirmed: Bool
    var transcript: String?
    var own: String?
    var peer: String?

    init?(_ side: Side, _ facts: AttackerFacts, _ exchange: ExchangeFacts) {
      let role = side == .sender ? "sender" : "receiver"
      guard let leg = facts.legs?.first(where: { $0.with == role }) else { return nil }
      self.side = side
      board = Human.printable((side == .sender ? exchange.sender : exchange.receiver).board)
      attacker = Human.printable(facts.board)
      isConfirmed = leg.confirmed
      transcript = leg.transcript
      (own, peer) = (leg.publicValue, leg.peerPublicValue)
    }

    /// What the report calls the key, which it never shows.
    var key: String {
      isConfirmed ? "key \(side == .sender ? 1 : 2)" : "no key of \(board) and \(attacker)"
    }

    /// Lines of the drawing that every agreement has, each at its height.
    func agreement(from y: Int) -> [Row] {
      [
        Row(side, y: y, isToAttacker: true, "HELLO", Self.value(peer)),
        Row(side, y: y + MiddleView.pitch, isToAttacker: false, "HELLO", Self.value(own)),
        Row(
          key: side, y: y + 2 * MiddleView.pitch, isConfirmed ? key : "no key",
          isConfirmed
            ? "\(Human.shortened(board, to: 8)), \(Human.shortened(attacker, to: 8))"
            : "not confirmed"),
      ]
    }

    /// The first bytes of a public value.
    private static func value(_ hex: String?) -> String {
      hex.map { "value \(Human.printable(String($0.prefix(8))))\($0.count > 8 ? "…" : "")" } ?? "–"
    }

    var sentence: String {
      isConfirmed
        ? "\(board) and \(attacker) agree on \(key)."
        : "\(board) and \(attacker) agree on no key."
    }

    var values: [HashView] {
      [
        peer.map { HashView("Sent by \(board)", $0) },
        own.map { HashView("Sent by \(attacker) to \(board)", $0) },
      ].compactMap(\.self)
    }
  }
}

extension MiddleView.Row {
  fileprivate init(
    _ side: MiddleView.Side, y: Int, isToAttacker: Bool, _ name: String, _ detail: String,
    isImage: Bool = false
  ) {
    let outer = side == .sender ? 12 : 88
    isMessage = true
    self.isImage = isImage
    leg = side == .sender ? "leg0" : "leg1"
    (x1, x2) = isToAttacker ? (outer, 50) : (50, outer)
    labelX = side == .sender ? 31 : 69
    self.y = y
    boxY = y - 40
    (nameY, detailY) = (y - 22, y - 7)
    (self.name, self.detail) = (name, detail)
  }

  /// A box over both parties of an agreement.
  fileprivate init(key side: MiddleView.Side, y: Int, _ name: String, _ detail: String) {
    self.init(side, y: y, isToAttacker: true, name, detail)
    isMessage = false
    x1 = side == .sender ? 13 : 51
  }
}
