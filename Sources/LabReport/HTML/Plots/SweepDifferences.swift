import LabResults
import LabValues

/// What the series of a sweep have in common, and what they differ in: a comparison is of ciphers only where nothing else
/// varies.
struct SweepDifferences {
  private let settings: [SweepSeries.Setting]

  init(_ sweep: SweepResult) { settings = sweep.series.map(\.setting) }

  /// Nil where there is one series only.
  var sentence: String? {
    guard settings.count > 1 else { return nil }
    let varied = parts.filter { $0.values.count > 1 }
    let same = parts.filter { $0.values.count == 1 && !$0.values[0].isEmpty }
    let names = varied.map { "\($0.name) (\($0.values.joined(separator: ", ")))" }
    var text = "The series differ in \(Self.listed(names))."
    if varied.contains(where: { $0.name == "profile" }) {
      text +=
        " In profile classic both boards hash the image with SHA-256, in sealed the receiver alone."
    }
    if varied.count > 1 {
      text += " A difference in time is of all of these together."
    }
    if !same.isEmpty {
      text +=
        " The same for all: \(same.map { "\($0.name) \($0.values[0])" }.joined(separator: ", "))."
    }
    return Human.unbroken(Human.printable(text))
  }

  private var parts: [(name: String, values: [String])] {
    SettingPart.all.map { ($0.name, $0.values(in: settings)) }
  }

  private static func listed(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}
