/// How a picture becomes pixels before it is sent.
public struct PixelSettings: Sendable, Equatable {
  /// Pixels of a row, at most.
  public var width: Int
  /// That are left of the picture's; nil for all.
  public var colours: Int?

  public static let defaultWidth = 640
  /// So few that of a photo, too, the outline is seen in what ECB makes of it.
  public static let defaultColours = 4
  public static let widths = 16...4096
  public static let counts = 2...256
  /// In place of a number of colours.
  public static let allColours = "all"

  public init(width: Int = defaultWidth, colours: Int? = defaultColours) {
    self.width = width
    self.colours = colours
  }

  /// - Parameter value: `true`, `false` or a map, its shape checked; nil where the manifest has none.
  init?(_ value: Value?) {
    guard let value, value.text?.lowercased() != "false" else { return nil }
    self.init()
    if let text = value["width"]?.text, let width = Int(text) { self.width = width }
    if let text = value["colours"]?.text { colours = Int(text) }
  }
}
