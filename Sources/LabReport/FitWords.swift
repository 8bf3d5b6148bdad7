import LabResults

extension LineFit {
  /// Nil where the fixed cost is within its own error, or below zero: what was measured does not tell it from none.
  var toldFixed: (value: String, error: String)? {
    fixed > fixedError ? (Human.time(fixed), "± \(Human.time(fixedError))") : nil
  }

  /// Nil as the fixed cost is: no byte takes less than no time.
  var toldSlope: (value: String, error: String)? {
    slope > slopeError ? (Human.time(slope), "± \(Human.time(slopeError))") : nil
  }

  var slopeWords: String {
    toldSlope.map { "\($0.value) \($0.error)" } ?? "none beyond its error"
  }

  /// `3.00 ms ± 0.10 ms`, or that there is none to be told.
  var fixedWords: String {
    toldFixed.map { "\($0.value) \($0.error)" } ?? "none beyond its error"
  }
}
