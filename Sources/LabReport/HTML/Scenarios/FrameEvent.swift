import LabResults

/// What a drawing of an exchange's frames has, from top to bottom.
enum FrameEvent {
  /// As the drawing says it in two lines.
  struct Fault {
    var what: String
    var place: String
  }

  case frame(AttackerFacts.Frame)
  case fault(Fault)
  case note(String)

  /// Characters that a line of the drawing has room for on a phone.
  static let textLimit = 36
  private static let frameLimit = 40

  /// Each fault stands at its frame: in front of it, or behind it.
  static func events(_ attacker: AttackerFacts) -> [FrameEvent] {
    let shown = attacker.frames.prefix(frameLimit)
    var before: [Int: [Fault]] = [:]
    let fired = attacker.faults.filter { $0.fired > 0 }.enumerated()
      .sorted { ($0.element.passed ?? 0, $0.offset) < ($1.element.passed ?? 0, $1.offset) }
    for (_, fault) in fired {
      before[place(of: fault, in: shown), default: []].append(Fault(fault))
    }
    var events: [FrameEvent] = []
    var session = shown.first?.session ?? 1
    for (index, frame) in shown.enumerated() {
      if frame.session != session {
        session = frame.session
        events.append(.note("connection \(session)"))
      }
      events += (before[index] ?? []).map(FrameEvent.fault)
      events.append(.frame(frame))
    }
    events += (before[shown.count] ?? []).map(FrameEvent.fault)
    let more = attacker.frames.count - shown.count
    return more > 0 ? events + [.note("… and \(more) more frames")] : events
  }

  /// The index of the frame that it stands in front of; their count at the end.
  private static func place(
    of fault: AttackerFacts.Fault, in frames: ArraySlice<AttackerFacts.Frame>
  ) -> Int {
    let type = fault.isInImage ? "IMAGE" : fault.position
    let isHit = { (frame: AttackerFacts.Frame) in
      frame.type == type && (fault.from == nil || frame.from == fault.from)
    }
    if let index = frames.firstIndex(where: isHit) {
      return fault.spec.contains(":after=") && !fault.isInImage ? index + 1 : index
    }
    // The frame itself was never read as a whole: behind those that had passed before.
    var passed: UInt64 = 0
    var place = 0
    for (index, frame) in frames.enumerated() where frame.from == fault.from {
      passed = passed.addingReportingOverflow(frame.bytes).partialValue
      if passed <= fault.passed ?? .max { place = index + 1 }
    }
    return fault.position == "END" || fault.passed == nil ? frames.count : place
  }

  /// For whoever cannot see the drawing.
  func sentence(_ boards: (sender: String, receiver: String)) -> String {
    switch self {
    case .frame(let frame):
      let path =
        frame.from == "sender"
        ? "\(boards.sender) to \(boards.receiver)" : "\(boards.receiver) to \(boards.sender)"
      return
        "\(path): \(Human.printable(frame.type)), \(frame.size)\(frame.changed ? ", changed" : "")."
    case .fault(let fault): return "Fault: \(fault.what) \(fault.place)."
    case .note(let text): return "\(text)."
    }
  }
}

extension FrameEvent.Fault {
  fileprivate init(_ fault: AttackerFacts.Fault) {
    place = fault.placeWords
    let often = fault.fired > 1 ? " (\(Human.times(UInt64(fault.fired))))" : ""
    if let words = fault.words, words.hasSuffix(fault.placeWords) {
      what = words.dropLast(fault.placeWords.count).trimmed + often
    } else {
      what = fault.actionWords + often
    }
    (what, place) = (Human.printable(what), Human.printable(place))
  }
}

extension AttackerFacts.Fault {
  fileprivate var isInImage: Bool { position?.hasPrefix("byte ") ?? false }

  fileprivate var placeWords: String {
    let side = spec.contains(":after=") ? "behind" : "at"
    guard let position else { return "" }
    if isInImage { return "\(side) \(position) of the image" }
    if position == "END" { return "at the end of the \(from ?? "sender")'s stream" }
    return "\(side) the \(from ?? "sender")'s \(position)"
  }

  /// Of `sender@HELLO=set:public-value:1`: set public-value 1.
  fileprivate var actionWords: String {
    let action = spec.split(separator: "=", maxSplits: 1).last ?? ""
    return String(action).replacing(":", with: " ")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
