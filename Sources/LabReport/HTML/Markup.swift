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
    try library.register(text(PackageResources.head_mustache), named: "head")
    try library.register(text(PackageResources.report_mustache), named: "report")
    try library.register(text(PackageResources.exchange_mustache), named: "exchange")
    try library.register(text(PackageResources.numbers_mustache), named: "numbers")
    try library.register(text(PackageResources.compare_mustache), named: "compare")
    try library.register(text(PackageResources.figures_mustache), named: "figures")
    try library.register(text(PackageResources.figure_mustache), named: "figure")
    try library.register(text(PackageResources.sequence_mustache), named: "sequence")
    try library.register(text(PackageResources.sweep_mustache), named: "sweep")
    try library.register(text(PackageResources.plot_mustache), named: "plot")
    try library.register(text(PackageResources.history_mustache), named: "history")
    try library.register(text(PackageResources.links_mustache), named: "links")
    try library.register(text(PackageResources.pairs_mustache), named: "pairs")
    try library.register(text(PackageResources.tests_mustache), named: "tests")
    try library.register(text(PackageResources.cell_mustache), named: "cell")
    try library.register(text(PackageResources.tested_mustache), named: "tested")
    try library.register(text(PackageResources.frames_mustache), named: "frames")
    try library.register(text(PackageResources.middle_mustache), named: "middle")
    try library.register(text(PackageResources.style_mustache), named: "style")
    return library
  }

  private static func text(_ resource: [UInt8]) -> String {
    String(decoding: resource, as: UTF8.self)
  }
}
