/// How wide a drawing is in print. Letters are of one size in both.
public enum DrawingSize: String, CaseIterable, Sendable {
  /// Of a journal.
  case column
  /// The whole page.
  case wide

  var millimetres: Int { self == .column ? 85 : 170 }

  /// Of a column's width as of a phone's, for which the page's drawings are made.
  var frame: PlotFrame { self == .column ? .column : .wide }
}
