import ArgumentParser
import LabManifest

/// What a run sends of a picture: its file, or its pixels.
struct PixelOptions: ParsableArguments {
  @Flag(
    name: .customLong("pixels"),
    help: ArgumentHelp(
      "Send the picture's pixels (PPM) instead of its file, so that ECB shows what is on it.",
      discussion:
        "PNG, JPEG, BMP and Netpbm; the bytes of a JPEG or PNG are compressed, and show noise."))
  var isOn = false

  @Option(help: "Pixels of a row; a wider picture is made smaller (default: 640).")
  var width: Int?

  @Option(
    help: ArgumentHelp(
      "How many colours are left, 2 to 256, or 'all': fewer make larger plain areas (default: 4).",
      valueName: "n"))
  var colours: ColourCount?

  func validate() throws {
    guard isOn || width == nil && colours == nil else {
      throw ValidationError("\(width == nil ? "--colours" : "--width") needs --pixels")
    }
    let widths = PixelSettings.widths
    guard width.map(widths.contains) ?? true else {
      throw ValidationError(
        "--width takes a number from \(widths.lowerBound) to \(widths.upperBound)")
    }
  }

  /// Nil where the user says nothing of pixels.
  var settings: PixelSettings? {
    guard isOn else { return nil }
    return PixelSettings(
      width: width ?? PixelSettings.defaultWidth,
      colours: colours.map(\.count) ?? PixelSettings.defaultColours)
  }
}

/// A number of colours, or all of them.
struct ColourCount: ExpressibleByArgument {
  let count: Int?

  init?(argument: String) {
    if argument == PixelSettings.allColours {
      count = nil
    } else if let number = Int(argument), PixelSettings.counts.contains(number) {
      count = number
    } else {
      return nil
    }
  }
}
