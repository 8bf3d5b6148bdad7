/// Finds what a mistyped word was meant to be.
public enum Suggestion {
  /// The candidate within a third of the word's length in edits, the nearest one; nil where none is that near.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let typed = Array(word.lowercased().unicodeScalars)
    guard typed.count <= 64 else { return nil }
    let allowed = max(1, typed.count / 3)
    let ranked = candidates.map {
      (name: $0, distance: distance(typed, Array($0.lowercased().unicodeScalars)))
    }
    guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= allowed
    else { return nil }
    return best.name
  }

  /// A longer list is cut.
  private static let listed = 12

  /// `did you mean 'cipher'? there are: …`, the question only where a candidate is near.
  public static func hint(for word: String, among candidates: [String], listing what: String)
    -> String
  {
    let cut = candidates.count > listed ? ", …" : ""
    let list = "\(what): " + candidates.prefix(listed).joined(separator: ", ") + cut
    guard let near = nearest(to: word, among: candidates) else { return list }
    return "did you mean '\(near)'? \(list)"
  }

  /// Edits between two words: insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  package static func distance<T: Equatable>(_ a: [T], _ b: [T]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var current = [i + 1] + [Int](repeating: 0, count: b.count)
      for j in b.indices {
        let cost = a[i] == b[j] ? 0 : 1
        current[j + 1] = min(last[j + 1] + 1, current[j] + 1, last[j] + cost)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
        }
      }
      (beforeLast, last) = (last, current)
    }
    return last[b.count]
  }
}
