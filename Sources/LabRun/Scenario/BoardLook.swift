import LabCore
import LabManifest
import LabResults

/// Looks at the files that an exchange leaves on its boards, where they lie.
struct BoardLook: Sendable {
  let lab: LabInUse
  let plan: ExchangePlan

  /// Prints a line for each file that is there: its hash and its place.
  private static let script = """
    for f; do
      if [ -e "$f" ] || [ -L "$f" ]; then sha256sum "$f" || exit 1; fi
    done
    """
  private static let limit = 1 << 16

  /// By the names of the manifest; those of a board that cannot be asked are left out. Nil for one that is absent.
  func facts() async throws(LabError) -> [String: String?] {
    var found: [String: String?] = [:]
    for board in Set(plan.artifacts.map(\.board)).sorted() {
      let files = artifacts(on: board)
      guard !files.isEmpty, let hashes = try await hashes(of: files.map(\.path), on: board) else {
        continue
      }
      for file in files { found[file.name] = .some(hashes[file.path]) }
    }
    return found
  }

  func paths(on board: String) -> [String] { artifacts(on: board).map(\.path) }

  private func artifacts(on board: String) -> [(name: String, path: String)] {
    plan.artifacts.filter { $0.board == board && $0.artifact != .original }
      .map { ($0.artifact.fileName, $0.path.description) }
  }

  private func hashes(
    of paths: [String], on board: String
  ) async throws(LabError) -> [String: String]? {
    do throws(LabError) {
      let outcome = try await lab.running.board(board).output(
        of: ExecCommand(program: "sh", arguments: ["-c", Self.script, "look"] + paths),
        limit: Self.limit)
      guard outcome.status == .exited(0) else { return nil }
      var hashes: [String: String] = [:]
      for line in outcome.output.split(separator: "\n") {
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].count == 64 else { return nil }
        hashes[String(parts[1].drop { $0 == " " || $0 == "*" })] = String(parts[0])
      }
      return hashes
    } catch {
      if error.isLossOfBoard { return nil }
      throw error
    }
  }

  /// Removes files of a board; of one that is lost they are gone, or nobody can.
  static func remove(
    _ paths: [String], on board: String, _ lab: any RunningLab
  ) async throws(LabError) {
    guard !paths.isEmpty else { return }
    do throws(LabError) {
      _ = try await lab.board(board).output(
        of: ExecCommand(program: "rm", arguments: ["-rf", "--"] + paths), limit: limit)
    } catch {
      guard error.isLossOfBoard else { throw error }
    }
  }
}

extension ExchangePlan.Artifact {
  /// The manifest's name for it.
  var fileName: String {
    switch self {
    case .original: "original"
    case .senderEncrypted: StoredFile.senderEncrypted.rawValue
    case .receiverEncrypted: StoredFile.receiverEncrypted.rawValue
    case .receiverDecrypted: StoredFile.receiverDecrypted.rawValue
    }
  }
}
