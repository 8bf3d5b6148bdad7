import PiExchange

// Where in a stream an action can be done.
extension FaultAction {
  /// Whether what it is done to is at the place, as pi-interceptor sees it: a frame is in front of its end, and not in the
  /// image. Fields are asked of the part instead.
  func hasItsBytes(at place: FaultPlace) -> Bool {
    let isImage = place.position == .part(.image)
    let isByte = if case .byte = place.position { true } else { false }
    return switch self {
    case .reflect: !place.isAfter && !isImage && !isByte
    case .flipField, .set: !place.isAfter || isImage || isByte
    case .drop(nil): isByte || !place.isAfter
    case .swap(nil), .duplicate(nil): isByte || (!place.isAfter && !isImage)
    default: true
    }
  }

  /// Whether it needs bytes at its place.
  var needsBytes: Bool {
    switch self {
    case .flipBits, .flipField, .set, .drop, .swap, .duplicate, .reflect: true
    default: false
    }
  }

  /// Whether the part, in front of which it is to be done, has what the action needs.
  public func fits(_ part: StreamPart, of role: Role) -> Bool {
    switch self {
    case .flipField(let name), .set(let name, _):
      return part.fields.contains { $0.rawValue == name }
    // A stream that ends is not cut there.
    case .cut: return part != .end
    case .swap(nil):
      // Nothing comes behind the last frame, and RECEIPT only when the sender has got CONFIRM.
      let last: [StreamPart] = role == .sender ? [.trailer] : [.confirm, .receipt]
      return !([.end, .image] + last).contains(part)
    case .flipBits, .drop, .swap, .duplicate, .reflect:
      // The first three of an image are of its first bytes.
      return part != .end && (part != .image || hasCount)
    default: return true
    }
  }

  /// Whether any frame of either side has what the action needs.
  public func fitsSomewhere(_ profile: Profile) -> Bool {
    [Role.sender, .receiver].contains { role in
      StreamPart.parts(from: role, profile).contains { fits($0, of: role) }
    }
  }

  private var hasCount: Bool {
    switch self {
    case .flipBits: true
    case .drop(let count), .swap(let count), .duplicate(let count): count != nil
    default: false
    }
  }
}
