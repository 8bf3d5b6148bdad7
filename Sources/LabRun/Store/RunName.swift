import Foundation
import HostKit
import LabCore

/// What a run's folder among its lab's runs is called: when the run began, as `2026-11-23T22-42-33Z`, and where that was
/// taken numbers, as `2026-11-23T22-42-33Z-2`. Whatever else lies there is no run of pilab's.
struct RunName: Comparable {
  let text: String
  private let time: Substring
  private let numbers: [UInt32]

  private static let digits = "dddd-dd-ddTdd-dd-ddZ"

  /// nil where it is no such name.
  init?(_ text: String) {
    let length = Self.digits.count
    guard text.utf8.count >= length, text.allSatisfy(\.isASCII) else { return nil }
    for (character, form) in zip(text, Self.digits) {
      guard form == "d" ? character.isNumber : character == form else { return nil }
    }
    self.text = text
    time = text.prefix(length)
    var numbers: [UInt32] = []
    let rest = text.dropFirst(length)
    guard rest.isEmpty || rest.first == "-" else { return nil }
    for part in rest.split(separator: "-", omittingEmptySubsequences: false).dropFirst() {
      guard part.allSatisfy(\.isNumber), let number = UInt32(part) else { return nil }
      numbers.append(number)
    }
    self.numbers = numbers
  }

  /// The second of a time comes after the first, and the tenth after the ninth.
  static func < (a: RunName, b: RunName) -> Bool {
    guard a.time == b.time else { return a.time < b.time }
    return a.numbers.lexicographicallyPrecedes(b.numbers)
  }
}

extension LabFolder {
  /// Names of the finished runs, the oldest first.
  /// - Throws: `lab_folder_failed` where this user cannot look.
  func runNames() throws(LabError) -> [String] {
    try namesOfRuns().compactMap(RunName.init)
      .filter { FileStatus("\(runs)/\($0.text)", followsLinks: false)?.isFolder == true }
      .sorted().map(\.text)
  }

  /// All that lies among the runs; nothing where there is no such folder.
  func namesOfRuns() throws(LabError) -> [String] {
    do {
      guard try Folder.exists(path), try Folder.exists(runs) else { return [] }
      try Folder.checkReadable(runs)
      return try FileManager.default.contentsOfDirectory(atPath: runs)
    } catch {
      throw LabError(
        .labFolderFailed, "cannot look into \(runs)", SystemFault(error, path: runs, .read),
        step: "find")
    }
  }
}
