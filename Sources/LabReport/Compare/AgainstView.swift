import LabResults

/// A sweep beside the same points with other programs, as the page shows it.
struct AgainstView {
  var title: String
  var headline: String
  var remarks: [String]
  var method: String
  var compared: ComparedView

  init?(_ sweep: SweepResult, frame: PlotFrame) {
    guard let text = AgainstText(sweep) else { return nil }
    title = text.title
    headline = text.headline
    remarks = text.remarks
    method = AgainstText.method
    compared = ComparedView(text.points.points, before: "Others", after: "These", frame: frame)
  }
}
