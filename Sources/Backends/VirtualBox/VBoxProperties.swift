/// What `VBoxManage … --machinereadable` says, in its order.
///
/// One `key=value` a line. Text is in quotes, with `\"` and `\\` for quote and backslash; but line feeds are as they are,
/// some values have no escapes at all (names of networks and snapshots), some have words after the closing quote, and
/// some lines are no pairs. The same key may come several times: `Forwarding(0)` once for each adapter with NAT.
/// See VBoxManageInfo.cpp of VirtualBox.
struct VBoxProperties: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    var key: String
    var value: String
  }

  let entries: [Entry]

  private static let mostLinesOfValue = 10_000

  init(_ text: String) {
    var entries: [Entry] = []
    // CR and LF are one character.
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }[...]
    while let line = lines.popFirst() {
      guard let (key, rest) = Self.key(of: line) else { continue }
      guard rest.first == "\"" else {
        entries.append(Entry(key: key, value: String(rest)))
        continue
      }
      entries.append(Entry(key: key, value: Self.quoted(rest.dropFirst(), &lines)))
    }
    self.entries = entries
  }

  subscript(key: String) -> String? { entries.first { $0.key == key }?.value }

  func all(_ key: String) -> [String] { entries.filter { $0.key == key }.map(\.value) }

  /// Rules of an adapter's NAT: what follows its `natnet` and precedes the next adapter.
  func forwards(ofAdapter number: Int) -> [String] {
    guard let begin = entries.firstIndex(where: { $0.key == "natnet\(number)" }) else { return [] }
    return entries[begin...].dropFirst()
      .prefix { $0.key != "nic\(number + 1)" && !$0.key.hasPrefix("natnet") }
      .filter { $0.key.hasPrefix("Forwarding(") }.map(\.value)
  }

  private static func key(of line: Substring) -> (String, Substring)? {
    if line.first == "\"" {
      let inside = line.dropFirst()
      guard let end = firstQuote(inside) else { return nil }
      let rest = inside[inside.index(after: end)...]
      guard rest.first == "=" else { return nil }
      return (plain(inside[..<end]), rest.dropFirst())
    }
    guard let equals = line.firstIndex(of: "="), equals != line.startIndex else { return nil }
    return (String(line[..<equals]), line[line.index(after: equals)...])
  }

  /// The value up to the last quote of its line, or of the first line that ends with one.
  private static func quoted(
    _ first: Substring, _ lines: inout ArraySlice<Substring>
  ) -> String {
    if let end = lastQuote(first) { return plain(first[..<end]) }
    var parts = [first]
    for (count, line) in lines.enumerated() where count < mostLinesOfValue {
      if let end = lastQuote(line), line.index(after: end) == line.endIndex {
        parts.append(line[..<end])
        lines = lines.dropFirst(count + 1)
        return plain(parts.joined(separator: "\n")[...])
      }
      parts.append(line)
    }
    return plain(first)
  }

  private static func firstQuote(_ text: Substring) -> Substring.Index? {
    var isEscaped = false
    for index in text.indices {
      if text[index] == "\"", !isEscaped { return index }
      isEscaped = text[index] == "\\" && !isEscaped
    }
    return nil
  }

  private static func lastQuote(_ text: Substring) -> Substring.Index? {
    var (isEscaped, found) = (false, Substring.Index?.none)
    for index in text.indices {
      if text[index] == "\"", !isEscaped { found = index }
      isEscaped = text[index] == "\\" && !isEscaped
    }
    return found
  }

  /// Backslashes before other characters are what they are: not every value is escaped.
  private static func plain(_ text: Substring) -> String {
    var (result, isEscaped) = ("", false)
    for character in text {
      if isEscaped {
        if character != "\"", character != "\\" { result.append("\\") }
        result.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return isEscaped ? result + "\\" : result
  }
}
