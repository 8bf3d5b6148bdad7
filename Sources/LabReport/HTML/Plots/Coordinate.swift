import LabResults

extension Plain {
  /// A place in a drawing, with one decimal.
  static func coordinate(_ value: Double) -> String { decimal(value, places: 1) }
}
