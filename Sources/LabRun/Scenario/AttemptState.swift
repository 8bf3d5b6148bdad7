import LabCore
import LabManifest
import LabResults

/// What one attempt at a cell has begun, and what later steps of it need.
actor AttemptState {
  /// A service that was started, and that no step has stopped.
  struct Service: Sendable {
    /// Of the step that started it, from 1.
    var step: Int
    var name: String?
    var board: String
    var process: Int32
  }

  private(set) var services: [Service] = []
  private var captures: [any PacketCapture] = []
  private(set) var exchanges: [String: ExchangeFacts] = [:]
  /// Files of exchanges that may lie on boards.
  private var files: [String: Set<String>] = [:]

  /// Services that ended by themselves, as far as they have been asked about.
  private(set) var ended: [ServiceFacts] = []

  func add(_ service: Service) { services.append(service) }

  /// A service of which it is told elsewhere that it ended.
  func forget(_ process: Int32) { services.removeAll { $0.process == process } }

  /// All services are stopped now, but those that had ended before.
  func stopAll(ended: [ServiceFacts]) {
    self.ended += ended
    services = []
  }

  /// The last of that name, which is stopped now.
  func takeService(_ name: String) -> Service? {
    services.lastIndex { $0.name == name }.map { services.remove(at: $0) }
  }

  func add(ended service: ServiceFacts) { ended.append(service) }

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
