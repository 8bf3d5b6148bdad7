/// What VBoxManage says, without what it says to everybody.
enum VBoxText {
  /// The last line of the warning of a machine whose driver is not loaded; as of VBox.sh, which VBoxManage is on Linux.
  private static let lastOfWarning = "You will not be able to start VMs until this problem is fixed"
  private static let longestWarning = 20

  /// Leaves out warnings before the answer and carriage returns.
  static func answer(_ text: String) -> String {
    // CR and LF are one character.
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }[...]
    while let first = lines.first {
      if first.allSatisfy(\.isWhitespace), lines.count > 1 {
        lines.removeFirst()
      } else if first.lowercased().hasPrefix("warning:") {
        let last = lines.prefix(longestWarning).firstIndex { $0.contains(lastOfWarning) }
        lines = lines[((last ?? lines.startIndex) + 1)...]
      } else {
        break
      }
    }
    return lines.joined(separator: "\n")
  }

  /// What `list vms` and its like say: `"name" {uuid}`, names as they are. A name may hold anything, so the line is read
  /// from its end.
  static func machines(_ text: String) -> [(name: String, uuid: String)] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("\""), line.hasSuffix("}"),
        let brace = line.lastIndex(of: "{"),
        let quote = line[..<brace].lastIndex(of: "\""), quote > line.startIndex
      else { return nil }
      let name = line[line.index(after: line.startIndex)..<quote]
      let uuid = line[line.index(after: brace)...].dropLast()
      return (String(name), uuid.lowercased())
    }
  }

  /// What `list hdds` and `list dvds` say: blocks of `Key:   value`.
  static func media(_ text: String) -> [(uuid: String, location: String)] {
    var found: [(uuid: String, location: String)] = []
    var uuid: String?
    for line in text.split(separator: "\n") {
      if let value = value(of: "UUID", line) { uuid = value.lowercased() }
      if let value = value(of: "Location", line), let known = uuid {
        found.append((known, value))
        uuid = nil
      }
    }
    return found
  }

  private static func value(of key: String, _ line: Substring) -> String? {
    guard line.hasPrefix("\(key):") else { return nil }
    return String(line.dropFirst(key.count + 1).drop { $0 == " " })
  }
}
