import LabResults

extension SweepSample {
  /// One measurement of a sweep; of its ends' failures the one counts that brought about the others.
  init(of ends: [ProgramEnd], imageSHA256: String, position: Int) {
    let cause = FailureCause.select(ends)
    self.init(
      position: position, failure: cause.flatMap(FailureReport.init),
      sender: ends.first { $0.role == .sender }?.result,
      receiver: ends.first { $0.role == .receiver }?.result, imageSHA256: imageSHA256)
  }
}

extension FailureReport {
  /// Nil for a program that did not fail.
  init?(_ end: ProgramEnd) {
    guard let failure = end.failure else { return nil }
    self.init(
      board: end.board, step: failure.step, code: failure.code, message: failure.message,
      hint: failure.hint)
  }
}
