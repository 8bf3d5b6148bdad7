import Foundation

/// What a serial console shows.
package enum ConsoleText {
  /// The last lines that hold anything, without what only moves the cursor.
  static func lastLines(of text: String, _ count: Int) -> [String] {
    let plain = text.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]|\u{1B}[()][A-Z0-9]|\u{1B}c/, with: "")
    let lines = plain.split(whereSeparator: \.isNewline).map { line in
      String(
        line.filter {
          $0 == "\t" || !($0.unicodeScalars.first?.properties.generalCategory == .control)
        }
      )
      .trimmingCharacters(in: .whitespaces)
    }
    let all = lines.filter { !$0.isEmpty }.map { String($0.prefix(200)) }
    // A kernel says why it panics, and then where it was, which is longer.
    let panic = all.dropLast(count).last { $0.contains("Kernel panic") }
    return (panic.map { [$0] } ?? []) + all.suffix(count)
  }

  /// Whether the kernel has written that it had no memory left.
  package static func saysOutOfMemory(_ text: String) -> Bool {
    ["Out of memory", "out of memory", "System is deadlocked on memory", "too little memory"]
      .contains { text.contains($0) }
  }

  /// What the initramfs of Debian's family says, and the kernel itself.
  static func saysNoRoot(_ text: String) -> Bool {
    ["Gave up waiting for root", "Unable to mount root fs", "Cannot open root device"]
      .contains { text.contains($0) }
  }
}
