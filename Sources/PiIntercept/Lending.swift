extension Array where Element == UInt8 {
  /// `withUnsafeBytes` whose body throws errors of one type.
  func lend<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let outcome: Result<Void, Failure> = withUnsafeBytes { bytes in
      Result { () throws(Failure) in try body(bytes) }
    }
    try outcome.get()
  }
}
