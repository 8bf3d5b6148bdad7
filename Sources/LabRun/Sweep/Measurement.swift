import LabResults

extension SweepSample {
  /// One measurement of a sweep; of its ends' failures the one counts that brought about the others.
  init(of ends: [ProgramEnd], imageSHA256: String, position: Int) {
    let cause = FailureCause.select(ends)
    self.init(
      position: position, failure: cause?.failure,
      sender: ends.first { $0.role == .sender }?.result,
      receiver: ends.first { $0.role == .receiver }?.result, imageSHA256: imageSHA256)
  }
}
