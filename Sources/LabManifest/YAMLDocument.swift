import Yams

/// Reads one YAML document into a `Value`.
///
/// Two things that the library does not offer are got by replacing single characters before it reads the text; a
/// character for a character, so that all places stay true:
/// - An asterisk becomes a character that the text does not hold. No alias can so be expanded, neither by the
///   library, which hashes keys without bound, nor here: a plain scalar that begins with the character is an alias,
///   and is refused at its place.
/// - The library gives up at a duplicate key and tells the place of the first one alone. The first character of
///   that key is replaced and the text read again, until all keys differ; the keys get their names back in `Value`.
struct YAMLDocument {
  private var scalars: [Unicode.Scalar]
  private let lineStarts: [Int]
  private var unused: UnusedCharacters
  private let asterisk: Unicode.Scalar
  private var renamed: [Unicode.Scalar: String] = [:]
  private var diagnostics: Diagnostics

  /// Each duplicate costs another reading of the text.
  private static let maximumDuplicates = 32

  /// The document's tree, its unsupported parts invalid and reported in `diagnostics`.
  ///
  /// - Throws: what is not YAML, several documents, or none.
  static func read(_ text: String, into diagnostics: inout Diagnostics) throws(ManifestError)
    -> Value
  {
    var unused = UnusedCharacters(in: text)
    guard let asterisk = unused.next() else {
      diagnostics.report(.wholeFile, "the file is full of private-use characters; is it text?")
      throw diagnostics.error
    }
    var document = YAMLDocument(
      text: text, unused: unused, asterisk: asterisk, diagnostics: diagnostics)
    let root = try document.compose()
    let value = document.value(of: root)
    diagnostics = document.diagnostics
    return value
  }

  private init(
    text: String, unused: UnusedCharacters, asterisk: Unicode.Scalar, diagnostics: Diagnostics
  ) {
    scalars = text.unicodeScalars.map { $0 == "*" ? asterisk : $0 }
    lineStarts = Self.lineStarts(of: scalars)
    self.unused = unused
    self.asterisk = asterisk
    self.diagnostics = diagnostics
  }

  // MARK: Composing

  private mutating func compose() throws(ManifestError) -> Node {
    while true {
      do {
        let text = String(String.UnicodeScalarView(scalars))
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        if let root = try parser.singleRoot() { return root }
        diagnostics.report(
          .wholeFile, "the manifest is empty", hint: "'pilab init' writes one to begin with")
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        let place = Place(context.mark)
        let name = names.first ?? ""
        if rename(keyAt: place, name: name) { continue }
        diagnostics.report(place, "duplicate key '\(restored(name).prefix(80))'")
      } catch {
        report(error)
      }
      throw diagnostics.error
    }
  }

  /// Makes the key at the place differ from its namesakes.
  private mutating func rename(keyAt place: Place, name: String) -> Bool {
    guard renamed.count < Self.maximumDuplicates, lineStarts.indices.contains(place.line - 1)
    else { return false }
    var index = lineStarts[place.line - 1] + place.column - 1
    guard scalars.indices.contains(index) else { return false }
    if scalars[index] == "\"" || scalars[index] == "'" {
      let quote = scalars[index]
      index += 1
      guard scalars.indices.contains(index), scalars[index] != quote else { return false }
    } else if "|>&![{?".unicodeScalars.contains(scalars[index]) {
      return false
    }
    guard let replacement = unused.next() else { return false }
    scalars[index] = replacement
    renamed[replacement] = name
    return true
  }

  private mutating func report(_ error: any Error) {
    switch error {
    case YamlError.composer(_, _, let mark, _):
      // Aliases never reach the composer, so that this is its one complaint.
      diagnostics.report(
        Place(mark), "a second document begins here", hint: "a manifest is one document")
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _):
      let text = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
      diagnostics.report(Place(mark), "not YAML: \(text)", hint: hint(forLine: mark.line))
    case YamlError.reader(let problem, let offset, let value, let yaml):
      diagnostics.report(
        place(ofCharacter: offset, in: yaml), "not YAML: \(problem) (U+\(hex(value)))",
        hint: "a manifest is plain text; remove the character")
    default:
      diagnostics.report(.wholeFile, "not YAML: \(error)")
    }
  }

  private func hint(forLine line: Int) -> String? {
    guard lineStarts.indices.contains(line - 1) else { return nil }
    let indent = scalars[lineStarts[line - 1]...].prefix { $0 == " " || $0 == "\t" }
    return indent.contains("\t") ? "YAML indents with spaces, never with tabs" : nil
  }

  private func hex(_ value: Int32) -> String {
    let digits = String(UInt32(bitPattern: value), radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private func place(ofCharacter offset: Int?, in yaml: String) -> Place {
    guard let offset else { return .wholeFile }
    let index = yaml[..<yaml.index(yaml.startIndex, offsetBy: offset)].unicodeScalars.count
    let line = lineStarts.lastIndex { $0 <= index } ?? 0
    return Place(line: line + 1, column: index - lineStarts[line] + 1)
  }

  /// libyaml breaks lines at LF, CR, CR LF, NEL, LS and PS.
  private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
    var starts = [0]
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\r" where index + 1 < scalars.count && scalars[index + 1] == "\n": break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": starts.append(index + 1)
      default: break
      }
    }
    return starts
  }

  // MARK: Reading the tree

  private mutating func value(of node: Node) -> Value {
    let place = node.mark.map(Place.init) ?? .wholeFile
    switch node {
    case .scalar(let scalar): return value(of: scalar, at: place)
    case .sequence(let sequence):
      guard accepts(sequence.tag, at: place) else { return .invalid(at: place) }
      return Value(place: place, content: .list(sequence.map { value(of: $0) }))
    case .mapping(let mapping):
      guard accepts(mapping.tag, at: place) else { return .invalid(at: place) }
      return Value(place: place, content: .object(mapping.compactMap { field($0.key, $0.value) }))
    case .alias: return .invalid(at: place)
    }
  }

  private mutating func value(of scalar: Node.Scalar, at place: Place) -> Value {
    let text = restored(scalar.string)
    let isPlain = scalar.style == .plain
    if isPlain, scalar.string.unicodeScalars.first == asterisk {
      diagnostics.report(
        place, "the alias '\(text.prefix(40))' is not supported", hint: "write the value out")
      return .invalid(at: place)
    }
    switch scalar.tag.rawValue {
    case Tag.Name.implicit.rawValue:
      return Value(
        place: place, content: .scalar(text, isPlain ? ScalarType(plain: text) : .text))
    case Tag.Name.str.rawValue, Tag.Name.nonSpecific.rawValue:
      return Value(place: place, content: .scalar(text, .text))
    default:
      _ = accepts(scalar.tag, at: place)
      return .invalid(at: place)
    }
  }

  /// Whether there is no tag, which is said where there is one.
  private mutating func accepts(_ tag: Tag, at place: Place) -> Bool {
    guard tag.rawValue != Tag.Name.implicit.rawValue else { return true }
    let text = restored(tag.rawValue).prefix(80)
    diagnostics.report(place, "the tag '\(text)' is not supported", hint: "leave the tag out")
    return false
  }

  private mutating func field(_ key: Node, _ value: Node) -> Value.Field? {
    guard let scalar = key.scalar else {
      diagnostics.report(
        key.mark.map(Place.init) ?? .wholeFile, "a key must be text, not a map or a list")
      return nil
    }
    let place = scalar.mark.map(Place.init) ?? .wholeFile
    // As a value it is an alias or has a tag, and is reported as that.
    if self.value(of: scalar, at: place).isInvalid { return nil }
    return Value.Field(
      key: restored(scalar.string), keyPlace: place, value: self.value(of: value))
  }

  /// The text as the file has it.
  private func restored(_ text: String) -> String {
    if !renamed.isEmpty,
      let name = text.unicodeScalars.lazy.compactMap({ renamed[$0] }).first
    {
      return restored(name)
    }
    guard text.unicodeScalars.contains(asterisk) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == asterisk ? "*" : $0 }))
  }
}

extension Place {
  fileprivate init(_ mark: Mark) {
    self.init(line: mark.line, column: mark.column)
  }
}

/// Hands out private-use characters that a text does not hold.
private struct UnusedCharacters {
  private var remaining: [Unicode.Scalar]

  init(in text: String) {
    let used = Set(text.unicodeScalars)
    remaining = (0xE000...0xF8FF).compactMap(Unicode.Scalar.init).filter { !used.contains($0) }
  }

  mutating func next() -> Unicode.Scalar? { remaining.popLast() }
}
