import LabResults

/// The frames of an exchange as the attacker between both sides read them, with each fault where it was made.
struct FaultSequenceView {
  struct Row {
    var isMessage: Bool
    var isFault: Bool
    var isImage: Bool
    var isChanged: Bool
    var isToReceiver: Bool
    var y: Int
    var boxY: Int
    var nameY: Int
    var detailY: Int
    var name: String
    var detail: String
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
  var rows: [Row]
  var caption: String

  private static let pitch = 50

  /// Nil where it saw nothing.
  init?(_ attacker: AttackerFacts, _ facts: ExchangeFacts, id: String) {
    let events = FrameEvent.events(attacker)
    guard !events.isEmpty else { return nil }
    self.id = id
    let names = (Human.printable(facts.sender.board), Human.printable(facts.receiver.board))
    sender = Human.shortened(names.0, to: 16)
    receiver = Human.shortened(names.1, to: 16)
    areShort = SequenceView.areShort(sender, receiver)
    title = Human.printable(
      "Frames between \(names.0) and \(names.1) as \(attacker.board) read them, from top to bottom")
    height = 40 + events.count * Self.pitch
    lineEnd = height - 8
    rows = events.enumerated().map { index, event in Row(event, y: 72 + index * Self.pitch) }
    steps = events.map { $0.sentence(names) }.joined(separator: " ")
    caption = Human.unbroken(Human.printable(Self.caption(attacker)))
  }

  private static func caption(_ attacker: AttackerFacts) -> String {
    var text = "Frames in the order in which \(attacker.board) read them, with their bytes."
    if attacker.frames.contains(where: \.changed) {
      text += " A dashed arrow is a frame that was changed on its way."
    }
    if attacker.sessions > 1 { text += " There were \(attacker.sessions) connections." }
    let missed = attacker.faults.filter { $0.fired == 0 }.map { $0.words ?? $0.spec }
    if !missed.isEmpty { text += " Not reached: \(missed.joined(separator: ", "))." }
    return text
  }
}

extension FaultSequenceView.Row {
  fileprivate init(_ event: FrameEvent, y: Int) {
    self.y = y
    boxY = y - 40
    (nameY, detailY) = (y - 22, y - 7)
    (isMessage, isFault, isImage, isChanged, isToReceiver) = (false, false, false, false, false)
    switch event {
    case .frame(let frame):
      isMessage = true
      isImage = frame.type == "IMAGE"
      isChanged = frame.changed
      isToReceiver = frame.from == "sender"
      name = Human.printable(Human.shortened(frame.type, to: 24))
      detail = frame.size + (frame.changed ? ", changed" : "")
    case .fault(let fault):
      isFault = true
      name = Human.shortened(fault.what, to: FrameEvent.textLimit)
      detail = Human.unbroken(Human.shortened(fault.place, to: FrameEvent.textLimit))
    case .note(let text):
      (name, detail) = (text, "")
    }
  }
}

extension AttackerFacts.Frame {
  var size: String {
    Human.unbroken(bytes < 1 << 20 ? "\(Human.count(bytes)) bytes" : Human.bytes(bytes))
  }
}
