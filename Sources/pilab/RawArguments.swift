import Foundation
import HostKit
import LabCore
import LabRun
import ProgramStart

/// The command line's bytes. Names of files need not be UTF-8, though all text of pilab's is: a picture of such a name
/// is reached through a link with a readable one, and what else is not UTF-8 is refused before anything is done.
final class RawArguments {
  /// Without the program's name; all UTF-8.
  private(set) var list: [String] = []
  /// Holds the link.
  private var folder: String?

  /// - Throws: `usage`, `image_missing`.
  init() throws(LabError) {
    for (index, argument) in ProgramStart.rawArguments.enumerated().dropFirst() {
      let bytes = [UInt8](UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
      if let word = String(validating: bytes, as: UTF8.self) {
        list.append(word)
      } else {
        list.append(try readable(bytes, index))
      }
    }
  }

  deinit { removeLink() }

  func removeLink() {
    guard let folder else { return }
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func readable(_ bytes: [UInt8], _ index: Int) throws(LabError) -> String {
    let option = Array("--image=".utf8)
    guard list.first == "run" else { throw refusal(bytes, index) }
    if list.last == "--image" { return try link(to: bytes) }
    guard bytes.starts(with: option) else { throw refusal(bytes, index) }
    return "--image=" + (try link(to: Array(bytes.dropFirst(option.count))))
  }

  private func refusal(_ bytes: [UInt8], _ index: Int) -> LabError {
    LabError(
      .usage, "argument \(index) is not UTF-8: '\(Self.visible(bytes))'",
      hint:
        "rename the file, or make a link to it: ln -s. Only 'pilab run --image FILE' takes such a name"
    )
  }

  /// - Returns: the path of a symbolic link.
  private func link(to path: [UInt8]) throws(LabError) -> String {
    let shown = Self.visible(path)
    guard access(path.map(CChar.init(bitPattern:)) + [0], F_OK) == 0 else {
      throw LabError(
        .imageMissing, "cannot find the image \(shown)", cause: SystemError.last.description)
    }
    var target = path
    if path.first != UInt8(ascii: "/"), let here = CurrentFolder.bytes {
      target = here + [0x2F] + path
    }
    let folder = try Self.temporaryFolder(for: shown)
    removeLink()
    self.folder = folder
    let link = "\(folder)/\(Self.name(shown))"
    guard symlink(target.map(CChar.init(bitPattern:)) + [0], link) == 0 else {
      throw Self.cannotLink(shown)
    }
    return link
  }

  /// What TMPDIR names may not be there, or not be this user's.
  private static func temporaryFolder(for shown: String) throws(LabError) -> String {
    let wanted = FileManager.default.temporaryDirectory.path
    for place in [wanted, "/tmp"] {
      var template = Array("\(place)/pilab-image-XXXXXX".utf8CString)
      guard mkdtemp(&template) == nil else {
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
    }
    throw cannotLink(shown, in: wanted)
  }

  private static func cannotLink(_ shown: String, in folder: String? = nil) -> LabError {
    let cause = SystemError.last.description
    let place = folder.map { " in \($0)" } ?? ""
    return LabError(
      .imageNotLinked, "cannot make a link\(place) to the image \(shown), whose name is not UTF-8",
      hint: "rename the image\(folder == nil ? "" : ", or set TMPDIR to a folder of yours")",
      cause: cause)
  }

  /// The last part of a path, in the middle cut to what a file may be called.
  private static func name(_ shown: String) -> String {
    let name = shown.split(separator: "/").last.map(String.init) ?? "image"
    return name.utf8.count <= 250 ? name : "\(name.prefix(40))…\(name.suffix(20))"
  }

  /// Bytes that are no text as `\xff`.
  static func visible(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let length = (1...4).first {
        $0 <= rest.count && String(validating: rest.prefix($0), as: UTF8.self) != nil
      }
      if let length {
        text += String(decoding: rest.prefix(length), as: UTF8.self)
      } else {
        text += "\\x" + String(first, radix: 16)
      }
      rest = rest.dropFirst(length ?? 1)
    }
    return text
  }
}
