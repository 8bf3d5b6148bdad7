import LabResults
import Pictures

/// What is said of a picture whose bytes are compressed: that they leak nothing, or that its pixels were sent instead.
enum SentPixels {
  /// Of an exchange that sent pixels: "holiday.jpg (JPEG, 2.1 MB, 4000 × 3000 pixels)".
  static func source(_ source: PictureSource) -> String {
    "\(source.name) (\(source.format), \(Human.bytes(source.bytes)), "
      + "\(source.width) × \(source.height) pixels)"
  }

  /// "640 × 480 pixels, 16 colours".
  static func sent(_ source: PictureSource) -> String {
    let colours = source.colours.map { "at most \($0) colours" } ?? "all colours"
    return "\(source.sentWidth) × \(source.sentHeight) pixels, \(colours)"
  }

  /// Why a ciphertext shows what it shows; nil where there is nothing to say.
  /// - Parameter original: path of what was sent.
  static func explanation(_ exchange: ExchangeResult, original: String?) -> String? {
    if let source = exchange.image.source {
      guard ["JPEG", "PNG"].contains(source.format) else { return nil }
      return "The pixels of \(source.name) were encrypted, not its bytes: those of a "
        + "\(source.format) are compressed, so that hardly a block comes twice, and even ECB would "
        + "show noise."
    }
    return suggestion(exchange, original: original)
  }

  /// For forms without pictures: the first such of a run.
  /// - Parameter folder: That the report's file paths are relative to.
  static func suggestion(_ report: RunResult, folder: String) -> String? {
    report.shownExchanges.lazy.filter { $0.image.source == nil }.compactMap { exchange in
      suggestion(exchange, original: ExchangeFiles(exchange, folder: folder).original)
        .map { "\(exchange.name): \($0)" }
    }.first
  }

  private static func suggestion(_ exchange: ExchangeResult, original: String?) -> String? {
    guard exchange.usesECB, exchange.verdict == .identical,
      let original, let format = CompressedFormat(of: original)
    else { return nil }
    return "The file is a \(format.name): its bytes are compressed, so that hardly a block comes "
      + "twice, and ECB shows noise. To see what ECB leaks of this picture, send its pixels: "
      + "repeat the run with --pixels."
  }
}

extension ExchangeResult {
  /// Electronic Codebook mode: equal blocks stay equal.
  var usesECB: Bool { cipher.hasSuffix("-ecb") }
}
