import PiExchange

/// Something that is done to what one side sends, at a place of the protocol.
package struct Fault: Sendable, Equatable {
  /// From 0, in the order of the options.
  package let number: Int
  /// As it was given.
  package let spec: String
  package let from: Role
  package let position: Position
  package let isAfter: Bool
  package let action: Action

  package enum Position: Sendable, Equatable, CustomStringConvertible {
    case part(StreamPart)
    /// Of the image as it crosses the wire, from 0.
    case byte(UInt64)

    package var description: String {
      switch self {
      case .part(let part): part.rawValue
      case .byte(let number): "byte \(number)"
      }
    }

    var part: StreamPart {
      if case .part(let part) = self { part } else { .image }
    }
  }

  package enum Action: Sendable, Equatable {
    /// So many bits from there on, the most significant one of each byte first.
    case flipBits(Int)
    /// The lowest bit of the field's last byte.
    case flipField(StreamField)
    case set(StreamField, FieldValue)
    case cut, reset, reflect, pause
    case append(Int)
    /// Bytes; nil for the whole frame.
    case drop(Int?)
    case swap(Int?)
    case duplicate(Int?)
    /// Path of a recording.
    case replay(String)
    case hold(Duration)
    case drip(Duration)
  }
}

/// What a field is set to.
package enum FieldValue: Sendable, Equatable {
  /// In the field's width, or the whole name.
  case bytes([UInt8])
  case random
  /// Of a public value: one zero byte more in front, or the first byte less.
  case longer, shorter
  /// The public value of the side that gets the frame.
  case own
}
