import HostKit

extension LabManifest {
  /// Larger files are refused: a manifest is written by hand.
  static let maximumBytes = 1 << 20

  /// What messages call a manifest that has no file.
  public static let standardInput = "<standard input>"
}

extension ManifestGrammar {
  /// Reads the manifest at a path.
  ///
  /// - Parameter checksImages: whether the exchanges' images have to be there; not where another is sent instead.
  /// - Throws: all that is wrong with it, in the order of the file.
  public func load(
    contentsOf path: String, checksImages: Bool = true
  ) throws(ManifestError) -> LabManifest {
    let bytes: [UInt8]
    do throws(RegularFile.Problem) {
      bytes = try RegularFile(path).contents(limit: LabManifest.maximumBytes)
    } catch {
      let hint = error == .missing ? "'pilab init' writes one to begin with" : nil
      var diagnostic = Diagnostic(
        file: path, line: 0, column: 0, message: "the manifest \(error.message)", hint: hint)
      diagnostic.isOfMissingFile = error != .larger(than: LabManifest.maximumBytes)
      throw ManifestError([diagnostic])
    }
    return try parse(bytes, path: path, checksImages: checksImages)
  }

  /// Reads a manifest from an open pipe or file to its end; relative paths begin in the current folder.
  ///
  /// - Throws: all that is wrong with it, in the order of the text.
  public func load(descriptor: Int32) throws(ManifestError) -> LabManifest {
    let bytes: [UInt8]
    do throws(RegularFile.Problem) {
      bytes = try Descriptor.read(descriptor, limit: LabManifest.maximumBytes)
    } catch {
      throw ManifestError([
        Diagnostic(
          file: LabManifest.standardInput, line: 0, column: 0,
          message: "the manifest \(error.message)")
      ])
    }
    return try parse(bytes, path: LabManifest.standardInput)
  }

  private func parse(
    _ bytes: [UInt8], path: String, checksImages: Bool = true
  ) throws(ManifestError) -> LabManifest {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let place = Self.firstInvalidUTF8(in: bytes)
      throw ManifestError([
        Diagnostic(
          file: path, line: place.line, column: place.column,
          message: "the manifest is not UTF-8 text", hint: "save it in the encoding UTF-8")
      ])
    }
    return try parse(text, path: path, checksImages: checksImages)
  }

  /// Reads a manifest's text; `path` names it in messages and is where relative paths begin.
  ///
  /// - Throws: all that is wrong with it, in the order of the text.
  public func parse(
    _ text: String, path: String, checksImages: Bool = true
  ) throws(ManifestError) -> LabManifest {
    var diagnostics = Diagnostics(file: path)
    guard text.utf8.count <= LabManifest.maximumBytes else {
      diagnostics.report(
        .wholeFile,
        "the manifest \(RegularFile.Problem.larger(than: LabManifest.maximumBytes).message)")
      throw diagnostics.error
    }
    let byteOrderMark: Unicode.Scalar = "\u{FEFF}"
    let body = text.unicodeScalars.first == byteOrderMark ? text.unicodeScalars.dropFirst() : nil
    let root = try YAMLDocument.read(body.map(String.init) ?? text, into: &diagnostics)
    guard case .object = root.content else {
      if !root.isInvalid {
        diagnostics.report(
          root.place, "a manifest is a map of keys, not \(root.kind)",
          hint: "'pilab init' writes one to begin with")
      }
      throw diagnostics.error
    }
    var checker = ShapeChecker(diagnostics: diagnostics)
    let checked = checker.check(root, .manifest(self), key: "manifest", owner: root.place)
    var reader = ManifestReader(
      self, path: path, checksImages: checksImages, diagnostics: checker.diagnostics)
    return try reader.read(checked)
  }

  private static func firstInvalidUTF8(in text: [UInt8]) -> Place {
    var place = Place(line: 1, column: 1)
    var decoder = UTF8()
    var bytes = text.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&bytes) {
      place =
        scalar == "\n"
        ? Place(line: place.line + 1, column: 1)
        : Place(line: place.line, column: place.column + 1)
    }
    return place
  }
}
