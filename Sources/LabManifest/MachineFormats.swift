import LabValues

extension Format {
  static let uriPattern = "^[a-z][a-z0-9+.-]*://[!-~]*$"
  static let userPattern = "^[a-z_][a-z0-9_-]{0,31}$"

  static func checkCount(_ text: String, _ range: ClosedRange<Int>) throws(FormatError) {
    guard let number = Int(text), range.contains(number) else {
      throw FormatError(
        message: "'\(text.prefix(40))' is out of range",
        hint: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  static func checkSize(_ text: String, _ range: ClosedRange<UInt64>) throws(FormatError) {
    let size: UInt64
    do { size = try ByteCount(text).bytes } catch {
      throw FormatError(message: error.message, hint: error.hint)
    }
    guard range.contains(size) else {
      let (least, most) = (ByteCount(bytes: range.lowerBound), ByteCount(bytes: range.upperBound))
      throw FormatError(
        message: "'\(text.prefix(40))' is out of range", hint: "a size from \(least) to \(most)")
    }
  }

  static func checkURI(_ text: String) throws(FormatError) {
    guard text.wholeMatch(of: /[a-z][a-z0-9+.\-]*:\/\/[!-~]*/) != nil else {
      throw FormatError(
        message: "'\(text.prefix(80))' is not a connection URI",
        hint: "for example qemu:///system or qemu:///session")
    }
  }

  static func checkUser(_ text: String) throws(FormatError) {
    guard text.wholeMatch(of: /[a-z_][a-z0-9_\-]{0,31}/) != nil else {
      throw FormatError(
        message: "'\(text.prefix(40))' is not a user's name",
        hint: "lower-case letters, digits, hyphens and underscores: pi, root")
    }
  }
}
