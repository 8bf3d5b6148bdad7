import LabCore
import LabManifest
import LabResults

/// What one attempt at a cell has begun, and what later steps of it need.
actor AttemptState {
  /// A service that runs.
  struct Service: Sendable {
    var board: String
    var process: Int32
  }

  private var services: [String: Service] = [:]
  private var captures: [any PacketCapture] = []
  private(set) var exchanges: [String: ExchangeFacts] = [:]
  /// Files of exchanges that may lie on boards.
  private var files: [String: Set<String>] = [:]

  func add(_ service: Service, named name: String) { services[name] = service }
  func service(_ name: String) -> Service? { services[name] }

  func add(_ capture: any PacketCapture) { captures.append(capture) }

  func takeCaptures() -> [any PacketCapture] {
    defer { captures = [] }
    return captures
  }

  func add(_ facts: ExchangeFacts, named name: String) { exchanges[name] = facts }

  /// - Parameter paths: below the board's working folder.
  func add(files paths: [String], on board: String) {
    files[board, default: []].formUnion(paths)
  }

  /// Those of a board, and forgets them.
  /// - Parameter keeping: what later steps need.
  func takeFiles(on board: String, keeping: [String] = []) -> [String] {
    let found = files.removeValue(forKey: board) ?? []
    let kept = found.intersection(keeping)
    if !kept.isEmpty { files[board] = kept }
    return found.subtracting(kept).sorted()
  }

  var boardsWithFiles: [String] { files.keys.sorted() }
}
