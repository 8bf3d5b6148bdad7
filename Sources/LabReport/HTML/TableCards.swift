/// Makes tables of class `cards` ready to be shown as cards, where there is no room for a table: each cell gets the head
/// of its column as a label, and every part the role that it loses when it is no longer laid out as a table.
///
/// It works on finished pages, so that heads may be a template's own words as well as names of boards. Text in them is
/// escaped: what looks like a tag is one.
enum TableCards {
  private static let table = "<table "

  static func labelled(_ html: String) -> String {
    let parts = html.split(separator: table, omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in
      guard index > 0, let end = part.firstRange(of: "</table>"),
        part.prefix(while: { $0 != ">" }).contains("cards")
      else { return (index > 0 ? table : "") + part }
      let rest = part[end.lowerBound...]
      return "\(table)role=\"table\" \(rows(part[..<end.lowerBound]))\(rest)"
    }.joined()
  }

  /// - Parameter content: of one table, behind the name of its tag.
  private static func rows(_ content: Substring) -> String {
    var heads: [Substring] = []
    var (column, isHead) = (0, false)
    let pieces = content.split(separator: "<", omittingEmptySubsequences: false).map { piece in
      let tag = piece.prefix { $0.isLetter || $0 == "/" }
      switch tag {
      case "thead", "tbody":
        isHead = tag == "thead"
        return "\(tag) role=\"rowgroup\"\(piece.dropFirst(tag.count))"
      case "tr":
        column = 0
        return "tr role=\"row\"\(piece.dropFirst(tag.count))"
      case "th" where isHead:
        heads.append(piece.drop { $0 != ">" }.dropFirst())
        return "th role=\"columnheader\"\(piece.dropFirst(tag.count))"
      case "th", "td":
        defer { column += 1 }
        let label = column < heads.count ? " data-label=\"\(heads[column])\"" : ""
        let role = tag == "th" ? "rowheader" : "cell"
        return "\(tag) role=\"\(role)\"\(label)\(piece.dropFirst(tag.count))"
      default: return String(piece)
      }
    }
    return pieces.joined(separator: "<")
  }
}
