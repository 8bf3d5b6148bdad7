import PiCrypto
import ProgramStart

/// A private exponent that the user gave, as decimal or hexadecimal digits.
///
/// The sender may need it again for each connection. Between two of them the kernel keeps it, so that no memory of
/// this process holds it.
public final class FixedExponent: Sendable {
  private let kept: KernelMemory?
  /// Only where the kernel cannot keep it.
  private let digits: SecretBytes?

  public init(_ digits: UnsafeRawBufferPointer) {
    let kept = KernelMemory(digits)
    self.kept = kept
    self.digits = kept == nil ? .some(SecretBytes(copying: digits)) : nil
  }

  public init(_ text: String) {
    let digits = SecretBytes(count: text.utf8.count) { $0.copyBytes(from: text.utf8) }
    let kept = digits.withUnsafeBytes { KernelMemory($0) }
    self.kept = kept
    self.digits = kept == nil ? .some(digits) : nil
  }

  fileprivate func copy() -> SecretBytes? {
    if let kept {
      var isRead = false
      let bytes = SecretBytes(count: kept.count) { isRead = kept.read(into: $0) }
      guard isRead else { return nil }
      return .some(bytes)
    }
    switch digits {
    case .some(let digits):
      let copy = digits.withUnsafeBytes { SecretBytes(copying: $0) }
      return .some(copy)
    case .none: return nil
    }
  }
}

extension KeyPair {
  /// A private exponent for teaching and for tests.
  init(fixed exponent: FixedExponent, in group: DHGroup) throws(GroupError) {
    guard let digits = exponent.copy() else { throw .notANumber("private exponent", "…") }
    try self.init(fixed: digits, in: group)
  }
}
