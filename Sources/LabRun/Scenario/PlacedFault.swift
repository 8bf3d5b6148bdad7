import LabManifest
import LabValues
import PiCrypto
import PiExchange

/// One action at one place of an exchange's stream.
struct PlacedFault: Sendable, Hashable {
  var place: FaultPlace
  var action: FaultAction

  static func == (a: Self, b: Self) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) { hasher.combine(words) }

  /// As reports say it: `cut in front of the sender's HELLO`.
  var words: String { "\(action.words) \(place.words)" }

  /// As pi-interceptor takes it; what is done to the lab is a pause there.
  /// - Parameter recording: by step, the file on the attacker's board that has what was sent then.
  func spec(recording: (String) -> String) -> String {
    "\(place.spec)=\(action.spec(recording: recording))"
  }
}

extension FaultPlace {
  var words: String {
    switch position {
    case .byte(let number): "\(isAfter ? "behind" : "at") byte \(number) of the image"
    case .part(.end): "at the end of the \(from.name)'s stream"
    case .part(let part): "\(isAfter ? "behind" : "at") the \(from.name)'s \(part.rawValue)"
    }
  }

  fileprivate var spec: String {
    let side = isAfter ? "after" : "before"
    return switch position {
    case .byte(let number): "\(from.name)@byte:\(number):\(side)"
    case .part(let part): "\(from.name)@\(part.rawValue):\(side)"
    }
  }

  /// A place nearer to the boundary of a frame; nil where it is one.
  var boundary: FaultPlace? {
    guard case .byte = position else { return nil }
    return FaultPlace(from: from, .part(.image))
  }
}

extension FaultAction {
  /// In the manifest's words.
  var words: String {
    switch self {
    case .flipBits(let count): "flip \(count) bit\(count == 1 ? "" : "s")"
    case .flipField(let field): "flip a bit of \(field)"
    case .set(let field, let value): "set \(field) to \(value)"
    case .cut: "cut"
    case .reset: "reset"
    case .append(let count): "append \(count) byte\(count == 1 ? "" : "s")"
    case .drop(let count): "drop" + Self.bytes(count)
    case .swap(let count): "swap" + Self.bytes(count)
    case .duplicate(let count): "duplicate" + Self.bytes(count)
    case .reflect: "reflect"
    case .replay(let step): "replay \(step)"
    case .hold(let time): "hold for \(DurationText.format(time))"
    case .drip(let time): "drip, a byte each \(DurationText.format(time))"
    case .kill(let board): "kill \(board)"
    case .reboot(let board): "reboot \(board)"
    case .link(let board, let isUp): "take \(board)'s link \(isUp ? "up" : "down")"
    case .snapshot(let name): "make snapshot \(name)"
    }
  }

  private static func bytes(_ count: Int?) -> String {
    count.map { " \($0) byte\($0 == 1 ? "" : "s")" } ?? ""
  }

  fileprivate func spec(recording: (String) -> String) -> String {
    func counted(_ word: String, _ count: Int?) -> String {
      count.map { "\(word):\($0)" } ?? word
    }
    return switch self {
    case .flipBits(let count): "flip:\(count)"
    case .flipField(let field): "flip:\(field)"
    case .set(let field, let value): "set:\(field):\(value)"
    case .cut: "cut"
    case .reset: "reset"
    case .append(let count): "append:\(count)"
    case .drop(let count): counted("drop", count)
    case .swap(let count): counted("swap", count)
    case .duplicate(let count): counted("duplicate", count)
    case .reflect: "reflect"
    case .replay(let step): "replay:\(recording(step))"
    case .hold(let time): "hold:\(DurationText.format(time))"
    case .drip(let time): "drip:\(DurationText.format(time))"
    case .kill, .reboot, .link, .snapshot: "pause"
    }
  }
}

/// What a step's faults are in one attempt: those that the manifest places, and those that are drawn.
enum FaultPlacing {
  /// In front of every frame of both sides.
  static func everyFrame(_ profile: Profile, _ actions: [FaultAction]) -> [PlacedFault] {
    [Role.sender, .receiver].flatMap { role in
      StreamPart.parts(from: role, profile).flatMap { part in
        actions.filter { $0.fits(part, of: role) }.map {
          PlacedFault(place: FaultPlace(from: role, .part(part)), action: $0)
        }
      }
    }
  }

  /// - Parameter imageBytes: of the image as it crosses the wire.
  static func random(
    _ count: Int, _ actions: [FaultAction], _ profile: Profile, imageBytes: UInt64,
    _ random: inout SeededRandom
  ) -> [PlacedFault] {
    // One that fits nowhere would be looked a place for without end.
    let actions = actions.filter {
      $0.fitsSomewhere(profile) || imageBytes > 0 && $0.fits(.image, of: .sender)
    }
    guard !actions.isEmpty else { return [] }
    return (0..<count).map { _ in
      let action = actions[random.below(actions.count)]
      while true {
        let place = place(profile, imageBytes, &random)
        if case .part(let part) = place.position, !action.fits(part, of: place.from) { continue }
        if case .byte = place.position, !action.fits(.image, of: place.from) { continue }
        return PlacedFault(place: place, action: action)
      }
    }
  }

  /// Half of those in the image, where most of the bytes are.
  private static func place(
    _ profile: Profile, _ imageBytes: UInt64, _ random: inout SeededRandom
  ) -> FaultPlace {
    if imageBytes > 0, random.below(2) == 0 {
      return FaultPlace(from: .sender, .byte(random.next() % imageBytes))
    }
    let role: Role = random.below(2) == 0 ? .sender : .receiver
    let parts = StreamPart.parts(from: role, profile)
    return FaultPlace(from: role, .part(parts[random.below(parts.count)]))
  }
}
