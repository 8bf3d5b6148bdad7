import LabResults

extension Human {
  /// Quantities that no line break may part: the spaces after a number and before a digit, a
  /// unit, a percent sign or a times sign become no-break spaces.
  static func unbroken(_ text: String) -> String {
    let units: Set<Substring> = [
      "%", "×", "byte", "bytes", "bits", "KiB", "MiB", "GiB", "TiB", "KiB/s", "MiB/s", "GiB/s",
      "ns", "µs", "ms", "s", "min",
    ]
    var result = ""
    var previous: Substring = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let bare = word.prefix { !",.;:)".contains($0) }
      let belongs = bare.first?.isNumber == true || units.contains(bare)
      let follows = previous.last?.isNumber == true || previous == "×"
      if !result.isEmpty { result += belongs && follows ? "\u{A0}" : " " }
      result += word
      previous = word
    }
    return result
  }

  /// Of a round value, without zeros behind the point: 20 ms.
  static func roundTime(_ nanoseconds: Double) -> String {
    time(nanoseconds).replacing(".00 ", with: " ").replacing(".0 ", with: " ")
  }

  /// For a drawing that has room for so many characters.
  static func shortened(_ text: String, to count: Int) -> String {
    text.count <= count ? text : text.prefix(count - 1) + "…"
  }
}
