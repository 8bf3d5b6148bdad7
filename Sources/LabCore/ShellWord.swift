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

  /// As people write it: quoted only where that needs it, as most paths do not.
  package static func asNeeded(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "/._-+,:@%=".utf8.contains(byte)
        }
      }
    return isPlain ? word : quoted(word)
  }

  /// Arguments that each stay one word.
  package static func line(_ arguments: [String]) -> String {
    arguments.map(quoted).joined(separator: " ")
  }
}
