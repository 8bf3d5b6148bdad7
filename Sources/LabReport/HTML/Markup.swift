import Mustache

/// Escapes text for HTML, element content and quoted attributes alike.
///
/// The template library's own escaping compares characters, and a quotation mark followed by a
/// combining accent is another character than the mark alone, so it would pass and end an
/// attribute. HTML is parsed by code point, so escaping goes by byte.
struct Markup: MustacheContentType {
  static let name = "MARKUP"

  func escapeText(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      case UInt8(ascii: "'"): bytes += "&#39;".utf8
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The report's templates, parsed. Templates name their content type in their first line.
  static func library() throws -> MustacheLibrary {
    MustacheContentTypes.register(Markup(), named: name)
    var library = MustacheLibrary()
    for (name, resource) in pages + parts + drawings {
      try library.register(text(resource), named: name)
    }
    return library
  }

  private static let pages: [(String, [UInt8])] = [
    ("report", PackageResources.report_mustache), ("compare", PackageResources.compare_mustache),
    ("history", PackageResources.history_mustache), ("svg", PackageResources.svg_mustache),
  ]

  private static let parts: [(String, [UInt8])] = [
    ("head", PackageResources.head_mustache), ("cards", PackageResources.cards_mustache),
    ("style", PackageResources.style_mustache),
    ("palette", PackageResources.palette_mustache),
    ("exchange", PackageResources.exchange_mustache),
    ("numbers", PackageResources.numbers_mustache),
    ("figures", PackageResources.figures_mustache), ("figure", PackageResources.figure_mustache),
    ("sequence", PackageResources.sequence_mustache), ("sweep", PackageResources.sweep_mustache),
    ("plot", PackageResources.plot_mustache), ("links", PackageResources.links_mustache),
    ("pairs", PackageResources.pairs_mustache), ("tests", PackageResources.tests_mustache),
    ("cell", PackageResources.cell_mustache), ("tested", PackageResources.tested_mustache),
    ("compared", PackageResources.compared_mustache),
    ("intervals", PackageResources.intervals_mustache),
    ("frames", PackageResources.frames_mustache), ("middle", PackageResources.middle_mustache),
  ]

  /// What pages and files draw alike, and its style.
  private static let drawings: [(String, [UInt8])] = [
    ("drawing", PackageResources.drawing_mustache),
    ("plot-drawing", PackageResources.plot_drawing_mustache),
    ("pictures-drawing", PackageResources.pictures_drawing_mustache),
    ("intervals-drawing", PackageResources.intervals_drawing_mustache),
    ("line-key", PackageResources.line_key_mustache),
    ("timeline-drawing", PackageResources.timeline_drawing_mustache),
    ("phase-key", PackageResources.phase_key_mustache),
    ("links-drawing", PackageResources.links_drawing_mustache),
    ("parties", PackageResources.parties_mustache),
    ("sequence-drawing", PackageResources.sequence_drawing_mustache),
    ("frames-drawing", PackageResources.frames_drawing_mustache),
    ("middle-drawing", PackageResources.middle_drawing_mustache),
  ]

  /// A whole page.
  /// - Throws: Only where a built-in template is broken, which is a bug.
  static func page(_ view: Any, _ template: String) throws -> String {
    guard let html = try library().render(view, withTemplate: template) else {
      throw HTMLReportError.templateMissing
    }
    return TableCards.labelled(html)
  }

  static func text(_ resource: [UInt8]) -> String {
    String(decoding: resource, as: UTF8.self)
  }
}
