import LabResults

/// A sweep's points in rows of images and columns of settings. What all settings have in common is said once.
struct SweepGrid {
  struct Row {
    var image: String
    /// As many as there are columns; nil where that combination was not measured.
    var points: [SweepPoint?]
  }

  /// `mode loopback`, `group ffdhe2048`.
  let constants: [String]
  let columns: [String]
  let rows: [Row]
  private let names: [SweepSeries.Setting: String]

  init(_ sweep: SweepResult) {
    let series = sweep.series
    let settings = series.map(\.setting)
    let parts = SettingPart.all.filter { !$0.isDerived }
      .map { (part: $0, values: $0.values(in: settings)) }
    constants = parts.filter { $0.values.count == 1 && !$0.values[0].isEmpty }
      .map { "\($0.part.name) \($0.values[0])" }
    let varied = parts.filter { $0.values.count > 1 }.map(\.part)
    names = series.reduce(into: [:]) { names, one in
      names[one.setting] = varied.map { $0.value(one.setting) }.joined(separator: ", ")
    }
    columns = series.map { [names] in names[$0.setting] ?? "" }.map { $0.isEmpty ? "time" : $0 }
    var images: [String] = []
    for point in sweep.points where !images.contains(point.imageName) {
      images.append(point.imageName)
    }
    rows = images.map { image in
      Row(image: image, points: series.map { $0.points.first { $0.imageName == image } })
    }
  }

  /// A point by what it does not share with all: `aes-128-ecb, 1 MiB`.
  func name(of point: SweepPoint) -> String {
    [names[point.setting] ?? "", point.imageName].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  func name(of series: SweepSeries) -> String {
    let name = names[series.setting] ?? ""
    return name.isEmpty ? "all" : name
  }
}
