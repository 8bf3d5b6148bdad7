/// Where a plot's parts lie, in the units of its drawing.
struct PlotFrame: Equatable {
  /// On the page, and in a column of a journal.
  static let column = PlotFrame(width: 360, height: 276)
  static let wide = PlotFrame(width: 720, height: 396)

  var width: Int
  var height: Int
  /// The plot itself.
  var left: Int
  var right: Int
  var top: Int
  var bottom: Int
  /// Right ends of the vertical axis' labels, and the baseline of the horizontal one's.
  var labelX: Int
  var labelY: Int
  /// Of the horizontal axis' title.
  var middle: Int
  var titleY: Int

  private init(width: Int, height: Int) {
    self.width = width
    self.height = height
    (left, right, top, bottom) = (70, width - 24, 22, height - 44)
    (labelX, labelY) = (left - 6, bottom + 16)
    (middle, titleY) = ((left + right) / 2, bottom + 36)
  }
}
