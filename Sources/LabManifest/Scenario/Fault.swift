import LabValues
import PiExchange

/// Something that goes wrong at a place of the protocol.
public struct Fault: Sendable, Equatable {
  public var at: FaultPlaces
  /// One or more. At one place they are done in this order; at `every` each makes cells of its own; at `random` each
  /// fault draws one.
  public var actions: [FaultAction]

  public init(at: FaultPlaces, _ actions: [FaultAction]) {
    self.at = at
    self.actions = actions
  }
}

/// Where faults are.
public enum FaultPlaces: Sendable, Equatable {
  case one(FaultPlace)
  /// In front of every frame of both sides, the image's first byte and the ends of the streams included: a cell each.
  case everyFrame
  /// So many places, drawn by the seed.
  case random(Int)
}

/// A place in one direction of the exchange's stream.
public struct FaultPlace: Sendable, Hashable {
  public var from: Role
  public var position: Position
  /// Whether the stream is stopped behind the frame instead of in front of it.
  public var isAfter: Bool

  /// A part of the stream.
  public enum Position: Sendable, Hashable {
    case part(StreamPart)
    /// Of the image as it crosses the wire, from 0.
    case byte(UInt64)
  }

  public init(from: Role, _ position: Position, isAfter: Bool = false) {
    self.from = from
    self.position = position
    self.isAfter = isAfter
  }
}

/// What is done at a place; the stream is held there until it is done.
public enum FaultAction: Sendable, Equatable {
  case flipBits(Int)
  /// The lowest bit of a field.
  case flipField(String)
  case set(field: String, to: String)
  case cut, reset
  case append(Int)
  /// Nil: the frame.
  case drop(Int?)
  case swap(Int?)
  case duplicate(Int?)
  case reflect
  /// What an earlier step's exchange had from this place on.
  case replay(step: String)
  case hold(Duration)
  /// From here on a byte each.
  case drip(Duration)
  case kill(String)
  case reboot(String)
  case link(board: String, isUp: Bool)
  case snapshot(String)

  /// Whether it is something that is done to the lab, and not to the stream.
  public var isOfLab: Bool {
    switch self {
    case .kill, .reboot, .link, .snapshot: true
    default: false
    }
  }
}

/// A whole attack, in place of relaying what the sides say.
public enum Attack: Sendable, Equatable {
  case manInTheMiddle
  case reflection
  /// Of what an earlier step's exchange sent.
  case replay(step: String)
  /// Connections of random bytes before the real one.
  case junk(Int)
  /// Connections that say nothing.
  case halfOpen(Int)
  /// A connection beside the real one that sends a byte each.
  case drip(Duration)
  case discreteLog

  /// As manifests write it.
  public var word: String {
    switch self {
    case .manInTheMiddle: "man-in-the-middle"
    case .reflection: "reflection"
    case .replay: "replay"
    case .junk: "junk"
    case .halfOpen: "half-open"
    case .drip: "drip"
    case .discreteLog: "discrete-log"
    }
  }
}
