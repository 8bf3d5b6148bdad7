import Foundation
import LabCore
import LabManifest
import LabResults
import LabValues

/// Makes sure after a disturbance that the lab is in order: a small exchange without faults must be identical.
struct Control {
  let lab: LabInUse
  let manifest: LabManifest
  /// Folder for the picture.
  let pictures: String
  /// Why the lab is not in order; then nothing that follows can be judged.
  private(set) var trouble: String?
  /// A cell has been told of it.
  private var isTold = false

  private static let bytes = 1024

  init(lab: LabInUse, manifest: LabManifest, pictures: String) {
    self.lab = lab
    self.manifest = manifest
    self.pictures = pictures
  }

  /// - Throws: a cancellation.
  mutating func check(_ cell: Cell) async throws(LabError) {
    guard trouble == nil else { return }
    do throws(LabError) {
      if let exchange = model(of: cell) {
        try await exchangeOnce(exchange)
      } else {
        try await askBoards()
      }
    } catch {
      if error.isCancellation { throw error }
      lose(error, after: cell)
    }
  }

  /// The lab is not in order.
  mutating func lose(_ error: LabError, after cell: Cell) {
    trouble = "the lab is not in order after cell \(cell.number) of \(cell.scenario.name): \(error)"
  }

  /// Why a cell is not judged: in full for the first, as all that follow have the same; nil where it can be.
  mutating func reasonNotToJudge() -> String? {
    guard let trouble else { return nil }
    defer { isTold = true }
    return isTold ? "not tried, for the same reason" : trouble
  }

  /// The cell's exchange, or the first of its steps.
  private func model(of cell: Cell) -> Exchange? {
    let name = cell.scenario.steps.flatMap(\.exchanges).lazy.compactMap(\.exchange).first
    return name.flatMap(manifest.exchange(named:)) ?? cell.exchange
  }

  private func exchangeOnce(_ model: Exchange) async throws(LabError) {
    var exchange = Exchange(
      name: "control-\(model.name)".prefix(63).description, sender: model.sender,
      receiver: model.receiver, image: try picture())
    exchange.store = []
    exchange.digest = [.plaintext]
    let plan = try await lab.deployment.prepare(exchange)
    let ends = try await ExchangeRunner(
      plan: plan, sender: try lab.running.board(exchange.sender),
      receiver: try lab.running.board(exchange.receiver), observer: { _ in }
    ).run()
    let facts = ExchangeFacts(
      plan, ends, files: [:], original: try await lab.originals.sha256(of: exchange.image),
      nanoseconds: 0)
    guard facts.verdict == .identical, facts.sender.transcript == facts.receiver.transcript else {
      throw LabError(
        .notHealed, "a control exchange was \(facts.verdictWords)", step: "control")
    }
  }

  /// Of a lab without exchanges every board must answer.
  private func askBoards() async throws(LabError) {
    for board in manifest.boards {
      let outcome = try await lab.running.board(board.name).output(
        of: ExecCommand(program: "true"), limit: 1024)
      guard outcome.status == .exited(0) else {
        throw LabError(.notHealed, "the board does not answer", board: board.name, step: "control")
      }
    }
  }

  private func picture() throws(LabError) -> String {
    let path = "\(pictures)/control.ppm"
    if FileStatus(path) != nil { return path }
    do {
      try FileManager.default.createDirectory(
        atPath: pictures, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw LabError(
        .pictureFailed, "cannot make \(pictures)", step: "control", cause: "\(error)")
    }
    try PictureGenerator(size: Self.bytes).write(to: path)
    return path
  }

  static func removePictures(_ folder: String) {
    guard FileStatus(folder) != nil else { return }
    // What cannot be removed now is swept by the next run.
    try? FileManager.default.removeItem(atPath: folder)
  }
}
