/// Which backend makes the boards: the user's word for it. Each backend names its own.
public struct LabMode: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public var description: String { rawValue }

  /// Whichever can work.
  public static let auto = LabMode(rawValue: "auto")
}
