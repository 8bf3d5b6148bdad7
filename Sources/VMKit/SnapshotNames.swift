import LabCore

extension Snapshotting {
  /// - Throws: `.snapshotFailed` where a snapshot has that name already.
  package func checkSnapshotIsNew(_ name: String) async throws(LabError) {
    guard try await snapshots().contains(name) else { return }
    throw LabError(
      .snapshotFailed, "there is a snapshot '\(name)' already", step: "snapshot",
      hint: "take another name, or delete it: pilab snapshot --delete \(name)")
  }

  /// - Throws: `.noSuchSnapshot`, naming those that there are.
  package func checkSnapshot(_ name: String) async throws(LabError) {
    let known = try await snapshots()
    guard !known.contains(name) else { return }
    throw LabError(
      .noSuchSnapshot, "the lab has no snapshot '\(name)'", step: "restore",
      hint: known.isEmpty
        ? "make one: pilab snapshot \(name)" : "it has: \(known.joined(separator: ", "))")
  }
}
