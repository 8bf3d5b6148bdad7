/// Words for a POSIX shell, busybox ash included.
package enum ShellWord {
  /// The word as the shell reads it back, whatever bytes it has; there is no NUL in a word.
  package static func quoted(_ word: String) -> String {
    // Not by characters: one of those may hold a quote and a combining mark.
    var bytes: [UInt8] = [UInt8(ascii: "'")]
    for byte in word.utf8 {
      bytes += byte == UInt8(ascii: "'") ? Array("'\\''".utf8) : [byte]
    }
    return String(decoding: bytes + [UInt8(ascii: "'")], as: UTF8.self)
  }

  /// Arguments that each stay one word.
  package static func line(_ arguments: [String]) -> String {
    arguments.map(quoted).joined(separator: " ")
  }
}
