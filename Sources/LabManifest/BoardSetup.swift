import HostKit
import LabValues

/// A file of this machine that a board gets before anything runs on it.
public struct BoardFile: Sendable, Equatable {
  /// On the board, relative to its working folder.
  public var path: String
  /// Absolute path on this machine; manifests give it relative to themselves.
  public var source: String

  public init(path: String, source: String) {
    self.path = path
    self.source = source
  }
}

/// What a board is made ready with when its lab comes up.
public struct BoardSetup: Sendable, Equatable {
  /// In the order of the manifest.
  public var files: [BoardFile] = []
  /// The words of commands, done in this order once the files are there.
  public var commands: [[String]] = []
  /// Of each command.
  public var timeout = defaultTimeout

  public init() {}

  static let defaultTimeout = Duration.seconds(600)
  /// Of files, and of commands.
  static let most = 100
}

extension Shape {
  static let setup = [
    Key(
      name: "files", shape: .pairs(key: .boardPath, of: .scalar(.path), entry: "file"),
      defaultText: "none",
      meaning: "files to put there when the lab comes up, by their paths on the board"),
    Key(
      name: "provision",
      shape: .sequence(
        of: .byKind(
          scalar: .text, list: .sequence(of: .scalar(.text), entry: "word", minimum: 1)),
        entry: "command", minimum: 1), defaultText: "none",
      meaning: "commands to run there after that, in order: a list of words, or a text for sh"),
    Key(
      name: "provisionTimeout", shape: .scalar(.duration),
      defaultText: DurationText.format(BoardSetup.defaultTimeout),
      meaning: "how long each of these commands may take"),
  ]
}

/// Reads what a board is made ready with.
struct SetupReader {
  /// Relative paths begin here.
  let directory: String

  /// The shape has checked each value by itself.
  func read(_ value: Value, _ diagnostics: inout Diagnostics) -> BoardSetup {
    var setup = BoardSetup()
    if let files = value["files"] { setup.files = read(files: files, &diagnostics) }
    if let commands = value["provision"] {
      checkCount(commands.elements.count, "commands", commands.place, &diagnostics)
      setup.commands = commands.elements.map { command in
        command.text.map { ["sh", "-c", $0] } ?? command.elements.compactMap(\.text)
      }
    }
    if let text = value["provisionTimeout"]?.text, let timeout = try? DurationText.parse(text) {
      setup.timeout = timeout
    }
    return setup
  }

  private func read(files: Value, _ diagnostics: inout Diagnostics) -> [BoardFile] {
    checkCount(files.fields.count, "files", files.place, &diagnostics)
    let paths = Set(files.fields.map(\.key))
    return files.fields.compactMap { field in
      if Self.isTaken(field.key) {
        diagnostics.report(
          field.keyPlace, "pilab itself puts something at '\(field.key)'",
          hint: "give the file another name")
      }
      if let inside = paths.sorted().first(where: { $0.hasPrefix(field.key + "/") }) {
        diagnostics.report(
          field.keyPlace, "'\(field.key)' cannot be a file and the folder of '\(inside)'")
      }
      guard let text = field.value.text else { return nil }
      let source = absolutePath(text, in: directory)
      do throws(RegularFile.Problem) { _ = try RegularFile(source) } catch {
        diagnostics.reportMissingFile(
          field.value.place, "the file '\(text)' \(error.message)",
          hint: source == text ? nil : "looked for at \(source)")
      }
      return BoardFile(path: field.key, source: source)
    }
  }

  private func checkCount(
    _ count: Int, _ what: String, _ place: Place, _ diagnostics: inout Diagnostics
  ) {
    guard count > BoardSetup.most else { return }
    diagnostics.report(
      place, "these are \(count) \(what)", hint: "a board has at most \(BoardSetup.most)")
  }

  /// Where exchanges put programs and key, and pilab what it notes on boards.
  private static func isTaken(_ path: String) -> Bool {
    [
      "bin/pi-sender", "bin/pi-receiver", "bin/pi-interceptor", "alt/pi-sender", "alt/pi-receiver",
      "psk", "bin", "alt",
    ].contains(path)
      || path.hasPrefix(".pilab")
  }
}
