import Foundation
import HostKit
import LabValues

/// Reads what a board that is a machine of its own is made of.
struct MachineReader {
  /// Relative paths begin here.
  let directory: String

  /// The shape has checked each value by itself.
  func read(_ value: Value, into board: inout Board, _ diagnostics: inout Diagnostics) {
    if let text = value["memory"]?.text, let memory = try? MemorySize(text) {
      board.memory = memory.bytes
    }
    if let text = value["cpus"]?.text, let count = Int(text) { board.processors = count }
    board.disk = disk(value, &diagnostics)
  }

  private func disk(_ value: Value, _ diagnostics: inout Diagnostics) -> UserDisk? {
    let (image, ssh) = (value["disk"] ?? value["image"], value["ssh"])
    if let image, !image.isInvalid, ssh == nil {
      diagnostics.report(
        image.place, "a board with a disk image of its own needs 'ssh'",
        hint: "for example: ssh: { user: pi, key: ~/.ssh/id_ed25519 }")
    }
    if let ssh, !ssh.isInvalid, image == nil {
      diagnostics.report(
        ssh.place, "'ssh' is for a board with a disk image of its own",
        hint: "name the disk image with 'disk:', or leave 'ssh' out")
    }
    guard let image, let path = image.text, let user = ssh?["user"]?.text,
      let key = ssh?["key"], let keyPath = key.text
    else { return nil }
    return UserDisk(
      path: file(path, "disk image", image.place, &diagnostics), user: user,
      key: file(keyPath, "SSH key", key.place, &diagnostics))
  }

  private func file(
    _ text: String, _ what: String, _ place: Place, _ diagnostics: inout Diagnostics
  ) -> String {
    let path = absolutePath(text, in: directory)
    do throws(RegularFile.Problem) { _ = try RegularFile(path) } catch {
      let hint = path == text ? nil : "looked for at \(path)"
      diagnostics.reportMissingFile(
        place, "the \(what) '\(text)' \(error.message)", hint: hint)
    }
    return path
  }
}

func absolutePath(_ text: String, in directory: String) -> String {
  if text.hasPrefix("/") { return text }
  if text.hasPrefix("~/") { return NSHomeDirectory() + text.dropFirst() }
  return "\(directory)/\(text)"
}
