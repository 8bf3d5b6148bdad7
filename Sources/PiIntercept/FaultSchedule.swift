import PiExchange

/// The faults of one direction, by where they are; in each place in the order in which they were given.
struct FaultSchedule: Sendable {
  private let faults: [Fault]
  /// Parts that the other side gets back, where they come in place of this side's.
  private let reflected: Set<StreamPart>
  /// Of the image, with the byte in front of which each is; the first of them first.
  private var inImage: [(place: UInt64, fault: Fault)]

  init(_ all: [Fault], from role: Role) {
    faults = all.filter { $0.from == role }
    reflected = Set(
      all.filter { $0.from != role && $0.action == .reflect }.map { $0.position.part })
    inImage =
      faults
      .compactMap { fault -> (place: UInt64, fault: Fault)? in
        switch fault.position {
        case .byte(let number): (number + (fault.isAfter ? 1 : 0), fault)
        case .part(.image): (fault.isAfter ? .max : 0, fault)
        default: nil
        }
      }
      .sorted { Self.key($0) < Self.key($1) }
  }

  /// What is behind a byte comes before what is in front of the next one.
  private static func key(_ entry: (place: UInt64, fault: Fault)) -> (UInt64, Int, Int) {
    (entry.place, entry.fault.isAfter ? 0 : 1, entry.fault.number)
  }

  var isEmpty: Bool { faults.isEmpty && reflected.isEmpty }

  /// Those of a frame or the end, before it or after it.
  func at(_ part: StreamPart, isAfter: Bool) -> [Fault] {
    faults.filter { $0.position == .part(part) && $0.isAfter == isAfter }
  }

  func isReflected(_ part: StreamPart) -> Bool { reflected.contains(part) }

  /// Takes the next fault that is due now that byte `place` of an image of `total` bytes is there.
  mutating func nextInImage(at place: UInt64, total: UInt64) -> Fault? {
    guard let first = inImage.first, first.place <= place, first.place < total else { return nil }
    return inImage.removeFirst().fault
  }

  /// Takes the next fault that is due behind the byte before `place`, which has been passed on.
  mutating func nextBehindImageByte(at place: UInt64, total: UInt64) -> Fault? {
    guard let first = inImage.first, first.fault.isAfter else { return nil }
    let isDue = first.place <= place || first.place == .max && place == total
    return isDue ? inImage.removeFirst().fault : nil
  }

  /// The next byte in front of which something is to be done, at most `total`.
  func nextPlaceInImage(after place: UInt64, total: UInt64) -> UInt64 {
    min(inImage.first { $0.place > place }?.place ?? total, total)
  }
}
