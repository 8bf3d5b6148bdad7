import Foundation
import Synchronization
import Testing

/// A folder of a test's own, which is gone when its owner is, whatever happened. Before it goes, what the test has to undo
/// is undone: the last first, and each whether or not another fails. What fails is an issue of the test.
public final class TemporaryFolder: Sendable {
  public let url: URL
  private let undoing = Mutex<[@Sendable () throws -> Void]>([])

  /// - Parameter permissions: exactly these.
  public init(permissions: Int = 0o700) throws {
    // Short, for sockets lie in it.
    url = FileManager.default.temporaryDirectory
      .appending(path: "pilab-test-\(UUID().uuidString.prefix(12))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: url.path)
  }

  deinit {
    for undo in undoing.withLock({ $0 }).reversed() { Self.attempt(undo) }
    Self.attempt { [url] in try FileManager.default.removeItem(at: url) }
  }

  private static func attempt(_ undo: () throws -> Void) {
    do { try undo() } catch { Issue.record(error, "it is left over") }
  }

  /// Has something undone before the folder goes.
  public func afterwards(_ undo: @escaping @Sendable () throws -> Void) {
    undoing.withLock { $0.append(undo) }
  }

  public var path: String { url.path }

  public func path(_ name: String) -> String { url.appending(path: name).path }

  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }

  public func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appending(path: name)))
  }
}

/// Gives `body` the path of an empty folder, which is gone afterwards.
public func withTemporaryFolder<Result>(
  permissions: Int = 0o700, _ body: (String) throws -> Result
) throws -> Result {
  let folder = try TemporaryFolder(permissions: permissions)
  defer { withExtendedLifetime(folder) {} }
  return try body(folder.path)
}

/// Gives `body` the path of an empty folder, which is gone afterwards.
public func withTemporaryFolder<Result>(
  permissions: Int = 0o700, isolation: isolated (any Actor)? = #isolation,
  _ body: (String) async throws -> Result
) async throws -> Result {
  let folder = try TemporaryFolder(permissions: permissions)
  defer { withExtendedLifetime(folder) {} }
  return try await body(folder.path)
}
