import LabResults

/// The numbers of a key agreement as the page shows them.
struct NumbersView {
  struct RowView {
    var label: String
    var formula: String
    var hasSteps: Bool
    var steps: [String]
  }

  var rows: [RowView]
  /// Secrets are among them.
  var warns: Bool

  init(_ numbers: KeyAgreementNumbers) {
    rows = NumberRows(numbers, isShort: numbers.shared == nil).rows.map { row in
      RowView(
        label: Human.printable(row.label), formula: Human.printable(row.formula),
        hasSteps: !row.steps.isEmpty, steps: row.steps.map(Human.printable))
    }
    warns = numbers.shared != nil
  }
}
