import LabResults

/// The protocol of one exchange as a sequence diagram, with the bytes that crossed the wire and the times that the
/// receiver took. Sizes are those of docs/protocol.md; preambles count with their HELLO.
struct SequenceView {
  struct Message {
    var y: Int
    var textY: Int
    var sizeY: Int
    var name: String
    var size: String
    var isToReceiver: Bool
    var isImage: Bool
  }

  var id: String
  var title: String
  var steps: String
  var height: Int
  var lineEnd: Int
  var sender: String
  var receiver: String
  /// Both names have room over their lifelines.
  var areShort: Bool
  var messages: [Message]
  var caption =
    "Bytes as they crossed the wire, frames included; times at the receiver, from the message before. "
    + "Both boards send HELLO and CONFIRM at once, neither waits for the other’s."

  /// A message as the protocol has it.
  struct Step: Equatable {
    var name: String
    var bytes: UInt64?
    /// Nanoseconds of the receiver's clock.
    var time: UInt64?
    var what: String
    var isToReceiver: Bool
  }

  private static let pitch = 50

  /// Nil where a board gave no result.
  init?(_ exchange: ExchangeResult, id: String) {
    guard let steps = Self.steps(exchange) else { return nil }
    self.id = id
    let names = (Human.printable(exchange.sender), Human.printable(exchange.receiver))
    sender = Human.shortened(names.0, to: 16)
    receiver = Human.shortened(names.1, to: 16)
    areShort = Self.areShort(sender, receiver)
    title = "Messages between \(names.0) and \(names.1), from top to bottom"
    height = 40 + steps.count * Self.pitch
    lineEnd = height - 8
    messages = steps.enumerated().map { index, step in
      let y = 72 + index * Self.pitch
      return Message(
        y: y, textY: y - 22, sizeY: y - 7, name: step.name, size: Self.size(step),
        isToReceiver: step.isToReceiver, isImage: step.name == "encrypted image")
    }
    self.steps = steps.map { step in
      let path =
        step.isToReceiver ? "\(names.0) to \(names.1)" : "\(names.1) to \(names.0)"
      let size = Self.size(step)
      return "\(path): \(step.name)\(size.isEmpty ? "" : ", \(size)")."
    }.joined(separator: " ")
  }

  /// Names that have room, centred, over lines an eighth of a phone's width from the edge.
  static func areShort(_ names: String...) -> Bool { names.allSatisfy { $0.count <= 8 } }

  private static func size(_ step: Step) -> String {
    let parts = [
      step.bytes.map { $0 < 1 << 20 ? "\(Human.count($0)) bytes" : Human.bytes($0) },
      step.time.map { "\(step.what) \(Human.duration(nanoseconds: $0))" },
    ].compactMap { $0 }
    return Human.unbroken(parts.joined(separator: ", "))
  }

  /// In the order of the protocol; nil where a board gave no result.
  static func steps(_ exchange: ExchangeResult) -> [Step]? {
    guard let sent = exchange.senderResult, let received = exchange.receiverResult else {
      return nil
    }
    func time(_ from: String, _ to: String) -> UInt64? {
      Phase(from: from, to: to, name: "").range(in: received).map { $0.upperBound - $0.lowerBound }
    }
    var steps = [
      Step(name: "TCP connection", what: "", isToReceiver: false),
      Step(
        name: "HELLO, public value y", bytes: hello(received), what: "", isToReceiver: false),
      Step(
        name: "HELLO, public value x", bytes: hello(sent), time: time("connected", "hello"),
        what: "after", isToReceiver: true),
      Step(name: "CONFIRM", bytes: frame(32), what: "", isToReceiver: false),
      Step(
        name: "CONFIRM", bytes: frame(32), time: time("hello", "confirmed"), what: "after",
        isToReceiver: true),
      Step(name: "HEADER", bytes: frame(40), what: "", isToReceiver: true),
      Step(
        name: "encrypted image", bytes: received.ciphertextBytes,
        time: time("firstByte", "lastByte"), what: "in", isToReceiver: true),
    ]
    if received.profile == "classic" {
      steps.append(Step(name: "TRAILER, hash", bytes: frame(64), what: "", isToReceiver: true))
    }
    steps.append(
      Step(
        name: "RECEIPT", bytes: frame(40), time: time("lastByte", "end"), what: "after",
        isToReceiver: false))
    return steps
  }

  /// Type and length come before the payload.
  private static func frame(_ payload: UInt64) -> UInt64 { 5 + payload }

  /// With the 8 bytes of the preamble.
  private static func hello(_ result: BoardResult) -> UInt64 {
    8 + frame(71 + UInt64(result.board.utf8.count) + UInt64(result.publicValue.utf8.count / 2))
  }
}
